//! Random input that knows the grammar, over every way in: whatever comes, an answer that fits, and nobody stumbles.
//!
//! `docs/testing.md` says how to have it run for as long as one likes. Other ways in have their tests beside their suites:
//! whoever calls `throw` takes a share of the time.

mod companion;
mod credentials;
mod delivery;
mod doors;
mod parameters;
mod policies;
mod requests;
mod stored;

use proptest::prelude::*;
use proptest::sample::Index;
use quick_xml::events::Event;
use serde_json::Value;

/// Texts that are seldom meant.
fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ -~]{0,40}",
        "\\PC{0,20}",
        "[%+&=;/?#\\u{0}-\\u{20}]{0,12}",
        Just("%".to_owned()),
        Just("%zz".to_owned()),
        Just("arn:aws:iam::123456789012:role/open".to_owned()),
        Just("9".repeat(400)),
        Just("é".repeat(3000)),
    ]
}

/// One of these words, or an odd one.
fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![4 => prop::sample::select(words).prop_map(str::to_owned), 1 => odd_text()]
}

/// JSON whose texts and names are often these words.
fn json(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => word(words).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => prop_oneof![any::<i64>(), -1..4000_i64].prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let members = prop::collection::vec((word(words), inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// What is put in the place of a part of a document, found among all of its parts.
type Graft = (Index, Value);

/// A few of them.
fn grafts(words: &'static [&'static str]) -> impl Strategy<Value = Vec<Graft>> {
    prop::collection::vec((any::<Index>(), json(words)), 0..4)
}

/// The document with these parts in it.
fn grafted(mut document: Value, grafts: Vec<Graft>) -> Value {
    for (at, part) in grafts {
        let mut places = Vec::new();
        pointers(&document, String::new(), &mut places);
        let place = at.get(&places);
        if let Some(found) = document.pointer_mut(place) {
            *found = part;
        }
    }
    document
}

fn pointers(document: &Value, at: String, places: &mut Vec<String>) {
    match document {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(number, item)| pointers(item, format!("{at}/{number}"), places));
        }
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            pointers(member, format!("{at}/{name}"), places);
        }),
        _ => {}
    }
    places.push(at);
}

/// What is put in the place of a few letters.
type Edit = (Index, usize, String);

fn edits(letters: &'static str) -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec((any::<Index>(), 0..12_usize, letters), 0..4)
}

/// The text with these edits.
fn edited(text: &str, edits: &[Edit]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for (at, length, put) in edits {
        let from = at.index(letters.len() + 1);
        let to = (from + length).min(letters.len());
        letters.splice(from..to, put.chars());
    }
    letters.into_iter().collect()
}

fn check_xml(text: &str) -> Result<(), TestCaseError> {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(TestCaseError::fail(format!("{error}: {text}"))),
        }
    }
}
