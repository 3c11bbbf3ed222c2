"""The tape in text, and backward one step at a time, against the engine's own sweep."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import viz


def tensor(data: Any, **kwargs: Any) -> Any:
    return autograd.tensor(data, requires_grad=True, dtype=autograd.float64, **kwargs)


def fan_out() -> Any:
    x, y = tensor([1.0, 2.0]), tensor([3.0, 0.1])
    z = x * y
    return (z * x + z.exp() / (x + y).sin() + z).sum(), [x, y]


def classifier() -> Any:
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Linear(32, 3))
    return nn.functional.cross_entropy(model(autograd.randn(4, 1, 6, 6)), autograd.tensor([0, 1, 2, 0])), [*model.parameters()]


def several_outputs() -> Any:
    x = tensor([[3.0, 1.0, 2.0], [0.5, 4.0, 1.5]])
    values, _ = x.sort(1)
    top, _ = x.max(0)
    first, second, _third = x.unbind(1)
    return (values[:, 0] * first).sum() + (top * top).sum() + (second * first).sum(), [x]


def in_place_and_views() -> Any:
    x = tensor([1.0, 2.0, 3.0])
    y = x * 2
    y[1:] *= x[:2]
    y.mul_(x)
    return y.sum() + (x.view(3, 1) @ x.view(1, 3)).sum(), [x]


def hooked() -> Any:
    x = tensor([1.0, 2.0])
    y = x.exp()
    y.register_hook(lambda g: g * 3)
    x.register_hook(lambda g: g + 1)
    z = (y * y).sum()
    z.grad_fn.register_hook(lambda grads, _: (grads[0] * 2,))
    return z, [x]


def attention() -> Any:
    autograd.manual_seed(1)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    return layer(autograd.randn(2, 5, 8)).square().mean(), [*layer.parameters()]


def recurrent() -> Any:
    autograd.manual_seed(2)
    cell = nn.LSTMCell(3, 4)
    h, c = autograd.zeros(2, 4), autograd.zeros(2, 4)
    for _ in range(4):
        h, c = cell(autograd.randn(2, 3), (h, c))
    return h.sum() + c.prod(), [*cell.parameters()]


PROGRAMS = [fan_out, classifier, several_outputs, in_place_and_views, hooked, attention, recurrent]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_sums_of_contributions_are_the_gradients_to_the_bit(program: Any) -> None:
    loss, leaves = program()
    tape = autograd.tape(loss)
    adjoints = tape.backward()
    sums: dict[Any, Any] = {}
    for step in adjoints.steps:
        for c in step.contributions:
            sums[c.to] = sums[c.to] + c.value if c.to in sums else c.value
            assert np.array_equal(np.asarray(sums[c.to].by_index and 0) if hasattr(sums[c.to], "by_index") else sums[c.to],
                                  0 if hasattr(c.total, "by_index") else c.total)
    assert all(leaf.grad is None for leaf in leaves), "reading a tape adds to no grad"
    loss.backward()
    for leaf in leaves:
        if leaf.grad is None:
            assert adjoints[leaf] is None
        else:
            assert adjoints[leaf].dtype == leaf.grad.numpy().dtype
            assert np.array_equal(adjoints[leaf], leaf.grad.numpy(), equal_nan=True)
    assert repr(tape) and repr(adjoints)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_values_shown_are_those_computed(program: Any) -> None:
    kept = {}

    class Keep:
        def after_forward(self, node: Any, t: Any) -> None:
            if not isinstance(node.shape, list):
                kept[node] = np.array(t._a)

        def around_backward(self, node: Any, g: Any, run: Any) -> Any:
            return run()

    from autograd.modes import MODE
    before = MODE.set(observers=(Keep(),))
    try:
        loss, _ = program()
    finally:
        MODE.set(**before)
    tape = autograd.tape(loss)
    compared = 0
    for node, value in tape.values.items():
        if node in kept and program is not in_place_and_views:  # written later: the tensor has another node
            np.testing.assert_allclose(value, kept[node], rtol=1e-6, atol=1e-7)
            compared += 1
    assert compared > 1 or program is in_place_and_views


def test_micrograd_example_reads_at_a_glance() -> None:
    a, b = tensor(2.0), tensor(-3.0)
    c, f = tensor(10.0), tensor(-2.0)
    d = a * b + c
    loss = d * f
    tape = autograd.tape(loss)
    assert repr(tape) == """\
tape of loss: 3 operations, 4 leaves, float64
         operation  value
─────────────────────────
a        leaf         2.0
b        leaf        -3.0
c        leaf        10.0
f        leaf        -2.0
v1    =  a * b       -6.0
d     =  v1 + c       4.0
loss  =  d * f       -8.0"""
    assert repr(tape.backward()) == """\
adjoints of loss (∇v is d loss / d v): 3 of 3 steps
step  through       adds             contribution   sum
───────────────────────────────────────────────────────
   0                ∇loss = 1                 1.0   1.0
   1  loss = d * f  ∇d += ∇loss * f          -2.0  -2.0
                    ∇f += ∇loss * d           4.0   4.0
   2  d = v1 + c    ∇v1 += ∇d                -2.0  -2.0
                    ∇c += ∇d                 -2.0  -2.0
   3  v1 = a * b    ∇a += ∇v1 * b             6.0   6.0
                    ∇b += ∇v1 * a            -4.0  -4.0"""
    assert "<td" in tape._repr_html_() and "∇loss * f" in tape.adjoints._repr_html_()


def test_stepping_and_rewinding() -> None:
    loss, (x, y) = fan_out()
    tape = autograd.tape(loss, names={"x": x, "y": y})
    first = tape.step()
    assert first.number == 1 and first.node is loss.grad_fn and first.upstream == 1.0
    assert tape.adjoints[x] is None, "not computed yet is not zero"
    texts = [repr(first)]
    while (step := tape.step()) is not None:
        texts.append(repr(step))
    assert tape.step() is None
    x_final = tape.adjoints["x"]
    tape.rewind(2)
    assert len(tape.adjoints.steps) == len(texts) - 2
    tape.adjoints.run()
    assert np.array_equal(tape.adjoints["x"], x_final)
    tape.rewind()
    assert tape.adjoints.steps == [] and tape.adjoints["x"] is None
    assert [repr(s) for s in tape.adjoints] == texts


def test_stepping_over_several_outputs_and_back() -> None:
    loss, (x,) = several_outputs()
    tape = autograd.tape(loss)
    wanted = tape.backward()[x]
    for _ in range(3):
        while tape.step() is not None:
            assert len(tape.adjoints.steps) <= len(tape)
        assert np.array_equal(tape.adjoints[x], wanted)
        tape.rewind(len(tape.adjoints.steps) // 2)
    tape.rewind()


def test_gradient_to_start_from_and_several_outputs() -> None:
    x = tensor([1.0, 2.0])
    y, z = x.exp(), x * 2
    g = autograd.tensor([1.0, -1.0], dtype=autograd.float64)
    found = autograd.tape(y, z).backward((g, g))[x]
    wanted, = autograd.grad((y, z), x, (g, g))
    assert np.array_equal(found, wanted.numpy())
    with pytest.raises(RuntimeError, match="scalar"):
        autograd.tape(x.exp()).backward()


def test_long_tapes_are_cut_and_names_do_not_collide() -> None:
    v1 = tensor(1.0)
    t = v1
    for _ in range(500):
        t = t * 1.001
    text = repr(autograd.tape(t))
    assert "more rows" in text and len(text.splitlines()) < 130
    assert len(set(autograd.tape(t).names.values())) == 501
    assert "v3    =  v2 * 1.001" in text


def test_large_tensors_get_a_summary_and_modules_name_their_parameters() -> None:
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(10, 20), nn.Tanh(), nn.Linear(20, 1))
    with autograd.detect_anomaly():
        loss = model(autograd.randn(7, 10)).mean()
    text = repr(autograd.tape(loss))
    assert "0.weight" in text and "2.bias" in text and "mean" in text and "[7, 20]" in text
    assert "1 (Tanh) of Sequential" in text and "test_tape.py:" in text


def test_released_and_missing_tapes_say_so() -> None:
    x = tensor(2.0)
    y = x.exp()
    y.backward()
    tape = autograd.tape(y)
    assert "exp(x)" in repr(tape)
    with pytest.raises(RuntimeError, match=r"values saved by exp were released"):
        tape.backward()
    with pytest.raises(RuntimeError, match="no tape"):
        autograd.tape(autograd.ones(2))
    with pytest.raises(TypeError, match="list"):
        autograd.tape([1])
    with pytest.raises(KeyError, match="not on this tape"):
        tape.find(tensor(1.0))


def test_written_values_are_not_shown() -> None:
    x = tensor([1.0, 2.0])
    y = x.exp()
    z = y * x
    with autograd.no_grad():
        y.zero_()
    values = autograd.tape(z, names={}).values
    assert np.array_equal(values[z.grad_fn.edges[1]], [1.0, 2.0])


def test_the_module_of_the_name_stays_importable() -> None:
    assert importlib.import_module("autograd.tape").Node is not None
    assert callable(autograd.tape) and viz.tape is autograd.tape


def test_a_long_tape_stays_narrow() -> None:
    layer, x = nn.LSTM(3, 4, num_layers=2), autograd.randn(100, 2, 3)
    out, _ = layer(x)
    steps = out.unbind(0)
    last = autograd.stack([step * 2 for step in steps])
    lines = repr(autograd.tape(last.sum())).splitlines()
    assert max(map(len, lines)) <= 145
    assert any("[2, 4] × 100" in line for line in lines) and any("… 97 more …" in line for line in lines)


def test_operations_have_the_names_of_the_functions_that_were_called() -> None:
    """And not those of the kernels below."""
    x, logits = autograd.ones(2, requires_grad=True), autograd.ones(3, 4, requires_grad=True)
    loss = F.mse_loss(x.square(), autograd.ones(2)) + F.cross_entropy(logits, autograd.zeros(3, dtype=autograd.int64))
    text = str(autograd.tape(loss))
    assert "= square(x)" in " ".join(text.split()) and "mse_loss(v1, const" in text and "cross_entropy(logits, " in text
    assert "squared_error" not in text and "cross_entropy_batch" not in text
    square = next(node for node in viz.graph(loss).nodes if node["op"] == "square")
    assert square["label"] == "square" and square["text"] == "x²"
