"""Steps of optimizers, element by element in vectors, and sums of magnitudes. This module imports Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..steps import ADDRESS, operands
from .ir import I64, Emitter, Target
from .rows import ABREAST, across, along, joined, load, store, typed

if TYPE_CHECKING:
    from ..steps import Trace


def step(target: Target, itemsize: int) -> Callable[[Trace], Any]:
    """Makes ``f(row, constants, first, count)`` for a trace: the step of elements ``first`` and on of one parameter.

    ``row`` is the address of the identities of the arrays: p, g and the state.
    """
    return lambda trace: _made(trace, target, itemsize)


def _made(trace: Trace, target: Target, itemsize: int) -> Any:
    count_of_arrays = len(trace.results)

    @intrinsic  # type: ignore[untyped-decorator]
    def step(typing, row, constants, first, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            row, constants, first, count = args
            pointer = I64.as_pointer()
            starts = []
            for i in range(count_of_arrays):
                identity = builder.load(builder.inttoptr(e.at(row, 8 * i), pointer))
                data = builder.load(builder.inttoptr(e.at(identity, ADDRESS), pointer))
                starts.append(e.at(data, builder.mul(first, I64(itemsize))))
            fixed: dict[int, Any] = {}
            for place, (kind, *rest) in enumerate(trace.entries):
                if kind == "constant":
                    fixed[place] = e.splat(e.load_scalar(e.at(constants, rest[0] * itemsize)))
                elif kind == "number":
                    fixed[place] = e.constant(rest[0])

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                found = dict(fixed)
                for place, (kind, *rest) in enumerate(trace.entries):
                    if kind == "array":
                        found[place] = load(e, e.at(starts[rest[0]], offset), mask)
                for place in trace.order:
                    operation = trace.entries[place][0]
                    found[place] = _OPERATIONS[operation](e, *[found[x] for x in operands(trace.entries[place])])
                for which, place in enumerate(trace.results):
                    if trace.entries[place] != ("array", which):
                        store(e, found[place], e.at(starts[which], offset), mask)
                return []

            along(e, count, [], body)
            return context.get_dummy_value()
        return types.void(*[types.int64] * 4), emit
    return step


# --- operations, as NumPy computes them -------------------------------------------------------------------


def _bits(e: Emitter, x: Any, change: Callable[[Any, Any], Any], mask: int) -> Any:
    whole = ir.VectorType(ir.IntType(8 * e.itemsize), e.lanes)
    return e.builder.bitcast(change(e.builder.bitcast(x, whole), ir.Constant(whole, [mask] * e.lanes)), e.type)


def _sign_bit(e: Emitter) -> int:
    return 1 << 8 * e.itemsize - 1


def _absolute(e: Emitter, x: Any) -> Any:
    return _bits(e, x, e.builder.and_, _sign_bit(e) - 1)


def _negative(e: Emitter, x: Any) -> Any:
    return _bits(e, x, e.builder.xor, _sign_bit(e))


def _extreme(comparison: str) -> Callable[[Emitter, Any, Any], Any]:
    def of(e: Emitter, x: Any, y: Any) -> Any:
        """The first where it is greater (or less) or NaN, otherwise the second."""
        first = e.builder.or_(e.builder.fcmp_ordered(comparison, x, y), e.builder.fcmp_unordered("uno", x, x))
        return e.builder.select(first, x, y)
    return of


def _sign(e: Emitter, x: Any) -> Any:
    b = e.builder
    negative = b.select(b.fcmp_ordered("<", x, e.zero), e.constant(-1.0), x)  # NaN stays
    positive = b.select(b.fcmp_ordered(">", x, e.zero), e.constant(1.0), negative)
    return b.select(b.fcmp_ordered("==", x, e.zero), e.zero, positive)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda e, x, y: e.builder.fadd(x, y),
    "subtract": lambda e, x, y: e.builder.fsub(x, y),
    "multiply": lambda e, x, y: e.builder.fmul(x, y),
    "divide": lambda e, x, y: e.builder.fdiv(x, y),
    "sqrt": lambda e, x: e.root(x),
    "negative": _negative,
    "absolute": _absolute,
    "sign": _sign,
    "maximum": _extreme(">"),
    "minimum": _extreme("<"),
    "less": lambda e, x, y: e.builder.fcmp_ordered("<", x, y),
    "greater": lambda e, x, y: e.builder.fcmp_ordered(">", x, y),
    "where": lambda e, condition, x, y: e.builder.select(condition, x, y),
}


# --- magnitudes of a row ----------------------------------------------------------------------------------


def data_of(target: Target, itemsize: int) -> Any:
    """``f(identity)``: the address of the elements of an array."""
    @intrinsic  # type: ignore[untyped-decorator]
    def data(typing, identity):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            return builder.load(builder.inttoptr(e.at(args[0], ADDRESS), I64.as_pointer()))
        return types.int64(types.int64), emit
    return data


def row_absolute(target: Target, itemsize: int, combine: Callable[[Emitter, Any, Any], Any] | None = None) -> Any:
    """``f(row, count)``: the sum of the magnitudes, or what ``combine`` makes of them."""
    @intrinsic  # type: ignore[untyped-decorator]
    def total(typing, row, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            e = Emitter(builder, target, itemsize)
            row, count = args

            def both(x: Any, y: Any) -> Any:
                return builder.fadd(x, y) if combine is None else combine(e, x, y)

            def body(offset: Any, values: list[Any], mask: Any) -> list[Any]:
                return [both(_absolute(e, load(e, e.at(row, offset), mask)), values[0])]  # 0 where masked

            return across(e, joined(along(e, count, [e.zero] * ABREAST, body), both), both)
        return typed(itemsize)(types.int64, types.int64), emit
    return total


def row_largest(target: Target, itemsize: int) -> Any:
    """``f(row, count)``: the largest magnitude; NaN where there is one."""
    return row_absolute(target, itemsize, _extreme(">"))
