"""Named results of operations that return several tensors, such as ``values, indices = x.max(0)``."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any


class ReturnType(tuple[Any, ...]):
    """A tuple whose elements can also be read by name.

    >>> import autograd
    >>> result = autograd.tensor([1., 3., 2.]).max(0)
    >>> result.values.item(), result.indices.item()
    (3.0, 1)
    """

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __new__(cls, values: Iterable[Any]) -> ReturnType:
        return tuple.__new__(cls, values)

    def __reduce__(self) -> Any:
        return type(self), (tuple(self),)

    def __repr__(self) -> str:
        parts = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"autograd.return_types.{type(self).__name__}(\n{parts})"


def define(name: str, *fields: str) -> type[ReturnType]:
    """A `ReturnType` with these fields; written out because ``namedtuple`` compiles code at import."""
    members: dict[str, Any] = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    return type(name, (ReturnType,), {**members, "_fields": fields, "__slots__": (), "__module__": __name__})


max = define("max", "values", "indices")
min = define("min", "values", "indices")
aminmax = define("aminmax", "min", "max")

linalg_solve_ex = define("linalg_solve_ex", "result", "info")
linalg_inv_ex = define("linalg_inv_ex", "inverse", "info")
linalg_slogdet = define("linalg_slogdet", "sign", "logabsdet")
slogdet = define("slogdet", "sign", "logabsdet")
linalg_cholesky_ex = define("linalg_cholesky_ex", "L", "info")
triangular_solve = define("triangular_solve", "solution", "cloned_coefficient")
linalg_lu = define("linalg_lu", "P", "L", "U")
lu_unpack = define("lu_unpack", "P", "L", "U")
linalg_lu_factor = define("linalg_lu_factor", "LU", "pivots")
linalg_lu_factor_ex = define("linalg_lu_factor_ex", "LU", "pivots", "info")
linalg_ldl_factor = define("linalg_ldl_factor", "LD", "pivots")
linalg_ldl_factor_ex = define("linalg_ldl_factor_ex", "LD", "pivots", "info")
linalg_qr = define("linalg_qr", "Q", "R")
qr = define("qr", "Q", "R")
geqrf = define("geqrf", "a", "tau")
linalg_eigh = define("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_eig = define("linalg_eig", "eigenvalues", "eigenvectors")
linalg_svd = define("linalg_svd", "U", "S", "Vh")
svd = define("svd", "U", "S", "V")
linalg_lstsq = define("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
cummax = define("cummax", "values", "indices")
cummin = define("cummin", "values", "indices")
sort = define("sort", "values", "indices")
topk = define("topk", "values", "indices")
kthvalue = define("kthvalue", "values", "indices")
median = define("median", "values", "indices")
nanmedian = define("nanmedian", "values", "indices")
mode = define("mode", "values", "indices")
histogram = define("histogram", "hist", "bin_edges")
histogramdd = define("histogramdd", "hist", "bin_edges")
