//! Seed files: what they may say, how several become one, and how mistakes are told.
//!
//! Each mistake has a file of its own in `fixtures/seed/errors`, with the text it must give beside it. What must never
//! be shown is written `HUSH` there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use local_sts::ids::names::IamDescription;
use local_sts::ids::region::TokenVersion;
use local_sts::seed::document::{Document, User};
use local_sts::seed::{Seed, SeedErrors, Source, check_files, parse, read_files};
use proptest::prelude::*;

use crate::support::{no_scene, throw};

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/seed").join(path)
}

fn environment(name: &str) -> Option<String> {
    match name {
        "PRESENT" => Some("fromTheEnvironment".to_owned()),
        "BLANK" => Some("HUSH in two words".to_owned()),
        _ => None,
    }
}

fn read(texts: &[&str]) -> Result<Seed, SeedErrors> {
    let name = |place: usize| format!("{}.yaml", ["one", "two", "three"][place]);
    let sources: Vec<Source> =
        texts.iter().enumerate().map(|(place, text)| Source { name: name(place), text: (*text).to_owned() }).collect();
    parse(&sources, &environment)
}

#[track_caller]
fn seed(texts: &[&str]) -> Seed {
    read(texts).unwrap_or_else(|errors| panic!("{errors}"))
}

#[track_caller]
fn errors(texts: &[&str]) -> String {
    let errors = read(texts).expect_err("this seed must be refused");
    assert!(!format!("{errors} {errors:?}").contains("HUSH"), "a secret is shown: {errors}");
    errors.to_string()
}

/// An account with what is written in `inside`, two blanks deep.
fn account(inside: &str) -> String {
    format!("accounts:\n- id: \"123456789012\"\n{inside}")
}

fn first_user(document: &Document) -> &User {
    &document.accounts[0].users[0]
}

#[track_caller]
fn check_mistake(path: &Path) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).unwrap();
    let expect = fs::read_to_string(path.with_extension("txt")).unwrap();
    let Err(errors) = parse(&[Source { name: name.clone(), text }], &environment) else {
        return check_late_mistake(path, &expect);
    };
    assert_eq!(format!("{errors}\n"), expect);
    assert!(!format!("{errors} {errors:?}").contains("HUSH"), "{name} shows a secret");
    assert!(errors.faults().iter().all(|fault| fault.at.line > 0 && !fault.advice.is_empty()), "{name}");
}

/// A mistake that only the rest of the house can find, such as one in a policy.
#[track_caller]
fn check_late_mistake(path: &Path, expect: &str) {
    let errors = check_files(&[path.to_owned()]).expect_err("this seed must be refused");
    let folder = format!("{}/", path.parent().unwrap().display());
    assert_eq!(format!("{}\n", errors.replace(&folder, "")), expect);
    assert!(!errors.contains("HUSH"), "a secret is shown: {errors}");
}

#[test]
fn every_mistake_is_told_with_its_place_and_a_remedy() {
    let entries = fs::read_dir(fixture("errors")).unwrap().map(|entry| entry.unwrap().path());
    let (files, expectations): (Vec<_>, Vec<_>) = entries.partition(|path| path.extension().unwrap() == "yaml");
    for path in &files {
        check_mistake(path);
    }
    assert_eq!(files.len(), expectations.len());
    assert!(files.len() > 60);
}

#[test]
fn the_sample_is_a_seed_without_warnings() {
    let seed = parse(&read_files(&[fixture("sample.yaml")]).unwrap(), &|_| None).unwrap();
    assert_eq!(seed.warnings, [""; 0]);
    assert_eq!(seed.document.number, 42);
    let [company, auditors] = &seed.document.accounts[..] else { panic!("two accounts") };
    let roles: Vec<String> = company.roles.iter().map(|role| format!("{}{}", role.path, role.name)).collect();
    let expect = ["/report-reader", "/partner-access", "/night-batch", "/break-glass", "/ci/deployer", "/shop-release"];
    assert_eq!(roles, expect);
    assert_eq!(company.roles[2].max_session_duration.get(), 43200);
    assert_eq!(auditors.roles[0].max_session_duration.get(), 3600);
    let bob = &company.users[1];
    assert_eq!(bob.access_keys.iter().map(|key| key.active).collect::<Vec<_>>(), [true, false]);
    assert_eq!(bob.groups[0].value.as_str(), "developers");
    assert_eq!((bob.at.line, bob.at.column), (38, 15));
    assert!(company.users.iter().all(|user| user.access_keys.iter().all(|key| key.secret.expose().len() == 40)));
}

#[test]
fn what_is_not_written_has_its_default() {
    let seed = seed(&[&account(
        "  users: [{ name: alice, accessKeys: [{ id: AKIAEXAMPLE, secret: s }] }]\n  groups:\n  roles: [{ name: r, trust: {} }]\n",
    )]);
    let account = &seed.document.accounts[0];
    assert_eq!(seed.document.number, 0);
    assert_eq!(account.partition.as_str(), "aws");
    assert!(account.alias.is_none() && account.groups.is_empty());
    assert_eq!(account.users[0].path.as_str(), "/");
    assert!(account.users[0].access_keys[0].active);
    assert_eq!(account.roles[0].max_session_duration.get(), 3600);
    assert_eq!(account.roles[0].trust.json, "{}");
}

#[test]
fn an_account_id_of_twelve_digits_needs_no_quotes() {
    let document = seed(&["accounts: [{ id: 123456789012 }, { id: 000000000001 }, { id: 012345678901 }]"]).document;
    let ids: Vec<String> = document.accounts.iter().map(|account| account.id.to_string()).collect();
    assert_eq!(ids, ["123456789012", "000000000001", "012345678901"]);
}

#[test]
fn words_that_older_yaml_misreads_stay_names() {
    let document = seed(&[&account(
        "  users:\n  - name: on\n    tags: { no: yes, off: 010, date: 2012-10-17, flag: true, ratio: 1.50 }\n  - name: 42\n",
    )])
    .document;
    assert_eq!(first_user(&document).name.as_str(), "on");
    assert_eq!(document.accounts[0].users[1].name.as_str(), "42");
    let tags: Vec<String> = first_user(&document).tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
    assert_eq!(tags, ["no=yes", "off=010", "date=2012-10-17", "flag=true", "ratio=1.50"]);
}

#[track_caller]
fn check_document(written: &str, json: &str) {
    let seed = seed(&[&account(&format!("  policies:\n  - name: p\n    document: {written}\n"))]);
    assert_eq!(seed.document.accounts[0].policies[0].document.json, json);
}

#[test]
fn a_document_is_the_same_text_however_it_is_written() {
    let json = concat!(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:aws:s3:::${aws:username}/*","#,
        r#""Condition":{"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"s3:max-keys":1.50},"Null":{"aws:MultiFactorAuthAge":"false"}}}]}"#
    );
    check_document(json, json);
    check_document(&format!("'{json}'"), json);
    check_document(&format!("|\n      {}", json.replace("[{", "[\n      \t{")), json);
    check_document(
        "
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: ['s3:*']
          Resource: arn:aws:s3:::${aws:username}/*
          Condition:
            Bool: { aws:SecureTransport: true }
            NumericLessThan: { s3:max-keys: 1.50 }
            Null: { aws:MultiFactorAuthAge: 'false' }",
        json,
    );
}

#[test]
fn an_anchor_repeats_a_document() {
    let seed = seed(&[&account(
        "  roles:\n  - { name: a, trust: &everybody { Version: 2012-10-17 } }\n  - { name: b, trust: *everybody }\n",
    )]);
    let roles = &seed.document.accounts[0].roles;
    assert_eq!(roles[1].trust.json, roles[0].trust.json);
}

const YAML: &str = r#"
# Everything that can be written in more than one way.
seed: 7
accounts:
  - id: 123456789012
    users:
      - name: alice
        tags: { team: finance, level: 3 }
        accessKeys: [{ id: AKIAEXAMPLE000000001, secret: "${PRESENT}" }]
    roles:
      - name: reader
        trust: { Version: 2012-10-17, Statement: [] }
"#;

const JSON: &str = r#"{
	"version": 1,
	"accounts": [{
		"roles": [{"trust": "{\"Version\": \"2012-10-17\", \"Statement\": []}", "maxSessionDuration": 3600, "path": "\/", "name": "reader"}],
		"users": [{
			"name": "alice",
			"tags": [{"Key": "team", "Value": "finance"}, {"Key": "level", "Value": 3}],
			"accessKeys": [{"id": "AKIAEXAMPLE000000001", "secret": "fromTheEnviron\u006dent", "status": "Active"}]
		}],
		"groups": [],
		"partition": "aws",
		"id": "123456789012"
	}],
	"seed": 7
}"#;

#[test]
fn yaml_and_json_of_one_seed_have_one_digest() {
    assert_eq!(seed(&[YAML]).digest, seed(&[JSON]).digest);
    // Data directories keep digests: one that changes is taken for another seed.
    assert_eq!(seed(&[YAML]).digest, "bf74aae58a10220ffda1d2c3798a2f31da9b0218596d6fb842167812e5139d1f");
}

#[test]
fn what_a_seed_says_changes_its_digest_and_how_it_says_it_does_not() {
    let digest = seed(&[YAML]).digest;
    assert_eq!(seed(&[&YAML.replace("# Everything", "# Anything")]).digest, digest);
    assert_eq!(seed(&["version: 1", YAML]).digest, digest);
    for (from, to) in [
        ("seed: 7", "seed: 8"),
        ("finance", "sales"),
        ("${PRESENT}", "${PRESENT}1"),
        ("000001", "000002"),
        ("2012-10-17", "2008-10-17"),
        ("name: alice", "name: Alice"),
        ("    users", "    alias: here\n    users"),
        ("    users", "    optInRegions: { ca-west-1: DISABLED }\n    users"),
        ("    users", "    stsDeactivatedRegions: [ca-west-1]\n    users"),
        ("    users", "    globalEndpointTokenVersion: v2Token\n    users"),
        ("    users", "    rootMfaDevices: [{ name: phone, secret: GEZDGNBVGY3TQOJQ }]\n    users"),
        ("    users", "    outboundWebIdentityFederation: true\n    users"),
    ] {
        assert_ne!(seed(&[&YAML.replace(from, to)]).digest, digest, "{from} -> {to}");
    }
    let listed = |names: [&str; 2]| {
        seed(&[&account(&format!("  groups: [{{ name: {} }}, {{ name: {} }}]", names[0], names[1]))])
    };
    assert_eq!(listed(["a", "b"]).digest, listed(["b", "a"]).digest);
    let regions = |text: &str| seed(&[&account(&format!("  {text}"))]).digest;
    assert_eq!(
        regions("stsDeactivatedRegions: [eu-west-1, eu-west-2]"),
        regions("stsDeactivatedRegions: [eu-west-2, eu-west-1]")
    );
    assert_eq!(regions("optInRegions: {}"), regions("globalEndpointTokenVersion: v1Token"));
}

#[test]
fn a_later_file_adds_and_replaces_whole_things() {
    let seed = seed(&[
        "seed: 1\naccounts:\n- id: \"123456789012\"\n  partition: aws-cn\n  alias: here\n  users:\n  - { name: alice, path: /a/, accessKeys: [{ id: ONE, secret: s }] }\n  - { name: bob, groups: [dev] }\n",
        "accounts:\n- id: \"123456789012\"\n  users: [{ name: Alice, tags: { a: b } }, { name: carol, accessKeys: [{ id: ONE, secret: t }] }]\n  groups: [{ name: dev }]\n- id: \"210987654321\"\n",
        "seed: 3\noidc: {}\n",
    ]);
    assert_eq!(seed.document.number, 3);
    let [account, _] = &seed.document.accounts[..] else { panic!("two accounts") };
    assert_eq!((account.partition.as_str(), account.at.file.as_ref()), ("aws-cn", "one.yaml"));
    assert_eq!(account.alias.as_ref().map(|alias| alias.value.as_str()), Some("here"));
    let users: Vec<(&str, &str, usize, usize)> = account
        .users
        .iter()
        .map(|user| (user.name.as_str(), user.path.as_str(), user.tags.len(), user.access_keys.len()))
        .collect();
    assert_eq!(users, [("Alice", "/", 1, 0), ("bob", "/", 0, 0), ("carol", "/", 0, 1)]);
    assert_eq!(account.users[0].at.file.as_ref(), "two.yaml");
}

const ORGANIZATION: &str = r#"
organizations:
  - id: o-testcompany
    managementAccount: "111111111111"
    memberAccounts: ["222222222222", "333333333333"]
    iam: { delegatedAdministrators: ["222222222222"], features: [RootSessions, RootCredentialsManagement] }
    fullAWSAccessDetachedFrom: [root, "222222222222"]
    serviceControlPolicies:
      - { id: p-policyone, attachedTo: [root], document: { Statement: [] } }
      - { id: p-policytwo, document: { Statement: [] } }
    organizationalUnits:
      - { name: Workloads, organizationalUnits: [{ name: Live, accounts: ["222222222222"] }] }
      - { name: Core, accounts: ["111111111111"] }
"#;

#[test]
fn what_an_organization_says_changes_the_digest_and_its_order_does_not() {
    let digest = seed(&[ORGANIZATION]).digest;
    assert_ne!(seed(&["accounts:"]).digest, digest);
    for (from, to) in [
        ("o-testcompany", "o-othercompany"),
        ("managementAccount: \"111111111111\"", "managementAccount: \"444444444444\""),
        ("\"222222222222\", \"333333333333\"", "\"222222222222\""),
        ("iam: {", "iam: { trustedAccess: false,"),
        ("delegatedAdministrators: [\"222222222222\"]", "delegatedAdministrators: [\"333333333333\"]"),
        ("features: [RootSessions, RootCredentialsManagement]", "features: [RootSessions]"),
        ("DetachedFrom: [root, \"222222222222\"]", "DetachedFrom: [root]"),
        ("attachedTo: [root]", "attachedTo: [\"222222222222\"]"),
        ("attachedTo: [root]", "attachedTo: [Core]"),
        ("p-policytwo", "p-policythree"),
        ("managementAccount", "rootId: r-test\n    managementAccount"),
        ("name: Live", "name: Trial"),
        ("name: Live", "name: Live, id: ou-test-livelive"),
        ("name: Live, accounts: [\"222222222222\"]", "name: Live"),
        ("[\"111111111111\"]", "[\"333333333333\"]"),
        (
            "[{ name: Live, accounts: [\"222222222222\"] }]",
            "[{ name: Live, organizationalUnits: [{ name: Own, accounts: [\"222222222222\"] }] }]",
        ),
        ("- { name: Core, accounts: [\"111111111111\"] }", ""),
        ("serviceControl", "resourceControl"),
        ("document: { Statement: [] }", "document: { Statement: [{}] }"),
    ] {
        assert!(ORGANIZATION.contains(from), "{from}");
        assert_ne!(seed(&[&ORGANIZATION.replacen(from, to, 1)]).digest, digest, "{from} -> {to}");
    }
    for (from, to) in [
        ("[\"222222222222\", \"333333333333\"]", "[\"333333333333\", \"222222222222\"]"),
        ("[RootSessions, RootCredentialsManagement]", "[RootCredentialsManagement, RootSessions]"),
        ("[root, \"222222222222\"]", "[\"222222222222\", root]"),
        ("iam: {", "iam: { trustedAccess: true,"),
        ("[\"222222222222\", \"333333333333\"]", "[\"333333333333\"]"),
        (
            "- { name: Workloads, organizationalUnits: [{ name: Live, accounts: [\"222222222222\"] }] }\n      - { name: Core, accounts: [\"111111111111\"] }",
            "- { name: Core, accounts: [\"111111111111\"] }\n      - { name: Workloads, organizationalUnits: [{ name: Live, accounts: [\"222222222222\"] }] }",
        ),
    ] {
        assert_eq!(seed(&[&ORGANIZATION.replacen(from, to, 1)]).digest, digest, "{from} -> {to}");
    }
}

#[test]
fn a_later_file_replaces_an_organization_whole() {
    let later = "organizations: [{ id: o-testcompany, managementAccount: \"444444444444\" }]";
    let [organization] = &seed(&[ORGANIZATION, later]).document.organizations[..] else { panic!("one organization") };
    assert_eq!((organization.management.value.number(), organization.members.len()), (444_444_444_444, 0));
    assert!(!organization.iam.trusted && organization.service_control_policies.is_empty());
}

#[test]
fn a_later_file_replaces_what_it_says_of_regions_and_no_more() {
    let seed = seed(&[
        "accounts:\n- id: \"123456789012\"\n  optInRegions: { af-south-1: DISABLED }\n  stsDeactivatedRegions: [eu-west-1]\n",
        "accounts:\n- id: \"123456789012\"\n  stsDeactivatedRegions: []\n  globalEndpointTokenVersion: v2Token\n",
    ]);
    let regions = &seed.document.accounts[0].regions;
    assert_eq!(regions.opt_in.as_ref().map(|opt_in| opt_in.named[0].0.value.name), Some("af-south-1"));
    assert_eq!(regions.sts_deactivated.as_ref().map(Vec::len), Some(0));
    assert_eq!(regions.token_version, Some(TokenVersion::V2));
}

#[test]
fn a_later_file_switches_what_it_speaks_of() {
    let switch = |value: &str| account(&format!("  outboundWebIdentityFederation: {value}"));
    let outbound = |sources: &[&str]| seed(sources).document.accounts[0].outbound;
    let (on, off, silent) = (switch("true"), switch("false"), account(""));
    assert_eq!(outbound(&[&silent]), None);
    assert_eq!(outbound(&[&on, &silent]), Some(true));
    assert_eq!(outbound(&[&on, &off]), Some(false));
    assert_eq!(outbound(&[&off, &on]), Some(true));
}

#[test]
fn mistakes_of_several_files_are_told_together_and_in_order() {
    let text = errors(&[
        "accounts:\n- id: \"123456789012\"\n  users: [{ name: bob, groups: [dev], accessKeys: [{ id: ONE, secret: HUSH }] }]\n",
        "accounts:\n- id: \"123456789012\"\n  users: [{ name: carol, accessKeys: [{ id: ONE, secret: HUSH }] }]\n",
        "version: 9\n",
    ]);
    let firsts: Vec<&str> = text.lines().step_by(2).collect();
    assert_eq!(
        firsts,
        [
            "one.yaml:3:33: the account 123456789012 has no group `dev`",
            "two.yaml:3:45: this access key id is used twice",
            "three.yaml:1:10: this release reads version 1 of the format"
        ]
    );
    assert!(text.contains("the other one is on one.yaml:3:58"), "{text}");
}

#[test]
fn what_a_broken_file_may_define_is_not_missed() {
    let text = errors(&[&account("  users: [{ name: bob, groups: [dev] }]\n"), "accounts: [\n"]);
    assert_eq!(text.lines().step_by(2).count(), 1, "{text}");
}

#[test]
fn hundreds_of_mistakes_are_cut_short() {
    let text = errors(&["nonsense: 1\n", &format!("{{ {} }}", lines(999, |key| format!("k{key}: 1, ")))]);
    assert!(text.ends_with("... and 800 more; mend these first"), "{}", text.lines().last().unwrap());
}

#[track_caller]
fn check_secret(written: &str, expect: &str) {
    let seed =
        seed(&[&account(&format!("  users: [{{ name: a, accessKeys: [{{ id: ONE, secret: \"{written}\" }}] }}]"))]);
    assert_eq!(first_user(&seed.document).access_keys[0].secret.expose(), expect);
}

#[test]
fn secrets_take_variables_from_the_environment() {
    check_secret("${PRESENT}", "fromTheEnvironment");
    check_secret("a${ABSENT:-/+=}b", "a/+=b");
    check_secret("$${PRESENT}", "${PRESENT}");
    check_secret("$", "$");
}

#[test]
fn only_secrets_take_variables() {
    let seed =
        seed(&[&account("  roles: [{ name: r, description: \"${PRESENT}\", trust: { Resource: \"${PRESENT}\" } }]")]);
    let role = &seed.document.accounts[0].roles[0];
    assert_eq!(role.trust.json, r#"{"Resource":"${PRESENT}"}"#);
    assert_eq!(role.description.as_ref().map(IamDescription::as_str), Some("${PRESENT}"));
}

#[test]
fn nothing_shows_a_secret() {
    let text = account(concat!(
        "  rootAccessKeys: [{ id: ROOT, secret: HUSH1 }]\n",
        "  users: [{ name: a, accessKeys: [{ id: ONE, secret: HUSH2 }], mfaDevices: [{ name: p, secret: HUSHHUSHHUSHHUSH }] }]\n",
        "  samlProviders: [{ name: p, metadata: built-in, privateKeys: [\"-----BEGIN EC PRIVATE KEY-----\\nMAAHUSH3\\n-----END EC PRIVATE KEY-----\"] }]\n",
        "oidc: { clientSecret: HUSH4 }\n",
    ));
    let source = Source { name: "seed.yaml".to_owned(), text };
    let seed = parse(std::slice::from_ref(&source), &environment).unwrap();
    assert!(!format!("{source:?} {seed:?} {seed:#?}").contains("HUSH"));
    errors(&[&account("  users: [{ name: a, accessKeys: [{ id: ONE, secret: \"${BLANK}\" }] }]")]);
}

#[test]
fn what_has_no_effect_yet_is_read_with_a_warning() {
    let seed = seed(&[concat!(
        "accounts:\n- id: \"123456789012\"\n  users:\n  - name: a\n    mfaDevices: [{ name: phone, secret: GEZDGNBVGY3TQOJQ }]\n",
        "  oidcProviders: []\n",
        "  samlProviders: []\n",
        "oidc: { builtin: true, issuers: [{ name: github }] }\n",
    )]);
    let what =
        |line: usize, key: &str| format!("one.yaml:{line}: this version does not serve `{key}` yet: it has no effect");
    assert_eq!(seed.warnings, [what(8, "oidc")]);
    let account = &seed.document.accounts[0];
    assert_eq!(account.users[0].mfa_devices[0].name.as_str(), "phone");
    assert_eq!(seed.document.oidc.unwrap().expose(), r#"{"builtin":true,"issuers":[{"name":"github"}]}"#);
}

#[test]
fn a_trusted_service_of_which_nobody_knows_is_read_with_a_warning() {
    let trust = |service: &str| {
        let statement = format!("{{ Effect: Allow, Principal: {{ Service: {service} }}, Action: \"sts:AssumeRole\" }}");
        format!("trust: {{ Version: \"2012-10-17\", Statement: [{statement}] }}")
    };
    let roles = [trust("lambda.amazonaws.com"), trust("lamda.amazonaws.com")];
    let roles = roles.iter().enumerate().map(|(at, trust)| format!("  - {{ name: r{at}, {trust} }}\n"));
    let seed = seed(&[&account(&format!("  roles:\n{}", roles.collect::<String>()))]);
    let [warning] = seed.warnings.as_slice() else { panic!("{:?}", seed.warnings) };
    assert!(warning.starts_with("one.yaml:5:24: ") && warning.contains(" lamda.amazonaws.com, "), "{warning}");
}

/// What IAM takes when a provider is registered (federation A1), and what only a seed may say.
#[test]
fn oidc_providers_are_read_as_iam_takes_them() {
    let jwks = crate::support::tokens::key_set(&["rsa"]);
    let seed = seed(&[&account(&format!(
        "  oidcProviders:\n  - {{ url: \"https://Issuer.example:443/Path/\", clientIds: [b, a, b], thumbprints: [{}, {}], tags: {{ k: v }} }}\n  - {{ url: \"http://localhost:8080/x\", jwks: {jwks} }}\n  - {{ url: \"https://issuer.example/path/\", jwks: '{jwks}' }}\n",
        "AB".repeat(20),
        "zz".repeat(20),
    ))]);
    assert!(seed.warnings.is_empty());
    let [first, near, pinned] = seed.document.accounts[0].oidc_providers.as_slice() else { panic!("three") };
    assert_eq!((first.url.as_iss(), first.tags.len()), ("https://Issuer.example/Path/", 1));
    assert_eq!(first.client_ids, ["b", "a"]);
    assert_eq!(first.thumbprints, ["ab".repeat(20), "zz".repeat(20)]);
    assert_eq!((near.url.without_scheme(), &near.client_ids), ("localhost:8080/x", &Vec::new()));
    assert_eq!(near.keys, pinned.keys);
}

#[test]
fn policies_are_found_by_their_whole_arn() {
    seed(&[&account(concat!(
        "  partition: aws-us-gov\n",
        "  policies: [{ name: limit, path: /team/, document: {} }]\n",
        "  groups: [{ name: g, attachedPolicies: [arn:aws-us-gov:iam::aws:policy/job-function/Billing] }]\n",
        "  users: [{ name: u, permissionsBoundary: arn:aws-us-gov:iam::123456789012:policy/team/limit }]\n",
    ))]);
}

#[test]
fn files_that_cannot_be_had_are_told_together() {
    let paths = ["errors", "unreadable/latin-1.yaml", "absent.yaml", "sample.yaml"].map(fixture);
    let errors = read_files(&paths).unwrap_err();
    let problems: Vec<&str> = errors.faults().iter().map(|fault| fault.problem.as_str()).collect();
    assert_eq!(problems, ["this is a directory", "this is not UTF-8 text", "there is no such file"]);
    let last = errors.to_string();
    assert!(last.contains("absent.yaml: there is no such file\n    look at the path"), "{last}");
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

/// Gives what `text` leads to, unless that takes too long.
#[track_caller]
fn soon(text: String) -> String {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || send.send(errors(&[&text])));
    receive.recv_timeout(Duration::from_mins(1)).expect("an answer in time")
}

#[test]
fn what_would_grow_without_bound_is_refused_soon() {
    let below = |level: usize| if level == 0 { "boom".to_owned() } else { format!("*a{}", level - 1) };
    let bomb = lines(60, |level| format!("a{level}: &a{level} [{0}, {0}, {0}]\n", below(level)));
    assert!(soon(bomb).contains("this is too much for a seed"));
    let megabytes = "x".repeat(3 << 20);
    assert!(soon(format!("a: &a {megabytes}\nb: [*a, *a, *a, *a]\n")).contains("this is too much for a seed"));
    let deep = lines(200, |level| format!("a{level}: &a{level} [{}]\n", below(level)));
    assert!(soon(deep).contains("this is nested too deep"));
}

#[test]
fn megabytes_of_nonsense_are_refused_soon() {
    const MUCH: usize = 65 << 20;
    assert!(soon("nonsense ".repeat(MUCH / 9)).contains("this is too long for a seed"));
    for part in [
        "[", "{", "- ", "? ", "a: ", "a: 1\n", "&a ", "*a ", "!a ", "\"", "'", "\t", "\n", "#\n", "%a\n", "{a: ",
        "[a, ", "é", "\0",
    ] {
        soon(part.repeat((1 << 20) / part.len()));
    }
    let keys = lines(100_000, |key| format!("k{key}: 1\n"));
    assert!(soon(keys).contains("more; mend these first"));
}

#[test]
fn no_hostile_text_makes_the_reader_panic() {
    let yaml = prop::collection::vec(prop::sample::select(parts()), 0..60).prop_map(|parts| parts.concat());
    let text = prop_oneof![1 => "\\PC*".boxed(), 4 => yaml.boxed()];
    throw("text of seeds", 512, (text, "\\PC*"), no_scene, |(), (text, environment)| {
        let _ = parse(&[Source { name: "any".to_owned(), text }], &|_| Some(environment.clone()));
        Ok(())
    });
}

#[test]
fn no_hostile_change_of_a_seed_makes_the_reader_panic() {
    let cuts = prop::collection::vec((0.0..1.0_f64, 0..9_usize, prop::sample::select(parts())), 1..4);
    throw("seeds", 256, cuts, no_scene, |(), cuts| {
        let mut letters: Vec<char> = SAMPLE.chars().collect();
        for (place, length, part) in cuts {
            let from = (place * letters.len() as f64) as usize;
            let to = (from + length).min(letters.len());
            letters.splice(from..to, part.chars());
        }
        let sources = [Source { name: "any".to_owned(), text: letters.into_iter().collect() }];
        if let Err(errors) = parse(&sources, &environment) {
            prop_assert!(!errors.faults().is_empty());
            prop_assert!(!errors.to_string().contains("EXAMPLE0"), "a secret is shown: {}", errors);
        }
        Ok(())
    });
}

const SAMPLE: &str = include_str!("../../fixtures/seed/sample.yaml");

/// What YAML and seeds are made of, divided by `;`.
fn parts() -> Vec<&'static str> {
    const PARTS: &str = concat!(
        "\n;\n  ;\n    ;- ;: ;:;? ;[;];{;};, ;&a ;*a;!t ;!!str ;|\n;>-\n;';\";#;\t;~;<<;---\n;...\n;%YAML 1.2\n;\\;\\u12;é;\u{feff};\0;0;",
        "true;2012-10-17;accounts;id;\"123456789012\";users;roles;name;trust;document;tags;accessKeys;secret;policies;oidc;",
        "mfaDevices;{\"Version\":1};${PRESENT};accounts: [{ id: \"123456789012\", users: [{ name: ;accessKeys: [{ id: A, secret: "
    );
    PARTS.split(';').collect()
}
