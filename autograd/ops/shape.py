"""Shapes and views."""

from __future__ import annotations

import numpy as np

from ..codegen import RUNTIME
from ..primitive import composite, primitive
from ..views import apply_chain


@primitive(vjp={"input": lambda g, input_shape: g.reshape(input_shape)}, view=True, varargs="shape")
def reshape(input, shape):
    """stub"""
    return input.reshape(shape)


@primitive(vjp={"input": lambda g: g})
def clone(input):
    """A copy, with the gradient passed through."""
    return input.copy()


@primitive(vjp={"input": lambda g, index, input_shape: getitem_grad(g, index, input_shape)}, view=True)
def getitem(input, index):
    """stub"""
    return input[index]


@primitive(vjp={"g": lambda g, index: g[index]}, method=False)
def getitem_grad(g, index, shape):
    """Zeros of ``shape`` with ``g`` added at ``index``."""
    out = np.zeros(shape, g.dtype)
    np.add.at(out, index, g)
    return out


@primitive(
    vjp={"base": lambda g, chain: view_scatter(g, np.zeros((), g.dtype), chain),
         "value": lambda g, chain: apply_chain(g, chain)},
    method=False,
)
def view_scatter(base, value, chain, written=False):
    """``base`` with ``value`` in the place of the view of it that ``chain`` takes."""
    if written:
        return base
    out = base.copy()
    apply_chain(out, chain)[...] = value
    return out


@primitive(vjp={"input": lambda g, input_shape: expand(g, input_shape)}, method=False)
def sum_to_size(input, shape):
    """stub"""
    extra = input.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1 and input.shape[i + extra] != 1)
    return input.sum(axis=axes, keepdims=False).reshape(shape)


@primitive(vjp={"input": lambda g, input_shape: sum_to_size(g, input_shape)}, view=True, varargs="shape")
def expand(input, shape):
    """stub"""
    return np.broadcast_to(input, shape)


@composite(method=False)
def _setitem(self, index, value):
    raise NotImplementedError

RUNTIME.update(view_scatter=view_scatter, sum_to_size=sum_to_size)
