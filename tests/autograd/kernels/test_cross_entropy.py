"""The compiled cross-entropy against its twin in NumPy and sums in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.kernels import softmax
from autograd.kernels.compiled.late import choose


@pytest.fixture(params=["float32", "float64"])
def both(request):
    """Computes by the compiled kernel and by NumPy."""
    pytest.importorskip("numba")

    def run(x, target, weight=None):
        x = np.asarray(x, request.param)
        weight = np.ones(len(x), x.dtype) if weight is None else np.asarray(weight, x.dtype)
        found = []
        for choice in ("now", "0"):
            with choose(choice), np.errstate(all="ignore"):
                found.append(softmax.cross_entropy(x, np.asarray(target), weight))
        return found
    return run


@pytest.mark.parametrize("shape", [(1, 1), (1, 10), (64, 10), (100, 32), (0, 4), (7, 2), (9, 1001)])
def test_equal(both, shape):
    rng = np.random.default_rng(0)
    x, target, weight = rng.normal(0, 5, shape), rng.integers(0, shape[1], shape[0]), rng.uniform(0, 2, shape[0])
    compiled, twin = both(x, target, weight)
    eps = np.finfo(twin[0].dtype).eps
    for a, b in zip(compiled, twin):
        assert a.dtype == b.dtype and a.shape == b.shape
        # The terms of a loss are up to the spread of the scores; the shifted scores round first.
        np.testing.assert_allclose(a, b, rtol=50 * eps, atol=50 * eps)


def test_it_is_the_compiled_one(both, monkeypatch):
    found = []
    on = softmax._cross_entropy.on
    monkeypatch.setattr(softmax._cross_entropy, "on", lambda *args: (found.append(on(*args)), found[-1])[1])
    both([[1.0, 2.0]], [0])
    assert [f is not None for f in found] == [True, False]


def test_infinite_and_missing_scores(both):
    rows = [[np.nan, 1, 2], [1, np.nan, 2], [np.inf, 1, 2], [1, 2, np.inf], [-np.inf, 1, 2], [-np.inf] * 3, [np.inf] * 3,
            [1e30, -1e30, 0], [88.0, -88.0, 700.0]]
    for target in range(3):
        (losses, slope), (losses_twin, slope_twin) = both(rows, [target] * len(rows))
        np.testing.assert_allclose(losses, losses_twin, rtol=1e-6)
        np.testing.assert_allclose(slope, slope_twin, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (64, 10), (9, 65), (7, 2), (9, 1001)])
def test_smoothed(shape, dtype):
    pytest.importorskip("numba")
    rng = np.random.default_rng(0)
    x, target = rng.normal(0, 5, shape) + 1000, rng.integers(0, shape[1], shape[0])
    a, b = rng.uniform(0, 2, (2, shape[0])) * (rng.uniform(size=shape[0]) > 0.2)
    weight = rng.uniform(0, 2, shape[1])
    x, a, b, weight = (v.astype(dtype) for v in (x, a, b, weight))
    exact = x.astype("float64") - x.max(1, keepdims=True)
    exact -= np.log(np.exp(exact).sum(1, keepdims=True))
    onehot = np.arange(shape[1]) == target[:, None]
    wide_a, wide_b = (v.astype("float64").reshape(-1, 1) for v in (a, b))
    spread = wide_a * onehot + wide_b * weight
    for choice in ("now", "0"):
        with choose(choice):
            losses, slope = softmax.smoothed_cross_entropy(x, target, a, b, weight)
        eps = np.finfo(dtype).eps
        assert losses.dtype == slope.dtype == dtype
        np.testing.assert_allclose(losses, -(spread * exact).sum(1), rtol=4 * shape[1] ** 0.5 * eps + 20 * eps, atol=eps)
        np.testing.assert_allclose(slope, spread.sum(1, keepdims=True) * np.exp(exact) - spread, rtol=50 * eps,
                                   atol=50 * eps)
