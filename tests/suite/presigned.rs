//! Presigned calls: the token of a cluster login, and a signed identity that a third party forwards.

use crate::access::MISMATCH;
use crate::support::{Call, Keys, NOW, TestWorld, alice, check, now, refused};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users: [{ name: alice, accessKeys: [{ id: AKIAALICE, secret: alice-secret }] }]
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

/// As an authenticator of Kubernetes clusters makes it: the cluster's name is a signed header.
fn cluster_token(keys: &Keys) -> Call {
    Call::get("Action=GetCallerIdentity&Version=2011-06-15")
        .header("x-k8s-aws-id", "my-cluster")
        .presigned(keys, 60, now())
        .header("accept", "application/json")
}

#[test]
fn a_cluster_token_says_who_made_it() {
    let world = world();
    let answer = cluster_token(&alice()).send(&world);
    let body: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    let result = &body["GetCallerIdentityResponse"]["GetCallerIdentityResult"];
    assert_eq!(result["Arn"], "arn:aws:iam::123456789012:user/alice", "{}", answer.body());
    assert_eq!(result["Account"], "123456789012");

    let assumed = Call::assume_role("arn:aws:iam::123456789012:role/open", "node").by(&alice()).send(&world);
    let answer = cluster_token(&assumed.keys()).send(&world);
    assert!(answer.body().contains(":assumed-role/open/node"), "{}", answer.body());
}

#[test]
fn a_cluster_token_is_good_for_its_cluster_only() {
    type Spoil = fn(Call) -> Call;
    let spoilt: [(&str, Spoil); 7] = [
        ("another cluster", |call| call.header("x-k8s-aws-id", "other")),
        ("no cluster", |call| call.without_header("x-k8s-aws-id")),
        ("another host", |call| call.header("host", "sts.example.com")),
        ("another method", |call| call.method("POST")),
        ("another action", |call| Call { query: call.query.replace("GetCallerIdentity", "AssumeRole"), ..call }),
        ("a parameter more", |call| Call { query: format!("{}&x=1", call.query), ..call }),
        ("another lifetime", |call| Call { query: call.query.replace("Expires=60", "Expires=600"), ..call }),
    ];
    for (id, spoil) in spoilt {
        let call = spoil(cluster_token(&alice())).header("accept", "*/*");
        check(&world(), id, &call, refused(403, "SignatureDoesNotMatch", MISMATCH));
    }
}

/// Row sts-sig-presigned-15min.
#[test]
fn the_lifetime_in_the_query_changes_nothing() {
    for expires in [0, 60, 900, 604_800] {
        let at = |seconds: i64| {
            let world = world();
            let call = Call::get("Action=GetCallerIdentity&Version=2011-06-15").presigned(&alice(), expires, now());
            world.wait(seconds);
            call.send(&world)
        };
        assert_eq!(at(900).status(), 200, "{expires}");
        let late = at(901);
        let text =
            "Signature expired: 20260115T120000Z is now earlier than 20260115T120001Z (20260115T121501Z - 15 min.)";
        assert_eq!(late.text("Message").as_deref(), Some(text), "{expires}");
    }
}

/// What a secrets manager forwards: a header-signed call, with a header of its own signed as well.
#[test]
fn a_forwarded_identity_holds_with_its_nonce_and_not_without() {
    let signed = |nonce: &str| {
        Call::sts("GetCallerIdentity").header("x-vault-aws-iam-server-id", nonce).by(&alice()).signed(now())
    };
    let answer = signed("vault.example.com").send(&world());
    assert_eq!((answer.status(), answer.header("content-type")), (200, Some("text/xml")));
    let moved = signed("vault.example.com").header("x-vault-aws-iam-server-id", "evil.example.com");
    check(&world(), "another server", &moved, refused(403, "SignatureDoesNotMatch", MISMATCH));
    let stripped = signed("vault.example.com").without_header("x-vault-aws-iam-server-id");
    check(&world(), "no server", &stripped, refused(403, "SignatureDoesNotMatch", MISMATCH));
}

#[test]
fn a_presigned_post_covers_its_form() {
    let post = |body: &str| Call { query: "x=1".to_owned(), ..Call::form(body) }.presigned(&alice(), 60, now());
    let identify = "Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(post(identify).send(&world()).status(), 200);
    let changed = Call { body: format!("{identify}&x=2").into_bytes(), ..post(identify) };
    check(&world(), "another form", &changed, refused(403, "SignatureDoesNotMatch", MISMATCH));
    let in_query = Call { query: identify.to_owned(), ..Call::form("") }.presigned(&alice(), 60, now());
    assert_eq!(in_query.send(&world()).status(), 200);
}

#[test]
fn a_presigned_call_lacks_nothing() {
    let call = || Call::get("Action=GetCallerIdentity&Version=2011-06-15").presigned(&alice(), 60, now());
    for name in ["X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"] {
        let pairs: Vec<String> =
            call().query.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).map(str::to_owned).collect();
        let text =
            format!("AWS query-string parameters must include '{name}'. Re-examine the query-string parameters.");
        let lacking = Call { query: pairs.join("&"), ..call() };
        check(&world(), name, &lacking, refused(400, "IncompleteSignature", &text));
    }
    let twice = call().header("authorization", "AWS4-HMAC-SHA256 x");
    let text = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.";
    check(&world(), "B-023", &twice, refused(403, "SignatureDoesNotMatch", text));
}

/// Row sts-proto-json-expiration, on the operation that is served.
#[test]
fn credentials_in_json_expire_at_a_number() {
    let call = Call::assume_role("arn:aws:iam::123456789012:role/open", "node").header("accept", "application/json");
    let answer = call.by(&alice()).send(&world());
    let body: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    let result = &body["AssumeRoleResponse"]["AssumeRoleResult"];
    assert_eq!(result["Credentials"]["Expiration"], NOW + 3600);
    assert_eq!(result["PackedPolicySize"], 18);
    assert!(answer.body().contains(r#""SourceIdentity":null"#), "B-770: {}", answer.body());
    assert_eq!(body["AssumeRoleResponse"]["ResponseMetadata"]["RequestId"].as_str(), answer.header("x-amzn-requestid"));
}
