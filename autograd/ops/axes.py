"""Dimensions in another order: transposes and permutations, all of them views."""

from __future__ import annotations

import numpy as np

from ..codegen import inline
from ..dims import inverse_order, wrap_dim, wrap_dims
from ..errors import fail
from ..on_first_call import RUNTIME
from ..primitive import composite, primitive
from .shape import alias


@primitive(vjp={"input": lambda g, dim0, dim1: g.swapaxes(dim0, dim1) if g.ndim else g}, view=True)
def transpose(input, dim0, dim1):
    """A view with dimensions ``dim0`` and ``dim1`` exchanged.

    Raises:
        IndexError: there is no such dimension.

    >>> import autograd
    >>> autograd.transpose(autograd.tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    if not input.ndim:
        wrap_dim(dim0, 0), wrap_dim(dim1, 0)
        return input.view()
    return input.swapaxes(dim0, dim1)


@composite(numpy=(np.swapaxes,))
def swapaxes(input, axis0, axis1):
    """`transpose` by NumPy's name.

    >>> import autograd
    >>> autograd.zeros(2, 3, 4).swapaxes(0, 2).shape
    Size([4, 3, 2])
    """
    return transpose(input, axis0, axis1)


@composite()
def swapdims(input, dim0, dim1):
    """`transpose`.

    >>> import autograd
    >>> autograd.zeros(2, 3, 4).swapdims(0, 2).shape
    Size([4, 3, 2])
    """
    return transpose(input, dim0, dim1)


@primitive(vjp={"input": lambda g: g.T}, view=True, fast=inline("input.T"), method=False,
           node_name="PermuteBackward0")
def reverse_dims(input):
    """All dimensions in reverse order (``x.T``)."""
    return input.T


@primitive(vjp={"input": lambda g: g.T}, view=True)
def t(input):
    """The transpose of a matrix; tensors of fewer dimensions as they are.

    Raises:
        RuntimeError: more than two dimensions.

    >>> import autograd
    >>> autograd.tensor([[1, 2], [3, 4]]).t()
    tensor([[1, 3],
            [2, 4]])
    """
    if input.ndim > 2:
        fail(RuntimeError, f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return input.T


@composite(method=False)
def matrix_transpose(input):
    """The last two dimensions exchanged (``x.mT``)."""
    if input.ndim < 2:
        fail(RuntimeError, "tensor.mT is only supported on matrices or batches of matrices. "
                           f"Got {input.ndim}-D tensor.")
    return transpose(input, -2, -1)


@composite()
def adjoint(input):
    """The last two dimensions exchanged and the elements conjugated (``x.mH``).

    >>> import autograd
    >>> autograd.tensor([[1 + 2j, 3 - 1j]]).adjoint()
    tensor([[1.-2.j],
            [3.+1.j]])
    """
    if input.ndim < 2:
        fail(RuntimeError, "tensor.adjoint() is only supported on matrices or batches of matrices. "
                           f"Got {input.ndim}-D tensor.")
    swapped = transpose(input, -2, -1)
    return RUNTIME["conj_physical"](swapped) if input.is_complex() else swapped


@composite(method=False)
def hermitian(input):
    """The conjugate transpose of a matrix (``x.H``)."""
    if input.ndim not in (0, 2):
        fail(RuntimeError, f"tensor.H is only supported on matrices (2-D tensors). Got {input.ndim}-D tensor."
                           + (" For batches of matrices, consider using tensor.mH" if input.ndim > 2 else ""))
    if input.ndim == 2:
        return adjoint(input)
    return RUNTIME["conj_physical"](input) if input.is_complex() else input


@primitive(vjp={"input": lambda g, dims: permute(g, inverse_order(wrap_dims(dims, g.ndim)))}, view=True, varargs="dims")
def permute(input, dims):
    """A view with the dimensions in the order ``dims``, given one by one or as a sequence.

    Raises:
        RuntimeError: ``dims`` does not name every dimension once.

    >>> import autograd
    >>> autograd.zeros(2, 3, 4).permute(2, 0, 1).shape
    Size([4, 2, 3])
    """
    if len(dims) != input.ndim:
        fail(RuntimeError, "permute(sparse_coo): number of dimensions in the tensor input does not match the length of "
                           f"the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not equal to "
                           f"len(dims) = {len(dims)}")
    try:
        return input.transpose(dims)
    except ValueError as error:
        if "repeated axis" in str(error):
            fail(RuntimeError, "permute(): duplicate dims are not allowed.")
        raise


@composite()
def movedim(input, source, destination):
    """Dimensions ``source`` moved to the places ``destination``, the others kept in order.

    >>> import autograd
    >>> autograd.zeros(2, 3, 4).movedim(0, -1).shape
    Size([3, 4, 2])
    """
    ndim = input.ndim
    source = source if hasattr(source, "__iter__") else (source,)
    destination = destination if hasattr(destination, "__iter__") else (destination,)
    if len(source) != len(destination):
        fail(RuntimeError, "movedim: Invalid source or destination dims: source and destination must have the same "
                           f"number of elements, got {list(source)} and {list(destination)}")
    moved, places = wrap_dims(source, ndim), wrap_dims(destination, ndim)
    rest = iter([d for d in range(ndim) if d not in moved])
    at = dict(zip(places, moved))
    return permute(input, tuple([at[d] if d in at else next(rest) for d in range(ndim)])) if ndim else alias(input)


@composite(numpy=(np.moveaxis,))
def moveaxis(input, source, destination):
    """`movedim` by NumPy's name.

    >>> import autograd
    >>> autograd.zeros(2, 3, 4).moveaxis(0, -1).shape
    Size([3, 4, 2])
    """
    return movedim(input, source, destination)
