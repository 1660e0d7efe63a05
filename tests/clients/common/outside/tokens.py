"""Reads tokens as a relying party does: by the issuer's own documents, and with a library that is not the service's."""

import base64
import json
import urllib.request

import rsa


def fetch(url):
    """A public document: no keys, no token, nothing said."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=10) as answer:
        assert answer.headers["content-type"] == "application/json"
        return json.load(answer)


def parts(token):
    """(header, claims, signature, what was signed)"""
    header, claims, signature = token.split(".")
    return json.loads(decode(header)), json.loads(decode(claims)), decode(signature), f"{header}.{claims}".encode()


def decode(part):
    assert "=" not in part
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def proved(token):
    """The claims of a token that RSA signed, once its issuer's documents have shown that it did."""
    header, claims, signature, signed = parts(token)
    discovery = fetch(f"{claims['iss']}/.well-known/openid-configuration")
    assert discovery["issuer"] == claims["iss"]
    assert header["alg"] in discovery["id_token_signing_alg_values_supported"]
    [key] = [key for key in fetch(discovery["jwks_uri"])["keys"] if key["kid"] == header["kid"]]
    assert (key["kty"], key["use"]) == ("RSA", "sig")
    number = {name: int.from_bytes(decode(key[name]), "big") for name in "ne"}
    assert rsa.verify(signed, signature, rsa.PublicKey(**number)) == "SHA-256"
    return claims
