"""Systems of linear equations, inverses and determinants.

The derivatives are those of M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), with transposes read as adjoints for complex matrices.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ... import return_types
from ...dispatch import unbroadcast
from ...errors import fail
from ...kernels import linalg as kernel
from ...primitive import composite, primitive
from ..comparison import where
from .common import adjoint, check_info, check_matrix, check_same_dtype


def _solve_rule(g, A, A_shape, B_shape, out, needs):
    gB = solve_matrices(adjoint(A), g[0])[0]
    gA = unbroadcast(-gB @ adjoint(out[0]), A_shape) if needs[0] else None
    return gA, unbroadcast(gB, B_shape)


@primitive(vjp=_solve_rule, inputs=("A", "B"), outputs=2, blas=True, method=False, node_name="LinalgSolveExBackward0")
def solve_matrices(A, B):
    """X with ``A X = B`` for batches of matrices, and LAPACK's info; inf and nan where ``A`` is singular."""
    return kernel.solve(A, B)


def _solve(name, A, B, left):
    check_matrix(name, A)
    check_same_dtype(name, A, B)
    if B.ndim == 0:
        fail(RuntimeError, f"{name}: The input tensor B must have at least 2 dimensions.")
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    columns = B.unsqueeze(-1) if vector else B
    if columns.shape[-2 if left else -1] != A.shape[-1]:
        (m, n), (k, l) = A.shape[-2:], columns.shape[-2:]
        fail(RuntimeError, f"{name}: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B "
                           f"({m}x{n} and {k}x{l})")
    if left:
        X, info = solve_matrices(A, columns)
    else:
        X, info = solve_matrices(A.mT, columns.mT)
        X = X.mT
    return X.squeeze(-1) if vector else X, info


@composite(method=False, public=False, name="linalg_solve_ex")
def solve_ex(A, B, *, left=True, check_errors=False):
    """Like `solve`, and says by a number rather than an exception whether ``A`` is singular.

    Returns:
        A named tuple ``(result, info)``; ``info`` is int32, for each matrix 0 or the number, counted from 1, of a zero
        pivot, where the result has inf and nan.

    >>> import autograd
    >>> autograd.linalg.solve_ex(autograd.ones(2, 2), autograd.ones(2)).info
    tensor(2, dtype=autograd.int32)
    """
    X, info = _solve("linalg.solve", A, B, left)
    if check_errors:
        check_info(info, lambda k: "linalg.solve_ex: {}The solver failed because the input matrix is singular.")
    return return_types.linalg_solve_ex((X, info))


@composite(method=False, public=False, name="linalg_solve", numpy=(np.linalg.solve,))
def solve(A, B, *, left=True):
    """X with ``A X = B``, or ``X A = B`` where not ``left``.

    Args:
        A: (..., N, N), invertible.
        B: (..., N, K), or (N), or of the shape of ``A`` without its last dimension for a batch of vectors.
        left: whether ``A`` stands on the left.

    Returns:
        A tensor of the shape of ``B``, with the batch dimensions broadcast.

    Raises:
        LinAlgError: a matrix is singular.

    >>> import autograd
    >>> A = autograd.tensor([[2., 0.], [0., 4.]])
    >>> autograd.linalg.solve(A, autograd.tensor([2., 2.]))
    tensor([1.0000, 0.5000])
    """
    X, info = _solve("linalg.solve", A, B, left)
    check_info(info, lambda k: "linalg.solve: {}The solver failed because the input matrix is singular.")
    return X


# --- inverses -------------------------------------------------------------------------------------------------


def _inverse_rule(g, out):
    transposed = adjoint(out[0])
    return -(transposed @ g[0] @ transposed)


@primitive(vjp={"A": _inverse_rule}, outputs=2, blas=True, method=False, node_name="LinalgInvExBackward0")
def inverse_matrices(A):
    """The inverses, and LAPACK's info; inf and nan where ``A`` is singular."""
    return kernel.inv(A)


@composite(method=False, public=False, name="linalg_inv_ex")
def inv_ex(A, *, check_errors=False):
    """The inverse, and a number for each matrix: 0, or that of a zero pivot, counted from 1.

    Returns:
        A named tuple ``(inverse, info)``.

    >>> import autograd
    >>> autograd.linalg.inv_ex(autograd.ones(2, 2)).info
    tensor(2, dtype=autograd.int32)
    """
    check_matrix("linalg.inv", A)
    inverse, info = inverse_matrices(A)
    if check_errors:
        _check_inverse("linalg.inv_ex", info)
    return return_types.linalg_inv_ex((inverse, info))


def _check_inverse(name, info):
    check_info(info, lambda k: f"{name}: {{}}The diagonal element {k} is zero, the inversion could not be completed "
                               "because the input matrix is singular.")


@composite(method=False, public=False, name="linalg_inv", numpy=(np.linalg.inv,))
def inv(A):
    """The inverse of each square matrix.

    Raises:
        LinAlgError: a matrix is singular.

    >>> import autograd
    >>> autograd.linalg.inv(autograd.tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    check_matrix("linalg.inv", A)
    inverse, info = inverse_matrices(A)
    _check_inverse("linalg.inv", info)
    return inverse


@composite()
def inverse(input):
    """The inverse of each square matrix; see `autograd.linalg.inv`.

    >>> import autograd
    >>> autograd.inverse(autograd.tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return inv(input)


# --- determinants ---------------------------------------------------------------------------------------------


def _cofactor_rule(g, A, out):
    # From C = det(A) inv(A)^T: dC = tr(inv(A) dA) C - inv(A)^T dA^T C.
    inverse = inv(A)
    weight = np.sum(g * out, axis=(-2, -1), keepdims=True)
    return (weight * np.eye(A.shape[-1], dtype=A.dtype) - out @ g.mT) @ inverse.mT


@primitive(vjp={"A": _cofactor_rule}, holomorphic=True, blas=True, method=False)
def cofactor(A):
    """The matrix of cofactors, the derivative of the determinant: ``det(A) inv(A).T`` where ``A`` is invertible."""
    return kernel.cofactor(A)


@primitive(
    vjp={"A": lambda g, A: g.reshape(*g.shape, 1, 1) * cofactor(A)},
    holomorphic=True, blas=True, method=False, numpy=(np.linalg.det,),
)
def linalg_det(A):
    """The determinant of each square matrix; its derivative exists at singular matrices too.

    Args:
        A: (..., N, N).

    >>> import autograd
    >>> autograd.linalg.det(autograd.tensor([[1.5, 0.], [0., 1.]]))
    tensor(1.5000)
    """
    check_matrix("linalg.det", A)
    return np.linalg.det(A)


@composite()
def det(input):
    """The determinant of each square matrix; see `autograd.linalg.det`.

    >>> import autograd
    >>> autograd.det(autograd.tensor([[1.5, 0.], [0., 1.]]))
    tensor(1.5000)
    """
    return linalg_det(input)


def _slogdet_rule(g, A, out):
    g_sign, g_log = g
    weight = 0 if g_log is None else g_log
    if g_sign is not None and A.dtype.kind == "c":
        # sign = exp(i theta): d sign = i sign d theta, and d (log|det| + i theta) = tr(inv(A) dA).
        weight = weight + np.imag(g_sign * np.conjugate(out[0])) * 1j
    if g_log is None and A.dtype.kind != "c":
        return None  # the sign of a real determinant is constant wherever it is smooth
    return weight.reshape(*weight.shape, 1, 1) * adjoint(inverse_matrices(A)[0])


@primitive(vjp={"A": _slogdet_rule}, outputs=2, blas=True, method=False, node_name="LinalgSlogdetBackward0")
def sign_and_log_det(A):
    """Sign and logarithm of the absolute value of the determinant."""
    sign, log = np.linalg.slogdet(A)
    return sign, log.astype(A.real.dtype, copy=False)


@composite(method=False, public=False, name="linalg_slogdet", numpy=(np.linalg.slogdet,))
def slogdet(A):
    """The determinant as ``sign * exp(logabsdet)``, which neither over- nor underflows.

    Returns:
        A named tuple ``(sign, logabsdet)``; of a singular matrix ``(0, -inf)``. The sign of a complex determinant is
        a complex number of absolute value 1.

    >>> import autograd
    >>> sign, logabsdet = autograd.linalg.slogdet(-autograd.eye(3))
    >>> sign, logabsdet
    (tensor(-1.), tensor(0.))
    """
    check_matrix("linalg.slogdet", A)
    return return_types.linalg_slogdet(sign_and_log_det(A))


@composite(name="slogdet")
def top_slogdet(input):
    """Sign and logarithm of the determinant; see `autograd.linalg.slogdet`.

    >>> import autograd
    >>> autograd.slogdet(-autograd.eye(3)).sign
    tensor(-1.)
    """
    check_matrix("linalg.slogdet", input)
    return return_types.slogdet(sign_and_log_det(input))


@composite()
def logdet(input):
    """The logarithm of the determinant: -inf where that is zero, nan where it is negative.

    >>> import autograd
    >>> autograd.logdet(autograd.eye(3) * 2)
    tensor(2.0794)
    """
    check_matrix("logdet", input)
    sign, logabsdet = sign_and_log_det(input)
    if input.is_complex():
        return sign.log() + logabsdet
    return where(sign == -1, float("nan"), logabsdet)


# --- tensors as matrices --------------------------------------------------------------------------------------


@composite(method=False, public=False, name="linalg_tensorinv", numpy=(np.linalg.tensorinv,))
def tensorinv(A, ind=2):
    """The inverse of ``tensordot`` with ``A``: ``tensordot(tensorinv(A, ind), tensordot(A, B, ...), ind) == B``.

    Args:
        A: a tensor whose first ``ind`` dimensions have as many elements as the others.
        ind: how many dimensions stand for the rows of a matrix.

    Returns:
        A tensor of shape ``A.shape[ind:] + A.shape[:ind]``.

    >>> import autograd
    >>> autograd.linalg.tensorinv(autograd.eye(6).reshape(2, 3, 6)).shape
    Size([6, 2, 3])
    """
    if ind <= 0:
        fail(RuntimeError, f"Expected a strictly positive integer for 'ind', but got {ind}")
    rows, columns = A.shape[:ind], A.shape[ind:]
    if prod(rows) != prod(columns):
        fail(RuntimeError, "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), "
                           f"but got {prod(columns)} != {prod(rows)}")
    return inv(A.reshape(prod(rows), prod(columns))).reshape((*columns, *rows))


@composite(method=False, public=False, name="linalg_tensorsolve", numpy=(np.linalg.tensorsolve,))
def tensorsolve(A, B, dims=None):
    """X with ``tensordot(A, X, X.ndim) == B``.

    Args:
        A: of shape ``B.shape + X.shape``, after ``dims`` are moved to the end.
        B: the right-hand side, with as many elements as X.
        dims: dimensions of ``A`` to move to the end first.

    >>> import autograd
    >>> A, B = autograd.eye(6).reshape(2, 3, 6), autograd.ones(2, 3)
    >>> autograd.linalg.tensorsolve(A, B)
    tensor([1., 1., 1., 1., 1., 1.])
    """
    if dims is not None:
        A = A.movedim(dims, tuple(range(A.ndim - len(dims), A.ndim)))
    rows, columns = A.shape[:B.ndim], A.shape[B.ndim:]
    if prod(rows) != prod(columns):
        fail(RuntimeError, "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
                           f"prod(self.shape[:other.ndim]), but got {prod(columns)} != {prod(rows)}")
    return solve(A.reshape(prod(rows), prod(columns)), B.reshape(prod(rows))).reshape(columns)
