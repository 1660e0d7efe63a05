//! What must hold for every policy, request and text, not only for those somebody thought of.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::combine::{Layers, ResourceRule, decide};
use super::context::RequestContext;
use super::decision::Verdict;
use super::document::{Effect, Policy};
use super::evaluate::NamedPolicy;
use super::explain::explain;
use super::matching::Request;
use super::parse::PolicyKind;
use super::pattern::Pattern;
use super::principal::{Issuer, Principal};
use super::variables::Reading;

const ACCOUNT: &str = "111111111111";
const OTHER: &str = "222222222222";
const USER: &str = "arn:aws:iam::111111111111:user/alice";
const ROLE: &str = "arn:aws:iam::111111111111:role/app/reader";
const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/reader/s1";
const FEDERATED: &str = "arn:aws:sts::111111111111:federated-user/Fred";
const PROVIDER: &str = "arn:aws:iam::111111111111:oidc-provider/issuer.example.com";

const CALLERS: [Principal<'static>; 9] = [
    Principal::Root { arn: "arn:aws:iam::111111111111:root", account: ACCOUNT },
    Principal::User { arn: USER, id: "AIDAALICE0000001", account: ACCOUNT },
    Principal::RoleSession {
        role_arn: ROLE,
        role_id: "AROAREADER000001",
        session_arn: SESSION,
        account: ACCOUNT,
        federated_provider: Some(PROVIDER),
    },
    Principal::FederatedUser {
        arn: FEDERATED,
        account: ACCOUNT,
        issuer: Issuer::User { arn: USER, id: "AIDAALICE0000001" },
    },
    Principal::FederatedUser { arn: FEDERATED, account: ACCOUNT, issuer: Issuer::Root },
    Principal::WebIdentity { provider: PROVIDER, account: ACCOUNT },
    Principal::Saml { provider: "arn:aws:iam::111111111111:saml-provider/Corp", account: ACCOUNT },
    Principal::Service { name: "ec2.amazonaws.com" },
    Principal::Anonymous,
];

fn actions() -> impl Strategy<Value = String> {
    let known = vec!["*", "s3:*", "s3:Get*", "s3:GetObject", "S3:PUTOBJECT", "sts:AssumeRole", "iam:*", "*:Get?bject"];
    let listed = subsequence(known, 1..3);
    (any::<bool>(), listed).prop_map(|(negated, listed)| member(if negated { "NotAction" } else { "Action" }, &listed))
}

fn resources() -> impl Strategy<Value = String> {
    let known = vec![
        "*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/k",
        "arn:aws:s3:::b/${aws:username}/*",
        "arn:aws:s3",
        "arn:aws:s3:::${aws:PrincipalTag/bucket, 'b'}/k",
        r#"arn:aws:s3:::b/\\\"\n\u0001"#,
    ];
    let listed = subsequence(known, 1..3);
    (0..5, listed).prop_map(|(turn, listed)| member(if turn == 0 { "NotResource" } else { "Resource" }, &listed))
}

fn conditions() -> impl Strategy<Value = String> {
    let known = vec![
        r#""StringEquals":{"aws:username":["alice","bob"]}"#,
        r#""StringNotEquals":{"aws:username":"alice"}"#,
        r#""StringLikeIfExists":{"aws:PrincipalTag/team":"${aws:username}*"}"#,
        r#""Bool":{"aws:SecureTransport":"true"}"#,
        r#""Null":{"aws:username":"true"}"#,
        r#""ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}"#,
        r#""ForAnyValue:StringNotLike":{"aws:TagKeys":"a*"}"#,
        r#""IpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}"#,
        r#""NumericGreaterThan":{"aws:MultiFactorAuthAge":"3.5"}"#,
        r#""DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}"#,
        r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}"#,
    ];
    subsequence(known, 0..3).prop_map(|listed| format!("\"Condition\":{{{}}}", listed.join(",")))
}

fn principals() -> impl Strategy<Value = String> {
    let known = vec![ACCOUNT, OTHER, USER, ROLE, SESSION, FEDERATED];
    let aws = subsequence(known, 1..3).prop_map(|listed| format!("{{{}}}", member("AWS", &listed)));
    let other = select(vec![
        "\"*\"".to_owned(),
        format!("{{\"Federated\":\"{PROVIDER}\"}}"),
        "{\"AWS\":\"*\",\"Service\":\"ec2.amazonaws.com\"}".to_owned(),
    ]);
    (0..6, prop_oneof![2 => aws, 1 => other])
        .prop_map(|(turn, who)| format!("\"{}\":{who}", if turn == 0 { "NotPrincipal" } else { "Principal" }))
}

fn statement(kind: PolicyKind, effect: Option<&'static str>) -> impl Strategy<Value = String> {
    let effects = effect.map_or(vec!["Allow", "Allow", "Deny"], |effect| vec![effect]);
    (select(effects), actions(), resources(), conditions(), principals()).prop_map(
        move |(effect, action, resource, condition, principal)| {
            let principal = if kind.names_principals() { format!(",{principal}") } else { String::new() };
            format!("{{\"Effect\":\"{effect}\"{principal},{action},{resource},{condition}}}")
        },
    )
}

fn document(statements: &[String]) -> String {
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","))
}

fn policy(kind: PolicyKind) -> impl Strategy<Value = Policy> {
    // More statements than fit a short policy now and then, so that the index is met as well.
    let some = prop::collection::vec(statement(kind, None), 1..4);
    let many = prop::collection::vec(statement(kind, None), 17..20);
    prop_oneof![6 => some, 1 => many].prop_map(move |list| Policy::parse(&document(&list), kind).expect("policy"))
}

fn denial(kind: PolicyKind) -> impl Strategy<Value = Policy> {
    statement(kind, Some("Deny")).prop_map(move |one| Policy::parse(&document(&[one]), kind).expect("policy"))
}

fn member(name: &str, values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
    format!("\"{name}\":[{}]", quoted.join(","))
}

fn context() -> impl Strategy<Value = RequestContext<'static>> {
    let one =
        |key: &'static str, values: Vec<&'static str>| prop::option::of(select(values)).prop_map(move |v| (key, v));
    let singles = (
        one("aws:username", vec!["alice", "carol", ""]),
        one("aws:PrincipalTag/team", vec!["alice-1", "red"]),
        one("aws:PrincipalTag/bucket", vec!["b", "*"]),
        one("aws:SecureTransport", vec!["true", "false"]),
        one("aws:SourceIp", vec!["192.0.2.1", "2001:db8::1", "junk"]),
        one("aws:MultiFactorAuthAge", vec!["3", "4.0"]),
        one("aws:CurrentTime", vec!["2026-01-15T12:00:00Z", "2031-01-01T00:00:00Z"]),
        one("aws:PrincipalArn", vec![USER, ROLE]),
    );
    (singles, prop::option::of(subsequence(vec!["a", "b", "c"], 0..3))).prop_map(|(singles, tags)| {
        let (name, team, bucket, secure, ip, age, now, arn) = singles;
        let mut context = RequestContext::new();
        for (key, value) in [name, team, bucket, secure, ip, age, now, arn] {
            context.set_some(key, value);
        }
        if let Some(tags) = tags {
            context.set_many("aws:TagKeys", tags);
        }
        context
    })
}

/// Everything a decision can be made of.
#[derive(Clone, Debug)]
struct World {
    caller: Principal<'static>,
    action: &'static str,
    resource: &'static str,
    owner: Option<&'static str>,
    context: RequestContext<'static>,
    rule: ResourceRule,
    identity: Vec<Policy>,
    boundary: Option<Policy>,
    session: Option<Vec<Policy>>,
    on_resource: Option<Policy>,
    service_control: Option<Policy>,
}

fn world() -> impl Strategy<Value = World> {
    let request = (
        select(CALLERS.to_vec()),
        select(vec!["s3:GetObject", "S3:PutObject", "sts:AssumeRole", "iam:GetUser"]),
        select(vec!["arn:aws:s3:::b/k", "arn:aws:s3:::b/alice/k", "*"]),
        select(vec![None, Some(ACCOUNT), Some(OTHER)]),
        context(),
        select(vec![ResourceRule::Ordinary, ResourceRule::MustAllow, ResourceRule::NotAsked]),
    );
    let layers = (
        prop::collection::vec(policy(PolicyKind::Identity), 0..3),
        prop::option::of(policy(PolicyKind::Managed)),
        prop::option::of(prop::collection::vec(policy(PolicyKind::Session), 0..2)),
        prop::option::of(policy(PolicyKind::Resource)),
        prop::option::weighted(0.2, policy(PolicyKind::ServiceControl)),
    );
    (request, layers).prop_map(|(request, layers)| {
        let (caller, action, resource, owner, context, rule) = request;
        let (identity, boundary, session, on_resource, service_control) = layers;
        World {
            caller,
            action,
            resource,
            owner,
            context,
            rule,
            identity,
            boundary,
            session,
            on_resource,
            service_control,
        }
    })
}

/// What a question came to, and whether a statement that denies applies anywhere.
struct Answer {
    verdict: Verdict,
    denied: bool,
}

impl World {
    fn ask(&self) -> Answer {
        let identity: Vec<_> = self.identity.iter().map(|policy| NamedPolicy::new("i", policy)).collect();
        let session: Option<Vec<_>> =
            self.session.as_ref().map(|list| list.iter().map(|policy| NamedPolicy::new("s", policy)).collect());
        let level: Vec<_> = self.service_control.iter().map(|policy| NamedPolicy::new("o", policy)).collect();
        let levels = [level.as_slice()];
        let layers = Layers {
            service_control: if level.is_empty() { &[] } else { &levels },
            resource_control: &[],
            identity: &identity,
            boundary: self.boundary.as_ref().map(|policy| NamedPolicy::new("b", policy)),
            session: session.as_deref(),
            resource: self.on_resource.as_ref().map(|policy| NamedPolicy::new("r", policy)),
        };
        let request = Request {
            resource_account: self.owner,
            ..Request::new(self.action, self.resource, &self.caller, &self.context)
        };
        let decision = decide(&request, &layers, self.rule);
        let explained = explain(&request, &layers, self.rule);
        assert_eq!(explained.decision, decision, "explained");
        let mut read = RequestContext::for_reading(layers.keys_read());
        read.take_over(&self.context);
        let by_keys_read = decide(&Request { context: &read, ..request }, &layers, self.rule);
        assert_eq!(by_keys_read, decision, "no other key is read");
        let denied = explained.matched().any(|trace| trace.effect() == Effect::Deny);
        Answer { verdict: decision.verdict, denied }
    }

    fn allows(&self) -> bool {
        self.ask().verdict == Verdict::Allow
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_deny_always_wins(world in world()) {
        let answer = world.ask();
        prop_assert_eq!(answer.denied, answer.verdict == Verdict::ExplicitDeny);
    }

    #[test]
    fn one_more_deny_never_allows(
        world in world(),
        own in denial(PolicyKind::Identity),
        theirs in denial(PolicyKind::Resource),
    ) {
        let mut stricter = world.clone();
        stricter.identity.push(own);
        if let Some(policy) = &world.on_resource {
            let statements = |policy: &Policy| {
                let printed = policy.print(|entry| entry.text().to_owned());
                printed.split_once("\"Statement\":[").map(|(_, rest)| rest[..rest.len() - 2].to_owned()).expect("list")
            };
            let both = document(&[statements(policy), statements(&theirs)]);
            stricter.on_resource = Some(Policy::parse(&both, PolicyKind::Resource).expect("policy"));
        }
        prop_assert!(world.allows() || !stricter.allows());
    }

    #[test]
    fn a_session_policy_never_widens(world in world(), session in policy(PolicyKind::Session)) {
        let without = World { session: None, ..world.clone() };
        let with = World { session: Some(vec![session]), ..world.clone() };
        let federated = matches!(world.caller, Principal::FederatedUser { .. });
        prop_assert!(federated || without.allows() || !with.allows());
    }

    #[test]
    fn a_federated_user_has_no_more_than_its_issuer(world in world()) {
        // A resource's policy may name the federated user itself.
        let issuer = World { caller: CALLERS[1], session: None, on_resource: None, ..world.clone() };
        let federated = World { caller: CALLERS[3], on_resource: None, ..world };
        prop_assert!(issuer.allows() || !federated.allows());
    }

    #[test]
    fn a_boundary_never_widens(world in world(), boundary in policy(PolicyKind::Managed)) {
        let without = World { boundary: None, ..world.clone() };
        let with = World { boundary: Some(boundary), ..world };
        prop_assert!(without.allows() || !with.allows());
    }

    #[test]
    fn a_service_control_policy_never_widens(world in world(), control in policy(PolicyKind::ServiceControl)) {
        let without = World { service_control: None, ..world.clone() };
        let with = World { service_control: Some(control), ..world };
        prop_assert!(without.allows() || !with.allows());
    }

    #[test]
    fn a_resource_policy_that_must_allow_is_no_wider_than_one_that_may(world in world()) {
        let may = World { rule: ResourceRule::Ordinary, ..world.clone() };
        let must = World { rule: ResourceRule::MustAllow, ..world };
        prop_assert!(may.allows() || !must.allows());
    }

    #[test]
    fn a_printed_policy_reads_back(policy in policy(PolicyKind::Resource)) {
        let printed = policy.print(|entry| entry.text().to_owned());
        let mut again = Policy::parse(&printed, PolicyKind::Resource).expect("printed policy");
        let mut policy = policy;
        for statement in again.statements.iter_mut().chain(policy.statements.iter_mut()) {
            statement.place = (0, 0);
        }
        prop_assert_eq!(&again.statements, &policy.statements);
        prop_assert_eq!(again.print(|entry| entry.text().to_owned()), printed);
    }

    #[test]
    fn matching_agrees_with_its_definition(pattern in "[ab*?é😀]{0,10}", text in "[abé😀]{0,10}") {
        let compiled = Pattern::new(&pattern, Reading { wildcards: true, variables: false });
        let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
        let expect = defined_match(&units(&pattern), &units(&text));
        prop_assert_eq!(compiled.matches(&text, &RequestContext::new()), expect, "{} {}", pattern, text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), kind in kinds()) {
        let _ = Policy::parse(&text, kind);
    }

    #[test]
    fn no_damaged_policy_makes_the_parser_panic(
        policy in policy(PolicyKind::Resource),
        kind in kinds(),
        at in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        patch in r#"["{}\[\]:,*$\\ a-z0-9é😀]{0,6}"#,
    ) {
        let source: Vec<char> = policy.source().chars().collect();
        let (one, other) = (at.index(source.len()), to.index(source.len()));
        let (from, to) = (one.min(other), one.max(other));
        let damaged: String = source[..from].iter().copied().chain(patch.chars()).chain(source[to..].iter().copied()).collect();
        if let Ok(policy) = Policy::parse(&damaged, kind) {
            let printed = policy.print(|entry| entry.text().to_owned());
            prop_assert!(Policy::parse(&printed, kind).is_ok(), "{}", printed);
        }
    }
}

fn kinds() -> impl Strategy<Value = PolicyKind> {
    select(vec![
        PolicyKind::Identity,
        PolicyKind::Managed,
        PolicyKind::Session,
        PolicyKind::Resource,
        PolicyKind::Trust,
        PolicyKind::ResourceControl,
    ])
}

/// The definition of wildcards, in the slow way.
fn defined_match(pattern: &[u16], text: &[u16]) -> bool {
    let (star, question) = (u16::from(b'*'), u16::from(b'?'));
    match pattern.split_first() {
        None => text.is_empty(),
        Some((first, rest)) if *first == star => (0..=text.len()).any(|taken| defined_match(rest, &text[taken..])),
        Some((first, rest)) => match text.split_first() {
            Some((unit, after)) => (*first == question || first == unit) && defined_match(rest, after),
            None => false,
        },
    }
}
