"""Linear algebra."""

from __future__ import annotations

from . import (
    extreme_eigenvalues as extreme_eigenvalues,
    functions as functions,
    least_squares as least_squares,
    low_rank as low_rank,
    lu as lu,
    norms as norms,
    orthogonal as orthogonal,
    products as products,
    solve as solve,
    spectral as spectral,
    triangular as triangular,
)
