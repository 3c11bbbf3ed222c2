"""Work shared among threads: the same bits for any number of them.

A kernel that computes each row of its result by itself can compute ranges of rows at once. `share` runs them on threads
of its own, which wait for work between calls. Kernels let go of the interpreter's lock, so ranges really run at once;
what is cut, and never how, depends on the number of threads.

Threads of the program may share work at the same time, and work may share work: whoever asks takes part until all is
done, so that nobody waits for somebody who waits. A process made by fork starts with no threads and makes its own.
"""

from __future__ import annotations

import contextvars
import os
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from .processors import usable

Range = Callable[[int, int], object]

#: Seconds of work below which waking another thread does not pay: it takes 10 to 20 microseconds.
LEAST = 5e-5
#: Ranges for each thread, so that one that is held up by other programs leaves work to the others.
_RANGES_EACH = 4


class _Job:
    """Ranges of one piece of work, of which each thread takes the next."""

    def __init__(self, run: Range, ranges: deque[tuple[int, int]]) -> None:
        self._run: Range | None = run
        self._ranges, self._left = ranges, len(ranges)
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
        self._done.acquire()
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
                    self._done.release()


class _Pool:
    """Threads that wait for jobs."""

    def __init__(self, asked: int) -> None:
        self.asked, self._helpers = asked, 0
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        try:
            for i in range(asked):
                threading.Thread(target=self._serve, name=f"autograd-{i + 1}", daemon=True).start()
                self._helpers += 1
        except RuntimeError:  # the system gives no more, or the interpreter is ending: those that there are do the work
            pass

    def run(self, job: _Job, ranges: int) -> None:
        for _ in range(min(self._helpers, ranges - 1)):
            self._jobs.put(job)
        job.finish()

    def close(self) -> None:
        """Let the threads end when they have nothing left to do."""
        for _ in range(self._helpers):
            self._jobs.put(None)

    def _serve(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            job.help()
            del job  # or its arrays live until the next one


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


def share(run: Range, rows: int, seconds: float, multiple: int = 1) -> None:
    """Call ``run(start, stop)`` for ranges that make up 0 to ``rows``, on several threads where that pays.

    Args:
        run: computes a range of rows, the same bits however they are cut.
        rows: how many there are.
        seconds: about how long one thread takes for all of them.
        multiple: ranges begin at multiples of so many rows, and have at least as many.
    """
    blocks = rows // multiple
    ranges = min(blocks, _RANGES_EACH * _count, int(seconds / LEAST))
    if _count == 1 or ranges < 2:
        run(0, rows)
        return
    if ranges > _count:
        ranges -= ranges % _count  # each thread as many, if none is held up
    ends = [*[blocks * i // ranges * multiple for i in range(1, ranges)], rows]
    _ready().run(_Job(run, deque(zip([0, *ends], ends))), ranges)
