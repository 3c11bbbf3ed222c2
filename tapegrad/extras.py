"""The packages that some commands need beside Tapegrad's own requirements, asked for before the work begins."""

from __future__ import annotations

import importlib.util
from typing import NamedTuple


class Package(NamedTuple):
    """What to install for a module, and which extra of ours brings it."""

    name: str
    extra: str


PACKAGES = {
    "matplotlib.figure": Package("matplotlib", "data"),
    "sklearn": Package("scikit-learn", "data"),
    "tensorboardX": Package("tensorboardX", "viz"),
    "threadpoolctl": Package("threadpoolctl", "bench"),
    "tqdm": Package("tqdm", "data"),
}


def require(purpose: str, *modules: str) -> None:
    """Raise where one of ``modules``, keys of `PACKAGES`, cannot be imported, before anything is begun.

    Args:
        purpose: what needs them, as the message's subject.

    Raises:
        ImportError: names all that are missing, and what to install.
    """
    missing = [PACKAGES[module] for module in modules if not _found(module)]
    if missing:
        names = [package.name for package in missing]
        extras = ",".join(sorted({package.extra for package in missing}))
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        raise ImportError(f"{purpose} needs {listed}: pip install {' '.join(names)}, or Tapegrad with its extra "
                          f"{extras!r}, as pip install \".[{extras}]\"")


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # what it lies in
        return False
