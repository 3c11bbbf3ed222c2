"""Mixed precision as a machine without a GPU answers it: `autocast` is off, and `GradScaler` passes everything through.

A training step written for mixed precision runs here in the types that its tensors have.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

from .dtypes import _DEVICES, float16
from .errors import fail
from .grad_mode import no_grad
from .tensor import Tensor

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]


class autocast:
    """A block, or a decorated function, in which PyTorch computes parts in lower precision. Here nothing changes.

    Args:
        device_type: ``"cuda"``, ``"cpu"``, ...
        dtype, cache_enabled: what PyTorch computes in; they change nothing.
        enabled: whether PyTorch would do it. For a GPU a UserWarning says that there is none, as in PyTorch; for the
            CPU, that there is no bfloat16 here.

    >>> import autograd
    >>> with autograd.autocast("cpu", enabled=False):
    ...     y = autograd.ones(2, 2) @ autograd.ones(2, 2)
    >>> y.dtype
    autograd.float32
    """

    def __init__(self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None,
                 ) -> None:
        if not isinstance(device_type, str):
            fail(ValueError, f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if device_type not in _DEVICES:
            fail(RuntimeError, f"User specified an unsupported autocast device_type '{device_type}'")
        self.device, self.fast_dtype, self._enabled = device_type, dtype, False
        if enabled and device_type == "cpu":
            warnings.warn("autocast on the CPU computes in bfloat16 or float16 in PyTorch. Tapegrad computes on in the "
                          "types that the tensors have; give enabled=False to say so", stacklevel=2)
        elif enabled and device_type == "cuda":
            warnings.warn("CUDA is not available. Disabling autocast.", stacklevel=2)

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def is_autocast_available(device_type: str) -> bool:
    """Whether autocast changes anything on this kind of device: it never does here.

    >>> import autograd
    >>> autograd.amp.is_autocast_available("cpu")
    False
    """
    return False


def custom_fwd(fwd: Any = None, *, device_type: str, cast_inputs: Any = None) -> Any:
    """Decorates the ``forward`` of a `Function` for autocast, which is off here: gives the method itself.

    >>> import autograd
    >>> class Double(autograd.Function):
    ...     @staticmethod
    ...     @autograd.amp.custom_fwd(device_type="cuda")
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     @autograd.amp.custom_bwd(device_type="cuda")
    ...     def backward(ctx, g):
    ...         return g * 2
    >>> Double.apply(autograd.ones(2))
    tensor([2., 2.])
    """
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)
    return fwd


def custom_bwd(bwd: Any = None, *, device_type: str) -> Any:
    """Decorates the ``backward`` of a `Function` for autocast, which is off here: gives the method itself.

    >>> import autograd
    >>> autograd.amp.custom_bwd(len, device_type="cuda") is len
    True
    """
    return functools.partial(custom_bwd, device_type=device_type) if bwd is None else bwd


class GradScaler:
    """Scales a loss so that the gradients of float16 parameters do not vanish, and the gradients back before a step.

    For ``device="cuda"`` it is off, because there is none, and everything passes through; a UserWarning says so, as
    in PyTorch. For ``device="cpu"`` it works: the scale halves when a gradient overflows, whose step is skipped, and
    doubles after ``growth_interval`` steps without one (Micikevicius et al., 2018, "Mixed Precision Training").

    Args:
        device: what the training runs on.
        init_scale: the first scale.
        growth_factor, backoff_factor: what the scale is multiplied with.
        growth_interval: steps without overflow after which it grows.
        enabled: False passes everything through.

    >>> import autograd, nn, optim
    >>> scaler = autograd.amp.GradScaler("cpu", init_scale=8.)
    >>> model = nn.Linear(2, 1)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> scaler.scale(model(autograd.ones(1, 2)).sum()).backward()
    >>> model.bias.grad
    tensor([8.])
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> model.bias.grad
    tensor([1.])
    """

    def __init__(self, device: str = "cuda", init_scale: float = 2.0 ** 16, growth_factor: float = 2.0,
                 backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True) -> None:
        self._device = device
        if enabled and device == "cuda":
            warnings.warn("torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.", stacklevel=2)
            enabled = False
        if enabled and growth_factor <= 1.0:
            fail(AssertionError, f"The growth factor must be > 1.0, got {growth_factor}")
        if enabled and backoff_factor >= 1.0:
            fail(AssertionError, f"The backoff factor must be < 1.0, got {backoff_factor}")
        self._enabled = enabled
        self._scale, self._growth_factor, self._backoff_factor = float(init_scale), growth_factor, backoff_factor
        self._growth_interval, self._growth_tracker = growth_interval, 0
        self._found_inf: dict[int, bool] = {}  # by the id of the optimizer whose gradients were scaled back
        self._stepped: set[int] = set()

    def scale(self, outputs: Any) -> Any:
        """A tensor times the scale, or a list or tuple of them."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if not isinstance(outputs, (list, tuple)):
            fail(ValueError, f"scale takes a tensor or an iterable of tensors, got {type(outputs).__name__}")
        return type(outputs)([self.scale(output) for output in outputs])

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of the optimizer's parameters by the scale, for example to clip them before the step.

        Raises:
            RuntimeError: it was done already since the last `update`.
            ValueError: the parameters are of type float16.
        """
        if not self._enabled:
            return
        if id(optimizer) in self._found_inf:
            fail(RuntimeError, "unscale_() has already been called on this optimizer since the last update().")
        if id(optimizer) in self._stepped:
            fail(RuntimeError, "unscale_() is being called after step().")
        grads = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if any(g.dtype == float16 for g in grads):
            fail(ValueError, "Attempting to unscale FP16 gradients.")
        with no_grad():
            self._found_inf[id(optimizer)] = not all(bool(g.isfinite().all()) for g in grads)
            for g in grads:
                g.mul_(1.0 / self._scale)

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Scale the gradients back unless `unscale_` did, and call ``optimizer.step`` if all of them are finite."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            fail(RuntimeError, "Closure use is not currently supported if GradScaler is enabled.")
        if id(optimizer) in self._stepped:
            fail(RuntimeError, "step() has already been called since the last update().")
        if id(optimizer) not in self._found_inf:
            self.unscale_(optimizer)
        self._stepped.add(id(optimizer))
        return None if self._found_inf[id(optimizer)] else optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Adjust the scale to whether a gradient overflowed, or set it to ``new_scale``."""
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = float(new_scale)
        elif not self._found_inf:
            fail(AssertionError, "No inf checks were recorded prior to update.")
        elif any(self._found_inf.values()):
            self._scale, self._growth_tracker = self._scale * self._backoff_factor, 0
        else:
            self._growth_tracker += 1
            if self._growth_tracker == self._growth_interval:
                grown = self._scale * self._growth_factor
                self._scale, self._growth_tracker = grown if math.isfinite(grown) else self._scale, 0
        self._found_inf, self._stepped = {}, set()

    def get_scale(self) -> float:
        """The scale; 1 where the scaler is off."""
        return self._scale if self._enabled else 1.0

    def is_enabled(self) -> bool:
        """Whether it scales."""
        return self._enabled

    def get_growth_factor(self) -> float:
        """What the scale is multiplied with when it grows."""
        return self._growth_factor

    def get_backoff_factor(self) -> float:
        """What the scale is multiplied with after an overflow."""
        return self._backoff_factor

    def get_growth_interval(self) -> int:
        """Steps without overflow after which the scale grows."""
        return self._growth_interval

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs to go on; empty where the scaler is off."""
        return {
            "scale": self.get_scale(), "growth_factor": self._growth_factor, "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval, "_growth_tracker": self._growth_tracker,
        } if self._enabled else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a `state_dict`.

        Raises:
            RuntimeError: it is that of a scaler that was off.
        """
        if not self._enabled:
            return
        if not state_dict:
            fail(RuntimeError, "The source state dict is empty, possibly because it was saved from a disabled "
                               "instance of GradScaler.")
        self._scale, self._growth_tracker = float(state_dict["scale"]), state_dict["_growth_tracker"]
        self._growth_factor, self._backoff_factor = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
