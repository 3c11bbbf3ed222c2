"""A case: one piece of work, written once, that all sides must agree on before it is timed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .libraries import Library
from .measure import OURS, Budget, Figure, Side, batch, clock_for, figure, measure
from .peers import Peers, Remote
from .threads import limited

Array = np.ndarray[Any, Any]

#: Seconds after which threads sleep that have nothing to do.
_REST = 0.02


@dataclass(frozen=True)
class Work:
    """What one side does.

    Args:
        run: what is timed.
        values: the numbers to compare, from doing the work.
        before: done ahead of each run, and not timed.
        units: how many equal pieces a run has; the time shown is that of one.
    """

    run: Callable[[], Any]
    values: Callable[[], Sequence[Any]]
    before: Callable[[], Any] | None = None
    units: int = 1


@dataclass(frozen=True)
class Elsewhere:
    """The same work for peers with other interfaces, in their own processes (see worker.py).

    Args:
        kind: the worker's name for it.
        peers: who can do it.
        state: its inputs, from the library that starts the same work here.
    """

    kind: str
    peers: tuple[str, ...]
    state: Callable[[Library], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """A row of a table.

    Args:
        name: what is done, on what sizes.
        make: the work on a library with PyTorch's interface.
        length: the length of the longest sum whose order may differ.
        dtype: what is computed in.
        target: what the ratio to PyTorch should be at most.
        others: further sides in this process, by title: plain NumPy, or loops.
        elsewhere: the same work for peers in their own processes.
        compiles: whether torch.compile takes part, where asked for.
        slow: whether ``--quick`` leaves it out.
        threads: run with so many threads, instead of the number asked for.
    """

    name: str
    make: Callable[[Library], Work]
    length: int = 1
    dtype: str = "float32"
    target: float | None = None
    others: Mapping[str, Callable[[], Work]] = field(default_factory=dict)
    elsewhere: Elsewhere | None = None
    compiles: bool = False
    slow: bool = False
    threads: int | None = None

    def measure(self, peers: Peers, budget: Budget) -> Figure:
        """Compare the numbers, then the times."""
        with ExitStack() as stack:
            if self.threads is not None:
                stack.enter_context(limited(self.threads))
            sides = stack.enter_context(self.sides(peers))
            if problem := self.problem(sides):
                return Figure(self.name, target=self.target, problem=problem)
            return figure(self.name, measure(sides, budget), target=self.target)

    def problem(self, sides: Mapping[str, Local | Remote]) -> str | None:
        """Where the numbers of a side differ from ours, or None."""
        expected = sides[OURS].values()
        for title, side in sides.items():
            found = None if title == OURS else disagreement(expected, side.values(), self.dtype, self.length)
            if found:
                return f"ours and {title} differ: {found}"
        return None

    @contextmanager
    def sides(self, peers: Peers) -> Iterator[dict[str, Local | Remote]]:
        """Everybody who takes part, by title; ours first."""
        sides: dict[str, Local | Remote] = {}
        clock = clock_for(peers.threads) if self.threads is None else time.perf_counter  # rows of any count compare
        rests = (self.threads or peers.threads) > 1
        for library in peers.libraries:
            if library.key != "compile" or self.compiles:
                sides[library.title] = Local(self.make(library), library.numbers, clock, rests)
        for title, make in self.others.items():
            sides[title] = Local(make(), lambda values: [np.array(v) for v in values], clock, rests)
        try:
            if self.elsewhere is not None:
                state = self.elsewhere.state(peers.libraries[0])
                for remote in peers.remotes:
                    if remote.key in self.elsewhere.peers:
                        sides[remote.title] = remote.start(self.elsewhere.kind, state)
            yield sides
        finally:
            for side in sides.values():
                side.close()


class Local:
    """A side in this process; one that ``rests`` begins when the threads of others sleep, and its own are awake.

    Threads that have nothing to do stay awake for some milliseconds, on the processors that the next side needs.
    """

    def __init__(self, work: Work, numbers: Callable[[Sequence[Any]], list[Array]],
                 clock: Callable[[], float], rests: bool = False) -> None:
        self._work, self._numbers, self._clock, self._rests = work, numbers, clock, rests

    def values(self) -> list[Array]:
        """The numbers to compare."""
        return self._numbers(self._work.values())

    def time(self, count: int) -> float:
        """Seconds of one piece of the work."""
        if self._rests:
            time.sleep(_REST)
            batch(self._work.run, self._work.before, 1, self._clock)
        return batch(self._work.run, self._work.before, count, self._clock) / self._work.units

    def close(self) -> None:
        """Nothing to end."""


_: type[Side] = Local  # the type checker compares them here


def tolerance(dtype: str, length: int) -> float:
    """How far two results may lie apart, relative to their size, that add ``length`` products in other orders.

    Rounding errors of a sum of n terms grow like the square root of n where they are independent (Higham and Mary,
    A new approach to probabilistic rounding error analysis, 2019), on each side; four standard deviations.
    """
    return float(np.finfo(dtype).eps) * 4 * (1 + math.sqrt(length))


def disagreement(ours: Sequence[Array], peer: Sequence[Array], dtype: str, length: int) -> str | None:
    """Where two sides' numbers differ by more than rounding in words, or None.

    Distance and size are Euclidean norms over each array: a rounding error that decides a tie otherwise (a maximum, a
    kink) may move a few of a million gradients, but a wrong number among a million is still found.
    """
    if len(ours) != len(peer):
        return f"{len(ours)} results, and not {len(peer)}"
    for at, (x, y) in enumerate(zip(ours, peer)):
        if x.shape != y.shape:
            return f"result {at} is of shape {x.shape}, and not {y.shape}"
        x, y = x.astype(np.float64), y.astype(np.float64)
        if not np.array_equal(np.isfinite(x), np.isfinite(y)):
            return f"result {at} is finite where the peer's is not, or the reverse"
        finite = np.isfinite(y)
        distance, size = float(np.linalg.norm((x - y)[finite])), float(np.linalg.norm(y[finite]))
        if distance > tolerance(dtype, length) * size:
            relative = distance / size if size else math.inf
            return f"result {at} by {relative:.1e} of its size, where rounding explains {tolerance(dtype, length):.1e}"
    return None


# --- work made of a function of tensors -------------------------------------------------------------------


def normal(*shape: int, seed: int = 0, dtype: str = "float32") -> Array:
    """Normally distributed numbers; equal seeds give equal numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


Function = Callable[..., Any]


def forward(lib: Library, function: Function, arrays: Sequence[Array]) -> Work:
    """A function of tensors that want no gradients, and so without recording it."""
    inputs = [lib.tensor(a, grad=False) for a in arrays]

    def run() -> Any:
        return function(lib, *inputs)
    return Work(run, lambda: [run()])


def both(lib: Library, function: Function, arrays: Sequence[Array]) -> Work:
    """A function and the gradients of all its floating inputs, from a given cotangent."""
    inputs = [lib.tensor(a) for a in arrays]
    leaves = [x for x in inputs if x.requires_grad]
    with lib.t.no_grad():
        shape = tuple(function(lib, *inputs).shape)
    cotangent = lib.tensor(normal(*shape, seed=99, dtype=arrays[0].dtype.name), grad=False)

    def run() -> Any:
        for leaf in leaves:
            leaf.grad = None
        out = function(lib, *inputs)
        out.backward(cotangent)
        return out
    return Work(run, lambda: [run(), *(leaf.grad for leaf in leaves)])


def pair(name: str, function: Function, arrays: Callable[[], Sequence[Array]], length: int = 1, dtype: str = "float32",
         **options: Any) -> list[Case]:
    """Two rows: a function, and the function with its gradients."""
    return [Case(f"{name}, forward", lambda lib: forward(lib, function, arrays()), length, dtype, **options),
            Case(f"{name}, forward + backward", lambda lib: both(lib, function, arrays()), length, dtype, **options)]
