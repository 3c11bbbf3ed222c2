"""Compiled steps of recurrent networks against NumPy, and both against what they are composed of."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.kernels import recurrent
from autograd.kernels.compiled.late import choose
from autograd.ops.recurrent import gru_step, lstm_step

pytest.importorskip("numba")


def lstm_composed(x, y, cell):
    i, f, g, o = (x + y).chunk(4, 1)
    c = f.sigmoid() * cell + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_composed(x, y, hidden):
    r_x, z_x, n_x = x.chunk(3, 1)
    r_h, z_h, n_h = y.chunk(3, 1)
    n = (n_x + (r_x + r_h).sigmoid() * n_h).tanh()
    return (n + (z_x + z_h).sigmoid() * (hidden - n),)


STEPS = {"lstm": (lambda *a: lstm_step(*a)[:2], lstm_composed, 4), "gru": (lambda *a: gru_step(*a)[:1], gru_composed, 3)}


def compute(step, arrays, choice):
    """The outputs, their gradients, and those of the first of these."""
    with choose(choice):
        leaves = [autograd.tensor(a, requires_grad=True) for a in arrays]
        outputs = step(*leaves)
        loss = sum((o * (k + 1.5)).sum() for k, o in enumerate(outputs))
        first = autograd.grad(loss, leaves, retain_graph=True)
        again = autograd.grad(loss, leaves, create_graph=True)
        second = autograd.grad(sum((g * g).sum() for g in again), leaves)
    return [a.detach().numpy() for a in (*outputs, *first, *second)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", STEPS)
def test_equal_to_what_it_is_composed_of(name, dtype):
    step, composed, gates = STEPS[name]
    rng = np.random.default_rng(0)
    arrays = [rng.normal(0, 2, (5, width)).astype(dtype) for width in (gates * 19, gates * 19, 19)]
    eps = np.finfo(dtype).eps
    want = compute(composed, arrays, "0")
    for choice in ("now", "0"):
        for found, expected in zip(compute(step, arrays, choice), want, strict=True):
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found, expected, rtol=200 * eps, atol=200 * eps)


@pytest.mark.parametrize("name", STEPS)
def test_one_output_only(name):
    step, composed, gates = STEPS[name]
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=(2, width)) for width in (gates * 3, gates * 3, 3)]
    for k in range(len(step(*map(autograd.tensor, arrays)))):
        want = compute(lambda *a, k=k: composed(*a)[k:k + 1], arrays, "0")
        for choice in ("now", "0"):
            for found, expected in zip(compute(lambda *a, k=k: step(*a)[k:k + 1], arrays, choice), want, strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_missing_and_infinite_elements():
    for name, (_, _, gates) in STEPS.items():
        arrays = [np.zeros((3, width), "float32") for width in (gates * 40, gates * 40, 40)]
        for k, value in enumerate((np.nan, np.inf, -np.inf)):
            arrays[0][k, k::7] = value
            arrays[2][k, 39 - k] = value
        results = []
        for choice in ("now", "0"):
            with choose(choice), np.errstate(all="ignore"):
                results.append(getattr(recurrent, name)(*arrays))
        for compiled, twin in zip(*results):
            np.testing.assert_allclose(compiled, twin, rtol=1e-6, atol=1e-7)


def test_layouts():
    rng = np.random.default_rng(2)
    x, y, cell = rng.normal(size=(8, 3)).T, rng.normal(size=(3, 16))[:, ::2], np.broadcast_to(rng.normal(size=2), (3, 2))
    with choose("now"):
        compiled = recurrent.lstm(x, y, cell)
    with choose("0"):
        for a, b in zip(compiled, recurrent.lstm(x, y, cell)):
            np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-15)
