"""The operations: one file a family, one statement an operation.

Importing the package runs the families of everyday use. The others, those of `DEFERRED`, are imported when one of their
names is first asked for, because most programs need few of them and the import of all would take half as long again.
Nobody has to know: ``autograd.NAME`` finds their functions (`function`), Tensor's methods are stand-ins that import the
family and make way for the method (`methods.Deferred`), and modules that need one (``nn.functional``,
``autograd.linalg``) import it as any module. What walks the whole registry calls `load_all` first.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ..primitive import COMPOSITES, REGISTRY
from . import (
    activation as activation,
    arithmetic as arithmetic,
    assigning as assigning,
    axes as axes,
    casting as casting,
    comparison as comparison,
    complex_numbers as complex_numbers,
    counting as counting,
    elementwise as elementwise,
    extremes as extremes,
    index_select as index_select,
    indexing as indexing,
    joining as joining,
    logical as logical,
    masking as masking,
    matrix as matrix,
    moments as moments,
    powers as powers,
    random_fill as random_fill,
    rearranging as rearranging,
    reductions as reductions,
    rounding as rounding,
    sampling as sampling,
    scan as scan,
    scattering as scattering,
    shape as shape,
    softmax as softmax,
    sorting as sorting,
    special as special,
    splitting as splitting,
    strided as strided,
    unlinked as unlinked,
    vector_norm as vector_norm,
    writing as writing,
)

#: Families imported on first use: their functions of the package, and their methods of Tensor.
DEFERRED = {
    "adaptive_pool": ("adaptive_avg_pool1d adaptive_max_pool1d", ""),
    "attention": ("", ""),
    "average_pool": ("avg_pool1d", ""),
    "bessel": ("i0", "i0 i0_"),
    "conv": ("conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d", ""),
    "cross_entropy": ("", ""),
    "ctc": ("", ""),
    "differences": ("gradient", ""),
    "distance": ("cdist pdist", ""),
    "dropout": ("alpha_dropout dropout feature_alpha_dropout", ""),
    "einsum": ("einsum", ""),
    "embedding": ("", ""),
    "fft": ("", ""),
    "fold": ("channel_shuffle pixel_shuffle pixel_unshuffle", ""),
    "frequencies": ("", ""),
    "grid_sample": ("", ""),
    "grids": (
        "block_diag cartesian_prod combinations meshgrid tril_indices triu_indices unravel_index vander",
        "",
    ),
    "histograms": ("bincount histc histogram histogramdd", "bincount histc histogram"),
    "linalg": (
        "matrix_exp matrix_power pinverse pca_lowrank svd_lowrank lu_unpack lu lu_solve geqrf orgqr ormqr qr "
        "chain_matmul cross kron tensordot trace det inverse logdet slogdet svd cholesky_inverse "
        "cholesky_solve cholesky triangular_solve",
        "cholesky cholesky_inverse cholesky_solve cross det geqrf inverse kron logdet lu lu_solve matrix_exp "
        "matrix_power orgqr ormqr pinverse qr slogdet svd trace triangular_solve",
    ),
    "linear": ("bilinear", ""),
    "loss": ("", ""),
    "margin_loss": ("", ""),
    "norm": ("group_norm layer_norm rms_norm", ""),
    "norms": ("dist norm renorm", "dist norm renorm renorm_"),
    "padding": ("constant_pad_nd", "constant_pad_nd"),
    "piecewise": ("hardshrink threshold", "hardshrink hardsigmoid_ hardswish_ hardtanh_ relu6_ threshold_"),
    "polynomials": ("", ""),
    "pool": ("max_pool1d max_pool2d max_pool3d", ""),
    "quantiles": ("median mode nanmedian nanquantile quantile", "median mode nanmedian nanquantile quantile"),
    "resize": ("", ""),
    "similarity": ("cosine_similarity pairwise_distance", ""),
    "spectrogram": ("istft stft", "istft stft"),
    "unpool": ("", ""),
}
#: The family of each deferred function, and of each deferred method, by name.
FUNCTIONS = {name: family for family, (functions, _) in DEFERRED.items() for name in functions.split()}
METHODS = {name: family for family, (_, methods) in DEFERRED.items() for name in methods.split()}


def load(family: str) -> Any:
    """The module of a family, imported if it was not."""
    return importlib.import_module(f".{family}", __name__)


def load_all() -> None:
    """Import every family, so that the registry is complete."""
    for family in DEFERRED:
        load(family)


def function(name: str) -> Callable[..., Any]:
    """The public function of this name, from a deferred family."""
    load(FUNCTIONS[name])
    return (REGISTRY.get(name) or COMPOSITES[name]).function


def __getattr__(name: str) -> Any:
    if name in DEFERRED:
        return load(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
