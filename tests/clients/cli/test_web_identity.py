"""Web identities: a token on the command line, in a profile, and in the environment."""

import pytest

from outside.issuer import DENIED, DEPLOYER, NO_KEY, NOT_VALIDATED, SUBJECT, expired
from outside.people import session_arn

BUILD = session_arn("web-deployer", "build")
OPERATION = "AssumeRoleWithWebIdentity"


def assume(aws, server, token):
    """Nobody signs: there are no keys at all."""
    arguments = ["--role-arn", DEPLOYER, "--role-session-name", "build", "--web-identity-token", token]
    return aws.sts("assume-role-with-web-identity", *arguments, AWS_ENDPOINT_URL_STS=server.aws)


def test_whoever_has_no_keys_gets_some_for_a_token(aws, federated, issuer):
    answer = assume(aws, federated, issuer.token()).json()
    assert answer["AssumedRoleUser"]["Arn"] == BUILD
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT


def test_a_faulty_token_is_refused_in_awss_words(aws, federated, issuer):
    assert assume(aws, federated, issuer.token(aud="another")).refusal() == (OPERATION, NOT_VALIDATED)
    assert assume(aws, federated, issuer.token("other")).refusal() == (OPERATION, NO_KEY)
    federated.freeze("2031-01-15T12:00:00Z")
    over = issuer.token(now=1926240000)
    assert assume(aws, federated, over).refusal() == (OPERATION, expired(1926244500, 1926240600))


@pytest.fixture
def token_file(tmp_path, issuer):
    path = tmp_path / "token"
    path.write_text(issuer.token())
    return path


def test_the_environment_says_who_one_is(aws, federated, token_file):
    """As it is set in pods and in builds."""
    environment = {
        "AWS_ENDPOINT_URL_STS": federated.aws,
        "AWS_ROLE_ARN": DEPLOYER,
        "AWS_ROLE_SESSION_NAME": "build",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file),
    }
    assert aws.sts("get-caller-identity", **environment).json()["Arn"] == BUILD


def test_a_profile_says_who_one_is(aws, federated, token_file, issuer):
    aws.profiles(
        f"""
[services local]
sts =
  endpoint_url = {federated.aws}

[profile web]
services = local
role_arn = {DEPLOYER}
role_session_name = build
web_identity_token_file = {token_file}
"""
    )
    assert aws.sts("get-caller-identity", "--profile", "web").json()["Arn"] == BUILD
    token_file.write_text(issuer.token(sub="somebody"))
    assert aws.sts("get-caller-identity", "--profile", "web").refusal() == (OPERATION, DENIED)
