"""Activations that take ``inplace``, as `nn.functional` spells them."""

from __future__ import annotations

from typing import Any

from autograd.ops import activation, piecewise


def relu(input: Any, inplace: bool = False) -> Any:
    """`autograd.ops.activation.relu`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.relu(autograd.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return input.relu_() if inplace else activation.relu(input)


def relu6(input: Any, inplace: bool = False) -> Any:
    """`autograd.ops.piecewise.relu6`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.relu6(autograd.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return input.relu6_() if inplace else piecewise.relu6(input)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """`autograd.ops.activation.elu`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.elu(autograd.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return input.elu_(alpha) if inplace else activation.elu(input, alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """`autograd.ops.activation.selu`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.selu(autograd.tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """
    return input.selu_() if inplace else activation.selu(input)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """`autograd.ops.activation.celu`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.celu(autograd.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return input.celu_(alpha) if inplace else activation.celu(input, alpha)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """`autograd.ops.activation.leaky_relu`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.leaky_relu(autograd.tensor([-1., 2.]))
    tensor([-0.0100,  2.0000])
    """
    return input.leaky_relu_(negative_slope) if inplace else activation.leaky_relu(input, negative_slope)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """`autograd.ops.piecewise.hardtanh`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.hardtanh(autograd.tensor([-1., 2.]))
    tensor([-1.,  1.])
    """
    return input.hardtanh_(min_val, max_val) if inplace else piecewise.hardtanh(input, min_val, max_val)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """`autograd.ops.piecewise.threshold`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.threshold(autograd.tensor([-1., 2.]), 0.5, 0.)
    tensor([0., 2.])
    """
    return input.threshold_(threshold, value) if inplace else piecewise.threshold(input, threshold, value)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """`autograd.ops.piecewise.hardswish`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.hardswish(autograd.tensor([-1., 2.]))
    tensor([-0.3333,  1.6667])
    """
    return input.hardswish_() if inplace else piecewise.hardswish(input)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """`autograd.ops.piecewise.hardsigmoid`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.hardsigmoid(autograd.tensor([-1., 2.]))
    tensor([0.3333, 0.8333])
    """
    return input.hardsigmoid_() if inplace else piecewise.hardsigmoid(input)


def silu(input: Any, inplace: bool = False) -> Any:
    """`autograd.ops.activation.silu`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.silu(autograd.tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """
    return input.silu_() if inplace else activation.silu(input)


def mish(input: Any, inplace: bool = False) -> Any:
    """`autograd.ops.activation.mish`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.mish(autograd.tensor([-1., 2.]))
    tensor([-0.3034,  1.9440])
    """
    return input.mish_() if inplace else activation.mish(input)


def rrelu(input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
          inplace: bool = False) -> Any:
    """`autograd.ops.activation.rrelu`; with ``inplace`` the result is written into ``input``.

    >>> import autograd, nn.functional as F
    >>> F.rrelu(autograd.tensor([-1., 2.]))
    tensor([-0.2292,  2.0000])
    """
    return input.rrelu_(lower, upper, training) if inplace else activation.rrelu(input, lower, upper, training)


# --- always in place --------------------------------------------------------------------------------------


def relu_(input: Any) -> Any:
    """In-place form of `relu`.

    >>> import autograd, nn.functional as F
    >>> F.relu_(autograd.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return input.relu_()


def elu_(input: Any, alpha: float = 1.0) -> Any:
    """In-place form of `elu`.

    >>> import autograd, nn.functional as F
    >>> F.elu_(autograd.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return input.elu_(alpha)


def selu_(input: Any) -> Any:
    """In-place form of `selu`.

    >>> import autograd, nn.functional as F
    >>> F.selu_(autograd.tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """
    return input.selu_()


def celu_(input: Any, alpha: float = 1.0) -> Any:
    """In-place form of `celu`.

    >>> import autograd, nn.functional as F
    >>> F.celu_(autograd.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return input.celu_(alpha)


def leaky_relu_(input: Any, negative_slope: float = 0.01) -> Any:
    """In-place form of `leaky_relu`.

    >>> import autograd, nn.functional as F
    >>> F.leaky_relu_(autograd.tensor([-1., 2.]))
    tensor([-0.0100,  2.0000])
    """
    return input.leaky_relu_(negative_slope)


def hardtanh_(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """In-place form of `hardtanh`.

    >>> import autograd, nn.functional as F
    >>> F.hardtanh_(autograd.tensor([-1., 2.]))
    tensor([-1.,  1.])
    """
    return input.hardtanh_(min_val, max_val)


def threshold_(input: Any, threshold: float, value: float) -> Any:
    """In-place form of `threshold`.

    >>> import autograd, nn.functional as F
    >>> F.threshold_(autograd.tensor([-1., 2.]), 0.5, 0.)
    tensor([0., 2.])
    """
    return input.threshold_(threshold, value)


def rrelu_(input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Any:
    """In-place form of `rrelu`.

    >>> import autograd, nn.functional as F
    >>> F.rrelu_(autograd.tensor([-1., 2.]))
    tensor([-0.2292,  2.0000])
    """
    return input.rrelu_(lower, upper, training)
