"""Steps of recurrent networks after their matrix products: gates, state, and the gradients of both."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled.loops import Loop, loop, wide
from .elementary import sigmoid, tanh

Array = np.ndarray[Any, Any]

#: So many steps of a loop take as long as the calls of NumPy that it saves.
_CALLS = 10000


@loop("*F2 *F2 *F2 *F2 *F2 *F2", saves=2e-9)
def _lstm(x, y, cell, hidden, new, gates):  # type: ignore[no-untyped-def]
    wide()
    n = cell.shape[1]
    for k in range(cell.shape[0]):
        u, v, a = x[k], y[k], gates[k]
        i, f, g, o = a[:n], a[n:2 * n], a[2 * n:3 * n], a[3 * n:]
        for j in range(2 * n):
            a[j] = sigmoid(u[j] + v[j])
        for j in range(n):
            g[j] = tanh(u[2 * n + j] + v[2 * n + j])
        for j in range(n):
            o[j] = sigmoid(u[3 * n + j] + v[3 * n + j])
        before, after, h = cell[k], new[k], hidden[k]
        for j in range(n):
            after[j] = f[j] * before[j] + i[j] * g[j]
        for j in range(n):
            h[j] = o[j] * tanh(after[j])


@loop("*F2 *F2 *F2 *F2 *F2 *F2 *F2", saves=4e-9)
def _lstm_grad(g_hidden, g_new, cell, new, gates, g_gates, g_cell):  # type: ignore[no-untyped-def]
    wide()
    n = cell.shape[1]
    for k in range(cell.shape[0]):
        a, b = gates[k], g_gates[k]
        i, f, g, o = a[:n], a[n:2 * n], a[2 * n:3 * n], a[3 * n:]
        g_i, g_f, g_g, g_o = b[:n], b[n:2 * n], b[2 * n:3 * n], b[3 * n:]
        h, c, before, after, found = g_hidden[k], g_new[k], cell[k], new[k], g_cell[k]
        for j in range(n):
            t = tanh(after[j])
            g_o[j] = h[j] * t * (o[j] * (1.0 - o[j]))
            found[j] = c[j] + h[j] * o[j] * (1.0 - t * t)
        for j in range(n):
            g_i[j] = found[j] * g[j] * (i[j] * (1.0 - i[j]))
            g_g[j] = found[j] * i[j] * (1.0 - g[j] * g[j])
        for j in range(n):
            g_f[j] = found[j] * before[j] * (f[j] * (1.0 - f[j]))
            found[j] *= f[j]


@loop("*F2 *F2 *F2 *F2 *F2", saves=2e-9)
def _gru(x, y, hidden, new, gates):  # type: ignore[no-untyped-def]
    wide()
    n = hidden.shape[1]
    for k in range(hidden.shape[0]):
        u, v, a, h, after = x[k], y[k], gates[k], hidden[k], new[k]
        r, z, g = a[:n], a[n:2 * n], a[2 * n:]
        for j in range(2 * n):
            a[j] = sigmoid(u[j] + v[j])
        for j in range(n):
            g[j] = tanh(u[2 * n + j] + r[j] * v[2 * n + j])
        for j in range(n):
            after[j] = g[j] + z[j] * (h[j] - g[j])


@loop("*F2 *F2 *F2 *F2 *F2 *F2 *F2", saves=4e-9)
def _gru_grad(g_new, inner, hidden, gates, g_x, g_y, g_hidden):  # type: ignore[no-untyped-def]
    wide()
    n = hidden.shape[1]
    for k in range(hidden.shape[0]):
        a, h, d, v = gates[k], hidden[k], g_new[k], inner[k]
        r, z, g = a[:n], a[n:2 * n], a[2 * n:]
        x_r, x_z, x_n = g_x[k][:n], g_x[k][n:2 * n], g_x[k][2 * n:]
        y_r, y_z, y_n = g_y[k][:n], g_y[k][n:2 * n], g_y[k][2 * n:]
        found = g_hidden[k]
        for j in range(n):
            x_n[j] = d[j] * (1.0 - z[j]) * (1.0 - g[j] * g[j])
            found[j] = d[j] * z[j]
        for j in range(n):
            y_n[j] = x_n[j] * r[j]
            x_r[j] = x_n[j] * v[j] * (r[j] * (1.0 - r[j]))
        for j in range(n):
            x_z[j] = d[j] * (h[j] - g[j]) * (z[j] * (1.0 - z[j]))
            y_r[j] = x_r[j]
        for j in range(n):
            y_z[j] = x_z[j]


def _call(form: Loop, given: list[Array], widths: list[int]) -> list[Array] | None:
    """New arrays of these widths, filled by the loop from the given ones; None where NumPy shall do it."""
    d, n = given[0].dtype, len(given[0])
    compiled = form.on(d, given[0].size + _CALLS) if given[0].size else None
    if compiled is None:
        return None
    for a in given:
        if a.dtype is not d:
            return None
    found = [np.empty((n, width), d) for width in widths]
    compiled(*[a if a.flags.c_contiguous else np.ascontiguousarray(a) for a in given], *found)
    return found


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))  # type: ignore[no-any-return]


def lstm(x: Array, y: Array, cell: Array) -> list[Array]:
    """The hidden state, the new cell, and the gates i, f, g and o of inputs ``x + y`` [N, 4 H]."""
    n = cell.shape[1]
    found = _call(_lstm, [x, y, cell], [n, n, 4 * n])
    if found is not None:
        return found
    gates = x + y
    g = np.tanh(gates[:, 2 * n:3 * n])
    gates = _sigmoid(gates)
    gates[:, 2 * n:3 * n] = g
    new = gates[:, n:2 * n] * cell + gates[:, :n] * g
    return [gates[:, 3 * n:] * np.tanh(new), new, gates]


def lstm_grad(g_hidden: Array, g_new: Array, cell: Array, new: Array, gates: Array) -> list[Array] | None:
    """The gradients by ``x + y`` and by the cell; None where NumPy shall do it."""
    n = cell.shape[1]
    return _call(_lstm_grad, [g_hidden, g_new, cell, new, gates], [4 * n, n])


def gru(x: Array, y: Array, hidden: Array) -> list[Array]:
    """The new hidden state, and the gates r, z and n of inputs ``x`` and ``y`` [N, 3 H]."""
    n = hidden.shape[1]
    found = _call(_gru, [x, y, hidden], [n, 3 * n])
    if found is not None:
        return found
    r_z = _sigmoid(x[:, :2 * n] + y[:, :2 * n])
    g = np.tanh(x[:, 2 * n:] + r_z[:, :n] * y[:, 2 * n:])
    return [g + r_z[:, n:] * (hidden - g), np.concatenate([r_z, g], 1)]


def gru_grad(g_new: Array, inner: Array, hidden: Array, gates: Array) -> list[Array] | None:
    """The gradients by x, by y, whose last part is ``inner``, and by the hidden state; None where NumPy shall do it."""
    n = hidden.shape[1]
    return _call(_gru_grad, [g_new, inner, hidden, gates], [3 * n, 3 * n, n])
