//! Organizations: what service control and resource control policies keep the callers of STS from.

use std::path::Path;

use crate::store::{Scratch, reopen};
use crate::support::{Call, Keys, TestWorld, check_denied, identify, logged};
use local_sts::api::baseline;

/// The organization is led by 111111111111, and 222222222222 is its member; 333333333333 is a stranger.
fn seed(organization: &str) -> String {
    format!(
        r#"
organizations:
  - id: o-testcompany
    managementAccount: "111111111111"
    memberAccounts: ["222222222222"]
{organization}
accounts:
  - id: "111111111111"
    users:
      - {{ name: alice, accessKeys: [{{ id: AKIAALICE, secret: alice-secret }}], attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"] }}
    roles: [{{ name: open, trust: &open {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {{ AWS: "*" }}, Action: ["sts:AssumeRole", "sts:TagSession"] }}] }} }}]
  - id: "222222222222"
    rootAccessKeys: [{{ id: AKIAROOT, secret: root-secret }}]
    users:
      - {{ name: bob, accessKeys: [{{ id: AKIABOB, secret: bob-secret }}], attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"] }}
    roles:
      - {{ name: open, trust: *open }}
      - {{ name: linked, path: /aws-service-role/x.amazonaws.com/, trust: *open, attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"] }}
      - {{ name: ours, trust: {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {{ AWS: "*" }}, Action: "sts:AssumeRole", Condition: {{ StringEquals: {{ "aws:PrincipalOrgID": o-testcompany, "aws:ResourceOrgID": o-testcompany }}, "ForAnyValue:StringEquals": {{ "aws:PrincipalOrgPaths": o-testcompany/r-test/, "aws:ResourceOrgPaths": o-testcompany/r-test/ }} }} }}] }} }}
  - id: "333333333333"
    users:
      - {{ name: carol, accessKeys: [{{ id: AKIACAROL, secret: carol-secret }}], attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"] }}
"#
    )
}

/// A policy of the organization that denies an action to everybody, attached to its root.
fn denying(kind: &str, action: &str) -> String {
    let principal = if kind == "resourceControlPolicies" { "Principal: \"*\", " } else { "" };
    format!(
        "    {kind}: [{{ id: p-testpolicy, attachedTo: [root], document: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Deny, {principal}Action: \"{action}\", Resource: \"*\" }}] }} }}]\n"
    )
}

/// 222222222222 is two units deep; the account that leads them is in a unit, too.
const UNITS: &str = r#"
    rootId: r-ab12
    organizationalUnits:
      - name: Workloads
        id: ou-ab12-workload1
        organizationalUnits:
          - { name: Live, id: ou-ab12-livelive1, accounts: ["222222222222"] }
          - { name: Trial }
      - { name: Core, accounts: ["111111111111"] }
"#;

fn world(organization: &str) -> TestWorld {
    TestWorld::new(&seed(organization))
}

fn assume(account: &str, role: &str) -> Call {
    Call::assume_role(&format!("arn:aws:iam::{account}:role/{role}"), "ci")
}

fn tagged(call: Call) -> Call {
    call.tags(&[("team", "blue")])
}

fn denied(caller: &str, action: &str, resource: &str, why: &str) -> String {
    format!("User: {caller} is not authorized to perform: {action} on resource: {resource}{why}")
}

const ALICE: &str = "arn:aws:iam::111111111111:user/alice";
const BOB: &str = "arn:aws:iam::222222222222:user/bob";
const CAROL: &str = "arn:aws:iam::333333333333:user/carol";
const OPEN: &str = "arn:aws:iam::222222222222:role/open";
const BY_RCP: &str = " with an explicit deny in a resource control policy: \
                      arn:aws:organizations::111111111111:policy/o-testcompany/resource_control_policy/p-testpolicy";

#[test]
fn without_policies_an_organization_keeps_nobody_from_anything() {
    let world = world("");
    for who in ["alice", "bob", "carol"] {
        assume("222222222222", "open").by(&Keys::of(who)).send(&world).fine();
    }
}

#[test]
fn a_resource_control_policy_binds_the_roles_of_members_whoever_calls() {
    let world = world(&denying("resourceControlPolicies", "sts:AssumeRole"));
    for (who, arn) in [("alice", ALICE), ("bob", BOB)] {
        let text = denied(arn, "sts:AssumeRole", OPEN, BY_RCP);
        check_denied(&world, "sts-s-rcp-deny", &assume("222222222222", "open").by(&Keys::of(who)), &text);
    }
    assume("111111111111", "open").by(&Keys::of("alice")).send(&world).fine();
    assume("111111111111", "open").by(&Keys::of("bob")).send(&world).fine();
}

#[test]
fn a_stranger_is_not_told_which_policy_of_an_organization_refused() {
    let world = world(&denying("resourceControlPolicies", "sts:AssumeRole"));
    let text = denied(CAROL, "sts:AssumeRole", OPEN, "");
    check_denied(&world, "B-146", &assume("222222222222", "open").by(&Keys::of("carol")), &text);
}

#[test]
fn a_resource_control_policy_is_asked_about_tags_on_their_own() {
    let world = world(&denying("resourceControlPolicies", "sts:TagSession"));
    assume("222222222222", "open").by(&Keys::of("alice")).send(&world).fine();
    let text = denied(ALICE, "sts:TagSession", OPEN, BY_RCP);
    let call = tagged(assume("222222222222", "open")).by(&Keys::of("alice"));
    check_denied(&world, "iam-evaluation 11.4", &call, &text);
}

#[test]
fn a_service_control_policy_binds_who_is_in_a_member_account() {
    let world = world(&denying("serviceControlPolicies", "sts:*"));
    let text = denied(BOB, "sts:AssumeRole", OPEN, "");
    check_denied(&world, "SCP", &assume("222222222222", "open").by(&Keys::of("bob")), &text);
    let (root, guest) = ("arn:aws:iam::222222222222:root", "arn:aws:sts::222222222222:federated-user/guest");
    let vouch = Call::sts("GetFederationToken").param("Name", "guest").by(&Keys::of("root"));
    let why = " with an explicit deny in a service control policy: \
               arn:aws:organizations::111111111111:policy/o-testcompany/service_control_policy/p-testpolicy";
    check_denied(&world, "SCP, root", &vouch, &denied(root, "sts:GetFederationToken", guest, why));
    for who in ["alice", "carol"] {
        assume("222222222222", "open").by(&Keys::of(who)).send(&world).fine();
    }
    let session = assume("222222222222", "open").by(&Keys::of("alice")).send(&world).keys();
    let caller = "arn:aws:sts::222222222222:assumed-role/open/ci";
    let text = denied(caller, "sts:AssumeRole", OPEN, "");
    check_denied(&world, "SCP, a role session", &assume("222222222222", "open").by(&session), &text);
    for keys in [Keys::of("bob"), Keys::of("root"), session] {
        identify(&keys).send(&world).fine();
    }
}

#[test]
fn every_level_of_service_control_policies_must_allow() {
    let only_sts = "{ id: p-onlysts1, attachedTo: [\"222222222222\"], document: { Version: \"2012-10-17\", Statement: [{ Effect: Allow, Action: \"sts:*\", Resource: \"*\" }] } }";
    let policies = format!("    serviceControlPolicies: [{only_sts}]\n");
    for (detached, allowed) in
        [("[]", true), ("[\"222222222222\"]", true), ("[root]", false), ("[root, \"222222222222\"]", false)]
    {
        let world = world(&format!("{policies}    fullAWSAccessDetachedFrom: {detached}\n"));
        let answer = assume("222222222222", "open").by(&Keys::of("bob")).send(&world);
        assert_eq!(answer.status() == 200, allowed, "{detached}: {}", answer.body());
    }
    let world = world("    fullAWSAccessDetachedFrom: [\"222222222222\"]\n");
    let text = denied(BOB, "sts:AssumeRole", OPEN, "");
    check_denied(&world, "B-111", &assume("222222222222", "open").by(&Keys::of("bob")), &text);
}

#[test]
fn a_policy_of_a_unit_binds_the_accounts_that_are_in_it_and_below_it() {
    for kind in ["serviceControlPolicies", "resourceControlPolicies"] {
        for (unit, binds) in [
            ("Workloads", true),
            ("Workloads/Live", true),
            ("ou-ab12-livelive1", true),
            ("Trial", false),
            ("Core", false),
        ] {
            let policy = denying(kind, "sts:AssumeRole").replace("[root]", &format!("[{unit}]"));
            let world = world(&format!("{UNITS}{policy}"));
            let call = assume("222222222222", "open").by(&Keys::of("bob"));
            if binds {
                let why = if kind == "resourceControlPolicies" { BY_RCP } else { "" };
                check_denied(&world, unit, &call, &denied(BOB, "sts:AssumeRole", OPEN, why));
            } else {
                call.send(&world).fine();
            }
            // B-922: wherever the account stands that leads the organization.
            assume("111111111111", "open").by(&Keys::of("alice")).send(&world).fine();
        }
    }
}

#[test]
fn every_unit_above_an_account_must_allow() {
    for (attached, detached, allowed) in [
        ("Live", "[Live]", true),
        ("Live", "[Trial, Core]", true),
        ("Live", "[Workloads]", false),
        ("Live", "[root]", false),
        ("Live", "[Live, \"222222222222\"]", false),
        ("root, Workloads, Live, \"222222222222\"", "[root, Workloads, Live, \"222222222222\"]", true),
        ("root, Workloads, \"222222222222\"", "[root, Workloads, Live, \"222222222222\"]", false),
        ("root, Trial, Live, \"222222222222\"", "[root, Workloads, Live, \"222222222222\"]", false),
    ] {
        let only_sts = format!(
            "    serviceControlPolicies: [{{ id: p-onlysts1, attachedTo: [{attached}], document: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"sts:*\", Resource: \"*\" }}] }} }}]\n"
        );
        let world = world(&format!("{UNITS}{only_sts}    fullAWSAccessDetachedFrom: {detached}\n"));
        let (answer, log) = logged(|| assume("222222222222", "open").by(&Keys::of("bob")).send(&world));
        assert_eq!(answer.status() == 200, allowed, "{attached}, not {detached}: {}", answer.body());
        assert_eq!(log.contains("not every level of the organization"), !allowed, "{attached}, not {detached}: {log}");
    }
}

#[test]
fn service_linked_roles_are_free_of_both() {
    for kind in ["serviceControlPolicies", "resourceControlPolicies"] {
        let exempt = world("");
        let linked = "aws-service-role/x.amazonaws.com/linked";
        let session = assume("222222222222", linked).by(&Keys::of("alice")).send(&exempt).keys();
        assume("222222222222", "open").by(&session).send(&exempt).fine();

        let bound = world(&denying(kind, "sts:AssumeRole"));
        let call = assume("222222222222", linked).by(&Keys::of("alice"));
        if kind == "serviceControlPolicies" {
            let session = call.send(&bound).keys();
            assume("222222222222", "open").by(&session).send(&bound).fine();
        } else {
            // Chance is seeded: the session of the world without policies is good in this one, too.
            assume("222222222222", "open").by(&session).send(&bound).fine();
        }
    }
}

#[test]
fn policies_can_ask_for_the_organization() {
    let world = world("");
    for who in ["alice", "bob"] {
        assume("222222222222", "ours").by(&Keys::of(who)).send(&world).fine();
    }
    let text = denied(CAROL, "sts:AssumeRole", "arn:aws:iam::222222222222:role/ours", "");
    check_denied(&world, "aws:PrincipalOrgID", &assume("222222222222", "ours").by(&Keys::of("carol")), &text);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths>
#[test]
fn policies_can_ask_in_which_unit_an_account_is() {
    const LIVE: &str = "o-testcompany/r-ab12/ou-ab12-workload1/ou-ab12-livelive1/";
    for (operator, key, paths, alice, bob) in [
        ("StringEquals", "Principal", LIVE, false, true),
        ("StringEquals", "Principal", "o-testcompany/r-ab12/ou-ab12-workload1/", false, false),
        ("StringEquals", "Principal", "o-testcompany/r-ab12/", false, false),
        ("StringLike", "Principal", "o-testcompany/r-ab12/ou-ab12-workload1/*", false, true),
        ("StringLike", "Principal", "o-testcompany/r-ab12/ou-ab12-workload1/ou-*", false, true),
        ("StringLike", "Principal", "o-testcompany/r-ab12/*/ou-ab12-livelive1/*", false, true),
        ("StringLike", "Principal", "o-testcompany/*", true, true),
        // B-920: the id of a unit that has none in the seed.
        ("StringEquals", "Principal", "o-testcompany/r-ab12/ou-ab12-9b83e749/", true, false),
        ("StringEquals", "Resource", LIVE, true, true),
        ("StringLike", "Resource", "o-testcompany/r-ab12/ou-ab12-livelive1/*", false, false),
    ] {
        let seed = seed(UNITS);
        let condition = "StringEquals\": { \"aws:PrincipalOrgPaths\": o-testcompany/r-test/, \"aws:ResourceOrgPaths\": o-testcompany/r-test/ }";
        assert!(seed.contains(condition));
        let world = TestWorld::new(
            &seed.replace(condition, &format!("{operator}\": {{ \"aws:{key}OrgPaths\": \"{paths}\" }}")),
        );
        for (who, allowed) in [("alice", alice), ("bob", bob)] {
            let answer = assume("222222222222", "ours").by(&Keys::of(who)).send(&world);
            assert_eq!(answer.status() == 200, allowed, "{who}, {operator} {key} {paths}: {}", answer.body());
        }
    }
}

#[test]
fn organizations_outlive_a_restart_and_a_reset() {
    let scratch = Scratch::new("organizations");
    let directory = scratch.0.join("state");
    let open =
        |directory: &Path, seed: Option<&str>, chance| TestWorld::over(Box::new(reopen(directory)), seed, chance);
    let policy = denying("serviceControlPolicies", "sts:AssumeRole").replace("[root]", "[Live]");
    let text = seed(&format!("{UNITS}{policy}"));
    drop(open(&directory, Some(&text), 1));
    let world = open(&directory, None, 2);
    let refusal = denied(BOB, "sts:AssumeRole", OPEN, "");
    let call = assume("222222222222", "open").by(&Keys::of("bob"));
    check_denied(&world, "after a restart", &call, &refusal);
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    check_denied(&world, "after a reset", &call, &refusal);
}
