"""Seeing: the graph, its values, and the backward pass step by step.

>>> import autograd
>>> from autograd import viz
>>> x = autograd.tensor(3., requires_grad=True)
>>> viz.graph(x * x)
<Graph of mul: 2 nodes, 2 edges>
"""

from __future__ import annotations

import importlib as _importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .html import Page, explore
    from .model import Graph, graph
    from .recording import record

# Each part is imported when first asked for.
_HOMES = {"Graph": "model", "Page": "html", "explore": "html", "graph": "model", "record": "recording"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        found = getattr(_importlib.import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
