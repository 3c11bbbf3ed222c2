"""Memory formats and layouts by PyTorch's names. They can be named, and change nothing: arrays lie as NumPy lays them.

>>> import autograd
>>> autograd.ones(1, 3, 2, 2).to(memory_format=autograd.channels_last).shape
Size([1, 3, 2, 2])
"""

from __future__ import annotations

__all__ = [
    "channels_last", "channels_last_3d", "contiguous_format", "layout", "memory_format", "preserve_format", "strided",
]


class _Named:
    """One of a few objects that are told apart by their names."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"autograd.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class layout(_Named):
    """How the elements of a tensor are kept. All tensors are ``autograd.strided`` here.

    >>> import autograd
    >>> autograd.ones(2).layout
    autograd.strided
    """

    __slots__ = ()


class memory_format(_Named):
    """The order of dimensions in memory that a program asks for; nothing depends on it here.

    >>> import autograd
    >>> autograd.channels_last
    autograd.channels_last
    """

    __slots__ = ()


strided = layout("strided")
contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")
channels_last, channels_last_3d = memory_format("channels_last"), memory_format("channels_last_3d")
