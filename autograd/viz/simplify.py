"""Formulas made shorter without changing a bit of what they compute, and the derivative in them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .symbols import Expr


def simplified(value: Any) -> Any:
    """``value`` as one would write it: ``x * x`` as a square, signs in front, no factors of one."""
    done: dict[int, Any] = {}

    def visit(v: Any) -> Any:
        if type(v) in (list, tuple):
            return type(v)([visit(x) for x in v])
        if not isinstance(v, Expr):
            return v
        if id(v) not in done:
            done[id(v)] = _rewritten(Expr(v.head, visit(v.args), {k: visit(x) for k, x in v.kwargs.items()})), v
        return done[id(v)][0]

    return visit(value)


def same(a: Any, b: Any) -> bool:
    """Whether two formulas are the same variable or the same part."""
    if a is b:
        return isinstance(a, Expr)
    return isinstance(a, Expr) and isinstance(b, Expr) and a.head == b.head == "name" and a.args == b.args


def _is_one(v: Any) -> bool:
    return not isinstance(v, (Expr, bool)) and isinstance(v, (int, float)) and v == 1


def _rewritten(e: Expr) -> Any:
    a = e.args
    if e.head in ("add", "sub") and len(a) == 2:
        if isinstance(a[1], Expr) and a[1].head == "value" and _all_zero(a[1].args[0]):
            # How short gradients of sums are repeated: x - zeros(shape).
            return Expr("primitive", ("expand", a[0], a[1].args[0].shape))
        if e.head == "add" and same(a[0], a[1]):
            return Expr("mul", (2, a[0]))
    if e.head == "mul" and len(a) == 2:
        if same(a[0], a[1]):
            return Expr("pow", (a[0], 2))
        for i in (0, 1):
            if _is_one(a[i]) and isinstance(a[1 - i], Expr):
                return a[1 - i]
        if isinstance(a[0], Expr) and a[0].head == "neg":
            return Expr("neg", (_rewritten(Expr("mul", (a[0].args[0], a[1]))),))
    if e.head == "div" and len(a) == 2 and isinstance(a[0], Expr) and a[0].head == "neg":
        return Expr("neg", (Expr("div", (a[0].args[0], a[1])),))
    return e


def _all_zero(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.ndim > 0 and not array.any()


def local_derivative(expr: Any) -> Any:
    """``expr`` with 1 in place of ``g``, where it is ``g`` times something element by element; None otherwise."""
    if not _has_g(expr):
        return 0 if _is_zero(expr) else None
    slope = _slope(expr)
    return None if slope is None else simplified(slope)


def _is_g(value: Any) -> bool:
    return isinstance(value, Expr) and value.head == "name" and value.args[0] == "g"


def _has_g(value: Any) -> bool:
    return isinstance(value, Expr) and (_is_g(value) or any(_has_g(p) for p in value.parts()))


def _is_zero(value: Any) -> bool:
    return not isinstance(value, Expr) and isinstance(value, (int, float)) and value == 0


def _slope(e: Any) -> Any:
    """The factor of g in ``e``, or None where there is no such factor."""
    if _is_g(e):
        return 1
    if not isinstance(e, Expr) or not _has_g(e):
        return None
    a, head = e.args, e.head
    if head == "primitive" and a[0] == "zero_gradient":
        return 0
    if head == "neg":
        inner = _slope(a[0])
        return None if inner is None else -1 if inner == 1 else Expr("neg", (inner,))
    if head == "mul":
        which = 0 if _has_g(a[0]) else 1
        if _has_g(a[1 - which]):
            return None
        inner, factor = _slope(a[which]), a[1 - which]
        if inner is None or inner == 1:
            return factor if inner == 1 else None
        if inner == -1:
            return Expr("neg", (factor,))
        return Expr("mul", (inner, factor) if which == 0 else (factor, inner))
    if head == "div" and not _has_g(a[1]):
        inner = _slope(a[0])
        if inner is None:
            return None
        return Expr("neg", (Expr("div", (1, a[1])),)) if inner == -1 else Expr("div", (inner, a[1]))
    if head == "where" and not _has_g(a[0]):
        branches = [_slope(b) if _has_g(b) else 0 if _is_zero(b) else None for b in a[1:]]
        return None if None in branches else Expr("where", (a[0], *branches))
    if head in ("add", "sub") and all(map(_has_g, a)):
        sides = [_slope(b) for b in a]
        return None if None in sides else Expr(head, tuple(sides))
    return None
