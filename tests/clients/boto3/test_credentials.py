"""Credentials over time: profiles that refresh themselves, expiry by the service's clock, reset."""

import boto3
import pytest

from clients import check_refused, machine_clock_goes_on, sts
from outside.people import BOB, BOB_ARN, PARTNER_ID, Keys, role, session_arn
from outside.refusals import EXPIRED, INVALID, denied, session

PROFILES = """
[services local]
sts =
  endpoint_url = {endpoint}

[profile bob]
aws_access_key_id = {bob.id}
aws_secret_access_key = {bob.secret}

[profile reports]
services = local
source_profile = bob
role_arn = {reports}
role_session_name = monthly

[profile release]
services = local
source_profile = reports
role_arn = {deployer}
role_session_name = release

[profile partner]
services = local
source_profile = bob
role_arn = {partner}
role_session_name = exchange
external_id = {partner_id}

[profile stranger]
services = local
source_profile = bob
role_arn = {partner}
external_id = somebody-else
"""


@pytest.fixture
def profile(home, sample):
    roles = {"reports": role("report-reader"), "deployer": role("ci/deployer"), "partner": role("partner-access")}
    text = PROFILES.format(endpoint=sample.aws, bob=BOB, partner_id=PARTNER_ID, **roles)
    (home / ".aws/config").write_text(text)
    return lambda name: boto3.session.Session(profile_name=name)


@pytest.mark.parametrize(
    "name, arn",
    [
        ("reports", session_arn("report-reader", "monthly")),
        ("release", session_arn("deployer", "release")),
        ("partner", session_arn("partner-access", "exchange")),
    ],
)
def test_a_profile_becomes_what_it_names(profile, name, arn):
    application = profile(name)
    assert application.client("sts").get_caller_identity()["Arn"] == arn
    assert application.get_credentials().method == "assume-role"


def test_a_profile_that_may_not_assume_its_role_says_why(profile):
    client = profile("stranger").client("sts")
    check_refused(denied(BOB_ARN, role("partner-access")), "AssumeRole", client.get_caller_identity)


def test_credentials_of_a_profile_refresh_themselves_before_they_end(profile, sample, monkeypatch):
    application = profile("reports")
    client, credentials = application.client("sts"), application.get_credentials()
    first = credentials.get_frozen_credentials()
    assert client.get_caller_identity()["Arn"] == session_arn("report-reader", "monthly")
    assert credentials.get_frozen_credentials() == first

    sample.advance(3600)
    check_refused(EXPIRED, "GetCallerIdentity", client.get_caller_identity)

    machine_clock_goes_on(monkeypatch, credentials, hours=1)
    assert client.get_caller_identity()["Arn"] == session_arn("report-reader", "monthly")
    second = credentials.get_frozen_credentials()
    assert second.access_key != first.access_key and second.token != first.token
    assert credentials.get_frozen_credentials() == second


def test_with_the_clock_an_hour_ahead_a_session_has_expired_and_no_signature_has(sample):
    keys = session(sample)
    sample.advance(3600)
    check_refused(EXPIRED, "GetCallerIdentity", sts(sample, keys).get_caller_identity)
    assert sts(sample, BOB).get_caller_identity()["Arn"] == BOB_ARN
    assert sts(sample, session(sample)).get_caller_identity()["Arn"] == session_arn("report-reader", "ci")


def test_a_session_works_to_its_last_second(sample):
    sample.freeze("2031-01-15T12:00:00Z")
    client = sts(sample, session(sample))
    sample.advance(3599)
    assert client.get_caller_identity()["Arn"] == session_arn("report-reader", "ci")
    sample.advance(1)
    check_refused(EXPIRED, "GetCallerIdentity", client.get_caller_identity)


def test_a_chained_session_outlives_the_one_it_came_from(sample):
    sample.freeze("2031-01-15T12:00:00Z")
    first = session(sample)
    sample.advance(1800)
    params = {"RoleArn": role("ci/deployer"), "RoleSessionName": "release"}
    second = Keys.of(sts(sample, first).assume_role(**params)["Credentials"])
    sample.advance(1800)
    check_refused(EXPIRED, "AssumeRole", sts(sample, first).assume_role, **params)
    assert sts(sample, second).get_caller_identity()["Arn"] == session_arn("deployer", "release")


def test_the_clock_goes_back_only_when_that_is_said(sample):
    sample.advance(3600)
    status, answer = sample.admin("PUT", "/_admin/v1/clock", {"mode": "system"})
    assert (status, answer["error"]["code"]) == (409, "Conflict")
    status, answer = sample.admin("POST", "/_admin/v1/clock/advance", {"seconds": -3600})
    assert (status, answer["error"]["code"]) == (409, "Conflict")
    keys = session(sample)
    sample.advance(7200)
    check_refused(EXPIRED, "GetCallerIdentity", sts(sample, keys).get_caller_identity)
    assert sample.follow_machine()["mode"] == "system"
    assert sts(sample, keys).get_caller_identity()["Arn"] == session_arn("report-reader", "ci")


def test_a_reset_ends_every_session_and_no_user(sample):
    keys = session(sample)
    before = sts(sample, BOB).get_caller_identity()["UserId"]
    sample.advance(60)
    sample.reset()
    check_refused(INVALID, "GetCallerIdentity", sts(sample, keys).get_caller_identity)
    assert sts(sample, BOB).get_caller_identity()["UserId"] == before
    assert sample.admin("GET", "/_admin/v1/clock")[1]["mode"] == "system"
    assert sts(sample, session(sample)).get_caller_identity()["Arn"] == session_arn("report-reader", "ci")


def test_an_ended_session_that_has_also_expired_stays_invalid(sample):
    keys = session(sample)
    sample.reset()
    sample.advance(7200)
    check_refused(INVALID, "GetCallerIdentity", sts(sample, keys).get_caller_identity)
