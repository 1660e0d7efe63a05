//! Credentials as SDKs fetch them: what containers, pods and instances get, what they are refused, and when it changes.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use local_sts::delivery::{Delivery, offers};
use local_sts::wire::{RawRequest, RawResponse};
use serde_json::Value;

use crate::http::{Running, companion};
use crate::store::Scratch;
use crate::support::{Keys, TestWorld, identify};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users: [{ name: alice, accessKeys: [{ id: AKIAALICE, secret: s }] }]
    roles:
      - name: worker
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: [ecs-tasks.amazonaws.com, ec2.amazonaws.com] }, Action: "sts:AssumeRole" }] }
      - name: pod
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: pods.eks.amazonaws.com }, Action: ["sts:AssumeRole", "sts:TagSession"] }] }
      - name: untagged
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: pods.eks.amazonaws.com }, Action: "sts:AssumeRole" }] }
      - name: persons
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "sts:AssumeRole" }] }
      - name: guarded
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { Service: ecs-tasks.amazonaws.com }
              Action: "sts:AssumeRole"
              Condition: { StringEquals: { "aws:SourceAccount": "123456789012" }, ArnLike: { "aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*" } }
      - name: others
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { Service: ecs-tasks.amazonaws.com }
              Action: "sts:AssumeRole"
              Condition: { StringEquals: { "aws:SourceAccount": "999999999999" } }
    instanceProfiles: [{ name: web, role: worker }]
"#;

const SECTION: &str = r#"
delivery:
  container:
    - { path: jobs/nightly, role: worker, lifetimeSeconds: 60, token: let-me-in }
    - { role: "arn:aws:iam::123456789012:role/guarded" }
  imds: { instanceProfile: web, v2Only: true, lifetimeSeconds: 3600 }
  eks:
    - { role: pod, cluster: blue, namespace: shop, serviceAccount: till, podName: till-7, podUid: u-1, token: pod-token }
    - { role: untagged, token: other-token }
"#;

struct Agent {
    world: TestWorld,
    delivery: Delivery,
}

impl Agent {
    fn new(section: &str) -> Self {
        Self { world: TestWorld::new(&format!("{SEED}{section}")), delivery: Delivery::default() }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> RawResponse {
        let host = [("host", "169.254.170.2")];
        let headers: Vec<(&str, &[u8])> =
            host.iter().chain(headers).map(|(name, value)| (*name, value.as_bytes())).collect();
        let raw = RawRequest { method, path, query: "", headers: &headers, body: b"", peer: None, secure: false };
        self.delivery.answer(self.world.service.world(), &raw).response
    }

    #[track_caller]
    fn credentials(&self, path: &str, headers: &[(&str, &str)]) -> Value {
        let answer = self.ask("GET", path, headers);
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }

    #[track_caller]
    fn check_refused(&self, path: &str, headers: &[(&str, &str)], status: u16, code: &str, says: &str) {
        let answer = self.ask("GET", path, headers);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, &body["code"]), (status, &Value::from(code)), "{path}: {body}");
        assert!(body["message"].as_str().unwrap().contains(says), "{path}: {body}");
        assert!(!(300..400).contains(&answer.status));
    }

    fn text(&self, path: &str) -> String {
        let answer = self.ask("GET", path, &[]);
        assert_eq!(answer.status, 200, "{path}");
        String::from_utf8(answer.body).unwrap()
    }

    /// A metadata token for so many seconds.
    fn token(&self, seconds: i64) -> String {
        self.token_at(TOKEN, seconds)
    }

    fn token_at(&self, path: &str, seconds: i64) -> String {
        let seconds = seconds.to_string();
        let answer = self.ask("PUT", path, &[(TTL, &seconds)]);
        assert_eq!((answer.status, answer.header(TTL)), (200, Some(&*seconds)));
        String::from_utf8(answer.body).unwrap()
    }

    /// Who these credentials are.
    fn arn(&self, given: &Value) -> String {
        let answer = identify(&keys(given)).send(&self.world);
        answer.text("Arn").unwrap_or_else(|| panic!("{}", answer.body()))
    }
}

const TOKEN: &str = "/latest/api/token";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";

fn keys(given: &Value) -> Keys {
    let text = |name: &str| given[name].as_str().unwrap().to_owned();
    Keys { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("Token")) }
}

#[test]
fn without_a_section_containers_get_every_role_that_lets_their_service_in() {
    let agent = Agent::new("");
    let arn = "arn:aws:iam::123456789012:role/worker";
    let given = agent.credentials("/creds/worker", &[]);
    assert_eq!((given["RoleArn"].as_str(), given["AccountId"].as_str()), (Some(arn), Some("123456789012")));
    assert_eq!(given["Expiration"], "2026-01-15T18:00:00Z", "six hours, though the role's maximum is one (B-613)");
    assert!(agent.arn(&given).starts_with("arn:aws:sts::123456789012:assumed-role/worker/"), "{}", agent.arn(&given));
    let task = agent.arn(&given).rsplit('/').next().unwrap().to_owned();
    assert!(task.len() == 32 && task.bytes().all(|byte| byte.is_ascii_hexdigit()), "named by a task's id: {task}");
    let offered = offers(&agent.world.snapshot().identities);
    let paths: Vec<&str> = offered.iter().map(|offer| offer.path.as_str()).collect();
    assert_eq!(paths, ["guarded", "others", "worker"]);
    for path in [
        "/role/worker",
        &format!("/role-arn/{arn}"),
        "/role-arn/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fworker",
        &format!("/v2/credentials/{}", offered[2].id),
    ] {
        assert_eq!(agent.credentials(path, &[]), given, "{path}");
    }
    agent.credentials("/creds/guarded", &[]);
}

#[test]
fn what_is_offered_is_what_is_given_though_two_roles_have_one_name() {
    let role = |name: &str| {
        format!(
            "{{ name: {name}, trust: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: sts:AssumeRole, \
             Principal: {{ Service: ecs-tasks.amazonaws.com }} }}] }} }}"
        )
    };
    let account = |id: u8, name: &str| format!("{{ id: \"{}\", roles: [{}] }}", id.to_string().repeat(12), role(name));
    let seed = format!("accounts: [{}, {}]", account(1, "App"), account(2, "app"));
    let agent = Agent { world: TestWorld::new(&seed), delivery: Delivery::default() };
    let offered = offers(&agent.world.snapshot().identities);
    assert_eq!(offered.len(), 2);
    for offer in offered {
        for path in [format!("/creds/{}", offer.path), format!("/v2/credentials/{}", offer.id)] {
            assert_eq!(agent.credentials(&path, &[])["RoleArn"], offer.role_arn, "{path}");
        }
    }
}

#[test]
fn a_role_that_does_not_trust_the_service_is_refused_and_the_answer_says_what_it_lacks() {
    let agent = Agent::new("");
    let lacks = r#"{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"}}"#;
    agent.check_refused("/creds/persons", &[], 403, "AccessDenied", lacks);
    agent.check_refused("/creds/persons", &[], 403, "AccessDenied", "statement 1 of role/persons/trust names other");
    let demands = "demands StringEquals aws:SourceAccount [\"999999999999\"], and the request has [\"123456789012\"]";
    agent.check_refused("/creds/others", &[], 403, "AccessDenied", demands);
    agent.check_refused("/creds/nobody", &[], 404, "NoCredentialsAssociated", "there is no role nobody");
    agent.check_refused("/v2/credentials/x", &[], 404, "InvalidIdInRequest", "no credentials");
    agent.check_refused("/creds/", &[], 400, "NoIdInRequest", "no role");
    agent.check_refused("/elsewhere", &[], 404, "NotFound", "/creds/ROLE");
    agent.check_refused("/v1/credentials", &[("authorization", "x")], 404, "NoCredentialsAssociated", "eks");
    let answer = agent.ask("POST", "/creds/worker", &[]);
    assert_eq!(answer.status, 405);
}

/// AWS: the policy by which an organization keeps services from acting for strangers.
#[test]
fn an_organization_knows_for_whom_a_service_acts() {
    let organized = |ours: &str| {
        let others = "{ StringNotEqualsIfExists: { \"aws:SourceOrgID\": OURS }, \"ForAllValues:StringNotLike\": { \"aws:SourceOrgPaths\": \"OURS/*\" }, \"Null\": { \"aws:SourceAccount\": \"false\" }, Bool: { \"aws:PrincipalIsAWSService\": \"true\" } }";
        let others = others.replace("OURS", ours);
        format!(
            r#"
organizations:
  - id: o-testcompany
    managementAccount: "111111111111"
    memberAccounts: ["123456789012"]
    resourceControlPolicies:
      - id: p-deputies
        attachedTo: [root]
        document: {{ Version: "2012-10-17", Statement: [{{ Effect: Deny, Principal: "*", Action: "sts:*", Resource: "*", Condition: {others} }}] }}
"#
        )
    };
    let with = |ours: &str| {
        let seed = SEED.replace("accounts:\n", "accounts:\n  - { id: \"111111111111\" }\n");
        Agent { world: TestWorld::new(&format!("{seed}{}", organized(ours))), delivery: Delivery::default() }
    };
    with("o-testcompany").credentials("/creds/worker", &[]);
    with("o-another").check_refused("/creds/worker", &[], 403, "AccessDenied", "p-deputies");
}

#[test]
fn a_section_says_who_gets_what_for_which_token() {
    let agent = Agent::new(SECTION);
    let shown = [("authorization", "let-me-in")];
    let given = agent.credentials("/creds/jobs/nightly", &shown);
    assert_eq!(given["Expiration"], "2026-01-15T12:01:00Z");
    for path in ["/role/worker", "/role-arn/arn:aws:iam::123456789012:role/worker"] {
        assert_eq!(agent.credentials(path, &shown), given, "{path}");
    }
    for wrong in ["", "let-me-i", "let-me-in ", "Bearer let-me-in", "Let-me-in"] {
        let headers = [("authorization", wrong)];
        agent.check_refused("/creds/jobs/nightly", &headers, 401, "InvalidAuthorizationToken", "Authorization");
    }
    agent.check_refused("/creds/jobs/nightly", &[], 401, "InvalidAuthorizationToken", "Authorization");
    agent.credentials("/creds/guarded", &[]);
    agent.check_refused("/creds/worker", &shown, 404, "NoCredentialsAssociated", "no container for worker");
    agent.check_refused("/creds/others", &[], 404, "NoCredentialsAssociated", "no container for others");
}

#[test]
fn the_same_credentials_are_handed_out_until_they_near_their_end() {
    let agent = Agent::new(SECTION);
    let shown = [("authorization", "let-me-in")];
    let ask = || agent.credentials("/creds/jobs/nightly", &shown);
    let first = ask();
    agent.world.wait(44);
    assert_eq!(ask(), first, "B-612");
    agent.world.wait(1);
    let second = ask();
    assert_ne!(second["AccessKeyId"], first["AccessKeyId"]);
    assert_eq!(second["Expiration"], "2026-01-15T12:01:45Z");
    let is_alive = |given: &Value| identify(&keys(given)).send(&agent.world).status() == 200;
    agent.world.wait(14);
    assert!(is_alive(&first), "the old key lives to its own end");
    agent.world.wait(1);
    assert!(!is_alive(&first) && is_alive(&second));
}

#[test]
fn six_hours_are_renewed_a_quarter_of_an_hour_before_their_end() {
    let agent = Agent::new("");
    let first = agent.credentials("/creds/worker", &[]);
    agent.world.wait(6 * 3600 - 901);
    assert_eq!(agent.credentials("/creds/worker", &[]), first);
    agent.world.wait(1);
    assert_ne!(agent.credentials("/creds/worker", &[]), first);
}

#[test]
fn what_was_revoked_or_reset_is_not_handed_out_again() {
    let agent = Agent::new("");
    let first = agent.credentials("/creds/worker", &[]);
    let world = agent.world.service.world();
    let id = world.snapshot().identities.role_meant("worker").unwrap().id.clone();
    agent.world.revoke_all_of(local_sts::sessions::Issuer::Principal(&id));
    let second = agent.credentials("/creds/worker", &[]);
    assert_ne!(second, first);
    let token = agent.token(60);
    assert_eq!(agent.ask("GET", "/latest/", &[(SHOWN, &token)]).status, 200);
    local_sts::api::baseline::reset(world).unwrap().wait().unwrap();
    assert_ne!(agent.credentials("/creds/worker", &[]), second);
    assert_eq!(agent.ask("GET", "/latest/", &[(SHOWN, &token)]).status, 401);
}

#[test]
fn a_pod_is_told_by_its_token_and_its_session_by_tags() {
    let agent = Agent::new(SECTION);
    let given = agent.credentials("/v1/credentials", &[("authorization", "pod-token")]);
    assert_eq!(given["RoleArn"], "arn:aws:iam::123456789012:role/pod");
    let arn = agent.arn(&given);
    let name = arn.rsplit('/').next().unwrap();
    assert!(name.starts_with("eks-blue-till-7-") && name.len() <= 64, "B-614: {name}");
    let opened = keys(&given).opened(&agent.world);
    let tags: Vec<String> = opened
        .session()
        .carried
        .tags
        .iter()
        .map(|tag| format!("{}={} {}", tag.tag.key, tag.tag.value, tag.transitive))
        .collect();
    let expect = [
        "eks-cluster-arn=arn:aws:eks:us-east-1:123456789012:cluster/blue true",
        "eks-cluster-name=blue true",
        "kubernetes-namespace=shop true",
        "kubernetes-service-account=till true",
        "kubernetes-pod-name=till-7 true",
        "kubernetes-pod-uid=u-1 true",
    ];
    assert_eq!(tags, expect);
    let needs = r#""Action":["sts:AssumeRole","sts:TagSession"]"#;
    agent.check_refused("/v1/credentials", &[("authorization", "other-token")], 403, "AccessDenied", needs);
    agent.check_refused("/v1/credentials", &[("authorization", "x")], 401, "InvalidTokenException", "token");
    agent.check_refused("/v1/credentials", &[], 400, "InvalidParameterException", "Authorization");
}

const SHOWN: &str = "x-aws-ec2-metadata-token";

#[test]
fn tokens_of_the_metadata_service_have_their_rules() {
    let agent = Agent::new(SECTION);
    for (headers, status) in [
        (&[(TTL, "21600")][..], 200),
        (&[(TTL, "1")], 200),
        (&[], 400),
        (&[(TTL, "0")], 400),
        (&[(TTL, "21601")], 400),
        (&[(TTL, "-1")], 400),
        (&[(TTL, "soon")], 400),
        (&[(TTL, "60"), ("x-forwarded-for", "10.0.0.1")], 403),
        (&[("x-forwarded-for", "")], 403),
    ] {
        assert_eq!(agent.ask("PUT", TOKEN, headers).status, status, "{headers:?}");
    }
    let answer = agent.ask("GET", TOKEN, &[]);
    assert_eq!((answer.status, answer.header("allow")), (405, Some("OPTIONS, PUT")));
    let token = agent.token(60);
    let ask = |token: &str| agent.ask("GET", "/latest/meta-data/instance-id", &[(SHOWN, token)]).status;
    assert_eq!((ask(&token), ask("x"), ask("")), (200, 401, 401));
    assert_eq!(agent.ask("GET", "/latest/meta-data/", &[]).status, 401, "v2Only");
    agent.world.wait(59);
    assert_eq!(ask(&token), 200);
    agent.world.wait(1);
    assert_eq!(ask(&token), 401);
    assert_eq!(agent.ask("POST", "/latest/meta-data/", &[(SHOWN, &token)]).status, 405);
}

#[test]
fn an_instance_reads_what_it_is() {
    let agent = Agent::new("");
    assert_eq!(agent.text("/"), "latest");
    assert_eq!(agent.text("/latest"), "dynamic\nmeta-data");
    // Clients that join an address that ends in a slash with a path that begins with one.
    assert_eq!(agent.text("//latest/meta-data/services/domain"), agent.text("/latest/meta-data/services/domain"));
    agent.token_at("//latest/api/token", 60);
    let listing = "ami-id\nami-launch-index\nhostname\niam/\ninstance-action\ninstance-id\ninstance-life-cycle\n\
                   instance-type\nlocal-hostname\nlocal-ipv4\nmac\nnetwork/\nplacement/\nprofile\nreservation-id\n\
                   security-groups\nservices/";
    assert_eq!(agent.text("/latest/meta-data/"), listing);
    assert_eq!(agent.text("/latest/meta-data"), listing);
    assert_eq!(agent.text("/latest/meta-data/placement/region"), "us-east-1");
    assert_eq!(agent.text("/latest/meta-data/placement/"), "availability-zone\nregion");
    assert_eq!(agent.text("/latest/meta-data/services/"), "domain\npartition");
    assert_eq!(agent.text("/latest/meta-data/iam/"), "info\nsecurity-credentials-extended/\nsecurity-credentials/");
    let mac = agent.text("/latest/meta-data/mac");
    assert_eq!(agent.text("/latest/meta-data/network/interfaces/macs/"), format!("{mac}/"));
    let id = agent.text("/latest/meta-data/instance-id");
    assert!(id.starts_with("i-") && id.len() == 19, "{id}");
    let document: Value = serde_json::from_str(&agent.text("/latest/dynamic/instance-identity/document")).unwrap();
    assert_eq!((&document["instanceId"], &document["accountId"]), (&Value::from(id), &Value::from("123456789012")));
    assert_eq!((&document["region"], &document["ramdiskId"]), (&Value::from("us-east-1"), &Value::Null));
    let absent = agent.ask("GET", "/latest/meta-data/spot/", &[]);
    let body = String::from_utf8(absent.body.clone()).unwrap();
    assert!(absent.status == 404 && absent.header("content-type") == Some("text/html"), "{body}");
    assert!(body.starts_with("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>"), "{body}");
    assert!(body.contains("<h1>404 - Not Found</h1>"), "{body}");
}

#[test]
fn an_instance_gets_the_role_of_its_profile() {
    let agent = Agent::new("");
    let below = "/latest/meta-data/iam";
    let info: Value = serde_json::from_str(&agent.text(&format!("{below}/info"))).unwrap();
    assert_eq!(info["InstanceProfileArn"], "arn:aws:iam::123456789012:instance-profile/web");
    assert_eq!(agent.text(&format!("{below}/security-credentials/")), "worker");
    let given: Value = serde_json::from_str(&agent.text(&format!("{below}/security-credentials/worker"))).unwrap();
    let members: Vec<&str> = given.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(!members.contains(&"AccountId"), "{given}");
    for (name, expect) in [
        ("Code", "Success"),
        ("Type", "AWS-HMAC"),
        ("LastUpdated", "2026-01-15T12:00:00Z"),
        ("Expiration", "2026-01-15T18:00:00Z"),
    ] {
        assert_eq!(given[name], expect);
    }
    let id = agent.text("/latest/meta-data/instance-id");
    assert_eq!(agent.arn(&given), format!("arn:aws:sts::123456789012:assumed-role/worker/{id}"));
    let extended = agent.text(&format!("{below}/security-credentials-extended/worker"));
    let extended: Value = serde_json::from_str(&extended).unwrap();
    assert_eq!((&extended["AccessKeyId"], &extended["AccountId"]), (&given["AccessKeyId"], &"123456789012".into()));
    assert_eq!(agent.ask("GET", &format!("{below}/security-credentials/persons"), &[]).status, 404);
}

#[test]
fn an_instance_whose_role_does_not_trust_ec2_is_told_as_aws_tells_it() {
    let agent = Agent::new("delivery: { imds: { role: persons } }");
    assert_eq!(agent.text("/latest/meta-data/iam/security-credentials/"), "persons");
    let told = agent.text("/latest/meta-data/iam/security-credentials/persons");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["Code"], "AssumeRoleUnauthorizedAccess");
    assert!(told["Message"].as_str().unwrap().contains("\"Service\":\"ec2.amazonaws.com\""), "{told}");
    assert_eq!(told["AccessKeyId"], Value::Null);
    let info: Value = serde_json::from_str(&agent.text("/latest/meta-data/iam/info")).unwrap();
    assert_eq!(info["InstanceProfileArn"], "arn:aws:iam::123456789012:instance-profile/persons", "B-616");
}

/// What a service says on its way to being ready.
fn said(listen: &str, seed: Option<&std::path::Path>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
    command.args(["--ephemeral", "--aws-listen=127.0.0.1:0", "--companion-listen=127.0.0.1:0"]);
    command.args(["--delivery-listen", listen]).env_remove("LOCAL_STS_SEED");
    if let Some(seed) = seed {
        command.arg("--seed").arg(seed);
    }
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("ready "), "{line}");
    // The log is written beside it, and all of it once it stops.
    assert!(Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap().success());
    String::from_utf8(process.wait_with_output().unwrap().stderr).unwrap()
}

/// Neighbours are warned of nothing: whoever gets as far as this machine, or its own link, is meant (B-701).
#[test]
fn who_delivers_to_everybody_is_told_so() {
    let scratch = Scratch::new("delivers");
    let seed = scratch.0.join("seed.yaml");
    let warning = "whoever reaches 0.0.0.0:0 gets credentials without a key";
    assert!(said("0.0.0.0:0", None).contains(warning));
    assert!(!said("127.0.0.1:0", None).contains("whoever reaches"));
    let asking = "delivery: { container: [{ role: worker, token: a-token-of-its-own }] }";
    let unprofiled = SEED.replace("instanceProfiles: [{ name: web, role: worker }]", "");
    std::fs::write(&seed, format!("{unprofiled}{asking}")).unwrap();
    assert!(!said("0.0.0.0:0", Some(&seed)).contains("whoever reaches"), "all show a token");
    std::fs::write(&seed, format!("{SEED}{asking}")).unwrap();
    assert!(said("0.0.0.0:0", Some(&seed)).contains(warning), "instances show none");
    std::fs::write(&seed, format!("{unprofiled}{}", asking.replace("a-token-of-its-own", "guess"))).unwrap();
    assert!(said("0.0.0.0:0", Some(&seed)).contains(warning), "a short one is guessed");
}

/// SDKs take credentials from loopback, and from no address that is everybody's.
#[test]
fn what_is_offered_is_on_this_machine_whoever_else_may_come() {
    let scratch = Scratch::new("offered");
    let seed = scratch.0.join("seed.yaml");
    std::fs::write(&seed, SEED).unwrap();
    let running = Running::start(&["--ephemeral", "--delivery-listen", "0.0.0.0:0", "--seed", seed.to_str().unwrap()]);
    let listener = running.delivery.clone().unwrap();
    let answer = companion(&running, "GET", "/_admin/v1/delivery", "", "");
    let (_, text) = answer.split_once("\r\n\r\n").unwrap();
    let offered: Value = serde_json::from_str(text).unwrap();
    assert_eq!(offered["listener"], format!("http://{listener}"));
    let near = listener.replace("0.0.0.0", "127.0.0.1");
    let full = offered["container"][0]["fullUri"].as_str().unwrap();
    assert!(full.starts_with(&format!("http://{near}/creds/")), "{full}");
}

#[test]
fn an_instance_without_a_role_has_no_iam() {
    let seed = "accounts: [{ id: \"123456789012\" }]";
    let agent = Agent { world: TestWorld::new(seed), delivery: Delivery::default() };
    assert_eq!(agent.ask("GET", "/latest/meta-data/iam/security-credentials/", &[]).status, 404);
    assert!(!agent.text("/latest/meta-data/").contains("iam"));
}

#[test]
fn the_section_is_a_part_of_the_state() {
    let agent = Agent::new(SECTION);
    let text = agent.world.export();
    let again = TestWorld::new(&text);
    let delivery = |world: &TestWorld| world.snapshot().identities.delivery().cloned();
    assert!(text.contains("let-me-in"), "{text}");
    assert_eq!(delivery(&again), delivery(&agent.world));
    assert_eq!(again.export(), text);
}

#[test]
fn mistakes_in_the_section_are_told_with_their_place() {
    use local_sts::seed::{Source, parse};
    for (section, says) in [
        ("delivery: { containers: [] }", "did you mean `container`?"),
        ("delivery: { container: [{ path: a }] }", "has no `role`"),
        ("delivery: { container: [{ path: a, role: worker }, { path: a, role: pod }] }", "delivered twice"),
        ("delivery: { container: [{ path: a, role: worker, lifetimeSeconds: 0 }] }", "from 1 to 43200"),
        ("delivery: { container: [{ path: a, role: worker, token: \"a b\" }] }", "without blanks"),
        ("delivery: { imds: {} }", "a role or an instance profile"),
        ("delivery: { imds: { role: a, instanceProfile: b } }", "one of the two"),
        ("delivery: { eks: [{ role: pod, namespace: \"a/b\" }] }", "cannot be used as the namespace"),
    ] {
        let source = Source { name: "seed.yaml".to_owned(), text: format!("{SEED}{section}") };
        let errors = parse(&[source], &|_| None).map(|_| ()).unwrap_err().to_string();
        assert!(errors.contains("seed.yaml:") && errors.contains(says), "{section}: {errors}");
    }
    for (section, says) in [
        ("delivery: { container: [{ role: wroker }] }", "did you mean `worker`?"),
        ("delivery: { imds: { instanceProfile: wbe } }", "there is no instance profile"),
    ] {
        let source = Source { name: "seed.yaml".to_owned(), text: format!("{SEED}{section}") };
        let seed = parse(&[source], &|_| None).unwrap();
        let world = TestWorld::over(Box::new(local_sts::store::MemoryEngine::default()), None, 1);
        let mode = local_sts::seed::Mode::Once;
        let error = local_sts::seed::plant(world.service.world(), &seed, false, mode).unwrap_err().to_string();
        assert!(error.contains(says), "{section}: {error}");
    }
    let short = format!("{SEED}delivery: {{ imds: {{ role: worker, lifetimeSeconds: 60 }} }}");
    let seed = parse(&[Source { name: "seed.yaml".to_owned(), text: short }], &|_| None).unwrap();
    assert!(seed.warnings.len() == 1 && seed.warnings[0].contains("25 minutes"), "{:?}", seed.warnings);
}
