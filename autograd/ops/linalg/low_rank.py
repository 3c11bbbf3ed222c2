"""The largest singular values of large matrices, found in a random subspace.

N. Halko, P.-G. Martinsson and J. A. Tropp, "Finding structure with randomness: probabilistic algorithms for
constructing approximate matrix decompositions", SIAM Review 53 (2011).
"""

from __future__ import annotations

from ...errors import fail
from ...primitive import composite
from ..sampling import randn
from .orthogonal import qr
from .spectral import svd


def _basis(A, q, niter):
    """Orthonormal columns that nearly span the leading ``q`` left singular vectors (algorithm 4.4 of the paper)."""
    Q = qr(A @ randn(A.shape[-1], q, dtype=A.dtype)).Q
    for _ in range(niter):
        Q = qr(A.mH @ Q).Q
        Q = qr(A @ Q).Q
    return Q


@composite(method=False)
def svd_lowrank(A, q=6, niter=2, M=None):
    """An approximation ``A - M = U diag(S) V^H`` of low rank.

    Args:
        A: (..., M, N).
        q: the rank; take it a little larger than the rank of ``A``.
        niter: how often to iterate, which makes small singular values matter less.
        M: a matrix to subtract from ``A`` first, of a shape that expands to that of ``A``.

    Returns:
        A tuple ``(U, S, V)`` of shapes (..., M, q), (..., q) and (..., N, q), with q at most ``min(M, N)``. It depends
        on the random numbers that are drawn.

    >>> import autograd
    >>> U, S, V = autograd.svd_lowrank(autograd.diag(autograd.tensor([4.5, 2.5, 0.])), q=2)
    >>> S
    tensor([4.5000, 2.5000])
    """
    if A.ndim < 2:
        fail(ValueError, f"svd_lowrank: the input must have at least 2 dimensions, got {A.ndim}")
    if M is not None:
        A = A - M.broadcast_to(A.shape)
    wide = A.shape[-2] < A.shape[-1]
    if wide:
        A = A.mH
    Q = _basis(A, 6 if q is None else q, niter)
    U, S, Vh = svd(Q.mH @ A, full_matrices=False)
    U, V = Q @ U, Vh.mH
    return (V, S, U) if wide else (U, S, V)


@composite(method=False)
def pca_lowrank(A, q=None, center=True, niter=2):
    """Principal components: `svd_lowrank` of ``A`` with the mean of its rows subtracted.

    Args:
        A: (..., M, N), a row for each sample.
        q: how many components. Default: ``min(6, M, N)``.
        center: subtract the mean.
        niter: as for `svd_lowrank`.

    Returns:
        A tuple ``(U, S, V)``: the columns of V are the principal directions, ``A @ V`` the samples along them, and
        ``S ** 2 / (M - 1)`` their variances.

    Raises:
        ValueError: ``q`` is greater than ``min(M, N)``.

    >>> import autograd
    >>> U, S, V = autograd.pca_lowrank(autograd.tensor([[0., 1.], [3., 1.], [1.5, 1.]]), q=1)
    >>> V.abs()
    tensor([[1.],
            [0.]])
    """
    m, n = A.shape[-2:]
    q = min(6, m, n) if q is None else q
    if not 0 <= q <= min(m, n):
        fail(ValueError, f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        fail(ValueError, f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(-2, True) if center else A, q, niter)
