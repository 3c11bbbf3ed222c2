"""Samples for linear algebra.

Operations that read one triangle of a symmetric matrix, or that give vectors with an arbitrary phase, have derivatives
only among such matrices, or of what does not depend on the phase. They are checked through the functions defined here.
"""

from __future__ import annotations

import math

import numpy as np
from op_samples import A, C, const, distinct, sample, spd, well

import autograd
from autograd import linalg


def complex_well(*shape, seed=0):
    """Complex square matrices (..., n, n), well conditioned."""
    return well(*shape, seed=seed) + 0.3j * A(*shape, seed=seed)


def hermitian(x):
    return (x + x.mH) / 2


def positive(x):
    """A Hermitian positive definite matrix made from any square one."""
    return x @ x.mH + autograd.eye(x.shape[-1], dtype=x.dtype)


# --- functions that have the derivatives which the operations lack ----------------------------------------


def cholesky_of_positive(x, **options):
    return linalg.cholesky(positive(x), **options)


def cholesky_ex_of_positive(x, **options):
    return linalg.cholesky_ex(positive(x), **options).L


def eigh_of_hermitian(x, UPLO="L"):
    """Eigenvalues, and the projections on the eigenvectors, which do not depend on phases."""
    L, V = linalg.eigh(hermitian(x), UPLO)
    return L, V.mT.unsqueeze(-1) * V.mH.unsqueeze(-2)


def eigvalsh_of_hermitian(x, UPLO="L"):
    return linalg.eigvalsh(hermitian(x), UPLO)


def eig_without_phase(x):
    """Sums that depend neither on phases nor on the order."""
    L, V = linalg.eig(x)
    return L.sum(-1), (L * L * L).sum(-1), (V.abs() ** 2 * (L.abs() ** 2).unsqueeze(-2)).sum(-1)


def eigvals_in_no_order(x):
    L = linalg.eigvals(x)
    return L.sum(-1), (L * L * L).sum(-1)


def svd_without_phase(x, **options):
    U, S, Vh = linalg.svd(x, **options)
    k = S.shape[-1]
    return U[..., :k].abs(), S, Vh[..., :k, :].abs(), U[..., :k] @ Vh[..., :k, :]


def svd_left(x):
    return linalg.svd(x, full_matrices=False).U.abs()


def svd_right(x):
    return linalg.svd(x, full_matrices=False).Vh.abs()


def pinv_of_low_rank(x):
    return linalg.pinv(x @ x[..., :2, :].mT @ x[..., :2, :])


def pinv_of_hermitian(x):
    return linalg.pinv(hermitian(x), hermitian=True)


def solution_and_residuals(x, b, **options):
    return tuple(linalg.lstsq(x, b, **options))[:2]


def lu_solve_of_factors(x, b, **options):
    return linalg.lu_solve(*linalg.lu_factor(x), b, **options)


def unpacked_lu(x):
    return tuple(autograd.lu_unpack(*linalg.lu_factor(x)))[1:]


def ldl_solve_of_factors(b):
    a = spd(4, 4) - 5 * np.eye(4)
    return linalg.ldl_solve(*linalg.ldl_factor(autograd.tensor(a)), b)


def hermitian_ldl_solve_of_factors(b):
    a = spd(4, 4) + 1j * (A(4, 4) - A(4, 4).T)
    return linalg.ldl_solve(*linalg.ldl_factor(autograd.tensor(a), hermitian=True), b, hermitian=True)


def orthogonal_product(x, tau):
    return linalg.householder_product(x.tril(), tau)


_TRIANGLE = "it reads one triangle and gives the derivative among Hermitian matrices; see the function beside it"
_PHASES = "its vectors have arbitrary phases, and finite differences of complex ones mean nothing"
_FIXED = "the row exchanges are fixed"


def _symmetric(*arrays, **options):
    return [sample(a, **options).without("gradcheck", "gradgradcheck", because=_TRIANGLE) for a in arrays]


_SQUARE = [well(3, 3), well(2, 3, 3), complex_well(3, 3), well(1, 1)]
_TALL = [A(4, 2), A(2, 4, 3), C(4, 2)]
_WIDE = [A(2, 4), A(2, 3, 4), C(2, 4)]
_ANY = [well(3, 3), complex_well(2, 3, 3), *_TALL, *_WIDE]
_SYSTEMS = [sample(well(3, 3), A(3, 2)), sample(well(3, 3), A(3)), sample(well(2, 3, 3), A(3, 2)),
            sample(well(3, 3), A(2, 3, 4)), sample(well(2, 3, 3), A(2, 3)), sample(complex_well(3, 3), C(3, 2)),
            sample(well(3, 3), A(2, 3), left=False)]
_TRIANGULAR = [
    sample(well(3, 3), A(3, 2), upper=True), sample(well(3, 3), A(3, 2), upper=False, unitriangular=True),
    sample(well(3, 3), A(2, 3), upper=True, left=False), sample(well(2, 3, 3), A(3, 2), upper=False),
    sample(complex_well(3, 3), C(2, 3, 2), upper=True, unitriangular=True), sample(well(20, 2, 2), A(2, 1), upper=True),
    sample(well(20, 2, 2), A(20, 2, 1), upper=False, unitriangular=True)]
_SINGULAR_VALUES = [distinct(3, 3), A(2, 4, 3), A(2, 4), C(3, 3), C(4, 2)]
_ORDERS = ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf]

SAMPLES = {
    "solve_matrices": [sample(well(3, 3), A(3, 2)), sample(complex_well(2, 3, 3), C(3, 2))],
    "linalg_solve": _SYSTEMS,
    "linalg_solve_ex": _SYSTEMS,
    "linalg_tensorsolve": [sample(well(6, 6).reshape(2, 3, 6), A(2, 3)),
                           sample(well(6, 6).reshape(2, 3, 6).transpose(0, 2, 1).copy(), A(2, 3), dims=(1,))],
    "linalg_tensorinv": [sample(well(6, 6).reshape(2, 3, 6)), sample(well(6, 6).reshape(6, 3, 2), ind=1)],
    **{name: [sample(a) for a in _SQUARE] for name in (
        "inverse_matrices", "linalg_inv_ex", "linalg_inv", "inverse", "linalg_det", "det", "cofactor",
        "sign_and_log_det", "linalg_slogdet", "slogdet", "logdet")},
    "substitute": [sample(well(3, 3), A(3, 2), True), sample(complex_well(2, 3, 3), C(3, 2), False, True)],
    "linalg_solve_triangular": _TRIANGULAR,
    "triangular_solve": [sample(A(3, 2), well(3, 3)), sample(A(3, 2), well(2, 3, 3), upper=False),
                         sample(A(3, 2), well(3, 3), transpose=True, unitriangular=True)],
    **{name: _symmetric(spd(3, 3), spd(2, 3, 3)) for name in (
        "cholesky_factor", "linalg_cholesky_ex", "linalg_cholesky", "cholesky")},
    "samples.linalg.cholesky_of_positive": [sample(A(3, 3)), sample(C(2, 3, 3)), sample(A(3, 3), upper=True)],
    "samples.linalg.cholesky_ex_of_positive": [sample(A(3, 3)), sample(C(3, 3), upper=True)],
    "cholesky_solve": [sample(A(3, 2), well(3, 3)), sample(C(3, 2), complex_well(2, 3, 3)),
                       sample(A(3, 2), well(3, 3), True)],
    "cholesky_inverse": [sample(well(3, 3)), sample(complex_well(2, 3, 3)), sample(well(3, 3), True)],
    **{name: [sample(a) for a in _ANY] for name in (
        "packed_lu", "linalg_lu_factor_ex", "linalg_lu_factor", "linalg_lu", "lu")},
    "lu_unpack": [sample(well(3, 3), np.array([1, 2, 3], np.int32)).without(
        "zero_size", "zero_dim", because=_FIXED)],
    "samples.linalg.unpacked_lu": [sample(a) for a in _ANY],
    "linalg_lu_solve": [sample(well(3, 3), np.array([2, 2, 3], np.int32), A(3, 2)).without(
        "zero_size", "zero_dim", because=_FIXED)],
    "lu_solve": [sample(A(3, 2), well(3, 3), np.array([2, 2, 3], np.int32)).without(
        "zero_size", "zero_dim", because=_FIXED)],
    "samples.linalg.lu_solve_of_factors": [
        sample(well(3, 3), A(3, 2)), sample(complex_well(2, 3, 3), C(2, 3, 2), adjoint=True),
        sample(well(3, 3), A(2, 3), left=False), sample(complex_well(3, 3), C(2, 3), left=False, adjoint=True)],
    **{name: [sample(const(spd(3, 3)), **options)] for name, options in (
        ("packed_ldl", {"hermitian": False}), ("linalg_ldl_factor_ex", {}), ("linalg_ldl_factor", {}))},
    **{name: [sample(const(np.tril(well(3, 3))), np.array([1, 2, 3], np.int32), A(3, 2), **options).without(
        "zero_size", "zero_dim", because=_FIXED)]
       for name, options in (("solve_ldl", {"hermitian": False}), ("linalg_ldl_solve", {}))},
    "samples.linalg.ldl_solve_of_factors": [sample(A(4, 2)), sample(A(2, 4, 2))],
    "samples.linalg.hermitian_ldl_solve_of_factors": [sample(C(4, 2))],
    "qr_factors": [*[sample(a, "reduced") for a in _ANY], *[sample(a, "complete") for a in (well(3, 3), *_WIDE)]],
    "linalg_qr": [*[sample(a) for a in _ANY], sample(A(2, 4), "complete"), sample(const(A(4, 2)), "complete"),
                  sample(const(A(4, 2)), "r")],
    "qr": [sample(A(4, 2)), sample(A(2, 4), False)],
    "reflectors": [sample(const(A(4, 2)))],
    "geqrf": [sample(const(A(4, 2)))],
    "linalg_householder_product": [sample(A(4, 2), A(2)), sample(C(2, 4, 3), C(2, 2)), sample(A(3, 3), A(3))],
    "orgqr": [sample(A(4, 2), A(2))],
    "ormqr": [sample(A(4, 2), A(2), A(4, 3)), sample(C(4, 2), C(2), C(4, 3), True, True),
              sample(C(4, 2), C(2), C(3, 4), False), sample(A(4, 2), A(2), A(3, 4), False, True)],
    **{name: _symmetric(spd(3, 3), spd(2, 3, 3), UPLO="U") for name in (
        "hermitian_eigen", "hermitian_eigenvalues", "linalg_eigh", "linalg_eigvalsh")},
    "samples.linalg.eigh_of_hermitian": [sample(well(3, 3)), sample(complex_well(2, 3, 3)),
                                         sample(well(3, 3), UPLO="U")],
    "samples.linalg.eigvalsh_of_hermitian": [sample(well(3, 3)), sample(complex_well(2, 3, 3), UPLO="U")],
    **{name: [sample(well(3, 3)).without("gradcheck", "gradgradcheck", "layouts", because=_PHASES)] for name in (
        "eigen", "linalg_eig")},
    **{name: [sample(well(3, 3)), sample(complex_well(2, 3, 3))] for name in ("eigenvalues", "linalg_eigvals")},
    "samples.linalg.eig_without_phase": [sample(well(3, 3)), sample(A(2, 3, 3)), sample(C(3, 3))],
    "samples.linalg.eigvals_in_no_order": [sample(A(3, 3)), sample(C(2, 3, 3))],
    "singular": [sample(a, False) for a in _SINGULAR_VALUES[:3]],
    "linalg_svd": [sample(a, full_matrices=False) for a in _SINGULAR_VALUES[:3]],
    "svd": [sample(a) for a in _SINGULAR_VALUES[:3]] + [sample(distinct(3, 3), compute_uv=False)],
    **{name: [sample(a) for a in _SINGULAR_VALUES] for name in ("singular_values", "linalg_svdvals")},
    "samples.linalg.svd_without_phase": [sample(a) for a in _SINGULAR_VALUES] + [
        sample(a, full_matrices=False) for a in _SINGULAR_VALUES],
    "samples.linalg.svd_left": [sample(a) for a in _SINGULAR_VALUES],
    "samples.linalg.svd_right": [sample(a) for a in _SINGULAR_VALUES],
    "svd_lowrank": [sample(A(5, 4), q=2), sample(A(2, 3, 5), q=4, M=A(5)), sample(A(4, 3), niter=0)],
    "pca_lowrank": [sample(A(5, 4), q=2), sample(A(4, 3), center=False)],
    "pseudoinverse": [sample(a, None, None, False) for a in _ANY],
    "linalg_pinv": [sample(a) for a in _ANY] + [sample(A(4, 2), rtol=1e-3, atol=1e-4), sample(A(4, 2), 1e-3)],
    "samples.linalg.pinv_of_low_rank": [sample(A(4, 3)), sample(A(2, 3, 4))],
    "samples.linalg.pinv_of_hermitian": [sample(well(3, 3)), sample(complex_well(2, 3, 3))],
    "pinverse": [sample(A(4, 2))],
    "least_squares": [sample(A(4, 2), A(4, 3), 1e-10), sample(C(2, 4), C(2, 3), 1e-10)],
    "linalg_lstsq": [
        sample(A(4, 2), A(4, 3)), sample(A(4, 2), A(4)), sample(A(2, 4), A(2, 3)), sample(A(2, 4, 2), A(2, 4)),
        sample(A(4, 2), A(4, 3), driver="gels"), sample(const(A(4, 2)), const(A(4, 3)), driver="gelsd")],
    "samples.linalg.solution_and_residuals": [
        sample(A(4, 2), A(4, 3), driver="gels"), sample(C(4, 2), C(4, 3), driver="gelsd"),
        sample(A(4, 2), A(2, 4, 3), rcond=1e-3, driver="gelss")],
    "linalg_matrix_norm": [*[sample(A(3, 4), o) for o in _ORDERS],
                           *[sample(A(2, 3, 4), o, dim=(0, 2), keepdim=True) for o in _ORDERS],
                           *[sample(C(3, 3), o) for o in _ORDERS]],
    "linalg_norm": [sample(A(2, 3, 4)), sample(A(3, 4), "nuc"), sample(A(3, 4), 2), sample(A(4), 3),
                    sample(A(3, 4), 1, dim=0, keepdim=True), sample(A(2, 3, 4), -math.inf, dim=(0, 1)),
                    sample(C(3, 3), "fro")],
    "linalg_cond": [sample(well(3, 3)), sample(A(4, 2)), *[sample(well(3, 3), o) for o in _ORDERS],
                    sample(complex_well(3, 3))],
    "linalg_matrix_exp": [sample(A(3, 3)), sample(C(2, 3, 3)), sample(0.01 * A(2, 2)), sample(4 * A(2, 2))],
    "matrix_exp": [sample(A(3, 3))],
    "matrix_power": [sample(well(3, 3), n) for n in (0, 1, 2, 3, 7, -1, -2)] + [sample(complex_well(2, 3, 3), 3)],
}
