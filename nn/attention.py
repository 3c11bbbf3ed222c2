"""Multi-head attention."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import fail

from . import functional as F, hints, init
from .common import new_parameter
from .linear import NonDynamicallyQuantizableLinear
from .module import Module


class MultiheadAttention(Module):
    """Attention of ``query`` to ``key`` and ``value`` in several heads, with projections before and after.

    Vaswani et al., "Attention is all you need" (2017).

    Args:
        embed_dim: size of the query and of the result.
        num_heads: how many heads; each has ``embed_dim / num_heads`` dimensions.
        dropout: probability with which weights are dropped in training.
        bias: whether the projections have biases.
        add_bias_kv: add a trained position to key and value.
        add_zero_attn: add a position of zeros to key and value.
        kdim, vdim: sizes of key and value. Default: ``embed_dim``.
        batch_first: the batch is the first dimension, and the position the second, rather than the other way round.
        device, dtype: of the parameters.

    Shapes: query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim), or without N.

    >>> import autograd, nn
    >>> attention = nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = autograd.zeros(4, 5, 8)
    >>> output, weights = attention(x, x, x)
    >>> output.shape, weights.shape
    (Size([4, 5, 8]), Size([4, 5, 5]))
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False,
        add_zero_attn: bool = False, kdim: int | None = None, vdim: int | None = None, batch_first: bool = False,
        device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            fail(ValueError, f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                             f"num_heads={num_heads} instead")
        if embed_dim % num_heads:
            fail(AssertionError, f"embed_dim must be divisible by num_heads, got {embed_dim} and {num_heads}")
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        together = self._qkv_same_embed_dim
        columns = {"q": embed_dim, "k": self.kdim, "v": self.vdim}
        # The order is that of PyTorch's state_dict.
        for name, n in () if together else columns.items():
            self.register_parameter(f"{name}_proj_weight", new_parameter((embed_dim, n), device, dtype))
        self.register_parameter(
            "in_proj_weight", new_parameter((3 * embed_dim, embed_dim), device, dtype) if together else None)
        for name in columns if together else ():
            self.register_parameter(f"{name}_proj_weight", None)
        self.register_parameter("in_proj_bias", new_parameter(3 * embed_dim, device, dtype) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, device, dtype)
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, new_parameter((1, 1, embed_dim), device, dtype) if add_bias_kv else None)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for name in ("in", "q", "k", "v"):
            weight = getattr(self, f"{name}_proj_weight")
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None, average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend.

        Args:
            query, key, value: the sequences.
            key_padding_mask: (N, S); True (or minus infinity) where a key must not be attended to.
            need_weights: also return the weights.
            attn_mask: (L, S) or (N * num_heads, L, S); True (or minus infinity) where a query must not attend.
            average_attn_weights: the weights as their mean over heads.
            is_causal: a hint that ``attn_mask`` is the causal one.

        Returns:
            The result, of the query's shape, and the weights (N, L, S) or None.
        """
        turned = self.batch_first and query.dim() == 3
        if turned:
            same_key, same_value = key is query, value is key
            query = query.transpose(0, 1)
            key = query if same_key else key.transpose(0, 1)
            value = key if same_value else value.transpose(0, 1)
        output, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias,
            training=self.training, key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim, q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight, v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal)
        return (output.transpose(0, 1) if turned else output), weights

    def _hint(self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
              attn_mask: Any = None, *_: Any, **__: Any) -> str | None:
        if query.dim() not in (2, 3):
            order = "(N, L, E)" if self.batch_first else "(L, N, E)"
            return f"query, key and value are {order}, or (L, E) without a batch"
        for name, x, size in (("query", query, self.embed_dim), ("key", key, self.kdim), ("value", value, self.vdim)):
            found = hints.of_dtype(x, self.out_proj.weight.dtype)
            if found:
                return found
            if x.shape[-1] != size:
                option = {"query": "embed_dim", "key": "kdim", "value": "vdim"}[name]
                return (f"the last dimension of {name} is {x.shape[-1]}, and {option} is {size}: make it "
                        f"MultiheadAttention({option}={x.shape[-1]}, ...), or project the {name} first")
        if query.dim() != 3:
            return None
        batch, time = (0, 1) if self.batch_first else (1, 0)
        n, length, source = query.shape[batch], query.shape[time], key.shape[time]
        if key.shape[batch] != n or value.shape[batch] != n or value.shape[time] != source:
            return (f"query, key and value need one batch size, and key and value one length; the batch is dimension "
                    f"{batch} (batch_first={self.batch_first})")
        masks = [(length, source), (n * self.num_heads, length, source)]
        if attn_mask is not None and tuple(attn_mask.shape) not in masks:
            return (f"attn_mask is (L, S) = ({length}, {source}) or (N * num_heads, L, S) = "
                    f"({n * self.num_heads}, {length}, {source}), with batch_first={self.batch_first}")
        if key_padding_mask is not None and tuple(key_padding_mask.shape) != (n, source):
            return f"key_padding_mask is (N, S) = ({n}, {source}), with batch_first={self.batch_first}"
        return None
