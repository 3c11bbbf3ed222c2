"""Loops that compute a function of each element in vectors, and derivatives times what flows back.

Each name here makes the loop ``f(count, places)`` for one target and element type; places are the addresses of the
inputs and of the result. This module imports Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import elementary
from .ir import I64, Emitter, Target

#: Vectors that are worked on side by side where there are registers for them: a processor looks ahead too little to
#: begin with the next one while the instructions of one wait for each other.
_ABREAST = 4
_TWICE_SQRT_2_OVER_PI = 1.5957691216057308


def _loop(inputs: int, function: Callable[..., Any]) -> Callable[[Target, int], Any]:
    def made(target: Target, itemsize: int) -> Any:
        @intrinsic  # type: ignore[untyped-decorator]
        def run(typing, count, places):  # type: ignore[no-untyped-def]
            def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
                abreast = _ABREAST if target.masks else 1
                e = Emitter(builder, target._replace(width=abreast * target.width), itemsize)
                count, places = args
                starts = cgutils.unpack_tuple(builder, places, inputs + 1)

                def work(i: Any, mask: Any) -> None:
                    *sources, to = (e.at(p, builder.mul(i, I64(e.target.width))) for p in starts)
                    if mask is None:
                        e.store(function(e, *[e.load(p) for p in sources]), to)
                    else:
                        e.store_masked(function(e, *[e.load_masked(p, mask) for p in sources]), to, mask)

                def whole(i: Any, _: list[Any]) -> list[Any]:
                    work(i, None)
                    return []

                groups = builder.sdiv(count, I64(e.lanes))
                e.loop(groups, [], whole)
                rest = builder.sub(count, builder.mul(groups, I64(e.lanes)))
                with builder.if_then(builder.icmp_signed(">", rest, I64(0))):
                    work(groups, e.mask(rest))
                return context.get_dummy_value()
            return types.void(types.int64, types.UniTuple(types.int64, inputs + 1)), emit
        return run
    return made


def _root(e: Emitter, x: Any) -> Any:
    """The square root, rounded as it should be: the same bits as the instruction gives, in half of its time.

    From an approximation of the root's reciprocal, by Newton's iteration; what the square of the result lacks of x is
    known exactly (Markstein, Computation of elementary functions on the IBM RISC System/6000 processor, 1990).
    """
    b, half = e.builder, e.constant(0.5)
    if not e.target.masks or e.itemsize != 4:
        return e._intrinsic(f"llvm.sqrt.{e._suffix}", e.type, x)
    y = elementary.special(e, "rsqrt14", x)
    g, h = b.fmul(x, y), b.fmul(y, half)
    r = e.fma(b.fneg(h), g, half)
    g, h = e.fma(g, r, g), e.fma(h, r, h)
    found = e.fma(e.fma(b.fneg(g), g, x), h, g)
    # Zero and infinity are not found so, and of numbers that are too small digits would be lost.
    whole = ir.VectorType(ir.IntType(32), e.lanes)
    least, infinite = 0x0D800000, 0x7F800000  # the bits of 2 ** -100 and of infinity
    above = b.sub(b.bitcast(x, whole), ir.Constant(whole, [least] * e.lanes))
    other = b.icmp_unsigned(">=", above, ir.Constant(whole, [infinite - least] * e.lanes))
    some = b.icmp_unsigned("!=", b.bitcast(other, ir.IntType(e.lanes)), ir.IntType(e.lanes)(0))
    return e.when(some, [found], lambda _: [e._intrinsic(f"llvm.sqrt.{e._suffix}", e.type, x)])[0]


def _gelu_tanh(e: Emitter, x: Any) -> Any:
    """x / 2 * (1 + tanh(y / 2)), which is x * sigmoid(y)."""
    b, factor = e.builder, _TWICE_SQRT_2_OVER_PI
    inner = e.fma(b.fmul(x, x), e.constant(0.044715 * factor), e.constant(factor))
    return elementary.silu(e, x, b.fmul(x, inner))


def _silu_slope(e: Emitter, g: Any, x: Any) -> Any:
    b, one = e.builder, e.constant(1.0)
    s = elementary.sigmoid(e, x)
    return b.fmul(g, b.fmul(s, e.fma(x, b.fsub(one, s), one)))


def _erf_slope(e: Emitter, g: Any, x: Any) -> Any:
    b = e.builder
    power = elementary.exponential(e, b.fneg(b.fmul(x, x)))
    return b.fmul(g, b.fmul(power, e.constant(1.1283791670955126)))


def _gelu_tanh_slope(e: Emitter, g: Any, x: Any) -> Any:
    b, factor, one = e.builder, _TWICE_SQRT_2_OVER_PI, e.constant(1.0)
    square = b.fmul(x, x)
    s = elementary.sigmoid(e, b.fmul(x, e.fma(square, e.constant(0.044715 * factor), e.constant(factor))))
    slope = e.fma(square, e.constant(0.134145 * factor), e.constant(factor))
    return b.fmul(g, e.fma(b.fmul(x, slope), b.fmul(s, b.fsub(one, s)), s))


exp = _loop(1, elementary.exponential)
log = _loop(1, elementary.logarithm)
root = _loop(1, _root)
sigmoid = _loop(1, elementary.sigmoid)
silu = _loop(1, lambda e, x: elementary.silu(e, x, x))
erf = _loop(1, elementary.erf)
gelu = _loop(1, elementary.gelu)
gelu_tanh = _loop(1, _gelu_tanh)
erf_slope = _loop(2, _erf_slope)
silu_slope = _loop(2, _silu_slope)
gelu_slope = _loop(2, elementary.gelu_slope)
gelu_tanh_slope = _loop(2, _gelu_tanh_slope)
