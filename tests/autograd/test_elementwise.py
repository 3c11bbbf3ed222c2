"""Functions of one number against NumPy, with their types and edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd import tensor

REFERENCE = {
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10,
    "log1p": np.log1p, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x), "reciprocal": lambda x: 1 / x,
    "square": np.square, "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "sinc": np.sinc, "deg2rad": np.deg2rad, "rad2deg": np.rad2deg, "logit": lambda x: np.log(x / (1 - x)),
}
COMPLEX = sorted(set(REFERENCE) - {"deg2rad", "rad2deg", "logit", "sinc"})


def grid(name: str) -> np.ndarray:
    low, high = {"acosh": (1.0, 5.0), "asin": (-1.0, 1.0), "acos": (-1.0, 1.0), "atanh": (-0.99, 0.99)}.get(
        name, (0.01, 0.99))
    return np.linspace(low, high, 101)


@pytest.mark.parametrize("name", sorted(REFERENCE))
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 1e-6), ("float16", 3e-3)])
def test_values(name, dtype, tolerance) -> None:
    x = grid(name).astype(dtype)
    found = getattr(autograd, name)(tensor(x))
    assert found._a.dtype == dtype
    expected = REFERENCE[name](x.astype(np.float64))
    inside = np.abs(expected) < 100  # float16 ends early, and loses all digits of a pole
    np.testing.assert_allclose(found._a[inside], expected[inside], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_values(name) -> None:
    z = np.array([0.3 + 0.4j, -0.2 + 0.7j, 0.5 - 0.9j])
    np.testing.assert_allclose(getattr(autograd, name)(tensor(z))._a, REFERENCE[name](z), rtol=1e-13)


@pytest.mark.parametrize("name", sorted(set(REFERENCE) - {"square"}))
@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_integers_become_the_default_float_type(name, dtype) -> None:
    assert getattr(autograd, name)(tensor([1], dtype=dtype)).dtype is autograd.float32


def test_square_keeps_integers() -> None:
    assert tensor([3], dtype=autograd.int8).square().dtype is autograd.int8
    assert tensor([True]).square().dtype is autograd.int64


@pytest.mark.parametrize("alias", ["arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh"])
def test_aliases(alias) -> None:
    x = tensor([1.0])
    assert getattr(autograd, alias) is getattr(autograd, alias.replace("arc", "a"))
    assert getattr(x, alias)().equal(getattr(x, alias.replace("arc", "a"))())
    assert getattr(x, alias + "_")() is x


def test_far_out() -> None:
    x = tensor([-1000.0, 1000.0], requires_grad=True)
    assert x.sigmoid().tolist() == [0, 1]
    assert x.tanh().tolist() == [-1, 1]
    x.sigmoid().sum().backward()
    assert x.grad.tolist() == [0, 0]
    assert autograd.exp(x).tolist() == [0, math.inf]
    assert autograd.log(tensor([0.0])).tolist() == [-math.inf]


def test_small_arguments_keep_their_digits() -> None:
    x = tensor([1e-12], dtype=autograd.float64)
    assert autograd.expm1(x).item() == pytest.approx(1e-12, rel=1e-11)
    assert autograd.log1p(x).item() == pytest.approx(1e-12, rel=1e-11)


def test_zero_dim_and_empty() -> None:
    for name in REFERENCE:
        f = getattr(autograd, name)
        assert f(tensor(0.5)).shape == () and f(autograd.zeros(0, 3)).shape == (0, 3)
