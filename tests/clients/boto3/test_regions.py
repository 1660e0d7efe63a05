"""What accounts have set about regions: the auditors of the sample are not everywhere, and prefer version 2 tokens."""

import pytest

from clients import check_refused, sts
from outside.people import ACCOUNT, ALICE, AUDITED_BY, Keys, role, session_arn
from outside.refusals import UNKNOWN_TOKEN, WRONG_REGION, denied, sts_deactivated
from outside.server import SAMPLE_SEED

GLOBAL = "http://sts.amazonaws.com"
VERSION_1, VERSION_2 = "FwoGZXIvYXdz", "IQoJb3JpZ2lu"
AUDITOR = {"RoleArn": role("auditor", AUDITED_BY), "RoleSessionName": "ci"}
NOT_ENABLED, DEACTIVATED = ["me-south-1", "me-central-1"], "sa-east-1"


def audit(server, region=None, endpoint=None):
    client = sts(server, ALICE, region or "eu-central-1", endpoint)
    return Keys.of(client.assume_role(**AUDITOR)["Credentials"])


@pytest.mark.parametrize("region", NOT_ENABLED)
def test_a_session_is_no_good_where_its_account_is_not(sample, region):
    keys = audit(sample)
    check_refused(UNKNOWN_TOKEN, "GetCallerIdentity", sts(sample, keys, region).get_caller_identity)
    host = f"http://sts.{region}.amazonaws.com"
    check_refused(UNKNOWN_TOKEN, "GetCallerIdentity", sts(sample, keys, region, host).get_caller_identity)
    assert sts(sample, keys, "af-south-1").get_caller_identity()["Account"] == AUDITED_BY
    assert sts(sample, ALICE, region).get_caller_identity()["Account"] == ACCOUNT


@pytest.mark.parametrize("region", NOT_ENABLED)
def test_a_role_is_unknown_where_its_account_is_not(sample, region):
    client = sts(sample, ALICE, region)
    arn = sts(sample, ALICE).get_caller_identity()["Arn"]
    check_refused(denied(arn, AUDITOR["RoleArn"]), "AssumeRole", client.assume_role, **AUDITOR)


def test_where_sts_is_deactivated_there_are_no_credentials_but_those_there_are_stay_good(sample):
    client = sts(sample, ALICE, DEACTIVATED)
    raised = check_refused(sts_deactivated(AUDITED_BY), "AssumeRole", client.assume_role, **AUDITOR)
    assert isinstance(raised, client.exceptions.RegionDisabledException)
    assert client.get_session_token()["Credentials"]
    identity = sts(sample, audit(sample), DEACTIVATED).get_caller_identity()
    assert identity["Arn"] == session_arn("auditor", "ci", AUDITED_BY)


def test_tokens_of_the_global_endpoint_are_as_the_account_prefers(sample):
    answer = sts(sample, ALICE, "us-east-1", GLOBAL).get_session_token()
    own, theirs = Keys.of(answer["Credentials"]), audit(sample, "us-east-1", GLOBAL)
    assert (own.token[:12], theirs.token[:12]) == (VERSION_1, VERSION_2)
    assert (len(own.token), answer["SessionTokenSize"], answer["SessionTokenUtilization"]) == (288, 288, 7)
    check_refused(UNKNOWN_TOKEN, "GetCallerIdentity", sts(sample, own, "af-south-1").get_caller_identity)
    assert sts(sample, own, "ap-northeast-3").get_caller_identity()["Account"] == ACCOUNT
    assert sts(sample, theirs, "af-south-1").get_caller_identity()["Account"] == AUDITED_BY


def test_a_service_that_stands_for_the_global_endpoint_is_it_by_any_name(launch):
    server = launch(seed=SAMPLE_SEED, region="aws-global")
    keys = Keys.of(sts(server, ALICE, "us-east-1").get_session_token()["Credentials"])
    assert keys.token.startswith(VERSION_1)
    check_refused(WRONG_REGION, "GetCallerIdentity", sts(server, keys, "eu-west-1").get_caller_identity)


@pytest.mark.parametrize("least, size", [(0, 752), (753, 756), (4096, 4096)])
def test_a_token_is_as_long_as_one_wants_to_try(sample, least, size):
    answer = sts(sample, ALICE).assume_role(**AUDITOR, MinimumSessionTokenSize=least)
    keys = Keys.of(answer["Credentials"])
    assert (len(keys.token), answer["SessionTokenSize"]) == (size, size)
    assert answer["PackedPolicySize"] == answer["SessionTokenUtilization"] == 100 * size // 4096
    assert sts(sample, keys).get_caller_identity()["Account"] == AUDITED_BY
