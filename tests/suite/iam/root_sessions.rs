//! What a session of a member's root user may do with that user's credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{by, elements};
use crate::support::{Answer, Call, Keys, TestWorld, check, refused};

const SEED: &str = r#"
organizations:
  - { id: o-testcompany, managementAccount: "111111111111", memberAccounts: ["222222222222"], iam: { features: [RootCredentialsManagement] } }
accounts:
  - id: "111111111111"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
  - id: "222222222222"
    rootAccessKeys: [{ id: AKIAMEMBERROOT00, secret: root-secret }]
    rootMfaDevices: [{ name: phone, secret: GEZDGNBVGY3TQOJQ }]
"#;

const ROOT: &str = "arn:aws:iam::222222222222:root";

fn session(world: &TestWorld, task: &str) -> Keys {
    let task = format!("arn:aws:iam::aws:policy/root-task/{task}");
    let call = Call::sts("AssumeRoot").param("TargetPrincipal", "222222222222").param("TaskPolicyArn.arn", &task);
    call.by(&Keys::of("alice")).send(world).keys()
}

#[track_caller]
fn done(world: &TestWorld, keys: &Keys, action: &str, params: &[(&str, &str)]) -> Answer {
    by(keys, action, params).send(world).fine()
}

#[test]
fn a_root_user_is_told_of_without_name_and_path() {
    let world = TestWorld::new(SEED);
    let audit = session(&world, "IAMAuditRootUserCredentials");
    // sts-s-aroot-session-getuser
    let shown = done(&world, &audit, "GetUser", &[]);
    assert_eq!(elements(&shown, "User").join(" "), "Arn UserId CreateDate");
    assert_eq!((shown.text("Arn").as_deref(), shown.text("UserId").as_deref()), (Some(ROOT), Some("222222222222")));
    let summary = done(&world, &audit, "GetAccountSummary", &[]);
    assert!(summary.body().contains("AccountPasswordPresent"));
    let denied = by(&audit, "CreateLoginProfile", &[]).send(&world);
    assert_eq!((denied.status(), denied.text("Code").as_deref()), (403, Some("AccessDenied")));
}

#[test]
fn a_root_user_is_let_choose_a_password_and_loses_what_it_has() {
    let world = TestWorld::new(SEED);
    let (create, delete) = ("IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials");
    let (create, delete) = (session(&world, create), session(&world, delete));
    let none = refused(404, "NoSuchEntity", "Login Profile for User null cannot be found.");
    check(&world, "sts-s-aroot-profile-none", &by(&create, "GetLoginProfile", &[]), none);
    check(&world, "nothing to delete", &by(&delete, "DeleteLoginProfile", &[]), none);
    let given = by(&create, "CreateLoginProfile", &[("Password", "Of-Three-Kinds")]).send(&world);
    assert_eq!((given.status(), given.text("Code").as_deref()), (400, Some("ValidationError")), "B-545");
    let made = done(&world, &create, "CreateLoginProfile", &[]);
    assert_eq!(elements(&made, "LoginProfile").join(" "), "PasswordResetRequired CreateDate");
    let taken = refused(409, "EntityAlreadyExists", "Login Profile for account 222222222222 already exists.");
    check(&world, "sts-s-aroot-profile-exists", &by(&create, "CreateLoginProfile", &[]), taken);
    let present = |keys: &Keys| {
        let summary = done(&world, keys, "GetAccountSummary", &[]);
        let (_, behind) = summary.body().split_once("AccountPasswordPresent").unwrap();
        behind.split_once("<value>").unwrap().1.starts_with('1')
    };
    let audit = session(&world, "IAMAuditRootUserCredentials");
    assert!(present(&audit));
    done(&world, &delete, "GetLoginProfile", &[]);
    done(&world, &delete, "DeleteLoginProfile", &[]);
    assert!(!present(&audit));
    done(&world, &delete, "DeleteAccessKey", &[("AccessKeyId", "AKIAMEMBERROOT00")]);
    done(&world, &delete, "DeactivateMFADevice", &[("SerialNumber", "arn:aws:iam::222222222222:mfa/phone")]);
    assert!(done(&world, &delete, "ListAccessKeys", &[]).text("AccessKeyId").is_none());
    assert!(done(&world, &delete, "ListMFADevices", &[]).text("SerialNumber").is_none());
}

/// How the root user's password stands in the report, from whether it is enabled to when it must change.
fn password_of_root(world: &TestWorld, keys: &Keys) -> String {
    done(world, keys, "GenerateCredentialReport", &[]);
    let content = done(world, keys, "GetCredentialReport", &[]).text("Content").unwrap();
    let report = String::from_utf8(STANDARD.decode(content).unwrap()).unwrap();
    report.lines().nth(1).unwrap().split(',').skip(3).take(4).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_password_of_a_root_user_is_in_the_report_of_its_account() {
    let world = company("true");
    let member = Keys::new("AKIAMEMBER", "secret");
    let task = "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword";
    let call = Call::sts("AssumeRoot").param("TargetPrincipal", "222222222222").param("TaskPolicyArn.arn", task);
    let none = "not_supported no_information not_supported not_supported";
    assert_eq!(password_of_root(&world, &member), none, "report_before");
    world.wait(4 * 60 * 60);
    done(&world, &call.by(&Keys::new("AKIAALICE", "secret")).send(&world).keys(), "CreateLoginProfile", &[]);
    let made = "true no_information 2026-01-15T16:00:00Z not_supported";
    assert_eq!(password_of_root(&world, &member), made, "report_after_create");
}

const COMPANY: &str = r#"
organizations:
  - id: o-testcompany
    managementAccount: "111111111111"
    memberAccounts: ["222222222222", "333333333333"]
    iam: { trustedAccess: TRUSTED, delegatedAdministrators: ["333333333333"], features: [RootCredentialsManagement] }
accounts:
  - { id: "111111111111", users: [ADMIN(AKIAALICE)] }
  - { id: "222222222222", users: [ADMIN(AKIAMEMBER)] }
  - { id: "333333333333", users: [ADMIN(AKIADELEGATE)] }
  - { id: "444444444444", users: [ADMIN(AKIASTRANGER)] }
"#;

fn company(trusted: &str) -> TestWorld {
    let mut seed = COMPANY.replace("TRUSTED", trusted);
    for id in ["AKIAALICE", "AKIAMEMBER", "AKIADELEGATE", "AKIASTRANGER"] {
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let user = format!(
            "{{ name: admin, accessKeys: [{{ id: {id}, secret: secret }}], policies: [{{ name: all, document: {policy} }}] }}"
        );
        seed = seed.replace(&format!("ADMIN({id})"), &user);
    }
    TestWorld::new(&seed)
}

fn features(answer: &Answer) -> String {
    super::texts(answer, "member").join(" ")
}

#[test]
fn an_organization_is_told_what_iam_does_for_it_and_switches_that() {
    let world = company("true");
    let keys = |id: &str| Keys::new(id, "secret");
    let (lead, delegate) = (keys("AKIAALICE"), keys("AKIADELEGATE"));
    let list = done(&world, &delegate, "ListOrganizationsFeatures", &[]);
    assert_eq!(
        (list.text("OrganizationId").as_deref(), &*features(&list)),
        (Some("o-testcompany"), "RootCredentialsManagement")
    );
    let on = done(&world, &lead, "EnableOrganizationsRootSessions", &[]);
    assert_eq!(features(&on), "RootSessions RootCredentialsManagement");
    let off = |keys: &Keys| features(&done(&world, keys, "DisableOrganizationsRootCredentialsManagement", &[]));
    assert_eq!((off(&delegate).as_str(), off(&lead).as_str()), ("RootSessions", "RootSessions"), "twice is no fault");
    let task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
    let assume =
        Call::sts("AssumeRoot").param("TargetPrincipal", "222222222222").param("TaskPolicyArn.arn", task).by(&lead);
    assert_eq!(assume.send(&world).status(), 403, "felt at once");
    done(&world, &lead, "EnableOrganizationsRootCredentialsManagement", &[]);
    assert_eq!(assume.send(&world).status(), 200);
    done(&world, &lead, "DisableOrganizationsRootSessions", &[]);
    let not_lead =
        "Caller account 333333333333 is not management account of the organization and cannot enable IAM features.";
    let refusal = refused(400, "CallerIsNotManagementAccountException", not_lead);
    for action in ["EnableOrganizationsRootCredentialsManagement", "EnableOrganizationsRootSessions"] {
        check(&world, "sts-s-org-delegate-enable", &by(&delegate, action, &[]), refusal);
    }
    let member = "Input account 222222222222 is neither management account nor delegated admin.";
    let refusal = refused(400, "AccountNotManagementOrDelegatedAdministratorException", member);
    check(&world, "sts-s-org-member", &by(&keys("AKIAMEMBER"), "ListOrganizationsFeatures", &[]), refusal);
    let stranger = by(&keys("AKIASTRANGER"), "ListOrganizationsFeatures", &[]).send(&world);
    assert_eq!(stranger.text("Code").as_deref(), Some("OrganizationNotFoundException"), "B-602");
}

#[test]
fn an_organization_that_does_not_trust_iam_has_nothing_done() {
    let world = company("false");
    let list = by(&Keys::new("AKIAALICE", "secret"), "ListOrganizationsFeatures", &[]);
    let text = "Trusted Access for IAM not enabled by organization of input account 111111111111.";
    // iam-s-org-trusted-off
    check(&world, "sts-s-org-no-trust", &list, refused(400, "ServiceAccessNotEnabledException", text));
}

#[test]
fn features_of_the_organization_are_judged_on_everything() {
    let world = super::world();
    let text = |rest: &str| format!("User: {} is not authorized to perform: iam:{rest}", super::arn("user/nobody"));
    let call = |action: &str| by(&super::nobody(), action, &[]);
    // sts-s-iam-denied-no-link
    let silent = text(
        "ListOrganizationsFeatures on resource: * because no identity-based policy allows the \
         iam:ListOrganizationsFeatures action",
    );
    check(&world, "iam-s-denied-star", &call("ListOrganizationsFeatures"), refused(403, "AccessDenied", &silent));
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:Enable*","Resource":"*"}]}"#;
    super::done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "no"), ("PolicyDocument", deny)]);
    let explicit =
        text("EnableOrganizationsRootSessions on resource: * with an explicit deny in an identity-based policy");
    // sts-s-iam-denied-explicit
    check(
        &world,
        "iam-s-denied-explicit",
        &call("EnableOrganizationsRootSessions"),
        refused(403, "AccessDenied", &explicit),
    );
}
