//! What another call changes between the judgement of a call and its deed.

use super::{SEED, TRUST, arn, by, done, selma};
use crate::support::{Keys, Rows, TestWorld, check, refused};

/// A service, and another one over the same rows: what the one changes, the other hears of when it commits.
fn services(set_up: impl Fn(&TestWorld)) -> (TestWorld, TestWorld) {
    let rows = Rows::default();
    let one = TestWorld::over(Box::new(rows.clone()), Some(SEED), 1);
    set_up(&one);
    (TestWorld::over(Box::new(rows), None, 2), one)
}

fn painter(world: &TestWorld) -> Keys {
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:UpdateRoleDescription","Resource":"*",
        "Condition":{"StringEquals":{"aws:ResourceTag/colour":"red"}}}]}"#;
    done(world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "paint"), ("PolicyDocument", document)]);
    super::nobody()
}

#[test]
fn a_change_is_judged_by_what_the_caller_may_do_when_it_happens() {
    let (late, early) = services(|_| {});
    done(&early, "DeleteUserPolicy", &[("UserName", "Selma"), ("PolicyName", "own-keys")]);
    let text = format!(
        "User: {} is not authorized to perform: iam:CreateAccessKey on resource: user nullSelma because no identity-based \
         policy allows the iam:CreateAccessKey action",
        arn("user/staff/Selma")
    );
    check(&late, "revoked", &by(&selma(), "CreateAccessKey", &[]), refused(403, "AccessDenied", &text));
    assert_eq!(super::texts(&done(&late, "ListAccessKeys", &[("UserName", "Selma")]), "AccessKeyId").len(), 1);
}

#[test]
fn a_change_is_judged_by_what_the_thing_is_when_it_happens() {
    let paint = [("RoleName", "fence"), ("Description", "wet")];
    let tag = |world: &TestWorld, colour: &str| {
        let params = [("RoleName", "fence"), ("Tags.member.1.Key", "colour"), ("Tags.member.1.Value", colour)];
        done(world, "TagRole", &params)
    };
    let set_up = |world: &TestWorld| {
        done(world, "CreateRole", &[("RoleName", "fence"), ("AssumeRolePolicyDocument", TRUST)]);
        tag(world, "red");
        painter(world);
    };
    let (late, early) = services(set_up);
    tag(&early, "blue");
    assert_eq!(by(&super::nobody(), "UpdateRoleDescription", &paint).send(&late).status(), 403);
    let (late, early) = services(set_up);
    done(&early, "TagRole", &[("RoleName", "fence"), ("Tags.member.1.Key", "size"), ("Tags.member.1.Value", "xl")]);
    assert_eq!(by(&super::nobody(), "UpdateRoleDescription", &paint).send(&late).status(), 200, "still red");
}

#[test]
fn nobody_changes_anything_who_is_gone() {
    let (late, early) = services(|_| {});
    for (action, params) in [
        ("DeleteUserPolicy", [("UserName", "Selma"), ("PolicyName", "own-keys")].as_slice()),
        ("DeleteAccessKey", &[("UserName", "Selma"), ("AccessKeyId", "AKIASELMA0000000")]),
        ("DeleteUser", &[("UserName", "Selma")]),
    ] {
        done(&early, action, params);
    }
    let answer = by(&selma(), "CreateAccessKey", &[]).send(&late);
    assert_eq!((answer.status(), answer.text("Code").as_deref()), (403, Some("InvalidClientTokenId")));
}

#[test]
fn a_role_is_passed_on_by_its_tags_and_to_whom() {
    let world = super::world();
    done(&world, "CreateInstanceProfile", &[("InstanceProfileName", "host")]);
    for (role, colour) in [("red", "red"), ("blue", "blue")] {
        done(&world, "CreateRole", &[("RoleName", role), ("AssumeRolePolicyDocument", TRUST)]);
        let with = [("RoleName", role), ("Tags.member.1.Key", "colour"), ("Tags.member.1.Value", colour)];
        done(&world, "TagRole", &with);
    }
    let document = |service: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:*InstanceProfile","Resource":"*"}},
            {{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{{"StringEquals":{{
            "iam:PassedToService":"{service}","iam:ResourceTag/colour":"red","aws:ResourceTag/colour":"red"}}}}}}]}}"#
        )
    };
    let may = |service: &str| {
        let document = document(service);
        done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "pass"), ("PolicyDocument", &document)]);
    };
    let add = |role: &str| {
        let params = [("InstanceProfileName", "host"), ("RoleName", role)];
        by(&super::nobody(), "AddRoleToInstanceProfile", &params).send(&world).status()
    };
    may("lambda.amazonaws.com");
    assert_eq!(add("red"), 403);
    may("ec2.amazonaws.com");
    assert_eq!(add("blue"), 403);
    assert_eq!(add("red"), 200);
}
