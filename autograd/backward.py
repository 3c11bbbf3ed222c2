"""`backward` and `grad`: what users ask of the tape."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .dispatch import cast, is_tensor
from .errors import describe, fail
from .on_first_call import RUNTIME
from .tape import Leaf, Node, accumulate_all, as_tensor, sweep, wrap_node
from .views import node_of

Tensors = Any


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _root_gradients(
    tensors: tuple[Any, ...], grads: tuple[Any, ...], create_graph: bool,
) -> tuple[list[Node], list[Any]]:
    roots, seeds = [], []
    if len(grads) != len(tensors):
        fail(RuntimeError, f"Mismatch in number of gradients: {len(tensors)} outputs and {len(grads)} grad_outputs; "
                           "give one for each output, or None for scalars")
    for i, (t, g) in enumerate(zip(tensors, grads, strict=True)):
        if not is_tensor(t):
            fail(TypeError, f"expected a Tensor to run backward from, got {describe(t)} ({type(t).__name__})")
        node = node_of(t)
        a = t._a
        if node is None:
            fail(RuntimeError, f"element {i} of tensors does not require grad and does not have a grad_fn: it is "
                               f"{describe(t)}, and nothing it was computed from has requires_grad=True (or it was "
                               "computed under no_grad, or detached)")
        if g is None:
            if a.size != 1:
                fail(RuntimeError, "grad can be implicitly created only for scalar outputs, and this one is "
                                   f"{describe(t)}. Reduce it first, as in loss.mean().backward(), or give the "
                                   "gradient to start from")
            if a.dtype.kind == "c":
                fail(RuntimeError, f"grad can be implicitly created only for real scalar outputs but got {a.dtype}")
            g = np.ones(a.shape, a.dtype) if a.ndim else np.array(1, a.dtype)  # a fifth of the time
            g = as_tensor(g) if create_graph else g
        else:
            if not is_tensor(g):
                fail(TypeError, f"gradients can be either Tensors or None, but got {type(g).__name__}")
            if g._a.shape != a.shape:
                fail(RuntimeError, f"Mismatch in shape: grad_output[{i}] has a shape of {list(g._a.shape)} and "
                                   f"output[{i}] has a shape of {list(a.shape)}")
            if g._a.dtype.kind == "c" and a.dtype.kind != "c":
                fail(RuntimeError, f"For complex Tensors, both grad_output and output are required to have the same "
                                   f"dtype, but grad_output[{i}] is {g._a.dtype} and output[{i}] is {a.dtype}")
            g = cast(g, a.dtype)
            if not create_graph:
                g = g._a
        roots.append(node)
        seeds.append(g)
    return roots, seeds


def backward(
    tensors: Tensors, grad_tensors: Tensors = None, retain_graph: bool | None = None,
    create_graph: bool = False, inputs: Tensors = None,
) -> None:
    """Add the gradient of ``tensors`` to the ``grad`` of the leaves they were computed from.

    Args:
        tensors: the tensor, or the sequence of tensors, to start from.
        grad_tensors: the gradient at each, of its shape; None for tensors of one element.
        retain_graph: keep the saved values, so that backward can run again. Default: ``create_graph``.
        create_graph: record the backward pass itself, for higher derivatives.
        inputs: only add to these tensors.

    Raises:
        RuntimeError: no gradient can flow, a gradient has the wrong shape, the graph was used up, or a saved value
            was overwritten.

    >>> import autograd
    >>> x = autograd.tensor([1., 2.], requires_grad=True)
    >>> autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    tensors = _as_tuple(tensors)
    grads = (None,) * len(tensors) if grad_tensors is None else _as_tuple(grad_tensors)
    roots, seeds = _root_gradients(tensors, grads, create_graph)
    nodes = None
    if inputs is not None:
        inputs = _as_tuple(inputs)
        if not inputs:
            fail(RuntimeError, "`inputs` argument to `backward()` cannot be empty.")
        nodes = [_input_node(t, i) for i, t in enumerate(inputs)]
    found = sweep(roots, seeds, retain_graph=create_graph if retain_graph is None else retain_graph,
                  create_graph=create_graph, inputs=nodes)
    for t, node in zip(inputs or (), nodes or ()):
        if not isinstance(node, Leaf):
            t.retain_grad()
            t._meta.grad = as_tensor(found.pop(node, None))
    del roots, seeds
    accumulate_all(found, create_graph)


def _input_node(t: Any, index: int) -> Node:
    if not is_tensor(t):
        fail(TypeError, f"inputs must be Tensors, but element {index} is {describe(t)} ({type(t).__name__})")
    node = node_of(t)
    if node is None:
        fail(RuntimeError, f"One of the differentiated Tensors does not require grad: input {index}, {describe(t)}. "
                           "Make it with requires_grad=True, before computing from it")
    return node


def grad(
    outputs: Tensors, inputs: Tensors, grad_outputs: Tensors = None, retain_graph: bool | None = None,
    create_graph: bool = False, only_inputs: bool = True, allow_unused: bool | None = None,
    is_grads_batched: bool = False, materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of ``outputs`` with respect to ``inputs``, returned rather than added to ``grad``.

    Args:
        outputs: the tensor or tensors to differentiate.
        inputs: the tensor or tensors to differentiate by, leaves or not.
        grad_outputs: the gradient at each output; None for tensors of one element. With ``is_grads_batched`` each has
            one more dimension in front, and the gradients come stacked along it.
        retain_graph: keep the saved values. Default: ``create_graph``.
        create_graph: make the gradients differentiable themselves.
        only_inputs: without meaning, as in PyTorch; False warns.
        allow_unused: give None for an input the outputs do not depend on, instead of raising.
        materialize_grads: give zeros there.

    Returns:
        One gradient for each input, of its shape and dtype.

    Raises:
        RuntimeError: an input does not require grad, or was not used.

    >>> import autograd
    >>> x = autograd.tensor(3., requires_grad=True)
    >>> first, = autograd.grad(x ** 3, x, create_graph=True)
    >>> second, = autograd.grad(first, x)
    >>> first.item(), second.item()
    (27.0, 18.0)
    """
    outputs, inputs = _as_tuple(outputs), _as_tuple(inputs)
    if not only_inputs:
        warnings.warn("only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate "
                      "gradients for other parts of the graph, please use backward.", FutureWarning, stacklevel=2)
    if allow_unused is False and materialize_grads:
        fail(ValueError, "Expected allow_unused to be True or not passed when materialize_grads=True, but got: False.")
    retain = create_graph if retain_graph is None else retain_graph
    if is_grads_batched:
        return _batched(outputs, inputs, _as_tuple(grad_outputs), retain, create_graph, allow_unused,
                        materialize_grads)
    grads = (None,) * len(outputs) if grad_outputs is None else _as_tuple(grad_outputs)
    roots, seeds = _root_gradients(outputs, grads, create_graph)
    nodes = [_input_node(t, i) for i, t in enumerate(inputs)]
    found = sweep(roots, seeds, retain_graph=retain, create_graph=create_graph, inputs=nodes)
    results = []
    for i, (t, n) in enumerate(zip(inputs, nodes, strict=True)):
        g = found.get(n)
        if g is None:
            if materialize_grads:
                g = np.zeros(t._a.shape, t._a.dtype)
            elif not allow_unused:
                fail(RuntimeError, "One of the differentiated Tensors appears to not have been used in the graph: "
                                   f"input {i}, {describe(t)}. Set allow_unused=True if this is the desired behavior")
        elif not is_tensor(g) and (not isinstance(g, np.ndarray) or g.base is not None or not g.flags.writeable):
            g = np.array(g)
        results.append(as_tensor(g))
    return tuple(results)


def _batched(outputs: tuple[Any, ...], inputs: tuple[Any, ...], grads: tuple[Any, ...], retain: bool,
             create_graph: bool, allow_unused: bool | None, materialize: bool) -> tuple[Any, ...]:
    count = len(grads[0])
    rows = [grad(outputs, inputs, [g[i] for g in grads], retain or i + 1 < count, create_graph, True, allow_unused,
                 materialize_grads=materialize) for i in range(count)]
    return tuple(None if column[0] is None else _stack(column) for column in zip(*rows, strict=True))


def _stack(column: Sequence[Any]) -> Any:
    return RUNTIME["stack"](list(column))


def zeros_of(t: Any) -> Any:
    """The gradient by ``t`` of what does not depend on it."""
    return wrap_node(np.zeros(t._a.shape, t._a.dtype), None)


def stack_gradients(rows: list[Any], shape: tuple[int, ...], like: Any) -> Any:
    """The rows of a Jacobian as one tensor of this shape, of the type of ``like`` where there are none."""
    if not rows:
        return wrap_node(np.zeros(shape, like._a.dtype), None)
    return _stack(rows).reshape(shape)
