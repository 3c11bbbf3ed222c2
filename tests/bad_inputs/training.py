"""Mistakes with modules, optimizers, schedulers and data."""

from __future__ import annotations

from typing import Any

from bad_inputs.case import bad, doubtful, ints, ones, seq

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

# --- modules: making them ---------------------------------------------------------------------------------


def unmade(L: Any, init: Any) -> Any:
    """A module whose __init__ does not call super().__init__()."""
    return type("Net", (L.nn.Module,), {"__init__": init})()


bad("Net: parameter before __init__", lambda L: unmade(L, lambda self: self.register_parameter("w", None)),
    AttributeError, "cannot assign parameter", "Net.__init__ must call super().__init__()", "'w'")
bad("Net: buffer before __init__", lambda L: unmade(L, lambda self: self.register_buffer("b", ones(L, 1))),
    AttributeError, "cannot assign buffer", "super().__init__()", "'b'")
bad("Net: Parameter before __init__", lambda L: unmade(L, lambda self: setattr(self, "w", L.nn.Parameter(ones(
    L, 1)))), AttributeError, "cannot assign parameter", "super().__init__()", "'w'")
bad("Net: module before __init__, by name", lambda L: unmade(L, lambda self: self.add_module("fc", L.nn.ReLU())),
    AttributeError, "cannot assign module", "super().__init__()", "'fc'")
bad("Net: parameters without __init__", lambda L: list(unmade(L, lambda self: None).parameters()), AttributeError,
    "Net", "super().__init__()")
bad("Net: repr without __init__", lambda L: repr(unmade(L, lambda self: None)), AttributeError, "Net",
    "super().__init__()")
bad("Net: train without __init__", lambda L: unmade(L, lambda self: None).train(), AttributeError, "super().__init__()")
bad("Net: state_dict without __init__", lambda L: unmade(L, lambda self: None).state_dict(), AttributeError,
    "super().__init__()")
bad("Net: hook without __init__", lambda L: unmade(L, lambda self: None).register_forward_hook(print), AttributeError,
    "super().__init__()")
bad("Sequential: a class", lambda L: seq(L, L.nn.Linear(2, 3), L.nn.ReLU), TypeError, "ReLU is not a Module subclass",
    "ReLU()")
bad("Sequential: a function", lambda L: seq(L, L.nn.Linear(2, 3), L.t.relu), TypeError, "is not a Module subclass",
    "nn.ReLU")
bad("Sequential: a lambda", lambda L: seq(L, lambda x: x), TypeError, "is not a Module subclass", "forward")
bad("Sequential: a list", lambda L: seq(L, [L.nn.Linear(2, 3), L.nn.ReLU()]), TypeError, "list", "Sequential(*modules)")
bad("Sequential: index", lambda L: seq(L, L.nn.ReLU())[1], IndexError, "index 1", "Sequential has 1 modules")
bad("ModuleList: index", lambda L: L.nn.ModuleList([L.nn.ReLU()])[2], IndexError, "index 2", "ModuleList has 1 modules")
bad("ModuleDict: key", lambda L: L.nn.ModuleDict({"a": L.nn.ReLU()})["b"], KeyError, "'b'", "'a'")
bad("ModuleDict: dot", lambda L: L.nn.ModuleDict({"a.b": L.nn.ReLU()}), KeyError, "name can", "a.b")
bad("add_module: name taken", lambda L: L.nn.Linear(1, 1).add_module("in_features", L.nn.ReLU()), KeyError,
    "'in_features' already exists")
bad("add_module: a tensor", lambda L: L.nn.Module().add_module("a", ones(L, 1)), TypeError, "Tensor",
    "not a Module subclass")
bad("add_module: a number as name", lambda L: L.nn.Module().add_module(1, L.nn.ReLU()), TypeError, "string", "int")
bad("register_buffer: type", lambda L: L.nn.Module().register_buffer("b", [1.0]), TypeError, "list", "buffer 'b'")
bad("register_parameter: not a leaf", lambda L: L.nn.Module().register_parameter("w", not_leaf(L)), ValueError,
    "non-leaf", "'w'", "forward()")
bad("Parameter: integers", lambda L: L.nn.Parameter(ints(L, 1)), RuntimeError, "floating point", "int64", "buffer")
bad("get_submodule", lambda L: seq(L, L.nn.Linear(2, 3)).get_submodule("0.fc"), AttributeError, "Linear", "`fc`")
bad("get_parameter", lambda L: seq(L, L.nn.Linear(2, 3)).get_parameter("0.wieght"), AttributeError, "Linear",
    "`wieght`")
bad("get_buffer", lambda L: seq(L, L.nn.Linear(2, 3)).get_buffer("0.weight"), AttributeError, "`weight`", "buffer")
bad("train: mode", lambda L: L.nn.ReLU().train("yes"), ValueError, "boolean")
bad("eval: an argument", lambda L: L.nn.ReLU().eval(True), TypeError, "eval()")
bad("to: integers", lambda L: L.nn.Linear(1, 1).to(L.t.int64), TypeError, "floating point", "int64")
bad("to: a dtype's name", lambda L: L.nn.Linear(1, 1).to("float64"), RuntimeError, "'float64' is a dtype",
    "autograd.float64")


def not_leaf(L: Any) -> Any:
    p = L.nn.Parameter(ones(L, 2))
    derived = L.nn.Parameter(ones(L, 2))
    with L.t.no_grad():
        derived.zero_()
    derived.requires_grad_(False)
    derived.add_(p)
    return derived


# --- devices ----------------------------------------------------------------------------------------------

CUDA = "device 'cuda"
bad("device: module to cuda", lambda L: L.nn.Linear(1, 1).to("cuda"), RuntimeError, CUDA, "'cpu'",
    theirs=(AssertionError, RuntimeError))
bad("device: tensor to cuda", lambda L: ones(L, 1).to("cuda:0"), RuntimeError, "cuda:0", "tensors live on the CPU",
    theirs=(AssertionError, RuntimeError))
bad("device: cuda()", lambda L: ones(L, 1).cuda(), RuntimeError, CUDA, "tensors live on the CPU",
    theirs=(AssertionError, RuntimeError))
bad("device: module.cuda()", lambda L: L.nn.Linear(1, 1).cuda(), RuntimeError, CUDA,
    theirs=(AssertionError, RuntimeError))
bad("device: new tensor", lambda L: L.t.zeros(2, device="cuda"), RuntimeError, "zeros(", CUDA,
    theirs=(AssertionError, RuntimeError))
bad("device: unknown", lambda L: L.t.ones(1, device="gpu"), RuntimeError, "'gpu'", "'cpu'")
bad("device: mps", lambda L: L.t.device("mps0"), RuntimeError, "mps0", "'cpu'")

# --- loading ----------------------------------------------------------------------------------------------

bad("load_state_dict: missing in a submodule", lambda L: seq(L, L.nn.Linear(2, 3), L.nn.Linear(3, 2)).load_state_dict(
    {"0.weight": ones(L, 3, 2), "0.bias": ones(L, 3)}), RuntimeError, "Error(s) in loading state_dict for Sequential",
    'Missing key(s) in state_dict: "1.weight", "1.bias"')
bad("load_state_dict: names with a prefix", lambda L: seq(L, L.nn.Linear(2, 3)).load_state_dict(
    {"module.0.weight": ones(L, 3, 2), "module.0.bias": ones(L, 3)}), RuntimeError, 'Missing key(s)', "Unexpected key(s)",
    "begin with 'module.'", "removeprefix")
bad("load_state_dict: names without a prefix", lambda L: seq(L, L.nn.Linear(2, 3)).load_state_dict(
    L.nn.Linear(2, 3).state_dict()), RuntimeError, "Missing key(s)", "begin with '0.'", "get_submodule('0')")
bad("load_state_dict: a checkpoint", lambda L: L.nn.Linear(2, 3).load_state_dict(
    {"model": L.nn.Linear(2, 3).state_dict(), "epoch": 3}), RuntimeError, "Missing key(s)", "checkpoint['model']")
bad("load_state_dict: a list", lambda L: L.nn.Linear(2, 3).load_state_dict([1]), TypeError, "dict-like", "list")
bad("load_state_dict: a module", lambda L: L.nn.Linear(2, 3).load_state_dict(L.nn.Linear(2, 3)), TypeError, "dict-like",
    "Linear", "state_dict()")
bad("load_state_dict: a path", lambda L: L.nn.Linear(2, 3).load_state_dict("model.npz"), TypeError, "dict-like", "str",
    "autograd.load(path)")
bad("load_state_dict: values", lambda L: L.nn.Linear(2, 3, bias=False).load_state_dict({"weight": [[1.0]]}),
    RuntimeError, "weight", "expected", "list")
bad("load_state_dict: shapes of several", lambda L: seq(L, L.nn.Linear(2, 3)).load_state_dict(
    seq(L, L.nn.Linear(4, 5)).state_dict()), RuntimeError, "size mismatch for 0.weight", "[5, 4]", "[3, 2]",
    "size mismatch for 0.bias", "[5]", "[3]")
bad("load_state_dict: not strict, shapes", lambda L: L.nn.Linear(2, 3).load_state_dict(
    {"weight": ones(L, 1, 1)}, strict=False), RuntimeError, "size mismatch for weight", "[1, 1]", "[3, 2]")

# --- optimizers -------------------------------------------------------------------------------------------


def listed(L: Any, layers: Any) -> Any:
    """A model that keeps its layers in a plain container."""
    net = type("Net", (L.nn.Module,), {"forward": lambda self, x: x})()
    net.layers = layers
    return net


def sgd(L: Any, params: Any, **options: Any) -> Any:
    return L.optim.SGD(params, **{"lr": 0.1, **options})


bad("optimizer: modules in a list", lambda L: sgd(L, listed(L, [L.nn.Linear(2, 2)]).parameters()), ValueError,
    "empty parameter list", "Net.layers, a list", "nn.ModuleList")
bad("optimizer: modules in a dict", lambda L: sgd(L, listed(L, {"a": L.nn.Linear(2, 2)}).parameters()), ValueError,
    "empty parameter list", "Net.layers, a dict", "nn.ModuleDict")
bad("optimizer: parameters in a tuple", lambda L: sgd(L, listed(L, (L.nn.Parameter(ones(L, 2)),)).parameters()),
    ValueError, "Net.layers, a tuple", "nn.ParameterList")
bad("optimizer: a list in a submodule", lambda L: sgd(L, seq(L, listed(L, [L.nn.Linear(2, 2)])).parameters()),
    ValueError, "Sequential.0.layers, a list")
bad("optimizer: a model without parameters", lambda L: sgd(L, L.nn.ReLU().parameters()), ValueError,
    "empty parameter list", "ReLU has no parameters")
bad("optimizer: parameters used up", lambda L: (lambda params: (list(params), sgd(L, params)))(
    L.nn.Linear(1, 1).parameters()), ValueError, "empty parameter list", "used up", "parameters() anew")
bad("optimizer: None", lambda L: sgd(L, None), TypeError, "NoneType", "iterable")
bad("optimizer: the module", lambda L: sgd(L, L.nn.Linear(1, 1)), TypeError, "Linear", "module.parameters()")
bad("optimizer: the method", lambda L: sgd(L, L.nn.Linear(1, 1).parameters), TypeError, "not iterable",
    "model.parameters()")
bad("optimizer: the state_dict", lambda L: sgd(L, L.nn.Linear(1, 1).state_dict()), TypeError, "str", "'weight'",
    "model.parameters()")
bad("optimizer: several modules", lambda L: sgd(L, [L.nn.Linear(1, 1).parameters(), L.nn.Linear(1, 1).parameters()]),
    TypeError, "[*a.parameters(), *b.parameters()]")
bad("optimizer: modules", lambda L: sgd(L, [L.nn.Linear(1, 1)]), TypeError, "Linear", "parameters()")
bad("optimizer: a set", lambda L: sgd(L, [{"params": {ones(L, 1)}}]), TypeError, "sets", "list")
bad("optimizer: a group without parameters", lambda L: sgd(L, [{"lr": 0.1}]), KeyError, "params", "['lr']")
bad("optimizer: names of some", lambda L: sgd(L, [("a", ones(L, 1)), ones(L, 1)]), ValueError, "names")
bad("optimizer: learning rate in a string", lambda L: sgd(L, [ones(L, 1)], lr="0.1"), TypeError, "learning rate",
    "'0.1'", "str")
bad("optimizer: unknown option", lambda L: L.optim.Adam([ones(L, 1)], learning_rate=1), TypeError, "learning_rate")
bad("optimizer: momentum", lambda L: sgd(L, [ones(L, 1)], momentum=-1), ValueError, "momentum", "-1")
bad("optimizer: Nesterov", lambda L: sgd(L, [ones(L, 1)], nesterov=True), ValueError, "Nesterov", "momentum")
bad("optimizer: weight decay", lambda L: L.optim.Adam([ones(L, 1)], weight_decay=-1), ValueError, "weight_decay", "-1")
bad("optimizer: eps", lambda L: L.optim.RMSprop([ones(L, 1)], eps=-1), ValueError, "epsilon", "-1")
bad("optimizer: result of an operation", lambda L: sgd(L, [L.nn.Parameter(ones(L, 2)) * 2]), ValueError, "non-leaf",
    "[2]", "MulBackward0", "detach()")
bad("optimizer: no closure", lambda L: L.optim.LBFGS([ones(L, 1, grad=True)]).step(), TypeError, "closure")
bad("optimizer: groups of LBFGS", lambda L: L.optim.LBFGS([{"params": [ones(L, 1)]}, {"params": [ones(L, 1)]}]),
    ValueError, "LBFGS", "parameter groups")
bad("optimizer: groups of a state", lambda L: sgd(L, [ones(L, 1)]).load_state_dict(
    sgd(L, [{"params": [ones(L, 1)]}, {"params": [ones(L, 1)]}]).state_dict()), ValueError,
    "different number of parameter groups")
bad("optimizer: parameters of a state", lambda L: sgd(L, [ones(L, 1)]).load_state_dict(
    sgd(L, [ones(L, 1), ones(L, 2)]).state_dict()), ValueError, "doesn't match the size")
bad("optimizer: another group without its parameters", lambda L: sgd(L, [ones(L, 1)]).add_param_group([ones(L, 1)]),
    TypeError, "param_group must be a dict")

# --- schedulers -------------------------------------------------------------------------------------------


def stepped(L: Any, make: Any, count: int, optimizer_first: bool = True) -> None:
    optimizer = sgd(L, [ones(L, 1, grad=True)])
    scheduler = make(L.optim.lr_scheduler, optimizer)
    for _ in range(count):
        if optimizer_first:
            optimizer.step()
        scheduler.step()


bad("scheduler: no optimizer", lambda L: L.optim.lr_scheduler.StepLR(ones(L, 1), 1), TypeError, "Tensor",
    "not an Optimizer")
bad("scheduler: functions", lambda L: stepped(L, lambda s, o: s.LambdaLR(o, [abs, abs]), 0), ValueError, "1", "2",
    "lr_lambdas")
bad("scheduler: OneCycleLR without steps", lambda L: stepped(L, lambda s, o: s.OneCycleLR(o, 0.1), 0), ValueError,
    "total_steps", "steps_per_epoch")
bad("scheduler: OneCycleLR to its end", lambda L: stepped(L, lambda s, o: s.OneCycleLR(o, 0.1, total_steps=2), 3),
    ValueError, "3 times", "2")
bad("scheduler: plateau without a metric", lambda L: stepped(L, lambda s, o: s.ReduceLROnPlateau(o), 1), TypeError,
    "metrics")
bad("scheduler: plateau mode", lambda L: stepped(L, lambda s, o: s.ReduceLROnPlateau(o, mode="least"), 0), ValueError,
    "least", "unknown")
bad("scheduler: plateau factor", lambda L: stepped(L, lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), 0), ValueError,
    "Factor", "1.0")
bad("scheduler: sequence", lambda L: stepped(L, lambda s, o: s.SequentialLR(o, [s.ConstantLR(o)], [1]), 0), ValueError,
    "one more than the number of milestone")
bad("scheduler: resumed without a state", lambda L: stepped(L, lambda s, o: s.CosineAnnealingLR(o, 10, last_epoch=3), 0),
    KeyError, "initial_lr", "state")
bad("scheduler: T_0", lambda L: stepped(L, lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), 0), ValueError, "T_0", "0")
bad("scheduler: milestones", lambda L: stepped(L, lambda s, o: s.ConstantLR(o, factor=2.0), 0), ValueError, "factor")
doubtful("scheduler: before the optimizer", lambda L: stepped(L, lambda s, o: s.StepLR(o, 1), 2, False),
         "lr_scheduler.step()` before `optimizer.step()", "opposite order")

# --- data -------------------------------------------------------------------------------------------------


class Samples:
    """``count`` samples that a function makes."""

    def __init__(self, make: Any, count: int = 4) -> None:
        self.make, self.count = make, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        return self.make(index)


def load(L: Any, make: Any, **options: Any) -> Any:
    return list(L.data.DataLoader(Samples(make), **{"batch_size": 2, **options}))


def loader(L: Any, **options: Any) -> Any:
    return L.data.DataLoader(Samples(float), **options)


def stream(L: Any, **options: Any) -> Any:
    dataset = type("Stream", (L.data.IterableDataset,), {"__iter__": lambda self: iter([1])})()
    return L.data.DataLoader(dataset, **options)


bad("DataLoader: sizes", lambda L: load(L, lambda i: L.t.ones(i + 1)), RuntimeError, "stack(", "[1]", "[2]",
    "collate_fn", "pad_sequence")
bad("DataLoader: None", lambda L: load(L, lambda i: None), TypeError, "default_collate", "NoneType", "collate_fn")
bad("DataLoader: objects", lambda L: load(L, lambda i: object()), TypeError, "default_collate", "object", "collate_fn")
bad("DataLoader: lengths", lambda L: load(L, lambda i: tuple(range(i + 1))), RuntimeError, "equal size", "[1, 2]",
    "collate_fn")
bad("DataLoader: keys", lambda L: load(L, lambda i: {"a": 1} if i % 2 else {"b": 1}), KeyError, "'b'", "['a']")
bad("DataLoader: a sample that is not there", lambda L: load(L, lambda i: [1.0, 2.0, 3.0][i]), IndexError,
    "list index out of range", "sample 3 of the dataset Samples")
bad("DataLoader: a mistake in the dataset", lambda L: load(L, lambda i: 1 / (i - 1)), ZeroDivisionError,
    "sample 1 of the dataset Samples")
bad("DataLoader: batch_size 0", lambda L: loader(L, batch_size=0), ValueError, "batch_size=0", "positive")
bad("DataLoader: batch_size 2.0", lambda L: loader(L, batch_size=2.0), ValueError, "batch_size=2.0")
bad("DataLoader: shuffle and sampler", lambda L: loader(L, shuffle=True, sampler=[0]), ValueError, "sampler",
    "exclusive", "shuffle")
bad("DataLoader: batch_sampler and batch_size", lambda L: loader(L, batch_size=2, batch_sampler=[[0]]), ValueError,
    "batch_sampler", "exclusive", "batch_size")
bad("DataLoader: drop_last without batches", lambda L: loader(L, batch_size=None, drop_last=True), ValueError,
    "batch_size=None", "drop_last")
bad("DataLoader: workers", lambda L: loader(L, num_workers=-1), ValueError, "num_workers", "non-negative")
bad("DataLoader: timeout", lambda L: loader(L, timeout=-1), ValueError, "timeout", "non-negative")
bad("DataLoader: prefetch_factor", lambda L: loader(L, prefetch_factor=2), ValueError, "prefetch_factor", "num_workers")
bad("DataLoader: persistent_workers", lambda L: loader(L, persistent_workers=True), ValueError, "persistent_workers",
    "num_workers")
bad("DataLoader: nothing to shuffle", lambda L: list(L.data.DataLoader(Samples(float, 0), shuffle=True)), ValueError,
    "num_samples", "0")
bad("DataLoader: no dataset", lambda L: list(L.data.DataLoader(5)), TypeError, "int", "len()")
bad("DataLoader: changed later", lambda L: setattr(loader(L), "batch_size", 3), ValueError, "batch_size",
    "after DataLoader is initialized")
bad("DataLoader: a stream shuffled", lambda L: stream(L, shuffle=True), ValueError, "IterableDataset", "shuffle")
bad("DataLoader: length of a stream", lambda L: len(stream(L)), TypeError, "len()")
bad("Dataset: no __getitem__", lambda L: type("Mine", (L.data.Dataset,), {})()[0], NotImplementedError, "__getitem__")
bad("TensorDataset: sizes", lambda L: L.data.TensorDataset(ones(L, 2), ones(L, 3)), AssertionError, "Size mismatch",
    "[2, 3]")
bad("random_split: lengths", lambda L: L.data.random_split(Samples(float, 5), [2, 2]), ValueError, "Sum", "4", "5")
bad("random_split: fractions", lambda L: L.data.random_split(Samples(float, 5), [0.5, 0.6]), ValueError, "Sum", "1.1")
bad("Subset: index", lambda L: list(L.data.DataLoader(L.data.Subset(Samples(lambda i: [1.0][i], 1), [0, 5]), 2)),
    IndexError, "sample 5 of the dataset Samples")
bad("ConcatDataset: nothing", lambda L: L.data.ConcatDataset([]), AssertionError, "empty")
bad("RandomSampler: none", lambda L: L.data.RandomSampler([1], num_samples=0), ValueError, "num_samples=0")
bad("WeightedRandomSampler: none", lambda L: L.data.WeightedRandomSampler([1.0, 1.0], 0), ValueError, "num_samples=0")
bad("BatchSampler: drop_last", lambda L: L.data.BatchSampler([1], 2, None), ValueError, "drop_last=None", "boolean")
