"""Credentials that botocore fetches by itself: from a container's agent, a pod's, an instance, a process."""

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.session
import pytest

from clients import MODELS
from outside.people import ACCOUNT, role, session_arn
from outside.server import binary, environment

SECTION = f"""
accounts:
  - id: "{ACCOUNT}"
    roles:
      - name: worker
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: {{ Service: [ecs-tasks.amazonaws.com, ec2.amazonaws.com, pods.eks.amazonaws.com] }}
              Action: [sts:AssumeRole, sts:TagSession]
      - name: persons
        trust:
          Version: "2012-10-17"
          Statement: [{{ Effect: Allow, Principal: {{ AWS: "arn:aws:iam::{ACCOUNT}:root" }}, Action: sts:AssumeRole }}]
    instanceProfiles: [{{ name: web, role: worker }}]
delivery:
  container:
    - {{ path: plain, role: worker }}
    - {{ path: guarded, role: worker, token: let-me-in }}
    - {{ path: short, role: worker, lifetimeSeconds: 40 }}
    - {{ path: persons, role: persons }}
  imds: {{ instanceProfile: web, v2Only: true }}
  eks: [{{ role: worker, cluster: blue, namespace: shop, serviceAccount: till, token: pod-token }}]
"""


@pytest.fixture
def agent(launch, tmp_path):
    seed = tmp_path / "delivery.yaml"
    seed.write_text(SECTION)
    return launch("--delivery-listen", "127.0.0.1:0", seed=seed)


@pytest.fixture
def fetched(agent, monkeypatch):
    """A session that has nothing but these variables."""

    def session(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        core = botocore.session.get_session()
        core.register_component("data_loader", MODELS)
        return boto3.session.Session(botocore_session=core)

    return session


def arn(agent, session):
    return session.client("sts", region_name="eu-central-1", endpoint_url=agent.aws).get_caller_identity()["Arn"]


def test_a_container_gets_its_role_by_a_full_address(agent, fetched):
    session = fetched(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{agent.delivery}/creds/plain")
    assert arn(agent, session).startswith(session_arn("worker", ""))
    assert session.get_credentials().method == "container-role"
    assert session.get_credentials().get_frozen_credentials().account_id == ACCOUNT


def test_a_container_shows_its_token(agent, fetched):
    session = fetched(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{agent.delivery}/creds/guarded", AWS_CONTAINER_AUTHORIZATION_TOKEN="let-me-in"
    )
    assert arn(agent, session).startswith(session_arn("worker", ""))


def test_a_container_shows_the_token_of_a_file(agent, fetched, tmp_path):
    file = tmp_path / "token"
    file.write_text("let-me-in")
    session = fetched(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{agent.delivery}/creds/guarded",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=file,
        AWS_CONTAINER_AUTHORIZATION_TOKEN="another",
    )
    assert arn(agent, session).startswith(session_arn("worker", ""))


@pytest.mark.parametrize(
    "path, token, says", [("guarded", "no", "Authorization"), ("persons", None, "ecs-tasks.amazonaws.com"), ("nobody", None, "nobody")]
)
def test_what_a_container_is_refused_says_why(agent, fetched, path, token, says):
    variables = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{agent.delivery}/creds/{path}"}
    session = fetched(**variables, **({"AWS_CONTAINER_AUTHORIZATION_TOKEN": token} if token else {}))
    with pytest.raises(botocore.exceptions.CredentialRetrievalError) as raised:
        arn(agent, session)
    assert says in str(raised.value)


def test_a_pod_gets_its_role(agent, fetched, tmp_path):
    file = tmp_path / "token"
    file.write_text("pod-token")
    session = fetched(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{agent.delivery}/v1/credentials", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=file
    )
    assert arn(agent, session).startswith(session_arn("worker", "eks-blue-till-"))


def test_an_instance_gets_its_role(agent, fetched):
    session = fetched(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=agent.delivery)
    assert arn(agent, session).startswith(session_arn("worker", "i-"))
    assert session.get_credentials().method == "iam-role"


def test_an_instance_of_version_2_shows_nothing_without_a_token(agent, fetched):
    session = fetched(
        AWS_EC2_METADATA_DISABLED="false",
        AWS_EC2_METADATA_SERVICE_ENDPOINT=agent.delivery,
        AWS_EC2_METADATA_V1_DISABLED="true",
    )
    assert arn(agent, session)
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{agent.delivery}/latest/meta-data/")
    assert raised.value.code == 401


def test_credentials_are_renewed_before_they_end_by_the_clock_of_the_service(agent, fetched):
    session = fetched(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{agent.delivery}/creds/short")
    sts = session.client("sts", region_name="eu-central-1", endpoint_url=agent.aws)
    seen = set()
    for _ in range(4):
        sts.get_caller_identity()
        seen.add(session.get_credentials().get_frozen_credentials().access_key)
        agent.advance(31)
    assert len(seen) == 4


def test_a_profile_fetches_by_a_process(agent, home, monkeypatch):
    options = ["--companion-listen", agent.companion.removeprefix("http://")]
    config = home / ".aws" / "config"
    name = role("persons")
    subprocess.run(
        [binary(), *options, "profile", name, "--name", "local", "--write", config], check=True, env=environment(home)
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    session = boto3.session.Session(profile_name="local")
    client = session.client("sts")
    assert client.meta.endpoint_url == agent.aws
    assert client.get_caller_identity()["Arn"] == session_arn("persons", "local-sts")
    assert session.get_credentials().method == "custom-process"


def test_a_session_signs_somebody_in_to_the_console(agent):
    issued = agent.admin("POST", "/_admin/v1/sessions/issue", {"role": "worker"})[1]
    shown = {
        "sessionId": issued["accessKeyId"],
        "sessionKey": issued["secretAccessKey"],
        "sessionToken": issued["sessionToken"],
    }
    address = f"{agent.companion}/federation?"
    query = urllib.parse.urlencode({"Action": "getSigninToken", "SessionDuration": 3600, "Session": json.dumps(shown)})
    token = json.load(urllib.request.urlopen(address + query))["SigninToken"]
    login = {"Action": "login", "Issuer": "x", "Destination": "https://console.aws.amazon.com/", "SigninToken": token}
    page = urllib.request.urlopen(address + urllib.parse.urlencode(login)).read().decode()
    assert session_arn("worker", "local-sts") in page


def journal(agent, surface):
    status, page = agent.admin("GET", f"/_admin/v1/journal?surface={surface}")
    assert status == 200, page
    return page["entries"]


def test_the_journal_knows_what_was_fetched_and_what_was_refused(agent, fetched):
    session = fetched(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{agent.delivery}/creds/plain")
    arn(agent, session)
    key = session.get_credentials().access_key
    [given] = journal(agent, "container")
    assert (given["action"], given["outcome"], given["params"]["path"]) == ("credentials", "success", "/creds/plain")
    assert (given["made"]["accessKeyId"], given["made"]["accountId"], given["roleArn"]) == (key, ACCOUNT, role("worker"))
    assert session.get_credentials().secret_key not in json.dumps(given)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{agent.delivery}/creds/persons")
    refused = journal(agent, "container")[-1]
    assert (refused["outcome"], refused["error"]["code"]) == ("refused", "AccessDenied")
    assert "ecs-tasks.amazonaws.com" in refused["error"]["message"]


def test_an_instance_tries_again_what_went_wrong_on_purpose(agent, fetched):
    rule = {"match": {"surface": "imds", "action": "credentials"}, "times": 1, "error": {"code": "Busy", "httpStatus": 503}}
    status, answer = agent.admin("POST", "/_admin/v1/faults", rule)
    assert status == 200, answer
    variables = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3"}
    session = fetched(AWS_EC2_METADATA_SERVICE_ENDPOINT=agent.delivery, **variables)
    assert arn(agent, session).startswith(session_arn("worker", "i-"))
    outcomes = [(entry["action"], entry["status"]) for entry in journal(agent, "imds")]
    assert outcomes[:2] == [("token", 200), ("credentials", 503)] and ("credentials", 200) in outcomes[2:]
