"""The parent's side of worker processes: starting them, talking to them, and never leaving one behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
import weakref
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from typing import Any

from ..errors import fail
from .worker import Payload, Settings, Task, run

#: Seconds that workers get to finish the batch they are at, before they are terminated.
GRACE = 5.0

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
                     "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")
_environment_lock = threading.Lock()


class Pool:
    """Worker processes, each with a connection of its own.

    One connection a worker, rather than a shared queue: a worker that is killed while it sends breaks only its own, and
    nobody is left waiting for a lock that it held.
    """

    def __init__(self, payload: Payload, settings: Settings, context: Any) -> None:
        self._context = context
        self._workers: list[tuple[Any, Connection]] = []
        # Runs when the pool is garbage, and at exit. It may not know the pool itself, or that would never be garbage.
        self._finalizer = weakref.finalize(self, _stop, self._workers, GRACE, os.getpid())
        try:
            for worker_id in range(settings.num_workers):
                self._start(payload, settings, worker_id)
        except BaseException:
            self.stop(0)
            raise

    def _start(self, payload: Payload, settings: Settings, worker_id: int) -> None:
        ours, theirs = self._context.Pipe()
        inherited = ours if self._context.get_start_method() == "fork" else None
        process = self._context.Process(target=run, args=(payload, settings, worker_id, theirs, inherited), daemon=True,
                                        name=f"DataLoader worker {worker_id}")
        try:
            with _quiet_start():
                process.start()
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            ours.close()
            fail(RuntimeError, "DataLoader could not send the dataset, collate_fn or worker_init_fn to a worker "
                               f"process: {error}. What goes to workers must be picklable: define classes and "
                               "functions at the top of a module (no lambdas), open files inside the worker; or use "
                               "num_workers=0, or multiprocessing_context='fork'")
        finally:
            theirs.close()  # else the end of this worker would not be seen as the end of its connection
        self._workers.append((process, ours))

    def send(self, worker_id: int, task: Task) -> None:
        """Give a worker a task."""
        try:
            self._workers[worker_id][1].send(task)
        except OSError:
            self._died([worker_id])

    def receive(self, timeout: float | None) -> Iterator[tuple[int, Any, bytes]]:
        """Wait for results; gives ``(worker_id, header, pickled batch)`` of each that has come.

        Raises:
            RuntimeError: a worker died, or none sent anything within ``timeout`` seconds.
        """
        by_connection = {connection: i for i, (_, connection) in enumerate(self._workers)}
        by_sentinel = {process.sentinel: i for i, (process, _) in enumerate(self._workers)}
        ready = wait([*by_connection, *by_sentinel], timeout)
        if not ready:
            pids = ", ".join(str(process.pid) for process, _ in self._workers)
            self.stop(0)
            fail(RuntimeError, f"DataLoader timed out after {timeout} seconds: none of the workers (pid(s) {pids}) "
                               "sent a batch in that time. They were ended. Find what the dataset waits for with "
                               "num_workers=0, or raise timeout")
        # What a worker sent before it died is still read.
        connections = [c for c in ready if c in by_connection]
        for connection in connections:
            worker_id = by_connection[connection]
            try:
                header, data = pickle.loads(connection.recv_bytes()), connection.recv_bytes()
            except (EOFError, OSError):
                self._died([worker_id])
            yield worker_id, header, data
        if not connections:
            self._died([by_sentinel[s] for s in ready])

    def _died(self, ids: list[int]) -> None:
        processes = [self._workers[i][0] for i in ids]
        for process in processes:
            process.join(1)  # the connection may be gone a moment before the process is
        pids = ", ".join(str(process.pid) for process in processes)
        fates = "; ".join(f"worker {i} {_fate(p.exitcode)}" for i, p in zip(ids, processes, strict=True))
        self.stop(0)
        fail(RuntimeError, f"DataLoader worker (pid(s) {pids}) exited unexpectedly: {fates}")

    def stop(self, grace: float = GRACE) -> None:
        """End all workers; those that are not done after ``grace`` seconds are terminated."""
        self._finalizer.detach()
        _stop(self._workers, grace, os.getpid())

    @property
    def stopped(self) -> bool:
        return not self._workers


def _stop(workers: list[tuple[Any, Connection]], grace: float, owner_pid: int) -> None:
    if os.getpid() != owner_pid:  # a fork of the owner: the workers are not its children
        return
    stopping = workers[:]
    workers.clear()
    for _, connection in stopping:
        connection.close()
    deadline = time.monotonic() + grace
    for process, _ in stopping:
        process.join(max(0.0, deadline - time.monotonic()))
    for end in ("terminate", "kill"):
        alive = [process for process, _ in stopping if process.is_alive()]
        for process in alive:
            getattr(process, end)()
        for process in alive:
            process.join(2)


def _fate(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        try:
            name = signal.Signals(-exitcode).name
        except ValueError:
            name = f"signal {-exitcode}"
        hint = " (the system does that when memory runs out)" if name == "SIGKILL" else ""
        return f"was killed by {name}{hint}"
    return (f"ended with exit code {exitcode}. If it wrote an error, that stands above. A script must start its work "
            "under if __name__ == '__main__':, because workers import the script")


@contextlib.contextmanager
def _quiet_start() -> Iterator[None]:
    """Start a process that does not hear Ctrl-C while it starts and whose libraries use one thread.

    Both are inherited: the signal mask, and the environment variables that BLAS libraries read once when they load.
    """
    masks = hasattr(signal, "pthread_sigmask")  # not on Windows
    with _environment_lock:
        added = [name for name in _THREAD_VARIABLES if name not in os.environ]
        os.environ.update(dict.fromkeys(added, "1"))
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]) if masks else None
        try:
            yield
        finally:
            for name in added:
                os.environ.pop(name, None)
            if before is not None:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)


def get_context(context: Any) -> Any:
    """The multiprocessing context meant by None, a name or a context.

    The default is ``spawn``: a new interpreter. Forking a process with threads (of Numba or BLAS) copies their locks in
    whatever state they are, and the child can hang on the first use.
    """
    if context is None:
        return multiprocessing.get_context("spawn")
    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            fail(ValueError, f"multiprocessing_context option should specify a valid start method in {methods!r}, but "
                             f"got multiprocessing_context={context!r}")
        return multiprocessing.get_context(context)
    if not isinstance(context, multiprocessing.context.BaseContext):
        fail(TypeError, "multiprocessing_context option should be a valid context object or a string specifying the "
                        f"start method, but got multiprocessing_context={context}")
    return context
