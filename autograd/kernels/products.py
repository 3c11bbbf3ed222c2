"""When a product of matrices is computed by the compiled kernel of `gemm` rather than by NumPy and its BLAS.

The limits were measured against OpenBLAS on one core with AVX-512. They depend on shapes and strides alone, never on
the number of threads, and so do the results.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .late import Account

Array = np.ndarray[Any, Any]

#: Multiplications below which NumPy's own call takes no longer, for b running along rows and along columns.
LEAST, LEAST_TRANSPOSED = 600_000, 60_000
#: What is not worth asking for: left operands of fewer elements, right ones of fewer columns.
LARGE, WIDE = 1024, 16
#: Multiplications from which BLAS has the time to do as well, and to use several threads.
MOST = 2**24

_FLOAT32, _FLOAT64 = np.dtype("float32"), np.dtype("float64")
_NO_BATCH = np.empty(0, np.int64)
_NO_BIAS = {_FLOAT32: np.empty(0, np.float32), _FLOAT64: np.empty(0, np.float64)}

#: The compiled kernel of each element type, once it is there.
_compiled: dict[np.dtype[Any], Any] = {}
#: The kernels are large; a multiplication in NumPy takes 1/60 ns, and a quarter less in the kernel.
_accounts = {d: Account(price=0.3) for d in (_FLOAT32, _FLOAT64)}
_SAVED_EACH = 4e-12


def _blas_is_slower() -> bool:
    """Whether the limits hold: Accelerate has a coprocessor, and MKL and BLIS were not measured."""
    libraries: Any = np.show_config(mode="dicts")  # type: ignore[call-overload]
    return "openblas" in libraries["Build Dependencies"]["blas"]["name"].lower()


def _kernel(dtype: np.dtype[Any], work: int) -> Any:
    """The compiled products of an element type; None where there are none, or not yet."""
    if not _accounts[dtype].pays(work * _SAVED_EACH):
        return None
    if dtype not in _compiled:
        if _blas_is_slower():
            from . import gemm
            _compiled[dtype] = gemm.compiled(dtype)
        else:
            _compiled[dtype] = None
    return _compiled[dtype]


def product(a: Array, b: Array, bias: Array | None = None) -> Array | None:
    """``a @ b`` (+ bias) of two matrices, or None where NumPy shall do it: it also raises what is to be raised."""
    m, k = a.shape
    n = b.shape[1]
    work = m * n * k
    if not LEAST_TRANSPOSED <= work <= MOST or n < WIDE or b.shape[0] != k:
        return None
    d = a.dtype
    size = d.itemsize
    column, row = a.strides
    if b.strides[0] == size:  # OpenBLAS has fast kernels for small results only
        if m * n < 1200:
            return None
    elif work < LEAST:
        return None
    if column == size and row != size and (work < 2 * LEAST or (m >= 256 and k >= 256)):
        return None
    if d is not b.dtype or (d is not _FLOAT32 and d is not _FLOAT64):
        return None
    if bias is None:
        bias = _NO_BIAS[d]
    elif bias.dtype is not d or bias.shape != (n,) or bias.strides != (size,):
        return None
    kernel = _kernel(d, work)
    if kernel is None:
        return None
    out = np.empty((m, n), d)
    kernel(a, b, out, bias, _NO_BATCH)
    return out


def batched_product(a: Array, b: Array) -> Array | None:
    """``a @ b`` of two equal batches of matrices, in one or two dimensions, of any strides; or None."""
    batch = a.shape[:-2]
    if b.shape[:-2] != batch or len(batch) > 2:
        return None
    m, k = a.shape[-2:]
    n = b.shape[-1]
    work = m * n * k
    count = batch[0] if len(batch) == 1 else batch[0] * batch[1]
    if count * work < 2 * LEAST_TRANSPOSED or work > MOST or b.shape[-2] != k:
        return None
    d = a.dtype
    if b.strides[-2] == d.itemsize and b.strides[-1] != d.itemsize:
        if m * n < 256:
            return None
    elif work < LEAST or n < 32 or k < 64:
        return None
    if d is not b.dtype or (d is not _FLOAT32 and d is not _FLOAT64):
        return None
    kernel = _kernel(d, count * work)
    if kernel is None:
        return None
    out = np.empty((*batch, m, n), d)
    first = (0,) * len(batch)
    if len(batch) == 1:
        layout = (count, 1, a.strides[0], 0, b.strides[0], 0, out.strides[0], 0)
    else:
        layout = (*batch, *a.strides[:2], *b.strides[:2], *out.strides[:2])
    kernel(a[first], b[first], out[first], _NO_BIAS[d], np.array(layout, np.int64))
    return out


def product_into(a: Array, b: Array, out: Array, bias: Array | None = None) -> None:
    """``out = a @ b`` (+ bias) of matrices of one element type; rows of ``out`` are contiguous.

    For parts of a larger computation, which are asked about together: there is no limit to their size.
    """
    m, k = a.shape
    kernel = _kernel(out.dtype, m * k * b.shape[1]) if m > 1 else None
    if kernel is None:
        np.matmul(a, b, out=out)
        if bias is not None:
            out += bias
    else:
        kernel(a, b, out, _NO_BIAS[out.dtype] if bias is None else bias, _NO_BATCH)
