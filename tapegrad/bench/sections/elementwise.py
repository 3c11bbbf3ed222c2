"""Elementwise functions and reductions on larger tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..case import Array, Case, normal, pair


def elementwise(tiny: bool = False) -> list[Case]:
    """On 65,536 elements, and some on a million."""
    one: dict[str, Callable[..., Any]] = {
        "exp": lambda lib, x: x.exp(), "log": lambda lib, x: (x * x + 0.1).log(), "tanh": lambda lib, x: x.tanh(),
        "erf": lambda lib, x: x.erf(), "sigmoid": lambda lib, x: x.sigmoid(), "sqrt": lambda lib, x: (x * x).sqrt(),
        "relu": lambda lib, x: x.relu(), "gelu": lambda lib, x: lib.F.gelu(x),
        "gelu by tanh": lambda lib, x: lib.F.gelu(x, approximate="tanh"), "silu": lambda lib, x: lib.F.silu(x),
        "softplus": lambda lib, x: lib.F.softplus(x), "leaky_relu": lambda lib, x: lib.F.leaky_relu(x, 0.1),
        "clamp": lambda lib, x: x.clamp(-1, 1), "pow 3": lambda lib, x: x ** 3,
    }
    two: dict[str, Callable[..., Any]] = {
        "add": lambda lib, x, y: x + y, "mul": lambda lib, x, y: x * y,
        "div": lambda lib, x, y: x / (y * y + 1), "where": lambda lib, x, y: lib.t.where(x > y, x, y),
    }
    n = 50 if tiny else 65536
    million = 60 if tiny else 1 << 20
    found = []
    for name, function in one.items():
        found += pair(f"{name}, {n:,}", function, _normals((n,)))
    for name, function in two.items():
        found += pair(f"{name}, {n:,}", function, _normals((n,), (n,)))
    for name in ("exp", "gelu"):
        found += pair(f"{name}, {million:,}", one[name], _normals((million,)))
    found += pair(f"add, {million:,}", two["add"], _normals((million,), (million,)))
    rows = (3, 4) if tiny else (256, 256)
    found += pair(f"add a row, {rows[0]} x {rows[1]}", two["add"], _normals(rows, rows[1:]), rows[0])
    found += pair(f"add a column, {rows[0]} x {rows[1]}", two["add"], _normals(rows, (rows[0], 1)), rows[1])
    return found


def reductions(tiny: bool = False) -> list[Case]:
    """Over all, over rows and over columns of a matrix, and running sums."""
    m, n = (6, 5) if tiny else (256, 1024)
    functions: dict[str, Callable[..., Any]] = {
        "sum": lambda lib, x: x.sum(), "sum of columns": lambda lib, x: x.sum(0),
        "sum of rows": lambda lib, x: x.sum(1), "mean": lambda lib, x: x.mean(),
        "var of rows": lambda lib, x: x.var(1), "norm": lambda lib, x: x.norm(),
        "amax of rows": lambda lib, x: x.amax(1), "max of columns": lambda lib, x: x.max(0).values,
        "logsumexp of rows": lambda lib, x: x.logsumexp(1), "cumsum of rows": lambda lib, x: x.cumsum(1),
        "transpose and copy": lambda lib, x: x.t().contiguous(), "cat": lambda lib, x: lib.t.cat([x, x]),
        "sort of rows": lambda lib, x: x.sort(dim=1, stable=True).values, "gather a row": lambda lib, x: x[::2, 1:],
    }
    # A sum of n numbers around zero is of the size sqrt(n), and its partial sums are, too.
    return [case for name, function in functions.items()
            for case in pair(f"{name}, {m} x {n}", function, _normals((m, n)), length=m * n)]


def _normals(*shapes: tuple[int, ...]) -> Callable[[], Sequence[Array]]:
    return lambda: [normal(*shape, seed=at) for at, shape in enumerate(shapes)]
