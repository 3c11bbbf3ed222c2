"""Which compiled kernel computes a convolution or a gradient of one; None where NumPy shall do it.

A choice depends on shapes alone, and so do the numbers that come out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np

from .conv_plans import Geometry, direct_plan, plan
from .late import Account, compiled
from .windows import Array, Ints, Pairs, output_size

#: The kernels are large, and so is what they save: seconds for each multiplication.
_ACCOUNT = Account(price=0.3)
_SAVED_EACH = 3e-11

_TYPES = (np.dtype(np.float32), np.dtype(np.float64))
_EMPTY = {d: np.empty(0, d) for d in _TYPES}

#: The compiled functions, by name and element type.
_compiled: dict[tuple[str, np.dtype[Any]], Callable[..., Any] | None] = {}
_scratch = threading.local()


def _memory(size: int) -> Array:
    """Scratch memory of the calling thread, kept between calls: fresh pages cost more than small convolutions."""
    found = getattr(_scratch, "memory", None)
    if found is None or found.size < size:
        found = _scratch.memory = np.empty(size, np.uint8)
    return found


@lru_cache(maxsize=1024)
def geometry(x: Ints, w: Ints, stride: Ints, padding: Pairs, dilation: Ints, groups: int) -> Geometry | None:
    """The convolution of images of shape ``x`` with weights of shape ``w``; None where no kernel is for it.

    One spatial dimension is an image of one row.
    """
    if len(x) == 3:
        x, w = (*x[:2], 1, x[2]), (*w[:2], 1, w[2])
        stride, padding, dilation = (1, *stride), ((0, 0), *padding), (1, *dilation)
    if len(x) != 4 or 0 in x or 0 in w:
        return None
    return Geometry(x[0], groups, w[1], w[0] // groups, *x[2:], *w[2:],
                    *output_size(x[2:], w[2:], stride, padding, dilation), *stride, *[lo for lo, _ in padding],
                    *dilation)


@cache
def _target() -> Any:
    """This processor, and the rows of its tiles. This imports Numba."""
    from . import tiles
    from .vector_ir import host
    target = host()
    return target, tiles.tile_rows(target)


def _build(name: str, dtype: np.dtype[Any], arrays: int, integers: int) -> Callable[..., Any]:
    from . import conv_direct, conv_grouped, conv_layout, conv_thin, conv_winograd
    families = {"conv": conv_direct, "grouped": conv_grouped, "thin": conv_thin, "winograd": conv_winograd}
    return conv_layout.compiled(  # type: ignore[no-any-return]
        families[name.split("_")[0]].build, name, dtype, _target()[0], arrays, integers)


def compile(kind: str, choose: Callable[..., Any], g: Geometry, dtype: np.dtype[Any]) -> tuple[Any, Ints, int]:
    """The kernel that computes a ``forward`` pass, ``input`` or ``weight`` gradient, compiled or loaded, its integers
    and bytes of scratch memory; None for a kernel that cannot be compiled."""
    target, rows = _target()
    name, table, size = choose(kind, g, target.width // dtype.itemsize, rows, dtype.itemsize)
    arrays = 3 if kind == "weight" else 4
    kernel = compiled(_compiled, (name, dtype), f"the convolution {name} for {dtype}",
                      lambda: _build(name, dtype, arrays, len(table)))
    return kernel, table, size


def _call(kind: str, g: Geometry, dtype: Any, arrays: tuple[Array, ...], result: Ints) -> Array | None:
    for choose in (plan, direct_plan):
        kernel, table, size = compile(kind, choose, g, dtype)
        if kernel is None:
            continue
        out = np.empty(result, dtype)
        # False: what is not finite has spread.
        if kernel(*[a.ravel() for a in arrays], out.reshape(-1), table, _memory(size)) is not False:
            return out
    return None


def _find(x: Ints, w: Ints, dtype: Any, options: Any) -> Geometry | None:
    if dtype not in _TYPES:
        return None
    g = geometry(x, w, *options)
    if g is None or not _ACCOUNT.pays(g.N * g.G * g.C * g.O * g.KH * g.KW * g.OH * g.OW * _SAVED_EACH):
        return None
    return g


def forward(x: Array, w: Array, bias: Array | None, *options: Any) -> Array | None:
    """`conv.convolve`."""
    g = _find(x.shape, w.shape, x.dtype, options)
    if g is None:
        return None
    out = (g.N, g.G * g.O, g.OW) if x.ndim == 3 else (g.N, g.G * g.O, g.OH, g.OW)
    return _call("forward", g, x.dtype, (x, w, _EMPTY[x.dtype] if bias is None else bias), out)


def input_gradient(grad: Array, w: Array, bias: Array | None, size: Ints, *options: Any) -> Array | None:
    """`conv.input_gradient`."""
    x = (len(grad), w.shape[1] * options[-1], *size)
    g = _find(x, w.shape, grad.dtype, options)
    # A transposed convolution may be given fewer positions than windows fit, or more rows than they reach.
    if g is None or grad.shape[2:] != ((g.OW,) if grad.ndim == 3 else (g.OH, g.OW)):
        return None
    return _call("input", g, grad.dtype, (grad, w, _EMPTY[grad.dtype] if bias is None else bias), x)


def weight_gradient(grad: Array, x: Array, window: Ints, *options: Any) -> Array | None:
    """`conv.weight_gradient`."""
    w = (grad.shape[1], x.shape[1] // options[-1], *window)
    g = _find(x.shape, w, grad.dtype, options)
    if g is None or grad.shape[2:] != ((g.OW,) if grad.ndim == 3 else (g.OH, g.OW)):
        return None
    return _call("weight", g, grad.dtype, (grad, x), w)
