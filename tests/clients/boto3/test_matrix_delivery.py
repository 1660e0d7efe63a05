"""Credentials as they are fetched where an application runs on AWS: by a container, a pod and an instance."""

import boto3
import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError, NoCredentialsError

from outside.people import session_arn
from outside.server import MATRIX_SEED


@pytest.fixture
def delivering(launch, monkeypatch):
    server = launch("--delivery-listen", "127.0.0.1:0", seed=MATRIX_SEED)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.aws)
    return server


@pytest.fixture
def fetch(delivering, monkeypatch):
    """An application that fetches at this path, with these variables."""

    def application(path, **variables):
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", delivering.delivery + path)
        for name in ["AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]:
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return boto3.session.Session()

    return application


def is_session_of(application, name):
    return application.client("sts").get_caller_identity()["Arn"].startswith(session_arn(name, ""))


def test_a_container_and_a_pod(fetch, home):
    application = fetch("/creds/worker", AWS_CONTAINER_AUTHORIZATION_TOKEN="let-me-in")
    assert is_session_of(application, "worker")
    assert application.get_credentials().method == "container-role"
    (home / "token").write_text("pod-token")
    assert is_session_of(fetch("/v1/credentials", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(home / "token")), "pod")


def test_a_token_in_a_file_counts_for_more_than_one_in_the_environment(fetch, home):
    (home / "token").write_text("let-me-in")
    variables = {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(home / "token")}
    assert is_session_of(fetch("/creds/worker", **variables), "worker")


def test_a_wrong_token_gets_nothing(fetch):
    with pytest.raises((ClientError, CredentialRetrievalError, NoCredentialsError)) as raised:
        fetch("/creds/worker", AWS_CONTAINER_AUTHORIZATION_TOKEN="wrong").client("sts").get_caller_identity()
    assert raised.type is CredentialRetrievalError


def test_a_token_file_that_ends_in_a_new_line_is_not_taken(fetch, home):
    (home / "token").write_text("let-me-in\n")
    with pytest.raises(ValueError, match="not a legal header value"):
        fetch("/creds/worker", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(home / "token")).client("sts").get_caller_identity()


def test_credentials_of_a_container_are_fetched_anew_before_they_end(fetch, delivering):
    application = fetch("/creds/hurried")
    client, credentials = application.client("sts"), application.get_credentials()
    first = credentials.get_frozen_credentials().access_key
    delivering.advance(70)
    assert client.get_caller_identity()["Arn"].startswith(session_arn("worker", ""))
    assert credentials.get_frozen_credentials().access_key != first


def test_an_instance(delivering, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", delivering.delivery)
    application = boto3.session.Session()
    assert is_session_of(application, "worker")
    assert application.get_credentials().method == "iam-role"
