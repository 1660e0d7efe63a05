//! No secret of the world shows in a refusal, a `Debug` or a log line: searched by value.

use std::sync::Mutex;

use crate::support::{Call, Keys, TestWorld, identify, logged};
use local_sts::ids::region::TokenVersion;
use local_sts::ids::{AccessKeyId, Endpoint};
use local_sts::sessions::{Carried, Order, Subject, mint, open};
use local_sts::shape::Shape;
use local_sts::time::Timestamp;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: the-secret-of-alice }]
        mfaDevices: [{ name: phone, secret: THESEEDOFTHEPHONE }]
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

fn alice() -> Keys {
    Keys::new("AKIAALICE", "the-secret-of-alice")
}

fn assume(world: &TestWorld) -> Keys {
    let call = Call::assume_role("arn:aws:iam::123456789012:role/open", "ci");
    call.by(&alice()).send(world).keys()
}

#[test]
fn neither_refusals_nor_the_log_hold_a_secret() {
    let world = TestWorld::new(SEED);
    let session = assume(&world);
    let mut seen = String::new();
    let ((), logged) = logged(|| {
        for keys in [
            alice(),
            alice().with_secret("wrong"),
            session.clone(),
            session.with_secret("wrong"),
            session.with_token(None),
        ] {
            for call in [
                Call::sts("GetCallerIdentity"),
                Call::assume_role("arn:aws:iam::123456789012:role/none", "x"),
                Call::sts("AssumeRole").param("RoleArn", "short"),
                Call::get("Action=GetCallerIdentity&Version=2011-06-15"),
                Call::sts("GetSessionToken")
                    .param("SerialNumber", "arn:aws:iam::123456789012:mfa/phone")
                    .param("TokenCode", "918273"),
            ] {
                let answer = call.by(&keys).send(&world);
                seen.push_str(&format!("{:?}", answer.0.headers));
                seen.push_str(answer.body());
            }
        }
        assume(&world);
    });
    assert!(logged.contains("refused") && logged.contains("answered"), "the log is watched: {logged}");
    let token = session.token.clone().unwrap();
    for secret in ["the-secret-of-alice", session.secret.as_str(), token.as_str(), &token[..64], "SEEDOFTHE", "918273"]
    {
        assert!(!seen.contains(secret), "an answer shows {secret}");
        assert!(!logged.contains(secret), "the log shows {secret}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let world = TestWorld::new(SEED);
    let session = assume(&world);
    let snapshot = world.snapshot();
    let opened = open(session.token.as_deref().unwrap(), &session.id, snapshot.sessions.ring()).unwrap();
    let mut shown = format!("{opened:?}");
    for key in snapshot.identities.access_keys() {
        shown.push_str(&format!("{key:?}"));
    }
    for device in snapshot.identities.mfa_devices() {
        shown.push_str(&format!("{device:?}"));
    }
    for secret in ["the-secret-of-alice", session.secret.as_str(), "SEEDOFTHE"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("Secret(..)"));
}

/// Access key ids have 39 free bits and will repeat; what they name is decided by the token.
#[test]
fn two_sessions_with_one_access_key_id_are_two_sessions() {
    let world = TestWorld::new(SEED);
    let same = |chance: u8| {
        let snapshot = world.snapshot();
        let role = snapshot.identities.role_by_arn("arn:aws:iam::123456789012:role/open").unwrap();
        let subject =
            Subject::Role { role: role.id.clone(), session_name: Shape::parse(&format!("s{chance}")).unwrap() };
        let issuer_arn = role.arn.clone();
        let order = Order {
            account: role.record.account,
            subject,
            issuer_arn,
            seconds: 3600,
            second_factor: None,
            carried: Carried::default(),
            minimum_token_size: None,
        };
        let entropy = SameKeyId(Mutex::new((0, chance)));
        let now = Timestamp::from_seconds(crate::support::NOW);
        let minted = mint(order, Endpoint::global(), TokenVersion::V2, &snapshot.sessions, &entropy, now).unwrap();
        let keys = Keys {
            id: minted.entry.access_key_id.to_string(),
            secret: minted.secret.expose().clone(),
            token: Some(minted.token.as_str().to_owned()),
        };
        (keys, minted.entry.id)
    };
    let ((one, one_id), (other, _)) = (same(1), same(2));
    assert_eq!(one.id, other.id);
    assert_ne!((&one.secret, &one.token), (&other.secret, &other.token));
    assert!(AccessKeyId::parse(&one.id).is_ok());

    let identify = |keys: &Keys| identify(keys).send(&world);
    assert!(identify(&one).body().contains("/s1<") && identify(&other).body().contains("/s2<"));
    let mixed = one.with_token(other.token.as_deref());
    assert_eq!(identify(&mixed).text("Code").as_deref(), Some("SignatureDoesNotMatch"), "its token has its own secret");

    world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, one_id, world.machine_now())?));
    assert_eq!(identify(&one).text("Code").as_deref(), Some("InvalidClientTokenId"));
    assert_eq!(identify(&other).status(), 200);
}

/// Gives every first draw the same bytes, which become the access key id, and every later one its own.
struct SameKeyId(Mutex<(u8, u8)>);

impl local_sts::env::Entropy for SameKeyId {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap();
        let first = state.0 == 0;
        state.0 += 1;
        bytes.fill(if first { 7 } else { state.0.wrapping_mul(31).wrapping_add(state.1) });
    }
}
