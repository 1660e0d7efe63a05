"""The login of the built-in identity provider and the sign-in behind it, gone through as command-line login tools do it:
fetch the page, fill in its form, take the SAMLResponse out of what comes back, and become one of its roles."""

import base64
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from urllib.parse import urljoin

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from clients import sts
from outside.people import Keys
from outside.saml import response, seeded

ROLE_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/Role"
FORM = "application/x-www-form-urlencoded"
SEED = """
accounts:
  - id: "123456789012"
    alias: acme
    samlProviders: [{ name: demo, metadata: built-in }]
    roles:
      - { name: analyst, maxSessionDuration: 7200, trust: TRUST }
      - { name: auditor, path: /team/, trust: TRUST }
      - { name: unrelated, trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "123456789012" }, Action: "sts:AssumeRole" }] } }
  - id: "210987654321"
    samlProviders: [{ name: demo, metadata: built-in }, { name: sealed, metadata: built-in, assertionEncryptionMode: Required }]
    roles:
      - { name: reader, trust: OTHER }
      - { name: secretive, trust: SEALED }
"""
ANALYST = "arn:aws:iam::123456789012:role/analyst"
AUDITOR = "arn:aws:iam::123456789012:role/team/auditor"
READER = "arn:aws:iam::210987654321:role/reader"


def trust(provider):
    return (
        '{ Version: "2012-10-17", Statement: [{ Effect: Allow, Action: ["sts:AssumeRoleWithSAML", "sts:TagSession"], '
        f'Principal: {{ Federated: "{provider}" }}, '
        'Condition: { StringEquals: { "SAML:aud": "https://signin.aws.amazon.com/saml" } } }] }'
    )


@pytest.fixture
def seed(tmp_path):
    text = SEED.replace("TRUST", trust("arn:aws:iam::123456789012:saml-provider/demo"))
    text = text.replace("OTHER", trust("arn:aws:iam::210987654321:saml-provider/demo"))
    path = tmp_path / "sign-in.yaml"
    path.write_text(text.replace("SEALED", trust("arn:aws:iam::210987654321:saml-provider/sealed")))
    return path


@pytest.fixture
def server(launch, seed):
    return launch(seed=seed)


class Page(HTMLParser):
    """What a login tool reads of a page."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.text = answer, answer.text
        self.forms, self.inputs, self.labels, self.accounts, self.pre = [], [], {}, [], ""
        self._into = None
        self.feed(answer.text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        assert None not in attrs.values(), "tools fail over an attribute without a value"
        self._into = {"label": ("label", attrs.get("for")), "pre": ("pre", None)}.get(tag)
        if attrs.get("class") == "saml-account-name":
            self._into = ("account", None)
        if tag == "form":
            self.forms.append(attrs)
        if tag == "input":
            self.inputs.append(attrs)

    def handle_data(self, data):
        kind, name = self._into or ("", None)
        if kind == "label" and name:
            self.labels[name] = data
        if kind == "account":
            self.accounts.append(data)
        if kind == "pre":
            self.pre += data
        self._into = None

    def value(self, name):
        return next((field["value"] for field in self.inputs if field.get("name") == name), None)

    def submit(self, fill):
        """Sends the form as tools do that know none of its fields: `fill` says what stands in each."""
        [form] = self.forms
        values = [(field["name"], fill(field)) for field in self.inputs]
        values = [(name, value) for name, value in values if value is not None]
        return Page(post(urljoin(self.answer.url, form["action"]), values))


def post(url, values, **headers):
    return requests.post(url, data=values, headers=headers, timeout=20, allow_redirects=False)


def login_page(server, query=""):
    return Page(requests.get(f"{server.companion}/saml/sso{query}", timeout=20))


def as_alice(field):
    """By the names of fields alone, every other input sent on as it came."""
    name = field["name"].lower()
    if "user" in name or "email" in name:
        return "alice"
    return "anything" if "pass" in name else field.get("value")


def in_a_browser(*roles):
    """As a browser: a box that is not ticked is not sent."""

    def fill(field):
        if field["type"] == "checkbox":
            return field["value"] if any(field["value"].startswith(role + ",") for role in roles) else None
        return as_alice(field)

    return fill


def log_in(server, fill=as_alice):
    page = login_page(server).submit(fill)
    assert page.answer.status_code == 200 and page.value("SAMLResponse"), page.text
    return page


def pairs(encoded):
    """The pairs of roles and providers of a Response, read as tools read them."""
    namespace = "{urn:oasis:names:tc:SAML:2.0:assertion}"
    found = []
    for attribute in ET.fromstring(base64.b64decode(encoded)).iter(f"{namespace}Attribute"):
        if attribute.get("Name") == ROLE_ATTRIBUTE:
            for value in attribute.iter(f"{namespace}AttributeValue"):
                role, provider = value.text.split(",")
                assert ":saml-provider/" in provider and ":role/" in role
                found.append((role, provider))
    return found


def assume(server, encoded, role, provider, **params):
    nobody = boto3.client("sts", region_name="us-east-1", endpoint_url=server.aws, config=Config(signature_version=UNSIGNED))
    return nobody.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=encoded, **params)


def exported(page):
    names = dict(line.removeprefix("export ").split("=", 1) for line in page.pre.splitlines())
    return Keys(names["AWS_ACCESS_KEY_ID"], names["AWS_SECRET_ACCESS_KEY"], names["AWS_SESSION_TOKEN"])


def arn_of(server, keys):
    return sts(server, keys).get_caller_identity()["Arn"]


def test_a_tool_logs_in_reads_the_roles_and_becomes_one_of_them(server):
    page = log_in(server)
    encoded = page.value("SAMLResponse")
    found = dict(pairs(encoded))
    assert set(found) == {ANALYST, AUDITOR, READER}, "what trusts the provider, and what it can open unencrypted"
    answer = assume(server, encoded, AUDITOR, found[AUDITOR], DurationSeconds=900)
    assert (answer["Subject"], answer["Audience"]) == ("alice", "https://signin.aws.amazon.com/saml")
    assert arn_of(server, Keys.of(answer["Credentials"])) == "arn:aws:sts::123456789012:assumed-role/auditor/alice"
    assert arn_of(server, Keys.of(assume(server, encoded, READER, found[READER])["Credentials"])).endswith("/reader/alice")


def test_the_response_says_where_tools_find_the_role_page(server):
    page = log_in(server)
    sign_in = f"{server.companion}/saml"
    assert page.forms[0]["action"] == sign_in
    root = ET.fromstring(base64.b64decode(page.value("SAMLResponse")))
    assert root.get("Destination") == sign_in
    confirmation = root.find(".//{urn:oasis:names:tc:SAML:2.0:assertion}SubjectConfirmationData")
    assert confirmation.get("Recipient") == "https://signin.aws.amazon.com/saml", "what trust policies ask for"


def test_the_role_page_has_what_tools_look_for(server):
    encoded = log_in(server).value("SAMLResponse")
    page = Page(post(f"{server.companion}/saml", {"SAMLResponse": encoded}))
    assert page.accounts == ["Account: 210987654321", "Account: acme (123456789012)"]
    assert page.labels == {READER: "reader", ANALYST: "analyst", AUDITOR: "auditor"}
    radios = [field for field in page.inputs if field["type"] == "radio"]
    assert {(field["name"], field["class"]) for field in radios} == {("roleIndex", "saml-radio")}
    assert [field["value"] for field in radios] == [field["id"] for field in radios] == [READER, ANALYST, AUDITOR]
    assert page.value("SAMLResponse") == encoded
    # fieldset > div.saml-account > div.saml-role > input
    assert re.search(r'<fieldset>(<legend>[^<]*</legend>)?\s*<div class="saml-account"><div class="saml-account-name">', page.text)
    assert page.text.count('<div class="saml-role"><input type="radio" name="roleIndex"') == 3


def test_in_a_browser_somebody_ticks_a_role_and_gets_credentials(server):
    page = login_page(server, "?RelayState=https%3A%2F%2Fconsole.test%2F%3Ca%3E")
    page = page.submit(in_a_browser(ANALYST, READER))
    assert page.value("RelayState") == "https://console.test/<a>"
    assert {role for role, _ in pairs(page.value("SAMLResponse"))} == {ANALYST, READER}
    page = page.submit(lambda field: field["value"])
    assert set(page.labels) == {ANALYST, READER}
    page = page.submit(lambda field: None if field["type"] == "radio" and field["value"] != READER else field["value"])
    assert page.answer.status_code == 200 and "https://console.test/&lt;a&gt;" in page.text
    assert arn_of(server, exported(page)) == "arn:aws:sts::210987654321:assumed-role/reader/alice"


def test_a_session_is_as_long_as_the_assertion_wants_it(home, launch, tmp_path):
    server = launch(seed=seeded(tmp_path))
    role = "arn:aws:iam::123456789012:role/analyst"
    server.freeze("2031-01-15T12:00:00Z")
    for wanted, until in [("1800", "12:30:00Z"), (None, "13:00:00Z")]:
        arguments = ["--session-duration", wanted] if wanted else []
        form = {"SAMLResponse": response(home, server, *arguments), "roleIndex": role}
        assert f"2031-01-15T{until}" in post(f"{server.companion}/saml", form).text
    over = {"SAMLResponse": response(home, server, "--session-duration", "7200"), "roleIndex": role}
    page = post(f"{server.companion}/saml", over)
    assert page.status_code == 400 and "exceeds the MaxSessionDuration" in page.text


@pytest.mark.parametrize(
    "arguments, status, text",
    [
        (["--defect", "expired"], 400, "ExpiredTokenException</strong> Response has expired"),
        (["--defect", "stale"], 400, "Token must be redeemed within 5 minutes of issuance"),
        (["--defect", "altered"], 400, "InvalidIdentityToken</strong> Response signature invalid"),
        (["--defect", "signed-by-stranger"], 400, "Response signature invalid"),
        (["--defect", "xsw3"], 400, "Invalid base64 SAMLResponse"),
        (["--defect", "wrong-issuer"], 400, "Issuer not present in specified provider"),
        (["--recipient", "https://elsewhere.test"], 403, "Not authorized to perform sts:AssumeRoleWithSAML"),
    ],
)
@pytest.mark.parametrize("choice", [{}, {"roleIndex": "arn:aws:iam::123456789012:role/analyst"}], ids=["list", "choose"])
def test_what_the_operation_refuses_the_sign_in_refuses(home, launch, tmp_path, arguments, status, text, choice):
    server = launch(seed=seeded(tmp_path))
    page = post(f"{server.companion}/saml", {"SAMLResponse": response(home, server, *arguments), **choice})
    if status == 403 and not choice:
        assert page.status_code == 200, "to whom it is delivered only trust policies ask"
        return
    assert (page.status_code, text in page.text) == (status, True), page.text
    assert "export AWS" not in page.text


def test_nobody_gets_a_role_that_the_response_does_not_name(server):
    encoded = log_in(server, in_a_browser(ANALYST)).value("SAMLResponse")
    for role in [READER, "arn:aws:iam::123456789012:role/unrelated", "", "x", "<script>"]:
        page = post(f"{server.companion}/saml", {"SAMLResponse": encoded, "roleIndex": role})
        assert page.status_code == 400 and "doesn&#39;t contain the requested Role" in page.text, page.text
        assert "<script>" not in page.text
    for form in [{"other": "x"}, {"SAMLResponse": ""}, {"SAMLResponse": "x", "roleIndex": ANALYST}, {"SAMLResponse": "%%%"}]:
        assert post(f"{server.companion}/saml", form).status_code == 400
    assert requests.get(f"{server.companion}/saml", timeout=20).status_code == 400


def test_what_cannot_be_is_told_on_the_page(server):
    def log_in_as(**fields):
        return post(f"{server.companion}/saml/sso", fields)

    assert "Say who you are" in log_in_as(username=" ", password="x").text
    for name in ("a" * 65, "a", "a\x00b", "Jane Doe"):
        assert "2 to 64 characters" in log_in_as(username=name).text
    ticked = {"username": "alice", "role.0": f"{ANALYST},arn:aws:iam::210987654321:saml-provider/demo"}
    page = log_in_as(**ticked)
    assert page.status_code == 400 and "choose again" in page.text and "SAMLResponse" not in page.text


HOSTILE = "\"><script>alert(1)</script><a href='javascript:x'>&amp;"


def test_whatever_somebody_says_stays_text(server):
    """The page is the same with and without markup in a value, but for the value."""
    quoted = requests.utils.quote(HOSTILE)
    pages = [
        login_page(server, f"?RelayState={quoted}"),
        Page(post(f"{server.companion}/saml/sso", {"username": HOSTILE, "RelayState": HOSTILE})),
        Page(post(f"{server.companion}/saml/sso", {"username": " ", "RelayState": HOSTILE, "role.0": HOSTILE})),
    ]
    assert "2 to 64 characters" in pages[1].text
    # The login page takes no such name, but other identity providers may.
    wanted = {"roles": [[ANALYST, ANALYST.replace("role/analyst", "saml-provider/demo")]], "subject": HOSTILE}
    encoded = requests.post(f"{server.companion}/saml/response", json=wanted, timeout=10).json()["samlResponse"]
    pages.append(Page(post(f"{server.companion}/saml", {"SAMLResponse": encoded, "RelayState": HOSTILE})))
    pages.append(Page(post(f"{server.companion}/saml", {"SAMLResponse": encoded, "roleIndex": ANALYST, "RelayState": HOSTILE})))
    alice = log_in(server).value("SAMLResponse")
    pages.append(Page(post(f"{server.companion}/saml", {"SAMLResponse": alice, "roleIndex": ANALYST, "RelayState": HOSTILE})))
    for page in pages:
        assert "<script>alert" not in page.text and "<a href='j" not in page.text, page.text
        assert page.value("RelayState") in (HOSTILE, None)
        [style, scripts] = re.findall(r"(?:style|script)-src ('[^']*')", page.answer.headers["Content-Security-Policy"])
        assert style.startswith("'sha256-") and (scripts == "'none'" or "document.forms[0].submit()" in page.text)
    assert "RoleSessionName in AuthnResponse must match" in pages[4].text and "Location" not in pages[5].answer.headers
    assert arn_of(server, exported(pages[5])).endswith("/analyst/alice")


def test_no_page_is_kept_framed_or_lets_anything_in(server):
    encoded = log_in(server).value("SAMLResponse")
    pages = [login_page(server).answer, post(f"{server.companion}/saml/sso", {"username": "alice"})]
    pages += [post(f"{server.companion}/saml", {"SAMLResponse": encoded, **choice}) for choice in ({}, {"roleIndex": ANALYST})]
    pages += [requests.get(f"{server.companion}/saml", timeout=20)]
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        for word in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]:
            assert word in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Set-Cookie" not in page.headers and "Access-Control-Allow-Origin" not in page.headers
        assert not re.search(r"(src|href)=\"?(https?:)?//", page.text), "nothing is fetched from anywhere"


def test_other_sites_bring_people_and_choose_nothing_for_them(server):
    encoded = log_in(server).value("SAMLResponse")
    came = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    elsewhere = {"Origin": "http://localhost:8080", **came}
    sign_in, login = f"{server.companion}/saml", f"{server.companion}/saml/sso"
    choice = {"SAMLResponse": encoded, "roleIndex": ANALYST}
    own = {"Origin": server.companion, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for url, form, headers, status in [
        (sign_in, {"SAMLResponse": encoded}, elsewhere, 200),
        (sign_in, choice, elsewhere, 403),
        (sign_in, choice, {"Origin": "http://localhost:8080"}, 403),
        (sign_in, choice, {"Origin": "null"}, 403),
        (sign_in, choice, {"Origin": server.companion + ".evil.test"}, 403),
        (sign_in, choice, {"Sec-Fetch-Site": "same-site", "Origin": server.companion}, 403),
        (sign_in, choice, own, 200),
        (sign_in, {"SAMLResponse": encoded}, {**elsewhere, "Sec-Fetch-Mode": "no-cors"}, 403),
        (sign_in, {"SAMLResponse": encoded}, {**elsewhere, "Sec-Fetch-Dest": "iframe"}, 403),
        (sign_in, choice, {"Host": "evil.test:4593"}, 421),
        (sign_in, {"SAMLResponse": encoded}, {"Host": "evil.test"}, 421),
        (login, {"username": "alice"}, elsewhere, 403),
        (login, {"username": "alice"}, own, 200),
        (login, {"SAMLRequest": "x", "RelayState": "y"}, elsewhere, 200),
        (login, {"username": "alice"}, {"Host": "evil.test"}, 421),
        (login, '{"username": "alice"}', {"Content-Type": "application/json"}, 415),
        (sign_in, "SAMLResponse=x", {"Content-Type": "text/plain"}, 415),
    ]:
        page = post(url, form, **({"Content-Type": FORM} | headers))
        assert page.status_code == status, (url, form, headers, page.text)
        assert status == 200 or "export" not in page.text
    assert requests.get(login, headers={**came, "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"}, timeout=20).status_code == 403
    assert requests.get(login, headers=came, timeout=20).status_code == 200
    assert requests.get(login, headers={"Host": "evil.test"}, timeout=20).status_code == 421


def test_large_forms_are_turned_away(server):
    assert post(f"{server.companion}/saml", {"SAMLResponse": "A" * 300_000}).status_code == 413
    for length in (3, 100_001, 200_000):
        page = post(f"{server.companion}/saml", {"SAMLResponse": "A" * length})
        assert page.status_code == 400 and "4 to 100000 characters" in page.text
    many = [(f"role.{at}", "x") for at in range(20_000)]
    assert post(f"{server.companion}/saml/sso", [("username", "alice"), *many]).status_code == 400


def test_where_tokens_are_wanted_the_password_is_one(launch, seed, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("0123456789abcdef mint\nfedcba9876543210 introspect\n")
    tokens.chmod(0o600)
    server = launch("--companion-token-file", str(tokens), seed=seed)
    assert "role/analyst" not in login_page(server).text, "what there is is not for everybody to see"
    for password, status in [("", 401), ("anything", 401), ("fedcba9876543210", 401), ("0123456789abcdef", 200)]:
        page = Page(post(f"{server.companion}/saml/sso", {"username": "alice", "password": password}))
        assert (page.answer.status_code, bool(page.value("SAMLResponse"))) == (status, status == 200), page.text
    page = page.submit(lambda field: field["value"])
    assert set(page.labels) == {ANALYST, AUDITOR, READER}
    assert "0123456789abcdef" not in server.said()


def test_no_secret_is_in_the_log(launch, seed):
    server = launch("--log", "debug", seed=seed)
    page = log_in(server)
    encoded = page.value("SAMLResponse")
    keys = exported(Page(post(f"{server.companion}/saml", {"SAMLResponse": encoded, "roleIndex": ANALYST})))
    said = server.said()
    assert "AssumeRoleWithSAML" in said, "the exchange is a call as any other"
    for secret in [keys.secret, keys.token, encoded, encoded[200:260]]:
        assert secret not in said


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_by_the_standard_an_assertion_is_good_once_whatever_becomes_of_the_process(launch, seed, data_dir, end):
    first = launch("--saml-rules", "standard", seed=seed, data_dir=data_dir)
    one, other = log_in(first).value("SAMLResponse"), log_in(first).value("SAMLResponse")
    provider = dict(pairs(one))[ANALYST]
    used = "Response has already been used"

    def refused(server, encoded):
        with pytest.raises(ClientError) as error:
            assume(server, encoded, ANALYST, provider)
        assert error.value.response["Error"] == {"Type": "Sender", "Code": "InvalidIdentityToken", "Message": used}
        for choice in ({}, {"roleIndex": ANALYST}):
            page = post(f"{server.companion}/saml", {"SAMLResponse": encoded, **choice})
            assert page.status_code == 400 and used in page.text

    # That somebody saw the role page is no use.
    for _ in range(2):
        assert post(f"{first.companion}/saml", {"SAMLResponse": one}).status_code == 200
    page = Page(post(f"{first.companion}/saml", {"SAMLResponse": one, "roleIndex": ANALYST}))
    assert arn_of(first, exported(page)).endswith("/analyst/alice")
    refused(first, one)
    getattr(first, end)()

    second = launch("--saml-rules", "standard", seed=seed, data_dir=data_dir)
    refused(second, one)
    assert arn_of(second, Keys.of(assume(second, other, ANALYST, provider)["Credentials"])).endswith("/analyst/alice")
    refused(second, other)
