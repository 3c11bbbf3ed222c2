"""Modules without initial values."""

from __future__ import annotations

import inspect
from typing import Any

from autograd.errors import fail

from ..module import Module
from ..skipping import skipped


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Make a module whose parameters nobody has filled: they hold whatever was in memory.

    Saves the time, and leaves the generator as it is. What the constructor does to parameters without ``nn.init`` is
    done.

    Args:
        module_cls: its class, whose constructor takes ``device``.
        args, kwargs: for the constructor.

    Raises:
        RuntimeError: it is no class of modules, or its constructor does not take ``device``.

    >>> import nn
    >>> nn.utils.skip_init(nn.Linear, 5, 1).weight.shape
    Size([1, 5])
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        fail(RuntimeError, f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        fail(RuntimeError, "Module must support a 'device' arg to skip initialization")
    with skipped():
        return module_cls(*args, **kwargs)
