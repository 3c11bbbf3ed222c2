"""Tapegrad's engine."""

from __future__ import annotations

from . import formatting as formatting
from .tensor import Size as Size, Tensor as Tensor
from .backward import backward as backward, grad as grad
from .creation import tensor as tensor
from .grad_mode import (enable_grad as enable_grad, inference_mode as inference_mode, no_grad as no_grad,
                        set_grad_enabled as set_grad_enabled)
from .modes import is_grad_enabled as is_grad_enabled
from .primitive import COMPOSITES as _c, REGISTRY as _r

globals().update({n: op.function for n, op in _r.items()} | {n: c.function for n, c in _c.items()})
