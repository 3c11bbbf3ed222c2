"""Compiled losses of pairs against the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

import autograd
from autograd.kernels import losses
from autograd.kernels.compiled.late import choose
from autograd.kernels.machine import threads
from autograd.ops import binary_cross_entropy, pair_loss

#: name -> operation, what its second and third numbers are, and whether inputs are probabilities or signs
LOSSES = {
    "squared": (pair_loss.squared_error, (), "any"), "absolute": (pair_loss.absolute_error, (), "any"),
    "huber": (pair_loss.huber_error, (0.7, 0.7), "any"), "logistic": (binary_cross_entropy.logistic_error, (), "any"),
    "bernoulli": (binary_cross_entropy.bernoulli_error, (), "chance"), "poisson": (pair_loss.poisson_error, (), "any"),
    "soft_margin": (pair_loss.soft_margin_error, (), "sign"), "hinge": (pair_loss.hinge_error, (1.0,), "sign"),
    "divergence": (pair_loss.divergence_error, (), "chance"),
}


def pairs(kind, size, dtype):
    rng = np.random.default_rng(0)
    if kind == "chance":
        x, t = rng.uniform(size=(2, size))
        x[:4], t[:4] = (0, 1, 0.5, 1e-20), (0, 1, 0, 1)
    else:
        x, t = rng.normal(scale=3, size=(2, size))
        if kind == "sign":
            t = np.sign(t)
    return x.astype(dtype), t.astype(dtype)


def run(name, x, t, reduction, choice):
    op, numbers, _ = LOSSES[name]
    with choose(choice), np.errstate(all="ignore"):
        x = autograd.tensor(x, requires_grad=True)
        loss = op(x, autograd.tensor(t), reduction, *numbers)
        loss.sum().backward()
    return loss.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_equal_to_numpy(name, reduction, dtype):
    x, t = pairs(LOSSES[name][2], 3 * losses.PART + 11, dtype)
    (loss, slope), (loss_twin, slope_twin) = run(name, x, t, reduction, "now"), run(name, x, t, reduction, "0")
    eps = np.finfo(dtype).eps
    assert loss.dtype == loss_twin.dtype == dtype and loss.shape == loss_twin.shape
    if reduction == "none":
        np.testing.assert_allclose(loss, loss_twin, rtol=8 * eps, atol=8 * eps * 100)
    else:  # partial sums of PART / 16 numbers and more, which are added up
        np.testing.assert_allclose(loss, loss_twin, rtol=losses.PART / 16 * eps)
    np.testing.assert_allclose(slope, slope_twin, rtol=16 * eps, atol=8 * eps / (x.size if reduction == "mean" else 1))


@pytest.mark.parametrize("name", LOSSES)
def test_the_sum_is_near_that_in_double_precision(name):
    x, t = pairs(LOSSES[name][2], 100_000, "float32")
    single, _ = run(name, x, t, "mean", "now")
    double, _ = run(name, x.astype("float64"), t.astype("float64"), "mean", "0")
    np.testing.assert_allclose(single, double, rtol=50 * np.finfo("float32").eps)


@pytest.mark.parametrize("name", [name for name, (_, _, kind) in LOSSES.items() if kind != "chance"])
def test_missing_and_infinite_numbers(name):
    # A product and a difference may be rounded once, so that a product of finite numbers need not overflow: none does.
    values = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 1, -1, 200, -200, 1e18], "float32")
    x, t = (a.reshape(-1) for a in np.meshgrid(values, values))
    for compiled, twin in zip(run(name, x, t, "none", "now"), run(name, x, t, "none", "0")):
        np.testing.assert_allclose(compiled, twin, rtol=1e-5, atol=1e-30)
    found = [run(name, x, t, "sum", choice)[1] for choice in ("now", "0")]
    np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-30)


@pytest.mark.parametrize("name", LOSSES)
def test_the_same_bits_on_any_number_of_threads(name, monkeypatch):
    x, t = pairs(LOSSES[name][2], 300_001, "float32")
    expected = run(name, x, t, "mean", "now")
    monkeypatch.setattr(threads, "LEAST", 1e-7)
    before = threads.count()
    try:
        for count in (2, 3):
            threads.set_count(count)
            for found, one in zip(run(name, x, t, "mean", "now"), expected):
                np.testing.assert_array_equal(found, one)
    finally:
        threads.set_count(before)


def test_they_are_the_compiled_ones():
    x, t = pairs("any", 100, "float32")
    with choose("now"):
        assert losses.squared.total(x, t) is not None and losses.squared.slopes(x, t, 1.0) is not None
        assert losses.squared.total(x, t[:50]) is None and losses.squared.losses(x[::2], t[::2]) is None
        assert losses.squared.total(x, t.astype("float64")) is None and losses.squared.total(x[:0], t[:0]) is None


def test_gradients_of_both_sides():
    for op in (pair_loss.squared_error, pair_loss.absolute_error):
        with choose("now"):
            x, t = (autograd.tensor(a, requires_grad=True) for a in pairs("any", 1000, "float32"))
            op(x, t, "mean").backward()
            assert (x.grad == -t.grad).all()
            op(x.detach(), t, "mean").backward()
