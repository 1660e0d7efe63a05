"""schemathesis makes calls of the validator's own description: none breaks it, and every answer is a declared one."""

import os
import subprocess
import sys

import pytest

from outside.server import SAMPLE_SEED

TOKEN = "schemathesis-token-01"
# The stream of events never ends by itself.
ALL_BUT_STREAMS = ["--exclude-path", "/v1/events"]
PROXIES = ["--include-path-regex", "^/v1/forward-auth/"]
# Not everything that a call may not say can be said in the schema, such as that a policy is one.
DECLARED = (
    "status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,"
    "unsupported_method,allow_header_conformance"
)
CHECKS = f"not_a_server_error,negative_data_rejection,{DECLARED}"


@pytest.fixture
def asked(launch, tmp_path):
    """Has schemathesis ask the validator; a token of its own for whoever asks so much."""

    def run(scopes, *options):
        tokens = tmp_path / "tokens"
        tokens.write_text(f"{TOKEN} {scopes} s3,execute-api\n")
        tokens.chmod(0o600)
        server = launch("--companion-token-file", tokens, "--unsafe-secrets-lookup", seed=SAMPLE_SEED)
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.companion}/v1/openapi.json"]
        command += ["--header", f"Validator-Token: {TOKEN}", "--no-color", "--seed", "20261122", "--request-timeout", "10"]
        command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "50", *options]
        how = {"cwd": tmp_path, "env": {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, "timeout": 300}
        done = subprocess.run(command, capture_output=True, text=True, **how)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        # One that asked nothing has shown nothing.
        assert "Tested: 0" not in done.stdout and "Tested:" in done.stdout, done.stdout
        assert server.is_running()

    return run


def test_no_call_that_the_description_allows_or_forbids_breaks_the_validator(asked):
    asked("*,secret", *ALL_BUT_STREAMS, "--exclude-path-regex", "^/v1/forward-auth/", "--checks", CHECKS)


def test_whoever_may_ask_for_nothing_is_answered_as_declared(asked):
    asked("admin", *ALL_BUT_STREAMS, "--exclude-path-regex", "^/v1/forward-auth/", "--checks", DECLARED)


def test_a_proxy_that_asks_for_nonsense_is_answered_as_declared(asked):
    # There 500 is the word for a proxy that is set up wrongly, and 501 for what cannot be mapped.
    asked("*", *PROXIES, "--checks", DECLARED.replace("unsupported_method,", ""))
