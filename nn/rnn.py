"""Recurrent networks over whole sequences."""

from __future__ import annotations

import math
import warnings
from typing import Any

from autograd import Tensor, cat, stack
from autograd.errors import fail
from autograd.ops.recurrent_layers import gru_layer, lstm_layer, rnn_layer

from . import functional as F, hints, init
from .common import documented, new_parameter
from .module import Module
from .utils.rnn import PackedSequence

State = tuple[Tensor, ...]

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


class RNNBase(Module):
    """What the recurrent networks share.

    Args:
        mode: of `RNNBase` itself: ``"RNN_TANH"``, ``"RNN_RELU"``, ``"LSTM"`` or ``"GRU"``.
        input_size: size of an element of the sequence.
        hidden_size: size of the state.
        num_layers: how many are stacked.
        bias: whether there are biases.
        batch_first: in sequences the batch is the first dimension and time the second, not the other way round.
        dropout: probability of `Dropout` between layers.
        bidirectional: also run backward in time, and join the outputs.
        proj_size: size to which an LSTM projects its output; 0 for none.
        device, dtype: of the parameters.

    Shapes: input (T, N, input_size), (N, T, input_size) with ``batch_first``, (T, input_size), or a `PackedSequence`;
    states (num_layers * directions, N, size), the last one of each layer and direction; output (T, N, directions *
    size) or likewise. Size is ``hidden_size``, or ``proj_size`` where there is one. All parameters start uniform on
    plus or minus ``1 / sqrt(hidden_size)``.

    Raises:
        ValueError: a size or a probability is out of range.
        RuntimeError: when called, where the input or the state does not fit.

    >>> import autograd, nn
    >>> network = nn.RNNBase("LSTM", 3, 4)
    >>> [(name, list(p.shape)) for name, p in network.named_parameters()][:2]
    [('weight_ih_l0', [16, 3]), ('weight_hh_l0', [16, 4])]
    """

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0,
        device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        _check_options(mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        rows, out = _GATES[mode] * hidden_size, proj_size or hidden_size
        #: The names of the parameters of each layer and direction.
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse") if bidirectional else ("",):
                columns = input_size if layer == 0 else out * (2 if bidirectional else 1)
                shapes: dict[str, Any] = {"weight_ih": (rows, columns), "weight_hh": (rows, out)}
                if bias:
                    shapes.update(bias_ih=rows, bias_hh=rows)
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    self.register_parameter(f"{name}_l{layer}{suffix}", new_parameter(shape, device, dtype))
                self._all_weights.append([f"{name}_l{layer}{suffix}" for name in shapes])
        self.reset_parameters()

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Does nothing: the parameters need no particular layout here."""

    def reset_parameters(self) -> None:
        """Draw new initial values, uniform on plus or minus ``1 / sqrt(hidden_size)``."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Run over a sequence.

        Args:
            input: the sequences.
            hx: the initial state (for an LSTM the pair of hidden and cell state). Default: zeros.

        Returns:
            The outputs of the last layer at every time, and the last state of every layer and direction.
        """
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        name = "RNN" if self.mode.startswith("RNN") else self.mode
        if input.dim() not in (2, 3):
            fail(ValueError, f"{name}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        state = self._given(hx)
        batched = input.dim() == 3
        if any(s.dim() != input.dim() for s in state or ()):
            found = " and ".join(f"{s.dim()}-D" for s in state or ())
            kind = "batched 3-D" if batched else "unbatched 2-D"
            what = "hx and cx" if self.mode == "LSTM" else "hx"
            fail(RuntimeError, f"For {kind} input, {what} should also be {input.dim()}-D but got {found} tensors")
        if not batched:
            input = input.unsqueeze(1)
            state = None if state is None else tuple(s.unsqueeze(1) for s in state)
        elif self.batch_first:
            input = input.transpose(0, 1)
        output, state = self._layers(input, None, self._checked(input, input.size(1), state))
        if not batched:
            output, state = output.squeeze(1), tuple(s.squeeze(1) for s in state)
        elif self.batch_first:
            output = output.transpose(0, 1)
        return output, self._taken(state)

    def _forward_packed(self, input: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        sizes = tuple(input.batch_sizes.tolist())
        state = self._given(hx)
        if state is not None and input.sorted_indices is not None:
            state = tuple(s.index_select(1, input.sorted_indices) for s in state)
        output, state = self._layers(input.data, sizes, self._checked(input.data, sizes[0], state))
        if input.unsorted_indices is not None:
            state = tuple(s.index_select(1, input.unsorted_indices) for s in state)
        return input._replace(data=output), self._taken(state)

    def _given(self, hx: Any) -> State | None:
        if hx is None:
            return None
        if self.mode != "LSTM":
            if isinstance(hx, tuple):
                fail(TypeError, f"{type(self).__name__}: hx must be one Tensor, not a tuple of {len(hx)}; only an LSTM "
                                "has two states")
            return (hx,)
        if isinstance(hx, Tensor) or len(hx) != 2:
            found = "one Tensor" if isinstance(hx, Tensor) else f"{len(hx)} values"
            fail(TypeError, f"LSTM: hx must be the pair (h_0, c_0) of hidden and cell state, got {found}")
        return hx

    def _hint(self, input: Any, hx: Any = None) -> str | None:
        if isinstance(input, PackedSequence):
            input = input.data
        elif input.dim() not in (2, 3):
            batch = "N, T" if self.batch_first else "T, N"
            return f"the layer takes ({batch}, input_size), or (T, input_size) without a batch"
        found = hints.of_dtype(input, self.all_weights[0][0].dtype) or hints.of_features(
            input, self.input_size, f"{type(self).__name__}({input.shape[-1]}, {self.hidden_size})")
        if found or hx is None:
            return found
        batch = input.shape[0 if self.batch_first else 1]
        return (f"a state is (num_layers * directions, batch, size), here ({self.num_layers} * "
                f"{2 if self.bidirectional else 1}, {batch}, {self.proj_size or self.hidden_size}), also with "
                f"batch_first (which is {self.batch_first})")

    def _taken(self, state: State) -> Any:
        return state if self.mode == "LSTM" else state[0]

    def _checked(self, input: Tensor, batch: int, state: State | None) -> State | None:
        """The initial state, if any, checked against the shapes, as the input is."""
        kind = getattr(self, self._all_weights[0][0]).dtype
        if input.dtype != kind:
            fail(ValueError, f"RNN input dtype ({input.dtype}) does not match weight dtype ({kind}). Convert input: "
                             f"input.to({kind}), or convert model: model.to({input.dtype})")
        if input.size(-1) != self.input_size:
            fail(RuntimeError, f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                               f"{input.size(-1)}")
        count = self.num_layers * (2 if self.bidirectional else 1)
        sizes = [self.proj_size or self.hidden_size] + [self.hidden_size] * (self.mode == "LSTM")
        for k, (s, size) in enumerate(zip(state or (), sizes)):
            if tuple(s.shape) != (count, batch, size):
                which = f"hidden[{k}]" if self.mode == "LSTM" else "hidden"
                fail(RuntimeError, f"Expected {which} size {(count, batch, size)}, got {list(s.shape)}")
        return state

    def _layers(self, input: Tensor, sizes: tuple[int, ...] | None, state: State | None) -> tuple[Tensor, State]:
        """All layers over time-major sequences, or over a packed batch with these batch sizes."""
        directions = 2 if self.bidirectional else 1
        last: list[State] = []
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(directions):
                k = layer * directions + direction
                first = [] if state is None else [s[k] for s in state]
                output, *final = self._layer(input, self.all_weights[k], first, sizes, direction == 1)
                outputs.append(output)
                last.append(tuple(final))
            input = outputs[0] if directions == 1 else cat(outputs, -1)
            if self.dropout and self.training and layer + 1 < self.num_layers:
                input = F.dropout(input, self.dropout, True)
        return input, tuple(map(stack, zip(*last, strict=True)))

    def _layer(self, input: Tensor, weights: list[Tensor], state: list[Tensor], sizes: tuple[int, ...] | None,
               backward: bool) -> list[Tensor]:
        """The outputs of one layer in one direction, and its last states."""
        w_ih, w_hh, *rest = weights
        b_ih, b_hh = rest[:2] if self.bias else (None, None)
        h, c = (*state, None, None)[:2]
        w_hr = rest[-1] if self.proj_size else None
        if self.mode == "LSTM":
            return lstm_layer(input, w_ih, w_hh, b_ih, b_hh, h, c, w_hr, sizes, backward)
        if self.mode == "GRU":
            return gru_layer(input, w_ih, w_hh, b_ih, b_hh, h, sizes, backward)
        return rnn_layer(input, w_ih, w_hh, b_ih, b_hh, h, self.mode == "RNN_RELU", sizes, backward)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
                    "bidirectional": False}
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text


def _check_options(mode: str, input_size: Any, hidden_size: Any, num_layers: int, bias: Any, batch_first: Any,
                   dropout: Any, proj_size: int) -> None:
    if mode not in _GATES:
        fail(ValueError, "Unrecognized RNN mode: " + mode)
    if not isinstance(dropout, (int, float)) or isinstance(dropout, bool) or not 0 <= dropout <= 1:
        fail(ValueError, "dropout should be a number in range [0, 1] representing the probability of an element being "
                         "zeroed")
    if dropout > 0 and num_layers == 1:
        warnings.warn("dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                      f"num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}", stacklevel=4)
    for name, value, kind in (("bias", bias, bool), ("batch_first", batch_first, bool), ("input_size", input_size, int),
                              ("hidden_size", hidden_size, int)):
        if not isinstance(value, kind):
            fail(TypeError, f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
    for name, value in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
        if value <= 0:
            fail(ValueError, f"{name} must be greater than zero")
    if proj_size < 0:
        fail(ValueError, "proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        fail(ValueError, "proj_size has to be smaller than hidden_size")
    if proj_size and mode != "LSTM":
        fail(ValueError, "proj_size argument is only supported for LSTM, not RNN or GRU")


@documented
class RNN(RNNBase):
    """The simple recurrent network ``h = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or with relu (Elman, 1990).

    Called with the input, and the initial state unless it is zero; gives ``(output, h)``. ``nonlinearity`` is
    ``"tanh"`` or ``"relu"``.

    >>> import autograd, nn
    >>> output, h = nn.RNN(3, 4)(autograd.zeros(5, 2, 3))
    >>> output.shape, h.shape
    (Size([5, 2, 4]), Size([1, 2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, device: Any = None,
        dtype: Any = None, *, proj_size: int = 0,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            fail(ValueError, f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, proj_size, device, dtype)
        self.nonlinearity = nonlinearity


@documented
class LSTM(RNNBase):
    """Long short-term memory: ``c = f * c + i * g``, ``h = o * tanh(c)``.

    ``i``, ``f`` and ``o`` are ``sigmoid(W_ih x + b_ih + W_hh h + b_hh)``, and ``g`` is the same with tanh, each with
    rows of its own in the weights, in the order i, f, g, o. Hochreiter and Schmidhuber (1997), with the forget gates of
    Gers et al. (2000). Called with the input, and the initial ``(h, c)`` unless it is zero; gives ``(output, (h, c))``.

    >>> import autograd, nn
    >>> output, (h, c) = nn.LSTM(3, 4, batch_first=True)(autograd.zeros(2, 5, 3))
    >>> output.shape, h.shape
    (Size([2, 5, 4]), Size([1, 2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__("LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
                         proj_size, device, dtype)


@documented
class GRU(RNNBase):
    """Gated recurrent units: ``h = (1 - z) * n + z * h``.

    ``r`` and ``z`` are ``sigmoid(W_ih x + b_ih + W_hh h + b_hh)``, and ``n`` is
    ``tanh(W_ih x + b_ih + r * (W_hh h + b_hh))``, each with rows of its own in the weights, in the order r, z, n. Cho
    et al. (2014). Called with the input, and the initial state unless it is zero; gives ``(output, h)``.

    >>> import autograd, nn
    >>> output, h = nn.GRU(3, 4, bidirectional=True)(autograd.zeros(5, 2, 3))
    >>> output.shape, h.shape
    (Size([5, 2, 8]), Size([2, 2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, device: Any = None, dtype: Any = None, *, proj_size: int = 0,
    ) -> None:
        super().__init__("GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
                         proj_size, device, dtype)
