"""Tokens of the built-in issuer become AWS credentials on the command line: by hand, and by a file that is kept."""

import pytest

from outside.server import run_to_end

ACCOUNT = "123456789012"
PRESET = ["--preset", "github-actions", "--platform-issuer", "--sub", "repo:octo/tool:environment:prod"]
ARN = f"arn:aws:iam::{ACCOUNT}:role/github-actions"


def printed(done):
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.strip()


@pytest.fixture
def trusting(home, launch):
    """A service seeded with just what `oidc seed` prints."""
    seed = home / "github.json"
    seed.write_text(printed(run_to_end(home, "oidc", "seed", *PRESET, "--account", ACCOUNT)))
    return launch(seed=seed)


def oidc(home, server, *arguments):
    return run_to_end(home, "oidc", *arguments, "--companion-listen", server.companion.removeprefix("http://"))


def minted(home, server, *more):
    return printed(oidc(home, server, "token", *PRESET, "--aud", "sts.amazonaws.com", *more))


def assume(aws, server, token):
    command = ["assume-role-with-web-identity", "--role-arn", ARN, "--role-session-name", "ci"]
    return aws.sts(*command, "--web-identity-token", token, AWS_ENDPOINT_URL_STS=server.aws)


def test_a_token_in_the_hand_opens_the_role(aws, home, trusting):
    answer = assume(aws, trusting, minted(home, trusting, "--tag", "Team=blue")).refusal()
    assert answer[1] == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"), "no tags allowed"
    answer = assume(aws, trusting, minted(home, trusting, "--source-identity", "dev")).refusal()
    assert answer[1][0] == "AccessDenied", "no source identity allowed"
    answer = assume(aws, trusting, minted(home, trusting, "--role", ARN)).json()
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/github-actions/ci"
    refused = assume(aws, trusting, minted(home, trusting, "--role", f"{ARN}-2")).refusal()
    text = "The target role ARN is not present in the roles claim of the identity token"
    assert refused == ("AssumeRoleWithWebIdentity", ("InvalidIdentityToken", text))


def test_a_bad_token_is_refused(aws, home, trusting):
    refused = assume(aws, trusting, minted(home, trusting, "--defect", "not-json")).refusal()
    text = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    assert refused == ("AssumeRoleWithWebIdentity", ("InvalidIdentityToken", text))


def test_a_written_file_is_all_that_the_command_line_needs(aws, home, trusting):
    assert minted(home, trusting, "--write", home / "token") == ""
    variables = {"AWS_ROLE_ARN": ARN, "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "token"), "AWS_ROLE_SESSION_NAME": "ci"}
    answer = aws.sts("get-caller-identity", AWS_ENDPOINT_URL_STS=trusting.aws, **variables).json()
    assert answer["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/github-actions/ci"
