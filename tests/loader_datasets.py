"""Datasets and functions for DataLoader tests, in a module of their own that worker processes can import."""

from __future__ import annotations

import os
import random
import time

import numpy as np

import autograd
from autograd.data import Dataset, IterableDataset, get_worker_info


class Numbers(Dataset):
    """0, 1, 2, ..."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        if index >= self.n:
            raise IndexError(index)
        return index


class Pids(Numbers):
    def __getitem__(self, index):
        return os.getpid()


class Slow(Numbers):
    """Sample ``i`` takes a time of its own, so that workers finish out of order."""

    def __getitem__(self, index):
        time.sleep(0.12 if index % 4 == 0 else 0.0)
        return index


class Hangs(Numbers):
    def __getitem__(self, index):
        if index >= 2:
            time.sleep(3600)
        return index


class Dies(Numbers):
    def __getitem__(self, index):
        if index == 3:
            os._exit(7)
        return index


class TwoArguments(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} {b}")


class Fails(Numbers):
    kinds = {2: KeyError("a key"), 3: TwoArguments(1, 2), 4: ValueError("bad value")}

    def __getitem__(self, index):
        if index in self.kinds:
            raise self.kinds[index]
        return index


class Draws(Numbers):
    """What each source of randomness gives, and the worker's seed."""

    def __getitem__(self, index):
        info = get_worker_info()
        return info.id, info.seed, random.random(), float(np.random.rand()), float(autograd.rand(1).item())


class Facts(Numbers):
    def __getitem__(self, index):
        info = get_worker_info()
        return {"id": info.id, "workers": info.num_workers, "dataset": info.dataset is self,
                "threads": os.environ.get("OMP_NUM_THREADS", ""), "ours": autograd.get_num_threads()}


class Large(Numbers):
    def __getitem__(self, index):
        return np.full(500_000, index, np.float64)


class Unpicklable(Numbers):
    def __getitem__(self, index):
        return lambda: index


class Tensors(Numbers):
    def __getitem__(self, index):
        return {"x": autograd.tensor([float(index)]), "name": str(index), "pair": (index, np.float32(0.5))}


class Stream(IterableDataset):
    """0 ... n - 1, split among the workers."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __iter__(self):
        info = get_worker_info()
        return iter(range(self.n) if info is None else range(info.id, self.n, info.num_workers))


class Uneven(IterableDataset):
    """Worker w gives 10 w, 10 w + 1, ...: as many numbers as ``lengths`` says."""

    def __init__(self, *lengths):
        self.lengths = lengths

    def __iter__(self):
        worker_id = get_worker_info().id
        return iter(range(10 * worker_id, 10 * worker_id + self.lengths[worker_id]))


class Loads(Numbers):
    """Cannot be unpickled in a worker."""

    def __reduce__(self):
        return _refuse, ()


def _refuse():
    raise ModuleNotFoundError("No module named 'only_here'")


def keep(batch):
    return batch


def mark(worker_id):
    get_worker_info().dataset.n = 100 + worker_id


class Size(Numbers):
    def __getitem__(self, index):
        return self.n


def fail_at_start(worker_id):
    raise OSError("no licence for worker", worker_id)
