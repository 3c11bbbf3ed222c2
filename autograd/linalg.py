"""Linear algebra: ``autograd.linalg``, under the names of ``torch.linalg``."""

from __future__ import annotations

from .errors import LinAlgError
from .forms import publish as _publish
from .ops.linalg.functions import linalg_matrix_exp as matrix_exp, matrix_power
from .ops.linalg.least_squares import lstsq, matrix_rank, pinv
from .ops.linalg.lu import ldl_factor, ldl_factor_ex, ldl_solve, lu, lu_factor, lu_factor_ex, lu_solve
from .ops.linalg.norms import cond, matrix_norm, norm
from .ops.linalg.orthogonal import householder_product, qr
from .ops.linalg.products import linalg_cross as cross, linalg_diagonal as diagonal, multi_dot, vander, vecdot
from .ops.linalg.solve import inv, inv_ex, linalg_det as det, slogdet, solve, solve_ex, tensorinv, tensorsolve
from .ops.linalg.spectral import eig, eigh, eigvals, eigvalsh, svd, svdvals
from .ops.linalg.triangular import cholesky, cholesky_ex, solve_triangular
from .ops.matrix import matmul
from .ops.vector_norm import linalg_vector_norm as vector_norm

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "householder_product", "inv", "inv_ex", "ldl_factor", "ldl_factor_ex", "ldl_solve", "lstsq", "lu",
    "lu_factor", "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank",
    "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals",
    "tensorinv", "tensorsolve", "vander", "vecdot", "vector_norm",
]

_publish(globals())
