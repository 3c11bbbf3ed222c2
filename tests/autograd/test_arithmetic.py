"""Arithmetic, powers, rounding and extremes: dtypes, edges of derivatives, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd import tensor

INF, NAN = math.inf, math.nan


def gradient(f, *values, dtype=autograd.float64):
    """The value of ``f`` and its gradients by each argument, for a cotangent of ones."""
    leaves = [tensor(v, dtype=dtype, requires_grad=True) for v in values]
    out = f(*leaves)
    grads = autograd.grad(out, leaves, tensor(np.ones(out.shape), dtype=out.dtype), allow_unused=True)
    return out.tolist(), *[g if g is None else g.tolist() for g in grads]


def same(found, expected) -> None:
    np.testing.assert_array_equal(np.array(found), np.array(expected))


# --- result types -----------------------------------------------------------------------------------------

f16, f32, f64 = autograd.float16, autograd.float32, autograd.float64
c64, c128 = autograd.complex64, autograd.complex128
i8, i32, i64, u8, b = autograd.int8, autograd.int32, autograd.int64, autograd.uint8, autograd.bool


@pytest.mark.parametrize(("first", "second", "expected"), [
    (f32, f64, f64), (f16, f32, f32), (i64, f16, f16), (i64, f32, f32), (u8, i8, autograd.int16), (b, i8, i8),
    (f64, c64, c128), (i64, c64, c64), (b, b, b),
])
def test_type_of_a_sum(first, second, expected) -> None:
    x, y = tensor([1], dtype=first), tensor([1], dtype=second)
    assert (x + y).dtype is expected
    assert (y + x).dtype is expected


@pytest.mark.parametrize(("dtype", "number", "expected"), [
    (f16, 2.5, f16), (f32, 2, f32), (i8, 2, i8), (i8, 2.5, f32), (b, 2, i64), (b, True, b), (f32, 1j, c64),
    (f64, 1j, c128), (i64, 1j, c64),
])
def test_a_number_yields_to_the_tensor(dtype, number, expected) -> None:
    assert (tensor([1], dtype=dtype) * number).dtype is expected
    assert (number * tensor([1], dtype=dtype)).dtype is expected


def test_a_tensor_without_dimensions_yields_to_one_with() -> None:
    assert (tensor([1.0]) + tensor(1.0, dtype=f64)).dtype is f32
    assert (tensor([1]) + tensor(1.0, dtype=f64)).dtype is f64
    assert (tensor(1.0) + tensor(1.0, dtype=f64)).dtype is f64


def test_integers_wrap_around() -> None:
    assert (tensor([100], dtype=i8) + tensor([100], dtype=i8)).tolist() == [-56]
    assert (tensor([100], dtype=i8) + 300).tolist() == [-112]


def test_true_division_of_integers_gives_the_default_float_type() -> None:
    assert (tensor([3]) / 2).dtype is f32
    assert (tensor([3], dtype=i8) / tensor([2], dtype=u8)).dtype is f32
    autograd.set_default_dtype(f64)
    try:
        assert (tensor([3]) / 2).dtype is f64
    finally:
        autograd.set_default_dtype(f32)


def test_gradients_keep_the_type_of_the_operands() -> None:
    x, y = tensor([1.0], requires_grad=True), tensor([2.0], dtype=f64, requires_grad=True)
    z = tensor([1 + 1j], requires_grad=True)
    (x * y).sum().backward()
    assert x.grad.dtype is f32 and y.grad.dtype is f64
    x.grad = None
    (x * z).sum().abs().backward()
    assert x.grad.dtype is f32 and z.grad.dtype is c64


# --- division ---------------------------------------------------------------------------------------------


def test_floor_division_and_remainder_follow_the_divisor() -> None:
    a, d = tensor([7, -7, 7, -7]), tensor([2, 2, -2, -2])
    assert (a // d).tolist() == [3, -4, -4, 3]
    assert (a % d).tolist() == [1, 1, -1, -1]
    assert autograd.fmod(a, d).tolist() == [1, -1, 1, -1]
    assert autograd.div(a, d, rounding_mode="trunc").tolist() == [3, -3, -3, 3]
    assert (7 // tensor([2, -2])).tolist() == [3, -4]
    assert (7 % tensor([4, -4])).tolist() == [3, -1]


def test_division_by_zero() -> None:
    x = tensor([1.0, -1.0, 0.0])
    same((x / 0).tolist(), [INF, -INF, NAN])
    same((x // 0).tolist(), [INF, -INF, NAN])
    same((x % 0).tolist(), [NAN, NAN, NAN])
    for f in (autograd.floor_divide, autograd.remainder, autograd.fmod):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            f(tensor([1]), 0)


def test_floor_division_at_infinity() -> None:
    same(autograd.floor_divide(tensor([-1.0, 1.0]), INF).tolist(), [-1.0, 0.0])
    same(autograd.remainder(tensor([-1.0, 1.0]), INF).tolist(), [INF, 1.0])


def test_rounded_quotients_are_flat() -> None:
    _, gx, gy = gradient(lambda x, y: autograd.div(x, y, rounding_mode="floor"), [5.0], [3.0])
    assert gx == [0.0] and gy == [0.0]


def test_floor_divide_has_no_derivative_and_says_so() -> None:
    x = tensor([5.0], requires_grad=True)
    with pytest.raises(autograd.errors.NonDifferentiableError, match="floor_divide"):
        (x // 2).sum().backward()


def test_unknown_rounding_mode() -> None:
    with pytest.raises(RuntimeError, match="None, 'trunc', or 'floor' but found 'up'"):
        autograd.div(tensor([1.0]), 2, rounding_mode="up")


@pytest.mark.parametrize("op", ["floor_divide", "remainder", "fmod"])
@pytest.mark.parametrize("dtype", [b, c64])
def test_division_with_rest_wants_real_numbers(op, dtype) -> None:
    x = tensor([1], dtype=dtype)
    with pytest.raises(NotImplementedError, match="not implemented for"):
        getattr(autograd, op)(x, x)


# --- errors -----------------------------------------------------------------------------------------------


def test_bools_have_no_minus() -> None:
    x = tensor([True, False])
    with pytest.raises(RuntimeError, match=r"Subtraction.*logical_xor"):
        x - x
    with pytest.raises(RuntimeError, match=r"Negation.*logical_not"):
        -x  # noqa: B018
    with pytest.raises(RuntimeError, match=r"`\+` operator"):
        +x  # noqa: B018


@pytest.mark.parametrize(("x", "alpha", "words"), [
    (tensor([1]), 1.5, "must not be a floating point"), (tensor([1.0]), 1j, "must not be a complex"),
])
def test_alpha_must_fit_the_operands(x, alpha, words) -> None:
    with pytest.raises(RuntimeError, match=words):
        autograd.add(x, x, alpha=alpha)
    with pytest.raises(TypeError, match="must be Number"):
        autograd.add(x, x, alpha="a")


def test_integer_addcdiv_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Integer division with addcdiv"):
        autograd.addcdiv(tensor([1]), tensor([1]), tensor([1]))


def test_lerp_wants_one_dtype() -> None:
    with pytest.raises(RuntimeError, match="expected dtype float32 for `end` but got dtype float64"):
        autograd.lerp(tensor([1.0]), tensor([1.0], dtype=f64), 0.5)


def test_shapes_that_do_not_broadcast_are_named() -> None:
    words = r"size of tensor a \(3\) must match the size of tensor b \(4\).*dimension 1"
    with pytest.raises(RuntimeError, match=words):
        autograd.zeros(2, 3) * autograd.zeros(2, 4)


# --- powers -----------------------------------------------------------------------------------------------


def test_power_of_zero() -> None:
    same(gradient(lambda x: x**0, [0.0, NAN]), [[1, 1], [0, 0]])
    same(gradient(lambda x: x**0.5, [0.0]), [[0], [INF]])
    same(gradient(lambda e: 0**e, [0.0, 1.0, 2.0]), [[1, 0, 0], [0, 0, 0]])
    same(gradient(autograd.pow, [0.0, 0.0, 2.0], [0.0, 2.0, 0.0]), [[1, 0, 1], [0, 0, 0], [0, 0, math.log(2)]])


@pytest.mark.parametrize("n", [-2, -1, -0.5, 0.5, 2, 3, 4, 2.5])
def test_special_exponents_are_powers(n) -> None:
    x = np.linspace(0.1, 3, 50)
    np.testing.assert_allclose((tensor(x) ** n)._a, x**n, rtol=1e-14)


def test_integer_powers() -> None:
    assert (tensor([2, -3]) ** 3).tolist() == [8, -27]
    assert (2 ** tensor([0, 3, -1])).tolist() == [1, 8, 0]
    assert (tensor([1, -1, -1, 5]) ** tensor([-3, -3, -2, -1])).tolist() == [1, -1, 1, 0]
    assert (tensor([4]) ** 0.5).dtype is f32
    with pytest.raises(RuntimeError, match="Integers to negative integer powers are not allowed"):
        tensor([2]) ** -1


def test_float_power_is_double() -> None:
    assert autograd.float_power(tensor([2]), -1).dtype is f64
    assert autograd.float_power(2, tensor([1.0])).dtype is f64
    assert autograd.float_power(tensor([1j]), 2).dtype is c128
    with pytest.raises(RuntimeError, match="can't be cast"):
        tensor([1]).float_power_(2)


def test_derivatives_at_the_end_of_the_domain() -> None:
    same(gradient(autograd.sqrt, [0.0, -1.0])[1], [INF, NAN])
    same(gradient(autograd.rsqrt, [0.0])[1], [-INF])
    same(gradient(autograd.reciprocal, [0.0])[1], [-INF])
    same(gradient(autograd.hypot, [0.0], [0.0])[1], [NAN])
    same(gradient(autograd.atan2, [0.0], [0.0])[1:], [[0], [0]])


def test_hypot_and_logaddexp_do_not_overflow() -> None:
    assert autograd.hypot(tensor([3e38]), tensor([1e38])).isfinite().all()
    assert autograd.logaddexp(tensor([1000.0]), tensor([999.0])).isfinite().all()
    same(autograd.logaddexp(tensor([-INF]), tensor([-INF])).tolist(), [-INF])


# --- kinks ------------------------------------------------------------------------------------------------


def test_absolute_value() -> None:
    same(gradient(autograd.abs, [-2.0, 0.0, 3.0, NAN])[1], [-1, 0, 1, 0])
    z = tensor([0j, 3 + 4j], requires_grad=True)
    z.abs().sum().backward()
    same(z.grad.tolist(), [0, np.complex64(0.6 + 0.8j)])


def test_ties_share_the_gradient() -> None:
    for f in (autograd.maximum, autograd.minimum):
        assert gradient(f, [1.0], [1.0])[1:] == ([0.5], [0.5])
    for f in (autograd.fmax, autograd.fmin):
        assert gradient(f, [1.0], [1.0])[1:] == ([1.0], [0.0])


def test_nan_wins_maximum_and_loses_fmax() -> None:
    value, gx, gy = gradient(autograd.maximum, [NAN, 1.0], [1.0, NAN])
    same(value, [NAN, NAN])
    assert gx == [1, 1] and gy == [1, 1]
    assert gradient(autograd.fmax, [NAN, 1.0], [2.0, NAN]) == ([2, 1], [0, 1], [1, 0])
    assert gradient(autograd.fmin, [NAN, 1.0], [2.0, NAN]) == ([2, 1], [0, 1], [1, 0])


def test_clamp_passes_the_gradient_at_its_limits() -> None:
    value, g = gradient(lambda x: x.clamp(-1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0, NAN])
    same(value, [-1, -1, 0, 1, 1, NAN])
    assert g == [0, 1, 1, 1, 0, 0]


def test_clamp_with_crossed_limits_gives_the_upper_one() -> None:
    assert gradient(lambda x: x.clamp(1, 0), [-2.0, 0.5, 2.0]) == ([0, 0, 0], [0, 0, 0])
    value, gx, low, high = gradient(autograd.clamp, [-2.0, 0.5, 2.0], [1.0], [0.0])
    assert (value, gx, low, high) == ([0, 0, 0], [0, 0, 0], [0], [3])


def test_clamp_types_and_errors() -> None:
    assert tensor([1, 5]).clamp(max=2.5).tolist() == [1.0, 2.5]
    assert tensor([1, 5]).clamp(tensor([2]), 3).dtype is i64
    with pytest.raises(RuntimeError, match="At least one of 'min' or 'max'"):
        tensor([1.0]).clamp()
    with pytest.raises(NotImplementedError):
        tensor([1j]).clamp(0)


def test_steps_are_flat() -> None:
    for name in ("floor", "ceil", "trunc", "round", "sign", "sgn"):
        assert gradient(getattr(autograd, name), [0.3, -1.0, 2.5])[1] == [0, 0, 0], name


def test_round_goes_to_even() -> None:
    assert tensor([0.5, 1.5, 2.5, -0.5]).round().tolist() == [0, 2, 2, 0]
    np.testing.assert_allclose(tensor([1.25, -3.456], dtype=f64).round(decimals=1)._a, [1.2, -3.5])
    assert tensor([1250.0]).round(decimals=-2).tolist() == [1200]
    with pytest.raises(NotImplementedError):
        tensor([12]).round(decimals=-1)


def test_signs() -> None:
    same(autograd.sign(tensor([-2.0, -0.0, NAN])).tolist(), [-1, 0, 0])
    assert autograd.signbit(tensor([-0.0, 0.0, -NAN])).tolist() == [True, False, True]
    assert autograd.signbit(tensor([-1, 0])).tolist() == [True, False]
    same(gradient(autograd.copysign, [0.0, 2.0], [-1.0, -1.0]), [[-0.0, -2], [0, -1], [0, 0]])
    with pytest.raises(NotImplementedError, match="sgn"):
        tensor([1j]).sign()


def test_nan_to_num_and_its_gradient() -> None:
    value, g = gradient(autograd.nan_to_num, [NAN, INF, -INF, 1.0])
    limits = np.finfo(np.float64)
    assert value == [0, limits.max, limits.min, 1] and g == [0, 0, 0, 1]
    assert autograd.nan_to_num(tensor([NAN, INF]), nan=1, posinf=2).tolist() == [1, 2]


def test_frexp() -> None:
    x = tensor([5.0, -0.375, 0.0], requires_grad=True)
    mantissa, exponent = autograd.frexp(x)
    assert mantissa.tolist() == [0.625, -0.75, 0] and exponent.tolist() == [3, -1, 0]
    assert exponent.dtype is i32 and not exponent.requires_grad
    mantissa.sum().backward()
    assert x.grad.tolist() == [0.125, 2, 1]


def test_heaviside_has_no_derivative_and_says_so() -> None:
    x = tensor([0.0], requires_grad=True)
    with pytest.raises(autograd.errors.NonDifferentiableError, match="heaviside"):
        autograd.heaviside(x, tensor([1.0])).sum().backward()


def test_infinite_gradients_do_not_leak_through_a_closed_branch() -> None:
    """Zero times infinity would be nan: the gradient must be chosen, not multiplied by a mask."""
    for f in (autograd.relu, lambda x: x.clamp(0.0, 9.0), lambda x: autograd.maximum(x, tensor(0.0, dtype=f64))):
        x = tensor([-1.0], dtype=f64, requires_grad=True)
        f(x).sqrt().sum().backward()
        assert x.grad.tolist() == [0]


# --- in place ---------------------------------------------------------------------------------------------


def test_in_place_forms_record() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x.clone()
    y.mul_(3).add_(x, alpha=2).div_(2)
    y **= 2
    y.sum().backward()
    assert y.tolist() == [6.25, 25.0]
    assert x.grad.tolist() == [12.5, 25.0]


def test_writing_what_division_saved_is_noticed_and_the_result_may_be_written() -> None:
    x, y = tensor([4.0], requires_grad=True), tensor([2.0], requires_grad=True)
    out = x / y
    out.add_(1)
    out.sum().backward()
    assert y.grad.tolist() == [-1.0]
    s = x.sqrt()
    s.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        s.sum().backward()


def test_in_place_cannot_change_the_type() -> None:
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
        tensor([1]).div_(2)
    with pytest.raises(RuntimeError, match="can't be cast"):
        tensor([1]).sqrt_()


# --- numbers on the left ----------------------------------------------------------------------------------


def test_numbers_on_the_left() -> None:
    x = tensor([2.0, 4.0], requires_grad=True)
    assert (1 - x).tolist() == [-1, -3]
    assert (1 / x).tolist() == [0.5, 0.25]
    assert (2**x).tolist() == [4, 16]
    assert autograd.rsub(x, 1, alpha=2).tolist() == [-3, -7]
    assert autograd.sub(10, x).tolist() == [8, 6]
    (8 / x).sum().backward()
    assert x.grad.tolist() == [-2, -0.5]


def test_negative_zero_is_kept() -> None:
    assert math.copysign(1, (tensor([0.0]) * -0.0).item()) == -1
    assert math.copysign(1, (tensor([0.0]) * 0.0).item()) == 1


class Number(float):
    """A number of Python's with a class of its own."""


@pytest.mark.parametrize("function, slope", [
    (lambda x: x ** Number(2.5), [2.5, 2.5 * 4 ** 1.5]),
    (lambda x: autograd.add(x, x, alpha=np.float64(2)), [3, 3]),
    (lambda x: autograd.add(1, x, alpha=Number(2.5)), [2.5, 2.5]),
    (lambda x: autograd.sub(1, x, alpha=np.int64(2)), [-2, -2]),
    (lambda x: autograd.rsub(x, x, alpha=np.float64(2)), [-1, -1]),
])
def test_numbers_of_other_classes_leave_the_type_of_gradients(function, slope):
    x = autograd.tensor([1., 4.], requires_grad=True)
    function(x).sum().backward()
    assert x.grad.dtype == autograd.float32 and x.grad.tolist() == slope
