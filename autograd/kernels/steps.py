"""Steps of optimizers: one formula of an element, as NumPy's calls and as one compiled pass over all parameters.

An optimizer gives its step as a plain function of numbers, ``formula(choices, p, g, state, constants)``, which returns
the new parameter and the new state. Here it runs once on symbols, which note what it computes. From these notes follow
a function that makes NumPy's calls, with as few scratch arrays as it can, and a loop in vectors that goes once through
all parameters, gradients and state. On Tensors the formula itself runs, for steps that are recorded.

Both compute the same operations in the same order and precision, and each of them is rounded correctly: so they give
the same bits, whichever runs, on any number of threads.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from .compiled.loops import InVectors, Loop

Array = np.ndarray[Any, Any]
#: What is computed: an operation with the places of its operands, or "array", "constant" or "number" and which.
Entry = tuple[Any, ...]

#: NumPy's functions of one and two numbers, by the names that their ufuncs have.
_UFUNCS = frozenset({"add", "subtract", "multiply", "divide", "negative", "sqrt", "absolute", "sign", "maximum",
                     "minimum", "less", "greater"})
_COMPARISONS = frozenset({"less", "greater"})
#: Elements that take a loop as long as the calls of NumPy which it saves.
_CALLS = 8192
#: Where an array's object holds the address of its elements: NumPy's interface of compiled extensions fixes that.
ADDRESS = object.__basicsize__


# --- what a formula computes ------------------------------------------------------------------------------


class Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for a number in a formula, and notes what is computed from it."""

    __slots__ = ("at", "trace")

    def __init__(self, trace: Trace, at: int) -> None:
        self.trace, self.at = trace, at

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Symbol:
        assert ufunc.__name__ in _UFUNCS and method == "__call__" and not kwargs, ufunc
        return self.trace.note(ufunc.__name__, inputs)

    def __array_function__(self, function: Any, kinds: Any, args: Any, kwargs: Any) -> Symbol:
        assert function is np.where and not kwargs, function
        return self.trace.note("where", args)


class Trace:
    """What a formula computes: each thing once, after its operands."""

    def __init__(self, formula: Callable[..., Any], choices: tuple[bool, ...], states: int, constants: int) -> None:
        self.states, self.constants = states, constants
        self.entries: list[Entry] = []
        self._places: dict[Entry, int] = {}
        arrays = [self._symbol(("array", i)) for i in range(states + 2)]  # p, g and the state
        numbers = [self._symbol(("constant", i)) for i in range(constants)]
        p, *state = formula(choices, arrays[0], arrays[1], arrays[2:], numbers)
        assert len(state) == states
        #: Where the new values of p, g (which stays) and the state are.
        self.results = [found.at for found in (p, arrays[1], *state)]
        needed = set(self.results)
        for at in reversed(range(len(self.entries))):
            if at in needed:
                needed.update(operands(self.entries[at]))
        #: The places of what has to be computed, in order.
        self.order = [at for at in sorted(needed) if operands(self.entries[at])]

    def _place(self, entry: Entry) -> int:
        if entry not in self._places:
            self._places[entry] = len(self.entries)
            self.entries.append(entry)
        return self._places[entry]

    def _symbol(self, entry: Entry) -> Symbol:
        return Symbol(self, self._place(entry))

    def note(self, operation: str, inputs: Iterable[Any]) -> Symbol:
        return self._symbol((operation, *[x.at if isinstance(x, Symbol) else self._place(("number", float(x)))
                                          for x in inputs]))


def operands(entry: Entry) -> tuple[int, ...]:
    """The places of what an operation takes; none for an array or a number."""
    return () if entry[0] in ("array", "constant", "number") else entry[1:]


# --- in NumPy's calls -------------------------------------------------------------------------------------


class _Writer:
    """Writes the calls: which array each result goes to, and the lines."""

    def __init__(self, trace: Trace) -> None:
        self._trace, self.lines = trace, list[str]()
        self._names: dict[int, str] = {}
        self._free: dict[str, list[str]] = {"work": [], "mask": []}
        self.made = {"work": 0, "mask": 0}
        #: When something is needed for the last time; what remains is needed to the end.
        self._last = {x: i for i, at in enumerate(trace.order) for x in operands(trace.entries[at])}
        self._last |= dict.fromkeys(trace.results, len(trace.order))
        for i, at in enumerate(trace.order):
            self._call(i, at)
        # p last: state may hold its old value.
        for which in reversed(range(len(trace.results))):
            name = self._name(trace.results[which])
            if name != _array(which):
                self.lines.append(f"copyto({_array(which)}, {name})")

    def _name(self, at: int) -> str:
        kind, *rest = self._trace.entries[at]
        if kind == "array":
            return _array(rest[0])
        if kind == "constant":
            return f"c{rest[0]}"
        return repr(rest[0]) if kind == "number" else self._names[at]

    def _call(self, now: int, at: int) -> None:
        operation, *takes = self._trace.entries[at]
        names = [self._name(x) for x in takes]
        # The first choice of `where` is written over the second, and may not be in its place.
        over = takes[2:] if operation == "where" else takes
        out = self._out(now, at, over, "mask" if operation in _COMPARISONS else "work")
        if operation == "where":
            if out != names[2]:
                self.lines.append(f"copyto({out}, {names[2]})")
            self.lines.append(f"copyto({out}, {names[1]}, where={names[0]})")
        else:
            self.lines.append(f"{operation}({', '.join(names)}, out={out})")
        self._names[at] = out
        for x in set(takes):
            name = self._names.get(x, "")
            if self._last[x] == now and name != out and name[:4] in self._free:
                self._free[name[:4]].append(name)

    def _out(self, now: int, at: int, over: list[int], kind: str) -> str:
        """The array that a result goes to: its own, that of an operand not needed any more, or scratch."""
        results, entries = self._trace.results, self._trace.entries
        if at in results:
            which = results.index(at)
            before = entries.index(("array", which))
            takes = operands(entries[at])
            if self._last.get(before, -1) <= now and (before in over or before not in takes):
                return _array(which)
        for x in over:
            name = self._names.get(x, "")
            if self._last[x] == now and name.startswith(kind):
                return name
        if self._free[kind]:
            return self._free[kind].pop()
        self.made[kind] += 1
        return f"{kind}{self.made[kind] - 1}"


def _array(which: int) -> str:
    return ("p", "g")[which] if which < 2 else f"s{which - 2}"


def _unpack(letter: str, count: int, source: str) -> list[str]:
    return [f"{''.join(f'{letter}{i}, ' for i in range(count))}= {source}"] if count else []


# --- compiled ---------------------------------------------------------------------------------------------


class _Vectors(InVectors):
    """`vectors.steps.step` for one trace."""

    def __init__(self, trace: Trace) -> None:
        super().__init__("step", "steps")
        self.trace = trace

    def form(self, scalar: type) -> Any:
        return super().form(scalar)(self.trace)


def _through_all(table, sizes, constants, start, stop):  # type: ignore[no-untyped-def]
    """The elements ``start`` to ``stop`` of all parameters, one after the other.

    Args:
        table: for each parameter the identities of its array, of the gradient's and of the state's.
        sizes: how many elements they have.
        constants: the numbers of this step.
    """
    before = 0
    for i in range(sizes.size):
        first, last = max(start - before, 0), min(stop - before, sizes[i])
        if first < last:
            _step(table[i].ctypes.data, constants.ctypes.data, first, last - first)  # type: ignore[name-defined]  # noqa: F821
        before += sizes[i]


class Pass:
    """One step of an optimizer, in both forms; ``title`` says all that it computes."""

    def __init__(self, title: str, trace: Trace) -> None:
        written = _Writer(trace)
        #: How many scratch arrays of numbers and of truth values `numpy` takes.
        self.works, self.masks = written.made["work"], written.made["mask"]
        unpacked = [*_unpack("s", trace.states, "state"), *_unpack("c", trace.constants, "constants"),
                    *_unpack("work", self.works, "work"), *_unpack("mask", self.masks, "mask")]
        namespace: dict[str, Any] = {name: getattr(np, name) for name in _UFUNCS} | {
            "copyto": np.copyto, "__name__": __name__}
        lines = [*unpacked, *written.lines] or ["pass"]
        exec("def step(p, g, state, constants, work, mask):\n    " + "\n    ".join(lines), namespace)
        #: The step by NumPy: ``numpy(p, g, state, constants, work, mask)``, with constants as 0-d arrays.
        self.numpy: Callable[..., None] = namespace["step"]
        function = types.FunctionType(_through_all.__code__, {
            "__name__": __name__, "_step": _Vectors(trace), "max": max, "min": min}, title)
        #: The compiled step: ``loop.on(...)(table, sizes, constants, elements)``, as in `_through_all`.
        self.loop = Loop(function, "I2 I1 F1 R", 2.5e-10 * len(trace.order), False, exact=True)

    def on(self, dtype: np.dtype[Any], size: int) -> Any:
        """The compiled step of so many elements, or None where NumPy shall do it."""
        return self.loop.on(dtype, size + _CALLS)


#: Passes by what they compute, which may be the same for different choices.
_PASSES: dict[str, Pass] = {}


@functools.cache
def step(formula: Callable[..., Any], choices: tuple[bool, ...], states: int, constants: int) -> Pass:
    """The step that a formula gives with these choices, with so many arrays of state and constants."""
    trace = Trace(formula, choices, states, constants)
    import hashlib  # with OpenSSL, a fiftieth of what importing this package takes

    content = hashlib.sha256(repr((trace.entries, trace.results)).encode()).hexdigest()
    title = f"{formula.__qualname__.partition('.')[0]}_{content[:16]}"
    if title not in _PASSES:
        _PASSES[title] = Pass(title, trace)
    return _PASSES[title]


def apart(arrays: Sequence[Array]) -> bool:
    """Whether no two arrays share memory: threads that write to it would take turns as it happens."""
    if all(a.flags.owndata for a in arrays):  # bounds take a microsecond each
        return len(set(map(id, arrays))) == len(arrays)
    bounds = sorted(map(byte_bounds, arrays))
    return all(before[1] <= after[0] for before, after in pairwise(bounds))


#: Called before all loops are compiled: declares the steps that are usual.
DECLARING: list[Callable[[], None]] = []
