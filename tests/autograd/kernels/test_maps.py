"""Compiled functions of elements: their accuracy, what they do at the edges, and that they give what NumPy gives."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.kernels import elementary, maps
from autograd.kernels.compiled import loops
from autograd.kernels.compiled.late import choose

pytest.importorskip("numba")

#: Function, a form in higher precision, domain, and units in the last place.
ELEMENTARY = {
    "exp": (np.exp, (-104, 89), 1.1),
    "tanh": (np.tanh, (-12, 12), 1.6),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), (-80, 40), 2.0),
    "expm1_of_negative": (np.expm1, (-40, 0), 1.2),
    "log1p_of_fraction": (np.log1p, (0, 1), 2.0),
    "exp_of_negative": (np.exp, (-104, 0), 1.1),
}

OPERATIONS = {
    "sigmoid": autograd.sigmoid,
    "erf": autograd.erf,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "elu": lambda x: F.elu(x, 1.5),
    "selu": F.selu,
    "celu": lambda x: F.celu(x, 0.7),
    "celu of negative alpha": lambda x: F.celu(x, -0.7),
    "softplus": lambda x: F.softplus(x, 1.5, 10),
    "clamp": lambda x: x.clamp(-1.5, 2.0),
    "clamp from below": lambda x: x.clamp(min=0),
    "clamp from above": lambda x: x.clamp(max=1.25),
    "clamp to nothing": lambda x: x.clamp(2.0, -1.0),
    "mse_loss": lambda x: F.mse_loss(x, x.detach().roll(1), reduction="none"),
    "huber_loss": lambda x: F.huber_loss(x, x.detach().roll(1), reduction="none", delta=1.5),
    "binary_cross_entropy_with_logits": lambda x: F.binary_cross_entropy_with_logits(x, x.detach().sigmoid() ** 2,
                                                                                     reduction="none"),
    "where": lambda x: autograd.where(x > 0.5, x, x * 2),
}


def element(name, dtype):
    """The elementary function on arrays."""
    function = getattr(elementary, name).forms[dtype]
    typed = loops._typed(function, dtype, loops._CONTRACT, False)

    def run(x):
        return np.array([typed(v) for v in x], dtype)
    return run


@pytest.mark.parametrize("name", ELEMENTARY)
def test_units_in_the_last_place_single(name):
    reference, (low, high), allowed = ELEMENTARY[name]
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(low, high, 4000), rng.uniform(max(low, -1.2), min(high, 1.2), 4000)])
    x = x.astype("float32")
    with np.errstate(over="ignore"):
        want = reference(x.astype("float64"))
        units = np.spacing(np.abs(want).astype("float32")).astype("float64")
    finite = np.isfinite(units)
    found = element(name, np.float32)(x)
    assert found.dtype == np.float32
    assert (np.abs(found - want) / units)[finite].max() <= allowed
    assert np.isinf(found[~finite]).all()


@pytest.mark.parametrize("name", ELEMENTARY)
def test_units_in_the_last_place_double(name):
    reference, (low, high), allowed = ELEMENTARY[name]
    x = np.random.default_rng(0).uniform(low, high, 4000)
    want = reference(x)  # itself within a unit
    assert (np.abs(element(name, np.float64)(x) - want) / np.spacing(np.abs(want))).max() <= allowed + 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid"])
def test_special_numbers(name, dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    x = np.array([np.nan, np.inf, -np.inf, 0, tiny, -tiny, 1e4, -1e4, 88.8, -103.2], dtype)
    with np.errstate(all="ignore"):
        want = ELEMENTARY[name][0](x).astype(dtype)
    found = element(name, dtype)(x)
    np.testing.assert_allclose(found, want, rtol=4 * np.finfo(dtype).eps, atol=float(tiny))


def run(operation, x, choice, order=1):
    """The value and the first derivatives, one after the other."""
    with choose(choice), np.errstate(all="ignore"):
        x = autograd.tensor(x, requires_grad=True)
        found = [operation(x)]
        for _ in range(order):
            found.append(autograd.grad((found[-1] * x).sum(), x, create_graph=True)[0])
    return [y.detach().numpy() for y in found]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_equal_to_numpy(name, dtype):
    x = np.random.default_rng(1).normal(0, 4, (37, 11)).astype(dtype)
    eps = np.finfo(dtype).eps
    # NumPy's form in double precision is as good as exact for single. Where that form cancels digits in single, in
    # second derivatives, only so many are there.
    exact = run(OPERATIONS[name], x.astype("float64"), "0", 2)
    for compiled, twin, want in zip(run(OPERATIONS[name], x, "now", 2), run(OPERATIONS[name], x, "0", 2), exact):
        assert compiled.dtype == twin.dtype and compiled.shape == twin.shape
        assert (np.abs(compiled - want) <= 100 * eps * (1 + np.abs(want)) + np.abs(twin - want)).all()


def gradient(operation, x, g, choice):
    with choose(choice), np.errstate(all="ignore"):
        x = autograd.tensor(x, requires_grad=True)
        return autograd.grad(operation(x), x, autograd.tensor(g))[0].numpy()


@pytest.mark.parametrize("name", OPERATIONS)
def test_gradients(name):
    rng = np.random.default_rng(2)
    x, g = rng.normal(0, 3, (2, 500))
    compiled, twin = (gradient(OPERATIONS[name], x, g, choice) for choice in ("now", "0"))
    np.testing.assert_allclose(compiled, twin, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", OPERATIONS)
def test_edges(name):
    x = np.array([np.nan, np.inf, -np.inf, 0.0, 1e-40, -1e-40, 60, -60, 1e30, -1e30] * 7, "float32")
    compiled, twin = (run(OPERATIONS[name], x, choice)[0] for choice in ("now", "0"))
    np.testing.assert_allclose(compiled, twin, rtol=1e-6, atol=1e-7)
    compiled, twin = (gradient(OPERATIONS[name], x, np.ones_like(x), choice) for choice in ("now", "0"))
    np.testing.assert_allclose(compiled, twin, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", [F.mse_loss, F.huber_loss, F.smooth_l1_loss, F.binary_cross_entropy_with_logits])
def test_losses(loss, reduction, dtype):
    x = np.random.default_rng(4).normal(size=(40, 50)).astype(dtype)
    x[0, :4] = np.nan, 1e30, -1e30, 0
    found = []
    for choice in ("now", "0"):
        with choose(choice), np.errstate(all="ignore"):
            a, b = autograd.tensor(x, requires_grad=True), autograd.tensor(np.abs(x.T.reshape(x.shape)) % 1,
                                                                          requires_grad=True)
            loss(a[1:], b[1:], reduction=reduction).backward()
            whole = loss(a, b, reduction=reduction)
            found.append((a.grad.numpy(), b.grad.numpy(), whole.item()))
    eps = 20 * np.finfo(dtype).eps
    for compiled, twin in zip(*found):
        np.testing.assert_allclose(compiled, twin, rtol=eps, atol=eps)


def test_layouts():
    x = np.random.default_rng(3).normal(size=(6, 8, 10))
    for view in (x.T, x[::2, ::-1], x[:, 3], np.broadcast_to(x[0, 0], (4, 10)), x[0, 0, 0], x[:0], x.swapaxes(0, 1)):
        with choose("now"):
            found = maps.apply(maps.sigmoid, np.asarray(view))
        assert found.shape == np.shape(view)
        np.testing.assert_allclose(found, 1 / (1 + np.exp(-view)), rtol=1e-15)
    with choose("now"):
        assert maps.apply(maps.sigmoid, x.T).strides == x.T.strides
        found = maps.apply(maps.silu_grad, np.broadcast_to(1.0, (10, 8)), x[0].T)
    np.testing.assert_allclose(found, gradient(F.silu, x[0].T, np.ones((10, 8)), "0"), rtol=1e-14)


def test_what_is_left_to_numpy():
    with choose("now"):
        for other in ("float16", ">f4", "complex64", "int64"):
            assert maps.apply(maps.sigmoid, np.ones(3, other)) is None
        assert maps.apply(maps.silu_grad, np.ones(3), np.ones(3, "float32")) is None
    with choose("0"):
        assert maps.apply(maps.sigmoid, np.ones(3)) is None


def test_it_is_the_compiled_one(monkeypatch):
    calls = []
    apply = maps.apply
    monkeypatch.setattr(maps, "apply", lambda *args, **kwargs: (calls.append(apply(*args, **kwargs)), calls[-1])[1])
    run(F.gelu, np.ones(3), "now")
    assert calls and all(found is not None for found in calls)
