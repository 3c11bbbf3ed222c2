"""What is measured, a section a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..measure import Budget, Figure
from ..peers import Peers
from . import convolutions, elementwise, fresh, growth, layers, optimizers, overhead, products, recurrent, training


class Row(Protocol):
    """What a section measures: a `Case`, or something about fresh processes."""

    @property
    def name(self) -> str:
        """What the row is called."""

    @property
    def slow(self) -> bool:
        """Whether ``--quick`` leaves it out."""

    def measure(self, peers: Peers, budget: Budget) -> Figure:
        """Do it."""


@dataclass(frozen=True)
class Section:
    """A table.

    Args:
        name: to choose it by.
        title: above the table.
        rows: its rows, at tiny sizes for a trial of the machinery.
        mean: what the geometric mean of the ratios to PyTorch should be at most.
        limit: what no ratio to PyTorch should exceed.
        note: how to read it.
    """

    name: str
    title: str
    rows: Callable[[bool], Sequence[Any]]
    mean: float | None = None
    limit: float | None = None
    note: str = ""


SECTIONS = (
    Section("overhead", "Recorded operations on 32 elements", overhead.forward),
    Section("backward", "Backward, a node", overhead.backward,
            note="A chain of 100 operations on 32 elements; the time of the backward pass by its nodes."),
    Section("scalar", "Scalars", overhead.scalars),
    Section("gemm", "Products of matrices", products.cases, 0.5, 1.05),
    Section("conv3x3", "Convolutions 3x3, stride 1", convolutions.three, 0.7, 1.0),
    Section("conv-strided", "Convolutions strided, 1x1, few channels, 5x5, 7x7, 3-D", convolutions.strided, 0.85),
    Section("conv-grouped", "Convolutions depthwise and grouped", convolutions.grouped, 0.7),
    Section("conv1d", "Convolutions, 1-D", convolutions.lines, 0.9),
    Section("conv-transposed", "Transposed convolutions", convolutions.transposed, 1.0),
    Section("elementwise", "Elementwise functions", elementwise.elementwise, 0.6, 1.0),
    Section("reductions", "Reductions and rearrangements", elementwise.reductions),
    Section("norms", "Norms, softmax and attention, forward + backward", layers.norms, 0.6, 1.0),
    Section("recurrent", "Recurrent layers, forward + backward, and decoding", recurrent.cases, 0.7, 1.0),
    Section("losses", "Losses, forward + backward", layers.losses, 0.6, 1.0),
    Section("pooling", "Pooling, embedding, dropout, forward + backward", layers.pooling, 0.6, 1.0),
    Section("optimizers", "Steps of optimizers", optimizers.cases, 0.6, 1.0),
    Section("training", "Whole training steps", training.cases),
    Section("start", "Fresh processes", fresh.starts,
            note="Wall time from the start of the interpreter to its end, caches filled by one run before."),
    Section("memory", "Peak memory of training in a fresh process", fresh.memory,
            note="Five steps. Above the imports, ours holds Numba and its compiler, which load when first used, and "
                 "PyTorch's kernels were mapped by its import. What larger batches add is what a step itself holds."),
    Section("growth", "Growth with batch, width and depth", growth.sizes),
    Section("threads", "One thread and two", growth.threads,
            note="The ratio is at the same number of threads; compare the times of two rows for the gain."),
)


def chosen(names: Sequence[str]) -> list[Section]:
    """The sections with these names, or all.

    Raises:
        ValueError: there is no section of such a name.
    """
    known = {section.name for section in SECTIONS}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"there is no section {', '.join(unknown)}; there are {', '.join(s.name for s in SECTIONS)}")
    return [section for section in SECTIONS if not names or section.name in names]
