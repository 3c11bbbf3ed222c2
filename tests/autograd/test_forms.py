"""What callers may write beside an operation's own parameters, and what they may not."""

from __future__ import annotations

import importlib
import inspect
import pickle
from collections.abc import Callable

import numpy as np
import pytest

import autograd
from autograd import forms
from autograd.out_names import WITH_OUT


def test_out_is_written_into_and_returned() -> None:
    x, out = autograd.tensor([1.0, 2.0]), autograd.zeros(2)
    memory = out.data_ptr()
    assert autograd.exp(x, out=out) is out
    assert out.data_ptr() == memory
    assert out.tolist() == autograd.exp(x).tolist()


def test_out_may_be_an_input() -> None:
    x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
    autograd.matmul(x, x, out=x)
    assert x.tolist() == [[7.0, 10.0], [15.0, 22.0]]


def test_out_may_be_a_view() -> None:
    x = autograd.zeros(2, 2)
    autograd.add(autograd.ones(2), 1, out=x[:, 1])
    assert x.tolist() == [[0.0, 2.0], [0.0, 2.0]]


def test_an_empty_out_takes_on_the_shape() -> None:
    out = autograd.empty(0)
    assert autograd.ones(2, 3, out=out).shape == (2, 3)


def test_another_shape_warns_and_takes_on_the_shape() -> None:
    out = autograd.empty(5)
    with pytest.warns(UserWarning, match=r"resized since it had shape \[5\], which does not match .* \[2, 3\]"):
        autograd.exp(autograd.zeros(2, 3), out=out)
    assert out.tolist() == [[1.0] * 3] * 2


def test_several_outputs_keep_their_names() -> None:
    values, indices = autograd.empty(0), autograd.empty(0, dtype=autograd.int64)
    found = autograd.sort(autograd.tensor([3.0, 1.0]), out=(values, indices))
    assert found.values is values and found.indices is indices
    assert indices.tolist() == [1, 0]


def test_the_result_is_converted_where_the_type_can_hold_it() -> None:
    out = autograd.zeros(2, dtype=autograd.float64)
    assert autograd.add(autograd.ones(2), 1, out=out).dtype is autograd.float64
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
        autograd.add(autograd.ones(2), 1, out=autograd.zeros(2, dtype=autograd.int64))


def test_some_operations_want_the_very_type() -> None:
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype Float, but got Double"):
        autograd.mm(autograd.ones(2, 2), autograd.ones(2, 2), out=autograd.zeros(2, 2, dtype=autograd.float64))


def test_the_result_is_computed_in_the_type_of_out() -> None:
    assert autograd.sum(autograd.tensor([1, 2]), out=autograd.empty(0, dtype=autograd.float64)).dtype is autograd.float64
    assert autograd.zeros(2, out=autograd.empty(0, dtype=autograd.int32)).dtype is autograd.int32


@pytest.mark.parametrize("x, out", [(True, False), (False, True)])
def test_out_and_gradients_exclude_each_other(x: bool, out: bool) -> None:
    args = autograd.ones(2, requires_grad=x), autograd.ones(2, requires_grad=out)
    with pytest.raises(RuntimeError, match=r"functions with out=\.\.\. arguments don't support automatic differentiation"):
        autograd.exp(args[0], out=args[1])
    with autograd.no_grad():
        assert autograd.exp(args[0], out=args[1])[0].item() == pytest.approx(np.e)


def test_what_was_saved_for_backward_notices_out() -> None:
    x = autograd.ones(2, requires_grad=True)
    y = autograd.ones(2)
    z = (x * y).sum()
    autograd.exp(autograd.zeros(2), out=y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


CALLS: dict[str, Callable[[autograd.Tensor], autograd.Tensor]] = {
    "axis": lambda t: autograd.sum(t, axis=0),
    "keepdims": lambda t: autograd.sum(t, 0, keepdims=True)[0],
    "method": lambda t: t.sum(axis=0),
    "in place": lambda t: t.clone().cumsum_(axis=0)[-1],
    "x": lambda t: autograd.sum(x=t, axis=0),
    "a": lambda t: autograd.sum(a=t, axis=0),
    "x2": lambda t: autograd.mul(t, x2=1.0).sum(0),
    "composite": lambda t: autograd.var(t, axis=0) * 0 + t.sum(0),
}


@pytest.mark.parametrize("name", CALLS)
def test_other_names(name: str) -> None:
    t = autograd.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    found = CALLS[name](t)
    assert found.tolist() == [4.0, 7.0]
    found.sum().backward()
    assert t.grad.shape == (2, 2)


REFUSED: dict[str, tuple[Callable[[autograd.Tensor], object], str]] = {
    "both names": (lambda t: autograd.sum(t, dim=0, axis=0), "both 'dim' and 'axis'"),
    "too many": (lambda t: autograd.exp(t, t), "takes 1 positional argument but more were given"),
    "too many for out": (lambda t: autograd.zeros_like(t, t), "positional argument"),
    "too few": (lambda t: autograd.exp(), 'missing 1 required positional arguments: "input"'),
    "too few after the tensor": (lambda t: autograd.gather(t, index=t.long()), 'missing 1 .*: "dim"'),
    "too few for a composite": (lambda t: autograd.mm(t), '"mat2"|mat2'),
    "out of a method": (lambda t: t.exp(out=t), "unexpected keyword argument 'out'"),
    "unknown": (lambda t: autograd.exp(t, axes=1), "unexpected keyword argument 'axes'"),
    "number as tensor": (lambda t: autograd.maximum(t, 2), r"argument 'other' \(position 2\) must be Tensor, not int"),
    "numbers as tensors": (lambda t: autograd.pow(2, 3), "must be Tensor"),
    "number to a composite": (lambda t: autograd.fliplr(3), r"fliplr\(\): argument 'input' .* must be Tensor, not int"),
    "list to a composite": (lambda t: autograd.vstack([t, 3]), "must be tuple of Tensors, not list"),
    "out that is no tensor": (lambda t: autograd.exp(t, out=[1.0]), "argument 'out' must be Tensor"),
    "one out for two": (lambda t: autograd.sort(t, out=t), "tuple of 2 Tensors, not one Tensor"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(TypeError, match=message):
        call(autograd.ones(2, 2))


def test_an_error_of_an_operation_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        autograd.mm(autograd.ones(2, 3), autograd.ones(2, 3))


def test_numbers_where_pytorch_takes_them() -> None:
    assert autograd.add(1, 2).item() == 3 and autograd.add(1, 2).dtype is autograd.int64
    assert autograd.mul(2.0, 3).dtype is autograd.float32
    assert autograd.remainder(7, autograd.tensor(4)).item() == 3


def test_operations_among_themselves_are_not_concerned() -> None:
    bare = autograd.exp.__wrapped__
    assert bare is autograd.exp.op.function
    assert autograd.Tensor.__add__ is autograd.add.op.function
    with pytest.raises(TypeError, match="unexpected keyword argument 'out'"):
        bare(autograd.ones(2), out=autograd.ones(2))


def test_every_name_with_out_is_there_once() -> None:
    for module, names in WITH_OUT.items():
        split = [name.rstrip("=~") for name in names.split()]
        assert len(split) == len(set(split))
        for name in split:
            assert "out" in getattr(importlib.import_module(module), name).form.extras, f"{module}.{name}"


def test_signature_documentation_and_pickle() -> None:
    assert list(inspect.signature(autograd.add).parameters) == ["input", "other", "alpha"]
    assert autograd.add.__doc__ == autograd.add.op.forward.__doc__
    for f in (autograd.add, autograd.vstack, autograd.median, autograd.linalg.inv, autograd.special.gammaln):
        assert pickle.loads(pickle.dumps(f)) is f


def test_the_text_can_be_read() -> None:
    assert forms.text(autograd.exp).startswith("def exp(input=missing, x=None, a=None, out=None):")
    assert "inner(input, mat2)" in forms.text(autograd.mm)
