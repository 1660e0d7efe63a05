//! The body on its way in: freed of its chunks, proven piece by piece, its checksum compared at the end.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use hyper::HeaderMap;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use local_sts::sigv4::{Body, Declared, PayloadFault};
use s3s::StdError;
use tokio::time::{Sleep, sleep};

use crate::sums::Sums;

/// Why a body is not stored.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is not as it was said or signed.
    Payload(PayloadFault),
    /// Its checksum is not the one that a header or trailer of this name tells.
    Checksum { name: String },
    /// A header of this name tells no checksum.
    ChecksumForm { name: String },
    /// Its MD5 is not the one that `content-md5` tells.
    Md5,
    /// `content-md5` tells no MD5.
    Md5Form,
    /// A trailer of this name means nothing here.
    Trailer { name: String },
    /// Nothing more came for a while.
    Stalled,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{self:?}")
    }
}

impl std::error::Error for Fault {}

/// What became of a body, for whoever handed it on.
#[derive(Clone, Default)]
pub struct Verdict(Arc<Mutex<Became>>);

#[derive(Default)]
struct Became {
    fault: Option<Fault>,
    /// What nobody read.
    rest: Option<Incoming>,
}

impl Verdict {
    /// What was wrong with it, as far as it was read.
    pub fn fault(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fault.clone()
    }

    /// What nobody read, once whoever had the body has let go of it.
    pub fn rest(&self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rest.take()
    }

    fn set(&self, fault: &Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fault = Some(fault.clone());
    }
}

/// A body on its way in.
pub struct Arrival {
    /// There until it is let go of.
    inner: Option<Incoming>,
    /// None once the whole is judged.
    judge: Option<Body>,
    ready: VecDeque<Bytes>,
    sums: Sums,
    verdict: Verdict,
    /// Runs while nothing comes.
    patience: Option<Pin<Box<Sleep>>>,
}

/// How long a client may be quiet in the middle of a body: as long as S3 lets it.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

impl Arrival {
    /// A body that `judge` proves, and that must come to `sums`.
    pub fn new(inner: Incoming, judge: Body, sums: Sums) -> (Self, Verdict) {
        let verdict = Verdict::default();
        let (inner, judge, ready) = (Some(inner), Some(judge), VecDeque::new());
        let arrival = Self { inner, judge, ready, sums, verdict: verdict.clone(), patience: None };
        (arrival, verdict)
    }

    fn take(&mut self, bytes: &Bytes) -> Result<(), Fault> {
        let (ready, sums) = (&mut self.ready, &mut self.sums);
        let Some(judge) = &mut self.judge else { return Ok(()) };
        let pushed = judge.push(bytes, &mut |piece| {
            sums.update(&piece.bytes);
            ready.push_back(match piece.bytes {
                Cow::Borrowed(part) => bytes.slice_ref(part),
                Cow::Owned(part) => Bytes::from(part),
            });
        });
        pushed.map_err(Fault::Payload)
    }

    fn finish(&mut self) -> Result<(), Fault> {
        let Some(judge) = self.judge.take() else { return Ok(()) };
        let whole = judge.finish().map_err(Fault::Payload)?;
        std::mem::take(&mut self.sums).compare(&whole)
    }

    fn broken(&mut self, fault: Fault) -> StdError {
        self.verdict.set(&fault);
        self.judge = None;
        fault.into()
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.verdict.0.lock().unwrap_or_else(PoisonError::into_inner).rest = self.inner.take();
    }
}

impl HttpBody for Arrival {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
            let Poll::Ready(frame) = Pin::new(inner).poll_frame(context) else {
                // ATTACK: a client that stops in the middle does not keep its place for ever.
                ready!(self.patience.get_or_insert_with(|| Box::pin(sleep(LONGEST_PAUSE))).as_mut().poll(context));
                return Poll::Ready(Some(Err(self.broken(Fault::Stalled))));
            };
            self.patience = None;
            let next = match frame {
                Some(Ok(frame)) => frame.into_data().map_or(Ok(()), |bytes| self.take(&bytes)),
                Some(Err(_)) => Err(Fault::Payload(PayloadFault::Incomplete)),
                // INVARIANT: who reads this body sees its end only if the whole is what it was said to be.
                None => match self.finish() {
                    Ok(()) => return Poll::Ready(None),
                    fault => fault,
                },
            };
            if let Err(fault) = next {
                return Poll::Ready(Some(Err(self.broken(fault))));
            }
        }
    }
}

/// Takes off the headers what was for the signature and the chunks only.
pub fn unwrap_headers(headers: &mut HeaderMap, declared: Option<&Declared>) {
    // The name of an algorithm beside its checksum, which is compared here: s3s-fs would store the body and then miss
    // those that are not there.
    for name in ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-sdk-checksum-algorithm"] {
        headers.remove(name);
    }
    headers.remove(AUTHORIZATION);
    let Some(declared) = declared else { return };
    let Some(length) = declared.decoded_length() else { return };
    for name in ["x-amz-decoded-content-length", "x-amz-trailer"] {
        headers.remove(name);
    }
    headers.remove(TRANSFER_ENCODING);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    let encodings = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let kept: Vec<&str> =
        encodings.flat_map(|list| list.split(',')).map(str::trim).filter(|word| *word != "aws-chunked").collect();
    match HeaderValue::try_from(kept.join(",")) {
        Ok(kept) if !kept.is_empty() => headers.insert(CONTENT_ENCODING, kept),
        _ => headers.remove(CONTENT_ENCODING),
    };
}
