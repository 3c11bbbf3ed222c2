"""Normalization to mean 0 and variance 1 over some axes, with a scale and shift: forward and backward.

``x`` is [d0, d1, ...]; ``mean`` and ``var`` have 1 in place of the ``axes`` they were taken over; ``weight`` and
``bias`` broadcast against ``x`` in a shape of their own (1 where they are repeated).
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from . import norm_loops
from .compiled.loops import Loop
from .reduce import add_up

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

_HALF = np.dtype(np.float16)


def wide(x: Array) -> Array:
    """Half precision is computed in single."""
    return x.astype(np.float32) if x.dtype == _HALF else x


# --- which loops ------------------------------------------------------------------------------------------


class _Form(NamedTuple):
    """The loops for one kind of normalization."""

    forward: Loop
    backward: Loop
    #: The shapes in which they take x, the weights, and mean and variance as `normalize` gives them.
    shape: Ints
    affine: Ints
    kept: Ints
    #: How many elements a mean is of.
    count: int
    #: Whether they know normalization without a mean.
    centers: bool

    def options(self, centered: bool) -> tuple[int, ...]:
        """The last arguments of the loops."""
        if self.centers:
            return (centered,)
        return (self.shape[1],) if self.forward is norm_loops.channels else ()


@functools.lru_cache(maxsize=256)
def _form(shape: Ints, axes: Ints) -> _Form | None:
    kept = tuple([1 if a in axes else n for a, n in enumerate(shape)])
    count = math.prod([shape[a] for a in axes])
    if math.prod(shape) == 0:
        return None
    if axes == (1,):
        return _Form(norm_loops.rows, norm_loops.rows_grad, shape, shape[1:], kept, count, True)
    if axes == (2, 3) or axes == (2,):
        n, groups, *rest = shape
        channels, size = rest if len(rest) == 2 else (1, rest[0])
        return _Form(norm_loops.groups, norm_loops.groups_grad, (n * groups, channels, size), (groups, channels), kept,
                     count, True)
    if axes == (0,) or (axes == (0, 2) and shape[2] == 1):
        return _Form(norm_loops.columns, norm_loops.columns_grad, shape[:2], shape[1:2], kept, count, False)
    return _Form(norm_loops.channels, norm_loops.channels_grad, shape, shape[1:2], kept, count, False)


def _fits(x: Array, *others: Array | None) -> bool:
    """Whether the loops take arrays like these."""
    return all(o is None or o.dtype is x.dtype for o in others)


def _weights(values: Array | None, affine: Ints, dtype: Any, default: float) -> Array:
    if values is None:
        return np.full(affine, default, dtype)
    return np.ascontiguousarray(values).reshape(affine)


def _normalized(x: Array, weight: Array | None, bias: Array | None, axes: Ints, eps: float,
                centered: bool) -> tuple[Array, Array, Array] | None:
    """`normalize` by a compiled loop; None where there is none."""
    form = _form(x.shape, axes)
    if form is None or not _fits(x, weight, bias) or not (centered or form.centers):
        return None
    compiled = form.forward.on(x.dtype, x.size)
    if compiled is None:
        return None
    d = x.dtype
    out, mean, var = np.empty(x.shape, d), np.empty(form.kept, d), np.empty(form.kept, d)
    compiled(np.ascontiguousarray(x).reshape(form.shape), _weights(weight, form.affine, d, 1),
             _weights(bias, form.affine, d, 0), out.reshape(form.shape), mean.reshape(-1), var.reshape(-1),
             1 / form.count, eps, *form.options(centered))
    return out, mean if centered else np.zeros((), d), var


def _normalized_grad(g: Array, x: Array, mean: Array, var: Array, weight: Array | None, axes: Ints, affine: Ints,
                     eps: float, centered: bool) -> tuple[Array, Array, Array] | None:
    """`normalize_grad` by a compiled loop; None where there is none."""
    form = _form(x.shape, axes)
    if form is None or not _fits(x, g, mean, var, weight) or not (centered or form.centers):
        return None
    if math.prod(affine) != math.prod(form.affine):
        return None
    compiled = form.backward.on(x.dtype, x.size)
    if compiled is None:
        return None
    d = x.dtype
    out, g_weight, g_bias = np.empty(x.shape, d), np.empty(form.affine, d), np.empty(form.affine, d)
    mean = np.ascontiguousarray(mean) if centered else np.zeros(var.size, d)
    compiled(np.ascontiguousarray(g).reshape(form.shape), np.ascontiguousarray(x).reshape(form.shape),
             mean.reshape(-1), np.ascontiguousarray(var).reshape(-1), _weights(weight, form.affine, d, 1),
             out.reshape(form.shape), g_weight, g_bias, 1 / form.count, eps, *form.options(centered))
    return out, g_weight.reshape(-1), g_bias.reshape(-1)


def scale_channels(x: Array, scale: Array, shift: Array) -> Array | None:
    """``x * scale + shift`` of [N, C, ...] with a number for each channel; None where NumPy shall do it."""
    compiled = norm_loops.scale.on(x.dtype, x.size)
    if compiled is None or not _fits(x, scale, shift):
        return None
    out = np.empty(x.shape, x.dtype)
    shape = (*x.shape[:2], math.prod(x.shape[2:]))
    compiled(np.ascontiguousarray(x).reshape(shape), np.ascontiguousarray(scale), np.ascontiguousarray(shift),
             out.reshape(shape))
    return out


# --- the same in NumPy ------------------------------------------------------------------------------------


def _mean(x: Array, axes: Ints) -> Array:
    total = add_up(x, axes, True)
    total /= math.prod([x.shape[a] for a in axes])
    return total


def normalize(x: Array, weight: Array | None, bias: Array | None, axes: Ints, eps: float,
              centered: bool) -> tuple[Array, Array, Array]:
    """((x - mean) / sqrt(var + eps) * weight + bias, mean, var), where the mean is 0 unless ``centered``."""
    found = _normalized(x, weight, bias, axes, eps, centered)
    if found is not None:
        return found
    if centered:
        mean = _mean(x, axes)
        out = x - mean
        var = _mean(out * out, axes)
        out *= _inverse_deviation(var, eps)
    else:
        mean = np.zeros((), x.dtype)
        var = _mean(x * x, axes)
        out = x * _inverse_deviation(var, eps)
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out, mean, var


def _inverse_deviation(var: Array, eps: float) -> Array:
    r = var + eps
    np.sqrt(r, out=r)
    return np.reciprocal(r, out=r)


def reduce_to(x: Any, affine: Ints) -> Any:
    """The sum of ``x`` over the axes along which a weight of ``affine`` shape is repeated, flattened."""
    repeated = tuple([a for a, n in enumerate(affine) if n == 1 and x.shape[a] != 1])
    if repeated:
        x = add_up(x, repeated, False) if isinstance(x, np.ndarray) else x.sum(repeated)
    return x.reshape(math.prod(affine))


def normalize_grad(g: Array, x: Array, mean: Array, var: Array, weight: Array | None, axes: Ints, affine: Ints,
                   eps: float, centered: bool, of_weight: bool) -> list[Array]:
    """The gradient by x; and, where ``of_weight``, those by a weight and a bias of ``affine`` shape, flattened."""
    found = _normalized_grad(g, x, mean, var, weight, axes, affine, eps, centered)
    if found is not None:
        return list(found) if of_weight else [found[0]]
    r = _inverse_deviation(var, eps)
    normal = x - mean if centered else x.copy()
    normal *= r
    product = g * normal
    scaled, along = (g, product) if weight is None else (g * weight, product * weight)
    normal *= _mean(along, axes)
    if centered:
        normal += _mean(scaled, axes)
    np.subtract(scaled, normal, out=normal)
    normal *= r
    return [normal, reduce_to(product, affine), reduce_to(g, affine)] if of_weight else [normal]
