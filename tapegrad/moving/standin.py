"""Modules that stand in for ``torch`` and what is below it, in this process only.

Each looks its names up in `table` when they are first asked for. The import system finds them before any PyTorch that
may be installed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd.refusal import Refusal

from .lookup import MissingError, absent_part, fetch, is_module, locate, missing, places, public
from .replaced import REPLACED
from .table import ABSENT_MODULES, FOREIGN, MODULES, STAR_MODULES

#: A folder whose ``torch.py`` installs the stand-in in processes that the script starts.
CHILDREN = Path(__file__).with_name("children")


class StandIn(ModuleType):
    """One of PyTorch's modules, answered from ours."""

    def __getattr__(self, name: str) -> Any:
        full = f"{self.__name__}.{name}"
        if name == "__all__" and self.__name__ in MODULES:
            return [*public(self.__name__), *STAR_MODULES.get(self.__name__, ())]
        if name.startswith("__") and full not in REPLACED:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = _value(full)
        if callable(value):  # not plain values, which may change
            ModuleType.__setattr__(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """A name that is set here is set in our module, too: ``torch.backends.cudnn.benchmark = True``."""
        if not name.startswith("__") and not isinstance(value, ModuleType):
            path = locate(f"{self.__name__}.{name}")
            if path is not None:
                place, _, attribute = path.rpartition(".")
                setattr(importlib.import_module(place), attribute, value)
                self.__dict__.pop(name, None)  # and is read from there
                return
        ModuleType.__setattr__(self, name, value)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *(public(self.__name__) if self.__name__ in MODULES else ())})


def _value(full: str) -> Any:
    if full in REPLACED:
        return REPLACED[full]
    if full in MODULES or full in ABSENT_MODULES:
        return importlib.import_module(full)
    path = locate(full)
    if path is not None:
        return fetch(path)
    if absent_part(full) is not None:
        return Refusal(missing(full), MissingError)
    raise MissingError(missing(full))


class _Loader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandIn(spec.name, f"Tapegrad in the place of PyTorch's {spec.name}.")

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name in ABSENT_MODULES and MODULES.get(name) and not places(name):  # what it needs is not installed
            raise ModuleNotFoundError(missing(name), name=name)


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None,
                  ) -> ModuleSpec | None:
        root = fullname.partition(".")[0]
        if root in FOREIGN:
            raise ModuleNotFoundError(missing(fullname), name=fullname)
        if root != "torch":
            return None
        if not is_module(fullname):
            raise ModuleNotFoundError(missing(fullname), name=fullname)
        return ModuleSpec(fullname, _Loader(), origin=__file__, is_package=True)


def install() -> None:
    """Let ``import torch`` give the stand-in from now on, in this process.

    Raises:
        RuntimeError: PyTorch is already loaded.
    """
    loaded = sys.modules.get("torch")
    if isinstance(loaded, StandIn):
        return
    if loaded is not None and hasattr(loaded, "Tensor"):
        raise RuntimeError("PyTorch is loaded in this process already; Tapegrad cannot stand in for it any more")
    sys.modules.pop("torch", None)
    sys.meta_path.insert(0, _Finder())
    importlib.import_module("torch")
