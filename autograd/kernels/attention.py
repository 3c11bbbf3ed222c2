"""Scaled dot product attention, forward and backward, in memory that grows with the length and not with its square.

Queries [..., L, E], keys [..., S, E] and values [..., S, V] have at least two dimensions, the same number, and equal
ones in front, but that of the heads (the third from the right) may be a multiple for queries. A mask broadcasts to
[..., L, S]: booleans, True where a key takes part, or numbers added to the scores.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from .compiled.late import Account, compiled
from .machine.threads import share
from .matmul import matmul

Array = np.ndarray[Any, Any]

_FLOAT32, _FLOAT64, _BOOL = np.dtype("float32"), np.dtype("float64"), np.dtype("bool")

#: Scores that NumPy computes at once.
_BLOCK = 2**20

#: The compiled kernels, forward and backward, of each element type, once they are there.
_compiled: dict[tuple[np.dtype[Any], bool], Any] = {}
_accounts = {(d, backward): Account(price=0.3) for d in (_FLOAT32, _FLOAT64) for backward in (False, True)}
#: Seconds that a score costs less than in NumPy, and a call.
_SAVED_EACH, _SAVED = {False: 4e-9, True: 6e-9}, 2e-5
#: What a multiplication takes in the kernels, exponentials included.
_SECONDS = {_FLOAT32: 2e-11, _FLOAT64: 4e-11}

_NO_BIASES = {d: np.empty((0, 0, 0, 0), d) for d in (_FLOAT32, _FLOAT64)}


# --- the arrays as kernels take them ----------------------------------------------------------------------


def _in_heads(x: Array) -> Array:
    """[N, H, length, width]."""
    n = x.ndim
    if n == 4:
        return x
    return x[:, None] if n == 3 else x[None, None] if n == 2 else x.reshape(-1, *x.shape[-3:])


def _with_rows(x: Array) -> Array:
    """The same with contiguous rows."""
    x = _in_heads(x)
    return x if x.strides[3] == x.itemsize else np.ascontiguousarray(x)


def _kernel(q: Array, k: Array, v: Array, backward: bool) -> Any:
    """The compiled kernel; None where there is none, or not yet."""
    d = q.dtype
    account = _accounts.get((d, backward))
    if account is None or k.dtype is not d or v.dtype is not d or (d is not _FLOAT32 and d is not _FLOAT64):
        return None
    scores = math.prod(q.shape[:-1]) * k.shape[-2]
    if backward and q.shape[-2] == 1 and q.shape[:-2] == k.shape[:-2]:
        return None  # products with vectors, which BLAS computes as fast as it reads
    if not scores or not q.shape[-1] or not v.shape[-1] or not account.pays(_SAVED + scores * _SAVED_EACH[backward]):
        return None
    kernel = compile(d, backward)
    if kernel is None:
        return None
    whole = _whole_vectors()
    return None if q.shape[-1] * d.itemsize % whole or v.shape[-1] * d.itemsize % whole else kernel


def compile(dtype: np.dtype[Any], backward: bool) -> Any:
    """Compile a kernel now, or load what was compiled before; None where that fails."""
    return compiled(_compiled, (dtype, backward), "attention for {}", lambda: _build(dtype, backward))


def _build(dtype: np.dtype[Any], backward: bool) -> Any:
    from . import attention_tiles
    from .vectors import ir as vector_ir
    return attention_tiles.compiled(dtype, backward, vector_ir.host())


@cache
def _whole_vectors() -> int:
    from . import attention_tiles
    from .vectors import ir as vector_ir
    return attention_tiles.whole_vectors(vector_ir.host())


def _biases(q: Array, k: Array, mask: Array | None) -> Array:
    """What is added to the scores, [N, H, L, S], or empty."""
    d = q.dtype
    if mask is None:
        return _NO_BIASES[d]
    mask = np.where(mask, d.type(0), d.type(-np.inf)) if mask.dtype == _BOOL else mask.astype(d, copy=False)
    return _in_heads(np.broadcast_to(mask, (*q.shape[:-1], k.shape[-2])))


def _run(kernel: Any, arrays: tuple[Array, ...], q: Array, k: Array, products: int, mask: Array | None,
         is_causal: bool, scale: float) -> None:
    """Call a kernel for all heads of ``k``, some in each thread; it multiplies the scores ``products`` times."""
    options = _biases(q, k, mask), scale, is_causal
    seconds = q.size * k.shape[-2] * products * _SECONDS[q.dtype] * (0.5 if is_causal else 1.0)
    share(lambda start, stop: kernel(*arrays, *options, start, stop), math.prod(k.shape[:-2]), seconds)


# --- forward ----------------------------------------------------------------------------------------------


def _result(q: Array, v: Array) -> Array:
    """For the result [..., L, V], which lies in memory as four-dimensional queries do, as in PyTorch: where these came
    from one projection, what the heads find lies side by side for the next."""
    if q.ndim == 4 and v.shape[-1] == q.shape[-1]:
        return _new(q)
    return np.empty((*q.shape[:-1], v.shape[-1]), q.dtype)

def attention(q: Array, k: Array, v: Array, mask: Array | None, is_causal: bool, scale: float) -> tuple[Array, Array]:
    """``softmax(q @ k.T * scale + mask) @ v``, and the logarithm of each query's sum of exponentials, [..., L].

    A query that sees no key gets zeros, and infinity for the logarithm.
    """
    kernel = _kernel(q, k, v, False)
    if kernel is None:
        return _attention_by_numpy(q, k, v, mask, is_causal, scale)
    out, sums = _result(q, v), np.empty(q.shape[:-1], q.dtype)
    in_heads = _in_heads(out)
    arrays = _with_rows(q), _with_rows(k), _with_rows(v), in_heads, sums.reshape(in_heads.shape[:3])
    _run(kernel, arrays, q, k, 2, mask, is_causal, scale)
    return out, sums


def _for_each_query(x: Array, q: Array) -> Array:
    """Heads of keys or values repeated for those of queries that share them."""
    return x if x.shape[:-2] == q.shape[:-2] else np.repeat(x, q.shape[-3] // x.shape[-3], -3)


def _scores(q: Array, k: Array, mask: Array | None, is_causal: bool, start: int, stop: int) -> Array:
    """The scores of scaled queries ``start`` to ``stop``, in memory of their own."""
    s = matmul(q[..., start:stop, :], k.swapaxes(-1, -2))
    if mask is not None:
        part = mask[..., start:stop, :] if mask.ndim > 1 and mask.shape[-2] > 1 else mask
        if mask.dtype == _BOOL:
            s += np.where(part, s.dtype.type(0), s.dtype.type(-np.inf))  # NaN stays, as in PyTorch
        else:
            s += part
    if is_causal:
        s[..., ~np.tri(stop - start, k.shape[-2], start, dtype=bool)] = -np.inf
    return s  # type: ignore[no-any-return]


def _blocks(q: Array, k: Array) -> list[tuple[int, int]]:
    """From and to which query to compute at once."""
    length = q.shape[-2]
    step = max(16, _BLOCK // max(1, math.prod(q.shape[:-2]) * k.shape[-2]))
    return [(i, min(i + step, length)) for i in range(0, length, step)]


def _attention_by_numpy(q: Array, k: Array, v: Array, mask: Array | None, is_causal: bool,
                        scale: float) -> tuple[Array, Array]:
    out, sums = _result(q, v), np.empty(q.shape[:-1], q.dtype)
    q = q * q.dtype.type(scale)
    k, v = _for_each_query(k, q), _for_each_query(v, q)
    for start, stop in _blocks(q, k):
        s = _scores(q, k, mask, is_causal, start, stop)
        high = s.max(-1, keepdims=True, initial=-np.inf)
        high[high == -np.inf] = 0
        s -= high
        np.exp(s, out=s)
        total = s.sum(-1, keepdims=True)
        empty = total == 0
        total[empty] = 1
        s /= total
        out[..., start:stop, :] = matmul(s, v)
        high += np.log(total)
        high[empty] = np.inf
        sums[..., start:stop] = high[..., 0]
    return out, sums


# --- backward ---------------------------------------------------------------------------------------------


def attention_grad(g: Array, q: Array, k: Array, v: Array, out: Array, sums: Array, mask: Array | None,
                   is_causal: bool, scale: float) -> tuple[Array, Array, Array]:
    """The gradients by q, k and v, where ``g`` is that by the result ``out``, and ``sums`` came with it."""
    kernel = _kernel(q, k, v, True) if g.dtype is out.dtype is sums.dtype is q.dtype else None
    if kernel is None:
        return _grad_by_numpy(g, q, k, v, out, sums, mask, is_causal, scale)
    g_q, g_k, g_v = _like(q, k, v)
    in_heads = _with_rows(g)
    sums = np.ascontiguousarray(sums).reshape(in_heads.shape[:3])
    _run(kernel, (in_heads, _with_rows(q), _with_rows(k), _with_rows(v), _with_rows(out), sums, _in_heads(g_q),
                  _in_heads(g_k), _in_heads(g_v)), q, k, 5, mask, is_causal, scale)
    return g_q, g_k, g_v


def _like(q: Array, k: Array, v: Array) -> tuple[Array, Array, Array]:
    """New arrays in the layouts of these. Where they are sections of the rows of one array, as after one projection for
    all of them, the new ones are too: joined again, they need not be copied.
    """
    if q.ndim == 4 and q.base is not None and q.base is k.base is v.base and q.shape == k.shape == v.shape:
        n, heads, length, width = q.shape
        row = heads * width
        section = row * q.itemsize
        if q.strides == k.strides == v.strides == (3 * length * section, width * q.itemsize, 3 * section, q.itemsize):
            first, second, third = (x.__array_interface__["data"][0] for x in (q, k, v))
            if second - first == third - second == section:
                both = np.empty((n, length, 3 * row), q.dtype)
                found = both.reshape(n, length, 3, heads, width)
                return tuple([found[:, :, i].transpose(0, 2, 1, 3) for i in range(3)])  # type: ignore[return-value]
    return _new(q), _new(k), _new(v)


def _new(x: Array) -> Array:
    """A new array in the layout of ``x``, if its rows are then contiguous: they are not where ``x`` is expanded."""
    found = np.empty_like(x) if x.ndim <= 4 else np.empty(x.shape, x.dtype)
    return found if found.strides[-1] == found.itemsize else np.empty(x.shape, x.dtype)


def _grad_by_numpy(g: Array, q: Array, k: Array, v: Array, out: Array, sums: Array, mask: Array | None,
                   is_causal: bool, scale: float) -> tuple[Array, Array, Array]:
    g_q = np.empty(q.shape, q.dtype)
    scaled, keys, values = q * q.dtype.type(scale), _for_each_query(k, q), _for_each_query(v, q)
    g_k, g_v = np.zeros(keys.shape, q.dtype), np.zeros(values.shape, q.dtype)
    for start, stop in _blocks(q, k):
        p = _scores(scaled, keys, mask, is_causal, start, stop)
        p -= sums[..., start:stop, None]
        np.exp(p, out=p)
        h = g[..., start:stop, :]
        g_v += matmul(p.swapaxes(-1, -2), h)
        slope = matmul(h, values.swapaxes(-1, -2))
        slope -= (h * out[..., start:stop, :]).sum(-1, keepdims=True)
        slope *= p
        g_k += matmul(slope.swapaxes(-1, -2), scaled[..., start:stop, :])
        g_q[..., start:stop, :] = matmul(slope, keys)
    g_q *= q.dtype.type(scale)
    return g_q, _shared(g_k, k), _shared(g_v, v)


def _shared(g: Array, x: Array) -> Array:
    """The gradient by the heads ``x`` from that by heads repeated in groups."""
    if g.shape == x.shape:
        return g
    heads = x.shape[-3]
    return g.reshape(*g.shape[:-3], heads, -1, *g.shape[-2:]).sum(-3)  # type: ignore[no-any-return]
