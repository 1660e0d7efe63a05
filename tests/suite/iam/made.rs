//! What answers show of things that were just made, and what tags and quotas of theirs are.

use serde_json::{Value, json};

use super::{ALLOW, TRUST, admin, arn, by, call, done, elements, nobody, pages, texts, world};
use crate::support::{Answer, Call, Keys, TestWorld, check, refused};

const SHORT: &str = "Duplicate tag keys found.";

/// A call with these tags beside its other parameters.
fn tagged(action: &str, params: &[(&str, &str)], tags: &[(&str, &str)]) -> Call {
    call(action, params).tags(tags)
}

/// These elements in this order.
#[track_caller]
fn shows(world: &TestWorld, id: &str, call: &Call, parent: &str, expect: &str) {
    let answer = call.send(world);
    assert_eq!(answer.status(), 200, "{id}: {}", answer.body());
    assert_eq!(elements(&answer, parent).join(" "), expect, "{id}");
}

/// The same elements, whose order nobody has seen.
#[track_caller]
fn same_elements(id: &str, answer: &Answer, parent: &str, expect: &str) {
    assert_eq!(answer.status(), 200, "{id}: {}", answer.body());
    let (mut found, mut expect) = (elements(answer, parent), expect.split(' ').collect::<Vec<_>>());
    found.sort();
    expect.sort_unstable();
    assert_eq!(found, expect, "{id}");
}

#[test]
fn answers_show_what_was_made_and_no_more() {
    let world = world();
    let user = |name| [("UserName", name)];
    let found = call("CreateUser", &user("plain")).send(&world);
    same_elements("iamx-user-create", &found, "User", "Path UserName UserId Arn CreateDate");
    let found = tagged("CreateUser", &user("tagged"), &[("a", "b")]).send(&world);
    same_elements("iamx-user-create-tags", &found, "User", "Path UserName UserId Arn Tags CreateDate");
    assert_eq!((texts(&found, "Key"), texts(&found, "Value")), (vec!["a".to_owned()], vec!["b".to_owned()]));

    let policy = [("PolicyName", "p"), ("PolicyDocument", ALLOW), ("Description", "not told")];
    let found = call("CreatePolicy", &policy).send(&world);
    let members = "PolicyName PolicyId Arn Path DefaultVersionId AttachmentCount PermissionsBoundaryUsageCount \
                   IsAttachable CreateDate UpdateDate";
    same_elements("iamx-pol-create", &found, "Policy", members);
    for (element, value) in [
        ("DefaultVersionId", "v1"),
        ("AttachmentCount", "0"),
        ("PermissionsBoundaryUsageCount", "0"),
        ("IsAttachable", "true"),
    ] {
        assert_eq!(found.text(element).as_deref(), Some(value), "iamx-pol-create");
    }
    let profile = call("CreateInstanceProfile", &[("InstanceProfileName", "p")]).send(&world);
    let members = "Path InstanceProfileName InstanceProfileId Arn CreateDate Roles";
    same_elements("iamx-ip-create", &profile, "InstanceProfile", members);
    assert!(profile.body().contains("<Roles/>"), "iamx-ip-create");

    done(&world, "CreateGroup", &[("GroupName", "g")]);
    done(&world, "PutGroupPolicy", &[("GroupName", "g"), ("PolicyName", "p"), ("PolicyDocument", ALLOW)]);
    let got = call("GetGroupPolicy", &[("GroupName", "g"), ("PolicyName", "p")]);
    shows(&world, "iamx-wire-grouppolicy", &got, "GetGroupPolicyResult", "PolicyDocument GroupName PolicyName");
}

#[test]
fn who_waits_for_something_is_told_that_it_is_not_there() {
    let world = world();
    for (action, params) in [
        ("GetRole", [("RoleName", "r")]),
        ("GetUser", [("UserName", "u")]),
        ("GetPolicy", [("PolicyArn", &*arn("policy/p"))]),
        ("GetInstanceProfile", [("InstanceProfileName", "i")]),
    ] {
        let answer = call(action, &params).send(&world);
        assert_eq!((answer.status(), answer.text("Code").as_deref()), (404, Some("NoSuchEntity")), "iamx-waiter");
    }
}

#[test]
fn tag_keys_of_policies_differ_by_case_and_come_back_in_order() {
    let world = world();
    let policy = |name| [("PolicyName", name), ("PolicyDocument", ALLOW)];
    let made = tagged("CreatePolicy", &policy("cased"), &[("a", "1"), ("A", "2")]).send(&world);
    assert_eq!(texts(&made, "Key"), ["a", "A"], "iamx-pol-tags-case");
    let cased = arn("policy/cased");
    done(&world, "UntagPolicy", &[("PolicyArn", &cased), ("TagKeys.member.1", "a")]);
    assert_eq!(texts(&done(&world, "ListPolicyTags", &[("PolicyArn", &cased)]), "Key"), ["A"], "iamx-pol-untag-case");

    let twice = [("a", "1"), ("a", "2")];
    let id = "iamx-pol-tags-dup";
    check(&world, id, &tagged("CreatePolicy", &policy("p"), &twice), refused(400, "InvalidInput", SHORT));
    let again = tagged("TagPolicy", &[("PolicyArn", &cased)], &twice);
    check(&world, id, &again, refused(400, "InvalidInput", SHORT));

    let sent = ["abc", "b", "z", "a"].map(|key| (key, ""));
    assert_eq!(tagged("CreatePolicy", &policy("ordered"), &sent).send(&world).status(), 200);
    let listed = done(&world, "ListPolicyTags", &[("PolicyArn", &arn("policy/ordered"))]);
    assert_eq!(texts(&listed, "Key"), ["a", "b", "z", "abc"], "iamx-pol-tags-order");

    // iamx-role-tags-update
    let role = [("RoleName", "worker")];
    for value in ["one", ""] {
        assert_eq!(tagged("TagRole", &role, &[("team", value)]).send(&world).status(), 200);
        let listed = done(&world, "ListRoleTags", &role);
        assert_eq!((texts(&listed, "Key"), listed.text("Value").as_deref()), (vec!["team".into()], Some(value)));
    }
}

#[test]
fn tags_of_issuers_have_a_number_and_pages() {
    let world = world();
    let params = [("Url", "https://issuer.example"), ("ThumbprintList.member.1", &"a".repeat(40))];
    let made = done(&world, "CreateOpenIDConnectProvider", &params);
    let arn = made.text("OpenIDConnectProviderArn").unwrap();
    let provider = [("OpenIDConnectProviderArn", &*arn)];
    let keys: Vec<String> = (0..51).map(|number| format!("k{number:02}")).collect();
    let keys: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "")).collect();
    assert_eq!(tagged("TagOpenIDConnectProvider", &provider, &keys[..10]).send(&world).status(), 200);
    let by_four = [provider[0], ("MaxItems", "4")];
    let listed = pages(&world, "ListOpenIDConnectProviderTags", &by_four).map(|page| texts(&page, "Key").len());
    assert_eq!(listed.collect::<Vec<_>>(), [4, 4, 2], "iamx-oidc-tags-page");
    assert_eq!(tagged("TagOpenIDConnectProvider", &provider, &keys[..50]).send(&world).status(), 200);
    let over = tagged("TagOpenIDConnectProvider", &provider, &keys[50..]);
    let text = "The number of tags has reached the maximum limit.";
    check(&world, "iamx-oidc-tag-limit", &over, refused(409, "LimitExceeded", text));
    for none in [
        call("TagOpenIDConnectProvider", &provider).param("Tags", ""),
        call("UntagOpenIDConnectProvider", &provider).param("TagKeys", ""),
    ] {
        let answer = none.send(&world);
        assert_eq!(
            (answer.status(), answer.text("Code").as_deref()),
            (400, Some("InvalidInput")),
            "iamx-oidc-tag-empty"
        );
    }
}

#[test]
fn a_description_is_measured_in_characters() {
    let world = world();
    let role = |name: &str, letters: usize| {
        let description = "é".repeat(letters);
        let params = [("RoleName", name), ("AssumeRolePolicyDocument", TRUST), ("Description", &*description)];
        call("CreateRole", &params).send(&world)
    };
    assert_eq!(role("fits", 1000).status(), 200, "iam-s-role-desc-chars");
    let over = role("over", 1001);
    assert_eq!((over.status(), over.text("Code").as_deref()), (400, Some("ValidationError")), "iam-s-role-desc-chars");
}

#[test]
fn a_role_has_ten_policies() {
    let world = world();
    done(&world, "CreateRole", &[("RoleName", "full"), ("AssumeRolePolicyDocument", TRUST)]);
    let attach = |number: usize| {
        let name = format!("p{number}");
        done(&world, "CreatePolicy", &[("PolicyName", &name), ("PolicyDocument", ALLOW)]);
        call("AttachRolePolicy", &[("RoleName", "full"), ("PolicyArn", &arn(&format!("policy/{name}")))])
    };
    assert!((0..10).all(|number| attach(number).send(&world).status() == 200));
    let text = "Cannot exceed quota for PoliciesPerRole: 10";
    check(&world, "iamx-role-policies-quota", &attach(10), refused(409, "LimitExceeded", text));
}

#[test]
fn trust_in_issuers_that_many_share_has_a_scope() {
    let world = world();
    let params = [("Url", "https://token.actions.githubusercontent.com"), ("ThumbprintList.member.1", &"a".repeat(40))];
    done(&world, "CreateOpenIDConnectProvider", &params);
    let provider = arn("oidc-provider/token.actions.githubusercontent.com");
    let update = |condition: &Value| {
        let statement = json!({"Effect": "Allow", "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        call("UpdateAssumeRolePolicy", &[("RoleName", "worker"), ("PolicyDocument", &document)])
    };
    let sub = "token.actions.githubusercontent.com:sub";
    let text = format!(
        "Trust policy with trusted principal {provider} must evaluate, using StringEquals, StringLike or \
         StringEqualsIgnoreCase, {sub} or token.actions.githubusercontent.com:job_workflow_ref which is not scoped to \
         all."
    );
    for value in ["*", "*:ref", " "] {
        let wide = update(&json!({"StringLike": {sub: value}}));
        check(&world, "iam-s-trust-github", &wide, refused(400, "MalformedPolicyDocument", &text));
    }
    update(&json!({"StringLike": {sub: "repo:acme/*"}})).send(&world).fine();
    let cognito = |condition: Value| {
        let statement = json!({"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        call("UpdateAssumeRolePolicy", &[("RoleName", "worker"), ("PolicyDocument", &document)]).send(&world)
    };
    for (host, claim) in [("accounts.google.com", "amr"), ("www.amazon.com", "aud"), ("graph.facebook.com", "SUB")] {
        let key = format!("{host}:{claim}");
        for condition in
            [json!({}), json!({"StringEquals": {key: "x"}}), json!({"StringLike": {format!("{host}:sub"): "x"}})]
        {
            let statement = json!({"Effect": "Allow", "Principal": {"Federated": host},
                "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition});
            let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
            let update = call("UpdateAssumeRolePolicy", &[("RoleName", "worker"), ("PolicyDocument", &document)]);
            let text = format!("Policy trusting {host} requires a StringEquals condition on an application id");
            check(&world, host, &update, refused(400, "MalformedPolicyDocument", &text));
        }
    }
    let aud = "cognito-identity.amazonaws.com:aud";
    for condition in [
        json!({"StringLike": {aud: "?"}}),
        json!({"StringLike": {aud: "**"}}),
        json!({"StringLike": {aud: "*?"}}),
        json!({"StringEquals": {aud: ""}}),
        json!({"StringEquals": {aud: []}}),
        json!({"ForAnyValue:StringEquals": {aud: "x"}}),
        json!({"StringEquals": {"COGNITO-IDENTITY.AMAZONAWS.COM:AUD": "x"}}),
    ] {
        let answer = cognito(condition.clone());
        assert_eq!(answer.status(), 200, "iam-s-trust-shared-ok: {condition} {}", answer.body());
    }
}

#[test]
fn a_session_of_a_root_user_is_its_account() {
    let world = world();
    let root = Keys::of("root");
    let user = by(&root, "GetUser", &[]).send(&world);
    same_elements("the root user", &user, "User", "UserId Arn CreateDate");
    assert_eq!(user.text("Arn"), Some(arn("root")));
    // iam-expired
    let session = Call::assume_role(&arn("role/worker"), "session").by(&admin()).send(&world).keys();
    world.wait(3601);
    let text = "The security token included in the request is expired";
    check(&world, "iam-expired", &by(&session, "ListAccountAliases", &[]), refused(403, "ExpiredToken", text));
    assert_eq!(by(&nobody(), "ListAccountAliases", &[]).send(&world).status(), 403);
}
