"""Compiled pooling against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.kernels import pool, pool_loops
from autograd.kernels.compiled.late import choose
from autograd.kernels.windows import pooled_size

pytest.importorskip("numba")

#: Size, window, stride, padding, dilation, and whether a last window may reach beyond the padding.
WINDOWS = [
    ((6, 8), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((7, 41), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((7, 9), (2, 2), (2, 2), (0, 0), (1, 1), True),
    ((28, 40), (3, 3), (2, 2), (1, 1), (1, 1), False),
    ((9, 35), (3, 2), (1, 1), (1, 0), (1, 1), False),
    ((12, 13), (3, 3), (3, 3), (1, 1), (2, 2), True),
    ((10, 50), (1, 2), (1, 3), (0, 1), (1, 4), False),
    ((20,), (2,), (2,), (0,), (1,), False),
    ((31,), (3,), (2,), (1,), (1,), True),
    ((6, 5), (6, 5), (6, 5), (0, 0), (1, 1), False),
    ((4, 6), (3, 5), (7, 9), (1, 2), (1, 1), False),
]


def both(function, *args):
    found = []
    for choice in ("now", "0"):
        with choose(choice):
            found.append(function(*args))
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", WINDOWS)
def test_maxima(case, dtype):
    size, kernel, stride, padding, dilation, ceil = case
    out = pooled_size(size, kernel, stride, padding, dilation, ceil)
    rng = np.random.default_rng(0)
    x = rng.integers(-3, 4, (5, *size)).astype(dtype)  # many are equal
    x[1] = -np.inf
    x[2].flat[::5] = np.nan
    x[3].flat[::3] = -np.inf
    compiled, twin = both(pool.max_pool, x, out, kernel, stride, padding, dilation)
    for a, b in zip(compiled, twin):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    with choose("now"):
        assert pool_loops.max_pool(x, out, kernel, stride, padding, dilation) is not None
        assert pool_loops.max_pool(np.ones(x.shape, int), out, kernel, stride, padding, dilation) is None
    plane = x[0].size
    g = rng.normal(size=compiled[0].shape).astype(dtype).reshape(len(x), -1)
    compiled, twin = both(pool.scatter_planes, g, compiled[1].reshape(len(x), -1), plane)
    np.testing.assert_allclose(compiled, twin, rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [c for c in WINDOWS if set(c[4]) == {1}])
def test_sums(case, dtype):
    size, kernel, stride, padding, _, ceil = case
    out = pooled_size(size, kernel, stride, padding, (1,) * len(size), ceil)
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(3, *size)).astype(dtype), rng.normal(size=(3, *out)).astype(dtype)
    eps = np.finfo(dtype).eps * np.prod(kernel)
    for function, given, to in ((pool.window_sums, x, out), (pool.spread_windows, g, size)):
        compiled, twin = both(function, given, to, kernel, stride, padding)
        assert compiled.dtype == twin.dtype and compiled.shape == twin.shape
        np.testing.assert_allclose(compiled, twin, rtol=eps, atol=4 * eps)
        reversed_view = given[:, ::-1]
        compiled, twin = both(function, reversed_view, to, kernel, stride, padding)
        np.testing.assert_allclose(compiled, twin, rtol=eps, atol=4 * eps)
        x[0] = np.nan
        compiled, twin = both(function, given, to, kernel, stride, padding)
        np.testing.assert_array_equal(np.isnan(compiled), np.isnan(twin))
    with choose("now"):
        assert pool_loops.window_sums(x, out, kernel, stride, padding) is not None
        assert pool_loops.spread_windows(g, size, kernel, stride, padding) is not None


def test_indices_outside_of_the_plane():
    for place in (-1, 6):
        indices = np.array([[0, place]])
        with choose("now"):
            assert pool_loops.scatter(np.ones((1, 2)), indices, 6) is None
    with choose("now"), pytest.raises(IndexError):
        pool.scatter_planes(np.ones((1, 2)), np.array([[0, 6]]), 6)
