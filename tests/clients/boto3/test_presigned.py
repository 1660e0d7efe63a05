"""Presigned GetCallerIdentity, as EKS and Vault use it: a URL that proves who made it."""

import json
import re
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import pytest
from botocore.awsrequest import AWSRequest
from botocore.auth import SigV4QueryAuth
from botocore.credentials import Credentials

from clients import machine_clock_is_wrong_by, sts
from outside.people import ALICE_ARN, ALICE, BOB, BOB_ARN, session_arn
from outside.refusals import EXPIRED, INVALID, MISMATCH, REGION, WRONG_REGION, WRONG_SERVICE, check_skewed, session
from outside.signer import ago

READER = session_arn("report-reader", "ci")


def presigned(server, keys, method="GET", expires=60):
    return sts(server, keys).generate_presigned_url("get_caller_identity", ExpiresIn=expires, HttpMethod=method)


def presigned_for_cluster(server, keys, cluster):
    """With a header in the signature, as `aws eks get-token` does."""
    url = f"{server.aws}/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("GET", url, headers={"x-k8s-aws-id": cluster})
    SigV4QueryAuth(Credentials(keys.id, keys.secret, keys.token), "sts", REGION, expires=60).add_auth(request)
    return request.url


def fetch(url, method="GET", **headers):
    """(status, the answer's text)."""
    request = Request(url, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def arn(url, **how):
    status, text = fetch(url, **how)
    assert status == 200, text
    return ElementTree.fromstring(text).findtext(".//{*}Arn")


def refusal(url, **how):
    status, text = fetch(url, **how)
    assert status == 403, text
    error = ElementTree.fromstring(text)
    return error.findtext(".//{*}Code"), error.findtext(".//{*}Message")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_presigned_url_tells_who_signed_it(sample, method):
    assert arn(presigned(sample, BOB, method), method=method) == BOB_ARN
    assert arn(presigned(sample, session(sample), method), method=method) == READER


def test_a_presigned_url_is_for_one_method(sample):
    assert refusal(presigned(sample, BOB, "GET"), method="POST") == MISMATCH


def test_a_presigned_url_may_be_fetched_again(sample):
    url = presigned(sample, ALICE)
    assert [arn(url), arn(url)] == [ALICE_ARN, ALICE_ARN]


@pytest.mark.parametrize(
    "parameter, refused",
    [
        ("X-Amz-Signature", MISMATCH),
        ("X-Amz-Expires", MISMATCH),
        ("X-Amz-Date", MISMATCH),
        ("X-Amz-Credential", INVALID),
        ("X-Amz-Security-Token", INVALID),
    ],
)
def test_a_presigned_url_with_one_character_changed_is_refused(sample, parameter, refused):
    url = presigned(sample, session(sample))
    start, value, rest = re.fullmatch(rf"(.*[?&]{parameter}=)([^&]*)(.*)", url).groups()
    place = {"X-Amz-Credential": 18, "X-Amz-Date": 14}.get(parameter, len(value) // 2)
    other = "23"[value[place] == "2"] if parameter != "X-Amz-Security-Token" else "AB"[value[place] == "A"]
    changed = start + value[:place] + other + value[place + 1 :] + rest
    assert changed != url and refusal(changed) == refused


def test_a_presigned_url_with_a_parameter_more_is_refused(sample):
    assert refusal(presigned(sample, BOB) + "&more=1") == MISMATCH


@pytest.mark.parametrize("keys", [BOB, None], ids=["user", "session"])
def test_a_header_that_was_signed_must_come_along_unchanged(sample, keys):
    keys = keys or session(sample)
    url = presigned_for_cluster(sample, keys, "production")
    assert parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert arn(url, x_k8s_aws_id="production") in (BOB_ARN, READER)
    assert refusal(url) == MISMATCH
    assert refusal(url, x_k8s_aws_id="staging") == MISMATCH


def test_a_verifier_that_accepts_json_gets_json(sample):
    url = presigned_for_cluster(sample, BOB, "production")
    status, text = fetch(url, x_k8s_aws_id="production", Accept="application/json")
    answer = json.loads(text)["GetCallerIdentityResponse"]
    assert (status, answer["GetCallerIdentityResult"]["Arn"]) == (200, BOB_ARN)
    assert answer["ResponseMetadata"].keys() == {"RequestId"}


@pytest.mark.parametrize("expires", [1, 60, 3600])
def test_a_presigned_url_lives_fifteen_minutes_whatever_it_asks_for(sample, monkeypatch, expires):
    with monkeypatch.context() as time:
        machine_clock_is_wrong_by(time, minutes=-14)
        assert arn(presigned(sample, BOB, expires=expires)) == BOB_ARN
    with monkeypatch.context() as time:
        machine_clock_is_wrong_by(time, minutes=-16)
        signed_after = ago(minutes=16)
        check_skewed(refusal(presigned(sample, BOB, expires=expires)), signed_after, ahead=False)


def test_a_presigned_url_ends_with_its_session(sample):
    url = presigned(sample, session(sample), expires=3600)
    assert arn(url) == READER
    sample.advance(3600)
    assert refusal(url) == EXPIRED


@pytest.mark.parametrize(
    "region, service, refused", [("mars-north-1", "sts", WRONG_REGION), (REGION, "s3", WRONG_SERVICE)]
)
def test_a_presigned_url_for_somewhere_else_is_refused(sample, region, service, refused):
    request = AWSRequest("GET", f"{sample.aws}/?Action=GetCallerIdentity&Version=2011-06-15")
    SigV4QueryAuth(Credentials(BOB.id, BOB.secret), service, region, expires=60).add_auth(request)
    assert refusal(request.url) == refused
