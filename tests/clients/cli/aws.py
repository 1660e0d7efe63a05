"""The AWS CLI of the suite's own virtual environment, as a subprocess."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

BIN = Path(sys.executable).parent
TIMEOUT = 60

# The CLI on a machine whose clock is wrong by as many seconds as its first argument says.
SKEWED = """
import datetime, sys
import awscli.clidriver
import botocore.auth as auth  # not pip's: the CLI puts its own in that place
real, wrong = auth.get_current_datetime, datetime.timedelta(seconds=int(sys.argv.pop(1)))
auth.get_current_datetime = lambda *args, **kwargs: real(*args, **kwargs) + wrong
sys.exit(awscli.clidriver.main())
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    stdout: str
    stderr: str

    def json(self):
        """What it printed, if all went well."""
        assert (self.code, self.stderr) == (0, ""), self
        return json.loads(self.stdout)

    def refusal(self):
        """(operation, (code, text)) if that is all it printed."""
        form = r"\nAn error occurred \((\w+)\) when calling the (\w+) operation: (.*)\n"
        found = re.fullmatch(form, self.stderr, re.DOTALL)
        assert found and (self.code, self.stdout) == (255, ""), self
        return found[2], (found[1], found[3])


class Aws:
    def __init__(self, home):
        self.home = home

    def environment(self, **more):
        """The suite's clean environment, in which `aws` is our own."""
        return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "AWS_PAGER": "", **more}

    def run(self, *command, **more):
        done = subprocess.run(
            command,
            env=self.environment(**more),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def sts(self, *arguments, **more):
        """`aws sts ...` with nothing but what the environment and the profiles say."""
        return self.run("aws", "sts", *arguments, **more)

    def skewed(self, seconds, server, keys):
        """`aws sts get-caller-identity` on a machine whose clock is wrong."""
        command = [sys.executable, "-c", SKEWED, str(seconds), "sts", "get-caller-identity"]
        return self.run(*command, AWS_ENDPOINT_URL_STS=server.aws, **keys.as_environment())

    def call(self, server, keys, operation, params=None, *, region=None, **more):
        """An operation by name and parameters, with keys and endpoint from the environment."""
        arguments = [hyphenated(operation)]
        for name, value in (params or {}).items():
            arguments += [f"--{hyphenated(name)}", str(value)]
        if region:
            more |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        return self.sts(*arguments, AWS_ENDPOINT_URL_STS=server.aws, **keys.as_environment(), **more)

    def profiles(self, text):
        (self.home / ".aws/config").write_text(text)

    def models_that_sign_for(self, service):
        """A model of STS, as `aws configure add-model` would keep it, whose signatures are for another service."""
        kept = Path(find_spec("awscli").origin).parent / "botocore/data/sts/2011-06-15/service-2.json"
        model = json.loads(kept.read_text())
        model["metadata"]["signingName"] = service
        place = self.home / "models/sts/2011-06-15"
        place.mkdir(parents=True)
        (place / kept.name).write_text(json.dumps(model))
        return {"AWS_DATA_PATH": str(self.home / "models")}


def hyphenated(name):
    """GetCallerIdentity -> get-caller-identity."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
