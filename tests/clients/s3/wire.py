"""Requests written by hand: paths that no client would send, and bodies in signed chunks."""

import hashlib
import hmac
import http.client
import urllib.parse
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from gateway import REGION

EMPTY = hashlib.sha256(b"").hexdigest()
CHUNK = 8192


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def code(self):
        return self.text("Code")

    def text(self, element):
        """What stands in an element of an error."""
        return xml.fromstring(self.body).findtext(element)


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def escaped(text):
    return urllib.parse.quote(text, safe="-._~")


class Signed:
    """A signature by SigV4, as S3 wants it, and what follows from it."""

    def __init__(self, gateway, keys, method, target, headers=None, payload=EMPTY, late=0):
        path, _, query = target.partition("?")
        self.stamp = (datetime.now(timezone.utc) - timedelta(seconds=late)).strftime("%Y%m%dT%H%M%SZ")
        day = self.stamp[:8]
        self.scope = f"{day}/{REGION}/s3/aws4_request"
        self.key = f"AWS4{keys.secret}".encode()
        for part in (day, REGION, "s3", "aws4_request"):
            self.key = mac(self.key, part)
        self.headers = {"host": urllib.parse.urlsplit(gateway.url).netloc, "x-amz-date": self.stamp}
        self.headers |= {"x-amz-content-sha256": payload} | (headers or {})
        if keys.token:
            self.headers["x-amz-security-token"] = keys.token
        names = ";".join(sorted(self.headers))
        lines = "".join(f"{name}:{self.headers[name]}\n" for name in sorted(self.headers))
        pairs = sorted(f"{escaped(name)}={escaped(value)}" for name, value in urllib.parse.parse_qsl(query, True))
        canonical = f"{method}\n{path}\n{'&'.join(pairs)}\n{lines}\n{names}\n{payload}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        self.signature = self.sign("AWS4-HMAC-SHA256", hashed)
        credential = f"{keys.id}/{self.scope}"
        self.headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={self.signature}"
        )

    def sign(self, algorithm, *lines):
        return mac(self.key, "\n".join([algorithm, self.stamp, self.scope, *lines])).hex()

    def chunks(self, content, size=CHUNK, trailers=()):
        """Frames with their signatures, each covering the one before; the last is the tail of the body."""
        last, frames = self.signature, []
        for at in [*range(0, len(content), size), len(content)]:
            chunk = content[at : at + size]
            hashed = hashlib.sha256(chunk).hexdigest()
            last = self.sign("AWS4-HMAC-SHA256-PAYLOAD", last, EMPTY, hashed)
            end = b"\r\n" if chunk else b""
            frames.append(f"{len(chunk):x};chunk-signature={last}\r\n".encode() + chunk + end)
        tail = b""
        if trailers:
            lines = "".join(f"{name}:{value}\n" for name, value in sorted(trailers))
            last = self.sign("AWS4-HMAC-SHA256-TRAILER", last, hashlib.sha256(lines.encode()).hexdigest())
            for name, value in [*trailers, ("x-amz-trailer-signature", last)]:
                tail += f"{name}:{value}\r\n".encode()
        return [*frames, tail + b"\r\n"]


def send(gateway, method, target, headers=None, body=b""):
    """Sends exactly this."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(gateway.url).netloc, timeout=30)
    try:
        connection.putrequest(method, target, skip_host="host" in (headers or {}), skip_accept_encoding=True)
        for name, value in ({"content-length": str(len(body))} | (headers or {})).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def ask(gateway, keys, method, target, headers=None, body=b"", **how):
    """Signs and sends; the hash of the body is signed unless something else is said of it."""
    how.setdefault("payload", hashlib.sha256(body).hexdigest())
    signed = Signed(gateway, keys, method, target, headers, **how)
    return send(gateway, method, target, signed.headers, body)
