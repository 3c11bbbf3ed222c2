"""Compiled sums of rows of a table against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.kernels import embedding
from autograd.kernels.compiled.late import choose

pytest.importorskip("numba")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("n, d", [(0, 3), (1, 1), (100, 3), (20, 70)])
def test_rows_are_added_up(n, d, dtype):
    rng = np.random.default_rng(0)
    indices, g = rng.integers(0, 7, n), rng.normal(size=(d, n)).astype(dtype).T
    want = np.zeros((7, d))
    np.add.at(want, indices, g.astype("float64"))
    for choice in ("now", "0"):
        with choose(choice):
            found = embedding.scatter_rows(g, indices, 7)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, want, rtol=n * np.finfo(dtype).eps, atol=n * np.finfo(dtype).eps)


def test_a_row_that_is_not_there():
    for index in (7, 1000):
        with choose("now"), pytest.raises(IndexError):
            embedding.scatter_rows(np.ones((1, 2)), np.array([index]), 7)
