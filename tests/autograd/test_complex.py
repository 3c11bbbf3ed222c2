"""Gradients of complex functions, in the convention that the gradient of L is dL/dx + i dL/dy."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import autograd


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_convention(dtype):
    z = autograd.tensor([1 + 2j, -0.5 + 1j], dtype=dtype, requires_grad=True)
    (z * z).real.sum().backward()  # x**2 - y**2
    np.testing.assert_allclose(z.grad.numpy(), 2 * np.conj(z.detach().numpy()), rtol=1e-6)
    z.grad = None
    (z * z.conj()).real.sum().backward()  # x**2 + y**2
    np.testing.assert_allclose(z.grad.numpy(), 2 * z.detach().numpy(), rtol=1e-6)


def test_an_unpickled_array_has_its_own_dtype_object():
    a = pickle.loads(pickle.dumps(np.array([1 + 2j])))
    assert a.dtype is not np.dtype(complex)
    z = autograd.from_numpy(a).requires_grad_()
    g, = autograd.grad(z.exp(), z, autograd.from_numpy(np.ones_like(a)))
    np.testing.assert_allclose(g.numpy(), np.exp(np.conj(a)))


def test_a_real_input_gets_a_real_gradient():
    x = autograd.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    z = autograd.tensor([1 + 2j, 3 - 1j], dtype="complex128")
    (x * z).real.sum().backward()
    assert x.grad.dtype is autograd.float64
    np.testing.assert_allclose(x.grad.numpy(), [1.0, 3.0])
