"""Losses of classes: cross-entropies and their relatives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from autograd import Tensor, float16, float32, float64
from autograd.errors import fail

from .. import functional as F
from ..common import documented
from ..linear import Linear
from .base import _Loss, _WeightedLoss


@documented
class CrossEntropyLoss(_WeightedLoss):
    """``-log softmax(input)[target]``, or with probabilities as target the cross-entropy to them.

    Args:
        weight: (C), one for each class; the mean then divides by the weights of the targets.
        ignore_index: targets of this class do not count.
        label_smoothing: how much of the target is spread over all classes (Szegedy et al., "Rethinking the Inception
            architecture", 2016).

    Shapes: input (N, C, ...) or (C), scores before any softmax; target (N, ...) or () of classes, in int64, or
    probabilities of the input's shape and dtype.

    Raises:
        IndexError: when called, where a target is no class.
        ValueError, RuntimeError: when called, where shapes or dtypes do not fit.

    >>> import autograd, nn
    >>> nn.CrossEntropyLoss()(autograd.zeros(1, 2), autograd.tensor([1]))
    tensor(0.6931)
    """

    def __init__(self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
                 reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(input, target, weight=self.weight, ignore_index=self.ignore_index,
                               reduction=self.reduction, label_smoothing=self.label_smoothing)


@documented
class NLLLoss(_WeightedLoss):
    """``-input[target]`` for log-probabilities; arguments and shapes as in `CrossEntropyLoss`.

    >>> import autograd, nn
    >>> log_p = autograd.tensor([[0.25, 0.75], [0.5, 0.5]]).log()
    >>> nn.NLLLoss(reduction="none")(log_p, autograd.tensor([1, 0]))
    tensor([0.2877, 0.6931])
    """

    def __init__(self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
                 reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


@documented
class NLLLoss2d(NLLLoss):
    """`NLLLoss` under an older name.

    >>> import autograd, nn
    >>> nn.NLLLoss2d()(autograd.zeros(1, 2, 3, 3), autograd.ones(1, 3, 3, dtype=autograd.int64))
    tensor(0.)
    """


@documented
class BCELoss(_WeightedLoss):
    """Binary cross-entropy of probabilities: ``-(t log p + (1 - t) log(1 - p))``.

    >>> import autograd, nn
    >>> nn.BCELoss(reduction="none")(autograd.tensor([0.5, 0.9]), autograd.tensor([0., 1.]))
    tensor([0.6931, 0.1054])
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


@documented
class BCEWithLogitsLoss(_Loss):
    """`BCELoss` of ``sigmoid(input)``, computed without overflow.

    Args:
        weight: one for each element.
        pos_weight: factor of the positive part, for each class.

    >>> import autograd, nn
    >>> nn.BCEWithLogitsLoss(reduction="none")(autograd.tensor([0., -200.]), autograd.tensor([1., 1.]))
    tensor([  0.6931, 200.0000])
    """

    def __init__(self, weight: Tensor | None = None, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean", pos_weight: Tensor | None = None) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, pos_weight=self.pos_weight,
                                                  reduction=self.reduction)


class KLDivLoss(_Loss):
    """``target * (log target - input)`` for log-probabilities ``input``.

    Args:
        log_target: the target is a log-probability too.

    >>> import autograd, nn
    >>> p, q = autograd.tensor([[0.5, 0.5]]), autograd.tensor([[0.25, 0.75]])
    >>> nn.KLDivLoss(reduction="batchmean")(q.log(), p)
    tensor(0.1438)
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
                 log_target: bool = False) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class CTCLoss(_Loss):
    """The negative log-probability of a label sequence, over all its alignments.

    Graves et al., "Connectionist temporal classification" (2006).

    Args:
        blank: the class that means no label.
        zero_infinity: infinite losses (the input is too short) and their gradients become zero.

    Shapes: log_probs (T, N, C) or (T, C); targets (N, S) or all labels in one dimension.

    >>> import autograd, nn
    >>> log_probs = autograd.zeros(4, 1, 3).log_softmax(-1)
    >>> nn.CTCLoss(reduction="none")(log_probs, autograd.tensor([[1, 2]]), autograd.tensor([4]), autograd.tensor([2]))
    tensor([1.6864])
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any) -> Tensor:
        return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction,
                          self.zero_infinity)


@dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """How PyTorch cuts `LinearCrossEntropyLoss` into pieces; here they are checked, and change nothing.

    Args:
        allow_retain_graph: whether backward may run twice; it always may.
        batch_chunk_size: rows of a piece.
        chunking_method: ``"auto"``, ``"aspect_ratio"``, ``"aspect_ratio:N"`` or None.
        acc_policy: ``"accurate"``, ``"balanced"``, ``"compact"`` or ``"auto"``.
        acc_dtype: the type of sums.

    Raises:
        ValueError: a value is none of these.

    >>> import nn
    >>> nn.LinearCrossEntropyOptions(batch_chunk_size=64).acc_policy
    'auto'
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None

    def __post_init__(self) -> None:
        if self.acc_policy not in ("auto", "accurate", "balanced", "compact"):
            fail(ValueError, f"invalid acc_policy: {self.acc_policy!r}")
        if self.chunking_method not in (None, "auto"):
            name, _, factor = self.chunking_method.partition(":")
            factor = factor if ":" in self.chunking_method else "1"
            if name != "aspect_ratio" or not factor.isdigit() or int(factor) == 0:
                fail(ValueError, f"invalid chunking_method: {self.chunking_method!r}")
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            fail(ValueError, f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype not in (None, float16, float32, float64):
            fail(ValueError, "acc_dtype must be one of {None, float16, float32, float64}, got "
                             f"{self.acc_dtype!r}. Pass acc_dtype=None to let the op pick automatically.")


class LinearCrossEntropyLoss(_WeightedLoss):
    """`CrossEntropyLoss` of a linear layer's output, with the layer inside.

    Args:
        in_features: size of the input.
        num_classes: how many classes.
        out_features: sizes of further dimensions of the layer's output.
        bias: whether the layer has one.
        device, dtype: of the layer's parameters.
        reduction, weight, ignore_index, label_smoothing: as in `CrossEntropyLoss`.
        options: accepted; in PyTorch they choose how the computation is cut into pieces.

    >>> import autograd, nn
    >>> loss = nn.LinearCrossEntropyLoss(in_features=4, num_classes=3)
    >>> loss(autograd.zeros(2, 4), autograd.tensor([0, 2])).detach()
    tensor(1.0986)
    """

    def __init__(
        self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (), bias: bool = False,
        device: Any = None, dtype: Any = None, reduction: str = "mean", weight: Tensor | None = None,
        ignore_index: int | None = None, label_smoothing: float = 0.0, options: Any = None,
    ) -> None:
        if weight is not None and tuple(weight.shape) != (num_classes,):
            fail(RuntimeError, f"expected weight shape to be {(num_classes,)}, got {tuple(weight.shape)}")
        if not 0 <= label_smoothing <= 1:
            fail(RuntimeError, f"expected label_smoothing to be in range [0, 1], got {label_smoothing}")
        super().__init__(weight, reduction=reduction)
        self.num_classes, self.out_features, self.options = num_classes, out_features, options
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing
        self.linear = Linear(in_features, math.prod(out_features, start=num_classes), bias, device, dtype)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        shape, bias = (self.num_classes, *self.out_features), self.linear.bias
        return F.linear_cross_entropy(
            input, self.linear.weight.reshape(*shape, self.linear.in_features), target,
            linear_bias=None if bias is None else bias.reshape(shape), weight=self.weight, reduction=self.reduction,
            ignore_index=self.ignore_index, label_smoothing=self.label_smoothing)

    def extra_repr(self) -> str:
        return (f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
                f"out_features={self.out_features}, bias={self.linear.bias is not None}, reduction={self.reduction}, "
                f"ignore_index={self.ignore_index}, label_smoothing={self.label_smoothing}, options={self.options}")
