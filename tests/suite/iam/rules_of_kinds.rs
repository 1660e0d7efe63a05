//! Single rules of single kinds that nobody would look for elsewhere.

use super::{arn, call, done, texts, world};
use crate::support::{check, refused};

#[test]
fn groups_have_room_for_so_much_and_users_for_so_many_groups() {
    let world = world();
    done(&world, "CreateGroup", &[("GroupName", "crew")]);
    let document = |letters: usize| {
        let action = "x".repeat(letters);
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:{action}","Resource":"*"}}]}}"#
        )
    };
    let put = |name: &str, letters: usize| {
        call("PutGroupPolicy", &[("GroupName", "crew"), ("PolicyName", name), ("PolicyDocument", &document(letters))])
    };
    assert_eq!(put("one", 5000).send(&world).status(), 200);
    let full = refused(409, "LimitExceeded", "Maximum policy size of 5120 bytes exceeded for group crew");
    check(&world, "iamx-group-inline-size", &put("two", 1), full);
    let add =
        |number: usize| call("AddUserToGroup", &[("GroupName", &format!("group{number}")), ("UserName", "nobody")]);
    for number in 0..=10 {
        done(&world, "CreateGroup", &[("GroupName", &format!("group{number}"))]);
        if number < 10 {
            assert_eq!(add(number).send(&world).status(), 200);
        }
    }
    let refusal = refused(409, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10");
    check(&world, "iamx-group-peruser", &add(10), refusal);
}

#[test]
fn what_is_for_roles_of_aws_is_not_attached_to_others() {
    let world = world();
    let policy = "arn:aws:iam::aws:policy/aws-service-role/AmazonElasticFileSystemServiceRolePolicy";
    let attach = call("AttachRolePolicy", &[("RoleName", "worker"), ("PolicyArn", policy)]);
    let text = "Cannot attach a Service Role Policy to a Customer Role.";
    check(&world, "iamx-role-service-policy", &attach, refused(400, "PolicyNotAttachable", text));
}

#[test]
fn odd_documents_are_taken_where_aws_takes_them() {
    let world = world();
    let statement = |rest: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:Get*",{rest}}}]}}"#)
    };
    for (id, rest) in [
        ("iamx-docok-nullres", r#""Resource":["*",null]"#),
        (
            "iamx-docok-boolop",
            r#""Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true},"Null":{"aws:TokenIssueTime":false}}"#,
        ),
    ] {
        done(&world, "CreatePolicy", &[("PolicyName", id), ("PolicyDocument", &statement(rest))]);
    }
}

#[test]
fn policies_that_aws_made_lately_carry_its_account_in_their_ids() {
    // iamx-id-awsmanaged
    let world = world();
    let known = done(&world, "ListPolicies", &[("Scope", "AWS")]);
    let ids = texts(&known, "PolicyId");
    assert!(ids.iter().filter(|id| id.starts_with("ANPAZKAPJZG4")).count() >= 6, "{ids:?}");
}

#[test]
fn of_a_tag_that_is_sent_twice_nothing_is_taken() {
    // sts-s-q-tag-repeat: whoever may not tag is told that first.
    let world = world();
    let tags = [
        ("UserName", "nobody"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
        ("Tags.member.2.Key", "team"),
        ("Tags.member.2.Value", "b"),
    ];
    let twice = call("TagUser", &tags).send(&world);
    assert_eq!((twice.status(), twice.text("Code").as_deref()), (400, Some("InvalidInput")));
    let denied = super::by(&super::nobody(), "TagUser", &tags).send(&world);
    assert_eq!((denied.status(), denied.text("Code").as_deref()), (403, Some("AccessDenied")));
    let only_the_last = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:TagUser","Resource":"{}","Condition":{{"StringEquals":{{"aws:RequestTag/team":"b"}}}}}}]}}"#,
        arn("user/nobody")
    );
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "tag"), ("PolicyDocument", &only_the_last)]);
    let judged = super::by(&super::nobody(), "TagUser", &tags).send(&world);
    assert_eq!((judged.status(), judged.text("Code").as_deref()), (400, Some("InvalidInput")));
}
