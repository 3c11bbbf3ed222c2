"""Making tensors from data, and filled ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import DEFAULT, device, from_numpy, numpy_dtype
from .errors import fail
from .tape import new_leaf, wrap_node


def finish(array: np.ndarray[Any, Any], requires_grad: bool) -> Any:
    """``array`` as a new leaf Tensor."""
    t = wrap_node(array, None)
    if requires_grad:
        if array.dtype.kind not in "fc":
            fail(RuntimeError, f"Only Tensors of floating point and complex dtype can require gradients, got {array.dtype}")
        t._node = new_leaf(array)
    return t


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A new tensor with a copy of ``data``.

    >>> import autograd
    >>> autograd.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    data = getattr(data, "_a", data)
    array = np.array(data)
    if dtype is not None:
        array = array.astype(numpy_dtype(dtype))
    elif not isinstance(data, (np.ndarray, np.generic)):
        if array.dtype.kind == "f":
            array = array.astype(DEFAULT.float)
        elif array.dtype.kind == "c":
            array = array.astype(DEFAULT.complex)
        elif array.dtype.kind in "iu":
            array = array.astype(np.int64)
    return finish(array, requires_grad)
