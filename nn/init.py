"""Ways to fill a new parameter; each writes into its tensor, and returns it.

From the same seed the draws are PyTorch's.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from autograd import Tensor, no_grad, randperm
from autograd.errors import fail
from autograd.kernels.machine.blas import in_one_thread
from autograd.tape import wrap_node, written

from .skipping import unless_skipped

F = TypeVar("F", bound=Callable[..., Any])

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_",
    "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
    "constant", "dirac", "eye", "kaiming_normal", "kaiming_uniform", "normal", "orthogonal", "sparse", "uniform",
    "xavier_normal", "xavier_uniform",
]


def _write(tensor: Tensor, values: Any) -> Tensor:
    tensor._a[...] = values
    written(tensor._vc)
    return tensor


def _need_dims(tensor: Tensor, allowed: tuple[int, ...], words: str) -> None:
    if tensor._a.ndim not in allowed:
        fail(ValueError, f"Only tensors with {words} dimensions are supported, got shape {list(tensor._a.shape)}")


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor on the standard deviation of weights that keeps variance through a nonlinearity.

    Linear and convolutional layers, sigmoid: 1. tanh: 5/3. relu: sqrt(2). leaky_relu: sqrt(2 / (1 + slope^2)).
    selu: 3/4.

    Args:
        nonlinearity: its name in ``nn.functional``.
        param: the slope of ``leaky_relu``. Default: 0.01.

    >>> from nn import init
    >>> round(init.calculate_gain("relu"), 4)
    1.4142
    """
    linear = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
              "sigmoid")
    gains: dict[str, float] = {**dict.fromkeys(linear, 1), "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            fail(ValueError, f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in gains:
        fail(ValueError, f"Unsupported nonlinearity {nonlinearity}")
    return gains[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many values each output of a weight is computed from, and how many outputs each input goes to."""
    shape = tensor._a.shape
    if len(shape) < 2:
        fail(ValueError, "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


_calculate_fan_in_and_fan_out = _fans  # the name under which PyTorch programs know it


@unless_skipped
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Fill with draws from the uniform distribution on [a, b).

    >>> import autograd, nn
    >>> g = autograd.Generator().manual_seed(0)
    >>> nn.init.uniform_(autograd.empty(3), generator=g)
    tensor([0.4963, 0.7682, 0.0885])
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


@unless_skipped
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Fill with draws from the normal distribution of this mean and standard deviation.

    >>> import autograd, nn
    >>> g = autograd.Generator().manual_seed(0)
    >>> nn.init.normal_(autograd.empty(3), mean=10., generator=g)
    tensor([11.5410,  9.7066,  7.8212])
    """
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


@unless_skipped
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value.

    >>> import autograd, nn
    >>> nn.init.constant_(autograd.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return _write(tensor, val)


@unless_skipped
def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones.

    >>> import autograd, nn
    >>> nn.init.ones_(autograd.empty(2))
    tensor([1., 1.])
    """
    return _write(tensor, 1)


@unless_skipped
def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros.

    >>> import autograd, nn
    >>> layer = nn.Linear(3, 2)
    >>> nn.init.zeros_(layer.bias)
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """
    return _write(tensor, 0)


@unless_skipped
def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with ones on the diagonal and zeros elsewhere.

    >>> import autograd
    >>> from nn import init
    >>> init.eye_(autograd.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    _need_dims(tensor, (2,), "2")
    return _write(tensor, np.eye(*tensor._a.shape))


@unless_skipped
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution so that it passes on as many channels unchanged as it can.

    Args:
        tensor: the weight, of 3, 4 or 5 dimensions.
        groups: the groups of the convolution; each passes on channels of its own.

    >>> import autograd, nn
    >>> weight = nn.init.dirac_(autograd.empty(1, 1, 3))
    >>> weight
    tensor([[[0., 1., 0.]]])
    >>> nn.functional.conv1d(autograd.tensor([[1., 2., 3.]]), weight, padding=1)
    tensor([[1., 2., 3.]])
    """
    _need_dims(tensor, (3, 4, 5), "3, 4, or 5")
    shape = tensor._a.shape
    if shape[0] % groups:
        fail(ValueError, f"dim 0 must be divisible by groups, got {shape[0]} and {groups}")
    each = shape[0] // groups
    values = np.zeros(shape)
    centre = tuple(n // 2 for n in shape[2:])
    for group in range(groups):
        for d in range(min(each, shape[1])):
            values[(group * each + d, d, *centre)] = 1
    return _write(tensor, values)


@unless_skipped
def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Fill from U(-a, a) with a = gain * sqrt(6 / (fan_in + fan_out)).

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).

    >>> import autograd, nn
    >>> g = autograd.Generator().manual_seed(0)
    >>> nn.init.xavier_uniform_(autograd.empty(2, 4), generator=g).abs().max() <= 1
    tensor(True)
    """
    std = gain * math.sqrt(2.0 / sum(_fans(tensor)))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


@unless_skipped
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Fill from N(0, std^2) with std = gain * sqrt(2 / (fan_in + fan_out)); see `xavier_uniform_`.

    >>> import autograd, nn
    >>> g = autograd.Generator().manual_seed(0)
    >>> nn.init.xavier_normal_(autograd.empty(300, 100), gain=10., generator=g).std()
    tensor(0.7078)
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans(tensor))), generator)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    """The fan in or the fan out, by its name; private in PyTorch, too, and yet used."""
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        fail(ValueError, f"Mode {mode.lower()} not supported, please use one of {modes}")
    return _fans(tensor)[modes.index(mode.lower())]


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    return calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))


def _is_empty(tensor: Tensor) -> bool:
    if 0 in tensor._a.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=4)
        return True
    return False


@unless_skipped
def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                     generator: Any = None) -> Tensor:
    """Fill from U(-bound, bound) with bound = gain * sqrt(3 / fan).

    He et al., "Delving deep into rectifiers" (2015).

    Args:
        tensor: a weight of shape (outputs, inputs, ...).
        a: the slope of the ``leaky_relu`` that follows.
        mode: ``"fan_in"`` keeps the variance forward, ``"fan_out"`` backward.
        nonlinearity: what follows, as in `calculate_gain`.
        generator: the source of the draws. Default: the global one.

    >>> import autograd, nn
    >>> g = autograd.Generator().manual_seed(0)
    >>> nn.init.kaiming_uniform_(autograd.empty(2, 6), nonlinearity="relu", generator=g).abs().max() <= 1
    tensor(True)
    """
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


@unless_skipped
def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                    generator: Any = None) -> Tensor:
    """Fill from N(0, std^2) with std = gain / sqrt(fan); arguments as in `kaiming_uniform_`.

    >>> import autograd, nn
    >>> g = autograd.Generator().manual_seed(0)
    >>> nn.init.kaiming_normal_(autograd.empty(300, 200), nonlinearity="relu", generator=g).std()
    tensor(0.0998)
    """
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _draw(tensor: Tensor, fill: Callable[..., Tensor], *args: Any) -> np.ndarray[Any, Any]:
    """The values that ``fill`` gives a tensor of this shape and type."""
    return fill(wrap_node(np.empty(tensor._a.shape, tensor._a.dtype), None), *args)._a


@unless_skipped
def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
                  generator: Any = None) -> Tensor:
    """Fill from N(mean, std^2) restricted to [a, b], by drawing again what falls outside.

    Where little of the distribution lies inside, candidates are uniform on [a, b] and kept with the probability of
    the density relative to its highest value there.

    >>> import autograd, nn
    >>> g = autograd.Generator().manual_seed(0)
    >>> nn.init.trunc_normal_(autograd.empty(1000), a=-0.5, b=0.5, generator=g).abs().max() <= 0.5
    tensor(True)
    """
    def below(x: float) -> float:
        return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0

    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn("mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be "
                      "incorrect.", stacklevel=3)
    if below((b - mean) / std) - below((a - mean) / std) > 0.3:
        low, high = tensor._a.dtype.type(a), tensor._a.dtype.type(b)
        values = _draw(tensor, normal_, mean, std, generator)
        while (outside := (values < low) | (values > high)).any():
            values = np.where(outside, _draw(tensor, normal_, mean, std, generator), values)
        return _write(tensor, values)
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    values = np.empty_like(tensor._a)
    pending = np.ones(values.shape, bool)
    while pending.any():
        candidates = _draw(tensor, uniform_, a, b, generator)
        values = np.where(pending, candidates, values)
        log_density = -0.5 * ((candidates - mean) / std) ** 2 - peak
        with np.errstate(divide="ignore"):
            pending &= np.log(_draw(tensor, uniform_, 0.0, 1.0, generator)) > log_density
    return _write(tensor, values)


@unless_skipped
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Fill with a (semi-)orthogonal matrix, uniformly distributed, times ``gain``.

    Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks" (2013); signs
    after Mezzadri, "How to generate random matrices from the classical compact groups" (2007).

    Args:
        tensor: of at least 2 dimensions; those after the first count as one.
        gain: the factor.
        generator: the source of the draws. Default: the global one.

    >>> import autograd, nn
    >>> g = autograd.Generator().manual_seed(0)
    >>> q = nn.init.orthogonal_(autograd.empty(3, 3), generator=g)
    >>> autograd.allclose(q @ q.T, autograd.eye(3), atol=1e-6)
    True
    """
    shape = tensor._a.shape
    if len(shape) < 2:
        fail(ValueError, f"Only tensors with 2 or more dimensions are supported, got shape {list(shape)}")
    if tensor._a.size == 0:
        return tensor
    drawn = _draw(tensor, normal_, 0, 1, generator).reshape(shape[0], -1)
    wide = drawn.shape[0] < drawn.shape[1]
    q, r = in_one_thread(np.linalg.qr)(drawn.T if wide else drawn)
    q *= np.sign(np.diagonal(r))
    return _write(tensor, (q.T if wide else q).reshape(shape) * tensor._a.dtype.type(gain))


@unless_skipped
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Fill a matrix from N(0, std^2), and set a part of each column to zero.

    Martens, "Deep learning via Hessian-free optimization" (2010).

    Args:
        tensor: of 2 dimensions.
        sparsity: the part of each column that is set to zero.
        std: of the other values.
        generator: the source of those draws. Default: the global one.

    >>> import autograd, nn
    >>> (nn.init.sparse_(autograd.empty(4, 3), sparsity=0.5) == 0).sum(0)
    tensor([2, 2, 2])
    """
    _need_dims(tensor, (2,), "2")
    rows, columns = tensor._a.shape
    zeros = math.ceil(sparsity * rows)
    values = _draw(tensor, normal_, 0, std, generator)
    for column in range(columns):
        values[randperm(rows)._a[:zeros], column] = 0
    return _write(tensor, values)


def _old_name(function: F) -> F:
    old, new = function.__name__[:-1], function.__name__

    @functools.wraps(function)
    def deprecated(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    deprecated.__name__ = old
    return deprecated  # type: ignore[return-value]


uniform, normal, constant = _old_name(uniform_), _old_name(normal_), _old_name(constant_)
eye, dirac, orthogonal, sparse = _old_name(eye_), _old_name(dirac_), _old_name(orthogonal_), _old_name(sparse_)
xavier_uniform, xavier_normal = _old_name(xavier_uniform_), _old_name(xavier_normal_)
kaiming_uniform, kaiming_normal = _old_name(kaiming_uniform_), _old_name(kaiming_normal_)
