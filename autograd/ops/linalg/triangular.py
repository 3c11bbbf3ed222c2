"""Triangular systems and Cholesky factors."""

from __future__ import annotations

import numpy as np

from ... import return_types
from ...dispatch import unbroadcast
from ...errors import fail
from ...kernels import linalg as kernel
from ...primitive import composite, primitive
from .common import adjoint, check_info, check_matrix, check_same_dtype, check_square


def triangle(x, upper, strict=False):
    """The upper or lower triangle of each matrix, without the diagonal where ``strict``."""
    return np.triu(x, int(strict)) if upper else np.tril(x, -int(strict))


def _triangular_rule(g, A, A_shape, B_shape, out, upper, unitriangular, needs):
    gB = substitute(adjoint(A), g, not upper, unitriangular)
    gA = None
    if needs[0]:
        gA = unbroadcast(triangle(-gB @ adjoint(out), upper, unitriangular), A_shape)
    return gA, unbroadcast(gB, B_shape)


@primitive(vjp=_triangular_rule, inputs=("A", "B"), blas=True, method=False, node_name="LinalgSolveTriangularBackward0")
def substitute(A, B, upper, unitriangular=False):
    """X with ``A X = B``, of which one triangle of ``A`` is read; inf and nan where a diagonal element is zero."""
    return kernel.solve_triangular(A, B, bool(upper), bool(unitriangular))


@composite(method=False, public=False, name="linalg_solve_triangular")
def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """X with ``A X = B``, or ``X A = B`` where not ``left``, for triangular ``A``.

    Args:
        A: (..., N, N); the other triangle is not read.
        B: (..., N, K), or (..., K, N) where not ``left``.
        upper: whether ``A`` is upper triangular.
        left: whether ``A`` stands on the left.
        unitriangular: take the diagonal of ``A`` to be ones, without reading it.

    Returns:
        A tensor of the shape of ``B``, with the batch dimensions broadcast. A zero on the diagonal gives inf or nan.

    >>> import autograd
    >>> A = autograd.tensor([[2., 0.], [1., 1.]])
    >>> autograd.linalg.solve_triangular(A, autograd.tensor([[2.], [3.]]), upper=False)
    tensor([[1.],
            [2.]])
    """
    name = "linalg.solve_triangular"
    check_matrix(name, A)
    check_matrix(name, B, square=False, argument="B")
    check_same_dtype(name, A, B)
    if B.shape[-2 if left else -1] != A.shape[-1]:
        (m, n), (k, l) = A.shape[-2:], B.shape[-2:]
        fail(RuntimeError, f"{name}: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B "
                           f"({m}x{n} and {k}x{l})")
    if left:
        return substitute(A, B, upper, unitriangular)
    return substitute(A.mT, B.mT, not upper, unitriangular).mT


@composite()
def triangular_solve(b, A, upper=True, transpose=False, unitriangular=False):
    """X with ``A X = b`` for triangular ``A``; `autograd.linalg.solve_triangular` is its newer form.

    Args:
        b: (..., N, K).
        A: (..., N, N).
        upper: whether ``A`` is upper triangular.
        transpose: solve with the transpose of ``A``.
        unitriangular: take the diagonal to be ones.

    Returns:
        A named tuple ``(solution, cloned_coefficient)``, the latter a copy of ``A``.

    >>> import autograd
    >>> A = autograd.tensor([[1., 1.], [0., 2.]])
    >>> autograd.triangular_solve(autograd.tensor([[3.], [4.]]), A).solution
    tensor([[1.],
            [2.]])
    """
    coefficient = A.clone()
    for name, value in (("b", b), ("A", A)):
        if value.ndim < 2:
            fail(RuntimeError, f"triangular_solve: Expected {name} to have at least 2 dimensions, but it has "
                               f"{value.ndim} dimensions instead")
    if transpose:
        A, upper = A.mT, not upper
    solution = solve_triangular(A, b, upper=upper, unitriangular=unitriangular)
    return return_types.triangular_solve((solution, coefficient))


# --- Cholesky -------------------------------------------------------------------------------------------------


def _cholesky_rule(g, out):
    """``L^-H Phi(L^H gL) L^-1``, symmetrised, where Phi takes the lower triangle and halves the diagonal."""
    L = out[0]
    P = np.tril(adjoint(L) @ np.tril(g[0]))
    P = P - np.where(np.eye(L.shape[-1], dtype=bool), P * 0.5, P * 0)
    P = (P + adjoint(P)) * 0.5
    half = substitute(adjoint(L), P, True)
    return adjoint(substitute(adjoint(L), adjoint(half), True))


@primitive(vjp={"A": _cholesky_rule}, outputs=2, blas=True, method=False, node_name="LinalgCholeskyExBackward0")
def cholesky_factor(A):
    """Lower triangular L with ``A = L L^H``, and LAPACK's info.

    The derivative is that of I. Murray, "Differentiation of the Cholesky decomposition" (2016), arXiv:1602.07527.
    """
    check_square("linalg.cholesky", A)
    return kernel.cholesky(A)


def _cholesky(A, upper):
    check_matrix("linalg.cholesky", A)
    if not upper:
        return cholesky_factor(A)
    L, info = cholesky_factor(A.mH)
    return L.mH, info


def _check_cholesky(name, info):
    check_info(info, lambda k: f"{name}: {{}}The factorization could not be completed because the input is not "
                               f"positive-definite (the leading minor of order {k} is not positive-definite).")


@composite(method=False, public=False, name="linalg_cholesky_ex")
def cholesky_ex(A, *, upper=False, check_errors=False):
    """Like `cholesky`, and says by a number whether ``A`` is positive definite.

    Returns:
        A named tuple ``(L, info)``; ``info`` is int32, for each matrix 0 or the order of the leading minor that is not
        positive definite.

    >>> import autograd
    >>> autograd.linalg.cholesky_ex(-autograd.eye(2)).info
    tensor(1, dtype=autograd.int32)
    """
    L, info = _cholesky(A, upper)
    if check_errors:
        _check_cholesky("linalg.cholesky_ex", info)
    return return_types.linalg_cholesky_ex((L, info))


@composite(method=False, public=False, name="linalg_cholesky", numpy=(np.linalg.cholesky,))
def cholesky(A, *, upper=False):
    """The lower triangular L with ``A = L L^H``, or the upper triangular U with ``A = U^H U``.

    Args:
        A: (..., N, N), Hermitian and positive definite; only one triangle is read. The gradient is that with respect to
            a Hermitian ``A``: it is spread over both triangles.
        upper: read the upper triangle and return U.

    Raises:
        LinAlgError: a matrix is not positive definite.

    >>> import autograd
    >>> autograd.linalg.cholesky(autograd.tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    L, info = _cholesky(A, upper)
    _check_cholesky("linalg.cholesky", info)
    return L


@composite(name="cholesky")
def top_cholesky(input, upper=False):
    """The Cholesky factor; see `autograd.linalg.cholesky`.

    >>> import autograd
    >>> autograd.cholesky(autograd.tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    L, info = _cholesky(input, upper)
    _check_cholesky("cholesky", info)
    return L


@composite()
def cholesky_solve(B, L, upper=False):
    """X with ``A X = B``, given the Cholesky factor of ``A``.

    Args:
        B: (..., N, K).
        L: (..., N, N), the factor.
        upper: whether it is the upper one.

    >>> import autograd
    >>> L = autograd.tensor([[2., 0.], [0., 1.]])
    >>> autograd.cholesky_solve(autograd.tensor([[4.], [3.]]), L)
    tensor([[1.],
            [3.]])
    """
    for name, value in (("b", B), ("u", L)):
        if value.ndim < 2:
            fail(RuntimeError, f"{name} should have at least 2 dimensions, but has {value.ndim} dimensions instead")
    if upper:
        return solve_triangular(L, solve_triangular(L.mH, B, upper=False), upper=True)
    return solve_triangular(L.mH, solve_triangular(L, B, upper=False), upper=True)


@composite()
def cholesky_inverse(L, upper=False):
    """The inverse of ``A``, given its Cholesky factor.

    >>> import autograd
    >>> autograd.cholesky_inverse(autograd.tensor([[2., 0.], [0., 1.]]))
    tensor([[0.2500, 0.0000],
            [0.0000, 1.0000]])
    """
    check_matrix("cholesky_inverse", L)
    identity = np.eye(L.shape[-1], dtype=L.dtype)
    inverse = substitute(L, identity, upper)
    return inverse @ inverse.mH if upper else inverse.mH @ inverse
