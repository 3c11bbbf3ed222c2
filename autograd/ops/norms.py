"""Norms and distances of whole tensors."""

from __future__ import annotations

from ..dims import wrap_dim
from ..errors import fail
from ..primitive import composite
from .comparison import where
from .linalg.norms import matrix_norm
from .vector_norm import linalg_vector_norm


@composite()
def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    """Norm of the elements taken as one vector, or of the vectors along ``dim``; ``p="nuc"`` is a matrix norm.

    Args:
        input: floating or complex.
        p: a number (also inf, -inf, 0); ``"fro"``, the 2-norm; or ``"nuc"``, the sum of the singular values.
        dim: an int or several; None for all. For ``"nuc"``, the two that make up a matrix.
        keepdim: keep reduced dimensions with size 1.
        dtype: compute in this type.

    >>> import autograd
    >>> autograd.tensor([3., 4.]).norm()
    tensor(5.)
    >>> autograd.tensor([[3., -4.], [1., 1.]]).norm(1, dim=1)
    tensor([7., 2.])
    """
    if isinstance(p, str) and p != "fro":
        if p != "nuc":
            fail(RuntimeError, f"linalg.matrix_norm: Order {p} not supported.")
        return matrix_norm(input, "nuc", tuple(range(input.ndim)) if dim is None else dim, keepdim, dtype=dtype)
    return linalg_vector_norm(input, 2 if p == "fro" or p is None else p, dim, keepdim, dtype=dtype)


@composite(method=False)
def frobenius_norm(input, dim, keepdim=False):
    """The 2-norm of the elements along ``dim``, one dimension or two; all for an empty list.

    >>> import autograd
    >>> autograd.frobenius_norm(autograd.tensor([[3., 4.]]), (0, 1))
    tensor(5.)
    """
    return linalg_vector_norm(input, 2, dim or None if isinstance(dim, (list, tuple)) else dim, keepdim)


@composite(method=False)
def nuclear_norm(input, dim=(-2, -1), keepdim=False):
    """The sum of the singular values of the matrices in the two dimensions ``dim``.

    >>> import autograd
    >>> autograd.nuclear_norm(autograd.tensor([[3., 0.], [0., -4.]]))
    tensor(7.)
    """
    return matrix_norm(input, "nuc", dim, keepdim)


@composite(method=False)
def norm_except_dim(v, pow=2, dim=0):
    """The ``pow``-norm of each slice ``v.select(dim, i)``, of the shape of ``v`` with all other dimensions 1.

    >>> import autograd
    >>> autograd.norm_except_dim(autograd.tensor([[3., 4.], [0., 2.]]))
    tensor([[5.],
            [2.]])
    """
    if dim == -1:
        return linalg_vector_norm(v, pow)
    others = tuple(d for d in range(v.ndim) if d != dim % v.ndim)
    return linalg_vector_norm(v, pow, others, True) if others else v.abs()


@composite()
def dist(input, other, p=2):
    """The ``p``-norm of ``input - other``, with broadcasting.

    >>> import autograd
    >>> autograd.dist(autograd.tensor([1., 2.]), autograd.tensor([4., 6.]))
    tensor(5.)
    """
    return linalg_vector_norm(input - other, p)


@composite(inplace=True)
def renorm(input, p, dim, maxnorm):
    """Each slice ``input.select(dim, i)`` whose ``p``-norm exceeds ``maxnorm``, scaled down to that norm.

    Args:
        input: floating or complex, with at least two dimensions.
        p: the order of the norm, positive.
        dim: the dimension that numbers the slices.
        maxnorm: the greatest norm to allow.

    >>> import autograd
    >>> autograd.renorm(autograd.tensor([[3., 4.], [0.3, 0.4]]), 2, 0, 1.)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    if p <= 0:
        fail(RuntimeError, "renorm: non-positive-norm not supported")
    if maxnorm < 0:
        fail(RuntimeError, f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.ndim < 2:
        fail(RuntimeError, f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    dim = wrap_dim(dim, input.ndim)
    sizes = linalg_vector_norm(input, p, [d for d in range(input.ndim) if d != dim], True)
    return input * where(sizes > maxnorm, maxnorm / (sizes + 1e-7), 1.0)
