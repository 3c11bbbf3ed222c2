"""The networks that are trained, written once for every library with PyTorch's interface."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..libraries import Library


def mlp(lib: Library, sizes: tuple[int, ...], activation: str) -> Any:
    """Linear layers with an activation between them."""
    layers: list[Any] = []
    for a, b in pairwise(sizes):
        layers += [lib.nn.Linear(a, b), getattr(lib.nn, activation)()]
    return lib.nn.Sequential(*layers[:-1])


def cnn(lib: Library, channels: tuple[int, int, int] = (32, 64, 64), hidden: int = 64) -> Any:
    """The tutorial's network on pictures of 28 x 28, also that of ``tapegrad train digits``."""
    n, (a, b, c) = lib.nn, channels
    return n.Sequential(
        n.Conv2d(1, a, 3), n.ReLU(), n.MaxPool2d(2), n.Conv2d(a, b, 3), n.ReLU(), n.MaxPool2d(2),
        n.Conv2d(b, c, 3), n.ReLU(), n.Flatten(), n.Linear(9 * c, hidden), n.ReLU(), n.Linear(hidden, 10))


def resnet18(lib: Library, width: int = 64) -> Any:
    """ResNet-18 (He et al. 2016) with the stem for pictures of 32 x 32: 3 x 3, stride 1, no pooling."""
    n = lib.nn

    class Block(n.Module):  # type: ignore[misc,name-defined]
        def __init__(self, inputs: int, outputs: int, stride: int) -> None:
            super().__init__()
            self.body = n.Sequential(
                n.Conv2d(inputs, outputs, 3, stride, 1, bias=False), n.BatchNorm2d(outputs), n.ReLU(),
                n.Conv2d(outputs, outputs, 3, 1, 1, bias=False), n.BatchNorm2d(outputs))
            self.shortcut = n.Identity() if stride == 1 and inputs == outputs else n.Sequential(
                n.Conv2d(inputs, outputs, 1, stride, bias=False), n.BatchNorm2d(outputs))

        def forward(self, x: Any) -> Any:
            return lib.F.relu(self.body(x) + self.shortcut(x))

    blocks: list[Any] = [n.Conv2d(3, width, 3, 1, 1, bias=False), n.BatchNorm2d(width), n.ReLU()]
    inputs = width
    for stage in range(4):
        outputs = width << stage
        blocks += [Block(inputs, outputs, 1 if stage == 0 else 2), Block(outputs, outputs, 1)]
        inputs = outputs
    return n.Sequential(*blocks, n.AdaptiveAvgPool2d(1), n.Flatten(), n.Linear(inputs, 10))


def char_lstm(lib: Library, vocabulary: int, width: int, hidden: int) -> Any:
    """Embedding, LSTM, scores of the next character [batch, time, vocabulary]."""
    n = lib.nn

    class CharLSTM(n.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed = n.Embedding(vocabulary, width)
            self.lstm = n.LSTM(width, hidden, batch_first=True)
            self.head = n.Linear(hidden, vocabulary)

        def forward(self, x: Any) -> Any:
            return self.head(self.lstm(self.embed(x))[0])
    return CharLSTM()


def gpt_block(lib: Library, width: int, heads: int) -> Any:
    """A block of a decoder: causal attention and an MLP, each after a layer norm, each added to its input."""
    n = lib.nn

    class Block(n.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = n.LayerNorm(width), n.LayerNorm(width)
            self.qkv, self.out = n.Linear(width, 3 * width), n.Linear(width, width)
            self.mlp = n.Sequential(n.Linear(width, 4 * width), n.GELU(), n.Linear(4 * width, width))

        def forward(self, x: Any) -> Any:
            b, t, c = x.shape
            qkv = self.qkv(self.norm1(x)).split(c, dim=2)
            q, k, v = (part.view(b, t, heads, c // heads).transpose(1, 2) for part in qkv)
            y = lib.F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(y.transpose(1, 2).contiguous().view(b, t, c))
            return x + self.mlp(self.norm2(x))
    return Block()


def gpt(lib: Library, vocabulary: int, width: int, heads: int, context: int, layers: int) -> Any:
    """A decoder: embeddings of tokens and positions, blocks, layer norm, scores [batch, time, vocabulary]."""
    n = lib.nn

    class GPT(n.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.token, self.position = n.Embedding(vocabulary, width), n.Embedding(context, width)
            self.blocks = n.Sequential(*(gpt_block(lib, width, heads) for _ in range(layers)))
            self.norm = n.LayerNorm(width)
            self.head = n.Linear(width, vocabulary, bias=False)

        def forward(self, tokens: Any) -> Any:
            x = self.token(tokens) + self.position(lib.t.arange(tokens.size(1)))
            return self.head(self.norm(self.blocks(x)))
    return GPT()


def vae(lib: Library, inputs: int, hidden: int, latent: int) -> Any:
    """A variational autoencoder (Kingma and Welling 2014); gives the negative evidence bound, a sample."""
    n = lib.nn

    class VAE(n.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.encode = n.Sequential(n.Linear(inputs, hidden), n.ReLU())
            self.mean, self.log_variance = n.Linear(hidden, latent), n.Linear(hidden, latent)
            self.decode = n.Sequential(n.Linear(latent, hidden), n.ReLU(), n.Linear(hidden, inputs))

        def forward(self, x: Any) -> Any:
            h = self.encode(x)
            mean, log_variance = self.mean(h), self.log_variance(h)
            z = mean + (0.5 * log_variance).exp() * lib.t.randn_like(mean)
            reconstruction = lib.F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="sum")
            divergence = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum()
            return (reconstruction + divergence) / x.shape[0]
    return VAE()
