//! Second factors: the codes of MFA devices in AssumeRole and GetSessionToken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{
    Call, FaultPoint, Faults, FaultyEngine, Keys, NOW, Rows, TestWorld, assume, check, identify, refused,
};
use local_sts::access::{Audience, Rejection, authenticate};
use local_sts::api::baseline;
use local_sts::api::world::ChangeError;
use local_sts::env::Steering;
use local_sts::federation::mfa::{Seed, Step};
use local_sts::identities::{Identities, IdentityError};
use local_sts::ids::Endpoint;
use local_sts::ids::names::TokenCode;
use local_sts::secret::Secret;
use local_sts::shape::Shape;
use local_sts::store::records::{self, KeyOwner};
use local_sts::store::{Engine, MemoryEngine, tables};
use local_sts::time::Timestamp;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    rootAccessKeys: [{ id: AKIAROOT, secret: root-secret }]
    rootMfaDevices: [{ name: root-account-mfa-device, secret: ROOTROOTROOTROOT }]
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }, { id: AKIAALICETOO, secret: alice-too-secret }]
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
        mfaDevices: [{ name: phone, secret: PHONEPHONEPHONEPHONE }, { name: tablet, secret: TABLETTABLETTABLET }]
      - name: bob
        accessKeys: [{ id: AKIABOB, secret: bob-secret }]
        mfaDevices: [{ name: bobs, secret: BOBBOBBOBBOBBOBBOB }]
      - { name: carol, accessKeys: [{ id: AKIACAROL, secret: carol-secret }] }
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:TagSession"] }] }
      - name: closed
        trust: { Version: "2012-10-17", Statement: [{ Effect: Deny, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: guarded
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole", Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } }] }
      - name: recent
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole", Condition: { NumericLessThan: { "aws:MultiFactorAuthAge": "300" } } }] }
      - name: unguarded-if-exists
        trust:
          Version: "2012-10-17"
          Statement:
            - { Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }
            - { Effect: Deny, Principal: { AWS: "*" }, Action: "sts:AssumeRole", Condition: { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } } }
"#;

pub const UNABLE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";
pub const INVALID: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn serial(device: &str) -> String {
    format!("arn:aws:iam::123456789012:mfa/{device}")
}

/// What `device` shows so many steps after its present.
fn code(world: &TestWorld, device: &str, offset: i64) -> String {
    let seed = match device {
        "phone" => "PHONEPHONEPHONEPHONE",
        "tablet" => "TABLETTABLETTABLET",
        "bobs" => "BOBBOBBOBBOBBOBBOB",
        "root-account-mfa-device" => "ROOTROOTROOTROOT",
        other => panic!("nobody has {other}"),
    };
    code_of(seed, Step::of(world.service.world().now().now, offset))
}

fn code_of(seed: &str, step: Step) -> String {
    Seed::parse(&Secret::new(seed.to_owned())).unwrap().code(step).unwrap()
}

/// A code that counts neither now nor soon.
fn wrong(world: &TestWorld, device: &str) -> String {
    code(world, device, 40)
}

/// Each of the two operations that take a second factor, by somebody who may call it.
fn operations() -> [Call; 2] {
    [Call::sts("GetSessionToken"), assume("open")]
}

fn showing(call: Call, device: &str, code: &str) -> Call {
    call.param("SerialNumber", &serial(device)).param("TokenCode", code)
}

/// Alice's phone and this code, for a session token.
fn log_in(code: &str) -> Call {
    showing(Call::sts("GetSessionToken"), "phone", code).by(&Keys::of("alice"))
}

fn denied(who: &str, role: &str) -> String {
    format!(
        "User: arn:aws:iam::123456789012:{who} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/{role}"
    )
}

#[track_caller]
fn check_fine(world: &TestWorld, id: &str, call: &Call) -> Keys {
    let answer = call.send(world);
    assert_eq!(answer.status(), 200, "{id}: {}", answer.body());
    answer.keys()
}

fn alice(identities: &Identities) -> KeyOwner {
    KeyOwner::User(identities.user_by_arn("arn:aws:iam::123456789012:user/alice").unwrap().id.clone())
}

fn pair(codes: [&str; 2]) -> [TokenCode; 2] {
    codes.map(|code| TokenCode::parse(code).unwrap())
}

#[test]
fn serial_number_and_code_have_their_bounds() {
    let world = world();
    let long = "a".repeat(257);
    for (id, name, value, musts) in [
        ("gst-tokencode-pattern", "TokenCode", "12345a", [r"satisfy regular expression pattern: [\d]*"].as_slice()),
        ("plus", "TokenCode", "+12345", &[r"satisfy regular expression pattern: [\d]*"]),
        ("five", "TokenCode", "12345", &["have length greater than or equal to 6"]),
        ("seven", "TokenCode", "1234567", &["have length less than or equal to 6"]),
        (
            "other digits",
            "TokenCode",
            "١٢٣٤٥٦٧",
            &[r"satisfy regular expression pattern: [\d]*", "have length less than or equal to 6"],
        ),
        ("short", "SerialNumber", "GAHT1234", &["have length greater than or equal to 9"]),
        ("long", "SerialNumber", &long, &["have length less than or equal to 256"]),
        ("blank", "SerialNumber", "GAHT 12345", &[r"satisfy regular expression pattern: [\w+=/:,.@-]*"]),
    ] {
        let member = if name == "TokenCode" { "tokenCode" } else { "serialNumber" };
        let clause =
            |must: &&str| format!("Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}");
        let clauses: Vec<String> = musts.iter().map(clause).collect();
        let plural = if clauses.len() == 1 { "" } else { "s" };
        let text = format!("{} validation error{plural} detected: {}", clauses.len(), clauses.join("; "));
        for call in operations() {
            let call = call.param(name, value).by(&Keys::of("alice"));
            check(&world, id, &call, refused(400, "ValidationError", &text));
        }
    }
}

#[test]
fn half_a_second_factor_is_none() {
    let world = world();
    let text = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    let half = refused(403, "AccessDenied", text);
    for call in operations() {
        let code = code(&world, "phone", 0);
        check(&world, "ar-mfa-half", &call.clone().param("TokenCode", &code).by(&Keys::of("alice")), half);
        check(&world, "ar-mfa-half", &call.param("SerialNumber", &serial("phone")).by(&Keys::of("alice")), half);
    }
}

#[test]
fn a_device_must_be_the_callers_own() {
    let world = world();
    let session = check_fine(&world, "a role's session", &assume("open").by(&Keys::of("alice")));
    let bobs = code(&world, "bobs", 0);
    for (why, who, serial_number) in [
        ("there is none", &Keys::of("bob"), serial("nothing")),
        ("alice's", &Keys::of("bob"), serial("phone")),
        ("the root user's", &Keys::of("bob"), serial("root-account-mfa-device")),
        ("the user's, not the root user's", &Keys::of("root"), serial("bobs")),
        ("another account's", &Keys::of("bob"), serial("bobs").replace("123456789012", "210987654321")),
        ("another partition's", &Keys::of("bob"), serial("bobs").replace("arn:aws:", "arn:aws-cn:")),
        ("another kind of device", &Keys::of("bob"), "GAHT12345678".to_owned()),
        ("case is part of the name", &Keys::of("bob"), serial("Bobs")),
        ("another path", &Keys::of("bob"), serial("team/bobs")),
        ("B-132: sessions of roles have no devices", &session, serial("bobs")),
        ("she has none", &Keys::of("carol"), serial("bobs")),
    ] {
        for call in operations() {
            // Neither may call these at all, whatever they show.
            let is_session_token = call.body.starts_with(b"Action=GetSessionToken");
            if (is_session_token && who == &session) || (!is_session_token && who.id == "AKIAROOT") {
                continue;
            }
            let call = call.param("SerialNumber", &serial_number).param("TokenCode", &bobs).by(who);
            let id = format!("ar-mfa-serial, gst-mfa-serial: {why}");
            check(&world, &id, &call, refused(403, "AccessDenied", UNABLE));
        }
    }
    let fine = showing(Call::sts("GetSessionToken"), "bobs", &bobs).by(&Keys::of("bob"));
    check_fine(&world, "nothing of that used the code up", &fine);
}

#[test]
fn the_root_user_has_devices_as_well() {
    let world = world();
    let device = "root-account-mfa-device";
    let shown = code(&world, device, 0);
    let session =
        check_fine(&world, "B-137", &showing(Call::sts("GetSessionToken"), device, &shown).by(&Keys::of("root")));
    let identity = identify(&session).send(&world);
    assert_eq!(identity.text("Arn").as_deref(), Some("arn:aws:iam::123456789012:root"));
    check(
        &world,
        "ar-denied-root comes first",
        &showing(assume("guarded"), device, "000000").by(&Keys::of("root")),
        refused(403, "AccessDenied", "Roles may not be assumed by root accounts."),
    );
}

/// Row sts-s-mfa-window.
#[test]
fn the_codes_of_five_steps_count_once_each() {
    for offset in -4_i64..=4 {
        for call in operations() {
            let world = world();
            let call = showing(call, "phone", &code(&world, "phone", offset)).by(&Keys::of("alice"));
            if offset.abs() <= 2 {
                check_fine(&world, &format!("sts-s-mfa-window: {offset}"), &call);
            }
            check(&world, &format!("sts-s-mfa-invalid: {offset}"), &call, refused(403, "AccessDenied", INVALID));
        }
    }
}

/// Rows sts-s-mfa-reuse, sts-s-mfa-order.
#[test]
fn only_used_codes_are_remembered_and_not_how_late_they_were() {
    let world = world();
    for offset in [1, 0, 2, -2, -1] {
        let call = log_in(&code(&world, "phone", offset));
        check_fine(&world, &format!("sts-s-mfa-order: {offset}"), &call);
        check(&world, "sts-s-mfa-reuse", &call, refused(403, "AccessDenied", INVALID));
        world.wait(180);
    }
}

#[test]
fn a_code_is_used_for_every_operation_and_every_key_of_its_user() {
    let world = world();
    let shown = code(&world, "phone", 0);
    check_fine(&world, "once", &showing(assume("open"), "phone", &shown).by(&Keys::of("alice")));
    let invalid = refused(403, "AccessDenied", INVALID);
    check(&world, "another operation", &log_in(&shown), invalid);
    let other_key = showing(assume("open"), "phone", &shown).by(&Keys::new("AKIAALICETOO", "alice-too-secret"));
    check(&world, "another key", &other_key, invalid);
    let tablet = showing(assume("open"), "tablet", &code(&world, "tablet", 0)).by(&Keys::of("alice"));
    check_fine(&world, "another device", &tablet);
}

/// Rows sts-s-mfa-budget, sts-s-mfa-budget-over.
#[test]
fn a_device_has_nine_verifications_in_three_minutes() {
    let unable = refused(403, "AccessDenied", UNABLE);
    // Good codes, bad ones, used ones, and good ones that a policy denies: B-131.
    for good in 0..=3 {
        let world = world();
        let shown: Vec<String> = (0..3).map(|offset| code(&world, "phone", offset)).collect();
        for code in &shown[..good] {
            check_fine(&world, "good", &log_in(code));
        }
        for number in good..9 {
            let (call, expect) = match number % 3 {
                0 => (log_in(&wrong(&world, "phone")), INVALID.to_owned()),
                1 if good > 0 => (log_in(&shown[0]), INVALID.to_owned()),
                _ => {
                    let code = code(&world, "phone", -1);
                    (showing(assume("closed"), "phone", &code).by(&Keys::of("alice")), denied("user/alice", "closed"))
                }
            };
            check(&world, &format!("{good} good, then {number}"), &call, refused(403, "AccessDenied", &expect));
        }
        let fresh = log_in(&code(&world, "phone", -2));
        check(&world, "sts-s-mfa-budget", &fresh, unable);
        let tablet = showing(Call::sts("GetSessionToken"), "tablet", &code(&world, "tablet", 0)).by(&Keys::of("alice"));
        check_fine(&world, "devices count apart", &tablet);
        world.wait(179);
        check(&world, "still the same three minutes", &log_in(&code(&world, "phone", 0)), unable);
        world.wait(1);
        check_fine(&world, "sts-s-mfa-budget-over", &log_in(&code(&world, "phone", 0)));
    }
}

/// B-131: otherwise anybody could shut out anybody.
#[test]
fn naming_the_device_of_somebody_else_costs_its_owner_nothing() {
    let world = world();
    for _ in 0..20 {
        let call = showing(Call::sts("GetSessionToken"), "phone", "000000").by(&Keys::of("bob"));
        check(&world, "bob", &call, refused(403, "AccessDenied", UNABLE));
    }
    check_fine(&world, "alice", &log_in(&code(&world, "phone", 0)));
}

/// B-130: whoever has the keys but not the device learns nothing of which roles exist or are open.
#[test]
fn a_wrong_code_is_told_before_anything_of_the_role() {
    let world = world();
    for role in ["open", "closed", "nowhere"] {
        let call = showing(assume(role), "phone", &wrong(&world, "phone")).by(&Keys::of("alice"));
        check(&world, role, &call, refused(403, "AccessDenied", INVALID));
    }
    let call = showing(assume("nowhere"), "phone", &code(&world, "phone", 0)).by(&Keys::of("alice"));
    check(&world, "nowhere", &call, refused(403, "AccessDenied", &denied("user/alice", "nowhere")));
}

/// B-136.
#[test]
fn a_code_that_earned_no_answer_is_not_used_up() {
    let world = world();
    let shown = code(&world, "phone", 0);
    let try_in_vain = |call: Call, code: &str, text: &str| {
        let answer = showing(call, "phone", &shown).by(&Keys::of("alice")).send(&world);
        let found = (answer.text("Code"), answer.text("Message"));
        assert_eq!(found, (Some(code.to_owned()), Some(text.to_owned())));
    };
    try_in_vain(assume("closed"), "AccessDenied", &denied("user/alice", "closed"));
    let words = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    try_in_vain(assume("open").param("DurationSeconds", "3601"), "ValidationError", words);
    let policy = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", noise());
    let large = showing(assume("open").param("Policy", &policy), "phone", &shown).by(&Keys::of("alice")).send(&world);
    assert_eq!(large.text("Code").as_deref(), Some("PackedPolicyTooLarge"), "{}", large.body());
    check_fine(&world, "good still", &log_in(&shown));
}

/// Statements that do not compress.
fn noise() -> String {
    let entropy = local_sts::env::SeededEntropy::new(7);
    let name = || -> String {
        let bytes: [u8; 60] = local_sts::env::draw(&entropy);
        bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect()
    };
    let statement = |_| format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::{}"}}"#, name());
    (0..90).map(statement).collect::<Vec<_>>().join(",")
}

#[test]
fn conditions_read_the_code_of_the_call() {
    let world = world();
    let by_alice = |role: &str| assume(role).by(&Keys::of("alice"));
    for role in ["guarded", "recent"] {
        let text = denied("user/alice", role);
        check(&world, "decision case 83, without", &by_alice(role), refused(403, "AccessDenied", &text));
    }
    let text = denied("user/alice", "unguarded-if-exists");
    check(&world, "decision case 37", &by_alice("unguarded-if-exists"), refused(403, "AccessDenied", &text));
    for (offset, role) in [(0, "guarded"), (1, "recent"), (2, "unguarded-if-exists")] {
        let call = showing(by_alice(role), "phone", &code(&world, "phone", offset));
        let session = check_fine(&world, "decision case 83, B-138", &call);
        // What the role's session does is not done with a second factor.
        let who = format!("assumed-role/{role}/ci");
        let text = denied(&who, "guarded").replacen(":iam:", ":sts:", 1);
        check(&world, "decision case 40", &assume("guarded").by(&session), refused(403, "AccessDenied", &text));
    }
}

#[test]
fn sessions_of_users_carry_when_the_code_was_shown() {
    let world = world();
    let plain = check_fine(&world, "without", &Call::sts("GetSessionToken").by(&Keys::of("alice")));
    let shown = check_fine(&world, "with", &log_in(&code(&world, "phone", 0)));
    let identity = |session: &Keys| identify(session).send(&world).text("UserId");
    assert_eq!(identity(&plain), identity(&shown));
    for (id, session, role, fine) in [
        ("decision case 39", &shown, "guarded", true),
        ("age", &shown, "recent", true),
        ("if it exists", &shown, "unguarded-if-exists", true),
        ("decision case 38", &plain, "guarded", false),
        ("no age", &plain, "recent", false),
        ("present and false", &plain, "unguarded-if-exists", false),
    ] {
        assert_eq!(assume(role).by(session).send(&world).status(), if fine { 200 } else { 403 }, "{id}");
    }
    world.wait(299);
    check_fine(&world, "299 seconds", &assume("recent").by(&shown));
    world.wait(1);
    let text = denied("user/alice", "recent");
    check(&world, "300 seconds", &assume("recent").by(&shown), refused(403, "AccessDenied", &text));
    check_fine(&world, "guarded for as long as the session lasts", &assume("guarded").by(&shown));
    // B-132: a session of a user is the user, who may show a device anew.
    let anew = showing(assume("recent"), "phone", &code(&world, "phone", 0)).by(&shown);
    check_fine(&world, "B-132", &anew);
    let federated = Call::sts("GetFederationToken").param("Name", "guest").by(&Keys::of("alice")).send(&world);
    assert_eq!(federated.status(), 200);
}

/// Of the rows of IAM, sts-iam-session-no-mfa.
#[test]
fn a_session_without_a_code_is_unknown_where_one_is_wanted() {
    let world = world();
    let plain = check_fine(&world, "without", &Call::sts("GetSessionToken").by(&Keys::of("alice")));
    let shown = check_fine(&world, "with", &log_in(&code(&world, "phone", 0)));
    let role = check_fine(&world, "a role", &assume("open").by(&Keys::of("alice")));
    let snapshot = world.snapshot();
    let known = |keys: &Keys, wants_second_factor: bool| {
        let call = Call::iam("ListUsers").by(keys).signed(world.machine_now());
        let audience = Audience {
            service: "iam",
            endpoint: &Endpoint::named,
            path_ok: true,
            open_demo: false,
            wants_second_factor,
        };
        let moment = world.service.world().now();
        call.raw(|raw| authenticate(raw, &audience, &snapshot.identities, &snapshot.sessions, &moment).map(|_| ()))
    };
    assert!(matches!(known(&plain, true), Err(Rejection::NoSecondFactor)));
    for keys in [&shown, &role, &Keys::of("alice")] {
        assert!(known(keys, true).is_ok());
    }
    assert!(known(&plain, false).is_ok());
    let error = local_sts::api::errors::unauthenticated(&Rejection::NoSecondFactor);
    assert_eq!(error.code, local_sts::wire::ErrorCode::InvalidClientTokenId);
}

/// B-134: a phone goes by the machine's clock and is wrong then; the companion's code is right.
#[test]
fn codes_go_by_the_services_clock() {
    let world = world();
    let phone = code(&world, "phone", 0);
    world.steer_ahead(3600);
    check(&world, "the machine's", &log_in(&phone), refused(403, "AccessDenied", INVALID));
    check_fine(&world, "the service's", &log_in(&code(&world, "phone", 0)));
}

#[test]
fn of_two_calls_with_one_code_one_is_answered() {
    let world = world();
    for round in 0..20 {
        let call = log_in(&code(&world, "phone", 0));
        let fine = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let answer = call.send(&world);
                    match answer.status() {
                        200 => _ = fine.fetch_add(1, Ordering::SeqCst),
                        _ => assert_eq!(answer.text("Message").as_deref(), Some(INVALID)),
                    }
                });
            }
        });
        assert_eq!(fine.into_inner(), 1, "round {round}");
        world.wait(180);
    }
}

/// A failed write changes nothing; what was written and may be lost is not told, and counts as used.
#[test]
fn a_store_that_fails_uses_no_code_up() {
    let faults = Arc::new(Faults::default());
    let engine = FaultyEngine::over(Box::new(MemoryEngine::default()), Arc::clone(&faults));
    let world = TestWorld::over(Box::new(engine), Some(SEED), 1);
    for call in operations() {
        world.wait(180);
        let call = showing(call, "phone", &code(&world, "phone", 0)).by(&Keys::of("alice"));
        let check_failed = |point, nth| {
            faults.plan(point, nth);
            let answer = call.send(&world);
            assert_eq!((answer.status(), answer.text("Code").as_deref()), (500, Some("InternalFailure")), "{point:?}");
        };
        // The count, then the use.
        check_failed(FaultPoint::StoreWrite, 1);
        check_failed(FaultPoint::StoreWrite, 2);
        check_failed(FaultPoint::StoreFlush, 2);
        check(&world, "used", &call, refused(403, "AccessDenied", INVALID));
    }
    world.wait(180);
    let call = log_in(&code(&world, "phone", 0));
    faults.plan(FaultPoint::StoreWrite, 2);
    assert_eq!(call.send(&world).status(), 500);
    check_fine(&world, "good still", &call);
}

fn count(rows: &Rows, owns: impl Fn(&[u8]) -> bool) -> usize {
    rows.load().unwrap().0.iter().filter(|row| owns(&row.key)).count()
}

/// What nobody can verify is not written down; what was, is forgotten when it can matter no more.
#[test]
fn what_is_kept_of_codes_is_bounded() {
    let rows = Rows::default();
    let world = TestWorld::over(Box::new(rows.clone()), Some(SEED), 1);
    let kept =
        || (count(&rows, |key| tables::USED_CODES.owns(key)), count(&rows, |key| tables::MFA_VERIFICATIONS.owns(key)));
    for number in 0..30 {
        let call = showing(Call::sts("GetSessionToken"), &format!("nothing-{number}"), "000000").by(&Keys::of("alice"));
        check(&world, "unknown", &call, refused(403, "AccessDenied", UNABLE));
    }
    assert_eq!(kept(), (0, 0));
    let (_, before) = rows.load().unwrap();
    for number in 0..30 {
        let text = if number < 9 { INVALID } else { UNABLE };
        check(&world, "guessed", &log_in(&wrong(&world, "phone")), refused(403, "AccessDenied", text));
    }
    assert_eq!((kept(), rows.load().unwrap().1 - before), ((0, 1), 9), "a commit for each verification, no more");
    world.wait(180);
    for offset in -2..=2 {
        check_fine(&world, "used", &log_in(&code(&world, "phone", offset)));
    }
    world.service.world().sweep().unwrap();
    assert_eq!(kept(), (5, 1));
    // A clock that is steered ahead and may come back forgets nothing.
    world.steer_ahead(86_400);
    world.service.world().sweep().unwrap();
    assert_eq!(kept(), (5, 1));
    world.service.world().clock.steer(local_sts::env::Steering::System, true).unwrap();
    check(&world, "used", &log_in(&code(&world, "phone", 0)), refused(403, "AccessDenied", INVALID));
    world.wait(180);
    world.service.world().sweep().unwrap();
    assert_eq!(kept(), (5, 0), "B-139");
    world.wait(1000 * 30);
    world.service.world().sweep().unwrap();
    assert_eq!(kept(), (5, 0), "the clock may be turned back to them");
}

/// B-139: however many codes were used and however the clock is turned, none counts twice.
#[test]
fn a_code_counts_once_whatever_the_clock_shows_and_however_many_came_after_it() {
    let rows = Rows::default();
    let world = TestWorld::over(Box::new(rows.clone()), Some(SEED), 1);
    let inner = world.service.world();
    let steer = |at: i64| {
        inner.clock.steer(Steering::Frozen(Timestamp::from_seconds(NOW + at)), true).unwrap();
    };
    let used = refused(403, "AccessDenied", INVALID);
    let log_in_now = || log_in(&code(&world, "phone", 0));
    // Back and forth at first; a device has nine verifications in each three minutes.
    for number in (0..1000).map(|number| number * 373 % 1000).chain(1000..1010) {
        steer(number * 90);
        check_fine(&world, "fresh", &log_in_now());
        inner.sweep().unwrap();
    }
    assert_eq!(count(&rows, |key| tables::USED_CODES.owns(key)), 1000);
    for number in [0, 1, 9, 10, 500, 999, 1000, 1009] {
        steer(number * 90);
        check(&world, "used", &log_in_now(), used);
    }
    steer(-3600);
    check(&world, "before all that is remembered", &log_in_now(), used);
    steer(500 * 90 + 30);
    check_fine(&world, "between those that are remembered", &log_in_now());
    drop(world);
    let world = TestWorld::over(Box::new(rows.clone()), None, 2);
    let inner = world.service.world();
    inner.clock.steer(Steering::Frozen(Timestamp::from_seconds(NOW - 3600)), true).unwrap();
    let code = code(&world, "phone", 0);
    check(&world, "after a restart", &log_in(&code), used);
    baseline::reset(inner).unwrap().wait().unwrap();
    inner.clock.steer(Steering::Frozen(Timestamp::from_seconds(NOW - 3600)), true).unwrap();
    check_fine(&world, "after a reset", &log_in(&code));
}

/// Row sts-s-mfa-unbound. B-133: at once, where AWS takes some seconds.
#[test]
fn a_device_that_was_deactivated_or_deleted_verifies_nothing() {
    let world = world();
    let session = check_fine(&world, "before", &log_in(&code(&world, "phone", 0)));
    let phone = serial("phone");
    world.change(|draft| {
        let owner = alice(&draft.identities);
        let early = draft.identities.delete_mfa_device(&mut draft.batch, &phone);
        assert!(matches!(early, Err(IdentityError::DeviceAssigned(_))), "{early:?}");
        Ok(draft.identities.deactivate_mfa_device(&mut draft.batch, &phone, &owner)?)
    });
    let unable = refused(403, "AccessDenied", UNABLE);
    check(&world, "B-133", &log_in(&code(&world, "phone", 1)), unable);
    world.wait(13);
    check(&world, "sts-s-mfa-unbound", &log_in(&code(&world, "phone", 1)), unable);
    world.change(|draft| Ok(draft.identities.delete_mfa_device(&mut draft.batch, &phone)?));
    check(&world, "sts-s-mfa-unbound", &log_in(&code(&world, "phone", 1)), unable);
    check_fine(&world, "sessions live on", &assume("guarded").by(&session));
}

/// Row sts-s-mfa-enable-codes.
#[test]
fn a_device_is_enabled_by_two_codes_which_count_still() {
    let world = world();
    let phone = serial("phone");
    let now = world.service.world().now().now;
    world.change(|draft| {
        let owner = alice(&draft.identities);
        Ok(draft.identities.deactivate_mfa_device(&mut draft.batch, &phone, &owner)?)
    });
    let enable = |codes: [&str; 2]| {
        let [first, second] = pair(codes);
        let changed = world.service.world().change(|draft| {
            let owner = alice(&draft.identities);
            Ok(draft.identities.enable_mfa_device(&mut draft.batch, &phone, owner, [&first, &second], now)?)
        });
        changed.map(|_| ())
    };
    let (before, present, next) = (code(&world, "phone", -1), code(&world, "phone", 0), code(&world, "phone", 1));
    for codes in [[&present, &before], [&present, &present], [&before, &next], [&wrong(&world, "phone"), &present]] {
        let refused = enable(codes.map(String::as_str));
        assert!(matches!(refused, Err(ChangeError::Identity(IdentityError::BadCodes(_)))), "{codes:?}: {refused:?}");
    }
    enable([&before, &present]).unwrap();
    let again = enable([&present, &next]);
    assert!(matches!(again, Err(ChangeError::Identity(IdentityError::DeviceAssigned(_)))), "{again:?}");
    for code in [&present, &before] {
        check_fine(&world, "sts-s-mfa-enable-codes", &log_in(code));
    }
}

#[test]
fn resynchronization_moves_the_window_and_frees_no_code() {
    let world = world();
    let resync = |owner: &dyn Fn(&Identities) -> KeyOwner, from: i64| {
        let now = world.service.world().now().now;
        let codes = [code(&world, "phone", from), code(&world, "phone", from + 1)];
        let [first, second] = pair([&codes[0], &codes[1]]);
        let changed = world.service.world().change(|draft| {
            let owner = owner(&draft.identities);
            let identities = &mut draft.identities;
            Ok(identities.resync_mfa_device(&mut draft.batch, &serial("phone"), &owner, [&first, &second], now)?)
        });
        match changed {
            Ok(_) => true,
            Err(ChangeError::Identity(IdentityError::BadCodes(_) | IdentityError::NotTheirDevice(_))) => false,
            Err(error) => panic!("{error}"),
        }
    };
    let bob = |identities: &Identities| {
        KeyOwner::User(identities.user_by_arn("arn:aws:iam::123456789012:user/bob").unwrap().id.clone())
    };
    let invalid = refused(403, "AccessDenied", INVALID);
    check_fine(&world, "the old window", &log_in(&code(&world, "phone", 2)));
    assert!(!resync(&bob, 9), "another user's");
    assert!(!resync(&alice, 1000), "1001 ahead");
    assert!(resync(&alice, 9));
    for (offset, fine) in [(7, false), (8, true), (12, true), (13, false), (0, false)] {
        let call = log_in(&code(&world, "phone", offset));
        let answer = call.send(&world);
        assert_eq!(answer.status(), if fine { 200 } else { 403 }, "{offset}: {}", answer.body());
    }
    world.wait(180);
    // The device is taken to be ten steps ahead: -2 of its own time.
    check_fine(&world, "the window moves with it", &log_in(&code(&world, "phone", 8)));
    assert!(!resync(&alice, 3), "overlaps the pair before, which was six steps earlier");
    assert!(resync(&alice, 5), "newer, though further back than the device was taken to be");
    // Six steps ago this was twelve ahead.
    check(&world, "used before", &log_in(&code(&world, "phone", 6)), invalid);
    check_fine(&world, "not used before", &log_in(&code(&world, "phone", 4)));
}

#[test]
fn a_device_that_is_made_anew_has_codes_of_its_own_and_the_budget_of_its_name() {
    let world = world();
    let phone = serial("phone");
    let now = Timestamp::from_seconds(NOW);
    check_fine(&world, "before", &log_in(&code(&world, "phone", 0)));
    (0..8).for_each(|_| check(&world, "guessed", &log_in("000000"), refused(403, "AccessDenied", INVALID)));
    let fresh = "NEWSEEDNEWSEEDNEWSEED";
    world.change(|draft| {
        let owner = alice(&draft.identities);
        let (identities, batch) = (&mut draft.identities, &mut draft.batch);
        let record = identities.mfa_device(&phone).unwrap().record.clone();
        identities.deactivate_mfa_device(batch, &phone, &owner)?;
        identities.delete_mfa_device(batch, &phone)?;
        let record = records::MfaDevice { seed: Secret::new(fresh.to_owned()), assignment: None, ..record };
        identities.create_mfa_device(batch, record.clone())?;
        let twice = identities.create_mfa_device(batch, record);
        assert!(matches!(twice, Err(IdentityError::Taken(..))), "{twice:?}");
        let codes = [-1, 0].map(|offset| code_of(fresh, Step::of(now, offset)));
        let [first, second] = pair([&codes[0], &codes[1]]);
        Ok(identities.enable_mfa_device(batch, &phone, owner, [&first, &second], now)?)
    });
    let present = code_of(fresh, Step::of(now, 0));
    check(&world, "B-135: its budget is spent", &log_in(&present), refused(403, "AccessDenied", UNABLE));
    world.wait(180);
    let present = code_of(fresh, Step::of(now, 6));
    check_fine(&world, "of the new seed", &log_in(&present));
    check(&world, "of the old one", &log_in(&code(&world, "phone", 0)), refused(403, "AccessDenied", INVALID));
}

#[test]
fn a_user_who_goes_leaves_the_device_to_nobody() {
    let world = world();
    world.change(|draft| {
        let KeyOwner::User(alice) = alice(&draft.identities) else { panic!("a user") };
        Ok(draft.identities.delete_user(&mut draft.batch, &alice)?)
    });
    let snapshot = world.snapshot();
    assert!(snapshot.identities.mfa_device(&serial("phone")).unwrap().owner().is_none());
    assert!(snapshot.identities.mfa_device(&serial("bobs")).unwrap().owner().is_some());
}

/// B-135: tests begin anew with the seed, and need not wait for the next code.
#[test]
fn a_reset_frees_codes_and_budgets_and_brings_devices_back() {
    let world = world();
    let shown = code(&world, "phone", 0);
    let session = check_fine(&world, "before", &log_in(&shown));
    (0..8).for_each(|_| check(&world, "used", &log_in(&shown), refused(403, "AccessDenied", INVALID)));
    world.change(|draft| {
        let owner = alice(&draft.identities);
        Ok(draft.identities.deactivate_mfa_device(&mut draft.batch, &serial("phone"), &owner)?)
    });
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    check_fine(&world, "after", &log_in(&shown));
    assert_eq!(identify(&session).send(&world).status(), 403);
}
