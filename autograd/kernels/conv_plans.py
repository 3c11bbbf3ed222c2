"""The shapes of convolutions, and what their compiled kernels need to know: sizes, and places in scratch memory."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

Plan = tuple[tuple[int, ...], int]

#: Bytes of images in scratch memory that are worked on together.
CHUNK = 384 << 10
#: Squares that are transformed together, in Winograd's method.
BLOCK = 64
#: How many times as many positions an input gradient may be computed at, to keep its sums in registers.
SPARE = 1.1
#: What transforming a square costs, in multiplications for each of its elements, and the weights, for each of them.
TRANSFORM, TRANSFORM_WEIGHT = 10, 80


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

    def grouped(self) -> bool:
        """Whether lanes that are groups are wasted less than lanes that are channels, if there are 16."""
        return self.G * min(self.C * -(-self.O // 16), self.O * -(-self.C // 16)) > -(-self.G // 16) * self.C * self.O

    def turned(self) -> Geometry | None:
        """The input gradient as a convolution, by the transposed and mirrored weights; None if it is not one."""
        above, before = self.dilation_h * (self.KH - 1) - self.above, self.dilation_w * (self.KW - 1) - self.before
        if (self.stride_h, self.stride_w) != (1, 1) or min(above, before) < 0:
            return None
        return self._replace(C=self.O, O=self.C, H=self.OH, W=self.OW, OH=self.H, OW=self.W, above=above, before=before)


def _regions(sizes: list[int]) -> tuple[list[int], int]:
    """Offsets of regions of so many bytes, each at the start of a line, and what they take together."""
    offsets, total = [], 0
    for size in sizes:
        offsets.append(total)
        total += -(-size // 64) * 64 + 128
    return offsets, total + 64


def _round(n: int, to: int) -> int:
    return -(-n // to) * to


def _forward_plan(g: Geometry, lanes: int, rows: int, size: int, turned: bool = False) -> Plan:
    """The integers that `conv_direct` takes for a convolution, and the bytes of scratch memory."""
    o, (h, w), positions = _round(g.O, lanes), g.padded(), g.OH * g.OW
    chunk = max(1, min(g.N, CHUNK // (size * (h * w * g.C + positions * o))))
    offsets, total = _regions([size * g.KH * g.KW * g.C * o, size * o, size * (chunk * h * w * g.C + 64),
                               size * (chunk * positions + rows) * o, 8 * (chunk * positions + rows),
                               8 * (chunk * positions + rows), 8 * g.KH * g.KW])
    return (*g, h, w, chunk, o, int(turned), *offsets), total


def _input_plan(g: Geometry, lanes: int, rows: int, size: int) -> Plan:
    """Likewise for its input gradient."""
    c, positions = _round(g.C, lanes), g.OH * g.OW
    chunk = max(1, min(g.N, CHUNK // (size * (g.H * g.W * c + positions * g.O))))
    offsets, total = _regions([size * g.KH * g.KW * g.O * c, size * c, size * (chunk * positions * g.O + 64),
                               size * (chunk * g.H * g.W + 1) * c, 8 * (chunk * positions + rows),
                               8 * (chunk * positions + rows), 8])
    return (*g, chunk, c, *offsets), total


def _thin_input_plan(g: Geometry, lanes: int, rows: int, size: int) -> Plan:
    """The integers of `conv_thin`, and the bytes of scratch memory."""
    h, w = (max(reached, n) for reached, n in zip(g.padded(), (g.above + g.H, g.before + g.W)))
    padded, m = _round(g.KH * g.KW * g.C, lanes), _round(g.OH * g.OW, rows)
    offsets, total = _regions([size * g.O * padded, size * m * g.O, size * m * padded, size * (h * w * g.C + lanes),
                               8 * m, 8 * m, 8])
    return (*g, h, w, padded, *offsets), total


def _weight_plan(g: Geometry, lanes: int, rows: int, size: int) -> Plan:
    """Likewise for its weight gradient."""
    o, (h, w), positions = _round(g.O, lanes), g.padded(), g.OH * g.OW
    chunk = max(1, min(g.N, 192 // positions))
    k = _round(g.KH * g.KW * g.C, rows)
    offsets, total = _regions([size * (chunk * h * w * g.C + 64), size * chunk * positions * o, size * k * o, 8 * k,
                               8 * k, 8 * chunk * g.OH])
    return (*g, h, w, chunk, o, *offsets), total


def _grouped_plan(kind: str, g: Geometry, lanes: int, rows: int, size: int, turned: bool = False) -> Plan:
    """The integers that `conv_grouped` takes, and the bytes of scratch memory."""
    padded, (h, w), positions, window = _round(g.G, lanes), g.padded(), g.OH * g.OW, g.KH * g.KW
    vector, image, pairs = padded * size, (g.H * g.W if kind == "input" else h * w) * g.C, g.C * g.O * window
    chunk = max(1, min(g.N, CHUNK // (vector * (image + positions * g.O))))
    places = 8 * (chunk * positions + rows)
    if kind == "forward":
        sizes = [vector * pairs, vector * g.O, vector * chunk * image, vector * (chunk * positions + rows) * g.O,
                 places, places, 8 * window]
    elif kind == "input":
        sizes = [vector * pairs, vector * g.C, vector * chunk * positions * g.O, vector * (chunk * image + g.C), places,
                 places, 8]
    else:
        k = _round(window * g.C, rows)
        sizes = [vector * chunk * image, vector * chunk * positions * g.O, vector * k * g.O, 8 * k, 8 * k,
                 8 * chunk * g.OH]
    offsets, total = _regions(sizes)
    sizes_of_padded = () if kind == "input" else (h, w)
    how = (int(turned),) if kind == "forward" else ()
    return (*g, *sizes_of_padded, chunk, padded, *how, *offsets), total


def _step(n: int, size: int) -> int:
    """Bytes from one of 16 matrices of n elements to the next, an odd number of lines: they share a cache."""
    return (-(-n * size // 64) | 1) * 64


def _winograd_image_plan(g: Geometry, lanes: int, rows: int, size: int, gradient: bool) -> Plan:
    """The integers of `conv_winograd`'s winograd_image, and the bytes of scratch memory."""
    if gradient:
        c, o, (h, w), (oh, ow), above, before = g.O, g.C, (g.OH, g.OW), (g.H, g.W), 2 - g.above, 2 - g.before
    else:
        c, o, (h, w), (oh, ow), above, before = g.C, g.O, (g.H, g.W), (g.OH, g.OW), g.above, g.before
    th, tw = -(-oh // 2), -(-ow // 2)
    t = th * tw
    block = _round(min(g.N * t, BLOCK if c * o <= 128 * 128 else 2 * BLOCK), rows)
    chunk = max(1, min(g.N, block // t))
    steps = [_step(block * c, size), _step(block * o, size), _step(c * o, size)]
    offsets, total = _regions([16 * steps[2], 9 * size * lanes, size * o,
                               size * chunk * (2 * th + 2) * (2 * tw + 2) * c, size * chunk * 4 * t * o,
                               16 * steps[0], 16 * steps[1], 8 * chunk * t, 8 * chunk * t, 8 * block, 8 * block, 64,
                               8])
    return (g.N, c, o, h, w, oh, ow, above, before, int(gradient), th, tw, chunk, block, *steps, *offsets), total


def _winograd_weight_plan(g: Geometry, lanes: int, rows: int, size: int) -> Plan:
    """Likewise of winograd_weight."""
    c, o, th, tw = g.C, g.O, -(-g.OH // 2), -(-g.OW // 2)
    t = th * tw
    block = min(g.N * t, BLOCK if c * o <= 256 * 256 else 2 * BLOCK)
    chunk = max(1, min(g.N, block // t))
    steps = [_step(block * c, size), _step(block * o, size), _step(c * o, size)]
    offsets, total = _regions([16 * steps[2], 9 * size * c, size * chunk * (2 * th + 2) * (2 * tw + 2) * c,
                               size * chunk * 4 * t * o, 16 * steps[0], 16 * steps[1], 8 * chunk * t, 8 * chunk * t,
                               8 * o, 8 * o, 64, 8])
    return (g.N, c, o, g.H, g.W, g.OH, g.OW, g.above, g.before, th, tw, chunk, block, *steps, *offsets), total


def _winograd(kind: str, g: Geometry, lanes: int, rows: int) -> bool:
    """Whether transforms cost less than the multiplications they save."""
    if (g.KH, g.KW, g.stride_h, g.stride_w, g.dilation_h, g.dilation_w, g.G) != (3, 3, 1, 1, 1, 1, 1):
        return False
    if g.C % lanes or g.O % max(lanes, rows):
        return False
    if kind == "input" and (g.above > 2 or g.before > 2 or g.C % rows):
        return False
    h, w = (g.H, g.W) if kind == "input" else (g.OH, g.OW)
    squares, pairs = g.N * -(-h // 2) * -(-w // 2), g.C * g.O
    transforms = squares * 16 * TRANSFORM * (g.C + g.O) + TRANSFORM_WEIGHT * pairs
    return squares * 16 * pairs + transforms < g.N * g.OH * g.OW * 9 * pairs


@lru_cache(maxsize=1024)
def plan(kind: str, g: Geometry, lanes: int, rows: int, size: int) -> tuple[str, tuple[int, ...], int]:
    """The kernel for the ``forward``, the ``input`` gradient or the ``weight`` gradient; its integers and bytes.

    Args:
        lanes: of a vector.
        rows: of a tile.
        size: bytes of an element.
    """
    if _winograd(kind, g, lanes, rows):
        if kind == "weight":
            return ("winograd_weight", *_winograd_weight_plan(g, lanes, rows, size))
        return ("winograd_image", *_winograd_image_plan(g, lanes, rows, size, kind == "input"))
    return direct_plan(kind, g, lanes, rows, size)


def direct_plan(kind: str, g: Geometry, lanes: int, rows: int, size: int) -> tuple[str, tuple[int, ...], int]:
    """`plan` among the kernels that sum up windows as they are."""
    turned = g.turned() if kind == "input" else None
    if g.grouped():
        if turned is not None:
            return ("grouped_forward", *_grouped_plan("forward", turned, lanes, rows, size, True))
        return (f"grouped_{kind}", *_grouped_plan(kind, g, lanes, rows, size))
    if kind == "input" and lanes // 2 >= g.C and g.dilation_w == 1:
        return ("thin_input", *_thin_input_plan(g, lanes, rows, size))
    # The other way multiplies no zeros around a small plane, but adds to memory for each tap.
    if turned is not None and g.H * g.W <= SPARE * g.OH * g.OW:
        return ("conv_forward", *_forward_plan(turned, lanes, rows, size, True))
    make = {"forward": _forward_plan, "input": _input_plan, "weight": _weight_plan}[kind]
    return (f"conv_{kind}", *make(g, lanes, rows, size))
