"""The data model: what `autograd.viz.graph` says of a computation, against the engine."""

from __future__ import annotations

import gc
import json
import tracemalloc

import numpy as np
import pytest

import autograd
import nn
from autograd import viz


def by_label(graph, label):
    return next(n for n in graph.nodes if n["label"] == label or n["name"] == label)


def values(summary):
    return np.array(summary["values"]).reshape(summary["shape"])


def scalar_example():
    a = autograd.tensor(2.0, requires_grad=True)
    b = autograd.tensor(-3.0, requires_grad=True)
    c = a * b + a
    return a, b, c, (c * c).tanh()


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(width, width)

    def forward(self, x):
        return x + self.inner(x).relu()


class Net(nn.Module):
    def __init__(self, width=6, blocks=4):
        super().__init__()
        self.first = nn.Linear(3, width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(blocks)])
        self.last = nn.Linear(width, 2)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        return self.last(x)


@pytest.fixture
def recorded():
    autograd.manual_seed(0)
    net = Net()
    x, y = autograd.randn(5, 3), autograd.tensor([0, 1, 1, 0, 1])
    with viz.record():
        loss = nn.functional.cross_entropy(net(x), y)
    return net, x, loss


# --- numbers ------------------------------------------------------------------------------------------------


def test_gradients_are_the_engines_to_the_bit() -> None:
    autograd.manual_seed(0)
    w = autograd.randn(3, 4, requires_grad=True)
    x = autograd.randn(4, requires_grad=True)
    h = (w @ x).exp()
    loss = (h * h + h).sum() * w.sum()
    graph = viz.graph(loss)
    loss.backward()
    for name, t in {"w": w, "x": x}.items():
        shown = values(by_label(graph, name)["grad"]).astype(np.float32)
        assert shown.tobytes() == t.grad.numpy().tobytes()


def test_totals_at_a_fan_out_end_in_the_gradient() -> None:
    a, _, _, d = scalar_example()
    graph = viz.graph(d)
    node = by_label(graph, "a")
    arriving = [graph.edges[e] for step in graph.backward for e in step["edges"] if graph.edges[e]["from"] == node["id"]]
    d.backward()
    assert len(arriving) == 2
    assert arriving[0]["total"]["values"] == arriving[0]["contribution"]["values"]
    assert arriving[1]["total"]["values"] == node["grad"]["values"] == [a.grad.item()]
    together = np.float32(arriving[0]["contribution"]["values"][0]) + np.float32(arriving[1]["contribution"]["values"][0])
    assert together == a.grad.item()


@pytest.mark.parametrize("function", [
    lambda x, y: x * y, lambda x, y: x / y, lambda x, y: x ** 3 - y, lambda x, y: (x * y).sum(), lambda x, y: x.softmax(0),
    lambda x, y: x.cumsum(0), lambda x, y: autograd.cat([x, y]), lambda x, y: x.relu() + y.tanh(),
])
def test_upstream_times_local_is_the_contribution(function) -> None:
    x = autograd.tensor([0.5, -1.0, 2.0], dtype=autograd.float64, requires_grad=True)
    y = autograd.tensor([1.5, 0.3, -0.7], dtype=autograd.float64, requires_grad=True)
    out = function(x, y)
    upstream = autograd.tensor(np.linspace(1, 2, out.numel()).reshape(tuple(out.shape)))
    graph = viz.graph(out, gradient=upstream)
    found = 0
    for step in graph.backward:
        g = values(graph.nodes[step["node"]]["grad"])
        for k in step["edges"]:
            edge = graph.edges[k]
            local = values(edge["local"])
            product = (g.ravel() @ local) if edge["local"].get("jacobian") else g * local
            shown = values(edge["contribution"])
            # Sums of up to six products of numbers near one.
            np.testing.assert_allclose(product.reshape(shown.shape), shown, rtol=1e-14, atol=1e-15)
            found += 1
    assert found >= 1


def test_large_jacobians_are_left_out_and_large_arrays_summed_up() -> None:
    autograd.manual_seed(0)
    w, x = autograd.randn(30, 20, requires_grad=True), autograd.randn(20, 30)
    loss = (w @ x).exp().sum()
    graph = viz.graph(loss)
    assert all(e["local"] is None for e in graph.edges)
    shown = by_label(graph, "w")["value"]
    assert "values" not in shown
    assert shown["norm"] == pytest.approx(np.linalg.norm(w.detach().numpy()), rel=1e-6)
    assert sum(shown["bars"]) == 600
    assert len(shown["grid"]) == 12 and len(shown["grid"][0]) == 12


def test_values_come_from_record_saved_arrays_variables_and_inputs() -> None:
    a, b, c, d = scalar_example()
    assert a.is_leaf and b.is_leaf  # variables, so that they are named
    kinds = [(n["label"], n["value"]["values"]) for n in viz.graph(d).nodes]
    assert kinds == [("a", [2.0]), ("b", [-3.0]), ("mul", [-6.0]), ("add", [-4.0]), ("mul", [16.0]), ("tanh", [1.0])]
    del c
    x = autograd.ones(200, requires_grad=True)
    unknown = by_label(viz.graph((x + 1).sum()), "add")
    assert unknown["value"] is None and unknown["shape"] == [200]


def test_nothing_of_the_users_changes() -> None:
    a, _, c, d = scalar_example()
    c.retain_grad()
    graph = viz.graph(d)
    assert a.grad is None and c.grad is None
    viz.graph(d)
    d.backward()
    assert by_label(graph, "c")["grad"]["values"] == [c.grad.item()]


def test_a_graph_that_was_used_up_says_so() -> None:
    *_, d = scalar_example()
    d.backward()
    graph = viz.graph(d)
    assert len(graph.nodes) >= 6
    assert any("retain_graph" in note for note in graph.about["notes"])


def test_several_outputs() -> None:
    x = autograd.tensor([3.0, 1.0, 2.0, 0.0], requires_grad=True)
    with viz.record():
        low, high = x.chunk(2)
        loss = (low * high).sum() + x.max(0).values
    graph = viz.graph(loss)
    loss.backward()
    assert by_label(graph, "x")["grad"]["values"] == x.grad.tolist()
    parts = [n for n in graph.nodes if n["kind"] == "part"]
    assert [n["value"]["values"] for n in parts] == [[3.0, 1.0], [2.0, 0.0]]
    assert [n["name"] for n in parts] == ["low", "high"]
    # Of max, one output is used, so that operation and output are one node.
    assert [n["kind"] for n in graph.nodes if n["op"].startswith("max")] == ["op"]


def test_constants_stand_beside_what_uses_them() -> None:
    data = autograd.tensor([1.0, 2.0])
    w = autograd.tensor([3.0, 4.0], requires_grad=True)
    graph = viz.graph((w * data * 2).sum())
    constants = [n for n in graph.nodes if n["kind"] == "constant"]
    assert [(n["label"], n["value"]["values"]) for n in constants] == [("data", [1.0, 2.0]), ("2", [2.0])]


def test_functions_of_the_users() -> None:
    class Cube(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx, g):
            x, = ctx.saved_tensors
            return g * 3 * x * x

    x = autograd.tensor(2.0, requires_grad=True)
    graph = viz.graph(Cube.apply(x))
    assert by_label(graph, "x")["grad"]["values"] == [12.0]
    assert [s["bytes"] for n in graph.nodes for s in n["saved"]] == [4]


@pytest.mark.parametrize("make", [
    lambda x: (x * x).sum(), lambda x: x.sort().values[0], lambda x: autograd.linalg.svd(x.reshape(2, 2))[1].sum(),
    lambda x: x.view(2, 2).mul_(1.0).sum() if not x.requires_grad else x.clone().view(2, 2).mul_(2.0).sum(),
    lambda x: autograd.checkpoint(lambda t: t.exp().sin(), x).sum(), lambda x: (x + 1j * x).abs().sum(),
    lambda x: nn.functional.dropout(x, 0.5).sum(), lambda x: autograd.stack([x, x]).max(),
])
def test_json_holds_every_kind_of_graph(make) -> None:
    x = autograd.tensor([0.5, -1.0, 2.0, 0.3], requires_grad=True)
    out = make(x)
    graph = viz.graph(out)
    assert json.loads(graph.to_json())["nodes"] == graph.nodes
    out.backward()
    assert by_label(graph, "x")["grad"]["values"] == pytest.approx(x.grad.tolist(), rel=0, abs=0)


# --- names, modules, lines ------------------------------------------------------------------------------------


def test_names_from_modules_mappings_and_sequences() -> None:
    layer = nn.Linear(2, 1)

    def loss():  # the variables of the caller would name them too
        return layer(autograd.ones(1, 2)).sum()

    def labels(params):
        hidden = loss()
        return {n["label"] for n in viz.graph(hidden, params=params).nodes if n["kind"] in ("parameter", "leaf")}

    assert labels(layer) == {"weight", "bias"}
    assert labels(dict(layer.named_parameters(prefix="net"))) == {"net.weight", "net.bias"}
    assert labels([layer.weight, ("b", layer.bias)]) == {"params[0]", "b"}
    assert labels(None) == {"leaf"}
    with pytest.raises(TypeError, match="params must be a Module"):
        labels([3])


def test_modules_lines_and_repeats(recorded) -> None:
    _, _, loss = recorded
    graph = viz.graph(loss)
    folded = [m for m in graph.modules if m["repeat"]]
    assert [(m["type"], m["repeat"], m["name"]) for m in folded] == [("Block", 4, "blocks.0 ... blocks.3")]
    linear = next(n for n in graph.nodes if n["op"] == "linear")
    path = []
    module = linear["module"]
    while module is not None:
        path.append(graph.modules[module]["name"])
        module = graph.modules[module]["parent"]
    assert path == ["first", "Net"]
    assert linear["source"]["file"] == __file__
    assert "self.first(x)" in linear["source"]["text"]
    names = {n["label"] for n in graph.nodes if n["kind"] == "parameter"}
    assert {"first.weight", "blocks.2.inner.bias", "last.bias"} <= names
    weight = by_label(graph, "blocks.2.inner.weight")
    assert graph.modules[weight["module"]]["path"] == "blocks.2.inner"


def test_blocks_that_differ_are_not_folded() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 8), nn.Tanh(), nn.Tanh())
    graph = viz.graph(net, inputs=autograd.ones(1, 4))
    assert [(m["type"], m["repeat"]) for m in graph.modules if m["repeat"]] == [("Linear", 2), ("Tanh", 2)]


def test_a_module_called_twice_is_two_calls() -> None:
    layer = nn.Linear(3, 3)

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, x):
            return self.layer(self.layer(x).relu())

    graph = viz.graph(Twice(), inputs=autograd.ones(1, 3))
    assert [m["name"] for m in graph.modules] == ["Twice", "layer", "layer (call 2)"]
    assert graph.modules[by_label(graph, "layer.weight")["module"]]["name"] == "Twice"


def test_graph_of_a_module() -> None:
    net = Net()
    graph = viz.graph(net, inputs=autograd.ones(2, 3))
    assert graph.about["title"] == "Net"
    assert any("not a single number" in note for note in graph.about["notes"])
    assert graph.backward == []
    with_gradient = viz.graph(net, inputs=(autograd.ones(2, 3),), gradient=autograd.ones(2, 2))
    assert by_label(with_gradient, "last.bias")["grad"]["values"] == [2.0, 2.0]
    assert viz.graph(net, inputs={"x": autograd.ones(2, 3)}).nodes
    with pytest.raises(TypeError, match="inputs=x"):
        viz.graph(net)


def test_errors_say_what_is_missing() -> None:
    with pytest.raises(RuntimeError, match="no graph to draw"):
        viz.graph(autograd.ones(2))
    with pytest.raises(TypeError, match="expected a tensor or a module"):
        viz.graph(3)


def test_recording_leaves_nothing_behind(recorded) -> None:
    net, x, _ = recorded
    y = (autograd.ones(2, requires_grad=True) * 2)
    assert y.grad_fn.extra is None
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        for _ in range(3):
            with viz.record():
                out = net(x).sum()
            del out
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(20):
            with viz.record():
                out = net(x).sum()
            del out
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        gc.enable()
    assert grown < 20_000  # a graph and its notes are some 100 kB


# --- findings -------------------------------------------------------------------------------------------------


def marks(graph):
    return {(n["label"], m["kind"]) for n in graph.nodes for m in n["marks"]}


def test_nan_and_infinity_are_marked_where_they_are() -> None:
    x = autograd.tensor([1.0, 0.0], requires_grad=True)
    with viz.record():
        y = (x.log() * 0).sum()
    assert {("log", "inf"), ("mul", "nan"), ("sum", "nan")} <= marks(viz.graph(y))


def test_masks_are_no_finding(recorded) -> None:
    scores = autograd.randn(4, 4, requires_grad=True)
    mask = autograd.full((4, 4), float("-inf")).triu(1)
    with viz.record():
        masked = scores.masked_fill(mask < 0, float("-inf"))
        out = (((scores + mask).softmax(1) + masked.softmax(1)) * autograd.randn(4, 4)).sum()
    assert marks(viz.graph(out)) == set()
    assert marks(viz.graph(recorded[2])) == set()


def test_dead_vanishing_and_exploding() -> None:
    x = autograd.tensor([-1.0, -2.0], requires_grad=True)
    assert ("relu", "dead") in marks(viz.graph(x.relu().sum()))
    assert ("x", "vanishing") in marks(viz.graph((x * 1e-7).sum()))
    assert ("x", "exploding") in marks(viz.graph((x * 1e7).sum()))
    assert marks(viz.graph((x * 2).sum())) == set()


def test_the_fault_and_its_path() -> None:
    x = autograd.tensor([4.0, 0.0], requires_grad=True)
    assert viz.graph((x + 1).sum()).about["fault"] is None
    graph = viz.graph((x.sqrt() * 3).sum())  # the slope at 0
    fault = graph.about["fault"]
    assert (fault["phase"], graph.nodes[fault["node"]]["op"]) == ("backward", "sqrt")
    assert [graph.nodes[graph.edges[e]["from"]]["label"] for e in fault["edges"]] == ["x"]
    with viz.record():
        loss = (x.log() * 0 + 1).sum()  # an infinity first, then NaN
    graph = viz.graph(loss)
    fault = graph.about["fault"]
    assert (fault["phase"], graph.nodes[fault["node"]]["op"]) == ("forward", "log")
    assert [graph.nodes[graph.edges[e]["to"]]["op"] for e in fault["edges"]] == ["mul", "add", "sum"]
    assert graph.to_dot().source.count("penwidth=2.5") >= 3 and "penwidth" in graph.to_dot("backward").source


def test_a_bias_before_a_normalisation_is_no_vanishing_gradient() -> None:
    autograd.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    with viz.record():
        loss = (net(autograd.randn(8, 1, 6, 6)) * autograd.randn(8, 4, 4, 4)).sum() * 100
    assert not [m for m in marks(viz.graph(loss)) if m[1] == "vanishing"]


def test_names_are_those_of_the_tape() -> None:
    a, b = (autograd.tensor(v, requires_grad=True) for v in (2.0, 3.0))
    with viz.record():
        c = (a * b + 1) ** 2 / a
        loss = -c.tanh() @ autograd.tensor([1.0]) if c.ndim else -c.tanh()
    graph, tape = viz.graph(loss), autograd.tape(loss)
    ops = [n for n in graph.nodes if n["kind"] == "op"]
    assert [n["short"] for n in ops] == [tape.names[n] for n in tape if n.op.name != "leaf" and n.edges]
    assert [n["text"] for n in ops] == ["a × b", "v1 + 1", "v2²", "v3 ÷ a", "tanh(c)", "−v4"]
    formula = graph.edges[next(i for i, e in enumerate(graph.edges) if graph.nodes[e["to"]]["op"] == "mul")]["formula"]
    assert formula["text"] == "g * other" and "<mo>∇</mo><mi>v1</mi>" in formula["mathml"]


def test_long_names_are_letters_in_formulas() -> None:
    net = nn.Sequential(nn.Sequential(nn.Linear(2, 2)))
    with viz.record():
        loss = net(autograd.ones(1, 2, requires_grad=True)).sum()
    formulas = [e["formula"] for e in viz.graph(loss).edges if e["formula"]]
    assert "w = 0.0.weight" in {f["where"] for f in formulas}
