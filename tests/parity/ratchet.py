"""Runs a conformance suite in a process of its own, and compares its score with the kept one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def scores(suite: str, kept: str, folder: Path, capsys: Any) -> dict[str, Any]:
    """What the suite found.

    Raises:
        AssertionError: something that passed entirely, by the file ``kept``, does no more, or fewer pass in a category.
    """
    found_at = folder / "scores.json"
    done = subprocess.run([sys.executable, str(HERE / suite), "--json", str(found_at)], capture_output=True, text=True,
                          timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    found, before = json.loads(found_at.read_text()), json.loads((HERE / kept).read_text())
    with capsys.disabled():
        print("\n" + done.stdout[done.stdout.rindex("category "):])
    lost = {name: {c: o["failure"] for c, o in found["results"][name]["outcomes"].items() if o["passed"] != o["tried"]}
            for name in before["entirely"] if not found["results"][name]["entirely"]}
    assert not lost, f"passed entirely before: {json.dumps(lost, indent=1)}"
    for category, score in before["scores"].items():
        if category not in ("excluded", "missing", "operators") and not category.endswith("_tried"):
            assert found["scores"][category] >= score, f"{category}: {found['scores'][category]}, was {score}"
    return found  # type: ignore[no-any-return]
