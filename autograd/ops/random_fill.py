"""Methods that fill a tensor with random numbers in place. What was drawn is constant: its gradient is zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch import is_tensor
from ..dtypes import scalar_type
from ..errors import describe, fail
from ..inplace import check_writable, rebase
from ..kernels import sampling as kernel
from ..kernels.mt19937 import Engine
from ..modes import recording
from ..primitive import composite, primitive
from ..random import Generator, default_generator
from ..tape import written
from .casting import to_dtype
from .checks import zero_gradient

Array = np.ndarray[Any, Any]
Draw = Callable[[int, bool], Array]


def engine_of(generator: Any) -> Engine:
    """The engine of ``generator``, or of the default one."""
    if generator is None:
        return default_generator.engine
    if not isinstance(generator, Generator):
        fail(TypeError, f"Generator expected, got {type(generator).__name__}; make one with autograd.Generator()")
    return generator.engine


def fill(a: Array, draw: Draw) -> None:
    """Write ``draw(n, contiguous)`` into ``a`` in the order of memory, which is PyTorch's order of drawing."""
    if a.flags.c_contiguous:
        a[...] = draw(a.size, True).reshape(a.shape)
        return
    target = a.transpose(memory_order(a))
    target[...] = draw(a.size, False).reshape(target.shape)


def memory_order(a: Array) -> list[int]:
    """The dimensions of ``a`` from the widest stride to the narrowest."""
    return sorted(range(a.ndim), key=lambda d: -a.strides[d])


def fill_tensor(t: Any, name: str, draw: Draw) -> Any:
    """Fill the Tensor ``t`` in place; returns it."""
    if not is_tensor(t):
        fail(TypeError, f"{name}(): expected a Tensor, got {describe(t)} ({type(t).__name__})")
    check_writable(t, name)
    node = drawn_with(t, values=t._a)._node if recording() else None
    fill(t._a, draw)
    written(t._vc)
    if recording():
        rebase(t, node)
    return t


@primitive(
    vjp={"input": lambda g, input_dtype: to_dtype(zero_gradient(g), input_dtype),
         "other": lambda g, other_dtype: to_dtype(zero_gradient(g), other_dtype)},
    broadcasts=True, method=False,
)
def drawn_with(input, other=None, *, values):
    """``values``, which were drawn with these parameters: constant, with gradients of zero."""
    return values


def _require(condition: bool, message: str) -> None:
    if not condition:
        fail(RuntimeError, message)


def _no_code(name: str, dtype: np.dtype[Any]) -> None:
    fail(NotImplementedError, f"\"{name}\" not implemented for '{scalar_type(dtype)}'; convert with .float()")


def uniform_draw(engine: Engine, dtype: np.dtype[Any], low: float, high: float) -> Draw:
    """Uniform numbers of ``dtype``; of a complex one, real and imaginary parts."""
    if dtype.kind not in "fc":
        _no_code("check_uniform_bounds", dtype)
    _require(low <= high, f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}")
    if dtype.kind == "c":
        part = np.dtype(f"f{dtype.itemsize // 2}")
        return lambda n, contiguous: kernel.uniform(engine, 2 * n, part, low, high).view(dtype)
    return lambda n, contiguous: kernel.uniform(engine, n, dtype, low, high)


def normal_draw(engine: Engine, dtype: np.dtype[Any], mean: float, std: float) -> Draw:
    """Normal numbers of ``dtype``; the variance of complex ones is shared by their parts."""
    if dtype.kind not in "fc":
        _no_code("normal_kernel_cpu", dtype)
    _require(std >= 0, f"normal expects std >= 0.0, but found std {std}")
    if dtype.kind == "c":
        part, share = np.dtype(f"f{dtype.itemsize // 2}"), std / 2 ** 0.5
        return lambda n, contiguous: kernel.normal(engine, 2 * n, part, mean, share, contiguous).view(dtype)
    return lambda n, contiguous: kernel.normal(engine, n, dtype, mean, std, contiguous)


def integer_draw(engine: Engine, dtype: np.dtype[Any], low: int, high: int | None) -> Draw:
    """Integers in [low, high), or from ``low`` to the greatest of ``dtype``."""
    first, last = bounds_of(dtype)
    if high is None:
        span = max(last, low) - low + 1
    else:
        _require(low < high, f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
        if dtype.kind != "f":
            where = {"b": "bool"}.get(dtype.kind, dtype.name)
            _require(first <= low <= last, f"from is out of bounds for {where}")
            _require(first <= high - 1 <= last, f"to - 1 is out of bounds for {where}")
        span = high - low
    return lambda n, contiguous: kernel.integers(engine, n, low, span).astype(dtype)


def bounds_of(dtype: np.dtype[Any]) -> tuple[int, int]:
    """The least and the greatest integer that a type holds exactly."""
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        digits = 1 << (np.finfo(dtype).nmant + 1)
        return -digits, digits
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


@composite(public=False)
def uniform_(self, from_=0.0, to=1.0, *, generator=None):
    """Fill with numbers uniform in [from_, to).

    Raises:
        RuntimeError: ``from_ > to``.
        NotImplementedError: the elements are integers.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.zeros(2).uniform_(-1, 1)
    tensor([-0.0075,  0.5364])
    """
    return fill_tensor(self, "uniform_", uniform_draw(engine_of(generator), self._a.dtype, from_, to))


@composite(public=False)
def normal_(self, mean=0.0, std=1.0, *, generator=None):
    """Fill with normal numbers of the given mean and standard deviation.

    Raises:
        RuntimeError: ``std`` is negative.
        NotImplementedError: the elements are integers.
    """
    return fill_tensor(self, "normal_", normal_draw(engine_of(generator), self._a.dtype, mean, std))


@composite(public=False)
def random_(self, *bounds, to=None, generator=None):
    """Fill with integers, all equally likely.

    ``random_()`` draws from 0 to the greatest integer the type holds exactly, ``random_(to)`` from [0, to), and
    ``random_(low, to)`` from [low, to), or with ``to=None`` from ``low`` up.

    Raises:
        RuntimeError: the range is empty, or out of the type's bounds.
    """
    engine, dtype = engine_of(generator), self._a.dtype
    if not bounds and to is None:
        return fill_tensor(self, "random_", lambda n, contiguous: kernel.all_integers(engine, n, dtype))
    low, to = (0, *bounds, to)[-2:] if to is not None else (0, *bounds)[-2:]
    return fill_tensor(self, "random_", integer_draw(engine, dtype, low, to))


@composite(public=False)
def bernoulli_(self, p=0.5, *, generator=None):
    """Fill with 1 with probability ``p``, else 0; ``p`` is a number, or a tensor with a probability for each place.

    Raises:
        RuntimeError: a probability is not in [0, 1].
    """
    engine = engine_of(generator)
    if is_tensor(p):
        probabilities = np.broadcast_to(checked_probabilities(p._a), self._a.shape).transpose(memory_order(self._a))
        return fill_tensor(self, "bernoulli_", lambda n, contiguous: kernel.bernoulli_each(engine, probabilities))
    return fill_tensor(self, "bernoulli_", bernoulli_draw(engine, p))


def bernoulli_draw(engine: Engine, p: float) -> Draw:
    _require(0 <= p <= 1, f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    return lambda n, contiguous: kernel.bernoulli(engine, n, p)


def checked_probabilities(p: Array) -> Array:
    if p.dtype.kind != "f":
        _no_code("bernoulli_tensor_cpu_p_", p.dtype)
    _require(bool(((p >= 0) & (p <= 1)).all()), "Expected p_in >= 0 && p_in <= 1 to be true, but a probability is not")
    return p


def _floating(t: Any, what: str) -> None:
    _require(t._a.dtype.kind == "f", f"{what} distribution is a continuous probability distribution. dtype must be a "
                                     f"floating point but you specified {scalar_type(t._a.dtype)}")


def _fill_doubles(t: Any, name: str, draw: Callable[[int], Array]) -> Any:
    """Fill with float64 draws converted to the type of ``t``."""
    return fill_tensor(t, name, lambda n, contiguous: kernel.to_dtype(draw(n), t._a.dtype))


@composite(public=False)
def exponential_(self, lambd=1.0, *, generator=None):
    """Fill with exponential numbers, of density ``lambd * exp(-lambd * x)``.

    Raises:
        RuntimeError: ``lambd`` is not positive, or the elements are integers.
    """
    _floating(self, "Exponential")
    _require(lambd > 0, f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
    engine = engine_of(generator)
    return _fill_doubles(self, "exponential_", lambda n: kernel.exponential(engine, n, lambd))


@composite(public=False)
def geometric_(self, p, *, generator=None):
    """Fill with geometric numbers: the trials up to the first success, of probability ``(1 - p)**(k - 1) * p``.

    Raises:
        RuntimeError: ``p`` is not in (0, 1).
    """
    _require(0 < p < 1, f"geometric_ expects p to be in (0, 1), but got p={p}")
    engine = engine_of(generator)
    return _fill_doubles(self, "geometric_", lambda n: kernel.geometric(engine, n, p))


@composite(public=False)
def cauchy_(self, median=0.0, sigma=1.0, *, generator=None):
    """Fill with Cauchy numbers, of density ``sigma / (pi * (sigma**2 + (x - median)**2))``.

    Raises:
        RuntimeError: ``sigma`` is not positive, or the elements are integers.
    """
    _floating(self, "Cauchy")
    _require(sigma > 0, f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    engine = engine_of(generator)
    return _fill_doubles(self, "cauchy_", lambda n: kernel.cauchy(engine, n, median, sigma))


@composite(public=False)
def log_normal_(self, mean=1.0, std=2.0, *, generator=None):
    """Fill with numbers whose logarithms are normal with this mean and standard deviation.

    Raises:
        RuntimeError: ``std`` is not positive.
        NotImplementedError: the elements are integers.
    """
    if self._a.dtype.kind != "f":
        _no_code("log_normal_cpu", self._a.dtype)
    _require(std > 0, f"log_normal_ expects std > 0.0, but found std={std}")
    engine = engine_of(generator)
    return _fill_doubles(self, "log_normal_", lambda n: kernel.log_normal(engine, n, mean, std))
