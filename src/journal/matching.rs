//! What entries shall look like, as people write it: an object of the fields that matter.

use serde_json::{Map, Value};

use super::entry::{Entry, FIELDS};
use super::note::Surface;
use crate::shape::glob::Glob;

/// Fields that a pattern is about at most.
const MOST_FIELDS: usize = 64;
/// Bytes that the name and the text of a field have at most.
const LONGEST: usize = 2048;

/// What an entry shall look like.
#[derive(Clone, Debug, Default)]
pub struct Pattern(Vec<Field>);

/// A field, and what it shall be.
#[derive(Clone, Debug)]
struct Field {
    path: Vec<String>,
    /// The name of a parameter may be a pattern.
    param: Option<Glob>,
    wanted: Wanted,
}

/// What a field shall be.
#[derive(Clone, Debug)]
enum Wanted {
    /// A text, with `*` and `?`; as it was written, too.
    Like(String, Glob),
    /// A text to the letter.
    Exactly(String),
    /// A number within these bounds.
    Within(Vec<(Bound, f64)>),
    /// There, or not.
    Present(bool),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    Least,
    More,
    Most,
    Less,
}

/// A field that is not as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// `params.ExternalId`.
    pub field: String,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub found: Value,
}

impl Pattern {
    /// Reads a pattern. Whatever entries do not have is an error that names it.
    pub fn read(fields: &Map<String, Value>) -> Result<Self, String> {
        let mut pattern = Self::default();
        pattern.read_fields(&[], fields)?;
        Ok(pattern)
    }

    /// One field more, which shall be as this text says.
    pub fn and(mut self, field: &[&str], text: &str) -> Result<Self, String> {
        self.add(field.iter().map(|part| (*part).to_owned()).collect(), Wanted::like(text))?;
        Ok(self)
    }

    /// ATTACK: each field is looked for in every entry that there is.
    fn add(&mut self, path: Vec<String>, wanted: Wanted) -> Result<(), String> {
        let field = path.join(".");
        // As policies write it: the service, and what is asked of it.
        if let ("action", Wanted::Like(text, _)) = (field.as_str(), &wanted)
            && let Some((surface, action)) = text.split_once(':').filter(|(word, _)| Surface::named(word).is_some())
        {
            let (surface, action) = (Wanted::like(surface), Wanted::like(action));
            self.add(vec!["surface".to_owned()], surface)?;
            return self.add(path, action);
        }
        if self.0.len() >= MOST_FIELDS {
            return Err(format!("a pattern is about {MOST_FIELDS} fields at most"));
        }
        if field.len() > LONGEST || wanted.length() > LONGEST {
            return Err(format!("{field:.64}: a name and a text have at most {LONGEST} bytes each"));
        }
        let is_param = path.len() > 1 && path.first().is_some_and(|first| first == "params");
        let param = path.get(1).filter(|_| is_param).map(|name| Glob::new(name));
        self.0.push(Field { path, param, wanted });
        Ok(())
    }

    fn read_fields(&mut self, path: &[String], fields: &Map<String, Value>) -> Result<(), String> {
        for (name, value) in fields {
            // A near miss names its field with dots, and so may who asks again.
            let parts = match name.split_once('.') {
                Some((group, field)) if path.is_empty() => vec![group.to_owned(), field.to_owned()],
                _ => vec![name.clone()],
            };
            let path: Vec<String> = path.iter().cloned().chain(parts).collect();
            let field = path.join(".");
            let group = path.len() == 1
                && FIELDS.iter().any(|known| known.split_once('.').is_some_and(|(first, _)| first == name));
            match value {
                Value::Object(inner) if group => self.read_fields(&path, inner)?,
                // `"error": "AccessDenied"` is what everybody means by it.
                Value::String(code) if field == "error" => {
                    self.add(vec!["error".to_owned(), "code".to_owned()], Wanted::like(code))?;
                }
                _ if group => self.add(path, Wanted::presence(&field, value)?)?,
                _ if is_known(&path) => self.add(path, Wanted::read(&field, value)?)?,
                _ => return Err(unknown(&field)),
            }
        }
        Ok(())
    }

    /// Whether `entry` is as it should be.
    pub fn takes(&self, entry: &Entry) -> bool {
        // WHY: where nothing is looked for, an entry is not rendered to look.
        self.0.is_empty() || self.differences(&entry.render()).is_empty()
    }

    /// In what `entry` is not as it should be.
    pub fn differences(&self, entry: &Value) -> Vec<Difference> {
        let differs = |field: &Field| {
            let values = found(entry, field);
            (!field.wanted.is_met(&values)).then(|| Difference {
                field: field.path.join("."),
                expected: field.wanted.to_string(),
                found: match values.as_slice() {
                    [] => Value::Null,
                    [one] => (*one).clone(),
                    several => several.iter().map(|value| (*value).clone()).collect(),
                },
            })
        };
        self.0.iter().filter_map(differs).collect()
    }

    /// How many fields it is about.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether every entry is as it says.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn is_known(path: &[String]) -> bool {
    let dotted = path.join(".");
    FIELDS.iter().any(|known| match known.strip_suffix('*') {
        Some(group) => dotted.len() > group.len() && dotted.starts_with(group),
        None => *known == dotted,
    })
}

fn unknown(field: &str) -> String {
    let group = field.split_once('.').map(|(group, _)| format!("{group}."));
    let near = |known: &&&str| match &group {
        Some(group) => known.starts_with(group.as_str()),
        None => true,
    };
    let top = |known: &str| known.split('.').next().unwrap_or_default().to_owned();
    let mut known: Vec<String> = FIELDS
        .iter()
        .filter(near)
        .map(|known| if group.is_some() { (*known).to_owned() } else { top(known) })
        .collect();
    known.dedup();
    if known.is_empty() {
        return format!("entries have no field {field}");
    }
    format!("entries have no field {field}; there are {}", known.join(", "))
}

/// What an entry has there. Of lists every element counts.
fn found<'e>(entry: &'e Value, field: &Field) -> Vec<&'e Value> {
    let mut values = vec![entry];
    for (at, name) in field.path.iter().enumerate() {
        let param = field.param.as_ref().filter(|_| at == 1);
        values = values
            .into_iter()
            .flat_map(|value| match value {
                Value::Array(elements) => elements.iter().collect(),
                other => vec![other],
            })
            .filter_map(Value::as_object)
            .flat_map(|fields| {
                let is_it = |field: &str| param.map_or(field == name, |param| param.matches(field));
                fields.iter().filter(move |(field, _)| is_it(field)).map(|(_, value)| value)
            })
            .filter(|value| !value.is_null())
            .collect();
    }
    values
}

impl Wanted {
    fn like(text: &str) -> Self {
        Self::Like(text.to_owned(), Glob::new(text))
    }

    /// How long it is, as far as that is up to whoever writes it.
    fn length(&self) -> usize {
        match self {
            Self::Like(text, _) | Self::Exactly(text) => text.len(),
            Self::Within(_) | Self::Present(_) => 0,
        }
    }

    fn read(field: &str, value: &Value) -> Result<Self, String> {
        let wrong = |what: &str| format!("{field}: {what}");
        match value {
            Value::String(text) => Ok(Self::like(text)),
            Value::Number(_) | Value::Bool(_) => Ok(Self::Exactly(value.to_string())),
            Value::Null => Ok(Self::Present(false)),
            Value::Array(_) => Err(wrong("a list is no pattern")),
            Value::Object(says) => {
                if let (1, Some(text)) = (says.len(), says.get("equals")) {
                    let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
                    return Ok(Self::Exactly(text));
                }
                if says.contains_key("present") {
                    return Self::presence(field, value);
                }
                let bound = |(name, value): (&String, &Value)| {
                    let bound = match name.as_str() {
                        "ge" => Bound::Least,
                        "gt" => Bound::More,
                        "le" => Bound::Most,
                        "lt" => Bound::Less,
                        _ => return Err(wrong(&format!("{name} is none of equals, present, ge, gt, le, lt"))),
                    };
                    let number = value.as_f64().ok_or_else(|| wrong(&format!("{name} takes a number")))?;
                    Ok((bound, number))
                };
                if says.is_empty() {
                    return Err(wrong("say what it shall be: a text, or equals, present, ge, gt, le, lt"));
                }
                Ok(Self::Within(says.iter().map(bound).collect::<Result<_, String>>()?))
            }
        }
    }

    /// Whether something shall be there at all.
    fn presence(field: &str, value: &Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(Self::Present(false)),
            Value::Object(says) if says.len() == 1 => match says.get("present").and_then(Value::as_bool) {
                Some(present) => Ok(Self::Present(present)),
                None => Err(format!("{field}: `present` is true or false")),
            },
            _ => Err(format!("{field} has fields of its own: write an object, or null if it shall not be there")),
        }
    }

    fn is_met(&self, found: &[&Value]) -> bool {
        match self {
            Self::Present(present) => found.is_empty() != *present,
            _ => found.iter().any(|value| self.is_met_by(value)),
        }
    }

    fn is_met_by(&self, value: &Value) -> bool {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self {
            Self::Like(_, pattern) => pattern.matches(&text),
            Self::Exactly(wanted) => *wanted == text,
            Self::Within(bounds) => text.parse::<f64>().is_ok_and(|number| {
                bounds.iter().all(|(bound, limit)| match bound {
                    Bound::Least => number >= *limit,
                    Bound::More => number > *limit,
                    Bound::Most => number <= *limit,
                    Bound::Less => number < *limit,
                })
            }),
            Self::Present(_) => false,
        }
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Like(text, _) | Self::Exactly(text) => out.write_str(text),
            Self::Present(true) => out.write_str("anything"),
            Self::Present(false) => out.write_str("nothing"),
            Self::Within(bounds) => {
                for (at, (bound, limit)) in bounds.iter().enumerate() {
                    let sign = match bound {
                        Bound::Least => ">=",
                        Bound::More => ">",
                        Bound::Most => "<=",
                        Bound::Less => "<",
                    };
                    write!(out, "{}{sign} {limit}", if at == 0 { "" } else { " and " })?;
                }
                Ok(())
            }
        }
    }
}
