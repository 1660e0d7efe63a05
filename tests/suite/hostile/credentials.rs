//! Sealed and signed texts that somebody has altered: none is believed but the one that was handed out.

use local_sts::delivery::Delivery;
use local_sts::sign_in::console;
use local_sts::wire::{Params, RawRequest, query};
use proptest::prelude::*;
use serde_json::json;

use super::{Edit, edited, edits};
use crate::support::tokens::{ISSUER, KEYS, Token, key_set};
use crate::support::{Call, Keys, TestWorld, alice, identify, logged, session, throw};

const ROLE: &str = "arn:aws:iam::123456789012:role/open";
const SHUT: &str = "arn:aws:iam::123456789012:role/vouched";
const TEXT: &str = "[A-Za-z0-9+/=_. -]{0,6}";

fn seed() -> String {
    let (keys, trust) = (key_set(&KEYS), |principal: &str, action: &str| {
        format!(
            r#"{{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {principal}, Action: "{action}" }}] }}"#
        )
    });
    let vouched = r#"{ Federated: "arn:aws:iam::123456789012:oidc-provider/issuer.example/tenant" }"#;
    format!(
        r#"
accounts:
  - id: "123456789012"
    users:
      - {{ name: alice, attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess], accessKeys: [{{ id: AKIAALICE, secret: alice-secret }}] }}
      - {{ name: bob, accessKeys: [{{ id: AKIABOB, secret: bob-secret }}] }}
    oidcProviders: [{{ url: "{ISSUER}", clientIds: [sts.amazonaws.com], jwks: {keys} }}]
    roles:
      - {{ name: open, trust: {} }}
      - {{ name: vouched, trust: {} }}
delivery: {{ imds: {{ role: "{ROLE}", v2Only: true }} }}
"#,
        trust(r#"{ AWS: "*" }"#, "sts:AssumeRole"),
        trust(vouched, "sts:AssumeRoleWithWebIdentity"),
    )
}

fn world() -> TestWorld {
    TestWorld::new(&seed())
}

/// The text and one that is altered, if the edits alter anything.
fn altered(text: &str, edits: &[Edit]) -> Option<String> {
    Some(edited(text, edits)).filter(|altered| altered != text)
}

#[test]
fn no_altered_session_token_is_taken() {
    let scene = || {
        let world = world();
        let keys = session(&world);
        (world, keys)
    };
    throw("session tokens", 256, edits(TEXT), scene, |(world, keys), edits| {
        let Some(token) = altered(keys.token.as_deref().unwrap(), &edits) else { return Ok(()) };
        let answer = identify(&keys.with_token(Some(&token))).send(world);
        prop_assert!([400, 403].contains(&answer.status()), "{token}: {}", answer.body());
        Ok(())
    });
}

fn decode(message: &str) -> Call {
    Call::sts("DecodeAuthorizationMessage").param("EncodedMessage", message).by(&alice())
}

#[test]
fn no_altered_authorization_message_is_decoded() {
    let scene = || {
        let world = world();
        let denied = Call::assume_role(SHUT, "ci");
        let (_, log) = logged(|| denied.by(&Keys::of("bob")).send(&world));
        let message = log.split("encoded_message=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        assert_eq!(decode(&message).send(&world).status(), 200);
        (world, message)
    };
    throw("encoded messages", 128, edits(TEXT), scene, |(world, message), edits| {
        let Some(message) = altered(message, &edits) else { return Ok(()) };
        let answer = decode(&message).send(world);
        prop_assert_eq!(answer.status(), 400, "{}: {}", message, answer.body());
        Ok(())
    });
}

/// Asks the metadata service.
fn metadata(world: &TestWorld, method: &str, path: &str, header: (&str, &str)) -> (u16, String) {
    let headers = [("host", &b"169.254.169.254"[..]), (header.0, header.1.as_bytes())];
    let raw = RawRequest { method, path, query: "", headers: &headers, body: b"", peer: None, secure: false };
    let answer = Delivery::default().answer(world.service.world(), &raw);
    (answer.response.status, String::from_utf8(answer.response.body).unwrap())
}

fn federation(world: &TestWorld, pairs: &[(&str, &str)]) -> (u16, String) {
    let form = query::form(pairs);
    let answer = console::answer(world.service.world(), &Params::new(b"", form.as_bytes()).unwrap());
    (answer.status, String::from_utf8(answer.body).unwrap())
}

#[test]
fn no_altered_pass_opens_anything() {
    let scene = || {
        let world = world();
        let keys = session(&world);
        let shown = json!({"sessionId": keys.id, "sessionKey": keys.secret, "sessionToken": keys.token}).to_string();
        let (status, given) = federation(&world, &[("Action", "getSigninToken"), ("Session", &shown)]);
        assert_eq!(status, 200, "{given}");
        let given: serde_json::Value = serde_json::from_str(&given).unwrap();
        let signin = given["SigninToken"].as_str().unwrap().to_owned();
        let ttl = ("x-aws-ec2-metadata-token-ttl-seconds", "60");
        let (status, token) = metadata(&world, "PUT", "/latest/api/token", ttl);
        assert_eq!(status, 200, "{token}");
        assert_eq!(metadata(&world, "GET", "/latest/", ("x-aws-ec2-metadata-token", &token)).0, 200);
        (world, signin, token)
    };
    throw("passes", 128, edits(TEXT), scene, |(world, signin, token), edits| {
        if let Some(token) = altered(token, &edits) {
            let (status, said) = metadata(world, "GET", "/latest/", ("x-aws-ec2-metadata-token", &token));
            prop_assert_eq!(status, 401, "{}: {}", token, said);
        }
        if let Some(signin) = altered(signin, &edits) {
            let pairs = [("Action", "login"), ("Destination", "https://x.example/"), ("SigninToken", &signin)];
            let (status, said) = federation(world, &pairs);
            prop_assert_eq!(status, 400, "{}: {}", signin, said);
        }
        Ok(())
    });
}

#[test]
fn no_altered_token_of_an_issuer_is_taken() {
    let call = |token: &str| Call::web_identity("arn:aws:iam::123456789012:role/vouched", token);
    let tokens: Vec<String> = KEYS.iter().map(|key| Token::of("a").by(key).sign()).collect();
    let scene = || {
        let world = world();
        call(&tokens[0]).send(&world).fine();
        world
    };
    let strategy = (0..tokens.len(), 0..tokens.len(), any::<prop::sample::Index>(), edits(TEXT));
    throw("tokens of issuers", 128, strategy, scene, |world, (one, other, cut, edits)| {
        // Its beginning may be another's.
        let (one, other) = (&tokens[one], &tokens[other]);
        let (cut, rest) = (cut.index(other.len()), cut.index(one.len()));
        let crossed = edited(&format!("{}{}", &other[..cut], &one[rest..]), &edits);
        if tokens.contains(&crossed) {
            return Ok(());
        }
        let answer = call(&crossed).send(world);
        prop_assert!([400, 403].contains(&answer.status()), "{crossed}: {}", answer.body());
        Ok(())
    });
}
