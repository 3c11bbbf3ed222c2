"""Recurrent layers in one node: compiled, with NumPy, and composed of single operations, all alike."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd
import nn
from autograd.kernels import recurrent_panels, sequences
from autograd.kernels.compiled.late import choose
from autograd.kernels.machine import threads
from autograd.ops import recurrent_layers as layers

KINDS = ["LSTM", "GRU", "RNN_TANH", "RNN_RELU"]
#: Sequences at each time: all equal, one, one step, and some that end sooner.
SIZES = [(3,) * 5, (1,) * 4, (4,), (9,) * 3, (7, 7, 4, 2, 2, 1)]


@pytest.fixture(autouse=True)
def _of_any_size(monkeypatch):
    """Weights that cost nothing: the compiled form, where it is asked for, also of few steps."""
    monkeypatch.setattr(sequences, "_PACKING", 0.0)


def composed(kind, x, w_ih, w_hh, b_ih, b_hh, h, c, sizes, backward):
    """The layer as operations on one sequence's rows after the other."""
    starts = np.cumsum([0, *sizes])
    lengths = [sum(s > i for s in sizes) for i in range(sizes[0])]
    outputs, last = {}, []
    for i, length in enumerate(lengths):
        hidden, cell = h[i], None if c is None else c[i]
        for t in range(length - 1, -1, -1) if backward else range(length):
            a, b = w_ih @ x[int(starts[t]) + i], w_hh @ hidden
            if b_ih is not None:
                a, b = a + b_ih, b + b_hh
            if kind == "LSTM":
                p, f, g, o = (a + b).chunk(4)
                cell = f.sigmoid() * cell + p.sigmoid() * g.tanh()
                hidden = o.sigmoid() * cell.tanh()
            elif kind == "GRU":
                (r_x, z_x, n_x), (r_h, z_h, n_h) = a.chunk(3), b.chunk(3)
                n, z = (n_x + (r_x + r_h).sigmoid() * n_h).tanh(), (z_x + z_h).sigmoid()
                hidden = (1 - z) * n + z * hidden
            else:
                hidden = (a + b).tanh() if kind == "RNN_TANH" else (a + b).relu()
            outputs[int(starts[t]) + i] = hidden
        last.append((hidden,) if c is None else (hidden, cell))
    out = autograd.stack([outputs[r] for r in range(int(starts[-1]))])
    return [out, *map(autograd.stack, zip(*last, strict=True))]


def fused(kind, x, w_ih, w_hh, b_ih, b_hh, h, c, sizes, backward):
    if kind == "LSTM":
        return layers.lstm_layer(x, w_ih, w_hh, b_ih, b_hh, h, c, None, sizes, backward)
    if kind == "GRU":
        return layers.gru_layer(x, w_ih, w_hh, b_ih, b_hh, h, sizes, backward)
    return layers.rnn_layer(x, w_ih, w_hh, b_ih, b_hh, h, kind == "RNN_RELU", sizes, backward)


def inputs(kind, sizes, units, features, dtype, biases=True, seed=0):
    rng, count = np.random.default_rng(seed), sequences.GATES[kind] * units
    shapes = [(sum(sizes), features), (count, features), (count, units), *[(count,) if biases else None] * 2,
              (sizes[0], units), (sizes[0], units) if kind == "LSTM" else None]
    scales = [1, features ** -0.5, units ** -0.5, 1, 1, 1, 1]
    return [None if s is None else (rng.normal(size=s) * k).astype(dtype) for s, k in zip(shapes, scales, strict=True)]


def compute(function, kind, arrays, sizes, backward, choice, second=False, use=(0, 1, 2)):
    """The outputs, the gradients of a sum of those in ``use``, and second derivatives."""
    with choose(choice):
        leaves = [None if a is None else autograd.tensor(a, requires_grad=True) for a in arrays]
        outputs = function(kind, *leaves, sizes, backward)
        loss = sum((o * autograd.linspace(-1, 2, o.numel(), dtype=o.dtype).view(o.shape)).sum()
                   for k, o in enumerate(outputs) if k in use)
        wanted = [leaf for leaf in leaves if leaf is not None]
        results = [*outputs, *autograd.grad(loss, wanted, retain_graph=True, materialize_grads=True)]
        if second:
            again = autograd.grad(loss, wanted, create_graph=True, materialize_grads=True)
            results += [*again, *autograd.grad(sum((g * g.detach().cos()).sum() for g in again), wanted, materialize_grads=True)]
    return [r.detach().numpy() for r in results]


def close(found, wanted, dtype, length):
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        bound = 20 * length * np.finfo(dtype).eps
        np.testing.assert_allclose(a, b, rtol=bound, atol=bound * max(1, np.abs(b).max(initial=0)))


@pytest.mark.parametrize("choice", ["now", "0"])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_what_it_is_composed_of(kind, sizes, choice):
    for backward, biases in ((False, True), (True, False)):
        arrays = inputs(kind, sizes, 5, 3, "float64", biases)
        wanted = compute(composed, kind, arrays, sizes, backward, "0", second=True)
        close(compute(fused, kind, arrays, sizes, backward, choice, second=True), wanted, "float64", 40)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_any_number_of_units_and_sequences(kind, dtype):
    pytest.importorskip("numba")
    for units, n in itertools.chain(zip((1, 15, 16, 17, 40, 64, 70, 96, 130), itertools.repeat(3)),
                                    zip(itertools.repeat(20), (1, 2, 4, 6, 7, 8, 11, 33))):
        sizes = (n, n, n, (n + 1) // 2)
        arrays = inputs(kind, sizes, units, 7, dtype)
        results = [compute(fused, kind, arrays, sizes, backward, choice) for backward in (False, True)
                   for choice in ("now", "0")]
        close(results[0], results[1], dtype, 4 * units)
        close(results[2], results[3], dtype, 4 * units)


@pytest.mark.parametrize("use", [(0,), (1,), (2,)])
def test_gradients_of_one_output(use):
    for kind in KINDS if use != (2,) else ["LSTM"]:
        for sizes in SIZES:
            arrays = inputs(kind, sizes, 4, 3, "float64")
            wanted = compute(composed, kind, arrays, sizes, False, "0", use=use)
            for choice in ("now", "0"):
                close(compute(fused, kind, arrays, sizes, False, choice, use=use), wanted, "float64", 40)


def test_chunks_of_steps_add_up(monkeypatch):
    """A step at a time, all at once, and in between."""
    sizes = (6,) * 8 + (5, 5, 2)
    for kind in KINDS:
        arrays = inputs(kind, sizes, 6, 3, "float64")
        results = []
        for rows in (1, 13, 1000):
            monkeypatch.setattr(sequences, "_rows_of_chunk", lambda width, rows=rows: rows)
            results += [compute(fused, kind, arrays, sizes, backward, "now") for backward in (False, True)]
        for k in (2, 4):
            close(results[k], results[0], "float64", 60)
            close(results[k + 1], results[1], "float64", 60)


def test_zeros_are_the_states_not_given():
    for kind in KINDS:
        for choice in ("now", "0"):
            x, w_ih, w_hh, b_ih, b_hh, h, c = inputs(kind, (3,) * 5, 4, 3, "float64")
            without = compute(fused, kind, [x, w_ih, w_hh, b_ih, b_hh, None, None], (3,) * 5, False, choice)
            zeros = [None if s is None else np.zeros_like(s) for s in (h, c)]
            given = compute(fused, kind, [x, w_ih, w_hh, b_ih, b_hh, *zeros], (3,) * 5, False, choice)
            close(without, given[:len(without)], "float64", 40)


def test_any_range_of_sequences_gives_the_same_bits():
    """What threads rely on: no number depends on which other sequences a kernel is given."""
    pytest.importorskip("numba")
    from autograd.kernels import sequence_loops
    from autograd.kernels.vectors.ir import host
    n, units, steps = 13, 20, sequences.steps_of((13, 13, 9, 4), 0, False)
    lanes = host().width // 4
    rng = np.random.default_rng(0)
    x, h, c = (rng.normal(size=s).astype("float32") for s in ((39, 80), (n, units), (n, units)))
    w = rng.normal(size=(80, units)).astype("float32") / 4
    forward = sequence_loops.compiled("LSTM", "forward", "float32", host(), 4)
    vectors = recurrent_panels.vectors_of_panel(units, lanes)
    backward = sequence_loops.compiled("LSTM", "backward", "float32", host(), vectors)
    panels = recurrent_panels.forward_panels(w, 4, units, lanes)
    turned = recurrent_panels.backward_panels(w, lanes * vectors)
    results, none = [], np.empty((0, 0), "float32")
    for cuts in ([0, 13], [0, 1, 7, 13], [0, 5, 10, 11, 13]):
        gates, kept, out = x.copy(), np.empty((39, units), "float32"), np.empty((39, units), "float32")
        g_gates, g_h, g_c = np.empty_like(gates), np.zeros((n, len(turned) // 80 * turned.shape[1]), "float32"), c.copy()
        for start, stop in itertools.pairwise(cuts):
            forward(none, none, none, gates, panels, none, h, c, kept, out, steps.offsets, 0, 4, 0, 0, 1, start, stop)
        for start, stop in itertools.pairwise(cuts):
            backward(out, gates, kept, out, h, c, turned, g_gates, g_gates, g_h, g_c, steps.offsets, 0, 4, 0, 0, 1, start,
                     stop)
        results.append([a.tobytes() for a in (gates, kept, out, g_gates, g_h, g_c)])
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("target", [(16, 32, True, False), (32, 16, True, False), (32, 16, False, False), (16, 16, False, False)])
def test_other_processors(target, monkeypatch):
    """Code for narrower vectors and fewer registers runs here too."""
    pytest.importorskip("numba")
    from autograd.kernels import sequence_loops
    from autograd.kernels.vectors.ir import Target
    monkeypatch.setattr(sequences, "_target", lambda: (Target(*target), sequence_loops.compiled))
    monkeypatch.setattr(sequences, "_compiled", {})
    for kind, units, dtype in (("LSTM", 13, "float32"), ("GRU", 13, "float32"), ("RNN_RELU", 13, "float32"),
                               ("LSTM", 130, "float64")):  # the last has rows of more than a page
        arrays = inputs(kind, (9, 9, 5), units, 3, dtype)
        found = compute(fused, kind, arrays, (9, 9, 5), False, "now")
        close(found, compute(fused, kind, arrays, (9, 9, 5), False, "0"), dtype, 4 * units)
    assert {name for _, name, _, _ in sequences._compiled} == {"forward", "backward", "accumulate"}


def test_all_kernels_are_known_ahead():
    for lanes, units in itertools.product((2, 4, 8, 16), range(1, 300)):
        for kind, count in sequences.GATES.items():
            vectors = recurrent_panels.vectors_of_panel(units, lanes)
            assert {(kind, "forward", count if count > 1 else vectors), (kind, "backward", vectors),
                    ("", "accumulate", vectors)} <= set(sequences.ALL)


def test_any_number_of_threads_gives_the_same_bits(monkeypatch):
    monkeypatch.setattr(threads, "LEAST", 1e-9)
    before, results = threads.count(), []
    try:
        for count in (1, 3):
            threads.set_count(count)
            results.append([compute(fused, kind, inputs(kind, (33, 33, 20), 70, 7, "float32"), (33, 33, 20), False, "now")
                            for kind in KINDS])
    finally:
        threads.set_count(before)
    for one, several in zip(*results, strict=True):
        assert all(a.tobytes() == b.tobytes() for a, b in zip(one, several, strict=True))


def test_missing_and_infinite_elements():
    for kind in KINDS:
        arrays = inputs(kind, (3,) * 3, 20, 3, "float32")
        arrays[0][0, 1], arrays[0][1, 2], arrays[0][2, 0] = np.nan, np.inf, -np.inf
        with np.errstate(all="ignore"):
            now, late = (compute(fused, kind, arrays, (3,) * 3, False, choice)[:2] for choice in ("now", "0"))
        close([np.nan_to_num(a) for a in now], [np.nan_to_num(a) for a in late], "float32", 60)
        assert all((np.isnan(a) == np.isnan(b)).all() for a, b in zip(now, late, strict=True))


def test_nothing_is_kept_where_nothing_is_recorded():
    x, w_ih, w_hh, b_ih, b_hh, h, c = map(autograd.tensor, inputs("LSTM", (3,) * 5, 4, 3, "float32"))
    for choice in ("now", "0"):
        with choose(choice):
            with autograd.no_grad():
                outputs = layers._lstm_layer(x, w_ih, w_hh, b_ih, b_hh, h, c, None, (3,) * 5, False, False)
            assert outputs[3].numel() == outputs[4].numel() == 0
            wanted = layers.lstm_layer(x, w_ih, w_hh, b_ih, b_hh, h, c, None, (3,) * 5)
            assert all(autograd.equal(a, b) for a, b in zip(outputs[:3], wanted, strict=True))


def test_an_output_that_was_written_to():
    out, _ = nn.GRU(3, 4)(autograd.zeros(2, 1, 3))
    loss = out.sum()
    out.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        (loss + out.sum()).backward()
