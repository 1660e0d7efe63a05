//! What changes, as events: each deed in its frame.

use local_sts::api::news::{Change, Deed};
use local_sts::ids::AccountId;
use local_sts::sessions::{Issuer, SessionId};
use local_sts::shape::Shape;
use local_sts::validator::events::{TYPES, frames};
use local_sts::validator::{Querier, Scope, Scopes};

use super::{reply, reply_with, session_of, world};

#[test]
fn every_deed_has_its_frame() {
    let key = || Shape::parse("AKIAALICE").unwrap();
    let issuer = || "AROARZPUZDIKDNY25ED7P".to_owned();
    let arn = |name: &str| Some(format!("arn:aws:iam::123456789012:{name}"));
    let deeds = [
        (Deed::KeyDeactivated(key()), r#"{"epoch":7,"type":"key.deactivated","accessKeyId":"AKIAALICE"}"#),
        (Deed::KeyDeleted(key()), r#"{"epoch":7,"type":"key.deleted","accessKeyId":"AKIAALICE"}"#),
        (
            Deed::SessionRevoked(SessionId([1; 16])),
            r#"{"epoch":7,"type":"session.revoked","sessionId":"01010101010101010101010101010101"}"#,
        ),
        (
            Deed::SessionsRevoked { issuer: issuer(), arn: arn("role/reader") },
            r#"{"epoch":7,"type":"role.sessions-revoked","principalArn":"arn:aws:iam::123456789012:role/reader","uniqueId":"AROARZPUZDIKDNY25ED7P"}"#,
        ),
        (
            Deed::SessionsRevoked { issuer: issuer(), arn: arn("user/alice") },
            r#"{"epoch":7,"type":"user.sessions-revoked","principalArn":"arn:aws:iam::123456789012:user/alice","uniqueId":"AROARZPUZDIKDNY25ED7P"}"#,
        ),
        (Deed::PolicyChanged, r#"{"epoch":7,"type":"policy.changed"}"#),
        (Deed::StateReset, r#"{"epoch":7,"type":"state.reset"}"#),
        (Deed::ClockChanged, r#"{"epoch":7,"type":"clock.changed"}"#),
    ];
    assert_eq!(deeds.len(), TYPES.len());
    for (at, (deed, data)) in deeds.into_iter().enumerate() {
        let kind = TYPES[at];
        assert_eq!(frames(&[Change { epoch: 7, deed }]), format!("id: 7\nevent: {kind}\ndata: {data}\n\n"));
    }
}

#[test]
fn every_change_of_the_state_is_told_by_its_kind() {
    let world = world();
    let changes = world.service.world().news();
    let told = |go: &dyn Fn()| {
        let before = changes.epoch();
        go();
        changes.after(before).into_iter().map(|change| change.deed).collect::<Vec<Deed>>()
    };
    let key = world.snapshot().identities.access_key("AKIAALICE").unwrap().id.clone();
    let switch = |active: bool| {
        world.change(|draft| Ok(draft.identities.set_access_key_active(&mut draft.batch, &key, active)?));
    };
    assert_eq!(told(&|| drop(session_of(&world, "app/reader"))), [], "a session is no state");
    assert_eq!(told(&|| switch(false)), [Deed::KeyDeactivated(key.clone())]);
    assert_eq!(told(&|| switch(true)), [Deed::PolicyChanged]);
    let id = SessionId([7; 16]);
    let revoke = || world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, id, world.machine_now())?));
    assert_eq!(told(&revoke), [Deed::SessionRevoked(id)]);
    let account = AccountId::parse("123456789012").unwrap();
    let revoke_root = || world.revoke_all_of(Issuer::Root(account));
    let arn = Some("arn:aws:iam::123456789012:root".to_owned());
    let of_root = Deed::SessionsRevoked { issuer: "123456789012".to_owned(), arn };
    assert_eq!(told(&revoke_root), std::slice::from_ref(&of_root));
    let frame = frames(&[Change { epoch: 7, deed: of_root }]);
    assert!(frame.contains("event: user.sessions-revoked") && frame.contains(":root\""), "{frame}");
    assert_eq!(told(&|| world.service.world().sweep().unwrap()), [], "what is swept was dead");
    let delete = || world.change(|draft| Ok(draft.identities.delete_access_key(&mut draft.batch, &key)?));
    assert_eq!(told(&delete), [Deed::KeyDeleted(key.clone())]);
    assert_eq!(told(&|| world.steer_ahead(1)), [Deed::ClockChanged]);
    assert_eq!(told(&|| drop(local_sts::api::baseline::reset(world.service.world()).unwrap())), [Deed::StateReset]);
}

#[test]
fn a_stream_begins_where_it_is_asked_to() {
    let world = world();
    let querier = Querier::with(Scopes::of(&[Scope::Events]));
    let present = world.service.world().news().epoch();
    let after = |target: &str, headers: &[(&str, &[u8])]| {
        let reply = reply_with(&world, &querier, "GET", target, headers, b"");
        (reply.status, reply.events_after)
    };
    assert_eq!(after("/v1/events", &[]), (200, Some(present)));
    assert_eq!(after("/v1/events?after=5", &[]), (200, Some(5)));
    assert_eq!(after("/v1/events", &[("last-event-id", b"6")]), (200, Some(6)));
    assert_eq!(after("/v1/events?after=x", &[]), (400, None));
    assert_eq!(after("/v1/events?since=5", &[]), (400, None));
    assert_eq!(reply(&world, &Querier::on_this_machine(), "GET", "/v1/events", b"").status, 403);
}
