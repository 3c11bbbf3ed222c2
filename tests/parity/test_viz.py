"""Summaries against torchinfo, and counts of operations against PyTorch's own counter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from resnet import resnet18

import autograd
import nn
from autograd import viz

torch = pytest.importorskip("torch")


def small_cnn(nn: Any) -> Any:
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 5, stride=2, dilation=1),
                         nn.BatchNorm2d(16), nn.Flatten(), nn.Linear(16 * 6 * 6, 10))


def mlp(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 64), nn.Tanh(), nn.Linear(64, 10))


def autoencoder(nn: Any) -> Any:
    return nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2, padding=1),
                         nn.ReLU(), nn.ConvTranspose2d(16, 8, 2, stride=2), nn.ReLU(), nn.ConvTranspose2d(8, 1, 2, stride=2))


def gpt(nn: Any) -> Any:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.project, self.out = nn.Linear(64, 192), nn.Linear(64, 64)

        def forward(self, x: Any) -> Any:
            n, t, c = x.shape
            q, k, v = (part.reshape(n, t, 4, c // 4).transpose(1, 2) for part in self.project(x).chunk(3, -1))
            weights = (q @ k.transpose(-2, -1) / (c // 4) ** 0.5).softmax(-1)
            return self.out((weights @ v).transpose(1, 2).reshape(n, t, c))

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.attention, self.norm2 = nn.LayerNorm(64), Attention(), nn.LayerNorm(64)
            self.mlp = nn.Sequential(nn.Linear(64, 256), nn.GELU(), nn.Linear(256, 64))

        def forward(self, x: Any) -> Any:
            x = x + self.attention(self.norm1(x))
            return x + self.mlp(self.norm2(x))

    return nn.Sequential(*[Block() for _ in range(3)], nn.LayerNorm(64), nn.Linear(64, 100))


MODELS = [(mlp, (32, 784)), (small_cnn, (4, 3, 16, 16)), (autoencoder, (2, 1, 16, 16)), (gpt, (2, 12, 64)),
          (resnet18, (1, 3, 64, 64))]


@pytest.mark.parametrize(("make", "shape"), MODELS, ids=lambda v: getattr(v, "__name__", ""))
def test_flops_agree_with_the_flop_counter(make: Any, shape: tuple[int, ...]) -> None:
    from torch.utils.flop_counter import FlopCounterMode
    data = np.random.default_rng(0).random(shape, np.float32)
    model = make(torch.nn)
    with FlopCounterMode(display=False) as forward:
        out = model(torch.tensor(data))
    with FlopCounterMode(display=False) as backward:
        out.sum().backward()
    ours = viz.flops(make(nn)(autograd.tensor(data)).sum())
    print(f"{make.__name__}: forward {ours.forward:,} of {forward.get_total_flops():,}, "
          f"backward {ours.backward:,} of {backward.get_total_flops():,}")
    assert ours.forward == pytest.approx(forward.get_total_flops(), rel=0.01)
    assert ours.backward == pytest.approx(backward.get_total_flops(), rel=0.01)


@pytest.mark.parametrize(("make", "shape"), [*MODELS[:4], (resnet18, (1, 3, 224, 224))],
                         ids=lambda v: getattr(v, "__name__", ""))
def test_summary_agrees_with_torchinfo(make: Any, shape: tuple[int, ...]) -> None:
    torchinfo = pytest.importorskip("torchinfo")
    theirs, ours = torchinfo.summary(make(torch.nn), shape, verbose=0), viz.summary(make(nn), shape)
    assert ours.total_params == theirs.total_params and ours.trainable_params == theirs.trainable_params
    assert ours.total_mult_adds == theirs.total_mult_adds
    assert ours.output_bytes == theirs.total_output_bytes and ours.param_bytes == theirs.total_param_bytes
    assert ours.input_bytes == pytest.approx(theirs.total_input, abs=64)  # they count the object with its memory
    layers = [(a.class_name, a.var_name, a.depth, a.depth_index, a.input_size, a.output_size, a.num_params,
               a.macs if a.is_leaf_layer else 0) for a in theirs.summary_list]
    assert [(b.kind, b.name, b.depth, b.index, b.input_size, b.output_size, b.params, b.mult_adds if b.is_leaf else 0)
            for b in ours.layers][1:] == layers[1:]
