"""Steps of recurrent networks after their matrix products, and their derivatives, as vectors of units.

Each function here writes what is done with one vector; `along` makes of it what does so along a row. This module
imports Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .vectors.functions import sigmoid, tanh
from .vectors.ir import I64, Emitter, Target

Load, Store = Callable[[int], Any], Callable[[int, Any], None]


def along(target: Target, itemsize: int, streams: int, body: Callable[[Emitter, Load, Store], None]) -> Any:
    """``body`` for ``count`` elements side by side in each of so many places, given by a tuple of addresses."""
    @intrinsic  # type: ignore[untyped-decorator]
    def run(typing, count, places):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            count, places = args
            e = Emitter(builder, target, itemsize)
            starts = cgutils.unpack_tuple(builder, places, streams)

            def work(offset: Any, mask: Any) -> None:
                at = [e.at(p, offset) for p in starts]
                if mask is None:
                    body(e, lambda k: e.load(at[k]), lambda k, value: e.store(value, at[k]))
                else:
                    body(e, lambda k: e.load_masked(at[k], mask), lambda k, value: e.store_masked(value, at[k], mask))

            def one(i: Any, _: list[Any]) -> list[Any]:
                work(builder.mul(i, I64(target.width)), None)
                return []

            whole = builder.sdiv(count, I64(e.lanes))
            e.loop(whole, [], one)
            rest = builder.sub(count, builder.mul(whole, I64(e.lanes)))
            with builder.if_then(builder.icmp_signed(">", rest, I64(0))):
                work(builder.mul(whole, I64(target.width)), e.mask(rest))
            return context.get_dummy_value()
        return types.void(types.int64, types.UniTuple(types.int64, streams)), emit
    return run


def _slope(e: Emitter, g: Any, s: Any) -> Any:
    """g times the slope of the logistic function, whose value is s."""
    return e.builder.fmul(g, e.fma(e.builder.fneg(s), s, s))


def _tanh_slope(e: Emitter, g: Any, t: Any) -> Any:
    return e.fma(e.builder.fmul(e.builder.fneg(g), t), t, g)


def lstm(e: Emitter, load: Load, store: Store) -> None:
    """0-3: products with the hidden state; 4-7: the input's part of the gates; 8-11: the gates; 12: the cell before;
    13: the cell; 14: the hidden state."""
    b = e.builder
    into = [b.fadd(load(k), load(4 + k)) for k in range(4)]
    i, f, g, o = (tanh(e, x) if k == 2 else sigmoid(e, x) for k, x in enumerate(into))
    new = e.fma(f, load(12), b.fmul(i, g))
    for k, value in enumerate((i, f, g, o)):
        store(8 + k, value)
    store(13, new)
    store(14, b.fmul(o, tanh(e, new)))


def lstm_grad(e: Emitter, load: Load, store: Store) -> None:
    """0-3: gates; 4: the cell before; 5: the cell; 6: the gradient by the hidden state; 7: that by the output, to add
    to it; 8: the gradient by the cell, then by the cell before; 9-12: the gradients by what went into the gates."""
    b = e.builder
    i, f, g, o, before = map(load, range(5))
    t, h = tanh(e, load(5)), b.fadd(load(6), load(7))
    c = b.fadd(load(8), _tanh_slope(e, b.fmul(h, o), t))
    store(9, _slope(e, b.fmul(c, g), i))
    store(10, _slope(e, b.fmul(c, before), f))
    store(11, _tanh_slope(e, b.fmul(c, i), g))
    store(12, _slope(e, b.fmul(h, t), o))
    store(8, b.fmul(c, f))


def gru(e: Emitter, load: Load, store: Store) -> None:
    """0-2: products with the hidden state, of which the last is kept at 3; 4-6: the input's part of the gates; 7-9: the
    gates; 10: the hidden state before; 11: after."""
    b = e.builder
    r, z = (sigmoid(e, b.fadd(load(k), load(4 + k))) for k in (0, 1))
    inner = load(2)
    n = tanh(e, e.fma(r, inner, load(6)))
    store(3, inner)
    for k, value in enumerate((r, z, n)):
        store(7 + k, value)
    store(11, e.fma(z, b.fsub(load(10), n), n))


def gru_grad(e: Emitter, load: Load, store: Store) -> None:
    """0-2: gates; 3: the last product; 4: the hidden state before; 5: the gradient by the hidden state, then its direct
    way to the one before; 6: that by the output, to add to it; 7-9: gradients by the input's part; 10-12: by the
    products."""
    b = e.builder
    r, z, n, inner, before = map(load, range(5))
    g = b.fadd(load(5), load(6))
    kept = b.fmul(g, z)
    into_n = _tanh_slope(e, b.fsub(g, kept), n)
    into_r, into_z = _slope(e, b.fmul(into_n, inner), r), _slope(e, b.fmul(g, b.fsub(before, n)), z)
    for k, value in enumerate((into_r, into_z, into_n, into_r, into_z, b.fmul(into_n, r))):
        store(7 + k, value)
    store(5, kept)


def rnn_tanh(e: Emitter, load: Load, store: Store) -> None:
    """0: the product with the hidden state; 1: the input's part; 2: the hidden state."""
    store(2, tanh(e, e.builder.fadd(load(0), load(1))))


def rnn_tanh_grad(e: Emitter, load: Load, store: Store) -> None:
    """0: the output; 1: the gradient by it that came through time; 2: the other; 3: that by what went in."""
    store(3, _tanh_slope(e, e.builder.fadd(load(1), load(2)), load(0)))


def rnn_relu(e: Emitter, load: Load, store: Store) -> None:
    """As `rnn_tanh`."""
    b, x = e.builder, e.builder.fadd(load(0), load(1))
    store(2, b.select(b.fcmp_ordered("<", x, e.zero), e.zero, x))


def rnn_relu_grad(e: Emitter, load: Load, store: Store) -> None:
    """As `rnn_tanh_grad`."""
    b, g = e.builder, e.builder.fadd(load(1), load(2))
    store(3, b.select(b.fcmp_unordered("!=", load(0), e.zero), g, e.zero))
