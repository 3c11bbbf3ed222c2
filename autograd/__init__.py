"""Tapegrad's engine: tensors, operations, automatic differentiation.

The names are PyTorch's; what differs is in ``docs/differences.md``.
"""

from __future__ import annotations

import importlib as _importlib
import typing as _typing
import warnings as _warnings
from math import e, inf, nan, pi

from . import clash as _clash

_clash.check()

# NumPy warns where a result overflows or is not a number; tensors, like PyTorch's, carry the inf or nan on in silence.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"autograd(\.|$)")

from .kernels.memory import keep_freed as _keep_freed

_keep_freed()

from . import creation, formatting, functional, ops
from .backward import backward, grad
from .creation import (
    as_tensor,
    asarray,
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
    eye,
    from_numpy,
    frombuffer,
    full,
    full_like,
    ones,
    ones_like,
    scalar_tensor,
    zeros,
    zeros_like,
)
from .dtypes import (
    bool,
    can_cast,
    cdouble,
    cfloat,
    complex64,
    complex128,
    device,
    double,
    dtype,
    finfo,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
)
from .errors import NonDifferentiableError
from .formatting import set_printoptions
from .forms import public_form as _public_form, publish as _publish
from .function import Function, once_differentiable
from .grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from .layouts import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from .modes import is_grad_enabled, is_inference_mode_enabled
from .ops.activation import celu, prelu, relu, rrelu, selu
from .ops.arithmetic import (
    add,
    addcdiv,
    addcmul,
    deg2rad,
    div,
    divide,
    floor_divide,
    fmod,
    lerp,
    mul,
    multiply,
    neg,
    negative,
    positive,
    rad2deg,
    remainder,
    rsub,
    sub,
    subtract,
    true_divide,
)
from .ops.assigning import index_put
from .ops.axes import adjoint, moveaxis, movedim, permute, swapaxes, swapdims, t, transpose
from .ops.casting import clone, detach, detach_
from .ops.comparison import (
    allclose,
    eq,
    equal,
    ge,
    greater,
    greater_equal,
    gt,
    isclose,
    isfinite,
    isin,
    isinf,
    isnan,
    isneginf,
    isposinf,
    le,
    less,
    less_equal,
    lt,
    ne,
    not_equal,
    where,
)
from .ops.complex_numbers import (
    angle,
    complex,
    conj,
    conj_physical,
    imag,
    is_conj,
    is_neg,
    isreal,
    polar,
    real,
    resolve_conj,
    resolve_neg,
    view_as_complex,
    view_as_real,
)
from .ops.elementwise import (
    acos,
    acosh,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    sigmoid,
    sin,
    sinh,
    tan,
    tanh,
)
from .ops.extremes import clamp, clamp_max, clamp_min, clip, fmax, fmin, maximum, minimum
from .ops.index_select import index_add, index_copy, index_fill, index_reduce, index_select, put, take, take_along_dim
from .ops.indexing import narrow, narrow_copy, select
from .ops.joining import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    cat,
    column_stack,
    concat,
    concatenate,
    dstack,
    hstack,
    row_stack,
    stack,
    vstack,
)
from .ops.logical import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
)
from .ops.masking import masked_fill, masked_scatter, masked_select
from .ops.matrix import addbmm, addmm, addmv, addr, baddbmm, bmm, dot, ger, inner, matmul, mm, mv, outer, vdot
from .ops.powers import (
    arctan2,
    atan2,
    float_power,
    hypot,
    ldexp,
    logaddexp,
    logaddexp2,
    pow,
    reciprocal,
    rsqrt,
    sqrt,
    square,
)
from .ops.rearranging import flip, fliplr, flipud, repeat_interleave, roll, rot90, tile, tril, triu
from .ops.reductions import all, amax, amin, aminmax, any, argmax, argmin, max, mean, min, prod, sum
from .ops.rounding import (
    abs,
    absolute,
    ceil,
    copysign,
    fix,
    floor,
    frac,
    frexp,
    gcd,
    heaviside,
    lcm,
    nan_to_num,
    nextafter,
    round,
    sgn,
    sign,
    signbit,
    trunc,
)
from .ops.sampling import (
    bernoulli,
    binomial,
    multinomial,
    normal,
    poisson,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from .ops.scattering import gather, scatter, scatter_add, scatter_reduce
from .ops.shape import (
    broadcast_shapes,
    broadcast_tensors,
    broadcast_to,
    flatten,
    ravel,
    reshape,
    squeeze,
    unflatten,
    unsqueeze,
)
from .ops.softmax import log_softmax, softmax
from .ops.special import digamma, erf, erfc, erfinv, igamma, igammac, lgamma, logit, mvlgamma, polygamma, sinc, xlogy
from .ops.splitting import chunk, dsplit, hsplit, split, split_with_sizes, tensor_split, unbind, vsplit
from .ops.vector_norm import logsumexp
from .ops.writing import fill
from .predicates import (
    is_complex,
    is_floating_point,
    is_inference,
    is_nonzero,
    is_same_size,
    is_tensor,
    numel,
    result_type,
)
from .protocols import from_dlpack
from .ranges import arange, linspace, logspace, range_ as range
from .saved_hooks import save_on_cpu, saved_tensors_hooks
from .tensor import Size, Tensor

if _typing.TYPE_CHECKING:  # what `__getattr__` finds, for type checkers
    from .amp import GradScaler, autocast
    from .anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
    from .checkpointing import checkpoint, checkpoint_sequential
    from .func import vmap
    from .io import load, save
    from .legacy import (
        BoolTensor,
        ByteTensor,
        CharTensor,
        DoubleTensor,
        FloatTensor,
        HalfTensor,
        IntTensor,
        LongTensor,
        ShortTensor,
        Variable,
        set_default_tensor_type,
    )
    from .ops.adaptive_pool import adaptive_avg_pool1d, adaptive_max_pool1d
    from .ops.average_pool import avg_pool1d
    from .ops.bessel import i0
    from .ops.conv import conv1d, conv2d, conv3d, conv_tbc, conv_transpose1d, conv_transpose2d, conv_transpose3d
    from .ops.copies import (
        alias_copy,
        as_strided_copy,
        detach_copy,
        diagonal_copy,
        expand_copy,
        permute_copy,
        select_copy,
        slice_copy,
        split_copy,
        split_with_sizes_copy,
        squeeze_copy,
        t_copy,
        transpose_copy,
        unbind_copy,
        unfold_copy,
        unsqueeze_copy,
        view_as_complex_copy,
        view_as_real_copy,
        view_copy,
    )
    from .ops.counting import (
        argwhere,
        bucketize,
        count_nonzero,
        nonzero,
        nonzero_static,
        searchsorted,
        unique,
        unique_consecutive,
    )
    from .ops.differences import gradient
    from .ops.distance import cdist, pdist
    from .ops.dropout import alpha_dropout, dropout, feature_alpha_dropout
    from .ops.einsum import einsum
    from .ops.fold import channel_shuffle, native_channel_shuffle, pixel_shuffle, pixel_unshuffle
    from .ops.grids import (
        block_diag,
        cartesian_prod,
        combinations,
        meshgrid,
        tril_indices,
        triu_indices,
        unravel_index,
        vander,
    )
    from .ops.histograms import bincount, histc, histogram, histogramdd
    from .ops.linalg.extreme_eigenvalues import lobpcg
    from .ops.linalg.functions import matrix_exp, matrix_power
    from .ops.linalg.least_squares import pinverse
    from .ops.linalg.low_rank import pca_lowrank, svd_lowrank
    from .ops.linalg.lu import lu_unpack, top_lu as lu, top_lu_solve as lu_solve
    from .ops.linalg.orthogonal import geqrf, orgqr, ormqr, top_qr as qr
    from .ops.linalg.products import chain_matmul, cross, kron, tensordot, trace
    from .ops.linalg.solve import det, inverse, logdet, top_slogdet as slogdet
    from .ops.linalg.spectral import top_svd as svd
    from .ops.linalg.triangular import cholesky_inverse, cholesky_solve, top_cholesky as cholesky, triangular_solve
    from .ops.linear import bilinear
    from .ops.memory import from_file, unsafe_split_with_sizes
    from .ops.moments import corrcoef, cov, nanmean, nansum, std, std_mean, var, var_mean
    from .ops.norm import (
        group_norm,
        layer_norm,
        rms_norm,
    )
    from .ops.norms import dist, frobenius_norm, norm, norm_except_dim, nuclear_norm, renorm
    from .ops.padding import constant_pad_nd
    from .ops.piecewise import hardshrink, threshold
    from .ops.pool import max_pool1d, max_pool2d, max_pool3d
    from .ops.quantiles import median, mode, nanmedian, nanquantile, quantile
    from .ops.rounding_steps import fake_quantize_per_channel_affine, fake_quantize_per_tensor_affine
    from .ops.scan import cummax, cummin, cumprod, cumsum, cumulative_trapezoid, diff, logcumsumexp, trapezoid, trapz
    from .ops.segments import segment_reduce
    from .ops.similarity import cosine_similarity, pairwise_distance
    from .ops.sorting import argsort, kthvalue, msort, sort, topk
    from .ops.spectrogram import istft, stft
    from .ops.strided import (
        as_strided,
        as_strided_scatter,
        diag,
        diag_embed,
        diagflat,
        diagonal,
        diagonal_scatter,
        select_scatter,
        slice_scatter,
    )
    from .ops.unlinked import unsafe_chunk, unsafe_split
    from .predicates import is_signed, is_storage, to_dlpack, typename
    from .random import (
        Generator,
        default_generator,
        fork_rng,
        get_rng_state,
        initial_seed,
        manual_seed,
        seed,
        set_rng_state,
    )
    from .settings import (
        are_deterministic_algorithms_enabled,
        compile,
        get_default_device,
        get_float32_matmul_precision,
        get_num_interop_threads,
        get_num_threads,
        set_default_device,
        set_float32_matmul_precision,
        set_flush_denormal,
        set_num_interop_threads,
        set_num_threads,
        use_deterministic_algorithms,
    )
    from .signal.periodic import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window
    from .viz import tape

# The imports of tensor.py and tape.py gave these names to the modules; `tape` is found by __getattr__.
tensor = creation.tensor
del tape  # type: ignore[name-defined]
newaxis = None
_publish(globals())

__version__ = "0.1.0"

#: What tells this package from others of its name.
__tapegrad__ = True

# Parts that few programs need, or that need what few programs load: imported when first asked for.
_LAZY_MODULES = ("accelerator", "amp", "anomaly", "backends", "cuda", "data", "distributed", "fft", "func", "io", "jit",
                 "linalg", "random", "signal", "special", "testing", "version", "viz")
_LAZY_NAMES = {
    **dict.fromkeys(("GradScaler", "autocast"), "amp"),
    **dict.fromkeys(("BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor",
                     "LongTensor", "ShortTensor", "Variable", "set_default_tensor_type"), "legacy"),
    **dict.fromkeys(("are_deterministic_algorithms_enabled", "compile", "get_default_device",
                     "get_float32_matmul_precision", "get_num_interop_threads", "get_num_threads",
                     "set_default_device", "set_flush_denormal", "set_float32_matmul_precision",
                     "set_num_interop_threads", "set_num_threads", "use_deterministic_algorithms"), "settings"),
    **dict.fromkeys(("detect_anomaly", "is_anomaly_enabled", "set_detect_anomaly"), "anomaly"),
    **dict.fromkeys(("checkpoint", "checkpoint_sequential"), "checkpointing"),
    **dict.fromkeys(("bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"),
                    "signal.periodic"),
    **dict.fromkeys(("is_signed", "is_storage", "to_dlpack", "typename"), "predicates"),
    "vmap": "func",
    **dict.fromkeys(("Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed",
                     "seed", "set_rng_state"), "random"),
    **dict.fromkeys(("load", "save"), "io"),
    "tape": "viz",
}


# Where PyTorch programs look for things that stand elsewhere here.
_ELSEWHERE = {
    "autograd": "its functions are this module's own: autograd.grad, autograd.Function, ...",
    "nn": "layers are a package of their own: import nn",
    "optim": "optimizers are a package of their own: import optim",
    "utils": "torch.utils.data is autograd.data, torch.utils.checkpoint is autograd.checkpoint",
}


def __getattr__(name: str) -> _typing.Any:
    if name in ops.FUNCTIONS:
        globals()[name] = found = _public_form(__name__, name, ops.function(name))
        return found
    if name == "__all__":  # for "from autograd import *", which does not ask __dir__
        return [n for n in __dir__() if not n.startswith("_")]
    if name in _LAZY_MODULES:
        return _importlib.import_module(f".{name}", __name__)
    if name in _LAZY_NAMES:
        return getattr(_importlib.import_module(f".{_LAZY_NAMES[name]}", __name__), name)
    if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)  # the in-place forms as functions: autograd.relu_(x)
    hint = f"; {_ELSEWHERE[name]}" if name in _ELSEWHERE else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


def __dir__() -> list[str]:
    return sorted({*globals(), *ops.FUNCTIONS, *_LAZY_NAMES})
