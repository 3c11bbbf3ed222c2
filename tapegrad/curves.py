"""A picture of training curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograd.io.atomic import write_atomically


def plot(history: list[dict[str, float]], title: str, path: Path) -> None:
    """Draw loss and, where there is one, accuracy by epoch, on the training and the test set.

    Args:
        history: for each epoch ``loss``, ``test loss``, and perhaps ``accuracy``, ``test accuracy``.
        title: above the picture.
        path: the PNG to write.

    Raises:
        ImportError: Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # without pyplot, which would need a display or choose one
    except ImportError as error:
        raise ImportError("the picture of the curves needs Matplotlib: pip install matplotlib, or Tapegrad with its "
                          "extra 'data'") from error
    names = [name for name in ("loss", "accuracy") if name in history[0]]
    figure = Figure(figsize=(4.5 * len(names), 3.4), dpi=120, layout="constrained")
    figure.suptitle(title, fontsize=10)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        _draw(axes, history, name)
    write_atomically(path, lambda file: figure.savefig(file, format="png"))


def _draw(axes: Any, history: list[dict[str, float]], name: str) -> None:
    epochs = range(1, len(history) + 1)
    marker = "o" if len(history) <= 30 else None
    for key, label in ((name, "training"), (f"test {name}", "test")):
        axes.plot(epochs, [h[key] for h in history], marker=marker, markersize=3, label=label)
    axes.set(xlabel="epoch", ylabel=name)
    if name == "loss":
        axes.set_yscale("log")
    axes.grid(alpha=0.3)
    axes.legend()
