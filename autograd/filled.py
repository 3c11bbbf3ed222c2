"""Making tensors of a given size: filled with a value, or uninitialised."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from .creation import Array, finish, target_dtype
from .dtypes import DEFAULT, numpy_dtype
from .errors import describe, fail
from .from_data import infer_dtype, numbers_array
from .primitive import composite
from .strides import like


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
                    requires_grad: bool = False, pin_memory: bool = False, memory_format: Any = None) -> Any:
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


_SIZE = """
    Args:
        size: ints, or one sequence of ints.
        dtype: the element type. Default: the default float type.
        requires_grad: record operations on it.
        layout, device, pin_memory, memory_format: accepted; there are dense tensors on the CPU.

    Raises:
        RuntimeError: a size is negative.
"""
_DOCS = {
    "zeros": f"""Zeros of the given size.
{_SIZE}
    >>> import autograd
    >>> autograd.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """,
    "ones": f"""Ones of the given size.
{_SIZE}
    >>> import autograd
    >>> autograd.ones(2, dtype=autograd.int64)
    tensor([1, 1])
    """,
    "empty": f"""A tensor of the given size whose values are whatever the memory held.
{_SIZE}
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
         requires_grad: bool = False, pin_memory: bool = False) -> Any:
    """A tensor full of ``fill_value``; without ``dtype``, of the type that `tensor` gives that number.

    Args:
        size: a sequence of ints.
        fill_value: a number, or a tensor of one element.

    >>> import autograd
    >>> autograd.full((2,), 3), autograd.full((2,), 3.)
    (tensor([3, 3]), tensor([3., 3.]))
    """
    if not isinstance(size, Sequence):
        fail(TypeError, f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    return finish(filled(shape_from("full", (size,)), fill_value, target_dtype(dtype)), requires_grad, device)


@composite(method=False)
def full_like(input: Any, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
              requires_grad: bool = False, pin_memory: bool = False, memory_format: Any = None) -> Any:
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
def new_empty_strided(self: Any, size: Any, stride: Any, *, dtype: Any = None, device: Any = None,
                      requires_grad: bool = False) -> Any:
    """`empty_strided` of this tensor's dtype."""
    return empty_strided(size, stride, dtype=target_dtype(dtype) or self._a.dtype, device=device,
                         requires_grad=requires_grad)


@composite(method=False)
def empty_strided(size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
                  requires_grad: bool = False, pin_memory: bool = False) -> Any:
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
        requires_grad: bool = False, pin_memory: bool = False) -> Any:
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
                   requires_grad: bool = False, pin_memory: bool = False) -> Any:
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
