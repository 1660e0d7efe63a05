"""Simulations, reports and details of IAM, as boto3 reads them."""

import csv
import json

import pytest
from botocore.exceptions import ClientError

from clients import iam, sts
from outside.people import ACCOUNT, ALICE, BOB, BOB_ARN, Keys


@pytest.fixture
def client(sample):
    return iam(sample, ALICE)


def document(effect, action, condition=None):
    statement = {"Effect": effect, "Action": action, "Resource": "*"}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_simulation_says_what_a_policy_would_allow(client):
    tagged = document("Allow", "s3:GetObject", {"StringEquals": {"aws:PrincipalTag/team": "red"}})
    ask = {"PolicyInputList": [tagged], "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::shelf/book"]}
    (result,) = client.simulate_custom_policy(**ask)["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    (specific,) = result["ResourceSpecificResults"]
    assert specific["MissingContextValues"] == ["aws:PrincipalTag/team"]
    entry = {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyValues": ["red"], "ContextKeyType": "string"}
    (result,) = client.simulate_custom_policy(**ask, ContextEntries=[entry])["EvaluationResults"]
    (matched,) = result["MatchedStatements"]
    assert (result["EvalDecision"], matched["SourcePolicyId"]) == ("allowed", "PolicyInputList.1")
    assert matched["StartPosition"]["Line"] == 1
    keys = client.get_context_keys_for_custom_policy(PolicyInputList=[tagged])["ContextKeyNames"]
    assert keys == ["aws:PrincipalTag/team"]
    with pytest.raises(ClientError) as raised:
        client.simulate_custom_policy(PolicyInputList=["{"], ActionNames=["s3:GetObject"])
    assert raised.value.response["Error"]["Code"] == "InvalidInput"


def test_a_simulation_takes_an_organization_that_is_only_proposed(client):
    every, get = document("Allow", "*"), document("Allow", "s3:GetObject")
    ask = {"PolicyInputList": [get], "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::shelf/book"]}
    for levels, decision in [
        ([[every], [every]], "allowed"),
        ([[every], [document("Allow", "s3:PutObject")]], "implicitDeny"),
        ([[every, document("Deny", "s3:*")], [every]], "explicitDeny"),
    ]:
        organization = [{"ServiceControlPolicyInputList": level} for level in levels]
        (result,) = client.simulate_custom_policy(**ask, OrderedOrganizationPolicyInputList=organization)["EvaluationResults"]
        (specific,) = result["ResourceSpecificResults"]
        assert (result["EvalDecision"], specific["EvalResourceDecision"]) == (decision, decision)
        assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": decision == "allowed"}
    with pytest.raises(ClientError, match="index 2 must contain at least one service control policy") as raised:
        organization = [{"ServiceControlPolicyInputList": [every]}, {"ServiceControlPolicyInputList": []}]
        client.simulate_custom_policy(**ask, OrderedOrganizationPolicyInputList=organization)
    assert raised.value.response["Error"]["Code"] == "InvalidInput"


def test_a_simulation_leaves_out_what_it_is_told_to(client):
    client.create_user(UserName="lessened")
    client.put_user_policy(UserName="lessened", PolicyName="own", PolicyDocument=document("Allow", "s3:PutObject"))
    made = client.create_policy(PolicyName="get", Path="/shared/", PolicyDocument=document("Allow", "s3:GetObject"))
    client.attach_user_policy(UserName="lessened", PolicyArn=made["Policy"]["Arn"])
    inline = {"PolicyName": "own", "AttachmentType": "user", "AttachmentName": "less*"}
    for left_out, allowed in [
        ([], {"s3:GetObject", "s3:PutObject"}),
        ([{"PolicyType": "inline"}], {"s3:GetObject"}),
        ([{"InlinePolicyIdentifier": inline}], {"s3:GetObject"}),
        ([{"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/get"}], {"s3:PutObject"}),
        ([{"PolicyType": "inline"}, {"PolicyType": "user-managed"}], set()),
    ]:
        results = client.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/lessened",
            ActionNames=["s3:GetObject", "s3:PutObject"],
            PolicyExclusionList=left_out,
        )["EvaluationResults"]
        assert {result["EvalActionName"] for result in results if result["EvalDecision"] == "allowed"} == allowed


def test_a_simulation_takes_the_scenarios_of_an_action(client):
    instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0"
    ask = {"PolicyInputList": [document("Allow", "*")], "ResourceArns": [instance]}
    ask["ResourceHandlingOption"] = "EC2-VPC-EBS-Subnet"
    (result,) = client.simulate_custom_policy(**ask, ActionNames=["ec2:RunInstances"])["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    with pytest.raises(ClientError, match="does not support resource handling options: s3:GetObject") as raised:
        client.simulate_custom_policy(**ask, ActionNames=["s3:GetObject"])
    assert raised.value.response["Error"]["Code"] == "InvalidInput"


def test_a_simulation_agrees_with_what_is_then_allowed(sample, client):
    client.create_user(UserName="tried")
    client.put_user_policy(UserName="tried", PolicyName="own", PolicyDocument=document("Allow", "iam:ListUsers"))
    source = f"arn:aws:iam::{ACCOUNT}:user/tried"
    actions = ["iam:ListUsers", "iam:ListRoles", "iam:ListGroups"]
    pages = client.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=source, ActionNames=actions, PaginationConfig={"PageSize": 2}
    )
    told = {result["EvalActionName"]: result["EvalDecision"] for page in pages for result in page["EvaluationResults"]}
    assert told == {"iam:ListUsers": "allowed", "iam:ListRoles": "implicitDeny", "iam:ListGroups": "implicitDeny"}
    made = client.create_access_key(UserName="tried")["AccessKey"]
    their = iam(sample, Keys(made["AccessKeyId"], made["SecretAccessKey"]))
    assert their.list_users()["Users"]
    with pytest.raises(ClientError):
        their.list_roles()
    with pytest.raises(ClientError) as raised:
        their.simulate_principal_policy(PolicySourceArn=source, ActionNames=actions)
    assert raised.value.response["Error"]["Code"] == "AccessDenied"
    assert client.get_context_keys_for_principal_policy(PolicySourceArn=source)["ContextKeyNames"] == []


def test_the_credential_report_agrees_with_what_else_is_known(sample, client):
    sts(sample, BOB, "eu-west-1").get_caller_identity()
    while client.generate_credential_report()["State"] != "COMPLETE":
        pass
    report = client.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    rows = {row["user"]: row for row in csv.DictReader(report["Content"].decode().split("\n"))}
    bob = rows["bob"]
    assert bob["arn"] == BOB_ARN
    used = client.get_access_key_last_used(AccessKeyId=BOB.id)["AccessKeyLastUsed"]
    assert (bob["access_key_1_last_used_service"], bob["access_key_1_last_used_region"]) == ("sts", "eu-west-1")
    assert used["Region"] == "eu-west-1"
    assert rows["<root_account>"]["password_enabled"] == "not_supported"
    assert {user["UserName"] for user in client.list_users()["Users"]} <= rows.keys() | {"tried"}


def test_details_of_an_account_come_in_pages(client):
    paginator = client.get_paginator("get_account_authorization_details")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 3}))
    assert len(pages) > 1
    users = {user["UserName"]: user for page in pages for user in page["UserDetailList"]}
    assert users.keys() == {user["UserName"] for user in client.list_users()["Users"]}
    roles = [role for page in pages for role in page["RoleDetailList"]]
    assert all(role["AssumeRolePolicyDocument"]["Statement"] for role in roles)
    policies = client.get_account_authorization_details(Filter=["AWSManagedPolicy"])["Policies"]
    assert all(policy["PolicyVersionList"][0]["Document"]["Version"] == "2012-10-17" for policy in policies)
