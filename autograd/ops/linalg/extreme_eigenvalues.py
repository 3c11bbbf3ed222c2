"""The greatest or least eigenvalues of a symmetric matrix."""

from __future__ import annotations

from ...errors import fail
from ...primitive import composite
from .spectral import eigh
from .triangular import cholesky, solve_triangular


@composite(method=False)
def lobpcg(A, k=None, B=None, X=None, n=None, iK=None, niter=None, tol=None, largest=None, method=None, tracker=None,
           ortho_iparams=None, ortho_fparams=None, ortho_bparams=None):
    """The ``k`` greatest eigenvalues of a symmetric matrix, or of a pencil ``A x = lambda B x``, and their vectors.

    Matrices here are dense, so these are the ends of a whole decomposition, exact to rounding: what steers an
    iteration (``X`` beyond its number of columns, ``iK``, ``niter``, ``tol``, ``method``, ``tracker``, ``ortho_*``) has
    nothing to steer.

    Args:
        A: (..., N, N), symmetric.
        k: how many; default: the columns of ``X``, or 1.
        B: (..., N, N), symmetric and positive definite; default: the identity.
        X: (..., N, n), where an iteration would begin.
        largest: False for the least.

    Returns:
        (..., k) eigenvalues, greatest first (or least first), and (..., N, k) vectors with ``V^T B V = I``.

    Raises:
        ValueError: there are fewer than ``3 * k`` rows, which an iteration would need.

    >>> import autograd
    >>> values, vectors = autograd.lobpcg(autograd.diag(autograd.tensor([1., 5., 3.])))
    >>> values
    tensor([5.])
    """
    rows = A._a.shape[-1]
    if A.ndim < 2 or A._a.shape[-2] != rows:
        fail(ValueError, f"lobpcg: A must be a square matrix or a batch of them, got {list(A._a.shape)}")
    k = k if k is not None else 1 if X is None else X._a.shape[-1]
    columns = n if n is not None else k if X is None else X._a.shape[-1]
    if rows < 3 * columns or k > columns:
        fail(ValueError, f"LOBPCG algorithm is not applicable when the number of A rows (={rows}) is smaller than 3 x "
                         f"the number of requested eigenpairs (={columns})")
    A = (A + A.mH) / 2
    if B is None:
        values, vectors = eigh(A)
    else:
        L = cholesky((B + B.mH) / 2)
        half = solve_triangular(L, A, upper=False)
        values, vectors = eigh(solve_triangular(L.mH, half, upper=True, left=False))
        vectors = solve_triangular(L.mH, vectors, upper=True)
    if largest is None or largest:
        return values[..., -k:].flip(-1), vectors[..., -k:].flip(-1)
    return values[..., :k], vectors[..., :k]
