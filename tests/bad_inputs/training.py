"""Mistakes with modules, optimizers, schedulers and data."""

from __future__ import annotations

from bad_inputs.case import bad, ones

# --- modules and optimizers -------------------------------------------------------------------------------

bad("Linear: features", lambda L: L.nn.Sequential(L.nn.Linear(4, 5), L.nn.Linear(6, 2))(ones(L, 2, 4)), RuntimeError,
    "linear", "2x5", "6x2")
bad("Conv2d: groups", lambda L: L.nn.Conv2d(3, 4, 3, groups=2), ValueError, "in_channels", "divisible", "groups")
bad("Dropout: probability", lambda L: L.nn.Dropout(-0.1), ValueError, "probability", "-0.1")
bad("MultiheadAttention: heads", lambda L: L.nn.MultiheadAttention(5, 2), AssertionError, "divisible")
bad("Embedding: padding", lambda L: L.nn.Embedding(3, 2, padding_idx=3), AssertionError, "num_embeddings")
bad("Module: before __init__", lambda L: type("M", (L.nn.Module,), {
    "__init__": lambda self: setattr(self, "layer", L.nn.Linear(1, 1))})(), AttributeError, "__init__")
bad("Module: no such attribute", lambda L: L.nn.Linear(1, 1).wieght, AttributeError, "Linear", "wieght")
bad("Module: no forward", lambda L: L.nn.Module()(1), NotImplementedError, "Module", "forward")
bad("load_state_dict: keys", lambda L: L.nn.Linear(2, 3).load_state_dict({"weight": ones(L, 3, 2)}), RuntimeError,
    "Missing key", "bias", "Linear")
bad("load_state_dict: shapes", lambda L: L.nn.Linear(2, 3, bias=False).load_state_dict({"weight": ones(L, 2, 2)}),
    RuntimeError, "size mismatch", "weight", "[2, 2]", "[3, 2]")
bad("load_state_dict: unexpected", lambda L: L.nn.Linear(2, 3, bias=False).load_state_dict(
    {"weight": ones(L, 3, 2), "b": ones(L, 3)}), RuntimeError, "Unexpected key", "b")
bad("register_parameter: type", lambda L: L.nn.Module().register_parameter("w", ones(L, 2)), TypeError, "Parameter",
    "w")
bad("Parameter = tensor", lambda L: setattr(L.nn.Linear(1, 1), "weight", ones(L, 1, 1)), TypeError, "weight",
    "Parameter")
bad("ModuleList: number", lambda L: L.nn.ModuleList([1]), TypeError, "Module", "int")
bad("optimizer: nothing", lambda L: L.optim.SGD([], lr=0.1), ValueError, "empty parameter list")
bad("optimizer: learning rate", lambda L: L.optim.SGD([ones(L, 2, grad=True)], lr=-1.0), ValueError, "learning rate",
    "-1.0")
bad("optimizer: a tensor", lambda L: L.optim.SGD(ones(L, 2, grad=True), lr=0.1), TypeError, "iterable")
bad("optimizer: not a leaf", lambda L: L.optim.SGD([ones(L, 2, grad=True).exp()], lr=0.1), ValueError, "non-leaf")
bad("optimizer: betas", lambda L: L.optim.Adam([ones(L, 2, grad=True)], betas=(1.0, 0.9)), ValueError, "beta", "1.0")
bad("optimizer: the same twice", lambda L: (lambda p: L.optim.SGD([{"params": [p]}, {"params": [p]}], lr=0.1))(
    ones(L, 2, grad=True)), ValueError, "more than one parameter group")
