"""Norms of matrices, and condition numbers."""

from __future__ import annotations

import math

import numpy as np

from ...dims import wrap_dim
from ...dtypes import numpy_dtype, promote_types, scalar_type
from ...errors import fail
from ...primitive import composite
from ..vector_norm import linalg_vector_norm
from .common import check_square
from .solve import inverse_matrices
from .spectral import svdvals

_NAMED = ("fro", "nuc")
_NUMBERED = (1, -1, 2, -2, math.inf, -math.inf)


def _check_order(name, ord):
    if ord not in (_NAMED if isinstance(ord, str) else _NUMBERED):
        fail(RuntimeError, f"{name}: Order {ord} not supported.")


def _converted(name, A, dtype):
    """``A`` in the type that the norm is computed in."""
    if dtype is None:
        return A
    dtype = numpy_dtype(dtype)
    if dtype.kind not in "fc":
        fail(RuntimeError, f"{name}: dtype should be floating point or complex, but got {scalar_type(dtype)}")
    if A.dtype.kind == "c" and dtype.kind != "c":
        fail(RuntimeError, f"{name}: dtype should be complex for complex inputs, but got {scalar_type(dtype)}")
    if A.dtype.kind != "c" and dtype.kind == "c":
        fail(RuntimeError, f"{name}: dtype should be real for real inputs, but got {scalar_type(dtype)}")
    if promote_types(A.dtype, dtype) != dtype:
        fail(RuntimeError, f"{name}: the dtype of the input ({scalar_type(A.dtype)}) should be convertible without "
                           f"narrowing to the specified dtype ({scalar_type(dtype)})")
    return A.to(dtype)


@composite(method=False, public=False, name="linalg_matrix_norm")
def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """A norm of each matrix; real, also for complex matrices.

    Args:
        A: floating or complex, with at least two dimensions.
        ord: ``"fro"``: the root of the sum of squares; ``"nuc"``: the sum of the singular values; 2, -2: the largest,
            smallest singular value; 1, -1: the largest, smallest sum of absolute values of a column; inf, -inf: of a
            row.
        dim: the two dimensions that make up a matrix.
        keepdim: keep them with size 1.
        dtype: compute in this type.

    >>> import autograd
    >>> A = autograd.tensor([[1., -2.], [3., 4.]])
    >>> autograd.linalg.matrix_norm(A, 1), autograd.linalg.matrix_norm(A, float("inf"))
    (tensor(6.), tensor(7.))
    """
    name = "linalg.matrix_norm"
    if A.ndim < 2:
        fail(RuntimeError, f"{name}: The input tensor A must have at least 2 dimensions.")
    if A.dtype.kind not in "fc":
        fail(RuntimeError, f"{name}: Expected a floating point or complex tensor as input. Got {scalar_type(A.dtype)}")
    _check_order(name, ord)
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) != 2:
        fail(RuntimeError, f"{name}: dim must be a 2-tuple. Got {', '.join(map(str, dims))}")
    rows, columns = (wrap_dim(d, A.ndim) for d in dims)
    if rows == columns:
        fail(RuntimeError, f"{name}: dims must be different. Got ({dims[0]}, {dims[1]})")
    A = _converted(name, A, dtype)
    if ord == "fro":
        return linalg_vector_norm(A, 2, (rows, columns), keepdim)
    if ord == "nuc" or abs(ord) == 2:
        values = svdvals(A.movedim((rows, columns), (-2, -1)))
        norm = values.sum(-1) if ord == "nuc" else _extreme(values, -1, ord).squeeze(-1)
        if keepdim:
            first, second = sorted((rows, columns))
            norm = norm.unsqueeze(first).unsqueeze(second)
        return norm
    summed, compared = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = linalg_vector_norm(A, 1, summed, True)
    norm = _extreme(sums, compared, ord)
    return norm if keepdim else norm.squeeze((rows, columns))


def _extreme(x, dim, ord):
    """The greatest along ``dim`` where ``ord`` is positive (of nothing it is 0), else the least; ``dim`` is kept."""
    if ord < 0:
        return x.amin(dim, True)
    return x.amax(dim, True) if x.shape[dim] else x.sum(dim, True)


@composite(method=False, public=False, name="linalg_norm", numpy=(np.linalg.norm,))
def norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """A norm of vectors or of matrices.

    Args:
        A: floating or complex.
        ord: a number, for a matrix as in `matrix_norm`, for a vector as in `vector_norm`; ``"fro"`` or ``"nuc"``.
            Default: the 2-norm of all elements.
        dim: an int for vectors, two for matrices. Default: all, of a tensor of one or two dimensions where ``ord`` is
            given.
        keepdim: keep the dimensions with size 1.
        dtype: compute in this type.

    >>> import autograd
    >>> autograd.linalg.norm(autograd.tensor([[3., 0.], [0., -4.]])), autograd.linalg.norm(autograd.eye(2), 2)
    (tensor(5.), tensor(1.))
    """
    dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if dims is not None and len(dims) not in (1, 2):
        fail(RuntimeError, f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if dims is None and ord is not None and A.ndim not in (1, 2):
        fail(RuntimeError, "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. "
                           f"Got {A.ndim}D.")
    if isinstance(ord, str):
        return matrix_norm(A, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype)
    if ord is not None and (len(dims) == 2 if dims is not None else A.ndim == 2):
        return matrix_norm(A, ord, (0, 1) if dims is None else dims, keepdim, dtype=dtype)
    return linalg_vector_norm(A, 2 if ord is None else ord, dims, keepdim, dtype=dtype)


@composite(method=False, public=False, name="linalg_cond", numpy=(np.linalg.cond,))
def cond(A, p=None):
    """The condition number ``norm(A, p) * norm(inv(A), p)``; inf for a singular matrix.

    Args:
        A: (..., M, N), square unless ``p`` is None, 2 or -2.
        p: an order that `matrix_norm` takes. Default: 2, the ratio of the largest to the smallest singular value.

    >>> import autograd
    >>> autograd.linalg.cond(autograd.tensor([[4., 0.], [0., 2.5]]))
    tensor(1.6000)
    """
    if A.ndim < 2:
        fail(RuntimeError, "linalg.cond: The input tensor must have at least 2 dimensions.")
    if p is None or p in (2, -2):
        S = svdvals(A)
        if S.shape[-1] == 0:
            return S.sum(-1)
        largest, smallest = S[..., 0], S[..., -1]
        return smallest / largest if p == -2 else largest / smallest
    if p not in (_NAMED if isinstance(p, str) else _NUMBERED):
        fail(RuntimeError, f"linalg.cond got an invalid norm type: {p}")
    check_square(f"linalg.cond(ord={p})", A)
    if A.shape[-1] == 0:
        return matrix_norm(A, "fro") * 0
    if p == "nuc":
        S = svdvals(A)
        return S.sum(-1) * S.reciprocal().sum(-1)
    inverse, info = inverse_matrices(A)
    result = matrix_norm(A, p) * matrix_norm(inverse, p)
    return result.masked_fill(info != 0, math.inf)
