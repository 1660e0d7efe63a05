//! The journal as AWS's trail has it, held against what was recorded of real trails.

use std::collections::BTreeSet;

use local_sts::journal::cloudtrail::records;
use local_sts::journal::query::Query;
use serde_json::{Value, json};

use crate::support::{Answer, Call, Keys, TestWorld, identify};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        policies: [{ name: all, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: ["sts:*", "iam:*"], Resource: "*" }] } }]
      - name: bob
        accessKeys: [{ id: AKIABOB, secret: bob-secret }]
    roles:
      - name: reader
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] }] }
  - id: "210987654321"
    roles:
      - name: theirs
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "123456789012" }, Action: "sts:AssumeRole" }] }
"#;

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn assume(role: &str) -> Call {
    let role = format!("arn:aws:iam::{role}");
    Call::assume_role(&role, "ci").by(&Keys::of("alice"))
}

fn trail(world: &TestWorld) -> Vec<Value> {
    let journal = world.service.journal();
    Query::read("format=cloudtrail", journal).unwrap().run(journal).entries.iter().flat_map(records).collect()
}

fn last(world: &TestWorld) -> Value {
    trail(world).pop().unwrap()
}

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Row sts-s-ct-assumerole.
#[test]
fn a_role_that_is_assumed_is_a_read_that_tells_all_but_the_secret() {
    let world = world();
    let call = assume("123456789012:role/reader")
        .param("SourceIdentity", "alice")
        .param("DurationSeconds", "900")
        .tags(&[("team", "red")])
        .param("TransitiveTagKeys.member.1", "team")
        .header("user-agent", "test/1");
    let answer = call.send(&world);
    let record = last(&world);
    let number = |element: &str| answer.text(element).unwrap().parse::<i64>().unwrap();
    assert_eq!(
        record["requestParameters"],
        json!({
            "roleArn": "arn:aws:iam::123456789012:role/reader",
            "roleSessionName": "ci",
            "durationSeconds": 900,
            "sourceIdentity": "alice",
            "tags": [{"key": "team", "value": "red"}],
            "transitiveTagKeys": ["team"],
        })
    );
    assert_eq!(
        record["responseElements"],
        json!({
            "credentials": {
                "accessKeyId": answer.keys().id,
                "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
                "expiration": "2026-01-15T12:15:00Z",
            },
            "assumedRoleUser": {
                "assumedRoleId": answer.text("AssumedRoleId"),
                "arn": "arn:aws:sts::123456789012:assumed-role/reader/ci",
            },
            "packedPolicySize": number("PackedPolicySize"),
            "sourceIdentity": "alice",
            "sessionTokenUtilization": number("SessionTokenUtilization"),
            "sessionTokenSize": number("SessionTokenSize"),
        })
    );
    assert_eq!(
        record["resources"],
        json!([{"accountId": "123456789012", "type": "AWS::IAM::Role", "ARN": "arn:aws:iam::123456789012:role/reader"}])
    );
    assert_eq!(
        record["userIdentity"],
        json!({
            "type": "IAMUser",
            "principalId": record["userIdentity"]["principalId"],
            "arn": "arn:aws:iam::123456789012:user/alice",
            "accountId": "123456789012",
            "accessKeyId": "AKIAALICE",
            "userName": "alice",
        })
    );
    assert_eq!(
        record["additionalEventData"],
        json!({
            "ExtendedRequestId": answer.header("x-amz-sts-extended-request-id"),
            "RequestDetails": {"awsServingRegion": "us-east-1", "endpointType": "regional"},
        })
    );
    let told = |field: &str| record[field].clone();
    for (field, expect) in [
        ("eventVersion", json!("1.11")),
        ("eventTime", json!("2026-01-15T12:00:00Z")),
        ("eventSource", json!("sts.amazonaws.com")),
        ("eventName", json!("AssumeRole")),
        ("awsRegion", json!("us-east-1")),
        ("sourceIPAddress", json!("127.0.0.1")),
        ("userAgent", json!("test/1")),
        ("requestID", json!(answer.header("x-amzn-requestid"))),
        ("readOnly", json!(true)),
        ("eventType", json!("AwsApiCall")),
        ("managementEvent", json!(true)),
        ("recipientAccountId", json!("123456789012")),
        ("eventCategory", json!("Management")),
        ("tlsDetails", json!({"clientProvidedHostHeader": "127.0.0.1:4592"})),
    ] {
        assert_eq!(told(field), expect, "{field}");
    }
    assert_eq!(told("eventID"), last(&world)["eventID"], "the same whenever somebody asks");
    assert_ne!(told("eventID"), told("requestID"));
    assert!(!record.to_string().contains(answer.keys().token.unwrap().as_str()));
}

/// Row sts-s-ct-writes.
#[test]
fn sessions_of_users_are_writes_and_name_no_resources() {
    let world = world();
    let answer = Call::sts("GetSessionToken").param("DurationSeconds", "900").by(&Keys::of("alice")).send(&world);
    let record = last(&world);
    assert_eq!((&record["readOnly"], record.get("resources")), (&json!(false), None));
    assert_eq!(record["requestParameters"], json!({"durationSeconds": 900}));
    let expect = BTreeSet::from(["credentials", "sessionTokenSize", "sessionTokenUtilization"]);
    assert_eq!(names(&record["responseElements"]), expect);
    // Who signs with them is the user, in a session.
    identify(&answer.keys()).send(&world);
    let record = last(&world);
    assert_eq!(record["userIdentity"]["userName"], "alice");
    let expect = json!({"attributes": {"creationDate": "2026-01-15T12:00:00Z", "mfaAuthenticated": "false"}});
    assert_eq!(record["userIdentity"]["sessionContext"], expect);
    let read = (&record["readOnly"], &record["requestParameters"], &record["responseElements"]);
    assert_eq!(read, (&json!(true), &Value::Null, &Value::Null));
    Call::sts("GetFederationToken").param("Name", "carol").by(&Keys::of("alice")).send(&world);
    let record = last(&world);
    assert_eq!((&record["readOnly"], record.get("resources")), (&json!(false), None));
    assert_eq!(
        names(&record["responseElements"]),
        BTreeSet::from([
            "credentials",
            "federatedUser",
            "packedPolicySize",
            "sessionTokenSize",
            "sessionTokenUtilization"
        ])
    );
    let federated =
        json!({"federatedUserId": "123456789012:carol", "arn": "arn:aws:sts::123456789012:federated-user/carol"});
    assert_eq!(record["responseElements"]["federatedUser"], federated);
}

/// Row sts-s-ct-denied.
#[test]
fn who_may_not_do_it_leaves_no_parameters_and_whoever_errs_does() {
    let world = world();
    let token = |by: &str| {
        Call::sts("GetWebIdentityToken")
            .param("Audience.member.1", "https://app.example")
            .param("SigningAlgorithm", "RS256")
            .param("DurationSeconds", "300")
            .by(&Keys::of(by))
    };
    let denied = token("bob").send(&world);
    let record = last(&world);
    assert_eq!(denied.text("Code").as_deref(), Some("AccessDenied"));
    assert_eq!((&record["requestParameters"], &record["responseElements"]), (&Value::Null, &Value::Null));
    assert_eq!((&record["errorCode"], &record["readOnly"]), (&json!("AccessDenied"), &json!(false)));
    assert_eq!(record["errorMessage"].as_str().map(str::to_owned), denied.text("Message"));
    assert_eq!((record.get("additionalEventData"), record.get("resources")), (None, None));
    token("alice").send(&world);
    let record = last(&world);
    assert_eq!(record["errorCode"], "OutboundWebIdentityFederationDisabledException");
    let expect = json!({"audience": ["https://app.example"], "signingAlgorithm": "RS256", "durationSeconds": 300});
    assert_eq!(record["requestParameters"], expect);
    assert_eq!(record.get("additionalEventData"), None);
}

#[test]
fn a_session_of_a_role_tells_of_the_role_and_of_who_stands_behind_it() {
    let world = world();
    let session = assume("123456789012:role/reader").param("SourceIdentity", "alice").send(&world);
    identify(&session.keys()).send(&world);
    let record = last(&world);
    let identity = &record["userIdentity"];
    let role_id = session.text("AssumedRoleId").unwrap().split_once(':').unwrap().0.to_owned();
    assert_eq!(
        *identity,
        json!({
            "type": "AssumedRole",
            "principalId": format!("{role_id}:ci"),
            "arn": "arn:aws:sts::123456789012:assumed-role/reader/ci",
            "accountId": "123456789012",
            "accessKeyId": session.keys().id,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": role_id,
                    "arn": "arn:aws:iam::123456789012:role/reader",
                    "accountId": "123456789012",
                    "userName": "reader",
                },
                "attributes": {"creationDate": "2026-01-15T12:00:00Z", "mfaAuthenticated": "false"},
                "sourceIdentity": "alice",
            },
        })
    );
    let federated = Call::sts("GetFederationToken").param("Name", "carol").by(&Keys::of("alice")).send(&world);
    identify(&federated.keys()).send(&world);
    let identity = &last(&world)["userIdentity"];
    assert_eq!((&identity["type"], &identity["principalId"]), (&json!("FederatedUser"), &json!("123456789012:carol")));
    assert_eq!(identity["sessionContext"]["sessionIssuer"]["arn"], "arn:aws:iam::123456789012:user/alice");
}

#[test]
fn a_role_of_another_account_is_in_both_trails() {
    let world = world();
    assume("210987654321:role/theirs").send(&world);
    let trail = trail(&world);
    assert_eq!(trail.len(), 2);
    let accounts: Vec<&str> = trail.iter().map(|record| record["recipientAccountId"].as_str().unwrap()).collect();
    assert_eq!(accounts, ["123456789012", "210987654321"]);
    assert_eq!(trail[0]["sharedEventID"], trail[1]["sharedEventID"]);
    assert!(trail[0]["sharedEventID"].is_string() && trail[0]["eventID"] != trail[1]["eventID"]);
    assert_eq!(
        trail[1]["userIdentity"],
        json!({"type": "AWSAccount", "principalId": trail[0]["userIdentity"]["principalId"], "accountId": "123456789012"})
    );
    let refused = assume("210987654321:role/nobodys").send(&world);
    assert_eq!(refused.status(), 403);
    assert_eq!(self::trail(&world).len(), 3);
}

#[test]
fn iam_is_in_its_region_and_its_errors_end_otherwise() {
    let world = world();
    let call = |action: &str| Call::iam(action).by(&Keys::of("alice")).region("eu-west-1");
    call("GetRole").param("RoleName", "nobodys").region("us-east-1").send(&world);
    let record = last(&world);
    assert_eq!((&record["errorCode"], &record["readOnly"]), (&json!("NoSuchEntityException"), &json!(true)));
    assert_eq!((&record["eventSource"], &record["awsRegion"]), (&json!("iam.amazonaws.com"), &json!("us-east-1")));
    call("CreateAccessKey").param("UserName", "bob").region("us-east-1").send(&world);
    let record = last(&world);
    assert_eq!((&record["readOnly"], record.get("additionalEventData")), (&json!(false), None));
}

/// Calls IAM, and holds the record against what the answer said under these names.
#[track_caller]
fn check_created(
    world: &TestWorld,
    id: &str,
    action: &str,
    params: &[(&str, &str)],
    expect: impl Fn(&Answer) -> Value,
) {
    let answer = Call::iam(action).params(params).by(&Keys::of("alice")).send(world).fine();
    assert_eq!(last(world)["responseElements"], expect(&answer), "{id}");
}

#[test]
fn what_iam_creates_is_told_without_what_is_secret() {
    let world = world();
    let check = |id, action, params: &[_], expect: fn(&Answer) -> Value| {
        check_created(&world, id, action, params, expect);
    };
    let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
    let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    // As recorded in September 2026; the last ones by the same rule (B-637).
    check("CreateRole", "CreateRole", &[("RoleName", "runs"), ("AssumeRolePolicyDocument", trust)], |answer| {
        json!({
            "role": {
                "path": "/",
                "roleName": "runs",
                "roleId": answer.text("RoleId"),
                "arn": "arn:aws:iam::123456789012:role/runs",
                "createDate": "2026-01-15T12:00:00Z",
                "assumeRolePolicyDocument": answer.text("AssumeRolePolicyDocument"),
            }
        })
    });
    let document = &last(&world)["responseElements"]["role"]["assumeRolePolicyDocument"];
    assert!(document.as_str().unwrap().starts_with("%7B%22Version%22%3A%20%222012-10-17%22"), "{document}");
    check("CreateUser", "CreateUser", &[("UserName", "carol"), ("Path", "/team/")], |answer| {
        json!({
            "user": {
                "path": "/team/",
                "userName": "carol",
                "userId": answer.text("UserId"),
                "arn": "arn:aws:iam::123456789012:user/team/carol",
                "createDate": "2026-01-15T12:00:00Z",
            }
        })
    });
    check("CreateAccessKey", "CreateAccessKey", &[("UserName", "bob")], |answer| {
        json!({
            "accessKey": {
                "userName": "bob",
                "accessKeyId": answer.text("AccessKeyId"),
                "status": "Active",
                "createDate": "2026-01-15T12:00:00Z",
            }
        })
    });
    let profile = [("UserName", "bob"), ("Password", "Of-Three-Kinds-7"), ("PasswordResetRequired", "true")];
    check(
        "a password",
        "CreateLoginProfile",
        &profile,
        |_| json!({"loginProfile": {"userName": "bob", "createDate": "2026-01-15T12:00:00Z", "passwordResetRequired": true}}),
    );
    check(
        "a device",
        "CreateVirtualMFADevice",
        &[("VirtualMFADeviceName", "phone")],
        |_| json!({"virtualMFADevice": {"serialNumber": "arn:aws:iam::123456789012:mfa/phone"}}),
    );
    let tags = [("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "red")];
    let policy = [("PolicyName", "own"), ("PolicyDocument", allow)];
    check("a policy", "CreatePolicy", &[&policy[..], &tags].concat(), |answer| {
        json!({
            "policy": {
                "policyName": "own",
                "policyId": answer.text("PolicyId"),
                "arn": "arn:aws:iam::123456789012:policy/own",
                "path": "/",
                "defaultVersionId": "v1",
                "attachmentCount": 0,
                "permissionsBoundaryUsageCount": 0,
                "isAttachable": true,
                "createDate": "2026-01-15T12:00:00Z",
                "updateDate": "2026-01-15T12:00:00Z",
                "tags": [{"key": "Team", "value": "red"}],
            }
        })
    });
    check("an alias", "CreateAccountAlias", &[("AccountAlias", "acme")], |_| Value::Null);
    let inline = [("UserName", "bob"), ("PolicyName", "p"), ("PolicyDocument", allow)];
    check("PutUserPolicy", "PutUserPolicy", &inline, |_| Value::Null);
    check("UpdateUser", "UpdateUser", &[("UserName", "carol"), ("NewPath", "/moved/")], |_| Value::Null);
    check("DeleteUser", "DeleteUser", &[("UserName", "carol")], |_| Value::Null);
}

#[test]
fn what_nobody_signed_is_in_no_trail() {
    let world = world();
    Call::sts("GetCallerIdentity").send(&world);
    identify(&Keys::of("alice").with_secret("wrong")).send(&world);
    Call::sts("GetNothing").by(&Keys::of("alice")).send(&world);
    assert_eq!(trail(&world), Vec::<Value>::new());
    let role = "arn:aws:iam::123456789012:role/reader";
    let call = Call::sts("AssumeRoleWithWebIdentity").param("RoleArn", role).param("RoleSessionName", "ci");
    call.param("WebIdentityToken", "squeamish").send(&world);
    let record = last(&world);
    assert_eq!(
        (&record["userIdentity"]["type"], &record["recipientAccountId"]),
        (&json!("Unknown"), &json!("123456789012"))
    );
    assert_eq!(record["requestParameters"], json!({"roleArn": role, "roleSessionName": "ci"}));
}
