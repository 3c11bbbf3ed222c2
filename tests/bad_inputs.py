"""Calls that must raise: what is called, PyTorch's exception type, and words that the message must hold.

Each call takes ``L``, a library with the attributes ``t`` (the package of tensors), ``F`` (nn.functional), ``nn`` and
``optim``, so that the types can be compared with PyTorch's where it is installed. The words are for ours: the
operation's name, shapes and dtypes of the arguments, and what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One bad call."""

    name: str
    call: Callable[[Any], Any]
    kind: type[Exception]
    words: tuple[str, ...]


CASES: list[Case] = []


def bad(name: str, call: Callable[[Any], Any], kind: type[Exception], *words: str) -> None:
    assert all(c.name != name for c in CASES), name
    CASES.append(Case(name, call, kind, words))


def ones(L: Any, *shape: int, grad: bool = False) -> Any:
    return L.t.ones(*shape).requires_grad_(grad)


def numbers(L: Any, n: int, grad: bool = False) -> Any:
    return L.t.arange(1.0, n + 1).requires_grad_(grad)


# --- shapes that do not go together -----------------------------------------------------------------------

for op in ("add", "sub", "mul", "div", "pow", "maximum", "atan2", "eq", "lt", "fmod", "hypot"):
    bad(f"{op}: shapes", lambda L, op=op: getattr(L.t, op)(ones(L, 2, 3), ones(L, 4)), RuntimeError,
        op, "must match", "[2, 3]", "[4]", "float32")
bad("where: shapes", lambda L: L.t.where(ones(L, 2, 3) > 0, ones(L, 2, 3), ones(L, 4)), RuntimeError, "where", "[4]")
bad("lerp: shapes", lambda L: L.t.lerp(ones(L, 3), ones(L, 2), 0.5), RuntimeError, "lerp", "[3]", "[2]")
bad("addcmul: shapes", lambda L: L.t.addcmul(ones(L, 3), ones(L, 2), ones(L, 3)), RuntimeError, "addcmul", "[2]")
bad("clamp: shapes", lambda L: L.t.clamp(ones(L, 3), min=ones(L, 2)), RuntimeError, "clamp", "[2]", "[3]")
bad("masked_fill: shapes", lambda L: ones(L, 2, 3).masked_fill(ones(L, 4) > 0, 0.0), RuntimeError, "masked_fill", "[4]")
bad("add_: cannot grow", lambda L: ones(L, 3).add_(ones(L, 2, 3)), RuntimeError, "add_", "[3]", "[2, 3]",
    "doesn't match")
bad("expand: size", lambda L: ones(L, 3).expand(2, 4), RuntimeError, "expand", "[3]", "4")
bad("expand: fewer dimensions", lambda L: ones(L, 2, 3).expand(3), RuntimeError, "expand", "[2, 3]")
bad("broadcast_to: size", lambda L: L.t.broadcast_to(ones(L, 3), (2, 4)), RuntimeError, "[3]", "4")
bad("reshape: count", lambda L: ones(L, 2, 3).reshape(4, 2), RuntimeError, "reshape", "[2, 3]", "invalid", "[4, 2]")
bad("reshape: two unknowns", lambda L: ones(L, 2, 3).reshape(-1, -1), RuntimeError,
    "only one dimension can be inferred")
bad("reshape: negative", lambda L: ones(L, 2, 3).reshape(-2, 3), RuntimeError, "invalid shape dimension -2")
bad("reshape: does not divide", lambda L: ones(L, 2, 3).reshape(-1, 4), RuntimeError, "[2, 3]", "invalid", "[-1, 4]")
bad("view: not contiguous", lambda L: ones(L, 2, 3).t().view(6), RuntimeError, "view", "reshape", "contiguous")
bad("view: count", lambda L: ones(L, 2, 3).view(5), RuntimeError, "view", "[2, 3]", "invalid", "[5]")
bad("unflatten: count", lambda L: ones(L, 6).unflatten(0, (4, 2)), RuntimeError, "unflatten", "6")
bad("cat: sizes", lambda L: L.t.cat([ones(L, 2, 3), ones(L, 2, 4)]), RuntimeError, "cat", "[2, 3]", "[2, 4]",
    "Sizes of tensors must match")
bad("cat: dimensions", lambda L: L.t.cat([ones(L, 2, 3), ones(L, 3)]), RuntimeError, "cat", "[2, 3]", "[3]",
    "same number of dimensions")
bad("cat: nothing", lambda L: L.t.cat([]), ValueError, "non-empty")
bad("stack: sizes", lambda L: L.t.stack([ones(L, 2), ones(L, 3)]), RuntimeError, "stack", "[2]", "[3]", "equal size")
bad("stack: nothing", lambda L: L.t.stack([]), RuntimeError, "non-empty")
bad("mm: inner", lambda L: L.t.mm(ones(L, 2, 3), ones(L, 4, 5)), RuntimeError, "mm", "2x3", "4x5",
    "cannot be multiplied")
bad("mm: dimensions", lambda L: L.t.mm(ones(L, 2, 3, 4), ones(L, 4, 5)), RuntimeError, "mm", "matrix", "[2, 3, 4]")
bad("matmul: inner", lambda L: ones(L, 2, 3) @ ones(L, 2, 3), RuntimeError, "matmul", "2x3", "cannot be multiplied")
bad("matmul: batch", lambda L: ones(L, 2, 3, 4) @ ones(L, 3, 4, 5), RuntimeError, "matmul", "[2, 3, 4]", "[3, 4, 5]")
bad("matmul: 0-d", lambda L: L.t.tensor(1.0) @ ones(L, 3), RuntimeError, "matmul", "1D")
bad("bmm: batch", lambda L: L.t.bmm(ones(L, 2, 3, 4), ones(L, 3, 4, 5)), RuntimeError, "bmm", "[2, 3, 4]")
bad("bmm: dimensions", lambda L: L.t.bmm(ones(L, 3, 4), ones(L, 4, 5)), RuntimeError, "bmm", "3D", "[3, 4]")
bad("mv: sizes", lambda L: L.t.mv(ones(L, 2, 3), ones(L, 4)), RuntimeError, "mv", "[2, 3]", "[4]")
bad("dot: sizes", lambda L: L.t.dot(ones(L, 3), ones(L, 4)), RuntimeError, "dot", "same", "3", "4")
bad("dot: dimensions", lambda L: L.t.dot(ones(L, 2, 2), ones(L, 2)), RuntimeError, "dot", "1D")
bad("addmm: shapes", lambda L: L.t.addmm(ones(L, 7), ones(L, 2, 3), ones(L, 3, 4)), RuntimeError, "addmm", "[7]")
bad("outer: dimensions", lambda L: L.t.outer(ones(L, 2, 2), ones(L, 2)), RuntimeError, "outer", "[2, 2]")
bad("einsum: sizes", lambda L: L.t.einsum("ij,jk->ik", ones(L, 2, 3), ones(L, 4, 5)), RuntimeError, "einsum", "j",
    "3", "4")
bad("einsum: letters", lambda L: L.t.einsum("ijk->i", ones(L, 2, 3)), RuntimeError, "einsum", "dimensions")
bad("tensordot: sizes", lambda L: L.t.tensordot(ones(L, 2, 3), ones(L, 4, 5), dims=1), RuntimeError, "tensordot", "3",
    "4")
bad("cross: size", lambda L: L.t.linalg.cross(ones(L, 4), ones(L, 4)), RuntimeError, "cross", "3", "[4]")
bad("squeeze_/item: many elements", lambda L: ones(L, 2).item(), RuntimeError, "float32 [2]", "Scalar")
bad("split: sizes", lambda L: ones(L, 5).split([2, 2]), RuntimeError, "split", "sum", "5")
bad("chunk: none", lambda L: ones(L, 5).chunk(0), RuntimeError, "chunk", "greater than 0")

# --- dimensions and indices out of range ------------------------------------------------------------------

for op in ("sum", "mean", "softmax", "cumsum", "argmax", "amax", "flip", "unbind", "squeeze", "std", "sort",
           "logsumexp",
           "all", "prod", "median", "var"):
    bad(f"{op}: dim", lambda L, op=op: getattr(L.t, op)(ones(L, 2, 3), 2 if op != "flip" else (2,)), IndexError,
        op, "Dimension out of range", "[-2, 1]", "got 2", "[2, 3]")
bad("unsqueeze: dim", lambda L: ones(L, 2, 3).unsqueeze(4), IndexError, "unsqueeze", "[-3, 2]", "got 4")
bad("transpose: dim", lambda L: ones(L, 2, 3).transpose(0, 2), IndexError, "transpose", "[-2, 1]", "got 2")
bad("permute: count", lambda L: ones(L, 2, 3).permute(0), RuntimeError, "permute", "2", "1")
bad("permute: twice", lambda L: ones(L, 2, 3).permute(0, 0), RuntimeError, "permute", "duplicate")
bad("size: dim", lambda L: ones(L, 2, 3).size(2), IndexError, "size", "[-2, 1]", "got 2")
bad("cat: dim", lambda L: L.t.cat([ones(L, 2), ones(L, 2)], dim=1), IndexError, "cat", "[-1, 0]", "got 1")
bad("flatten: order", lambda L: ones(L, 2, 3).flatten(1, 0), RuntimeError, "flatten", "start_dim", "end_dim")
bad("index: int", lambda L: ones(L, 2, 3)[2], IndexError, "index 2", "out of bounds", "2", "[2, 3]")
bad("index: too many", lambda L: ones(L, 2, 3)[0, 0, 0], IndexError, "too many indices", "[2, 3]")
bad("index: tensor", lambda L: ones(L, 3)[L.t.tensor([0, 3])], IndexError, "index 3", "out of bounds", "3")
bad("index: mask", lambda L: ones(L, 3)[L.t.tensor([True, False])], IndexError, "mask", "[2]", "[3]")
bad("index: float tensor", lambda L: ones(L, 3)[L.t.tensor([0.0])], IndexError, "long", "float")
bad("index: string", lambda L: ones(L, 3)["a"], TypeError, "indices")
bad("setitem: shape", lambda L: ones(L, 3).__setitem__(slice(0, 2), ones(L, 3)), RuntimeError, "3", "2")
bad("index_select: range", lambda L: L.t.index_select(ones(L, 3), 0, L.t.tensor([3])), IndexError,
    "index_select", "out of range")
bad("index_select: dtype", lambda L: L.t.index_select(ones(L, 3), 0, L.t.tensor([0.0])), RuntimeError, "index_select",
    "int")
bad("gather: range", lambda L: L.t.gather(ones(L, 3), 0, L.t.tensor([3])), RuntimeError, "gather", "index 3",
    "out of bounds")
bad("gather: dtype", lambda L: L.t.gather(ones(L, 3), 0, L.t.tensor([0.0])), RuntimeError, "gather", "int64")
bad("gather: dimensions", lambda L: L.t.gather(ones(L, 2, 3), 0, L.t.tensor([0])), RuntimeError, "gather",
    "same number of dimensions")
bad("scatter: range", lambda L: ones(L, 3).scatter(0, L.t.tensor([3]), 1.0), RuntimeError, "scatter", "index 3",
    "out of bounds")
bad("narrow: range", lambda L: ones(L, 3).narrow(0, 2, 2), RuntimeError, "narrow", "2", "3")
bad("select: range", lambda L: ones(L, 3).select(0, 3), IndexError, "select", "3", "out of range")
bad("topk: k", lambda L: ones(L, 3).topk(4), RuntimeError, "topk", "k", "out of range", "[3]")
bad("kthvalue: k", lambda L: ones(L, 3).kthvalue(4), RuntimeError, "kthvalue", "k")
bad("diagonal: same dims", lambda L: ones(L, 2, 3).diagonal(0, 0, 0), RuntimeError, "diagonal", "identical")
bad("repeat: count", lambda L: ones(L, 2, 3).repeat(2), RuntimeError, "repeat", "[2, 3]")
bad("max: no elements", lambda L: L.t.zeros(0).max(), RuntimeError, "max", "[0]", "numel() == 0")
bad("argmax: no elements", lambda L: L.t.zeros(0).argmax(), IndexError, "argmax", "[0]")
bad("quantile: range", lambda L: L.t.quantile(ones(L, 3), 1.5), RuntimeError, "quantile", "[0, 1]")
bad("tril: vector", lambda L: ones(L, 3).tril(), RuntimeError, "tril", "2 dimensions")
bad("unfold: size", lambda L: ones(L, 3).unfold(0, 4, 1), RuntimeError, "unfold", "4", "3")
bad("roll: dims", lambda L: L.t.roll(ones(L, 2, 3), (1, 2), (0,)), RuntimeError, "roll", "shifts", "dim")

# --- types ------------------------------------------------------------------------------------------------

bad("tensor: integers that require grad", lambda L: L.t.tensor([1, 2], requires_grad=True), RuntimeError, "int64",
    "floating point", "require gradients")
bad("requires_grad_: integers", lambda L: L.t.tensor([1, 2]).requires_grad_(), RuntimeError, "int64", "floating point")
bad("mean: integers", lambda L: L.t.tensor([1, 2]).mean(), RuntimeError, "mean", "floating point", "int64")
bad("var: integers", lambda L: L.t.tensor([1, 2]).var(), RuntimeError, "var", "floating point", "int64")
bad("softmax: integers", lambda L: L.t.softmax(L.t.tensor([1, 2]), 0), NotImplementedError, "softmax", "int64")
bad("matmul: dtypes", lambda L: ones(L, 2, 2) @ ones(L, 2, 2).double(), RuntimeError, "matmul", "float32", "float64",
    "same dtype")
bad("mm: dtypes", lambda L: L.t.mm(ones(L, 2, 2), ones(L, 2, 2).long()), RuntimeError, "mm", "float32", "int64",
    "dtype")
bad("linear: dtypes", lambda L: L.F.linear(ones(L, 2, 3).double(), ones(L, 4, 3)), RuntimeError, "linear", "float32",
    "float64", "dtype")
bad("dot: dtypes", lambda L: L.t.dot(ones(L, 2), ones(L, 2).double()), RuntimeError, "dot", "float32", "float64")
bad("add_: cannot hold floats", lambda L: L.t.tensor([1, 2]).add_(0.5), RuntimeError, "add_", "Float", "Long",
    "can't be cast")
bad("div_: integers", lambda L: L.t.tensor([1, 2]).div_(2), RuntimeError, "div_", "Float", "Long", "can't be cast")
bad("bitwise_and: floats", lambda L: ones(L, 2) & ones(L, 2), NotImplementedError, "bitwise_and", "float32")
bad("bitwise_not: floats", lambda L: L.t.bitwise_not(ones(L, 2)), NotImplementedError, "bitwise_not", "float32")
bad("neg: bool", lambda L: -L.t.tensor([True]), RuntimeError, "neg", "bool", "logical_not")
bad("sub: bool", lambda L: L.t.tensor([True]) - L.t.tensor([True]), RuntimeError, "sub", "bool", "logical_xor")
bad("pow: integers to a negative", lambda L: L.t.tensor([2]) ** -1, RuntimeError, "pow", "ntegers", "negative")
bad("where: condition", lambda L: L.t.where(ones(L, 2), ones(L, 2), ones(L, 2)), RuntimeError, "where", "bool",
    "float32")
bad("masked_fill: mask", lambda L: ones(L, 2).masked_fill(L.t.tensor([0, 1]), 0.0), RuntimeError, "masked_fill", "bool",
    "int64")
bad("masked_select: mask", lambda L: ones(L, 2).masked_select(L.t.tensor([0, 1])), RuntimeError, "masked_select",
    "Bool", "int64")
bad("exp: string", lambda L: L.t.exp("x"), TypeError, "exp", "must be Tensor", "str")
bad("exp: number", lambda L: L.t.exp(1.0), TypeError, "exp", "must be Tensor", "float")
bad("sin: list", lambda L: L.t.sin([1.0]), TypeError, "sin", "must be Tensor", "list")
bad("cat: number", lambda L: L.t.cat([ones(L, 2), 1.0]), TypeError, "cat", "Tensor", "float")
bad("add: string", lambda L: L.t.add(ones(L, 2), "x"), TypeError, "add", "other", "str")
bad("sum: keyword", lambda L: L.t.sum(ones(L, 2), axes=0), TypeError, "sum", "axes")
bad("relu: too many", lambda L: L.t.relu(ones(L, 2), 1, 2), TypeError, "relu")
bad("tensor: ragged", lambda L: L.t.tensor([[1.0, 2.0], [3.0]]), ValueError, "length")
bad("tensor: string", lambda L: L.t.tensor("x"), TypeError, "str")
bad("tensor: dtype", lambda L: L.t.tensor([1.0], dtype="float99"), TypeError, "dtype", "float99")
bad("zeros: negative", lambda L: L.t.zeros(2, -1), RuntimeError, "zeros", "negative", "-1")
bad("int of a vector", lambda L: int(ones(L, 2)), ValueError, "only one element", "[2]")
bad("bool of a vector", lambda L: bool(ones(L, 2)), RuntimeError, "ambiguous", "[2]", "any", "all")
bad("len of a number", lambda L: len(L.t.tensor(1.0)), TypeError, "0-d")
bad("iteration over a number", lambda L: list(L.t.tensor(1.0)), TypeError, "0-d")
bad("numpy: requires grad", lambda L: ones(L, 2, grad=True).numpy(), RuntimeError, "requires grad", "detach")
bad("set_default_dtype: integers", lambda L: L.t.set_default_dtype(L.t.int64), TypeError, "floating-point", "int64")
bad("arange: step", lambda L: L.t.arange(0, 3, -1), RuntimeError, "step", "bound")
bad("arange: zero step", lambda L: L.t.arange(0, 3, 0), RuntimeError, "step", "nonzero")
bad("complex to real", lambda L: float(L.t.tensor(1 + 1j)), RuntimeError, "complex")

# --- gradients --------------------------------------------------------------------------------------------


def twice(L: Any) -> None:
    loss = numbers(L, 2, grad=True).exp().sum()
    loss.backward()
    loss.backward()


def changed(L: Any) -> None:
    y = numbers(L, 2, grad=True).exp()
    z = y.sum()
    y.add_(1.0)
    z.backward()


def changed_input(L: Any) -> None:
    w = numbers(L, 2, grad=True)
    x = numbers(L, 2)
    loss = (w * x).sum()
    x.mul_(2.0)
    loss.backward()


def changed_by_view(L: Any) -> None:
    y = numbers(L, 4, grad=True) * 1.0
    z = (y * y).sum()
    y[0].zero_()
    z.backward()


def unused(L: Any) -> None:
    x, y = numbers(L, 2, grad=True), numbers(L, 2, grad=True)
    grad_of(L)(x.sum(), y)


def grad_of(L: Any) -> Any:
    return getattr(L.t, "autograd", L.t).grad


bad("backward: not a scalar", lambda L: ones(L, 2, grad=True).exp().backward(), RuntimeError, "scalar", "[2]",
    "implicitly created")
bad("backward: nothing requires grad", lambda L: ones(L, 2).sum().backward(), RuntimeError, "does not require grad",
    "requires_grad=True")
bad("backward: twice", twice, RuntimeError, "second time", "retain_graph=True")
bad("backward: changed output", changed, RuntimeError, "modified", "exp", "version")
bad("backward: changed input", changed_input, RuntimeError, "modified", "mul", "version")
bad("backward: changed through a view", changed_by_view, RuntimeError, "modified", "mul", "version")
bad("backward: shape of the gradient", lambda L: ones(L, 2, grad=True).exp().backward(ones(L, 3)), RuntimeError,
    "Mismatch in shape", "[3]", "[2]")
bad("backward: gradient of another type", lambda L: ones(L, 2, grad=True).exp().backward(1.0), TypeError,
    "Tensors", "float")
bad("backward: complex", lambda L: L.t.tensor(1 + 1j, requires_grad=True).exp().backward(), RuntimeError, "real scalar",
    "omplex")
bad("backward: empty inputs", lambda L: ones(L, 2, grad=True).sum().backward(inputs=[]), RuntimeError, "inputs",
    "empty")
bad("backward: under no_grad", lambda L: L.t.no_grad()(lambda: ones(L, 2, grad=True).exp().sum())().backward(),
    RuntimeError, "does not require grad", "no_grad")
bad("grad: unused", unused, RuntimeError, "not have been used", "allow_unused=True")
bad("grad: input requires no grad", lambda L: grad_of(L)(ones(L, 2, grad=True).sum(), ones(L, 2)), RuntimeError,
    "does not require grad", "[2]")
bad("grad: number of gradients", lambda L: grad_of(L)(
    [ones(L, 2, grad=True).sum()], ones(L, 2, grad=True), [ones(L, 1).sum(), ones(L, 1).sum()]), RuntimeError, "1", "2")
bad("in place on a leaf", lambda L: ones(L, 2, grad=True).add_(1.0), RuntimeError, "add_", "leaf", "no_grad", "[2]")
bad("in place on a view of a leaf", lambda L: ones(L, 2, grad=True)[0].mul_(2.0), RuntimeError, "mul_", "view", "leaf")
bad("setitem on a leaf", lambda L: ones(L, 2, grad=True).__setitem__(0, 1.0), RuntimeError, "leaf", "setitem")
bad("in place on expanded memory", lambda L: ones(L, 1).expand(3).add_(ones(L, 3)), RuntimeError, "add_",
    "single memory",
    "clone")
bad("requires_grad = False on a result", lambda L: ones(L, 2, grad=True).exp().requires_grad_(False), RuntimeError,
    "leaf", "detach")
bad("grad = another shape", lambda L: setattr(ones(L, 2, grad=True), "grad", ones(L, 3)), RuntimeError, "[2]", "[3]")
bad("grad = a number", lambda L: setattr(ones(L, 2, grad=True), "grad", 1.0), TypeError, "Tensor", "float")
bad("register_hook: no grad", lambda L: ones(L, 2).register_hook(print), RuntimeError, "hook", "require")
bad("retain_grad: no grad", lambda L: ones(L, 2).retain_grad(), RuntimeError, "retain_grad", "requires_grad=False")
bad("deepcopy of a result", lambda L: __import__("copy").deepcopy(ones(L, 2, grad=True).exp()), RuntimeError,
    "deepcopy",
    "detach")
bad("inference tensor written to", lambda L: L.t.inference_mode()(lambda: ones(L, 2))().add_(1.0), RuntimeError, "add_",
    "inference", "clone")

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

# --- linear algebra ---------------------------------------------------------------------------------------

bad("inv: not square", lambda L: L.t.linalg.inv(ones(L, 2, 3)), RuntimeError, "inv", "square", "2", "3")
bad("inv: singular", lambda L: L.t.linalg.inv(ones(L, 2, 2)), RuntimeError, "inv", "singular")
bad("solve: singular", lambda L: L.t.linalg.solve(ones(L, 2, 2), ones(L, 2)), RuntimeError, "solve", "singular")
bad("cholesky: not positive definite", lambda L: L.t.linalg.cholesky(-ones(L, 2, 2)), RuntimeError, "cholesky",
    "not positive-definite")
bad("det: vector", lambda L: L.t.linalg.det(ones(L, 3)), RuntimeError, "det", "2 dimensions")
bad("det: integers", lambda L: L.t.linalg.det(L.t.tensor([[1, 2], [3, 4]])), RuntimeError, "det", "int64", "floating")
bad("eigh: not square", lambda L: L.t.linalg.eigh(ones(L, 2, 3)), RuntimeError, "eigh", "square")

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
