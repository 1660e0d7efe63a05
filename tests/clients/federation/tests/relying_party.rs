//! `openidconnect` as an application that trusts the built-in issuer.

use std::io::{Read, Write};
use std::net::TcpStream;

use counterparts::{SUBJECT, built_in_token, service};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::http::Response;
use openidconnect::{
    ClaimsVerificationError, ClientId, DiscoveryError, HttpRequest, HttpResponse, IssuerUrl, JsonWebKeySetUrl, Nonce,
    SignatureVerificationError,
};
use serde_json::{Value, json};
use support::{Server, alice};

const APPLICATION: &str = "relying-party";

/// All the HTTP that it needs.
fn fetch(request: HttpRequest) -> Result<HttpResponse, std::io::Error> {
    let address = request.uri().authority().expect("it has a host").to_string();
    let path = request.uri().path();
    let mut connection = TcpStream::connect(&address)?;
    write!(connection, "{} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n", request.method())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    let answer = String::from_utf8(answer).expect("it is text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("it has an end of its head");
    let status: u16 = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("it has a status");
    let header =
        |name: &str| head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix(name).map(str::to_owned));
    let kind = header("content-type: ").expect("it has a type");
    Ok(Response::builder()
        .status(status)
        .header("content-type", kind)
        .body(body.as_bytes().to_vec())
        .expect("it is sound"))
}

fn issuer(server: &Server, path: &str) -> IssuerUrl {
    IssuerUrl::new(format!("{}/oidc/{path}", server.companion())).expect("it is an address")
}

/// What the application holds of a token: its subject, or why it is none.
fn believe(provider: &CoreProviderMetadata, token: &str) -> Result<String, ClaimsVerificationError> {
    let client = ClientId::new(APPLICATION.to_owned());
    let keys = provider.jwks().clone();
    let verifier = CoreIdTokenVerifier::new_public_client(client, provider.issuer().clone(), keys);
    subject(&verifier.set_allowed_algs(provider.id_token_signing_alg_values_supported().clone()), token)
}

fn subject(verifier: &CoreIdTokenVerifier<'_>, token: &str) -> Result<String, ClaimsVerificationError> {
    let token: CoreIdToken = token.parse().expect("it has the form of a token");
    let claims = token.claims(verifier, |_: Option<&Nonce>| Ok(()))?;
    Ok(claims.subject().as_str().to_owned())
}

#[test]
fn it_discovers_the_issuer_and_believes_its_tokens() {
    let server = service();
    let provider = CoreProviderMetadata::discover(&issuer(&server, "shop"), &fetch).expect("it is discovered");
    assert_eq!(provider.jwks().keys().is_empty(), false);
    for algorithm in ["RS256", "RS384", "RS512", "ES256", "ES384"] {
        let token = built_in_token(&server, "shop", json!({"algorithm": algorithm}));
        assert_eq!(believe(&provider, &token).as_deref(), Ok(SUBJECT), "{algorithm}");
    }
    let github = CoreProviderMetadata::discover(&issuer(&server, "github"), &fetch).expect("it is discovered");
    let token = built_in_token(
        &server,
        "github",
        json!({"preset": "github-actions", "sub": "repo:acme/shop:ref:refs/heads/main"}),
    );
    assert_eq!(believe(&github, &token).as_deref(), Ok("repo:acme/shop:ref:refs/heads/main"));
}

#[test]
fn it_believes_nothing_that_is_broken_on_purpose() {
    use ClaimsVerificationError::{Expired, InvalidAudience, InvalidIssuer, SignatureVerification};
    let server = service();
    let provider = CoreProviderMetadata::discover(&issuer(&server, "shop"), &fetch).expect("it is discovered");
    let why = |more: Value| believe(&provider, &built_in_token(&server, "shop", more)).expect_err("it is broken");
    assert!(matches!(why(json!({"defect": "expired"})), Expired(_)));
    assert!(matches!(why(json!({"defect": "wrong-audience"})), InvalidAudience(_)));
    assert!(matches!(why(json!({"defect": "wrong-issuer"})), InvalidIssuer(_)));
    for defect in ["bad-signature", "borrowed-key-id", "changed-claims"] {
        let why = why(json!({"defect": defect}));
        assert!(matches!(why, SignatureVerification(SignatureVerificationError::CryptoError(_))), "{defect}: {why:?}");
    }
    let why_not = why(json!({"defect": "unknown-key"}));
    assert!(matches!(why_not, SignatureVerification(SignatureVerificationError::NoMatchingKey)), "{why_not:?}");
    for defect in ["public-key-as-secret", "unsigned"] {
        assert!(matches!(why(json!({"defect": defect})), SignatureVerification(_)), "{defect}");
    }
    let elsewhere = built_in_token(&server, "elsewhere", json!({}));
    assert!(matches!(believe(&provider, &elsewhere), Err(InvalidIssuer(_))));
}

/// AWS's own discovery document has no authorization endpoint, so `openidconnect` has to be told where the keys are.
#[tokio::test]
async fn it_believes_an_account_that_vouches_for_its_user() {
    let server = service();
    let call = server.client(alice()).get_web_identity_token().audience(APPLICATION).signing_algorithm("ES384");
    let answer = call.duration_seconds(60).send().await.expect("alice may");
    let token = answer.web_identity_token().expect("it is there").to_owned();
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&token).expect("it has three parts").claims;
    let issuer = IssuerUrl::new(claims["iss"].as_str().expect("it has one").to_owned()).expect("it is an address");
    let refused = CoreProviderMetadata::discover(&issuer, &fetch);
    assert!(matches!(refused, Err(DiscoveryError::Parse(_))), "{refused:?}");
    let place = JsonWebKeySetUrl::new(format!("{}/.well-known/jwks.json", issuer.as_str())).expect("it is an address");
    let keys = CoreJsonWebKeySet::fetch(&place, &fetch).expect("they are there");
    let verifier = CoreIdTokenVerifier::new_public_client(ClientId::new(APPLICATION.to_owned()), issuer, keys);
    let verifier = verifier.set_allowed_algs([CoreJwsSigningAlgorithm::EcdsaP384Sha384]);
    assert_eq!(subject(&verifier, &token).as_deref(), Ok("arn:aws:iam::123456789012:user/alice"));
}
