"""Which region an endpoint answers for: its host's, the one it was started for, or all there are."""

import pytest

from clients import check_refused, sts
from outside.people import BOB, BOB_ARN, Keys, role
from outside.refusals import INVALID, WRONG_REGION
from outside.server import SAMPLE_SEED

GLOBAL, IRELAND, LOCAL = "http://sts.amazonaws.com", "http://sts.eu-west-1.amazonaws.com", None

VERSION_1, VERSION_2 = "FwoGZXIvYXdz", "IQoJb3JpZ2lu"


@pytest.mark.parametrize(
    "endpoint, region",
    [
        (GLOBAL, "us-east-1"),
        (IRELAND, "eu-west-1"),
        (LOCAL, "us-east-1"),
        (LOCAL, "eu-west-1"),
        (LOCAL, "ap-southeast-2"),
        (LOCAL, "af-south-1"),
        (LOCAL, "aws-global"),
    ],
)
def test_an_endpoint_takes_signatures_for_its_region(sample, endpoint, region):
    assert sts(sample, BOB, region, endpoint).get_caller_identity()["Arn"] == BOB_ARN


@pytest.mark.parametrize(
    "endpoint, region",
    [
        (GLOBAL, "us-west-2"),
        (GLOBAL, "eu-west-1"),
        (IRELAND, "us-east-1"),
        (IRELAND, "eu-west-2"),
        (LOCAL, "mars-north-1"),
        (LOCAL, "us-east-9"),
    ],
)
def test_an_endpoint_refuses_signatures_for_another_region(sample, endpoint, region):
    check_refused(WRONG_REGION, "GetCallerIdentity", sts(sample, BOB, region, endpoint).get_caller_identity)


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1"])
def test_a_key_is_unknown_in_the_regions_of_another_partition(sample, region):
    check_refused(INVALID, "GetCallerIdentity", sts(sample, BOB, region).get_caller_identity)


def test_a_service_started_for_one_region_answers_for_that_only(launch):
    server = launch(seed=SAMPLE_SEED, region="eu-west-1")
    assert sts(server, BOB, "eu-west-1").get_caller_identity()["Arn"] == BOB_ARN
    check_refused(WRONG_REGION, "GetCallerIdentity", sts(server, BOB, "us-east-1").get_caller_identity)


@pytest.mark.parametrize(
    "endpoint, region, token",
    [(GLOBAL, "us-east-1", VERSION_1), (LOCAL, "aws-global", VERSION_1), (IRELAND, "eu-west-1", VERSION_2)],
)
def test_the_token_shows_at_which_kind_of_endpoint_it_was_issued(sample, endpoint, region, token):
    client = sts(sample, BOB, region, endpoint)
    answer = client.assume_role(RoleArn=role("report-reader"), RoleSessionName="ci")
    keys = Keys.of(answer["Credentials"])
    assert keys.token.startswith(token)
    assert sts(sample, keys, "ap-northeast-3").get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]
