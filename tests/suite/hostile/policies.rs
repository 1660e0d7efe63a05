//! Policies that are nearly in order: taken or refused, and whatever was taken can be asked.

use proptest::prelude::*;
use serde_json::json;

use super::{edited, edits, grafted, grafts, word};
use crate::support::{Call, Keys, TestWorld, throw};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - { name: alice, attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess], accessKeys: [{ id: AKIAALICE, secret: alice-secret }] }
      - { name: bob, tags: { team: red }, accessKeys: [{ id: AKIABOB, secret: bob-secret }] }
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

const WORDS: &[&str] = &[
    "Version",
    "2012-10-17",
    "2008-10-17",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Allow",
    "Deny",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
    "AWS",
    "Service",
    "Federated",
    "*",
    "sts:AssumeRole",
    "s3:*",
    "s3:Get?bject",
    "arn:aws:s3:::b/*",
    "arn:aws:iam::123456789012:root",
    "${aws:username}",
    "${aws:PrincipalTag/team, 'none'}",
    "${*}${?}${$}",
    "StringEquals",
    "StringLikeIfExists",
    "ForAllValues:StringNotLike",
    "ForAnyValue:ArnLike",
    "NumericLessThan",
    "DateGreaterThan",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "aws:SourceIp",
    "aws:PrincipalTag/team",
    "aws:CurrentTime",
    "aws:TagKeys",
    "10.0.0.0/8",
    "::1/200",
    "2026-01-15T12:00:00Z",
    "-1e400",
    "red",
];

#[test]
fn no_policy_makes_the_engine_stumble() {
    let kept = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "One", "Effect": "Allow", "Action": ["s3:*", "sts:*"], "Resource": "arn:aws:s3:::b/${aws:username}/*",
         "Condition": {"StringLike": {"aws:PrincipalTag/team": ["red", "${aws:username}"]}, "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}},
        {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*", "Condition": {"Null": {"aws:TagKeys": true}}}]});
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:user/bob"]}, "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}, "DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}}]});
    let strategy = (any::<bool>(), grafts(WORDS), edits("[\\[\\]{}\",:\\\\*?$a-c ]{0,3}"), word(WORDS), word(WORDS));
    let (alice, bob) = (Keys::of("alice"), Keys::of("bob"));
    let role = "arn:aws:iam::123456789012:role/open";
    let scene = || TestWorld::new(SEED);
    throw("policies", 150, strategy, scene, |world, (is_trust, grafts, edits, key, value)| {
        let policy = grafted(if is_trust { &trust } else { &kept }.clone(), grafts).to_string();
        let policy = edited(&policy, &edits);
        let assume = Call::assume_role(role, "ci");
        let simulate = Call::iam("SimulateCustomPolicy")
            .param("PolicyInputList.member.1", &policy)
            .param("OrderedOrganizationPolicyInputList.member.1.ServiceControlPolicyInputList.member.1", &policy)
            .param("ActionNames.member.1", "s3:GetObject")
            .param("ResourceArns.member.1", "arn:aws:s3:::b/bob/x")
            .param("ContextEntries.member.1.ContextKeyName", &key)
            .param("ContextEntries.member.1.ContextKeyType", "stringList")
            .param("ContextEntries.member.1.ContextKeyValues.member.1", &value);
        let put = Call::iam("PutUserPolicy").param("UserName", "bob").param("PolicyName", "p");
        let calls = [
            (Call::iam("UpdateAssumeRolePolicy").param("RoleName", "open").param("PolicyDocument", &policy), &alice),
            (put.param("PolicyDocument", &policy), &alice),
            (simulate, &alice),
            (assume.clone().param("Policy", &policy), &bob),
            (assume, &bob),
        ];
        for (call, keys) in calls {
            let answer = call.by(keys).send(world);
            prop_assert!(answer.status() < 500, "{policy}: {}", answer.body());
        }
        Ok(())
    });
}
