"""What README.md says is true: its example runs and prints what it says, its commands are the ones that are checked."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_example_prints_what_it_says(capsys):
    code, = blocks("python")
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.split() == re.findall(r"print\(.*\)  # (\S+)", code)


def test_the_commands_install_what_they_need_and_are_those_of_the_checks():
    commands = " && ".join(blocks("sh")).split()
    assert commands.count("pip") == 2 and "tapegrad" in commands and "pytest" in commands
    script = (ROOT / ".ci/run").read_text()
    assert '".[data,test]"' in TEXT and '".[data,test]"' in script and "step pytest -n auto\n" in script


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links and all((ROOT / link).is_file() for link in links if not link.startswith("http"))
