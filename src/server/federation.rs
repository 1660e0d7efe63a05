//! The companion's address for federation into the console, as `signin.aws.amazon.com/federation` is AWS's.

use super::companion::Companion;
use super::guard::check_form_type;
use super::reply::Reply;
use crate::sign_in::console;
use crate::wire::{Params, RawRequest, RawResponse};

/// Whether a path is this one.
pub fn is_ours(path: &str) -> bool {
    path == "/federation"
}

/// Answers a request there. The credentials that are sent are proof enough, so no token of the companion's is asked for.
pub fn answer(companion: &Companion, raw: &RawRequest<'_>) -> RawResponse {
    let admitted = match raw.method {
        // People come from any site; programs send nothing that a browser would.
        "GET" | "HEAD" => companion.guard.check_visit(raw),
        "POST" => companion.guard.check(raw).and_then(|()| check_form_type(raw)),
        _ => return Reply::wrong_method().render(),
    };
    if let Err(stranger) = admitted {
        return Reply::from(stranger).render();
    }
    match Params::new(raw.query.as_bytes(), raw.body) {
        Ok(params) => console::answer(companion.service.world(), &params),
        Err(_) => Reply::error(400, "an escape of the query or the form is broken").render(),
    }
}
