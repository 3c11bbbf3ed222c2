"""Operations that users write themselves."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import autograd
from autograd import Function, once_differentiable
from autograd.testing import gradcheck, gradgradcheck


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g * 2 * x


class Exp(Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        y, = ctx.saved_tensors
        return g * y


class Affine(Function):
    """Takes something that is no tensor, and uses setup_context."""

    @staticmethod
    def forward(x, scale, y):
        return x * scale + y

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, ctx.scale, _ = inputs

    @staticmethod
    def backward(ctx, g):
        return (g * ctx.scale if ctx.needs_input_grad[0] else None), None, (g if ctx.needs_input_grad[2] else None)


class MinMax(Function):
    """Two outputs, and an index that has no gradient."""

    @staticmethod
    def forward(ctx, x):
        low, high, where = x.amin(), x.amax(), x.argmax()
        ctx.mark_non_differentiable(where)
        ctx.save_for_backward(x, low, high)
        return low, high, where

    @staticmethod
    def backward(ctx, glow, ghigh, _):
        x, low, high = ctx.saved_tensors
        return glow * (x == low) + ghigh * (x == high)


def x64(*values: float) -> autograd.Tensor:
    return autograd.tensor(list(values), dtype=autograd.float64, requires_grad=True)


def test_gradients_to_second_order():
    for f in (Square, Exp):
        assert gradcheck(f.apply, (x64(0.3, -1.2),))
        assert gradgradcheck(f.apply, (x64(0.3, -1.2),))


def test_arguments_that_are_no_tensors():
    x, y = x64(1.0), autograd.tensor([2.0], dtype=autograd.float64)
    Affine.apply(x, 5.0, y).backward()
    assert x.grad.item() == 5


def test_several_outputs():
    x = x64(1.0, 5.0, 3.0)
    low, high, where = MinMax.apply(x)
    assert where.item() == 1 and not where.requires_grad
    (high * 2.0).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0, 2, 0])
    assert low.grad_fn.name() == "MinMaxBackward"


def test_saved_output_makes_no_cycle():
    gc.disable()
    try:
        y = Exp.apply(x64(1.0))
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_second_backward_raises():
    y = Square.apply(x64(1.0))
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_modified_saved_tensor_raises():
    x = x64(1.0) * 1.0
    y = Square.apply(x)
    x.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_mark_dirty_rebases_the_input():
    class Double_(Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2.0)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2.0

    x = x64(3.0)
    y = x * 1.0
    z = Double_.apply(y)
    assert z is y and z._version == 2
    z.backward()
    assert x.grad.item() == 2


def test_once_differentiable():
    class Once(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            x, = ctx.saved_tensors
            return autograd.tensor(g.detach().numpy() * 2 * x.detach().numpy())

    x = x64(3.0)
    Once.apply(x).backward()
    assert x.grad.item() == 6
    g, = autograd.grad(Once.apply(x) * x, x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.backward()


def test_wrong_number_and_shape_of_gradients():
    class Two(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return g

    with pytest.raises(RuntimeError, match=r"incorrect number of gradients \(expected 2, got 1\)"):
        Two.apply(x64(1.0), x64(2.0)).backward()

    class Shape(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1.0

        @staticmethod
        def backward(ctx, g):
            return autograd.ones(3, 5, dtype=autograd.float64)

    with pytest.raises(RuntimeError, match="invalid gradient at index 0"):
        Shape.apply(x64(1.0, 2.0)).sum().backward()


def test_unmaterialized_gradients_come_as_none():
    seen = []

    class Pair(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 1.0, x * 2.0

        @staticmethod
        def backward(ctx, a, b):
            seen.append((a is None, b is None))
            return b * 2.0

    x = x64(1.0)
    Pair.apply(x)[1].backward()
    assert seen == [(True, False)] and x.grad.item() == 2


def test_only_tensors_can_be_saved():
    class Bad(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3)
            return x

    with pytest.raises(TypeError, match="save_for_backward"):
        Bad.apply(x64(1.0))


def test_input_returned_as_it_is():
    class Same(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 7.0

    x = x64(1.0)
    y = Same.apply(x)
    assert y is not x
    y.backward()
    assert x.grad.item() == 7


def test_without_recording_it_just_computes():
    with autograd.no_grad():
        assert not Square.apply(x64(2.0)).requires_grad
    assert not Square.apply(autograd.tensor([2.0])).requires_grad


class _Tripled(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(3)

    @staticmethod
    def backward(ctx, g):
        return (g * 3).double()


def test_dirty_view_reaches_its_base_and_gradients_keep_their_type() -> None:
    w = autograd.ones(4, requires_grad=True)
    base = w * 1
    _Tripled.apply(base[:2])
    base.sum().backward()
    assert w.grad.tolist() == [3.0, 3.0, 1.0, 1.0] and w.grad.dtype is autograd.float32


def test_dirty_leaf_is_refused() -> None:
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        _Tripled.apply(autograd.ones(2, requires_grad=True))
