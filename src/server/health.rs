//! Asks a running service whether it is ready: for an image's health check, which has no curl.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::Value;

use crate::config::Listen;

/// How long the service may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
const QUESTION: &[u8] = b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Whether the service whose companion listens there is ready; if not, why.
pub fn check(companion: &Listen) -> Result<(), String> {
    let answer = match companion {
        Listen::Address(address) => over_tcp(*address),
        Listen::Socket(path) => UnixStream::connect(path).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            ask(stream)
        }),
    };
    let answer = answer.map_err(|error| format!("the companion does not answer: {error}"))?;
    if answer.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let told: Value = serde_json::from_str(body).unwrap_or_default();
    let why = told.pointer("/error/message").and_then(Value::as_str).unwrap_or(&answer);
    Err(format!("not ready: {why:.500}"))
}

fn over_tcp(address: SocketAddr) -> std::io::Result<String> {
    // Who listens everywhere also listens here.
    let here = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let stream = TcpStream::connect_timeout(&SocketAddr::new(here, address.port()), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    ask(stream)
}

fn ask(mut stream: impl Read + Write) -> std::io::Result<String> {
    stream.write_all(QUESTION)?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
