//! Conditions as IAM's own calls meet them: a tag is asked for, and a policy reads it.

use serde_json::{Value, json};

use super::{ACCOUNT, ALLOW, TRUST, admin, arn, by, call, done, nobody, world};
use crate::support::{Call, Keys, TestWorld, check, refused};

const READ: &str = "aws:RequestTag/x";
const USER: &str = "arn:aws:iam::123456789012:user/a";

fn policy(effect: &str, condition: &Value) -> Value {
    json!({"Effect": effect, "Action": "iam:TagUser", "Resource": "*", "Condition": condition})
}

/// Letters beyond those of IAM's pattern are escaped, as they have to be.
fn document(statements: &[Value]) -> String {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let escaped = text.encode_utf16().map(|unit| match u8::try_from(unit) {
        Ok(letter) if letter.is_ascii() => char::from(letter).to_string(),
        _ => format!("\\u{unit:04x}"),
    });
    escaped.collect()
}

/// A call that tags a user.
fn tag(keys: &Keys, tags: &[(&str, &str)]) -> Call {
    Call::iam("TagUser").param("UserName", "Selma").tags(tags).by(keys)
}

/// Whether such a call is allowed.
#[track_caller]
fn tags(world: &TestWorld, keys: &Keys, tags: &[(&str, &str)]) -> bool {
    let answer = tag(keys, tags).send(world);
    match (answer.status(), answer.text("Code").as_deref()) {
        (200, None) => true,
        (403, Some("AccessDenied")) => false,
        _ => panic!("{tags:?}: {}", answer.body()),
    }
}

/// Whether a user is allowed to set the tag to each of `values` by a stored policy with this condition.
#[track_caller]
fn stored(id: &str, condition: &Value, values: &[&str], expect: bool) {
    let world = world();
    let document = document(&[policy("Allow", condition)]);
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", &document)]);
    for value in values {
        assert_eq!(tags(&world, &nobody(), &[("x", value)]), expect, "{id}: {condition} {value:?}");
    }
}

/// Whether a role's session is allowed to by these statements in the policy that was given to it.
#[track_caller]
fn in_session(id: &str, statements: &[Value], value: &str, expect: bool) {
    let world = world();
    let answer = session(&document(statements)).send(&world);
    assert_eq!(answer.status(), 200, "{id}: {}", answer.body());
    assert_eq!(tags(&world, &answer.keys(), &[("x", value)]), expect, "{id}: {statements:?} {value:?}");
}

fn session(policy: &str) -> Call {
    let role = format!("arn:aws:iam::{ACCOUNT}:role/worker");
    let call = Call::assume_role(&role, "session").param("Policy", policy);
    call.by(&admin())
}

#[test]
fn values_are_compared_as_aws_was_seen_to_compare_them() {
    let on = |operator: &str, operand: &str| json!({operator: {READ: operand}});
    let odd = ["no-number", "", "NaN", "Infinity"];
    stored("iam-s-cond-numeric-noteq", &on("NumericNotEquals", "1"), &odd, true);
    stored("iam-s-cond-numeric-forms", &on("NumericEquals", "1"), &["01", "+1", "1.0", "1e0"], true);
    let precise = on("NumericEquals", "9007199254740993");
    stored("iam-s-cond-numeric-precise", &precise, &["9007199254740992"], false);
    let date = "2030-01-01T00:00:00Z";
    stored("iam-s-cond-date-noteq", &on("DateNotEquals", date), &["not-a-date", ""], true);
    let same = ["2030-01-01T00:00:00.0001Z", "2030-01-01", "2030-01-01T00:00:00", "+1893456000"];
    stored("iam-s-cond-date-ms", &on("DateEquals", date), &same, true);
    stored("iam-s-cond-bool-false-any", &on("Bool", "false"), &["yes", "1", "", " true "], true);
    stored("iam-s-cond-bool-policy-yes", &on("Bool", "yes"), &["false"], true);
    stored("iam-s-cond-null-yes", &on("Null", "yes"), &["present"], true);
    stored("iam-s-cond-null-yes", &on("Null", "TRUE"), &["present"], false);
    let no_address = ["not-an-ip", "", "192.0.2.1/32"];
    stored("iam-s-cond-ip-malformed-not", &on("NotIpAddress", "192.0.2.0/24"), &no_address, false);
    stored("iam-s-cond-binary-strict", &on("BinaryEquals", "YQ=="), &["YQ", "YR==", " YQ=="], false);
    stored("iam-s-cond-binary-strict", &on("BinaryEquals", "YQ=="), &["YQ=="], true);
    stored("iam-s-cond-empty-present", &on("Null", "false"), &[""], true);
    stored("iam-s-cond-lowercase", &on("StringEqualsIgnoreCase", "\u{17f}"), &["s", "S"], false);
    stored("iam-s-cond-lowercase", &on("StringEqualsIgnoreCase", "ΟΔΟΣ"), &["οδος"], true);
    stored("iam-s-cond-lowercase", &on("StringEqualsIgnoreCase", "ΟΔΟΣ"), &["οδοσ"], false);
    stored("iam-s-cond-utf16", &on("StringLike", "?"), &["\u{10400}"], false);
    stored("iam-s-cond-utf16", &on("StringLike", "??"), &["\u{10400}"], true);
}

/// Whether a user of an organization may ask for the policy on this condition.
#[track_caller]
fn may_get(policy: &str, condition: &Value, expect: bool) {
    let organization = "organizations: [{ id: o-testcompany, managementAccount: \"123456789012\" }]";
    let world = TestWorld::new(&format!("{organization}{}", super::SEED));
    let statement = json!({"Effect": "Allow", "Action": "iam:GetPolicy", "Resource": "*", "Condition": condition});
    let document = document(&[statement]);
    done(&world, "CreatePolicy", &[("PolicyName", "mine"), ("PolicyDocument", ALLOW)]);
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", &document)]);
    let answer = by(&nobody(), "GetPolicy", &[("PolicyArn", policy)]).send(&world);
    assert_eq!(answer.status() == 200, expect, "{policy} {condition}: {}", answer.body());
}

#[test]
fn policies_that_aws_manages_are_in_an_account_of_aws() {
    let mine = arn("policy/mine");
    let of_aws = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    for (policy, account) in [(mine.as_str(), ACCOUNT), (of_aws, "639982225848")] {
        for owner in [ACCOUNT, "639982225848", "aws"] {
            may_get(policy, &json!({"StringEquals": {"aws:ResourceAccount": owner}}), owner == account);
        }
        // B-870
        may_get(policy, &json!({"Null": {"aws:ResourceOrgID": "false"}}), policy == mine);
    }
}

#[test]
fn plain_operators_never_meet_a_key_of_many_values() {
    for (operator, operand) in [
        ("StringEquals", "x"),
        ("StringNotEquals", "y"),
        ("StringEqualsIfExists", "x"),
        ("StringNotEqualsIfExists", "y"),
    ] {
        stored("iam-s-cond-multi-plain", &json!({operator: {"aws:TagKeys": operand}}), &["any"], false);
    }
    for variable in ["${aws:TagKeys}", "${aws:TagKeys, 'other'}"] {
        stored("iam-s-cond-multi-variable", &json!({"StringNotEquals": {READ: variable}}), &["x", "other"], true);
        stored("iam-s-cond-multi-variable", &json!({"StringEquals": {READ: variable}}), &["x", "other"], false);
    }
}

#[test]
fn literals_that_are_none_are_stored_in_sessions_only() {
    let world = world();
    let put = |operator: &str, operand: &str| {
        let document = document(&[policy("Allow", &json!({operator: {READ: operand}}))]);
        let params = [("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", &*document)];
        let answer = call("PutUserPolicy", &params).send(&world);
        (answer.status(), answer.text("Code"))
    };
    let refused = (400, Some("MalformedPolicyDocument".to_owned()));
    for (operator, operand) in [
        ("NumericEquals", "NaN"),
        ("NumericEquals", "no-number"),
        ("DateEquals", "not-a-date"),
        ("ArnEquals", "not-an-arn"),
        ("IpAddress", "not-an-ip"),
        ("BinaryEquals", "no-binary"),
    ] {
        assert_eq!(put(operator, operand), refused, "iam-s-cond-save-refused: {operator} {operand}");
    }
    for (operator, operand) in
        [("NumericEquals", "01"), ("Bool", "TRUE"), ("Bool", "yes"), ("Null", "yes"), ("Null", "TRUE")]
    {
        assert_eq!(put(operator, operand), (200, None), "iam-s-cond-save-accepted: {operator} {operand}");
    }
    for network in ["::ffff:192.0.2.0/120", "2001:db8::5/64", "192.0.2.0/33", "2001:db8::/129"] {
        assert_eq!(put("IpAddress", network), refused, "iam-s-cond-ip-save: {network}");
    }
    for network in ["192.0.2.5/24", "192.0.2.0/024", "192.0.2.0/+24", "::ffff:c000:200/120"] {
        assert_eq!(put("IpAddress", network), (200, None), "iam-s-cond-ip-save: {network}");
    }
    let binary = document(&[policy("Allow", &json!({"BinaryEquals": {READ: "no-binary"}}))]);
    let answer = session(&binary).send(&world);
    assert_eq!((answer.status(), answer.text("Code")), refused, "iam-s-cond-session-binary: {}", answer.body());
    for (operator, operand) in
        [("NumericEquals", "NaN"), ("DateEquals", "not-a-date"), ("IpAddress", "not-an-ip"), ("ArnLike", "not-an-arn")]
    {
        let other = document(&[policy("Allow", &json!({operator: {READ: operand}}))]);
        assert_eq!(session(&other).send(&world).status(), 200, "iam-s-cond-session-binary: {operator} {operand}");
    }
}

#[test]
fn in_a_session_what_is_no_literal_matches_nothing_or_denies() {
    let allow = policy("Allow", &json!({}));
    let not_an_ip = policy("Allow", &json!({"NotIpAddress": {READ: "not-an-ip"}}));
    in_session("iam-s-cond-ip-policy-bad-not", &[not_an_ip], "192.0.2.1", true);
    for operator in ["ArnLike", "ArnNotLike"] {
        let condition = json!({operator: {READ: "not-an-arn"}});
        in_session("iam-s-cond-arn-policy-bad-allow", &[policy("Allow", &condition)], USER, false);
        let denied = [allow.clone(), policy("Deny", &condition)];
        in_session("iam-s-cond-arn-policy-bad-deny", &denied, USER, false);
        in_session("iam-s-cond-arn-request-bad-deny", &denied, "no-arn-either", true);
    }
    let mut operands = ["arn:aws:iam::*:user/*", "not-an-arn"];
    let denies = |operands: &[&str]| [allow.clone(), policy("Deny", &json!({"ArnNotLike": {READ: operands}}))];
    in_session("iam-s-cond-arn-order", &denies(&operands), USER, true);
    operands.reverse();
    in_session("iam-s-cond-arn-order", &denies(&operands), USER, false);
}

#[test]
fn the_form_of_tags_is_looked_at_before_policies_and_their_number_after() {
    let world = world();
    let text = "1 validation error detected: Value at 'tags.1.member.value' failed to satisfy constraint: Member must \
                satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*";
    let odd = tag(&nobody(), &[("x", "!")]);
    check(&world, "iam-s-tag-order-schema", &odd, refused(400, "ValidationError", text));

    let only = |condition: &Value| document(&[policy("Allow", condition)]);
    let approved = only(&json!({"StringEquals": {READ: "approved"}}));
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", &approved)]);
    let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    let twice = tag(&nobody(), &[("x", "other"), ("x", "approved")]);
    check(&world, "iam-s-tag-dup-last-wins", &twice, refused(400, "InvalidInput", text));
    assert!(!tags(&world, &nobody(), &[("x", "approved"), ("x", "other")]), "iam-s-tag-dup-last-wins");

    let one_key = only(&json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}));
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", &one_key)]);
    assert!(tags(&world, &nobody(), &[("team", "a")]), "iam-s-tag-dup-case-auth");
    assert!(!tags(&world, &nobody(), &[("team", "a"), ("TEAM", "b")]), "iam-s-tag-dup-case-auth");
}

/// Where case tells tags of a policy apart, it does not tell condition keys apart: the later tag answers (B-704).
#[test]
fn of_two_tags_that_differ_in_case_the_later_one_is_the_condition_key() {
    let world = world();
    let tags = [("team", "red"), ("TEAM", "blue")];
    let document_of = |value: &str| {
        let condition = json!({"StringEquals": {"iam:ResourceTag/Team": value}});
        document(&[json!({"Effect": "Allow", "Action": "iam:GetPolicy", "Resource": "*", "Condition": condition})])
    };
    let made = call("CreatePolicy", &[("PolicyName", "cased"), ("PolicyDocument", &document_of("x"))]).tags(&tags);
    let made = made.send(&world).fine();
    let arn = made.text("Arn").unwrap();
    for (value, status) in [("blue", 200), ("red", 403)] {
        let document = document_of(value);
        done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", &document)]);
        let answer = Call::iam("GetPolicy").param("PolicyArn", &arn).by(&nobody()).send(&world);
        assert_eq!(answer.status(), status, "{value}: {}", answer.body());
    }
}

#[test]
fn a_policy_without_conditions_allows_the_tag() {
    let world = world();
    assert!(!tags(&world, &nobody(), &[("x", "y")]));
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", ALLOW)]);
    assert!(!tags(&world, &nobody(), &[("x", "y")]));
    let allow = ALLOW.replace("s3:Get*", "iam:Tag*");
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", &allow)]);
    assert!(tags(&world, &nobody(), &[("x", "y")]));
}

#[test]
fn every_action_on_something_with_tags_is_judged_by_them() {
    let world = world();
    let wants = json!({"StringEquals": {"aws:ResourceTag/team": "blue", "iam:ResourceTag/team": "blue"}});
    let document = document(&[json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": wants})]);
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", &document)]);
    for team in ["blue", "red"] {
        let url = format!("https://{team}.example.com");
        for (action, params) in [
            ("CreateUser", vec![("UserName", team)]),
            ("CreateRole", vec![("RoleName", team), ("AssumeRolePolicyDocument", TRUST)]),
            ("CreatePolicy", vec![("PolicyName", team), ("PolicyDocument", ALLOW)]),
            ("CreateInstanceProfile", vec![("InstanceProfileName", team)]),
            ("CreateOpenIDConnectProvider", vec![("Url", url.as_str())]),
            ("CreateVirtualMFADevice", vec![("VirtualMFADeviceName", team)]),
        ] {
            let tagged = [params, vec![("Tags.member.1.Key", "team"), ("Tags.member.1.Value", team)]].concat();
            done(&world, action, &tagged);
        }
    }
    let of_users = ["GetUser", "ListAccessKeys", "ListUserTags", "ListGroupsForUser", "ListMFADevices", "UpdateUser"];
    let of_more = ["ListUserPolicies", "ListAttachedUserPolicies", "ListSSHPublicKeys", "CreateAccessKey"];
    let of_roles = ["GetRole", "ListRoleTags", "ListRolePolicies", "ListInstanceProfilesForRole", "UpdateRole"];
    let of_policies = ["GetPolicy", "ListPolicyVersions", "ListPolicyTags", "ListEntitiesForPolicy", "DeletePolicy"];
    let of_profiles = ["GetInstanceProfile", "ListInstanceProfileTags", "DeleteInstanceProfile"];
    let of_providers = ["GetOpenIDConnectProvider", "ListOpenIDConnectProviderTags", "DeleteOpenIDConnectProvider"];
    let of_devices = ["ListMFADeviceTags", "DeleteVirtualMFADevice"];
    let arn = |kind: &str, name: &str| super::arn(&format!("{kind}/{name}"));
    for (actions, param, name) in [
        (&of_users[..], "UserName", &str::to_owned as &dyn Fn(&str) -> String),
        (&of_more, "UserName", &str::to_owned),
        (&of_roles, "RoleName", &str::to_owned),
        (&of_policies, "PolicyArn", &|team| arn("policy", team)),
        (&of_profiles, "InstanceProfileName", &str::to_owned),
        (&of_providers, "OpenIDConnectProviderArn", &|team| arn("oidc-provider", &format!("{team}.example.com"))),
        (&of_devices, "SerialNumber", &|team| arn("mfa", team)),
    ] {
        for action in actions {
            for (team, status) in [("red", 403), ("blue", 200)] {
                let answer = super::by(&nobody(), action, &[(param, &name(team))]).send(&world);
                assert_eq!(answer.status(), status, "{action} of what is {team}: {}", answer.body());
            }
        }
    }
}
