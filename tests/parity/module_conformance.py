"""Runs every module of PyTorch's ``nn`` on PyTorch and on this library, and compares.

    python tests/parity/module_conformance.py [--only REGEX] [-v] [--json FILE] [--record]

For each module and each of its samples, in training and in evaluation: the repr, the names of state, parameters and
buffers, the initial values from the same seed, the result, the gradients by inputs and by parameters, the second
derivative, the result in single precision, complex numbers where the database has them, the state after a call, whether
the state of one library loads into the other, and the errors of bad input. The samples are those of PyTorch's
``module_db``, and of `module_samples` for the modules that it leaves out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [p for p in (str(ROOT), str(ROOT / "tests")) if p not in sys.path]

from parity import conformance  # noqa: E402
from parity.modules import CATEGORIES, every_module  # noqa: E402
from parity.operators import Result  # noqa: E402

#: What the last recorded run gave; `test_modules` fails below it.
SCORE = Path(__file__).with_name("module_score.json")


def run(only: str = "", tell: Callable[[Result], None] | None = None) -> list[Result]:
    """Results of the modules whose name matches the expression ``only``."""
    modules = [m for m in every_module() if not only or re.fullmatch(only, m.name.removeprefix("nn."))]
    return conformance.run_each(modules, tell)


if __name__ == "__main__":
    sys.exit(conformance.main(run, __doc__, "modules", CATEGORIES, SCORE))
