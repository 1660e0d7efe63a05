//! Requests of containers, pods and instances, or of whoever else finds the address.

use local_sts::delivery::Delivery;
use local_sts::wire::RawRequest;
use proptest::prelude::*;

use super::{edited, edits, word};
use crate::support::{TestWorld, throw};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    roles:
      - name: worker
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: [ecs-tasks.amazonaws.com, ec2.amazonaws.com] }, Action: "sts:AssumeRole" }] }
      - name: pod
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: pods.eks.amazonaws.com }, Action: ["sts:AssumeRole", "sts:TagSession"] }] }
    instanceProfiles: [{ name: web, role: worker }]
delivery:
  container: [{ path: jobs/nightly, role: worker, token: let-me-in-let-me-in }]
  imds: { instanceProfile: web }
  eks: [{ role: pod, cluster: blue, namespace: shop, serviceAccount: till, token: pod-token-pod-token }]
"#;

#[test]
fn no_request_makes_the_delivery_stumble_or_give_without_the_token() {
    const PATHS: &[&str] = &[
        "/",
        "/creds/jobs/nightly",
        "/creds/worker",
        "/creds/arn:aws:iam::123456789012:role/worker",
        "/role/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fworker",
        "/v1/credentials",
        "/v2/credentials/00000000-0000-0000-0000-000000000000",
        "/latest/api/token",
        "/latest/meta-data/iam/security-credentials/",
        "/latest/meta-data/iam/security-credentials/worker",
        "/latest/meta-data/placement/region",
        "/latest/dynamic/instance-identity/document",
        "/latest//meta-data/../user-data",
    ];
    const HEADERS: &[&str] = &[
        "authorization",
        "x-aws-ec2-metadata-token",
        "x-aws-ec2-metadata-token-ttl-seconds",
        "x-forwarded-for",
        "host",
    ];
    const VALUES: &[&str] = &["let-me-in", "pod-token", "Bearer let-me-in", "60", "0", "21601", "-1", "169.254.170.2"];
    let method = prop::sample::select(vec!["GET", "GET", "GET", "PUT", "HEAD", "POST", "OPTIONS"]);
    let headers = prop::collection::vec((prop::sample::select(HEADERS), word(VALUES)), 0..4);
    let strategy = (method, prop::sample::select(PATHS), edits("[/%.:a-c0-9*]{0,4}"), headers);
    let scene = || (TestWorld::new(SEED), Delivery::default());
    let name = "credentials for containers and instances";
    throw(name, 400, strategy, scene, |(world, delivery), (method, path, edits, headers)| {
        let path = edited(path, &edits);
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let raw =
            RawRequest { method, path: &path, query: "", headers: &headers, body: b"", peer: None, secure: false };
        let answer = delivery.answer(world.service.world(), &raw);
        let text = String::from_utf8(answer.response.body).unwrap();
        prop_assert!(
            [200, 400, 401, 403, 404, 405].contains(&answer.response.status),
            "{raw:?}: {} {text}",
            answer.response.status
        );
        let given = text.contains("\"SecretAccessKey\"");
        let is_guarded = path.starts_with("/creds/jobs/nightly") || path.starts_with("/v1/credentials");
        prop_assert!(!(given && is_guarded), "nobody showed the token: {raw:?}");
        Ok(())
    });
}
