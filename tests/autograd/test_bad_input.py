"""What must not work says so: PyTorch's exception type, and a message that names the operation and what is wrong."""

from __future__ import annotations

import contextlib
import gc
import types
import warnings
import weakref

import pytest
from bad_input_table import CASES, WARNINGS, Case

import autograd
import autograd.data
import nn
import nn.functional
import optim

LIBRARY = types.SimpleNamespace(t=autograd, nn=nn, F=nn.functional, optim=optim, data=autograd.data,
                                Function=autograd.Function)


def test_enough_cases() -> None:
    assert len(CASES) >= 600
    # A case that differs only in its name would be no case.
    calls = {(c.call.__code__.co_code, c.call.__code__.co_consts, c.call.__code__.co_names, c.call.__defaults__)
             for c in CASES if not c.call.__closure__}
    assert len(calls) == sum(1 for c in CASES if not c.call.__closure__)


def missing(message: str, case: Case) -> list[str]:
    return [w for w in case.words if w not in message]


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
@pytest.mark.filterwarnings("ignore")
def test_raises(case: Case) -> None:
    with pytest.raises(Exception) as found:
        case.call(LIBRARY)
    error = found.value
    message = "\n".join([str(error), *getattr(error, "__notes__", [])])
    assert isinstance(error, case.kind), f"{type(error).__name__}: {message}"
    assert not missing(message, case), f"the message does not say {missing(message, case)}: {message}"


@pytest.mark.parametrize("case", WARNINGS, ids=[c.name for c in WARNINGS])
def test_warns_once_for_a_line(case: Case) -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.resetwarnings()  # the usual filters: once for each line
        for _ in range(3):
            case.call(LIBRARY)
    ours = [w for w in found if w.category is case.kind and not missing(str(w.message), case)]
    assert len(ours) == 1, [str(w.message) for w in found]
    assert "bad_inputs" in ours[0].filename, ours[0].filename


def chain(error: BaseException) -> list[BaseException]:
    """What a traceback shows before an error."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return [] if before is None else [before, *chain(before)]


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
@pytest.mark.filterwarnings("ignore")
def test_a_foreseen_mistake_has_one_traceback(case: Case) -> None:
    """What NumPy or an inner function said before adds nothing to the message."""
    with pytest.raises(Exception) as found:
        case.call(LIBRARY)
    assert not chain(found.value)


def test_what_the_program_handles_stays_in_the_traceback() -> None:
    with pytest.raises(RuntimeError) as found:
        try:
            raise KeyError("theirs")
        except KeyError:
            autograd.set_num_threads(0)
    assert [type(e) for e in chain(found.value)] == [KeyError]


def test_an_error_that_was_not_foreseen_shows_where_it_was_raised(monkeypatch) -> None:
    monkeypatch.setitem(autograd.primitive.REGISTRY, "broken_operation", None)  # it is taken out afterwards

    @autograd.primitive.primitive(vjp={}, method=False)
    def broken_operation(x):
        return [][x.shape[0]]

    with pytest.raises(IndexError) as found:
        broken_operation(autograd.ones(3))
    assert [type(e) for e in chain(found.value)] == [IndexError]


@pytest.mark.parametrize("mistake", [
    lambda x: autograd.set_num_threads(0), lambda x: x.tril(), lambda x: x.size(7), lambda x: x + autograd.ones(5),
    lambda x: autograd.exp(1.0), lambda x: x @ autograd.ones(5),
])
def test_an_error_that_was_handled_keeps_nothing_alive(mistake) -> None:
    """By reference counts alone: a cycle through its traceback would hold all that its callers held."""
    x = autograd.ones(3)
    gone = weakref.ref(x)

    def handled(x: autograd.Tensor) -> None:
        with contextlib.suppress(Exception):
            mistake(x)

    gc.collect()
    gc.disable()
    try:
        handled(x)
        del x
        assert gone() is None
    finally:
        gc.enable()
