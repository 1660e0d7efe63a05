//! `AssumeRoot`: who may be the root user of which account, for which task, and how little that is.

use crate::support::{Call, Keys, TestWorld, check, check_denied, identify, refused};
use local_sts::policy::combine::{Layers, ResourceRule, decide};
use local_sts::policy::context::RequestContext;
use local_sts::policy::matching::Request;
use local_sts::policy::principal::Principal;

/// 111111111111 leads the organization, 222222222222 and 333333333333 are its members, the latter administers IAM.
fn seed(iam: &str) -> String {
    let user = |name: &str, policy: &str| {
        let id = name.to_uppercase();
        format!(
            "{{ name: {name}, accessKeys: [{{ id: AKIA{id}, secret: {name}-secret }}], policies: [{{ name: p, document: {{ Version: \"2012-10-17\", Statement: [{policy}] }} }}] }}"
        )
    };
    let all = "{ Effect: Allow, Action: \"*\", Resource: \"*\" }";
    let denied = format!("{all}, {{ Effect: Deny, Action: \"sts:AssumeRoot\", Resource: \"*\" }}");
    let one_root = "{ Effect: Allow, Action: \"sts:AssumeRoot\", Resource: \"arn:aws:iam::222222222222:root\" }";
    let one_task = "{ Effect: Allow, Action: \"sts:AssumeRoot\", Resource: \"*\", Condition: { ArnEquals: { \"sts:TaskPolicyArn\": \"arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials\" } } }";
    format!(
        r#"
organizations:
  - id: o-testcompany
    managementAccount: "111111111111"
    memberAccounts: ["222222222222", "333333333333"]
    iam: {iam}
    serviceControlPolicies:
      - id: p-nouserbob
        attachedTo: [root]
        document: {{ Version: "2012-10-17", Statement: [{{ Effect: Deny, Action: "sts:AssumeRoot", Resource: "*", Condition: {{ StringEquals: {{ "aws:username": bob }} }} }}] }}
accounts:
  - id: "111111111111"
    rootAccessKeys: [{{ id: AKIAROOT, secret: root-secret }}]
    users: [{}, {}, {}, {}, {}]
    roles:
      - name: operator
        trust: {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {{ AWS: "111111111111" }}, Action: ["sts:AssumeRole", "sts:SetSourceIdentity"] }}] }}
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
  - {{ id: "222222222222", stsDeactivatedRegions: [sa-east-1], optInRegions: {{ af-south-1: DISABLED }}, users: [{}] }}
  - {{ id: "333333333333", users: [{}, {}] }}
  - {{ id: "444444444444", users: [{}] }}
  - {{ id: "555555555555", partition: aws-cn, users: [{}] }}
"#,
        user("alice", all),
        user("nobody", "{ Effect: Allow, Action: \"s3:*\", Resource: \"*\" }"),
        user("denied", &denied),
        user("oneroot", one_root),
        user("onetask", one_task),
        user("member", all),
        user("delegate", all),
        user("bob", all),
        user("stranger", all),
        user("li", all),
    )
}

const ON: &str = "{ delegatedAdministrators: [\"333333333333\"], features: [RootCredentialsManagement, RootSessions] }";
const AUDIT: &str = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
const S3: &str = "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy";
const TASKS: [&str; 5] = [
    "IAMAuditRootUserCredentials",
    "IAMCreateRootUserPassword",
    "IAMDeleteRootUserCredentials",
    "S3UnlockBucketPolicy",
    "SQSUnlockQueuePolicy",
];

fn world() -> TestWorld {
    TestWorld::new(&seed(ON))
}

fn assume_root(target: &str, task: &str) -> Call {
    Call::sts("AssumeRoot").param("TargetPrincipal", target).param("TaskPolicyArn.arn", task)
}

fn member() -> Call {
    assume_root("222222222222", AUDIT)
}

fn denied(caller: &str, target: &str) -> String {
    format!("User: {caller} is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::{target}:root")
}

#[track_caller]
fn root_of(world: &TestWorld, task: &str) -> Keys {
    assume_root("222222222222", task).by(&Keys::of("alice")).send(world).keys()
}

/// Row sts-s-aroot-ok.
#[test]
fn an_administrator_gets_credentials_of_the_root_user_for_a_quarter_of_an_hour() {
    let world = world();
    for (who, target) in [
        ("alice", "222222222222"),
        ("alice", "arn:aws:iam::222222222222:root"),
        ("delegate", "arn:aws:iam::222222222222:root"),
        ("delegate", "333333333333"),
        ("oneroot", "222222222222"),
        ("onetask", "333333333333"),
    ] {
        let answer = assume_root(target, AUDIT).by(&Keys::of(who)).send(&world);
        assert_eq!(answer.status(), 200, "{who}, {target}: {}", answer.body());
        assert!(!answer.body().contains("SourceIdentity") && !answer.body().contains("PackedPolicySize"));
        assert_eq!(answer.text("Expiration").as_deref(), Some("2026-01-15T12:15:00Z"));
        let account = if target.contains("222222222222") { "222222222222" } else { "333333333333" };
        let identity = identify(&answer.keys()).send(&world);
        assert_eq!(identity.text("Arn"), Some(format!("arn:aws:iam::{account}:root")), "{}", identity.body());
        assert_eq!(identity.text("UserId").as_deref(), Some(account));
        assert_eq!(identity.text("Account").as_deref(), Some(account));
    }
    let body = member().by(&Keys::of("alice")).send(&world).body().to_owned();
    assert!(body.starts_with("<AssumeRootResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <AssumeRootResult>\n    <Credentials>\n      <AccessKeyId>ASIA"), "{body}");
}

#[test]
fn a_session_passes_its_source_identity_on() {
    let world = world();
    let operator = Call::assume_role("arn:aws:iam::111111111111:role/operator", "ci")
        .param("SourceIdentity", "alice")
        .by(&Keys::of("alice"))
        .send(&world)
        .keys();
    let answer = member().by(&operator).send(&world);
    assert_eq!(answer.text("SourceIdentity").as_deref(), Some("alice"), "{}", answer.body());
    let call = assume_root("111111111111", AUDIT).by(&operator);
    let text = denied("arn:aws:sts::111111111111:assumed-role/operator/ci", "111111111111");
    check_denied(&world, "sts-s-aroot-denied, by a role", &call, &text);
}

#[test]
fn what_is_asked_for_is_checked_before_anybody_is() {
    let world = world();
    let fault = |value: &str, member: &str, must: &str| {
        format!(
            "1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: Member must {must}"
        )
    };
    let (short, long) = ("1".repeat(11), "1".repeat(2049));
    for who in ["alice", "nobody"] {
        for target in [
            "arn:aws:iam::222222222222:user/member",
            "arn:aws:iam::222222222222:role/root",
            "arn:aws:iam::222222222222:root/",
            "arn:aws:sts::222222222222:root",
            "arn:aws:iam:us-east-1:222222222222:root",
            "arn:aws-cn:iam::222222222222:root",
            "arn:aws:iam::22222222222:root",
            "2222222222222",
            "abcdefghijkl",
        ] {
            let text = "Request must contain a valid target principal";
            let call = assume_root(target, AUDIT).by(&Keys::of(who));
            check(&world, "sts-s-aroot-target, iam-s-assumeroot-target", &call, refused(400, "ValidationError", text));
            let both = assume_root(target, "arn:aws:iam::aws:policy/ReadOnlyAccess").by(&Keys::of(who));
            check(&world, "the target before the task", &both, refused(400, "ValidationError", text));
        }
        for task in [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::aws:policy/IAMAuditRootUserCredentials",
            "arn:aws:iam::aws:policy/root-task/Nothing",
            "arn:aws:iam::222222222222:policy/root-task/IAMAuditRootUserCredentials",
            "arn:aws-cn:iam::aws:policy/root-task/IAMAuditRootUserCredentials",
        ] {
            let text = "Request must contain valid AWS managed task policy ARN";
            let call = assume_root("222222222222", task).by(&Keys::of(who));
            check(&world, "sts-s-aroot-task, iam-s-assumeroot-policy", &call, refused(400, "ValidationError", text));
        }
        for (id, call, text) in [
            (
                "sts-s-aroot-task-null",
                Call::sts("AssumeRoot").param("TargetPrincipal", "x".repeat(12).as_str()),
                fault("null", "taskPolicyArn", "not be null"),
            ),
            (
                "a nested member that nobody knows",
                Call::sts("AssumeRoot").param("TargetPrincipal", "222222222222").param("TaskPolicyArn.name", AUDIT),
                fault("null", "taskPolicyArn.arn", "not be null"),
            ),
            (
                "sts-s-aroot-duration, aroot-duration, iam-s-assumeroot-duration",
                member().param("DurationSeconds", "901"),
                fault("'901'", "durationSeconds", "have value less than or equal to 900"),
            ),
            (
                "negative",
                member().param("DurationSeconds", "-1"),
                fault("'-1'", "durationSeconds", "have value greater than or equal to 0"),
            ),
            (
                "a short target",
                assume_root(&short, AUDIT),
                fault(&format!("'{short}'"), "targetPrincipal", "have length greater than or equal to 12"),
            ),
            (
                "a long target",
                assume_root(&long, AUDIT),
                fault(&format!("'{long}'"), "targetPrincipal", "have length less than or equal to 2048"),
            ),
        ] {
            check(&world, id, &call.by(&Keys::of(who)), refused(400, "ValidationError", &text));
        }
    }
}

#[test]
fn nobody_else_is_admitted_and_all_are_told_the_same() {
    let world = world();
    for (who, home, target) in [
        ("nobody", "111111111111", "222222222222"),
        ("denied", "111111111111", "222222222222"),
        ("oneroot", "111111111111", "333333333333"),
        ("alice", "111111111111", "111111111111"),
        ("alice", "111111111111", "444444444444"),
        ("alice", "111111111111", "999999999999"),
        ("delegate", "333333333333", "111111111111"),
        ("member", "222222222222", "222222222222"),
        ("member", "222222222222", "333333333333"),
        ("stranger", "444444444444", "444444444444"),
        ("stranger", "444444444444", "222222222222"),
        ("bob", "333333333333", "222222222222"),
    ] {
        let text = denied(&format!("arn:aws:iam::{home}:user/{who}"), target);
        for form in [target.to_owned(), format!("arn:aws:iam::{target}:root")] {
            let id = "sts-s-aroot-denied, iam-s-assumeroot-denied";
            check_denied(&world, id, &assume_root(&form, AUDIT).by(&Keys::of(who)), &text);
        }
    }
    let text = denied("arn:aws:iam::111111111111:user/onetask", "222222222222");
    check_denied(&world, "sts:TaskPolicyArn", &assume_root("222222222222", S3).by(&Keys::of("onetask")), &text);
    let china = "User: arn:aws-cn:iam::555555555555:user/li is not authorized to perform: sts:AssumeRoot on resource: arn:aws-cn:iam::222222222222:root";
    let task = "arn:aws-cn:iam::aws:policy/root-task/S3UnlockBucketPolicy";
    let call = assume_root("222222222222", task).by(&Keys::of("li")).region("cn-north-1");
    check_denied(&world, "another partition", &call, china);
}

/// The manual: root user credentials cannot make this call. And sessions of users may not call it (B-063).
#[test]
fn root_users_and_sessions_of_users_assume_no_root() {
    let world = world();
    let text = denied("arn:aws:iam::111111111111:root", "222222222222");
    check_denied(&world, "B-144", &member().by(&Keys::of("root")), &text);
    let session = Call::sts("GetSessionToken").by(&Keys::of("alice")).send(&world).keys();
    let text = denied("arn:aws:iam::111111111111:user/alice", "222222222222");
    check_denied(&world, "B-063", &member().by(&session), &text);
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let guest = Call::sts("GetFederationToken").param("Name", "guest").param("Policy", all).by(&Keys::of("alice"));
    let text = denied("arn:aws:sts::111111111111:federated-user/guest", "222222222222");
    check_denied(&world, "B-063", &member().by(&guest.send(&world).keys()), &text);
}

#[test]
fn each_task_needs_its_feature_and_all_need_trusted_access() {
    let credentials = "Root credentials management feature is not enabled for your AWS Organization.";
    let sessions = "Root sessions feature is not enabled for your AWS Organization.";
    let none = "Service not enabled for AWS Organizations.";
    for (iam, of_credentials, of_sessions) in [
        ("{ features: [RootCredentialsManagement, RootSessions] }", None, None),
        ("{ features: [RootCredentialsManagement] }", None, Some(sessions)),
        ("{ features: [RootSessions] }", Some(credentials), None),
        ("{}", Some(credentials), Some(sessions)),
        ("", Some(none), Some(none)),
        ("{ trustedAccess: false, features: [RootCredentialsManagement, RootSessions] }", Some(none), Some(none)),
    ] {
        let world = TestWorld::new(&seed(iam));
        for task in TASKS {
            let refusal = if task.starts_with("IAM") { of_credentials } else { of_sessions };
            let call = assume_root("222222222222", &format!("arn:aws:iam::aws:policy/root-task/{task}"));
            let id = "sts-s-aroot-feature-credentials, sts-s-aroot-feature-sessions, sts-s-aroot-no-trust";
            match refusal {
                Some(text) => check_denied(&world, id, &call.clone().by(&Keys::of("alice")), text),
                None => assert_eq!(call.clone().by(&Keys::of("alice")).send(&world).status(), 200, "{iam}: {task}"),
            }
            // Who may not call it at all is not told what the organization has switched on.
            let text = denied("arn:aws:iam::111111111111:user/nobody", "222222222222");
            check_denied(&world, "B-144", &call.by(&Keys::of("nobody")), &text);
        }
    }
}

#[test]
fn the_global_endpoint_does_not_know_it() {
    let world = world();
    for call in [member(), Call::sts("AssumeRoot")] {
        for who in ["alice", "nobody"] {
            let global = call.clone().header("host", "sts.amazonaws.com").by(&Keys::of(who));
            let id = "sts-s-aroot-global, aroot-global, iam-s-assumeroot-global";
            check(&world, id, &global, refused(400, "InvalidAction", "Unknown Operation"));
            assert!(global.send(&world).body().contains("http://webservices.amazon.com/AWSFault/2005-15-09"));
        }
    }
    let unsigned = member().header("host", "sts.amazonaws.com").by(&Keys::of("alice").with_secret("wrong"));
    assert_eq!(unsigned.send(&world).text("Code").as_deref(), Some("SignatureDoesNotMatch"), "whoever it is");
}

#[test]
fn the_settings_of_the_target_about_regions_count() {
    let world = world();
    let text = "STS is not activated in this region for account:222222222222. Your account administrator can activate STS in this region using the IAM Console.";
    let call = member().region("sa-east-1").by(&Keys::of("alice"));
    check(&world, "aroot-region-off", &call, refused(403, "RegionDisabledException", text));
    let text = denied("arn:aws:iam::111111111111:user/alice", "222222222222");
    let asked = member().region("af-south-1").by(&Keys::of("alice"));
    check_denied(&world, "sts-s-region-role-off by analogy", &asked, &text);
    assert_eq!(
        assume_root("333333333333", AUDIT).region("sa-east-1").by(&Keys::of("alice")).send(&world).status(),
        200
    );
}

/// B-145: as written, so it is over when it begins.
#[test]
fn a_session_lasts_as_long_as_asked() {
    let world = world();
    let session = |seconds: &str| member().param("DurationSeconds", seconds).by(&Keys::of("alice")).send(&world);
    let none = session("0");
    assert_eq!(none.text("Expiration").as_deref(), Some("2026-01-15T12:00:00Z"), "sts-s-aroot-duration");
    let expired = refused(403, "ExpiredToken", "The security token included in the request is expired");
    check(&world, "B-145", &identify(&none.keys()), expired);
    let minute = session("60").keys();
    world.wait(59);
    assert_eq!(identify(&minute).send(&world).status(), 200);
    world.wait(1);
    check(&world, "60 seconds", &identify(&minute), expired);
}

#[test]
fn the_session_gets_nothing_else_out_of_sts() {
    let world = world();
    let arn = "arn:aws:iam::222222222222:root";
    for task in TASKS {
        let policy = format!("arn:aws:iam::aws:policy/root-task/{task}");
        let session = root_of(&world, &policy);
        let assume = Call::assume_role("arn:aws:iam::111111111111:role/operator", "ci");
        let not = |action: &str, resource: &str| {
            format!("User: {arn} is not authorized to perform: {action} on resource: {resource}")
        };
        for (call, text) in [
            (assume, "Roles may not be assumed by root accounts.".to_owned()),
            (member(), not("sts:AssumeRoot", arn)),
            (assume_root("333333333333", AUDIT), not("sts:AssumeRoot", "arn:aws:iam::333333333333:root")),
            (Call::sts("GetSessionToken"), "Cannot call GetSessionToken with session credentials".to_owned()),
            (
                Call::sts("GetFederationToken").param("Name", "guest"),
                format!(
                    "{} with an explicit deny in a session policy: {policy}",
                    not("sts:GetFederationToken", "arn:aws:sts::222222222222:federated-user/guest")
                ),
            ),
            (
                Call::sts("GetAccessKeyInfo").param("AccessKeyId", "ASIAY34FZKBOKMUTVV7A"),
                not("sts:GetAccessKeyInfo", "*"),
            ),
            (
                Call::sts("DecodeAuthorizationMessage").param("EncodedMessage", "x"),
                not("sts:DecodeAuthorizationMessage", "*"),
            ),
        ] {
            check_denied(&world, task, &call.by(&session), &text);
        }
    }
}

/// What the task policies leave of the root user's power, row by row: action, resource, who may, and for which tasks.
#[test]
fn a_task_policy_leaves_its_task_and_nothing_else() {
    let world = world();
    let snapshot = world.snapshot();
    let root = Principal::Root { arn: "arn:aws:iam::222222222222:root", account: "222222222222" };
    let (own_root, other_user) = ("arn:aws:iam::222222222222:root", "arn:aws:iam::222222222222:user/member");
    let (bucket, queue) = ("arn:aws:s3:::b", "arn:aws:sqs:us-east-1:222222222222:q");
    let foreign_queue = "arn:aws:sqs:us-east-1:444444444444:q";
    for (action, resource, tasks) in [
        ("iam:GetUser", own_root, [true, false, true, false, false].as_slice()),
        ("iam:GetUser", other_user, &[false; 5]),
        ("iam:ListAccessKeys", own_root, &[true, false, true, false, false]),
        ("iam:GetLoginProfile", own_root, &[true, true, true, false, false]),
        ("iam:GetLoginProfile", other_user, &[false; 5]),
        ("iam:GetAccountSummary", "*", &[true, false, false, false, false]),
        ("iam:CreateLoginProfile", own_root, &[false, true, false, false, false]),
        ("iam:CreateLoginProfile", other_user, &[false; 5]),
        ("iam:DeleteAccessKey", own_root, &[false, false, true, false, false]),
        ("iam:DeleteLoginProfile", other_user, &[false; 5]),
        ("iam:CreateUser", other_user, &[false; 5]),
        ("iam:CreateAccessKey", own_root, &[false; 5]),
        ("s3:PutBucketPolicy", bucket, &[false, false, false, true, false]),
        ("s3:DeleteBucketPolicy", bucket, &[false, false, false, true, false]),
        ("s3:ListAllMyBuckets", "*", &[false, false, false, true, false]),
        ("s3:GetObject", "arn:aws:s3:::b/k", &[false; 5]),
        ("sqs:SetQueueAttributes", queue, &[false, false, false, false, true]),
        ("sqs:GetQueueAttributes", queue, &[false, false, false, false, true]),
        ("sqs:GetQueueAttributes", foreign_queue, &[false; 5]),
        ("sqs:DeleteQueue", queue, &[false; 5]),
        ("sts:AssumeRole", "arn:aws:iam::222222222222:role/x", &[false; 5]),
        ("sts:AssumeRoot", "arn:aws:iam::333333333333:root", &[false; 5]),
        ("ec2:RunInstances", "*", &[false; 5]),
    ] {
        for (task, expect) in TASKS.iter().zip(tasks) {
            let policy = snapshot.identities.managed_policy(&format!("arn:aws:iam::aws:policy/root-task/{task}"));
            let mut context = RequestContext::new();
            let owner = if resource == foreign_queue { "444444444444" } else { "222222222222" };
            for (key, value) in [
                ("aws:PrincipalArn", own_root),
                ("aws:PrincipalAccount", "222222222222"),
                ("aws:ResourceAccount", owner),
            ] {
                context.set(key, value);
            }
            let session = [policy.unwrap().as_layer()];
            let layers = Layers { session: Some(&session), ..Layers::default() };
            let allowed = decide(&Request::new(action, resource, &root, &context), &layers, ResourceRule::Ordinary);
            assert_eq!(allowed.is_allowed(), *expect, "{task}: {action} on {resource}");
        }
    }
}
