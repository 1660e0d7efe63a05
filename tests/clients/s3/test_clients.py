"""Every client does everything with temporary credentials, and nothing with credentials that are not good."""

import inspect

import pytest

from drivers import DRIVERS, PART, Refused
from gateway import ALICE

HERE, THERE = "desk/report.txt", "secret/plan.txt"
CONTENT = b"what it says\n"
BIG = bytes(range(256)) * (2 * PART // 256) + b"and a bit"
# s3cmd can presign by signature version 2 only; chunks of their own have no place in its and Ruby's plain HTTP.
MISSING = {("s3cmd", "presigned"), ("s3cmd", "chunked"), ("aws", "chunked"), ("ruby", "chunked")}
DEEDS = ["put", "get", "list", "multipart", "copy", "presigned", "chunked"]
CASES = [(name, deed) for name in DRIVERS for deed in DEEDS if (name, deed) not in MISSING]


@pytest.fixture
def desk(pair):
    pair.keep(HERE, CONTENT)
    pair.keep(THERE, CONTENT)
    return pair


@pytest.fixture
def act(desk, home, tmp_path):
    """Has a client do something at a place, with these keys."""

    def go(name, deed, keys, place="desk"):
        driver = DRIVERS[name](desk, keys, home)
        if deed in {"put", "chunked"}:
            getattr(driver, deed)(f"{place}/new.txt", CONTENT)
            assert desk.file(f"{place}/new.txt").read_bytes() == CONTENT
        elif deed in {"get", "presigned"}:
            assert getattr(driver, deed)(HERE if place == "desk" else THERE) == CONTENT
        elif deed == "list":
            assert driver.list(f"{place}/") == [HERE if place == "desk" else THERE]
        elif deed == "multipart":
            big = tmp_path / "big"
            big.write_bytes(BIG)
            driver.multipart(f"{place}/big", big)
            assert desk.file(f"{place}/big").read_bytes() == BIG
        else:
            driver.copy(HERE, f"{place}/copy.txt")
            assert desk.file(f"{place}/copy.txt").read_bytes() == CONTENT

    return go


@pytest.mark.parametrize(("name", "deed"), CASES)
def test_with_a_role(act, desk, name, deed):
    act(name, deed, desk.role("clerk"))


def refused(act, desk, code, name, deed, keys, place="desk"):
    before = sorted(path for path in desk.gateway.root.rglob("*") if ".gateway" not in path.parts)
    with pytest.raises(Refused) as refusal:
        act(name, deed, keys, place)
    # s3cmd asks for the head of an object first, and a head says no more than its status.
    head = {"ExpiredToken": "Bad Request"}.get(code, "Forbidden")
    assert str(refusal.value) == (head if (name, deed) == ("s3cmd", "get") else code)
    assert sorted(path for path in desk.gateway.root.rglob("*") if ".gateway" not in path.parts) == before


@pytest.mark.parametrize(("name", "deed"), CASES)
def test_not_with_the_wrong_key(act, desk, name, deed):
    keys = desk.role("clerk").but(secret="EXAMPLE0another0secret00EXAMPLE0another0")
    refused(act, desk, "SignatureDoesNotMatch", name, deed, keys)


@pytest.mark.parametrize(("name", "deed"), CASES)
def test_not_with_the_token_of_another_session(act, desk, name, deed):
    keys = desk.role("clerk").but(token=desk.role("everything").token)
    refused(act, desk, "InvalidAccessKeyId", name, deed, keys)


@pytest.mark.parametrize(("name", "deed"), CASES)
def test_not_once_the_session_is_over(act, desk, name, deed):
    keys = desk.role("clerk", DurationSeconds=900)
    desk.sts.advance(901)
    refused(act, desk, "ExpiredToken", name, deed, keys)


@pytest.mark.parametrize(("name", "deed"), CASES)
def test_not_elsewhere(act, desk, name, deed):
    refused(act, desk, "AccessDenied", name, deed, desk.role("clerk"), place="secret")


def test_every_client_does_everything_but_what_is_listed():
    for name, driver in DRIVERS.items():
        does = {deed for deed in DEEDS if inspect.isfunction(getattr(driver, deed, None))}
        assert does == {deed for deed in DEEDS if (name, deed) not in MISSING}, name
