"""Mistakes with layers and their functions."""

from __future__ import annotations

from typing import Any

from bad_inputs.case import bad, ints, ones, seq

# --- layers -----------------------------------------------------------------------------------------------

bad("linear: features", lambda L: L.F.linear(ones(L, 2, 3), ones(L, 4, 5)), RuntimeError, "linear", "2x3", "5x4",
    "cannot be multiplied")
bad("conv2d: channels", lambda L: L.F.conv2d(ones(L, 1, 3, 8, 8), ones(L, 4, 2, 3, 3)), RuntimeError, "conv2d",
    "[4, 2, 3, 3]", "[1, 3, 8, 8]", "2 channels", "3 channels")
bad("conv2d: dimensions", lambda L: L.F.conv2d(ones(L, 8, 8), ones(L, 4, 2, 3, 3)), RuntimeError, "conv2d", "4D",
    "[8, 8]")
bad("conv2d: kernel", lambda L: L.F.conv2d(ones(L, 1, 1, 2, 2), ones(L, 1, 1, 3, 3)), RuntimeError, "conv2d",
    "Kernel size", "greater than actual input size")
bad("conv2d: bias", lambda L: L.F.conv2d(ones(L, 1, 1, 4, 4), ones(L, 2, 1, 3, 3), ones(L, 3)), RuntimeError, "conv2d",
    "bias", "[3]")
bad("conv2d: groups", lambda L: L.F.conv2d(ones(L, 1, 3, 8, 8), ones(L, 4, 1, 3, 3), groups=2), RuntimeError,
    "conv2d", "groups")
bad("conv2d: dtypes", lambda L: L.F.conv2d(ones(L, 1, 1, 4, 4).double(), ones(L, 1, 1, 3, 3)), RuntimeError, "conv2d",
    "float64", "float32")
bad("conv1d: channels", lambda L: L.F.conv1d(ones(L, 1, 3, 8), ones(L, 4, 2, 3)), RuntimeError, "conv1d", "[4, 2, 3]",
    "2 channels", "3 channels")
bad("conv_transpose2d: channels", lambda L: L.F.conv_transpose2d(ones(L, 1, 3, 8, 8), ones(L, 2, 4, 3, 3)),
    RuntimeError,
    "conv_transpose2d", "2", "3")
bad("max_pool2d: padding", lambda L: L.F.max_pool2d(ones(L, 1, 1, 4, 4), 2, padding=2), RuntimeError, "max_pool2d",
    "half", "kernel")
bad("max_pool2d: dimensions", lambda L: L.F.max_pool2d(ones(L, 4), 2), RuntimeError, "max_pool2d", "[4]")
bad("avg_pool2d: too large", lambda L: L.F.avg_pool2d(ones(L, 1, 1, 2, 2), 3), RuntimeError, "avg_pool2d", "too small")
bad("layer_norm: shape", lambda L: L.F.layer_norm(ones(L, 2, 3), (4,)), RuntimeError, "layer_norm", "[4]", "[2, 3]",
    "normalized_shape")
bad("batch_norm: one value", lambda L: L.F.batch_norm(ones(L, 1, 3), L.t.zeros(3), L.t.ones(3), training=True),
    ValueError,
    "more than 1 value per channel", "[1, 3]")
bad("group_norm: groups", lambda L: L.F.group_norm(ones(L, 2, 3), 2), RuntimeError, "group_norm", "divisible", "2")
bad("embedding: range", lambda L: L.F.embedding(L.t.tensor([3]), ones(L, 3, 2)), IndexError, "embedding",
    "out of range")
bad("embedding: floats", lambda L: L.F.embedding(ones(L, 2), ones(L, 3, 2)), RuntimeError, "embedding", "Long",
    "float32")
bad("dropout: probability", lambda L: L.F.dropout(ones(L, 2), 1.5), ValueError, "probability", "1.5", "between 0 and 1")
bad("pad: length", lambda L: L.F.pad(ones(L, 2, 3), (1, 2, 3)), RuntimeError, "pad", "divisible by 2")
bad("interpolate: both", lambda L: L.F.interpolate(ones(L, 1, 1, 2, 2), size=4, scale_factor=2.0), ValueError,
    "only one",
    "size", "scale_factor")
bad("glu: odd", lambda L: L.F.glu(ones(L, 3)), RuntimeError, "glu", "even", "3")
bad("pixel_shuffle: channels", lambda L: L.F.pixel_shuffle(ones(L, 1, 3, 2, 2), 2), RuntimeError, "pixel_shuffle",
    "divisible", "3")
bad("scaled_dot_product_attention: sizes", lambda L: L.F.scaled_dot_product_attention(
    ones(L, 1, 2, 3), ones(L, 1, 2, 4), ones(L, 1, 2, 4)), RuntimeError, "3", "4")

# --- sizes ------------------------------------------------------------------------------------------------

bad("Linear: after Flatten", lambda L: seq(L, L.nn.Conv2d(1, 4, 3), L.nn.Flatten(), L.nn.Linear(100, 10))(
    ones(L, 2, 1, 8, 8)), RuntimeError, "2 (Linear 100->10) of Sequential", "2x144", "100x10", "make it Linear(144, 10)")
bad("Linear: before Flatten", lambda L: seq(L, L.nn.Linear(784, 10))(ones(L, 2, 1, 28, 28)), RuntimeError,
    "0 (Linear 784->10)", "[2, 1, 28, 28]", "784 features once it is flat", "nn.Flatten()", "x.flatten(1)")
bad("Linear: transposed", lambda L: L.nn.Linear(3, 2)(ones(L, 3, 4)), RuntimeError, "linear(", "[3, 4]", "x.T")
bad("Linear: features in the middle", lambda L: L.nn.Linear(3, 2)(ones(L, 2, 3, 4)), RuntimeError, "linear(",
    "[2, 3, 4]", "x.movedim(1, -1)")
bad("Linear: a number", lambda L: L.nn.Linear(3, 2)(L.t.tensor(1.0)), RuntimeError, "Linear 3->2", "float32 []",
    "3 features")
bad("Linear: sizes", lambda L: L.nn.Linear(10 / 2, 3), TypeError, "(3, 5.0)", "ints", "float", "//")
bad("Linear: negative", lambda L: L.nn.Linear(-2, 3), RuntimeError, "negative", "-2")
bad("Linear: a string", lambda L: L.nn.Linear("2", 3), TypeError, "'2'", "str")
bad("Linear: nothing", lambda L: L.nn.Linear(2, None), TypeError, "None", "ints")
bad("Bilinear: second", lambda L: L.nn.Bilinear(3, 4, 5)(ones(L, 2, 3), ones(L, 2, 5)), RuntimeError, "bilinear(",
    "input2", "5", "4", "in2_features=4")
bad("Bilinear: batch", lambda L: L.nn.Bilinear(3, 4, 5)(ones(L, 2, 3), ones(L, 3, 4)), RuntimeError, "bilinear(",
    "[2]", "[3]")
bad("Bilinear: in1_features", lambda L: L.nn.Bilinear(0, 4, 5), ValueError, "in1_features")

# --- convolutions -----------------------------------------------------------------------------------------

bad("Conv2d: channels last", lambda L: seq(L, L.nn.Conv2d(3, 4, 3))(ones(L, 2, 32, 32, 3)), RuntimeError, "conv2d(",
    "0 (Conv2d 3->4, kernel_size=(3, 3), stride=(1, 1))", "channels stand last", "x.permute(0, 3, 1, 2)",
    "[2, 3, 32, 32]")
bad("Conv1d: channels last", lambda L: L.nn.Conv1d(3, 4, 3)(ones(L, 2, 32, 3)), RuntimeError, "conv1d(",
    "x.permute(0, 2, 1)")
bad("Conv3d: channels last", lambda L: L.nn.Conv3d(3, 4, 3)(ones(L, 2, 8, 8, 8, 3)), RuntimeError, "conv3d(",
    "x.permute(0, 4, 1, 2, 3)")
bad("ConvTranspose2d: channels last", lambda L: L.nn.ConvTranspose2d(3, 4, 3)(ones(L, 2, 5, 5, 3)), RuntimeError,
    "conv_transpose2d(", "x.permute(0, 3, 1, 2)")
bad("Conv2d: one image, channels last", lambda L: L.nn.Conv2d(3, 4, 3)(ones(L, 32, 32, 3)), RuntimeError, "conv2d(",
    "x.movedim(-1, 0)", "x.unsqueeze(0)")
bad("Conv2d: no channel", lambda L: seq(L, L.nn.Conv2d(1, 4, 3))(ones(L, 2, 28, 28)), RuntimeError, "conv2d(",
    "[2, 28, 28]", "missing channel", "x.unsqueeze(1)")
bad("Conv2d: neither batch nor channel", lambda L: L.nn.Conv2d(1, 4, 3)(ones(L, 28, 28)), RuntimeError, "conv2d(",
    "3D (unbatched) or 4D (batched)", "x.reshape(1, 1, 28, 28)")
bad("Conv2d: flat", lambda L: L.nn.Conv2d(3, 4, 3)(ones(L, 2, 3, 8, 8).flatten(1)), RuntimeError, "conv2d(",
    "[2, 192]", "(N, C, H, W) or (C, H, W)")
bad("Conv2d: other channels", lambda L: seq(L, L.nn.Conv2d(1, 8, 3), L.nn.Conv2d(16, 4, 3))(ones(L, 2, 1, 9, 9)),
    RuntimeError, "1 (Conv2d 16->4", "8 channels", "Conv2d(8, 4, ...)")
bad("Conv2d: grouped channels", lambda L: L.nn.Conv2d(4, 4, 3, groups=4)(ones(L, 2, 6, 9, 9)), RuntimeError,
    "groups=4", "4 channels", "6 channels")
bad("Conv2d: larger than the image", lambda L: seq(L, L.nn.Conv2d(1, 1, 5))(ones(L, 1, 1, 4, 4)), RuntimeError,
    "(4 x 4)", "(5 x 5)", "Kernel size can't be greater", "add padding", "0 (Conv2d 1->1")
bad("Conv2d: size of three", lambda L: L.nn.Conv2d(1, 1, (3, 3, 3))(ones(L, 1, 1, 8, 8)), RuntimeError, "kernel_size",
    "(3, 3, 3)", "Conv2d")
bad("Conv2d: stride of three", lambda L: L.nn.Conv2d(1, 1, 3, stride=(1, 1, 1))(ones(L, 1, 1, 8, 8)), RuntimeError,
    "stride", "(1, 1, 1)")
bad("Conv2d: size zero", lambda L: L.nn.Conv2d(1, 1, 0)(ones(L, 1, 1, 8, 8)), RuntimeError,
    "kernel size should be greater than zero")
bad("Conv2d: stride zero", lambda L: L.nn.Conv2d(1, 1, 3, stride=0)(ones(L, 1, 1, 8, 8)), RuntimeError, "conv2d(",
    "non-positive stride")
bad("Conv2d: dilation zero", lambda L: L.nn.Conv2d(1, 1, 3, dilation=0)(ones(L, 1, 1, 8, 8)), RuntimeError,
    "dilation")
bad("Conv2d: negative padding", lambda L: L.nn.Conv2d(1, 1, 3, padding=-1)(ones(L, 1, 1, 8, 8)), RuntimeError,
    "negative padding")
bad("Conv2d: padding mode", lambda L: L.nn.Conv2d(1, 1, 3, padding_mode="mirror"), ValueError, "mirror", "reflect")
bad("Conv2d: padding string", lambda L: L.nn.Conv2d(1, 1, 3, padding="full"), ValueError, "full", "same")
bad("Conv2d: same with a stride", lambda L: L.nn.Conv2d(1, 1, 3, stride=2, padding="same"), ValueError, "same",
    "strided")
bad("Conv2d: groups of the output", lambda L: L.nn.Conv2d(4, 3, 3, groups=2), ValueError, "out_channels", "divisible")
bad("Conv2d: no groups", lambda L: L.nn.Conv2d(4, 4, 3, groups=0), ValueError, "groups", "positive")
bad("Conv2d: kernel of floats", lambda L: L.nn.Conv2d(1, 1, 3.0), TypeError, "3.0", "float")
bad("ConvTranspose2d: channels", lambda L: seq(L, L.nn.ConvTranspose2d(3, 4, 2))(ones(L, 1, 2, 4, 4)), RuntimeError,
    "transposed=1", "3 channels", "2 channels", "ConvTranspose2d(2, 4, ...)")
bad("ConvTranspose2d: output padding", lambda L: L.nn.ConvTranspose2d(1, 1, 2, output_padding=1)(ones(L, 1, 1, 4, 4)),
    RuntimeError, "output padding", "smaller than either stride or dilation")
bad("ConvTranspose1d: output size", lambda L: L.nn.ConvTranspose1d(1, 1, 3, stride=2)(
    ones(L, 1, 1, 4), output_size=[20]), ValueError, "output size", "20")
bad("ConvTranspose2d: padding mode", lambda L: L.nn.ConvTranspose2d(1, 1, 2, padding_mode="reflect"), ValueError,
    "zeros")

# --- pooling, padding, resizing ---------------------------------------------------------------------------

bad("MaxPool2d: too small", lambda L: seq(L, L.nn.MaxPool2d(2), L.nn.MaxPool2d(4))(ones(L, 1, 1, 4, 4)), RuntimeError,
    "1 (MaxPool2d kernel_size=4", "(1x2x2)", "(1x0x0)", "window is larger than the input")
bad("AvgPool1d: dimensions", lambda L: L.nn.AvgPool1d(2)(ones(L, 3)), RuntimeError, "avg_pool1d", "[3]")
bad("MaxPool2d: no stride", lambda L: L.nn.MaxPool2d(2, stride=0)(ones(L, 1, 1, 4, 4)), RuntimeError, "max_pool2d",
    "stride", "zero")
bad("MaxUnpool2d: indices", lambda L: L.nn.MaxUnpool2d(2)(ones(L, 1, 1, 2, 2), 100 * ones(L, 1, 1, 2, 2).long()),
    RuntimeError, "max_unpool2d(", "invalid max index", "100", "4x4")
bad("MaxUnpool2d: shapes", lambda L: L.nn.MaxUnpool2d(2)(ones(L, 1, 1, 2, 2), ones(L, 1, 1, 2, 3).long()),
    RuntimeError, "MaxUnpool2d", "[1, 1, 2, 2]", "[1, 1, 2, 3]")
bad("AdaptiveAvgPool2d: dimensions", lambda L: L.nn.AdaptiveAvgPool2d(2)(ones(L, 2, 3)), RuntimeError,
    "adaptive_avg_pool2d", "[2, 3]")
bad("AdaptiveAvgPool2d: two sizes", lambda L: L.nn.AdaptiveAvgPool2d((1, 1, 1))(ones(L, 1, 1, 2, 3)), RuntimeError,
    "adaptive_avg_pool2d", "output_size")
bad("FractionalMaxPool2d: no size", lambda L: L.nn.FractionalMaxPool2d(2), ValueError, "output size",
    "pooling ratio")
bad("LPPool1d: norm", lambda L: L.nn.LPPool1d(2, 5)(ones(L, 1, 1, 3)), RuntimeError, "(1x3)", "(1x0)",
    "LPPool1d")
bad("ReflectionPad2d: too wide", lambda L: L.nn.ReflectionPad2d(3)(ones(L, 1, 1, 3, 3)), RuntimeError,
    "Padding size should be less than", "(3, 3)", "[1, 1, 3, 3]")
bad("ReplicationPad1d: dimensions", lambda L: L.nn.ReplicationPad1d(1)(ones(L, 3)), NotImplementedError, "pad", "1")
bad("CircularPad1d: too wide", lambda L: L.nn.CircularPad1d(5)(ones(L, 1, 1, 3)), RuntimeError, "pad", "wrapping")
bad("Upsample: mode", lambda L: L.nn.Upsample(scale_factor=2, mode="bicubik")(ones(L, 1, 1, 2, 2)),
    NotImplementedError, "interpolate(", "bicubik", "bilinear")
bad("Upsample: neither size nor factor", lambda L: L.nn.Upsample()(ones(L, 1, 1, 2, 2)), ValueError, "interpolate(",
    "size", "scale_factor")
bad("Upsample: dimensions", lambda L: L.nn.Upsample(scale_factor=2, mode="bilinear")(ones(L, 1, 2, 2)),
    NotImplementedError, "3D", "bilinear", "4D")
bad("Upsample: align_corners", lambda L: L.F.interpolate(ones(L, 1, 1, 2, 2), size=4, align_corners=True), ValueError,
    "align_corners", "bilinear")
bad("PixelUnshuffle: size", lambda L: L.nn.PixelUnshuffle(2)(ones(L, 1, 1, 3, 4)), RuntimeError, "pixel_unshuffle",
    "divisible", "3")
bad("ChannelShuffle: groups", lambda L: L.nn.ChannelShuffle(2)(ones(L, 1, 3, 4, 4)), RuntimeError, "channel_shuffle",
    "divisible", "3")
bad("Fold: blocks", lambda L: L.nn.Fold((4, 4), 2)(ones(L, 1, 4, 8)), RuntimeError, "col2im", "3 * 3 = 9",
    "input.size(2)=8")
bad("Unfold: window", lambda L: L.nn.Unfold(5)(ones(L, 1, 1, 3, 3)), RuntimeError, "im2col", "sliding")
bad("Unflatten: sizes", lambda L: seq(L, L.nn.Unflatten(1, (2, 5)))(ones(L, 3, 12)), RuntimeError, "unflatten(",
    "[2, 5]", "12", "0 (Unflatten")
bad("Flatten: dims", lambda L: seq(L, L.nn.Flatten(2))(ones(L, 2, 3)), IndexError, "flatten(", "[-2, 1]", "0 (Flatten")
bad("grid_sample: batch", lambda L: L.F.grid_sample(ones(L, 2, 1, 3, 3), ones(L, 3, 2, 2, 2), align_corners=False),
    RuntimeError, "grid_sample", "[2, 1, 3, 3]", "[3, 2, 2, 2]")

# --- normalization ----------------------------------------------------------------------------------------

bad("BatchNorm2d: features", lambda L: seq(L, L.nn.BatchNorm2d(3))(ones(L, 2, 4, 5, 5)), RuntimeError, "batch_norm(",
    "running_mean", "4", "3", "BatchNorm2d(4)")
bad("BatchNorm2d: channels last", lambda L: L.nn.BatchNorm2d(3)(ones(L, 2, 5, 5, 3)), RuntimeError, "batch_norm(",
    "x.permute(0, 3, 1, 2)")
bad("BatchNorm1d: images", lambda L: seq(L, L.nn.BatchNorm1d(3))(ones(L, 2, 3, 5, 5)), ValueError,
    "expected 2D or 3D input (got 4D input)", "there is BatchNorm2d")
bad("BatchNorm2d: vectors", lambda L: seq(L, L.nn.BatchNorm2d(3))(ones(L, 2, 3)), ValueError, "expected 4D",
    "there is BatchNorm1d")
bad("BatchNorm1d: a batch of one", lambda L: seq(L, L.nn.BatchNorm1d(3))(ones(L, 1, 3)), ValueError,
    "more than 1 value per channel", "[1, 3]", "drop_last=True", "eval()")
bad("BatchNorm1d: features of vectors", lambda L: L.nn.BatchNorm1d(3)(ones(L, 2, 4)), RuntimeError, "4 features",
    "BatchNorm1d(4)")
bad("InstanceNorm2d: vectors", lambda L: L.nn.InstanceNorm2d(3)(ones(L, 2, 3)), ValueError, "expected 3D or 4D",
    "InstanceNorm1d")
bad("InstanceNorm1d: features", lambda L: L.nn.InstanceNorm1d(3, affine=True)(ones(L, 2, 4, 5)), ValueError,
    "num_features (3)", "4", "InstanceNorm1d(4)")
bad("InstanceNorm1d: one value", lambda L: L.nn.InstanceNorm1d(3)(ones(L, 2, 3, 1)), ValueError,
    "more than 1 spatial element", "[2, 3, 1]")
bad("LayerNorm: sizes", lambda L: seq(L, L.nn.LayerNorm(3))(ones(L, 2, 4)), RuntimeError, "layer_norm(", "[3]",
    "[2, 4]", "LayerNorm(4)")
bad("LayerNorm: two sizes", lambda L: L.nn.LayerNorm((3, 4))(ones(L, 2, 4, 4)), RuntimeError, "[3, 4]", "[2, 4, 4]",
    "LayerNorm([4, 4])")
bad("RMSNorm: sizes", lambda L: L.nn.RMSNorm(3)(ones(L, 2, 4)), RuntimeError, "rms_norm", "[3]", "RMSNorm(4)")
bad("GroupNorm: channels", lambda L: seq(L, L.nn.GroupNorm(2, 4))(ones(L, 2, 6)), RuntimeError, "group_norm(", "[4]",
    "[2, 6]", "GroupNorm(2, 6)")
bad("GroupNorm: groups", lambda L: L.nn.GroupNorm(3, 4), ValueError, "num_channels", "divisible", "num_groups")
bad("LocalResponseNorm: dimensions", lambda L: L.nn.LocalResponseNorm(2)(ones(L, 3, 3)), ValueError, "local_response",
    "3D")

# --- embeddings -------------------------------------------------------------------------------------------

bad("Embedding: range", lambda L: seq(L, L.nn.Embedding(10, 4))(ints(L, 1, 10)), IndexError, "embedding(",
    "index out of range", "num_embeddings=10", "Embedding(11, 4)", "0 (Embedding 10, 4) of Sequential")
bad("Embedding: negative", lambda L: L.nn.Embedding(10, 4)(ints(L, 1, -1)), IndexError, "-1", "padding_idx")
bad("Embedding: pretrained vector", lambda L: L.nn.Embedding.from_pretrained(ones(L, 3)), AssertionError,
    "2-dimensional")
bad("Embedding: pretrained shape", lambda L: L.nn.Embedding(3, 2, _weight=ones(L, 2, 3)), AssertionError, "weight",
    "num_embeddings")
bad("EmbeddingBag: no offsets", lambda L: L.nn.EmbeddingBag(3, 2)(ints(L, 0, 1)), ValueError, "embedding_bag(",
    "offsets")
bad("EmbeddingBag: first offset", lambda L: L.nn.EmbeddingBag(3, 2)(ints(L, 0, 1), ints(L, 1)), RuntimeError,
    "offsets[0] has to be 0", "1")
bad("EmbeddingBag: weights of a mean", lambda L: L.nn.EmbeddingBag(3, 2)(
    ints(L, 0, 1), ints(L, 0), per_sample_weights=ones(L, 2)), NotImplementedError, "per_sample_weights", "mode='sum'")
bad("EmbeddingBag: range", lambda L: L.nn.EmbeddingBag(3, 2)(ints(L, 0, 5), ints(L, 0)), RuntimeError,
    "embedding_bag(", "5", "num_embeddings=3", "EmbeddingBag(6, 2)")

# --- recurrent --------------------------------------------------------------------------------------------

bad("LSTM: features", lambda L: seq(L, L.nn.LSTM(4, 5))(ones(L, 3, 2, 6)), RuntimeError, "0 (LSTM 4->5) of Sequential",
    "input.size(-1) must be equal to input_size", "4", "6", "LSTM(6, 5)")
bad("LSTM: hidden batch", lambda L: L.nn.LSTM(4, 5)(ones(L, 3, 2, 4), (ones(L, 1, 3, 5), ones(L, 1, 3, 5))),
    RuntimeError, "Expected hidden[0] size (1, 2, 5)", "[1, 3, 5]", "num_layers * directions")
bad("LSTM: cell size", lambda L: L.nn.LSTM(4, 5)(ones(L, 3, 2, 4), (ones(L, 1, 2, 5), ones(L, 1, 2, 4))),
    RuntimeError, "Expected hidden[1] size (1, 2, 5)", "[1, 2, 4]")
bad("LSTM: hidden with batch_first", lambda L: L.nn.LSTM(4, 5, batch_first=True)(
    ones(L, 2, 3, 4), (ones(L, 2, 1, 5), ones(L, 2, 1, 5))), RuntimeError, "(1, 2, 5)", "[2, 1, 5]", "batch_first")
bad("LSTM: one state", lambda L: L.nn.LSTM(4, 5)(ones(L, 3, 2, 4), ones(L, 1, 2, 5)), TypeError, "pair (h_0, c_0)",
    "one Tensor", "LSTM 4->5", theirs=IndexError)
bad("LSTM: bidirectional state", lambda L: L.nn.LSTM(4, 5, bidirectional=True)(
    ones(L, 3, 2, 4), (ones(L, 1, 2, 5), ones(L, 1, 2, 5))), RuntimeError, "(2, 2, 5)", "[1, 2, 5]", "1 * 2")
bad("LSTM: unbatched state", lambda L: L.nn.LSTM(4, 5)(ones(L, 3, 4), (ones(L, 1, 1, 5), ones(L, 1, 1, 5))),
    RuntimeError, "unbatched 2-D input", "hx and cx should also be 2-D", "3-D")
bad("GRU: two states", lambda L: L.nn.GRU(4, 5)(ones(L, 3, 2, 4), (ones(L, 1, 2, 5), ones(L, 1, 2, 5))), TypeError,
    "one Tensor", "tuple of 2", "LSTM", theirs=AttributeError)
bad("GRU: hidden layers", lambda L: L.nn.GRU(4, 5)(ones(L, 3, 2, 4), ones(L, 2, 2, 5)), RuntimeError,
    "Expected hidden size (1, 2, 5)", "[2, 2, 5]")
bad("GRU: dimensions", lambda L: L.nn.GRU(4, 5)(ones(L, 3, 2, 4, 1)), ValueError, "2D or 3D", "4D", "(T, N, input_size)")
bad("RNN: nonlinearity", lambda L: L.nn.RNN(4, 5, nonlinearity="gelu"), ValueError, "gelu", "tanh", "relu")
bad("LSTM: projection", lambda L: L.nn.LSTM(4, 5, proj_size=5), ValueError, "proj_size", "smaller than hidden_size")
bad("GRU: projection", lambda L: L.nn.GRU(4, 5, proj_size=2), ValueError, "proj_size", "LSTM")
bad("LSTM: hidden_size", lambda L: L.nn.LSTM(4, 0), ValueError, "hidden_size", "greater than zero")
bad("LSTM: dropout", lambda L: L.nn.LSTM(4, 4, dropout=2.0), ValueError, "dropout", "[0, 1]")
bad("LSTM: input_size", lambda L: L.nn.LSTM("4", 4), TypeError, "input_size", "int", "str")
bad("GRU: keyword", lambda L: L.nn.GRU(4, 4, layers=2), TypeError, "layers")
bad("LSTMCell: features", lambda L: L.nn.LSTMCell(4, 5)(ones(L, 3, 6)), RuntimeError, "inconsistent input_size",
    "got 6 expected 4", "LSTMCell(6, 5)")
bad("LSTMCell: hidden", lambda L: L.nn.LSTMCell(4, 5)(ones(L, 3, 4), (ones(L, 3, 4), ones(L, 3, 4))), RuntimeError,
    "hidden0 has inconsistent hidden_size", "got 4, expected 5", "(3, 5)")
bad("GRUCell: batch", lambda L: L.nn.GRUCell(4, 5)(ones(L, 3, 4), ones(L, 2, 5)), RuntimeError,
    "Input batch size 3", "hidden0 batch size 2")
bad("RNNCell: dimensions", lambda L: L.nn.RNNCell(4, 5)(ones(L, 3, 4, 1)), ValueError, "1D or 2D", "3D")
bad("pack_padded_sequence: order", lambda L: L.nn.utils.rnn.pack_padded_sequence(ones(L, 3, 2, 4), ints(L, 1, 3)),
    RuntimeError, "sorted in decreasing order", "enforce_sorted=False")
bad("pack_padded_sequence: count", lambda L: L.nn.utils.rnn.pack_padded_sequence(ones(L, 3, 2, 4), ints(L, 3)),
    RuntimeError, "len(lengths)", "1", "2")
bad("pack_padded_sequence: empty", lambda L: L.nn.utils.rnn.pack_padded_sequence(ones(L, 3, 2, 4), ints(L, 3, 0)),
    RuntimeError, "greater than 0")
bad("pad_sequence: features", lambda L: L.nn.utils.rnn.pad_sequence([ones(L, 2, 3), ones(L, 2, 4)]), RuntimeError,
    "3", "4")
bad("pad_sequence: nothing", lambda L: L.nn.utils.rnn.pad_sequence([]), RuntimeError, "empty")

# --- attention --------------------------------------------------------------------------------------------


def attend(L: Any, *shapes: Any, batch_first: bool = False, **options: Any) -> Any:
    layer = seq(L, L.nn.MultiheadAttention(8, 2, batch_first=batch_first))[0]
    return layer(*(ones(L, *s) for s in shapes), **options)


A = (3, 2, 8)
bad("attention: width", lambda L: attend(L, (3, 2, 6), (3, 2, 6), (3, 2, 6)), AssertionError, "8", "6",
    "MultiheadAttention", "float32 [3, 2, 6]", "embed_dim")
bad("attention: width of the key", lambda L: attend(L, A, (3, 2, 6), (3, 2, 6)), RuntimeError, "[3, 2, 6]",
    "MultiheadAttention", "kdim is 8")
bad("attention: 2-D mask", lambda L: attend(L, A, A, A, attn_mask=ones(L, 4, 4)), RuntimeError, "[4, 4]", "(3, 3)",
    "attn_mask is (L, S) = (3, 3)")
bad("attention: 3-D mask", lambda L: attend(L, A, A, A, attn_mask=ones(L, 2, 3, 3)), RuntimeError, "[2, 3, 3]",
    "(4, 3, 3)", "N * num_heads")
bad("attention: 1-D mask", lambda L: attend(L, A, A, A, attn_mask=ones(L, 3)), AssertionError, "attn_mask", "2-D or 3-D",
    "1-D")
bad("attention: mask of integers", lambda L: attend(L, A, A, A, attn_mask=ones(L, 3, 3).long()),
    AssertionError, "bool and floating", "int64")
bad("attention: padding mask", lambda L: attend(L, A, A, A, key_padding_mask=ones(L, 3, 2) > 0), AssertionError,
    "key_padding_mask", "(N, S) = (2, 3)", "batch_first=False")
bad("attention: padding mask, batch first", lambda L: attend(L, A, A, A, batch_first=True, key_padding_mask=ones(
    L, 2, 3) > 0), AssertionError, "key_padding_mask", "(N, S) = (3, 2)", "batch_first=True")
bad("attention: padding mask without a batch", lambda L: attend(L, (3, 8), (3, 8), (3, 8), key_padding_mask=ones(
    L, 1, 3) > 0), AssertionError, "key_padding_mask", "1-D", "2-D")
bad("attention: key and value", lambda L: attend(L, A, (4, 2, 8), A), AssertionError, "key shape", "[4, 2, 8]",
    "[3, 2, 8]", "one length")
bad("attention: dimensions", lambda L: attend(L, (1, 3, 2, 8), A, A), AssertionError, "4-D", "(L, N, E)")
bad("attention: query alone", lambda L: attend(L, A), TypeError, "'key' and 'value'", "forward takes (query, key, value")
bad("attention: causal without a mask", lambda L: attend(L, A, A, A, is_causal=True), RuntimeError, "attn_mask",
    "is_causal")
bad("attention: no heads", lambda L: L.nn.MultiheadAttention(8, 0), ValueError, "num_heads", "greater than 0")
bad("Transformer: batch", lambda L: L.nn.Transformer(8, 2, 1, 1, 16, batch_first=True)(ones(L, 3, 5, 8), ones(L, 2, 4, 8)),
    RuntimeError, "batch number of src and tgt", "[3, 5, 8]", "[2, 4, 8]", "batch_first=True")
bad("Transformer: width", lambda L: L.nn.Transformer(8, 2, 1, 1, 16, batch_first=True)(ones(L, 2, 5, 6), ones(L, 2, 4, 8)),
    RuntimeError, "d_model", "[2, 5, 6]", "Transformer(6, ...)")
bad("Transformer: activation", lambda L: L.nn.TransformerEncoderLayer(8, 2, activation="swish"), RuntimeError,
    "relu/gelu", "swish")
bad("TransformerDecoder: memory", lambda L: L.nn.TransformerDecoder(L.nn.TransformerDecoderLayer(8, 2, 16), 2)(
    ones(L, 4, 2, 8), ones(L, 5, 3, 8)), RuntimeError, "layers.0.multihead_attn (MultiheadAttention) of "
    "TransformerDecoder", "[5, 3, 8]", "one batch size")
bad("scaled_dot_product_attention: mask", lambda L: L.F.scaled_dot_product_attention(
    ones(L, 2, 3, 4), ones(L, 2, 3, 4), ones(L, 2, 3, 4), attn_mask=ones(L, 5, 5)), RuntimeError,
    "scaled_dot_product_attention(", "[5, 5]")
bad("scaled_dot_product_attention: dtypes", lambda L: L.F.scaled_dot_product_attention(
    ones(L, 2, 3, 4), ones(L, 2, 3, 4).double(), ones(L, 2, 3, 4)), RuntimeError, "float32", "float64", "same dtype")

# --- activations ------------------------------------------------------------------------------------------

bad("PReLU: channels", lambda L: seq(L, L.nn.PReLU(3))(ones(L, 2, 4)), RuntimeError, "prelu(", "3", "4", "PReLU(4)")
bad("GLU: odd", lambda L: seq(L, L.nn.GLU())(ones(L, 2, 3)), RuntimeError, "glu(", "even", "3", "0 (GLU dim=-1)")
bad("Softmax: dim", lambda L: seq(L, L.nn.Softmax(2))(ones(L, 2, 3)), IndexError, "softmax(", "[-2, 1]", "0 (Softmax")
bad("Softmax2d: dimensions", lambda L: L.nn.Softmax2d()(ones(L, 2, 3)), ValueError, "3D or 4D", "2D")
bad("GELU: integers", lambda L: L.nn.GELU()(ints(L, 1, 2)), NotImplementedError, "gelu", "int64")
bad("Hardtanh: range", lambda L: L.nn.Hardtanh(1.0, -1.0), AssertionError, "max_val")
bad("RReLU: range", lambda L: L.nn.RReLU(0.5, 0.1)(ones(L, 2)), RuntimeError, "rrelu", "0.5", "0.1")
bad("Dropout2d: probability", lambda L: L.nn.Dropout2d(1.5), ValueError, "1.5", "between 0 and 1")

# --- initial values and clipping --------------------------------------------------------------------------

bad("init: fans of a vector", lambda L: L.nn.init.xavier_uniform_(ones(L, 3)), ValueError, "Fan in and fan out",
    "fewer than 2 dimensions")
bad("init: gain", lambda L: L.nn.init.calculate_gain("swish"), ValueError, "swish")
bad("init: mode", lambda L: L.nn.init.kaiming_uniform_(ones(L, 3, 3), mode="fan"), ValueError, "fan", "fan_in")
bad("init: eye_", lambda L: L.nn.init.eye_(ones(L, 3)), ValueError, "2 dimensions")
bad("init: orthogonal_", lambda L: L.nn.init.orthogonal_(ones(L, 3)), ValueError, "2 or more dimensions", "[3]")
bad("init: dirac_", lambda L: L.nn.init.dirac_(ones(L, 3)), ValueError, "3, 4, or 5")
bad("clip_grad_norm_: not finite", lambda L: not_finite(L), RuntimeError, "non-finite", "error_if_nonfinite=False")
bad("vector_to_parameters: count", lambda L: L.nn.utils.vector_to_parameters(ones(L, 3), [ones(L, 2), ones(L, 2)]),
    RuntimeError, "3 elements", "2 + 2 = 4")


def not_finite(L: Any) -> None:
    p = ones(L, 1, grad=True)
    p.grad = ones(L, 1) * float("nan")
    L.nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
