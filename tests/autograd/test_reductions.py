"""Sums, products, extrema, moments and norms: types, ties, kinks, edges, errors."""

from __future__ import annotations

import math
import pickle
import warnings

import numpy as np
import pytest

import autograd
from autograd import tensor

INF, NAN = math.inf, math.nan
f64 = autograd.float64


def gradient(f, x, dtype=f64):
    """The gradient of the sum of ``f(x)``, and of the sum of that gradient's squares."""
    leaf = tensor(x, dtype=dtype, requires_grad=True)
    first, = autograd.grad(f(leaf).sum(), leaf, create_graph=True)
    if not first.requires_grad:
        return first.numpy(), np.zeros(first.shape)
    second, = autograd.grad((first * first).sum(), leaf, allow_unused=True, materialize_grads=True)
    return first.detach().numpy(), second.numpy()


# --- types and shapes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64"])
def test_integers_add_up_in_int64(dtype):
    x = tensor([1, 1, 1], dtype=getattr(autograd, dtype))
    assert x.sum().dtype is x.prod().dtype is x.sum(0).dtype is x.nansum().dtype is autograd.int64
    assert tensor([100] * 100, dtype=autograd.int8).sum().item() == 10000
    with pytest.raises(RuntimeError, match="could not infer output dtype"):
        x.mean()
    assert x.mean(dtype=autograd.float32).item() == 1


def test_half_precision_adds_up_in_single():
    x = autograd.full((4096,), 1.0, dtype=autograd.float16)
    assert x.sum().item() == 4096 and x.sum().dtype is autograd.float16  # stays at 2048 when carried in half
    assert x.mul(30).mean().item() == 30  # and the sum, 122880, is beyond half precision
    assert x.var().dtype is autograd.float16


def test_truth_of_bytes_is_bytes():
    x = tensor([[1, 0], [2, 3]], dtype=autograd.uint8)
    assert x.all(1).tolist() == [0, 1] and x.all(1).dtype is autograd.uint8
    assert x.bool().any().dtype is autograd.bool
    assert tensor([NAN, 0.0]).any().item() is True


@pytest.mark.parametrize("f", ["sum", "mean", "amax", "amin", "var", "std", "all", "any", "nansum"])
def test_dimensions(f):
    x = autograd.rand(2, 3, 4)
    call = getattr(x, f)
    assert call(1).shape == (2, 4) and call(-1, keepdim=True).shape == (2, 3, 1) and call((0, 2)).shape == (3,)
    assert call().shape == () and call([0, 1, 2], keepdim=True).shape == (1, 1, 1)
    with pytest.raises(IndexError, match=r"expected to be in range of \[-3, 2\], but got 3"):
        call(3)
    with pytest.raises(RuntimeError, match="dim 0 appears multiple times"):
        call((0, -3))
    scalar = getattr(autograd.rand(()), f)
    if f not in ("var", "std"):
        assert scalar(0).shape == scalar(-1, keepdim=True).shape == ()
    with pytest.raises(IndexError):
        scalar(1)


def test_a_bool_is_no_dimension():
    with pytest.raises(TypeError, match="keepdim"):
        autograd.rand(2, 3).sum(True)


def test_sums_of_nothing():
    x = autograd.zeros(0, 3)
    assert x.sum().item() == 0 and x.prod().item() == 1 and math.isnan(x.mean()) and x.sum(0).tolist() == [0, 0, 0]
    assert x.all().item() is True and x.any().item() is False and autograd.zeros(0).logsumexp(0).item() == -INF
    for f in ("amax", "amin", "max", "min"):
        with pytest.raises(RuntimeError, match="to be specified"):
            getattr(x, f)()
        with pytest.raises(IndexError, match="non-zero size"):
            getattr(x, f)(0)
    with pytest.raises(IndexError, match="to be specified"):
        x.argmax()
    with pytest.raises(RuntimeError, match="identity"):
        x.norm(INF)


@pytest.mark.parametrize("n", [1, 31, 512, 513, 5000])
@pytest.mark.parametrize("dtype", [autograd.float32, f64, autograd.complex64])
def test_sums_of_all_sizes(n, dtype):
    x = np.random.default_rng(n).integers(-9, 9, n).astype(dtype.dtype)
    assert tensor(x).sum().item() == x.sum() and tensor(x[::-1].copy()).flip(0).sum().dtype is dtype
    wide = np.repeat(x, 2)
    assert tensor(wide)[::2].sum().item() == x.sum()


def test_the_sign_of_a_zero_gradient():
    x = autograd.ones(3, requires_grad=True)
    (x.sum() * -0.0).backward()
    assert np.signbit(x.grad.numpy()).all()


# --- products ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [
    [2, 3, 5], [2, 0, 5], [0, 3, 0], [0, 0, 0], [4], [0], [1, 2, 0, 4, 5, 6, 7], [-0.0, 3]])
def test_gradient_of_a_product(values):
    values = [float(v) for v in values]
    others = [math.prod(values[:i] + values[i + 1:]) for i in range(len(values))]
    rest = [[math.prod(v for k, v in enumerate(values) if k not in (i, j)) if i != j else 0.0
             for j in range(len(values))] for i in range(len(values))]
    second = 2 * np.array(others) @ np.array(rest)
    for f in (lambda x: x.prod(), lambda x: x.prod(0), lambda x: x.reshape(-1, 1).prod(0)):
        first, again = gradient(f, values)
        np.testing.assert_allclose(first, others)
        np.testing.assert_allclose(again, second)


def test_a_product_without_zeros_in_some_rows():
    first, _ = gradient(lambda x: x.prod(1), [[1.0, 2.0, 3.0], [0.0, 2.0, 3.0], [0.0, 0.0, 3.0]])
    np.testing.assert_array_equal(first, [[6, 3, 2], [6, 0, 0], [0, 0, 0]])


# --- extrema ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "expected"), [
    (lambda x: x.max(), [0, 0.5, 0.5]), (lambda x: x.amax(), [0, 0.5, 0.5]), (lambda x: x.amax(0), [0, 0.5, 0.5]),
    (lambda x: x.max(0).values, [0, 1, 0]), (lambda x: x.aminmax().max, [0, 0.5, 0.5]),
    (lambda x: (-x).min(), [0, -0.5, -0.5]), (lambda x: (-x).min(0).values, [0, -1, 0]),
    (lambda x: x.max(x * 1), [1, 1, 1]),
])
def test_ties(f, expected):
    assert gradient(f, [1.0, 3.0, 3.0])[0].tolist() == expected


def test_nan_is_greatest_and_least():
    x = tensor([1.0, NAN, 2.0])
    assert math.isnan(x.max()) and math.isnan(x.amin()) and x.argmax().item() == x.argmin().item() == 1
    assert x.max(0).indices.item() == x.min(0).indices.item() == 1
    assert gradient(lambda x: x.max(), [NAN, 1.0, NAN])[0].tolist() == [0.5, 0, 0.5]


def test_results_have_names():
    result = tensor([[1.0, 5.0], [7.0, 2.0]]).max(1, keepdim=True)
    values, indices = result
    assert result.values is values and result.indices is indices and indices.tolist() == [[1], [0]]
    assert repr(tensor([1, 3]).max(0)) == "autograd.return_types.max(\nvalues=tensor(3),\nindices=tensor(1))"
    again = pickle.loads(pickle.dumps(tensor([1, 3]).max(0)))
    assert type(again) is autograd.return_types.max and again.indices.item() == 1


def test_one_output_alone_has_a_gradient():
    x = tensor([3.0, 1.0], requires_grad=True)
    low, high = x.aminmax()
    assert autograd.grad(high, x, retain_graph=True)[0].tolist() == [1, 0]
    assert autograd.grad(low * 2 + high, x)[0].tolist() == [1, 2]
    spread, middle = autograd.var_mean(x)
    assert autograd.grad(middle, x, retain_graph=True)[0].tolist() == [0.5, 0.5]
    assert autograd.grad(spread, x)[0].tolist() == [2, -2]


def test_forms_of_max():
    x = tensor([[1.0, 5.0], [7.0, 2.0]])
    assert autograd.max(x, tensor(4.0)).tolist() == [[4, 5], [7, 4]] == autograd.max(x, other=tensor(4.0)).tolist()
    assert autograd.max(input=x, dim=0).values.tolist() == [7, 5]
    with pytest.raises(TypeError):
        autograd.max(x, 4.5)
    for f in (x.cfloat().max, x.cfloat().amax, x.cfloat().argmax, x.bool().argmax):
        with pytest.raises(RuntimeError):
            f()


# --- moments ----------------------------------------------------------------------------------------------


def test_forms_of_var():
    x = tensor([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]])
    a = x.numpy()
    np.testing.assert_allclose(x.var().numpy(), a.var(ddof=1), rtol=1e-6)
    np.testing.assert_allclose(x.var(False).numpy(), a.var(), rtol=1e-6)
    np.testing.assert_allclose(x.var(1, False, True).numpy(), a.var(1, keepdims=True), rtol=1e-6)
    np.testing.assert_allclose(x.std(0, correction=0).numpy(), a.std(0), rtol=1e-6)
    np.testing.assert_allclose(autograd.std_mean(x, 0)[1].numpy(), a.mean(0), rtol=1e-6)
    with pytest.raises(TypeError):
        x.var(0, True, correction=1)
    with pytest.raises(RuntimeError, match="floating point"):
        x.long().var()


def test_the_variance_of_large_numbers():
    x = tensor([1e8, 1e8 + 1, 1e8 + 2], dtype=f64)
    assert x.var().item() == 1.0


@pytest.mark.parametrize(("f", "expected"), [
    (lambda: tensor([1.0]).var(), NAN), (lambda: tensor([1.0, 3.0]).var(correction=3), INF),
    (lambda: tensor([1.0]).std(), NAN), (lambda: autograd.cov(tensor([[1.0]])), NAN)])
def test_no_degrees_of_freedom(f, expected):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        np.testing.assert_equal(f().item(), expected)
    assert any(w.category is UserWarning and "degrees of freedom" in str(w.message) for w in seen)


def test_the_deviation_of_equal_numbers():
    first, second = gradient(lambda x: x.std(), [2.0, 2.0, 2.0])
    assert first.tolist() == second.tolist() == [0, 0, 0]


def test_moments_of_complex_numbers_are_real():
    z = tensor([1 + 1j, 3 - 1j], requires_grad=True)
    assert z.var().dtype is autograd.float32 and z.var().item() == 4
    assert autograd.grad(z.var(), z)[0].tolist() == [-2 + 2j, 2 - 2j]


def test_means_pass_over_nan():
    assert tensor([1.0, NAN, 3.0]).nanmean().item() == 2 and math.isnan(tensor([NAN]).nanmean())
    x = tensor([1.0, NAN, 3.0], requires_grad=True)
    assert autograd.grad(x.nanmean(), x)[0].tolist() == [0.5, 0, 0.5]


def test_covariance():
    rng = np.random.default_rng(0)
    a, f, w = rng.normal(size=(3, 6)), rng.integers(1, 4, 6), rng.random(6)
    np.testing.assert_allclose(autograd.cov(tensor(a)).numpy(), np.cov(a))
    np.testing.assert_allclose(autograd.cov(tensor(a), correction=0, fweights=tensor(f), aweights=tensor(w)).numpy(),
                               np.cov(a, ddof=0, fweights=f, aweights=w))
    np.testing.assert_allclose(autograd.corrcoef(tensor(a)).numpy(), np.corrcoef(a))
    np.testing.assert_allclose(autograd.cov(tensor(a[0])).numpy(), np.cov(a[0]))
    z = a + 1j * a[::-1]
    np.testing.assert_allclose(autograd.cov(tensor(z)).numpy(), np.cov(z))
    with pytest.raises(RuntimeError, match="two or fewer"):
        autograd.cov(autograd.zeros(2, 2, 2))


# --- norms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 2, 2.5, 3, INF, -INF, -1, "fro"])
def test_the_norm_of_zeros(p):
    first, second = gradient(lambda x: x.norm(p), [0.0, 0.0, 0.0])
    assert not first.any() and not second.any()


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 2, 3, INF, -INF, 0])
@pytest.mark.parametrize("dim", [None, 0, (0, 1)])
def test_norms(p, dim):
    a = np.random.default_rng(3).normal(size=(3, 4, 2))
    axes = tuple(range(3)) if dim is None else (dim,) if dim == 0 else dim
    moved = np.moveaxis(a, axes, range(len(axes))).reshape(-1, *[n for i, n in enumerate(a.shape) if i not in axes])
    np.testing.assert_allclose(tensor(a).norm(p, dim).numpy(), np.linalg.norm(
        moved.reshape(len(moved), -1), p, axis=0).reshape(moved.shape[1:]))


def test_log_sum_exp_of_extremes():
    assert tensor([-1000.0, -1000.0]).logsumexp(0).item() == pytest.approx(-1000 + math.log(2))
    assert tensor([INF, 1.0]).logsumexp(0).item() == INF and tensor([-INF, -INF]).logsumexp(0).item() == -INF
    assert math.isnan(tensor([NAN, INF]).logsumexp(0)) and tensor([0, 0]).logsumexp(0).dtype is autograd.float32


def test_renorm_leaves_small_slices_alone():
    x = tensor([[3.0, 4.0], [0.3, 0.4]])
    out = x.renorm(2, 0, 1.0)
    np.testing.assert_allclose(out.numpy(), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)
    assert x.renorm_(2, 0, 1.0) is x and x.tolist() == out.tolist()
    with pytest.raises(RuntimeError, match="non-positive"):
        x.renorm(-1, 0, 1.0)
