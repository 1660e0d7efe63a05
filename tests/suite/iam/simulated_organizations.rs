//! Simulations in an organization: one that is only proposed, and the one that the account is in.

use super::{ACCOUNT, ALLOW, arn, call, texts, world};
use crate::support::{Answer, Call, TestWorld, check, refused};

const OBJECT: &str = "arn:aws:s3:::shelf/book";
const ANY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
const PUT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}"#;

/// A simulation of a policy that allows `s3:GetObject`, in an organization of these levels.
fn custom(levels: &[&[&str]], more: &[(&str, &str)]) -> Call {
    let base = [("ActionNames.member.1", "s3:GetObject"), ("PolicyInputList.member.1", ALLOW)];
    let call = call("SimulateCustomPolicy", &[&base, more].concat());
    let documents = levels.iter().enumerate().flat_map(|(level, documents)| {
        documents.iter().enumerate().map(move |(at, document)| (level + 1, at + 1, document))
    });
    documents.fold(call, |call, (level, at, document)| {
        let level = format!("OrderedOrganizationPolicyInputList.member.{level}.ServiceControlPolicyInputList");
        call.param(&format!("{level}.member.{at}"), document)
    })
}

/// What came of it, whether the organization allows it, and what came of it for each resource.
fn told(answer: &Answer) -> String {
    let parts = [
        texts(answer, "EvalDecision"),
        texts(answer, "AllowedByOrganizations"),
        texts(answer, "EvalResourceDecision"),
        texts(answer, "SourcePolicyId"),
    ];
    parts.concat().join(" ")
}

#[test]
fn a_proposed_organization_has_the_first_word() {
    let world = world();
    let user = arn("user/simulation/hypothetical");
    let bucket = format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{user}"}},"Action":"s3:GetObject","Resource":"{OBJECT}"}}}}"#
    );
    let on_object = [("ResourceArns.member.1", OBJECT), ("ResourcePolicy", &bucket), ("CallerArn", &user)];
    let unless = DENY
        .replace(r#""Resource""#, r#""Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}},"Resource""#);
    let region = [
        ("ContextEntries.member.1.ContextKeyName", "aws:RequestedRegion"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "eu-west-1"),
        ("ContextEntries.member.1.ContextKeyType", "string"),
    ];
    let by_book = ANY.replace(r#""Resource":"*""#, &format!(r#""Resource":"{OBJECT}""#));
    let two = [("ResourceArns.member.1", OBJECT), ("ResourceArns.member.2", "arn:aws:s3:::shelf/other")];
    for (scenario, levels, more, expect) in [
        ("organizations_allow", &[&[ANY][..], &[ANY]][..], &[][..], "allowed true PolicyInputList.1"),
        ("organizations_deny", &[&[ANY], &[DENY]], &[], "explicitDeny false"),
        ("organizations_implicit", &[&[ANY], &[PUT]], &[], "implicitDeny false"),
        ("organizations_union_within_level", &[&[DENY, ANY], &[ANY]], &[], "explicitDeny false"),
        ("organizations_union_within_level", &[&[PUT, ANY], &[ANY]], &[], "allowed true PolicyInputList.1"),
        ("composition_resource_scp_deny", &[&[DENY]], &on_object, "explicitDeny false explicitDeny"),
        // What the organization passes over, a resource policy may still not grant.
        ("B-559", &[&[ANY], &[PUT]], &on_object, "implicitDeny false implicitDeny"),
        ("B-559", &[&[&by_book]], &two, "implicitDeny false allowed implicitDeny PolicyInputList.1 PolicyInputList.1"),
        ("seven levels", &[&[ANY][..]; 7], &[], "allowed true PolicyInputList.1"),
        (
            "the last of seven levels",
            &[&[ANY], &[ANY], &[ANY], &[ANY], &[ANY], &[ANY], &[PUT]],
            &[],
            "implicitDeny false",
        ),
        ("a context key that is missing", &[&[ANY, &unless]], &[], "explicitDeny false"),
        ("a context key that is given", &[&[ANY, &unless]], &region, "allowed true PolicyInputList.1"),
        ("no organization", &[], &[], "allowed PolicyInputList.1"),
    ] {
        let answer = custom(levels, more).send(&world).fine();
        assert_eq!(told(&answer), expect, "{scenario}: {}", answer.body());
        if expect.contains("false") {
            assert!(answer.body().contains("<MissingContextValues/>"), "{scenario}: {}", answer.body());
        }
    }
    let denied = custom(&[&[DENY]], &on_object).send(&world);
    assert!(denied.body().contains("<EvalDecisionDetails/>"), "composition_resource_scp_deny: {}", denied.body());
}

#[test]
fn a_proposed_organization_must_make_sense() {
    let world = world();
    let empty = |level: usize| {
        (
            "OrderedOrganizationPolicyInputList.member.{}.ServiceControlPolicyInputList"
                .replace("{}", &level.to_string()),
            "",
        )
    };
    let at_least = "must contain at least one service control policy";
    for (scenario, levels, level, text) in [
        ("organizations_empty_level", &[][..], 1, format!("Organization policy at index 1 {at_least}")),
        ("a level that is left out", &[&[], &[ANY][..]], 3, format!("Organization policy at index 1 {at_least}")),
        ("organizations_empty_level", &[&[ANY], &[ANY]], 3, format!("Organization policy at index 3 {at_least}")),
    ] {
        let (name, value) = empty(level);
        check(&world, scenario, &custom(levels, &[]).param(&name, value), refused(400, "InvalidInput", &text));
    }
    let named = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"*","Resource":"*"}}]}}"#
    );
    for odd in ["nonsense", "{", r#"{"Version":"2013-10-17","Statement":[]}"#, &named, &"[".repeat(100_000)] {
        let text = "Organization policy at index 2 has invalid content";
        check(&world, "B-562", &custom(&[&[ANY], &[ANY, odd]], &[]), refused(400, "InvalidInput", text));
    }
    let too_many = custom(&[&[ANY][..]; 8], &[]);
    let text = "1 validation error detected: Value at 'orderedOrganizationPolicyInputList' failed to satisfy constraint: \
                Member must have length less than or equal to 7";
    check(&world, "eight levels", &too_many, refused(400, "ValidationError", text));
    let text = r"1 validation error detected: Value at 'orderedOrganizationPolicyInputList.1.member.serviceControlPolicyInputList' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 131072, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]+]";
    check(&world, "an empty policy", &custom(&[&[""]], &[]), refused(400, "ValidationError", text));
    // B-561: what an organization has to say takes its time too.
    let huge = ANY.replace(r#""Action":"*""#, &format!(r#""Action":"s3:{}""#, "a".repeat(120_000)));
    let resource = format!("arn:aws:s3:::{}", "b".repeat(1_500));
    let call = custom(&[&[huge.as_str()][..]; 7], &[("ResourceArns.member.1", &resource)]);
    let text = "The policies and resources are too long to be evaluated in one call.";
    check(&world, "B-561", &call, refused(400, "InvalidInput", text));
}

/// An account in an organization with these policies at it.
fn member(policies: &str) -> TestWorld {
    TestWorld::new(&format!(
        r#"
accounts:
  - id: "123456789012"
    users:
      - {{ name: admin, attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess], accessKeys: [{{ id: AKIAADMIN0000000, secret: admin-secret }}] }}
    roles:
      - name: own
        path: /aws-service-role/x.amazonaws.com/
        trust: {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {{ Service: x.amazonaws.com }}, Action: "sts:AssumeRole" }}] }}
        attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess]
  - {{ id: "210987654321" }}
organizations:
  - id: o-testcompany
    managementAccount: "210987654321"
    organizationalUnits: [{{ name: Workloads, organizationalUnits: [{{ name: Live, accounts: ["123456789012"] }}] }}]
    serviceControlPolicies:
{policies}"#
    ))
}

const NO_STORES: &str = r#"
      - id: p-nostores
        attachedTo: [Workloads]
        document: { Version: "2012-10-17", Statement: [{ Effect: Deny, Action: "s3:*", Resource: "arn:aws:s3:::shelf/*" }] }
"#;

#[test]
fn the_organization_of_the_account_has_the_first_word() {
    let world = member(NO_STORES);
    let simulate = |source: &str, action: &str, resources: &[&str], more: &[(&str, &str)]| {
        let source = arn(source);
        let base = [("PolicySourceArn", source.as_str()), ("ActionNames.member.1", action)];
        let asked = call("SimulatePrincipalPolicy", &[&base, more].concat());
        let named = resources.iter().enumerate();
        named
            .fold(asked, |call, (at, resource)| call.param(&format!("ResourceArns.member.{}", at + 1), resource))
            .send(&world)
            .fine()
    };
    let other = "arn:aws:s3:::desk/book";
    let left_out = [("PolicyExclusionList.member.1.PolicyType", "scp")];
    let stopped = simulate("user/admin", "s3:GetObject", &[OBJECT], &[]);
    // iamx-sim-scp
    assert_eq!(told(&stopped), "implicitDeny false");
    assert!(!stopped.body().contains("EvalDecisionDetails") && !stopped.body().contains("ResourceSpecificResults"));
    for (scenario, source, action, resources, more, expect) in [
        ("allowed", "user/admin", "dynamodb:GetItem", &[][..], &[][..], "allowed true AdministratorAccess"),
        ("iamx-sim-scp", "user/admin", "s3:GetObject", &[OBJECT, OBJECT], &[], "implicitDeny false"),
        (
            "B-559",
            "user/admin",
            "s3:GetObject",
            &[OBJECT, other],
            &[],
            "explicitDeny false explicitDeny allowed AdministratorAccess AdministratorAccess",
        ),
        (
            "principal_exclude_type_scp",
            "user/admin",
            "s3:GetObject",
            &[OBJECT],
            &left_out,
            "allowed allowed AdministratorAccess AdministratorAccess",
        ),
        (
            "no policy of an organization binds a service-linked role",
            "role/aws-service-role/x.amazonaws.com/own",
            "s3:GetObject",
            &[OBJECT],
            &[],
            "allowed allowed AdministratorAccess AdministratorAccess",
        ),
    ] {
        let answer = simulate(source, action, resources, more);
        assert_eq!(told(&answer), expect, "{scenario}: {}", answer.body());
    }
}
