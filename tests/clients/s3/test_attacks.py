"""A hostile client: bodies that are not what they say, names that mean two things, sizes beyond all bounds."""

import base64
import hashlib
import json
import socket
import urllib.parse
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from gateway import ALICE, BOB, BUCKET, CAROL, GUARDIAN, OWNER, REGION, ROOT, SEED, Keys, Pair
from wire import EMPTY, Signed, ask, send

BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"
DOMAIN = "s3.test:9000"
CONTENT = b"what it says\n"


def base64_of(digest):
    return base64.b64encode(digest).decode()


def raw(gateway, head, body=b"", breaks_off=False):
    """Sends these very bytes; what comes back until the other side closes."""
    place = urllib.parse.urlsplit(gateway.url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as stream:
        stream.sendall(head + body)
        if breaks_off:
            stream.shutdown(socket.SHUT_WR)
        answer = b""
        while more := stream.recv(65536):
            answer += more
    return answer


def status(answer):
    return int(answer.split(b" ")[1]) if answer else None


@pytest.fixture
def open_to_all(pair):
    """One object that everybody may read, one that nobody may."""
    pair.keep("open.txt", b"open")
    pair.keep("secret.txt", b"secret")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET_ARN}/open.txt"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    pair.s3(ALICE).put_bucket_policy(Bucket=BUCKET, Policy=policy)
    return pair


def test_a_body_that_stops_in_the_middle_is_given_up_after_a_while(pair):
    pair.keep("a.txt", b"as it was")
    place, target = urllib.parse.urlsplit(pair.gateway.url), f"/{BUCKET}/a.txt"
    signed = Signed(pair.gateway, ALICE, "PUT", target, payload=hashlib.sha256(CONTENT).hexdigest())
    lines = [f"{name}: {value}" for name, value in (signed.headers | {"content-length": len(CONTENT)}).items()]
    head = "\r\n".join([f"PUT {target} HTTP/1.1", *lines, "", ""])
    with socket.create_connection((place.hostname, place.port), timeout=40) as stream:
        stream.sendall(head.encode() + CONTENT[:4])
        answer = stream.recv(65536)
    assert status(answer) == 400 and b"<Code>RequestTimeout</Code>" in answer
    assert pair.file("a.txt").read_bytes() == b"as it was"


# --- Bodies that are not what they say ---------------------------------------------------------------------------------

SUMS = {
    "content-md5": (base64_of(hashlib.md5(CONTENT).digest()), base64_of(hashlib.md5(b"").digest())),
    "x-amz-checksum-crc32": (base64_of(zlib.crc32(CONTENT).to_bytes(4)), "AAAAAA=="),
    "x-amz-checksum-sha1": (base64_of(hashlib.sha1(CONTENT).digest()), base64_of(hashlib.sha1(b"").digest())),
    "x-amz-checksum-sha256": (base64_of(hashlib.sha256(CONTENT).digest()), base64_of(hashlib.sha256(b"").digest())),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_body_of_another_checksum_is_refused_before_it_replaces_anything(pair, name):
    right, wrong = SUMS[name]
    pair.keep("a.txt", b"as it was")
    for value, code in [(wrong, "BadDigest"), ("garbage", "InvalidDigest" if name == "content-md5" else "InvalidRequest")]:
        answer = ask(pair.gateway, ALICE, "PUT", f"/{BUCKET}/a.txt", {name: value}, CONTENT)
        assert (answer.status, answer.code) == (400, code), value
        assert pair.file("a.txt").read_bytes() == b"as it was"
    assert ask(pair.gateway, ALICE, "PUT", f"/{BUCKET}/a.txt", {name: right}, CONTENT).status == 200
    assert pair.file("a.txt").read_bytes() == CONTENT


@pytest.mark.parametrize("name", SUMS)
def test_a_part_of_another_checksum_is_refused(pair, name):
    right, wrong = SUMS[name]
    upload = pair.s3(ALICE).create_multipart_upload(Bucket=BUCKET, Key="a.txt")["UploadId"]
    place = f"/{BUCKET}/a.txt?partNumber=1&uploadId={upload}"
    answer = ask(pair.gateway, ALICE, "PUT", place, {name: wrong}, CONTENT)
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert "Parts" not in pair.s3(ALICE).list_parts(Bucket=BUCKET, Key="a.txt", UploadId=upload)
    assert ask(pair.gateway, ALICE, "PUT", place, {name: right}, CONTENT).status == 200


def test_an_announced_checksum_that_is_not_given_stores_nothing_else_than_what_came(pair):
    answer = ask(pair.gateway, ALICE, "PUT", f"/{BUCKET}/a.txt", {"x-amz-sdk-checksum-algorithm": "SHA256"}, CONTENT)
    assert (answer.status, pair.file("a.txt").read_bytes()) == (200, CONTENT)


def test_the_checksum_of_a_whole_object_is_not_that_of_the_list_of_its_parts(pair):
    s3 = pair.s3(ALICE)
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="a.txt", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    at = {"Bucket": BUCKET, "Key": "a.txt", "UploadId": upload["UploadId"]}
    part = s3.upload_part(**at, PartNumber=1, Body=CONTENT)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**at, MultipartUpload=parts, ChecksumCRC32=SUMS["x-amz-checksum-crc32"][0], ChecksumType="FULL_OBJECT")
    assert pair.file("a.txt").read_bytes() == CONTENT


def test_a_body_that_breaks_off_stores_nothing(pair):
    pair.keep("a.txt", b"as it was")
    for payload in ["UNSIGNED-PAYLOAD", hashlib.sha256(CONTENT).hexdigest()]:
        signed = Signed(pair.gateway, ALICE, "PUT", f"/{BUCKET}/a.txt", payload=payload)
        lines = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items())
        head = f"PUT /{BUCKET}/a.txt HTTP/1.1\r\n{lines}content-length: {len(CONTENT) + 1}\r\n\r\n".encode()
        assert status(raw(pair.gateway, head, CONTENT, breaks_off=True)) in {None, 400}
    assert pair.file("a.txt").read_bytes() == b"as it was"
    assert [path.name for path in pair.gateway.root.iterdir() if path.name.startswith(".tmp")] == []


def test_a_body_of_two_lengths_is_not_taken(pair):
    signed = Signed(pair.gateway, ALICE, "PUT", f"/{BUCKET}/a.txt", payload="UNSIGNED-PAYLOAD")
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items())
    hidden = f"GET /{BUCKET}/a.txt HTTP/1.1\r\nhost: x\r\n\r\n".encode()
    for more in ["content-length: 5\r\ncontent-length: 6\r\n", "content-length: 5\r\ntransfer-encoding: chunked, identity\r\n"]:
        answer = raw(pair.gateway, f"PUT /{BUCKET}/a.txt HTTP/1.1\r\n{lines}{more}\r\n".encode(), b"0\r\n\r\n" + hidden)
        assert status(answer) == 400 and answer.count(b"HTTP/1.1 ") == 1, (more, answer)
    assert not pair.file("a.txt").exists()


def test_a_chunk_that_would_have_to_be_held_is_refused_unseen(pair):
    mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    headers = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(1 << 40)}
    signed = Signed(pair.gateway, ALICE, "PUT", f"/{BUCKET}/a.txt", headers, payload=mode)
    body = f"{1 << 40:x};chunk-signature={'0' * 64}\r\n".encode() + b"x" * 100_000
    answer = send(pair.gateway, "PUT", f"/{BUCKET}/a.txt", signed.headers, body)
    assert (answer.status, answer.code) == (400, "IncompleteBody")


def test_the_chunks_of_one_upload_are_not_those_of_another(pair):
    mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    headers = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(CONTENT))}
    good = Signed(pair.gateway, ALICE, "PUT", f"/{BUCKET}/a.txt", headers, payload=mode)
    other = Signed(pair.gateway, ALICE, "PUT", f"/{BUCKET}/b.txt", headers, payload=mode)
    answer = send(pair.gateway, "PUT", f"/{BUCKET}/b.txt", other.headers, b"".join(good.chunks(CONTENT)))
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    # Nor is a body in chunks what it was signed to be, if the request said something else.
    for said in ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", EMPTY]:
        bent = good.headers | {"x-amz-content-sha256": said}
        answer = send(pair.gateway, "PUT", f"/{BUCKET}/a.txt", bent, b"".join(good.chunks(CONTENT)))
        assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert not pair.file("a.txt").exists() and not pair.file("b.txt").exists()


def test_nobody_in_particular_signs_no_chunks(open_to_all):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{BUCKET_ARN}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    open_to_all.s3(ALICE).put_bucket_policy(Bucket=BUCKET, Policy=policy)
    mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    headers = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(CONTENT))}
    signed = Signed(open_to_all.gateway, ALICE, "PUT", f"/{BUCKET}/a.txt", headers, payload=mode)
    chunks = b"".join(signed.chunks(CONTENT))
    answer = send(open_to_all.gateway, "PUT", f"/{BUCKET}/a.txt", headers | {"x-amz-content-sha256": mode}, chunks)
    assert answer.status in {400, 403}, answer
    assert not open_to_all.file("a.txt").exists()
    assert send(open_to_all.gateway, "PUT", f"/{BUCKET}/a.txt", body=CONTENT).status == 200


# --- Names that mean two things ----------------------------------------------------------------------------------------


@pytest.fixture
def named(launch, gateways, data_dir):
    """A gateway that takes BUCKET.DOMAIN for a bucket."""
    sts = launch(seed=SEED, data_dir=data_dir)
    gateway = gateways(sts.companion, data_dir / "companion.token", "--domain", DOMAIN)
    gateway.hears_of_changes()
    pair = Pair(sts, gateway)
    pair.keep("desk/a.txt", b"ours")
    pair.keep("a.txt", b"theirs", bucket="other")
    pair.keep("shared/desk/a.txt", b"theirs", bucket="other")
    return pair


def at(host):
    return {"host": host}


def test_a_bucket_in_the_name_of_the_host(named):
    clerk = named.role("clerk")
    for _ in range(2):  # asked about the first time, by a kept key the second time
        assert ask(named.gateway, clerk, "GET", "/desk/a.txt", at(f"{BUCKET}.{DOMAIN}")).body == b"ours"
        assert ask(named.gateway, clerk, "GET", f"/{BUCKET}/desk/a.txt", at(DOMAIN)).body == b"ours"
        assert ask(named.gateway, clerk, "GET", f"/{BUCKET}/desk/a.txt").body == b"ours"


def test_a_signature_is_for_one_host_and_so_for_one_bucket(named):
    for keys in [ALICE, named.role("everything")]:
        signed = Signed(named.gateway, keys, "GET", "/a.txt", at(f"{BUCKET}.{DOMAIN}"))
        for host in [f"other.{DOMAIN}", DOMAIN, "other", f"OTHER.{DOMAIN}"]:
            answer = send(named.gateway, "GET", "/a.txt", signed.headers | at(host))
            assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch"), host
        lines = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items())
        for target in [f"http://other.{DOMAIN}/a.txt", f"http://{DOMAIN}/other/a.txt"]:
            answer = raw(named.gateway, f"GET {target} HTTP/1.1\r\n{lines}connection: close\r\n\r\n".encode())
            assert b"theirs" not in answer and status(answer) in {400, 403, 404}, answer
        more = f"GET /a.txt HTTP/1.1\r\nhost: other.{DOMAIN}\r\n{lines}connection: close\r\n\r\n"
        answer = raw(named.gateway, more.encode())
        assert b"theirs" not in answer and status(answer) in {400, 403}, answer


def test_policies_speak_of_the_bucket_that_is_served(named):
    """The clerk may read `shared/desk/*`: by no host does that become a key of another bucket."""
    clerk = named.role("clerk")
    for host, target in [
        (f"other.{DOMAIN}", f"/{BUCKET}/desk/a.txt"),
        (f"other.{DOMAIN}", "/desk/a.txt"),
        (DOMAIN, f"/other/{BUCKET}/desk/a.txt"),
        ("other", f"/{BUCKET}/desk/a.txt"),
        (f"{BUCKET}/desk/a.txt?.{DOMAIN}", "/a.txt"),
        (f"..{DOMAIN}", f"/{BUCKET}/desk/a.txt"),
        (f".gateway.{DOMAIN}", f"/{BUCKET}/owner.json"),
        (f"a.b.{DOMAIN}", f"/{BUCKET}/desk/a.txt"),
    ]:
        answer = ask(named.gateway, clerk, "GET", target, at(host))
        assert b"theirs" not in answer.body and answer.status in {400, 403, 404}, (host, target, answer)


def test_who_names_no_host_is_told_so(pair):
    pair.keep("a.txt")
    for head in [f"GET /{BUCKET}/a.txt HTTP/1.0\r\n\r\n", f"GET /{BUCKET}/a.txt HTTP/1.1\r\nconnection: close\r\n\r\n"]:
        assert status(raw(pair.gateway, head.encode())) in {400, 403}


@pytest.mark.parametrize("path", ["%ff", "%", "%2", "%zz", "\\..\\secret.txt", "a%0d%0ab", "%00", "%25%32%65", "..;/secret.txt"])
def test_a_path_that_is_no_text_finds_nothing(open_to_all, path):
    for keys in [None, BOB]:
        target = f"/{BUCKET}/{path}"
        answer = send(open_to_all.gateway, "GET", target) if keys is None else ask(open_to_all.gateway, keys, "GET", target)
        assert answer.status in {400, 403} and b"secret" not in answer.body.replace(path.encode(), b""), answer


def test_a_signature_for_one_spelling_is_for_no_other(open_to_all):
    for signed_for, sent in [
        (f"/{BUCKET}/secret.txt", f"//{BUCKET}/secret.txt"),
        (f"/{BUCKET}/secret.txt", f"/./{BUCKET}/secret.txt"),
        (f"/{BUCKET}/x/../secret.txt", f"/{BUCKET}/secret.txt"),
        (f"/{BUCKET}//secret.txt", f"/{BUCKET}/secret.txt"),
        (f"/{BUCKET}/open.txt", f"/{BUCKET}/secret.txt"),
        (f"/{BUCKET}/secret.txt?versionId=1", f"/{BUCKET}/secret.txt"),
    ]:
        for _ in range(2):
            signed = Signed(open_to_all.gateway, ALICE, "GET", signed_for)
            answer = send(open_to_all.gateway, "GET", sent, signed.headers)
            assert answer.status in {400, 403} and answer.body != b"secret", (signed_for, sent, answer)


def test_two_values_of_a_parameter_are_judged_as_they_are_used(pair):
    pair.keep("desk/a.txt")
    pair.keep("secret/b.txt")
    clerk = pair.role("clerk")
    for query in ["prefix=desk/&prefix=secret/", "prefix=secret/&prefix=desk/", "prefix=desk/&Prefix=secret/"]:
        answer = ask(pair.gateway, clerk, "GET", f"/{BUCKET}?list-type=2&{query}")
        assert b"secret/b.txt" not in answer.body, (query, answer)


# --- Who may not do it one way, may not do it another ------------------------------------------------------------------


def test_no_number_of_keys_is_less_than_none(pair):
    """B-400: less than a policy allows must not mean as many as there are."""
    for at in range(20):
        pair.keep(f"{at:02}.txt")
    few = {"NumericLessThanEquals": {"s3:max-keys": "5"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": BUCKET_ARN, "Condition": few}
    pair.s3(ALICE).put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    def listed(keys, most, kind):
        place = f"/{BUCKET}?{kind}max-keys={most}"
        return send(pair.gateway, "GET", place) if keys is None else ask(pair.gateway, keys, "GET", place)

    for kind in ["", "list-type=2&"]:
        for keys in [None, BOB, ALICE]:
            for most in ["-1", "-2147483648"]:
                answer = listed(keys, most, kind)
                assert (answer.status, answer.code) == (400, "InvalidArgument"), (keys, most, answer)
            assert listed(keys, "", kind).status in {200, 400, 403} and b"07.txt" not in listed(None, "", kind).body
        assert listed(None, "5", kind).body.count(b"<Key>") == 5
        assert (listed(None, "6", kind).status, listed(None, "", kind).status) != (200, 200)
        answer = listed(ALICE, "2147483647", kind)
        assert b"<MaxKeys>1000</MaxKeys>" in answer.body and answer.body.count(b"<Key>") == 20


def test_a_tag_is_not_there_twice_in_another_case(pair):
    """B-400: a policy would see one of the two, and the object would have both."""
    pair.keep("a.txt", b"as it was")
    for name in ["Project", "project", "PROJECT"]:
        tags = f"project=blue&{name}=red"
        answer = ask(pair.gateway, ALICE, "PUT", f"/{BUCKET}/a.txt", {"x-amz-tagging": tags}, CONTENT)
        assert (answer.status, answer.code) == (400, "InvalidTag"), (tags, answer)
    with pytest.raises(ClientError, match="InvalidTag"):
        twice = [{"Key": "project", "Value": "blue"}, {"Key": "Project", "Value": "red"}]
        pair.s3(ALICE).put_object_tagging(Bucket=BUCKET, Key="a.txt", Tagging={"TagSet": twice})
    assert pair.file("a.txt").read_bytes() == b"as it was"


def test_a_source_is_the_expected_owners_or_nothing_is_copied(pair):
    pair.keep("a.txt")
    s3, source = pair.s3(ALICE), f"{BUCKET}/a.txt"
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="c.txt")["UploadId"]
    part = {"Key": "c.txt", "UploadId": upload, "PartNumber": 1}
    copies = [(s3.copy_object, {"Key": "b.txt"}), (s3.upload_part_copy, part)]
    for go, more in copies:
        with pytest.raises(ClientError, match="AccessDenied"):
            go(Bucket=BUCKET, CopySource=source, ExpectedSourceBucketOwner="222222222222", **more)
    assert not pair.file("b.txt").exists()
    assert "Parts" not in s3.list_parts(Bucket=BUCKET, Key="c.txt", UploadId=upload)
    for go, more in copies:
        go(Bucket=BUCKET, CopySource=source, ExpectedSourceBucketOwner=OWNER, **more)


def test_a_bucket_is_whose_creation_succeeded(pair):
    """However many make it at once: nobody becomes the owner of what another one has."""
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    clients = {who: pair.s3(who) for who in [ALICE, CAROL]}
    with ThreadPoolExecutor(8) as pool:
        for at in range(25):
            name = f"race-{at:02}"

            def create(who, name=name):
                try:
                    clients[who].create_bucket(Bucket=name, **place)
                    return who
                except ClientError as refused:
                    assert refused.response["Error"]["Code"] in {"BucketAlreadyExists", "BucketAlreadyOwnedByYou"}
                    return None

            made = [who for who in pool.map(create, [ALICE, CAROL] * 4) if who]
            assert len(made) == 1
            for who, s3 in clients.items():
                names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
                assert (name in names) == (who == made[0]), (name, made, who)


def test_what_is_not_served_is_not_done(open_to_all):
    for method, query in [
        ("PUT", "acl"),
        ("GET", "acl"),
        ("GET", "torrent"),
        ("PUT", "retention"),
        ("POST", "restore"),
        ("POST", "select&select-type=2"),
        ("GET", "attributes"),
        ("PUT", "renameObject"),
    ]:
        answer = ask(open_to_all.gateway, BOB, method, f"/{BUCKET}/secret.txt?{query}", body=b"<x/>" if method != "GET" else b"")
        assert answer.status in {400, 403, 405, 501} and answer.body != b"secret", (query, answer)
    for method, query in [("GET", "versions"), ("GET", "uploads"), ("PUT", "acl"), ("PUT", "versioning"), ("POST", "x")]:
        answer = ask(open_to_all.gateway, BOB, method, f"/{BUCKET}?{query}", body=b"<x/>" if method != "GET" else b"")
        assert answer.status in {400, 403, 405, 501} and b"secret.txt" not in answer.body, (query, answer)
    assert ask(open_to_all.gateway, BOB, "OPTIONS", f"/{BUCKET}/secret.txt").status in {403, 405, 501}
    assert open_to_all.file("secret.txt").read_bytes() == b"secret"


def test_nobody_in_particular_does_not_say_what_kind_of_page_an_object_is(open_to_all):
    for name in ["content-type=text/html", "content-disposition=inline", "cache-control=x", "expires=Thu,%2001%20Jan%202026%2000:00:00%20GMT"]:
        answer = send(open_to_all.gateway, "GET", f"/{BUCKET}/open.txt?response-{name}")
        assert (answer.status, answer.code) == (400, "InvalidRequest"), name
        assert answer.text("Message") == "Request specific response headers cannot be used for anonymous GET requests."
    answer = ask(open_to_all.gateway, ALICE, "GET", f"/{BUCKET}/open.txt?response-content-type=text%2Fhtml")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html")


def test_an_xml_of_entities_is_not_read(pair):
    pair.keep("a.txt")
    bomb = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "a.txt"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    for key in [b"&a;", b"&b;"]:
        body = bomb + b"<Delete><Object><Key>" + key + b"</Key></Object></Delete>"
        answer = ask(pair.gateway, ALICE, "POST", f"/{BUCKET}?delete", {"content-md5": base64_of(hashlib.md5(body).digest())}, body)
        assert answer.status == 400 and b"root:" not in answer.body, answer
    assert pair.file("a.txt").exists()


def test_a_part_of_an_object_is_within_it(open_to_all):
    for span, expect in [
        ("bytes=1-2", (206, b"pe")),
        ("bytes=-2", (206, b"en")),
        ("bytes=-400", (206, b"open")),
        ("bytes=-18446744073709551615", (206, b"open")),
        ("bytes=4-", (416, None)),
        ("bytes=9000000000000000000-", (416, None)),
    ]:
        answer = send(open_to_all.gateway, "GET", f"/{BUCKET}/open.txt", {"range": span})
        assert answer.status == expect[0], (span, answer)
        assert expect[1] is None or answer.body == expect[1], (span, answer)


# --- Policies that shut their owner out --------------------------------------------------------------------------------


def test_a_policy_beyond_all_size_is_refused_and_shuts_nobody_out(pair):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET_ARN}/*"}
    s3 = pair.s3(ALICE)
    for size in [20 * 1024 + 1, 300_000]:
        policy = json.dumps({"Version": "2012-10-17", "Id": "x" * size, "Statement": [statement]})
        with pytest.raises(ClientError) as refused:
            s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
        error = refused.value.response["Error"]
        assert (error["Code"], error["Message"]) == ("MalformedPolicy", "Policy exceeds the maximum allowed document size.")
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


@pytest.fixture
def shut(pair):
    """A bucket whose policy lets nobody do anything."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [BUCKET_ARN, f"{BUCKET_ARN}/*"]}
    pair.keep("a.txt")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    pair.s3(ALICE).put_bucket_policy(Bucket=BUCKET, Policy=policy)
    return pair


def root_for_a_task(pair, task):
    arn = f"arn:aws:iam::aws:policy/root-task/{task}"
    answer = pair.sts_client(GUARDIAN).assume_root(TargetPrincipal=OWNER, TaskPolicyArn={"arn": arn})
    return Keys.of(answer["Credentials"])


def test_the_root_user_of_the_owner_gets_a_bucket_back(shut):
    for keys in [ROOT, root_for_a_task(shut, "S3UnlockBucketPolicy")]:
        root = shut.s3(keys)
        policy = root.get_bucket_policy(Bucket=BUCKET)["Policy"]
        with pytest.raises(ClientError, match="AccessDenied"):
            root.get_object(Bucket=BUCKET, Key="a.txt")
        root.delete_bucket_policy(Bucket=BUCKET)
        shut.s3(ALICE).get_object(Bucket=BUCKET, Key="a.txt")
        root.put_bucket_policy(Bucket=BUCKET, Policy=policy)


def test_nobody_else_gets_a_bucket_back(shut):
    other_task = root_for_a_task(shut, "IAMAuditRootUserCredentials")
    for keys in [ALICE, BOB, CAROL, GUARDIAN, shut.role("everything"), other_task, None]:
        s3 = shut.s3(keys)
        for go in [s3.get_bucket_policy, s3.delete_bucket_policy]:
            with pytest.raises(ClientError, match="AccessDenied"):
                go(Bucket=BUCKET)


# --- Sizes beyond all bounds -------------------------------------------------------------------------------------------


def test_a_long_key_is_refused_before_anything_is_stored(pair):
    s3 = pair.s3(ALICE)
    for key, code in [("x" * 1025, "KeyTooLongError"), ("d/" * 512 + "x", "KeyTooLongError"), ("d/" * 200 + "x", "InvalidArgument"), ("x" * 250, "InvalidArgument")]:
        for go in [lambda: s3.put_object(Bucket=BUCKET, Key=key, Body=b"x"), lambda: s3.create_multipart_upload(Bucket=BUCKET, Key=key)]:
            with pytest.raises(ClientError) as refused:
                go()
            assert refused.value.response["Error"]["Code"] == code, key
    assert list((pair.gateway.root / BUCKET).iterdir()) == []
    longest = "d/" * 45 + "x" * 20
    s3.put_object(Bucket=BUCKET, Key=longest, Body=b"x", Metadata={"a": "b"})
    assert s3.head_object(Bucket=BUCKET, Key=longest)["Metadata"] == {"a": "b"}
    s3.create_multipart_upload(Bucket=BUCKET, Key=longest)


def test_long_keys_among_many_are_refused_one_by_one(pair):
    pair.keep("a.txt")
    keys = ["a.txt", "x" * 1025, "y" * 300_000]
    answer = pair.s3(ALICE).delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
    assert [gone["Key"] for gone in answer["Deleted"]] == ["a.txt"]
    assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [(key, "KeyTooLongError") for key in keys[1:]]


def test_headers_beyond_what_s3_takes_are_refused_without_asking(pair):
    pair.keep("a.txt")
    for keys in [None, ALICE]:
        for more in [{"user-agent": "x" * 9000}, {f"x-{at}": "x" * 100 for at in range(80)}]:
            signed = {} if keys is None else Signed(pair.gateway, keys, "GET", f"/{BUCKET}/a.txt").headers
            answer = send(pair.gateway, "GET", f"/{BUCKET}/a.txt", signed | more)
            assert (answer.status, answer.code) == (400, "RequestHeaderSectionTooLarge")
            assert answer.text("MaxSizeAllowed") == "8192"
    assert ask(pair.gateway, ALICE, "GET", f"/{BUCKET}/a.txt", {"user-agent": "x" * 6000}).status == 200
    assert "no answer from the validator" not in pair.gateway.said()


def test_a_header_that_is_no_text_is_the_clients_fault(pair):
    pair.keep("a.txt")
    signed = Signed(pair.gateway, ALICE, "GET", f"/{BUCKET}/a.txt")
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items()).encode()
    head = f"GET /{BUCKET}/a.txt HTTP/1.1\r\nconnection: close\r\n".encode()
    answer = raw(pair.gateway, head + lines + b"x-odd: \xff\xfe\r\n\r\n")
    assert status(answer) in {200, 400}
    answer = raw(pair.gateway, head + lines + b"x-amz-odd: \xff\xfe\r\n\r\n")
    assert status(answer) in {400, 403}
