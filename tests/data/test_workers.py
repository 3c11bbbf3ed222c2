"""DataLoader with worker processes: the same batches, and honest errors."""

from __future__ import annotations

import gc
import os
import sys
from itertools import chain

import pytest
from loader_datasets import (
    Draws,
    Facts,
    Fails,
    Large,
    Loads,
    Numbers,
    Pids,
    Size,
    Slow,
    Stream,
    Tensors,
    TwoArguments,
    Uneven,
    Unpicklable,
    fail_at_start,
    keep,
    mark,
)
from worker_processes import children, linux, nothing_left_behind, script, values, wait_until  # noqa: F401 (a fixture)

import autograd
from autograd.data import DataLoader


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_batches_are_those_of_one_process_in_order(method):
    if method == "forkserver" and sys.platform == "win32":
        pytest.skip("Windows has no forkserver")
    code = f"""
        import autograd
        from autograd.data import DataLoader
        from loader_datasets import Slow
        if __name__ == "__main__":
            results = []
            for workers in (0, 2):
                autograd.manual_seed(1)
                context = {method!r} if workers else None
                loader = DataLoader(Slow(13), batch_size=2, shuffle=True, num_workers=workers,
                                    multiprocessing_context=context)
                results.append([[b.tolist() for b in loader] for _ in range(2)])
            assert results[0] == results[1]
            print("same", len(results[0][0]))
    """
    # In a process of its own, because a forkserver stays until the process that uses it ends.
    done = script(code)
    assert done.stdout == "same 7\n", done.stderr


def test_structures_arrive_whole():
    plain, worked = (list(DataLoader(Tensors(5), batch_size=2, num_workers=n)) for n in (0, 1))
    assert str(plain) == str(worked)
    worked[0]["x"].add_(1)  # and can be written to


def test_large_batches_do_not_block():
    # 16 MB a batch, far beyond what a pipe holds, and every worker is several batches ahead.
    loader = DataLoader(Large(8), batch_size=2, num_workers=2, prefetch_factor=2)
    assert [float(b[0, 0]) for b in loader] == [0, 2, 4, 6]


def test_long_index_lists_do_not_block():
    loader = DataLoader(Numbers(300_000), batch_size=100_000, num_workers=1, collate_fn=len)
    assert list(loader) == [100_000] * 3


def test_streams_are_shared_and_taken_in_turns():
    assert values(DataLoader(Stream(9), batch_size=2, num_workers=2)) == [[0, 2], [1, 3], [4, 6], [5, 7], [8]]
    assert values(DataLoader(Uneven(1, 6), batch_size=1, num_workers=2)) == [
        [0], [10], [11], [12], [13], [14], [15]]
    assert values(DataLoader(Uneven(3, 0), batch_size=2, num_workers=2, drop_last=True)) == [[0, 1]]
    assert list(DataLoader(Stream(3), batch_size=None, num_workers=1)) == [0, 1, 2]


def test_workers_know_themselves():
    batches = list(DataLoader(Facts(4), batch_size=None, num_workers=2))
    assert [b["id"] for b in batches] == [0, 1, 0, 1]
    assert all(b["workers"] == 2 and b["dataset"] and b["threads"] == "1" and b["ours"] == 1 for b in batches)


def test_the_environment_is_put_back():
    before = dict(os.environ)
    list(DataLoader(Numbers(1), num_workers=1))
    assert dict(os.environ) == before


def test_worker_init_fn():
    batches = list(DataLoader(Size(4), batch_size=None, num_workers=2, worker_init_fn=mark))
    assert batches == [100, 101, 100, 101]


def test_seeds_differ_between_workers_and_follow_the_seed():
    def draw():
        generator = autograd.Generator().manual_seed(4)
        loader = DataLoader(Draws(4), batch_size=None, num_workers=2, generator=generator)
        return list(loader), list(loader)
    first, second = draw()
    base = first[0][1]
    assert [(d[0], d[1] - base) for d in first] == [(0, 0), (1, 1), (0, 0), (1, 1)]
    drawn = [x for d in first + second for x in d[2:]]
    assert len(set(drawn)) == len(drawn)
    assert draw() == (first, second)


def test_persistent_workers_stay_and_start_anew():
    loader = DataLoader(Pids(4), batch_size=1, num_workers=2, persistent_workers=True)
    passes = [values(loader) for _ in range(3)]
    assert passes[0] == passes[1] == passes[2]
    iterator = iter(loader)
    next(iterator)  # a pass that is broken off
    assert values(loader) == passes[0]
    stream = DataLoader(Stream(5), batch_size=2, num_workers=2, persistent_workers=True)
    assert values(stream) == values(stream) == [[0, 2], [1, 3], [4]]


def test_others_start_new_workers():
    loader = DataLoader(Pids(2), batch_size=1, num_workers=1)
    assert values(loader) != values(loader)


def test_out_of_order():
    loader = DataLoader(Slow(8), batch_size=1, num_workers=2, in_order=False)
    assert sorted(chain(*values(loader))) == list(range(8))


def test_exceptions_name_the_worker_and_keep_type_and_traceback():
    iterator = iter(DataLoader(Fails(6), batch_size=None, num_workers=2))
    assert [next(iterator), next(iterator)] == [0, 1]
    with pytest.raises(KeyError, match=r"(?s)Caught KeyError in DataLoader worker process 0.*in __getitem__.*a key"):
        next(iterator)
    with pytest.raises(RuntimeError, match=r"(?s)Caught TwoArguments in DataLoader worker process 1"):
        next(iterator)
    with pytest.raises(ValueError, match=r"(?s)process 0.*Original Traceback.*loader_datasets.py.*bad value"):
        next(iterator)
    assert next(iterator) == 5  # the pass goes on
    with pytest.raises(StopIteration):
        next(iterator)
    assert isinstance(TwoArguments(1, 2), Exception)


def test_errors_at_the_start_of_a_worker():
    with pytest.raises(OSError, match=r"(?s)Caught OSError.*no licence"):
        list(DataLoader(Numbers(3), num_workers=1, worker_init_fn=fail_at_start))
    with pytest.raises(ModuleNotFoundError, match=r"(?s)worker process 0.*only_here"):
        list(DataLoader(Loads(3), num_workers=1))


def test_what_cannot_be_sent():
    with pytest.raises(RuntimeError, match=r"could not send the dataset.*lambda"):
        iter(DataLoader(Numbers(3), num_workers=1, collate_fn=lambda batch: batch))
    with pytest.raises(Exception, match=r"(?s)Caught .* in DataLoader worker process 0.*pickle"):
        list(DataLoader(Unpicklable(3), batch_size=None, num_workers=1))


@linux
def test_fork_is_there_for_those_who_ask():
    done = script("""
        from autograd.data import DataLoader, Dataset
        class Local(Dataset):
            def __len__(self): return 3
            def __getitem__(self, index): return lambda: index
        print(list(DataLoader(Local(), batch_size=2, num_workers=1, multiprocessing_context="fork",
                              collate_fn=lambda batch: [f() for f in batch])))
    """)
    assert done.stdout == "[[0, 1], [2]]\n", done.stderr


def test_workers_start_beside_numba_threads():
    done = script("""
        import numba, numpy as np
        from autograd.data import DataLoader
        from loader_datasets import Tensors
        @numba.njit(parallel=True)
        def total(x):
            s = 0.0
            for i in numba.prange(len(x)):
                s += x[i]
            return s
        if __name__ == "__main__":
            a = np.random.rand(400, 400)
            a @ a
            total(a.ravel())
            loader = DataLoader(Tensors(6), batch_size=2, num_workers=2, timeout=60)
            print(sum(len(batch["name"]) for batch in loader), total(a.ravel()) > 0)
    """)
    assert done.stdout == "6 True\n", done.stderr


def test_own_collate_fn():
    assert list(DataLoader(Numbers(2), batch_size=2, num_workers=1, collate_fn=keep)) == [[0, 1]]


@linux
def test_an_exception_of_a_worker_does_not_keep_the_workers():
    gc.disable()
    try:
        with pytest.raises(ValueError, match="bad value"):
            list(DataLoader(Fails(6), batch_size=None, sampler=[0, 4, 0, 0], num_workers=2))
        assert wait_until(lambda: not children(), 5)
    finally:
        gc.enable()


@linux
def test_a_broken_off_pass_ends_its_workers_without_the_garbage_collector():
    gc.disable()
    try:
        for persistent in (False, True):
            loader = DataLoader(Pids(1000), batch_size=1, num_workers=2, persistent_workers=persistent)
            next(iter(loader))
            del loader
            assert wait_until(lambda: not children(), 5)
    finally:
        gc.enable()
