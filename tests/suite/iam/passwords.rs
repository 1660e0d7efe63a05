//! Passwords of users: made, changed, told of; and what an account asks of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{admin, arn, by, call, done, elements, nobody, selma, texts, world};
use crate::support::{Call, Keys, Refusal, check, refused};

fn weak(text: &str) -> Refusal<'_> {
    refused(400, "PasswordPolicyViolation", text)
}

#[test]
fn a_user_has_one_password_or_none() {
    let world = world();
    let none = refused(404, "NoSuchEntity", "Login Profile for User Selma cannot be found.");
    for action in ["GetLoginProfile", "DeleteLoginProfile", "UpdateLoginProfile"] {
        check(&world, "iamx-login-none", &call(action, &[("UserName", "Selma")]), none);
    }
    let create = [("UserName", "Selma"), ("Password", "Of-Three-Kinds")];
    let made = done(&world, "CreateLoginProfile", &create);
    // iamx-login-ok
    assert_eq!(elements(&made, "LoginProfile").join(" "), "PasswordResetRequired UserName CreateDate");
    let taken = refused(409, "EntityAlreadyExists", "Login Profile for user Selma already exists.");
    check(&world, "iamx-login-dup", &call("CreateLoginProfile", &create), taken);
    let reset =
        |name: &str| done(&world, "GetLoginProfile", &[("UserName", name)]).text("PasswordResetRequired").unwrap();
    assert_eq!(reset("selma"), "false");
    done(&world, "UpdateLoginProfile", &[("UserName", "Selma"), ("PasswordResetRequired", "true")]);
    // iam-s-login-update-none: nothing to be changed is no fault, and a new password leaves the rest as it was.
    done(&world, "UpdateLoginProfile", &[("UserName", "Selma")]);
    done(&world, "UpdateLoginProfile", &[("UserName", "Selma"), ("Password", "Another-One")]);
    assert_eq!(reset("Selma"), "true");
    done(&world, "UpdateUser", &[("UserName", "Selma"), ("NewUserName", "Anselma")]);
    // iamx-user-rename-login
    assert_eq!(
        done(&world, "GetLoginProfile", &[("UserName", "Anselma")]).text("UserName").as_deref(),
        Some("Anselma")
    );
    done(&world, "DeleteAccessKey", &[("UserName", "Anselma"), ("AccessKeyId", &selma().id)]);
    done(&world, "DeleteUserPolicy", &[("UserName", "Anselma"), ("PolicyName", "own-keys")]);
    let delete = call("DeleteUser", &[("UserName", "Anselma")]);
    let first = refused(409, "DeleteConflict", "Cannot delete entity, must delete login profile first.");
    check(&world, "iamx-user-del-login", &delete, first);
    done(&world, "DeleteLoginProfile", &[("UserName", "Anselma")]);
    assert_eq!(delete.send(&world).status(), 200);
}

#[test]
fn a_user_changes_its_own_password() {
    let world = world();
    let change = |old: &str, new: &str| by(&admin(), "ChangePassword", &[("OldPassword", old), ("NewPassword", new)]);
    let none = refused(404, "NoSuchEntity", "Login Profile for User admin cannot be found.");
    check(&world, "no password", &change("Of-Three-Kinds", "Another-One"), none);
    done(&world, "CreateLoginProfile", &[("Password", "Of-Three-Kinds"), ("PasswordResetRequired", "true")]);
    for (old, new) in [("of-three-kinds", "Another-One"), ("Of-Three-Kinds", "Of-Three-Kinds")] {
        let answer = change(old, new).send(&world);
        assert_eq!(
            (answer.status(), answer.text("Code").as_deref()),
            (403, Some("AccessDenied")),
            "iam-s-changepw-wrong"
        );
    }
    let few = "Password should meet 1 more of the following requirements: Password should have at least one uppercase \
               letter, Password should have at least one number";
    check(&world, "B-775", &change("Of-Three-Kinds", "two-kinds"), weak(few));
    let short = weak("Password should have a minimum length of 8");
    check(&world, "B-775", &change("Of-Three-Kinds", "Three-1"), short);
    assert_eq!(change("Of-Three-Kinds", "Another-One").send(&world).status(), 200);
    assert_eq!(done(&world, "GetLoginProfile", &[]).text("PasswordResetRequired").as_deref(), Some("false"));
    assert_eq!(change("Of-Three-Kinds", "The-Third-One").send(&world).status(), 403);
    let text = format!(
        "User: {} is not authorized to perform: iam:ChangePassword on resource: {} because no identity-based policy allows \
         the iam:ChangePassword action",
        arn("user/nobody"),
        arn("user/nobody")
    );
    let denied = by(&nobody(), "ChangePassword", &[("OldPassword", "x"), ("NewPassword", "y")]);
    check(&world, "B-543", &denied, refused(403, "AccessDenied", &text));
    let session = Call::assume_role(&arn("role/worker"), "session");
    let session = session.by(&admin()).send(&world).keys();
    for keys in [session, Keys::of("root")] {
        let answer = by(&keys, "ChangePassword", &[("OldPassword", "x"), ("NewPassword", "y")]).send(&world);
        assert_eq!((answer.status(), answer.text("Code").as_deref()), (400, Some("InvalidUserType")));
    }
}

#[test]
fn passwords_stand_in_the_credential_report() {
    let world = world();
    done(&world, "CreateLoginProfile", &[("UserName", "Selma"), ("Password", "Of-Three-Kinds")]);
    done(&world, "CreateLoginProfile", &[("UserName", "nobody"), ("Password", "Of-Three-Kinds")]);
    world.wait(60);
    done(&world, "UpdateLoginProfile", &[("UserName", "Selma"), ("Password", "Another-One")]);
    done(&world, "UpdateLoginProfile", &[("UserName", "nobody"), ("PasswordResetRequired", "true")]);
    let row = |name: &str| {
        done(&world, "GenerateCredentialReport", &[]);
        let content = done(&world, "GetCredentialReport", &[]).text("Content").unwrap();
        let report = String::from_utf8(STANDARD.decode(content).unwrap()).unwrap();
        let row = report.lines().find(|line| line.starts_with(&format!("{name},"))).unwrap().to_owned();
        row.split(',').skip(3).take(4).collect::<Vec<_>>().join(",")
    };
    assert_eq!(row("Selma"), "true,no_information,2026-01-15T12:01:00Z,N/A");
    assert_eq!(row("nobody"), "true,no_information,2026-01-15T12:00:00Z,N/A");
    assert_eq!(row("admin"), "false,N/A,N/A,N/A");
    done(&world, "UpdateAccountPasswordPolicy", &[("MaxPasswordAge", "90")]);
    world.wait(4 * 60 * 60);
    assert_eq!(row("Selma"), "true,no_information,2026-01-15T12:01:00Z,2026-04-15T12:01:00Z");
    assert_eq!(row("admin"), "false,N/A,N/A,N/A");
}

#[test]
fn several_numbers_that_are_too_large_are_told_together() {
    let world = world();
    let params = [("MinimumPasswordLength", "129"), ("PasswordReusePrevention", "25"), ("MaxPasswordAge", "1096")];
    let call = call("UpdateAccountPasswordPolicy", &params);
    let answer = call.send(&world);
    assert_eq!((answer.status(), answer.text("Code").as_deref()), (400, Some("ValidationError")));
    let text = answer.text("Message").unwrap();
    let (count, faults) = text.split_once(" validation errors detected: ").unwrap();
    let mut faults: Vec<&str> = faults.split("; ").collect();
    faults.sort_unstable();
    // iam-validation-many: the order is that of a hash map of AWS's.
    let expect = [("maxPasswordAge", 1095), ("minimumPasswordLength", 128), ("passwordReusePrevention", 24)].map(
        |(name, most)| {
            format!(
                "Value at '{name}' failed to satisfy constraint: Member must have value less than or equal to {most}"
            )
        },
    );
    assert_eq!((count, faults), ("3", expect.iter().map(String::as_str).collect()));
}

#[test]
fn an_account_says_what_passwords_must_be() {
    let world = world();
    let (get, delete) = (call("GetAccountPasswordPolicy", &[]), call("DeleteAccountPasswordPolicy", &[]));
    let none = "The Password Policy with domain name 123456789012 cannot be found.";
    check(&world, "iamx-pw-none", &get, refused(404, "NoSuchEntity", none));
    let none = "The account policy with name PasswordPolicy cannot be found.";
    check(&world, "iamx-pw-del-none", &delete, refused(404, "NoSuchEntity", none));
    done(&world, "UpdateAccountPasswordPolicy", &[]);
    // iamx-pw-defaults
    let plain = get.send(&world);
    assert_eq!(
        elements(&plain, "PasswordPolicy").join(" "),
        "ExpirePasswords MinimumPasswordLength RequireSymbols AllowUsersToChangePassword RequireLowercaseCharacters \
         RequireNumbers RequireUppercaseCharacters"
    );
    assert_eq!(plain.text("MinimumPasswordLength").as_deref(), Some("6"));
    assert!(!plain.body().contains("true"));
    let create = |password: &str| call("CreateLoginProfile", &[("UserName", "nobody"), ("Password", password)]);
    check(&world, "B-775", &create("abcde"), weak("Password should have a minimum length of 6"));
    let all = [
        ("MinimumPasswordLength", "8"),
        ("RequireSymbols", "true"),
        ("RequireNumbers", "true"),
        ("RequireUppercaseCharacters", "true"),
        ("RequireLowercaseCharacters", "true"),
        ("MaxPasswordAge", "90"),
        ("PasswordReusePrevention", "2"),
        ("HardExpiry", "false"),
        ("AllowUsersToChangePassword", "true"),
    ];
    done(&world, "UpdateAccountPasswordPolicy", &all);
    let shown = get.send(&world);
    assert_eq!(
        elements(&shown, "PasswordPolicy").join(" "),
        "ExpirePasswords MinimumPasswordLength RequireSymbols PasswordReusePrevention AllowUsersToChangePassword \
         RequireLowercaseCharacters HardExpiry RequireNumbers MaxPasswordAge RequireUppercaseCharacters"
    );
    assert_eq!(texts(&shown, "ExpirePasswords"), ["true"]);
    for (password, lacks) in [
        ("1-5678", "at least one uppercase letter"),
        ("A1-5678", "at least one lowercase letter"),
        ("Abc-defg", "at least one number"),
        ("Ab1x5678", "at least one symbol"),
        ("Ab1-567", "a minimum length of 8"),
    ] {
        check(&world, "B-775", &create(password), weak(&format!("Password should have {lacks}")));
    }
    assert_eq!(create("Ab1-5678").send(&world).status(), 200);
    let update = |password: &str| {
        call("UpdateLoginProfile", &[("UserName", "nobody"), ("Password", password)]).send(&world).status()
    };
    // Of the last two none comes again.
    let tried = ["Ab1-5678", "Ab1-5679", "Ab1-5678", "Ab1-5680", "Ab1-5678"].map(update);
    assert_eq!(tried, [400, 200, 400, 200, 200]);
    assert_eq!(delete.send(&world).status(), 200);
    assert_eq!(get.send(&world).status(), 404);
}
