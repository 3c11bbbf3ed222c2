"""Graphviz pictures: what is in them, with and without the program."""

from __future__ import annotations

import shutil
import sys

import graphviz
import pytest

import autograd
import nn
from autograd import viz
from tapegrad import cli

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's program `dot` is not installed")


@pytest.fixture
def without_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def small():
    a = autograd.tensor(2.0, requires_grad=True)
    b = autograd.tensor(-3.0, requires_grad=True)
    return viz.graph(a * b)


def stack(blocks=12):
    net = nn.Sequential(*[nn.Sequential(nn.Linear(3, 3), nn.ReLU()) for _ in range(blocks)])
    return viz.graph(net, inputs=autograd.ones(1, 3), gradient=autograd.ones(1, 3))


def test_forward_and_backward_text() -> None:
    forward, backward = small().to_dot(), small().to_dot("backward")
    assert isinstance(forward, graphviz.Digraph)
    assert "n0 -> n2" in forward.source and "n2 -> n0" in backward.source
    assert 'label="a\n2"' in forward.source and 'label="a\n∂ -3"' in backward.source
    with pytest.raises(ValueError, match="'forward' or 'backward'"):
        small().to_dot("sideways")


def test_equal_blocks_are_drawn_once() -> None:
    graph = stack()
    source = graph.to_dot().source
    assert "Sequential × 12" in source
    assert source.count("label=linear") + source.count('label="linear') == 1
    names = [n["label"] for n in graph.nodes if n["kind"] == "parameter"]
    assert len(names) == 24 and sum(f'"{name}\n' in source for name in names) == 2


def test_depth_closes_modules() -> None:
    graph = stack(1)
    assert "linear" in graph.to_dot(depth=3).source
    closed = graph.to_dot(depth=0).source
    assert "linear" not in closed and "box3d" in closed


def test_hostile_names_stay_text() -> None:
    x = autograd.tensor(1.0, requires_grad=True)
    source = viz.graph(x * 2, params={'<b>"\\n</b>': x}).to_dot().source
    assert 'label="<b>\\"\\\\n</b>\n1"' in source


@needs_dot
@pytest.mark.parametrize(("suffix", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_pictures(tmp_path, suffix, start) -> None:
    path = tmp_path / f"g.{suffix}"
    stack().save(path)
    assert path.read_bytes().startswith(start)


@needs_dot
def test_notebooks_show_the_picture() -> None:
    assert "<svg" in small()._repr_mimebundle_()["image/svg+xml"]
    assert "<svg" in small().to_dot()._repr_mimebundle_()["image/svg+xml"]


def test_without_the_program_notebooks_show_the_page(without_dot) -> None:
    for shown in (small(), small().to_dot()):
        bundle = shown._repr_mimebundle_()
        assert "image/svg+xml" not in bundle
        assert bundle["text/html"].startswith("<iframe srcdoc=")


def test_without_the_program_save_says_what_to_install(without_dot, tmp_path) -> None:
    with pytest.raises(RuntimeError, match="apt install graphviz"):
        small().save(tmp_path / "g.svg")
    small().save(tmp_path / "g.dot")
    assert "digraph" in (tmp_path / "g.dot").read_text()


def test_suffixes_that_nothing_writes(tmp_path) -> None:
    with pytest.raises(ValueError, match="suffix"):
        small().save(tmp_path / "g")
    with pytest.raises(ValueError, match=r"\.xyz"):
        small().save(tmp_path / "g.xyz")


def test_command(capsys, tmp_path) -> None:
    assert cli.main(["graph", "--list"]) == 0
    assert "neuron" in capsys.readouterr().out
    assert cli.main(["graph", "neuron", "-o", str(tmp_path / "n.html")]) == 0
    assert "10 nodes" in capsys.readouterr().out
    assert (tmp_path / "n.html").read_text().startswith("<!doctype html>")
    assert cli.main(["graph", "neuron", "-o", str(tmp_path / "n.xyz")]) == 1
    assert ".xyz" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["graph", "nothing"])


@needs_dot
def test_command_draws_large_models(tmp_path) -> None:
    assert cli.main(["graph", "gpt", "-o", str(tmp_path / "gpt.svg"), "--view", "backward"]) == 0
    assert "× 12" in (tmp_path / "gpt.svg").read_text(encoding="utf-8")


def test_graphviz_is_not_loaded_by_the_page() -> None:
    loaded = "graphviz" in sys.modules
    assert viz.explore(autograd.ones(1, requires_grad=True) * 2).html
    assert ("graphviz" in sys.modules) == loaded
