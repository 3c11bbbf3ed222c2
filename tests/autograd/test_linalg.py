"""Linear algebra: that factors multiply to the matrix, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.linalg
from matrices import SHAPES, SQUARE, TYPES, H, T, close, identity_like, numbers, raises

import autograd
from autograd import linalg
from autograd.errors import NonDifferentiableError
from autograd.kernels import linalg as kernel

# --- factors multiply to the matrix ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_factorizations(shape, dtype):
    A = T(*shape, dtype=dtype)
    k = min(shape[-2:])
    P, L, U = linalg.lu(A)
    close(P @ L @ U, A)
    assert np.array_equal(L._a, np.tril(L._a)) and np.array_equal(U._a, np.triu(U._a))
    for mode in ("reduced", "complete"):
        Q, R = linalg.qr(A, mode)
        close(Q @ R, A)
        close(H(Q._a) @ Q._a, identity_like(H(Q._a) @ Q._a))
    assert linalg.qr(A, "r").Q.numel() == 0
    close(linalg.qr(A, "r").R, linalg.qr(A).R)
    U, S, Vh = linalg.svd(A)
    assert U.shape[-1] == shape[-2] and Vh.shape[-1] == shape[-1] and S.shape[-1] == k
    close((U[..., :k] * S.unsqueeze(-2).to(A.dtype)) @ Vh[..., :k, :], A)
    close(linalg.svdvals(A), S)
    a, tau = autograd.geqrf(A)
    if shape[-2] >= shape[-1]:
        close(linalg.householder_product(a, tau), linalg.qr(A).Q)
        close(autograd.ormqr(a, tau, linalg.qr(A).Q, transpose=True), np.broadcast_to(np.eye(*shape[-2:]), shape))
    for t in (P, L, Q, R, U, Vh, a, tau):
        assert t._a.dtype == dtype
    assert S._a.dtype == numbers((), dtype).real.dtype


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SQUARE)
def test_square_matrices(shape, dtype):
    a = numbers(shape, dtype) + 2 * np.eye(shape[-1], dtype=dtype)
    A, B = autograd.tensor(a), T(*shape[:-1], 2, dtype=dtype)
    close(A @ linalg.solve(A, B), B)
    close(linalg.solve(A, B.mT, left=False) @ A, B.mT)
    close(linalg.inv(A) @ A, identity_like(a))
    close(linalg.det(A), np.linalg.det(a))
    sign, log = linalg.slogdet(A)
    close(sign * log.exp(), linalg.det(A))
    det = np.linalg.det(a)
    close(autograd.logdet(A).exp(), det if A.is_complex() else np.where(det < 0, np.nan, det))
    LU, pivots = linalg.lu_factor(A)
    close(linalg.lu_solve(LU, pivots, B), linalg.solve(A, B))
    close(A.mH @ linalg.lu_solve(LU, pivots, B, adjoint=True), B)
    h = a @ H(a) + np.eye(shape[-1], dtype=dtype)
    for upper in (False, True):
        L = linalg.cholesky(autograd.tensor(h), upper=upper)
        close(L.mH @ L if upper else L @ L.mH, h)
        close(h @ autograd.cholesky_solve(B, L, upper)._a, B)
        close(h @ autograd.cholesky_inverse(L, upper)._a, identity_like(h))
    values, V = linalg.eigh(autograd.tensor(h))
    close((V * values.unsqueeze(-2).to(A.dtype)) @ V.mH, h)
    close(linalg.eigvalsh(autograd.tensor(h), "U"), values)
    values, V = linalg.eig(A)
    close(A.to(V.dtype) @ V, V * values.unsqueeze(-2))
    close(np.sort_complex(linalg.eigvals(A)._a), np.sort_complex(values._a))
    close(linalg.matrix_power(A, -2), np.linalg.inv(a) @ np.linalg.inv(a))


@pytest.mark.parametrize("hermitian", [False, True])
@pytest.mark.parametrize("dtype", TYPES)
def test_ldl(dtype, hermitian):
    a = numbers((4, 5, 5), dtype) * (1 - np.eye(5))  # zeros on the diagonal make blocks of size 2
    a = (a + (H(a) if hermitian else np.swapaxes(a, -1, -2))).astype(dtype)
    A, B = autograd.tensor(a), T(5, 2, dtype=dtype)
    close(A @ linalg.ldl_solve(*linalg.ldl_factor(A, hermitian=hermitian), B, hermitian=hermitian),
          B.expand(4, 5, 2))


def test_triangular_solvers_read_one_triangle():
    a, b = numbers((3, 3)), numbers((3, 2))
    A, B = autograd.tensor(a), autograd.tensor(b)
    close(np.triu(a) @ linalg.solve_triangular(A, B, upper=True)._a, b)
    unit = np.tril(a, -1) + np.eye(3)
    close(unit @ linalg.solve_triangular(A, B, upper=False, unitriangular=True)._a, b)
    close(linalg.solve_triangular(A, B.mT, upper=True, left=False)._a @ np.triu(a), b.T)
    close(np.triu(a).T @ autograd.triangular_solve(B, A, transpose=True).solution._a, b)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("unitriangular", [False, True])
def test_substitution_by_rows_is_that_by_matrices(upper, unitriangular):
    a, b = numbers((50, 3, 3)) + 2 * np.eye(3), numbers((50, 3, 2))
    many = kernel.solve_triangular(a, b, upper, unitriangular)
    for i in range(50):
        close(many[i], kernel.solve_triangular(a[i], b[i], upper, unitriangular))


# --- exponential ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0, 1e-8, 0.01, 0.2, 0.9, 2.0, 5.0, 40.0])
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_matrix_exp_is_scipys(scale, dtype):
    a = numbers((4, 4), dtype) * scale
    expected = scipy.linalg.expm(a)
    np.testing.assert_allclose(linalg.matrix_exp(autograd.tensor(a))._a, expected, atol=1e-13 * np.abs(expected).max())


def test_matrix_exp_scales_each_matrix_by_itself():
    a = numbers((3, 4, 4)) * np.array([0.01, 1.0, 30.0])[:, None, None]
    out = linalg.matrix_exp(autograd.tensor(a))._a
    for x, y in zip(a, out, strict=True):
        expected = scipy.linalg.expm(x)
        np.testing.assert_allclose(y, expected, atol=1e-12 * np.abs(expected).max())


def test_matrix_exp_carries_nan_in_its_own_matrix():
    a = np.zeros((2, 2, 2))
    a[0, 0, 0] = math.nan
    out = linalg.matrix_exp(autograd.tensor(a))._a
    assert np.isnan(out[0]).any()
    close(out[1], np.eye(2))


def test_derivative_of_matrix_exp_is_scipys():
    a, g = numbers((4, 4)), numbers((4, 4))
    A = autograd.tensor(a, requires_grad=True)
    linalg.matrix_exp(A).backward(autograd.tensor(g))
    close(A.grad, scipy.linalg.expm_frechet(a.T, g, compute_expm=False))


# --- derivatives that depend on a choice ----------------------------------------------------------------------


@pytest.mark.parametrize("function", [lambda A: linalg.svd(A).U, lambda A: linalg.eigh(A).eigenvectors,
                                      lambda A: linalg.eig(A).eigenvectors])
def test_gradients_that_depend_on_phases_raise(function):
    A = T(3, 3, dtype=np.complex128).requires_grad_()
    with pytest.raises(RuntimeError, match="specified up to multiplication by"):
        autograd.real(function(A)).sum().backward()


def test_derivatives_that_are_not_defined_raise():
    A = T(4, 2).requires_grad_()
    with pytest.raises(NonDifferentiableError, match="not differentiable when mode='complete'"):
        linalg.qr(A, "complete").R.sum().backward()
    with pytest.raises(NonDifferentiableError, match="mode='r'"):
        linalg.qr(A, "r").R.sum().backward()
    with pytest.raises(NonDifferentiableError, match="geqrf"):
        autograd.geqrf(A).a.sum().backward()
    with pytest.raises(NonDifferentiableError, match="ldl_factor"):
        linalg.ldl_factor(T(2, 2).requires_grad_()).LD.sum().backward()


def test_gradient_among_symmetric_matrices_is_symmetric():
    a = numbers((3, 3))
    for function in (lambda x: linalg.cholesky(x).sum(), lambda x: linalg.eigvalsh(x)[0],
                     lambda x: (linalg.eigh(x).eigenvectors ** 2)[0].mul(autograd.arange(3.0).double()).sum()):
        A = autograd.tensor(a @ a.T + np.eye(3), requires_grad=True)
        function(A).backward()
        close(A.grad, A.grad.mT)


def test_equal_eigenvalues_have_a_gradient_where_vectors_are_not_used():
    A = autograd.eye(3, requires_grad=True)
    linalg.eigvalsh(A).sum().backward()
    close(A.grad, np.eye(3, dtype=np.float32))


# --- refusals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "name"), [
    (linalg.inv, "linalg.inv"), (linalg.det, "linalg.det"), (linalg.slogdet, "linalg.slogdet"),
    (autograd.logdet, "logdet"), (linalg.cholesky, "linalg.cholesky"), (linalg.eigh, "linalg.eigh"),
    (linalg.eigvalsh, "linalg.eigh"), (linalg.eigvals, "linalg.eigvals"), (linalg.matrix_exp, "linalg.matrix_exp")])
def test_square_matrices_are_required(function, name):
    raises(f"{name}: A must be batches of square matrices, but they are 2 by 3 matrices", lambda: function(T(2, 3)))
    raises(f"{name}: The input tensor A must have at least 2 dimensions.", lambda: function(T(2)))


@pytest.mark.parametrize("function", [linalg.inv, linalg.det, linalg.qr, linalg.svd, linalg.cholesky, linalg.lu,
                                      linalg.eigh, linalg.matrix_rank, linalg.cond])
def test_low_precision_and_integers_are_refused(function):
    raises("Got Half", lambda: function(autograd.eye(2).half()))
    raises("Expected a floating point or complex tensor as input. Got Long", lambda: function(autograd.eye(2).long()))


def test_systems_refuse():
    raises("Incompatible shapes of A and B for the equation AX = B (2x2 and 3x3)",
           lambda: linalg.solve(T(2, 2), T(3, 3)))
    raises("Incompatible shapes of A and B for the equation XA = B (2x2 and 2x3)",
           lambda: linalg.solve(T(2, 2), T(2, 3), left=False))
    raises("Expected A and B to have the same dtype, but found A of type Float and B of type Double instead",
           lambda: linalg.solve(T(2, 2, dtype=np.float32), T(2)))
    raises("linalg.solve_triangular: The input tensor B must have at least 2 dimensions.",
           lambda: linalg.solve_triangular(T(2, 2), T(2), upper=True))
    raises("must be Tensor, not list", lambda: linalg.solve([[1.0]], T(1)), TypeError)
    raises("qr received unrecognized mode 'x'", lambda: linalg.qr(T(2, 2), "x"))
    raises("Expected UPLO argument to be 'L' or 'U', but got x", lambda: linalg.eigh(T(2, 2), "x"))
    raises("`driver=` is only supported on CUDA", lambda: linalg.svd(T(2, 2), driver="gesvd"))
    raises("LU without pivoting is not implemented on the CPU", lambda: linalg.lu(T(2, 2), pivot=False))
    raises("Expected a strictly positive integer for 'ind', but got 0", lambda: linalg.tensorinv(T(2, 2), 0))
    raises("but got 4 != 6", lambda: linalg.tensorsolve(T(2, 3, 4), T(2, 3)))
    raises("argument 'n' (position 2) must be int, not float", lambda: autograd.matrix_power(T(2, 2), 1.5), TypeError)
    raises("inputs dimension -1 must have length 3. Got 3 and 4", lambda: linalg.cross(T(3), T(4)))
    raises("inputs must have the same number of dimensions", lambda: linalg.cross(T(2, 3), T(3)))
    raises("no dimension of size 3 in input", lambda: autograd.cross(T(2, 4), T(2, 4)))
    raises("N must be greater than 1.", lambda: linalg.vander(T(3), 1))


def test_values_that_are_not_finite():
    nan = autograd.full((2, 2), math.nan)
    raises("linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values.",
           lambda: linalg.svd(nan), linalg.LinAlgError)
    raises("input tensor should not contain infs or NaNs", lambda: linalg.eig(nan))
    assert np.isnan(linalg.inv(nan)._a).all()


# --- the rest -------------------------------------------------------------------------------------------------


def test_vectors_and_broadcast_batches():
    close(linalg.solve(T(4, 3, 3) + 3 * autograd.eye(3).double(), T(4, 3)).shape, (4, 3))
    close(linalg.solve(T(2, 1, 3, 3), T(4, 3, 2)).shape, (2, 4, 3, 2))
    a, b = numbers((3, 3)), numbers(3)
    close(linalg.solve(autograd.tensor(a), autograd.tensor(b)), np.linalg.solve(a, b))


def test_vander_is_numpys():
    x = numbers(4)
    close(linalg.vander(autograd.tensor(x), 3), np.vander(x, 3, increasing=True))
    assert linalg.vander(autograd.tensor([1, 2, 3])).tolist() == [[1, 1, 1], [1, 2, 4], [1, 3, 9]]


def test_named_results():
    result = linalg.svd(T(2, 2))
    U, S, Vh = result
    assert result.U is U and result.S is S and result.Vh is Vh
    assert repr(linalg.slogdet(autograd.eye(1))) == (
        "autograd.return_types.linalg_slogdet(\nsign=tensor(1.),\nlogabsdet=tensor(0.))")


def test_methods():
    A = autograd.tensor(numbers((3, 3)) + 3 * np.eye(3))
    close(A.inverse(), np.linalg.inv(A._a))
    close(A.det(), np.linalg.det(A._a))
    close(A.slogdet()[1], A.logdet())
    close(A.matrix_power(2), A @ A)
    close(A.pinverse(), A.inverse())
    close((A @ A.mT).cholesky(upper=True).mT, (A @ A.mT).cholesky())
    U, S, V = A.svd()
    close((U * S) @ V.mT, A)
    Q, R = A.qr()
    close(Q @ R, A)
    LU, pivots = A.lu()
    close(A.new_ones(3, 1), A @ A.new_ones(3, 1).lu_solve(LU, pivots))


def test_numpys_functions_on_tensors():
    a = numbers((3, 3)) + 3 * np.eye(3)
    A = autograd.tensor(a, requires_grad=True)
    for function in (np.linalg.inv, np.linalg.det, np.linalg.eigvals, np.linalg.pinv, np.linalg.cond, np.linalg.norm):
        out = function(A)
        assert out.requires_grad
        close(out.detach(), function(a))
    for function in (np.linalg.eigh, np.linalg.slogdet, np.linalg.svd, np.linalg.qr):
        for x, y in zip(function(A), function(a), strict=True):
            close(x.detach(), y)
    close(np.linalg.solve(A, A).detach(), np.eye(3))
    close(np.linalg.matrix_power(A, 3).detach(), np.linalg.matrix_power(a, 3))
