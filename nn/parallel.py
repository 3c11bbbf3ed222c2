"""What PyTorch uses to spread work over devices; on one device it passes the work on."""

from __future__ import annotations

from typing import Any

from autograd import Tensor, no_grad
from autograd.errors import fail

from .module import Module
from .norm import _BatchNorm


class DataParallel(Module):
    """Calls a module; with the CPU as the only device there is nothing to split.

    Args:
        module: it is registered as ``module``, and its names in the state begin with that.
        device_ids, output_device, dim: accepted.

    >>> import autograd, nn
    >>> list(nn.DataParallel(nn.Linear(2, 1)).state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class SyncBatchNorm(_BatchNorm):
    """Batch norm over the batches of all processes; there is one, so it computes what the others do.

    Args:
        num_features, eps, momentum, affine, track_running_stats, device, dtype, bias: as in `BatchNorm1d`.
        process_group: accepted.

    Shapes: input (N, C, ...).

    >>> import autograd, nn
    >>> nn.SyncBatchNorm(3)(autograd.zeros(2, 3, 4)).shape
    Size([2, 3, 4])
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, process_group: Any = None, device: Any = None, dtype: Any = None, *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            fail(ValueError, f"expected at least 2D input (got {input.dim()}D input)")
        if input.size(1) == 0:
            fail(ValueError, "SyncBatchNorm number of input channels should be non-zero")

    @classmethod
    def convert_sync_batchnorm(cls, module: Any, process_group: Any = None) -> Any:
        """Put a SyncBatchNorm with the same tensors in the place of every batch norm in a module; returns the module.

        >>> import nn
        >>> nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm2d(4)))
        Sequential(
          (0): SyncBatchNorm(4, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
        )
        """
        made = module
        if isinstance(module, _BatchNorm):
            made = SyncBatchNorm(module.num_features, module.eps, module.momentum, module.affine,
                                 module.track_running_stats, process_group, bias=module.bias is not None)
            if module.affine:
                with no_grad():
                    made.weight, made.bias = module.weight, module.bias
            for name in ("running_mean", "running_var", "num_batches_tracked", "training"):
                setattr(made, name, getattr(module, name))
        for name, child in module.named_children():
            made.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return made
