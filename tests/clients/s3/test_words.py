"""What S3 says to those whom it does not know: code, status, text and what else is in the document."""

import re
import urllib.parse

import pytest

from gateway import ALICE, BUCKET, Keys
from wire import EMPTY, Signed, ask, send

TARGET = f"/{BUCKET}/a.txt"


@pytest.fixture
def there(pair):
    pair.keep("a.txt")
    assert ask(pair.gateway, ALICE, "GET", TARGET).status == 200
    return pair


def refused(answer, status, code, message):
    assert (answer.status, answer.code, answer.text("Message")) == (status, code, message)
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>')
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["x-amz-request-id"]
    return answer


def test_a_wrong_secret_is_told_what_should_have_been_signed(there):
    signed = Signed(there.gateway, ALICE.but(secret="wrong"), "GET", TARGET)
    answer = refused(
        send(there.gateway, "GET", TARGET, signed.headers),
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    )
    assert answer.text("AWSAccessKeyId") == ALICE.id
    assert answer.text("SignatureProvided") == signed.signature
    to_sign, canonical = answer.text("StringToSign"), answer.text("CanonicalRequest")
    assert to_sign.splitlines()[:3] == ["AWS4-HMAC-SHA256", signed.stamp, signed.scope]
    assert canonical.splitlines()[:2] == ["GET", TARGET] and canonical.endswith(EMPTY)
    for element, text in [("StringToSignBytes", to_sign), ("CanonicalRequestBytes", canonical)]:
        assert bytes.fromhex(answer.text(element)).decode() == text


def test_an_unknown_key(there):
    unknown = Keys("AKIAEXAMPLES3NOBODY1", "x")
    text = "The AWS Access Key Id you provided does not exist in our records."
    answer = refused(ask(there.gateway, unknown, "GET", TARGET), 403, "InvalidAccessKeyId", text)
    assert answer.text("AWSAccessKeyId") == unknown.id


def test_a_token_that_is_none(there):
    keys = there.role("everything").but(token="garbage")
    text = "The provided token is malformed or otherwise invalid."
    answer = refused(ask(there.gateway, keys, "GET", TARGET), 400, "InvalidToken", text)
    assert answer.text("Token-0") == "garbage"


def test_a_token_that_is_missing_or_of_another(there):
    keys, other = there.role("everything"), there.role("clerk")
    for token in [None, other.token]:
        answer = ask(there.gateway, keys.but(token=token), "GET", TARGET)
        assert (answer.status, answer.code) == (403, "InvalidAccessKeyId")


def test_a_session_that_is_over(there):
    keys = there.role("everything", DurationSeconds=900)
    assert ask(there.gateway, keys, "GET", TARGET).status == 200
    there.sts.advance(900)
    answer = refused(ask(there.gateway, keys, "GET", TARGET), 400, "ExpiredToken", "The provided token has expired.")
    assert answer.text("Token-0") == keys.token


def test_a_token_that_is_not_signed(there):
    keys = there.role("everything")
    signed = Signed(there.gateway, keys.but(token=None), "GET", TARGET)
    answer = send(there.gateway, "GET", TARGET, signed.headers | {"x-amz-security-token": keys.token})
    text = "There were headers present in the request which were not signed"
    assert refused(answer, 403, "AccessDenied", text).text("HeadersNotSigned") == "x-amz-security-token"


def test_a_clock_that_is_wrong(there):
    for late in [1000, -1000]:
        answer = ask(there.gateway, ALICE, "GET", TARGET, late=late)
        text = "The difference between the request time and the current time is too large."
        assert refused(answer, 403, "RequestTimeTooSkewed", text).text("MaxAllowedSkewMilliseconds") == "900000"


def test_another_service(there):
    signed = Signed(there.gateway, ALICE, "GET", TARGET)
    headers = signed.headers | {"authorization": signed.headers["authorization"].replace("/s3/", "/sqs/")}
    answer = send(there.gateway, "GET", TARGET, headers)
    assert (answer.status, answer.code) == (400, "AuthorizationHeaderMalformed")


def presigned(pair, keys, seconds=600, **params):
    address = pair.s3(keys).generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "a.txt"} | params, seconds)
    return address.removeprefix(pair.gateway.url)


def test_a_presigned_address_is_good_for_as_long_as_it_says(there, monkeypatch):
    assert send(there.gateway, "GET", presigned(there, ALICE)).body == b"hello\n"
    assert send(there.gateway, "GET", presigned(there, there.role("everything"))).body == b"hello\n"
    from datetime import timedelta

    import botocore.auth

    real = botocore.auth.get_current_datetime
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *some, **more: real(*some, **more) - timedelta(hours=2))
    assert send(there.gateway, "GET", presigned(there, ALICE, 7260)).status == 200
    answer = refused(send(there.gateway, "GET", presigned(there, ALICE, 7140)), 403, "AccessDenied", "Request has expired")
    assert answer.text("X-Amz-Expires") == "7140"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.text("ServerTime"))


def test_a_presigned_address_cannot_be_bent(there):
    good = presigned(there, ALICE)
    there.keep("b.txt")
    for bent in [
        good.replace("a.txt", "b.txt"),
        good.replace("X-Amz-Expires=600", "X-Amz-Expires=604800"),
        good + "&versionId=null",
        good + "&response-content-type=text/html",
    ]:
        assert (send(there.gateway, "GET", bent).status, send(there.gateway, "GET", bent).code) == (403, "SignatureDoesNotMatch")
    assert send(there.gateway, "PUT", good, body=b"x").code == "SignatureDoesNotMatch"
    assert send(there.gateway, "DELETE", good).code == "SignatureDoesNotMatch"
    assert there.file("a.txt").read_bytes() == b"hello\n"


def test_a_presigned_address_of_a_week_and_no_more(there):
    answer = send(there.gateway, "GET", presigned(there, ALICE, 604_801))
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


def test_signature_version_2_is_not_taken(there):
    client = there.s3(ALICE, signature_version="s3")
    address = client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "a.txt"})
    answer = send(there.gateway, "GET", address.removeprefix(there.gateway.url))
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_parameters_of_a_signature_do_not_reach_s3(there):
    """However they are spelled; and twice they are refused."""
    query = urllib.parse.urlsplit(presigned(there, ALICE)).query
    for odd, good in [
        (query.replace("X-Amz-Signature", "X-Amz-%53ignature"), True),
        (query + "&" + query, False),
        (query.replace("X-Amz-", "x-amz-"), False),
    ]:
        assert (send(there.gateway, "GET", f"{TARGET}?{odd}").status == 200) == good, odd


def test_a_form_of_a_browser_is_not_served(there):
    body = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nnew\r\n--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--x--\r\n'
    answer = send(there.gateway, "POST", f"/{BUCKET}", {"content-type": "multipart/form-data; boundary=x"}, body)
    assert answer.status in {403, 501}
    assert not there.file("new").exists()
