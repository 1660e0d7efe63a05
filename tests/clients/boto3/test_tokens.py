"""Tokens by which an account vouches for its own: got with boto3, believed by a relying party."""

from datetime import timedelta

import pytest

from clients import check_refused, sts
from outside.people import ACCOUNT, ALICE, ALICE_ARN, BOB, BOB_ARN, DEMO, Keys
from outside.refusals import REGION
from outside.server import SAMPLE_SEED
from outside.tokens import fetch, parts, proved

AUDIENCE = "https://relying.test"


def ask(client, **params):
    return client.get_web_identity_token(**{"Audience": [AUDIENCE], "SigningAlgorithm": "RS256", **params})


def test_a_relying_party_believes_what_the_account_says_of_its_user(sample):
    answer = ask(sts(sample, ALICE), Tags=[{"Key": "purpose", "Value": "demo"}], DurationSeconds=600)
    claims = proved(answer["WebIdentityToken"])
    assert (claims["sub"], claims["aud"]) == (ALICE_ARN, AUDIENCE)
    assert claims["exp"] - claims["iat"] == 600
    assert answer["Expiration"].replace(microsecond=0).timestamp() == claims["exp"]
    session = claims["https://sts.amazonaws.com/"]
    assert session == {
        "org_id": "o-smallcompany",
        "aws_account": ACCOUNT,
        "ou_path": ["o-smallcompany/r-smal/"],
        "source_region": REGION,
        "principal_id": ALICE_ARN,
        "principal_tags": {"team": "platform", "cost-center": "1000"},
        "request_tags": {"purpose": "demo"},
    }


def test_the_other_algorithm_and_several_audiences(sample):
    answer = ask(sts(sample, ALICE), SigningAlgorithm="ES384", Audience=["a", "b"])
    header, claims, signature, _ = parts(answer["WebIdentityToken"])
    assert (header, len(signature)) == ({"kid": "EC384_0", "typ": "JWT", "alg": "ES384"}, 96)
    assert claims["aud"] == ["a", "b"]
    keys = fetch(f"{claims['iss']}/.well-known/jwks.json")["keys"]
    assert [key["kid"] for key in keys] == ["RSA_0", "EC384_0"]


def test_an_issuer_that_is_told_another_name_uses_it(launch):
    server = launch("--issuer-url", "https://tokens.test/sts/", seed=SAMPLE_SEED)
    _, claims, _, _ = parts(ask(sts(server, ALICE), SigningAlgorithm="ES384")["WebIdentityToken"])
    address, _, issuer = claims["iss"].rpartition("/outbound/")
    assert address == "https://tokens.test/sts"
    discovery = fetch(f"{server.companion}/outbound/{issuer}/.well-known/openid-configuration")
    assert (discovery["issuer"], discovery["jwks_uri"]) == (claims["iss"], f"{claims['iss']}/.well-known/jwks.json")


def test_a_killed_server_knows_its_keys_again(launch, data_dir):
    server = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    token = ask(sts(server, ALICE))["WebIdentityToken"]
    server.kill()
    again = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    _, claims, _, _ = parts(token)
    moved = claims["iss"].replace(server.companion, again.companion)
    kept = fetch(f"{moved}/.well-known/jwks.json")
    fresh = proved(ask(sts(again, ALICE))["WebIdentityToken"])
    assert fresh["iss"] == moved
    assert fetch(f"{moved}/.well-known/jwks.json") == kept


def test_a_token_is_refused_to_whom_no_policy_allows_it(sample):
    text = (
        f"User: {BOB_ARN} is not authorized to perform: sts:GetWebIdentityToken "
        f"on resource: arn:aws:sts::{ACCOUNT}:self "
        "because no identity-based policy allows the sts:GetWebIdentityToken action"
    )
    check_refused(("AccessDenied", text), "GetWebIdentityToken", ask, sts(sample, BOB))


def test_an_account_that_vouches_for_nobody_says_so(demo):
    refusal = "OutboundWebIdentityFederationDisabledException", "OutboundWebIdentityFederation is disabled."
    check_refused(refusal, "GetWebIdentityToken", ask, sts(demo, DEMO))


@pytest.mark.parametrize("left", [0, 1], ids=["at_its_end", "just_before"])
def test_no_token_outlives_the_session_of_its_bearer(sample, left):
    sample.freeze("2031-01-15T12:00:00Z")
    client = sts(sample, ALICE)
    credentials = client.get_session_token(DurationSeconds=900)["Credentials"]
    seconds = 900 - left
    client = sts(sample, Keys.of(credentials))
    if left:
        answer = ask(client, DurationSeconds=seconds, SigningAlgorithm="ES384")
        assert answer["Expiration"] == credentials["Expiration"] - timedelta(seconds=left)
    else:
        text = "Requested token expiry time must be before the original session's expiry time."
        with pytest.raises(client.exceptions.SessionDurationEscalationException) as raised:
            ask(client, DurationSeconds=seconds)
        assert raised.value.response["Error"]["Message"] == text
