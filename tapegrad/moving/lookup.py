"""Finds what stands here for a name of PyTorch."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any

from .table import ABSENT_MODULES, ABSENT_NAMES, FOREIGN, MODULES, NAMES, NOT_IN_TORCH, ONLY, OURS_ALONE


class MissingError(NotImplementedError, AttributeError):
    """Something of PyTorch was used that Tapegrad does not have."""


def absent_part(name: str) -> str | None:
    """The module or the name, known not to be here, that PyTorch's ``name`` is or lies in."""
    while name:
        if name in ABSENT_MODULES or name in ABSENT_NAMES or (MODULES.get(name) and not places(name)):
            return name
        name = name.rpartition(".")[0]
    return None


def is_module(name: str) -> bool:
    """Whether PyTorch's ``name`` is a module that a script may import; all that is below an absent one may be."""
    if name in MODULES:
        return True
    while name:
        if name in ABSENT_MODULES:
            return True
        name = name.rpartition(".")[0]
    return False


def missing(name: str) -> str:
    """What to say where PyTorch's ``name`` is asked for and not here."""
    part = absent_part(name) or name.partition(".")[0]
    hint = ABSENT_MODULES.get(part) or ABSENT_NAMES.get(part) or FOREIGN.get(part)
    return f"{name} is not in Tapegrad" + (f": {hint}" if hint else "")


@cache
def module(name: str) -> ModuleType | None:
    """Our module ``name``; None where there is none."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name and not name.startswith(f"{error.name}."):
            raise
        return None


def places(name: str) -> list[str]:
    """Those of our modules for PyTorch's module ``name`` that exist."""
    return [place for place in MODULES.get(name, ()) if module(place) is not None]


def locate(name: str) -> str | None:
    """Our name for PyTorch's ``name``: that of a module, or of something in one; None where it is missing.

    >>> locate("torch.nn.Linear"), locate("torch.utils.data"), locate("torch.sparse_coo_tensor")
    ('nn.Linear', 'autograd.data', None)
    """
    if name in MODULES:
        found = places(name)
        return found[0] if found else None
    parent, _, attribute = name.rpartition(".")
    if name in NAMES:
        candidates = list(NAMES[name])
    elif _hidden(parent, attribute):
        candidates = []
    else:
        candidates = [f"{place}.{attribute}" for place in places(parent)]
    return next((found for found in candidates if _exists(found)), None)


def _hidden(parent: str, attribute: str) -> bool:
    if parent in ONLY:
        return attribute not in ONLY[parent]
    ours_alone = f"{parent}.{attribute}" in OURS_ALONE
    if ours_alone or (parent == "torch" and (attribute in NOT_IN_TORCH or attribute.startswith("_"))):
        return True
    return attribute.startswith("__") or parent not in MODULES


def _exists(path: str) -> bool:
    place, _, attribute = path.rpartition(".")
    home = module(place)
    return home is not None and hasattr(home, attribute) and not isinstance(getattr(home, attribute), ModuleType)


def fetch(path: str) -> Any:
    """What our name ``path``, from `locate`, stands for."""
    found = module(path) if "." not in path else None
    if found is None:
        place, _, attribute = path.rpartition(".")
        found = getattr(module(place), attribute)
    return found


def public(name: str) -> list[str]:
    """The names that ``from name import *`` brings, modules aside."""
    found = {n.rpartition(".")[2] for n in NAMES if n.rpartition(".")[0] == name}
    for place in places(name):
        home = module(place)
        names = getattr(home, "__all__", None) or vars(home)
        found |= {n for n in names if not n.startswith("_")}
    return sorted(n for n in found if f"{name}.{n}" not in MODULES and (path := locate(f"{name}.{n}")) and _own(path))


def _own(path: str) -> bool:
    """Whether it is ours, and not something that our module imports for itself."""
    home = getattr(fetch(path), "__module__", None)
    return (home is None or home.partition(".")[0] in ("autograd", "nn", "optim")) and not path.endswith(".annotations")
