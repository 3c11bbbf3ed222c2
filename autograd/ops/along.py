"""Picking elements along one dimension, and putting them back: the two linear maps behind every selection."""

from __future__ import annotations

from ..kernels import reduce as kernel
from ..primitive import primitive


@primitive(
    vjp={"input": lambda g, at, dim, input_shape: put_along(g, at, dim, input_shape, True)},
    inputs=("input", "at"), method=False,
)
def pick_along(input, at, dim):
    """``input`` at the indices ``at`` along ``dim``: ``out[i, j] = input[at[i, j], j]`` for ``dim=0``."""
    return kernel.pick(input, at, dim)


@primitive(
    vjp={"input": lambda g, at, dim: pick_along(g, at, dim)},
    inputs=("input", "at"), method=False,
)
def put_along(input, at, dim, shape, repeated=False):
    """Zeros of ``shape`` with ``input`` added at the indices ``at`` along ``dim``: the transpose of `pick_along`.

    Only with ``repeated`` may ``at`` name a place twice.
    """
    return kernel.put(input, at, dim, shape, repeated)
