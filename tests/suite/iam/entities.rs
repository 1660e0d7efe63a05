//! Users, groups, roles and instance profiles: made, found, altered, removed.

use super::{ACCOUNT, TRUST, admin, arn, by, call, decoded, done, elements, said, selma, texts, world};
use crate::support::{Call, check, identify, refused};

#[test]
fn refusals_are_those_of_aws() {
    let world = world();
    done(&world, "CreateGroup", &[("GroupName", "team")]);
    done(&world, "CreateRole", &[("RoleName", "idle"), ("AssumeRolePolicyDocument", TRUST)]);
    done(&world, "CreateInstanceProfile", &[("InstanceProfileName", "box")]);
    let no_user = "The user with name ghost cannot be found.";
    let no_group = "The group with name ghost cannot be found.";
    let no_role = "The role with name ghost cannot be found.";
    for (id, line, text) in [
        ("iamx-user-none", "GetUser UserName=ghost", no_user),
        ("iamx-user-none", "DeleteUser UserName=ghost", no_user),
        ("iamx-user-none", "ListUserTags UserName=ghost", no_user),
        ("iamx-group-none", "GetGroup GroupName=ghost", no_group),
        ("iamx-group-remove-order", "RemoveUserFromGroup GroupName=ghost UserName=ghost", no_user),
        ("iamx-group-add-nouser", "AddUserToGroup GroupName=team UserName=ghost", no_user),
        ("iamx-group-add-nogroup", "AddUserToGroup GroupName=ghost UserName=Selma", no_group),
        ("iam-role-none", "GetRole RoleName=ghost", no_role),
        ("iamx-role-update-404", "UpdateRole RoleName=ghost", no_role),
        ("iamx-trust-update-404", &format!("UpdateAssumeRolePolicy RoleName=ghost PolicyDocument={TRUST}"), no_role),
        ("iamx-role-tags-404", "ListRoleTags RoleName=ghost", no_role),
        ("iamx-ip-none", "GetInstanceProfile InstanceProfileName=ghost", "Instance Profile ghost cannot be found."),
        ("iamx-ip-norole", "AddRoleToInstanceProfile InstanceProfileName=box RoleName=ghost", no_role),
        (
            "iamx-ip-notin",
            "RemoveRoleFromInstanceProfile InstanceProfileName=box RoleName=idle",
            "Role idle in Instance Profile box cannot be found.",
        ),
    ] {
        check(&world, id, &said(line), refused(404, "NoSuchEntity", text));
    }
    for (id, line, taken) in [
        ("iam-user-exists", "CreateUser UserName=Selma", "User with name Selma"),
        ("iamx-user-case", "CreateUser UserName=SELMA Path=/other/", "User with name SELMA"),
        ("iamx-group-dup", "CreateGroup GroupName=TEAM", "Group with name TEAM"),
        (
            "iam-role-exists",
            &format!("CreateRole RoleName=idle AssumeRolePolicyDocument={TRUST}"),
            "Role with name idle",
        ),
        ("iamx-ip-dup", "CreateInstanceProfile InstanceProfileName=box", "Instance Profile box"),
    ] {
        let text = format!("{taken} already exists.");
        check(&world, id, &said(line), refused(409, "EntityAlreadyExists", &text));
    }
    done(&world, "AddRoleToInstanceProfile", &[("InstanceProfileName", "box"), ("RoleName", "idle")]);
    let quota = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
    for (id, role) in [("iamx-ip-second", "worker"), ("iam-s-profile-same-role", "idle")] {
        let call = call("AddRoleToInstanceProfile", &[("InstanceProfileName", "box"), ("RoleName", role)]);
        check(&world, id, &call, refused(409, "LimitExceeded", quota));
    }
    let inside = "Cannot delete entity, must remove roles from instance profile first.";
    let asked = call("DeleteInstanceProfile", &[("InstanceProfileName", "box")]);
    check(&world, "iamx-ip-del", &asked, refused(409, "DeleteConflict", inside));
    let asked = call("DeleteRole", &[("RoleName", "idle")]);
    check(&world, "iamx-role-del-profile", &asked, refused(409, "DeleteConflict", inside));
    let answer = done(&world, "GetInstanceProfile", &[("InstanceProfileName", "BOX")]);
    // iamx-ip-get
    assert_eq!(
        elements(&answer, "InstanceProfile").join(" "),
        "Path Roles InstanceProfileName Arn InstanceProfileId Tags CreateDate"
    );
    assert!(answer.body().contains("<Tags/>") && !answer.body().contains("MaxSessionDuration"));
    done(&world, "RemoveRoleFromInstanceProfile", &[("InstanceProfileName", "box"), ("RoleName", "idle")]);
    let again =
        call("RemoveRoleFromInstanceProfile", &[("InstanceProfileName", "box"), ("RoleName", "idle")]).send(&world);
    assert_eq!(again.status(), 404, "iam-s-profile-remove-absent");
    done(&world, "DeleteInstanceProfile", &[("InstanceProfileName", "box")]);
    done(&world, "DeleteRole", &[("RoleName", "idle")]);
}

#[test]
fn a_renamed_user_stays_who_it_is() {
    let world = world();
    done(&world, "CreateGroup", &[("GroupName", "team")]);
    done(&world, "AddUserToGroup", &[("GroupName", "team"), ("UserName", "Selma")]);
    // iamx-group-add-twice
    done(&world, "AddUserToGroup", &[("GroupName", "team"), ("UserName", "Selma")]);
    let before = done(&world, "GetUser", &[("UserName", "selma")]);
    done(&world, "UpdateUser", &[("UserName", "Selma"), ("NewUserName", "Thelma"), ("NewPath", "/boss/")]);
    let after = done(&world, "GetUser", &[("UserName", "thelma")]);
    // iamx-user-rename, iamx-user-rename-keys
    assert_eq!(before.text("UserId"), after.text("UserId"));
    assert_eq!(after.text("Arn").unwrap(), arn("user/boss/Thelma"));
    assert_eq!(call("GetUser", &[("UserName", "Selma")]).send(&world).status(), 404);
    assert_eq!(identify(&selma()).send(&world).text("Arn").unwrap(), arn("user/boss/Thelma"));
    assert_eq!(done(&world, "ListAccessKeys", &[("UserName", "Thelma")]).text("UserName").as_deref(), Some("Thelma"));
    assert_eq!(texts(&done(&world, "GetGroup", &[("GroupName", "team")]), "UserName"), ["Thelma"]);
    // iamx-group-rename
    done(&world, "UpdateGroup", &[("GroupName", "team"), ("NewGroupName", "crew"), ("NewPath", "/x/")]);
    assert_eq!(texts(&done(&world, "ListGroupsForUser", &[("UserName", "Thelma")]), "Arn"), [arn("group/x/crew")]);
    assert_eq!(texts(&done(&world, "GetGroup", &[("GroupName", "crew")]), "UserName"), ["Thelma"]);
    done(&world, "CreateGroup", &[("GroupName", "other")]);
    let taken = call("UpdateGroup", &[("GroupName", "other"), ("NewGroupName", "CREW")]);
    let refusal = refused(409, "EntityAlreadyExists", "Group with name CREW already exists.");
    check(&world, "iamx-group-rename-dup", &taken, refusal);
    let members = call("DeleteGroup", &[("GroupName", "crew")]);
    let text = "Cannot delete entity, must remove users from group first.";
    check(&world, "iamx-group-del-members", &members, refused(409, "DeleteConflict", text));
    // iamx-group-remove-nonmember
    done(&world, "RemoveUserFromGroup", &[("GroupName", "other"), ("UserName", "Thelma")]);
    done(&world, "RemoveUserFromGroup", &[("GroupName", "crew"), ("UserName", "Thelma")]);
    done(&world, "DeleteGroup", &[("GroupName", "crew")]);
    // iamx-group-get
    let answer = done(&world, "GetGroup", &[("GroupName", "other")]);
    assert_eq!(elements(&answer, "GetGroupResult").join(" "), "IsTruncated Users Group");
    assert_eq!(elements(&answer, "Group").join(" "), "Path GroupName GroupId Arn CreateDate", "iamx-wire-group");
}

#[test]
fn what_hangs_on_somebody_keeps_it() {
    let world = world();
    done(&world, "CreateUser", &[("UserName", "u")]);
    done(&world, "CreateGroup", &[("GroupName", "g")]);
    done(&world, "CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)]);
    let admin_policy = "arn:aws:iam::aws:policy/AdministratorAccess";
    let (attached, inline) =
        ("Cannot delete entity, must detach all policies first.", "Cannot delete entity, must delete policies first.");
    for (ids, kind, name) in [
        (["iamx-user-del-attached", "iamx-user-del-inline"], "User", "u"),
        (["iamx-group-del-attached", "iamx-group-del-inline"], "Group", "g"),
        (["iam-role-delete-attached", "iam-role-delete-inline"], "Role", "r"),
    ] {
        let owner = format!("{kind}Name");
        let delete = call(&format!("Delete{kind}"), &[(&owner, name)]);
        done(&world, &format!("Attach{kind}Policy"), &[(&owner, name), ("PolicyArn", admin_policy)]);
        check(&world, ids[0], &delete, refused(409, "DeleteConflict", attached));
        done(&world, &format!("Detach{kind}Policy"), &[(&owner, name), ("PolicyArn", admin_policy)]);
        let inline_policy = [(owner.as_str(), name), ("PolicyName", "p"), ("PolicyDocument", super::ALLOW)];
        done(&world, &format!("Put{kind}Policy"), &inline_policy);
        check(&world, ids[1], &delete, refused(409, "DeleteConflict", inline));
        done(&world, &format!("Delete{kind}Policy"), &inline_policy[..2]);
    }
    let key = done(&world, "CreateAccessKey", &[("UserName", "u")]).text("AccessKeyId").unwrap();
    let delete = call("DeleteUser", &[("UserName", "u")]);
    let refusal = refused(409, "DeleteConflict", "Cannot delete entity, must delete access keys first.");
    check(&world, "iamx-user-del-keys", &delete, refusal);
    done(&world, "DeleteAccessKey", &[("UserName", "u"), ("AccessKeyId", &key)]);
    done(&world, "AddUserToGroup", &[("UserName", "u"), ("GroupName", "g")]);
    let text = "Cannot delete entity, must remove users from group first.";
    check(&world, "iamx-user-del-group", &delete, refused(409, "DeleteConflict", text));
    done(&world, "RemoveUserFromGroup", &[("UserName", "u"), ("GroupName", "g")]);
    for (kind, name) in [("User", "u"), ("Group", "g"), ("Role", "r")] {
        done(&world, &format!("Delete{kind}"), &[(&format!("{kind}Name"), name)]);
    }
}

#[test]
fn a_role_shows_what_aws_shows_where() {
    let world = world();
    let made = done(
        &world,
        "CreateRole",
        &[
            ("RoleName", "Job"),
            ("AssumeRolePolicyDocument", TRUST),
            ("Description", "runs"),
            ("MaxSessionDuration", "7200"),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", ""),
        ],
    );
    // iamx-role-create, iam-s-trust-canonical: this answer alone has the document as it was sent.
    assert_eq!(elements(&made, "Role").join(" "), "Path AssumeRolePolicyDocument RoleId RoleName Arn Tags CreateDate");
    assert_eq!(decoded(&made.text("AssumeRolePolicyDocument").unwrap()), TRUST);
    // iamx-id-account
    let id = made.text("RoleId").unwrap();
    assert_eq!(local_sts::ids::access_key::account_of(&id).unwrap().to_string(), ACCOUNT);
    let got = done(&world, "GetRole", &[("RoleName", "job")]);
    // iamx-role-get
    let order =
        "Path AssumeRolePolicyDocument MaxSessionDuration RoleId RoleLastUsed RoleName Description Arn Tags CreateDate";
    assert_eq!(elements(&got, "Role").join(" "), order);
    let canonical = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    // iam-s-trust-collapse, iamx-wire-enc
    let raw = got.text("AssumeRolePolicyDocument").unwrap();
    assert_eq!(decoded(&raw), canonical);
    assert!(raw.starts_with("%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B"));
    let listed = done(&world, "ListRoles", &[("PathPrefix", "/")]);
    // iamx-role-list
    assert_eq!(
        elements(&listed, "member").join(" "),
        "Path AssumeRolePolicyDocument MaxSessionDuration RoleId RoleName Description Arn CreateDate"
    );
    // iamx-role-update-none, iam-s-role-update-empty-desc
    done(&world, "UpdateRole", &[("RoleName", "Job")]);
    assert_eq!(done(&world, "GetRole", &[("RoleName", "Job")]).text("Description").as_deref(), Some("runs"));
    done(&world, "UpdateRole", &[("RoleName", "Job"), ("Description", "")]);
    let got = done(&world, "GetRole", &[("RoleName", "Job")]);
    assert!(got.body().contains("<Description/>"));
    assert_eq!(got.text("MaxSessionDuration").as_deref(), Some("7200"));
    let described = done(&world, "UpdateRoleDescription", &[("RoleName", "Job"), ("Description", "walks")]);
    // iamx-role-update-desc, iam-s-role-updatedesc-absent
    assert_eq!(
        elements(&described, "Role").join(" "),
        "Path AssumeRolePolicyDocument RoleId RoleName Description Arn CreateDate"
    );
}

#[test]
fn trust_binds_to_who_was_there() {
    let world = world();
    let trust = |who: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"sts:AssumeRole"}}]}}"#
        )
    };
    let make =
        |name: &str, who: &str| call("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", &trust(who))]);
    for (id, who) in [
        ("iam-role-principal", arn("user/ghost")),
        ("iamx-trust-principal2", arn("role/ghost")),
        ("iamx-trust-self", arn("role/new")),
        ("a session of no role", format!("arn:aws:sts::{ACCOUNT}:assumed-role/ghost/monday")),
        ("another partition", format!("arn:aws-cn:iam::{ACCOUNT}:root")),
    ] {
        let text = format!("Invalid principal in policy: \"AWS\":\"{who}\"");
        check(&world, id, &make("new", &who), refused(400, "MalformedPolicyDocument", &text));
    }
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/worker/monday");
    let root = arn("root");
    for (name, sent, read) in [
        ("of-session", &*session, &*session),
        ("of-account", ACCOUNT, &*root),
        ("of-account-in-fours", "1234-5678-9012", &*root),
        ("of-root", &*root, &*root),
    ] {
        assert_eq!(make(name, sent).send(&world).status(), 200, "{sent}");
        let got = done(&world, "GetRole", &[("RoleName", name)]);
        assert_eq!(decoded(&got.text("AssumeRolePolicyDocument").unwrap()), trust(read));
    }
    done(&world, "CreateUser", &[("UserName", "friend")]);
    assert_eq!(make("new", &arn("user/friend")).send(&world).status(), 200);
    let shown = || decoded(&done(&world, "GetRole", &[("RoleName", "new")]).text("AssumeRolePolicyDocument").unwrap());
    done(&world, "UpdateUser", &[("UserName", "friend"), ("NewUserName", "pal")]);
    assert_eq!(shown(), trust(&arn("user/pal")));
    let id = done(&world, "GetUser", &[("UserName", "pal")]).text("UserId").unwrap();
    done(&world, "DeleteUser", &[("UserName", "pal")]);
    // iamx-trust-deleted
    assert_eq!(shown(), trust(&id));
    // iamx-trust-recreated
    done(&world, "CreateUser", &[("UserName", "friend")]);
    assert_eq!(shown(), trust(&id));
    let text = format!("Invalid principal in policy: \"AWS\":\"{id}\"");
    let resent = call("UpdateAssumeRolePolicy", &[("RoleName", "new"), ("PolicyDocument", &trust(&id))]);
    check(&world, "iamx-trust-deleted-resend", &resent, refused(400, "MalformedPolicyDocument", &text));
    let update = |document: &str| call("UpdateAssumeRolePolicy", &[("RoleName", "new"), ("PolicyDocument", document)]);
    let statement = |rest: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{rest}}}]}}"#);
    for (row, document, text) in [
        ("iam-role-json", "no json".to_owned(), "This policy contains invalid Json"),
        ("a field of no policy's", r#"{"probe":"malformed"}"#.to_owned(), "Unknown field probe"),
        (
            "a field in small letters",
            r#"{"statement":[],"version":"2012-10-17"}"#.to_owned(),
            "Unknown field statement",
        ),
        ("a field of no statement's", statement(r#""Comment":"none""#), "Unknown field Comment"),
        (
            "iam-role-action",
            statement(r#""Principal":{"AWS":"*"},"Action":"s3:GetObject""#),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            "all of STS",
            statement(r#""Principal":{"AWS":"*"},"Action":["sts:AssumeRole","sts:*"]"#),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            "a service of others",
            statement(r#""Principal":{"Service":"lambda.example.com"},"Action":"sts:AssumeRole""#),
            "Invalid principal in policy: \"SERVICE\":\"lambda.example.com\"",
        ),
        (
            "iamx-trust-service",
            statement(
                r#""Principal":{"Service":["ec2.amazonaws.com","codepipeiine.amazonaws.com"]},"Action":"sts:AssumeRole""#,
            ),
            "Invalid principal in policy: \"SERVICE\":\"codepipeiine.amazonaws.com\"",
        ),
        (
            "iam-s-trust-action-case",
            statement(r#""Principal":{"AWS":"*"},"Action":"STS:assumerole""#),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            "iam-role-resource",
            statement(r#""Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Resource":"*""#),
            "Has prohibited field Resource",
        ),
        ("iamx-trust-noprincipal", statement(r#""Action":"sts:AssumeRole""#), "Missing required field Principal"),
        (
            "B-937",
            statement(r#""Principal":{},"Action":"sts:AssumeRole""#),
            "Missing required field Principal cannot be empty!",
        ),
        (
            "B-937",
            statement(r#""Principal":{"AWS":[]},"Action":"sts:AssumeRole""#),
            "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a \
             statement with no principals!",
        ),
        (
            "iam-s-trust-star",
            statement(r#""Principal":"*","Action":"sts:AssumeRole""#),
            "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".",
        ),
        (
            "iamx-trust-federated",
            statement(r#""Principal":{"Federated":"no provider"},"Action":"sts:AssumeRoleWithWebIdentity""#),
            "Federated principals must be valid domain names or SAML metadata ARNs",
        ),
        (
            "iam-s-trust-federated-star",
            statement(r#""Principal":{"Federated":"*"},"Action":"sts:AssumeRoleWithWebIdentity""#),
            "Federated principals must be valid domain names or SAML metadata ARNs",
        ),
        (
            "iam-s-trust-cognito-none",
            statement(
                r#""Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity""#,
            ),
            "A condition block must be present for the Cognito provider",
        ),
        (
            "iam-s-trust-shared-star",
            statement(
                r#""Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"*"}}"#,
            ),
            "Trust policy with trusted principal cognito-identity.amazonaws.com must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, cognito-identity.amazonaws.com:aud which is not scoped to all.",
        ),
    ] {
        check(&world, row, &update(&document), refused(400, "MalformedPolicyDocument", text));
    }
    let long =
        trust(&arn("root")).replace("sts:AssumeRole\"", &format!("sts:AssumeRole\",\"Sid\":\"{}\"", "s".repeat(2048)));
    let refusal = refused(409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048");
    check(&world, "iamx-role-trust-size", &update(&long), refusal);
    let missing = statement(&format!(
        r#""Principal":{{"Federated":"{}"}},"Action":"sts:AssumeRoleWithWebIdentity""#,
        arn("oidc-provider/nowhere.example")
    ));
    assert_eq!(update(&missing).send(&world).status(), 200, "iam-s-trust-provider-missing");
}

#[test]
fn a_removed_role_takes_its_sessions_along() {
    let world = world();
    let trust = TRUST.replace(r#""Service":["ec2.amazonaws.com"]"#, &format!(r#""AWS":"{}""#, arn("root")));
    let make = || done(&world, "CreateRole", &[("RoleName", "brief"), ("AssumeRolePolicyDocument", &trust)]);
    make();
    let assume = Call::assume_role(&arn("role/brief"), "session").by(&admin());
    let keys = assume.send(&world).keys();
    let identity = identify(&keys);
    assert_eq!(identity.send(&world).status(), 200);
    // A trust that is taken back ends no session, and begins none.
    let nobody = TRUST.replace("ec2", "lambda");
    done(&world, "UpdateAssumeRolePolicy", &[("RoleName", "brief"), ("PolicyDocument", &nobody)]);
    assert_eq!((identity.send(&world).status(), assume.send(&world).status()), (200, 403));
    done(&world, "DeleteRole", &[("RoleName", "brief")]);
    assert_eq!(identity.send(&world).status(), 403);
    make();
    assert_eq!((identity.send(&world).status(), assume.send(&world).status()), (403, 200));
}

#[test]
fn tags_are_kept_as_aws_keeps_them() {
    let world = world();
    let tag =
        |kind: &str, owner: (&str, &str), pairs: &[(&str, &str)]| call(&format!("Tag{kind}"), &[owner]).tags(pairs);
    let user = ("UserName", "Selma");
    assert_eq!(tag("User", user, &[("Team", "One")]).send(&world).status(), 200);
    assert_eq!(tag("User", user, &[("team", "Two")]).send(&world).status(), 200);
    let listed = || done(&world, "ListUserTags", &[user]);
    // iam-s-tag-respell
    assert_eq!((texts(&listed(), "Key"), texts(&listed(), "Value")), (vec!["team".to_owned()], vec!["Two".to_owned()]));
    let fold = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    let twice = tag("Role", ("RoleName", "worker"), &[("a", ""), ("A", "")]);
    check(&world, "iamx-role-tags-dup", &twice, refused(400, "InvalidInput", fold));
    let refusal = refused(400, "InvalidInput", "Tag keys beginning with aws: are reserved for system use.");
    check(&world, "iam-s-tag-reserved", &tag("User", user, &[("AWS:x", "")]), refusal);
    assert_eq!(tag("User", user, &[("x", "aws:y")]).send(&world).status(), 200);
    let refusal = refused(400, "InvalidInput", "Error occurred while validating input. ");
    check(&world, "iam-s-tag-empty-list", &tag("User", user, &[]).param("Tags", ""), refusal);
    // iam-s-untag-empty-user
    done(&world, "UntagUser", &[user]);
    let params = [user, ("TagKeys.member.1", "TEAM"), ("TagKeys.member.2", "X"), ("TagKeys.member.3", "absent")];
    done(&world, "UntagUser", &params);
    // iamx-user-tags-empty
    assert_eq!(elements(&listed(), "ListUserTagsResult").join(" "), "IsTruncated Tags");
    let many: Vec<String> = (0..50).map(|number| format!("k{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
    assert_eq!(tag("User", user, &many).send(&world).status(), 200);
    let over = tag("User", user, &[("one-more", "")]).send(&world);
    assert_eq!((over.status(), over.text("Code").as_deref()), (409, Some("LimitExceeded")), "iam-s-tag-quota");
    let twice = call(
        "CreateRole",
        &[
            ("RoleName", "x"),
            ("AssumeRolePolicyDocument", TRUST),
            ("Tags.member.1.Key", "a"),
            ("Tags.member.1.Value", ""),
            ("Tags.member.2.Key", "A"),
            ("Tags.member.2.Value", ""),
        ],
    );
    check(&world, "iam-role-dup-tags", &twice, refused(400, "InvalidInput", fold));
    // What was granted on tags of the request is judged before they are looked at: iam-s-tag-order-auth.
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:TagUser","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"team"}}}]}"#;
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", policy)]);
    let mine = |key: &str| {
        let params = [("UserName", "nobody"), ("Tags.member.1.Key", key), ("Tags.member.1.Value", "v")];
        by(&super::nobody(), "TagUser", &params)
    };
    assert_eq!((mine("team").send(&world).status(), mine("aws:x").send(&world).status()), (200, 403));
}

#[test]
fn the_paths_of_roles_of_aws_are_not_to_be_had() {
    let world = world();
    for (path, text) in [
        ("/aws-service-role/", "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles"),
        (
            "/aws-service-role/x.amazonaws.com/",
            "Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles",
        ),
        (
            "/aws-reserved/sso.amazonaws.com/",
            "Path prefix '/aws-reserved/' can only be used for AWS Service linked Roles",
        ),
    ] {
        let role = call("CreateRole", &[("RoleName", "mine"), ("Path", path), ("AssumeRolePolicyDocument", TRUST)]);
        check(&world, "B-690", &role, refused(400, "InvalidInput", text));
    }
    for path in ["/service-role/", "/aws-service-roles/", "/AWS-service-role/", "/x/aws-service-role/"] {
        done(&world, "CreateRole", &[("RoleName", "mine"), ("Path", path), ("AssumeRolePolicyDocument", TRUST)]);
        done(&world, "DeleteRole", &[("RoleName", "mine")]);
    }
}
