"""Modules that PyTorch's database of modules leaves out: how they are made, and what they are called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from parity.translation import convert, copy

import nn


@dataclass
class Given:
    """One module and one call of it, on either side; ``args`` are PyTorch's."""

    text: str
    make: Callable[[Any], Any]  # from the library's ``nn``
    args: tuple[Any, ...] | None
    kwargs: dict[str, Any] = field(default_factory=dict)

    def build(self, lib: Any) -> Any:
        lib.manual_seed(1)
        return self.make(torch.nn if lib is torch else nn)

    def arguments(self, lib: Any, leaves: list[Any]) -> tuple[Any, Any]:
        return (copy if lib is torch else convert)((self.args, self.kwargs), leaves, {})


RNG = np.random.default_rng(0)


def X(*shape: int) -> torch.Tensor:
    return torch.tensor(RNG.standard_normal(shape), requires_grad=True)


def N(n: int, *shape: int) -> torch.Tensor:
    return torch.tensor(RNG.integers(0, n, shape))


def unpool(n: int, size: int, *window: Any) -> tuple[torch.Tensor, ...]:
    x = torch.tensor(RNG.standard_normal((2, 3, *(size,) * n)))
    y, indices = getattr(torch.nn.functional, f"max_pool{n}d")(x, *window, return_indices=True)
    return y.requires_grad_(), indices


#: Text of the module, with ``nn.`` left out at its beginning; the arguments of a call, or None for none.
CASES: list[tuple[str, Any]] = [
    *[(f"AdaptiveLogSoftmaxWithLoss({text})", (X(12, 8), N(20, 12))) for text in (
        "8, 20, [5, 10, 15]", "8, 20, [5], div_value=2.0, head_bias=True")],
    ("AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10, 15])", (X(8), N(20))),
    *[(f"{name}({p})", (X(4, 5, 6),)) for name in ("AlphaDropout", "FeatureAlphaDropout", "Dropout", "Dropout1d") for p in ("", "0.2", "0.0", "1.0")],
    *[(f"{name}({p})", (x,)) for name, x in (("Dropout2d", X(4, 5, 6, 3)), ("Dropout3d", X(4, 5, 2, 3, 2))) for p in ("", "0.2", "1.0")],
    ("Dropout1d(0.3)", (X(5, 6),)), ("Dropout2d(0.3)", (X(5, 6, 2),)), ("Dropout3d(0.3)", (X(5, 6, 2, 2),)),
    ("ChannelShuffle(2)", (X(2, 4, 3, 3),)), ("ChannelShuffle(3)", (X(2, 6, 5),)),
    *[(f"CosineSimilarity({text})", (X(4, 3, 2), X(4, 3, 2))) for text in ("", "dim=2", "dim=0, eps=1e-2")],
    *[(f"PairwiseDistance({text})", (X(4, 3), X(4, 3))) for text in ("", "p=1", "p=3.0, eps=1e-3, keepdim=True", "p=float('inf')")],
    *[(f"CrossMapLRN2d({text})", (X(2, 7, 3, 3),)) for text in ("3", "5, alpha=1e-2, beta=0.5, k=2")],
    ("DataParallel(nn.Linear(3, 2))", (X(4, 3),)),
    ("Container(act=nn.ReLU(), linear=nn.Linear(2, 2))", None),
    *[(f"EmbeddingBag(10, 3{text})", (N(10, 4, 5),)) for text in (
        "", ", mode='sum', padding_idx=1", ", mode='max'", ", mode='max', padding_idx=-1", ", max_norm=1.0", ", max_norm=0.5, norm_type=1.0")],
    *[(f"EmbeddingBag(10, 3{text})", (N(10, 8), torch.tensor([0, 3, 3, 6]))) for text in ("", ", mode='sum'", ", mode='max'")],
    ("EmbeddingBag(10, 3, include_last_offset=True)", (N(10, 8), torch.tensor([0, 3, 3, 8]))),
    ("EmbeddingBag(10, 3, mode='sum')", (N(10, 4, 5), None, X(4, 5))),
    *[(f"Flatten({text})", (X(2, 3, 4, 2),)) for text in ("", "0", "1, 2", "-2")],
    ("Unflatten(1, (2, 3))", (X(2, 6),)), ("Unflatten(-1, (3, -1))", (X(2, 6),)),
    *[(f"Fold((4, 5), {text})", (x,)) for text, x in (("2", X(2, 12, 12)), ("(2, 3), padding=1, stride=2", X(1, 12, 9)), ("2, dilation=2", X(4, 6)))],
    *[(f"Unfold({text})", (X(2, 3, 6, 7),)) for text in ("2", "(2, 3), stride=2", "3, dilation=2, padding=(1, 2)")],
    ("Hardsigmoid()", (X(4, 5),)),
    ("Identity()", (X(4, 5),)), ("Identity(54, unused=True)", (X(3),)),
    *[(f"LazyBatchNorm{n}d({text})", (X(2, 3, *(4,) * n),)) for n in (1, 2, 3) for text in ("", "affine=False", "momentum=None, track_running_stats=False")],
    *[(f"LazyInstanceNorm{n}d({text})", (X(2, 3, *(4,) * n),)) for n in (1, 2, 3) for text in ("", "affine=True, track_running_stats=True")],
    ("LazyLinear(4)", (X(3, 5),)), ("LazyLinear(4, bias=False)", (X(2, 3, 5),)),
    *[(f"MaxUnpool{n}d(2)", unpool(n, 6, 2)) for n in (1, 2, 3)], ("MaxUnpool2d(3, stride=2, padding=1)", unpool(2, 5, 3, 2, 1)),
    ("Sequential(nn.Linear(2, 2), nn.ReLU())", (X(3, 2),)), ("Sequential()", (X(3, 2),)),
    ("ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)])", None), ("ModuleList()", None),
    ("ModuleDict({'b': nn.Linear(2, 2), 'a': nn.ReLU()})", None), ("ModuleDict([('x', nn.GELU()), ('y', nn.Sequential())])", None),
    ("Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(18, 3))", (X(4, 1, 5, 5),)),
    ("ParameterList([nn.Parameter(nn.Linear(2, 3).weight), nn.Linear(2, 3).bias])", None), ("ParameterList()", None),
    ("ParameterDict({'b': nn.Linear(2, 3).weight, 'a': nn.Linear(2, 3).bias})", None), ("Module()", None),
    *[(f"NLLLoss2d({text})", (X(2, 3, 4, 4), N(3, 2, 4, 4))) for text in ("", "reduction='none', ignore_index=1")],
    ("PixelShuffle(2)", (X(2, 8, 3, 3),)), ("PixelUnshuffle(2)", (X(2, 2, 4, 4),)), ("PixelShuffle(3)", (X(9, 2, 2),)),
    *[(f"RNNBase('{mode}', 3, 4, {text})", None) for mode in ("LSTM", "GRU", "RNN_TANH") for text in ("", "2, bidirectional=True", "bias=False")],
    ("RNNCellBase(3, 4, True, 4)", None), ("RNNCellBase(3, 4, False, 1)", None),
    *[(f"RReLU({text})", (X(4, 5),)) for text in ("", "0.1, 0.2", "0.25, 0.25")],
    *[(f"SyncBatchNorm({text})", (X(4, 3, 5),)) for text in ("3", "3, affine=False", "3, momentum=None", "3, track_running_stats=False", "3, bias=False")],
    ("TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, dropout=0.1), 2)", (X(5, 2, 8), X(3, 2, 8))),
    ("TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, norm_first=True, batch_first=True), 2, nn.LayerNorm(8))", (X(5, 2, 8), X(5, 3, 8))),
    *[(f"{name}({text})", (X(4, 3), X(4, 3), X(4, 3))) for name in ("TripletMarginLoss", "TripletMarginWithDistanceLoss")
      for text in ("", "swap=True", "margin=0.5, reduction='none'", "reduction='sum'")],
    ("TripletMarginLoss(p=1, eps=1e-3)", (X(4, 3), X(4, 3), X(4, 3))),
    *[(f"Upsample({text})", (x,)) for text, x in (
        ("scale_factor=2", X(1, 2, 3, 3)), ("size=7, mode='linear'", X(2, 2, 4)), ("size=(5, 4), mode='bilinear'", X(1, 2, 3, 3)),
        ("scale_factor=(1.5, 2), mode='bicubic', align_corners=True", X(1, 2, 3, 3)), ("scale_factor=2, mode='trilinear'", X(1, 2, 2, 3, 2)),
        ("scale_factor=1.7, mode='bilinear', recompute_scale_factor=True", X(1, 2, 3, 3)))],
    ("UpsamplingNearest2d(scale_factor=2)", (X(1, 2, 3, 3),)), ("UpsamplingNearest2d(size=(5, 4))", (X(1, 2, 3, 3),)),
    ("UpsamplingBilinear2d(size=(5, 6))", (X(1, 2, 3, 3),)), ("UpsamplingBilinear2d(scale_factor=2)", (X(1, 2, 3, 3),)),
]


def cases_by_module() -> dict[str, list[Given]]:
    """The cases above by name of the module."""
    found: dict[str, list[Given]] = {}
    for text, args in CASES:
        made = Given(f"nn.{text}", lambda nn, text=text: eval(f"nn.{text}", {"nn": nn}), args)
        found.setdefault(f"nn.{text.split('(')[0]}", []).append(made)
    return found
