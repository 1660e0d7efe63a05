"""What is refused, in the words in which the CLI prints it."""

import pytest

from outside.people import ALICE, ALICE_ARN, AUDITED_BY, BOB, BOB_ARN, PARTNER_ID, role, session_arn
from outside.refusals import (
    FAULTY_CALLS,
    MISMATCH,
    OVER_ROLE_MAXIMUM,
    REGION,
    check_skewed,
    denied,
    good_keys,
    out_of_bounds,
    row_name,
    session,
    unknown_operation,
)
from outside.signer import ago

READER = session_arn("report-reader", "ci")
AUDITOR = role("auditor", AUDITED_BY)
AT_LEAST, AT_MOST = "have value greater than or equal to 900", "have value less than or equal to 43200"


@pytest.mark.parametrize("call, fault", FAULTY_CALLS, ids=row_name)
def test_a_faulty_call_is_refused_in_awss_words(aws, sample, call, fault):
    keys = fault.spoil(good_keys(call, sample), sample)
    if fault.hours_later:
        sample.advance(fault.hours_later * 3600)
    signs_for = {} if fault.service == "sts" else aws.models_that_sign_for(fault.service)
    outcome = aws.call(sample, keys, call.operation, call.params, region=fault.region, **signs_for)
    assert outcome.refusal() == (call.operation, fault.refusal)


@pytest.mark.parametrize(
    "keys, caller, name, more",
    [
        pytest.param(BOB, BOB_ARN, role("night-batch"), {}, id="his_groups_do_not_allow_it"),
        pytest.param(ALICE, ALICE_ARN, role("report-reader"), {}, id="the_role_does_not_trust_her"),
        pytest.param(BOB, BOB_ARN, role("nowhere"), {}, id="there_is_no_such_role"),
        pytest.param(BOB, BOB_ARN, role("partner-access"), {}, id="no_external_id"),
        pytest.param(BOB, BOB_ARN, role("partner-access"), {"ExternalId": PARTNER_ID.upper()}, id="wrong_external_id"),
        pytest.param(BOB, BOB_ARN, role("ci/deployer"), {}, id="only_sessions_are_trusted"),
        pytest.param(BOB, BOB_ARN, AUDITOR, {}, id="the_other_account_does_not_trust_him"),
        pytest.param(None, READER, role("partner-access"), {"ExternalId": PARTNER_ID}, id="not_this_session"),
        pytest.param(None, READER, role("deployer"), {}, id="the_path_is_part_of_the_name"),
    ],
)
def test_a_role_is_denied_in_one_text_whatever_the_reason(aws, sample, keys, caller, name, more):
    params = {"RoleArn": name, "RoleSessionName": "ci", **more}
    outcome = aws.call(sample, keys or session(sample), "AssumeRole", params)
    assert outcome.refusal() == ("AssumeRole", denied(caller, name))


@pytest.mark.parametrize(
    "keys, name, seconds, refusal",
    [
        (BOB, "report-reader", 3601, OVER_ROLE_MAXIMUM),
        (None, "ci/deployer", 3601, OVER_ROLE_MAXIMUM),
        (ALICE, "night-batch", 43201, out_of_bounds("durationSeconds", 43201, AT_MOST)),
        (ALICE, "night-batch", 899, out_of_bounds("durationSeconds", 899, AT_LEAST)),
    ],
    ids=["over_the_roles_maximum", "over_the_roles_maximum_by_chaining", "too_long_for_any_role", "too_short"],
)
def test_a_session_of_a_wrong_length_is_refused(aws, sample, keys, name, seconds, refusal):
    aws.profiles("[default]\nparameter_validation = false\n")
    params = {"RoleArn": role(name), "RoleSessionName": "ci", "DurationSeconds": seconds}
    outcome = aws.call(sample, keys or session(sample), "AssumeRole", params)
    assert outcome.refusal() == ("AssumeRole", refusal)


def test_what_is_not_served_yet_is_refused_and_never_made_up(aws, sample):
    outcome = aws.call(sample, BOB, "GetDelegatedAccessToken", {"TradeInToken": "x"})
    assert outcome.refusal() == ("GetDelegatedAccessToken", unknown_operation("GetDelegatedAccessToken"))


@pytest.mark.parametrize("seconds", [-3600, -960, 960, 3600])
def test_a_machine_whose_clock_is_wrong_signs_what_is_out_of_date(aws, sample, seconds):
    signed_after = ago(seconds=-seconds)
    operation, refusal = aws.skewed(seconds, sample, BOB).refusal()
    assert operation == "GetCallerIdentity"
    check_skewed(refusal, signed_after, ahead=seconds > 0)


def test_ten_minutes_of_skew_are_forgiven(aws, sample):
    for seconds in (-600, 600):
        assert aws.skewed(seconds, sample, BOB).json()["Arn"] == BOB_ARN


def test_a_secret_that_is_wrong_does_not_tell_what_was_signed(aws, sample):
    outcome = aws.call(sample, BOB.but(secret="wrong"), "GetCallerIdentity", region=REGION)
    assert outcome.refusal() == ("GetCallerIdentity", MISMATCH)
    assert BOB.id not in outcome.stderr and "AWS4-HMAC-SHA256" not in outcome.stderr
