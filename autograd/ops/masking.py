"""Writing, selecting and scattering by a mask of booleans."""

from __future__ import annotations

import numpy as np

from ..dtypes import scalar_type
from ..errors import fail
from ..inplace import check_writable, write_result
from ..primitive import composite, primitive
from ..tape import wrap_node
from .assigning import put_at
from .indexing import gather_index
from .shape import broadcast_tensors, reshape
from .writing import in_place, number


def _check_mask(name, mask):
    if mask.dtype.kind != "b":
        fail(RuntimeError, f"{name} only supports boolean masks, but got mask with dtype "
                           f"{scalar_type(mask.dtype)}; convert with .bool()")


def _fill_into(out, mask, value):
    _check_mask("masked_fill_", mask)
    if not isinstance(value, np.ndarray):
        value = number(value, out.dtype)
    try:
        np.copyto(out, value, "unsafe", mask)
    except ValueError:
        fail(RuntimeError, f"The size of mask {list(mask.shape)} must match the size of the tensor {list(out.shape)} "
                           "in all dimensions, or be 1")


@primitive(
    vjp={"input": lambda g, mask: masked_fill_with(g, mask, np.zeros((), g.dtype)),
         "value": lambda g, mask: masked_fill_with(g, ~mask, np.zeros((), g.dtype))},
    inputs=("input", "mask", "value"), broadcasts=True, method=False,
    node_name="MaskedFillBackward0",
)
def masked_fill_with(input, mask, value):
    """`masked_fill` by a 0-d tensor."""
    _check_mask("masked_fill_", mask)
    if mask.shape == input.shape:
        out = np.array(input)
        np.copyto(out, value, where=mask)
        return out
    return np.where(mask, value, input)


@composite()
def masked_fill(input, mask, value):
    """A copy of ``input`` with ``value`` wherever ``mask``, which broadcasts, holds.

    Args:
        mask: a bool tensor.
        value: a number, or a 0-d tensor.

    >>> import autograd
    >>> x = autograd.tensor([1., -2.])
    >>> x.masked_fill(x < 0, 0.)
    tensor([1., 0.])
    """
    if not hasattr(value, "_vc"):
        value = wrap_node(number(value, input._a.dtype), None)
    elif value._a.ndim:
        fail(RuntimeError, "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                           f"{value._a.ndim} dimension(s).")
    elif value._a.dtype is not input._a.dtype:
        if value._a.dtype.kind == "c" and input._a.dtype.kind != "c":
            fail(RuntimeError, f"value cannot be converted to type {input._a.dtype}_t without overflow")
        value = value.to(input.dtype)
    return masked_fill_with(input, mask, value)


in_place(masked_fill, _fill_into)


@composite()
def masked_select(input, mask):
    """The elements of ``input`` where ``mask`` holds, in one dimension; the two broadcast.

    >>> import autograd
    >>> x = autograd.tensor([1, 5, 3])
    >>> autograd.masked_select(x, x > 2)
    tensor([5, 3])
    """
    if mask._a.dtype.kind != "b":
        fail(RuntimeError, f"masked_select: expected BoolTensor for mask, got {scalar_type(mask._a.dtype)}")
    input, mask = broadcast_tensors(input, mask)
    return gather_index(input, (mask._a.copy(),)) if input.ndim else gather_index(
        reshape(input, (1,)), (mask._a.reshape(1),))


@composite()
def masked_scatter(input, mask, source):
    """A copy of ``input`` with the elements of ``source``, in order, where ``mask`` holds.

    Raises:
        RuntimeError: ``source`` has too few elements.

    >>> import autograd
    >>> m = autograd.tensor([True, False, True])
    >>> autograd.zeros(3).masked_scatter(m, autograd.tensor([1., 2.]))
    tensor([1., 0., 2.])
    """
    if source._a.dtype != input._a.dtype:
        fail(RuntimeError, "masked_scatter: expected self and source to have same dtypes but got "
                           f"{scalar_type(input._a.dtype)} and {scalar_type(source._a.dtype)}")
    _check_mask("masked_scatter_", mask._a)
    input, mask = broadcast_tensors(input, mask)
    where = mask._a.copy()
    count = int(where.sum())
    if source.numel() < count:
        fail(RuntimeError, f"Number of elements of source < number of ones in mask ({source.numel()} < {count})")
    values = reshape(source, (-1,))[:count]
    if not input.ndim:
        return reshape(put_at(reshape(input, (1,)), values, (where.reshape(1),)), ())
    return put_at(input, values, (where,))


@composite(public=False)
def masked_scatter_(self, mask, source):
    """In-place form of `masked_scatter`."""
    check_writable(self, "masked_scatter_")
    return write_result(self, masked_scatter(self, mask, source), "masked_scatter_")
