//! The keys by which issuers sign: never lost once something they signed was handed out.

use std::sync::Arc;

use serde_json::Value;

use crate::store::Scratch;
use crate::support::{Call, Keys, TestWorld, Token};
use local_sts::api::{baseline, token_keys};
use local_sts::idp::documents::{self, Document};
use local_sts::ids::{AccountId, IssuerId};
use local_sts::seed::{self, Mode, Source};
use local_sts::store::SledEngine;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    outboundWebIdentityFederation: true
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        policies: [{ name: all, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "*", Resource: "*" }] } }]
"#;

fn open(scratch: &Scratch, chance: u64) -> TestWorld {
    TestWorld::over(Box::new(SledEngine::open(&scratch.0.join("state")).unwrap()), Some(SEED), chance)
}

fn ask() -> Call {
    let call = Call::sts("GetWebIdentityToken").param("Audience.member.1", "a").param("SigningAlgorithm", "ES384");
    call.by(&Keys::of("alice"))
}

fn token(world: &TestWorld) -> Token {
    Token::read(&ask().send(world).text("WebIdentityToken").unwrap())
}

fn issuer(world: &TestWorld) -> IssuerId {
    let account = AccountId::parse("123456789012").unwrap();
    world.snapshot().identities.outbound(account).unwrap().issuer
}

fn key_set(world: &TestWorld) -> Value {
    let response = documents::of_account(world.service.world(), issuer(world), Document::Keys).unwrap();
    serde_json::from_slice(&response.body).unwrap()
}

/// Whether the answer to a call has to wait for the disk.
fn waits(world: &TestWorld) -> bool {
    let answered = ask().signed(world.machine_now()).raw(|raw| world.service.handle(raw));
    assert_eq!(answered.response.status, 200);
    answered.pending.is_some()
}

#[test]
fn keys_and_issuer_outlive_a_restart() {
    let scratch = Scratch::new("token-keys");
    let world = open(&scratch, 1);
    let (token, issuer) = (token(&world), issuer(&world));
    drop(world);
    let world = open(&scratch, 2);
    assert_eq!(self::issuer(&world), issuer);
    assert!(token.is_proved_by(&key_set(&world)));
    assert!(!waits(&world), "what came from the disk needs no waiting");
}

#[test]
fn nobody_hears_of_a_signature_before_its_key_is_durable() {
    let scratch = Scratch::new("token-keys-wait");
    let world = open(&scratch, 1);
    assert!(waits(&world), "the one who makes the keys waits");
    assert!(waits(&world), "and so does whoever finds them fresh");
    let before = key_set(&world);
    assert!(!waits(&world), "the key set is shown when the keys are durable");
    assert_eq!(key_set(&world), before);
}

#[test]
fn keys_are_made_once_however_many_ask() {
    let world = Arc::new(TestWorld::new(SEED));
    assert_eq!(token_keys::unsettled_outbound(world.service.world()), [issuer(&world)]);
    let ask = |_| {
        let world = Arc::clone(&world);
        std::thread::spawn(move || key_set(&world))
    };
    let threads: Vec<_> = (0..8).map(ask).collect();
    let sets: Vec<Value> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(sets.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(token_keys::unsettled_outbound(world.service.world()).is_empty());
}

/// Relying parties keep what they fetched, and ask again only when they meet another key id.
#[test]
fn keys_stay_whatever_is_reset() {
    let scratch = Scratch::new("token-keys-reset");
    let world = open(&scratch, 1);
    let (before, token) = (key_set(&world), token(&world));
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    assert_eq!(key_set(&world), before, "B-245");
    let source = Source { name: "other.yaml".to_owned(), text: SEED.replace("alice-secret", "other-secret") };
    let other = seed::parse(&[source], &|_| None).unwrap();
    seed::plant(world.service.world(), &other, false, Mode::Reset).unwrap();
    assert!(token.is_proved_by(&key_set(&world)));
    drop(world);
    let world = TestWorld::over(Box::new(SledEngine::open(&scratch.0.join("state")).unwrap()), None, 2);
    assert_eq!(key_set(&world), before);
}

/// The name of an issuer is that of its account and seed: the same wherever the seed is planted.
#[test]
fn the_same_seed_has_the_same_issuers_and_other_keys() {
    let (one, other) =
        (TestWorld::new(SEED), TestWorld::over(Box::new(local_sts::store::MemoryEngine::default()), Some(SEED), 2));
    assert_eq!(issuer(&one), issuer(&other));
    assert_ne!(key_set(&one), key_set(&other));
    assert_ne!(issuer(&one), issuer(&TestWorld::new(&format!("seed: 7\n{SEED}"))));
}
