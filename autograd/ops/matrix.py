"""Products of matrices and vectors."""

from __future__ import annotations

from math import prod

import numpy as np

from ..codegen import inline
from ..dtypes import scalar_type
from ..errors import describe, fail
from ..kernels import matmul as kernel
from ..primitive import composite, primitive


def _product(a, b):
    """``a @ b``: of arrays by our kernel, which is faster than the operator's, of Tensors recorded."""
    return kernel.matmul(a, b) if a.__class__ is np.ndarray else a @ b


def _matmul_input(g, input_shape, other):
    """``g @ other.T``, for every pair of ranks; the engine sums over broadcast batch dimensions."""
    rank = len(input_shape)
    if other.ndim == 2 and rank >= 2:
        if rank > 2:  # one product over all rows
            rows = prod(input_shape[:-1])
            return _product(g.reshape(rows, g.shape[-1]), other.T).reshape(input_shape)
        # With one term a product is an outer product, which is faster as such.
        return _product(g, other.T) if g.shape[1] != 1 else g * other.T
    if other.ndim == 1:
        return g.reshape(*g.shape, 1) * other
    if rank == 1:
        column = _product(other, g.reshape(*g.shape, 1))
        return column.reshape(column.shape[:-1])
    return _product(g, other.mT)


def _matmul_other(g, input, other_shape):
    """``input.T @ g``, likewise."""
    rank = len(other_shape)
    if input.ndim == 1:
        if rank == 1:
            return input * g
        return input.reshape(input.shape[0], 1) * g.reshape(*g.shape[:-1], 1, g.shape[-1])
    if rank > 2:
        return _product(input.mT, g)
    if input.ndim > 2:
        rows = prod(input.shape[:-1])
        input, g = input.reshape(rows, input.shape[-1]), g.reshape(rows, *g.shape[input.ndim - 1:])
    return _product(input.T, g) if rank == 1 or g.shape[0] != 1 else input.T * g


@primitive(
    vjp={"input": _matmul_input, "other": _matmul_other},
    broadcasts=True, fast=inline("product(input, other)", product=kernel.matmul), holomorphic=True, numpy=(np.matmul,),
)
def matmul(input, other):
    """Product of matrices ``sum_k input[.., i, k] * other[.., k, j]``; of vectors, the dot product.

    A vector on the left is a row, on the right a column, and its dimension does not appear in the result. Dimensions
    before the last two are batches, which broadcast.

    Args:
        input: of shape (K), or (..., M, K).
        other: of shape (K), or (..., K, N), of the same dtype.

    Returns:
        A tensor of shape (..., M, N), without M or N where that operand is a vector.

    Raises:
        RuntimeError: the shapes or the dtypes do not match.

    >>> import autograd
    >>> autograd.tensor([[1., 2.], [3., 4.]]) @ autograd.tensor([1., -1.])
    tensor([-1., -1.])
    """
    try:
        return kernel.matmul(input, other)
    except RuntimeError as error:
        if isinstance(error, NotImplementedError):
            raise
        message, found, rest = str(error).partition("\n  in ")
        error.args = (message + _transposed(input.shape, other.shape) + found + rest,)
        raise


def _transposed(a, b):
    """Which operand of a product would fit after transposing it, as the end of a message."""
    for first, second, fix in ((a, (*b[:-2], *b[:-3:-1]), "other.mT"), ((*a[:-2], *a[:-3:-1]), b, "input.mT")):
        if len(a) > 1 and len(b) > 1 and a[-1] != b[-2] and first[-1] == second[-2]:
            return f"; did you mean to transpose one, with {fix}?"
    return ""


@composite()
def mm(input, mat2):
    """Product of two matrices, (M, K) by (K, N); unlike `matmul` it takes nothing else.

    >>> import autograd
    >>> autograd.mm(autograd.tensor([[1., 2.]]), autograd.tensor([[3.], [4.]]))
    tensor([[11.]])
    """
    if input.ndim != 2:
        fail(RuntimeError, f"self must be a matrix, got {describe(input)}; matmul takes other ranks")
    if mat2.ndim != 2:
        fail(RuntimeError, f"mat2 must be a matrix, got {describe(mat2)}; matmul takes other ranks")
    return matmul(input, mat2)


@composite()
def bmm(input, mat2):
    """Products of two batches of matrices, (B, M, K) by (B, K, N), without broadcasting.

    >>> import autograd
    >>> autograd.bmm(autograd.ones(2, 1, 3), autograd.ones(2, 3, 1)).flatten()
    tensor([3., 3.])
    """
    if input.ndim != 3:
        fail(RuntimeError, f"batch1 must be a 3D tensor, got {describe(input)}")
    if mat2.ndim != 3:
        fail(RuntimeError, f"batch2 must be a 3D tensor, got {describe(mat2)}")
    batch, _, terms = input.shape
    if tuple(mat2.shape[:2]) != (batch, terms):
        fail(RuntimeError, "Expected size for first two dimensions of batch2 tensor to be: "
                           f"[{batch}, {terms}] but got: {list(mat2.shape[:2])}.")
    return matmul(input, mat2)


@composite()
def mv(input, vec):
    """Product of a matrix (M, K) and a vector (K).

    >>> import autograd
    >>> autograd.mv(autograd.tensor([[1., 2.], [3., 4.]]), autograd.tensor([1., 1.]))
    tensor([3., 7.])
    """
    if input.ndim != 2 or vec.ndim != 1:
        fail(RuntimeError, f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim}")
    return matmul(input, vec)


@composite()
def dot(input, tensor):
    """Dot product ``sum_k input[k] * tensor[k]`` of two vectors of one length.

    >>> import autograd
    >>> autograd.dot(autograd.tensor([2., 3.]), autograd.tensor([2., 1.]))
    tensor(7.)
    """
    if input.ndim != 1 or tensor.ndim != 1:
        fail(RuntimeError, f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors; "
                           "use (a * b).sum(dim) for other ranks")
    return matmul(input, tensor)


@composite()
def vdot(input, other):
    """Dot product of two vectors with the first conjugated.

    >>> import autograd
    >>> autograd.vdot(autograd.tensor([1j, 1.]), autograd.tensor([1j, 1.]))
    tensor(2.+0.j)
    """
    return dot(input.conj() if input.is_complex() else input, other)


@composite(numpy=(np.inner,))
def inner(input, other):
    """Dot products over the last dimensions: ``out[.., i, .., j] = sum_k input[.., i, k] * other[.., j, k]``.

    Args:
        input: of shape (..., K), or 0-d, which multiplies.
        other: of shape (..., K), or 0-d, of the same dtype.

    >>> import autograd
    >>> autograd.inner(autograd.tensor([1., 2.]), autograd.tensor([[0., 2.], [1., 1.]]))
    tensor([4., 3.])
    """
    if input.ndim == 0 or other.ndim == 0:
        return input * other
    if input.dtype != other.dtype:
        fail(RuntimeError, f"both inputs should have same dtype, got {describe(input)} and {describe(other)}")
    if input.shape[-1] != other.shape[-1]:
        fail(RuntimeError, "inner() the last dimension must match on both input tensors but got shapes "
                           f"{list(input.shape)} and {list(other.shape)}")
    if other.ndim == 1:
        return matmul(input, other)
    rows = other.reshape(prod(other.shape[:-1]), other.shape[-1])
    return matmul(input, rows.T).reshape((*input.shape[:-1], *other.shape[:-1]))


@composite(numpy=(np.outer,))
def outer(input, vec2):
    """Outer product ``out[i, j] = input[i] * vec2[j]`` of two vectors.

    >>> import autograd
    >>> autograd.outer(autograd.tensor([1, 2]), autograd.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    _expect_vector("outer", "self", input)
    _expect_vector("outer", "vec2", vec2)
    return input.reshape(input.shape[0], 1) * vec2


@composite()
def ger(input, vec2):
    """Another name of `outer`.

    >>> import autograd
    >>> autograd.ger(autograd.tensor([1, 2]), autograd.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    return outer(input, vec2)


def _expect_vector(name, argument, value):
    if value.ndim != 1:
        fail(RuntimeError, f"{name}: Expected 1-D argument {argument}, but got {value.ndim}-D")


# --- products added to something ------------------------------------------------------------------------------


def _blend(input, product, beta, alpha):
    """``beta * input + alpha * product``; with ``beta`` zero not even the NaNs of ``input`` count."""
    if product.dtype.kind in "biu":  # factors are cut to the type of the elements
        kind = bool if product.dtype.kind == "b" and input.dtype.kind == "b" else int
        beta, alpha = kind(beta), kind(alpha)
    if alpha != 1:
        product = product * alpha
    if beta == 0:
        return product
    if len(input.shape) > len(product.shape) or any(
            n != m and n != 1 for n, m in zip(input.shape[::-1], product.shape[::-1])):
        input = input.expand(product.shape)  # which says what is wrong
    return (input if beta == 1 else input * beta) + product


def _same_dtype(input, product):
    if input.dtype != product.dtype:
        fail(RuntimeError, "self and mat2 must have the same dtype, but got "
                           f"{scalar_type(input.dtype)} and {scalar_type(product.dtype)}")


@composite(inplace=True)
def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """``beta * input + alpha * (mat1 @ mat2)``.

    Args:
        input: of a shape that expands to (M, N).
        mat1: (M, K).
        mat2: (K, N).
        beta: factor of ``input``, which is ignored altogether where this is 0.
        alpha: factor of the product.

    >>> import autograd
    >>> autograd.addmm(autograd.tensor([1., 2.]), autograd.eye(2), autograd.eye(2), alpha=10)
    tensor([[11.,  2.],
            [ 1., 12.]])
    """
    for name, value in (("mat1", mat1), ("mat2", mat2)):
        if value.ndim != 2:
            fail(RuntimeError, f"{name} must be a matrix, got {value.ndim}-D tensor")
    product = matmul(mat1, mat2)
    _same_dtype(input, product)
    return _blend(input, product, beta, alpha)


@composite(inplace=True)
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """``beta * input + alpha * (mat @ vec)``, of a matrix (M, K) and a vector (K).

    >>> import autograd
    >>> autograd.addmv(autograd.ones(2), autograd.eye(2), autograd.tensor([1., 2.]))
    tensor([2., 3.])
    """
    product = mv(mat, vec)
    _same_dtype(input, product)
    return _blend(input, product, beta, alpha)


@composite(inplace=True)
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """``beta * input + alpha * (batch1 @ batch2)`` for batches (B, M, K) and (B, K, N).

    >>> import autograd
    >>> autograd.baddbmm(autograd.zeros(1), autograd.ones(2, 1, 3), autograd.ones(2, 3, 1)).flatten()
    tensor([3., 3.])
    """
    product = bmm(batch1, batch2)
    _same_dtype(input, product)
    return _blend(input, product, beta, alpha)


@composite(inplace=True)
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """``beta * input + alpha * sum_b batch1[b] @ batch2[b]`` for batches (B, M, K) and (B, K, N).

    >>> import autograd
    >>> autograd.addbmm(autograd.zeros(1, 1), autograd.ones(2, 1, 3), autograd.ones(2, 3, 1))
    tensor([[6.]])
    """
    for name, value in (("batch1", batch1), ("batch2", batch2)):
        if value.ndim != 3:
            fail(RuntimeError, f"{name} must be a 3D tensor, got {describe(value)}")
    (count, m, k), (count2, k2, n) = batch1.shape, batch2.shape
    if count != count2:
        fail(RuntimeError, f"batch1 and batch2 must have same number of batches, got {count} and {count2}")
    if k != k2:
        fail(RuntimeError, f"Incompatible matrix sizes for bmm ({m}x{k} and {k2}x{n})")
    product = matmul(batch1.transpose(0, 1).reshape(m, count * k), batch2.reshape(count * k, n))
    _same_dtype(input, product)
    return _blend(input, product, beta, alpha)


@composite(inplace=True)
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """``beta * input + alpha * outer(vec1, vec2)``, with dtypes promoted.

    >>> import autograd
    >>> autograd.addr(autograd.zeros(2, 2), autograd.tensor([1., 2.]), autograd.tensor([1., 10.]))
    tensor([[ 1., 10.],
            [ 2., 20.]])
    """
    _expect_vector("addr", "vec1", vec1)
    _expect_vector("addr", "vec2", vec2)
    product = outer(vec1, vec2)
    if product.dtype.kind in "biu" and input.dtype.kind in "biu":
        for name, value in (("beta", beta), ("alpha", alpha)):
            if isinstance(value, float):
                fail(RuntimeError, f"For integral input tensors, argument {name} must not be a floating point number.")
    return _blend(input, product, beta, alpha)
