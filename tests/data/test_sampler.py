"""Samplers: which indices, in which order, how many."""

from __future__ import annotations

from itertools import chain

import pytest

import autograd
from autograd.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def generator(seed=0):
    return autograd.Generator().manual_seed(seed)


def test_sequential():
    assert list(SequentialSampler("abc")) == [0, 1, 2] and len(SequentialSampler("abc")) == 3
    with pytest.raises(NotImplementedError, match="__iter__"):
        iter(Sampler())


def test_random_is_a_permutation_and_new_each_pass():
    sampler = RandomSampler(range(50), generator=generator())
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(50)) and first != second
    assert list(RandomSampler(range(50), generator=generator())) == first


def test_random_without_generator_follows_the_global_seed():
    sampler = RandomSampler(range(50))
    autograd.manual_seed(1)
    first = list(sampler)
    autograd.manual_seed(1)
    assert list(sampler) == first != list(sampler)


def test_random_longer_than_the_data_repeats_permutations():
    drawn = list(RandomSampler(range(4), num_samples=10, generator=generator()))
    assert len(drawn) == 10 and sorted(drawn[:4]) == sorted(drawn[4:8]) == [0, 1, 2, 3]


def test_random_with_replacement():
    sampler = RandomSampler(range(3), replacement=True, num_samples=100, generator=generator())
    drawn = list(sampler)
    assert len(sampler) == len(drawn) == 100 and set(drawn) == {0, 1, 2}


def test_subset_random():
    sampler = SubsetRandomSampler([5, 7, 9], generator=generator())
    assert sorted(sampler) == [5, 7, 9] and len(sampler) == 3


def test_weighted():
    drawn = list(WeightedRandomSampler([0.0, 1.0, 3.0], 4000, generator=generator()))
    assert set(drawn) == {1, 2}
    # A binomial count: mean 3000, standard deviation 27.
    assert abs(drawn.count(2) - 3000) < 5 * 27.4
    assert sorted(WeightedRandomSampler([1.0, 2.0, 3.0], 3, replacement=False, generator=generator())) == [0, 1, 2]


@pytest.mark.parametrize(("n", "size", "drop_last", "lengths"), [
    (5, 2, False, [2, 2, 1]), (5, 2, True, [2, 2]), (4, 2, False, [2, 2]), (1, 3, True, []), (0, 3, False, [])])
def test_batch(n, size, drop_last, lengths):
    sampler = BatchSampler(range(n), size, drop_last)
    batches = list(sampler)
    assert [len(b) for b in batches] == lengths and len(sampler) == len(lengths)
    assert list(chain(*batches)) == list(range(sum(lengths)))


@pytest.mark.parametrize(("make", "kind", "words"), [
    (lambda: RandomSampler([1], replacement=1), TypeError, "replacement"),
    (lambda: RandomSampler([1], num_samples=0), ValueError, "num_samples"),
    (lambda: RandomSampler([]), ValueError, "num_samples"),
    (lambda: WeightedRandomSampler([1.0], True), ValueError, "num_samples"),
    (lambda: WeightedRandomSampler([1.0], 1, replacement=None), ValueError, "replacement"),
    (lambda: WeightedRandomSampler([[1.0]], 1), ValueError, r"1d.*\(1, 1\)"),
    (lambda: BatchSampler([1], 0, False), ValueError, "batch_size"),
    (lambda: BatchSampler([1], True, False), ValueError, "batch_size"),
    (lambda: BatchSampler([1], 1, 0), ValueError, "drop_last")])
def test_errors(make, kind, words):
    with pytest.raises(kind, match=words):
        make()
