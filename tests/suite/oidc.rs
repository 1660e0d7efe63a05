//! The OpenID Connect engine: every case of `fixtures/oidc`, and what must hold for any token.

use std::collections::BTreeMap;

use local_sts::federation::Demands;
use local_sts::federation::context::ContextValue;
use local_sts::federation::oidc::context::context_keys;
use local_sts::federation::oidc::discovery::{BadDiscovery, jwks_uri};
use local_sts::federation::oidc::issuer::{UrlFault, built_in};
use local_sts::federation::oidc::session::{Unmet, demands, names_role};
use local_sts::federation::oidc::{
    Audience, IssuerUrl, KeySet, ProvedLately, Rejection, UnverifiedToken, VerifiedToken,
};
use local_sts::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::token_cases::{self, Expect};
use crate::support::tokens::{ISSUER, KEYS, Token, jwk, key_set};
use crate::support::{NOW, no_scene, throw};

fn clients() -> Vec<String> {
    ["sts.amazonaws.com", "second-client"].map(str::to_owned).to_vec()
}

/// Whether `token` holds with these keys; a set that cannot be read has no key.
fn verified(token: &str, keys: &str, at: i64) -> Result<VerifiedToken, String> {
    let unverified = UnverifiedToken::parse(token).map_err(|why| why.to_string())?;
    let keys = KeySet::parse(keys.as_bytes()).map_err(|why| format!("no key: {why}"))?;
    let clients = clients();
    let held = unverified.verify(&keys, Audience::ClientIds(&clients), Timestamp::from_seconds(NOW + at));
    held.map_err(|why| why.to_string())
}

fn proved(token: &Token) -> VerifiedToken {
    verified(&token.sign(), &key_set(&KEYS), 0).unwrap()
}

#[test]
fn tokens_are_taken_or_refused_for_the_true_reason() {
    let count = token_cases::for_each(|name, case| {
        let outcome = verified(&case.token(), &case.key_set(), case.at);
        match (&case.expect, outcome) {
            (Expect::Accepted { accepted }, Ok(token)) => {
                let audience = accepted.audience.as_deref().unwrap_or("sts.amazonaws.com");
                assert_eq!(token.audience(), audience, "{name}");
                assert!(
                    accepted.subject.as_deref().is_none_or(|subject| subject == token.subject()),
                    "{name}: {token:?}"
                );
            }
            (Expect::Refused { because, answer }, Err(why)) => {
                assert!(why.contains(because) && !answer.is_empty(), "{name}: {why}");
            }
            (Expect::Accepted { .. }, Err(why)) => panic!("{name}: {why}"),
            (Expect::Refused { .. }, Ok(token)) => panic!("{name}: {token:?} was taken"),
        }
    });
    assert!(count > 240);
}

/// Tokens that were signed by another program altogether: `fixtures/oidc/foreign.py` made them.
#[test]
fn tokens_signed_elsewhere_are_taken() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/oidc/foreign.json");
    let tokens: BTreeMap<String, String> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(tokens.len(), 6);
    for (algorithm, token) in tokens {
        let outcome = verified(&token, &key_set(&KEYS), 0);
        assert_eq!(outcome.unwrap().subject(), "system:serviceaccount:shop:api", "{algorithm}");
    }
}

/// Only that its key signed it is remembered of a token; all else is asked each time.
#[test]
fn a_token_that_was_proved_before_is_judged_as_before() {
    let keys = |json: &str| KeySet::parse(json.as_bytes()).unwrap();
    let (known, fetched_anew) = (keys(&key_set(&KEYS)), keys(&key_set(&KEYS)));
    let gone = keys(&key_set(&["other"]));
    let mut impostor = jwk("other");
    impostor["kid"] = json!("rsa");
    let replaced = keys(&json!({"keys": [impostor]}).to_string());
    let (lately, text, clients) = (ProvedLately::default(), Token::of("a").by("rsa").sign(), clients());
    let judge = |text: &str, keys: &KeySet, clients: &[String], at: i64| {
        let token = lately.read(text).map_err(|why| why.to_string())?;
        let now = Timestamp::from_seconds(NOW + at);
        let token = token.verify(keys, Audience::ClientIds(clients), now).map_err(|why| why.to_string())?;
        lately.keep(&token);
        Ok::<String, String>(token.subject().to_owned())
    };
    let other_text = Token::of("b").by("rsa").sign();
    let signature_of_other = format!("{}.{}", text.rsplit_once('.').unwrap().0, other_text.rsplit_once('.').unwrap().1);
    for _ in 0..3 {
        assert_eq!(judge(&text, &known, &clients, 0).as_deref(), Ok("a"));
        assert_eq!(judge(&text, &fetched_anew, &clients, 0).as_deref(), Ok("a"));
        assert_eq!(judge(&other_text, &known, &clients, 0).as_deref(), Ok("b"));
        for refused in [
            judge(&text, &gone, &clients, 0),
            judge(&text, &replaced, &clients, 0),
            judge(&text, &known, &[], 0),
            judge(&text, &known, &clients, 1_000_000),
            judge(&signature_of_other, &known, &clients, 0),
        ] {
            assert!(refused.is_err(), "{refused:?}");
        }
    }
}

/// One flipped bit anywhere, in the text or in what it spells, and the token is none.
#[test]
fn every_flipped_bit_is_noticed() {
    for key in KEYS {
        let token = Token::of("a").by(key).sign();
        let keys = KeySet::parse(key_set(&KEYS).as_bytes()).unwrap();
        let clients = clients();
        // The larger curves are slow, and no part of a token is read differently for them.
        let step = if key == "ec384" || key == "ec521" { 7 } else { 1 };
        for bit in (0..token.len() * 8).step_by(step) {
            let mut bytes = token.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let outcome = UnverifiedToken::parse(&text)
                .and_then(|token| token.verify(&keys, Audience::ClientIds(&clients), Timestamp::from_seconds(NOW)));
            assert!(outcome.is_err(), "{key}: bit {bit}");
        }
    }
}

#[test]
fn no_hostile_text_makes_the_engine_stumble() {
    let parts = prop::collection::vec("[A-Za-z0-9_-]{0,80}", 3);
    throw("text of tokens", 256, ("\\PC{0,300}", parts), no_scene, |(), (text, parts)| {
        prop_assert!(UnverifiedToken::parse(&text).is_err());
        prop_assert!(UnverifiedToken::parse(&parts.join(".")).is_err());
        Ok(())
    });
}

#[test]
fn no_hostile_claims_make_the_engine_stumble() {
    let name = "iss|sub|aud|azp|exp|iat|nbf|amr|https://aws.amazon.com/(tags|roles|source_identity)";
    throw("claims", 256, (name, json_value()), no_scene, |(), (name, value)| {
        let token = Token::of("a").claim(&name, value).sign();
        if let Ok(token) = verified(&token, &key_set(&["rsa"]), 0) {
            let _ = (demands(&token), names_role(&token, "arn:aws:iam::123456789012:role/a"));
            prop_assert!(!context_keys(&token, "issuer.example").is_empty());
        }
        Ok(())
    });
}

#[test]
fn no_hostile_document_makes_the_reader_of_keys_stumble() {
    let members = prop::collection::vec(("kty|kid|use|n|e|crv|x|y|x5c|key_ops|alg", json_value()), 0..12);
    throw("documents of keys", 256, members, no_scene, |(), members| {
        let mut key: serde_json::Map<String, Value> = members.into_iter().collect();
        key.entry("kty").or_insert_with(|| "RSA".into());
        let document = json!({"keys": [key]}).to_string();
        let _ = KeySet::parse(document.as_bytes());
        let _ = jwks_uri(document.as_bytes(), ISSUER);
        Ok(())
    });
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["RSA", "EC", "P-256", "P-521", "AQAB", "sig", "sts.amazonaws.com"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("principal_tags|transitive_tag_keys|[a-z]{0,4}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

#[track_caller]
fn check_url(text: &str, expect: Result<(&str, &str), UrlFault>) {
    let url = IssuerUrl::parse(text);
    let found = url.as_ref().map(|url| (url.as_iss(), url.without_scheme())).map_err(|fault| *fault);
    assert_eq!(found, expect, "{text}");
}

/// A1 and A2: what a provider may be registered with, and what is left as it was written.
#[test]
fn issuers_are_known_by_the_letter() {
    let same = |text: &'static str| check_url(text, Ok((text, text.strip_prefix("https://").unwrap())));
    same("https://issuer.example");
    same("https://issuer.example/");
    same("https://Issuer.Example/Path/");
    same("https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF");
    same("https://issuer.example:8443/x");
    same("https://issuer.example/a/../b//c");
    check_url("https://issuer.example:443/x", Ok(("https://issuer.example/x", "issuer.example/x")));
    check_url("http://127.0.0.1:8080/x", Ok(("http://127.0.0.1:8080/x", "127.0.0.1:8080/x")));
    check_url("http://[::1]:8080", Ok(("http://[::1]:8080", "[::1]:8080")));
    check_url("", Err(UrlFault::Length));
    check_url(&format!("https://{}", "a".repeat(248)), Err(UrlFault::Length));
    check_url("issuer.example", Err(UrlFault::Scheme));
    check_url("HTTPS://issuer.example", Err(UrlFault::Scheme));
    check_url("ftp://issuer.example", Err(UrlFault::Scheme));
    check_url("https://issuer.example?x", Err(UrlFault::QueryOrFragment));
    check_url("https://issuer.example/#x", Err(UrlFault::QueryOrFragment));
    check_url("https://", Err(UrlFault::Host));
    check_url("https:///path", Err(UrlFault::Host));
    check_url("https://user@issuer.example", Err(UrlFault::Host));
    check_url("https://issuer.example:0", Err(UrlFault::Host));
    check_url("https://issuer.example:70000", Err(UrlFault::Host));
    check_url("https://issuer.example:", Err(UrlFault::Host));
    check_url("https://[127.0.0.1]", Err(UrlFault::Host));
    check_url("https://issuer.example/a b", Err(UrlFault::Characters));
    check_url("https://bücher.example", Err(UrlFault::Characters));
}

#[test]
fn the_discovery_document_is_one_slash_away() {
    let document = |text: &str| IssuerUrl::parse(text).unwrap().discovery();
    assert_eq!(document("https://a.example"), "https://a.example/.well-known/openid-configuration");
    assert_eq!(document("https://a.example/"), "https://a.example/.well-known/openid-configuration");
    assert_eq!(document("https://a.example/t/"), "https://a.example/t/.well-known/openid-configuration");
}

#[test]
fn four_issuers_need_no_provider() {
    assert_eq!(built_in("https://accounts.google.com"), Some("accounts.google.com"));
    assert_eq!(built_in("accounts.google.com"), Some("accounts.google.com"));
    assert_eq!(built_in("https://cognito-identity.amazonaws.com"), Some("cognito-identity.amazonaws.com"));
    for iss in [
        "cognito-identity.amazonaws.com",
        "http://accounts.google.com",
        "https://accounts.google.com/",
        "https://Accounts.google.com",
    ] {
        assert_eq!(built_in(iss), None, "{iss}");
    }
}

/// E1: a document that speaks for another issuer leads nowhere.
#[test]
fn a_discovery_document_speaks_for_its_own_issuer() {
    let read = |document: &str| jwks_uri(document.as_bytes(), ISSUER);
    let own = json!({"issuer": ISSUER, "jwks_uri": "https://keys.example/"}).to_string();
    assert_eq!(read(&own).as_deref(), Ok("https://keys.example/"));
    let other = json!({"issuer": format!("{ISSUER}/"), "jwks_uri": "https://keys.example/"}).to_string();
    assert_eq!(read(&other), Err(BadDiscovery::OtherIssuer(format!("{ISSUER}/"))));
    assert_eq!(read("{\"jwks_uri\":\"https://keys.example/\"}"), Err(BadDiscovery::OtherIssuer(String::new())));
    assert_eq!(read(&json!({"issuer": ISSUER}).to_string()), Err(BadDiscovery::NoKeys));
    assert_eq!(read(&json!({"issuer": ISSUER, "jwks_uri": 7}).to_string()), Err(BadDiscovery::NoKeys));
    assert_eq!(read("[]"), Err(BadDiscovery::Form));
}

/// The keys that a token becomes, with those that stay behind in brackets.
fn keys_of(token: &Token, issuer: &str) -> Vec<String> {
    let mut keys: Vec<String> = context_keys(&proved(token), issuer)
        .into_iter()
        .map(|key| {
            let value = match key.value {
                ContextValue::One(value) => value,
                ContextValue::Many(values) => format!("{values:?}"),
            };
            let name = key.key.strip_prefix(issuer).unwrap().to_owned();
            if key.lasting { format!("{name}={value}") } else { format!("({name}={value})") }
        })
        .collect();
    keys.sort();
    keys
}

/// A7: the default keys, and no claim that is not on the list.
#[test]
fn listed_claims_become_keys_and_no_others() {
    let token = Token::of("a")
        .claim("email", "a@b.example")
        .claim("groups", "admins")
        .claim("oaud", "mine")
        .claim("ref", "main");
    let default = ["(:email=a@b.example)", "(:oaud=sts.amazonaws.com)", ":aud=sts.amazonaws.com", ":sub=a"];
    assert_eq!(keys_of(&token, "issuer.example/tenant"), default);
    let azp = Token::of("a").claim("aud", json!(["one", "two"])).claim("azp", "second-client").claim("amr", "mfa");
    let keys = ["(:oaud=[\"one\", \"two\"])", ":amr=[\"mfa\"]", ":aud=second-client", ":sub=a"];
    assert_eq!(keys_of(&azp, "issuer.example"), keys);
    let amr = Token::of("a").claim("amr", json!(["authenticated", "graph.facebook.com"]));
    assert!(
        keys_of(&amr, "cognito-identity.amazonaws.com")
            .contains(&":amr=[\"authenticated\", \"graph.facebook.com\"]".to_owned())
    );
}

#[test]
fn some_issuers_have_keys_of_their_own() {
    let token = [
        "repository",
        "ref",
        "event_name",
        "project_id",
        "ref_protected",
        "build_branch",
        "rpst_id",
        "oidc.circleci.com/project-id",
        "sha",
    ]
    .into_iter()
    .fold(Token::of("a"), |token, claim| token.claim(claim, format!("the {claim}")));
    let own = |issuer: &str| -> Vec<String> {
        keys_of(&token, issuer)
            .into_iter()
            .filter(|key| key.contains("=the "))
            .map(|key| key.split('=').next().unwrap().to_owned())
            .collect()
    };
    for github in [
        "token.actions.githubusercontent.com",
        "token.actions.githubusercontent.com/acme",
        "token.actions.acme.ghe.com",
        "github.com/enterprises/acme",
    ] {
        assert_eq!(own(github), ["(:ref", "(:repository"], "{github}");
    }
    for other in [
        "token.actions.githubusercontent.com.evil.example",
        "token.actions.a.b.ghe.com",
        "github.com/enterprises/",
        "gitlab.com/private",
        "own.gitlab.example",
    ] {
        assert!(own(other).is_empty(), "{other}");
    }
    assert_eq!(own("gitlab.com"), ["(:project_id", "(:ref_protected"]);
    assert_eq!(own("agent.buildkite.com"), ["(:build_branch"]);
    assert_eq!(own("oidc.circleci.com/org/1"), ["(:oidc.circleci.com/project-id"]);
    assert_eq!(own("idcs-1.identity.oraclecloud.com"), ["(:rpst_id"]);
    for claim in [json!({"google": {"organization_number": 7}}), json!({"google:organization_number": "7"})] {
        let (name, value) = claim.as_object().unwrap().iter().next().unwrap();
        let google = Token::of("a").claim(name, value.clone());
        assert!(keys_of(&google, "accounts.google.com").contains(&"(:google/organization_number=7)".to_owned()));
        assert!(!keys_of(&google, "issuer.example").iter().any(|key| key.contains("google")));
    }
}

const TAGS: &str = "https://aws.amazon.com/tags";

type Tags<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[track_caller]
fn check_tags(token: &Token, expect: Result<Tags<'_>, Unmet>) {
    let found = demands(&proved(token));
    let expect = expect.map(|(tags, transitive)| Demands {
        source_identity: None,
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        transitive: transitive.iter().map(|key| (*key).to_owned()).collect(),
    });
    assert_eq!(found, expect);
}

/// A6: both forms of tags.
#[test]
fn tags_are_lists_of_one_where_nested_and_texts_where_flat() {
    let nested = |principal: Value| {
        Token::of("a").claim(TAGS, json!({"principal_tags": principal, "transitive_tag_keys": ["Team"]}))
    };
    check_tags(&Token::of("a"), Ok((&[], &[])));
    check_tags(&nested(json!({"Team": ["blue"], "Cost": [""]})), Ok((&[("Cost", ""), ("Team", "blue")], &["Team"])));
    for principal in [
        json!({"Team": "blue"}),
        json!({"Team": []}),
        json!({"Team": ["a", "b"]}),
        json!({"Team": [1]}),
        json!(["Team"]),
        json!("x"),
    ] {
        check_tags(&nested(principal), Err(Unmet::PrincipalTags));
    }
    for claim in [json!("x"), json!([]), json!(7)] {
        check_tags(&Token::of("a").claim(TAGS, claim), Err(Unmet::Tags));
    }
    check_tags(&Token::of("a").claim(TAGS, json!({})), Ok((&[], &[])));
    check_tags(&Token::of("a").claim(TAGS, json!({"transitive_tag_keys": "Team"})), Err(Unmet::Tags));
    let flat = Token::of("a").claim(&format!("{TAGS}/principal_tags/Team"), "blue");
    check_tags(&flat, Ok((&[("Team", "blue")], &[])));
    let handed_on = flat.clone().claim(&format!("{TAGS}/transitive_tag_keys"), json!(["Team"]));
    check_tags(&handed_on, Ok((&[("Team", "blue")], &["Team"])));
    check_tags(&flat.clone().claim(&format!("{TAGS}/principal_tags/Team"), json!(["blue"])), Err(Unmet::PrincipalTags));
    check_tags(&flat.claim(TAGS, json!({"principal_tags": {"Team": ["blue"]}})), Err(Unmet::Tags));
}

/// A6: the claim of roles.
#[test]
fn a_token_may_name_the_roles_it_is_for() {
    const ROLE: &str = "arn:aws:iam::123456789012:role/team/a";
    let named = |roles: Value| names_role(&proved(&Token::of("a").claim("https://aws.amazon.com/roles", roles)), ROLE);
    assert_eq!(names_role(&proved(&Token::of("a")), ROLE), Ok(false));
    assert_eq!(named(Value::Null), Ok(false));
    assert_eq!(named(json!([ROLE])), Ok(true));
    assert_eq!(named(json!(["arn:aws:iam::123456789012:role/b", 7, format!("  {ROLE} ")])), Ok(true));
    assert_eq!(named(json!(format!("arn:aws:iam::123456789012:role/b ; {ROLE}"))), Ok(true));
    assert_eq!(named(json!(["arn:aws:iam::123456789012:role/a"])), Err(Unmet::OtherRoles));
    // As recorded: with a wildcard, or one behind a comma, it is no role's.
    assert_eq!(named(json!("arn:aws:iam::123456789012:role/*")), Err(Unmet::NoRoles));
    let two = "arn:aws:iam::123456789012:role/a,arn:aws:iam::123456789012:role/open";
    assert_eq!(named(json!(two)), Err(Unmet::NoRoles));
    for empty in [json!([]), json!([7, null]), json!(""), json!(["a", "arn:aws:iam::123456789012:user/a"])] {
        assert_eq!(named(empty), Err(Unmet::NoRoles));
    }
    for wrong in [json!({}), json!(7), json!(true)] {
        assert_eq!(named(wrong), Err(Unmet::Roles));
    }
}

/// A reason may end up in a log: it steers no terminal and floods nothing.
#[test]
fn reasons_are_harmless() {
    let token = Token { key: "rsa".into(), ..Token::of("a").claim("aud", "\u{1b}[31m".repeat(100)) };
    let Err(why) = verified(&token.sign(), &key_set(&KEYS), 0) else { panic!("taken") };
    assert!(!why.contains('\u{1b}') && why.len() < 600, "{why}");
    assert_eq!(Rejection::BadSignature.to_string(), "its signature is not that of the key which it names");
}
