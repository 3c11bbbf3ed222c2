"""Attention: means of values, weighted by the similarity of keys to queries.

Vaswani et al., Attention is all you need, 2017.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np

from ..dispatch import is_tensor
from ..errors import describe, fail
from ..filled import zeros
from ..kernels import attention as attention_kernel, softmax as kernel
from ..primitive import composite, primitive
from .dropout import dropout
from .joining import cat
from .linear import linear
from .softmax import softmax

_BOOL, _SUMMED = np.dtype(np.bool_), (np.dtype(np.float32), np.dtype(np.float64))


@primitive(method=False)
def rows_with_a_key(scores):
    """Whether any score of each row is more than minus infinity; (..., 1)."""
    return (scores != -inf).any(-1, keepdims=True)


def _causal_softmax_rule(g, out):
    if g.__class__ is np.ndarray:
        found = kernel.softmax_grad(g, out, out.ndim - 1)
        if found is not None:
            return found
    p = g * out
    return p - out * p.sum(-1).reshape((*p.shape[:-1], 1))


@primitive(vjp={"scores": _causal_softmax_rule}, method=False)
def causal_softmax(scores):
    """Softmax of scores (..., L, S) along the last dimension, where query i sees the keys 0 to i."""
    return kernel.causal_softmax(scores)


def _weights(scores: Any, mask: Any, is_causal: bool, sums: Any = None) -> Any:
    """Softmax of scores after the mask. A row in which everything is masked gets weights of zero; ``sums`` is infinite
    there, if given."""
    if is_causal:
        return causal_softmax(scores)
    if mask is None:
        return softmax(scores, -1)
    scores = np.where(mask, scores, -inf) if mask.dtype == _BOOL else scores + mask
    live = rows_with_a_key(scores.detach()) if sums is None else (sums != inf).reshape((*sums.shape, 1))
    return np.where(live, softmax(np.where(live, scores, 0.0), -1), 0.0)


def _attention_rule(g, query, key, value, mask, out, sums, is_causal, scale):
    """With weights P = softmax(S): dV = P' g, dP = g V', dS = P (dP - sum(dP P)), dQ = dS K scale, dK = dS' Q scale."""
    if g.__class__ is np.ndarray:
        return [*attention_kernel.attention_grad(g, query, key, value, out, sums, mask, is_causal, scale), None]

    def grouped(x):
        """Queries of all heads that share one of keys, one after the other."""
        if x.shape[:-2] == key.shape[:-2]:
            return x
        return x.reshape((*key.shape[:-2], x.shape[-3] // key.shape[-3] * x.shape[-2], x.shape[-1]))

    shape = (*query.shape[:-1], key.shape[-2])
    weights = _weights((grouped(query * scale) @ key.mT).reshape(shape), mask, is_causal, sums)
    slope = (grouped(g) @ value.mT).reshape(shape) * weights
    slope = slope - weights * slope.sum(-1).reshape((*shape[:-1], 1))
    return [(grouped(slope) @ key).reshape(query.shape) * scale, grouped(slope).mT @ grouped(query) * scale,
            grouped(weights).mT @ grouped(g), None]


@primitive(vjp=_attention_rule, inputs=("query", "key", "value", "mask"), aux=("sums",), method=False,
           node_name="ScaledDotProductFlashAttentionForCpuBackward0")
def attention(query, key, value, is_causal, scale, mask=None):
    """`scaled_dot_product_attention` without dropout, in memory that grows with the length and not with its square.

    Dimensions in front are equal, but there may be fewer heads (third dimension from the right) of keys and values.
    """
    return attention_kernel.attention(query, key, value, mask, is_causal, scale)


def _is_one_kernel(query: Any, key: Any, value: Any, mask: Any, enable_gqa: bool) -> bool:
    """Whether `attention` computes it; other shapes broadcast, or are errors that the products describe."""
    q, k, v = map(tuple, (query.shape, key.shape, value.shape))  # parts of a Size cost four times as much
    if query.dtype not in _SUMMED or len(q) != len(k) or len(q) != len(v) or k[:-1] != v[:-1] or k[-1] != q[-1]:
        return False
    if len(q) > 2 and (q[:-3] != k[:-3] or (q[-3] != k[-3] and not enable_gqa)):
        return False
    if mask is None:
        return True
    scores = (*q[:-1], k[-2])
    return (not mask.requires_grad and mask.ndim <= len(scores)
            and all(n in (1, full) for n, full in zip(mask.shape[::-1], scores[::-1])))


def _check(query: Any, key: Any, value: Any, attn_mask: Any, is_causal: bool) -> None:
    d = getattr(query, "dtype", None)
    for what, x in (("query", query), ("key", key), ("value", value)):
        if not is_tensor(x):
            fail(TypeError, f"scaled_dot_product_attention(): argument {what!r} must be Tensor, not {type(x).__name__} "
                            f"({describe(x)})")
        if x.ndim < 2:
            fail(RuntimeError, "scaled_dot_product_attention: Expected query, key, and value to all be at least 2 "
                               f"dimensional, but {what} is {describe(x)}")
        if x is not query and x.dtype != d:
            fail(RuntimeError, "Expected query, key, and value to have the same dtype, but got query.dtype: "
                               f"{query.dtype} key.dtype: {key.dtype} and value.dtype: {value.dtype} instead.")
    if attn_mask is not None:
        if is_causal:
            fail(RuntimeError, "scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
        if attn_mask.dtype != _BOOL and attn_mask.dtype != query.dtype:
            fail(RuntimeError, "Expected attn_mask dtype to be bool or to match query dtype, but got attn_mask.dtype: "
                               f"{attn_mask.dtype} and query.dtype: {query.dtype} instead.")


@composite(method=False)
def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None,
                                 enable_gqa=False):
    """``softmax(query @ key.T * scale + mask) @ value``.

    Args:
        query: (..., L, E).
        key: (..., S, E).
        value: (..., S, V).
        attn_mask: broadcasts to (..., L, S): booleans, True where a key takes part; or numbers added to the scores.
        dropout_p: of the weights; also when not training.
        is_causal: query i sees the keys 0 to i.
        scale: by default ``1 / sqrt(E)``.
        enable_gqa: key and value may have fewer heads (third dimension from the right), each shared by a group of
            queries.

    Returns:
        (..., L, V). A query that sees no key gets zeros.

    Raises:
        RuntimeError: shapes, dtypes or options do not go together.

    >>> import autograd
    >>> from nn.functional import scaled_dot_product_attention
    >>> x = autograd.tensor([[1., 0.], [0., 1.]])
    >>> scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    _check(query, key, value, attn_mask, is_causal)
    if enable_gqa:
        heads = query.shape[-3]
        if heads % key.shape[-3] or heads % value.shape[-3]:
            fail(RuntimeError, "Number of heads in key and value must divide the number of heads in query, but got "
                               f"query {list(query.shape)}, key {list(key.shape)} and value {list(value.shape)}")
    if scale is None:
        scale = 1 / sqrt(query.shape[-1]) if query.shape[-1] else 1.0
    if dropout_p <= 0 and _is_one_kernel(query, key, value, attn_mask, enable_gqa):
        return attention(query, key, value, bool(is_causal), float(scale), attn_mask)
    if enable_gqa:
        key, value = (x.repeat_interleave(heads // x.shape[-3], -3) for x in (key, value))
    weights = _weights((query * scale) @ key.mT, attn_mask, is_causal)
    if dropout_p > 0:
        weights = dropout(weights, dropout_p)
    return weights @ value


# --- several heads ----------------------------------------------------------------------------------------


def _additive(mask: Any, what: str, dtype: Any) -> Any:
    """A mask as numbers to add: booleans are True where a key does not take part."""
    if mask is None or mask.is_floating_point():
        return mask
    if mask.dtype != _BOOL:
        fail(AssertionError, f"only bool and floating types of {what} are supported, not {mask.dtype}")
    return zeros(tuple(mask.shape), dtype=dtype).masked_fill(mask, -inf)


def _check_ranks(query: Any, key: Any, value: Any, key_padding_mask: Any, attn_mask: Any) -> bool:
    """Whether the inputs have a batch dimension."""
    if query.ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {query.ndim}-D query "
                             "tensor")
    kind = {2: "unbatched (2-D)", 3: "batched (3-D)"}[query.ndim]
    for what, x in (("key", key), ("value", value)):
        if x.ndim != query.ndim:
            raise AssertionError(f"For {kind} `query`, expected `key` and `value` to be {query.ndim}-D but found a "
                                 f"{x.ndim}-D {what}")
    if key_padding_mask is not None and key_padding_mask.ndim != query.ndim - 1:
        raise AssertionError(f"For {kind} `query`, expected `key_padding_mask` to be `None` or {query.ndim - 1}-D but "
                             f"found {key_padding_mask.ndim}-D tensor instead")
    if attn_mask is not None and attn_mask.ndim not in (2, 3):
        raise AssertionError(f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found "
                             f"{attn_mask.ndim}-D tensor instead")
    return query.ndim == 3


def _projected(query: Any, key: Any, value: Any, weight: Any, bias: Any, separate: Any) -> list[Any]:
    """Queries, keys and values after their input projections."""
    biases = (None, None, None) if bias is None else bias.chunk(3)
    weights = weight.chunk(3) if separate is None else separate
    if separate is None and query is key and key is value:
        return list(linear(query, weight, bias).chunk(3, -1))
    return [linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True)]


def _check_mask_shape(mask: Any, batch: int, heads: int, targets: int, sources: int) -> Any:
    """The mask as (batch or 1, heads or 1, targets, sources)."""
    expected = (targets, sources) if mask.ndim == 2 else (batch * heads, targets, sources)
    if tuple(mask.shape) != expected:
        fail(RuntimeError, f"The shape of the {mask.ndim}D attn_mask is {list(mask.shape)}, but should be {expected}.")
    return mask if mask.ndim == 2 else mask.reshape(batch, heads, targets, sources)


@composite(method=False)
def multi_head_attention_forward(
    query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
    dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True, attn_mask=None,
    use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None,
    static_v=None, average_attn_weights=True, is_causal=False,
):
    """Attention in several heads, each on a part of projections of query, key and value, joined by a last projection.

    Args:
        query: (L, N, E), or (L, E).
        key, value: (S, N, *), or (S, *).
        embed_dim_to_check: E.
        num_heads: divides E.
        in_proj_weight, in_proj_bias: (3 * E, E) and (3 * E), the projections of query, key and value; or, where
            ``use_separate_proj_weight``, ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight``.
        bias_k, bias_v: (1, 1, E), one more key and value; or None.
        add_zero_attn: add one more key and value of zeros.
        dropout_p: of the weights, where ``training``.
        out_proj_weight, out_proj_bias: of the last projection.
        key_padding_mask: (N, S), True (or minus infinity, added) where a key does not take part.
        attn_mask: (L, S) or (N * num_heads, L, S), likewise.
        static_k, static_v: (N * num_heads, S, E / num_heads), used instead of projected keys and values.
        need_weights: return the weights, (N, L, S), averaged over the heads where ``average_attn_weights``.
        is_causal: a hint that ``attn_mask`` is causal.

    Returns:
        (output of the shape of ``query``, weights or None).

    Raises:
        AssertionError, RuntimeError: shapes or options do not go together.

    >>> import autograd
    >>> from nn.functional import multi_head_attention_forward
    >>> x, eye = autograd.tensor([[1., 0.], [0., 1.]]), autograd.eye(2)
    >>> out, weights = multi_head_attention_forward(
    ...     x, x, x, 2, 1, autograd.cat([eye, eye, eye]), None, None, None, False, 0.0, eye, None)
    >>> out
    tensor([[0.6698, 0.3302],
            [0.3302, 0.6698]])
    """
    batched = _check_ranks(query, key, value, key_padding_mask, attn_mask)
    if is_causal and attn_mask is None:
        fail(RuntimeError, "Need attn_mask if specifying the is_causal hint.")
    if not batched:
        same = query is key and key is value
        query = query.unsqueeze(1)
        key, value = (query, query) if same else (key.unsqueeze(1), value.unsqueeze(1))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    targets, batch, width = query.shape
    head = width // num_heads
    if width != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}")
    if head * num_heads != width:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {num_heads}")
    if key.shape[:2] != value.shape[:2] or not (use_separate_proj_weight or key.shape == value.shape):
        raise AssertionError(f"key shape {list(key.shape)} does not match value shape {list(value.shape)}")
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias, separate)
    sources = key.shape[0]
    mask, padding = (_additive(m, what, query.dtype) for m, what in ((attn_mask, "attn_mask"),
                                                                     (key_padding_mask, "key_padding_mask")))
    if mask is not None:
        mask = _check_mask_shape(mask, batch, num_heads, targets, sources)
    if bias_k is not None and bias_v is not None:
        k, v = cat([k, bias_k.expand(1, batch, width)]), cat([v, bias_v.expand(1, batch, width)])
    q = q.reshape(targets, batch, num_heads, head).permute(1, 2, 0, 3)
    k, v = (x.reshape(x.shape[0], batch, num_heads, head).permute(1, 2, 0, 3) if given is None else
            given.reshape(batch, num_heads, given.shape[1], head) for x, given in ((k, static_k), (v, static_v)))
    if add_zero_attn:
        nothing = zeros(batch, num_heads, 1, head, dtype=k.dtype)
        k, v = cat([k, nothing], 2), cat([v, nothing], 2)
    added = k.shape[2] - sources if static_k is None else 0
    if padding is not None:
        if tuple(padding.shape) != (batch, sources):
            raise AssertionError(f"expecting key_padding_mask shape of {(batch, sources)}, but got "
                                 f"{tuple(padding.shape)}")
        padding = padding.reshape(batch, 1, 1, sources)
        mask = padding if mask is None else mask + padding
    if mask is not None and added:
        mask = cat([mask, zeros(*mask.shape[:-1], added, dtype=mask.dtype)], -1)
    rate = dropout_p if training else 0.0
    if need_weights:
        scores = (q * sqrt(1 / head)) @ k.transpose(-2, -1)
        weights = softmax(scores if mask is None else scores + mask, -1)
        if rate > 0:
            weights = dropout(weights, rate)
        out = weights @ v
    else:
        weights = None
        out = scaled_dot_product_attention(q, k, v, mask, rate)
    out = linear(out.permute(2, 0, 1, 3).reshape(targets, batch, width), out_proj_weight, out_proj_bias)
    if weights is not None and average_attn_weights:
        weights = weights.mean(1)
    if not batched:
        out, weights = out.squeeze(1), None if weights is None else weights.squeeze(0)
    return out, weights
