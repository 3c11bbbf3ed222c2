"""Spreads, interleaving, and the check that comes before any timing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tapegrad.bench.case import Case, Work, disagreement, normal, tolerance
from tapegrad.bench.libraries import load
from tapegrad.bench.measure import TRIAL, Budget, Figure, Spread, figure, geometric_mean, interleaved, measure, spread
from tapegrad.bench.peers import Peers


def test_spread_is_median_and_quartiles():
    assert spread([5, 1, 2, 4, 3, 7, 6, 8]) == Spread(4.5, 3, 6)
    assert spread([3.0]) == Spread(3.0, 3.0, 3.0)


def test_rounds_ask_every_side_and_begin_with_the_next():
    order = []
    sides = {name: (lambda name=name: order.append(name) or 1.0) for name in "abc"}
    assert interleaved(sides, 4) == {name: [1.0] * 4 for name in "abc"}
    assert "".join(order) == "abc" "bca" "cab" "abc"


def test_ratios_are_taken_within_rounds():
    found = figure("work", {"ours": [1.0, 10.0, 2.0], "PyTorch": [2.0, 20.0, 4.0]}, target=0.5)
    assert found.ratios == {"PyTorch": Spread(0.5, 0.5, 0.5)} and found.sides["ours"].median == 2.0
    assert geometric_mean([found, dataclasses.replace(found, ratios={"PyTorch": Spread(2, 2, 2)})], "PyTorch") == 1.0
    assert geometric_mean([found], "JAX") is None


class Clock:
    """A side on a clock of its own: a run takes so many seconds, of which a hundredth is timed."""

    now = 0.0

    def __init__(self, seconds):
        self.seconds, self.asked = seconds, []

    def time(self, count):
        self.asked.append(count)
        Clock.now += self.seconds * count
        return self.seconds / 100


@pytest.mark.parametrize(("seconds", "rounds", "count"), [(1.0, 5, 1), (1e-2, 41, 1), (1e-4, 41, 50)])
def test_the_budget_counts_what_is_not_timed(monkeypatch, seconds, rounds, count):
    monkeypatch.setattr("time.perf_counter", lambda: Clock.now)
    a, b = Clock(seconds), Clock(seconds)
    found = measure({"ours": a, "peer": b}, Budget(1.0, 5, 41))
    assert found["ours"] == found["peer"] == [seconds / 100] * rounds
    assert a.asked[-rounds:] == pytest.approx([count] * rounds, abs=1) and set(a.asked[:-rounds]) == {1}


def test_sums_in_another_order_agree_and_wrong_numbers_do_not():
    x, y = normal(300, 400), normal(400, 50)
    right = x @ y
    turned = x[:, ::-1] @ y[::-1]
    assert not np.array_equal(right, turned)
    assert disagreement([right], [turned], "float32", 400) is None
    wrong = right.copy()
    wrong[3, 4] += 0.5  # one number in fifteen thousand
    assert "result 0 by" in disagreement([right], [wrong], "float32", 400)
    assert disagreement([right], [right * (1 + 2 * tolerance("float32", 400))], "float32", 400)


@pytest.mark.parametrize(("peer", "words"), [
    ([np.ones(3)], "1 results, and not 2|2 results, and not 1"), ([np.ones(3), np.ones(2)], "shape"),
    ([np.ones(3), np.array([1, np.nan, 1])], "finite"), ([np.ones(3), np.zeros(3)], "by inf"),
])
def test_what_differs_is_said(peer, words):
    found = disagreement([np.ones(3), np.ones(3)], peer, "float64", 1)
    assert found and any(word in found for word in words.split("|"))


def test_nothing_is_timed_where_numbers_differ():
    runs = []
    wrong = Work(lambda: runs.append(1), lambda: [np.zeros(3)])
    case = Case("ones", lambda lib: Work(lambda: runs.append(1), lambda: [lib.t.ones(3)]), others={"NumPy": lambda: wrong})
    found = case.measure(Peers([load("ours")]), TRIAL)
    assert isinstance(found, Figure) and "ours and NumPy differ" in found.problem and not runs and not found.sides


def test_preparation_is_not_timed_and_pieces_are_counted():
    log = []
    case = Case("work", lambda lib: Work(lambda: log.append("run"), lambda: [lib.t.ones(1)], lambda: log.append("before"), 10))
    with case.sides(Peers([load("ours")])) as sides:
        assert sides["ours"].time(3) >= 0
    assert log == ["before", "run"] * 3
