//! `/v1/authorize`: decisions by layer, with the reasons and the words of the service that asks.

use local_sts::validator::{Querier, Scope, Scopes};
use serde_json::{Value, json};

use super::{ACCOUNT, alice, ask, ask_as, check_has, session_of, world, zoe};
use crate::support::{Call, Keys, TestWorld};

fn subject(keys: &Keys) -> Value {
    json!({"accessKeyId": keys.id, "sessionToken": keys.token})
}

#[track_caller]
fn authorize(world: &TestWorld, body: &Value) -> Value {
    let (status, answer) = ask(world, "/v1/authorize", body);
    assert_eq!(status, 200, "{answer}");
    answer
}

/// One check of `subject`: its result.
#[track_caller]
fn result(world: &TestWorld, subject: &Value, action: &str, resource: &str, more: Value) -> Value {
    let mut body =
        json!({"subject": subject, "checks": [{"id": "it", "action": action, "resource": resource}], "explain": true});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = authorize(world, &body);
    assert_eq!(answer["results"].as_array().unwrap().len(), 1, "{answer}");
    answer["results"][0].clone()
}

/// What a decision rests on, and the layers in the order identity, session, boundary, resource.
#[track_caller]
fn check(found: &Value, basis: &str, layers: &str) {
    let told =
        ["identity", "session", "boundary", "resource"].map(|layer| found["layers"][layer].as_str().unwrap()).join(" ");
    let decision = if basis == "allowed" { "allow" } else { "deny" };
    assert_eq!(
        (found["decision"].as_str(), found["basis"].as_str(), &*told),
        (Some(decision), Some(basis), layers),
        "{found}"
    );
}

fn message(found: &Value) -> &str {
    found["awsError"]["message"].as_str().unwrap_or_else(|| panic!("{found}"))
}

const PHOTO: &str = "arn:aws:s3:::photos/a.jpg";

#[test]
fn every_layer_speaks_for_itself() {
    let world = world();
    let alice = subject(&alice());
    let none = || json!({});
    check(&result(&world, &alice, "s3:GetObject", PHOTO, none()), "allowed", "allow absent absent absent");
    let found = result(&world, &alice, "s3:GetObject", "arn:aws:s3:::photos/secret/a", none());
    check(&found, "explicitDeny", "deny absent absent absent");
    let found = result(&world, &alice, "s3:PutObject", PHOTO, none());
    check(&found, "implicitDeny", "no_match absent absent absent");
    let bounded = subject(&session_of(&world, "bounded"));
    let found = result(&world, &bounded, "s3:GetObject", PHOTO, none());
    check(&found, "allowed", "allow absent allow absent");
    let found = result(&world, &bounded, "s3:PutObject", PHOTO, none());
    check(&found, "implicitDeny", "allow absent no_match absent");
}

#[test]
fn a_session_policy_narrows_what_the_role_may_do() {
    let world = world();
    let narrowed = |policy: &str| {
        let call = Call::assume_role("arn:aws:iam::123456789012:role/app/reader", "ci").param("Policy", policy);
        subject(&call.by(&alice()).send(&world).keys())
    };
    let one = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::photos/mine/*"}]}"#;
    let subject = narrowed(one);
    let found = result(&world, &subject, "s3:GetObject", "arn:aws:s3:::photos/mine/a", json!({}));
    check(&found, "allowed", "allow allow absent absent");
    let found = result(&world, &subject, "s3:GetObject", PHOTO, json!({}));
    check(&found, "implicitDeny", "allow no_match absent absent");
    let expect = "User: arn:aws:sts::123456789012:assumed-role/reader/ci is not authorized to perform: s3:GetObject on \
                  resource: \"arn:aws:s3:::photos/a.jpg\" because no session policy allows the s3:GetObject action";
    assert_eq!(message(&found), expect);
}

/// B-315, B-316.
#[test]
fn a_bucket_policy_is_weighed_as_its_owner_would_have_it() {
    let world = world();
    let bucket = |owner: &str, effect: &str, principal: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Principal": principal, "Action": "s3:*", "Resource": ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"]},
        ]});
        json!({"resourcePolicies": {"arn:aws:s3:::photos": {"ownerAccountId": owner, "policy": policy}}})
    };
    let allow = |owner: &str, principal: Value| bucket(owner, "Allow", principal);
    let alice_arn = json!({"AWS": "arn:aws:iam::123456789012:user/team/alice"});
    let (alice, zoe) = (subject(&alice()), subject(&zoe()));
    let (nobody, other) = (json!({"anonymous": true}), "210987654321");
    for (subject, action, policies, basis, layers) in [
        // Within one account either side is enough, and a Deny of either ends it.
        (&alice, "s3:PutObject", allow(ACCOUNT, alice_arn.clone()), "allowed", "no_match absent absent allow"),
        (&alice, "s3:GetObject", bucket(ACCOUNT, "Deny", json!("*")), "explicitDeny", "allow absent absent deny"),
        // Across accounts both must allow.
        (&zoe, "s3:GetObject", allow(ACCOUNT, alice_arn.clone()), "implicitDeny", "allow absent absent no_match"),
        (&zoe, "s3:GetObject", allow(ACCOUNT, json!({"AWS": other})), "allowed", "allow absent absent allow"),
        (&alice, "s3:PutObject", allow(other, alice_arn), "implicitDeny", "no_match absent absent allow"),
        // Nobody in particular has the bucket's policy alone.
        (&nobody, "s3:GetObject", allow(ACCOUNT, json!("*")), "allowed", "absent absent absent allow"),
        (
            &nobody,
            "s3:GetObject",
            allow(ACCOUNT, json!({"AWS": ACCOUNT})),
            "implicitDeny",
            "absent absent absent no_match",
        ),
    ] {
        check(&result(&world, subject, action, PHOTO, policies), basis, layers);
    }
    check(&result(&world, &nobody, "s3:GetObject", PHOTO, json!({})), "implicitDeny", "absent absent absent absent");
}

#[test]
fn the_policy_of_a_bucket_holds_for_what_is_in_it_and_no_further() {
    let world = world();
    let allow = |arn: &str| {
        json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": arn}]}).to_string()
    };
    let policies = json!({"resourcePolicies": {"arn:aws:s3:::photos": { "ownerAccountId": ACCOUNT, "policy": allow("arn:aws:s3:::photos*") }}});
    let anonymous = json!({"anonymous": true});
    for (resource, decision) in
        [("arn:aws:s3:::photos", "allow"), (PHOTO, "allow"), ("arn:aws:s3:::photos-of-others/a", "deny")]
    {
        assert_eq!(
            result(&world, &anonymous, "s3:GetObject", resource, policies.clone())["decision"],
            decision,
            "{resource}"
        );
    }
}

/// Of two policies for one resource one would be lost, and it may be the one that denies.
#[test]
fn resources_do_not_lie_within_each_other() {
    let world = world();
    for names in [
        &["arn:aws:s3:::photos", "arn:aws:s3:::photos/deep"][..],
        &["arn:aws:s3:::photos/"],
        &["arn:aws:s3:::photos/*"],
        &["arn:aws:s3:::phot?s"],
    ] {
        let policies: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        let body = json!({
            "subject": {"anonymous": true},
            "checks": [{"action": "s3:GetObject", "resource": PHOTO}],
            "resourcePolicies": policies,
        });
        assert_eq!(ask(&world, "/v1/authorize", &body).0, 400, "{names:?}");
    }
}

/// B-304.
#[test]
fn a_canonical_user_is_the_account_that_authenticate_tells_of() {
    let world = world();
    let call = super::s3("GET", "/").by(&alice());
    let body = json!({"request": super::received(&world, &call), "audience": {"service": "s3"}});
    let canonical = ask(&world, "/v1/authenticate", &body).1["identity"]["canonicalId"].clone();
    let policies = |id: &Value| {
        let statement = json!({"Effect": "Allow", "Principal": {"CanonicalUser": id}, "Action": "s3:*", "Resource": "arn:aws:s3:::photos/*"});
        json!({"resourcePolicies": {"arn:aws:s3:::photos": {"ownerAccountId": "210987654321", "policy": {"Statement": [statement]}}}})
    };
    let (own, other) = (policies(&canonical), policies(&json!("0".repeat(64))));
    assert_eq!(result(&world, &subject(&alice()), "s3:GetObject", PHOTO, own)["decision"], "allow");
    assert_eq!(result(&world, &subject(&alice()), "s3:GetObject", PHOTO, other)["decision"], "deny");
}

#[test]
fn the_reasons_name_statements_and_keys() {
    let world = world();
    let found = result(&world, &subject(&alice()), "s3:GetObject", PHOTO, json!({}));
    let expect = json!({
        "id": "it",
        "matched": [{ "layer": "identity", "policy": "user/alice/inline/photos", "statement": 0, "sid": "Read", "effect": "Allow" }],
        "because": "allowed by user/alice/inline/photos",
        "contextKeysUsed": [],
        "missingContextKeys": [],
    });
    check_has("", &found, &expect);
    let found = result(&world, &subject(&alice()), "s3:DeleteObject", PHOTO, json!({}));
    let expect = json!({"matched": [], "contextKeysUsed": ["aws:SourceIp"], "missingContextKeys": ["aws:SourceIp"]});
    check_has("", &found, &expect);
    let because = found["because"].as_str().unwrap();
    let part = "statement Local of user/alice/inline/photos demands IpAddress aws:SourceIp";
    assert!(because.contains(part), "{because}");
    let expected = json!({"context": {"aws:SourceIp": ["127.0.0.1"]}});
    let found = result(&world, &subject(&alice()), "s3:DeleteObject", PHOTO, expected);
    check_has("", &found, &json!({"decision": "allow", "contextKeysUsed": ["aws:SourceIp"], "missingContextKeys": []}));
    let body = json!({"subject": subject(&alice()), "checks": [{"action": "s3:GetObject", "resource": PHOTO}]});
    let plain = authorize(&world, &body)["results"][0].clone();
    assert_eq!((&plain["matched"], &plain["because"], &plain["id"]), (&json!(null), &json!(null), &json!(null)));
}

#[test]
fn variables_and_tags_are_the_askers_own() {
    let world = world();
    let alice = subject(&alice());
    let found = |resource: &str| result(&world, &alice, "s3:PutObject", resource, json!({}))["decision"].clone();
    assert_eq!(found("arn:aws:s3:::home/alice/a"), "allow");
    assert_eq!(found("arn:aws:s3:::home/bob/a"), "deny");
    let team = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::teams/${aws:PrincipalTag/team}/*"}]});
    let policies = json!({"resourcePolicies": {"arn:aws:s3:::teams": {"ownerAccountId": ACCOUNT, "policy": team}}});
    for (resource, decision) in [("arn:aws:s3:::teams/red/a", "allow"), ("arn:aws:s3:::teams/blue/a", "deny")] {
        assert_eq!(
            result(&world, &alice, "s3:GetObject", resource, policies.clone())["decision"],
            decision,
            "{resource}"
        );
    }
}

#[test]
fn keys_of_the_request_are_taken_and_keys_of_the_asker_are_refused() {
    let world = world();
    let list = |context: Value| {
        let check = json!({"action": "s3:ListBucket", "resource": "arn:aws:s3:::photos"});
        ask(&world, "/v1/authorize", &json!({"subject": subject(&alice()), "checks": [check], "context": context}))
    };
    let decision = |context: Value| list(context).1["results"][0]["decision"].clone();
    assert_eq!(decision(json!({"s3:prefix": "public/x"})), "allow");
    assert_eq!(decision(json!({"S3:Prefix": ["public/x"]})), "allow");
    assert_eq!(decision(json!({"s3:prefix": ""})), "allow");
    assert_eq!(decision(json!({"s3:prefix": ["public/x", "private"]})), "deny", "a key of one value has two");
    assert_eq!(decision(json!({"s3:prefix": []})), "deny");
    assert_eq!(decision(json!({})), "deny");
    for key in [
        "aws:PrincipalArn",
        "AWS:principaltag/team",
        "aws:PrincipalIsAWSService",
        "aws:username",
        "aws:UserId",
        "aws:TokenIssueTime",
        "aws:To\u{212A}enIssueTime",
        "lambda:SourceFunctionArn",
        "identitystore:UserId",
        "aws:MultiFactorAuthPresent",
        "aws:SourceIdentity",
        "aws:FederatedProvider",
        "aws:CurrentTime",
        "aws:EpochTime",
        "saml:sub",
        "accounts.google.com:sub",
        "localhost:8443/realms/ci:sub",
        "Localhost/ci:sub",
        "issuer:8443:sub",
        "oidc.eks.eu-central-1.amazonaws.com/id/AB12:aud",
    ] {
        let (status, answer) = list(json!({key: "x"}));
        assert_eq!(status, 400, "{key}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(key), "{answer}");
    }
    assert_eq!(list(json!({"s3:prefix": "", "S3:prefix": "public/x"})).0, 400);
    assert_eq!(list(json!({"s3:prefix": 1})).0, 400);
}

#[test]
fn credentials_that_are_dead_may_do_nothing() {
    let world = world();
    let session = session_of(&world, "app/reader");
    let checks = json!([{"id": "a", "action": "s3:GetObject", "resource": PHOTO}, {"id": "b", "action": "s3:GetObject", "resource": PHOTO}]);
    let of = |subject: Value| authorize(&world, &json!({"subject": subject, "checks": checks}));
    for (subject, reason) in [
        (json!({"accessKeyId": "AKIANOBODY"}), "UNKNOWN_ACCESS_KEY"),
        (json!({"accessKeyId": "AKIASLEEPING"}), "INACTIVE_ACCESS_KEY"),
        (json!({"accessKeyId": session.id}), "SESSION_TOKEN_MISSING"),
        (json!({"accessKeyId": "ASIAOTHER", "sessionToken": session.token}), "SESSION_TOKEN_MISMATCH"),
        (json!({"accessKeyId": "AKIAALICE", "sessionToken": session.token}), "SESSION_TOKEN_UNEXPECTED"),
        (json!({"principalArn": "arn:aws:iam::123456789012:user/nobody"}), "UNKNOWN_PRINCIPAL"),
    ] {
        let answer = of(subject);
        check_has("", &answer, &json!({"active": false, "reason": reason, "principalArn": null}));
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), 2, "positional: {answer}");
        for (result, id) in results.iter().zip(["a", "b"]) {
            check_has("", result, &json!({"id": id, "decision": "deny", "basis": "notActive"}));
        }
    }
    assert_eq!(of(subject(&session))["results"][1]["decision"], "allow");
    world.wait(900);
    let answer = of(subject(&session));
    let expect = json!({"reason": "EXPIRED_CREDENTIAL", "awsError": { "code": "ExpiredToken", "httpStatus": 400 }});
    check_has("", &answer, &expect);
}

#[test]
fn a_supposed_principal_needs_a_scope_of_its_own() {
    let world = world();
    let body = |arn: &str, action: &str| json!({"subject": {"principalArn": arn}, "checks": [{"action": action, "resource": PHOTO}]});
    let role = "arn:aws:iam::123456789012:role/app/reader";
    let plain = Querier::with(Scopes::of(&[Scope::Authorize]));
    assert_eq!(ask_as(&world, &plain, "/v1/authorize", &body(role, "s3:GetObject")).0, 403);
    for (arn, action, decision) in [
        (role, "s3:GetObject", "allow"),
        (role, "s3:PutObject", "deny"),
        ("arn:aws:sts::123456789012:assumed-role/reader/ci", "s3:GetObject", "allow"),
        ("arn:aws:iam::123456789012:user/team/alice", "s3:GetObject", "allow"),
        ("arn:aws:iam::123456789012:root", "s3:PutObject", "allow"),
    ] {
        assert_eq!(authorize(&world, &body(arn, action))["results"][0]["decision"], decision, "{arn} {action}");
    }
}

#[test]
fn refusals_are_worded_as_the_service_of_the_action_words_them() {
    let world = world();
    let alice = subject(&alice());
    let user = "User: arn:aws:iam::123456789012:user/team/alice is not authorized to perform: ";
    let none = |action: &str, on: &str| {
        format!("{user}{action}{on} because no identity-based policy allows the {action} action")
    };
    let (secret, queue) = ("arn:aws:s3:::photos/secret/a", "arn:aws:sqs:us-east-1:123456789012:q");
    let table = "arn:aws:dynamodb:us-east-1:123456789012:table/t";
    let denied =
        format!("{user}s3:PutObject on resource: \"{secret}\" with an explicit deny in an identity-based policy");
    let send = none("sqs:SendMessage", &format!(" on resource: {queue}"));
    let get = none("dynamodb:GetItem", &format!(" on resource: {table}"));
    let plain = "You are not authorized to perform this operation.".to_owned();
    for (action, resource, status, code, text) in [
        ("s3:ListAllMyBuckets", "*", 403, "AccessDenied", none("s3:ListAllMyBuckets", "")),
        ("s3:PutObject", secret, 403, "AccessDenied", denied),
        ("sqs:SendMessage", queue, 403, "AccessDenied", send),
        ("dynamodb:GetItem", table, 400, "AccessDeniedException", get),
        ("lambda:InvokeFunction", "*", 403, "AccessDeniedException", none("lambda:InvokeFunction", "")),
        ("ec2:RunInstances", "*", 403, "UnauthorizedOperation", plain),
    ] {
        let found = result(&world, &alice, action, resource, json!({"explain": false}));
        let expect = json!({"httpStatus": status, "code": code, "message": text});
        check_has(&format!("s3-denied-identity {action}"), &found["awsError"], &expect);
    }
    let other = json!({"resourcePolicies": {"arn:aws:s3:::photos": {"ownerAccountId": "210987654321"}}});
    assert_eq!(message(&result(&world, &alice, "s3:GetObject", PHOTO, other)), "Access Denied", "s3-plain-denied");
    let anonymous = json!({"anonymous": true});
    assert_eq!(message(&result(&world, &anonymous, "s3:GetObject", PHOTO, json!({}))), "Access Denied");
}

fn in_organization(account: &str, kind: &str, statements: &Value) -> TestWorld {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let seed = super::SEED.replacen(
        "accounts:",
        &format!(
            "organizations: [{{ id: o-testcompany, managementAccount: \"000000000000\", memberAccounts: [\"{ACCOUNT}\", \
             \"{account}\"], {kind}: [{{ id: p-testpolicy, attachedTo: [root], document: {policy} }}] }}]\naccounts:"
        ),
        1,
    );
    TestWorld::new(&seed)
}

#[test]
fn an_organization_keeps_its_accounts_from_what_it_denies() {
    let layer = |found: &Value, name: &str| found["layers"][name].as_str().unwrap().to_owned();
    let deny = json!([{"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]);
    let world = in_organization("210987654321", "serviceControlPolicies", &deny);
    let found = result(&world, &subject(&alice()), "s3:GetObject", PHOTO, json!({}));
    check(&found, "explicitDeny", "allow absent absent absent");
    assert_eq!((&*layer(&found, "serviceControl"), &*layer(&found, "resourceControl")), ("deny", "absent"));
    let tail = "with an explicit deny in a service control policy";
    assert!(message(&found).ends_with(tail), "{found}");
    let matched = found["matched"].as_array().unwrap();
    let denies = |one: &&Value| one["effect"] == "Deny";
    let expect = json!({"layer": "service-control", "sid": "No"});
    check_has("", matched.iter().find(denies).unwrap_or_else(|| panic!("{found}")), &expect);
    // It binds the root user of a member, and nobody of the account that leads.
    let root = json!({"principalArn": "arn:aws:iam::123456789012:root"});
    assert_eq!(result(&world, &root, "s3:GetObject", PHOTO, json!({}))["decision"], "deny");
    let root = json!({"principalArn": "arn:aws:iam::000000000000:root"});
    assert_eq!(result(&world, &root, "s3:GetObject", PHOTO, json!({}))["decision"], "allow");

    let deny = json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]);
    let world = in_organization("210987654321", "resourceControlPolicies", &deny);
    let found = result(&world, &json!({"anonymous": true}), "s3:GetObject", PHOTO, {
        let open = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]});
        json!({"resourcePolicies": {"arn:aws:s3:::photos": {"ownerAccountId": ACCOUNT, "policy": open}}})
    });
    check(&found, "explicitDeny", "absent absent absent allow");
    assert_eq!((&*layer(&found, "serviceControl"), &*layer(&found, "resourceControl")), ("absent", "deny"));
}

/// AWS: measured with a key's grants in September 2026.
#[test]
fn no_resource_control_policy_keeps_a_grant_from_being_retired() {
    let deny = json!([{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}]);
    let world = in_organization("210987654321", "resourceControlPolicies", &deny);
    let root = json!({"principalArn": "arn:aws:iam::123456789012:root"});
    let key = "arn:aws:kms:us-east-1:123456789012:key/abc";
    for (action, decision) in [("kms:RetireGrant", "allow"), ("KMS:retiregrant", "allow"), ("kms:RevokeGrant", "deny")]
    {
        assert_eq!(result(&world, &root, action, key, json!({}))["decision"], decision, "{action}");
    }
}

/// B-791. AWS: the administrators of an account use a key only if its own policy lets them.
#[test]
fn the_policy_of_a_key_must_allow_whoever_uses_it() {
    let world = TestWorld::new(&super::SEED.replace(r#"Action: "sts:*""#, r#"Action: "kms:*""#));
    let key = "arn:aws:kms:us-east-1:123456789012:key/abc";
    let root = json!({"principalArn": "arn:aws:iam::123456789012:root"});
    let decide = |subject: &Value, statement: Value, basis: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        let given = json!({"resourcePolicies": {key: {"policy": policy}}});
        let found = result(&world, subject, "kms:Decrypt", key, given);
        assert_eq!(found["basis"], basis, "{statement}: {found}", statement = policy["Statement"][0]);
    };
    let let_in = |who: &str| json!({"Effect": "Allow", "Principal": {"AWS": who}, "Action": "kms:*", "Resource": "*"});
    let reader = "arn:aws:iam::123456789012:role/app/reader";
    decide(&subject(&alice()), let_in(reader), "implicitDeny");
    decide(&root, let_in(reader), "implicitDeny");
    decide(&json!({"principalArn": reader}), let_in(reader), "allowed");
    decide(&json!({"principalArn": reader}), let_in(ACCOUNT), "implicitDeny");
    decide(&subject(&alice()), let_in(ACCOUNT), "allowed");
    decide(&root, let_in(ACCOUNT), "allowed");
    let mut encrypt = let_in(ACCOUNT);
    encrypt["Action"] = json!("kms:Encrypt");
    decide(&subject(&alice()), encrypt, "implicitDeny");
    let untold = result(&world, &subject(&alice()), "kms:Decrypt", key, json!({}));
    assert_eq!(untold["basis"], "allowed", "nothing is known of the key: {untold}");
}

/// B-930, B-931. The policies are written as people set them.
#[test]
fn policies_of_repositories_and_apis_are_read_as_their_services_read_them() {
    let repository = format!("arn:aws:ecr:us-east-1:{ACCOUNT}:repository/app");
    let other = format!("{repository}/other");
    let files = format!("arn:aws:elasticfilesystem:us-east-1:{ACCOUNT}:file-system/fs-1");
    let queue = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:q");
    let api = format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:abc");
    let method = format!("{api}/prod/GET/pets");
    let world = world();
    let decide = |action: &str, resource: &str, arn: &str, on: Option<&str>| {
        let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": action});
        if let Some(on) = on {
            statement["Resource"] = json!(on);
        }
        let body = json!({
            "subject": {"anonymous": true},
            "checks": [{"action": action, "resource": resource}],
            "resourcePolicies": {arn: {"policy": {"Version": "2012-10-17", "Statement": [statement]}}},
        });
        let (status, answer) = ask(&world, "/v1/authorize", &body);
        if status == 200 { answer["results"][0]["decision"].as_str().unwrap().to_owned() } else { status.to_string() }
    };
    for (action, resource, arn, on, expect) in [
        ("ecr:BatchGetImage", &repository, &repository, None, "allow"),
        ("ecr:BatchGetImage", &repository, &repository, Some("*"), "allow"),
        ("ecr:BatchGetImage", &other, &repository, None, "deny"),
        ("ecr:BatchGetImage", &other, &repository, Some("*"), "deny"),
        ("ecr:BatchGetImage", &other, &other, None, "allow"),
        ("elasticfilesystem:ClientMount", &files, &files, None, "allow"),
        ("sqs:SendMessage", &queue, &queue, None, "400"),
        ("execute-api:Invoke", &method, &api, Some("execute-api:/*"), "allow"),
        ("execute-api:Invoke", &method, &api, Some("execute-api:/prod/GET/pets"), "allow"),
        ("execute-api:Invoke", &method, &api, Some("execute-api:/prod/*/p?ts"), "allow"),
        ("execute-api:Invoke", &method, &method, Some("execute-api:/prod/*"), "allow"),
        ("execute-api:Invoke", &method, &api, Some("execute-api:/test/*"), "deny"),
        ("execute-api:Invoke", &method, &api, Some("execute-api:/prod/GET"), "deny"),
        ("execute-api:Invoke", &method, &api, Some("execute-api:prod/*"), "400"),
        ("sqs:SendMessage", &queue, &queue, Some("execute-api:/*"), "400"),
        ("execute-api:Invoke", &method, &api, None, "400"),
    ] {
        assert_eq!(decide(action, resource, arn, on), expect, "{action} on {resource} by {on:?} of {arn}");
    }
}

/// B-932.
#[test]
fn keys_of_several_values_have_several_however_many_are_told() {
    let world = world();
    let holds = |operator: &str, key: &str, value: Value| {
        let condition = json!({operator: {key: "a"}});
        let policy = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}]});
        let policies = json!({"arn:aws:s3:::photos": {"ownerAccountId": ACCOUNT, "policy": policy}});
        let more = json!({"context": {key: value}, "resourcePolicies": policies});
        result(&world, &json!({"anonymous": true}), "s3:GetObject", PHOTO, more)["decision"] == "allow"
    };
    for (operator, key, value, expect) in [
        ("StringEquals", "aws:TagKeys", json!("a"), false),
        ("StringEquals", "aws:TagKeys", json!(["a"]), false),
        ("ForAnyValue:StringEquals", "aws:TagKeys", json!("a"), true),
        ("ForAllValues:StringEquals", "aws:tagkeys", json!(["a"]), true),
        ("StringNotEquals", "dynamodb:LeadingKeys", json!("b"), false),
        ("StringEquals", "dynamodb:FirstPartitionKeyValues", json!(["a"]), false),
        ("StringEquals", "aws:RequestTag/team", json!("a"), true),
        ("StringEquals", "aws:RequestTag/team", json!(["a"]), true),
        ("StringEquals", "aws:RequestTag/team", json!(["a", "a"]), false),
    ] {
        assert_eq!(holds(operator, key, value.clone()), expect, "{operator} on {key} {value}");
    }
}

/// B-790.
#[test]
fn the_trust_policy_of_a_role_that_is_known_must_allow() {
    let trusting = |who: &str| {
        format!(
            "      - {{ name: trusting, tags: {{ stage: test }}, trust: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Principal: {{ {who} }}, Action: [\"sts:AssumeRole\", \"sts:TagSession\"], Condition: {{ StringEquals: {{ \"aws:ResourceTag/stage\": test }} }} }}] }} }}\n    policies:\n      - {{ name: only-get"
        )
    };
    let role = "arn:aws:iam::123456789012:role/trusting";
    let alices = r#"AWS: "arn:aws:iam::123456789012:user/team/alice""#;
    for (who, subject, action, basis) in [
        ("Service: ec2.amazonaws.com", subject(&alice()), "sts:AssumeRole", "implicitDeny"),
        (alices, subject(&alice()), "sts:AssumeRole", "allowed"),
        (alices, subject(&alice()), "STS:tagsession", "allowed"),
        (alices, subject(&alice()), "sts:SetSourceIdentity", "implicitDeny"),
        (alices, subject(&zoe()), "sts:AssumeRole", "implicitDeny"),
        (r#"AWS: "123456789012""#, subject(&alice()), "sts:AssumeRole", "allowed"),
        (
            r#"AWS: "123456789012""#,
            json!({"principalArn": "arn:aws:iam::123456789012:role/app/reader"}),
            "sts:AssumeRole",
            "implicitDeny",
        ),
        (r#"AWS: "*""#, json!({"principalArn": "arn:aws:iam::123456789012:root"}), "sts:AssumeRole", "implicitDeny"),
        (r#"AWS: "*""#, json!({"anonymous": true}), "sts:AssumeRole", "implicitDeny"),
        (alices, subject(&alice()), "sts:GetAccessKeyInfo", "allowed"),
    ] {
        let seed = super::SEED.replace("    policies:\n      - { name: only-get", &trusting(who));
        let found = result(&TestWorld::new(&seed), &subject, action, role, json!({}));
        assert_eq!(found["basis"], basis, "{who}: {subject} {action}: {found}");
    }
    let world = world();
    let told = |policy: Value| {
        let given = json!({"resourcePolicies": {"arn:aws:iam::123456789012:role/app/reader": {"policy": policy}}});
        result(&world, &subject(&alice()), "sts:AssumeRole", "arn:aws:iam::123456789012:role/app/reader", given)
    };
    let none = told(
        json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "sts:AssumeRole", "Resource": "*"}]}),
    );
    assert_eq!(none["basis"], "allowed", "what the service tells is weighed as it tells it: {none}");
}

/// B-792.
#[test]
fn what_is_so_of_every_request_need_not_be_told() {
    let world = world();
    for key in ["aws:ViaAWSService", "aws:SecureTransport"] {
        let open = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::photos/*"});
        let mut deny = open.clone();
        deny["Effect"] = json!("Deny");
        deny["Condition"] = json!({"Bool": {key: "false"}});
        let policies =
            json!({"arn:aws:s3:::photos": {"ownerAccountId": ACCOUNT, "policy": {"Statement": [open, deny]}}});
        for (context, basis) in [(json!({}), "explicitDeny"), (json!({key: "true"}), "allowed")] {
            let more = json!({"resourcePolicies": policies, "context": context});
            assert_eq!(result(&world, &subject(&alice()), "s3:GetObject", PHOTO, more)["basis"], basis, "{key}");
        }
    }
}

/// AWS: S3 tells why within an account and within an organization.
#[test]
fn members_of_an_organization_are_told_why_by_s3() {
    let stranger = json!({"resourcePolicies": {"arn:aws:s3:::photos": {"ownerAccountId": "210987654321"}}});
    let deny = json!([{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]);
    let together = in_organization("210987654321", "serviceControlPolicies", &deny);
    for (world, told) in [(world(), false), (together, true)] {
        let found = result(&world, &subject(&alice()), "s3:GetObject", PHOTO, stranger.clone());
        assert_eq!(message(&found) == "Access Denied", !told, "s3-plain-denied: {found}");
    }
}

/// B-316.
#[test]
fn what_an_arn_says_is_anothers_is_anothers() {
    let world = TestWorld::new(&super::SEED.replace(r#"Action: "sts:*""#, r#"Action: "dynamodb:*""#));
    let table = |account: &str| format!("arn:aws:dynamodb:us-east-1:{account}:table/t");
    let found = |account: &str, more: Value| {
        result(&world, &subject(&alice()), "dynamodb:GetItem", &table(account), more)["decision"].clone()
    };
    assert_eq!(found(ACCOUNT, json!({})), "allow");
    assert_eq!(found("210987654321", json!({})), "deny");
    let open = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "dynamodb:*", "Resource": "*"}]});
    let policies = json!({"resourcePolicies": {table("210987654321"): {"policy": open}}});
    assert_eq!(found("210987654321", policies), "allow");
}

/// B-316.
#[test]
fn a_policy_is_weighed_only_if_it_is_known_whose_it_is() {
    let world = world();
    let policy = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
    let queue = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:q");
    for (arn, known, status) in [
        ("arn:aws:s3:::photos", json!({"policy": policy}), 400),
        ("arn:aws:s3:::photos", json!({"ownerAccountId": null, "policy": policy}), 400),
        ("arn:aws:s3:::photos", json!({"ownerAccountId": ACCOUNT, "policy": policy}), 200),
        ("arn:aws:s3:::photos", json!({"ownerAccountId": ACCOUNT}), 200),
        ("arn:aws:s3:::photos", json!({}), 200),
        (&queue, json!({"policy": policy}), 200),
        (&queue, json!({"ownerAccountId": ACCOUNT, "policy": policy}), 200),
        (&queue, json!({"ownerAccountId": "210987654321", "policy": policy}), 400),
        (&queue, json!({"ownerAccountId": "210987654321"}), 400),
    ] {
        let checks = json!([{"action": "s3:GetObject", "resource": arn}]);
        let body = json!({"subject": subject(&alice()), "checks": checks, "resourcePolicies": {arn: known}});
        let (found, answer) = ask(&world, "/v1/authorize", &body);
        assert_eq!(found, status, "{arn} {known}: {answer}");
        assert_eq!(answer["error"].to_string().contains("ownerAccountId"), status == 400, "{arn} {known}: {answer}");
    }
}

/// Whoever folds the layers by the document's rule decides as we do, for those too whom no policy names.
#[test]
fn the_layers_alone_lead_to_the_same_decision() {
    let world = world();
    let federated = |policy: Option<&str>| {
        let call = Call::sts("GetFederationToken").param("Name", "fed");
        let call = policy.map_or(call.clone(), |policy| call.param("Policy", policy));
        subject(&call.by(&alice()).send(&world).keys())
    };
    let gets = r#"{"Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;
    for (subject, layers, basis) in [
        (json!({"principalArn": "arn:aws:iam::123456789012:root"}), "allow absent absent absent", "allowed"),
        (federated(None), "allow no_match absent absent", "implicitDeny"),
        (federated(Some(gets)), "allow allow absent absent", "allowed"),
    ] {
        let found = result(&world, &subject, "s3:GetObject", PHOTO, json!({}));
        check(&found, basis, layers);
    }
}

/// B-319.
#[test]
fn a_no_can_be_decoded_in_the_askers_account() {
    let world = world();
    let found = result(&world, &subject(&alice()), "ec2:RunInstances", "*", json!({}));
    let encoded = found["encodedMessage"].as_str().unwrap_or_else(|| panic!("{found}"));
    let text = "You are not authorized to perform this operation. Encoded authorization failure message: ";
    assert_eq!(message(&found), format!("{text}{encoded}"));
    let decode = Call::sts("DecodeAuthorizationMessage").param("EncodedMessage", encoded).by(&alice()).send(&world);
    let decoded: Value = serde_json::from_str(&decode.text("DecodedMessage").unwrap()).unwrap();
    let expect = json!({"allowed": false, "explicitDeny": false, "context": {"action": "ec2:RunInstances"}});
    check_has("", &decoded, &expect);
    let elsewhere = Call::sts("DecodeAuthorizationMessage").param("EncodedMessage", encoded).by(&zoe()).send(&world);
    assert_ne!(elsewhere.status(), 200);
    for (keys, action, explain) in [(alice(), "s3:GetObject", true), (alice(), "ec2:RunInstances", false)] {
        let found = result(&world, &subject(&keys), action, PHOTO, json!({"explain": explain}));
        assert_eq!(found["encodedMessage"], Value::Null, "{found}");
    }
    let anonymous = result(&world, &json!({"anonymous": true}), "ec2:RunInstances", "*", json!({}));
    assert_eq!(anonymous["encodedMessage"], Value::Null);
}

#[test]
fn the_root_user_of_an_account_can_repair_a_policy_that_locks_it_out() {
    let world = world();
    let lock = json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::photos", PHOTO]}]});
    let policies = json!({"resourcePolicies": {"arn:aws:s3:::photos": {"ownerAccountId": ACCOUNT, "policy": lock}}});
    let root = json!({"principalArn": "arn:aws:iam::123456789012:root"});
    let decision =
        |action: &str, resource: &str| result(&world, &root, action, resource, policies.clone())["decision"].clone();
    assert_eq!(decision("s3:DeleteBucketPolicy", "arn:aws:s3:::photos"), "allow");
    assert_eq!(decision("s3:GetObject", PHOTO), "deny");
}

#[test]
fn a_boundary_that_is_gone_bounds_everything() {
    let world = world();
    let session = subject(&session_of(&world, "bounded"));
    world.change(|draft| {
        draft.identities = without_policies(&draft.identities);
        Ok(())
    });
    let found = result(&world, &session, "s3:GetObject", PHOTO, json!({}));
    check_has("B-051", &found, &json!({"decision": "deny", "basis": "implicitDeny"}));
}

/// The same accounts, users and roles, and no managed policy: what a store that lost rows would give.
fn without_policies(identities: &local_sts::identities::Identities) -> local_sts::identities::Identities {
    use local_sts::store::{Batch, Row, tables};
    let mut batch = Batch::default();
    for account in identities.accounts() {
        tables::ACCOUNTS.put(&mut batch, &account.id, &account.record).unwrap();
    }
    for role in identities.roles() {
        tables::ROLES.put(&mut batch, &role.id, &role.record).unwrap();
    }
    let rows: Vec<Row> =
        batch.writes.into_iter().map(|write| Row { key: write.key, value: write.value.unwrap() }).collect();
    local_sts::identities::Identities::load(&rows).unwrap()
}

/// B-324.
#[test]
fn a_call_that_would_take_too_long_or_tell_too_much_is_refused() {
    let world = world();
    let of = |count: usize, explain: bool| {
        let check = json!({"action": "s3:GetObject", "resource": PHOTO});
        let body = json!({"subject": subject(&alice()), "checks": vec![check; count], "explain": explain});
        ask(&world, "/v1/authorize", &body).0
    };
    assert_eq!((of(1000, false), of(100, true), of(101, true)), (200, 200, 413));
    world.slow_down(1);
    assert_eq!((of(1, false), of(10, false)), (200, 413));
}

#[test]
fn a_call_that_cannot_be_meant_is_refused_as_a_whole() {
    let world = world();
    let check = json!({"action": "s3:GetObject", "resource": PHOTO});
    let with = |name: &str, value: Value| {
        let mut body = json!({"subject": subject(&alice()), "checks": [check]});
        body[name] = value;
        body
    };
    let policy = |value: Value| with("resourcePolicies", json!({"arn:aws:s3:::photos": value}));
    for (body, status) in [
        (with("checks", json!([])), 400),
        (with("checks", json!([{"action": "GetObject", "resource": PHOTO}])), 400),
        (with("checks", json!([{"action": "s3:Get*", "resource": PHOTO}])), 400),
        (with("checks", json!([{"action": "s3:GetObject", "resource": ""}])), 400),
        (with("checks", json!([{"action": "s3:GetObject", "resource": PHOTO, "effect": "Allow"}])), 400),
        (with("checks", json!(vec![&check; 1001])), 413),
        (with("checks", json!([["id", "s3:GetObject", PHOTO]])), 400),
        (with("checks", json!([{"action": format!("s3:{}", "x".repeat(126)), "resource": PHOTO}])), 413),
        (with("checks", json!([{"action": "s3:GetObject", "resource": "x".repeat(2049)}])), 413),
        (with("subject", json!(["AKIAALICE", null, null, false])), 400),
        (with("context", json!({"s3:prefix": "x".repeat(8193)})), 413),
        (with("context", json!({"aws:TagKeys": ["a", "x".repeat(8193)]})), 413),
        (with("context", json!({"x".repeat(8193): "a"})), 413),
        (with("subject", json!({})), 400),
        (with("subject", json!({"anonymous": false})), 400),
        (with("subject", json!({"anonymous": true, "accessKeyId": "AKIAALICE"})), 400),
        (with("subject", json!({"principalArn": "x", "sessionToken": "x"})), 400),
        (with("explain", json!("yes")), 400),
        (policy(json!({"ownerAccountId": "12"})), 400),
        (policy(json!({"owner": ACCOUNT})), 400),
        (policy(json!([ACCOUNT, null])), 400),
        (policy(json!({"policy": " ".repeat(33_000)})), 413),
        (policy(json!({"policy": {"Statement": []}})), 400),
        (policy(json!({"policy": "{"})), 400),
        (policy(json!({"policy": 5})), 400),
    ] {
        let (found, answer) = ask(&world, "/v1/authorize", &body);
        assert_eq!(found, status, "{body:.200} {answer}");
    }
    let twice = format!(
        r#"{{"subject": {{"anonymous": true}}, "checks": [{check}], "resourcePolicies": {{"arn:aws:s3:::photos": {{}}, "arn:aws:s3:::photos": {{}}}}}}"#
    );
    assert_eq!(
        super::reply(&world, &Querier::on_this_machine(), "POST", "/v1/authorize", twice.as_bytes()).status,
        400
    );
    assert_eq!(ask(&world, "/v1/authorize", &with("checks", json!(vec![&check; 1000]))).0, 200);
}
