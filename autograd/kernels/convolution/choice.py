"""Which compiled kernel computes a convolution or a gradient of one; None where NumPy shall do it.

A choice depends on shapes alone, and so do the numbers that come out; but for what `tapegrad bench --tune` measured.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compiled.late import Account, compiled
from ..machine.threads import count, share
from ..windows import Array, Ints, Pairs, output_size
from .costs import SHIPPED, Costs, predicted, read
from .plans import Geometry, Plan, methods, plan

if TYPE_CHECKING:
    from pathlib import Path

#: Whether `winograd4` takes part: it is faster than other methods, and less precise.
allow_winograd4 = False

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

    One spatial dimension is an image of one row, and an image is a volume of one plane.
    """
    more = 5 - len(x)
    if more < 0 or 0 in x or 0 in w:
        return None
    ones = (1,) * more
    size, window = ones + x[2:], ones + w[2:]
    stride, padding, dilation = ones + stride, ((0, 0),) * more + padding, ones + dilation
    out = output_size(size, window, stride, padding, dilation)
    before = [lo for lo, _ in padding]
    return Geometry(x[0], groups, w[1], w[0] // groups, *size[1:], *window[1:], *out[1:], *stride[1:], *before[1:],
                    *dilation[1:], size[0], window[0], out[0], stride[0], before[0], dilation[0])


@cache
def _target() -> Any:
    """This processor, and the rows of its tiles. This imports Numba."""
    from ..vectors import tiles
    from ..vectors.ir import host
    target = host()
    return target, tiles.tile_rows(target)


def vectors(size: int) -> tuple[int, int]:
    """Elements of so many bytes in a vector, and rows in a tile."""
    target, rows = _target()
    return target.width // size, rows


def _build(name: str, dtype: np.dtype[Any], arrays: int, integers: int) -> Callable[..., Any]:
    from . import (
        direct as conv_direct,
        grouped as conv_grouped,
        implicit as conv_implicit,
        layout as conv_layout,
        planes as conv_planes,
        pointwise as conv_pointwise,
        rows as conv_rows,
        thin as conv_thin,
        winograd as conv_winograd,
    )
    families = {"conv": conv_direct.build, "grouped": conv_grouped.build, "implicit": conv_implicit.build,
                "planes": conv_planes.build, "pointwise": conv_pointwise.build, "rows": conv_rows.build,
                "thin": conv_thin.build,
                "winograd2": partial(conv_winograd.build, 2), "winograd4": partial(conv_winograd.build, 4)}
    return conv_layout.compiled(  # type: ignore[no-any-return]
        families[name.split("_")[0]], name, dtype, _target()[0], arrays, integers)


@cache
def costs() -> Costs:
    """The table that choices are made by: what was measured on this processor, or else what we ship."""
    from ..vectors.ir import processor
    try:
        path = costs_file()
    except RuntimeError:  # the user has no home folder
        return SHIPPED
    return read(path, processor()) or SHIPPED


def costs_file() -> Path:
    """Where measured costs are kept: `tapegrad bench --tune`."""
    from ..compiled.cache import folder
    return folder().parent / "convolutions.json"


@lru_cache(maxsize=1024)
def _chosen(kind: str, g: Geometry, lanes: int, rows: int, size: int, winograd4: bool) -> tuple[str, ...]:
    """The method to take, and another one if what is not finite spreads in it."""
    table = costs()
    found = sorted((predicted(table, m, kind, g, lanes, rows), m) for m in methods(kind, g, lanes, rows, size)
                   if m != "winograd4" or winograd4)
    first = found[0][1]
    if not first.startswith("winograd") and (first, kind) != ("planes", "weight"):
        return (first,)
    return first, next(m for _, m in found if not m.startswith(("winograd", "planes")))


def compile(method: str, kind: str, g: Geometry, dtype: np.dtype[Any]) -> tuple[Any, Plan]:
    """The kernel that computes a ``forward`` pass, ``input`` or ``weight`` gradient by one of `plans.methods`,
    compiled or loaded, and how to call it; None for a kernel that cannot be compiled."""
    found = plan(method, kind, g, *vectors(dtype.itemsize), dtype.itemsize)
    kernel = compiled(_compiled, (found.name, dtype), "the convolution {} for {}",
                      lambda: _build(found.name, dtype, 3 if kind == "weight" else 4, len(found.table)))
    return kernel, found


def run(method: str, kind: str, g: Geometry, arrays: tuple[Array, ...], result: Ints) -> Array | None:
    """The result by one method; None where it is not right, since not all is finite, or has no kernel."""
    dtype = arrays[0].dtype
    kernel, found = compile(method, kind, g, dtype)
    if kernel is None:
        return None
    flat = [a.ravel() for a in arrays]
    sums = np.empty((found.slices, *result), dtype)
    out = sums[0]
    done: list[Any] = []

    def part(start: int, stop: int) -> None:
        if found.slices == 1:
            done.append(kernel(*flat, out.reshape(-1), found.table, _memory(found.memory), found.part(start, stop)))
            return
        for i in range(start, stop):
            done.append(kernel(*flat, sums[i].reshape(-1), found.table, _memory(found.memory), found.part(i, i + 1)))
    rows = found.rows()
    seconds = _seconds(method, kind, g, *vectors(dtype.itemsize)) if rows > 1 and count() > 1 else 0.0
    share(part, rows, seconds, alone=not found.by_samples)
    if False in done:
        return None
    for other in sums[1:]:
        out += other
    return out


@lru_cache(maxsize=1024)
def _seconds(method: str, kind: str, g: Geometry, lanes: int, rows: int) -> float:
    return predicted(costs(), method, kind, g, lanes, rows)


def _call(kind: str, g: Geometry, arrays: tuple[Array, ...], result: Ints) -> Array | None:
    size = arrays[0].itemsize
    for method in _chosen(kind, g, *vectors(size), size, allow_winograd4):
        out = run(method, kind, g, arrays, result)
        if out is not None:
            return out
    return None


def _find(x: Ints, w: Ints, dtype: Any, options: Any) -> Geometry | None:
    if dtype not in _TYPES:
        return None
    g = geometry(x, w, *options)
    if g is None or not _ACCOUNT.pays(g.multiplications() * _SAVED_EACH):
        return None
    return g


def forward(x: Array, w: Array, bias: Array | None, *options: Any) -> Array | None:
    """`conv.convolve`."""
    g = _find(x.shape, w.shape, x.dtype, options)
    if g is None:
        return None
    out = (g.OD, g.OH, g.OW)[5 - x.ndim:]
    return _call("forward", g, (x, w, _EMPTY[x.dtype] if bias is None else bias), (g.N, g.G * g.O, *out))


def input_gradient(grad: Array, w: Array, bias: Array | None, size: Ints, *options: Any) -> Array | None:
    """`conv.input_gradient`."""
    x = (len(grad), w.shape[1] * options[-1], *size)
    g = _find(x, w.shape, grad.dtype, options)
    # A transposed convolution may be given fewer positions than windows fit, or more rows than they reach.
    if g is None or grad.shape[2:] != (g.OD, g.OH, g.OW)[5 - grad.ndim:]:
        return None
    return _call("input", g, (grad, w, _EMPTY[grad.dtype] if bias is None else bias), x)


def weight_gradient(grad: Array, x: Array, window: Ints, *options: Any) -> Array | None:
    """`conv.weight_gradient`."""
    w = (grad.shape[1], x.shape[1] // options[-1], *window)
    g = _find(x.shape, w, grad.dtype, options)
    if g is None or grad.shape[2:] != (g.OD, g.OH, g.OW)[5 - grad.ndim:]:
        return None
    return _call("weight", g, (grad, x), w)
