"""The console in a real browser: by keyboard alone, on a phone's screen, in the dark."""

import os

import boto3
import pytest

from browser import ENTER, SPACE
from outside.people import ALICE, BOB, role, session_arn
from outside.server import REPOSITORY, SAMPLE_SEED

ACCOUNT = "account=123456789012"
PAGES = {
    "accounts": "",
    "account": f"/account?{ACCOUNT}",
    "users": f"/users?{ACCOUNT}",
    "user": f"/user?{ACCOUNT}&name=bob",
    "group": f"/group?{ACCOUNT}&name=developers",
    "role": f"/role?{ACCOUNT}&name=report-reader",
    "policy": "/policy?arn=arn:aws:iam::123456789012:policy/ci/deploy-limit",
    "sessions": "/sessions",
    "journal": "/journal",
    "call": "/call?number=1",
    "tester": f"/tester?principal={session_arn('report-reader', 'monthly')}&action=s3:GetObject"
    "&resource=arn:aws:s3:::reports/2026/q1.csv",
    "denied": f"/tester?principal=arn:aws:iam::123456789012:user/bob&action=sts:AssumeRole&resource={role('ci/deployer')}",
    "clock": "/clock",
    "nowhere": "/nowhere",
}

# The least contrast of any text with what is behind it, and of which text.
CONTRAST = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (channel) => (channel /= 255) <= .04045 ? channel / 12.92 : ((channel + .055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => .2126 * light(r) + .7152 * light(g) + .0722 * light(b);
  const behind = (element) => {
    for (let it = element; it; it = it.parentElement) {
      const color = rgba(getComputedStyle(it).backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgba('Canvas');
  };
  let least = [99, ''];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((it) => it.nodeType === 3 && it.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [front, back] = [rgba(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(front, back) + .05) / (Math.min(front, back) + .05);
    if (ratio < least[0]) least = [ratio, element.outerHTML.slice(0, 120)];
  }
  return least;
})()
"""


SMALLEST = "Math.min(...[...document.querySelectorAll('main *')].map(it => parseFloat(getComputedStyle(it).fontSize)))"


@pytest.fixture
def busy(sample):
    return begin_sessions(sample)


def begin_sessions(company):
    """The small company, in which some sessions were begun."""

    def client(keys):
        return boto3.client("sts", region_name="eu-central-1", endpoint_url=company.aws, **keys.as_boto())

    for name in ["weekly", "monthly"]:
        client(BOB).assume_role(RoleArn=role("report-reader"), RoleSessionName=name)
    client(ALICE).get_session_token()
    return company


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360], ids=["desk", "phone"])
def test_every_page_can_be_read(busy, browse, pictures, width, dark):
    browser = browse(width=width, height=900 if width > 400 else 800, dark=dark)
    for name, path in PAGES.items():
        browser.visit(f"{busy.companion}/console{path}")
        browser.picture(pictures / f"{name}-{width}-{'dark' if dark else 'light'}.png")
        spare = browser.run("document.documentElement.clientWidth - document.documentElement.scrollWidth")
        assert spare >= 0, f"{name} is {-spare} wider than the screen"
        least, of_what = browser.run(CONTRAST)
        assert least >= 4.5, f"{name}: a contrast of {least:.2f} is hard to read: {of_what}"
        size = browser.run(SMALLEST)
        assert size >= 11.5, f"{name}: letters of {size} pixels"
    # The page that is not there is told as an error, and that is all there was to tell.
    assert [line for line in browser.complaints() if "404" not in line] == []


@pytest.mark.parametrize("name, page, height", [("tester", "denied", 760), ("sessions", "sessions", 480)])
def test_the_pictures_of_the_readme(launch, browse, pictures, name, page, height):
    """`UPDATE=1` puts them into docs/: the same company, chance and time make the same pictures each time."""
    company = launch("--entropy-seed", "42", seed=SAMPLE_SEED)
    company.freeze("2030-01-15T09:00:00Z")
    begin_sessions(company)
    company.freeze("2030-01-15T09:17:42Z")
    browser = browse(width=1200, height=height)
    browser.visit(f"{company.companion}/console{PAGES[page]}")
    browser.run("document.querySelectorAll('details').forEach((it, at) => it.open = at === 0)")
    assert {"denied": "Denied: nothing allows it", "sessions": "42 min 18 s left"}[page] in browser.text()
    browser.picture((REPOSITORY / "docs" if os.environ.get("UPDATE") else pictures) / f"console-{name}.png", whole=False)


def test_the_keyboard_reaches_everything(busy, browse):
    browser = browse()
    browser.visit(f"{busy.companion}/")
    assert browser.address == f"{busy.companion}/console"
    browser.tab_to("Skip to the content", most=1)
    browser.press(ENTER)
    browser.tab_to("Number or alias", most=2)
    browser.type("small-company")
    browser.leave_by(ENTER)
    browser.tab_to("123456789012")
    browser.leave_by(ENTER)
    assert browser.title == "small-company (123456789012) - local-sts"
    browser.tab_to("2\nUsers")
    browser.leave_by(ENTER)
    assert browser.title == "Users - local-sts"
    browser.tab_to("bob")
    browser.leave_by(ENTER)
    assert "AKIAEXAMPLEBOB000001" in browser.text()
    browser.tab_to("Try what it may do")
    browser.leave_by(ENTER)
    assert browser.title == "Policy tester - local-sts"
    browser.tab_to("Does what")
    browser.type("sts:AssumeRole")
    browser.tab_to("To what", most=1)
    browser.type(role("report-reader"))
    browser.leave_by(ENTER)
    assert browser.run("document.querySelector('[role=status] h2').innerText") == "Allowed"
    browser.tab_to("Allow AssumeTwoRoles of group/developers/inline/assume-roles")
    browser.press(ENTER)
    assert '"Action": "sts:AssumeRole"' in browser.text(), "the statement is opened"


def test_the_clock_is_turned_and_all_is_reset_by_keyboard(busy, browse):
    browser = browse()
    browser.visit(f"{busy.companion}/console/sessions")
    assert browser.text().count("left\n") + browser.text().count(" left") >= 3
    browser.tab_to("Clock and reset")
    browser.leave_by(ENTER)
    browser.tab_to("12 hours")
    browser.leave_by(ENTER)
    assert "The clock was set." in browser.text() and "12 h ahead" in browser.text()
    assert busy.admin("GET", "/_admin/v1/clock")[1]["mode"] == "offset"
    browser.visit(f"{busy.companion}/console/sessions")
    assert "None." in browser.text(), "all of them are over"
    browser.visit(f"{busy.companion}/console/clock")
    browser.tab_to("Reset")
    browser.leave_by(ENTER)
    assert "nothing was reset" in browser.text()
    browser.tab_to("Back")
    browser.leave_by(ENTER)
    browser.tab_to("Yes, forget everything since the seed")
    browser.press(SPACE)
    browser.tab_to("Reset", most=1)
    browser.leave_by(ENTER)
    assert "Everything is as the seed made it." in browser.text()
    assert busy.admin("GET", "/_admin/v1/clock")[1]["mode"] == "system"
    # The one refusal is told as an error, and that is all there was to tell.
    assert [line for line in browser.complaints() if "400" not in line] == []


def test_a_session_is_ended_by_a_click(busy, browse):
    browser = browse()
    browser.visit(f"{busy.companion}/console/sessions?principal={role('report-reader')}")
    assert browser.run("document.querySelectorAll('td form').length") == 2
    browser.leave_by(script="document.querySelector('td form button').click()")
    assert "The session has ended." in browser.text()
    assert browser.run("document.querySelectorAll('td form').length") == 1


def test_whoever_has_the_token_logs_in_and_out(launch, browse, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("a-token-of-sixteen-letters\n")
    server = launch("--companion-token-file", str(tokens))
    browser = browse()
    browser.visit(f"{server.companion}/console/clock")
    assert browser.title == "Log in - local-sts"
    browser.type("a-token-of-sixteen-letters")
    browser.leave_by(ENTER)
    assert browser.title == "Accounts - local-sts"
    assert browser.run("document.cookie") == "", "no script can read the pass"
    browser.tab_to("Log out")
    browser.leave_by(ENTER)
    assert browser.title == "Log in - local-sts"
    # The first visit was told to log in, and so was the last.
    assert [line for line in browser.complaints() if "401" not in line] == []


def test_no_other_site_gets_in_by_way_of_the_browser(busy, browse, tmp_path):
    browser = browse()
    form = f'<form method="post" action="{busy.companion}/console/clock/advance"><input name="seconds" value="60"></form>'
    frame = f'<iframe src="{busy.companion}/console"></iframe>'
    page = tmp_path / "evil.html"
    page.write_text(f"{form}{frame}")
    browser.visit(f"file://{page}")
    browser.leave_by(script="document.forms[0].submit()")
    assert "web pages may not call the companion" in browser.text()
    assert busy.admin("GET", "/_admin/v1/clock")[1]["mode"] == "system"
    assert all("403" in line or "frame" in line for line in browser.complaints())
