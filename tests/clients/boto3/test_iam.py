"""IAM as scripts use it: the life of each kind of thing, with boto3's paginators and waiters."""

import json

import pytest
from botocore.exceptions import ClientError

from clients import iam, sts
from outside.people import ACCOUNT, ALICE, BOB, Keys
from outside.phone import code, shown

READ = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}],
}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def client(sample):
    return iam(sample, ALICE, region="eu-central-1")


def code_of(call, **params):
    with pytest.raises(ClientError) as raised:
        call(**params)
    return raised.value.response["Error"]["Code"]


def test_the_rotation_of_a_key_runs_as_the_guide_says(sample, client):
    client.create_user(UserName="rotating")
    made = client.create_access_key(UserName="rotating")["AccessKey"]
    first = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    assert made["Status"] == "Active"
    assert client.get_access_key_last_used(AccessKeyId=first.id)["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    assert sts(sample, first).get_caller_identity()["Arn"].endswith("user/rotating")
    used = client.get_access_key_last_used(AccessKeyId=first.id)
    assert (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]) == ("rotating", "sts")
    made = client.create_access_key(UserName="rotating")["AccessKey"]
    second = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    assert code_of(client.create_access_key, UserName="rotating") == "LimitExceeded"
    client.update_access_key(UserName="rotating", AccessKeyId=first.id, Status="Inactive")
    assert code_of(sts(sample, first).get_caller_identity) == "InvalidClientTokenId"
    assert sts(sample, second).get_caller_identity()["Account"] == ACCOUNT
    client.update_access_key(UserName="rotating", AccessKeyId=first.id, Status="Active")
    assert sts(sample, first).get_caller_identity()["Account"] == ACCOUNT
    assert code_of(client.delete_user, UserName="rotating") == "DeleteConflict"
    for key in client.list_access_keys(UserName="rotating")["AccessKeyMetadata"]:
        client.delete_access_key(UserName="rotating", AccessKeyId=key["AccessKeyId"])
    assert code_of(sts(sample, second).get_caller_identity) == "InvalidClientTokenId"
    client.delete_user(UserName="rotating")


def test_users_and_groups_live_and_go(sample, client):
    client.create_group(GroupName="crew", Path="/x/")
    for name in ("ann", "ben", "cid"):
        client.create_user(UserName=name, Path="/crew/", Tags=[{"Key": "team", "Value": "crew"}])
        client.add_user_to_group(GroupName="crew", UserName=name)
    client.get_waiter("user_exists").wait(UserName="ann")
    pages = client.get_paginator("list_users").paginate(PathPrefix="/crew/", PaginationConfig={"PageSize": 2})
    assert [user["UserName"] for page in pages for user in page["Users"]] == ["ann", "ben", "cid"]
    assert client.get_user(UserName="ann")["User"]["Tags"] == [{"Key": "team", "Value": "crew"}]
    members = client.get_paginator("get_group").paginate(GroupName="crew", PaginationConfig={"PageSize": 1})
    assert [user["UserName"] for page in members for user in page["Users"]] == ["ann", "ben", "cid"]
    client.put_group_policy(GroupName="crew", PolicyName="read", PolicyDocument=READ)
    assert client.get_group_policy(GroupName="crew", PolicyName="read")["PolicyDocument"] == json.loads(READ)
    assert code_of(client.delete_group, GroupName="crew") == "DeleteConflict"
    for name in ("ann", "ben", "cid"):
        client.remove_user_from_group(GroupName="crew", UserName=name)
        client.delete_user(UserName=name)
    client.delete_group_policy(GroupName="crew", PolicyName="read")
    client.delete_group(GroupName="crew")
    assert code_of(client.get_group, GroupName="crew") == "NoSuchEntity"


def test_a_role_of_a_script_can_be_assumed_until_it_goes(sample, client):
    role = client.create_role(RoleName="scripted", AssumeRolePolicyDocument=json.dumps(TRUST), MaxSessionDuration=7200)["Role"]
    client.get_waiter("role_exists").wait(RoleName="scripted")
    client.attach_role_policy(RoleName="scripted", PolicyArn=ADMIN)
    assert client.get_role(RoleName="scripted")["Role"]["AssumeRolePolicyDocument"] == TRUST
    session = sts(sample, ALICE).assume_role(RoleArn=role["Arn"], RoleSessionName="session", DurationSeconds=7200)
    keys = Keys.of(session["Credentials"])
    assert iam(sample, keys).get_role(RoleName="scripted")["Role"]["RoleLastUsed"]["Region"]
    assert code_of(iam(sample, keys).get_user) == "ValidationError"
    client.update_role(RoleName="scripted", MaxSessionDuration=3600, Description="shorter")
    changed = client.get_role(RoleName="scripted")["Role"]
    assert (changed["MaxSessionDuration"], changed["Description"]) == (3600, "shorter")
    client.detach_role_policy(RoleName="scripted", PolicyArn=ADMIN)
    assert code_of(iam(sample, keys).get_role, RoleName="scripted") == "AccessDenied"
    client.create_instance_profile(InstanceProfileName="scripted")
    client.add_role_to_instance_profile(InstanceProfileName="scripted", RoleName="scripted")
    profile = client.get_instance_profile(InstanceProfileName="scripted")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["scripted"]
    assert code_of(client.delete_role, RoleName="scripted") == "DeleteConflict"
    client.remove_role_from_instance_profile(InstanceProfileName="scripted", RoleName="scripted")
    client.delete_instance_profile(InstanceProfileName="scripted")
    client.delete_role(RoleName="scripted")
    assert code_of(sts(sample, keys).get_caller_identity) == "InvalidClientTokenId"


def test_a_managed_policy_counts_in_the_version_that_is_set(sample, client):
    arn = client.create_policy(PolicyName="scripted", PolicyDocument=READ, Description="reads")["Policy"]["Arn"]
    client.get_waiter("policy_exists").wait(PolicyArn=arn)
    client.attach_user_policy(UserName="bob", PolicyArn=arn)
    assert code_of(iam(sample, BOB).list_users) == "AccessDenied"
    version = client.create_policy_version(PolicyArn=arn, PolicyDocument=READ.replace("s3:Get", "iam:List"), SetAsDefault=True)
    assert version["PolicyVersion"]["VersionId"] == "v2"
    assert iam(sample, BOB).list_users()["Users"]
    assert client.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert [user["UserName"] for user in client.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"]] == ["bob"]
    client.detach_user_policy(UserName="bob", PolicyArn=arn)
    client.delete_policy_version(PolicyArn=arn, VersionId="v1")
    client.delete_policy(PolicyArn=arn)
    assert code_of(client.create_policy, PolicyName="bad", PolicyDocument="{}") == "MalformedPolicyDocument"


def test_the_account_and_its_providers(client):
    assert client.get_account_summary()["SummaryMap"]["AccessKeysPerUserQuota"] == 2
    arn = client.create_open_id_connect_provider(Url="https://ids.example.com", ClientIDList=["app"])["OpenIDConnectProviderArn"]
    assert client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["app"]
    client.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    client.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert code_of(client.get_open_id_connect_provider, OpenIDConnectProviderArn=arn) == "NoSuchEntity"


def test_a_device_of_a_script_is_a_second_factor_until_it_is_taken_away(sample, client):
    client.create_user(UserName="dora")
    made = client.create_access_key(UserName="dora")["AccessKey"]
    dora = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    device = client.create_virtual_mfa_device(VirtualMFADeviceName="dora-phone")["VirtualMFADevice"]
    secret, serial = device["Base32StringSeed"].decode(), device["SerialNumber"]
    assert len(secret) == 64 and device["QRCodePNG"].startswith(b"\x89PNG\r\n")
    enable = {"UserName": "dora", "SerialNumber": serial}
    wrong = {"AuthenticationCode1": code(secret=secret), "AuthenticationCode2": code(steps=5, secret=secret)}
    assert code_of(client.enable_mfa_device, **enable, **wrong) == "InvalidAuthenticationCode"
    client.enable_mfa_device(**enable, AuthenticationCode1=code(steps=-1, secret=secret), AuthenticationCode2=code(secret=secret))
    pages = client.get_paginator("list_virtual_mfa_devices").paginate(AssignmentStatus="Assigned")
    owners = {device["SerialNumber"]: device["User"]["UserName"] for page in pages for device in page["VirtualMFADevices"]}
    assert owners[serial] == "dora"
    assert [device["UserName"] for device in client.list_mfa_devices(UserName="dora")["MFADevices"]] == ["dora"]
    session = sts(sample, dora).get_session_token(**shown(code(secret=secret), serial))
    assert sts(sample, Keys.of(session["Credentials"])).get_caller_identity()["Arn"].endswith("user/dora")
    client.tag_mfa_device(SerialNumber=serial, Tags=[{"Key": "k", "Value": "v"}])
    assert client.list_mfa_device_tags(SerialNumber=serial)["Tags"] == [{"Key": "k", "Value": "v"}]
    assert code_of(client.delete_virtual_mfa_device, SerialNumber=serial) == "DeleteConflict"
    client.deactivate_mfa_device(UserName="dora", SerialNumber=serial)
    late = shown(code(steps=1, secret=secret), serial)
    assert code_of(sts(sample, dora).get_session_token, **late) == "AccessDenied"
    client.delete_virtual_mfa_device(SerialNumber=serial)
    client.delete_access_key(UserName="dora", AccessKeyId=dora.id)
    client.delete_user(UserName="dora")


def test_a_saml_provider_of_a_script_is_kept_as_it_was_sent(client):
    metadata = (
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example"><IDPSSODescriptor '
        f'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/></EntityDescriptor><!-- {"&amp; " * 250} -->'
    )
    tags = [{"Key": "k", "Value": "v"}]
    arn = client.create_saml_provider(Name="scripted", SAMLMetadataDocument=metadata, Tags=tags)["SAMLProviderArn"]
    provider = client.get_saml_provider(SAMLProviderArn=arn)
    assert (provider["SAMLMetadataDocument"], provider["Tags"]) == (metadata, tags)
    assert provider["ValidUntil"].year - provider["CreateDate"].year == 100
    assert arn in [provider["Arn"] for provider in client.list_saml_providers()["SAMLProviderList"]]
    assert code_of(client.create_saml_provider, Name="scripted", SAMLMetadataDocument=metadata) == "EntityAlreadyExists"
    assert code_of(client.update_saml_provider, SAMLProviderArn=arn, SAMLMetadataDocument="x" * 1000) == "InvalidInput"
    assert client.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=metadata + "\n")["SAMLProviderArn"] == arn
    client.delete_saml_provider(SAMLProviderArn=arn)
    assert code_of(client.get_saml_provider, SAMLProviderArn=arn) == "NoSuchEntity"


def test_a_password_is_made_changed_and_deleted(sample, client):
    client.update_account_password_policy(MinimumPasswordLength=10, RequireNumbers=True)
    policy = client.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["RequireNumbers"], policy["ExpirePasswords"]) == (10, True, False)
    assert code_of(client.create_login_profile, UserName="bob", Password="too-short") == "PasswordPolicyViolation"
    profile = client.create_login_profile(UserName="bob", Password="long-enough-1", PasswordResetRequired=True)["LoginProfile"]
    assert (profile["UserName"], profile["PasswordResetRequired"]) == ("bob", True)
    assert code_of(client.delete_user, UserName="bob") == "DeleteConflict"
    old, new = "example-password-1", "another-password-2"
    assert code_of(client.change_password, OldPassword=new, NewPassword=old) == "AccessDenied"
    client.change_password(OldPassword=old, NewPassword=new)
    assert client.get_login_profile()["LoginProfile"]["PasswordResetRequired"] is False
    client.delete_login_profile(UserName="bob")
    assert code_of(client.get_login_profile, UserName="bob") == "NoSuchEntity"
    client.delete_account_password_policy()
    assert code_of(client.get_account_password_policy) == "NoSuchEntity"


def test_a_user_is_removed_with_all_that_hangs_on_it_as_the_guide_and_terraform_do(sample, client):
    client.create_user(UserName="leaving")
    client.create_access_key(UserName="leaving")
    client.put_user_policy(UserName="leaving", PolicyName="read", PolicyDocument=READ)
    client.attach_user_policy(UserName="leaving", PolicyArn=ADMIN)
    for operation, found in [
        (client.list_ssh_public_keys, "SSHPublicKeys"),
        (client.list_signing_certificates, "Certificates"),
        (client.list_service_specific_credentials, "ServiceSpecificCredentials"),
    ]:
        assert operation(UserName="leaving")[found] == []
        assert code_of(operation, UserName="nobody-there") == "NoSuchEntity"
    assert client.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"] == []
    for key in client.list_access_keys(UserName="leaving")["AccessKeyMetadata"]:
        client.delete_access_key(UserName="leaving", AccessKeyId=key["AccessKeyId"])
    assert client.list_mfa_devices(UserName="leaving")["MFADevices"] == []
    for name in client.list_user_policies(UserName="leaving")["PolicyNames"]:
        client.delete_user_policy(UserName="leaving", PolicyName=name)
    for policy in client.list_attached_user_policies(UserName="leaving")["AttachedPolicies"]:
        client.detach_user_policy(UserName="leaving", PolicyArn=policy["PolicyArn"])
    assert client.list_groups_for_user(UserName="leaving")["Groups"] == []
    client.delete_user(UserName="leaving")


def test_nobody_makes_a_role_of_awss_own(client):
    trust = json.dumps(TRUST)
    make = client.create_role
    assert code_of(make, RoleName="linked", Path="/aws-service-role/", AssumeRolePolicyDocument=trust) == "InvalidInput"
    assert code_of(client.get_role, RoleName="linked") == "NoSuchEntity"


def test_bob_may_not_and_is_told_why(sample):
    with pytest.raises(ClientError) as raised:
        iam(sample, BOB).create_user(UserName="mallory")
    assert raised.value.response["Error"]["Message"] == (
        f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/mallory because no identity-based policy allows the iam:CreateUser action"
    )


@pytest.mark.parametrize("operation, params", [
    ("create_service_specific_credential", {"UserName": "bob", "ServiceName": "codecommit.amazonaws.com"}),
])
def test_what_is_not_served_is_an_invalid_action(client, operation, params):
    assert code_of(getattr(client, operation), **params) == "InvalidAction"


@pytest.mark.parametrize("alias", ["Small", "-small", "small-", "sm--all", "a" * 64, "small_"])
def test_an_alias_is_one_by_the_pattern_of_the_model(client, alias):
    assert code_of(client.create_account_alias, AccountAlias=alias) == "ValidationError"


def test_policies_are_attached_to_names_as_long_as_users_have(client):
    assert code_of(client.attach_user_policy, UserName="u" * 65, PolicyArn=ADMIN) == "ValidationError"
    assert code_of(client.get_user, UserName="u" * 65) == "NoSuchEntity"
