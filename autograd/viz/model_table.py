"""A table of a model: its layers, their shapes, parameters, multiply-adds and memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import numpy as np

from ..anomaly import detect_anomaly
from ..dtypes import numpy_dtype
from ..errors import fail
from ..node import Node, Output, wrap_node
from ..tensor import Tensor
from ..where import modules_of
from .table import Table
from .values import ordered
from .work import Flops, flops_of_node


class Layer:
    """One call of a module.

    Attributes:
        module: the module.
        name: its name in its parent.
        depth: 0 for the model.
        index: its number among the calls of its depth, from 1.
        input_size, output_size: the shapes of the first tensors in and out, as lists.
        output_bytes: of that output.
        repeated: whether the same module was called before.
        children: the calls inside of it.
        mult_adds: multiply-adds by the module's own parameters, as torchinfo counts them: for a convolution parameters
            x output positions, otherwise parameters x batch, which of a Linear layer on [N, L, C] is too few by L.
        flops: of the matrix products and convolutions in this call, counted on the tape (see `flops`); right for any
            number of dimensions.
        kept_bytes: what the tape keeps for the backward pass of this call, each array where it was first kept.

    >>> import autograd, nn
    >>> from autograd import viz
    >>> viz.summary(nn.Sequential(nn.Linear(4, 8)), (16, 4)).layers[1]
    <Linear (0): 1-1, [16, 8]>
    """

    def __init__(self, module: Any, name: str, depth: int, index: int, repeated: bool) -> None:
        self.module, self.name, self.depth, self.index, self.repeated = module, name, depth, index, repeated
        self.input_size: list[int] = []
        self.output_size: list[int] = []
        self.output_bytes = self.kept_bytes = 0
        self.children: list[Layer] = []
        self.flops = Flops(0, 0)

    @property
    def kind(self) -> str:
        return type(self.module).__name__

    @property
    def is_leaf(self) -> bool:
        return not any(self.module.children())

    @property
    def params(self) -> int:
        """The number of parameters, with those of the modules inside."""
        return sum(math.prod(p.shape) for p in self.module.parameters())

    @property
    def own_params(self) -> int:
        """Those that are not of a module inside that was called."""
        if self.is_leaf:
            return self.params
        inside = {id(p) for c in self.walk() if c is not self and c.is_leaf for p in c.module.parameters()}
        return sum(math.prod(p.shape) for p in self.module.parameters() if id(p) not in inside)

    @property
    def mult_adds(self) -> int:
        total = 0
        out = self.output_size
        for name, p in self.module.named_parameters():
            count = math.prod(p.shape)
            if name in ("weight", "bias"):
                total += count * (math.prod(out[:1] + out[2:]) if "Conv" in self.kind else out[0] if out else 0)
            elif "weight" in name or "bias" in name:
                total += count * math.prod(out[:2])
        return total

    def walk(self) -> Iterator[Layer]:
        """This call and all inside, in order of their beginning."""
        yield self
        for child in self.children:
            yield from child.walk()

    def __repr__(self) -> str:
        return f"<{self.kind} ({self.name}): {self.depth}-{self.index}, {self.output_size}>"


class Summary:
    """What `summary` found; ``print`` shows it as a table.

    Attributes:
        layers: the calls of modules, in order of their beginning.
        total_params, trainable_params: numbers of parameters, each counted once.
        total_mult_adds: of the layers without children.
        flops: of forward and backward (see `flops`).
        input_bytes, output_bytes, param_bytes: memory of the inputs, of the outputs of layers with parameters together
            with their gradients, and of the parameters.
        kept_bytes: what the tape keeps for the backward pass, parameters not counted.

    >>> import autograd, nn
    >>> from autograd import viz
    >>> found = viz.summary(nn.Linear(4, 8), (16, 4))
    >>> found.total_params, found.flops.forward, found.kept_bytes
    (40, 1024, 256)
    """

    def __init__(self, root: Layer, inputs: Sequence[Any], depth: int) -> None:
        self.layers = list(root.walk())
        self.depth = depth
        parameters = list(root.module.parameters())
        self.total_params = sum(math.prod(p.shape) for p in parameters)
        self.trainable_params = sum(math.prod(p.shape) for p in parameters if p.requires_grad)
        self.param_bytes = sum(math.prod(p.shape) * p._a.itemsize for p in parameters)
        self.input_size = [list(t.shape) for t in inputs]
        self.input_bytes = sum(t._a.nbytes for t in inputs)
        leaves = [layer for layer in self.layers if layer.is_leaf]
        self.total_mult_adds = sum(layer.mult_adds for layer in leaves)
        self.output_bytes = sum(2 * layer.output_bytes for layer in leaves if layer.params)
        self.flops = root.flops
        self.kept_bytes = root.kept_bytes

    def table(self) -> Table:
        """The layers as a table."""
        table = Table(["layer (type (name): depth-number)", "input", "output", ">parameters", ">mult-adds", ">FLOPs",
                       ">kept for backward"])
        lines = _branches(self.layers[0], self.depth)
        for layer, branch in lines:
            cut = layer.depth == self.depth
            inner = list(layer.walk()) if cut else [layer]
            adds = sum(c.mult_adds for c in inner if c.is_leaf)
            params = layer.params if cut or layer.is_leaf else layer.own_params
            name = f"{layer.kind} ({layer.name})" if layer.name else layer.kind
            table.add(f"{branch}{name}: {layer.depth}" + (f"-{layer.index}" if layer.depth else ""),
                      str(layer.input_size) if layer.input_size else "–",
                      str(layer.output_size) if layer.output_size else "–",
                      "(repeated)" if layer.repeated and params else f"{params:,}" if params else "–",
                      f"{adds:,}" if adds else "–", _counted(layer.flops.forward) if layer.flops.forward else "–",
                      _bytes(layer.kept_bytes) if layer.kept_bytes else "–")
        return table

    def __repr__(self) -> str:
        table = self.table().text()
        rule = "═" * max(map(len, table.splitlines()))
        total = self.input_bytes + self.output_bytes + self.param_bytes
        return "\n".join([
            rule, table, rule,
            f"Total params: {self.total_params:,}",
            f"Trainable params: {self.trainable_params:,}",
            f"Non-trainable params: {self.total_params - self.trainable_params:,}",
            f"Total mult-adds ({_scaled(self.total_mult_adds)}",
            f"FLOPs of matrix products and convolutions: forward {_counted(self.flops.forward)}, "
            f"backward {_counted(self.flops.backward)}",
            rule,
            f"Input size (MB): {self.input_bytes / 1e6:.2f}",
            f"Forward/backward pass size (MB): {self.output_bytes / 1e6:.2f}",
            f"Params size (MB): {self.param_bytes / 1e6:.2f}",
            f"Estimated Total Size (MB): {total / 1e6:.2f}",
            f"Kept by the tape for backward (MB): {self.kept_bytes / 1e6:.2f}",
            rule,
        ])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


def _branches(root: Layer, depth: int) -> list[tuple[Layer, str]]:
    """The layers down to ``depth``, each with the branch it hangs on."""
    found: list[tuple[Layer, str]] = []

    def visit(layer: Layer, before: str, own: str) -> None:
        found.append((layer, own))
        if layer.depth < depth:
            for i, child in enumerate(layer.children):
                last = i == len(layer.children) - 1
                visit(child, before + ("   " if last else "│  "), before + ("└─" if last else "├─"))

    visit(root, "", "")
    return found


def _scaled(n: int) -> str:
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if n >= size or letter == "M":
            return f"{letter}): {n / size:.2f}"
    return str(n)


def _counted(n: int) -> str:
    for size, letter in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if n >= size:
            return f"{n / size:.3g}{letter}"
    return str(n)


def _bytes(n: int) -> str:
    for size, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if n >= size:
            return f"{n / size:.2f} {unit}"
    return f"{n} B"


def summary(model: Any, input_size: Any = None, input_data: Any = None, *, depth: int = 3, dtypes: Any = None,
            mode: str = "eval", **kwargs: Any) -> Summary:
    """A table of a model's layers, from one forward pass.

    Args:
        model: the module.
        input_size: the shape of the input with the batch, or a list of shapes: numbers between 0 and 1 are made for
            them, or zeros for integer ``dtypes``. Tensors given here are taken as ``input_data``.
        input_data: instead, the input: a tensor, or a sequence or dictionary of the forward's arguments.
        depth: how many levels below the model to show; what is deeper is added up.
        dtypes: of the inputs that are made, by default float32.
        mode: ``"eval"``, ``"train"`` or ``"same"``: how the model runs. Its mode and its buffers are as before
            afterwards.
        kwargs: further arguments of the forward.

    Returns:
        A `Summary`. Its figures are torchinfo's; FLOPs and what the tape keeps are measured on the tape.

    Raises:
        ValueError: neither or both of input_size and input_data are given.

    >>> import autograd, nn
    >>> from autograd import viz
    >>> found = viz.summary(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), (16, 4))
    >>> found.total_params, found.total_mult_adds, found.layers[1].output_size
    (58, 928, [16, 8])
    """
    if input_data is None and next(_tensors(input_size), None) is not None:
        input_size, input_data = None, input_size
    if (input_size is None) == (input_data is None):
        fail(ValueError, "summary() takes either input_size or input_data")
    if mode not in ("eval", "train", "same"):
        fail(ValueError, f"mode must be 'eval', 'train' or 'same', not {mode!r}")
    args, named = ((_made(input_size, dtypes), {}) if input_data is None else _given(input_data))
    named = {**named, **kwargs}
    modes = [(m, m.training) for m in model.modules()]
    buffers = [(b, b._a.copy()) for b in model.buffers()]
    if mode != "same":
        model.train(mode == "train")
    try:
        root, results = _run(model, args, named)
    finally:
        for m, training in modes:
            m.training = training
        for b, before in buffers:
            b._a[...] = before
    _measure(root, results)
    return Summary(root, [t for t in (*args, *named.values()) if isinstance(t, Tensor)], depth)


def _made(size: Any, dtypes: Any) -> tuple[Any, ...]:
    sizes = [tuple(size)] if not size or isinstance(size[0], int) else [tuple(s) for s in size]
    kinds = [np.dtype("float32")] * len(sizes) if dtypes is None else [numpy_dtype(d) for d in dtypes]
    rng = np.random.default_rng(0)
    return tuple(wrap_node(rng.random(s).astype(d) if d.kind == "f" else np.zeros(s, d), None)
                 for s, d in zip(sizes, kinds, strict=True))


def _given(data: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(data, dict):
        return (), data
    return (tuple(data) if isinstance(data, (list, tuple)) else (data,)), {}


def _run(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Layer, list[Any]]:
    """The calls of modules in one forward pass, as a tree, and the tensors it returned."""
    names = {id(child): name for m in model.modules() for name, child in m.named_children()}
    counts: dict[int, int] = {}
    running: list[Layer] = []
    seen: set[int] = set()
    roots: list[Layer] = []

    def enter(module: Any, given: Any, named: Any) -> None:
        depth = len(running)
        counts[depth] = counts.get(depth, 0) + 1
        layer = Layer(module, names.get(id(module), ""), depth, counts[depth], id(module) in seen)
        seen.add(id(module))
        layer.input_size = _shape(next(_tensors((given, named)), None))
        (running[-1].children if running else roots).append(layer)
        running.append(layer)

    def leave(module: Any, given: Any, out: Any) -> None:
        layer = running.pop()
        first = next(_tensors(out), None)
        layer.output_size, layer.output_bytes = _shape(first), 0 if first is None else first._a.nbytes

    handles = [h for m in model.modules()
               for h in (m.register_forward_pre_hook(enter, with_kwargs=True), m.register_forward_hook(leave))]
    try:
        with detect_anomaly(check_nan=False):  # notes the module of each operation
            out = model(*args, **kwargs)
    finally:
        for h in handles:
            h.remove()
    return roots[0], list(_tensors(out))


def _tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from _tensors(v)
    elif hasattr(value, "data") and isinstance(value.data, Tensor):  # packed sequences
        yield value.data


def _shape(t: Any) -> list[int]:
    return [] if t is None else list(t.shape)


def _measure(root: Layer, results: list[Any]) -> None:
    """Give each call its share of FLOPs and of what the tape keeps: that of the operations of its modules."""
    calls: dict[tuple[int, ...], list[Layer]] = {}

    def index(layer: Layer, path: tuple[int, ...]) -> None:
        path = (*path, id(layer.module))
        calls.setdefault(path, []).append(layer)
        for child in layer.children:
            index(child, path)

    index(root, ())
    parameters = {id(_owner(p._a)) for p in root.module.parameters()}
    counted: set[int] = set()
    for node in ordered([t._node for t in results if t._node is not None]):
        work, kept = flops_of_node(node), _kept(node, counted, parameters)
        modules = [id(m) for m in modules_of(node)]
        for end in range(1, len(modules) + 1):
            # Of a module that was called more than once, the tape does not say in which call: the first has it.
            found = calls.get(tuple(modules[:end]))
            if found:
                layer = found[0]
                layer.flops = Flops(layer.flops.forward + work.forward, layer.flops.backward + work.backward)
                layer.kept_bytes += kept


def _kept(node: Node, counted: set[int], left_out: set[int]) -> int:
    total = 0
    for value in () if isinstance(node, Output) or node.saved is None else node.saved:
        for a in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(a, np.ndarray):
                owner = _owner(a)
                if id(owner) not in counted and id(owner) not in left_out:
                    counted.add(id(owner))
                    total += owner.nbytes if isinstance(owner, np.ndarray) else a.nbytes
    return total


def _owner(a: Any) -> Any:
    """The array whose memory ``a`` shows."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a
