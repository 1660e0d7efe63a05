//! What browsers are told of every answer of the companion, beside what the answer says itself.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

/// ATTACK: whatever a browser is shown here is no script, no page of another type, in no frame, and kept nowhere.
const TOLD: [(HeaderName, HeaderValue); 5] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// The answer with these headers, but for those that it has already.
pub fn told(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    for (name, value) in TOLD {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    response
}
