//! The `delivery` of a seed: which roles containers, an instance and pods get the credentials of.

use super::document::{Account, Delivery, Document, Located};
use super::fault::{Faults, Seen, quoted};
use super::nearest::meant_or;
use super::page::Page;
use super::reader::{Form, Map, Reader};
use super::tree::Node;
use crate::ids::arn::name_in;
use crate::store::records::{self, ContainerDelivery, DeliveryToken, InstanceDelivery, PodDelivery};

static DELIVERY: Form = Form::of("the delivery", "container imds eks");
static CONTAINER: Form = Form::of_secrets("a container of the delivery", "path role lifetimeSeconds token");
static IMDS: Form = Form::of("the instance of the delivery", "role instanceProfile v2Only lifetimeSeconds");
static EKS: Form = Form::of_secrets(
    "a pod of the delivery",
    "role cluster namespace serviceAccount podName podUid lifetimeSeconds token",
);

/// AWS: the longest session of any role.
const LONGEST: u32 = 43_200;
/// botocore goes on with credentials of an instance that have ended, for as long: shorter lives cannot be seen to end.
const BOTOCORE_EXTENDS: u32 = 1_500;
const NAME: &str = "write 1 to 100 letters, digits and . _ -";
const ROLE: &str = "write the name of a role, or its ARN";

impl Reader<'_> {
    /// The delivery of one file.
    pub(super) fn delivery(&mut self, map: &Map) -> Option<Delivery> {
        let node = map.written("delivery")?;
        let map = self.map(node, &DELIVERY)?;
        let mut delivery = Delivery::default();
        let mut seen = Seen::new();
        for node in self.list(&map, "container") {
            let Some((container, role)) = self.container(node) else { continue };
            if let Some(first) = seen.before(container.path.clone(), &node.at) {
                let problem = format!("the path {} is delivered twice", quoted(&container.path));
                self.faults.push(&node.at, problem, format!("the first is on {}", first.seen_from(&node.at)));
            }
            delivery.record.container.push(container);
            delivery.roles.push(role);
        }
        if let Some(node) = map.written("imds") {
            self.instance(node, &mut delivery);
        }
        for node in self.list(&map, "eks") {
            let Some((pod, role)) = self.pod(node) else { continue };
            delivery.record.eks.push(pod);
            delivery.roles.push(role);
        }
        Some(delivery)
    }

    fn container(&mut self, node: &Node) -> Option<(ContainerDelivery, Located<String>)> {
        let map = self.map(node, &CONTAINER)?;
        let role = self.delivered_role(&map);
        let path = map.get("path").map_or_else(
            || role.as_ref().map(|role| name_in(&role.value).to_owned()),
            |node| self.delivered_path(node),
        );
        let (lifetime_seconds, token) = (self.lifetime(&map), self.delivery_token(&map));
        let role = role?;
        Some((ContainerDelivery { path: path?, role: role.value.clone(), lifetime_seconds, token }, role))
    }

    fn instance(&mut self, node: &Node, delivery: &mut Delivery) {
        let Some(map) = self.map(node, &IMDS) else { return };
        let role = map.get("role").and_then(|node| self.located(node, "role", ROLE));
        let wish = "write the name of an instance profile, or its ARN";
        let profile = map.get("instanceProfile").and_then(|node| self.located(node, "instance profile", wish));
        if role.is_some() == profile.is_some() {
            self.faults.push(&node.at, "the instance gets a role or an instance profile", "write one of the two");
        }
        let v2_only = self.switch(&map, "v2Only");
        let lifetime_seconds = self.lifetime(&map);
        if lifetime_seconds.is_some_and(|seconds| seconds < BOTOCORE_EXTENDS) {
            self.warnings.push(format!(
                "{}:{}: botocore goes on with credentials of an instance for up to 25 minutes after their end, without \
                 asking: to see short ones renewed, deliver them to a container",
                node.at.file, node.at.line
            ));
        }
        delivery.record.imds = Some(InstanceDelivery {
            role: role.as_ref().map(|role| role.value.clone()),
            instance_profile: profile.as_ref().map(|profile| profile.value.clone()),
            v2_only: v2_only.unwrap_or_default(),
            lifetime_seconds,
        });
        delivery.roles.extend(role);
        delivery.profile = profile;
    }

    fn pod(&mut self, node: &Node) -> Option<(PodDelivery, Located<String>)> {
        let map = self.map(node, &EKS)?;
        let role = self.delivered_role(&map);
        let mut name = |key: &'static str, usual: &str| match map.get(key) {
            None => usual.to_owned(),
            Some(node) => self.pod_name(node, key).unwrap_or_default(),
        };
        let (cluster, namespace) = (name("cluster", "local"), name("namespace", "default"));
        let service_account = name("serviceAccount", "default");
        let (pod_name, pod_uid) = (name("podName", &service_account), name("podUid", ""));
        let (lifetime_seconds, token) = (self.lifetime(&map), self.delivery_token(&map));
        let role = role?;
        let pod = PodDelivery {
            role: role.value.clone(),
            cluster,
            namespace,
            service_account,
            pod_name,
            pod_uid,
            lifetime_seconds,
            token,
        };
        Some((pod, role))
    }

    fn delivered_role(&mut self, map: &Map) -> Option<Located<String>> {
        let node = self.required(map, "role")?;
        self.located(node, "role", ROLE)
    }

    fn pod_name(&mut self, node: &Node, noun: &str) -> Option<String> {
        let Located { value, at } = self.located(node, noun, NAME)?;
        if value.len() > 100 || value.contains(['/', ':']) {
            self.unusable(&value, &at, noun, NAME);
        }
        Some(value)
    }

    fn located(&mut self, node: &Node, noun: &str, wish: &str) -> Option<Located<String>> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-:/".contains(&byte);
        let fits = |text: &str| (1..=2048).contains(&text.len()) && text.bytes().all(plain);
        let value = self.value(node, noun, wish, |text| fits(text).then(|| text.to_owned()))?;
        Some(Located { value, at: node.at.clone() })
    }

    fn delivered_path(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "path")?;
        let text = text.trim_matches('/');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
        if !(1..=128).contains(&text.len()) || !text.bytes().all(plain) {
            let advice = "write 1 to 128 letters, digits and . _ - /: it stands behind /creds/";
            self.unusable(text, &node.at, "path", advice);
            return None;
        }
        Some(text.to_owned())
    }

    fn lifetime(&mut self, map: &Map) -> Option<u32> {
        let node = map.get("lifetimeSeconds")?;
        let text = self.text(node, "number of seconds")?;
        let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds));
        if seconds.is_none() {
            let advice = format!("write a whole number from 1 to {LONGEST}");
            self.unusable(text, &node.at, "lifetime", &advice);
        }
        seconds
    }

    fn delivery_token(&mut self, map: &Map) -> Option<DeliveryToken> {
        let node = map.get("token")?;
        let wish = "a token has 1 to 4096 printable characters without blanks";
        let fits = |text: &str| (1..=4096).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        self.secret(node, "token", fits, wish).map(DeliveryToken)
    }
}

/// Whatever is delivered must be there, in the seed or before.
pub(super) fn check(document: &Document, present: &crate::identities::Identities, faults: &mut Faults) {
    let Some(delivery) = &document.delivery else { return };
    let roles = || document.accounts.iter().flat_map(|account| account.roles.iter().map(move |role| (account, role)));
    for Located { value, at } in &delivery.roles {
        let is_meant = |(account, role): (&Account, &super::document::Role)| {
            role.name.as_str().eq_ignore_ascii_case(value)
                || account.arn("role", &role.path, role.name.as_str()) == *value
        };
        if roles().any(is_meant) || present.role_meant(value).is_some() {
            continue;
        }
        let known = roles().map(|(_, role)| role.name.as_str());
        let advice = meant_or(value, known, "define it under `roles` of an account");
        faults.push(at, format!("there is no role {}", quoted(value)), advice);
    }
    if let Some(Located { value, at }) = &delivery.profile {
        let mut profiles = document.accounts.iter().flat_map(|account| &account.instance_profiles);
        let is_there = profiles.any(|profile| profile.name.as_str().eq_ignore_ascii_case(name_in(value)));
        if !is_there && present.instance_profile_meant(value).is_none() {
            let advice = "define it under `instanceProfiles` of an account";
            faults.push(at, format!("there is no instance profile {}", quoted(value)), advice);
        }
    }
}

/// Writes it as it is read.
pub(super) fn export(page: &mut Page, delivery: &records::Delivery) {
    let lifetime = |page: &mut Page, seconds: Option<u32>| {
        if let Some(seconds) = seconds {
            page.word("lifetimeSeconds", seconds);
        }
    };
    page.map("delivery", |page| {
        page.things("container", &delivery.container, |page, container| {
            page.text("path", &container.path);
            page.text("role", &container.role);
            lifetime(page, container.lifetime_seconds);
            super::export::delivery_token(page, container.token.as_ref());
        });
        if let Some(imds) = &delivery.imds {
            page.map("imds", |page| {
                page.optional("role", imds.role.as_deref());
                page.optional("instanceProfile", imds.instance_profile.as_deref());
                page.word("v2Only", imds.v2_only);
                lifetime(page, imds.lifetime_seconds);
            });
        }
        page.things("eks", &delivery.eks, |page, pod| {
            page.text("role", &pod.role);
            page.text("cluster", &pod.cluster);
            page.text("namespace", &pod.namespace);
            page.text("serviceAccount", &pod.service_account);
            page.text("podName", &pod.pod_name);
            page.optional("podUid", Some(pod.pod_uid.as_str()).filter(|uid| !uid.is_empty()));
            lifetime(page, pod.lifetime_seconds);
            super::export::delivery_token(page, pod.token.as_ref());
        });
    });
}
