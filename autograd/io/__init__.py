"""Keeping tensors: `save` and `load` of nested plain containers in one file, without running code from it."""

from __future__ import annotations

from .saving import load as load, save as save

__all__ = ["load", "save"]
