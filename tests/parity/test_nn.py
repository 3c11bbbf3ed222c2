"""Every layer beside PyTorch's: same seed, same weights, names, repr, outputs and gradients."""

import numpy as np
import pytest

import autograd
import nn

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)


def X(*shape):
    """Float64 input."""
    return RNG.standard_normal(shape)


def N(high, *shape):
    """Integer input."""
    return RNG.integers(0, high, shape)


def U(*shape):
    """Probabilities."""
    return RNG.uniform(0.05, 0.95, shape)


def S(*shape):
    """Signs."""
    return RNG.choice([-1.0, 1.0], shape)


def simplex(*shape):
    p = U(*shape)
    return p / p.sum(1, keepdims=True)


CASES = [
    ("Identity(3, a=4)", [X(2, 3)]),
    ("Linear(3, 4)", [X(5, 3)]),
    ("Linear(3, 4, bias=False)", [X(2, 5, 3)]),
    ("Bilinear(3, 4, 5)", [X(6, 3), X(6, 4)]),
    ("Flatten()", [X(2, 3, 4)]),
    ("Unflatten(1, (2, 3))", [X(2, 6)]),
    *[(f"{name}()", [X(3, 4)]) for name in (
        "ReLU", "ReLU6", "SiLU", "Mish", "SELU", "Hardsigmoid", "Hardswish", "Hardtanh", "ELU", "CELU", "LeakyReLU", "PReLU",
        "Sigmoid", "Tanh", "LogSigmoid", "Softsign", "Tanhshrink", "GELU", "GLU", "Hardshrink", "Softshrink", "Softplus")],
    ("ReLU(inplace=True)", [X(3)]), ("ELU(0.5, inplace=True)", [X(3)]), ("LeakyReLU(0.2)", [X(3)]),
    ("GELU(approximate='tanh')", [X(3)]), ("Threshold(0.1, 20)", [X(3)]), ("PReLU(4, init=0.1)", [X(3, 4)]),
    ("Hardtanh(-0.5, 0.3)", [X(9)]), ("Softplus(2, 1.0)", [X(9)]), ("RReLU()", [X(9)]),
    ("Softmax(dim=1)", [X(3, 4)]), ("Softmin(dim=1)", [X(3, 4)]), ("LogSoftmax(dim=-1)", [X(3, 4)]),
    ("Softmax2d()", [X(2, 3, 4, 5)]),
    ("Conv1d(4, 6, 3)", [X(2, 4, 9)]), ("Conv1d(4, 6, 3, 2, 1, 2, 2)", [X(2, 4, 12)]),
    ("Conv2d(3, 4, 3, padding=1)", [X(2, 3, 6, 7)]), ("Conv2d(3, 4, (1, 3), bias=False)", [X(3, 6, 7)]),
    ("Conv2d(3, 4, 3, padding='same', dilation=2)", [X(2, 3, 6, 7)]),
    *[(f"Conv2d(2, 4, 3, padding=(1, 2), padding_mode='{mode}')", [X(2, 2, 6, 7)])
      for mode in ("reflect", "replicate", "circular")],
    ("Conv2d(2, 4, (4, 3), padding='same', padding_mode='circular')", [X(2, 2, 6, 7)]),
    ("Conv3d(2, 4, 2, stride=(1, 2, 1))", [X(1, 2, 4, 5, 6)]),
    ("ConvTranspose1d(4, 2, 3, stride=2)", [X(2, 4, 5)]),
    ("ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1, groups=2)", [X(2, 4, 5, 5)]),
    ("ConvTranspose2d(4, 2, 3, dilation=2, bias=False)", [X(2, 4, 5, 5)]),
    ("ConvTranspose3d(2, 3, 2)", [X(1, 2, 3, 3, 3)]),
    ("MaxPool1d(2)", [X(2, 3, 8)]), ("MaxPool2d(3, stride=2, padding=1)", [X(2, 3, 8, 8)]),
    ("MaxPool3d(2)", [X(1, 2, 4, 4, 4)]),
    ("MaxPool2d(2, ceil_mode=True)", [X(1, 1, 5, 5)]),
    ("AvgPool1d(3, stride=2)", [X(2, 3, 8)]), ("AvgPool2d(2, padding=1, count_include_pad=False)", [X(2, 3, 6, 6)]),
    ("AvgPool3d(2)", [X(1, 2, 4, 4, 4)]), ("LPPool1d(2, 3)", [X(2, 3, 9)]),
    ("LPPool2d(3, 2, stride=1)", [U(2, 3, 5, 5)]),
    ("AdaptiveAvgPool1d(3)", [X(2, 3, 7)]), ("AdaptiveAvgPool2d((2, None))", [X(2, 3, 5, 6)]),
    ("AdaptiveAvgPool3d(2)", [X(1, 2, 4, 5, 6)]), ("AdaptiveMaxPool1d(3)", [X(2, 3, 7)]),
    ("AdaptiveMaxPool2d(2)", [X(2, 3, 5, 6)]), ("AdaptiveMaxPool3d(2)", [X(1, 2, 4, 5, 6)]),
    ("BatchNorm1d(4)", [X(6, 4)]), ("BatchNorm1d(4, affine=False, momentum=None)", [X(6, 4, 3)]),
    ("BatchNorm2d(3, track_running_stats=False)", [X(2, 3, 4, 4)]), ("BatchNorm2d(3, bias=False)", [X(2, 3, 4, 4)]),
    ("BatchNorm3d(2)", [X(2, 2, 3, 3, 3)]),
    ("InstanceNorm1d(3)", [X(2, 3, 5)]), ("InstanceNorm2d(3, affine=True, track_running_stats=True)", [X(2, 3, 4, 4)]),
    ("InstanceNorm3d(2)", [X(2, 3, 3, 3)]),
    ("LayerNorm(5)", [X(3, 5)]), ("LayerNorm((4, 5), elementwise_affine=False)", [X(3, 4, 5)]),
    ("LayerNorm(5, bias=False)", [X(3, 5)]),
    ("RMSNorm(5)", [X(3, 5)]), ("RMSNorm((4, 5), eps=1e-3, elementwise_affine=False)", [X(3, 4, 5)]),
    ("GroupNorm(2, 4)", [X(3, 4, 5)]), ("GroupNorm(2, 4, affine=False)", [X(3, 4, 5, 5)]),
    ("LocalResponseNorm(2)", [X(2, 4, 5)]),
    ("Dropout(0.3)", [X(40, 50)]), ("Dropout1d()", [X(4, 5, 6)]), ("Dropout2d(0.2)", [X(4, 5, 6, 6)]),
    ("Dropout3d()", [X(2, 5, 3, 3, 3)]), ("AlphaDropout(0.2)", [X(40, 5)]), ("FeatureAlphaDropout(0.2)", [X(4, 5, 6)]),
    ("Embedding(10, 3)", [N(10, 4, 5)]), ("Embedding(10, 3, padding_idx=2)", [N(10, 4, 5)]),
    ("Embedding(10, 3, max_norm=1.0, scale_grad_by_freq=True)", [N(10, 4, 5)]),
    ("EmbeddingBag(10, 3)", [N(10, 4, 5)]), ("EmbeddingBag(10, 3, mode='sum', padding_idx=1)", [N(10, 4, 5)]),
    ("EmbeddingBag(10, 3, mode='max')", [N(10, 4, 5)]),
    ("RNN(3, 4)", [X(5, 2, 3)]), ("RNN(3, 4, 2, nonlinearity='relu', batch_first=True)", [X(2, 5, 3)]),
    ("LSTM(3, 4)", [X(5, 2, 3)]), ("LSTM(3, 4, 2, bidirectional=True, batch_first=True)", [X(2, 5, 3)]),
    ("LSTM(3, 4, 2, proj_size=2, bidirectional=True)", [X(5, 2, 3)]), ("LSTM(3, 4, 2, dropout=0.5)", [X(5, 2, 3)]),
    ("LSTM(3, 4)", [X(5, 3)]), ("GRU(3, 4, 2, bias=False)", [X(5, 2, 3)]),
    ("GRU(3, 4, bidirectional=True)", [X(5, 2, 3)]),
    ("GRU(3, 4)", [X(5, 2, 3), X(1, 2, 4)]),
    ("RNNCell(3, 4)", [X(2, 3)]), ("RNNCell(3, 4, nonlinearity='relu', bias=False)", [X(2, 3), X(2, 4)]),
    ("LSTMCell(3, 4)", [X(2, 3)]), ("GRUCell(3, 4)", [X(3)]),
    ("MultiheadAttention(8, 2)", [X(5, 2, 8), X(4, 2, 8), X(4, 2, 8)]),
    ("MultiheadAttention(8, 2, batch_first=True, bias=False)", [X(5, 2, 8), X(5, 4, 8), X(5, 4, 8)]),
    ("MultiheadAttention(8, 2, kdim=3, vdim=5, add_bias_kv=True, add_zero_attn=True)",
     [X(5, 2, 8), X(4, 2, 3), X(4, 2, 5)]),
    ("TransformerEncoderLayer(8, 2, 16, dropout=0.0)", [X(5, 2, 8)]),
    ("TransformerEncoderLayer(8, 2, 16, activation='gelu', norm_first=True, batch_first=True, dropout=0.0)",
     [X(5, 2, 8)]),
    ("TransformerDecoderLayer(8, 2, 16, dropout=0.0)", [X(5, 2, 8), X(3, 2, 8)]),
    ("Transformer(8, 2, 2, 1, 16, dropout=0.0)", [X(5, 2, 8), X(3, 2, 8)]),
    *[(f"{name}(reduction='{reduction}')", [X(4, 3), X(4, 3)])
      for name in ("L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss") for reduction in ("none", "mean", "sum")],
    ("SmoothL1Loss(beta=0.5)", [X(4, 3), X(4, 3)]), ("HuberLoss(delta=0.5)", [X(4, 3), X(4, 3)]),
    ("CrossEntropyLoss()", [X(4, 3), N(3, 4)]), ("CrossEntropyLoss(label_smoothing=0.1)", [X(4, 3, 2), N(3, 4, 2)]),
    ("CrossEntropyLoss(ignore_index=1, reduction='none')", [X(4, 3), N(3, 4)]),
    ("CrossEntropyLoss()", [X(4, 3), simplex(4, 3)]),
    ("NLLLoss()", [X(4, 3), N(3, 4)]), ("BCELoss()", [U(4, 3), U(4, 3)]), ("BCEWithLogitsLoss()", [X(4, 3), U(4, 3)]),
    ("KLDivLoss(reduction='batchmean')", [X(4, 3), U(4, 3)]),
    ("KLDivLoss(log_target=True, reduction='sum')", [X(4, 3), X(4, 3)]),
    ("PoissonNLLLoss(full=True)", [X(4, 3), U(4, 3) * 5]), ("GaussianNLLLoss(full=True)", [X(4, 3), X(4, 3), U(4, 3)]),
    ("HingeEmbeddingLoss(margin=0.5)", [X(4, 3), S(4, 3)]), ("SoftMarginLoss()", [X(4, 3), S(4, 3)]),
    ("MultiLabelMarginLoss()", [X(2, 4), np.array([[3, 0, -1, 1], [1, -1, 0, 0]])]),
    ("MultiLabelSoftMarginLoss()", [X(4, 3), U(4, 3)]), ("MultiMarginLoss(p=2)", [X(4, 3), N(3, 4)]),
    ("CosineEmbeddingLoss(margin=0.1)", [X(4, 3), X(4, 3), S(4)]), ("MarginRankingLoss(0.1)", [X(4), X(4), S(4)]),
    ("TripletMarginLoss(swap=True)", [X(4, 3), X(4, 3), X(4, 3)]),
    ("TripletMarginWithDistanceLoss()", [X(4, 3), X(4, 3), X(4, 3)]),
    ("PairwiseDistance(keepdim=True)", [X(4, 3), X(4, 3)]), ("CosineSimilarity()", [X(4, 3), X(4, 3)]),
    *[(f"{name}1d((1, 2){value})", [X(2, 3, 5)]) for name, value in (
        ("ConstantPad", ", 0.5"), ("ZeroPad", ""), ("ReflectionPad", ""), ("ReplicationPad", ""), ("CircularPad", ""))],
    *[(f"{name}2d(1{value})", [X(2, 3, 5, 4)]) for name, value in (
        ("ConstantPad", ", 0.5"), ("ZeroPad", ""), ("ReflectionPad", ""), ("ReplicationPad", ""), ("CircularPad", ""))],
    *[(f"{name}3d((1, 2, 0, 1, 1, 1){value})", [X(2, 1, 4, 4, 4)]) for name, value in (
        ("ConstantPad", ", 0.5"), ("ZeroPad", ""), ("ReflectionPad", ""), ("ReplicationPad", ""), ("CircularPad", ""))],
    ("PixelShuffle(2)", [X(2, 8, 3, 3)]), ("PixelUnshuffle(2)", [X(2, 2, 4, 4)]),
    ("ChannelShuffle(2)", [X(2, 4, 3, 3)]),
    ("Unfold((2, 3), stride=2)", [X(2, 3, 6, 7)]), ("Fold((4, 5), 2)", [X(2, 12, 12)]),
    ("Upsample(scale_factor=2)", [X(1, 2, 3, 3)]), ("Upsample(size=(5, 4), mode='bilinear')", [X(1, 2, 3, 3)]),
    ("Upsample(scale_factor=(1.5, 2), mode='bicubic', align_corners=True)", [X(1, 2, 3, 3)]),
    ("UpsamplingNearest2d(scale_factor=2)", [X(1, 2, 3, 3)]), ("UpsamplingBilinear2d(size=(5, 6))", [X(1, 2, 3, 3)]),
    ("Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(18, 3))", [X(4, 1, 5, 5)]),
    ("ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU()])", None),
    ("ModuleDict({'a': nn.Linear(2, 2), 'b': nn.ReLU()})", None),
]


def leaves(value):
    """The tensors in a nested output."""
    if isinstance(value, (tuple, list)):
        return [t for v in value for t in leaves(v)]
    return [] if value is None else [value]


def build(text):
    """The module in both libraries, from the same seed."""
    torch.manual_seed(3)
    theirs = eval("nn." + text, {"nn": torch.nn})
    autograd.manual_seed(3)
    return eval("nn." + text, {"nn": nn}), theirs


def close(ours, theirs, rtol=1e-9, atol=1e-11):
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=rtol, atol=atol)
    assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]


@pytest.mark.parametrize(("text", "inputs"), CASES, ids=[f"{i}-{text}" for i, (text, _) in enumerate(CASES)])
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_layer(text, inputs):
    ours, theirs = build(text)
    assert repr(ours).replace("autograd.", "") == repr(theirs).replace("torch.", "")
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    for key, value in ours.state_dict().items():
        close(value, theirs.state_dict()[key], rtol=2e-6, atol=1e-7)
    if inputs is None:
        return
    # The same numbers to the last bit, in double precision, so that outputs and gradients can be compared closely.
    ours.double()
    theirs.double()
    for p, q in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        p.copy_(autograd.tensor(q.detach().numpy()))
    for training in (True, False):
        ours.train(training)
        theirs.train(training)
        # A leaf cannot be written to, and some targets have no derivative.
        wanted = [a.dtype.kind == "f" and "inplace" not in text and not (i and "SoftMargin" in text)
                  for i, a in enumerate(inputs)]
        x = [autograd.tensor(a, requires_grad=r) for a, r in zip(inputs, wanted, strict=True)]
        y = [torch.tensor(a, requires_grad=r) for a, r in zip(inputs, wanted, strict=True)]
        autograd.manual_seed(5)
        torch.manual_seed(5)
        out, expected = leaves(ours(*x)), leaves(theirs(*y))
        assert len(out) == len(expected)
        for a, b in zip(out, expected, strict=True):
            assert tuple(a.shape) == tuple(b.shape)
            close(a, b)
            assert a.requires_grad == b.requires_grad
        if out and out[0].requires_grad and "max_norm" not in text:
            sum((t * t).sum() for t in out if t.requires_grad).backward()
            sum((t * t).sum() for t in expected if t.requires_grad).backward()
            for a, b in zip([*x, *ours.parameters()], [*y, *theirs.parameters()], strict=True):
                assert (a.grad is None) == (b.grad is None)
                if a.grad is not None:
                    close(a.grad, b.grad, rtol=1e-7, atol=1e-9)
        ours.zero_grad()
        theirs.zero_grad()
        for p, q in zip(ours.buffers(), theirs.buffers(), strict=True):
            close(p, q)


@pytest.mark.parametrize("text", [
    "LazyLinear(4)", "LazyConv2d(4, 3, padding=1, groups=1)", "LazyConvTranspose1d(4, 3, 2, bias=False)", "LazyBatchNorm1d()",
    "LazyInstanceNorm2d(affine=True, track_running_stats=True)", "Sequential(nn.LazyLinear(3), nn.ReLU(), nn.LazyBatchNorm1d())"])
def test_lazy_layer(text):
    shape = {"1d": (2, 3, 6), "2d": (2, 3, 6, 6)}.get(next((k for k in ("2d", "1d") if k in text), ""), (2, 6))
    shape = (4, 6) if "Linear" in text else shape
    ours, theirs = build(text)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    autograd.manual_seed(1)
    torch.manual_seed(1)
    data = X(*shape).astype("float32")
    close(ours(autograd.tensor(data)), theirs(torch.tensor(data)), 1e-5, 1e-6)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())


def test_adaptive_softmax():
    text = "AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10, 15], div_value=2.0, head_bias=True)"
    ours, theirs = build(text)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    x, y = X(12, 8).astype("float32"), N(20, 12)
    a, b = autograd.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out, expected = ours(a, autograd.tensor(y)), theirs(b, torch.tensor(y))
    close(out.output, expected.output, 1e-5, 1e-6)
    close(out.loss, expected.loss, 1e-5, 1e-6)
    out.loss.backward()
    expected.loss.backward()
    close(a.grad, b.grad, 1e-4, 1e-6)
    close(ours.log_prob(a), theirs.log_prob(b), 1e-5, 1e-6)
    assert ours.predict(a).tolist() == theirs.predict(b).tolist()


def packed(library, utilities, arrays):
    return utilities.rnn.pack_sequence([library.tensor(a) for a in arrays], enforce_sorted=False)


@pytest.mark.parametrize("text",
                         ["LSTM(3, 4, 2, bidirectional=True)", "GRU(3, 4)", "RNN(3, 4, 2)", "LSTM(3, 4, proj_size=2)"])
def test_packed_sequences(text):
    ours, theirs = build(text)
    ours.double()
    theirs.double()
    arrays = [X(n, 3) for n in (2, 5, 3, 5)]
    x, y = packed(autograd, nn.utils, arrays), packed(torch, torch.nn.utils, arrays)
    for name in ("data", "batch_sizes", "sorted_indices", "unsorted_indices"):
        close(getattr(x, name), getattr(y, name))
    (out, state), (expected, last) = ours(x), theirs(y)
    for a, b in zip([out.data, *leaves(state)], [expected.data, *leaves(last)], strict=True):
        close(a, b, 1e-6, 1e-7)
    assert out.batch_sizes.tolist() == expected.batch_sizes.tolist()
    (out.data ** 2).sum().backward()
    (expected.data ** 2).sum().backward()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(p.grad, q.grad, 1e-5, 1e-6)
    found, lengths = nn.utils.rnn.pad_packed_sequence(out, batch_first=True, padding_value=2.0, total_length=6)
    wanted, counts = torch.nn.utils.rnn.pad_packed_sequence(expected, batch_first=True, padding_value=2.0,
                                                            total_length=6)
    close(found, wanted, 1e-6, 1e-7)
    assert lengths.tolist() == counts.tolist()


INITIALISERS = [
    "uniform_(t, -2, 3)", "normal_(t, 1, 2)", "constant_(t, 3)", "ones_(t)", "zeros_(t)", "xavier_uniform_(t, 2)", "xavier_normal_(t)",
    "kaiming_uniform_(t, 0.2)", "kaiming_normal_(t, mode='fan_out', nonlinearity='relu')", "orthogonal_(t, 2)", "eye_(t)",
    "sparse_(t, 0.4)", "trunc_normal_(t)", "trunc_normal_(t, 0, 1, 1.5, 3)", "trunc_normal_(t, 2, 0.1, 1.9, 2.5)",
]


@pytest.mark.parametrize("text", INITIALISERS)
@pytest.mark.parametrize("shape", [(3, 4), (20, 7), (5, 30)])
@pytest.mark.filterwarnings("ignore:mean is more than 2 std")
def test_initialisers_draw_the_same(text, shape):
    autograd.manual_seed(4)
    torch.manual_seed(4)
    ours = eval("init." + text, {"init": nn.init, "t": autograd.empty(shape)})
    theirs = eval("init." + text, {"init": torch.nn.init, "t": torch.empty(shape)})
    close(ours, theirs, 2e-5, 2e-6)


def test_clipping():
    ours, theirs = build("Linear(3, 4)")
    for m, library in ((ours, autograd), (theirs, torch)):
        (m(library.ones(2, 3)) ** 2).sum().backward()
    for norm in (2.0, 1.0, float("inf"), 3.0):
        close(nn.utils.clip_grad_norm_(ours.parameters(), 0.5, norm),
              torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.5, norm),
              1e-5, 1e-6)
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            close(p.grad, q.grad, 1e-5, 1e-6)


def test_load_messages():
    ours, theirs = build("Sequential(nn.Linear(2, 3), nn.Linear(3, 1))")
    state = {k: v.clone() for k, v in ours.state_dict().items()}
    other = {k: v.clone() for k, v in theirs.state_dict().items()}
    for s, library in ((state, autograd), (other, torch)):
        s["more"] = s.pop("1.bias")
        s["0.weight"] = library.zeros(4)
    with pytest.raises(RuntimeError) as expected:
        theirs.load_state_dict(other)
    with pytest.raises(RuntimeError) as found:
        ours.load_state_dict(state)
    assert str(found.value) == str(expected.value).replace("torch.", "")
