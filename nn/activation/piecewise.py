"""Nonlinearities that are made of pieces, most of them straight."""

from __future__ import annotations

import warnings
from typing import Any

from autograd import Tensor
from autograd.errors import fail

from .. import functional as F, init as initial
from ..common import named, new_parameter
from ..module import Module
from .base import InPlace, with_inplace


class ReLU(InPlace):
    """``max(0, x)``.

    >>> import autograd, nn
    >>> nn.ReLU()(autograd.tensor([-1., 2.]))
    tensor([0., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


class Hardtanh(Module):
    """``clip(x, min_val, max_val)``.

    >>> import autograd, nn
    >>> nn.Hardtanh()(autograd.tensor([-2., 0.5, 2.]))
    tensor([-1.0000,  0.5000,  1.0000])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False,
                 min_value: float | None = None, max_value: float | None = None) -> None:
        super().__init__()
        if min_value is not None:
            warnings.warn("keyword argument `min_value` is deprecated and renamed to `min_val`", FutureWarning,
                          stacklevel=2)
            min_val = min_value
        if max_value is not None:
            warnings.warn("keyword argument `max_value` is deprecated and renamed to `max_val`", FutureWarning,
                          stacklevel=2)
            max_val = max_value
        if max_val <= min_val:
            fail(AssertionError, f"max_val ({max_val}) must be greater than min_val ({min_val})")
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return with_inplace(self, "min_val", "max_val")


class ReLU6(Hardtanh):
    """``clip(x, 0, 6)``.

    >>> import autograd, nn
    >>> nn.ReLU6()(autograd.tensor([-1., 3., 9.]))
    tensor([0., 3., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Hardsigmoid(Module):
    """``clip(x + 3, 0, 6) / 6``.

    >>> import autograd, nn
    >>> nn.Hardsigmoid()(autograd.tensor([-4., 0., 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, self.inplace)


class Hardswish(Module):
    """``x * clip(x + 3, 0, 6) / 6``. Howard et al., "Searching for MobileNetV3" (2019).

    >>> import autograd, nn
    >>> nn.Hardswish()(autograd.tensor([-4., -1., 4.]))
    tensor([-0.0000, -0.3333,  4.0000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, self.inplace)


class Threshold(Module):
    """``x`` where it is above ``threshold``, else ``value``.

    >>> import autograd, nn
    >>> nn.Threshold(0.5, 0.)(autograd.tensor([0.2, 1.]))
    tensor([0., 1.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return with_inplace(self, "threshold", "value")


class RReLU(Module):
    """Leaky ReLU whose slope is drawn from [lower, upper] in training, and is their mean otherwise.

    Xu et al., "Empirical evaluation of rectified activations in convolutional network" (2015).

    >>> import autograd, nn
    >>> nn.RReLU(0.1, 0.3).eval()(autograd.tensor([-1., 2.]))
    tensor([-0.2000,  2.0000])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return with_inplace(self, "lower", "upper")


class LeakyReLU(Module):
    """``x`` where positive, else ``negative_slope * x``.

    >>> import autograd, nn
    >>> nn.LeakyReLU(0.1)(autograd.tensor([-1., 2.]))
    tensor([-0.1000,  2.0000])
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return with_inplace(self, "negative_slope")


class PReLU(Module):
    """Leaky ReLU with a trained slope, one for all channels (dimension 1) or one for each.

    He et al., "Delving deep into rectifiers" (2015).

    Args:
        num_parameters: 1, or the number of channels.
        init: where the slopes start.
        device, dtype: of the parameter.

    >>> import autograd, nn
    >>> nn.PReLU()(autograd.tensor([-1., 2.])).detach()
    tensor([-0.2500,  2.0000])
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = new_parameter(num_parameters, device, dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes to their initial value."""
        initial.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def _hint(self, input: Any) -> str | None:
        channels = input.shape[1] if input.ndim > 1 else 1
        if self.num_parameters in (1, channels):
            return None
        return (f"the channels are dimension 1, which has size {channels}: make it PReLU({channels}), or PReLU() with "
                "one slope for all")

    def extra_repr(self) -> str:
        return named(self, "num_parameters")


class Hardshrink(Module):
    """``x`` where ``|x| > lambd``, else 0.

    >>> import autograd, nn
    >>> nn.Hardshrink()(autograd.tensor([-1., 0.3, 2.]))
    tensor([-1.,  0.,  2.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Module):
    """``x`` moved towards 0 by ``lambd``, stopping there.

    >>> import autograd, nn
    >>> nn.Softshrink()(autograd.tensor([-1., 0.3, 2.]))
    tensor([-0.5000,  0.0000,  1.5000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"
