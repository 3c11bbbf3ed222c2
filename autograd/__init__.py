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

from .kernels.machine.memory import keep_freed as _keep_freed

_keep_freed()

from . import creation, first_use as _first_use, formatting, functional, ops
from .backward import backward, grad
from .creation import as_tensor, asarray, from_numpy, frombuffer, scalar_tensor
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
from .errors import NonDifferentiableError, no_attribute as _no_attribute
from .filled import (
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
    eye,
    full,
    full_like,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from .formatting import set_printoptions
from .forms import public_form as _public_form, publish as _publish
from .function import Function, once_differentiable
from .grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from .layouts import channels_last, channels_last_3d, contiguous_format, layout, memory_format, preserve_format, strided
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

if _typing.TYPE_CHECKING:
    from .first_use import *  # noqa: F403

# The imports of tensor.py and tape.py gave these names to the modules; `tape` is found by __getattr__.
tensor = creation.tensor
del tape  # type: ignore[name-defined]  # noqa: F821
newaxis = None
_publish(globals())

__version__ = "0.1.0"

#: What tells this package from others of its name.
__tapegrad__ = True


def __getattr__(name: str) -> _typing.Any:
    if name in ops.FUNCTIONS:
        globals()[name] = found = _public_form(__name__, name, ops.function(name))
        return found
    if name == "__all__":  # for "from autograd import *", which does not ask __dir__
        return [n for n in __dir__() if not n.startswith("_")]
    if name in _first_use.MODULES:
        return _importlib.import_module(f".{name}", __name__)
    if name in _first_use.NAMES:
        return getattr(_importlib.import_module(f".{_first_use.NAMES[name]}", __name__), name)
    if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)  # the in-place forms as functions: autograd.relu_(x)
    hint = f"; {_first_use.ELSEWHERE[name]}" if name in _first_use.ELSEWHERE else ""
    raise _no_attribute(__name__, name, hint)


def __dir__() -> list[str]:
    return sorted({*globals(), *ops.FUNCTIONS, *_first_use.NAMES})
