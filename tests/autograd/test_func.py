"""Transformations of functions: what they give, how they nest, and what they leave behind."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import autograd
import autograd.func as F
import nn


def test_gradients_nest() -> None:
    f = autograd.sin
    for expected in (np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v)):
        f = F.grad(f)
        assert f(autograd.tensor(0.3, dtype=autograd.float64)).item() == pytest.approx(expected(0.3), rel=1e-14)


def test_results_are_off_the_tape_unless_somebody_records_around() -> None:
    x, w = autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0], requires_grad=True)
    assert not F.grad(lambda x: (x ** 2).sum())(x).requires_grad
    assert not any(t.requires_grad for t in F.vjp(autograd.sin, x)[1](x))
    assert not F.jvp(autograd.sin, (x,), (x,))[1].requires_grad
    around = F.grad(lambda x: (w * x ** 2).sum())(x)
    around.sum().backward()
    assert w.grad.tolist() == [2.0, 4.0]
    with autograd.no_grad():
        assert not F.grad(lambda x: (w * x ** 2).sum())(x).requires_grad


def test_arguments_keep_their_gradients() -> None:
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    F.grad(lambda x: (x ** 2).sum())(x)
    assert x.grad is None
    F.grad(lambda x: (x ** 3).sum())(x).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_jacobians_agree() -> None:
    x = autograd.tensor([0.5, -1.0, 2.0], dtype=autograd.float64)

    def f(x: autograd.Tensor) -> autograd.Tensor:
        return autograd.outer(x, x.exp()).sum(0)

    rows, columns = F.jacrev(f)(x), F.jacfwd(f)(x)
    np.testing.assert_allclose(rows.numpy(), columns.numpy(), rtol=1e-13)
    np.testing.assert_allclose(rows.numpy(), autograd.functional.jacobian(f, x).numpy(), rtol=1e-13)
    pushed = F.linearize(f, x)[1]
    np.testing.assert_allclose(pushed(x).numpy(), (rows @ x).numpy(), rtol=1e-13)


def test_an_ensemble() -> None:
    models = [nn.Linear(3, 2) for _ in range(4)]
    params, _ = F.stack_module_state(models)
    x = autograd.randn(5, 3)
    found = F.vmap(lambda w, b: x @ w.t() + b)(params["weight"], params["bias"])
    for i, model in enumerate(models):
        np.testing.assert_allclose(found[i].detach().numpy(), model(x).detach().numpy(), rtol=1e-6)
    found.sum().backward()
    assert params["weight"].grad.shape == (4, 2, 3)
    with pytest.raises(RuntimeError, match="at least one model"):
        F.stack_module_state([])
    with pytest.raises(RuntimeError, match="same class"):
        F.stack_module_state([nn.Linear(1, 1), nn.Tanh()])


def test_gradients_by_example() -> None:
    x = autograd.randn(5, 3)
    w = autograd.randn(3)
    by_example = F.vmap(F.grad(lambda w, x: (w * x).sum() ** 2), in_dims=(None, 0))(w, x)
    np.testing.assert_allclose(by_example.numpy(), (2 * (x @ w)[:, None] * x).numpy(), rtol=1e-5)


def test_no_memory_is_left_behind() -> None:
    gc.disable()
    try:
        x = autograd.ones(3)
        made: list[weakref.ref[autograd.Tensor]] = []

        def f(x: autograd.Tensor) -> autograd.Tensor:
            made.append(weakref.ref(x))
            return (x ** 2).sum()

        F.grad(f)(x)
        F.jacrev(lambda x: F.grad(f)(x))(x)
        assert all(r() is None for r in made)
    finally:
        gc.enable()


@pytest.mark.parametrize("call, kind, message", [
    (lambda: F.grad(autograd.sin)(autograd.ones(2)), RuntimeError, "scalar tensor"),
    (lambda: F.grad(autograd.sum)(3.0), TypeError, "expected Tensors to differentiate by"),
    (lambda: F.grad(autograd.sum)(autograd.arange(3)), RuntimeError, "only floating and complex"),
    (lambda: F.grad(autograd.sum, argnums=1)(autograd.ones(2)), RuntimeError, "argnum=1"),
    (lambda: F.vjp(autograd.sin, autograd.ones(2))[1](autograd.ones(3)), RuntimeError, "cotangents"),
    (lambda: F.jvp(autograd.sin, (autograd.ones(2),), (autograd.ones(3),)), RuntimeError, "tangents"),
    (lambda: F.jacrev(lambda x: 3)(autograd.ones(2)), RuntimeError, "only Tensors"),
    (lambda: F.vmap(autograd.sin, randomness="some")(autograd.ones(2)), RuntimeError, "randomness"),
    (lambda: F.vmap(autograd.sin, in_dims="0")(autograd.ones(2)), ValueError, "in_dims"),
    (lambda: F.vmap(autograd.sin)(autograd.ones(0)), ValueError, "no elements"),
    (lambda: F.vmap(lambda x: x.shape)(autograd.ones(2, 2)), ValueError, "only return Tensors"),
])
def test_refused(call: object, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()  # type: ignore[operator]
