"""The validator stopped, silent, restarted, not trusting us, talking nonsense: nobody gets through, the log says why,
and all is well again by itself."""

import http.server
import socket
import threading

import pytest

from gateway import ALICE, BUCKET, SEED, Pair, eventually
from outside.server import Server
from wire import ask, send

TARGET = f"/{BUCKET}/a.txt"


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def validator(tmp_path, data_dir, port):
    """Starts local-sts at one place, again and again."""
    started = []

    def start(*arguments):
        where = f"127.0.0.1:{port}"
        server = Server(tmp_path / f"sts-{len(started)}", *arguments, seed=SEED, data_dir=data_dir, companion=where)
        started.append(server)
        return server

    yield start
    for server in [server for server in started if server.is_running()]:
        server.stop()


def get(gateway, keys=ALICE):
    return ask(gateway, keys, "GET", TARGET)


def is_well(gateway, keys=ALICE):
    return get(gateway, keys).status == 200


def check_refuses(gateway, log, status=503, code="ServiceUnavailable", keys=ALICE):
    """Nobody gets through: signed or not, known before or not, to read or to write."""
    for answer in [
        get(gateway, keys),
        send(gateway, "GET", TARGET),
        ask(gateway, keys, "PUT", f"/{BUCKET}/new", body=b"x"),
        ask(gateway, keys, "DELETE", TARGET),
        ask(gateway, keys.but(secret="wrong"), "GET", TARGET),
    ]:
        assert (answer.status, answer.code) == (status, code), answer
    assert (gateway.root / TARGET[1:]).read_bytes() == b"hello\n"
    assert not (gateway.root / BUCKET / "new").exists()
    assert "refused: no answer from the validator" in gateway.said()
    assert log in gateway.said(), gateway.said()


def test_stopped_and_started_again(validator, gateways, data_dir):
    sts = validator()
    gateway = gateways(sts.companion, data_dir / "companion.token")
    pair = Pair(sts, gateway)
    pair.keep("a.txt")
    gateway.hears_of_changes()
    session = pair.role("everything")
    assert all(is_well(gateway, keys) for keys in [ALICE, session] for _ in range(3))
    sts.kill()
    check_refuses(gateway, "cannot be reached")
    check_refuses(gateway, "changes are not heard of", keys=session)
    sts = validator()
    assert is_well(gateway)
    # The state was kept, and so was the session.
    assert is_well(gateway, session)
    eventually(lambda: gateway.said().count("changes are heard of") == 2)


def test_stopped_in_good_order(validator, gateways, data_dir):
    sts = validator()
    gateway = gateways(sts.companion, data_dir / "companion.token")
    Pair(sts, gateway).keep("a.txt")
    assert is_well(gateway)
    sts.stop()
    check_refuses(gateway, "cannot be reached")


def test_silent_and_awake_again(validator, gateways, data_dir):
    sts = validator()
    gateway = gateways(sts.companion, data_dir / "companion.token")
    Pair(sts, gateway).keep("a.txt")
    assert is_well(gateway)
    with sts.suspended():
        answer = get(gateway)
        assert (answer.status, answer.code) == (503, "ServiceUnavailable")
        assert "did not answer in time" in gateway.said()
    eventually(lambda: is_well(gateway))


def test_not_there_yet(validator, gateways, port, data_dir):
    gateway = gateways(f"http://127.0.0.1:{port}")
    Pair(None, gateway).keep("a.txt")
    check_refuses(gateway, "cannot be reached")
    validator()
    assert is_well(gateway)


def test_restarted_with_other_people(validator, gateways, data_dir, tmp_path):
    """A key that was known is not known any more, whatever was kept of it."""
    sts = validator()
    gateway = gateways(sts.companion, data_dir / "companion.token")
    Pair(sts, gateway).keep("a.txt")
    gateway.hears_of_changes()
    assert all(is_well(gateway) for _ in range(3))
    sts.stop()
    others = tmp_path / "others.yaml"
    others.write_text(SEED.read_text().replace(ALICE.id, "AKIAEXAMPLES3ALICE02"))
    where = sts.companion.removeprefix("http://")
    token = (data_dir / "companion.token").read_text()
    known = tmp_path / "tokens"
    known.write_text(token)
    known.chmod(0o600)
    other = Server(tmp_path / "other", "--companion-token-file", str(known), seed=others, companion=where)
    try:
        answer = get(gateway)
        assert (answer.status, answer.code) == (403, "InvalidAccessKeyId")
        assert is_well(gateway, ALICE.but(id="AKIAEXAMPLES3ALICE02"))
    finally:
        other.stop()


def test_not_trusting_us_until_it_does(validator, gateways, data_dir, tmp_path):
    tokens, ours = tmp_path / "tokens", tmp_path / "ours"
    tokens.write_text("the-right-token-of-old\n")
    ours.write_text("our-token-our-token-our-token\n")
    for path in [tokens, ours]:
        path.chmod(0o600)
    sts = validator("--companion-token-file", str(tokens))
    gateway = gateways(sts.companion, ours)
    Pair(sts, gateway).keep("a.txt")
    check_refuses(gateway, "does not let us ask", 500, "InternalError")
    sts.stop()
    tokens.write_text("our-token-our-token-our-token\n")
    validator("--companion-token-file", str(tokens))
    assert is_well(gateway)
    gateway.hears_of_changes()


@pytest.mark.parametrize("scopes", ["authenticate", "authorize", "signing-key,events"])
def test_a_token_that_may_not_ask_enough(validator, gateways, tmp_path, scopes):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"our-token-our-token-our-token {scopes}\n")
    tokens.chmod(0o600)
    gateway = gateways(validator("--companion-token-file", str(tokens)).companion, tokens)
    Pair(None, gateway).keep("a.txt")
    answer = get(gateway)
    assert (answer.status, answer.code) == (500, "InternalError")
    assert "does not let us ask" in gateway.said()


def test_a_token_without_keys_is_enough_to_ask(validator, gateways, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("our-token-our-token-our-token validator\n")
    tokens.chmod(0o600)
    gateway = gateways(validator("--companion-token-file", str(tokens)).companion, tokens)
    Pair(None, gateway).keep("a.txt")
    assert all(is_well(gateway) for _ in range(3))
    assert gateway.said().count("no signing keys") == 1


YES = b'{"authenticated": true, "allow": true, "active": true, "results": [{"decision": "allow"}]}'
PROPER = {"content-type": "application/json", "validator-protocol": "1", "validator-epoch": "1"}
NONSENSE = {
    "a page": (200, {"content-type": "text/html"}, b"<html>hello</html>"),
    "yes of no validator": (200, {"content-type": "application/json"}, YES),
    "half a yes": (200, PROPER, b'{"authenticated": true, "allow": true, "active": true}'),
    "a yes too many": (200, PROPER, YES.replace(b"]", b', {"decision": "allow"}]')),
    "nothing": (200, {}, b""),
    "another protocol": (200, PROPER | {"validator-protocol": "2"}, YES),
    "a redirect": (302, {"location": "/elsewhere"}, b""),
    "a fault": (500, PROPER, b"{}"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_talking_nonsense(validator, gateways, port, what):
    status, headers, body = NONSENSE[what]

    class Nonsense(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, *said):
            pass

    fake = http.server.ThreadingHTTPServer(("127.0.0.1", port), Nonsense)
    threading.Thread(target=fake.serve_forever).start()
    try:
        gateway = gateways(f"http://127.0.0.1:{port}")
        Pair(None, gateway).keep("a.txt")
        expect = (500, "InternalError") if what == "another protocol" else (503, "ServiceUnavailable")
        check_refuses(gateway, "validator", *expect)
    finally:
        fake.shutdown()
        fake.server_close()
    validator()
    eventually(lambda: is_well(gateway))
