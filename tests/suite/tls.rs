//! TLS on the aws listener: who is served, who is not, and what policies see of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::crash::{connect, over};
use crate::http::{Running, check_refused, read_all};
use crate::store::Scratch;
use crate::support::{Answer, Call, Keys, TestWorld, demo, identify};

pub const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/oidc/tls");
const MORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/tls");
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/oidc/keys");

/// A service that speaks TLS by this certificate and key.
pub fn secured(certificate: &str, key: &str) -> Running {
    Running::start(&["--ephemeral", "--tls-cert", certificate, "--tls-key", key])
}

/// A client of `place` that trusts `authority` and offers these protocols.
pub fn client(place: &str, authority: &str, protocols: &[&[u8]]) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let host = ServerName::try_from(place.rsplit_once(':').unwrap().0.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), host).unwrap(), connect(place))
}

/// Trusts only those who come by TLS, and lets nobody do anything without it.
const DEMANDING: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        policies:
          - name: all
            document:
              Version: "2012-10-17"
              Statement:
                - { Effect: Allow, Action: "*", Resource: "*" }
                - { Effect: Deny, Action: "*", Resource: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } }
    roles:
      - name: trusting
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { AWS: "arn:aws:iam::123456789012:user/alice" }
              Action: "sts:AssumeRole"
              Condition: { Bool: { "aws:SecureTransport": "true" } }
"#;

fn assume() -> Call {
    let role = "arn:aws:iam::123456789012:role/trusting";
    let call = Call::assume_role(role, "ci");
    call.by(&Keys::of("alice"))
}

#[test]
fn a_policy_that_demands_tls_sees_it() {
    let world = TestWorld::new(DEMANDING);
    let plain = assume().send(&world);
    let part = "is not authorized to perform: sts:AssumeRole";
    assert!(plain.status() == 403 && plain.body().contains(part), "{}", plain.body());
    assert_eq!(assume().over_tls().send(&world).status(), 200);
    let users = Call::iam("ListUsers").by(&Keys::of("alice"));
    assert_eq!((users.send(&world).status(), users.over_tls().send(&world).status()), (403, 200));
}

/// The same over sockets.
#[test]
fn what_came_by_tls_is_known_to_have_come_so() {
    let scratch = Scratch::new("demanding");
    let seed = scratch.0.join("seed.yaml");
    std::fs::write(&seed, DEMANDING).unwrap();
    let seed = seed.to_str().unwrap();
    let (certificate, key) = (format!("{TLS}/alone.crt"), format!("{TLS}/host.key"));
    let secured = Running::start(&["--ephemeral", "--seed", seed, "--tls-cert", &certificate, "--tls-key", &key]);
    let plain = Running::start(&["--ephemeral", "--seed", seed]);
    let status = |answer: Option<Answer>| answer.map(|answer| answer.status());
    assert_eq!(status(over(&mut connect(&plain.aws), &assume())), Some(403));
    let mut stream = client(&secured.aws, &certificate, &[]);
    assert_eq!(status(over(&mut stream, &assume())), Some(200));
    // The connection is kept, as without TLS.
    assert_eq!(status(over(&mut stream, &assume())), Some(200));
}

/// Of the protocols that clients offer, HTTP/1.1 is chosen; who offers none speaks it anyway.
#[test]
fn http_1_1_is_what_is_spoken() {
    let authority = format!("{TLS}/authority.crt");
    let running = secured(&format!("{TLS}/host.crt"), &format!("{TLS}/host.key"));
    for (offered, chosen) in [
        (&[b"h2".as_slice(), b"http/1.1"][..], Some(&b"http/1.1"[..])),
        (&[b"http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let mut stream = client(&running.aws, &authority, offered);
        assert_eq!(over(&mut stream, &identify(&demo())).unwrap().status(), 200);
        assert_eq!(stream.conn.alpn_protocol(), chosen);
    }
    let mut stream = client(&running.aws, &authority, &[b"h2"]);
    assert!(over(&mut stream, &identify(&demo())).is_none(), "there is nothing to speak with who knows HTTP/2 alone");
}

#[test]
fn keys_come_in_every_form_that_pem_has() {
    for (certificate, key, trusted) in [
        (format!("{TLS}/host.crt"), format!("{MORE}/host-sec1.key"), format!("{TLS}/authority.crt")),
        (format!("{TLS}/alone.crt"), format!("{TLS}/host.key"), format!("{TLS}/alone.crt")),
    ] {
        let running = secured(&certificate, &key);
        assert_eq!(over(&mut client(&running.aws, &trusted, &[]), &identify(&demo())).unwrap().status(), 200, "{key}");
    }
    // That certificate is for no address: whether the key is taken is all that can be seen of it.
    drop(secured(&format!("{KEYS}/rsa.crt"), &format!("{MORE}/rsa-pkcs1.key")));
}

#[test]
fn what_is_wrong_with_the_files_is_said_of_the_file() {
    let (good_certificate, good_key) = (format!("{TLS}/host.crt"), format!("{TLS}/host.key"));
    let scratch = Scratch::new("tls-files");
    let bad = scratch.0.join("bad.crt");
    std::fs::write(&bad, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let bad = bad.to_str().unwrap();
    let nowhere = "/nowhere.pem";
    for (certificate, key, expect) in [
        (
            &*good_certificate,
            &*format!("{KEYS}/ec256.pem"),
            "ec256.pem: it is not the key of the first certificate in ",
        ),
        (&good_certificate, &format!("{KEYS}/ec521.pem"), "ec521.pem: it is no key that can be used here"),
        (&good_certificate, &format!("{MORE}/locked.key"), "locked.key: it is locked by a passphrase"),
        (&good_certificate, &format!("{MORE}/locked-sec1.key"), "locked-sec1.key: it is locked by a passphrase"),
        (&good_certificate, &good_certificate, "--tls-key "),
        (&good_certificate, &good_certificate, "host.crt: there is no private key in it"),
        (&good_certificate, nowhere, "--tls-key /nowhere.pem: there is no such file"),
        (&good_key, &good_key, "host.key: there is no certificate in it"),
        (nowhere, &good_key, "--tls-cert /nowhere.pem: there is no such file"),
        (bad, &good_key, "bad.crt: its first certificate cannot be read"),
    ] {
        check_refused(&["--ephemeral", "--tls-cert", certificate, "--tls-key", key], expect);
    }
    check_refused(&["--ephemeral", "--tls-cert", &good_certificate], "host.crt needs a --tls-key");
    check_refused(&["--ephemeral", "--tls-key", &good_key], "host.key needs a --tls-cert");
    let socket = format!("unix:{}", scratch.0.join("aws.sock").display());
    let both = ["--ephemeral", "--tls-cert", &good_certificate, "--tls-key", &good_key];
    check_refused(&[both.as_slice(), &["--aws-listen", &socket]].concat(), "no client speaks TLS over a Unix socket");
}

/// What stands on standard error and output of a service that speaks TLS, once it is ready.
fn told(certificate: &str, key: &str) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
    command.args(["--ephemeral", "--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"]);
    command.args(["--tls-cert", certificate, "--tls-key", key]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
    // Told to stop it writes what waits to be logged first.
    let id = rustix::process::Pid::from_child(&process);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let output = process.wait_with_output().unwrap();
    (ready, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_greeting_says_how_to_trust_what_is_served() {
    let key = format!("{TLS}/host.key");
    let (ready, alone) = told(&format!("{TLS}/alone.crt"), &key);
    assert!(ready.contains("{\"aws\":\"https://127.0.0.1:") && ready.contains("\"companion\":\"http://"), "{ready}");
    assert!(alone.contains("export AWS_ENDPOINT_URL_STS=https://127.0.0.1:"), "{alone}");
    assert!(alone.contains(&format!("export AWS_CA_BUNDLE={TLS}/alone.crt\n")), "{alone}");
    let (ready, named) = told(&format!("{MORE}/named.crt"), &key);
    assert!(ready.contains("{\"aws\":\"https://localhost:"), "{ready}");
    assert!(named.contains("AWS_ENDPOINT_URL_IAM=https://localhost:") && !named.contains("is not for"), "{named}");
    let (_, by_another) = told(&format!("{TLS}/host.crt"), &key);
    assert!(!by_another.contains("export AWS_CA_BUNDLE"), "{by_another}");
    assert!(by_another.contains("let AWS_CA_BUNDLE name a PEM file of the authority behind"), "{by_another}");
    let (ready, elsewhere) = told(&format!("{TLS}/elsewhere.crt"), &key);
    assert!(ready.contains("{\"aws\":\"https://127.0.0.1:"), "{ready}");
    assert!(elsewhere.contains("elsewhere.crt is not for 127.0.0.1"), "{elsewhere}");
    let scratch = Scratch::new("it's a chain");
    let chain = scratch.0.join("chain.pem");
    let both = ["host.crt", "authority.crt"].map(|name| std::fs::read(format!("{TLS}/{name}")).unwrap());
    std::fs::write(&chain, both.concat()).unwrap();
    let (_, whole) = told(chain.to_str().unwrap(), &key);
    let quoted = chain.display().to_string().replace('\'', r"'\''");
    assert!(whole.contains(&format!("export AWS_CA_BUNDLE='{quoted}'\n")), "{whole}");
}

#[test]
fn a_key_that_others_can_read_is_told_of() {
    let scratch = Scratch::new("open-key");
    let key = scratch.0.join("host.key");
    std::fs::copy(format!("{TLS}/host.key"), &key).unwrap();
    for (mode, warned) in [(0o600, false), (0o640, true), (0o604, true)] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let (_, log) = told(&format!("{TLS}/host.crt"), key.to_str().unwrap());
        assert_eq!(log.contains("host.key can be read by others"), warned, "{mode:o}: {log}");
    }
}

#[test]
fn who_speaks_no_tls_is_let_go_at_once() {
    let running = secured(&format!("{TLS}/alone.crt"), &format!("{TLS}/host.key"));
    for spoken in
        [&b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"[..], b"\x16\x03\x01\x00\x05hello", b"\0\0\0\0\0"]
    {
        let mut stream = connect(&running.aws);
        stream.write_all(spoken).unwrap();
        let answer = read_all(stream);
        assert!(!answer.contains("HTTP"), "{answer:?}");
    }
    assert!(over(&mut client(&running.aws, &format!("{TLS}/alone.crt"), &[]), &identify(&demo())).is_some());
}

/// It takes as long as `limits::HANDSHAKE_TIMEOUT`.
#[test]
fn who_does_not_come_to_an_agreement_loses_the_connection() {
    let running = secured(&format!("{TLS}/alone.crt"), &format!("{TLS}/host.key"));
    let begun: Vec<TcpStream> = ["", "\x16\x03\x01\x02\x00\x01"]
        .into_iter()
        .map(|begin| {
            let mut stream = connect(&running.aws);
            stream.write_all(begin.as_bytes()).unwrap();
            stream
        })
        .collect();
    for mut stream in begun {
        // An error would say that nothing has come of it for ten seconds.
        assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0);
    }
}
