"""Recurrent layers over whole sequences, and their gradients, compiled where that pays.

Names: T times, N sequences, R rows (T * N, or fewer where sequences end sooner), I inputs, H units, P outputs, G gates.
Rows are in the order of time, the sequences of one time side by side, the longest first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np

from . import recurrent
from .compiled.late import Account, compiled
from .machine.threads import share
from .matmul import affine, matmul
from .products import product_into
from .recurrent_panels import PANELS, backward_panels, forward_panels, vectors_of_panel
from .reduce import over_rows

Array = np.ndarray[Any, Any]

#: How many gates a kind of layer has.
GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
#: Elements of the gates that are worked on together: with their gradients they stay in the second-level cache.
_CHUNK = 1 << 17
_TYPES = (np.dtype(np.float32), np.dtype(np.float64))
_NONE = {d: np.empty((0, 0), d) for d in _TYPES}

#: From so many sequences on, and up to so many weights of the input, its part of the gates is computed step by step.
_TOGETHER, _MOST_TOGETHER = 4, 1 << 18
#: Bytes in which gradients of gates begin behind each other in the first-level cache.
_APART = 64

#: Seconds: what a step saves in calls of NumPy, what each element of its gates saves, and what each weight costs.
_SAVED_STEP, _SAVED_EACH, _PACKING = 2e-5, 6e-9, 2e-9
_account = Account(price=0.2)
_compiled: dict[Any, Callable[..., Any] | None] = {}
#: Seconds for each multiplication, and sequences that a thread takes at least.
_SECONDS, _SHARED = {_TYPES[0]: 8e-12, _TYPES[1]: 1.6e-11}, 8


class Steps:
    """Where the rows of each time are, and in which order times are worked through.

    Args:
        sizes: sequences at each time; they only get fewer.
        backward: the last time comes first.
    """

    def __init__(self, sizes: tuple[int, ...], backward: bool) -> None:
        self.sizes, self.backward, self.T, self.N = sizes, backward, len(sizes), sizes[0]
        self.offsets = np.zeros(self.T + 1, np.int64)
        np.cumsum(sizes, out=self.offsets[1:])
        self.starts: list[int] = self.offsets.tolist()
        self.times = range(self.T - 1, -1, -1) if backward else range(self.T)
        self.equal = sizes[-1] == self.N

    def rows(self, since: int, until: int) -> slice:
        """The rows of some steps."""
        if self.backward:
            since, until = self.T - until, self.T - since
        return slice(self.starts[since], self.starts[until])

    def chunks(self, limit: int) -> list[tuple[int, int]]:
        """Steps from, to, with at most so many rows, or one step."""
        if self.equal:
            count = max(1, limit // max(1, self.N))
            return [(s, min(s + count, self.T)) for s in range(0, self.T, count)]
        found, since, rows = [], 0, 0
        for s, t in enumerate(self.times):
            if rows and rows + self.sizes[t] > limit:
                found.append((since, s))
                since, rows = s, 0
            rows += self.sizes[t]
        return [*found, (since, self.T)]

    def before(self, s: int, values: Any, initial: Any, cat: Any) -> Any:
        """The rows of ``values`` that step s goes on from; those of ``initial`` where there is no step before."""
        t = self.times[s]
        n = self.sizes[t]
        if s == 0:
            return initial[:n]
        start = self.starts[self.times[s - 1]]
        running = min(n, self.sizes[self.times[s - 1]])
        found = values[start:start + running]
        return found if running == n else cat([found, initial[running:n]])

    def pairs(self, since: int, until: int, values: Array, initial: Array) -> list[tuple[int, Array, int, int]]:
        """What `before` gives for the rows of some steps, in parts: where each begins among these rows, the array it is
        of, where it begins there, and how many rows it has."""
        lo, n = self.rows(since, until).start, self.N
        if self.equal and since > 0:
            return [(0, values, lo + n if self.backward else lo - n, n * (until - since))]
        if self.equal:
            rest = n * (until - 1)
            if self.backward:
                return [(rest, initial, 0, n), (0, values, lo + n, rest)]
            return [(0, initial, 0, n), (n, values, 0, rest)]
        found = []
        for s in range(since, until):
            t = self.times[s]
            first, size = self.starts[t] - lo, self.sizes[t]
            running = min(size, self.sizes[self.times[s - 1]]) if s else 0
            if running:
                found.append((first, values, self.starts[self.times[s - 1]], running))
            if running < size:
                found.append((first + running, initial, running, size - running))
        return found

    def last(self, values: Array) -> Array:
        """Of each sequence the row of its last step."""
        if self.backward:
            return values[:self.N].copy()
        if self.equal:
            return values[len(values) - self.N:].copy()
        lengths = (np.array(self.sizes)[:, None] > np.arange(self.N)).sum(0)
        return values[self.offsets[lengths - 1] + np.arange(self.N)]  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def steps_of(sizes: tuple[int, ...] | int, n: int, backward: bool) -> Steps:
    """For times with these ``sizes``, or so many times with n sequences each."""
    return Steps((n,) * sizes if isinstance(sizes, int) else sizes, backward)


# --- compiled ---------------------------------------------------------------------------------------------


@cache
def _target() -> Any:
    """This processor and the module that writes kernels: they import Numba."""
    from . import sequence_loops
    from .vectors.ir import host
    return host(), sequence_loops.compiled


def compile(kind: str, name: str, d: np.dtype[Any], vectors: int) -> Callable[..., Any] | None:
    """A kernel of `sequence_loops`, compiled now or loaded; None where that fails."""
    target, build = _target()
    return compiled(_compiled, (kind, name, d, vectors), "the {1} of recurrent layers {0} for {2}",
                    lambda: build(kind, name, d, target, vectors))


#: The kernels of all layers: kind, name, vectors of a panel.
ALL = [*[(kind, "forward", v) for kind, count in GATES.items() for v in (PANELS if count == 1 else (count,))],
       *[(kind, "backward", v) for kind in GATES for v in PANELS], *[("", "accumulate", v) for v in PANELS]]


def _pays(d: np.dtype[Any], steps: Steps, arrays: list[Array | None], width: int, units: int) -> bool:
    """Whether to use the compiled kernels for gates of this width."""
    if d not in _TYPES or any(a is not None and a.dtype != d for a in arrays):
        return False
    rows = steps.starts[-1]
    saved = steps.T * _SAVED_STEP + rows * width * _SAVED_EACH - width * units * _PACKING
    return rows > 0 and saved > 0 and _account.pays(saved)


def _rows_of_chunk(width: int) -> int:
    """A chunk adds to the gradient of its weights, which takes the longer the more there are."""
    return max(_CHUNK // width, width // 2, 64)


class _Sum:
    """The gradient of weights: the sum of what each chunk adds."""

    def __init__(self, shape: tuple[int, ...], lanes: int, dtype: np.dtype[Any]) -> None:
        rows, self._columns = shape
        vectors = vectors_of_panel(self._columns, lanes)
        of_panel = vectors * lanes
        self.kernel = compile("", "accumulate", dtype, vectors)
        self._total = np.zeros((rows, -(-self._columns // of_panel) * of_panel), dtype)

    def add(self, g: Array, x: Array, g_first: int, x_first: int, count: int) -> None:
        """The product of so many rows of each, from these on."""
        kernel = self.kernel
        assert kernel is not None
        share(lambda start, stop: kernel(g, x, self._total, g_first, x_first, count, start, stop), len(self._total),
              self._total.size * count * _SECONDS[x.dtype], 48)

    def total(self) -> Array:
        return np.ascontiguousarray(self._total[:, :self._columns])


def _whole(a: Array | None, like: Array, n: int, units: int) -> Array:
    return np.zeros((n, units), like.dtype) if a is None else np.ascontiguousarray(a)


def forward(kind: str, x: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, h: Array | None,
            c: Array | None, steps: Steps, keep: bool) -> list[Array] | None:
    """The outputs [R, H]; the cells of an LSTM, or what reset gates multiplied [R, H]; and the gates [R, G H].

    Args:
        kind: a key of GATES.
        x: [R, I].
        h, c: states [N, H]; None for zeros.
        keep: whether more than the outputs is asked for; if not, the others may be incomplete.

    Returns:
        None where NumPy shall do it.
    """
    d, count = x.dtype, GATES[kind]
    units = w_hh.shape[1]
    if not _pays(d, steps, [w_ih, w_hh, b_ih, b_hh, h, c], count * units, units):
        return None
    target, _ = _target()
    lanes = target.width // d.itemsize
    vectors = count if count > 1 else vectors_of_panel(units, lanes)
    of_panel = lanes * vectors // count
    kernel = compile(kind, "forward", d, vectors)
    if kernel is None:
        return None

    def panels(w: Array) -> Array:
        return forward_panels(w, count, units, of_panel)
    weight = panels(w_hh)
    bias, inner = b_ih, _NONE[d]
    if b_hh is not None:
        bias = b_ih + b_hh
        if kind == "GRU":  # the reset gate multiplies the last part
            assert b_ih is not None
            bias[2 * units:] = b_ih[2 * units:]
            only = np.zeros((count * units, 1), d)
            only[2 * units:, 0] = b_hh[2 * units:]
            inner = panels(only)
    R = len(x)
    # Few sequences at a time do not share what it takes to read the weights.
    here = steps.N >= _TOGETHER and w_ih.size <= _MOST_TOGETHER
    input_weight = panels(w_ih) if here else _NONE[d]
    input_bias = panels(bias[:, None]) if here and bias is not None else _NONE[d]
    x = np.ascontiguousarray(x)
    chunks = steps.chunks(_rows_of_chunk(count * units))
    out = np.empty((R, units), d)
    kept = np.empty((R, units), d) if count > 1 else out
    most = R if keep else max([len(range(R)[steps.rows(*ends)]) for ends in chunks])
    gates = np.empty((most, count * units), d) if count > 1 else out
    given = int(h is not None)
    h, c = _whole(h, x, steps.N, units), _whole(c, x, steps.N, units)
    for since, until in chunks:
        rows = steps.rows(since, until)
        base = 0 if keep or count == 1 else rows.start
        if not here:
            product_into(x[rows], w_ih.T, gates[rows.start - base:rows.stop - base], bias)

        def run(start: int, stop: int, since: int = since, until: int = until, base: int = base) -> None:
            kernel(x, input_weight, input_bias, gates, weight, inner, h, c, kept, out, steps.offsets, since, until,
                   base, int(steps.backward), given, start, stop)
        share(run, steps.N, (rows.stop - rows.start) * weight.size * _SECONDS[d], _SHARED)
    return [out, kept, gates]


def backward(kind: str, g_out: Array | None, g_h: Array | None, g_c: Array | None, x: Array, w_ih: Array, w_hh: Array,
             h: Array | None, c: Array | None, out: Array, kept: Array, gates: Array, steps: Steps,
             needs: tuple[bool, ...]) -> list[Array | None] | None:
    """The gradients by x, w_ih, w_hh, b_ih, b_hh, h and c, those that ``needs`` names; None where NumPy shall do it.

    Args:
        g_out, g_h, g_c: gradients by the outputs and by the last states; None for zeros.
        out, kept, gates: what `forward` returned.
    """
    d, count = x.dtype, GATES[kind]
    units = w_hh.shape[1]
    width = count * units
    if not _pays(d, steps, [w_ih, w_hh, h, c, g_out, g_h, g_c, out, kept, gates], width, units):
        return None
    out, kept, gates = map(np.ascontiguousarray, (out, kept, gates))
    target, _ = _target()
    lanes = target.width // d.itemsize
    vectors = vectors_of_panel(units, lanes)
    kernel = compile(kind, "backward", d, vectors)
    g_ih, g_hh = (_Sum(w.shape, lanes, d) if needed else None
                  for w, needed in zip((w_ih, w_hh), needs[1:3], strict=True))
    if kernel is None or any(g is not None and g.kernel is None for g in (g_ih, g_hh)):
        return None
    weight = backward_panels(w_hh, lanes * vectors)
    R, n = len(x), steps.N
    chunks = steps.chunks(_rows_of_chunk(width))
    most = max([len(range(R)[steps.rows(*ends)]) for ends in chunks])
    # Rows a power of two apart would share few lines of the first-level cache when the weights' gradients read columns.
    columns = width + _APART // d.itemsize
    g_gates = np.empty((most, columns), d)
    g_products = np.empty((most, columns), d) if kind == "GRU" else g_gates
    for g in (g_gates, g_products):
        g[:, width:] = 0  # whole rows are summed up below
    g_hidden = np.zeros((n, weight.size // width), d)
    if g_h is not None:
        g_hidden[:, :units] = g_h
    g_cell = np.zeros((n, units), d) if g_c is None else g_c.copy()
    g_out = np.zeros((1, units), d) if g_out is None else np.ascontiguousarray(g_out)
    before, cells = _whole(h, x, n, units), _whole(c, x, n, units)
    g_x = np.empty(x.shape, d) if needs[0] else None
    x = np.ascontiguousarray(x)
    g_biases = [np.zeros(width, d) for _ in (g_gates, g_products)] if needs[3] or needs[4] else None
    for since, until in reversed(chunks):
        rows = steps.rows(since, until)

        def run(start: int, stop: int, since: int = since, until: int = until, base: int = rows.start) -> None:
            kernel(g_out, gates, kept, out, before, cells, weight, g_gates, g_products, g_hidden, g_cell,
                   steps.offsets, since, until, base, int(steps.backward), int(needs[5]), start, stop)
        many = rows.stop - rows.start
        share(run, n, many * weight.size * _SECONDS[d], _SHARED)
        if g_x is not None:
            product_into(g_gates[:many, :width], w_ih, g_x[rows])
        if g_ih is not None:
            g_ih.add(g_gates, x, 0, rows.start, many)
        if g_hh is not None:
            for first, values, start, some in steps.pairs(since, until, out, before):
                if values is out or h is not None:
                    g_hh.add(g_products, values, first, start, some)
        if g_biases is not None:
            g_biases[0] += over_rows(g_gates[:many])[:width]
            if kind == "GRU":
                g_biases[1] += over_rows(g_products[:many])[:width]
    if g_biases is not None and kind != "GRU":
        g_biases[1][:] = g_biases[0]
    return [g_x, None if g_ih is None else g_ih.total(), None if g_hh is None else g_hh.total(),
            *(g_biases or (None, None)), np.ascontiguousarray(g_hidden[:, :units]) if needs[5] else None,
            g_cell if kind == "LSTM" and needs[6] else None]


# --- with NumPy -------------------------------------------------------------------------------------------


def forward_steps(kind: str, x: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, h: Array,
                  c: Array | None, w_hr: Array | None, steps: Steps) -> list[Array]:
    """What `forward` returns, of any floating type, one step after the other.

    Args:
        w_hr: [P, H], what the hidden state of an LSTM is multiplied by; the outputs are then [R, P].
    """
    d, count, R = x.dtype, GATES[kind], len(x)
    units = len(w_hh) // count
    bias, inner = b_ih, None
    if b_hh is not None:
        assert b_ih is not None
        bias = b_ih + b_hh
        if kind == "GRU":
            bias[2 * units:], inner = b_ih[2 * units:], b_hh[2 * units:]
    gates = affine(x, w_ih, bias) if bias is not None else None
    if gates is None:
        gates = matmul(x, w_ih.T)
        if bias is not None:
            gates = gates + bias
    out = np.empty((R, h.shape[1]), d)
    kept = np.empty((R, units), d) if count > 1 else out
    weight = w_hh.T
    for s in range(steps.T):
        rows = steps.rows(s, s + 1)
        before = steps.before(s, out, h, np.concatenate)
        products, part = matmul(before, weight), gates[rows]
        if kind == "LSTM":
            hidden, kept[rows], gates[rows] = recurrent.lstm(part, products, steps.before(s, kept, c, np.concatenate))
            out[rows] = hidden if w_hr is None else matmul(hidden, w_hr.T)
        elif kind == "GRU":
            if inner is not None:
                products[:, 2 * units:] += inner
            out[rows], gates[rows] = recurrent.gru(part, products, before)
            kept[rows] = products[:, 2 * units:]
        else:
            new = part + products
            out[rows] = np.tanh(new) if kind == "RNN_TANH" else np.maximum(new, 0)
    return [out, kept, gates]
