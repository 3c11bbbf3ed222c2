"""Exponentials and their like as loops call them: polynomials that vectorise, exact to 2 ulp.

Polynomials interpolate at Chebyshev nodes. Of each function there is a form for single (``_single``) and one for
double precision; ``np.float32`` and ``np.int32`` keep Numba from computing in wider types. NaN goes through every
comparison to the branch that keeps it.
"""

from __future__ import annotations

import numpy as np

from .compiled.loops import Elementary

_ROUND32, _ROUND64 = 12582912.0, 6755399441055744.0  # adding 1.5 * 2 ** 23 or 2 ** 52 leaves no place for a fraction
_LOG2_E = 1.4426950408889634
#: ln 2 in two parts, the first with so many zeros that its products with exponents are exact.
_LN2_HIGH32, _LN2_LOW32 = 0.693359375, -2.12194440054690583e-4
_LN2_HIGH64, _LN2_LOW64 = 0.6931471803691238, 1.9082149292705877e-10


# --- exponentials -----------------------------------------------------------------------------------------
# exp(x) is 2 ** n * exp(r). Adding a number that leaves no place for a fraction makes a whole n of x / ln 2; where that
# number also holds the bias of exponents, the last bits of the sum are those of 2 ** n, to be moved to their place.
# Powers that are too small or too large to be such bits are made in two steps: of 2 ** (n - k), and of 2 ** k.

_BIASED32, _BIASED64 = _ROUND32 + 127.0, _ROUND64 + 1023.0
#: What keeps 2 ** (n + k) a normal number for negative arguments; for positive ones k is -1.
_RAISE32, _LOWER32 = 24.0, 5.9604644775390625e-08
_RAISE64, _LOWER64 = 54.0, 5.551115123125783e-17


def _power32(t):  # type: ignore[no-untyped-def]
    """2 ** n of a sum n + 127 + 1.5 * 2 ** 23."""
    return np.int32(np.float32(t).view(np.int32) << 23).view(np.float32)


def _power64(t):  # type: ignore[no-untyped-def]
    return np.int64(np.float64(t).view(np.int64) << 52).view(np.float64)


def _exp_of_rest32(x, n):  # type: ignore[no-untyped-def]
    r = (x - n * _LN2_HIGH32) - n * _LN2_LOW32
    p = 0.00139262508314976117 * r + 0.0083632328836826182
    p = (p * r + 0.0416665542129841503) * r + 0.166665766661199283
    p = p * r + 0.5
    return (p * r + 1.0) * r + 1.0


def _exp_of_rest64(x, n):  # type: ignore[no-untyped-def]
    r = (x - n * _LN2_HIGH64) - n * _LN2_LOW64
    p = 2.5100472505694996e-8 * r + 2.76202015910315488e-7
    p = (p * r + 2.75572682769056962e-6) * r + 0.0000248015210578682052
    p = (p * r + 0.00019841269863171556) * r + 0.00138888889173670806
    p = (p * r + 0.0083333333333300382) * r + 0.0416666666666238205
    p = (p * r + 0.166666666666666675) * r + 0.500000000000000103
    return (p * r + 1.0) * r + 1.0


def _exp32(x):  # type: ignore[no-untyped-def]
    x = -104.0 if x < -104.0 else x
    x = 89.0 if x > 89.0 else x
    shift = _BIASED32 + _RAISE32 if x < 0.0 else _BIASED32 - 1.0
    t = x * _LOG2_E + shift
    return _exp_of_rest32(x, t - shift) * _power32(t) * (_LOWER32 if x < 0.0 else 2.0)


def _exp64(x):  # type: ignore[no-untyped-def]
    x = -746.0 if x < -746.0 else x
    x = 710.0 if x > 710.0 else x
    shift = _BIASED64 + _RAISE64 if x < 0.0 else _BIASED64 - 1.0
    t = x * _LOG2_E + shift
    return _exp_of_rest64(x, t - shift) * _power64(t) * (_LOWER64 if x < 0.0 else 2.0)


exp = Elementary(_exp32, _exp64)


def _exp_of_negative32(x):  # type: ignore[no-untyped-def]
    """exp(x) for x <= 0."""
    x = -104.0 if x < -104.0 else x
    t = x * _LOG2_E + (_BIASED32 + _RAISE32)
    return _exp_of_rest32(x, t - (_BIASED32 + _RAISE32)) * _power32(t) * _LOWER32


def _exp_of_negative64(x):  # type: ignore[no-untyped-def]
    x = -746.0 if x < -746.0 else x
    t = x * _LOG2_E + (_BIASED64 + _RAISE64)
    return _exp_of_rest64(x, t - (_BIASED64 + _RAISE64)) * _power64(t) * _LOWER64


exp_of_negative = Elementary(_exp_of_negative32, _exp_of_negative64)


def _expm1_32(x):  # type: ignore[no-untyped-def]
    """exp(x) - 1 for x <= 0."""
    x = -20.0 if x < -20.0 else x
    t = x * _LOG2_E + _BIASED32
    n = t - _BIASED32
    r = (x - n * _LN2_HIGH32) - n * _LN2_LOW32
    p = 0.00139262508314976117 * r + 0.0083632328836826182
    p = (p * r + 0.0416665542129841503) * r + 0.166665766661199283
    p = p * r + 0.5
    power = _power32(t)
    return (p * (r * r) + r) * power + (power - 1.0)


def _expm1_64(x):  # type: ignore[no-untyped-def]
    x = -40.0 if x < -40.0 else x
    t = x * _LOG2_E + _BIASED64
    n = t - _BIASED64
    r = (x - n * _LN2_HIGH64) - n * _LN2_LOW64
    p = 2.5100472505694996e-8 * r + 2.76202015910315488e-7
    p = (p * r + 2.75572682769056962e-6) * r + 0.0000248015210578682052
    p = (p * r + 0.00019841269863171556) * r + 0.00138888889173670806
    p = (p * r + 0.0083333333333300382) * r + 0.0416666666666238205
    p = (p * r + 0.166666666666666675) * r + 0.500000000000000103
    power = _power64(t)
    return (p * (r * r) + r) * power + (power - 1.0)


expm1_of_negative = Elementary(_expm1_32, _expm1_64)


# --- hyperbolic tangent and logistic function -------------------------------------------------------------
# Both are quotients with a divisor from 1 to 2, the functions of negative numbers being the ones that do not overflow.
# A division takes longer than all the rest; a polynomial, the best on this interval, and Newton's iteration do not.


def _quotient32(x, d):  # type: ignore[no-untyped-def]
    """x / d for d from 1 to 2, and x not greater."""
    near = (0.3232323232323232 * d - 1.4545454545454546) * d + 2.1212121212121213
    near = near + near * (1.0 - d * near)
    q = x * near
    return q + near * (x - q * d)


def _quotient64(x, d):  # type: ignore[no-untyped-def]
    near = (-0.2218370883882149 * d + 1.3310225303292895) * d - 2.9393414211438476
    near = near * d + 2.82842287694974
    near = near + near * (1.0 - d * near)
    near = near + near * (1.0 - d * near)
    q = x * near
    return q + near * (x - q * d)


quotient = Elementary(_quotient32, _quotient64)


def _tanh32(x):  # type: ignore[no-untyped-def]
    t = x * x
    p = -0.00660961401288462299 * t + 0.0213090623285786197
    p = (p * t - 0.0539093756418479453) * t + 0.133331134587324157
    p = p * t - 0.33333332005908134
    e = _exp_of_negative32(abs(x) * -2.0)
    far = 1.0 - _quotient32(e, e + 1.0) * 2.0
    far = -far if x < 0.0 else far
    return p * t * x + x if abs(x) < 0.55 else far


def _tanh64(x):  # type: ignore[no-untyped-def]
    t = x * x
    p = -0.0000205985566732751667 * t + 0.0000851070792735411272
    p = (p * t - 0.000234631045283004056) * t + 0.000588934807244702772
    p = (p * t - 0.00145566157757023636) * t + 0.0035921103470961766
    p = (p * t - 0.00886323439541809559) * t + 0.0218694884935630381
    p = (p * t - 0.0539682539674317389) * t + 0.133333333333327129
    p = p * t - 0.333333333333333326
    e = _exp_of_negative64(abs(x) * -2.0)
    far = 1.0 - _quotient64(e, e + 1.0) * 2.0
    far = -far if x < 0.0 else far
    return p * t * x + x if abs(x) < 0.55 else far


tanh = Elementary(_tanh32, _tanh64)


def _sigmoid32(x):  # type: ignore[no-untyped-def]
    e = _exp_of_negative32(-abs(x))
    return _quotient32(e if x < 0.0 else 1.0, e + 1.0)


def _sigmoid64(x):  # type: ignore[no-untyped-def]
    e = _exp_of_negative64(-abs(x))
    return _quotient64(e if x < 0.0 else 1.0, e + 1.0)


sigmoid = Elementary(_sigmoid32, _sigmoid64)


# --- logarithms -------------------------------------------------------------------------------------------


def _log1p32(x):  # type: ignore[no-untyped-def]
    """log(1 + x) for x from 0 to 1, as 2 * atanh(x / (2 + x))."""
    s = x / (x + 2.0)
    t = s * s
    p = 0.103938084278733761 * t + 0.0873235123272038709
    p = (p * t + 0.111323556045006623) * t + 0.142851528609418312
    p = (p * t + 0.200000053849748322) * t + 0.33333333325011807
    return (p * t * s + s) * 2.0


def _log1p64(x):  # type: ignore[no-untyped-def]
    s = x / (x + 2.0)
    t = s * s
    p = 0.0781528890046142522 * t + 0.0374607189777538365
    p = (p * t + 0.0542258919744000741) * t + 0.0586713953065159873
    p = (p * t + 0.0666758931572462792) * t + 0.0769227198243027464
    p = (p * t + 0.0909090994898135719) * t + 0.111111110991183853
    p = (p * t + 0.142857142858000496) * t + 0.199999999999997613
    p = p * t + 0.333333333333333334
    return (p * t * s + s) * 2.0


log1p_of_fraction = Elementary(_log1p32, _log1p64)

#: The bits of the square root of 1/2, and of the exponent 1.
_HALF_ROOT32, _HALF_ROOT64 = np.int32(0x3F3504F3), np.int64(0x3FE6A09E667F3BCD)
_NORMAL32, _NORMAL64 = 1.1754943508222875e-38, 2.2250738585072014e-308


def _log32(x):  # type: ignore[no-untyped-def]
    """x is 2 ** n * (1 + f), with 1 + f from sqrt(1/2) to sqrt(2)."""
    small = x < _NORMAL32
    y = x * 8388608.0 if small else x
    n = np.int32(np.int32(np.float32(y).view(np.int32) - _HALF_ROOT32) >> 23)
    f = np.int32(np.float32(y).view(np.int32) - np.int32(n << 23)).view(np.float32) - 1.0
    n = np.float32(n) - (23.0 if small else 0.0)
    p = -0.0790274377239344096 * f + 0.126223198492283764
    p = (p * f - 0.129981837636515291) * f + 0.142144959239479628
    p = (p * f - 0.16641281463106393) * f + 0.200010450941606803
    p = (p * f - 0.250003064225697946) * f + 0.333333307281906765
    square = f * f
    found = n * _LN2_HIGH32 + (f + (n * _LN2_LOW32 + (p * f - 0.5) * square))
    found = found if x < np.inf else x
    found = found if x > 0.0 else -np.inf
    return found if x >= 0.0 else np.nan


def _log64(x):  # type: ignore[no-untyped-def]
    """The logarithm of 1 + f as 2 * atanh(s) with s = f / (2 + f), which is f - f * f / 2 + s * (f * f / 2 + ...)."""
    small = x < _NORMAL64
    y = x * 4503599627370496.0 if small else x
    n = np.int64(np.int64(np.float64(y).view(np.int64) - _HALF_ROOT64) >> 52)
    f = np.int64(np.float64(y).view(np.int64) - np.int64(n << 52)).view(np.float64) - 1.0
    n = np.float64(n) - (52.0 if small else 0.0)
    s = f / (f + 2.0)
    z = s * s
    p = 0.1461644968504340586 * z + 0.15331721600556041269
    p = (p * z + 0.1818288912526172208) * z + 0.22222211134795079855
    p = (p * z + 0.28571428625975484921) * z + 0.3999999999989950449
    p = (p * z + 0.66666666666666696862) * z
    half = f * f * 0.5
    found = n * _LN2_HIGH64 + (f - (half - (s * (half + p) + n * _LN2_LOW64)))
    found = found if x < np.inf else x
    found = found if x > 0.0 else -np.inf
    return found if x >= 0.0 else np.nan


log = Elementary(_log32, _log64)


# --- order ------------------------------------------------------------------------------------------------
# Floating numbers other than NaN are ordered as their bits are, if those of negative ones are turned round. LLVM finds
# vectors in the maximum of integers, but not in that of floating numbers, where NaN makes the order matter.


def _key32(x):  # type: ignore[no-untyped-def]
    bits = np.float32(x).view(np.int32)
    return np.int32(bits ^ np.int32(np.int32(bits >> 31) & np.int32(0x7FFFFFFF)))


def _key64(x):  # type: ignore[no-untyped-def]
    bits = np.float64(x).view(np.int64)
    return np.int64(bits ^ np.int64(np.int64(bits >> 63) & np.int64(0x7FFFFFFFFFFFFFFF)))


def _number32(key):  # type: ignore[no-untyped-def]
    return np.int32(key ^ np.int32(np.int32(key >> 31) & np.int32(0x7FFFFFFF))).view(np.float32)


def _number64(key):  # type: ignore[no-untyped-def]
    return np.int64(key ^ np.int64(np.int64(key >> 63) & np.int64(0x7FFFFFFFFFFFFFFF))).view(np.float64)


order_key = Elementary(_key32, _key64)
number_of_key = Elementary(_number32, _number64)
