"""Indexing: against NumPy, where PyTorch differs from it, gathering and scattering, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag

X = np.arange(24.0).reshape(2, 3, 4)
I = [0, 2, 2]
MASK = X[0] % 3 == 0


def ours(index: object) -> object:
    """The index with its arrays as tensors."""
    if isinstance(index, tuple):
        return tuple(map(ours, index))
    return ag.tensor(index) if isinstance(index, np.ndarray) else index


@pytest.mark.parametrize("index", [
    0, -1, slice(None), slice(1, 3), slice(5, 2), slice(None, None, 2), None, ..., (), (0, 1, 2), (0, ..., -1),
    (slice(None), 0), (..., None), (None, 1, None), (..., slice(1, 3), 0), True, False, (True, 0),
    [0, 1, 0], ([0, 1],), (slice(None), I), (slice(None), I, I), (0, I), (I[:1], slice(None), I[:1]),
    np.array([[0, 1], [1, 0]]), (np.array(1), I), X > 5, MASK[:2, 0], (slice(None), MASK), (..., MASK[0]),
    (MASK[:2, 0], 0),
    ([0, 1], None, [0, 2]), (np.array([[0], [1]]), np.array([[0, 2]])), (..., np.array([3, 0])), np.int64(1),
    (np.array([True, False]), I[:1]), [], np.array([], np.int64), np.zeros((2, 3, 4), bool), range(2),
], ids=str)
def test_reading_like_numpy(index: object) -> None:
    expected = X[index if not isinstance(index, range) else list(index)]
    for way in (index, ours(index)):
        result = ag.tensor(X)[way]
        assert result.shape == expected.shape
        np.testing.assert_array_equal(result.numpy(), expected)


@given(hnp.basic_indices((4, 3, 5), allow_ellipsis=True, allow_newaxis=True), st.data())
@settings(max_examples=60, deadline=None)
def test_basic_indices_read_and_write_like_numpy(index, data) -> None:
    items = index if isinstance(index, tuple) else (index,)
    if any(isinstance(i, slice) and (i.step or 1) < 0 for i in items):
        return
    a = np.arange(60.0).reshape(4, 3, 5)
    t = ag.tensor(a)
    np.testing.assert_array_equal(t[index].numpy(), a[index])
    a[index] = -1.0
    t[index] = -1.0
    np.testing.assert_array_equal(t.numpy(), a)


@given(hnp.integer_array_indices((4, 3, 5), result_shape=hnp.array_shapes(max_dims=2, max_side=4)))
@settings(max_examples=60, deadline=None)
def test_arrays_read_and_differentiate_like_numpy(index) -> None:
    a = np.arange(60.0).reshape(4, 3, 5)
    t = ag.tensor(a, requires_grad=True)
    result = t[ours(index)]
    np.testing.assert_array_equal(result.detach().numpy(), a[index])
    g = np.arange(result.numel(), dtype=np.float64).reshape(result.shape)
    expected = np.zeros_like(a)
    np.add.at(expected, index, g)
    np.testing.assert_allclose(ag.grad(result, t, ag.tensor(g))[0].numpy(), expected)


def test_integers_between_arrays_select_first() -> None:
    """NumPy counts the integer among the arrays, and puts their dimensions in front."""
    assert ag.tensor(X)[0, :, I].shape == (3, 3)
    np.testing.assert_array_equal(ag.tensor(X)[0, :, I].numpy(), X[0][:, I])


def test_a_list_that_holds_more_than_numbers_is_a_tuple() -> None:
    assert ag.tensor(X)[[slice(0, 1), 1]].shape == (1, 4)
    np.testing.assert_array_equal(ag.tensor(X)[[[0, 1], [1, 0]]].numpy(), X[[0, 1], [1, 0]])


def test_bytes_are_masks() -> None:
    assert ag.tensor(X)[ag.tensor([1, 0], dtype=ag.uint8)].shape == (1, 3, 4)


@pytest.mark.parametrize(("index", "kind", "words"), [
    (5, IndexError, "index 5 is out of bounds for dimension 0 with size 2"),
    ((0, 0, -5), IndexError, "index -5 is out of bounds for dimension 2 with size 4"),
    ((0, 0, 0, 0), IndexError, "too many indices for tensor of dimension 3"),
    (([0], [0], [0], [0]), IndexError, "too many indices for tensor of dimension 3"),
    ([5], IndexError, "index 5 is out of bounds for dimension 0 with size 2"),
    (1.5, IndexError, r"only integers, slices .* are valid indices \(got float\)"),
    (np.array([1.5]), IndexError, "must be long, int, byte or bool tensors"),
    ("a", TypeError, "str"),
    (slice(None, None, -1), ValueError, "step must be greater than zero"),
    (slice(None, None, 0), ValueError, "slice step cannot be zero"),
    (np.array([True, False, True]), IndexError, r"shape of the mask \[3\] at index 0 does not match"),
    (([0, 1], [0, 1, 2]), IndexError, "shape mismatch: indexing tensors could not be broadcast together"),
    ({0}, IndexError, "valid indices"),
], ids=str)
def test_refusals(index: object, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        ag.tensor(X)[ours(index)]


def test_a_0d_tensor_has_no_elements_to_index() -> None:
    with pytest.raises(IndexError):
        ag.tensor(1.0)[0]


# --- assignment -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "shape"), [
    (0, (4,)), ((slice(None), 1), (2, 4)), ([0, 1], (3, 4)), ((0, I[:2]), (4,)), (MASK, None), (X > 5, None),
    (..., (1, 1, 4)),
    ((slice(None), MASK), None), ((0, 1, 2), ()), ((slice(1), I[:2], 0), (2,)), (slice(None), (1, 1, 2, 3, 4)),
], ids=str)
def test_writing_like_numpy(index: object, shape: tuple[int, ...] | None) -> None:
    if isinstance(index, np.ndarray) and index.ndim == 2:
        index = (0, index)
    value = np.array(7.0) if shape is None else -np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    expected = X.copy()
    expected[index] = value
    t = ag.tensor(X)
    t[ours(index)] = ag.tensor(value)
    np.testing.assert_array_equal(t.numpy(), expected)


def test_values_are_converted() -> None:
    t = ag.zeros(3, dtype=ag.int64)
    t[0] = 1.7
    t[1] = ag.tensor(2.7)
    t[[2]] = True
    assert t.tolist() == [1, 2, 1]
    b = ag.zeros(2, dtype=ag.uint8)
    b[0] = -1
    assert b.tolist() == [255, 0]


@pytest.mark.parametrize(("value", "kind", "words"), [
    ([1.0, 2.0, 3.0], TypeError, "can't assign a list"), ("a", TypeError, "can't assign a str"),
    (1j, RuntimeError, "without overflow"), (None, TypeError, "can't assign a NoneType"),
])
def test_values_that_are_refused(value: object, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        ag.zeros(3)[0] = value
    with pytest.raises(kind, match=words):
        ag.zeros(3)[[0]] = value


def test_advanced_assignment_wants_equal_types() -> None:
    with pytest.raises(RuntimeError, match="source and destination dtypes match, got Long for"):
        ag.zeros(3, dtype=ag.int64)[[0]] = ag.tensor([1.5])


# --- gathering and scattering -----------------------------------------------------------------------------


def test_gather_and_its_relatives_like_numpy() -> None:
    index = np.array([[0, 2, 1, 2], [1, 1, 0, 0]])
    gathered = ag.tensor(X[0]).gather(0, ag.tensor(index))
    np.testing.assert_array_equal(gathered.numpy(), np.take_along_axis(X[0], index, 0))
    np.testing.assert_array_equal(ag.tensor(X).take(ag.tensor([0, -1, 5])).numpy(), X.take([0, -1, 5]))
    np.testing.assert_array_equal(ag.tensor(X).index_select(2, ag.tensor(I)).numpy(), X.take(I, 2))
    np.testing.assert_array_equal(ag.tensor(X).T.gather(0, ag.tensor(index[:1, :1, None])).numpy(), X.T[:1, :1, :1])


@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("dim", [0, 1])
def test_scatter_reduce_by_hand(reduce: str, include_self: bool, dim: int) -> None:
    rng = np.random.default_rng(0)
    base, src = rng.normal(size=(3, 4)), rng.normal(size=(2, 3))
    index = rng.integers(0, 3, (2, 3))
    expected = base.copy()
    groups: dict[tuple[int, ...], list[float]] = {}
    for at in np.ndindex(2, 3):
        groups.setdefault((int(index[at]), at[1]) if dim == 0 else (at[0], int(index[at])), []).append(src[at])
    combine = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}[reduce]
    for at, values in groups.items():
        expected[at] = combine([base[at], *values] if include_self else values)
    result = ag.tensor(base).scatter_reduce(dim, ag.tensor(index), ag.tensor(src), reduce, include_self=include_self)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-14)


def test_extremes_share_their_gradient() -> None:
    x = ag.tensor([5.0, 1.0], requires_grad=True)
    s = ag.tensor([5.0, 5.0, 0.0], requires_grad=True)
    x.scatter_reduce(0, ag.tensor([0, 0, 1]), s, "amax").sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [1 / 3, 1])
    np.testing.assert_allclose(s.grad.numpy(), [1 / 3, 1 / 3, 0])


def test_products_through_zeros() -> None:
    s = ag.tensor([0.0, 2.0, 3.0, 0.0, 0.0], dtype=ag.float64, requires_grad=True)
    result = ag.ones(2, dtype=ag.float64).scatter_reduce(0, ag.tensor([0, 0, 0, 1, 1]), s, "prod")
    g, = ag.grad(result.sum(), s, create_graph=True)
    assert g.tolist() == [6.0, 0.0, 0.0, 0.0, 0.0]
    with pytest.raises(ag.errors.NonDifferentiableError, match="when >1 zeros in src"):
        g.sum().backward()


def test_wider_sources_are_cut_and_get_zero_gradients() -> None:
    s = ag.ones(2, 3, requires_grad=True)
    ag.zeros(2, 3).scatter_add(1, ag.tensor([[0, 0]]), s).sum().backward()
    assert s.grad.tolist() == [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]


def test_repeated_indices_add_up() -> None:
    x = ag.zeros(3).index_add(0, ag.tensor([1, 1, 0]), ag.tensor([1.0, 2.0, 4.0]), alpha=2)
    assert x.tolist() == [8.0, 6.0, 0.0]
    assert ag.zeros(2).index_put((ag.tensor([1, 1]),), ag.tensor([1.0, 2.0]), accumulate=True).tolist() == [0.0, 3.0]
    assert ag.zeros(2, dtype=ag.float16).scatter_add(
        0, ag.zeros(4096, dtype=ag.int64), ag.ones(4096, dtype=ag.float16)).tolist() == [4096.0, 0.0]


@pytest.mark.parametrize("into", [lambda t: t, lambda t: t.T, lambda t: ag.zeros(8, 8)[::2, ::2]],
                         ids=["plain", "transposed", "strided"])
def test_in_place_forms_write_the_same_into_any_layout(into) -> None:
    i, src = ag.tensor([[0, 1, 2, 3], [3, 3, 0, 0]]), ag.arange(8.0).reshape(2, 4) + 1
    for name, args in {
        "scatter": (0, i, src), "scatter_add": (0, i, src), "scatter_reduce": (0, i, src, "amax"),
        "index_add": (0, i[0, :2], src), "index_copy": (1, i[0], ag.ones(4, 4)), "index_fill": (1, i[0, 1:3], 2.0),
        "masked_fill": (i[0] > 1, 3.0), "masked_scatter": (i[0] > 1, ag.arange(16.0)), "put": (i, src),
        "index_put": ((i[0], i[1]), ag.tensor(9.0)), "index_reduce": (0, i[0, :2], src, "mean"),
    }.items():
        t = into(ag.zeros(4, 4))
        memory = t._a
        expected = getattr(t, name)(*args).tolist()
        assert getattr(t, name + "_")(*args) is t and t._a is memory
        assert t.tolist() == expected, name
        assert t._version == 1


@pytest.mark.parametrize(("call", "kind", "words"), [
    (lambda x: x.gather(0, ag.tensor([0])), RuntimeError, "same number of dimensions"),
    (lambda x: x.gather(0, ag.tensor([[5]])), RuntimeError, "index 5 is out of bounds for dimension 0 with size 2"),
    (lambda x: x.gather(0, ag.tensor([[-1]])), RuntimeError, "index -1 is out of bounds"),
    (lambda x: x.gather(0, ag.tensor([[0.0]])), RuntimeError, "Expected dtype int32/int64"),
    (lambda x: x.gather(1, ag.tensor([[0], [0], [0]])), RuntimeError, "Size does not match at dimension 0"),
    (lambda x: x.scatter(0, ag.tensor([[0, 1]]), ag.ones(1, 1)), RuntimeError, r"no larger size than src \[1, 1\]"),
    (lambda x: x.scatter(0, ag.tensor([[0]]), ag.tensor([[1]])), RuntimeError, "self.dtype to be equal to src.dtype"),
    (lambda x: x.scatter(0, ag.tensor([[0]]), 1.0, reduce="max"), RuntimeError, "add or multiply"),
    (lambda x: x.scatter_reduce(0, ag.tensor([[0]]), x, "max"), RuntimeError, "sum, prod, mean, amax or amin, got max"),
    (lambda x: x.index_reduce(0, ag.tensor([0, 1]), x, "sum"), RuntimeError, "prod, mean, amax or amin but got sum"),
    (lambda x: x.index_select(0, ag.tensor([2])), IndexError, "index out of range"),
    (lambda x: x.index_select(0, ag.tensor([[0]])), IndexError, "supposed to be a vector"),
    (lambda x: x.index_add(0, ag.tensor([0]), x), RuntimeError, "must match self tensor shape"),
    (lambda x: x.index_copy(0, ag.tensor([0]), x), IndexError, r"Number of indices \(1\) should be equal"),
    (lambda x: x.index_fill(0, ag.tensor([0.0]), 1.0), IndexError, "for index"),
    (lambda x: x.take(ag.tensor([6])), IndexError, "tried to access index 6 on a tensor of 6 elements"),
    (lambda x: x.put(ag.tensor([0, 1]), ag.ones(1)), IndexError, "same number of elements"),
    (lambda x: x.masked_fill(ag.tensor([0, 1, 0]), 1.0), RuntimeError, "boolean masks"),
    (lambda x: x.masked_fill(x > 0, ag.ones(2)), RuntimeError, "0-dimensional value tensor"),
    (lambda x: x.masked_select(x), RuntimeError, "expected BoolTensor"),
    (lambda x: x.masked_scatter(x == 0, ag.ones(5)), RuntimeError, "elements of source < number of ones in mask"),
    (lambda x: x.index_put((ag.tensor([0]),), ag.tensor([1])), RuntimeError, "dtypes match"),
    (lambda x: x.index_put((ag.tensor([0]),), 1.0), TypeError, "must be Tensor"),
    (lambda x: x.select(0, 2), IndexError, "index 2 out of range"),
    (lambda x: x.narrow(1, 2, 2), RuntimeError, "exceeds dimension size"),
    (lambda x: x.select_scatter(ag.ones(2), 0, 0), RuntimeError, "size equal to the slice"),
    (lambda x: x.take_along_dim(ag.tensor([0]), 1), RuntimeError, "same number of dimensions"),
], ids=range(27))
def test_what_gathering_and_scattering_refuse(call, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        call(ag.zeros(2, 3))
