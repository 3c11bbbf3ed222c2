"""Mistakes with gradients."""

from __future__ import annotations

from typing import Any

from bad_inputs.case import bad, numbers, ones

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
