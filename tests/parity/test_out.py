"""Which functions take ``out=``, ``axis=`` and the like, and what they refuse: as PyTorch's own."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from parity.calls import samples_of  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

import autograd  # noqa: E402
from autograd.out_names import WITH_OUT  # noqa: E402

MODULES = {"autograd": "torch", "autograd.linalg": "torch.linalg", "autograd.fft": "torch.fft",
           "autograd.special": "torch.special", "nn.functional": "torch.nn.functional"}


@functools.cache
def stubs() -> dict[str, bool]:
    """Whether a function of PyTorch's top level takes ``out``, by the stubs it ships for type checkers."""
    path = Path(torch.__file__).parent / "_C" / "_VariableFunctions.pyi"
    found: dict[str, bool] = {}
    for f in ast.parse(path.read_text()).body:
        if isinstance(f, ast.FunctionDef):
            names = [a.arg for a in f.args.args + f.args.kwonlyargs]
            found[f.name] = found.get(f.name, False) or "out" in names
    return found


@functools.cache
def samples(name: str) -> list[Any]:
    info = next((info for info in op_db if info.name == name), None)
    if info is None:
        return []
    supported = info.supported_dtypes("cpu")
    return samples_of(info, torch.float64 if torch.float64 in supported else next(iter(supported)), False, 4)


def takes_out(name: str, f: Callable[..., Any]) -> bool:
    """Whether PyTorch's function takes ``out``: by its stub, its signature, or what it says to a wrong one."""
    if isinstance(f, types.FunctionType):
        return "out" in inspect.signature(f).parameters or "out=None" in (f.__doc__ or "").split("\n\n")[0]
    if f.__name__ in stubs():
        return stubs()[f.__name__]
    for s in samples(name):
        with pytest.raises((TypeError, RuntimeError)) as caught:
            f(s.input, *s.args, **{**s.kwargs, "out": object()})
        message = str(caught.value)
        if "argument 'out' must be" in message or "Tensor out = None" in message or "Tensors out = None" in message:
            return True
        if "unexpected keyword" in message:
            return False
    return "out=None" in (f.__doc__ or "")


def shared() -> Iterator[tuple[str, str, Any, Any]]:
    """Module, name, our function and PyTorch's, for the operations that both have."""
    for ours, theirs in MODULES.items():
        a, b = importlib.import_module(ours), importlib.import_module(theirs)
        for name in sorted(vars(a)):
            f = getattr(b, name, None)
            if hasattr(getattr(a, name), "form") and callable(f):
                yield ours, name, getattr(a, name), f


def test_the_functions_with_out_are_those_of_pytorch() -> None:
    wrong = []
    for module, name, ours, theirs in shared():
        full = f"{MODULES[module]}.{name}".removeprefix("torch.")
        if name in ("lu", "polygamma"):  # PyTorch's are wrapped so that neither stub nor signature tells
            assert ours.form.out is not None
        elif takes_out(full, theirs) != (ours.form.out is not None):
            wrong.append(full)
    assert not wrong


def test_every_name_with_out_is_there() -> None:
    for module, names in WITH_OUT.items():
        for name in names.split():
            f = getattr(importlib.import_module(module), name.rstrip("=~"))
            assert "out" in f.form.extras, f"{module}.{name}"
    assert sum(len(names.split()) for names in WITH_OUT.values()) > 380


CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "axis": lambda lib, t: lib.sum(t, axis=1),
    "keepdims": lambda lib, t: lib.amax(t, axis=(0, 1), keepdims=True),
    "x": lambda lib, t: lib.exp(x=t),
    "a": lambda lib, t: lib.sum(a=t, axis=0),
    "x2": lambda lib, t: lib.mul(t, x2=2.0),
    "x and x2": lambda lib, t: lib.maximum(x=t, x2=-t),
    "axis of a method": lambda lib, t: t.softmax(axis=0),
    "keepdims of a method": lambda lib, t: t.mean(axis=0, keepdims=True),
    "axis of several results": lambda lib, t: t.sort(axis=0)[0],
    "axis of a composite": lambda lib, t: lib.std(t, axis=1, keepdims=True),
    "axis of cat": lambda lib, t: lib.cat([t, t], axis=1),
    "axis in place": lambda lib, t: t.clone().cumsum_(axis=1),
    "axis of gather": lambda lib, t: lib.gather(t, axis=0, index=(t * 0).long()),
    "numbers only": lambda lib, t: lib.add(1, 2),
    "numbers only, divided": lambda lib, t: lib.div(1, 2),
    "float and int": lambda lib, t: lib.mul(2.5, 2),
    "number first": lambda lib, t: lib.remainder(5, t),
    # refused
    "two names": lambda lib, t: lib.sum(t, dim=0, axis=1),
    "method with out": lambda lib, t: t.exp(out=t),
    "no argument": lambda lib, t: lib.exp(),
    "one too few": lambda lib, t: lib.gather(t, 0),
    "one too many": lambda lib, t: lib.exp(t, t),
    "number for a tensor": lambda lib, t: lib.maximum(t, 2),
    "number for a method's tensor": lambda lib, t: t.minimum(2),
    "number for input": lambda lib, t: lib.fmod(2, t),
    "numbers for both": lambda lib, t: lib.pow(2, 2),
    "number for a composite": lambda lib, t: lib.fliplr(3),
    "string for a composite": lambda lib, t: lib.diag("a"),
    "numbers for tensors": lambda lib, t: lib.vstack([1, 2]),
    "None for input": lambda lib, t: lib.flatten(None),
    "number for a method of a composite": lambda lib, t: t.kron(3),
    "out that is no tensor": lambda lib, t: lib.exp(t, out=3),
    "one out for two results": lambda lib, t: lib.sort(t, out=t),
    "out of a type that cannot hold the result": lambda lib, t: lib.add(t, t, out=lib.zeros(2, 3, dtype=lib.int64)),
    "out and gradient": lambda lib, t: lib.exp(t.clone().requires_grad_(), out=lib.zeros(2, 3)),
    "out that requires grad": lambda lib, t: lib.exp(t, out=lib.zeros(2, 3, requires_grad=True)),
    "dtype and another out": lambda lib, t: lib.zeros(2, dtype=lib.float64, out=lib.zeros(2)),
}


@pytest.mark.parametrize("name", CALLS)
def test_call(name: str) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3) + 1
    found: list[Any] = []
    for lib in (torch, autograd):
        try:
            found.append(CALLS[name](lib, lib.tensor(values.tolist())))
        except Exception as error:
            found.append(error)
    expected, got = found
    if isinstance(expected, Exception):
        assert type(got) is type(expected), f"{got!r}; PyTorch: {expected!r}"
    else:
        assert not isinstance(got, Exception), got
        np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-6)
        assert str(got.dtype).split(".")[-1] == str(expected.dtype).split(".")[-1]


def test_what_is_no_tensor_is_refused_with_a_type_error() -> None:
    """Every function for which PyTorch raises TypeError on a first argument of another kind does so here."""
    wrong = []
    for bad in (3, 2.5, None, "a", object(), [object()]):
        for module, name, ours, theirs in shared():
            if name == "as_tensor":  # by which of the arguments is None
                continue
            for rest in ((), (1,), (bad,)):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        theirs(bad, *rest)
                        continue
                    except TypeError:
                        pass
                    except Exception:
                        continue
                    try:
                        ours(bad, *rest)
                        outcome = "nothing raised"
                    except TypeError:
                        continue
                    except Exception as error:
                        outcome = type(error).__name__
                wrong.append(f"{module}.{name}({', '.join(map(repr, (bad, *rest)))}): {outcome}")
    assert not wrong, f"{len(wrong)}: " + "\n".join(wrong)
