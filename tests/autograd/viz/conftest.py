"""Looking leaves no thread in a special mode."""

import pytest

from autograd.modes import MODE


@pytest.fixture(autouse=True)
def modes_are_left():
    before = MODE._departures
    yield
    assert MODE._departures == before
