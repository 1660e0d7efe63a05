"""boto3 and what goes wrong on purpose: it retries what AWS would have it retry, as often as the rule says."""

import time

import boto3
import botocore.exceptions
import botocore.parsers
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from clients import sts
from outside.people import ALICE, BOB, Keys, role

FAULTS = "/_admin/v1/faults"


def wrong(server, **rule):
    status, answer = server.admin("POST", FAULTS, rule)
    assert status == 200, answer


def patient(server, attempts=4):
    """A client that tries again, as applications' own do."""
    return boto3.client(
        "sts",
        region_name="eu-central-1",
        endpoint_url=server.aws,
        config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}),
        **ALICE.as_boto(),
    )


def attempts(server, query="action=GetCallerIdentity"):
    status, page = server.admin("GET", f"/_admin/v1/journal?{query}")
    assert status == 200, page
    return [entry["error"]["code"] if entry["error"] else "answered" for entry in page["entries"]]


def test_a_throttled_call_is_tried_again(sample):
    wrong(sample, preset="throttle", times=2, match={"action": "GetCallerIdentity"})
    answer = patient(sample).get_caller_identity()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert attempts(sample) == ["Throttling", "Throttling", "answered"]


def test_throttling_looks_as_on_aws_once_nobody_tries_again(sample):
    wrong(sample, preset="throttle")
    with pytest.raises(ClientError) as raised:
        sts(sample, ALICE).get_caller_identity()
    error, metadata = raised.value.response["Error"], raised.value.response["ResponseMetadata"]
    assert (error["Code"], error["Message"], error["Type"]) == ("Throttling", "Rate exceeded", "Sender")
    assert metadata["HTTPStatusCode"] == 400 and metadata["RequestId"]


def test_a_connection_that_is_cut_is_tried_again(sample):
    wrong(sample, connection="reset", times=1)
    patient(sample).get_caller_identity()
    assert attempts(sample) == ["ConnectionReset", "answered"]


def test_a_document_that_breaks_off_is_seen(sample):
    wrong(sample, preset="truncated-xml")
    with pytest.raises((botocore.parsers.ResponseParserError, ClientError)):
        sts(sample, ALICE).get_caller_identity()


def test_an_answer_that_is_late_meets_the_clients_patience(sample):
    wrong(sample, latencyMs=1500, times=1)
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        sts(sample, ALICE, read_timeout=0.5).get_caller_identity()
    began = time.monotonic()
    sts(sample, ALICE).get_caller_identity()
    assert time.monotonic() - began < 1


def test_others_are_answered_while_one_waits(sample):
    wrong(sample, latencyMs=3000, match={"action": "AssumeRole"})
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        sts(sample, BOB, read_timeout=0.3).assume_role(RoleArn=role("report-reader"), RoleSessionName="night")
    began = time.monotonic()
    for _ in range(10):
        sts(sample, ALICE).get_caller_identity()
    assert time.monotonic() - began < 2.5


def test_credentials_that_have_expired_already(sample):
    wrong(sample, mutate={"credentials": "already-expired"}, times=1)
    answer = sts(sample, BOB).assume_role(RoleArn=role("report-reader"), RoleSessionName="night")
    with pytest.raises(ClientError) as raised:
        sts(sample, Keys.of(answer["Credentials"])).get_caller_identity()
    assert raised.value.response["Error"]["Code"] == "ExpiredToken"


@pytest.mark.parametrize(
    ("preset", "code", "status"),
    [
        ("internal-error", "InternalFailure", 500),
        ("expired-token", "ExpiredToken", 403),
        ("region-disabled", "RegionDisabledException", 403),
        ("packed-policy-too-large", "PackedPolicyTooLarge", 400),
    ],
)
def test_presets_are_errors_of_aws(sample, preset, code, status):
    wrong(sample, preset=preset)
    with pytest.raises(ClientError) as raised:
        sts(sample, BOB).assume_role(RoleArn=role("report-reader"), RoleSessionName="night")
    response = raised.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert "{account}" not in response["Error"]["Message"]


def test_an_issuer_that_is_out_of_reach(federated, issuer):
    wrong(federated, preset="idp-unreachable", times=1)

    def deploy():
        return sts(federated, ALICE).assume_role_with_web_identity(
            RoleArn=role("web-deployer"), RoleSessionName="night", WebIdentityToken=issuer.token()
        )

    with pytest.raises(ClientError) as raised:
        deploy()
    assert raised.value.response["Error"]["Code"] == "InvalidIdentityToken"
    assert "Couldn't retrieve verification key" in raised.value.response["Error"]["Message"]
    deploy()


def test_a_reset_ends_them(sample):
    wrong(sample, preset="throttle")
    sample.reset()
    sts(sample, ALICE).get_caller_identity()
