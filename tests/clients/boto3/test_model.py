"""What is served, as docs/api.md lists it, against AWS's own model of STS in the botocore that is installed.

Each difference stands in `DELIBERATE` with its reason: one that is new fails, and so does one that is gone.
"""

import botocore.session
import pytest
from botocore.exceptions import ClientError

from clients import sts
from model import Reference, gone, tables, unexpected, wrong_statuses
from outside.people import BOB, BOB_ARN
from outside.server import REPOSITORY

# (where, what, here, in the model): why. A star stands for any operation.
DELIBERATE = {
    ("AssumeRole SourceIdentity", "max", 256, 64): "AWS takes up to 256 and says so (row ar-sourceidentity-long)",
    ("AssumeRole Policy", "max", 10_000_000, None): "no longer text comes through the door; the token's room ends before",
    ("* PolicyArns", "max", 10, None): "the documentation says ten",
    ("* PolicyArns.member.N.arn", "required", True, False): "an entry without it names no policy",
    ("* errors", "InvalidParameterValue", True, False): "AWS answers it to tags that do not go together (row ar-tag-duplicate)",
    ("AssumeRole ProvidedContexts", "min", 0, 1): "an empty list cannot be written in a query: it is an absent one",
    ("AssumeRole ProvidedContexts.member.N.ContextAssertion", "required", True, False): "an entry without it says nothing",
    ("AssumeRole ProvidedContexts.member.N.ProviderArn", "required", True, False): "an entry without it is nobody's",
    ("AssumeRole errors", "ExpiredTokenException", False, True): "it is about assertions in ProvidedContexts; none is believed",
    ("AssumeRoleWithSAML errors", "IDPRejectedClaim", False, True): "nobody has seen it; a status that is no success is InvalidIdentityToken",
    ("AssumeRoleWithWebIdentity errors", "IDPCommunicationError", False, True): "nobody has seen it; AWS says InvalidIdentityToken",
    ("AssumeRoot TaskPolicyArn.arn", "required", True, False): "AWS demands it (row sts-s-aroot-task-null)",
    ("AssumeRoot errors", "ExpiredTokenException", False, True): "it takes no token of another's; an ended session is ExpiredToken",
}

REFERENCE = Reference("api.md", "sts")


def test_what_is_served_is_what_the_model_says_but_for_what_is_listed():
    found = unexpected(REFERENCE, DELIBERATE)
    assert not found, "mend it, or list it above with its reason:\n" + "\n".join(found)


def test_no_listed_difference_is_gone():
    assert not gone(REFERENCE, DELIBERATE), "no longer a difference"
    assert all(DELIBERATE.values())


def not_served():
    """The operations of which README says that they are not served."""
    table = tables((REPOSITORY / "README.md").read_text())["STS action"]
    return {name.strip() for actions, state in table if not state.startswith("served") for name in actions.split(",")}


def test_every_operation_of_the_model_is_served_or_said_not_to_be():
    assert set(REFERENCE.model.operation_names) == REFERENCE.operations.keys() | not_served()
    assert not REFERENCE.operations.keys() & not_served()


def test_errors_have_the_statuses_of_the_model():
    assert not list(wrong_statuses(REFERENCE, REFERENCE.statuses()))


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_every_region_of_sts_is_one(sample, partition):
    regions = botocore.session.get_session().get_available_regions("sts", partition)
    assert regions
    for region in regions:
        client = sts(sample, BOB, region)
        if partition == "aws":
            assert client.get_caller_identity()["Arn"] == BOB_ARN, region
        else:
            # The region is known there, and a key of another partition is not.
            with pytest.raises(ClientError) as raised:
                client.get_caller_identity()
            assert raised.value.response["Error"]["Code"] == "InvalidClientTokenId", region
