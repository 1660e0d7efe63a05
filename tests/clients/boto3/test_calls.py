"""What is allowed: identify, assume, use, chain."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from clients import sts
from outside.people import (
    ACCOUNT,
    ALICE,
    ALICE_ARN,
    AUDITED_BY,
    BOB,
    BOB_ARN,
    DEMO,
    DEMO_ACCOUNT,
    PARTNER_ID,
    Keys,
    role,
    session_arn,
)


def assume(client, role_arn, session="ci", **params):
    return client.assume_role(RoleArn=role_arn, RoleSessionName=session, **params)


@pytest.mark.parametrize("keys, arn", [(ALICE, ALICE_ARN), (BOB, BOB_ARN)], ids=["alice", "bob"])
def test_a_user_is_told_who_she_is(sample, keys, arn):
    answer = sts(sample, keys).get_caller_identity()
    assert (answer["Account"], answer["Arn"]) == (ACCOUNT, arn)
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", answer["UserId"])


def test_every_answer_has_the_same_request_id_in_its_header_and_in_its_body(sample):
    client = sts(sample, BOB)
    seen = set()
    for answer in (client.get_caller_identity(), client.get_caller_identity(), assume(client, role("report-reader"))):
        metadata = answer["ResponseMetadata"]
        assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", metadata["RequestId"])
        assert metadata["HTTPHeaders"]["content-type"] == "text/xml"
        assert metadata["HTTPHeaders"]["x-amz-sts-extended-request-id"]
        seen.add(metadata["RequestId"])
    assert len(seen) == 3


def test_an_assumed_role_gives_keys_that_work(sample):
    answer = assume(sts(sample, BOB), role("report-reader"), "monthly")
    user, credentials = answer["AssumedRoleUser"], answer["Credentials"]
    assert user["Arn"] == session_arn("report-reader", "monthly")
    assert re.fullmatch(r"AROA[A-Z2-7]{17}:monthly", user["AssumedRoleId"])
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", credentials["AccessKeyId"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", credentials["SecretAccessKey"])
    identity = sts(sample, Keys.of(credentials)).get_caller_identity()
    found = identity["UserId"], identity["Account"], identity["Arn"]
    assert found == (user["AssumedRoleId"], ACCOUNT, user["Arn"])


def test_an_expiration_is_an_instant_with_a_time_zone_and_an_hour_away(sample):
    ends = assume(sts(sample, BOB), role("report-reader"))["Credentials"]["Expiration"]
    assert isinstance(ends, datetime) and ends.utcoffset() == timedelta(0)
    assert abs(ends - datetime.now(timezone.utc) - timedelta(hours=1)) < timedelta(minutes=1)


@pytest.mark.parametrize("seconds", [900, 3600, 43200])
def test_a_session_lasts_as_long_as_asked_by_the_services_own_clock(sample, seconds):
    sample.freeze("2031-01-15T12:00:00Z")
    answer = assume(sts(sample, ALICE), role("night-batch"), DurationSeconds=seconds)
    noon = datetime(2031, 1, 15, 12, tzinfo=timezone.utc)
    assert answer["Credentials"]["Expiration"] == noon + timedelta(seconds=seconds)


def test_a_role_with_a_path_is_reached_by_chaining_and_its_sessions_have_no_path(sample):
    first = Keys.of(assume(sts(sample, BOB), role("report-reader"))["Credentials"])
    answer = assume(sts(sample, first), role("ci/deployer"), "release", DurationSeconds=3600)
    assert answer["AssumedRoleUser"]["Arn"] == session_arn("deployer", "release")
    second = Keys.of(answer["Credentials"])
    assert sts(sample, second).get_caller_identity()["Arn"] == session_arn("deployer", "release")


def test_the_demo_role_may_chain_again_and_again(demo):
    keys = DEMO
    for turn in range(4):
        name = role("demo", DEMO_ACCOUNT)
        keys = Keys.of(assume(sts(demo, keys), name, f"turn-{turn}")["Credentials"])
        assert sts(demo, keys).get_caller_identity()["Arn"] == session_arn("demo", f"turn-{turn}", DEMO_ACCOUNT)


def test_the_agreed_external_id_opens_the_partners_role(sample):
    answer = assume(sts(sample, BOB), role("partner-access"), ExternalId=PARTNER_ID)
    assert answer["AssumedRoleUser"]["Arn"] == session_arn("partner-access", "ci")


def test_a_role_of_another_account_is_assumed_where_both_sides_agree(sample):
    keys = Keys.of(assume(sts(sample, ALICE), role("auditor", AUDITED_BY))["Credentials"])
    identity = sts(sample, keys).get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (AUDITED_BY, session_arn("auditor", "ci", AUDITED_BY))


def test_two_sessions_of_one_name_are_one_identity_with_two_pairs_of_keys(sample):
    client = sts(sample, BOB)
    one, other = (assume(client, role("report-reader")) for _ in range(2))
    assert one["AssumedRoleUser"] == other["AssumedRoleUser"]
    for part in ("AccessKeyId", "SecretAccessKey", "SessionToken"):
        assert one["Credentials"][part] != other["Credentials"][part]


def test_the_packed_size_is_how_much_of_its_room_the_token_fills(sample):
    answer = assume(sts(sample, BOB), role("report-reader"))
    assert answer["PackedPolicySize"] == 100 * len(answer["Credentials"]["SessionToken"]) // 4096


def test_a_session_token_is_the_user_for_a_while(sample):
    answer = sts(sample, BOB).get_session_token(DurationSeconds=900)["Credentials"]
    keys = Keys(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
    assert sts(sample, keys).get_caller_identity()["Arn"] == BOB_ARN
    assert assume(sts(sample, keys), role("report-reader"))["AssumedRoleUser"]["Arn"] == session_arn("report-reader", "ci")


def test_a_federated_user_is_named_by_who_vouches(sample):
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    answer = sts(sample, ALICE).get_federation_token(Name="guest", Policy=policy)
    assert answer["FederatedUser"]["FederatedUserId"] == f"{ACCOUNT}:guest"
    assert answer["PackedPolicySize"] >= 18
    credentials = answer["Credentials"]
    keys = Keys(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    assert sts(sample, keys).get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/guest"


def test_an_access_key_id_tells_its_account(sample):
    assert sts(sample, ALICE).get_access_key_info(AccessKeyId="ASIAY34FZKBOKMUTVV7A")["Account"] == "609629065308"


def test_a_session_carries_what_it_was_given(sample):
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    answer = assume(sts(sample, BOB), role("report-reader"), Policy=policy)
    assert answer["PackedPolicySize"] > 18
