"""Training curves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import viz


def filled(**kwargs: Any) -> Any:
    history = viz.History("a run", **kwargs)
    for i in range(1, 5):
        history.add({"loss": autograd.tensor(1 / i), "accuracy": i / 4, "test loss": 1.5 / i, "test accuracy": i / 5})
    return history


def test_figures_by_step() -> None:
    history = filled()
    assert history.names() == ["loss", "accuracy", "test loss", "test accuracy"] and len(history) == 4
    assert history["accuracy"] == [0.25, 0.5, 0.75, 1.0] and "0.3333" in repr(history) and "a run" in repr(history)
    history.add({"loss": 0.1})
    assert history["test loss"][-1] != history["test loss"][-1]
    with pytest.raises(KeyError, match="'test accuracy'"):
        history["speed"]
    again = viz.History()
    again.extend(history.records)
    assert again.records == history.records


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_pictures(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("matplotlib")
    filled().save(tmp_path / f"curves.{ending}")
    assert (tmp_path / f"curves.{ending}").read_bytes()[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-")


def test_one_picture_a_metric_with_a_curve_for_training_and_test() -> None:
    pytest.importorskip("matplotlib")
    loss, accuracy = filled().figure().axes
    assert [(a.get_ylabel(), a.get_yscale()) for a in (loss, accuracy)] == [("loss", "log"), ("accuracy", "linear")]
    assert [line.get_label() for line in loss.lines] == ["training", "test"]
    assert list(loss.lines[1].get_ydata()) == [1.5, 0.75, 0.5, 0.375]
    assert viz.History("empty").figure().axes


def test_notebooks_show_a_picture_that_follows(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    pytest.importorskip("matplotlib")
    history = filled()
    assert history._repr_png_().startswith(b"\x89PNG") and "<pre>a run" in history._repr_html_()
    history.show()
    assert "0.3333" in capsys.readouterr().out
    display = pytest.importorskip("IPython.display")
    seen = []

    class Handle:
        def update(self, shown: Any) -> None:
            seen.append(len(shown))

    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: object())
    monkeypatch.setattr(display, "display", lambda shown, display_id: Handle())
    history.show()
    history.add({"loss": 1.0})
    assert seen == [5]


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    history = filled()
    for name in ("matplotlib.figure", "tensorboardX"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"matplotlib.*extra 'data' or 'viz'"):
        history.save(tmp_path / "x.png")
    with pytest.raises(ImportError, match=r"tensorboardX.*extra 'viz'"):
        viz.History(log_dir=tmp_path)
    assert history._repr_png_() is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_event_files(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    filled(log_dir=tmp_path).close()
    data = b"".join(p.read_bytes() for p in tmp_path.glob("events.out.tfevents.*"))
    assert data.count(b"loss/training") == 4 and data.count(b"accuracy/test") == 4
