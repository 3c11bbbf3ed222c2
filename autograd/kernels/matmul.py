"""Matrix products of arrays of any rank."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..dtypes import scalar_type
from ..errors import fail
from .products import SMALL, batched_product, batches_by_blas, by_blas, product

Array = np.ndarray[Any, Any]

_FLOAT16, _FLOAT32 = np.dtype("float16"), np.dtype("float32")
_C_NAMES = {"float32": "float", "float64": "double", "float16": "c10::Half", "int64": "long int", "int32": "int",
            "int16": "short int", "int8": "signed char", "uint8": "unsigned char", "bool": "bool",
            "complex64": "c10::complex<float>", "complex128": "c10::complex<double>"}


def matmul(a: Array, b: Array) -> Any:
    """``a @ b`` with batch dimensions in front broadcast, for two arrays of one dtype.

    Two-dimensional operands go to ``ndarray.dot``, which takes half of ``np.matmul``'s overhead and leaves outer
    products to BLAS too. Where there are batch dimensions, or integers, multiplying is several times faster for those.
    """
    d = a.dtype
    m, n = a.ndim, b.ndim
    if d is not b.dtype or d is _FLOAT16 or d.kind == "b" or m == 0 or n == 0:
        return _unusual(a, b)
    try:
        if n <= 2:
            if m <= 2:
                if n == 2 and b.shape[0] == 1 and a.shape[-1] == 1 and d.kind not in "fc":
                    return a * b if m == 2 else a * b[0]
                if a.size + b.size < SMALL:
                    return a.dot(b)
                if m == n == 2:
                    out = product(a, b)
                    if out is not None:
                        return out
                return by_blas(a, b)
            shape = a.shape[:-1]
            rows = a.reshape(prod(shape), a.shape[-1])
            return by_blas(rows, b).reshape(shape) if n == 1 else matmul(rows, b).reshape(*shape, b.shape[1])
        if m >= 3 and a.shape[-1] == 1 and b.shape[-2] == 1:
            return a * b
        if m == n and a.size + b.size >= SMALL:
            out = batched_product(a, b)
            if out is not None:
                return out
        return batches_by_blas(a, b)
    except ValueError:
        fail(RuntimeError, _mismatch(a.shape, b.shape))


def affine(x: Array, weight: Array, bias: Array) -> Array | None:
    """``x @ weight.T + bias`` in one pass, or None where that is not to be had.

    Args:
        x: (..., K).
        weight: (M, K).
        bias: (M).
    """
    if x.size + weight.size < SMALL or weight.ndim != 2 or x.ndim < 2 or x.shape[-1] != weight.shape[1]:
        return None
    if x.ndim == 2:
        return product(x, weight.T, bias)
    rows = x.shape[:-1]
    out = product(x.reshape(prod(rows), x.shape[-1]), weight.T, bias)
    return None if out is None else out.reshape(*rows, len(weight))


def _unusual(a: Array, b: Array) -> Any:
    if a.ndim == 0 or b.ndim == 0:
        fail(RuntimeError, f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D; "
                           "multiply by a number with *")
    if a.dtype != b.dtype:
        if a.ndim == b.ndim == 1:
            fail(RuntimeError, "dot : expected both vectors to have same dtype, but found "
                               f"{scalar_type(a.dtype)} and {scalar_type(b.dtype)}; convert one of them")
        fail(RuntimeError, "expected m1 and m2 to have the same dtype, but got: "
                           f"{_C_NAMES[a.dtype.name]} != {_C_NAMES[b.dtype.name]}; convert one of them")
    if a.dtype.kind == "b":
        name = "dot" if a.ndim == b.ndim == 1 else "addmm_impl_cpu_"
        fail(NotImplementedError, f"\"{name}\" not implemented for 'Bool'; convert to an integer or floating type")
    if a.dtype == _FLOAT16:  # sums in single precision, rounds once
        return matmul(a.astype(_FLOAT32), b.astype(_FLOAT32)).astype(_FLOAT16)
    one = np.dtype(a.dtype.name)  # the types are equal, but not the same object
    return matmul(a.astype(one), b.astype(one))


def _mismatch(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    """What is wrong with the shapes of a product."""
    m, n = len(a), len(b)
    if m == n == 1:
        return (f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the same number of "
                f"elements, but got {a[0]} and {b[0]} elements respectively")
    if n == 1:
        rows = prod(a[:-1])
        return f"size mismatch, got input ({rows}), mat ({rows}x{a[-1]}), vec ({b[0]})"
    if n == 2:
        rows = prod(a[:-1])
        return f"mat1 and mat2 shapes cannot be multiplied ({rows}x{a[-1]} and {b[0]}x{b[1]})"
    left, right = a[:-2], b[:-2]
    width = max(len(left), len(right))
    left, right = (1,) * (width - len(left)) + left, (1,) * (width - len(right)) + right
    for d in range(width - 1, -1, -1):
        if left[d] != right[d] and left[d] != 1 and right[d] != 1:
            return (f"The size of tensor a ({left[d]}) must match the size of tensor b ({right[d]}) at non-singleton "
                    f"dimension {d}; the batch dimensions of matrix products broadcast")
    batch = prod(max(p, q) for p, q in zip(left, right, strict=True))
    return (f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {a[-1]}] "
            f"but got: [{batch}, {b[-2]}].")
