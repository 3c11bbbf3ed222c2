"""The exception types of the bad inputs are PyTorch's."""

from __future__ import annotations

import types

import pytest
from bad_inputs import CASES, Case

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
@pytest.mark.filterwarnings("ignore")
def test_type_is_pytorchs(case: Case) -> None:
    library = types.SimpleNamespace(t=torch, nn=torch.nn, F=torch.nn.functional, optim=torch.optim)
    with pytest.raises(Exception) as found:
        case.call(library)
    assert isinstance(found.value, case.kind), f"{type(found.value).__name__}: {found.value}"
