"""Spectral normalization by a hook; the older form of `parametrizations.spectral_norm`.

Miyato et al., "Spectral normalization for generative adversarial networks" (2018).
"""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor, dot, mv, no_grad
from autograd.errors import fail

from .. import functional as F
from ..conv import _ConvTransposeNd
from ..parameter import Parameter, Uninitialized

__all__ = ["SpectralNorm", "SpectralNormLoadStateDictPreHook", "SpectralNormStateDictHook", "remove_spectral_norm",
           "spectral_norm"]


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """The weight with ``dim`` first and all other dimensions as one."""
    if dim != 0:
        weight = weight.permute(dim, *[d for d in range(weight.ndim) if d != dim])
    return weight.reshape(weight.shape[0], -1)


def output_dim(module: Any, dim: int | None) -> int:
    """The dimension of a weight that counts the outputs."""
    return dim if dim is not None else int(isinstance(module, _ConvTransposeNd))


def random_unit(weight: Tensor, size: int, eps: float) -> Tensor:
    """A vector of norm 1 of random direction, with the dtype of ``weight``."""
    return F.normalize(weight.new_empty(size).normal_(0, 1), dim=0, eps=eps)


def check_iterations(n_power_iterations: int) -> None:
    if n_power_iterations <= 0:
        fail(ValueError, "Expected n_power_iterations to be positive, but got "
                         f"n_power_iterations={n_power_iterations}")


class SpectralNorm:
    """The hook that divides a weight by its largest singular value before each forward.

    ``..._orig`` is trained; ``..._u`` and ``..._v`` are the singular vectors, made better by each forward in training.
    """

    # Written to state dicts. In version 1 `v` is kept, and evaluation computes the weight rather than read it.
    _version = 1

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        check_iterations(n_power_iterations)
        self.name, self.n_power_iterations, self.dim, self.eps = name, n_power_iterations, dim, eps

    def reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        """The weight as a matrix with a row for each output."""
        return as_matrix(weight, self.dim)

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Tensor:
        """The weight divided by ``u @ W @ v``, after some iterations that lead to the singular vectors."""
        weight, u, v = (getattr(module, self.name + end) for end in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(F.normalize(mv(matrix.t(), u), dim=0, eps=self.eps))
                    u.copy_(F.normalize(mv(matrix, v), dim=0, eps=self.eps))
                # Two forward passes may come before one backward: what is saved must not be written to.
                u, v = u.clone(), v.clone()
        return weight / dot(u, mv(matrix, v))

    def remove(self, module: Any) -> None:
        """Make the weight a parameter again."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for end in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + end)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))

    def _solve_v_and_rescale(self, matrix: Tensor, u: Tensor, target_sigma: Tensor) -> Tensor:
        """The ``v`` for which ``u`` is the direction of ``W @ v``, of a length that gives ``u @ W @ v = sigma``."""
        v = autograd.linalg.multi_dot([matrix.t().mm(matrix).pinverse(), matrix.t(), u.unsqueeze(1)]).squeeze(1)
        return v.mul_(target_sigma / dot(u, mv(matrix, v)))

    @staticmethod
    def apply(module: Any, name: str, n_power_iterations: int, dim: int, eps: float) -> SpectralNorm:
        """Put the hook on a module, and what it needs in place of the weight."""
        if any(isinstance(hook, SpectralNorm) and hook.name == name for hook in module._forward_pre_hooks.values()):
            fail(RuntimeError, f"Cannot register two spectral_norm hooks on the same parameter {name}")
        hook = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            fail(ValueError, f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if isinstance(weight, Uninitialized):
            fail(ValueError, "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to "
                             "run the dummy forward before applying spectral normalization")
        with no_grad():
            u, v = (random_unit(weight, size, eps) for size in as_matrix(weight, dim).shape)
        delattr(module, name)
        module.register_parameter(name + "_orig", weight)
        setattr(module, name, weight.data)  # there until the first forward, for those who look
        module.register_buffer(name + "_u", u)
        module.register_buffer(name + "_v", v)
        module.register_forward_pre_hook(hook)
        module._register_state_dict_hook(SpectralNormStateDictHook(hook))
        module._register_load_state_dict_pre_hook(SpectralNormLoadStateDictPreHook(hook))
        return hook


class SpectralNormLoadStateDictPreHook:
    """Reads the states of the version before 1, which have the weight and no ``v``."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool,
                 missing_keys: list[str], unexpected_keys: list[str], error_msgs: list[str]) -> None:
        version = local_metadata.get("spectral_norm", {}).get(self.fn.name + ".version")
        if version is not None and version >= 1:
            return
        key = prefix + self.fn.name
        if version is None and key not in state_dict and all(key + end in state_dict for end in ("_orig", "_u", "_v")):
            return  # a state without metadata, of the version of today
        missing = [key + end for end in ("_orig", "", "_u") if key + end not in state_dict]
        if missing:
            if strict:
                missing_keys += missing
            return
        with no_grad():
            original, weight = state_dict[key + "_orig"], state_dict.pop(key)
            state_dict[key + "_v"] = self.fn._solve_v_and_rescale(
                as_matrix(original, self.fn.dim), state_dict[key + "_u"], (original / weight).mean())


class SpectralNormStateDictHook:
    """Writes the version to the metadata of a state dict."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Any, state_dict: Any, prefix: str, local_metadata: dict[str, Any]) -> None:
        versions = local_metadata.setdefault("spectral_norm", {})
        key = self.fn.name + ".version"
        if key in versions:
            fail(RuntimeError, f"Unexpected key in metadata['spectral_norm']: {key}")
        versions[key] = self.fn._version


def spectral_norm(module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
                  dim: int | None = None) -> Any:
    """Divide a weight by its largest singular value, estimated by the power method, before each forward.

    `parametrizations.spectral_norm` is the newer form.

    Args:
        module: the owner of the weight.
        name: of the weight.
        n_power_iterations: in each forward in training.
        eps: least norm to divide by.
        dim: the dimension that counts the outputs. Default: 0; for transposed convolutions 1.

    Returns:
        The module.

    >>> import autograd, nn
    >>> layer = nn.utils.spectral_norm(nn.Linear(2, 3))
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    SpectralNorm.apply(module, name, n_power_iterations, output_dim(module, dim), eps)
    return module


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Undo `spectral_norm`; the weight keeps its values.

    Raises:
        ValueError: there is no such normalization.

    >>> import nn
    >>> list(nn.utils.remove_spectral_norm(nn.utils.spectral_norm(nn.Linear(2, 3))).state_dict())
    ['bias', 'weight']
    """
    found = [hook for hook in module._forward_pre_hooks.values()
             if isinstance(hook, SpectralNorm) and hook.name == name]
    if not found:
        fail(ValueError, f"spectral_norm of '{name}' not found in {module}")
    found[0].remove(module)
    for hooks in (module._forward_pre_hooks, module._state_dict_hooks, module._load_state_dict_pre_hooks):
        for key in [k for k, hook in hooks.items() if getattr(hook, "fn", hook) is found[0]]:
            del hooks[key]
    return module
