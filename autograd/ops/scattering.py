"""Gathering along a dimension by an index of the same rank, and scattering back."""

from __future__ import annotations

import numpy as np

from ..dims import wrap_dim
from ..dtypes import scalar_type
from ..errors import NonDifferentiableError, fail
from ..inplace import check_writable, write_result
from ..kernels import scatter as kernel
from ..primitive import composite, primitive
from ..tape import wrap_node
from .casting import to_dtype
from .comparison import choose
from .shape import expand
from .writing import in_place, number

# --- checks -----------------------------------------------------------------------------------------------


def as_index(name, index):
    """An index array as int64."""
    if index.dtype.kind != "i" or index.dtype.itemsize < 4:
        fail(RuntimeError, f"{name}(): Expected dtype int32/int64 for index, got {index.dtype}; convert with .long()")
    return index if index.dtype == np.int64 else index.astype(np.int64)


def check_bounds(index, size, dim, kind=RuntimeError):
    """Raise where the index leaves ``[0, size)``."""
    if index.size:
        low, high = kernel.extremes(index)
        if low < 0 or high >= size:
            fail(kind, f"index {low if low < 0 else high} is out of bounds for dimension {dim} with size {size}")


def _check_along(name, shape, dim, index):
    """``dim`` and ``index`` of an operation that names elements of a tensor of ``shape`` along ``dim``."""
    dim = wrap_dim(dim, len(shape))
    if not index.size:
        return dim, np.empty((0,) * len(shape), np.int64)
    index = as_index(name, index)
    if max(index.ndim, 1) != max(len(shape), 1):
        fail(RuntimeError, "Index tensor must have the same number of dimensions as input tensor: index has shape "
                           f"{list(index.shape)}, input {list(shape)}")
    if shape:
        for d, n in enumerate(index.shape):
            if d != dim and n > shape[d]:
                fail(RuntimeError, f"Size does not match at dimension {d} expected index {list(index.shape)} to be no "
                                   f"larger than self {list(shape)} apart from dimension {dim}")
    check_bounds(index, shape[dim] if shape else 1, dim)
    return dim, index


def _check_src(out, index, src, dim):
    if src.dtype != out.dtype:
        fail(RuntimeError, "scatter(): Expected self.dtype to be equal to src.dtype, got "
                           f"{scalar_type(out.dtype)} and {scalar_type(src.dtype)}")
    if src.ndim and src.shape != index.shape and index.size:
        fail(RuntimeError, f"Expected index {list(index.shape)} to be no larger than self {list(out.shape)} apart from "
                           f"dimension {dim} and to be no larger size than src {list(src.shape)}")


# --- gather and scatter -----------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, dim, index, input_shape: scatter_sum(np.zeros(input_shape, g.dtype), dim, index, g)},
    inputs=("input", "index"),
)
def gather(input, dim, index, *, sparse_grad=False):
    """``out[i, j] = input[index[i, j], j]`` for ``dim=0``, ``input[i, index[i, j]]`` for ``dim=1``, and so on.

    Args:
        index: int64, of the rank of ``input``, no larger than it in the other dimensions.

    Raises:
        RuntimeError: an index is out of bounds, or its shape does not fit.

    >>> import autograd
    >>> autograd.gather(autograd.tensor([[1, 2], [3, 4]]), 1, autograd.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    shape = index.shape
    dim, index = _check_along("gather", input.shape, dim, index)
    return kernel.pick(input, dim, index) if index.size else np.empty(shape, input.dtype)


def _scatter_into(out, dim, index, src):
    dim, index = _check_along("scatter", out.shape, dim, index)
    _check_src(out, index, src, dim)
    kernel.assign(out, dim, index, src)


@primitive(
    vjp={"input": lambda g, dim, index: scatter_values(g, dim, index, np.zeros((), g.dtype)),
         "src": lambda g, dim, index, src_shape: _gather_like(g, dim, index, src_shape)},
    inputs=("input", "index", "src"), method=False, node_name="ScatterBackward0",
)
def scatter_values(input, dim, index, src):
    """A copy of ``input`` with ``src``, of the index's shape or 0-d, written at the index."""
    out = input.copy()
    _scatter_into(out, dim, index, src)
    return out


def _gather_like(g, dim, index, shape):
    """The gradient of scattered values: gathered, and summed where one value went everywhere."""
    picked = gather(g, dim, index)
    return picked if shape else picked.sum()


def _scatter_sum_into(out, dim, index, src):
    dim, index = _check_along("scatter_add", out.shape, dim, index)
    _check_src(out, index, src, dim)
    kernel.add(out, dim, index, src)


@primitive(
    vjp={"input": lambda g: g, "src": lambda g, dim, index, src_shape: _gather_like(g, dim, index, src_shape)},
    inputs=("input", "index", "src"), method=False, node_name="ScatterAddBackward0",
)
def scatter_sum(input, dim, index, src):
    """A copy of ``input`` with ``src``, of the index's shape or 0-d, added at the index."""
    out = input.copy()
    _scatter_sum_into(out, dim, index, src)
    return out


def _trim(src, index):
    """``src`` without what the index does not reach."""
    if src.ndim == 0 or index.ndim != src.ndim or src.shape == index.shape:
        return src
    if any(n > m for n, m in zip(index.shape, src.shape)):
        return src  # too small: the operation says so
    part = tuple([slice(n) for n in index.shape])
    return src[part]


def _source(input, index, src, value):
    """The source that a caller of ``scatter`` gave as ``src`` or ``value``."""
    if src is None:
        src = value
    if src is None:
        fail(TypeError, "scatter() missing 1 required positional argument: 'src' or 'value'")
    if not hasattr(src, "_vc"):
        return wrap_node(number(src, input._a.dtype), None)
    return _trim(src, index)


def _check_reduce(reduce):
    if reduce not in (None, "add", "multiply"):
        fail(RuntimeError, "reduce argument must be either add or multiply.")


@composite()
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """A copy of ``input`` with ``out[index[i, j], j] = src[i, j]`` for ``dim=0``, and likewise for the others.

    Args:
        index: int64, of the rank of ``input``.
        src: a tensor at least as large as the index, or a number (also as ``value``).
        reduce: ``"add"`` or ``"multiply"`` combine instead of overwriting.

    >>> import autograd
    >>> autograd.zeros(1, 3).scatter(1, autograd.tensor([[2]]), 1.)
    tensor([[0., 0., 1.]])
    """
    _check_reduce(reduce)
    src = _source(input, index, src, value)
    if reduce == "add":
        return scatter_sum(input, dim, index, src)
    if reduce == "multiply":
        return scatter_product(input, dim, index, src if src.ndim else expand(src, tuple(index.shape)))
    return scatter_values(input, dim, index, src)


@composite()
def scatter_add(input, dim, index, src):
    """A copy of ``input`` with ``src[i, j]`` added to ``out[index[i, j], j]`` for ``dim=0``, as often as it is named.

    >>> import autograd
    >>> autograd.zeros(3).scatter_add(0, autograd.tensor([0, 0, 2]), autograd.ones(3))
    tensor([2., 0., 1.])
    """
    return scatter_sum(input, dim, index, _trim(src, index))


# --- scatter_reduce ---------------------------------------------------------------------------------------


def _combine_into(out, dim, index, src, ufunc):
    dim, index = _check_along("scatter_reduce", out.shape, dim, index)
    _check_src(out, index, src, dim)
    kernel.combine(out, dim, index, src, ufunc)


def _product_vjp(g, out, input, dim, index, src, needs):
    """Each factor's gradient is the product of the others. A single zero among the factors of an element is left out of
    a second product; with more than one the gradients are zero, and second derivatives refuse.
    """
    of_input = of_src = None
    if needs[0]:
        zero = input == 0
        others = scatter_product(choose(zero, np.ones((), input.dtype), input), dim, index, src)
        of_input = g * others / choose(zero, np.ones((), input.dtype), input)
    if needs[2]:
        zero = src == 0
        count = gather(scatter_sum(np.zeros(input.shape, np.int64), dim, index, to_dtype(zero, np.int64)), dim, index)
        one = np.ones((), src.dtype)
        single = zero & (count == 1)
        without = scatter_product(input, dim, index, choose(single, one, src))
        of_src = choose(single, gather(g * without, dim, index), gather(g * out, dim, index) / choose(zero, one, src))
        if (zero & (count > 1)).any():
            of_src = once(of_src)
    return of_input, None, of_src


@primitive(vjp={"input": lambda g: _several_zeros()}, method=False)
def once(input):
    """``input``, whose derivative is refused."""
    return input


def _several_zeros():
    fail(NonDifferentiableError, "scatter_reduce(): Double backward is unsupported for src when >1 zeros in src are "
                                 "scattered to the same position in self")


@primitive(vjp=_product_vjp, inputs=("input", "index", "src"), method=False,
           node_name="ScatterReduceBackward0", holomorphic=True)
def scatter_product(input, dim, index, src):
    """A copy of ``input`` multiplied by ``src`` at the index."""
    out = input.copy()
    _combine_into(out, dim, index, src, np.multiply)
    return out


def _extreme_vjp(g, out, input, dim, index, src):
    """Shared evenly among all that attain the extreme."""
    hit = src == gather(out, dim, index)
    own = input == out
    count = scatter_sum(to_dtype(own, g.dtype), dim, index, to_dtype(hit, g.dtype))
    share = g / choose(count == 0, np.ones((), g.dtype), count)
    zero = np.zeros((), g.dtype)
    return choose(own, share, zero), None, choose(hit, gather(share, dim, index), zero)


@primitive(vjp=_extreme_vjp, inputs=("input", "index", "src"), method=False,
           node_name="ScatterReduceBackward0")
def scatter_extreme(input, dim, index, src, largest):
    """A copy of ``input`` with the greatest (least) of it and ``src`` at the index."""
    out = input.copy()
    _combine_into(out, dim, index, src, np.maximum if largest else np.minimum)
    return out


_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def _least(dtype, largest):
    """The neutral element of the greatest (least) of numbers."""
    if dtype.kind == "f":
        return np.array(-np.inf if largest else np.inf, dtype)
    if dtype.kind == "b":
        return np.array(not largest)
    limits = np.iinfo(dtype)
    return np.array(limits.min if largest else limits.max, dtype)


def reduce_into(input, dim, index, src, reduce, include_self):
    """`scatter_reduce` once its arguments are checked."""
    dtype = input._a.dtype
    if not include_self:
        neutral = {"prod": np.ones((), dtype), "sum": np.zeros((), dtype), "mean": np.zeros((), dtype)}.get(reduce)
        if neutral is None:
            neutral = _least(dtype, reduce == "amax")
        input = scatter_values(input, dim, index, wrap_node(neutral, None))
    if reduce == "sum":
        return scatter_sum(input, dim, index, src)
    if reduce == "prod":
        return scatter_product(input, dim, index, src)
    if reduce != "mean":
        return scatter_extreme(input, dim, index, src, reduce == "amax")
    total = scatter_sum(input, dim, index, src)
    one = wrap_node(np.ones((), np.int64), None)
    count = scatter_sum(wrap_node(np.full(input._a.shape, int(include_self), np.int64), None), dim, index, one)._a
    divisor = wrap_node(np.maximum(count, 1).astype(dtype), None)
    return total // divisor if dtype.kind in "iu" else total / divisor


@composite()
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """A copy of ``input`` in which each element is combined with all of ``src`` that the index sends to it.

    Args:
        index: int64, of the rank of ``input``; ``src[i, j]`` goes to ``out[index[i, j], j]`` for ``dim=0``.
        reduce: ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
        include_self: whether the elements of ``input`` take part.

    >>> import autograd
    >>> i = autograd.tensor([0, 0, 1])
    >>> autograd.zeros(2).scatter_reduce(0, i, autograd.tensor([1., 3., 5.]), "mean", include_self=False)
    tensor([2., 5.])
    """
    if reduce not in _REDUCTIONS:
        fail(RuntimeError, f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    return reduce_into(input, dim, index, _trim(src, index), reduce, include_self)


def _scatter_any_into(out, dim, index, src=None, *, value=None, reduce=None):
    _check_reduce(reduce)
    src = value if src is None else src
    src = src if isinstance(src, np.ndarray) else number(src, out.dtype)
    src = _trim(src, index) if src.ndim else src
    if reduce is None:
        _scatter_into(out, dim, index, src)
    else:
        src = src if src.ndim else np.broadcast_to(src, index.shape)
        _combine_into(out, dim, index, src, np.add if reduce == "add" else np.multiply)


in_place(scatter, _scatter_any_into)
in_place(scatter_add, lambda out, dim, index, src: _scatter_sum_into(out, dim, index, _trim(src, index)))


@composite(public=False)
def scatter_reduce_(self, dim, index, src, reduce, *, include_self=True):
    """In-place form of `scatter_reduce`."""
    check_writable(self, "scatter_reduce_")
    return write_result(self, scatter_reduce(self, dim, index, src, reduce, include_self=include_self),
                        "scatter_reduce_")
