//! Who may manage some of the others, and get no further by it.

use super::{ACCOUNT, ALLOW, TRUST, arn, by, done, world};
use crate::support::{Keys, TestWorld, check, refused};

const HELPER: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"},
    {"Effect":"Deny","Action":["iam:CreateUser","iam:Put*","iam:Attach*","iam:Detach*","iam:Delete*"],"Resource":"*",
     "Condition":{"StringNotEquals":{"iam:PermissionsBoundary":"arn:aws:iam::123456789012:policy/fence"}}}]}"#;
const STAFF_ONLY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Action":["iam:UpdateUser","iam:UpdateGroup"],"Resource":["arn:aws:iam::*:user/staff/*","arn:aws:iam::*:group/staff/*"]}]}"#;

/// Somebody who may do this.
fn someone(world: &TestWorld, document: &str) -> Keys {
    done(world, "CreateUser", &[("UserName", "helper")]);
    done(world, "PutUserPolicy", &[("UserName", "helper"), ("PolicyName", "p"), ("PolicyDocument", document)]);
    let made = done(world, "CreateAccessKey", &[("UserName", "helper")]);
    Keys::new(&made.text("AccessKeyId").unwrap(), &made.text("SecretAccessKey").unwrap())
}

#[test]
fn a_helper_manages_those_who_are_bounded_and_nobody_else() {
    let world = world();
    done(&world, "CreatePolicy", &[("PolicyName", "fence"), ("PolicyDocument", ALLOW)]);
    let helper = someone(&world, HELPER);
    let (fence, admin) = (arn("policy/fence"), "arn:aws:iam::aws:policy/AdministratorAccess");
    let status = |action: &str, params: &[(&str, &str)]| by(&helper, action, params).send(&world).status();
    let who = ("UserName", "fenced");
    assert_eq!(status("CreateUser", &[who]), 403, "unbounded");
    assert_eq!(status("CreateUser", &[who, ("PermissionsBoundary", &fence)]), 200);
    let inline = [who, ("PolicyName", "p"), ("PolicyDocument", ALLOW)];
    for (action, params) in [
        ("PutUserPolicy", inline.as_slice()),
        ("DeleteUserPolicy", &[who, ("PolicyName", "p")]),
        ("AttachUserPolicy", &[who, ("PolicyArn", admin)]),
        ("DetachUserPolicy", &[who, ("PolicyArn", admin)]),
        ("PutUserPermissionsBoundary", &[who, ("PermissionsBoundary", &fence)]),
    ] {
        assert_eq!(status(action, params), 200, "{action}");
    }
    assert_eq!(status("PutUserPermissionsBoundary", &[who, ("PermissionsBoundary", admin)]), 403, "another fence");
    for other in ["helper", "nobody"] {
        let other = ("UserName", other);
        assert_eq!(status("AttachUserPolicy", &[other, ("PolicyArn", admin)]), 403);
        assert_eq!(status("PutUserPolicy", &[other, ("PolicyName", "q"), ("PolicyDocument", ALLOW)]), 403);
        assert_eq!(status("DeleteUserPolicy", &[other, ("PolicyName", "p")]), 403);
    }
}

#[test]
fn whoever_renames_must_be_allowed_to_on_both_names() {
    let world = world();
    done(&world, "CreateGroup", &[("GroupName", "crew"), ("Path", "/staff/")]);
    let helper = someone(&world, STAFF_ONLY);
    for (action, params, resource) in [
        ("UpdateUser", [("UserName", "Selma"), ("NewPath", "/chiefs/")], arn("user/chiefs/Selma")),
        ("UpdateUser", [("UserName", "nobody"), ("NewPath", "/staff/")], "user nobody".to_owned()),
        ("UpdateGroup", [("GroupName", "crew"), ("NewPath", "/chiefs/")], arn("group/chiefs/crew")),
    ] {
        let text = format!(
            "User: arn:aws:iam::{ACCOUNT}:user/helper is not authorized to perform: iam:{action} on resource: {resource} \
             because no identity-based policy allows the iam:{action} action"
        );
        check(&world, &resource, &by(&helper, action, &params), refused(403, "AccessDenied", &text));
    }
    by(&helper, "UpdateUser", &[("UserName", "Selma"), ("NewUserName", "Thelma")]).send(&world).fine();
    by(&helper, "UpdateGroup", &[("GroupName", "crew"), ("NewPath", "/staff/night/")]).send(&world).fine();
}

// AWS: `AccessDenied: ... is not authorized to perform: iam:TagRole` is what CreateRole with tags says (openshift/installer
// 1073), and alike for the rest.
#[test]
fn whoever_makes_something_with_tags_must_be_allowed_to_tag_it() {
    const MAKER: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iam:Create*","Resource":"*"},
        {"Effect":"Allow","Action":"iam:Tag*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"red"}}}]}"#;
    let world = world();
    let maker = someone(&world, MAKER);
    let policy = ("PolicyDocument", ALLOW);
    let trust = ("AssumeRolePolicyDocument", TRUST);
    for (action, tagging, params, resource) in [
        ("CreateUser", "TagUser", vec![("UserName", "new"), ("Path", "/a/")], arn("user/a/new")),
        ("CreateRole", "TagRole", vec![("RoleName", "new"), trust], arn("role/new")),
        ("CreatePolicy", "TagPolicy", vec![("PolicyName", "new"), policy], "policy new".to_owned()),
        (
            "CreateInstanceProfile",
            "TagInstanceProfile",
            vec![("InstanceProfileName", "new")],
            arn("instance-profile/new"),
        ),
        ("CreateVirtualMFADevice", "TagMFADevice", vec![("VirtualMFADeviceName", "new")], arn("mfa/new")),
        (
            "CreateOpenIDConnectProvider",
            "TagOpenIDConnectProvider",
            vec![("Url", "https://a.b/id/c")],
            arn("oidc-provider/a.b/id/c"),
        ),
        // B-841
        (
            "CreateOpenIDConnectProvider",
            "TagOpenIDConnectProvider",
            vec![("Url", "https://a.b:443/id/d")],
            arn("oidc-provider/a.b"),
        ),
        (
            "CreateOpenIDConnectProvider",
            "TagOpenIDConnectProvider",
            vec![("Url", "https://a.b/id:443/e")],
            arn("oidc-provider/a.b/id:443/e"),
        ),
    ] {
        let with = |team| [&params[..], &[("Tags.member.1.Key", "team"), ("Tags.member.1.Value", team)]].concat();
        let text = format!(
            "User: {} is not authorized to perform: iam:{tagging} on resource: {resource} because no identity-based policy \
             allows the iam:{tagging} action",
            arn("user/helper")
        );
        check(&world, action, &by(&maker, action, &with("blue")), refused(403, "AccessDenied", &text));
        let made = by(&maker, action, &with("red")).send(&world);
        assert_eq!(made.status(), 200, "{action}: {}", made.body());
    }
    by(&maker, "CreateUser", &[("UserName", "plain")]).send(&world).fine();
}

/// B-813.
#[test]
fn whoever_makes_something_with_a_boundary_must_be_allowed_to_bound_it() {
    const MAKER: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["iam:CreateUser","iam:CreateRole"],"Resource":"*"},
        {"Effect":"Allow","Action":"iam:Put*PermissionsBoundary",
         "Resource":["arn:aws:iam::*:user/a/new","arn:aws:iam::*:role/a/new"],
         "Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::123456789012:policy/fence"}}}]}"#;
    let world = world();
    done(&world, "CreatePolicy", &[("PolicyName", "fence"), ("PolicyDocument", ALLOW)]);
    let maker = someone(&world, MAKER);
    let (fence, other) = (arn("policy/fence"), "arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
    for (action, bounding, kind, name, more) in [
        ("CreateUser", "PutUserPermissionsBoundary", "user", "UserName", None),
        ("CreateRole", "PutRolePermissionsBoundary", "role", "RoleName", Some(("AssumeRolePolicyDocument", TRUST))),
    ] {
        let call = |path: &str, boundary: Option<&str>| {
            let params = [(name, "new"), ("Path", path)].into_iter().chain(more);
            let params = params.chain(boundary.map(|boundary| ("PermissionsBoundary", boundary)));
            by(&maker, action, &params.collect::<Vec<_>>())
        };
        for (path, boundary) in [("/a/", &other), ("/b/", &fence)] {
            let text = format!(
                "User: {} is not authorized to perform: iam:{bounding} on resource: {} because no identity-based policy \
                 allows the iam:{bounding} action",
                arn("user/helper"),
                arn(&format!("{kind}{path}new"))
            );
            check(&world, action, &call(path, Some(boundary)), refused(403, "AccessDenied", &text));
        }
        let made = call("/a/", Some(&fence)).send(&world);
        assert_eq!(made.status(), 200, "{action}: {}", made.body());
        done(&world, &format!("Delete{}", &action[6..]), &[(name, "new")]);
        let unbounded = call("/b/", None).send(&world);
        assert_eq!(unbounded.status(), 200, "{action}: {}", unbounded.body());
    }
}
