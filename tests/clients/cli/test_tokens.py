"""Tokens by which an account vouches for its own, on the command line."""

from outside.people import ACCOUNT, ALICE, ALICE_ARN, BOB, BOB_ARN
from outside.tokens import proved


def ask(aws, server, keys):
    params = {"Audience": "relying-party", "SigningAlgorithm": "RS256"}
    return aws.call(server, keys, "GetWebIdentityToken", params)


def test_a_relying_party_believes_what_the_account_says_of_its_user(aws, sample):
    answer = ask(aws, sample, ALICE).json()
    assert answer.keys() == {"WebIdentityToken", "Expiration"}
    assert proved(answer["WebIdentityToken"])["sub"] == ALICE_ARN


def test_a_token_is_refused_to_whom_no_policy_allows_it(aws, sample):
    text = (
        f"User: {BOB_ARN} is not authorized to perform: sts:GetWebIdentityToken "
        f"on resource: arn:aws:sts::{ACCOUNT}:self "
        "because no identity-based policy allows the sts:GetWebIdentityToken action"
    )
    assert ask(aws, sample, BOB).refusal() == ("GetWebIdentityToken", ("AccessDenied", text))
