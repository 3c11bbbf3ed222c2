"""The options of ``tapegrad bench``, apart from what they start: reading them must not load NumPy (tapegrad.cli)."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def default_folder() -> Path:
    """Where peers that need a folder of their own are looked for."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "tapegrad" / "peers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options, on a parser of their own or on a subcommand's."""
    parser.add_argument("--sections", nargs="+", default=[], metavar="NAME", help="only these tables; see --list")
    parser.add_argument("--list", action="store_true", help="list the sections and exit")
    parser.add_argument("--quick", action="store_true",
                        help="a minute or two: short measurements for a look, and without what is large")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads of every side (default 1)")
    parser.add_argument("--compile", action="store_true",
                        help="torch.compile takes part in whole training steps (compiling takes minutes)")
    parser.add_argument("--peers", type=Path, metavar="DIR",
                        help=f"folder with peers under hips/, jax/ and tinygrad/ (default {default_folder()})")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), metavar="DIR",
                        help="where results.json, results.md and ratios.png go (default runs/bench)")
    parser.add_argument("--tune", nargs="*", metavar="SHAPE",
                        help="time the methods of convolution on this processor, a minute or two, and keep what is "
                             "found for later runs; shapes of yours such as 32,64,128,56x56,3x3,stride=2,padding=1 "
                             "count more than those of the tables")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A.json", "B.json"),
                        help="say what moved from one run to another, and exit")
