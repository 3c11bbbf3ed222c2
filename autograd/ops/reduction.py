"""What all losses share: the reduction of the losses of the elements to one number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..dispatch import is_tensor
from ..errors import describe, fail, warn
from ..kernels.reduce import total


def check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        fail(ValueError, f"{reduction} is not a valid value for reduction; it may be 'mean', 'sum' or 'none'")


def chosen_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """``reduction``, checked, or what the two older switches mean."""
    if size_average is None and reduce is None:
        check_reduction(reduction)
        return reduction
    check_switches(size_average, reduce)
    chosen = "none" if reduce is False else "sum" if size_average is False else "mean"
    warn(f"size_average and reduce args will be deprecated, please use reduction='{chosen}' instead.")
    return chosen


def check_switches(size_average: Any, reduce: Any) -> None:
    """Raise where one of the two older switches is a tensor, which is then no switch but was meant to be compared."""
    if is_tensor(size_average) or is_tensor(reduce):
        fail(RuntimeError, "Boolean value of Tensor with more than one value is ambiguous: size_average and reduce are "
                           "switches. A loss module is made first and then called, as in "
                           "nn.CrossEntropyLoss()(input, target); the functions are in nn.functional")


def reduce_loss(loss: Any, reduction: str) -> Any:
    """The mean or the sum of the elements of ``loss``, or ``loss`` itself."""
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    check_reduction(reduction)
    return loss


def check_tensors(name: str, **arguments: Any) -> None:
    """Raise where an argument is no Tensor."""
    for value in arguments.values():
        if not is_tensor(value):
            break
    else:
        return
    for position, (what, value) in enumerate(arguments.items(), 1):
        if not is_tensor(value):
            fail(TypeError, f"{name}(): argument {what!r} (position {position}) must be Tensor, not "
                            f"{type(value).__name__} ({describe(value)}); make one with autograd.tensor(...)")


# --- on arrays, for losses that are one operation ---------------------------------------------------------


def reduced(losses: Any, reduction: str, dtype: Any) -> Any:
    """The reduction, on arrays; ``dtype`` is the result's."""
    if reduction == "none":
        return losses.astype(dtype, copy=False)
    result = total(losses)
    if reduction == "mean":
        result = result / losses.size if losses.size else np.nan
    return np.asarray(result, dtype)


def share(g: Any, reduction: str, shape: Any) -> Any:
    """The gradient that each element's loss gets."""
    return g / math.prod(shape) if reduction == "mean" else g


def check_floating(name: str, input: Any) -> None:
    if input.dtype.kind != "f":
        fail(NotImplementedError, f"\"{name}\" not implemented for {input.dtype}; convert to a floating type")
