"""Keeping tensors: `save` and `load` of nested plain containers in one file, without pickle."""

from __future__ import annotations

from .archive import load as load, save as save

__all__ = ["load", "save"]
