"""Mistakes with losses."""

from __future__ import annotations

from typing import Any

from bad_inputs.case import bad, doubtful, ints, ones, seq

# --- losses -----------------------------------------------------------------------------------------------

bad("cross_entropy: label range", lambda L: L.F.cross_entropy(ones(L, 2, 3), L.t.tensor([0, 3])), IndexError,
    "cross_entropy", "3", "out of bounds")
bad("cross_entropy: negative label", lambda L: L.F.cross_entropy(ones(L, 2, 3), L.t.tensor([0, -1])), IndexError,
    "cross_entropy", "-1", "out of bounds")
bad("cross_entropy: float labels", lambda L: L.F.cross_entropy(ones(L, 2, 3), ones(L, 2)), RuntimeError,
    "cross_entropy", "Long", "float32")
bad("cross_entropy: batch", lambda L: L.F.cross_entropy(ones(L, 2, 3), L.t.tensor([0, 1, 2])), ValueError,
    "cross_entropy", "[2, 3]", "[3]", "batch_size")
bad("nll_loss: label range", lambda L: L.F.nll_loss(ones(L, 2, 3), L.t.tensor([0, 3])), IndexError, "nll_loss", "3",
    "out of bounds")
bad("nll_loss: batch", lambda L: L.F.nll_loss(ones(L, 2, 3), L.t.tensor([0])), ValueError, "nll_loss", "batch_size")
bad("mse_loss: reduction", lambda L: L.F.mse_loss(ones(L, 2), ones(L, 2), reduction="max"), ValueError, "max",
    "not a valid value")
bad("binary_cross_entropy: range", lambda L: L.F.binary_cross_entropy(2 * ones(L, 2), ones(L, 2)), RuntimeError,
    "binary_cross_entropy", "between 0 and 1")
bad("binary_cross_entropy: shapes", lambda L: L.F.binary_cross_entropy(ones(L, 2), ones(L, 2, 1)), ValueError,
    "binary_cross_entropy", "[2]", "[2, 1]")
bad("binary_cross_entropy_with_logits: shapes", lambda L: L.F.binary_cross_entropy_with_logits(
    ones(L, 2), ones(L, 2, 1)), ValueError, "binary_cross_entropy_with_logits", "[2]", "[2, 1]")
bad("one_hot: floats", lambda L: L.F.one_hot(ones(L, 2)), RuntimeError, "one_hot", "LongTensor", "float32")
bad("one_hot: classes", lambda L: L.F.one_hot(L.t.tensor([3]), 2), RuntimeError, "one_hot", "smaller than num_classes")

# --- more of cross-entropy --------------------------------------------------------------------------------

bad("cross_entropy: labels from 1", lambda L: L.F.cross_entropy(ones(L, 3, 3), ints(L, 1, 2, 3)), IndexError,
    "cross_entropy(", "Target 3", "count from 1", "subtract 1")
bad("cross_entropy: too few outputs", lambda L: seq(L, L.nn.CrossEntropyLoss())[0](ones(L, 2, 3), ints(L, 0, 9)),
    IndexError, "Target 9", "need 10 columns", "CrossEntropyLoss")
bad("cross_entropy: ignored label", lambda L: L.F.cross_entropy(ones(L, 2, 3), ints(L, 0, -1)), IndexError, "-1",
    "ignore_index=-100")
bad("cross_entropy: one-hot integers", lambda L: L.F.cross_entropy(ones(L, 2, 3), L.F.one_hot(ints(L, 0, 2), 3)),
    RuntimeError, "int64", ".float()", ".argmax(1)")
bad("cross_entropy: (N, 1) labels", lambda L: L.F.cross_entropy(ones(L, 2, 3), ones(L, 2, 1).long()), RuntimeError,
    "0D or 1D target", "int64 [2, 1]", "target.squeeze(1)")
bad("cross_entropy: int32 labels", lambda L: L.F.cross_entropy(ones(L, 2, 3), ints(L, 0, 1).int()), RuntimeError,
    "Long", "int32", ".long()")
bad("cross_entropy: labels of images", lambda L: L.F.cross_entropy(ones(L, 2, 3, 4, 4), ones(L, 2, 1, 4, 4).long()),
    RuntimeError, "[2, 4, 4]", "[2, 1, 4, 4]", "target.squeeze(1)")
bad("cross_entropy: another image", lambda L: L.F.cross_entropy(ones(L, 2, 3, 4, 4), ones(L, 2, 5, 5).long()),
    RuntimeError, "[2, 4, 4]", "[2, 5, 5]")
bad("cross_entropy: sequences", lambda L: L.F.cross_entropy(ones(L, 2, 7, 3), ones(L, 2, 7).long()), RuntimeError,
    "[2, 3]", "[2, 7]", "input.movedim(-1, 1)", "input.flatten(0, 1)", "target.flatten()")
bad("cross_entropy: arguments exchanged", lambda L: L.F.cross_entropy(ints(L, 0, 1), ones(L, 2, 3)),
    NotImplementedError, "wrong order", "int64")
bad("cross_entropy: weight", lambda L: L.F.cross_entropy(ones(L, 2, 3), ints(L, 0, 1), weight=ones(L, 2)),
    RuntimeError, "all 3 classes", "[2]")
bad("cross_entropy: dtype of the weight", lambda L: L.F.cross_entropy(
    ones(L, 2, 3), ints(L, 0, 1), weight=ones(L, 3).double()), RuntimeError, "float32", "float64")
bad("cross_entropy: a list", lambda L: L.F.cross_entropy(ones(L, 2, 3), [0, 1]), TypeError, "target", "must be Tensor",
    "list")
bad("cross_entropy: smoothing", lambda L: L.F.cross_entropy(ones(L, 2, 3), ints(L, 0, 1), label_smoothing=2.0),
    RuntimeError, "label_smoothing", "2.0")
bad("cross_entropy: reduction", lambda L: L.nn.CrossEntropyLoss(reduction="avg")(ones(L, 2, 3), ints(L, 0, 1)),
    ValueError, "avg", "'mean', 'sum' or 'none'", "CrossEntropyLoss")
bad("CrossEntropyLoss: not called", lambda L: L.nn.CrossEntropyLoss(ones(L, 2, 3), ints(L, 0, 1)), RuntimeError,
    "nn.CrossEntropyLoss()(input, target)")
bad("MSELoss: not called", lambda L: L.nn.MSELoss(ones(L, 2), ones(L, 2)), RuntimeError, "made first and then called")
bad("nll_loss: floats", lambda L: L.F.nll_loss(ones(L, 2, 3), ones(L, 2)), RuntimeError, "nll_loss(", "Long",
    "float32", ".long()")

# --- shapes and types of other losses ---------------------------------------------------------------------

bad("mse_loss: shapes", lambda L: L.F.mse_loss(ones(L, 4, 3), ones(L, 4)), RuntimeError, "mse_loss(", "[4, 3]", "[4]")
bad("mse_loss: integers", lambda L: L.F.mse_loss(ints(L, 1, 2), ints(L, 1, 2)), NotImplementedError, "mse_loss",
    "int64", "floating")
bad("mse_loss: a number", lambda L: L.F.mse_loss(ones(L, 4), 1.0), TypeError, "mse_loss()", "target", "float",
    theirs=AttributeError)
bad("mse_loss: weights", lambda L: L.F.mse_loss(ones(L, 4), ones(L, 4), weight=ones(L, 3)), ValueError, "Weights")
bad("BCELoss: (N, 1)", lambda L: L.nn.BCELoss()(ones(L, 4, 1), ones(L, 4)), ValueError, "[4]", "[4, 1]",
    "input.squeeze(-1), or target.unsqueeze(-1)", "BCELoss")
bad("BCELoss: scores", lambda L: L.nn.BCELoss()(ones(L, 4) - 2, ones(L, 4)), RuntimeError, "between 0 and 1",
    "sigmoid", "binary_cross_entropy_with_logits", "BCELoss")
bad("BCELoss: integer labels", lambda L: L.nn.BCELoss()(ones(L, 4), ones(L, 4).long()), RuntimeError, "int64",
    "float32", "target.to(input.dtype)")
bad("BCELoss: labels of 2", lambda L: L.nn.BCELoss()(ones(L, 4), 2 * ones(L, 4)), RuntimeError,
    "target should be between 0 and 1")
bad("BCEWithLogitsLoss: (N,)", lambda L: L.nn.BCEWithLogitsLoss()(ones(L, 4), ones(L, 4, 1)), ValueError, "[4, 1]",
    "[4]", "target.squeeze(-1), or input.unsqueeze(-1)")
bad("BCEWithLogitsLoss: integer labels", lambda L: L.nn.BCEWithLogitsLoss()(ones(L, 4), ones(L, 4).long()),
    RuntimeError, "float32", "int64", ".float()")
bad("BCEWithLogitsLoss: pos_weight", lambda L: L.nn.BCEWithLogitsLoss(pos_weight=ones(L, 2))(
    ones(L, 4, 3), ones(L, 4, 3)), RuntimeError, "binary_cross_entropy_with_logits(", "[2]", "[4, 3]")
bad("smooth_l1_loss: beta", lambda L: L.F.smooth_l1_loss(ones(L, 2), ones(L, 2), beta=-1.0), RuntimeError, "negative",
    "beta")
bad("huber_loss: delta", lambda L: L.nn.HuberLoss(delta=0.0)(ones(L, 2), ones(L, 2)), RuntimeError, "delta",
    "HuberLoss")
bad("kl_div: shapes", lambda L: L.F.kl_div(ones(L, 4, 3), ones(L, 4), reduction="sum"), RuntimeError, "kl_div(",
    "[4, 3]", "[4]")
bad("gaussian_nll_loss: variance", lambda L: L.F.gaussian_nll_loss(ones(L, 4), ones(L, 4), -ones(L, 4)), ValueError,
    "var", "negative")
bad("gaussian_nll_loss: size of the variance", lambda L: L.F.gaussian_nll_loss(ones(L, 4), ones(L, 4), ones(L, 3)),
    ValueError, "var", "incorrect size", "[3]")
bad("triplet_margin_loss: dimensions", lambda L: L.F.triplet_margin_loss(ones(L, 4, 3), ones(L, 4, 3), ones(L, 3)),
    RuntimeError, "anchor 2D", "negative 1D")
bad("triplet_margin_loss: features", lambda L: L.nn.TripletMarginLoss()(ones(L, 4, 3), ones(L, 4, 3), ones(L, 4, 2)),
    RuntimeError, "triplet_margin_loss(", "[4, 3]", "[4, 2]", "TripletMarginLoss")
bad("cosine_embedding_loss: target", lambda L: L.F.cosine_embedding_loss(ones(L, 4, 3), ones(L, 4, 3), ones(L, 4, 1)),
    RuntimeError, "cosine_embedding_loss(", "1D target", "[4, 1]")
bad("margin_ranking_loss: dimensions", lambda L: L.F.margin_ranking_loss(ones(L, 4), ones(L, 4), ones(L, 4, 1)),
    RuntimeError, "same dimension", "[4, 1]")
bad("hinge_embedding_loss: sizes", lambda L: L.F.hinge_embedding_loss(ones(L, 4), ones(L, 3)), RuntimeError,
    "hinge_embedding_loss(", "[4]", "[3]")
bad("soft_margin_loss: sizes", lambda L: L.F.soft_margin_loss(ones(L, 4), ones(L, 3)), RuntimeError,
    "soft_margin_loss(", "[4]", "[3]")
bad("multi_margin_loss: range", lambda L: L.F.multi_margin_loss(ones(L, 2, 3), ints(L, 0, 3)), RuntimeError,
    "target out of range", "0 to 2")
bad("multi_margin_loss: batch", lambda L: L.F.multi_margin_loss(ones(L, 4, 3), ints(L, 0, 1)), RuntimeError,
    "batch size", "[4]", "[2]")
bad("multilabel_margin_loss: sizes", lambda L: L.F.multilabel_margin_loss(ones(L, 4, 3), ones(L, 4, 2).long()),
    RuntimeError, "inconsistent target size", "[4, 2]", "[4, 3]")
bad("multilabel_soft_margin_loss: sizes", lambda L: L.nn.MultiLabelSoftMarginLoss()(ones(L, 4, 3), ones(L, 4, 2)),
    RuntimeError, "multilabel_soft_margin_loss(", "[4, 3]", "[4, 2]")
bad("AdaptiveLogSoftmaxWithLoss: range", lambda L: L.nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2, 5])(
    ones(L, 2, 8), ints(L, 0, 10)), RuntimeError, "[0, 9]", "[0, 10]", "AdaptiveLogSoftmaxWithLoss")
bad("AdaptiveLogSoftmaxWithLoss: features", lambda L: L.nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2, 5])(
    ones(L, 2, 3), ints(L, 0, 1)), RuntimeError, "head (Linear 8->4, bias=False) of AdaptiveLogSoftmaxWithLoss", "2x3", "8x4")
bad("AdaptiveLogSoftmaxWithLoss: cutoffs", lambda L: L.nn.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 2]), ValueError,
    "cutoffs", "increasing")


def ctc(L: Any, input_lengths: Any = (5, 5), **options: Any) -> Any:
    scores = ones(L, 5, 2, 3).log_softmax(-1)
    return L.F.ctc_loss(scores, ones(L, 2, 2).long(), ints(L, *input_lengths), ints(L, 2, 2), **options)


bad("ctc_loss: lengths", lambda L: ctc(L, (6, 5)), RuntimeError, "ctc_loss(", "at most 5", "6")
bad("ctc_loss: number of lengths", lambda L: ctc(L, (5,)), RuntimeError, "input_lengths", "batch_size")
bad("ctc_loss: blank", lambda L: ctc(L, blank=3), RuntimeError, "blank", "0 to 2", "3")

# --- what works, and is most likely a mistake -------------------------------------------------------------

for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
    doubtful(f"{name}: (N, 1) and (N,)", lambda L, name=name: getattr(L.F, name)(ones(L, 4, 1), ones(L, 4)),
             "target size", "[4]", "[4, 1]", "broadcasting", "input.squeeze(-1), or target.unsqueeze(-1)")
doubtful("MSELoss: (N,) and (N, 1)", lambda L: L.nn.MSELoss()(ones(L, 4), ones(L, 4, 1)), "[4, 1]",
         "target.squeeze(-1), or input.unsqueeze(-1)")
doubtful("cross_entropy: after softmax", lambda L: L.F.cross_entropy(ones(L, 2, 3, grad=True).softmax(1), ints(
    L, 0, 1)), "cross_entropy", "softmax", "[2, 3]", "logits", theirs=None)
doubtful("CrossEntropyLoss: after nn.Softmax", lambda L: L.nn.CrossEntropyLoss()(seq(L, L.nn.Linear(
    2, 3), L.nn.Softmax(dim=-1))(ones(L, 2, 2)), ints(L, 0, 1)), "softmax", "logits", theirs=None)
doubtful("cross_entropy: after softmax and a view", lambda L: L.F.cross_entropy(ones(L, 2, 2, 3, grad=True).softmax(
    -1).view(-1, 3), ints(L, 0, 1, 2, 0)), "softmax", "[4, 3]", theirs=None)
doubtful("cross_entropy: after softmax and transpose", lambda L: L.F.cross_entropy(ones(
    L, 2, 5, 3, grad=True).softmax(-1).transpose(1, 2), ones(L, 2, 5).long()), "softmax", "[2, 3, 5]", theirs=None)
doubtful("cross_entropy: after softmax, probabilities", lambda L: L.F.cross_entropy(ones(
    L, 2, 3, grad=True).softmax(1), ones(L, 2, 3) / 3), "softmax", theirs=None)
doubtful("nll_loss: after softmax", lambda L: L.F.nll_loss(ones(L, 2, 3, grad=True).softmax(1), ints(L, 0, 1)),
         "nll_loss", "log_softmax", theirs=None)
doubtful("kl_div: after softmax", lambda L: L.F.kl_div(ones(L, 2, 3, grad=True).softmax(1), ones(
    L, 2, 3), reduction="sum"), "kl_div", "log_softmax", theirs=None)
doubtful("ctc_loss: after softmax", lambda L: L.F.ctc_loss(ones(L, 5, 2, 3, grad=True).softmax(-1), ones(
    L, 2, 2).long(), ints(L, 5, 5), ints(L, 2, 2)), "ctc_loss", "log_softmax", theirs=None)
doubtful("binary_cross_entropy_with_logits: after sigmoid", lambda L: L.F.binary_cross_entropy_with_logits(
    ones(L, 4, grad=True).sigmoid(), ones(L, 4)), "sigmoid", "scores", theirs=None)
doubtful("BCEWithLogitsLoss: after nn.Sigmoid", lambda L: L.nn.BCEWithLogitsLoss()(seq(L, L.nn.Linear(
    2, 1), L.nn.Sigmoid())(ones(L, 3, 2)), ones(L, 3, 1)), "sigmoid", theirs=None)
doubtful("softmax: no dim", lambda L: L.F.softmax(ones(L, 2, 3)), "Implicit dimension choice", "dim=X")
doubtful("kl_div: mean", lambda L: L.F.kl_div(ones(L, 2, 3), ones(L, 2, 3)), "batchmean")
