"""Pruning by a call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd import Tensor, ones_like
from autograd.errors import fail

from ..convert_parameters import parameters_to_vector
from .base import BasePruningMethod, PruningContainer
from .methods import (
    CustomFromMask,
    Identity,
    L1Unstructured,
    LnStructured,
    RandomStructured,
    RandomUnstructured,
)


def identity(module: Any, name: str) -> Any:
    """Put a mask of ones on a parameter: prepared for pruning, and nothing pruned.

    Args:
        module: the owner of the parameter, which becomes ``name_orig``; ``name`` is the product with ``name_mask``.
        name: of the parameter.

    Returns:
        The module.

    >>> import autograd, nn
    >>> from nn.utils import prune
    >>> list(prune.identity(nn.Linear(2, 3), "bias").state_dict())
    ['weight', 'bias_orig', 'bias_mask']
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: Any) -> Any:
    """Prune elements of a parameter at random.

    Args:
        module, name: the parameter, as in `identity`.
        amount: how many of those that are left; a float is the part of them.

    Returns:
        The module.

    >>> import autograd, nn
    >>> from nn.utils import prune
    >>> (prune.random_unstructured(nn.Linear(2, 3), "weight", amount=2).weight == 0).sum()
    tensor(2)
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Any, name: str, amount: Any, importance_scores: Tensor | None = None) -> Any:
    """Prune the elements of a parameter that have the smallest absolute values.

    Args:
        module, name: the parameter, as in `identity`.
        amount: how many of those that are left; a float is the part of them.
        importance_scores: take the absolute values of these instead.

    Returns:
        The module.

    >>> import autograd, nn
    >>> from nn.utils import prune
    >>> scores = autograd.tensor([[4., 1., 2.], [3., 6., 5.]])
    >>> prune.l1_unstructured(nn.Linear(3, 2), "weight", 0.5, importance_scores=scores).weight_mask
    tensor([[1., 0., 0.],
            [0., 1., 1.]])
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Any, name: str, amount: Any, dim: int) -> Any:
    """Prune indices of a dimension of a parameter at random.

    Args:
        module, name: the parameter, as in `identity`.
        amount: how many of those that are left; a float is the part of them.
        dim: the dimension.

    Returns:
        The module.

    >>> import autograd, nn
    >>> from nn.utils import prune
    >>> (prune.random_structured(nn.Linear(5, 3), "weight", amount=2, dim=1).weight == 0).all(0).sum()
    tensor(2)
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: Any, name: str, amount: Any, n: Any, dim: int,
                  importance_scores: Tensor | None = None) -> Any:
    """Prune the indices of a dimension of a parameter whose slices have the smallest norms.

    Args:
        module, name: the parameter, as in `identity`.
        amount: how many of those that are left; a float is the part of them.
        n: the ``p`` of the norm, as in ``autograd.norm``.
        dim: the dimension.
        importance_scores: take the norms of these instead.

    Returns:
        The module.

    >>> import autograd, nn
    >>> from nn.utils import prune
    >>> scores = autograd.tensor([[4., 1., 2.], [3., 6., 5.]])
    >>> prune.ln_structured(nn.Linear(3, 2), "weight", 1, n=2, dim=1, importance_scores=scores).weight_mask
    tensor([[0., 1., 1.],
            [0., 1., 1.]])
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Any, name: str, mask: Tensor) -> Any:
    """Prune the elements of a parameter where a mask is zero.

    Args:
        module, name: the parameter, as in `identity`.
        mask: of the parameter's shape.

    Returns:
        The module.

    >>> import autograd, nn
    >>> from nn.utils import prune
    >>> prune.custom_from_mask(nn.Linear(2, 3), "bias", autograd.tensor([0, 1, 0])).bias_mask
    tensor([0., 1., 0.])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters: Iterable[tuple[Any, str]], pruning_method: Any,
                        importance_scores: dict[tuple[Any, str], Tensor] | None = None, **kwargs: Any) -> None:
    """Prune elements of several parameters, chosen among all of them together.

    Args:
        parameters: pairs (module, name).
        pruning_method: `L1Unstructured`, `RandomUnstructured`, or another class whose type is ``"unstructured"``.
        importance_scores: what to choose by, by pair. Default: the parameters.
        kwargs: for the method, such as ``amount``.

    Raises:
        TypeError: the method is of another type.

    >>> import autograd, nn
    >>> from nn.utils import prune
    >>> net = nn.Sequential(nn.Linear(10, 4), nn.Linear(4, 1))
    >>> prune.global_unstructured([(net[0], "weight"), (net[1], "weight")], prune.L1Unstructured, amount=10)
    >>> sum((mask == 0).sum() for mask in net.buffers())
    tensor(10)
    """
    if not isinstance(parameters, Iterable):
        fail(TypeError, "global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        fail(TypeError, "global_unstructured(): importance_scores must be of type dict")
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        fail(TypeError, f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
                        f"{pruning_method} of type {method.PRUNING_TYPE}")
    method._tensor_name = "all"
    pairs = [(module, name, getattr(module, name)) for module, name in parameters]
    mask = PruningContainer(method).compute_mask(
        parameters_to_vector([scores.get((module, name), t) for module, name, t in pairs]),
        parameters_to_vector([getattr(module, name + "_mask", ones_like(t)) for module, name, t in pairs]))
    start = 0
    for module, name, t in pairs:
        custom_from_mask(module, name, mask=mask[start:start + t.numel()].view_as(t))
        start += t.numel()


def remove(module: Any, name: str) -> Any:
    """Make a pruned tensor a plain parameter again; what was pruned stays zero.

    Raises:
        ValueError: it was not pruned.

    >>> import autograd, nn
    >>> from nn.utils import prune
    >>> list(prune.remove(prune.random_unstructured(nn.Linear(2, 3), "weight", 2), "weight").state_dict())
    ['bias', 'weight']
    """
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    fail(ValueError, f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module: Any) -> bool:
    """Whether anything in a module, or in those below it, is pruned.

    >>> import nn
    >>> from nn.utils import prune
    >>> net = nn.Sequential(nn.Linear(2, 3))
    >>> before = prune.is_pruned(net)
    >>> before, prune.is_pruned(prune.identity(net[0], "weight"))
    (False, True)
    """
    return any(isinstance(hook, BasePruningMethod) for m in module.modules() for hook in m._forward_pre_hooks.values())
