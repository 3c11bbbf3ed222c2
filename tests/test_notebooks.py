"""Every notebook runs in a fresh kernel, soon enough, and prints what is stored in it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("matplotlib")

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def texts(notebook: Any) -> list[tuple[str, list[str]]]:
    """What each cell printed, and its other outputs as text; of a plot nothing but that it is one."""
    found = []
    for cell in notebook.cells:
        outputs = cell.get("outputs", ())
        printed = "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")
        shown = [o.data for o in outputs if o.output_type != "stream"]
        found.append((printed, ["a plot" if "image/png" in data else data["text/plain"] for data in shown]))
    return found


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.filterwarnings("ignore")  # those of the kernel's client
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    stored = texts(notebook)
    assert any(printed or shown for printed, shown in stored), "store the notebook with its outputs"
    start = time.perf_counter()
    nbclient.NotebookClient(notebook, timeout=50, kernel_name="python3",
                            resources={"metadata": {"path": str(path.parent)}}).execute()
    assert time.perf_counter() - start < 50
    assert texts(notebook) == stored


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_is_small(path: Path) -> None:
    assert path.stat().st_size < 200_000
