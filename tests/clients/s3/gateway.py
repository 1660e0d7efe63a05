"""The S3 gateway as a process, and who works with it."""

import os
import select
import signal
import subprocess
import time
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config

from outside.people import Keys
from outside.server import ENDED_WITHIN, READY_WITHIN, REPOSITORY, STOPPED_WITHIN, environment

SEED = Path(__file__).with_name("seed.yaml")
OWNER, STRANGER = "111111111111", "222222222222"
BUCKET = "shared"
REGION = "eu-central-1"

ROOT = Keys("AKIAEXAMPLES3ROOT001", "EXAMPLE0s3root00secret0EXAMPLE0s3root000")
ALICE = Keys("AKIAEXAMPLES3ALICE01", "EXAMPLE0s3alice0secret0EXAMPLE0s3alice00")
BOB = Keys("AKIAEXAMPLES3BOB0001", "EXAMPLE0s3bob000secret0EXAMPLE0s3bob0000")
MALLORY = Keys("AKIAEXAMPLES3MALLORY", "EXAMPLE0s3mallorysecret0EXAMPLE0s3mallo0")
BROKER = Keys("AKIAEXAMPLES3BROKER1", "EXAMPLE0s3brokersecret00EXAMPLE0s3broke0")
GUARDIAN = Keys("AKIAEXAMPLES3GUARDIA", "EXAMPLE0s3guardiansecret0EXAMPLE0s3guard")
CAROL = Keys("AKIAEXAMPLES3CAROL01", "EXAMPLE0s3carol0secret0EXAMPLE0s3carol00")

MODELS = botocore.session.get_session().get_component("data_loader")


def binary():
    """S3_GATEWAY_BIN, or where the CI script has it built."""
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    built = REPOSITORY / target / "clients/s3-gateway/debug/s3-gateway"
    path = Path(os.environ.get("S3_GATEWAY_BIN") or built)
    build = "cargo build --manifest-path examples/s3-gateway/Cargo.toml --target-dir target/clients/s3-gateway"
    assert path.is_file(), f"{path} is not there: run `{build}`, or name the program in S3_GATEWAY_BIN"
    return str(path)


class Gateway:
    """A running S3 gateway."""

    def __init__(self, home, root, validator, token_file=None, *arguments):
        home.mkdir(parents=True, exist_ok=True)
        command = [binary(), "--listen", "127.0.0.1:0", "--validator", validator, "--owner", OWNER, *arguments]
        command += ["--token-file", str(token_file)] if token_file else []
        self.root = root
        self._said = (home / "stderr").open("w+b")
        self._process = subprocess.Popen(
            [*command, str(root)],
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        assert select.select([self._process.stdout], [], [], READY_WITHIN)[0], f"not ready; it said:\n{self.said()}"
        line = self._process.stdout.readline().decode()
        assert line.startswith("ready "), f"it said {line!r} and\n{self.said()}"
        self.url = line.split()[1]

    def said(self):
        """What it wrote in its log so far."""
        self._said.flush()
        return Path(self._said.name).read_text()

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(STOPPED_WITHIN) == 0, self.said()

    def hears_of_changes(self):
        """Waits until signatures are verified by kept keys."""
        eventually(lambda: "changes are heard of" in self.said())


class Pair:
    """local-sts and a gateway that asks it, over a directory with a bucket in it."""

    def __init__(self, sts, gateway):
        self.sts, self.gateway = sts, gateway

    def s3(self, keys, **config):
        """A boto3 client; `keys` may be None for nobody."""
        if keys is None:
            config["signature_version"] = botocore.UNSIGNED
        return client("s3", self.gateway.url, keys, **config)

    def sts_client(self, keys):
        return client("sts", self.sts.aws, keys)

    def role(self, name, keys=ALICE, account=OWNER, **params):
        """The keys of a session of a role."""
        arn = f"arn:aws:iam::{account}:role/{name}"
        answer = self.sts_client(keys).assume_role(RoleArn=arn, RoleSessionName="desk-1", **params)
        return Keys.of(answer["Credentials"])

    def file(self, key, bucket=BUCKET):
        """Where the gateway keeps an object."""
        return self.gateway.root / bucket / key

    def keep(self, key, content=b"hello\n", bucket=BUCKET):
        """Puts an object there without asking anybody."""
        self.file(key, bucket).parent.mkdir(parents=True, exist_ok=True)
        self.file(key, bucket).write_bytes(content)


def client(service, endpoint, keys, **config):
    core = botocore.session.get_session()
    core.register_component("data_loader", MODELS)
    return boto3.session.Session(botocore_session=core).client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        config=Config(retries={"total_max_attempts": 1}, **config),
        **(keys.as_boto() if keys else {}),
    )


def eventually(done):
    """Waits for what another process brings about."""
    end = time.monotonic() + ENDED_WITHIN
    while not done():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
