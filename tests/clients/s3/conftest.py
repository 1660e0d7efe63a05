from outside.plugin import *  # noqa: F403

import pytest

from gateway import BUCKET, SEED, Gateway, Pair


@pytest.fixture
def gateways(tmp_path):
    """Starts gateways; they must stop in good order."""
    started = []

    def start(validator, token_file=None, *arguments):
        root = tmp_path / "buckets"
        (root / BUCKET).mkdir(parents=True, exist_ok=True)
        gateway = Gateway(tmp_path / f"gateway-{len(started)}", root, validator, token_file, *arguments)
        started.append(gateway)
        return gateway

    yield start
    for gateway in started:
        gateway.stop()


@pytest.fixture
def pair(launch, gateways, data_dir):
    """local-sts and a gateway that has its token, and so verifies by kept keys."""
    sts = launch(seed=SEED, data_dir=data_dir)
    gateway = gateways(sts.companion, data_dir / "companion.token")
    gateway.hears_of_changes()
    return Pair(sts, gateway)
