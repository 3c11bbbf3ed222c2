"""Complex numbers: parts, views, and PyTorch's convention for their gradients."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import tensor

Z = [1 + 2j, -0.5 - 1j]


def test_gradient_is_the_conjugate_derivative() -> None:
    """For real L the gradient is dL/dx + i dL/dy: the direction of steepest ascent."""
    z = tensor(Z, requires_grad=True)
    (z * z.conj()).real.sum().backward()
    np.testing.assert_allclose(z.grad._a, 2 * np.array(Z))
    z.grad = None
    (z * z).real.sum().backward()
    np.testing.assert_allclose(z.grad._a, 2 * np.conj(Z))


@pytest.mark.parametrize("name", ["exp", "log", "sin", "sqrt", "tanh", "reciprocal", "square", "sigmoid"])
def test_holomorphic_functions(name) -> None:
    z = tensor(Z, dtype=autograd.complex128, requires_grad=True)
    f = getattr(autograd, name)
    g, = autograd.grad(f(z).sum().real, z)
    step = 1e-6
    slope = (f(tensor(np.array(Z) + step)) - f(tensor(np.array(Z) - step)))._a / (2 * step)
    np.testing.assert_allclose(g._a, np.conj(slope), rtol=1e-8)


def test_parts_are_views() -> None:
    z = tensor(Z)
    z.real.mul_(2)
    z.imag[0] = 7
    assert z.tolist() == [2 + 7j, -1 - 1j]
    assert autograd.real(tensor([1.0])).tolist() == [1.0]
    with pytest.raises(RuntimeError, match="imag is not implemented for tensors with non-complex dtypes"):
        autograd.imag(tensor([1.0]))


def test_writing_through_a_part_reaches_the_gradient() -> None:
    x = tensor([3.0, 4.0], requires_grad=True)
    z = autograd.zeros(2, dtype=autograd.complex64)
    z.real.copy_(x)
    (z * z.conj()).real.sum().backward()
    assert x.grad.tolist() == [6, 8]


def test_as_pairs() -> None:
    z = tensor(Z)
    pairs = autograd.view_as_real(z)
    assert pairs.tolist() == [[1, 2], [-0.5, -1]] and pairs.data_ptr() == z.data_ptr()
    assert autograd.view_as_complex(pairs).tolist() == Z
    assert autograd.view_as_real(z[::2]).shape == (1, 2)
    for x, words in ((autograd.zeros(2, 3), "last dimension of size 2"), (autograd.zeros(2, 2).T, "stride 1"),
                     (autograd.zeros(3, 3)[:, :2], "stride divisible by 2"), (tensor(1.0), "one or more dimensions"),
                     (tensor([1, 2]), "only supported for")):
        with pytest.raises(RuntimeError, match=words):
            autograd.view_as_complex(x)
    with pytest.raises(RuntimeError, match="only supported for complex"):
        autograd.view_as_real(tensor([1.0]))


def test_making() -> None:
    assert autograd.complex(tensor([1.0]), tensor([2.0])).dtype is autograd.complex64
    np.testing.assert_allclose(autograd.polar(tensor([2.0]), tensor([np.pi / 2]))._a, [2j], atol=1e-6)
    for f in (autograd.complex, autograd.polar):
        with pytest.raises(RuntimeError, match="Expected both inputs"):
            f(tensor([1]), tensor([1.0]))
        with pytest.raises(RuntimeError, match="Expected object of scalar type float32"):
            f(tensor([1.0]), tensor([1.0], dtype=autograd.float64))


def test_angles() -> None:
    x = tensor([-2.0, 0.0, -0.0, 3.0, np.nan])
    np.testing.assert_array_equal(x.angle()._a, np.array([np.pi, 0, 0, 0, np.nan], np.float32))
    z = tensor([1j, -1j, 0j], requires_grad=True)
    z.angle().sum().backward()
    assert z.grad.tolist() == [-1, 1, 0]


def test_sgn_is_the_direction() -> None:
    assert autograd.sgn(tensor([3 + 4j, 0j])).tolist() == [np.complex64(0.6 + 0.8j), 0]
    z = tensor([3 + 4j], dtype=autograd.complex128, requires_grad=True)
    from autograd.testing import gradcheck
    assert gradcheck(autograd.sgn, (z,))


def test_conj_of_a_real_tensor_is_the_tensor() -> None:
    x = tensor([1.0])
    assert autograd.conj(x) is x and autograd.resolve_conj(x) is x and autograd.resolve_neg(x) is x
    assert x.is_conj() is False and x.is_neg() is False
    assert tensor([1 + 1j]).conj_physical_().tolist() == [1 - 1j]


def test_isreal() -> None:
    assert autograd.isreal(tensor([1 + 0j, 1j])).tolist() == [True, False]
    assert autograd.isreal(tensor([1])).tolist() == [True]
