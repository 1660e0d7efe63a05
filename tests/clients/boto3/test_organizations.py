"""Organizations: acting as the root user of a member account, and the policies that bind members."""

import pytest

from clients import check_refused, sts
from outside.people import ACCOUNT, ALICE, ALICE_ARN, AUDITED_BY, BOB, BOB_ARN, Keys, role, session_arn
from outside.refusals import EXPIRED, denied, denied_action, out_of_bounds

ROOT = f"arn:aws:iam::{AUDITED_BY}:root"
AUDITOR = role("auditor", AUDITED_BY)
TASK = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
UNLOCK = {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}


def assume_root(server, keys, **changed):
    params = {"TargetPrincipal": AUDITED_BY, "TaskPolicyArn": TASK, **changed}
    return sts(server, keys, parameter_validation=False).assume_root(**params)


@pytest.mark.parametrize("target", [AUDITED_BY, ROOT])
def test_an_administrator_acts_as_the_root_user_of_a_member(sample, target):
    answer = assume_root(sample, ALICE, TargetPrincipal=target, DurationSeconds=60)
    assert answer.keys() == {"Credentials", "SessionTokenSize", "SessionTokenUtilization", "ResponseMetadata"}
    assert answer["SessionTokenSize"] == len(answer["Credentials"]["SessionToken"])
    client = sts(sample, Keys.of(answer["Credentials"]))
    identity = client.get_caller_identity()
    assert (identity["Arn"], identity["UserId"], identity["Account"]) == (ROOT, AUDITED_BY, AUDITED_BY)
    sample.advance(60)
    check_refused(EXPIRED, "GetCallerIdentity", client.get_caller_identity)


def test_the_session_gets_nothing_else_out_of_sts(sample):
    client = sts(sample, Keys.of(assume_root(sample, ALICE)["Credentials"]))
    no_role = "AccessDenied", "Roles may not be assumed by root accounts."
    check_refused(no_role, "AssumeRole", client.assume_role, RoleArn=AUDITOR, RoleSessionName="ci")
    again = denied_action(ROOT, "sts:AssumeRoot", ROOT)
    check_refused(again, "AssumeRoot", client.assume_root, TargetPrincipal=ROOT, TaskPolicyArn=TASK)
    no_session = "AccessDenied", "Cannot call GetSessionToken with session credentials"
    check_refused(no_session, "GetSessionToken", client.get_session_token)


@pytest.mark.parametrize(
    "keys, changed, refusal",
    [
        (BOB, {}, denied_action(BOB_ARN, "sts:AssumeRoot", ROOT)),
        (ALICE, {"TargetPrincipal": ACCOUNT}, denied_action(ALICE_ARN, "sts:AssumeRoot", f"arn:aws:iam::{ACCOUNT}:root")),
        (ALICE, {"TargetPrincipal": BOB_ARN}, ("ValidationError", "Request must contain a valid target principal")),
        (
            ALICE,
            {"TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
            ("ValidationError", "Request must contain valid AWS managed task policy ARN"),
        ),
        (
            ALICE,
            {"TaskPolicyArn": UNLOCK},
            ("AccessDenied", "Root sessions feature is not enabled for your AWS Organization."),
        ),
        (
            ALICE,
            {"DurationSeconds": 901},
            out_of_bounds("durationSeconds", 901, "have value less than or equal to 900"),
        ),
    ],
    ids=["no_permission", "the_management_account", "a_user", "another_policy", "feature_off", "too_long"],
)
def test_who_may_not_or_asks_for_what_is_not_is_refused(sample, keys, changed, refusal):
    check_refused(refusal, "AssumeRoot", assume_root, sample, keys, **changed)


def test_the_global_endpoint_does_not_know_it(sample):
    client = sts(sample, ALICE, region="us-east-1", endpoint="http://sts.amazonaws.com")
    unknown = "InvalidAction", "Unknown Operation"
    check_refused(unknown, "AssumeRoot", client.assume_root, TargetPrincipal=AUDITED_BY, TaskPolicyArn=TASK)


def test_a_resource_control_policy_is_named_in_the_refusal(sample):
    client = sts(sample, ALICE)
    code, text = denied(ALICE_ARN, AUDITOR)
    policy = f"arn:aws:organizations::{ACCOUNT}:policy/o-smallcompany/resource_control_policy/p-noguests"
    refusal = code, f"{text} with an explicit deny in a resource control policy: {policy}"
    check_refused(refusal, "AssumeRole", client.assume_role, RoleArn=AUDITOR, RoleSessionName="guest-1")
    assert client.assume_role(RoleArn=AUDITOR, RoleSessionName="ci")["AssumedRoleUser"]


def test_a_service_control_policy_binds_who_is_in_a_member_account(sample):
    inside = Keys.of(sts(sample, ALICE).assume_role(RoleArn=AUDITOR, RoleSessionName="ci")["Credentials"])
    caller = session_arn("auditor", "ci", AUDITED_BY)
    client = sts(sample, inside)
    check_refused(denied(caller, AUDITOR), "AssumeRole", client.assume_role, RoleArn=AUDITOR, RoleSessionName="ci")
    assert client.get_caller_identity()["Arn"] == caller
