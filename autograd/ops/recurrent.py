"""Steps of recurrent networks: what follows the matrix products, in one node."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import recurrent as kernel
from ..primitive import primitive
from ..tape import wrap_node
from .joining import cat


def _parts(x: Any, count: int) -> list[Any]:
    """The gates that lie side by side in (N, count * H)."""
    n = x.shape[1] // count
    return [x[:, k * n:(k + 1) * n] for k in range(count)]


def _plus(x: Any, y: Any) -> Any:
    return y if x is None else x if y is None else x + y


def _times(x: Any, y: Any) -> Any:
    """The product, where None stands for zero in x."""
    return None if x is None else x * y


def _beside(gates: list[Any], like: Any) -> Any:
    """Gates side by side, those that are None as zeros."""
    zeros = np.zeros(like.shape, like.dtype)
    if like.__class__ is not np.ndarray:
        zeros = wrap_node(zeros, None)
    return cat([zeros if g is None else g for g in gates], 1)


def _logistic_slope(g: Any, out: Any) -> Any:
    return _times(g, out * (1 - out))


def lstm_gradients(g_hidden, g_new, g_gates, cell, new, gates):
    """The gradients by ``x + y`` and by the cell before, in `lstm_step`."""
    i, f, n, o = _parts(gates, 4)
    given = g_new if g_hidden is None else g_hidden
    if g_gates is None and given.__class__ is np.ndarray:
        h, c = (np.zeros(new.shape, new.dtype) if x is None else x for x in (g_hidden, g_new))
        found = kernel.lstm_grad(h, c, cell, new, gates)
        if found is not None:
            return found
    t = np.tanh(new)
    total = _plus(g_new, _times(g_hidden, o * (1 - t * t)))
    into = [_times(total, n), _times(total, cell), _times(total, i), _times(g_hidden, t)]
    if g_gates is not None:
        into = [_plus(a, b) for a, b in zip(into, _parts(g_gates, 4), strict=True)]
    before = _beside([_logistic_slope(into[0], i), _logistic_slope(into[1], f), _times(into[2], 1 - n * n),
                      _logistic_slope(into[3], o)], new)
    return [before, _times(total, f)]


def _lstm_rule(g, out_1, out_2, cell):
    before, g_cell = lstm_gradients(*g, cell, out_1, out_2)
    return [before, before, g_cell]


@primitive(vjp=_lstm_rule, inputs=("x", "y", "cell"), outputs=3, method=False, node_name="LstmStepBackward0")
def lstm_step(x, y, cell):
    """A step of a long short-term memory, without its matrix products.

    Args:
        x, y: (N, 4 H), whose sum goes into the gates input, forget, cell and output.
        cell: (N, H).

    Returns:
        The hidden state and the cell (N, H), and the gates (N, 4 H).
    """
    return kernel.lstm(x, y, cell)


def gru_gradients(g_new, g_gates, gates, inner, hidden):
    """The gradients by x, by y, whose last part is ``inner``, and the direct one by the hidden state, in `gru_step`."""
    r, z, n = _parts(gates, 3)
    if g_gates is None and g_new.__class__ is np.ndarray:
        found = kernel.gru_grad(g_new, inner, hidden, gates)
        if found is not None:
            return found
    into_r, into_z, into_n = (None, None, None) if g_gates is None else _parts(g_gates, 3)
    before_n = _times(_plus(_times(g_new, 1 - z), into_n), 1 - n * n)
    before_r = _logistic_slope(_plus(_times(before_n, inner), into_r), r)
    before_z = _logistic_slope(_plus(_times(g_new, hidden - n), into_z), z)
    return [_beside([before_r, before_z, before_n], hidden), _beside([before_r, before_z, before_n * r], hidden),
            _times(g_new, z)]


def _gru_rule(g, out_1, y, hidden):
    return gru_gradients(*g, out_1, _parts(y, 3)[2], hidden)


@primitive(vjp=_gru_rule, inputs=("x", "y", "hidden"), outputs=2, method=False, node_name="GruStepBackward0")
def gru_step(x, y, hidden):
    """A step of a gated recurrent unit, without its matrix products.

    Args:
        x, y: (N, 3 H), from the input and from the hidden state, for the gates reset, update and new.
        hidden: (N, H).

    Returns:
        The hidden state (N, H), and the gates (N, 3 H).
    """
    return kernel.gru(x, y, hidden)
