"""Samples for convolution and linear maps."""

from __future__ import annotations

from op_samples import A, C, Sample, const, sample

_PADS = ((1, 1), (0, 2))

SAMPLES: dict[str, list[Sample]] = {
    "convolve": [
        sample(A(2, 3, 5), A(4, 3, 2), (1,), ((0, 0),), (1,), 1, A(4)),
        sample(A(2, 4, 5, 6), A(6, 2, 3, 2), (2, 1), _PADS, (1, 2), 2),
        sample(C(1, 2, 4), C(3, 2, 2), (1,), ((1, 1),), (1,), 1, C(3)),
    ],
    "convolve_transposed": [
        sample(A(2, 3, 4), A(3, 2, 2), (5,), (1,), ((0, 0),), (1,), 1, A(2)),
        sample(A(2, 4, 3, 3), A(4, 3, 3, 2), (6, 4), (2, 1), ((1, 1), (1, 0)), (1, 2), 2),
        sample(C(1, 2, 3), C(2, 3, 2), (4,), (1,), ((0, 0),), (1,), 1),
    ],
    "conv_weight_grad": [
        sample(A(2, 4, 4), A(2, 3, 5), (2,), (1,), ((0, 0),), (1,), 1),
        sample(A(2, 4, 2, 3), A(2, 2, 5, 3), (3, 2), (2, 1), ((1, 1), (0, 1)), (1, 1), 2),
        sample(C(1, 3, 4), C(1, 2, 5), (2,), (1,), ((0, 0),), (1,), 1),
    ],
    "conv1d": [sample(A(2, 3, 7), A(4, 3, 3)), sample(A(3, 7), A(4, 3, 2), A(4), padding="same"),
               sample(A(2, 2, 7), A(4, 1, 3), A(4), 2, 1, 2, 2)],
    "conv2d": [
        sample(A(2, 3, 5, 4), A(4, 3, 3, 2)),
        sample(A(2, 2, 5, 5), A(4, 1, 3, 3), A(4), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2),
        sample(A(3, 5, 5), A(2, 3, 2, 2), padding="valid"),
        sample(A(1, 3, 4, 4), A(2, 3, 2, 3), padding="same"),
        sample(A(1, 2, 2, 2), A(1, 2, 2, 2), padding=3),
    ],
    "conv3d": [sample(A(1, 2, 3, 4, 3), A(2, 2, 2, 2, 2), A(2), 1, 1),
               sample(A(2, 3, 3, 3), A(2, 1, 2, 2, 2), groups=2)],
    "conv_transpose1d": [sample(A(2, 3, 4), A(3, 2, 3), A(2), 2, 1, 1),
                         sample(A(3, 4), A(3, 2, 3), dilation=3, output_padding=2)],
    "conv_transpose2d": [
        sample(A(2, 2, 3, 3), A(2, 3, 2, 2)),
        sample(A(2, 4, 3, 2), A(4, 2, 3, 2), A(4), stride=(2, 1), padding=(1, 0), output_padding=(1, 0), groups=2,
               dilation=(1, 2)),
        sample(A(2, 3, 3), A(2, 1, 2, 2)),
    ],
    "conv_transpose3d": [sample(A(1, 2, 2, 3, 2), A(2, 1, 2, 2, 2), A(1), 2, 1)],
    "matrix_product": [sample(A(2, 3), A(3, 4)), sample(C(2, 3), C(3, 4)), sample(A(4, 1), A(1, 3))],
    "linear": [sample(A(3, 4), A(2, 4), A(2)), sample(A(3, 4), A(2, 4)), sample(A(2, 3, 4), A(5, 4), A(5)),
               sample(A(4), A(2, 4)),
               sample(A(1, 4), A(2, 4)), sample(A(3, 4), A(4)), sample(A(4), A(4)), sample(A(3, 1), A(2, 1), A(2)),
               sample(A(3, 4), A(2, 4), A(1)), sample(C(3, 4), C(2, 4), C(2)), sample(A(3, 4), const(A(2, 4)))],
    "bilinear": [sample(A(3, 4), A(3, 2), A(5, 4, 2), A(5)), sample(A(2, 3, 4), A(2, 3, 2), A(1, 4, 2)),
                 sample(A(4), A(2), A(3, 4, 2))],
    "im2col": [sample(A(2, 3, 4, 5), (2, 3)), sample(A(2, 5, 5), 2, 2, 1, 2)],
    "col2im": [sample(A(2, 12, 12), (4, 5), 2), sample(A(8, 6), (5, 5), 2, 2, 1, (2, 3))],
    "unfold_columns": [sample(A(2, 3, 4, 5), (2, 3), (1, 1), (1, 0), (1, 2))],
    "fold_columns": [sample(A(2, 12, 12), (4, 5), (2, 2), (1, 1), (0, 0), (1, 1))],
    "pixel_shuffle": [sample(A(2, 8, 2, 3), 2), sample(A(9, 1, 2), 3)],
    "pixel_unshuffle": [sample(A(2, 2, 4, 6), 2), sample(A(1, 3, 6), 3)],
    "native_channel_shuffle": [sample(A(2, 6, 3), 2)],
    "conv_tbc": [sample(A(5, 2, 3), A(2, 3, 4), A(4)), sample(A(4, 2, 3), A(3, 3, 2), A(2), 1)],
    "channel_shuffle": [sample(A(2, 6, 3), 2), sample(A(1, 6, 2, 2), 3)],
}
