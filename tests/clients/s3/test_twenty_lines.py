"""The twenty lines of Python in docs/validator.md, in a service of their own."""

import http.server
import threading
from pathlib import Path

import pytest

from gateway import ALICE, BOB, CAROL, SEED, Pair
from outside.server import REPOSITORY
from wire import ask, send


def lines():
    """The one Python program of the page."""
    text = (REPOSITORY / "docs/validator.md").read_text()
    _, _, rest = text.partition("```python\n")
    program, _, more = rest.partition("```\n")
    assert program and "```python" not in more
    return program


class Place:
    """Where a service is, as the other helpers want it."""

    def __init__(self, server):
        self.url = f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def service(launch):
    """Says hello to whoever may read what they ask for, by what the page says."""
    sts = launch(seed=SEED)
    names = {}
    exec(lines(), names)
    assert len(lines().splitlines()) <= 25
    names["VALIDATOR"] = sts.companion

    class Service(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            identity, error = names["check"](self.command, self.path, self.headers.items())
            status, kind, body = error or (200, "text/plain", f"hello {identity['arn']}")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *said):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever).start()
    yield Pair(sts, Place(server))
    server.shutdown()
    server.server_close()


def test_twenty_lines_find_out_who_asks_and_whether_they_may(service):
    place = service.gateway
    assert ask(place, ALICE, "GET", "/shared/a.txt").body == b"hello arn:aws:iam::111111111111:user/alice"
    session = service.role("clerk")
    assert ask(place, session, "GET", "/shared/desk/a.txt").body.endswith(b":assumed-role/clerk/desk-1")
    for keys, target, status, code in [
        (BOB, "/shared/a.txt", 403, "AccessDenied"),
        (session, "/shared/secret/a.txt", 403, "AccessDenied"),
        (ALICE.but(secret="wrong"), "/shared/a.txt", 403, "SignatureDoesNotMatch"),
        (CAROL.but(id="AKIAEXAMPLES3NOBODY1"), "/shared/a.txt", 403, "InvalidAccessKeyId"),
    ]:
        answer = ask(place, keys, "GET", target)
        assert (answer.status, answer.code) == (status, code)
        assert answer.headers["content-type"] == "application/xml"
    assert send(place, "GET", "/shared/a.txt").code == "AccessDenied"
    service.sts.advance(3601)
    assert ask(place, session, "GET", "/shared/desk/a.txt").code == "ExpiredToken"


def test_without_the_validator_nobody_passes(service):
    service.sts.kill()
    answer = ask(service.gateway, ALICE, "GET", "/shared/a.txt")
    assert (answer.status, answer.body) == (503, b"the validator does not answer")
