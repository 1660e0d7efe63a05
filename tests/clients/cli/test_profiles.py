"""Profiles in ~/.aws/config: the CLI assumes the role by itself."""

import pytest

from outside.people import BOB, BOB_ARN, PARTNER_ID, role, session_arn
from outside.refusals import INVALID, OVER_ROLE_MAXIMUM, denied

PROFILES = """
[services local]
sts =
  endpoint_url = {endpoint}

[default]
services = local
aws_access_key_id = {bob.id}
aws_secret_access_key = {bob.secret}

[profile reports]
services = local
source_profile = default
role_arn = {reports}
role_session_name = monthly

[profile release]
services = local
source_profile = reports
role_arn = {deployer}
role_session_name = release

[profile partner]
services = local
source_profile = default
role_arn = {partner}
role_session_name = exchange
external_id = {partner_id}

[profile partner-without-id]
services = local
source_profile = default
role_arn = {partner}

[profile partner-wrong-id]
services = local
source_profile = default
role_arn = {partner}
external_id = somebody-else

[profile reports-too-long]
services = local
source_profile = default
role_arn = {reports}
duration_seconds = 3601
"""


@pytest.fixture
def profiles(aws, sample):
    roles = {"reports": role("report-reader"), "deployer": role("ci/deployer"), "partner": role("partner-access")}
    aws.profiles(PROFILES.format(endpoint=sample.aws, bob=BOB, partner_id=PARTNER_ID, **roles))
    return lambda name: aws.sts("get-caller-identity", "--profile", name)


@pytest.mark.parametrize(
    "name, arn",
    [
        ("default", BOB_ARN),
        ("reports", session_arn("report-reader", "monthly")),
        ("release", session_arn("deployer", "release")),
        ("partner", session_arn("partner-access", "exchange")),
    ],
)
def test_a_profile_becomes_what_it_names(profiles, name, arn):
    assert profiles(name).json()["Arn"] == arn


@pytest.mark.parametrize(
    "name, refusal",
    [
        ("partner-without-id", denied(BOB_ARN, role("partner-access"))),
        ("partner-wrong-id", denied(BOB_ARN, role("partner-access"))),
        ("reports-too-long", OVER_ROLE_MAXIMUM),
    ],
)
def test_a_profile_that_may_not_assume_its_role_says_why(profiles, name, refusal):
    assert profiles(name).refusal() == ("AssumeRole", refusal)


def test_a_session_that_the_cli_kept_ends_with_a_reset(profiles, sample):
    assert profiles("reports").json()["Arn"] == session_arn("report-reader", "monthly")
    sample.reset()
    assert profiles("reports").refusal() == ("GetCallerIdentity", INVALID)
