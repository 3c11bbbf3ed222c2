"""LU factors with partial pivoting, ``A = P L U``, and LDL factors of symmetric matrices."""

from __future__ import annotations

import numpy as np

from ... import return_types
from ...errors import fail
from ...kernels import linalg as kernel
from ...primitive import composite, primitive
from ...tape import wrap_node
from ..checks import not_differentiable
from .common import adjoint, check_info, check_matrix, check_same_dtype
from .triangular import substitute


def _lu_rule(g, out):
    """The adjoint of ``dL = L tril(F, -1)``, ``dU = triu(F) U`` with ``F = L^-1 P^T dA U^-1`` for the square part.

    What is wider or taller than the square part comes from it by triangular solves: ``U2 = L^-1 P^T A2`` and
    ``L2 = A2 U^-1``.
    """
    packed, pivots, _ = out
    m, n = packed.shape[-2:]
    k = min(m, n)
    square = packed[..., :k, :k]
    L = np.tril(square, -1) + np.eye(k, dtype=packed.dtype)
    U = np.triu(square)
    gL, gU = np.tril(g[0][..., :k, :k], -1), np.triu(g[0][..., :k, :k])
    rest = None
    if n > k:
        rest = substitute(adjoint(L), g[0][..., k:], True, True)
        gL = gL - rest @ adjoint(packed[..., k:])
    elif m > k:
        rest = adjoint(substitute(U, adjoint(g[0][..., k:, :]), True))
        gU = gU - adjoint(packed[..., k:, :]) @ rest
    F = np.tril(adjoint(L) @ gL, -1) + np.triu(gU @ adjoint(U))
    F = adjoint(substitute(U, adjoint(F), True))
    F = substitute(adjoint(L), F, True, True)
    if rest is not None:
        F = np.concatenate([F, rest], -1 if n > k else -2)
    return permutation_matrix(pivots, m, packed.dtype) @ F


@primitive(method=False)
def permutation_matrix(pivots, m, dtype):
    """P, of shape (..., m, m), that the row exchanges ``pivots`` of an LU factorization make."""
    return kernel.permutation(pivots, m, getattr(dtype, "dtype", dtype))


@primitive(vjp={"A": _lu_rule}, outputs=3, blas=True, method=False, node_name="LinalgLuFactorExBackward0")
def packed_lu(A):
    """L and U packed in one matrix, the row exchanges counted from 1, and LAPACK's info."""
    return kernel.lu_factor(A)


def _factor(A, pivot):
    if A.ndim < 2:
        fail(RuntimeError, f"linalg.lu_factor: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} "
                           "instead")
    check_matrix("linalg.lu_factor", A, square=False)
    if not pivot:
        fail(RuntimeError, "linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    return packed_lu(A)


@composite(method=False, public=False, name="linalg_lu_factor_ex")
def lu_factor_ex(A, *, pivot=True, check_errors=False):
    """Like `lu_factor`, and says by a number whether U is singular.

    Returns:
        A named tuple ``(LU, pivots, info)``; ``info`` is int32, for each matrix 0 or the number of a zero pivot.

    >>> import autograd
    >>> autograd.linalg.lu_factor_ex(autograd.ones(2, 2)).info
    tensor(2, dtype=autograd.int32)
    """
    LU, pivots, info = _factor(A, pivot)
    if check_errors:
        _check_pivots("linalg.lu_factor_ex", info)
    return return_types.linalg_lu_factor_ex((LU, pivots, info))


def _check_pivots(name, info):
    check_info(info, lambda k: f"{name}: {{}}U[{k},{k}] is zero and using it on lu_solve would result in a division by "
                               "zero. If you still want to perform the factorization, consider calling "
                               "linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)", RuntimeError)


@composite(method=False, public=False, name="linalg_lu_factor")
def lu_factor(A, *, pivot=True):
    """The LU factorization in the compact form that `lu_solve` takes.

    Args:
        A: (..., M, N).
        pivot: must be True.

    Returns:
        A named tuple ``(LU, pivots)``: L without its diagonal of ones and U in one matrix, and for each row the one,
        counted from 1, that it was exchanged with (int32).

    Raises:
        RuntimeError: U is singular.

    >>> import autograd
    >>> autograd.linalg.lu_factor(autograd.tensor([[1., 2.], [2., 2.]])).pivots
    tensor([2, 2], dtype=autograd.int32)
    """
    LU, pivots, info = _factor(A, pivot)
    _check_pivots("linalg.lu_factor", info)
    return return_types.linalg_lu_factor((LU, pivots))


@composite(method=False, public=False, name="linalg_lu")
def lu(A, *, pivot=True):
    """The permutation P, unit lower triangular L and upper triangular U with ``A = P L U``.

    Args:
        A: (..., M, N).
        pivot: must be True.

    Returns:
        A named tuple ``(P, L, U)`` of shapes (..., M, M), (..., M, K), (..., K, N) with ``K = min(M, N)``.

    >>> import autograd
    >>> P, L, U = autograd.linalg.lu(autograd.tensor([[1., 2.], [2., 2.]]))
    >>> L
    tensor([[1.0000, 0.0000],
            [0.5000, 1.0000]])
    """
    LU, pivots, _ = _factor(A, pivot)
    return return_types.linalg_lu(_unpack(LU, pivots))


def _unpack(LU, pivots):
    m, n = LU.shape[-2:]
    k = min(m, n)
    L = LU[..., :k].tril(-1) + np.eye(m, k, dtype=LU.dtype)
    return permutation_matrix(pivots, m, LU.dtype), L, LU[..., :k, :].triu()


@composite(method=False)
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """P, L and U of the compact form that `autograd.linalg.lu_factor` gives.

    Returns:
        A named tuple ``(P, L, U)``, with empty tensors for what is not asked for.

    >>> import autograd
    >>> LU, pivots = autograd.linalg.lu_factor(autograd.tensor([[1., 2.], [2., 2.]]))
    >>> P, L, U = autograd.lu_unpack(LU, pivots)
    >>> P @ L @ U
    tensor([[1., 2.],
            [2., 2.]])
    """
    if LU_pivots.dtype != np.int32:
        fail(RuntimeError, "lu_unpack: LU_pivots is expected to be a contiguous tensor of int32 dtype.")
    P, L, U = _unpack(LU_data, LU_pivots)
    empty = wrap_node(np.empty(0, LU_data.dtype), None)
    if not unpack_pivots:
        P = empty
    if not unpack_data:
        L = U = empty
    return return_types.lu_unpack((P, L, U))


@composite(name="lu")
def top_lu(A, pivot=True, get_infos=False):
    """The compact LU factorization ``(LU, pivots)``, with ``info`` after them where ``get_infos``.

    >>> import autograd
    >>> LU, pivots = autograd.lu(autograd.tensor([[1., 2.], [2., 2.]]))
    >>> LU
    tensor([[2.0000, 2.0000],
            [0.5000, 1.0000]])
    """
    LU, pivots, info = _factor(A, pivot)
    return (LU, pivots, info) if get_infos else (LU, pivots)


@composite(method=False, public=False, name="linalg_lu_solve")
def lu_solve(LU, pivots, B, *, left=True, adjoint=False):
    """X with ``A X = B``, or ``X A = B`` where not ``left``, given what `lu_factor` made of ``A``.

    Args:
        LU, pivots: as `lu_factor` gives them.
        B: (..., N, K).
        left: whether ``A`` stands on the left.
        adjoint: solve with the conjugate transpose of ``A``.

    >>> import autograd
    >>> LU, pivots = autograd.linalg.lu_factor(autograd.tensor([[2., 0.], [0., 4.]]))
    >>> autograd.linalg.lu_solve(LU, pivots, autograd.ones(2, 1))
    tensor([[0.5000],
            [0.2500]])
    """
    name = "linalg.lu_solve"
    check_matrix(name, LU)
    check_matrix(name, B, square=False, argument="B")
    check_same_dtype(name, LU, B, ("LU", "B"))
    if B.shape[-2 if left else -1] != LU.shape[-1]:
        (m, n), (k, l) = LU.shape[-2:], B.shape[-2:]
        fail(RuntimeError, f"{name}: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B "
                           f"({m}x{n} and {k}x{l})")
    if not left:  # X A = B is A^H X^H = B^H
        return lu_solve(LU, pivots, B.mH, adjoint=not adjoint).mH
    P = permutation_matrix(pivots, LU.shape[-1], LU.dtype)
    if adjoint:
        return P @ substitute(LU.mH, substitute(LU.mH, B, False), True, True)
    return substitute(LU, substitute(LU, P.mT @ B, False, True), True)


@composite(name="lu_solve")
def top_lu_solve(b, LU_data, LU_pivots):
    """X with ``A X = b``; see `autograd.linalg.lu_solve`.

    >>> import autograd
    >>> LU, pivots = autograd.linalg.lu_factor(autograd.tensor([[1., 2.], [2., 2.]]))
    >>> autograd.lu_solve(autograd.tensor([[3.], [4.]]), LU, pivots)
    tensor([[1.],
            [1.]])
    """
    return lu_solve(LU_data, LU_pivots, b)


# --- symmetric matrices ---------------------------------------------------------------------------------------


@primitive(vjp={"A": lambda g: not_differentiable("ldl_factor")}, outputs=3, blas=True, method=False)
def packed_ldl(A, hermitian):
    """L and D packed in one matrix, LAPACK's pivots and info."""
    return kernel.ldl_factor(A, hermitian)


@composite(method=False, public=False, name="linalg_ldl_factor_ex")
def ldl_factor_ex(A, *, hermitian=False, check_errors=False):
    """Like `ldl_factor`, and says by a number whether D is singular.

    Returns:
        A named tuple ``(LD, pivots, info)``.

    >>> import autograd
    >>> autograd.linalg.ldl_factor_ex(autograd.eye(2)).info
    tensor(0, dtype=autograd.int32)
    """
    check_matrix("linalg.ldl_factor_ex", A)
    LD, pivots, info = packed_ldl(A, hermitian)
    if check_errors:
        _check_ldl("linalg.ldl_factor_ex", info)
    return return_types.linalg_ldl_factor_ex((LD, pivots, info))


def _check_ldl(name, info):
    check_info(info, lambda k: f"{name}: {{}}D[{k},{k}] is zero; using the factorization to solve would divide by zero",
               RuntimeError)


@composite(method=False, public=False, name="linalg_ldl_factor")
def ldl_factor(A, *, hermitian=False):
    """The factorization ``A = L D L^T`` of a symmetric matrix that need not be positive definite.

    Args:
        A: (..., N, N), symmetric; the lower triangle is read.
        hermitian: take a complex ``A`` to be Hermitian, ``A = L D L^H``.

    Returns:
        A named tuple ``(LD, pivots)``: L and the block-diagonal D in one matrix, and LAPACK's row exchanges.
        It has no derivative.

    >>> import autograd
    >>> autograd.linalg.ldl_factor(autograd.tensor([[2., 0.], [1., 2.]])).LD
    tensor([[2.0000, 0.0000],
            [0.5000, 1.5000]])
    """
    check_matrix("linalg.ldl_factor_ex", A)
    LD, pivots, info = packed_ldl(A, hermitian)
    _check_ldl("linalg.ldl_factor", info)
    return return_types.linalg_ldl_factor((LD, pivots))


def _ldl_solve_rule(g, LD, pivots, hermitian):
    # The inverse of a symmetric matrix is symmetric, that of a Hermitian one Hermitian.
    if hermitian:
        return solve_ldl(LD, pivots, g, hermitian)
    return np.conjugate(solve_ldl(LD, pivots, np.conjugate(g), hermitian))


@primitive(
    vjp={"LD": lambda g: not_differentiable("ldl_solve by LD"), "B": _ldl_solve_rule},
    inputs=("LD", "pivots", "B"), broadcasts=True, blas=True, method=False,
)
def solve_ldl(LD, pivots, B, hermitian):
    """X with ``L D L^T X = B``."""
    return kernel.ldl_solve(LD, pivots, B, hermitian)


@composite(method=False, public=False, name="linalg_ldl_solve")
def ldl_solve(LD, pivots, B, *, hermitian=False):
    """X with ``A X = B``, given what `ldl_factor` made of ``A``.

    Args:
        LD, pivots: as `ldl_factor` gives them; there is no derivative by them.
        B: (..., N, K).
        hermitian: as it was for `ldl_factor`.

    >>> import autograd
    >>> LD, pivots = autograd.linalg.ldl_factor(autograd.tensor([[0., 2.], [2., 0.]]))
    >>> autograd.linalg.ldl_solve(LD, pivots, autograd.tensor([[2.], [4.]]))
    tensor([[2.],
            [1.]])
    """
    name = "linalg.ldl_solve"
    check_matrix(name, LD)
    check_matrix(name, B, square=False, argument="B")
    check_same_dtype(name, LD, B, ("LD", "B"))
    if B.shape[-2] != LD.shape[-1]:
        (m, n), (k, l) = LD.shape[-2:], B.shape[-2:]
        fail(RuntimeError, f"{name}: Incompatible shapes of A and B for the equation AX = B ({m}x{n} and {k}x{l})")
    return solve_ldl(LD, pivots, B, bool(hermitian))
