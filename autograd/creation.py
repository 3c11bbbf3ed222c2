"""Making tensors: from data, filled with a value, and ranges of numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from . import dtypes
from .dispatch import INFERENCE
from .dtypes import DEFAULT, numpy_dtype
from .errors import describe, fail
from .from_data import array_of, check_array, infer_dtype, numbers_array
from .modes import MODE
from .primitive import composite
from .tape import new_leaf, wrap_node

Array = np.ndarray[Any, Any]


def finish(array: Array, requires_grad: bool = False, device: Any = None) -> Any:
    """``array`` as a new leaf Tensor."""
    if device is not None:
        dtypes.device(device)
    t = wrap_node(array, None)
    if not MODE.plain and MODE.state.inference:
        t._vc = INFERENCE
    if requires_grad:
        if array.dtype.kind not in "fc":
            fail(RuntimeError, "Only Tensors of floating point and complex dtype can require gradients, "
                               f"got {array.dtype}")
        t._node = new_leaf(array)
    return t


# --- from data --------------------------------------------------------------------------------------------


def target_dtype(dtype: Any) -> np.dtype[Any] | None:
    return None if dtype is None else numpy_dtype(dtype)


@composite(method=False)
def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
           pin_memory: bool = False) -> Any:
    """A new tensor with a copy of ``data``.

    Args:
        data: a number, nested lists or tuples of numbers, an array, or a tensor.
        dtype: the element type. Default: float32 for Python floats (see `set_default_dtype`), int64 for ints, bool
            for bools; an array's own.
        requires_grad: record operations on it.

    Raises:
        ValueError: the nested sequences are ragged.
        TypeError, RuntimeError: something that is not a number is among the data.

    >>> import autograd
    >>> autograd.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> autograd.tensor([1, 2], dtype=autograd.float64)
    tensor([1., 2.], dtype=autograd.float64)
    """
    return finish(array_of(data, target_dtype(dtype), True), requires_grad, device)


@composite(method=False)
def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """``data`` as a tensor, without a copy where it is an array or a tensor of the wanted type.

    >>> import autograd, numpy as np
    >>> a = np.zeros(2)
    >>> t = autograd.as_tensor(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=autograd.float64)
    """
    target = target_dtype(dtype)
    if hasattr(data, "_vc"):
        return data if target is None else data.to(target)
    return finish(array_of(data, target, False), False, device)


@composite(method=False)
def from_numpy(ndarray: Any) -> Any:
    """A tensor on the memory of a NumPy array.

    Raises:
        TypeError: it is not an ndarray, or its elements are of a type that tensors do not have.
    """
    if not isinstance(ndarray, np.ndarray):
        fail(TypeError, f"expected np.ndarray (got {type(ndarray).__name__})")
    return finish(check_array(ndarray))


@composite(method=False)
def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
            requires_grad: bool | None = None) -> Any:
    """``obj`` as a tensor.

    Args:
        copy: True always copies, False never (raises where it must), None copies where needed.
        requires_grad: of the result; False detaches a tensor that requires it, None leaves it.

    Raises:
        ValueError: ``copy=False`` and the data cannot be shared.
    """
    target = target_dtype(dtype)
    is_tensor = hasattr(obj, "_vc")
    if copy is False:
        if not (is_tensor or isinstance(obj, np.ndarray)):
            fail(ValueError, "can't alias arbitrary sequence into a tensor.")
        have = obj._a.dtype if is_tensor else obj.dtype
        if target is not None and target != have:
            fail(ValueError, f"can't alias tensor with dtype '{have}' into dtype '{target}'.")
    if is_tensor:
        found = obj if target is None else obj.to(target)
        if copy and found is obj:
            found = obj.clone()
        if requires_grad is None or requires_grad == found.requires_grad:
            return found
        return found.detach().requires_grad_(requires_grad)
    return finish(array_of(obj, target, bool(copy)), bool(requires_grad), device)


@composite(method=False)
def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A 0-d tensor of the default float type, or of ``dtype``."""
    return finish(array_of(s, target_dtype(dtype) or DEFAULT.float, True), requires_grad, device)


# --- filled -----------------------------------------------------------------------------------------------


def shape_from(name: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape a caller gave as ``f(2, 3)``, ``f((2, 3))`` or ``f(size=(2, 3))``."""
    if not size:
        fail(TypeError, f"{name}() missing 1 required positional arguments: \"size\"")
    given = size
    if len(size) == 1 and isinstance(size[0], Sequence):
        size = tuple(size[0])
    try:
        shape = tuple([index(n) for n in size])
    except TypeError:
        fail(TypeError, f"{name}(): argument 'size' (position 1) must be tuple of ints, not "
                        f"{type(given[0]).__name__} ({describe(given[0])})")
    if any(n < 0 for n in shape):
        fail(RuntimeError, f"{name}: Dimension size must be non-negative, got {list(shape)}.")
    return shape


def _filled(name: str, make: Any) -> Any:
    """The function ``name(*size)`` whose memory ``make(shape, dtype)`` gives."""
    def filled(*size: Any, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
               pin_memory: bool = False, memory_format: Any = None, **named: Any) -> Any:
        if named:
            size = (*size, named.pop("size", ()))
            if named:
                fail(TypeError, f"{name}() got an unexpected keyword argument {next(iter(named))!r}")
        shape = shape_from(name, size)
        return finish(make(shape, DEFAULT.float if dtype is None else numpy_dtype(dtype)), requires_grad, device)
    return _public(filled, name)


def _filled_like(name: str, make: Any) -> Any:
    """The function ``name(input)``, which takes shape and dtype from a tensor."""
    def filled_like(input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
                    requires_grad: bool = False, memory_format: Any = None) -> Any:
        array = _template(name, input)
        return finish(make(array.shape, array.dtype if dtype is None else numpy_dtype(dtype)), requires_grad, device)
    return _public(filled_like, name)


def _filled_new(name: str, make: Any) -> Any:
    """The method ``name(*size)``, which takes its dtype from the tensor."""
    def filled_new(self: Any, *size: Any, dtype: Any = None, layout: Any = None, device: Any = None,
                   requires_grad: bool = False, pin_memory: bool = False, **named: Any) -> Any:
        shape = shape_from(name, (*size, named["size"]) if "size" in named else size)
        return finish(make(shape, self._a.dtype if dtype is None else numpy_dtype(dtype)), requires_grad, device)
    return _public(filled_new, name, method=True)


def _template(name: str, input: Any) -> Array:
    array = getattr(input, "_a", None)
    if array is None:
        fail(TypeError, f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return array  # type: ignore[no-any-return]


def _public(function: Any, name: str, method: bool = False) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = _DOCS[name]
    return composite(method=method, public=not method)(function)


_DOCS = {
    "zeros": """Zeros of the given size.

    >>> import autograd
    >>> autograd.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """,
    "ones": """Ones of the given size.

    >>> import autograd
    >>> autograd.ones(2, dtype=autograd.int64)
    tensor([1, 1])
    """,
    "empty": "A tensor of the given size whose values are whatever the memory held.",
    "zeros_like": "Zeros of the shape and dtype of ``input``.",
    "ones_like": "Ones of the shape and dtype of ``input``.",
    "empty_like": "An uninitialised tensor of the shape and dtype of ``input``.",
    "new_zeros": "Zeros of the given size and of this tensor's dtype.",
    "new_ones": "Ones of the given size and of this tensor's dtype.",
    "new_empty": "An uninitialised tensor of the given size and of this tensor's dtype.",
}

zeros, ones, empty = _filled("zeros", np.zeros), _filled("ones", np.ones), _filled("empty", np.empty)
zeros_like, ones_like, empty_like = (
    _filled_like("zeros_like", np.zeros), _filled_like("ones_like", np.ones), _filled_like("empty_like", np.empty))
new_zeros, new_ones, new_empty = (
    _filled_new("new_zeros", np.zeros), _filled_new("new_ones", np.ones), _filled_new("new_empty", np.empty))


def filled(shape: tuple[int, ...], value: Any, dtype: np.dtype[Any] | None) -> Array:
    """An array full of a number, or of the number in a tensor of one element."""
    if hasattr(value, "_a"):
        value = value._a.reshape(())[()]
    if not isinstance(value, (bool, int, float, complex, np.number, np.bool_)):
        fail(TypeError, f"full(): argument 'fill_value' (position 2) must be Number, not {type(value).__name__}")
    return np.full(shape, numbers_array([value], dtype or infer_dtype([value]))[0])


@composite(method=False)
def full(size: Any, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
         requires_grad: bool = False) -> Any:
    """A tensor full of ``fill_value``; without ``dtype``, of the type that `tensor` gives that number.

    >>> import autograd
    >>> autograd.full((2,), 3), autograd.full((2,), 3.)
    (tensor([3, 3]), tensor([3., 3.]))
    """
    if not isinstance(size, Sequence):
        fail(TypeError, f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    return finish(filled(shape_from("full", (size,)), fill_value, target_dtype(dtype)), requires_grad, device)


@composite(method=False)
def full_like(input: Any, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
              requires_grad: bool = False, memory_format: Any = None) -> Any:
    """A tensor full of ``fill_value``, of the shape and dtype of ``input``."""
    array = _template("full_like", input)
    return finish(filled(array.shape, fill_value, target_dtype(dtype) or array.dtype), requires_grad, device)


@composite(public=False)
def new_full(self: Any, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Any:
    """A tensor of the given size full of ``fill_value``, of this tensor's dtype."""
    array = filled(shape_from("new_full", (size,)), fill_value, target_dtype(dtype) or self._a.dtype)
    return finish(array, requires_grad, device)


@composite(public=False)
def new_tensor(self: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A new tensor with a copy of ``data``, of this tensor's dtype."""
    return finish(array_of(data, target_dtype(dtype) or self._a.dtype, True), requires_grad, device)


@composite(method=False)
def empty_strided(size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """An uninitialised tensor of the given size whose neighbours along dimension d lie ``stride[d]`` elements apart."""
    shape, steps = shape_from("empty_strided", (size,)), tuple(map(index, stride))
    d = DEFAULT.float if dtype is None else numpy_dtype(dtype)
    extent = 1 + sum((n - 1) * s for n, s in zip(shape, steps, strict=True)) if all(shape) else 0
    memory = np.empty(extent, d)
    return finish(np.ndarray(shape, d, memory, 0, [s * d.itemsize for s in steps]), requires_grad, device)


# --- ranges -----------------------------------------------------------------------------------------------


def _number(value: Any) -> Any:
    """A Python number from a number or a tensor of one element."""
    if hasattr(value, "_a") or isinstance(value, np.generic):
        return value.item()
    return int(value) if isinstance(value, bool) else value


@composite(method=False)
def arange(*bounds: Any, start: Any = None, end: Any = None, step: Any = None, dtype: Any = None, layout: Any = None,
           device: Any = None, requires_grad: bool = False) -> Any:
    """The numbers from ``start`` (0) to below ``end`` by ``step`` (1): ``arange(end)`` or ``arange(start, end, step)``.

    int64 where all are ints, else the default float type.

    Raises:
        RuntimeError: the step is zero or leads away from ``end``.

    >>> import autograd
    >>> autograd.arange(3), autograd.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    if len(bounds) == 1 and end is None:
        end, = bounds
    elif bounds:
        given = dict(zip(("start", "end", "step"), bounds, strict=False))
        start, end, step = given.get("start", start), given.get("end", end), given.get("step", step)
    if end is None:
        fail(TypeError, 'arange() missing 1 required positional arguments: "end"')
    start, end, step = [_number(v) for v in (0 if start is None else start, end, 1 if step is None else step)]
    whole = all(isinstance(v, int) for v in (start, end, step))
    target = target_dtype(dtype) or (np.dtype(np.int64) if whole else DEFAULT.float)
    if not (math.isfinite(start) and math.isfinite(end)):
        fail(RuntimeError, f"unsupported range: {start} -> {end}")
    if target.kind in "iu":
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        fail(RuntimeError, "step must be nonzero")
    if (step > 0) == (end < start) and end != start:
        fail(RuntimeError, f"upper bound and lower bound inconsistent with step sign: {start} -> {end} by {step}")
    if target.kind == "b":
        fail(NotImplementedError, "arange is not implemented for 'Bool'")
    count = -((start - end) // step) if target.kind in "iu" else math.ceil((end - start) / step)
    if target.kind in "iu":
        return finish(np.arange(start, start + count * step, step, dtype=np.int64)[:count].astype(target, copy=False),
                      requires_grad, device)
    return finish((start + step * np.arange(count)).astype(target), requires_grad, device)


def _endpoints(name: str, start: Any, end: Any, steps: Any, dtype: Any) -> tuple[Any, Any, int, np.dtype[Any]]:
    start, end = _number(start), _number(end)
    steps = index(steps)
    if steps < 0:
        fail(RuntimeError, f"number of steps must be non-negative, got {steps} in {name}")
    found = DEFAULT.complex if isinstance(start, complex) or isinstance(end, complex) else DEFAULT.float
    target = target_dtype(dtype) or found
    if target.kind not in "c" and found is DEFAULT.complex:
        fail(RuntimeError, f"{name}(): inferred dtype {found} can't be safely cast to passed dtype {target}")
    return start, end, steps, target


def _spaced(start: Any, end: Any, steps: int, target: np.dtype[Any]) -> Array:
    """Evenly spaced numbers, each half counted from its own end so that both ends are exact."""
    if target.kind in "iu":
        work: np.dtype[Any] = np.dtype(np.float64)
    else:
        work = np.dtype(np.float32) if target == np.float16 else target
    if steps < 2:
        return np.full(steps, start).astype(target)
    i = np.arange(steps).astype(work)
    first, last = work.type(start), work.type(end)
    step = (last - first) / work.type(steps - 1)
    if target.kind in "iu":
        step = np.float32(end - start) / np.float32(steps - 1)
    half = steps // 2
    return np.concatenate([first + step * i[:half], last - step * i[steps - half - 1::-1]]).astype(target)


@composite(method=False)
def linspace(start: Any, end: Any, steps: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False) -> Any:
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included.

    >>> import autograd
    >>> autograd.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    start, end, steps, target = _endpoints("linspace", start, end, steps, dtype)
    return finish(_spaced(start, end, steps, target), requires_grad, device)


@composite(method=False)
def logspace(start: Any, end: Any, steps: Any, base: Any = 10.0, *, dtype: Any = None, layout: Any = None,
             device: Any = None, requires_grad: bool = False) -> Any:
    """``base`` to the power of ``steps`` evenly spaced numbers from ``start`` to ``end``.

    >>> import autograd
    >>> autograd.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    start, end, steps, target = _endpoints("logspace", start, end, steps, dtype)
    exponents = _spaced(start, end, steps, np.dtype(np.float64) if target.kind in "iu" else target)
    return finish(np.power(base, exponents).astype(target), requires_grad, device)


@composite(method=False)
def eye(n: Any, m: Any = None, *, dtype: Any = None, layout: Any = None, device: Any = None,
        requires_grad: bool = False) -> Any:
    """The ``n`` by ``m`` matrix (``m`` is ``n`` where left out) with ones on the diagonal.

    >>> import autograd
    >>> autograd.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    for name, count in (("n", n), ("m", m)):
        if count is not None and index(count) < 0:
            fail(RuntimeError, f"{name} must be greater or equal to 0, got {count}")
    return finish(np.eye(n, m, dtype=DEFAULT.float if dtype is None else numpy_dtype(dtype)), requires_grad, device)
