"""What docs/api.md and docs/iam-api.md list as served, held against AWS's own models in the botocore that is installed."""

import re

import botocore.session

from outside.server import REPOSITORY

KINDS = {
    "string": "text",
    "integer": "number",
    "long": "number",
    "timestamp": "instant",
    "boolean": "boolean",
    "blob": "text",
    "list": "list",
    "map": "map",
    "structure": "structure",
}


# What IAM takes for true and false.
FLAG = ["true", "false", "1", "0"]


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
    """One of the two documents, read, and the model of its service."""

    def __init__(self, document, service):
        text = (REPOSITORY / "docs" / document).read_text()
        self.model = botocore.session.get_session().get_service_model(service)
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
            words = bounds.split(", ") if kind == "word" else None
            boolean = words == FLAG
            least, _, most = ("", "", "") if words else bounds.partition(" to ")
            yield bare(path), {
                "kind": "boolean" if boolean else "text" if words else kind,
                "required": required == "yes",
                "min": number(least),
                "max": number(most),
                "pattern": bare(pattern) or None,
                "enum": sorted(words) if words and not boolean else None,
            }

    def elements(self, operation):
        rows = tables(self.operations[operation]).get("element", [])
        return {bare(row[0]): {"kind": row[1]} for row in rows}

    def errors(self, operation):
        own = re.search(r"^Errors of its own: (.*)\.$", self.operations[operation], re.MULTILINE)
        return set(re.findall(r"`(\w+)`", own[1])) if own else set()

    def statuses(self):
        return {bare(code): (int(status), fault) for code, status, fault, _ in tables(self.sections["Errors"])["code"]}


def model_parameters(shape, path="", required=None):
    """The parameters of the model in the notation of docs/api.md."""
    if shape is None:
        return
    for name, member in shape.members.items():
        yield from model_parameter(f"{path}{name}", member, name in shape.required_members)


def model_parameter(path, shape, required):
    facts = {"kind": KINDS[shape.type_name], "required": required}
    facts |= {fact: shape.metadata.get(fact) for fact in ("min", "max", "pattern")}
    facts["enum"] = sorted(getattr(shape, "enum", None) or []) or None
    if shape.type_name in ("string", "list") and not facts["enum"]:
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
    for name, member in shape.members.items() if shape else []:
        yield f"{path}{name}", {"kind": KINDS[member.type_name]}
        if member.type_name == "structure":
            yield from model_elements(member, f"{path}{name}.")
        if member.type_name == "list" and member.member.type_name == "structure":
            yield from model_elements(member.member, f"{path}{name}.member.N.")


def model_errors(operation):
    # What the model says nothing more about goes by its name, and is the sender's fault.
    plain = [(shape, {"code": shape.name, "httpStatusCode": 400, "senderFault": True}) for shape in operation.error_shapes]
    errors = [shape.metadata.get("error", error) for shape, error in plain]
    return {error["code"]: error for error in errors}


def differences(reference):
    """Every difference between what is served and what the model says of it."""
    for name in reference.operations:
        operation = reference.model.operation_model(name)
        unserved = reference.unserved(name)
        ours = dict(reference.parameters(name)) | {parameter: None for parameter in unserved}
        theirs = {
            path: None if path.split(".")[0] in unserved else facts
            for path, facts in model_parameters(operation.input_shape)
            if path.split(".")[0] not in unserved or "." not in path
        }
        yield from compared(name, ours, theirs)
        yield from compared(f"{name} answers", reference.elements(name), dict(model_elements(operation.output_shape)))
        here, there = reference.errors(name), set(model_errors(operation))
        yield from ((f"{name} errors", code, code in here, code in there) for code in sorted(here ^ there))


def compared(where, ours, theirs):
    for path in sorted(ours.keys() | theirs.keys()):
        if path not in ours or path not in theirs:
            yield f"{where} {path}", "there", path in ours, path in theirs
        elif ours[path] != theirs[path]:
            facts = [fact for fact in ours[path] if ours[path][fact] != theirs[path][fact]]
            yield from ((f"{where} {path}", fact, ours[path][fact], theirs[path][fact]) for fact in facts)


def reason_for(difference, deliberate):
    """The entry of the table that this difference falls under."""
    where, *rest = difference
    anywhere = re.sub(r"^\w+", "*", where)
    anyhow = "* " + where.rsplit(" ", 1)[-1].rsplit(".", 1)[-1]
    return next((entry for place in (where, anywhere, anyhow) if (entry := (place, *rest)) in deliberate), None)


def unexpected(reference, deliberate):
    return [str(difference) for difference in differences(reference) if reason_for(difference, deliberate) is None]


def gone(reference, deliberate):
    return deliberate.keys() - {reason_for(difference, deliberate) for difference in differences(reference)}


def wrong_statuses(reference, statuses):
    """The errors that the model declares with another status or fault."""
    for name in reference.operations:
        for code, declared in model_errors(reference.model.operation_model(name)).items():
            fault = "Sender" if declared.get("senderFault") else "Receiver"
            if code in reference.errors(name) and statuses[code] != (declared["httpStatusCode"], fault):
                yield code, statuses[code], declared
