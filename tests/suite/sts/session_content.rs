//! What AssumeRole lets a session carry: tags, source identity, session policies; and what is inherited.

use crate::support::{Answer, Call, TestWorld, alice, assume, check, identify, refused};
use local_sts::sessions::{Carried, open};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - { name: alice, accessKeys: [{ id: AKIAALICE, secret: alice-secret }] }
    policies:
      - { name: no-sts, document: { Version: "2012-10-17", Statement: [{ Effect: Deny, Action: "sts:*", Resource: "*" }] } }
      - { name: all, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "*", Resource: "*" }] } }
    roles:
      - name: plain
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: free
        tags: { team: from-role, cost: "9" }
        attachedPolicies: ["arn:aws:iam::123456789012:policy/all"]
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] }] }
      - name: next
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:role/free" }, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] }] }
      - name: for-alice
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:SetSourceIdentity"], Condition: { StringEquals: { "sts:SourceIdentity": alice } } }] }
      - name: for-team
        tags: { team: finance }
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:TagSession"], Condition: { StringEquals: { "aws:PrincipalTag/team": "${aws:ResourceTag/team}" } } }] }
"#;

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn tagged(call: Call, tags: &[(&str, &str)], transitive: &[&str]) -> Call {
    let pass_on = |call: Call, (key, at): (&&str, u8)| call.param(&format!("TransitiveTagKeys.member.{at}"), key);
    transitive.iter().zip(1..).fold(call.tags(tags), pass_on)
}

fn carried(world: &TestWorld, answer: &Answer) -> Carried {
    let keys = answer.keys();
    let snapshot = world.snapshot();
    open(keys.token.as_deref().unwrap(), &keys.id, snapshot.sessions.ring()).unwrap().session().carried.clone()
}

#[track_caller]
fn check_denied(world: &TestWorld, id: &str, call: &Call, caller: &str, action: &str, role: &str) {
    let text = format!(
        "User: {caller} is not authorized to perform: {action} on resource: arn:aws:iam::123456789012:role/{role}"
    );
    check(world, id, call, refused(403, "AccessDenied", &text));
}

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const FREE: &str = "arn:aws:sts::123456789012:assumed-role/free/ci";

#[test]
fn a_source_identity_is_echoed_and_stays() {
    let world = world();
    let first = assume("free").param("SourceIdentity", "alice").by(&alice()).send(&world);
    assert_eq!(first.text("SourceIdentity").as_deref(), Some("alice"), "sts-s-packed-si");
    let after = first.body().find("<SourceIdentity>").unwrap();
    assert!(
        first.body().find("</Credentials>").unwrap() < after
            && after < first.body().find("<PackedPolicySize>").unwrap()
    );
    assert!(first.text("PackedPolicySize").unwrap().parse::<i64>().unwrap() >= 18);

    let chained = assume("next").by(&first.keys()).send(&world);
    assert_eq!(chained.text("SourceIdentity").as_deref(), Some("alice"), "inherited: {}", chained.body());
    let repeated = assume("next").param("SourceIdentity", "alice").by(&first.keys()).send(&world);
    assert_eq!(repeated.status(), 200);
    let text = "The source identity is already set for this assume role session";
    for id in ["ar-sourceidentity-locked", "ar-sourceidentity-locked-q"] {
        let call = assume("next").param("SourceIdentity", "bob").by(&first.keys());
        check(&world, id, &call, refused(400, "ValidationError", text));
    }
}

#[test]
fn a_source_identity_needs_a_permission_of_its_own_even_inherited() {
    let world = world();
    let action = "sts:SetSourceIdentity";
    let asked = assume("plain").param("SourceIdentity", "alice").by(&alice());
    check_denied(&world, "ar-setsourceidentity-denied", &asked, ALICE, action, "plain");
    let session = assume("free").param("SourceIdentity", "alice").by(&alice()).send(&world).keys();
    let id = "ar-setsourceidentity-denied-q, inherited";
    check_denied(&world, id, &assume("plain").by(&session), FREE, action, "plain");
}

#[test]
fn a_trust_that_demands_a_source_identity_says_what_is_missing() {
    let world = world();
    let id = "ar-sourceidentity-condition";
    check_denied(&world, id, &assume("for-alice").by(&alice()), ALICE, "sts:AssumeRole", "for-alice");
    let wrong = assume("for-alice").param("SourceIdentity", "bob").by(&alice());
    check_denied(&world, id, &wrong, ALICE, "sts:SetSourceIdentity", "for-alice");
    assert_eq!(assume("for-alice").param("SourceIdentity", "alice").by(&alice()).send(&world).status(), 200);
}

#[test]
fn a_source_identity_has_its_bounds() {
    let world = world();
    let long = "n".repeat(257);
    for (id, value, must) in [
        ("ar-sourceidentity-short", "", "have length greater than or equal to 2"),
        ("ar-sourceidentity-short", "a", "have length greater than or equal to 2"),
        ("ar-sourceidentity-long", long.as_str(), "have length less than or equal to 256"),
        ("ar-sourceidentity-pattern", "aws:x", r"satisfy regular expression pattern: [\w+=,.@-]*"),
    ] {
        let text = format!(
            "1 validation error detected: Value '{value}' at 'sourceIdentity' failed to satisfy constraint: Member must {must}"
        );
        let call = assume("free").param("SourceIdentity", value).by(&alice());
        check(&world, id, &call, refused(400, "ValidationError", &text));
    }
    assert_eq!(assume("free").param("SourceIdentity", &"n".repeat(256)).by(&alice()).send(&world).status(), 200);
}

#[test]
fn tags_need_a_permission_of_their_own() {
    let world = world();
    let call = tagged(assume("plain"), &[("team", "finance")], &[]).by(&alice());
    check_denied(&world, "ar-tagsession-denied", &call, ALICE, "sts:TagSession", "plain");
    let handed_down = tagged(assume("free"), &[("team", "finance")], &["team"]).by(&alice()).send(&world).keys();
    check_denied(&world, "inherited tags as well", &assume("plain").by(&handed_down), FREE, "sts:TagSession", "plain");
    let kept = tagged(assume("free"), &[("team", "finance")], &[]).by(&alice()).send(&world).keys();
    assert_eq!(assume("plain").by(&kept).send(&world).status(), 200, "tags that are not handed down ask nothing");
}

#[test]
fn tags_are_handed_down_as_they_say() {
    let world = world();
    let first = tagged(assume("free"), &[("Team", "finance"), ("shift", "night")], &["TEAM"]).by(&alice()).send(&world);
    assert_eq!(first.status(), 200, "ar-tag-transitive-case: {}", first.body());
    let second = tagged(assume("next"), &[("shift", "day")], &[]).by(&first.keys()).send(&world);
    let tags: Vec<(String, String, bool)> = carried(&world, &second)
        .tags
        .iter()
        .map(|tag| (tag.tag.key.to_string(), tag.tag.value.to_string(), tag.transitive))
        .collect();
    let expect = [("Team", "finance", true), ("shift", "day", false)];
    assert_eq!(
        tags,
        expect.map(|(key, value, handed)| (key.to_owned(), value.to_owned(), handed)),
        "ar-tag-new-key-chained"
    );
}

#[test]
fn tags_that_do_not_go_together_are_refused() {
    let world = world();
    let code = "InvalidParameterValue";
    let unknown = tagged(assume("free"), &[("team", "x")], &["shift"]).by(&alice());
    let text = "The specified transitive tag key must be included in the requested tags.";
    check(&world, "ar-tag-transitive-unknown", &unknown, refused(400, code, text));
    let twice = tagged(assume("free"), &[("team", "x"), ("TEAM", "y")], &[]).by(&alice());
    let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    check(&world, "ar-tag-duplicate", &twice, refused(400, code, text));
    let session = tagged(assume("free"), &[("team", "x")], &["team"]).by(&alice()).send(&world).keys();
    let conflict = tagged(assume("next"), &[("Team", "y")], &[]).by(&session);
    let text = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";
    check(&world, "ar-tag-conflict", &conflict, refused(400, code, text));
}

#[test]
fn entries_of_lists_are_held_to_their_constraints() {
    let world = world();
    let key = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+";
    let one = |member: &str, value: &str, must: &str| {
        format!(
            "1 validation error detected: Value {value} at 'tags.1.member.{member}' failed to satisfy constraint: {must}"
        )
    };
    for (tags, text) in [
        ([("<team>", "x")], one("key", "'<team>'", key)),
        (
            [("team", "<x>")],
            one("value", "'<x>'", r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*"),
        ),
    ] {
        check(&world, "tags", &tagged(assume("free"), &tags, &[]).by(&alice()), refused(400, "ValidationError", &text));
    }
    let no_value = assume("free").param("Tags.member.1.Key", "team").by(&alice());
    let text = one("value", "null", "Member must not be null");
    check(&world, "no value", &no_value, refused(400, "ValidationError", &text));
    let gap = assume("free").param("Tags.member.2.Key", "team").param("Tags.member.2.Value", "x").by(&alice());
    let text = "2 validation errors detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null; \
                Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null";
    check(&world, "a gap is not closed", &gap, refused(400, "ValidationError", text));
    let many: Vec<(String, &str)> = (0..51).map(|number| (number.to_string(), "test")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    let answer = tagged(assume("free"), &many, &[]).by(&alice()).send(&world);
    let text = answer.text("Message").unwrap();
    assert!(
        text.starts_with("1 validation error detected: Value '[Tag(key=0, value=test), Tag(key=1, value=test), "),
        "ar-tag-too-many: {text}"
    );
    assert!(
        text.ends_with("at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50"),
        "{text}"
    );
}

#[test]
fn indices_of_lists_are_read_as_aws_reads_them() {
    let world = world();
    let padded = assume("free").param("Tags.member.01.Key", "team").param("Tags.member.1.Value", "x").by(&alice());
    assert_eq!(padded.send(&world).status(), 200);
    for (name, text) in [
        ("Tags.member.0.Key", "0 is not a valid index"),
        ("Tags.member.-1.Key", "Key -1 may not have a leading '-'"),
        ("Tags.member.12.Key", "Excessively sparse input would skip 11 list elements"),
        ("Tags.member.49.Key", "Excessively sparse input would skip 48 list elements"),
        ("Tags.member.1.0.Key", "Two index elements may not occur back to back"),
        ("TransitiveTagKeys.member.one", "Start of list found where not expected"),
        ("TransitiveTagKeys.member.+1", "Start of list found where not expected"),
    ] {
        check(&world, name, &assume("free").param(name, "x").by(&alice()), refused(400, "MalformedInput", text));
    }
    let word = assume("free").param("Tags.member.one.Key", "x").by(&alice());
    assert!(word.send(&world).text("Message").unwrap().contains("at 'tags.1.member.key'"));
}

/// A session policy narrows what the role may do, and never widens it.
#[test]
fn session_policies_narrow_the_role() {
    let world = world();
    let with = |policy: &str| assume("free").param("Policy", policy).by(&alice());
    let statement = |effect: &str, action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}]}}"#
        )
    };
    let next = |answer: &Answer| assume("next").by(&answer.keys());
    let allowed = with(&statement("Allow", "sts:*")).send(&world);
    assert_eq!(next(&allowed).send(&world).status(), 200);
    for policy in [statement("Allow", "s3:*"), statement("Deny", "sts:*")] {
        let narrowed = with(&policy).send(&world);
        assert!(narrowed.text("PackedPolicySize").unwrap().parse::<i64>().unwrap() > 18, "sts-s-packed-policy");
        check_denied(&world, &policy, &next(&narrowed), FREE, "sts:AssumeRole", "next");
        assert_eq!(identify(&narrowed.keys()).send(&world).status(), 200);
    }
    let wide = assume("plain").param("Policy", &statement("Allow", "*")).by(&alice()).send(&world);
    let plain = "arn:aws:sts::123456789012:assumed-role/plain/ci";
    let id = "a session policy grants nothing";
    check_denied(&world, id, &assume("next").by(&wide.keys()), plain, "sts:AssumeRole", "next");

    let managed = |name: &str| {
        assume("free")
            .param("PolicyArns.member.1.arn", &format!("arn:aws:iam::123456789012:policy/{name}"))
            .by(&alice())
    };
    assert_eq!(next(&managed("all").send(&world)).send(&world).status(), 200);
    check_denied(&world, "managed", &next(&managed("no-sts").send(&world)), FREE, "sts:AssumeRole", "next");
    let unknown = "Policy arn:aws:iam::123456789012:policy/none does not exist or is not attachable.";
    check(&world, "B-055", &managed("none"), refused(400, "ValidationError", unknown));
}

/// Row sts-s-managed-session-live: an inline policy is sealed in the session, a managed one is read at each call.
#[test]
fn a_managed_session_policy_counts_as_it_is_now() {
    let world = world();
    let arn = "arn:aws:iam::123456789012:policy/all";
    let session = assume("plain").param("PolicyArns.member.1.arn", arn).by(&alice()).send(&world).keys();
    let call = assume("free").by(&session);
    assert_eq!(call.send(&world).status(), 200);
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sts:*","Resource":"*"}]}"#;
    world.change(|draft| {
        Ok(draft.identities.update_policy(&mut draft.batch, arn, |it| it.versions[0].document = deny.to_owned())?)
    });
    let plain = "arn:aws:sts::123456789012:assumed-role/plain/ci";
    check_denied(&world, "sts-s-managed-session-live", &call, plain, "sts:AssumeRole", "free");
    assert_eq!(identify(&session).send(&world).status(), 200);
}

/// Row sts-s-session-policy-literals.
#[test]
fn a_session_policy_is_read_as_sts_reads_it() {
    let world = world();
    let call = |policy: &str| assume("free").param("Policy", policy).by(&alice());
    let java = "Unexpected character ('i' (code 105)): expected a valid value (number, String, array, object, 'true', 'false' or 'null')\n \
                at [Source: java.io.StringReader@0; line: 1, column: 2]";
    let id = "ar-policy-not-json, sts-model-malformedpolicy";
    check(&world, id, &call("invalid"), refused(400, "MalformedPolicyDocument", java));
    for (policy, found, entries, column) in [
        (r#"{"Version":"2012-10-17" "Statement":[]}"#, "'\"' (code 34)", "OBJECT", 26),
        (r#"{"Statement":[1 2]}"#, "'2' (code 50)", "ARRAY", 18),
    ] {
        let text = format!(
            "Unexpected character ({found}): was expecting comma to separate {entries} entries\n \
             at [Source: java.io.StringReader@0; line: 1, column: {column}]"
        );
        check(&world, "B-815", &call(policy), refused(400, "MalformedPolicyDocument", &text));
    }
    check(&world, "no policy", &call("{}"), refused(400, "MalformedPolicyDocument", "Syntax errors in policy."));
    let odd = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericEquals":{"aws:x":"no-number"}}}]}"#;
    assert_eq!(call(odd).send(&world).status(), 200, "sts-s-session-policy-literals");
    let pattern = r"1 validation error detected: Value '€' at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+";
    check(&world, "the class of a policy", &call("€"), refused(400, "ValidationError", pattern));
}

#[test]
fn what_does_not_fit_into_the_token_is_too_large() {
    let world = world();
    let value = "v".repeat(250);
    let tags: Vec<(String, &str)> = (0..15).map(|number| (format!("k{number}"), value.as_str())).collect();
    let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    let answer = tagged(assume("free"), &tags, &[]).by(&alice()).send(&world);
    assert_eq!(answer.text("Code").as_deref(), Some("PackedPolicyTooLarge"), "ar-packed-tags");
    assert_eq!(answer.status(), 400, "sts-model-packed");
    let text = answer.text("Message").unwrap();
    assert!(
        text.starts_with("Packed size of session tags consumes ") && text.ends_with("% of allotted space."),
        "{text}"
    );
    let entropy = local_sts::env::SeededEntropy::new(1);
    let noise: String =
        local_sts::env::draw::<6000>(&entropy).iter().map(|byte| char::from(b'0' + byte % 64)).collect();
    let noise = noise.replace(['<', '\\', ':'], "x");
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::{noise}"}}]}}"#
    );
    let answer = assume("free").param("Policy", &policy).by(&alice()).send(&world);
    assert_eq!(answer.text("Code").as_deref(), Some("PackedPolicyTooLarge"), "ar-packed-policy: {}", answer.body());
    assert!(answer.text("Message").unwrap().ends_with("% of allotted space, please use smaller policy."));
}

/// ATTACK: a policy that packs into nothing would be judged at its full length, again and again.
#[test]
fn what_packs_well_is_bounded_by_its_own_length() {
    let world = world();
    let padded = |length: usize| {
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        assume("free").param("Policy", &format!("{policy:length$}")).by(&alice())
    };
    assert_eq!(padded(20_480).send(&world).status(), 200, "B-181");
    let text = "Packed policy consumes 150% of allotted space, please use smaller policy.";
    check(&world, "B-181", &padded(30_720), refused(400, "PackedPolicyTooLarge", text));
}

/// Access by tags: the session's tag beats the role's, and both sides are read.
#[test]
fn tags_open_what_demands_them() {
    let world = world();
    let session = |tags: &[(&str, &str)]| tagged(assume("free"), tags, &[]).by(&alice()).send(&world).keys();
    assert_eq!(assume("for-team").by(&session(&[("team", "finance")])).send(&world).status(), 200);
    assert_eq!(assume("for-team").by(&session(&[("TEAM", "finance")])).send(&world).status(), 200);
    let call = assume("for-team").by(&session(&[("team", "it")]));
    check_denied(&world, "another team", &call, FREE, "sts:AssumeRole", "for-team");
    let call = assume("for-team").by(&session(&[]));
    check_denied(&world, "the role's own tag", &call, FREE, "sts:AssumeRole", "for-team");
}

/// Two notions of what is one key would let a session shake off what it inherited.
#[test]
fn letters_with_two_small_forms_are_one_key() {
    let world = world();
    let session = tagged(assume("free"), &[("team\u{3a3}", "blue")], &["team\u{3a3}"]).by(&alice()).send(&world).keys();
    let other = tagged(assume("next"), &[("team\u{3c3}", "red")], &[]).by(&session).send(&world);
    assert_eq!(other.text("Code").as_deref(), Some("InvalidParameterValue"), "{}", other.body());
}

/// Read in one walk: a hundred thousand entries take as long as ten times ten thousand.
#[test]
fn a_list_of_very_many_entries_is_refused_soon() {
    use std::fmt::Write as _;
    let world = world();
    let mut body = String::from_utf8(assume("free").body).unwrap();
    for at in 1..=100_000 {
        let _ = write!(body, "&Tags.member.{at}.Key=k&Tags.member.{at}.Value=v");
    }
    let answer = Call::form(&body).by(&alice()).send(&world);
    assert!(answer.text("Message").unwrap().ends_with("Member must have length less than or equal to 50"));
}

#[test]
fn a_session_policy_is_of_the_roles_own_account_or_of_aws() {
    let world = TestWorld::new(&format!(
        "{SEED}  - id: \"222222222222\"\n    policies: [{{ name: all, document: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"*\", Resource: \"*\" }}] }} }}]\n"
    ));
    let with = |arn: &str| assume("free").param("PolicyArns.member.1.arn", arn).by(&alice()).send(&world);
    assert_eq!(with("arn:aws:iam::aws:policy/AdministratorAccess").status(), 200);
    for foreign in ["arn:aws:iam::222222222222:policy/all", "arn:aws-cn:iam::aws:policy/AdministratorAccess"] {
        assert_eq!(with(foreign).text("Code").as_deref(), Some("ValidationError"), "{foreign}");
    }
}
