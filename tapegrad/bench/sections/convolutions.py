"""Convolutions in the shapes of real networks, forward and with both gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..case import Array, Case, normal, pair


@dataclass(frozen=True)
class Shape:
    """A convolution: batch, channels in and out, size of the input, of the kernel, stride, padding, groups."""

    n: int
    c: int
    o: int
    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: int = 1
    padding: int = 0
    groups: int = 1
    transposed: bool = False
    slow: bool = False

    def __str__(self) -> str:
        parts = [f"{self.c} -> {self.o}", f"{'x'.join(map(str, self.size))}", f"batch {self.n}",
                 f"kernel {'x'.join(map(str, self.kernel))}"]
        parts += [f"{name} {value}" for name, value, usual in (
            ("stride", self.stride, 1), ("padding", self.padding, 0), ("groups", self.groups, 1)) if value != usual]
        return ", ".join(parts)

    def small(self) -> Shape:
        """Of the same kind, with little to compute."""
        depthwise = self.groups == self.c
        c, o = (4, 4) if self.groups > 1 else (min(self.c, 3), min(self.o, 4))
        size = tuple(min(s, k + 3 * self.stride) for s, k in zip(self.size, self.kernel))
        groups = 4 if depthwise and self.groups > 1 else 2 if self.groups > 1 else 1
        return Shape(2, c, o, size, self.kernel, self.stride, self.padding, groups, self.transposed)

    def arrays(self) -> list[Array]:
        """Input, weight and bias."""
        weight = (self.c, self.o // self.groups) if self.transposed else (self.o, self.c // self.groups)
        return [normal(self.n, self.c, *self.size), normal(*weight, *self.kernel, seed=1), normal(self.o, seed=2)]

    def cases(self) -> list[Case]:
        """Forward, and forward with the gradients of input, weight and bias."""
        name = f"conv{'_transpose' if self.transposed else ''}{len(self.size)}d"
        stride, padding, groups = self.stride, self.padding, self.groups

        def convolve(lib: Any, x: Any, w: Any, b: Any) -> Any:
            return getattr(lib.F, name)(x, w, b, stride=stride, padding=padding, groups=groups)
        taps = 1
        for k in self.kernel:
            taps *= k
        positions = self.n
        for s in self.size:
            positions *= s * stride if self.transposed else s
        return pair(str(self), convolve, self.arrays, max(max(self.c, self.o) * taps, positions), slow=self.slow)


def _square(n: int, c: int, o: int, size: int, kernel: int = 3, stride: int = 1, padding: int = 0, groups: int = 1,
            **options: bool) -> Shape:
    return Shape(n, c, o, (size, size), (kernel, kernel), stride, padding, groups, **options)


#: The tutorial's network on MNIST, ResNet-18 on CIFAR, and the stages of ResNet-18 on ImageNet.
THREE = (
    _square(64, 1, 32, 28), _square(64, 32, 64, 13), _square(64, 64, 64, 5),
    _square(32, 64, 64, 32, padding=1, slow=True), _square(32, 128, 128, 16, padding=1, slow=True),
    _square(32, 256, 256, 8, padding=1, slow=True), _square(32, 512, 512, 4, padding=1, slow=True),
    _square(8, 64, 64, 56, padding=1, slow=True), _square(8, 128, 128, 28, padding=1),
    _square(8, 256, 256, 14, padding=1), _square(8, 512, 512, 7, padding=1),
)
STRIDED = (
    _square(32, 64, 128, 32, stride=2, padding=1), _square(32, 128, 256, 16, stride=2, padding=1),
    _square(32, 64, 128, 32, 1, stride=2), _square(8, 64, 256, 56, 1, slow=True), _square(8, 256, 64, 56, 1, slow=True),
    _square(8, 512, 128, 28, 1), _square(32, 3, 64, 32, padding=1), _square(64, 1, 16, 28, 5, padding=2),
    _square(4, 3, 64, 224, 7, stride=2, padding=3, slow=True), _square(8, 3, 64, 112, 7, stride=2, padding=3),
    Shape(2, 8, 16, (16, 16, 16), (3, 3, 3), padding=1),
)
GROUPED = (
    _square(8, 64, 64, 56, padding=1, groups=64), _square(8, 128, 128, 28, padding=1, groups=128),
    _square(8, 128, 128, 28, stride=2, padding=1, groups=128), _square(8, 512, 512, 14, padding=1, groups=512),
    _square(8, 128, 128, 28, 5, padding=2, groups=128), _square(8, 128, 128, 28, padding=1, groups=32),
)
LINES = (
    Shape(32, 1, 32, (256,), (7,), padding=3), Shape(32, 64, 64, (128,), (3,), padding=1),
    Shape(16, 128, 128, (128,), (5,), padding=2), Shape(16, 64, 128, (256,), (3,), stride=2, padding=1),
)
TRANSPOSED = (
    _square(16, 64, 32, 14, 2, stride=2, transposed=True), _square(16, 128, 64, 7, 4, stride=2, padding=1,
                                                                   transposed=True),
    _square(16, 32, 32, 28, padding=1, transposed=True), Shape(16, 32, 16, (64,), (4,), 2, 1, transposed=True),
)


def _table(shapes: tuple[Shape, ...], tiny: bool) -> list[Case]:
    return [case for shape in shapes for case in (shape.small() if tiny else shape).cases()]


def three(tiny: bool = False) -> list[Case]:
    """3x3 with stride 1."""
    return _table(THREE, tiny)


def strided(tiny: bool = False) -> list[Case]:
    """Strided, 1x1, few channels in, 5x5, 7x7, three-dimensional."""
    return _table(STRIDED, tiny)


def grouped(tiny: bool = False) -> list[Case]:
    """Depthwise and grouped."""
    return _table(GROUPED, tiny)


def lines(tiny: bool = False) -> list[Case]:
    """One-dimensional."""
    return _table(LINES, tiny)


def transposed(tiny: bool = False) -> list[Case]:
    """Transposed."""
    return _table(TRANSPOSED, tiny)
