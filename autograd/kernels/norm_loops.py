"""Normalization as compiled loops: over rows, over channels of rows, and over columns.

Sums over long dimensions are taken in parts of fixed sizes and joined in double precision: what is added to a sum of
a million in single precision loses half of its digits.
"""

from __future__ import annotations

import numpy as np

from .compiled.loops import InVectors, loop, narrow, wide

#: Rows of a part of a sum over rows, whose sums are vectors, and numbers of one along a row, which is taken in lanes.
_ROWS, _RUN = 64, 4096

# --- rows [R, D]: a mean and variance for each, a weight for each column ----------------------------------


_row_sum, _row_squares, _row_normalized, _row_slope_sums, _row_slopes_of_norm = (
    InVectors(f"row_{name}", "norms") for name in (
        "sum", "squares", "normalized", "slope_sums", "slopes_of_norm"))


@loop("*F2 F1 F1 *F2 *F1 *F1 F F I", saves=1.2e-9)
def rows(x, weight, bias, out, mean, var, share, eps, centered):  # type: ignore[no-untyped-def]
    """``share`` is 1 / D."""
    wide()
    n, size = x.shape[1], x.itemsize
    for i in range(x.shape[0]):
        r = x[i].ctypes.data
        m = 0.0
        if centered:
            first, total = x[i, 0], np.float64(0.0)  # a mean far from zero would round each sum
            for start in range(0, n, _RUN):
                total += _row_sum(r + start * size, min(_RUN, n - start), first)
            m = narrow(total) * share + first
        total = np.float64(0.0)
        for start in range(0, n, _RUN):
            total += _row_squares(r + start * size, min(_RUN, n - start), m)
        v = narrow(total) * share
        mean[i] = m
        var[i] = v
        _row_normalized(r, weight.ctypes.data, bias.ctypes.data, out[i].ctypes.data, n, m, 1.0 / np.sqrt(v + eps))


@loop("F2 F2 F1 F1 F1 F2 F1 F1 F F I", saves=5e-9)
def rows_grad(g, x, mean, var, weight, out, g_weight, g_bias, share, eps, centered):  # type: ignore[no-untyped-def]
    """The gradients by x, into ``out``, by the weight and by the bias."""
    wide()
    n, size = x.shape[1], x.itemsize
    of_weight, of_bias = np.empty_like(g_weight), np.empty_like(g_bias)
    all_weight, all_bias = np.zeros(n), np.zeros(n)
    w = weight.ctypes.data
    for top in range(0, x.shape[0], _ROWS):
        of_weight[:] = 0.0
        of_bias[:] = 0.0
        for i in range(top, min(top + _ROWS, x.shape[0])):
            h, r, m, s = g[i].ctypes.data, x[i].ctypes.data, mean[i], 1.0 / np.sqrt(var[i] + eps)
            total, along = np.float64(0.0), np.float64(0.0)
            for start in range(0, n, _RUN):
                at = start * size
                t, u = _row_slope_sums(h + at, r + at, w + at, of_weight.ctypes.data + at, of_bias.ctypes.data + at,
                                       min(_RUN, n - start), m, s)
                total += t
                along += u
            shift = narrow(total) * share if centered else 0.0
            _row_slopes_of_norm(h, r, w, out[i].ctypes.data, n, m, s, shift, narrow(along) * share)
        for j in range(n):
            all_weight[j] += of_weight[j]
            all_bias[j] += of_bias[j]
    for j in range(n):
        g_weight[j] = all_weight[j]
        g_bias[j] = all_bias[j]


# --- groups [R, C, S]: a mean and variance for each r, a weight for each of P * C channels, P dividing R --


@loop("F3 F2 F2 F3 F1 F1 F F I", saves=1.2e-9, reassociate=True)
def groups(x, weight, bias, out, mean, var, share, eps, centered):  # type: ignore[no-untyped-def]
    """``share`` is 1 / (C * S); weight and bias are [P, C]."""
    wide()
    channels, size = x.shape[1], x.shape[2]
    for i in range(x.shape[0]):
        m = 0.0
        if centered:
            first, total = x[i, 0, 0], np.float64(0.0)  # a mean far from zero would round each sum
            for c in range(channels):
                for start in range(0, size, _RUN):
                    r, t = x[i, c, start:start + _RUN], 0.0
                    for j in range(r.size):
                        t += r[j] - first
                    total += t
            m = narrow(total) * share + first
        total = np.float64(0.0)
        for c in range(channels):
            for start in range(0, size, _RUN):
                r, t = x[i, c, start:start + _RUN], 0.0
                for j in range(r.size):
                    t += (r[j] - m) * (r[j] - m)
                total += t
        v = narrow(total) * share
        mean[i] = m
        var[i] = v
        s = 1.0 / np.sqrt(v + eps)
        p = i % weight.shape[0]
        for c in range(channels):
            r, o = x[i, c], out[i, c]
            scale, shift = s * weight[p, c], bias[p, c]
            for j in range(size):
                o[j] = (r[j] - m) * scale + shift


@loop("F3 F3 F1 F1 F2 F3 F2 F2 F F I", saves=5e-9, reassociate=True)
def groups_grad(g, x, mean, var, weight, out, g_weight, g_bias, share, eps, centered):  # type: ignore[no-untyped-def]
    wide()
    channels, size = x.shape[1], x.shape[2]
    all_weight, all_bias = np.zeros(weight.shape), np.zeros(weight.shape)
    for i in range(x.shape[0]):
        m, s = mean[i], 1.0 / np.sqrt(var[i] + eps)
        p = i % weight.shape[0]
        all_g, all_along = np.float64(0.0), np.float64(0.0)
        for c in range(channels):
            of_bias, of_weight = np.float64(0.0), np.float64(0.0)
            for start in range(0, size, _RUN):
                h, r, t, u = g[i, c, start:start + _RUN], x[i, c, start:start + _RUN], 0.0, 0.0
                for j in range(h.size):
                    t += h[j]
                    u += h[j] * (r[j] - m)
                of_bias += t
                of_weight += u
            of_weight *= s
            all_weight[p, c] += of_weight
            all_bias[p, c] += of_bias
            all_g += of_bias * weight[p, c]
            all_along += of_weight * weight[p, c]
        total, along = narrow(all_g) * share if centered else 0.0, narrow(all_along) * share
        for c in range(channels):
            h, r, o = g[i, c], x[i, c], out[i, c]
            scale, slope = s * weight[p, c], s * s * along
            for j in range(size):
                o[j] = h[j] * scale - (r[j] - m) * slope - s * total
    for p in range(weight.shape[0]):
        for c in range(channels):
            g_weight[p, c] = all_weight[p, c]
            g_bias[p, c] = all_bias[p, c]


# --- channels [N, C, S]: a mean and variance for each c ---------------------------------------------------


@loop("F3 F1 F1 F3 F1 F1 F F R", saves=2e-9, reassociate=True)
def channels(x, weight, bias, out, mean, var, share, eps, first, last):  # type: ignore[no-untyped-def]
    wide()
    count, size = x.shape[0], x.shape[2]
    for c in range(first, last):
        # Mean and squares of what came so far, joined with those of a part of a row: Chan et al., Updating formulae and
        # a pairwise algorithm for computing sample variances, 1982.
        m, squares, seen = np.float64(0.0), np.float64(0.0), 0
        for n in range(count):
            for start in range(0, size, _RUN):
                r, t = x[n, c, start:start + _RUN], 0.0
                many = r.size
                for j in range(many):
                    t += r[j]
                at = np.float64(t) / many
                near = narrow(at)
                t, u = 0.0, 0.0
                for j in range(many):
                    t += r[j] - near
                    u += (r[j] - near) * (r[j] - near)
                step = at - m
                m += step * many / (seen + many)
                squares += u - np.float64(t) * t / many + step * step * (np.float64(many) * seen / (seen + many))
                seen += many
        mean[c] = m
        var[c] = squares * share
        middle, scale, shift = mean[c], weight[c] / np.sqrt(var[c] + eps), bias[c]
        for n in range(count):
            r, o = x[n, c], out[n, c]
            for j in range(size):
                o[j] = (r[j] - middle) * scale + shift


@loop("F3 F3 F1 F1 F1 F3 F1 F1 F F R", saves=5e-9, reassociate=True)
def channels_grad(g, x, mean, var, weight, out, g_weight, g_bias, share, eps, first, last):  # type: ignore[no-untyped-def]
    wide()
    count, size = x.shape[0], x.shape[2]
    for c in range(first, last):
        m, s = mean[c], 1.0 / np.sqrt(var[c] + eps)
        total, along = np.float64(0.0), np.float64(0.0)
        for n in range(count):
            for start in range(0, size, _RUN):
                h, r, t, u = g[n, c, start:start + _RUN], x[n, c, start:start + _RUN], 0.0, 0.0
                for j in range(h.size):
                    t += h[j]
                    u += h[j] * (r[j] - m)
                total += t
                along += u
        g_bias[c] = total
        g_weight[c] = along * s
        scale = weight[c] * s
        shift = g_bias[c] * scale * share
        slope = g_weight[c] * scale * s * share
        for n in range(count):
            h, r, o = g[n, c], x[n, c], out[n, c]
            for j in range(size):
                o[j] = h[j] * scale - (r[j] - m) * slope - shift


# --- columns [N, C]: a mean and variance for each c -------------------------------------------------------


@loop("F2 F1 F1 F2 F1 F1 F F", saves=1.5e-9)
def columns(x, weight, bias, out, mean, var, share, eps):  # type: ignore[no-untyped-def]
    """``share`` is 1 / N."""
    wide()
    count, n = x.shape
    total, squares, rest, square = np.zeros(n), np.zeros(n), np.empty_like(mean), np.empty_like(mean)
    for top in range(0, count, _ROWS):
        rest[:] = 0.0
        for i in range(top, min(top + _ROWS, count)):
            r = x[i]
            for c in range(n):
                rest[c] += r[c]
        for c in range(n):
            total[c] += rest[c]
    for c in range(n):
        mean[c] = total[c] / count
        total[c] = 0.0
    for top in range(0, count, _ROWS):
        rest[:] = 0.0
        square[:] = 0.0
        for i in range(top, min(top + _ROWS, count)):
            r = x[i]
            for c in range(n):
                rest[c] += r[c] - mean[c]
                square[c] += (r[c] - mean[c]) * (r[c] - mean[c])
        for c in range(n):
            total[c] += rest[c]
            squares[c] += square[c]
    scale = square
    for c in range(n):
        left = total[c] / count
        mean[c] += left
        var[c] = squares[c] / count - left * left
        scale[c] = weight[c] / np.sqrt(var[c] + eps)
    for i in range(count):
        r, o = x[i], out[i]
        for c in range(n):
            o[c] = (r[c] - mean[c]) * scale[c] + bias[c]


@loop("F2 F2 F1 F1 F1 F2 F1 F1 F F", saves=3e-9)
def columns_grad(g, x, mean, var, weight, out, g_weight, g_bias, share, eps):  # type: ignore[no-untyped-def]
    wide()
    count, n = x.shape
    all_weight, all_bias = np.zeros(n), np.zeros(n)
    for top in range(0, count, _ROWS):
        g_weight[:] = 0.0
        g_bias[:] = 0.0
        for i in range(top, min(top + _ROWS, count)):
            h, r = g[i], x[i]
            for c in range(n):
                g_bias[c] += h[c]
                g_weight[c] += h[c] * (r[c] - mean[c])
        for c in range(n):
            all_weight[c] += g_weight[c]
            all_bias[c] += g_bias[c]
    scale, slope, shift = np.empty_like(mean), np.empty_like(mean), np.empty_like(mean)
    for c in range(n):
        s = 1.0 / np.sqrt(var[c] + eps)
        g_bias[c] = all_bias[c]
        g_weight[c] = all_weight[c] * s
        scale[c] = weight[c] * s
        shift[c] = g_bias[c] * scale[c] * share
        slope[c] = g_weight[c] * scale[c] * s * share
    for i in range(count):
        h, r, o = g[i], x[i], out[i]
        for c in range(n):
            o[c] = h[c] * scale[c] - (r[c] - mean[c]) * slope[c] - shift[c]


@loop("*F3 F1 F1 *F3", saves=5e-10)
def scale(x, scale, shift, out):  # type: ignore[no-untyped-def]
    """x * scale + shift of [N, C, S]."""
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            r, o, k, t = x[n, c], out[n, c], scale[c], shift[c]
            for j in range(r.size):
                o[j] = r[j] * k + t
