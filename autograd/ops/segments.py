"""Reductions of runs of elements, such as the nodes of each graph in a batch."""

from __future__ import annotations

import numpy as np

from ..dims import wrap_dim
from ..errors import fail
from ..primitive import composite
from ..tape import wrap_node
from .checks import checked
from .scattering import scatter_reduce
from .shape import expand

_REDUCTIONS = {"sum": ("sum", 0.0), "mean": ("sum", 0.0), "max": ("amax", -np.inf), "min": ("amin", np.inf),
               "prod": ("prod", 1.0)}


@composite(method=False)
def segment_reduce(data, reduce, *, lengths=None, indices=None, offsets=None, axis=0, unsafe=False, initial=None):
    """The sum, or another reduction, of each run of ``data`` along ``axis``.

    Args:
        data: floating.
        reduce: ``"sum"``, ``"mean"``, ``"max"``, ``"min"`` or ``"prod"``.
        lengths: integers (..., n), how many elements each run has; the dimensions before the last are those of
            ``data`` before ``axis``.
        offsets: instead, where each run begins, and where the last one ends: (..., n + 1).
        axis: the last dimension of ``lengths``.
        unsafe: do not check that the lengths fit.
        initial: what each reduction begins with; empty runs give it (NaN for the mean, without one).

    Raises:
        RuntimeError: the lengths are negative, or do not add up to the size of ``data`` along ``axis``.

    >>> import autograd
    >>> autograd.segment_reduce(autograd.tensor([1., 2., 4.]), "sum", lengths=autograd.tensor([2, 0, 1]))
    tensor([3., 0., 4.])
    """
    checked("segment_reduce", data)
    if reduce not in _REDUCTIONS:
        fail(RuntimeError, f"segment_reduce(): reduce argument must be one of {', '.join(_REDUCTIONS)}, got {reduce!r}")
    if indices is not None or (lengths is None) == (offsets is None):
        fail(RuntimeError, "segment_reduce(): give either lengths or offsets; indices are not supported")
    counts = lengths._a if lengths is not None else np.diff(offsets._a, axis=-1)
    axis = wrap_dim(axis, data.ndim)
    if axis != counts.ndim - 1 or counts.shape[:-1] != data._a.shape[:axis]:
        fail(RuntimeError, f"segment_reduce(): Expected axis to be the last dimension of lengths but got {axis}: "
                           f"lengths have shape {list(counts.shape)}, data {list(data._a.shape)}")
    size = data._a.shape[axis]
    if (counts < 0).any() or (lengths is not None and not unsafe and (counts.sum(-1) != size).any()):
        fail(RuntimeError, f"segment_reduce(): lengths must be non-negative and add up to the {size} elements of data "
                           f"along axis {axis}")
    n = counts.shape[-1]
    rows = [np.repeat(np.arange(n), row) for row in counts.reshape(-1, n)]
    at = np.stack(rows).reshape(data._a.shape[:axis] + (size,)) if rows else np.zeros((0, size), np.int64)
    trailing = data.ndim - axis - 1
    index = expand(wrap_node(at.reshape(at.shape + (1,) * trailing), None), data._a.shape)
    how, start = _REDUCTIONS[reduce]
    begin = start if initial is None else initial
    into = np.full(data._a.shape[:axis] + (n,) + data._a.shape[axis + 1:], begin, data._a.dtype)
    out = scatter_reduce(wrap_node(into, None), axis, index, data, how)
    if reduce != "mean":
        return out
    divisors = (counts if initial is None else np.maximum(counts, 1)).reshape(counts.shape + (1,) * trailing)
    return out / wrap_node(divisors.astype(into.dtype), None)
