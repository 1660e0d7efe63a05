//! Policies, inline and managed, their versions, and who has them.

use super::{ALLOW, arn, by, call, done, elements, nobody, pages, said, texts, world, world_with_a_role_of_aws};
use crate::support::{Answer, check, refused};

#[test]
fn refusals_are_those_of_aws() {
    let world = world();
    let (mine, ghost) = (arn("policy/mine"), arn("policy/ghost"));
    done(&world, "CreatePolicy", &[("PolicyName", "mine"), ("PolicyDocument", ALLOW)]);
    let was_not_found = format!("Policy {ghost} was not found.");
    let not_attachable = format!("Policy {ghost} does not exist or is not attachable.");
    let no_version = format!("Policy {mine} version v9 does not exist or is not attachable.");
    let scope = format!("Scope ARN: {ghost} does not exist or is not attachable.");
    let aws = "arn:aws:iam::aws:policy/Nonexistent";
    let root_task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
    let bucket = "arn:aws:s3:::some-bucket-name";
    let not_valid = format!("ARN {bucket} is not valid.");
    let no_role = "The role with name ghost cannot be found.";
    for (id, line, text) in [
        ("iamx-pol-get-none", &*format!("GetPolicy PolicyArn={ghost}"), &*was_not_found),
        ("iamx-pol-del-none", &format!("DeletePolicy PolicyArn={ghost}"), &was_not_found),
        ("iamx-pol-tag-none", &format!("UntagPolicy PolicyArn={ghost} TagKeys.member.1=k"), &was_not_found),
        ("iamx-pol-entities-none", &format!("ListEntitiesForPolicy PolicyArn={ghost}"), &not_attachable),
        ("iamx-pol-version-none", &format!("GetPolicyVersion PolicyArn={mine} VersionId=v9"), &no_version),
        ("iamx-pol-version-none", &format!("SetDefaultPolicyVersion PolicyArn={mine} VersionId=v9"), &no_version),
        ("iam-policy-none", &format!("AttachRolePolicy RoleName=worker PolicyArn={ghost}"), &not_attachable),
        (
            "iamx-user-policy-attach-none",
            &format!("AttachUserPolicy UserName=Selma PolicyArn={ghost}"),
            &not_attachable,
        ),
        ("iamx-user-policy-detach-none", &format!("DetachUserPolicy UserName=Selma PolicyArn={ghost}"), &was_not_found),
        (
            "iamx-role-detach-unknown",
            &format!("DetachRolePolicy RoleName=worker PolicyArn={aws}"),
            "Policy arn:aws:iam::aws:policy/Nonexistent was not found.",
        ),
        (
            "iamx-role-boundary-none",
            &format!("PutRolePermissionsBoundary RoleName=worker PermissionsBoundary={ghost}"),
            &scope,
        ),
        (
            "iamx-role-boundary-norole",
            &format!("PutRolePermissionsBoundary RoleName=ghost PermissionsBoundary={mine}"),
            no_role,
        ),
        (
            "iamx-user-inline-none",
            "GetUserPolicy UserName=Selma PolicyName=p",
            "The user policy with name p cannot be found.",
        ),
        (
            "iamx-role-inline-none",
            "DeleteRolePolicy RoleName=worker PolicyName=p",
            "The role policy with name p cannot be found.",
        ),
        ("iamx-role-inline-norole", "PutRolePolicy RoleName=ghost PolicyName=p PolicyDocument=nonsense", no_role),
    ] {
        check(&world, id, &said(line), refused(404, "NoSuchEntity", text));
    }
    for (id, line, what) in [
        ("iam-s-awspol-delete", format!("DeletePolicy PolicyArn={aws}"), "delete"),
        (
            "iam-s-awspol-version",
            format!("CreatePolicyVersion PolicyArn={aws} PolicyDocument={ALLOW}"),
            "create versions for",
        ),
        ("iam-s-awspol-default", format!("SetDefaultPolicyVersion PolicyArn={aws} VersionId=v1"), "update"),
        (
            "iam-s-awspol-delversion",
            format!("DeletePolicyVersion PolicyArn={aws} VersionId=v1"),
            "delete policy versions for",
        ),
    ] {
        let text = format!("Cannot {what} policies outside your own account.");
        check(&world, id, &said(&line), refused(403, "AccessDenied", &text));
    }
    let no_arn = "ARN AdministratorAccess-and-more is not valid.";
    let anybody =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
    for (id, line, code, text) in [
        (
            "iam-policy-arn",
            "AttachUserPolicy UserName=Selma PolicyArn=AdministratorAccess-and-more",
            "ValidationError",
            no_arn,
        ),
        (
            "iamx-val-arn-2026",
            "AttachRolePolicy RoleName=worker PolicyArn=AdministratorAccess-and-more",
            "ValidationError",
            no_arn,
        ),
        (
            "iam-s-arn-partition",
            "GetPolicy PolicyArn=arn:aws-cn:iam::aws:policy/AdministratorAccess",
            "ValidationError",
            "Invalid ARN partition",
        ),
        (
            "a user bounded in another partition",
            "CreateUser UserName=far PermissionsBoundary=arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
            "ValidationError",
            "Invalid ARN partition",
        ),
        (
            "a role bounded in another partition",
            &format!(
                "CreateRole RoleName=far AssumeRolePolicyDocument={} \
                 PermissionsBoundary=arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
                super::TRUST
            ),
            "ValidationError",
            "Invalid ARN partition",
        ),
        (
            "iam-s-awspol-tag",
            "TagPolicy PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess Tags.member.1.Key=k Tags.member.1.Value=v",
            "InvalidInput",
            "Tags not supported for policies in this domain",
        ),
        (
            "iam-s-attach-reserved",
            &format!("AttachUserPolicy UserName=Selma PolicyArn={root_task}"),
            "PolicyNotAttachable",
            "Cannot attach AWS reserved policy to an IAM user.",
        ),
        (
            "iamx-role-boundary-arn",
            &format!("PutRolePermissionsBoundary RoleName=worker PermissionsBoundary={bucket}"),
            "InvalidInput",
            &not_valid,
        ),
        (
            "iamx-pol-principal",
            &format!("PutRolePolicy RoleName=worker PolicyName=p PolicyDocument={anybody}"),
            "MalformedPolicyDocument",
            "Policy document should not specify a principal.",
        ),
    ] {
        check(&world, id, &said(line), refused(400, code, text));
    }
    let absent = call("DeleteRolePermissionsBoundary", &[("RoleName", "worker")]).send(&world);
    assert_eq!((absent.status(), absent.text("Code").as_deref()), (404, Some("NoSuchEntity")), "iam-s-boundary-absent");
    done(&world, "CreateGroup", &[("GroupName", "g")]);
    let mine_not_found = format!("Policy {mine} was not found.");
    for (id, kind, name) in [
        ("iam-s-detach-absent", "Group", "g"),
        ("iamx-group-detach-none", "Group", "g"),
        ("iamx-role-detach-none", "Role", "worker"),
    ] {
        let call = call(&format!("Detach{kind}Policy"), &[(&format!("{kind}Name"), name), ("PolicyArn", &mine)]);
        check(&world, id, &call, refused(404, "NoSuchEntity", &mine_not_found));
    }
    let none = call("GetGroupPolicy", &[("GroupName", "g"), ("PolicyName", "p")]);
    let refusal = refused(404, "NoSuchEntity", "The group policy with name p cannot be found.");
    check(&world, "iamx-group-inline-none", &none, refusal);
}

#[test]
fn a_policy_has_changed_when_it_has_another_version() {
    let world = world();
    let mine = arn("policy/mine");
    done(&world, "CreatePolicy", &[("PolicyName", "mine"), ("PolicyDocument", ALLOW)]);
    let changed = || done(&world, "GetPolicy", &[("PolicyArn", &mine)]).text("UpdateDate");
    for (id, action, params, moves) in [
        ("policy_after_new_nondefault", "CreatePolicyVersion", &[("PolicyDocument", ALLOW)][..], true),
        ("a new default", "CreatePolicyVersion", &[("PolicyDocument", ALLOW), ("SetAsDefault", "true")], true),
        ("B-881", "SetDefaultPolicyVersion", &[("VersionId", "v1")], false),
        ("B-881", "DeletePolicyVersion", &[("VersionId", "v3")], false),
    ] {
        let before = changed();
        world.wait(1);
        done(&world, action, &[&[("PolicyArn", &*mine)], params].concat());
        assert_eq!(changed() != before, moves, "{id}");
    }
}

#[test]
fn policies_for_sessions_of_root_users_are_told_of_as_aws_does() {
    const ACTION: &str = "Use this managed policy only with the STS AssumeRoot action.";
    let world = world();
    let root = "such as root";
    // Each is named by its case in a recording of September 2026, behind public_policy_.
    for (name, at, what, blanks, end) in [
        (
            "IAMAuditRootUserCredentials",
            "22:27:58",
            &*format!("check the presence of root user credentials {root} user password and root user access keys"),
            " ",
            "",
        ),
        ("IAMCreateRootUserPassword", "22:32:59", "create a root user password", "  ", " "),
        (
            "IAMDeleteRootUserCredentials",
            "22:47:58",
            &*format!("delete all root user credentials {root} password and root access keys"),
            "  ",
            "",
        ),
        ("S3UnlockBucketPolicy", "21:55:56", "unlock a S3 bucket policy", " ", ""),
        ("SQSUnlockQueuePolicy", "21:51:02", "unlock a SQS queue policy", " ", ""),
    ] {
        let arn = format!("arn:aws:iam::aws:policy/root-task/{name}");
        let shown = done(&world, "GetPolicy", &[("PolicyArn", &arn)]);
        let version = done(&world, "GetPolicyVersion", &[("PolicyArn", &arn), ("VersionId", "v1")]);
        let service = "using the Security Token Service (STS) AssumeRoot API.";
        let description = format!("Provides access required to {what} {service}{blanks}{ACTION}{end}");
        let made = [&shown, &version].map(|answer| answer.text("CreateDate"));
        let told = (shown.text("Description"), shown.text("UpdateDate"), made);
        let date = || Some(format!("2024-11-06T{at}Z"));
        assert_eq!(told, (Some(description), date(), [date(), date()]), "{name}");
    }
}

#[test]
fn roles_of_aws_are_altered_by_aws_alone_but_for_their_tags() {
    let world = world_with_a_role_of_aws();
    let mine = arn("policy/mine");
    let protected = "Cannot perform the operation on the protected role 'own' - this role is only modifiable by AWS";
    for action in ["AttachRolePolicy", "DetachRolePolicy"] {
        let call = call(action, &[("RoleName", "own"), ("PolicyArn", &mine)]);
        check(&world, "iam-s-slr-protected", &call, refused(400, "UnmodifiableEntity", protected));
    }
    let refusal = refused(400, "UnmodifiableEntity", protected);
    check(&world, "iamx-role-protected", &call("DeleteRole", &[("RoleName", "own")]), refusal);
    done(&world, "CreateInstanceProfile", &[("InstanceProfileName", "box")]);
    for action in ["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"] {
        let call = call(action, &[("InstanceProfileName", "box"), ("RoleName", "own")]);
        check(&world, "service_linked_roles", &call, refused(400, "UnmodifiableEntity", protected));
    }
    let duration = call("UpdateRole", &[("RoleName", "own"), ("MaxSessionDuration", "7200")]);
    check(
        &world,
        "iam-s-slr-duration",
        &duration,
        refused(
            400,
            "UnmodifiableEntity",
            "own is an AWS service linked role, max session duration cannot be changed.",
        ),
    );
    // AWS: tags and the description are the customer's (B-691).
    done(&world, "TagRole", &[("RoleName", "own"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")]);
    assert_eq!(texts(&done(&world, "ListRoleTags", &[("RoleName", "own")]), "Key"), ["team"]);
    done(&world, "UntagRole", &[("RoleName", "own"), ("TagKeys.member.1", "team")]);
    let described = done(&world, "UpdateRoleDescription", &[("RoleName", "own"), ("Description", "linked")]);
    assert_eq!(described.text("Description").as_deref(), Some("linked"));
}

#[test]
fn versions_are_numbered_and_one_of_them_counts() {
    let world = world();
    let policy = arn("policy/mine");
    let made =
        done(&world, "CreatePolicy", &[("PolicyName", "mine"), ("PolicyDocument", ALLOW), ("Description", "reads")]);
    assert!(!made.body().contains("<Description>"));
    // iamx-pol-get
    let got = done(&world, "GetPolicy", &[("PolicyArn", &policy)]);
    assert_eq!(got.text("Description").as_deref(), Some("reads"));
    assert!(got.body().contains("<Tags/>"));
    let taken = call("CreatePolicy", &[("PolicyName", "MINE"), ("Path", "/x/"), ("PolicyDocument", ALLOW)]);
    let text = "A policy called MINE already exists. Duplicate names are not allowed.";
    check(&world, "iamx-pol-dup", &taken, refused(409, "EntityAlreadyExists", text));
    done(&world, "AttachUserPolicy", &[("UserName", "nobody"), ("PolicyArn", &policy)]);
    let users = || by(&nobody(), "ListUsers", &[]).send(&world).status();
    assert_eq!(users(), 403);
    let other = ALLOW.replace("s3:Get*", "iam:List*");
    let version = |counts: &str| {
        call("CreatePolicyVersion", &[("PolicyArn", &policy), ("PolicyDocument", &other), ("SetAsDefault", counts)])
            .send(&world)
    };
    // iamx-pol-version-create
    let second = version("false");
    assert_eq!(elements(&second, "PolicyVersion").join(" "), "VersionId IsDefaultVersion CreateDate");
    assert_eq!((second.text("VersionId").as_deref(), users()), (Some("v2"), 403));
    done(&world, "SetDefaultPolicyVersion", &[("PolicyArn", &policy), ("VersionId", "v2")]);
    assert_eq!(users(), 200);
    let default = call("DeletePolicyVersion", &[("PolicyArn", &policy), ("VersionId", "v2")]);
    let text = "Cannot delete the default version of a policy.";
    check(&world, "iamx-pol-version-default", &default, refused(409, "DeleteConflict", text));
    (3..=5).for_each(|_| assert_eq!(version("0").status(), 200));
    let full = call("CreatePolicyVersion", &[("PolicyArn", &policy), ("PolicyDocument", &other)]);
    let text = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.";
    check(&world, "iamx-pol-version-limit", &full, refused(409, "LimitExceeded", text));
    done(&world, "DeletePolicyVersion", &[("PolicyArn", &policy), ("VersionId", "v4")]);
    // iamx-pol-version-number, iamx-pol-version-list
    assert_eq!(version("1").text("VersionId").as_deref(), Some("v6"));
    let listed = done(&world, "ListPolicyVersions", &[("PolicyArn", &policy)]);
    assert_eq!(texts(&listed, "VersionId").join(" "), "v6 v5 v3 v2 v1");
    assert!(!listed.body().contains("<Document>"));
    let delete = call("DeletePolicy", &[("PolicyArn", &policy)]);
    let refusal = refused(409, "DeleteConflict", "Cannot delete a policy attached to entities.");
    check(&world, "iamx-pol-del-attached", &delete, refusal);
    done(&world, "DetachUserPolicy", &[("UserName", "nobody"), ("PolicyArn", &policy)]);
    assert_eq!(users(), 403);
    let text = "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.";
    check(&world, "iamx-pol-del-versions", &delete, refused(409, "DeleteConflict", text));
    for version in ["v1", "v2", "v3", "v5"] {
        done(&world, "DeletePolicyVersion", &[("PolicyArn", &policy), ("VersionId", version)]);
    }
    done(&world, "PutUserPermissionsBoundary", &[("UserName", "nobody"), ("PermissionsBoundary", &policy)]);
    let refusal = refused(409, "DeleteConflict", "Cannot delete a policy attached to entities.");
    check(&world, "iamx-pol-del-boundary", &delete, refusal);
    // iamx-role-boundary-type
    let bounded = done(&world, "GetUser", &[("UserName", "nobody")]);
    assert_eq!(elements(&bounded, "PermissionsBoundary").join(" "), "PermissionsBoundaryArn PermissionsBoundaryType");
    assert_eq!(bounded.text("PermissionsBoundaryType").as_deref(), Some("Policy"));
    // iam-s-entities-default, iamx-pol-entities
    let holders = |params: &[(&str, &str)]| {
        done(&world, "ListEntitiesForPolicy", &[&[("PolicyArn", &*policy)][..], params].concat())
    };
    assert_eq!(
        elements(&holders(&[]), "ListEntitiesForPolicyResult").join(" "),
        "IsTruncated PolicyRoles PolicyUsers PolicyGroups"
    );
    assert_eq!(texts(&holders(&[]), "UserName"), ["nobody"]);
    assert!(texts(&holders(&[("PolicyUsageFilter", "PermissionsPolicy")]), "UserName").is_empty());
    assert!(
        texts(&holders(&[("EntityFilter", "LocalManagedPolicy")]), "UserName").is_empty(),
        "iam-s-entities-managed-filter"
    );
    // iam-s-listpol-usage
    let attached = |params: &[(&str, &str)]| {
        texts(&done(&world, "ListPolicies", &[&[("Scope", "Local")][..], params].concat()), "PolicyName").len()
    };
    assert_eq!(attached(&[("PolicyUsageFilter", "PermissionsPolicy")]), 1);
    assert_eq!(attached(&[("OnlyAttached", "true")]), 1);
    assert_eq!(attached(&[("OnlyAttached", "true"), ("PolicyUsageFilter", "PermissionsPolicy")]), 0);
    done(&world, "DeleteUserPermissionsBoundary", &[("UserName", "nobody")]);
    done(&world, "DeletePolicy", &[("PolicyArn", &policy)]);
}

#[test]
fn documents_are_refused_in_aws_words_and_kept_as_they_were_sent() {
    let world = world();
    let statement = |rest: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{rest}}}]}}"#);
    for (document, text) in [
        ("nothing".to_owned(), "Syntax errors in policy."),
        (ALLOW.replace("2012", "2013"), "Syntax errors in policy."),
        (ALLOW.replace("2012-10-17", "2008-10-17"), "Policy document must be version 2012-10-17 or greater."),
        (ALLOW.replace("Allow", "allow"), "The policy failed legacy parsing"),
        (statement(r#""Resource":"*""#), "Policy statement must contain actions."),
        (statement(r#""Action":"s3:*""#), "Policy statement must contain resources."),
        (statement(r#""Action":"s3:*","Resource":"x""#), "Resource x must be in ARN format or \"*\"."),
        (
            statement(r#""Action":"s3","Resource":"*""#),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (statement(r#""Action":"s3:a:b","Resource":"*""#), "Actions/Condition can contain only one colon."),
        (statement(r#""Action":"a b:c","Resource":"*""#), "Vendor a b is not valid"),
    ] {
        let call = call("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &document)]);
        check(&world, &document, &call, refused(400, "MalformedPolicyDocument", text));
    }
    let long = statement(&format!(r#""Action":"s3:{}","Resource":"*""#, "x".repeat(6144)));
    let over = call("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &long)]);
    check(&world, "size", &over, refused(409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"));
    // iamx-user-inline, iamx-wire-literal-percent, iam-s-inline-case
    let odd = statement(r#""Action" : "s3:Get*", "Resource": "arn:aws:s3:::b/%3A*""#);
    done(&world, "PutUserPolicy", &[("UserName", "Selma"), ("PolicyName", "MixedName"), ("PolicyDocument", ALLOW)]);
    done(&world, "PutUserPolicy", &[("UserName", "Selma"), ("PolicyName", "mixedname"), ("PolicyDocument", &odd)]);
    assert_eq!(texts(&done(&world, "ListUserPolicies", &[("UserName", "Selma")]), "member"), ["MixedName", "own-keys"]);
    let got = done(&world, "GetUserPolicy", &[("UserName", "Selma"), ("PolicyName", "MIXEDNAME")]);
    assert_eq!(got.text("PolicyName").as_deref(), Some("MIXEDNAME"));
    assert!(got.text("PolicyDocument").unwrap().contains("%22Action%22%20%3A%20%22s3%3AGet%2A%22%2C"));
    assert!(got.text("PolicyDocument").unwrap().contains("b%2F%253A%2A"));
    for (id, kind, name, room) in
        [("iamx-user-inline-size", "User", "Selma", 2048), ("iamx-role-inline-size", "Role", "worker", 10_240)]
    {
        let big = statement(&format!(r#""Action":"s3:{}","Resource":"*""#, "x".repeat(room - 90)));
        let put = |policy: &str| {
            let whose = format!("{kind}Name");
            let params = [(whose.as_str(), name), ("PolicyName", policy), ("PolicyDocument", big.as_str())];
            call(&format!("Put{kind}Policy"), &params)
        };
        let _ = put("one").send(&world);
        let text = format!("Maximum policy size of {room} bytes exceeded for {} {name}", kind.to_lowercase());
        check(&world, id, &put("two"), refused(409, "LimitExceeded", &text));
    }
    let ten = |kind: &str, name: &str| {
        for number in 0..10 {
            let _ =
                call("CreatePolicy", &[("PolicyName", &*format!("n{number}")), ("PolicyDocument", ALLOW)]).send(&world);
            let arn = arn(&format!("policy/n{number}"));
            done(&world, &format!("Attach{kind}Policy"), &[(&*format!("{kind}Name"), name), ("PolicyArn", &arn)]);
        }
        let policy = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
        call(&format!("Attach{kind}Policy"), &[(&format!("{kind}Name"), name), ("PolicyArn", policy)])
    };
    done(&world, "CreateGroup", &[("GroupName", "g")]);
    let refusal = refused(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerGroup: 10");
    check(&world, "iamx-group-policies-quota", &ten("Group", "g"), refusal);
}

#[test]
fn policies_of_aws_are_there_to_be_read_and_attached() {
    let world = world();
    let listed = done(&world, "ListPolicies", &[("Scope", "AWS")]);
    let names = texts(&listed, "PolicyName");
    // iamx-pol-aws-order, iamx-pol-list
    assert_eq!(names[..3], ["AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess"]);
    assert!(!listed.body().contains("<Description>") && !listed.body().contains("<Tags"));
    for (id, name, version, policy_id) in [
        ("iamx-pol-aws-ids", "AdministratorAccess", "v1", "ANPAIWMBCKSKIEE64ZLYK"),
        ("iamx-pol-aws-get", "IAMUserChangePassword", "v5", "ANPAJ4L4MM2A7QIEB56MS"),
        ("iamx-pol-aws-readonly", "ReadOnlyAccess", "v188", "ANPAILL3HVNFSB6DCOWYQ"),
        ("iamx-pol-aws-root-task", "root-task/S3UnlockBucketPolicy", "v1", "ANPAZKAPJZG4OALTIPZOF"),
        ("B-910", "job-function/ViewOnlyAccess", "v45", "ANPAID22R6XPJATWOFDK6"),
        ("B-910", "AmazonSSMManagedInstanceCore", "v2", "ANPAIXSHM2BNB2D3AXXRU"),
        ("B-910", "service-role/AWSLambdaVPCAccessExecutionRole", "v3", "ANPAJVTME3YLVNL72YR2K"),
    ] {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        let got = done(&world, "GetPolicy", &[("PolicyArn", &arn)]);
        assert_eq!(
            (got.text("DefaultVersionId").as_deref(), got.text("PolicyId").as_deref()),
            (Some(version), Some(policy_id)),
            "{id}"
        );
        assert!(got.body().contains("<Tags/>") && got.text("Description").is_some(), "{id}");
        let document = done(&world, "GetPolicyVersion", &[("PolicyArn", &arn), ("VersionId", version)]);
        let first = match id {
            "iamx-pol-aws-root-task" => "%5B%7B%22Sid%22%3A%22DenyAllOtherActionsOnAnyResource%22",
            _ => "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22",
        };
        assert!(document.text("Document").unwrap().contains(first), "{id}");
    }
    let params = [("UserName", "nobody"), ("PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess")];
    done(&world, "AttachUserPolicy", &params);
    assert_eq!(by(&nobody(), "ListUsers", &[]).send(&world).status(), 200);
    assert_eq!(by(&nobody(), "CreateUser", &[("UserName", "x")]).send(&world).status(), 403);
    let pages: Vec<usize> = ["7", "100"]
        .iter()
        .map(|most| texts(&done(&world, "ListPolicies", &[("MaxItems", most)]), "PolicyName").len())
        .collect();
    assert_eq!(pages, [7, names.len()]);
    let first = done(&world, "ListPolicies", &[("MaxItems", "7")]).text("Marker").unwrap();
    let rest = texts(&done(&world, "ListPolicies", &[("Marker", &first)]), "PolicyName");
    assert_eq!(rest, names[7..]);
}

#[test]
fn policies_of_aws_are_listed_as_aws_made_them_page_by_page() {
    let world = world();
    let listed: Vec<Answer> = pages(&world, "ListPolicies", &[("Scope", "AWS"), ("MaxItems", "30")]).collect();
    let all = |element: &str| -> Vec<String> { listed.iter().flat_map(|page| texts(page, element)).collect() };
    let (names, made) = (all("PolicyName"), all("CreateDate"));
    assert!(listed.len() > 2 && names.len() == made.len() && made.is_sorted(), "{names:?}");
    let of_services = texts(&done(&world, "ListPolicies", &[("PathPrefix", "/service-role/")]), "Arn");
    assert!(of_services.contains(&"arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy".to_owned()));
    let support = done(&world, "GetPolicy", &[("PolicyArn", "arn:aws:iam::aws:policy/AWSSupportAccess")]);
    let dates = ["CreateDate", "UpdateDate"].map(|date| support.text(date).unwrap());
    assert_eq!(dates, ["2015-02-06T18:41:11Z", "2026-02-12T17:59:31Z"]);
    assert_eq!(support.text("Description").as_deref(), Some("Allows users to access the AWS Support Center."));
}

#[test]
fn policies_of_aws_allow_what_they_say() {
    let world = world();
    let (own, core) = (arn("role/worker"), "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore");
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    done(&world, "DetachRolePolicy", &[("RoleName", "worker"), ("PolicyArn", admin)]);
    done(&world, "AttachRolePolicy", &[("RoleName", "worker"), ("PolicyArn", core)]);
    for (action, decision) in [
        ("ssm:UpdateInstanceInformation", "allowed"),
        ("ssmmessages:OpenDataChannel", "allowed"),
        ("ssm:SendCommand", "implicitDeny"),
    ] {
        let params = [("PolicySourceArn", &*own), ("ActionNames.member.1", action)];
        let judged = done(&world, "SimulatePrincipalPolicy", &params);
        assert_eq!(texts(&judged, "EvalDecision"), [decision], "{action}");
    }
}
