"""Complex numbers: their parts, and making them."""

from __future__ import annotations

import numpy as np

from ..errors import fail
from ..on_first_call import RUNTIME
from ..primitive import composite, primitive
from .checks import checked, zero_gradient


@primitive(
    vjp={"real": lambda g: np.real(g), "imag": lambda g: np.imag(g)},
    broadcasts=True, method=False,
)
def complex(real, imag):
    """The complex tensor ``real + 1j * imag``.

    Args:
        real, imag: of one dtype, float32 or float64.

    >>> import autograd
    >>> autograd.complex(autograd.tensor([1., 2.]), autograd.tensor([3., 4.]))
    tensor([1.+3.j, 2.+4.j])
    """
    _check_parts(real, imag)
    out = np.empty(np.broadcast_shapes(real.shape, imag.shape), np.result_type(real.dtype, np.complex64))
    out.real, out.imag = real, imag
    return out


def _check_parts(first, second):
    if first.dtype.kind != "f" or second.dtype.kind != "f":
        fail(RuntimeError, f"Expected both inputs to be Half, Float or Double tensors but got {first.dtype} and "
                           f"{second.dtype}")
    if first.dtype != second.dtype:
        fail(RuntimeError, f"Expected object of scalar type {first.dtype} but got scalar type {second.dtype} for "
                           "second argument")
    if first.dtype.itemsize == 2:
        fail(RuntimeError, "complex tensors with float16 parts are not supported; convert with .float()")


@primitive(
    vjp={"abs": lambda g, angle: np.real(np.conjugate(g) * polar(angle * 0 + 1, angle)),
         "angle": lambda g, out: np.real(np.conjugate(g) * (out * 1j))},
    inputs=("abs", "angle"), broadcasts=True, method=False,
)
def polar(abs, angle):
    """The complex tensor ``abs * exp(1j * angle)``.

    Args:
        abs, angle: of one dtype, float32 or float64.

    >>> import autograd
    >>> autograd.polar(autograd.tensor([1., 2.]), autograd.tensor([0., 3.141592653589793]))
    tensor([ 1.+0.0000e+00j, -2.-1.7485e-07j])
    """
    _check_parts(abs, angle)
    return complex.op.forward(abs * np.cos(angle), abs * np.sin(angle))


@primitive(vjp={"input": lambda g: complex(g, zero_gradient(g))}, view=True, method=False, node_name="RealBackward0")
def real_part(input):
    """The view of the real parts."""
    return input.real


@primitive(vjp={"input": lambda g: complex(zero_gradient(g), g)}, view=True, method=False, node_name="ImagBackward0")
def imag_part(input):
    """The view of the imaginary parts."""
    return input.imag


@composite(method=False, numpy=(np.real,))
def real(input):
    """The real parts: a view; a real tensor itself.

    >>> import autograd
    >>> autograd.real(autograd.tensor([1 + 2j]))
    tensor([1.])
    """
    return real_part(input) if input.dtype.kind == "c" else input


@composite(method=False, numpy=(np.imag,))
def imag(input):
    """The imaginary parts: a view.

    Raises:
        RuntimeError: ``input`` is real.

    >>> import autograd
    >>> autograd.imag(autograd.tensor([1 + 2j]))
    tensor([2.])
    """
    if input.dtype.kind != "c":
        fail(RuntimeError, "imag is not implemented for tensors with non-complex dtypes.")
    return imag_part(input)


@primitive(vjp={"input": lambda g: np.conjugate(g)}, inplace=True, node_name="ConjBackward0")
def conj_physical(input):
    """The complex conjugate, as a new tensor.

    >>> import autograd
    >>> autograd.conj_physical(autograd.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return np.conjugate(input) if input.dtype.kind == "c" else input.copy()


@composite(numpy=(np.conjugate,))
def conj(input):
    """The complex conjugate; a real tensor itself.

    >>> import autograd
    >>> autograd.conj(autograd.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return conj_physical(input) if input.dtype.kind == "c" else input


@composite()
def resolve_conj(input):
    """``input`` itself: conjugates are computed at once here, not on use.

    >>> import autograd
    >>> autograd.resolve_conj(autograd.tensor([1 + 2j]))
    tensor([1.+2.j])
    """
    return checked("resolve_conj", input)


@composite()
def resolve_neg(input):
    """``input`` itself: negatives are computed at once here, not on use.

    >>> import autograd
    >>> autograd.resolve_neg(autograd.tensor([1., -2.]))
    tensor([ 1., -2.])
    """
    return checked("resolve_neg", input)


@composite()
def is_conj(input):
    """Whether a conjugation is still to be computed: never.

    >>> import autograd
    >>> autograd.is_conj(autograd.tensor([1 + 2j]).conj())
    False
    """
    return checked("is_conj", input) is None


@composite()
def is_neg(input):
    """Whether a negation is still to be computed: never.

    >>> import autograd
    >>> autograd.is_neg(autograd.tensor([1 + 2j]).conj().imag)
    False
    """
    return checked("is_neg", input) is None


def _angle_gradient(g, input):
    if input.dtype.kind != "c":
        return zero_gradient(g)
    size = np.real(input * np.conjugate(input))
    return np.where(size == 0, 0, g * (input * 1j) / size)


@primitive(vjp={"input": _angle_gradient}, promote="float", numpy=(np.angle,))
def angle(input):
    """The angle of each complex element in radians; for real elements 0, or pi where negative.

    >>> import autograd
    >>> autograd.angle(autograd.tensor([1j, -1 + 0j]))
    tensor([1.5708, 3.1416])
    """
    if input.dtype.kind == "c":
        return np.arctan2(input.imag, input.real)
    return np.where(np.isnan(input), input, np.less(input, 0) * input.dtype.type(np.pi))


# --- as pairs of real numbers -----------------------------------------------------------------------------


@primitive(vjp={"input": lambda g: complex(g[..., 0], g[..., 1])}, view=True, method=False)
def view_as_real(input):
    """A view with a last dimension of size 2: real and imaginary part.

    >>> import autograd
    >>> autograd.view_as_real(autograd.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if input.dtype.kind != "c":
        fail(RuntimeError, "view_as_real is only supported for complex tensors")
    return input[..., np.newaxis].view(f"f{input.dtype.itemsize // 2}")


@primitive(vjp={"input": lambda g: view_as_real(g)}, view=True, method=False)
def view_as_complex(input):
    """A complex view of pairs of real numbers: the inverse of `view_as_real`.

    Args:
        input: (..., 2), float32 or float64, the last dimension contiguous.

    >>> import autograd
    >>> autograd.view_as_complex(autograd.tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    if input.dtype.kind != "f" or input.dtype.itemsize == 2:
        fail(RuntimeError, f"view_as_complex is only supported for float32 and float64 tensors, but got {input.dtype}")
    if input.ndim == 0:
        fail(RuntimeError, "Input tensor must have one or more dimensions")
    if input.shape[-1] != 2:
        fail(RuntimeError, "Tensor must have a last dimension of size 2")
    if input.strides[-1] != input.itemsize:
        fail(RuntimeError, "Tensor must have a last dimension with stride 1; call contiguous() first")
    whole = np.dtype(f"c{input.dtype.itemsize * 2}")
    if any(s % whole.itemsize for s in input.strides[:-1]):
        fail(RuntimeError, "Tensor must have a stride divisible by 2 for all but last dimension; "
                           "call contiguous() first")
    return input.view(whole)[..., 0]


@primitive()
def isreal(input):
    """Where the imaginary part is zero.

    >>> import autograd
    >>> autograd.isreal(autograd.tensor([1 + 0j, 1j]))
    tensor([ True, False])
    """
    return input.imag == 0 if input.dtype.kind == "c" else np.ones(input.shape, bool)


RUNTIME["conj_physical"] = conj_physical
