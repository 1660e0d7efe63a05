//! The roles that services have in an account: made on demand, altered by nobody, removed by a call of their own.

use super::{ACCOUNT, admin, arn, by, call, decoded, done, elements, nobody, said, selma, world};
use crate::support::{Call, TestWorld, check, refused};

const NAME: &str = "AWSServiceRoleForAutoScaling_probe";
const PATH: &str = "/aws-service-role/autoscaling.amazonaws.com/";

/// How a call of the administrator's is refused, by what was recorded of AWS.
#[track_caller]
fn check_refusal(world: &TestWorld, line: &str, status: u16, code: &str, text: &str) {
    check(world, "service_linked_roles", &said(line), refused(status, code, text));
}

#[test]
fn a_service_has_its_role_with_the_policy_and_the_trust_that_aws_gives_it() {
    let world = world();
    let made = done(
        &world,
        "CreateServiceLinkedRole",
        &[("AWSServiceName", "autoscaling.amazonaws.com"), ("CustomSuffix", "probe"), ("Description", "mine")],
    );
    assert_eq!(
        elements(&made, "Role"),
        ["Path", "AssumeRolePolicyDocument", "RoleId", "RoleName", "Arn", "CreateDate"],
        "of what was seen of AWS's answer no member is missing, and none is added"
    );
    assert_eq!(made.text("Path").as_deref(), Some(PATH));
    assert_eq!(made.text("Arn"), Some(arn(&format!("role{PATH}{NAME}"))));
    assert_eq!(
        decoded(&made.text("AssumeRolePolicyDocument").unwrap()),
        r#"{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["autoscaling.amazonaws.com"]}}]}"#
    );
    let shown = done(&world, "GetRole", &[("RoleName", NAME)]);
    assert_eq!(shown.text("MaxSessionDuration").as_deref(), Some("3600"));
    assert_eq!(shown.text("Description").as_deref(), Some("mine"));
    assert_eq!(
        decoded(&shown.text("AssumeRolePolicyDocument").unwrap()),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"autoscaling.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
    );
    let attached = done(&world, "ListAttachedRolePolicies", &[("RoleName", NAME)]);
    let policy = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy";
    assert_eq!(attached.text("PolicyArn").as_deref(), Some(policy));
    assert_eq!(attached.text("PolicyName").as_deref(), Some("AutoScalingServiceRolePolicy"));
    let protected =
        format!("Cannot perform the operation on the protected role '{NAME}' - this role is only modifiable by AWS");
    for line in [format!("DeleteRole RoleName={NAME}"), format!("DetachRolePolicy RoleName={NAME} PolicyArn={policy}")]
    {
        check_refusal(&world, &line, 400, "UnmodifiableEntity", &protected);
    }
}

#[test]
fn a_role_is_there_once_and_few_services_take_suffixes() {
    let world = world();
    let linked = |service: &str| format!("CreateServiceLinkedRole AWSServiceName={service}.amazonaws.com");
    for (service, name) in [
        ("spot", "AWSServiceRoleForEC2Spot"),
        ("ecs", "AWSServiceRoleForECS"),
        ("dynamodb.application-autoscaling", "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"),
        ("autoscaling", "AWSServiceRoleForAutoScaling"),
    ] {
        let line = linked(service);
        assert_eq!(said(&line).send(&world).fine().text("RoleName").as_deref(), Some(name));
        let taken = format!("Service role name {name} has been taken in this account, please try a different suffix.");
        check_refusal(&world, &line, 400, "InvalidInput", &taken);
    }
    for service in ["ecs", "elasticloadbalancing", "rds"] {
        let text = format!("Custom suffix is not allowed for {service}.amazonaws.com");
        check_refusal(&world, &format!("{} CustomSuffix=x", linked(service)), 400, "InvalidInput", &text);
    }
    for service in ["ec3.amazonaws.com", "ECS.amazonaws.com", "ecs"] {
        let line = format!("CreateServiceLinkedRole AWSServiceName={service}");
        let text = format!("{service} is not a valid AWS service name (Service Principal)");
        check_refusal(&world, &line, 403, "AccessDenied", &text);
    }
    let suffix = "x".repeat(36);
    let text =
        format!("Service role name AWSServiceRoleForAutoScaling_{suffix} is too long, please try a shorter suffix.");
    let line = format!("{} CustomSuffix={suffix}", linked("autoscaling"));
    check(&world, "B-940", &said(&line), refused(400, "InvalidInput", &text));
    let longest = format!("{} CustomSuffix={}", linked("autoscaling"), "x".repeat(35));
    said(&longest).send(&world).fine();
}

#[test]
fn a_removal_is_asked_for_and_asked_about() {
    let world = world();
    let create = [("AWSServiceName", "autoscaling.amazonaws.com"), ("CustomSuffix", "probe")];
    done(&world, "CreateServiceLinkedRole", &create);
    let task = done(&world, "DeleteServiceLinkedRole", &[("RoleName", NAME)]).text("DeletionTaskId").unwrap();
    let id = task.strip_prefix(&format!("task{PATH}{NAME}/")).unwrap();
    assert_eq!(id.len(), 36, "{id}");
    let status = |task: &str| call("GetServiceLinkedRoleDeletionStatus", &[("DeletionTaskId", task)]);
    assert_eq!(status(&task).send(&world).fine().text("Status").as_deref(), Some("SUCCEEDED"));
    let gone = format!("The role with name {NAME} cannot be found.");
    check_refusal(&world, &format!("GetRole RoleName={NAME}"), 404, "NoSuchEntity", &gone);
    check_refusal(&world, &format!("DeleteServiceLinkedRole RoleName={NAME}"), 404, "NoSuchEntity", &gone);
    let ordinary = "The role with name worker cannot be found.";
    check(&world, "B-940", &said("DeleteServiceLinkedRole RoleName=worker"), refused(404, "NoSuchEntity", ordinary));
    assert_eq!(said("GetRole RoleName=worker").send(&world).status(), 200);
    done(&world, "CreateServiceLinkedRole", &create);
    for unknown in [
        task.replace(id, "00000000-0000-4000-8000-000000000000"),
        task.replace("_probe", "_other"),
        task.replace(PATH, "/aws-service-role/ecs.amazonaws.com/"),
    ] {
        let text = "Cannot find deletion status for given id.";
        check(&world, "service_linked_roles", &status(&unknown), refused(404, "NoSuchEntity", text));
    }
    for malformed in ["x", "task", &task[1..], &task[..task.len() - 1], &format!("{task}/x"), id] {
        let wrong = refused(400, "InvalidInput", "Invalid task id");
        check(&world, "service_linked_roles", &status(malformed), wrong);
    }
}

#[test]
fn whoever_makes_or_removes_one_is_allowed_that_for_the_service() {
    let world = world();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:GetServiceLinkedRoleDeletionStatus"],"Resource":"arn:aws:iam::*:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot*","Condition":{"StringLike":{"iam:AWSServiceName":"spot.amazonaws.com"}}}]}"#;
    let params = [("UserName", "Selma"), ("PolicyName", "spot"), ("PolicyDocument", policy)];
    done(&world, "PutUserPolicy", &params);
    let mine = |action: &str, params: &[(&str, &str)]| by(&selma(), action, params);
    mine("CreateServiceLinkedRole", &[("AWSServiceName", "spot.amazonaws.com")]).send(&world).fine();
    let task = mine("DeleteServiceLinkedRole", &[("RoleName", "AWSServiceRoleForEC2Spot")]).send(&world).fine();
    let task = task.text("DeletionTaskId").unwrap();
    mine("GetServiceLinkedRoleDeletionStatus", &[("DeletionTaskId", &task)]).send(&world).fine();
    for (keys, who, service, role) in [
        (selma(), "user/staff/Selma", "ecs", "AWSServiceRoleForECS"),
        (nobody(), "user/nobody", "spot", "AWSServiceRoleForEC2Spot"),
    ] {
        let text = format!(
            "User: {} is not authorized to perform: iam:CreateServiceLinkedRole on resource: \
             arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}.amazonaws.com/{role} because no identity-based policy \
             allows the iam:CreateServiceLinkedRole action",
            arn(who),
        );
        let service = format!("{service}.amazonaws.com");
        let call = by(&keys, "CreateServiceLinkedRole", &[("AWSServiceName", &service)]);
        check(&world, "service_linked_roles", &call, refused(403, "AccessDenied", &text));
    }
    let trusted = Call::assume_role(&arn("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"), "night");
    done(&world, "CreateServiceLinkedRole", &[("AWSServiceName", "ecs.amazonaws.com")]);
    assert_eq!(trusted.by(&admin()).send(&world).status(), 403, "nobody but the service may assume it");
}
