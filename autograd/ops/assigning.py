"""``x[index] = value`` and `index_put`."""

from __future__ import annotations

import numpy as np

from ..dtypes import scalar_type
from ..errors import fail
from ..inplace import check_writable, write_result
from ..kernels.scatter import add_at
from ..primitive import composite, primitive
from .casting import converted
from .indexing import gather_index, getitem, index_error, lone_array, split_index
from .shape import sum_to_size
from .writing import copy_into, note_write, operand, recorded, writable_memory


def _put_value_grad(g, index, values_shape):
    return sum_to_size(gather_index(g, index), values_shape)


@primitive(
    vjp={"input": lambda g, index, accumulate: g if accumulate else put_at(g, np.zeros((), g.dtype), index),
         "values": _put_value_grad},
    method=False, node_name="IndexPutBackward0",
)
def put_at(input, values, index, accumulate=False):
    """A copy of ``input`` with ``values`` at the arrays' ``index``."""
    out = input.copy()
    put_into(out, values, index, accumulate)
    return out


def put_into(out, values, index, accumulate=False):
    """Write ``values`` to ``out`` at ``index``."""
    try:
        if accumulate:
            add_at(out, index, values)
        else:
            out[index] = values
    except IndexError as error:
        index_error(error, out)
    except ValueError:
        fail(RuntimeError, f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to "
                           f"indexing result of shape {list(out[index].shape)}")


def _without_leading_ones(value, ndim):
    """``value`` without dimensions of size 1 in front that the target does not have."""
    while value.ndim > ndim and value.shape[0] == 1:
        value = value[0]
    return value


@composite(public=False)
def setitem(self, index, value):
    """``self[index] = value``: the value is broadcast, and converted to this tensor's dtype."""
    check_writable(self, "__setitem__")
    kind = index.__class__
    if (kind is slice and index.step is None) or kind is int:
        basic, advanced = index, None
    else:
        basic, advanced = (), lone_array(index, self._a.shape)
        if advanced is None:
            basic, advanced = split_index(index, self._a.shape)
        elif recorded(self, value):
            advanced = (advanced[0].copy(),)
    value = operand(self, value)
    if advanced is None:
        if value._a.dtype is self._a.dtype and not recorded(self, value) and _assign(self._a, basic, value._a):
            note_write(self)
            return
        target = getitem(self, basic)
        copy_into(target, _without_leading_ones(value, target._a.ndim))
        return
    if basic.count(slice(None)) != len(basic):
        self = getitem(self, basic)
    _put(self, value, advanced, False, "__setitem__")


def _assign(array, index, values):
    """Let NumPy assign; False where it cannot, for the recorded path to say why."""
    try:
        array[index] = values
    except (ValueError, IndexError):
        return False
    return True


def _put(self, value, index, accumulate, name):
    """Write ``value`` to ``self`` at the arrays' ``index``."""
    writable_memory(self, name)
    if value._a.dtype != self._a.dtype:
        if value._a.ndim or (value._a.dtype.kind == "c" and self._a.dtype.kind != "c"):
            _mismatch(self, value)
        value = converted(value, self._a.dtype)
    if recorded(self, value):
        return write_result(self, put_at(self, value, index, accumulate), name)
    put_into(self._a, value._a, index, accumulate)
    return note_write(self)


def _mismatch(self, value):
    fail(RuntimeError, "Index put requires the source and destination dtypes match, got "
                       f"{scalar_type(self._a.dtype)} for the destination and {scalar_type(value._a.dtype)} for the "
                       "source.")


def _indices(input, indices):
    """The index of arrays that ``index_put`` was given, None standing for a full dimension."""
    if not isinstance(indices, (tuple, list)):
        fail(TypeError, "index_put(): argument 'indices' (position 1) must be tuple of Tensors, not "
                        f"{indices.__class__.__name__}")
    for i, item in enumerate(indices):
        if not hasattr(item, "_vc"):
            fail(TypeError, f"expected Tensor as element {i} in argument 0, but got {item.__class__.__name__}")
    # A 0-d index counts as one of a single element here, whereas x[i] drops the dimension.
    arrays = tuple([i.reshape(1) if i.ndim == 0 else i for i in indices])
    _, advanced = split_index(arrays, input._a.shape)
    return advanced


def _check_values(values):
    if not hasattr(values, "_vc"):
        fail(TypeError, f"index_put(): argument 'values' (position 2) must be Tensor, not {values.__class__.__name__}")


@composite()
def index_put(input, indices, values, accumulate=False):
    """A copy of ``input`` with ``values`` at ``input[indices]``.

    Args:
        indices: a tuple of index tensors, as in ``input[i, j]``.
        values: broadcasts to the shape of ``input[indices]``.
        accumulate: add the values, also where an element is named more than once.

    >>> import autograd
    >>> i = autograd.tensor([0, 2])
    >>> autograd.zeros(3).index_put((i,), autograd.tensor(1.))
    tensor([1., 0., 1.])
    """
    _check_values(values)
    if values._a.dtype != input._a.dtype:
        _mismatch(input, values)
    return put_at(input, values, _indices(input, indices), bool(accumulate))


@composite(public=False)
def index_put_(self, indices, values, accumulate=False):
    """In-place form of `index_put`."""
    check_writable(self, "index_put_")
    _check_values(values)
    return _put(self, values, _indices(self, indices), bool(accumulate), "index_put_")
