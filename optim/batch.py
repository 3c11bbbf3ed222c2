"""Parameters that are updated together.

A compiled step goes through all of them where they are. A NumPy call costs more than the arithmetic on a small
parameter: without Numba, small parameters are copied side by side into one flat buffer, updated by one call, and copied
back, and a large one is updated where it is, in pieces that fit the cache. The state of small parameters lives in flat
buffers for good: the tensors in ``optimizer.state`` are views of them.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, TypeAlias

import numpy as np

from autograd.errors import fail
from autograd.kernels.steps import Pass, apart
from autograd.tape import wrap_node

Array: TypeAlias = np.ndarray

#: A parameter with more elements than this is updated where it is.
LARGE = 4096
#: How many elements a rule in NumPy's calls handles at a time.
PIECE = 32768
_SINGLE, _HALF, _BOOL = np.dtype(np.float32), np.dtype(np.float16), np.dtype(bool)

_size, _dtype, _contiguous = attrgetter("size"), attrgetter("dtype"), attrgetter("flags.c_contiguous")


class Batch:
    """Parameters of one type with equal scalar state, and what is needed to update them.

    Args:
        params: the parameters.
        scalars: initial values of the state kept as one number for each parameter, such as ``step``.
        arrays: initial values of the state kept as an array of the parameter's shape.
        states: the state of each parameter; new tensors that share memory with the batch are put into it.
        scalar_type: the type of the scalar state.
    """

    __slots__ = ("_alike", "_blocks", "_constants", "_contiguous", "_dtypes", "_real", "_row", "_size", "_sizes",
                 "_table", "_total", "_values", "choices", "fresh", "params", "scalars", "step", "version")

    def __init__(self, params: list[Any], scalars: dict[str, float], arrays: dict[str, Any],
                 states: list[dict[str, Any]], scalar_type: np.dtype[Any]) -> None:
        self.params = params
        #: The step taken last, and what it was chosen by.
        self.step: Pass | None = None
        self.choices: tuple[Any, ...] = ()
        sources = [p._a for p in params]
        dtype = sources[0].dtype
        #: Complex numbers are updated as pairs of real ones, half precision in single.
        self._real = _SINGLE if dtype == _HALF else sources[0].real.dtype
        self.fresh = not any(states[0].get(name) is not None for name in arrays)
        self.version = [0, 0]
        self.scalars: dict[str, Array] = {}
        for name, start in scalars.items():
            column = np.full(len(params), start, scalar_type)
            _adopt(name, [column[i:i + 1].reshape(()) for i in range(len(params))], states, self.version)
            self.scalars[name] = column
        separate = apart(sources)
        # Copies side by side of what shares memory would miss each other's updates.
        small = [i for i, a in enumerate(sources) if a.size <= LARGE] if separate else []
        joined = [small] if small else []
        self._blocks = [(which, _Block([sources[i] for i in which], arrays, [states[i] for i in which], self.version))
                        for which in joined + [[i] for i, a in enumerate(sources) if a.size > LARGE or not separate]]
        #: The constants: one array, and 0-d views of its elements.
        self._row = np.empty(0, self._real)
        self._constants: list[Array] = []
        self._values: tuple[float, ...] = ()
        # For one pass over all: the identities of the arrays of each parameter, and how many numbers they are.
        self._sizes = list(map(_size, sources))
        self._dtypes, self._contiguous = [dtype] * len(params), [True] * len(params)
        self._alike = dtype != _HALF and all(a.flags.carray for a in sources) and separate
        pairs = dtype.itemsize // self._real.itemsize if self._alike else 1
        self._total = np.array(self._sizes, np.int64) * pairs
        self._size = int(self._total.sum())
        self._table = np.zeros((len(params), 2 + len(arrays)), np.int64)
        for which, block in self._blocks:
            for i, parts in zip(which, zip(*block.state), strict=True) if arrays else ():
                self._table[i, 2:] = list(map(id, parts))
        self._table[:, 0] = list(map(id, sources))

    def run(self, step: Pass, values: tuple[float, ...], grads: list[Array], now: int) -> None:
        """Take the step with these constants; ``now`` is the clock."""
        if values != self._values:
            self._set(values)
        if not self._in_one_pass(step, grads):
            for which, block in self._blocks:
                block.run(step, [grads[i] for i in which], self._constants, self._row)
        self.fresh = False
        for param in self.params:
            version = param._vc
            version[0] += 1
            version[1] = now
        self.version[0] += 1
        self.version[1] = now

    def _set(self, values: tuple[float, ...]) -> None:
        """The constants as an array, and as 0-d arrays, which NumPy takes faster than Python's numbers."""
        if len(values) != len(self._constants):
            self._row = np.empty(len(values), self._real)
            self._constants = [self._row[i:i + 1].reshape(()) for i in range(len(values))]
        self._row[:] = values
        self._values = values

    def _in_one_pass(self, step: Pass, grads: list[Array]) -> bool:
        """Take the step in one compiled pass over all parameters; False where that cannot be."""
        # The pass believes what it is given: it reads as many numbers, of this type and side by side, as there are.
        if not (self._alike and list(map(_dtype, grads)) == self._dtypes and list(map(_size, grads)) == self._sizes
                and list(map(_contiguous, grads)) == self._contiguous):
            return False
        size = self._size
        compiled = step.on(self._real, size)
        if compiled is None:
            return False
        self._table[:, 1] = list(map(id, grads))
        compiled(self._table, self._total, self._row, size)
        return True


def _adopt(name: str, parts: list[Array], states: list[dict[str, Any]], version: list[int]) -> None:
    """Copy the state of this name into ``parts``, and put Tensors of them in its place."""
    for part, state in zip(parts, states, strict=True):
        old = state.get(name)
        if old is not None:
            value = np.asarray(getattr(old, "_a", old))
            if value.size != part.size:
                fail(RuntimeError, f"optimizer.step: {name!r} has shape {list(value.shape)}, and its parameter "
                                   f"now has shape {list(part.shape)}; delete optimizer.state[parameter]")
            part[...] = value
        state[name] = wrap_node(part, None)
        state[name]._vc = version


class _Block:
    """A large parameter, or small ones side by side, where not all parameters can be gone through in one pass."""

    __slots__ = ("_arrays", "_flat_g", "_flat_p", "_lines", "_masks", "_parts", "_sources", "_work", "state")

    def __init__(self, sources: list[Array], arrays: dict[str, Any], states: list[dict[str, Any]],
                 version: list[int]) -> None:
        self._sources = sources
        first = sources[0]
        size = sum(a.size for a in sources)
        flat = len(sources) > 1 or not first.flags.c_contiguous
        self._flat_p = np.empty(size, first.dtype) if flat else first.reshape(-1)
        self._flat_g = np.empty(size if flat else 0, first.dtype)
        self._parts = self._cut(self._flat_p) if flat else []
        #: The parameters as one-dimensional views, where they have such: to join those takes half of the time.
        self._lines = [a.reshape(-1) for a in sources] if all(a.flags.c_contiguous for a in sources) else []
        self._arrays: list[Array] = []
        #: For each array of state the part of each parameter.
        self.state: list[list[Array]] = []
        for name, start in arrays.items():
            whole = np.empty(size, first.dtype)
            whole.view(first.real.dtype)[...] = 0 if start is None else start
            self.state.append(self._cut(whole))
            _adopt(name, self.state[-1], states, version)
            self._arrays.append(whole.view(first.real.dtype))
        self._work: list[Array] = []
        self._masks: list[Array] = []

    def _cut(self, whole: Array) -> list[Array]:
        """The part of each parameter in a flat array, in the parameter's shape."""
        parts, start = [], 0
        for a in self._sources:
            parts.append(whole[start:start + a.size].reshape(a.shape))
            start += a.size
        return parts

    def run(self, step: Pass, grads: list[Array], constants: list[Array], row: Array) -> None:
        """Take the step, piece by piece; ``row`` holds the constants side by side."""
        p, g = self._flat_p, self._flat_g
        if self._parts:
            if self._lines:
                np.concatenate(self._lines, 0, p)
            else:
                np.concatenate(self._sources, axis=None, out=p)
            np.concatenate(grads, axis=None, out=g)
        else:
            g = np.ascontiguousarray(grads[0], p.dtype).reshape(-1)
        p, g = p.view(p.real.dtype), g.view(p.real.dtype)
        take = self._in_single if p.dtype == _HALF else self._take
        if p.size <= PIECE:
            take(step, [p, g, *self._arrays], constants, row)
        else:
            for i in range(0, p.size, PIECE):
                take(step, [a[i:i + PIECE] for a in (p, g, *self._arrays)], constants, row)
        for source, part in zip(self._sources, self._parts):
            source[...] = part

    def _take(self, step: Pass, arrays: list[Array], constants: list[Array], row: Array) -> None:
        p, g = arrays[:2]
        compiled = step.on(p.dtype, p.size) if p.size == g.size and p.flags.writeable else None
        if compiled is None:
            work = _scratch(self._work, step.works, p.size, p.dtype)
            step.numpy(p, g, arrays[2:], constants, work, _scratch(self._masks, step.masks, p.size, _BOOL))
        else:
            compiled(np.array([list(map(id, arrays))]), np.array([p.size]), row, p.size)

    def _in_single(self, step: Pass, arrays: list[Array], constants: list[Array], row: Array) -> None:
        """Take the step in single precision, and round to half."""
        wide = [a.astype(_SINGLE) for a in arrays]
        self._take(step, wide, constants, row)
        with np.errstate(over="ignore"):
            for a, b in zip(arrays, wide):
                a[...] = b


def _scratch(made: list[Array], count: int, size: int, dtype: np.dtype[Any]) -> list[Array]:
    """So many arrays out of those made before, and more where there are not as many; the first piece is the largest."""
    while len(made) < count:
        made.append(np.empty(size, dtype))
    found = made[:count]
    return found if not found or found[0].size == size else [w[:size] for w in found]
