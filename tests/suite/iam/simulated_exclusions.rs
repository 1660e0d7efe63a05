//! Simulations that leave out some of the policies that somebody has.

use super::{ALLOW, arn, call, done, nobody, texts, world};
use crate::support::{Answer, Call, TestWorld, check, refused};

const ACTIONS: [&str; 3] = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
const INVALID_INLINE: &str =
    "Invalid inline policy exclusion: policyName, attachmentType, and attachmentName are required";
const INVALID_FORM: &str =
    "Invalid policy exclusion: exactly one of policyType, policyArn, and inlinePolicyIdentifier is required";

fn allow(action: &str) -> String {
    ALLOW.replace("s3:Get*", action)
}

/// A user with a managed policy that allows the first of the actions, its own for the second and its group's for the third.
fn fixture() -> TestWorld {
    let world = world();
    let policy = [("PolicyName", "managed"), ("Path", "/shared/"), ("PolicyDocument", &allow(ACTIONS[0]))];
    done(&world, "CreatePolicy", &policy);
    done(&world, "AttachUserPolicy", &[("UserName", "nobody"), ("PolicyArn", &arn("policy/shared/managed"))]);
    let inline = [("UserName", "nobody"), ("PolicyName", "own"), ("PolicyDocument", &allow(ACTIONS[1]))];
    done(&world, "PutUserPolicy", &inline);
    done(&world, "CreateGroup", &[("GroupName", "crew")]);
    done(&world, "AddUserToGroup", &[("GroupName", "crew"), ("UserName", "nobody")]);
    let inline = [("GroupName", "crew"), ("PolicyName", "own"), ("PolicyDocument", &allow(ACTIONS[2]))];
    done(&world, "PutGroupPolicy", &inline);
    world
}

/// A simulation without what `members` of the list name.
fn without(members: &[(&str, &str)]) -> Call {
    let source = arn("user/nobody");
    let asked = call("SimulatePrincipalPolicy", &[("PolicySourceArn", &source)]);
    let asked = ACTIONS
        .iter()
        .enumerate()
        .fold(asked, |call, (at, action)| call.param(&format!("ActionNames.member.{}", at + 1), action));
    members.iter().fold(asked, |call, (name, value)| call.param(&format!("PolicyExclusionList.member.{name}"), value))
}

/// Which of the actions are allowed: `gpd` for all.
fn allowed(answer: &Answer) -> String {
    let decisions = texts(answer, "EvalDecision");
    ["g", "p", "d"]
        .into_iter()
        .zip(decisions)
        .filter(|(_, decision)| decision == "allowed")
        .map(|(letter, _)| letter)
        .collect()
}

fn inline<'a>(policy: &'a str, kind: &'a str, holder: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("1.InlinePolicyIdentifier.PolicyName", policy),
        ("1.InlinePolicyIdentifier.AttachmentType", kind),
        ("1.InlinePolicyIdentifier.AttachmentName", holder),
    ]
}

#[test]
fn what_is_left_out_does_not_count() {
    let world = fixture();
    let arn_of = |name: &str| arn(&format!("policy/{name}"));
    let (full, pathless, wrong) = (arn_of("shared/managed"), arn_of("managed"), arn_of("wrong/managed"));
    let (some, one, none) = (arn_of("man*ed"), arn_of("?anage?"), arn_of("managed?"));
    let (missing, all_there) = (arn_of("missing"), arn_of("*"));
    let bucket = "arn:aws:s3:::a-bucket-that-is-no-policy";
    for (scenario, members, expect) in [
        ("nothing", &[][..], "gpd"),
        ("principal_exclude_type_inline", &[("1.PolicyType", "inline")], "g"),
        ("principal_extra_exclude_user_managed", &[("1.PolicyType", "user-managed")], "pd"),
        ("principal_exclude_type_aws-managed", &[("1.PolicyType", "aws-managed")], "gpd"),
        ("principal_exclude_type_permission-boundary", &[("1.PolicyType", "permission-boundary")], "gpd"),
        ("principal_exclude_type_scp", &[("1.PolicyType", "scp")], "gpd"),
        ("principal_exclude_type_rcp", &[("1.PolicyType", "rcp")], "gpd"),
        ("principal_extra_exclude_arn_full", &[("1.PolicyArn", &full)], "gpd"),
        ("principal_extra_exclude_arn_pathless", &[("1.PolicyArn", &pathless)], "pd"),
        ("principal_extra_exclude_arn_wrong_path", &[("1.PolicyArn", &wrong)], "gpd"),
        ("principal_exclude_unknown_arn", &[("1.PolicyArn", &missing)], "gpd"),
        ("a star in the name", &[("1.PolicyArn", &some)], "pd"),
        ("nothing but a star", &[("1.PolicyArn", &all_there)], "pd"),
        ("question marks in the name", &[("1.PolicyArn", &one)], "pd"),
        ("a question mark too many", &[("1.PolicyArn", &none)], "gpd"),
        ("no policy", &[("1.PolicyArn", bucket)], "gpd"),
        ("principal_exclude_inline_user", &inline("own", "user", "nobody"), "gd"),
        ("principal_exclude_inline_group", &inline("own", "group", "crew"), "gp"),
        ("principal_exclude_inline_wrong_owner", &inline("own", "user", "crew"), "gpd"),
        ("principal_exclude_inline_wrong_type", &inline("own", "group", "nobody"), "gpd"),
        ("principal_extra_exclude_inline_owner_prefix", &inline("own", "user", "no*"), "gd"),
        ("principal_extra_exclude_inline_owner_question", &inline("own", "user", "nobod?"), "gd"),
        ("a star and question marks", &inline("own", "user", "?o*d?"), "gd"),
        ("B-902", &inline("OWN", "user", "nobody"), "gpd"),
        ("several", &[("1.PolicyType", "inline"), ("2.PolicyType", "user-managed")], ""),
        ("the same twice", &[("1.PolicyType", "inline"), ("2.PolicyType", "inline")], "g"),
    ] {
        let answer = without(members).send(&world).fine();
        assert_eq!(allowed(&answer), expect, "{scenario}: {}", answer.body());
    }
    let added = without(&[("1.PolicyType", "inline")]).param("PolicyInputList.member.1", &allow(ACTIONS[2]));
    assert_eq!(allowed(&added.send(&world).fine()), "gd", "principal_extra_inline_exclusion_additional_policy");
}

#[test]
fn a_boundary_is_left_out_by_its_kind_alone() {
    let world = fixture();
    let managed = arn("policy/shared/managed");
    done(&world, "PutUserPermissionsBoundary", &[("UserName", "nobody"), ("PermissionsBoundary", &managed)]);
    let pathless = arn("policy/managed");
    for (scenario, members, expect, is_bound) in [
        ("principal_extra_customer_boundary_baseline", &[][..], "g", true),
        ("principal_extra_customer_boundary_full", &[("1.PolicyArn", &*managed)], "g", true),
        ("principal_extra_customer_boundary_pathless", &[("1.PolicyArn", &*pathless)], "", true),
        ("principal_dual_use_user_managed", &[("1.PolicyType", "user-managed")], "", true),
        ("principal_dual_use_boundary", &[("1.PolicyType", "permission-boundary")], "gpd", false),
    ] {
        let answer = without(members).send(&world).fine();
        let found = (allowed(&answer), answer.body().contains("AllowedByPermissionsBoundary"));
        assert_eq!(found, (expect.to_owned(), is_bound), "{scenario}: {}", answer.body());
    }
    let proposed = without(&[("1.PolicyType", "permission-boundary")])
        .param("PermissionsBoundaryPolicyInputList.member.1", &allow(ACTIONS[1]));
    assert_eq!(allowed(&proposed.send(&world).fine()), "p", "principal_exclude_boundary_with_override");
}

#[test]
fn what_is_left_out_must_be_named_in_one_way() {
    let world = fixture();
    let arn_of = |name: &str| arn(&format!("policy/{name}"));
    let stars = arn_of("*a*");
    let elsewhere = "arn:aws:iam::*:policy/managed";
    let kinds = "arn:aws:iam::123456789012:pol*";
    let no_arn = "managed-without-any-colon";
    let of_arn = |text: &str| format!("Invalid ARN provided in the request: {text}");
    let managed = arn_of("managed");
    let (kind, by_arn) = (("1.PolicyType", "inline"), ("1.PolicyArn", managed.as_str()));
    let named = inline("own", "user", "nobody");
    let half = [kind, named[0], named[1], named[2]];
    for (scenario, members, text) in [
        ("principal_extra_exclude_inline_name_prefix", &inline("ow*", "user", "nobody")[..], INVALID_INLINE),
        ("principal_extra_exclude_inline_name_question", &inline("ow?", "user", "nobody"), INVALID_INLINE),
        ("principal_extra_exclude_inline_owner_two_stars", &inline("own", "user", "n*b*"), INVALID_INLINE),
        ("a blank in a name", &inline("own", "user", "no body"), INVALID_INLINE),
        ("B-901", &[("1.PolicyArn", stars.as_str())], &of_arn(&stars)),
        ("B-901", &[("1.PolicyArn", elsewhere)], &of_arn(elsewhere)),
        ("B-901", &[("1.PolicyArn", kinds)], &of_arn(kinds)),
        ("B-901", &[("1.PolicyArn", no_arn)], &of_arn(no_arn)),
        ("B-900", &[kind, by_arn], INVALID_FORM),
        ("B-900", &half, INVALID_FORM),
        ("B-900", &[("1", "")], INVALID_FORM),
        ("B-900", &[("2.PolicyType", "inline")], INVALID_FORM),
    ] {
        check(&world, scenario, &without(members), refused(400, "InvalidInput", text));
    }
    let at = |member: &str| format!("policyExclusionList.1.member.{member}");
    let pattern = r"Member must satisfy regular expression pattern: .*[\w+=,.@-]+.*";
    let (of_policies, of_holders) = (
        "Member must satisfy enum value set: [scp, permission-boundary, aws-managed, inline, user-managed, rcp]",
        "Member must satisfy enum value set: [user, role, group]",
    );
    let (in_policy, in_holder, in_kind) = (
        at("inlinePolicyIdentifier.policyName"),
        at("inlinePolicyIdentifier.attachmentName"),
        at("inlinePolicyIdentifier.attachmentType"),
    );
    let long = "x".repeat(129);
    let too_long = "Member must have length less than or equal to 128";
    for (scenario, members, value, member, constraint) in [
        ("principal_exclude_type_bogus", &[("1.PolicyType", "bogus")][..], "bogus", &at("policyType"), of_policies),
        ("principal_exclude_inline_wildcard", &inline("*", "user", "nobody"), "*", &in_policy, pattern),
        ("principal_exclude_inline_owner_wildcard", &inline("own", "user", "*"), "*", &in_holder, pattern),
        ("principal_exclude_inline_bad_type", &inline("own", "bogus", "nobody"), "bogus", &in_kind, of_holders),
        ("a long name", &inline(&long, "user", "nobody"), &long, &in_policy, too_long),
        ("a line end", &inline("own", "user", "a\nb"), "a\nb", &in_holder, pattern),
    ] {
        let text = format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        );
        check(&world, scenario, &without(members), refused(400, "ValidationError", &text));
    }
    let empty = format!(
        "2 validation errors detected: Value '' at '{in_policy}' failed to satisfy constraint: Member must have length \
         greater than or equal to 1; Value '' at '{in_policy}' failed to satisfy constraint: {pattern}"
    );
    let unnamed = without(&inline("", "user", "nobody"));
    check(&world, "an empty name", &unnamed, refused(400, "ValidationError", &empty));
    let lacking = format!(
        "2 validation errors detected: Value null at '{in_kind}' failed to satisfy constraint: Member must not be null; Value \
         null at '{in_holder}' failed to satisfy constraint: Member must not be null"
    );
    check(&world, "B-903", &without(&named[..1]), refused(400, "ValidationError", &lacking));
    let text = "1 validation error detected: Value at 'policyExclusionList' failed to satisfy constraint: Member must have \
                length less than or equal to 256";
    let many: Vec<String> = (1..=257).map(|at| format!("{at}.PolicyType")).collect();
    let members: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "inline")).collect();
    check(&world, "257 entries", &without(&members), refused(400, "ValidationError", text));
    assert_eq!(allowed(&without(&members[..256]).send(&world).fine()), "g");
    // Whoever may not simulate at all is not told whether the names were good.
    assert_eq!(without(&[kind, by_arn]).by(&nobody()).send(&world).status(), 403);
}
