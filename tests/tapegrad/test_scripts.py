"""Programs written for PyTorch, in the styles that people write, under ``tapegrad run`` and after ``tapegrad port``.

tests/parity/test_scripts.py compares what they print with what they print under PyTorch.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize

import pytest
from moved import SCRIPTS, STATUS, python, words_and_numbers

from tapegrad.moving.port import ported

#: Numbers by which each of these says how well it does, as a pattern with one group; the last is below the first.
FALLING = {
    "amp_boilerplate": r"^\d (\S+) 1\.0", "checkpointing": r"^at \d+: ([\d.]+)", "custom_function": r"loss (\S+)",
    "lstm_tagger": r"^\d+ (\S+) ", "mnist_main": r"Average loss: ([\d.]+)", "old_style": r"loss (\S+)",
    "sequential_mlp": r"^\d+ (\S+)", "star_imports": r"^\d+ (\S+)", "transformer_lm": r"loss (\S+)",
    "typed_config": r"^\d+ (\S+)",
}


@pytest.mark.parametrize("path", SCRIPTS, ids=[p.stem for p in SCRIPTS])
def test_runs_as_it_is_and_ported(path, tmp_path):
    run = python("-m", "tapegrad", "run", path)
    assert (run.returncode, run.stderr) == (STATUS.get(path.stem, 0), "")
    if path.stem in FALLING:
        values = [float(v) for v in re.findall(FALLING[path.stem], run.stdout, re.MULTILINE)]
        assert len(values) > 1 and values[-1] < values[0]
    moved = tmp_path / path.name
    port = python("-m", "tapegrad", "port", path, "-o", moved)
    assert port.returncode == 0 and port.stdout == ""
    result = python(moved)
    assert (result.returncode, result.stderr) == (run.returncode, "")
    # Both compute the same numbers: the order in memory is the same, too.
    assert words_and_numbers(result.stdout) == words_and_numbers(run.stdout)


@pytest.mark.parametrize("path", SCRIPTS, ids=[p.stem for p in SCRIPTS])
def test_ported_script_names_no_torch_and_keeps_the_rest(path):
    source = path.read_text()
    result = ported(source)
    tree = ast.parse(result.source)
    assert not any(isinstance(node, ast.Name) and node.id == "torch" for node in ast.walk(tree))
    assert "torch" not in {name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
                           for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module])}
    assert comments(result.source) == comments(source)
    untouched = [line for line in source.splitlines() if not re.search(r"\b(torch|th|autograd)\b", line)]
    kept = result.source.splitlines()
    assert [line for line in untouched if line.strip()] == [line for line in kept if line in set(untouched) and line.strip()]


def comments(source):
    return [token.string for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT]


def test_what_will_not_work_is_listed_with_its_line():
    path = next(p for p in SCRIPTS if p.stem == "transformer_lm")
    port = python("-m", "tapegrad", "port", path)
    lines = path.read_text().splitlines()
    for name in ("DistributedDataParallel", "init_process_group", "destroy_process_group"):
        found = [line for line in port.stderr.splitlines() if f".{name} raises" in line]
        assert {int(line.split(":")[1]) for line in found} >= {
            i for i, line in enumerate(lines, 1) if name in line and "import" in line}
    assert port.returncode == 0 and port.stdout == ported(path.read_text()).source


def test_an_argument_reaches_the_script(tmp_path):
    run = python("-m", "tapegrad", "run", next(p for p in SCRIPTS if p.stem == "mnist_main"), "--epochs", "1",
                 "--save-model", tmp_path / "model.pt")
    assert run.returncode == 0 and "Train Epoch: 1" in run.stdout and "Train Epoch: 2" not in run.stdout
    assert (tmp_path / "model.pt").stat().st_size > 4000
