"""When a product of matrices is computed by the compiled kernel of `gemm` rather than by NumPy and its BLAS.

The limits were measured against OpenBLAS on one core with AVX-512. They depend on shapes and strides alone, never on
the number of threads, and so do the results: threads share the columns or the rows of a product, or the matrices of a
batch, and each element is summed up in the same order whoever does it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from .compiled.late import Account, compiled
from .machine.blas import SINGLE, SINGLE_VECTOR, one_thread
from .machine.threads import LEAST as LEAST_SHARED, share

Array = np.ndarray[Any, Any]

#: Operands of fewer elements together are not worth looking at: NumPy's own call takes no longer.
SMALL = 512
#: Multiplications below which NumPy's own call takes no longer: generally, where the left operand does not run along k,
#: where the right one does, and where a bias is added as well.
LEAST, LEAST_LEFT, LEAST_RIGHT, LEAST_BIAS = 80_000, 200_000, 20_000, 2_000
#: OpenBLAS has fast kernels for results of fewer elements, if the right operand runs along k.
SMALL_RESULT = 1200
#: Multiplications of each matrix of a batch, and of all, below which NumPy's call for all takes no longer.
LEAST_EACH, LEAST_TOGETHER = 60_000, 120_000
#: Fewer columns leave most of a vector unused; fewer rows do not pay for looking at B.
NARROW, LOW = 8, 4
#: Threads share multiples of so many rows, enough that each may copy B, or of columns: whole panels of the kernel.
ROWS, COLUMNS = 96, 64

_FLOAT32, _FLOAT64 = np.dtype("float32"), np.dtype("float64")
_NO_BATCH = np.empty(0, np.int64)
_NO_BIAS = {_FLOAT32: np.empty(0, np.float32), _FLOAT64: np.empty(0, np.float64)}

#: The compiled kernel of each element type, once it is there.
_compiled: dict[np.dtype[Any], Callable[..., Any] | None] = {}
#: The kernels are large; a multiplication in NumPy takes 1/60 ns, and a quarter less in the kernel.
_accounts = {d: Account(price=0.3) for d in (_FLOAT32, _FLOAT64)}
_SAVED_EACH, _SAVED_BIAS = 4e-12, 1e-6
#: What a multiplication takes in the kernel.
_SECONDS = {_FLOAT32: 1.3e-11, _FLOAT64: 2.6e-11}
#: Multiplications from which threads share them.
_SHARED = {d: 2 * LEAST_SHARED / seconds for d, seconds in _SECONDS.items()}


def _blas_is_slower() -> bool:
    """Whether the kernels are worth having: Accelerate computes on a coprocessor."""
    libraries: Any = np.show_config(mode="dicts")  # type: ignore[call-overload]
    return "accelerate" not in libraries["Build Dependencies"]["blas"]["name"].lower()


def _kernel(dtype: np.dtype[Any], saved: float) -> Any:
    """The compiled products of an element type; None where there are none, or not yet. They save so many seconds."""
    if not _accounts[dtype].pays(saved):
        return None
    if dtype in _compiled:
        return _compiled[dtype]
    return compile(dtype)


def compile(dtype: np.dtype[Any]) -> Callable[..., Any] | None:
    """Compile them now, or load what was compiled before; None where NumPy's are better, or that fails."""
    if dtype not in _compiled and not _blas_is_slower():
        _compiled[dtype] = None
    return compiled(_compiled, dtype, "products of {} matrices", lambda: _build(dtype))


def _build(dtype: np.dtype[Any]) -> Callable[..., Any]:
    from . import gemm
    return gemm.compiled(dtype)  # type: ignore[no-any-return]


def by_blas(a: Array, b: Array) -> Array:
    """``a.dot(b)`` of vectors or matrices, in one thread of BLAS."""
    columns = 1 if b.ndim == 1 else b.shape[1]
    vectors = columns == 1 or a.ndim == 1 or len(a) == 1
    limit = SINGLE_VECTOR if vectors else SINGLE
    if a.size * columns <= (limit // 4 if a.dtype.kind == "c" else limit):
        return a.dot(b)
    with one_thread:
        return a.dot(b)


def batches_by_blas(a: Array, b: Array) -> Array:
    """``np.matmul(a, b)``, in one thread of BLAS."""
    if prod(a.shape[-2:]) * b.shape[-1] < SINGLE_VECTOR // 4:
        return np.matmul(a, b)  # type: ignore[no-any-return]
    with one_thread:
        return np.matmul(a, b)  # type: ignore[no-any-return]


def product(a: Array, b: Array, bias: Array | None = None) -> Array | None:
    """``a @ b`` (+ bias) of two matrices, or None where NumPy shall do it: it also raises what is to be raised."""
    m, k = a.shape
    rows, n = b.shape
    work = m * n * k
    if n < NARROW or m < LOW or rows != k or work < LEAST_BIAS:
        return None
    d = a.dtype
    if d is not b.dtype or (d is not _FLOAT32 and d is not _FLOAT64):
        return None
    size = d.itemsize
    if bias is None:
        if b.strides[0] == size:
            if work < LEAST_RIGHT or m * n < SMALL_RESULT:
                return None
        elif work < LEAST:
            return None
        if work < LEAST_LEFT and a.strides[0] == size != a.strides[1]:
            return None
        saved, bias = work * _SAVED_EACH, _NO_BIAS[d]
    elif bias.dtype is not d or bias.shape != (n,) or bias.strides != (size,):
        return None
    else:
        saved = work * _SAVED_EACH + _SAVED_BIAS
    kernel = _kernel(d, saved)
    if kernel is None:
        return None
    out = np.empty((m, n), d)
    if work < _SHARED[d]:
        kernel(a, b, out, bias, _NO_BATCH)
    else:
        _product(kernel, a, b, out, bias)
    return out


def _product(kernel: Any, a: Array, b: Array, out: Array, bias: Array) -> None:
    m, n = out.shape
    work = m * n * a.shape[1]
    seconds = work * _SECONDS[out.dtype]
    if work < _SHARED[out.dtype]:
        kernel(a, b, out, bias, _NO_BATCH)
    elif n >= m:
        def columns(i: int, j: int) -> None:
            kernel(a, b[:, i:j], out[:, i:j], bias[i:j], _NO_BATCH)
        share(columns, n, seconds, COLUMNS)
    else:
        def rows(i: int, j: int) -> None:
            kernel(a[i:j], b, out[i:j], bias, _NO_BATCH)
        share(rows, m, seconds, ROWS)


def batched_product(a: Array, b: Array) -> Array | None:
    """``a @ b`` of two equal batches of matrices, in one or two dimensions, of any strides; or None."""
    batch = a.shape[:-2]
    if b.shape[:-2] != batch or len(batch) > 2:
        return None
    m, k = a.shape[-2:]
    n = b.shape[-1]
    work = m * n * k
    count = batch[0] if len(batch) == 1 else batch[0] * batch[1]
    if count * work < LEAST_TOGETHER or b.shape[-2] != k:
        return None
    d = a.dtype
    if b.strides[-2] == d.itemsize and b.strides[-1] != d.itemsize:
        if m * n < 256 or n < 16:
            return None
    elif work < LEAST_EACH or n < 32:
        return None
    if d is not b.dtype or (d is not _FLOAT32 and d is not _FLOAT64):
        return None
    kernel = _kernel(d, count * work * _SAVED_EACH)
    if kernel is None:
        return None
    out = np.empty((*batch, m, n), d)
    seconds = count * work * _SECONDS[d]
    if seconds < 2 * LEAST_SHARED:
        _products(kernel, a, b, out)
    elif len(batch) == 1 or batch[0] >= batch[1]:
        share(lambda i, j: _products(kernel, a[i:j], b[i:j], out[i:j]), batch[0], seconds)
    else:
        share(lambda i, j: _products(kernel, a[:, i:j], b[:, i:j], out[:, i:j]), batch[1], seconds)
    return out


def _products(kernel: Any, a: Array, b: Array, out: Array) -> None:
    batch = a.shape[:-2]
    if len(batch) == 1:
        layout = (batch[0], 1, a.strides[0], 0, b.strides[0], 0, out.strides[0], 0)
    else:
        layout = (*batch, *a.strides[:2], *b.strides[:2], *out.strides[:2])
    first = (0,) * len(batch)
    kernel(a[first], b[first], out[first], _NO_BIAS[a.dtype], np.array(layout, np.int64))


def product_into(a: Array, b: Array, out: Array, bias: Array | None = None) -> None:
    """``out = a @ b`` (+ bias) of matrices of one element type; rows of ``out`` are contiguous.

    For parts of a larger computation, which are asked about together: there is no limit to their size.
    """
    m, k = a.shape
    kernel = _kernel(out.dtype, m * k * b.shape[1] * _SAVED_EACH) if m > 1 else None
    if kernel is not None:
        _product(kernel, a, b, out, _NO_BIAS[out.dtype] if bias is None else bias)
        return
    with one_thread:
        np.matmul(a, b, out=out)
    if bias is not None:
        out += bias
