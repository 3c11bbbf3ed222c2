"""Comparisons, choosing, logical and bitwise operations."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd import tensor

INF, NAN = math.inf, math.nan
f32, f64 = autograd.float32, autograd.float64
i32, i64, u8, b = autograd.int32, autograd.int64, autograd.uint8, autograd.bool


# --- comparing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("op", "expected"), [
    ("eq", [False, True, False]), ("ne", [True, False, True]), ("lt", [True, False, False]),
    ("le", [True, True, False]), ("gt", [False, False, True]), ("ge", [False, True, True]),
])
def test_comparison(op, expected) -> None:
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    for other in (2, 2.0, tensor(2), tensor([2.0]), np.array([2.0])):
        found = getattr(autograd, op)(x, other)
        assert found.tolist() == expected and found.dtype is b and not found.requires_grad
    assert getattr(x, f"__{op}__")(2).tolist() == expected


def test_the_type_of_numbers_is_not_lost() -> None:
    assert (tensor([1, 2]) == 1.5).tolist() == [False, False]
    assert (tensor([1, 2]) < 1.5).tolist() == [True, False]
    assert (2 > tensor([1, 2])).tolist() == [True, False]  # noqa: SIM300
    assert (tensor([250], dtype=u8) > tensor([-1])).tolist() == [True]


def test_nan_equals_nothing() -> None:
    x = tensor([NAN])
    assert not (x == x).item() and (x != x).item() and not (x < x).item()


def test_other_objects() -> None:
    x = tensor([1.0])
    assert (x == None) is False and (x != None) is True  # noqa: E711
    assert (x == "a") is False and ({} != x) is True  # noqa: SIM300
    assert x not in [None, "a"][:0]
    with pytest.raises(TypeError):
        x < None  # noqa: B015
    with pytest.raises(TypeError):
        autograd.eq(x, None)

    class Answer:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None

    assert (x == Answer()) is True


def test_complex_numbers_have_no_order() -> None:
    z = tensor([1j])
    assert (z == z).tolist() == [True]
    with pytest.raises(NotImplementedError, match="lt"):
        z < z  # noqa: B015


def test_in_place_comparison_writes_zeros_and_ones() -> None:
    x = tensor([1.0, 2.0])
    assert x.eq_(2).tolist() == [0.0, 1.0] and x.dtype is f32


# --- of whole tensors -------------------------------------------------------------------------------------


def test_equal() -> None:
    assert autograd.equal(tensor([1, 2]), tensor([1, 2], dtype=i32)) is True
    assert autograd.equal(tensor([1, 2]), tensor([[1, 2]])) is False
    assert autograd.equal(tensor([NAN]), tensor([NAN])) is False
    with pytest.raises(TypeError, match=r"'other' \(position 2\) must be Tensor"):
        autograd.equal(tensor([1]), 1)


def test_isclose() -> None:
    x, y = tensor([1.0, INF, NAN, 100.0, INF]), tensor([1.000001, INF, NAN, 101.0, -INF])
    assert autograd.isclose(x, y).tolist() == [True, True, False, False, False]
    assert autograd.isclose(x, y, equal_nan=True, rtol=0.1).tolist() == [True, True, True, True, False]
    assert autograd.allclose(x[:2], y[:2]) is True
    assert autograd.isclose(tensor([100]), tensor([101]), atol=1).tolist() == [True]
    with pytest.raises(RuntimeError, match="float32 did not match float64"):
        autograd.isclose(x, y.double())
    with pytest.raises(RuntimeError, match="rtol must be greater than or equal to zero"):
        autograd.isclose(x, y, rtol=-1)


def test_tolerance_is_relative_to_the_second() -> None:
    assert autograd.isclose(tensor([1.0]), tensor([2.0]), rtol=0.5, atol=0).item()
    assert not autograd.isclose(tensor([2.0]), tensor([1.0]), rtol=0.5, atol=0).item()


# --- choosing ---------------------------------------------------------------------------------------------


def test_where_sends_the_gradient_to_the_chosen() -> None:
    x, y = tensor([1.0, 2.0], requires_grad=True), tensor(5.0, requires_grad=True)
    out = autograd.where(tensor([True, False]), x, y)
    assert out.tolist() == [1, 5]
    out.sum().backward()
    assert x.grad.tolist() == [1, 0] and y.grad.tolist() == 1


@pytest.mark.parametrize(("first", "second", "expected"), [
    (1, 2, i64), (1.0, 2, f32), (tensor([1]), 1.5, f32), (tensor([1.0]), tensor([1.0], dtype=f64), f64),
    (tensor([1.0]), tensor(1.0, dtype=f64), f32), (True, False, b),
])
def test_type_of_where(first, second, expected) -> None:
    assert autograd.where(tensor([True, False]), first, second).dtype is expected


def test_where_as_a_method_puts_the_tensor_first() -> None:
    assert tensor([1.0, 2.0]).where(tensor([True, False]), 0).tolist() == [1, 0]


def test_where_alone_gives_indices() -> None:
    rows, columns = autograd.where(tensor([[0, 1], [2, 0]]))
    assert rows.tolist() == [0, 1] and columns.tolist() == [1, 0] and rows.dtype is i64


def test_condition_must_be_bool() -> None:
    assert autograd.where(tensor([1, 0], dtype=u8), 1, 2).tolist() == [1, 2]
    for condition in (tensor([1, 0]), tensor([1.0, 0.0])):
        with pytest.raises(RuntimeError, match="expected condition to be a boolean tensor"):
            autograd.where(condition, 1, 2)
    with pytest.raises(TypeError, match="both 'input' and 'other', or neither"):
        autograd.where(tensor([True]), 1)
    with pytest.raises(TypeError, match="'condition'"):
        autograd.where(True, 1, 2)


def test_a_changed_condition_is_noticed() -> None:
    condition, x = tensor([True]), tensor([1.0], requires_grad=True)
    out = autograd.where(condition, x, 0)
    condition.logical_not_()
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*condition"):
        out.sum().backward()


def test_isin() -> None:
    x = tensor([[1, 2], [3, 4]])
    assert autograd.isin(x, tensor([2, 3])).tolist() == [[False, True], [True, False]]
    assert autograd.isin(x, 2, invert=True).tolist() == [[True, False], [True, True]]
    assert autograd.isin(3, x).item() is True
    assert autograd.isin(tensor([1.5]), tensor([1, 2])).tolist() == [False]
    with pytest.raises(TypeError):
        autograd.isin(1, 2)


# --- kinds of numbers -------------------------------------------------------------------------------------


def test_kinds_of_numbers() -> None:
    x = tensor([1.0, NAN, INF, -INF])
    assert x.isnan().tolist() == [False, True, False, False]
    assert x.isinf().tolist() == [False, False, True, True]
    assert x.isfinite().tolist() == [True, False, False, False]
    assert x.isposinf().tolist() == [False, False, True, False]
    assert x.isneginf().tolist() == [False, False, False, True]
    assert tensor([1]).isfinite().tolist() == [True] and tensor([True]).isnan().tolist() == [False]
    assert tensor([complex(0, INF)]).isinf().tolist() == [True]
    with pytest.raises(RuntimeError, match="does not support complex"):
        tensor([1j]).isposinf()


# --- logical and bitwise ----------------------------------------------------------------------------------


def test_logical() -> None:
    x, y = tensor([0.0, 0.0, 2.0, NAN]), tensor([0, 1, 0, 1])
    assert autograd.logical_and(x, y).tolist() == [False, False, False, True]
    assert autograd.logical_or(x, y).tolist() == [False, True, True, True]
    assert autograd.logical_xor(x, y).tolist() == [False, True, True, False]
    assert x.logical_not().tolist() == [True, True, False, False]
    assert x.logical_not_().tolist() == [1, 1, 0, 0]
    with pytest.raises(TypeError):
        autograd.logical_and(x, 1)


def test_bitwise() -> None:
    x = tensor([12, -3])
    assert (x & 10).tolist() == [8, 8] and (x | 1).tolist() == [13, -3] and (x ^ 5).tolist() == [9, -8]
    assert (~x).tolist() == [-13, 2] and (~tensor([True])).tolist() == [False]
    assert (tensor([True, False]) & tensor([True, True])).tolist() == [True, False]
    assert (6 & x).tolist() == [4, 4]
    for f in (lambda v: v & 1, lambda v: ~v, lambda v: v << 1):
        with pytest.raises(NotImplementedError, match="not implemented for 'Float'"):
            f(tensor([1.0]))


def test_shifts() -> None:
    x = tensor([1, -8], dtype=i32)
    assert (x << 2).tolist() == [4, -32] and (x >> 1).tolist() == [0, -4]
    assert (1 << tensor([3])).tolist() == [8]
    assert (x << 40).tolist() == [0, 0] and (x >> 40).tolist() == [0, -1]
