"""What is served, as docs/api.md lists it, against AWS's own model of STS in the botocore that is installed.

Each difference stands in `DELIBERATE` with its reason: one that is new fails, and so does one that is gone.
"""

import re

import botocore.session
import pytest
from botocore.exceptions import ClientError

from clients import sts
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

KINDS = {"string": "text", "integer": "number", "timestamp": "instant", "list": "list", "structure": "structure"}
MODEL = botocore.session.get_session().get_service_model("sts")


def tables(section):
    """The tables of a section by their first heading, each as rows of cells."""
    found = {}
    for block in re.findall(r"(?:^\|.*\|\n)+", section, re.MULTILINE):
        rows = [[cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in block.splitlines()]
        found[rows[0][0]] = rows[2:]
    return found


def bare(cell):
    return cell.strip("`")


def number(text):
    return int(text) if text else None


class Reference:
    """docs/api.md, read."""

    def __init__(self):
        text = (REPOSITORY / "docs/api.md").read_text()
        sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
        self.sections = {name.strip(): body for name, _, body in (part.partition("\n") for part in sections)}
        self.operations = {name: body for name, body in self.sections.items() if name != "Errors"}

    def unserved(self, operation):
        rows = tables(self.operations[operation]).get("parameter", [])
        return {bare(row[0]) for row in rows if row[2] == "not served"}

    def parameters(self, operation):
        for path, required, kind, bounds, pattern, _ in tables(self.operations[operation]).get("parameter", []):
            if kind == "not served":
                continue
            least, _, most = bounds.partition(" to ")
            yield bare(path), {
                "kind": kind,
                "required": required == "yes",
                "min": number(least),
                "max": number(most),
                "pattern": bare(pattern) or None,
                "enum": None,
            }

    def elements(self, operation):
        return {bare(row[0]): {"kind": row[1]} for row in tables(self.operations[operation])["element"]}

    def errors(self, operation):
        own = re.search(r"^Errors of its own: (.*)\.$", self.operations[operation], re.MULTILINE)
        return set(re.findall(r"`(\w+)`", own[1])) if own else set()

    def statuses(self):
        return {bare(code): (int(status), fault) for code, status, fault, _ in tables(self.sections["Errors"])["code"]}


REFERENCE = Reference()


def model_parameters(shape, path="", required=None):
    """The parameters of the model in the notation of docs/api.md."""
    if shape is None:
        return
    for name, member in shape.members.items():
        yield from model_parameter(f"{path}{name}", member, name in shape.required_members)


def model_parameter(path, shape, required):
    facts = {"kind": KINDS[shape.type_name], "required": required}
    facts |= {fact: shape.metadata.get(fact) for fact in ("min", "max", "pattern")}
    facts["enum"] = getattr(shape, "enum", None) or None
    if shape.type_name in ("string", "list"):
        facts["min"] = facts["min"] or 0
    yield path, facts
    if shape.type_name == "structure":
        yield from model_parameters(shape, f"{path}.")
    if shape.type_name == "list" and shape.member.type_name == "structure":
        yield from model_parameters(shape.member, f"{path}.member.N.")
    elif shape.type_name == "list":
        # That an entry is there goes without saying.
        yield from model_parameter(f"{path}.member.N", shape.member, True)


def model_elements(shape, path=""):
    for name, member in shape.members.items():
        yield f"{path}{name}", {"kind": KINDS[member.type_name]}
        if member.type_name == "structure":
            yield from model_elements(member, f"{path}{name}.")


def model_errors(operation):
    return {shape.metadata["error"]["code"]: shape.metadata["error"] for shape in operation.error_shapes}


def differences():
    """Every difference between what is served and what the model says of it."""
    for name in REFERENCE.operations:
        operation = MODEL.operation_model(name)
        unserved = REFERENCE.unserved(name)
        ours = dict(REFERENCE.parameters(name)) | {parameter: None for parameter in unserved}
        theirs = {
            path: None if path.split(".")[0] in unserved else facts
            for path, facts in model_parameters(operation.input_shape)
            if path.split(".")[0] not in unserved or "." not in path
        }
        yield from compared(name, ours, theirs)
        yield from compared(f"{name} answers", REFERENCE.elements(name), dict(model_elements(operation.output_shape)))
        here, there = REFERENCE.errors(name), set(model_errors(operation))
        yield from ((f"{name} errors", code, code in here, code in there) for code in sorted(here ^ there))


def compared(where, ours, theirs):
    for path in sorted(ours.keys() | theirs.keys()):
        if path not in ours or path not in theirs:
            yield f"{where} {path}", "there", path in ours, path in theirs
        elif ours[path] != theirs[path]:
            facts = [fact for fact in ours[path] if ours[path][fact] != theirs[path][fact]]
            yield from ((f"{where} {path}", fact, ours[path][fact], theirs[path][fact]) for fact in facts)


def reason_for(difference):
    """The entry of the table that this difference falls under."""
    where, *rest = difference
    anywhere = re.sub(r"^\w+", "*", where)
    return next((entry for place in (where, anywhere) if (entry := (place, *rest)) in DELIBERATE), None)


def test_what_is_served_is_what_the_model_says_but_for_what_is_listed():
    unexpected = [str(difference) for difference in differences() if reason_for(difference) is None]
    assert not unexpected, "mend it, or list it above with its reason:\n" + "\n".join(unexpected)


def test_no_listed_difference_is_gone():
    found = {reason_for(difference) for difference in differences()}
    assert DELIBERATE.keys() <= found, f"no longer a difference: {DELIBERATE.keys() - found}"
    assert all(DELIBERATE.values())


def not_served():
    """The operations of which README says that they are not served."""
    table = tables((REPOSITORY / "README.md").read_text())["STS action"]
    return {name.strip() for actions, state in table if not state.startswith("served") for name in actions.split(",")}


def test_every_operation_of_the_model_is_served_or_said_not_to_be():
    assert set(MODEL.operation_names) == REFERENCE.operations.keys() | not_served()
    assert not REFERENCE.operations.keys() & not_served()


def test_errors_have_the_statuses_of_the_model():
    statuses = REFERENCE.statuses()
    for name in REFERENCE.operations:
        for code, declared in model_errors(MODEL.operation_model(name)).items():
            if code in REFERENCE.errors(name):
                fault = "Sender" if declared["senderFault"] else "Receiver"
                assert statuses[code] == (declared["httpStatusCode"], fault), code


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
