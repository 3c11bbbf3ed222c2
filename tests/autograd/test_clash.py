"""Another package of the same name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import autograd

ROOT = Path(autograd.__file__).parent.parent
FOREIGN = {"__init__.py": "from .wrap_util import grad\n", "wrap_util.py": "def grad(f): return f\n"}


def foreign(folder: Path) -> None:
    package = folder / "autograd"
    package.mkdir(parents=True, exist_ok=True)
    for name, text in FOREIGN.items():
        (package / name).write_text(text)


def python(code: str, *path: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    return subprocess.run([sys.executable, "-c", code], env=env, cwd=path[0], capture_output=True, text=True, check=False)


def test_hidden_behind_this_one(tmp_path):
    foreign(tmp_path)
    shown = python("import sys; sys.path.remove(''); import autograd; print(autograd.Tensor)", ROOT, tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "hides HIPS autograd" in shown.stderr and "virtual environment" in shown.stderr


def test_in_the_same_folder(tmp_path):
    shutil.copytree(ROOT / "autograd", tmp_path / "autograd", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "autograd" / "wrap_util.py").write_text("")
    shown = python("import autograd", tmp_path)
    assert shown.returncode != 0 and "overwrite each other" in shown.stderr


def test_in_front_of_this_one(tmp_path):
    foreign(tmp_path)
    for package in ("nn", "optim"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
        shown = python(f"import {package}", tmp_path)
        assert shown.returncode != 0 and "HIPS" in shown.stderr and "ninstall" in shown.stderr, shown.stderr
