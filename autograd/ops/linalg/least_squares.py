"""Least squares, pseudoinverses and ranks."""

from __future__ import annotations

import numpy as np

from ... import return_types
from ...dispatch import is_tensor
from ...dtypes import scalar_type
from ...errors import fail
from ...kernels import linalg as kernel
from ...primitive import composite, primitive
from ...tape import wrap_node
from ..shape import expand
from .common import adjoint, check_matrix, check_same_dtype, check_square
from .spectral import eigvalsh, singular_values_gradient, svdvals


def _array(value):
    return value._a if is_tensor(value) else value


def _cutoff(S, shape, atol, rtol):
    """Below which a singular value counts as zero: the larger of ``atol`` and ``rtol`` times the largest."""
    atol, rtol = _array(atol), _array(rtol)
    if rtol is None:
        default = max(shape[-2:]) * float(np.finfo(S.dtype).eps)
        rtol = default if atol is None else np.where(np.asarray(atol) > 0, 0.0, default)
    largest = S.max(-1, initial=0)
    return np.maximum(0.0 if atol is None else atol, rtol * largest)


def _pinv_gradient(g, A, P):
    """Golub and Pereyra (1973), for matrices of one rank:
    ``-P^H g P^H + (1 - A P) g^H P P^H + P^H P g^H (1 - P A)``.
    """
    gH, PH = adjoint(g), adjoint(P)
    first = gH @ P
    second = P @ gH
    return (gH - A @ second) @ P @ PH + PH @ (P @ (gH - first @ A)) - PH @ g @ PH


@primitive(
    vjp={"A": lambda g, A, out: _pinv_gradient(g, A, out)}, blas=True, method=False, node_name="LinalgPinvBackward0",
)
def pseudoinverse(A, atol, rtol, hermitian):
    """The pseudoinverse, with singular values below the cutoff taken for zero."""
    if hermitian:
        values, V = np.linalg.eigh(A)
        S, U = np.abs(values), V
        Vh = np.conjugate(V).mT
    else:
        U, S, Vh = kernel.svd(A, False)
        values = S
    keep = np.asarray(_cutoff(S, A.shape, atol, rtol))[..., None] < S
    inverse = np.divide(1, values, where=keep, out=np.zeros_like(values))
    return (np.conjugate(Vh).mT * inverse[..., None, :]) @ np.conjugate(U).mT


@composite(method=False, public=False, name="linalg_pinv", numpy=(np.linalg.pinv,))
def pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None):
    """The Moore-Penrose pseudoinverse.

    Args:
        A: (..., M, N). The gradient is that among matrices of the same rank.
        rcond: an older name of ``rtol``.
        hermitian: take ``A`` to be Hermitian, and read its lower triangle.
        atol, rtol: singular values below ``max(atol, rtol * largest)`` count as zero; numbers, or tensors of the
            batch's shape. Default: ``rtol = max(M, N) * eps`` unless ``atol > 0``.

    Returns:
        A tensor of shape (..., N, M).

    >>> import autograd
    >>> autograd.linalg.pinv(autograd.tensor([[2., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    if A.ndim < 2 or A.dtype.kind not in "fc" or A.dtype.itemsize == 2:
        fail(RuntimeError, f"linalg.pinv({scalar_type(A.dtype)}{{{list(A.shape)}}}): expected a tensor with 2 or more "
                           "dimensions of float, double, cfloat or cdouble types")
    if hermitian:
        check_square("linalg.eigh", A)
    return pseudoinverse(A, atol, rcond if rtol is None else rtol, bool(hermitian))


@composite()
def pinverse(input, rcond=1e-15):
    """The pseudoinverse; see `autograd.linalg.pinv`.

    >>> import autograd
    >>> autograd.pinverse(autograd.tensor([[2., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    return pinv(input, rcond)


@composite(method=False, public=False, name="linalg_matrix_rank", numpy=(np.linalg.matrix_rank,))
def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None):
    """How many singular values are above ``max(atol, rtol * largest)``: int64, without a derivative.

    Args:
        A: (..., M, N).
        tol: an older name of ``atol``, without ``rtol``.
        hermitian: take ``A`` to be Hermitian, and use its eigenvalues.
        atol, rtol: as for `pinv`.

    >>> import autograd
    >>> autograd.linalg.matrix_rank(autograd.ones(3, 2))
    tensor(1)
    """
    check_matrix("linalg.matrix_rank", A, square=False)
    A = A.detach()
    S = (eigvalsh(A).abs() if hermitian else svdvals(A))._a
    if tol is not None:
        atol, rtol = tol, 0.0 if rtol is None else rtol
    cutoff = np.asarray(_cutoff(S, A.shape, atol, rtol))
    return wrap_node(np.asarray((cutoff[..., None] < S).sum(-1)), None)


# --- least squares --------------------------------------------------------------------------------------------


def _least_squares_rule(g, A, B, rcond, needs):
    gA = gB = None
    if g[0] is not None:
        P = pseudoinverse(A, None, rcond, False)
        gA = _pinv_gradient(g[0] @ adjoint(B), A, P) if needs[0] else None
        gB = adjoint(P) @ g[0]
    if g[2] is not None and needs[0]:
        by_values = singular_values_gradient(g[2], A)
        gA = by_values if gA is None else gA + by_values
    return gA, gB


@primitive(
    vjp=_least_squares_rule, inputs=("A", "B"), outputs=3, blas=True, method=False, node_name="LinalgLstsqBackward0",
)
def least_squares(A, B, rcond):
    """The shortest X that makes ``A X - B`` smallest; the rank and the singular values of ``A``."""
    return kernel.lstsq(A, B, rcond)


@composite(method=False, public=False, name="linalg_lstsq")
def lstsq(A, B, rcond=None, *, driver=None):
    """X that makes the Frobenius norm of ``A X - B`` smallest; of several, the one of least norm.

    Args:
        A: (..., M, N).
        B: (..., M, K), or (..., M) for vectors.
        rcond: singular values below this fraction of the largest count as zero. Default: ``max(M, N) * eps``.
        driver: LAPACK's name of the algorithm that the result imitates: ``"gelsy"`` (default), ``"gels"``, ``"gelsd"``,
            ``"gelss"``. It decides which of the other results are given.

    Returns:
        A named tuple ``(solution, residuals, rank, singular_values)``. ``residuals`` (..., K) are the squared norms of
        the columns of ``A X - B``, given if ``M > N``, every matrix has full rank and the driver is not ``"gelsy"``;
        ``rank`` unless it is ``"gels"``; ``singular_values``, without a derivative, for ``"gelsd"`` and ``"gelss"``.
        What is not given is empty.

    Raises:
        RuntimeError: shapes do not fit.

    >>> import autograd
    >>> A = autograd.tensor([[1., 0.], [1., 1.], [1., 2.]])
    >>> autograd.linalg.lstsq(A, autograd.tensor([[1.], [3.], [5.]])).solution.round()
    tensor([[1.],
            [2.]])
    """
    name = "linalg.lstsq"
    check_matrix(name, A, square=False)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        fail(RuntimeError, f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    columns = B.unsqueeze(-1) if vector else B
    if columns.ndim < 2 or columns.shape[-2] != A.shape[-2]:
        fail(RuntimeError, f"{name}: input.size(-2) should match other.size(-2)")
    check_same_dtype(name, A, B, ("input", "other"))
    m, n = A.shape[-2:]
    batch = np.broadcast_shapes(tuple(A.shape[:-2]), tuple(columns.shape[:-2]))
    A, columns = expand(A, (*batch, m, n)), expand(columns, (*batch, m, columns.shape[-1]))
    if rcond is None:
        rcond = max(m, n) * float(np.finfo(A.dtype).eps)
    X, rank, values = least_squares(A, columns, rcond)
    nothing = values.detach().flatten()[:0]
    residuals = X.flatten()[:0].abs()
    if m > n and driver in ("gels", "gelsd", "gelss") and bool((rank == n).all()):
        residuals = (A @ X - columns).abs().square().sum(-2)
    return return_types.linalg_lstsq((
        X.squeeze(-1) if vector else X, residuals, nothing.long() if driver == "gels" else rank,
        values.detach() if driver in ("gelsd", "gelss") else nothing))
