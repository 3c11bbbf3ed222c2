"""Convolutions of known networks: forward and both gradients of each; ours over PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from autograd.kernels import conv

from .measure import Ratio, compare


class Shape(NamedTuple):
    """Batch, channels, their number after the convolution, side of image and window, and the options."""

    n: int
    c: int
    o: int
    side: int
    window: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1


SMALL = {
    "digits, 1 to 32 on 28 x 28": Shape(64, 1, 32, 28, 3),
    "digits, 32 to 64 on 13 x 13": Shape(64, 32, 64, 13, 3),
    "digits, 64 to 64 on 5 x 5": Shape(64, 64, 64, 5, 3),
    "ResNet-18, 64 on 32 x 32": Shape(32, 64, 64, 32, 3, padding=1),
    "ResNet-18, 128 on 16 x 16": Shape(32, 128, 128, 16, 3, padding=1),
    "ResNet-18, 256 on 8 x 8": Shape(32, 256, 256, 8, 3, padding=1),
    "ResNet-18, 512 on 4 x 4": Shape(32, 512, 512, 4, 3, padding=1),
}
OTHER = {
    "3 x 3 stride 2, 64 to 128 on 32 x 32": Shape(32, 64, 128, 32, 3, stride=2, padding=1),
    "3 x 3 stride 2, 128 to 256 on 16 x 16": Shape(32, 128, 256, 16, 3, stride=2, padding=1),
    "1 x 1 stride 2, 64 to 128 on 32 x 32": Shape(32, 64, 128, 32, 1, stride=2),
    "1 x 1, 256 to 64 on 14 x 14": Shape(16, 256, 64, 14, 1),
    "1 x 1, 64 to 256 on 14 x 14": Shape(16, 64, 256, 14, 1),
    "7 x 7 stride 2, 3 to 64 on 112 x 112": Shape(2, 3, 64, 112, 7, stride=2, padding=3),
    "3 x 3, 3 to 64 on 32 x 32": Shape(32, 3, 64, 32, 3, padding=1),
    "3 x 3 dilated, 32 on 28 x 28": Shape(8, 32, 32, 28, 3, padding=2, dilation=2),
    "4 groups of 16 on 16 x 16": Shape(32, 64, 64, 16, 3, padding=1, groups=4),
    "32 groups of 4 on 16 x 16": Shape(8, 128, 128, 16, 3, padding=1, groups=32),
    "depthwise, 64 on 16 x 16": Shape(32, 64, 64, 16, 3, padding=1, groups=64),
    "depthwise stride 2, 128 on 28 x 28": Shape(16, 128, 128, 28, 3, stride=2, padding=1, groups=128),
}


def _ratios(name: str, s: Shape, target: float) -> list[Ratio]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((s.n, s.c, s.side, s.side)).astype(np.float32)
    w = (rng.standard_normal((s.o, s.c // s.groups, s.window, s.window)) / s.window).astype(np.float32)
    stride, padding, dilation = (s.stride,) * 2, (s.padding,) * 2, (s.dilation,) * 2
    options = (stride, ((s.padding,) * 2,) * 2, dilation, s.groups)
    g = rng.standard_normal(conv.convolve(x, w, None, *options).shape).astype(np.float32)
    tx, tw, tg = map(torch.tensor, (x, w, g))

    def gradient(*wanted: bool) -> Any:
        return torch.ops.aten.convolution_backward(tg, tx, tw, None, stride, padding, dilation, False, (0, 0), s.groups,
                                                   (*wanted, False))

    sides: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "forward": (lambda: conv.convolve(x, w, None, *options),
                    lambda: torch.conv2d(tx, tw, None, stride, padding, dilation, s.groups)),
        "input gradient": (lambda: conv.input_gradient(g, w, None, x.shape[2:], *options),
                           lambda: gradient(True, False)[0]),
        "weight gradient": (lambda: conv.weight_gradient(g, x, w.shape[2:], *options),
                            lambda: gradient(False, True)[1]),
    }
    found = []
    for kind, (ours, peer) in sides.items():
        expected = peer().numpy()
        np.testing.assert_allclose(ours(), expected, rtol=0, atol=1e-5 * np.abs(expected).max())
        found.append(compare(f"{name}: {kind}", ours, peer, rounds=11, target=target))
    return found


def _section(shapes: dict[str, Shape], target: float) -> list[Ratio]:
    return [r for name, s in shapes.items() for r in _ratios(name, s, target)]


SECTIONS: dict[str, Callable[[], list[Ratio]]] = {
    "Convolutions, 3 x 3": lambda: _section(SMALL, 0.7),
    "Convolutions, other": lambda: _section(OTHER, 0.85),
}
