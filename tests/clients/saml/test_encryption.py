"""Assertions that were signed by pysaml2 and encrypted with the library `cryptography`, in ways that xmlsec1 does not know."""

import base64
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509 import load_pem_x509_certificate

from provider import KEYS, IdentityProvider, part, seed
from test_pysaml2 import PRIVATE_KEYS, UNREADABLE, assume, change, check_refused

XMLENC, XMLENC11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
SHA1 = f'<ds:DigestMethod Algorithm="{DSIG}sha1"/>'
SHA256 = f'<ds:DigestMethod Algorithm="{XMLENC}sha256"/>'


def mgf(name):
    return f'<xenc11:MGF xmlns:xenc11="{XMLENC11}" Algorithm="{XMLENC11}mgf1{name}"/>'


def oaep(digest, mask):
    return padding.OAEP(padding.MGF1(mask()), digest(), None)


# What each is called, what its method says beside, and how it is done.
TRANSPORTS = {
    "mgf1p": (f"{XMLENC}rsa-oaep-mgf1p", "", oaep(hashes.SHA1, hashes.SHA1)),
    "mgf1p, SHA-1 named": (f"{XMLENC}rsa-oaep-mgf1p", SHA1, oaep(hashes.SHA1, hashes.SHA1)),
    "mgf1p, SHA-256": (f"{XMLENC}rsa-oaep-mgf1p", SHA256, oaep(hashes.SHA256, hashes.SHA1)),
    "oaep, all by default": (f"{XMLENC11}rsa-oaep", "", oaep(hashes.SHA1, hashes.SHA1)),
    "oaep, SHA-256 twice": (f"{XMLENC11}rsa-oaep", SHA256 + mgf("sha256"), oaep(hashes.SHA256, hashes.SHA256)),
    "oaep, SHA-256 and its mask by default": (f"{XMLENC11}rsa-oaep", SHA256, oaep(hashes.SHA256, hashes.SHA1)),
}
REFUSED = {
    "PKCS #1 v1.5": (f"{XMLENC}rsa-1_5", "", padding.PKCS1v15()),
    "another hash than it says": (f"{XMLENC}rsa-oaep-mgf1p", SHA256, oaep(hashes.SHA1, hashes.SHA1)),
    "another mask than it may have": (f"{XMLENC}rsa-oaep-mgf1p", SHA256 + mgf("sha256"), oaep(hashes.SHA256, hashes.SHA256)),
}


def cbc(key, text):
    vector, filling = os.urandom(16), 16 - len(text) % 16
    # All but the last byte of the filling may be anything.
    padded = text + os.urandom(filling - 1) + bytes([filling])
    cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return vector + cipher.update(padded) + cipher.finalize()


def gcm(key, text):
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, text, None)


CIPHERS = {
    "aes128-cbc": (f"{XMLENC}aes128-cbc", 16, cbc),
    "aes256-cbc": (f"{XMLENC}aes256-cbc", 32, cbc),
    "aes128-gcm": (f"{XMLENC11}aes128-gcm", 16, gcm),
    "aes256-gcm": (f"{XMLENC11}aes256-gcm", 32, gcm),
}


def sealed(xml, transport, cipher="aes128-gcm", beside=False, spoil=lambda text: text):
    """The Response with its Assertion encrypted for the provider; the key in KeyInfo, or beside the data."""
    method, more, wrap = {**TRANSPORTS, **REFUSED}[transport]
    name, length, encrypt = {**CIPHERS, "aes192-cbc": (f"{XMLENC}aes192-cbc", 24, cbc)}[cipher]
    assertion, key = part(xml, "Assertion"), os.urandom(length)
    # It stands by itself once it is opened, so it says by itself what its prefixes mean.
    root = xml[xml.index("<ns0:Response ") : xml.index(">", xml.index("<ns0:Response "))]
    spaces = "".join(f" {word}" for word in root.split() if word.startswith("xmlns:"))
    text = change(assertion, "<ns1:Assertion", "<ns1:Assertion" + spaces)
    owner = load_pem_x509_certificate((KEYS / "provider.cert.pem").read_bytes()).public_key()
    wrapped = base64.b64encode(owner.encrypt(key, wrap)).decode()
    data = base64.b64encode(spoil(encrypt(key, text.encode()))).decode()
    encrypted_key = (
        f'<xenc:EncryptedKey xmlns:xenc="{XMLENC}" xmlns:ds="{DSIG}"><xenc:EncryptionMethod Algorithm="{method}">{more}'
        f"</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{wrapped}</xenc:CipherValue></xenc:CipherData>"
        "</xenc:EncryptedKey>"
    )
    within, outside = ("", encrypted_key) if beside else (f'<ds:KeyInfo xmlns:ds="{DSIG}">{encrypted_key}</ds:KeyInfo>', "")
    encrypted = (
        f'<ns1:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="{XMLENC}" Type="{XMLENC}Element">'
        f'<xenc:EncryptionMethod Algorithm="{name}"/>{within}<xenc:CipherData><xenc:CipherValue>{data}</xenc:CipherValue>'
        f"</xenc:CipherData></xenc:EncryptedData>{outside}</ns1:EncryptedAssertion>"
    )
    return change(xml, assertion, encrypted)


@pytest.fixture
def idp(xmlsec1):
    return IdentityProvider(xmlsec1)


@pytest.fixture
def server(launch, tmp_path, idp):
    return launch(seed=seed(tmp_path, idp.metadata_document(), privateKeys=PRIVATE_KEYS))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_key_comes_by_every_transport_that_aws_takes(server, idp, transport):
    good = idp.response()
    for cipher in CIPHERS:
        assert assume(server, sealed(good, transport, cipher))["Subject"] == "alice", cipher
    assert assume(server, sealed(good, transport, beside=True))["Subject"] == "alice"


@pytest.mark.parametrize("transport", REFUSED)
def test_other_transports_are_not_taken(server, idp, transport):
    check_refused(server, sealed(idp.response(), transport), UNREADABLE)


def test_every_way_to_fail_is_told_alike(server, idp):
    good = idp.response()
    assert assume(server, sealed(good, "mgf1p"))["Subject"] == "alice"
    check_refused(server, sealed(good, "mgf1p", "aes192-cbc"), UNREADABLE)
    spoilt = {
        "no text": lambda text: b"",
        "a short vector": lambda text: text[:8],
        "no tag": lambda text: text[:-16],
        "a short tag": lambda text: text[:-4],
        "another letter": lambda text: text[:20] + bytes([text[20] ^ 1]) + text[21:],
        "another tag": lambda text: text[:-1] + bytes([text[-1] ^ 1]),
    }
    for spoil in spoilt.values():
        check_refused(server, sealed(good, "mgf1p", "aes256-gcm", spoil=spoil), UNREADABLE)
    for spoil in (lambda text: text[:-16], lambda text: text[:-5], lambda text: text[:15], lambda text: text[:16]):
        check_refused(server, sealed(good, "mgf1p", "aes256-cbc", spoil=spoil), UNREADABLE)
