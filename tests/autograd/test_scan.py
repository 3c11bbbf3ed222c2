"""Running sums, products, extrema; differences and areas."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import autograd
from autograd import tensor

INF, NAN = math.inf, math.nan


def test_types():
    x = tensor([True, True])
    assert x.cumsum(0).tolist() == [1, 2] and x.cumsum(0).dtype is x.cumprod(0).dtype is autograd.int64
    assert tensor([1, 2], dtype=autograd.int8).cumsum(0, dtype=autograd.float64).dtype is autograd.float64
    assert tensor(3.0).cumsum(0).item() == 3
    with pytest.raises(IndexError):
        tensor([1.0]).cumsum(1)
    with pytest.raises(NotImplementedError):
        tensor([1]).logcumsumexp(0)


def test_single_precision_is_carried_in_double():
    x = autograd.full((100_000,), 0.1)
    assert x.cumsum(0)[-1].item() == pytest.approx(100_000 * np.float32(0.1).item(), rel=1e-7)


@pytest.mark.parametrize("zeros", [z for n in range(5) for z in itertools.combinations(range(4), n)])
def test_cumprod_with_zeros(zeros):
    """Against sums of products written out, to second order."""
    a = np.array([2.0, 3.0, 5.0, 7.0])
    a[list(zeros)] = 0
    x = tensor(a, requires_grad=True)
    weights = np.array([1.0, 10.0, 100.0, 1000.0])
    first, = autograd.grad((x.cumprod(0) * tensor(weights)).sum(), x, create_graph=True)
    expected = [sum(weights[i] * math.prod(a[j] for j in range(i + 1) if j != k) for i in range(k, 4))
                for k in range(4)]
    np.testing.assert_allclose(first.detach().numpy(), expected)
    second, = autograd.grad(first.sum(), x)
    expected = [sum(weights[i] * math.prod(a[j] for j in range(i + 1) if j not in (k, l))
                    for k in range(4) if k != l for i in range(max(k, l), 4)) for l in range(4)]
    np.testing.assert_allclose(second.numpy(), expected)


def test_logcumsumexp_of_extremes():
    x = tensor([-1000.0, 1000.0, -1000.0, 1000.0], dtype=autograd.float64, requires_grad=True)
    out = x.logcumsumexp(0)
    assert out.tolist() == [-1000, 1000, 1000, 1000 + math.log(2)]
    np.testing.assert_allclose(autograd.grad(out.sum(), x)[0].numpy(), [1, 2.5, 0, 0.5], rtol=1e-12)
    assert tensor([-INF, 0.0]).logcumsumexp(0).tolist() == [-INF, 0]


def test_running_extrema():
    x = tensor([1.0, 3.0, 3.0, 2.0, NAN, 5.0])
    values, indices = x.cummax(0)
    assert values[:4].tolist() == [1, 3, 3, 3] and values[4:].isnan().all() and indices.tolist() == [0, 1, 2, 2, 4, 4]
    assert x[:4].cummin(0).indices.tolist() == [0, 0, 0, 0]
    y = tensor([1.0, 3.0, 2.0], requires_grad=True)
    assert autograd.grad(y.cummax(0).values.sum(), y)[0].tolist() == [1, 2, 0]


def test_in_place():
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    assert y.cumsum_(0) is y and y.tolist() == [1, 3, 6]
    assert autograd.grad(y.sum(), x)[0].tolist() == [3, 2, 1]
    z = x * 1
    z.cumprod_(0)
    assert autograd.grad(z.sum(), x)[0].tolist() == [9, 4, 2]


def test_a_linear_recurrence():
    from autograd.ops.scan import linear_recurrence
    a, b = tensor([9.0, 2.0, 0.0, 3.0]), tensor([1.0, 1.0, 1.0, 1.0])
    assert linear_recurrence(a, b, 0).tolist() == [1, 3, 1, 4]
    assert linear_recurrence(a, b, 0, True).tolist() == [28, 3, 1, 1]


def test_differences():
    a = np.random.default_rng(0).normal(size=(3, 5))
    for n, dim in ((1, 1), (2, 0), (3, 1), (9, 1), (0, 0)):
        np.testing.assert_allclose(tensor(a).diff(n, dim).numpy(), np.diff(a, n, dim))
    assert tensor([True, True, False]).diff().tolist() == [False, True]
    assert tensor([1, 4]).diff(prepend=tensor([0]), append=tensor([9])).tolist() == [1, 3, 5]
    for arguments in ((tensor(1.0),), (tensor([1.0]), -1)):
        with pytest.raises(RuntimeError):
            autograd.diff(*arguments)


def test_areas():
    a, x = np.random.default_rng(1).normal(size=(3, 5)), np.array([0.0, 1.0, 1.5, 4.0, 5.0])
    np.testing.assert_allclose(autograd.trapezoid(tensor(a)).numpy(), np.trapezoid(a))
    np.testing.assert_allclose(autograd.trapezoid(tensor(a), tensor(x)).numpy(), np.trapezoid(a, x))
    np.testing.assert_allclose(autograd.trapz(tensor(a), dx=0.5, dim=0).numpy(), np.trapezoid(a, dx=0.5, axis=0))
    steps = autograd.cumulative_trapezoid(tensor(a), tensor(x)).numpy()
    np.testing.assert_allclose(steps[:, -1], np.trapezoid(a, x))
    assert steps.shape == (3, 4) and autograd.trapezoid(tensor([1, 2, 3])).item() == 4
    with pytest.raises(RuntimeError, match="one `x` value"):
        autograd.trapezoid(tensor(a), tensor(x[:3]))
