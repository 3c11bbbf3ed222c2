"""The transformer: encoder, decoder, and both.

Vaswani et al., "Attention is all you need" (2017); with ``norm_first``: Xiong et al., "On layer normalization in the
transformer architecture" (2020).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.dtypes import DEFAULT, numpy_dtype
from autograd.errors import fail
from autograd.tape import wrap_node

from . import functional as F, hints, init
from .attention import MultiheadAttention
from .common import documented
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .norm import LayerNorm

Activation = str | Callable[[Tensor], Tensor]


def _activation(activation: Activation) -> Callable[[Tensor], Tensor]:
    if not isinstance(activation, str):
        return activation
    if activation not in ("relu", "gelu"):
        fail(RuntimeError, f"activation should be relu/gelu, not {activation}")
    return F.relu if activation == "relu" else F.gelu


def _causal_mask(size: int, dtype: Any = None) -> Tensor:
    """Minus infinity above the diagonal, 0 elsewhere."""
    kind = DEFAULT.float if dtype is None else numpy_dtype(dtype)
    return wrap_node(np.triu(np.full((size, size), -np.inf, kind), 1), None)


def _is_causal(mask: Tensor | None, given: bool | None, length: int) -> bool:
    """Whether ``mask`` is the causal one: as the caller says, or by comparison where they leave it open."""
    if given is not None or mask is None:
        return bool(given)
    array = mask._a
    if array.shape[-2:] != (length, length):
        return False
    expected = _causal_mask(length, None if array.dtype.kind == "b" else array.dtype)._a
    return bool((array == (expected != 0 if array.dtype.kind == "b" else expected)).all())


class _Block(Module):
    """A layer of the transformer: attention, then a network of two linear layers on each position.

    Args:
        d_model: size of a position.
        nhead: number of heads.
        dim_feedforward: size of the hidden layer.
        dropout: probability of `Dropout`.
        activation: ``"relu"``, ``"gelu"``, or a function.
        layer_norm_eps: of the normalizations.
        batch_first: the batch is the first dimension.
        norm_first: normalize before attention and network rather than after.
        bias: whether linear layers and normalizations have biases.
        device, dtype: of the parameters.

    Shapes: (L, N, d_model) in and out, (N, L, d_model) with ``batch_first``, or (L, d_model). Vaswani et al.,
    "Attention is all you need" (2017).
    """

    _attentions: tuple[str, ...]

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = F.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        for name in self._attentions:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first,
                                                   device=device, dtype=dtype))
        self.linear1 = Linear(d_model, dim_feedforward, bias, device, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, device, dtype)
        self.norm_first = norm_first
        parts = range(1, len(self._attentions) + 2)
        for i in parts:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype))
        for i in parts:
            setattr(self, f"dropout{i}", Dropout(dropout))
        self.activation = _activation(activation)

    def _attend(self, attention: Module, x: Tensor, memory: Tensor, mask: Tensor | None, padding: Tensor | None,
                causal: bool) -> Tensor:
        return attention(x, memory, memory, attn_mask=mask, key_padding_mask=padding, need_weights=False,
                         is_causal=causal)[0]

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


@documented
class TransformerEncoderLayer(_Block):
    """Self-attention and feed-forward, each with a residual connection.

    >>> import autograd, nn
    >>> nn.TransformerEncoderLayer(d_model=8, nhead=2, batch_first=True)(autograd.zeros(4, 5, 8)).shape
    Size([4, 5, 8])
    """

    _attentions = ("self_attn",)

    def forward(self, src: Tensor, src_mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
                is_causal: bool = False) -> Tensor:
        """Encode a sequence; masks as in `MultiheadAttention`."""
        def attend(x: Tensor) -> Tensor:
            return self.dropout1(self._attend(self.self_attn, x, x, src_mask, src_key_padding_mask, is_causal))

        def feed_forward(x: Tensor) -> Tensor:
            return self.dropout2(self._feed_forward(x))

        x = src
        if self.norm_first:
            x = x + attend(self.norm1(x))
            return x + feed_forward(self.norm2(x))
        x = self.norm1(x + attend(x))
        return self.norm2(x + feed_forward(x))


@documented
class TransformerDecoderLayer(_Block):
    """Self-attention, attention to ``memory``, and feed-forward, each with a residual connection.

    >>> import autograd, nn
    >>> layer = nn.TransformerDecoderLayer(d_model=8, nhead=2)
    >>> layer(autograd.zeros(5, 3, 8), memory=autograd.zeros(7, 3, 8)).shape
    Size([5, 3, 8])
    """

    _attentions = ("self_attn", "multihead_attn")

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Tensor:
        """Decode a sequence with the encoder's output ``memory``; masks as in `MultiheadAttention`."""
        def attend(x: Tensor) -> Tensor:
            return self.dropout1(self._attend(self.self_attn, x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal))

        def look(x: Tensor) -> Tensor:
            return self.dropout2(self._attend(self.multihead_attn, x, memory, memory_mask, memory_key_padding_mask,
                                              memory_is_causal))

        def feed_forward(x: Tensor) -> Tensor:
            return self.dropout3(self._feed_forward(x))

        x = tgt
        if self.norm_first:
            x = x + attend(self.norm1(x))
            x = x + look(self.norm2(x))
            return x + feed_forward(self.norm3(x))
        x = self.norm1(x + attend(x))
        x = self.norm2(x + look(x))
        return self.norm3(x + feed_forward(x))


def _copies(module: Module, n: int) -> ModuleList:
    return ModuleList([copy.deepcopy(module) for _ in range(n)])


def _length(x: Tensor, batch_first: bool) -> int:
    return x.size(0 if x.dim() == 2 or not batch_first else 1)


class TransformerEncoder(Module):
    """A stack of encoder layers.

    Args:
        encoder_layer: the layer, which is copied.
        num_layers: how many.
        norm: applied to the result, or None.
        enable_nested_tensor, mask_check: accepted; they choose among PyTorch's implementations.

    >>> import autograd, nn
    >>> layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, batch_first=True)
    >>> nn.TransformerEncoder(layer, num_layers=2)(autograd.zeros(3, 5, 8)).shape
    Size([3, 5, 8])
    """

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None,
                 enable_nested_tensor: bool = True, mask_check: bool = True) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(self, src: Tensor, mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
                is_causal: bool | None = None) -> Tensor:
        """Encode a sequence; masks as in `MultiheadAttention`."""
        causal = _is_causal(mask, is_causal, _length(src, self.layers[0].self_attn.batch_first))
        output = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, is_causal=causal, src_key_padding_mask=src_key_padding_mask)
        return output if self.norm is None else self.norm(output)


class TransformerDecoder(Module):
    """A stack of decoder layers; arguments as in `TransformerEncoder`.

    >>> import autograd, nn
    >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(d_model=8, nhead=2), num_layers=2)
    >>> decoder(autograd.zeros(5, 3, 8), memory=autograd.zeros(7, 3, 8)).shape
    Size([5, 3, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Tensor:
        """Decode a sequence with the encoder's output ``memory``; masks as in `MultiheadAttention`."""
        causal = _is_causal(tgt_mask, tgt_is_causal, _length(tgt, self.layers[0].self_attn.batch_first))
        output = tgt
        for layer in self.layers:
            output = layer(output, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                           tgt_key_padding_mask=tgt_key_padding_mask, memory_key_padding_mask=memory_key_padding_mask,
                           tgt_is_causal=causal, memory_is_causal=memory_is_causal)
        return output if self.norm is None else self.norm(output)


class Transformer(Module):
    """Encoder and decoder.

    Args:
        d_model: size of a position.
        nhead: number of heads.
        num_encoder_layers, num_decoder_layers: how many layers.
        dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias: as in
            `TransformerEncoderLayer`.
        custom_encoder, custom_decoder: modules to use instead.
        device, dtype: of the parameters.

    Called with the source (S, N, d_model) and the target (T, N, d_model), or with the batch first; gives the shape of
    the target. Vaswani et al., "Attention is all you need" (2017).

    >>> import autograd, nn
    >>> model = nn.Transformer(8, 2, 1, 1, dim_feedforward=16, batch_first=True)
    >>> model(autograd.zeros(3, 7, 8), autograd.zeros(3, 5, 8)).shape
    Size([3, 5, 8])
    """

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
        dim_feedforward: int = 2048, dropout: float = 0.1, activation: Activation = F.relu,
        custom_encoder: Module | None = None, custom_decoder: Module | None = None, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        options = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias,
                   device, dtype)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)

        self.encoder = custom_encoder if custom_encoder is not None else TransformerEncoder(
            TransformerEncoderLayer(*options), num_encoder_layers, norm())
        self.decoder = custom_decoder if custom_decoder is not None else TransformerDecoder(
            TransformerDecoderLayer(*options), num_decoder_layers, norm())
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        for p in self.parameters():
            if p.dim() > 1:
                init.xavier_uniform_(p)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The causal mask: minus infinity above the diagonal, 0 elsewhere.

        >>> import nn
        >>> nn.Transformer.generate_square_subsequent_mask(2)
        tensor([[0., -inf],
                [0., 0.]])
        """
        return _causal_mask(sz, dtype)

    def forward(
        self, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Tensor:
        """Encode ``src`` and decode ``tgt`` with it; masks as in `MultiheadAttention`."""
        batch_dim = 0 if self.batch_first else 1
        if src.dim() == 3 and src.size(batch_dim) != tgt.size(batch_dim):
            fail(RuntimeError, "the batch number of src and tgt must be equal")
        if src.size(-1) != self.d_model or tgt.size(-1) != self.d_model:
            fail(RuntimeError, "the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal)

    def _hint(self, src: Any, tgt: Any, *_: Any, **__: Any) -> str | None:
        for x in (src, tgt):
            found = hints.of_features(x, self.d_model, f"Transformer({x.shape[-1]}, ...)")
            if found:
                return found
        order = "(N, length, d_model)" if self.batch_first else "(length, N, d_model)"
        return f"with batch_first={self.batch_first} both sequences are {order}"
