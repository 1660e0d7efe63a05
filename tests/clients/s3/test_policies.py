"""Who may do what: identity, session and bucket policies, variables, conditions, and the words of a refusal."""

import json

import pytest
from botocore.exceptions import ClientError

from drivers import fetch
from gateway import ALICE, BOB, BUCKET, CAROL, OWNER, REGION
from wire import ask, send

PLAN = "secret/plan.txt"
BUCKET_ARN, ALL_ARN = f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"
EVERYBODY = "*"


def refusal(go, **params):
    """(status, code, message) of a call that must be refused."""
    params.setdefault("Bucket", BUCKET)
    with pytest.raises(ClientError) as raised:
        go(**params)
    answer = raised.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"].get("Message")


def denied(go, **params):
    status, code, message = refusal(go, **params)
    assert (status, code) in {(403, "AccessDenied"), (403, "403")}, (status, code, message)
    return message


def no(arn, action, resource, why):
    return f'User: {arn} is not authorized to perform: {action} on resource: "{resource}" {why}'


def because_no(kind, action):
    return f"because no {kind} policy allows the {action} action"


def user(name, account=OWNER):
    return f"arn:aws:iam::{account}:user/{name}"


def statement(effect="Allow", principal=EVERYBODY, action="s3:GetObject", resource=ALL_ARN, **more):
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more}


@pytest.fixture
def set_policy(pair):
    def put(*statements):
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        pair.s3(ALICE).put_bucket_policy(Bucket=BUCKET, Policy=policy)

    return put


# --- Bucket policies ---------------------------------------------------------------------------------------------------


def test_a_bucket_policy_is_put_got_and_deleted(pair):
    s3 = pair.s3(ALICE)
    assert refusal(s3.get_bucket_policy)[:2] == (404, "NoSuchBucketPolicy")
    policy = '{ "Version": "2012-10-17",\n "Statement": [' + json.dumps(statement()) + "] }"
    assert s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.get_bucket_policy(Bucket=BUCKET)["Policy"] == policy
    assert s3.delete_bucket_policy(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(s3.get_bucket_policy)[:2] == (404, "NoSuchBucketPolicy")


MALFORMED = {
    "nonsense": "Policies must be valid JSON and the first byte must be '{'",
    "[]": "Policies must be valid JSON and the first byte must be '{'",
    '{"Version": "2012-10-17"}': "Missing required field Statement",
    '{"Version": "2012-10-17", "Statement": []}': "Could not parse the policy: Statement is empty!",
    '{"Version": "2020-01-01", "Statement": []}': "The policy must contain a valid version string",
}
MALFORMED_STATEMENTS = [
    ({"Principal": None}, "Missing required field Principal"),
    ({"Action": None}, "Missing required field Action"),
    ({"Resource": None}, "Missing required field Resource"),
    ({"Principal": {}}, "Missing required field Principal cannot be empty!"),
    ({"Principal": {"AWS": "nobody"}}, "Invalid principal in policy"),
    ({"Principal": {"AWS": user("nobody")}}, "Invalid principal in policy"),
    ({"Principal": {"AWS": [user("bob"), "arn:aws:iam::333333333333:role/nobody"]}}, "Invalid principal in policy"),
    ({"Action": "s3:GetBananas"}, "Policy has invalid action"),
    ({"Action": "ec2:RunInstances"}, "Policy has invalid action"),
    ({"Resource": "arn:aws:s3:::elsewhere/*"}, "Policy has invalid resource"),
    ({"Resource": BUCKET_ARN}, "Action does not apply to any resource(s) in statement"),
    ({"Condition": {"StringIs": {"aws:x": "y"}}}, "Invalid Condition type : StringIs"),
    ({"Condition": {"StringEquals": {"s3:banana": "y"}}}, "Policy has an invalid condition key"),
    ({"Condition": {"IpAddress": {"aws:SourceIp": "x"}}}, "Invalid IP address in Conditions"),
    (
        {"Condition": {"StringEquals": {"s3:prefix": "y"}}},
        "Conditions do not apply to combination of actions and resources in statement",
    ),
]
for change, text in MALFORMED_STATEMENTS:
    kept = {name: value for name, value in (statement() | change).items() if value is not None}
    MALFORMED[json.dumps({"Version": "2012-10-17", "Statement": [kept]})] = text


def test_a_bucket_policy_that_cannot_be_is_refused_in_s3s_words(pair):
    s3 = pair.s3(ALICE)
    for policy, text in MALFORMED.items():
        assert refusal(s3.put_bucket_policy, Policy=policy) == (400, "MalformedPolicy", text), policy
    assert refusal(s3.get_bucket_policy)[:2] == (404, "NoSuchBucketPolicy")


def test_who_may_not_change_policies_does_not(pair, set_policy):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement()]})
    message = denied(pair.s3(BOB).put_bucket_policy, Policy=policy)
    assert message == no(user("bob"), "s3:PutBucketPolicy", BUCKET_ARN, because_no("identity-based", "s3:PutBucketPolicy"))
    assert denied(pair.s3(None).put_bucket_policy, Policy=policy) == "Access Denied"
    denied(pair.s3(BOB).get_bucket_policy)
    denied(pair.s3(BOB).delete_bucket_policy)
    # Whoever is let in from another account may still not.
    set_policy(statement(principal={"AWS": "222222222222"}, action="s3:*BucketPolicy", resource=BUCKET_ARN))
    assert refusal(pair.s3(CAROL).get_bucket_policy)[:2] == (405, "MethodNotAllowed")


def test_a_policy_of_a_bucket_ends_with_the_bucket(pair, set_policy):
    set_policy(statement(), statement(action="s3:ListBucket", resource=BUCKET_ARN))
    s3 = pair.s3(ALICE)
    s3.delete_bucket(Bucket=BUCKET)
    assert refusal(s3.get_bucket_policy)[:2] == (404, "NoSuchBucket")
    pair.s3(CAROL).create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert denied(pair.s3(None).list_objects_v2) == "Access Denied"
    # It is hers now.
    assert denied(s3.list_objects_v2) == "Access Denied"
    assert pair.s3(CAROL).list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


# --- Nobody in particular ----------------------------------------------------------------------------------------------


def test_nobody_in_particular_does_what_the_bucket_lets_everybody_do(pair, set_policy):
    pair.keep("public/page.html", b"<html>")
    pair.keep(PLAN)
    address = pair.gateway.url + f"/{BUCKET}/public/page.html"
    assert denied(pair.s3(None).get_object, Key="public/page.html") == "Access Denied"
    set_policy(statement(resource=f"{BUCKET_ARN}/public/*"))
    assert fetch(address) == b"<html>"
    for go in ["get_object", "head_object", "delete_object", "get_object_tagging"]:
        denied(getattr(pair.s3(None), go), Key=PLAN)
    denied(pair.s3(None).put_object, Key="public/more", Body=b"x")
    answer = send(pair.gateway, "GET", "/")
    assert (answer.status, answer.code, answer.text("Message")) == (403, "AccessDenied", "Access Denied")


def test_a_web_page_shows_pictures_by_its_referer(pair, set_policy):
    pair.keep("public/a.png")
    set_policy(statement(Condition={"StringLike": {"aws:Referer": "https://www.example.com/*"}}))
    address = f"/{BUCKET}/public/a.png"
    assert send(pair.gateway, "GET", address, {"referer": "https://www.example.com/page"}).status == 200
    assert send(pair.gateway, "GET", address, {"referer": "https://evil.example/"}).status == 403
    assert send(pair.gateway, "GET", address).status == 403


# --- Layers ------------------------------------------------------------------------------------------------------------


def test_everybody_works_under_their_own_name(pair):
    pair.keep("home/bob/diary")
    pair.keep("home/alice/diary")
    bob = pair.s3(BOB)
    assert bob.get_object(Bucket=BUCKET, Key="home/bob/diary")["Body"].read() == b"hello\n"
    assert [found["Key"] for found in bob.list_objects_v2(Bucket=BUCKET, Prefix="home/bob/")["Contents"]] == ["home/bob/diary"]
    message = denied(bob.get_object, Key="home/alice/diary")
    resource = f"{BUCKET_ARN}/home/alice/diary"
    assert message == no(user("bob"), "s3:GetObject", resource, because_no("identity-based", "s3:GetObject"))
    for prefix in ["", "home/", "home/alice/", "home/bobby/"]:
        denied(bob.list_objects_v2, Prefix=prefix)
    denied(bob.list_objects_v2)
    denied(bob.list_objects)


def test_a_session_policy_narrows_and_never_widens(pair):
    pair.keep("desk/a")
    pair.keep(PLAN)
    only_desk = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET_ARN}/desk/*"}]})
    narrowed = pair.s3(pair.role("everything", Policy=only_desk))
    narrowed.get_object(Bucket=BUCKET, Key="desk/a")
    arn = f"arn:aws:sts::{OWNER}:assumed-role/everything/desk-1"
    why = because_no("session", "s3:GetObject")
    assert denied(narrowed.get_object, Key=PLAN) == no(arn, "s3:GetObject", f"{BUCKET_ARN}/{PLAN}", why)
    widened = pair.s3(pair.role("clerk", Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'))
    widened.get_object(Bucket=BUCKET, Key="desk/a")
    denied(widened.get_object, Key=PLAN)


def test_a_deny_of_the_bucket_beats_everything_and_the_owner_can_repair_it(pair, set_policy):
    pair.keep(PLAN)
    set_policy(statement("Deny"))
    message = denied(pair.s3(ALICE).get_object, Key=PLAN)
    why = "with an explicit deny in a resource-based policy"
    assert message == no(user("alice"), "s3:GetObject", f"{BUCKET_ARN}/{PLAN}", why)
    pair.s3(ALICE).delete_bucket_policy(Bucket=BUCKET)
    pair.s3(ALICE).get_object(Bucket=BUCKET, Key=PLAN)


def test_a_bucket_lets_in_whom_their_own_policies_do_not(pair, set_policy):
    pair.keep(PLAN)
    denied(pair.s3(BOB).get_object, Key=PLAN)
    set_policy(statement(principal={"AWS": user("bob")}))
    pair.s3(BOB).get_object(Bucket=BUCKET, Key=PLAN)
    role = f"arn:aws:iam::{OWNER}:role/clerk"
    denied(pair.s3(pair.role("clerk")).get_object, Key=PLAN)
    set_policy(statement(principal={"AWS": role}))
    pair.s3(pair.role("clerk")).get_object(Bucket=BUCKET, Key=PLAN)
    set_policy(statement(principal={"AWS": f"arn:aws:sts::{OWNER}:assumed-role/clerk/desk-1"}))
    pair.s3(pair.role("clerk")).get_object(Bucket=BUCKET, Key=PLAN)


# --- Conditions --------------------------------------------------------------------------------------------------------

CONDITIONS = [
    # a Deny on this action under this condition, a call that it stops, and one that it does not
    ("s3:ListBucket", {"StringEquals": {"s3:prefix": "secret/"}}, ("list_objects_v2", {"Prefix": "secret/"}), ("list_objects_v2", {})),
    ("s3:ListBucket", {"StringNotEquals": {"s3:delimiter": "/"}}, ("list_objects_v2", {}), ("list_objects_v2", {"Delimiter": "/"})),
    ("s3:ListBucket", {"NumericGreaterThan": {"s3:max-keys": "10"}}, ("list_objects", {}), ("list_objects", {"MaxKeys": 10})),
    ("s3:PutObject", {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, ("put_object", {"Key": "n", "ACL": "bucket-owner-full-control"}), ("put_object", {"Key": "n"})),
    ("s3:PutObject", {"StringNotEquals": {"s3:x-amz-storage-class": "STANDARD"}}, ("put_object", {"Key": "n", "StorageClass": "REDUCED_REDUNDANCY"}), ("put_object", {"Key": "n", "StorageClass": "STANDARD"})),
    ("s3:PutObject", {"Null": {"s3:x-amz-server-side-encryption": "true"}}, ("put_object", {"Key": "n"}), ("put_object", {"Key": "n", "ServerSideEncryption": "AES256"})),
    ("s3:PutObject", {"StringLike": {"s3:x-amz-copy-source": f"{BUCKET}/secret/*"}}, ("copy_object", {"Key": "n", "CopySource": f"{BUCKET}/secret/plan.txt"}), ("copy_object", {"Key": "n", "CopySource": f"{BUCKET}/desk/a"})),
    ("s3:PutObject", {"StringEquals": {"s3:x-amz-metadata-directive": "REPLACE"}}, ("copy_object", {"Key": "n", "CopySource": f"{BUCKET}/desk/a", "MetadataDirective": "REPLACE"}), ("copy_object", {"Key": "n", "CopySource": f"{BUCKET}/desk/a"})),
    ("s3:PutObject", {"Null": {"s3:if-none-match": "true"}}, ("put_object", {"Key": "n"}), ("put_object", {"Key": "n", "IfNoneMatch": "*"})),
    ("s3:PutObject", {"StringEquals": {"s3:RequestObjectTag/stage": "prod"}}, ("put_object", {"Key": "n", "Tagging": "stage=prod"}), ("put_object", {"Key": "n", "Tagging": "stage=test"})),
    ("s3:PutObject", {"ForAnyValue:StringEquals": {"s3:RequestObjectTagKeys": ["owner"]}}, ("put_object", {"Key": "n", "Tagging": "stage=prod&owner=x"}), ("put_object", {"Key": "n", "Tagging": "stage=prod"})),
    ("s3:PutObjectTagging", {"StringEquals": {"s3:RequestObjectTag/stage": "prod"}}, ("put_object", {"Key": "n", "Tagging": "stage=prod"}), ("put_object", {"Key": "n"})),
    ("s3:PutObjectAcl", {"Null": {"s3:x-amz-acl": "false"}}, ("put_object", {"Key": "n", "ACL": "private"}), ("put_object", {"Key": "n"})),
    ("s3:GetObject", {"StringEquals": {"s3:ExistingObjectTag/colour": "red"}}, ("get_object", {"Key": "tagged"}), ("get_object", {"Key": "desk/a"})),
    ("s3:GetObjectVersion", {"StringEquals": {"s3:VersionId": "null"}}, ("get_object", {"Key": "desk/a", "VersionId": "null"}), ("get_object", {"Key": "desk/a"})),
    ("s3:GetObject", {"StringEquals": {"s3:authType": "REST-HEADER"}}, ("get_object", {"Key": "desk/a"}), None),
    ("s3:GetObject", {"StringEquals": {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}}, None, ("get_object", {"Key": "desk/a"})),
    ("s3:GetObject", {"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}, ("get_object", {"Key": "desk/a"}), None),
    ("s3:GetObject", {"StringEquals": {"s3:ResourceAccount": OWNER}}, ("get_object", {"Key": "desk/a"}), None),
    ("s3:GetObject", {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, ("get_object", {"Key": "desk/a"}), None),
    ("s3:GetObject", {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, None, ("get_object", {"Key": "desk/a"})),
    ("s3:GetObject", {"Bool": {"aws:SecureTransport": "false"}}, ("get_object", {"Key": "desk/a"}), None),
    ("s3:GetObject", {"StringLike": {"aws:UserAgent": "*Boto3*"}}, ("get_object", {"Key": "desk/a"}), None),
    ("s3:DeleteObject", {"StringEquals": {"aws:username": "alice"}}, ("delete_object", {"Key": "n"}), None),
    ("s3:GetObject", {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, ("get_object", {"Key": "desk/a"}), None),
]


@pytest.mark.parametrize(("action", "condition", "stopped", "passed"), CONDITIONS)
def test_conditions_see_the_request(pair, set_policy, action, condition, stopped, passed):
    pair.keep("desk/a")
    pair.keep(PLAN)
    s3 = pair.s3(ALICE)
    s3.put_object(Bucket=BUCKET, Key="tagged", Body=b"x", Tagging="colour=red")
    resource = BUCKET_ARN if action == "s3:ListBucket" else ALL_ARN
    set_policy(statement("Deny", action=action, resource=resource, Condition=condition))
    if stopped:
        assert "explicit deny in a resource-based policy" in denied(getattr(s3, stopped[0]), **stopped[1])
    if passed:
        getattr(s3, passed[0])(Bucket=BUCKET, **passed[1])


def test_presigned_addresses_can_be_kept_short(pair, set_policy):
    pair.keep("desk/a")
    address = pair.s3(ALICE).generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "desk/a"}, ExpiresIn=3600)
    target = address.removeprefix(pair.gateway.url)
    set_policy(statement("Deny", Condition={"NumericGreaterThan": {"s3:signatureAge": "600000"}}))
    assert send(pair.gateway, "GET", target).status == 200
    set_policy(statement("Deny", Condition={"NumericGreaterThanEquals": {"s3:signatureAge": "0"}}))
    assert send(pair.gateway, "GET", target).status == 403
    set_policy(statement("Deny", Condition={"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}))
    assert send(pair.gateway, "GET", target).status == 403
    pair.s3(ALICE).get_object(Bucket=BUCKET, Key="desk/a")


# --- More than one thing at a time -------------------------------------------------------------------------------------


def test_a_copy_needs_both_its_source_and_its_destination(pair, set_policy):
    pair.keep("desk/a")
    pair.keep(PLAN)
    clerk = pair.s3(pair.role("clerk"))
    arn = f"arn:aws:sts::{OWNER}:assumed-role/clerk/desk-1"
    message = denied(clerk.copy_object, Key="desk/b", CopySource=f"{BUCKET}/{PLAN}")
    assert message == no(arn, "s3:GetObject", f"{BUCKET_ARN}/{PLAN}", because_no("identity-based", "s3:GetObject"))
    message = denied(clerk.copy_object, Key="secret/b", CopySource=f"{BUCKET}/desk/a")
    assert message == no(arn, "s3:PutObject", f"{BUCKET_ARN}/secret/b", because_no("identity-based", "s3:PutObject"))
    clerk.copy_object(Bucket=BUCKET, Key="desk/b", CopySource=f"{BUCKET}/desk/a")
    upload = clerk.create_multipart_upload(Bucket=BUCKET, Key="desk/c")["UploadId"]
    denied(clerk.upload_part_copy, Key="desk/c", UploadId=upload, PartNumber=1, CopySource=f"{BUCKET}/{PLAN}")
    clerk.upload_part_copy(Bucket=BUCKET, Key="desk/c", UploadId=upload, PartNumber=1, CopySource=f"{BUCKET}/desk/a")


def test_of_many_keys_those_are_deleted_that_may_be(pair):
    for key in ["desk/a", "desk/b", PLAN]:
        pair.keep(key)
    asked = {"Objects": [{"Key": key} for key in ["desk/a", PLAN, "desk/b", "desk/absent", "secret/absent"]]}
    answer = pair.s3(pair.role("clerk")).delete_objects(Bucket=BUCKET, Delete=asked)
    assert sorted(gone["Key"] for gone in answer["Deleted"]) == ["desk/a", "desk/absent", "desk/b"]
    arn = f"arn:aws:sts::{OWNER}:assumed-role/clerk/desk-1"
    why = because_no("identity-based", "s3:DeleteObject")
    assert [(error["Key"], error["Code"], error["Message"]) for error in answer["Errors"]] == [
        (key, "AccessDenied", no(arn, "s3:DeleteObject", f"{BUCKET_ARN}/{key}", why)) for key in [PLAN, "secret/absent"]
    ]
    assert pair.file(PLAN).exists() and not pair.file("desk/a").exists()


def test_a_thousand_long_keys_are_asked_about_one_by_one(pair):
    keys = [f"{'desk' if at % 2 else 'secret'}/{'x' * 200}/{at:04}/{'y' * 200}" for at in range(1000)]
    answer = pair.s3(pair.role("clerk")).delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
    assert (len(answer["Deleted"]), len(answer["Errors"])) == (500, 500)
    assert {error["Key"] for error in answer["Errors"]} == {key for key in keys if key.startswith("secret")}


def test_an_upload_in_parts_is_for_its_own_key_only(pair):
    alice = pair.s3(ALICE)
    upload = alice.create_multipart_upload(Bucket=BUCKET, Key=PLAN)["UploadId"]
    part = alice.upload_part(Bucket=BUCKET, Key=PLAN, UploadId=upload, PartNumber=1, Body=b"the plan")
    clerk = pair.s3(pair.role("clerk"))
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    for go, more in [
        (clerk.complete_multipart_upload, {"MultipartUpload": parts}),
        (clerk.list_parts, {}),
        (clerk.abort_multipart_upload, {}),
        (clerk.upload_part, {"PartNumber": 1, "Body": b"x"}),
    ]:
        assert refusal(go, Key="desk/mine", UploadId=upload, **more)[:2] == (404, "NoSuchUpload")
        denied(go, Key=PLAN, UploadId=upload, **more)
    alice.complete_multipart_upload(Bucket=BUCKET, Key=PLAN, UploadId=upload, MultipartUpload=parts)
    assert pair.file(PLAN).read_bytes() == b"the plan"


# --- What is there, and who is told ------------------------------------------------------------------------------------


def test_who_may_not_list_is_not_told_what_is_missing(pair):
    assert refusal(pair.s3(ALICE).get_object, Key="none") == (404, "NoSuchKey", "The specified key does not exist.")
    message = denied(pair.s3(BOB).get_object, Key="home/bob/none")
    assert message == no(user("bob"), "s3:ListBucket", BUCKET_ARN, because_no("identity-based", "s3:ListBucket"))
    assert refusal(pair.s3(ALICE).head_object, Key="none")[:2] == (404, "404")
    assert refusal(pair.s3(BOB).head_object, Key="home/bob/none")[:2] == (403, "403")


def test_a_bucket_that_is_not_there_is_nobodys(pair):
    for keys in [ALICE, BOB]:
        assert refusal(pair.s3(keys).get_object, Bucket="absent", Key="x")[:2] == (404, "NoSuchBucket")


def test_buckets_have_owners(pair):
    alice, carol = pair.s3(ALICE), pair.s3(CAROL)
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    carol.create_bucket(Bucket="hers", **place)
    assert [found["Name"] for found in carol.list_buckets()["Buckets"]] == ["hers"]
    assert [found["Name"] for found in alice.list_buckets()["Buckets"]] == [BUCKET]
    assert refusal(carol.create_bucket, Bucket="hers", **place)[:2] == (409, "BucketAlreadyOwnedByYou")
    assert refusal(alice.create_bucket, Bucket="hers", **place)[:2] == (409, "BucketAlreadyExists")
    assert denied(alice.list_objects_v2, Bucket="hers") == "Access Denied"
    carol.put_object(Bucket="hers", Key="x", Body=b"x")
    assert refusal(carol.delete_bucket, Bucket="hers")[:2] == (409, "BucketNotEmpty")
    denied(carol.list_objects_v2, Bucket="hers", ExpectedBucketOwner=OWNER)
    carol.list_objects_v2(Bucket="hers", ExpectedBucketOwner="222222222222")
    denied(pair.s3(BOB).create_bucket, Bucket="bobs", **place)


def test_tags_are_kept_with_an_object_and_end_with_it(pair):
    s3 = pair.s3(ALICE)
    tags = lambda key: s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]  # noqa: E731
    red = [{"Key": "colour", "Value": "red"}]
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"x", Tagging="colour=red")
    assert tags("a") == red
    s3.copy_object(Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/a")
    s3.copy_object(Bucket=BUCKET, Key="c", CopySource=f"{BUCKET}/a", TaggingDirective="REPLACE", Tagging="x=y")
    assert (tags("b"), tags("c")) == (red, [{"Key": "x", "Value": "y"}])
    s3.put_object_tagging(Bucket=BUCKET, Key="b", Tagging={"TagSet": [{"Key": "n", "Value": "1"}]})
    assert tags("b") == [{"Key": "n", "Value": "1"}]
    s3.delete_object_tagging(Bucket=BUCKET, Key="b")
    assert tags("b") == []
    s3.delete_object(Bucket=BUCKET, Key="a")
    pair.keep("a")
    assert tags("a") == []
    assert refusal(s3.put_object, Key="a", Body=b"x", Tagging="aws:x=y")[:2] == (400, "InvalidTag")


# --- Names that mean the same file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "desk/../secret/plan.txt",
        "desk/%2e%2e/secret/plan.txt",
        "desk%2F..%2Fsecret%2Fplan.txt",
        "../other/secret/plan.txt",
        "desk//../secret/plan.txt",
        "./secret/plan.txt",
        "secret//plan.txt",
        "secret/./plan.txt",
        "/secret/plan.txt",
        "secret/plan.txt/",
        "%2Fsecret/plan.txt",
        "secret/plan.txt%00",
    ],
)
def test_another_spelling_of_a_path_is_another_key(pair, set_policy, path):
    """A bucket's deny speaks of one key; a directory would find its file under many."""
    pair.keep(PLAN)
    pair.keep(PLAN, bucket="other")
    (pair.gateway.root / BUCKET / "desk").mkdir()
    set_policy(statement("Deny", resource=f"{BUCKET_ARN}/{PLAN}"))
    for method in ["GET", "HEAD", "PUT", "DELETE"]:
        answer = ask(pair.gateway, ALICE, method, f"/{BUCKET}/{path}", body=b"forged" if method == "PUT" else b"")
        assert b"hello" not in answer.body, (method, answer)
        assert answer.status != 200, (method, answer)
    copy = ask(pair.gateway, ALICE, "PUT", f"/{BUCKET}/taken", {"x-amz-copy-source": f"{BUCKET}/{path}"})
    assert copy.status in {400, 403, 404}, copy
    assert pair.file(PLAN).read_bytes() == b"hello\n"
    assert pair.file(PLAN, "other").read_bytes() == b"hello\n"
    assert not pair.file("taken").exists()


@pytest.mark.parametrize("bucket", ["..", ".gateway", "%2e%2e", ".", "", "shared%2F..", "..%2Fshared"])
def test_what_is_no_bucket_is_no_source_of_a_copy(pair, bucket):
    (pair.gateway.root.parent / "outside").write_bytes(b"not for S3")
    pair.keep("outside")
    pair.s3(ALICE).put_object(Bucket=BUCKET, Key="a", Body=b"x", Tagging="x=y")
    for key in ["outside", "shared/owner.json", "buckets/shared/outside"]:
        answer = ask(pair.gateway, ALICE, "PUT", f"/{BUCKET}/taken", {"x-amz-copy-source": f"{bucket}/{key}"})
        assert answer.status in {400, 404}, answer
        answer = ask(pair.gateway, ALICE, "GET", f"/{bucket}/{key}")
        assert answer.status != 200 and b"not for S3" not in answer.body, answer
    assert not pair.file("taken").exists()


def test_another_spelling_of_a_prefix_lists_nothing(pair, set_policy):
    pair.keep(PLAN)
    condition = {"StringLike": {"s3:prefix": "secret/*"}}
    set_policy(statement("Deny", action="s3:ListBucket", resource=BUCKET_ARN, Condition=condition))
    s3 = pair.s3(ALICE)
    denied(s3.list_objects_v2, Prefix="secret/")
    for prefix in ["/secret/", "//secret/", "./secret/", "desk/../secret/"]:
        assert s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"] == 0, prefix
        assert "Contents" not in s3.list_objects(Bucket=BUCKET, Prefix=prefix), prefix


def test_a_key_that_cannot_be_a_file_is_refused_clearly(pair):
    pair.keep("desk/a")
    s3 = pair.s3(ALICE)
    for key in ["desk/a/b", "desk", "x//y", "x/"]:
        status, code, message = refusal(s3.put_object, Key=key, Body=b"x")
        assert (status, code) == (400, "InvalidArgument") and "keeps objects as files" in message, key


def test_odd_but_good_keys_come_back_as_they_were(pair):
    s3 = pair.s3(ALICE)
    keys = ["a b/c+d%25é.txt", "~!*'()", "x=y&z", "日本/語", ".hidden", "a..b/...", "quote\"s<>"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode()
    assert sorted(found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]) == sorted(keys)
