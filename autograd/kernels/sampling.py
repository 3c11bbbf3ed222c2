"""Random numbers of every distribution, from an engine's words: each function draws ``n`` numbers in order.

Which words make which number is PyTorch's choice throughout. Transcendental functions of double-precision draws go
through the C library (Python's ``math``), which rounds as PyTorch's scalar code does; NumPy's vector code may not.
"""

from __future__ import annotations

import functools
import math
import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .mt19937 import Array, Engine

F = TypeVar("F", bound=Callable[..., Any])

_drawing = threading.RLock()
if hasattr(os, "register_at_fork"):  # a child must not find it, or NumPy's own lock, held by a thread it does not have
    os.register_at_fork(before=_drawing.acquire, after_in_parent=_drawing.release, after_in_child=_drawing.release)


def undivided(draw: F) -> F:
    """Let no other thread draw in the midst of this: two must not take the same number."""
    @functools.wraps(draw)
    def locked(engine: Engine, *args: Any) -> Any:
        with _drawing:
            return draw(engine, *args)
    return locked  # type: ignore[return-value]


_F16, _F32, _F64 = np.dtype("float16"), np.dtype("float32"), np.dtype("float64")


def each(function: Callable[[float], float], x: Array) -> Array:
    """``function`` of each element of a float64 array."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def halves(x: Array) -> Array:
    """Doubles as float16, rounded to single precision on the way."""
    return x.astype(np.float32).astype(np.float16)


def to_dtype(x: Array, dtype: np.dtype[Any]) -> Array:
    return halves(x) if dtype == _F16 and x.dtype == _F64 else x.astype(dtype, copy=False)


def scaled(x: Array, factor: Any, shift: Any) -> Array:
    """``x * factor + shift`` with a single rounding at the end, as processors with a fused multiply-add compute it."""
    if factor == 1 and shift == 0:
        return x
    if x.dtype == _F32:  # the product is exact in double precision
        return _fma(x, np.float32(factor), np.float32(shift))
    # T. J. Dekker's exact product and D. Knuth's exact sum: main part and error of each.
    high, low = _halved(x)
    factor_high, factor_low = _halved(np.float64(factor))
    product = x * factor
    error = ((high * factor_high - product) + high * factor_low + low * factor_high) + low * factor_low
    total = product + shift
    part = total - product
    return total + (((product - (total - part)) + (shift - part)) + error)  # type: ignore[no-any-return]


def _halved(x: Any) -> tuple[Any, Any]:
    """A double as the sum of two with half the digits (G. W. Veltkamp)."""
    c = x * 134217729.0
    high = c - (c - x)
    return high, x - high


# --- uniform ----------------------------------------------------------------------------------------------


@undivided
def uniform(engine: Engine, n: int, dtype: np.dtype[Any], low: float, high: float) -> Array:
    """Numbers in [low, high)."""
    if dtype == _F64:
        x = scaled(engine.doubles(n), high - low, low)
    else:
        first, last = np.float32(low), np.float32(high)
        x = scaled(engine.singles(n), last - first, first).astype(dtype, copy=False)
    if dtype == _F16 or low != 0 or high != 1:  # rounding may reach the upper end, which is not in the interval
        x[x == np.asarray(high, dtype)] = low
    return x


# --- normal -----------------------------------------------------------------------------------------------


@undivided
def normal(engine: Engine, n: int, dtype: np.dtype[Any], mean: float, std: float, contiguous: bool) -> Array:
    """Normal numbers: from 16 on in blocks, fewer (or scattered in memory) one after the other in double precision."""
    if n < 16 or not contiguous:
        return to_dtype(scaled(normal_doubles(engine, n), std, mean), dtype)
    double = dtype == _F64
    draw, transform = (engine.doubles, _blocks_double) if double else (engine.singles, _blocks_single)
    out = np.empty(n, dtype)
    whole = n - n % 16
    # Half precision draws what its blocks need; the others draw n uniforms first and 16 more for a last, partial block.
    uniforms = draw(whole if dtype == _F16 else n)
    for start in range(0, whole, _CHUNK):
        stop = min(start + _CHUNK, whole)
        out[start:stop].reshape(-1, 2, 8)[...] = transform(uniforms[start:stop].reshape(-1, 2, 8), mean, std)
    if n % 16:
        out[-16:] = transform(draw(16).reshape(1, 2, 8), mean, std).ravel()
    return out


# So many elements at a time that the intermediate arrays stay in the cache.
_CHUNK = 1 << 14


@undivided
def normal_doubles(engine: Engine, n: int) -> Array:
    """Standard normal float64 numbers by the Box-Muller transform, which makes two; the engine keeps an odd one."""
    out = np.empty(n)
    if n == 0:
        return out
    start = 0
    if engine.next_normal is not None:
        out[0], engine.next_normal, start = engine.next_normal, None, 1
    pairs = (n - start + 1) // 2
    if pairs:
        u = engine.doubles(2 * pairs).reshape(pairs, 2)
        radius = np.sqrt(-2 * each(math.log1p, -u[:, 1]))
        theta = (2 * math.pi) * u[:, 0]
        both = np.stack([radius * each(math.cos, theta), radius * each(math.sin, theta)], 1).ravel()
        out[start:] = both[:n - start]
        if len(both) > n - start:
            engine.next_normal = float(both[-1])
    return out


def _blocks_double(u: Array, mean: float, std: float) -> Array:
    radius = np.sqrt(-2 * each(math.log, 1 - u[:, 0]))
    theta = (2 * math.pi) * u[:, 1]
    return scaled(np.stack([radius * each(math.cos, theta), radius * each(math.sin, theta)], 1), std, mean)


def _fma(a: Any, b: Any, c: Any) -> Array:
    """``a * b + c`` of float32 numbers, rounded once (the product is exact in double precision)."""
    return (np.multiply(a, b, dtype=np.float64) + c).astype(np.float32)  # type: ignore[no-any-return]


def _horner(x: Array, coefficients: tuple[float, ...]) -> Array:
    wide = x.astype(np.float64)
    y = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        y = (y * wide + float(np.float32(c))).astype(np.float32)
    return y


# Polynomials of S. Moshier's Cephes library for single precision: logf, sinf, cosf.
_LOG = (7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
        2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
_SIN = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_LN2 = (np.float32(-2.12194440e-4), np.float32(0.693359375))  # ln 2 = their sum, the second with few bits
_PI4 = tuple(map(np.float32, (-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)))  # -pi/4, in parts
_SQRT_HALF, _FOUR_OVER_PI = np.float32(0.707106781186547524), np.float32(1.27323954473516)
_HALF, _ONE = np.float32(0.5), np.float32(1)


def _log_single(x: Array) -> Array:
    bits = x.view(np.int32)
    exponent = ((bits >> 23) - 126).astype(np.float32)
    x = ((bits & 0x7FFFFF) | 0x3F000000).view(np.float32)  # in [0.5, 1)
    small = x < _SQRT_HALF
    x = (x - _ONE) + x * small
    exponent -= small
    z = x * x
    y = _fma(_horner(x, _LOG) * x, z, exponent * _LN2[0])
    return _fma(exponent, _LN2[1], x + _fma(z, -_HALF, y))


def _sin_cos_single(x: Array) -> tuple[Array, Array]:
    octant = ((x * _FOUR_OVER_PI).astype(np.int32) + 1) & ~1
    turns = octant.astype(np.float32)
    for part in _PI4:
        x = _fma(turns, part, x)
    z = x * x
    cos = _fma(_horner(z, _COS) * z, z, -(z * _HALF)) + _ONE
    sin = _fma(_horner(z, _SIN) * z, x, x)
    swap = (octant & 2) != 0
    s, c = np.where(swap, cos, sin), np.where(swap, sin, cos)
    np.negative(s, where=(octant & 4) != 0, out=s)
    np.negative(c, where=((octant + 2) & 4) != 0, out=c)
    return s, c


def _blocks_single(u: Array, mean: float, std: float) -> Array:
    radius = np.sqrt(np.float32(-2) * _log_single(_ONE - u[:, 0]))
    s, c = _sin_cos_single(np.float32(2 * math.pi) * u[:, 1])
    return scaled(np.stack([radius * c, radius * s], 1), std, mean)


# --- other distributions ----------------------------------------------------------------------------------


@undivided
def bernoulli(engine: Engine, n: int, p: float) -> Array:
    """True with probability ``p``."""
    return engine.doubles(n) < p


@undivided
def bernoulli_each(engine: Engine, p: Array) -> Array:
    """True with the probability that stands at each place of ``p``."""
    draws = engine.doubles(p.size) if p.dtype == _F64 else engine.singles(p.size)
    return draws.reshape(p.shape) < p


@undivided
def exponential(engine: Engine, n: int, rate: float) -> Array:
    """Density ``rate * exp(-rate * x)``, by inversion."""
    return (-1 / rate) * each(math.log1p, -engine.doubles(n))


@undivided
def geometric(engine: Engine, n: int, p: float) -> Array:
    """The number of trials up to the first success, by inversion."""
    return np.ceil(_log(engine.doubles(n)) / math.log1p(-p))


def _log(x: Array) -> Array:
    return each(lambda v: math.log(v) if v > 0 else -math.inf, x)


@undivided
def cauchy(engine: Engine, n: int, median: float, sigma: float) -> Array:
    """Density ``sigma / (pi * (sigma**2 + (x - median)**2))``, by inversion."""
    return scaled(each(math.tan, math.pi * (engine.doubles(n) - 0.5)), sigma, median)


@undivided
def log_normal(engine: Engine, n: int, mean: float, std: float) -> Array:
    """The exponential of normal numbers."""
    with np.errstate(over="ignore"):
        return each(_exp, scaled(normal_doubles(engine, n), std, mean))


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


@undivided
def integers(engine: Engine, n: int, low: int, span: int) -> Array:
    """Integers in [low, low + span), as int64; the remainder of a word, of 64 bits from a span of 2**28 on."""
    words = engine.words64(n) if span >= 1 << 28 else engine.words(n)
    if span == 1 << 64:
        return words.view(np.int64)
    return (words % np.uint64(span)).view(np.int64) + np.int64(low)


@undivided
def all_integers(engine: Engine, n: int, dtype: np.dtype[Any]) -> Array:
    """Integers from 0 to the greatest that ``dtype`` holds exactly."""
    if dtype.kind == "f":
        last = 1 << (np.finfo(dtype).nmant + 1)
    else:
        last = 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)
    words = engine.words64(n) if dtype.itemsize == 8 else engine.words(n)
    return (words % np.uint64(last + 1)).astype(dtype)


@undivided
def permutation(engine: Engine, n: int) -> Array:
    """The integers below ``n`` in random order: R. Durstenfeld's shuffle (CACM 7(7), 1964)."""
    if n < 2:
        return np.arange(n)
    left = np.arange(n, 1, -1, dtype=np.uint64)
    draw = engine.words if n < _WORD // 20 else engine.words64
    picks = (np.arange(n - 1, dtype=np.uint64) + draw(n - 1) % left).tolist()
    order = list(range(n))
    for i, j in enumerate(picks):
        order[i], order[j] = order[j], order[i]
    return np.array(order, np.int64)


_WORD = 0xFFFF_FFFF


@undivided
def with_replacement(engine: Engine, weights: Array, count: int) -> Array:
    """``count`` indices for each row of ``weights``, each index with a probability in proportion to its weight."""
    cumulative = np.cumsum(weights, axis=1, dtype=weights.dtype)
    cumulative /= cumulative[:, -1:]
    cumulative[:, -1] = 1
    draws = engine.doubles(len(weights) * count).reshape(len(weights), count)
    return np.stack([np.searchsorted(c.astype(np.float64), d) for c, d in zip(cumulative, draws, strict=True)])
