"""boto3 clients as an application would make them, and what they raise."""

from datetime import datetime, timedelta, timezone

import boto3
import botocore.auth
import botocore.credentials
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from outside.refusals import REGION, status_of

# Reading the models takes longer than all else in a test, so all clients share what was read.
MODELS = botocore.session.get_session().get_component("data_loader")


def iam(server, keys, region=REGION):
    """An IAM client."""
    return sts(server, keys, region, service="iam")


def sts(server, keys, region=REGION, endpoint=None, service="sts", verify=None, **config):
    """An STS client; with an `endpoint` of AWS's own it goes there by way of the server, as if that were a proxy.

    With `verify` it trusts the authorities of that file alone.
    """
    if endpoint:
        config["proxies"] = {"http": server.aws}
    core = botocore.session.get_session()
    core.register_component("data_loader", MODELS)
    return boto3.session.Session(botocore_session=core).client(
        service,
        region_name=region,
        endpoint_url=endpoint or server.aws,
        verify=verify,
        config=Config(retries={"total_max_attempts": 1}, **config),
        **keys.as_boto(),
    )


def signing_for(client, service):
    """The client, with signatures for another service than STS."""

    def scope(request, **_):
        request.context.setdefault("signing", {})["signing_name"] = service

    client.meta.events.register("before-sign.sts", scope)
    return client


def do(client, call):
    """Makes a call that is kept as a row."""
    return client._make_api_call(call.operation, call.params)


def check_refused(refusal, operation, go, *args, **kwargs):
    """Calls, and expects exactly this refusal, with the status and the ids that belong to it."""
    with pytest.raises(ClientError) as raised:
        go(*args, **kwargs)
    response = raised.value.response
    error, metadata = response["Error"], response["ResponseMetadata"]
    assert (error["Code"], error["Message"]) == refusal
    assert error["Type"] == ("Receiver" if status_of(refusal[0]) >= 500 else "Sender")
    assert metadata["HTTPStatusCode"] == status_of(refusal[0])
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
    assert raised.value.operation_name == operation
    return raised.value


def machine_clock_is_wrong_by(monkeypatch, **how_long):
    """From here on boto3 signs by a clock that is wrong."""
    real = botocore.auth.get_current_datetime
    wrong = timedelta(**how_long)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *args, **kwargs: real(*args, **kwargs) + wrong)


def machine_clock_goes_on(monkeypatch, credentials, **how_long):
    """What boto3 takes for the time when it asks whether keys, or an answer that it kept, are still good."""

    def now():
        return datetime.now(timezone.utc) + timedelta(**how_long)

    monkeypatch.setattr(credentials, "_time_fetcher", now)
    monkeypatch.setattr(botocore.credentials, "_local_now", now)
