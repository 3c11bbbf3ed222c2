"""``tapegrad bench --tune``: shapes from the command line, the table that timings lead to, and where it goes."""

from __future__ import annotations

import pytest

pytest.importorskip("numba")

from autograd.kernels.convolution import choice as conv_choice
from autograd.kernels.convolution.costs import SHIPPED, predicted, read
from autograd.kernels.convolution.plans import methods
from autograd.kernels.vectors.ir import processor
from tapegrad import cli
from tapegrad.bench import command, tune
from tapegrad.bench.sections.convolutions import Shape


@pytest.mark.parametrize(("text", "shape"), [
    ("32,64,128,56x56,3x3,stride=2,padding=1", Shape(32, 64, 128, (56, 56), (3, 3), 2, 1)),
    ("1,4,8,100,5,groups=4", Shape(1, 4, 8, (100,), (5,), groups=4)),
    ("1,4,8,9x9x9,1x1x1", Shape(1, 4, 8, (9, 9, 9), (1, 1, 1))),
])
def test_shapes(text, shape):
    assert tune.parse(text) == shape


@pytest.mark.parametrize("text", ["", "1,2,3", "1,4,8,100,5x5", "0,4,8,100,5", "1,4,8,100,5,groups=3", "1,4,8,3,5",
                                  "1,4,8,100,5,slope=3", "1,4,8,100,5,stride=x", "1,4,8,9x9x9x9,1x1x1x1"])
def test_what_is_no_shape_is_explained(text, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["bench", "--tune", text])
    assert stopped.value.code == 2 and "is not a shape such as 32,64,128,56x56,3x3" in capsys.readouterr().err


def _timings(table, shapes=tune.SHAPES):
    """As on a processor that takes what a table says."""
    lanes, rows = conv_choice.vectors(4)
    found = []
    for shape in shapes:
        d = len(shape.size)
        if not shape.transposed:
            g = conv_choice.geometry((shape.n, shape.c, *shape.size), shape.arrays()[1].shape, (shape.stride,) * d,
                                     ((shape.padding,) * 2,) * d, (1,) * d, shape.groups)
            found += [tune.Timing(str(shape), kind, g, {m: predicted(table, m, kind, g, lanes, rows)
                                                       for m in methods(kind, g, lanes, rows, 4)}) for kind in SHIPPED]
    return found


def _other():
    """A processor three times as slow, with transforms that cost much more still."""
    return {kind: {m: [(30 if m == "winograd2" else 3) * x for x in row] for m, row in by_method.items()}
            for kind, by_method in SHIPPED.items()}


def test_the_table_of_a_processor_is_found():
    timings = _timings(_other())
    assert tune.lost(timings, SHIPPED) > 1.2
    assert tune.lost(timings, tune.fit(timings)) < 1.001


def test_what_is_found_is_written(monkeypatch, tmp_path, capsys):
    path = tmp_path / "tapegrad" / "convolutions.json"
    monkeypatch.setattr(conv_choice, "costs_file", lambda: path)
    monkeypatch.setattr(command, "rerun_clean", lambda threads: None)
    timings = _timings(SHIPPED)
    monkeypatch.setattr(tune, "take", lambda shapes, rounds, echo: timings)
    assert cli.main(["bench", "--tune"]) == 0
    assert "nothing written" in capsys.readouterr().out and not path.exists()
    timings = _timings(_other())
    assert cli.main(["bench", "--tune", "8,4,8,20x20,3x3"]) == 0
    assert f"written for this processor: {path}" in capsys.readouterr().out
    assert tune.lost(timings, read(path, processor())) < 1.01


def test_methods_are_timed():
    lines = []
    timings = tune.take([Shape(2, 3, 4, (9, 9), (3, 3), 1, 1), Shape(2, 4, 4, (9, 9), (3, 3), 2, 1, 4)], 1, lines.append)
    assert [t.kind for t in timings] == ["forward", "input", "weight"] * 2 and len(lines) == 6
    assert all(s > 0 for t in timings for s in t.seconds.values())
    assert {"direct", "implicit", "rows"} == set(timings[0].seconds) and "planes" in timings[3].seconds
