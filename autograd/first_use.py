"""What `autograd` has beside its imports: found by its ``__getattr__`` when first asked for.

Type checkers see the same names by the imports below, which never run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .amp import GradScaler, autocast
    from .anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
    from .checkpointing import checkpoint, checkpoint_sequential
    from .compiling import warmup
    from .func import vmap
    from .io import load, save
    from .legacy import (
        BoolTensor,
        ByteTensor,
        CharTensor,
        DoubleTensor,
        FloatTensor,
        HalfTensor,
        IntTensor,
        LongTensor,
        ShortTensor,
        Variable,
        set_default_tensor_type,
    )
    from .ops.adaptive_pool import adaptive_avg_pool1d, adaptive_max_pool1d
    from .ops.average_pool import avg_pool1d
    from .ops.bessel import i0
    from .ops.conv import conv1d, conv2d, conv3d, conv_tbc, conv_transpose1d, conv_transpose2d, conv_transpose3d
    from .ops.copies import (
        alias_copy,
        as_strided_copy,
        detach_copy,
        diagonal_copy,
        expand_copy,
        permute_copy,
        select_copy,
        slice_copy,
        split_copy,
        split_with_sizes_copy,
        squeeze_copy,
        t_copy,
        transpose_copy,
        unbind_copy,
        unfold_copy,
        unsqueeze_copy,
        view_as_complex_copy,
        view_as_real_copy,
        view_copy,
    )
    from .ops.counting import (
        argwhere,
        bucketize,
        count_nonzero,
        nonzero,
        nonzero_static,
        searchsorted,
        unique,
        unique_consecutive,
    )
    from .ops.differences import gradient
    from .ops.distance import cdist, pdist
    from .ops.dropout import alpha_dropout, dropout, feature_alpha_dropout
    from .ops.einsum import einsum
    from .ops.fold import channel_shuffle, native_channel_shuffle, pixel_shuffle, pixel_unshuffle
    from .ops.grids import (
        block_diag,
        cartesian_prod,
        combinations,
        meshgrid,
        tril_indices,
        triu_indices,
        unravel_index,
        vander,
    )
    from .ops.histograms import bincount, histc, histogram, histogramdd
    from .ops.linalg.extreme_eigenvalues import lobpcg
    from .ops.linalg.functions import matrix_exp, matrix_power
    from .ops.linalg.least_squares import pinverse
    from .ops.linalg.low_rank import pca_lowrank, svd_lowrank
    from .ops.linalg.lu import lu_unpack, top_lu as lu, top_lu_solve as lu_solve
    from .ops.linalg.orthogonal import geqrf, orgqr, ormqr, top_qr as qr
    from .ops.linalg.products import chain_matmul, cross, kron, tensordot, trace
    from .ops.linalg.solve import det, inverse, logdet, top_slogdet as slogdet
    from .ops.linalg.spectral import top_svd as svd
    from .ops.linalg.triangular import cholesky_inverse, cholesky_solve, top_cholesky as cholesky, triangular_solve
    from .ops.linear import bilinear
    from .ops.memory import from_file, unsafe_split_with_sizes
    from .ops.moments import corrcoef, cov, nanmean, nansum, std, std_mean, var, var_mean
    from .ops.norm import group_norm, layer_norm, rms_norm
    from .ops.norms import dist, frobenius_norm, norm, norm_except_dim, nuclear_norm, renorm
    from .ops.padding import constant_pad_nd
    from .ops.piecewise import hardshrink, threshold
    from .ops.pool import max_pool1d, max_pool2d, max_pool3d
    from .ops.quantiles import median, mode, nanmedian, nanquantile, quantile
    from .ops.rounding_steps import fake_quantize_per_channel_affine, fake_quantize_per_tensor_affine
    from .ops.scan import cummax, cummin, cumprod, cumsum, cumulative_trapezoid, diff, logcumsumexp, trapezoid, trapz
    from .ops.segments import segment_reduce
    from .ops.similarity import cosine_similarity, pairwise_distance
    from .ops.sorting import argsort, kthvalue, msort, sort, topk
    from .ops.spectrogram import istft, stft
    from .ops.strided import (
        as_strided,
        as_strided_scatter,
        diag,
        diag_embed,
        diagflat,
        diagonal,
        diagonal_scatter,
        select_scatter,
        slice_scatter,
    )
    from .ops.unlinked import unsafe_chunk, unsafe_split
    from .predicates import is_signed, is_storage, to_dlpack, typename
    from .random import (
        Generator,
        default_generator,
        fork_rng,
        get_rng_state,
        initial_seed,
        manual_seed,
        seed,
        set_rng_state,
    )
    from .settings import (
        are_deterministic_algorithms_enabled,
        compile,
        get_default_device,
        get_float32_matmul_precision,
        get_num_interop_threads,
        get_num_threads,
        set_default_device,
        set_float32_matmul_precision,
        set_flush_denormal,
        set_num_interop_threads,
        set_num_threads,
        use_deterministic_algorithms,
    )
    from .signal.periodic import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window
    from .viz import tape

# Parts that few programs need, or that need what few programs load: imported when first asked for.
MODULES = ("accelerator", "amp", "anomaly", "backends", "cuda", "data", "distributed", "fft", "func", "io", "jit",
           "linalg", "random", "signal", "special", "testing", "version", "viz")
NAMES = {
    **dict.fromkeys(("GradScaler", "autocast"), "amp"),
    **dict.fromkeys(("BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor",
                     "LongTensor", "ShortTensor", "Variable", "set_default_tensor_type"), "legacy"),
    **dict.fromkeys(("are_deterministic_algorithms_enabled", "compile", "get_default_device",
                     "get_float32_matmul_precision", "get_num_interop_threads", "get_num_threads",
                     "set_default_device", "set_flush_denormal", "set_float32_matmul_precision",
                     "set_num_interop_threads", "set_num_threads", "use_deterministic_algorithms"), "settings"),
    **dict.fromkeys(("detect_anomaly", "is_anomaly_enabled", "set_detect_anomaly"), "anomaly"),
    **dict.fromkeys(("checkpoint", "checkpoint_sequential"), "checkpointing"),
    **dict.fromkeys(("bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"),
                    "signal.periodic"),
    **dict.fromkeys(("is_signed", "is_storage", "to_dlpack", "typename"), "predicates"),
    "vmap": "func",
    "warmup": "compiling",
    **dict.fromkeys(("Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed",
                     "seed", "set_rng_state"), "random"),
    **dict.fromkeys(("load", "save"), "io"),
    "tape": "viz",
}

# Where PyTorch programs look for things that stand elsewhere here.
ELSEWHERE = {
    "autograd": "its functions are this module's own: autograd.grad, autograd.Function, ...",
    "nn": "layers are a package of their own: import nn",
    "optim": "optimizers are a package of their own: import optim",
    "utils": "torch.utils.data is autograd.data, torch.utils.checkpoint is autograd.checkpoint",
}
