"""A service that speaks TLS: whom boto3 trusts, and what policies see of it."""

import pytest
from botocore.exceptions import SSLError

from clients import sts
from outside.people import DEMO, Keys
from outside.server import REPOSITORY

TLS = REPOSITORY / "fixtures/oidc/tls"
ALICE = Keys("AKIAEXAMPLEALICE0001", "alice-secret")
ROLE = {"RoleArn": "arn:aws:iam::123456789012:role/trusting", "RoleSessionName": "ci"}

DEMANDING = """
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAEXAMPLEALICE0001, secret: alice-secret }]
        policies:
          - name: all
            document:
              Version: "2012-10-17"
              Statement:
                - { Effect: Allow, Action: "*", Resource: "*" }
                - { Effect: Deny, Action: "*", Resource: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } }
    roles:
      - name: trusting
        trust:
          Version: "2012-10-17"
          Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "sts:AssumeRole" }]
"""


def secured(launch, certificate, **more):
    return launch("--tls-cert", str(TLS / certificate), "--tls-key", str(TLS / "host.key"), **more)


def trusting(server, keys, authority):
    return sts(server, keys, verify=str(TLS / authority))


@pytest.mark.parametrize("certificate, authority", [("host.crt", "authority.crt"), ("alone.crt", "alone.crt")])
def test_who_trusts_the_authority_is_served(launch, certificate, authority):
    server = secured(launch, certificate)
    assert server.aws.startswith("https://127.0.0.1:")
    client = trusting(server, DEMO, authority)
    for _ in range(3):
        assert client.get_caller_identity()["Account"] == "000000000000"


@pytest.mark.parametrize(
    "certificate, authority",
    [
        ("host.crt", "alone.crt"),
        ("alone.crt", "authority.crt"),
        ("elsewhere.crt", "authority.crt"),
        ("expired.crt", "authority.crt"),
    ],
)
def test_who_trusts_others_goes_away(launch, certificate, authority):
    with pytest.raises(SSLError):
        trusting(secured(launch, certificate), DEMO, authority).get_caller_identity()


def test_a_policy_that_demands_tls_is_met_by_it(launch, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text(DEMANDING)
    assumed = trusting(secured(launch, "host.crt", seed=seed), ALICE, "authority.crt").assume_role(**ROLE)
    assert assumed["AssumedRoleUser"]["Arn"].endswith("assumed-role/trusting/ci")
    client = sts(launch(seed=seed), ALICE)
    with pytest.raises(client.exceptions.ClientError, match="is not authorized to perform: sts:AssumeRole"):
        client.assume_role(**ROLE)
