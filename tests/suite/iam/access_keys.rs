//! The whole life of access keys.

use super::{ACCOUNT, admin, arn, by, call, done, elements, nobody, said, selma, texts, world};
use crate::support::{Call, Keys, check, identify, refused};

#[test]
fn a_user_rotates_its_own_key_as_the_guide_says() {
    let world = world();
    let first = selma();
    world.wait(1);
    let answer = by(&first, "CreateAccessKey", &[]).send(&world);
    // iam-key-create-ok
    assert_eq!(elements(&answer, "AccessKey").join(" "), "SecretAccessKey AccessKeyId UserName CreateDate Status");
    let second = Keys::new(&answer.text("AccessKeyId").unwrap(), &answer.text("SecretAccessKey").unwrap());
    assert_eq!((second.secret.len(), second.id.len()), (40, 20));
    assert!(second.id.starts_with("AKIA"));
    assert_eq!(identify(&second).send(&world).text("Arn").unwrap(), arn("user/staff/Selma"));
    let asked = Call::sts("GetAccessKeyInfo").param("AccessKeyId", &second.id).by(&admin()).send(&world);
    assert_eq!(asked.text("Account").as_deref(), Some(ACCOUNT));
    let switch = |keys: &Keys, status: &str| {
        by(keys, "UpdateAccessKey", &[("AccessKeyId", &first.id), ("Status", status)]).send(&world)
    };
    // iamx-key-update: off, refused at once, on again.
    assert_eq!(switch(&second, "Inactive").status(), 200);
    let text = "The security token included in the request is invalid.";
    check(&world, "off", &identify(&first), refused(403, "InvalidClientTokenId", text));
    assert_eq!(texts(&done(&world, "ListAccessKeys", &[("UserName", "selma")]), "Status"), ["Inactive", "Active"]);
    assert_eq!(switch(&second, "Active").status(), 200);
    assert_eq!(identify(&first).send(&world).status(), 200);
    // iamx-key-self-delete
    assert_eq!(by(&second, "DeleteAccessKey", &[("AccessKeyId", &first.id)]).send(&world).status(), 200);
    check(&world, "gone", &identify(&first), refused(403, "InvalidClientTokenId", text));
    let listed = by(&second, "ListAccessKeys", &[]).send(&world);
    // iam-key-list-ok
    assert_eq!(elements(&listed, "member").join(" "), "AccessKeyId UserName CreateDate Status");
    assert_eq!(texts(&listed, "AccessKeyId"), [second.id]);
    assert!(!listed.body().contains("SecretAccessKey"));
}

#[test]
fn a_key_tells_when_it_was_last_used() {
    let world = world();
    let asked = |id: &str| done(&world, "GetAccessKeyLastUsed", &[("AccessKeyId", id)]);
    let unused = asked("AKIANOBODY000000");
    // iam-key-lastused-unused
    assert_eq!(elements(&unused, "AccessKeyLastUsed").join(" "), "Region ServiceName");
    assert_eq!((unused.text("Region").as_deref(), unused.text("ServiceName").as_deref()), (Some("N/A"), Some("N/A")));
    assert_eq!(unused.text("UserName").as_deref(), Some("nobody"));
    identify(&nobody()).region("eu-west-1").send(&world);
    let used = asked("AKIANOBODY000000");
    assert_eq!((used.text("Region").as_deref(), used.text("ServiceName").as_deref()), (Some("eu-west-1"), Some("sts")));
    assert_eq!(used.text("LastUsedDate").as_deref(), Some("2026-01-15T12:00:00Z"));
    world.wait(90);
    // iam-key-lastused-used: a refused call of IAM is a use as well.
    assert_eq!(by(&nobody(), "ListUsers", &[]).send(&world).status(), 403);
    let used = asked("AKIANOBODY000000");
    assert_eq!((used.text("Region").as_deref(), used.text("ServiceName").as_deref()), (Some("us-east-1"), Some("iam")));
    assert_eq!(used.text("LastUsedDate").as_deref(), Some("2026-01-15T12:01:30Z"));
    // A signature that is none is no use.
    identify(&nobody().with_secret("guessed")).region("eu-west-2").send(&world);
    assert_eq!(asked("AKIANOBODY000000").text("Region").as_deref(), Some("us-east-1"));
    // What a change of the key leaves.
    said("UpdateAccessKey UserName=nobody AccessKeyId=AKIANOBODY000000 Status=Inactive").send(&world).fine();
    assert_eq!(asked("AKIANOBODY000000").text("ServiceName").as_deref(), Some("iam"));
    for id in ["AKIAABSENT000000", "AKIAIOSFODNN7EXAMPLE"] {
        let text = format!(
            "User: {} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {id}",
            arn("user/admin")
        );
        let refusal = refused(403, "AccessDenied", &text);
        check(&world, "iam-key-lastused-none", &call("GetAccessKeyLastUsed", &[("AccessKeyId", id)]), refusal);
    }
    let text = format!(
        "User: {} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: {} because no identity-based policy \
         allows the iam:GetAccessKeyLastUsed action",
        arn("user/nobody"),
        arn("user/admin")
    );
    said("UpdateAccessKey UserName=nobody AccessKeyId=AKIANOBODY000000 Status=Active").send(&world).fine();
    let denied = by(&nobody(), "GetAccessKeyLastUsed", &[("AccessKeyId", &admin().id), ("UserName", "nobody")]);
    check(&world, "iam-s-auth-keylastused", &denied, refused(403, "AccessDenied", &text));
}

#[test]
fn what_a_role_was_used_for_is_told_as_well() {
    let world = world();
    let keys = Call::assume_role(&arn("role/worker"), "session").by(&admin()).send(&world).keys();
    let role = || done(&world, "GetRole", &[("RoleName", "worker")]);
    assert!(role().body().contains("<RoleLastUsed/>"), "{}", role().body());
    identify(&keys).region("eu-north-1").send(&world);
    assert_eq!(elements(&role(), "RoleLastUsed").join(" "), "LastUsedDate Region");
    assert_eq!(role().text("Region").as_deref(), Some("eu-north-1"));
}

#[test]
fn refusals_are_those_of_aws() {
    let world = world();
    let session = Call::assume_role(&arn("role/worker"), "session").by(&admin()).send(&world).keys();
    done(&world, "CreateAccessKey", &[("UserName", "nobody")]);
    said("UpdateAccessKey UserName=nobody AccessKeyId=AKIANOBODY000000 Status=Inactive").send(&world).fine();
    let absent = "AKIAABSENT000000";
    let no_key = format!("The Access Key with id {absent} cannot be found.");
    let no_user = "The user with name ghost cannot be found.";
    let foreign = "The Access Key with id AKIASELMA0000000 cannot be found.";
    let status = "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value \
                  set: [Active, Inactive, Expired]";
    let quota = refused(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2");
    for (id, line, expect) in [
        ("iam-key-limit, iamx-key-inactive-counts", "CreateAccessKey UserName=nobody", quota),
        ("iam-key-nouser", "CreateAccessKey UserName=ghost", refused(404, "NoSuchEntity", no_user)),
        (
            "iam-key-update-none",
            &format!("UpdateAccessKey AccessKeyId={absent} Status=Active"),
            refused(404, "NoSuchEntity", &no_key),
        ),
        (
            "iamx-key-delete-none",
            &format!("DeleteAccessKey AccessKeyId={absent}"),
            refused(404, "NoSuchEntity", &no_key),
        ),
        ("foreign", "DeleteAccessKey AccessKeyId=AKIASELMA0000000", refused(404, "NoSuchEntity", foreign)),
        (
            "iam-ssc-status",
            &format!("UpdateAccessKey AccessKeyId={absent} Status=on"),
            refused(400, "ValidationError", status),
        ),
    ] {
        check(&world, id, &said(line), expect);
    }
    let expired = said("UpdateAccessKey UserName=Selma AccessKeyId=AKIASELMA0000000 Status=Expired").send(&world);
    assert_eq!((expired.status(), expired.text("Code").as_deref()), (400, Some("InvalidInput")), "iam-s-key-expired");
    assert_eq!(identify(&selma()).send(&world).status(), 200);
    let unnamed = "Must specify userName when calling with non-User credentials";
    for action in ["CreateAccessKey", "ListAccessKeys", "GetUser"] {
        check(&world, "iamx-user-self", &by(&session, action, &[]), refused(400, "ValidationError", unnamed));
    }
    let call = by(&session, "DeleteAccessKey", &[("AccessKeyId", absent)]);
    check(&world, "iam-key-noname", &call, refused(400, "ValidationError", unnamed));
    // iamx-key-list-empty
    done(&world, "CreateUser", &[("UserName", "bare")]);
    assert_eq!(
        elements(&done(&world, "ListAccessKeys", &[("UserName", "bare")]), "ListAccessKeysResult").join(" "),
        "IsTruncated AccessKeyMetadata"
    );
}

/// B-812.
#[test]
fn a_session_must_be_allowed_to_ask_before_it_is_told_to_name_a_user() {
    let world = world();
    let trust = super::TRUST.replace(r#""Service":["ec2.amazonaws.com"]"#, &format!(r#""AWS":"{}""#, arn("root")));
    done(&world, "CreateRole", &[("RoleName", "idle"), ("AssumeRolePolicyDocument", &trust)]);
    let session = Call::assume_role(&arn("role/idle"), "night").by(&admin()).send(&world).keys();
    let denied = "User: arn:aws:sts::123456789012:assumed-role/idle/night is not authorized to perform: iam:GetUser on \
                  resource: user night because no identity-based policy allows the iam:GetUser action";
    check(&world, "GetUser", &by(&session, "GetUser", &[]), refused(403, "AccessDenied", denied));
    let policy =
        super::ALLOW.replace("s3:Get*", "iam:GetUser").replace(r#""*""#, &format!(r#""{}""#, arn("user/night")));
    done(&world, "PutRolePolicy", &[("RoleName", "idle"), ("PolicyName", "p"), ("PolicyDocument", &policy)]);
    let unnamed = "Must specify userName when calling with non-User credentials";
    for action in ["GetUser", "ListAccessKeys", "ListMFADevices", "GetLoginProfile"] {
        check(&world, action, &by(&session, action, &[]), refused(400, "ValidationError", unnamed));
    }
}

#[test]
fn the_root_user_has_keys_of_its_own() {
    let world = world();
    let root = Keys::of("root");
    let made = by(&root, "CreateAccessKey", &[]).send(&world);
    assert_eq!(elements(&made, "AccessKey").join(" "), "SecretAccessKey AccessKeyId CreateDate Status");
    let second = Keys::new(&made.text("AccessKeyId").unwrap(), &made.text("SecretAccessKey").unwrap());
    assert_eq!(identify(&second).send(&world).text("Arn").unwrap(), arn("root"));
    // iamx-wire-root-user
    assert_eq!(elements(&by(&second, "GetUser", &[]).send(&world), "User").join(" "), "Arn UserId CreateDate");
}

#[test]
fn self_service_reaches_ones_own_keys_and_no_others() {
    let world = world();
    assert_eq!(by(&selma(), "CreateAccessKey", &[("UserName", "selma")]).send(&world).status(), 200);
    assert_eq!(by(&selma(), "CreateAccessKey", &[("UserName", "admin")]).send(&world).status(), 403);
    assert_eq!(by(&selma(), "ListUsers", &[]).send(&world).status(), 403);
    // What is granted counts from the next call on.
    let policy = super::ALLOW.replace("s3:Get*", "iam:ListUsers");
    done(&world, "PutUserPolicy", &[("UserName", "Selma"), ("PolicyName", "more"), ("PolicyDocument", &policy)]);
    assert_eq!(by(&selma(), "ListUsers", &[]).send(&world).status(), 200);
    done(&world, "DeleteUserPolicy", &[("UserName", "Selma"), ("PolicyName", "MORE")]);
    assert_eq!(by(&selma(), "ListUsers", &[]).send(&world).status(), 403);
}
