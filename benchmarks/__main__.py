"""``python -m benchmarks [--json FILE] [SECTION ...]``: print the tables, and keep the figures."""

from __future__ import annotations

import argparse

from .measure import environment, geometric_mean, rerun_clean, table, write_json


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", help="parts of section names; default: all")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    rerun_clean(threads=1)
    import torch

    from autograd import ops
    from autograd.kernels import conv_choice
    from autograd.kernels.late import compile_all

    from . import convolutions, eager
    torch.set_num_threads(1)
    ops.load_all()
    compile_all()  # as after the first seconds of a run
    conv_choice.READINESS.reached(float("inf"))
    for key, value in environment(1).items():
        print(f"{key}: {value}")
    figures = {}
    for title, section in {**eager.SECTIONS, **convolutions.SECTIONS}.items():
        if options.sections and not any(s.lower() in title.lower() for s in options.sections):
            continue
        figures[title] = section()
        print(f"\n### {title}\n\n{table(figures[title])}")
        if len(figures[title]) > 1:
            print(f"\ngeometric mean {geometric_mean(figures[title]):.2f}", flush=True)
    if options.json:
        write_json(options.json, 1, figures)


if __name__ == "__main__":
    main()
