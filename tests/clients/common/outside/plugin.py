"""The fixtures of both suites. A suite's conftest.py takes them over by `from outside.plugin import *`."""

import os

import pytest

from .issuer import Issuer
from .server import SAMPLE_SEED, Server, environment

__all__ = [
    "away_from_the_machine",
    "data_dir",
    "demo",
    "federated",
    "home",
    "issuer",
    "launch",
    "pytest_sessionfinish",
    "sample",
]


@pytest.fixture(autouse=True)
def away_from_the_machine(home, monkeypatch):
    """Nothing of the machine's own AWS configuration or proxies reaches a test."""
    for name in os.environ.keys() - {"LOCAL_STS_BIN"}:
        if name.startswith(("AWS_", "LOCAL_STS_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    for name, value in client_environment(home).items():
        monkeypatch.setenv(name, value)


def client_environment(home):
    """For any AWS client: no instance metadata, one attempt, one region in both variables."""
    return environment(
        home,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_MAX_ATTEMPTS="1",
        AWS_REGION="eu-central-1",
        AWS_DEFAULT_REGION="eu-central-1",
    )


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    (path / ".aws").mkdir(parents=True)
    return path


@pytest.fixture
def data_dir(tmp_path):
    """A place for state; the program makes the directory itself."""
    return tmp_path / "state"


@pytest.fixture
def launch(tmp_path):
    """Starts servers; those still running when the test is over must stop in good order."""
    started = []

    def start(*arguments, **how):
        server = Server(tmp_path / f"server-{len(started)}", *arguments, **how)
        started.append(server)
        return server

    yield start
    for server in [server for server in started if server.is_running()]:
        server.stop()


@pytest.fixture
def sample(launch):
    """The small company of fixtures/seed/sample.yaml."""
    return launch(seed=SAMPLE_SEED)


@pytest.fixture
def demo(launch):
    """What is served when nobody gives a seed."""
    return launch()


@pytest.fixture
def issuer():
    """Somebody who vouches for the builds of acme."""
    running = Issuer()
    yield running
    running.stop()


@pytest.fixture
def federated(launch, issuer, tmp_path):
    """The small company, which takes the issuer's tokens."""
    seed = tmp_path / "issuer.json"
    seed.write_text(issuer.seed())
    return launch("--seed", str(seed), seed=SAMPLE_SEED)


def pytest_sessionfinish(session, exitstatus):
    """A suite in which nothing was run has shown nothing."""
    reports = session.config.pluginmanager.get_plugin("terminalreporter").stats
    if exitstatus == pytest.ExitCode.OK and not reports.get("passed"):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
