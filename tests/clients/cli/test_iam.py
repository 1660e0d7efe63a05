"""IAM by the AWS CLI: the procedure of AWS's guide for changing an access key, and a role from first to last."""

import json

from outside.people import ACCOUNT, ALICE, BOB, Keys

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
