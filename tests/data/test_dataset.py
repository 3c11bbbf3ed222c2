"""Datasets: indexing, lengths, joining, splitting."""

from __future__ import annotations

import pytest
from loader_datasets import Numbers, Stream

import autograd
from autograd.data import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)


def test_base_classes_say_what_is_missing():
    with pytest.raises(NotImplementedError, match="__getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match="__iter__"):
        iter(IterableDataset())
    with pytest.raises(TypeError, match="len"):
        len(Dataset())
    assert Dataset[int] is not None


def test_tensor_dataset():
    x, y = autograd.arange(6).reshape(3, 2), autograd.tensor([7, 8, 9])
    data = TensorDataset(x, y)
    assert len(data) == 3
    assert [t.tolist() for t in data[1]] == [[2, 3], 8]
    assert [t.tolist() for t in data[0:2]] == [[[0, 1], [2, 3]], [7, 8]]
    assert [t.tolist() for t in data.collated([2, 0])] == [[[4, 5], [0, 1]], [9, 7]]
    with pytest.raises(AssertionError, match=r"Size mismatch.*\[3, 2\]"):
        TensorDataset(x, y[:2])


def test_stack_dataset():
    assert StackDataset(Numbers(3), Numbers(3))[1] == (1, 1)
    named = StackDataset(a=Numbers(3), b=Subset(Numbers(5), [4, 3, 2]))
    assert len(named) == 3 and named[0] == {"a": 0, "b": 4}
    assert named.__getitems__([0, 2]) == [{"a": 0, "b": 4}, {"a": 2, "b": 2}]
    assert StackDataset(Numbers(3), Numbers(3)).__getitems__([2, 1]) == [(2, 2), (1, 1)]
    for args, kwargs, words in [((), {}, "At least one"), ((Numbers(1),), {"a": Numbers(1)}, "both types"),
                                ((Numbers(1), Numbers(2)), {}, r"mismatch.*\[1, 2\]")]:
        with pytest.raises(ValueError, match=words):
            StackDataset(*args, **kwargs)


def test_concat_dataset():
    data = Numbers(2) + Numbers(0) + Numbers(3)
    assert isinstance(data, ConcatDataset) and len(data) == 5
    assert list(data) == [0, 1, 0, 1, 2] and data[-1] == 2 and data[-5] == 0
    with pytest.raises(ValueError, match="absolute value"):
        data[-6]
    with pytest.raises(IndexError, match="5 is out of range"):
        data[5]
    with pytest.raises(AssertionError, match="empty"):
        ConcatDataset([])
    with pytest.raises(AssertionError, match="IterableDataset"):
        ConcatDataset([Stream(1)])


def test_chain_dataset():
    data = Stream(2) + Stream(3)
    assert isinstance(data, ChainDataset) and list(data) == [0, 1, 0, 1, 2] and len(data) == 5
    with pytest.raises(AssertionError, match="only supports IterableDataset"):
        list(ChainDataset([Numbers(2)]))


def test_subset():
    data = Subset(Subset(Numbers(10), [9, 8, 7, 6]), [3, 0])
    assert len(data) == 2 and data[0] == 6 and data.__getitems__([1, 0]) == [9, 6]

    class Doubled(Subset):
        def __getitem__(self, index):
            return 2 * super().__getitem__(index)
    with pytest.raises(NotImplementedError, match="__getitems__"):
        Doubled(Numbers(3), [0])


def test_random_split_covers_everything_once():
    parts = random_split(Numbers(10), [3, 5, 2], generator=autograd.Generator().manual_seed(3))
    assert [len(p) for p in parts] == [3, 5, 2]
    assert sorted(i for p in parts for i in p) == list(range(10))


def test_random_split_uses_the_global_generator_by_default():
    autograd.manual_seed(5)
    first = random_split(Numbers(20), [10, 10])[0].indices
    autograd.manual_seed(5)
    assert random_split(Numbers(20), [10, 10])[0].indices == first


@pytest.mark.parametrize(("n", "fractions", "lengths"), [
    (10, [0.7, 0.3], [7, 3]), (29, [0.3, 0.3, 0.4], [9, 9, 11]), (3, [0.5, 0.5], [2, 1]), (1, [1.0], [1])])
def test_fractions(n, fractions, lengths):
    assert [len(p) for p in random_split(Numbers(n), fractions)] == lengths


def test_random_split_errors():
    with pytest.raises(ValueError, match="Sum of input lengths"):
        random_split(Numbers(4), [1, 2])
    with pytest.raises(ValueError, match="Fraction at index 0"):
        random_split(Numbers(4), [-0.5, 1.5])
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        random_split(Numbers(2), [0.9, 0.1])
