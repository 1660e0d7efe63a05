//! Credentials for the clients in a test.

use std::sync::Arc;

use crate::api::World;
use crate::identities::AccessKey;
use crate::ids::names::RoleSessionName;
use crate::journal::{Note, Surface};
use crate::server::issue;
use crate::service::Service;
use crate::shape::Shape as _;
use crate::sts::by_operator::{Whose, Wish, issue_for_role, issue_for_user};

/// Credentials as SDKs take them. Not even those of a test belong in a log.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("TestCredentials({access_key_id})")]
pub struct TestCredentials {
    /// Names the pair of keys.
    pub access_key_id: String,
    /// What signs.
    pub secret_access_key: String,
    /// What must accompany every request, of a session.
    pub session_token: Option<String>,
    /// The session's ARN.
    pub arn: Option<String>,
}

impl TestCredentials {
    /// A long-term key of the seed.
    pub(super) fn long_term(world: &World) -> Option<Self> {
        let snapshot = world.snapshot();
        let rank = |key: &&Arc<AccessKey>| (key.id.as_str() != "test", key.id.clone());
        let key = snapshot.identities.access_keys().filter(|key| key.record.active).min_by_key(rank)?;
        Some(Self {
            access_key_id: key.id.to_string(),
            secret_access_key: key.record.secret.expose().to_owned(),
            session_token: None,
            arn: None,
        })
    }

    /// A fresh session of a role, by name or ARN, or of a user by ARN.
    pub(super) fn issue(service: &Service, who: &str, seconds: i32) -> Result<Self, String> {
        let world = service.world();
        let identities = &world.snapshot().identities;
        let whose = Whose::role(identities, who).or_else(|| Whose::user(identities, who));
        let whose = whose.ok_or_else(|| format!("the seed has no role or user {who}"))?;
        let issued = match &whose {
            Whose::Role(role) => {
                let wish = Wish {
                    session_name: RoleSessionName::parse("test").map_err(|_| "a session needs a name".to_owned())?,
                    policy: None,
                    policy_arns: Vec::new(),
                    tags: std::collections::BTreeMap::new(),
                    transitive_tag_keys: Vec::new(),
                    source_identity: None,
                };
                issue_for_role(world, role, &wish, seconds.min(whose.most_seconds()))
            }
            Whose::User(_) | Whose::Root(_) => issue_for_user(world, &whose, seconds.min(whose.most_seconds())),
        };
        let issued =
            issued.map_err(|error| format!("{}: {}", error.code.as_str(), error.message.unwrap_or_default()))?;
        let kind = if matches!(whose, Whose::Role(_)) { "role" } else { "user" };
        let params = vec![(kind.into(), who.into())];
        issue::note(service, &issued, Note { params, ..Note::of(Surface::Admin, world.now(), 200) });
        let credentials = issued.credentials.in_the_clear();
        Ok(Self {
            access_key_id: credentials.access_key_id.to_owned(),
            secret_access_key: credentials.secret_access_key.to_owned(),
            session_token: Some(credentials.session_token.to_owned()),
            arn: Some(issued.arn),
        })
    }
}
