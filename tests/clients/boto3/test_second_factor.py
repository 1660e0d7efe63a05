"""Second factors: codes of an MFA device, by an application that has the phone and one that asks the companion."""

import boto3
import pytest

from clients import check_refused, sts
from outside.people import ACCOUNT, ALICE, ALICE_ARN, BOB, Keys, role, session_arn
from outside.phone import ALICES_PHONE, MFA_HALF, MFA_INVALID, MFA_UNABLE, code, shown
from outside.refusals import denied, out_of_bounds, session
from outside.server import SAMPLE_SEED

NOON = "2031-01-15T12:00:00Z"
BREAK_GLASS = {"RoleArn": role("break-glass"), "RoleSessionName": "night"}
DENIED = denied(ALICE_ARN, role("break-glass"))


def by_companion(server, serial_number=ALICES_PHONE):
    status, answer = server.admin("GET", f"/_admin/v1/mfa?serialNumber={serial_number}")
    assert status == 200, answer
    return answer["code"]


def test_a_role_that_wants_a_code_is_assumed_with_one_and_not_without(sample):
    client = sts(sample, ALICE)
    check_refused(DENIED, "AssumeRole", client.assume_role, **BREAK_GLASS)
    answer = client.assume_role(**BREAK_GLASS, **shown(code()))
    assert answer["AssumedRoleUser"]["Arn"] == session_arn("break-glass", "night")
    identity = sts(sample, Keys.of(answer["Credentials"])).get_caller_identity()
    assert identity["Arn"] == session_arn("break-glass", "night")


def test_a_session_token_remembers_that_a_code_was_shown_and_when(sample):
    sample.freeze(NOON)
    client = sts(sample, ALICE)
    plain = sts(sample, Keys.of(client.get_session_token()["Credentials"]))
    coded = sts(sample, Keys.of(client.get_session_token(**shown(code(NOON)))["Credentials"]))
    assert plain.get_caller_identity()["Arn"] == coded.get_caller_identity()["Arn"] == ALICE_ARN
    check_refused(DENIED, "AssumeRole", plain.assume_role, **BREAK_GLASS)
    sample.advance(299)
    assert coded.assume_role(**BREAK_GLASS)["Credentials"]
    sample.advance(1)
    check_refused(DENIED, "AssumeRole", coded.assume_role, **BREAK_GLASS)


def test_a_profile_asks_for_the_code_and_becomes_its_role(home, sample):
    (home / ".aws/config").write_text(
        f"[services local]\nsts =\n  endpoint_url = {sample.aws}\n"
        f"[profile alice]\naws_access_key_id = {ALICE.id}\naws_secret_access_key = {ALICE.secret}\n"
        f"[profile glass]\nservices = local\nsource_profile = alice\nrole_arn = {role('break-glass')}\n"
        f"role_session_name = night\nmfa_serial = {ALICES_PHONE}\n"
    )
    application = boto3.session.Session(profile_name="glass")
    asked = []
    provider = application._session.get_component("credential_provider").get_provider("assume-role")
    provider._prompter = lambda prompt: asked.append(prompt) or code()
    assert application.client("sts").get_caller_identity()["Arn"] == session_arn("break-glass", "night")
    assert asked == [f"Enter MFA code for {ALICES_PHONE}: "]


def test_codes_of_five_half_minutes_are_good_once_each(sample):
    sample.freeze(NOON)
    client = sts(sample, ALICE)
    for steps in (-3, 3):
        check_refused(MFA_INVALID, "GetSessionToken", client.get_session_token, **shown(code(NOON, steps)))
    for steps in (2, 0, -2):
        assert client.get_session_token(**shown(code(NOON, steps)))["Credentials"]
        check_refused(MFA_INVALID, "AssumeRole", client.assume_role, **BREAK_GLASS, **shown(code(NOON, steps)))
    # That were eight verifications.
    assert client.get_session_token(**shown(code(NOON, 1)))["Credentials"]
    check_refused(MFA_UNABLE, "GetSessionToken", client.get_session_token, **shown(code(NOON, -1)))
    sample.advance(180)
    assert client.get_session_token(**shown(code("2031-01-15T12:03:00Z")))["Credentials"]


@pytest.mark.parametrize(
    "params, refusal",
    [
        ({"SerialNumber": ALICES_PHONE}, MFA_HALF),
        ({"TokenCode": "000000"}, MFA_HALF),
        (shown("000000"), MFA_INVALID),
        (shown("000000", f"arn:aws:iam::{ACCOUNT}:mfa/nobodys"), MFA_UNABLE),
        (shown("000000", "GAHT12345678"), MFA_UNABLE),
        (shown("12345a"), out_of_bounds("tokenCode", "12345a", r"satisfy regular expression pattern: [\d]*")),
        (shown("12345"), out_of_bounds("tokenCode", "12345", "have length greater than or equal to 6")),
        (
            shown("000000", "short"),
            out_of_bounds("serialNumber", "short", "have length greater than or equal to 9"),
        ),
    ],
    ids=["no_code", "no_device", "wrong_code", "unknown_device", "another_kind", "letters", "too_short", "no_serial"],
)
def test_what_is_no_second_factor_is_refused(sample, params, refusal):
    client = sts(sample, ALICE, parameter_validation=False)
    check_refused(refusal, "GetSessionToken", client.get_session_token, **params)
    check_refused(refusal, "AssumeRole", client.assume_role, **BREAK_GLASS, **params)


def test_nobody_uses_the_device_of_somebody_else(sample):
    for keys in (BOB, session(sample)):
        client = sts(sample, keys)
        check_refused(MFA_UNABLE, "AssumeRole", client.assume_role, **BREAK_GLASS, **shown(code()))
    assert sts(sample, ALICE).get_session_token(**shown(code()))["Credentials"]


def test_a_code_that_a_policy_denied_is_good_still(sample):
    client = sts(sample, ALICE)
    unused = code()
    reader = {"RoleArn": role("report-reader"), "RoleSessionName": "ci"}
    check_refused(denied(ALICE_ARN, role("report-reader")), "AssumeRole", client.assume_role, **reader, **shown(unused))
    assert client.assume_role(**BREAK_GLASS, **shown(unused))["Credentials"]


def test_a_used_code_stays_used_through_kill_9_and_not_through_a_reset(launch, data_dir):
    first = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    used = code(steps=1)
    assert sts(first, ALICE).get_session_token(**shown(used))["Credentials"]
    first.kill()
    second = launch(data_dir=data_dir)
    client = sts(second, ALICE)
    check_refused(MFA_INVALID, "GetSessionToken", client.get_session_token, **shown(used))
    second.reset()
    assert client.get_session_token(**shown(used))["Credentials"]


def test_the_companion_is_a_phone_that_goes_by_the_services_clock(sample):
    client = sts(sample, ALICE)
    sample.advance(3600)
    check_refused(MFA_INVALID, "GetSessionToken", client.get_session_token, **shown(code()))
    for _ in range(4):
        assert client.get_session_token(**shown(by_companion(sample)))["Credentials"]
    assert sample.admin("GET", "/_admin/v1/mfa?serialNumber=none")[0] == 404
