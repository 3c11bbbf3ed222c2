"""Parts of a tensor with memory of their own."""

from __future__ import annotations

from typing import Any

from ..primitive import composite
from .casting import clone
from .splitting import chunk, split


@composite()
def unsafe_split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Like `split`, but the parts are copies: writing to one changes neither the tensor nor its history.

    >>> import autograd
    >>> x = autograd.arange(5)
    >>> _ = x.unsafe_split(2)[0].zero_()
    >>> x
    tensor([0, 1, 2, 3, 4])
    """
    return tuple(clone(part) for part in split(tensor, split_size_or_sections, dim))


@composite()
def unsafe_chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Like `chunk`, but the parts are copies: writing to one changes neither the tensor nor its history.

    >>> import autograd
    >>> x = autograd.arange(4)
    >>> _ = x.unsafe_chunk(2)[0].zero_()
    >>> x
    tensor([0, 1, 2, 3])
    """
    return tuple(clone(part) for part in chunk(input, chunks, dim))
