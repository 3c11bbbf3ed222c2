"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from autograd import Tensor, cat
from autograd.errors import fail

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters, one after the other, as one vector (recorded).

    >>> import autograd, nn
    >>> nn.utils.parameters_to_vector([autograd.ones(1, 2), autograd.zeros(1)])
    tensor([1., 1., 0.])
    """
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let the parameters have the values of a vector: the inverse of `parameters_to_vector`.

    >>> import autograd, nn
    >>> layer = nn.Linear(2, 1)
    >>> nn.utils.vector_to_parameters(autograd.tensor([1., 2., 3.]), layer.parameters())
    >>> layer.weight
    Parameter containing:
    tensor([[1., 2.]], requires_grad=True)
    """
    if not isinstance(vec, Tensor):
        fail(TypeError, f"expected Tensor, but got: {type(vec).__name__}")
    parameters = list(parameters)
    total = sum(p.numel() for p in parameters)
    if vec.numel() < total:
        fail(RuntimeError, f"vector_to_parameters: the vector has {vec.numel()} elements, and the parameters "
                           f"{' + '.join(str(p.numel()) for p in parameters)} = {total}")
    start = 0
    for p in parameters:
        count = p.numel()
        p.data = vec[start:start + count].view_as(p).data
        start += count
