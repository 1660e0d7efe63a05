//! The yardstick: the product's framework that reads a request's body and gives one fixed answer.
//!
//! Standard input is the answer: the status line's number, header lines, an empty line, the body. It listens as
//! the product does, on any free port, and says where on standard output.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, web};

#[derive(Clone)]
struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Answer {
    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\n\n")?;
        let mut lines = head.lines();
        let status = StatusCode::from_u16(lines.next()?.parse().ok()?).ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        let headers = lines.map(header).collect::<Option<_>>()?;
        Some(Self { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) })
    }

    fn respond(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            builder.insert_header((name.clone(), value.clone()));
        }
        builder.body(self.body.clone())
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let answer = Answer::parse(&text).ok_or_else(|| std::io::Error::other("standard input has no answer"))?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let app = move || {
        let answer = answer.clone();
        App::new().default_service(web::to(move |body: Bytes| {
            let response = answer.respond();
            async move {
                drop(body);
                response
            }
        }))
    };
    // The settings of the product's `server::doors`, but for the timer of idle connections: the product has a watch of its
    // own for them. The number of workers is actix's own choice in both.
    let server = HttpServer::new(app)
        .listen(listener)?
        .client_request_timeout(Duration::from_secs(10))
        .keep_alive(Duration::from_mins(1))
        .max_connections(25_000)
        .shutdown_timeout(5)
        .run();
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {{\"aws\":\"http://{address}\"}}")?;
    out.flush()?;
    drop(out);
    server.await
}
