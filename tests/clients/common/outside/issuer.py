"""An OpenID Connect issuer on loopback: signs what a test asks for, and shows its keys while it wants to.

It signs with the keys of `fixtures/oidc/keys` by a library of its own, and shares nothing with the program.
"""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import rsa

from .people import ACCOUNT, role
from .server import REPOSITORY

AUDIENCE = "sts.amazonaws.com"
SUBJECT = "repo:acme/shop:ref:refs/heads/main"
DEPLOYER = role("web-deployer")

DENIED = "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"
NOT_A_JWT = (
    "InvalidIdentityToken",
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
)
NOT_VALIDATED = (
    "InvalidIdentityToken",
    "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for "
    "requirements.",
)
NO_KEY = (
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements",
)


def no_provider(url):
    return "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {url}"


def expired(now, exp):
    text = f"Token expired: current date/time {now} must be before the expiration date/time {exp}"
    return "ExpiredTokenException", text


def encode(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _private(name):
    lines = (REPOSITORY / f"fixtures/oidc/keys/{name}.pem").read_text().splitlines()
    # What stands before the key itself in PKCS #8, for RSA of 2048 bits.
    return rsa.PrivateKey.load_pkcs1(base64.b64decode("".join(lines[1:-1]))[26:], "DER")


KEYS = {name: _private(name) for name in ("rsa", "other")}


def _public(name):
    number = lambda value: encode(value.to_bytes((value.bit_length() + 7) // 8))  # noqa: E731
    return {"kty": "RSA", "use": "sig", "kid": name, "n": number(KEYS[name].n), "e": number(KEYS[name].e)}


class Issuer:
    """`keys` are those it shows, by name; without any it is out of order."""

    def __init__(self):
        self.keys, self.asked = ["rsa"], []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/acme"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _handler(issuer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked.append(self.path)
                document = issuer._documents().get(self.path)
                body = json.dumps(document).encode()
                self.send_response(200 if document else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def _documents(self):
        if not self.keys:
            return {}
        return {
            "/acme/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/acme/keys": {"keys": [_public(name) for name in self.keys]},
        }

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def token(self, key="rsa", now=None, **claims):
        """A token for ten minutes, signed by this key; a claim of None is left out."""
        now = int(time.time()) if now is None else now
        honest = {"iss": self.url, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "exp": now + 600}
        said = {name: value for name, value in (honest | claims).items() if value is not None}
        signed = f"{encode({'alg': 'RS256', 'kid': key, 'typ': 'JWT'})}.{encode(said)}"
        return f"{signed}.{encode(rsa.sign(signed.encode(), KEYS[key], 'SHA-256'))}"

    def seed(self):
        """A provider for it, and a role that trusts one of its subjects."""
        host = self.url.removeprefix("http://")
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"},
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"],
            "Condition": {"StringEquals": {f"{host}:sub": SUBJECT, f"{host}:aud": AUDIENCE}},
        }
        account = {
            "id": ACCOUNT,
            "oidcProviders": [{"url": self.url, "clientIds": [AUDIENCE]}],
            "roles": [
                {"name": "web-deployer", "trust": {"Version": "2012-10-17", "Statement": [trust]}},
            ],
        }
        return json.dumps({"accounts": [account]})
