"""Normalization as compiled loops: over rows, over channels of rows, and over columns.

Sums over long dimensions are taken in parts and joined in double precision.
"""

from __future__ import annotations

import numpy as np

from .loops import InVectors, loop, wide

# --- rows [R, D]: a mean and variance for each, a weight for each column ----------------------------------


_row_sum, _row_squares, _row_normalized, _row_slope_sums, _row_slopes_of_norm = (
    InVectors(f"row_{name}", "vector_norms") for name in (
        "sum", "squares", "normalized", "slope_sums", "slopes_of_norm"))


@loop("F2 F1 F1 F2 F1 F1 F F I", saves=1.2e-9)
def rows(x, weight, bias, out, mean, var, share, eps, centered):  # type: ignore[no-untyped-def]
    """``share`` is 1 / D."""
    wide()
    n = x.shape[1]
    for i in range(x.shape[0]):
        r = x[i].ctypes.data
        m = 0.0
        if centered:
            first = x[i, 0]  # a mean far from zero would round each sum
            m = _row_sum(r, n, first) * share + first
        v = _row_squares(r, n, m) * share
        mean[i] = m
        var[i] = v
        _row_normalized(r, weight.ctypes.data, bias.ctypes.data, out[i].ctypes.data, n, m, 1.0 / np.sqrt(v + eps))


@loop("F2 F2 F1 F1 F1 F2 F1 F1 F F I", saves=5e-9)
def rows_grad(g, x, mean, var, weight, out, g_weight, g_bias, share, eps, centered):  # type: ignore[no-untyped-def]
    """The gradients by x, into ``out``, by the weight and by the bias."""
    wide()
    n = x.shape[1]
    of_weight, of_bias = np.empty_like(g_weight), np.empty_like(g_bias)
    g_weight[:] = 0.0
    g_bias[:] = 0.0
    for start in range(0, x.shape[0], 32):  # parts of a long sum
        of_weight[:] = 0.0
        of_bias[:] = 0.0
        for i in range(start, min(start + 32, x.shape[0])):
            h, r, m, s = g[i].ctypes.data, x[i].ctypes.data, mean[i], 1.0 / np.sqrt(var[i] + eps)
            total, along = _row_slope_sums(h, r, weight.ctypes.data, of_weight.ctypes.data, of_bias.ctypes.data, n, m,
                                           s)
            total = total * share if centered else 0.0
            _row_slopes_of_norm(h, r, weight.ctypes.data, out[i].ctypes.data, n, m, s, total, along * share)
        for j in range(n):
            g_weight[j] += of_weight[j]
            g_bias[j] += of_bias[j]


# --- groups [R, C, S]: a mean and variance for each r, a weight for each of P * C channels, P dividing R --


@loop("F3 F2 F2 F3 F1 F1 F F I", saves=1.2e-9, reassociate=True)
def groups(x, weight, bias, out, mean, var, share, eps, centered):  # type: ignore[no-untyped-def]
    """``share`` is 1 / (C * S); weight and bias are [P, C]."""
    wide()
    channels, size = x.shape[1], x.shape[2]
    for i in range(x.shape[0]):
        m = 0.0
        if centered:
            first = x[i, 0, 0]  # a mean far from zero would round each sum
            for c in range(channels):
                r = x[i, c]
                t = 0.0
                for j in range(size):
                    t += r[j] - first
                m += t
            m = m * share + first
        v = 0.0
        for c in range(channels):
            r = x[i, c]
            t = 0.0
            for j in range(size):
                t += (r[j] - m) * (r[j] - m)
            v += t
        v *= share
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
    g_weight[:] = 0.0
    g_bias[:] = 0.0
    for i in range(x.shape[0]):
        m, s = mean[i], 1.0 / np.sqrt(var[i] + eps)
        p = i % weight.shape[0]
        total, along = 0.0, 0.0
        for c in range(channels):
            h, r = g[i, c], x[i, c]
            t, u = 0.0, 0.0
            for j in range(size):
                t += h[j]
                u += h[j] * (r[j] - m)
            u *= s
            g_weight[p, c] += u
            g_bias[p, c] += t
            total += t * weight[p, c]
            along += u * weight[p, c]
        total = total * share if centered else 0.0
        along *= share
        for c in range(channels):
            h, r, o = g[i, c], x[i, c], out[i, c]
            scale, slope = s * weight[p, c], s * s * along
            for j in range(size):
                o[j] = h[j] * scale - (r[j] - m) * slope - s * total


# --- channels [N, C, S]: a mean and variance for each c ---------------------------------------------------


@loop("F3 F1 F1 F3 F1 F1 F F", saves=2e-9, reassociate=True)
def channels(x, weight, bias, out, mean, var, share, eps):  # type: ignore[no-untyped-def]
    wide()
    count, size = x.shape[0], x.shape[2]
    for c in range(x.shape[1]):
        # Mean and squares of what came so far, joined with those of a row: Chan et al., Updating formulae and a
        # pairwise algorithm for computing sample variances, 1982.
        m, squares = np.float64(0.0), np.float64(0.0)
        for n in range(count):
            r = x[n, c]
            t = 0.0
            for j in range(size):
                t += r[j]
            at = np.float64(t) / size
            mean[c] = at
            near = mean[c]
            t, u = 0.0, 0.0
            for j in range(size):
                t += r[j] - near
                u += (r[j] - near) * (r[j] - near)
            step = at - m
            m += step / (n + 1)
            squares += u - np.float64(t) * t / size + step * step * (np.float64(size) * n / (n + 1))
        mean[c] = m
        var[c] = squares * share
        middle, scale, shift = mean[c], weight[c] / np.sqrt(var[c] + eps), bias[c]
        for n in range(count):
            r, o = x[n, c], out[n, c]
            for j in range(size):
                o[j] = (r[j] - middle) * scale + shift


@loop("F3 F3 F1 F1 F1 F3 F1 F1 F F", saves=5e-9, reassociate=True)
def channels_grad(g, x, mean, var, weight, out, g_weight, g_bias, share, eps):  # type: ignore[no-untyped-def]
    wide()
    count, size = x.shape[0], x.shape[2]
    for c in range(x.shape[1]):
        m, s = mean[c], 1.0 / np.sqrt(var[c] + eps)
        total, along = np.float64(0.0), np.float64(0.0)
        for n in range(count):
            h, r = g[n, c], x[n, c]
            t, u = 0.0, 0.0
            for j in range(size):
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
    mean[:] = 0.0
    var[:] = 0.0
    for i in range(count):
        r = x[i]
        for c in range(n):
            mean[c] += r[c]
    rest, scale = np.empty_like(mean), np.empty_like(mean)
    for c in range(n):
        mean[c] *= share
        rest[c] = 0.0
    for i in range(count):
        r = x[i]
        for c in range(n):
            rest[c] += r[c] - mean[c]
            var[c] += (r[c] - mean[c]) * (r[c] - mean[c])
    for c in range(n):
        left = rest[c] * share
        mean[c] += left
        var[c] = var[c] * share - left * left
        scale[c] = weight[c] / np.sqrt(var[c] + eps)
    for i in range(count):
        r, o = x[i], out[i]
        for c in range(n):
            o[c] = (r[c] - mean[c]) * scale[c] + bias[c]


@loop("F2 F2 F1 F1 F1 F2 F1 F1 F F", saves=3e-9)
def columns_grad(g, x, mean, var, weight, out, g_weight, g_bias, share, eps):  # type: ignore[no-untyped-def]
    wide()
    count, n = x.shape
    g_weight[:] = 0.0
    g_bias[:] = 0.0
    for i in range(count):
        h, r = g[i], x[i]
        for c in range(n):
            g_bias[c] += h[c]
            g_weight[c] += h[c] * (r[c] - mean[c])
    scale, slope, shift = np.empty_like(mean), np.empty_like(mean), np.empty_like(mean)
    for c in range(n):
        s = 1.0 / np.sqrt(var[c] + eps)
        g_weight[c] *= s
        scale[c] = weight[c] * s
        shift[c] = g_bias[c] * scale[c] * share
        slope[c] = g_weight[c] * scale[c] * s * share
    for i in range(count):
        h, r, o = g[i], x[i], out[i]
        for c in range(n):
            o[c] = h[c] * scale[c] - (r[c] - mean[c]) * slope[c] - shift[c]


@loop("F3 F1 F1 F3", saves=5e-10)
def scale(x, scale, shift, out):  # type: ignore[no-untyped-def]
    """x * scale + shift of [N, C, S]."""
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            r, o, k, t = x[n, c], out[n, c], scale[c], shift[c]
            for j in range(r.size):
                o[j] = r[j] * k + t
