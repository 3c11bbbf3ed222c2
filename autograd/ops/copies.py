"""Views with memory of their own: ``NAME_copy`` is what ``NAME`` gives, copied, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dims import wrap_dim
from ..primitive import composite
from .axes import permute, t, transpose
from .casting import clone, detach
from .complex_numbers import view_as_complex, view_as_real
from .indexing import select
from .shape import alias, expand, squeeze, unsqueeze, view
from .splitting import split, split_with_sizes, unbind
from .strided import as_strided, diagonal, unfold


def _slice(input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    return input[(slice(None),) * wrap_dim(dim, input.ndim) + (slice(start, end, step),)]


def _copying(name: str, of: Callable[..., Any], call: str, result: str) -> Callable[..., Any]:
    def copying(input: Any, *args: Any, **kwargs: Any) -> Any:
        found = of(input, *args, **kwargs)
        return tuple(map(clone, found)) if isinstance(found, (tuple, list)) else clone(found)

    copying.__name__ = copying.__qualname__ = f"{name}_copy"
    copying.__doc__ = f"""What `{name}` gives, with memory of its own.

    >>> import autograd
    >>> x = autograd.tensor([[1., 2.], [3., 4.]])
    >>> autograd.{name}_copy({call})
    {result}
    """
    return composite(method=False)(copying)


_MATRIX, _TRANSPOSED = "tensor([[1., 2.],\n            [3., 4.]])", "tensor([[1., 3.],\n            [2., 4.]])"
_FLAT, _ROWS = "tensor([1., 2., 3., 4.])", "(tensor([[1., 2.]]), tensor([[3., 4.]]))"

alias_copy = _copying("alias", alias, "x", _MATRIX)
as_strided_copy = _copying("as_strided", as_strided, "x, (4,), (1,)", _FLAT)
detach_copy = _copying("detach", detach, "x", _MATRIX)
diagonal_copy = _copying("diagonal", diagonal, "x", "tensor([1., 4.])")
expand_copy = _copying("expand", expand, "x[0], (2, 2)", "tensor([[1., 2.],\n            [1., 2.]])")
permute_copy = _copying("permute", permute, "x, (1, 0)", _TRANSPOSED)
select_copy = _copying("select", select, "x, 0, 1", "tensor([3., 4.])")
slice_copy = _copying("slice", _slice, "x, 0, 1", "tensor([[3., 4.]])")
split_copy = _copying("split", split, "x, 1", _ROWS)
split_with_sizes_copy = _copying("split_with_sizes", split_with_sizes, "x, (1, 1)", _ROWS)
squeeze_copy = _copying("squeeze", squeeze, "x[:1]", "tensor([1., 2.])")
t_copy = _copying("t", t, "x", _TRANSPOSED)
transpose_copy = _copying("transpose", transpose, "x, 0, 1", _TRANSPOSED)
unbind_copy = _copying("unbind", unbind, "x", "(tensor([1., 2.]), tensor([3., 4.]))")
unfold_copy = _copying("unfold", unfold, "x[0], 0, 1, 1", "tensor([[1.],\n            [2.]])")
unsqueeze_copy = _copying("unsqueeze", unsqueeze, "x[0], 0", "tensor([[1., 2.]])")
view_as_complex_copy = _copying("view_as_complex", view_as_complex, "x", "tensor([1.+2.j, 3.+4.j])")
view_as_real_copy = _copying("view_as_real", view_as_real, "autograd.tensor([1 + 2j])", "tensor([[1., 2.]])")
view_copy = _copying("view", view, "x, (4,)", _FLAT)
