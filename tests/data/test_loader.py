"""DataLoader in this process: batches, order, options."""

from __future__ import annotations

import gc
import weakref
from itertools import chain

import numpy as np
import pytest
from loader_datasets import Numbers, Stream, Tensors, keep

import autograd
from autograd.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    SequentialSampler,
    Subset,
    TensorDataset,
    default_collate,
    get_worker_info,
    random_split,
)


def values(loader):
    return [batch.tolist() for batch in loader]


@pytest.mark.parametrize(("n", "options", "expected"), [
    (5, {}, [[0], [1], [2], [3], [4]]),
    (5, {"batch_size": 2}, [[0, 1], [2, 3], [4]]),
    (5, {"batch_size": 2, "drop_last": True}, [[0, 1], [2, 3]]),
    (4, {"batch_size": 9}, [[0, 1, 2, 3]]),
    (4, {"batch_sampler": [[3, 1], [0]]}, [[3, 1], [0]]),
    (4, {"sampler": [2, 0, 1], "batch_size": 2}, [[2, 0], [1]])])
def test_batches(n, options, expected):
    loader = DataLoader(Numbers(n), **options)
    assert values(loader) == expected and len(loader) == len(expected)
    assert values(loader) == expected


def test_without_batches_samples_are_converted():
    loader = DataLoader(Numbers(3), batch_size=None)
    assert list(loader) == [0, 1, 2] and len(loader) == 3
    rows = list(DataLoader(TensorDataset(autograd.arange(4).reshape(2, 2)), batch_size=None))
    assert rows[1][0].tolist() == [2, 3]


def test_structures():
    batch = next(iter(DataLoader(Tensors(4), batch_size=2)))
    assert batch["x"].tolist() == [[0], [1]] and batch["name"] == ["0", "1"]
    assert batch["pair"][0].tolist() == [0, 1] and batch["pair"][1].dtype is autograd.float32


def test_collate_fn():
    assert list(DataLoader(Numbers(3), batch_size=2, collate_fn=keep)) == [[0, 1], [2]]


def test_shuffling_follows_the_seed_and_changes_each_pass():
    autograd.manual_seed(3)
    loader = DataLoader(Numbers(30), batch_size=7, shuffle=True)
    first, second = values(loader), values(loader)
    autograd.manual_seed(3)
    assert values(DataLoader(Numbers(30), batch_size=7, shuffle=True)) == first != second
    assert sorted(chain(*first)) == list(range(30))
    own = autograd.Generator().manual_seed(9)
    state = own.get_state()
    autograd.manual_seed(3)
    before = autograd.get_rng_state()
    third = values(DataLoader(Numbers(30), batch_size=7, shuffle=True, generator=own))
    assert autograd.get_rng_state().tolist() == before.tolist()  # the global generator was left alone
    own.set_state(state)
    assert values(DataLoader(Numbers(30), batch_size=7, shuffle=True, generator=own)) == third


def test_two_iterators_do_not_disturb_each_other():
    loader = DataLoader(Numbers(4), batch_size=2)
    assert [(a.tolist(), b.tolist()) for a, b in zip(loader, loader, strict=True)] == [([0, 1],) * 2, ([2, 3],) * 2]


def test_gathering_gives_what_stacking_gives():
    x, y = autograd.randn(20, 3, 2), autograd.arange(20)
    data = TensorDataset(x, y)
    for dataset in (data, Subset(data, [4, 19, 0, 3, 3]), Subset(Subset(data, [5, 1, 2]), [2, 0]),
                    *random_split(data, [15, 5])):
        fast = list(DataLoader(dataset, batch_size=4))
        slow = list(DataLoader(dataset, batch_size=4, collate_fn=lambda batch: default_collate(batch)))
        for a, b in zip(fast, slow, strict=True):
            assert type(a) is type(b) is list
            for s, t in zip(a, b, strict=True):
                assert s.dtype is t.dtype and s.tolist() == t.tolist()


def test_a_subclass_that_redefines_samples_is_not_bypassed():
    class Noisy(TensorDataset):
        def __getitem__(self, index):
            return (super().__getitem__(index)[0] + 100,)
    assert values(x for x, in DataLoader(Noisy(autograd.arange(3)), batch_size=3)) == [[100, 101, 102]]


def test_getitems_serves_a_batch():
    asked = []

    class Together(Numbers):
        def __getitems__(self, indices):
            asked.append(indices)
            return [10 * i for i in indices]
    assert values(DataLoader(Together(3), batch_size=2)) == [[0, 10], [20]] and asked == [[0, 1], [2]]


@pytest.mark.parametrize(("options", "expected"), [
    ({"batch_size": 2}, [[0, 1], [2, 3], [4]]), ({"batch_size": 2, "drop_last": True}, [[0, 1], [2, 3]]),
    ({"batch_size": 5}, [[0, 1, 2, 3, 4]])])
def test_streams(options, expected):
    loader = DataLoader(Stream(5), **options)
    assert values(loader) == expected and len(loader) == len(expected)
    assert list(DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]


def test_a_stream_longer_than_promised_warns():
    class Liar(Stream):
        def __len__(self):
            return 2
    loader = DataLoader(Liar(4))
    assert len(loader) == 2
    with pytest.warns(UserWarning, match="reported to be 2"):
        list(loader)


def test_a_stream_without_length():
    class Endless(IterableDataset):
        def __iter__(self):
            return iter(int, 1)
    loader = DataLoader(Endless(), batch_size=3)
    assert next(iter(loader)).tolist() == [0, 0, 0]
    with pytest.raises(TypeError, match="len"):
        len(loader)


def test_exceptions_come_through():
    class Bad(Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            raise KeyError("where")
    with pytest.raises(KeyError, match="where"):
        next(iter(DataLoader(Bad())))


def test_there_is_no_worker_here():
    assert get_worker_info() is None


@pytest.mark.parametrize(("options", "words"), [
    ({"num_workers": -1}, "num_workers"), ({"timeout": -1}, "timeout"), ({"prefetch_factor": 2}, "prefetch_factor"),
    ({"num_workers": 1, "prefetch_factor": -1}, "prefetch_factor"),
    ({"persistent_workers": True}, "persistent_workers"),
    ({"sampler": SequentialSampler([1]), "shuffle": True}, "sampler option"),
    ({"batch_sampler": [[0]], "batch_size": 2}, "batch_sampler option"),
    ({"batch_sampler": [[0]], "drop_last": True}, "batch_sampler option"),
    ({"batch_size": None, "drop_last": True}, "batch_size=None"), ({"batch_size": 0}, "batch_size"),
    ({"multiprocessing_context": "spawn"}, "num_workers > 0"),
    ({"num_workers": 1, "multiprocessing_context": "no such"}, "valid start method")])
def test_contradicting_options(options, words):
    with pytest.raises(ValueError, match=words):
        DataLoader(Numbers(3), **options)


@pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}])
def test_streams_take_no_sampler(options):
    with pytest.raises(ValueError, match="IterableDataset: expected unspecified"):
        DataLoader(Stream(3), **options)


def test_other_errors():
    with pytest.raises(TypeError, match="multiprocessing_context"):
        DataLoader(Numbers(3), num_workers=1, multiprocessing_context=3)
    with pytest.raises(AssertionError, match="timeout"):
        iter(DataLoader(Numbers(3), timeout=1))
    with pytest.warns(UserWarning, match="no accelerator"):
        DataLoader(Numbers(3), pin_memory=True)
    with pytest.warns(UserWarning, match="5000 worker processes"):
        DataLoader(Numbers(3), num_workers=5000)


@pytest.mark.parametrize("name", ["batch_size", "batch_sampler", "sampler", "drop_last", "dataset",
                                  "persistent_workers"])
def test_what_was_decided_cannot_be_set(name):
    loader = DataLoader(Numbers(3))
    with pytest.raises(ValueError, match=f"{name} attribute should not be set"):
        setattr(loader, name, None)
    loader.collate_fn = keep


def test_memory_is_freed_by_reference_counts():
    gc.disable()
    try:
        data = TensorDataset(autograd.zeros(10, 2))
        loader = DataLoader(data, batch_size=5, shuffle=True)
        iterator = iter(loader)
        batch = next(iterator)
        watched = [weakref.ref(o) for o in (data, loader, iterator, batch[0])]
        del data, loader, iterator, batch
        assert [w() for w in watched] == [None] * 4
    finally:
        gc.enable()


def test_float16_and_numpy_scalars_keep_their_type():
    class Halves(Numbers):
        def __getitem__(self, index):
            return np.float16(index), np.full(2, index, np.uint8)
    half, byte = next(iter(DataLoader(Halves(2), batch_size=2)))
    assert half.dtype is autograd.float16 and byte.dtype is autograd.uint8
