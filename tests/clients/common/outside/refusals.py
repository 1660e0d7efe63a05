"""What AWS says to faulty calls, and the faults as data: the same rows for every client.

The texts are AWS's to the byte, trailing blanks included.
"""

import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Callable

from . import signer
from .people import BOB, BOB_RETIRED, Keys, role

MISMATCH = (
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details.",
)
INVALID = "InvalidClientTokenId", "The security token included in the request is invalid."
UNKNOWN_TOKEN = INVALID[0], INVALID[1].rstrip(".")
EXPIRED = "ExpiredToken", "The security token included in the request is expired"
UNSIGNED = "MissingAuthenticationToken", "Request is missing Authentication Token"
WRONG_REGION = "SignatureDoesNotMatch", "Credential should be scoped to a valid region. "
WRONG_SERVICE = "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'. "
WRONG_SCOPE = WRONG_REGION[0], WRONG_REGION[1] + WRONG_SERVICE[1]
OVER_ROLE_MAXIMUM = (
    "ValidationError",
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
)
OVER_CHAINING_MAXIMUM = (
    "ValidationError",
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
)

REGION = "eu-central-1"
NO_REGION = "mars-north-1"


def denied(caller_arn, role_arn):
    return "AccessDenied", f"User: {caller_arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"


def sts_deactivated(account):
    text = f"STS is not activated in this region for account:{account}. Your account administrator can activate STS in "
    return "RegionDisabledException", f"{text}this region using the IAM Console."


def out_of_bounds(member, value, must):
    text = f"Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}"
    return "ValidationError", f"1 validation error detected: {text}"


def unknown_operation(name):
    return "InvalidAction", f"Could not find operation {name} for version {signer.VERSION}"


def denied_action(caller_arn, action, resource):
    return "AccessDenied", f"User: {caller_arn} is not authorized to perform: {action} on resource: {resource}"


INVALID_MESSAGE = "InvalidAuthorizationMessageException", "Message is not valid"
NO_DECODING = " because no identity-based policy allows the sts:DecodeAuthorizationMessage action"


def message_of(server):
    """The encoded message of the one call that was denied, from the log, which is written beside the answer."""
    deadline = time.monotonic() + 10
    while not (found := re.findall(r"encoded_message=(\S+)", server.said())):
        assert time.monotonic() < deadline, f"there is no message in:\n{server.said()}"
        time.sleep(0.01)
    return found[-1]


BAD_REQUESTS = {
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAction",
    "InvalidIdentityToken",
    "ValidationError",
    INVALID_MESSAGE[0],
}


def status_of(code):
    return 400 if code in BAD_REQUESTS else 403


def check_skewed(refusal, signed_after, *, ahead):
    """The texts about a signature's age have three instants in them; they must agree with each other and with us.

    `signed_after` is the signer's clock at the most a minute before it signed.
    """
    code, text = refusal
    form, sign = (
        (r"Signature not yet current: (\w+) is still later than (\w+) \((\w+) \+ 15 min\.\)", 1)
        if ahead
        else (r"Signature expired: (\w+) is now earlier than (\w+) \((\w+) - 15 min\.\)", -1)
    )
    found = re.fullmatch(form, text)
    assert code == "SignatureDoesNotMatch" and found, refusal
    signed, limit, now = (
        datetime.strptime(part, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc) for part in found.groups()
    )
    assert timedelta(0) <= signed - signed_after.replace(microsecond=0) < timedelta(minutes=1), refusal
    assert limit - now == sign * timedelta(minutes=15), refusal
    assert abs(signer.ago() - now) < timedelta(minutes=1), refusal


@dataclass(frozen=True)
class Call:
    """One thing a client does; `by_session` says whether a user does it, or somebody in a session."""

    name: str
    operation: str
    params: dict = field(default_factory=dict)
    by_session: bool = False


def _assume(name):
    return {"RoleArn": role(name), "RoleSessionName": "ci"}


CALLS = [
    Call("identify", "GetCallerIdentity"),
    Call("assume", "AssumeRole", _assume("report-reader")),
    Call("use a session", "GetCallerIdentity", by_session=True),
    Call("chain", "AssumeRole", _assume("ci/deployer"), by_session=True),
]


@dataclass(frozen=True)
class Fault:
    """One way to get a call wrong."""

    name: str
    refusal: tuple
    spoil: Callable = lambda keys, server: keys
    region: str = REGION
    service: str = "sts"
    hours_later: int = 0


def good_keys(call, server):
    """Keys that may make this call."""
    return session(server) if call.by_session else BOB


def session(server):
    """Somebody in a session that bob opened."""
    return signer.assume(server, BOB, role("report-reader"))


def _wrong_secret(keys, _):
    return keys.but(secret=BOB_RETIRED.secret)


def _damaged(keys, _):
    middle = len(keys.token) // 2
    other = "A" if keys.token[middle] != "A" else "B"
    return keys.but(token=keys.token[:middle] + other + keys.token[middle + 1 :])


ANYBODY = [
    Fault("a wrong secret", MISMATCH, _wrong_secret),
    Fault("the token of another session", INVALID, lambda keys, server: keys.but(token=session(server).token)),
    Fault("a wrong region", WRONG_REGION, region=NO_REGION),
    Fault("a wrong service", WRONG_SERVICE, service="s3"),
    Fault("a wrong region and service", WRONG_SCOPE, region=NO_REGION, service="s3"),
]
USERS = [
    Fault("an inactive key", INVALID, lambda *_: BOB_RETIRED),
    Fault("a key that nobody has", INVALID, lambda *_: Keys("AKIANOBODY", BOB.secret)),
]
SESSIONS = [
    Fault("no token", INVALID, lambda keys, _: keys.but(token=None)),
    Fault("a damaged token", INVALID, _damaged),
    Fault("an expired session", EXPIRED, hours_later=1),
    Fault("an expired session without its token", INVALID, lambda keys, _: keys.but(token=None), hours_later=1),
]

FAULTY_CALLS = [
    (call, fault) for call in CALLS for fault in [*ANYBODY, *(SESSIONS if call.by_session else USERS)]
]


def row_name(part):
    return part.name.replace(" ", "_")
