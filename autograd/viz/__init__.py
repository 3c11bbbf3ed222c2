"""Seeing: the graph, its values, the backward pass step by step; the tape in text, in formulas, in figures.

>>> import autograd
>>> from autograd import viz
>>> x = autograd.tensor(3., requires_grad=True)
>>> viz.graph(x * x)
<Graph of mul: 2 nodes, 2 edges>
>>> viz.formulas(x.log())[0].text()
'g / input'
"""

from __future__ import annotations

import importlib as _importlib
import typing as _typing

if _typing.TYPE_CHECKING:
    from .adjoints import Adjoints, Contribution, Step
    from .formula import Formula, formulas
    from .health_check import Finding, Health, health
    from .history import History
    from .html import Page, explore
    from .model import Graph, graph
    from .model_table import Layer, Summary, summary
    from .nan_origin import Origin, explain_nan
    from .profiler import profile
    from .recording import record
    from .wengert import Tape, tape
    from .work import Flops, flops

__all__ = [
    "Adjoints", "Contribution", "Finding", "Flops", "Formula", "Graph", "Health", "History", "Layer", "Origin", "Page",
    "Step", "Summary", "Tape", "explain_nan", "explore", "flops", "formulas", "graph", "health", "profile", "record",
    "summary", "tape",
]

# Each part is imported when first asked for. A module here must not be called like a function: its import would put it
# in the function's place.
_HOMES = {
    "Graph": "model", "graph": "model", "Page": "html", "explore": "html", "record": "recording",
    "Adjoints": "adjoints", "Contribution": "adjoints", "Step": "adjoints",
    "Flops": "work", "flops": "work",
    "Formula": "formula", "formulas": "formula",
    "Finding": "health_check", "Health": "health_check", "health": "health_check",
    "History": "history",
    "Origin": "nan_origin", "explain_nan": "nan_origin",
    "Layer": "model_table", "Summary": "model_table", "summary": "model_table",
    "profile": "profiler",
    "Tape": "wengert", "tape": "wengert",
}


def __getattr__(name: str) -> _typing.Any:
    if name in _HOMES:
        found = getattr(_importlib.import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
