"""Tapegrad's engine: tensors, operations, automatic differentiation."""

from __future__ import annotations

from . import clash as _clash

_clash.check()

import warnings as _warnings

# NumPy warns where a result overflows or is not a number; tensors, like PyTorch's, carry the inf or nan on in silence.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"autograd(\.|$)")

from . import formatting as formatting
from . import functional as functional
from .anomaly import detect_anomaly as detect_anomaly, is_anomaly_enabled as is_anomaly_enabled
from .anomaly import set_detect_anomaly as set_detect_anomaly
from .backward import backward as backward, grad as grad
from .dtypes import *  # noqa: F403
from .formatting import set_printoptions as set_printoptions
from .function import Function as Function, once_differentiable as once_differentiable
from .grad_mode import (enable_grad as enable_grad, inference_mode as inference_mode, no_grad as no_grad,
                        set_grad_enabled as set_grad_enabled)
from .modes import is_grad_enabled as is_grad_enabled, is_inference_mode_enabled as is_inference_mode_enabled
from .primitive import COMPOSITES as _c, REGISTRY as _r
from .protocols import from_dlpack as from_dlpack
from .saved_hooks import save_on_cpu as save_on_cpu, saved_tensors_hooks as saved_tensors_hooks
from .tensor import Size as Size, Tensor as Tensor

from .creation import tensor as tensor  # after the module of that name

__tapegrad__ = True

globals().update({n: op.function for n, op in _r.items()} | {n: c.function for n, c in _c.items() if c.public})


def __getattr__(name: str):
    import importlib
    if name in ("linalg", "special", "fft", "random", "data", "io", "testing"):
        return importlib.import_module(f"autograd.{name}")
    if name in ("checkpoint", "checkpoint_sequential"):
        from . import checkpointing as module
        return getattr(module, name)
    if name in ("manual_seed", "Generator", "default_generator", "get_rng_state", "set_rng_state", "initial_seed", "seed", "fork_rng"):
        from . import random
        return getattr(random, name)
    raise AttributeError(f"module 'autograd' has no attribute {name!r}")
