"""What runs in a worker process of a DataLoader.

The main thread makes batches. One thread beside it receives tasks, so the parent never waits for this process to
listen, and another sends results, so the next batch can be made while a large one is on its way.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import queue
import random
import signal
import threading
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from ..kernels.machine.threads import set_count
from ..random import manual_seed
from .fetch import StreamFetcher, make_fetcher


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker knows of itself: see `get_worker_info`.

    >>> from autograd.data import WorkerInfo
    >>> info = WorkerInfo(id=1, num_workers=2, seed=0, dataset=None)
    >>> list(range(6))[info.id::info.num_workers]
    [1, 3, 5]
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process of a DataLoader its ``id``, ``num_workers``, ``seed`` and copy of the ``dataset``; else None.

    >>> from autograd.data import get_worker_info
    >>> print(get_worker_info())
    None
    """
    return _info


class Payload:
    """Objects for a worker, pickled inside the pickle that starts the process.

    So a worker that cannot read them (a class of a notebook, say) is already running and can report it.
    """

    def __init__(self, contents: Any, packed: bytes | None = None) -> None:
        self._contents, self._packed = contents, packed

    def __reduce__(self) -> tuple[Any, ...]:
        return Payload, (None, bytes(ForkingPickler.dumps(self._contents)))

    def load(self) -> Any:
        return self._contents if self._packed is None else pickle.loads(self._packed)


@dataclass(frozen=True)
class Failure:
    """An exception on its way from a worker to the parent."""

    kind: type[BaseException]
    text: str

    @classmethod
    def of(cls, error: BaseException, worker_id: int) -> Failure:
        kind: type[BaseException] = type(error)
        text = (f"Caught {kind.__name__} in DataLoader worker process {worker_id}.\n"
                f"Original {''.join(traceback.format_exception(error))}")
        try:
            pickle.loads(pickle.dumps(kind))
        except Exception:  # a class that the parent could not import
            kind = RuntimeError
        return cls(kind, text)

    def raise_again(self) -> None:
        # No local name for the error: it would hold its own frame, and through it the iterator and its workers, until
        # the garbage collector comes by.
        raise self._made() from None

    def _made(self) -> BaseException:
        try:
            return self.kind(_Text(self.text))
        except Exception:  # a class whose constructor takes something else
            return RuntimeError(self.text)


class _Text(str):
    """A message whose repr has its lines as lines, because a KeyError shows the repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Task:
    """Batch ``number`` of pass ``epoch``: fetch ``index``. Without a number: begin the pass anew."""

    epoch: int
    number: int | None = None
    index: Any = None


@dataclass(frozen=True)
class Result:
    """Batch ``number`` of pass ``epoch``, pickled; ``ended`` where a stream had no more."""

    epoch: int
    number: int
    ended: bool = False


@dataclass(frozen=True)
class Settings:
    """What all workers of a DataLoader have in common, beside the payload."""

    batched: bool
    drop_last: bool
    base_seed: int
    num_workers: int


def run(payload: Payload, settings: Settings, worker_id: int, connection: Connection,
        inherited: Connection | None) -> None:
    """The life of a worker: until the parent closes the connection.

    A forked process has ``inherited`` a copy of the parent's end, and would never see it closed while it has that.
    """
    if inherited is not None:
        inherited.close()
    # Ctrl-C reaches every process of the terminal. The parent decides what it means, and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):  # it was blocked while this process started; see pool._quiet_start
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    set_count(1)  # the workers are the threads
    tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
    results: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, tasks), daemon=True).start()
    threading.Thread(target=_send, args=(connection, results), daemon=True).start()
    worker = _Worker(payload, settings, worker_id)
    while (task := tasks.get()) is not None:
        if task.number is None:
            worker.begin()
        elif not worker.ended:
            result, data = worker.fetch(task)
            results.put(pickle.dumps(result))
            results.put(data)


class _Worker:
    def __init__(self, payload: Payload, settings: Settings, worker_id: int) -> None:
        global _info
        self._settings, self._id = settings, worker_id
        self._failure: Failure | None = None
        seed = settings.base_seed + worker_id
        _seed_all(settings.base_seed, worker_id)
        try:
            self._dataset, self._collate, init_fn = payload.load()
            _info = WorkerInfo(worker_id, settings.num_workers, seed, self._dataset)
            if init_fn is not None:
                init_fn(worker_id)
        except Exception as error:
            self._failure = Failure.of(error, worker_id)
        self.begin()

    def begin(self) -> None:
        """Start a pass over the dataset."""
        self.ended = False
        if self._failure is None:
            try:
                batched, drop_last = self._settings.batched, self._settings.drop_last
                self._fetch = make_fetcher(self._dataset, batched, self._collate, drop_last)
            except Exception as error:
                self._failure = Failure.of(error, self._id)

    def fetch(self, task: Task) -> tuple[Result, bytes]:
        """The header and the pickled batch, or the pickled failure, for a task."""
        assert task.number is not None
        try:
            if self._failure is not None:
                return Result(task.epoch, task.number), pickle.dumps(self._failure)
            data: Any = self._fetch(task.index)
            return Result(task.epoch, task.number), bytes(ForkingPickler.dumps(data))
        except StopIteration as error:
            self.ended = isinstance(self._fetch, StreamFetcher)
            data = None if self.ended else Failure.of(error, self._id)
        except Exception as error:
            data = Failure.of(error, self._id)
        return Result(task.epoch, task.number, self.ended), pickle.dumps(data)


def _seed_all(base_seed: int, worker_id: int) -> None:
    """Different streams in every worker, from every generator that a dataset may use; PyTorch's seeds."""
    random.seed(base_seed + worker_id)
    manual_seed(base_seed + worker_id)
    np.random.seed(np.random.SeedSequence([worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32]).generate_state(4))


def _receive(connection: Connection, tasks: queue.SimpleQueue[Task | None]) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    try:
        while connection in wait([connection, parent.sentinel]):
            tasks.put(connection.recv())
    except (EOFError, OSError):  # the parent closed the connection: finish
        tasks.put(None)
    # Where the parent is gone nobody will end this process, and a batch may never get ready: end it here.
    wait([parent.sentinel])
    os._exit(1)


def _send(connection: Connection, results: queue.SimpleQueue[bytes]) -> None:
    try:
        while True:
            connection.send_bytes(results.get())
    except OSError:  # the parent closed the connection, or is gone
        return
