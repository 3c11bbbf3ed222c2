"""Derivatives of functions: `jacobian`, `hessian`, `vjp`, `jvp`, `hvp`, `vhp`.

Each takes a function of Tensors and the point at which to differentiate it. Forward-mode products come from two
reverse passes:
the gradient of ``v . vjp(u)`` with respect to ``u`` is the Jacobian times ``v`` (Townsend, 2017, "A new trick for
calculating Jacobian vector products").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .backward import grad, stack_gradients, zeros_of
from .dispatch import is_tensor
from .errors import describe, fail
from .grad_mode import enable_grad
from .tape import wrap_node

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Function = Callable[..., Any]


def _tuple(value: Any, name: str, what: str) -> tuple[tuple[Any, ...], bool]:
    single = not isinstance(value, (tuple, list))
    values = (value,) if single else tuple(value)
    for i, t in enumerate(values):
        if not is_tensor(t):
            fail(TypeError, f"{name}: the {what} must be a Tensor or a tuple of Tensors, but element {i} is "
                            f"{describe(t)} ({type(t).__name__})")
    return values, single


def _fresh(inputs: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    """The inputs as tensors that require grad: tied to their own graph where the result must be."""
    return tuple([t.view_as(t) if create_graph and t.requires_grad else t.detach().requires_grad_() for t in inputs])


def _run(name: str, func: Function, inputs: Any, create_graph: bool) -> tuple[Any, ...]:
    points, single_in = _tuple(inputs, name, "inputs given to it")
    points = _fresh(points, create_graph)
    outputs, single_out = _tuple(func(*points), name, "outputs of the function")
    return points, single_in, outputs, single_out


def _grads(name: str, outputs: tuple[Any, ...], points: tuple[Any, ...], seeds: tuple[Any, ...], create_graph: bool,
           strict: bool, retain: bool | None = None) -> tuple[Any, ...]:
    live = [(o, s) for o, s in zip(outputs, seeds) if o.requires_grad]
    if len(live) < len(outputs) and strict:
        fail(RuntimeError, f"{name}: an output of the function is independent of all inputs. This is not allowed in "
                           "strict mode")
    if not live:
        found: tuple[Any, ...] = (None,) * len(points)
    else:
        found = grad([o for o, _ in live], points, [s for _, s in live], retain_graph=retain,
                     create_graph=create_graph, allow_unused=True)
    if strict and any(g is None for g in found):
        index = next(i for i, g in enumerate(found) if g is None)
        fail(RuntimeError, f"{name}: the output of the function is independent of input {index}. This is not allowed "
                           "in strict mode")
    return tuple([zeros_of(p) if g is None else g for g, p in zip(found, points)])


def _results(values: tuple[Any, ...], single: bool, create_graph: bool) -> Any:
    if not create_graph:
        values = tuple([v.detach() for v in values])
    return values[0] if single else values


def _direction(name: str, v: Any, like: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            fail(RuntimeError, f"{name}: the vector v can only be None if {what} is a single Tensor with one element")
        return (wrap_node(np.ones(like[0]._a.shape, like[0]._a.dtype), None),)
    vectors, _ = _tuple(v, name, "vector v")
    if len(vectors) != len(like):
        fail(RuntimeError, f"{name}: v has {len(vectors)} elements, but {what} has {len(like)}")
    for i, (a, b) in enumerate(zip(vectors, like)):
        if a._a.shape != b._a.shape:
            fail(RuntimeError, f"{name}: element {i} of v is {describe(a)}, but {what} is {describe(b)}: sizes must "
                               "match")
    return vectors


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False,
) -> tuple[Any, Any]:
    """The product of a vector and the Jacobian of ``func``: ``(func(inputs), v^T J)``.

    Args:
        func: takes Tensors, returns a Tensor or a tuple of them.
        inputs: the point, a Tensor or a tuple of them.
        v: of the outputs' shapes; None for a single output of one element.
        create_graph: make the results differentiable.
        strict: raise where an output does not depend on an input, instead of giving zeros.

    >>> import autograd
    >>> x = autograd.tensor([1., 2.])
    >>> autograd.functional.vjp(lambda x: x ** 2, x, autograd.tensor([1., 10.]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        points, single_in, outputs, single_out = _run("vjp", func, inputs, create_graph)
        vectors = _direction("vjp", v, outputs, "the output of the function")
        products = _grads("vjp", outputs, points, vectors, create_graph, strict)
    return _results(outputs, single_out, create_graph), _results(products, single_in, create_graph)


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False,
) -> tuple[Any, Any]:
    """The product of the Jacobian of ``func`` and a vector: ``(func(inputs), J v)``.

    Args:
        func, inputs, create_graph, strict: as in `vjp`.
        v: of the inputs' shapes; None for a single input of one element.

    >>> import autograd
    >>> x = autograd.tensor([1., 2.])
    >>> autograd.functional.jvp(lambda x: x.sum() * x, x, autograd.tensor([1., 0.]))
    (tensor([3., 6.]), tensor([4., 2.]))
    """
    with enable_grad():
        points, _, outputs, single_out = _run("jvp", func, inputs, create_graph)
        vectors = _direction("jvp", v, points, "the input to the function")
        seeds = tuple([zeros_of(o).requires_grad_() for o in outputs])
        pulled = _grads("jvp", outputs, points, seeds, True, strict)
        products = _grads("jvp", pulled, seeds, vectors, create_graph, False)
    return _results(outputs, single_out, create_graph), _results(products, single_out, create_graph)


def jacobian(func: Function, inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
             strategy: str = "reverse-mode") -> Any:
    """The Jacobian of ``func``: for outputs of shape S and inputs of shape T, a tensor of shape S + T.

    Args:
        func, inputs, create_graph, strict: as in `vjp`.
        vectorize: accepted for PyTorch's signature; rows are computed one by one.
        strategy: ``"reverse-mode"`` (a pass for each output element) or ``"forward-mode"`` (for each input element).

    Returns:
        A tensor; a tuple over inputs and, outside it, a tuple over outputs where there are several.

    >>> import autograd
    >>> autograd.functional.jacobian(lambda x: x ** 2, autograd.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        fail(ValueError, f'jacobian: Expected strategy to be either "forward-mode" or "reverse-mode", got {strategy!r}')
    with enable_grad():
        points, single_in, outputs, single_out = _run("jacobian", func, inputs, create_graph)
        if strategy == "forward-mode":
            table = _columns(func, points, outputs, create_graph)
        else:
            table = [_rows(o, points, create_graph, strict) for o in outputs]
    rows = tuple([_results(tuple(r), single_in, create_graph) for r in table])
    return rows[0] if single_out else rows


def _rows(output: Any, points: tuple[Any, ...], create_graph: bool, strict: bool) -> list[Any]:
    found: list[list[Any]] = [[] for _ in points]
    for i in range(output.numel()):
        seed = np.zeros(output.numel(), output._a.dtype)
        seed[i] = 1
        seed_tensor = wrap_node(seed.reshape(output._a.shape), None)
        grads = _grads("jacobian", (output,), points, (seed_tensor,), create_graph, strict, retain=True)
        for column, g in zip(found, grads):
            column.append(g)
    return [stack_gradients(gs, output._a.shape + p._a.shape, p) for gs, p in zip(found, points)]


def _columns(func: Function, points: tuple[Any, ...], outputs: tuple[Any, ...], create_graph: bool) -> list[list[Any]]:
    table: list[list[Any]] = [[] for _ in outputs]
    for k, p in enumerate(points):
        pushed: list[list[Any]] = [[] for _ in outputs]
        for i in range(p.numel()):
            directions = [np.zeros(q._a.shape, q._a.dtype) for q in points]
            directions[k].reshape(-1)[i] = 1
            _, products = jvp(func, points, tuple([wrap_node(d, None) for d in directions]), create_graph)
            for column, product in zip(pushed, products if isinstance(products, tuple) else (products,)):
                column.append(product)
        for row, o, gs in zip(table, outputs, pushed):
            stacked = stack_gradients(gs, p._a.shape + o._a.shape, o)
            order = (*range(p.ndim, p.ndim + o.ndim), *range(p.ndim))
            row.append(stacked.permute(order))
    return table


def _scalar(name: str, func: Function) -> Function:
    def checked(*args: Any) -> Any:
        out = func(*args)
        if not is_tensor(out) or out.numel() != 1:
            fail(RuntimeError, f"{name}: the function given must return a single Tensor of one element, got "
                               f"{describe(out)}")
        return out.reshape(())
    return checked


def hessian(func: Function, inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
            outer_jacobian_strategy: str = "reverse-mode") -> Any:
    """The matrix of second derivatives of a scalar function, of shape T + T for inputs of shape T.

    >>> import autograd
    >>> autograd.functional.hessian(lambda x: (x ** 3).sum(), autograd.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    scalar = _scalar("hessian", func)

    def gradient(*points: Any) -> Any:
        out = jacobian(scalar, points, create_graph=True, strict=strict)
        return out

    points, single = _tuple(inputs, "hessian", "inputs given to it")
    found = jacobian(gradient, points, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found[0][0] if single else found


def hvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False,
) -> tuple[Any, Any]:
    """The product of the Hessian of a scalar function and a vector: ``(func(inputs), H v)``.

    >>> import autograd
    >>> x = autograd.tensor([1., 2.])
    >>> autograd.functional.hvp(lambda x: (x ** 3).sum(), x, autograd.tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        points, single_in, outputs, _ = _run("hvp", _scalar("hvp", func), inputs, create_graph)
        vectors = _direction("hvp", v, points, "the input to the function")
        ones = (wrap_node(np.ones((), outputs[0]._a.dtype), None),)
        first = _grads("hvp", outputs, points, ones, True, strict)
        products = _grads("hvp", first, points, vectors, create_graph, strict)
    return _results(outputs, True, create_graph), _results(products, single_in, create_graph)


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False,
) -> tuple[Any, Any]:
    """The product of a vector and the Hessian of a scalar function; equal to `hvp`, since the Hessian is symmetric.

    >>> import autograd
    >>> x = autograd.tensor([1., 2.])
    >>> autograd.functional.vhp(lambda x: (x ** 3).sum(), x, autograd.tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return hvp(func, inputs, v, create_graph, strict)
