//! What simulations make of values that operators cannot read. Calls pass over most of these: see `conditions.rs`.

use serde_json::{Value, json};

use super::{arn, call, texts, world};

const IP: [&str; 2] = ["IpAddress", "NotIpAddress"];
const NUMBER: [&str; 2] = ["NumericEquals", "NumericNotEquals"];
const OBJECT: &str = "arn:aws:s3:::shelf/book";
const PRETTY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "*"
    }
  ]
}"#;

/// A policy that allows an action for each operator.
fn policy(operators: [&str; 2], operands: &Value, principal: Option<&str>) -> String {
    let statements = ["s3:GetObject", "s3:PutObject"].into_iter().zip(operators).map(|(action, operator)| {
        let condition = json!({operator: {"aws:SourceIp": operands}});
        let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": OBJECT, "Condition": condition});
        if let Some(principal) = principal {
            statement["Principal"] = json!({"AWS": principal});
        }
        statement
    });
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()}).to_string()
}

/// Which of the operators hold for a value.
#[track_caller]
fn decide(params: &[(&str, &str)], kind: &str, value: &str) -> [bool; 2] {
    let given = [
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "s3:PutObject"),
        ("ResourceArns.member.1", OBJECT),
        ("ContextEntries.member.1.ContextKeyName", "aws:SourceIp"),
        ("ContextEntries.member.1.ContextKeyType", kind),
        ("ContextEntries.member.1.ContextKeyValues.member.1", value),
    ];
    let answer = call("SimulateCustomPolicy", &[&given, params].concat()).send(&world()).fine();
    let decisions = texts(&answer, "EvalDecision");
    [0, 1].map(|at| decisions[at] == "allowed")
}

#[track_caller]
fn check(operators: [&str; 2], operands: &Value, value: &str, expect: [bool; 2]) {
    let proposed = policy(operators, operands, None);
    let found = decide(&[("PolicyInputList.member.1", &proposed)], "string", value);
    assert_eq!(found, expect, "{operators:?} {operands} {value}");
}

#[test]
fn what_is_no_network_ends_the_comparison_unless_another_matched_before() {
    let (neither, is_in, is_out) = ([false, false], [true, false], [false, true]);
    for (operands, value, expect) in [
        (json!("192.0.2.0/24"), "192.0.2.1", is_in),
        (json!("192.0.2.0/24"), "192.0.3.1", is_out),
        (json!("192.0.2.0/33"), "192.0.2.1", neither),
        (json!("2001:db8::/129"), "2001:db8::1", neither),
        (json!("not-an-ip"), "192.0.2.1", neither),
        (json!("::ffff:192.0.2.0/120"), "192.0.2.1", neither),
        (json!("2001:db8::192.0.2.0/120"), "2001:db8::c000:201", neither),
        (json!("2001:db8::5/64"), "2001:db8::5", neither),
        (json!(["not-an-ip", "192.0.2.0/24"]), "192.0.2.1", neither),
        (json!(["192.0.2.0/24", "not-an-ip"]), "192.0.2.1", is_in),
        (json!(["192.0.2.0/24", "not-an-ip"]), "192.0.3.1", neither),
        (json!(["2001:db8::/64", "2001:db8::5/64"]), "2001:db8::1", is_in),
        (json!(["2001:db8::5/64", "2001:db8::/64"]), "2001:db8::1", neither),
    ] {
        check(IP, &operands, value, expect);
    }
}

#[test]
fn what_is_no_number_is_neither_equal_nor_unequal() {
    for (value, expect) in [("1", [true, false]), ("2", [false, true]), ("no-number", [false, false])] {
        check(NUMBER, &json!("1"), value, expect);
    }
}

#[test]
fn the_policy_of_a_resource_may_name_networks_that_are_none() {
    let alice = arn("user/alice");
    for (network, expect) in
        [("192.0.2.0/24", [true, false]), ("not-an-ip", [false, false]), ("2001:db8::5/64", [false, false])]
    {
        let on_resource = policy(IP, &json!(network), Some(&alice));
        let params = [("CallerArn", alice.as_str()), ("ResourcePolicy", &on_resource)];
        let other = r#"{"Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}}"#;
        let params = [params.as_slice(), &[("PolicyInputList.member.1", other)]].concat();
        assert_eq!(decide(&params, "ip", "192.0.2.1"), expect, "{network}");
    }
}

#[test]
fn a_carriage_return_ends_a_line() {
    for end in ["\n", "\r", "\r\n"] {
        let text = PRETTY.replace('\n', end);
        let params = [("PolicyInputList.member.1", text.as_str()), ("ActionNames.member.1", "s3:GetObject")];
        let answer = call("SimulateCustomPolicy", &params).send(&world()).fine();
        let place = (texts(&answer, "Line").join(" "), texts(&answer, "Column").join(" "));
        assert_eq!(place, ("8 3".to_owned(), "6 17".to_owned()), "{end:?}");
    }
}
