"""Recurrent layers: all steps of all sequences in one node."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import fail
from ..kernels import sequences as kernel
from ..kernels.sequences import Steps, steps_of
from ..modes import recording
from ..primitive import primitive
from ..tape import wrap_node
from .joining import cat
from .linear import matrix_product
from .recurrent import gru_gradients, lstm_gradients


def _flat(x: Any) -> Any:
    """The rows of all times."""
    return None if x is None else x.reshape(-1, x.shape[-1])


def _zeros(n: int, size: int, like: Any) -> Any:
    zeros = np.zeros((n, size), like.dtype)
    return zeros if like.__class__ is np.ndarray else wrap_node(zeros, None)


def _steps(x: Any, sizes: tuple[int, ...] | None, backward: bool) -> Steps:
    return steps_of(x.shape[0], x.shape[1], backward) if sizes is None else steps_of(sizes, 0, backward)


def _forward(kind, x, w_ih, w_hh, b_ih, b_hh, h, c, w_hr, sizes, backward, keep):
    """The outputs, the last hidden states, and what else the kernel keeps."""
    if len(x) == 0:
        fail(RuntimeError, f"Expected sequence length to be larger than 0 in RNN, got shape {list(x.shape)}")
    steps, rows = _steps(x, sizes, backward), _flat(x)
    found = None
    if w_hr is None:
        found = kernel.forward(kind, rows, w_ih, w_hh, b_ih, b_hh, h, c, steps, keep)
    size = w_hh.shape[1]
    start = _zeros(steps.N, size, x) if h is None else h
    if found is None:
        cell = _zeros(steps.N, len(w_hh) // kernel.GATES[kind], x) if c is None else c
        found = kernel.forward_steps(kind, rows, w_ih, w_hh, b_ih, b_hh, start, cell, w_hr, steps)
    out, kept, gates = found
    last = steps.last(out)
    cells = steps.last(kept) if kind == "LSTM" else None
    if not keep:
        kept = gates = np.empty((0, 0), x.dtype)
    return out.reshape(*x.shape[:-1], size), last, cells, kept, gates


def _gradients(kind, g_out, g_h, g_c, g_kept, g_gates, out, kept, gates, x, w_ih, w_hh, h, c, w_hr, sizes, backward,
               needs):
    """The gradients by x, w_ih, w_hh, b_ih, b_hh, h, c and w_hr.

    The kernel computes them all where nothing is recorded. What is written here does so one step after the other, from
    what the forward kept; and where it is recorded, that carries the rest of the second derivative.
    """
    steps, rows, g_out, out = _steps(x, sizes, backward), _flat(x), _flat(g_out), _flat(out)
    given = next(g for g in (g_out, g_h, g_c, g_kept, g_gates) if g is not None)
    if given.__class__ is np.ndarray and g_kept is None and g_gates is None and w_hr is None:
        found = kernel.backward(kind, g_out, g_h, g_c, rows, w_ih, w_hh, h, c, out, kept, gates, steps, needs)
        if found is not None:
            return [None if found[0] is None else found[0].reshape(x.shape), *found[1:], None]
    n, size, units = steps.N, w_hh.shape[1], len(w_hh) // kernel.GATES[kind]
    h = _zeros(n, size, given) if h is None else h
    if kind == "LSTM":
        c = _zeros(n, units, given) if c is None else c
        g_c = _zeros(n, units, given) if g_c is None else g_c
    g_h = _zeros(n, size, given) if g_h is None else g_h
    into_gates, into_products, into_hidden, previous = ([None] * steps.T for _ in range(4))
    for s in range(steps.T - 1, -1, -1):
        t, r = steps.times[s], steps.rows(s, s + 1)
        k = steps.sizes[t]
        g, direct = g_h[:k] if g_out is None else g_h[:k] + g_out[r], None
        of_gates = None if g_gates is None else g_gates[r]
        before = previous[t] = steps.before(s, out, h, cat)
        if kind == "LSTM":
            into_hidden[t] = g
            into, g_cell = lstm_gradients(
                g if w_hr is None else matrix_product(g, w_hr), g_c[:k] if g_kept is None else g_c[:k] + g_kept[r],
                of_gates, steps.before(s, kept, c, cat), kept[r], gates[r])
            products = into
            g_c = g_cell if k == n else cat([g_cell, g_c[k:]])
        elif kind == "GRU":
            into, products, direct = gru_gradients(g, of_gates, gates[r], kept[r], before)
            if g_kept is not None:
                products = cat([products[:, :2 * units], products[:, 2 * units:] + g_kept[r]], 1)
        else:
            y = out[r]
            into = products = g * (1 - y * y) if kind == "RNN_TANH" else np.where(y != 0, g, 0)
        into_gates[t], into_products[t] = into, products
        g = matrix_product(products, w_hh)
        g = g if direct is None else g + direct
        g_h = g if k == n else cat([g, g_h[k:]])
    into, before = cat(into_gates), cat(previous)
    products = cat(into_products) if kind == "GRU" else into
    g_hr = None
    if w_hr is not None:
        g_hr = matrix_product(cat(into_hidden).T, gates[:, 3 * units:] * np.tanh(kept))
    return [matrix_product(into, w_ih).reshape(x.shape), matrix_product(into.T, rows),
            matrix_product(products.T, before), into.sum(0), products.sum(0), g_h, g_c, g_hr]


def _lstm_rule(g, out_0, out_3, out_4, x, w_ih, w_hh, h, c, w_hr, sizes, backward, needs):
    return _gradients("LSTM", *g, out_0, out_3, out_4, x, w_ih, w_hh, h, c, w_hr, sizes, backward, needs)


@primitive(vjp=_lstm_rule, inputs=("x", "w_ih", "w_hh", "b_ih", "b_hh", "h", "c", "w_hr"), outputs=5, method=False,
           name="lstm_layer", node_name="LstmLayerBackward0")
def _lstm_layer(x, w_ih, w_hh, b_ih=None, b_hh=None, h=None, c=None, w_hr=None, sizes=None, backward=False, keep=True):
    """A layer of long short-term memories; see `lstm_layer`. Without ``keep`` the last two outputs are empty.

    Returns:
        The outputs, the last hidden states and cells, and of all rows the cells and the gates.
    """
    return list(_forward("LSTM", x, w_ih, w_hh, b_ih, b_hh, h, c, w_hr, sizes, backward, keep))


def _gru_rule(g, out_0, out_2, out_3, x, w_ih, w_hh, h, sizes, backward, needs):
    g_out, g_h, g_inner, g_gates = g
    return _gradients("GRU", g_out, g_h, None, g_inner, g_gates, out_0, out_2, out_3, x, w_ih, w_hh, h, None, None,
                      sizes, backward, needs)[:6]


@primitive(vjp=_gru_rule, inputs=("x", "w_ih", "w_hh", "b_ih", "b_hh", "h"), outputs=4, method=False, name="gru_layer",
           node_name="GruLayerBackward0")
def _gru_layer(x, w_ih, w_hh, b_ih=None, b_hh=None, h=None, sizes=None, backward=False, keep=True):
    """A layer of gated recurrent units; see `gru_layer`. Without ``keep`` the last two outputs are empty.

    Returns:
        The outputs, the last hidden states, and of all rows what reset gates multiplied, and the gates.
    """
    out, last, _, kept, gates = _forward("GRU", x, w_ih, w_hh, b_ih, b_hh, h, None, None, sizes, backward, keep)
    return [out, last, kept, gates]


def _rnn_rule(g, out_0, x, w_ih, w_hh, h, relu, sizes, backward, needs):
    out = _flat(out_0)
    return _gradients("RNN_RELU" if relu else "RNN_TANH", *g, None, None, None, out, out, out, x, w_ih, w_hh, h, None,
                      None, sizes, backward, needs)[:6]


@primitive(vjp=_rnn_rule, inputs=("x", "w_ih", "w_hh", "b_ih", "b_hh", "h"), outputs=2, method=False, name="rnn_layer",
           node_name="RnnLayerBackward0")
def rnn_layer(x, w_ih, w_hh, b_ih=None, b_hh=None, h=None, relu=False, sizes=None, backward=False):
    """A layer of a simple recurrent network: ``h = tanh(w_ih x + b_ih + w_hh h + b_hh)``, or with relu.

    Args:
        x: (T, N, I), or (R, I) with ``sizes``: how many sequences there are at each time, the longest first.
        w_ih, w_hh: (H, I), (H, H).
        b_ih, b_hh: (H), or both None.
        h: the state before the first step, (N, H); zeros if None.
        relu: in place of tanh.
        backward: run from the last time to the first.

    Returns:
        The outputs (T, N, H) or (R, H), and the last state of each sequence (N, H).
    """
    return list(_forward("RNN_RELU" if relu else "RNN_TANH", x, w_ih, w_hh, b_ih, b_hh, h, None, None, sizes, backward,
                         True)[:2])


def lstm_layer(x, w_ih, w_hh, b_ih=None, b_hh=None, h=None, c=None, w_hr=None, sizes=None, backward=False):
    """A layer of long short-term memories, with their gates in the order input, forget, cell, output.

    ``c = sigmoid(f) * c + sigmoid(i) * tanh(g)``, ``h = sigmoid(o) * tanh(c)``, projected where there is a projection.

    Args:
        x: (T, N, I), or (R, I) with ``sizes``: how many sequences there are at each time, the longest first.
        w_ih, w_hh: (4 H, I), (4 H, H) or (4 H, P).
        b_ih, b_hh: (4 H), or both None.
        h, c: states before the first step, (N, H) or (N, P), and (N, H); zeros if None.
        w_hr: (P, H), or None.
        backward: run from the last time to the first.

    Returns:
        The outputs (T, N, H) or (R, H), and the last states and cells of each sequence.
    """
    return _lstm_layer(x, w_ih, w_hh, b_ih, b_hh, h, c, w_hr, sizes, backward, recording())[:3]


def gru_layer(x, w_ih, w_hh, b_ih=None, b_hh=None, h=None, sizes=None, backward=False):
    """A layer of gated recurrent units, with their gates in the order reset, update, new.

    ``n = tanh(n_x + sigmoid(r) * n_h)``, ``h = n + sigmoid(z) * (h - n)``.

    Args: as of `lstm_layer`, with three gates.

    Returns:
        The outputs (T, N, H) or (R, H), and the last state of each sequence (N, H).
    """
    return _gru_layer(x, w_ih, w_hh, b_ih, b_hh, h, sizes, backward, recording())[:2]
