"""Taking figures: all sides on the same work, interleaved, medians with their quartiles."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

OURS = "ours"


@dataclass(frozen=True)
class Spread:
    """A median and its quartiles."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Figure:
    """One row: what each side took, and ours over each peer's.

    ``ratios`` are medians over rounds of the ratio within a round, so that what slows the machine for a while
    slows both. ``unit`` is "s" or "B". ``problem`` says why there is no figure: then nothing was timed.
    """

    name: str
    unit: str = "s"
    sides: dict[str, Spread] = field(default_factory=dict)
    ratios: dict[str, Spread] = field(default_factory=dict)
    target: float | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Budget:
    """How long a case is measured: about ``seconds``, in ``least`` to ``most`` rounds."""

    seconds: float
    least: int
    most: int = 41


DEFAULT = Budget(1.0, 5)
QUICK = Budget(0.08, 3, 11)
#: For tests of the machinery: no figure worth reading.
TRIAL = Budget(0.0, 2, 2)


class Side(Protocol):
    """Who does the work: a library in this process, or a process of its own."""

    def time(self, count: int) -> float:
        """Do the work ``count`` times; returns the seconds of one."""


def spread(values: Sequence[float]) -> Spread:
    """The median and quartiles of values."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return Spread(statistics.median(ordered), ordered[quarter], ordered[-quarter - 1])


def figure(name: str, rounds: Mapping[str, Sequence[float]], unit: str = "s", target: float | None = None) -> Figure:
    """The figure of what each side took in each round."""
    ratios = {peer: spread([a / b for a, b in zip(rounds[OURS], values)])
              for peer, values in rounds.items() if peer != OURS}
    return Figure(name, unit, {side: spread(values) for side, values in rounds.items()}, ratios, target)


def interleaved(sides: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each callable returned in each round. A round asks all of them, and each round begins with the next."""
    names = list(sides)
    found: dict[str, list[float]] = {name: [] for name in names}
    for r in range(rounds):
        first = r % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(sides[name]())
    return found


def measure(sides: Mapping[str, Side], budget: Budget) -> dict[str, list[float]]:
    """Seconds of one run of the work, for each side and round."""
    once = {name: _once(side) for name, side in sides.items()}
    batch = min(5e-3, budget.seconds / (budget.most * len(sides)))
    counts = {name: max(1, int(batch / seconds)) for name, seconds in once.items()}
    a_round = sum(counts[name] * once[name] for name in sides)
    rounds = min(budget.most, max(budget.least, int(budget.seconds / a_round)))

    def timer(name: str) -> Callable[[], float]:
        return lambda: sides[name].time(counts[name])
    return interleaved({name: timer(name) for name in sides}, rounds)


def _once(side: Side) -> float:
    """Seconds that one run takes with all that belongs to it and is not timed, after one that compiles."""
    side.time(1)
    clock = time.perf_counter
    begin, best = clock(), float("inf")
    while clock() - begin < 2e-3:
        start = clock()
        side.time(1)
        best = min(best, clock() - start)
    return max(best, 1e-7)


def clock_for(threads: int) -> Callable[[], float]:
    """What times the work.

    For one thread it is the processor's time that the process takes (all its threads', and the system's for it), which
    other programs on the machine hardly change; threads are there to take less time on the wall.
    """
    return time.process_time if threads == 1 else time.perf_counter


def batch(run: Callable[[], Any], before: Callable[[], Any] | None, count: int, clock: Callable[[], float]) -> float:
    """Seconds of one ``run`` of ``count``; what ``before`` does ahead of each does not count."""
    if before is None:
        start = clock()
        for _ in range(count):
            run()
        return (clock() - start) / count
    total = 0.0
    for _ in range(count):
        before()
        start = clock()
        run()
        total += clock() - start
    return total / count


def geometric_mean(figures: Sequence[Figure], peer: str) -> float | None:
    """The mean ratio to a peer over the figures that have it; None where none has."""
    ratios = [f.ratios[peer].median for f in figures if peer in f.ratios]
    return statistics.geometric_mean(ratios) if ratios else None
