"""What the operations of linear algebra share: the adjoint, and checks of their arguments."""

from __future__ import annotations

import numpy as np

from ...dispatch import is_tensor
from ...dtypes import scalar_type
from ...errors import LinAlgError, fail


def adjoint(x):
    """The conjugate transpose of the last two dimensions, of arrays and Tensors."""
    return np.conjugate(x).mT if x.dtype.kind == "c" else x.mT


def check_matrix(name, A, square=True, argument="A"):
    """Raise unless ``A`` is a batch of (square) matrices of single or double precision."""
    if not is_tensor(A) and not isinstance(A, np.ndarray) and not hasattr(A, "__autograd_function__"):
        fail(TypeError, f"{name}: argument {argument!r} must be Tensor, not {type(A).__name__}; "
                        "make one with autograd.tensor(...)")
    if A.ndim < 2:
        fail(RuntimeError, f"{name}: The input tensor {argument} must have at least 2 dimensions.")
    if square:
        check_square(name, A)
    if A.dtype.kind not in "fc":
        fail(RuntimeError, f"{name}: Expected a floating point or complex tensor as input. Got {scalar_type(A.dtype)}")
    if A.dtype.itemsize == 2:
        fail(RuntimeError, f"{name}: Low precision dtypes not supported. Got {scalar_type(A.dtype)}; "
                           "convert with .float()")


def check_square(name, A):
    m, n = A.shape[-2:]
    if m != n:
        fail(RuntimeError, f"{name}: A must be batches of square matrices, but they are {m} by {n} matrices")


def check_same_dtype(name, A, B, names=("A", "B")):
    if A.dtype != B.dtype:
        first, second = names
        fail(RuntimeError, f"{name}: Expected {first} and {second} to have the same dtype, but found {first} of type "
                           f"{scalar_type(A.dtype)} and {second} of type {scalar_type(B.dtype)} instead")


def check_info(info, message, kind=LinAlgError):
    """Raise for the first matrix whose ``info`` is not zero.

    Args:
        info: an integer tensor, one number for each matrix.
        message: of the matrix's number: what went wrong. Where there is a batch, ``{}`` names the element in it.
        kind: the exception.
    """
    codes = np.asarray(info.tolist())
    if codes.any():
        index = int(np.flatnonzero(codes)[0])
        batch = f"(Batch element {index}): " if codes.ndim else ""
        fail(kind, message(int(codes.flat[index])).format(batch))
