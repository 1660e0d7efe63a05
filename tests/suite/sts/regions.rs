//! Regions: which endpoint a call reaches, what an account has enabled there, which token comes out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Answer, Call, Keys, TestWorld, alice, check, identify, refused};
use local_sts::ids::AccountId;
use local_sts::ids::region::{RegionOptStatus, TokenVersion};
use local_sts::sessions::open;
use local_sts::store::records::RegionSettings;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
    roles:
      - { name: home, trust: &open { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:SetSourceIdentity"] }] } }
  - id: "210987654321"
    roles:
      - { name: away, trust: *open }
      - { name: closed, trust: { Version: "2012-10-17", Statement: [{ Effect: Deny, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] } }
"#;

const HOME: &str = "arn:aws:iam::123456789012:role/home";
const AWAY: &str = "arn:aws:iam::210987654321:role/away";
const GLOBAL: &str = "sts.amazonaws.com";
const OPT_IN: &str = "af-south-1";
const BY_DEFAULT: &str = "ap-northeast-3";

const USED: [RegionOptStatus; 2] = [RegionOptStatus::Enabled, RegionOptStatus::Disabling];
const UNUSED: [RegionOptStatus; 2] = [RegionOptStatus::Disabled, RegionOptStatus::Enabling];

const NO_TOKEN: (u16, &str, Option<&str>) =
    (403, "InvalidClientTokenId", Some("The security token included in the request is invalid"));
const NO_KEY: (u16, &str, Option<&str>) =
    (403, "InvalidClientTokenId", Some("The security token included in the request is invalid."));

fn assume(role: &str) -> Call {
    Call::assume_role(role, "ci").by(&alice())
}

/// A world in which these accounts have set this about regions.
fn world(settings: &[(&str, RegionSettings)]) -> TestWorld {
    let world = TestWorld::new(SEED);
    for (account, settings) in settings {
        set(&world, account, settings);
    }
    world
}

fn set(world: &TestWorld, account: &str, settings: &RegionSettings) {
    let account = AccountId::parse(account).unwrap();
    world.change(|draft| Ok(draft.identities.put_region_settings(&mut draft.batch, account, settings.clone())?));
}

fn opt_in(status: RegionOptStatus) -> RegionSettings {
    RegionSettings { opt_in_regions: vec![(OPT_IN.to_owned(), status)], ..RegionSettings::default() }
}

fn deactivated(region: &str) -> RegionSettings {
    RegionSettings { sts_deactivated: vec![region.to_owned()], ..RegionSettings::default() }
}

fn preferring(version: TokenVersion) -> RegionSettings {
    RegionSettings { global_endpoint_token_version: version, ..RegionSettings::default() }
}

fn extended_request_id(answer: &Answer) -> String {
    let id = answer.header("x-amz-sts-extended-request-id").unwrap_or_default();
    String::from_utf8(STANDARD.decode(id).unwrap()).unwrap()
}

fn length(answer: &Answer) -> usize {
    let token = answer.text("SessionToken").unwrap_or_else(|| panic!("{}", answer.body()));
    assert_eq!(answer.text("SessionTokenSize"), Some(token.len().to_string()), "B-154");
    let utilization = (token.len() * 100 / 4096).to_string();
    assert_eq!(answer.text("SessionTokenUtilization").as_deref(), Some(utilization.as_str()), "B-154");
    if let Some(packed) = answer.text("PackedPolicySize") {
        assert_eq!(packed, utilization);
    }
    token.len()
}

/// Row sts-s-region-caller-off: neither a session of another region nor a key is good where the account is not.
#[test]
fn credentials_are_good_where_their_account_has_enabled_the_region() {
    for (statuses, good) in [(USED, true), (UNUSED, false)] {
        for status in statuses {
            let world = world(&[("123456789012", opt_in(status))]);
            let session = Call::sts("GetSessionToken").region("us-west-2").by(&alice()).send(&world).keys();
            let role = assume(HOME).region("us-west-2").send(&world).keys();
            for (keys, refusal) in [(alice(), NO_KEY), (session, NO_TOKEN), (role, NO_TOKEN)] {
                assert_eq!(identify(&keys).region("us-west-2").send(&world).status(), 200, "{status:?}");
                if good {
                    assert_eq!(identify(&keys).region(OPT_IN).send(&world).status(), 200, "{status:?}");
                } else {
                    let host = format!("sts.{OPT_IN}.amazonaws.com");
                    check(&world, "sts-s-region-caller-off, B-151", &identify(&keys).region(OPT_IN), refusal);
                    check(&world, "by host", &identify(&keys).region(OPT_IN).header("host", &host), refusal);
                }
            }
        }
    }
}

/// Rows sts-s-region-role-off and sts-s-region-disabling.
#[test]
fn a_role_is_unknown_where_its_account_has_not_enabled_the_region() {
    for status in USED {
        let world = world(&[("210987654321", opt_in(status))]);
        let answer = assume(AWAY).region(OPT_IN).send(&world);
        assert_eq!(answer.text("PackedPolicySize").as_deref(), Some("18"), "sts-s-region-disabling: {status:?}");
        let keys = answer.keys();
        assert_eq!(identify(&keys).region(OPT_IN).send(&world).status(), 200, "{status:?}");
    }
    let text = format!(
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: {AWAY}"
    );
    for status in UNUSED {
        let world = world(&[("210987654321", opt_in(status))]);
        check(&world, "sts-s-region-role-off", &assume(AWAY).region(OPT_IN), refused(403, "AccessDenied", &text));
        assert_eq!(assume(AWAY).region(BY_DEFAULT).send(&world).status(), 200);
    }
}

/// Row gci-region-off: who asks who he is asks for no credentials.
#[test]
fn where_an_account_has_deactivated_sts_it_gets_no_credentials() {
    let text = |account: &str| {
        format!(
            "STS is not activated in this region for account:{account}. Your account administrator can activate STS in this region using the IAM Console."
        )
    };
    let off = world(&[("123456789012", deactivated(BY_DEFAULT))]);
    let (own, other) = (text("123456789012"), text("210987654321"));
    for call in [Call::sts("GetSessionToken"), Call::sts("GetFederationToken").param("Name", "guest"), assume(HOME)] {
        let call = call.by(&alice());
        let refusal = refused(403, "RegionDisabledException", &own);
        check(&off, "ar-region-off", &call.clone().region(BY_DEFAULT), refusal);
        assert_eq!(call.region("us-west-2").send(&off).status(), 200);
    }
    let session = assume(HOME).send(&off).keys();
    for keys in [alice(), session] {
        assert_eq!(identify(&keys).region(BY_DEFAULT).send(&off).status(), 200, "gci-region-off");
    }
    assert_eq!(assume(AWAY).region(BY_DEFAULT).send(&off).status(), 200, "the account of the role counts");

    let off = world(&[("210987654321", deactivated(BY_DEFAULT))]);
    let refusal = refused(403, "RegionDisabledException", &other);
    check(&off, "ar-region-off", &assume(AWAY).region(BY_DEFAULT), refusal);
    assert_eq!(assume(HOME).region(BY_DEFAULT).send(&off).status(), 200);
    let denied = assume("arn:aws:iam::210987654321:role/closed").region(BY_DEFAULT).send(&off);
    assert_eq!(denied.text("Code").as_deref(), Some("AccessDenied"), "B-153: who may not ask is not told");
}

/// Rows sts-s-token-size-v1 and sts-s-token-size-v2, sts-s-packed-si, sts-s-packed-policy, sts-s-packed-gft.
#[test]
fn tokens_are_as_long_as_captured_ones() {
    const ALLOW: &str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}]}"#;
    const DENY: &str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}]}"#;
    let world = world(&[]);
    let named = assume(HOME).param("SourceIdentity", "a-person-with-a-name");
    for (call, version_1, version_2) in [
        (Call::sts("GetSessionToken"), Some(288), 688),
        (Call::sts("GetFederationToken").param("Name", "guest").param("Policy", ALLOW), Some(376), 776),
        (assume(HOME), Some(352), 752),
        (named.clone(), None, 800),
        (named.param("Policy", DENY), None, 876),
    ] {
        let call = call.by(&alice());
        let body = String::from_utf8_lossy(&call.body).into_owned();
        assert_eq!(length(&call.clone().send(&world)), version_2, "{body}");
        let global = length(&call.header("host", GLOBAL).send(&world));
        assert!(version_1.is_none_or(|expect| global == expect), "{global}: {body}");
    }
}

/// Rows sts-s-pref-v1-optin, sts-s-pref-v1-default, sts-opt-in-region-v1-token.
#[test]
fn tokens_of_the_global_endpoint_are_good_in_the_regions_that_every_account_has() {
    let world = world(&[]);
    for call in [Call::sts("GetSessionToken"), Call::sts("GetFederationToken").param("Name", "guest"), assume(HOME)] {
        let keys = call.header("host", GLOBAL).by(&alice()).send(&world).keys();
        for region in ["us-east-1", BY_DEFAULT] {
            assert_eq!(identify(&keys).region(region).send(&world).status(), 200, "sts-s-pref-v1-default");
        }
        check(&world, "sts-s-pref-v1-optin", &identify(&keys).region("ap-east-1"), NO_TOKEN);
        check(&world, "sts-opt-in-region-v1-token", &assume(AWAY).by(&keys).region("ap-east-1"), NO_TOKEN);
        world.wait(1);
    }
    let regional = assume(HOME).region("us-west-2").send(&world).keys();
    assert_eq!(identify(&regional).region("ap-east-1").send(&world).status(), 200);
}

/// Rows sts-s-pref-old-v1 and sts-s-pref-old-v2: a token stays what it was when it was issued.
#[test]
fn a_preference_changes_the_tokens_to_come_and_no_other() {
    let world = world(&[]);
    let issue = || assume(HOME).header("host", GLOBAL).send(&world);
    let in_opt_in_region = |keys: &Keys| identify(keys).region("ap-east-1");
    let old = issue();
    assert_eq!(length(&old), 352, "an account that prefers nothing gets version 1");

    set(&world, "123456789012", &preferring(TokenVersion::V2));
    let new = issue();
    assert_eq!(length(&new), 752);
    check(&world, "sts-s-pref-old-v1", &in_opt_in_region(&old.keys()), NO_TOKEN);
    assert_eq!(in_opt_in_region(&new.keys()).send(&world).status(), 200);

    set(&world, "123456789012", &preferring(TokenVersion::V1));
    assert_eq!(length(&issue()), 352);
    assert_eq!(in_opt_in_region(&new.keys()).send(&world).status(), 200, "sts-s-pref-old-v2");
    assert_eq!(length(&assume(HOME).send(&world)), 752, "a regional endpoint heeds no preference");
}

/// Row sts-s-region-owner-pref.
#[test]
fn the_preference_that_counts_is_that_of_the_roles_account() {
    for (account, home, away) in [("123456789012", 752, 352), ("210987654321", 352, 752)] {
        let world = world(&[(account, preferring(TokenVersion::V2))]);
        let issued = |role| length(&assume(role).header("host", GLOBAL).send(&world));
        assert_eq!((issued(HOME), issued(AWAY)), (home, away), "sts-s-region-owner-pref: {account}");
    }
}

/// A region that cannot read a token cannot see that it has expired either: B-152.
#[test]
fn a_token_that_is_unknown_in_a_region_is_so_before_it_has_expired_there() {
    let world = world(&[]);
    let keys = assume(HOME).header("host", GLOBAL).send(&world).keys();
    world.wait(3600);
    check(&world, "B-152", &identify(&keys).region("ap-east-1"), NO_TOKEN);
    assert_eq!(identify(&keys).region(BY_DEFAULT).send(&world).text("Code").as_deref(), Some("ExpiredToken"));
    let damaged =
        keys.with_token(keys.token.as_deref().map(|token| format!("{}AAAA", &token[..token.len() - 4])).as_deref());
    check(&world, "a damaged token", &identify(&damaged).region("ap-east-1"), NO_KEY);
}

#[test]
fn a_session_knows_which_kind_of_endpoint_issued_it() {
    let world = world(&[("123456789012", preferring(TokenVersion::V2))]);
    for (call, global) in [(assume(HOME), false), (assume(HOME).header("host", GLOBAL), true)] {
        let keys = call.send(&world).keys();
        let snapshot = world.snapshot();
        let opened = open(keys.token.as_deref().unwrap(), &keys.id, snapshot.sessions.ring()).unwrap();
        assert_eq!((opened.session().global, opened.version()), (global, TokenVersion::V2));
    }
}

#[test]
fn a_token_is_as_long_as_asked_for_to_try_what_fits() {
    let world = world(&[]);
    for call in [Call::sts("GetSessionToken"), Call::sts("GetFederationToken").param("Name", "guest"), assume(HOME)] {
        let usual = length(&call.clone().by(&alice()).send(&world));
        for (least, expect) in [("0", usual), ("600", usual), ("1000", 1000), ("1001", 1004), ("4096", 4096)] {
            let answer = call.clone().param("MinimumSessionTokenSize", least).by(&alice()).send(&world);
            assert_eq!(length(&answer), expect, "B-154: {least}");
            assert_eq!(identify(&answer.keys()).send(&world).status(), 200);
        }
        let text = "1 validation error detected: Value '4097' at 'minimumSessionTokenSize' failed to satisfy constraint: Member must have value less than or equal to 4096";
        let call = call.param("MinimumSessionTokenSize", "4097").by(&alice());
        check(&world, "B-154", &call, refused(400, "ValidationError", text));
    }
}

/// With `--region aws-global` any name of this machine's is the global endpoint.
#[test]
fn a_service_can_stand_for_the_global_endpoint() {
    let world = TestWorld::in_region(SEED, "aws-global");
    assert_eq!(length(&assume(HOME).send(&world)), 352);
    let text = "Credential should be scoped to a valid region. ";
    check(&world, "B-002", &assume(HOME).region("us-west-2"), refused(403, "SignatureDoesNotMatch", text));
    let regional = assume(HOME).header("host", "sts.us-west-2.amazonaws.com").region("us-west-2").send(&world);
    assert_eq!(length(&regional), 752, "a name of AWS's outweighs it");
}

/// B-171: SDKs that are set to `aws-global` and to an endpoint sign for a region of that name.
#[test]
fn signatures_scoped_to_aws_global_mean_the_global_endpoint() {
    let invalid = refused(403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region. ");
    for world in [world(&[]), TestWorld::in_region(SEED, "aws-global")] {
        let answer = assume(HOME).region("aws-global").send(&world);
        assert_eq!(length(&answer), 352, "a token of the global endpoint");
        let id = extended_request_id(&answer);
        assert!(id.starts_with("1:us-east-1:S:") && id.contains(":G:"), "{id}");
        let keys = answer.keys();
        assert_eq!(identify(&keys).region("aws-global").send(&world).status(), 200);
        let at_aws = identify(&alice()).region("aws-global").header("host", GLOBAL);
        check(&world, "B-171: a name of AWS's takes its own region", &at_aws, invalid);
    }
    let regional = TestWorld::in_region(SEED, "us-east-1");
    check(&regional, "B-171: another endpoint", &identify(&alice()).region("aws-global"), invalid);
    let condition = r#"trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole", Condition: { StringEquals: { "aws:RequestedRegion": us-east-1 } } }] }"#;
    let bound = TestWorld::new(&format!("{SEED}      - {{ name: bound, {condition} }}\n"));
    let bound_role = |region: &str| assume("arn:aws:iam::210987654321:role/bound").region(region).send(&bound).status();
    assert_eq!((bound_role("aws-global"), bound_role("us-west-2")), (200, 403), "aws:RequestedRegion");
}

#[test]
fn the_trailing_dot_of_a_host_name_changes_nothing() {
    let world = world(&[]);
    assert_eq!(length(&assume(HOME).header("host", "sts.amazonaws.com.").send(&world)), 352);
    assert_eq!(length(&assume(HOME).header("host", "sts.us-east-1.amazonaws.com.").send(&world)), 752);
}

/// B-003: a refusal names the region that was signed for, too, if there is an endpoint for it here.
#[test]
fn the_extended_request_id_names_the_region_whatever_the_answer() {
    let any = world(&[]);
    let fixed = TestWorld::in_region(SEED, "eu-west-1");
    let wrong = alice().with_secret("wrong");
    let unknown = Keys::new("AKIANOBODY", "x");
    let ireland = "sts.eu-west-1.amazonaws.com";
    for (world, call, status, expect) in [
        (&any, identify(&wrong).region("eu-central-1"), 403, "eu-central-1:S R"),
        (&any, identify(&unknown).region("cn-north-1"), 403, "cn-north-1:S R"),
        (&any, identify(&alice()).region("eu-central-1").service("s3"), 403, "eu-central-1:S R"),
        (&any, Call::sts("Nonsense").by(&alice()).region("eu-central-1"), 400, "eu-central-1:S R"),
        (&any, Call::form("").by(&alice()).region("eu-central-1"), 302, "eu-central-1:S R"),
        (&any, identify(&wrong).region("aws-global"), 403, "us-east-1:S G"),
        (&any, identify(&alice()).region("mars-north-1"), 403, "us-east-1:S R"),
        (&any, Call::sts("GetCallerIdentity"), 403, "us-east-1:S R"),
        (&any, identify(&wrong).region("us-west-2").header("host", ireland), 403, "eu-west-1:S R"),
        (&any, identify(&wrong).header("host", GLOBAL), 403, "us-east-1:S G"),
        (&fixed, identify(&alice()).region("us-west-2"), 403, "eu-west-1:S R"),
    ] {
        let answer = call.send(world);
        let id = extended_request_id(&answer);
        let parts: Vec<&str> = id.split(':').collect();
        let found = format!("{}:{} {}", parts[1], parts[2], parts[4]);
        assert_eq!((answer.status(), found.as_str()), (status, expect), "B-003: {call:?}");
    }
}

/// B-170: partitions share no identities.
#[test]
fn keys_sessions_and_roles_are_unknown_in_another_partition() {
    let seed = |partition: &str, account: &str, name: &str| {
        format!(
            r#"
  - id: "{account}"
    partition: {partition}
    users:
      - name: {name}
        accessKeys: [{{ id: KEY1{account}, secret: secret-of-{name} }}]
        attachedPolicies: ["arn:{partition}:iam::aws:policy/AdministratorAccess"]
    roles:
      - name: open
        trust: {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {{ AWS: "*" }}, Action: "sts:AssumeRole" }}] }}"#
        )
    };
    let homes = [
        ("aws", "111111111111", "amy", "us-east-1"),
        ("aws-cn", "222222222222", "li", "cn-north-1"),
        ("aws-us-gov", "333333333333", "gus", "us-gov-west-1"),
    ];
    let accounts: String = homes.iter().map(|(partition, account, name, _)| seed(partition, account, name)).collect();
    let world = TestWorld::new(&format!("accounts:{accounts}"));
    let role = |partition: &str, account: &str| format!("arn:{partition}:iam::{account}:role/open");
    for (partition, account, name, region) in homes {
        let key = Keys::new(&format!("KEY1{account}"), &format!("secret-of-{name}"));
        let assume = |role: &str| assume(role).by(&key).region(region);
        let session = Call::sts("GetSessionToken").by(&key).region(region).send(&world).keys();
        let assumed = assume(&role(partition, account)).send(&world).keys();
        let key_info = |id: &str| Call::sts("GetAccessKeyInfo").param("AccessKeyId", id).by(&key).region(region);
        let info = key_info(&key.id).send(&world);
        assert_eq!(info.text("Account").as_deref(), Some(account), "{name} at home");
        for (foreign_partition, foreign_account, _, foreign_region) in homes {
            if foreign_partition == partition {
                continue;
            }
            let id = format!("B-170: {name} in {foreign_region}");
            for (keys, refusal) in [(&key, NO_KEY), (&session, NO_TOKEN), (&assumed, NO_TOKEN)] {
                assert_eq!(identify(keys).region(region).send(&world).status(), 200, "{name} at home");
                check(&world, &id, &identify(keys).region(foreign_region), refusal);
            }
            let foreign_role = role(foreign_partition, foreign_account);
            let text = format!(
                "User: arn:{partition}:iam::{account}:user/{name} is not authorized to perform: sts:AssumeRole on resource: {foreign_role}"
            );
            check(&world, &id, &assume(&foreign_role), refused(403, "AccessDenied", &text));
            let unknown = key_info(&format!("KEY1{foreign_account}")).send(&world);
            assert_eq!((unknown.status(), unknown.text("Account")), (400, None), "{id}: {}", unknown.body());
        }
    }
}

/// What a seed says of regions holds, for the rest of the world is as in a seed that says nothing: B-150.
#[test]
fn a_seed_says_what_accounts_have_set_about_regions() {
    let world = |inside: &str| TestWorld::new(&SEED.replace("    users:", &format!("{inside}\n    users:")));
    let status = |world: &TestWorld, region: &str| identify(&alice()).region(region).send(world).status();
    for (inside, good, bad) in [
        ("", &["af-south-1", "ap-east-1"][..], &[][..]),
        (
            r"    optInRegions: { af-south-1: ENABLING, me-south-1: DISABLING }",
            &["ap-east-1", "me-south-1"],
            &["af-south-1"],
        ),
        (
            r#"    optInRegions: { "*": DISABLED, af-south-1: ENABLED }"#,
            &["af-south-1", "us-west-2"],
            &["ap-east-1", "sa-west-1"],
        ),
    ] {
        let world = world(inside);
        assert!(good.iter().all(|region| status(&world, region) == 200), "{inside}");
        assert!(bad.iter().all(|region| status(&world, region) == 403), "{inside}");
    }
    let off = world("    stsDeactivatedRegions: [eu-west-3]\n    globalEndpointTokenVersion: v2Token");
    assert_eq!(length(&assume(HOME).header("host", GLOBAL).send(&off)), 752);
    let refused = assume(HOME).region("eu-west-3").send(&off);
    assert_eq!(refused.text("Code").as_deref(), Some("RegionDisabledException"));
    let reset = local_sts::api::baseline::reset(off.service.world()).unwrap();
    reset.wait().unwrap();
    assert_eq!(length(&assume(HOME).header("host", GLOBAL).send(&off)), 752, "a reset brings settings back");
}
