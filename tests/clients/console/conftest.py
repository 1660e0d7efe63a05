import os
import shutil
from pathlib import Path

import pytest

from browser import Browser
from outside.plugin import *  # noqa: F403
from outside.server import REPOSITORY


@pytest.fixture(autouse=True)
def programs():
    """The browser, and what drives it."""
    for name in ("chromium", "chromedriver"):
        assert shutil.which(name), f"the console is tried in Chromium: install {name}"


@pytest.fixture
def browse(tmp_path):
    """Starts browsers; all are closed when the test is over."""
    started = []

    def start(**how):
        browser = Browser(tmp_path / f"browser-{len(started)}", **how)
        started.append(browser)
        return browser

    yield start
    complaints = [complaint for browser in started for complaint in browser.complaints()]
    for browser in started:
        browser.close()
    assert complaints == []


@pytest.fixture
def pictures():
    """Where pictures of the pages are left for people to look at."""
    target = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target")
    place = Path(target) / "clients/console"
    place.mkdir(parents=True, exist_ok=True)
    return place
