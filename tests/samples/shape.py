"""Samples for shapes, axes and broadcasting."""

from __future__ import annotations

import numpy as np
from op_samples import A, C, Sample, sample

MEMORY = "depends on how the memory is laid out"
MATRIX = [sample(A(3, 4)), sample(C(3, 4))]


def laid_out(*args: object, **kwargs: object) -> Sample:
    return sample(*args, **kwargs).without("layouts", because=MEMORY)


SAMPLES: dict[str, list[Sample]] = {
    "reshape": [sample(A(2, 3, 4), (6, -1)), sample(A(3, 4), 12), sample(A(), (1, 1)), sample(C(3, 4), (4, 3))],
    "view_shape": [laid_out(A(2, 3, 4), (6, -1)), laid_out(A(3, 4), 12)],
    "view": [laid_out(A(2, 3, 4), 6, -1), laid_out(A(3, 4), (12,))],
    "alias": MATRIX,
    "view_as": [laid_out(A(3, 4), A(4, 3))],
    "reshape_as": [sample(A(3, 4), A(4, 3))],
    "flatten": [sample(A(2, 3, 4)), sample(A(2, 3, 4), 1), sample(A(2, 3, 4), 0, 1), sample(A())],
    "ravel": [sample(A(2, 3)), sample(A(4))],
    "unflatten": [laid_out(A(2, 12), 1, (3, -1)), laid_out(A(12), 0, (3, 4))],
    "squeeze": [sample(A(1, 3, 1)), sample(A(1, 3, 1), 0), sample(A(1, 3, 1), (0, 1)), sample(A(3), 0)],
    "unsqueeze": [sample(A(3, 4), 0), sample(A(3, 4), -1), sample(A(), 0)],
    "expand": [sample(A(3, 1), (3, 4)), sample(A(4), (2, -1)), sample(A(), (2, 3)), sample(C(1), (3,))],
    "expand_as": [sample(A(3, 1), A(2, 3, 4))],
    "broadcast_to": [sample(A(3, 1), (2, 3, 4))],
    "broadcast_tensors": [sample(A(3, 1), A(4), A())],
    "sum_to_size": [sample(A(2, 3, 4), (3, 1)), sample(A(3, 4), (3, 4)), sample(A(3, 4), (1,)), sample(C(2, 3), (3,))],
    "transpose": [sample(A(2, 3, 4), 0, 2), sample(A(2, 3, 4), 1, -1), sample(A(), 0, -1), sample(C(3, 4), 0, 1)],
    "swapaxes": [sample(A(2, 3, 4), 0, 2)],
    "swapdims": [sample(A(2, 3, 4), 0, 2)],
    "reverse_dims": [sample(A(2, 3, 4)), sample(A(4))],
    "t": [sample(A(3, 4)), sample(A(4)), sample(A())],
    "matrix_transpose": [sample(A(2, 3, 4))],
    "adjoint": [sample(A(2, 3, 4)), sample(C(3, 4))],
    "hermitian": [sample(A(3, 4)), sample(C(3, 4)), sample(np.array(C()))],
    "permute": [sample(A(2, 3, 4), (2, 0, 1)), sample(A(2, 3, 4), 0, -1, 1), sample(C(3, 4), (1, 0))],
    "movedim": [sample(A(2, 3, 4), 0, -1), sample(A(2, 3, 4), (0, 1), (2, 0))],
    "moveaxis": [sample(A(2, 3, 4), -1, 0)],
    "to_dtype": [sample(A(3), np.float64), sample(A(3), np.complex128), sample(C(3), np.float64)],
    "to": [sample(A(3), np.complex128), sample(A(3), copy=True)],
    "type_as": [sample(A(3), C(2))],
    "float": [sample(A(3)).without("gradcheck", "gradgradcheck", because="float32 is too coarse for differences")],
    "half": [sample(A(3)).without("gradcheck", "gradgradcheck", because="float16 is too coarse for differences")],
    "cfloat": [sample(A(3)).without("gradcheck", "gradgradcheck", because="float32 is too coarse for differences")],
    "double": [sample(A(3))],
    "cdouble": [sample(A(3))],
    "cpu": [sample(A(3))],
    "clone": MATRIX,
    "contiguous": [sample(A(3, 4))],
    "to_contiguous": [sample(A(3, 4))],
    "copied": [sample(A(3))],
    "fill": [sample(A(3, 4), 2.0), sample(A(3, 4), A())],
    "filled_with": [sample(A(3, 4), A())],
    "overwritten": [sample(A(3, 4)).without("gradcheck", because="it stands for constants written over its input")],
    "cat": [sample([A(2, 3), A(1, 3)]), sample([A(2, 3), A(2, 1)], -1), sample([A(2), C(3)]), sample([A(2, 3), A(0)])],
    "concat": [sample([A(2, 3), A(1, 3)])],
    "concatenate": [sample([A(2, 3), A(2, 1)], 1)],
    "stack": [sample([A(2, 3), A(2, 3, seed=1)]), sample([A(3), C(3)], -1), sample([A(), A(seed=1)])],
    "atleast_1d": [sample(A()), sample(A(3), A())],
    "atleast_2d": [sample(A(3)), sample([A(), A(2, 3)])],
    "atleast_3d": [sample(A(3)), sample(A(2, 3)), sample(A())],
    "hstack": [sample([A(3), A(2)]), sample([A(2, 3), A(2, 1)])],
    "vstack": [sample([A(3), A(2, 3)])],
    "row_stack": [sample([A(3), A(3, seed=1)])],
    "dstack": [sample([A(2, 3), A(2, 3, seed=1)])],
    "column_stack": [sample([A(3), A(3, 2)])],
    "pieces": [sample(A(3, 5), 1, (2, 0, 3))],
    "slices": [sample(A(3, 2), 0), sample(A(3), 0)],
    "split": [sample(A(5, 2), 2), sample(A(2, 5), [1, 4], 1)],
    "split_with_sizes": [sample(A(5, 2), [2, 3])],
    "chunk": [sample(A(5, 2), 3), sample(A(2, 5), 2, 1)],
    "tensor_split": [sample(A(5), 3), sample(A(5), (1, 3)), sample(A(5), (4, 2))],
    "hsplit": [sample(A(4), 2), sample(A(2, 4), (1,))],
    "vsplit": [sample(A(4, 2), 2)],
    "dsplit": [sample(A(2, 2, 4), 2)],
    "unbind": [sample(A(3, 2)), sample(A(3, 2), 1), sample(A(3))],
}
