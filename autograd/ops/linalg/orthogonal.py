"""QR factors, and products of Householder reflectors."""

from __future__ import annotations

import numpy as np

from ... import return_types
from ...errors import NonDifferentiableError, fail
from ...kernels import linalg as kernel
from ...primitive import composite, primitive
from ..checks import not_differentiable
from .common import adjoint, check_matrix, check_same_dtype
from .triangular import substitute


def _tall_rule(Q, R, gQ, gR):
    """The gradient by A of ``A = Q R`` with square R."""
    M = gR @ adjoint(R) - adjoint(Q) @ gQ
    M = np.triu(M)
    M = M + adjoint(M)
    M = M - np.where(np.eye(M.shape[-1], dtype=bool), M * 0.5, M * 0)
    return adjoint(substitute(R, adjoint(gQ + Q @ M), True))


def _qr_rule(g, out, mode):
    if mode == "r":
        fail(NonDifferentiableError, "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. "
                                     "Please use linalg.qr(A, mode='reduced') if you are going to require gradients")
    Q, R = out
    m, n = Q.shape[-2], R.shape[-1]
    gQ = Q * 0 if g[0] is None else g[0]
    gR = R * 0 if g[1] is None else np.triu(g[1])
    if mode == "complete" and m > n:
        fail(NonDifferentiableError, "The QR decomposition is not differentiable when mode='complete' and nrows > "
                                     "ncols: the columns that complete Q are arbitrary. Use mode='reduced'")
    if m >= n:
        return _tall_rule(Q, R, gQ, gR)
    # With A = [A1 A2]: A1 = Q R1, and R2 = Q^H A2.
    R1, R2, gR1, gR2 = R[..., :m], R[..., m:], gR[..., :m], gR[..., m:]
    gA1 = _tall_rule(Q, R1, gQ + Q @ R2 @ adjoint(gR2), gR1)
    return np.concatenate([gA1, Q @ gR2], -1)


@primitive(vjp={"A": _qr_rule}, outputs=2, blas=True, method=False, node_name="LinalgQrBackward0")
def qr_factors(A, mode):
    """Q (empty in mode "r") and R.

    The derivative is that of S. F. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions with
    application in optimum experimental design" (2010), arXiv:1001.1654, carried over to wide matrices by blocks.
    """
    if mode == "r":
        return np.empty(0, A.dtype), np.linalg.qr(A, "r")
    return tuple(np.linalg.qr(A, mode))


@composite(method=False, public=False, name="linalg_qr", numpy=(np.linalg.qr,))
def qr(A, mode="reduced"):
    """The orthogonal (unitary) Q and upper triangular R with ``A = Q R``.

    Args:
        A: (..., M, N). For a gradient the first ``K = min(M, N)`` columns must be linearly independent.
        mode: ``"reduced"`` for Q (..., M, K) and R (..., K, N); ``"complete"`` for Q (..., M, M) and R (..., M, N),
            which has a gradient only where ``M <= N``; ``"r"`` for an empty Q, which has none.

    Returns:
        A named tuple ``(Q, R)``.

    >>> import autograd
    >>> Q, R = autograd.linalg.qr(autograd.tensor([[3., 1.], [4., 2.]]))
    >>> R[0]
    tensor([-5.0000, -2.2000])
    """
    check_matrix("linalg.qr", A, square=False)
    if mode not in ("reduced", "r", "complete"):
        fail(RuntimeError, f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or "
                           "'complete'")
    return return_types.linalg_qr(qr_factors(A, mode))


@composite(name="qr")
def top_qr(input, some=True):
    """The QR factors, reduced where ``some``; see `autograd.linalg.qr`.

    >>> import autograd
    >>> Q, R = autograd.qr(autograd.tensor([[3., 1.], [4., 2.]]))
    >>> R[0]
    tensor([-5.0000, -2.2000])
    """
    return return_types.qr(qr(input, "reduced" if some else "complete"))


# --- reflectors -----------------------------------------------------------------------------------------------


@primitive(vjp={"input": lambda g: not_differentiable("geqrf")}, outputs=2, blas=True, method=False)
def reflectors(input):
    """LAPACK's QR: Householder reflectors below R, and their factors."""
    return kernel.geqrf(input)


@composite()
def geqrf(input):
    """QR in LAPACK's form: R on and above the diagonal, below it the Householder reflectors that make up Q.

    Returns:
        A named tuple ``(a, tau)``, which `householder_product` and `ormqr` take. It has no derivative.

    >>> import autograd
    >>> a, tau = autograd.geqrf(autograd.tensor([[3., 1.], [4., 2.]]))
    >>> a[0]
    tensor([-5.0000, -2.2000])
    """
    check_matrix("geqrf", input, square=False)
    return return_types.geqrf(reflectors(input))


def _check_reflectors(name, A, tau):
    check_matrix(name, A, square=False)
    check_same_dtype(name, A, tau, ("input", "tau"))
    if tau.shape[-1] > A.shape[-1]:
        fail(RuntimeError, f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if tuple(tau.shape[:-1]) != tuple(A.shape[:-2]):
        fail(RuntimeError, f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
                           f"{list(tau.shape[:-1])}")


def _reflect(x, A, tau, order, conjugate=False):
    """``H_i x`` for each i in ``order``, with ``H_i = I - tau_i v_i v_i^H`` and v_i in column i of ``A``."""
    m = A.shape[-2]
    unit = np.eye(m, A.shape[-1], dtype=A.dtype)
    vectors = A.tril(-1) + unit
    factors = tau.conj() if conjugate else tau
    for i in order:
        v = vectors[..., i:i + 1]
        x = x - v @ (factors[..., i, None, None] * (v.mH @ x))
    return x


@composite(method=False, public=False, name="linalg_householder_product")
def householder_product(A, tau):
    """The first N columns of the product ``H_1 H_2 ... H_K`` of Householder reflectors ``H_i = I - tau_i v_i v_i^H``.

    Args:
        A: (..., M, N), ``M >= N``, with ``v_i`` in column i: below the diagonal, where it is 1; what is above is not
            read.
        tau: (..., K), ``K <= N``.

    Returns:
        A tensor of shape (..., M, N).

    >>> import autograd
    >>> a, tau = autograd.geqrf(autograd.eye(2))
    >>> autograd.linalg.householder_product(a, tau).abs()
    tensor([[1., 0.],
            [0., 1.]])
    """
    name = "linalg.householder_product"
    _check_reflectors(name, A, tau)
    m, n = A.shape[-2:]
    if m < n:
        fail(RuntimeError, f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    columns = np.where(np.ones(tuple(A.shape), bool), np.eye(m, n, dtype=A.dtype), A)
    return _reflect(columns, A, tau, reversed(range(tau.shape[-1])))


@composite()
def orgqr(input, tau):
    """Another name of `autograd.linalg.householder_product`.

    >>> import autograd
    >>> a, tau = autograd.geqrf(autograd.tensor([[3., 1.], [4., 2.]]))
    >>> autograd.orgqr(a, tau)[:, 0]
    tensor([-0.6000, -0.8000])
    """
    return householder_product(input, tau)


@composite()
def ormqr(input, tau, other, left=True, transpose=False):
    """The product of ``other`` with the square Q of a QR factorization in LAPACK's form.

    Args:
        input: (..., M, K), reflectors as `geqrf` gives them.
        tau: (..., K).
        other: (..., M, N), or (..., N, M) where not ``left``.
        left: compute ``Q @ other`` rather than ``other @ Q``.
        transpose: use the conjugate transpose of Q.

    >>> import autograd
    >>> a, tau = autograd.geqrf(autograd.tensor([[3., 1.], [4., 2.]]))
    >>> autograd.ormqr(a, tau, autograd.eye(2))[:, 0]
    tensor([-0.6000, -0.8000])
    """
    name = "ormqr"
    _check_reflectors(name, input, tau)
    check_same_dtype(name, input, other, ("input", "other"))
    if other.ndim < 2:
        fail(RuntimeError, f"{name}: other must have at least 2 dimensions.")
    if tau.shape[-1] > input.shape[-2]:
        fail(RuntimeError, f"{name}: input.shape[-2] must be greater than or equal to tau.shape[-1]")
    if other.shape[-2 if left else -1] != input.shape[-2]:
        fail(RuntimeError, f"{name}: other.shape[{-2 if left else -1}] must be equal to input.shape[-2]")
    if not left:  # other Q = (Q^H other^H)^H
        return ormqr(input, tau, other.mH, True, not transpose).mH
    order = range(tau.shape[-1])
    return _reflect(other, input, tau, order if transpose else reversed(order), conjugate=transpose)
