"""Web identities: tokens by hand, and applications that only have a role and a token file in their environment."""

import time

import boto3
import pytest
from botocore import UNSIGNED as NO_SIGNATURE

from clients import check_refused, machine_clock_goes_on, sts
from outside.issuer import AUDIENCE, DENIED, DEPLOYER, NO_KEY, NOT_A_JWT, NOT_VALIDATED, SUBJECT, expired, no_provider
from outside.people import ACCOUNT, BOB, Keys, role, session_arn
from outside.refusals import OVER_ROLE_MAXIMUM

BUILD = session_arn("web-deployer", "build")


def assume(server, token, keys=BOB, **changed):
    client = sts(server, keys, signature_version=NO_SIGNATURE)
    params = {"RoleArn": DEPLOYER, "RoleSessionName": "build", "WebIdentityToken": token, **changed}
    return client.assume_role_with_web_identity(**params)


def check(server, refusal, token, **changed):
    check_refused(refusal, "AssumeRoleWithWebIdentity", assume, server, token, **changed)


def test_a_token_opens_the_role_that_trusts_its_bearer(federated, issuer):
    answer = assume(federated, issuer.token())
    assert (answer["Audience"], answer["SubjectFromWebIdentityToken"]) == (AUDIENCE, SUBJECT)
    assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer.url.removeprefix('http://')}"
    assert answer["AssumedRoleUser"]["Arn"] == BUILD
    assert "SourceIdentity" not in answer and 0 < answer["PackedPolicySize"] < 100
    assert sts(federated, Keys.of(answer["Credentials"])).get_caller_identity()["Arn"] == BUILD


def test_a_token_brings_its_tags_and_who_stands_behind_it(federated, issuer):
    tags = {"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["Team"]}
    claims = {"https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": "alice"}
    assert assume(federated, issuer.token(**claims))["SourceIdentity"] == "alice"
    tags["principal_tags"]["Team"] = "blue"
    text = "principal_tags passed in claim is not in correct format."
    check(federated, ("InvalidIdentityToken", text), issuer.token(**claims))


@pytest.mark.parametrize(
    "claims, refusal",
    [
        ({"aud": "somebody-else"}, NOT_VALIDATED),
        ({"azp": "somebody-else"}, NOT_VALIDATED),
        ({"sub": f"{SUBJECT}-not"}, DENIED),
        ({"sub": None}, ("InvalidIdentityToken", "Missing a required claim: sub")),
        ({"exp": None}, ("InvalidIdentityToken", "Missing a required claim: exp")),
        ({"aud": []}, ("InvalidIdentityToken", "Claim is not allowed to be empty: aud")),
        ({"iat": 4102444800}, ("InvalidIdentityToken", "Token issued in the future: 4102444800")),
        ({"exp": "soon"}, ("InvalidIdentityToken", "Invalid timestamp in token claims.")),
        ({"iss": "https://nobody.example/"}, no_provider("https://nobody.example/")),
    ],
    ids=lambda part: next(iter(part)) if isinstance(part, dict) else "",
)
def test_a_token_with_a_fault_is_refused_in_awss_words(federated, issuer, claims, refusal):
    check(federated, refusal, issuer.token(**claims))


def test_an_expired_token_is_told_so(federated, issuer):
    federated.freeze("2031-01-15T12:00:00Z")
    now = 1926244800
    token = issuer.token(now=now - 900)
    check(federated, expired(now - 300, now - 300), token)
    assert assume(federated, issuer.token(now=now - 899))["Credentials"]


def test_a_forged_token_is_refused(federated, issuer):
    honest = issuer.token()
    head, payload, signature = honest.split(".")
    forged = issuer.token(sub="repo:mallory/shop:ref:refs/heads/main").split(".")[1]
    check(federated, NOT_VALIDATED, f"{head}.{forged}.{signature}")
    check(federated, NOT_A_JWT, f"{head}.{payload}")
    check(federated, NOT_A_JWT, f"{head}.{payload}.")
    check(federated, NO_KEY, issuer.token("other"))
    check(federated, DENIED, honest, RoleArn=role("nowhere"))
    check(federated, DENIED, honest, RoleArn=role("report-reader"))
    check(federated, OVER_ROLE_MAXIMUM, honest, DurationSeconds=3601)


def test_a_provider_of_oauth_is_refused(federated, issuer):
    text = "Provided Token is not a Login With Amazon token"
    check(federated, ("InvalidIdentityToken", text), issuer.token(), ProviderId="www.amazon.com")
    text = 'graph.facebook.com rejected OAuth token with response "Bad signature" and code 190'
    check(federated, ("IDPRejectedClaim", text), issuer.token(), ProviderId="graph.facebook.com")


def test_keys_are_turned_over_while_it_runs(federated, issuer):
    assert assume(federated, issuer.token())["Credentials"]
    asked = len(issuer.asked)
    for _ in range(5):
        assume(federated, issuer.token())
    assert len(issuer.asked) == asked
    issuer.keys = ["rsa", "other"]
    # An issuer is left in peace for a second after it was asked.
    wait_until(lambda: assume(federated, issuer.token("other")), refused=NO_KEY)
    assert assume(federated, issuer.token())["Credentials"]


def test_an_issuer_that_is_out_of_order_is_told_so_and_comes_back(federated, issuer):
    keys, issuer.keys = issuer.keys, []
    check(federated, NO_KEY, issuer.token())
    issuer.keys = keys
    wait_until(lambda: assume(federated, issuer.token()), refused=NO_KEY)


def wait_until(call, refused):
    """Calls until it is answered; meanwhile it may be refused so, and no longer than a few seconds."""
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        try:
            return call()
        except Exception as error:
            assert (error.response["Error"]["Code"], error.response["Error"]["Message"]) == refused
        time.sleep(0.1)
    raise AssertionError("it was refused to the end")


@pytest.fixture
def application(federated, issuer, tmp_path, monkeypatch):
    """An application of which only the environment says who it is; `write` puts a token in its file."""
    path = tmp_path / "token"
    path.write_text(issuer.token())
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", federated.aws)
    monkeypatch.setenv("AWS_ROLE_ARN", DEPLOYER)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(path))
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "build")
    session = boto3.session.Session()
    session.write = path.write_text
    return session


def test_an_application_becomes_what_its_environment_says(application):
    assert application.client("sts").get_caller_identity()["Arn"] == BUILD
    assert application.get_credentials().method == "assume-role-with-web-identity"


def test_an_application_takes_new_credentials_by_the_token_that_is_there_then(
    application, federated, issuer, monkeypatch
):
    client, credentials = application.client("sts"), application.get_credentials()
    first = credentials.get_frozen_credentials()
    federated.advance(3600)
    machine_clock_goes_on(monkeypatch, credentials, hours=1)
    application.write(issuer.token(now=int(time.time()) + 3600))
    assert client.get_caller_identity()["Arn"] == BUILD
    second = credentials.get_frozen_credentials()
    assert second.access_key != first.access_key and second.token != first.token


def test_an_application_whose_token_file_nobody_renews_is_told_that_it_is_over(
    application, federated, issuer, monkeypatch
):
    now = int(time.time())
    application.write(issuer.token(now=now))
    client, credentials = application.client("sts"), application.get_credentials()
    credentials.get_frozen_credentials()
    federated.advance(3600)
    machine_clock_goes_on(monkeypatch, credentials, hours=1)
    with pytest.raises(client.exceptions.ExpiredTokenException) as raised:
        client.get_caller_identity()
    assert raised.value.response["Error"]["Message"].endswith(f"expiration date/time {now + 600}")
