"""IAM by the AWS CLI: the procedure of AWS's guide for changing an access key; a role, an MFA device and a SAML provider
from first to last."""

import json

from outside.people import ACCOUNT, ALICE, BOB, Keys
from outside.phone import code, shown

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}],
}


def run(aws, server, keys, *arguments):
    return aws.run("aws", "iam", *arguments, AWS_ENDPOINT_URL=server.aws, **keys.as_environment())


def test_a_key_is_changed_for_another(aws, sample):
    def alice(*arguments):
        return run(aws, sample, ALICE, *arguments)

    alice("create-user", "--user-name", "cli-user").json()
    made = alice("create-access-key", "--user-name", "cli-user").json()["AccessKey"]
    old = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    made = alice("create-access-key", "--user-name", "cli-user").json()["AccessKey"]
    new = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    status = ["update-access-key", "--user-name", "cli-user", "--access-key-id", old.id, "--status"]
    assert alice(*status, "Inactive").code == 0
    assert aws.call(sample, old, "GetCallerIdentity").refusal()[1][0] == "InvalidClientTokenId"
    assert aws.call(sample, new, "GetCallerIdentity").json()["Arn"].endswith("user/cli-user")
    assert alice(*status, "Active").code == 0
    assert aws.call(sample, old, "GetCallerIdentity").json()["Account"] == ACCOUNT
    last = alice("get-access-key-last-used", "--access-key-id", old.id).json()
    assert last["AccessKeyLastUsed"]["ServiceName"] == "sts"
    for key in (old, new):
        assert alice("delete-access-key", "--user-name", "cli-user", "--access-key-id", key.id).code == 0
    assert alice("list-access-keys", "--user-name", "cli-user").json() == {"AccessKeyMetadata": []}
    assert alice("delete-user", "--user-name", "cli-user").code == 0
    operation, (code, text) = alice("get-user", "--user-name", "cli-user").refusal()
    assert (operation, code, text) == ("GetUser", "NoSuchEntity", "The user with name cli-user cannot be found.")


def test_a_role_is_made_and_removed(aws, sample):
    def alice(*arguments):
        return run(aws, sample, ALICE, *arguments)

    made = alice("create-role", "--role-name", "cli-role", "--assume-role-policy-document", json.dumps(TRUST)).json()
    assert made["Role"]["AssumeRolePolicyDocument"] == TRUST
    assert alice("wait", "role-exists", "--role-name", "cli-role").code == 0
    policy = ["--role-name", "cli-role", "--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"]
    assert alice("attach-role-policy", *policy).code == 0
    assert alice("delete-role", "--role-name", "cli-role").refusal()[1][0] == "DeleteConflict"
    assert alice("detach-role-policy", *policy).code == 0
    assert alice("delete-role", "--role-name", "cli-role").code == 0
    assert run(aws, sample, BOB, "list-roles").refusal()[1][0] == "AccessDenied"


def test_a_device_is_made_by_picture_and_taken_away(aws, sample, tmp_path):
    def alice(*arguments):
        return run(aws, sample, ALICE, *arguments)

    alice("create-user", "--user-name", "cli-dora").json()
    made = alice("create-access-key", "--user-name", "cli-dora").json()["AccessKey"]
    dora = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    create = ["create-virtual-mfa-device", "--virtual-mfa-device-name", "cli-phone", "--outfile"]
    seed, picture = tmp_path / "seed.txt", tmp_path / "seed.png"
    made = alice(*create, str(seed), "--bootstrap-method", "Base32StringSeed").json()
    serial = made["VirtualMFADevice"]["SerialNumber"]
    secret = seed.read_text()
    codes = ["--authentication-code1", code(steps=-1, secret=secret), "--authentication-code2", code(secret=secret)]
    enable = alice("enable-mfa-device", "--user-name", "cli-dora", "--serial-number", serial, *codes)
    assert enable.code == 0, enable
    params = shown(code(secret=secret), serial)
    assert aws.call(sample, dora, "GetSessionToken", params).json()["Credentials"]["SessionToken"]
    assert alice("delete-user", "--user-name", "cli-dora").refusal()[1][0] == "DeleteConflict"
    assert alice("deactivate-mfa-device", "--user-name", "cli-dora", "--serial-number", serial).code == 0
    late = shown(code(steps=1, secret=secret), serial)
    assert aws.call(sample, dora, "GetSessionToken", late).refusal()[1][0] == "AccessDenied"
    assert alice("delete-virtual-mfa-device", "--serial-number", serial).code == 0
    assert alice(*create, str(picture), "--bootstrap-method", "QRCodePNG").code == 0
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert alice("delete-virtual-mfa-device", "--serial-number", serial).code == 0
    assert alice("delete-access-key", "--user-name", "cli-dora", "--access-key-id", dora.id).code == 0
    assert alice("delete-user", "--user-name", "cli-dora").code == 0


def test_a_password_is_made_changed_by_its_user_and_deleted(aws, sample):
    def alice(*arguments):
        return run(aws, sample, ALICE, *arguments)

    alice("create-user", "--user-name", "cli-paula").json()
    made = alice("create-access-key", "--user-name", "cli-paula").json()["AccessKey"]
    paula = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    allow = ["--policy-arn", "arn:aws:iam::aws:policy/IAMUserChangePassword"]
    assert alice("attach-user-policy", "--user-name", "cli-paula", *allow).code == 0
    make = ["create-login-profile", "--user-name", "cli-paula", "--password"]
    assert alice(*make, "short").refusal()[1][0] == "PasswordPolicyViolation"
    made = alice(*make, "the-first-password-1", "--password-reset-required").json()["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == ("cli-paula", True)
    change = ["change-password", "--old-password", "the-first-password-1", "--new-password"]
    assert run(aws, sample, paula, *change, "short").refusal()[1][0] == "PasswordPolicyViolation"
    assert run(aws, sample, paula, *change, "the-second-password-2").code == 0
    assert run(aws, sample, paula, *change, "the-third-password-3").refusal()[1][0] == "AccessDenied"
    assert run(aws, sample, BOB, *change, "the-third-password-3").refusal()[1][0] == "AccessDenied"
    shown = alice("get-login-profile", "--user-name", "cli-paula").json()["LoginProfile"]
    assert shown["PasswordResetRequired"] is False
    assert alice("delete-login-profile", "--user-name", "cli-paula").code == 0
    assert alice("detach-user-policy", "--user-name", "cli-paula", *allow).code == 0
    assert alice("delete-access-key", "--user-name", "cli-paula", "--access-key-id", paula.id).code == 0
    assert alice("delete-user", "--user-name", "cli-paula").code == 0


def test_a_saml_provider_is_made_and_removed(aws, sample, tmp_path):
    def alice(*arguments):
        return run(aws, sample, ALICE, *arguments)

    metadata = tmp_path / "metadata.xml"
    metadata.write_text(
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">'
        f"<IDPSSODescriptor/></EntityDescriptor><!--{'x' * 1000}-->"
    )
    create = ["create-saml-provider", "--name", "cli-provider", "--saml-metadata-document", f"file://{metadata}"]
    provider = ["--saml-provider-arn", alice(*create).json()["SAMLProviderArn"]]
    assert alice("get-saml-provider", *provider).json()["AssertionEncryptionMode"] == "Allowed"
    required = alice("update-saml-provider", *provider, "--assertion-encryption-mode", "Required")
    assert required.refusal()[1][0] == "InvalidInput"
    assert alice("list-saml-providers").json()["SAMLProviderList"]
    assert alice("delete-saml-provider", *provider).code == 0
    assert alice("delete-saml-provider", *provider).refusal()[1][0] == "NoSuchEntity"
