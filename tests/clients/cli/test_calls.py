"""What is allowed: identify, assume, use, chain."""

import re
from datetime import datetime, timedelta

import pytest

from outside.people import ACCOUNT, ALICE, ALICE_ARN, AUDITED_BY, BOB, BOB_ARN, PARTNER_ID, Keys, role, session_arn
from outside.signer import ago


def assume(aws, server, keys, name, session="ci", account=ACCOUNT, **params):
    params = {"RoleArn": role(name, account), "RoleSessionName": session, **params}
    return aws.call(server, keys, "AssumeRole", params)


def identity(aws, server, keys):
    return aws.call(server, keys, "GetCallerIdentity").json()


@pytest.mark.parametrize("keys, arn", [(ALICE, ALICE_ARN), (BOB, BOB_ARN)], ids=["alice", "bob"])
def test_a_user_is_told_who_she_is(aws, sample, keys, arn):
    answer = identity(aws, sample, keys)
    assert answer.keys() == {"UserId", "Account", "Arn"}
    assert (answer["Account"], answer["Arn"]) == (ACCOUNT, arn)
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", answer["UserId"])


def test_an_assumed_role_gives_keys_that_work_and_end_in_an_hour(aws, sample):
    answer = assume(aws, sample, BOB, "report-reader", "monthly").json()
    user, keys = answer["AssumedRoleUser"], answer["Credentials"]
    assert user["Arn"] == session_arn("report-reader", "monthly")
    assert re.fullmatch(r"AROA[A-Z2-7]{17}:monthly", user["AssumedRoleId"])
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", keys["AccessKeyId"])
    assert len(keys["SecretAccessKey"]) == 40
    ends = datetime.fromisoformat(keys["Expiration"].replace("Z", "+00:00"))
    assert abs(ends - ago(hours=-1)) < timedelta(minutes=1)
    expected = {"UserId": user["AssumedRoleId"], "Account": ACCOUNT, "Arn": user["Arn"]}
    assert identity(aws, sample, Keys.of(keys)) == expected


def test_a_role_with_a_path_is_reached_by_chaining_and_its_sessions_have_no_path(aws, sample):
    first = Keys.of(assume(aws, sample, BOB, "report-reader").json()["Credentials"])
    second = assume(aws, sample, first, "ci/deployer", "release").json()
    assert second["AssumedRoleUser"]["Arn"] == session_arn("deployer", "release")
    assert identity(aws, sample, Keys.of(second["Credentials"]))["Arn"] == session_arn("deployer", "release")


def test_the_agreed_external_id_opens_the_partners_role(aws, sample):
    answer = assume(aws, sample, BOB, "partner-access", ExternalId=PARTNER_ID).json()
    assert answer["AssumedRoleUser"]["Arn"] == session_arn("partner-access", "ci")


def test_a_role_of_another_account_is_assumed_where_both_sides_agree(aws, sample):
    answer = assume(aws, sample, ALICE, "auditor", account=AUDITED_BY).json()
    keys = Keys.of(answer["Credentials"])
    assert identity(aws, sample, keys)["Account"] == AUDITED_BY


@pytest.mark.parametrize("seconds", [900, 43200])
def test_a_session_lasts_as_long_as_asked(aws, sample, seconds):
    answer = assume(aws, sample, ALICE, "night-batch", DurationSeconds=seconds).json()
    ends = datetime.fromisoformat(answer["Credentials"]["Expiration"].replace("Z", "+00:00"))
    assert abs(ends - ago(seconds=-seconds)) < timedelta(minutes=1)
