"""The command ``tapegrad``: built-in training runs, and scripts for PyTorch as they are or with our imports."""

from __future__ import annotations

__version__ = "0.1.0"
