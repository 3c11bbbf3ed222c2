"""Python's numbers, nested sequences and foreign arrays as NumPy arrays of the types that tensors have."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtypes
from .dtypes import DEFAULT, combine, numpy_dtype
from .errors import fail

Array = np.ndarray[Any, Any]


def check_array(array: Array) -> Array:
    """``array`` itself; raises for elements that tensors cannot have."""
    if array.dtype.kind not in "fciub" or array.dtype.itemsize > 16:
        fail(TypeError, f"can't convert np.ndarray of type {array.dtype.type.__module__}.{array.dtype.type.__name__}. "
                        f"The only supported types are: {', '.join(d.name for d in dtypes.ALL)}.")
    if not array.dtype.isnative:
        fail(ValueError, "given numpy array has byte order different from the native byte order. Conversion between "
                         "byte orders is currently not supported.")
    numpy_dtype(array.dtype)
    return array


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (list, tuple, range, memoryview)) or (
        hasattr(value, "__len__") and hasattr(value, "__getitem__") and not isinstance(value, (str, bytes, dict))
        and not (hasattr(value, "_a") and value._a.ndim == 0) and not isinstance(value, np.generic))


def _shape_of(data: Any) -> tuple[int, ...]:
    """The shape that the first elements of nested sequences say."""
    sizes: list[int] = []
    while _is_sequence(data) and not hasattr(data, "_a"):
        if isinstance(data, np.ndarray):
            return (*sizes, *data.shape)
        sizes.append(len(data))
        if not sizes[-1]:
            break
        data = data[0]
    return tuple(sizes)


def _flatten(data: Any, shape: tuple[int, ...], dim: int, into: list[Any]) -> None:
    """Append the numbers of nested sequences to ``into``; raises where they are not of ``shape``."""
    if dim == len(shape):
        if hasattr(data, "_a"):
            if data._a.size != 1:
                fail(ValueError, "only one element tensors can be converted to Python scalars; use stack() to join "
                                 "tensors")
            data = data._a.reshape(())[()]
        elif isinstance(data, np.ndarray) and data.ndim == 0:
            data = data[()]
        elif _is_sequence(data):
            fail(TypeError, f"{type(data).__name__!r} object cannot be interpreted as a number: expected a number at "
                            f"dim {dim - 1}, as the elements before it")
        into.append(data)
        return
    if not _is_sequence(data):
        fail(TypeError, f"not a sequence: expected a sequence of length {shape[dim]} at dim {dim}, got {data!r}")
    if len(data) != shape[dim]:
        fail(ValueError, f"expected sequence of length {shape[dim]} at dim {dim} (got {len(data)})")
    for item in data:
        _flatten(item, shape, dim + 1, into)


def _check_number(value: Any) -> None:
    if isinstance(value, (str, bytes)):
        fail(ValueError, f"too many dimensions {type(value).__name__!r}")
    if not isinstance(value, (bool, int, float, complex, np.number, np.bool_)):
        fail(RuntimeError, f"Could not infer dtype of {type(value).__name__}")


def infer_dtype(values: list[Any]) -> np.dtype[Any]:
    """The dtype of a list of numbers: that of NumPy's scalars where there are any, else the default of their kind."""
    kinds = {v.__class__: v for v in values}
    for v in kinds.values():
        _check_number(v)
    if not kinds:
        return DEFAULT.float
    own = [v.dtype for v in values if isinstance(v, np.generic)]
    found = combine([], [], [v for v in kinds.values() if not isinstance(v, np.generic)]) if any(
        not isinstance(v, np.generic) for v in kinds.values()) else None
    if own:
        return combine(own, [], []) if found is None else combine([*own, *([found] if found.kind != "f" else [])],
                                                                 [], [])
    assert found is not None
    return found


_PLAIN = {float: "float", int: "int", bool: "bool"}


def _from_sequence(data: Any, dtype: np.dtype[Any] | None) -> Array:
    """An array of nested sequences of numbers."""
    first = data
    while first.__class__ is list and first:
        first = first[0]
    if first.__class__ in _PLAIN and data.__class__ is list:
        # Numbers of one Python type: NumPy reads them fast; what it cannot read is explained below.
        try:
            array = np.array(data)
        except (ValueError, TypeError, OverflowError):
            array = None
        if array is not None and array.dtype.kind in "fib" and _only_python(data):
            target = dtype or (DEFAULT.float if array.dtype.kind == "f" else array.dtype)
            if array.dtype.kind != "i" or target.kind != "i" or target.itemsize == 8:
                if array.dtype.kind != "f" or target.kind in "fc":
                    return array.astype(target, copy=False)
    shape = _shape_of(data)
    values: list[Any] = []
    _flatten(data, shape, 0, values)
    target = dtype or infer_dtype(values)
    return numbers_array(values, target).reshape(shape)


def _only_python(data: list[Any]) -> bool:
    """Whether nested lists hold nothing but lists and Python's own numbers."""
    kinds = set(map(type, data))
    if list in kinds:
        return kinds == {list} and all(map(_only_python, data))
    return kinds <= {float, int, bool, complex}


def numbers_array(values: list[Any], target: np.dtype[Any]) -> Array:
    """A 1-d array of the numbers; raises where the type cannot hold one."""
    for v in values:
        _check_number(v)
        if target.kind in "iu":
            check_integer(v, target, ValueError if isinstance(v, int) and target.itemsize == 8 else RuntimeError)
        elif target.kind == "f" and isinstance(v, (complex, np.complexfloating)):
            fail(TypeError, "must be real number, not complex")
    if target.kind in "iu":
        return np.array([int(v) for v in values], np.int64).astype(target)
    return np.array(values, None if target.kind == "b" else target).astype(target)


def check_integer(value: Any, target: np.dtype[Any], kind: type[Exception] = RuntimeError) -> None:
    """Raise where an integer type cannot hold the number; negative numbers wrap around in unsigned types."""
    if isinstance(value, (complex, np.complexfloating)):
        fail(RuntimeError, f"value cannot be converted to type {target} without overflow")
    limits = np.iinfo(target)
    low = -limits.max if target.kind == "u" else limits.min
    if not (math.isfinite(value) and low <= int(value) <= limits.max):
        fail(kind, "Overflow when unpacking long long" if kind is ValueError
             else f"value cannot be converted to type {target} without overflow")


def array_of(data: Any, dtype: np.dtype[Any] | None, copy: bool) -> Array:
    """``data`` of any kind as an array of ``dtype``, or of the type it asks for itself."""
    if hasattr(data, "_a"):
        array = data._a
    elif isinstance(data, (np.ndarray, np.generic)):
        array = check_array(np.asarray(data))
    elif isinstance(data, (str, bytes)):
        fail(TypeError, f"new(): invalid data type {type(data).__name__!r}")
    elif _is_sequence(data) and not hasattr(data, "__array__"):
        return _from_sequence(data, dtype)
    elif isinstance(data, (bool, int, float, complex)):
        return numbers_array([data], dtype or combine([], [], [data])).reshape(())
    elif hasattr(data, "__array__") or hasattr(data, "__array_interface__"):
        array = check_array(np.asarray(data))
    else:
        fail(RuntimeError, f"Could not infer dtype of {type(data).__name__}")
    found: Array = array
    if dtype is None or dtype == found.dtype:
        return np.array(found) if copy else found
    return (found.real if found.dtype.kind == "c" and dtype.kind not in "cb" else found).astype(dtype)
