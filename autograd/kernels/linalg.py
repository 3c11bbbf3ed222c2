"""Factorizations of batches of matrices, (..., M, N): NumPy's where it has them, LAPACK's through SciPy where not.

LAPACK reports in ``info``, one number for each matrix: 0 for success, k where pivot k was zero or the leading minor of
order k was not positive. NumPy raises for the whole batch instead, so a batch that fails is done again one by one.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ..errors import LinAlgError, fail
from .machine.blas import in_one_thread

Array = np.ndarray[Any, Any]


def _lapack(name: str, a: Array) -> Any:
    from scipy.linalg.lapack import get_lapack_funcs
    return in_one_thread(get_lapack_funcs((name,), (np.empty((), a.dtype),))[0])


def _blas(name: str, a: Array) -> Any:
    from scipy.linalg.blas import get_blas_funcs
    return in_one_thread(get_blas_funcs((name,), (np.empty((), a.dtype),))[0])


# --- LU -------------------------------------------------------------------------------------------------------


def lu_factor(a: Array) -> tuple[Array, Array, Array]:
    """``a = P L U`` with partial pivoting: L and U packed in one matrix, row exchanges counted from 1, and info."""
    batch, (m, n) = a.shape[:-2], a.shape[-2:]
    packed = np.array(a, order="C")
    pivots = np.empty((*batch, min(m, n)), np.int32)
    info = np.zeros(batch, np.int32)
    if a.size:
        getrf = _lapack("getrf", a)
        for i in np.ndindex(*batch):
            packed[i], p, info[i] = getrf(a[i])
            pivots[i] = p + 1
    return packed, pivots, info


def permutation(pivots: Array, m: int, dtype: Any) -> Array:
    """The matrix P of ``a = P L U`` that the row exchanges of `lu_factor` make."""
    batch, k = pivots.shape[:-1], pivots.shape[-1]
    rows = np.broadcast_to(np.arange(m), (*batch, m)).copy()
    for i in range(k):
        other = pivots[..., i, None].astype(np.intp) - 1
        at_other = np.take_along_axis(rows, other, -1)
        np.put_along_axis(rows, other, rows[..., i, None].copy(), -1)
        rows[..., i, None] = at_other
    p = np.zeros((*batch, m, m), dtype)
    np.put_along_axis(p, rows[..., None, :], 1, -2)
    return p


def lu_solve(packed: Array, pivots: Array, b: Array) -> Array:
    """X with ``P L U X = b``; inf and nan where U is singular."""
    p = permutation(pivots, packed.shape[-1], packed.dtype)
    y = solve_triangular(packed, p.mT @ b, False, True)
    return solve_triangular(packed, y, True, False)


# --- solving --------------------------------------------------------------------------------------------------


def solve_triangular(a: Array, b: Array, upper: bool, unitriangular: bool) -> Array:
    """X with ``a X = b`` by substitution, reading one triangle of ``a``; the batches broadcast."""
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    n, count = a.shape[-1], int(np.prod(batch))
    a, b = np.broadcast_to(a, (*batch, *a.shape[-2:])), np.broadcast_to(b, (*batch, *b.shape[-2:]))
    if count > 4 * n:  # one row of all systems at a time
        return _substitute(a, b, upper, unitriangular)
    x = np.empty(b.shape, b.dtype)
    if x.size:
        trsm = _blas("trsm", a)
        for i in np.ndindex(*batch):
            # The transposed views of C-ordered matrices are what BLAS calls matrices: X^T a^T = b^T.
            x[i] = trsm(1, a[i].T, b[i].T, side=1, lower=upper, diag=unitriangular).T
    return x


def _substitute(a: Array, b: Array, upper: bool, unitriangular: bool) -> Array:
    n = a.shape[-1]
    x = np.empty(b.shape, b.dtype)
    for i in reversed(range(n)) if upper else range(n):
        known = slice(i + 1, n) if upper else slice(0, i)
        row = b[..., i, :] - (a[..., i, None, known] @ x[..., known, :])[..., 0, :]
        x[..., i, :] = row if unitriangular else row / a[..., i, i, None]
    return x


def solve(a: Array, b: Array) -> tuple[Array, Array]:
    """X with ``a X = b``, and info; inf and nan where ``a`` is singular."""
    batch = a.shape[:-2]
    try:
        return np.linalg.solve(a, b), np.zeros(batch, np.int32)
    except np.linalg.LinAlgError:
        packed, pivots, info = lu_factor(a)
        return lu_solve(packed, pivots, b), info


def inv(a: Array) -> tuple[Array, Array]:
    """The inverse, and info; inf and nan where ``a`` is singular."""
    try:
        return np.linalg.inv(a), np.zeros(a.shape[:-2], np.int32)
    except np.linalg.LinAlgError:
        packed, pivots, info = lu_factor(a)
        return lu_solve(packed, pivots, np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)), info


def cofactor(a: Array) -> Any:
    """The matrix of cofactors, ``det(a) inv(a).T``, also of a singular matrix.

    There a zero pivot of the LU factorization is replaced by a small number, which the product of determinant and
    inverse cancels.
    """
    try:
        return np.linalg.det(a)[..., None, None] * np.linalg.inv(a).mT
    except np.linalg.LinAlgError:
        n = a.shape[-1]
        identity = np.broadcast_to(np.eye(n, dtype=a.dtype), a.shape)
        packed, pivots, _ = lu_factor(a.astype(np.result_type(a, np.float64)))
        diagonal = np.einsum("...ii->...i", packed)
        small = np.finfo(np.float64).eps * np.abs(packed).max((-1, -2), initial=0)
        diagonal[...] = np.where(diagonal == 0, np.where(small == 0, 1e-16, small)[..., None], diagonal)
        swaps = np.count_nonzero(pivots != np.arange(1, n + 1), -1)
        det = np.prod(diagonal, -1) * np.where(swaps % 2, -1.0, 1.0)
        return (det[..., None, None] * lu_solve(packed, pivots, identity).mT).astype(a.dtype)


# --- symmetric matrices ---------------------------------------------------------------------------------------


def cholesky(a: Array) -> tuple[Array, Array]:
    """Lower triangular L with ``a = L L^H``, from the lower triangle of ``a``, and info.

    Where a matrix is not positive definite the result is what LAPACK had done until it noticed.
    """
    batch = a.shape[:-2]
    try:
        out = np.linalg.cholesky(a)
        if np.isfinite(out.diagonal(0, -2, -1)).all():
            return out, np.zeros(batch, np.int32)
    except np.linalg.LinAlgError:
        pass
    out, info = np.zeros(a.shape, a.dtype), np.zeros(batch, np.int32)
    potrf = _lapack("potrf", a)
    for i in np.ndindex(*batch):
        out[i], info[i] = potrf(a[i], lower=True, clean=True)
        bad = ~np.isfinite(out[i].diagonal())
        if info[i] == 0 and bad.any():  # LAPACKs differ in whether they notice a NaN
            info[i] = bad.argmax() + 1
    return out, info


def ldl_factor(a: Array, hermitian: bool) -> tuple[Array, Array, Array]:
    """``a = L D L^T`` (``L D L^H`` where hermitian) of the lower triangle: L and D packed, pivots, info."""
    batch, n = a.shape[:-2], a.shape[-1]
    packed, pivots, info = np.array(a, order="C"), np.zeros((*batch, n), np.int32), np.zeros(batch, np.int32)
    if a.size:
        factor = _lapack("hetrf" if hermitian and a.dtype.kind == "c" else "sytrf", a)
        for i in np.ndindex(*batch):
            packed[i], pivots[i], info[i] = factor(a[i], lower=True)
    return np.tril(packed), pivots, info


def ldl_solve(packed: Array, pivots: Array, b: Array, hermitian: bool) -> Array:
    """X with ``L D L^T X = b`` (``L D L^H``), given what `ldl_factor` made."""
    batch = np.broadcast_shapes(packed.shape[:-2], b.shape[:-2])
    packed = np.broadcast_to(packed, (*batch, *packed.shape[-2:]))
    pivots = np.broadcast_to(pivots, (*batch, pivots.shape[-1]))
    x = np.array(np.broadcast_to(b, (*batch, *b.shape[-2:])))
    for i in np.ndindex(*batch):
        _solve_ldl(packed[i], pivots[i], x[i], hermitian)
    return x


def _solve_ldl(a: Array, pivots: Array, x: Array, hermitian: bool) -> None:
    """In place. A negative pivot, which stands twice, marks a block of D of size 2 (LAPACK's ``sytrs``)."""
    n, k = len(x), 0
    steps = []
    while k < n:
        size = 1 if pivots[k] > 0 else 2
        steps.append((k, size))
        last, other = k + size - 1, abs(pivots[k]) - 1
        x[[last, other]] = x[[other, last]]
        x[k + size:] -= a[k + size:, k:k + size] @ x[k:k + size]
        block = a[k:k + size, k:k + size]
        lower = np.tril(block, -1)
        x[k:k + size] = np.linalg.solve(block + (np.conj(lower) if hermitian else lower).T, x[k:k + size])
        k += size
    for k, size in reversed(steps):
        below = a[k + size:, k:k + size]
        x[k:k + size] -= (np.conj(below) if hermitian else below).T @ x[k + size:]
        last, other = k + size - 1, abs(pivots[k]) - 1
        x[[last, other]] = x[[other, last]]


# --- orthogonal matrices --------------------------------------------------------------------------------------


def geqrf(a: Array) -> tuple[Array, Array]:
    """QR as Householder reflectors below R, and their factors."""
    reflectors, tau = np.linalg.qr(a, mode="raw")
    return np.ascontiguousarray(reflectors.mT), tau


# --- eigenvalues and singular values --------------------------------------------------------------------------


def eig(a: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors, complex."""
    _check_finite("linalg.eig", a)
    values, vectors = np.linalg.eig(a)
    dtype = np.result_type(a.dtype, np.complex64)
    return values.astype(dtype, copy=False), vectors.astype(dtype, copy=False)


def eigvals(a: Array) -> Array:
    """Eigenvalues, complex."""
    _check_finite("linalg.eigvals", a)
    return np.linalg.eigvals(a).astype(np.result_type(a.dtype, np.complex64), copy=False)


def _check_finite(name: str, a: Array) -> None:
    if not np.isfinite(a).all():
        fail(RuntimeError, f"{name}: input tensor should not contain infs or NaNs.")


def svd(a: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    """U, S, V^H."""
    try:
        u, s, vh = np.linalg.svd(a, full_matrices)
    except np.linalg.LinAlgError:
        _svd_failed(a)
    return u, s, vh


def svdvals(a: Array) -> Array:
    """Singular values, falling."""
    try:
        return np.linalg.svd(a, compute_uv=False)
    except np.linalg.LinAlgError:
        _svd_failed(a)


def _svd_failed(a: Array) -> NoReturn:
    reason = "it has repeated singular values or is ill-conditioned" if np.isfinite(a).all() else (
        "the input matrix contained non-finite values")
    fail(LinAlgError, f"linalg.svd: The algorithm failed to converge because {reason}.")


# --- least squares --------------------------------------------------------------------------------------------


def lstsq(a: Array, b: Array, rcond: float) -> tuple[Array, Array, Array]:
    """The shortest X that makes ``a X - b`` smallest, the rank of ``a`` and its singular values."""
    batch, (m, n) = a.shape[:-2], a.shape[-2:]
    x = np.empty((*batch, n, b.shape[-1]), a.dtype)
    rank = np.empty(batch, np.int64)
    values = np.empty((*batch, min(m, n)), a.real.dtype)
    for i in np.ndindex(*batch):
        x[i], _, rank[i], values[i] = np.linalg.lstsq(a[i], b[i], rcond)
    return x, rank, values


# --- exponential ----------------------------------------------------------------------------------------------

# Higham (2005), table 2.3: up to which 1-norm the approximant of a degree is exact to the precision of the type.
_DOUBLE_BOUNDS = {3: 1.495585217958292e-2, 5: 2.539398330063230e-1, 7: 9.504178996162932e-1, 9: 2.097847961257068e0,
                  13: 5.371920351148152e0}
_SINGLE_BOUNDS = {3: 4.258730016922831e-1, 5: 1.880152677804762e0, 7: 3.925724783138660e0}
# Numerator coefficients of the [q/q] approximants, from the constant term up.
_PADE = {
    3: (120, 60, 12, 1),
    5: (30240, 15120, 3360, 420, 30, 1),
    7: (17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1),
    9: (17643225600, 8821612800, 2075673600, 302702400, 30270240, 2162160, 110880, 3960, 90, 1),
    13: (64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
         670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1),
}


def matrix_exp(a: Array) -> Array:
    """``exp(a)`` by scaling and squaring of Pade approximants.

    N. J. Higham, "The scaling and squaring method for the matrix exponential revisited", SIAM J. Matrix Anal. Appl. 26
    (2005).
    """
    if a.size == 0:
        return a.copy()
    if a.dtype == np.float16:
        return matrix_exp(a.astype(np.float32)).astype(a.dtype)
    bounds = _SINGLE_BOUNDS if a.dtype.char in "fF" else _DOUBLE_BOUNDS
    norm = np.abs(a).sum(-2).max(-1)
    largest = norm[np.isfinite(norm)].max(initial=0)
    degree = next((q for q, bound in bounds.items() if largest <= bound), max(bounds))
    with np.errstate(all="ignore"):
        halvings = np.ceil(np.log2(np.where(np.isfinite(norm), norm, 0) / bounds[degree])).clip(0).astype(int)
        x = a / (2.0 ** halvings).astype(a.real.dtype)[..., None, None]
        out = _pade(x, _PADE[degree])
        for i in range(halvings.max(initial=0)):
            again = halvings > i
            out[again] = out[again] @ out[again]
    return out


def _pade(x: Array, c: tuple[int, ...]) -> Array:
    """The approximant ``q(-x)^-1 q(x)`` whose numerator q has coefficients ``c``: odd and even powers apart."""
    identity = np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)
    square = x @ x
    even, odd, power = c[0] * identity, c[1] * identity, identity
    for i in range(2, len(c), 2):
        power = power @ square if i > 2 else square
        even = even + c[i] * power
        odd = odd + c[i + 1] * power
    odd = x @ odd
    return solve(even - odd, even + odd)[0]
