"""What all methods of pruning share: the mask as a hook, and several masks on one tensor."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from autograd import Tensor, ones_like
from autograd.errors import fail


class BasePruningMethod(ABC):
    """A way to choose what is pruned; as a hook it applies the mask before each forward.

    A subclass defines ``compute_mask`` and ``PRUNING_TYPE``: ``"unstructured"``, it chooses among elements;
    ``"structured"``, among the indices of the dimension ``self.dim``; ``"global"``, its mask is for the whole tensor.

    >>> import nn
    >>> from nn.utils import prune
    >>> class EverySecond(prune.BasePruningMethod):
    ...     PRUNING_TYPE = "unstructured"
    ...     def compute_mask(self, t, default_mask):
    ...         mask = default_mask.clone()
    ...         mask.view(-1)[::2] = 0
    ...         return mask
    >>> layer = nn.Linear(2, 1)
    >>> _ = EverySecond.apply(layer, "weight")
    >>> layer.weight_mask
    tensor([[0., 1.]])
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask for what ``t`` says of the importance of each element; only what ``default_mask`` keeps is kept."""

    def apply_mask(self, module: Any) -> Tensor:
        """The tensor with its mask applied."""
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(original.dtype) * original

    @classmethod
    def apply(cls, module: Any, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any) -> Any:
        """Prune a parameter of a module: ``name`` becomes the product of ``name_orig`` and the buffer ``name_mask``.

        Args:
            module: the owner of the parameter. What is pruned already stays so.
            name: of the parameter.
            args, kwargs: for the constructor of the method.
            importance_scores: what to choose by, of the parameter's shape. Default: the parameter.

        Returns:
            The method, or a `PruningContainer` where there was one already.
        """
        old = _hook_of(module, name)
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        tensor = getattr(module, name)
        if importance_scores is not None and importance_scores.shape != tensor.shape:
            fail(AssertionError, f"importance_scores should have the same shape as parameter {name} of {module}, got "
                                 f"{importance_scores.shape} vs {tensor.shape}")
        mask = ones_like(tensor)
        if old is not None:
            container = copy.copy(old) if isinstance(old, PruningContainer) else PruningContainer(old)
            container.add_pruning_method(method)
            method, mask = container, getattr(module, name + "_mask").detach().clone()
        scores = tensor if importance_scores is None else importance_scores
        mask = method.compute_mask(scores, default_mask=mask)
        # From here nothing can fail: a mask that cannot be made leaves the module as it was.
        if old is None:
            del module._parameters[name]
            module.register_parameter(name + "_orig", tensor)
        else:
            _drop_hook(module, old)
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """``t`` pruned, without a module.

        >>> import autograd
        >>> from nn.utils import prune
        >>> prune.L1Unstructured(amount=2).prune(autograd.tensor([3., -1., 2., 0.5]))
        tensor([3., -0., 2., 0.])
        """
        if importance_scores is not None and importance_scores.shape != t.shape:
            fail(AssertionError, "importance_scores should have the same shape as tensor t, got "
                                 f"{importance_scores.shape} vs {t.shape}")
        return t * self.compute_mask(t if importance_scores is None else importance_scores,
                                     default_mask=ones_like(t) if default_mask is None else default_mask)

    def remove(self, module: Any) -> None:
        """Make the pruned tensor the parameter; what was pruned stays zero."""
        name = self._tensor_name
        pruned = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters.pop(name + "_orig")
        original.data = pruned.data
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


def _hook_of(module: Any, name: str) -> BasePruningMethod | None:
    found = [hook for hook in module._forward_pre_hooks.values()
             if isinstance(hook, BasePruningMethod) and hook._tensor_name == name]
    if len(found) > 1:
        fail(AssertionError, f"Avoid adding multiple pruning hooks to the same tensor {name} of module {module}. Use a "
                             "PruningContainer.")
    return found[0] if found else None


def _drop_hook(module: Any, hook: BasePruningMethod) -> None:
    for key in [k for k, value in module._forward_pre_hooks.items() if value is hook]:
        del module._forward_pre_hooks[key]


class PruningContainer(BasePruningMethod):
    """Several methods that pruned the same tensor, one after the other.

    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.identity(nn.Linear(2, 3), "weight")
    >>> container = prune.L1Unstructured.apply(layer, "weight", amount=2)
    >>> len(container), type(container[-1]).__name__
    (2, 'L1Unstructured')
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add a method for the same tensor.

        Raises:
            TypeError: it is no pruning method.
            ValueError: it is for another tensor.
        """
        if method is not None and not isinstance(method, BasePruningMethod):
            fail(TypeError, f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            fail(ValueError, f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to "
                             f"PruningContainer {self}. Found '{method._tensor_name}'")
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last method on what the others left, together with theirs."""
        method = self._pruning_methods[-1]
        kept = _what_is_left(method, t, default_mask)
        mask = default_mask.to(t.dtype)
        mask = mask.clone() if mask is default_mask else mask
        mask[kept] = method.compute_mask(t[kept], default_mask=default_mask[kept]).to(mask.dtype)
        return mask


def _what_is_left(method: Any, t: Tensor, mask: Tensor) -> Any:
    """An index of the part of ``t`` that the method may choose from."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    index: list[Any] = [slice(None)] * t.ndim
    if method.PRUNING_TYPE == "structured":
        if not hasattr(method, "dim"):
            fail(AttributeError, 'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` '
                                 "defined.")
        dim = method.dim + t.ndim if method.dim < 0 else method.dim
        if dim < 0:
            fail(IndexError, f"Index is out of bounds for tensor with dimensions {t.ndim}")
        index[dim] = mask.sum(dim=[d for d in range(t.ndim) if d != dim]) != 0
    elif method.PRUNING_TYPE != "global":
        fail(ValueError, f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    return tuple(index)
