"""The shapes of convolutions, and what their compiled kernels need to know: sizes, and places in scratch memory."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

#: Bytes of images in scratch memory that are worked on together.
CHUNK = 384 << 10
#: Squares that are transformed together, in Winograd's method.
BLOCK = 64
#: Positions whose products are summed up in registers, in a weight gradient.
BAND = 256
#: Terms of a sum whose factors are packed together: 48 results each, they stay in the first-level cache.
TERMS = 192
#: The same where a window is one element, and the bytes that are packed together, which stay in the second-level cache.
POINTS, PACKED = 512, 256 << 10
#: How many times the elements of the weights those of all images are from where a weight gradient is the sum of two
#: and of four slices: more threads can share it, and its own end costs each a hundredth of the whole.
SLICES = (32, 256)
#: Elements of a window whose gradients are in registers together, where lanes are columns.
TAPS = 9


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
    D: int
    KD: int
    OD: int
    stride_d: int
    front: int
    dilation_d: int

    def padded(self) -> tuple[int, int, int]:
        """The planes, rows and columns that windows reach, padding included."""
        return ((self.OD - 1) * self.stride_d + (self.KD - 1) * self.dilation_d + 1,
                (self.OH - 1) * self.stride_h + (self.KH - 1) * self.dilation_h + 1,
                (self.OW - 1) * self.stride_w + (self.KW - 1) * self.dilation_w + 1)

    def multiplications(self) -> int:
        """Of the sums as they are written."""
        return (self.N * self.G * self.C * self.O * self.KD * self.KH * self.KW * self.OD * self.OH * self.OW)

    def flat(self) -> bool:
        """Whether it is an image of one plane."""
        return self.D == self.KD == self.OD == 1 and self.front == 0

    def grouped(self) -> bool:
        """Whether lanes that are groups are wasted less than lanes that are channels, if there are 16."""
        return self.G * min(self.C * -(-self.O // 16), self.O * -(-self.C // 16)) > -(-self.G // 16) * self.C * self.O

    def pointwise(self) -> bool:
        """Whether a window is one element, and there is one for each element of the input."""
        return (self.KD, self.KH, self.KW, self.stride_d, self.stride_h, self.stride_w, self.front, self.above,
                self.before) == (1,) * 6 + (0,) * 3 and (self.OD, self.OH, self.OW) == (self.D, self.H, self.W)

    def turned(self) -> Geometry | None:
        """The input gradient as a convolution, by the transposed and mirrored weights; None if it is not one."""
        above, before = self.dilation_h * (self.KH - 1) - self.above, self.dilation_w * (self.KW - 1) - self.before
        front = self.dilation_d * (self.KD - 1) - self.front
        if (self.stride_d, self.stride_h, self.stride_w) != (1, 1, 1) or min(front, above, before) < 0:
            return None
        return self._replace(C=self.O, O=self.C, D=self.OD, H=self.OH, W=self.OW, OD=self.D, OH=self.H, OW=self.W,
                             front=front, above=above, before=before)


class Plan(NamedTuple):
    """What to call, and with what.

    Samples, or vectors of channels of the result, can be divided among calls with memory of their own: each computes
    the samples or vectors of its part, and the bits are those of one call. A sum over samples is one of some slices,
    by the shape and not by the number of threads, each of which is a call.
    """

    #: Of the kernel.
    name: str
    #: The integers it takes.
    table: tuple[int, ...]
    #: Bytes of scratch memory.
    memory: int
    samples: int
    #: How many vectors there are to divide.
    vectors: int
    #: Whether samples are what to divide: otherwise each call would prepare all weights again.
    by_samples: bool
    #: Results that are to be added up, each of some samples.
    slices: int

    def rows(self) -> int:
        """How many slices, samples or vectors to divide."""
        return self.slices if self.slices > 1 else self.samples if self.by_samples else self.vectors

    def part(self, start: int, stop: int) -> tuple[int, int, int, int]:
        """Some of them, as kernels take it: first sample, end, first vector, end."""
        if self.slices > 1:
            return (self.samples * start // self.slices, self.samples * stop // self.slices, 0, self.vectors)
        return (start, stop, 0, self.vectors) if self.by_samples else (0, self.samples, start, stop)


#: The name, the integers, the memory and the vectors of a plan.
_Kernel = tuple[str, tuple[int, ...], int, int]


def _regions(sizes: list[int]) -> tuple[list[int], int]:
    """Offsets of regions of so many bytes, each at the start of a line, and what they take together."""
    offsets, total = [], 0
    for size in sizes:
        offsets.append(total)
        total += -(-size // 64) * 64 + 128
    return offsets, total + 64


def _round(n: int, to: int) -> int:
    return -(-n // to) * to


def _forward_plan(g: Geometry, lanes: int, rows: int, size: int, turned: bool = False) -> _Kernel:
    """`direct`'s conv_forward."""
    o, (d, h, w), positions = _round(g.O, lanes), g.padded(), g.OD * g.OH * g.OW
    window = g.KD * g.KH * g.KW
    chunk = max(1, min(g.N, CHUNK // (size * (d * h * w * g.C + positions * o))))
    offsets, total = _regions([size * window * g.C * o, size * o, size * (chunk * d * h * w * g.C + 64),
                               size * (chunk * positions + rows) * o, 8 * (chunk * positions + rows),
                               8 * (chunk * positions + rows), 8 * window])
    return ("conv_forward", (*g, d, h, w, chunk, o, int(turned), *offsets), total, o // lanes)


def _input_plan(g: Geometry, lanes: int, rows: int, size: int) -> _Kernel:
    """Its conv_input."""
    c, positions, pixels = _round(g.C, lanes), g.OD * g.OH * g.OW, g.D * g.H * g.W
    chunk = max(1, min(g.N, CHUNK // (size * (pixels * c + positions * g.O))))
    offsets, total = _regions([size * g.KD * g.KH * g.KW * g.O * c, size * c, size * (chunk * positions * g.O + 64),
                               size * (chunk * pixels + 1) * c, 8 * (chunk * positions + rows),
                               8 * (chunk * positions + rows), 8])
    return ("conv_input", (*g, chunk, c, *offsets), total, c // lanes)


def _weight_plan(g: Geometry, lanes: int, rows: int, size: int) -> _Kernel:
    """Its conv_weight."""
    o, (d, h, w), positions = _round(g.O, lanes), g.padded(), g.OD * g.OH * g.OW
    chunk = max(1, min(g.N, 192 // positions))
    k = _round(g.KD * g.KH * g.KW * g.C, rows)
    offsets, total = _regions([size * (chunk * d * h * w * g.C + 64), size * chunk * positions * o, size * k * o, 8 * k,
                               8 * k, 8 * chunk * g.OD * g.OH])
    return ("conv_weight", (*g, d, h, w, chunk, o, max(1, BAND // g.OW), *offsets), total, o // lanes)


def _thin_input_plan(g: Geometry, lanes: int, rows: int, size: int) -> _Kernel:
    """`thin`'s thin_input."""
    h, w = (max(reached, n) for reached, n in zip(g.padded()[1:], (g.above + g.H, g.before + g.W)))
    padded, m = _round(g.KH * g.KW * g.C, lanes), _round(g.OH * g.OW, rows)
    offsets, total = _regions([size * g.O * padded, size * m * g.O, size * m * padded, size * (h * w * g.C + lanes),
                               8 * m, 8 * m, 8])
    return ("thin_input", (*g[:16], h, w, padded, *offsets), total, 1)


def _grouped_plan(kind: str, g: Geometry, lanes: int, rows: int, size: int, turned: bool = False) -> _Kernel:
    """The kernels of `grouped`."""
    padded, (_, h, w), positions, window = _round(g.G, lanes), g.padded(), g.OH * g.OW, g.KH * g.KW
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
    return (f"grouped_{kind}", (*g[:16], *sizes_of_padded, chunk, padded, *how, *offsets), total,
                padded // lanes)


def _row(g: Geometry, lanes: int) -> int:
    """Elements of a row of an image whose columns are apart by their remainders after the stride."""
    width = g.padded()[2]
    return width if g.stride_w == 1 else -(-width // g.stride_w) + lanes


def _implicit_plan(g: Geometry, lanes: int, rows: int, size: int, turned: bool = False) -> _Kernel:
    """`implicit`'s implicit_forward."""
    d, h, across = g.padded()
    row, k = _row(g, lanes), g.C * g.KD * g.KH * g.KW
    image = g.C * d * h * g.stride_w * row + 2 * lanes
    offsets, total = _regions([size * image, size * (TERMS * 3 + 1) * lanes, 8 * k, 16 * (3 * lanes + 1),
                               size * g.O * 3 * lanes, size * g.O * k * turned])
    return ("implicit_forward", (*g, d, h, across, row, TERMS, int(turned), *offsets), total,
            -(-g.O // lanes))


def _rows_plan(g: Geometry, lanes: int, rows: int, size: int, turned: bool = False) -> _Kernel:
    """`rows`' rows_forward."""
    d, h, across = g.padded()
    row, k, slots = _row(g, lanes), g.C * g.KD * g.KH * g.KW, g.OD * g.OH * -(-g.OW // lanes)
    offsets, total = _regions([size * (g.C * d * h * g.stride_w * row + 2 * lanes), 8 * k, 8 * slots, 8 * slots,
                               size * g.O * k * turned])
    return ("rows_forward", (*g, d, h, across, row, int(turned), *offsets), total, -(-g.O // lanes))


def _pointwise_plan(kind: str, g: Geometry, lanes: int, rows: int, size: int, turned: bool = False) -> _Kernel:
    """The kernels of `pointwise`."""
    positions = g.D * g.H * g.W
    if kind == "weight":
        left, right = max(g.C, g.O), _round(min(g.C, g.O), lanes)
        block = _round(-(-positions // -(-positions // BAND)), lanes)
        offsets, total = _regions([size * block * right, size * left * right])
        return ("pointwise_weight", (g.N, g.G, g.C, g.O, positions, block, right, int(g.C > g.O), *offsets), total,
                -(-left // lanes))
    panel = size * g.C * 3 * lanes
    most = max(1, min(positions // (3 * lanes), PACKED // panel))
    offsets, total = _regions([panel * most, size * g.O * 3 * lanes, size * g.O * g.C * turned])
    return ("pointwise_forward", (g.N, g.G, g.C, g.O, positions, POINTS, most, int(turned), *offsets), total,
            -(-g.O // lanes))


def _planes_plan(kind: str, g: Geometry, lanes: int, rows: int, size: int, turned: bool = False) -> _Kernel:
    """The kernels of `planes`."""
    (_, h, w), row, window = g.padded(), _row(g, lanes), g.KH * g.KW
    image = size * (h * g.stride_w * row + _round(g.OW, lanes) + g.KW * g.dilation_w + lanes)
    if kind == "weight":
        taps = _round(window, TAPS)
        across = _round(g.OW, lanes)
        offsets, total = _regions([image, size * g.OH * across, size * taps * lanes, 8 * taps, 8 * taps, 8 * g.OH])
        return ("planes_weight", (*g[:16], h, w, row, across, *offsets), total, g.G)
    lines = max(g.OH, rows)
    offsets, total = _regions([image, size * window * lanes, size * lanes, 8 * lines, 8 * lines, 8 * window])
    return ("planes_forward", (*g[:16], h, w, row, int(turned), *offsets), total, g.G)


def _step(n: int, size: int) -> int:
    """Bytes from one of some matrices of n elements to the next, an odd number of lines: they share a cache."""
    return (-(-n * size // 64) | 1) * 64


def _winograd_image_plan(m: int, g: Geometry, lanes: int, rows: int, size: int, gradient: bool) -> _Kernel:
    """`winograd`'s image kernel; m is the side of the squares of results."""
    if gradient:
        c, o, (h, w), (oh, ow), above, before = g.O, g.C, (g.OH, g.OW), (g.H, g.W), 2 - g.above, 2 - g.before
    else:
        c, o, (h, w), (oh, ow), above, before = g.C, g.O, (g.H, g.W), (g.OH, g.OW), g.above, g.before
    n, th, tw = (m + 2) ** 2, -(-oh // m), -(-ow // m)
    t = th * tw
    block = _round(min(g.N * t, BLOCK if c * o <= 128 * 128 else 2 * BLOCK), rows)
    chunk = max(1, min(g.N, block // t))
    steps = [_step(block * c, size), _step(block * o, size), _step(c * o, size)]
    offsets, total = _regions([n * steps[2], 9 * size * lanes, size * o,
                               size * chunk * (m * th + 2) * (m * tw + 2) * c, size * chunk * m * m * t * o,
                               n * steps[0], n * steps[1], 8 * chunk * t, 8 * chunk * t, 8 * block, 8 * block, 64,
                               8])
    return (f"winograd{m}_image", (g.N, c, o, h, w, oh, ow, above, before, int(gradient), th, tw, chunk, block,
                                       *steps, *offsets), total, o // lanes)


def _winograd_weight_plan(m: int, g: Geometry, lanes: int, rows: int, size: int) -> _Kernel:
    """Its kernel of the weight gradient."""
    c, o, n, th, tw = g.C, g.O, (m + 2) ** 2, -(-g.OH // m), -(-g.OW // m)
    t = th * tw
    block = min(g.N * t, BLOCK if c * o <= 256 * 256 else 2 * BLOCK)
    chunk = max(1, min(g.N, block // t))
    steps = [_step(block * c, size), _step(block * o, size), _step(c * o, size)]
    offsets, total = _regions([n * steps[2], 9 * size * c, size * chunk * (m * th + 2) * (m * tw + 2) * c,
                               size * chunk * m * m * t * o, n * steps[0], n * steps[1], 8 * chunk * t, 8 * chunk * t,
                               8 * o, 8 * o, 64, 8])
    return (f"winograd{m}_weight", (g.N, c, o, g.H, g.W, g.OH, g.OW, g.above, g.before, th, tw, chunk, block,
                                        *steps, *offsets), total, c // lanes)


def methods(kind: str, g: Geometry, lanes: int, rows: int, size: int) -> list[str]:
    """The methods that can compute the ``forward``, the ``input`` gradient or the ``weight`` gradient.

    Args:
        lanes: of a vector.
        rows: of a tile.
        size: bytes of an element.
    """
    found = ["direct"]
    turned = g.turned() is not None
    if kind == "input" and turned:
        found.append("turned")
    if g.flat():
        if g.G > 1:
            found.append("grouped")
        if kind == "input" and lanes >= g.C and g.dilation_w == 1:
            found.append("thin")
        if g.C == g.O == 1 and (kind != "input" or turned):
            found.append("planes")
        if ((g.KH, g.KW, g.stride_h, g.stride_w, g.dilation_h, g.dilation_w, g.G) == (3, 3, 1, 1, 1, 1, 1)
                and g.C % lanes == 0 and g.O % max(lanes, rows) == 0
                and (kind != "input" or (g.above <= 2 and g.before <= 2 and g.C % rows == 0))):
            found.append("winograd2")
            if size == 4:
                found.append("winograd4")
    if g.pointwise():
        found.append("pointwise")
    elif kind == "forward" or (kind == "input" and turned):
        found += ["implicit", "rows"]
    return found


@lru_cache(maxsize=1024)
def plan(method: str, kind: str, g: Geometry, lanes: int, rows: int, size: int) -> Plan:
    """How one of `methods` computes it."""
    name, table, memory, vectors = _plan(method, kind, g, lanes, rows, size)
    weights = g.G * g.C * g.O * g.KD * g.KH * g.KW
    images = g.N * g.G * (g.C * g.D * g.H * g.W + g.O * g.OD * g.OH * g.OW)
    if kind == "weight":
        # Where groups are in the lanes, or are single planes, dividing them repeats nothing.
        repeats = method not in ("grouped", "planes")
        slices = min(g.N, 2 ** (repeats * sum(images >= ratio * weights for ratio in SLICES)))
        return Plan(name, table, memory, g.N, vectors, slices > 1, slices)
    return Plan(name, table, memory, g.N, vectors, vectors == 1 or (g.N > 1 and images >= 4 * weights), 1)


def _plan(method: str, kind: str, g: Geometry, lanes: int, rows: int, size: int) -> _Kernel:
    rest = (lanes, rows, size)
    turned = g.turned()
    if method.startswith("winograd"):
        if kind == "weight":
            return _winograd_weight_plan(int(method[8:]), g, *rest)
        return _winograd_image_plan(int(method[8:]), g, *rest, kind == "input")
    if method == "grouped":
        if kind == "input" and turned is not None:
            return _grouped_plan("forward", turned, *rest, turned=True)
        return _grouped_plan(kind, g, *rest)
    if method == "planes":
        if kind == "input":
            assert turned is not None
            return _planes_plan("forward", turned, *rest, turned=True)
        return _planes_plan(kind, g, *rest)
    if method == "pointwise" and (kind != "input" or turned is None):
        return _pointwise_plan(kind, g, *rest)
    image = {"implicit": _implicit_plan, "rows": _rows_plan}.get(method)
    if image is not None and kind == "forward":
        return image(g, *rest)
    if image is not None or method in ("pointwise", "turned"):
        assert turned is not None
        if image is not None:
            return image(turned, *rest, turned=True)
        if method == "pointwise":
            return _pointwise_plan("forward", turned, *rest, turned=True)
        return _forward_plan(turned, *rest, turned=True)
    make = {"thin": _thin_input_plan}.get(method) or {
        "forward": _forward_plan, "input": _input_plan, "weight": _weight_plan}[kind]
    return make(g, *rest)
