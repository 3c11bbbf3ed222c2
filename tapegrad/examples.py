"""Computations to look at with `tapegrad graph`: each computes a loss, and gives its graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import autograd
import nn
from autograd import viz

from .runs import RUNS
from .runs.sources import whole


class Example(NamedTuple):
    """An example: what it is in one line, and a function that makes its graph."""

    title: str
    graph: Callable[[], viz.Graph]


def neuron() -> viz.Graph:
    """One neuron with two inputs, in numbers."""
    x1, x2 = (autograd.tensor(v, requires_grad=True) for v in (2.0, 0.0))
    w1, w2 = (autograd.tensor(v, requires_grad=True) for v in (-3.0, 1.0))
    b = autograd.tensor(6.8813735870195432, requires_grad=True)
    total = x1 * w1 + x2 * w2 + b
    output = total.tanh()
    return viz.graph(output)


class Bottleneck(nn.Module):
    """Convolutions 1 x 1, 3 x 3, 1 x 1 beside a shortcut (He et al., 2016, "Deep Residual Learning")."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Any) -> Any:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)


def resnet50(classes: int = 10, width: int = 64) -> nn.Module:
    """ResNet-50: stages of 3, 4, 6 and 3 bottlenecks; takes [N, 3, H, W]."""
    def stage(inputs: int, size: int, count: int, stride: int) -> nn.Module:
        rest = [Bottleneck(4 * size, size, 1) for _ in range(count - 1)]
        return nn.Sequential(Bottleneck(inputs, size, stride), *rest)

    stages = [stage(width if i == 0 else width * 2 ** (i + 1), width * 2 ** i, count, 1 if i == 0 else 2)
              for i, count in enumerate((3, 4, 6, 3))]
    return nn.Sequential(
        nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *stages,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32 * width, classes))


class GPT(nn.Module):
    """A decoder of ``blocks`` causal blocks, normalised first; takes token numbers [N, L], gives scores [N, L, V]."""

    def __init__(self, vocabulary: int = 64, length: int = 16, width: int = 48, heads: int = 4,
                 blocks: int = 12) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Embedding(length, width)
        self.blocks = nn.ModuleList([
            nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True,
                                       norm_first=True) for _ in range(blocks)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens: Any) -> Any:
        length = tokens.shape[1]
        x = self.tokens(tokens) + self.places(autograd.arange(length))
        mask = autograd.ones(length, length, dtype=autograd.bool).triu(1)
        for block in self.blocks:
            x = block(x, src_mask=mask)
        return self.head(self.norm(x))


def gpt() -> viz.Graph:
    """A small GPT that reads random tokens."""
    autograd.manual_seed(0)
    model = GPT()
    tokens = autograd.randint(0, 64, (2, 17))
    model(tokens[:, :-1]).sum().backward()  # kernels are compiled when first used, which is no time of the model's
    with viz.profile(), viz.record():
        scores = model(tokens[:, :-1])
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), tokens[:, 1:].flatten())
    return viz.graph(loss)


def resnet() -> viz.Graph:
    """A narrow ResNet-50 that looks at noise."""
    autograd.manual_seed(0)
    model = resnet50(width=16)
    images, targets = autograd.randn(2, 3, 64, 64), autograd.tensor([3, 7])
    model(images).sum().backward()
    with viz.profile(), viz.record():
        loss = nn.functional.cross_entropy(model(images), targets)
    return viz.graph(loss)


def of_run(name: str, samples: int = 8) -> viz.Graph:
    """The first step of a built-in training run, on a few samples."""
    run = RUNS[name]
    autograd.manual_seed(0)
    data, targets = whole(run.data(None).train)
    model = run.model()
    data, targets = data[:samples], targets[:samples]
    run.loss(model(data), targets).backward()
    with viz.profile(), viz.record():
        loss = run.loss(model(data), targets)
    return viz.graph(loss)


EXAMPLES: dict[str, Example] = {
    "neuron": Example("one neuron with two inputs, in numbers", neuron),
    **{name: Example(f"the first step of the run: {run.title}", lambda name=name: of_run(name))  # type: ignore[misc]
       for name, run in RUNS.items()},
    "gpt": Example("a GPT of 12 blocks", gpt),
    "resnet": Example("a ResNet-50", resnet),
}
