"""The command ``tapegrad bench``."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable, Sequence

from ..extras import require
from . import measure
from .environment import describe, rerun_clean
from .measure import Budget, Figure
from .moved import compare
from .options import add_arguments
from .peers import Peers, find
from .results import Results, header, markdown, plot, read_json, table, write_json
from .sections import SECTIONS, Section, chosen
from .tune import parse, tune


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m benchmarks``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Benchmarks against peers.")
    add_arguments(parser)
    parser.set_defaults(parser=parser)
    return run(parser.parse_args(argv))


def run(options: argparse.Namespace) -> int:
    """Do what the options say; returns the exit status: 1 where sides disagreed."""
    try:
        sections = chosen(options.sections)
        if options.list:
            print("\n".join(f"{s.name:16} {s.title} ({len(s.rows(False))} rows)" for s in SECTIONS))
            return 0
        if options.compare:
            print(compare(*(read_json(path) for path in options.compare)))
            return 0
        shapes = None if options.tune is None else [parse(text) for text in options.tune]
        if shapes is not None:
            require("--tune, which measures compiled kernels,", "numba")
        if options.threads < 1:
            raise ValueError(f"--threads {options.threads}: at least one is needed")
        for section in sections:
            if any(getattr(row, "threads", None) is not None for row in section.rows(False)):
                require(f"the section {section.name} (--sections chooses others), which changes the number of BLAS "
                        "threads,", "threadpoolctl")
        if shapes is None:
            options.out.mkdir(parents=True, exist_ok=True)
    except (OSError, ImportError, ValueError) as error:
        options.parser.error(str(error))
    rerun_clean(options.threads)
    if shapes is not None:
        tune(shapes, lambda text: print(text, flush=True))
        return 0
    peers = find(options.peers, options.compile, options.threads)
    for library in peers.libraries:
        if hasattr(library.t, "set_num_threads"):
            library.t.set_num_threads(options.threads)
    results = take(sections, peers, measure.QUICK if options.quick else measure.DEFAULT, quick=options.quick,
                   echo=lambda text: print(text, flush=True))
    write_json(results, options.out / "results.json")
    (options.out / "results.md").write_text(markdown(results))
    print(f"\nfigures: {options.out / 'results.json'}\ntables: {options.out / 'results.md'}")
    if not any(figure.ratios for figures in results.sections.values() for figure in figures):
        print("no picture of ratios, because no peer was measured; to have one: "
              + "; ".join(f"{title}: {how}" for title, how in results.missing.items()))
    elif importlib.util.find_spec("matplotlib"):
        plot(results, options.out / "ratios.png")
        print(f"picture: {options.out / 'ratios.png'}")
    else:
        print("no picture of the ratios, because Matplotlib is not installed: pip install matplotlib, or "
              "Tapegrad with its extra 'bench'")
    for problem in results.problems():
        print(f"tapegrad bench: {problem}", file=sys.stderr)
    return 1 if results.problems() else 0


def take(sections: Sequence[Section], peers: Peers, budget: Budget, *, quick: bool = False, tiny: bool = False,
         echo: Callable[[str], object] = lambda text: None) -> Results:
    """Measure sections, and say each table when it is complete."""
    from autograd.kernels.compiled.late import choose
    results = Results(describe(peers, "quick" if quick else "tiny" if tiny else "default"), peers.missing)
    echo(header(results))
    for section in sections:
        rows = section.rows(tiny)
        left_out = [row.name for row in rows if quick and row.slow]
        rows = [row for row in rows if not (quick and row.slow)]
        echo(f"\n## {section.title}\n")
        if left_out:
            echo(f"Left out with --quick: {'; '.join(left_out)}\n")
            results.left_out += left_out
        start = time.perf_counter()
        figures: list[Figure] = []
        for row in rows:
            with choose("now"):  # as after the first seconds of a run
                figures.append(row.measure(peers, budget))
            _wait(section, len(figures), len(rows), time.perf_counter() - start)
        results.sections[section.name] = figures
        echo(table(section, figures))
    return results


def _wait(section: Section, done: int, count: int, seconds: float) -> None:
    """Say how long a long section still takes, to whoever watches."""
    left = seconds / done * (count - done)
    if sys.stderr.isatty():
        text = f"{section.name}: {done} of {count}, about {left:.0f} s left" if done < count else ""
        print(f"\r{text:60}\r", end="", file=sys.stderr, flush=True)
    elif done == max(1, count // 4) and left > 30:
        print(f"{section.name}: {count} rows, about {left:.0f} s more", file=sys.stderr, flush=True)
