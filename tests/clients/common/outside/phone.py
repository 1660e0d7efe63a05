"""An authenticator app: it has the secret of a device and a clock, and shares nothing else with the program."""

import base64
import hashlib
import hmac
import struct
import time
from datetime import datetime

from .people import ACCOUNT

ALICES_PHONE = f"arn:aws:iam::{ACCOUNT}:mfa/alice-phone"
ALICES_SECRET = "ALICEALICEALICEALICEALICEALICEAL"

MFA_INVALID = "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "
MFA_HALF = (
    "AccessDenied",
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
)
MFA_UNABLE = (
    "AccessDenied",
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid "
    "and associated with this user.",
)


def code(at=None, steps=0, secret=ALICES_SECRET):
    """What the phone shows at an instant such as 2031-01-15T12:00:00Z, or now; or some half minutes later."""
    seconds = time.time() if at is None else datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()
    counter = struct.pack(">Q", int(seconds) // 30 + steps)
    digest = hmac.digest(base64.b32decode(secret), counter, hashlib.sha1)
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def shown(code, serial_number=ALICES_PHONE):
    return {"SerialNumber": serial_number, "TokenCode": code}
