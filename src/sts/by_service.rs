//! Roles that a service of AWS's assumes for its customer, to hand the credentials to a container, an instance or a pod.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html>

use std::sync::Arc;

use super::credentials::Credentials;
use super::issue::OneTime;
use super::role_sessions::RoleSession;
use super::roles::known_role;
use super::session_tags::{RequestTag, tags_of_session};
use crate::access::{ActingService, Judge, RequestFacts};
use crate::api::world::Made;
use crate::api::{ApiError, World, without_call};
use crate::identities::Role;
use crate::ids::names::RoleSessionName;
use crate::ids::tags::Tag;
use crate::sessions::Carried;

/// A session of a role as a service wants it.
pub struct ServiceWish<'w> {
    /// The service.
    pub service: ActingService,
    /// The role.
    pub role: &'w Arc<Role>,
    /// Which of the role's sessions.
    pub session_name: RoleSessionName,
    /// How long it shall last. AWS: the role's maximum does not bind services.
    pub seconds: i32,
    /// Its tags, all of which sessions begun from it have too.
    pub tags: Vec<Tag>,
}

/// Why a service does not get a role.
#[derive(Debug, derive_more::From)]
pub enum NotAssumed {
    /// The role is not known where the service is.
    Unknown(String),
    /// The role does not let the service do this.
    Untrusting {
        /// `sts:TagSession`
        action: &'static str,
        /// What its trust policy says instead.
        reason: String,
    },
    /// AWS refuses such a session, whoever asks.
    #[from(ApiError)]
    Refused(Box<ApiError>),
}

/// Assumes the role, if its trust policy lets the service. With the credentials comes what the journal may know of them.
pub fn assume_for_service(world: &World, wish: &ServiceWish<'_>) -> Result<(Credentials, Option<Made>), NotAssumed> {
    let endpoint = world.regions.usual_endpoint();
    without_call(world, |changes, view| {
        let role = known_role(&wish.role.arn, endpoint, view).map_err(NotAssumed::Unknown)?;
        let tag = |tag: &Tag| RequestTag { key: tag.key.clone(), value: tag.value.clone() };
        let tags: Vec<RequestTag> = wish.tags.iter().map(tag).collect();
        let keys: Vec<_> = wish.tags.iter().map(|tag| tag.key.clone()).collect();
        let carried = Carried { tags: tags_of_session(&tags, &keys, None)?, ..Carried::default() };
        let session = RoleSession::new(role, &wish.session_name, None, carried, None, endpoint);
        // The service calls by AWS's own network, over TLS.
        let facts = RequestFacts::forwarded(&[], endpoint.region.name, None, true, view.moment);
        let untrusting = |action, reason| NotAssumed::Untrusting { action, reason };
        let judge = Judge::of_service(&wish.service, &facts, &view.snapshot.identities)
            .map_err(|denial| untrusting("sts:AssumeRole", denial.reason))?;
        for question in session.questions(None, "sts:AssumeRole", session.context(&tags)) {
            judge.decide(&question).map_err(|denial| untrusting(question.action, denial.reason))?;
        }
        let assumed = session.issue(wish.seconds, OneTime::Nothing, changes, view)?;
        Ok((assumed.issued.credentials, changes.made.take()))
    })
}
