"""AssumeRoleWithSAML with boto3 and with Responses of the built-in identity provider."""

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from clients import iam, sts
from outside.people import Keys
from outside.saml import PROVIDER, ROLE, SEED, response, saml, seeded

@pytest.fixture
def server(launch, tmp_path):
    return launch(seed=seeded(tmp_path))


def assume(server, assertion, **params):
    nobody = boto3.client("sts", region_name="us-east-1", endpoint_url=server.aws, config=Config(signature_version=UNSIGNED))
    return nobody.assume_role_with_saml(RoleArn=ROLE, PrincipalArn=PROVIDER, SAMLAssertion=assertion, **params)


def test_whoever_the_identity_provider_vouches_for_gets_credentials(home, server):
    answer = assume(server, response(home, server, "--subject", "alice", "--tag", "Team=blue"), DurationSeconds=900)
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/analyst/alice"
    assert (answer["Subject"], answer["SubjectType"]) == ("alice", "persistent")
    assert answer["Audience"] == "https://signin.aws.amazon.com/saml"
    keys = Keys.of(answer["Credentials"])
    assert sts(server, keys).get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]


@pytest.mark.parametrize("shape", ["okta", "entra", "adfs", "keycloak", "google", "shibboleth", "simplesamlphp"])
def test_the_manner_of_the_identity_provider_does_not_matter(home, server, shape):
    assert assume(server, response(home, server, "--shape", shape))["Issuer"] == "https://idp.local-sts.test/saml"


@pytest.mark.parametrize(
    "arguments, code, text",
    [
        (["--defect", "expired"], "ExpiredTokenException", "Response has expired"),
        (["--defect", "stale"], "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"),
        (["--defect", "altered"], "InvalidIdentityToken", "Response signature invalid"),
        (["--defect", "signed-by-stranger"], "InvalidIdentityToken", "Response signature invalid"),
        (["--defect", "unsigned"], "InvalidIdentityToken", "mandatory signature (Service: AWSOpenIdDiscoveryService;"),
        (["--defect", "xsw3"], "InvalidIdentityToken", "Invalid base64 SAMLResponse (Service:"),
        (["--recipient", "https://elsewhere.test"], "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"),
        (["--source-identity", "bob"], "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"),
        (["--session-name", "a b"], "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match"),
    ],
)
def test_what_does_not_hold_is_refused(home, server, arguments, code, text):
    with pytest.raises(ClientError) as refused:
        assume(server, response(home, server, *arguments))
    assert refused.value.response["Error"]["Code"] == code and text in refused.value.response["Error"]["Message"]


def test_a_provider_made_by_a_call_counts_until_it_is_deleted_by_one(home, launch, tmp_path):
    seed = tmp_path / "none.yaml"
    users = "    users: [{ name: admin, accessKeys: [{ id: AKIAADMINADMIN00001, secret: admin-secret }], attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess] }]\n"
    seed.write_text(SEED.replace("    samlProviders: [{ name: demo, metadata: built-in }]\n", users))
    server = launch(seed=seed)
    client = iam(server, Keys("AKIAADMINADMIN00001", "admin-secret"))
    metadata = saml(home, server, "metadata").stdout
    with pytest.raises(ClientError):
        assume(server, response(home, server))
    assert client.create_saml_provider(Name="demo", SAMLMetadataDocument=metadata)["SAMLProviderArn"] == PROVIDER
    assert assume(server, response(home, server))["Subject"] == "demo"
    client.delete_saml_provider(SAMLProviderArn=PROVIDER)
    with pytest.raises(ClientError):
        assume(server, response(home, server))


def test_what_makes_no_sense_is_told_on_the_command_line(home, server):
    done = saml(home, server, "response", "--role", ROLE, "--shape", "nobody")
    assert done.returncode == 1 and "okta, entra, adfs" in done.stderr, done
    done = saml(home, server, "response", "--role", "analyst")
    assert done.returncode == 1 and "no ARN of a role" in done.stderr, done


def test_its_metadata_registers_it_elsewhere(home, server, launch, tmp_path):
    done = saml(home, server, "metadata")
    assert done.returncode == 0 and 'entityID="https://idp.local-sts.test/saml"' in done.stdout
    indented = "".join(f"          {line}\n" for line in done.stdout.strip().splitlines())
    seed = tmp_path / "other.yaml"
    seed.write_text(SEED.replace("[{ name: demo, metadata: built-in }]", f"\n      - name: demo\n        metadata: |\n{indented}"))
    assert assume(launch(seed=seed), response(home, server))["Subject"] == "demo"
