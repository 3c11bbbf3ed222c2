"""Products: which shapes go together, what they cost in the graph, and what is said where they do not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import autograd
from autograd import linalg

RNG = np.random.default_rng(0)


def T(*shape, dtype=np.float64):
    return autograd.tensor(RNG.standard_normal(shape).astype(dtype))


def raises(message, call, kind=RuntimeError):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)


BATCHES = [(), (1,), (4,), (3, 1), (3, 4)]


@pytest.mark.parametrize("left", [(3,), *[(*b, 2, 3) for b in BATCHES]])
@pytest.mark.parametrize("right", [(3,), *[(*b, 3, 5) for b in BATCHES]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.int64])
def test_matmul_is_numpys(left, right, dtype):
    a = (RNG.standard_normal(left) * 5).astype(dtype)
    b = (RNG.standard_normal(right) * 5).astype(dtype)
    out = autograd.tensor(a) @ autograd.tensor(b)
    expected = np.matmul(a, b)
    assert out._a.dtype == dtype
    np.testing.assert_allclose(out._a, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("left", "right"), [((0, 3), (3, 2)), ((2, 0), (0, 3)), ((4, 2, 0), (0, 3)), ((2, 0), (0,)),
                                             ((0, 2, 3), (3,)), ((0, 2, 3), (0, 3, 1)), ((0,), (0,))])
def test_matmul_of_nothing(left, right):
    a, b = T(*left).requires_grad_(), T(*right).requires_grad_()
    out = a @ b
    np.testing.assert_array_equal(out._a, np.zeros(np.matmul(a._a, b._a).shape))
    out.sum().backward()
    assert a.grad.shape == a.shape and b.grad.shape == b.shape
    assert not a.grad._a.any() and not b.grad._a.any()


def test_outer_product_keeps_infinities_where_a_sum_of_one_term_does():
    a, b = autograd.tensor([[math.inf], [1.0]]), autograd.tensor([[0.0, 2.0]])
    assert np.array_equal((a @ b)._a, [[np.nan, np.inf], [0, 2]], equal_nan=True)


def test_half_precision_rounds_once():
    a = autograd.tensor(np.full((1, 4096), 1.0, np.float16))
    out = a @ a.mT
    assert out.dtype is autograd.float16 and out.item() == 4096.0


def test_matmul_refuses():
    raises("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)", lambda: T(2, 3) @ T(4, 5))
    raises("mat1 and mat2 shapes cannot be multiplied (4x3 and 4x5)", lambda: T(2, 2, 3) @ T(4, 5))
    raises("size mismatch, got input (2), mat (2x3), vec (4)", lambda: T(2, 3) @ T(4))
    raises("inconsistent tensor size, expected tensor [3] and src [4]", lambda: T(3) @ T(4))
    raises("Expected size for first two dimensions of batch2 tensor to be: [2, 3] but got: [2, 4].",
           lambda: T(2, 2, 3) @ T(2, 4, 5))
    raises("The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
           lambda: T(2, 2, 3) @ T(3, 3, 5))
    raises("both arguments to matmul need to be at least 1D, but they are 0D and 1D", lambda: T() @ T(3))
    raises("expected m1 and m2 to have the same dtype, but got: float != double",
           lambda: T(2, 3, dtype=np.float32) @ T(3, 5))
    raises("expected both vectors to have same dtype, but found Float and Double",
           lambda: T(3, dtype=np.float32) @ T(3))
    raises("not implemented for 'Bool'", lambda: autograd.ones(2, 2).bool() @ autograd.ones(2, 2).bool(),
           NotImplementedError)
    raises("must be Tensor", lambda: autograd.matmul(T(2, 2), 3.0), TypeError)


def test_shape_error_names_the_call():
    raises("in matmul(input: float64 [2, 3], other: float64 [4, 5])", lambda: T(2, 3) @ T(4, 5))


def test_narrow_products_check_ranks():
    raises("self must be a matrix", lambda: autograd.mm(T(3), T(3, 2)))
    raises("mat2 must be a matrix", lambda: autograd.mm(T(2, 3), T(3)))
    raises("batch1 must be a 3D tensor", lambda: autograd.bmm(T(2, 3), T(2, 3, 2)))
    raises("to be: [1, 3] but got: [2, 3].", lambda: autograd.bmm(T(1, 2, 3), T(2, 3, 2)))
    raises("vector + matrix @ vector expected, got 1, 1, 1", lambda: autograd.mv(T(3), T(3)))
    raises("1D tensors expected, but got 2D and 1D tensors", lambda: autograd.dot(T(2, 2), T(2)))
    raises("outer: Expected 1-D argument vec2, but got 2-D", lambda: autograd.outer(T(2), T(2, 2)))
    raises("the last dimension must match on both input tensors but got shapes [2, 3] and [4, 5]",
           lambda: autograd.inner(T(2, 3), T(4, 5)))


def test_beta_of_zero_ignores_the_input():
    nan = autograd.full((2, 2), math.nan)
    eye = autograd.eye(2)
    assert autograd.equal(autograd.addmm(nan, eye, eye, beta=0), eye)
    assert not autograd.equal(autograd.addmm(nan, eye, eye, alpha=0), nan * 0 + eye)


def test_added_to_must_expand():
    raises("must match the existing size (7)", lambda: autograd.addmm(T(7), T(2, 3), T(3, 5)))
    raises("self and mat2 must have the same dtype, but got Double and Float",
           lambda: autograd.addmm(T(5), T(2, 3, dtype=np.float32), T(3, 5, dtype=np.float32)))
    ones = autograd.ones(2).long()
    raises("argument alpha must not be a floating point number", lambda: autograd.addr(ones, ones, ones, alpha=0.5))


def test_vdot_conjugates_the_first():
    a = autograd.tensor([1j, 2.0])
    assert autograd.vdot(a, a).item() == 5
    assert autograd.dot(a, a).item() == 3
    assert linalg.vecdot(a, a).item() == 5


def test_gradient_of_a_complex_product_is_the_conjugate_wirtinger_derivative():
    # L = |z w|^2 = |z|^2 |w|^2, dL/dz* = z |w|^2, and PyTorch's gradient is twice that.
    z, w = (autograd.tensor([[c]], requires_grad=True) for c in (1 + 2j, 3 - 1j))
    ((z @ w).abs() ** 2).sum().backward()
    np.testing.assert_allclose(z.grad._a, 2 * z.detach()._a * 10, rtol=1e-5)


# --- chains ---------------------------------------------------------------------------------------------------


def test_multi_dot_takes_the_cheapest_order():
    shapes = [(30, 2), (2, 40), (40, 3), (3, 25)]
    tensors = [T(*s).requires_grad_() for s in shapes]
    out = linalg.multi_dot(tensors)
    np.testing.assert_allclose(out._a, np.linalg.multi_dot([t._a for t in tensors]), rtol=1e-12)

    def products(node):
        found = [node] if node.name() == "MatmulBackward0" else []
        return found + [p for parent, _ in node.next_functions if parent is not None for p in products(parent)]

    # The last product is (30, 2) by ((2, 40) by (40, 3)) by (3, 25), from the right.
    assert [n.shape for n in products(out.grad_fn)] == [(30, 25), (2, 25), (2, 3)]


def test_multi_dot_refuses():
    raises("expected at least 2 tensors but got 1", lambda: linalg.multi_dot([T(2, 3)]))
    raises("tensors 1 and 2 with shapes [3, 4] and [5, 5] cannot be multiplied",
           lambda: linalg.multi_dot([T(2, 3), T(3, 4), T(5, 5)]))
    raises("the first tensor must be 1D or 2D but got 3D", lambda: linalg.multi_dot([T(2, 3, 4), T(3, 5)]))
    raises("tensor 1 must be 2D but got 1D", lambda: linalg.multi_dot([T(2, 3), T(3), T(3, 5)]))


def test_tensordot_refuses():
    raises("expects dims >= 0, but got dims=-1", lambda: autograd.tensordot(T(2), T(2), -1))
    raises("expects dims < ndim_a or ndim_b, but got dims=5", lambda: autograd.tensordot(T(2), T(2), 5))
    raises("first has size 3 in dim 1 and second has size 5 in dim 0",
           lambda: autograd.tensordot(T(2, 3), T(5, 3), ([1], [0])))
    raises("both dimension lists should have same length", lambda: autograd.tensordot(T(2, 3), T(3, 2), ([1], [0, 1])))
    raises("both inputs should have same dtype", lambda: autograd.tensordot(T(2), T(2, dtype=np.float32), 1))


@pytest.mark.parametrize("shapes", list(itertools.product([(), (2,), (2, 3), (2, 1, 3)], repeat=2)))
def test_kron_is_numpys(shapes):
    a, b = T(*shapes[0]), T(*shapes[1])
    np.testing.assert_array_equal(autograd.kron(a, b)._a, np.kron(a._a, b._a))


# --- einsum ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("equation", "shapes"), [
    ("ij,jk", [(2, 3), (3, 4)]), ("ba", [(2, 3)]), ("aB,Bc", [(2, 3), (3, 4)]), ("ijij", [(2, 3, 2, 3)]),
    ("iii->i", [(3, 3, 3)]), ("...i,...i->...", [(2, 4, 3), (4, 3)]), ("...ij->...ji", [(4, 2, 3)]),
    ("i...j,jk->...ik", [(2, 5, 3), (3, 4)]), ("ab,cd,ef", [(2, 3), (2, 2), (3, 2)]),
    ("ijk,ilk->ijl", [(5, 2, 3), (5, 4, 3)]), ("abcd,cdef->abef", [(2, 3, 2, 2), (2, 2, 3, 2)]),
    ("abcd,dcef->feab", [(2, 3, 4, 5), (5, 4, 3, 2)]),
    ("ij,ik,il->jkl", [(2, 3), (2, 4), (2, 5)]), ("", [()]), (" i j , j -> i ", [(2, 3), (3,)]),
])
def test_einsum_is_numpys(equation, shapes):
    tensors = [T(*s) for s in shapes]
    np.testing.assert_allclose(autograd.einsum(equation, *tensors)._a,
                               np.einsum(equation.replace(" ", ""), *[t._a for t in tensors]), rtol=1e-12, atol=1e-12)


def test_einsum_of_one_size_broadcasts():
    a, b = T(2, 3), T(1, 3)
    np.testing.assert_allclose(autograd.einsum("ij,ij->ij", a, b)._a, a._a * b._a)
    np.testing.assert_allclose(autograd.einsum("ij,jk->ik", T(2, 1), b.T)._a.shape, (2, 1))


def test_einsum_of_a_matrix_product_is_one_node():
    out = autograd.einsum("ij,jk->ik", T(2, 3).requires_grad_(), T(3, 4))
    assert out.grad_fn.name() == "MatmulBackward0"
    assert next(n for n, _ in out.grad_fn.next_functions if n is not None).name() == "AccumulateGrad"


def test_einsum_types():
    ones = autograd.ones(2, 3)
    assert autograd.einsum("ij->i", ones.int()).dtype is autograd.int64
    assert autograd.einsum("ij,ij->ij", ones, ones.double()).dtype is autograd.float64


@pytest.mark.parametrize(("equation", "shapes", "message"), [
    ("ij,jk->l", [(2, 3), (3, 4)], "output subscript l does not appear in the equation for any input operand"),
    ("ij,jk->ii", [(2, 3), (3, 4)], "output subscript i appears more than once in the output"),
    ("ij", [(2, 3), (3, 4)], "more operands were provided than specified in the equation"),
    ("ij,jk", [(2, 3)], "fewer operands were provided than specified in the equation"),
    ("ijk", [(2, 3)], "(3) does not match the number of dimensions (2) for operand 0 and no ellipsis was given"),
    ("ij,ij", [(2, 3), (3, 4)], "subscript i has size 3 for operand 1 which does not broadcast with previously"),
    ("i1,ij", [(2, 3), (3, 4)], "invalid subscript given at index 1 in the equation string"),
    ("ij,j1", [(2, 3), (3, 4)], "invalid subscript given at index 4 in the equation string"),
    ("ij->j-", [(2, 3)], "invalid subscript given at index 5 in the equation string"),
    ("i.j", [(2, 3)], "found '.' for operand 0 that is not part of any ellipsis"),
    ("...i...", [(2, 3)], "found '.' for operand 0 for which an ellipsis was already found"),
    ("ii", [(3, 2)], "subscript i is repeated for operand 0 but the sizes don't match, 2 != 3"),
    ("...,...", [(2, 3), (4,)], "which does not broadcast with previously seen size 3"),
])
def test_einsum_refuses(equation, shapes, message):
    raises(message, lambda: autograd.einsum(equation, *[T(*s) for s in shapes]))


def test_einsum_refuses_what_is_no_equation():
    raises("must specify the equation string and at least one operand", lambda: autograd.einsum("ij"), ValueError)
    raises("must be str, not int", lambda: autograd.einsum(3, T(2)), TypeError)
    raises("expected Tensor as element 0", lambda: autograd.einsum("i", 1.0), TypeError)
    raises("not within the valid range [0, 52)", lambda: autograd.einsum(T(2, 3), [0, 52]), ValueError)


# --- distances ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, math.inf])
def test_distance_of_equal_rows_has_zero_gradient(p):
    x = autograd.tensor([[1.0, 2.0], [3.0, 5.0]], dtype=autograd.float64, requires_grad=True)
    d = autograd.cdist(x, x.detach(), p)
    d.diagonal().sum().backward()
    assert not x.grad._a.any()
    assert not d.diagonal().detach()._a.any()


def test_distances_in_blocks(monkeypatch):
    from autograd.kernels import distance
    x, y = RNG.standard_normal((7, 3)), RNG.standard_normal((5, 3))
    whole = distance.cdist(x, y, 3.0, False)
    monkeypatch.setattr(distance, "_BLOCK", 31)
    np.testing.assert_array_equal(distance.cdist(x, y, 3.0, False), whole)


def test_euclidean_distances_by_product_are_close():
    x, y = T(30, 4), T(40, 4)
    np.testing.assert_allclose(autograd.cdist(x, y)._a,
                               autograd.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")._a, rtol=1e-9)


def test_cdist_refuses():
    raises("X1 and X2 must have the same number of columns. X1: 3 X2: 5", lambda: autograd.cdist(T(2, 3), T(4, 5)))
    raises("cdist only supports at least 2D tensors, X1 got: 1D", lambda: autograd.cdist(T(3), T(4, 3)))
    raises("cdist only supports non-negative p values", lambda: autograd.cdist(T(2, 3), T(4, 3), p=-1))
    raises("bla is not a valid value for compute_mode", lambda: autograd.cdist(T(2, 3), T(4, 3), compute_mode="bla"),
           ValueError)
    raises("pdist only supports 2D tensors, got: 3D", lambda: autograd.pdist(T(2, 3, 4)))
