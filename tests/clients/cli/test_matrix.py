"""Sessions that the CLI keeps in its cache, across their end; with the seed that the suites of all languages share."""

from datetime import datetime, timedelta, timezone

import pytest

from outside.people import BOB, role, session_arn
from outside.refusals import EXPIRED
from outside.server import MATRIX_SEED

PROFILES = f"""
[profile bob]
aws_access_key_id = {BOB.id}
aws_secret_access_key = {BOB.secret}

[profile reader]
source_profile = bob
role_arn = {role("reader")}
role_session_name = monthly
"""


@pytest.fixture
def matrix(launch):
    return launch(seed=MATRIX_SEED)


@pytest.mark.parametrize("left, outcome", [(9, session_arn("reader", "monthly")), (30, EXPIRED)])
def test_a_kept_session_is_replaced_in_its_last_minutes_and_no_sooner(aws, matrix, left, outcome):
    aws.profiles(PROFILES)
    at = (datetime.now(timezone.utc) + timedelta(minutes=left - 60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert matrix.admin("PUT", "/_admin/v1/clock", {"mode": "frozen", "at": at, "backwards": True})[0] == 200

    def ask():
        return aws.sts("get-caller-identity", "--profile", "reader", AWS_ENDPOINT_URL_STS=matrix.aws)

    assert ask().json()["Arn"] == session_arn("reader", "monthly")
    matrix.advance(3600)
    if outcome == EXPIRED:
        assert ask().refusal() == ("GetCallerIdentity", EXPIRED)
    else:
        assert ask().json()["Arn"] == outcome
