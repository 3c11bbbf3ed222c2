"""Similarity and distance of vectors, pair by pair."""

from __future__ import annotations

from ..dtypes import promote_types
from ..errors import fail
from ..primitive import composite
from .shape import broadcast_tensors


@composite(method=False)
def cosine_similarity(x1, x2, dim=1, eps=1e-08):
    """Cosine of the angle between vectors along ``dim``, ``sum(x1 * x2) / (max(|x1|, eps) * max(|x2|, eps))``.

    Raises:
        RuntimeError: the elements are integers, or the shapes do not broadcast.

    >>> import autograd
    >>> autograd.cosine_similarity(autograd.tensor([[1., 0.]]), autograd.tensor([[1., 1.]]))
    tensor([0.7071])
    """
    common = promote_types(x1.dtype, x2.dtype)
    x1, x2 = x1.to(common), x2.to(common)
    if x1.shape != x2.shape:
        x1, x2 = broadcast_tensors(x1, x2)
    if not x1.is_floating_point():
        fail(RuntimeError, f"expected common dtype to be floating point, yet common dtype is {x1.dtype}")
    norms = []
    for x in (x1, x2):
        length = x.norm(2, dim, keepdim=True)
        fixed = length.detach()
        # The lower limit changes the value and not the derivative.
        norms.append(length + (fixed.clamp_min(eps) - fixed))
    return ((x1 / norms[0]) * (x2 / norms[1])).sum(dim)


@composite(method=False)
def pairwise_distance(x1, x2, p=2.0, eps=1e-06, keepdim=False):
    """The p-norm of ``x1 - x2 + eps`` along the last dimension.

    >>> import autograd
    >>> autograd.pairwise_distance(autograd.tensor([[3., 4.]]), autograd.zeros(1, 2))
    tensor([5.0000])
    """
    return (x1 - x2 + eps).norm(p, -1, keepdim)
