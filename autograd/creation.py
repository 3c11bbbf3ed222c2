"""Making tensors: from data, and filled with a value."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from . import dtypes
from .dtypes import DEFAULT, numpy_dtype
from .errors import describe, fail
from .from_data import array_of, check_array, infer_dtype, numbers_array
from .modes import MODE
from .primitive import composite
from .strides import like
from .tape import INFERENCE, new_leaf, wrap_node

Array = np.ndarray[Any, Any]


def finish(array: Array, requires_grad: bool = False, device: Any = None) -> Any:
    """``array`` as a new leaf Tensor."""
    if device is not None:
        dtypes.on_cpu(device)
    array = dtypes.native(array)
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

    >>> import autograd, numpy as np
    >>> autograd.from_numpy(np.arange(3, dtype=np.int32))
    tensor([0, 1, 2], dtype=autograd.int32)
    """
    if not isinstance(ndarray, np.ndarray):
        fail(TypeError, f"expected np.ndarray (got {type(ndarray).__name__})")
    return finish(check_array(ndarray))


@composite(method=False)
def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Any:
    """A 1-d tensor on the memory of an object such as bytes or a bytearray.

    Args:
        dtype: of the elements.
        count: how many; -1 for all that fit.
        offset: bytes to skip first.

    Raises:
        ValueError: the buffer is too short.

    >>> import autograd
    >>> autograd.frombuffer(bytearray(b"ab"), dtype=autograd.uint8)
    tensor([97, 98], dtype=autograd.uint8)
    """
    return finish(np.frombuffer(buffer, numpy_dtype(dtype), count, offset), requires_grad)


@composite(method=False)
def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
            requires_grad: bool | None = None) -> Any:
    """``obj`` as a tensor.

    Args:
        copy: True always copies, False never (raises where it must), None copies where needed.
        requires_grad: of the result; False detaches a tensor that requires it, None leaves it.

    Raises:
        ValueError: ``copy=False`` and the data cannot be shared.

    >>> import autograd
    >>> autograd.asarray([1., 2.], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
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
    """A 0-d tensor of the default float type, or of ``dtype``.

    >>> import autograd
    >>> autograd.scalar_tensor(3)
    tensor(3.)
    """
    if not isinstance(s, (bool, int, float, complex, np.generic)) and not hasattr(s, "_vc"):
        fail(TypeError, f"scalar_tensor(): argument 's' (position 1) must be Number, not {type(s).__name__}")
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
    """The function ``name(input)``, which takes shape, dtype and order of strides from a tensor."""
    def filled_like(input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
                    requires_grad: bool = False, memory_format: Any = None) -> Any:
        array = _template(name, input)
        array = like(make, array, array.dtype if dtype is None else numpy_dtype(dtype))
        return finish(array, requires_grad, device)
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
    "empty": """A tensor of the given size whose values are whatever the memory held.

    >>> import autograd
    >>> autograd.empty(2, 3).shape
    Size([2, 3])
    """,
    "zeros_like": """Zeros of the shape and dtype of ``input``.

    >>> import autograd
    >>> autograd.zeros_like(autograd.tensor([1, 2]))
    tensor([0, 0])
    """,
    "ones_like": """Ones of the shape and dtype of ``input``.

    >>> import autograd
    >>> autograd.ones_like(autograd.tensor([1., 2.]))
    tensor([1., 1.])
    """,
    "empty_like": """An uninitialised tensor of the shape and dtype of ``input``.

    >>> import autograd
    >>> autograd.empty_like(autograd.zeros(2, 3)).shape
    Size([2, 3])
    """,
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
    """A tensor full of ``fill_value``, of the shape and dtype of ``input``.

    >>> import autograd
    >>> autograd.full_like(autograd.zeros(2), 7)
    tensor([7., 7.])
    """
    array = _template("full_like", input)
    found = like(lambda shape, dtype: filled(shape, fill_value, dtype), array, target_dtype(dtype) or array.dtype)
    return finish(found, requires_grad, device)


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


@composite(public=False)
def new_empty_strided(self: Any, size: Any, stride: Any, *, dtype: Any = None, device: Any = None,
                      requires_grad: bool = False) -> Any:
    """`empty_strided` of this tensor's dtype."""
    return empty_strided(size, stride, dtype=target_dtype(dtype) or self._a.dtype, device=device,
                         requires_grad=requires_grad)


@composite(method=False)
def empty_strided(size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """An uninitialised tensor of the given size whose neighbours along dimension d lie ``stride[d]`` elements apart.

    >>> import autograd
    >>> autograd.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    shape, steps = shape_from("empty_strided", (size,)), tuple(map(index, stride))
    d = DEFAULT.float if dtype is None else numpy_dtype(dtype)
    extent = 1 + sum((n - 1) * s for n, s in zip(shape, steps, strict=True)) if all(shape) else 0
    memory = np.empty(extent, d)
    return finish(np.ndarray(shape, d, memory, 0, [s * d.itemsize for s in steps]), requires_grad, device)


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


@composite(method=False)
def empty_permuted(size: Any, physical_layout: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
                   requires_grad: bool = False) -> Any:
    """An uninitialised tensor whose dimensions lie in memory in the order ``physical_layout``, outermost first.

    >>> import autograd
    >>> autograd.empty_permuted((2, 3, 4), (0, 2, 1)).stride()
    (12, 1, 3)
    """
    shape, order = shape_from("empty_permuted", (size,)), tuple(map(index, physical_layout))
    if sorted(order) != list(range(len(shape))):
        fail(RuntimeError, f"empty_permuted: physical_layout must be a permutation of the {len(shape)} dimensions, got "
                           f"{list(order)}")
    memory = np.empty([shape[d] for d in order], DEFAULT.float if dtype is None else numpy_dtype(dtype))
    return finish(memory.transpose(np.argsort(order)), requires_grad, device)
