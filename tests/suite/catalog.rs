//! What the declarations promise, probed for every operation and every parameter.

use local_sts::api::members::{listing_place, lower_camel};
use local_sts::api::operation::{Description, InputField, OutputField, OutputKind, Parts};
use local_sts::shape::{Class, Constraints, Measure};
use local_sts::sts;

use crate::support::{Call, Keys, TestWorld};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users: [{ name: alice, accessKeys: [{ id: AKIAALICE, secret: alice-secret }] }]
"#;

#[test]
fn operations_stand_in_alphabetical_order_and_say_what_they_are_for() {
    let entries = sts::CATALOG.entries;
    assert!(entries.is_sorted_by_key(|entry| entry.description.name));
    assert!(entries.iter().all(|entry| entry.description.doc.trim().ends_with('.')));
}

#[test]
fn answers_list_their_members_where_aws_does() {
    for entry in sts::CATALOG.entries {
        check_order(entry.description.name, entry.description.output);
    }
}

#[track_caller]
fn check_order(of: &str, members: &[OutputField]) {
    assert!(members.is_sorted_by_key(|member| listing_place(&lower_camel(member.name), members.len())), "{of}");
    for member in members {
        if let OutputKind::Structure(members) = member.kind {
            check_order(&format!("{of}.{}", member.name), members);
        }
    }
}

/// A value that can be sent by itself: a parameter, or a member or entry of one.
struct Leaf {
    /// As it stands on the wire: `Tags.member.1.Key`.
    name: String,
    /// As messages name it: `tags.1.member.key`. What is wrong with an entry of a plain list is told of the list.
    member: String,
    constraints: Constraints,
    required: bool,
    is_entry: bool,
    /// What must stand beside it.
    beside: Vec<(String, String)>,
}

fn leaves(name: &str, member: &str, fields: &[InputField], beside: &[(String, String)]) -> Vec<Leaf> {
    let mut found = Vec::new();
    for field in fields {
        let (name, member) = (format!("{name}{}", field.name), format!("{member}{}", lower_camel(field.name)));
        let others = |prefix: &str, fields: &[InputField]| -> Vec<(String, String)> {
            beside.iter().cloned().chain(required(prefix, fields)).filter(|(other, _)| *other != name).collect()
        };
        let leaf = |name, constraints, is_entry| Leaf {
            name,
            member: member.clone(),
            constraints,
            required: field.required,
            is_entry,
            beside: others("", &[]),
        };
        let is_list = field.constraints.measure == Measure::Entries;
        match (is_list, field.parts) {
            (true, Parts::Members(members)) => {
                let (inside, told) = (format!("{name}.member.1."), format!("{member}.1.member."));
                found.extend(leaves(&inside, &told, members, &others(&inside, members)));
            }
            (false, Parts::Members(members)) => {
                let inside = format!("{name}.");
                found.extend(leaves(&inside, &format!("{member}."), members, &others(&inside, members)));
            }
            (_, Parts::Values(constraints)) => {
                let entry = leaf(format!("{name}.member.1"), constraints, true);
                let beside = entry.beside.iter().filter(|(other, _)| *other != entry.name).cloned().collect();
                found.push(Leaf { beside, ..entry });
            }
            (_, Parts::None) => found.push(leaf(name.clone(), field.constraints, false)),
        }
    }
    found
}

/// The members that may not be absent, each with the least that it may be.
fn required(prefix: &str, fields: &[InputField]) -> Vec<(String, String)> {
    let needed = fields.iter().filter(|field| field.required);
    let least = |field: &InputField| match field.parts {
        Parts::Members(members) => required(&format!("{prefix}{}.", field.name), members),
        Parts::Values(constraints) => vec![(format!("{prefix}{}.member.1", field.name), least(&constraints))],
        Parts::None => vec![(format!("{prefix}{}", field.name), least(&field.constraints))],
    };
    needed.flat_map(least).collect()
}

fn of_length(letter: char, length: i64) -> String {
    letter.to_string().repeat(usize::try_from(length).unwrap())
}

fn extreme(constraints: &Constraints, bound: i64) -> String {
    let fits = |letter: &char| constraints.pattern.is_none_or(|class| Class::of(class).matches(&letter.to_string()));
    match constraints.measure {
        Measure::Length => of_length(['a', '0'].into_iter().find(fits).unwrap(), bound),
        Measure::Value | Measure::Entries => bound.to_string(),
        Measure::Words(words) => words.first().unwrap().to_string(),
    }
}

fn least(constraints: &Constraints) -> String {
    extreme(constraints, constraints.min)
}

/// Values just outside the constraints, each with all that AWS says it must.
fn outside(constraints: &Constraints) -> Vec<(String, Vec<String>)> {
    let Constraints { min, max, pattern, measure, .. } = *constraints;
    let said = if measure == Measure::Length { "length" } else { "value" };
    let pattern_must = |pattern| format!("satisfy regular expression pattern: {pattern}");
    let mut found = vec![(extreme(constraints, max + 1), vec![format!("have {said} less than or equal to {max}")])];
    if measure == Measure::Value || min > 0 {
        let value = extreme(constraints, min - 1);
        // Nothing is too short, and no match for a class that wants something: the pattern is told first (B-006).
        let unmatched = pattern.filter(|pattern| !Class::of(pattern).matches(&value)).map(pattern_must);
        let short = format!("have {said} greater than or equal to {min}");
        found.push((value, unmatched.into_iter().chain([short]).collect()));
    }
    if let Some(pattern) = pattern {
        // No class of AWS's has letters beyond U+FFFF: its own way to write them is read otherwise.
        found.push((of_length('\u{1F511}', min.max(1)), vec![pattern_must(pattern)]));
    }
    found
}

/// The sentence that a member must all this; a secret value is not in it.
fn faults(member: &str, value: Option<&str>, musts: &[String]) -> String {
    let value = value.map_or_else(String::new, |value| format!(" '{value}'"));
    let plural = if musts.len() == 1 { "" } else { "s" };
    let clause = |must: &String| format!("Value{value} at '{member}' failed to satisfy constraint: Member must {must}");
    let clauses: Vec<String> = musts.iter().map(clause).collect();
    format!("{} validation error{plural} detected: {}", musts.len(), clauses.join("; "))
}

fn call(operation: &str, parameters: &[(String, String)]) -> Call {
    let call = Call::sts(operation).by(&Keys::of("alice"));
    parameters.iter().fold(call, |call, (name, value)| call.param(name, value))
}

/// Each parameter takes what its bounds allow and refuses the next thing, in AWS's words and with no other fault.
#[test]
fn every_parameter_is_held_to_its_constraints() {
    let world = TestWorld::new(SEED);
    let mut probes = 0;
    for entry in sts::CATALOG.entries {
        let Description { name: operation, input, .. } = entry.description;
        for leaf in leaves("", "", input, &required("", input)) {
            let send = |value: &str| {
                let parameters = [leaf.beside.clone(), vec![(leaf.name.clone(), value.to_owned())]].concat();
                call(operation, &parameters).send(&world)
            };
            for bound in [leaf.constraints.min, leaf.constraints.max] {
                let answer = send(&extreme(&leaf.constraints, bound));
                let refused = answer.text("Message").is_some_and(|text| text.contains("failed to satisfy constraint"));
                let code = answer.text("Code").unwrap_or_default();
                assert!(!refused && code != "MalformedInput", "{operation} {}: {}", leaf.name, answer.body());
            }
            for (value, mut musts) in outside(&leaf.constraints) {
                // B-240: of a member of an entry the length is told first.
                if leaf.name.contains(".member.") {
                    musts.reverse();
                }
                let answer = send(&value);
                let text = if leaf.is_entry {
                    let must = format!("satisfy constraint: [{}]", entries_must(&leaf.constraints));
                    faults(&leaf.member, Some(&format!("[{value}]")), &[must])
                } else {
                    let shown = (!leaf.constraints.secret).then_some(value.as_str());
                    faults(&leaf.member, shown, &musts)
                };
                let found = (answer.text("Code"), answer.text("Message"));
                assert_eq!(found, (Some("ValidationError".to_owned()), Some(text)), "{operation} {}", leaf.name);
                probes += 1;
            }
            // What nobody knows makes sure that an entry is there, be it empty.
            let parent = leaf.name.rfind('.').map_or("", |dot| &leaf.name[..=dot]);
            let answer = call(operation, &leaf.beside).param(&format!("{parent}Nothing"), "").send(&world);
            let told = answer.body().contains(&format!("Value null at '{}'", leaf.member));
            assert_eq!(told, leaf.required && !leaf.is_entry, "{} of {operation}", leaf.name);
        }
    }
    assert!(probes >= 40, "the declarations were probed: {probes}");
}

/// What is wrong with one entry of a plain list is told as all that every entry must.
fn entries_must(constraints: &Constraints) -> String {
    let Constraints { min, max, pattern, .. } = constraints;
    let lengths = format!(
        "Member must have length less than or equal to {max}, Member must have length greater than or equal to {min}"
    );
    match pattern {
        Some(pattern) => format!("{lengths}, Member must satisfy regular expression pattern: {pattern}"),
        None => lengths,
    }
}

/// A list takes as many entries as it may have, and not one more.
#[test]
fn every_list_is_held_to_its_length() {
    let world = TestWorld::new(SEED);
    let mut probes = 0;
    for entry in sts::CATALOG.entries {
        let Description { name: operation, input, .. } = entry.description;
        for field in input.iter().filter(|field| field.constraints.measure == Measure::Entries) {
            let (name, most) = (field.name, field.constraints.max);
            let of_entries = |count: i64| {
                let entries = (1..=count).flat_map(|at| match field.parts {
                    Parts::Members(members) => required(&format!("{name}.member.{at}."), members),
                    Parts::Values(constraints) => vec![(format!("{name}.member.{at}"), least(&constraints))],
                    Parts::None => panic!("a list has entries"),
                });
                let parameters: Vec<(String, String)> = required("", input).into_iter().chain(entries).collect();
                call(operation, &parameters).send(&world).text("Message").unwrap_or_default()
            };
            assert!(!of_entries(most).contains("failed to satisfy constraint"), "{operation} {name}");
            let text = of_entries(most + 1);
            let end = format!(
                "at '{}' failed to satisfy constraint: Member must have length less than or equal to {most}",
                lower_camel(name)
            );
            assert!(text.starts_with("1 validation error detected: Value '[") && text.ends_with(&end), "{text}");
            probes += 1;
        }
    }
    assert!(probes >= 5, "the declarations were probed: {probes}");
}

#[test]
fn every_unserved_parameter_is_refused_by_name() {
    let world = TestWorld::new(SEED);
    for entry in sts::CATALOG.entries {
        for name in entry.description.unserved {
            for spelling in [(*name).to_owned(), format!("{name}.member.1")] {
                let call = Call::sts(entry.description.name).param(&spelling, "x").by(&Keys::of("alice"));
                assert_eq!(call.send(&world).text("Code").as_deref(), Some("NotImplemented"), "{spelling}");
            }
        }
    }
}
