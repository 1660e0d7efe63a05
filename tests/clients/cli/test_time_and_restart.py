"""Sessions end when the clock says so, and not because the process did."""

from outside.people import BOB, BOB_ARN, Keys, role, session_arn
from outside.refusals import EXPIRED
from outside.server import SAMPLE_SEED

READER = {"RoleArn": role("report-reader"), "RoleSessionName": "ci", "DurationSeconds": 900}


def assume(aws, server):
    return Keys.of(aws.call(server, BOB, "AssumeRole", READER).json()["Credentials"])


def test_with_the_clock_an_hour_ahead_a_session_has_expired_and_no_signature_has(aws, sample):
    session = assume(aws, sample)
    sample.advance(3600)
    assert aws.call(sample, session, "GetCallerIdentity").refusal() == ("GetCallerIdentity", EXPIRED)
    assert aws.call(sample, session, "AssumeRole", READER).refusal() == ("AssumeRole", EXPIRED)
    assert aws.call(sample, BOB, "GetCallerIdentity").json()["Arn"] == BOB_ARN


def test_a_session_made_with_the_clock_an_hour_ahead_works(aws, sample):
    sample.advance(3600)
    session = assume(aws, sample)
    assert aws.call(sample, session, "GetCallerIdentity").json()["Arn"] == session_arn("report-reader", "ci")


def test_a_session_outlives_kill_9(aws, launch, data_dir):
    first = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    session = assume(aws, first)
    before = aws.call(first, session, "GetCallerIdentity").json()
    first.kill()
    second = launch(data_dir=data_dir)
    assert aws.call(second, session, "GetCallerIdentity").json() == before
    second.advance(900)
    assert aws.call(second, session, "GetCallerIdentity").refusal() == ("GetCallerIdentity", EXPIRED)
