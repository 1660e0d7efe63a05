//! The instance that the metadata service speaks of. It does not exist; its account, its region and its role do.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html>

use std::sync::Arc;

use super::made_up::MadeUp;
use super::seconds;
use crate::access::ActingService;
use crate::api::World;
use crate::hex;
use crate::identities::{Identities, InstanceProfile, Role};
use crate::ids::names::RoleSessionName;
use crate::ids::{Partition, Region};
use crate::shape::Shape as _;
use crate::sts::by_service::ServiceWish;
use crate::time::Timestamp;

/// Who assumes roles for instances.
pub const SERVICE: &str = "ec2.amazonaws.com";

/// What the instance is.
pub struct Instance<'i> {
    /// Whose credentials it gets, if anybody's.
    pub role: Option<InstanceRole<'i>>,
    /// Whether a token has to be shown.
    pub v2_only: bool,
    account: String,
    region: &'static Region,
    made_up: MadeUp,
}

/// The role of an instance, in its profile.
pub struct InstanceRole<'i> {
    /// The role.
    pub role: &'i Arc<Role>,
    /// The ARN of the profile.
    pub profile_arn: String,
    /// Its unique id.
    pub profile_id: String,
    seconds: i32,
}

impl<'i> InstanceRole<'i> {
    fn in_profile(role: &'i Arc<Role>, profile: &InstanceProfile, seconds: i32) -> Self {
        Self { role, profile_arn: profile.arn.clone(), profile_id: profile.record.id.to_string(), seconds }
    }

    /// A role with the first profile that it is in. One that is in none gets one as the console would make it: of the
    /// role's own name (B-616).
    fn alone(role: &'i Arc<Role>, identities: &Identities, seconds: i32) -> Self {
        let (account, name) = (role.record.account, role.record.name.as_str());
        if let Some(profile) = identities.instance_profiles_of(account, name).next() {
            return Self::in_profile(role, profile, seconds);
        }
        let profile_arn = format!("arn:{}:iam::{account}:instance-profile/{name}", role.partition);
        let profile_id = format!("AIPA{}", role.id.as_str().get(4..).unwrap_or_default());
        Self { role, profile_arn, profile_id, seconds }
    }
}

impl<'i> Instance<'i> {
    /// The instance as the seed wants it; if it says nothing, with the first profile whose role lets EC2 in.
    pub fn of(world: &World, identities: &'i Identities) -> Self {
        let configured = identities.delivery().and_then(|delivery| delivery.imds.as_ref());
        let role = if let Some(imds) = configured {
            let seconds = seconds(imds.lifetime_seconds);
            let profile = imds.instance_profile.as_deref().and_then(|text| identities.instance_profile_meant(text));
            let role = imds.role.as_deref().and_then(|text| identities.role_meant(text));
            let alone = role.map(|role| InstanceRole::alone(role, identities, seconds));
            alone.or_else(|| in_profile(profile?, identities, seconds))
        } else {
            let profiles = identities.instance_profiles();
            let mut roles = profiles.filter_map(|profile| in_profile(profile, identities, seconds(None)));
            roles.find(|found| found.role.names_service(SERVICE))
        };
        let first = || identities.accounts().map(|account| account.id).min();
        let account = role.as_ref().map(|found| found.role.record.account).or_else(first);
        let account = account.map_or_else(|| "000000000000".to_owned(), |account| account.to_string());
        let made_up = MadeUp::of("instance", &[&account]);
        let (region, v2_only) = (world.regions.usual_endpoint().region, configured.is_some_and(|imds| imds.v2_only));
        Self { role, v2_only, account, region, made_up }
    }

    /// Its id.
    pub fn id(&self) -> String {
        format!("i-{}", self.made_up.digits(17))
    }

    /// The session that EC2 begins for it. AWS: named by the instance.
    pub fn wish(&self, found: &InstanceRole<'i>) -> Option<ServiceWish<'i>> {
        let service = ActingService { name: SERVICE, account: found.role.record.account, source_arn: None };
        let session_name = RoleSessionName::parse(&self.id()).ok()?;
        Some(ServiceWish { service, role: found.role, session_name, seconds: found.seconds, tags: Vec::new() })
    }

    fn address(&self) -> String {
        let byte = |at| self.made_up.byte(at);
        format!("10.{}.{}.{}", byte(20), byte(21), byte(22) | 1)
    }

    fn mac(&self) -> String {
        let digits: Vec<String> = (23..28).map(|at| hex::text(&[self.made_up.byte(at)])).collect();
        format!("02:{}", digits.join(":"))
    }

    fn made_up(&self, kind: &str) -> String {
        format!("{kind}-{}", MadeUp::of(kind, &[&self.account]).digits(17))
    }

    /// What stands at which path below `meta-data/`, but for the credentials.
    pub fn values(&self) -> Vec<(String, String)> {
        let (region, address, mac) = (self.region.name, self.address(), self.mac());
        let hostname = match region {
            "us-east-1" => format!("ip-{}.ec2.internal", address.replace('.', "-")),
            _ => format!("ip-{}.{region}.compute.internal", address.replace('.', "-")),
        };
        let domain = if self.region.partition == Partition::China { "amazonaws.com.cn" } else { "amazonaws.com" };
        let interface = |leaf: &str| format!("network/interfaces/macs/{mac}/{leaf}");
        let plain = |path: &str, value: &str| (path.to_owned(), value.to_owned());
        vec![
            ("ami-id".to_owned(), self.made_up("ami")),
            plain("ami-launch-index", "0"),
            plain("hostname", &hostname),
            plain("instance-action", "none"),
            ("instance-id".to_owned(), self.id()),
            plain("instance-life-cycle", "on-demand"),
            plain("instance-type", INSTANCE_TYPE),
            plain("local-hostname", &hostname),
            plain("local-ipv4", &address),
            plain("mac", &mac),
            (interface("device-number"), "0".to_owned()),
            (interface("interface-id"), self.made_up("eni")),
            (interface("local-hostname"), hostname.clone()),
            (interface("local-ipv4s"), address.clone()),
            (interface("mac"), mac.clone()),
            (interface("owner-id"), self.account.clone()),
            (interface("security-groups"), "default".to_owned()),
            (interface("subnet-id"), self.made_up("subnet")),
            (interface("vpc-id"), self.made_up("vpc")),
            ("placement/availability-zone".to_owned(), self.zone()),
            plain("placement/region", region),
            plain("profile", "default-hvm"),
            ("reservation-id".to_owned(), self.made_up("r")),
            plain("security-groups", "default"),
            plain("services/domain", domain),
            plain("services/partition", self.region.partition.as_str()),
        ]
    }

    fn zone(&self) -> String {
        format!("{}a", self.region.name)
    }

    /// The identity document; what is none stays unsaid as AWS has it.
    pub fn document(&self, now: Timestamp) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("accountId", Some(self.account.clone())),
            ("architecture", Some("x86_64".to_owned())),
            ("availabilityZone", Some(self.zone())),
            ("billingProducts", None),
            ("devpayProductCodes", None),
            ("marketplaceProductCodes", None),
            ("imageId", Some(self.made_up("ami"))),
            ("instanceId", Some(self.id())),
            ("instanceType", Some(INSTANCE_TYPE.to_owned())),
            ("kernelId", None),
            ("pendingTime", Some(now.iso().to_string())),
            ("privateIp", Some(self.address())),
            ("ramdiskId", None),
            ("region", Some(self.region.name.to_owned())),
            ("version", Some("2017-09-30".to_owned())),
        ]
    }
}

const INSTANCE_TYPE: &str = "t3.micro";

fn in_profile<'i>(profile: &'i InstanceProfile, identities: &'i Identities, seconds: i32) -> Option<InstanceRole<'i>> {
    let role = identities.role_by_name(profile.record.account, profile.record.role.as_ref()?.as_str())?;
    Some(InstanceRole::in_profile(role, profile, seconds))
}
