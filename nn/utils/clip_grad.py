"""Keeping gradients small."""

from __future__ import annotations

import math
import types
import warnings
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.dtypes import DEFAULT
from autograd.errors import describe, fail
from autograd.kernels import gradients
from autograd.tape import wrap_node, written


def _listed(parameters: Any) -> list[Any]:
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)


def _gradients(parameters: Any) -> list[Tensor]:
    return [g for g in [p.grad for p in _listed(parameters)] if g is not None]


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
    norm_type = float(norm_type)
    if not arrays:
        return wrap_node(np.zeros((), DEFAULT.float), None)
    kind = np.result_type(*{a.real.dtype for a in arrays})
    total = gradients.norm(arrays, norm_type)
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
    _clip(_gradients(parameters), max_norm, total_norm)


def _clip(grads: list[Tensor], max_norm: float, total_norm: Tensor) -> None:
    # In the type of the norm, so that it rounds as PyTorch's does.
    with no_grad():
        scale = float(float(max_norm) / (total_norm + 1e-6))
    # A norm that is not a number spreads, as in PyTorch.
    if scale < 1.0 or math.isnan(scale):
        gradients.scale([g._a for g in grads], scale)
        for g in grads:
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
    emptied = isinstance(parameters, types.GeneratorType)
    parameters = _listed(parameters)
    if emptied and not parameters:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    grads = _gradients(parameters)
    total = get_total_norm(grads, norm_type, error_if_nonfinite)
    _clip(grads, max_norm, total)
    return total


def clip_grad_norm(parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
                   foreach: bool | None = None) -> Tensor:
    """The older name of `clip_grad_norm_`, with a warning.

    >>> import autograd, nn, warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     nn.utils.clip_grad_norm([], 1.)
    tensor(0.)
    """
    warnings.warn("`nn.utils.clip_grad_norm` is now deprecated in favor of `nn.utils.clip_grad_norm_`.", FutureWarning,
                  stacklevel=2)
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Limit every element of the gradients, in place, to plus or minus ``clip_value``.

    Raises:
        NotImplementedError: a gradient is complex; nothing is changed.

    >>> import autograd, nn
    >>> p = nn.Parameter(autograd.zeros(2))
    >>> p.grad = autograd.tensor([3., -4.])
    >>> nn.utils.clip_grad_value_([p], 3.5)
    >>> p.grad
    tensor([ 3.0000, -3.5000])
    """
    limit = float(clip_value)
    grads = _gradients(parameters)
    for g in grads:
        if g.is_complex():
            fail(NotImplementedError, "clip_grad_value_: clamp is not supported for complex types, and one gradient is "
                                      f"{describe(g)}; clip_grad_norm_ scales it")
    gradients.clip([g._a for g in grads], -limit, limit)
    for g in grads:
        written(g._vc)
