"""The programs of AWS's own guides, against the pair: temporary credentials, federation, two accounts, tags.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/AuthUsingTempSessionToken.html and its neighbours,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_attribute-based-access-control.html
"""

import json

import pytest
from botocore.exceptions import ClientError

from gateway import ALICE, BOB, BROKER, BUCKET, CAROL, MALLORY, OWNER, STRANGER, Keys

BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def keys_in(s3, **params):
    return [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, **params).get("Contents", [])]


def code_of(go, **params):
    with pytest.raises(ClientError) as raised:
        go(Bucket=BUCKET, **params)
    return raised.value.response["ResponseMetadata"]["HTTPStatusCode"], raised.value.response["Error"]["Code"]


@pytest.fixture
def objects(pair):
    for key in ["a.txt", "b.txt", "secret/plan.txt"]:
        pair.keep(key)
    return pair


# --- Making requests with temporary credentials ------------------------------------------------------------------------


def assumed(pair):
    return pair.role("everything", DurationSeconds=900)


def session(pair):
    return Keys.of(pair.sts_client(ALICE).get_session_token(DurationSeconds=900)["Credentials"])


@pytest.mark.parametrize("request_credentials", [assumed, session])
def test_temporary_credentials_list_a_bucket_until_they_expire(objects, request_credentials):
    objects.sts.freeze("2031-01-15T12:00:00Z")
    keys = request_credentials(objects)
    s3 = objects.s3(keys)
    assert keys_in(s3) == ["a.txt", "b.txt", "secret/plan.txt"]
    objects.sts.advance(899)
    assert keys_in(s3) == ["a.txt", "b.txt", "secret/plan.txt"]
    objects.sts.advance(1)
    with pytest.raises(ClientError) as raised:
        keys_in(s3)
    answer = raised.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("ExpiredToken", "The provided token has expired.")
    assert answer["Error"]["Token-0"] == keys.token


def test_a_session_that_is_revoked_stops_at_once(objects):
    keys = objects.role("everything")
    s3 = objects.s3(keys)
    for _ in range(3):
        assert len(keys_in(s3)) == 3
    status, _ = objects.sts.admin("POST", "/_admin/v1/sessions/revoke", {"role": f"arn:aws:iam::{OWNER}:role/everything"})
    assert status == 200
    assert code_of(s3.list_objects_v2) == (403, "InvalidAccessKeyId")


def test_credentials_of_before_a_reset_are_nobodys(objects):
    s3 = objects.s3(objects.role("everything"))
    assert len(keys_in(s3)) == 3
    objects.sts.reset()
    assert code_of(s3.list_objects_v2)[0] in {400, 403}
    assert len(keys_in(objects.s3(ALICE))) == 3


def test_a_federated_user_does_what_both_the_program_and_its_policy_allow(objects):
    def vouched(*statements):
        answer = objects.sts_client(BROKER).get_federation_token(Name="visitor", Policy=policy(*statements))
        return objects.s3(Keys.of(answer["Credentials"]))

    lists = vouched({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET_ARN})
    assert len(keys_in(lists)) == 3
    assert code_of(lists.get_object, Key="a.txt") == (403, "AccessDenied")
    everything = vouched({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    everything.get_object(Bucket=BUCKET, Key="a.txt")
    for go, more in [
        (everything.put_object, {"Key": "c.txt", "Body": b"x"}),
        (everything.get_object, {"Key": "secret/plan.txt"}),
        (everything.delete_object, {"Key": "a.txt"}),
    ]:
        assert code_of(go, **more) == (403, "AccessDenied")
    nothing = objects.s3(Keys.of(objects.sts_client(BROKER).get_federation_token(Name="visitor")["Credentials"]))
    assert code_of(nothing.list_objects_v2) == (403, "AccessDenied")


# --- Two accounts ------------------------------------------------------------------------------------------------------

LET_IN = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"},
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": [BUCKET_ARN, f"{BUCKET_ARN}/*"],
}


@pytest.mark.parametrize("bucket_lets_in", [True, False])
@pytest.mark.parametrize("role", ["reader", "idler"])
def test_a_role_of_another_account_reads_only_if_both_sides_allow(objects, bucket_lets_in, role):
    if bucket_lets_in:
        objects.s3(ALICE).put_bucket_policy(Bucket=BUCKET, Policy=policy(LET_IN))
    s3 = objects.s3(objects.role(role, keys=CAROL, account=STRANGER))
    if bucket_lets_in and role == "reader":
        assert keys_in(s3) == ["a.txt", "b.txt", "secret/plan.txt"]
        assert s3.get_object(Bucket=BUCKET, Key="a.txt")["Body"].read() == b"hello\n"
    else:
        for go, more in [(s3.list_objects_v2, {}), (s3.get_object, {"Key": "a.txt"})]:
            with pytest.raises(ClientError) as raised:
                go(Bucket=BUCKET, **more)
            error = raised.value.response["Error"]
            assert (error["Code"], error["Message"]) == ("AccessDenied", "Access Denied")
    assert code_of(s3.put_object, Key="c.txt", Body=b"x") == (403, "AccessDenied")


def test_a_role_here_that_another_account_may_assume_needs_no_bucket_policy(objects):
    s3 = objects.s3(objects.role("everything", keys=CAROL))
    s3.put_object(Bucket=BUCKET, Key="c.txt", Body=b"x")
    assert "c.txt" in keys_in(s3)


# --- Access by tags ----------------------------------------------------------------------------------------------------


@pytest.fixture
def projects(pair):
    for colour in ["red", "blue"]:
        pair.s3(ALICE).put_object(Bucket=BUCKET, Key=f"{colour}.txt", Body=colour.encode(), Tagging=f"project={colour}")
    pair.keep("untagged.txt")
    return pair


def check_blue(s3):
    assert s3.get_object(Bucket=BUCKET, Key="blue.txt")["Body"].read() == b"blue"
    for key in ["red.txt", "untagged.txt", "absent.txt"]:
        assert code_of(s3.get_object, Key=key) == (403, "AccessDenied")
    s3.put_object(Bucket=BUCKET, Key="new.txt", Body=b"x", Tagging="project=blue&stage=test")
    s3.get_object(Bucket=BUCKET, Key="new.txt")
    for tagging in ["project=red", "stage=test", "project=blue&owner=me", ""]:
        assert code_of(s3.put_object, Key="new.txt", Body=b"x", Tagging=tagging) == (403, "AccessDenied"), tagging


def test_a_user_sees_the_objects_of_the_own_project(projects):
    check_blue(projects.s3(MALLORY))


def test_a_session_sees_the_objects_of_the_project_that_it_was_tagged_with(projects):
    tagged = lambda project: projects.role("tagged", Tags=[{"Key": "project", "Value": project}])  # noqa: E731
    check_blue(projects.s3(tagged("blue")))
    assert projects.s3(tagged("red")).get_object(Bucket=BUCKET, Key="red.txt")["Body"].read() == b"red"
    untagged = projects.s3(projects.role("tagged"))
    assert code_of(untagged.get_object, Key="untagged.txt") == (403, "AccessDenied")


def test_whoever_moves_an_object_to_another_project_may_see_it_no_more(projects):
    mallory = projects.s3(MALLORY)
    mallory.get_object(Bucket=BUCKET, Key="blue.txt")
    tags = {"TagSet": [{"Key": "project", "Value": "red"}]}
    assert code_of(mallory.put_object_tagging, Key="blue.txt", Tagging=tags) == (403, "AccessDenied")
    projects.s3(ALICE).put_object_tagging(Bucket=BUCKET, Key="blue.txt", Tagging=tags)
    assert code_of(mallory.get_object, Key="blue.txt") == (403, "AccessDenied")


def test_a_bucket_can_let_in_by_the_tags_of_users(projects):
    projects.s3(ALICE).put_bucket_policy(
        Bucket=BUCKET,
        Policy=policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{OWNER}:root"},
                "Action": "s3:GetObject",
                "Resource": f"{BUCKET_ARN}/untagged.txt",
            },
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"{BUCKET_ARN}/untagged.txt",
                "Condition": {"StringNotEquals": {"aws:PrincipalTag/project": "red"}},
            },
        ),
    )
    # The root of an account stands for its policies, and his do not reach there.
    assert code_of(projects.s3(BOB).get_object, Key="untagged.txt") == (403, "AccessDenied")
    assert code_of(projects.s3(ALICE).get_object, Key="untagged.txt") == (403, "AccessDenied")
