"""docs/validator.md is true: its commands are run, and its Python serves boto3."""

import json
import os
import re
import subprocess

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from outside import signer
from outside.people import BOB, role
from outside.server import REPOSITORY, SAMPLE_SEED
from outside.service import Service

DOCUMENT = (REPOSITORY / "docs/validator.md").read_text()
# What differs each time: request ids, epochs and what is encrypted.
VOLATILE = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r'"epoch": [0-9]+', '"epoch": N'),
    (r'"encodedMessage": "[^"]+"', '"encodedMessage": "SEALED"'),
]


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", DOCUMENT, re.DOTALL)


def commands():
    """Every command with the answer that the document shows; those without one are not meant to be compared."""
    for block in blocks("console"):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            command, brace, answer = part.partition("\n{\n")
            yield command, brace.strip() + "\n" + answer if brace else None


def same(answer):
    """An answer without what differs each time."""
    found = json.loads(answer)
    found.pop("machineTime", None)
    text = json.dumps(found, indent=1, sort_keys=True)
    for pattern, name in VOLATILE:
        text = re.sub(pattern, name, text)
    return text


@pytest.fixture
def run(launch, data_dir):
    server = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    token = (data_dir / "companion.token").read_text().strip()

    def run(command):
        command = command.replace("localhost:4593", server.companion.removeprefix("http://"))
        environment = {"PATH": os.environ["PATH"], "TOKEN": token}
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    return run


def test_every_example_answers_as_it_says(run):
    compared = 0
    for command, answer in commands():
        if command.startswith(("local-sts", "TOKEN=", "curl -sN")):
            continue
        found = run(command)
        if answer is not None:
            assert same(found) == same(answer), command
            compared += 1
    assert compared >= 9


def test_the_lines_of_python_are_all_that_a_service_needs(sample):
    lines = {}
    exec(blocks("python")[0], lines)
    lines["VALIDATOR"] = sample.companion

    def judge(method, target, headers, _):
        identity, refusal = lines["check"](method, target, list(headers))
        return refusal or (200, "text/plain", identity["arn"])

    service = Service(judge)
    keys = signer.assume(sample, BOB, role("report-reader"))
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, region_name="eu-central-1")
    client = boto3.client("s3", endpoint_url=service.url, config=config, **keys.as_boto())
    read = lambda bucket: client.get_object(Bucket=bucket, Key="a b")["Body"].read().decode()  # noqa: E731
    try:
        assert read("reports").endswith(":assumed-role/report-reader/ci")
        with pytest.raises(ClientError, match="AccessDenied"):
            read("salaries")
        sample.kill()
        with pytest.raises(ClientError) as raised:
            read("reports")
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    finally:
        service.stop()
