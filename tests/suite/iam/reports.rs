//! The credential report, and all details of an account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ACCOUNT, ALLOW, TRUST, arn, call, done, elements, pages, selma, texts, world};
use crate::support::{Answer, Call, TestWorld, check, identify, refused};

const HOURS: i64 = 60 * 60;

fn report(world: &TestWorld) -> String {
    let content = done(world, "GetCredentialReport", &[]).text("Content").unwrap();
    String::from_utf8(STANDARD.decode(content).unwrap()).unwrap()
}

#[test]
fn a_report_is_made_once_in_four_hours() {
    let world = world();
    let (get, generate) = (call("GetCredentialReport", &[]), call("GenerateCredentialReport", &[]));
    check(&world, "iamx-cred-none", &get, (410, "ReportNotPresent", None));
    assert!(!get.send(&world).body().contains("<Message>"), "iamx-cred-none");
    let states = || {
        let answer = generate.send(&world);
        (answer.text("State").unwrap(), answer.text("Description"))
    };
    let started = Some("No report exists. Starting a new report generation task".to_owned());
    // iamx-cred-start, iam-s-cred-started, iamx-cred-fourhours
    assert_eq!(states(), ("STARTED".to_owned(), started.clone()));
    assert_eq!(states(), ("COMPLETE".to_owned(), None));
    let shown = get.send(&world);
    assert_eq!(elements(&shown, "GetCredentialReportResult").join(" "), "GeneratedTime ReportFormat Content");
    assert_eq!(shown.text("ReportFormat").as_deref(), Some("text/csv"));
    let first = report(&world);
    done(&world, "CreateUser", &[("UserName", "later")]);
    assert_eq!(report(&world), first, "it is told as it was made");
    world.wait(4 * HOURS - 1);
    assert_eq!(states().0, "COMPLETE");
    world.wait(1);
    check(&world, "iamx-cred-expired", &get, (410, "ReportExpired", None));
    assert_eq!(states(), ("STARTED".to_owned(), started));
    assert!(report(&world).contains("\nlater,"));
}

#[test]
fn a_report_agrees_with_everything_else_that_is_known() {
    let world = world();
    done(&world, "CreateUser", &[("UserName", "Zoe")]);
    done(&world, "CreateUser", &[("UserName", "anna")]);
    let key = done(&world, "CreateAccessKey", &[("UserName", "Zoe")]).text("AccessKeyId").unwrap();
    done(&world, "UpdateAccessKey", &[("UserName", "Zoe"), ("AccessKeyId", &key), ("Status", "Inactive")]);
    identify(&selma()).region("eu-west-1").send(&world);
    done(&world, "GenerateCredentialReport", &[]);
    let report = report(&world);
    let lines: Vec<&str> = report.split('\n').collect();
    // iamx-cred-columns, iam-s-cred-format
    let columns = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
                   password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                   access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
                   access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
                   access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,\
                   cert_2_active,cert_2_last_rotated";
    assert_eq!(lines[0], columns);
    assert!(lines.iter().all(|line| line.split(',').count() == 22), "{report}");
    assert!(!report.ends_with('\n'));
    let names: Vec<&str> = lines[1..].iter().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(names, ["<root_account>", "admin", "anna", "nobody", "Selma", "Zoe"]);
    let row = |name: &str| lines.iter().find(|line| line.starts_with(&format!("{name},"))).unwrap().to_owned();
    let born = "2026-01-15T12:00:00Z";
    assert_eq!(
        row("<root_account>"),
        format!(
            "<root_account>,arn:aws:iam::{ACCOUNT}:root,1970-01-01T00:00:00Z,not_supported,no_information,not_supported,not_supported,false,true,{born},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
        )
    );
    assert_eq!(
        row("Selma"),
        format!(
            "Selma,{},{born},false,N/A,N/A,N/A,false,true,{born},{born},eu-west-1,sts,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
            arn("user/staff/Selma")
        )
    );
    assert_eq!(
        row("Zoe"),
        format!(
            "Zoe,{},{born},false,N/A,N/A,N/A,false,false,{born},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
            arn("user/Zoe")
        )
    );
    let used = done(&world, "GetAccessKeyLastUsed", &[("AccessKeyId", "AKIASELMA0000000")]);
    assert_eq!(texts(&used, "Region"), ["eu-west-1"]);
}

#[test]
fn iam_is_used_in_its_one_region() {
    let world = world();
    super::by(&selma(), "ListAccessKeys", &[]).region("ap-southeast-2").send(&world);
    let used = done(&world, "GetAccessKeyLastUsed", &[("AccessKeyId", "AKIASELMA0000000")]);
    assert_eq!(
        (used.text("Region").unwrap(), used.text("ServiceName").unwrap()),
        ("us-east-1".to_owned(), "iam".to_owned())
    );
    let only_here = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}}]}"#;
    done(&world, "PutUserPolicy", &[("UserName", "Selma"), ("PolicyName", "here"), ("PolicyDocument", only_here)]);
    let from = |call: Call| call.region("eu-central-1").send(&world).status();
    assert_eq!(from(super::by(&selma(), "ListAccessKeys", &[])), 200, "IAM is not where it is asked from");
    assert_eq!(from(Call::sts("GetFederationToken").param("Name", "far").by(&selma())), 403, "STS is");
}

#[test]
fn details_are_told_of_every_kind() {
    let world = world();
    let managed = arn("policy/own");
    done(&world, "CreatePolicy", &[("PolicyName", "own"), ("PolicyDocument", ALLOW)]);
    let with = [("PolicyArn", managed.as_str()), ("PolicyDocument", ALLOW), ("SetAsDefault", "true")];
    done(&world, "CreatePolicyVersion", &with);
    done(&world, "CreateGroup", &[("GroupName", "crew")]);
    done(&world, "AddUserToGroup", &[("GroupName", "crew"), ("UserName", "nobody")]);
    done(&world, "AttachUserPolicy", &[("UserName", "nobody"), ("PolicyArn", &managed)]);
    done(&world, "CreateInstanceProfile", &[("InstanceProfileName", "host")]);
    done(&world, "CreateRole", &[("RoleName", "host"), ("AssumeRolePolicyDocument", TRUST), ("Description", "x")]);
    done(&world, "AddRoleToInstanceProfile", &[("InstanceProfileName", "host"), ("RoleName", "host")]);
    let details = |filter: &[&str]| {
        let names: Vec<String> = (1..=filter.len()).map(|at| format!("Filter.member.{at}")).collect();
        let params: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(filter.iter().copied()).collect();
        done(&world, "GetAccountAuthorizationDetails", &params)
    };
    let all = details(&[]);
    // iam-s-gaad-order
    assert_eq!(
        elements(&all, "GetAccountAuthorizationDetailsResult").join(" "),
        "IsTruncated Policies UserDetailList RoleDetailList GroupDetailList"
    );
    assert_eq!(texts(&all, "PolicyName").iter().filter(|name| *name == "AdministratorAccess").count(), 3);
    let users = details(&["User"]);
    // iamx-gaad-user, iam-s-gaad-userpolicylist
    assert!(users.body().contains("<RoleDetailList/>") && users.body().contains("<Policies/>"));
    assert_eq!(texts(&users, "UserName"), ["admin", "nobody", "Selma"]);
    assert!(users.body().contains("<GroupList>\n          <member>crew</member>"), "{}", users.body());
    assert_eq!(users.body().matches("<UserPolicyList>").count(), 1);
    assert!(!users.body().contains("<UserPolicyList/>"));
    assert_eq!(
        elements(&users, "member").join(" "),
        "Path AttachedManagedPolicies GroupList Arn UserName UserId Tags CreateDate"
    );
    let roles = details(&["Role"]);
    // iamx-gaad-role
    assert!(roles.body().contains("<UserDetailList/>") && roles.body().contains("<GroupDetailList/>"));
    assert_eq!(texts(&roles, "RoleName"), ["host", "host", "worker"]);
    assert!(!roles.body().contains("Description") && !roles.body().contains("MaxSessionDuration"));
    assert_eq!(
        (roles.body().matches("<RoleLastUsed/>").count(), roles.body().matches("<RolePolicyList/>").count()),
        (2, 2)
    );
    let groups = details(&["Group"]);
    assert_eq!(
        elements(&groups, "member").join(" "),
        "Path GroupName AttachedManagedPolicies GroupId GroupPolicyList Arn CreateDate"
    );
    let policies = details(&["LocalManagedPolicy"]);
    assert_eq!(texts(&policies, "VersionId"), ["v2", "v1"]);
    assert_eq!(texts(&policies, "Document").len(), 2);
    let aws = details(&["AWSManagedPolicy"]);
    // iamx-gaad-policy
    assert!(texts(&aws, "PolicyName").contains(&"ReadOnlyAccess".to_owned()));
    assert!(aws.body().contains("<PolicyVersionList>"));
    let text = "1 validation error detected: Value at 'filter' failed to satisfy constraint: Member must satisfy constraint: \
                [Member must satisfy enum value set: [LocalManagedPolicy, User, AWSManagedPolicy, Role, Group]]";
    for odd in ["Unknown", "user"] {
        let call = call("GetAccountAuthorizationDetails", &[("Filter.member.1", odd)]);
        check(&world, "iam-s-enum-list", &call, refused(400, "ValidationError", text));
    }
}

#[test]
fn details_come_in_pages_of_users_then_roles_then_groups_then_policies() {
    let world = world();
    done(&world, "CreateGroup", &[("GroupName", "crew")]);
    done(&world, "CreatePolicy", &[("PolicyName", "own"), ("PolicyDocument", ALLOW)]);
    let lists = |page: Answer| {
        ["UserDetailList", "RoleDetailList", "GroupDetailList", "Policies"]
            .map(|list| page.body().contains(&format!("<{list}>")))
    };
    let told: Vec<_> = pages(&world, "GetAccountAuthorizationDetails", &[("MaxItems", "2")]).map(lists).collect();
    let [yes, no] = [true, false];
    // Three users and a role; a group and the account's own policy; AWS's policy that somebody has.
    assert_eq!(told, [[yes, no, no, no], [yes, yes, no, no], [no, no, yes, yes], [no, no, no, yes]]);
    let begun = |filter: &[&str]| filtered(filter).param("MaxItems", "1").send(&world).text("Marker").unwrap();
    let (all, some) = (begun(&[]), begun(&["Group", "User", "LocalManagedPolicy"]));
    let (other, invalid) = ("Marker and Filter do not match", "Invalid Marker.");
    // Each is named by its case in a recording of September 2026.
    for (id, marker, filter, text) in [
        ("iam-s-gaad-marker", "garbage", &[][..], other),
        ("pagination_changed_filter", &some, &["Group"], other),
        ("pagination_omitted_filter", &some, &[], invalid),
        ("pagination_default_explicit_local", &all, &["User", "Group", "Role", "LocalManagedPolicy"], invalid),
        ("fewer, with the kind of the marker", &all, &["User"], invalid),
    ] {
        check(&world, id, &filtered(filter).param("Marker", marker), refused(400, "ValidationError", text));
    }
    for (id, marker, filter) in [
        ("pagination_reordered_filter", &some, &["LocalManagedPolicy", "User", "Group"][..]),
        ("pagination_default_explicit_all", &all, &["AWSManagedPolicy", "LocalManagedPolicy", "Role", "Group", "User"]),
    ] {
        let next = filtered(filter).param("MaxItems", "1").param("Marker", marker).send(&world).fine();
        assert_eq!(texts(&next, "UserName"), ["nobody"], "{id}");
    }
}

fn filtered(kinds: &[&str]) -> Call {
    let call = call("GetAccountAuthorizationDetails", &[]);
    kinds.iter().zip(1..).fold(call, |call, (kind, at)| call.param(&format!("Filter.member.{at}"), kind))
}

#[test]
fn a_report_says_who_has_mfa_devices() {
    let world = TestWorld::new(
        r#"
accounts:
  - id: "123456789012"
    rootMfaDevices: [{ name: vault, secret: VAULTVAULTVAULTVAULT }]
    users:
      - name: admin
        attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess]
        accessKeys: [{ id: AKIAADMIN0000000, secret: admin-secret }]
      - { name: bearer, mfaDevices: [{ name: phone, secret: PHONEPHONEPHONEPHONE }] }
"#,
    );
    done(&world, "GenerateCredentialReport", &[]);
    let report = report(&world);
    let active = |line: &str| (line.split(',').next().unwrap().to_owned(), line.split(',').nth(7).unwrap() == "true");
    let found: Vec<(String, bool)> = report.lines().skip(1).map(active).collect();
    let expect = [("<root_account>", true), ("admin", false), ("bearer", true)];
    assert_eq!(found, expect.map(|(name, active)| (name.to_owned(), active)));
}
