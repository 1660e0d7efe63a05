//! Credentials of pods, as the agent of EKS Pod Identity hands them out. What tells pods apart becomes tags of the session.
//!
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html>

use super::container::{Handout, is_shown};
use super::held::Held;
use super::made_up::MadeUp;
use super::refusal::{Refusal, not_assumed};
use super::seconds;
use crate::access::ActingService;
use crate::api::World;
use crate::identities::Role;
use crate::ids::names::RoleSessionName;
use crate::ids::tags::{Tag, TagKey, TagValue};
use crate::shape::Shape as _;
use crate::store::records::PodDelivery;
use crate::sts::by_service::ServiceWish;
use crate::wire::RawRequest;

/// Where SDKs ask.
pub const PATH: &str = "/v1/credentials";
/// Who assumes roles for pods.
const SERVICE: &str = "pods.eks.amazonaws.com";

/// The credentials of the pod whose token is shown.
pub fn credentials(held: &Held, world: &World, raw: &RawRequest<'_>) -> Result<Handout, Refusal> {
    let snapshot = world.snapshot();
    let pods = snapshot.identities.delivery().map(|delivery| &*delivery.eks).unwrap_or_default();
    if pods.is_empty() {
        let message = "no pod gets credentials: add `delivery: { eks: [{ role: NAME }] }` to the seed";
        return Err(Refusal::new(404, "NoCredentialsAssociated", message));
    }
    if raw.header("authorization").is_none_or(str::is_empty) {
        let message = "show the token of the service account as Authorization: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE \
                       names its file";
        return Err(Refusal::new(400, "InvalidParameterException", message));
    }
    let by_token = pods.iter().find(|pod| pod.token.as_ref().is_some_and(|token| is_shown(raw, &token.0)));
    let pod = by_token.or_else(|| pods.iter().find(|pod| pod.token.is_none()));
    let pod = pod.ok_or_else(|| Refusal::new(401, "InvalidTokenException", "no pod of the seed has this token"))?;
    let missing = || Refusal::new(404, "ResourceNotFoundException", format!("there is no role {}", pod.role));
    let role = snapshot.identities.role_meant(&pod.role).ok_or_else(missing)?;
    let region = world.regions.usual_endpoint().region.name;
    let session = Session::of(pod, role, region);
    let unfit = || Refusal::new(500, "InternalServerException", "the pod has a name that no tag can have");
    let service =
        ActingService { name: SERVICE, account: role.record.account, source_arn: Some(session.cluster_arn.clone()) };
    let session_name = RoleSessionName::parse(&session.name).map_err(|_| unfit())?;
    let tags = session
        .tags
        .iter()
        .map(|(key, value)| Some(Tag { key: TagKey::parse(key).ok()?, value: TagValue::parse(value).ok()? }));
    let tags: Option<Vec<Tag>> = tags.collect();
    let wish = ServiceWish {
        service,
        role,
        session_name,
        seconds: seconds(pod.lifetime_seconds),
        tags: tags.ok_or_else(unfit)?,
    };
    let given = held.credentials(world, &wish);
    let given = given.map_err(|why| not_assumed(why, &role.arn, SERVICE, &["sts:AssumeRole", "sts:TagSession"]))?;
    Ok(Handout { given, role_arn: role.arn.clone(), account: role.record.account })
}

/// How the session of a pod is named and tagged.
struct Session<'p> {
    name: String,
    cluster_arn: String,
    tags: Vec<(&'static str, std::borrow::Cow<'p, str>)>,
}

impl<'p> Session<'p> {
    fn of(pod: &'p PodDelivery, role: &Role, region: &str) -> Self {
        let PodDelivery { cluster, namespace, service_account, pod_name, pod_uid, .. } = pod;
        let made_up = MadeUp::of("pod", &[&role.arn, cluster, namespace, service_account, pod_name]);
        let uid = if pod_uid.is_empty() { made_up.uuid() } else { pod_uid.clone() };
        let cluster_arn = format!("arn:{}:eks:{region}:{}:cluster/{cluster}", role.partition, role.record.account);
        // AWS: `eks-{cluster}-{pod}-{uuid}`, of which the names give way to the 64 characters that there are (B-614).
        let short = |name: &str| name.chars().take(11).collect::<String>();
        let name = format!("eks-{}-{}-{}", short(cluster), short(pod_name), made_up.uuid());
        let tags = vec![
            ("eks-cluster-arn", cluster_arn.clone().into()),
            ("eks-cluster-name", cluster.into()),
            ("kubernetes-namespace", namespace.into()),
            ("kubernetes-service-account", service_account.into()),
            ("kubernetes-pod-name", pod_name.into()),
            ("kubernetes-pod-uid", uid.into()),
        ];
        Self { name, cluster_arn, tags }
    }
}
