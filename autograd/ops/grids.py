"""Grids and products of tensors: coordinates, combinations, block matrices, powers."""

from __future__ import annotations

import itertools
import math
from operator import index

import numpy as np

from ..dtypes import numpy_dtype
from ..errors import fail
from ..primitive import composite, primitive
from ..tape import wrap_node
from .joining import stack
from .powers import pow
from .shape import expand, reshape, unsqueeze


@composite(method=False, numpy=(np.meshgrid,))
def meshgrid(*tensors, indexing="ij"):
    """The coordinates of the grid that 1-d tensors span: one tensor for each, expanded to the grid's shape.

    Args:
        indexing: ``"ij"``: dimension d of the grid belongs to tensor d; ``"xy"``: the first two change places.

    >>> import autograd
    >>> autograd.meshgrid(autograd.tensor([1, 2]), autograd.tensor([3, 4]), indexing="ij")
    (tensor([[1, 1],
            [2, 2]]), tensor([[3, 4],
            [3, 4]]))
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tensors[0]
    if not tensors:
        fail(RuntimeError, "meshgrid expects a non-empty TensorList")
    if indexing not in ("ij", "xy", None):
        fail(RuntimeError, f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if any(t.ndim > 1 for t in tensors):
        fail(RuntimeError, "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: "
                           f"{[list(t.shape) for t in tensors]}")
    if len({t._a.dtype for t in tensors}) > 1:
        fail(RuntimeError, "torch.meshgrid expects all tensors to have the same dtype")
    swap = indexing == "xy" and len(tensors) > 1
    if swap:
        tensors = (tensors[1], tensors[0], *tensors[2:])
    shape = tuple([t.numel() for t in tensors])
    grids = [expand(reshape(t, (1,) * i + (-1,) + (1,) * (len(shape) - i - 1)), shape) for i, t in enumerate(tensors)]
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


@composite(method=False)
def cartesian_prod(*tensors):
    """Every combination of one element from each 1-d tensor, one a row.

    >>> import autograd
    >>> autograd.cartesian_prod(autograd.tensor([1, 2]), autograd.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    if any(t.ndim != 1 for t in tensors):
        fail(RuntimeError, f"Expect a 1D vector, but got shapes {[list(t.shape) for t in tensors]}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(grid, (-1,)) for grid in meshgrid(*tensors)], 1)


@composite(method=False)
def combinations(input, r=2, with_replacement=False):
    """Every way to choose ``r`` elements of a 1-d tensor, in its order, one a row.

    >>> import autograd
    >>> autograd.combinations(autograd.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input.ndim != 1:
        fail(RuntimeError, f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        fail(RuntimeError, f"Expect a non-negative number, but got {r}")
    if r == 0:
        return wrap_node(np.empty(0, input._a.dtype), None)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(choose(range(input.numel()), r)), np.int64).reshape(-1, r)
    return input[rows]


@primitive(vjp=lambda g, tensors_shape: [_block(g, *c) for c in zip(_corners(tensors_shape), tensors_shape)],
           inputs=("tensors",), variadic=True, promote="common", method=False,
           node_name="BlockDiagBackward0")
def blocks(tensors):
    """`block_diag` of a list."""
    corners = _corners([a.shape for a in tensors])
    shapes = [_matrix_shape(a.shape) for a in tensors]
    out = np.zeros([sum(n) for n in zip(*shapes)], tensors[0].dtype)
    for a, (i, j), (n, m) in zip(tensors, corners, shapes):
        out[i:i + n, j:j + m] = a
    return out


def _matrix_shape(shape):
    return (1,) * (2 - len(shape)) + tuple(shape)


def _corners(shapes):
    corners, i, j = [], 0, 0
    for shape in shapes:
        corners.append((i, j))
        n, m = _matrix_shape(shape)
        i, j = i + n, j + m
    return corners


def _block(g, at, shape):
    n, m = _matrix_shape(shape)
    return g[at[0]:at[0] + n, at[1]:at[1] + m].reshape(shape)


@composite(method=False)
def block_diag(*tensors):
    """The matrices along the diagonal of one matrix, zero elsewhere; vectors are rows.

    >>> import autograd
    >>> autograd.block_diag(autograd.tensor([[1, 2]]), autograd.tensor([3]))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    for i, t in enumerate(tensors):
        if t.ndim > 2:
            fail(RuntimeError, "torch.block_diag: Input tensors must have 2 or fewer dimensions. "
                               f"Input {i} has {t.ndim} dimensions")
    return blocks(list(tensors)) if tensors else wrap_node(np.empty((1, 0), np.float32), None)


@composite(method=False, numpy=(np.vander,))
def vander(x, N=None, *, increasing=False):
    """The matrix of the powers of a 1-d tensor: column j holds ``x ** (N - 1 - j)``, ``x ** j`` if ``increasing``.

    >>> import autograd
    >>> autograd.vander(autograd.tensor([1, 2, 3]), 3)
    tensor([[1, 1, 1],
            [4, 2, 1],
            [9, 3, 1]])
    """
    if x.ndim != 1:
        fail(RuntimeError, f"x must be a one-dimensional tensor, got shape {list(x.shape)}")
    n = x.numel() if N is None else N
    if n < 0:
        fail(RuntimeError, f"N must be non-negative, got {n}")
    exponents = np.arange(n) if increasing else np.arange(n)[::-1].copy()
    return pow(unsqueeze(x, 1), wrap_node(exponents, None))


@composite(method=False, numpy=(np.unravel_index,))
def unravel_index(indices, shape):
    """The coordinates, one tensor for each dimension, of positions in a flattened tensor of ``shape``.

    >>> import autograd
    >>> autograd.unravel_index(autograd.tensor([3, 4]), (2, 3))
    (tensor([1, 1]), tensor([0, 1]))
    """
    if indices._a.dtype.kind not in "iu":
        fail(ValueError, f"expected 'indices' to be an integer tensor, but got {indices._a.dtype}")
    shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    count = math.prod(shape)
    if any(n < 0 for n in shape):
        fail(ValueError, f"'shape' cannot have negative values, but got {list(shape)}")
    rest = indices._a % count if count else indices._a
    found = []
    for n in reversed(shape):
        found.append(wrap_node(np.asarray(rest % n), None))
        rest = rest // n
    return tuple(reversed(found))


def _triangle_indices(name, find, row, col, offset, dtype):
    if index(row) < 0 or index(col) < 0:
        fail(RuntimeError, f"{name}: row and col must be non-negative, got {row} and {col}")
    target = numpy_dtype(np.int64 if dtype is None else dtype)
    return wrap_node(np.array(find(row, offset, col), np.int64).astype(target), None)


@composite(method=False)
def tril_indices(row, col, offset=0, *, dtype=None, device=None, layout=None):
    """Row and column numbers, 2-by-n, of the elements on and below a diagonal of a ``row`` by ``col`` matrix.

    >>> import autograd
    >>> autograd.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle_indices("tril_indices", np.tril_indices, row, col, offset, dtype)


@composite(method=False)
def triu_indices(row, col, offset=0, *, dtype=None, device=None, layout=None):
    """Row and column numbers, 2-by-n, of the elements on and above a diagonal of a ``row`` by ``col`` matrix.

    >>> import autograd
    >>> autograd.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle_indices("triu_indices", np.triu_indices, row, col, offset, dtype)
