"""Orthogonal polynomials of any degree. As in PyTorch, no gradient flows through them.

The degree ``n`` may be a tensor; its fraction is dropped, and the polynomial of a negative degree is 0.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..kernels import special as kernel
from ..primitive import primitive

Array = np.ndarray[Any, Any]

_polynomial = functools.partial(
    primitive, inputs=("input", "n"), broadcasts=True, promote="float", numbers="either", method=False)


def _evaluate(polynomial: Callable[[Array, Array], Array] | str, input: Array, n: Array) -> Array:
    degree = np.trunc(n).astype(np.int64)
    function = kernel.function(polynomial) if isinstance(polynomial, str) else polynomial
    values = function(np.maximum(degree, 0), input.astype(np.float64))
    return np.where(degree < 0, 0, values).astype(input.dtype)


def _third(n: Array, x: Array) -> Array:
    """V_n = U_n - U_(n-1), with U_(-1) = 0."""
    u = kernel.function("eval_chebyu")
    return u(n, x) - np.where(n > 0, u(np.maximum(n - 1, 0), x), 0)  # type: ignore[no-any-return]


def _fourth(n: Array, x: Array) -> Array:
    """W_n = U_n + U_(n-1), with U_(-1) = 0."""
    u = kernel.function("eval_chebyu")
    return u(n, x) + np.where(n > 0, u(np.maximum(n - 1, 0), x), 0)  # type: ignore[no-any-return]


@_polynomial()
def special_chebyshev_polynomial_t(input, n):
    """Chebyshev polynomial of the first kind ``T_n(input)``.

    >>> import autograd
    >>> autograd.special.chebyshev_polynomial_t(autograd.tensor([0.5]), 2)
    tensor([-0.5000])
    """
    return _evaluate("eval_chebyt", input, n)


@_polynomial()
def special_chebyshev_polynomial_u(input, n):
    """Chebyshev polynomial of the second kind ``U_n(input)``.

    >>> import autograd
    >>> autograd.special.chebyshev_polynomial_u(autograd.tensor([0.5]), 3)
    tensor([-1.])
    """
    return _evaluate("eval_chebyu", input, n)


@_polynomial()
def special_chebyshev_polynomial_v(input, n):
    """Chebyshev polynomial of the third kind ``V_n(input)``.

    >>> import autograd
    >>> autograd.special.chebyshev_polynomial_v(autograd.tensor([0.25]), 2)
    tensor([-1.2500])
    """
    return _evaluate(_third, input, n)


@_polynomial()
def special_chebyshev_polynomial_w(input, n):
    """Chebyshev polynomial of the fourth kind ``W_n(input)``.

    >>> import autograd
    >>> autograd.special.chebyshev_polynomial_w(autograd.tensor([0.25]), 2)
    tensor([-0.2500])
    """
    return _evaluate(_fourth, input, n)


@_polynomial()
def special_shifted_chebyshev_polynomial_t(input, n):
    """Shifted Chebyshev polynomial of the first kind ``T_n(2 * input - 1)``.

    >>> import autograd
    >>> autograd.special.shifted_chebyshev_polynomial_t(autograd.tensor([0.25]), 2)
    tensor([-0.5000])
    """
    return _evaluate("eval_chebyt", 2 * input - 1, n)


@_polynomial()
def special_shifted_chebyshev_polynomial_u(input, n):
    """Shifted Chebyshev polynomial of the second kind ``U_n(2 * input - 1)``.

    >>> import autograd
    >>> autograd.special.shifted_chebyshev_polynomial_u(autograd.tensor([0.25]), 2)
    tensor([0.])
    """
    return _evaluate("eval_chebyu", 2 * input - 1, n)


@_polynomial()
def special_shifted_chebyshev_polynomial_v(input, n):
    """Shifted Chebyshev polynomial of the third kind ``V_n(2 * input - 1)``.

    >>> import autograd
    >>> autograd.special.shifted_chebyshev_polynomial_v(autograd.tensor([0.25]), 2)
    tensor([1.])
    """
    return _evaluate(_third, 2 * input - 1, n)


@_polynomial()
def special_shifted_chebyshev_polynomial_w(input, n):
    """Shifted Chebyshev polynomial of the fourth kind ``W_n(2 * input - 1)``.

    >>> import autograd
    >>> autograd.special.shifted_chebyshev_polynomial_w(autograd.tensor([0.25]), 2)
    tensor([-1.])
    """
    return _evaluate(_fourth, 2 * input - 1, n)


@_polynomial()
def special_hermite_polynomial_h(input, n):
    """Physicist's Hermite polynomial ``H_n(input)``.

    >>> import autograd
    >>> autograd.special.hermite_polynomial_h(autograd.tensor([1.]), 2)
    tensor([2.])
    """
    return _evaluate("eval_hermite", input, n)


@_polynomial()
def special_hermite_polynomial_he(input, n):
    """Probabilist's Hermite polynomial ``He_n(input)``.

    >>> import autograd
    >>> autograd.special.hermite_polynomial_he(autograd.tensor([2.]), 2)
    tensor([3.])
    """
    return _evaluate("eval_hermitenorm", input, n)


@_polynomial()
def special_laguerre_polynomial_l(input, n):
    """Laguerre polynomial ``L_n(input)``.

    >>> import autograd
    >>> autograd.special.laguerre_polynomial_l(autograd.tensor([2.]), 2)
    tensor([-1.])
    """
    return _evaluate("eval_laguerre", input, n)


@_polynomial()
def special_legendre_polynomial_p(input, n):
    """Legendre polynomial ``P_n(input)``.

    >>> import autograd
    >>> autograd.special.legendre_polynomial_p(autograd.tensor([0.5]), 2)
    tensor([-0.1250])
    """
    return _evaluate("eval_legendre", input, n)
