"""Compiled max pooling gives the bits of its NumPy twin."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from autograd.kernels import pool
from autograd.kernels.late import LATE
from autograd.kernels.vector_ir import Target, host
from autograd.kernels.windows import pooled_size

# size, kernel, stride, padding, dilation, ceil
CASES = [
    ((12, 12), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((13, 35), (2, 2), (2, 2), (0, 0), (1, 1), True),
    ((9, 40), (3, 3), (2, 2), (1, 1), (1, 1), False),
    ((9, 20), (3, 2), (1, 1), (1, 1), (1, 1), False),
    ((20, 21), (3, 3), (1, 2), (1, 0), (2, 3), False),
    ((17, 30), (5, 4), (3, 3), (2, 2), (1, 1), True),
    ((3, 3), (3, 3), (1, 1), (1, 1), (1, 1), False),
    ((1, 50), (1, 3), (1, 2), (0, 1), (1, 1), False),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_maxima(case, ties, dtype):
    size, kernel, stride, padding, dilation, ceil = case
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (5, *size)).astype(dtype) if ties else rng.standard_normal((5, *size)).astype(dtype)
    x[0, 0, :5] = np.nan
    x[1, ..., 1] = np.inf
    x[2] = -np.inf
    out = pooled_size(size, kernel, stride, padding, dilation, ceil)
    late = LATE[pool._max_pool]
    compiled = late.build()
    for a in (x, np.asfortranarray(x)):
        for found, expected in zip(compiled(a, out, kernel, stride, padding, dilation),
                                   pool._max_pool(x, out, kernel, stride, padding, dilation)):
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == expected.dtype


def test_narrow_vectors():
    from autograd.kernels import pool_compiled
    narrow = Target(32, 16, True, False)
    if host().width < narrow.width:
        pytest.skip("this processor has no such vectors")
    x = np.random.default_rng(0).standard_normal((3, 8, 26)).astype(np.float32)
    best, indices = np.empty((3, 4, 13), np.float32), np.empty((3, 4, 13), np.int64)
    pool_compiled.compiled("maxima", np.float32, narrow)(x, best, indices, (2, 2, 2, 2, 0, 0, 1, 1, 0, 13))
    expected = pool._max_pool(x, (4, 13), (2, 2), (2, 2), (0, 0), (1, 1))
    np.testing.assert_array_equal(best, expected[0])
    np.testing.assert_array_equal(indices, expected[1])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_spread(dtype):
    rng = np.random.default_rng(0)
    g, indices = rng.standard_normal((7, 30)).astype(dtype), rng.integers(0, 11, (7, 30))
    compiled = LATE[pool._scatter_planes].build()
    np.testing.assert_array_equal(compiled(g, indices, 11), pool._scatter_planes(g, indices, 11))


def test_spread_outside_of_the_planes():
    compiled = LATE[pool._scatter_planes].build()
    with pytest.raises(IndexError):
        compiled(np.ones((2, 2), np.float32), np.array([[0, 1], [2, 3]]), 3)


def test_integers_and_other_ranks_go_to_the_twin():
    compiled = LATE[pool._max_pool].build()
    for x, options in ((np.arange(16).reshape(1, 4, 4), ((2, 2), (2, 2), (2, 2), (0, 0), (1, 1))),
                       (np.arange(8.0).reshape(1, 8), ((4,), (2,), (2,), (0,), (1,)))):
        for found, expected in zip(compiled(x, *options), pool._max_pool(x, *options)):
            np.testing.assert_array_equal(found, expected)
