"""Activation functions: values against their formulas, derivatives at the kinks, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

import autograd
from autograd import tensor
from autograd.kernels.compiled.late import choose
from autograd.ops import activation, piecewise

INF, NAN = math.inf, math.nan
X = np.linspace(-6, 6, 97)


def relu6(x):
    return np.clip(x, 0, 6)


REFERENCE = {
    "relu": (activation.relu, lambda x: np.maximum(x, 0)),
    "relu6": (piecewise.relu6, relu6),
    "leaky_relu": (activation.leaky_relu, lambda x: np.where(x > 0, x, 0.01 * x)),
    "elu": (lambda x: activation.elu(x, 0.7), lambda x: np.where(x > 0, x, 0.7 * np.expm1(x))),
    "selu": (activation.selu, lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
    "celu": (lambda x: activation.celu(x, 2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x / 2))),
    "gelu": (activation.gelu, lambda x: x * special.ndtr(x)),
    "gelu_tanh": (lambda x: activation.gelu(x, approximate="tanh"),
                  lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))),
    "silu": (activation.silu, lambda x: x * special.expit(x)),
    "mish": (activation.mish, lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    "softplus": (lambda x: activation.softplus(x, 2.0, 3.0),
                 lambda x: np.where(2 * x > 3, x, np.log1p(np.exp(2 * x)) / 2)),
    "softsign": (activation.softsign, lambda x: x / (1 + np.abs(x))),
    "tanhshrink": (activation.tanhshrink, lambda x: x - np.tanh(x)),
    "logsigmoid": (activation.logsigmoid, special.log_expit),
    "hardtanh": (lambda x: piecewise.hardtanh(x, -2.0, 1.0), lambda x: np.clip(x, -2, 1)),
    "hardsigmoid": (piecewise.hardsigmoid, lambda x: relu6(x + 3) / 6),
    "hardswish": (piecewise.hardswish, lambda x: x * relu6(x + 3) / 6),
    "hardshrink": (lambda x: piecewise.hardshrink(x, 0.7), lambda x: np.where(np.abs(x) > 0.7, x, 0)),
    "softshrink": (lambda x: piecewise.softshrink(x, 0.7), lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.7, 0)),
    "threshold": (lambda x: piecewise.threshold(x, 1.0, -5.0), lambda x: np.where(x > 1, x, -5)),
}


@pytest.mark.parametrize("name", sorted(REFERENCE))
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 2e-6), ("float16", 5e-3)])
def test_values(name, dtype, tolerance) -> None:
    f, reference = REFERENCE[name]
    found = f(tensor(X.astype(dtype)))
    assert found._a.dtype == dtype
    np.testing.assert_allclose(found._a, reference(X.astype(dtype).astype(np.float64)), rtol=tolerance, atol=tolerance)


def slope(f, *values):
    x = tensor(list(values), dtype=autograd.float64, requires_grad=True)
    f(x).sum().backward()
    return x.grad.tolist()


@pytest.mark.parametrize(("f", "points", "expected"), [
    (activation.relu, (0.0, -0.0, NAN), [0, 0, 1]),
    (piecewise.relu6, (0.0, 6.0, 3.0), [0, 0, 1]),
    (piecewise.hardtanh, (-1.0, 1.0, 0.5), [0, 0, 1]),
    (activation.leaky_relu, (0.0,), [0.01]),
    (lambda x: activation.elu(x, 0.5), (0.0,), [0.5]),
    (piecewise.hardsigmoid, (-3.0, 3.0, 0.0), [0, 0, 1 / 6]),
    (piecewise.hardswish, (-3.0, 3.0), [0, 1]),
    (piecewise.hardshrink, (-0.5, 0.5, 1.0), [0, 0, 1]),
    (piecewise.softshrink, (-0.5, 0.5, 1.0), [0, 0, 1]),
    (lambda x: piecewise.threshold(x, 1.0, 5.0), (1.0, 1.5), [0, 1]),
    (activation.softplus, (20.0, 30.0), [special.expit(20.0), 1]),
    (activation.logsigmoid, (-800.0, 800.0), [1, 0]),
])
def test_derivatives_at_kinks(f, points, expected) -> None:
    assert slope(f, *points) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", ["elu", "selu", "celu", "gelu", "gelu_tanh", "silu", "softplus", "logsigmoid", "mish"])
def test_no_nan_far_out(name) -> None:
    f, _ = REFERENCE[name]
    x = tensor([-600.0, 600.0], dtype=autograd.float64, requires_grad=True)
    g, = autograd.grad(f(x).sum(), x, create_graph=True)
    assert g.isfinite().all()
    second, = autograd.grad(g.sum(), x)
    assert second.isfinite().all()


def test_nan_stays() -> None:
    for name, (f, _) in REFERENCE.items():
        assert f(tensor([NAN])).isnan().all(), name


@pytest.mark.parametrize("kernels", ["now", "0"])
def test_the_slope_at_nan_is_nan_where_pytorchs_is(kernels) -> None:
    with choose(kernels):
        for name in ("elu", "selu", "celu", "gelu", "gelu_tanh", "silu", "softplus", "logsigmoid", "mish", "hardswish"):
            assert math.isnan(slope(REFERENCE[name][0], NAN)[0]), name
        for name in ("relu6", "hardsigmoid"):
            assert slope(REFERENCE[name][0], NAN) == [0], name


def test_integers() -> None:
    assert activation.relu(tensor([-1, 2])).tolist() == [0, 2]
    assert piecewise.relu6(tensor([-1, 20])).tolist() == [0, 6]
    for f in (activation.gelu, activation.silu, activation.leaky_relu, activation.softplus, piecewise.hardswish):
        with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
            f(tensor([1]))
    with pytest.raises(RuntimeError, match="Boolean inputs not supported for relu"):
        activation.relu(tensor([True]))


@pytest.mark.parametrize(("call", "kind", "words"), [
    (lambda x: activation.gelu(x, approximate="x"), RuntimeError, "must be either none or tanh"),
    (lambda x: piecewise.hardtanh(x, 1, -1), ValueError, "min_val cannot be greater than max_val"),
    (lambda x: activation.celu(x, 0), RuntimeError, "alpha cannot be 0"),
    (lambda x: piecewise.softshrink(x, -1), RuntimeError, "lambda must be greater or equal to 0"),
    (lambda x: activation.glu(x), RuntimeError, "dimension 1 is size 3"),
    (lambda x: activation.glu(x, 2), IndexError, "Dimension out of range"),
    (lambda x: activation.glu(x[0, 0]), RuntimeError, "0-dimensional"),
    (lambda x: activation.prelu(x, autograd.ones(2)), RuntimeError, "parameter numbers = 2 and channel size = 3"),
    (lambda x: activation.prelu(x, autograd.ones(3, 1)), RuntimeError, "ndim = 2"),
    (lambda x: activation.prelu(x, autograd.ones(3).double()), RuntimeError, "promoting not supported"),
    (lambda x: activation.rrelu(x, 0.5, 0.1), RuntimeError, "Lower bound"),
])
def test_errors(call, kind, words) -> None:
    with pytest.raises(kind, match=words):
        call(autograd.ones(2, 3))


def test_prelu_has_a_weight_for_each_channel() -> None:
    x = tensor(-np.ones((2, 3, 2), np.float32), requires_grad=True)
    w = tensor([1.0, 2.0, 3.0], requires_grad=True)
    activation.prelu(x, w).sum().backward()
    assert w.grad.tolist() == [-4, -4, -4]
    assert x.grad.tolist() == [[[1, 1], [2, 2], [3, 3]]] * 2


def test_glu_gates_one_half_by_the_other() -> None:
    x = tensor([[1.0, 2.0, 0.0, 100.0]])
    assert activation.glu(x).tolist() == [[0.5, 2.0]]
    assert activation.glu(x.T, 0).shape == (2, 1)


def test_random_slopes() -> None:
    x = tensor([-1.0, 2.0, -3.0], requires_grad=True)
    assert activation.rrelu(x, 0.1, 0.3).tolist() == pytest.approx([-0.2, 2.0, -0.6])
    autograd.manual_seed(0)
    first = activation.rrelu(x, 0.1, 0.4, True)
    first.sum().backward()
    slopes = x.grad.tolist()
    assert slopes[1] == 1 and all(0.1 <= s < 0.4 for s in (slopes[0], slopes[2]))
    assert first.tolist() == pytest.approx([-slopes[0], 2.0, -3 * slopes[2]])
    autograd.manual_seed(0)
    assert activation.rrelu(x, 0.1, 0.4, True).equal(first)


def test_relu_in_place_records() -> None:
    x = tensor([-1.0, 2.0], requires_grad=True)
    y = (x * 3).relu_()
    y.sum().backward()
    assert y.tolist() == [0, 6] and x.grad.tolist() == [0, 3]
