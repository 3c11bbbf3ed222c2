"""Loops along a row of numbers, or down columns of them, in vectors: maxima, and exponentials with their sums.

Each function here makes the loop for one target and element type. Rows are given by the address of their first element
and the count of elements. NumPy's order of sums is not kept. This module imports Numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..elementary import _LN2_HIGH32, _LN2_HIGH64, _LN2_LOW32, _LN2_LOW64, _LOG2_E, _ROUND32, _ROUND64
from .ir import I64, Emitter, Target

#: Vectors of a row that are worked on side by side, so that one need not wait for the other.
ABREAST = 4

#: Of exp: coefficients of its polynomial from the power 6 (or 11) down to 2, and where results become zero.
_SINGLE = ((0.00139262508314976117, 0.0083632328836826182, 0.0416665542129841503, 0.166665766661199283, 0.5), -104.0)
_DOUBLE = ((2.5100472505694996e-8, 2.76202015910315488e-7, 2.75572682769056962e-6, 0.0000248015210578682052,
            0.00019841269863171556, 0.00138888889173670806, 0.0083333333333300382, 0.0416666666666238205,
            0.166666666666666675, 0.500000000000000103), -746.0)


def typed(itemsize: int) -> Any:
    return types.float32 if itemsize == 4 else types.float64


def exponential(e: Emitter, x: ir.Value) -> Any:
    """exp of a vector that is nowhere far above zero, exact to 1 ulp; NaN stays NaN."""
    b = e.builder
    single = e.itemsize == 4
    coefficients, lowest = _SINGLE if single else _DOUBLE
    high, low, magic = (_LN2_HIGH32, _LN2_LOW32, _ROUND32) if single else (_LN2_HIGH64, _LN2_LOW64, _ROUND64)
    bits, fraction, bias, spare = (32, 23, 127, 64) if single else (64, 52, 1023, 512)
    whole = ir.VectorType(ir.IntType(bits), e.lanes)
    # Adding a large number rounds to whole ones, and leaves these in the last bits.
    shifted = e.fma(x, e.constant(_LOG2_E), e.constant(magic))
    n = b.fsub(shifted, e.constant(magic))
    r = e.fma(n, e.constant(-low), e.fma(n, e.constant(-high), x))
    p = e.constant(coefficients[0])
    for c in coefficients[1:]:
        p = e.fma(p, r, e.constant(c))
    y = b.fadd(e.fma(p, b.fmul(r, r), r), e.constant(1.0))
    # 2 ** n may be a subnormal number, with few digits: so 2 ** (n + spare) first.
    exponent = b.shl(b.bitcast(shifted, whole), ir.Constant(whole, [fraction] * e.lanes))
    power = b.add(exponent, ir.Constant(whole, [bias + spare << fraction] * e.lanes))
    y = b.fmul(b.fmul(y, b.bitcast(power, e.type)), e.constant(2.0 ** -spare))
    return b.select(b.fcmp_ordered("<", x, e.constant(lowest)), e.zero, y)


def across(e: Emitter, vector: ir.Value, combine: Callable[[Any, Any], Any]) -> Any:
    """All lanes of a vector combined into one number."""
    half = e.lanes // 2
    while half:
        vector = combine(vector, e.shuffle(vector, vector, [(i + half) % e.lanes for i in range(e.lanes)]))
        half //= 2
    return e.builder.extract_element(vector, ir.IntType(32)(0))


def along(e: Emitter, count: Any, carried: list[Any], body: Callable[[Any, list[Any], Any], list[Any]]) -> list[Any]:
    """``body(offset, carried, mask)`` over the vectors of a row: `ABREAST` at once while there are so many, each with
    carried values of its own; then one by one, with the first of these. The mask is None but for the rest of a row."""
    b = e.builder
    size, each = I64(e.target.width), len(carried) // ABREAST
    lanes = I64(e.lanes)

    def abreast(i: Any, values: list[Any]) -> list[Any]:
        start = b.mul(i, I64(ABREAST * e.target.width))
        found = []
        for k in range(ABREAST):
            found += body(e.at(start, k * e.target.width), values[k * each:(k + 1) * each], None)
        return found

    vectors = b.sdiv(count, lanes)
    groups = b.sdiv(vectors, I64(ABREAST))
    carried = e.loop(groups, carried, abreast)
    done = b.mul(groups, I64(ABREAST))

    def single(i: Any, values: list[Any]) -> list[Any]:
        return body(b.mul(b.add(i, done), size), values, None)

    first = e.loop(b.sub(vectors, done), carried[:each], single)
    rest = b.sub(count, b.mul(vectors, lanes))
    mask = e.mask(rest)
    first = e.when(b.icmp_signed(">", rest, I64(0)), first, lambda values: body(b.mul(vectors, size), values, mask))
    return [*first, *carried[each:]]


def load(e: Emitter, at: Any, mask: Any) -> Any:
    return e.load(at) if mask is None else e.load_masked(at, mask)


def store(e: Emitter, value: Any, at: Any, mask: Any) -> None:
    if mask is None:
        e.store(value, at)
    else:
        e.store_masked(value, at, mask)


def joined(vectors: list[Any], combine: Callable[[Any, Any], Any]) -> Any:
    """One vector of `ABREAST` ones."""
    while len(vectors) > 1:
        vectors = [combine(x, y) for x, y in zip(vectors[::2], vectors[1::2])]
    return vectors[0]


def _maximum(e: Emitter) -> Callable[[Any, Any], Any]:
    """The greater of two; the second where the first is NaN."""
    return lambda x, y: e.builder.select(e.builder.fcmp_ordered(">", x, y), x, y)


def row_maximum(target: Target, itemsize: int) -> Any:
    """``f(row, count)``: the greatest number of a row, NaN left out; minus infinity where there is none."""
    @intrinsic  # type: ignore[untyped-decorator]
    def maximum(typing, row, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            row, count = args
            least, greater = e.constant(-math.inf), _maximum(e)

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                at = e.at(row, offset)
                x = e.load(at) if mask is None else builder.select(mask, e.load_masked(at, mask), least)
                return [greater(x, values[0])]

            return across(e, joined(along(e, count, [least] * ABREAST, body), greater), greater)
        return typed(itemsize)(types.int64, types.int64), emit
    return maximum


def row_greatest(target: Target, itemsize: int, sign: str = ">") -> Any:
    """``f(row, count)``: the greatest number of a row; NaN where there is one."""
    @intrinsic  # type: ignore[untyped-decorator]
    def extreme(typing, row, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            row, count = args
            worst = e.constant(-math.inf if sign == ">" else math.inf)
            none = ir.Constant(ir.VectorType(ir.IntType(1), e.lanes), [0] * e.lanes)

            def better(x: Any, y: Any) -> Any:
                return builder.select(builder.fcmp_ordered(sign, x, y), x, y)

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                at = e.at(row, offset)
                x = e.load(at) if mask is None else builder.select(mask, e.load_masked(at, mask), worst)
                return [better(x, values[0]), builder.or_(values[1], builder.fcmp_unordered("uno", x, x))]

            found = along(e, count, [worst, none] * ABREAST, body)
            missing = builder.bitcast(joined(found[1::2], builder.or_), ir.IntType(e.lanes))
            best = across(e, joined(found[::2], better), better)
            return builder.select(builder.icmp_unsigned("==", missing, ir.IntType(e.lanes)(0)), best,
                                  ir.Constant(best.type, math.nan))
        return typed(itemsize)(types.int64, types.int64), emit
    return extreme


def row_least(target: Target, itemsize: int) -> Any:
    """``f(row, count)``: the least number of a row; NaN where there is one."""
    return row_greatest(target, itemsize, "<")


def row_exponentials(target: Target, itemsize: int, keep: bool = True) -> Any:
    """``f(row, to, count, shift)``: the sum of ``exp(row - shift)``, which goes to the row ``to`` where ``keep``.

    The shift is not much below the greatest number of the row.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def exponentials(typing, row, to, count, shift):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            row, to, count, shift = args
            shift = e.splat(shift)

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                at = e.at(row, offset)
                y = exponential(e, builder.fsub(load(e, at, mask), shift))
                if mask is not None:
                    y = builder.select(mask, y, e.zero)
                if keep:
                    store(e, y, e.at(to, offset), mask)
                return [builder.fadd(values[0], y)]

            return across(e, joined(along(e, count, [e.zero] * ABREAST, body), builder.fadd), builder.fadd)
        scalar = typed(itemsize)
        return scalar(types.int64, types.int64, types.int64, scalar), emit
    return exponentials


def row_sum_of_exponentials(target: Target, itemsize: int) -> Any:
    """`row_exponentials` that are only summed."""
    return row_exponentials(target, itemsize, keep=False)


def row_slopes(target: Target, itemsize: int) -> Any:
    """``f(g, out, to, count, total)``: ``g - exp(out) * total`` goes to the row ``to``, for ``out`` not above zero."""
    @intrinsic  # type: ignore[untyped-decorator]
    def slopes(typing, g, out, to, count, total):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            g, out, to, count, total = args
            negative = builder.fneg(e.splat(total))

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                power = exponential(e, load(e, e.at(out, offset), mask))
                store(e, e.fma(power, negative, load(e, e.at(g, offset), mask)), e.at(to, offset), mask)
                return []

            along(e, count, [], body)
            return context.get_dummy_value()
        return types.void(*[types.int64] * 4, typed(itemsize)), emit
    return slopes


def row_scaled(target: Target, itemsize: int) -> Any:
    """``f(row, to, count, factor)``: ``row * factor`` goes to the row ``to``."""
    @intrinsic  # type: ignore[untyped-decorator]
    def scaled(typing, row, to, count, factor):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            row, to, count, factor = args
            factor = e.splat(factor)

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                x = builder.fmul(load(e, e.at(row, offset), mask), factor)
                store(e, x, e.at(to, offset), mask)
                return []

            along(e, count, [], body)
            return context.get_dummy_value()
        return types.void(*[types.int64] * 3, typed(itemsize)), emit
    return scaled


def row_inner(target: Target, itemsize: int) -> Any:
    """``f(x, y, count)``: the inner product of two rows."""
    @intrinsic  # type: ignore[untyped-decorator]
    def inner(typing, x, y, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            x, y, count = args

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                return [e.fma(load(e, e.at(x, offset), mask), load(e, e.at(y, offset), mask), values[0])]

            return across(e, joined(along(e, count, [e.zero] * ABREAST, body), builder.fadd), builder.fadd)
        return typed(itemsize)(*[types.int64] * 3), emit
    return inner


# --- columns: one vector of each of several rows, ``step`` bytes apart ------------------------------------


def _down(e: Emitter, count: Any, step: Any, carried: list[Any],
          body: Callable[[Any, list[Any]], list[Any]]) -> list[Any]:
    """``body(offset, carried)`` over the rows, `ABREAST` at once as in `along`."""
    b = e.builder
    each = len(carried) // ABREAST
    groups = b.sdiv(count, I64(ABREAST))
    done = b.mul(groups, I64(ABREAST))

    def abreast(i: Any, values: list[Any]) -> list[Any]:
        offset = b.mul(b.mul(i, I64(ABREAST)), step)
        found = []
        for k in range(ABREAST):
            found += body(offset, values[k * each:(k + 1) * each])
            offset = b.add(offset, step)
        return found

    carried = e.loop(groups, carried, abreast)
    first = e.loop(b.sub(count, done), carried[:each], lambda i, values: body(b.mul(b.add(i, done), step), values))
    return [*first, *carried[each:]]


def column_added(target: Target, itemsize: int, each: bool = True) -> Any:
    """``f(at, step, count, other, other_step)``: to each row a vector at ``other`` is added, or where not ``each`` the
    number there in all lanes."""
    @intrinsic  # type: ignore[untyped-decorator]
    def added(typing, at, step, count, other, other_step):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            at, step, count, other, other_step = args

            def row(i: Any, _: list[Any]) -> list[Any]:
                to, source = e.at(at, builder.mul(i, step)), e.at(other, builder.mul(i, other_step))
                e.store(builder.fadd(e.load(to), e.load(source) if each else e.splat(e.load_scalar(source))), to)
                return []

            e.loop(count, [], row)
            return context.get_dummy_value()
        return types.void(*[types.int64] * 5), emit
    return added


def column_raised(target: Target, itemsize: int) -> Any:
    """`column_added` of one number for each row."""
    return column_added(target, itemsize, each=False)


def column_causal(target: Target, itemsize: int) -> Any:
    """``f(at, step, start, count, first)``: in the rows ``start`` to ``count``, lanes less than ``row - first`` become
    minus infinity."""
    @intrinsic  # type: ignore[untyped-decorator]
    def causal(typing, at, step, start, count, first):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            at, step, start, count, first = args
            least, ahead = e.constant(-math.inf), builder.sub(start, first)

            def row(i: Any, _: list[Any]) -> list[Any]:
                to = e.at(at, builder.mul(builder.add(i, start), step))
                e.store(builder.select(e.mask(builder.add(i, ahead)), least, e.load(to)), to)
                return []

            e.loop(builder.sub(count, start), [], row)
            return context.get_dummy_value()
        return types.void(*[types.int64] * 5), emit
    return causal


def column_softmax(target: Target, itemsize: int) -> Any:
    """``f(at, step, count, high, total, factor)``: replaces columns by their exponentials less the maximum so far.

    ``high`` and ``total`` hold a vector each of the maximum and the sum so far, minus infinity and 0 at first, and are
    brought up to date; ``factor`` gets what turns sums by the old maximum into ones by the new.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def softmax(typing, at, step, count, high, total, factor):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            at, step, count, high, total, factor = args
            least, greater = e.constant(-math.inf), _maximum(e)
            before = e.load(high)
            found = _down(e, count, step, [before] * ABREAST,
                          lambda offset, values: [greater(e.load(e.at(at, offset)), values[0])])
            highest = joined(found, greater)
            e.store(highest, high)
            # Where nothing takes part so far, any shift makes exponentials of zero.
            shift = builder.select(builder.fcmp_unordered(">", highest, least), highest, e.zero)

            def body(offset: Any, values: list[Any]) -> list[Any]:
                to = e.at(at, offset)
                y = exponential(e, builder.fsub(e.load(to), shift))
                e.store(y, to)
                return [builder.fadd(values[0], y)]

            sums = joined(_down(e, count, step, [e.zero] * ABREAST, body), builder.fadd)
            scale = exponential(e, builder.fsub(before, shift))
            e.store(scale, factor)
            e.store(e.fma(e.load(total), scale, sums), total)
            return context.get_dummy_value()
        return types.void(*[types.int64] * 6), emit
    return softmax


def column_slopes(target: Target, itemsize: int) -> Any:
    """``f(p, d, step, count, sums, middle)``: replaces p by ``exp(p - sums)``, and d by ``p * (d - middle)``."""
    @intrinsic  # type: ignore[untyped-decorator]
    def slopes(typing, p, d, step, count, sums, middle):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            p, d, step, count, sums, middle = args
            sums, middle = e.load(sums), e.load(middle)

            def body(offset: Any, values: list[Any]) -> list[Any]:
                x, y = e.at(p, offset), e.at(d, offset)
                weight = exponential(e, builder.fsub(e.load(x), sums))
                e.store(weight, x)
                e.store(builder.fmul(weight, builder.fsub(e.load(y), middle)), y)
                return []

            _down(e, count, step, [], body)
            return context.get_dummy_value()
        return types.void(*[types.int64] * 6), emit
    return slopes
