//! Reads YAML, and JSON as a part of it, into a tree that knows where each thing is written.
//!
//! Scalars stay the texts a person wrote: whether `2012-10-17` or `true` is more than a text is for the reader of
//! that place to say. Aliases share their node, and what they would come to written out is bounded.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Tag};

use super::fault::{Fault, Faults, Place, the_key};

/// The longest text of one file.
pub const MAX_TEXT: usize = 64 * 1024 * 1024;
/// Nodes and characters of what aliases repeat, written out.
const MAX_REPEATED: usize = 8 * 1024 * 1024;
/// Nodes that are written: a state of a hundred thousand users and roles has two millions.
pub(super) const MAX_NODES: usize = 4_000_000;
/// A statement in a policy of a role lies some fifteen levels deep.
const MAX_DEPTH: usize = 64;

/// A value and its place.
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) kind: Kind,
    weight: usize,
    depth: usize,
}

pub(super) enum Kind {
    /// `plain` tells `true` from `"true"`.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: Place,
    pub(super) value: Rc<Node>,
}

/// What the text is a part of.
pub(super) enum Origin<'a> {
    File(&'a Arc<str>),
    /// A text inside a file: everything in it is placed where it begins.
    Within(&'a Place),
}

/// The tree of `text`; `None` if there is none, and then `faults` say why.
pub(super) fn parse(text: &str, origin: &Origin, faults: &mut Faults) -> Option<Rc<Node>> {
    let mut builder =
        Builder { origin, faults, open: Vec::new(), anchors: HashMap::new(), repeated: 0, nodes: 0, root: None };
    let built = builder.read(text);
    let root = builder.root.take();
    match (built, root) {
        (Err(fault), _) => {
            faults.add(fault);
            None
        }
        (Ok(()), Some(root)) => Some(root),
        (Ok(()), None) => {
            faults.push(&origin.start(), "nothing is written here", "write at least `accounts:`");
            None
        }
    }
}

impl Node {
    /// Nothing written, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// For sentences: "a list".
    pub(super) fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Scalar { .. } if self.is_null() => "nothing",
            Kind::Scalar { .. } => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }

    fn new(at: Place, kind: Kind) -> Self {
        let (weight, depth) = match &kind {
            Kind::Scalar { text, .. } => (text.len(), 0),
            Kind::List(items) => measure(items.iter().map(|item| (item.as_ref(), 0))),
            Kind::Map(entries) => measure(entries.iter().map(|entry| (entry.value.as_ref(), entry.key.len()))),
        };
        Self { at, kind, weight: weight.saturating_add(1), depth: depth + 1 }
    }
}

fn measure<'a>(children: impl Iterator<Item = (&'a Node, usize)>) -> (usize, usize) {
    children.fold((0, 0), |(weight, depth): (usize, usize), (child, key)| {
        (weight.saturating_add(child.weight).saturating_add(key), depth.max(child.depth))
    })
}

impl Origin<'_> {
    fn start(&self) -> Place {
        match self {
            Self::File(file) => Place { file: Arc::clone(file), line: 1, column: 1 },
            Self::Within(place) => (*place).clone(),
        }
    }

    fn at(&self, mark: Marker) -> Place {
        match self {
            Self::File(file) => Place { file: Arc::clone(file), line: mark.line(), column: mark.col() + 1 },
            Self::Within(place) => (*place).clone(),
        }
    }
}

/// A list or map whose end has not come yet.
struct Open {
    at: Place,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Rc<Node>>),
    Map { entries: Vec<Entry>, seen: HashMap<String, Place>, next: Next },
}

/// What a map waits for.
enum Next {
    Key,
    Value(String, Place),
    /// The value of a key that was refused.
    Refused,
}

struct Builder<'a> {
    origin: &'a Origin<'a>,
    faults: &'a mut Faults,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    repeated: usize,
    nodes: usize,
    root: Option<Rc<Node>>,
}

impl Builder<'_> {
    fn read(&mut self, text: &str) -> Result<(), Fault> {
        if text.len() > MAX_TEXT {
            let advice = format!("a seed file has at most {} MiB: divide it into several", MAX_TEXT >> 20);
            return Err(Fault { at: self.origin.start(), problem: "this is too long for a seed".into(), advice });
        }
        let options = granit_parser::options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
        let mut documents = 0;
        for next in Parser::new_from_str_with_options(text, options) {
            let (event, span) = next.map_err(|error| syntax(&error, text, self.origin))?;
            let at = self.origin.at(span.start);
            match event {
                Event::DocumentStart(..) if documents > 0 => {
                    let problem = "a second document begins here".to_owned();
                    return Err(Fault { at, problem, advice: "give each document as a file of its own".into() });
                }
                Event::DocumentStart(..) => documents += 1,
                Event::Scalar(text, style, anchor, tag) => {
                    let tagged_text = self.tag(&at, tag.as_deref(), "str");
                    let plain = style == ScalarStyle::Plain && !tagged_text;
                    self.complete(at, anchor, Kind::Scalar { text: text.into_owned(), plain })?;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    self.tag(&at, tag.as_deref(), "seq");
                    self.begin(at, anchor, Content::List(Vec::new()))?;
                }
                Event::MappingStart(_, anchor, tag) => {
                    self.tag(&at, tag.as_deref(), "map");
                    let content = Content::Map { entries: Vec::new(), seen: HashMap::new(), next: Next::Key };
                    self.begin(at, anchor, content)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end()?,
                Event::Alias(anchor) => self.alias(&at, anchor)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the one tag that is read here is present; any other is a fault.
    fn tag(&mut self, at: &Place, tag: Option<&Tag>, known: &str) -> bool {
        let Some(tag) = tag else { return false };
        let fits = tag.is_yaml_core_schema_tag(known);
        if !fits {
            // ATTACK: a secret that begins with `!` is a tag, so it is not repeated.
            let advice = "write the value itself, in quotes if it begins with `!`";
            self.faults.push(at, "a word that begins with `!` is a YAML tag, and is not read here", advice);
        }
        fits
    }

    fn begin(&mut self, at: Place, anchor: usize, content: Content) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.open.push(Open { at, anchor, content });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(Open { at, anchor, content }) = self.open.pop() else { return Ok(()) };
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, .. } => Kind::Map(entries),
        };
        self.complete(at, anchor, kind)
    }

    fn complete(&mut self, at: Place, anchor: usize, kind: Kind) -> Result<(), Fault> {
        let node = Rc::new(Node::new(at, kind));
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(too_much(&node.at));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.add(node);
        Ok(())
    }

    fn alias(&mut self, at: &Place, anchor: usize) -> Result<(), Fault> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            let advice = "an alias may only stand behind the whole of what it repeats".to_owned();
            return Err(Fault { at: at.clone(), problem: "this alias is inside its own anchor".into(), advice });
        };
        if self.open.len() + node.depth > MAX_DEPTH {
            return Err(too_deep(at.clone()));
        }
        // ATTACK: aliases of aliases of aliases grow without bound from a few lines.
        self.repeated = self.repeated.saturating_add(node.weight);
        if self.repeated > MAX_REPEATED {
            return Err(too_much(at));
        }
        self.add(node);
        Ok(())
    }

    fn add(&mut self, node: Rc<Node>) {
        let Some(Open { content, .. }) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match content {
            Content::List(items) => items.push(node),
            Content::Map { entries, seen, next } => match std::mem::replace(next, Next::Key) {
                Next::Key => *next = key(&node, seen, self.faults),
                Next::Value(key, at) => entries.push(Entry { key, at, value: node }),
                Next::Refused => {}
            },
        }
    }
}

/// Takes `node` as the next key of a map, or refuses it together with its value.
fn key(node: &Node, seen: &mut HashMap<String, Place>, faults: &mut Faults) -> Next {
    let Kind::Scalar { text, plain } = &node.kind else {
        faults.push(&node.at, format!("{} stands where a key is expected", node.noun()), "write a text as the key");
        return Next::Refused;
    };
    if *plain && text == "<<" {
        let advice = "write the keys out, or repeat a whole value by an alias";
        faults.push(&node.at, "merge keys (`<<`) are not read here", advice);
        return Next::Refused;
    }
    if let Some(first) = seen.get(text) {
        let advice = if first == &node.at {
            "keep one of the two".to_owned()
        } else {
            format!("keep one of the two: the first is on line {}", first.line)
        };
        faults.push(&node.at, format!("{} is written twice in one map", the_key(text)), advice);
        return Next::Refused;
    }
    seen.insert(text.clone(), node.at.clone());
    Next::Value(text.clone(), node.at.clone())
}

fn too_much(at: &Place) -> Fault {
    let advice = "use fewer aliases, or divide it into several files".to_owned();
    Fault { at: at.clone(), problem: "this is too much for a seed".into(), advice }
}

fn too_deep(at: Place) -> Fault {
    let problem = "this is nested too deep".to_owned();
    Fault { at, problem, advice: format!("nothing in a seed needs more than {MAX_DEPTH} levels") }
}

fn syntax(error: &ScanError, text: &str, origin: &Origin) -> Fault {
    let mark = *error.marker();
    let at = origin.at(mark);
    let line = text.lines().nth(mark.line().saturating_sub(1)).unwrap_or_default();
    let before = line.chars().nth(mark.col().wrapping_sub(1));
    let advice = match error.kind() {
        ErrorKind::RecursionLimitExceeded => return too_deep(at),
        ErrorKind::UnknownAnchor | ErrorKind::MissingAnchorOrAliasName => {
            "put a text that begins with `*` or `&` in quotes; an anchor is defined before it is used"
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator if before == Some('$') => {
            "put `${...}` in quotes where it stands inside { } or [ ]"
        }
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            "indent with blanks"
        }
        ErrorKind::UnexpectedCharacter { .. } => "put a text that begins with this character in quotes",
        ErrorKind::MappingValueNotAllowed | ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            "a blank must follow the colon of each key; a text with `: ` in it needs quotes"
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
            "close the quotes that were opened above"
        }
        ErrorKind::UnclosedFlowCollection { .. } => "close the bracket",
        _ => "look at the indentation, the brackets and the quotes here and just above",
    };
    Fault { at, problem: format!("this is neither YAML nor JSON: {}", error.kind()), advice: advice.into() }
}
