//! The engines by themselves, and the whole service without its doors: one thread, everything warm.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use local_sts::api::{RegionRule, World};
use local_sts::env::{Clock as _, SteeredClock, SystemClock, SystemEntropy};
use local_sts::federation::saml::{Addressee, Encryption, Metadata, Provider, Rules};
use local_sts::idp::saml::metadata::built_in_metadata;
use local_sts::idp::saml::mint::Order;
use local_sts::idp::saml::shapes::DEFAULT;
use local_sts::ids::region::TokenVersion;
use local_sts::ids::{AccessKeyId, Partition};
use local_sts::policy::combine::{Layers, ResourceRule, decide};
use local_sts::policy::context::RequestContext;
use local_sts::policy::document::Policy;
use local_sts::policy::evaluate::NamedPolicy;
use local_sts::policy::matching::Request as Question;
use local_sts::policy::parse::PolicyKind;
use local_sts::policy::principal::Principal;
use local_sts::secret::SecretAccessKey;
use local_sts::seed::{Mode, Source, parse, plant};
use local_sts::service::Service;
use local_sts::sessions::{Ledger, SessionToken, open};
use local_sts::shape::Shape as _;
use local_sts::sigv4::{self, Parts, PayloadHash, SigningKey, Style};
use local_sts::store::MemoryEngine;
use local_sts::time::Timestamp;
use local_sts::wire::{Document, Format, Params, RawRequest, RawResponse};

#[path = "bin/load/calls.rs"]
mod calls;
#[path = "bin/load/saml.rs"]
mod saml;
#[path = "../../tests/suite/support/saml_long.rs"]
mod saml_long;
#[path = "bin/load/sign.rs"]
mod sign;

use calls::{ACCESS_KEY_ID, GET_CALLER_IDENTITY, SECRET, SEED, assume_role, user};
use sign::Keys;

/// A request as the door hands it on.
struct Request {
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    fn signed(keys: &Keys, form: &str) -> Self {
        let text = sign::request(([127, 0, 0, 1], 4592).into(), keys, form);
        let text = String::from_utf8(text).expect("a request is text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a request has an end of its head");
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header line");
            (name.to_ascii_lowercase(), value.as_bytes().to_vec())
        };
        Self { headers: head.lines().skip(1).map(header).collect(), body: body.as_bytes().to_vec() }
    }

    fn lend<R>(&self, go: impl FnOnce(&RawRequest<'_>) -> R) -> R {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        go(&RawRequest {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: &self.body,
            peer: Some([127, 0, 0, 1].into()),
            secure: false,
        })
    }
}

fn service() -> Service {
    let clock = Arc::new(SteeredClock::over(Box::new(SystemClock)));
    let engine = Box::new(MemoryEngine::default());
    let world = World::load(engine, clock, Box::new(SystemEntropy), RegionRule::Any, Ledger::in_memory());
    let world = world.unwrap_or_else(|error| panic!("{error}"));
    let source = Source { name: "seed".to_owned(), text: SEED.to_owned() };
    let seed = parse(&[source], &|_| None).expect("the seed is sound");
    plant(&world, &seed, false, Mode::Once).expect("the seed can be planted");
    Service::new(world)
}

fn answer(service: &Service, request: &Request) -> RawResponse {
    request.lend(|raw| service.handle(raw).response)
}

/// The keys of a fresh session.
fn session(service: &Service) -> Keys {
    let answer = answer(service, &Request::signed(&user(), &assume_role(1)));
    let text = String::from_utf8(answer.body).expect("an answer is text");
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{text}"));
        rest.split_once('<').map(|(text, _)| text.to_owned()).expect("an element ends")
    };
    Keys { id: element("AccessKeyId"), secret: element("SecretAccessKey"), token: Some(element("SessionToken")) }
}

/// Everything between the doors: what a request costs beside sockets, HTTP and the framework.
fn whole(criterion: &mut Criterion) {
    let service = service();
    let mut group = criterion.benchmark_group("service");
    for (name, request) in [
        ("GetCallerIdentity, user", Request::signed(&user(), GET_CALLER_IDENTITY)),
        ("GetCallerIdentity, session", Request::signed(&session(&service), GET_CALLER_IDENTITY)),
        ("AssumeRole, user", Request::signed(&user(), &assume_role(1))),
    ] {
        assert_eq!(answer(&service, &request).status, 200, "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| answer(&service, black_box(&request))));
    }
}

fn signatures(criterion: &mut Criterion) {
    let request = Request::signed(&user(), GET_CALLER_IDENTITY);
    let secret = SecretAccessKey::new(SECRET.to_owned());
    let moment = SystemClock.moment();
    let day = moment.now.basic_date().to_string();
    let derive = || SigningKey::derive(black_box(&secret), &day, sign::REGION, "sts");
    let key = derive();
    let mut group = criterion.benchmark_group("sigv4");
    group.bench_function("derive a key", |bencher| bencher.iter(derive));
    group.bench_function("verify with a key at hand", |bencher| {
        bencher.iter(|| {
            request.lend(|raw| {
                let parts = Parts { method: raw.method, path: raw.path, query: raw.query, headers: raw.headers };
                let claim = sigv4::parse(&parts).expect("well formed").expect("signed");
                let claim = claim.in_time(&moment).expect("in time");
                let scoped = claim.scoped_to("sts", |_| true).expect("scoped");
                scoped.verify(&PayloadHash::of(raw.body), Style::Standard, &key).expect("the signature is good").form()
            })
        });
    });
}

fn tokens(criterion: &mut Criterion) {
    let service = service();
    let Keys { id, token, .. } = session(&service);
    let (id, token) = (AccessKeyId::parse(&id).expect("a key id"), token.expect("a token"));
    let snapshot = service.world().snapshot();
    let ring = snapshot.sessions.ring();
    let opened = open(&token, id.as_str(), ring).expect("it opens");
    let mut group = criterion.benchmark_group("token");
    group.bench_function("seal", |bencher| {
        bencher.iter(|| SessionToken::seal(black_box(opened.session()), &id, ring, TokenVersion::V2, 0, [9; 12]));
    });
    group.bench_function("open", |bencher| {
        bencher.iter(|| open(black_box(&token), id.as_str(), ring).expect("it opens").session().expires);
    });
}

fn wire(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");
    let form = assume_role(1);
    group.throughput(Throughput::Bytes(form.len() as u64));
    group.bench_function("read every parameter of AssumeRole", |bencher| {
        bencher.iter(|| {
            let params = Params::new(b"", black_box(form.as_bytes())).expect("a sound form");
            params.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
        });
    });
    let token = "x".repeat(752);
    let write = || {
        let mut document = Document::new(Format::Xml);
        document.root("AssumeRoleResponse", "https://sts.amazonaws.com/doc/2011-06-15/");
        document.open("AssumeRoleResult");
        document.open("AssumedRoleUser");
        document.text("AssumedRoleId", "AROAABCDEFGHIJKLMNOPQ:bench-0001");
        document.text("Arn", "arn:aws:sts::111122223333:assumed-role/bench/bench-0001");
        document.close("AssumedRoleUser");
        document.open("Credentials");
        document.text("AccessKeyId", ACCESS_KEY_ID);
        document.text("SecretAccessKey", SECRET);
        document.text("SessionToken", black_box(&token));
        document.instant("Expiration", Timestamp::from_seconds(1_800_003_600));
        document.close("Credentials");
        document.number("PackedPolicySize", 18);
        document.close("AssumeRoleResult");
        document.open("ResponseMetadata");
        document.text("RequestId", "7c1c9bd2-62a4-4d0b-a0be-1d2f6b6a0d5e");
        document.close("ResponseMetadata");
        document.close("AssumeRoleResponse");
        document.finish()
    };
    group.throughput(Throughput::Bytes(write().len() as u64));
    group.bench_function("write the answer of AssumeRole", |bencher| bencher.iter(write));
}

/// Policies with this many statements in all, four to a policy, as people write them for S3.
fn policies(statements: usize) -> Vec<Policy> {
    let statement = |number: usize| {
        format!(
            r#"{{"Effect": "Allow", "Action": ["s3:GetObject", "s3:Put*"], "Resource": "arn:aws:s3:::team-{number}/${{aws:username}}/*",
                "Condition": {{"StringEquals": {{"aws:PrincipalTag/team": "t{number}"}}, "Bool": {{"aws:SecureTransport": "true"}}}}}}"#
        )
    };
    let numbers: Vec<usize> = (0..statements).collect();
    let document = |numbers: &[usize]| {
        let statements: Vec<String> = numbers.iter().map(|number| statement(*number)).collect();
        format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(","))
    };
    numbers
        .chunks(4)
        .map(|numbers| Policy::parse(&document(numbers), PolicyKind::Identity).expect("a good policy"))
        .collect()
}

/// One decision, in which the last of all statements allows.
fn decisions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policy");
    let (arn, account) = ("arn:aws:iam::111122223333:user/bench", "111122223333");
    let principal = Principal::User { arn, id: "AIDAEXAMPLE", account };
    for statements in [20, 10_000] {
        let policies = policies(statements);
        let identity: Vec<NamedPolicy<'_>> = policies.iter().map(|policy| NamedPolicy::new("bench", policy)).collect();
        let layers = Layers { identity: &identity, ..Layers::default() };
        let mut context = RequestContext::new();
        context.set("aws:username", "bench");
        context.set_bool("aws:SecureTransport", true);
        context.set_tag("aws:PrincipalTag", "team", format!("t{}", statements - 1));
        let resource = format!("arn:aws:s3:::team-{}/bench/a/b/c.txt", statements - 1);
        let question = Question::new("s3:GetObject", &resource, &principal, &context).owned_by(account);
        assert!(decide(&question, &layers, ResourceRule::Ordinary).is_allowed());
        group.bench_function(format!("decide by {} policies, {statements} statements", policies.len()), |bencher| {
            bencher.iter(|| decide(black_box(&question), &layers, ResourceRule::Ordinary).is_allowed());
        });
    }
    for length in [1_000, 10_000] {
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a*a*a*a*a*b"}]}"#;
        let policy = Policy::parse(text, PolicyKind::Identity).expect("a good policy");
        let identity = [NamedPolicy::new("bench", &policy)];
        let layers = Layers { identity: &identity, ..Layers::default() };
        let (context, resource) = (RequestContext::new(), format!("arn:aws:s3:::{}", "a".repeat(length)));
        let question = Question::new("s3:GetObject", &resource, &principal, &context).owned_by(account);
        group.bench_function(format!("a*a*a*a*a*b against {length} times a"), |bencher| {
            bencher.iter(|| decide(black_box(&question), &layers, ResourceRule::Ordinary).is_allowed());
        });
    }
}

/// Whether an assertion holds, from the base64 on.
fn assertions(criterion: &mut Criterion) {
    let document = built_in_metadata().expect("there is an identity provider");
    let metadata = Metadata::parse(&document).expect("its metadata is sound");
    let addressee = Addressee { partition: Partition::Aws, provider_id: "SAMLSPBENCH" };
    let provider = Provider { metadata: &metadata, decryption: &[], encryption: Encryption::Allowed, addressee };
    let now = SystemClock.moment().now;
    let verify = |response: &str| provider.verify(response, Rules::default(), now).is_ok();
    let mut group = criterion.benchmark_group("saml");
    for bytes in [1_000, saml::BYTES, 50_000] {
        let response = saml::response(now, bytes).expect("it can be signed");
        let length = response.len() / 4 * 3;
        assert!(verify(&response));
        group.throughput(Throughput::Bytes(length as u64));
        group.bench_function(format!("verify a Response of {} KB", length / 1000), |bencher| {
            bencher.iter(|| verify(black_box(&response)));
        });
    }
    group.throughput(Throughput::Bytes(document.len() as u64));
    group.bench_function("read metadata", |bencher| bencher.iter(|| Metadata::parse(black_box(&document)).is_ok()));
    group.finish();
    long_assertions(&provider, now);
}

/// How long the longest documents are looked at that are made to take long: no more than 50 ms.
fn long_assertions(provider: &Provider<'_>, now: Timestamp) {
    let order = Order::of(&DEFAULT, "alice", vec![("role".to_owned(), "provider".to_owned())]);
    let good = order.mint_xml(now, *b"thirty-two letters of no surpris").expect("it can be signed");
    let inclusive = include_str!("../../fixtures/saml/foreign/inclusive.xml");
    for long in saml_long::all(&good, inclusive) {
        let encoded = STANDARD.encode(&long.xml);
        let look = || {
            let started = Instant::now();
            assert!(provider.verify(black_box(&encoded), Rules::default(), now).is_err(), "{}", long.name);
            started.elapsed()
        };
        let took = (0..5).map(|_| look()).min().unwrap_or_default();
        println!("saml/refuse {} ({} bytes): {took:.1?}", long.name, long.xml.len());
        assert!(took < Duration::from_millis(50), "{} took {took:?}", long.name);
    }
}

criterion_group!(engines, whole, signatures, tokens, wire, decisions, assertions);
criterion_main!(engines);
