//! Requests that know the grammar: whatever comes, AWS's answer or a bare 4xx.

use proptest::prelude::*;

use super::{check_xml, odd_text};
use crate::support::{Call, Keys, NOW, TestWorld, throw};
use local_sts::time::Timestamp;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        mfaDevices: [{ name: phone, secret: GEZDGNBVGY3TQOJQ }]
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId", "Policy",
            "SerialNumber", "TokenCode", "Tags.member.1.Key", "Tags.member.99999999999.Value", "X-Amz-Algorithm",
            "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Expires",
        ])
        .prop_map(str::to_owned),
        1 => odd_text(),
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "AssumeRole", "GetCallerIdentity", "GetSessionToken", "2011-06-15", "2010-05-08", "ci", "900", "000000",
            "arn:aws:iam::123456789012:role/open", "arn:aws:iam::123456789012:mfa/phone",
            "AWS4-HMAC-SHA256", "AKIAALICE/20260115/us-east-1/sts/aws4_request", "20260115T120000Z", "host", "00",
        ])
        .prop_map(str::to_owned),
        1 => odd_text(),
    ]
}

fn pairs() -> impl Strategy<Value = String> {
    let pair = (name(), value(), 0..6_u8).prop_map(|(name, value, form)| match form {
        0 => name,
        1 => format!("{name}={value}={value}"),
        _ => format!("{name}={value}"),
    });
    prop::collection::vec(pair, 0..12).prop_map(|pairs| pairs.join("&"))
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let names = "host authorization x-amz-date date x-amz-security-token content-type accept origin \
                 x-amz-content-sha256 user-agent referer x-anything";
    let name = prop::sample::select(names.split(' ').collect::<Vec<_>>());
    let authorization = prop::collection::vec(
        prop::sample::select(vec![
            "AWS4-HMAC-SHA256",
            " ",
            ",",
            "=",
            "Credential=",
            "AKIAALICE/20260115/us-east-1/sts/aws4_request",
            "SignedHeaders=",
            "host;x-amz-date",
            "Signature=",
            "00",
            "/",
            ";",
            "Bearer",
            "\u{e9}",
            "\t",
        ]),
        0..14,
    )
    .prop_map(|pieces| pieces.concat().into_bytes());
    let value = prop_oneof![
        authorization,
        value().prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40),
        Just(b"application/x-www-form-urlencoded".to_vec()),
        Just(b"application/json".to_vec()),
    ];
    (name.prop_map(str::to_owned), value)
}

fn call() -> impl Strategy<Value = Call> {
    let method = prop::sample::select(vec!["GET", "POST", "POST", "POST", "PUT", "HEAD", "OPTIONS", "PATCH", "BREW"]);
    let path = prop_oneof![8 => Just("/".to_owned()), 1 => odd_text().prop_map(|text| format!("/{text}"))];
    let body = prop_oneof![4 => pairs().prop_map(String::into_bytes), 1 => prop::collection::vec(any::<u8>(), 0..200)];
    let query = prop_oneof![2 => Just(String::new()), 1 => pairs()];
    (method, path, query, body, prop::collection::vec(header(), 0..8), 0..4_u8, -2000..2000_i64).prop_map(
        |(method, path, query, body, headers, signed, skew)| {
            let mut call = Call { query, body, headers, ..Call::form("") }.method(method).path(&path);
            if signed < 2 {
                call = call
                    .header("host", "sts.amazonaws.com")
                    .header("content-type", "application/x-www-form-urlencoded");
            }
            let keys = if signed == 0 { Keys::of("alice") } else { Keys::new("AKIAALICE", "x") };
            let at = Timestamp::from_seconds(NOW + skew);
            if signed < 2 { call.by(&keys).signed(at) } else { call }
        },
    )
}

/// An answer is a front-end answer without body, or a whole XML or JSON document.
fn plausible(call: &Call, world: &TestWorld) -> Result<(), TestCaseError> {
    let answer = call.send(world);
    let known = [200, 302, 400, 403, 404, 501].contains(&answer.status());
    prop_assert!(known, "{} for {call:?}", answer.status());
    match answer.header("content-type") {
        None => prop_assert!(answer.body().is_empty() || answer.status() == 404),
        Some("application/json") => prop_assert!(serde_json::from_str::<serde_json::Value>(answer.body()).is_ok()),
        Some(_) => check_xml(answer.body())?,
    }
    // Only what alice really signed gets in.
    let honest = call.headers.iter().any(|(name, _)| name == "authorization") || call.query.contains("X-Amz-Signature");
    prop_assert!(answer.status() != 200 || call.method == "OPTIONS" || honest, "{call:?}");
    Ok(())
}

#[test]
fn no_request_makes_the_service_stumble() {
    throw("requests", 256, call(), || TestWorld::new(SEED), |world, call| plausible(&call, world));
}

/// AWS knows no limit on members below the limit of the body.
#[test]
fn ten_thousand_parameters_are_read_and_ignored() {
    let world = TestWorld::new(SEED);
    let many: String = (0..10_000).map(|number| format!("&Unknown.member.{number}=x")).collect();
    let call = Call::form(&format!("Action=GetCallerIdentity&Version=2011-06-15{many}")).by(&Keys::of("alice"));
    assert_eq!(call.send(&world).status(), 200);
}

/// What is said of a list without end has an end.
#[test]
fn a_list_of_holes_is_looked_into_so_far_and_no_further() {
    let world = TestWorld::new(SEED);
    let holes: String = (1..50_000).map(|number| format!("&Tags.member.{}=", number * 10)).collect();
    let call = Call::form(&format!("Action=AssumeRole&Version=2011-06-15{holes}"));
    let answer = call.by(&Keys::of("alice")).send(&world);
    assert_eq!(answer.status(), 400);
    assert!(answer.body().contains("10 validation errors detected"), "{:.200}", answer.body());
    assert!(answer.body().len() < 100_000, "{} bytes", answer.body().len());
}
