"""Parametrizations that are ready: orthogonal matrices, weight normalization, spectral normalization."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

import autograd
from autograd import (
    Tensor,
    allclose,
    cat,
    eye,
    finfo,
    mv,
    no_grad,
    randn,
    vdot,
    zeros_like,
)
from autograd.errors import fail

from .. import functional as F
from ..module import Module
from . import parametrize
from .spectral_norm import as_matrix, check_iterations, output_dim, random_unit
from .weight_norm import norm_except_dim, scaled

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def _tensor_of(module: Any, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        fail(ValueError, f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


# --- orthogonal -------------------------------------------------------------------------------------------


class _OrthMaps(Enum):
    matrix_exp = auto()
    cayley = auto()
    householder = auto()


def _is_orthogonal(q: Tensor) -> bool:
    n, k = q.shape[-2:]
    return allclose(q.mH @ q, eye(k, dtype=q.dtype), atol=10.0 * n * finfo(q.dtype).eps)


def _make_orthogonal(a: Tensor) -> Tensor:
    """The Q of the QR decomposition of a tall matrix whose R has a diagonal >= 0."""
    x, tau = autograd.geqrf(a)
    # Mezzadri (2007), "How to generate random matrices from the classical compact groups", eq. 5.3.
    return autograd.linalg.householder_product(x, tau) * x.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


class _Orthogonal(Module):
    """A (semi-)orthogonal matrix from a matrix of the same shape, of which only the lower triangle counts."""

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: _OrthMaps, *, use_trivialization: bool = True) -> None:
        super().__init__()
        # Reflectors alone do not determine a product of complex ones: they are n (n - 1) numbers, a unitary matrix n^2.
        if weight.is_complex() and orthogonal_map is _OrthMaps.householder:
            fail(ValueError, "The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        transposed = X.shape[-2] < X.shape[-1]
        if transposed:
            X = X.mT
        n, k = X.shape[-2:]
        if self.orthogonal_map is _OrthMaps.householder:
            reflectors = X.tril(diagonal=-1)
            tau = 2.0 / (1.0 + (reflectors * reflectors).sum(dim=-2))
            # The diagonal is a sign and no parameter: nothing flows back through the integers.
            signs = X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
            q = autograd.linalg.householder_product(reflectors, tau) * signs
        else:
            lower = X.tril()
            if n != k:
                lower = cat([lower, lower.new_zeros(n, n - k).expand(*lower.shape[:-2], -1, -1)], dim=-1)
            skew = lower - lower.mH
            if self.orthogonal_map is _OrthMaps.matrix_exp:
                q = autograd.matrix_exp(skew)
            else:  # Cayley's map: (I - A/2)^-1 (I + A/2)
                identity = eye(n, dtype=skew.dtype)
                q = autograd.linalg.solve(identity - 0.5 * skew, identity + 0.5 * skew)
            if n != k:
                q = q[..., :k]
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if transposed else q

    def right_inverse(self, Q: Tensor) -> Tensor:
        if Q.shape != self.shape:
            fail(ValueError, f"Expected a matrix or batch of matrices of shape {self.shape}. "
                             f"Got a tensor of shape {Q.shape}.")
        with no_grad():
            transposed = Q.shape[-2] < Q.shape[-1]
            tall = Q.mT if transposed else Q
            if hasattr(self, "base"):
                self._set_base(tall)
                # With this the factor to the right of the base is the identity, for each of the maps.
                negative = zeros_like(Q)
                negative.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
                return negative
            if self.orthogonal_map is not _OrthMaps.householder:
                fail(NotImplementedError, "It is not possible to assign to the matrix exponential or the Cayley "
                                          "parametrizations when use_trivialization=False.")
            reflectors, tau = autograd.geqrf(tall)
            diagonal = reflectors.diagonal(dim1=-2, dim2=-1)
            diagonal.sign_()
            diagonal[tau == 0.0] *= -1  # LAPACK says by an exact zero that it does not reflect
            return reflectors.mT if transposed else reflectors

    def _set_base(self, q: Tensor) -> None:
        """Make a tall matrix a square orthogonal one, by random columns, and keep it."""
        n, k = q.shape[-2:]
        if n != k:
            q = _make_orthogonal(cat([q, randn(*q.shape[:-2], n, n - k, dtype=q.dtype)], dim=-1))
        else:
            q = q.clone() if _is_orthogonal(q) else _make_orthogonal(q)
        self.base = q


def orthogonal(module: Any, name: str = "weight", orthogonal_map: str | None = None, *,
               use_trivialization: bool = True) -> Any:
    """Keep a matrix, or each of a batch of matrices, orthogonal (unitary where it is complex) while it is trained.

    Tall matrices get orthonormal columns, wide ones orthonormal rows. Lezcano-Casado, "Trivializations for
    gradient-based optimization on manifolds" (2019).

    Args:
        module: the owner of the tensor.
        name: of the tensor, (..., m, n).
        orthogonal_map: ``"matrix_exp"``: the exponential of a skew-symmetric matrix; ``"cayley"``: the Cayley map of
            one; ``"householder"``: a product of reflections. Default: the first for square and for complex matrices,
            the last for others.
        use_trivialization: multiply by a constant orthogonal matrix, so that training starts near an identity.

    Returns:
        The module.

    Raises:
        ValueError: there is no such tensor or no such map, it has fewer than 2 dimensions, or it is complex and the map
            is ``"householder"``.

    >>> import autograd, nn
    >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(2, 3))
    >>> layer
    ParametrizedLinear(
      in_features=2, out_features=3, bias=True
      (parametrizations): ModuleDict(
        (weight): ParametrizationList(
          (0): _Orthogonal()
        )
      )
    )
    >>> autograd.allclose(layer.weight.T @ layer.weight, autograd.eye(2), atol=1e-6)
    True
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        fail(ValueError, f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in _OrthMaps.__members__:
        fail(ValueError, 'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". '
                         f"Got: {orthogonal_map}")
    made = _Orthogonal(weight, _OrthMaps[orthogonal_map], use_trivialization=use_trivialization)
    return parametrize.register_parametrization(module, name, made, unsafe=True)


# --- weight normalization ---------------------------------------------------------------------------------


class _WeightNorm(Module):
    """A weight from its norms and its direction."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return scaled(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Train norm and direction of a weight apart: ``w = g * v / norm(v)``.

    ``g`` is ``module.parametrizations.weight.original0``, ``v`` is ``original1``. Salimans and Kingma, "Weight
    normalization: a simple reparameterization to accelerate training of deep neural networks" (2016).

    Args:
        module: the owner of the weight.
        name: of the weight.
        dim: there is a norm for each index of this dimension. None: one for the whole weight.

    Returns:
        The module. It also loads the state of one made with the older ``nn.utils.weight_norm``.

    >>> import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
    >>> [(name, tuple(p.shape)) for name, p in layer.named_parameters()][1:]
    [('parametrizations.weight.original0', (3, 1)), ('parametrizations.weight.original1', (3, 2))]
    """
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(state_dict: dict[str, Any], prefix: str, *_: Any) -> None:
        old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename)
    return module


# --- spectral normalization -------------------------------------------------------------------------------


class _SpectralNorm(Module):
    """A weight divided by its largest singular value; the singular vectors get better with each call in training."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            fail(IndexError, f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        check_iterations(n_power_iterations)
        self.dim, self.eps = dim % ndim, eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            with no_grad():
                matrix = as_matrix(weight, self.dim)
                self.register_buffer("_u", random_unit(weight, matrix.shape[0], eps))
                self.register_buffer("_v", random_unit(weight, matrix.shape[1], eps))
            self._power_method(matrix, 15)  # to start near the singular vectors

    def _power_method(self, matrix: Tensor, n_power_iterations: int) -> None:
        with no_grad():
            for _ in range(n_power_iterations):
                self._u.copy_(F.normalize(mv(matrix, self._v), dim=0, eps=self.eps))
                self._v.copy_(F.normalize(mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        # Two forward passes may come before one backward: what is saved must not be written to.
        u, v = self._u.clone(), self._v.clone()
        return weight / vdot(u, mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
                  dim: int | None = None) -> Any:
    """Divide a weight by its largest singular value, estimated by the power method; a vector by its norm.

    Miyato et al., "Spectral normalization for generative adversarial networks" (2018).

    Args:
        module: the owner of the weight.
        name: of the weight.
        n_power_iterations: each time that the weight is read in training.
        eps: least norm to divide by.
        dim: the dimension that counts the outputs. Default: 0; for transposed convolutions 1.

    Returns:
        The module.

    >>> import autograd, nn
    >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(20, 40), n_power_iterations=30)
    >>> (autograd.linalg.matrix_norm(layer.weight, 2) - 1).abs() < 0.1
    tensor(True)
    """
    weight = _tensor_of(module, name)
    made = _SpectralNorm(weight, n_power_iterations, output_dim(module, dim), eps)
    return parametrize.register_parametrization(module, name, made)
