"""The shapes of convolutions, and what their compiled kernels need to know: sizes, and places in scratch memory."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

Plan = tuple[tuple[int, ...], int]

#: Bytes of images in scratch memory that are worked on together.
CHUNK = 384 << 10


class Geometry(NamedTuple):
    """A convolution of images; C and O are the channels of one of G groups."""

    N: int
    G: int
    C: int
    O: int
    H: int
    W: int
    KH: int
    KW: int
    OH: int
    OW: int
    stride_h: int
    stride_w: int
    above: int
    before: int
    dilation_h: int
    dilation_w: int

    def padded(self) -> tuple[int, int]:
        """The rows and columns that windows reach, padding included."""
        return ((self.OH - 1) * self.stride_h + (self.KH - 1) * self.dilation_h + 1,
                (self.OW - 1) * self.stride_w + (self.KW - 1) * self.dilation_w + 1)


def _regions(sizes: list[int]) -> tuple[list[int], int]:
    """Offsets of regions of so many bytes, each at the start of a line, and what they take together."""
    offsets, total = [], 0
    for size in sizes:
        offsets.append(total)
        total += -(-size // 64) * 64 + 128
    return offsets, total + 64


def _round(n: int, to: int) -> int:
    return -(-n // to) * to


def _forward_plan(g: Geometry, lanes: int, rows: int, size: int) -> Plan:
    """The integers that `conv_direct` takes for a convolution, and the bytes of scratch memory."""
    o, (h, w), positions = _round(g.O, lanes), g.padded(), g.OH * g.OW
    chunk = max(1, min(g.N, CHUNK // (size * (h * w * g.C + positions * o))))
    offsets, total = _regions([size * g.KH * g.KW * g.C * o, size * o, size * (chunk * h * w * g.C + 64),
                               size * (chunk * positions + rows) * o, 8 * (chunk * positions + rows),
                               8 * (chunk * positions + rows), 8 * g.KH * g.KW])
    return (*g, h, w, chunk, o, *offsets), total


def _input_plan(g: Geometry, lanes: int, rows: int, size: int) -> Plan:
    """Likewise for its input gradient."""
    c, positions = _round(g.C, lanes), g.OH * g.OW
    chunk = max(1, min(g.N, CHUNK // (size * (g.H * g.W * c + positions * g.O))))
    offsets, total = _regions([size * g.KH * g.KW * g.O * c, size * c, size * (chunk * positions * g.O + 64),
                               size * (chunk * g.H * g.W + 1) * c, 8 * (chunk * positions + rows),
                               8 * (chunk * positions + rows), 8])
    return (*g, chunk, c, *offsets), total


def _weight_plan(g: Geometry, lanes: int, rows: int, size: int) -> Plan:
    """Likewise for its weight gradient."""
    o, (h, w), positions = _round(g.O, lanes), g.padded(), g.OH * g.OW
    chunk = max(1, min(g.N, 192 // positions))
    k = _round(g.KH * g.KW * g.C, rows)
    offsets, total = _regions([size * (chunk * h * w * g.C + 64), size * chunk * positions * o, size * k * o, 8 * k,
                               8 * k, 8 * chunk * g.OH])
    return (*g, h, w, chunk, o, *offsets), total


@lru_cache(maxsize=1024)
def plan(kind: str, g: Geometry, lanes: int, rows: int, size: int) -> tuple[str, tuple[int, ...], int]:
    """The kernel for the ``forward``, the ``input`` gradient or the ``weight`` gradient; its integers and bytes.

    Args:
        lanes: of a vector.
        rows: of a tile.
        size: bytes of an element.
    """
    make = {"forward": _forward_plan, "input": _input_plan, "weight": _weight_plan}[kind]
    return (f"conv_{kind}", *make(g, lanes, rows, size))
