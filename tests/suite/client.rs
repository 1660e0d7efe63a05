//! The client of the validator, against one behind a real socket: as it should be, and in every way in which it fails.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use local_sts::client::{
    Asked, Caller, Check, Client, Context, Endpoint, Received, Refusal, ResourcePolicy, Settings, Unavailable,
};
use local_sts::env::{Clock, ManualClock};
use local_sts::secret::Secret;
use local_sts::sigv4::{Body, PayloadFault, Standing};
use local_sts::time::Moment;
use local_sts::validator::events::{GREETING, frames};
use local_sts::validator::{Querier, Reply, turned_away};
use local_sts::wire::RawRequest;
use serde_json::value::RawValue;

use crate::support::{Call, Keys, TestWorld};
use crate::validator::{self as bench, EMPTY, alice, s3, session_of};

// --- As it should be -------------------------------------------------------------------------------------------------

#[test]
fn who_signed_is_asked_once_and_then_verified_here() {
    let bench = Bench::trusted();
    let call = get("photos/a.jpg").by(&alice());
    bench.run(async |client| {
        live(client).await;
        let first = sent(client, &bench.world, &call).await.expect("alice");
        let second = sent(client, &bench.world, &call).await.expect("alice");
        for (caller, locally) in [(first, false), (second, true)] {
            let signer = caller.signer().expect("a signer");
            assert_eq!(signer.identity().arn, "arn:aws:iam::123456789012:user/team/alice");
            assert_eq!(signer.credential().access_key_id, "AKIAALICE");
            assert_eq!(signer.was_verified_locally(), locally);
        }
        assert_eq!(bench.asked("/v1/authenticate"), 1);
        assert_eq!(bench.asked("/v1/signing-keys"), 1);
    });
}

#[test]
fn a_session_is_verified_here_with_its_token_only() {
    let bench = Bench::trusted();
    let keys = session_of(&bench.world, "app/reader");
    bench.run(async |client| {
        live(client).await;
        let call = get("photos/a.jpg").by(&keys);
        for locally in [false, true] {
            let caller = sent(client, &bench.world, &call).await.expect("the session");
            assert_eq!(caller.signer().map(local_sts::client::Signer::was_verified_locally), Some(locally));
        }
        for keys in [keys.with_token(None), keys.with_token(Some("other")), keys.with_secret("other")] {
            let refusal =
                sent(client, &bench.world, &get("photos/a.jpg").by(&keys)).await.expect_err("not the session");
            assert!(matches!(refusal, Refusal::Refused(_)), "{refusal:?}");
        }
        bench.world.wait(901);
        let refusal = sent(client, &bench.world, &call).await.expect_err("it is over");
        assert_eq!(reason(&refusal), "EXPIRED_CREDENTIAL");
    });
}

/// One client has the keys, the other asks about everything: they never differ.
#[test]
fn what_is_verified_here_is_what_the_validator_would_accept() {
    let bench = Bench::trusted();
    let session = session_of(&bench.world, "app/reader");
    let now = bench.world.machine_now();
    bench.run(async |knowing| {
        live(knowing).await;
        let asking = client(bench.validator.place, None, &bench.world, PATIENCE);
        let mut verdicts = [0, 0];
        for keys in [alice(), session] {
            let good = get("photos/a%20b//c?versionId=1&list-type=2").by(&keys);
            let presigned = |seconds| {
                s3("GET", "/photos/a")
                    .payload("UNSIGNED-PAYLOAD")
                    .without_header("x-amz-content-sha256")
                    .presigned(&keys, seconds, now)
            };
            sent(knowing, &bench.world, &good).await.expect("the key is learned");
            for call in [
                good.clone().signed(now),
                good.clone().signed(now.plus_seconds(-899)),
                good.clone().signed(now.plus_seconds(-901)),
                good.clone().signed(now.plus_seconds(899)),
                good.clone().signed(now.plus_seconds(901)),
                good.clone().signed(now).header("x-amz-meta-more", "unsigned"),
                good.clone().signed(now).header("x-more", "unsigned"),
                good.clone().signed(now).header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
                good.clone().signed(now).without_header("host"),
                good.clone().signed(now).header("host", "other:9000"),
                good.clone().signed(now).without_header("x-amz-date"),
                good.clone().signed(now).path("/photos/a%20b/c"),
                good.clone().signed(now).path("/photos/a b//c"),
                good.clone().region("us-west-2").signed(now),
                good.clone().service("sqs").signed(now),
                good.clone().payload("nonsense").signed(now),
                good.clone().by(&keys.with_secret("other")).signed(now),
                good.clone().by(&keys.with_token(Some("other"))).signed(now),
                good.clone().by(&keys.with_token(None)).signed(now),
                presigned(60),
                presigned(0),
                presigned(604_800),
                presigned(604_801),
                s3("GET", "/photos/a").payload("UNSIGNED-PAYLOAD").without_header("x-amz-content-sha256").presigned(
                    &keys,
                    60,
                    now.plus_seconds(-61),
                ),
                Call { query: format!("{}&more=1", presigned(60).query), ..presigned(60) },
                Call { query: presigned(60).query.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), ..presigned(60) },
                Call { query: presigned(60).query.replace("&X-Amz-Expires=60", ""), ..presigned(60) },
            ] {
                let here = with_received(&call, async |request| knowing.authenticate(request).await).await;
                let there = with_received(&call, async |request| asking.authenticate(request).await).await;
                assert_eq!(here.is_ok(), there.is_ok(), "{call:?}: {here:?}, {there:?}");
                verdicts[usize::from(here.is_ok())] += 1;
            }
        }
        assert!(verdicts[0] > 20 && verdicts[1] > 10, "{verdicts:?}");
    });
}

#[test]
fn a_request_that_nobody_signed_is_from_nobody_and_needs_no_asking() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        let caller = sent(client, &bench.world, &get("photos/a.jpg")).await.expect("nobody");
        assert!(caller.signer().is_none());
        assert_eq!(bench.asked("/v1/authenticate"), 0);
        let verdicts = allowed(client, &caller, &["s3:GetObject arn:aws:s3:::photos/a.jpg"], None).await;
        assert_eq!(verdicts, [false]);
        let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}"#;
        let verdicts = allowed(client, &caller, &["s3:GetObject arn:aws:s3:::photos/a.jpg"], Some(policy)).await;
        assert_eq!(verdicts, [true]);
    });
}

#[test]
fn what_looks_signed_in_any_way_is_never_taken_for_unsigned() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        for call in [
            get("photos/a.jpg").header("authorization", "AWS AKIAALICE:c2lnbmF0dXJl"),
            get("photos/a.jpg").header("authorization", "Bearer x"),
            get("photos/a.jpg").header("x-amz-security-token", "x"),
            get("photos/a.jpg?AWSAccessKeyId=AKIAALICE&Signature=x&Expires=1"),
            get("photos/a.jpg?X-Amz-Signature=0"),
            get("photos/a.jpg?X-Amz-%43redential=x"),
            get("photos/a.jpg?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256"),
        ] {
            let refusal = sent(client, &bench.world, &call).await.expect_err("not nobody");
            assert!(matches!(refusal, Refusal::Refused(_)), "{call:?}: {refusal:?}");
        }
    });
}

#[test]
fn the_verdict_is_the_validators_in_its_words() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        let caller = sent(client, &bench.world, &get("photos/a.jpg").by(&alice())).await.expect("alice");
        let checks = [
            Check::new("s3:GetObject", "arn:aws:s3:::photos/a.jpg"),
            Check::new("s3:PutObject", "arn:aws:s3:::photos/a.jpg"),
            Check::new("s3:GetObject", "arn:aws:s3:::photos/secret/a.jpg"),
        ];
        let verdicts =
            client.authorize(&caller, Asked { checks: &checks, ..Asked::default() }).await.expect("verdicts");
        let said: Vec<(bool, &str, &str)> = verdicts
            .iter()
            .map(|verdict| {
                let error = verdict.aws_error().map_or("", |error| error.message.as_str());
                (verdict.is_allowed(), verdict.basis(), error)
            })
            .collect();
        assert_eq!(
            said,
            [
                (true, "allowed", ""),
                (
                    false,
                    "implicitDeny",
                    "User: arn:aws:iam::123456789012:user/team/alice is not authorized to perform: s3:PutObject on \
                     resource: \"arn:aws:s3:::photos/a.jpg\" because no identity-based policy allows the s3:PutObject \
                     action"
                ),
                (
                    false,
                    "explicitDeny",
                    "User: arn:aws:iam::123456789012:user/team/alice is not authorized to perform: s3:GetObject on \
                     resource: \"arn:aws:s3:::photos/secret/a.jpg\" with an explicit deny in an identity-based policy"
                ),
            ]
        );
    });
}

#[test]
fn conditions_see_what_the_service_says_of_the_request() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        let caller = sent(client, &bench.world, &get("photos").by(&alice())).await.expect("alice");
        for (prefix, expect) in [("public/x", true), ("private/x", false)] {
            let context: Context = [("s3:prefix".to_owned(), vec![prefix.to_owned()])].into();
            let checks = [Check::new("s3:ListBucket", "arn:aws:s3:::photos")];
            let asked = Asked { checks: &checks, context: Some(&context), ..Asked::default() };
            let verdicts = client.authorize(&caller, asked).await.expect("verdicts");
            assert_eq!(
                verdicts.iter().map(local_sts::client::Verdict::is_allowed).collect::<Vec<_>>(),
                [expect],
                "{prefix}"
            );
        }
    });
}

#[test]
fn more_checks_than_one_question_holds_are_all_answered_in_order() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        let caller = sent(client, &bench.world, &get("photos").by(&alice())).await.expect("alice");
        let resource = |at: usize| if at.is_multiple_of(3) { "photos" } else { "elsewhere" };
        let checks: Vec<Check> =
            (0..2500).map(|at| Check::new("s3:GetObject", format!("arn:aws:s3:::{}/{at}", resource(at)))).collect();
        let verdicts =
            client.authorize(&caller, Asked { checks: &checks, ..Asked::default() }).await.expect("verdicts");
        let found: Vec<bool> = verdicts.iter().map(local_sts::client::Verdict::is_allowed).collect();
        assert_eq!(found, (0..2500).map(|at| at % 3 == 0).collect::<Vec<_>>());
        assert!(bench.asked("/v1/authorize") > 2);
    });
}

#[test]
fn one_question_tells_who_and_whether_they_may() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        for (call, expect) in [
            (get("photos/a.jpg").by(&alice()), Ok("arn:aws:iam::123456789012:user/team/alice")),
            (get("photos/secret/a.jpg").by(&alice()), Err("ACCESS_DENIED")),
            (get("photos/a.jpg").by(&alice().with_secret("other")), Err("SIGNATURE_MISMATCH")),
            (get("photos/a.jpg"), Err("MISSING_CREDENTIALS")),
        ] {
            let signed = call.clone().signed(bench.world.machine_now());
            let found =
                with_received(&signed, async |request| client.check(request, Some("s3-path"), Asked::default()).await)
                    .await;
            let found = match &found {
                Ok((identity, _)) => Ok(identity.arn.as_str()),
                Err(Refusal::Refused(refused)) => Err(refused.reason.as_str()),
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(found, expect, "{call:?}");
        }
    });
}

// --- Changes ---------------------------------------------------------------------------------------------------------

#[test]
fn a_key_that_is_switched_off_stops_at_once() {
    let bench = Bench::trusted();
    let call = get("photos/a.jpg").by(&alice());
    bench.run(async |client| {
        acquaint(client, &bench.world, &call).await;
        let id = local_sts::shape::Shape::parse("AKIAALICE").expect("an id");
        let switch_off =
            || bench.world.change(|draft| Ok(draft.identities.set_access_key_active(&mut draft.batch, &id, false)?));
        thread::scope(|scope| scope.spawn(switch_off).join()).expect("a change");
        bench.validator.tell();
        // As soon as the client has heard it, or at the next answer, whichever comes first.
        until(async || {
            let caller = sent(client, &bench.world, &call).await;
            caller.is_err_and(|refusal| reason(&refusal) == "INACTIVE_ACCESS_KEY")
        })
        .await;
    });
}

#[test]
fn a_verdict_is_of_now_even_if_a_change_was_not_heard_of_yet() {
    let bench = Bench::trusted();
    let keys = session_of(&bench.world, "app/reader");
    bench.run(async |client| {
        live(client).await;
        let caller = sent(client, &bench.world, &get("photos/a.jpg").by(&keys)).await.expect("the session");
        assert_eq!(allowed(client, &caller, &["s3:GetObject arn:aws:s3:::photos/a.jpg"], None).await, [true]);
        bench.world.wait(901);
        let checks = [Check::new("s3:GetObject", "arn:aws:s3:::photos/a.jpg")];
        let refusal = client.authorize(&caller, Asked { checks: &checks, ..Asked::default() }).await.expect_err("over");
        assert_eq!(reason(&refusal), "EXPIRED_CREDENTIAL");
    });
}

#[test]
fn an_answer_of_a_new_epoch_drops_what_an_old_one_told() {
    let bench = Bench::trusted();
    let call = get("photos/a.jpg").by(&alice());
    bench.run(async |client| {
        acquaint(client, &bench.world, &call).await;
        bench.world.steer_ahead(10);
        // Nobody tells the stream; but another answer shows that something changed.
        sent(client, &bench.world, &get("photos/b.jpg").by(&bench::zoe())).await.expect("zoe");
        let caller = sent(client, &bench.world, &call).await.expect("alice");
        assert_eq!(caller.signer().map(local_sts::client::Signer::was_verified_locally), Some(false));
    });
}

#[test]
fn without_the_stream_every_signature_is_asked_about() {
    let bench = Bench::trusted();
    let call = get("photos/a.jpg").by(&alice());
    bench.run(async |client| {
        acquaint(client, &bench.world, &call).await;
        bench.validator.set("/v1/events", Mood::Closing);
        bench.validator.hang_up();
        until(async || !client.verifies_locally()).await;
        for _ in 0..2 {
            let caller = sent(client, &bench.world, &call).await.expect("alice");
            assert_eq!(caller.signer().map(local_sts::client::Signer::was_verified_locally), Some(false));
        }
        bench.validator.set("/v1/events", Mood::Well);
        live(client).await;
        let locally = async || {
            let caller = sent(client, &bench.world, &call).await.expect("alice");
            caller.signer().is_some_and(local_sts::client::Signer::was_verified_locally)
        };
        until(locally).await;
    });
}

#[test]
fn nonsense_in_the_stream_counts_as_no_stream() {
    for nonsense in ["data: {\"epoch\":\"x\"}\n\n", "data: hello\n\n", "data: {\"type\":\"key.deleted\"}\n\n"] {
        let bench = Bench::trusted();
        bench.run(async |client| {
            live(client).await;
            bench.validator.set("/v1/events", Mood::Closing);
            bench.validator.whisper(nonsense);
            until(async || !client.verifies_locally()).await;
        });
    }
}

#[test]
fn without_a_token_nothing_is_verified_here_and_signed_chunks_are_refused() {
    let bench = Bench::new(None);
    bench.run(async |client| {
        for _ in 0..3 {
            let caller = sent(client, &bench.world, &get("photos/a.jpg").by(&alice())).await.expect("alice");
            assert_eq!(caller.signer().map(local_sts::client::Signer::was_verified_locally), Some(false));
        }
        assert!(!client.verifies_locally());
        assert_eq!((bench.asked("/v1/events"), bench.asked("/v1/signing-keys")), (0, 0));
        let refusal = sent(client, &bench.world, &chunked(SIGNED).by(&alice())).await.expect_err("no key");
        assert_eq!(refusal, Refusal::Unavailable(Unavailable::NoSigningKey));
    });
}

#[test]
fn requests_of_browsers_and_with_demo_keys_are_always_asked_about() {
    let bench = Bench::trusted();
    let demo = Keys::new("test", "test");
    bench.run(async |client| {
        live(client).await;
        let asked = |call: &Call, times: usize| {
            let before = bench.asked("/v1/authenticate");
            let call = call.clone();
            let bench = &bench;
            async move {
                for _ in 0..3 {
                    let _ = sent(client, &bench.world, &call).await;
                }
                assert_eq!(bench.asked("/v1/authenticate") - before, times, "{call:?}");
            }
        };
        let at_home = get("photos/a.jpg").header("host", "127.0.0.1:9000").by(&demo);
        sent(client, &bench.world, &at_home).await.expect("the demo key, by a name of this machine");
        asked(&at_home, 3).await;
        let away = get("photos/a.jpg").header("host", "evil.example:9000").by(&demo);
        assert_eq!(reason(&sent(client, &bench.world, &away).await.expect_err("a page")), "WELL_KNOWN_KEY");
        asked(&get("photos/a.jpg").header("origin", "https://evil.example").by(&alice()), 3).await;
        asked(&get("photos/a.jpg").header("sec-fetch-site", "cross-site").by(&alice()), 3).await;
        asked(&get("photos/a.jpg").by(&alice()), 1).await;
    });
}

// --- Bodies ----------------------------------------------------------------------------------------------------------

const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

fn chunked(mode: &str) -> Call {
    put("home/alice/x").payload(mode).header("x-amz-decoded-content-length", "5")
}

#[test]
fn the_body_of_a_signed_upload_is_proven_by_the_key_of_its_request() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        live(client).await;
        // Asked about the first time, verified here the second time: the chain is the same.
        for _ in 0..2 {
            let caller = sent(client, &bench.world, &chunked(SIGNED).by(&alice())).await.expect("alice");
            let forged = format!("5;chunk-signature={}\r\nhello\r\n", "0".repeat(64));
            assert_eq!(pushed(caller.body().expect("a body"), forged.as_bytes()), Err(PayloadFault::ChunkMismatch));
        }
        let caller = sent(client, &bench.world, &put("home/alice/x").payload(EMPTY).by(&alice())).await.expect("alice");
        assert!(matches!(pushed(caller.body().expect("a body"), b"x"), Err(PayloadFault::HashMismatch { .. })));
        assert_eq!(pushed(caller.body().expect("a body"), b""), Ok(vec![]));
        let caller = sent(client, &bench.world, &put("home/alice/x").payload("UNSIGNED-PAYLOAD").by(&alice())).await;
        assert_eq!(pushed(caller.expect("alice").body().expect("a body"), b"x"), Ok(vec![Standing::Unsigned]));
    });
}

#[test]
fn what_cannot_be_said_of_a_body_is_told_when_it_is_to_be_read() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        let call = put("home/alice/x").payload("STREAMING-UNSIGNED-PAYLOAD-TRAILER").by(&alice());
        let caller = sent(client, &bench.world, &call).await.expect("alice");
        assert_eq!(caller.body().err(), Some(PayloadFault::LengthNotGiven));
        let nobody = sent(client, &bench.world, &chunked(SIGNED)).await.expect("nobody");
        assert_eq!(nobody.body().err(), Some(PayloadFault::NoSignature));
    });
}

fn pushed(mut body: Body, bytes: &[u8]) -> Result<Vec<Standing>, PayloadFault> {
    let mut standings = Vec::new();
    body.push(bytes, &mut |piece| standings.push(piece.standing))?;
    body.finish().map(|_| standings)
}

// --- Faults ----------------------------------------------------------------------------------------------------------

/// What a validator in this mood answers lets nobody through, and the reason is told.
#[track_caller]
fn check_fault(mood: &Mood, expect: impl Fn(&Unavailable) -> bool) {
    let patience = if matches!(mood, Mood::Hanging) { Duration::from_secs(2) } else { PATIENCE };
    let bench = Bench { patience, ..Bench::trusted() };
    bench.run(async |client| {
        let caller = sent(client, &bench.world, &get("photos/a.jpg").by(&alice())).await.expect("alice");
        for path in ["/v1/authenticate", "/v1/authorize", "/v1/check"] {
            bench.validator.set(path, mood.clone());
        }
        let checks = [Check::new("s3:GetObject", "arn:aws:s3:::photos/a.jpg")];
        let asked = Asked { checks: &checks, ..Asked::default() };
        // Another day is another key, so that it must be asked about.
        let other = get("photos/a.jpg").by(&bench::zoe()).signed(bench.world.machine_now());
        let who = with_received(&other, async |request| client.authenticate(request).await).await.map(|_| ());
        let may = client.authorize(&caller, asked).await.map(|_| ());
        let both = with_received(&other, async |request| client.check(request, Some("s3-path"), asked).await).await;
        for (what, found) in [("authenticate", who), ("authorize", may), ("check", both.map(|_| ()))] {
            match found {
                Err(Refusal::Unavailable(why)) if expect(&why) => {}
                other => panic!("{what} by {mood:?}: {other:?}"),
            }
        }
        // It recovers by itself.
        for path in ["/v1/authenticate", "/v1/authorize", "/v1/check"] {
            bench.validator.set(path, Mood::Well);
        }
        assert_eq!(allowed(client, &caller, &["s3:GetObject arn:aws:s3:::photos/a.jpg"], None).await, [true]);
        sent(client, &bench.world, &get("photos/a.jpg").by(&bench::zoe())).await.expect("zoe");
    });
}

fn raw(status: &str, headers: &str, body: &str) -> Mood {
    let length = body.len();
    Mood::Saying(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes())
}

const PROPER: &str = "validator-protocol: 1\r\nvalidator-epoch: 1\r\ncontent-type: application/json\r\n";

#[test]
fn nobody_passes_while_the_validator_is_silent_or_gone() {
    let unreachable = |why: &Unavailable| matches!(why, Unavailable::Unreachable { .. }) && why.is_passing();
    check_fault(&Mood::Hanging, |why| *why == Unavailable::TooSlow && why.is_passing());
    check_fault(&Mood::Closing, unreachable);
    check_fault(&Mood::Saying(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()), unreachable);
    let half = format!("HTTP/1.1 200 OK\r\n{PROPER}content-length: 100\r\n\r\n{{\"authenticated\":true");
    check_fault(&Mood::Saying(half.into_bytes()), unreachable);
}

#[test]
fn nobody_passes_by_what_no_validator_would_say() {
    let nonsense = |why: &Unavailable| matches!(why, Unavailable::Nonsense { .. });
    check_fault(&Mood::Saying(b"hello\r\n\r\n".to_vec()), nonsense);
    check_fault(&raw("200 OK", "", "{\"authenticated\":true,\"allow\":true}"), nonsense);
    check_fault(&raw("200 OK", "validator-protocol: 1\r\nvalidator-epoch: 1\r\n", "{}"), nonsense);
    check_fault(&raw("200 OK", &PROPER.replace("validator-epoch: 1", "validator-epoch: x"), "{}"), nonsense);
    check_fault(&raw("502 Bad Gateway", "content-type: text/html\r\n", "<html>"), nonsense);
    for body in [
        "",
        "null",
        "[]",
        "true",
        "{}",
        "<html>",
        "{\"authenticated\":\"true\"}",
        "{\"authenticated\":true}",
        "{\"authenticated\":true,\"allow\":true,\"active\":true}",
        "{\"authenticated\":true,\"reason\":\"X\",\"allow\":true,\"active\":true,\"results\":[]}",
        "{\"active\":true,\"results\":[]}",
        "{\"active\":true,\"results\":[{\"decision\":\"allow\"},{\"decision\":\"allow\"}]}",
        "{\"active\":false,\"results\":[{\"decision\":\"allow\"}]}",
        "{\"active\":true,\"results\":[{}]}",
    ] {
        check_fault(&raw("200 OK", PROPER, body), nonsense);
    }
    let other = "{\"authenticated\":true,\"allow\":true,\"active\":true,\"results\":[],\"identity\":{\"type\":\"user\",\"accountId\":\"1\",\
                 \"arn\":\"a\",\"principalArn\":\"a\",\"userId\":\"u\",\"canonicalId\":\"c\"}}";
    check_fault(&raw("200 OK", PROPER, other), nonsense);
}

#[test]
fn a_decision_that_is_not_just_allow_is_a_no() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        let caller = sent(client, &bench.world, &get("photos/a.jpg").by(&alice())).await.expect("alice");
        for decision in ["deny", "Allow", "allow ", "allowed", "yes", "no_match", "future-word", ""] {
            let body = format!("{{\"active\":true,\"results\":[{{\"decision\":\"{decision}\"}}]}}");
            bench.validator.set("/v1/authorize", raw("200 OK", PROPER, &body));
            assert_eq!(
                allowed(client, &caller, &["s3:GetObject arn:aws:s3:::photos/a.jpg"], None).await,
                [false],
                "{decision}"
            );
        }
    });
}

#[test]
fn an_identity_of_another_key_than_signed_is_not_taken() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        let body = "{\"authenticated\":true,\"identity\":{\"type\":\"user\",\"accountId\":\"1\",\"arn\":\"a\",\"principalArn\":\"a\",\
                    \"userId\":\"u\",\"canonicalId\":\"c\"},\"credential\":{\"accessKeyId\":\"AKIAOTHER\",\"kind\":\"long-term\"}}";
        bench.validator.set("/v1/authenticate", raw("200 OK", PROPER, body));
        let refusal = sent(client, &bench.world, &get("photos/a.jpg").by(&alice())).await.expect_err("another key");
        assert!(matches!(refusal, Refusal::Unavailable(Unavailable::Nonsense { .. })), "{refusal:?}");
    });
}

#[test]
fn an_answer_without_end_is_given_up() {
    let mut endless = format!("HTTP/1.1 200 OK\r\n{PROPER}\r\n{{\"a\":\"").into_bytes();
    endless.resize(10 * 1024 * 1024, b'x');
    check_fault(&Mood::Saying(endless), |why| matches!(why, Unavailable::Nonsense { .. } | Unavailable::TooSlow));
}

#[test]
fn a_validator_that_does_not_take_us_is_no_no_to_the_client() {
    let not_trusted = |why: &Unavailable| matches!(why, Unavailable::NotTrusted { .. }) && !why.is_passing();
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let body = "{\"error\":{\"code\":\"NotAuthenticated\",\"message\":\"show a token\"},\"requestId\":\"r\"}";
        check_fault(&raw(status, PROPER, body), not_trusted);
    }
    let misasked = |why: &Unavailable| matches!(why, Unavailable::Misasked { .. }) && !why.is_passing();
    check_fault(&raw("400 Bad Request", PROPER, "{}"), misasked);
    check_fault(&raw("413 Payload Too Large", PROPER, "{}"), misasked);
    check_fault(&raw("503 Service Unavailable", PROPER, "{}"), |why| *why == Unavailable::Failed { status: 503 });
    let other = |why: &Unavailable| matches!(why, Unavailable::OtherProtocol { .. }) && !why.is_passing();
    check_fault(&raw("200 OK", &PROPER.replace("protocol: 1", "protocol: 2"), "{}"), other);
    check_fault(&raw("409 Conflict", &PROPER.replace("protocol: 1", "protocol: 2"), "{}"), other);
}

#[test]
fn a_wrong_token_lets_nobody_through() {
    let bench = Bench::new(Some("wrong-token-wrong-token"));
    bench.run(async |client| {
        let refusal = sent(client, &bench.world, &get("photos/a.jpg").by(&alice())).await.expect_err("our token");
        assert!(matches!(refusal, Refusal::Unavailable(Unavailable::NotTrusted { .. })), "{refusal:?}");
        assert!(!client.verifies_locally());
    });
}

#[test]
fn nobody_listens_and_then_somebody_does() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let world = bench::world();
    let runtime = runtime();
    runtime.block_on(async {
        let client = client(closed, None, &world, PATIENCE);
        let refusal = sent(&client, &world, &get("photos/a.jpg").by(&alice())).await.expect_err("nobody there");
        assert!(matches!(refusal, Refusal::Unavailable(Unavailable::Unreachable { .. })), "{refusal:?}");
        assert_eq!(client.ready(Duration::from_millis(1)).await, Err(Unavailable::TooSlow));
    });
    let bench = Bench::trusted();
    bench.run(async |client| assert_eq!(client.ready(PATIENCE).await, Ok(())));
}

#[test]
fn a_connection_that_was_closed_between_two_questions_is_not_missed() {
    let bench = Bench::trusted();
    bench.run(async |client| {
        for _ in 0..3 {
            sent(client, &bench.world, &get("photos/a.jpg").by(&Keys::new("AKIANOBODY", "x")))
                .await
                .expect_err("nobody");
            bench.validator.hang_up();
        }
    });
}

// --- The bench -------------------------------------------------------------------------------------------------------

fn get(path: &str) -> Call {
    s3("GET", &format!("/{path}")).payload(EMPTY)
}

fn put(path: &str) -> Call {
    s3("PUT", &format!("/{path}"))
}

fn reason(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::Refused(refused) => &refused.reason,
        Refusal::Unavailable(why) => panic!("{why:?}"),
    }
}

/// Hands the call over as a service would that received it.
async fn with_received<T>(call: &Call, run: impl AsyncFnOnce(&Received<'_>) -> T) -> T {
    let headers: Vec<(&str, &[u8])> =
        call.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let target = if call.query.is_empty() { call.path.clone() } else { format!("{}?{}", call.path, call.query) };
    let request = Received { method: &call.method, target: &target, headers: &headers, source_ip: None, tls: false };
    run(&request).await
}

async fn sent(client: &Client, world: &TestWorld, call: &Call) -> Result<Caller, Refusal> {
    let signed = call.clone().signed(world.machine_now());
    with_received(&signed, async |request| client.authenticate(request).await).await
}

/// Whether each of these, `action resource`, is allowed.
async fn allowed(client: &Client, caller: &Caller, checks: &[&str], policy: Option<&str>) -> Vec<bool> {
    let check = |text: &&str| text.split_once(' ').map(|(action, resource)| Check::new(action, resource)).unwrap();
    let checks: Vec<Check> = checks.iter().map(check).collect();
    let policy = policy.map(|text| RawValue::from_string(text.to_owned()).unwrap());
    let known = ResourcePolicy { owner_account_id: "123456789012".to_owned(), policy };
    let policies = [("arn:aws:s3:::photos".to_owned(), known)].into();
    let asked = Asked { checks: &checks, resource_policies: Some(&policies), ..Asked::default() };
    let verdicts = client.authorize(caller, asked).await.expect("verdicts");
    verdicts.iter().map(local_sts::client::Verdict::is_allowed).collect()
}

async fn live(client: &Client) {
    until(async || client.verifies_locally()).await;
}

/// Has a client that listens to changes know the key of this call.
async fn acquaint(client: &Client, world: &TestWorld, call: &Call) {
    live(client).await;
    for _ in 0..2 {
        sent(client, world, call).await.expect("the signer");
    }
}

/// Waits for what another thread brings about.
async fn until(done: impl AsyncFn() -> bool) {
    for _ in 0..5000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came to be");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

const TOKEN: &str = "right-token-right-token";

/// A validator in this process behind a socket, and a client of it.
struct Bench {
    world: Arc<TestWorld>,
    validator: Arc<Fake>,
    token: Option<&'static str>,
    patience: Duration,
}

/// However busy the machine is.
const PATIENCE: Duration = Duration::from_secs(30);

/// The world's clock.
struct Worlds(Arc<ManualClock>);

impl Clock for Worlds {
    fn moment(&self) -> Moment {
        self.0.moment()
    }
}

fn client(place: SocketAddr, token: Option<&str>, world: &TestWorld, patience: Duration) -> Client {
    let endpoint: Endpoint = format!("http://{place}").parse().unwrap();
    let settings = Settings {
        token: token.map(|token| Secret::new(token.to_owned())),
        connect_timeout: patience,
        answer_timeout: patience,
        ..Settings::for_service("s3", endpoint)
    };
    Client::start_by(settings, Box::new(Worlds(world.machine())))
}

impl Bench {
    fn trusted() -> Self {
        Self::new(Some(TOKEN))
    }

    fn new(token: Option<&'static str>) -> Self {
        let world = Arc::new(bench::world());
        let validator = Fake::start(Arc::clone(&world));
        Self { world, validator, token, patience: PATIENCE }
    }

    fn run(&self, test: impl AsyncFnOnce(&Client)) {
        runtime().block_on(async {
            let client = client(self.validator.place, self.token, &self.world, self.patience);
            test(&client).await;
        });
    }

    /// How often this was asked.
    fn asked(&self, path: &str) -> usize {
        self.validator.asked.lock().unwrap().get(path).copied().unwrap_or_default()
    }
}

/// How the fake answers.
#[derive(Clone, Debug)]
enum Mood {
    /// As a validator.
    Well,
    /// Never.
    Hanging,
    /// By closing.
    Closing,
    /// With these bytes, and by closing.
    Saying(Vec<u8>),
}

/// A validator behind a socket, which can be spoiled.
struct Fake {
    place: SocketAddr,
    world: Arc<TestWorld>,
    moods: Mutex<HashMap<String, Mood>>,
    asked: Mutex<HashMap<String, usize>>,
    open: Mutex<Vec<TcpStream>>,
    streams: Mutex<Vec<(TcpStream, u64)>>,
}

impl Fake {
    fn start(world: Arc<TestWorld>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let fake = Arc::new(Self {
            place: listener.local_addr().unwrap(),
            world,
            moods: Mutex::default(),
            asked: Mutex::default(),
            open: Mutex::default(),
            streams: Mutex::default(),
        });
        let accepting = Arc::downgrade(&fake);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), Some(fake)) = (stream, accepting.upgrade()) else { return };
                fake.open.lock().unwrap().push(stream.try_clone().unwrap());
                thread::spawn(move || fake.serve(stream));
            }
        });
        fake
    }

    fn set(&self, path: &str, mood: Mood) {
        self.moods.lock().unwrap().insert(path.to_owned(), mood);
    }

    /// Closes every connection.
    fn hang_up(&self) {
        self.streams.lock().unwrap().clear();
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }

    /// Tells the streams what changed.
    fn tell(&self) {
        for (stream, told) in self.streams.lock().unwrap().iter_mut() {
            let changes = self.world.service.world().news().after(*told);
            *told = changes.last().map_or(*told, |change| change.epoch);
            let _ = stream.write_all(frames(&changes).as_bytes());
        }
    }

    /// Says this on the streams.
    fn whisper(&self, text: &str) {
        for (stream, _) in self.streams.lock().unwrap().iter_mut() {
            let _ = stream.write_all(text.as_bytes());
        }
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(heard) = Heard::read(&mut reader) {
            *self.asked.lock().unwrap().entry(heard.path.clone()).or_default() += 1;
            let mood = self.moods.lock().unwrap().get(&heard.path).cloned().unwrap_or(Mood::Well);
            match mood {
                Mood::Well => {}
                Mood::Hanging => continue,
                Mood::Closing => return drop(stream.shutdown(std::net::Shutdown::Both)),
                Mood::Saying(bytes) => {
                    let _ = stream.write_all(&bytes);
                    return drop(stream.shutdown(std::net::Shutdown::Both));
                }
            }
            let reply = self.reply(&heard);
            let is_stream = reply.content_type.starts_with("text/event-stream") && reply.status == 200;
            let length = if is_stream { String::new() } else { format!("content-length: {}\r\n", reply.body.len()) };
            let head = format!(
                "HTTP/1.1 {} X\r\ncontent-type: {}\r\nvalidator-protocol: 1\r\nvalidator-epoch: {}\r\n{length}\r\n",
                reply.status, reply.content_type, reply.epoch
            );
            if is_stream {
                let _ = stream.write_all(format!("{head}{GREETING}").as_bytes());
                let after = heard.query.trim_start_matches("after=").parse().unwrap();
                self.streams.lock().unwrap().push((stream, after));
                return self.tell();
            }
            if stream.write_all(&[head.as_bytes(), &reply.body].concat()).is_err() {
                return;
            }
        }
    }

    fn reply(&self, heard: &Heard) -> Reply {
        let querier = match heard.token.as_deref() {
            None => Querier::on_this_machine(),
            Some(TOKEN) => Querier::of_this_user(),
            Some(_) => return turned_away(self.world.service.world(), &heard.path, 401, "show a token"),
        };
        let headers = [("host", &b"127.0.0.1"[..])];
        let raw = RawRequest {
            method: &heard.method,
            path: &heard.path,
            query: &heard.query,
            headers: &headers,
            body: &heard.body,
            peer: None,
            secure: false,
        };
        bench::answered(&self.world, local_sts::validator::Settings::default(), &querier, &raw)
    }
}

/// A question as it came over the wire.
struct Heard {
    method: String,
    path: String,
    query: String,
    token: Option<String>,
    body: Vec<u8>,
}

impl Heard {
    fn read(reader: &mut impl BufRead) -> Option<Self> {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let mut words = line.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let (mut token, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match name {
                "authorization" => token = value.strip_prefix("Bearer ").map(str::to_owned),
                "content-length" => length = value.parse().unwrap(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        Some(Self { method, path: path.to_owned(), query: query.to_owned(), token, body })
    }
}
