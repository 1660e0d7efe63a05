//! AssumeRole: every row of the behaviour sheet that this version serves, and the rules behind them.

use crate::support::{Call, Keys, NOW, TestWorld, assume, check, identify, refused};
use local_sts::env::Steering;
use local_sts::ids::UniqueId;
use local_sts::ids::unique_id::Kind;
use local_sts::store::records;
use local_sts::time::Timestamp;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    rootAccessKeys: [{ id: AKIAROOT, secret: root-secret }]
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
      - name: bob
        accessKeys: [{ id: AKIABOB, secret: bob-secret }]
    policies:
      - { name: only-s3, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] } }
    roles:
      - name: for-account
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "123456789012" }, Action: "sts:AssumeRole" }] }
      - name: for-bob
        path: /ci/
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:user/bob" }, Action: "sts:AssumeRole" }] }
      - name: chained
        maxSessionDuration: 7200
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:role/ci/for-bob" }, Action: "sts:AssumeRole" }] }
      - name: long
        maxSessionDuration: 43200
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: external
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": "tenant:9" } } }] }
      - name: bounded
        permissionsBoundary: "arn:aws:iam::123456789012:policy/only-s3"
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: for-bounded
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:role/bounded" }, Action: "sts:AssumeRole" }] }
      - name: denies-bob
        trust:
          Version: "2012-10-17"
          Statement:
            - { Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }
            - { Effect: Deny, Principal: { AWS: "*" }, Action: "sts:AssumeRole", Condition: { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:user/b?b" } } }
  - id: "210987654321"
    users:
      - name: carol
        accessKeys: [{ id: AKIACAROL, secret: carol-secret }]
        policies: [{ name: assume, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::123456789012:role/long" }] } }]
      - { name: dave, accessKeys: [{ id: AKIADAVE, secret: dave-secret }] }
"#;

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// A call without the two required parameters.
fn bare() -> Call {
    Call::sts("AssumeRole").by(&Keys::of("alice"))
}

#[track_caller]
fn check_parameter(id: &str, name: &str, value: &str, expect: &str) {
    let mut call = bare();
    for (required, fine) in [("RoleArn", role("for-account")), ("RoleSessionName", "ci".to_owned())] {
        if required != name {
            call = call.param(required, &fine);
        }
    }
    check(&world(), id, &call.param(name, value), refused(400, "ValidationError", expect));
}

const ARN_PATTERN: &str = r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+";

fn constraint(member: &str, value: &str, must: &str) -> String {
    format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}"
    )
}

/// Rows ar-ok, ar-ok-path, sts-s-packed-plain, sts-s-token-size-v2: the whole body.
#[test]
fn a_trusted_user_gets_credentials_in_awss_own_layout() {
    let world = world();
    let answer = assume("ci/for-bob").by(&Keys::of("bob")).send(&world);
    let text = |element| answer.text(element).unwrap();
    let id = world.id_of(&role("ci/for-bob"));
    assert_eq!(
        answer.body(),
        format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <AssumeRoleResult>\n    \
             <AssumedRoleUser>\n      <AssumedRoleId>{id}:ci</AssumedRoleId>\n      \
             <Arn>arn:aws:sts::123456789012:assumed-role/for-bob/ci</Arn>\n    </AssumedRoleUser>\n    <Credentials>\n      \
             <AccessKeyId>{}</AccessKeyId>\n      <SecretAccessKey>{}</SecretAccessKey>\n      \
             <SessionToken>{}</SessionToken>\n      <Expiration>2026-01-15T13:00:00Z</Expiration>\n    </Credentials>\n    \
             <PackedPolicySize>18</PackedPolicySize>\n    <SessionTokenSize>752</SessionTokenSize>\n    \
             <SessionTokenUtilization>18</SessionTokenUtilization>\n  </AssumeRoleResult>\n  <ResponseMetadata>\n    \
             <RequestId>{}</RequestId>\n  </ResponseMetadata>\n</AssumeRoleResponse>\n",
            text("AccessKeyId"),
            text("SecretAccessKey"),
            text("SessionToken"),
            answer.header("x-amzn-requestid").unwrap(),
        )
    );
    assert!(text("AccessKeyId").starts_with("ASIARZPUZDIK"), "the account stands in the id");
    assert_eq!((text("AccessKeyId").len(), text("SecretAccessKey").len(), text("SessionToken").len()), (20, 40, 752));
    assert!(id.as_str().starts_with("AROARZPUZDIK") && id.as_str().len() == 21);
}

/// Row sts-s-token-size-v1: the global endpoint issues the short tokens.
#[test]
fn the_global_endpoint_issues_version_1_tokens() {
    let answer = assume("long").header("host", "sts.amazonaws.com").by(&Keys::of("bob")).send(&world());
    assert_eq!(answer.text("SessionToken").map(|token| token.len()), Some(352));
    assert_eq!(answer.text("PackedPolicySize").as_deref(), Some("8"));
}

#[test]
fn required_parameters_are_required() {
    for (id, call, member) in [
        ("ar-null-rolearn", bare().param("RoleSessionName", "ci"), "roleArn"),
        ("ar-null-session", bare().param("RoleArn", &role("for-account")), "roleSessionName"),
    ] {
        let text = format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        );
        check(&world(), id, &call, refused(400, "ValidationError", &text));
    }
}

#[test]
fn every_broken_constraint_is_told_in_awss_order() {
    let both = "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; \
                Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null";
    check(&world(), "listing order", &bare(), refused(400, "ValidationError", both));
}

#[test]
fn a_role_arn_is_checked_as_a_text_first() {
    let pattern = format!("satisfy regular expression pattern: {ARN_PATTERN}");
    let empty = format!(
        "2 validation errors detected: Value '' at 'roleArn' failed to satisfy constraint: Member must {pattern}; \
         Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"
    );
    check_parameter("ar-empty-rolearn", "RoleArn", "", &empty);
    let text = constraint("roleArn", "not-an-arn", "have length greater than or equal to 20");
    check_parameter("ar-short-rolearn", "RoleArn", "not-an-arn", &text);
    let long = "é".repeat(2049);
    let text = constraint("roleArn", &long, "have length less than or equal to 2048");
    check_parameter("ar-long-rolearn", "RoleArn", &long, &text);
    let astral = "😀".repeat(20);
    check_parameter("ar-astral-rolearn", "RoleArn", &astral, &constraint("roleArn", &astral, &pattern));
}

#[test]
fn a_text_that_is_no_arn_is_invalid() {
    for (id, text) in [
        ("ar-malformed-rolearn", "this-is-long-enough-but-no-arn"),
        ("ar-malformed-rolearn-ls1", "nothing-valid-in-here"),
        ("ar-malformed-rolearn-ls2", "arn::b:::something/test-role"),
        ("ar-malformed-rolearn-ls3", "arn:a::::something/test-role"),
        ("ar-malformed-rolearn-ls4", "arn:a:::something/test-role"),
        ("ar-malformed-rolearn-ls5", "arn:a:a::aaaaaaaaaa:"),
    ] {
        check_parameter(id, "RoleArn", text, &format!("{text} is invalid"));
    }
    for text in ["arn:aws:s3:::a-bucket/role/reader", "arn:nowhere:iam::123456789012:role/reader"] {
        check_parameter("B-810", "RoleArn", text, "Request ARN is invalid");
    }
}

/// B-810.
#[test]
fn an_arn_of_iam_that_is_no_roles_is_one_of_a_role_that_is_not_there() {
    let world = world();
    for arn in [
        ALICE,
        "arn:aws:sts::123456789012:assumed-role/long/ci",
        "arn:aws:iam::123456789012:group/staff",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::123456789012:instance-profile/long",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam:::role/long",
        "arn:aws:iam::1234:role/long",
        "arn:aws:iam:us-east-1:123456789012:role/long",
    ] {
        let call = |name| Call::assume_role(arn, "ci").by(&Keys::of(name));
        check_denied(&world, arn, &call("alice"), ALICE, arn);
        let refusal = refused(403, "AccessDenied", "Roles may not be assumed by root accounts.");
        check(&world, "the root user is refused first", &call("root"), refusal);
    }
}

#[test]
fn a_session_name_has_its_bounds() {
    for value in ["", "a"] {
        let text = constraint("roleSessionName", value, "have length greater than or equal to 2");
        check_parameter("ar-short-session", "RoleSessionName", value, &text);
    }
    let long = "n".repeat(65);
    let text = constraint("roleSessionName", &long, "have length less than or equal to 64");
    check_parameter("ar-long-session", "RoleSessionName", &long, &text);
    let text = constraint("roleSessionName", "Session1:2", r"satisfy regular expression pattern: [\w+=,.@-]*");
    check_parameter("ar-bad-session", "RoleSessionName", "Session1:2", &text);
}

#[test]
fn an_external_id_has_its_bounds() {
    for value in ["", "a"] {
        let text = constraint("externalId", value, "have length greater than or equal to 2");
        check_parameter("ar-externalid-short", "ExternalId", value, &text);
    }
    let long = "n".repeat(1225);
    let text = constraint("externalId", &long, "have length less than or equal to 1224");
    check_parameter("ar-externalid-long", "ExternalId", &long, &text);
    let text = constraint("externalId", "a b", r"satisfy regular expression pattern: [\w+=,.@:\/-]*");
    check_parameter("ar-externalid-pattern", "ExternalId", "a b", &text);
}

#[test]
fn a_duration_is_a_number_within_bounds() {
    for (id, value, must) in [
        ("ar-duration-low", "899", "have value greater than or equal to 900"),
        ("ar-duration-high", "43201", "have value less than or equal to 43200"),
        ("ar-duration-negative", "-1", "have value greater than or equal to 900"),
        ("ar-duration-low", "-2147483648", "have value greater than or equal to 900"),
        ("ar-duration-high", "2147483647", "have value less than or equal to 43200"),
    ] {
        check_parameter(id, "DurationSeconds", value, &constraint("durationSeconds", value, must));
    }
    let call = |value| assume("long").param("DurationSeconds", value).by(&Keys::of("bob"));
    let empty = refused(400, "MalformedInput", "missing value for decimal type");
    check(&world(), "ar-duration-empty", &call(""), empty);
    for value in ["abc", "900.0", "2147483648", "-2147483649", " 900", "9e2"] {
        check(&world(), "ar-duration-text", &call(value), (400, "MalformedInput", None));
    }
}

/// Row ar-duration-plus; and the default of an hour.
#[test]
fn a_session_lasts_as_long_as_asked() {
    for (value, expiration) in
        [("+900", "2026-01-15T12:15:00Z"), ("0900", "2026-01-15T12:15:00Z"), ("43200", "2026-01-16T00:00:00Z")]
    {
        let answer = assume("long").param("DurationSeconds", value).by(&Keys::of("bob")).send(&world());
        assert_eq!(answer.text("Expiration").as_deref(), Some(expiration), "{}", answer.body());
    }
}

#[test]
fn the_roles_maximum_outweighs_the_chaining_cap() {
    let (world, maximum) = (world(), "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    let call = assume("for-account").param("DurationSeconds", "3601").by(&Keys::of("alice"));
    check(&world, "ar-duration-role-max", &call, refused(400, "ValidationError", maximum));

    let session = assume("ci/for-bob").by(&Keys::of("bob")).send(&world).keys();
    let chained = |seconds| assume("chained").param("DurationSeconds", seconds).by(&session);
    check(&world, "ar-duration-both", &chained("7201"), refused(400, "ValidationError", maximum));
    let cap = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    check(&world, "ar-duration-chaining", &chained("3601"), refused(400, "ValidationError", cap));
    assert_eq!(chained("3600").send(&world).status(), 200);
}

#[test]
fn the_first_value_of_a_repeated_parameter_counts() {
    let world = world();
    let call = assume("external")
        .param("ExternalId", "tenant:9")
        .param("ExternalId", "x")
        .param("RoleArn", "short")
        .param("RoleSessionName", "")
        .param("DurationSeconds", "900")
        .param("DurationSeconds", "1")
        .by(&Keys::of("alice"));
    let answer = call.send(&world);
    assert_eq!(
        answer.text("Expiration").as_deref(),
        Some("2026-01-15T12:15:00Z"),
        "ar-duplicate-scalar: {}",
        answer.body()
    );
}

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const BOB: &str = "arn:aws:iam::123456789012:user/bob";

#[track_caller]
fn check_denied(world: &TestWorld, id: &str, call: &Call, caller: &str, role: &str) {
    let text = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}");
    check(world, id, call, refused(403, "AccessDenied", &text));
}

#[test]
fn every_refusal_has_one_text() {
    let world = world();
    check_denied(&world, "ar-denied", &assume("ci/for-bob").by(&Keys::of("alice")), ALICE, &role("ci/for-bob"));
    let call = assume("for-account").by(&Keys::of("bob"));
    check_denied(&world, "account delegates, no identity policy", &call, BOB, &role("for-account"));
    check_denied(&world, "ar-denied-unknown-role", &assume("nobody").by(&Keys::of("alice")), ALICE, &role("nobody"));
    check_denied(&world, "path is part of the name", &assume("for-bob").by(&Keys::of("bob")), BOB, &role("for-bob"));
    check_denied(&world, "case is part of the name", &assume("LONG").by(&Keys::of("bob")), BOB, &role("LONG"));
    let call = assume("denies-bob").by(&Keys::of("bob"));
    check_denied(&world, "deny in the trust policy", &call, BOB, &role("denies-bob"));
    assert_eq!(assume("denies-bob").by(&Keys::of("alice")).send(&world).status(), 200);
    assert_eq!(assume("for-account").by(&Keys::of("alice")).send(&world).status(), 200);
}

#[test]
fn an_external_id_opens_only_what_demands_it() {
    let world = world();
    let call = |id: &str| assume("external").param("ExternalId", id).by(&Keys::of("bob"));
    check_denied(&world, "ar-externalid-wrong: none", &assume("external").by(&Keys::of("bob")), BOB, &role("external"));
    check_denied(&world, "ar-externalid-wrong", &call("tenant:8"), BOB, &role("external"));
    check_denied(&world, "ar-externalid-wrong: case", &call("Tenant:9"), BOB, &role("external"));
    assert_eq!(call("tenant:9").send(&world).status(), 200);
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let world = world();
    assert_eq!(assume("long").by(&Keys::of("carol")).send(&world).status(), 200);
    let dave = "arn:aws:iam::210987654321:user/dave";
    check_denied(&world, "no identity policy", &assume("long").by(&Keys::of("dave")), dave, &role("long"));
    let carol = "arn:aws:iam::210987654321:user/carol";
    check_denied(&world, "another role", &assume("denies-bob").by(&Keys::of("carol")), carol, &role("denies-bob"));
}

#[test]
fn a_chained_session_is_judged_by_its_role() {
    let world = world();
    let session = assume("ci/for-bob").by(&Keys::of("bob")).send(&world).keys();
    let name = "arn:aws:sts::123456789012:assumed-role/for-bob/ci";
    let chained = assume("chained").by(&session).send(&world);
    assert_eq!(chained.text("Arn").as_deref(), Some("arn:aws:sts::123456789012:assumed-role/chained/ci"));
    check_denied(&world, "ar-denied-self", &assume("ci/for-bob").by(&session), name, &role("ci/for-bob"));
    check_denied(&world, "ar-denied-chained-2023", &assume("for-account").by(&session), name, &role("for-account"));
}

/// A boundary that is silent limits what a role ARN in the trust policy grants.
#[test]
fn a_boundary_limits_a_session_of_its_role() {
    let world = world();
    let session = assume("bounded").by(&Keys::of("bob")).send(&world).keys();
    let name = "arn:aws:sts::123456789012:assumed-role/bounded/ci";
    let id = "decision case 73, by the boundary";
    check_denied(&world, id, &assume("for-bounded").by(&session), name, &role("for-bounded"));
}

#[test]
fn the_root_user_assumes_nothing() {
    let call = assume("long").by(&Keys::of("root"));
    let refusal = refused(403, "AccessDenied", "Roles may not be assumed by root accounts.");
    check(&world(), "ar-denied-root", &call, refusal);
    let answer = call.header("accept", "application/json").send(&world());
    let start = r#"{"Error":{"Code":"AccessDenied","Message":"Roles may not be assumed by root accounts.","Type":"Sender"},"RequestId":""#;
    assert!(answer.body().starts_with(start), "sts-proto-json-error-root: {}", answer.body());
}

#[test]
fn credentials_stop_at_the_second_they_expire() {
    let world = world();
    let session = assume("long").param("DurationSeconds", "900").by(&Keys::of("bob")).send(&world).keys();
    world.wait(899);
    assert_eq!(identify(&session).send(&world).status(), 200);
    world.wait(1);
    let expired = refused(403, "ExpiredToken", "The security token included in the request is expired");
    check(&world, "sts-sig-expired-session", &identify(&session), expired);
}

/// B-016: they were handed out within a second, and end with a whole one.
#[test]
fn credentials_end_at_a_whole_second_whenever_they_began() {
    let world = world();
    let freeze = |millis: i64| {
        let at = Timestamp::from_millis(NOW * 1000 + millis);
        world.service.world().clock.steer(Steering::Frozen(at), false).unwrap();
    };
    freeze(507);
    let session = assume("long").param("DurationSeconds", "900").by(&Keys::of("bob")).send(&world).keys();
    let status = || identify(&session).send(&world).status();
    freeze(899_999);
    assert_eq!(status(), 200);
    freeze(900_000);
    assert_eq!(status(), 403);
}

/// Row sts-sig-role-deleted.
#[test]
fn a_recreated_role_does_not_revive_its_sessions() {
    let world = world();
    let session = assume("long").by(&Keys::of("bob")).send(&world).keys();
    let old = world.snapshot().identities.role_by_arn(&role("long")).unwrap().clone();
    world.change(|draft| Ok(draft.identities.delete_role(&mut draft.batch, &old.id)?));
    let invalid = refused(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    check(&world, "deleted", &identify(&session), invalid);
    let new = UniqueId::mint(Kind::Role, old.record.account, [5; 9]);
    world.change(|draft| {
        let record = records::Role { created: Timestamp::from_seconds(NOW), ..old.record.clone() };
        Ok(draft.identities.create_role(&mut draft.batch, new.clone(), record)?)
    });
    check(&world, "sts-sig-role-deleted", &identify(&session), invalid);
    assert_eq!(assume("long").by(&Keys::of("bob")).send(&world).status(), 200);
}

/// Decision case 80: a trusted role that was deleted and made again is another one.
#[test]
fn a_recreated_principal_is_not_the_trusted_one() {
    let world = world();
    let trusted = world.snapshot().identities.role_by_arn(&role("ci/for-bob")).unwrap().clone();
    world.change(|draft| {
        draft.identities.delete_role(&mut draft.batch, &trusted.id)?;
        let new = UniqueId::mint(Kind::Role, trusted.record.account, [6; 9]);
        Ok(draft.identities.create_role(&mut draft.batch, new, trusted.record.clone())?)
    });
    let session = assume("ci/for-bob").by(&Keys::of("bob")).send(&world).keys();
    let name = "arn:aws:sts::123456789012:assumed-role/for-bob/ci";
    check_denied(&world, "case 80", &assume("chained").by(&session), name, &role("chained"));
}
