"""Compiled softmax and its relatives against NumPy and double precision."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.kernels import softmax as kernel
from autograd.kernels.compiled.late import choose

pytest.importorskip("numba")

NAMES = ["softmax", "log_softmax"]


def compute(name, x, g, choice):
    """The value and the gradient of one operation."""
    with choose(choice), np.errstate(all="ignore"):
        out = getattr(kernel, name)(x, x.ndim - 1)
        found = getattr(kernel, f"{name}_grad")(g, out, x.ndim - 1)
    if found is None:
        assert choice == "0"
        p = np.exp(out) if name == "log_softmax" else out
        found = g - p * g.sum(-1, keepdims=True) if name == "log_softmax" else p * (g - (p * g).sum(-1, keepdims=True))
    return out, found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 31), (4, 32), (2, 3, 33), (3, 1000), (7,)])
@pytest.mark.parametrize("name", NAMES)
def test_equal_to_numpy(name, shape, dtype):
    rng = np.random.default_rng(0)
    x, g = rng.normal(0, 6, (2, *shape)).astype(dtype)
    eps = np.finfo(dtype).eps
    for compiled, twin in zip(compute(name, x, g, "now"), compute(name, x, g, "0")):
        assert compiled.dtype == twin.dtype and compiled.shape == twin.shape
        np.testing.assert_allclose(compiled, twin, rtol=60 * eps, atol=60 * eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [5, 64, 1000])
def test_units_in_the_last_place(width, dtype):
    """Of scores whose differences are exact, so that what is seen is the error of exponentials and sums.

    1 of the exponential, 1 of the sum in 64 lanes, half each of its reciprocal and of the product: 3 half way between
    powers of two, and up to twice that just above one. PyTorch's reach 5.7 on these numbers.
    """
    x = np.random.default_rng(0).integers(-4096, 4096, (200, width)).astype(dtype) / 1024
    exact = np.exp(x.astype(np.longdouble))
    exact /= exact.sum(1, keepdims=True)
    with choose("now"):
        found = kernel.softmax(x, 1)
    assert (np.abs(found - exact) / np.spacing(exact.astype(dtype))).max() < 4.5


@pytest.mark.parametrize("width", [3, 40])
@pytest.mark.parametrize("name", NAMES)
def test_infinite_and_missing_elements(name, width):
    rows = []
    for value in (np.nan, np.inf, -np.inf, 1e30, -1e30, 88.0, 1e-40):
        for place in (0, width // 2, width - 1):
            row = np.zeros(width)
            row[place] = value
            rows.append(row)
    rows += [np.full(width, -np.inf), np.full(width, np.inf), np.full(width, np.nan)]
    x = np.array(rows, "float32")
    compiled, twin = (compute(name, x, np.ones_like(x), choice)[0] for choice in ("now", "0"))
    np.testing.assert_allclose(compiled, twin, rtol=1e-6, atol=1e-7)


def test_layouts():
    rng = np.random.default_rng(1)
    x, g = rng.normal(size=(2, 6, 8))
    for name in NAMES:
        for a, b in ((x.T, g.T), (x[:, ::-1], g[:, ::2].repeat(2, 1)), (np.broadcast_to(x[0], (3, 8)), g[:3])):
            for compiled, twin in zip(compute(name, a, b, "now"), compute(name, a, b, "0")):
                np.testing.assert_allclose(compiled, twin, rtol=1e-13, atol=1e-14)


def test_what_is_left_to_numpy():
    with choose("now"):
        assert kernel._in_rows(kernel._softmax_rows, 0, np.ones((3, 4))) is None
        assert kernel._in_rows(kernel._softmax_rows, 1, np.ones((3, 0))) is None
        assert kernel._in_rows(kernel._softmax_rows, 1, np.ones((3, 4), "float16")) is None
        assert kernel._in_rows(kernel._softmax_rows, 1, np.ones((3, 4))) is not None


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (2, 7, 3), (2, 3, 70), (0, 4), (3, 0)])
def test_causal(shape, dtype):
    x = np.random.default_rng(2).normal(0, 4, shape).astype(dtype)
    if x.size:
        x[..., 0, 1:] = np.nan  # not seen by the first query
    found = []
    for choice in ("now", "0"):
        with choose(choice):
            found.append(kernel.causal_softmax(x))
    compiled, twin = found
    assert compiled.dtype == twin.dtype == x.dtype
    np.testing.assert_allclose(compiled, twin, rtol=60 * np.finfo(dtype).eps)
    if x.size:
        assert (np.triu(compiled, 1) == 0).all() and np.isfinite(compiled).all()
