"""The page on seeing names what there is."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "seeing.md").read_text(encoding="utf-8")


def test_every_call_of_the_table_exists() -> None:
    from autograd import viz
    named = set(re.findall(r"viz\.(\w+)\(", TEXT))
    assert named <= set(dir(viz)) and len(named) > 8
