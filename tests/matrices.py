"""Random matrices, and comparisons of results with NumPy's, for the tests of linear algebra."""

from __future__ import annotations

import numpy as np
import pytest

import autograd

RNG = np.random.default_rng(0)
TYPES = [np.float32, np.float64, np.complex64, np.complex128]
SHAPES = [(3, 3), (2, 3, 3), (4, 2), (2, 4), (5, 4, 2), (5, 2, 4), (1, 1), (0, 3, 3), (0, 0)]
SQUARE = [(3, 3), (2, 3, 3), (1, 1), (2, 4, 5, 5), (0, 3, 3), (0, 0)]


def numbers(shape, dtype=np.float64):
    a = RNG.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        a = a + 1j * RNG.standard_normal(shape)
    return a.astype(dtype)


def T(*shape, dtype=np.float64):
    return autograd.tensor(numbers(shape, dtype))


def close(x, y):
    x, y = (np.asarray(getattr(v, "_a", v)) for v in (x, y))
    single = {np.dtype(np.float32), np.dtype(np.complex64)} & {x.dtype, y.dtype}
    np.testing.assert_allclose(x, y, rtol=1e-4 if single else 1e-10, atol=1e-4 if single else 1e-10)


def raises(message, call, kind=RuntimeError):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)


def H(a):
    return np.conjugate(np.swapaxes(a, -1, -2))


def identity_like(a):
    return np.broadcast_to(np.eye(a.shape[-1]), a.shape)
