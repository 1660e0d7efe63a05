"""Root users of member accounts, and why a call was denied, as the CLI prints it."""

import json

from outside.people import ACCOUNT, ALICE, ALICE_ARN, AUDITED_BY, BOB, BOB_ARN, Keys, role
from outside.refusals import INVALID_MESSAGE, NO_DECODING, denied, denied_action, message_of

ROOT = f"arn:aws:iam::{AUDITED_BY}:root"
TASK = "arn=arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"


def assume_root(aws, server, keys, target=AUDITED_BY, task=TASK):
    return aws.call(server, keys, "AssumeRoot", {"TargetPrincipal": target, "TaskPolicyArn": task})


def test_an_administrator_acts_as_the_root_user_of_a_member(aws, sample):
    keys = Keys.of(assume_root(aws, sample, ALICE).json()["Credentials"])
    assert aws.call(sample, keys, "GetCallerIdentity").json()["Arn"] == ROOT
    again = assume_root(aws, sample, keys)
    assert again.refusal() == ("AssumeRoot", denied_action(ROOT, "sts:AssumeRoot", ROOT))


def test_nobody_else_does(aws, sample):
    assert assume_root(aws, sample, BOB).refusal() == ("AssumeRoot", denied_action(BOB_ARN, "sts:AssumeRoot", ROOT))
    own = f"arn:aws:iam::{ACCOUNT}:root"
    refusal = assume_root(aws, sample, ALICE, own).refusal()
    assert refusal == ("AssumeRoot", denied_action(ALICE_ARN, "sts:AssumeRoot", own))


def test_a_resource_control_policy_is_named_in_the_refusal(aws, sample):
    auditor = role("auditor", AUDITED_BY)
    outcome = aws.call(sample, ALICE, "AssumeRole", {"RoleArn": auditor, "RoleSessionName": "guest-1"})
    policy = f"arn:aws:organizations::{ACCOUNT}:policy/o-smallcompany/resource_control_policy/p-noguests"
    code, text = denied(ALICE_ARN, auditor)
    assert outcome.refusal() == ("AssumeRole", (code, f"{text} with an explicit deny in a resource control policy: {policy}"))


def decode(aws, server, keys, message):
    return aws.call(server, keys, "DecodeAuthorizationMessage", {"EncodedMessage": message})


def test_decode_authorization_message_prints_why(aws, sample):
    params = {"RoleArn": role("night-batch"), "RoleSessionName": "ci"}
    assert aws.call(sample, BOB, "AssumeRole", params).refusal() == ("AssumeRole", denied(BOB_ARN, role("night-batch")))
    message = message_of(sample)
    decoded = json.loads(decode(aws, sample, ALICE, message).json()["DecodedMessage"])
    assert (decoded["allowed"], decoded["explicitDeny"]) == (False, False)
    assert decoded["context"]["principal"]["arn"] == BOB_ARN
    assert decoded["context"]["resource"] == role("night-batch")
    text = f"User: {BOB_ARN} is not authorized to perform: sts:DecodeAuthorizationMessage{NO_DECODING}"
    assert decode(aws, sample, BOB, message).refusal() == ("DecodeAuthorizationMessage", ("AccessDenied", text))
    assert decode(aws, sample, ALICE, "x" + message).refusal() == ("DecodeAuthorizationMessage", INVALID_MESSAGE)
