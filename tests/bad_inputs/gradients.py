"""Mistakes with gradients."""

from __future__ import annotations

from typing import Any

from bad_inputs.case import bad, module, numbers, ones

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

# --- operations of one's own ------------------------------------------------------------------------------


def own(L: Any, forward: Any, backward: Any) -> Any:
    """A Function ``Own`` of these two."""
    return type("Own", (L.Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


def doubled(ctx: Any, x: Any) -> Any:
    return x * 2


bad("Function: shape of the gradient", lambda L: own(L, doubled, lambda ctx, g: g[:1]).apply(
    ones(L, 2, 3, grad=True).exp()).sum().backward(), RuntimeError, "OwnBackward", "[1, 3]", "[2, 3]",
    "in the backward of Own")
bad("Function: gradient that fits nowhere", lambda L: own(L, doubled, lambda ctx, g: g.reshape(-1)[:5]).apply(
    ones(L, 2, 3, grad=True)).sum().backward(), RuntimeError, "OwnBackward", "invalid gradient at index 0", "[5]", "[2, 3]",
    "in the backward of Own, whose output has the shape [2, 3]")
bad("Function: number of gradients", lambda L: own(L, lambda ctx, x, y: x * y, lambda ctx, g: g).apply(
    ones(L, 2, grad=True), ones(L, 2)).sum().backward(), RuntimeError, "incorrect number of gradients",
    "expected 2, got 1")
bad("Function: no tensor", lambda L: own(L, doubled, lambda ctx, g: 1.0).apply(ones(L, 2, grad=True)).sum().backward(),
    RuntimeError, "OwnBackward", "Tensor", "float")
bad("Function: mistake in backward", lambda L: own(L, doubled, lambda ctx, g: g @ L.t.ones(5, 5)).apply(
    ones(L, 2, 3, grad=True)).sum().backward(), RuntimeError, "matmul(",
    "in the backward of Own, whose output has the shape [2, 3]", "detect_anomaly()")
bad("Function: saves a number", lambda L: own(L, lambda ctx, x: (ctx.save_for_backward(1.0), x * 2)[1], doubled).apply(
    ones(L, 2, grad=True)), TypeError, "save_for_backward", "float")
bad("Function: no backward", lambda L: type("Own", (L.Function,), {"forward": staticmethod(doubled)}).apply(
    ones(L, 2, grad=True)).sum().backward(), NotImplementedError, "backward", "Own")
bad("Function: no forward", lambda L: type("Own", (L.Function,), {}).apply(ones(L, 2)), NotImplementedError, "forward")
bad("Function: written to after it was saved", lambda L: saved_then_written(L), RuntimeError, "modified",
    "in the backward of Own")


def saved_then_written(L: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * 2

    x = ones(L, 2, grad=True) * 1
    y = own(L, forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(x)
    x.add_(1)
    y.sum().backward()


def apply_own(L: Any, forward: Any, x: Any) -> Any:
    return own(L, forward, lambda ctx, g: g.reshape(4)).apply(x)


def write(L: Any, base: bool, made: Any) -> None:
    """Make a view of x in the way ``made``, write to it or to x, and use it."""
    x = numbers(L, 4, grad=True) * 1
    y = made(x)
    (x if base else y).mul_(2)
    y.sum()


def without_recording(L: Any, x: Any) -> Any:
    with L.t.no_grad():
        return x.view(2, 2)


bad("Function: its view written to", lambda L: write(L, False, lambda x: apply_own(L, lambda ctx, x: x.view(2, 2), x)),
    RuntimeError, "mul_", "view", "custom Function", "being modified inplace", "clone()")
bad("Function: a view of its view written to", lambda L: write(L, False, lambda x: apply_own(
    L, lambda ctx, x: x.view(2, 2), x)[0]), RuntimeError, "view of a view", "custom Function", "clone()")
bad("Function: the base of its view written to", lambda L: write(L, True, lambda x: apply_own(
    L, lambda ctx, x: x.view(2, 2), x)), RuntimeError, "custom Function", "its base", "modified inplace")
bad("Function: its input, returned and written to", lambda L: write(L, False, lambda x: apply_own(
    L, lambda ctx, x: x, x)), RuntimeError, "input was returned as it is", "clone()")
bad("no_grad: view written to", lambda L: write(L, False, lambda x: without_recording(L, x)), RuntimeError, "mul_",
    "view was created in no_grad mode", "being modified inplace")
bad("no_grad: view of a view written to", lambda L: write(L, False, lambda x: without_recording(L, x)[1]), RuntimeError,
    "view of a view", "no_grad mode", "being modified inplace")
bad("no_grad: base of a view of a view written to", lambda L: write(L, True, lambda x: without_recording(L, x)[1]),
    RuntimeError, "view of a view", "no_grad mode", "its base")


def packing(L: Any, pack: Any, unpack: Any) -> None:
    graph = getattr(L.t.autograd, "graph", None) if hasattr(L.t, "autograd") else L.t
    with graph.saved_tensors_hooks(pack, unpack):
        y = numbers(L, 2, grad=True).exp()
    y.sum().backward()


bad("saved_tensors_hooks: pack in place", lambda L: packing(L, lambda t: t.mul_(2), lambda t: t), RuntimeError,
    "pack hook", "in place", "clone()")
bad("saved_tensors_hooks: unpack", lambda L: packing(L, lambda t: t, lambda t: 1), TypeError, "unpack_hook", "Tensor",
    "int")

# --- hooks on tensors -------------------------------------------------------------------------------------


def hooked(L: Any, hook: Any) -> Any:
    y = ones(L, 2, 3, grad=True).exp()
    y.register_hook(hook)
    return y.sum().backward()


bad("tensor hook: shape", lambda L: hooked(L, lambda g: g[0]), RuntimeError, "changed the size", "[2, 3]", "[3]",
    "in the backward of exp")
bad("tensor hook: type", lambda L: hooked(L, lambda g: g.double()), RuntimeError, "changed the type", "float64",
    "in the backward of exp")
bad("tensor hook: a number", lambda L: hooked(L, lambda g: 1.0), TypeError, "hook", "Tensor", "float")

# --- where it came from -----------------------------------------------------------------------------------


def anomaly(L: Any, forward: Any) -> None:
    model = module(L, forward)
    detect = getattr(L.t, "autograd", L.t).detect_anomaly
    with detect():
        model(ones(L, 2, 3, grad=True)).sum().backward()


bad("anomaly: NaN in a module", lambda L: anomaly(L, lambda self, x: (x - 1).sqrt() * 0), RuntimeError,
    "'SqrtBackward0' returned nan", "gradients.py", "in module inner (Inner) of Outer")
bad("anomaly: written to in a module", lambda L: anomaly(L, lambda self, x: (lambda y: (y, y.add_(1))[0])(x.exp())),
    RuntimeError, "modified", "exp", "in the backward of exp", "gradients.py", "in module inner (Inner) of Outer")
bad("backward: of a number", lambda L: ones(L, 2, grad=True).sum().item().backward(), AttributeError, "float",
    "backward")
bad("backward: a loss without reduction", lambda L: L.nn.MSELoss(reduction="none")(ones(L, 4, grad=True), ones(
    L, 4)).backward(), RuntimeError, "scalar outputs", "[4]", "loss.mean().backward()")
bad("backward: a loss of data", lambda L: L.nn.MSELoss()(ones(L, 4), ones(L, 4)).backward(), RuntimeError,
    "does not require grad", "requires_grad=True")
bad("backward: after detach", lambda L: L.nn.Linear(2, 2)(ones(L, 1, 2)).detach().sum().backward(), RuntimeError,
    "does not require grad", "detached")
bad("backward: a frozen model", lambda L: L.nn.Linear(2, 2).requires_grad_(False)(ones(L, 1, 2)).sum().backward(),
    RuntimeError, "does not require grad")
bad("backward: argmax", lambda L: ones(L, 2, 2, grad=True).argmax(1).sum().backward(), RuntimeError,
    "does not require grad", "int64")
bad("in place on a parameter", lambda L: L.nn.Linear(2, 2).weight.mul_(2.0), RuntimeError, "mul_", "leaf",
    "float32 [2, 2]", "no_grad()")
bad("in place through +=", lambda L: add_to(ones(L, 2, grad=True)), RuntimeError, "leaf", "no_grad()")
bad("deepcopy of an output", lambda L: __import__("copy").deepcopy(L.nn.Linear(1, 1)(ones(L, 1, 1))), RuntimeError,
    "deepcopy", "detach()")


def add_to(x: Any) -> None:
    x += 1
