"""Linear layers."""

from __future__ import annotations

import math
from typing import Any

from autograd import Tensor
from autograd.errors import fail

from . import functional as F, hints, init
from .common import new_parameter
from .module import Module


class Identity(Module):
    """Passes on its input; takes any arguments, so that it can stand in for another layer.

    >>> import autograd, nn
    >>> nn.Identity()(autograd.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Module):
    """``input @ weight.T + bias``.

    Args:
        in_features: size of the last dimension of the input.
        out_features: size of the last dimension of the output.
        bias: whether to add one.
        device, dtype: of the parameters.

    Shapes: input ``(..., in_features)``, output ``(..., out_features)``, weight ``(out_features, in_features)``.
    Weight and bias start uniform on plus or minus ``1 / sqrt(in_features)``.

    >>> import autograd, nn
    >>> nn.Linear(3, 2)(autograd.ones(5, 3)).shape
    Size([5, 2])
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = new_parameter((out_features, in_features), device, dtype)
        self.register_parameter("bias", new_parameter(out_features, device, dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._fans(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"

    def _hint(self, input: Any) -> str | None:
        return hints.of_dtype(input, self.weight.dtype) or hints.of_features(
            input, self.in_features, f"Linear({input.shape[-1] if input.ndim else 1}, {self.out_features})")


class NonDynamicallyQuantizableLinear(Linear):
    """A `Linear` under the name that PyTorch gives the output layer of attention.

    >>> import autograd, nn
    >>> nn.MultiheadAttention(4, 2).out_proj
    NonDynamicallyQuantizableLinear(in_features=4, out_features=4, bias=True)
    """


class Bilinear(Module):
    """``y_k = input1 @ weight[k] @ input2 + bias[k]``.

    Args:
        in1_features, in2_features: sizes of the last dimensions of the two inputs.
        out_features: size of the last dimension of the output.
        bias: whether to add one.
        device, dtype: of the parameters.

    >>> import autograd, nn
    >>> nn.Bilinear(3, 4, 2)(autograd.ones(5, 3), autograd.ones(5, 4)).shape
    Size([5, 2])
    """

    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        if in1_features <= 0:
            fail(ValueError, f"in1_features must be > 0, but got (in1_features={in1_features})")
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = new_parameter((out_features, in1_features, in2_features), device, dtype)
        self.register_parameter("bias", new_parameter(out_features, device, dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def _hint(self, input1: Any, input2: Any) -> str | None:
        for x in (input1, input2):
            found = hints.of_dtype(x, self.weight.dtype)
            if found:
                return found
        return (f"the last dimensions must be in1_features={self.in1_features} and in2_features={self.in2_features}, "
                "and the others equal")

    def extra_repr(self) -> str:
        return (f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
                f"out_features={self.out_features}, bias={self.bias is not None}")
