//! The companion's issuers of tokens. Their documents are for everybody, so no guard stands before them.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};

use super::aws;
use crate::idp::documents;
use crate::service::Service;
use crate::wire::RawResponse;

/// Whether a path is one of an issuer.
pub fn is_ours(path: &str) -> bool {
    path.starts_with("/outbound/")
}

/// Answers a request at such a path.
pub async fn answer(request: &HttpRequest, service: &Arc<Service>) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return HttpResponse::MethodNotAllowed().finish();
    }
    let Some((issuer, document)) = documents::outbound(request.path()) else {
        return HttpResponse::NotFound().finish();
    };
    let service = Arc::clone(service);
    let made = web::block(move || documents::of_account(service.world(), issuer, document)).await;
    let response = made.unwrap_or_else(|_| Some(RawResponse::bare(StatusCode::SERVICE_UNAVAILABLE.as_u16())));
    aws::write(response.unwrap_or_else(|| RawResponse::bare(StatusCode::NOT_FOUND.as_u16())))
}
