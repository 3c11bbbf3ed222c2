"""Special functions against mpmath, polynomials against their definitions, and edges."""

from __future__ import annotations

import math
import subprocess
import sys

import mpmath
import numpy as np
import pytest

import autograd
from autograd import special, tensor

INF, NAN = math.inf, math.nan


def ndtr(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


ONE = {
    "erf": (mpmath.erf, (-2.0, 0.1, 3.0)), "erfc": (mpmath.erfc, (-2.0, 0.1, 5.0)),
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x), (-2.0, 0.1, 20.0)),
    "erfinv": (mpmath.erfinv, (-0.9, 0.1, 0.999)), "ndtr": (ndtr, (-3.0, 0.2, 2.0)),
    "ndtri": (lambda p: mpmath.sqrt(2) * mpmath.erfinv(2 * p - 1), (0.01, 0.3, 0.99)),
    "log_ndtr": (lambda x: mpmath.log(ndtr(x)), (-30.0, 0.2, 3.0)),
    "gammaln": (lambda x: mpmath.log(abs(mpmath.gamma(x))), (-1.5, 0.3, 20.0)),
    "digamma": (mpmath.digamma, (-1.5, 0.3, 20.0)), "psi": (mpmath.digamma, (0.7,)),
    "entr": (lambda x: -x * mpmath.log(x), (0.1, 2.0)), "expit": (lambda x: 1 / (1 + mpmath.exp(-x)), (-5.0, 0.1, 3.0)),
    "logit": (lambda x: mpmath.log(x / (1 - x)), (0.1, 0.7)), "sinc": (mpmath.sincpi, (0.0, 0.3, -1.7)),
    "exp2": (lambda x: mpmath.mpf(2) ** x, (-1.5, 3.0)), "expm1": (mpmath.expm1, (1e-9, 1.0)),
    "log1p": (mpmath.log1p, (1e-9, 1.0)), "i0": (lambda x: mpmath.besseli(0, x), (-3.0, 0.1, 20.0)),
    "i0e": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x), (-3.0, 0.1, 200.0)),
    "i1": (lambda x: mpmath.besseli(1, x), (-3.0, 0.1, 20.0)),
    "i1e": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), (-3.0, 0.1, 200.0)),
    "modified_bessel_i0": (lambda x: mpmath.besseli(0, x), (0.5,)),
    "modified_bessel_i1": (lambda x: mpmath.besseli(1, x), (0.5,)),
    "modified_bessel_k0": (lambda x: mpmath.besselk(0, x), (0.1, 3.0)),
    "modified_bessel_k1": (lambda x: mpmath.besselk(1, x), (0.1, 3.0)),
    "scaled_modified_bessel_k0": (lambda x: mpmath.exp(x) * mpmath.besselk(0, x), (0.1, 100.0)),
    "scaled_modified_bessel_k1": (lambda x: mpmath.exp(x) * mpmath.besselk(1, x), (0.1, 100.0)),
    "bessel_j0": (mpmath.j0, (-7.0, 0.5, 30.0)), "bessel_j1": (mpmath.j1, (-7.0, 0.5, 30.0)),
    "bessel_y0": (lambda x: mpmath.bessely(0, x), (0.5, 30.0)),
    "bessel_y1": (lambda x: mpmath.bessely(1, x), (0.5, 30.0)),
    "spherical_bessel_j0": (mpmath.sinc, (0.0, 0.5, 30.0)), "airy_ai": (mpmath.airyai, (-4.0, 0.0, 2.0)),
}

TWO = {
    "gammainc": (lambda a, x: mpmath.gammainc(a, 0, x, regularized=True), (0.5, 3.0), (0.2, 4.0)),
    "gammaincc": (lambda a, x: mpmath.gammainc(a, x, regularized=True), (0.5, 3.0), (0.2, 4.0)),
    "zeta": (mpmath.zeta, (1.5, 4.0), (0.3, 2.0)),
    "xlogy": (lambda x, y: x * mpmath.log(y), (0.5, -2.0), (0.2, 3.0)),
    "xlog1py": (lambda x, y: x * mpmath.log1p(y), (0.5, -2.0), (1e-9, 3.0)),
}


@pytest.mark.parametrize("name", sorted(ONE))
def test_of_one_number(name) -> None:
    reference, points = ONE[name]
    expected = [float(reference(mpmath.mpf(x))) for x in points]
    found = getattr(special, name)(tensor(points, dtype=autograd.float64))
    np.testing.assert_allclose(found._a, expected, rtol=1e-12, atol=1e-14)
    single = getattr(special, name)(tensor(points))
    assert single.dtype is autograd.float32
    np.testing.assert_allclose(single._a, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", sorted(TWO))
def test_of_two_numbers(name) -> None:
    reference, first, second = TWO[name]
    expected = [float(reference(mpmath.mpf(a), mpmath.mpf(x))) for a, x in zip(first, second, strict=True)]
    found = getattr(special, name)(tensor(first, dtype=autograd.float64), tensor(second, dtype=autograd.float64))
    np.testing.assert_allclose(found._a, expected, rtol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_polygamma(n) -> None:
    points = [0.3, 2.0, 7.5]
    x = tensor(points, dtype=autograd.float64)
    np.testing.assert_allclose(special.polygamma(n, x)._a, [float(mpmath.polygamma(n, p)) for p in points], rtol=1e-12)
    assert x.polygamma(n).equal(special.polygamma(n, x))
    assert x.clone().polygamma_(n).equal(special.polygamma(n, x))


def test_multivariate_gamma() -> None:
    """pi ** (p (p - 1) / 4) times the product of gamma(x - j / 2)."""
    x, p = 3.7, 3
    expected = mpmath.log(mpmath.pi) * p * (p - 1) / 4 + sum(mpmath.loggamma(x - mpmath.mpf(j) / 2) for j in range(p))
    found = special.multigammaln(tensor(x, dtype=autograd.float64), p)
    assert found.item() == pytest.approx(float(expected), rel=1e-13)
    with pytest.raises(RuntimeError, match="p has to be greater than or equal to 1"):
        autograd.mvlgamma(tensor([1.0]), 0)
    with pytest.raises(RuntimeError, match="does not support negative n"):
        autograd.polygamma(-1, tensor([1.0]))


# --- polynomials ------------------------------------------------------------------------------------------

THETA = np.linspace(0.1, 3.0, 7)
ON_CIRCLE = {
    "t": lambda n: np.cos(n * THETA), "u": lambda n: np.sin((n + 1) * THETA) / np.sin(THETA),
    "v": lambda n: np.cos((n + 0.5) * THETA) / np.cos(THETA / 2),
    "w": lambda n: np.sin((n + 0.5) * THETA) / np.sin(THETA / 2),
}


@pytest.mark.parametrize("kind", sorted(ON_CIRCLE))
@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_chebyshev_polynomials_are_ratios_of_sines(kind, n) -> None:
    x = tensor(np.cos(THETA))
    expected = ON_CIRCLE[kind](n)
    np.testing.assert_allclose(getattr(special, f"chebyshev_polynomial_{kind}")(x, n)._a, expected, atol=1e-12)
    shifted = getattr(special, f"shifted_chebyshev_polynomial_{kind}")((x + 1) / 2, n)
    np.testing.assert_allclose(shifted._a, expected, atol=1e-12)


@pytest.mark.parametrize(("name", "first", "step"), [
    ("hermite_polynomial_h", lambda x: 2 * x, lambda n, x, p, q: 2 * x * p - 2 * n * q),
    ("hermite_polynomial_he", lambda x: x, lambda n, x, p, q: x * p - n * q),
    ("laguerre_polynomial_l", lambda x: 1 - x, lambda n, x, p, q: ((2 * n + 1 - x) * p - n * q) / (n + 1)),
    ("legendre_polynomial_p", lambda x: x, lambda n, x, p, q: ((2 * n + 1) * x * p - n * q) / (n + 1)),
])
def test_polynomials_satisfy_their_recurrence(name, first, step) -> None:
    f, x = getattr(special, name), np.linspace(-1.5, 1.5, 9)
    before, present = np.ones_like(x), first(x)
    for n in range(1, 6):
        np.testing.assert_allclose(f(tensor(x), n)._a, present, rtol=1e-12, atol=1e-12)
        before, present = present, step(n, x, present, before)


def test_degrees() -> None:
    f = special.legendre_polynomial_p
    assert f(tensor([0.5]), -1).tolist() == [0]
    assert f(tensor([0.5]), 0).tolist() == [1]
    assert f(tensor([0.5, 2.0]), tensor([[1], [2]])).shape == (2, 2)
    assert f(0.5, tensor([1.0, 2.0])).tolist() == [0.5, -0.125]
    assert f(tensor([0.5]), 2.9).tolist() == f(tensor([0.5]), 2).tolist()
    assert not f(tensor([0.5], requires_grad=True), 2).requires_grad


# --- edges ------------------------------------------------------------------------------------------------


def slope(f, *values):
    x = tensor(list(values), dtype=autograd.float64, requires_grad=True)
    f(x).sum().backward()
    return x.grad.tolist()


def test_ends_of_domains() -> None:
    assert special.erfinv(tensor([1.0, -1.0])).tolist() == [INF, -INF]
    assert special.entr(tensor([0.0, -1.0])).tolist() == [0, -INF]
    assert special.gammaln(tensor([0.0, -1.0])).tolist() == [INF, INF]
    assert special.digamma(tensor([0.0, -0.0])).tolist() == [-INF, INF]
    assert special.logit(tensor([0.0, 1.0])).tolist() == [-INF, INF]
    assert special.logit(tensor([-1.0, 2.0]), eps=0.25).tolist() == pytest.approx([-math.log(3), math.log(3)])
    assert special.xlogy(tensor([0.0, 0.0]), tensor([0.0, -1.0])).tolist() == [0, 0]
    assert special.xlogy(tensor([0.0]), tensor([NAN])).isnan().item()
    assert special.xlog1py(tensor([0.0]), tensor([-1.0])).tolist() == [0]


def test_derivatives_where_formulas_divide_by_zero() -> None:
    assert slope(special.sinc, 0.0) == [0]
    assert slope(special.i1, 0.0) == [0.5]
    assert slope(special.i1e, 0.0) == [0.5]
    assert slope(special.bessel_j1, 0.0) == [0.5]
    assert slope(special.spherical_bessel_j0, 0.0) == [0]
    assert slope(lambda x: special.xlogy(x, tensor([0.0], dtype=autograd.float64)), 0.0) == [0]
    assert slope(lambda x: special.logit(x, eps=0.25), 0.1, 0.25) == pytest.approx([0, 16 / 3])
    assert np.isnan(slope(special.logit, -0.5)[0])


@pytest.mark.parametrize("name", ["gammainc", "gammaincc", "zeta"])
def test_underivable_arguments_say_so(name) -> None:
    a, x = tensor([2.0], requires_grad=True), tensor([1.0], requires_grad=True)
    with pytest.raises(autograd.errors.NonDifferentiableError, match="first argument"):
        getattr(special, name)(a, x).sum().backward()
    getattr(special, name)(a.detach(), x).sum().backward()
    assert x.grad.isfinite().all()


def test_complex_numbers_are_refused() -> None:
    for name in ("erf", "gammaln", "i0", "entr", "xlogy", "airy_ai"):
        f = getattr(special, name)
        with pytest.raises(NotImplementedError, match="not implemented for"):
            f(tensor([1j]), 2) if name == "xlogy" else f(tensor([1j]))


def test_everything_named_is_there() -> None:
    assert special.softmax(tensor([0.0, 0.0]), 0).tolist() == [0.5, 0.5]
    assert special.log_softmax(tensor([0.0]), 0).tolist() == [0]
    assert special.logsumexp(tensor([0.0]), 0).item() == 0
    assert special.round(tensor([1.5])).item() == 2
    assert len(special.__all__) == len(set(special.__all__)) == 56
    assert all(callable(getattr(special, name)) for name in special.__all__)


def test_scipy_is_not_loaded_before_it_is_needed() -> None:
    code = ("import sys, autograd; from autograd import special; "
            "autograd.exp(autograd.ones(2)); assert not any(m.split('.')[0] == 'scipy' for m in sys.modules); "
            "special.erf(autograd.ones(2)); assert 'scipy.special' in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)
