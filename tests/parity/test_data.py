"""The data API beside PyTorch's: the same order, the same splits, the same seeds, the same batches."""

from __future__ import annotations

import random
from collections import namedtuple

import numpy as np
import pytest

import autograd
from autograd import data as ours

torch = pytest.importorskip("torch")
theirs = pytest.importorskip("torch.utils.data")

BOTH = [(autograd, ours), (torch, theirs)]
Point = namedtuple("Point", "x y")


def plain(value):
    """A batch as plain lists, with the dtypes of tensors."""
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return str(value.dtype).split(".")[-1], value.tolist()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(v) for v in value]
    return value


def both(program):
    """What ``program(framework, its data module)`` gives in both, or the exceptions it raises."""
    results = []
    for framework, data in BOTH:
        framework.manual_seed(1234)
        random.seed(0)
        try:
            results.append(program(framework, data))
        except Exception as error:
            results.append((type(error), str(error)[:24]))
    return results


def assert_same(program):
    mine, reference = both(program)
    assert plain(mine) == plain(reference)
    return reference


@pytest.mark.parametrize("n", [1, 2, 7, 100, 1000, 70_000])
@pytest.mark.parametrize("seed", [0, 42, 2**40])
def test_shuffled_order(n, seed):
    def program(framework, data):
        own = framework.Generator()
        own.manual_seed(seed)
        loader = data.DataLoader(range(n), batch_size=None, shuffle=True, generator=own)
        return [list(loader) for _ in range(2)], own.get_state()
    assert_same(program)


def test_shuffled_order_from_the_global_seed_and_what_is_drawn_after():
    def program(framework, data):
        loader = data.DataLoader(range(11), batch_size=3, shuffle=True)
        passes = [list(loader) for _ in range(3)]
        return passes, framework.rand(3)
    assert_same(program)


def test_draws_between_batches_keep_their_place():
    def program(framework, data):
        drawn = []
        for batch in data.DataLoader(range(6), batch_size=2, shuffle=True):
            drawn += [batch, framework.rand(2)]
        return drawn
    assert_same(program)


@pytest.mark.parametrize("lengths", [[6, 4], [0.6, 0.4], [0.33, 0.33, 0.34], [1.0], [0.25] * 4, [10], [3, 3],
                                     [-0.5, 1.5], [0, 10]])
@pytest.mark.parametrize("own", [False, True])
def test_splits(lengths, own):
    def program(framework, data):
        options = {"generator": framework.Generator().manual_seed(7)} if own else {}
        parts = data.random_split(range(10), lengths, **options)
        return [list(part.indices) for part in parts], framework.rand(1)
    assert_same(program)


@pytest.mark.parametrize("make", [
    lambda f, d: d.RandomSampler(range(10)),
    lambda f, d: d.RandomSampler(range(10), num_samples=25),
    lambda f, d: d.RandomSampler(range(10), num_samples=20),
    lambda f, d: d.RandomSampler(range(10), num_samples=3),
    lambda f, d: d.RandomSampler(range(10), replacement=True),
    lambda f, d: d.RandomSampler(range(10), replacement=True, num_samples=64),
    lambda f, d: d.RandomSampler(range(1000), replacement=True, num_samples=77, generator=f.Generator().manual_seed(1)),
    lambda f, d: d.SubsetRandomSampler([4, 5, 6, 7]),
    lambda f, d: d.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 50),
    lambda f, d: d.WeightedRandomSampler([0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, replacement=False),
    lambda f, d: d.BatchSampler(d.RandomSampler(range(10)), 3, False),
    lambda f, d: d.BatchSampler(d.SequentialSampler(range(10)), 3, True),
])
def test_samplers(make):
    assert_same(lambda f, d: [[list(s), list(s), len(s)] for s in [make(f, d)]] + [f.rand(2)])


BATCHES = [
    [1, 2], [1, 2.5], [True, False], [1.5, 2], ["a", "b"], [b"a"], [np.float32(1), np.float32(2)], [np.int16(3)],
    [np.bool_(True)], [np.arange(3)] * 2, [np.zeros((2, 0), np.float16)], [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
    [(1, 2.0), (3, 4.0)], [[1, [2]], [3, [4]]], [Point(1, 2), Point(3, 4)], [range(2), range(2)], [np.str_("a")],
    [None], [...], [[1], [1, 2]], [np.array(["a"])], [np.array([None])], [],
]


@pytest.mark.parametrize("batch", BATCHES, ids=repr)
def test_collate(batch):
    assert_same(lambda f, d: d.default_collate(batch))


@pytest.mark.parametrize("batch", BATCHES, ids=repr)
def test_convert(batch):
    mine, reference = both(lambda f, d: d.default_convert(batch))
    assert repr(plain(mine)) == repr(plain(reference))


@pytest.mark.parametrize("options", [
    {"num_workers": -1}, {"timeout": -1}, {"prefetch_factor": 2}, {"persistent_workers": True}, {"batch_size": 0},
    {"batch_size": 2.0}, {"batch_sampler": [[0]], "batch_size": 2}, {"batch_size": None, "drop_last": True},
    {"sampler": [0], "shuffle": True}, {"drop_last": 1}, {"multiprocessing_context": "spawn"},
    {"num_workers": 1, "multiprocessing_context": "no such"}, {"num_workers": 1, "prefetch_factor": -1},
], ids=repr)
def test_contradicting_options(options):
    mine, reference = both(lambda f, d: d.DataLoader(range(4), **options))
    assert mine == reference


@pytest.mark.parametrize("options", [{}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None},
                                     {"batch_sampler": [[3, 1], [], [0]], "collate_fn": list}], ids=repr)
def test_batches(options):
    assert_same(lambda f, d: [list(loader) for loader in [d.DataLoader(range(7), **options)]])
    assert_same(lambda f, d: len(d.DataLoader(range(7), **options)))


def test_tensor_dataset():
    def program(framework, data):
        x = framework.arange(14).reshape(7, 2)
        dataset = data.TensorDataset(x, framework.randn(7))
        parts = data.random_split(dataset, [0.5, 0.5])
        return [list(data.DataLoader(part, batch_size=2, shuffle=True)) for part in parts], dataset[2], dataset[-1]
    assert_same(program)


class Draws:
    """What a worker's generators give."""

    def __init__(self, package):
        self.package = package

    def __len__(self):
        return 4

    def __getitem__(self, index):
        import importlib
        framework = importlib.import_module(self.package)
        info = importlib.import_module(f"{self.package}.utils.data" if self.package == "torch" else
                                       "autograd.data").get_worker_info()
        return [info.id, info.seed, random.random(), float(np.random.rand()), float(framework.rand(1))]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the class here cannot be imported by a new process
def test_seeds_of_workers():
    drawn = []
    for framework, data in BOTH:
        framework.manual_seed(99)
        loader = data.DataLoader(Draws(framework.__name__), batch_size=None, num_workers=2, collate_fn=list,
                                 multiprocessing_context="fork")
        drawn.append([list(loader), list(loader), framework.rand(1).item()])
    assert drawn[0] == drawn[1]
