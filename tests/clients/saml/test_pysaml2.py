"""Responses that pysaml2 issued and xmlsec1 signed, taken by boto3; those of the built-in identity provider, believed by
pysaml2."""

import re

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from saml2.response import InvalidAssertion
from saml2.sigver import SignatureError
from saml2.validate import ResponseLifetimeExceed

from outside import saml as built_in
from outside.people import Keys
from provider import CIPHERS, KEYS, PROVIDER, ROLE, SIGN_IN, IdentityProvider, ServiceProvider, encoded, part, seed

SESSION = "arn:aws:sts::123456789012:assumed-role/analyst/alice"
BAD_SIGNATURE = ("InvalidIdentityToken", r"^Response signature invalid$")
UNSIGNED_ASSERTION = ("InvalidIdentityToken", r"^Response \(with optional signature\) must contain an assertion with a manda")
UNREADABLE = ("InvalidIdentityToken", r"^Invalid base64 SAMLResponse \(Service: AWSOpenIdDiscoveryService; ")
DENIED = ("AccessDenied", r"^Not authorized to perform sts:AssumeRoleWithSAML$")
PRIVATE_KEYS = [(KEYS / f"{name}.key.pem").read_text() for name in ("provider-next", "provider")]


@pytest.fixture
def idp(xmlsec1):
    return IdentityProvider(xmlsec1)


@pytest.fixture
def server(launch, tmp_path, idp):
    return launch(seed=seed(tmp_path, idp.metadata_document(), privateKeys=PRIVATE_KEYS))


def assume(server, xml, **params):
    nobody = boto3.client("sts", endpoint_url=server.aws, config=Config(signature_version=UNSIGNED))
    params = {"RoleArn": ROLE, "PrincipalArn": PROVIDER, **params}
    return nobody.assume_role_with_saml(SAMLAssertion=encoded(xml), **params)


def check_refused(server, xml, refusal):
    code, text = refusal
    with pytest.raises(ClientError) as refused:
        assume(server, xml)
    assert refused.value.response["Error"]["Code"] == code
    assert re.search(text, refused.value.response["Error"]["Message"]), refused.value


def change(xml, old, new):
    assert old in xml, f"{old} is not in {xml}"
    return xml.replace(old, new, 1)


@pytest.mark.parametrize("sha", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("sign", [("assertion",), ("assertion", "response")], ids=" and ".join)
def test_whoever_pysaml2_vouches_for_gets_credentials(server, idp, sign, sha):
    answer = assume(server, idp.response(sign, sha))
    assert answer["AssumedRoleUser"]["Arn"] == SESSION
    assert (answer["Subject"], answer["SubjectType"]) == ("alice", "persistent")
    assert (answer["Audience"], answer["Issuer"]) == (SIGN_IN, "https://idp.example.test/metadata")
    keys = Keys.of(answer["Credentials"])
    who = boto3.client("sts", endpoint_url=server.aws, **keys.as_boto())
    assert who.get_caller_identity()["Arn"] == SESSION


@pytest.mark.parametrize("cipher", [name for name in CIPHERS if name != "3des"])
@pytest.mark.parametrize("sign", [("assertion",), ("assertion", "response")], ids=" and ".join)
def test_what_pysaml2_encrypts_is_opened(server, idp, sign, cipher):
    assert assume(server, idp.response(sign, cipher=cipher))["AssumedRoleUser"]["Arn"] == SESSION


def test_encryption_can_be_demanded_and_proves_nothing(launch, tmp_path, idp):
    demands = {"privateKeys": PRIVATE_KEYS, "assertionEncryptionMode": "Required"}
    server = launch(seed=seed(tmp_path, idp.metadata_document(), **demands))
    assert assume(server, idp.response(cipher="aes256-gcm"))["Subject"] == "alice"
    check_refused(server, idp.response(), UNREADABLE)
    check_refused(server, idp.response(cipher="3des"), UNREADABLE)
    check_refused(server, idp.response(("response",), cipher="aes256-gcm"), UNSIGNED_ASSERTION)
    strangers = launch(seed=seed(tmp_path, idp.metadata_document(), privateKeys=PRIVATE_KEYS[:1]))
    check_refused(strangers, idp.response(cipher="aes256-gcm"), UNREADABLE)


def test_attributes_make_the_session(server, idp):
    xml = idp.response(SessionDuration=["900"], SourceIdentity=["alice@example.test"], **{"PrincipalTag:Team": ["blue"]})
    answer = assume(server, xml)
    assert answer["SourceIdentity"] == "alice@example.test"
    check_refused(server, idp.response(SourceIdentity=["aws:me"]), ("InvalidIdentityToken", r"^Source Identity must match"))
    check_refused(server, idp.response(name="bob"), DENIED)
    other = {"Role": [f"{ROLE}-in-chief,{PROVIDER}"]}
    check_refused(server, idp.response(**other), ("InvalidIdentityToken", r"doesn't contain the requested Role and Metadata"))


def test_the_assertion_itself_must_be_signed(server, idp):
    check_refused(server, idp.response(()), UNSIGNED_ASSERTION)
    check_refused(server, idp.response(("response",)), UNSIGNED_ASSERTION)


@pytest.mark.parametrize("sign", [("assertion",), ("assertion", "response")], ids=" and ".join)
def test_nothing_can_be_altered(server, idp, sign):
    good = idp.response(sign)
    check_refused(server, change(good, ">alice</", ">mallory</"), BAD_SIGNATURE)
    check_refused(server, change(good, "role/analyst,", "role/admin,"), BAD_SIGNATURE)
    check_refused(server, change(good, "Recipient=", "Address=\"\" Recipient="), BAD_SIGNATURE)
    check_refused(server, re.sub(r'NotOnOrAfter="20\d\d', 'NotOnOrAfter="2099', good), BAD_SIGNATURE)
    method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    check_refused(server, good.replace(method, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"), BAD_SIGNATURE)
    if "response" in sign:
        check_refused(server, change(good, "Destination=\"https://signin", "Destination=\"https://sign-in"), BAD_SIGNATURE)


def test_a_key_that_the_metadata_does_not_name_is_nobodys(server, idp, xmlsec1):
    check_refused(server, IdentityProvider(xmlsec1, key="stranger").response(), BAD_SIGNATURE)
    ours, theirs = [each.response(("assertion", "response")) for each in (idp, IdentityProvider(xmlsec1, key="stranger"))]
    check_refused(server, change(ours, part(ours, "Assertion"), part(theirs, "Assertion")), BAD_SIGNATURE)
    check_refused(server, change(theirs, part(theirs, "Assertion"), part(ours, "Assertion")), BAD_SIGNATURE)


def test_assertions_are_over_when_they_say_and_five_minutes_after_their_issue(launch, tmp_path, idp, xmlsec1):
    server = launch(seed=seed(tmp_path, idp.metadata_document()))
    short, long = IdentityProvider(xmlsec1, minutes=2).response(), IdentityProvider(xmlsec1, minutes=60).response()
    assert assume(server, short)["Subject"] == assume(server, long)["Subject"] == "alice"
    server.advance(121)
    check_refused(server, short, ("ExpiredTokenException", r"^Response has expired$"))
    assert assume(server, long)["Subject"] == "alice"
    server.advance(180)
    check_refused(server, long, ("ExpiredTokenException", r"^Token must be redeemed within 5 minutes of issuance$"))


def test_an_audience_counts_where_the_standard_is_held(server, launch, tmp_path, idp):
    elsewhere = idp.response(audience="urn:elsewhere")
    assert assume(server, elsewhere)["Subject"] == "alice"
    strict = launch("--saml-rules", "standard", seed=seed(tmp_path, idp.metadata_document()))
    check_refused(strict, elsewhere, ("InvalidIdentityToken", r"^Response does not contain the required audience\.$"))
    assert assume(strict, idp.response())["Subject"] == "alice"


def wrappings(good):
    """Documents around the signed assertion that say something else to a reader who looks elsewhere than the verifier."""
    assertion, signature = part(good, "Assertion"), part(good, "Signature")
    bare = change(assertion, signature, "")
    forged = re.sub(r' ID="[^"]+"', ' ID="_forged"', bare).replace(">alice<", ">mallory<")
    end, prefix = "</ns1:Assertion>", "ns0"

    def put(*instead):
        return change(good, assertion, "".join(instead))

    yield "before it", put(forged, assertion)
    yield "behind it", put(assertion, forged)
    yield "around it", put(change(forged, end, assertion + end))
    yield "with its signature", put(change(forged, "</ns1:Issuer>", "</ns1:Issuer>" + signature), bare)
    yield "with it in extensions", put(f"<{prefix}:Extensions>{assertion}</{prefix}:Extensions>", forged)
    hiding = change(signature, "</ns2:Signature>", f"<ns2:Object>{bare}</ns2:Object></ns2:Signature>")
    yield "with it in an object of its signature", put(change(forged, "</ns1:Issuer>", "</ns1:Issuer>" + hiding))
    yield "with its identity", put(re.sub(r' ID="[^"]+"', re.search(r' ID="[^"]+"', bare)[0], forged), assertion)


def test_no_wrapping_is_believed(server, idp):
    good = idp.response()
    assert assume(server, good)["Subject"] == "alice"
    tried = 0
    for how, wrapped in wrappings(good):
        assert wrapped != good, how
        check_refused(server, wrapped, ("InvalidIdentityToken", r"^Invalid base64 SAMLResponse|^Response signature invalid$"))
        tried += 1
    assert tried == 7


@pytest.fixture
def demo(launch, tmp_path):
    """A server whose built-in identity provider is asked for Responses."""
    return launch(seed=built_in.seeded(tmp_path))


@pytest.fixture
def believer(home, demo, xmlsec1):
    metadata = built_in.saml(home, demo, "metadata").stdout
    return ServiceProvider(xmlsec1, metadata)


@pytest.mark.parametrize("shape", ["default", "okta", "entra", "adfs", "keycloak", "google", "ping", "shibboleth", "onelogin"])
def test_pysaml2_believes_the_built_in_identity_provider(home, demo, believer, shape):
    subject, attributes = believer.believe(built_in.response(home, demo, "--shape", shape, "--subject", "alice"))
    assert subject == "alice"
    assert attributes["https://aws.amazon.com/SAML/Attributes/RoleSessionName"] == ["alice"]


@pytest.mark.parametrize(
    "defect, why",
    [
        ("altered", SignatureError),
        ("altered-role", SignatureError),
        ("signed-by-stranger", SignatureError),
        ("unsigned", SignatureError),
        ("expired", ResponseLifetimeExceed),
        ("xsw5", InvalidAssertion),
    ],
)
def test_pysaml2_does_not_believe_what_is_broken_on_purpose(home, demo, believer, defect, why):
    with pytest.raises(why):
        believer.believe(built_in.response(home, demo, "--defect", defect))
