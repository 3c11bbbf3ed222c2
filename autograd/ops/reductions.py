"""Reductions: sums, means, extrema, norms over dimensions."""

from __future__ import annotations

import numpy as np

from ..kernels.reduce import total
from ..primitive import primitive
from .shape import expand


@primitive(vjp={"input": lambda g, input_shape: expand(g, input_shape)})
def sum(input, dim=None):
    """stub"""
    return total(input)
