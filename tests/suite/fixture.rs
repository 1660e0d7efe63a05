//! What tests do to the service between them: snapshots taken and brought back, other seeds, one account put back alone,
//! sessions that end at once.

use std::fs;

use local_sts::api::account_reset::reset_account;
use local_sts::api::baseline;
use local_sts::api::snapshots::{self, MOST_SNAPSHOTS, Untaken};
use local_sts::api::world::ChangeError;
use local_sts::env::Steering;
use local_sts::federation::mfa::{Seed, Step};
use local_sts::ids::AccountId;
use local_sts::secret::Secret;
use local_sts::seed::{self, Replanting, Source};
use local_sts::sessions::ledger::Filter;
use local_sts::sessions::{Ended, Ending, Issuer};
use local_sts::time::Timestamp;

use crate::http::{JSON, Running, companion, status};
use crate::store::{Scratch, reopen};
use crate::support::{Answer, Call, Keys, TestWorld, alice, check_identity as check};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    alias: one
    users:
      - name: alice
        attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess]
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        mfaDevices: [{ name: phone, secret: PHONEPHONEPHONEPHONE }]
        loginProfile: { password: a-password }
    passwordPolicy: { minimumPasswordLength: 12 }
    rootLoginProfile: {}
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
  - id: "210987654321"
    users:
      - name: bob
        attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess]
        accessKeys: [{ id: AKIABOB, secret: bob-secret }]
        mfaDevices: [{ name: phone, secret: PHONEPHONEPHONEPHONE }]
        loginProfile: { password: a-password }
    passwordPolicy: { minimumPasswordLength: 12 }
    rootLoginProfile: {}
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

const ONE: &str = "123456789012";
const OTHER: &str = "210987654321";
const INVALID: Option<&str> = Some("InvalidClientTokenId");
const EXPIRED: Option<&str> = Some("ExpiredToken");

fn bob() -> Keys {
    Keys::of("bob")
}

fn assume(world: &TestWorld, by: &Keys, account: &str) -> Keys {
    let role = format!("arn:aws:iam::{account}:role/open");
    Call::assume_role(&role, "test").by(by).send(world).keys()
}

fn iam(world: &TestWorld, by: &Keys, action: &str, params: &[(&str, &str)]) -> Answer {
    Call::iam(action).params(params).by(by).send(world)
}

#[track_caller]
fn done(world: &TestWorld, by: &Keys, action: &str, params: &[(&str, &str)]) {
    iam(world, by, action, params).fine();
}

fn take(world: &TestWorld, name: &str) {
    snapshots::take(world.service.world(), name, true).unwrap().1.wait().unwrap();
}

fn restore(world: &TestWorld, name: &str) {
    snapshots::restore(world.service.world(), name).unwrap().1.wait().unwrap();
}

#[track_caller]
fn refuses(outcome: Result<impl Sized, ChangeError>, expect: Untaken) {
    match outcome.err() {
        Some(ChangeError::Snapshot(why)) => assert_eq!(why, expect),
        other => panic!("{other:?}"),
    }
}

/// Logs in with the code that counts now.
fn log_in(world: &TestWorld, by: &Keys, account: &str) -> Answer {
    let seed = Seed::parse(&Secret::new("PHONEPHONEPHONEPHONE".to_owned())).unwrap();
    let code = seed.code(Step::of(world.service.world().now().now, 0)).unwrap();
    Call::sts("GetSessionToken")
        .param("SerialNumber", &format!("arn:aws:iam::{account}:mfa/phone"))
        .param("TokenCode", &code)
        .by(by)
        .send(world)
}

fn read(text: &str) -> seed::Seed {
    let source = Source { name: "more.yaml".to_owned(), text: text.to_owned() };
    seed::parse(&[source], &|_| None).unwrap_or_else(|errors| panic!("{errors}"))
}

fn replant(world: &TestWorld, text: &str, how: Replanting) {
    let ticket = seed::replant(world.service.world(), &read(text), how).unwrap_or_else(|error| panic!("{error}"));
    ticket.wait().unwrap();
}

#[test]
fn a_restore_brings_back_identities_and_the_sessions_of_before_and_no_others() {
    let world = TestWorld::new(SEED);
    let before = assume(&world, &alice(), ONE);
    let state = world.export();
    take(&world, "base");
    check(&world, &before, None);
    let after = assume(&world, &alice(), ONE);
    done(&world, &alice(), "CreateUser", &[("UserName", "carol")]);
    done(&world, &alice(), "DeleteRole", &[("RoleName", "open")]);
    check(&world, &after, INVALID);
    check(&world, &before, INVALID);
    restore(&world, "base");
    assert_eq!(world.export(), state);
    check(&world, &before, None);
    check(&world, &after, INVALID);
    let later = assume(&world, &alice(), ONE);
    restore(&world, "base");
    check(&world, &before, None);
    check(&world, &later, INVALID);
    check(&world, &alice(), None);
}

#[test]
fn a_restore_brings_back_the_clock_the_ends_of_sessions_and_what_was_used() {
    let world = TestWorld::new(SEED);
    let inner = world.service.world();
    let [one, two] = [(); 2].map(|()| assume(&world, &alice(), ONE));
    let end = |keys: &Keys, ending| {
        let id = keys.opened(&world).session().id;
        world.change(|draft| Ok(draft.sessions.end(&mut draft.batch, id, ending, inner.now().now)?));
    };
    end(&one, Ending::Revoked);
    assert_eq!(log_in(&world, &alice(), ONE).status(), 200);
    let at = Timestamp::parse_iso("2030-01-01T00:00:00Z").unwrap();
    inner.steer(|_| Ok(Steering::Frozen(at)), false).unwrap();
    take(&world, "base");
    end(&two, Ending::Revoked);
    inner.steer(|clock| clock.advanced(7200), false).unwrap();
    assert_eq!(log_in(&world, &alice(), ONE).status(), 200);
    restore(&world, "base");
    assert_eq!(inner.clock.steering(), Steering::Frozen(at), "as it was, and that is back");
    check(&world, &one, EXPIRED);
    inner.steer(|_| Ok(Steering::System), true).unwrap();
    check(&world, &one, INVALID);
    check(&world, &two, None);
    assert_eq!(log_in(&world, &alice(), ONE).status(), 403, "used before the snapshot");
    inner.steer(|_| Ok(Steering::Frozen(at.plus_seconds(7200))), false).unwrap();
    assert_eq!(log_in(&world, &alice(), ONE).status(), 200, "used after it");
}

#[test]
fn snapshots_outlive_restarts_resets_and_other_seeds() {
    let scratch = Scratch::new("snapshots");
    let directory = scratch.0.join("state");
    let world = TestWorld::over(Box::new(reopen(&directory)), Some(SEED), 1);
    let session = assume(&world, &alice(), ONE);
    let state = world.export();
    take(&world, "base");
    let after = assume(&world, &alice(), ONE);
    drop(world);
    let world = TestWorld::over(Box::new(reopen(&directory)), None, 2);
    check(&world, &after, None);
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    check(&world, &session, INVALID);
    replant(&world, "accounts: [{ id: '999999999999' }]", Replanting::Replace);
    check(&world, &alice(), INVALID);
    drop(world);
    let world = TestWorld::over(Box::new(reopen(&directory)), None, 3);
    restore(&world, "base");
    drop(world);
    // Engine, memory and disk agree.
    for chance in [4, 5] {
        let world = TestWorld::over(Box::new(reopen(&directory)), Some(SEED), chance);
        assert_eq!(world.export(), state);
        check(&world, &session, None);
        check(&world, &after, INVALID);
        baseline::reset(world.service.world()).unwrap().wait().unwrap();
        assert_eq!(world.export(), state, "the baseline is back as well");
        restore(&world, "base");
    }
    let world = TestWorld::over(Box::new(reopen(&directory)), None, 6);
    let other = read("accounts: [{ id: '999999999999' }]");
    seed::plant(world.service.world(), &other, false, seed::Mode::Reset).unwrap();
    assert_eq!(snapshots::list(world.service.world()).unwrap(), [], "who begins again begins with nothing");
}

#[test]
fn a_snapshot_is_not_replaced_unasked_and_what_is_not_there_is_not_restored() {
    let world = TestWorld::new(SEED);
    let inner = world.service.world();
    refuses(snapshots::restore(inner, "base"), Untaken::Absent("base".to_owned()));
    refuses(snapshots::delete(inner, "base"), Untaken::Absent("base".to_owned()));
    take(&world, "base");
    take(&world, "base.2");
    refuses(snapshots::take(inner, "base", false), Untaken::Taken("base".to_owned()));
    done(&world, &alice(), "CreateUser", &[("UserName", "carol")]);
    take(&world, "base");
    let listed = snapshots::list(inner).unwrap();
    let names: Vec<&str> = listed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["base", "base.2"]);
    assert!(listed[0].1.rows > listed[1].1.rows, "carol is in the later one");
    restore(&world, "base.2");
    assert_eq!(iam(&world, &alice(), "GetUser", &[("UserName", "carol")]).status(), 404);
    restore(&world, "base");
    done(&world, &alice(), "GetUser", &[("UserName", "carol")]);
    snapshots::delete(inner, "base").unwrap().wait().unwrap();
    refuses(snapshots::restore(inner, "base"), Untaken::Absent("base".to_owned()));
    restore(&world, "base.2");
}

#[test]
fn there_are_as_many_snapshots_as_there_may_be_and_no_more() {
    let world = TestWorld::new(SEED);
    for number in 0..MOST_SNAPSHOTS {
        take(&world, &format!("snapshot-{number}"));
    }
    refuses(snapshots::take(world.service.world(), "another", false), Untaken::TooMany);
    take(&world, "snapshot-7");
}

/// What the refusal advises is so: either way there is room again, and all snapshots are as they were (B-653).
#[test]
fn of_too_many_snapshots_one_after_the_other_there_is_a_way_out() {
    let world = TestWorld::new(SEED);
    let inner = world.service.world();
    take(&world, "early");
    let mut taken = 1;
    let refusal = loop {
        assume(&world, &alice(), ONE);
        match snapshots::take(inner, "base", true) {
            Ok((_, ticket)) => ticket.wait().unwrap(),
            Err(error) => break error.to_string(),
        }
        taken += 1;
    };
    assert!(refusal.contains("1024") && refusal.contains("reset, or restore an early one"), "{refusal}");
    assert!((1000..=1024).contains(&taken), "{taken}");
    restore(&world, "early");
    take(&world, "another");
    restore(&world, "base");
    assume(&world, &alice(), ONE);
    refuses(snapshots::take(inner, "again", true), Untaken::TooManyKeys);
    baseline::reset(inner).unwrap().wait().unwrap();
    take(&world, "again");
    assert_eq!(snapshots::list(inner).unwrap().len(), 4);
}

#[test]
fn whoever_takes_and_restores_all_day_fills_nothing_up() {
    let world = TestWorld::new(SEED);
    let rows = || {
        take(&world, "base");
        snapshots::list(world.service.world()).unwrap()[0].1.rows
    };
    assume(&world, &alice(), ONE);
    let before = rows();
    for _ in 0..50 {
        restore(&world, "base");
        assert_eq!(rows(), before);
        assume(&world, &alice(), ONE);
    }
}

#[test]
fn another_seed_takes_the_place_of_everything_and_is_what_reset_comes_back_to() {
    let world = TestWorld::new(SEED);
    let session = assume(&world, &alice(), ONE);
    let other =
        "accounts: [{ id: '999999999999', users: [{ name: dora, accessKeys: [{ id: AKIADORA, secret: dora }] }] }]";
    world.steer_ahead(3600);
    replant(&world, other, Replanting::Replace);
    assert_eq!(world.service.world().clock.steering(), Steering::System);
    check(&world, &session, INVALID);
    check(&world, &alice(), INVALID);
    check(&world, &Keys::new("AKIADORA", "dora"), None);
    let state = world.export();
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    assert_eq!(world.export(), state);
    replant(&world, SEED, Replanting::Replace);
    check(&world, &session, INVALID);
    check(&world, &alice(), None);
}

#[test]
fn a_seed_that_is_merged_adds_to_what_is_there_and_to_what_reset_comes_back_to() {
    let world = TestWorld::new(SEED);
    let session = assume(&world, &alice(), ONE);
    done(&world, &alice(), "CreateUser", &[("UserName", "carol")]);
    let more = "accounts: [{ id: '123456789012', users: [{ name: alice, path: /new/ }, { name: dora }] }]";
    replant(&world, more, Replanting::Merge);
    check(&world, &session, None);
    done(&world, &alice(), "GetUser", &[("UserName", "dora")]);
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    done(&world, &alice(), "GetUser", &[("UserName", "dora")]);
    assert_eq!(iam(&world, &alice(), "GetUser", &[("UserName", "carol")]).status(), 404);
    let found = iam(&world, &alice(), "GetUser", &[("UserName", "alice")]);
    assert_eq!(found.text("Path").as_deref(), Some("/"), "what is there stays as it is");
    // What the service was begun with is still what it is started with.
    seed::plant(world.service.world(), &read(SEED), false, seed::Mode::Once).unwrap();
}

/// Somebody was deleted and comes back by a merge: another one of the same name, and the only one.
#[test]
fn a_reset_does_not_bring_back_two_of_one_name() {
    let world = TestWorld::new(SEED);
    done(&world, &bob(), "DeleteRole", &[("RoleName", "open")]);
    replant(&world, SEED, Replanting::Merge);
    let role = |world: &TestWorld| iam(world, &bob(), "GetRole", &[("RoleName", "open")]).text("RoleId");
    let again = role(&world);
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    assert_eq!(role(&world), again);
    assert_eq!(world.export().matches("\"name\": \"open\"").count(), 2, "one in each account");
}

#[test]
fn one_account_is_put_back_and_the_others_go_on() {
    let world = TestWorld::new(SEED);
    let state = world.export();
    let (mine, theirs) = (assume(&world, &alice(), ONE), assume(&world, &bob(), OTHER));
    let own = Call::sts("GetSessionToken").by(&alice()).send(&world).keys();
    for (by, account) in [(alice(), ONE), (bob(), OTHER)] {
        assert_eq!(log_in(&world, &by, account).status(), 200);
        assert_eq!(log_in(&world, &by, account).status(), 403);
        done(&world, &by, "CreateUser", &[("UserName", "carol")]);
        done(&world, &by, "CreateAccessKey", &[("UserName", "carol")]);
        done(&world, &by, "CreateGroup", &[("GroupName", "group")]);
        done(&world, &by, "AddUserToGroup", &[("GroupName", "group"), ("UserName", "carol")]);
        done(&world, &by, "CreateInstanceProfile", &[("InstanceProfileName", "profile")]);
        done(&world, &by, "GenerateCredentialReport", &[]);
        done(&world, &by, "UpdateAccountPasswordPolicy", &[("MaxPasswordAge", "9")]);
        done(&world, &by, "CreateLoginProfile", &[("UserName", "carol"), ("Password", "carols-password")]);
        done(&world, &by, "DeleteLoginProfile", &[]);
    }
    done(&world, &alice(), "DeleteAccountAlias", &[("AccountAlias", "one")]);
    world.steer_ahead(60);
    let with_carol = world.export();
    reset_account(world.service.world(), AccountId::parse(ONE).unwrap()).unwrap().wait().unwrap();
    let found = world.export();
    let part = |text: &str, account: usize| text.split("\"id\": \"210987654321\"").nth(account).unwrap().to_owned();
    assert_eq!(part(&found, 0), part(&state, 0));
    assert_eq!(part(&found, 1), part(&with_carol, 1));
    check(&world, &mine, INVALID);
    check(&world, &own, INVALID);
    check(&world, &theirs, None);
    check(&world, &alice(), None);
    check(&world, &assume(&world, &alice(), ONE), None);
    // The codes of the reset account are good again, those of the other are not.
    world.service.world().steer(|_| Ok(Steering::System), true).unwrap();
    assert_eq!(log_in(&world, &alice(), ONE).status(), 200);
    assert_eq!(log_in(&world, &bob(), OTHER).status(), 403);
    let nobody = reset_account(world.service.world(), AccountId::parse("999999999999").unwrap());
    assert!(nobody.unwrap_err().to_string().contains("there is no account 999999999999"));
}

#[test]
fn an_account_is_not_put_back_over_what_another_has_taken() {
    let world = TestWorld::new(SEED);
    done(&world, &alice(), "DeleteAccountAlias", &[("AccountAlias", "one")]);
    done(&world, &bob(), "CreateAccountAlias", &[("AccountAlias", "one")]);
    let before = world.export();
    let refused = reset_account(world.service.world(), AccountId::parse(ONE).unwrap()).unwrap_err().to_string();
    assert!(refused.contains("the account of the alias one is there already"), "{refused}");
    assert_eq!(world.export(), before);
}

#[test]
fn an_account_that_is_put_back_is_the_same_after_a_restart() {
    let scratch = Scratch::new("account");
    let directory = scratch.0.join("state");
    let sample = fs::read_to_string("fixtures/seed/sample.yaml").unwrap();
    let world = TestWorld::over(Box::new(reopen(&directory)), Some(&sample), 1);
    let state = world.export();
    let inner = world.service.world();
    let accounts: Vec<AccountId> = inner.snapshot().identities.accounts().map(|account| account.id).collect();
    for account in accounts {
        reset_account(inner, account).unwrap().wait().unwrap();
        assert_eq!(world.export(), state);
    }
    drop(world);
    assert_eq!(TestWorld::over(Box::new(reopen(&directory)), None, 2).export(), state);
}

#[test]
fn sessions_that_are_told_to_expire_say_so_and_revoked_ones_stay_revoked() {
    let world = TestWorld::new(SEED);
    let inner = world.service.world();
    let roles =
        |account: &str| inner.snapshot().identities.unique_id(&format!("arn:aws:iam::{account}:role/open")).unwrap();
    let end_all_of = |account: &str, ending| {
        let role = roles(account);
        world.change(|draft| {
            let issuer = Issuer::Principal(&role);
            Ok(draft.sessions.end_all_of(&mut draft.batch, inner.entropy.as_ref(), issuer, ending)?)
        });
    };
    let end_all = |ending| {
        let now = inner.now().now;
        world.change(|draft| Ok(draft.sessions.end_all(&mut draft.batch, inner.entropy.as_ref(), ending, now)?));
    };
    let (first, other) = (assume(&world, &alice(), ONE), assume(&world, &alice(), OTHER));
    end_all_of(ONE, Ending::Expired);
    check(&world, &first, EXPIRED);
    check(&world, &other, None);
    let second = assume(&world, &alice(), ONE);
    check(&world, &second, None);
    end_all_of(ONE, Ending::Expired);
    check(&world, &first, EXPIRED);
    check(&world, &second, EXPIRED);
    end_all_of(ONE, Ending::Revoked);
    check(&world, &second, INVALID);
    end_all_of(ONE, Ending::Expired);
    check(&world, &second, INVALID);
    let third = assume(&world, &alice(), ONE);
    end_all(Ending::Expired);
    check(&world, &third, EXPIRED);
    check(&world, &other, EXPIRED);
    check(&world, &second, INVALID);
    check(&world, &alice(), None);
    let fourth = assume(&world, &alice(), ONE);
    check(&world, &fourth, None);
    end_all(Ending::Revoked);
    for keys in [&third, &fourth, &other] {
        check(&world, keys, INVALID);
    }
    check(&world, &assume(&world, &alice(), ONE), None);
}

#[test]
fn one_session_that_is_told_to_expire_is_over_after_a_restart_as_well() {
    let scratch = Scratch::new("expired");
    let directory = scratch.0.join("state");
    let world = TestWorld::over(Box::new(reopen(&directory)), Some(SEED), 1);
    let inner = world.service.world();
    let [one, two, three] = [(); 3].map(|()| assume(&world, &alice(), ONE));
    let ids: Vec<_> = inner.ledger.list(&Filter::default(), None, 9).unwrap().entries.into_iter().rev().collect();
    let end = |entry: usize, ending| {
        let id = ids[entry].id;
        world.change(|draft| Ok(draft.sessions.end(&mut draft.batch, id, ending, inner.now().now)?));
        inner.snapshot().sessions.ended_early(&ids[entry])
    };
    assert_eq!(end(0, Ending::Expired), Some(Ended::Expired));
    assert_eq!(end(1, Ending::Expired), Some(Ended::Expired));
    assert_eq!(end(1, Ending::Revoked), Some(Ended::Revoked));
    assert_eq!(end(1, Ending::Expired), Some(Ended::Revoked));
    let role = ids[2].issuer.clone().unwrap();
    drop(world);
    let world = TestWorld::over(Box::new(reopen(&directory)), None, 2);
    for (keys, code) in [(&one, EXPIRED), (&two, INVALID), (&three, None)] {
        check(&world, keys, code);
    }
    let entropy = world.service.world().entropy.as_ref();
    world.change(|draft| {
        let issuer = Issuer::Principal(&role);
        Ok(draft.sessions.end_all_of(&mut draft.batch, entropy, issuer, Ending::Expired)?)
    });
    drop(world);
    let world = TestWorld::over(Box::new(reopen(&directory)), None, 3);
    check(&world, &three, EXPIRED);
    let entropy = world.service.world().entropy.as_ref();
    let last = assume(&world, &alice(), ONE);
    let now = world.machine_now();
    world.change(|draft| Ok(draft.sessions.end_all(&mut draft.batch, entropy, Ending::Expired, now)?));
    drop(world);
    check(&TestWorld::over(Box::new(reopen(&directory)), None, 4), &last, EXPIRED);
}

const YAML: &str = "Content-Type: application/yaml\r\n";

#[test]
fn the_companion_takes_snapshots_and_seeds() {
    let running = Running::start(&["--ephemeral"]);
    let call = |method: &str, path: &str, headers: &str, body: &str, expect: &str| {
        let answer = companion(&running, method, &format!("/_admin/v1/{path}"), headers, body);
        assert_eq!(status(&answer), expect, "{method} {path} {body}: {answer}");
        answer
    };
    call("POST", "snapshots/base", JSON, "", "200 OK");
    call("POST", "snapshots/base", JSON, "{}", "409 Conflict");
    call("POST", "snapshots/base", JSON, "{\"replace\": true}", "200 OK");
    call("POST", "snapshots/base", JSON, "{\"replaces\": true}", "400 Bad Request");
    call("POST", "snapshots/a%2Fb", JSON, "", "400 Bad Request");
    call("POST", &format!("snapshots/{}", "n".repeat(65)), JSON, "", "400 Bad Request");
    call("PUT", "snapshots/base", JSON, "", "405 Method Not Allowed");
    call("POST", "snapshots", JSON, "", "405 Method Not Allowed");
    call("POST", "snapshots/base/elsewhere", JSON, "", "404 Not Found");
    call("POST", "snapshots/none/restore", JSON, "", "404 Not Found");
    assert!(call("GET", "snapshots", "", "", "200 OK").contains("\"name\":\"base\""));
    assert!(call("GET", "seed", "", "", "200 OK").contains("\"builtIn\":true,\"changed\":false"));
    let other = "accounts:\n  - id: '999999999999'\n";
    assert!(call("PUT", "seed?name=other.yaml", YAML, other, "200 OK").contains("\"mode\":\"replace\""));
    assert!(call("GET", "seed", "", "", "200 OK").contains("\"builtIn\":false,\"changed\":false"));
    let wrong = call("PUT", "seed?name=other.yaml", YAML, "accounts:\n  - id: x\n", "400 Bad Request");
    assert!(wrong.contains("other.yaml:2:9"), "{wrong}");
    call("PUT", "seed?mode=merge", JSON, "{\"accounts\":[{\"id\":\"888888888888\"}]}", "200 OK");
    call("PUT", "seed?mode=both", JSON, "{\"accounts\":[]}", "400 Bad Request");
    call("PUT", "seed", "Content-Type: text/plain\r\n", other, "415 Unsupported Media Type");
    call("DELETE", "seed", "", "", "405 Method Not Allowed");
    call("POST", "reset", JSON, "{\"accountId\":\"888888888888\"}", "200 OK");
    call("POST", "reset", JSON, "{\"accountId\":\"777777777777\"}", "404 Not Found");
    call("POST", "reset", JSON, "{\"accountId\":\"8\"}", "400 Bad Request");
    call("POST", "snapshots/base/restore", JSON, "", "200 OK");
    assert!(call("GET", "seed", "", "", "200 OK").contains("\"builtIn\":true,\"changed\":false"));
    for how in ["expire", "revoke"] {
        let path = format!("sessions/{how}");
        call("POST", &path, JSON, "{\"all\":true}", "200 OK");
        call("POST", &path, JSON, "{\"all\":false}", "400 Bad Request");
        call("POST", &path, JSON, "{\"all\":true,\"role\":\"x\"}", "400 Bad Request");
        call("POST", &path, JSON, "{\"role\":\"x\"}", "404 Not Found");
        call("POST", &path, JSON, &format!("{{\"sessionId\":\"{}\"}}", "0".repeat(32)), "200 OK");
    }
    call("DELETE", "snapshots/base", "", "", "200 OK");
    call("DELETE", "snapshots/base", "", "", "404 Not Found");
}

#[test]
fn what_the_companion_answered_of_snapshots_is_there_after_a_kill() {
    let scratch = Scratch::new("killed");
    let data = scratch.0.join("data");
    let options = ["--data-dir", data.to_str().unwrap()];
    let call = |running: &Running, path: &str, body: &str| {
        let answer = companion(running, "POST", &format!("/_admin/v1/{path}"), JSON, body);
        assert_eq!(status(&answer), "200 OK", "{path} {answer}");
    };
    let clock = |running: &Running| companion(running, "GET", "/_admin/v1/clock", "", "");
    let running = Running::start(&options);
    call(&running, "snapshots/base", "");
    call(&running, "clock/advance", "{\"seconds\":3600}");
    call(&running, "snapshots/later", "");
    drop(running);
    let running = Running::start(&options);
    call(&running, "snapshots/base/restore", "");
    drop(running);
    let running = Running::start(&options);
    assert!(clock(&running).contains("\"mode\":\"system\""));
    call(&running, "snapshots/later/restore", "");
    assert!(clock(&running).contains("\"mode\":\"offset\""));
}

#[test]
fn a_service_that_keeps_its_state_takes_a_seed_only_from_who_shows_something() {
    let scratch = Scratch::new("seeds");
    let directory = scratch.0.join("data");
    let running = Running::start(&["--data-dir", directory.to_str().unwrap()]);
    let put = |headers: &str| companion(&running, "PUT", "/_admin/v1/seed", headers, "{\"accounts\":[]}");
    assert_eq!(status(&put(JSON)), "401 Unauthorized");
    let token = fs::read_to_string(directory.join("companion.token")).unwrap();
    assert_eq!(status(&put(&format!("{JSON}Authorization: Bearer {}\r\n", token.trim()))), "200 OK");
}
