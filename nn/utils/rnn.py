"""Sequences of different lengths: padded into one tensor, or packed without padding.

A packed batch holds, for each time, the elements of the sequences that are that long, longest sequence first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, cat
from autograd.errors import fail
from autograd.tape import wrap_node

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence",
    "pad_sequence", "unpack_sequence", "unpad_sequence",
]


class _Fields(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Fields):
    """A packed batch; made by `pack_sequence` and `pack_padded_sequence`.

    Attributes:
        data: the elements, time by time.
        batch_sizes: how many sequences reach each time.
        sorted_indices: which sequence of the batch stands where, or None where they came sorted.
        unsorted_indices: the inverse of it.

    >>> import autograd
    >>> from nn.utils.rnn import pack_sequence
    >>> packed = pack_sequence([autograd.tensor([1, 2]), autograd.tensor([3])])
    >>> packed.data, packed.batch_sizes
    (tensor([1, 3, 2]), tensor([2, 1]))
    """

    __slots__ = ()

    def __new__(cls, data: Any, batch_sizes: Tensor | None = None, sorted_indices: Tensor | None = None,
                unsorted_indices: Tensor | None = None) -> PackedSequence:
        if batch_sizes is None:
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same sequences with ``data`` converted."""
        return self._replace(data=self.data.to(*args, **kwargs))

    def float(self) -> PackedSequence:
        return self._replace(data=self.data.float())

    def double(self) -> PackedSequence:
        return self._replace(data=self.data.double())


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The inverse of a permutation, a tensor of indices; None gives None.

    >>> import autograd
    >>> from nn.utils.rnn import invert_permutation
    >>> invert_permutation(autograd.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    return wrap_node(np.argsort(permutation._a), None)


def _positions(batch_sizes: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Time and place in the batch of each element of a packed batch."""
    times = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    starts = np.cumsum(batch_sizes) - batch_sizes
    return times, np.arange(len(times)) - np.repeat(starts, batch_sizes)


def pack_padded_sequence(input: Tensor, lengths: Any, batch_first: bool = False,
                         enforce_sorted: bool = True) -> PackedSequence:
    """Pack a padded batch.

    Args:
        input: (T, B, *), or (B, T, *) with ``batch_first``.
        lengths: of each sequence, all above 0.
        batch_first: which of the two dimensions is first.
        enforce_sorted: the sequences come longest first; otherwise they are sorted here.

    Raises:
        RuntimeError: a length is 0, the lengths do not fit the batch, or are not sorted under ``enforce_sorted``.

    >>> import autograd
    >>> from nn.utils.rnn import pack_padded_sequence
    >>> pack_padded_sequence(autograd.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True).data
    tensor([1, 3, 2])
    """
    counts = np.asarray(getattr(lengths, "_a", lengths)).astype(np.int64)
    sorted_indices = None
    batch_dim = 0 if batch_first else 1
    if counts.shape != (input.shape[batch_dim],):
        fail(RuntimeError, f"Expected `len(lengths)` to be equal to batch_size, but got {counts.size} "
                           f"(batch_size={input.shape[batch_dim]})")
    if not enforce_sorted:
        order = np.argsort(-counts, kind="stable")
        counts = counts[order]
        sorted_indices = wrap_node(order, None)
        input = input.index_select(batch_dim, sorted_indices)
    if counts[-1] <= 0 or (counts <= 0).any():
        fail(RuntimeError, "Length of all samples has to be greater than 0, but found an element in 'lengths' that is "
                           "<= 0")
    if (np.diff(counts) > 0).any():
        fail(RuntimeError, "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can "
                           "pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this "
                           "requirement")
    batch_sizes = (counts[:, None] > np.arange(counts[0])).sum(0)
    times, places = (wrap_node(i, None) for i in _positions(batch_sizes))
    data = input[places, times] if batch_first else input[times, places]
    return PackedSequence(data, wrap_node(batch_sizes, None), sorted_indices)


def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
                        total_length: int | None = None) -> tuple[Tensor, Tensor]:
    """The inverse of `pack_padded_sequence`.

    Args:
        sequence: the packed batch.
        batch_first: whether to give (B, T, *) instead of (T, B, *).
        padding_value: what stands behind shorter sequences.
        total_length: T, if it is to be larger than the longest sequence.

    Returns:
        The padded batch in its original order, and the lengths.

    >>> import autograd
    >>> from nn.utils.rnn import pack_sequence, pad_packed_sequence
    >>> pad_packed_sequence(pack_sequence([autograd.tensor([1, 2]), autograd.tensor([3])]), batch_first=True)
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
    """
    batch_sizes = sequence.batch_sizes._a
    longest = len(batch_sizes)
    if total_length is not None and total_length < longest:
        fail(ValueError, "Expected total_length to be at least the length of the longest sequence in input, but got "
                         f"total_length={total_length} and max sequence length being {longest}")
    times, places = _positions(batch_sizes)
    rows = np.full((total_length or longest, batch_sizes[0]), len(times))
    rows[times, places] = np.arange(len(times))
    lengths = (batch_sizes[:, None] > np.arange(batch_sizes[0])).sum(0)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices._a
        rows, lengths = rows[:, order], lengths[order]
    return _take(sequence.data, rows.T if batch_first else rows, padding_value), wrap_node(lengths, None)


def _take(data: Tensor, rows: np.ndarray[Any, Any], padding_value: float) -> Tensor:
    """The rows of ``data`` at these numbers; the number after the last means padding."""
    if (rows == len(data)).any():
        data = cat([data, data.new_full((1, *data.shape[1:]), padding_value)])
    return data[wrap_node(np.ascontiguousarray(rows), None)]


def pad_sequence(sequences: Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0,
                 padding_side: str = "right") -> Tensor:
    """Sequences of different lengths in one tensor.

    Args:
        sequences: tensors of shapes (L, *) that differ in L only.
        batch_first: whether to give (B, T, *) instead of (T, B, *).
        padding_value: what stands beside shorter sequences.
        padding_side: ``"right"`` or ``"left"``.

    >>> import autograd
    >>> from nn.utils.rnn import pad_sequence
    >>> pad_sequence([autograd.ones(2), autograd.ones(1)], batch_first=True)
    tensor([[1., 1.],
            [1., 0.]])
    """
    if not isinstance(sequences, Iterable):
        fail(RuntimeError, "pad_sequence: Expected iterable for input sequences, but got arg of type: "
                           f"{type(sequences)}")
    if padding_side not in ("left", "right"):
        fail(RuntimeError, f"Expected padding_side to be one of left or right, but got {padding_side}.")
    parts = list(sequences)
    if not parts:
        fail(RuntimeError, "received an empty list of sequences")
    lengths = [len(s) for s in parts]
    total = sum(lengths)
    rows = np.full((len(parts), max(lengths)), total)
    start = 0
    for row, n in zip(rows, lengths, strict=True):
        row[slice(0, n) if padding_side == "right" else slice(len(row) - n, None)] = np.arange(start, start + n)
        start += n
    return _take(cat(parts), rows if batch_first else rows.T, padding_value)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch, each of its length.

    >>> import autograd
    >>> from nn.utils.rnn import unpad_sequence
    >>> unpad_sequence(autograd.tensor([[1, 2], [3, 0]]), autograd.tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [padded_sequences[i, :int(n)] for i, n in enumerate(lengths.tolist())]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack tensors of shapes (L, *); see `pack_padded_sequence`.

    >>> import autograd
    >>> from nn.utils.rnn import pack_sequence
    >>> pack_sequence([autograd.tensor([1, 2, 3]), autograd.tensor([4])]).data
    tensor([1, 4, 2, 3])
    """
    return pack_padded_sequence(pad_sequence(sequences), [len(s) for s in sequences], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The inverse of `pack_sequence`.

    >>> import autograd
    >>> from nn.utils.rnn import pack_sequence, unpack_sequence
    >>> unpack_sequence(pack_sequence([autograd.tensor([1, 2]), autograd.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
