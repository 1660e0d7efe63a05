"""What a refusal says to those who may decode it."""

import json

import pytest

from clients import check_refused, sts
from outside.people import ALICE, BOB, BOB_ARN, role
from outside.refusals import INVALID_MESSAGE, NO_DECODING, denied, message_of, out_of_bounds


@pytest.fixture
def message(sample):
    params = {"RoleArn": role("night-batch"), "RoleSessionName": "ci"}
    check_refused(denied(BOB_ARN, params["RoleArn"]), "AssumeRole", sts(sample, BOB).assume_role, **params)
    return message_of(sample)


def test_a_refusal_says_why_to_an_administrator(sample, message):
    decoded = json.loads(sts(sample, ALICE).decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
    context = decoded.pop("context")
    (trust,) = decoded.pop("matchedStatements")["items"]
    assert decoded == {"allowed": False, "explicitDeny": False, "failures": {"items": []}}
    assert (trust["effect"], trust["actions"]["items"]) == ("ALLOW", [{"value": "sts:AssumeRole"}])
    assert (context["principal"]["name"], context["principal"]["arn"]) == ("bob", BOB_ARN)
    assert (context["action"], context["resource"]) == ("sts:AssumeRole", role("night-batch"))
    keys = {item["key"]: [value["value"] for value in item["values"]["items"]] for item in context["conditions"]["items"]}
    assert (keys["sts:RoleSessionName"], keys["aws:PrincipalTag/team"]) == (["ci"], ["reports"])


def test_who_may_not_decode_is_told_which_kind_of_policy_is_missing(sample, message):
    text = f"User: {BOB_ARN} is not authorized to perform: sts:DecodeAuthorizationMessage{NO_DECODING}"
    decode = sts(sample, BOB).decode_authorization_message
    check_refused(("AccessDenied", text), "DecodeAuthorizationMessage", decode, EncodedMessage=message)


def test_what_is_no_message_is_not_valid(sample, message):
    decode = sts(sample, ALICE).decode_authorization_message
    for text in ("x", message[:-1], message[1:], message + "A", message.swapcase()):
        check_refused(INVALID_MESSAGE, "DecodeAuthorizationMessage", decode, EncodedMessage=text)
    long = "A" * 10241
    refusal = out_of_bounds("encodedMessage", long, "have length less than or equal to 10240")
    decode = sts(sample, ALICE, parameter_validation=False).decode_authorization_message
    check_refused(refusal, "DecodeAuthorizationMessage", decode, EncodedMessage=long)


def test_a_message_is_good_for_a_day(sample, message):
    decode = sts(sample, ALICE).decode_authorization_message
    sample.advance(23 * 3600)
    assert decode(EncodedMessage=message)["DecodedMessage"]
    sample.advance(3600)
    check_refused(INVALID_MESSAGE, "DecodeAuthorizationMessage", decode, EncodedMessage=message)
