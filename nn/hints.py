"""Sentences about the likely fix, for `Module._hint`: made from a layer's sizes and what it was called with."""

from __future__ import annotations

from math import prod
from typing import Any

_KINDS = {"float32": "float", "float64": "double", "float16": "half"}


def of_dtype(x: Any, dtype: Any) -> str | None:
    """What to do about an input of another type than the parameters."""
    found, wanted = x.dtype, dtype
    if found == wanted:
        return None
    to = _KINDS.get(wanted.name)
    fix = f".{to}()" if to else f".to({wanted})"
    if not found.is_floating_point:
        return f"the input is {found.name}, the parameters are {wanted.name}: convert the input with {fix}"
    back = _KINDS.get(found.name, found.name)
    return (f"the input is {found.name}, the parameters are {wanted.name}: convert the input with {fix}, or the model "
            f"with .{back}()")


def of_features(x: Any, size: int, made: str) -> str | None:
    """What to do about a last dimension of another size than ``size``; ``made`` is the layer that would fit."""
    shape = tuple(x.shape)
    if not shape:
        return f"the input is a single number; it needs {size} features in its last dimension"
    if shape[-1] == size:
        return None
    if len(shape) > 2 and prod(shape[1:]) == size:
        return (f"each sample of {list(shape[1:])} has {size} features once it is flat: put nn.Flatten() before this "
                "layer, or x.flatten(1)")
    if len(shape) == 2 and shape[0] == size:
        return f"the first dimension has size {size}: transpose the input with x.T"
    if size in shape[1:-1]:
        dim = shape.index(size, 1)
        return f"dimension {dim} has size {size}: move it to the end with x.movedim({dim}, -1)"
    return (f"the input has {shape[-1]} features in its last dimension, the layer takes {size}: make it {made}, or "
            "change the layer before it")


def of_channels(x: Any, dims: int, channels: int, made: str, unbatched: bool = True) -> str | None:
    """What to do about an input (N, C, *size), or (C, *size), that does not have ``channels`` channels.

    Args:
        x: the input.
        dims: the number of spatial dimensions.
        channels: what the layer takes.
        made: the layer that would fit.
        unbatched: whether the layer takes (C, *size).
    """
    shape, wanted = tuple(x.shape), "(N, C, " + {1: "L)", 2: "H, W)", 3: "D, H, W)"}[dims]
    if len(shape) == dims and channels == 1:
        return f"the layer takes {wanted}: add the batch and the channel with x.reshape(1, 1, {_sizes(shape)})"
    if len(shape) == dims + 1 and shape[0] != channels:
        if channels == 1:
            return f"the layer takes {wanted}: add the missing channel with x.unsqueeze(1)"
        if shape[-1] == channels:
            return "the channels stand last, they must stand first: x.movedim(-1, 0), and x.unsqueeze(0) for a batch"
    if len(shape) == dims + 1 and shape[0] == channels and not unbatched:
        return f"the layer takes {wanted}: add the batch with x.unsqueeze(0)"
    if len(shape) == dims + 2 and shape[1] != channels:
        if shape[-1] == channels:
            order = (0, dims + 1, *range(1, dims + 1))
            return (f"the channels stand last, they must come after the batch: "
                    f"x.permute({', '.join(map(str, order))}) turns {list(shape)} into "
                    f"{[shape[d] for d in order]}")
        return (f"the input has {shape[1]} channels (its second dimension), the layer takes {channels}: make it "
                f"{made}, or change the layer before it")
    if len(shape) not in (dims + 1, dims + 2):
        return f"the layer takes {wanted}" + (f" or {wanted[:1]}{wanted[4:]}" if unbatched else "")
    return None


def of_normalized_shape(layer: Any, x: Any) -> str | None:
    """What to do about an input that does not end in the layer's ``normalized_shape``."""
    if layer.weight is not None and x.dtype != layer.weight.dtype:
        return of_dtype(x, layer.weight.dtype)
    n, name = len(layer.normalized_shape), type(layer).__name__
    if n == 1:
        return of_features(x, layer.normalized_shape[0], f"{name}({x.shape[-1]})")
    found = list(x.shape[-n:])
    return f"the last {n} dimensions of the input are {found}: make it {name}({found})"


def _sizes(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))
