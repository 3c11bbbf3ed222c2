"""Reductions: array -> array over some dimensions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..dims import wrap_dim, wrap_dims
from ..errors import fail
from . import reduce_loops as loops
from .compiled.direct import direct
from .compiled.late import LATE
from .machine.blas import SINGLE_VECTOR

Array = np.ndarray[Any, Any]
Dims = Any  # an int, a sequence of ints, or None for all

_SMALL = 513
#: NumPy adds up pairwise along the axis whose elements lie side by side, and one after the other along others: so many
#: at most, or the last digits drown; and so many parts are added up at a time until there are no more.
LONG, _PARTS = 1024, 32
_FLOAT16, _FLOAT32, _FLOAT64 = np.dtype("float16"), np.dtype("float32"), np.dtype("float64")
_add_up: Any = np.add.reduce  # typed by hand: the stubs want keepdims to be a literal
_multiply_up: Any = np.multiply.reduce
_or: Any = np.logical_or.reduce
_and: Any = np.logical_and.reduce
_INT64, _BOOL = np.dtype("int64"), np.dtype("bool")
_ONES32 = [ones[:n] for ones in [np.ones(_SMALL, np.float32)] for n in range(_SMALL)]
_ONES64 = [ones[:n] for ones in [np.ones(_SMALL, np.float64)] for n in range(_SMALL)]


def _numpy_sum_into(x: Array, out: Array) -> None:
    np.add.reduce(x, None, None, out)


def _numpy_mean_into(x: Array, out: Array) -> None:
    np.divide(np.add.reduce(x, None, None, out), x.size, out)


def _adding_few(mean: bool) -> Any:
    """A function that writes the sum of at most 128 numbers, or their mean, added in the order of NumPy."""
    def into(x: Any, out: Any) -> None:
        n = x.size
        if n < 8:
            s = np.float32(0)
            for i in range(n):
                s += x[i]
        else:
            a, b, c, d, e, f, g, h = x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]
            whole = n - n % 8
            for i in range(8, whole, 8):
                a += x[i]
                b += x[i + 1]
                c += x[i + 2]
                d += x[i + 3]
                e += x[i + 4]
                f += x[i + 5]
                g += x[i + 6]
                h += x[i + 7]
            s = ((a + b) + (c + d)) + ((e + f) + (g + h))
            for i in range(whole, n):
                s += x[i]
        if mean:
            s /= np.float32(n)
        out[()] = s
    return into


sum_into = direct(("float32", 1), ("float32", 0), twin=_numpy_sum_into, saves=4e-7)(_adding_few(False))
_mean_into = mean_into = direct(("float32", 1), ("float32", 0), twin=_numpy_mean_into, saves=1e-6)(_adding_few(True))
LATE[mean_into].bind(globals(), "_mean_into")


def add_up(x: Array, over: tuple[int, ...], keepdims: bool) -> Any:
    """``np.add.reduce`` of floating numbers whose errors do not grow with the number of rows."""
    found = loops.sum_over(x, over)
    if found is not None:
        return found.reshape(kept_shape(x.shape, over)) if keepdims else found
    if x.size <= LONG or math.prod([x.shape[a] for a in over]) <= LONG:
        return _add_up(x, axis=over, keepdims=keepdims)
    reach, far = min([abs(t) for t, n in zip(x.strides, x.shape) if n > 1]), []
    for a in sorted(over, key=lambda a: abs(x.strides[a])):
        if abs(x.strides[a]) == reach:  # one row with what is nearer
            reach *= x.shape[a]
        elif x.shape[a] > 1:
            far.append(a)
    if math.prod([x.shape[a] for a in far]) <= LONG:
        return _add_up(x, axis=over, keepdims=keepdims)
    for a in reversed(far):
        x = _add_up(_shortened(x, a), axis=a, keepdims=True)
    return _add_up(x, axis=over, keepdims=keepdims)


def _shortened(x: Array, axis: int) -> Array:
    """The sums of parts of ``x`` along an axis, so many that it is not `LONG`."""
    while (n := x.shape[axis]) > LONG:
        step = n // _PARTS
        before, whole = (slice(None),) * axis, step * _PARTS
        parts = x[(*before, slice(whole))].reshape(*x.shape[:axis], _PARTS, step, *x.shape[axis + 1:])
        sums = _add_up(parts, axis=axis)
        if whole < n:
            sums[(*before, slice(n - whole))] += x[(*before, slice(whole, n))]
        x = sums
    return x


def total(x: Array) -> Any:
    """The sum of all elements.

    NumPy's reduction takes half a microsecond before it adds anything; the dot product with ones takes half of that,
    and BLAS adds in as many partial sums as NumPy does, so short arrays go that way.
    """
    n = x.size
    dtype = x.dtype
    if n < _SMALL:
        if dtype is _FLOAT32:
            return x.ravel().dot(_ONES32[n])
        if dtype is _FLOAT64:
            return x.ravel().dot(_ONES64[n])
    if dtype is _FLOAT16 or dtype.kind in "biu":
        return sum(x, None, False)
    parts = loops.parts_of_sum(x)
    return _add_up(x, axis=None) if parts is None else total(parts)


def over_rows(x: Array) -> Array:
    """The sum of a matrix over its first dimension.

    A product with ones takes a fifth of NumPy's time on small matrices. On larger ones BLAS may use several threads,
    and the result would depend on how many.
    """
    n = x.shape[0]
    if n < _SMALL and x.size <= SINGLE_VECTOR:
        dtype = x.dtype
        if dtype is _FLOAT32:
            return _ONES32[n].dot(x)
        if dtype is _FLOAT64:
            return _ONES64[n].dot(x)
    return add_up(x, (0,), False)  # type: ignore[no-any-return]


def axes(dim: Dims, ndim: int) -> tuple[int, ...]:
    """``dim`` as non-negative axes: all of them for None or an empty sequence.

    Raises:
        IndexError: an axis is out of range.
        RuntimeError: an axis occurs twice.
        TypeError: ``dim`` is neither an int nor a sequence of ints.
    """
    if dim is None or dim == () or dim == []:
        return tuple(range(ndim))
    if isinstance(dim, bool):
        fail(TypeError, "argument 'dim' must be int or tuple of ints, not bool; give keepdim by name")
    found = wrap_dims(dim, ndim)
    return found if ndim else ()


def axis(dim: Any, ndim: int) -> int:
    """A single ``dim`` as a non-negative axis; 0 where the array is 0-d."""
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        fail(TypeError, f"argument 'dim' must be int, not {type(dim).__name__}")
    return wrap_dim(dim, ndim)


def kept_shape(shape: tuple[int, ...], dim: Dims) -> tuple[int, ...]:
    """``shape`` with 1 in the place of each reduced dimension."""
    if isinstance(dim, int) and -len(shape) <= dim < len(shape):
        dim %= len(shape)
        return (*shape[:dim], 1, *shape[dim + 1:])
    reduced = axes(dim, len(shape))
    return tuple([1 if i in reduced else n for i, n in enumerate(shape)])


def count(shape: tuple[int, ...], dim: Dims) -> int:
    """The number of elements that are reduced to one."""
    return math.prod(shape) if dim is None else math.prod([shape[i] for i in axes(dim, len(shape))])


def sum(x: Array, dim: Dims, keepdim: bool, dtype: np.dtype[Any] | None = None) -> Any:
    """The sum over ``dim``; integers add up in int64, half precision in single."""
    if dtype is None:
        dtype = x.dtype
        if (dtype is _FLOAT32 or dtype is _FLOAT64) and dim.__class__ is int and -x.ndim <= dim < x.ndim:
            if x.size <= LONG:
                return _add_up(x, dim, None, None, keepdim)  # the common call: keyword arguments would cost a third
            if not keepdim and x.size >= loops.LARGE and x.flags.c_contiguous:
                found = loops.sum_along(x, dim % x.ndim)
                if found is not None:
                    return found
        if dtype.kind in "biu":
            dtype = _INT64
    over = axes(dim, x.ndim)
    if dtype == _FLOAT16:
        if x.size > LONG:
            return add_up(x.astype(_FLOAT32), over, keepdim).astype(_FLOAT16)
        return _add_up(x, axis=over, keepdims=keepdim, dtype=_FLOAT32).astype(_FLOAT16)
    if dtype == _BOOL:
        return _or(x, axis=over, keepdims=keepdim)
    if dtype.kind in "fc" and dtype == x.dtype:
        return add_up(x, over, keepdim)
    return _add_up(x, axis=over, keepdims=keepdim, dtype=dtype)


def prod(x: Array, dim: Dims, keepdim: bool, dtype: np.dtype[Any] | None = None) -> Any:
    """The product over ``dim``, in the types of `sum`."""
    if dtype is None:
        dtype = _INT64 if x.dtype.kind in "biu" else x.dtype
    over = axes(dim, x.ndim)
    if dtype == _FLOAT16:
        return _multiply_up(x, axis=over, keepdims=keepdim, dtype=_FLOAT32).astype(_FLOAT16)
    if dtype == _BOOL:
        return _and(x, axis=over, keepdims=keepdim)
    return _multiply_up(x, axis=over, keepdims=keepdim, dtype=dtype)


def mean(x: Array, dim: Dims, keepdim: bool) -> Any:
    """The mean over ``dim`` of a floating or complex array."""
    dtype = x.dtype
    if dtype is _FLOAT32 and x.ndim == 1 and 0 < x.size <= 128 and not keepdim and (dim is None or dim in (0, -1)):
        out = np.empty((), _FLOAT32)
        _mean_into(x, out)
        return out
    if dtype == _FLOAT16:
        return np.asarray(mean(x.astype(_FLOAT32), dim, keepdim)).astype(_FLOAT16)
    if dim is None and not keepdim:
        # As an array: a NumPy scalar divided by zero would warn, an empty array's mean is quietly nan.
        return np.divide(total(x), x.size)
    return np.divide(sum(x, dim, keepdim), count(x.shape, dim))


def variance(x: Array, dim: Dims, correction: float, keepdim: bool) -> tuple[Any, Any]:
    """The variance and the mean over ``dim``, in two passes."""
    if x.dtype == _FLOAT16:
        v, m = variance(x.astype(_FLOAT32), dim, correction, keepdim)
        return v.astype(_FLOAT16), m.astype(_FLOAT16)
    m = np.asarray(mean(x, dim, True))
    d = x - m
    squares = d * d if d.dtype.kind == "f" else d.real * d.real + d.imag * d.imag
    v = np.asarray(np.divide(sum(squares, dim, keepdim), max(count(x.shape, dim) - correction, 0)))
    return v, m if keepdim else m.reshape(v.shape)


def check_not_empty(x: Array, dim: Dims, name: str) -> None:
    """Raise where a reduction without an identity would have to reduce nothing."""
    if x.size:
        return
    if dim is None or dim == () or dim == []:
        fail(RuntimeError, f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                           "Specify the reduction dim with the 'dim' argument.")
    for i in axes(dim, x.ndim):
        if x.shape[i] == 0:
            fail(IndexError, f"{name}(): Expected reduction dim {i} to have non-zero size.")


def check_ordered(x: Array, name: str) -> None:
    if x.dtype.kind == "c":
        fail(NotImplementedError, f"\"{name}\" not implemented for complex numbers, which have no order; "
                                  "use .abs() or .real first")


def extremum(ufunc: np.ufunc, x: Array, dim: Dims, keepdim: bool, name: str) -> Any:
    """`numpy.maximum` or `numpy.minimum` over ``dim``; nan where there is one."""
    if dim.__class__ is int and x.size >= loops.LARGE and dim in (-1, x.ndim - 1) and x.dtype.kind == "f":
        over: tuple[int, ...] = (x.ndim - 1,)
    else:
        check_ordered(x, name)
        check_not_empty(x, dim, name)
        over = axes(dim, x.ndim)
    found = loops.extreme_over(x, over, ufunc is np.maximum)
    if found is not None:
        return found.reshape(kept_shape(x.shape, over)) if keepdim else found
    return ufunc.reduce(x, axis=over, keepdims=keepdim)


def arg_extremum(largest: bool, x: Array, dim: int | None, keepdim: bool, name: str) -> Any:
    """Index of the first greatest (or smallest) element; the first nan where there is one."""
    if x.dtype.kind in "cb":
        fail(RuntimeError, f"{name}(): does not support {'bool' if x.dtype.kind == 'b' else 'complex'} input")
    find = x.argmax if largest else x.argmin
    if dim is None:
        if x.size == 0:
            fail(IndexError, f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
        found = np.asarray(find())
        return found.reshape((1,) * x.ndim) if keepdim else found
    at = axis(dim, x.ndim)
    check_not_empty(x, at, name)
    return np.asarray(find(at, keepdims=keepdim) if x.ndim else 0)


def extremum_with_index(largest: bool, x: Array, dim: int) -> tuple[Any, Any]:
    """The greatest (or smallest) element along ``dim`` and its index, as in `arg_extremum`, with ``dim`` kept."""
    name = "max" if largest else "min"
    if x.dtype.kind == "c":
        fail(RuntimeError, f"{name}(): does not support complex input")
    check_not_empty(x, dim, name)
    if not x.ndim:
        return x, np.zeros((), np.int64)
    found = loops.extreme_with_place(x, dim, largest)
    if found is not None:
        return found
    find = x.argmax if largest else x.argmin
    reduce: Any = np.maximum.reduce if largest else np.minimum.reduce
    return reduce(x, dim, None, None, True), find(dim, keepdims=True)


def pick(x: Array, indices: Array, dim: int) -> Array:
    """``x`` at ``indices`` along ``dim``."""
    return np.take_along_axis(x, indices, axis=dim) if x.ndim else np.asarray(x.reshape(1)[indices])


def log_sum_exp(x: Array, dim: Dims, keepdim: bool) -> Any:
    """``log(sum(exp(x)))`` over ``dim``, shifted by the greatest element so that nothing overflows."""
    if x.dtype == _FLOAT16:
        return np.asarray(log_sum_exp(x.astype(_FLOAT32), dim, keepdim)).astype(_FLOAT16)
    if x.size == 0:
        return np.log(sum(x, dim, keepdim))
    over = axes(dim, x.ndim)
    found = loops.log_sum_exp_over(x, over)
    if found is not None:
        return found.reshape(kept_shape(x.shape, over)) if keepdim else found
    shift = np.maximum.reduce(x.real, axis=over, keepdims=True)
    shift = np.where(np.isfinite(shift), shift, np.zeros((), shift.dtype))
    out = np.log(sum(np.exp(x - shift), dim, True)) + shift
    return out if keepdim else out.reshape(np.shape(sum(x, dim, False)))


def put(x: Array, indices: Array, dim: int, shape: tuple[int, ...], repeated: bool) -> Array:
    """Zeros of ``shape`` with ``x`` added at ``indices`` along ``dim``."""
    out = np.zeros(shape, x.dtype)
    if not shape:
        return np.asarray(x.sum(), x.dtype)
    if repeated:
        places = list(np.ogrid[tuple(map(slice, indices.shape))])
        places[dim] = indices
        np.add.at(out, tuple(places), x)
    else:
        np.put_along_axis(out, indices, x, axis=dim)
    return out


def vector_norm(x: Array, order: float, dim: Dims, keepdim: bool) -> Any:
    """``sum(|x|**order) ** (1/order)`` over ``dim``, and its limits at 0 and at plus and minus infinity."""
    if x.dtype == _FLOAT16:
        return np.asarray(vector_norm(x.astype(_FLOAT32), order, dim, keepdim)).astype(_FLOAT16)
    if order == 2:
        over = axes(dim, x.ndim)
        found = loops.sum_over(x, over, squares=True)
        if found is not None:
            return np.sqrt(found.reshape(kept_shape(x.shape, over)) if keepdim else found)
        squares = x * x if x.dtype.kind == "f" else x.real * x.real + x.imag * x.imag
        return np.sqrt(total(squares) if dim is None and not keepdim else sum(squares, dim, keepdim))
    size = np.abs(x)
    if math.isinf(order):
        over = axes(dim, x.ndim)
        if x.size == 0 and (order < 0 or any(x.shape[i] == 0 for i in over)):
            fail(RuntimeError, f"linalg.vector_norm cannot compute the {order} norm on an empty tensor because the "
                               "operation does not have an identity")
        reduce: Any = np.maximum.reduce if order > 0 else np.minimum.reduce
        return reduce(size, axis=over, keepdims=keepdim)
    if order == 1:
        return sum(size, dim, keepdim)
    if order == 0:
        return sum((size != 0).astype(size.dtype), dim, keepdim)
    return sum(size ** order, dim, keepdim) ** (1 / order)
