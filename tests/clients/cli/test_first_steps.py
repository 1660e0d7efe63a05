"""What a newcomer meets: the built-in seed, and the lines that the service prints to be pasted."""

import os
import re

import pytest

from outside.people import ALICE, BOB, BOB_RETIRED, DEMO, DEMO_ACCOUNT, Keys, role, session_arn
from outside.server import REPOSITORY
from outside.refusals import MISMATCH, OVER_CHAINING_MAXIMUM, denied

ADMINISTRATOR = f"arn:aws:iam::{DEMO_ACCOUNT}:user/administrator"
DEVELOPER = Keys("developer", "developer")


def demo_role(name):
    return role(name, DEMO_ACCOUNT)


def assume(aws, server, keys, name, **params):
    return aws.call(server, keys, "AssumeRole", {"RoleArn": demo_role(name), "RoleSessionName": "ci", **params})


def pasting(aws, server, monkeypatch):
    """A shell without any AWS variable, into which the printed exports were pasted."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    exports = re.findall(r"^ +(export AWS_.*)$", server.said(), re.MULTILINE)
    assert exports, server.said()
    # The one variable that no user needs: there is no instance metadata to wait for here.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return lambda line: aws.run("bash", "-c", "\n".join([*exports, line]))


@pytest.fixture
def pasted(aws, demo, monkeypatch):
    return pasting(aws, demo, monkeypatch)


def test_the_printed_lines_say_whom_to_trust(aws, launch, monkeypatch):
    tls = REPOSITORY / "fixtures/oidc/tls"
    server = launch("--tls-cert", str(tls / "alone.crt"), "--tls-key", str(tls / "host.key"))
    assert server.aws.startswith("https://")
    shell = pasting(aws, server, monkeypatch)
    assert shell("aws sts get-caller-identity").json()["Arn"] == ADMINISTRATOR
    blind = shell("unset AWS_CA_BUNDLE; aws sts get-caller-identity")
    assert blind.code != 0 and "CERTIFICATE_VERIFY_FAILED" in blind.stderr, blind


def test_the_printed_lines_work_when_they_are_pasted(pasted, demo):
    tried = re.search(r"and try:\s+(aws .*)\n", demo.said())
    answer = pasted(tried[1]).json()
    assert (answer["Account"], answer["Arn"]) == (DEMO_ACCOUNT, ADMINISTRATOR)


def test_the_pasted_shell_assumes_the_demo_role(pasted):
    line = f"aws sts assume-role --role-arn {demo_role('demo')} --role-session-name me"
    assert pasted(line).json()["AssumedRoleUser"]["Arn"] == session_arn("demo", "me", DEMO_ACCOUNT)


def test_the_pasted_shell_with_another_secret_is_refused(pasted):
    line = "AWS_SECRET_ACCESS_KEY=guess aws sts get-caller-identity"
    assert pasted(line).refusal() == ("GetCallerIdentity", MISMATCH)


def test_the_ready_line_and_the_printed_lines_name_the_same_endpoint(demo):
    assert f"export AWS_ENDPOINT_URL_STS={demo.aws} AWS_ENDPOINT_URL_IAM={demo.aws}\n" in demo.said()


@pytest.mark.parametrize("keys", [DEMO, DEVELOPER], ids=["administrator", "developer"])
def test_the_demo_roles_are_open_to_the_demo_users(aws, demo, keys):
    for name, more in [
        ("demo", {}),
        ("demo-external", {"ExternalId": "demo-1234"}),
        ("demo-long", {"DurationSeconds": 43200}),
    ]:
        answer = assume(aws, demo, keys, name, **more).json()
        assert answer["AssumedRoleUser"]["Arn"] == session_arn(name, "ci", DEMO_ACCOUNT)


def test_the_demo_role_with_an_external_id_is_shut_without_it(aws, demo):
    refused = assume(aws, demo, DEMO, "demo-external").refusal()
    assert refused == ("AssumeRole", denied(ADMINISTRATOR, demo_role("demo-external")))


def test_a_chained_session_is_an_hour_at_most_even_where_the_role_allows_twelve(aws, demo):
    session = Keys.of(assume(aws, demo, DEMO, "demo").json()["Credentials"])
    refused = assume(aws, demo, session, "demo-long", DurationSeconds=3601).refusal()
    assert refused == ("AssumeRole", OVER_CHAINING_MAXIMUM)
    answer = assume(aws, demo, session, "demo-long", DurationSeconds=3600).json()
    assert answer["AssumedRoleUser"]["Arn"] == session_arn("demo-long", "ci", DEMO_ACCOUNT)


def test_of_a_given_seed_no_secret_is_printed(sample):
    said = sample.said()
    assert f"export AWS_ENDPOINT_URL_STS={sample.aws} AWS_ENDPOINT_URL_IAM={sample.aws}\n" in said
    for keys in (ALICE, BOB, BOB_RETIRED, DEMO):
        assert f"AWS_SECRET_ACCESS_KEY={keys.secret}" not in said and f"'{keys.secret}'" not in said
