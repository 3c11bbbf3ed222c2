"""Computation on arrays: ndarray in, ndarray out. Nothing here knows a Tensor."""
