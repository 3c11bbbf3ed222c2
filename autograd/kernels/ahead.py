"""All kernels of an element type, to be compiled ahead of use."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from . import attention, products, sequences, steps
from .compiled.late import LATE
from .compiled.loops import LOOPS
from .convolution import choice as conv_choice, plans as conv_plans
from .machine import threads

#: Convolutions that together need all kernels, on any processor: of input, weight, stride, padding.
_CONVOLUTIONS = {
    "3 x 3": ((16, 64, 8, 8), (64, 64, 3, 3), (1, 1), ((1, 1), (1, 1))),
    "strided": ((4, 16, 9, 9), (32, 16, 3, 3), (2, 2), ((1, 1), (1, 1))),
    "of few channels": ((4, 1, 9, 9), (16, 1, 3, 3), (1, 1), ((1, 1), (1, 1))),
    "depthwise": ((4, 64, 9, 9), (64, 1, 3, 3), (1, 1), ((1, 1), (1, 1))),
    "depthwise, strided": ((4, 64, 9, 9), (64, 1, 3, 3), (2, 2), ((1, 1), (1, 1))),
    "1 x 1": ((4, 64, 8, 8), (64, 64, 1, 1), (1, 1), ((0, 0), (0, 0))),
}


def kernels(dtype: np.dtype[Any]) -> list[tuple[str, Callable[[], Any]]]:
    """The family of each kernel of single or double precision, and what compiles or loads it: gives None where that
    fails. Formulas are those of the modules that are imported; they are compiled for both precisions."""
    for module in pkgutil.walk_packages(sys.modules[__package__].__path__, __package__ + "."):
        importlib.import_module(module.name)
    for declare in steps.DECLARING:
        declare()
    found: list[tuple[str, Callable[[], Any]]] = [("formulas", kernel.compile) for kernel in tuple(LATE.values())]
    found += [("loops", lambda loop=loop: loop.compile(loop.only or dtype)) for loop in LOOPS.values()]
    found += [("threads", threads.compile), ("products", lambda: products.compile(dtype))]
    found += [("attention", lambda backward=backward: attention.compile(dtype, backward)) for backward in (False, True)]
    found += [("recurrent", lambda kind=kind, name=name, vectors=vectors: sequences.compile(kind, name, dtype, vectors))
              for kind, name, vectors in sequences.ALL]
    for x, w, stride, padding in _CONVOLUTIONS.values():
        g = conv_choice.geometry(x, w, stride, padding, (1, 1), x[1] // w[1])
        assert g is not None
        rest = (*conv_choice.vectors(dtype.itemsize), dtype.itemsize)
        found += [("convolutions", lambda method=method, kind=kind, g=g: conv_choice.compile(method, kind, g, dtype)[0])
                  for kind in ("forward", "input", "weight") for method in conv_plans.methods(kind, g, *rest)
                  if method != "winograd4"]
    return found
