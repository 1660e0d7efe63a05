//! What a session of a member's root user may do with that user's credentials.

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
    call.by(&Keys::new("AKIAALICE", "alice-secret")).send(world).keys()
}

#[track_caller]
fn done(world: &TestWorld, keys: &Keys, action: &str, params: &[(&str, &str)]) -> Answer {
    let answer = by(keys, action, params).send(world);
    assert_eq!(answer.status(), 200, "{action}: {}", answer.body());
    answer
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
