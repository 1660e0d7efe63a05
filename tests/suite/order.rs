//! Which fault wins when a request has two: the order of AWS's checks, pair by pair.

use crate::support::{Call, Keys, NOW, TestWorld};
use local_sts::time::Timestamp;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    rootAccessKeys: [{ id: AKIAROOT, secret: root-secret }]
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }, { id: AKIASLEEPING, secret: s, status: Inactive }]
        mfaDevices: [{ name: phone, secret: GEZDGNBVGY3TQOJQ }]
    roles:
      - name: open
        maxSessionDuration: 7200
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: closed
        trust: { Version: "2012-10-17", Statement: [{ Effect: Deny, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

/// The faults, first winner first.
const ORDER: [Fault; 15] = [
    Fault::Path,
    Fault::NoAction,
    Fault::UnknownAction,
    Fault::Unsigned,
    Fault::Skewed,
    Fault::Scope,
    Fault::UnknownKey,
    Fault::Expired,
    Fault::RoleGone,
    Fault::Signature,
    Fault::Malformed,
    Fault::Constraint,
    Fault::NoArn,
    Fault::SecondFactor,
    Fault::Denied,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Path,
    NoAction,
    UnknownAction,
    Unsigned,
    Skewed,
    Scope,
    UnknownKey,
    Expired,
    RoleGone,
    Signature,
    Malformed,
    Constraint,
    NoArn,
    SecondFactor,
    Denied,
}

impl Fault {
    /// What shows that this fault won.
    fn sign(self) -> (u16, &'static str) {
        match self {
            Self::Path => (404, ""),
            Self::NoAction => (302, ""),
            Self::UnknownAction => (400, "InvalidAction"),
            Self::Unsigned => (403, "MissingAuthenticationToken"),
            Self::Skewed | Self::Scope | Self::Signature => (403, "SignatureDoesNotMatch"),
            Self::UnknownKey | Self::RoleGone => (403, "InvalidClientTokenId"),
            Self::Expired => (403, "ExpiredToken"),
            Self::Malformed => (400, "MalformedInput"),
            Self::Constraint | Self::NoArn => (400, "ValidationError"),
            Self::SecondFactor | Self::Denied => (403, "AccessDenied"),
        }
    }

    /// The part of the text that tells it from others of the same code.
    fn text(self) -> &'static str {
        match self {
            Self::Skewed => "Signature expired",
            Self::Scope => "Credential should be scoped",
            Self::Signature => "The request signature we calculated",
            Self::Constraint => "1 validation error detected",
            Self::NoArn => "nothing-that-is-an-arn is invalid",
            // B-130.
            Self::SecondFactor => "MultiFactorAuthentication failed",
            Self::Denied => "is not authorized to perform",
            _ => "",
        }
    }
}

/// A world in which one session's role is gone, and a call with all of these faults.
fn provoke(faults: &[Fault]) -> (TestWorld, Call) {
    let world = TestWorld::new(SEED);
    let has = |fault| faults.contains(&fault);
    let assume =
        |role: &str| Call::sts("AssumeRole").param("RoleArn", &format!("arn:aws:iam::123456789012:role/{role}"));
    let alice = Keys::of("alice");
    let mut keys = alice.clone();
    if has(Fault::Expired) || has(Fault::RoleGone) {
        keys = assume("open")
            .param("RoleSessionName", "ci")
            .param("DurationSeconds", "900")
            .by(&alice)
            .send(&world)
            .keys();
    }
    if has(Fault::RoleGone) {
        world.change(|draft| {
            let role = draft.identities.role_by_arn("arn:aws:iam::123456789012:role/open").unwrap().id.clone();
            Ok(draft.identities.delete_role(&mut draft.batch, &role)?)
        });
    }
    if has(Fault::Expired) {
        world.wait(900);
    }
    if has(Fault::UnknownKey) {
        keys = keys.with_token(None);
        keys.id = "ASIANOBODY".to_owned();
    }
    if has(Fault::Signature) {
        keys = keys.with_secret("wrong");
    }
    let action = if has(Fault::UnknownAction) { "Nonsense" } else { "AssumeRole" };
    let mut call = if has(Fault::NoAction) || has(Fault::Path) { Call::form("") } else { Call::sts(action) };
    let role = if has(Fault::NoArn) { "nothing-that-is-an-arn" } else { "arn:aws:iam::123456789012:role/closed" };
    call = call.param("RoleArn", role);
    call = call.param("RoleSessionName", if has(Fault::Constraint) { "a" } else { "ci" });
    if has(Fault::Malformed) {
        call = call.param("DurationSeconds", "abc");
    }
    if has(Fault::SecondFactor) {
        call = call.param("SerialNumber", "arn:aws:iam::123456789012:mfa/phone").param("TokenCode", "000000");
    }
    if has(Fault::Path) {
        call = call.path("/nowhere");
    }
    if has(Fault::Scope) {
        call = call.region("mars-north-1");
    }
    if has(Fault::Skewed) {
        call = call.signed_at(Timestamp::from_seconds(NOW - 3600));
    }
    (world, if has(Fault::Unsigned) { call } else { call.by(&keys) })
}

#[track_caller]
fn check(faults: &[Fault], winner: Fault) {
    let (world, call) = provoke(faults);
    let answer = call.send(&world);
    let code = answer.text("Code").unwrap_or_default();
    assert_eq!((answer.status(), code.as_str()), winner.sign(), "{faults:?}: {}", answer.body());
    assert!(answer.text("Message").unwrap_or_default().contains(winner.text()), "{faults:?}: {}", answer.body());
}

#[test]
fn each_fault_alone_shows() {
    for fault in ORDER {
        check(&[fault], fault);
    }
}

#[test]
fn of_two_faults_the_earlier_one_in_the_order_shows() {
    for (place, earlier) in ORDER.iter().enumerate() {
        for later in &ORDER[place + 1..] {
            check(&[*earlier, *later], *earlier);
        }
    }
}

/// Row sts-proto-nonroot-with-action is the exception: a path with an action is a matter of the signature.
#[test]
fn the_root_user_is_refused_before_the_role_is_looked_at() {
    let world = TestWorld::new(SEED);
    let call = Call::assume_role("arn:aws:iam::123456789012:role/closed", "ci").by(&Keys::of("root"));
    assert_eq!(call.send(&world).text("Message").as_deref(), Some("Roles may not be assumed by root accounts."));
}

const ROOT_SEED: &str = r#"
organizations: [{ id: o-testcompany, managementAccount: "111111111111", memberAccounts: ["222222222222"], iam: IAM }]
accounts:
  - id: "111111111111"
    users:
      - { name: alice, accessKeys: [{ id: AKIAALICE, secret: s }], attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"] }
      - { name: bob, accessKeys: [{ id: AKIABOB, secret: s }] }
  - { id: "222222222222", stsDeactivatedRegions: [eu-west-1] }
"#;

/// What can be wrong with a call of `AssumeRoot`, first winner first, with a part of its text.
const ROOT_ORDER: [(RootFault, &str); 9] = [
    (RootFault::GlobalEndpoint, "Unknown Operation"),
    (RootFault::Constraint, "'durationSeconds' failed to satisfy constraint"),
    (RootFault::Target, "valid target principal"),
    (RootFault::Task, "valid AWS managed task policy ARN"),
    (RootFault::Denied, "user/bob is not authorized"),
    (RootFault::NotMember, "is not authorized"),
    (RootFault::NoTrustedAccess, "Service not enabled"),
    (RootFault::FeatureOff, "feature is not enabled"),
    (RootFault::RegionOff, "STS is not activated"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RootFault {
    GlobalEndpoint,
    Constraint,
    Target,
    Task,
    Denied,
    NotMember,
    NoTrustedAccess,
    FeatureOff,
    RegionOff,
}

#[track_caller]
fn check_root(faults: &[RootFault], text: &str) {
    let has = |fault| faults.contains(&fault);
    let features = if has(RootFault::FeatureOff) { "[]" } else { "[RootCredentialsManagement]" };
    let iam = format!("{{ trustedAccess: {}, features: {features} }}", !has(RootFault::NoTrustedAccess));
    let world = TestWorld::new(&ROOT_SEED.replace("IAM", &iam));
    let target = match (has(RootFault::Target), has(RootFault::NotMember)) {
        (true, _) => "arn:aws:iam::222222222222:user/x",
        (false, true) => "111111111111",
        (false, false) => "222222222222",
    };
    let task = if has(RootFault::Task) { "ReadOnlyAccess" } else { "root-task/IAMAuditRootUserCredentials" };
    let mut call = Call::sts("AssumeRoot")
        .param("TargetPrincipal", target)
        .param("TaskPolicyArn.arn", &format!("arn:aws:iam::aws:policy/{task}"))
        .param("DurationSeconds", if has(RootFault::Constraint) { "901" } else { "900" });
    if has(RootFault::RegionOff) {
        call = call.region("eu-west-1");
    }
    if has(RootFault::GlobalEndpoint) {
        call = call.region("us-east-1").header("host", "sts.amazonaws.com");
    }
    let keys = Keys::new(if has(RootFault::Denied) { "AKIABOB" } else { "AKIAALICE" }, "s");
    let answer = call.by(&keys).send(&world);
    assert!(answer.text("Message").unwrap_or_default().contains(text), "{faults:?}: {}", answer.body());
}

#[test]
fn of_what_is_wrong_with_assume_root_the_earliest_shows() {
    for (place, (earlier, text)) in ROOT_ORDER.iter().enumerate() {
        check_root(&[*earlier], text);
        for (later, _) in &ROOT_ORDER[place + 1..] {
            check_root(&[*earlier, *later], text);
        }
    }
}
