"""Linear algebra: singular matrices, least squares, and norms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matrices import TYPES, T, close, numbers, raises

import autograd
from autograd import linalg

# --- singular matrices ----------------------------------------------------------------------------------------


ONES = autograd.ones(2, 2)
SECOND = autograd.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]])


def test_singular_matrices_raise():
    text = "The diagonal element 2 is zero, the inversion could not be completed because the input matrix is singular."
    raises(f"linalg.inv: {text}", lambda: linalg.inv(ONES), linalg.LinAlgError)
    raises(f"linalg.inv: (Batch element 1): {text}", lambda: linalg.inv(SECOND), linalg.LinAlgError)
    raises("linalg.solve: (Batch element 1): The solver failed because the input matrix is singular.",
           lambda: linalg.solve(SECOND, autograd.ones(2, 1)), linalg.LinAlgError)
    raises("linalg.solve_ex: The solver failed", lambda: linalg.solve_ex(ONES, ONES, check_errors=True),
           linalg.LinAlgError)
    raises("linalg.inv_ex: The diagonal element 2", lambda: linalg.inv_ex(ONES, check_errors=True),
           linalg.LinAlgError)
    raises("linalg.lu_factor: U[2,2] is zero", lambda: linalg.lu_factor(ONES))
    raises("(the leading minor of order 2 is not positive-definite)", lambda: linalg.cholesky(ONES), linalg.LinAlgError)
    raises("linalg.cholesky: (Batch element 1): The factorization could not be completed because the input is not "
           "positive-definite (the leading minor of order 2", lambda: linalg.cholesky(SECOND), linalg.LinAlgError)
    raises("leading minor of order 1", lambda: linalg.cholesky(autograd.full((2, 2), math.nan)), linalg.LinAlgError)
    assert issubclass(linalg.LinAlgError, RuntimeError)


def test_checked_forms_say_it_in_numbers():
    assert linalg.inv_ex(SECOND).info.tolist() == [0, 2]
    close(linalg.inv_ex(SECOND).inverse[0], np.eye(2, dtype=np.float32))
    assert np.isinf(linalg.inv_ex(SECOND).inverse._a[1]).all()
    assert linalg.solve_ex(SECOND, ONES).info.tolist() == [0, 2]
    assert linalg.cholesky_ex(SECOND).info.tolist() == [0, 2]
    assert linalg.lu_factor_ex(SECOND).info.tolist() == [0, 2]
    assert linalg.inv_ex(ONES).info.dtype is autograd.int32


def test_singular_determinants():
    assert linalg.det(ONES).item() == 0
    sign, log = linalg.slogdet(ONES)
    assert sign.item() == 0 and log.item() == -math.inf
    assert autograd.logdet(ONES).item() == -math.inf
    assert math.isnan(autograd.logdet(-autograd.eye(1)).item())


@pytest.mark.parametrize("matrix", [np.outer([1.0, 2, 3], [1, 2, 3]), np.diag([1.0, 2, 0]), np.zeros((3, 3)),
                                    np.array([[0.0, 1], [0, 0]]), np.zeros((1, 1)), np.array([[0.0, 2], [3, 0]])])
@pytest.mark.parametrize("dtype", TYPES)
def test_determinant_has_a_derivative_at_singular_matrices(matrix, dtype):
    A = autograd.tensor(matrix.astype(dtype), requires_grad=True)
    linalg.det(A).backward(autograd.ones((), dtype=A.dtype))
    n = len(matrix)
    cofactors = [[(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(matrix, i, 0), j, 1)) for j in range(n)]
                 for i in range(n)]
    np.testing.assert_allclose(A.grad._a, cofactors, atol=1e-6 if dtype in (np.float32, np.complex64) else 1e-13)


def test_rank_deficient_pseudoinverse():
    a = numbers((4, 2)) @ numbers((2, 3))
    P = linalg.pinv(autograd.tensor(a))._a
    close(a @ P @ a, a)
    close(P @ a @ P, P)
    close(a @ P, (a @ P).T)
    close(P @ a, (P @ a).T)
    assert linalg.matrix_rank(autograd.tensor(a)).item() == 2
    assert linalg.matrix_rank(autograd.tensor(a @ a.T), hermitian=True).item() == 2


def test_cutoffs():
    A = autograd.tensor(np.diag([10.0, 1.0, 0.1]))
    assert linalg.matrix_rank(A, atol=0.5).item() == 2
    assert linalg.matrix_rank(A, rtol=0.2).item() == 1
    assert linalg.matrix_rank(A, 0.05).item() == 3
    assert linalg.matrix_rank(A, atol=0.5, rtol=0.2).item() == 1
    both = autograd.stack([A, A])
    assert linalg.matrix_rank(both, atol=autograd.tensor([0.5, 0.05], dtype=autograd.float64)).tolist() == [2, 3]
    close(linalg.pinv(A, rtol=0.2), np.diag([0.1, 0, 0]))
    close(linalg.pinv(A, 0.05), np.diag([0.1, 1, 0]))


# --- least squares --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("m", "n"), [(5, 3), (3, 5), (3, 3)])
def test_lstsq(m, n, dtype):
    a, b = numbers((2, m, n), dtype), numbers((2, m, 4), dtype)
    result = linalg.lstsq(autograd.tensor(a), autograd.tensor(b), driver="gelsd")
    close(result.solution, np.linalg.pinv(a) @ b)
    assert result.rank.tolist() == [min(m, n)] * 2
    close(result.singular_values, np.linalg.svd(a, compute_uv=False))
    if m > n:
        close(result.residuals, (np.abs(a @ result.solution._a - b) ** 2).sum(-2))
    else:
        assert result.residuals.numel() == 0


def test_what_lstsq_returns_depends_on_the_driver():
    A, B = T(4, 2), T(4, 3)
    sizes = {driver: [t.numel() for t in linalg.lstsq(A, B, driver=driver)[1:]]
             for driver in (None, "gels", "gelsy", "gelsd", "gelss")}
    assert sizes == {None: [0, 1, 0], "gelsy": [0, 1, 0], "gels": [3, 0, 0], "gelsd": [3, 1, 2], "gelss": [3, 1, 2]}
    assert linalg.lstsq(autograd.ones(4, 2), autograd.ones(4, 1), driver="gelsd").residuals.numel() == 0
    raises("parameter `driver` should be one of (gels, gelsy, gelsd, gelss)", lambda: linalg.lstsq(A, B, driver="x"))
    raises("input.size(-2) should match other.size(-2)", lambda: linalg.lstsq(A, T(3, 3)))


# --- norms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", TYPES)
def test_matrix_norms_are_numpys(order, dtype):
    a = numbers((2, 3, 4), dtype)
    for dim, keepdim in (((-2, -1), False), ((0, 1), True), ((2, 0), False)):
        out = linalg.matrix_norm(autograd.tensor(a), order, dim, keepdim)
        expected = np.linalg.norm(a, order, dim, keepdim)
        assert out.shape == expected.shape and out._a.dtype == a.real.dtype
        close(out, expected)
    close(linalg.norm(autograd.tensor(a[0]), order), np.linalg.norm(a[0], order))


def test_norm_of_nothing():
    for order in ("fro", "nuc", 1, 2, math.inf):
        assert linalg.matrix_norm(autograd.zeros(0, 0), order).item() == 0
    raises("non-zero size", lambda: linalg.matrix_norm(autograd.zeros(0, 0), -2), IndexError)


def test_norms_refuse():
    A = T(2, 3, 4)
    raises("linalg.matrix_norm: Order x not supported.", lambda: linalg.matrix_norm(A, "x"))
    raises("linalg.matrix_norm: Order 3 not supported.", lambda: linalg.matrix_norm(A, 3))
    raises("dims must be different. Got (0, 0)", lambda: linalg.matrix_norm(A, dim=(0, 0)))
    raises("dim must be a 2-tuple. Got 0", lambda: linalg.matrix_norm(A, dim=(0,)))
    raises("If dim is not specified but ord is, the input must be 1D or 2D. Got 3D.", lambda: linalg.norm(A, 2))
    raises("If dim is specified, it must be of length 1 or 2. Got [0, 1, 2]", lambda: linalg.norm(A, dim=(0, 1, 2)))
    raises("the dtype of the input (Double) should be convertible without narrowing to the specified dtype (Float)",
           lambda: linalg.matrix_norm(A, dtype=autograd.float32))
    raises("dtype should be floating point or complex, but got Long",
           lambda: linalg.matrix_norm(A, dtype=autograd.int64))
    raises("linalg.cond got an invalid norm type: 3", lambda: linalg.cond(T(2, 2), 3))
    raises("linalg.cond(ord=1): A must be batches of square matrices", lambda: linalg.cond(T(2, 3), 1))


def test_condition_of_singular_matrices():
    assert linalg.cond(ONES, 1).item() == math.inf
    assert linalg.cond(ONES).item() > 1e7
    assert math.isnan(linalg.cond(ONES * 0).item())
    close(linalg.cond(SECOND, "fro"), [2.0, math.inf])
