"""Training curves: numbers by step, drawn while they come, as a picture, and for TensorBoard."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from ..errors import fail
from ..io.atomic import write_atomically
from .table import Table, number


class History:
    """The figures of a training run, one record a step or epoch.

    Figures of the same name belong to one picture: ``loss`` and ``test loss`` are two curves of the loss, that of
    training and that of the test.

    Args:
        title: above the picture.
        unit: what a record is of, below the picture.
        log_dir: a folder for TensorBoard's event files; needs tensorboardX.

    Attributes:
        records: a dictionary of figures for each step.

    >>> from autograd import viz
    >>> history = viz.History("a line")
    >>> for epoch in range(3):
    ...     history.add({"loss": 1 / (epoch + 1), "test loss": 1.1 / (epoch + 1)})
    >>> history["loss"]
    [1.0, 0.5, 0.3333333333333333]
    >>> history
    a line
    epoch    loss  test loss
    ────────────────────────
        1     1.0        1.1
        2     0.5       0.55
        3  0.3333     0.3667
    """

    def __init__(self, title: str = "", *, unit: str = "epoch", log_dir: Any = None) -> None:
        self.title, self.unit = title, unit
        self.records: list[dict[str, float]] = []
        self._writer = None if log_dir is None else _event_writer(log_dir)
        self._shown: Any = None

    def add(self, figures: Mapping[str, Any]) -> None:
        """Note the figures of the next step: numbers, or tensors of one element. What is shown is drawn anew."""
        record = {name: float(value) for name, value in figures.items()}
        self.records.append(record)
        if self._writer is not None:
            for name, value in record.items():
                part, _, metric = name.rpartition(" ")
                self._writer.add_scalar(f"{metric}/{part or 'training'}", value, len(self.records))
            self._writer.flush()
        if self._shown is not None:
            self._shown.update(self)

    def close(self) -> None:
        """Finish the event files, which a thread of their own writes."""
        if self._writer is not None:
            self._writer.close()

    def extend(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Take over records of an earlier part of the run; they go to no event file again."""
        self.records += [{name: float(value) for name, value in r.items()} for r in records]

    def __getitem__(self, name: str) -> list[float]:
        """One figure by step; of steps that do not have it, nan."""
        if not any(name in r for r in self.records):
            fail(KeyError, f"no figure is called {name!r}; there are {', '.join(map(repr, self.names()))}")
        return [r.get(name, float("nan")) for r in self.records]

    def __len__(self) -> int:
        return len(self.records)

    def names(self) -> list[str]:
        """The figures' names, in order of appearance."""
        return list(dict.fromkeys(name for r in self.records for name in r))

    # --- pictures ----------------------------------------------------------------------------------------

    def figure(self) -> Any:
        """The curves as a Matplotlib figure, without pyplot, which would need a display or choose one.

        Raises:
            ImportError: Matplotlib is not installed.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise ImportError("the picture of the curves needs Matplotlib: pip install matplotlib, or Tapegrad with "
                              "its extra 'data' or 'viz'") from error
        names = self.names()
        metrics = list(dict.fromkeys(name.rpartition(" ")[2] for name in names)) or ["loss"]
        figure = Figure(figsize=(4.5 * len(metrics), 3.4), dpi=120, layout="constrained")
        figure.suptitle(self.title, fontsize=10)
        for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
            self._draw(axes, metric, [n for n in names if n.rpartition(" ")[2] == metric])
        return figure

    def _draw(self, axes: Any, metric: str, names: list[str]) -> None:
        marker = "o" if len(self) <= 30 else None
        values = [v for name in names for v in self[name]]
        for name in names:
            label = name.rpartition(" ")[0] or "training"
            axes.plot(range(1, len(self) + 1), self[name], marker=marker, markersize=3, label=label)
        axes.set(xlabel=self.unit, ylabel=metric)
        if metric == "loss" and any(v > 0 for v in values):
            axes.set_yscale("log")
        axes.grid(alpha=0.3)
        if names:
            axes.legend()

    def save(self, path: Any) -> None:
        """Write the picture; the name's ending says as what (``.png``, ``.svg``, ``.pdf``)."""
        path = Path(path)
        figure, kind = self.figure(), path.suffix[1:] or "png"
        write_atomically(path, lambda file: figure.savefig(file, format=kind))

    def show(self) -> None:
        """Show the curves in a notebook, where each `add` draws them anew; elsewhere print the table."""
        if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
            from IPython.display import display
            self._shown = display(self, display_id=True)
        else:
            print(self)

    def _repr_png_(self) -> bytes | None:
        try:
            figure = self.figure()
        except ImportError:
            return None  # the notebook shows the table
        file = io.BytesIO()
        figure.savefig(file, format="png")
        return file.getvalue()

    # --- text --------------------------------------------------------------------------------------------

    def table(self) -> Table:
        """The figures as a table."""
        names = self.names()
        table = Table([f">{self.unit}", *(f">{name}" for name in names)], self.title)
        for i, record in enumerate(self.records, 1):
            table.add(str(i), *(number(record[name]) if name in record else "" for name in names))
        return table

    def __repr__(self) -> str:
        return self.table().text(60)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


def _event_writer(log_dir: Any) -> Any:
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        raise ImportError("event files for TensorBoard need tensorboardX: pip install tensorboardX, or Tapegrad with "
                          "its extra 'viz'") from error
    return SummaryWriter(str(log_dir))
