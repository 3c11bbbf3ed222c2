"""Loops in vectors, for the widest and the narrowest vectors, against NumPy in double precision."""

from __future__ import annotations

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from autograd.kernels.vectors import norms as vector_norms, rows as vector_rows  # noqa: E402
from autograd.kernels.vectors.ir import Target, host  # noqa: E402

TARGETS = {"host": host(), "narrow": Target(16, 16, False, False)}
COUNTS = [1, 3, 16, 31, 64, 65, 200]


@pytest.fixture(scope="module", params=["float32", "float64"])
def dtype(request):
    return np.dtype(request.param)


@pytest.fixture(scope="module", params=list(TARGETS))
def made(request, dtype):
    """Functions of arrays, each a call of one of those that are made for the target."""
    def of(module, name):
        return getattr(module, name)(TARGETS[request.param], dtype.itemsize)

    maximum, exponentials = of(vector_rows, "row_maximum"), of(vector_rows, "row_exponentials")
    total, slopes = of(vector_rows, "row_sum_of_exponentials"), of(vector_rows, "row_slopes")
    scaled, inner = of(vector_rows, "row_scaled"), of(vector_rows, "row_inner")
    summed, squares = of(vector_norms, "row_sum"), of(vector_norms, "row_squares")
    normalized = of(vector_norms, "row_normalized")

    @numba.njit
    def run(x, y, z, shift, found, numbers):
        n, a, b, c = x.size, x.ctypes.data, y.ctypes.data, z.ctypes.data
        numbers[0] = maximum(a, n)
        numbers[1] = exponentials(a, found[0].ctypes.data, n, shift)
        numbers[2] = total(a, a, n, shift)
        slopes(b, a, found[1].ctypes.data, n, shift)
        scaled(a, found[2].ctypes.data, n, shift)
        numbers[3] = inner(a, b, n)
        numbers[4] = summed(a, n, shift)
        numbers[5] = squares(a, n, shift)
        normalized(a, b, c, found[3].ctypes.data, n, shift, shift)
    return run


def test_loops(made, dtype):
    rng = np.random.default_rng(0)
    eps = np.finfo(dtype).eps
    for n in COUNTS:
        x, y, z = rng.normal(size=(3, n)).astype(dtype)
        x = -np.abs(x)
        shift = dtype.type(0.75)
        found, numbers = np.full((4, n + 1), 7, dtype), np.empty(6, dtype)
        made(x, y, z, shift, found, numbers)
        assert (found[:, n] == 7).all()  # nothing is written after the row
        a, b, c, s = (v.astype(np.float64) for v in (x, y, z, shift))
        expected = [a.max(), np.exp(a - s).sum(), np.exp(a - s).sum(), a @ b, (a - s).sum(), ((a - s) ** 2).sum()]
        np.testing.assert_allclose(numbers, expected, rtol=4 * eps * np.sqrt(n), atol=8 * eps * np.sqrt(n))
        rows = [np.exp(a - s), b - np.exp(a) * s, a * s, (a - s) * s * b + c]
        np.testing.assert_allclose(found[:, :n], rows, rtol=4 * eps, atol=4 * eps)


def test_exponentials_are_exact(made, dtype):
    """To two units in the last place, down to where numbers have fewer digits; NaN stays, minus infinity gives zero."""
    lowest = np.log(np.finfo(dtype).tiny)
    x = np.linspace(lowest, 0, 20001).astype(dtype)
    found, numbers = np.empty((4, x.size), dtype), np.empty(6, dtype)
    made(x, x, x, dtype.type(0), found, numbers)
    exact = np.exp(x.astype(np.longdouble))
    assert (np.abs(found[0] - exact) / np.spacing(exact.astype(dtype))).max() <= 2
    x[:5] = -np.inf, np.nan, 3 * lowest, 1.03 * lowest, -0.0
    made(x, x, x, dtype.type(0), found, numbers)
    np.testing.assert_allclose(found[0, :5], np.exp(x[:5].astype(np.longdouble)).astype(dtype), rtol=1e-4)
    assert np.isnan(numbers[1]) and numbers[0] == 0  # the maximum leaves NaN out


def test_a_maximum_of_nothing(made, dtype):
    found, numbers = np.empty((4, 3), dtype), np.empty(6, dtype)
    for x in (np.full(3, np.nan, dtype), np.full(3, -np.inf, dtype)):
        made(x, x, x, dtype.type(0), found, numbers)
        assert numbers[0] == -np.inf


@pytest.mark.parametrize("target", TARGETS)
def test_extremes_keep_nan(dtype, target):
    greatest, least = (getattr(vector_rows, name)(TARGETS[target], dtype.itemsize) for name in ("row_greatest", "row_least"))

    @numba.njit
    def run(x):
        return greatest(x.ctypes.data, x.size), least(x.ctypes.data, x.size)

    rng = np.random.default_rng(3)
    for n in COUNTS:
        x = rng.normal(size=n).astype(dtype)
        assert run(x) == (x.max(), x.min())
        assert run(x - 100) == ((x - 100).max(), (x - 100).min())  # zeros beyond the end take no part
        assert run(x + 100) == ((x + 100).max(), (x + 100).min())
        x[rng.integers(n)] = np.inf
        x[rng.integers(n)] = -np.inf
        assert run(x) == (x.max(), x.min())
        for at in {0, n // 2, n - 1}:
            y = x.copy()
            y[at] = np.nan
            assert np.isnan(run(y)).all()
