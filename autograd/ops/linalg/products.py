"""Products of more than two matrices, of tensors, and of vectors."""

from __future__ import annotations

from math import prod

import numpy as np

from ...dims import wrap_dim
from ...dispatch import is_tensor
from ...dtypes import scalar_type
from ...errors import describe, fail
from ...primitive import composite, primitive
from ..checks import checked
from ..matrix import matmul
from .common import check_same_dtype


@composite(method=False, public=False, name="linalg_multi_dot", numpy=(np.linalg.multi_dot,))
def multi_dot(tensors):
    """Product of matrices, multiplied in the order that takes the fewest multiplications.

    Args:
        tensors: at least two; all matrices, of which the first may be a vector (a row) and the last (a column).

    Raises:
        RuntimeError: shapes do not fit.

    >>> import autograd
    >>> autograd.linalg.multi_dot([autograd.ones(2, 3), autograd.ones(3, 4), autograd.ones(4)])
    tensor([12., 12.])
    """
    tensors = list(tensors)
    count = len(tensors)
    if count < 2:
        fail(RuntimeError, f"multi_dot(): expected at least 2 tensors but got {count}")
    for i, t in enumerate(tensors):
        place = "first" if i == 0 else "last" if i == count - 1 else None
        if place and t.ndim not in (1, 2):
            fail(RuntimeError, f"multi_dot(): the {place} tensor must be 1D or 2D but got {t.ndim}D")
        if not place and t.ndim != 2:
            fail(RuntimeError, f"multi_dot(): tensor {i} must be 2D but got {t.ndim}D")
        if t.dtype != tensors[0].dtype:
            fail(RuntimeError, f"multi_dot(): all tensors must have be the same dtype but tensor 0 is "
                               f"{describe(tensors[0])} and tensor {i} {describe(t)}")
    sizes = [1 if tensors[0].ndim == 1 else tensors[0].shape[0], tensors[0].shape[-1]]
    for i, t in enumerate(tensors[1:], 1):
        if t.shape[0] != sizes[-1]:
            fail(RuntimeError, f"multi_dot(): tensors {i - 1} and {i} with shapes {list(tensors[i - 1].shape)} and "
                               f"{list(t.shape)} cannot be multiplied")
        sizes.append(1 if t.ndim == 1 else t.shape[1])
    split = _best_splits(sizes)

    def product(i, j):
        if i == j:
            return tensors[i]
        k = split[i, j]
        return matmul(product(i, k), product(k + 1, j))

    return product(0, count - 1)


def _best_splits(sizes):
    """Where to split each run of matrices last: dynamic programming over their ``sizes``."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    split = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))
    return split


@composite(method=False)
def chain_matmul(*matrices):
    """Product of matrices in the cheapest order; see `autograd.linalg.multi_dot`.

    >>> import autograd
    >>> autograd.chain_matmul(autograd.ones(2, 3), autograd.ones(3, 4), autograd.ones(4, 1))
    tensor([[12.],
            [12.]])
    """
    if len(matrices) == 1:
        return checked("chain_matmul", matrices[0])
    return multi_dot(matrices)


# --- of tensors -----------------------------------------------------------------------------------------------


def _dim_list(value):
    if is_tensor(value):
        value = value.tolist()
    return [value] if isinstance(value, int) else list(value)


@composite(method=False)
def tensordot(a, b, dims=2):
    """Sum of products over several dimensions of each tensor.

    Args:
        a, b: tensors of one dtype.
        dims: how many of the last dimensions of ``a`` to sum with as many of the first of ``b``; or two lists of
            dimensions to pair off.

    Returns:
        A tensor with the other dimensions of ``a`` and then those of ``b``.

    Raises:
        RuntimeError: paired dimensions differ in size, and neither is 1.

    >>> import autograd
    >>> autograd.tensordot(autograd.ones(2, 3, 4), autograd.ones(4, 3, 5), dims=([1, 2], [1, 0])).shape
    Size([2, 5])
    """
    if is_tensor(dims):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            fail(RuntimeError, f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            fail(RuntimeError, f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        pairs = list(range(-dims, 0)), list(range(dims))
    else:
        pairs = _dim_list(dims[0]), _dim_list(dims[1])
    if len(pairs[0]) != len(pairs[1]):
        fail(RuntimeError, "both dimension lists should have same length")
    if a.dtype != b.dtype:
        fail(RuntimeError, f"both inputs should have same dtype, got {describe(a)} and {describe(b)}")
    dims_a, dims_b = [wrap_dim(d, a.ndim) for d in pairs[0]], [wrap_dim(d, b.ndim) for d in pairs[1]]
    for name, wrapped in (("first", dims_a), ("second", dims_b)):
        if len(set(wrapped)) < len(wrapped):
            fail(RuntimeError, f"tensordot: a dimension appears more than once in the {name} list of dims")
    for i, (p, q) in enumerate(zip(dims_a, dims_b, strict=True)):
        m, n = a.shape[p], b.shape[q]
        if n == 1 != m:
            a = a.sum(p, True)
        elif m == 1 != n:
            b = b.sum(q, True)
        elif m != n:
            fail(RuntimeError, f"contracted dimensions need to match, but first has size {m} in dim {pairs[0][i]} and "
                               f"second has size {n} in dim {pairs[1][i]}")
    free_a = [d for d in range(a.ndim) if d not in dims_a]
    free_b = [d for d in range(b.ndim) if d not in dims_b]
    shape = [a.shape[d] for d in free_a] + [b.shape[d] for d in free_b]
    terms = prod(a.shape[d] for d in dims_a)
    left = _permuted(a, free_a + dims_a).reshape(prod(a.shape[d] for d in free_a), terms)
    right = _permuted(b, dims_b + free_b).reshape(terms, prod(b.shape[d] for d in free_b))
    return matmul(left, right).reshape(tuple(shape))


def _permuted(x, order):
    return x if order == sorted(order) else x.permute(tuple(order))


@composite(numpy=(np.kron,))
def kron(input, other):
    """Kronecker product: every element of ``input`` times the whole of ``other``.

    >>> import autograd
    >>> autograd.kron(autograd.tensor([1, 2]), autograd.tensor([1, 10]))
    tensor([ 1, 10,  2, 20])
    """
    rank = max(input.ndim, other.ndim)
    m = (1,) * (rank - input.ndim) + tuple(input.shape)
    n = (1,) * (rank - other.ndim) + tuple(other.shape)
    left = input.reshape(tuple(x for size in m for x in (size, 1)))
    right = other.reshape(tuple(x for size in n for x in (1, size)))
    return (left * right).reshape(tuple(p * q for p, q in zip(m, n, strict=True)))


@composite()
def trace(input):
    """Sum of the diagonal of a matrix.

    >>> import autograd
    >>> autograd.trace(autograd.tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    if input.ndim != 2:
        fail(RuntimeError, f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    if input.dtype.kind == "b":
        fail(NotImplementedError, "\"trace\" not implemented for 'Bool'")
    return input.diagonal().sum()


@composite(method=False, public=False)
def linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonal of each matrix; see `autograd.diagonal`, which takes the first two dimensions instead.

    >>> import autograd
    >>> autograd.linalg.diagonal(autograd.ones(5, 2, 2)).shape
    Size([5, 2])
    """
    return A.diagonal(offset, dim1, dim2)


# --- of vectors -----------------------------------------------------------------------------------------------


def _cross_input(g, other, dim):
    return linalg_cross(other, g, dim=dim)


def _cross_other(g, input, dim):
    return linalg_cross(g, input, dim=dim)


@primitive(
    vjp={"input": _cross_input, "other": _cross_other},
    broadcasts=True, holomorphic=True, method=False, numpy=(np.linalg.cross,),
)
def linalg_cross(input, other, *, dim=-1):
    """Cross products of vectors of length 3 along ``dim``, with the other dimensions broadcast.

    Raises:
        RuntimeError: the length is not 3, or the numbers of dimensions differ.

    >>> import autograd
    >>> autograd.linalg.cross(autograd.tensor([1., 0., 0.]), autograd.tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    if input.ndim != other.ndim:
        fail(RuntimeError, "linalg.cross: inputs must have the same number of dimensions.")
    wrap_dim(dim, input.ndim)
    if input.ndim == 0 or input.shape[dim] != 3 or other.shape[dim] != 3:
        sizes = [x.shape[dim] if x.ndim else 1 for x in (input, other)]
        fail(RuntimeError, f"linalg.cross: inputs dimension {dim} must have length 3. Got {sizes[0]} and {sizes[1]}")
    if input.dtype != other.dtype:
        fail(RuntimeError, f"expected scalar type {scalar_type(input.dtype)} but found {scalar_type(other.dtype)}")
    return np.roll(input, -1, dim) * np.roll(other, 1, dim) - np.roll(input, 1, dim) * np.roll(other, -1, dim)


@composite(numpy=(np.cross,))
def cross(input, other, dim=None):
    """Cross products along ``dim``, by default along the first dimension of size 3.

    >>> import autograd
    >>> autograd.cross(autograd.tensor([1., 0., 0.]), autograd.tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    if dim is None:
        dim = next((d for d, n in enumerate(input.shape) if n == 3), None)
        if dim is None:
            fail(RuntimeError, "no dimension of size 3 in input")
    return linalg_cross(input, other, dim=dim)


@composite(method=False, public=False, name="linalg_vecdot")
def vecdot(x, y, *, dim=-1):
    """Dot products ``sum(conj(x) * y)`` along ``dim``, with the other dimensions broadcast.

    >>> import autograd
    >>> autograd.linalg.vecdot(autograd.ones(2, 3), autograd.ones(3))
    tensor([3., 3.])
    """
    name = "linalg.vecdot"
    if x.dtype.kind not in "fc":
        fail(RuntimeError, f"{name}: Expected a floating point or complex tensor as input. Got {scalar_type(x.dtype)}")
    check_same_dtype(name, x, y, ("x", "y"))
    return (x.conj() * y).sum(dim)


@composite(method=False, public=False, name="linalg_vander")
def vander(x, N=None):
    """Matrices whose row i holds the powers ``x[i]**0, ..., x[i]**(N-1)``.

    Args:
        x: (..., n).
        N: the number of powers, at least 2. Default: n.

    >>> import autograd
    >>> autograd.linalg.vander(autograd.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [1, 2, 4],
            [1, 3, 9]])
    """
    if x.dtype.kind == "b":
        fail(RuntimeError, "linalg.vander supports floating point, complex, and integer tensors, but got Bool")
    if N is not None and N <= 1:
        fail(RuntimeError, "N must be greater than 1.")
    x = x if x.ndim else x.reshape(1)
    return _powers(x, x.shape[-1] if N is None else N)


def _powers(x, count):
    column = x.unsqueeze(-1)
    base = column.expand((*x.shape, max(count - 1, 0)))
    return np.concatenate([np.ones_like(column), base.cumprod(-1)], -1)[..., :count]
