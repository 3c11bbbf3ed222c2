"""Moving over from PyTorch: running its scripts as they are (`script`), and changing their imports (`port`)."""

from __future__ import annotations
