"""Work shared among threads: the same bits for any number of them.

A kernel that computes each row of its result by itself can compute ranges of rows at once. `share` runs them on threads
of its own, which wait for work between calls. Kernels let go of the interpreter's lock, so ranges really run at once;
what is cut, and never how, depends on the number of threads.

Threads of the program may share work at the same time, and work may share work: whoever asks takes part until all is
done, so that nobody waits for somebody who waits. A process made by fork starts with no threads and makes its own.
"""

from __future__ import annotations

import contextvars
import math
import os
import threading
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from queue import SimpleQueue
from typing import Any

import numpy as np

from ..compiled.late import compiled
from .processors import usable

Range = Callable[[int, int], object]

#: Seconds of work below which another thread does not help.
LEAST = 2e-5
#: Seconds for which threads that have nothing to do stay awake: the next piece of a training step comes sooner, and
#: waking a thread takes 50 microseconds.
AWAKE = 1e-3
#: Ranges for each thread where work is long, so that one that is held up by other programs leaves work to the others.
_RANGES_EACH = 8

_waiting: dict[None, Callable[..., Any] | None] = {}


def compile() -> Callable[..., Any] | None:
    """What threads wait with, compiled now or loaded; None where that fails: they sleep at once."""
    def build() -> Callable[..., Any]:
        from . import spinning
        return spinning.compiled(AWAKE)
    return compiled(_waiting, None, "waiting awake", build)


def _wait(cells: np.ndarray[Any, Any], value: int) -> None:
    """Until the number there is another one, for `AWAKE` seconds at most."""
    spin = compile()
    if spin is not None:
        spin(cells, value)


class _Job:
    """Ranges of one piece of work, of which each thread takes the next."""

    def __init__(self, run: Range, ranges: deque[tuple[int, int]]) -> None:
        self._run: Range | None = run
        self._ranges, self._left = ranges, len(ranges)
        self._open = np.ones(1, np.int64)
        self._counting, self._done = threading.Lock(), threading.Lock()
        self._done.acquire()
        self._context = contextvars.copy_context()  # NumPy's errstate among others
        self._error: BaseException | None = None

    def help(self) -> None:
        """In another thread: take ranges until there are none."""
        if self._ranges:
            self._context.copy().run(self._work)

    def finish(self) -> None:
        """In the thread that asked: take ranges, and wait for those that others took."""
        self._work()
        while self._left:
            try:
                if self._open[0]:
                    _wait(self._open, 1)
                self._done.acquire()
            except BaseException as error:  # Ctrl-C: others still write to arrays, which must not be freed
                self._error = error
        self._run = None  # a thread that wakes too late keeps no arrays alive
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while True:
            try:
                start, stop = self._ranges.popleft()
            except IndexError:
                return
            try:
                if self._error is None and self._run is not None:
                    self._run(start, stop)
            except BaseException as error:  # it is raised where the work was asked for
                self._error = error
            with self._counting:
                self._left -= 1
                if self._left == 0:
                    self._open[0] = 0
                    self._done.release()


class _Pool:
    """Threads that wait for jobs."""

    def __init__(self, asked: int) -> None:
        self.asked, self._helpers = asked, 0
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._posted = np.zeros(1, np.int64)  # changes after each piece of work is put there
        try:
            for i in range(asked):
                threading.Thread(target=self._serve, name=f"autograd-{i + 1}", daemon=True).start()
                self._helpers += 1
        except RuntimeError:  # the system gives no more, or the interpreter is ending: those that there are do the work
            pass

    def run(self, job: _Job, ranges: int) -> None:
        for _ in range(min(self._helpers, ranges - 1)):
            self._jobs.put(job)
        self._posted[0] += 1
        job.finish()

    def close(self) -> None:
        """Let the threads end when they have nothing left to do."""
        for _ in range(self._helpers):
            self._jobs.put(None)
        self._posted[0] += 1

    def _serve(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            job.help()
            del job  # or its arrays live until the next one
            posted = int(self._posted[0])
            if self._jobs.empty():
                _wait(self._posted, posted)


_count = usable()
_pool: _Pool | None = None
_making = threading.Lock()


def count() -> int:
    """The threads that kernels may use."""
    return _count


def set_count(threads: int) -> None:
    """Let kernels use so many threads from now on."""
    global _count
    _count = threads


def _ready() -> _Pool:
    global _pool
    with _making:
        if _pool is None or _pool.asked != _count - 1:
            if _pool is not None:
                _pool.close()
            _pool = _Pool(_count - 1)
        return _pool


def _after_fork() -> None:
    global _pool, _making
    _pool, _making = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@lru_cache(maxsize=4096)
def _ranges(blocks: int, most: int, threads: int, even: bool) -> list[tuple[int, int]]:
    """Ranges that make up 0 to ``blocks``: as many as threads, or about so many, large ones first and small ones last,
    so that all threads end together, whenever they began."""
    if even:
        n = min(blocks, most, threads)
        return [(blocks * i // n, blocks * (i + 1) // n) for i in range(n)]
    found, stop = [], 0
    while stop < blocks:
        start, left = stop, blocks - stop
        stop += min(left, math.ceil(max(left / (1.5 * threads), blocks / (2 * most))))
        found.append((start, stop))
    return found


def share(run: Range, rows: int, seconds: float, multiple: int = 1, alone: bool = False) -> None:
    """Call ``run(start, stop)`` for ranges that make up 0 to ``rows``, on several threads where that pays.

    Args:
        run: computes a range of rows, the same bits however they are cut.
        rows: how many there are.
        seconds: about how long one thread takes for all of them.
        multiple: ranges begin at multiples of so many rows, and have at least as many.
        alone: whether each range has much to prepare for itself, so that there shall be no more than threads.
    """
    blocks, most = rows // multiple, int(seconds / LEAST)
    if _count == 1 or blocks < 2 or most < 2:
        run(0, rows)
        return
    many = _RANGES_EACH * _count
    cut = _ranges(blocks, min(most, many), _count, alone or min(most, 2 * blocks) < many)
    ranges = [(start * multiple, stop * multiple) for start, stop in cut]
    ranges[-1] = ranges[-1][0], rows
    _ready().run(_Job(run, deque(ranges)), len(ranges))
