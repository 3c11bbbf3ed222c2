"""DataLoader: batches of a dataset, in this process or from workers."""

from __future__ import annotations

import itertools
import math
import os
import pickle
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from ..errors import fail
from ..random import Generator
from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset
from .fetch import make_fetcher
from .pool import Pool, get_context
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed
from .worker import Failure, Payload, Settings, Task

T_co = TypeVar("T_co", covariant=True)


class _Endless(Sampler[None]):
    """The sampler of streams, which have no indices."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class DataLoader(Generic[T_co]):
    """Iterates over a dataset in batches.

    Order and seeds are PyTorch's: after the same ``manual_seed`` the same samples come in the same batches.

    Args:
        dataset: a `Dataset` with indices, or an `IterableDataset`.
        batch_size: samples in a batch. None: single samples, not batched.
        shuffle: take the samples in a new random order at every pass.
        sampler: gives the indices in order, instead of ``shuffle``.
        batch_sampler: gives lists of indices, instead of ``batch_size``, ``shuffle``, ``sampler`` and ``drop_last``.
        num_workers: processes that make batches; 0: this process makes them. Batches come in the same order for any
            number. Workers are new interpreters (``spawn``), which import the main script: what it does must stand
            under ``if __name__ == "__main__":``, and dataset, ``collate_fn`` and ``worker_init_fn`` must be picklable.
        collate_fn: makes a batch of a list of samples. Default: `default_collate`, or `default_convert` where
            ``batch_size`` is None.
        pin_memory: accepted and without effect, because there is no accelerator to copy to; warns as PyTorch does.
        drop_last: leave out a last batch that would be smaller.
        timeout: seconds to wait for workers before it is an error; 0: for ever.
        worker_init_fn: called in each worker with its id, after it was seeded with base seed + id.
        multiprocessing_context: ``"spawn"`` (default), ``"forkserver"``, ``"fork"``, or a context object.
        generator: source of the order and of the workers' base seed. Default: the global one.
        prefetch_factor: batches that each worker makes ahead. Default: 2.
        persistent_workers: keep the workers from one pass to the next.
        in_order: False: give batches in the order in which workers finish them.

    Raises:
        ValueError: options that contradict each other.
        RuntimeError: on iteration, where a worker died or took longer than ``timeout``. An exception inside a worker is
            raised again here, with its traceback there in the message.

    >>> import autograd
    >>> from autograd.data import DataLoader, TensorDataset
    >>> loader = DataLoader(TensorDataset(autograd.tensor([1., 2., 3.])), batch_size=2)
    >>> [x for x, in loader]
    [tensor([1., 2.]), tensor([3.])]
    """

    _FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
    _initialized = False
    _iterator: _Workers | None = None

    def __init__(
        self, dataset: Dataset[T_co], batch_size: int | None = 1, shuffle: bool | None = None,
        sampler: Sampler[Any] | Iterable[Any] | None = None,
        batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None = None, num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None, pin_memory: bool = False, drop_last: bool = False,
        timeout: float = 0, worker_init_fn: Callable[[int], None] | None = None, multiprocessing_context: Any = None,
        generator: Generator | None = None, *, prefetch_factor: int | None = None,
        persistent_workers: bool = False, in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        _warn_if_crowded(num_workers)
        _check_sampling(isinstance(dataset, IterableDataset), batch_size, shuffle, sampler, batch_sampler, drop_last)
        if multiprocessing_context is not None:
            if num_workers == 0:
                fail(ValueError, "multiprocessing_context can only be used with multi-process loading "
                                 f"(num_workers > 0), but got num_workers={num_workers}")
            multiprocessing_context = get_context(multiprocessing_context)
        if pin_memory:
            warnings.warn("'pin_memory' argument is set as true but no accelerator is found, then device pinned memory "
                          "won't be used.", stacklevel=2)
        if batch_sampler is not None:
            batch_size, drop_last = None, False
        if sampler is None:
            sampler = _default_sampler(dataset, bool(shuffle), generator)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.sampler, self.batch_sampler, self.collate_fn = sampler, batch_sampler, collate_fn
        self.num_workers, self.timeout, self.worker_init_fn = num_workers, timeout, worker_init_fn
        self.multiprocessing_context, self.generator, self.in_order = multiprocessing_context, generator, in_order
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.persistent_workers, self.pin_memory = persistent_workers, pin_memory
        self._stream_length: int | None = None
        self._initialized = True

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in self._FIXED:
            fail(ValueError, f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> Iterator[Any]:
        if self.num_workers == 0:
            return _InProcess(self)
        if not self.persistent_workers:
            return _Workers(self)
        if self._iterator is None or self._iterator.stopped:
            self._iterator = _Workers(self)
        else:
            self._iterator.restart(self)
        return self._iterator

    def __len__(self) -> int:
        """The number of batches; of a stream the estimate that its own ``len`` gives."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        length = self._stream_length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)


class _Iterator:
    """What both kinds of iteration share: drawing seeds and indices, in PyTorch's order, and counting.

    It does not keep the loader, which may keep it: workers end by reference counts alone.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._dataset, self._sampler = loader.dataset, loader._index_sampler
        self._begin(loader)
        self._base_seed = draw_seed(loader.generator)

    def _begin(self, loader: DataLoader[Any]) -> None:
        self._indices = iter(self._sampler)
        self._promised, self._yielded = loader._stream_length, 0

    def __iter__(self) -> _Iterator:
        return self

    def __len__(self) -> int:
        return len(self._sampler)

    def __next__(self) -> Any:
        data = self._take()
        self._yielded += 1
        if self._promised is not None and self._yielded > self._promised:
            warnings.warn(f"Length of IterableDataset {self._dataset} was reported to be {self._promised} (when "
                          f"accessing len(dataloader)), but {self._yielded} samples have been fetched. With worker "
                          "processes the dataset must split its stream among them; see get_worker_info.", stacklevel=2)
        return data

    def _take(self) -> Any:
        raise NotImplementedError


class _InProcess(_Iterator):
    def __init__(self, loader: DataLoader[Any]) -> None:
        assert loader.timeout == 0, "timeout is for worker processes: with num_workers=0 nothing interrupts the dataset"
        super().__init__(loader)
        batched = loader.batch_sampler is not None
        self._fetch = make_fetcher(loader.dataset, batched, loader.collate_fn, loader.drop_last)

    def _take(self) -> Any:
        return self._fetch(next(self._indices))


class _Workers(_Iterator):
    """Gives out batches to workers in turn and returns them in order, with a bounded number on the way."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self._in_order, self._persistent, self._timeout = loader.in_order, loader.persistent_workers, loader.timeout
        self._num_workers, self._ahead = loader.num_workers, loader.num_workers * (loader.prefetch_factor or 0)
        settings = Settings(loader.batch_sampler is not None, loader.drop_last, self._base_seed, loader.num_workers)
        payload = Payload((loader.dataset, loader.collate_fn, loader.worker_init_fn))
        self._pool = Pool(payload, settings, get_context(loader.multiprocessing_context))
        self._epoch = 0
        self._prime()

    @property
    def stopped(self) -> bool:
        return self._pool.stopped

    def restart(self, loader: DataLoader[Any]) -> None:
        """Begin another pass with the same workers."""
        self._begin(loader)
        self._epoch += 1
        for worker_id in range(self._num_workers):
            self._pool.send(worker_id, Task(self._epoch))
        self._prime()

    def _prime(self) -> None:
        self._given = itertools.count()
        self._owner: dict[int, int] = {}  # worker by batch, in order, for batches on the way
        self._arrived: dict[int, Any] = {}
        self._active = [True] * self._num_workers  # False once a worker's stream has ended
        self._turns = itertools.cycle(range(self._num_workers))
        try:
            for _ in range(self._ahead):
                self._give()
        except BaseException:
            self._pool.stop(0)
            raise

    def _give(self) -> None:
        """Give the next batch to the next worker that still has something, or to the least busy one."""
        if not any(self._active):
            return
        try:
            index = next(self._indices)
        except StopIteration:
            return
        if self._in_order:
            worker_id = next(i for i in self._turns if self._active[i])
        else:
            busy = list(self._owner.values())
            worker_id = min((i for i, active in enumerate(self._active) if active), key=busy.count)
        number = next(self._given)
        self._owner[number] = worker_id
        self._pool.send(worker_id, Task(self._epoch, number, index))

    def _take(self) -> Any:
        if self.stopped:
            raise StopIteration
        try:
            data = self._wait()
            self._give()
        except StopIteration:
            if not self._persistent:
                self._pool.stop()
            raise
        except BaseException:  # also KeyboardInterrupt: leave no process behind
            self._pool.stop(0)
            raise
        if isinstance(data, Failure):
            data.raise_again()
        return data

    def _wait(self) -> Any:
        """The next batch; StopIteration after the last."""
        while self._owner:
            number = next(iter(self._owner if self._in_order else self._arrived), None)
            if number in self._arrived:
                del self._owner[number]
                return self._arrived.pop(number)
            self._receive()
        raise StopIteration

    def _receive(self) -> None:
        for worker_id, result, data in self._pool.receive(self._timeout or None):
            if result.epoch != self._epoch:
                continue  # left over from a pass that was broken off
            if not result.ended:
                self._arrived[result.number] = pickle.loads(data)
                continue
            self._active[worker_id] = False
            for number in [n for n, owner in self._owner.items() if owner == worker_id and n not in self._arrived]:
                del self._owner[number]
                self._give()


def _check_workers(num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool) -> None:
    if num_workers < 0:
        fail(ValueError, "num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        fail(ValueError, "timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        fail(ValueError, "prefetch_factor option could only be specified in multiprocessing. let num_workers > 0 to "
                         "enable multiprocessing, otherwise set prefetch_factor to None.")
    if prefetch_factor is not None and prefetch_factor < 1:
        fail(ValueError, f"prefetch_factor option should be positive, got {prefetch_factor}")
    if persistent_workers and num_workers == 0:
        fail(ValueError, "persistent_workers option needs num_workers > 0")


def _check_sampling(is_stream: bool, batch_size: int | None, shuffle: bool | None, sampler: Any, batch_sampler: Any,
                    drop_last: bool) -> None:
    if is_stream:
        for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
            if value is not None:
                fail(ValueError, f"DataLoader with IterableDataset: expected unspecified {name} option, but got "
                                 f"{name}={value}")
    if sampler is not None and shuffle:
        fail(ValueError, "sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        fail(ValueError, "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_size is None and drop_last:
        fail(ValueError, "batch_size=None option disables auto-batching and is mutually exclusive with drop_last")


def _default_sampler(dataset: Any, shuffle: bool, generator: Generator | None) -> Sampler[Any]:
    if isinstance(dataset, IterableDataset):
        return _Endless()
    return RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)


def _warn_if_crowded(num_workers: int) -> None:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if cpus is not None and num_workers > cpus:
        warnings.warn(f"This DataLoader will create {num_workers} worker processes in total. Our suggested max number "
                      f"of worker in current system is {cpus}, which is smaller than what this DataLoader is going to "
                      "create.", stacklevel=3)
