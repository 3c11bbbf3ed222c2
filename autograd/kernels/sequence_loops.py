"""Compiled recurrent layers: all steps in time of a range of sequences, forward and backward.

A step multiplies the hidden state by weights that were packed once, and applies the gates to each tile of products
while it is in the first-level cache (see `tiles` and `recurrent_tiles`). This module imports Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from . import recurrent_tiles as steps
from .compiled.cache import entry_point, jit
from .vectors import tiles
from .vectors.ir import Target

#: Rows that gradients of weights are summed up over at a time, and how many columns of these are worked on together:
#: they stay in the first-level cache, panels of the other factor in the second. Where each row is on a page of memory
#: of its own, more pages than the processor looks up at once, the columns are copied there, row behind row.
DEPTH, GROUP, PAGE = 128, 48, 4096

#: For each kind of layer, how many gates there are, and how many places its steps and their derivatives work on.
KINDS = {"LSTM": (4, steps.lstm, 15, steps.lstm_grad, 13), "GRU": (3, steps.gru, 12, steps.gru_grad, 13),
         "RNN_TANH": (1, steps.rnn_tanh, 3, steps.rnn_tanh_grad, 4),
         "RNN_RELU": (1, steps.rnn_relu, 3, steps.rnn_relu_grad, 4)}


def compiled(kind: str, name: str, dtype: Any, target: Target, vectors: int) -> Any:
    """A function of _FUNCTIONS for a kind of layer, with panels of so many vectors: compiled, or found on disk."""
    dtype = np.dtype(dtype)
    key = f"{kind} {name} {target} {dtype} {vectors}"
    build, arrays, offsets, integers = _FUNCTIONS[name]
    dispatcher = build(kind, target, dtype.itemsize, vectors, key)
    t = types.float32 if dtype.itemsize == 4 else types.float64
    signature = types.void(*[types.Array(t, 2, "C")] * arrays, *[types.Array(types.int64, 1, "C")] * offsets,
                           *[types.int64] * integers)
    return entry_point(dispatcher, f"sequence_{name}", key, signature)


def _tile(target: Target, size: int, vectors: int, key: str) -> tuple[Any, Any]:
    """A product of some rows, all that there are vectors of, and how many rows of those left make the next tile."""
    most = min(8, (target.registers - vectors - 1) // vectors)
    tile_most, tile4, tile2, tile1 = (
        tiles.outer_tile(target, size, min(most, rows), vectors, False) for rows in (most, 4, 2, 1))
    lanes, kernel = target.width // size, jit(key)

    @kernel
    def rows_of(left):
        if left >= most and not (most == 6 and left == 8):
            return most
        return 4 if left >= 4 and most > 4 else 2 if left >= 2 and most > 2 else 1

    @kernel
    def product(rows, k, a, a_row, a_k, b, b_k, c, c_row, addend, addend_row):
        if rows == most:
            tile_most(k, a, a_row, a_k, b, b_k, c, c_row, lanes, addend, addend_row, rows)
        elif rows == 4:
            tile4(k, a, a_row, a_k, b, b_k, c, c_row, lanes, addend, addend_row, rows)
        elif rows == 2:
            tile2(k, a, a_row, a_k, b, b_k, c, c_row, lanes, addend, addend_row, rows)
        else:
            tile1(k, a, a_row, a_k, b, b_k, c, c_row, lanes, addend, addend_row, rows)

    return product, rows_of


def _forward(kind: str, target: Target, size: int, vectors: int, key: str) -> Any:
    gates_of, body, streams, _, _ = KINDS[kind]
    width = target.width
    product, rows_of = _tile(target, size, vectors, key)
    along = steps.along(target, size, streams, body)
    kernel, inlined = jit(key), jit(key, forceinline=True)
    #: Units of a panel, whose vectors are gates, or units where there is one gate.
    units = vectors * width // (gates_of * size)

    if kind == "LSTM":
        @inlined
        def step(count, z, y, y_apart, x, apart, hidden_before, kept_before, kept, hidden):
            along(count, (z, z + width, z + 2 * width, z + 3 * width, y, y + y_apart, y + 2 * y_apart, y + 3 * y_apart,
                          x, x + apart, x + 2 * apart, x + 3 * apart, kept_before, kept, hidden))
    elif kind == "GRU":
        @inlined
        def step(count, z, y, y_apart, x, apart, hidden_before, kept_before, kept, hidden):
            along(count, (z, z + width, z + 2 * width, kept, y, y + y_apart, y + 2 * y_apart, x, x + apart,
                          x + 2 * apart, hidden_before, hidden))
    else:
        @inlined
        def step(count, z, y, y_apart, x, apart, hidden_before, kept_before, kept, hidden):
            along(count, (z, y, hidden))

    @kernel
    def forward(x, input_weight, input_bias, gates, weight, bias, h, c, kept, out, offsets, since, until, base,
                backward, given, start, stop):
        """Steps since, ..., until - 1 of sequences start, ..., stop - 1 of a batch, whose rows at time t begin at
        offsets[t].

        Args:
            x: the inputs.
            input_weight, input_bias: panels like ``weight`` and ``bias``, for the input's part of the gates.
            gates: result, from row ``base`` on. Where ``input_weight`` is empty, they hold the input's part.
            weight: [panels * H, units of a panel * gates].
            bias: [panels, units of a panel * gates], added to products; empty for none.
            h, c: states before the first step; h is not read unless ``given``.
            kept: cells of an LSTM, the products of a GRU that its reset gates are for.
            out: hidden states.
            backward: 1 to run back in time.
        """
        H = out.shape[1]
        row, gates_row, apart = H * size, gates.shape[1] * size, H * size
        panels = (H + units - 1) // units
        scratch = np.empty((16 * vectors + 1) * width, np.uint8)
        z = (scratch.ctypes.data + width - 1) // width * width
        z_row = vectors * width
        here, y, y_row, y_apart = input_weight.size > 0, z + 8 * z_row, z_row, width
        to_gates = gates.ctypes.data - base * gates_row
        if not here:
            y_row, y_apart = gates_row, apart
        T = offsets.size - 1
        for s in range(since, until):
            t = T - 1 - s if backward else s
            first, n = offsets[t], offsets[t + 1] - offsets[t]
            before, running = 0, 0
            if s > 0:
                before = offsets[t + 1] if backward else offsets[t - 1]
                running = offsets[t + 2] - before if backward else n
            end = min(stop, n)
            for p in range(panels):
                count, at = min(units, H - p * units), p * units * size
                i = start
                while i < end:
                    if i < running:
                        rows = rows_of(min(end, running) - i)
                        a, k, states = out.ctypes.data + (before + i) * row, H, kept.ctypes.data + (before + i) * row
                    else:
                        rows = rows_of(end - i)
                        a, k, states = h.ctypes.data + i * row, H if given else 0, c.ctypes.data + i * row
                    product(rows, k, a, row, size, weight.ctypes.data + p * H * z_row, z_row, z, z_row,
                            bias.ctypes.data + p * z_row if bias.size > 0 else 0, 0)
                    if here:
                        I = x.shape[1]
                        product(rows, I, x.ctypes.data + (first + i) * I * size, I * size, size,
                                input_weight.ctypes.data + p * I * z_row, z_row, y, z_row,
                                input_bias.ctypes.data + p * z_row if input_bias.size > 0 else 0, 0)
                    else:
                        y = to_gates + (first + i) * gates_row + at
                    for r in range(rows):
                        j = (first + i + r) * row + at
                        step(count, z + r * z_row, y + r * y_row, y_apart, to_gates + (first + i + r) * gates_row + at,
                             apart, a + r * row + at, states + r * row + at, kept.ctypes.data + j,
                             out.ctypes.data + j)
                    i += rows
        scratch[0] = 0  # it would be freed after its last use, and other threads allocate

    return forward


def _backward(kind: str, target: Target, size: int, vectors: int, key: str) -> Any:
    _, _, _, body, streams = KINDS[kind]
    width = target.width
    product, rows_of = _tile(target, size, vectors, key)
    along = steps.along(target, size, streams, body)
    kernel, inlined = jit(key), jit(key, forceinline=True)
    units, adds = vectors * width // size, kind == "GRU"

    if kind == "LSTM":
        @inlined
        def step(count, gates, apart, kept, hidden_before, kept_before, g_hidden, g_out, g_cell, g_gates, g_products):
            along(count, (gates, gates + apart, gates + 2 * apart, gates + 3 * apart, kept_before, kept, g_hidden,
                          g_out, g_cell, g_gates, g_gates + apart, g_gates + 2 * apart, g_gates + 3 * apart))
    elif kind == "GRU":
        @inlined
        def step(count, gates, apart, kept, hidden_before, kept_before, g_hidden, g_out, g_cell, g_gates, g_products):
            along(count, (gates, gates + apart, gates + 2 * apart, kept, hidden_before, g_hidden, g_out, g_gates,
                          g_gates + apart, g_gates + 2 * apart, g_products, g_products + apart,
                          g_products + 2 * apart))
    else:
        @inlined
        def step(count, gates, apart, kept, hidden_before, kept_before, g_hidden, g_out, g_cell, g_gates, g_products):
            along(count, (gates, g_hidden, g_out, g_gates))

    @kernel
    def backward(g_out, gates, kept, out, h, c, weight, g_gates, g_products, g_h, g_c, offsets, since, until, base,
                 back, wanted, start, stop):
        """The same steps, the last one first.

        Args:
            g_out: the gradient by the output, or one row of zeros.
            gates, kept, out, h, c, back: as `forward` left them; the gates of a simple network are its output.
            weight: [panels * gates * H, units of a panel].
            g_gates: result: the gradient by what the input adds to gates, from row ``base`` on.
            g_products: result: that by the products with the hidden state, for a GRU; otherwise the same array.
            g_h, g_c: gradients by the last states, replaced by those by the first; rows of g_h end in zeros.
            wanted: whether the gradient by the first hidden state is.
        """
        H, G = out.shape[1], gates.shape[1]
        row, gates_row, apart, padded = H * size, G * size, H * size, g_h.shape[1] * size
        g_gates_row = g_gates.shape[1] * size
        g_row = row if g_out.shape[0] == out.shape[0] else 0
        panels = (H + units - 1) // units
        step_of_panel = G * units * size
        w = weight.ctypes.data
        T = offsets.size - 1
        to_gates, to_products = g_gates.ctypes.data - base * g_gates_row, g_products.ctypes.data - base * g_gates_row
        for s in range(until - 1, since - 1, -1):
            t = T - 1 - s if back else s
            first, n = offsets[t], offsets[t + 1] - offsets[t]
            before, running = 0, 0
            if s > 0:
                before = offsets[t + 1] if back else offsets[t - 1]
                running = offsets[t + 2] - before if back else n
            end = min(stop, n)
            for i in range(start, end):
                if i < running:
                    a, states = out.ctypes.data + (before + i) * row, kept.ctypes.data + (before + i) * row
                else:
                    a, states = h.ctypes.data + i * row, c.ctypes.data + i * row
                j = first + i
                step(H, gates.ctypes.data + j * gates_row, apart, kept.ctypes.data + j * row, a, states,
                     g_h.ctypes.data + i * padded, g_out.ctypes.data + j * g_row, g_c.ctypes.data + i * row,
                     to_gates + j * g_gates_row, to_products + j * g_gates_row)
            if s == 0 and not wanted:
                continue
            for p in range(panels):
                i = start
                while i < end:
                    rows = rows_of(end - i)
                    to = g_h.ctypes.data + i * padded + p * units * size
                    product(rows, G, to_products + (first + i) * g_gates_row, g_gates_row, size,
                            w + p * step_of_panel, units * size, to, padded, to if adds else 0, padded)
                    i += rows

    return backward


def _accumulate(kind: str, target: Target, size: int, vectors: int, key: str) -> Any:
    product, rows_of = _tile(target, size, vectors, key)
    pack_rows = tiles.pack_rows(target, size)
    width = target.width
    lanes, units, kernel = width // size, vectors * width // size, jit(key)

    @kernel
    def accumulate(g, x, total, g_first, x_first, count, start, stop):
        """total += g.T @ x for so many rows from these first ones on, and rows start, ..., stop - 1 of the result.

        Rows of ``total`` go on to the end of a panel; what stands after them means nothing.
        """
        g_row, x_row, row = g.shape[1] * size, x.shape[1] * size, total.shape[1] * size
        panel_row = vectors * width
        panel_size, panels = DEPTH * panel_row, (x.shape[1] + units - 1) // units
        scratch = np.zeros(panels * panel_size + DEPTH * GROUP * size + width, np.uint8)
        strip = (scratch.ctypes.data + width - 1) // width * width
        packed = strip + DEPTH * GROUP * size
        for k in range(0, count, DEPTH):
            terms = min(DEPTH, count - k)
            source = x.ctypes.data + (x_first + k) * x_row
            for p in range(panels):
                rest = min(units, x.shape[1] - p * units)
                some = (rest + lanes - 1) // lanes
                pack_rows(packed + p * panel_size, panel_row, source + p * panel_row, x_row, terms, some,
                          rest - (some - 1) * lanes)
            for group in range(start, stop, GROUP):
                columns = min(stop - group, GROUP)
                some = (columns + lanes - 1) // lanes
                left, left_row = g.ctypes.data + (g_first + k) * g_row + group * size, g_row
                if g_row >= PAGE:
                    pack_rows(strip, GROUP * size, left, g_row, terms, some, columns - (some - 1) * lanes)
                    left, left_row = strip, GROUP * size
                for p in range(panels):
                    i = 0
                    while i < columns:
                        rows = rows_of(columns - i)
                        to = total.ctypes.data + (group + i) * row + p * panel_row
                        product(rows, terms, left + i * size, size, left_row, packed + p * panel_size, panel_row,
                                to, row, to, row)
                        i += rows
        scratch[0] = 0

    return accumulate


#: By name: what makes the function, and how many arrays, tables and numbers it takes.
_FUNCTIONS = {"forward": (_forward, 10, 1, 7), "backward": (_backward, 11, 1, 7), "accumulate": (_accumulate, 3, 0, 5)}
