//! `jsonwebtoken` on both sides: its tokens are taken, and it takes ours.

use counterparts::{
    AUDIENCE, ISSUER, ROLE, SUBJECT, TAKEN, assume, built_in_token, claims, fixture, now, public_key, service,
    signing_key,
};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde_json::{Value, json};
use support::{Refusal, Server, alice};

const SESSION: &str = "arn:aws:sts::444455556666:assumed-role/build/ci";
const NOT_A_JWT: &str =
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
const NO_KEY: &str = "Couldn't retrieve verification key from your identity provider,  please reference \
                      AssumeRoleWithWebIdentity documentation for requirements";
const NOT_VALIDATED: &str = "The web identity token provided could not be validated. See ";

/// A token signed by `jsonwebtoken`, which says that a key of this name did it.
fn signed(algorithm: Algorithm, key_id: &str, key: &EncodingKey, claims: &Value) -> String {
    let header = Header { kid: Some(key_id.to_owned()), ..Header::new(algorithm) };
    encode(&header, claims, key).expect("it signs")
}

fn good(algorithm: Algorithm, changes: Value) -> String {
    signed(algorithm, &format!("{algorithm:?}"), &signing_key(algorithm), &claims(changes))
}

#[track_caller]
fn check_refused(answer: Result<String, Refusal>, code: &str, text: &str) {
    let refusal = answer.expect_err("this was to be refused");
    assert_eq!(refusal.code, code, "{refusal:?}");
    assert!(refusal.text.starts_with(text), "{refusal:?}");
}

#[tokio::test]
async fn what_jsonwebtoken_signs_opens_the_role() {
    let server = service();
    for algorithm in TAKEN {
        let answer = assume(&server, &good(algorithm, json!({}))).await;
        assert_eq!(answer.as_deref(), Ok(SESSION), "{algorithm:?}");
    }
}

#[tokio::test]
async fn what_it_signs_must_also_say_the_right_things() {
    let server = service();
    let try_with = async |changes: Value| assume(&server, &good(Algorithm::ES256, changes)).await;
    let invalid = "InvalidIdentityToken";
    check_refused(try_with(json!({"sub": "somebody"})).await, "AccessDenied", "Not authorized to perform");
    check_refused(try_with(json!({"aud": "another"})).await, invalid, NOT_VALIDATED);
    check_refused(
        try_with(json!({"aud": [AUDIENCE, "another"]})).await,
        invalid,
        "Token audience contains more than one",
    );
    check_refused(try_with(json!({"exp": null})).await, invalid, "Missing a required claim: exp");
    check_refused(try_with(json!({"iat": now() + 400})).await, invalid, "Token issued in the future");
    check_refused(
        try_with(json!({"exp": now() - 400})).await,
        "ExpiredTokenException",
        "Token expired: current date/time",
    );
    let stranger = format!("{ISSUER}/");
    check_refused(
        try_with(json!({"iss": stranger})).await,
        invalid,
        "No OpenIDConnect provider found in your account for",
    );
}

#[tokio::test]
async fn an_algorithm_of_another_kind_makes_no_key_of_it() {
    let server = service();
    // A public key as the secret of a MAC, in the forms in which somebody might have it.
    let public = public_key(Algorithm::RS256);
    let modulus = serde_json::to_value(&public).expect("a key is JSON")["n"].as_str().expect("it has one").to_owned();
    let secrets = [fixture("oidc/keys/rsa.crt"), json!(public).to_string().into_bytes(), modulus.into_bytes()];
    for secret in &secrets {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let token = signed(algorithm, "RS256", &EncodingKey::from_secret(secret), &claims(json!({})));
            check_refused(assume(&server, &token).await, "InvalidIdentityToken", NOT_A_JWT);
        }
    }
    // The right key by another padding than AWS takes.
    for algorithm in [Algorithm::PS256, Algorithm::PS384, Algorithm::PS512] {
        let token = signed(algorithm, "RS256", &signing_key(Algorithm::RS256), &claims(json!({})));
        check_refused(assume(&server, &token).await, "InvalidIdentityToken", NOT_A_JWT);
    }
    // A good signature under the name of a key of another kind, or of another length.
    for (algorithm, key_id) in [
        (Algorithm::ES256, "RS256"),
        (Algorithm::RS256, "ES256"),
        (Algorithm::ES256, "ES384"),
        (Algorithm::ES384, "ES256"),
        (Algorithm::ES256, "unheard-of"),
    ] {
        let token = signed(algorithm, key_id, &signing_key(algorithm), &claims(json!({})));
        check_refused(assume(&server, &token).await, "InvalidIdentityToken", NO_KEY);
    }
    // A stranger's key under a known name, and a good signature under other claims.
    let stranger = EncodingKey::from_rsa_pem(&fixture("oidc/keys/other.pem")).expect("it is a key");
    let token = signed(Algorithm::RS256, "RS256", &stranger, &claims(json!({})));
    check_refused(assume(&server, &token).await, "InvalidIdentityToken", NOT_VALIDATED);
    let (one, other) = (good(Algorithm::RS256, json!({})), good(Algorithm::RS256, json!({"name": "another"})));
    let (signed_part, _) = one.rsplit_once('.').expect("it has three parts");
    let (_, signature) = other.rsplit_once('.').expect("it has three parts");
    check_refused(assume(&server, &format!("{signed_part}.{signature}")).await, "InvalidIdentityToken", NOT_VALIDATED);
}

/// What `jsonwebtoken` reads of a token by a set of keys, for one audience of one issuer.
fn read(keys: &JwkSet, token: &str, audience: &str, issuer: &str) -> Result<Value, ErrorKind> {
    let header = decode_header(token).map_err(|error| error.kind().clone())?;
    let key = header.kid.as_deref().and_then(|id| keys.find(id)).ok_or(ErrorKind::InvalidKeyFormat)?;
    let declared = key.common.key_algorithm.and_then(|algorithm| algorithm.to_string().parse::<Algorithm>().ok());
    let mut validation = Validation::new(declared.unwrap_or(header.alg));
    validation.set_audience(&[audience]);
    validation.set_issuer(&[issuer]);
    let key = DecodingKey::from_jwk(key).map_err(|error| error.kind().clone())?;
    decode::<Value>(token, &key, &validation).map(|token| token.claims).map_err(|error| error.kind().clone())
}

fn keys_of(server: &Server, issuer: &str) -> JwkSet {
    let path = issuer.strip_prefix(server.companion()).expect("it is an issuer of the companion");
    serde_json::from_str(&server.get(&format!("{path}/.well-known/jwks.json"))).expect("jsonwebtoken reads the keys")
}

#[tokio::test]
async fn jsonwebtoken_takes_the_tokens_of_the_built_in_issuer() {
    let server = service();
    let issuer = format!("{}/oidc/shop", server.companion());
    let keys = keys_of(&server, &issuer);
    for algorithm in TAKEN {
        let token = built_in_token(&server, "shop", json!({"algorithm": format!("{algorithm:?}")}));
        assert_eq!(decode_header(&token).expect("it has a header").alg, algorithm);
        let claims =
            read(&keys, &token, "relying-party", &issuer).unwrap_or_else(|why| panic!("{algorithm:?}: {why:?}"));
        assert_eq!(claims["sub"], SUBJECT);
    }
    let token = built_in_token(&server, "shop", json!({}));
    assert_eq!(read(&keys, &token, "another", &issuer), Err(ErrorKind::InvalidAudience));
    assert_eq!(read(&keys, &token, "relying-party", ISSUER), Err(ErrorKind::InvalidIssuer));
    let defective = |defect: &str| {
        let token = built_in_token(&server, "shop", json!({"defect": defect}));
        read(&keys, &token, "relying-party", &issuer).err()
    };
    assert_eq!(defective("expired"), Some(ErrorKind::ExpiredSignature));
    assert_eq!(defective("bad-signature"), Some(ErrorKind::InvalidSignature));
    assert_eq!(defective("borrowed-key-id"), Some(ErrorKind::InvalidSignature));
    assert_eq!(defective("changed-claims"), Some(ErrorKind::InvalidSignature));
    assert_eq!(defective("public-key-as-secret"), Some(ErrorKind::InvalidAlgorithm));
    assert_eq!(defective("unknown-key"), Some(ErrorKind::InvalidKeyFormat));
}

#[tokio::test]
async fn jsonwebtoken_takes_the_tokens_by_which_an_account_vouches() {
    let server = service();
    for algorithm in ["RS256", "ES384"] {
        let call = server.client(alice()).get_web_identity_token().audience("https://relying.test");
        let answer = call.signing_algorithm(algorithm).duration_seconds(60).send().await.expect("alice may");
        let token = answer.web_identity_token().expect("it is there");
        let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(token).expect("it has three parts").claims;
        let issuer = claims["iss"].as_str().expect("it has one").to_owned();
        let keys = keys_of(&server, &issuer);
        let read_claims = read(&keys, token, "https://relying.test", &issuer).expect("jsonwebtoken takes it");
        assert_eq!(read_claims["sub"], "arn:aws:iam::123456789012:user/alice");
        assert_eq!(read(&keys, token, ROLE, &issuer), Err(ErrorKind::InvalidAudience));
        let (signed_part, signature) = token.rsplit_once('.').expect("it has three parts");
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let changed = format!("{signed_part}.{first}{}", &signature[1..]);
        assert_eq!(read(&keys, &changed, "https://relying.test", &issuer), Err(ErrorKind::InvalidSignature));
    }
}
