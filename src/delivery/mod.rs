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
pub use refusal::Refusal;

use crate::api::World;
use crate::api::world::Made;
use crate::secret::SHORTEST_TOKEN;
use crate::store::records::DeliveryToken;
use crate::wire::{RawRequest, RawResponse};

/// How long credentials last if nobody says: AWS's services ask for six hours.
const SECONDS: u32 = 6 * 3600;

/// What was delivered and is to be handed out again.
#[derive(Default)]
pub struct Delivery {
    held: Held,
}

/// An answer to an SDK, and what it comes to.
#[derive(Default)]
pub struct Delivered {
    /// The answer.
    pub response: RawResponse,
    /// Whose credentials were asked for, if there is such a role.
    pub role_arn: Option<String>,
    /// What may be known of the credentials in it.
    pub made: Option<Made>,
    /// Whether nobody had these before.
    pub are_new: bool,
    /// Why there are none: the code, and the text without what the client made up.
    pub refused: Option<(&'static str, String)>,
}

impl From<RawResponse> for Delivered {
    fn from(response: RawResponse) -> Self {
        Self { response, ..Self::default() }
    }
}

/// Whether somebody who shows no token, or one that can be guessed, gets credentials here.
pub fn is_open(world: &World) -> bool {
    let snapshot = world.snapshot();
    let delivery = snapshot.identities.delivery();
    let containers = delivery.map(|delivery| delivery.container.as_slice()).unwrap_or_default();
    let pods = delivery.map(|delivery| delivery.eks.as_slice()).unwrap_or_default();
    let asks = |token: Option<&DeliveryToken>| token.is_some_and(|token| token.0.has(SHORTEST_TOKEN));
    let all_ask = containers.iter().all(|it| asks(it.token.as_ref())) && pods.iter().all(|it| asks(it.token.as_ref()));
    // Where no container is listed, every role can be had that lets the service in.
    containers.is_empty() || !all_ask || instance::Instance::of(world, &snapshot.identities).role.is_some()
}

impl Delivery {
    /// Answers a request of an SDK.
    pub fn answer(&self, world: &World, raw: &RawRequest<'_>) -> Delivered {
        if metadata::is_ours(raw.path) {
            return metadata::answer(&self.held, world, raw);
        }
        let given = match raw.path {
            _ if !matches!(raw.method, "GET" | "HEAD") => Err(refusal::wrong_method()),
            pods::PATH => pods::credentials(&self.held, world, raw),
            _ => container::credentials(&self.held, world, raw),
        };
        given.map_or_else(Refusal::render, container::Handout::render)
    }
}

fn seconds(configured: Option<u32>) -> i32 {
    i32::try_from(configured.unwrap_or(SECONDS)).unwrap_or(i32::MAX)
}
