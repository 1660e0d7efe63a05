//! The binary as a process, and calls to it over connections of their own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use local_sts::wire::RawResponse;

use super::{Answer, Call};

/// A running binary, ended with the test.
pub struct Running {
    pub process: Child,
    pub aws: String,
    pub companion: String,
    /// If it has that listener.
    pub delivery: Option<String>,
}

impl Running {
    /// Starts it with these options beside ports of its own.
    pub fn start(options: &[&str]) -> Self {
        let ports = ["--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"];
        // Another build of it, for figures.
        let binary = std::env::var("LOCAL_STS_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_local-sts").to_owned());
        let mut command = Command::new(binary);
        command.args(ports).args(options);
        Self::spawn(command)
    }

    /// Starts what prints a line when it is ready.
    pub fn spawn(mut command: Command) -> Self {
        command.env_remove("LOCAL_STS_SEED").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready = line.strip_prefix("ready ").unwrap_or_else(|| panic!("it said {line:?}"));
        let ready: serde_json::Value = serde_json::from_str(ready).unwrap();
        let place = |name: &str| Some(ready[name].as_str()?.split("://").last()?.to_owned());
        let (aws, companion) = (place("aws").unwrap(), place("companion").unwrap());
        Self { process, aws, companion, delivery: place("delivery") }
    }

    /// What it has of memory, in KiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Ends it by this signal, and waits until it is gone.
    pub fn end(&mut self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a call over an open connection and waits for its answer; nothing if the other side is gone.
pub fn over(stream: &mut (impl Read + Write), call: &Call) -> Option<Answer> {
    send(stream, call)?;
    receive(stream)
}

/// Sends a call over an open connection, signed if somebody is to sign it.
pub fn send(stream: &mut impl Write, call: &Call) -> Option<()> {
    let now = local_sts::env::Clock::moment(&local_sts::env::SystemClock).machine;
    let signed = call.clone().signed(now);
    let mut request =
        format!("{} {} HTTP/1.1\r\ncontent-length: {}\r\n", signed.method, signed.path, signed.body.len()).into_bytes();
    for (name, value) in &signed.headers {
        request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    request.extend(&signed.body);
    stream.write_all(&request).ok()
}

/// The answer to a call that was sent.
pub fn receive(stream: &mut impl Read) -> Option<Answer> {
    let (head, body) = read_answer(stream)?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer(RawResponse { status, headers: Vec::new(), body }))
}

/// The head and the body of an answer.
fn read_answer(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.to_ascii_lowercase().split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// An open connection to a place.
pub fn connect(place: &str) -> TcpStream {
    let stream = TcpStream::connect(place).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends a request with a body of JSON, or none, over an open connection; the status and the body of the answer.
pub fn talk(
    stream: &mut (impl Read + Write),
    (method, path): (&str, &str),
    headers: &str,
    body: &str,
) -> Option<(u16, Vec<u8>)> {
    let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{kind}{headers}content-length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    let (head, body) = read_answer(stream)?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body))
}

/// An open connection that is read in pieces.
pub struct Line(BufReader<TcpStream>);

impl Line {
    pub fn to(place: &str) -> Self {
        let stream = connect(place);
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// Reads no longer than this for an answer from now on.
    pub fn patience(&self, patience: Duration) {
        self.0.get_ref().set_read_timeout(Some(patience)).unwrap();
    }

    /// Whether nothing comes for so long.
    pub fn reads_nothing_for(&mut self, time: Duration) -> bool {
        self.patience(time);
        self.0.fill_buf().is_err()
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.get_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.get_mut().flush()
    }
}
