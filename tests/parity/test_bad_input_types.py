"""The exception types of the bad inputs are PyTorch's, and where they are not, the table says so."""

from __future__ import annotations

import types
import warnings

import pytest
from bad_input_table import CASES, WARNINGS, Case

torch = pytest.importorskip("torch")


def library() -> types.SimpleNamespace:
    return types.SimpleNamespace(t=torch, nn=torch.nn, F=torch.nn.functional, optim=torch.optim, data=torch.utils.data,
                                 Function=torch.autograd.Function)


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
@pytest.mark.filterwarnings("ignore")
def test_type_is_pytorchs(case: Case) -> None:
    if case.theirs is None:
        case.call(library())
        return
    with pytest.raises(Exception) as found:
        case.call(library())
    assert isinstance(found.value, case.theirs), f"{type(found.value).__name__}: {found.value}"


@pytest.mark.parametrize("case", WARNINGS, ids=[c.name for c in WARNINGS])
def test_warning_is_pytorchs(case: Case) -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        case.call(library())
    kinds = [w.category for w in found]
    assert kinds == ([] if case.theirs is None else [case.theirs]), [str(w.message) for w in found]
