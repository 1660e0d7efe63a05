//! What Prometheus reads of us: open to whoever may see whether we are ready.

use actix_http::Request;
use actix_web::HttpResponse;

use super::aws;
use super::companion::Companion;
use super::reply::Reply;
use crate::metrics::Beside;
use crate::wire::RawResponse;

/// Whether a path is that of metrics.
pub fn is_ours(path: &str) -> bool {
    path == "/metrics"
}

/// Answers a request there.
pub fn answer(request: &Request, companion: &Companion) -> HttpResponse {
    let admitted = aws::with_raw(request, b"", |raw| companion.guard.check(raw));
    if let Err(stranger) = admitted {
        return aws::write(Reply::from(stranger).render());
    }
    if !matches!(request.method().as_str(), "GET" | "HEAD") {
        return aws::write(Reply::wrong_method().render());
    }
    let service = &companion.service;
    let beside = Beside { journal: service.journal().size(), faults: service.world().faults.standing() };
    let headers = vec![("Content-Type", "text/plain; version=0.0.4; charset=utf-8".into())];
    aws::write(RawResponse { status: 200, headers, body: service.metrics().render(&beside).into_bytes() })
}
