"""Methods about the memory of a tensor, and those that go through it element by element."""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np

from ..dims import wrap_dim
from ..dtypes import DEFAULT, numpy_dtype
from ..errors import describe, fail
from ..inplace import check_writable, write_result
from ..primitive import composite
from ..tape import wrap_node, written
from .splitting import split_with_sizes
from .writing import number, recorded, writable_memory


def _root(array: np.ndarray[Any, Any]) -> Any:
    """What owns the memory of an array."""
    owner: Any = array
    while isinstance(owner, np.ndarray) and owner.base is not None:
        owner = owner.base
    return owner


class Storage:
    """The memory of a tensor, which its views share.

    >>> import autograd
    >>> x = autograd.zeros(4)
    >>> x.untyped_storage().nbytes(), x[2:].untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    (16, True)
    """

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        owner = _root(array)
        if not isinstance(owner, np.ndarray):
            owner = np.frombuffer(owner, np.uint8)
        self._owner, self._dtype = owner, array.dtype

    def data_ptr(self) -> int:
        """The address of its first byte."""
        return int(self._owner.__array_interface__["data"][0])

    def nbytes(self) -> int:
        """How many bytes it has."""
        return int(self._owner.nbytes)

    def size(self) -> int:
        """How many elements it has."""
        return self.nbytes() // self._dtype.itemsize

    def tolist(self) -> list[Any]:
        """Its elements, in order of memory."""
        return np.ravel(self._owner, "K").view(self._dtype).tolist()  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return self.size()

    def __repr__(self) -> str:
        return f"<storage of {self.nbytes()} bytes at {self.data_ptr():#x}>"


class UntypedStorage(Storage):
    """The memory of a tensor as bytes."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        super().__init__(array)
        self._dtype = np.dtype(np.uint8)


@composite(method=False)
def from_file(filename, shared=False, size=0, *, dtype=None, layout=None, device=None, pin_memory=False):
    """A 1-d tensor whose elements lie in a file.

    Args:
        shared: writes go to the file, which is made or made longer where needed; otherwise they stay in memory.
        size: how many elements.

    Raises:
        RuntimeError: the file is shorter, and not ``shared``.

    >>> import autograd, tempfile
    >>> with tempfile.NamedTemporaryFile() as f:
    ...     _ = autograd.from_file(f.name, shared=True, size=3).fill_(2.)
    ...     autograd.from_file(f.name, size=3)
    tensor([2., 2., 2.])
    """
    target = DEFAULT.float if dtype is None else numpy_dtype(dtype)
    wanted = size * target.itemsize
    if shared:
        with open(filename, "ab") as file:
            if file.tell() < wanted:
                file.truncate(wanted)
    elif os.path.getsize(filename) < wanted:
        fail(RuntimeError, f"from_file: {filename!r} has {os.path.getsize(filename)} bytes, and {size} elements of "
                           f"{target} take {wanted}")
    if not size:
        return wrap_node(np.empty(0, target), None)
    return wrap_node(np.memmap(filename, target, "r+" if shared else "c", shape=(size,)).view(np.ndarray), None)


@composite(public=False)
def storage(self):
    """The memory, as elements of the tensor's type."""
    return Storage(self._a)


@composite(public=False)
def untyped_storage(self):
    """The memory, as bytes."""
    return UntypedStorage(self._a)


@composite(public=False)
def storage_offset(self):
    """How many elements of the memory come before the first of the tensor."""
    return (self.data_ptr() - Storage(self._a).data_ptr()) // self._a.itemsize


@composite(public=False)
def const_data_ptr(self):
    """The address of the first element, for reading."""
    return self.data_ptr()


@composite(public=False)
def dim_order(self, ambiguity_check=False):
    """The dimensions from the one with the greatest stride to the one with the least."""
    order = sorted(range(self.ndim), key=lambda d: -self._a.strides[d])
    strides = [s for s, n in zip(self._a.strides, self._a.shape, strict=True) if n > 1]
    if ambiguity_check and len(set(strides)) < len(strides):
        fail(RuntimeError, f"The tensor does not have unique dim order, or cannot map to exact one of the given memory "
                           f"formats: strides {self.stride()}")
    return tuple(order)


@composite(public=False)
def is_set_to(self, tensor):
    """Whether both are the same elements of the same memory."""
    return (self.data_ptr() == tensor.data_ptr() and self._a.shape == tensor._a.shape
            and self._a.strides == tensor._a.strides)


@composite(public=False)
def set_(self, source=None, storage_offset=0, size=None, stride=None):
    """Make this tensor one on the memory of ``source``, another tensor of its type; without one, an empty tensor."""
    if recorded(self):
        fail(RuntimeError, f"set_(): cannot change the memory of a tensor that requires grad ({describe(self)}); do it "
                           "under no_grad(), or on its detach()")
    if source is None:
        array = np.empty(0, self._a.dtype)
    elif not hasattr(source, "_vc"):
        fail(TypeError, f"set_(): argument 'source' must be Tensor, not {type(source).__name__}")
    else:
        if source._a.dtype != self._a.dtype:
            fail(RuntimeError, f"set_(): source has {describe(source)}, the tensor is {describe(self)}; the types must "
                               "be equal")
        array = source._a
        if size is not None:
            array = source.detach().as_strided(size, stride if stride is not None else np.empty(
                tuple(size), np.uint8).strides, storage_offset)._a
    self._a, self._meta = array, None
    written(self._vc)
    return self


@composite(public=False)
def is_shared(self):
    """Whether the memory is one that forked processes share; see `share_memory_`."""
    owner = _root(self._a)
    return isinstance(getattr(owner, "obj", owner), mmap.mmap)


@composite(public=False)
def share_memory_(self):
    """Move the elements to memory that processes forked from this one share, and see each other write to.

    Views made before stay where they are.
    """
    if not is_shared(self) and self._a.size:
        shared = np.frombuffer(mmap.mmap(-1, self._a.nbytes), self._a.dtype).reshape(self._a.shape)
        shared[...] = self._a
        self._a = shared
    return self


@composite(public=False)
def to_dense(self, dtype=None, *, masked_grad=True):
    """The tensor itself, since all tensors here are dense, or its copy in another type."""
    return self if dtype is None else self.to(dtype)


@composite(public=False)
def new(self, *data):
    """A new tensor of this one's type: of a shape, uninitialised, or of the values given."""
    if len(data) == 1 and not isinstance(data[0], int):
        return self.new_tensor(data[0])
    return self.new_empty(data or (0,))


@composite()
def unsafe_split_with_sizes(input, split_sizes, dim=0):
    """Like `split_with_sizes`, but the parts are copies.

    >>> import autograd
    >>> autograd.unsafe_split_with_sizes(autograd.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    return tuple(part.clone() for part in split_with_sizes(input, split_sizes, dim))


# --- element by element -----------------------------------------------------------------------------------


def _each(self, name, function, *others):
    check_writable(self, name)
    writable_memory(self, name)
    if any(t.requires_grad for t in (self, *others)):
        fail(RuntimeError, f"{name}: Can't call {name}() on Variable that requires grad. Use "
                           f"var.detach().{name}() instead.")
    for t in others:
        if t._a.dtype != self._a.dtype:
            fail(TypeError, f"{name}: expected a tensor of type {self._a.dtype}, got {describe(t)}")
    arrays = [np.broadcast_to(t._a, self._a.shape) for t in others]
    for at in np.ndindex(self._a.shape):
        self._a[at] = number(function(self._a[at].item(), *[a[at].item() for a in arrays]), self._a.dtype)
    written(self._vc)
    return self


@composite(public=False)
def apply_(self, callable):
    """Replace each element ``x`` by ``callable(x)``; slow, and not differentiable."""
    return _each(self, "apply_", callable)


@composite(public=False)
def map_(self, tensor, callable):
    """Replace each element ``x`` by ``callable(x, y)``, with ``y`` from ``tensor``; slow, and not differentiable."""
    return _each(self, "map_", callable, tensor)


@composite(public=False)
def map2_(self, x, y, callable):
    """`map_` with elements of two other tensors."""
    return _each(self, "map2_", callable, x, y)


@composite(public=False)
def fill_diagonal_(self, fill_value, wrap=False):
    """Write ``fill_value`` to the elements whose indices are all equal; of tall matrices, with ``wrap``, again below.

    Raises:
        RuntimeError: there is one dimension only, or there are more than two and they differ in size.
    """
    check_writable(self, "fill_diagonal_")
    shape = self._a.shape
    if len(shape) < 2:
        fail(RuntimeError, f"fill_diagonal_: dimensions must larger than 1, got {list(shape)}")
    if len(shape) > 2 and len(set(shape)) > 1:
        fail(RuntimeError, f"fill_diagonal_: all dimensions of input must be of equal length, got {list(shape)}")
    mask = np.zeros(shape, bool)
    np.fill_diagonal(mask, True, wrap)
    return write_result(self, self.masked_fill(wrap_node(mask, None), fill_value), "fill_diagonal_")


@composite(public=False)
def __reversed__(self):
    """The elements along the first dimension in reverse order."""
    return self if self.ndim == 0 else self.flip(wrap_dim(0, self.ndim))
