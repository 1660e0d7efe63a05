"""The CLI with credentials that it is handed: by `exec`, by lines for a shell, by a profile, by a container's agent."""

import pytest

from outside.people import DEMO_ACCOUNT, session_arn
from outside.server import binary

WHOAMI = ["aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]


def local_sts(aws, server, *arguments, **variables):
    """The program's own commands, asking this server."""
    options = ["--companion-listen", server.companion.removeprefix("http://")]
    return aws.run(binary(), *options, *map(str, arguments), **variables)


def is_session(outcome, role, name="local-sts"):
    assert (outcome.code, outcome.stdout) == (0, session_arn(role, name, DEMO_ACCOUNT) + "\n"), outcome


def test_a_command_is_run_as_a_role(demo, aws):
    is_session(local_sts(aws, demo, "exec", "demo", "--session-name", "run-7", "--", *WHOAMI, AWS_PROFILE="x"), "demo", "run-7")
    assert local_sts(aws, demo, "exec", "demo", "--", "sh", "-c", "exit 42").code == 42


def test_lines_for_a_shell_make_it_a_role(demo, aws):
    lines = local_sts(aws, demo, "env", "demo").stdout
    is_session(aws.run("sh", "-c", f"{lines}\n{' '.join(WHOAMI)}", AWS_PROFILE="x"), "demo")


def test_a_profile_leads_there(demo, aws, home):
    assert local_sts(aws, demo, "profile", "demo", "--write", home / ".aws/config").code == 0
    is_session(aws.run(*WHOAMI, "--profile", "demo"), "demo")


@pytest.mark.parametrize("path", ["/creds/demo-service", "/v1/credentials"])
def test_a_container_needs_no_key(launch, aws, path):
    server = launch("--delivery-listen", "127.0.0.1:0")
    outcome = aws.run(
        *WHOAMI,
        AWS_CONTAINER_CREDENTIALS_FULL_URI=server.delivery + path,
        AWS_CONTAINER_AUTHORIZATION_TOKEN="anything",
        AWS_ENDPOINT_URL_STS=server.aws,
    )
    assert outcome.stdout.startswith(session_arn("demo-service", "", DEMO_ACCOUNT)), outcome


def test_an_instance_needs_no_key(launch, aws):
    server = launch("--delivery-listen", "127.0.0.1:0")
    variables = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.delivery}
    outcome = aws.run(*WHOAMI, AWS_ENDPOINT_URL_STS=server.aws, **variables)
    assert outcome.stdout.startswith(session_arn("demo-service", "i-", DEMO_ACCOUNT)), outcome
