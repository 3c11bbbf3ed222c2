"""Modules as functions of their parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from autograd import Tensor
from autograd.errors import fail

from .utils.stateless import call_with

__all__ = ["functional_call"]


def functional_call(module: Any, parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
                    args: Any = None, kwargs: dict[str, Any] | None = None, *, tie_weights: bool = True,
                    strict: bool = False) -> Any:
    """Call a module with other tensors in the place of its parameters and buffers.

    Derivatives are those by the tensors given, so that one step of an inner optimizer can be differentiated through.

    Args:
        module: the module; it is afterwards as it was.
        parameter_and_buffer_dicts: tensors by the names that ``named_parameters`` and ``named_buffers`` give; the
            others stay. Or several such dictionaries, with different names. What the module assigns to a
            buffer, such as running statistics, is found in the dictionary.
        args: the argument of the call, or a tuple of them.
        kwargs: the keyword arguments of the call.
        tie_weights: a tensor that the module has under several names is replaced under all of them.
        strict: raise unless all names are given, and no others.

    Raises:
        ValueError: a name is in several dictionaries, or tied names have different values.
        RuntimeError: under ``strict`` names are missing or unexpected.

    >>> import autograd, nn
    >>> layer = nn.Linear(1, 1)
    >>> w = autograd.tensor([[3.]], requires_grad=True)
    >>> y = nn.func.functional_call(layer, {"weight": w, "bias": autograd.zeros(1)}, autograd.tensor([2.]))
    >>> y
    tensor([6.], grad_fn=<AddmmBackward0>)
    >>> autograd.grad(y, w)
    (tensor([[2.]]),)
    """
    given: Any = parameter_and_buffer_dicts
    if not isinstance(given, dict):
        if not isinstance(given, Sequence):
            fail(ValueError, "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
                             f"{type(given)}")
        if not all(isinstance(d, dict) for d in given):
            fail(ValueError, "Expected all elements of parameter_and_buffer_dicts to be dictionaries")
        repeated = [name for name, n in Counter(name for d in given for name in d).items() if n > 1]
        if repeated:
            fail(ValueError, f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
        given = {name: t for d in given for name, t in d.items()}
    return call_with(module, given, args, kwargs, tie_weights, strict)
