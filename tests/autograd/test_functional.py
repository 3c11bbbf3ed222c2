"""Jacobians, Hessians and products with them."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp


def t(*values: float) -> autograd.Tensor:
    return autograd.tensor(list(values), dtype=autograd.float64)


def f(x):
    return autograd.stack([x[0] * x[1], x[1].exp(), x[0] ** 3])


def exact(x):
    a, b = x.numpy()
    return np.array([[b, a], [0, np.exp(b)], [3 * a * a, 0]])


POINT = t(1.5, -0.5)


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_jacobian(strategy):
    np.testing.assert_allclose(jacobian(f, POINT, strategy=strategy).numpy(), exact(POINT), rtol=1e-12)


def test_products():
    v, u = t(1.0, 2.0, 3.0), t(0.5, -1.0)
    out, product = vjp(f, POINT, v)
    np.testing.assert_allclose(out.numpy(), f(POINT).numpy())
    np.testing.assert_allclose(product.numpy(), v.numpy() @ exact(POINT), rtol=1e-12)
    out, product = jvp(f, POINT, u)
    np.testing.assert_allclose(product.numpy(), exact(POINT) @ u.numpy(), rtol=1e-12)


def test_several_inputs_and_outputs():
    a, b = t(1.0, 2.0), t(3.0)
    jac = jacobian(lambda x, y: (x * y, x.sum()), (a, b))
    np.testing.assert_array_equal(jac[0][0].numpy(), 3 * np.eye(2))
    np.testing.assert_array_equal(jac[0][1].numpy(), [[1], [2]])
    np.testing.assert_array_equal(jac[1][0].numpy(), [1, 1])
    np.testing.assert_array_equal(jac[1][1].numpy(), [0])


def test_hessian_and_its_products():
    def g(x):
        return (x[0] ** 3 * x[1]).sum() + x[1].exp()
    a, b = POINT.numpy()
    expected = np.array([[6 * a * b, 3 * a * a], [3 * a * a, np.exp(b)]])
    np.testing.assert_allclose(hessian(g, POINT).numpy(), expected, rtol=1e-12)
    v = t(1.0, -2.0)
    for product in (hvp, vhp):
        np.testing.assert_allclose(product(g, POINT, v)[1].numpy(), expected @ v.numpy(), rtol=1e-12)


def test_hessian_over_two_inputs():
    blocks = hessian(lambda x, y: (x * y).sum() + (y ** 2).sum(), (t(1.0, 2.0), t(3.0, 4.0)))
    np.testing.assert_array_equal(blocks[0][0].numpy(), np.zeros((2, 2)))
    np.testing.assert_array_equal(blocks[0][1].numpy(), np.eye(2))
    np.testing.assert_array_equal(blocks[1][1].numpy(), 2 * np.eye(2))


def test_create_graph_connects_to_the_input():
    x = t(2.0).requires_grad_()
    jac = jacobian(lambda z: z ** 3, x, create_graph=True)
    assert autograd.grad(jac.sum(), x)[0].item() == 12
    _, product = jvp(lambda z: z ** 3, x, t(1.0), create_graph=True)
    assert autograd.grad(product.sum(), x)[0].item() == 12


def test_independent_outputs():
    constant = t(1.0, 1.0)
    np.testing.assert_array_equal(jacobian(lambda x: constant * 1.0, t(1.0)).numpy(), [[0], [0]])
    with pytest.raises(RuntimeError, match="strict"):
        jacobian(lambda x: constant * 1.0, t(1.0), strict=True)


def test_bad_arguments():
    with pytest.raises(RuntimeError, match="sizes must match"):
        vjp(f, POINT, t(1.0))
    with pytest.raises(RuntimeError, match="one element"):
        hessian(f, POINT)
    with pytest.raises(TypeError, match="Tensor"):
        jacobian(f, [1.0, 2.0])
    with pytest.raises(RuntimeError, match="None"):
        vjp(f, POINT)
