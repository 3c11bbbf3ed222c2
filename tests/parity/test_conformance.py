"""PyTorch's operator database as a ratchet: what passed once must go on passing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

HERE = Path(__file__).parent


def test_no_operator_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found_at = tmp_path / "scores.json"
    done = subprocess.run([sys.executable, str(HERE / "conformance.py"), "--json", str(found_at)],
                          capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    found, kept = json.loads(found_at.read_text()), json.loads((HERE / "score.json").read_text())
    with capsys.disabled():
        print("\n" + done.stdout[done.stdout.rindex("category "):])
    assert found["scores"]["entirely"] >= 0.9 * found["scores"]["operators"]
    lost = {name: {c: o["failure"] for c, o in found["results"][name]["outcomes"].items() if o["passed"] != o["tried"]}
            for name in kept["entirely"] if not found["results"][name]["entirely"]}
    assert not lost, f"passed entirely before: {json.dumps(lost, indent=1)}"
    for category, score in kept["scores"].items():
        if category in ("excluded", "missing", "operators") or category.endswith("_tried"):
            continue
        assert found["scores"][category] >= score, f"{category}: {found['scores'][category]} operators, was {score}"


def test_exclusions_all_have_an_entry_and_a_reason() -> None:
    import re

    from parity.exclusions import EXCLUSIONS, reason
    from torch.testing._internal.common_methods_invocations import op_db
    names = {info.name for info in op_db} | {f"{info.name}[{info.variant_test_name}]" for info in op_db}
    for pattern, why in EXCLUSIONS:
        assert why
        assert any(re.fullmatch(pattern, name) for name in names), f"{pattern} leaves nothing out"
    assert reason("add") is None
