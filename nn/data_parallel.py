"""`DataParallel` as a machine without a GPU runs it: on the module it was given."""

from __future__ import annotations

from typing import Any

from .module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """Splits a batch among GPUs. There are none, so the module gets the whole batch.

    The module is at ``module``, so the keys of the ``state_dict`` begin with ``module.``, as in PyTorch.

    Args:
        module: what to run.
        device_ids, output_device, dim: which GPUs, and the dimension to split along; they change nothing.

    >>> import autograd, nn
    >>> model = nn.DataParallel(nn.Linear(2, 1, bias=False))
    >>> model(autograd.ones(3, 2)).shape, list(model.state_dict())
    (Size([3, 1]), ['module.weight'])
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module, self.dim = module, dim
        self.device_ids: list[Any] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module gives."""
        return self.module(*inputs, **kwargs)
