"""Activation functions of neural networks."""

from __future__ import annotations

import math

import numpy as np

from ..codegen import inline
from ..errors import fail
from ..kernels import maps, special as kernel
from ..kernels.compiled.fused import fused, where
from ..primitive import composite, primitive
from ..tape import wrap_node
from .checks import ZERO, refuse
from .elementwise import logistic_denominator, sigmoid, tanh
from .random_fill import engine_of
from .special import erf

_SQRT_HALF = math.sqrt(0.5)
_FLOAT32 = np.dtype("float32")
_FLOAT64, _INT32, _INT64 = np.dtype("float64"), np.dtype("int32"), np.dtype("int64")
_ZERO32 = ZERO[_FLOAT32]
#: Up to this many elements `numpy.where` is faster than what does without its branches.
_FEW = 128
_SQRT_2_OVER_PI = math.sqrt(2 / math.pi)
_DENSITY = 1 / math.sqrt(2 * math.pi)


def _times(array, factor):
    """The product, without a pass over the array where the factor is 1."""
    return array if factor == 1 else array * factor


@primitive(vjp={"grad": lambda g, result: relu_grad(g, result)}, inputs=("grad", "result"), method=False,
           node_name="ThresholdBackwardBackward0")
def relu_grad(grad, result):
    """``grad`` where ``result``, that of `relu`, is not 0; exactly 0 elsewhere, even where ``grad`` is infinite."""
    d = result.dtype
    bits = _INT32 if d is _FLOAT32 else _INT64 if d is _FLOAT64 else None
    if result.size > _FEW and bits is not None and grad.dtype is d:
        # `where` branches on each element, wrongly half of the time. Multiplying bit patterns by 0 or 1 does not.
        return np.multiply(grad.view(bits), np.not_equal(result, _ZERO32)).view(d)
    return np.where(np.not_equal(result, _ZERO32), grad, ZERO[d])


@fused(twin=relu_grad)
def _relu_rule(g, out):
    return where(out != 0, g, 0)


@fused(twin=lambda x: np.maximum(x, _ZERO32))
def _positive(x):
    return where((x > 0) | (x != x), x, 0)  # NaN stays


@primitive(
    vjp={"input": _relu_rule}, inplace=True,
    fast=inline("positive(input) if input.dtype is float32 else None", positive=_positive),
)
def relu(input):
    """Rectified linear unit ``max(input, 0)``; its derivative at 0 is 0.

    >>> import autograd
    >>> autograd.relu(autograd.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    zero = ZERO.get(input.dtype)
    if zero is None:
        if input.dtype.kind == "b":
            fail(RuntimeError, "Boolean inputs not supported for relu")
        refuse("clamp_min_scalar", input, "c")
        zero = input.dtype.type(0)
    return np.maximum(input, zero)


def _leaky_gradient(g, input, negative_slope):
    if g.__class__ is np.ndarray and g.size > _FEW:
        found = maps.apply(maps.leaky_relu_grad, g, input, numbers=(negative_slope,))
        if found is not None:
            return found
    return where(input > 0, g, g * negative_slope)


@primitive(vjp={"input": _leaky_gradient}, method=False, inplace=True)
def leaky_relu(input, negative_slope=0.01):
    """``input`` where positive, ``negative_slope * input`` elsewhere.

    >>> import autograd, nn.functional as F
    >>> F.leaky_relu(autograd.tensor([-1., 2.]))
    tensor([-0.0100,  2.0000])
    """
    refuse("leaky_relu", input, "biuc")
    found = maps.apply(maps.leaky_relu, input, numbers=(negative_slope,))
    if found is not None:
        return found
    if 0 < negative_slope <= 1:
        return np.maximum(input, input * negative_slope)
    return np.where(input > 0, input, input * negative_slope)


def _exponential_gradient(g, input, alpha, scale, input_scale):
    if g.__class__ is np.ndarray and input_scale > 0:
        found = maps.apply(maps.exponential_unit_grad, g, input, numbers=(alpha, scale, input_scale))
        if found is not None:
            return found
    # The exponent is cut off at 0: beyond, it would overflow, and 0 times inf is nan in second derivatives.
    # Where the input is nan, so is the decay.
    decay = np.exp(np.where(input > 0, 0, input) * input_scale)
    return np.where(input > 0, g * scale, g * (alpha * scale * input_scale * decay))


@primitive(vjp={"input": _exponential_gradient}, method=False, node_name="EluBackward0")
def exponential_unit(input, alpha, scale, input_scale):
    """``scale * input`` where positive, ``scale * alpha * expm1(input_scale * input)`` elsewhere."""
    refuse("elu", input, "biuc")
    found = maps.apply(maps.exponential_unit, input, numbers=(alpha, scale, input_scale)) if input_scale > 0 else None
    if found is not None:
        return found
    zero = ZERO[input.dtype]
    negative = _times(np.expm1(_times(np.minimum(input, zero), input_scale)), alpha * scale)
    return np.where(input < zero, negative, _times(input, scale))


@composite(method=False, inplace=True)
def elu(input, alpha=1.0):
    """Exponential linear unit: ``input`` where positive, ``alpha * expm1(input)`` elsewhere (Clevert et al., 2016).

    >>> import autograd, nn.functional as F
    >>> F.elu(autograd.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return exponential_unit(input, alpha, 1.0, 1.0)


@composite(method=False, inplace=True)
def selu(input):
    """Self-normalising `elu`, scaled to keep mean 0 and variance 1 (Klambauer et al., 2017).

    >>> import autograd
    >>> autograd.selu(autograd.tensor([-1., 1.]))
    tensor([-1.1113,  1.0507])
    """
    return exponential_unit(input, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1.0)


@composite(method=False, inplace=True)
def celu(input, alpha=1.0):
    """Continuously differentiable `elu`: ``alpha * expm1(input / alpha)`` where negative (Barron, 2017).

    Raises:
        RuntimeError: ``alpha`` is zero.

    >>> import autograd
    >>> autograd.celu(autograd.tensor([-1., 1.]))
    tensor([-0.6321,  1.0000])
    """
    if alpha == 0:
        fail(RuntimeError, "ZeroDivisionError: alpha cannot be 0 for CELU")
    return exponential_unit(input, alpha, 1.0, 1.0 / alpha)


@composite(method=False, inplace=True)
def rrelu(input, lower=1 / 8, upper=1 / 3, training=False, generator=None):
    """`leaky_relu` with a random slope for each element that is not positive (Xu et al., 2015).

    Args:
        input: a floating tensor.
        lower, upper: the slopes are uniform in ``[lower, upper)``; their mean is the slope unless ``training``.
        training: draw slopes.
        generator: where to draw from; default the default generator.

    >>> import autograd
    >>> autograd.rrelu(autograd.tensor([-1., 2.]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    if lower > upper:
        fail(RuntimeError, "Lower bound should be less than or equal to the upper bound")
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    refuse("rrelu_with_noise_out", input, "biuc")
    slopes = np.ones_like(input._a, order="C")
    negative = input._a <= 0
    slopes[negative] = engine_of(generator).doubles(int(negative.sum())) * (upper - lower) + lower
    return input * wrap_node(slopes, None)


# --- smooth -----------------------------------------------------------------------------------------------


def _gelu_gradient(g, input, approximate):
    if g.__class__ is np.ndarray:
        found = maps.apply(maps.gelu_grad if approximate == "none" else maps.gelu_tanh_grad, g, input)
        if found is not None:
            return found
    if approximate == "none":
        distribution = 0.5 * (1 + erf(input * _SQRT_HALF))
        return g * (distribution + input * (_DENSITY * np.exp(-0.5 * (input * input))))
    square = input * input
    t = tanh(_SQRT_2_OVER_PI * (input * (1 + 0.044715 * square)))
    slope = _SQRT_2_OVER_PI * (1 + 3 * 0.044715 * square)
    return g * (0.5 * (1 + t) + 0.5 * input * ((1 - t * t) * slope))


@primitive(vjp={"input": _gelu_gradient}, method=False, inplace=True)
def gelu(input, *, approximate="none"):
    """Gaussian error linear unit ``input * Phi(input)``, Phi the normal distribution (Hendrycks & Gimpel, 2016).

    Args:
        input: a floating tensor.
        approximate: ``"none"``, or ``"tanh"`` for
            ``0.5 * input * (1 + tanh(sqrt(2 / pi) * (input + 0.044715 * input ** 3)))``.

    >>> import autograd, nn.functional as F
    >>> F.gelu(autograd.tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """
    refuse("GeluKernelImpl", input, "biuc")
    if approximate == "none":
        found = maps.apply(maps.gelu, input)
        return input * (0.5 * (1 + kernel.apply("erf", input * _SQRT_HALF))) if found is None else found
    if approximate != "tanh":
        fail(RuntimeError, f"approximate argument must be either none or tanh, got {approximate!r}.")
    found = maps.apply(maps.gelu_tanh, input)
    if found is not None:
        return found
    return 0.5 * input * (1 + np.tanh(_SQRT_2_OVER_PI * (input * (1 + 0.044715 * (input * input)))))


def _silu_gradient(g, input):
    if g.__class__ is np.ndarray:
        found = maps.apply(maps.silu_grad, g, input)
        if found is not None:
            return found
    s = sigmoid(input)
    return g * (s * (1 + input * (1 - s)))


@primitive(vjp={"input": _silu_gradient}, holomorphic=True, method=False, inplace=True)
def silu(input):
    """Sigmoid linear unit ``input * sigmoid(input)``, also called swish (Ramachandran et al., 2017).

    >>> import autograd, nn.functional as F
    >>> F.silu(autograd.tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """
    refuse("silu", input, "biu")
    found = maps.apply(maps.silu, input)
    if found is not None:
        return found
    out = logistic_denominator(input)
    return np.divide(input, out, out)


def _mish_gradient(g, input):
    t = np.tanh(softplus(input))
    return g * (t + input * (sigmoid(input) * (1 - t * t)))


@primitive(vjp={"input": _mish_gradient}, method=False, inplace=True)
def mish(input):
    """``input * tanh(softplus(input))`` (Misra, 2019).

    >>> import autograd, nn.functional as F
    >>> F.mish(autograd.tensor([-1., 2.]))
    tensor([-0.3034,  1.9440])
    """
    refuse("mish", input, "biuc")
    return input * np.tanh(np.log1p(np.exp(input)))


def _softplus_gradient(g, input, beta, threshold):
    if g.__class__ is np.ndarray:
        found = maps.apply(maps.softplus_grad, g, input, numbers=(beta, threshold))
        if found is not None:
            return found
    return np.where(input * beta > threshold, g, g * sigmoid(input * beta))


@primitive(vjp={"input": _softplus_gradient}, method=False)
def softplus(input, beta=1.0, threshold=20.0):
    """``log(1 + exp(beta * input)) / beta``, a smooth `relu`; ``input`` itself where ``beta * input > threshold``.

    >>> import autograd, nn.functional as F
    >>> F.softplus(autograd.tensor([-1., 2., 30.]))
    tensor([ 0.3133,  2.1269, 30.0000])
    """
    refuse("softplus", input, "biuc")
    found = maps.apply(maps.softplus, input, numbers=(beta, threshold))
    if found is not None:
        return found
    scaled = _times(input, beta)
    smooth = np.maximum(scaled, ZERO[input.dtype]) + np.log1p(np.exp(-np.abs(scaled)))
    return np.where(scaled > threshold, input, smooth if beta == 1 else smooth / beta)


@primitive(vjp={"input": lambda g, input: g * sigmoid(-input)}, method=False, node_name="LogSigmoidBackward0")
def logsigmoid(input):
    """``log(sigmoid(input))`` without overflow.

    >>> import autograd, nn.functional as F
    >>> F.logsigmoid(autograd.tensor([-100., 0.]))
    tensor([-100.0000,   -0.6931])
    """
    refuse("log_sigmoid", input, "biuc")
    return np.minimum(input, 0) - np.log1p(np.exp(-np.abs(input)))


@composite(method=False)
def softsign(input):
    """``input / (1 + abs(input))``.

    >>> import autograd, nn.functional as F
    >>> F.softsign(autograd.tensor([-1., 3.]))
    tensor([-0.5000,  0.7500])
    """
    return input / (abs(input) + 1)


@composite(method=False)
def tanhshrink(input):
    """``input - tanh(input)``.

    >>> import autograd, nn.functional as F
    >>> F.tanhshrink(autograd.tensor([-1., 2.]))
    tensor([-0.2384,  1.0360])
    """
    return input - tanh(input)


# --- with parameters --------------------------------------------------------------------------------------


@primitive(
    vjp={"input": lambda g, input, weight: np.where(input > 0, g, weight * g),
         "weight": lambda g, input: np.where(input > 0, 0, input * g)},
    broadcasts=True, method=False, node_name="PreluKernelBackward0",
)
def prelu_broadcast(input, weight):
    """`prelu` with a weight that broadcasts."""
    refuse("prelu", input, "biuc")
    return np.where(input > 0, input, weight * input)


@composite()
def prelu(input, weight):
    """``input`` where not negative, ``weight * input`` elsewhere (He et al., 2015).

    Args:
        input: (N, C, ...), of any number of dimensions but none.
        weight: of one element, or (C,): one for each channel.

    Raises:
        RuntimeError: the number of weights is neither 1 nor C, or the dtypes differ.

    >>> import autograd
    >>> autograd.prelu(autograd.tensor([-2., 2.]), autograd.tensor([0.25]))
    tensor([-0.5000,  2.0000])
    """
    if input.dtype != weight.dtype:
        fail(RuntimeError, f"prelu: Type promoting not supported. Got {input.dtype} and {weight.dtype}")
    if weight.ndim > 1:
        fail(RuntimeError, f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    count = weight.numel()
    if count != 1:
        if input.ndim == 0:
            fail(RuntimeError, "Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.ndim > 1 else 1
        if count != channels:
            fail(RuntimeError, "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                               f"{count} and channel size = {channels}.")
        weight = weight.reshape((count,) + (1,) * (input.ndim - 2))
    elif weight.ndim:
        weight = weight.reshape(())
    return prelu_broadcast(input, weight)


@composite(method=False)
def glu(input, dim=-1):
    """Gated linear unit ``a * sigmoid(b)``, a and b the halves of ``input`` along ``dim`` (Dauphin et al., 2017).

    Raises:
        RuntimeError: the dimension is odd, or there is none.

    >>> import autograd, nn.functional as F
    >>> F.glu(autograd.tensor([1., 2., 0., 1.]))
    tensor([0.5000, 1.4621])
    """
    if input.ndim == 0:
        fail(RuntimeError, "glu does not support 0-dimensional tensors")
    if not -input.ndim <= dim < input.ndim:
        fail(IndexError, f"Dimension out of range (expected to be in range of [{-input.ndim}, {input.ndim - 1}], "
                         f"but got {dim})")
    size = input.shape[dim]
    if size % 2:
        fail(RuntimeError, f"Halving dimension must be even, but dimension {dim % input.ndim} is size {size}")
    before = (slice(None),) * (dim % input.ndim)
    return input[(*before, slice(None, size // 2))] * sigmoid(input[(*before, slice(size // 2, None))])
