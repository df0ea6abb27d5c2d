import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from talap import Talap  # noqa: E402


@pytest.fixture
def talap(tmp_path):
    """A service of its own for one test."""
    service = Talap(tmp_path).init()
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A service shared by the tests of one file: for tests that do not mind what others opened."""
    service = Talap(tmp_path_factory.mktemp("shared")).init()
    service.start()
    yield service
    service.stop()
