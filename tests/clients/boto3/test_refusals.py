"""What is refused, as the exceptions that an application catches."""

import pytest
from botocore import UNSIGNED as NO_SIGNATURE
from botocore.exceptions import ClientError

from clients import check_refused, do, machine_clock_is_wrong_by, signing_for, sts
from outside.people import ALICE, ALICE_ARN, AUDITED_BY, BOB, BOB_ARN, DEMO, DEMO_ACCOUNT, PARTNER_ID, role, session_arn
from outside.refusals import (
    CALLS,
    FAULTY_CALLS,
    INVALID,
    OVER_CHAINING_MAXIMUM,
    OVER_ROLE_MAXIMUM,
    UNSIGNED,
    check_skewed,
    denied,
    denied_action,
    good_keys,
    out_of_bounds,
    row_name,
    session,
)
from outside.signer import ago, assume

READER = session_arn("report-reader", "ci")
AUDITOR = role("auditor", AUDITED_BY)


@pytest.mark.parametrize("call, fault", FAULTY_CALLS, ids=row_name)
def test_a_faulty_call_raises_awss_error(sample, call, fault):
    keys = fault.spoil(good_keys(call, sample), sample)
    if fault.hours_later:
        sample.advance(fault.hours_later * 3600)
    client = signing_for(sts(sample, keys, fault.region), fault.service)
    check_refused(fault.refusal, call.operation, do, client, call)


@pytest.mark.parametrize("call", CALLS, ids=row_name)
def test_the_same_call_without_the_fault_is_answered(sample, call):
    answer = do(sts(sample, good_keys(call, sample)), call)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    "keys, caller, name, more",
    [
        pytest.param(BOB, BOB_ARN, role("night-batch"), {}, id="his_groups_do_not_allow_it"),
        pytest.param(ALICE, ALICE_ARN, role("report-reader"), {}, id="the_role_does_not_trust_her"),
        pytest.param(BOB, BOB_ARN, role("nowhere"), {}, id="there_is_no_such_role"),
        pytest.param(BOB, BOB_ARN, role("nowhere", "999999999999"), {}, id="there_is_no_such_account"),
        pytest.param(BOB, BOB_ARN, role("Report-Reader"), {}, id="case_is_part_of_the_name"),
        pytest.param(BOB, BOB_ARN, role("partner-access"), {}, id="no_external_id"),
        pytest.param(BOB, BOB_ARN, role("partner-access"), {"ExternalId": PARTNER_ID.upper()}, id="wrong_external_id"),
        pytest.param(BOB, BOB_ARN, role("ci/deployer"), {}, id="only_sessions_are_trusted"),
        pytest.param(BOB, BOB_ARN, AUDITOR, {}, id="the_other_account_does_not_trust_him"),
        pytest.param(None, READER, role("report-reader"), {}, id="not_itself_again"),
        pytest.param(None, READER, role("partner-access"), {"ExternalId": PARTNER_ID}, id="not_this_session"),
        pytest.param(None, READER, role("deployer"), {}, id="the_path_is_part_of_the_name"),
        pytest.param(BOB, BOB_ARN, BOB_ARN, {}, id="that_is_a_user"),
        pytest.param(BOB, BOB_ARN, READER, {}, id="that_is_a_session"),
    ],
)
def test_a_role_is_denied_in_one_text_whatever_the_reason(sample, keys, caller, name, more):
    client = sts(sample, keys or session(sample))
    check_refused(denied(caller, name), "AssumeRole", client.assume_role, RoleArn=name, RoleSessionName="ci", **more)


@pytest.mark.parametrize(
    "changed, refusal",
    [
        ({"DurationSeconds": 3601}, OVER_ROLE_MAXIMUM),
        ({"DurationSeconds": 899}, out_of_bounds("durationSeconds", 899, "have value greater than or equal to 900")),
        ({"DurationSeconds": -1}, out_of_bounds("durationSeconds", -1, "have value greater than or equal to 900")),
        ({"DurationSeconds": 43201}, out_of_bounds("durationSeconds", 43201, "have value less than or equal to 43200")),
        ({"RoleSessionName": "a"}, out_of_bounds("roleSessionName", "a", "have length greater than or equal to 2")),
        (
            {"RoleSessionName": "a b"},
            out_of_bounds("roleSessionName", "a b", r"satisfy regular expression pattern: [\w+=,.@-]*"),
        ),
        ({"ExternalId": "a"}, out_of_bounds("externalId", "a", "have length greater than or equal to 2")),
        ({"RoleArn": "short"}, out_of_bounds("roleArn", "short", "have length greater than or equal to 20")),
        ({"RoleArn": "this-is-long-but-no-arn"}, ("ValidationError", "this-is-long-but-no-arn is invalid")),
        ({"RoleArn": "arn:aws:s3:::a-bucket/a-role"}, ("ValidationError", "Request ARN is invalid")),
    ],
    ids=lambda part: "_".join(f"{name}={value}" for name, value in part.items()) if isinstance(part, dict) else "",
)
def test_a_wrong_parameter_is_a_validation_error(sample, changed, refusal):
    client = sts(sample, BOB, parameter_validation=False)
    params = {"RoleArn": role("report-reader"), "RoleSessionName": "ci", **changed}
    check_refused(refusal, "AssumeRole", client.assume_role, **params)


def test_a_chained_session_is_an_hour_at_most_even_where_the_role_allows_twelve(demo):
    client = sts(demo, assume(demo, DEMO, role("demo", DEMO_ACCOUNT)))
    params = {"RoleArn": role("demo-long", DEMO_ACCOUNT), "RoleSessionName": "ci"}
    check_refused(OVER_CHAINING_MAXIMUM, "AssumeRole", client.assume_role, **params, DurationSeconds=3601)
    assert client.assume_role(**params, DurationSeconds=3600)["Credentials"]


def test_an_unsigned_call_is_told_so(sample):
    client = sts(sample, BOB, signature_version=NO_SIGNATURE)
    check_refused(UNSIGNED, "GetCallerIdentity", client.get_caller_identity)


def test_a_token_beside_a_users_key_is_invalid(sample):
    client = sts(sample, BOB.but(token=session(sample).token))
    check_refused(INVALID, "GetCallerIdentity", client.get_caller_identity)


@pytest.mark.parametrize("minutes", [-24 * 60, -60, -16, 16, 60, 24 * 60])
def test_a_machine_whose_clock_is_wrong_signs_what_is_out_of_date(sample, monkeypatch, minutes):
    machine_clock_is_wrong_by(monkeypatch, minutes=minutes)
    signed_after = ago(minutes=-minutes)
    for keys in (BOB, BOB.but(secret="wrong"), BOB.but(id="AKIANOBODY")):
        with pytest.raises(ClientError) as raised:
            sts(sample, keys).get_caller_identity()
        error = raised.value.response["Error"]
        check_skewed((error["Code"], error["Message"]), signed_after, ahead=minutes > 0)


@pytest.mark.parametrize("minutes", [-14, 14])
def test_fourteen_minutes_of_skew_are_forgiven(sample, monkeypatch, minutes):
    keys = session(sample)
    machine_clock_is_wrong_by(monkeypatch, minutes=minutes)
    assert sts(sample, BOB).get_caller_identity()["Arn"] == BOB_ARN
    assert sts(sample, keys).get_caller_identity()["Arn"] == READER


def test_no_provided_context_is_believed_and_a_trust_is_asked_first(sample):
    provider = "arn:aws:iam::aws:contextProvider/IdentityCenter"
    params = {
        "RoleArn": role("report-reader"),
        "RoleSessionName": "ci",
        "ProvidedContexts": [{"ProviderArn": provider, "ContextAssertion": "abcd"}],
    }
    refusal = denied_action(BOB_ARN, "sts:SetContext", role("report-reader"))
    check_refused(refusal, "AssumeRole", sts(sample, BOB).assume_role, **params)
