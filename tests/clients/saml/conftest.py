import shutil

import pytest

from outside.plugin import *  # noqa: F403


@pytest.fixture(autouse=True)
def xmlsec1():
    """The program by which pysaml2 signs, encrypts and verifies."""
    found = shutil.which("xmlsec1")
    assert found, "pysaml2 needs the program xmlsec1: install the package of that name"
    return found
