"""The operations: one file a family, one statement an operation.

Importing the package runs the families that nearly every program needs. The others, those of `DEFERRED`, are imported
when one of their names is first asked for: all together they would nearly double the time of the import, and most
programs need few of them. Nobody has to know. ``autograd.NAME`` finds their functions (`function`), Tensor has
stand-ins for their methods, which import the family and make way for the method (`methods.Deferred`), and modules
that build on a family, as ``nn.functional`` and ``autograd.linalg`` do, import it like any other module. What walks
the whole registry calls `load_all` first.

A new operation of a deferred family needs its name in the table; a test says which one is missing.
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
    elementwise as elementwise,
    extremes as extremes,
    index_select as index_select,
    indexing as indexing,
    joining as joining,
    logical as logical,
    masking as masking,
    matrix as matrix,
    powers as powers,
    random_fill as random_fill,
    rearranging as rearranging,
    reductions as reductions,
    rounding as rounding,
    sampling as sampling,
    scattering as scattering,
    shape as shape,
    softmax as softmax,
    special as special,
    splitting as splitting,
    vector_norm as vector_norm,
    writing as writing,
)

#: Families imported on first use: their functions of the package, and their methods of Tensor.
DEFERRED = {
    "adaptive_pool": ("adaptive_avg_pool1d adaptive_max_pool1d", ""),
    "attention": ("", ""),
    "average_pool": ("avg_pool1d", ""),
    "batch_norm": ("", ""),
    "bessel": ("i0", "i0 i0_"),
    "binary_cross_entropy": ("", ""),
    "conv": ("conv1d conv_tbc conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d", ""),
    "copies": (
        "alias_copy as_strided_copy detach_copy diagonal_copy expand_copy permute_copy select_copy slice_copy "
        "split_copy split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsqueeze_copy "
        "view_as_complex_copy view_as_real_copy view_copy",
        "",
    ),
    "counting": (
        "argwhere bucketize count_nonzero nonzero nonzero_static searchsorted unique unique_consecutive",
        "argwhere count_nonzero nonzero nonzero_static unique unique_consecutive",
    ),
    "cross_entropy": ("", ""),
    "ctc": ("", ""),
    "differences": ("gradient", ""),
    "distance": ("cdist pdist", ""),
    "dropout": ("alpha_dropout dropout feature_alpha_dropout", ""),
    "einsum": ("einsum", ""),
    "embedding": ("", ""),
    "fft": ("", ""),
    "fold": ("channel_shuffle native_channel_shuffle pixel_shuffle pixel_unshuffle", ""),
    "frequencies": ("", ""),
    "grid_sample": ("", ""),
    "grids": (
        "block_diag cartesian_prod combinations meshgrid tril_indices triu_indices unravel_index vander",
        "",
    ),
    "histograms": ("bincount histc histogram histogramdd", "bincount histc histogram"),
    "linalg": (
        "matrix_exp matrix_power pinverse pca_lowrank svd_lowrank lu_unpack lu lu_solve geqrf orgqr ormqr qr "
        "chain_matmul cross kron lobpcg tensordot trace det inverse logdet slogdet svd cholesky_inverse "
        "cholesky_solve cholesky triangular_solve",
        "cholesky cholesky_inverse cholesky_solve cross det geqrf inverse kron logdet lu lu_solve matrix_exp "
        "matrix_power orgqr ormqr pinverse qr slogdet svd trace triangular_solve",
    ),
    "linear": ("bilinear", ""),
    "loss": ("", ""),
    "margin_loss": ("", ""),
    "memory": (
        "from_file unsafe_split_with_sizes",
        "__reversed__ apply_ const_data_ptr dim_order fill_diagonal_ is_set_to is_shared map2_ map_ new set_ "
        "share_memory_ storage storage_offset to_dense unsafe_split_with_sizes untyped_storage",
    ),
    "moments": (
        "corrcoef cov nanmean nansum std std_mean var var_mean",
        "corrcoef cov nanmean nansum std var",
    ),
    "norm": ("group_norm layer_norm rms_norm", ""),
    "norms": ("dist frobenius_norm norm norm_except_dim nuclear_norm renorm", "dist norm renorm renorm_"),
    "padding": ("constant_pad_nd", "constant_pad_nd"),
    "pair_loss": ("", ""),
    "piecewise": ("hardshrink threshold", "hardshrink hardsigmoid_ hardswish_ hardtanh_ relu6_ threshold_"),
    "polynomials": ("", ""),
    "pool": ("max_pool1d max_pool2d max_pool3d", ""),
    "quantiles": ("median mode nanmedian nanquantile quantile", "median mode nanmedian nanquantile quantile"),
    "recurrent": ("", ""),
    "recurrent_layers": ("", ""),
    "resize": ("", ""),
    "rounding_steps": ("fake_quantize_per_channel_affine fake_quantize_per_tensor_affine", ""),
    "scan": (
        "cummax cummin cumprod cumsum cumulative_trapezoid diff logcumsumexp trapezoid trapz",
        "cummax cummin cumprod cumprod_ cumsum cumsum_ diff logcumsumexp",
    ),
    "segments": ("segment_reduce", ""),
    "similarity": ("cosine_similarity pairwise_distance", ""),
    "sorting": ("argsort kthvalue msort sort topk", "argsort kthvalue msort sort topk"),
    "spectrogram": ("istft stft", "istft stft"),
    "strided": (
        "as_strided as_strided_scatter diag diag_embed diagflat diagonal diagonal_scatter select_scatter "
        "slice_scatter",
        "as_strided as_strided_ as_strided_scatter diag diag_embed diagflat diagonal diagonal_scatter "
        "select_scatter slice_scatter unfold",
    ),
    "unlinked": ("unsafe_chunk unsafe_split", "unsafe_chunk unsafe_split"),
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
