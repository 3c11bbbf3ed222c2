"""Random counts, Poisson and binomial, from an engine's words: one number after another, each from as many draws as it
needs. The draws are those of `sampling`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from .mt19937 import Array, Engine
from .sampling import undivided


@undivided
def poisson(engine: Engine, rates: Array) -> Array:
    """Poisson numbers with the mean that stands at each place of a float64 array.

    Small means by D. Knuth's products of uniforms (TAOCP vol. 2, 3.4.1), means from 10 on by transformed rejection
    (W. Hoermann, "The transformed rejection method for generating Poisson random variables", 1993).
    """
    return _each(engine, _poisson, rates)


def _each(engine: Engine, sample: Callable[..., float], *parameters: Array) -> Array:
    """``sample(*parameters, draw)`` at each place of arrays of one shape; ``draw()`` gives the next uniform number."""
    shape, size = parameters[0].shape, parameters[0].size
    before = engine.snapshot() if size else {}
    used = 0

    def stream() -> Iterator[float]:
        nonlocal used
        while True:
            for u in engine.doubles(1024).tolist():
                used += 1
                yield u

    draw = stream().__next__
    found = [sample(*values, draw) for values in zip(*[p.ravel().tolist() for p in parameters], strict=True)]
    if size:  # give back the draws that were not needed
        engine.rewind(before)
        engine.words(2 * used)
    return np.array(found, np.float64).reshape(shape)


def _poisson(rate: float, draw: Callable[[], float]) -> int:
    if rate == 0:
        return 0
    if rate < 10:
        limit, product, k = math.exp(-rate), draw(), 0
        while product > limit:
            product *= draw()
            k += 1
        return k
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    log_alpha = math.log(1.1239 + 1.1328 / (b - 3.4))
    v_r, log_rate = 0.9277 - 3.6224 / (b - 2), math.log(rate)
    while True:
        u, v = draw() - 0.5, draw()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= v_r:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        if math.log(v) + log_alpha - math.log(a / (us * us) + b) <= -rate + k * log_rate - math.lgamma(k + 1):
            return k


@undivided
def binomial(engine: Engine, counts: Array, probabilities: Array) -> Array:
    """Numbers of successes in so many trials with that probability, at each place of two float64 arrays.

    Few expected successes by the waiting times between them, which are geometric (L. Devroye, "Non-uniform random
    variate generation", 1986, X.4), many by transformed rejection (W. Hoermann, "The generation of binomial random
    variates", 1993).
    """
    return _each(engine, _binomial, counts, probabilities)


def _binomial(count: float, p: float, draw: Callable[[], float]) -> float:
    if count <= 0 or p <= 0:
        return 0
    if p >= 1:
        return count
    if p != p:
        return math.nan
    q = min(p, 1 - p)
    found = _successes_by_rejection(count, q, draw) if count * q >= 10 else _successes_by_waiting(count, q, draw)
    return found if p <= 0.5 else count - found


def _successes_by_waiting(count: float, p: float, draw: Callable[[], float]) -> float:
    trials, successes, log_failure = 0.0, 0, math.log1p(-p)
    while True:
        u = draw()
        trials += math.ceil(math.log(u) / log_failure) if u else math.inf
        if trials > count:
            return successes
        successes += 1


def _successes_by_rejection(count: float, p: float, draw: Callable[[], float]) -> float:
    deviation = math.sqrt(count * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    center, v_r, odds = count * p + 0.5, 0.92 - 4.2 / b, p / (1 - p)
    alpha, mode = (2.83 + 5.1 / b) * deviation, math.floor((count + 1) * p)
    while True:
        u, v = draw() - 0.5, draw()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + center)
        if k < 0 or k > count:
            continue
        if us >= 0.07 and v <= v_r:
            return k
        v = math.log(v * alpha / (a / (us * us) + b))
        bound = ((mode + 0.5) * math.log((mode + 1) / (odds * (count - mode + 1)))
                 + (count + 1) * math.log((count - mode + 1) / (count - k + 1))
                 + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
                 + _stirling(mode) + _stirling(count - mode) - _stirling(k) - _stirling(count - k))
        if v <= bound:
            return k


_STIRLING = (0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
             0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287)


def _stirling(k: float) -> float:
    """What Stirling's formula for ``log(k!)`` leaves out."""
    if k <= 9:
        return _STIRLING[int(k)]
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)
