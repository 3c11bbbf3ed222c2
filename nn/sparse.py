"""Lookup tables of vectors."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import fail

from . import functional as F, init
from .common import new_parameter
from .module import Module
from .parameter import Parameter


class _Table(Module):
    """A weight of ``num_embeddings`` vectors that starts normally distributed, with zeros at ``padding_idx``."""

    weight: Parameter
    padding_idx: int | None

    def _init_weight(self, count: int, size: int, padding_idx: int | None, weight: Tensor | None, freeze: bool,
                     device: Any, dtype: Any) -> None:
        self.num_embeddings, self.embedding_dim = count, size
        if padding_idx is not None:
            if not -count <= padding_idx < count:
                fail(AssertionError, f"padding_idx must be within num_embeddings, got {padding_idx} and {count}")
            padding_idx %= count
        self.padding_idx = padding_idx
        if weight is None:
            self.weight = new_parameter((count, size), device, dtype)
            self.weight.requires_grad_(not freeze)
            self.reset_parameters()
        else:
            if list(weight.shape) != [count, size]:
                fail(AssertionError, "Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(weight, requires_grad=not freeze)

    def reset_parameters(self) -> None:
        """Draw new vectors."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            init.zeros_(self.weight.detach()[self.padding_idx])

    def _hint(self, input: Any, *_: Any, **__: Any) -> str | None:
        if input.dtype.is_floating_point:
            return "indices are integers: convert the input with .long()"
        if input.numel() and input.max().item() >= self.num_embeddings:
            most = input.max().item()
            return (f"indices must be below num_embeddings={self.num_embeddings}, and the largest is {most}: make it "
                    f"{type(self).__name__}({most + 1}, {self.embedding_dim}), or number the tokens from 0")
        if input.numel() and input.min().item() < 0:
            return "a negative index is no row; give the padding an index of its own (padding_idx)"
        return None

    def _extra(self) -> list[str]:
        parts = [f"max_norm={self.max_norm}"] if self.max_norm is not None else []
        if self.norm_type != 2:
            parts.append(f"norm_type={self.norm_type}")
        if self.scale_grad_by_freq is not False:
            parts.append(f"scale_grad_by_freq={self.scale_grad_by_freq}")
        return parts


class Embedding(_Table):
    """A vector for each index: ``weight[input]``.

    Args:
        num_embeddings: how many vectors.
        embedding_dim: their size.
        padding_idx: an index whose vector starts at zero and is not trained.
        max_norm: vectors that are longer are shortened to it when looked up.
        norm_type: which norm that is.
        scale_grad_by_freq: divide each vector's gradient by how often its index occurs.
        sparse: as in PyTorch; sparse gradients do not exist here, and `F.embedding` says so.
        device, dtype: of the weight.

    >>> import autograd, nn
    >>> nn.Embedding(10, 3)(autograd.tensor([[1, 2], [4, 5]])).shape
    Size([2, 2, 3])
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False, _weight: Tensor | None = None,
        _freeze: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self._init_weight(num_embeddings, embedding_dim, padding_idx, _weight, _freeze, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq,
                           self.sparse)

    def extra_repr(self) -> str:
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        if self.padding_idx is not None:
            parts.append(f"padding_idx={self.padding_idx}")
        return ", ".join(parts + self._extra() + (["sparse=True"] if self.sparse is not False else []))

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
    ) -> Embedding:
        """An embedding with these vectors, (count, size); with ``freeze`` they are not trained."""
        if embeddings.dim() != 2:
            fail(AssertionError, "Embeddings parameter is expected to be 2-dimensional")
        count, size = embeddings.shape
        return cls(count, size, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, freeze)


class EmbeddingBag(_Table):
    """The sum, mean or maximum of the vectors of each bag of indices.

    Args:
        num_embeddings: how many vectors.
        embedding_dim: their size.
        max_norm, norm_type, scale_grad_by_freq, sparse: as in `Embedding`.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        include_last_offset: the offsets end with the number of indices.
        padding_idx: an index that bags leave out.
        device, dtype: of the weight.

    >>> import autograd, nn
    >>> bag = nn.EmbeddingBag.from_pretrained(autograd.tensor([[1., 2.], [3., 4.], [5., 6.]]), mode="sum")
    >>> bag(autograd.tensor([0, 1, 2]), offsets=autograd.tensor([0, 2]))
    tensor([[4., 6.],
            [5., 6.]])
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, _weight: Tensor | None = None,
        include_last_offset: bool = False, padding_idx: int | None = None, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        self.mode, self.sparse, self.include_last_offset = mode, sparse, include_last_offset
        self._init_weight(num_embeddings, embedding_dim, padding_idx, _weight, False, device, dtype)

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """One vector a bag.

        Args:
            input: (bags, indices), or all indices in one dimension.
            offsets: where each bag starts, if ``input`` has one dimension.
            per_sample_weights: factor of each vector, for mode ``"sum"``.
        """
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode, self.sparse,
            per_sample_weights, self.include_last_offset, self.padding_idx)

    def extra_repr(self) -> str:
        parts = [f"{self.num_embeddings}, {self.embedding_dim}", *self._extra(), f"mode={self.mode!r}"]
        if self.padding_idx is not None:
            parts.append(f"padding_idx={self.padding_idx}")
        return ", ".join(parts)

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Bags of these vectors, (count, size); with ``freeze`` they are not trained."""
        if embeddings.dim() != 2:
            fail(AssertionError, "Embeddings parameter is expected to be 2-dimensional")
        count, size = embeddings.shape
        bag = cls(count, size, max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings,
                  include_last_offset, padding_idx)
        bag.weight.requires_grad_(not freeze)
        return bag
