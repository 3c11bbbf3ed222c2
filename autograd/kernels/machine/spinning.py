"""Waiting without sleeping: a thread that looks at a number in memory until it changes.

Waking a thread that sleeps takes the system 20 to 100 microseconds, as long as many kernels run. A thread that spins
notices within one. This module imports Numba.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from ..compiled.cache import entry_point, jit

_I64 = ir.IntType(64)
#: Looks at the number for which the clock is read twice, to know what one takes.
_SAMPLE = 500
#: Seconds to go on when it has changed. Whoever changed it holds the interpreter's lock until it has called a kernel:
#: whoever asked for the lock before would be put to sleep.
_AFTER = 5e-6
#: Looks after which others may have the processor, a few microseconds.
_EACH = 128


@intrinsic  # type: ignore[untyped-decorator]
def _look(typing, cells):  # type: ignore[no-untyped-def]
    """The first number of an array, as other threads see it, after a short rest of the processor."""
    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        if cpu_target.target_context.codegen().magic_tuple()[0].startswith(("x86", "i686", "amd64")):
            rest = ir.FunctionType(ir.VoidType(), [])
            builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), rest), [])
        array = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.load_atomic(builder.bitcast(array.data, _I64.as_pointer()), ordering="acquire", align=8)
    return types.int64(cells), emit


@intrinsic  # type: ignore[untyped-decorator]
def _let_others(typing):  # type: ignore[no-untyped-def]
    """Let another thread have this processor, if one waits for it: it may be the one that is waited for."""
    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        if sys.platform != "win32":
            yields = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, yields, "sched_yield"), [])
        return context.get_dummy_value()
    return types.void(), emit


def _spin(cells, value, looks, after):  # type: ignore[no-untyped-def]
    for i in range(looks):
        if _look(cells) != value:
            for _ in range(after):
                _look(cells)
            return
        if i % _EACH == _EACH - 1:
            _let_others()


def compiled(seconds: float) -> Callable[[np.ndarray[Any, Any], int], None]:
    """The function that waits while the first number of an int64 array is the one given, for so many seconds at most.

    It lets go of the interpreter's lock.
    """
    signature = types.void(types.int64[::1], types.int64, types.int64, types.int64)
    spin = entry_point(jit("")(_spin), "spin", "", signature)
    cells = np.zeros(1, np.int64)
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        spin(cells, 0, _SAMPLE, 0)
        taken.append(time.perf_counter() - start)
    looks, after = (max(1, int(t / min(taken) * _SAMPLE)) for t in (seconds, _AFTER))
    return lambda cells, value: spin(cells, value, looks, after)
