//! The refusals that only a hand-made reason can provoke, in AWS's words.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::Answer;
use local_sts::access::Rejection;
use local_sts::api::errors::unauthenticated;
use local_sts::api::world::ChangeError;
use local_sts::api::{ApiError, RegionRule, World};
use local_sts::env::{Entropy, SteeredClock, SystemClock};
use local_sts::service::Service;
use local_sts::sessions::Ledger;
use local_sts::sigv4::{self, Form, Parameter};
use local_sts::store::{MemoryEngine, StoreFault};
use local_sts::wire::{ErrorCode, RawRequest};

#[track_caller]
fn check(rejection: sigv4::Rejection, code: ErrorCode, message: &str) {
    let error = unauthenticated(&Rejection::Signature(rejection));
    assert_eq!((error.code, error.message.as_deref()), (code, Some(message)));
}

#[test]
fn presigned_requests_are_told_what_is_missing() {
    check(
        sigv4::Rejection::MissingParameters {
            missing: vec![Parameter::Credential, Parameter::Date],
            form: Form::Query,
            header: "".into(),
        },
        ErrorCode::IncompleteSignature,
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include \
         'X-Amz-Date'. Re-examine the query-string parameters.",
    );
}

/// Rows sts-throttle and sts-throttle-gci.
#[test]
fn contention_that_does_not_end_is_throttled() {
    let error = ApiError::from(ChangeError::Contended);
    assert_eq!((error.code.status(), error.code.as_str(), error.code.fault()), (400, "Throttling", "Sender"));
    assert_eq!(error.message.as_deref(), Some("Rate exceeded"));
}

#[test]
fn what_breaks_here_is_told_to_nobody() {
    let error = ApiError::from(ChangeError::Store(StoreFault("the disk is on fire".to_owned())));
    assert_eq!((error.code.status(), error.code.as_str(), error.code.fault()), (500, "InternalFailure", "Receiver"));
    assert!(!error.message.unwrap().contains("fire"));
    assert!(error.cause.unwrap().contains("fire"));
}

/// Chance that panics the first time it is asked.
struct Stumbling(AtomicBool);

impl Entropy for Stumbling {
    fn fill(&self, bytes: &mut [u8]) {
        assert!(!self.0.swap(false, Ordering::SeqCst), "as arranged");
        bytes.fill(7);
    }
}

#[test]
fn a_stumble_is_an_internal_failure_and_no_more() {
    let clock = Arc::new(SteeredClock::over(Box::new(SystemClock)));
    let entropy = Box::new(Stumbling(true.into()));
    let engine = Box::new(MemoryEngine::default());
    let world = World::load(engine, clock, entropy, RegionRule::Any, Ledger::in_memory()).unwrap();
    let service = Service::new(world);
    let query = "Action=Nonsense";
    let raw = RawRequest { method: "GET", path: "/", query, headers: &[], body: b"", peer: None, secure: false };
    let stumbled = Answer(service.handle(&raw).response);
    assert_eq!((stumbled.status(), stumbled.text("Code").as_deref()), (500, Some("InternalFailure")));
    assert_eq!(service.handle(&raw).response.status, 400, "the next one is answered");
}

#[test]
fn a_request_signed_twice_is_refused() {
    let text = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.";
    check(sigv4::Rejection::BothForms, ErrorCode::SignatureDoesNotMatch, text);
}
