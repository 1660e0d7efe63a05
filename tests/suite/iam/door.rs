//! The door: version, namespace, scope, who is let in, and how lists come in pages.

use super::{ALLOW, admin, arn, by, call, done, elements, nobody, pages, said, texts, world};
use crate::support::{Call, check, refused};

#[test]
fn an_action_belongs_to_the_version_of_its_service() {
    let world = world();
    for (version, action) in
        [("2010-05-08", "GetCallerIdentity"), ("2011-06-15", "GetUser"), ("2010-05-08", "MakeCoffee")]
    {
        let service = if version == "2010-05-08" { "iam" } else { "sts" };
        let form = format!("Action={action}&Version={version}");
        let call = Call::form(&form).service(service).by(&admin());
        let text = format!("Could not find operation {action} for version {version}");
        check(&world, "iamx-wire-invalidaction", &call, refused(400, "InvalidAction", &text));
    }
}

#[test]
fn a_name_of_aws_belongs_to_one_service_and_one_region() {
    let world = world();
    let at = |host: &str, region: &str| call("GetUser", &[]).header("host", host).region(region);
    assert_eq!(at("iam.amazonaws.com", "us-east-1").send(&world).status(), 200);
    let text = "Credential should be scoped to a valid region. ";
    let refusal = refused(403, "SignatureDoesNotMatch", text);
    check(&world, "iam-region-scope", &at("iam.amazonaws.com", "eu-west-1"), refusal);
    let text = "Could not find operation GetUser for version 2010-05-08";
    let answer = at("sts.amazonaws.com", "us-east-1").send(&world);
    assert_eq!(
        (answer.text("Code").as_deref(), answer.text("Message").as_deref()),
        (Some("InvalidAction"), Some(text))
    );
    // Anywhere else clients sign for whatever region they are in.
    assert_eq!(at("127.0.0.1:4592", "eu-west-1").send(&world).status(), 200);
    let wrong = call("GetUser", &[]).service("sts").send(&world);
    let text = "Credential should be scoped to correct service: 'iam'. ";
    assert_eq!((wrong.status(), wrong.text("Message").as_deref()), (403, Some(text)));
    let text = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                Access Key and signing method. Consult the service documentation for details.";
    let forged = by(&admin().with_secret("guessed"), "GetUser", &[]);
    check(&world, "iam-sig", &forged, refused(403, "SignatureDoesNotMatch", text));
}

#[test]
fn answers_are_laid_out_as_captured() {
    let world = world();
    let policy = arn("policy/p");
    done(&world, "CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", ALLOW)]);
    let answer = done(&world, "AttachRolePolicy", &[("RoleName", "worker"), ("PolicyArn", &policy)]);
    // iamx-wire-noresult, iamx-wire-headers
    let body = format!(
        "<AttachRolePolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\n  <ResponseMetadata>\n    \
         <RequestId>{}</RequestId>\n  </ResponseMetadata>\n</AttachRolePolicyResponse>\n",
        answer.text("RequestId").unwrap()
    );
    assert_eq!(answer.body(), body);
    assert_eq!(body.len(), 212);
    // AWS's model gives this one output without members: clients of its own look for the element.
    let updated = done(&world, "UpdateRole", &[("RoleName", "worker")]);
    assert_eq!(elements(&updated, "ResponseMetadata"), ["RequestId"]);
    assert!(updated.body().contains("\n  <UpdateRoleResult/>\n  <ResponseMetadata>\n"), "{}", updated.body());
    let names: Vec<&str> = answer.0.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["Content-Type", "x-amzn-RequestId"]);
    for (id, line, parent, expect) in [
        (
            "iamx-wire-getrole",
            "GetRole RoleName=worker",
            "Role",
            "Path AssumeRolePolicyDocument MaxSessionDuration RoleId RoleLastUsed RoleName Arn CreateDate",
        ),
        (
            "iamx-wire-getpolicy",
            &*format!("GetPolicy PolicyArn={policy}"),
            "Policy",
            "PermissionsBoundaryUsageCount Path UpdateDate DefaultVersionId PolicyId IsAttachable PolicyName AttachmentCount Arn Tags CreateDate",
        ),
        ("iamx-wire-listusers", "ListUsers MaxItems=1", "member", "Path Arn UserName UserId CreateDate"),
        (
            "iamx-wire-policyversion",
            &format!("GetPolicyVersion PolicyArn={policy} VersionId=v1"),
            "PolicyVersion",
            "VersionId IsDefaultVersion Document CreateDate",
        ),
        (
            "iamx-wire-userpolicy",
            "GetUserPolicy UserName=Selma PolicyName=own-keys",
            "GetUserPolicyResult",
            "PolicyDocument PolicyName UserName",
        ),
        ("iamx-wire-attached", "ListAttachedUserPolicies UserName=admin", "member", "PolicyArn PolicyName"),
        ("iamx-wire-empty", "ListUserPolicies UserName=admin", "ListUserPoliciesResult", "IsTruncated PolicyNames"),
    ] {
        assert_eq!(elements(&said(line).send(&world).fine(), parent).join(" "), expect, "{id}");
    }
    assert!(done(&world, "ListUserPolicies", &[("UserName", "admin")]).body().contains("    <PolicyNames/>\n"));
    // The order is that of a hash map wherever it was not captured: iamx-wire-hash, iamx-wire-bucket.
    let answer = done(&world, "GetUser", &[("UserName", "Selma")]);
    assert_eq!(elements(&answer, "User").join(" "), "Path Arn UserName UserId CreateDate");
}

#[test]
fn who_is_not_allowed_is_told_why() {
    let world = world();
    let (user, aws) = (arn("user/nobody"), "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let (own, simulated) = (arn("role/worker"), ("ActionNames.member.1", "s3:GetObject"));
    for (id, action, params, resource) in [
        ("iamx-user-denied", "CreateUser", vec![("UserName", "x"), ("Path", "/a/")], arn("user/a/x")),
        ("iamx-list-denied", "ListRoles", vec![], arn("role/")),
        ("iam-s-auth-createuser-path", "ListUsers", vec![("PathPrefix", "/staff/")], arn("user/staff/")),
        ("iam-s-lookup-case", "GetUser", vec![("UserName", "SELMA")], "user SELMA".to_owned()),
        ("iam-key-lastused-none", "DeleteRole", vec![("RoleName", "absent")], "role absent".to_owned()),
        ("B-772", "GetRole", vec![("RoleName", "worker")], "role worker".to_owned()),
        ("B-772", "GetGroup", vec![("GroupName", "absent")], "group absent".to_owned()),
        ("B-772", "GetInstanceProfile", vec![("InstanceProfileName", "x")], "instance profile x".to_owned()),
        ("B-772", "GetPolicy", vec![("PolicyArn", aws)], format!("policy {aws}")),
        ("B-772", "CreatePolicy", vec![("PolicyName", "p"), ("PolicyDocument", ALLOW)], "policy p".to_owned()),
        ("B-772", "ListPolicies", vec![], "policy path /".to_owned()),
        ("B-772", "ListAccessKeys", vec![], "user nullnobody".to_owned()),
        ("B-772", "ListAccessKeys", vec![("UserName", "nobody")], "user nobody".to_owned()),
        ("B-760", "GetUser", vec![], "user nobody".to_owned()),
        ("B-772", "SimulatePrincipalPolicy", vec![("PolicySourceArn", &own), simulated], own.clone()),
    ] {
        let text = format!(
            "User: {user} is not authorized to perform: iam:{action} on resource: {resource} because no identity-based \
             policy allows the iam:{action} action"
        );
        check(&world, id, &by(&nobody(), action, &params), refused(403, "AccessDenied", &text));
    }
}

#[test]
fn a_policy_that_denies_is_named_by_its_arn_if_it_has_one() {
    let world = world();
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}"#;
    let named = arn("policy/no-iam");
    done(&world, "CreatePolicy", &[("PolicyName", "no-iam"), ("PolicyDocument", deny)]);
    let refused_with = |tail: &str| {
        let text = format!(
            "User: {} is not authorized to perform: iam:GetRole on resource: role worker with an explicit deny in {tail}",
            arn("user/nobody")
        );
        let call = by(&nobody(), "GetRole", &[("RoleName", "worker")]);
        check(&world, "B-771", &call, refused(403, "AccessDenied", &text));
    };
    done(&world, "AttachUserPolicy", &[("UserName", "nobody"), ("PolicyArn", &named)]);
    refused_with(&format!("an identity-based policy: {named}"));
    done(&world, "DetachUserPolicy", &[("UserName", "nobody"), ("PolicyArn", &named)]);
    done(&world, "PutUserPermissionsBoundary", &[("UserName", "nobody"), ("PermissionsBoundary", &named)]);
    refused_with(&format!("a permissions boundary: {named}"));
    done(&world, "DeleteUserPermissionsBoundary", &[("UserName", "nobody")]);
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "no"), ("PolicyDocument", deny)]);
    refused_with("an identity-based policy");
}

#[test]
fn sessions_of_users_need_a_second_factor_and_federated_users_none_of_it() {
    let world = world();
    let keys = Call::sts("GetSessionToken").by(&admin()).send(&world).keys();
    let text = "The security token included in the request is invalid";
    check(&world, "sts-iam-session-no-mfa", &by(&keys, "ListRoles", &[]), refused(403, "InvalidClientTokenId", text));
    let keys = Call::sts("GetFederationToken").param("Name", "fred").by(&admin()).send(&world).keys();
    check(&world, "federated", &by(&keys, "ListRoles", &[]), refused(403, "InvalidClientTokenId", text));
}

#[test]
fn parameters_are_refused_without_their_values() {
    let world = world();
    let clause = |count: &str, clauses: &str| format!("{count} detected: {clauses}");
    let one = |member: &str, must: &str| {
        clause("1 validation error", &format!("Value at '{member}' failed to satisfy constraint: Member must {must}"))
    };
    let long = "x".repeat(600);
    let path = "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
                characters and/or / characters.";
    // AWS: seen for ListPolicies with `/foo` (aws-cli 5860), and for ListRoles and ListUsers.
    let prefix = "The specified value for pathPrefix is invalid. It must begin with the / character and contain only \
                  alphanumeric characters and/or / characters.";
    let alias = one("accountAlias", "satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$");
    let name = |member: &str| {
        format!(
            "The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
        )
    };
    let key = r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+";
    let (policy, name_of_65) = (arn("policy/p"), "x".repeat(65));
    for (id, line, text) in [
        (
            "iamx-val-len",
            &*format!("CreateUser UserName=x Path=/{long}/"),
            one("path", "have length less than or equal to 512"),
        ),
        ("iam-path", "CreateUser UserName=x Path=x/", path.to_owned()),
        ("iamx-val-path-trailing", "CreateUser UserName=x Path=/x", path.to_owned()),
        ("iam-s-path-doubleslash", "CreateUser UserName=x Path=//", path.to_owned()),
        ("the path of a policy", "CreatePolicy PolicyName=p Path=/a!/ PolicyDocument={}", path.to_owned()),
        ("a prefix without /", "ListUsers PathPrefix=staff/", prefix.to_owned()),
        ("a prefix with a line feed", "ListRoles PathPrefix=/staff\n", prefix.to_owned()),
        ("half a path of policies", "ListPolicies PathPrefix=/staff", prefix.to_owned()),
        (
            "half a path of attached policies",
            "ListAttachedUserPolicies UserName=Selma PathPrefix=/staff//",
            prefix.to_owned(),
        ),
        (
            "half a path of holders",
            &format!("ListEntitiesForPolicy PolicyArn={policy} PathPrefix=/staff"),
            prefix.to_owned(),
        ),
        (
            "a long prefix",
            &format!("ListGroups PathPrefix=/{long}/"),
            one("pathPrefix", "have length less than or equal to 512"),
        ),
        ("an alias with two hyphens", "CreateAccountAlias AccountAlias=a--b", alias.clone()),
        ("an alias in capitals", "CreateAccountAlias AccountAlias=Acme", alias.clone()),
        ("an alias that ends so", "CreateAccountAlias AccountAlias=acme-", alias),
        (
            "iamx-val-rolename",
            &format!("AttachRolePolicy RoleName=arn:aws:iam::1:role/x PolicyArn={policy}"),
            name("roleName"),
        ),
        ("iamx-val-rolename2", "CreateRole RoleName=a:b AssumeRolePolicyDocument={}", name("roleName")),
        (
            "iam-s-name-65",
            &format!("CreateUser UserName={name_of_65}"),
            one("userName", "have length less than or equal to 64"),
        ),
        (
            "iamx-val-maxsession",
            "CreateRole RoleName=x AssumeRolePolicyDocument={} MaxSessionDuration=900",
            one("maxSessionDuration", "have value greater than or equal to 3600"),
        ),
        (
            "iam-s-role-duration-max",
            "UpdateRole RoleName=worker MaxSessionDuration=43201",
            one("maxSessionDuration", "have value less than or equal to 43200"),
        ),
        (
            "iamx-val-version",
            &format!("SetDefaultPolicyVersion PolicyArn={policy} VersionId=1"),
            one("versionId", r"satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"),
        ),
        (
            "iamx-val-tagvalue",
            &format!("TagRole RoleName=worker Tags.member.1.Key=k Tags.member.1.Value={long}"),
            one("tags.1.member.value", "have length less than or equal to 256"),
        ),
        (
            "iamx-val-tagchar",
            &format!("TagPolicy PolicyArn={policy} Tags.member.1.Key=a<b Tags.member.1.Value="),
            one("tags.1.member.key", key),
        ),
        (
            "iam-validation-tag",
            &format!("CreatePolicy PolicyName=p PolicyDocument={{}} Tags.member.1.Key={long} Tags.member.1.Value="),
            one("tags.1.member.key", "have length less than or equal to 128"),
        ),
        (
            "iamx-val-scalarlist",
            "UntagRole RoleName=worker TagKeys.member.1=a<b",
            one(
                "tagKeys",
                &format!(
                    "satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must {key}, Member must not be null]"
                ),
            ),
        ),
        ("iam-s-page-int-range", "ListUsers MaxItems=1001", one("maxItems", "have value less than or equal to 1000")),
        ("iam-s-page-int-range", "ListUsers MaxItems=0", one("maxItems", "have value greater than or equal to 1")),
    ] {
        check(&world, id, &said(line), refused(400, "ValidationError", &text));
    }
    let blank = call("CreateUser", &[("UserName", "a b")]);
    check(&world, "iamx-val-username", &blank, refused(400, "ValidationError", &name("userName")));
    let gap = "2 validation errors detected: Value at 'tags.1.member.value' failed to satisfy constraint: Member must not be \
               null; Value at 'tags.1.member.key' failed to satisfy constraint: Member must not be null";
    let tag =
        |index: &str| said(&format!("TagUser UserName=Selma Tags.member.{index}.Key=k Tags.member.{index}.Value=v"));
    check(&world, "iam-s-list-gap", &tag("2"), refused(400, "ValidationError", gap));
    check(&world, "iam-s-list-index-word", &tag("one"), refused(400, "ValidationError", gap));
    check(&world, "iam-s-list-index-zero", &tag("0"), refused(400, "MalformedInput", "0 is not a valid index"));
    let refusal = refused(400, "MalformedInput", "Key -1 may not have a leading '-'");
    check(&world, "iam-s-list-index-negative", &tag("-1"), refusal);
    let refusal = refused(400, "MalformedInput", "Two index elements may not occur back to back");
    check(&world, "iam-s-list-index-double", &tag("1.0"), refusal);
    let sparse = "Excessively sparse input would skip 48 list elements";
    check(&world, "iam-s-list-sparse", &tag("49"), refused(400, "MalformedInput", sparse));
    assert_eq!(tag("01").send(&world).status(), 200, "iam-s-list-index-padded");
    let many = tag("10").send(&world).text("Message").unwrap();
    assert!(
        many.starts_with("10 validation errors detected: Value at 'tags.1.member.value'"),
        "iam-s-list-max-faults: {many}"
    );
    let unknown = tag("1").param("Tags.member.1.Unknown", "x");
    assert_eq!(unknown.send(&world).status(), 200, "iam-s-list-unknown-member");
    for odd in [" 1", "1.0", "1e0", "2147483648"] {
        check(&world, "iam-s-page-int-bad", &call("ListUsers", &[("MaxItems", odd)]), (400, "MalformedInput", None));
    }
    for fine in ["01", "+1"] {
        assert_eq!(
            texts(&done(&world, "ListUsers", &[("MaxItems", fine)]), "UserName").len(),
            1,
            "iam-s-page-int-forms"
        );
    }
}

#[test]
fn lists_come_in_pages() {
    let world = world();
    for number in 0..7 {
        done(&world, "CreateUser", &[("UserName", &*format!("u{number}")), ("Path", "/many/")]);
    }
    let (mut seen, mut marker) = (Vec::new(), None::<String>);
    let mut pages = 0;
    loop {
        // iam-s-page-marker-size: another size and an ignored parameter beside a marker are fine.
        let most = if pages == 0 { "3" } else { "2" };
        let mut params = vec![("PathPrefix", "/many"), ("MaxItems", most), ("Ignored", "x")];
        if let Some(marker) = &marker {
            params.push(("Marker", marker));
        }
        let page = done(&world, "ListUsers", &params);
        seen.extend(texts(&page, "UserName"));
        pages += 1;
        // iamx-role-page, iamx-page-max
        assert_eq!(page.text("IsTruncated").unwrap() == "true", page.text("Marker").is_some());
        marker = page.text("Marker");
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(seen.join(" "), "u0 u1 u2 u3 u4 u5 u6");
    assert_eq!(pages, 3);
    let first = done(&world, "ListUsers", &[("MaxItems", "1")]).text("Marker").unwrap();
    for (action, marker) in [("ListUsers", "nonsense"), ("ListRoles", &*first), ("ListUsers", "\u{20}")] {
        let refusal = refused(400, "ValidationError", "Invalid Marker.");
        check(&world, "iam-marker", &call(action, &[("Marker", marker)]), refusal);
    }
    // iamx-user-prefix: a prefix may end inside a path; iamx-user-list-nosub: lists show no tags.
    assert_eq!(texts(&done(&world, "ListUsers", &[("PathPrefix", "/ma")]), "UserName").len(), 7);
    assert!(!done(&world, "ListUsers", &[]).body().contains("<Tags"));
}

#[test]
fn json_answers_have_lists_and_booleans() {
    let world = world();
    let answer = call("ListUsers", &[("PathPrefix", "/staff/")]).header("accept", "application/json").send(&world);
    let parsed: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    let result = &parsed["ListUsersResponse"]["ListUsersResult"];
    assert_eq!(result["IsTruncated"], serde_json::Value::Bool(false));
    assert_eq!(result["Users"][0]["UserName"], "Selma");
    assert_eq!(result["Users"].as_array().unwrap().len(), 1);
}

#[test]
fn lists_have_faults_as_a_whole() {
    let world = world();
    let faults = |count: &str, clauses: &[(&str, &str)]| {
        let clause = |(member, must): &(&str, &str)| {
            format!("Value at '{member}' failed to satisfy constraint: Member must {must}")
        };
        format!("{count} detected: {}", clauses.iter().map(clause).collect::<Vec<_>>().join("; "))
    };
    let too_many = |member| faults("1 validation error", &[(member, "have length less than or equal to 50")]);
    let role = call("CreateRole", &[("RoleName", "x"), ("AssumeRolePolicyDocument", "{}")]);
    let tags = role.tags(&(1..=51).map(|at| (format!("k{at}"), "v")).collect::<Vec<_>>());
    check(&world, "iamx-val-list", &tags, refused(400, "ValidationError", &too_many("tags")));
    let role = call("UntagRole", &[("RoleName", "worker")]);
    let keys = (1..=51).fold(role, |call, at| call.param(&format!("TagKeys.member.{at}"), &format!("k{at}")));
    check(&world, "iamx-val-list2", &keys, refused(400, "ValidationError", &too_many("tagKeys")));
    let lengths = |most: usize, least: usize| {
        format!(
            "satisfy constraint: [Member must have length less than or equal to {most}, Member must have length greater than \
             or equal to {least}]"
        )
    };
    let (clients, thumbprints) = (lengths(255, 1), lengths(40, 40));
    let three = [
        ("clientIDList", clients.as_str()),
        ("thumbprintList", &thumbprints),
        ("url", "have length less than or equal to 255"),
    ];
    let long = "x".repeat(256);
    let params = [("Url", long.as_str()), ("ClientIDList.member.1", &long), ("ThumbprintList.member.1", "short")];
    let call = call("CreateOpenIDConnectProvider", &params);
    check(&world, "iamx-val-multi", &call, refused(400, "ValidationError", &faults("3 validation errors", &three)));
}

#[test]
fn whoever_removes_what_was_listed_misses_nothing() {
    let world = world();
    let policies: Vec<String> = (0..4)
        .map(|number| {
            let name = format!("p{number}");
            done(&world, "CreatePolicy", &[("PolicyName", &*name), ("PolicyDocument", ALLOW)]);
            arn(&format!("policy/{name}"))
        })
        .collect();
    let (user, first) = (("UserName", "Selma"), &*policies[0]);
    for number in 0..3 {
        let group = format!("g{number}");
        done(&world, "CreateGroup", &[("GroupName", &*group)]);
        done(&world, "AddUserToGroup", &[user, ("GroupName", &*group)]);
        done(&world, "AttachGroupPolicy", &[("GroupName", &*group), ("PolicyArn", first)]);
        done(&world, "PutGroupPolicy", &[("GroupName", "g0"), ("PolicyName", &*group), ("PolicyDocument", ALLOW)]);
        done(&world, "AttachUserPolicy", &[user, ("PolicyArn", &*policies[number + 1])]);
        done(&world, "CreatePolicyVersion", &[("PolicyArn", first), ("PolicyDocument", ALLOW)]);
        done(&world, "TagUser", &[user, ("Tags.member.1.Key", &*group), ("Tags.member.1.Value", "x")]);
    }
    let group = ("GroupName", "g0");
    for (list, params, element, remove, by_name, expect) in [
        ("ListEntitiesForPolicy", vec![("PolicyArn", first)], "GroupName", "DetachGroupPolicy", "GroupName", 3),
        ("ListAttachedUserPolicies", vec![user], "PolicyArn", "DetachUserPolicy", "PolicyArn", 3),
        ("ListGroupPolicies", vec![group], "member", "DeleteGroupPolicy", "PolicyName", 3),
        ("ListUserTags", vec![user], "Key", "UntagUser", "TagKeys.member.1", 3),
        ("ListPolicyVersions", vec![("PolicyArn", first)], "VersionId", "DeletePolicyVersion", "VersionId", 4),
        ("ListGroupsForUser", vec![user], "GroupName", "RemoveUserFromGroup", "GroupName", 3),
    ] {
        let mut seen = 0;
        for page in pages(&world, list, &[&params[..], &[("MaxItems", "1")]].concat()) {
            for name in texts(&page, element) {
                seen += 1;
                if name != "v1" {
                    done(&world, remove, &[&params[..], &[(by_name, &*name)]].concat());
                }
            }
        }
        assert_eq!(seen, expect, "{list}");
    }
}
