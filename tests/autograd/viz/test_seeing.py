"""The page on seeing: each of its programs runs by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "seeing.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_program(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "seeing.md", "exec"), {"__name__": "seeing"})
    wanted = set(re.findall(r'save\("([^"]+)"\)', program))
    assert wanted and {p.name for p in tmp_path.iterdir()} == wanted


def test_every_call_of_the_table_exists() -> None:
    from autograd import viz
    named = set(re.findall(r"viz\.(\w+)\(", TEXT))
    assert named <= set(dir(viz)) and len(named) > 8
