//! What is delivered to whom, as it is stored.

use serde::{Deserialize, Serialize};

use super::stored;
use crate::secret::Secret;

/// Which roles containers, an instance and pods get the credentials of. Roles are named or given by ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Containers.
    pub container: Vec<ContainerDelivery>,
    /// The instance.
    pub imds: Option<InstanceDelivery>,
    /// Pods.
    pub eks: Vec<PodDelivery>,
}

/// What one container gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerDelivery {
    /// What stands behind `/creds/`.
    pub path: String,
    /// Whose credentials.
    pub role: String,
    /// How long they last.
    pub lifetime_seconds: Option<u32>,
    /// What has to be shown.
    pub token: Option<DeliveryToken>,
}

/// What the instance gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceDelivery {
    /// Whose credentials.
    pub role: Option<String>,
    /// The instance profile with that role, by name or ARN.
    pub instance_profile: Option<String>,
    /// Whether a token of version 2 has to be shown.
    pub v2_only: bool,
    /// How long credentials last.
    pub lifetime_seconds: Option<u32>,
}

/// What a pod gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodDelivery {
    /// Whose credentials.
    pub role: String,
    /// Its cluster.
    pub cluster: String,
    /// Its namespace.
    pub namespace: String,
    /// Its service account.
    pub service_account: String,
    /// Its name.
    pub pod_name: String,
    /// Its unique id.
    pub pod_uid: String,
    /// How long credentials last.
    pub lifetime_seconds: Option<u32>,
    /// What has to be shown; if nothing is written, anything will do.
    pub token: Option<DeliveryToken>,
}

/// What has to be shown to be given credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryToken(#[serde(with = "stored")] pub Secret<String>);
