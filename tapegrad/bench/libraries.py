"""One program for two libraries: a case is written once, in PyTorch's words, and runs on whichever it is given.

Nothing here is imported before it is asked for, so that a process that measures one library holds only that one.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

#: The sides that run PyTorch's programs, by key: the title in tables, and the packages.
PACKAGES = {
    "ours": ("ours", ("autograd", "nn", "nn.functional", "optim", "nn.utils")),
    "torch": ("PyTorch", ("torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.nn.utils")),
    "compile": ("torch.compile", ("torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.nn.utils")),
}


@dataclass(frozen=True)
class Library:
    """A library with PyTorch's interface: its tensors ``t``, layers, functions, optimizers and utilities."""

    key: str
    t: Any
    nn: Any
    F: Any
    optim: Any
    utils: Any

    @property
    def title(self) -> str:
        """What the side is called in tables."""
        return PACKAGES[self.key][0]

    def tensor(self, array: np.ndarray[Any, Any], grad: bool = True) -> Any:
        """A copy of ``array``; a leaf that requires grad where asked for and the dtype can."""
        tensor = self.t.tensor(array)
        return tensor.requires_grad_() if grad and array.dtype.kind == "f" else tensor

    def model(self, module: Any) -> Any:
        """The module as this side runs it."""
        return self.t.compile(module) if self.key == "compile" else module

    def numbers(self, values: Sequence[Any]) -> list[np.ndarray[Any, Any]]:
        """Copies of tensors as arrays."""
        return [np.array(v.detach().numpy()) for v in values]


def load(key: str) -> Library:
    """Import a library.

    Raises:
        ImportError: it is not installed.
    """
    return Library(key, *(importlib.import_module(name) for name in PACKAGES[key][1]))
