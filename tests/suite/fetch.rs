//! Documents of issuers over real sockets: what comes in order, and every way in which it does not.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use local_sts::env::{Authorities, FetchFault, Https, KeyFetch, Wish};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Long enough for loopback, short enough for a test that must see it end.
const PATIENCE: Duration = Duration::from_millis(700);

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/oidc/tls/").to_owned() + name).unwrap()
}

/// Serves one connection by `talk`, which gets the head of the request; says where, and what was asked.
fn serving(talk: impl FnOnce(&mut dyn Write) + Send + 'static) -> (u16, Receiver<String>) {
    serving_over(talk, |stream| Some(Box::new(stream)))
}

trait Talk: Read + Write {}
impl<T: Read + Write> Talk for T {}

fn serving_over(
    talk: impl FnOnce(&mut dyn Write) + Send + 'static,
    wrap: impl FnOnce(TcpStream) -> Option<Box<dyn Talk>> + Send + 'static,
) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, heard) = channel();
    thread::spawn(move || {
        let Ok((stream, _)) = listener.accept() else { return };
        let Some(mut stream) = wrap(stream) else { return };
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
            head.push(byte[0]);
        }
        // The test may have heard enough.
        let _ = told.send(String::from_utf8_lossy(&head).into_owned());
        talk(&mut stream);
    });
    (port, heard)
}

fn https(private: &[&str]) -> Https {
    let bundle = fixture("authority.crt");
    Https::new(Authorities::with(Some(&bundle)).unwrap(), private.iter().map(|host| (*host).to_owned()).collect())
}

fn get(url: &str, issuer: &str, thumbprints: &[String]) -> Result<(String, String), FetchFault> {
    let wish = Wish { issuer, url, thumbprints, longest: 1000, patience: PATIENCE };
    let document = https(&["10.0.0.1"]).get(&wish)?;
    Ok((String::from_utf8(document.body).unwrap(), document.caching))
}

fn write(text: &'static str) -> impl FnOnce(&mut dyn Write) + Send {
    move |stream| drop(stream.write_all(text.as_bytes()))
}

#[test]
fn a_document_comes_with_what_is_said_of_keeping_it() {
    let (port, heard) = serving(write(
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nCache-Control: max-age=5\r\nCache-Control: public\r\nPragma: x\r\n\r\n{\"keys\":[]}",
    ));
    let url = format!("http://127.0.0.1:{port}/keys?a=b");
    assert_eq!(get(&url, &url, &[]), Ok(("{\"keys\":[]}".to_owned(), "max-age=5, public, x".to_owned())));
    let asked = heard.recv().unwrap().to_ascii_lowercase();
    assert!(asked.starts_with("get /keys?a=b http/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("host: 127.0.0.1:{port}\r\n")), "{asked}");
    assert!(asked.contains("accept: application/json\r\n") && asked.contains("user-agent: local-sts/"), "{asked}");
    assert!(!asked.contains("gzip") && !asked.contains("cookie") && !asked.contains("authorization"), "{asked}");
}

#[test]
fn pieces_and_an_end_without_length_are_fine() {
    for answer in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
    ] {
        let (port, _heard) = serving(write(answer));
        let url = format!("http://127.0.0.1:{port}/");
        assert_eq!(get(&url, &url, &[]).map(|(body, _)| body), Ok("{}".to_owned()), "{answer}");
    }
}

/// Only that it is refused; what exactly broke is the library's to say.
#[track_caller]
fn check_fault(talk: impl FnOnce(&mut dyn Write) + Send + 'static, expect: &FetchFault) {
    let (port, _heard) = serving(talk);
    let url = format!("http://127.0.0.1:{port}/");
    let found = get(&url, &url, &[]);
    match (&found, expect) {
        (Err(FetchFault::Unreachable(_)), FetchFault::Unreachable(_)) => {}
        _ => assert_eq!(found, Err(expect.clone())),
    }
}

#[test]
fn issuers_that_do_not_answer_in_order_are_done_without() {
    check_fault(write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), &FetchFault::Status(404));
    check_fault(write("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), &FetchFault::Status(500));
    check_fault(write("HTTP/1.1 204 No Content\r\n\r\n"), &FetchFault::Status(204));
    let broken = FetchFault::Unreachable(String::new());
    check_fault(write("hello\r\n\r\n"), &broken);
    check_fault(write(""), &broken);
    check_fault(write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"), &broken);
    check_fault(
        write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
        &FetchFault::Compressed,
    );
    check_fault(
        write("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
        &FetchFault::Compressed,
    );
    check_fault(write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n{}"), &FetchFault::TooLong);
}

#[test]
fn a_redirect_is_not_followed() {
    let (elsewhere, visited) = serving(write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
    check_fault(
        move |stream| {
            let answer =
                format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
            drop(stream.write_all(answer.as_bytes()));
        },
        &FetchFault::Status(302),
    );
    assert!(visited.try_recv().is_err());
}

#[test]
fn what_has_no_end_is_cut_off() {
    let endless = |first: &'static str, piece: &'static str| {
        move |stream: &mut dyn Write| {
            let mut alive = stream.write_all(first.as_bytes()).is_ok();
            while alive {
                alive = stream.write_all(piece.as_bytes()).is_ok();
            }
        }
    };
    check_fault(
        endless("HTTP/1.1 200 OK\r\n\r\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        &FetchFault::TooLong,
    );
    check_fault(endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"), &FetchFault::TooLong);
    check_fault(
        endless("HTTP/1.1 200 OK\r\nX-Long: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        &FetchFault::TooLong,
    );
    let broken = FetchFault::Unreachable(String::new());
    check_fault(endless("HTTP/1.1 200 OK\r\n", "X-Many: a\r\n"), &broken);
}

/// A slow issuer does not hold anybody longer than patience lasts, however it is slow.
#[test]
fn what_is_slow_is_not_waited_for() {
    let drip = |first: &'static str, piece: &'static str| {
        move |stream: &mut dyn Write| {
            let mut alive = stream.write_all(first.as_bytes()).is_ok();
            while alive {
                thread::sleep(Duration::from_millis(20));
                alive = stream.write_all(piece.as_bytes()).is_ok();
            }
        }
    };
    check_fault(drip("HTTP/1.1 200 O", "K"), &FetchFault::Late);
    check_fault(drip("HTTP/1.1 200 OK\r\n", "a"), &FetchFault::Late);
    check_fault(drip("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", "a"), &FetchFault::Late);
}

#[test]
fn nobody_there_is_told_as_such() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/");
    assert!(matches!(get(&url, &url, &[]), Err(FetchFault::Unreachable(_))));
    for url in ["", "issuer.example", "https://", "https:///x", "https://a b/", "https://localhost:99999/"] {
        assert!(get(url, url, &[]).is_err(), "{url}");
    }
}

/// Nothing is asked at an address that is not the public internet's, whatever its spelling; loopback and private hosts
/// only for issuers that are there themselves. No packet leaves: these are refused before.
#[test]
fn the_services_next_door_are_not_asked() {
    let public = "https://issuer.example";
    for host in [
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "2130706433",
        "127.1",
        "017700000001",
    ] {
        let url = format!("https://{host}/latest/meta-data/");
        let found = get(&url, public, &[]);
        assert!(matches!(found, Err(FetchFault::NotPublic(_) | FetchFault::BadUrl)), "{url}: {found:?}");
    }
    for host in ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "metadata.localhost"] {
        assert_eq!(get(&format!("https://{host}/"), public, &[]), Err(FetchFault::OwnMachine), "{host}");
    }
    for url in ["http://issuer.example/", "ftp://issuer.example/", "file:///etc/passwd", "gopher://127.0.0.1/"] {
        let found = get(url, public, &[]);
        assert!(
            matches!(found, Err(FetchFault::Unencrypted | FetchFault::OwnMachine | FetchFault::BadUrl)),
            "{url}: {found:?}"
        );
    }
    let metadata = get("http://169.254.169.254/", "http://10.0.0.1", &[]);
    assert_eq!(metadata, Err(FetchFault::Unencrypted), "a host that is named opens no other");
}

/// A server on loopback that shows these certificates.
fn encrypted(chain: &[&str]) -> u16 {
    let certificates = chain.iter().map(|name| CertificateDer::from_pem_slice(&fixture(name)).unwrap()).collect();
    let key = PrivateKeyDer::from_pem_slice(&fixture("host.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let (port, _heard) = serving_over(write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), |stream| {
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        Some(Box::new(StreamOwned::new(connection, stream)))
    });
    port
}

#[track_caller]
fn check_certificate(bundle: bool, chain: &[&str], host: &str, thumbprints: &[&str], expect: &str) {
    let bundle = bundle.then(|| fixture("authority.crt"));
    let https = Https::new(Authorities::with(bundle.as_deref()).unwrap(), Vec::new());
    let url = format!("https://{host}:{}/", encrypted(chain));
    let thumbprints: Vec<String> = thumbprints.iter().map(|text| (*text).to_owned()).collect();
    let wish =
        Wish { issuer: &url, url: &url, thumbprints: &thumbprints, longest: 1000, patience: Duration::from_secs(5) };
    let found = https.get(&wish).map(|document| String::from_utf8(document.body).unwrap());
    let found = match found {
        Ok(body) => body,
        Err(FetchFault::Thumbprint { found }) => format!("thumbprint {found}"),
        Err(FetchFault::Certificate(_)) => "certificate".to_owned(),
        Err(other) => format!("{other:?}"),
    };
    assert_eq!(found, expect, "{chain:?}");
}

/// Row wi-thumbprint: asked only where no authority vouches.
#[test]
fn a_certificate_is_good_by_an_authority_or_by_its_thumbprint() {
    const AUTHORITY: &str = "4221eb16f061141181bb3c8d69995fa48701e325";
    const HOST: &str = "2b065310ead42e95ad015818806824ba537ae4de";
    const ALONE: &str = "941b2ddad96cd73e04fac7e9bf23f6a126c6b292";
    let unknown = |print: &str| format!("thumbprint {print}");
    check_certificate(true, &["host.crt"], "127.0.0.1", &[], "{}");
    check_certificate(true, &["host.crt", "authority.crt"], "localhost", &["0000"], "{}");
    check_certificate(false, &["host.crt"], "127.0.0.1", &[], &unknown(HOST));
    check_certificate(false, &["host.crt", "authority.crt"], "127.0.0.1", &[HOST], &unknown(AUTHORITY));
    check_certificate(false, &["host.crt", "authority.crt"], "127.0.0.1", &["0000", AUTHORITY], "{}");
    check_certificate(false, &["host.crt"], "127.0.0.1", &[HOST], "{}");
    check_certificate(false, &["alone.crt"], "127.0.0.1", &[ALONE], "{}");
    check_certificate(false, &["alone.crt"], "127.0.0.1", &[HOST], &unknown(ALONE));
    // What another host shows is good for that one, by whatever way it is known.
    check_certificate(true, &["elsewhere.crt"], "127.0.0.1", &[], "certificate");
    check_certificate(false, &["elsewhere.crt", "authority.crt"], "127.0.0.1", &[AUTHORITY], "certificate");
    // An authority that is pinned did not sign this.
    check_certificate(false, &["alone.crt", "authority.crt"], "127.0.0.1", &[AUTHORITY], "certificate");
    check_certificate(true, &["expired.crt"], "127.0.0.1", &[], "certificate");
    check_certificate(false, &["expired.crt", "authority.crt"], "127.0.0.1", &[AUTHORITY], "certificate");
}

#[test]
fn a_bundle_of_authorities_is_read_or_refused() {
    assert!(Authorities::with(Some(&fixture("authority.crt"))).is_ok());
    for bad in [&b""[..], b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Authorities::with(Some(bad)).is_err());
    }
}
