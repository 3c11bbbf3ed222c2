"""Eigenvalues and singular values.

Eigenvectors and singular vectors are determined only up to a factor of absolute value 1 (of several equal values, up to
a rotation among them). A gradient exists for functions that do not depend on that choice. It divides by the differences
of the values: it is accurate where they are apart, and not finite where two are equal and the vectors are used.
"""

from __future__ import annotations

import numpy as np

from ... import return_types
from ...dtypes import scalar_type
from ...errors import fail
from ...kernels import linalg as kernel
from ...primitive import composite, primitive
from .common import adjoint, check_matrix
from .solve import solve_matrices


def _diagonal_mask(k):
    return np.eye(k, dtype=bool)


def _differences(values, other):
    """``values[j] - other[i]`` in row i, column j, with ones on the diagonal."""
    k = values.shape[-1]
    return values.reshape(*values.shape[:-1], 1, k) - other.reshape(*other.shape, 1) + np.eye(k, dtype=values.dtype)


def _skew(x):
    return x - adjoint(x)


@primitive(method=False)
def check_phases(dependence, vectors):
    """Raise where a gradient depends on the phases of complex vectors; ``dependence`` is its derivative by them."""
    if dependence.size and not np.allclose(dependence, 0, atol=1e-2):
        fail(RuntimeError, f"The {vectors} in the complex case are specified up to multiplication by e^{{i phi}}. The "
                           "specified loss function depends on this quantity, so it is ill-defined.")
    return dependence


def _no_low_precision(name, A):
    if A.dtype.itemsize == 2 or A.dtype.kind not in "fc":
        fail(NotImplementedError, f"\"{name}_cpu\" not implemented for '{scalar_type(A.dtype)}'")


# --- Hermitian matrices ---------------------------------------------------------------------------------------


def _eigh_rule(g, out):
    """Giles (2008), 3.1: ``V (diag(gL) + skew(V^H gV) / 2E) V^H`` with ``E[i, j] = L[j] - L[i]``."""
    (gL, gV), (L, V) = g, out
    k = L.shape[-1]
    inner = 0 if gL is None else np.where(_diagonal_mask(k), gL.reshape(*gL.shape[:-1], 1, k), V * 0)
    if gV is not None:
        projected = adjoint(V) @ gV
        if V.dtype.kind == "c":
            check_phases(np.imag(np.diagonal(projected, 0, -2, -1)), "eigenvectors")
        inner = inner + np.where(_diagonal_mask(k), V * 0, _skew(projected) * 0.5 / _differences(L, L))
    return V @ inner @ adjoint(V)


@primitive(vjp={"A": _eigh_rule}, outputs=2, blas=True, method=False, node_name="LinalgEighBackward0")
def hermitian_eigen(A, UPLO):
    """Eigenvalues in rising order, and eigenvectors as columns, of which one triangle of ``A`` is read."""
    return tuple(np.linalg.eigh(A, UPLO))


def _check_hermitian(A, UPLO):
    check_matrix("linalg.eigh", A)
    if str(UPLO).upper() not in ("L", "U"):
        fail(RuntimeError, f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")


@composite(method=False, public=False, name="linalg_eigh", numpy=(np.linalg.eigh,))
def eigh(A, UPLO="L"):
    """Eigenvalues and eigenvectors of a symmetric or Hermitian matrix, ``A = V diag(L) V^H``.

    Args:
        A: (..., N, N); only one triangle is read. The gradient is that with respect to a Hermitian ``A``.
        UPLO: which triangle, ``"L"`` or ``"U"``.

    Returns:
        A named tuple ``(eigenvalues, eigenvectors)``: (..., N), real, in rising order; and (..., N, N), as columns.

    >>> import autograd
    >>> L, V = autograd.linalg.eigh(autograd.tensor([[1.5, 1.], [1., 1.5]]))
    >>> L
    tensor([0.5000, 2.5000])
    """
    _check_hermitian(A, UPLO)
    return return_types.linalg_eigh(hermitian_eigen(A, UPLO.upper()))


def _eigvalsh_rule(g, A, UPLO):
    V = hermitian_eigen(A, UPLO)[1]
    return V * g.reshape(*g.shape[:-1], 1, g.shape[-1]) @ adjoint(V)


@primitive(vjp={"A": _eigvalsh_rule}, blas=True, method=False, node_name="LinalgEighBackward0")
def hermitian_eigenvalues(A, UPLO):
    """Eigenvalues in rising order."""
    return np.linalg.eigvalsh(A, UPLO)


@composite(method=False, public=False, name="linalg_eigvalsh", numpy=(np.linalg.eigvalsh,))
def eigvalsh(A, UPLO="L"):
    """The eigenvalues of a symmetric or Hermitian matrix, real, in rising order; see `eigh`.

    >>> import autograd
    >>> autograd.linalg.eigvalsh(autograd.tensor([[1.5, 1.], [1., 1.5]]))
    tensor([0.5000, 2.5000])
    """
    _check_hermitian(A, UPLO)
    return hermitian_eigenvalues(A, UPLO.upper())


# --- any square matrix ----------------------------------------------------------------------------------------


def _as_type(gradient, dtype):
    """Of a gradient by a real matrix the real part."""
    return gradient if dtype.kind == "c" else np.real(gradient)


def _eig_rule(g, A_dtype, out):
    """Giles (2008), 3.1, with the columns of V held at norm 1 (C. Boeddeker et al., 2017, arXiv:1701.00392).

    ``V^-H (diag(gL) + (V^H gV - V^H V diag(Re(V^H gV))) / conj(E)) V^H`` with ``E[i, j] = L[j] - L[i]``.
    """
    (gL, gV), (L, V) = g, out
    k = L.shape[-1]
    inner = 0 if gL is None else np.where(_diagonal_mask(k), gL.reshape(*gL.shape[:-1], 1, k), V * 0)
    if gV is not None:
        projected = adjoint(V) @ gV
        diagonal = np.diagonal(projected, 0, -2, -1)
        check_phases(np.imag(diagonal), "eigenvectors")
        radial = np.real(diagonal).reshape(*L.shape[:-1], 1, k)
        projected = projected - adjoint(V) @ (V * radial)
        inner = inner + np.where(_diagonal_mask(k), V * 0, projected / np.conjugate(_differences(L, L)))
    return _as_type(solve_matrices(adjoint(V), inner @ adjoint(V))[0], A_dtype)


@primitive(vjp={"A": _eig_rule}, outputs=2, blas=True, method=False, node_name="LinalgEigBackward0")
def eigen(A):
    """Eigenvalues, and eigenvectors of norm 1 as columns; complex."""
    return kernel.eig(A)


def _check_general(name, A):
    _no_low_precision("linalg_eig", A)
    check_matrix(name, A)


@composite(method=False, public=False, name="linalg_eig", numpy=(np.linalg.eig,))
def eig(A):
    """Eigenvalues and eigenvectors of a square matrix, ``A = V diag(L) V^-1``.

    Args:
        A: (..., N, N), diagonalizable; its gradient needs distinct eigenvalues.

    Returns:
        A named tuple ``(eigenvalues, eigenvectors)``: (..., N), in no order; and (..., N, N), as columns of norm 1.
        Both are complex.

    >>> import autograd
    >>> autograd.linalg.eig(autograd.tensor([[0., -1.], [1., 0.]])).eigenvalues
    tensor([0.+1.j, 0.-1.j])
    """
    _check_general("linalg.eig", A)
    return return_types.linalg_eig(eigen(A))


def _eigvals_rule(g, A):
    V = eigen(A)[1]
    scaled = g.reshape(*g.shape, 1) * adjoint(V)
    return _as_type(solve_matrices(adjoint(V), scaled)[0], A.dtype)


@primitive(vjp={"A": _eigvals_rule}, blas=True, method=False, node_name="LinalgEigBackward0")
def eigenvalues(A):
    """Eigenvalues, complex."""
    return kernel.eigvals(A)


@composite(method=False, public=False, name="linalg_eigvals", numpy=(np.linalg.eigvals,))
def eigvals(A):
    """The eigenvalues of a square matrix, complex, in no order; see `eig`.

    >>> import autograd
    >>> autograd.linalg.eigvals(autograd.tensor([[0., -1.], [1., 0.]]))
    tensor([0.+1.j, 0.-1.j])
    """
    _check_general("linalg.eigvals", A)
    return eigenvalues(A)


# --- singular values ------------------------------------------------------------------------------------------


def _svd_rule(g, out):
    """J. Townsend, "Differentiating the singular value decomposition" (2016), with Z. Wan and S. Zhang (2019),
    arXiv:1909.02659, for complex matrices.

    With ``skew(X) = X - X^H`` and ``E[i, j] = S[j]^2 - S[i]^2``:
    ``U ((skew(U^H gU) S + S skew(V^H gV)) / E + diag(gS)) V^H``, and outside of the space that U and V span
    ``(1 - U U^H) gU S^-1 V^H`` and ``U S^-1 gV^H (1 - V V^H)``. Columns that complete a basis (``full_matrices``) have
    no derivative of their own and do not take part.
    """
    (gU, gS, gVh), (U, S, Vh) = g, out
    m, n, k = U.shape[-2], Vh.shape[-1], S.shape[-1]
    U, Vh = U[..., :k], Vh[..., :k, :]
    gU = None if gU is None else gU[..., :k]
    gVh = None if gVh is None else gVh[..., :k, :]
    row, column = S.reshape(*S.shape[:-1], 1, k), S.reshape(*S.shape, 1)
    mask = _diagonal_mask(k)
    zero = U[..., :k, :] * 0
    inner = zero if gS is None else np.where(mask, gS.reshape(*gS.shape[:-1], 1, k), zero)
    if gU is not None or gVh is not None:
        left = 0 if gU is None else _skew(adjoint(U) @ gU)
        right = 0 if gVh is None else _skew(Vh @ adjoint(gVh))
        off = (left * row + column * right) / _differences(S * S, S * S)
        on = zero
        if U.dtype.kind == "c":
            check_phases(np.imag(np.diagonal(left + right, 0, -2, -1)), "singular vectors")
            if gU is not None:
                on = left / (2 * row)
        inner = inner + np.where(mask, on, off)
    result = U @ inner
    if m > k and gU is not None:
        scaled = gU / row
        result = result + scaled - U @ (adjoint(U) @ scaled)
    result = result @ Vh
    if n > k and gVh is not None:
        scaled = gVh / column
        result = result + U @ (scaled - (scaled @ adjoint(Vh)) @ Vh)
    return result


@primitive(vjp={"A": _svd_rule}, outputs=3, blas=True, method=False, node_name="LinalgSvdBackward0")
def singular(A, full_matrices):
    """U, S and V^H with ``A = U diag(S) V^H``, S falling."""
    return kernel.svd(A, full_matrices)


def _check_svd(A, driver):
    check_matrix("linalg.svd", A, square=False)
    if driver is not None:
        fail(RuntimeError, "linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER "
                           "backend.")


@composite(method=False, public=False, name="linalg_svd", numpy=(np.linalg.svd,))
def svd(A, full_matrices=True, *, driver=None):
    """The singular value decomposition ``A = U diag(S) V^H``.

    Args:
        A: (..., M, N).
        full_matrices: complete U and V to square matrices. The columns added are arbitrary: no gradient passes through
            them. Without: U (..., M, K) and Vh (..., K, N) with ``K = min(M, N)``.
        driver: must be None.

    Returns:
        A named tuple ``(U, S, Vh)``; S is (..., K), real, in falling order.

    Raises:
        LinAlgError: ``A`` has elements that are not finite.

    >>> import autograd
    >>> autograd.linalg.svd(autograd.tensor([[3.5, 0.], [0., -4.]])).S
    tensor([4.0000, 3.5000])
    """
    _check_svd(A, driver)
    return return_types.linalg_svd(singular(A, bool(full_matrices)))


@composite(name="svd")
def top_svd(input, some=True, compute_uv=True):
    """The singular value decomposition as ``(U, S, V)``, with V rather than its adjoint; see `autograd.linalg.svd`.

    >>> import autograd
    >>> U, S, V = autograd.svd(autograd.tensor([[3.5, 0.], [0., -4.]]))
    >>> S
    tensor([4.0000, 3.5000])
    """
    _check_svd(input, None)
    U, S, Vh = singular(input, not some or not compute_uv)
    if not compute_uv:
        return return_types.svd((U.detach() * 0, singular_values(input), Vh.detach() * 0))
    return return_types.svd((U, S, Vh.mH))


def singular_values_gradient(g, A):
    """``U diag(g) V^H``."""
    U, _, Vh = singular(A, False)
    return U * g.reshape(*g.shape[:-1], 1, g.shape[-1]) @ Vh


@primitive(vjp={"A": singular_values_gradient}, blas=True, method=False, node_name="LinalgSvdBackward0")
def singular_values(A):
    """Singular values, falling."""
    return kernel.svdvals(A)


@composite(method=False, public=False, name="linalg_svdvals", numpy=(np.linalg.svdvals,))
def svdvals(A, *, driver=None):
    """The singular values, real, in falling order; see `svd`.

    >>> import autograd
    >>> autograd.linalg.svdvals(autograd.tensor([[3.5, 0.], [0., -4.]]))
    tensor([4.0000, 3.5000])
    """
    _check_svd(A, driver)
    return singular_values(A)
