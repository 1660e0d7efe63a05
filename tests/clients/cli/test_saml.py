"""Assertions on the command line: nobody signs, an identity provider vouches."""

import pytest

from outside.saml import PROVIDER, ROLE, response, seeded


@pytest.fixture
def server(launch, tmp_path):
    return launch(seed=seeded(tmp_path))


def assume(aws, server, assertion):
    """There are no keys at all."""
    arguments = ["--role-arn", ROLE, "--principal-arn", PROVIDER, "--saml-assertion", assertion]
    return aws.sts("assume-role-with-saml", *arguments, AWS_ENDPOINT_URL_STS=server.aws)


def test_whoever_has_no_keys_gets_some_for_an_assertion(aws, home, server):
    answer = assume(aws, server, response(home, server, "--subject", "alice", "--shape", "entra")).json()
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/analyst/alice"
    assert answer["Issuer"] == "https://idp.local-sts.test/saml"


def test_a_forged_assertion_is_refused_in_awss_words(aws, home, server):
    forged = assume(aws, server, response(home, server, "--defect", "altered"))
    assert forged.refusal() == ("AssumeRoleWithSAML", ("InvalidIdentityToken", "Response signature invalid"))
    over = assume(aws, server, response(home, server, "--defect", "expired"))
    assert over.refusal() == ("AssumeRoleWithSAML", ("ExpiredTokenException", "Response has expired"))
