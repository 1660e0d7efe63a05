"""Four S3 clients behind one face: what they do, and how they say that they were refused."""

import base64
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
import xml.etree.ElementTree as xml
from pathlib import Path

import botocore.httpchecksum
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from gateway import BUCKET, REGION

BIN = Path(sys.executable).parent
TIMEOUT = 60
PART = 5 * 1024 * 1024


class Refused(Exception):
    """S3 said no: its code."""


def fetch(url, method="GET", data=None, headers=None):
    """An HTTP request of no client in particular; answers its body."""
    request = urllib.request.Request(url, data, headers or {}, method=method)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=TIMEOUT) as answer:
            return answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            raise Refused(code_of(refusal.read())) from None


def code_of(document):
    return xml.fromstring(document).findtext("Code")


class Boto:
    def __init__(self, pair, keys, home):
        self.s3 = pair.s3(keys)

    def _do(self, go, **params):
        try:
            return go(Bucket=BUCKET, **params)
        except ClientError as refusal:
            raise Refused(refusal.response["Error"]["Code"]) from None

    def put(self, key, content):
        self._do(self.s3.put_object, Key=key, Body=content)

    def get(self, key):
        return self._do(self.s3.get_object, Key=key)["Body"].read()

    def list(self, prefix):
        return [found["Key"] for found in self._do(self.s3.list_objects_v2, Prefix=prefix).get("Contents", [])]

    def multipart(self, key, path):
        config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
        try:
            self.s3.upload_file(str(path), BUCKET, key, Config=config)
        except Exception as failed:  # boto3 wraps what S3 said in an exception of its own.
            raise Refused(re.search(r"\((\w+)\)", str(failed))[1]) from None

    def copy(self, source, key):
        self._do(self.s3.copy_object, Key=key, CopySource={"Bucket": BUCKET, "Key": source})

    def presigned(self, key):
        return fetch(self.s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key}, ExpiresIn=600))

    def chunked(self, key, content):
        """As botocore does over TLS: in unsigned chunks, with a checksum behind them."""
        with pytest.MonkeyPatch.context() as patch:
            over_tls = type("Url", (), {"scheme": "https"})
            patch.setattr(botocore.httpchecksum, "urlparse", lambda url: over_tls)
            self._do(self.s3.put_object, Key=key, Body=content, ChecksumAlgorithm="SHA256")


class Program:
    """A client that is a program of its own."""

    def __init__(self, pair, keys, home):
        self.url, self.keys, self.home = pair.gateway.url, keys, home

    def run(self, *command, input=None, **more):
        done = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **more},
            cwd=self.home,
            input=input,
            capture_output=True,
            timeout=TIMEOUT,
        )
        return done.returncode, done.stdout, (done.stdout + done.stderr).decode()

    def checked(self, code, out, said):
        if code:
            found = re.search(self.REFUSAL, said)
            assert found, said
            raise Refused(next(filter(None, found.groups())))
        return out

    def given(self, content):
        path = self.home / "given"
        path.write_bytes(content)
        return path


class Cli(Program):
    REFUSAL = r"An error occurred \((\w+)\)"

    def __init__(self, pair, keys, home):
        super().__init__(pair, keys, home)
        config = f"[default]\ns3 =\n  signature_version = s3v4\n  multipart_threshold = {PART}\n  multipart_chunksize = {PART}\n"
        (home / ".aws/config").write_text(config)

    def aws(self, *arguments):
        environment = {"AWS_ENDPOINT_URL_S3": self.url, "AWS_PAGER": "", **self.keys.as_environment()}
        return self.checked(*self.run("aws", *arguments, **environment))

    def put(self, key, content):
        self.aws("s3api", "put-object", "--bucket", BUCKET, "--key", key, "--body", self.given(content))

    def get(self, key):
        self.aws("s3api", "get-object", "--bucket", BUCKET, "--key", key, "taken")
        return (self.home / "taken").read_bytes()

    def list(self, prefix):
        answer = self.aws("s3api", "list-objects-v2", "--bucket", BUCKET, "--prefix", prefix, "--output", "json")
        return [found["Key"] for found in json.loads(answer or b"{}").get("Contents", [])]

    def multipart(self, key, path):
        self.aws("s3", "cp", "--only-show-errors", path, f"s3://{BUCKET}/{key}")

    def copy(self, source, key):
        self.aws("s3api", "copy-object", "--bucket", BUCKET, "--key", key, "--copy-source", f"{BUCKET}/{source}")

    def presigned(self, key):
        return fetch(self.aws("s3", "presign", f"s3://{BUCKET}/{key}").decode().strip())


class S3cmd(Program):
    REFUSAL = r"\b\d{3} \((\w[\w ]*)\)|ERROR: (Forbidden)"

    def __init__(self, pair, keys, home):
        super().__init__(pair, keys, home)
        host = self.url.removeprefix("http://")
        lines = {
            "access_key": keys.id,
            "secret_key": keys.secret,
            "access_token": keys.token or "",
            "host_base": host,
            "host_bucket": host,
            "bucket_location": REGION,
            "use_https": "False",
            "multipart_chunk_size_mb": PART // 1024 // 1024,
            "max_retries": 1,
            "check_ssl_certificate": "False",
        }
        text = "".join(f"{name} = {value}\n" for name, value in lines.items())
        (home / ".s3cfg").write_text(f"[default]\n{text}")

    def s3cmd(self, *arguments):
        return self.checked(*self.run("s3cmd", "--no-progress", *arguments))

    def put(self, key, content):
        self.s3cmd("put", self.given(content), f"s3://{BUCKET}/{key}")

    def get(self, key):
        self.s3cmd("get", "--force", f"s3://{BUCKET}/{key}", "taken")
        return (self.home / "taken").read_bytes()

    def list(self, prefix):
        lines = self.s3cmd("ls", "--recursive", f"s3://{BUCKET}/{prefix}").decode().splitlines()
        return [line.split(f"s3://{BUCKET}/")[1] for line in lines]

    def multipart(self, key, path):
        self.s3cmd("put", path, f"s3://{BUCKET}/{key}")

    def copy(self, source, key):
        self.s3cmd("cp", f"s3://{BUCKET}/{source}", f"s3://{BUCKET}/{key}")


class Ruby(Program):
    REFUSAL = r"refused: (\w+)"

    def ruby(self, *call):
        asked = {"url": self.url, "region": REGION, "bucket": BUCKET, "keys": self.keys.as_boto(), "call": call}
        script = Path(__file__).with_name("driver.rb")
        out = self.checked(*self.run("ruby", script, input=json.dumps(asked).encode()))
        return json.loads(out)

    def put(self, key, content):
        self.ruby("put", key, content.decode())

    def get(self, key):
        return base64.b64decode(self.ruby("get", key))

    def list(self, prefix):
        return self.ruby("list", prefix)

    def multipart(self, key, path):
        self.ruby("multipart", key, str(path))

    def copy(self, source, key):
        self.ruby("copy", source, key)

    def presigned(self, key):
        return fetch(self.ruby("presigned", key))


DRIVERS = {"boto3": Boto, "aws": Cli, "s3cmd": S3cmd, "ruby": Ruby}
