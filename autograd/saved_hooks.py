"""Saved-tensor hooks: take over how values are kept between forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .modes import MODE


class saved_tensors_hooks:
    """Pass what the tape saves inside the block through ``pack_hook``, and on its way back through ``unpack_hook``.

    Args:
        pack_hook: takes a Tensor, returns anything (a file name, a compressed form).
        unpack_hook: takes what ``pack_hook`` returned, returns a Tensor of the same contents.

    >>> import autograd
    >>> x = autograd.tensor([1., 2.], requires_grad=True)
    >>> sizes = []
    >>> with autograd.saved_tensors_hooks(lambda t: sizes.append(t.numel()) or t, lambda t: t):
    ...     y = x.exp()
    >>> y.sum().backward()
    >>> sizes, x.grad
    ([2], tensor([2.7183, 7.3891]))
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.hooks = (pack_hook, unpack_hook)
        self._before: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        self._before.append(MODE.set(saved_hooks=(*MODE.state.saved_hooks, self.hooks)))

    def __exit__(self, *exc: object) -> None:
        MODE.set(**self._before.pop())


class save_on_cpu(saved_tensors_hooks):
    """Keep copies of saved values; tensors live on the CPU already, so this only detaches them from later writes.

    >>> import autograd
    >>> x = autograd.tensor([1., 2.], requires_grad=True)
    >>> with autograd.save_on_cpu():
    ...     y = x.exp()
    >>> _ = y.detach().zero_()
    >>> y.sum().backward()
    >>> x.grad
    tensor([2.7183, 7.3891])
    """

    def __init__(self, pin_memory: bool = False) -> None:
        super().__init__(lambda t: t.detach().clone(), lambda t: t)
