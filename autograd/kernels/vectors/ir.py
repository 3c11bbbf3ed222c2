"""Vectors in LLVM's intermediate representation: the instructions of which the inner loops of kernels are made.

Numba's vectoriser does not keep a block of results in registers; here the loops are spelled out, in vectors of the
width that the processor has. This module imports Numba: import it only where kernels are compiled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target

I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)
FLOATS = {4: ir.FloatType(), 8: ir.DoubleType()}


class Target(NamedTuple):
    """What kernels need to know about a processor."""

    #: Bytes of one vector.
    width: int
    #: How many vectors fit into registers.
    registers: int
    #: Whether it multiplies and adds in one instruction; where not, the two are emitted.
    fma: bool
    #: Whether loads under a mask cost what others do.
    masks: bool

    @classmethod
    def of(cls, triple: str, features: str) -> Target:
        """The target for code compiled for ``triple`` with LLVM's list of ``features``."""
        has = {f[1:] for f in features.split(",") if f.startswith("+")}
        if triple.startswith(("aarch64", "arm64")):
            return cls(16, 32, True, False)
        if "avx512f" in has:
            return cls(64, 32, True, True)
        if "avx" in has:
            return cls(32, 16, "fma" in has, False)
        return cls(16, 16, False, False)


def host() -> Target:
    """The target that Numba compiles for."""
    triple, _, features = cpu_target.target_context.codegen().magic_tuple()
    return Target.of(triple, features)


def procedure(count: int) -> Any:
    """The signature of a function of so many integers that returns nothing."""
    return types.void(*[types.int64] * count)


def processor() -> str:
    """A name for this processor as code is compiled for it."""
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    return f"{triple} {name} {hashlib.sha256(features.encode()).hexdigest()[:16]}"


class Emitter:
    """Instructions on vectors of one element type, at the place where ``builder`` stands. Addresses are integers."""

    def __init__(self, builder: ir.IRBuilder, target: Target, itemsize: int) -> None:
        self.builder, self.target, self.itemsize = builder, target, itemsize
        self.lanes = target.width // itemsize
        self.scalar_type = FLOATS[itemsize]
        self.type = ir.VectorType(self.scalar_type, self.lanes)
        self.zero = ir.Constant(self.type, [0.0] * self.lanes)
        self._suffix = f"v{self.lanes}f{8 * itemsize}"

    def constant(self, value: float) -> Any:
        """A vector with this number in every lane."""
        return ir.Constant(self.type, [value] * self.lanes)

    def _intrinsic(self, name: str, result: ir.Type, *args: ir.Value) -> Any:
        kind = ir.FunctionType(result, [a.type for a in args])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), args)

    def at(self, base: ir.Value, *offsets: ir.Value | int) -> Any:
        """The address ``base`` plus offsets in bytes."""
        for o in offsets:
            if not (isinstance(o, int) and o == 0):
                base = self.builder.add(base, I64(o) if isinstance(o, int) else o)
        return base

    def _pointer(self, address: ir.Value, to: ir.Type) -> Any:
        return self.builder.inttoptr(address, to.as_pointer())

    def load(self, address: ir.Value) -> Any:
        return self.builder.load(self._pointer(address, self.type), align=self.itemsize)

    def store(self, value: ir.Value, address: ir.Value) -> None:
        self.builder.store(value, self._pointer(address, self.type), align=self.itemsize)

    def store_past(self, value: ir.Value, address: ir.Value) -> None:
        """Store to an aligned address past the caches: for what they cannot hold until it is needed."""
        store = self.builder.store(value, self._pointer(address, self.type), align=self.target.width)
        store.set_metadata("nontemporal", self.builder.module.add_metadata([I32(1)]))

    def load_scalar(self, address: ir.Value) -> Any:
        return self.builder.load(self._pointer(address, self.scalar_type), align=self.itemsize)

    def store_scalar(self, value: ir.Value, address: ir.Value) -> None:
        self.builder.store(value, self._pointer(address, self.scalar_type), align=self.itemsize)

    def prefetch(self, address: ir.Value, write: bool = False) -> None:
        """Fetch the line at an address, which need not be ours: to the second-level cache, or to be written to."""
        read, level, data = (I32(1), I32(3), I32(1)) if write else (I32(0), I32(2), I32(1))
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), I32, I32, I32])
        function = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.prefetch.p0")
        self.builder.call(function, [self._pointer(address, ir.IntType(8)), read, level, data])

    def mask(self, count: ir.Value) -> Any:
        """True in the first ``count`` lanes."""
        lanes = ir.Constant(ir.VectorType(I64, self.lanes), list(range(self.lanes)))
        return self.builder.icmp_signed("<", lanes, self.splat(count))

    def load_masked(self, address: ir.Value, mask: ir.Value) -> Any:
        """Zero where the mask is false; nothing is read there."""
        return self._intrinsic(f"llvm.masked.load.{self._suffix}.p0", self.type,
                               self._pointer(address, self.type), I32(self.itemsize), mask, self.zero)

    def store_masked(self, value: ir.Value, address: ir.Value, mask: ir.Value) -> None:
        self._intrinsic(f"llvm.masked.store.{self._suffix}.p0", ir.VoidType(), value,
                        self._pointer(address, self.type), I32(self.itemsize), mask)

    def splat(self, scalar: ir.Value) -> Any:
        """A vector with ``scalar`` in every lane."""
        kind = ir.VectorType(scalar.type, self.lanes)
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, I32(0))
        return self.shuffle(first, first, [0] * self.lanes)

    def shuffle(self, x: ir.Value, y: ir.Value, order: Sequence[int]) -> Any:
        """The lanes ``order`` of x and y, one after the other."""
        return self.builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, len(order)), list(order)))

    def fma(self, x: ir.Value, y: ir.Value, z: ir.Value) -> Any:
        """x * y + z."""
        if self.target.fma:
            return self._intrinsic(f"llvm.fma.{self._suffix}", self.type, x, y, z)
        return self.builder.fadd(self.builder.fmul(x, y), z)

    def root(self, x: ir.Value) -> Any:
        """The square root."""
        return self._intrinsic(f"llvm.sqrt.{self._suffix}", self.type, x)

    def loop(self, count: ir.Value, carried: Sequence[ir.Value],
             body: Callable[[Any, list[Any]], Sequence[ir.Value]]) -> list[Any]:
        """Run ``carried = body(i, carried)`` for i = 0, 1, ... < count; the body may not run at all."""
        b = self.builder
        before, inside, after = b.block, b.append_basic_block("loop"), b.append_basic_block("after")
        b.cbranch(b.icmp_signed("<", I64(0), count), inside, after)
        b.position_at_end(inside)
        i = b.phi(I64)
        phis = [b.phi(v.type) for v in carried]
        results = list(body(i, list(phis)))
        following = b.add(i, I64(1))
        end = b.block
        b.cbranch(b.icmp_signed("<", following, count), inside, after)
        for phi, first, last in zip([i, *phis], [I64(0), *carried], [following, *results]):
            phi.add_incoming(first, before)
            phi.add_incoming(last, end)
        b.position_at_end(after)
        return [self._merge(v, before, r, end) for v, r in zip(carried, results)]

    def when(self, condition: ir.Value, values: Sequence[ir.Value],
             body: Callable[[list[Any]], Sequence[ir.Value]]) -> list[Any]:
        """``body(values)`` where the condition holds, otherwise ``values``."""
        b = self.builder
        before, inside, after = b.block, b.append_basic_block("when"), b.append_basic_block("otherwise")
        b.cbranch(condition, inside, after)
        b.position_at_end(inside)
        results = body(list(values))
        end = b.block
        b.branch(after)
        b.position_at_end(after)
        return [self._merge(v, before, r, end) for v, r in zip(values, results)]

    def _merge(self, value: ir.Value, before: ir.Block, result: ir.Value, end: ir.Block) -> Any:
        phi = self.builder.phi(value.type)
        phi.add_incoming(value, before)
        phi.add_incoming(result, end)
        return phi
