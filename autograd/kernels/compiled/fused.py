"""Elementwise formulas compiled to one pass over their arrays.

NumPy runs ``g * (1 - out * out)`` as three calls, each of which costs a quarter of a microsecond before it computes
anything and, on large arrays, a pass through memory. `fused` marks such a formula; once that pays, Numba compiles it
to a ufunc, one call and one pass. The formula itself stays what it was: it runs on arrays until then, and on Tensors
(and on half precision, and on complex numbers) always.

The compiled form computes the same operations in the same order and precision, and so the same bits: a run that
begins with one and ends with the other gives what either would. That is why a formula may use ``+ - * /``,
comparisons, ``where`` and ``np.sqrt``, and no function that two libraries round differently.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import numpy as np

from .late import Late

F = TypeVar("F", bound=Callable[..., Any])

#: What formulas call to choose: on arrays and Tensors this, in compiled form a branch.
where = np.where

_TYPES = (np.float32, np.float64)


class Formula(Late):
    """An elementwise formula; its compiled form is a ufunc for single and double precision."""

    def build(self) -> Callable[..., Any]:
        from numba.np.ufunc import _internal

        loops = [_inner_loop(self.function, scalar) for scalar in _TYPES]  # the libraries have to live on
        count = self.function.__code__.co_argcount
        numbers = [[np.dtype(scalar).num] * (count + 1) for scalar in _TYPES]
        return _internal.fromfunc(  # type: ignore[no-any-return]
            self.function.__name__, self.function.__doc__, [address for _, address in loops], numbers, count, 1,
            [None] * len(loops), loops, _internal.PyUFunc_None)


def fused(function: F | None = None, *, twin: Callable[..., Any] | None = None) -> Any:
    """Declare an elementwise formula on arrays of one floating type (and Python numbers).

    Args:
        twin: what computes the same bits where the formula is not compiled, if the formula itself is not the best
            that NumPy can do, or is not recorded on Tensors as it should.

    >>> import numpy as np
    >>> from autograd.kernels.compiled.fused import fused
    >>> from autograd.kernels.compiled.late import LATE
    >>> @fused
    ... def tanh_slope(g, out):
    ...     return g * (1 - out * out)
    >>> ufunc = LATE[tanh_slope].compile()
    >>> LATE[tanh_slope].current(np.array([2.0]), np.array([0.5]))
    array([1.5])
    """
    if function is None:
        return partial(fused, twin=twin)
    # Of two calls of NumPy one remains, and of two passes through memory.
    Formula(function, twin or function, saves=7e-7, saves_each=5e-10)
    return function


def _inner_loop(function: Callable[..., Any], scalar: type) -> tuple[Any, int]:
    """What NumPy calls for each row of operands: the library that holds it, and its address.

    Numba keeps the formula, but writes the loop around it anew in every process, which takes a twelfth of a second.
    """
    import numba
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.registry import cpu_target
    from numba.np.ufunc.ufuncbuilder import UFuncBuilder
    from numba.np.ufunc.wrappers import build_ufunc_wrapper

    from .cache import CompiledCache, fingerprint, jit, tagged

    key = f"{fingerprint(function)} {scalar.__name__}"
    element, context = getattr(numba, scalar.__name__), cpu_target.target_context
    signature = element(*[element] * function.__code__.co_argcount)
    cache = CompiledCache("formula", key)
    with global_compiler_lock:
        codegen = context.codegen()
        found = cache.load(signature, codegen, lambda state: (codegen.unserialize_library(state[0]), state[1]))
        if found is None:
            try:
                made = UFuncBuilder(tagged(key)(_typed(function, jit("")(_pick), scalar))).add(signature)
                info = build_ufunc_wrapper(made.library, context, made.fndesc.llvm_func_name, signature, False, made)
                info.library.enable_object_caching()
                info.library.finalize()
            finally:
                cache.stop()
            cache.save(signature, codegen, (info.library.serialize_using_object_code(), info.name))
            found = info.library, info.name
        library, name = found
        return library, library.get_pointer_to_function(name)


def _typed(function: Callable[..., Any], choose: Callable[..., Any], scalar: type) -> Callable[..., Any]:
    """The function with its constants in the arrays' precision: Numba would compute ``1 - x`` in double."""
    def typed(constant: Any) -> Any:
        return scalar(constant) if type(constant) in (int, float) else constant

    code = function.__code__
    names = {name: typed(value) for name, value in function.__globals__.items()} | {"where": choose}
    name = function.__name__ if function.__name__.isidentifier() else f"line_{code.co_firstlineno}"
    return types.FunctionType(code.replace(co_consts=tuple(map(typed, code.co_consts))), names, name)


def _pick(condition: Any, x: Any, y: Any) -> Any:
    return x if condition else y
