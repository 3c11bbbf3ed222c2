"""Tables of polynomials for the tail of the normal distribution, computed in decimal numbers of many digits.

G(a) = exp(a * a / 2) times the share of the normal distribution beyond a >= 0 falls slowly from 1/2; it is Mills' ratio
times the density at 0 (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.11 and 26.2.14). Products of
single polynomials with the powers around them would lose some digits to rounding. Polynomials for short intervals give
what is wanted at once: next to the first coefficient everything else is small.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

Function = Callable[[Decimal], Decimal]

_DIGITS = 36


class Intervals(NamedTuple):
    """Intervals of a >= 0: ``steps`` of them where a + first goes from ``first`` to twice that, and so on."""

    first: int
    steps: int
    octaves: int

    def bounds(self) -> list[tuple[float, float]]:
        edges = [self.first * 2.0 ** octave * (1 + step / self.steps) - self.first
                 for octave in range(self.octaves) for step in range(self.steps)]
        return list(zip(edges, [*edges[1:], self.first * 2.0 ** self.octaves - self.first]))


def _density() -> Decimal:
    """That of the normal distribution at 0."""
    return Decimal(1) / (2 * Decimal("3.14159265358979323846264338327950288419716939937510")).sqrt()


def _share(a: Decimal) -> Decimal:
    """G(a)."""
    if a < 1:
        total = term = a
        k = 1
        while abs(term) > Decimal(10) ** -_DIGITS:
            k += 2
            term = term * a * a / k
            total += term
        return (a * a / 2).exp() / 2 - total * _density()
    fraction = a
    for k in range(40 + int(900 / a), 0, -1):
        fraction = a + k / fraction
    return _density() / fraction


def _gelu(a: Decimal) -> Decimal:
    """What gelu lacks of the greater of its argument and 0, at plus and minus a, times exp(a * a / 2)."""
    return a * _share(a)


def _slope(a: Decimal) -> Decimal:
    """The slope of gelu at -a, and what it lacks of 1 at a, times exp(a * a / 2)."""
    return _share(a) - a * _density()


def _interpolated(f: Function, width: float, degree: int) -> list[Decimal]:
    """Coefficients, from the first power on, of the polynomial that is f at Chebyshev's nodes from 0 to ``width``."""
    count = degree + 1
    nodes = [Decimal(width / 2 * (1 - math.cos(math.pi * (2 * k + 1) / (2 * count)))) for k in range(count)]
    divided = [f(x) for x in nodes]
    for order in range(1, count):
        for k in range(degree, order - 1, -1):
            divided[k] = (divided[k] - divided[k - 1]) / (nodes[k] - nodes[k - order])
    found = [Decimal(0)] * count
    for x, c in zip(reversed(nodes), reversed(divided)):
        found = [c - x * found[0], *[found[k - 1] - x * found[k] for k in range(1, count)]]
    return found


def _table(f: Function, intervals: Intervals, degree: int) -> list[list[float]]:
    rows = []
    with localcontext() as context:
        context.prec = _DIGITS
        for low, high in intervals.bounds():
            start, width = Decimal(low), high - low
            if low == 0 and f(start) == 0:  # no digits are lost next to 0
                found = [Decimal(0), *_interpolated(lambda d: f(d) / d, width, degree - 1)]
            else:
                found = _interpolated(lambda d, start=start: f(start + d), width, degree)  # type: ignore[misc]
            rows.append([float(c) for c in reversed(found)])
    return rows


@functools.cache
def tables(intervals: Intervals, degrees: tuple[int, int]) -> Sequence[list[list[float]]]:
    """Of `_gelu` and of `_slope`, for each interval the coefficients for a less its start, the highest power first."""
    return [_table(f, intervals, degree) for f, degree in zip((_gelu, _slope), degrees)]
