"""How operations are computed on the CPU.

``allow_winograd_4x4`` is off at first. Where it is on, 3x3 convolutions of stride 1 in single precision, and their
gradients, may take Winograd's method F(4x4), with 36 multiplications where F(2x2) has 64 and a plain sum 144. It takes
0.7 to 0.9 of F(2x2)'s time, and its rounding errors are larger: up to 2e-5 of the largest result, where F(2x2) stays
below 2e-6. The switch is one for all threads.

>>> import autograd
>>> autograd.backends.cpu.allow_winograd_4x4
False
"""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Iterator

from ..kernels.convolution import choice as conv_choice


def get_cpu_capability() -> str:
    """The widest vectors that compiled kernels use: ``"AVX512"``, ``"AVX2"`` or, for all others, ``"DEFAULT"``.

    >>> import autograd
    >>> autograd.backends.cpu.get_cpu_capability() in ("AVX512", "AVX2", "DEFAULT")
    True
    """
    try:
        from ..kernels.vectors.ir import host
    except ImportError:
        return "DEFAULT"
    target = host()
    if target.registers == 32 and target.width == 64:
        return "AVX512"
    return "AVX2" if target.width == 32 and target.fma else "DEFAULT"


@contextlib.contextmanager
def flags(allow_winograd_4x4: bool = False) -> Iterator[None]:
    """Set the switch for a block.

    >>> import autograd
    >>> with autograd.backends.cpu.flags(allow_winograd_4x4=True):
    ...     autograd.backends.cpu.allow_winograd_4x4
    True
    """
    before = conv_choice.allow_winograd4
    conv_choice.allow_winograd4 = bool(allow_winograd_4x4)
    try:
        yield
    finally:
        conv_choice.allow_winograd4 = before


class _Module(types.ModuleType):
    """A module whose switch is the kernels'."""

    @property
    def allow_winograd_4x4(self) -> bool:
        """Whether F(4x4) takes part."""
        return conv_choice.allow_winograd4

    @allow_winograd_4x4.setter
    def allow_winograd_4x4(self, allow: bool) -> None:
        conv_choice.allow_winograd4 = bool(allow)


sys.modules[__name__].__class__ = _Module
