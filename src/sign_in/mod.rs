//! AWS's sign-in address: takes the Responses that browsers bring from identity providers, shows the roles that they
//! open, and opens one of them.
//!
//! `roles` proves a Response as AssumeRoleWithSAML does, `exchange` has the operation itself hand out the credentials,
//! `page` shows both in the shape in which login tools look for them.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-saml.html>

pub mod console;
mod exchange;
mod page;
mod roles;

use std::net::IpAddr;

pub use page::{nothing_posted, stumbled};

use crate::api::ApiError;
use crate::api::errors::unmet_saml_demands;
use crate::api::pipeline::Disturbance;
use crate::federation::saml::attributes::Unmet;
use crate::ids::names::SamlAssertionText;
use crate::journal::note::{Header, Note, Outcome, Refusal, Surface};
use crate::metrics::Call;
use crate::service::{Answered, Service};
use crate::shape::Shape as _;
use crate::wire::{Params, RawResponse};

/// A form that somebody posted here.
pub struct Posted {
    /// The form.
    pub form: Vec<u8>,
    /// Where it was posted to: the sign-in's own address.
    pub address: String,
    /// The provider whose own address that is.
    pub provider_id: Option<String>,
    /// The headers that policies may ask about, and the name that the caller has for this place.
    pub headers: Vec<(&'static str, Vec<u8>)>,
    /// Who connected.
    pub peer: Option<IpAddr>,
}

/// Whether a form chooses a role, and so wants credentials.
pub fn chooses(form: &[u8]) -> bool {
    Params::new(b"", form).is_ok_and(|form| form.get(ROLE).is_some())
}

/// What tools and browsers call the role that is chosen.
const ROLE: &str = "roleIndex";
const RESPONSE: &str = "SAMLResponse";
const RELAY_STATE: &str = "RelayState";

/// Answers such a form with a page. Looks at every provider, so it may take its time: not for an async worker.
pub fn answer(service: &Service, posted: &Posted) -> Answered {
    match lead_on(service, posted) {
        Ok(answered) => {
            note(service, posted, answered.response.status, None);
            answered
        }
        Err(error) => {
            note(service, posted, error.code.status(), Some(&error));
            refused(&error)
        }
    }
}

fn lead_on(service: &Service, posted: &Posted) -> Result<Answered, ApiError> {
    let Ok(form) = Params::new(b"", &posted.form) else { return Ok(done(nothing_posted().render())) };
    let Some(response) = form.get(RESPONSE).filter(|response| !response.is_empty()) else {
        return Ok(done(nothing_posted().render()));
    };
    if SamlAssertionText::parse(&response).is_err() {
        return Ok(done(page::wrong_length().render()));
    }
    let relay_state = form.get(RELAY_STATE).unwrap_or_default();
    let choices = roles::opened_by(service.world(), &response, posted.provider_id.as_deref())?;
    let Some(chosen) = form.get(ROLE) else {
        return Ok(done(page::roles(&posted.address, &response, &relay_state, &choices).render()));
    };
    let choice = choices.iter().find(|choice| choice.role == chosen);
    let choice = choice.ok_or_else(|| unmet_saml_demands(Unmet::OtherRoles))?;
    Ok(exchange::credentials(service, posted, &response, &relay_state, choice))
}

/// Tells the journal what came of a form. The operation that opens a role writes for itself.
fn note(service: &Service, posted: &Posted, status: u16, error: Option<&ApiError>) {
    let action = if chooses(&posted.form) { "sign-in" } else { "choose-role" };
    let (surface, outcome) = (Surface::SignIn, Outcome::of_status(status));
    service.metrics().count(Call { surface, action, outcome }, error.map(|error| error.code.as_str()), false);
    let header = |wanted: &str| {
        let found = posted.headers.iter().find(|(name, _)| *name == wanted);
        found.map_or_else(Header::default, |(_, value)| Header::owned(value))
    };
    service.journal().write(&Note {
        action: action.into(),
        source_ip: posted.peer,
        user_agent: header("user-agent"),
        host: header("host"),
        error: error.map(|error| Refusal::new(error.code.as_str(), error.message.as_deref(), error.cause.as_deref())),
        ..Note::of(surface, service.world().now(), status)
    });
}

fn done(response: RawResponse) -> Answered {
    Answered { response, pending: None, disturbance: Disturbance::default() }
}

/// What is refused here never reaches the operation, so the log hears of it from here.
fn refused(error: &ApiError) -> Answered {
    let (code, cause) = (error.code.as_str(), error.cause.as_deref().unwrap_or("-"));
    tracing::info!(code, because = cause, "refused a Response at the sign-in");
    done(page::refusal(error.code.status(), code, error.message.as_deref()).render())
}
