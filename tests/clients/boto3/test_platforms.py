"""Tokens of the built-in issuer become AWS credentials: by boto3, by its own providers, and as GitHub's actions do it.

Nothing is made up here: what trusts is what `local-sts oidc seed` prints.
"""

import json
import signal
import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone

import boto3
import botocore.credentials
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from clients import check_refused, sts
from outside.people import Keys
from outside.refusals import REGION
from outside.server import Server, binary, environment, run_to_end
from outside.tokens import fetch, parts
from test_issuer import exported, job, oidc, place, printed

ACCOUNT = "123456789012"
PRESETS = (
    "github-actions gitlab-ci eks kubernetes google cognito-identity cognito-user-pool terraform circleci bitbucket "
    "buildkite vercel fly entra spiffe keycloak auth0 okta"
).split()
#: Whose guides have the job ask for tokens that are meant for AWS.
ASKING = {"github-actions", "buildkite", "fly"}
DENIED = "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"
NOT_VALIDATED = (
    "The web identity token provided could not be validated. "
    "See the AssumeRoleWithWebIdentity documentation for requirements."
)
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)
NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def merged(home, companion, presets, *options):
    """One seed of what `oidc seed` prints for every preset."""
    account = {"id": ACCOUNT, "oidcProviders": [], "roles": []}
    for preset in presets:
        command = ["oidc", "seed", "--preset", preset, "--account", ACCOUNT, "--companion-listen", companion, *options]
        [piece] = json.loads(printed(run_to_end(home, *command)))["accounts"]
        for kind in ["oidcProviders", "roles"]:
            account[kind] += piece[kind]
    seed = home / "platforms.json"
    seed.write_text(json.dumps({"accounts": [account]}))
    return seed


@pytest.fixture
def platforms(tmp_path):
    """A service whose account trusts the issuers of all presets at its own companion, whose documents it fetches."""
    companion = f"127.0.0.1:{free_port()}"
    home = tmp_path / "platforms"
    home.mkdir()
    server = Server(home, seed=merged(home, companion, PRESETS), companion=companion)
    yield server
    server.stop()


def token(home, server, preset, *options):
    audience = ["--aud", "sts.amazonaws.com"] if preset in ASKING else []
    return printed(oidc(home, server, "token", "--preset", preset, *audience, *options)).strip()


def unsigned(server):
    return boto3.client("sts", region_name=REGION, endpoint_url=server.aws, config=Config(signature_version=UNSIGNED))


def assume(client, preset, token, **params):
    arn = f"arn:aws:iam::{ACCOUNT}:role/{preset}"
    return client.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="ci", WebIdentityToken=token, **params)


def arn_of(server, credentials):
    return sts(server, Keys.of(credentials)).get_caller_identity()["Arn"]


def test_a_token_of_every_platform_opens_the_role_that_trusts_it(home, platforms):
    client = unsigned(platforms)
    for preset in PRESETS:
        given = token(home, platforms, preset)
        _, claims, _, _ = parts(given)
        assert claims["iss"].startswith(f"{platforms.companion}/oidc/")
        answer = assume(client, preset, given)
        assert answer["SubjectFromWebIdentityToken"] == claims["sub"]
        assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{claims['iss'].removeprefix('http://')}"
        assert arn_of(platforms, answer["Credentials"]) == f"arn:aws:sts::{ACCOUNT}:assumed-role/{preset}/ci"


def test_bad_tokens_are_refused_as_aws_refuses_them(home, platforms):
    client = unsigned(platforms)
    assume(client, "github-actions", token(home, platforms, "github-actions"))
    platforms.freeze("2031-01-15T12:00:00Z")
    now = 1926244800
    for defect, code, text in [
        (
            "expired",
            "ExpiredTokenException",
            f"Token expired: current date/time {now - 300} must be before the expiration date/time {now - 3600}",
        ),
        ("issued-in-future", "InvalidIdentityToken", f"Token issued in the future: {now + 3600}"),
        ("wrong-audience", "InvalidIdentityToken", NOT_VALIDATED),
        ("wrong-issuer", "InvalidIdentityToken", None),
        ("unknown-key", "InvalidIdentityToken", NO_KEY),
        ("borrowed-key-id", "InvalidIdentityToken", NOT_VALIDATED),
        ("bad-signature", "InvalidIdentityToken", NOT_VALIDATED),
        ("changed-claims", "InvalidIdentityToken", NOT_VALIDATED),
        ("unsigned", "InvalidIdentityToken", NOT_A_JWT),
        ("public-key-as-secret", "InvalidIdentityToken", NOT_A_JWT),
        ("access-token", "InvalidIdentityToken", NOT_A_JWT),
    ]:
        text = text or "No OpenIDConnect provider found in your account for https://somebody-else.test"
        spoiled = token(home, platforms, "github-actions", "--defect", defect)
        check_refused((code, text), "AssumeRoleWithWebIdentity", assume, client, "github-actions", spoiled)
    spoiled = token(home, platforms, "github-actions", "--defect", "repeated-claim")
    check_refused(DENIED, "AssumeRoleWithWebIdentity", assume, client, "github-actions", spoiled)
    other = token(home, platforms, "github-actions", "--sub", "repo:octo/shop:ref:refs/heads/main")
    check_refused(DENIED, "AssumeRoleWithWebIdentity", assume, client, "github-actions", other)


def test_trust_in_a_platform_by_its_own_name_is_good_as_it_is(home, launch):
    """Condition keys that AWS has for tokens of GitHub alone are there as well."""
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    name = "token.actions.githubusercontent.com"
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{name}:aud": "sts.amazonaws.com", f"{name}:repository_id": "42"},
                "StringLike": {f"{name}:sub": "repo:octo/tool:*"},
            },
        },
    }
    provider = {"url": f"https://{name}", "clientIds": ["sts.amazonaws.com"], "jwks": "built-in"}
    seed = home / "github.json"
    account = {"id": ACCOUNT, "oidcProviders": [provider], "roles": [{"name": "github-actions", "trust": trust}]}
    seed.write_text(json.dumps({"accounts": [account]}))
    server = launch(seed=seed)
    command = ["actions", "--platform-issuer", "--sub", "repo:octo/tool:environment:prod", "--claim", "repository_id=42"]
    given = job(exported(printed(oidc(home, server, *command))), "sts.amazonaws.com")
    answer = assume(unsigned(server), "github-actions", given)
    assert (answer["Provider"], answer["Audience"]) == (arn, "sts.amazonaws.com")
    command[-1] = "repository_id=43"
    other = job(exported(printed(oidc(home, server, *command))), "sts.amazonaws.com")
    check_refused(DENIED, "AssumeRoleWithWebIdentity", assume, unsigned(server), "github-actions", other)


def test_a_projected_file_carries_an_application_across_the_end_of_its_token_and_its_credentials(
    home, platforms, monkeypatch
):
    """As in Kubernetes: two variables, a file that somebody keeps fresh, and not a line of code."""
    start = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=5)
    platforms.freeze(f"{start:%Y-%m-%dT%H:%M:%SZ}")
    file = home / "token"
    command = [binary(), "oidc", "token", "--preset", "eks", "--lifetime", "600", "--write", str(file), "--refresh"]
    command += ["--companion-listen", place(platforms)]
    keeper = subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        first = awaited(lambda: file.exists() and file.read_text())
        monkeypatch.setenv("AWS_ROLE_ARN", f"arn:aws:iam::{ACCOUNT}:role/eks")
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
        monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "api")
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", platforms.aws)
        session = botocore.session.get_session()
        credentials = session.get_credentials()
        assert credentials.method == "assume-role-with-web-identity"
        before = credentials.get_frozen_credentials()
        client = boto3.session.Session(botocore_session=session).client("sts")
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/eks/api"
        assert client.get_caller_identity()["Arn"] == arn
        platforms.advance(3660)
        now, ended = int(start.timestamp()) + 3660, int(start.timestamp()) + 600
        text = f"Token expired: current date/time {now - 300} must be before the expiration date/time {ended}"
        refusal = "ExpiredTokenException", text
        check_refused(refusal, "AssumeRoleWithWebIdentity", assume, unsigned(platforms), "eks", first)
        awaited(lambda: file.read_text() != first)
        # The clock of the application was turned as well.
        turned = lambda: start + timedelta(seconds=3660)  # noqa: E731
        monkeypatch.setattr(credentials, "_time_fetcher", turned)
        monkeypatch.setattr(botocore.credentials, "_local_now", turned)
        assert client.get_caller_identity()["Arn"] == arn
        assert credentials.get_frozen_credentials().access_key != before.access_key
        second = file.read_text()
        printed(oidc(home, platforms, "rotate", "--keep", "1"))
        awaited(lambda: file.read_text() != second)
        kept = {key["kid"] for key in fetch(f"{platforms.companion}/oidc/.well-known/jwks.json")["keys"]}
        assert parts(file.read_text())[0]["kid"] in kept
    finally:
        keeper.send_signal(signal.SIGTERM)
        keeper.wait(10)


def awaited(what):
    deadline = time.monotonic() + 15
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def test_many_who_come_at_once_with_tokens_of_many_issuers_are_all_answered(home, platforms):
    """The service asks its own companion while it is being asked: nobody may wait for somebody who waits for him."""
    from concurrent.futures import ThreadPoolExecutor

    tokens = [(preset, token(home, platforms, preset)) for preset in PRESETS]
    with ThreadPoolExecutor(40) as pool:
        calls = [pool.submit(assume, unsigned(platforms), preset, given) for preset, given in tokens * 4]
        assert all(call.result()["Credentials"] for call in calls)


def two_accounts(url):
    """The first account vouches for its own; the second believes the issuer at `url` of one of its users."""
    name = url.removeprefix("http://")
    allow = {"Effect": "Allow", "Action": "sts:GetWebIdentityToken", "Resource": "*"}
    user = {
        "name": "alice",
        "accessKeys": [{"id": "AKIAEXAMPLEVOUCHED01", "secret": "the-secret-of-alice"}],
        "policies": [{"name": "vouch", "document": {"Version": "2012-10-17", "Statement": allow}}],
    }
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{name}:sub": "arn:aws:iam::111111111111:user/alice"}},
    }
    first = {"id": "111111111111", "outboundWebIdentityFederation": True, "users": [user]}
    second = {
        "id": ACCOUNT,
        "oidcProviders": [{"url": url, "clientIds": ["second-account"]}],
        "roles": [{"name": "guest", "trust": {"Version": "2012-10-17", "Statement": trust}}],
    }
    return json.dumps({"accounts": [first, second]})


def test_an_account_lets_in_whom_another_account_vouches_for(home, tmp_path):
    seed, companion = home / "two.json", f"127.0.0.1:{free_port()}"
    alice = Keys("AKIAEXAMPLEVOUCHED01", "the-secret-of-alice")

    def vouched(server, audience="second-account"):
        client = sts(server, alice)
        return client.get_web_identity_token(Audience=[audience], SigningAlgorithm="RS256")["WebIdentityToken"]

    seed.write_text(two_accounts("http://127.0.0.1:1/not/known/yet"))
    server = Server(tmp_path / "first", seed=seed, companion=companion)
    url = parts(vouched(server))[1]["iss"]
    server.stop()
    seed.write_text(two_accounts(url))
    server = Server(tmp_path / "second", seed=seed, companion=companion)
    try:
        answer = assume(unsigned(server), "guest", vouched(server))
        assert answer["SubjectFromWebIdentityToken"] == "arn:aws:iam::111111111111:user/alice"
        assert arn_of(server, answer["Credentials"]) == f"arn:aws:sts::{ACCOUNT}:assumed-role/guest/ci"
        refusal = "InvalidIdentityToken", NOT_VALIDATED
        elsewhere = vouched(server, "third-account")
        check_refused(refusal, "AssumeRoleWithWebIdentity", assume, unsigned(server), "guest", elsewhere)
    finally:
        server.stop()
