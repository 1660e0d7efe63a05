//! Policy documents as compact JSON: members in their order, numbers and booleans as a person wrote them.
//!
//! What is no JSON number or boolean stays a text, so none of the surprises of older YAML can happen: `2012-10-17`,
//! `on`, `yes`, `012` and `0x1F` are texts. Whether a document is a policy is not asked here.

use std::rc::Rc;

use super::fault::{Faults, Place};
use super::tree::{self, Kind, Node, Origin};

/// The JSON text of a tree.
pub(super) fn render(node: &Node) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

/// The tree of a strict JSON text that stands at `at`.
pub(super) fn read(text: &str, at: &Place, faults: &mut Faults) -> Option<Rc<Node>> {
    // WHY: the YAML parser reads JSON and keeps the spelling of numbers, but also forgives what IAM would not.
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let advice = "line and column count inside the text; it can also be written as a map, without quotes around it";
        faults.push(at, format!("this text is not JSON: {error}"), advice);
        return None;
    }
    tree::parse(text, &Origin::Within(at), faults)
}

fn write(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Scalar { text, plain: true } => match text.as_str() {
            "true" | "True" | "TRUE" => out.push_str("true"),
            "false" | "False" | "FALSE" => out.push_str("false"),
            _ if node.is_null() => out.push_str("null"),
            number if is_number(number) => out.push_str(number),
            text => write_text(text, out),
        },
        Kind::Scalar { text, .. } => write_text(text, out),
        Kind::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Kind::Map(entries) => {
            out.push('{');
            for (place, entry) in entries.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_text(&entry.key, out);
                out.push(':');
                write(&entry.value, out);
            }
            out.push('}');
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Whether JSON would read `text` as a number.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(unsigned);
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    let mut rest = unsigned.get(whole.len()..).unwrap_or_default();
    if whole.is_empty() || leading_zero {
        return false;
    }
    if let Some(behind) = rest.strip_prefix('.') {
        let fraction = digits(behind);
        rest = behind.get(fraction.len()..).unwrap_or_default();
        if fraction.is_empty() {
            return false;
        }
    }
    if let Some(behind) = rest.strip_prefix(['e', 'E']) {
        let exponent = behind.strip_prefix(['+', '-']).unwrap_or(behind);
        return !exponent.is_empty() && digits(exponent) == exponent;
    }
    rest.is_empty()
}

/// The digits at the start of `text`.
fn digits(text: &str) -> &str {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(yaml: &str, json: &str) {
        let mut faults = Faults::default();
        let tree = tree::parse(yaml, &Origin::File(&"seed.yaml".into()), &mut faults);
        faults.into_result(&[]).unwrap();
        assert_eq!(render(&tree.unwrap()), json, "{yaml}");
    }

    #[test]
    fn scalars_keep_the_kind_a_person_gave_them() {
        check("Version: 2012-10-17", r#"{"Version":"2012-10-17"}"#);
        check("[on, yes, off, no, y, n]", r#"["on","yes","off","no","y","n"]"#);
        check("[true, \"true\", 'false', False]", r#"[true,"true","false",false]"#);
        check("[3600, \"3600\", 1.50, -0, 1e3, 2E+7]", r#"[3600,"3600",1.50,-0,1e3,2E+7]"#);
        check(
            "[012345678901, +1, .5, 5., 0x1F, 1_000, 12:30, .inf, 1e, -a]",
            r#"["012345678901","+1",".5","5.","0x1F","1_000","12:30",".inf","1e","-a"]"#,
        );
        check("[123456789012345678901234567890, 0.1000]", "[123456789012345678901234567890,0.1000]");
        check("[!!str 12, !!str true]", r#"["12","true"]"#);
    }

    #[test]
    fn members_keep_their_order_and_keys_are_texts() {
        check("{Null: {b: x}, true: 1, 12: a, a: ''}", r#"{"Null":{"b":"x"},"true":1,"12":"a","a":""}"#);
    }

    #[test]
    fn texts_are_escaped_as_json_wants() {
        check("[\"a\\\"b\\\\c\\n\\t\\u0001\", '😀 é']", r#"["a\"b\\c\n\t\u0001","😀 é"]"#);
        check("[\"\\ud83d\\ude00 \\/\"]", r#"["😀 /"]"#);
    }
}
