"""Compiled max pooling of images, and the gradient of any max pooling. This module imports Numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from .compiled_cache import CompiledCache, tagged
from .vector_ir import I1, I32, I64, Emitter, Target, host

OPTIONS = {"error_model": "numpy", "nogil": True}


def compiled(name: str, dtype: Any, target: Target | None = None) -> Any:
    """`maxima` or `spread` of one element type."""
    dtype = np.dtype(dtype)
    target = target or host()
    t = types.float32 if dtype.itemsize == 4 else types.float64
    planes, indices = types.Array(t, 3, "C"), types.Array(types.int64, 3, "C")
    signature = {"maxima": types.void(planes, planes, indices, types.UniTuple(types.int64, 10)),
                 "spread": types.boolean(types.Array(t, 2, "C"), types.Array(types.int64, 2, "C"),
                                         types.Array(t, 2, "C"))}[name]
    key = f"{target} {dtype}"
    dispatcher = (_maxima if name == "maxima" else _spread)(target, dtype.itemsize, tagged(key))
    dispatcher._cache = CompiledCache(name, key)
    dispatcher.compile(signature)
    return dispatcher.overloads[signature.args].entry_point


def _row(target: Target, itemsize: int, stride: int) -> Any:
    """Maxima of ``count`` windows ``stride`` elements apart (1 or 2), all of them inside the plane.

    The taps of the first window lie at ``x`` plus a distance; ``taps`` is the table of these distances in elements.
    Indices are those of the first maximum (of the last NaN), ``first`` being that of ``x``.
    """
    @intrinsic  # type: ignore[untyped-decorator]
    def row(typing, x, taps, number, best, indices, first, count):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            x, taps, number, best, indices, first, count = args
            e = Emitter(builder, target, itemsize)
            places = ir.VectorType(I64, e.lanes)
            ramp = ir.Constant(places, [stride * i for i in range(e.lanes)])
            even = [2 * i for i in range(e.lanes)]

            def block(j: Any, _: list[Any]) -> list[Any]:
                done = builder.mul(j, I64(e.lanes))
                left = builder.sub(count, done)
                mask = e.mask(left)
                start = e.at(x, builder.mul(done, I64(stride * itemsize)))
                reach = builder.sub(builder.mul(left, I64(2)), I64(1))
                low, high = e.mask(reach), e.mask(builder.sub(reach, I64(e.lanes)))

                def tap(t: Any) -> tuple[Any, Any]:
                    entry = builder.add(taps, builder.mul(t, I64(8)))
                    distance = builder.load(builder.inttoptr(entry, I64.as_pointer()), align=8)
                    at = e.at(start, builder.mul(distance, I64(itemsize)))
                    if stride == 1:
                        return e.load_masked(at, mask), e.splat(distance)
                    pair = e.load_masked(at, low), e.load_masked(e.at(at, target.width), high)
                    return e.shuffle(*pair, even), e.splat(distance)

                def better(t: Any, carried: list[Any]) -> list[Any]:
                    value, place = tap(builder.add(t, I64(1)))
                    take = builder.or_(builder.fcmp_ordered(">", value, carried[0]),
                                       builder.fcmp_unordered("uno", value, value))
                    return [builder.select(take, value, carried[0]), builder.select(take, place, carried[1])]

                value, place = e.loop(builder.sub(number, I64(1)), tap(I64(0)), better)
                place = builder.add(builder.add(place, ramp),
                                    e.splat(builder.add(first, builder.mul(done, I64(stride)))))
                e.store_masked(value, e.at(best, builder.mul(done, I64(itemsize))), mask)
                to = builder.inttoptr(e.at(indices, builder.mul(done, I64(8))), places.as_pointer())
                kind = ir.FunctionType(ir.VoidType(), [places, to.type, I32, ir.VectorType(I1, e.lanes)])
                store = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.store.v{e.lanes}i64.p0")
                builder.call(store, [place, to, I32(8), mask])
                return []

            e.loop(builder.sdiv(builder.add(count, I64(e.lanes - 1)), I64(e.lanes)), [], block)
            return context.get_dummy_value()
        return types.void(*[types.int64] * 7), emit
    return row


def _maxima(target: Target, size: int, tag: Any) -> Any:
    row1, row2 = _row(target, size, 1), _row(target, size, 2)

    @njit(**OPTIONS)
    @tag
    def one(plane, top, left, best, indices, i, j, KH, KW, dh, dw):  # type: ignore[no-untyped-def]
        """One window, which may reach into the padding."""
        H, W = plane.shape
        found = False
        value, place = plane[0, 0], 0
        for a in range(KH):
            h = top + a * dh
            if 0 <= h < H:
                for b in range(KW):
                    w = left + b * dw
                    if 0 <= w < W:
                        v = plane[h, w]
                        if not found or v > value or v != v:
                            found, value, place = True, v, h * W + w
        best[i, j] = value
        indices[i, j] = place

    @njit(**OPTIONS)
    @tag
    def maxima(x, best, indices, options):  # type: ignore[no-untyped-def]
        KH, KW, sh, sw, ph, pw, dh, dw, inside, end = options
        M, H, W = x.shape
        OH, OW = best.shape[1:]
        taps = np.empty(KH * KW, np.int64)
        for m in range(M):
            for i in range(OH):
                top = i * sh - ph
                number = 0
                for a in range(KH):
                    if 0 <= top + a * dh < H:
                        for b in range(KW):
                            taps[number] = a * dh * W + b * dw
                            number += 1
                for j in range(inside):
                    one(x[m], top, j * sw - pw, best[m], indices[m], i, j, KH, KW, dh, dw)
                for j in range(end, OW):
                    one(x[m], top, j * sw - pw, best[m], indices[m], i, j, KH, KW, dh, dw)
                if end > inside:
                    corner = top * W + inside * sw - pw
                    at, to = x.ctypes.data + (m * H * W + corner) * size, (m * OH + i) * OW + inside
                    if sw == 1:
                        row1(at, taps.ctypes.data, number, best.ctypes.data + to * size,
                             indices.ctypes.data + to * 8, corner, end - inside)
                    else:
                        row2(at, taps.ctypes.data, number, best.ctypes.data + to * size,
                             indices.ctypes.data + to * 8, corner, end - inside)

    return maxima


def _spread(target: Target, size: int, tag: Any) -> Any:
    @njit(**OPTIONS)
    @tag
    def spread(g, indices, x):  # type: ignore[no-untyped-def]
        """Zeros in x [M, P] with g [M, K] added at indices; False where one lies outside of its plane."""
        M, K = g.shape
        P = x.shape[1]
        for m in range(M):
            to, source, places = x[m], g[m], indices[m]
            for p in range(P):
                to[p] = 0
            for k in range(K):
                place = places[k]
                if place < 0 or place >= P:
                    return False
                to[place] += source[k]
        return True

    return spread
