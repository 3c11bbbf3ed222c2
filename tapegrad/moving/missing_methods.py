"""Methods of PyTorch's tensors and modules, not all of them here, whose names little else in a script has."""

from __future__ import annotations

METHODS = frozenset((
    "apply_", "as_subclass", "bfloat16", "ccol_indices", "chalf", "col_indices", "const_data_ptr", "crow_indices",
    "dense_dim", "dequantize", "dim_order", "fill_diagonal_", "hash_tensor", "int_repr", "ipu", "is_coalesced",
    "is_distributed", "is_nonzero", "is_same_size", "is_set_to", "is_shared", "map2_", "map_", "module_load", "mtia",
    "ndimension", "nelement", "q_per_channel_axis", "q_per_channel_scales", "q_per_channel_zero_points", "q_scale",
    "q_zero_point", "qscheme", "record_stream", "reinforce", "resize_as", "resize_as_sparse_", "row_indices", "set_",
    "share_memory_", "slice_inverse", "smm", "sparse_dim", "sparse_mask", "sparse_resize_",
    "sparse_resize_and_clear_", "sspaddmm", "storage_offset", "storage_type", "to_dense", "to_empty", "to_mkldnn",
    "to_padded_tensor", "to_sparse", "to_sparse_bsc", "to_sparse_bsr", "to_sparse_coo", "to_sparse_csc",
    "to_sparse_csr", "unsafe_split_with_sizes", "untyped_storage", "xpu",
))
