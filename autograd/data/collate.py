"""Making one batch of a list of samples."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ..creation import as_tensor, tensor
from ..dtypes import float64
from ..errors import fail
from ..ops.joining import stack
from ..tensor import Tensor

_NOT_NUMERIC = "SaUO"


def default_collate(batch: Sequence[Any]) -> Any:
    """Join samples of one structure into a batch.

    Tensors and arrays are stacked along a new first dimension, Python numbers become a tensor (floats one of
    ``float64``), strings and bytes stay a list; dicts, lists, tuples and named tuples are joined entry by entry (a
    plain tuple gives a list).

    Args:
        batch: at least one sample.

    Raises:
        TypeError: a sample is of another kind.
        RuntimeError: lists or tensors differ in size.

    >>> from autograd.data import default_collate
    >>> default_collate([{"x": 1, "name": "a"}, {"x": 2, "name": "b"}])
    {'x': tensor([1, 2]), 'name': ['a', 'b']}
    >>> default_collate([(0.5, 1), (1.5, 0)])
    [tensor([0.5000, 1.5000], dtype=autograd.float64), tensor([1, 0])]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return _stacked(batch)
    if isinstance(first, np.ndarray):
        if first.dtype.char in _NOT_NUMERIC:
            _refuse(first.dtype)
        return _stacked([as_tensor(a) for a in batch])
    if isinstance(first, (np.bool_, np.number)):
        return as_tensor(np.asarray(batch))
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        for sample in batch:
            if any(key not in sample for key in first):
                missing = next(key for key in first if key not in sample)
                fail(KeyError, f"{missing!r}: default_collate: a sample has the keys {list(sample)}, the first of the "
                               f"batch {list(first)}")
        return _like_mapping(first, {key: default_collate([sample[key] for sample in batch]) for key in first})
    if isinstance(first, Sequence):
        if len({len(sample) for sample in batch}) > 1:
            fail(RuntimeError, "each element in list of batch should be of equal size, but default_collate got samples "
                               f"of {sorted({len(sample) for sample in batch})} entries; give the DataLoader a "
                               "collate_fn that pads them, or make them tensors")
        return _like_sequence(first, [default_collate(entries) for entries in zip(*batch, strict=True)])
    _refuse(type(first))


def _stacked(tensors: Sequence[Any]) -> Any:
    try:
        return stack(tensors, 0)
    except RuntimeError as error:
        error.add_note("in default_collate: the samples of a batch differ in size; bring them to one size in the "
                       "dataset, or give the DataLoader a collate_fn that pads them (nn.utils.rnn.pad_sequence)")
        raise


def _refuse(kind: Any) -> Any:
    fail(TypeError, "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
                    f"found {kind}. Give the DataLoader a collate_fn for other kinds")


def default_convert(data: Any) -> Any:
    """Make tensors of the NumPy arrays inside nested containers, and leave everything else as it is.

    >>> import numpy as np
    >>> from autograd.data import default_convert
    >>> default_convert({"x": np.array([1, 2]), "name": "a"})
    {'x': tensor([1, 2]), 'name': 'a'}
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (np.ndarray, np.bool_, np.number)):
        return data if data.dtype.char in _NOT_NUMERIC else as_tensor(np.asarray(data))
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _like_sequence(data, [default_convert(value) for value in data])
    return data


def _like_mapping(original: Any, entries: dict[Any, Any]) -> Any:
    """``entries`` in a mapping of the original's type, with what else the original carries, where it allows that."""
    try:
        if isinstance(original, MutableMapping):
            made = copy.copy(original)
            made.update(entries)
            return made
        return type(original)(entries)
    except TypeError:
        return entries


def _like_sequence(original: Any, entries: list[Any]) -> Any:
    if isinstance(original, tuple):
        return type(original)(*entries) if hasattr(original, "_fields") else entries
    try:
        if isinstance(original, MutableSequence):
            made = copy.copy(original)
            for i, entry in enumerate(entries):
                made[i] = entry
            return made
        return type(original)(entries)
    except TypeError:
        return entries
