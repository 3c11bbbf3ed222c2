"""Results of a run: as JSON and back, as Markdown, as a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograd.io.atomic import write_atomically

from .measure import OURS, Figure, Spread, geometric_mean
from .sections import SECTIONS, Section


@dataclass
class Results:
    """Figures by section, where they were taken, which peers were missing, and what was left out."""

    environment: dict[str, Any]
    missing: dict[str, str] = field(default_factory=dict)
    sections: dict[str, list[Figure]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        """What could not be measured, and why."""
        return [f"{section}: {figure.name}: {figure.problem}" for section, figures in self.sections.items()
                for figure in figures if figure.problem]


def write_json(results: Results, path: Path) -> None:
    """Keep results."""
    text = json.dumps(asdict(results), indent=1)
    write_atomically(path, lambda file: file.write(text.encode()))


def read_json(path: Path) -> Results:
    """Results that were kept.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not of ``tapegrad bench``.
    """
    try:
        data = json.loads(path.read_text())
        data["sections"] = {name: [_figure(f) for f in figures] for name, figures in data["sections"].items()}
        return Results(**data)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} does not hold results of `tapegrad bench`: {error}") from error


def _figure(data: dict[str, Any]) -> Figure:
    spreads = {key: {name: Spread(**value) for name, value in data[key].items()} for key in ("sides", "ratios")}
    return Figure(**(data | spreads))


# --- Markdown ---------------------------------------------------------------------------------------------

def markdown(results: Results) -> str:
    """The whole as Markdown."""
    parts = ["# Benchmarks\n", header(results)]
    for section in SECTIONS:
        if section.name in results.sections:
            parts.append(f"\n## {section.title}\n\n{table(section, results.sections[section.name])}")
    if results.left_out:
        parts.append("\nLeft out with `--quick`: " + "; ".join(results.left_out))
    return "\n".join(parts) + "\n"


def header(results: Results) -> str:
    """What stands ahead of the tables."""
    lines = [f"- {key}: {value}" for key, value in results.environment.items()]
    lines += [f"- not measured: {title}; to have it: {how}" for title, how in results.missing.items()]
    if "PyTorch" in results.missing:
        lines.append("- no targets, which are ratios to PyTorch")
    return "\n".join([*lines, "", "Columns of a peer: ours / the peer's, median (quartiles) of interleaved rounds, "
                      "below 1 is faster; then what the peer took."])


def table(section: Section, figures: Sequence[Figure]) -> str:
    """A section's figures as a Markdown table, with geometric means and what they were to be."""
    peers = [title for title in dict.fromkeys(t for f in figures for t in f.sides) if title != OURS]
    targets = "PyTorch" in peers  # they are ratios to it
    lines = ["| work | ours |" + "".join(f" ours / {p} | {p} |" for p in peers) + " target |" * targets,
             "|---|---|" + "---|---|" * len(peers) + "---|" * targets]
    lines += [_row(f, peers, section) for f in figures]
    for peer in peers:
        mean = geometric_mean(figures, peer)
        if mean is not None and sum(peer in f.ratios for f in figures) > 1:
            goal = section.mean if peer == "PyTorch" else None
            wanted = "" if goal is None else f", {_verdict(mean, goal)}"
            lines.append(f"\nGeometric mean, ours / {peer}: {mean:.2f}{wanted}")
    if section.note:
        lines.append(f"\n{section.note}")
    return "\n".join(lines)


def _row(figure: Figure, peers: Sequence[str], section: Section) -> str:
    if figure.problem:
        return f"| {figure.name} | not timed: {figure.problem} |" + " |" * (2 * len(peers) + ("PyTorch" in peers))
    cells = [figure.name, quantity(figure.sides[OURS].median, figure.unit)]
    for peer in peers:
        if peer in figure.ratios:
            r = figure.ratios[peer]
            cells += [f"{r.median:.2f} ({r.low:.2f}-{r.high:.2f})", quantity(figure.sides[peer].median, figure.unit)]
        else:
            cells += ["", ""]
    if "PyTorch" not in peers:
        return "| " + " | ".join(cells) + " |"
    goal = figure.target if figure.target is not None else section.limit
    reached = figure.ratios.get("PyTorch")
    cells.append("" if goal is None or reached is None else _verdict(reached.median, goal))
    return "| " + " | ".join(cells) + " |"


def _verdict(value: float, goal: float) -> str:
    return f"{goal:.2f} {'met' if value <= goal else '**missed**'}"


def quantity(value: float, unit: str) -> str:
    """A number of seconds or bytes in words."""
    scales = ((1e-3, 1e6, "us"), (1.0, 1e3, "ms"), (math.inf, 1.0, "s"))
    if unit == "B":
        scales = ((1 << 20, 1 / (1 << 10), "KiB"), (math.inf, 1 / (1 << 20), "MiB"), (math.inf, 1.0, "B"))
    factor, name = next((f, n) for below, f, n in scales if value < below)
    return f"{value * factor:.3g} {name}" if value * factor < 1000 else f"{value * factor:.0f} {name}"


# --- a picture --------------------------------------------------------------------------------------------

def plot(results: Results, path: Path) -> None:
    """Draw the ratios: a row a section, a dot a case, a bar at the geometric mean.

    Raises:
        ImportError: Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure as Picture  # without pyplot, which would need a display or choose one
    except ImportError as error:
        raise ImportError("the picture of the ratios needs Matplotlib: pip install matplotlib, or Tapegrad with its "
                          "extra 'bench'") from error
    sections = [s for s in SECTIONS if any(f.ratios for f in results.sections.get(s.name, []))]
    peers = list(dict.fromkeys(p for s in sections for f in results.sections[s.name] for p in f.ratios))
    picture = Picture(figsize=(9, 1.5 + 0.42 * len(sections)), dpi=120, layout="constrained")
    axes = picture.subplots()
    axes.set_xscale("log")
    axes.axvline(1.0, color="black", linewidth=0.8)
    for at, peer in enumerate(peers):
        offset = (at - (len(peers) - 1) / 2) * 0.7 / max(len(peers), 1)
        places = [(y + offset, results.sections[s.name]) for y, s in enumerate(sections)]
        dots = [(f.ratios[peer].median, y) for y, figures in places for f in figures if peer in f.ratios]
        axes.plot([x for x, _ in dots], [y for _, y in dots], "o", markersize=3, alpha=0.5, color=f"C{at}", label=peer)
        means = [(mean, y) for y, figures in places if (mean := geometric_mean(figures, peer)) is not None]
        axes.plot([x for x, _ in means], [y for _, y in means], "|", markersize=12, markeredgewidth=2, color=f"C{at}")
    axes.set_yticks(range(len(sections)), [s.title for s in sections], fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel="ours / peer (left of 1 is faster)", title=f"{results.environment['cpu']}, threads: "
             f"{results.environment['threads']}")
    axes.grid(axis="x", which="both", alpha=0.2)
    if peers:
        axes.legend(fontsize=8)
    write_atomically(path, lambda file: picture.savefig(file, format="png"))
