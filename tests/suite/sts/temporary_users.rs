//! GetSessionToken, GetFederationToken and GetAccessKeyInfo: sessions of users and of whom they vouch for.

use crate::support::{Call, Keys, TestWorld, assume, check, identify, refused};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    rootAccessKeys: [{ id: AKIAROOT, secret: root-secret }]
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICEALICEALICE1, secret: alice-secret }]
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
      - { name: bob, path: /team/, accessKeys: [{ id: AKIABOB, secret: bob-secret }] }
      - name: erin
        accessKeys: [{ id: AKIAERIN, secret: erin-secret }]
        policies: [{ name: vouch, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: ["sts:GetFederationToken", "sts:TagSession"], Resource: "*", Condition: { StringEquals: { "aws:RequestTag/team": red } } }] } }]
      - name: dora
        accessKeys: [{ id: AKIADORA, secret: dora-secret }]
        policies: [{ name: vouch, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sts:GetFederationToken", Resource: "arn:aws:iam::123456789012:user/dora" }] } }]
      - name: carol
        accessKeys: [{ id: AKIACAROL, secret: carol-secret }]
        policies: [{ name: vouch, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sts:GetFederationToken", Resource: "arn:aws:sts::123456789012:federated-user/guest*" }] } }]
    roles:
      - name: open
        maxSessionDuration: 43200
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: without-mfa
        trust:
          Version: "2012-10-17"
          Statement:
            - { Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }
            - { Effect: Deny, Principal: { AWS: "*" }, Action: "sts:AssumeRole", Condition: { Bool: { "aws:MultiFactorAuthPresent": "false" } } }
"#;

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn keys(name: &str) -> Keys {
    let id = if name == "alice" { "AKIAALICEALICEALICE1".to_owned() } else { format!("AKIA{}", name.to_uppercase()) };
    Keys::new(&id, &format!("{name}-secret"))
}

fn session_token(name: &str) -> Call {
    Call::sts("GetSessionToken").by(&keys(name))
}

fn federation_token(who: &str, name: &str) -> Call {
    Call::sts("GetFederationToken").param("Name", name).by(&keys(who))
}

const ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

#[test]
fn a_session_token_is_the_user() {
    let world = world();
    let answer = session_token("bob").send(&world);
    let body = answer.body();
    assert!(body.starts_with("<GetSessionTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <GetSessionTokenResult>\n    <Credentials>\n"), "gst-ok: {body}");
    assert!(!body.contains("PackedPolicySize"), "sts-s-packed-gst");
    assert_eq!(answer.text("SessionToken").map(|token| token.len()), Some(688), "sts-s-packed-gst");
    assert_eq!(answer.text("Expiration").as_deref(), Some("2026-01-16T00:00:00Z"));
    let identity = identify(&answer.keys()).send(&world);
    assert_eq!(identity.text("Arn").as_deref(), Some("arn:aws:iam::123456789012:user/team/bob"));
    assert_eq!(identity.text("UserId"), identify(&keys("bob")).send(&world).text("UserId"));
    let global = Call::sts("GetSessionToken").header("host", "sts.amazonaws.com").by(&keys("bob")).send(&world);
    assert_eq!(global.text("SessionToken").map(|token| token.len()), Some(288));
}

#[test]
fn a_session_token_lasts_as_long_as_asked_and_the_root_users_no_longer_than_an_hour() {
    let world = world();
    for (who, asked, expiration) in [
        ("bob", Some("%2B900"), "2026-01-15T12:15:00Z"),
        ("bob", Some("0900"), "2026-01-15T12:15:00Z"),
        ("bob", Some("129600"), "2026-01-17T00:00:00Z"),
        ("root", None, "2026-01-15T13:00:00Z"),
        ("root", Some("129600"), "2026-01-15T13:00:00Z"),
        ("root", Some("900"), "2026-01-15T12:15:00Z"),
    ] {
        let body = asked.map_or_else(String::new, |asked| format!("&DurationSeconds={asked}"));
        let call = Call::form(&format!("Action=GetSessionToken&Version=2011-06-15{body}")).by(&keys(who));
        let answer = call.send(&world);
        assert_eq!(
            answer.text("Expiration").as_deref(),
            Some(expiration),
            "gst-root-duration, sts-s-q-int-ok: {asked:?} {}",
            answer.body()
        );
    }
    for (id, value, must) in [
        ("sts-s-q-int-range", "0", "have value greater than or equal to 900"),
        ("gst-duration-high", "129601", "have value less than or equal to 129600"),
    ] {
        let text = format!(
            "1 validation error detected: Value '{value}' at 'durationSeconds' failed to satisfy constraint: Member must {must}"
        );
        let refusal = refused(400, "ValidationError", &text);
        check(&world, id, &session_token("bob").param("DurationSeconds", value), refusal);
    }
    for value in [" 900", "900\t", "900.0", "9e2", "2147483648"] {
        let refusal = (400, "MalformedInput", None);
        check(&world, "sts-s-q-int-bad", &session_token("bob").param("DurationSeconds", value), refusal);
    }
}

#[test]
fn session_credentials_get_no_session_token() {
    let world = world();
    let text = "Cannot call GetSessionToken with session credentials";
    let user = session_token("alice").send(&world).keys();
    let role = assume("open").by(&keys("bob")).send(&world).keys();
    let federated = federation_token("alice", "guest").param("Policy", ALL).send(&world).keys();
    for session in [&user, &role, &federated] {
        let asked = Call::sts("GetSessionToken").by(session);
        check(&world, "gst-session-creds", &asked, refused(403, "AccessDenied", text));
    }
    let text = "Cannot call GetFederationToken with session credentials";
    for session in [&user, &role] {
        let call = Call::sts("GetFederationToken").param("Name", "guest").by(session);
        check(&world, "gft-session-creds", &call, refused(403, "AccessDenied", text));
    }
}

#[test]
fn a_session_of_a_user_counts_as_chaining_and_says_that_nobody_showed_a_device() {
    let world = world();
    let session = session_token("bob").send(&world).keys();
    let cap = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    let long = assume("open").param("DurationSeconds", "3601").by(&session);
    check(&world, "ar-duration-chaining-gst", &long, refused(400, "ValidationError", cap));
    assert_eq!(assume("open").by(&session).send(&world).status(), 200);
    let text = "User: arn:aws:iam::123456789012:user/team/bob is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/without-mfa";
    check(&world, "decision case 38", &assume("without-mfa").by(&session), refused(403, "AccessDenied", text));
    assert_eq!(assume("without-mfa").by(&keys("bob")).send(&world).status(), 200, "decision case 36");
}

#[test]
fn the_root_users_session_is_the_root_user() {
    let world = world();
    let session = session_token("root").send(&world).keys();
    let identity = identify(&session).send(&world);
    assert_eq!(identity.text("Arn").as_deref(), Some("arn:aws:iam::123456789012:root"));
    let refusal = refused(403, "AccessDenied", "Roles may not be assumed by root accounts.");
    check(&world, "ar-denied-root", &assume("open").by(&session), refusal);
}

#[test]
fn a_session_of_a_user_ends_with_the_user() {
    let world = world();
    let session = session_token("bob").send(&world).keys();
    let federated = federation_token("carol", "guest").send(&world).keys();
    for name in ["team/bob", "carol"] {
        world.change(|draft| {
            let user =
                draft.identities.user_by_arn(&format!("arn:aws:iam::123456789012:user/{name}")).unwrap().id.clone();
            Ok(draft.identities.delete_user(&mut draft.batch, &user)?)
        });
    }
    for session in [session, federated] {
        let invalid = refused(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
        check(&world, "the user is gone", &identify(&session), invalid);
    }
}

/// Rows gft-ok, sts-s-packed-gft, gci-federated.
#[test]
fn a_federated_user_is_named_by_account_and_name() {
    let world = world();
    let answer = federation_token("alice", "guest-1").send(&world);
    assert!(answer.body().contains("    <FederatedUser>\n      <Arn>arn:aws:sts::123456789012:federated-user/guest-1</Arn>\n      <FederatedUserId>123456789012:guest-1</FederatedUserId>\n    </FederatedUser>\n    <Credentials>\n"), "gft-ok: {}", answer.body());
    assert_eq!(answer.text("PackedPolicySize").as_deref(), Some("16"), "gft-ok, as the newer measure has it");
    assert_eq!(answer.text("Expiration").as_deref(), Some("2026-01-16T00:00:00Z"));
    let identity = identify(&answer.keys()).send(&world);
    assert_eq!(
        identity.text("Arn").as_deref(),
        Some("arn:aws:sts::123456789012:federated-user/guest-1"),
        "gci-federated"
    );
    assert_eq!(identity.text("UserId").as_deref(), Some("123456789012:guest-1"));
    let narrowed = federation_token("alice", "guest-1").param("Policy", ALL).send(&world);
    assert!(narrowed.text("PackedPolicySize").unwrap().parse::<i64>().unwrap() >= 18, "sts-s-packed-gft");
    let root = federation_token("root", "guest-1").param("DurationSeconds", "129600").send(&world);
    assert_eq!(root.text("Expiration").as_deref(), Some("2026-01-15T13:00:00Z"), "gft-root-duration");
}

#[test]
fn vouching_needs_a_permission_on_whom() {
    let world = world();
    let denied = |user: &str, name: &str, action: &str| {
        format!(
            "User: arn:aws:iam::123456789012:user/{user} is not authorized to perform: sts:{action} on resource: arn:aws:sts::123456789012:federated-user/{name}"
        )
    };
    let text = denied("team/bob", "guest", "GetFederationToken");
    check(&world, "gft-denied", &federation_token("bob", "guest"), refused(403, "AccessDenied", &text));
    let text = denied("carol", "other", "GetFederationToken");
    check(&world, "gft-denied", &federation_token("carol", "other"), refused(403, "AccessDenied", &text));
    assert_eq!(federation_token("carol", "guest").send(&world).status(), 200);
    assert_eq!(federation_token("dora", "guest").send(&world).status(), 200, "B-061");
    let tagged = federation_token("carol", "guest").tags(&[("team", "x")]);
    check(&world, "tags", &tagged, refused(403, "AccessDenied", &denied("carol", "guest", "TagSession")));
}

/// The quoted text is of an older date; its row says that it names the kind of policy since.
#[test]
fn vouching_against_an_explicit_deny_says_so() {
    let seed = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICEALICEALICE1, secret: alice-secret }]
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
        policies: [{ name: mfa, document: { Version: "2012-10-17", Statement: [{ Effect: Deny, Action: "sts:*", Resource: "*", Condition: { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } } }] } }]
"#;
    let quoted = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::123456789012:federated-user/guest with an explicit deny";
    let text = format!("{quoted} in an identity-based policy");
    let world = TestWorld::new(seed);
    check(&world, "gft-denied-explicit", &federation_token("alice", "guest"), refused(403, "AccessDenied", &text));
}

#[test]
fn who_vouches_may_be_held_to_the_tags_that_are_asked_for() {
    let world = world();
    let tagged = |team: &str| {
        let call = federation_token("erin", "guest").param("Tags.member.1.Key", "team");
        call.param("Tags.member.1.Value", team).send(&world).status()
    };
    assert_eq!((tagged("red"), tagged("blue")), (200, 403));
    assert_eq!(federation_token("erin", "guest").send(&world).status(), 403);
}

#[test]
fn a_federation_token_has_its_bounds() {
    let world = world();
    let fault = |value: &str, member: &str, must: &str| {
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}"
        )
    };
    let long = "n".repeat(33);
    let text = fault(&long, "name", "have length less than or equal to 32");
    check(&world, "gft-name-long", &federation_token("alice", &long), refused(400, "ValidationError", &text));
    let policy = format!("{{{}}}", " ".repeat(2047));
    let text = fault(&policy, "policy", "have length less than or equal to 2048");
    let call = federation_token("alice", "guest").param("Policy", &policy);
    check(&world, "gft-policy-long", &call, refused(400, "ValidationError", &text));
}

#[test]
fn the_token_of_a_federated_user_has_no_more_room_than_others() {
    let world = world();
    let tags: Vec<_> = (1..=50).map(|at| (format!("key-{at}"), "v".repeat(100))).collect();
    let answer = federation_token("alice", "guest").tags(&tags).send(&world);
    assert_eq!((answer.status(), answer.text("Code").as_deref()), (400, Some("PackedPolicyTooLarge")));
    let text = answer.text("Message").unwrap();
    assert!(text.starts_with("Packed size of session tags consumes "), "{text}");
}

/// Of STS, a federated user may only ask who it is.
#[test]
fn a_federated_user_assumes_nothing() {
    let world = world();
    let session = federation_token("alice", "guest").param("Policy", ALL).send(&world).keys();
    let text = "User: arn:aws:sts::123456789012:federated-user/guest is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/open";
    check(&world, "federated", &assume("open").by(&session), refused(403, "AccessDenied", text));
}

#[test]
fn an_access_key_id_tells_its_account() {
    let world = world();
    let ask = |who: &str, id: &str| Call::sts("GetAccessKeyInfo").param("AccessKeyId", id).by(&keys(who));
    for (id, account) in [
        ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
        ("ASIAY34FZKBOKMZZZZZZ", "609629065308"),
        ("AKIAALICEALICEALICE1", "123456789012"),
    ] {
        let answer = ask("alice", id).send(&world);
        assert_eq!(answer.text("Account").as_deref(), Some(account), "gaki-no-state: {}", answer.body());
    }
    let text = "1 validation error detected: Value 'short' at 'accessKeyId' failed to satisfy constraint: Member must have length greater than or equal to 16";
    check(&world, "gaki-short", &ask("alice", "short"), refused(400, "ValidationError", text));
    check(&world, "B-059", &ask("alice", "1111111111111111"), refused(400, "ValidationError", "Invalid access key id"));
    for who in ["alice", "root"] {
        let session = session_token(who).send(&world).keys();
        let answer =
            Call::sts("GetAccessKeyInfo").param("AccessKeyId", "ASIAY34FZKBOKMUTVV7A").by(&session).send(&world);
        assert_eq!(answer.text("Code").as_deref(), Some("AccessDenied"), "B-063: {who}");
    }
    let text = "User: arn:aws:iam::123456789012:user/team/bob is not authorized to perform: sts:GetAccessKeyInfo because no identity-based policy allows the sts:GetAccessKeyInfo action";
    check(&world, "B-060", &ask("bob", "ASIAY34FZKBOKMUTVV7A"), refused(403, "AccessDenied", text));
}
