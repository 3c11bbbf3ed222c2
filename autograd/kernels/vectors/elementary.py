"""Exponentials, logarithms and error functions of vectors, for any number, exact to two units in the last place.

Each function here writes the instructions for one vector. NaN stays NaN, results become subnormal numbers, zero and
infinity where they should. Where the processor has instructions for it (AVX-512), exponents are taken off and put on
by these, and a reciprocal starts from an approximation: elsewhere the same is done with integers and a division.

Polynomials are best approximations (by Remez's exchange) in single precision, and interpolate at Chebyshev nodes in
double. This module imports Numba.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import cgutils

from ..normal_tail import Intervals, tables
from .ir import I32, I64, Emitter

_LOG2_E = 1.4426950408889634


class _Format(NamedTuple):
    """What depends on the precision. Polynomials begin with the highest power."""

    #: exp(r) is 1 + r + r * r * polynomial(r), for r within ln(2) / 2 of zero.
    exp: tuple[float, ...]
    #: ln(2) in two parts, both positive; the first has so many zeros that its products with exponents are exact.
    ln2: tuple[float, float]
    #: Adding it leaves no place for a fraction, and the last bits are a whole number.
    rounding: float
    bias: int
    fraction: int
    #: Below and above exp is zero and infinite.
    least: float
    most: float
    #: 2 to this lifts all subnormal numbers among the normal ones.
    lift: int
    #: For f from -1/4 to 1/2, log(1 + f) is f - f * f / 2 + f ** 3 * polynomial(f) in single precision, and with
    #: s = f / (2 + f) it is 2 * s + s ** 3 * polynomial(s * s) in double.
    log: tuple[float, ...]
    #: erf is 1 from here on.
    erf_most: float
    #: erf(x) is x + x * polynomial(x * x) where abs(x) is less than `near`.
    erf: tuple[float, ...]
    near: float
    #: For the tables of the normal distribution, and the degrees of their polynomials.
    intervals: Intervals
    degrees: tuple[int, int]
    #: Beyond, the share is zero.
    tail_most: float


_FORMATS = {
    4: _Format(
        exp=(0.00139262508314976117, 0.0083632328836826182, 0.0416665542129841503, 0.166665766661199283, 0.5),
        ln2=(0.69314575195312500, 1.42860682030941723e-6), rounding=12582912.0, bias=127, fraction=23,
        least=-105.0, most=90.0, lift=30,
        log=(-0.04507613067, 0.1046316732, -0.1316122112, 0.1447837957, -0.1664730783, 0.1999086174, -0.2500009598,
             0.3333344911),
        erf_most=4.0,
        erf=(-0.0006535232968, 0.005085129676, -0.0268208061, 0.1128311279, -0.3761260139, 0.1283791637), near=0.8,
        intervals=Intervals(1, 8, 4), degrees=(5, 4), tail_most=15.0),
    8: _Format(
        exp=(2.5100472505694996e-8, 2.76202015910315488e-7, 2.75572682769056962e-6, 0.0000248015210578682052,
             0.00019841269863171556, 0.00138888889173670806, 0.0083333333333300382, 0.0416666666666238205,
             0.166666666666666675, 0.500000000000000103),
        ln2=(0.6931471803691238, 1.9082149292705877e-10), rounding=6755399441055744.0, bias=1023, fraction=52,
        least=-746.0, most=710.0, lift=60,
        log=(0.13604015707124079, 0.1321036048513262, 0.15388834677801916, 0.18181738454723026, 0.22222223037807243,
             0.2857142856733919, 0.400000000000078, 0.6666666666666666),
        erf_most=6.0,
        erf=(-8.45567276283827624e-10, 1.40350727770692419e-8, -1.62734992976449617e-7, 1.64550138899206802e-6,
             -0.0000149252872572846074, 0.000120553205460505482, -0.000854832674238458933, 0.00522397762140832108,
             -0.0268661706447892502, 0.112837916709536263, -0.376126389031837267, 0.12837916709551257), near=0.9,
        intervals=Intervals(4, 4, 4), degrees=(16, 15), tail_most=39.0),
}
#: In single precision -log(erfc(a)) for a from 0.8 to 4; in double that takes no fewer steps than the tail.
_ERFC = (-0.0002086959561, 0.003164860669, -0.02269727259, 0.1048762043, 0.6361422971, 1.128271263, 5.686630248e-5)
_SQRT_2 = 1.4142135623730951
_DENSITY = 0.3989422804014327  # 1 / sqrt(2 * pi)
_GELU, _SLOPE = 0, 1


# --- instructions -----------------------------------------------------------------------------------------


def _has_exponents(e: Emitter) -> bool:
    """Whether there are instructions for exponents and approximate reciprocals: those of AVX-512, as are masks."""
    return e.target.masks


def special(e: Emitter, name: str, *args: Any) -> Any:
    """An instruction of AVX-512 in all lanes, of which there may be more than those of one vector."""
    kind = ir.VectorType(e.scalar_type, 64 // e.itemsize)
    found: list[Any] = []
    for start in range(0, e.lanes, kind.count):
        part = [e.shuffle(a, a, range(start, start + kind.count)) if a.type == e.type else a for a in args]
        every, rounding = ir.IntType(kind.count)((1 << kind.count) - 1), [] if name.endswith("14") else [I32(4)]
        zero = ir.Constant(kind, [0.0] * kind.count)
        found.append(e._intrinsic(f"llvm.x86.avx512.{name}.{'ps' if e.itemsize == 4 else 'pd'}.512", kind, *part, zero,
                                  every, *rounding))
    return _joined(e, found)


def _joined(e: Emitter, parts: list[Any]) -> Any:
    while len(parts) > 1:
        parts = [e.shuffle(x, y, range(2 * x.type.count)) for x, y in zip(parts[::2], parts[1::2])]
    return parts[0]


def _whole(e: Emitter) -> ir.VectorType:
    return ir.VectorType(ir.IntType(8 * e.itemsize), e.lanes)


def _integer(e: Emitter, value: int) -> Any:
    return ir.Constant(_whole(e), [value] * e.lanes)


def below(e: Emitter, x: Any, bound: float) -> Any:
    """The lesser of x and the bound; NaN stays."""
    b = e.constant(bound)
    return e.builder.select(e.builder.fcmp_ordered(">", x, b), b, x)


def above(e: Emitter, x: Any, bound: float) -> Any:
    """The greater of x and the bound; NaN stays."""
    b = e.constant(bound)
    return e.builder.select(e.builder.fcmp_ordered("<", x, b), b, x)


def absolute(e: Emitter, x: Any) -> Any:
    return e._intrinsic(f"llvm.fabs.{e._suffix}", e.type, x)


def with_sign(e: Emitter, x: Any, sign: Any) -> Any:
    return e._intrinsic(f"llvm.copysign.{e._suffix}", e.type, x, sign)


def polynomial(e: Emitter, coefficients: tuple[float, ...], x: Any) -> Any:
    """By Horner's rule; the coefficient of the highest power is first."""
    p = e.constant(coefficients[0])
    for c in coefficients[1:]:
        p = e.fma(p, x, e.constant(c))
    return p


def _near_reciprocal(e: Emitter, x: Any) -> Any:
    """1 / x to half of the digits or more."""
    if not _has_exponents(e):
        return e.builder.fdiv(e.constant(1.0), x)
    r = special(e, "rcp14", x)
    if e.itemsize == 8:
        r = e.fma(r, e.fma(e.builder.fneg(x), r, e.constant(1.0)), r)
    return r


def _quotient(e: Emitter, x: Any, d: Any, rest: Any) -> Any:
    """x / (d + rest) where the rest is less than the last place of d, which is from 1 to 2."""
    b = e.builder
    if not e.target.fma:
        q = b.fdiv(x, d)
        return b.fsub(q, b.fdiv(b.fmul(q, rest), d))
    near = _near_reciprocal(e, d)
    q = b.fmul(x, near)
    return e.fma(e.fma(b.fneg(rest), q, e.fma(b.fneg(d), q, x)), near, q)


# --- exponentials -----------------------------------------------------------------------------------------


class _Growth(NamedTuple):
    """An exponential (1 + q) * 2 ** n."""

    q: Any
    n: Any
    #: n, in the last bits.
    shifted: Any


def _rest(e: Emitter, x: Any) -> tuple[Any, Any, Any]:
    """r, n and its bits, with x = n * ln(2) + r."""
    f = _FORMATS[e.itemsize]
    shifted = e.fma(x, e.constant(_LOG2_E), e.constant(f.rounding))
    n = e.builder.fsub(shifted, e.constant(f.rounding))
    return e.fma(n, e.constant(-f.ln2[1]), e.fma(n, e.constant(-f.ln2[0]), x)), n, shifted


def _growth(e: Emitter, x: Any, more: Any = None) -> _Growth:
    """exp(x + more), where more is small."""
    r, n, shifted = _rest(e, x)
    if more is not None:
        r = e.builder.fadd(r, more)
    p = polynomial(e, _FORMATS[e.itemsize].exp, r)
    return _Growth(e.fma(e.builder.fmul(p, r), r, r), n, shifted)


def _scaled(e: Emitter, y: Any, n: Any, shifted: Any) -> Any:
    """y * 2 ** n, rounded once."""
    b, f = e.builder, _FORMATS[e.itemsize]
    if _has_exponents(e):
        return special(e, "mask.scalef", y, n)
    bits = 0x4B400000 if e.itemsize == 4 else 0x4338000000000000  # of the number that rounds
    k = b.sub(b.bitcast(shifted, _whole(e)), _integer(e, bits))
    half = b.ashr(k, _integer(e, 1))
    for part in (half, b.sub(k, half)):
        y = b.fmul(y, b.bitcast(b.shl(b.add(part, _integer(e, f.bias)), _integer(e, f.fraction)), e.type))
    return y


def _power(e: Emitter, shifted: Any, lift: int = 0) -> Any:
    """2 ** (n + lift) where that is a normal number."""
    b, f = e.builder, _FORMATS[e.itemsize]
    bits = b.add(b.bitcast(shifted, _whole(e)), _integer(e, f.bias + lift))
    return b.bitcast(b.shl(bits, _integer(e, f.fraction)), e.type)


def exponential(e: Emitter, x: Any) -> Any:
    f, one = _FORMATS[e.itemsize], e.constant(1.0)
    r, n, shifted = _rest(e, above(e, below(e, x, f.most), f.least))
    return _scaled(e, e.fma(e.fma(polynomial(e, f.exp, r), r, one), r, one), n, shifted)


# --- logarithm --------------------------------------------------------------------------------------------


def logarithm(e: Emitter, x: Any) -> Any:
    b, f = e.builder, _FORMATS[e.itemsize]
    one = e.constant(1.0)
    if _has_exponents(e):
        # Fractions from 3/4 to 3/2, of zero 1, of negative numbers NaN; exponents of zero and infinity are infinite.
        part = special(e, "mask.getmant", x, I32(15))
        n = special(e, "mask.getexp", x)
        n = b.select(b.fcmp_ordered("<", part, one), b.fadd(n, one), n)
    else:
        part, n = _taken_apart(e, x)
    r = b.fsub(part, one)
    high, low = (e.constant(v) for v in f.ln2)
    square = b.fmul(r, r)
    if e.itemsize == 4:
        p = e.fma(polynomial(e, f.log, r), r, e.constant(-0.5))
        found = e.fma(n, high, b.fadd(r, e.fma(p, square, b.fmul(n, low))))
    else:
        s = b.fdiv(r, b.fadd(r, e.constant(2.0)))
        z, half = b.fmul(s, s), b.fmul(square, e.constant(0.5))
        p = b.fmul(polynomial(e, f.log, z), z)
        found = e.fma(n, high, b.fsub(r, b.fsub(half, e.fma(s, b.fadd(half, p), b.fmul(n, low)))))
    if _has_exponents(e):
        return found
    infinite = e.constant(float("inf"))
    found = b.select(b.fcmp_ordered("<", x, infinite), found, x)
    found = b.select(b.fcmp_ordered(">", x, e.zero), found, b.fneg(infinite))
    return b.select(b.fcmp_ordered(">=", x, e.zero), found, e.constant(float("nan")))


def _taken_apart(e: Emitter, x: Any) -> tuple[Any, Any]:
    """The fraction from 3/4 to 3/2 and the exponent of a positive number."""
    b, f = e.builder, _FORMATS[e.itemsize]
    small = b.fcmp_ordered("<", x, e.constant(2.0 ** (1 - f.bias)))
    y = b.select(small, b.fmul(x, e.constant(2.0 ** f.fraction)), x)
    bits, places = b.bitcast(y, _whole(e)), _integer(e, f.fraction)
    least = (f.bias << f.fraction) - (1 << (f.fraction - 1))  # the bits of 3/4
    n = b.ashr(b.sub(bits, _integer(e, least)), places)
    part = b.bitcast(b.sub(bits, b.shl(n, places)), e.type)
    # n + rounding, of which the last bits are n.
    rounding = 0x4B400000 if e.itemsize == 4 else 0x4338000000000000
    n = b.fsub(b.bitcast(b.add(n, _integer(e, rounding)), e.type), e.constant(f.rounding))
    return part, b.select(small, b.fsub(n, e.constant(float(f.fraction))), n)


# --- logistic function ------------------------------------------------------------------------------------
# A quotient by 1 + z with z the exponential of a negative number. What rounding loses of that sum is known.


def sigmoid(e: Emitter, x: Any) -> Any:
    b, one = e.builder, e.constant(1.0)
    z = exponential(e, b.fneg(absolute(e, x)))
    d = b.fadd(z, one)
    return _quotient(e, b.select(b.fcmp_ordered("<", x, e.zero), z, one), d, b.fsub(z, b.fsub(d, one)))


def silu(e: Emitter, x: Any, y: Any) -> Any:
    """x * sigmoid(y), where y has the sign of x."""
    b, f = e.builder, _FORMATS[e.itemsize]
    one, lower, negative = e.constant(1.0), e.constant(2.0 ** -f.lift), b.fcmp_ordered("<", y, e.zero)
    # Powers are lifted, since the product with x may be normal where sigmoid is not; the least has no bits but zeros.
    least = -(f.bias + f.lift) * (1 + 1e-7) * math.log(2)
    grown = _growth(e, above(e, b.fneg(absolute(e, y)), least))
    power = _power(e, grown.shifted, f.lift)
    z = e.fma(power, grown.q, power)
    d = e.fma(z, lower, one)
    above_line = b.select(negative, b.fmul(e.fma(x, grown.q, x), power), x)
    found = _quotient(e, above_line, d, e.fma(z, lower, b.fsub(one, d)))
    found = with_sign(e, b.select(negative, b.fmul(found, lower), found), x)  # corrections lose that of zero
    return b.select(b.fcmp_ordered("==", x, e.constant(math.inf)), x, found)  # and make NaN of infinity


# --- error function and normal distribution ---------------------------------------------------------------


def erf(e: Emitter, x: Any) -> Any:
    b, f = e.builder, _FORMATS[e.itemsize]
    a, one = absolute(e, x), e.constant(1.0)
    near = e.fma(polynomial(e, f.erf, b.fmul(x, x)), x, x)
    bounded = below(e, a, f.erf_most)
    if e.itemsize == 4:
        grown = _growth(e, b.fneg(polynomial(e, _ERFC, bounded)))
        power = _power(e, grown.shifted)
        far = b.fsub(one, e.fma(power, grown.q, power))
    else:
        grown = _growth(e, b.fneg(b.fmul(bounded, bounded)))
        power = _power(e, grown.shifted, 1)
        wide = b.fmul(bounded, e.constant(_SQRT_2))
        share = e.fma(wide, e.constant(_DENSITY), b.fadd(*_of_tail(e, wide, _SLOPE)))
        far = b.fsub(one, b.fmul(share, e.fma(power, grown.q, power)))
    return b.select(b.fcmp_ordered("<", a, e.constant(f.near)), near, with_sign(e, far, x))


def _of_tail(e: Emitter, a: Any, which: int) -> tuple[Any, Any]:
    """What a table of `normal_tail` gives for a, in two parts: its value where the interval starts, and the rest."""
    b, f = e.builder, _FORMATS[e.itemsize]
    first, steps, octaves = f.intervals
    # The intervals are told apart by the exponent and the first bits of this sum.
    bits = b.bitcast(b.fadd(a, e.constant(float(first))), _whole(e))
    dropped = f.fraction - int(math.log2(steps))
    start = b.fsub(b.bitcast(b.and_(bits, _integer(e, -1 << dropped)), e.type), e.constant(float(first)))
    index, count = b.lshr(bits, _integer(e, dropped)), steps * octaves
    before = (f.bias + int(math.log2(first))) * steps % count  # of the first interval, in the bits that tell `count`
    rows = tables(f.intervals, f.degrees)[which]
    columns = [[rows[(k - before) % count][c] for k in range(count)] for c in range(len(rows[0]))]
    beyond = b.fsub(a, start)
    p, *rest, constant = _looked_up(e, columns, index)
    for c in rest:
        p = e.fma(p, beyond, c)
    return constant, b.fmul(p, beyond)


def _looked_up(e: Emitter, columns: list[list[float]], index: Any) -> list[Any]:
    """The numbers at an index in several columns; of the index the last bits count, as many as are needed."""
    b, count = e.builder, len(columns[0])
    if _has_exponents(e) and count * e.itemsize == 128:  # a permutation of two vectors
        kind = ir.VectorType(e.scalar_type, 64 // e.itemsize)
        parts = [e.shuffle(index, index, range(start, start + kind.count)) for start in range(0, e.lanes, kind.count)]
        name = f"llvm.x86.avx512.vpermi2var.{'ps' if e.itemsize == 4 else 'pd'}.512"
        return [_joined(e, [e._intrinsic(name, kind, ir.Constant(kind, column[:kind.count]), part,
                                         ir.Constant(kind, column[kind.count:])) for part in parts])
                for column in columns]
    flat = [number for row in zip(*columns) for number in row]
    array = ir.Constant(ir.ArrayType(e.scalar_type, len(flat)), flat)
    place = cgutils.global_constant(b, "normal_tail", array)
    found = [ir.Constant(e.type, ir.Undefined) for _ in columns]
    at = b.mul(b.and_(index, _integer(e, count - 1)), _integer(e, len(columns)))
    for lane in range(e.lanes):
        row = b.extract_element(at, I32(lane))
        row = b.zext(row, I64) if e.itemsize == 4 else row
        for c in range(len(columns)):
            number = b.load(b.gep(place, [I64(0), b.add(row, I64(c))]))
            found[c] = b.insert_element(found[c], number, I32(lane))
    return found


def _bell(e: Emitter, a: Any) -> _Growth:
    """exp(-a * a / 2), of the square with twice the digits."""
    b = e.builder
    half = e.constant(-0.5)
    if e.target.fma:
        less = b.fmul(a, half)
        square = b.fmul(a, less)
        return _growth(e, square, e.fma(a, less, b.fneg(square)))
    first = b.bitcast(b.and_(b.bitcast(a, _whole(e)), _integer(e, -1 << (12 if e.itemsize == 4 else 27))), e.type)
    return _growth(e, b.fmul(b.fmul(first, first), half),
                   b.fmul(b.fmul(b.fsub(a, first), b.fadd(a, first)), half))


def _under_bell(e: Emitter, a: Any, which: int) -> Any:
    """exp(-a * a / 2) times what a table gives for a."""
    grown, (first, more) = _bell(e, a), _of_tail(e, a, which)
    found = e.builder.fadd(first, e.fma(first, grown.q, e.fma(more, grown.q, more)))  # one rounding counts
    return _scaled(e, found, grown.n, grown.shifted)


def gelu(e: Emitter, x: Any) -> Any:
    b, f = e.builder, _FORMATS[e.itemsize]
    a = below(e, absolute(e, x), f.tail_most)
    beyond = _under_bell(e, a, _GELU)
    positive = b.select(b.fcmp_ordered("<", x, e.zero), b.fmul(x, e.zero), x)  # minus infinity gives NaN
    return b.fsub(positive, beyond)


def gelu_slope(e: Emitter, g: Any, x: Any) -> Any:
    """g times the slope of `gelu` at x."""
    b, f = e.builder, _FORMATS[e.itemsize]
    a = below(e, absolute(e, x), f.tail_most)
    beyond = _under_bell(e, a, _SLOPE)
    slope = b.select(b.fcmp_ordered("<", x, e.zero), beyond, b.fsub(e.constant(1.0), beyond))
    return b.fmul(g, e.fma(x, e.zero, slope))  # infinity gives NaN
