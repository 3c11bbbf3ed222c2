"""What a tensor is, apart from its values and its gradient: shape, type, place in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes
from .errors import describe, fail
from .node import INFERENCE


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple of ints that prints as ``Size([2, 3])``.

    >>> import autograd
    >>> s = autograd.zeros(2, 3).shape
    >>> s, s.numel(), s == (2, 3)
    (Size([2, 3]), 6, True)
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        count = 1
        for n in self:
            count *= n
        return count

    def __repr__(self) -> str:
        return f"Size({list(self)})"

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, tuple(other)))


class Attributes:
    """The attributes and the methods that tell them, for `Tensor` to inherit."""

    __slots__ = ()

    if TYPE_CHECKING:
        _a: np.ndarray[Any, Any]
        _vc: list[int]

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return Size(self._a.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The element type."""
        return dtypes.from_numpy(self._a.dtype)

    @property
    def device(self) -> dtypes.device:
        """Where it lies: always the CPU."""
        return dtypes.device("cpu")

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._a.ndim

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self._a.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._a.nbytes

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of dimension ``dim``."""
        if dim is None:
            return Size(self._a.shape)
        try:
            return self._a.shape[dim]
        except IndexError:
            n = max(self._a.ndim, 1)
            fail(IndexError, f"size(): Dimension out of range (expected to be in range of [{-n}, {n - 1}], "
                             f"but got {dim}) for {describe(self)}")

    def dim(self) -> int:
        """The number of dimensions."""
        return self._a.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._a.size

    ndimension, nelement = dim, numel

    def is_nonzero(self) -> bool:
        """Whether the single element is not zero."""
        return bool(self)

    def is_same_size(self, other: Any) -> bool:
        """Whether ``other`` has the same shape."""
        return self._a.shape == other._a.shape

    def element_size(self) -> int:
        """Bytes per element."""
        return self._a.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """Elements from one index to the next, along each dimension or along ``dim``."""
        strides = tuple(s // self._a.itemsize for s in self._a.strides)
        return strides if dim is None else strides[dim]

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory in order of their indices."""
        return bool(self._a.flags.c_contiguous)

    def data_ptr(self) -> int:
        """The address of the first element."""
        return int(self._a.__array_interface__["data"][0])

    def is_floating_point(self) -> bool:
        return self._a.dtype.kind == "f"

    def is_complex(self) -> bool:
        return self._a.dtype.kind == "c"

    def is_signed(self) -> bool:
        return self._a.dtype.kind in "ifc"

    def is_inference(self) -> bool:
        """Whether it was made in `inference_mode`."""
        return self._vc is INFERENCE
