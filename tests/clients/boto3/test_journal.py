"""What boto3 asked for, as the journal tells it: found again, verified, and without a secret."""

import json
import urllib.request

import pytest
from botocore.exceptions import ClientError

from clients import iam, sts
from outside.people import ACCOUNT, ALICE, BOB, BOB_ARN, Keys, role, session_arn

JOURNAL = "/_admin/v1/journal"


def entries(server, query=""):
    status, page = server.admin("GET", f"{JOURNAL}?{query}")
    assert status == 200, page
    return page["entries"]


def verified(server, **expectation):
    status, found = server.admin("POST", f"{JOURNAL}/verify", expectation)
    assert status == 200, found
    return found


def test_a_role_that_was_assumed_is_found_by_the_key_that_was_handed_out(sample):
    answer = sts(sample, BOB).assume_role(
        RoleArn=role("report-reader"), RoleSessionName="monday", DurationSeconds=900
    )
    keys = Keys.of(answer["Credentials"])
    (entry,) = entries(sample, f"made={keys.id}")
    assert (entry["action"], entry["outcome"], entry["caller"]["arn"]) == ("AssumeRole", "success", BOB_ARN)
    assert entry["params"] == {
        "RoleArn": role("report-reader"),
        "RoleSessionName": "monday",
        "DurationSeconds": "900",
    }
    assert entry["made"]["arn"] == session_arn("report-reader", "monday")
    assert entry["requestId"] == answer["ResponseMetadata"]["RequestId"]
    assert entry["userAgent"].startswith("Boto3/")
    sts(sample, keys).get_caller_identity()
    (asked,) = entries(sample, f"accessKeyId={keys.id}")
    assert asked["caller"]["sessionId"] == entry["made"]["sessionId"]
    said = json.dumps(entries(sample))
    assert keys.secret not in said and keys.token not in said and BOB.secret not in said


def test_a_refusal_tells_what_the_client_was_not_told(sample):
    with pytest.raises(ClientError):
        sts(sample, ALICE).assume_role(
            RoleArn=role("partner-access"), RoleSessionName="monday", ExternalId="somebody-else"
        )
    (entry,) = entries(sample, "outcome=refused")
    assert entry["error"]["code"] == "AccessDenied"
    assert "sts:ExternalId" in entry["because"] and "somebody-else" in entry["because"]


def test_a_test_finds_what_it_expects_and_near_misses_if_not(sample):
    assert sample.admin("POST", f"{JOURNAL}/mark/begin")[0] == 200
    client = sts(sample, BOB)
    client.assume_role(RoleArn=role("report-reader"), RoleSessionName="monday")
    client.get_caller_identity()
    pattern = {"action": "AssumeRole", "params": {"RoleArn": "*:role/report-reader"}, "caller": {"accessKeyId": BOB.id}}
    found = verified(sample, match=pattern, expect={"count": {"min": 1, "max": 1}}, since="mark:begin")
    assert (found["matched"], found["count"]) == (True, 1)
    pattern["params"]["RoleSessionName"] = "tuesday"
    found = verified(sample, match=pattern, since="mark:begin")
    assert found["matched"] is False
    assert found["nearMisses"][0]["differs"] == [
        {"field": "params.RoleSessionName", "expected": "tuesday", "found": "monday"}
    ]


def test_the_validator_tells_what_it_decided(sample):
    question = {
        "subject": {"principalArn": role("report-reader")},
        "checks": [{"action": "s3:DeleteObject", "resource": "arn:aws:s3:::reports/q1.csv"}],
    }
    sample.admin("POST", "/v1/authorize", question)
    (entry,) = entries(sample, "surface=validator")
    assert (entry["action"], entry["outcome"]) == ("authorize", "refused")
    assert entry["decisions"][0]["decision"] == "deny" and entry["because"]


def test_the_journal_is_a_trail_of_cloudtrails(sample):
    iam(sample, ALICE).list_roles()
    answer = sts(sample, BOB).assume_role(RoleArn=role("report-reader"), RoleSessionName="monday")
    key = answer["Credentials"]["AccessKeyId"]
    status, trail = sample.admin("GET", f"{JOURNAL}?format=cloudtrail&made={key}")
    (record,) = trail["Records"]
    assert (status, record["eventName"], record["userIdentity"]["userName"]) == (200, "AssumeRole", "bob")
    assert record["responseElements"]["credentials"]["accessKeyId"] == key
    assert record["recipientAccountId"] == ACCOUNT
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert record["additionalEventData"]["ExtendedRequestId"] == headers["x-amz-sts-extended-request-id"]
    lines = urllib.request.urlopen(f"{sample.companion}{JOURNAL}?format=jsonl").read().decode().splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["ListRoles", "AssumeRole"]


def test_metrics_count_what_was_asked(sample):
    client = sts(sample, ALICE)
    client.get_caller_identity()
    client.get_caller_identity()
    with pytest.raises(ClientError):
        client.assume_role(RoleArn=role("nobodys"), RoleSessionName="monday")
    text = urllib.request.urlopen(f"{sample.companion}/metrics").read().decode()
    assert 'local_sts_requests_total{surface="sts",action="GetCallerIdentity",outcome="success"} 2' in text
    assert 'local_sts_refusals_total{surface="sts",code="AccessDenied"} 1' in text
    assert "local_sts_build_info{version=" in text
