"""Powers and exponentials of matrices."""

from __future__ import annotations

import operator

import numpy as np

from ...dtypes import scalar_type
from ...errors import fail
from ...kernels import linalg as kernel
from ...primitive import composite, primitive
from ..matrix import matmul
from .common import adjoint, check_square
from .solve import inv


def _exponential_rule(g, A):
    """exp of ``[[A^H, g], [0, A^H]]`` holds the derivative of exp at A^H along g in its upper right block.

    C. F. Van Loan, "Computing integrals involving the matrix exponential", IEEE Trans. Automat. Contr. 23 (1978).
    """
    n = A.shape[-1]
    AH = adjoint(A)
    top = np.concatenate([AH, g], -1)
    bottom = np.concatenate([AH * 0, AH], -1)
    return linalg_matrix_exp(np.concatenate([top, bottom], -2))[..., :n, n:]


@primitive(vjp={"A": _exponential_rule}, blas=True, method=False, node_name="LinalgMatrixExpBackward0")
def linalg_matrix_exp(A):
    """The exponential ``sum_k A^k / k!`` of each square matrix.

    Args:
        A: (..., N, N), floating or complex.

    >>> import autograd
    >>> autograd.linalg.matrix_exp(autograd.tensor([[0., 1.], [0., 0.]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    name = "linalg.matrix_exp"
    if A.ndim < 2:
        fail(RuntimeError, f"{name}: The input tensor A must have at least 2 dimensions.")
    check_square(name, A)
    if A.dtype.kind not in "fc":
        fail(RuntimeError, f"{name}: Expected a floating point or complex tensor as input. Got {scalar_type(A.dtype)}")
    return kernel.matrix_exp(A)


@composite()
def matrix_exp(input):
    """The exponential of each square matrix; see `autograd.linalg.matrix_exp`.

    >>> import autograd
    >>> autograd.matrix_exp(autograd.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return linalg_matrix_exp(input)


@composite(numpy=(np.linalg.matrix_power,))
def matrix_power(input, n):
    """The product of ``n`` copies of each square matrix, by repeated squaring; of its inverse where ``n`` is negative.

    >>> import autograd
    >>> autograd.matrix_power(autograd.tensor([[1, 1], [0, 1]]), 5)
    tensor([[1, 5],
            [0, 1]])
    """
    try:
        n = operator.index(n)
    except TypeError:
        fail(TypeError, f"matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    if input.ndim < 2:
        fail(RuntimeError, "linalg.matrix_power: The input tensor A must have at least 2 dimensions.")
    check_square("linalg.matrix_power", input)
    if n == 0:
        identity = np.eye(input.shape[-1], dtype=input.dtype)
        return np.where(np.ones(tuple(input.shape), bool), identity, input)  # constant, with a derivative of zeros
    square = input if n > 0 else inv(input)
    n = abs(n)
    if n == 1:
        return square.clone()
    result = None
    while True:
        if n % 2:
            result = square if result is None else matmul(result, square)
        n //= 2
        if n == 0:
            return result
        square = matmul(square, square)
