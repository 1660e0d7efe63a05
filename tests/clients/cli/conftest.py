from outside.plugin import *  # noqa: F403

import pytest

from aws import Aws


@pytest.fixture
def aws(home):
    return Aws(home)
