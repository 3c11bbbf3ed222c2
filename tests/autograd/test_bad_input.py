"""What must not work says so: PyTorch's exception type, and a message that names the operation and what is wrong."""

from __future__ import annotations

import types

import pytest
from bad_inputs import CASES, Case

import autograd
import nn
import nn.functional
import optim

LIBRARY = types.SimpleNamespace(t=autograd, nn=nn, F=nn.functional, optim=optim)


def test_enough_cases() -> None:
    assert len(CASES) >= 110


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_raises(case: Case) -> None:
    with pytest.raises(Exception) as found:
        case.call(LIBRARY)
    message = str(found.value)
    assert isinstance(found.value, case.kind), f"{type(found.value).__name__}: {message}"
    missing = [w for w in case.words if w not in message]
    assert not missing, f"the message does not say {missing}: {message}"
