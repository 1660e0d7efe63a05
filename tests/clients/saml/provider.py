"""An identity provider that is not ours: pysaml2, which has xmlsec1 sign and encrypt for it. And it as a service provider."""

import base64
import json
import re
import tempfile

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml
from saml2.client import Saml2Client
from saml2.config import IdPConfig, SPConfig
from saml2.metadata import entity_descriptor
from saml2.server import Server
from saml2.sigver import get_pem_wrapped_unwrapped, pre_encryption_part

from outside.server import REPOSITORY

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/analyst"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/elsewhere"
SIGN_IN = "https://signin.aws.amazon.com/saml"
AUDIENCE = "urn:amazon:webservices"
ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"
ENTITY = "https://idp.example.test/metadata"

KEYS = REPOSITORY / "fixtures/saml/keys"
HASHES = {
    name: (f"http://www.w3.org/2001/04/xmldsig-more#rsa-{name}", f"http://www.w3.org/2001/04/{digest}")
    for name, digest in {"sha256": "xmlenc#sha256", "sha384": "xmldsig-more#sha384", "sha512": "xmlenc#sha512"}.items()
}
CIPHERS = {
    "aes128-cbc": ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "aes-128"),
    "aes256-cbc": ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "aes-256"),
    "aes128-gcm": ("http://www.w3.org/2009/xmlenc11#aes128-gcm", "aes-128"),
    "aes256-gcm": ("http://www.w3.org/2009/xmlenc11#aes256-gcm", "aes-256"),
    "3des": ("http://www.w3.org/2001/04/xmlenc#tripledes-cbc", "des-192"),
}


def service_provider(name=AUDIENCE, at=SIGN_IN):
    """AWS as a service provider describes itself, with a certificate to encrypt for."""
    certificate = "".join((KEYS / "provider.cert.pem").read_text().split("\n")[1:-2])
    return f"""
      <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{name}">
        <md:SPSSODescriptor WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
          <md:KeyDescriptor use="encryption"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
            <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
          <md:AssertionConsumerService index="1" Binding="{BINDING_HTTP_POST}" Location="{at}"/>
        </md:SPSSODescriptor>
      </md:EntityDescriptor>"""


class IdentityProvider(Server):
    """Vouches for alice, by one of the keys of the fixtures, for so many minutes."""

    def __init__(self, xmlsec1, key="rollover", minutes=5):
        config = {
            "entityid": ENTITY,
            "xmlsec_binary": xmlsec1,
            "key_file": str(KEYS / f"{key}.key.pem"),
            "cert_file": str(KEYS / f"{key}.cert.pem"),
            "metadata": {"inline": [service_provider(), service_provider("urn:elsewhere", "https://elsewhere.test/saml")]},
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": [("https://idp.example.test/sso", BINDING_HTTP_REDIRECT)]},
                    "policy": {"default": {"lifetime": {"minutes": minutes}, "attribute_restrictions": None}},
                }
            },
        }
        super().__init__(config=IdPConfig().load(config))
        self.cipher = None

    def metadata_document(self):
        return entity_descriptor(self.config).to_string().decode()

    def response(self, sign=("assertion",), sha="sha256", cipher=None, audience=AUDIENCE, name="alice", **attributes):
        """A Response as XML; `cipher` is one of CIPHERS."""
        self.cipher = cipher
        method, digest = HASHES[sha]
        own = {"Role": [f"{ROLE},{PROVIDER}"], "RoleSessionName": [name], **attributes}
        return str(
            self.create_authn_response(
                {ATTRIBUTE + short: values for short, values in own.items()} | {"cn": [name]},
                in_response_to=None,
                destination=SIGN_IN,
                sp_entity_id=audience,
                name_id=saml.NameID(format=saml.NAMEID_FORMAT_PERSISTENT, text=name),
                authn={"class_ref": saml.AUTHN_PASSWORD_PROTECTED},
                sign_assertion="assertion" in sign,
                sign_response="response" in sign,
                sign_alg=method,
                digest_alg=digest,
                encrypt_assertion=cipher is not None,
            )
        )

    def _encrypt_assertion(self, encrypt_cert, sp_entity_id, response, node_xpath=None):
        """As pysaml2 has it, but by the cipher that is wanted: it would always take 3DES."""
        ((_, certificate),) = self.metadata.certs(sp_entity_id, "any", "encryption")
        wrapped, bare = get_pem_wrapped_unwrapped(certificate)
        method, session_key = CIPHERS[self.cipher]
        template = pre_encryption_part(msg_enc=method, encrypt_cert=bare)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(wrapped)
            file.flush()
            return self.sec.encrypt_assertion(response, file.name, template, key_type=session_key, node_xpath=node_xpath)


class ServiceProvider(Saml2Client):
    """One who believes whatever the metadata of an identity provider vouches for."""

    def __init__(self, xmlsec1, metadata):
        config = {
            "entityid": AUDIENCE,
            "xmlsec_binary": xmlsec1,
            "metadata": {"inline": [metadata]},
            "encryption_keypairs": [
                {"key_file": str(KEYS / "provider.key.pem"), "cert_file": str(KEYS / "provider.cert.pem")}
            ],
            "service": {
                "sp": {
                    "endpoints": {"assertion_consumer_service": [(SIGN_IN, BINDING_HTTP_POST)]},
                    "allow_unsolicited": True,
                    "want_assertions_signed": True,
                    "want_response_signed": False,
                }
            },
            "allow_unknown_attributes": True,
        }
        super().__init__(config=SPConfig().load(config))

    def believe(self, encoded):
        """The subject and the attributes of a Response."""
        answer = self.parse_authn_request_response(encoded, BINDING_HTTP_POST)
        return answer.name_id.text, answer.ava


def seed(tmp_path, metadata, **provider):
    """An account with one provider and the role of an analyst."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"],
        "Condition": {"StringEquals": {"SAML:aud": SIGN_IN, "saml:sub": "alice"}},
    }
    account = {
        "id": ACCOUNT,
        "samlProviders": [{"name": "elsewhere", "metadata": metadata, **provider}],
        "roles": [{"name": "analyst", "trust": {"Version": "2012-10-17", "Statement": [trust]}}],
    }
    path = tmp_path / "elsewhere.json"
    path.write_text(json.dumps({"accounts": [account]}))
    return path


def encoded(xml):
    return base64.b64encode(xml.encode()).decode()


def part(xml, name):
    """The text of the first element of this name."""
    return re.search(rf"<(\w+:)?{name}[ >].*?</(\w+:)?{name}>", xml, re.S)[0]
