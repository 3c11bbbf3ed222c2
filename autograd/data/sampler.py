"""Samplers: in which order a DataLoader takes the samples.

The orders are PyTorch's: a seed gives the same permutations here and there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

from ..creation import as_tensor
from ..dtypes import float64, int64
from ..errors import fail
from ..ops.sampling import multinomial, randint, randperm
from ..random import Generator

T_co = TypeVar("T_co", covariant=True)


def draw_seed(generator: Generator | None = None) -> int:
    """A seed of 63 random bits from ``generator`` (default: the global one), as PyTorch draws it."""
    return int(as_tensor(0, dtype=int64).random_(generator=generator).item())


class Sampler(Generic[T_co]):
    """Base of samplers: ``__iter__`` gives indices, or lists of indices for batches; ``__len__`` how many.

    >>> from autograd.data import Sampler
    >>> class Backward(Sampler):
    ...     def __init__(self, data): self.n = len(data)
    ...     def __len__(self): return self.n
    ...     def __iter__(self): return iter(range(self.n - 1, -1, -1))
    >>> list(Backward("abc"))
    [2, 1, 0]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__, which a Sampler must")


class SequentialSampler(Sampler[int]):
    """Indices 0, 1, 2, ... up to the length of ``data_source``.

    >>> from autograd.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices in random order.

    Args:
        data_source: has a length.
        replacement: draw each index independently, instead of permuting them.
        num_samples: how many to draw. Default: ``len(data_source)``. Without replacement, more than that many are
            taken from one permutation after the other.
        generator: source of the draws. Default: each pass takes a new seed from the global one.

    Raises:
        TypeError: ``replacement`` is not a bool.
        ValueError: ``num_samples`` is not a positive integer.

    >>> import autograd
    >>> from autograd.data import RandomSampler
    >>> list(RandomSampler(range(5), generator=autograd.Generator().manual_seed(0)))
    [4, 0, 1, 3, 2]
    """

    def __init__(self, data_source: Sized, replacement: bool = False, num_samples: int | None = None,
                 generator: Generator | None = None) -> None:
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples
        if not isinstance(replacement, bool):
            fail(TypeError, f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            fail(ValueError, f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many indices one pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n, wanted, generator = len(self.data_source), self.num_samples, self.generator
        if generator is None:
            generator = Generator().manual_seed(draw_seed())
        # PyTorch draws in blocks of 32, and an empty last block or permutation is drawn too. It changes the state.
        block = 32 if self.replacement else n
        for size in [block] * (wanted // block) + [wanted % block]:
            drawn = (randint(0, n, (size,), generator=generator) if self.replacement
                     else randperm(n, generator=generator)[:size])
            yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order, each once.

    >>> import autograd
    >>> from autograd.data import SubsetRandomSampler
    >>> list(SubsetRandomSampler([1, 3, 5, 7], generator=autograd.Generator().manual_seed(0)))
    [1, 3, 7, 5]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        for i in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices 0 ... ``len(weights) - 1`` drawn with the given probabilities.

    Args:
        weights: not negative; they need not sum to 1.
        num_samples: how many to draw.
        replacement: whether an index may come again.
        generator: source of the draws. Default: the global one.

    Raises:
        ValueError: ``num_samples`` is not a positive integer, ``replacement`` not a bool, or ``weights`` not 1-d.

    >>> import autograd
    >>> from autograd.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.1, 0., 0.9], num_samples=5, generator=autograd.Generator().manual_seed(0)))
    [2, 2, 2, 2, 2]
    """

    def __init__(self, weights: Sequence[float], num_samples: int, replacement: bool = True,
                 generator: Generator | None = None) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            fail(ValueError, f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            fail(ValueError, f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights: Any = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            fail(ValueError, "weights should be a 1d sequence but given weights have shape "
                             f"{tuple(self.weights.shape)}")
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of ``batch_size`` indices from another sampler.

    Args:
        sampler: any iterable of indices.
        batch_size: indices in a batch.
        drop_last: leave out a last batch that would be smaller.

    Raises:
        ValueError: ``batch_size`` is not a positive integer, or ``drop_last`` not a bool.

    >>> from autograd.data import BatchSampler
    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            fail(ValueError, f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            fail(ValueError, f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)  # type: ignore[arg-type]
        return whole + bool(rest and not self.drop_last)
