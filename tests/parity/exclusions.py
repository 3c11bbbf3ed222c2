"""Entries of PyTorch's operator database that are left out, each with its reason."""

from __future__ import annotations

import re

#: (pattern of the name, reason)
EXCLUSIONS: tuple[tuple[str, str], ...] = (
    (r"sparse\..*|to_sparse", "sparse layouts: tensors here are dense"),
    (r"masked\..*", "torch.masked is a prototype outside the documented stable API"),
    (r"jiterator_.*", "compiles CUDA source"),
    (r"torch\._scaled_mm.*|bfloat16|chalf", "element types that NumPy does not have (float8, bfloat16, complex32)"),
    (r"torch\.ops\..*", "reached through torch.ops only, not a public function"),
    (r"_softmax_backward_data|native_dropout_backward|max_pool2d_with_indices_backward",
     "a backward kernel, not a public function"),
    (r"native_.*_norm|_native_batch_norm_legit|_batch_norm_with_update", "internal entry behind nn.functional's norms"),
    (r"grid_sampler_[23]d|_upsample_bilinear2d_aa|constant_pad_nd",
     "internal entry behind nn.functional.grid_sample, interpolate, pad"),
    (r"_segment_reduce|_unsafe_masked_index.*|_chunk_cat|slice", "internal, undocumented"),
    (r"nn\.functional\.linear_cross_entropy\[.*", "the same function with options for how much memory PyTorch's code uses"),
    (r"bmm\[triton_optimized\]", "the same function compiled for CUDA"),
    (r"hash_tensor", "gives uint64, an element type that is not supported"),
)

#: What PyTorch does with ``out=`` that is left out: (pattern of the name, pattern of the kind of out, reason).
OUT_EXCLUSIONS: tuple[tuple[str, str, str], ...] = (
    (r"addbmm|lu|nn\.functional\.logsigmoid|mode|narrow_copy|multinomial|bernoulli", "out of another shape",
     "PyTorch does not warn that it resizes, as it does everywhere else"),
    (r"nn\.functional\.linear", "(empty )?out", "PyTorch warns of a resize inside its own implementation"),
    (r"arange|linspace|logspace", "out of another shape", "PyTorch fills an out of any shape that has as many elements"),
    (r"normal", "empty out|out of (another shape|torch.*)", "PyTorch draws into out as it is, whatever mean and std are"),
    (r"std|var|lerp|diff|inner|linalg\.matrix_power", r"out of torch.(float32|complex128)",
     "PyTorch converts to the type of out or refuses, by which of its implementations runs; here it is converted"),
    (r"arange", "out of torch.complex128", "PyTorch has no such kernel"),
    (r"bernoulli", "out of torch.*", "PyTorch fills out with draws in its own type; here the draws are in the input's type"),
    (r"(split_with_sizes|unbind)_copy", ".*", "PyTorch returns None"),
    (r"cumsum|cumprod", "out of torch.bool", "PyTorch refuses sums in bool where there is more than one element"),
    (r"fft\.ihfft[2n]", ".*", "PyTorch leaves half of out unwritten"),
)


def reason(name: str) -> str | None:
    """Why the entry ``name``, or ``name[variant]``, is left out; None where it is run."""
    names = (name, name.split("[")[0])
    return next((why for pattern, why in EXCLUSIONS if any(re.fullmatch(pattern, n) for n in names)), None)


def out_reason(name: str, kind: str) -> str | None:
    """Why a kind of ``out`` is left out for the entry ``name``; None where it is tried."""
    return next((why for names, kinds, why in OUT_EXCLUSIONS if re.fullmatch(names, name) and re.fullmatch(kinds, kind)),
                None)
