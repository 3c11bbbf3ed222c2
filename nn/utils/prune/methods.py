"""Ways to choose what is pruned."""

from __future__ import annotations

import numbers
from typing import Any

import autograd
from autograd import Tensor, rand, rand_like, zeros_like
from autograd.errors import fail

from .base import BasePruningMethod


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, numbers.Real):
        fail(TypeError, f"Invalid type for amount: {amount}. Must be int or float.")
    whole = isinstance(amount, numbers.Integral)
    if (whole and amount < 0) or (not whole and not 0.0 <= float(amount) <= 1.0):
        fail(ValueError, f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _number(amount: Any, size: int) -> int:
    """How many of ``size`` to prune: ``amount`` itself, or that part of them."""
    if not isinstance(amount, numbers.Integral):
        return round(amount * size)
    if amount > size:
        fail(ValueError, f"amount={amount} should be smaller than the number of parameters to prune={size}")
    return int(amount)


class Identity(BasePruningMethod):
    """Prunes nothing; its mask is all ones.

    >>> import autograd
    >>> from nn.utils import prune
    >>> prune.Identity().prune(autograd.tensor([3., 2.]))
    tensor([3., 2.])
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask

    @classmethod
    def apply(cls, module: Any, name: str) -> Any:  # type: ignore[override]
        """Put a mask of ones on a parameter."""
        return super().apply(module, name)


class _Unstructured(BasePruningMethod):
    """Prunes elements; a subclass says which by giving each a number, of which the first ``k`` in order are pruned."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: Any) -> None:
        _check_amount(amount)
        self.amount = amount

    def _first(self, t: Tensor, k: int) -> Tensor:
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        k = _number(self.amount, t.numel())
        mask = default_mask.clone()
        if k != 0:
            mask.view(-1)[self._first(t, k)] = 0
        return mask


class RandomUnstructured(_Unstructured):
    """Prunes elements at random.

    Args:
        amount: how many; a float is the part of them.

    >>> import autograd
    >>> from nn.utils import prune
    >>> prune.RandomUnstructured(amount=0.5).prune(autograd.ones(2, 4)).sum()
    tensor(4.)
    """

    def _first(self, t: Tensor, k: int) -> Tensor:
        return autograd.topk(rand_like(t).reshape(-1), k).indices

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any) -> Any:  # type: ignore[override]
        """Prune a parameter; see `random_unstructured`."""
        return super().apply(module, name, amount=amount)


class L1Unstructured(_Unstructured):
    """Prunes the elements of the smallest absolute values.

    Args:
        amount: how many; a float is the part of them.

    >>> import autograd
    >>> from nn.utils import prune
    >>> prune.L1Unstructured(amount=1).prune(autograd.tensor([3., 1., 2.]))
    tensor([3., 0., 2.])
    """

    def _first(self, t: Tensor, k: int) -> Tensor:
        return autograd.topk(t.detach().abs().reshape(-1), k, largest=False).indices

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any,  # type: ignore[override]
              importance_scores: Tensor | None = None) -> Any:
        """Prune a parameter; see `l1_unstructured`."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _Structured(BasePruningMethod):
    """Prunes whole indices of a dimension; a subclass says which it keeps."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount, self.dim = amount, dim

    def _kept(self, t: Tensor, size: int, k: int) -> Tensor:
        """Which of ``size`` indices stay where ``k`` go."""
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if t.ndim <= 1:
            fail(ValueError, "Structured pruning can only be applied to multidimensional tensors. Found tensor of "
                             f"shape {t.shape} with {t.ndim} dims")
        if self.dim >= t.ndim:
            fail(IndexError, f"Invalid index {self.dim} for tensor of size {t.shape}")
        size = t.shape[self.dim]
        k = _number(self.amount, size)
        if k == 0:
            return default_mask
        index: list[Any] = [slice(None)] * t.ndim
        index[self.dim] = self._kept(t.detach(), size, k)
        mask = zeros_like(t)
        mask[tuple(index)] = 1
        return mask * default_mask.to(mask.dtype)


class RandomStructured(_Structured):
    """Prunes indices of a dimension at random.

    Args:
        amount: how many; a float is the part of them.
        dim: the dimension.

    >>> import autograd
    >>> from nn.utils import prune
    >>> prune.RandomStructured(amount=1, dim=0).prune(autograd.ones(3, 2)).sum(1).sort().values
    tensor([0., 2., 2.])
    """

    def _kept(self, t: Tensor, size: int, k: int) -> Tensor:
        drawn = rand(size)
        return drawn > autograd.kthvalue(drawn, k).values

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, dim: int = -1) -> Any:  # type: ignore[override]
        """Prune a parameter; see `random_structured`."""
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_Structured):
    """Prunes the indices of a dimension whose slices have the smallest norms.

    Args:
        amount: how many; a float is the part of them.
        n: the ``p`` of the norm, as in ``autograd.norm``.
        dim: the dimension.

    >>> import autograd
    >>> from nn.utils import prune
    >>> prune.LnStructured(amount=1, n=2, dim=1).prune(autograd.tensor([[3., 1.], [4., 1.]]))
    tensor([[3., 0.],
            [4., 0.]])
    """

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t: Tensor, size: int, k: int) -> Tensor:
        others = [d for d in range(t.ndim) if d != self.dim % t.ndim]
        return autograd.topk(autograd.norm(t, p=self.n, dim=others), size - k).indices

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, n: Any, dim: int,  # type: ignore[override]
              importance_scores: Tensor | None = None) -> Any:
        """Prune a parameter; see `ln_structured`."""
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prunes what a mask says.

    >>> import autograd
    >>> from nn.utils import prune
    >>> prune.CustomFromMask(autograd.tensor([1, 0])).prune(autograd.tensor([3., 2.]))
    tensor([3., 0.])
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if default_mask.shape != self.mask.shape:
            fail(AssertionError, f"default_mask shape {default_mask.shape} must match self.mask shape "
                                 f"{self.mask.shape}")
        return default_mask * self.mask.to(default_mask.dtype)

    @classmethod
    def apply(cls, module: Any, name: str, mask: Tensor) -> Any:  # type: ignore[override]
        """Prune a parameter; see `custom_from_mask`."""
        return super().apply(module, name, mask=mask)
