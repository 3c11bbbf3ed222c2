"""NumPy's functions on large arrays, compiled: the same bits for arithmetic, two units in the last place else."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.kernels import large
from autograd.kernels.compiled.late import choose

pytest.importorskip("numba")

#: Shapes of two arrays, and whether a loop is there for them.
PAIRS = [
    ((128, 200), (200,), True), ((200,), (128, 200), True), ((128, 200), (128, 1), True),
    ((8, 6, 20, 30), (6, 1, 1), True), ((8, 6, 20, 30), (1, 6, 1, 1), True), ((8, 60, 40), (60, 40), True), ((128, 200), (1, 1), False),
    ((128, 200), (128, 200), False), ((128, 1), (1, 200), False), ((20, 30, 40), (20, 1, 40), False),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("first, second, compiled", PAIRS)
def test_broadcasting(first, second, compiled, dtype):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=first).astype(dtype), rng.normal(size=second).astype(dtype)
    x.reshape(-1)[:3] = np.nan, np.inf, -0.0
    with choose("now"), np.errstate(all="ignore"):
        for ufunc, kind in large._KINDS.items():
            found = large.elementwise(ufunc, x, y)
            assert found.dtype == x.dtype
            np.testing.assert_array_equal(found, ufunc(x, y))
            if first != second:
                assert (large._broadcast(kind, x, y) is not None) is compiled


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["exp", "log"])
def test_functions(name, dtype):
    x = np.abs(np.random.default_rng(1).normal(0, 20, 20000).astype(dtype)) + np.finfo(dtype).tiny
    tiny = np.finfo(dtype).smallest_subnormal
    x[:8] = np.nan, np.inf, -np.inf, 0, -0.0, tiny, 100 * tiny, -1
    wide = np.longdouble
    with choose("now"), np.errstate(all="ignore"):
        found = getattr(autograd, name)(autograd.tensor(x)).numpy()
        want = getattr(np, name)(x.astype(wide))
        units = np.spacing(np.abs(want).astype(dtype)).astype(wide)
    assert found.dtype == x.dtype
    rest = np.isfinite(want.astype(dtype))
    np.testing.assert_array_equal(found[~rest], want[~rest].astype(dtype))
    assert (np.abs(found[rest] - want[rest]) / units[rest]).max() <= 1.5


def test_gradient():
    x = np.random.default_rng(2).normal(size=(100, 100))
    grads = []
    for choice in ("now", "0"):
        with choose(choice):
            a, b = (autograd.tensor(v, requires_grad=True) for v in (x, x[0]))
            ((a * b).exp() - b).sum().backward()
            grads.append((a.grad.numpy(), b.grad.numpy()))
    for compiled, twin in zip(*grads):
        np.testing.assert_allclose(compiled, twin, rtol=1e-12, atol=1e-12)
