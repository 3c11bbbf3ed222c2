"""Parameters that are updated together.

A NumPy call costs more than the arithmetic on a small parameter, so small parameters of one group are copied side by
side into one flat buffer, updated by one call of the rule, and copied back. Their state lives in flat buffers for good:
the tensors in ``optimizer.state`` are views of them. A large parameter is updated where it is, in pieces that fit the
cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.tape import wrap_node

Array = np.ndarray[Any, Any]

#: A parameter with more elements than this is updated where it is.
LARGE = 4096
#: How many elements the rule handles at a time.
PIECE = 32768


class Batch:
    """Parameters of one type with equal scalar state, and what the rule needs to update them.

    Args:
        params: the parameters.
        scalars: initial values of the state kept as one number for each parameter, such as ``step``.
        arrays: initial values of the state kept as an array of the parameter's shape.
        n_work: how many scratch arrays the rule needs.
        states: the state of each parameter; new tensors that share memory with the batch are put into it.
        scalar_type: the type of the scalar state.
    """

    __slots__ = ("arrays", "constants", "flat", "flat_g", "flat_p", "fresh", "g", "lines", "p", "params", "parts",
                 "pieces", "real", "row", "scalars", "sources", "values", "version", "work")

    def __init__(self, params: list[Any], scalars: dict[str, float], arrays: dict[str, Any], n_work: int,
                 states: list[dict[str, Any]], scalar_type: np.dtype[Any]) -> None:
        self.params = params
        self.sources: list[Array] = [p._a for p in params]
        first = self.sources[0]
        size = sum(a.size for a in self.sources)
        #: Complex numbers are updated as pairs of real ones.
        self.real = first.real.dtype
        self.flat = len(params) > 1 or not first.flags.c_contiguous
        self.flat_p = np.empty(size, first.dtype) if self.flat else first.reshape(-1)
        self.flat_g = np.empty(size if self.flat else 0, first.dtype)
        self.p, self.g = self.flat_p.view(self.real), self.flat_g.view(self.real)
        self.parts = self._cut(self.flat_p) if self.flat else []
        #: The parameters as one-dimensional views, where they have such: to join those takes half of the time.
        self.lines = [a.reshape(-1) for a in self.sources] if all(a.flags.c_contiguous for a in self.sources) else []
        self.fresh = not any(states[0].get(name) is not None for name in arrays)
        self.version = [0, 0]
        self.scalars: dict[str, Array] = {}
        for name, start in scalars.items():
            column = np.full(len(params), start, scalar_type)
            self._adopt(name, [column[i:i + 1].reshape(()) for i in range(len(params))], states)
            self.scalars[name] = column
        self.arrays: list[Array] = []
        for name, start in arrays.items():
            whole = np.empty(size, first.dtype)
            whole.view(self.real)[...] = 0 if start is None else start
            self._adopt(name, self._cut(whole), states)
            self.arrays.append(whole.view(self.real))
        length = self.p.size
        self.work = [np.empty(min(length, PIECE), self.real) for _ in range(n_work)]
        self.pieces = [slice(i, min(i + PIECE, length)) for i in range(0, length, PIECE)]
        #: The constants: one array, and 0-d views of its elements.
        self.row = np.empty(0, self.real)
        self.constants: list[Array] = []
        self.values: tuple[float, ...] = ()

    def _cut(self, whole: Array) -> list[Array]:
        """The part of each parameter in a flat array, in the parameter's shape."""
        parts, start = [], 0
        for a in self.sources:
            parts.append(whole[start:start + a.size].reshape(a.shape))
            start += a.size
        return parts

    def _adopt(self, name: str, parts: list[Array], states: list[dict[str, Any]]) -> None:
        """Copy the state of this name into ``parts``, and put Tensors of them in its place."""
        for part, state in zip(parts, states, strict=True):
            old = state.get(name)
            if old is not None:
                part[...] = getattr(old, "_a", old)
            state[name] = wrap_node(part, None)
            state[name]._vc = self.version

    def set_constants(self, values: tuple[float, ...]) -> list[Array]:
        """``values`` as 0-d arrays, which NumPy takes faster than Python's numbers."""
        if values != self.values:
            if len(values) != len(self.constants):
                kind = np.dtype("float32") if self.real.itemsize == 2 else self.real  # half precision would lose eps
                self.row = np.empty(len(values), kind)
                self.constants = [self.row[i:i + 1].reshape(()) for i in range(len(values))]
            self.row[:] = values
            self.values = values
        return self.constants

    def run(self, rule: Callable[..., None], compiled: Callable[..., bool] | None, group: dict[str, Any],
            grads: list[Array], constants: list[Array], now: int) -> None:
        """Call ``rule(group, p, g, arrays, constants, work, fresh)`` on all, piece by piece; ``now`` is the clock.

        Where ``compiled(group, p, g, arrays, row, fresh)`` does it all at once, that is enough.
        """
        p, g = self.p, self.g
        if self.flat:
            if self.lines:
                np.concatenate(self.lines, 0, self.flat_p)
            else:
                np.concatenate(self.sources, axis=None, out=self.flat_p)
            np.concatenate(grads, axis=None, out=self.flat_g)
        else:
            g = grads[0].reshape(-1).view(self.real)
        if compiled is not None and compiled(group, p, g, self.arrays, self.row, self.fresh):
            pass
        elif len(self.pieces) == 1:
            rule(group, p, g, self.arrays, constants, self.work, self.fresh)
        else:
            for s in self.pieces:
                n = s.stop - s.start
                rule(group, p[s], g[s], [a[s] for a in self.arrays], constants, [w[:n] for w in self.work], self.fresh)
        self.fresh = False
        if self.flat:
            for source, part in zip(self.sources, self.parts):
                source[...] = part
        for param in self.params:
            version = param._vc
            version[0] += 1
            version[1] = now
        self.version[0] += 1
        self.version[1] = now
