"""Rows of a table by index: embeddings, bags of embeddings, and one-hot vectors."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..creation import tensor
from ..dispatch import is_tensor
from ..errors import describe, fail
from ..grad_mode import no_grad
from ..kernels import embedding as kernel
from ..primitive import composite, primitive
from ..ranges import arange

_INT32, _INT64 = np.dtype(np.int32), np.dtype(np.int64)


def _rule(g, indices, weight_shape, padding_idx, scale_grad_by_freq):
    if padding_idx is not None or scale_grad_by_freq:
        g = g * gradient_shares(indices, weight_shape[0], padding_idx, scale_grad_by_freq, g.dtype)
    return scatter_rows(g, indices, weight_shape[0])


@primitive(vjp={"weight": _rule}, inputs=("weight", "indices"), method=False, node_name="EmbeddingBackward0")
def take_rows(weight, indices, padding_idx=None, scale_grad_by_freq=False):
    """weight[indices] of a table (rows, D); the options change the gradient only, see `embedding`."""
    if indices.size and not 0 <= indices.min() <= indices.max() < len(weight):
        wrong = indices[(indices < 0) | (indices >= len(weight))][0]
        fail(IndexError, f"index out of range in self: {wrong} is no row of a table with {len(weight)} rows")
    return weight.take(indices, axis=0)


@primitive(vjp={"grad": lambda g, indices: take_rows(g, indices)}, inputs=("grad", "indices"), method=False,
           node_name="EmbeddingDenseBackward0")
def scatter_rows(grad, indices, rows):
    """Zeros (rows, D) with each vector of ``grad`` (..., D) added to the row of its index (...)."""
    n = prod(indices.shape)
    return kernel.scatter_rows(grad.reshape(n, grad.shape[-1]), indices.reshape(n), rows)


@primitive(method=False)
def gradient_shares(indices, rows, padding_idx, by_frequency, dtype):
    """What part of its gradient each index passes on: none at ``padding_idx``, 1 / count ``by_frequency``; (..., 1)."""
    shares = np.ones(indices.shape, np.dtype(dtype))
    if by_frequency:
        shares /= np.bincount(indices.ravel(), minlength=rows)[indices]
    if padding_idx is not None:
        shares[indices == padding_idx] = 0
    return shares[..., None]


def _check_indices(input: Any, name: str) -> None:
    if not is_tensor(input):
        fail(TypeError, f"{name}(): argument 'indices' must be Tensor, not {type(input).__name__} ({describe(input)})")
    if input.dtype not in (_INT64, _INT32):
        fail(RuntimeError, "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
                           f"Long, Int; but got {input.dtype} instead (while checking arguments for {name}); convert "
                           "with .long()")


def _padding(padding_idx: int | None, rows: int) -> int | None:
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % rows


def _renorm(weight: Any, indices: Any, max_norm: float, norm_type: float) -> None:
    """Shrink, in place, the rows in use whose norm is larger than ``max_norm``."""
    with no_grad():
        used = indices.unique()
        rows = weight[used]
        norms = rows.norm(norm_type, 1, keepdim=True)
        weight[used] = rows.where(norms <= max_norm, rows * (max_norm / (norms + 1e-7)))


def _not_sparse(sparse: bool, name: str) -> None:
    if sparse:
        fail(NotImplementedError, f"{name}: sparse gradients are not supported; use sparse=False")


@composite(method=False)
def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """The rows ``weight[input]`` of a table.

    Args:
        input: indices (...), int64 or int32.
        weight: (rows, D).
        padding_idx: a row that gets no gradient.
        max_norm: first shrink, in place, the rows in use to at most this norm, of order ``norm_type``.
        scale_grad_by_freq: divide the gradient of each row by the number of its occurrences.
        sparse: not supported.

    Returns:
        (..., D).

    Raises:
        IndexError: an index is no row.

    >>> import autograd
    >>> from nn.functional import embedding
    >>> embedding(autograd.tensor([2, 0]), autograd.tensor([[0., 1.], [2., 3.], [4., 5.]]))
    tensor([[4., 5.],
            [0., 1.]])
    """
    _check_indices(input, "embedding")
    if weight.ndim != 2:
        fail(RuntimeError, f"'weight' must be 2-D, but got {describe(weight)}")
    _not_sparse(sparse, "embedding")
    padding_idx = _padding(padding_idx, weight.shape[0])
    if max_norm is not None:
        _renorm(weight, input, max_norm, norm_type)
    return take_rows(weight, input, padding_idx, scale_grad_by_freq)


# --- bags -------------------------------------------------------------------------------------------------


def _bag_of_each(input: Any, offsets: Any, include_last_offset: bool) -> tuple[Any, int]:
    """(the bag of each index, the number of bags)."""
    _check_indices(offsets, "embedding_bag")
    ends = offsets.tolist()
    n = input.shape[0]
    if ends and ends[0] != 0:
        fail(RuntimeError, "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
                           f"position 0. However, got {ends[0]}")
    if ends and ends[-1] > n:
        fail(RuntimeError, f"offsets[-1] can not be greater than input's length {n} but got offsets[-1] of {ends[-1]}")
    starts = np.asarray(ends, np.int64)
    if include_last_offset:
        starts = starts[:-1]
    return tensor(np.searchsorted(starts, np.arange(n), side="right") - 1), len(starts)


def _bag_arguments(input: Any, weight: Any, offsets: Any, mode: str, scale_grad_by_freq: bool,
                   per_sample_weights: Any) -> None:
    _check_indices(input, "embedding_bag")
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        fail(ValueError, f"embedding_bag: If per_sample_weights ({list(per_sample_weights.shape)}) is not None, then "
                         f"it must have the same shape as the input ({list(input.shape)})")
    if weight.ndim != 2:
        fail(ValueError, f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if input.ndim == 2 and offsets is not None:
        fail(ValueError, "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed "
                         f"length sequences. However, found offsets of type {type(offsets)}")
    if input.ndim == 1 and (offsets is None or offsets.ndim != 1):
        fail(ValueError, f"offsets has to be a 1D Tensor but got {None if offsets is None else describe(offsets)}")
    if input.ndim not in (1, 2):
        fail(ValueError, f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if mode not in ("sum", "mean", "max"):
        fail(ValueError, "mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        fail(ValueError, "max mode does not support scaling the gradient by the frequency")
    if per_sample_weights is not None and mode != "sum":
        fail(NotImplementedError, "embedding_bag: per_sample_weights was not None. per_sample_weights is only "
                                  f"supported for mode='sum' (got mode='{mode}').")


@primitive(method=False)
def bag_argmax(input, bags, count):
    """For each bag and column the row of ``input`` with the maximum, -1 for empty bags."""
    return kernel.bag_argmax(input, bags, count)


@composite(method=False)
def embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean",
                  sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None):
    """Sum, mean or maximum of the rows ``weight[input]`` in each bag; zeros for an empty bag.

    Args:
        input: indices (N), of all bags one after the other, or (B, L) for bags of one length.
        weight: (rows, D).
        offsets: (B), where each bag starts in a 1-D input.
        max_norm, norm_type, scale_grad_by_freq: as in `embedding`.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        sparse: not supported.
        per_sample_weights: factors of the shape of ``input``, in mode ``"sum"``.
        include_last_offset: the last offset is the end of the last bag.
        padding_idx: indices that do not count.

    Returns:
        (B, D).

    Raises:
        IndexError: an index is no row.
        ValueError, RuntimeError: the arguments do not go together.

    >>> import autograd
    >>> from nn.functional import embedding_bag
    >>> table = autograd.tensor([[0., 1.], [2., 3.], [4., 5.]])
    >>> embedding_bag(autograd.tensor([0, 2, 1]), table, autograd.tensor([0, 2]))
    tensor([[2., 3.],
            [2., 3.]])
    """
    _bag_arguments(input, weight, offsets, mode, scale_grad_by_freq, per_sample_weights)
    _not_sparse(sparse, "embedding_bag")
    if input.ndim == 2:
        offsets, include_last_offset = arange(0, input.numel(), max(input.shape[1], 1)), False
        input = input.reshape(-1)
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    if max_norm is not None:
        _renorm(weight, input, max_norm, norm_type)
    bags, count = _bag_of_each(input, offsets, include_last_offset)
    padding_idx = _padding(padding_idx, weight.shape[0])
    if padding_idx is not None:
        kept = input != padding_idx
        input, bags = input[kept], bags[kept]
        per_sample_weights = None if per_sample_weights is None else per_sample_weights[kept]
    try:
        rows = take_rows(weight, input, None, scale_grad_by_freq)
    except IndexError as error:
        raise RuntimeError(str(error)) from None
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    if mode == "max":
        place = bag_argmax(rows.detach(), bags, count)
        if input.shape[0] == 0:
            return scatter_rows(rows, bags, count)
        return rows.gather(0, place.clamp(0)).where(place >= 0, 0.0)
    sums = scatter_rows(rows, bags, count)
    if mode == "mean":
        sums = sums / bags.bincount(minlength=count).clamp(1).to(sums.dtype).unsqueeze(1)
    return sums


@composite(method=False)
def one_hot(tensor, num_classes=-1):
    """Vectors that are 1 at the given index and 0 elsewhere.

    Args:
        tensor: indices (...), int64.
        num_classes: the length of the vectors; by default, one more than the largest index.

    Returns:
        (..., num_classes), int64.

    Raises:
        RuntimeError: an index does not fit.

    >>> import autograd
    >>> from nn.functional import one_hot
    >>> one_hot(autograd.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if not is_tensor(tensor):
        fail(TypeError, f"one_hot(): argument 'tensor' must be Tensor, not {type(tensor).__name__} "
                        f"({describe(tensor)})")
    if tensor.dtype != _INT64:
        fail(RuntimeError, f"one_hot is only applicable to index tensor of type LongTensor, but got {tensor.dtype}")
    empty = tensor.numel() == 0
    if empty and num_classes <= 0:
        fail(RuntimeError, "Can not infer total number of classes from empty tensor.")
    if not empty and tensor.min().item() < 0:
        fail(RuntimeError, "Class values must be non-negative.")
    if num_classes == -1:
        num_classes = tensor.max().item() + 1
    if not empty and tensor.max().item() >= num_classes:
        fail(RuntimeError, "Class values must be smaller than num_classes.")
    return (tensor.unsqueeze(-1) == arange(num_classes)).long()
