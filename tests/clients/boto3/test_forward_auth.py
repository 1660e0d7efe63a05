"""nginx and Caddy guard a backend that knows nothing of signatures; botocore signs as for API Gateway."""

import hashlib
import http.client
import json

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from outside import signer
from outside.people import ALICE, ALICE_ARN, BOB, BOB_RETIRED, Keys, role, session_arn
from outside.proxies import PROGRAMS, Backend, Proxy
from outside.server import SAMPLE_SEED

REGION = "eu-central-1"
API = "service=execute-api&map=execute-api&api=pets&stage=prod"


@pytest.fixture(params=["nginx", "caddy"])
def kind(request):
    if not PROGRAMS[request.param]:
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture
def backend():
    backend = Backend()
    yield backend
    backend.stop()


@pytest.fixture
def guard(kind, backend, tmp_path):
    """Puts the proxy of this kind before the backend."""
    proxies = []

    def start(server, query=API, token=""):
        proxies.append(Proxy(kind, tmp_path / f"proxy-{len(proxies)}", server.companion, backend.place, query, token))
        return proxies[-1].place

    yield start
    for proxy in proxies:
        proxy.stop()


def sign(keys, method, url, headers=(), body=b"", service="execute-api"):
    """The headers that botocore gives such a request."""
    request = AWSRequest(method, url, dict(headers), body)
    credentials = Credentials(keys.id, keys.secret, keys.token)
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    kind(credentials, service, REGION).add_auth(request)
    return dict(request.headers.items())


def send(place, method, target, headers=(), body=None):
    connection = http.client.HTTPConnection(place, timeout=10)
    try:
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def call(place, keys, method="GET", target="/pets/7", body=None, headers=(), **how):
    headers = sign(keys, method, f"http://{place}{target}", headers, body or b"", **how)
    return send(place, method, target, headers, body)


def passed(answer, who, target="/pets/7"):
    status, _, body = answer
    assert status == 200, answer
    told = json.loads(body)
    assert (told["target"], told["who"]) == (target, [who])
    return told


def refused(answer, kind, status, code):
    """nginx can say no in two ways only; Caddy hands on what the service would say."""
    found, headers, body = answer
    assert found == (status if kind == "caddy" else 401 if code != "AccessDeniedException" else 403), answer
    if kind == "caddy":
        assert headers["X-Auth-Error-Code"] == code, answer


def test_a_signed_request_reaches_the_backend_with_the_name_of_who_signed(sample, guard):
    place = guard(sample)
    passed(call(place, ALICE), ALICE_ARN)
    passed(call(place, ALICE, target="/pets/a%20b?x=1&y=%2F"), ALICE_ARN, "/pets/a%20b?x=1&y=%2F")
    passed(call(place, ALICE, "DELETE"), ALICE_ARN)
    by_hand = call(place, ALICE, headers={"X-Auth-Principal-Arn": "arn:aws:iam::1:user/liar"})
    passed(by_hand, ALICE_ARN)


def test_a_body_is_covered_by_the_hash_in_the_header(sample, guard, kind):
    place = guard(sample)
    body = b'{"name": "rex"}'
    refused(call(place, ALICE, "POST", body=body), kind, 403, "InvalidSignatureException")
    hashed = {"X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest()}
    assert passed(call(place, ALICE, "POST", body=body, headers=hashed), ALICE_ARN)["length"] == len(body)
    sized = {**hashed, "Content-Length": str(len(body))}
    passed(call(place, ALICE, "POST", body=body, headers=sized), ALICE_ARN)


def test_who_may_not_is_kept_out(sample, guard, kind):
    place = guard(sample)
    refused(call(place, BOB), kind, 403, "AccessDeniedException")
    refused(call(place, BOB.but(secret=ALICE.secret)), kind, 403, "InvalidSignatureException")
    refused(call(place, BOB_RETIRED), kind, 403, "UnrecognizedClientException")
    refused(call(place, Keys("AKIANOBODY", "x")), kind, 403, "UnrecognizedClientException")
    refused(send(place, "GET", "/pets/7"), kind, 403, "MissingAuthenticationTokenException")
    refused(send(place, "GET", "/pets/7", {"Authorization": "Bearer x"}), kind, 403, "InvalidSignatureException")


def test_what_was_signed_is_what_passes(sample, guard, kind):
    place = guard(sample)
    headers = sign(ALICE, "GET", f"http://{place}/pets/7?x=1")
    passed(send(place, "GET", "/pets/7?x=1", headers), ALICE_ARN, "/pets/7?x=1")
    for method, target in [("DELETE", "/pets/7?x=1"), ("GET", "/pets/8?x=1"), ("GET", "/pets/7?x=2"), ("GET", "/pets/7")]:
        refused(send(place, method, target, headers), kind, 403, "InvalidSignatureException")
    mine = {**headers, "X-Original-URI": "/pets/7?x=1", "X-Forwarded-Uri": "/pets/7?x=1"}
    mine |= {"X-Original-Method": "GET", "X-Forwarded-Method": "GET"}
    refused(send(place, "DELETE", "/pets/9", mine), kind, 403, "InvalidSignatureException")
    other = {**headers, "Host": "elsewhere.test"}
    refused(send(place, "GET", "/pets/7?x=1", other), kind, 403, "InvalidSignatureException")


def test_a_session_passes_until_it_ends(sample, guard, kind):
    place = guard(sample, "service=execute-api")
    keys = signer.assume(sample, BOB, role("report-reader"))
    passed(call(place, keys), session_arn("report-reader", "ci"))
    refused(call(place, keys.but(token=None)), kind, 403, "UnrecognizedClientException")
    sample.advance(3600)
    refused(call(place, keys), kind, 403, "ExpiredTokenException")


def test_s3_is_mapped_and_answered_in_its_own_words(sample, guard, kind):
    place = guard(sample, "service=s3&map=s3-path")
    keys = signer.assume(sample, BOB, role("report-reader"))
    passed(call(place, keys, target="/reports/a%20b%2B.csv", service="s3"), session_arn("report-reader", "ci"), "/reports/a%20b%2B.csv")
    status, headers, body = call(place, keys, "PUT", "/reports/a.csv", body=b"x", service="s3")
    assert status == 403
    if kind == "caddy":
        assert "<Code>AccessDenied</Code>" in body and "s3:PutObject" in body, body
        assert headers["Content-Type"] == "application/xml"


def test_a_proxy_that_shows_no_token_where_one_is_needed_lets_nobody_in(launch, guard, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("proxy-token-0123456 forward-auth\n")
    server = launch("--companion-token-file", tokens, seed=SAMPLE_SEED)
    assert call(guard(server), ALICE)[0] >= 400
    assert call(guard(server, token="proxy-token-0123457"), ALICE)[0] >= 400
    passed(call(guard(server, token="proxy-token-0123456"), ALICE), ALICE_ARN)


def test_a_validator_that_is_gone_lets_nobody_in(sample, guard):
    place = guard(sample)
    passed(call(place, ALICE), ALICE_ARN)
    sample.kill()
    assert call(place, ALICE)[0] >= 500
