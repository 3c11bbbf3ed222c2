"""A line search for the strong Wolfe conditions.

Nocedal and Wright, "Numerical optimization" (2006), algorithms 3.5 and 3.6, with cubic interpolation, and with a guard
against trial points that stay close to an end of the bracket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.kernels.matmul import matmul as dot

Array = np.ndarray[Any, Any]


class Point(NamedTuple):
    """A step length, with the loss there, its gradient, and its slope along the line."""

    t: Any
    f: float
    g: Array
    slope: Any


def cubic_minimum(a: Point, b: Point, low: Any, high: Any) -> Any:
    """Where the cubic through two points with their slopes is least, within [low, high]."""
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2.0
    if a.t > b.t:
        a, b = b, a
    d2 = np.sqrt(square)
    best = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(best, low), high)


def strong_wolfe(
    evaluate: Callable[[Any], tuple[float, Array]], t: Any, direction: Array, f: float, g: Array, slope: Any,
    c1: float = 1e-4, c2: float = 0.9, tolerance_change: float = 1e-9, max_ls: int = 25,
) -> tuple[float, Array, Any, int]:
    """A step length with enough decrease and a flat enough slope.

    Args:
        evaluate: gives loss and gradient at a step length.
        t: the first step length to try.
        direction: along which.
        f, g, slope: loss, gradient and slope at the start.
        c1, c2: of the two conditions, ``f(t) <= f + c1 t slope`` and ``|slope(t)| <= -c2 slope``.
        tolerance_change: brackets that change no parameter by more than this are not split further.
        max_ls: the largest number of evaluations after the first.

    Returns:
        Loss, gradient, step length, and the number of evaluations.
    """
    def at(t: Any) -> Point:
        f_new, g_new = evaluate(t)
        return Point(t, f_new, g_new, dot(g_new, direction))

    start = previous = Point(0.0, f, g.copy(), slope)
    new = at(t)
    count, done, bracket = 0, False, [start, new]
    while count < max_ls:
        if new.f > f + c1 * new.t * slope or (count > 1 and new.f >= previous.f):
            bracket = [previous, new]
            break
        if abs(new.slope) <= -c2 * slope:
            bracket, done = [new], True
            break
        if new.slope >= 0:
            bracket = [previous, new]
            break
        t = cubic_minimum(previous, new, new.t + 0.01 * (new.t - previous.t), new.t * 10)
        previous, new = new, at(t)
        count += 1
    else:
        bracket = [start, new]
    size = np.abs(direction).max()
    low, high = (0, -1) if bracket[0].f <= bracket[-1].f else (1, 0)
    stuck = False
    while not done and count < max_ls:
        left, right = sorted(point.t for point in bracket)
        if (right - left) * size < tolerance_change:
            break
        t = cubic_minimum(bracket[0], bracket[1], left, right)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) < margin:
            if stuck or t >= right or t <= left:
                t = right - margin if abs(t - right) < abs(t - left) else left + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        new = at(t)
        count += 1
        if new.f > f + c1 * t * slope or new.f >= bracket[low].f:
            bracket[high] = new
            low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
        else:
            if abs(new.slope) <= -c2 * slope:
                done = True
            elif new.slope * (bracket[high].t - bracket[low].t) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = new
    best = bracket[low]
    return best.f, best.g, best.t, count + 1
