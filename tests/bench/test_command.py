"""``python -m benchmarks`` and ``tapegrad bench``; what each section does without a peer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tapegrad import cli
from tapegrad.bench import command, options
from tapegrad.bench.environment import clean_environment
from tapegrad.bench.libraries import load
from tapegrad.bench.measure import TRIAL
from tapegrad.bench.peers import Peers, Remote, RemotePeer, find
from tapegrad.bench.results import write_json
from tapegrad.bench.sections import SECTIONS, chosen

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("start", [command.main, lambda arguments: cli.main(["bench", *arguments])])
def test_list(capsys, start):
    assert start(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [s.name for s in SECTIONS]


@pytest.mark.parametrize(("arguments", "words"), [
    (["--sections", "nothing"], "there is no section nothing; there are overhead"), (["--threads", "0"], "at least one"),
    (["--compare", "no.json", "no.json"], "no.json"),
])
def test_bad_options_are_explained(capsys, arguments, words):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["bench", *arguments])
    assert stopped.value.code == 2 and words in capsys.readouterr().err


def test_what_a_section_lacks_is_said_before_anything_is_measured(capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.setattr(command, "rerun_clean", lambda threads: pytest.fail("it began"))
    with pytest.raises(SystemExit) as stopped:
        cli.main(["bench", "--out", str(tmp_path / "out")])
    errors = capsys.readouterr().err
    assert stopped.value.code == 2 and "the section threads" in errors and "pip install threadpoolctl" in errors
    assert "extra 'bench'" in errors and not (tmp_path / "out").exists()


def test_names_of_sections_and_of_their_rows_are_unique():
    assert len({s.name for s in SECTIONS}) == len(SECTIONS) and chosen([]) == list(SECTIONS)
    for section in SECTIONS:
        names = [row.name for row in section.rows(False)]
        assert len(set(names)) == len(names), section.name


# The others take longer, or start processes; tests/parity/test_bench.py runs them all.
@pytest.mark.parametrize("name", ["overhead", "backward", "scalar", "gemm", "conv1d", "losses", "optimizers"])
def test_a_section_without_peers(name):
    lines = []
    results = command.take(chosen([name]), Peers([load("ours")]), TRIAL, tiny=True, echo=lines.append)
    assert not results.problems() and all("ours" in f.sides for f in results.sections[name])
    assert any("| work | ours |" in line for line in lines)


def test_quick_names_what_it_leaves_out():
    class Row:
        name, slow = "large", True
    section = type("Section", (), {"name": "s", "title": "S", "rows": lambda self, tiny: [Row()], "note": ""})()
    lines = []
    results = command.take([section], Peers([load("ours")]), TRIAL, quick=True, echo=lines.append)
    assert results.left_out == ["large"] and any("large" in line for line in lines)


def test_a_run_leaves_results(tmp_path):
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--quick", "--sections", "scalar", "--out", tmp_path,
                           "--peers", tmp_path / "none"], cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | {"OPENBLAS_CORETYPE": "Haswell"})
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert set(results["sections"]) == {"scalar"} and "scalar loop" in results["sections"]["scalar"][0]["ratios"]
    assert f"pip install --no-deps --target {tmp_path / 'none' / 'hips'} autograd" in done.stdout
    assert "| work | ours |" in (tmp_path / "results.md").read_text()
    assert "OPENBLAS_CORETYPE" not in clean_environment(1)
    moved = subprocess.run([sys.executable, "-m", "benchmarks", "--compare", *[tmp_path / "results.json"] * 2], cwd=ROOT,
                           capture_output=True, text=True)
    assert moved.returncode == 0 and "none moved" in moved.stdout


def test_the_command_line_loads_nothing_heavy():
    # `tapegrad train` sets the number of BLAS threads, and BLAS reads it when NumPy is imported.
    code = "import tapegrad.cli, sys; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_missing_peers_are_named_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    peers = find(tmp_path)
    assert [lib.key for lib in peers.libraries] == ["ours"] and not peers.remotes
    assert list(peers.missing) == ["PyTorch", "JAX", "HIPS autograd", "tinygrad"]
    assert all("pip install" in how for how in peers.missing.values())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert options.default_folder() == tmp_path / "tapegrad" / "peers"


def test_a_peer_whose_process_dies_is_an_error(tmp_path, capfd):
    (tmp_path / "autograd.py").write_text("raise ImportError('broken here')")
    with pytest.raises(RuntimeError, match="the process of HIPS autograd ended"):
        Remote(RemotePeer("hips", "HIPS autograd", tmp_path), "scalar", {"x": 1.0, "y": 2.0, "rounds": 1})
    assert "broken here" in capfd.readouterr().err


def test_problems_are_the_exit_status(tmp_path, capsys, monkeypatch):
    from tapegrad.bench.measure import Figure
    from tapegrad.bench.results import Results
    monkeypatch.setattr(command, "rerun_clean", lambda threads: None)
    monkeypatch.setattr(command, "take", lambda *a, **k: Results({"cpu": "x", "threads": 1}, {}, {
        "gemm": [Figure("bad", problem="ours and PyTorch differ")]}))
    monkeypatch.setattr(command, "find", lambda *a: Peers([]))
    assert command.main(["--out", str(tmp_path), "--sections", "gemm"]) == 1
    assert "gemm: bad: ours and PyTorch differ" in capsys.readouterr().err
    assert (tmp_path / "results.json").exists() and write_json
