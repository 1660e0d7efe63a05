"""Starts and stops the program under test, and turns the wheels of its companion."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]
SAMPLE_SEED = REPOSITORY / "fixtures/seed/sample.yaml"
#: The accounts that the suites of all languages try the same things with.
MATRIX_SEED = REPOSITORY / "tests/clients/common/matrix.yaml"

READY_WITHIN = 20.0
STOPPED_WITHIN = 5.0
ENDED_WITHIN = 10.0


def binary():
    """LOCAL_STS_BIN, or what `cargo build` leaves behind."""
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    path = Path(os.environ.get("LOCAL_STS_BIN") or REPOSITORY / target / "debug/local-sts")
    assert path.is_file(), f"{path} is not there: run `cargo build`, or name the program in LOCAL_STS_BIN"
    return str(path)


def environment(home, **more):
    """An environment in which nothing of the one who runs the tests is left: no AWS_*, no LOCAL_STS_*, no proxy."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **more}


def run_to_end(home, *arguments):
    """Runs the program where it is expected to end by itself."""
    command = [binary(), *map(str, arguments)]
    how = {"env": environment(home), "stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    try:
        return subprocess.run(command, **how, timeout=ENDED_WITHIN)
    except subprocess.TimeoutExpired as running:
        raise AssertionError(f"it did not end, but said:\n{running.stdout}\n{running.stderr}") from None


class Server:
    """A running local-sts."""

    def __init__(self, home, *arguments, seed=None, data_dir=None, region=None, companion="127.0.0.1:0"):
        home.mkdir(parents=True, exist_ok=True)
        self.arguments = ["--aws-listen", "127.0.0.1:0", "--companion-listen", companion]
        self.arguments += ["--ephemeral"] if data_dir is None else ["--data-dir", str(data_dir)]
        self.arguments += [] if seed is None else ["--seed", str(seed)]
        self.arguments += [] if region is None else ["--region", region]
        self.arguments += arguments
        self._said = (home / "stderr").open("w+b")
        self._process = subprocess.Popen(
            [binary(), *self.arguments],
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        try:
            word, _, addresses = self._line(time.monotonic() + READY_WITHIN).partition(" ")
            assert word == "ready", f"first line of standard output: {word} {addresses}"
            addresses = json.loads(addresses)
            self.aws, self.companion = addresses["aws"], addresses["companion"]
            self.delivery = addresses.get("delivery")
        except BaseException:
            self.kill()
            raise

    def _line(self, deadline):
        out, line = self._process.stdout.fileno(), b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            assert left > 0 and select.select([out], [], [], left)[0], f"not ready in time; it said:\n{self.said()}"
            piece = os.read(out, 4096)
            assert piece, f"it ended before it was ready, and said:\n{self.said()}"
            line += piece
        return line.decode()

    def said(self):
        """What it wrote on standard error so far."""
        self._said.flush()
        return Path(self._said.name).read_text()

    @property
    def pid(self):
        return self._process.pid

    def is_running(self):
        return self._process.poll() is None

    def stop(self, how=signal.SIGTERM):
        """Asks it to end, as a container runtime does, and checks that it does so in time and in good order."""
        self._process.send_signal(how)
        try:
            code = self._process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still there {STOPPED_WITHIN} s after {how.name}; it said:\n{self.said()}") from None
        rest = self._process.stdout.read()
        assert (code, rest) == (0, b""), f"exit code {code}, more on standard output: {rest}; it said:\n{self.said()}"

    def kill(self):
        """kill -9."""
        self._process.kill()
        self._process.wait(STOPPED_WITHIN)

    @contextlib.contextmanager
    def suspended(self):
        """SIGSTOP, so that it listens and says nothing, and SIGCONT at the end."""
        self._process.send_signal(signal.SIGSTOP)
        # Only the kernel's word tells that every thread stands still.
        change = os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        assert change.si_code == os.CLD_STOPPED, f"it ended, and said:\n{self.said()}"
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def admin(self, method, path, body=None):
        """Asks the companion; answers (status, what its JSON says)."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.companion + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    def _done(self, *call):
        status, answer = self.admin(*call)
        assert status == 200, (call, status, answer)
        return answer

    def advance(self, seconds):
        return self._done("POST", "/_admin/v1/clock/advance", {"seconds": seconds})

    def freeze(self, at):
        return self._done("PUT", "/_admin/v1/clock", {"mode": "frozen", "at": at})

    def follow_machine(self):
        return self._done("PUT", "/_admin/v1/clock", {"mode": "system", "backwards": True})

    def reset(self):
        return self._done("POST", "/_admin/v1/reset")
