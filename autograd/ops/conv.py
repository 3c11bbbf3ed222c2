"""Convolution and transposed convolution.

Three operations are closed under differentiation, because all of them are sums of the same products
``out[p] * weight[k] * input[p * stride + k * dilation - padding]``, over another index each: `convolve` gives
``out``, `convolve_transposed` gives ``input``, `conv_weight_grad` gives ``weight``. The derivatives of each are the
other two.
"""

from __future__ import annotations

from typing import Any

from ..errors import describe, fail
from ..kernels import conv as kernel
from ..kernels.windows import output_size
from ..primitive import composite, primitive
from .reductions import sum
from .spatial import per_dim


def _sum_channels(g: Any) -> Any:
    """Gradient of a bias: the sum over all but the channels."""
    return sum(g, (0, *range(2, g.ndim)))  # as the operation: NumPy's would add up half precision in half


def _first(x: Any, shape: tuple[int, ...]) -> Any:
    """The first positions of ``x``: an output padding beyond the stride leaves room for windows that were not there."""
    return x if x.shape == shape else x[(..., *map(slice, shape[2:]))]


def _c_name(x: Any) -> str:
    return {"float32": "float", "float64": "double", "float16": "c10::Half"}.get(x.dtype.name, x.dtype.name)


def _check(input: Any, weight: Any, bias: Any, stride: Any, dilation: Any, groups: int, transposed: bool) -> None:
    """Raise where the operands do not fit each other, in PyTorch's words."""
    if input.dtype != weight.dtype:
        fail(RuntimeError, f"Input type ({_c_name(input)}) and weight type ({_c_name(weight)}) should be the same; "
                           "convert one of them")
    if bias is not None and bias.dtype != input.dtype:
        fail(RuntimeError, f"Input type ({_c_name(input)}) and bias type ({_c_name(bias)}) should be the same; "
                           "convert one of them")
    if input.dtype.kind == "b":
        fail(NotImplementedError, "convolution is not implemented for 'Bool'; convert to a number type")
    shape, size = list(weight.shape), list(input.shape)
    if min(stride) <= 0:
        fail(RuntimeError, "non-positive stride is not supported")
    if min(dilation) <= 0:
        fail(RuntimeError, "non-positive dilation is not supported")
    if groups <= 0:
        fail(RuntimeError, "non-positive groups is not supported")
    if min(shape[2:]) <= 0:
        fail(RuntimeError, f"kernel size should be greater than zero, but got a weight of size {shape}")
    if shape[0] < groups:
        fail(RuntimeError, f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got "
                           f"weight of size {shape} instead")
    if shape[0] % groups:
        fail(RuntimeError, f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but "
                           f"got weight of size [{shape}] instead")
    expected = shape[0] if transposed else shape[1] * groups
    if size[1] != expected:
        given = "transposed=1" if transposed else f"groups={groups}"
        hint = "" if not transposed else " (the weight is [in_channels, out_channels / groups, *kernel])"
        fail(RuntimeError, f"Given {given}, weight of size {shape}, expected input{size} to have {expected} channels, "
                           f"but got {size[1]} channels instead{hint}")
    outputs = shape[1] * groups if transposed else shape[0]
    if bias is not None and bias.shape != (outputs,):
        fail(RuntimeError, f"Given {'transposed=1, ' if transposed else ''}weight of size {shape}, expected bias to be "
                           f"1-dimensional with {outputs} elements, but got bias of size {list(bias.shape)} instead")


@primitive(
    vjp={"input": lambda g, input_shape, weight, stride, padding, dilation, groups:
         convolve_transposed(g, weight, input_shape[2:], stride, padding, dilation, groups),
         "weight": lambda g, input, weight_shape, stride, padding, dilation, groups:
         conv_weight_grad(g, input, weight_shape[2:], stride, padding, dilation, groups),
         "bias": lambda g: _sum_channels(g)},
    holomorphic=True, method=False, node_name="ConvolutionBackward0",
)
def convolve(input, weight, stride, padding, dilation, groups, bias=None):
    """Convolution (cross-correlation) over any number of spatial dimensions.

    Args:
        input: (N, C, *size).
        weight: (O, C / groups, *kernel).
        stride, dilation: an int for each spatial dimension.
        padding: (before, after) for each spatial dimension.
        groups: channels are split into that many groups, which do not see each other.
        bias: (O) or None.
    """
    _check(input, weight, bias, stride, dilation, groups, False)
    size, window = input.shape[2:], weight.shape[2:]
    if min(map(min, padding)) < 0:
        fail(RuntimeError, "negative padding is not supported")
    if min(output_size(size, window, stride, padding, dilation)) <= 0:
        padded = " x ".join(str(n + lo + hi) for n, (lo, hi) in zip(size, padding, strict=True))
        spread = " x ".join(str(d * (k - 1) + 1) for k, d in zip(window, dilation, strict=True))
        fail(RuntimeError, f"Calculated padded input size per channel: ({padded}). Kernel size: ({spread}). Kernel "
                           "size can't be greater than actual input size; add padding or take a smaller kernel")
    return kernel.convolve(input, weight, bias, stride, padding, dilation, groups)


@primitive(
    vjp={"input": lambda g, input_shape, weight, stride, padding, dilation, groups:
         _first(convolve(g, weight, stride, padding, dilation, groups), input_shape),
         "weight": lambda g, input, weight_shape, stride, padding, dilation, groups:
         conv_weight_grad(input, g, weight_shape[2:], stride, padding, dilation, groups),
         "bias": lambda g: _sum_channels(g)},
    holomorphic=True, method=False, node_name="ConvolutionBackward0",
)
def convolve_transposed(input, weight, size, stride, padding, dilation, groups, bias=None):
    """The transpose of `convolve` as a linear map of its input, which is also its gradient.

    Args:
        input: (N, O, *out), of the shape that `convolve` gives.
        weight: (O, C / groups, *kernel).
        size: spatial size of the result, which ``out`` does not determine when the stride is not 1.
        stride, padding, dilation, groups: those of `convolve`.
        bias: (C), added to the result, or None.

    Returns:
        (N, C, *size).
    """
    _check(input, weight, bias, stride, dilation, groups, True)
    return kernel.input_gradient(input, weight, bias, size, stride, padding, dilation, groups)


@primitive(
    vjp={"grad": lambda g, grad_shape, input, stride, padding, dilation, groups:
         _first(convolve(input, g, stride, padding, dilation, groups), grad_shape),
         "input": lambda g, grad, input_shape, stride, padding, dilation, groups:
         convolve_transposed(grad, g, input_shape[2:], stride, padding, dilation, groups)},
    holomorphic=True, method=False, node_name="ConvolutionBackwardBackward0",
)
def conv_weight_grad(grad, input, window, stride, padding, dilation, groups):
    """The gradient of `convolve` by its weight.

    Args:
        grad: (N, O, *out), the gradient of the result.
        input: (N, C, *size).
        window: spatial size of the weight.
        stride, padding, dilation, groups: those of `convolve`.

    Returns:
        (O, C / groups, *window).
    """
    return kernel.weight_gradient(grad, input, window, stride, padding, dilation, groups)


# --- what users call --------------------------------------------------------------------------------------


def _pairs(padding: Any, n: int, name: str, kernel_size: tuple[int, ...], stride: tuple[int, ...],
           dilation: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Any form of padding as (before, after) for each dimension."""
    if isinstance(padding, str):
        if padding == "valid":
            return ((0, 0),) * n
        if padding != "same":
            fail(RuntimeError, f"Invalid padding string: {padding!r}; it may be 'valid' or 'same'")
        if any(s != 1 for s in stride):
            fail(RuntimeError, "padding='same' is not supported for strided convolutions")
        totals = [d * (k - 1) for k, d in zip(kernel_size, dilation, strict=True)]
        return tuple([(t // 2, t - t // 2) for t in totals])
    return tuple([(p, p) for p in per_dim(padding, n, name, "padding")])


def _check_ranks(input: Any, weight: Any, n: int, name: str) -> None:
    for what, x in (("input", input), ("weight", weight)):
        if not hasattr(x, "ndim"):
            fail(TypeError, f"{name}(): argument {what!r} must be Tensor, not {type(x).__name__} ({describe(x)})")
    if input.ndim not in (n + 1, n + 2):
        fail(RuntimeError, f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of "
                           f"size: {list(input.shape)}")
    if weight.ndim != n + 2:
        fail(RuntimeError, f"expected weight of {name} to have {n + 2} dimensions (channels out, channels in / groups, "
                           f"*kernel), but got weight of size {list(weight.shape)}")


def _convolve(name: str, n: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any,
              groups: int) -> Any:
    _check_ranks(input, weight, n, name)
    stride, dilation = per_dim(stride, n, name, "stride"), per_dim(dilation, n, name, "dilation")
    padding = _pairs(padding, n, name, weight.shape[2:], stride, dilation)
    if input.ndim == n + 1:
        out = convolve(input.reshape(1, *input.shape), weight, stride, padding, dilation, groups, bias)
        return out.reshape(out.shape[1:])
    return convolve(input, weight, stride, padding, dilation, groups, bias)


def _convolve_transposed(name: str, n: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any,
                         output_padding: Any, groups: int, dilation: Any) -> Any:
    _check_ranks(input, weight, n, name)
    stride, dilation = per_dim(stride, n, name, "stride"), per_dim(dilation, n, name, "dilation")
    padding, extra = per_dim(padding, n, name, "padding"), per_dim(output_padding, n, name, "output_padding")
    if any(e >= s and e >= d for e, s, d in zip(extra, stride, dilation, strict=True)):
        fail(RuntimeError, "output padding must be smaller than either stride or dilation, but got output_padding: "
                           f"{list(extra)} stride: {list(stride)} dilation: {list(dilation)}")
    if input.ndim == n + 1:
        out = _convolve_transposed(name, n, input.reshape(1, *input.shape), weight, bias, stride, padding,
                                   output_padding, groups, dilation)
        return out.reshape(out.shape[1:])
    size = tuple([(m - 1) * s - 2 * p + d * (k - 1) + e + 1 for m, s, p, d, k, e in zip(
        input.shape[2:], stride, padding, dilation, weight.shape[2:], extra, strict=True)])
    if min(size) <= 0:
        fail(RuntimeError, f"Given input size per channel: {list(input.shape[2:])}. Calculated output size per "
                           f"channel: {list(size)}. Output size is too small; take less padding")
    return convolve_transposed(input, weight, size, stride, tuple([(p, p) for p in padding]), dilation, groups, bias)


@composite(method=False)
def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution along one spatial dimension; as `conv2d`, with one dimension less.

    >>> import autograd
    >>> x = autograd.tensor([[[1., 2., 4., 8.]]])
    >>> autograd.conv1d(x, autograd.tensor([[[-1., 1.]]]))
    tensor([[[1., 2., 4.]]])
    """
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution (cross-correlation) of images, ``out[n, o, p] = bias[o] + sum_{c,k} weight[o, c, k] * input[n, c,
    q]`` with ``q = p * stride + k * dilation - padding`` (Dumoulin and Visin, A guide to convolution arithmetic, 2016).

    Args:
        input: (N, C, H, W), or (C, H, W) without a batch.
        weight: (O, C / groups, KH, KW).
        bias: (O), or None.
        stride: step of the window; an int or one for each dimension.
        padding: zeros on each side, likewise; or ``"valid"`` (none), or ``"same"`` (the output has the input's size).
        dilation: step inside the window, likewise.
        groups: split the channels into that many groups, each with weights of its own.

    Returns:
        (N, O, OH, OW) with ``OH = floor((H + 2 * padding - dilation * (KH - 1) - 1) / stride + 1)``.

    Raises:
        RuntimeError: shapes or dtypes do not fit, or the window is larger than the padded input.

    >>> import autograd
    >>> x = autograd.arange(9.).reshape(1, 1, 3, 3)
    >>> autograd.conv2d(x, autograd.ones(1, 1, 2, 2))
    tensor([[[[ 8., 12.],
              [20., 24.]]]])
    """
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of volumes; as `conv2d`, with one dimension more.

    >>> import autograd
    >>> autograd.conv3d(autograd.ones(1, 1, 2, 2, 2), autograd.ones(1, 1, 2, 2, 2))
    tensor([[[[[8.]]]]])
    """
    return _convolve("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv_tbc(input, weight, bias, pad=0):
    """`conv1d` of (time, N, C) with a weight (kernel, C, O), a bias (O) and zeros on both sides; (time, N, O).

    >>> import autograd
    >>> autograd.conv_tbc(autograd.ones(4, 1, 2), autograd.ones(3, 2, 1), autograd.zeros(1), pad=1).flatten()
    tensor([4., 6., 6., 4.])
    """
    for what, x in (("Input", input), ("Weight", weight)):
        if x.ndim != 3:
            fail(RuntimeError, f"{what} must have 3 dims, but conv_tbc() got {describe(x)}")
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)


@composite(method=False)
def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution along one spatial dimension; as `conv_transpose2d`, with one dimension less.

    >>> import autograd
    >>> x = autograd.tensor([[[1., 2.]]])
    >>> autograd.conv_transpose1d(x, autograd.tensor([[[1., 10.]]]), stride=2)
    tensor([[[ 1., 10.,  2., 20.]]])
    """
    return _convolve_transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups,
                                dilation)


@composite(method=False)
def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution of images: each input element adds a multiple of the window to the output.

    As a linear map it is the transpose of `conv2d` with the same arguments, not its inverse.

    Args:
        input: (N, C, H, W), or (C, H, W).
        weight: (C, O / groups, KH, KW).
        bias: (O), or None.
        stride, padding, dilation, groups: those of the convolution that is transposed.
        output_padding: rows and columns added to one side of the output, to choose among the sizes that the convolution
            maps to the same size; smaller than the stride or the dilation.

    Returns:
        (N, O, OH, OW) with ``OH = (H - 1) * stride - 2 * padding + dilation * (KH - 1) + output_padding + 1``.

    Raises:
        RuntimeError: shapes or dtypes do not fit.

    >>> import autograd
    >>> x = autograd.tensor([[[[1., 2.], [3., 4.]]]])
    >>> autograd.conv_transpose2d(x, autograd.ones(1, 1, 2, 2))
    tensor([[[[ 1.,  3.,  2.],
              [ 4., 10.,  6.],
              [ 3.,  7.,  4.]]]])
    """
    return _convolve_transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups,
                                dilation)


@composite(method=False)
def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution of volumes; as `conv_transpose2d`, with one dimension more.

    >>> import autograd
    >>> autograd.conv_transpose3d(autograd.ones(1, 1, 1, 1, 1), autograd.ones(1, 1, 1, 2, 2))
    tensor([[[[[1., 1.],
               [1., 1.]]]]])
    """
    return _convolve_transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups,
                                dilation)
