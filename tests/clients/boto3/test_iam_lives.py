"""The life of each kind of thing in IAM, with what happens to whoever does things twice, too early or to nobody.

Each test leaves the account as it found it.
"""

import json
import string

import pytest
from botocore.exceptions import ClientError

from clients import iam, sts
from outside.people import ACCOUNT, ALICE, AUDITED_BY, BOB, Keys

READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
AWS = "arn:aws:iam::aws:policy"


@pytest.fixture
def client(sample):
    return iam(sample, ALICE)


@pytest.fixture
def user(client):
    yield from made(client, "user", "walker", lambda: client.create_user(UserName="walker")["User"])


@pytest.fixture
def group(client):
    yield from made(client, "group", "walkers", lambda: client.create_group(GroupName="walkers")["Group"])


@pytest.fixture
def role(client):
    params = {"RoleName": "walked", "AssumeRolePolicyDocument": json.dumps(TRUST), "Path": "/walks/"}
    yield from made(client, "role", "walked", lambda: client.create_role(**params)["Role"])


@pytest.fixture
def policy(client):
    made = client.create_policy(PolicyName="walking", PolicyDocument=json.dumps(READ), Path="/walks/")["Policy"]
    yield made
    client.delete_policy(PolicyArn=made["Arn"])


def made(client, kind, name, create):
    yield create()
    getattr(client, f"delete_{kind}")(**{f"{kind.capitalize()}Name": name})


def refusal(call, **params):
    with pytest.raises(ClientError) as raised:
        call(**params)
    answer = raised.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def not_found(kind, name):
    return "NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404


def test_of_a_user(client, user):
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/walker"
    assert user.keys() == {"Path", "UserName", "UserId", "Arn", "CreateDate"}
    assert user["UserId"].startswith("AIDA") and user["CreateDate"].microsecond == 0
    taken = "EntityAlreadyExists", "User with name WALKER already exists.", 409
    assert refusal(client.create_user, UserName="WALKER") == taken
    assert client.get_user(UserName="WALKER")["User"]["UserName"] == "walker"
    assert "PasswordLastUsed" not in client.get_user(UserName="walker")["User"]
    for call in (client.get_user, client.delete_user, client.list_user_policies, client.list_attached_user_policies):
        assert refusal(call, UserName="nobody") == not_found("user", "nobody")
    client.update_user(UserName="walker", NewUserName="runner", NewPath="/runs/")
    moved = client.get_user(UserName="runner")["User"]
    assert (moved["UserId"], moved["Path"], moved["Arn"]) == (user["UserId"], "/runs/", f"arn:aws:iam::{ACCOUNT}:user/runs/runner")
    assert refusal(client.update_user, UserName="runner", NewUserName="bob")[0] == "EntityAlreadyExists"
    client.update_user(UserName="runner", NewUserName="walker", NewPath="/")
    assert refusal(client.update_user, UserName="nobody", NewUserName="x") == not_found("user", "nobody")


def test_of_the_tags_of_a_user_and_a_role(client, user, role):
    for tag, untag, tags_of, name in [
        (client.tag_user, client.untag_user, client.list_user_tags, {"UserName": "walker"}),
        (client.tag_role, client.untag_role, client.list_role_tags, {"RoleName": "walked"}),
    ]:
        tag(**name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
        tag(**name, Tags=[{"Key": "A", "Value": "2"}])
        tags = {tag["Key"]: tag["Value"] for tag in tags_of(**name)["Tags"]}
        assert sorted(tags.values()) == ["", "2"]
        many = [{"Key": f"k{number}", "Value": "x"} for number in range(49)]
        assert refusal(tag, **name, Tags=many)[::2] == ("LimitExceeded", 409)
        assert refusal(tag, **name, Tags=[{"Key": "aws:x", "Value": "x"}])[::2] == ("InvalidInput", 400)
        code, text, status = refusal(tag, **name, Tags=[{"Key": "k" * 129, "Value": "x"}])
        assert (code, status) == ("ValidationError", 400) and "tags.1.member.key" in text
        untag(**name, TagKeys=["a", "b", "absent"])
        assert tags_of(**name)["Tags"] == []
    assert refusal(client.tag_user, UserName="nobody", Tags=[{"Key": "a", "Value": "b"}]) == not_found("user", "nobody")


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_of_an_inline_policy(client, user, group, role, kind):
    name = {f"{kind.capitalize()}Name": {"user": "walker", "group": "walkers", "role": "walked"}[kind]}
    put, get, delete, names = (
        getattr(client, verb.format(kind)) for verb in ("put_{}_policy", "get_{}_policy", "delete_{}_policy", "list_{}_policies")
    )
    put(**name, PolicyName="one", PolicyDocument=json.dumps(READ, indent=2))
    shown = get(**name, PolicyName="one")
    assert shown["PolicyDocument"] == READ and shown["PolicyName"] == "one"
    put(**name, PolicyName="one", PolicyDocument=json.dumps({**READ, "Id": "changed"}))
    assert get(**name, PolicyName="one")["PolicyDocument"]["Id"] == "changed"
    assert names(**name)["PolicyNames"] == ["one"]
    absent = "NoSuchEntity", f"The {kind} policy with name two cannot be found.", 404
    assert refusal(get, **name, PolicyName="two") == absent
    assert refusal(delete, **name, PolicyName="two") == absent
    delete_owner = getattr(client, f"delete_{kind}")
    first = "DeleteConflict", "Cannot delete entity, must delete policies first.", 409
    assert refusal(delete_owner, **name) == first
    delete(**name, PolicyName="one")
    assert names(**name)["PolicyNames"] == [] and names(**name)["IsTruncated"] is False
    for document in ("", "{", "[]", json.dumps({"Version": "2012-10-17"}), json.dumps({**READ, "Version": "2013-01-01"})):
        code = refusal(put, **name, PolicyName="bad", PolicyDocument=document or " ")[0]
        assert code == "MalformedPolicyDocument", document


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_of_an_attachment(client, user, group, role, policy, kind):
    name = {f"{kind.capitalize()}Name": {"user": "walker", "group": "walkers", "role": "walked"}[kind]}
    attach, detach, attached = (
        getattr(client, verb.format(kind))
        for verb in ("attach_{}_policy", "detach_{}_policy", "list_attached_{}_policies")
    )
    for _ in range(2):
        attach(**name, PolicyArn=policy["Arn"])
    assert attached(**name)["AttachedPolicies"] == [{"PolicyName": "walking", "PolicyArn": policy["Arn"]}]
    assert attached(**name, PathPrefix="/other/")["AttachedPolicies"] == []
    entities = client.list_entities_for_policy(PolicyArn=policy["Arn"])
    assert [len(entities[f"Policy{each}s"]) for each in ("User", "Group", "Role")] == [int(each == kind) for each in ("user", "group", "role")]
    assert client.get_policy(PolicyArn=policy["Arn"])["Policy"]["AttachmentCount"] == 1
    in_use = "DeleteConflict", "Cannot delete a policy attached to entities.", 409
    assert refusal(client.delete_policy, PolicyArn=policy["Arn"]) == in_use
    first = "DeleteConflict", "Cannot delete entity, must detach all policies first.", 409
    assert refusal(getattr(client, f"delete_{kind}"), **name) == first
    detach(**name, PolicyArn=policy["Arn"])
    assert refusal(detach, **name, PolicyArn=policy["Arn"])[::2] == ("NoSuchEntity", 404)
    nowhere = f"{AWS}/NoSuchPolicy"
    text = f"Policy {nowhere} does not exist or is not attachable."
    assert refusal(attach, **name, PolicyArn=nowhere) == ("NoSuchEntity", text, 404)
    nobody = {key: "nobody" for key in name}
    assert refusal(attach, **nobody, PolicyArn=policy["Arn"]) == not_found(kind, "nobody")


def test_of_a_group_and_its_members(client, user, group):
    assert group["GroupId"].startswith("AGPA") and group["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/walkers"
    taken = "EntityAlreadyExists", "Group with name walkers already exists.", 409
    assert refusal(client.create_group, GroupName="walkers") == taken
    for _ in range(2):
        client.add_user_to_group(GroupName="walkers", UserName="walker")
    assert [it["UserName"] for it in client.get_group(GroupName="walkers")["Users"]] == ["walker"]
    assert [it["GroupName"] for it in client.list_groups_for_user(UserName="walker")["Groups"]] == ["walkers"]
    conflict = "DeleteConflict", "Cannot delete entity, must remove users from group first.", 409
    assert refusal(client.delete_group, GroupName="walkers") == conflict
    assert refusal(client.delete_user, UserName="walker") == conflict
    client.update_group(GroupName="walkers", NewGroupName="runners")
    assert [it["GroupName"] for it in client.list_groups_for_user(UserName="walker")["Groups"]] == ["runners"]
    client.update_group(GroupName="runners", NewGroupName="walkers")
    client.remove_user_from_group(GroupName="walkers", UserName="walker")
    assert client.get_group(GroupName="walkers")["Users"] == []
    assert refusal(client.add_user_to_group, GroupName="nowhere", UserName="walker") == not_found("group", "nowhere")
    assert refusal(client.add_user_to_group, GroupName="walkers", UserName="nobody") == not_found("user", "nobody")


def test_of_a_role(client, role):
    assert role["RoleId"].startswith("AROA") and role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/walks/walked"
    assert role["AssumeRolePolicyDocument"] == TRUST
    shown = client.get_role(RoleName="walked")["Role"]
    assert (shown["MaxSessionDuration"], shown["RoleLastUsed"]) == (3600, {})
    assert "Description" not in shown and "Tags" not in shown
    client.update_role(RoleName="walked", Description="walks")
    client.update_role_description(RoleName="walked", Description="runs")
    assert client.get_role(RoleName="walked")["Role"]["Description"] == "runs"
    assert refusal(client.update_role, RoleName="walked", MaxSessionDuration=43201)[::2] == ("ValidationError", 400)
    trust = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}}]}
    bad = json.dumps(trust)
    code, text, status = refusal(client.update_assume_role_policy, RoleName="walked", PolicyDocument=bad)
    assert (code, status) == ("MalformedPolicyDocument", 400)
    assert text == f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/nobody"'
    assert client.get_role(RoleName="walked")["Role"]["AssumeRolePolicyDocument"] == TRUST
    assert "walked" in [it["RoleName"] for it in client.list_roles(PathPrefix="/walks/")["Roles"]]
    for call in (client.get_role, client.delete_role, client.list_role_policies, client.list_role_tags):
        assert refusal(call, RoleName="nobody") == not_found("role", "nobody")


def test_of_boundaries(client, user, role):
    for kind, name in (("user", {"UserName": "walker"}), ("role", {"RoleName": "walked"})):
        put, delete = (getattr(client, f"{verb}_{kind}_permissions_boundary") for verb in ("put", "delete"))
        put(**name, PermissionsBoundary=f"{AWS}/ReadOnlyAccess")
        shown = getattr(client, f"get_{kind}")(**name)[kind.capitalize()]["PermissionsBoundary"]
        assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": f"{AWS}/ReadOnlyAccess"}
        assert refusal(put, **name, PermissionsBoundary=f"{AWS}/NoSuchPolicy")[0] == "NoSuchEntity"
        assert refusal(put, **name, PermissionsBoundary="a-text-that-is-no-arn")[::2] == ("ValidationError", 400)
        delete(**name)
        assert refusal(delete, **name)[::2] == ("NoSuchEntity", 404)


def test_of_a_managed_policy_and_its_versions(client, policy):
    assert policy["PolicyId"].startswith("ANPA") and policy["Arn"] == f"arn:aws:iam::{ACCOUNT}:policy/walks/walking"
    assert (policy["DefaultVersionId"], policy["AttachmentCount"], policy["IsAttachable"]) == ("v1", 0, True)
    text = "A policy called walking already exists. Duplicate names are not allowed."
    taken = "EntityAlreadyExists", text, 409
    assert refusal(client.create_policy, PolicyName="walking", PolicyDocument=json.dumps(READ)) == taken
    name = {"PolicyArn": policy["Arn"]}
    for number in range(2, 6):
        version = client.create_policy_version(**name, PolicyDocument=json.dumps({**READ, "Id": str(number)}))["PolicyVersion"]
        assert (version["VersionId"], version["IsDefaultVersion"]) == (f"v{number}", False)
    assert refusal(client.create_policy_version, **name, PolicyDocument=json.dumps(READ))[::2] == ("LimitExceeded", 409)
    client.set_default_policy_version(**name, VersionId="v3")
    assert client.get_policy(**name)["Policy"]["DefaultVersionId"] == "v3"
    assert client.get_policy_version(**name, VersionId="v3")["PolicyVersion"]["Document"]["Id"] == "3"
    assert refusal(client.delete_policy_version, **name, VersionId="v3")[::2] == ("DeleteConflict", 409)
    assert refusal(client.delete_policy, **name)[::2] == ("DeleteConflict", 409)
    assert refusal(client.get_policy_version, **name, VersionId="v9")[::2] == ("NoSuchEntity", 404)
    assert refusal(client.set_default_policy_version, **name, VersionId="latest")[::2] == ("ValidationError", 400)
    client.set_default_policy_version(**name, VersionId="v1")
    for number in range(2, 6):
        client.delete_policy_version(**name, VersionId=f"v{number}")
    versions = client.create_policy_version(**name, PolicyDocument=json.dumps(READ), SetAsDefault=True)["PolicyVersion"]
    assert versions["VersionId"] == "v6", "numbers do not come again"
    client.delete_policy_version(**name, VersionId="v1")
    nowhere = f"arn:aws:iam::{ACCOUNT}:policy/nowhere"
    assert refusal(client.get_policy, PolicyArn=nowhere) == ("NoSuchEntity", f"Policy {nowhere} was not found.", 404)
    assert refusal(client.delete_policy, PolicyArn=f"{AWS}/ReadOnlyAccess")[::2] == ("AccessDenied", 403)


def test_of_policies_in_lists(client, policy):
    local = client.list_policies(Scope="Local")["Policies"]
    assert policy["Arn"] in [it["Arn"] for it in local]
    assert all(it["Arn"].startswith(f"{AWS}/") for it in client.list_policies(Scope="AWS")["Policies"])
    assert policy["Arn"] not in [it["Arn"] for it in client.list_policies(Scope="Local", OnlyAttached=True)["Policies"]]
    pages = client.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 3})
    arns = [it["Arn"] for page in pages for it in page["Policies"]]
    assert len(arns) == len(set(arns)) and policy["Arn"] in arns and f"{AWS}/AdministratorAccess" in arns


def test_of_an_instance_profile(client, role):
    name = {"InstanceProfileName": "walked-host"}
    profile = client.create_instance_profile(**name, Path="/walks/")["InstanceProfile"]
    assert profile["InstanceProfileId"].startswith("AIPA") and profile["Roles"] == []
    taken = "EntityAlreadyExists", "Instance Profile walked-host already exists.", 409
    assert refusal(client.create_instance_profile, **name) == taken
    client.add_role_to_instance_profile(**name, RoleName="walked")
    assert refusal(client.add_role_to_instance_profile, **name, RoleName="report-reader")[::2] == ("LimitExceeded", 409)
    profiles = client.list_instance_profiles_for_role(RoleName="walked")["InstanceProfiles"]
    assert [it["InstanceProfileName"] for it in profiles] == ["walked-host"]
    full = "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409
    assert refusal(client.delete_instance_profile, **name) == full
    assert refusal(client.delete_role, RoleName="walked") == full
    client.remove_role_from_instance_profile(**name, RoleName="walked")
    client.delete_instance_profile(**name)
    gone = "NoSuchEntity", "Instance Profile walked-host cannot be found.", 404
    assert refusal(client.get_instance_profile, **name) == gone


def test_of_access_keys(sample, client, user):
    name = {"UserName": "walker"}
    first, second = (client.create_access_key(**name)["AccessKey"] for _ in range(2))
    assert first.keys() == {"UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate"}
    assert len(first["AccessKeyId"]) == 20 and len(first["SecretAccessKey"]) == 40
    assert refusal(client.create_access_key, **name) == ("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409)
    listed = client.list_access_keys(**name)["AccessKeyMetadata"]
    assert all(it.keys() == {"UserName", "AccessKeyId", "Status", "CreateDate"} for it in listed)
    own = Keys(first["AccessKeyId"], first["SecretAccessKey"])
    assert refusal(iam(sample, own).get_user)[::2] == ("AccessDenied", 403)
    assert sts(sample, own).get_caller_identity()["UserId"] == user["UserId"]
    key = {"AccessKeyId": first["AccessKeyId"]}
    for bad in ("inactive", "Expired"):
        assert refusal(client.update_access_key, **name, **key, Status=bad)[0] in ("ValidationError", "InvalidInput")
    client.update_access_key(**name, **key, Status="Inactive")
    assert refusal(sts(sample, own).get_caller_identity)[0] == "InvalidClientTokenId"
    used = client.get_access_key_last_used(AccessKeyId=second["AccessKeyId"])["AccessKeyLastUsed"]
    assert (used["Region"], used["ServiceName"]) == ("N/A", "N/A") and "LastUsedDate" not in used
    for it in (first, second):
        client.delete_access_key(**name, AccessKeyId=it["AccessKeyId"])
    gone = "NoSuchEntity", f"The Access Key with id {first['AccessKeyId']} cannot be found.", 404
    assert refusal(client.delete_access_key, **name, **key) == gone


def test_of_virtual_devices(client, user):
    device = client.create_virtual_mfa_device(VirtualMFADeviceName="walking-phone")["VirtualMFADevice"]
    serial = {"SerialNumber": device["SerialNumber"]}
    assert device["SerialNumber"] == f"arn:aws:iam::{ACCOUNT}:mfa/walking-phone"
    assert set(device["Base32StringSeed"].decode()) <= set(string.ascii_uppercase + "234567")
    assert device["QRCodePNG"].startswith(b"\x89PNG")
    assert refusal(client.create_virtual_mfa_device, VirtualMFADeviceName="walking-phone")[::2] == ("EntityAlreadyExists", 409)
    codes = {"AuthenticationCode1": "000000", "AuthenticationCode2": "000001"}
    wrong = refusal(client.enable_mfa_device, UserName="walker", **serial, **codes)
    assert wrong[::2] == ("InvalidAuthenticationCode", 403)
    free = client.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert device["SerialNumber"] in [it["SerialNumber"] for it in free]
    assert all("User" not in it for it in free)
    assert client.list_mfa_devices(UserName="walker")["MFADevices"] == []
    client.delete_virtual_mfa_device(**serial)
    assert refusal(client.delete_virtual_mfa_device, **serial)[::2] == ("NoSuchEntity", 404)


def test_of_a_login_profile(client, user):
    name = {"UserName": "walker"}
    none = "NoSuchEntity", "Login Profile for User walker cannot be found.", 404
    assert refusal(client.get_login_profile, **name) == none
    assert refusal(client.update_login_profile, **name, Password="any-Password-1") == none
    profile = client.create_login_profile(**name, Password="a-Password-for-1")["LoginProfile"]
    assert profile.keys() == {"UserName", "CreateDate", "PasswordResetRequired"}
    taken = "EntityAlreadyExists", "Login Profile for user walker already exists.", 409
    assert refusal(client.create_login_profile, **name, Password="a-Password-for-2") == taken
    client.update_login_profile(**name, PasswordResetRequired=True)
    assert client.get_login_profile(**name)["LoginProfile"]["PasswordResetRequired"] is True
    first = "DeleteConflict", "Cannot delete entity, must delete login profile first.", 409
    assert refusal(client.delete_user, **name) == first
    client.delete_login_profile(**name)
    assert refusal(client.delete_login_profile, **name) == none
    nobody = refusal(client.create_login_profile, UserName="nobody", Password="a-Password-for-3")
    assert nobody == not_found("user", "nobody")


def test_of_an_issuer(client):
    url = "https://walks.example.com"
    arn = client.create_open_id_connect_provider(Url=url, ClientIDList=["one"], ThumbprintList=["a" * 40])["OpenIDConnectProviderArn"]
    name = {"OpenIDConnectProviderArn": arn}
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/walks.example.com"
    assert refusal(client.create_open_id_connect_provider, Url=url)[::2] == ("EntityAlreadyExists", 409)
    for _ in range(2):
        client.add_client_id_to_open_id_connect_provider(**name, ClientID="two")
    client.remove_client_id_from_open_id_connect_provider(**name, ClientID="one")
    client.update_open_id_connect_provider_thumbprint(**name, ThumbprintList=["b" * 40])
    shown = client.get_open_id_connect_provider(**name)
    assert (shown["Url"], shown["ClientIDList"], shown["ThumbprintList"]) == ("walks.example.com", ["two"], ["b" * 40])
    client.tag_open_id_connect_provider(**name, Tags=[{"Key": "a", "Value": "b"}])
    assert client.list_open_id_connect_provider_tags(**name)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert arn in [it["Arn"] for it in client.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    client.delete_open_id_connect_provider(**name)
    assert refusal(client.delete_open_id_connect_provider, **name)[::2] == ("NoSuchEntity", 404)
    assert refusal(client.get_open_id_connect_provider, **name)[::2] == ("NoSuchEntity", 404)


def test_of_what_an_account_counts(client, user, group, role, policy):
    def summary():
        return client.get_account_summary()["SummaryMap"]

    before = summary()
    client.create_user(UserName="counted")
    client.attach_user_policy(UserName="counted", PolicyArn=policy["Arn"])
    after = summary()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"Users", "PolicyVersionsInUse"}
    assert (after["Users"], after["UsersQuota"]) == (before["Users"] + 1, 5000)
    client.detach_user_policy(UserName="counted", PolicyArn=policy["Arn"])
    client.delete_user(UserName="counted")
    assert summary() == before


def test_of_a_role_of_a_service(client):
    spot = {"AWSServiceName": "spot.amazonaws.com"}
    role = client.create_service_linked_role(**spot)["Role"]
    name = role["RoleName"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
    taken = f"Service role name {name} has been taken in this account, please try a different suffix."
    assert refusal(client.create_service_linked_role, **spot) == ("InvalidInput", taken, 400)
    attached = client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AWSEC2SpotServiceRolePolicy"]
    task = client.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert client.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert refusal(client.get_role, RoleName=name)[0] == "NoSuchEntity"


def test_of_the_features_of_an_organization(sample, client):
    listed = client.list_organizations_features()
    assert listed["EnabledFeatures"] == ["RootCredentialsManagement"] and listed["OrganizationId"].startswith("o-")
    unlock = {"TargetPrincipal": AUDITED_BY, "TaskPolicyArn": {"arn": f"{AWS}/root-task/S3UnlockBucketPolicy"}}
    text = "Root sessions feature is not enabled for your AWS Organization."
    assert refusal(sts(sample, ALICE).assume_root, **unlock) == ("AccessDenied", text, 403)
    on = client.enable_organizations_root_sessions()
    assert on["EnabledFeatures"] == ["RootSessions", "RootCredentialsManagement"]
    assert sts(sample, ALICE).assume_root(**unlock)["Credentials"]
    for _ in range(2):
        assert client.disable_organizations_root_sessions()["EnabledFeatures"] == ["RootCredentialsManagement"]
    assert refusal(iam(sample, BOB).enable_organizations_root_sessions)[::2] == ("AccessDenied", 403)
