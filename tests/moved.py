"""Runs the programs of tests/scripts, which are written for PyTorch, in processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "tests" / "scripts").glob("*.py"))
#: Exit statuses other than 0 with which scripts end on purpose.
STATUS = {"checkpointing": 3}
NUMBER = re.compile(r"[-+]?\d*\.\d+(?:e[-+]?\d+)?")


def python(*arguments, cwd=None):
    """A finished process of this interpreter, which finds our packages."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, *map(str, arguments)], env=environment, text=True, encoding="utf-8",
                          capture_output=True, timeout=300, cwd=cwd, stdin=subprocess.DEVNULL, check=False)


def words_and_numbers(output):
    """What a program printed, split into its text and the decimal numbers in it."""
    return NUMBER.sub("#", output), [float(n) for n in NUMBER.findall(output)]
