"""Products of matrices, in the shapes of layers, attention and plain squares; NumPy is a peer, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Array, Case, Work, both, forward, normal

#: Rows, inner, columns.
SQUARES = ((64, 64, 64), (128, 128, 128), (256, 256, 256), (512, 512, 512), (1024, 1024, 1024))
#: Batch, inputs, outputs of linear layers: MLP, char-LSTM gates, GPT's projections and head, a vector.
LAYERS = ((64, 784, 128), (64, 128, 10), (100, 16, 16), (32, 128, 512), (1024, 64, 192), (1024, 64, 256),
          (1024, 256, 64), (1024, 64, 65), (8, 512, 512), (1, 512, 512))
#: Batch, heads, positions, width of a head.
HEADS = ((16, 4, 64, 16), (4, 8, 128, 64), (2, 12, 256, 64))


def _numpy(function: Callable[..., Any], arrays: list[Array]) -> Callable[[], Work]:
    return lambda: Work(lambda: function(*arrays), lambda: [function(*arrays)])


def cases(tiny: bool = False) -> list[Case]:
    """Forward of each; forward and both gradients of the linear layers."""
    found = []
    for m, k, n in ((5, 7, 3),) if tiny else SQUARES:
        found.append(_product(f"{m} x {k} x {n}", [normal(m, k), normal(k, n, seed=1)], np.matmul, k))
    for m, k, n in ((40, 33, 21),) if tiny else ((256, 256, 256), (512, 512, 512)):
        arrays = [normal(m, k, dtype="float64"), normal(k, n, seed=1, dtype="float64")]
        found.append(_product(f"{m} x {k} x {n}, float64", arrays, np.matmul, k, "float64"))
    size = 6 if tiny else 512
    arrays = [normal(size, size), normal(size, size, seed=1)]
    found += [
        _product(f"{size} squared, the first transposed", arrays, lambda x, y: x.T @ y, size),
        _product(f"{size} squared, the second transposed", arrays, lambda x, y: x @ y.T, size),
        _product(f"{size} squared, every second row", arrays, lambda x, y: x[::2] @ y, size),
        _product(f"{size} x 1 x {size}", [normal(size, 1), normal(1, size)], np.matmul, 1),
        _product(f"{size} squared by a vector", [normal(size, size), normal(size)], np.matmul, size),
        _product(f"dot of {size * size}", [normal(size * size), normal(size * size, seed=1)], np.dot, size * size),
    ]
    for m, k, n in ((3, 5, 4),) if tiny else LAYERS:
        found += _layer(m, k, n)
    for b, h, t, d in ((2, 2, 3, 4),) if tiny else HEADS:
        # As a projection leaves them: [batch, positions, heads, width], read as [batch, heads, positions, width].
        arrays = [normal(b, t, h, d), normal(b, t, h, d, seed=1)]
        found.append(_product(f"scores of {b} x {h} heads, {t} x {d}, strided", arrays, _scores, d))
        arrays = [normal(b * h, t, d), normal(b * h, d, t, seed=1)]
        found.append(_product(f"batch of {b * h}, {t} x {d} x {t}", arrays, np.matmul, d))
    return found


def _scores(q: Any, k: Any) -> Any:
    return q.swapaxes(1, 2) @ k.swapaxes(1, 2).swapaxes(-1, -2)


def _product(name: str, arrays: list[Array], function: Callable[..., Any], length: int,
             dtype: str = "float32") -> Case:
    """``function`` runs on arrays and on tensors, except where it is NumPy's matmul or dot."""
    operation = function if function not in (np.matmul, np.dot) else (lambda x, y: x @ y)
    return Case(name, lambda lib: forward(lib, lambda lib, x, y: operation(x, y), arrays), length, dtype,
                others={"NumPy": _numpy(function, arrays)})


def _layer(m: int, k: int, n: int) -> list[Case]:
    arrays = [normal(m, k), normal(n, k, seed=1), normal(n)]

    def linear(lib: Any, x: Any, w: Any, b: Any) -> Any:
        return lib.F.linear(x, w, b)
    return [
        Case(f"linear {m} x {k} -> {n}, forward", lambda lib: forward(lib, linear, arrays), k,
             others={"NumPy": _numpy(lambda x, w, b: x @ w.T + b, arrays)}),
        Case(f"linear {m} x {k} -> {n}, forward + backward", lambda lib: both(lib, linear, arrays), max(m, n, k)),
    ]
