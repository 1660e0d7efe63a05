//! What should bind a caller and is spoilt or gone binds it altogether: it allows nothing.

use crate::store::{Scratch, reopen};
use crate::support::{Call, Keys, TestWorld, check, identify, refused};
use local_sts::ids::Endpoint;
use local_sts::ids::region::TokenVersion;
use local_sts::sessions::{Carried, Order, SessionPolicies, Subject, mint};
use local_sts::shape::Shape;
use local_sts::store::{Batch, records, tables};
use local_sts::time::Timestamp;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
    roles:
      - name: worker
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: delegated
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "123456789012" }, Action: "sts:AssumeRole" }] }
"#;

fn assume() -> Call {
    Call::assume_role("arn:aws:iam::123456789012:role/delegated", "ci")
}

#[track_caller]
fn check_bound(world: &TestWorld, id: &str, keys: &Keys, caller: &str) {
    let text = format!(
        "User: {caller} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/delegated"
    );
    check(world, id, &assume().by(keys), refused(403, "AccessDenied", &text));
    assert_eq!(identify(keys).send(world).status(), 200, "{id}");
}

/// A session of `worker` that carries these policies, which no call could have given it.
fn session(world: &TestWorld, policies: Option<SessionPolicies>) -> Keys {
    let snapshot = world.snapshot();
    let role = snapshot.identities.role_by_arn("arn:aws:iam::123456789012:role/worker").unwrap();
    let order = Order {
        account: role.record.account,
        subject: Subject::Role { role: role.id.clone(), session_name: Shape::parse("ci").unwrap() },
        issuer_arn: role.arn.clone(),
        seconds: 3600,
        carried: Carried { policies, ..Carried::default() },
        second_factor: None,
        minimum_token_size: None,
    };
    let now = Timestamp::from_seconds(crate::support::NOW);
    let entropy = world.service.world().entropy.as_ref();
    let minted = mint(order, Endpoint::global(), TokenVersion::V2, &snapshot.sessions, entropy, now).unwrap();
    Keys {
        id: minted.entry.access_key_id.to_string(),
        secret: minted.secret.expose().clone(),
        token: Some(minted.token.as_str().to_owned()),
    }
}

const WORKER: &str = "arn:aws:sts::123456789012:assumed-role/worker/ci";

#[test]
fn a_session_policy_that_cannot_be_read_allows_nothing() {
    let world = TestWorld::new(SEED);
    assert_eq!(assume().by(&session(&world, None)).send(&world).status(), 200);
    for spoilt in ["", "{", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}"#] {
        let keys = session(&world, SessionPolicies::pack(Some(spoilt), Vec::new()));
        check_bound(&world, spoilt, &keys, WORKER);
    }
}

#[test]
fn a_managed_session_policy_that_is_gone_allows_nothing() {
    let world = TestWorld::new(SEED);
    let all = "arn:aws:iam::aws:policy/AdministratorAccess".to_owned();
    let keys = session(&world, SessionPolicies::pack(None, vec![all.clone()]));
    assert_eq!(assume().by(&keys).send(&world).status(), 200);
    let gone = vec![all, "arn:aws:iam::123456789012:policy/gone".to_owned()];
    check_bound(&world, "it may have denied", &session(&world, SessionPolicies::pack(None, gone)), WORKER);
}

/// B-051.
#[test]
fn a_boundary_that_is_gone_allows_nothing() {
    let scratch = Scratch::new("boundary");
    let open = |seed| TestWorld::over(Box::new(reopen(&scratch.0.join("state"))), seed, 1);
    let alice = Keys::of("alice");
    let world = open(Some(SEED));
    assert_eq!(assume().by(&alice).send(&world).status(), 200);
    world.change(|draft| {
        let user = draft.identities.user_by_arn("arn:aws:iam::123456789012:user/alice").unwrap().clone();
        let mut record = user.record.clone();
        record.permissions.boundary = Some("arn:aws:iam::123456789012:policy/gone".to_owned());
        assert!(draft.identities.update_user(&mut Batch::default(), &user.id, record.clone()).is_err(), "not by us");
        Ok(tables::USERS.put(&mut draft.batch, &user.id, &records::User { ..record })?)
    });
    drop(world);
    check_bound(&open(None), "B-051", &alice, "arn:aws:iam::123456789012:user/alice");
}
