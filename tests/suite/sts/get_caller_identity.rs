//! GetCallerIdentity.

use crate::support::{Call, Keys, TestWorld, identify};
use local_sts::shape::Shape;
use local_sts::store::records;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    rootAccessKeys: [{ id: AKIAROOT, secret: root-secret }]
    users:
      - name: alice
        path: /team/
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        policies:
          - name: nothing
            document: { Version: "2012-10-17", Statement: [{ Effect: Deny, Action: "*", Resource: "*" }] }
    roles:
      - name: reader
        path: /ci/
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:user/team/bob" }, Action: "sts:AssumeRole" }] }
        policies: [{ name: none, document: { Version: "2012-10-17", Statement: [{ Effect: Deny, Action: "*", Resource: "*" }] } }]
  - id: "210987654321"
    partition: aws-cn
    users:
      - { name: li, accessKeys: [{ id: AKIALI, secret: li-secret }] }
"#;

fn world() -> TestWorld {
    TestWorld::new(&SEED.replace("users:\n      - name: alice", "users:\n      - { name: bob, path: /team/, accessKeys: [{ id: AKIABOB, secret: bob-secret }] }\n      - name: alice"))
}

#[track_caller]
fn check(keys: &Keys, arn: &str, user_id: &str, account: &str) {
    let world = world();
    for call in [Call::sts("GetCallerIdentity"), Call::get("Action=GetCallerIdentity&Version=2011-06-15")] {
        let region = if arn.starts_with("arn:aws-cn:") { "cn-north-1" } else { "us-east-1" };
        let answer = call.by(keys).region(region).send(&world);
        let request_id = answer.header("x-amzn-requestid").unwrap_or_default();
        assert_eq!(
            answer.body(),
            format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <GetCallerIdentityResult>\n    \
                 <Arn>{arn}</Arn>\n    <UserId>{user_id}</UserId>\n    <Account>{account}</Account>\n  </GetCallerIdentityResult>\n  \
                 <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n</GetCallerIdentityResponse>\n"
            ),
        );
        assert_eq!((answer.status(), answer.header("content-type")), (200, Some("text/xml")));
    }
}

/// Rows gci-ok, gci-user, gci-explicit-deny: a user under an explicit deny of everything.
#[test]
fn a_user_is_named_with_its_path() {
    let id = world().id_of("arn:aws:iam::123456789012:user/team/alice");
    check(&Keys::of("alice"), "arn:aws:iam::123456789012:user/team/alice", id.as_str(), "123456789012");
}

/// Row gci-root.
#[test]
fn the_root_user_is_named_by_its_account() {
    check(&Keys::of("root"), "arn:aws:iam::123456789012:root", "123456789012", "123456789012");
}

#[test]
fn a_user_of_another_partition_keeps_it() {
    let id = world().id_of("arn:aws-cn:iam::210987654321:user/li");
    check(&Keys::of("li"), "arn:aws-cn:iam::210987654321:user/li", id.as_str(), "210987654321");
}

/// Rows gci-role, ar-ok-path: the session's ARN has the role's name and not its path.
#[test]
fn a_session_is_named_without_the_path_of_its_role() {
    let world = world();
    let assumed =
        Call::assume_role("arn:aws:iam::123456789012:role/ci/reader", "build-17").by(&Keys::of("bob")).send(&world);
    let answer = identify(&assumed.keys()).send(&world);
    let role = world.id_of("arn:aws:iam::123456789012:role/ci/reader");
    assert_eq!(answer.text("Arn").as_deref(), Some("arn:aws:sts::123456789012:assumed-role/reader/build-17"));
    assert_eq!(answer.text("UserId"), Some(format!("{role}:build-17")));
    assert_eq!(assumed.text("Arn"), answer.text("Arn"));
    assert_eq!(assumed.text("AssumedRoleId"), answer.text("UserId"));
}

/// Row gci-rename: the next call shows the new name, by the same key and under the same id.
#[test]
fn a_renamed_user_is_the_same_one() {
    let world = world();
    let bob = Keys::of("bob");
    let session = Call::sts("GetSessionToken").by(&bob).send(&world).keys();
    let ask = |keys: &Keys| {
        let answer = identify(keys).send(&world);
        (answer.text("Arn").unwrap(), answer.text("UserId").unwrap())
    };
    let (before, id) = ask(&bob);
    let rename = |from: &str, to: &str| {
        world.change(|draft| {
            let user = draft.identities.user_by_arn(from).unwrap().clone();
            let record = records::User { name: Shape::parse(to).unwrap(), ..user.record.clone() };
            Ok(draft.identities.update_user(&mut draft.batch, &user.id, record)?)
        });
    };
    rename(&before, "robert");
    for keys in [&bob, &session] {
        assert_eq!(ask(keys), ("arn:aws:iam::123456789012:user/team/robert".to_owned(), id.clone()), "gci-rename");
    }
    rename("arn:aws:iam::123456789012:user/team/alice", "bob");
    assert_eq!(ask(&Keys::of("alice")).0, before, "the name was free again");
    assert_ne!(ask(&bob).0, before);
    let assumed = Call::assume_role("arn:aws:iam::123456789012:role/ci/reader", "ci").by(&bob);
    assert_eq!(assumed.send(&world).status(), 200, "whoever trusted the user still does");
}

/// Row sts-s-gci-length: the captured body had 406 bytes, which leaves nine for the user's name.
#[test]
fn a_body_is_as_long_as_a_captured_one() {
    let seed = "accounts: [{ id: \"123456789012\", users: [{ name: probe-001, accessKeys: [{ id: AKIAPROBE, secret: probe-secret }] }] }]";
    let world = TestWorld::new(seed);
    let answer = identify(&Keys::of("probe")).send(&world);
    assert_eq!(answer.body().len(), 406, "{}", answer.body());
}

/// Rows sts-proto-unknown-param and sts-proto-charset.
#[test]
fn unknown_parameters_and_a_charset_change_nothing() {
    let alice = Keys::of("alice");
    let call = Call::sts("GetCallerIdentity")
        .param("Nonsense", "1")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(call.by(&alice).send(&world()).status(), 200);
}
