"""Second factors: the CLI with a code at hand, and where it asks for one."""

import os
import pty

import pytest

from outside.people import ALICE, ALICE_ARN, BOB, role, session_arn
from outside.phone import ALICES_PHONE, MFA_HALF, MFA_INVALID, MFA_UNABLE, code, shown
from outside.refusals import denied

BREAK_GLASS = {"RoleArn": role("break-glass"), "RoleSessionName": "night"}


def test_a_role_that_wants_a_code_is_assumed_with_one_and_not_without(aws, sample):
    refused = aws.call(sample, ALICE, "AssumeRole", BREAK_GLASS).refusal()
    assert refused == ("AssumeRole", denied(ALICE_ARN, role("break-glass")))
    answer = aws.call(sample, ALICE, "AssumeRole", {**BREAK_GLASS, **shown(code())}).json()
    assert answer["AssumedRoleUser"]["Arn"] == session_arn("break-glass", "night")


def test_a_code_gets_one_session_token(aws, sample):
    params = shown(code(steps=1))
    assert aws.call(sample, ALICE, "GetSessionToken", params).json()["Credentials"]["SessionToken"]
    assert aws.call(sample, ALICE, "GetSessionToken", params).refusal() == ("GetSessionToken", MFA_INVALID)


@pytest.mark.parametrize(
    "keys, params, refusal",
    [
        (ALICE, {"SerialNumber": ALICES_PHONE}, MFA_HALF),
        (ALICE, shown("000000"), MFA_INVALID),
        (BOB, shown("000000"), MFA_UNABLE),
    ],
    ids=["no_code", "wrong_code", "not_his_device"],
)
def test_what_is_no_second_factor_is_refused(aws, sample, keys, params, refusal):
    for operation, more in [("GetSessionToken", {}), ("AssumeRole", BREAK_GLASS)]:
        assert aws.call(sample, keys, operation, {**more, **params}).refusal() == (operation, refusal)


def test_a_profile_asks_for_the_code_at_the_terminal(aws, sample):
    aws.profiles(
        f"[services local]\nsts =\n  endpoint_url = {sample.aws}\n"
        f"[profile alice]\naws_access_key_id = {ALICE.id}\naws_secret_access_key = {ALICE.secret}\n"
        f"[profile glass]\nservices = local\nsource_profile = alice\nrole_arn = {role('break-glass')}\n"
        f"role_session_name = night\nmfa_serial = {ALICES_PHONE}\n"
    )
    said = at_a_terminal(aws, code(), "aws", "sts", "get-caller-identity", "--profile", "glass")
    assert f"Enter MFA code for {ALICES_PHONE}:" in said and session_arn("break-glass", "night") in said, said


def at_a_terminal(aws, answer, *command):
    """Runs a command that asks one question, and gives all it printed."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, aws.environment())
    said, answered = b"", False
    while piece := read(terminal):
        said += piece
        if b"Enter MFA code" in said and not answered:
            os.write(terminal, answer.encode() + b"\n")
            answered = True
    os.waitpid(process, 0)
    os.close(terminal)
    return said.decode()


def read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:
        # The other end is gone.
        return b""
