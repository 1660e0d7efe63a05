//! Credentials as SDKs fetch them where they run on AWS: from the agent of a container, an instance or a pod.
//!
//! `container` and `pods` answer by one URL for each role, `metadata` as the metadata service of an instance. Whoever may
//! connect may have the credentials, as on AWS; what each role's trust policy says of the service behind it is enforced.

mod container;
mod held;
mod instance;
mod made_up;
mod metadata;
mod pods;
mod refusal;

pub use container::{Offer, offers};
use held::Held;
pub use metadata::is_ours as is_metadata;

use crate::api::World;
use crate::wire::{RawRequest, RawResponse};

/// How long credentials last if nobody says: AWS's services ask for six hours.
const SECONDS: u32 = 6 * 3600;

/// What was delivered and is to be handed out again.
#[derive(Default)]
pub struct Delivery {
    held: Held,
}

impl Delivery {
    /// Answers a request of an SDK.
    pub fn answer(&self, world: &World, raw: &RawRequest<'_>) -> RawResponse {
        if metadata::is_ours(raw.path) {
            return metadata::answer(&self.held, world, raw);
        }
        let given = match raw.path {
            _ if !matches!(raw.method, "GET" | "HEAD") => Err(refusal::wrong_method()),
            pods::PATH => pods::credentials(&self.held, world, raw),
            _ => container::credentials(&self.held, world, raw),
        };
        given.map_or_else(refusal::Refusal::render, |given| given.render())
    }
}

fn seconds(configured: Option<u32>) -> i32 {
    i32::try_from(configured.unwrap_or(SECONDS)).unwrap_or(i32::MAX)
}
