"""Looking leaves no thread in a special mode."""

import pytest

from autograd.modes import MODE


@pytest.fixture(autouse=True)
def modes_are_left():
    yield
    assert MODE.plain
