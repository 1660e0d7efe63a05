//! Before S3: who sent this, and is the body theirs? Behind it nothing is signed any more.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, EXPECT, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request, Response, Uri};
use local_sts::client::{AwsError, Caller, Client, Context, Received, Refusal};
use local_sts::sigv4::Form;
use local_sts::time::Timestamp;
use s3s::service::S3Service;
use s3s::{Body, HttpError};
use tokio::time::timeout;

use crate::arrival::{self, Arrival, Fault};
use crate::sums::Sums;
use crate::words;

/// What is known of a request besides what it asks for.
#[derive(Clone)]
pub struct Arrived {
    /// Who sent it.
    pub caller: Arc<Caller>,
    /// Condition keys that every operation has.
    pub context: Arc<Context>,
    /// What the validator had S3 say, if it said no.
    pub refusal: Arc<OnceLock<AwsError>>,
}

/// Where requests come in.
pub struct Door {
    client: Client,
    s3: S3Service,
}

impl Door {
    pub fn new(client: Client, s3: S3Service) -> Self {
        Self { client, s3 }
    }

    /// Answers a request; an error breaks the connection off.
    pub async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Result<Response<Body>, HttpError> {
        let id = request_id();
        let waits = request.headers().contains_key(EXPECT);
        let (mut response, rest) = self.served(request, peer, &id).await?;
        // A client that asked whether to send its body is answered; one that sends it already is heard out for a while,
        // because it may not listen before.
        let heard_out = match rest {
            Some(rest) => rest.is_end_stream() || (!waits && hear_out(rest).await),
            None => true,
        };
        if !heard_out {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert("x-amz-request-id", id);
        }
        Ok(response)
    }

    /// The answer, and what of the body nobody read.
    async fn served(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        id: &str,
    ) -> Result<(Response<Body>, Option<Incoming>), HttpError> {
        if header_bytes(request.headers()) > MOST_HEADER_BYTES {
            return Ok((words::too_many_headers(MOST_HEADER_BYTES, id), Some(request.into_body())));
        }
        match self.authenticated(&request, peer).await {
            Ok(arrived) => self.pass_on(request, arrived, id).await,
            Err(refusal) => {
                tell(&refusal, &request, id);
                Ok((words::refused(&refusal, id), Some(request.into_body())))
            }
        }
    }

    async fn authenticated(&self, request: &Request<Incoming>, peer: SocketAddr) -> Result<Arrived, Refusal> {
        let headers: Vec<(&str, &[u8])> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let received = Received {
            method: request.method().as_str(),
            target,
            headers: &headers,
            source_ip: Some(peer.ip()),
            tls: false,
        };
        let caller = self.client.authenticate(&received).await?;
        let context = context(request, &caller, peer);
        Ok(Arrived { caller: Arc::new(caller), context: Arc::new(context), refusal: Arc::default() })
    }

    /// Hands the request to S3 as one that nobody signed: the proof of who did travels beside it.
    async fn pass_on(
        &self,
        request: Request<Incoming>,
        arrived: Arrived,
        id: &str,
    ) -> Result<(Response<Body>, Option<Incoming>), HttpError> {
        let (mut parts, body) = request.into_parts();
        let (body, verdict) = match judged(&arrived.caller, &parts) {
            Ok((judge, sums)) => Arrival::new(body, judge, sums),
            Err(fault) => return Ok((words::bad_body(&fault, id), Some(body))),
        };
        arrival::unwrap_headers(&mut parts.headers, arrived.caller.declared().ok());
        parts.uri = unsigned(&parts.uri);
        let refusal = Arc::clone(&arrived.refusal);
        parts.extensions.insert(arrived);
        let response = self.s3.call(Request::from_parts(parts, Body::http_body_unsync(body))).await?;
        if response.status().is_success() {
            return Ok((response, verdict.rest()));
        }
        // What S3 makes of a body that broke off, or of a no, says less than who found it.
        let response = match (verdict.fault(), refusal.get()) {
            (Some(fault), _) => {
                tracing::info!(request_id = id, ?fault, "refused: the body is not as it was said or signed");
                words::bad_body(&fault, id)
            }
            (None, Some(error)) => words::document(error),
            (None, None) => response,
        };
        Ok((response, verdict.rest()))
    }
}

/// What judges the body, and the checksums that it must come to.
fn judged(caller: &Caller, parts: &Parts) -> Result<(local_sts::sigv4::Body, Sums), Fault> {
    let judge = caller.body().map_err(Fault::Payload)?;
    let declared = caller.declared().map_err(|fault| Fault::Payload(fault.clone()))?;
    let query = parts.uri.query().unwrap_or_default();
    Ok((judge, Sums::of(&parts.method, query, &parts.headers, declared)?))
}

/// Takes the rest of a body in and forgets it; whether that was all.
async fn hear_out(mut rest: Incoming) -> bool {
    let hearing = async {
        let mut heard = 0;
        while let Some(frame) = rest.frame().await {
            let Ok(frame) = frame else { return false };
            heard += frame.data_ref().map_or(0, Bytes::len);
            if heard > MOST_HEARD_OUT {
                return false;
            }
        }
        true
    };
    timeout(LONGEST_HEARD_OUT, hearing).await.unwrap_or(false)
}

/// What S3 takes of headers.
const MOST_HEADER_BYTES: usize = 8 * 1024;

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}

/// More of a body that was refused is not worth its keep.
const MOST_HEARD_OUT: usize = 1024 * 1024;
const LONGEST_HEARD_OUT: Duration = Duration::from_secs(2);

fn tell(refusal: &Refusal, request: &Request<Incoming>, id: &str) {
    let (method, path) = (request.method(), request.uri().path());
    match refusal {
        Refusal::Unavailable(why) => {
            tracing::error!(request_id = id, %method, path, cause = %why, "refused: no answer from the validator");
        }
        Refusal::Refused(refused) => {
            tracing::info!(request_id = id, %method, path, reason = refused.reason, "refused: {}", refused.message);
        }
    }
}

/// The keys of every operation.
fn context(request: &Request<Incoming>, caller: &Caller, peer: SocketAddr) -> Context {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let signer = caller.signer();
    let presigned = signer.filter(|signer| signer.form() == Form::Query);
    let age = presigned.map(|signer| now().millis_since(signer.signed_at()).max(0).to_string());
    let form = signer.map(|signer| match signer.form() {
        Form::Header => "REST-HEADER",
        Form::Query => "REST-QUERY-STRING",
    });
    let found = [
        ("aws:SourceIp", Some(peer.ip().to_string())),
        ("aws:SecureTransport", Some("false".to_owned())),
        ("aws:UserAgent", header("user-agent")),
        ("aws:Referer", header("referer")),
        ("s3:authType", form.map(str::to_owned)),
        ("s3:signatureversion", signer.map(|_| "AWS4-HMAC-SHA256".to_owned())),
        ("s3:signatureAge", age),
        ("s3:x-amz-content-sha256", header("x-amz-content-sha256")),
    ];
    found.into_iter().filter_map(|(key, value)| Some((key.to_owned(), vec![value?]))).collect()
}

fn now() -> Timestamp {
    use local_sts::env::{Clock, SystemClock};
    SystemClock.moment().now
}

/// The same without the parameters of a signature.
fn unsigned(uri: &Uri) -> Uri {
    let Some(query) = uri.query() else { return uri.clone() };
    let is_signature = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        let name =
            form_urlencoded::parse(name.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default();
        SIGNATURE.iter().any(|sign| sign.eq_ignore_ascii_case(&name))
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_signature(pair)).collect();
    let target = if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), kept.join("&")) };
    target.parse().unwrap_or_else(|_| uri.clone())
}

const SIGNATURE: [&str; 8] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
    "X-Amz-Content-Sha256",
];

fn request_id() -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    id.get(..16).unwrap_or_default().to_uppercase()
}
