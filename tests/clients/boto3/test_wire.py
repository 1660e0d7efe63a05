"""What no SDK sends: bytes signed and spoiled by the suite's own signer."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from outside.people import BOB, BOB_ARN, DEMO, DEMO_ACCOUNT, role, session_arn
from outside.refusals import (
    INVALID,
    MISMATCH,
    NO_REGION,
    UNSIGNED,
    WRONG_REGION,
    WRONG_SCOPE,
    WRONG_SERVICE,
    check_skewed,
    session,
    status_of,
    unknown_operation,
)
from outside.signer import FORM, ago, basic, call, from_json, send, signed

IDENTIFY = "Action=GetCallerIdentity&Version=2011-06-15"
FRONT_PAGE = "https://aws.amazon.com/iam"


def check_refused(answer, refusal):
    assert answer.refusal() == (status_of(refusal[0]), *refusal)
    assert answer.text("Type") == "Sender"
    assert answer.text("RequestId") == answer.headers["x-amzn-requestid"]


def test_the_suites_own_signer_agrees_with_the_service(sample):
    assert call(sample, BOB).text("Arn") == BOB_ARN
    assert call(sample, session(sample)).text("Arn") == session_arn("report-reader", "ci")
    path = f"/?{IDENTIFY}&x=a%20b%2B%C3%A9&x=&y"
    assert send(sample, "GET", path, headers=signed(BOB, "GET", sample.aws + path, {}, b"")).text("Arn") == BOB_ARN


@pytest.mark.parametrize("minutes", [-7 * 24 * 60, -60, -16, 16, 60, 7 * 24 * 60])
@pytest.mark.parametrize("who", ["user", "session"])
def test_a_signature_out_of_its_fifteen_minutes_is_refused(sample, who, minutes):
    keys = BOB if who == "user" else session(sample)
    at = ago(minutes=-minutes)
    answer = call(sample, keys, at=at)
    check_skewed(answer.refusal()[1:], at, ahead=minutes > 0)
    assert answer.status == 403 and basic(at) in answer.text("Message")


@pytest.mark.parametrize("minutes", [-14, 0, 14])
def test_a_signature_within_its_fifteen_minutes_is_good(sample, minutes):
    assert call(sample, BOB, at=ago(minutes=-minutes)).text("Arn") == BOB_ARN


def test_while_the_clock_is_ahead_signatures_by_either_clock_are_good(sample):
    sample.advance(3600)
    assert call(sample, BOB).text("Arn") == BOB_ARN
    assert call(sample, BOB, at=ago(hours=-1)).text("Arn") == BOB_ARN
    assert call(sample, BOB, at=ago(minutes=-30)).refusal()[:2] == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    "scope, refusal",
    [
        ({"region": NO_REGION}, WRONG_REGION),
        ({"service": "iam"}, WRONG_SERVICE),
        ({"service": "STS"}, WRONG_SERVICE),
        ({"region": NO_REGION, "service": "s3"}, WRONG_SCOPE),
    ],
    ids=["region", "service", "case_of_the_service", "both"],
)
def test_a_wrong_scope_is_named_before_the_key_is_looked_at(sample, scope, refusal):
    for keys in (BOB, BOB.but(id="AKIANOBODY"), BOB.but(secret="wrong")):
        check_refused(call(sample, keys, **scope), refusal)


@pytest.mark.parametrize("method, path, body", [("POST", "/", IDENTIFY), ("GET", f"/?{IDENTIFY}", "")])
def test_nobody_is_served_unsigned(sample, method, path, body):
    answer = send(sample, method, path, body.encode(), {"content-type": FORM})
    check_refused(answer, UNSIGNED)
    assert len(answer.body) == 297


SCOPE = f"{BOB.id}/DAY/eu-central-1/sts/aws4_request"
SIGNATURE = "0" * 64
FULL = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature={SIGNATURE}"


@pytest.mark.parametrize(
    "header, refusal",
    [
        (FULL, MISMATCH),
        (
            FULL.replace("Credential=", "Credential= "),
            (
                "IncompleteSignature",
                f"'{SCOPE}' not a valid key=value pair (missing equal-sign) in Authorization header: "
                f"'{FULL.replace('Credential=', 'Credential= ')}'.",
            ),
        ),
        (
            FULL.replace("/aws4_request", ""),
            (
                "IncompleteSignature",
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
                f"got '{SCOPE.replace('/aws4_request', '')}'",
            ),
        ),
        (
            FULL.replace("aws4_request", "aws5_request"),
            ("SignatureDoesNotMatch", "Credential should be scoped with a valid terminator: 'aws4_request'"),
        ),
        (
            FULL.replace("host;", ""),
            ("SignatureDoesNotMatch", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
        ),
        (
            "AWS4-HMAC-SHA256",
            (
                "IncompleteSignature",
                "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "
                "parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256",
            ),
        ),
    ],
    ids=["zeros", "blank_in_it", "four_elements", "wrong_terminator", "host_not_signed", "nothing_but_the_algorithm"],
)
def test_an_authorization_header_that_is_almost_right_is_told_what_is_wrong(sample, header, refusal):
    stamp = basic(ago())
    day = stamp[:8]
    headers = {"content-type": FORM, "x-amz-date": stamp, "authorization": header.replace("DAY", day)}
    answer = send(sample, "POST", "/", IDENTIFY.encode(), headers)
    check_refused(answer, (refusal[0], refusal[1].replace("DAY", day)))


@pytest.mark.parametrize(
    "header",
    [
        "x",
        "Basic dXNlcjpwYXNzd29yZA==",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "AWS4-HMAC-SHA256 ,,,",
        "AWS4-HMAC-SHA256 =",
        "AWS4-HMAC-SHA256 Credential=, SignedHeaders=, Signature=",
        "AWS AKIAEXAMPLEBOB000001:c2lnbmF0dXJl",
        FULL.replace("SHA256", "SHA512"),
        FULL + ", Signature=" + SIGNATURE,
        FULL.replace(SIGNATURE, "é"),
        FULL.replace("DAY", "20000101"),
        FULL.replace(BOB.id, "../../etc/passwd"),
        "AWS4-HMAC-SHA256 " + "A=B," * 1000,
    ],
    ids=range(13),
)
def test_garbage_for_an_authorization_header_is_refused_in_the_ordinary_form(sample, header):
    stamp = basic(ago())
    header = header.replace("DAY", stamp[:8]).encode()
    answer = send(
        sample,
        "POST",
        "/",
        IDENTIFY.encode(),
        {"content-type": FORM, "x-amz-date": stamp, "authorization": header},
    )
    status, code, message = answer.refusal()
    assert code in {"IncompleteSignature", "SignatureDoesNotMatch", "MissingAuthenticationToken"}, answer
    assert status == status_of(code) and message, answer


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_other_paths_lead_nowhere_signed_or_not(sample, method):
    for headers in ({}, signed(BOB, method, f"{sample.aws}/nowhere", {}, b"")):
        answer = send(sample, method, "/nowhere", headers=headers)
        assert (answer.status, answer.headers["content-length"]) == (404, "29")
        assert answer.body == ("" if method == "HEAD" else "<UnknownOperationException/>\n")


def test_another_path_with_an_action_is_a_matter_of_the_signature(sample):
    check_refused(call(sample, BOB, path="/nowhere"), MISMATCH)


def test_the_companions_paths_are_unknown_to_the_aws_listener(sample):
    for path in ("/ready", "/live", "/_admin/v1/clock", "/_admin/v1/reset"):
        assert send(sample, "GET", path).status == 404
        assert send(sample, "POST", path, b"{}", {"content-type": "application/json"}).status == 404


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_a_preflight_is_answered_for_any_origin(sample, path):
    asked = {"origin": "https://example.com", "access-control-request-method": "POST"}
    answer = send(sample, "OPTIONS", path, headers=asked)
    assert (answer.status, answer.body) == (200, "")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-max-age"] == "172800"


@pytest.mark.parametrize(
    "method, path, body, content_type, location",
    [
        ("POST", "/", "Version=2011-06-15", FORM, FRONT_PAGE),
        ("GET", "/?Version=2011-06-15", "", None, f"{FRONT_PAGE}?Version=2011-06-15"),
        ("GET", "/", "", None, FRONT_PAGE),
        ("HEAD", "/", "", None, FRONT_PAGE),
        ("POST", "/", IDENTIFY, None, FRONT_PAGE),
        ("POST", "/", IDENTIFY, "application/json", FRONT_PAGE),
    ],
)
def test_what_names_no_action_is_sent_to_the_front_page(sample, method, path, body, content_type, location):
    headers = {"content-type": content_type} if content_type else {}
    body = body.encode()
    answer = send(sample, method, path, body, signed(BOB, method, sample.aws + path, headers, body))
    assert (answer.status, answer.headers.get("location"), answer.body) == (302, location, "")
    assert answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize("method, path", [("PROPFIND", "/"), ("GET", "/%2"), ("GET", "/a%zzb")])
def test_what_is_not_http_as_aws_knows_it_gets_an_empty_400(sample, method, path):
    answer = send(sample, method, path)
    assert (answer.status, answer.body) == (400, "")
    assert "x-amzn-requestid" not in answer.headers


def test_an_action_that_does_not_exist_is_refused_in_the_namespace_of_old(sample):
    answer = call(sample, BOB, "MakeCoffee")
    check_refused(answer, unknown_operation("MakeCoffee"))
    assert 'xmlns="http://webservices.amazon.com/AWSFault/2005-15-09"' in answer.body


@pytest.mark.parametrize("value", ["abc", "900.0", "2147483648", " 900", "9e2"])
def test_a_duration_that_is_no_number_is_malformed_and_has_no_message(sample, value):
    params = {"RoleArn": role("report-reader"), "RoleSessionName": "ci", "DurationSeconds": value}
    assert call(sample, BOB, "AssumeRole", params).refusal() == (400, "MalformedInput", None)


def test_ten_million_bytes_are_read_and_not_one_more(sample):
    start = f"{IDENTIFY}&x=".encode()
    full = start + b"a" * (10_000_000 - len(start))
    headers = signed(BOB, "POST", sample.aws + "/", {"content-type": FORM}, full)
    assert send(sample, "POST", "/", full, headers).text("Arn") == BOB_ARN
    url = urlsplit(sample.aws)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    connection.putrequest("POST", "/")
    connection.putheader("content-length", "10000001")
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.read(), answer.getheader("x-amzn-requestid")) == (413, b"", None)
    connection.close()


def accepting_json(server, keys, *more, **how):
    return call(server, keys, *more, headers={"accept": "application/json"}, **how)


def test_an_identity_is_told_in_json_to_those_who_accept_it(sample):
    answer = accepting_json(sample, BOB)
    told = from_json(answer)["GetCallerIdentityResponse"]
    result = told["GetCallerIdentityResult"]
    assert result.keys() == {"Account", "Arn", "UserId"} and result["Arn"] == BOB_ARN
    assert told["ResponseMetadata"] == {"RequestId": answer.headers["x-amzn-requestid"]}


def test_an_expiration_is_a_number_in_json(sample):
    sample.freeze("2031-01-15T12:00:00Z")
    params = {"RoleArn": role("report-reader"), "RoleSessionName": "ci"}
    result = from_json(accepting_json(sample, BOB, "AssumeRole", params))["AssumeRoleResponse"]["AssumeRoleResult"]
    assert result["AssumedRoleUser"]["Arn"] == session_arn("report-reader", "ci")
    assert result["Credentials"]["Expiration"] == 1926248400


def test_a_refusal_is_told_in_json_in_awss_order(sample):
    keys = session(sample)
    sample.advance(3600)
    answer = accepting_json(sample, keys)
    text = "The security token included in the request is expired"
    error = {"Code": "ExpiredToken", "Message": text, "Type": "Sender"}
    expected = {"Error": error, "RequestId": answer.headers["x-amzn-requestid"]}
    assert (answer.status, answer.body) == (403, json.dumps(expected, separators=(",", ":")))


def test_a_web_page_from_elsewhere_cannot_use_the_key_that_everybody_knows(demo):
    arn = f"arn:aws:iam::{DEMO_ACCOUNT}:user/administrator"
    assert call(demo, DEMO, headers={"origin": "http://localhost:3000"}).text("Arn") == arn
    for origin in ("https://example.com", "null"):
        check_refused(call(demo, DEMO, headers={"origin": origin}), INVALID)
