"""boto3 calls services that forward what they receive to the validator, and hears AWS's own errors from them."""

import re
import urllib.error
import urllib.request
from urllib.parse import urlsplit
from xml.etree import ElementTree

import boto3
import botocore
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from outside import signer
from outside.people import ACCOUNT, ALICE, BOB, BOB_RETIRED, Keys, role, session_arn
from outside.server import REPOSITORY
from outside.service import Service, ask, received

REGION = "eu-central-1"
REPORT = {"Bucket": "reports", "Key": "2026/q1.csv"}


class S3:
    """S3 as far as it matters here: asks about every request, keeps what it was told, has one report."""

    def __init__(self, server):
        self._server, self.told, self.tamper, self.policies, self.more = server, [], None, {}, {}
        self.service = Service(self.judge)

    def judge(self, method, target, headers, body):
        headers = list(headers)
        if self.tamper:
            method, target, headers = self.tamper(method, target, headers)
        question = {
            "request": {**received(method, target, headers, body), "sourceIp": "127.0.0.1", "tls": False},
            "audience": {"service": "s3", "hosts": [urlsplit(self.service.url).netloc]},
            "map": "s3-path",
            "resourcePolicies": self.policies,
            **self.more,
        }
        if "delete" in urlsplit(target).query.split("&"):
            keys = [found.text for found in ElementTree.fromstring(body).findall(".//{*}Key")]
            bucket = target.split("?")[0].strip("/")
            question["checks"] = [
                {"id": key, "action": "s3:DeleteObject", "resource": f"arn:aws:s3:::{bucket}/{key}"} for key in keys
            ]
        found = ask(self._server, "/v1/check", question)
        self.told.append(found)
        if found.get("allow") is not True:
            error = found["awsError"]
            return error["httpStatus"], error["contentType"], error["body"]
        if method == "PUT" and "x-amz-copy-source" in {name.lower() for name, _ in headers}:
            return 200, "application/xml", "<CopyObjectResult><ETag>x</ETag></CopyObjectResult>"
        if method == "POST":
            return 200, "application/xml", "<DeleteResult></DeleteResult>"
        return 200, "text/csv", "a,b\n" if method == "GET" else ""

    def client(self, keys, **config):
        how = {"addressing_style": "path"}
        config = Config(s3=how, retries={"total_max_attempts": 1}, region_name=REGION, **config)
        return boto3.client("s3", endpoint_url=self.service.url, config=config, **keys.as_boto())

    def last(self):
        return self.told[-1]


@pytest.fixture
def s3(sample):
    made = S3(sample)
    yield made
    made.service.stop()


@pytest.fixture
def reader(sample):
    """A session of the role that may read reports."""
    return signer.assume(sample, BOB, role("report-reader"))


def refused(code, status, go, *args, **kwargs):
    with pytest.raises(ClientError) as raised:
        go(*args, **kwargs)
    response = raised.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), response
    return response["Error"]


# --- S3 ---------------------------------------------------------------------------------------------------------------


def test_a_session_reads_what_its_role_may_read_and_nothing_else(s3, reader):
    client = s3.client(reader)
    assert client.get_object(**REPORT)["Body"].read() == b"a,b\n"
    identity = s3.last()["identity"]
    assert identity["arn"] == session_arn("report-reader", "ci") and identity["accountId"] == ACCOUNT
    who = f"User: {session_arn('report-reader', 'ci')} is not authorized to perform: "
    tail = "because no identity-based policy allows the {0} action"
    error = refused("AccessDenied", 403, client.put_object, **REPORT, Body=b"x")
    on = 'on resource: "arn:aws:s3:::reports/2026/q1.csv" '
    assert error["Message"] == f"{who}s3:PutObject {on}{tail.format('s3:PutObject')}"
    error = refused("AccessDenied", 403, client.list_buckets)
    assert error["Message"] == f"{who}s3:ListAllMyBuckets {tail.format('s3:ListAllMyBuckets')}"
    refused("AccessDenied", 403, client.get_object, Bucket="salaries", Key="2026/q1.csv")
    refused("403", 403, client.head_object, Bucket="salaries", Key="2026/q1.csv")


@pytest.mark.parametrize(
    "key",
    ["plain", "with blank", "a+b&c=d", "umläut-日本", "a//b", "~*()'!", "per%20cent%", "a/./b", "dot./..end", "q?x=1#y"],
)
def test_keys_of_every_spelling_are_signed_alike(s3, reader, key):
    s3.client(reader).get_object(Bucket="reports", Key=key)
    assert s3.last()["mapped"] == [{"action": "s3:GetObject", "resource": f"arn:aws:s3:::reports/{key}"}]
    refused("SignatureDoesNotMatch", 403, s3.client(reader.but(secret="x")).get_object, Bucket="reports", Key=key)


def test_an_expired_session_is_told_so(s3, reader, sample):
    client = s3.client(reader)
    client.get_object(**REPORT)
    sample.advance(3600)
    error = refused("ExpiredToken", 400, client.get_object, **REPORT)
    assert error["Message"] == "The provided token has expired." and error["Token-0"] == reader.token


def test_a_revoked_session_is_dead_at_once(s3, reader, sample):
    client = s3.client(reader)
    client.get_object(**REPORT)
    session = s3.last()["credential"]["sessionId"]
    assert sample.admin("POST", "/_admin/v1/sessions/revoke", {"sessionId": session})[0] == 200
    refused("InvalidAccessKeyId", 403, client.get_object, **REPORT)
    assert s3.last()["reason"] == "REVOKED_CREDENTIAL"


@pytest.mark.parametrize(
    "tamper",
    [
        lambda method, target, headers: (method, target.replace("q1", "q2"), headers),
        lambda method, target, headers: (method, f"{target}?versionId=1", headers),
        lambda method, target, headers: ("DELETE", target, headers),
    ],
    ids=["path", "query", "method"],
)
def test_what_was_tampered_with_on_the_way_is_refused(s3, reader, tamper):
    s3.tamper = tamper
    error = refused("SignatureDoesNotMatch", 403, s3.client(reader).get_object, **REPORT)
    assert error["AWSAccessKeyId"] == reader.id and error["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
    assert error["CanonicalRequest"].startswith(("GET\n", "DELETE\n"))


def test_a_header_added_on_the_way_is_refused(s3, reader):
    s3.tamper = lambda method, target, headers: (method, target, [*headers, ("x-amz-acl", "public-read")])
    assert refused("AccessDenied", 403, s3.client(reader).get_object, **REPORT)["HeadersNotSigned"] == "x-amz-acl"


def test_keys_that_are_no_good_are_named_as_s3_names_them(s3, reader, sample):
    other = signer.assume(sample, BOB, role("report-reader"))
    for keys, code, status in [
        (Keys("AKIANOBODY", "x"), "InvalidAccessKeyId", 403),
        (BOB_RETIRED, "InvalidAccessKeyId", 403),
        (BOB.but(secret="wrong"), "SignatureDoesNotMatch", 403),
        (reader.but(token=None), "InvalidAccessKeyId", 403),
        (reader.but(token=other.token), "InvalidAccessKeyId", 403),
        (reader.but(token="garbage"), "InvalidToken", 400),
        (ALICE.but(token=reader.token), "InvalidToken", 400),
    ]:
        refused(code, status, s3.client(keys).get_object, **REPORT)


def test_bodies_are_compared_with_what_was_signed(s3):
    client = s3.client(ALICE)
    client.put_object(**REPORT, Body=b"a,b\n")
    assert s3.last()["payload"]["mode"] in {"sha256", "streaming-unsigned-trailer", "streaming-signed-trailer"}
    plain = s3.client(ALICE, request_checksum_calculation="when_required")
    plain.put_object(**REPORT, Body=b"a,b\n")
    payload = s3.last()["payload"]
    assert payload["mode"] == "sha256" and payload["callerMustVerify"] is False
    assert "payload" in s3.last()["signature"]["verified"]


def test_a_copy_needs_both_sides_and_a_multi_delete_each_key(s3, reader):
    source = {"Bucket": "reports", "Key": "2026/q1.csv"}
    s3.client(ALICE).copy_object(Bucket="reports", Key="copy.csv", CopySource=source)
    actions = [pair["action"] for pair in s3.last()["mapped"]]
    assert actions == ["s3:GetObject", "s3:PutObject"]
    refused("AccessDenied", 403, s3.client(reader).copy_object, Bucket="reports", Key="copy.csv", CopySource=source)
    assert [result["decision"] for result in s3.last()["results"]] == ["allow", "deny"]
    keys = {"Objects": [{"Key": "a"}, {"Key": "b/c"}]}
    s3.client(ALICE).delete_objects(Bucket="reports", Delete=keys)
    assert [result["id"] for result in s3.last()["results"]] == ["a", "b/c"]
    refused("AccessDenied", 403, s3.client(reader).delete_objects, Bucket="reports", Delete=keys)


def test_a_presigned_address_is_good_for_what_it_was_made_for(s3, reader, sample):
    url = s3.client(reader, signature_version="s3v4").generate_presigned_url("get_object", REPORT, ExpiresIn=7200)

    def fetch(address, method="GET"):
        try:
            with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    assert fetch(url) == (200, "a,b\n")
    assert s3.last()["via"] == "sigv4-query" and s3.last()["payload"]["mode"] == "unsigned"
    for address, method in [(url, "DELETE"), (url.replace("q1.csv", "q2.csv"), "GET"), (f"{url}&versionId=1", "GET")]:
        status, body = fetch(address, method)
        assert (status, "<Code>SignatureDoesNotMatch</Code>" in body) == (403, True), body
    longer = re.sub("X-Amz-Expires=[0-9]+", "X-Amz-Expires=604801", url)
    assert fetch(longer)[0] == 400
    sample.advance(3600)
    status, body = fetch(url)
    assert (status, "<Code>ExpiredToken</Code>" in body) == (400, True), body


def test_a_public_bucket_is_open_to_nobody_in_particular(s3):
    client = s3.client(Keys(None, None), signature_version=botocore.UNSIGNED)
    refused("AccessDenied", 403, client.get_object, **REPORT)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.policies = {"arn:aws:s3:::reports": {"ownerAccountId": ACCOUNT, "policy": policy}}
    s3.more = {"allowAnonymous": True}
    assert client.get_object(**REPORT)["Body"].read() == b"a,b\n"
    assert refused("AccessDenied", 403, client.put_object, **REPORT, Body=b"x")["Message"] == "Access Denied"


# --- Others -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def dynamodb(sample):
    def judge(method, target, headers, body):
        headers = list(headers)
        operation = dict((name.lower(), value) for name, value in headers)["x-amz-target"].split(".")[1]
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/pets"
        question = {
            "request": received(method, target, headers, body),
            "audience": {"service": "dynamodb", "regions": [REGION]},
            "checks": [{"action": f"dynamodb:{operation}", "resource": table}],
        }
        found = ask(sample, "/v1/check", question)
        if found["allow"]:
            return 200, "application/x-amz-json-1.0", "{}"
        error = found["awsError"]
        return error["httpStatus"], error["contentType"], error["body"]

    service = Service(judge)
    yield lambda keys, region=REGION: boto3.client(
        "dynamodb",
        region_name=region,
        endpoint_url=service.url,
        config=Config(retries={"total_max_attempts": 1}),
        **keys.as_boto(),
    )
    service.stop()


def test_dynamodb_refuses_in_its_own_words(dynamodb, reader, sample):
    item = {"TableName": "pets", "Key": {"id": {"S": "7"}}}
    dynamodb(ALICE).get_item(**item)
    error = refused("AccessDeniedException", 400, dynamodb(BOB).get_item, **item)
    assert error["Message"].endswith("because no identity-based policy allows the dynamodb:GetItem action")
    refused("UnrecognizedClientException", 400, dynamodb(Keys("AKIANOBODY", "x")).get_item, **item)
    refused("InvalidSignatureException", 400, dynamodb(BOB.but(secret="x")).get_item, **item)
    refused("InvalidSignatureException", 400, dynamodb(ALICE, "us-east-1").get_item, **item)
    sample.advance(3600)
    refused("ExpiredTokenException", 400, dynamodb(reader).get_item, **item)


def test_an_api_is_called_by_who_may_call_it(sample):
    def call(keys, method, path):
        url = f"http://api.test{path}"
        request = AWSRequest(method, url)
        SigV4Auth(Credentials(keys.id, keys.secret, keys.token), "execute-api", REGION).add_auth(request)
        headers = [("Host", "api.test"), *request.headers.items()]
        question = {
            "request": received(method, path, headers),
            "audience": {"service": "execute-api"},
            "map": "execute-api",
            "executeApi": {"apiId": "pets", "stage": "prod"},
        }
        return ask(sample, "/v1/check", question)

    found = call(ALICE, "GET", "/pets/7?x=1")
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:pets/prod/GET/pets/7"
    assert found["allow"] is True and found["mapped"] == [{"action": "execute-api:Invoke", "resource": arn}]
    denied = call(BOB, "GET", "/pets/7")
    assert (denied["allow"], denied["awsError"]["code"]) == (False, "AccessDeniedException")


def test_a_signing_key_is_not_to_be_had_for_a_signature(sample, tmp_path, launch):
    request = AWSRequest("GET", "http://s3.test/reports/a", {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    SigV4Auth(Credentials(ALICE.id, ALICE.secret), "s3", REGION).add_auth(request)
    headers = [("Host", "s3.test"), *request.headers.items()]
    question = {"request": received("GET", "/reports/a", headers), "audience": {"service": "s3"}, "want": ["signingKey"]}
    found = ask(sample, "/v1/authenticate", question)
    assert found["error"]["code"] == "NotAllowed" and "key" not in found
    tokens = tmp_path / "tokens"
    tokens.write_text("gateway-token-0123 validator,signing-key\nplain-token-456789 validator\n")
    server = launch("--companion-token-file", tokens, seed=REPOSITORY / "fixtures/seed/sample.yaml")
    assert "error" in ask(server, "/v1/authenticate", question)
    assert "error" in ask(server, "/v1/authenticate", question, "plain-token-456789")
    found = ask(server, "/v1/authenticate", question, "gateway-token-0123")
    assert found.get("authenticated") is not True or len(found["signingKey"]["key"]) == 44
