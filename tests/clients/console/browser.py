"""Chromium without a head, driven over WebDriver as somebody with a keyboard would use it.

<https://www.w3.org/TR/webdriver2/>
"""

import base64
import subprocess
import time

import requests

ENTER, SPACE, TAB = "\ue007", " ", "\ue004"
SHIFT = "\ue008"
WITHIN = 30


def driver():
    """A driver and its port. It takes a port that is free for one kind of address and ends if it is not for the other."""
    for _ in range(10):
        command = ["chromedriver", "--port=0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        said = []
        for line in process.stdout:
            said.append(line)
            if "started successfully on port" in line:
                return process, line.split("port ")[1].split(".")[0]
        process.wait()
    raise AssertionError(f"chromedriver did not start; it said:\n{''.join(said)}")


class Browser:
    def __init__(self, profile, width=1200, height=900, dark=False):
        self._driver, port = driver()
        try:
            self._at = self._begin(port, profile, width, height)
            self.cdp("Emulation.setEmulatedMedia", features=[media("color-scheme", "dark" if dark else "light")])
            self.cdp(
                "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
            )
        except BaseException:
            self._driver.kill()
            raise

    def _begin(self, port, profile, width, height):
        arguments = ["--headless=new", "--disable-gpu", "--no-sandbox", "--hide-scrollbars"]
        arguments += [f"--user-data-dir={profile}", f"--window-size={width},{height}"]
        wanted = {"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}
        begun = self._call("POST", f"http://127.0.0.1:{port}/session", {"capabilities": {"alwaysMatch": wanted}})
        return f"http://127.0.0.1:{port}/session/{begun['sessionId']}"

    @staticmethod
    def _call(method, address, body=None):
        # Whatever proxy the machine has is none of loopback's.
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, address, json=body, timeout=WITHIN)
        value = answer.json()["value"]
        assert answer.ok, value
        return value

    def _do(self, command, **body):
        return self._call("POST", f"{self._at}/{command}", body)

    def cdp(self, command, **params):
        return self._do("goog/cdp/execute", cmd=command, params=params)

    def close(self):
        try:
            self._call("DELETE", self._at)
        finally:
            self._driver.kill()
            self._driver.wait()

    def visit(self, address):
        self._do("url", url=address)

    @property
    def address(self):
        return self._call("GET", f"{self._at}/url")

    @property
    def title(self):
        return self._call("GET", f"{self._at}/title")

    def run(self, script):
        """What a script says that looks at the page from outside; the page itself may run none."""
        return self._do("execute/sync", script=f"return {script.strip()}", args=[])

    def press(self, *keys):
        """Presses and lets go, one after the other."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._do("actions", actions=[{"type": "key", "id": "keyboard", "actions": strokes}])

    def leave_by(self, *keys, script=None):
        """Presses them, or runs a script, and waits for the page to which that leads."""
        self.run("window.here = true")
        if script:
            self.run(script)
        self.press(*keys)
        deadline = time.monotonic() + WITHIN
        while self.run("window.here === true || document.readyState !== 'complete'"):
            assert time.monotonic() < deadline, f"it leads nowhere: {self.text()}"
            time.sleep(0.02)

    def type(self, text):
        self.press(*text)

    def focus(self):
        """What has the focus, as it is called."""
        return self.run(
            "((it) => (it.getAttribute('aria-label') || (it.labels && it.labels[0] || it).innerText || it.id).trim())"
            "(document.activeElement)"
        )

    def tab_to(self, name, most=80):
        """Goes on by the tabulator until this has the focus; where it never comes, nobody gets by keyboard."""
        met = []
        for _ in range(most):
            self.press(TAB)
            met.append(self.focus())
            if met[-1].startswith(name):
                assert self.run("getComputedStyle(document.activeElement).outlineStyle") != "none", f"unseen: {name}"
                return
        raise AssertionError(f"no way to {name!r}, only to {met}")

    def text(self):
        return self.run("document.body.innerText")

    def complaints(self):
        """What the browser had to say of the pages, such as that their policy forbids something; no mere advice."""
        told = [line["message"] for line in self._do("se/log", type="browser")]
        return [line for line in told if "favicon" not in line and "[DOM]" not in line]

    def picture(self, path, whole=True):
        taken = self.cdp("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(taken["data"]))


def media(name, value):
    return {"name": f"prefers-{name}", "value": value}
