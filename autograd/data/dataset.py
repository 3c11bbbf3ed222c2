"""Datasets: what one can take samples from, by index or as a stream."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import fail
from ..ops.sampling import randperm
from ..random import Generator

if TYPE_CHECKING:
    from ..tensor import Tensor

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Dataset(Generic[T_co]):
    """Samples by index: a subclass defines ``__getitem__(index)`` and, for most uses, ``__len__()``.

    It may also define ``__getitems__(indices)``, which returns a list of samples and serves a whole batch at once.

    >>> from autograd.data import Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self): return 5
    ...     def __getitem__(self, index): return index * index
    >>> Squares()[3]
    9
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__, which a Dataset must; "
                                  "derive from IterableDataset for a stream")

    def __add__(self, other: Dataset[T_co]) -> ConcatDataset[T_co]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """Samples as a stream: a subclass defines ``__iter__()``.

    With worker processes each worker iterates over a copy, so the stream must be split there: ask
    `get_worker_info` inside ``__iter__`` for the worker's ``id`` and ``num_workers``.

    >>> from autograd.data import DataLoader, IterableDataset
    >>> class Countdown(IterableDataset):
    ...     def __iter__(self): return iter(range(3, 0, -1))
    >>> list(DataLoader(Countdown(), batch_size=2))
    [tensor([3, 2]), tensor([1])]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__, which an IterableDataset must")

    def __add__(self, other: Dataset[T_co]) -> ChainDataset[T_co]:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Any, ...]]):
    """Sample ``i`` is the tuple of the ``i``-th elements of the tensors, along their first dimension.

    Args:
        tensors: of the same size in the first dimension.

    Raises:
        AssertionError: the sizes differ.

    >>> import autograd
    >>> from autograd.data import TensorDataset
    >>> TensorDataset(autograd.tensor([[1., 2.], [3., 4.]]), autograd.tensor([0, 1]))[1]
    (tensor([3., 4.]), tensor(1))
    """

    def __init__(self, *tensors: Tensor) -> None:
        sizes = [t.size(0) for t in tensors]
        if any(n != sizes[0] for n in sizes):
            fail(AssertionError, f"Size mismatch between tensors: their first dimensions are {sizes}")
        self.tensors: tuple[Any, ...] = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def collated(self, indices: Sequence[int]) -> list[Any]:
        """What `default_collate` makes of the samples at ``indices``, by one gather for each tensor."""
        return [t[list(indices)] for t in self.tensors]


class StackDataset(Dataset[Any]):
    """Sample ``i`` is the tuple, or the dict, of the ``i``-th samples of several datasets.

    Args:
        args: datasets of one length, for tuples.
        kwargs: datasets of one length, for dicts.

    Raises:
        ValueError: both or neither are given, or the lengths differ.

    >>> from autograd.data import StackDataset
    >>> StackDataset([1, 2], ["a", "b"])[1]
    (2, 'b')
    >>> StackDataset(x=[1, 2], y=["a", "b"])[1]
    {'x': 2, 'y': 'b'}
    """

    def __init__(self, *args: Dataset[Any], **kwargs: Dataset[Any]) -> None:
        if bool(args) == bool(kwargs):
            fail(ValueError, "Supported either ``tuple``- (via ``args``) or ``dict``- (via ``kwargs``) like "
                             "input/output, but both types are given." if args else
                             "At least one dataset should be passed")
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = [len(d) for d in args or kwargs.values()]  # type: ignore[arg-type]
        if len(set(lengths)) > 1:
            fail(ValueError, f"Size mismatch between datasets: their lengths are {lengths}")
        self._length = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: d[index] for name, d in self.datasets.items()}
        return tuple(d[index] for d in self.datasets)

    def __getitems__(self, indices: list[int]) -> list[Any]:
        if isinstance(self.datasets, dict):
            columns = [samples(d, indices) for d in self.datasets.values()]
            return [dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)]
        return list(zip(*(samples(d, indices) for d in self.datasets), strict=True))

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T_co]):
    """Several datasets one after the other.

    Raises:
        AssertionError: there is none, or one is an IterableDataset.

    >>> from autograd.data import ConcatDataset
    >>> both = ConcatDataset([[1, 2], [3]])
    >>> len(both), both[2]
    (3, 3)
    """

    def __init__(self, datasets: Iterable[Dataset[T_co]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            fail(AssertionError, "datasets should not be an empty iterable")
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            fail(AssertionError, "ConcatDataset does not support IterableDataset; chain streams with ChainDataset")
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T_co:
        if index < 0:
            if -index > len(self):
                fail(ValueError, "absolute value of index should not exceed dataset length")
            index += len(self)
        elif index >= len(self):
            # An IndexError is also what ends Python's iteration over a sequence.
            fail(IndexError, f"index {index} is out of range for a ConcatDataset of length {len(self)}")
        which = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]


class ChainDataset(IterableDataset[T_co]):
    """Several streams one after the other.

    Raises:
        AssertionError: on iteration or ``len``, where one is not an IterableDataset.

    >>> from autograd.data import ChainDataset, IterableDataset
    >>> class Counter(IterableDataset):
    ...     def __init__(self, n): self.n = n
    ...     def __iter__(self): return iter(range(self.n))
    >>> list(ChainDataset([Counter(2), Counter(3)]))
    [0, 1, 0, 1, 2]
    """

    def __init__(self, datasets: Iterable[Dataset[T_co]]) -> None:
        self.datasets = datasets

    def _streams(self) -> Iterator[Any]:
        for d in self.datasets:
            if not isinstance(d, IterableDataset):
                fail(AssertionError, f"ChainDataset only supports IterableDataset, got {type(d).__name__}")
            yield d

    def __iter__(self) -> Iterator[T_co]:
        for stream in self._streams():
            yield from stream

    def __len__(self) -> int:
        return sum(len(stream) for stream in self._streams())


class Subset(Dataset[T_co]):
    """The samples of a dataset at chosen indices.

    Args:
        dataset: the whole dataset.
        indices: which samples, in which order.

    Raises:
        NotImplementedError: a subclass redefines ``__getitem__`` without ``__getitems__``, which batches use.

    >>> from autograd.data import Subset
    >>> list(Subset(["a", "b", "c"], [2, 0]))
    ['c', 'a']
    """

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices
        if type(self).__getitem__ is not Subset.__getitem__ and type(self).__getitems__ is Subset.__getitems__:
            fail(NotImplementedError,
                 f"{type(self).__name__} overrides __getitem__ but not __getitems__, which the DataLoader calls; "
                 "define def __getitems__(self, indices): return [self.__getitem__(i) for i in indices]")

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[T_co]:
        return samples(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def samples(dataset: Dataset[T], indices: list[int]) -> list[T]:
    """The samples at ``indices``, by the dataset's ``__getitems__`` where it has one."""
    together = getattr(dataset, "__getitems__", None)
    if together is not None:
        return together(indices)
    found: list[T] = []
    try:
        for i in indices:
            found.append(dataset[i])
    except Exception as error:
        error.add_note(f"getting sample {indices[len(found)]} of the dataset {type(dataset).__name__}")
        raise
    return found


def random_split(dataset: Dataset[T], lengths: Sequence[int | float],
                 generator: Generator | None = None) -> list[Subset[T]]:
    """Split a dataset at random into subsets that do not overlap.

    Args:
        dataset: with a length.
        lengths: the length of each part; or fractions that sum to 1, where each part gets
            ``floor(fraction * len(dataset))`` samples and what remains is dealt out one by one from the first part on.
        generator: source of the permutation. Default: the global one.

    Returns:
        The parts. A seed gives the parts that PyTorch makes from it.

    Raises:
        ValueError: the lengths do not sum to the dataset's, or a fraction is not between 0 and 1.

    >>> import autograd
    >>> from autograd.data import random_split
    >>> parts = random_split(range(10), [0.7, 0.3], generator=autograd.Generator().manual_seed(42))
    >>> [len(p) for p in parts], list(parts[1])
    ([7, 3], [9, 3, 7])
    """
    total = len(dataset)  # type: ignore[arg-type]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _from_fractions(lengths, total)
    if sum(lengths) != total:
        fail(ValueError, "Sum of input lengths does not equal the length of the input dataset! "
                         f"(lengths {list(lengths)}, which sum to {sum(lengths)}, and {total} samples)")
    order = iter(randperm(total, generator=generator).tolist())
    return [Subset(dataset, list(itertools.islice(order, int(n)))) for n in lengths]


def _from_fractions(fractions: Sequence[float], total: int) -> list[int]:
    for i, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            fail(ValueError, f"Fraction at index {i} is not between 0 and 1")
    lengths = [math.floor(total * fraction) for fraction in fractions]
    for i in range(total - sum(lengths)):
        lengths[i % len(lengths)] += 1
    for i, length in enumerate(lengths):
        if length == 0:
            warnings.warn(f"Length of split at index {i} is 0. This might result in an empty dataset.", stacklevel=3)
    return lengths
