"""Single steps of recurrent networks, for loops of one's own."""

from __future__ import annotations

import math
from typing import Any

from autograd import Tensor, zeros
from autograd.errors import fail
from autograd.ops.recurrent import gru_step, lstm_step

from . import functional as F, hints, init
from .common import new_parameter
from .module import Module
from .rnn import State


def tanh_cell(gates: Tensor, state: State, weight: Any, bias: Any) -> State:
    """``h = tanh(gates + W h + b)``."""
    return ((gates + F.linear(state[0], weight, bias)).tanh(),)


def relu_cell(gates: Tensor, state: State, weight: Any, bias: Any) -> State:
    """``h = relu(gates + W h + b)``."""
    return ((gates + F.linear(state[0], weight, bias)).relu(),)


def lstm_cell(gates: Tensor, state: State, weight: Any, bias: Any) -> State:
    """One step of a long short-term memory; the gates are in the order input, forget, cell, output.

    ``c = sigmoid(f) * c + sigmoid(i) * tanh(g)``, ``h = sigmoid(o) * tanh(c)``.
    """
    h, c = state
    return tuple(lstm_step(gates, F.linear(h, weight, bias), c)[:2])


def gru_cell(gates: Tensor, state: State, weight: Any, bias: Any) -> State:
    """One step of a gated recurrent unit; the gates are in the order reset, update, new.

    ``n = tanh(n_x + sigmoid(r) * n_h)``, ``h = n + sigmoid(z) * (h - n)``.
    """
    h, = state
    return (gru_step(gates, F.linear(h, weight, bias), h)[0],)


class RNNCellBase(Module):
    """What the cells share.

    Args:
        input_size: size of the input.
        hidden_size: size of the state.
        bias: whether there are biases.
        num_chunks: how many gates there are.
        device, dtype: of the parameters.

    Shapes: input (N, input_size) or (input_size); state (N, hidden_size) or (hidden_size).

    >>> import autograd, nn
    >>> nn.RNNCellBase(3, 4, bias=True, num_chunks=2).weight_ih.shape
    Size([8, 3])
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        self.weight_ih = new_parameter((rows, input_size), device, dtype)
        self.weight_hh = new_parameter((rows, hidden_size), device, dtype)
        self.register_parameter("bias_ih", new_parameter(rows, device, dtype) if bias else None)
        self.register_parameter("bias_hh", new_parameter(rows, device, dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values, uniform on plus or minus ``1 / sqrt(hidden_size)``."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _run(self, cell: Any, input: Tensor, state: State | None, parts: int = 1) -> State:
        """One step from ``state``, which has ``parts`` tensors, or from zeros."""
        name = type(self).__name__
        if input.dim() not in (1, 2):
            fail(ValueError, f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        if input.shape[-1] != self.input_size:
            fail(RuntimeError, f"input has inconsistent input_size: got {input.shape[-1]} expected {self.input_size}")
        for k, s in enumerate(state or ()):
            if s.dim() not in (1, 2):
                which = "hidden" if parts == 1 else f"hx[{k}]"
                fail(ValueError, f"{name}: Expected {which} to be 1D or 2D, got {s.dim()}D instead")
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
            state = None if state is None else tuple(s.unsqueeze(0) for s in state)
        if state is None:
            state = (zeros(len(input), self.hidden_size, dtype=input.dtype),) * parts
        for k, s in enumerate(state):
            if s.shape[1] != self.hidden_size:
                fail(RuntimeError, f"hidden{k} has inconsistent hidden_size: got {s.shape[1]}, expected "
                                   f"{self.hidden_size}")
            if s.shape[0] != len(input):
                fail(RuntimeError, f"Input batch size {len(input)} doesn't match hidden{k} batch size {s.shape[0]}")
        state = cell(F.linear(input, self.weight_ih, self.bias_ih), state, self.weight_hh, self.bias_hh)
        return state if batched else tuple(s.squeeze(0) for s in state)

    def _hint(self, input: Any, hx: Any = None) -> str | None:
        found = hints.of_dtype(input, self.weight_ih.dtype) or hints.of_features(
            input, self.input_size, f"{type(self).__name__}({input.shape[-1]}, {self.hidden_size})")
        return found or (None if hx is None else f"a state is (batch, hidden_size), here ({len(input)}, "
                                                 f"{self.hidden_size})")

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    """``h = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or with relu; see `RNNCellBase`.

    >>> import autograd, nn
    >>> nn.RNNCell(3, 4)(autograd.zeros(2, 3)).shape
    Size([2, 4])
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        if self.nonlinearity not in ("tanh", "relu"):
            fail(RuntimeError, f"Unknown nonlinearity: {self.nonlinearity}")
        cell = tanh_cell if self.nonlinearity == "tanh" else relu_cell
        return self._run(cell, input, None if hx is None else (hx,))[0]


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`; returns hidden and cell state. See `RNNCellBase`.

    >>> import autograd, nn
    >>> h, c = nn.LSTMCell(3, 4)(autograd.zeros(2, 3))
    >>> h.shape, c.shape
    (Size([2, 4]), Size([2, 4]))
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: State | None = None) -> State:
        return self._run(lstm_cell, input, hx, 2)


class GRUCell(RNNCellBase):
    """One step of a `GRU`; see `RNNCellBase`.

    >>> import autograd, nn
    >>> nn.GRUCell(3, 4)(autograd.zeros(2, 3), autograd.ones(2, 4)).shape
    Size([2, 4])
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._run(gru_cell, input, None if hx is None else (hx,))[0]
