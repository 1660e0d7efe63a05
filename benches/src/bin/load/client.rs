//! A lean HTTP/1.1 client: one thread, kept-alive connections, one request under way on each.
//!
//! It shares the machine with the server it drives, so it signs nothing while it drives, allocates nothing, and
//! knows beforehand how long an answer is.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Failure;
use crate::latency::Latencies;

/// One whole answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    head_bytes: usize,
    bytes: usize,
}

impl Answer {
    /// The text of the only element of this name in the body.
    pub fn element(&self, name: &str) -> Result<String, Failure> {
        let found = self.body.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once("</"));
        found.map(|(text, _)| text.to_owned()).ok_or_else(|| format!("no {name} in {}", self.body).into())
    }
}

/// What every answer of a run has to be like.
pub struct Shape {
    beginning: String,
    head_bytes: usize,
    bytes: usize,
}

impl Shape {
    /// That of this answer, if its body begins as a success does and has that somewhere.
    pub fn of(answer: &Answer, (beginning, within): (String, &str)) -> Result<Self, Failure> {
        if answer.status != 200 || !answer.body.starts_with(&beginning) || !answer.body.contains(within) {
            return Err(format!("no {beginning}...{within} in {} {}", answer.status, answer.body).into());
        }
        Ok(Self { beginning, head_bytes: answer.head_bytes, bytes: answer.bytes })
    }

    /// That of this answer, if it is an object of so many bytes.
    pub fn of_object(answer: &Answer, bytes: usize) -> Result<Self, Failure> {
        if answer.status != 200 || answer.body.len() != bytes {
            return Err(format!("the object was answered {} {}", answer.status, answer.body).into());
        }
        let beginning = answer.body.lines().next().unwrap_or_default().to_owned();
        Ok(Self { beginning, head_bytes: answer.head_bytes, bytes: answer.bytes })
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        bytes.len() == self.bytes
            && bytes.starts_with(b"HTTP/1.1 200 OK\r\n")
            && bytes.get(self.head_bytes..).is_some_and(|body| body.starts_with(self.beginning.as_bytes()))
    }
}

/// Asks once on a connection of its own.
pub fn ask(address: SocketAddr, request: &[u8]) -> Result<Answer, Failure> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut piece)?;
        bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
        if let Some(answer) = parse(&bytes)? {
            return Ok(answer);
        }
        if read == 0 {
            return Err("the connection was closed amid an answer".into());
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Option<Answer>, Failure> {
    let text = std::str::from_utf8(bytes)?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Ok(None) };
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("no status line")?.parse()?;
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(Ok(0), |(_, length)| length.parse())?;
    if body.len() < length {
        return Ok(None);
    }
    Ok(Some(Answer { status, headers, body: body.to_owned(), head_bytes: head.len() + 4, bytes: bytes.len() }))
}

/// What a run came to.
pub struct Driven {
    pub answers: u64,
    pub seconds: f64,
    pub latencies: Latencies,
}

struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    sent: Instant,
    filled: usize,
    buffer: Vec<u8>,
}

/// Drives for `warm_up` and then `length`; each request has its own connection. `between` is told when the warm-up
/// is over, and when it all is.
pub fn drive(
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    shape: &Shape,
    warm_up: Duration,
    length: Duration,
    mut between: impl FnMut(),
) -> Result<Driven, Failure> {
    let mut poll = Poll::new()?;
    let mut connections = Vec::with_capacity(requests.len());
    for (at, request) in requests.into_iter().enumerate() {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(at), Interest::READABLE)?;
        connections.push(Connection {
            stream,
            request,
            sent: Instant::now(),
            filled: 0,
            buffer: vec![0; shape.bytes + 1],
        });
    }
    for connection in &mut connections {
        connection.send()?;
    }
    let mut events = Events::with_capacity(connections.len());
    let mut until = Instant::now() + warm_up;
    let mut begun: Option<Instant> = None;
    let mut answers = 0;
    let mut latencies = Latencies::new();
    loop {
        poll.poll(&mut events, Some(Duration::from_secs(10)))?;
        if events.is_empty() {
            return Err("no answer for ten seconds".into());
        }
        for event in &events {
            let Some(connection) = connections.get_mut(event.token().0) else { continue };
            let sent = connection.sent;
            if connection.receive(shape)? {
                answers += 1;
                latencies.record(connection.sent - sent);
            }
        }
        let now = Instant::now();
        if now < until {
            continue;
        }
        between();
        match begun {
            None => {
                begun = Some(now);
                until = now + length;
                answers = 0;
                latencies = Latencies::new();
            }
            Some(begun) => return Ok(Driven { answers, seconds: (now - begun).as_secs_f64(), latencies }),
        }
    }
}

impl Connection {
    fn send(&mut self) -> Result<(), Failure> {
        self.sent = Instant::now();
        // A request is far smaller than a socket's buffer, which is empty whenever one is sent.
        let written = self.stream.write(&self.request)?;
        if written == self.request.len() { Ok(()) } else { Err("a request was taken in part only".into()) }
    }

    /// Reads what there is; after a whole answer the next request goes out.
    fn receive(&mut self, shape: &Shape) -> Result<bool, Failure> {
        loop {
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            match self.stream.read(room) {
                Ok(0) => return Err("the server closed a connection".into()),
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            if self.filled >= shape.bytes {
                let answer = self.buffer.get(..self.filled).unwrap_or_default();
                if !shape.fits(answer) {
                    return Err(format!("an odd answer: {}", String::from_utf8_lossy(answer)).into());
                }
                self.filled = 0;
                // INVARIANT: nothing is left to read, and what comes next raises a new event.
                self.send()?;
                return Ok(true);
            }
        }
    }
}
