//! The whole state, written as a seed and read again: it is the same, to the byte, wherever it came from.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Output};

use local_sts::api::baseline;
use local_sts::federation::mfa::{Seed, Step};
use local_sts::secret::Secret;
use local_sts::seed::{self, Source};
use local_sts::store::{Engine, Row, tables};
use proptest::prelude::*;

use crate::http::{Running, companion, status};
use crate::iam::{admin, by, done};
use crate::store::Scratch;
use crate::support::{Call, Keys, NOW, Rows, TestWorld, identify};

/// Every row of an identity.
fn identities(rows: &Rows) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let other = |row: &Row| {
        tables::ABOUT.owns(&row.key)
            || tables::BASELINE.owns(&row.key)
            || tables::RING.owns(&row.key)
            || tables::REVOKED_ISSUERS.owns(&row.key)
            || tables::REVOKED_ROOTS.owns(&row.key)
            || tables::KEY_USES.owns(&row.key)
            || tables::ROLE_USES.owns(&row.key)
            || tables::USED_CODES.owns(&row.key)
            || tables::MFA_VERIFICATIONS.owns(&row.key)
            || tables::CREDENTIAL_REPORTS.owns(&row.key)
    };
    let rows = rows.load().unwrap().0.into_iter().filter(|row| !other(row));
    rows.map(|row| (row.key, row.value)).collect()
}

fn world(seed: &str, chance: u64) -> (TestWorld, Rows) {
    let rows = Rows::default();
    (TestWorld::over(Box::new(rows.clone()), Some(seed), chance), rows)
}

#[track_caller]
fn import(world: &TestWorld, text: &str) {
    refused_import(world, text).unwrap_or_else(|error| panic!("{error}"));
}

fn refused_import(world: &TestWorld, text: &str) -> Result<(), String> {
    let source = Source { name: "state.json".to_owned(), text: text.to_owned() };
    let seed = seed::parse(&[source], &|_| None).map_err(|errors| errors.to_string())?;
    let (_, ticket) = seed::replace(world.service.world(), &seed).map_err(|error| error.to_string())?;
    ticket.wait().map_err(|fault| fault.to_string())
}

/// The state comes back from its own text: into an empty service, and into a running one that has something else.
#[track_caller]
fn comes_back(world: &TestWorld, rows: &Rows) {
    let text = world.export();
    let (started, started_rows) = self::world_later(&text);
    assert_eq!(started.export(), text);
    assert_eq!(identities(&started_rows), identities(rows), "{text}");
    let (running, running_rows) = self::world(OTHER, 8);
    running.wait(99);
    import(&running, &text);
    assert_eq!(running.export(), text);
    assert_eq!(identities(&running_rows), identities(rows), "{text}");
    let reopened = TestWorld::over(Box::new(running_rows), None, 9);
    assert_eq!(reopened.export(), text, "after a restart");
}

fn world_later(seed: &str) -> (TestWorld, Rows) {
    let rows = Rows::default();
    let world = TestWorld::over(Box::new(rows.clone()), None, 7);
    world.wait(1234);
    let source = Source { name: "state.json".to_owned(), text: seed.to_owned() };
    let seed = seed::parse(&[source], &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(seed.warnings, [""; 0]);
    seed::plant(world.service.world(), &seed, false, seed::Mode::Once).unwrap_or_else(|error| panic!("{error}"));
    (world, rows)
}

const OTHER: &str = r#"
accounts:
  - id: "999999999999"
    users: [{ name: stranger, accessKeys: [{ id: AKIASTRANGER0000, secret: s }], mfaDevices: [{ name: d, secret: GEZDGNBVGY3TQOJQ }] }]
    roles: [{ name: elsewhere, trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] } }]
  - id: "123456789012"
    alias: taken-before
    users: [{ name: Alice, path: /old/ }]
"#;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    alias: my-account
    rootLoginProfile: {}
    optInRegions: { af-south-1: DISABLED, "*": ENABLING }
    rootAccessKeys: [{ id: AKIAROOT, secret: "a$${b}\"'\\" }]
    rootMfaDevices: [{ name: root-phone, secret: GEZDGNBVGY3TQOJQ }]
    users:
      - name: admin
        attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess]
        accessKeys: [{ id: AKIAADMIN0000000, secret: admin-secret }]
        mfaDevices: [{ name: phone, secret: PHONEPHONEPHONEPHONE }]
    roles:
      - name: worker
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:user/admin" }, Action: "sts:AssumeRole" }] }
        policies: [{ name: p, document: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"s3:max-keys":1.50}}}]}' }]
    samlProviders: [{ name: corp, metadata: built-in }]
    oidcProviders: [{ url: "http://127.0.0.1:4593/oidc/demo", clientIds: [b, a], jwks: built-in }]
  - { id: "210987654321", partition: aws }
organizations:
  - id: o-smallcompany
    rootId: r-ab12
    managementAccount: "123456789012"
    organizationalUnits:
      - { name: "Live/\u007f", organizationalUnits: [{ name: Core, id: ou-ab12-corecore1, accounts: ["210987654321"] }] }
      - { name: Core, accounts: ["123456789012"] }
    resourceControlPolicies: [{ id: p-testpolicy, attachedTo: [ou-ab12-corecore1, Core, root], document: { Version: "2012-10-17", Statement: [{ Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*" }] } }]
"#;

#[test]
fn the_sample_comes_back_from_its_export() {
    let (sample, rows) = world(&fs::read_to_string("fixtures/seed/sample.yaml").unwrap(), 1);
    comes_back(&sample, &rows);
}

const NAMES: [&str; 4] = ["ann", "Bob", "x=y,z@w", "true"];
const PATHS: [&str; 3] = ["/", "/team/", "/a//{b}/\"/"];
const DOCUMENTS: [&str; 5] = [
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#,
    "{ \"Version\": \"2012-10-17\",\r\n\t\"Statement\": {\"Effect\": \"Deny\", \"Action\": [\"s3:*\"], \"Resource\": \"*\"} }\n",
    r#"{"Version":"2012-10-17","Statement":[{"Sid":"\u0041","Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::123456789012:user/${aws:username}"}]}"#,
    r#"{"Statement":[{"Effect":"Deny","NotAction":"s3:*","Resource":["*"]}],"Version":"2012-10-17"}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/\u00e9":["yes","no","~","<<","&a"]},"Bool":{"aws:SecureTransport":true}}}]}"#,
];
const TRUSTS: [&str; 4] = [
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/ann"}, "Action": "sts:AssumeRole"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:role/Bob","arn:aws:iam::123456789012:root"]},"Action":"sts:AssumeRole"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:sub":"repo:a/b:x"}}}]}"#,
];
const TAGS: [(&str, &str); 4] = [("Team", ""), ("team", "ÄÖ 日本 =+-@"), ("no", "null"), ("ΑΣ", "123")];

/// Calls, with what stands in braces to be filled in, and a tag where it says so.
const CALLS: [&str; 43] = [
    "CreateUser UserName={one} Path={path} +tag",
    "DeleteUser UserName={one}",
    "UpdateUser UserName={one} NewUserName={two} NewPath={path}",
    "TagUser UserName={one} +tag",
    "PutUserPolicy UserName={one} PolicyName={two} PolicyDocument={document}",
    "AttachUserPolicy UserName={one} PolicyArn={policy}",
    "PutUserPermissionsBoundary UserName={one} PermissionsBoundary=arn:aws:iam::aws:policy/ReadOnlyAccess",
    "AddUserToGroup UserName={one} GroupName={TWO}",
    "CreateAccessKey UserName={one}",
    "CreateGroup GroupName={one} Path={path}",
    "UpdateGroup GroupName={one} NewGroupName={two}",
    "PutGroupPolicy GroupName={one} PolicyName={two} PolicyDocument={document}",
    "AttachGroupPolicy GroupName={one} PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess",
    "DeleteGroup GroupName={one}",
    "CreateRole RoleName={one} AssumeRolePolicyDocument={trust} Description={odd} +tag",
    "DeleteRole RoleName={one}",
    "CreateServiceLinkedRole AWSServiceName=autoscaling.amazonaws.com CustomSuffix={one} Description={odd}",
    "DeleteServiceLinkedRole RoleName=AWSServiceRoleForAutoScaling_ann",
    "UpdateAssumeRolePolicy RoleName={one} PolicyDocument={trust}",
    "UpdateRole RoleName={one} MaxSessionDuration=7200 Description=",
    "PutRolePolicy RoleName={one} PolicyName={two} PolicyDocument={document}",
    "AttachRolePolicy RoleName={one} PolicyArn={policy}",
    "PutRolePermissionsBoundary RoleName={one} PermissionsBoundary={policy}",
    "CreatePolicy PolicyName={one} PolicyDocument={document} Description=yes +tag",
    "CreatePolicyVersion PolicyArn={policy} PolicyDocument={document} SetAsDefault={even}",
    "DeletePolicyVersion PolicyArn={policy} VersionId={version}",
    "SetDefaultPolicyVersion PolicyArn={policy} VersionId={version}",
    "DeletePolicy PolicyArn={policy}",
    "CreateInstanceProfile InstanceProfileName={one} Path={path} +tag",
    "AddRoleToInstanceProfile InstanceProfileName={one} RoleName={TWO}",
    "RemoveRoleFromInstanceProfile InstanceProfileName={one} RoleName={two}",
    "DeleteInstanceProfile InstanceProfileName={one}",
    "CreateOpenIDConnectProvider Url=https://token.actions.githubusercontent.com \
     ClientIDList.member.1=sts.amazonaws.com ThumbprintList.member.1=ABABABABABABABABABABABABABABABABABABABAB +tag",
    "DeleteOpenIDConnectProvider \
     OpenIDConnectProviderArn=arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    "CreateAccountAlias AccountAlias={alias}",
    "SetSecurityTokenServicePreferences GlobalEndpointTokenVersion={token}",
    "EnableOutboundWebIdentityFederation",
    "DisableOutboundWebIdentityFederation",
    "CreateVirtualMFADevice VirtualMFADeviceName={one} Path={other-path} +tag",
    "CreateLoginProfile UserName={one} Password={password-two}",
    "UpdateLoginProfile UserName={one} Password={password-one} PasswordResetRequired=true",
    "DeleteLoginProfile UserName={one}",
    "UpdateAccountPasswordPolicy MaxPasswordAge=90 HardExpiry={even}",
];

/// One of the calls, with names out of a few, so that much of it hits what is there.
fn call(line: &str, one: usize, two: usize) -> Call {
    let name = |place: usize| NAMES[place % NAMES.len()].to_owned();
    let filled = |value: &str| match value {
        "{one}" => name(one),
        "{two}" => name(two),
        "{TWO}" => name(two).to_uppercase(),
        "{path}" => PATHS[two % PATHS.len()].to_owned(),
        "{other-path}" => PATHS[one % 2].to_owned(),
        "{document}" => DOCUMENTS[two % DOCUMENTS.len()].to_owned(),
        "{trust}" => TRUSTS[two % TRUSTS.len()].to_owned(),
        "{policy}" => format!("arn:aws:iam::123456789012:policy/{}", name(two)),
        "{version}" => format!("v{}", one % 4 + 1),
        "{token}" => format!("v{}Token", one % 2 + 1),
        "{alias}" => format!("alias-{one}"),
        "{even}" => one.is_multiple_of(2).to_string(),
        "{odd}" => "é\t\n ~".to_owned(),
        "{password-one}" => format!("Password-{one}"),
        "{password-two}" => format!("Password-{two}"),
        plain => plain.to_owned(),
    };
    let mut words = line.split(' ');
    let call = Call::iam(words.next().unwrap()).by(&admin());
    words.fold(call, |call, word| match word.split_once('=') {
        Some((name, value)) => call.param(name, &filled(value)),
        None => call.tags(&[TAGS[two % TAGS.len()]]),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_calls_make_comes_back_from_its_export(
        deeds in prop::collection::vec((0..41_usize, 0..4_usize, 0..60_usize), 20..160),
    ) {
        let (world, rows) = world(SEED, 1);
        let mut succeeded = 0;
        for (action, one, two) in deeds {
            let answer = call(CALLS[action], one, two).send(&world);
            prop_assert!(answer.status() < 500, "{} {}", CALLS[action], answer.body());
            succeeded += usize::from(answer.status() == 200);
            world.wait(1);
        }
        prop_assert!(succeeded > 0);
        comes_back(&world, &rows);
    }
}

/// One of every kind, with everything that it can have.
fn everything() -> (TestWorld, Rows) {
    let (world, rows) = world(SEED, 1);
    let deeds = "CreateUser 0 0, CreateUser 1 0, TagUser 0 1, TagUser 0 2, PutUserPolicy 0 1, PutUserPolicy 0 4, \
                 PutUserPermissionsBoundary 0 0, CreateAccessKey 0 0, CreateGroup 0 1, CreateGroup 1 0, \
                 AddUserToGroup 0 0, AddUserToGroup 0 1, PutGroupPolicy 0 2, AttachGroupPolicy 0 0, CreateRole 1 0, \
                 CreateRole 0 1, UpdateAssumeRolePolicy 1 2, PutRolePolicy 0 3, CreatePolicy 0 1, \
                 CreatePolicyVersion 0 0, CreatePolicyVersion 1 4, DeletePolicyVersion 0 0, AttachUserPolicy 0 0, \
                 AttachRolePolicy 0 0, PutRolePermissionsBoundary 0 0, CreateInstanceProfile 0 1, \
                 AddRoleToInstanceProfile 0 1, CreateInstanceProfile 1 0, CreateOpenIDConnectProvider 0 0, \
                 CreateAccountAlias 0 0, SetSecurityTokenServicePreferences 1 0, \
                 EnableOutboundWebIdentityFederation 0 0, DisableOutboundWebIdentityFederation 0 0, \
                 CreateVirtualMFADevice 1 1, CreateLoginProfile 0 1, UpdateLoginProfile 0 0, CreateLoginProfile 1 1, \
                 UpdateAccountPasswordPolicy 0 0, CreateServiceLinkedRole 0 0";
    for deed in deeds.split(", ") {
        let [action, one, two] = deed.split(' ').collect::<Vec<_>>()[..] else { panic!("{deed}") };
        let line = CALLS.into_iter().find(|line| line.split(' ').next() == Some(action)).unwrap();
        world.wait(1);
        call(line, one.parse().unwrap(), two.parse().unwrap()).send(&world).fine();
    }
    (world, rows)
}

#[test]
fn every_kind_of_thing_comes_back_with_all_it_has() {
    let (world, rows) = everything();
    comes_back(&world, &rows);
    let text = world.export();
    assert!(text.contains("\"rootLoginProfile\": {") && text.contains("\"passwordPolicy\": {"), "{text}");
    assert!(!text.contains("Password-") && text.matches("\"pbkdf2-sha256-10000:").count() == 3, "{text}");
    // A line for each field, and no field beside another.
    assert!(
        text.lines()
            .all(|line| line.matches("\": ").count() <= 1 || line.contains("Text\": ") || line.contains("metadata"))
    );
    assert!(text.contains("\"secret\": \"a$${b}\\\"'\\\\\""), "{text}");
}

#[test]
fn who_has_gone_and_come_back_under_the_old_name_is_not_trusted_after_an_import_either() {
    let (world, rows) = everything();
    let trust = TRUSTS[1];
    done(&world, "UpdateAssumeRolePolicy", &[("RoleName", "worker"), ("PolicyDocument", trust)]);
    // ann goes, and another ann comes: the trust stays with the one that is gone.
    for (action, params) in [
        ("DeleteUserPolicy", vec![("PolicyName", "Bob")]),
        ("DeleteUserPolicy", vec![("PolicyName", "ann")]),
        ("DetachUserPolicy", vec![("PolicyArn", "arn:aws:iam::123456789012:policy/ann")]),
        ("RemoveUserFromGroup", vec![("GroupName", "ann")]),
        ("RemoveUserFromGroup", vec![("GroupName", "Bob")]),
        ("DeleteLoginProfile", vec![]),
    ] {
        done(&world, action, &[params, vec![("UserName", "ann")]].concat());
    }
    let key =
        Call::iam("ListAccessKeys").param("UserName", "ann").by(&admin()).send(&world).text("AccessKeyId").unwrap();
    done(&world, "DeleteAccessKey", &[("UserName", "ann"), ("AccessKeyId", &key)]);
    done(&world, "DeleteUser", &[("UserName", "ann")]);
    done(&world, "CreateUser", &[("UserName", "ann")]);
    let text = world.export();
    assert!(text.contains("\"trusted\": {"), "{text}");
    comes_back(&world, &rows);
}

const ROLE: &str = "arn:aws:iam::123456789012:role/worker";

fn assume(world: &TestWorld) -> Keys {
    Call::assume_role(ROLE, "session").by(&admin()).send(world).keys()
}

fn is_alive(world: &TestWorld, keys: &Keys) -> bool {
    identify(keys).send(world).status() == 200
}

#[test]
fn an_import_ends_the_sessions_of_what_is_gone_and_no_others() {
    let (world, _) = world(SEED, 1);
    let with = world.export();
    done(&world, "CreateRole", &[("RoleName", "other"), ("AssumeRolePolicyDocument", TRUSTS[0])]);
    let (session, own) = (assume(&world), Call::sts("GetSessionToken").by(&admin()).send(&world).keys());
    import(&world, &with);
    assert!(is_alive(&world, &session) && is_alive(&world, &own), "both stay who they are");
    assert_eq!(by(&admin(), "GetRole", &[("RoleName", "other")]).send(&world).status(), 404);
    let without = with.replace("\"worker\"", "\"another\"").replace("AROA", "AROAX");
    import(&world, &without);
    assert!(!is_alive(&world, &session) && is_alive(&world, &own));
    import(&world, &with);
    assert!(!is_alive(&world, &session), "who comes back by the old unique id does not bring its sessions");
    let again = assume(&world);
    assert!(is_alive(&world, &again));
    import(&world, OTHER);
    assert!(!is_alive(&world, &again) && !is_alive(&world, &own) && !is_alive(&world, &admin()));
}

#[test]
fn an_import_leaves_what_reset_comes_back_to_and_the_clock() {
    let (world, _) = world(SEED, 1);
    let seeded = world.export();
    world.steer_ahead(3600);
    import(&world, OTHER);
    assert!(world.service.world().now().now.seconds() > NOW + 3000);
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    assert_eq!(world.export(), seeded);
}

#[test]
fn a_code_that_was_used_stays_used_over_an_import() {
    let (world, _) = world(SEED, 1);
    let seed = Seed::parse(&Secret::new("PHONEPHONEPHONEPHONE".to_owned())).unwrap();
    let code = seed.code(Step::of(world.service.world().now().now, 0)).unwrap();
    let log_in = Call::sts("GetSessionToken")
        .param("SerialNumber", "arn:aws:iam::123456789012:mfa/phone")
        .param("TokenCode", &code)
        .by(&admin());
    assert_eq!(log_in.send(&world).status(), 200);
    import(&world, &world.export());
    assert_eq!(log_in.send(&world).status(), 403);
}

#[test]
fn when_a_key_was_used_is_known_after_an_import_as_well() {
    let (world, _) = world(SEED, 1);
    import(&world, &world.export());
    let used = done(&world, "GetAccessKeyLastUsed", &[("AccessKeyId", "AKIAADMIN0000000")]);
    assert_eq!(used.text("ServiceName").as_deref(), Some("iam"));
}

#[test]
fn a_merge_takes_no_unique_id_from_somebody_else() {
    let (world, _) = world(SEED, 1);
    let id = done(&world, "GetUser", &[("UserName", "admin")]).text("UserId").unwrap();
    let text = format!("accounts: [{{ id: \"123456789012\", users: [{{ name: thief, id: {id} }}] }}]");
    let seed = seed::parse(&[Source { name: "more.yaml".to_owned(), text }], &|_| None).unwrap();
    let refused = seed::plant(world.service.world(), &seed, false, seed::Mode::Merge).unwrap_err().to_string();
    assert!(refused.contains("more.yaml:1:61: the unique id") && refused.contains("is somebody else's"), "{refused}");
}

#[test]
fn a_merge_tells_what_is_called_otherwise_already() {
    let (world, _) = world(SEED, 1);
    done(&world, "CreatePolicy", &[("PolicyName", "Limits"), ("PolicyDocument", DOCUMENTS[0]), ("Path", "/x/")]);
    let policy = format!("policies: [{{ name: limits, document: {} }}]", DOCUMENTS[0]);
    let trust = TRUSTS[1].replace("user/ann", "user/Admin");
    for (things, place) in [
        (
            "users: [{ name: ann, attachedPolicies: [\"arn:aws:iam::123456789012:policy/limits\"] }]".to_owned(),
            "policy/Limits",
        ),
        (format!("users: [{{ name: Admin }}]\n  roles: [{{ name: r, trust: {trust} }}]"), "user/admin"),
    ] {
        let text = format!("accounts:\n- id: \"123456789012\"\n  {policy}\n  {things}");
        let seed = seed::parse(&[Source { name: "more.yaml".to_owned(), text }], &|_| None).unwrap();
        let refused = seed::plant(world.service.world(), &seed, false, seed::Mode::Merge).unwrap_err().to_string();
        let line = if place.contains("user") { 5 } else { 4 };
        assert!(refused.starts_with(&format!("more.yaml:{line}:")), "{refused}");
        let part = "is there already, and is called";
        assert!(refused.contains(part) && refused.contains(place.rsplit('/').next().unwrap()), "{refused}");
    }
}

#[test]
fn what_cannot_come_back_is_not_exported() {
    assert_eq!(seed::comes_back("{\n}\n"), Ok(()));
    let long = "\"a\": \"b\",\n".repeat(4_000_001);
    assert!(seed::comes_back(&long).unwrap_err().contains("values"));
    assert!(seed::comes_back(&" ".repeat(64 * 1024 * 1024 + 1)).unwrap_err().contains("65 MiB"));
}

#[track_caller]
fn check_refusal(text: &str, expect: &str) {
    let (world, rows) = world(SEED, 1);
    let before = identities(&rows);
    let refused = refused_import(&world, text).unwrap_err();
    assert!(refused.contains(expect), "{refused}");
    assert_eq!(identities(&rows), before, "nothing happens");
}

#[test]
fn what_a_seed_refuses_an_import_refuses_with_its_place() {
    check_refusal("{\"accounts\": [\n  {\"id\": \"1\"}\n]}", "state.json:2:10: `1` cannot be used as the account id");
    check_refusal("{\"accounts\":", "state.json:1:");
    check_refusal("accounts: [{ id: 123456789012, users: [{ name: a, id: AROAAAAAAAAAAAAAAAAAA }] }]", "the unique id");
    let users = "users: [{ name: a, id: AIDAAAAAAAAAAAAAAAAAA }, { name: b, id: AIDAAAAAAAAAAAAAAAAAA }]";
    check_refusal(&format!("accounts: [{{ id: 123456789012, {users} }}]"), "is used twice");
    check_refusal(
        "accounts: [{ id: 123456789012, users: [{ name: a, accessKeys: [{ id: AKIA, secret: \"${HOME}\" }] }] }]",
        "the variable HOME is not set",
    );
    let trust = TRUSTS[1].replace('"', "\\\"");
    let seed = format!("accounts: [{{ id: 123456789012, roles: [{{ name: a, trustText: \"{trust}\" }}] }}]");
    check_refusal(&seed, "the trust policy names arn:aws:iam::123456789012:user/ann, which does not exist");
    check_refusal("accounts: [{ id: 123456789012, instanceProfiles: [{ name: a, role: b }] }]", "has no role `b`");
    let issuer = "outboundIssuer: 00000000-0000-0000-0000-000000000000";
    check_refusal(&format!("accounts: [{{ id: 123456789012, {issuer} }}]"), "is somebody else's");
    for (versions, expect) in [
        ("versions: []", "one to five versions"),
        ("versions: [{ version: v2, document: D }, { version: v1, document: D }]", "in the order of their numbers"),
        ("versions: [{ version: v2, document: D }], defaultVersion: v1", "none of the versions"),
        ("versions: [{ version: v2, document: D }], lastVersion: v1", "older than the newest"),
        ("versions: [{ version: v2, document: D }], document: D", "not both"),
        ("versions: [{ version: v0, document: D }]", "`v0` cannot be used"),
    ] {
        let text = format!("accounts: [{{ id: 123456789012, policies: [{{ name: p, {versions} }}] }}]");
        check_refusal(&text.replace('D', DOCUMENTS[0]), expect);
    }
}

fn run(running: &Running, directory: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
    command.args(["--companion-listen", &running.companion, "--data-dir", directory]).args(arguments).output().unwrap()
}

#[track_caller]
fn runs(running: &Running, directory: &str, arguments: &[&str]) -> String {
    let output = run(running, directory, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_commands_bring_the_state_out_and_in_and_a_kill_does_not_undo_it() {
    let scratch = Scratch::new("state");
    let (directory, file) = (scratch.0.join("data"), scratch.0.join("state.json"));
    let (directory, name) = (directory.to_str().unwrap(), file.to_str().unwrap());
    let running = Running::start(&["--data-dir", directory, "--seed", "fixtures/seed/sample.yaml"]);
    let first = runs(&running, directory, &["export"]);
    assert!(runs(&running, directory, &["export", name]).is_empty());
    assert_eq!(fs::read_to_string(&file).unwrap(), first);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let changed = first.replace("small-company-audit", "another-alias");
    fs::write(&file, &changed).unwrap();
    // The options of the service may stand behind the word as well.
    let told = Command::new(env!("CARGO_BIN_EXE_local-sts"))
        .args(["import", name, "--data-dir", directory, "--companion-listen", &running.companion])
        .output()
        .unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.starts_with("came: nothing\nstayed: ") && told.ends_with("\nwent: nothing\n"), "{told}");
    drop(running);
    let running = Running::start(&["--data-dir", directory]);
    assert_eq!(runs(&running, directory, &["export"]), changed);
    fs::write(&file, first.replace("\"report-reader\"", "\"report reader\"")).unwrap();
    let refused = run(&running, directory, &["import", name]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && told.starts_with(&format!("{name}:")), "{told}");
    assert!(told.contains("cannot be used as the role name"), "{told}");
    assert_eq!(runs(&running, directory, &["export"]), changed);
    // What somebody else set up for the file to go through or to stand beside is of no use to them.
    let link = scratch.0.join("link.json");
    symlink("state.json", &link).unwrap();
    assert!(runs(&running, directory, &["export", link.to_str().unwrap()]).is_empty());
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), changed);
    assert!(runs(&running, directory, &["export", "/dev/stdout"]).starts_with('{'));
    let beside: Vec<_> = fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name.to_string_lossy().starts_with('.')), "{beside:?}");
    // A variable would be somebody's default before it is anybody's secret.
    for variable in ["${SOME_SECRET}", "${SOME_SECRET:-a-default}"] {
        let seed = "accounts: [{ id: 123456789012, users: [{ name: a, accessKeys: [{ id: AKIAA, secret: S }] }] }]";
        fs::write(&file, seed.replace("secret: S", &format!("secret: '{variable}'"))).unwrap();
        let refused = run(&running, directory, &["import", name]);
        assert!(String::from_utf8_lossy(&refused.stderr).contains("and not in an import"), "{refused:?}");
        assert_eq!(runs(&running, directory, &["export"]), changed);
    }
    fs::write(&file, "{}").unwrap();
    let told = runs(&running, directory, &["import", name]);
    assert!(told.starts_with("came: nothing\nstayed: nothing\nwent: ") && told.contains("2 accounts"), "{told}");
    fs::write(&file, &changed).unwrap();
    let told = runs(&running, directory, &["import", name]);
    assert!(told.contains("\nstayed: nothing\nwent: nothing\n") && told.contains("2 accounts"), "{told}");
    let missing = run(&running, directory, &["import", "absent.json"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("there is no such file"));
    // And as the seed of another service.
    fs::write(&file, &changed).unwrap();
    let elsewhere = scratch.0.join("other");
    let other = Running::start(&["--data-dir", elsewhere.to_str().unwrap(), "--seed", name]);
    assert_eq!(runs(&other, elsewhere.to_str().unwrap(), &["export"]), changed);
    // On loopback everybody may ask; who has no token learns no secrets.
    let stranger = run(&other, "/nonexistent", &["export"]);
    let part = "the service wants a token that it knows";
    assert!(String::from_utf8_lossy(&stranger.stderr).contains(part), "{stranger:?}");
}

/// B-721: only root can set this up; for others there is nothing to try.
#[test]
fn a_pipe_of_another_user_in_the_place_of_the_file_gets_no_secret() {
    let scratch = Scratch::new("pipe");
    let (directory, pipe) = (scratch.0.join("data"), scratch.0.join("state.json"));
    let (directory, name) = (directory.to_str().unwrap(), pipe.to_str().unwrap());
    let running = Running::start(&["--data-dir", directory]);
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _reader = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    assert!(runs(&running, directory, &["export", name]).is_empty(), "a pipe of one's own");
    if chown(&pipe, Some(65_534), None).is_ok() {
        let refused = run(&running, directory, &["export", name]);
        assert!(String::from_utf8_lossy(&refused.stderr).contains("it is a pipe of another user"), "{refused:?}");
    }
}

#[test]
fn the_state_is_for_administrators_and_for_no_page() {
    let scratch = Scratch::new("state-scope");
    let tokens = scratch.0.join("tokens");
    fs::write(&tokens, "the-administrator-of-this-place admin\na-service-of-the-neighbourhood validator\n").unwrap();
    fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).unwrap();
    let open = Running::start(&["--ephemeral"]);
    for (method, body) in [("GET", ""), ("PUT", "{}")] {
        let answer = companion(&open, method, "/_admin/v1/state", "Content-Type: application/json\r\n", body);
        assert_eq!(status(&answer), "401 Unauthorized", "{answer}");
    }
    let running = Running::start(&["--ephemeral", "--companion-token-file", tokens.to_str().unwrap()]);
    let ask = |method: &str, headers: &str, body: &str| companion(&running, method, "/_admin/v1/state", headers, body);
    let admin = "Authorization: Bearer the-administrator-of-this-place\r\n";
    let service = "Authorization: Bearer a-service-of-the-neighbourhood\r\n";
    assert_eq!(status(&ask("GET", "", "")), "401 Unauthorized");
    assert_eq!(status(&ask("GET", service, "")), "403 Forbidden");
    assert_eq!(status(&ask("GET", &format!("{admin}Origin: http://localhost\r\n"), "")), "403 Forbidden");
    let answer = ask("GET", admin, "");
    assert!(status(&answer) == "200 OK" && answer.to_ascii_lowercase().contains("cache-control: no-store"), "{answer}");
    assert_eq!(status(&ask("PUT", service, "{}")), "415 Unsupported Media Type");
    let json = "Content-Type: application/json\r\n";
    assert_eq!(status(&ask("PUT", &format!("{service}{json}"), "{}")), "403 Forbidden");
    assert_eq!(status(&ask("PUT", &format!("{admin}{json}"), "[]")), "400 Bad Request");
    assert_eq!(status(&ask("POST", &format!("{admin}{json}"), "{}")), "405 Method Not Allowed");
    // Who may not bring a state cannot make the service read much.
    let much = " ".repeat(300 * 1024);
    assert_eq!(status(&ask("PUT", &format!("{service}{json}"), &much)), "413 Payload Too Large");
    assert_eq!(status(&ask("PUT", &format!("{admin}{json}"), &much)), "400 Bad Request");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(status(&ask("PUT", &format!("{admin}{json}"), body)), "200 OK");
    assert!(Path::new(&tokens).exists());
}
