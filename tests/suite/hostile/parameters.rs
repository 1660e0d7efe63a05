//! Every parameter of every operation, sent by somebody who may do everything.

use local_sts::api::operation::{InputField, Parts};
use local_sts::shape::Measure;
use local_sts::{iam, sts};
use proptest::prelude::*;

use super::{check_xml, word};
use crate::support::{Call, Keys, TestWorld, throw};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess]
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        mfaDevices: [{ name: phone, secret: GEZDGNBVGY3TQOJQ }]
        loginProfile: { password: a-password }
        policies: [{ name: one, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "*", Resource: "*" }] } }]
    groups: [{ name: open }]
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole*", "sts:TagSession", "sts:Set*"] }] }
    policies: [{ name: one, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] } }]
    instanceProfiles: [{ name: open, role: open }]
"#;

const WORDS: &[&str] = &[
    "alice",
    "open",
    "one",
    "new-one",
    "/path/",
    "true",
    "false",
    "0",
    "1",
    "900",
    "43200",
    "AKIAALICE",
    "Active",
    "Inactive",
    "v1",
    "123456",
    "123456789012",
    "sts.amazonaws.com",
    "https://issuer.example/path",
    "a-password",
    "ssh",
    "Customer-",
    "string",
    "stringList",
    "2026-01-15T12:00:00Z",
    "arn:aws:iam::123456789012:user/alice",
    "arn:aws:iam::123456789012:role/open",
    "arn:aws:iam::123456789012:policy/one",
    "arn:aws:iam::123456789012:mfa/phone",
    "arn:aws:iam::123456789012:oidc-provider/issuer.example/path",
    "arn:aws:iam::123456789012:saml-provider/open",
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials",
    "0123456789012345678901234567890123456789",
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}"}]}"#,
    "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"x\"/>",
    "AQICAHh",
];

/// Every value that can be sent by itself, by its name on the wire, and whether it may be absent.
fn leaves(name: &str, fields: &[InputField], found: &mut Vec<(String, bool)>) {
    for field in fields {
        let name = format!("{name}{}", field.name);
        match (field.constraints.measure == Measure::Entries, field.parts) {
            (true, Parts::Members(members)) => leaves(&format!("{name}.member.1."), members, found),
            (false, Parts::Members(members)) => leaves(&format!("{name}."), members, found),
            (_, Parts::Values(_)) => found.push((format!("{name}.member.1"), field.required)),
            (_, Parts::None) => found.push((name, field.required)),
        }
    }
}

#[test]
fn no_parameter_makes_an_operation_stumble() {
    let sts = sts::CATALOG.entries.iter().map(|entry| (Call::sts(entry.description.name), entry.description));
    let iam = iam::CATALOG.entries.iter().map(|entry| (Call::iam(entry.description.name), entry.description));
    let all: Vec<_> = sts.chain(iam).collect();
    let strategy = (0..all.len(), prop::collection::vec(word(WORDS), 12), any::<u64>());
    let alice = Keys::of("alice");
    let scene = || TestWorld::new(SEED);
    throw("parameters", 500, strategy, scene, |world, (operation, values, which)| {
        let (call, description) = &all[operation];
        let mut names = Vec::new();
        leaves("", description.input, &mut names);
        let sent = names.iter().enumerate().filter(|(at, (_, required))| *required || which >> (at % 64) & 1 == 1);
        let call = sent.fold(call.clone(), |call, (at, (name, _))| call.param(name, &values[at % values.len()]));
        let answer = call.by(&alice).send(world);
        prop_assert!(answer.status() < 500, "{}: {call:?}", answer.body(), call = description.name);
        check_xml(answer.body())
    });
}
