//! What a restart keeps and what it must not bring back: a store reopened after every kind of write.

use std::path::Path;

use crate::store::{Scratch, reopen};
use crate::support::{Call, Keys, TestWorld, alice, check_identity as check, session as assume};
use local_sts::api::baseline;
use local_sts::env::Steering;
use local_sts::federation::mfa::{Seed, Step};
use local_sts::ids::AccountId;
use local_sts::ids::names::TokenCode;
use local_sts::ids::region::TokenVersion;
use local_sts::secret::Secret;
use local_sts::seed::{self, Mode, Source};
use local_sts::sessions::ledger::Filter;
use local_sts::sessions::{Ending, Issuer, MOST_REVOKED, SessionId, SessionState, Unrevoked};
use local_sts::shape::Shape;
use local_sts::store::records::RegionSettings;
use local_sts::store::{Batch, Engine as _, tables};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        mfaDevices: [{ name: phone, secret: PHONEPHONEPHONEPHONE }]
      - { name: bob, accessKeys: [{ id: AKIABOB, secret: bob-secret }] }
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

const ROLE: &str = "arn:aws:iam::123456789012:role/open";

fn open(directory: &Path, seed: Option<&str>, chance: u64) -> TestWorld {
    TestWorld::over(Box::new(reopen(directory)), seed, chance)
}

const INVALID: Option<&str> = Some("InvalidClientTokenId");

#[test]
fn sessions_outlive_a_restart_with_and_without_the_seed() {
    let scratch = Scratch::new("sessions");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(SEED), 1);
    let session = assume(&world);
    drop(world);
    for (chance, seed) in [(2, None), (3, Some(SEED))] {
        let world = open(&directory, seed, chance);
        check(&world, &session, None);
        check(&world, &assume(&world), None);
    }
}

/// What a restart finds of the clock: expired stays expired, until a reset ends every session.
#[test]
fn a_steered_clock_stays_so_over_a_restart() {
    let scratch = Scratch::new("steered");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(SEED), 1);
    let session = assume(&world);
    let inner = world.service.world();
    inner.steer(|clock| clock.advanced(7200), false).unwrap().wait().unwrap();
    check(&world, &session, Some("ExpiredToken"));
    drop(world);
    let world = open(&directory, Some(SEED), 2);
    check(&world, &session, Some("ExpiredToken"));
    let at = local_sts::time::Timestamp::parse_iso("2100-01-01T00:00:00Z").unwrap();
    world.service.world().steer(|_| Ok(Steering::Frozen(at)), false).unwrap().wait().unwrap();
    drop(world);
    let world = open(&directory, Some(SEED), 3);
    assert_eq!(world.service.world().clock.steering(), Steering::Frozen(at));
    assert!(world.service.world().steer(|_| Ok(Steering::System), false).is_err());
    world.service.world().steer(|_| Ok(Steering::System), true).unwrap().wait().unwrap();
    check(&world, &session, None);
    drop(world);
    let world = open(&directory, Some(SEED), 4);
    check(&world, &session, None);
    world.service.world().steer(|_| Ok(Steering::Frozen(at)), false).unwrap().wait().unwrap();
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    assert_eq!(world.service.world().clock.steering(), Steering::System);
    drop(world);
    assert_eq!(open(&directory, Some(SEED), 5).service.world().clock.steering(), Steering::System);
}

#[test]
fn what_was_deleted_stays_deleted_whatever_the_seed_says() {
    let scratch = Scratch::new("deleted");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(SEED), 1);
    let session = assume(&world);
    world.change(|draft| {
        let role = draft.identities.role_by_arn(ROLE).unwrap().id.clone();
        let bob = draft.identities.user_by_arn("arn:aws:iam::123456789012:user/bob").unwrap().id.clone();
        draft.identities.delete_role(&mut draft.batch, &role)?;
        Ok(draft.identities.delete_user(&mut draft.batch, &bob)?)
    });
    drop(world);
    for (chance, seed) in [(2, None), (3, Some(SEED))] {
        let world = open(&directory, seed, chance);
        check(&world, &session, INVALID);
        check(&world, &Keys::of("bob"), INVALID);
        check(&world, &alice(), None);
    }
}

#[test]
fn what_an_account_has_set_about_regions_outlives_a_restart() {
    let scratch = Scratch::new("regions");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(SEED), 1);
    let global = |world: &TestWorld| {
        let call = Call::sts("GetSessionToken").header("host", "sts.amazonaws.com").by(&alice());
        call.send(world).text("SessionTokenSize")
    };
    assert_eq!(global(&world).as_deref(), Some("288"));
    world.change(|draft| {
        let settings = RegionSettings { global_endpoint_token_version: TokenVersion::V2, ..RegionSettings::default() };
        let account = AccountId::parse("123456789012").unwrap();
        Ok(draft.identities.put_region_settings(&mut draft.batch, account, settings)?)
    });
    drop(world);
    for (chance, seed) in [(2, None), (3, Some(SEED))] {
        assert_eq!(global(&open(&directory, seed, chance)).as_deref(), Some("688"));
    }
    let world = open(&directory, None, 4);
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    assert_eq!(global(&world).as_deref(), Some("288"));
}

#[test]
fn a_changed_policy_outlives_a_restart() {
    let scratch = Scratch::new("policy");
    let directory = scratch.0.join("state");
    let document = |effect: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"*","Resource":"*"}}]}}"#)
    };
    let policies = format!("    policies: [{{ name: all, document: {} }}]\n    users:", document("Allow"));
    let world = open(&directory, Some(&SEED.replacen("    users:", &policies, 1)), 1);
    let arn = "arn:aws:iam::123456789012:policy/all";
    world.change(|draft| {
        Ok(draft.identities.update_policy(&mut draft.batch, arn, |it| it.versions[0].document = document("Deny"))?)
    });
    drop(world);
    let world = open(&directory, None, 2);
    let snapshot = world.snapshot();
    assert_eq!(**snapshot.identities.managed_policy(arn).unwrap().policy.source(), *document("Deny"));
}

#[test]
fn ends_of_sessions_outlive_a_restart() {
    let scratch = Scratch::new("revoked");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(SEED), 1);
    let (older, newer) = (assume(&world), assume(&world));
    let ended = newer.opened(&world);
    world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, ended.session().id, ended.session().issued)?));
    world.revoke_all_of(Issuer::Principal(ended.session().subject.issuer().unwrap()));
    let last = assume(&world);
    drop(world);
    let world = open(&directory, None, 2);
    check(&world, &newer, INVALID);
    check(&world, &older, INVALID);
    check(&world, &last, None);
}

const ROOTS: &str = r#"
organizations:
  - id: o-testcompany
    managementAccount: "111111111111"
    memberAccounts: ["222222222222"]
    iam: { features: [RootCredentialsManagement, RootSessions] }
accounts:
  - id: "111111111111"
    rootAccessKeys: [{ id: AKIALEADER, secret: leader-secret }]
    users: [{ name: alice, accessKeys: [{ id: AKIAALICE, secret: alice-secret }], attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"] }]
  - id: "222222222222"
    rootAccessKeys: [{ id: AKIAMEMBER, secret: member-secret }]
"#;

/// A root user's own sessions, those of whom it vouches for and those of whoever stands in for it end by its ARN; its
/// keys, other root users and users of the account stay as they were.
#[test]
fn ends_of_sessions_of_root_users_outlive_a_restart() {
    let scratch = Scratch::new("revoked-roots");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(ROOTS), 1);
    let (leader, member) = (Keys::of("leader"), Keys::of("member"));
    let login = |world: &TestWorld, keys: &Keys| Call::sts("GetSessionToken").by(keys).send(world).keys();
    let vouched = |world: &TestWorld, keys: &Keys| {
        Call::sts("GetFederationToken").param("Name", "guest").by(keys).send(world).keys()
    };
    let stand_in = |world: &TestWorld| {
        let task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
        let call = Call::sts("AssumeRoot").param("TargetPrincipal", "222222222222").param("TaskPolicyArn.arn", task);
        call.by(&alice()).send(world).keys()
    };
    let ended = [login(&world, &member), vouched(&world, &member), stand_in(&world)];
    let spared = [login(&world, &leader), vouched(&world, &leader), login(&world, &alice()), member.clone()];
    let arn = "arn:aws:iam::222222222222:root";
    world.change(|draft| {
        let issuer = Issuer::Root(draft.identities.account_by_root_arn(arn).unwrap());
        Ok(draft.sessions.revoke_all_of(&mut draft.batch, &local_sts::env::SystemEntropy, issuer)?)
    });
    let after = [login(&world, &member), stand_in(&world)];
    let check_all = |world: &TestWorld| {
        for keys in &ended {
            check(world, keys, INVALID);
        }
        for keys in spared.iter().chain(&after) {
            check(world, keys, None);
        }
    };
    check_all(&world);
    let page = world.service.world().ledger.list(&Filter::default(), None, 100).unwrap();
    let told: Vec<bool> = ended
        .iter()
        .chain(&after)
        .map(|keys| {
            let entry = page.entries.iter().find(|entry| entry.access_key_id.as_str() == keys.id).unwrap();
            world.snapshot().sessions.ended_early(entry).is_some()
        })
        .collect();
    assert_eq!(told, [true, true, true, false, false]);
    drop(world);
    let world = open(&directory, None, 2);
    check_all(&world);
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    check(&world, &login(&world, &member), None);
}

/// Asks for a session token with the code of alice's phone, so many steps from now; gives the text of a refusal.
fn log_in(world: &TestWorld, offset: i64) -> Option<String> {
    let seed = Seed::parse(&Secret::new("PHONEPHONEPHONEPHONE".to_owned())).unwrap();
    let code = seed.code(Step::of(world.machine_now(), offset)).unwrap();
    let serial_number = "arn:aws:iam::123456789012:mfa/phone";
    let call = Call::sts("GetSessionToken").param("SerialNumber", serial_number).param("TokenCode", &code);
    call.by(&alice()).send(world).text("Message")
}

#[test]
fn used_codes_budgets_and_clocks_of_devices_outlive_a_restart() {
    let scratch = Scratch::new("codes");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(SEED), 1);
    assert_eq!(log_in(&world, 0), None);
    drop(world);
    let world = open(&directory, Some(SEED), 2);
    let invalid = log_in(&world, 0).unwrap();
    assert!(invalid.contains("invalid MFA one time pass code"), "{invalid}");
    assert_eq!(log_in(&world, 1), None);
    (0..6).for_each(|_| assert_eq!(log_in(&world, 0).as_ref(), Some(&invalid)));
    drop(world);
    let world = open(&directory, None, 3);
    let spent = log_in(&world, 2).unwrap();
    assert!(spent.contains("unable to validate MFA code"), "{spent}");
    let now = world.machine_now();
    world.change(|draft| {
        let phone = "arn:aws:iam::123456789012:mfa/phone";
        let device = draft.identities.mfa_device(phone).unwrap();
        let owner = device.owner().unwrap().clone();
        let code = |offset| Shape::parse(&device.seed.code(device.step(now).plus(offset)).unwrap()).unwrap();
        let [first, second]: [TokenCode; 2] = [code(99), code(100)];
        Ok(draft.identities.resync_mfa_device(&mut draft.batch, phone, &owner, [&first, &second], now)?)
    });
    drop(world);
    let world = open(&directory, None, 4);
    world.wait(180);
    assert_eq!(log_in(&world, 0).as_ref(), Some(&invalid), "the device is a hundred steps ahead");
    assert_eq!(log_in(&world, 100), None);
}

/// Whatever the clock showed when a session began, or shows when it is ended.
#[test]
fn all_sessions_of_a_role_end_and_stay_ended_however_the_clock_is_turned() {
    let world = TestWorld::new(SEED);
    let clock = &world.service.world().clock;
    let role = world.id_of(ROLE);
    let end = || world.revoke_all_of(Issuer::Principal(&role));
    world.steer_ahead(36_000);
    let ahead = assume(&world);
    clock.steer(local_sts::env::Steering::System, true).unwrap();
    check(&world, &ahead, None);
    end();
    check(&world, &ahead, INVALID);
    let after = assume(&world);
    check(&world, &after, None);
    world.steer_ahead(1_000);
    end();
    clock.steer(local_sts::env::Steering::System, true).unwrap();
    end();
    check(&world, &ahead, INVALID);
    check(&world, &after, INVALID);
    check(&world, &assume(&world), None);
}

/// Tokens that were opened are kept opened, but whether their sessions live is asked anew.
#[test]
fn a_session_that_was_used_before_is_judged_anew() {
    type End<'a> = &'a dyn Fn(&TestWorld, &Keys);
    let role = |world: &TestWorld| world.id_of(ROLE);
    let ends: [(End<'_>, Option<&str>); 5] = [
        (&|world, _| world.wait(3600), Some("ExpiredToken")),
        (
            &|world, session| {
                let (id, now) = (session.opened(world).session().id, world.machine_now());
                world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, id, now)?));
            },
            INVALID,
        ),
        (&|world, _| world.revoke_all_of(Issuer::Principal(&role(world))), INVALID),
        (
            &|world, _| {
                let role = role(world);
                world.change(|draft| Ok(draft.identities.delete_role(&mut draft.batch, &role)?));
            },
            INVALID,
        ),
        (&|world, _| baseline::reset(world.service.world()).unwrap().wait().unwrap(), INVALID),
    ];
    for (end, told) in ends {
        let world = TestWorld::new(SEED);
        let (session, other) = (assume(&world), assume(&world));
        for _ in 0..2 {
            check(&world, &session, None);
            check(&world, &other, None);
        }
        check(&world, &Keys { token: other.token.clone(), ..session.clone() }, INVALID);
        check(&world, &Keys { secret: other.secret.clone(), ..session.clone() }, Some("SignatureDoesNotMatch"));
        end(&world, &session);
        check(&world, &session, told);
    }
}

/// B-160: no instant is late enough to forget it, for the clock may have been ahead when the session began.
#[test]
fn a_session_that_was_ended_stays_ended_however_the_clock_is_turned() {
    let world = TestWorld::new(SEED);
    let clock = &world.service.world().clock;
    world.steer_ahead(864_000);
    let session = assume(&world);
    clock.steer(local_sts::env::Steering::System, true).unwrap();
    let (id, now) = (session.opened(&world).session().id, world.machine_now());
    world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, id, now)?));
    for _ in 0..10 {
        check(&world, &session, INVALID);
        world.wait(86_400);
    }
    clock.steer(local_sts::env::Steering::Frozen(now), true).unwrap();
    check(&world, &session, INVALID);
}

/// B-160: what cannot be forgotten is bounded; who was ended already is so again, and whole issuers still can be.
#[test]
fn so_many_sessions_can_be_ended_one_by_one_and_no_more() {
    let mut sessions = SessionState::default();
    let now = local_sts::time::Timestamp::from_seconds(0);
    let mut end = |number: usize| {
        let id = SessionId((number as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes());
        sessions.revoke(&mut Batch::default(), id, now)
    };
    for number in 0..MOST_REVOKED {
        end(number).unwrap();
    }
    assert!(matches!(end(MOST_REVOKED), Err(Unrevoked::TooMany)));
    end(0).unwrap();
    let account = AccountId::parse("123456789012").unwrap();
    let entropy = local_sts::env::SystemEntropy;
    sessions.revoke_all_of(&mut Batch::default(), &entropy, Issuer::Root(account)).unwrap();
    let end_all = |sessions: &mut SessionState, ending, expect| {
        let mut batch = Batch::default();
        sessions.end_all(&mut batch, &entropy, ending, now).unwrap();
        assert!(batch.writes.len() >= expect, "{}", batch.writes.len());
        sessions.revoke(&mut Batch::default(), SessionId([0xFF; 16]), now)
    };
    assert!(matches!(end_all(&mut sessions, Ending::Expired, 1), Err(Unrevoked::TooMany)), "their tokens open still");
    end_all(&mut sessions, Ending::Revoked, MOST_REVOKED).unwrap();
}

/// B-160: what was ended by its id stays so when all are revoked, though nothing is remembered of it then.
#[test]
fn whoever_was_ended_does_not_rise_when_all_are() {
    let scratch = Scratch::new("all-ended");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(SEED), 1);
    let (one, other) = (assume(&world), assume(&world));
    let (id, now) = (one.opened(&world).session().id, world.machine_now());
    let entropy = world.service.world().entropy.as_ref();
    world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, id, now)?));
    world.change(|draft| Ok(draft.sessions.end_all(&mut draft.batch, entropy, Ending::Revoked, now)?));
    let next = assume(&world);
    check(&world, &one, INVALID);
    drop(world);
    let world = open(&directory, None, 2);
    check(&world, &one, INVALID);
    check(&world, &other, INVALID);
    check(&world, &next, None);
    drop(world);
    let rows = reopen(&directory).load().unwrap().0;
    assert_eq!(tables::REVOKED_SESSIONS.read(&rows).unwrap().len(), 0);
}

/// B-161: sessions may begin while the store has not kept an end yet; once it is told again they are not spared.
#[test]
fn an_end_that_was_lost_and_told_again_is_another_one() {
    let world = TestWorld::new(SEED);
    let snapshot = world.snapshot();
    let role = snapshot.identities.role_by_arn(ROLE).unwrap().id.clone();
    let told = || {
        let mut sessions = snapshot.sessions.clone();
        sessions
            .revoke_all_of(&mut Batch::default(), world.service.world().entropy.as_ref(), Issuer::Principal(&role))
            .unwrap();
        sessions.generation(Issuer::Principal(&role))
    };
    assert_ne!(told(), told());
}

#[test]
fn rotated_keys_open_what_they_sealed() {
    let scratch = Scratch::new("rotated");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(SEED), 1);
    let before = assume(&world);
    let entropy = local_sts::env::SystemEntropy;
    let now = world.machine_now();
    world.change(|draft| Ok(draft.sessions.rotate(&mut draft.batch, &entropy, now)?));
    let after = assume(&world);
    drop(world);
    let world = open(&directory, None, 2);
    check(&world, &before, None);
    check(&world, &after, None);
}

#[test]
fn a_reset_brings_the_seed_back_and_ends_every_session() {
    let scratch = Scratch::new("reset");
    let directory = scratch.0.join("state");
    let world = open(&directory, Some(SEED), 1);
    let id = |world: &TestWorld| world.snapshot().identities.role_by_arn(ROLE).map(|role| role.id.clone());
    let (session, role) = (assume(&world), id(&world));
    world.change(|draft| {
        let role = draft.identities.role_by_arn(ROLE).unwrap().id.clone();
        Ok(draft.identities.delete_role(&mut draft.batch, &role)?)
    });
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    check(&world, &session, INVALID);
    assert_eq!(id(&world), role, "the same thing has the same id");
    check(&world, &assume(&world), None);
    drop(world);
    let world = open(&directory, Some(SEED), 2);
    check(&world, &session, INVALID);
    check(&world, &assume(&world), None);
}

fn plant(world: &TestWorld, text: &str, mode: Mode) -> Result<(), String> {
    let source = Source { name: "other.yaml".to_owned(), text: text.to_owned() };
    let seed = seed::parse(&[source], &|_| None).unwrap();
    seed::plant(world.service.world(), &seed, false, mode).map_err(|error| error.to_string())
}

#[test]
fn another_seed_is_refused_unless_it_is_told_what_to_do() {
    let other = SEED.replace("bob", "carol").replace("BOB", "CAROL");
    let (bob, carol) = (Keys::of("bob"), Keys::of("carol"));
    let world = TestWorld::new(SEED);
    let session = assume(&world);
    let refused = plant(&world, &other, Mode::Once).unwrap_err();
    assert!(refused.contains("--seed-mode merge") && refused.contains("--seed-mode reset"), "{refused}");
    check(&world, &carol, INVALID);

    plant(&world, &other, Mode::Merge).unwrap();
    check(&world, &carol, None);
    check(&world, &bob, None);
    check(&world, &session, None);

    plant(&world, &other.replace("alice-secret", "new-secret"), Mode::Reset).unwrap();
    check(&world, &bob, INVALID);
    check(&world, &session, INVALID);
    check(&world, &Keys::new("AKIAALICE", "new-secret"), None);
}

#[test]
fn the_untouched_built_in_seed_gives_way_and_a_touched_one_does_not() {
    let built_in =
        |world: &TestWorld| seed::plant(world.service.world(), &seed::built_in().unwrap(), true, Mode::Once).unwrap();
    let test = Keys::new("test", "test");
    let empty = || TestWorld::over(Box::new(local_sts::store::MemoryEngine::default()), None, 1);

    let world = empty();
    built_in(&world);
    check(&world, &test, None);
    plant(&world, SEED, Mode::Once).unwrap();
    check(&world, &test, INVALID);
    check(&world, &alice(), None);
    built_in(&world);
    check(&world, &alice(), None);

    let world = empty();
    built_in(&world);
    world.change(|draft| {
        let key = local_sts::shape::Shape::parse("developer").unwrap();
        Ok(draft.identities.delete_access_key(&mut draft.batch, &key)?)
    });
    assert!(plant(&world, SEED, Mode::Once).is_err());
    check(&world, &test, None);
}

/// A merge after a deletion makes the role anew: its old sessions stay dead.
#[test]
fn a_merge_does_not_revive_the_sessions_of_what_it_brings_back() {
    let world = TestWorld::new(SEED);
    let session = assume(&world);
    world.change(|draft| {
        let role = draft.identities.role_by_arn(ROLE).unwrap().id.clone();
        Ok(draft.identities.delete_role(&mut draft.batch, &role)?)
    });
    plant(&world, &SEED.replace("bob", "carol").replace("BOB", "CAROL"), Mode::Merge).unwrap();
    check(&world, &session, INVALID);
    check(&world, &assume(&world), None);
}
