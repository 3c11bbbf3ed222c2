"""How a loss is reduced and weighted."""

from __future__ import annotations

from autograd import Tensor
from autograd.errors import warn
from autograd.ops.reduction import check_switches

from ..module import Module


def _old_reduction(size_average: bool | None, reduce: bool | None) -> str:
    check_switches(size_average, reduce)
    size_average, reduce = size_average is not False, reduce is not False
    found = "none" if not reduce else "mean" if size_average else "sum"
    warn(f"size_average and reduce args will be deprecated, please use reduction='{found}' instead.")
    return found


class _Loss(Module):
    """A loss: how it is reduced.

    ``reduction`` is ``"mean"`` (over all losses), ``"sum"`` or ``"none"``. ``size_average`` and ``reduce``, where there
    are, stand for it in older programs; they warn.
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        old = size_average is not None or reduce is not None
        self.reduction = _old_reduction(size_average, reduce) if old else reduction


class _WeightedLoss(_Loss):
    """A loss with a weight for each class, or each element."""

    def __init__(self, weight: Tensor | None = None, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
