"""Mistakes inside models: the message names the path, what came in, and the fix."""

from __future__ import annotations

from typing import Any

from bad_inputs.case import bad, ints, module, ones, seq

# --- the path to the layer --------------------------------------------------------------------------------


def encoder(L: Any) -> Any:
    layer = L.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
    return L.nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)


def with_layer(L: Any, layer: Any) -> Any:
    model = module(L, lambda self, x: self.encoder(x), encoder=encoder(L))
    model.inner.encoder.layers[2].linear1 = layer
    return model


bad("path: transformer", lambda L: with_layer(L, L.nn.Linear(7, 16))(ones(L, 4, 5, 8)), RuntimeError, "linear(",
    "20x8", "7x16", "in module inner.encoder.layers.2.linear1 (Linear 7->16) of Outer", "float32 [4, 5, 8]",
    "Linear(8, 16)")
bad("path: attention in an encoder", lambda L: encoder(L)(ones(L, 4, 5, 6)), RuntimeError, "layers.0.norm1 (LayerNorm",
    "of TransformerEncoder", "[4, 5, 6]", "LayerNorm(6)")
bad("path: sequential in sequential", lambda L: seq(L, seq(L, L.nn.Linear(2, 3), L.nn.ReLU()), seq(
    L, L.nn.Linear(4, 5)))(ones(L, 1, 2)), RuntimeError, "1.0 (Linear 4->5) of Sequential", "1x3", "4x5",
    "make it Linear(3, 5)")
bad("path: ModuleList", lambda L: module(L, lambda self, x: self.layers[1](x), layers=L.nn.ModuleList(
    [L.nn.ReLU(), L.nn.Linear(3, 3)]))(ones(L, 2, 4)), RuntimeError, "inner.layers.1 (Linear 3->3) of Outer")
bad("path: ModuleDict", lambda L: module(L, lambda self, x: self.heads["b"](x), heads=L.nn.ModuleDict(
    {"a": L.nn.ReLU(), "b": L.nn.Conv1d(3, 3, 1)}))(ones(L, 2, 4, 5)), RuntimeError,
    "inner.heads.b (Conv1d 3->3, kernel_size=(1,), stride=(1,)) of Outer", "conv1d(", "[2, 4, 5]")
bad("path: a layer in a plain list", lambda L: module(L, lambda self, x: self.plain[0](x), plain=[L.nn.Linear(
    3, 3)])(ones(L, 2, 4)), RuntimeError, "inner.? (Linear 3->3) of Outer")
bad("path: a function in a custom module", lambda L: module(L, lambda self, x: x + L.t.ones(3))(ones(L, 2, 4)),
    RuntimeError, "add(", "[2, 4]", "[3]", "in module inner (Inner) of Outer, called with float32 [2, 4]")
bad("path: functional.linear", lambda L: module(L, lambda self, x: L.F.linear(x, L.t.ones(5, 3)))(ones(L, 2, 4)),
    RuntimeError, "linear(input: float32 [2, 4], weight: float32 [5, 3])", "inner (Inner) of Outer")
bad("path: functional.layer_norm", lambda L: module(L, lambda self, x: L.F.layer_norm(x, (3,)))(ones(L, 2, 4)),
    RuntimeError, "layer_norm(", "[3]", "[2, 4]", "inner (Inner) of Outer")
bad("path: view in forward", lambda L: module(L, lambda self, x: x.view(3, 3))(ones(L, 2, 5)), RuntimeError, "view(",
    "[3, 3]", "input of size 10", "inner (Inner) of Outer")
bad("path: reshape in forward", lambda L: module(L, lambda self, x: x.reshape(-1, 784))(ones(L, 2, 700)), RuntimeError,
    "reshape(", "[-1, 784]", "1400", "inner (Inner) of Outer")
bad("path: cat in forward", lambda L: module(L, lambda self, x: L.t.cat([x, x.t()], 1))(ones(L, 2, 5)), RuntimeError,
    "cat(", "[2, 5]", "[5, 2]", "inner (Inner) of Outer")
bad("path: index in forward", lambda L: module(L, lambda self, x: x[:, 7])(ones(L, 2, 5)), IndexError, "7",
    "out of bounds", "[2, 5]", "inner (Inner) of Outer")
bad("path: matmul in forward", lambda L: module(L, lambda self, x: x @ x)(ones(L, 2, 5)), RuntimeError, "matmul(",
    "2x5", "inner (Inner) of Outer", "transpose")
bad("path: softmax dim in forward", lambda L: module(L, lambda self, x: x.softmax(2))(ones(L, 2, 5)), IndexError,
    "softmax(", "[-2, 1]", "inner (Inner) of Outer")
bad("path: einsum in forward", lambda L: module(L, lambda self, x: L.t.einsum("bij,bjk->bik", x, x))(ones(L, 2, 3, 4)),
    RuntimeError, "einsum(", "[2, 3, 4]", "inner (Inner) of Outer")
bad("path: loss in forward", lambda L: module(L, lambda self, x: L.F.cross_entropy(x, L.t.tensor([0, 7])))(
    ones(L, 2, 5)), IndexError, "cross_entropy(", "Target 7", "8 columns", "inner (Inner) of Outer")
bad("path: numpy in forward", lambda L: module(L, lambda self, x: self.layer(x).numpy(), layer=L.nn.Linear(2, 2))(
    ones(L, 2, 2)), RuntimeError, "numpy", "detach", "inner (Inner) of Outer")
bad("path: misspelt layer", lambda L: module(L, lambda self, x: self.encodr(x), encoder=L.nn.ReLU())(ones(L, 2)),
    AttributeError, "'Inner' object has no attribute 'encodr'", "inner (Inner) of Outer")
bad("path: a key", lambda L: module(L, lambda self, x: {}["weight"])(ones(L, 2)), KeyError, "weight",
    "inner (Inner) of Outer")
bad("path: shared layer", lambda L: (lambda shared: seq(L, shared, L.nn.Flatten(0), shared))(L.nn.Linear(3, 3))(
    ones(L, 2, 3)), RuntimeError, "0 (Linear 3->3) of Sequential", "float32 [6]", "Linear(6, 3)")
bad("path: in evaluation without recording", lambda L: L.t.no_grad()(seq(L, L.nn.Linear(3, 3)).eval())(ones(L, 2, 4)),
    RuntimeError, "0 (Linear 3->3) of Sequential")
bad("path: after a lazy layer", lambda L: seq(L, L.nn.LazyLinear(4), L.nn.Linear(3, 2))(ones(L, 2, 5)), RuntimeError,
    "1 (Linear 3->2) of Sequential", "Linear(4, 2)")
bad("path: a lazy layer", lambda L: seq(L, L.nn.LazyConv2d(4, 3))(ones(L, 5)), RuntimeError, "LazyConv2d",
    "input of size", "[5]", "(N, C, H, W) or (C, H, W)")
bad("path: a lazy layer of one kind", lambda L: (lambda m: (m(ones(L, 2, 3)), m(ones(L, 2, 4))))(
    seq(L, L.nn.LazyLinear(4))), RuntimeError, "0 (Linear 3->4) of Sequential", "[2, 4]", "Linear(4, 4)")

# --- hooks ------------------------------------------------------------------------------------------------


def hooked(L: Any, kind: str, hook: Any) -> Any:
    model = seq(L, L.nn.Linear(4, 5), L.nn.Tanh())
    getattr(model[0], f"register_{kind}_hook")(hook)
    return model(ones(L, 2, 4, grad=True))


def wrong(*args: Any) -> Any:
    raise ValueError("wrong")


bad("hook: forward", lambda L: hooked(L, "forward", lambda m, a, out: out @ L.t.ones(3, 3)), RuntimeError, "matmul(",
    "in forward hook '<lambda>' of module 0 (Linear 4->5) of Sequential")
bad("hook: forward, by name", lambda L: hooked(L, "forward", wrong), ValueError, "forward hook 'wrong' of module 0")
bad("hook: before forward", lambda L: hooked(L, "forward_pre", wrong), ValueError,
    "in forward pre-hook 'wrong' of module 0 (Linear 4->5) of Sequential")
bad("hook: before forward, other arguments", lambda L: hooked(L, "forward_pre", lambda m, a: (a[0], a[0])), TypeError,
    "Linear.forward() takes 2 positional arguments but 3 were given", "0 (Linear 4->5) of Sequential")
bad("hook: backward", lambda L: hooked(L, "full_backward", wrong).sum().backward(), ValueError,
    "backward hook 'wrong' of module Linear 4->5")
bad("hook: backward, number", lambda L: hooked(L, "full_backward", lambda m, gi, go: (gi[0], gi[0])).sum().backward(),
    RuntimeError, "invalid number of grad_input, got 2, but expected 1", "Linear 4->5")
bad("hook: backward, shape", lambda L: hooked(L, "full_backward", lambda m, gi, go: (gi[0][0],)).sum().backward(),
    RuntimeError, "changed the size of grad_input[0]", "[2, 4]", "[4]", "Linear 4->5")
bad("hook: before backward, shape", lambda L: hooked(L, "full_backward_pre", lambda m, go: (go[0][0],)).sum()
    .backward(), RuntimeError, "changed the size of grad_output[0]", "[2, 5]", "[5]", "Linear 4->5")

# --- calls ------------------------------------------------------------------------------------------------

bad("call: too many arguments", lambda L: L.nn.Linear(2, 3)(ones(L, 1, 2), ones(L, 1, 2)), TypeError,
    "takes 2 positional arguments but 3 were given", "Linear 2->3", "forward takes (input)")
bad("call: no arguments", lambda L: L.nn.Linear(2, 3)(), TypeError, "missing 1 required positional argument",
    "called without arguments", "forward takes (input)")
bad("call: keyword", lambda L: L.nn.Linear(2, 3)(x=ones(L, 1, 2)), TypeError, "unexpected keyword argument 'x'",
    "x=float32 [1, 2]", "forward takes (input)")
bad("call: custom forward", lambda L: module(L, lambda self, x: x).inner(1, 2), TypeError, "Inner", "called with 1, 2")
bad("call: Sequential with two", lambda L: seq(L, L.nn.ReLU())(ones(L, 1), ones(L, 1)), TypeError,
    "Sequential.forward()", "forward takes (input)")
bad("call: a list", lambda L: seq(L, L.nn.Linear(2, 3))([[1.0, 2.0]]), TypeError, "must be Tensor, not list",
    "0 (Linear 2->3) of Sequential", "[[1.0, 2.0]]")
bad("call: None", lambda L: seq(L, L.nn.Linear(2, 3))(None), TypeError, "linear(", "Tensor", "NoneType",
    "called with None")
bad("call: a module for a tensor", lambda L: L.nn.Linear(2, 3)(L.nn.ReLU()), TypeError, "must be Tensor, not ReLU",
    "called with ReLU()")
bad("call: the output of an LSTM", lambda L: seq(L, L.nn.LSTM(4, 5), L.nn.Linear(5, 2))(ones(L, 3, 2, 4)), TypeError,
    "1 (Linear 5->2) of Sequential", "tuple", "LSTM", "take the first")
bad("call: the output of attention", lambda L: module(
    L, lambda self, x: self.norm(self.attention(x, x, x)), norm=L.nn.LayerNorm(4),
    attention=L.nn.MultiheadAttention(4, 2))(ones(L, 3, 2, 4)), TypeError, "inner.norm (LayerNorm", "take the first")
bad("call: the output of pooling with indices", lambda L: seq(L, L.nn.MaxPool1d(2, return_indices=True), L.nn.Conv1d(
    1, 1, 1))(ones(L, 1, 1, 4)), TypeError, "conv1d", "tuple", "1 (Conv1d 1->1")
bad("call: ModuleList", lambda L: L.nn.ModuleList([L.nn.ReLU()])(ones(L, 2)), NotImplementedError, "ModuleList",
    '"forward"', "loop over it")
bad("call: ModuleDict", lambda L: L.nn.ModuleDict({"a": L.nn.ReLU()})(ones(L, 2)), NotImplementedError, "ModuleDict",
    "only holds modules")
bad("call: misspelt forward", lambda L: type("Net", (L.nn.Module,), {"foward": lambda self, x: x})()(ones(L, 2)),
    NotImplementedError, '"forward"', "'foward'")
bad("call: no super().__init__()", lambda L: type("Net", (L.nn.Module,), {
    "__init__": lambda self: None, "forward": lambda self, x: x})()(ones(L, 2)), AttributeError, "Net",
    "super().__init__()")
bad("call: no super().__init__() inside a model", lambda L: seq(L, type("Net", (L.nn.Module,), {
    "__init__": lambda self: setattr(self, "n", 1), "forward": lambda self, x: x * self.n})())(ones(L, 2)),
    AttributeError, "0 (Net) of Sequential", "super().__init__()")

# --- types ------------------------------------------------------------------------------------------------

bad("dtype: double into Linear", lambda L: seq(L, L.nn.Linear(2, 4))(ones(L, 2, 2).double()), RuntimeError, "linear(",
    "float64 [2, 2]", "float32 [4, 2]", ".float()", ".double()")
bad("dtype: integers into Linear", lambda L: seq(L, L.nn.Linear(2, 4))(ints(L, 1, 2)), RuntimeError, "linear(",
    "int64 [2]", "convert the input with .float()")
bad("dtype: a boolean mask into Linear", lambda L: seq(L, L.nn.Linear(2, 4))(ones(L, 1, 2) > 0), RuntimeError,
    "linear(", "bool [1, 2]", ".float()")
bad("dtype: float into a double model", lambda L: seq(L, L.nn.Linear(2, 4)).double()(ones(L, 2, 2)), RuntimeError,
    "float32 [2, 2]", "float64 [4, 2]", "convert the input with .double(), or the model with .float()")
bad("dtype: half into Linear", lambda L: L.nn.Linear(2, 4)(ones(L, 2, 2).half()), RuntimeError, "float16", ".float()",
    "the model with .half()")
bad("dtype: double into Conv2d", lambda L: seq(L, L.nn.Conv2d(1, 4, 3))(ones(L, 1, 1, 8, 8).double()), RuntimeError,
    "conv2d(", "double", "float", "convert the input with .float()")
bad("dtype: bytes into Conv2d", lambda L: seq(L, L.nn.Conv2d(1, 4, 3))(ones(L, 1, 1, 8, 8).to(L.t.uint8)),
    RuntimeError, "conv2d(", "uint8 [1, 1, 8, 8]", "convert the input with .float()")
bad("dtype: double into ConvTranspose1d", lambda L: L.nn.ConvTranspose1d(1, 4, 3)(ones(L, 1, 1, 8).double()),
    RuntimeError, "conv_transpose1d(", "float64 [1, 1, 8]", ".float()")
bad("dtype: double into BatchNorm", lambda L: seq(L, L.nn.BatchNorm1d(3))(ones(L, 2, 3).double()), RuntimeError,
    "batch_norm(", "float64", "float32", "convert the input with .float()")
bad("dtype: double into LayerNorm", lambda L: seq(L, L.nn.LayerNorm(4))(ones(L, 2, 4).double()), RuntimeError,
    "layer_norm(", "float64", "convert the input with .float()")
bad("dtype: double into GroupNorm", lambda L: seq(L, L.nn.GroupNorm(2, 4))(ones(L, 2, 4).double()), RuntimeError,
    "group_norm(", "float64", "convert the input with .float()")
bad("dtype: double into Bilinear", lambda L: L.nn.Bilinear(2, 2, 1)(ones(L, 1, 2), ones(L, 1, 2).double()),
    RuntimeError, "Bilinear", "float64", ".float()")
bad("dtype: double into LSTM", lambda L: seq(L, L.nn.LSTM(4, 5))(ones(L, 3, 2, 4).double()), ValueError, "LSTM 4->5",
    "float64 [3, 2, 4]", "convert the input with .float()")
bad("dtype: integers into GRU", lambda L: L.nn.GRU(4, 5)(ones(L, 3, 2, 4).long()), ValueError, "GRU 4->5", "int64",
    ".float()")
bad("dtype: double into GRUCell", lambda L: L.nn.GRUCell(4, 5)(ones(L, 2, 4).double()), RuntimeError, "GRUCell 4->5",
    "float64", ".float()")
bad("dtype: double into attention", lambda L: (lambda x: L.nn.MultiheadAttention(4, 2)(x, x, x))(
    ones(L, 3, 2, 4).double()), RuntimeError, "MultiheadAttention", "float64", ".float()")
bad("dtype: floats into Embedding", lambda L: seq(L, L.nn.Embedding(10, 4))(ones(L, 2)), RuntimeError, "embedding(",
    "Long", "float32 [2]", "convert the input with .long()")
bad("dtype: floats into EmbeddingBag", lambda L: L.nn.EmbeddingBag(10, 4)(ones(L, 2, 2)), RuntimeError,
    "embedding_bag", "Long", "float32", ".long()")
