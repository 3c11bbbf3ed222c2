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
        import numba
        from numba.np.ufunc.ufuncbuilder import UFuncBuilder

        from .compiled_cache import fingerprint, jit, kept, tagged

        choose = jit("")(_pick)
        builder = UFuncBuilder(self.function)
        for scalar in _TYPES:
            element = getattr(numba, scalar.__name__)
            key = f"{fingerprint(self.function)} {scalar.__name__}"
            builder.nb_func = UFuncBuilder(tagged(key)(_typed(self.function, choose, scalar))).nb_func
            with kept(builder.nb_func, "formula", key, "cache"):
                builder.add(element(*[element] * self.function.__code__.co_argcount))
        return builder.build_ufunc()  # type: ignore[no-any-return]


def fused(function: F | None = None, *, twin: Callable[..., Any] | None = None) -> Any:
    """Declare an elementwise formula on arrays of one floating type (and Python numbers).

    Args:
        twin: what computes the same bits where the formula is not compiled, if the formula itself is not the best
            that NumPy can do, or is not recorded on Tensors as it should.

    >>> import numpy as np
    >>> from autograd.kernels.fused import fused
    >>> from autograd.kernels.late import LATE
    >>> @fused
    ... def tanh_slope(g, out):
    ...     return g * (1 - out * out)
    >>> LATE[tanh_slope].compile()
    >>> LATE[tanh_slope].current(np.array([2.0]), np.array([0.5]))
    array([1.5])
    """
    if function is None:
        return partial(fused, twin=twin)
    # Of two calls of NumPy one remains, and of two passes through memory.
    Formula(function, twin or function, saves=7e-7, saves_each=5e-10)
    return function


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
