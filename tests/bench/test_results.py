"""Results as JSON and back, as tables, as a picture, and what moved between two runs."""

from __future__ import annotations

import pytest

from tapegrad.bench.measure import Figure, Spread
from tapegrad.bench.moved import compare
from tapegrad.bench.results import Results, markdown, plot, quantity, read_json, write_json


def results(ratio=0.5, cpu="one"):
    def f(name, ratio, **options):
        return Figure(name, "s", {"ours": Spread(ratio, ratio, ratio), "PyTorch": Spread(1, 1, 1)},
                      {"PyTorch": Spread(ratio, ratio * 0.95, ratio * 1.05)}, **options)
    return Results({"cpu": cpu, "threads": 1}, {"JAX": "pip install jax"}, {
        "overhead": [f("add", ratio, target=0.6), f("mul", 0.9, target=0.6)],
        "gemm": [f("64 squared", 2.0), Figure("bad", problem="ours and PyTorch differ: by 1")],
        "memory": [Figure("alone", "B", {"ours": Spread(*[ratio * 1024] * 3)})],
    }, ["ResNet-18"])


def test_json_round_trip(tmp_path):
    write_json(results(), tmp_path / "a.json")
    assert read_json(tmp_path / "a.json") == results()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"environment": {}, "sections": {"a": [{}]}}'])
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=r"does not hold results of `tapegrad bench`"):
        read_json(tmp_path / "a.json")


def test_tables_say_targets_problems_and_who_is_missing():
    text = markdown(results())
    assert "| add | 500 ms | 0.50 (0.47-0.53) | 1 s | 0.60 met |" in text
    assert "| mul | 900 ms | 0.90 (0.85-0.95) | 1 s | 0.60 **missed** |" in text
    assert "| 64 squared | 2 s | 2.00 (1.90-2.10) | 1 s | 1.05 **missed** |" in text  # the section's limit
    assert "Geometric mean, ours / PyTorch: 0.67" in text
    assert "not timed: ours and PyTorch differ" in text and results().problems() == ["gemm: bad: ours and PyTorch differ: by 1"]
    assert "not measured: JAX; to have it: pip install jax" in text and "`--quick`: ResNet-18" in text


def test_without_pytorch_there_are_no_targets():
    alone = Results({"cpu": "one", "threads": 1}, {"PyTorch": "pip install torch"}, {"overhead": [
        Figure("add", "s", {"ours": Spread(0.5, 0.5, 0.5)}, target=0.6), Figure("bad", problem="it failed")]})
    text = markdown(alone)
    assert "| work | ours |\n|---|---|\n| add | 500 ms |\n| bad | not timed: it failed |" in text
    assert "not measured: PyTorch; to have it: pip install torch" in text and "no targets, which are ratios to" in text


def test_quantities_have_units():
    values = [(2.5e-7, "s"), (1.5e-3, "s"), (12.0, "s"), (2048, "B"), (3 << 20, "B")]
    assert [quantity(*v) for v in values] == ["0.25 us", "1.5 ms", "12 s", "2 KiB", "3 MiB"]


def test_the_picture_is_a_picture(tmp_path):
    pytest.importorskip("matplotlib")
    plot(results(), tmp_path / "ratios.png")
    assert (tmp_path / "ratios.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_what_moved_beyond_its_quartiles():
    text = compare(results(0.5), results(0.7, cpu="two"))
    assert "cpu: one -> two" in text and "4 ratios compared; 2 moved" in text
    assert "| overhead / add | PyTorch | 0.50 (0.47-0.53) | 0.70 (0.66-0.73) | 1.40 slower |" in text
    assert "| memory / alone | ours | 0.5 KiB | 0.7 KiB | 1.40 slower |" in text and "mul" not in text


def test_nothing_moved_within_the_spread():
    assert compare(results(0.5), results(0.5)) == "4 ratios compared; none moved beyond its quartiles"
    assert "moved" in compare(results(0.5), results(0.51)) and "overhead / add" not in compare(results(0.5), results(0.51))


def test_rows_of_one_run_alone_are_named():
    after = results()
    after.sections["overhead"].pop()
    del after.sections["memory"]
    assert "only before: overhead / mul; memory / alone" in compare(results(), after)
    assert "only after: overhead / mul; memory / alone" in compare(after, results())
