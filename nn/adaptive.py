"""A softmax over many classes that computes few of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd import Tensor, cat, where, zeros_like
from autograd.errors import fail

from . import functional as F
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module


class _Result(NamedTuple):
    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of frequent classes at once, and of rare ones in clusters that are computed where needed.

    Grave et al., "Efficient softmax approximation for GPUs" (2017).

    Args:
        in_features: size of the input.
        n_classes: how many classes, the most frequent first.
        cutoffs: at which classes the clusters begin.
        div_value: by what the size falls from cluster to cluster.
        head_bias: whether the layer of the frequent classes has a bias.
        device, dtype: of the parameters.

    >>> import autograd, nn
    >>> layer = nn.AdaptiveLogSoftmaxWithLoss(16, 20, cutoffs=[4, 10])
    >>> output, loss = layer(autograd.zeros(3, 16), autograd.tensor([0, 5, 19]))
    >>> output.shape, loss.shape, layer.log_prob(autograd.zeros(3, 16)).shape
    (Size([3]), Size([]), Size([3, 20]))
    """

    def __init__(self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0,
                 head_bias: bool = False, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        starts = list(cutoffs)
        if not starts:
            fail(ValueError, "cutoffs should be a sequence of length larger than 0")
        if starts != sorted(set(starts)) or starts[0] <= 0 or starts[-1] > n_classes - 1 or any(
                int(c) != c for c in starts):
            fail(ValueError, "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, "
                             "where each value is between 1 and n_classes-1")
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, [*starts, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = starts[0], len(starts)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            hidden = int(in_features // div_value ** (i + 1))
            self.tail.append(Sequential(Linear(in_features, hidden, False, device, dtype),
                                        Linear(hidden, self.cutoffs[i + 1] - self.cutoffs[i], False, device, dtype)))

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        for layer in self.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _Result:
        """The log-probability of each target, and the mean of their negatives as a loss.

        Args:
            input_: (N, in_features), or (in_features).
            target_: (N) classes, or ().
        """
        if target_.dim() > 1:
            fail(RuntimeError, "0D or 1D target tensor expected, multi-target not supported")
        if input_.dim() != target_.dim() + 1:
            fail(RuntimeError, f"{target_.dim()}D target tensor expects {target_.dim() + 1}D input tensors, but found "
                               f"inputs with size {input_.shape}")
        batched = target_.dim() == 1
        if batched and input_.size(0) != target_.size(0):
            fail(RuntimeError, "Input and target should have the same size in the batch dimension.")
        input, target = (input_, target_) if batched else (input_.unsqueeze(0), target_.unsqueeze(0))
        low, high = (int(target.min()), int(target.max())) if len(target) else (0, 0)
        if low < 0 or high >= self.n_classes:
            fail(RuntimeError, f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                               f"[{low}, {high}] were found. ")
        head = F.log_softmax(self.head(input), 1)
        output = zeros_like(head[:, 0])
        column = target
        for i, (start, stop) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            rows, = where((target >= start) & (target < stop))
            if len(rows):
                inside = F.log_softmax(self.tail[i](input[rows]), 1)
                found = inside.gather(1, (target[rows] - start).unsqueeze(1)).squeeze(1)
                output = output.index_put((rows,), found)
                column = column.index_fill(0, rows, self.shortlist_size + i)
        output = output + head.gather(1, column.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _Result(output if batched else output.squeeze(0), loss)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes, (N, n_classes)."""
        head = F.log_softmax(self.head(input), 1)
        parts = [head[:, :self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            column = self.shortlist_size + i
            parts.append(F.log_softmax(cluster(input), 1) + head[:, column:column + 1])
        return cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each sample, (N)."""
        best = self.head(input).argmax(1)
        rows, = where(best >= self.shortlist_size)
        if len(rows):
            best = best.index_put((rows,), self.log_prob(input[rows]).argmax(1))
        return best
