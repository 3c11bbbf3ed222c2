"""Memory formats, of which there is one here."""

from __future__ import annotations

from typing import Any


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """The module itself: weights lie in memory in the order of their dimensions, and their values would not change.

    >>> import nn
    >>> nn.utils.convert_conv2d_weight_memory_format(nn.Conv2d(1, 1, 1), None)
    Conv2d(1, 1, kernel_size=(1, 1), stride=(1, 1))
    """
    return module


def convert_conv3d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """The module itself, as `convert_conv2d_weight_memory_format`.

    >>> import nn
    >>> nn.utils.convert_conv3d_weight_memory_format(nn.Conv3d(1, 1, 1), None)
    Conv3d(1, 1, kernel_size=(1, 1, 1), stride=(1, 1, 1))
    """
    return module
