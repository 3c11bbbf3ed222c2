"""What normalizations scale and shift by."""

from __future__ import annotations

from typing import Any

from .. import init
from ..common import new_parameter
from ..module import Module


class _Affine(Module):
    """A layer with an optional weight that starts at one, and an optional bias that starts at zero."""

    def _init_affine(self, shape: Any, affine: bool, bias: bool, device: Any, dtype: Any) -> None:
        self.register_parameter("weight", new_parameter(shape, device, dtype) if affine else None)
        self.register_parameter("bias", new_parameter(shape, device, dtype) if affine and bias else None)

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)
