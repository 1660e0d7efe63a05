//! Asks the validator over HTTP: one call, one answer, within a time limit; and the one stream.
//!
//! The only file of the client that touches the network. Whatever is not a whole answer of a validator is an
//! [`Unavailable`]; no answer is ever guessed, and nothing is asked twice but what was not heard.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{sleep, timeout};

use super::endpoint::Endpoint;
use super::unavailable::Unavailable;
use crate::secret::Secret;

/// The version of the protocol that is spoken here.
pub const PROTOCOL: &str = "1";

/// The longest answer: a thousand checks with their reasons.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
/// Connections that are kept for the next call.
const MOST_IDLE: usize = 16;
/// Between two attempts to connect.
const BREATH: Duration = Duration::from_millis(50);

type Connection = SendRequest<Full<Bytes>>;

/// The way to one validator.
pub(super) struct Transport {
    endpoint: Endpoint,
    authority: HeaderValue,
    bearer: Option<HeaderValue>,
    connect: Duration,
    total: Duration,
    idle: Mutex<Vec<Connection>>,
}

/// An answer with status 200.
pub(super) struct Answer {
    /// The epoch of the state that it was answered from.
    pub(super) epoch: u64,
    pub(super) body: Bytes,
}

/// The stream of events: bytes as they come.
pub(super) struct Stream {
    pub(super) epoch: u64,
    body: Incoming,
}

impl Stream {
    /// The next bytes; an error when there will be no more.
    pub(super) async fn next(&mut self) -> Result<Bytes, Unavailable> {
        loop {
            let frame = match self.body.frame().await {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Err(broken(&error)),
                None => return Err(Unavailable::Unreachable { cause: "the stream of events ended".to_owned() }),
            };
            if let Ok(bytes) = frame.into_data() {
                return Ok(bytes);
            }
        }
    }
}

impl Transport {
    pub(super) fn new(endpoint: Endpoint, token: Option<&Secret<String>>, connect: Duration, total: Duration) -> Self {
        let authority = HeaderValue::try_from(endpoint.authority()).unwrap_or(HeaderValue::from_static("localhost"));
        let bearer = token.map(|token| {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose().trim()))
                // A token that cannot be in a header is nobody's token, and is refused as such.
                .unwrap_or(HeaderValue::from_static("Bearer"));
            value.set_sensitive(true);
            value
        });
        Self { endpoint, authority, bearer, connect, total, idle: Mutex::default() }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks, and waits for the answer as long as is allowed.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Answer, Unavailable> {
        let call = self.request(method, path, Bytes::from(body))?;
        timeout(self.total, self.ask_patiently(call)).await.unwrap_or(Err(Unavailable::TooSlow))
    }

    /// Closes the connections that were kept.
    pub(super) fn hang_up(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Opens the stream.
    pub(super) async fn stream(&self, path: &str) -> Result<Stream, Unavailable> {
        let call = self.request(Method::GET, path, Bytes::new())?;
        let opened = async {
            let mut connection = self.connected().await?;
            let response = connection.send_request(call).await.map_err(|error| broken(&error))?;
            let (epoch, response) = accepted(response, "text/event-stream").await?;
            Ok(Stream { epoch, body: response.into_body() })
        };
        timeout(self.total, opened).await.unwrap_or(Err(Unavailable::TooSlow))
    }

    async fn ask_patiently(&self, mut call: Request<Full<Bytes>>) -> Result<Answer, Unavailable> {
        while let Some(mut connection) = self.idle() {
            // WHY: a connection that was kept may have been closed at the other end; asking again does no harm,
            // because no question changes anything.
            let again = call.clone();
            if connection.ready().await.is_ok()
                && let Ok(response) = connection.send_request(call).await
            {
                return self.heard(connection, response).await;
            }
            call = again;
        }
        let mut connection = self.connected().await?;
        let response = connection.send_request(call).await.map_err(|error| broken(&error))?;
        self.heard(connection, response).await
    }

    async fn heard(&self, connection: Connection, response: Response<Incoming>) -> Result<Answer, Unavailable> {
        let (epoch, response) = accepted(response, "application/json").await?;
        let body = whole(response).await?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !connection.is_closed() && idle.len() < MOST_IDLE {
            idle.push(connection);
        }
        Ok(Answer { epoch, body })
    }

    fn idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    async fn connected(&self) -> Result<Connection, Unavailable> {
        match self.connect_once().await {
            Err(Unavailable::Unreachable { .. }) => {
                sleep(BREATH).await;
                self.connect_once().await
            }
            other => other,
        }
    }

    async fn connect_once(&self) -> Result<Connection, Unavailable> {
        let unreachable = |error: std::io::Error| Unavailable::Unreachable { cause: error.to_string() };
        let connecting = async {
            match &self.endpoint {
                Endpoint::Tcp { host, port } => {
                    let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(unreachable)?;
                    stream.set_nodelay(true).map_err(unreachable)?;
                    shaken(stream).await
                }
                Endpoint::Unix(path) => shaken(UnixStream::connect(path).await.map_err(unreachable)?).await,
            }
        };
        timeout(self.connect, connecting).await.unwrap_or(Err(Unavailable::TooSlow))
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request<Full<Bytes>>, Unavailable> {
        let mut builder = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.authority.clone())
            .header(ACCEPT, "application/json, text/event-stream")
            .header("validator-protocol", PROTOCOL);
        if let Some(bearer) = &self.bearer {
            builder = builder.header(AUTHORIZATION, bearer.clone());
        }
        if !body.is_empty() {
            builder = builder.header(CONTENT_TYPE, "application/json");
        }
        let misasked = |error: hyper::http::Error| Unavailable::Misasked { status: 0, message: error.to_string() };
        builder.body(Full::new(body)).map_err(misasked)
    }
}

async fn shaken(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Connection, Unavailable> {
    let (connection, driver) = handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    // It ends with the connection, whose errors are told to whoever asks through it.
    tokio::spawn(driver);
    Ok(connection)
}

fn broken(error: &hyper::Error) -> Unavailable {
    if error.is_parse() {
        return Unavailable::nonsense(error.to_string());
    }
    Unavailable::Unreachable { cause: error.to_string() }
}

/// Demands an answer of a validator with status 200; everything else becomes what it says.
async fn accepted(response: Response<Incoming>, content_type: &str) -> Result<(u64, Response<Incoming>), Unavailable> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let status = response.status().as_u16();
    let protocol = header("validator-protocol").map(str::to_owned);
    match (protocol.as_deref(), status) {
        (Some(PROTOCOL), 200) => {}
        (Some(_), 409) => return Err(Unavailable::OtherProtocol { message: said(response).await }),
        (Some(PROTOCOL), 401 | 403) => return Err(Unavailable::NotTrusted { message: said(response).await }),
        (Some(PROTOCOL), 400..=499) => return Err(Unavailable::Misasked { status, message: said(response).await }),
        (Some(PROTOCOL), _) => return Err(Unavailable::Failed { status }),
        (Some(other), _) => return Err(Unavailable::OtherProtocol { message: format!("protocol {other}") }),
        (None, _) => return Err(Unavailable::nonsense(format!("status {status} without Validator-Protocol"))),
    }
    let found = header("content-type").unwrap_or_default();
    if found.split(';').next().map(str::trim) != Some(content_type) {
        return Err(Unavailable::nonsense(format!("content type `{found}`")));
    }
    match header("validator-epoch").and_then(|epoch| epoch.parse().ok()) {
        Some(epoch) => Ok((epoch, response)),
        None => Err(Unavailable::nonsense("no Validator-Epoch")),
    }
}

async fn whole(response: Response<Incoming>) -> Result<Bytes, Unavailable> {
    let collected = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(error) => broken(&error),
        Err(error) if error.is::<LengthLimitError>() => Unavailable::nonsense("an answer without end"),
        Err(error) => Unavailable::Unreachable { cause: error.to_string() },
    })
}

#[derive(Deserialize)]
struct Turned {
    error: Fault,
}

#[derive(Deserialize)]
struct Fault {
    message: String,
}

/// What an answer that is none says of itself.
async fn said(response: Response<Incoming>) -> String {
    let body = whole(response).await.unwrap_or_default();
    serde_json::from_slice(&body)
        .map_or_else(|_| "it does not say why".to_owned(), |turned: Turned| turned.error.message)
}
