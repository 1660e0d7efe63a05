"""The CLI in a container, in a pod and on an instance."""

import pytest

from outside.people import session_arn
from outside.server import MATRIX_SEED


@pytest.fixture
def ask(aws, launch):
    server = launch("--delivery-listen", "127.0.0.1:0", seed=MATRIX_SEED)

    def ask(path="", **variables):
        return aws.sts("get-caller-identity", AWS_ENDPOINT_URL_STS=server.aws, **{
            name: server.delivery + path if value is None else value for name, value in variables.items()
        })

    return ask


def test_a_container_a_pod_and_an_instance(ask):
    full = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": None}
    worker = ask("/creds/worker", **full, AWS_CONTAINER_AUTHORIZATION_TOKEN="let-me-in")
    assert worker.json()["Arn"].startswith(session_arn("worker", ""))
    pod = ask("/v1/credentials", **full, AWS_CONTAINER_AUTHORIZATION_TOKEN="pod-token")
    assert pod.json()["Arn"].startswith(session_arn("pod", ""))
    instance = ask(AWS_EC2_METADATA_SERVICE_ENDPOINT=None, AWS_EC2_METADATA_DISABLED="false")
    assert instance.json()["Arn"].startswith(session_arn("worker", ""))


def test_a_container_with_a_wrong_token(ask):
    refused = ask("/creds/worker", AWS_CONTAINER_CREDENTIALS_FULL_URI=None, AWS_CONTAINER_AUTHORIZATION_TOKEN="wrong")
    assert refused.code != 0 and "InvalidAuthorizationToken" in refused.stderr, refused
