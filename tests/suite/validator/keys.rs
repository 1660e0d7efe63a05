//! Signing keys, secrets, introspection and names: who gets what, and what is never given.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use local_sts::secret::SecretAccessKey;
use local_sts::sigv4::SigningKey;
use local_sts::time::Timestamp;
use local_sts::validator::{Querier, Scope, Scopes, Settings};
use local_sts::wire::RawRequest;
use serde_json::{Value, json};

use super::{ACCOUNT, alice, answered, ask, ask_as, check_has, session_of, world};
use crate::support::{Call, Keys, NOW, TestWorld, now};

// --- Signing keys ------------------------------------------------------------------------------------------------------

fn key_of(keys: &Keys) -> Value {
    json!({"accessKeyId": keys.id, "sessionToken": keys.token, "date": "20260115", "region": "us-east-1", "service": "s3"})
}

#[track_caller]
fn vend(world: &TestWorld, body: &Value) -> Value {
    let (status, answer) = ask_as(world, &Querier::of_this_user(), "/v1/signing-keys", body);
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn a_signing_key_is_the_one_that_the_secret_gives() {
    let world = world();
    let session = session_of(&world, "app/reader");
    for (keys, not_after) in [(alice(), "2026-01-23T00:00:00Z"), (session, "2026-01-15T12:15:00Z")] {
        let answer = vend(&world, &key_of(&keys));
        let derived = SigningKey::derive(&SecretAccessKey::new(keys.secret.clone()), "20260115", "us-east-1", "s3");
        let expect = json!({
            "active": true,
            "signingKey": { "algorithm": "AWS4-HMAC-SHA256", "key": STANDARD.encode(derived.expose()), "notAfter": not_after },
            "identity": { "accountId": ACCOUNT },
            "credential": { "accessKeyId": keys.id, "wellKnown": false },
            "cache": { "maxAgeSeconds": 0 },
        });
        check_has("", &answer, &expect);
        assert!(!answer.to_string().contains(&keys.secret));
    }
    assert_eq!(vend(&world, &key_of(&Keys::new("test", "")))["credential"]["wellKnown"], true);
}

#[test]
fn a_signing_key_needs_the_credential_and_a_token_for_the_service() {
    let world = world();
    let session = session_of(&world, "app/reader");
    for (keys, reason) in [
        (session.with_token(None), "SESSION_TOKEN_MISSING"),
        (session.with_token(session_of(&world, "bounded").token.as_deref()), "SESSION_TOKEN_MISMATCH"),
        (alice().with_token(session.token.as_deref()), "SESSION_TOKEN_UNEXPECTED"),
        (Keys::new("AKIANOBODY", ""), "UNKNOWN_ACCESS_KEY"),
        (Keys::new("AKIASLEEPING", ""), "INACTIVE_ACCESS_KEY"),
    ] {
        let answer = vend(&world, &key_of(&keys));
        check_has("", &answer, &json!({"active": false, "reason": reason, "signingKey": null}));
        assert!(answer["awsError"]["code"].is_string());
    }
    let body = key_of(&session);
    for querier in [
        Querier::on_this_machine(),
        Querier::with(Scopes::validator()),
        Querier::with(Scopes::all().but(Scope::SigningKey)),
    ] {
        assert_eq!(ask_as(&world, &querier, "/v1/signing-keys", &body).0, 403, "{querier:?}");
    }
    for service in ["execute-api", "sts", "iam"] {
        let querier =
            Querier { services: vec!["s3".to_owned(), "sts".to_owned(), "iam".to_owned()], ..Querier::of_this_user() };
        let mut body = body.clone();
        body["service"] = json!(service);
        assert_eq!(ask_as(&world, &querier, "/v1/signing-keys", &body).0, 403, "{service}");
    }
    world.wait(900);
    assert_eq!(vend(&world, &body)["reason"], "EXPIRED_CREDENTIAL");
}

/// B-194.
#[test]
fn a_signing_key_is_for_a_day_whose_requests_can_still_be_good() {
    let world = world();
    let on = |date: &str| {
        let mut body = key_of(&alice());
        body["date"] = json!(date);
        ask_as(&world, &Querier::of_this_user(), "/v1/signing-keys", &body)
    };
    let check = |good: &[&str], bad: &[&str]| {
        for date in good {
            assert_eq!(on(date).1["active"], true, "{date}");
        }
        for date in bad {
            check_has(date, &on(date).1, &json!({"active": false, "reason": "CLOCK_SKEW"}));
        }
    };
    check(&["20260115", "20260108"], &["20260116", "20260107", "20270115"]);
    // Whose clock is fifteen minutes fast signs with the next day's key.
    world.wait(12 * 3600 - 901);
    check(&["20260115", "20260108"], &["20260116"]);
    world.wait(1);
    check(&["20260115", "20260116", "20260108"], &["20260117"]);
    // A request of the last second of a day that is good for a week.
    world.wait(899);
    check(&["20260108"], &["20260107"]);
    world.wait(1);
    check(&["20260116", "20260109"], &["20260108"]);
    for date in ["2026-01-15", "20261315", "", "20260115T120000Z"] {
        assert_eq!(on(date).0, 400, "{date}");
    }
}

// --- Secrets -----------------------------------------------------------------------------------------------------------

#[test]
fn a_secret_needs_a_flag_and_a_scope_of_its_own() {
    let world = world();
    let body = json!({"accessKeyId": "AKIAALICE"}).to_string();
    let ask_it = |querier: &Querier, unsafe_secrets: bool, body: &str| {
        let (settings, headers) = (Settings { unsafe_secrets, ..Settings::default() }, []);
        let (method, path, query) = ("POST", "/v1/secrets/lookup", "");
        let raw =
            RawRequest { method, path, query, headers: &headers, body: body.as_bytes(), peer: None, secure: false };
        let reply = answered(&world, settings, querier, &raw);
        (reply.status, serde_json::from_slice::<Value>(&reply.body).unwrap())
    };
    let entitled = Querier::with(Scopes::of(&[Scope::Secret]));
    for (querier, flag) in [
        (&entitled, false),
        (&Querier::of_this_user(), true),
        (&Querier::on_this_machine(), true),
        (&Querier::with(Scopes::all().but(Scope::Secret)), true),
    ] {
        assert_eq!(ask_it(querier, flag, &body).0, 403, "{querier:?} {flag}");
    }
    let (status, answer) = ask_it(&entitled, true, &body);
    assert_eq!((status, &answer["secretAccessKey"]), (200, &json!("alice-secret")));
    let session = session_of(&world, "app/reader");
    let with_token = json!({"accessKeyId": session.id, "sessionToken": session.token}).to_string();
    let (_, answer) = ask_it(&entitled, true, &with_token);
    check_has("", &answer, &json!({"secretAccessKey": session.secret, "expiresAt": "2026-01-15T12:15:00Z"}));
    let (_, answer) = ask_it(&entitled, true, &json!({"accessKeyId": session.id}).to_string());
    check_has("", &answer, &json!({"found": false, "reason": "SESSION_TOKEN_MISSING", "secretAccessKey": null}));
}

// --- Introspection -----------------------------------------------------------------------------------------------------

#[track_caller]
fn introspect(world: &TestWorld, body: Value) -> Value {
    let (status, answer) = ask(world, "/v1/introspect", &body);
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn credentials_are_active_or_not() {
    let world = world();
    let keys = session_of(&world, "app/reader");
    let key = |id: &str, token: Option<&str>| {
        introspect(&world, json!({"token": id, "tokenTypeHint": "access_key", "sessionToken": token}))
    };
    let token = |id: &str, token: &str| {
        introspect(&world, json!({"token": token, "tokenTypeHint": "session_token", "accessKeyId": id}))
    };
    let user = json!({
        "active": true,
        "token_type": "access_key",
        "sub": "arn:aws:iam::123456789012:user/team/alice",
        "client_id": "AKIAALICE",
        "accountId": ACCOUNT,
        "jti": null,
        "exp": null,
    });
    check_has("", &key("AKIAALICE", None), &user);
    let session = json!({
        "active": true,
        "token_type": "session",
        "sub": "arn:aws:sts::123456789012:assumed-role/reader/ci",
        "principalArn": "arn:aws:iam::123456789012:role/app/reader",
        "iat": NOW,
        "exp": NOW + 900,
        "client_id": keys.id,
    });
    check_has("", &key(&keys.id, keys.token.as_deref()), &session);
    check_has("", &token(&keys.id, keys.token.as_deref().unwrap()), &session);
    let answer = key("AKIASLEEPING", None);
    let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(members, ["active", "cache", "reason", "requestId"], "a no tells nothing but why");
    for (answer, reason) in [
        (answer, "INACTIVE_ACCESS_KEY"),
        (key("AKIANOBODY", None), "UNKNOWN_ACCESS_KEY"),
        (key(&keys.id, None), "SESSION_TOKEN_MISSING"),
        (key("AKIAALICE", keys.token.as_deref()), "SESSION_TOKEN_UNEXPECTED"),
        (token("ASIAOTHER", keys.token.as_deref().unwrap()), "SESSION_TOKEN_MISMATCH"),
        (token(&keys.id, "x"), "SESSION_TOKEN_MISMATCH"),
    ] {
        check_has("", &answer, &json!({"active": false, "reason": reason, "sub": null}));
    }
    world.wait(900);
    assert_eq!(key(&keys.id, keys.token.as_deref())["reason"], "EXPIRED_CREDENTIAL");
    let plain = Querier::with(Scopes::of(&[Scope::Introspect]));
    let (_, answer) =
        ask_as(&world, &plain, "/v1/introspect", &json!({"token": "AKIANOBODY", "tokenTypeHint": "access_key"}));
    assert_eq!(
        (&answer["active"], &answer["reason"]),
        (&json!(false), &json!(null)),
        "reasons are for those who may know"
    );
}

const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// A presigned GetCallerIdentity as an address.
fn address(keys: &Keys, host: &str, headers: &[(&str, &str)], query: &str, at: Timestamp) -> String {
    let call = Call::get(query).header("host", host);
    let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
    format!("https://{host}/?{}", call.presigned(keys, 60, at).query)
}

#[test]
fn a_presigned_get_caller_identity_is_verified_here_and_never_called() {
    let world = world();
    let keys = session_of(&world, "app/reader");
    let of = |token: String, headers: Value| {
        let body = json!({"token": token, "tokenTypeHint": "presigned_get_caller_identity", "headers": headers});
        introspect(&world, body)
    };
    let good = address(&keys, "sts.us-east-1.amazonaws.com", &[], WHO, now());
    let expect = json!({"active": true, "token_type": "presigned_get_caller_identity", "sub": "arn:aws:sts::123456789012:assumed-role/reader/ci", "exp": NOW + 900});
    check_has("", &of(good.clone(), json!([])), &expect);
    let nonce = [("x-vault-aws-iam-server-id", "vault.test")];
    let signed = address(&keys, "127.0.0.1:4592", &nonce, WHO, now());
    check_has("", &of(signed.clone(), json!([["X-Vault-AWS-IAM-Server-ID", "vault.test"]])), &expect);
    for (token, headers, reason) in [
        (signed.clone(), json!([["x-vault-aws-iam-server-id", "other.test"]]), "SIGNATURE_MISMATCH"),
        (signed, json!([]), "SIGNATURE_MISMATCH"),
        (good.clone(), json!([["x-vault-aws-iam-server-id", "vault.test"]]), "UNSIGNED_AMZ_HEADER"),
        (good.replace("sts.us-east-1", "sts.us-east-2"), json!([]), "SIGNATURE_MISMATCH"),
        (good.replace("/?", "/x/?"), json!([]), "MALFORMED"),
        (good.replace("https://", "file://"), json!([]), "MALFORMED"),
        (address(&keys, "sts.test", &[], "Action=AssumeRole&Version=2011-06-15", now()), json!([]), "MALFORMED"),
        (address(&keys, "sts.test", &[], &format!("{WHO}&x=1"), now()), json!([]), "MALFORMED"),
        (address(&keys, "sts.test", &[], &format!("{WHO}&Action=GetCallerIdentity"), now()), json!([]), "MALFORMED"),
        (address(&keys, "sts.test", &[], WHO, now().plus_seconds(-901)), json!([]), "CLOCK_SKEW"),
        (address(&keys.with_token(None), "sts.test", &[], WHO, now()), json!([]), "SESSION_TOKEN_MISSING"),
        (String::new(), json!([]), "MALFORMED"),
    ] {
        let answer = of(token.clone(), headers);
        check_has(&token, &answer, &json!({"active": false, "reason": reason}));
    }
}

#[test]
fn a_cluster_token_is_good_for_its_cluster_for_a_quarter_of_an_hour() {
    let world = world();
    let keys = alice();
    let token = |headers: &[(&str, &str)], at: Timestamp| {
        format!(
            "k8s-aws-v1.{}",
            URL_SAFE_NO_PAD.encode(address(&keys, "sts.eu-west-1.amazonaws.com", headers, WHO, at))
        )
    };
    let good = token(&[("x-k8s-aws-id", "blue")], now());
    let of = |token: &str, cluster: &str| {
        introspect(&world, json!({"token": token, "tokenTypeHint": "k8s_aws_v1", "clusterId": cluster}))
    };
    check_has("", &of(&good, "blue"), &json!({"active": true, "token_type": "k8s_aws_v1", "exp": NOW + 900}));
    for (token, cluster, reason) in [
        (good.clone(), "green", "SIGNATURE_MISMATCH"),
        (token(&[], now()), "blue", "UNSIGNED_AMZ_HEADER"),
        (good.replace("k8s-aws-v1.", "k8s-aws-v2."), "blue", "MALFORMED"),
        (format!("{good}="), "blue", "MALFORMED"),
        (format!("k8s-aws-v1.{}", "A".repeat(5000)), "blue", "MALFORMED"),
    ] {
        check_has(&token, &of(&token, cluster), &json!({"active": false, "reason": reason}));
    }
    world.wait(900);
    assert_eq!(of(&good, "blue")["active"], true);
    world.wait(1);
    assert_eq!(of(&good, "blue")["reason"], "CLOCK_SKEW");
}

#[test]
fn what_belongs_to_another_kind_of_token_is_refused() {
    let world = world();
    for body in [
        json!({"token": "x"}),
        json!({"token": "x", "tokenTypeHint": "refresh_token"}),
        json!({"token": "x", "tokenTypeHint": "session_token"}),
        json!({"token": "x", "tokenTypeHint": "session_token", "accessKeyId": "a", "sessionToken": "y"}),
        json!({"token": "x", "tokenTypeHint": "access_key", "clusterId": "y"}),
        json!({"token": "x", "tokenTypeHint": "k8s_aws_v1"}),
        json!({"token": "x", "tokenTypeHint": "k8s_aws_v1", "clusterId": "y", "headers": [["a", "b"]]}),
        json!({"token": "x", "tokenTypeHint": "access_key", "token_type_hint": "access_key"}),
    ] {
        assert_eq!(ask(&world, "/v1/introspect", &body).0, 400, "{body}");
    }
}

// --- Names -------------------------------------------------------------------------------------------------------------

#[test]
fn names_are_resolved_in_their_order() {
    let world = world();
    let body = json!({
        "accessKeyIds": ["AKIAALICE", "AKIASLEEPING", "AKIANOBODY", "ASIAANYTHING"],
        "arns": [
            "arn:aws:iam::123456789012:user/team/alice",
            "arn:aws:iam::123456789012:user/alice",
            "arn:aws:iam::123456789012:role/app/reader",
            "arn:aws:sts::123456789012:assumed-role/reader/ci",
            "arn:aws:sts::123456789012:federated-user/bo",
            "arn:aws:iam::123456789012:root",
            "123456789012",
            "999999999999",
            "arn:aws:s3:::bucket",
            "nonsense",
        ],
    });
    let (status, answer) = ask(&world, "/v1/identities/resolve", &body);
    assert_eq!(status, 200);
    let told = |list: &str| -> Vec<(bool, Option<String>, Option<String>)> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let entries = answer[list].as_array().unwrap().iter();
        entries.map(|entry| (entry["found"] == true, text(&entry["kind"]), text(&entry["principalArn"]))).collect()
    };
    let row = |found: bool, kind: &str, arn: &str| {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (found, some(kind), some(arn))
    };
    let alice = "arn:aws:iam::123456789012:user/team/alice";
    let reader = "arn:aws:iam::123456789012:role/app/reader";
    let root = "arn:aws:iam::123456789012:root";
    assert_eq!(
        told("accessKeyIds"),
        [row(true, "user", alice), row(true, "user", alice), row(false, "", ""), row(false, "session", "")]
    );
    let expect = [
        row(true, "user", alice),
        row(false, "user", ""),
        row(true, "role", reader),
        row(true, "session", reader),
        row(true, "session", "arn:aws:sts::123456789012:federated-user/bo"),
        row(true, "root", root),
        row(true, "root", root),
        row(false, "root", ""),
        row(false, "", ""),
        row(false, "", ""),
    ];
    assert_eq!(told("arns"), expect);
    assert!(answer["arns"][2]["uniqueId"].as_str().unwrap().starts_with("AROA"));
    // Each is of parts that exist, and no name that AWS gives.
    for arn in [
        "arn:aws:sts::123456789012:assumed-role/reader/",
        "arn:aws:sts::123456789012:assumed-role/reader/c",
        "arn:aws:sts::123456789012:assumed-role/reader/a/b",
        "arn:aws:sts::123456789012:assumed-role/reader/a b",
        "arn:aws:sts::123456789012:assumed-role/app/reader/ci",
        "arn:aws:sts::123456789012:assumed-role/READER/ci",
        "arn:aws:sts:us-east-1:123456789012:assumed-role/reader/ci",
        "arn:aws-cn:sts::123456789012:assumed-role/reader/ci",
        "arn:aws:iam::123456789012:assumed-role/reader/ci",
        "arn:aws:sts::123456789012:federated-user/",
        "arn:aws:sts::123456789012:federated-user/b",
        "arn:aws:sts::123456789012:federated-user/a/b",
        "arn:aws:sts::123456789012:federated-user/bob smith",
        "arn:aws-us-gov:sts::123456789012:federated-user/bo",
        "arn:aws-cn:iam::123456789012:root",
        "arn:aws:iam:us-east-1:123456789012:root",
        "arn:aws:sts::123456789012:root",
    ] {
        let (_, answer) = ask(&world, "/v1/identities/resolve", &json!({"arns": [arn]}));
        check_has(arn, &answer["arns"][0], &json!({"found": false, "principalArn": null, "uniqueId": null}));
        let supposed =
            json!({"subject": {"principalArn": arn}, "checks": [{"action": "s3:GetObject", "resource": "*"}]});
        let (_, answer) = ask_as(&world, &Querier::of_this_user(), "/v1/authorize", &supposed);
        check_has(arn, &answer, &json!({"active": false, "reason": "UNKNOWN_PRINCIPAL"}));
    }
    let many = json!({"arns": vec!["x"; 1001]});
    assert_eq!(ask(&world, "/v1/identities/resolve", &many).0, 413);
}
