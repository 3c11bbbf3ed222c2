"""Exponentials in vectors of LLVM's intermediate representation: what `elementary` computes in loops, for tiles.

The polynomials are those of `elementary`. One division is left of each function, and that is replaced by an
approximation and Newton's steps where the processor has one: dividing takes longer than everything else together.
This module imports Numba.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir

from .ir import Emitter


class _Format(NamedTuple):
    """What depends on the precision: the exponential of x is 2 ** n * (1 + r + r * r * polynomial(r))."""

    polynomial: tuple[float, ...]
    ln2_high: float
    ln2_low: float
    #: Adding it leaves no place for a fraction, and the last bits are a whole number.
    rounding: float
    bias: int
    mantissa: int
    #: Within plus or minus this, the exponential and its reciprocal are normal numbers.
    bound: float
    #: Newton's steps that an approximation to 14 bits needs.
    newton: int


_FORMATS = {
    4: _Format((0.00139262508314976117, 0.0083632328836826182, 0.0416665542129841503, 0.166665766661199283, 0.5),
               0.693359375, -2.12194440054690583e-4, 12582912.0, 127, 23, 87.0, 1),
    8: _Format((2.5100472505694996e-8, 2.76202015910315488e-7, 2.75572682769056962e-6, 0.0000248015210578682052,
                0.00019841269863171556, 0.00138888889173670806, 0.0083333333333300382, 0.0416666666666238205,
                0.166666666666666675, 0.500000000000000103),
               0.6931471803691238, 1.9082149292705877e-10, 6755399441055744.0, 1023, 52, 708.0, 2),
}
_LOG2_E = 1.4426950408889634


def constant(e: Emitter, value: float) -> Any:
    """A vector with ``value`` in every lane."""
    return ir.Constant(e.type, [value] * e.lanes)


def _below(e: Emitter, x: Any, bound: float) -> Any:
    """The lesser of x and the bound; NaN stays."""
    b = constant(e, bound)
    return e.builder.select(e.builder.fcmp_ordered(">", x, b), b, x)


def _above(e: Emitter, x: Any, bound: float) -> Any:
    b = constant(e, bound)
    return e.builder.select(e.builder.fcmp_ordered("<", x, b), b, x)


def _exponential(e: Emitter, x: Any) -> tuple[Any, Any]:
    """(q, p) with exp(x) = q * p + p and p a power of two, for x within the bounds."""
    b, f = e.builder, _FORMATS[e.itemsize]
    rounding = constant(e, f.rounding)
    shifted = e.fma(x, constant(e, _LOG2_E), rounding)
    n = b.fsub(shifted, rounding)
    r = e.fma(n, constant(e, -f.ln2_low), e.fma(n, constant(e, -f.ln2_high), x))
    p = constant(e, f.polynomial[0])
    for c in f.polynomial[1:]:
        p = e.fma(p, r, constant(e, c))
    whole = ir.VectorType(ir.IntType(8 * e.itemsize), e.lanes)
    bits = b.add(b.bitcast(shifted, whole), ir.Constant(whole, [f.bias] * e.lanes))
    power = b.bitcast(b.shl(bits, ir.Constant(whole, [f.mantissa] * e.lanes)), e.type)
    return e.fma(b.fmul(p, r), r, r), power


def _reciprocal(e: Emitter, x: Any) -> Any:
    """1 / x for x whose reciprocal is normal, to an ulp."""
    one = constant(e, 1.0)
    if e.target.width != 64:
        return e.builder.fdiv(one, x)
    kind = "ps" if e.itemsize == 4 else "pd"
    every = ir.IntType(e.lanes)((1 << e.lanes) - 1)
    r = e._intrinsic(f"llvm.x86.avx512.rcp14.{kind}.512", e.type, x, e.zero, every)
    negative = e.builder.fneg(x)
    for _ in range(_FORMATS[e.itemsize].newton):
        r = e.fma(r, e.fma(negative, r, one), r)
    return r


def sigmoid(e: Emitter, x: Any) -> Any:
    """1 / (1 + exp(-x)); below the bound, where it is next to nothing, its value there."""
    b, bound = e.builder, _FORMATS[e.itemsize].bound
    q, power = _exponential(e, b.fneg(_above(e, _below(e, x, bound), -bound)))
    return _reciprocal(e, e.fma(q, power, b.fadd(power, constant(e, 1.0))))


def tanh(e: Emitter, x: Any) -> Any:
    """(1 - exp(-2 a)) / (1 + exp(-2 a)) for a = abs(x), with the sign of x; exact to 3 ulp next to zero too."""
    b = e.builder
    a = e._intrinsic(f"llvm.fabs.{e._suffix}", e.type, x)
    q, power = _exponential(e, b.fmul(_below(e, a, 22.0), constant(e, -2.0)))
    less = e.fma(q, power, b.fsub(power, constant(e, 1.0)))  # exp(-2 a) - 1
    found = b.fmul(b.fneg(less), _reciprocal(e, b.fadd(less, constant(e, 2.0))))
    return e._intrinsic(f"llvm.copysign.{e._suffix}", e.type, found, x)
