"""`aws eks get-token`, whose token the validator takes as a cluster would, and a secrets manager that forwards a proof."""

import base64
import hashlib
import json
from urllib.parse import urlsplit

import pytest

from outside import signer
from outside.people import BOB, BOB_ARN, BOB_RETIRED, role, session_arn
from outside.service import ask, received

FORM = "Action=GetCallerIdentity&Version=2011-06-15"
SERVER_ID = "X-Vault-AWS-IAM-Server-ID"


@pytest.fixture
def token(aws, sample):
    """What kubectl would be given."""

    def token(keys, cluster="blue"):
        how = {"AWS_ENDPOINT_URL_STS": sample.aws, **keys.as_environment()}
        answer = aws.run("aws", "eks", "get-token", "--cluster-name", cluster, "--output", "json", **how)
        return json.loads(answer.stdout)["status"]["token"]

    return token


@pytest.fixture
def who(sample):
    """What the validator says of a token that a cluster was shown."""

    def who(token, cluster="blue"):
        call = {"token": token, "tokenTypeHint": "k8s_aws_v1", "clusterId": cluster}
        answer = ask(sample, "/v1/introspect", call)
        return answer["sub"] if answer["active"] else answer["reason"]

    return who


def test_a_cluster_learns_who_holds_a_token_of_its_own(token, who, sample):
    session = signer.assume(sample, BOB, role("report-reader"))
    assert who(token(BOB)) == BOB_ARN
    assert who(token(session)) == session_arn("report-reader", "ci")
    assert who(token(BOB, "green")) == "SIGNATURE_MISMATCH"
    assert who(token(BOB.but(secret="wrong"))) == "SIGNATURE_MISMATCH"
    assert who(token(BOB_RETIRED)) == "INACTIVE_ACCESS_KEY"
    assert who(token(session.but(token="x"))) == "SESSION_TOKEN_MISMATCH"
    assert who(f"{token(BOB)}x") in {"MALFORMED", "SIGNATURE_MISMATCH"}


def test_a_token_of_a_session_ends_with_it(token, who, sample):
    session = signer.assume(sample, BOB, role("report-reader"), DurationSeconds="900")
    proof = token(session)
    assert who(proof) == session_arn("report-reader", "ci")
    sample.advance(900)
    assert who(proof) == "EXPIRED_CREDENTIAL"


def proof(keys, host="sts.amazonaws.com", nonce="vault.test"):
    """What a login sends to a secrets manager: a signed POST, packed up."""
    url, kind = f"https://{host}/", "application/x-www-form-urlencoded; charset=utf-8"
    headers = signer.signed(keys, "POST", url, {"Content-Type": kind, SERVER_ID: nonce}, FORM.encode(), region="us-east-1")
    pack = lambda text: base64.b64encode(text.encode()).decode()  # noqa: E731
    return {"url": pack(url), "body": pack(FORM), "headers": pack(json.dumps(headers))}


def unpack(packed):
    return base64.b64decode(packed).decode()


def vault(server, proof):
    """A secrets manager: dials the STS that it was told of, but keeps what was signed; the Host, too."""
    headers, body = json.loads(unpack(proof["headers"])), unpack(proof["body"])
    assert SERVER_ID.lower() in headers["authorization"], "the nonce must be signed"
    answer = signer.send(server, "POST", urlsplit(unpack(proof["url"])).path, body.encode(), headers)
    if answer.status != 200 or answer.headers["content-type"] != "text/xml":
        return answer.status
    return answer.text("Arn")


def validator(server, proof):
    """The same by one question."""
    headers, body = json.loads(unpack(proof["headers"])), unpack(proof["body"])
    request = received("POST", urlsplit(unpack(proof["url"])).path, headers.items(), body.encode())
    assert request["bodySha256"] == hashlib.sha256(FORM.encode()).hexdigest()
    answer = ask(server, "/v1/authenticate", {"request": request, "audience": {"service": "sts"}})
    return answer["identity"]["arn"] if answer["authenticated"] else answer["awsError"]["httpStatus"]


@pytest.mark.parametrize("judge", [vault, validator])
def test_a_forwarded_proof_is_taken_for_what_it_is(judge, sample):
    session = signer.assume(sample, BOB, role("report-reader"))
    assert judge(sample, proof(BOB)) == BOB_ARN
    assert judge(sample, proof(session)) == session_arn("report-reader", "ci")
    assert judge(sample, proof(BOB.but(secret="wrong"))) == 403
    assert judge(sample, proof(BOB_RETIRED)) == 403
    assert judge(sample, proof(session.but(token="x"))) == 403
    tampered = proof(BOB)
    headers = json.loads(unpack(tampered["headers"])) | {SERVER_ID.lower(): "other.test"}
    tampered["headers"] = base64.b64encode(json.dumps(headers).encode()).decode()
    assert judge(sample, tampered) == 403
    sample.advance(3600)
    assert judge(sample, proof(session)) == 403
