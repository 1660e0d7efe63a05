"""What the suites of all languages try, with the seed that they share: refusals as classes, and sessions across their end.

The service's clock is set so that sessions which it opens end soon by the machine's: nothing here waits.
"""

import secrets
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from botocore.exceptions import ClientError

from clients import iam, sts
from outside.people import ALICE, BOB, Keys, role, session_arn
from outside.refusals import EXPIRED
from outside.server import MATRIX_SEED

MAIN = "repo:acme/shop:ref:refs/heads/main"
HOUR = timedelta(hours=1)


@pytest.fixture
def matrix(launch):
    return launch(seed=MATRIX_SEED)


def token(server, **more):
    order = {"preset": "github-actions", "platformIssuer": True, "aud": "sts.amazonaws.com", "sub": MAIN, **more}
    status, answer = server.admin("POST", "/oidc/token", order)
    assert status == 200, answer
    return answer["token"]


def sessions_end_in(server, **left):
    at = (datetime.now(timezone.utc) + timedelta(**left) - HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert server.admin("PUT", "/_admin/v1/clock", {"mode": "frozen", "at": at, "backwards": True})[0] == 200


def bearer(server, defect=None, **more):
    said = token(server, **({"defect": defect} if defect else {}))
    params = {"RoleArn": role("builder"), "RoleSessionName": "ci", "WebIdentityToken": said, **more}
    return sts(server, Keys("nobody", "nothing")).assume_role_with_web_identity(**params)


OPEN = {"RoleArn": role("open"), "RoleSessionName": "ci"}
AUDITOR = {"RoleArn": "arn:aws:iam::210987654321:role/auditor", "RoleSessionName": "ci"}
TAGS = [{"Key": f"key-{n}", "Value": secrets.token_hex(128)} for n in range(50)]


@pytest.mark.parametrize(
    "kind, call",
    [
        ("MalformedPolicyDocumentException", lambda s: sts(s, ALICE).assume_role(**OPEN, Policy="{")),
        ("PackedPolicyTooLargeException", lambda s: sts(s, ALICE).assume_role(**OPEN, Tags=TAGS)),
        ("RegionDisabledException", lambda s: sts(s, ALICE, region="sa-east-1").assume_role(**AUDITOR)),
        ("ExpiredTokenException", lambda s: bearer(s, "expired")),
        ("InvalidIdentityTokenException", lambda s: bearer(s, "bad-signature")),
        ("IDPRejectedClaimException", lambda s: bearer(s, ProviderId="graph.facebook.com")),
        (
            "InvalidAuthorizationMessageException",
            lambda s: sts(s, ALICE).decode_authorization_message(EncodedMessage="AAAA"),
        ),
    ],
)
def test_a_refusal_of_sts_is_a_class(matrix, kind, call):
    with pytest.raises(ClientError) as raised:
        call(matrix)
    assert raised.type.__name__ == kind, raised.value


@pytest.mark.parametrize(
    "kind, call",
    [
        ("NoSuchEntityException", lambda client: client.get_user(UserName="nobody")),
        ("EntityAlreadyExistsException", lambda client: client.create_user(UserName="bob")),
        ("DeleteConflictException", lambda client: client.delete_user(UserName="bob")),
        ("LimitExceededException", lambda client: client.create_access_key(UserName="bob")),
        (
            "MalformedPolicyDocumentException",
            lambda client: client.update_assume_role_policy(RoleName="reader", PolicyDocument="{"),
        ),
    ],
)
def test_a_refusal_of_iam_is_a_class(matrix, kind, call):
    client = iam(matrix, ALICE)
    with pytest.raises(getattr(client.exceptions, kind)):
        call(client)


def profile(server, home, monkeypatch):
    text = f"""
[profile bob]
aws_access_key_id = {BOB.id}
aws_secret_access_key = {BOB.secret}

[profile reader]
source_profile = bob
role_arn = {role("reader")}
role_session_name = monthly
"""
    (home / ".aws/config").write_text(text)
    monkeypatch.setenv("AWS_PROFILE", "reader")
    return session_arn("reader", "monthly")


def token_file(server, home, monkeypatch):
    file = home / "token"
    file.write_text(token(server, lifetimeSeconds=3 * 3600))
    monkeypatch.setenv("AWS_ROLE_ARN", role("builder"))
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "build")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
    return session_arn("builder", "build")


@pytest.mark.parametrize("way", [profile, token_file])
def test_a_session_is_kept_until_its_last_quarter_of_an_hour_and_then_replaced(matrix, home, monkeypatch, way):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", matrix.aws)
    for left, replaced in [(16, False), (9, True)]:
        sessions_end_in(matrix, minutes=left)
        arn = way(matrix, home, monkeypatch)
        application = boto3.session.Session()
        client, credentials = application.client("sts"), application.get_credentials()
        assert client.get_caller_identity()["Arn"] == arn
        first = credentials.get_frozen_credentials().access_key
        if replaced:
            matrix.advance(3600)
        assert client.get_caller_identity()["Arn"] == arn
        assert (credentials.get_frozen_credentials().access_key != first) == replaced


@pytest.mark.parametrize("way", [profile, token_file])
def test_a_session_that_ends_before_its_time_is_refused_as_expired(matrix, home, monkeypatch, way):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", matrix.aws)
    arn = way(matrix, home, monkeypatch)
    client = boto3.session.Session().client("sts")
    assert client.get_caller_identity()["Arn"] == arn
    matrix.advance(3600)
    with pytest.raises(ClientError) as raised:
        client.get_caller_identity()
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == EXPIRED
