"""Layers: what they compute, against NumPy, and what their options mean."""

import math

import numpy as np
import pytest

import autograd
import nn

RNG = np.random.default_rng(0)


def X(*shape):
    return RNG.standard_normal(shape)


def T(a, **options):
    return autograd.tensor(a, **options)


def run(layer, *arrays):
    return layer.double()(*map(T, arrays)).detach().numpy()


def test_linear_and_bilinear():
    m, x = nn.Linear(3, 2), X(4, 5, 3)
    np.testing.assert_allclose(run(m, x), x @ m.weight.detach().numpy().T + m.bias.detach().numpy())
    m, a, b = nn.Bilinear(3, 4, 2, bias=False), X(5, 3), X(5, 4)
    np.testing.assert_allclose(run(m, a, b), np.einsum("ni,kij,nj->nk", a, m.weight.detach().numpy(), b))
    assert nn.Identity(1, x=2)(3) == 3
    with pytest.raises(ValueError, match="must be > 0"):
        nn.Bilinear(0, 1, 1)


def test_initial_ranges():
    for layer, bound in ((nn.Linear(100, 50), 0.1), (nn.Conv2d(4, 8, 5), 0.1), (nn.LSTM(3, 100), 0.1)):
        assert all(0.8 * bound < p.abs().max().item() <= bound for p in layer.parameters() if p.numel() > 20)


@pytest.mark.parametrize(("n", "shape"), [(1, (2, 3, 7)), (2, (2, 3, 7, 6)), (3, (1, 3, 5, 4, 6))])
def test_padding_same_keeps_the_size(n, shape):
    for mode in ("zeros", "circular"):
        layer = getattr(nn, f"Conv{n}d")(3, 4, 4, padding="same", padding_mode=mode)
        assert layer(autograd.zeros(shape)).shape == (shape[0], 4, *shape[2:])


def test_transposed_convolution_reaches_the_wanted_size():
    up = nn.ConvTranspose2d(2, 2, 3, stride=2, padding=1)
    x = autograd.zeros(1, 2, 4, 4)
    assert up(x).shape[2:] == (7, 7) and up(x, output_size=(8, 7)).shape[2:] == (8, 7)
    assert up(x, output_size=[1, 2, 8, 8]).shape[2:] == (8, 8)
    with pytest.raises(ValueError, match=r"valid sizes range from \[7, 7\] to \[8, 8\]"):
        up(x, output_size=(9, 7))
    with pytest.raises(ValueError, match="must have 2 or 4 elements"):
        up(x, output_size=(9,))


@pytest.mark.parametrize(("make", "words"), [
    (lambda: nn.Conv2d(3, 4, 3, groups=2), "in_channels must be divisible by groups"),
    (lambda: nn.Conv2d(2, 3, 3, groups=2), "out_channels must be divisible by groups"),
    (lambda: nn.Conv2d(3, 4, 3, groups=0), "groups must be a positive integer"),
    (lambda: nn.Conv2d(3, 4, 3, padding="full"), "Invalid padding string"),
    (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), "not supported for strided"),
    (lambda: nn.Conv2d(3, 4, 3, padding_mode="wrap"), "padding_mode must be one of"),
    (lambda: nn.ConvTranspose1d(3, 4, 3, padding_mode="circular"), 'Only "zeros" padding mode'),
    (lambda: nn.GroupNorm(3, 4), "must be divisible by num_groups"), (lambda: nn.Dropout(1.5), "between 0 and 1"),
    (lambda: nn.BatchNorm2d(3)(autograd.zeros(2, 3)), "expected 4D input"),
    (lambda: nn.BatchNorm1d(3)(autograd.zeros(2, 3, 4, 5)), "expected 2D or 3D input"),
    (lambda: nn.InstanceNorm1d(3, affine=True)(autograd.zeros(2, 4, 5)), "to match num_features"),
    (lambda: nn.CircularPad2d(1)(autograd.zeros(3, 3)), "expected 3D or 4D input"),
    (lambda: nn.Softmax2d()(autograd.zeros(3)), "to be 3D or 4D"), (lambda: nn.MultiMarginLoss(p=3), "only p == 1"),
    (lambda: nn.TripletMarginLoss(margin=0), "greater than 0"),
    (lambda: nn.FractionalMaxPool2d(2), "requires specifying"),
    (lambda: nn.FractionalMaxPool2d(2, 2, 0.5), "only one of"),
    (lambda: nn.FractionalMaxPool2d(2, output_ratio=2), "between 0"),
    (lambda: nn.MultiheadAttention(0, 1), "must be greater than 0"),
])
def test_bad_values(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(("make", "error"), [
    (lambda: nn.Hardtanh(1, 0), AssertionError), (lambda: nn.Embedding(3, 2, padding_idx=3), AssertionError),
    (lambda: nn.Embedding(3, 2, _weight=autograd.zeros(2, 2)), AssertionError),
    (lambda: nn.MultiheadAttention(3, 2), AssertionError),
    (lambda: nn.Unflatten(1, 3), TypeError), (lambda: nn.Unflatten(1, (3, "x")), TypeError),
    (lambda: nn.HuberLoss(delta="x"), TypeError),
    (lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"), RuntimeError),
])
def test_other_errors(make, error):
    with pytest.raises(error):
        make()


@pytest.mark.parametrize("momentum", [0.1, None])
def test_batch_norm_normalizes_and_tracks(momentum):
    m = nn.BatchNorm2d(3, momentum=momentum).double()
    batches = [2 + 3 * X(4, 3, 5, 5) for _ in range(3)]
    mean, var = np.zeros(3), np.ones(3)
    for n, x in enumerate(batches, 1):
        y = run(m, x)
        np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-12)
        np.testing.assert_allclose(y.std((0, 2, 3)), 1, rtol=1e-5)
        weight = momentum or 1 / n
        mean = (1 - weight) * mean + weight * x.mean((0, 2, 3))
        var = (1 - weight) * var + weight * x.var((0, 2, 3), ddof=1)
    np.testing.assert_allclose(m.running_mean.numpy(), mean)
    np.testing.assert_allclose(m.running_var.numpy(), var)
    assert m.num_batches_tracked.item() == 3
    m.eval()
    shape = (1, 3, 1, 1)
    expected = (batches[0] - mean.reshape(shape)) / np.sqrt(var.reshape(shape) + m.eps)
    np.testing.assert_allclose(run(m, batches[0]), expected)
    assert m.num_batches_tracked.item() == 3
    m.reset_running_stats()
    assert m.num_batches_tracked.item() == 0 and (m.running_var == 1).all()


def test_batch_norm_without_statistics_uses_the_batch():
    m, x = nn.BatchNorm1d(3, track_running_stats=False, affine=False).eval(), X(6, 3)
    np.testing.assert_allclose(run(m, x), (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5))
    assert not m.state_dict()


def test_batch_norm_loads_state_of_before_the_count():
    m, state = nn.BatchNorm1d(2), dict(nn.BatchNorm1d(2).state_dict())
    del state["num_batches_tracked"]
    m.load_state_dict(state)


@pytest.mark.parametrize(("layer", "axes", "shape"), [
    (nn.LayerNorm((4, 5)), (1, 2), (3, 4, 5)), (nn.LayerNorm(5), (2,), (3, 4, 5)), (nn.InstanceNorm1d(4), (2,),
    (3, 4, 5)),
    (nn.InstanceNorm2d(3), (1, 2), (3, 4, 5)),
])
def test_normalizations(layer, axes, shape):
    x = X(*shape)
    expected = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)
    np.testing.assert_allclose(run(layer, x), expected)


def test_group_rms_and_local_norms():
    x = X(2, 4, 5)
    groups = x.reshape(2, 2, 10)
    expected = (groups - groups.mean(2, keepdims=True)) / np.sqrt(groups.var(2, keepdims=True) + 1e-5)
    np.testing.assert_allclose(run(nn.GroupNorm(2, 4), x), expected.reshape(x.shape))
    np.testing.assert_allclose(run(nn.RMSNorm(5, eps=0.1), x), x / np.sqrt((x**2).mean(2, keepdims=True) + 0.1))
    padded = np.pad(x**2, ((0, 0), (1, 1), (0, 0)))
    around = sum(padded[:, i:i + 4] for i in range(3))
    np.testing.assert_allclose(run(nn.LocalResponseNorm(3, 0.5, 0.75, 2.0), x), x / (2 + 0.5 / 3 * around) ** 0.75)


def test_instance_norm_warns_about_channels_it_does_not_need():
    with pytest.warns(UserWarning, match="does not match num_features"):
        nn.InstanceNorm1d(3)(autograd.randn(2, 4, 5))


def test_dropout_drops_in_training_only():
    autograd.manual_seed(0)
    m, x = nn.Dropout(0.25), autograd.ones(10000)
    y = m(x).numpy()
    assert set(np.unique(y)) == {0, np.float32(1 / 0.75)} and abs((y == 0).mean() - 0.25) < 0.02
    assert autograd.equal(m.eval()(x), x)
    channels = nn.Dropout2d(0.5)(autograd.ones(20, 30, 3, 3)).numpy()
    assert (channels.std((2, 3)) == 0).all()


def test_embedding():
    m = nn.Embedding(5, 3, padding_idx=-1)
    assert m.padding_idx == 4 and (m.weight[4] == 0).all()
    m(T([[1, 4], [1, 2]])).sum().backward()
    assert m.weight.grad[:, 0].tolist() == [0, 2, 1, 0, 0]
    frozen = nn.Embedding.from_pretrained(autograd.ones(4, 2))
    assert not frozen.weight.requires_grad and frozen(T([3])).tolist() == [[1, 1]]
    assert nn.Embedding.from_pretrained(autograd.ones(4, 2), freeze=False).weight.requires_grad
    bag = nn.EmbeddingBag.from_pretrained(T([[1.0], [2.0], [4.0]]), mode="sum")
    assert bag(T([0, 1, 2, 2]), T([0, 2])).tolist() == [[3], [8]] and not bag.weight.requires_grad


def test_old_arguments_still_mean_something():
    with pytest.warns(UserWarning, match="reduction='sum'"):
        assert nn.MSELoss(size_average=False).reduction == "sum"
    with pytest.warns(UserWarning):
        assert nn.NLLLoss(reduce=False).reduction == "none"
    with pytest.warns(FutureWarning, match="renamed to `min_val`"):
        assert nn.Hardtanh(min_value=-3).min_val == -3


def test_loss_weights_are_buffers():
    loss = nn.CrossEntropyLoss(weight=T([1.0, 2.0]))
    assert list(loss.state_dict()) == ["weight"]
    assert nn.BCEWithLogitsLoss(pos_weight=T([2.0])).pos_weight.item() == 2


def test_cross_entropy():
    x, y = X(4, 3), [0, 2, 1, 1]
    logs = x - np.log(np.exp(x).sum(1, keepdims=True))
    np.testing.assert_allclose(run(nn.CrossEntropyLoss(), x, y), -logs[range(4), y].mean())
    np.testing.assert_allclose(run(nn.NLLLoss(reduction="none"), logs, y), -logs[range(4), y])


def test_positional_arguments_of_torch():
    assert nn.Linear(2, 3,
                     False).bias is None and nn.Conv2d(1, 2, 3, 1, 1, 1, 1, False,
                                                       "circular").padding_mode == "circular"
    assert nn.LSTM(1, 2, 3, False, True, 0.0, True).bidirectional and nn.Embedding(4, 3, 0).padding_idx == 0
    assert nn.Linear(2, 3, dtype=autograd.float64).weight.dtype == autograd.float64
    assert nn.modules.batchnorm._BatchNorm is nn.BatchNorm2d.__mro__[1]


# --- recurrent networks -----------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def weights(m, layer=0, suffix=""):
    return [getattr(m,
                    f"{n}_l{layer}{suffix}").detach().numpy() for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


def lstm_by_hand(x, w_ih, w_hh, b_ih, b_hh):
    h = c = np.zeros((x.shape[1], w_hh.shape[1]))
    out = []
    for step in x:
        i, f, g, o = np.split(step @ w_ih.T + b_ih + h @ w_hh.T + b_hh, 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    return np.stack(out), h, c


def gru_by_hand(x, w_ih, w_hh, b_ih, b_hh):
    h = np.zeros((x.shape[1], w_hh.shape[1]))
    out = []
    for step in x:
        r_x, z_x, n_x = np.split(step @ w_ih.T + b_ih, 3, 1)
        r_h, z_h, n_h = np.split(h @ w_hh.T + b_hh, 3, 1)
        z = sigmoid(z_x + z_h)
        h = (1 - z) * np.tanh(n_x + sigmoid(r_x + r_h) * n_h) + z * h
        out.append(h)
    return np.stack(out), h


def test_lstm_in_both_directions():
    m, x = nn.LSTM(3, 4, bidirectional=True).double(), X(5, 2, 3)
    out, (h, c) = m(T(x))
    forward, h0, c0 = lstm_by_hand(x, *weights(m))
    backward, h1, c1 = lstm_by_hand(x[::-1], *weights(m, suffix="_reverse"))
    np.testing.assert_allclose(out.detach().numpy(), np.concatenate([forward, backward[::-1]], 2))
    np.testing.assert_allclose(h.detach().numpy(), [h0, h1])
    np.testing.assert_allclose(c.detach().numpy(), [c0, c1])


def test_gru_layers_and_batch_first():
    m, x = nn.GRU(3, 4, 2, batch_first=True).double(), X(2, 5, 3)
    out, h = m(T(x))
    first, h0 = gru_by_hand(x.transpose(1, 0, 2), *weights(m))
    second, h1 = gru_by_hand(first, *weights(m, 1))
    np.testing.assert_allclose(out.detach().numpy(), second.transpose(1, 0, 2))
    np.testing.assert_allclose(h.detach().numpy(), [h0, h1])


def test_cells_are_steps_of_the_networks():
    for network, cell in ((nn.LSTM, nn.LSTMCell), (nn.GRU, nn.GRUCell), (nn.RNN, nn.RNNCell)):
        one, many = cell(3, 4), network(3, 4)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            setattr(many, f"{name}_l0", getattr(one, name))
        x, state = autograd.randn(5, 2, 3), None
        for step in x:
            state = one(step, state)
        out, last = many(x)
        final = state if cell is nn.LSTMCell else (state,)
        last = last if cell is nn.LSTMCell else (last,)
        assert all(autograd.allclose(a, b[0], atol=1e-6) for a, b in zip(final, last, strict=True))
        assert autograd.allclose(out[-1], final[0], atol=1e-6)
        assert one(x[0, 0]).shape == (4,) if cell is not nn.LSTMCell else one(x[0, 0])[0].shape == (4,)


def test_packing_gives_what_each_sequence_gives_alone():
    m = nn.GRU(2, 3, 2, bidirectional=True).double()
    sequences = [T(X(n, 2)) for n in (2, 5, 3)]
    out, h = m(nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False))
    for i, (sequence, found) in enumerate(zip(sequences, nn.utils.rnn.unpack_sequence(out), strict=True)):
        alone, state = m(sequence)
        np.testing.assert_allclose(found.detach().numpy(), alone.detach().numpy())
        np.testing.assert_allclose(h[:, i].detach().numpy(), state.detach().numpy())


def test_initial_state_goes_with_its_sequence():
    m = nn.RNN(2, 3).double()
    sequences, h0 = [T(X(n, 2)) for n in (2, 5)], T(X(1, 2, 3))
    out, _ = m(nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False), h0)
    alone, _ = m(sequences[0], h0[:, 0])
    np.testing.assert_allclose(nn.utils.rnn.unpack_sequence(out)[0].detach().numpy(), alone.detach().numpy())


def test_projection():
    m = nn.LSTM(3, 4, proj_size=2)
    out, (h, c) = m(autograd.zeros(5, 2, 3))
    assert out.shape == (5, 2, 2) and h.shape == (1, 2, 2) and c.shape == (1, 2, 4) and m.weight_hr_l0.shape == (2, 4)
    assert "weight_hr_l0" in m.state_dict() and len(m.all_weights[0]) == 5


@pytest.mark.parametrize(("make", "error", "words"), [
    (lambda: nn.LSTM(3, 4, dropout=0.5), UserWarning, "expects num_layers greater than 1"),
    (lambda: nn.LSTM(3, 4, dropout=2), ValueError, "range"), (lambda: nn.LSTM(0, 4), ValueError, "greater than zero"),
    (lambda: nn.LSTM(3, 4.0), TypeError, "of type int"), (lambda: nn.LSTM(3, 4, bias=1), TypeError, "of type bool"),
    (lambda: nn.GRU(3, 4, proj_size=2), ValueError, "only supported for LSTM"),
    (lambda: nn.LSTM(3, 4, proj_size=4), ValueError, "smaller than hidden_size"),
    (lambda: nn.RNN(3, 4, nonlinearity="gelu"), ValueError, "Unknown nonlinearity 'gelu'"),
    (lambda: nn.LSTM(3, 4)(autograd.zeros(2)), ValueError, "LSTM: Expected input to be 2D or 3D"),
    (lambda: nn.GRU(3, 4)(autograd.zeros(2, 2, 5)), RuntimeError, "Expected 3, got 5"),
    (lambda: nn.GRU(3, 4)(autograd.zeros(2, 2, 3), autograd.zeros(1, 9, 4)), RuntimeError,
     r"Expected hidden size \(1, 2, 4\)"),
    (lambda: nn.GRU(3, 4)(autograd.zeros(2, 2, 3), autograd.zeros(1, 4)), RuntimeError, "should also be 3-D"),
    (lambda: nn.RNN(3, 4)(autograd.zeros(0, 2, 3)), RuntimeError, "sequence length to be larger than 0"),
    (lambda: nn.GRU(3, 4)(autograd.zeros(2, 2, 3).double()), ValueError, "does not match weight dtype"),
    (lambda: nn.GRUCell(3, 4)(autograd.zeros(2, 2, 3)), ValueError, "GRUCell: Expected input to be 1D or 2D"),
    (lambda: nn.GRUCell(3, 4)(autograd.zeros(2, 3), autograd.zeros(5, 4)), RuntimeError, "Input batch size 2 doesn.t match hidden0 batch size 5"),
    (lambda: nn.RNNCell(3, 4, nonlinearity="x")(autograd.zeros(3)), RuntimeError, "Unknown nonlinearity"),
])
def test_recurrent_errors(make, error, words):
    with pytest.raises(error, match=words):
        make()


# --- attention --------------------------------------------------------------------------------------------


def test_attention_by_hand():
    m, x = nn.MultiheadAttention(4, 2, batch_first=True).double(), X(1, 3, 4)
    out, average = m(T(x), T(x), T(x))
    w, b = m.in_proj_weight.detach().numpy(), m.in_proj_bias.detach().numpy()
    q, k, v = (part.reshape(3, 2, 2).transpose(1, 0, 2) for part in np.split(x[0] @ w.T + b, 3, 1))
    scores = np.exp(q @ k.transpose(0, 2, 1) / math.sqrt(2))
    probabilities = scores / scores.sum(2, keepdims=True)
    joined = (probabilities @ v).transpose(1, 0, 2).reshape(3, 4)
    expected = joined @ m.out_proj.weight.detach().numpy().T + m.out_proj.bias.detach().numpy()
    np.testing.assert_allclose(out.detach().numpy()[0], expected)
    np.testing.assert_allclose(average.detach().numpy()[0], probabilities.mean(0))


def test_masks_hide_positions():
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True).double()
    encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(4).double())
    x = X(2, 5, 4)
    causal = nn.Transformer.generate_square_subsequent_mask(5, dtype=autograd.float64)
    y = encoder(T(x), mask=causal).detach().numpy()
    x[:, 3:] += 1
    changed = encoder(T(x), mask=causal).detach().numpy()
    np.testing.assert_allclose(changed[:, :3], y[:, :3])
    assert not np.allclose(changed[:, 3:], y[:, 3:])
    padding = autograd.tensor([[False] * 3 + [True] * 2] * 2)
    a = encoder(T(x), src_key_padding_mask=padding).detach().numpy()
    x[:, 3:] += 1
    np.testing.assert_allclose(encoder(T(x), src_key_padding_mask=padding).detach().numpy()[:, :3], a[:, :3])


def test_causal_masks_are_recognised():
    from nn.transformer import _is_causal
    causal = nn.Transformer.generate_square_subsequent_mask(4)
    assert _is_causal(causal, None, 4) and _is_causal(causal != 0, None, 4)
    assert not _is_causal(causal.T, None, 4) and not _is_causal(causal, None, 5) and not _is_causal(None, None, 4)
    assert _is_causal(None, True, 4) and not _is_causal(causal, False, 4)


def test_transformer_layers_are_copies():
    m = nn.Transformer(8, 2, 2, 2, 16)
    assert m.encoder.layers[0].linear1.weight is not m.encoder.layers[1].linear1.weight
    assert m(autograd.zeros(5, 3, 8), autograd.zeros(4, 3, 8)).shape == (4, 3, 8)
    with pytest.raises(RuntimeError, match="batch number"):
        m(autograd.zeros(5, 3, 8), autograd.zeros(4, 2, 8))
    with pytest.raises(RuntimeError, match="equal to d_model"):
        m(autograd.zeros(5, 3, 7), autograd.zeros(4, 3, 8))


def test_adaptive_softmax_is_a_distribution_that_agrees_with_its_loss():
    m = nn.AdaptiveLogSoftmaxWithLoss(6, 12, [3, 7], div_value=2.0)
    x, y = autograd.randn(8, 6), autograd.tensor([0, 2, 3, 6, 7, 11, 5, 1])
    logs = m.log_prob(x)
    np.testing.assert_allclose(logs.exp().sum(1).detach().numpy(), 1, rtol=1e-5)
    result = m(x, y)
    np.testing.assert_allclose(result.output.detach().numpy(), logs[autograd.arange(8), y].detach().numpy(), rtol=1e-5)
    assert result.loss.item() == pytest.approx(-result.output.mean().item())
    assert autograd.equal(m.predict(x), logs.argmax(1))
    assert m(x[0], y[0]).output.item() == pytest.approx(result.output[0].item(), rel=1e-5)
    with pytest.raises(RuntimeError, match=r"Target values should be in \[0, 11\]"):
        m(x, y + 5)
    with pytest.raises(ValueError, match="cutoffs"):
        nn.AdaptiveLogSoftmaxWithLoss(6, 12, [7, 3])
