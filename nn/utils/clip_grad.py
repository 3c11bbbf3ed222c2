"""Keeping gradients small."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor, cat
from autograd.errors import fail
from autograd.tape import wrap_node, written


def _listed(parameters: Any) -> list[Any]:
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)


def _gradients(parameters: Any) -> list[Tensor]:
    return [p.grad for p in _listed(parameters) if p.grad is not None]


def get_total_norm(tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False,
                   foreach: bool | None = None) -> Tensor:
    """The norm of all tensors together, as if they were one vector.

    Args:
        tensors: a tensor or several.
        norm_type: p of the norm; ``inf`` for the largest absolute value.
        error_if_nonfinite: raise where the norm is infinite or not a number.
        foreach: accepted; there is one implementation.

    Returns:
        The norm, a tensor without dimensions.

    >>> import autograd
    >>> from nn.utils import get_total_norm
    >>> get_total_norm([autograd.tensor([3.]), autograd.tensor([4.])])
    tensor(5.)
    """
    tensors = _listed(tensors)
    arrays = [t._a for t in tensors]
    arrays = [a.astype(np.float32) if a.itemsize == 2 else a for a in arrays]  # squares overflow half precision
    norm_type = float(norm_type)
    if not arrays:
        return wrap_node(np.zeros((), np.float32), None)
    kind = np.result_type(*[t._a.real.dtype for t in tensors])
    if norm_type == 2.0:
        # Each sum of squares in its own type, and those few numbers in double precision.
        total = math.sqrt(sum(float(np.vdot(a, a).real) for a in map(np.ravel, arrays)))
    elif norm_type == math.inf:
        total = float(np.max([np.abs(a).max(initial=0) for a in arrays]))
    else:
        norms = np.array([np.linalg.norm(a.ravel(), norm_type) for a in arrays])
        total = float(np.linalg.norm(norms, norm_type))
    if error_if_nonfinite and not math.isfinite(total):
        fail(RuntimeError, f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it "
                           "cannot be clipped. To disable this error and scale the gradients by the non-finite norm "
                           "anyway, set `error_if_nonfinite=False`")
    return wrap_node(np.array(total, kind), None)


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Tensor, foreach: bool | None = None) -> None:
    """Scale the gradients by ``max_norm / total_norm`` where that is below 1.

    >>> import autograd, nn
    >>> p = nn.Parameter(autograd.zeros(2))
    >>> p.grad = autograd.tensor([3., -4.])
    >>> nn.utils.clip_grads_with_norm_([p], 1., total_norm=autograd.tensor(10.))
    >>> p.grad
    tensor([ 0.3000, -0.4000])
    """
    scale = float(max_norm) / (float(total_norm) + 1e-6)
    # A norm that is not a number spreads, as in PyTorch.
    if scale < 1.0 or math.isnan(scale):
        for g in _gradients(parameters):
            np.multiply(g._a, g._a.dtype.type(scale), out=g._a)
            written(g._vc)


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
                    foreach: bool | None = None) -> Tensor:
    """Scale the gradients, in place, so that their norm together is at most ``max_norm``.

    Args:
        parameters: a parameter or several.
        max_norm: the largest norm allowed.
        norm_type: p of the norm; ``inf`` for the largest absolute value.
        error_if_nonfinite: raise where the norm is infinite or not a number.
        foreach: accepted; there is one implementation.

    Returns:
        The norm before.

    >>> import autograd, nn
    >>> p = nn.Parameter(autograd.tensor([0., 0.]))
    >>> p.grad = autograd.tensor([3., 4.])
    >>> nn.utils.clip_grad_norm_([p], 1.)
    tensor(5.)
    >>> p.grad
    tensor([0.6000, 0.8000])
    """
    parameters = _listed(parameters)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Limit every element of the gradients, in place, to plus or minus ``clip_value``.

    >>> import autograd, nn
    >>> p = nn.Parameter(autograd.zeros(2))
    >>> p.grad = autograd.tensor([3., -4.])
    >>> nn.utils.clip_grad_value_([p], 3.5)
    >>> p.grad
    tensor([ 3.0000, -3.5000])
    """
    limit = float(clip_value)
    for g in _gradients(parameters):
        np.clip(g._a, -limit, limit, out=g._a)
        written(g._vc)


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
