"""What `profile` notes; no test looks at how long something took."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import viz


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        autograd.manual_seed(0)
        self.body = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
        self.head = nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        return self.head(self.body(x) * 2.0)


def profiled() -> tuple[Any, Any]:
    model = Net()
    with viz.profile() as p:
        model(autograd.ones(5, 3)).sort(1)[0].sum().backward()
    return model, p


def test_operations_and_modules_of_both_passes() -> None:
    _, p = profiled()
    assert [(e.phase[0], e.op, ".".join(e.path)) for e in p.events] == [
        ("f", "linear", "Net.body.0"), ("f", "tanh", "Net.body.1"), ("f", "mul", "Net"), ("f", "linear", "Net.head"),
        ("f", "sort_along", ""), ("f", "sum", ""),
        ("b", "sum", ""), ("b", "sort_along", ""), ("b", "linear", "Net.head"), ("b", "mul", "Net"),
        ("b", "tanh", "Net.body.1"), ("b", "linear", "Net.body.0")]
    assert all(e.seconds > 0 for e in p.events) and sum(e.seconds for e in p.events) < p.seconds
    assert [e.start for e in p.events] == sorted(e.start for e in p.events)
    assert p.events[0].flops == 2 * 5 * 3 * 4 and p.events[8].flops == 2 * 2 * 5 * 4 * 2
    assert p.events[0].shape == [5, 4] and p.events[0].bytes == 80
    modules = p.by_module()
    assert modules["Net.body"].calls == {"forward": 2, "backward": 2} and set(modules) == {
        "Net", "Net.body", "Net.body.0", "Net.body.1", "Net.head", ""}
    assert modules["Net"].total == pytest.approx(sum(e.seconds for e in p.events if e.path))
    assert "Net.head" in repr(p) and "sort_along" in p._repr_html_()


def test_results_are_the_same_and_nothing_stays_behind() -> None:
    def gradients() -> list[Any]:
        model = Net()
        model(autograd.ones(5, 3)).exp().mean().backward()
        return [q.grad.numpy() for q in model.parameters()]

    code = autograd.exp.op.core.__code__
    before = gradients()
    with viz.profile():
        inside = gradients()
    assert all(map(np.array_equal, before, inside)) and all(map(np.array_equal, before, gradients()))
    assert "run_" not in autograd.exp.op.core.__globals__
    with viz.profile():
        pass
    assert autograd.exp.op.core.__code__.co_name == "core" or code.co_name == "core"


def test_errors_leave_the_profile_in_order() -> None:
    with pytest.raises(RuntimeError, match="mul"), viz.profile() as p:
        autograd.ones(2) * autograd.ones(3)
    assert p.seconds > 0
    with viz.profile(), pytest.raises(RuntimeError, match="already"), viz.profile():
        pass
    assert (autograd.ones(2) * 2).tolist() == [2.0, 2.0]


def test_other_threads_and_operations_that_are_not_recorded() -> None:
    with viz.profile() as p:
        thread = threading.Thread(target=lambda: autograd.ones(3).exp())
        thread.start()
        thread.join()
        with autograd.no_grad():
            autograd.ones(3).sin()
    assert [e.op for e in p.events] == ["sin"]


def test_a_profile_can_go_on() -> None:
    p = viz.profile()
    for _ in range(2):
        with p:
            autograd.ones(2).cos()
    assert [e.op for e in p.events] == ["cos", "cos"] and p.events[1].start > p.events[0].start


def test_chrome_trace_and_flame_graph(tmp_path: Any) -> None:
    _, p = profiled()
    p.save(tmp_path / "trace.json")
    trace = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    complete = [e for e in trace if e["ph"] == "X" and e["tid"] == 0]
    assert [e["name"] for e in complete] == [e.op for e in p.events] and all(e["dur"] > 0 for e in complete)
    modules = [(e["cat"], e["name"]) for e in trace if e["ph"] == "X" and e["tid"] == 1]
    assert modules == [("forward", n) for n in ("Net", "body", "0", "1", "head")] + [
        ("backward", n) for n in ("Net", "head", "body", "1", "0")]
    p.save(tmp_path / "flame.html")
    page = (tmp_path / "flame.html").read_text()
    assert not re.search(r"https?://|src=|@import", page)
    roots = re.findall(r'<button class="(\w+)" data-x="([\d.]+)" data-w="([\d.]+)" style="top:0px"', page)
    assert [r[0] for r in roots] == ["forward", "backward"] and sum(float(r[2]) for r in roots) == pytest.approx(1)
    assert float(roots[1][1]) == pytest.approx(float(roots[0][2]))
    with pytest.raises(ValueError, match="flame graph"):
        p.save(tmp_path / "x.png")
    with pytest.raises(ValueError, match="module"):
        p.table("layer")


def test_hostile_names_are_text_in_the_flame_graph() -> None:
    model = nn.Sequential()
    model.add_module('<script>alert("x")</script>', nn.Linear(2, 2))
    with viz.profile() as p:
        model(autograd.ones(1, 2))
    page = p.flame_graph()
    assert "<script>alert" not in page and "&lt;script&gt;alert(&quot;x&quot;)" in page
