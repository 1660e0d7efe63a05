//! An issuer of web identity tokens that are signed once, when a run begins; the product fetches its keys from here.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};

use crate::Failure;

/// A port of its own, so that the seed that names it stays the same.
const PORT: u16 = 45_940;

/// Beside the seed of the scene.
pub const SEED: &str = r#"
accounts:
  - id: "111122223333"
    oidcProviders: [{ url: "http://127.0.0.1:45940", clientIds: [bench] }]
    roles:
      - name: bench-web
        maxSessionDuration: 43200
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { Federated: "arn:aws:iam::111122223333:oidc-provider/127.0.0.1:45940" }
              Action: "sts:AssumeRoleWithWebIdentity"
              Condition: { StringEquals: { "127.0.0.1:45940:sub": "system:serviceaccount:shop:api" } }
"#;

const DISCOVERY: &str = r#"{"issuer":"http://127.0.0.1:45940","jwks_uri":"http://127.0.0.1:45940/keys"}"#;
/// The public halves of two keys of `fixtures/oidc/keys`.
const KEYS: &str = r#"{"keys":[
{"kty":"RSA","kid":"rsa","e":"AQAB","n":"za6kzcSeO7z9TzvOBJfJEXqmqJXVTbhVVMaVnGewVs3-b9-8BcjKqn5AMHsgfSct9uFaZF6s7jM80yWuusDS-3eWeU7l9hTlwAKtyDqmHktG3vtr5yj_FSUp_-bMiJlBVS6QFkIWwcI5Di7xsRtL6DR4GiAqbWXdkm45UjOyst4ZFwjvXUC2-8vUr9xMC4ao0a8Z0sdW37IQ3bYXjWPlw_ClmZpeZqpfz98IBUmZdoa8VqucRPEX6KO80ROzd1xgAQCycUGmJB839gjSEcXkgBc2EmMDGTI5WJGza2agSMAi0iktwGfNvCbIMqbUSoAZo7YzItuHnXKZLEV8hn4EPw"},
{"kty":"EC","kid":"ec256","crv":"P-256","x":"mQLh5zbvydrBUGwH3NzspXHNEhDuRpUlPWeB1ZDBVwA","y":"Bw3VniW_FRWJusWxUdA0qwuQ_mWZJ0sROS6biXAsCBE"}]}"#;

/// Shows its keys from now on, to whoever asks.
pub fn open() -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Who hangs up is answered no more.
            let _ = answer(stream);
        }
    });
    Ok(())
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = [0; 2048];
    let read = stream.read(&mut head)?;
    let document = if head.get(..read).is_some_and(|head| head.starts_with(b"GET /keys ")) { KEYS } else { DISCOVERY };
    let length = document.len();
    write!(stream, "HTTP/1.1 200 OK\r\nCache-Control: max-age=3600\r\nContent-Length: {length}\r\n\r\n{document}")
}

/// A token for twelve hours, by the key of this algorithm.
pub fn token(algorithm: &str) -> Result<String, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let key = if algorithm == "RS256" { "rsa" } else { "ec256" };
    let header = format!(r#"{{"alg":"{algorithm}","kid":"{key}","typ":"JWT"}}"#);
    let claims = format!(
        r#"{{"iss":"http://127.0.0.1:{PORT}","sub":"system:serviceaccount:shop:api","aud":["bench"],"iat":{now},"exp":{}}}"#,
        now + 12 * 3600
    );
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = sign(key, signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn sign(key: &str, message: &[u8]) -> Result<Vec<u8>, Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/oidc/keys/{key}.pem"));
    let text: String = std::fs::read_to_string(path)?.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(text)?;
    let random = SystemRandom::new();
    let broken = |_| Failure::from("a key cannot sign");
    if key == "rsa" {
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|error| error.to_string())?;
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(broken)?;
        return Ok(signature);
    }
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &random).map_err(|error| error.to_string())?;
    Ok(pair.sign(&random, message).map_err(broken)?.as_ref().to_vec())
}
