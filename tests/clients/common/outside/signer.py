"""A second opinion on SigV4: signs with any clock, scope and headers, and sends bytes that no SDK would send."""

import hashlib
import hmac
import http.client
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from xml.etree import ElementTree

from .people import Keys

VERSION = "2011-06-15"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def ago(**how_long):
    """This machine's time, that long ago; negative for the time to come."""
    return datetime.now(timezone.utc) - timedelta(**how_long)


def basic(at):
    """20260115T120000Z."""
    return at.strftime("%Y%m%dT%H%M%SZ")


def signed(keys, method, url, headers, body, *, region="eu-central-1", service="sts", at=None):
    """`headers` and those that sign them."""
    parts, stamp = urlsplit(url), basic(at or ago())
    headers = {"host": parts.netloc, "x-amz-date": stamp, **{name.lower(): value for name, value in headers.items()}}
    if keys.token is not None:
        headers["x-amz-security-token"] = keys.token
    pairs = sorted((quote(k, "-_.~"), quote(v, "-_.~")) for k, v in parse_qsl(parts.query, keep_blank_values=True))
    names, query = sorted(headers), "&".join(f"{name}={value}" for name, value in pairs)
    lines = [method, parts.path or "/", query, *(f"{name}:{headers[name].strip()}" for name in names), ""]
    canonical = "\n".join([*lines, ";".join(names), hashlib.sha256(body).hexdigest()])
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{keys.secret}".encode()
    for part in [*scope.split("/"), to_sign]:
        key = hmac.digest(key, part.encode(), "sha256")
    marks = f"Credential={keys.id}/{scope}, SignedHeaders={';'.join(names)}, Signature={key.hex()}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {marks}"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: str

    def text(self, element):
        """What stands in the first element of this name, whatever its namespace; None if there is none."""
        return ElementTree.fromstring(self.body).findtext(f".//{{*}}{element}")

    def refusal(self):
        return self.status, self.text("Code"), self.text("Message")


def send(server, method="POST", path="/", body=b"", headers=()):
    """One request as it is: nothing is added but what HTTP needs, no redirect is followed."""
    url = urlsplit(server.aws)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read().decode())
    finally:
        connection.close()


def call(server, keys, action="GetCallerIdentity", params=(), headers=(), path="/", **how):
    """A signed call in a form; `how` is for `signed`."""
    body = urlencode({"Action": action, "Version": VERSION, **dict(params)}).encode()
    headers = {"content-type": FORM, **dict(headers)}
    return send(server, "POST", path, body, signed(keys, "POST", server.aws + path, headers, body, **how))


def assume(server, keys, role_arn, session="ci", **params):
    """The keys of a fresh session."""
    answer = call(server, keys, "AssumeRole", {"RoleArn": role_arn, "RoleSessionName": session, **params})
    assert answer.status == 200, answer.body
    return Keys(answer.text("AccessKeyId"), answer.text("SecretAccessKey"), answer.text("SessionToken"))


def from_json(answer):
    assert answer.headers["content-type"] == "application/json", answer
    return json.loads(answer.body)
