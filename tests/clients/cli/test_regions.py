"""Regions that an account has not enabled, or in which it has deactivated STS, as the CLI prints them."""

import pytest

from outside.people import ACCOUNT, ALICE, ALICE_ARN, AUDITED_BY, Keys, role
from outside.refusals import UNKNOWN_TOKEN, denied, sts_deactivated

AUDITOR = role("auditor", AUDITED_BY)


def audit(aws, server, region, **more):
    params = {"RoleArn": AUDITOR, "RoleSessionName": "ci", **more}
    return aws.call(server, ALICE, "AssumeRole", params, region=region)


def identity(aws, server, keys, region):
    return aws.call(server, keys, "GetCallerIdentity", region=region)


@pytest.mark.parametrize("region", ["me-south-1", "me-central-1"])
def test_where_an_account_is_not_neither_its_roles_nor_its_sessions_are_known(aws, sample, region):
    assert audit(aws, sample, region).refusal() == ("AssumeRole", denied(ALICE_ARN, AUDITOR))
    keys = Keys.of(audit(aws, sample, "us-west-2").json()["Credentials"])
    assert identity(aws, sample, keys, region).refusal() == ("GetCallerIdentity", UNKNOWN_TOKEN)
    assert identity(aws, sample, keys, "af-south-1").json()["Account"] == AUDITED_BY
    assert identity(aws, sample, ALICE, region).json()["Account"] == ACCOUNT


def test_where_sts_is_deactivated_there_are_no_credentials(aws, sample):
    assert audit(aws, sample, "sa-east-1").refusal() == ("AssumeRole", sts_deactivated(AUDITED_BY))
    keys = Keys.of(audit(aws, sample, "us-west-2").json()["Credentials"])
    assert identity(aws, sample, keys, "sa-east-1").json()["Account"] == AUDITED_BY


def at_global_endpoint(server, keys):
    """The environment of a call to AWS's own name for it, by way of the server as if that were a proxy."""
    regions = dict.fromkeys(["AWS_REGION", "AWS_DEFAULT_REGION"], "us-east-1")
    return {"AWS_ENDPOINT_URL_STS": "http://sts.amazonaws.com", "HTTP_PROXY": server.aws, **regions, **keys.as_environment()}


def test_a_token_of_the_global_endpoint_is_no_good_in_opt_in_regions(aws, sample):
    answer = aws.sts("get-session-token", **at_global_endpoint(sample, ALICE)).json()
    keys = Keys.of(answer["Credentials"])
    assert len(keys.token) == 288
    assert identity(aws, sample, keys, "af-south-1").refusal() == ("GetCallerIdentity", UNKNOWN_TOKEN)
    assert identity(aws, sample, keys, "ap-northeast-3").json()["Account"] == ACCOUNT
