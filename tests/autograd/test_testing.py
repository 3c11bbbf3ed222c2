"""The checks themselves: they must find what is wrong, and say where."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.primitive import REGISTRY, primitive
from autograd.testing import GradcheckError, assert_close, gradcheck, gradgradcheck


@pytest.fixture
def ops():
    """Operations with rules that are wrong in different ways."""
    before = set(REGISTRY)

    @primitive(vjp={"x": lambda g, x: g * 2.9 * x * x}, method=False)
    def wrong_factor(x):
        return x**3

    @primitive(vjp={"x": lambda g, x: 3 * x * x * g / (1 + np.abs(g - g))}, method=False)
    def right(x):
        return x**3

    @primitive(vjp={"x": lambda g, x: 3 * x * x}, method=False)
    def forgets_g(x):
        return x**3

    @primitive(vjp={"x": lambda g, x: g * (3 * x * x).detach() if hasattr(x, "_vc") else g * 3 * x * x}, method=False)
    def constant_gradient(x):
        return x**3

    @primitive(vjp={"x": lambda g: (g[:-1] if g.ndim else g)}, method=False)
    def wrong_shape(x):
        return x + 0.0

    state = np.random.default_rng(0)

    @primitive(vjp={"x": lambda g: g * (1 + 1e-9 * state.uniform())}, method=False)
    def noisy(x):
        return x + 0.0

    made = {"wrong_factor": wrong_factor, "right": right, "forgets_g": forgets_g, "wrong_shape": wrong_shape,
            "constant_gradient": constant_gradient, "noisy": noisy}
    for name in set(REGISTRY) - before:
        del REGISTRY[name]
    return made


def vector(*values, dtype="float64"):
    return autograd.tensor(list(values), dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_a_right_rule_passes(ops, fast_mode):
    assert gradcheck(ops["right"], vector(1.0, -2.0, 0.5), fast_mode=fast_mode)
    assert gradcheck(lambda x, y: (x * y, x.exp().sum()), (vector(1.0, 2.0), vector(3.0)), fast_mode=fast_mode)
    assert gradgradcheck(lambda x, y: x.exp() * y, (vector(1.0, 2.0), vector(3.0)), fast_mode=fast_mode)
    assert gradgradcheck(lambda x: x.exp(), vector(1.0, 2.0), gen_non_contig_grad_outputs=True, fast_mode=fast_mode)
    assert gradgradcheck(lambda x: x * x, vector(1.0, 2.0), [autograd.tensor([1.0, 0.5], dtype="float64")])


@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize("name", ["wrong_factor", "forgets_g", "wrong_shape"])
def test_a_wrong_rule_is_found(ops, name, fast_mode):
    x = vector(1.0, -2.0, 0.5)
    with pytest.raises(GradcheckError, match=r"mismatch|size") as found:
        gradcheck(ops[name], x, fast_mode=fast_mode)
    if name == "wrong_factor":
        assert "output 0 with respect to input 0" in str(found.value)
        assert "numerical" in str(found.value) and "analytical" in str(found.value)
    assert gradcheck(ops[name], x, fast_mode=fast_mode, raise_exception=False) is False


@pytest.mark.parametrize("fast_mode", [False, True])
def test_a_gradient_that_is_not_differentiable_is_found(ops, fast_mode):
    x = vector(1.0, -2.0)
    assert gradcheck(ops["constant_gradient"], x, fast_mode=fast_mode)
    with pytest.raises(GradcheckError):
        gradgradcheck(ops["constant_gradient"], x, fast_mode=fast_mode)


def test_a_backward_that_varies_is_found(ops):
    with pytest.raises(GradcheckError, match="not reentrant"):
        gradcheck(ops["noisy"], vector(1.0, 2.0))
    assert gradcheck(ops["noisy"], vector(1.0, 2.0), nondet_tol=1e-6)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_complex(fast_mode):
    z = autograd.tensor([1 + 2j, 0.5 - 1j], dtype="complex128", requires_grad=True)
    w = vector(1.5, -0.5)
    assert gradcheck(lambda z, w: z.exp() * w, (z, w), fast_mode=fast_mode)
    assert gradgradcheck(lambda z: z * z.conj(), z, fast_mode=fast_mode)


def test_what_gradcheck_cannot_check():
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(lambda x: x, autograd.tensor([1.0]))
    with pytest.warns(UserWarning, match="double precision"), pytest.raises(GradcheckError):
        gradcheck(lambda x: x.exp() * 1e3, vector(1.0, 2.0, dtype="float32"))


def test_an_input_that_does_not_matter():
    assert gradcheck(lambda x, y: x * 2.0, (vector(1.0), vector(2.0)))
    assert gradcheck(lambda x, y: (x * 2.0, y.detach()), (vector(1.0), autograd.tensor([2.0])))


def t(*values, **options):
    return autograd.tensor(list(values), **options)


@pytest.mark.parametrize(("actual", "expected", "options", "words"), [
    (t(1.0, 2.0, 3.0), t(1.0, 2.5, 3.0), {}, ("Tensor-likes are not close!", "1 / 3 (33.3%)", "0.5 at index (1,)")),
    (t(1, 2), t(1, 3), {}, ("not equal!", "1 / 2 (50.0%)", "Greatest absolute difference: 1 at index (1,)")),
    (autograd.tensor(1.0), autograd.tensor(2.0), {}, ("Scalars are not close!", "Expected 2.0 but got 1.0.")),
    (1, 1.0, {}, ("types do not match",)),
    (True, False, {}, ("Booleans mismatch: True is not False",)),
    (None, 1, {}, ("None mismatch",)),
    ([1.0], [1.0, 2.0], {}, ("length of the sequences mismatch: 1 != 2",)),
    ({"a": 1.0}, {"b": 1.0}, {}, ("keys of the mappings", "['b']", "['a']")),
    ({"a": [t(1.0), t(2.0)]}, {"a": [t(1.0), t(3.0)]}, {}, ("for item ['a'][1]",)),
    (t(1.0, 2.0), autograd.tensor([[1.0, 2.0]]), {}, ("'shape' do not match: Size([2]) != Size([1, 2])",)),
    (t(1.0), t(1), {}, ("'dtype' do not match: autograd.float32 != autograd.int64",)),
    (t(np.nan), t(np.nan), {}, ("not close", "nan at index (0,)")),
    (t(1.0), t(1.1), {"rtol": 0, "atol": 0}, ("not equal",)),
    (t(1.0), t(2.0), {"msg": "mine"}, ("mine",)),
    (t(1.0), t(2.0), {"msg": lambda m: "before: " + m}, ("before: Tensor-likes",)),
    (autograd.ones(3, 2).t(), autograd.ones(2, 3), {"check_stride": True}, ("stride() do not match: (1, 2) != (3, 1)",)),
])
def test_assert_close_finds(actual, expected, options, words):
    with pytest.raises(AssertionError) as found:
        assert_close(actual, expected, **options)
    for word in words:
        assert word.replace("stride()", "'stride()'") in str(found.value)


@pytest.mark.parametrize(("actual", "expected", "options"), [
    (t(1.0, 2.0), t(1.0, 2.000001), {}),
    (t(1.0, 2.0), t(1.0, 2.1), {"rtol": 0.1, "atol": 0.0}),
    (t(np.nan, np.inf), t(np.nan, np.inf), {"equal_nan": True}),
    (t(1.0), t(1.0, dtype="float64"), {"check_dtype": False}),
    ([1, (2.0, t(3.0))], (1, [2.0, t(3.0)]), {}),
    (np.ones(2), np.ones(2), {}),
    (t(), t(), {}),
    (None, None, {}),
])
def test_assert_close_accepts(actual, expected, options):
    assert_close(actual, expected, **options)


def test_assert_close_refuses():
    with pytest.raises(ValueError, match="no atol"):
        assert_close(1.0, 1.0, rtol=0.1)
    for other in ([1.0], 1.0, np.ones(1)):
        with pytest.raises(TypeError, match="No comparison pair"):
            assert_close(t(1.0), other)
    with pytest.raises(TypeError, match="No comparison pair"):
        assert_close("a", "a")
