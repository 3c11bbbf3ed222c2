"""Loops along rows of numbers, in vectors, for normalization: moments, and the results and gradients that use them.

As in `rows`. This module imports Numba.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from .ir import Emitter, Target
from .rows import ABREAST, across, along, joined, load, store, typed


def row_sum(target: Target, itemsize: int, squared: bool = False) -> Any:
    """``f(row, count, middle)``: the sum of ``row - middle``, or of its squares."""
    @intrinsic  # type: ignore[untyped-decorator]
    def total(typing, row, count, middle):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            row, count, middle = args
            middle = e.splat(middle)

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                x = builder.fsub(load(e, e.at(row, offset), mask), middle)
                x = x if mask is None else builder.select(mask, x, e.zero)
                return [e.fma(x, x, values[0]) if squared else builder.fadd(values[0], x)]

            return across(e, joined(along(e, count, [e.zero] * ABREAST, body), builder.fadd), builder.fadd)
        scalar = typed(itemsize)
        return scalar(types.int64, types.int64, scalar), emit
    return total


def row_squares(target: Target, itemsize: int) -> Any:
    """``f(row, count, middle)``: the sum of ``(row - middle) ** 2``."""
    return row_sum(target, itemsize, squared=True)


def row_normalized(target: Target, itemsize: int) -> Any:
    """``f(row, weight, bias, to, count, middle, factor)``: ``(row - middle) * factor * weight + bias``."""
    @intrinsic  # type: ignore[untyped-decorator]
    def normalized(typing, row, weight, bias, to, count, middle, factor):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            row, weight, bias, to, count, middle, factor = args
            middle, factor = e.splat(middle), e.splat(factor)

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                x, w, b = (load(e, e.at(p, offset), mask) for p in (row, weight, bias))
                x = builder.fmul(builder.fsub(x, middle), factor)
                store(e, e.fma(x, w, b), e.at(to, offset), mask)
                return []

            along(e, count, [], body)
            return context.get_dummy_value()
        scalar = typed(itemsize)
        return types.void(*[types.int64] * 5, scalar, scalar), emit
    return normalized


def row_slope_sums(target: Target, itemsize: int) -> Any:
    """``f(g, row, weight, of_weight, of_bias, count, middle, factor)`` with ``n = (row - middle) * factor``: the sums
    of ``g * weight`` and of ``g * weight * n``; ``g * n`` is added to the row ``of_weight``, and ``g`` to ``of_bias``.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def sums(typing, g, row, weight, of_weight, of_bias, count, middle, factor):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            g, row, weight, of_weight, of_bias, count, middle, factor = args
            middle, factor = e.splat(middle), e.splat(factor)

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                h, x, w, u, v = (load(e, e.at(p, offset), mask) for p in (g, row, weight, of_weight, of_bias))
                n = builder.fmul(builder.fsub(x, middle), factor)
                if mask is not None:
                    n = builder.select(mask, n, e.zero)
                store(e, e.fma(h, n, u), e.at(of_weight, offset), mask)
                store(e, builder.fadd(h, v), e.at(of_bias, offset), mask)
                a = builder.fmul(h, w)
                return [builder.fadd(values[0], a), e.fma(a, n, values[1])]

            found = along(e, count, [e.zero] * (2 * ABREAST), body)
            return context.make_tuple(builder, signature.return_type, [
                across(e, joined(found[i::2], builder.fadd), builder.fadd) for i in range(2)])
        scalar = typed(itemsize)
        return types.UniTuple(scalar, 2)(*[types.int64] * 6, scalar, scalar), emit
    return sums


def row_slopes_of_norm(target: Target, itemsize: int) -> Any:
    """``f(g, row, weight, to, count, middle, factor, total, slope)``, likewise: ``(g * weight - total - n * slope) *
    factor`` goes to the row ``to``."""
    @intrinsic  # type: ignore[untyped-decorator]
    def slopes(typing, g, row, weight, to, count, middle, factor, total, slope):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            g, row, weight, to, count, middle, factor, total, slope = args
            steep = builder.fneg(e.splat(builder.fmul(factor, slope)))
            middle, factor, total = e.splat(middle), e.splat(factor), e.splat(total)

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                h, x, w = (load(e, e.at(p, offset), mask) for p in (g, row, weight))
                y = e.fma(builder.fsub(x, middle), steep, builder.fsub(builder.fmul(h, w), total))
                store(e, builder.fmul(y, factor), e.at(to, offset), mask)
                return []

            along(e, count, [], body)
            return context.get_dummy_value()
        scalar = typed(itemsize)
        return types.void(*[types.int64] * 5, *[scalar] * 4), emit
    return slopes
