"""Bodies in chunks, as every SDK sends them over plain HTTP or TLS, whole and spoiled."""

import base64
import hashlib
import zlib

import pytest

from gateway import ALICE
from wire import CHUNK, Signed, ask, send

CONTENT = bytes(range(251)) * 100
PLACE = "/shared/new.bin"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILER = SIGNED + "-TRAILER"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CRC32 = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4)).decode()
SHA256 = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()


def head(mode, trailer=None, length=len(CONTENT)):
    headers = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(length)}
    return headers | ({"x-amz-trailer": trailer} if trailer else {})


def upload(pair, mode, trailers=(), keys=ALICE, spoil=lambda frames: frames, **how):
    """Sends the content in chunks, perhaps spoiled."""
    headers = head(mode, ",".join(name for name, _ in trailers), **how)
    signed = Signed(pair.gateway, keys, "PUT", PLACE, headers, payload=mode)
    if mode == UNSIGNED:
        cut = [CONTENT[at : at + CHUNK] for at in range(0, len(CONTENT), CHUNK)]
        frames = [f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in cut] + [b"0\r\n"]
        frames += ["".join(f"{name}:{value}\r\n" for name, value in trailers).encode() + b"\r\n"]
    else:
        frames = signed.chunks(CONTENT, trailers=trailers)
    return send(pair.gateway, "PUT", PLACE, signed.headers, b"".join(spoil(frames)))


def kept(pair):
    path = pair.file("new.bin")
    return path.read_bytes() if path.exists() else None


@pytest.mark.parametrize(
    ("mode", "trailers"),
    [
        (SIGNED, ()),
        (TRAILER, (("x-amz-checksum-crc32", CRC32),)),
        (TRAILER, (("x-amz-checksum-sha256", SHA256),)),
        (UNSIGNED, (("x-amz-checksum-crc32", CRC32),)),
        (UNSIGNED, ()),
    ],
)
def test_chunks_of_every_kind_are_taken(pair, mode, trailers):
    keys = pair.role("everything")
    for _ in range(2):  # asked about the first time, by a kept key the second time
        answer = upload(pair, mode, trailers, keys)
        assert (answer.status, answer.body) == (200, b"")
        assert kept(pair) == CONTENT


def flip(frames, which, at):
    frame = bytearray(frames[which])
    frame[at] ^= 1
    return [*frames[:which], bytes(frame), *frames[which + 1 :]]


SPOILS = {
    "a bit of the first chunk": (lambda frames: flip(frames, 0, 500), 403, "SignatureDoesNotMatch"),
    "a bit of the last chunk": (lambda frames: flip(frames, 3, 200), 403, "SignatureDoesNotMatch"),
    "a bit of a signature": (lambda frames: flip(frames, 1, 30), 403, "SignatureDoesNotMatch"),
    "two chunks swapped": (lambda frames: [frames[1], frames[0], *frames[2:]], 403, "SignatureDoesNotMatch"),
    "a chunk lost": (lambda frames: [*frames[:2], *frames[3:]], 403, "SignatureDoesNotMatch"),
    "the end lost": (lambda frames: frames[:-2], 400, "IncompleteBody"),
    "the trailer lost": (lambda frames: frames[:-1], 400, "IncompleteBody"),
    "a bit of the trailer": (lambda frames: flip(frames, -1, 24), 403, "SignatureDoesNotMatch"),
    "another trailer": (
        lambda frames: [*frames[:-1], frames[-1].replace(b"crc32:", b"crc32c:")],
        400,
        "MalformedTrailerError",
    ),
    "no frames": (lambda frames: [CONTENT], 400, "IncompleteBody"),
    "more behind the end": (lambda frames: [*frames, b"more"], 400, "IncompleteBody"),
}


@pytest.mark.parametrize("what", SPOILS)
def test_spoiled_chunks_are_refused_and_nothing_is_kept(pair, what):
    spoil, status, code = SPOILS[what]
    pair.keep("new.bin", b"as it was")
    answer = upload(pair, TRAILER, (("x-amz-checksum-crc32", CRC32),), spoil=spoil)
    assert (answer.status, answer.code) == (status, code)
    assert kept(pair) == b"as it was"
    assert "the body is not as it was said or signed" in pair.gateway.said()


@pytest.mark.parametrize("mode", [TRAILER, UNSIGNED])
def test_a_wrong_checksum_is_refused_and_nothing_is_kept(pair, mode):
    answer = upload(pair, mode, (("x-amz-checksum-crc32", "AAAAAA=="),))
    assert (answer.status, answer.code, answer.text("Message")) == (
        400,
        "BadDigest",
        "The CRC32 you specified did not match the calculated checksum.",
    )
    assert kept(pair) is None


def test_small_chunks_are_refused_as_s3_does(pair):
    headers = head(SIGNED)
    signed = Signed(pair.gateway, ALICE, "PUT", PLACE, headers, payload=SIGNED)
    answer = send(pair.gateway, "PUT", PLACE, signed.headers, b"".join(signed.chunks(CONTENT, size=1000)))
    assert (answer.status, answer.code) == (403, "InvalidChunkSizeError")


@pytest.mark.parametrize("length", [len(CONTENT) - 1, len(CONTENT) + 1, 0])
def test_the_length_must_be_the_one_that_was_said(pair, length):
    answer = upload(pair, SIGNED, length=length)
    assert (answer.status, answer.code) == (400, "IncompleteBody")
    assert kept(pair) is None


def test_the_length_must_be_said(pair):
    signed = Signed(pair.gateway, ALICE, "PUT", PLACE, {"content-encoding": "aws-chunked"}, payload=SIGNED)
    answer = send(pair.gateway, "PUT", PLACE, signed.headers, b"".join(signed.chunks(CONTENT)))
    assert (answer.status, answer.code) == (411, "MissingContentLength")


def test_a_body_is_the_one_whose_hash_was_signed(pair):
    answer = ask(pair.gateway, ALICE, "PUT", PLACE, body=b"other", payload=hashlib.sha256(b"one").hexdigest())
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert kept(pair) is None


def test_an_unsigned_body_is_taken_if_the_signature_says_so(pair):
    assert ask(pair.gateway, ALICE, "PUT", PLACE, body=b"any", payload="UNSIGNED-PAYLOAD").status == 200
    assert kept(pair) == b"any"


@pytest.mark.parametrize("payload", ["nonsense", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"])
def test_what_is_said_of_the_body_must_mean_something(pair, payload):
    answer = ask(pair.gateway, ALICE, "PUT", PLACE, body=b"any", payload=payload)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_without_a_token_signed_chunks_are_refused_and_the_log_says_why(launch, gateways, data_dir):
    from gateway import SEED, Pair

    sts = launch(seed=SEED, data_dir=data_dir)
    pair = Pair(sts, gateways(sts.companion))
    answer = upload(pair, SIGNED)
    assert (answer.status, answer.code) == (500, "InternalError")
    assert "signed chunks cannot be verified" in pair.gateway.said()
    assert upload(pair, UNSIGNED, (("x-amz-checksum-crc32", CRC32),)).status == 200
