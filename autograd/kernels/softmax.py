"""Softmax and its relatives, shifted by the maximum so that nothing overflows. Results lie in row-major order."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled.loops import InVectors, loop, wide

Array = np.ndarray[Any, Any]

_HALF = np.dtype(np.float16)
_ONE = np.ones((), np.float32)  # half the time of a Python number
_SHORT = 32
_INT64 = np.dtype(np.int64)
#: So many steps of a loop take as long as the calls of NumPy that it saves.
_CALLS = 8000


# --- compiled, along rows [R, C] --------------------------------------------------------------------------
# The maximum of a row leaves NaN out, which comes back in the sum of exponentials.

_row_maximum_of, _row_exponentials, _row_sum_of_exponentials, _row_slopes = (
    InVectors(f"row_{name}") for name in ("maximum", "exponentials", "sum_of_exponentials", "slopes"))
_row_inner = InVectors("row_inner")
_row_sum = InVectors("row_sum", "norms")


@loop("*F2 *F2", saves=1.5e-9)
def _softmax_rows(x, out):  # type: ignore[no-untyped-def]
    wide()
    n = x.shape[1]
    for i in range(x.shape[0]):
        at, o = x[i].ctypes.data, out[i]
        share = 1.0 / _row_exponentials(at, o.ctypes.data, n, _row_maximum_of(at, n))
        for j in range(n):
            o[j] *= share


@loop("F2 F2 I", saves=2e-9)
def _causal_softmax_rows(x, out, queries):  # type: ignore[no-untyped-def]
    """Row i of every ``queries`` rows has i + 1 elements, and zeros after them."""
    wide()
    for i in range(x.shape[0]):
        n = min(i % queries + 1, x.shape[1])
        at, o, rest = x[i].ctypes.data, out[i, :n], out[i, n:]
        share = 1.0 / _row_exponentials(at, o.ctypes.data, n, _row_maximum_of(at, n))
        for j in range(o.size):
            o[j] *= share
        for j in range(rest.size):
            rest[j] = 0.0


@loop("*F2 *F2", saves=1.5e-9)
def _log_softmax_rows(x, out):  # type: ignore[no-untyped-def]
    wide()
    n = x.shape[1]
    for i in range(x.shape[0]):
        r, o = x[i], out[i]
        at = r.ctypes.data
        highest = _row_maximum_of(at, n)
        shift = np.log(_row_sum_of_exponentials(at, at, n, highest))
        for j in range(n):
            o[j] = (r[j] - highest) - shift


@loop("*F2 *F2 *F2", saves=1e-9, reassociate=True)
def _softmax_grad_rows(g, out, found):  # type: ignore[no-untyped-def]
    wide()
    for i in range(g.shape[0]):
        h, p, f = g[i], out[i], found[i]
        total = 0.0
        for j in range(h.size):
            total += h[j] * p[j]
        for j in range(h.size):
            f[j] = p[j] * (h[j] - total)


@loop("*F2 *F2 *F2", saves=1e-9)
def _log_softmax_grad_rows(g, out, found):  # type: ignore[no-untyped-def]
    wide()
    n = g.shape[1]
    for i in range(g.shape[0]):
        h = g[i].ctypes.data
        _row_slopes(h, out[i].ctypes.data, found[i].ctypes.data, n, _row_sum(h, n, 0.0))


@loop("*F2 *I1 *F1 *F1 *F2", saves=1e-9)
def _cross_entropy(x, target, weight, losses, slope):  # type: ignore[no-untyped-def]
    wide()
    for i in range(x.shape[0]):
        r, s = x[i], slope[i]
        highest = _row_maximum_of(r.ctypes.data, r.size)
        total = _row_exponentials(r.ctypes.data, s.ctypes.data, r.size, highest)
        picked, w = target[i], weight[i]
        losses[i] = (np.log(total) - (r[picked] - highest)) * w
        share = 1.0 / total
        at = s[picked] * share - 1.0
        share *= w
        for j in range(r.size):
            s[j] *= share
        s[picked] = at * w


@loop("*F2 *I1 *F1 *F1 F1 *F1 *F2", saves=2e-9)
def _smoothed_cross_entropy(x, target, at_target, at_all, weight, losses, slope):  # type: ignore[no-untyped-def]
    wide()
    n = x.shape[1]
    everything = _row_sum(weight.ctypes.data, n, 0.0)
    for i in range(x.shape[0]):
        r, s = x[i], slope[i]
        to = s.ctypes.data
        highest = _row_maximum_of(r.ctypes.data, n)
        for j in range(n):
            s[j] = r[j] - highest
        picked, a, b = target[i], at_target[i], at_all[i]
        scores, score = _row_inner(to, weight.ctypes.data, n), s[picked]
        total = _row_exponentials(to, to, n, 0.0)
        shift = np.log(total)
        losses[i] = (shift - score) * a + (shift * everything - scores) * b
        share = (a + b * everything) / total
        at = s[picked]
        for j in range(n):
            s[j] = s[j] * share - weight[j] * b
        s[picked] = (at * share - a) - weight[picked] * b


def _in_rows(form: Any, axis: int, *arrays: Array) -> Array | None:
    """The result of a loop over rows of one or two arrays along the last axis; None where NumPy shall do it."""
    x = arrays[-1]
    if x.ndim == 0 or axis != x.ndim - 1 or x.size == 0:
        return None
    compiled = form.on(x.dtype, x.size)
    if compiled is None or arrays[0].dtype is not x.dtype or arrays[0].shape != x.shape:
        return None
    out = np.empty(x.shape, x.dtype)
    shape = (-1, x.shape[-1])
    compiled(*[np.ascontiguousarray(a).reshape(shape) for a in arrays], out.reshape(shape))
    return out


def softmax_grad(g: Array, out: Array, axis: int) -> Array | None:
    """``out * (g - sum(g * out))``, or None where NumPy shall do it."""
    return _in_rows(_softmax_grad_rows, axis, g, out)


def log_softmax_grad(g: Array, out: Array, axis: int) -> Array | None:
    """``g - exp(out) * sum(g)``, or None where NumPy shall do it."""
    return _in_rows(_log_softmax_grad_rows, axis, g, out)


# --- forward ----------------------------------------------------------------------------------------------


def softmax(x: Array, axis: int) -> Array:
    """exp(x) / sum(exp(x))."""
    found = _in_rows(_softmax_rows, axis, x)
    if found is not None:
        return found
    if x.size == 0 or x.ndim == 0:
        return np.exp(x - x)
    if x.dtype == _HALF:
        return softmax(x.astype(np.float32), axis).astype(_HALF)
    e = np.subtract(x, x.max(axis, keepdims=True), order="C")
    np.exp(e, out=e)
    e /= e.sum(axis, keepdims=True)
    return e


def causal_softmax(x: Array) -> Array:
    """`softmax` of [..., L, S] along the last axis, where row i takes part with its first i + 1 elements."""
    compiled = _causal_softmax_rows.on(x.dtype, x.size) if x.size else None
    if compiled is None:
        return softmax(np.where(np.tri(*x.shape[-2:], dtype=bool), x, -np.inf).astype(x.dtype, copy=False), x.ndim - 1)
    out = np.empty(x.shape, x.dtype)
    shape = (-1, x.shape[-1])
    compiled(np.ascontiguousarray(x).reshape(shape), out.reshape(shape), x.shape[-2])
    return out


def log_softmax(x: Array, axis: int) -> Array:
    """x - log(sum(exp(x)))."""
    found = _in_rows(_log_softmax_rows, axis, x)
    if found is not None:
        return found
    if x.size == 0 or x.ndim == 0:
        return x - x
    if x.dtype == _HALF:
        return log_softmax(x.astype(np.float32), axis).astype(_HALF)
    shifted = np.subtract(x, x.max(axis, keepdims=True), order="C")
    shifted -= np.log(np.exp(shifted).sum(axis, keepdims=True))
    return shifted


def _row_maximum(x: Array) -> Array:
    """The greatest element of each row, [N, 1]. NumPy takes several times longer to reduce short rows than columns."""
    if 0 < x.shape[1] <= _SHORT:
        return np.maximum.reduce(np.ascontiguousarray(x.T), 0).reshape(-1, 1)  # type: ignore[no-any-return]
    return np.maximum.reduce(x, 1, None, None, True)  # type: ignore[no-any-return]


def cross_entropy(x: Array, target: Array, weight: Array) -> tuple[Array, Array]:
    """The loss of each row, ``-weight * log_softmax(x)[target]``, and its derivative ``weight * (softmax(x) -
    onehot(target))``.

    Args:
        x: [N, C].
        target: [N] of indices.
        weight: [N].

    Returns:
        ([N], [N, C]).
    """
    if (x.size and target.dtype is _INT64 and x.dtype is weight.dtype and x.flags.c_contiguous
            and target.flags.c_contiguous and weight.flags.c_contiguous):
        compiled = _cross_entropy.on(x.dtype, x.size + _CALLS)
        if compiled is not None:
            losses, slope = np.empty(len(x), x.dtype), np.empty(x.shape, x.dtype)
            compiled(x, target, weight, losses, slope)
            return losses, slope
    at = np.arange(len(x))
    at *= x.shape[1]
    at += target
    e = np.subtract(x, _row_maximum(x), order="C")
    flat = e.reshape(-1)
    picked = flat[at]
    np.exp(e, e)
    total = np.add.reduce(e, 1, None, None, True)
    losses = np.log(total.reshape(-1))
    losses -= picked
    losses *= weight
    e /= total
    flat[at] -= _ONE
    e *= weight.reshape(-1, 1)
    return losses, e


def smoothed_cross_entropy(x: Array, target: Array, at_target: Array, at_all: Array,
                           weight: Array) -> tuple[Array, Array]:
    """The loss of each row, ``-at_target * log_softmax(x)[target] - at_all * sum(weight * log_softmax(x))``, and its
    derivative ``(at_target + at_all * sum(weight)) * softmax(x) - at_target * onehot(target) - at_all * weight``.

    Args:
        x: [N, C].
        target: [N] of indices.
        at_target, at_all: [N].
        weight: [C].

    Returns:
        ([N], [N, C]).
    """
    numbers = (x, at_target, at_all, weight)
    if x.size and target.dtype is _INT64 and all(a.dtype is x.dtype and a.flags.c_contiguous for a in numbers):
        compiled = _smoothed_cross_entropy.on(x.dtype, x.size + _CALLS)
        if compiled is not None:
            losses, slope = np.empty(len(x), x.dtype), np.empty(x.shape, x.dtype)
            compiled(x, np.ascontiguousarray(target), at_target, at_all, weight, losses, slope)
            return losses, slope
    at = np.arange(len(x))
    e = np.subtract(x, _row_maximum(x), order="C")
    scores, score = np.add.reduce(e * weight, 1), e[at, target]
    np.exp(e, e)
    total = np.add.reduce(e, 1)
    shift, everything = np.log(total), weight.sum()
    losses = (shift - score) * at_target + (shift * everything - scores) * at_all
    e *= ((at_target + at_all * everything) / total).reshape(-1, 1)
    e[at, target] -= at_target
    e -= at_all.reshape(-1, 1) * weight
    return losses, e
