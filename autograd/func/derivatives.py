"""Derivatives of functions: `grad`, `vjp`, `jvp`, `jacrev`, `jacfwd`, `hessian`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import trees
from ..backward import grad as gradients_of, stack_gradients, zeros_of
from ..dispatch import is_tensor
from ..errors import describe, fail
from ..grad_mode import enable_grad
from ..modes import recording
from ..node import Leaf
from ..tape import wrap_node

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "vjp"]

Function = Callable[..., Any]


# --- levels -----------------------------------------------------------------------------------------------


class _Level:
    """One differentiation: its points, and whether others outside of it record, too.

    Points are new tensors, tied to the graph of those they come from where these have one.
    """

    def __init__(self, name: str, values: Any) -> None:
        self.name, self.outside = name, recording()
        for t in trees.leaves(values):
            if not is_tensor(t):
                fail(TypeError, f"{name}: expected Tensors to differentiate by, got {type(t).__name__} ({describe(t)})")
            if t._a.dtype.kind not in "fc":
                fail(RuntimeError, f"{name}: only floating and complex Tensors can be differentiated by, got "
                                   f"{describe(t)}")
        self.points = trees.transform(
            lambda t: t.view_as(t) if t.requires_grad and self.outside else t.detach().requires_grad_(), values)
        self.flat = trees.leaves(self.points)
        self._own = {t._node for t in self.flat if t._node.__class__ is Leaf}

    def is_seen(self, *tensors: Any) -> bool:
        """Whether someone outside may differentiate these: their graph reaches more than the points made here."""
        if not self.outside:
            return False
        if len(self._own) < len(self.flat):
            return True
        seen: set[Any] = set()
        stack = [t.grad_fn or t._node for t in tensors if t.requires_grad]
        while stack:
            node = stack.pop()
            if node in seen or node in self._own:
                continue
            if node.__class__ is Leaf:
                return True
            seen.add(node)
            stack += [e for e in node.edges if e is not None]
        return False

    def leave(self, tree: Any, seen: bool) -> Any:
        """Results as those outside shall see them."""
        return tree if seen else trees.transform(lambda t: t.detach() if is_tensor(t) else t, tree)


def _gradients(outputs: list[Any], points: list[Any], seeds: list[Any], create_graph: bool) -> list[Any]:
    live = [(o, s) for o, s in zip(outputs, seeds, strict=True) if o.requires_grad]
    if not live:
        return [zeros_of(p) for p in points]
    found = gradients_of([o for o, _ in live], points, [s for _, s in live], retain_graph=True,
                          create_graph=create_graph, allow_unused=True)
    return [zeros_of(p) if g is None else g for g, p in zip(found, points, strict=True)]


def _outputs(name: str, tree: Any) -> list[Any]:
    found = trees.leaves(tree)
    for t in found:
        if not is_tensor(t):
            fail(RuntimeError, f"{name}: Expected the function to return only Tensors, got {type(t).__name__} "
                               f"({describe(t)})")
    return found


def _with_aux(name: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        fail(RuntimeError, f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True, got "
                           f"{type(result).__name__}")
    return result


class _Chosen:
    """The arguments at ``argnums``, and calls with others in their place."""

    def __init__(self, name: str, args: tuple[Any, ...], argnums: Any) -> None:
        self.args, self.single = args, isinstance(argnums, int)
        wanted = (argnums,) if self.single else tuple(argnums)
        for i in wanted:
            if not -len(args) <= i < len(args):
                fail(RuntimeError, f"{name}: Got argnum={i}, but only {len(args)} positional inputs")
        self.at = [i % len(args) for i in wanted]
        self.values = tuple(args[i] for i in self.at)

    def call(self, func: Function, values: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        args = list(self.args)
        for i, value in zip(self.at, values, strict=True):
            args[i] = value
        return func(*args, **kwargs)

    def result(self, values: tuple[Any, ...]) -> Any:
        return values[0] if self.single else values


# --- gradients --------------------------------------------------------------------------------------------


def grad_and_value(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """The function that gives ``(gradient, func(...))``; see `grad`.

    >>> import autograd
    >>> autograd.func.grad_and_value(lambda x: x ** 2)(autograd.tensor(3.))
    (tensor(6.), tensor(9.))
    """
    @functools.wraps(func)
    def transformed(*args: Any, **kwargs: Any) -> Any:
        chosen = _Chosen("grad", args, argnums)
        level = _Level("grad", chosen.values)
        with enable_grad():
            value, aux = _with_aux("grad", chosen.call(func, level.points, kwargs), has_aux)
            if not is_tensor(value) or value.ndim:
                fail(RuntimeError, f"grad: Expected f(*args) to return a scalar tensor, got {describe(value)}. Maybe "
                                   f"you "
                                   "wanted to use the vjp or jacrev APIs instead?")
            seen = level.is_seen(value)
            found = _gradients([value], level.flat, [wrap_node(np.ones((), value._a.dtype), None)], seen)
        gradient = chosen.result(level.leave(trees.rebuild(level.points, iter(found)), seen))
        value = level.leave(value, seen)
        return (gradient, (value, level.leave(aux, seen))) if has_aux else (gradient, value)

    return transformed


def grad(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """The function that gives the gradient of ``func``, whose result is a 0-d tensor.

    Args:
        argnums: the number of the argument to differentiate by, or several of them.
        has_aux: ``func`` returns ``(value, aux)``, and the result is ``(gradient, aux)``.

    Raises:
        RuntimeError: the result is not a 0-d tensor.

    >>> import autograd
    >>> autograd.func.grad(autograd.sin)(autograd.tensor(0.))
    tensor(1.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def transformed(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return transformed


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """``func(*primals)``, and the function that pulls cotangents of the result back to the arguments.

    Returns:
        ``(output, vjp_fn)``, or ``(output, vjp_fn, aux)``. ``vjp_fn`` takes cotangents in the containers of the output,
        and gives a tuple, or a single gradient where there is one primal.

    >>> import autograd
    >>> y, pull = autograd.func.vjp(lambda x: x ** 2, autograd.tensor([1., 2.]))
    >>> pull(autograd.tensor([1., 10.]))
    (tensor([ 2., 40.]),)
    """
    level = _Level("vjp", primals)
    with enable_grad():
        output, aux = _with_aux("vjp", func(*level.points), has_aux)
        flat = _outputs("vjp", output)
        seen = level.is_seen(*flat)

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        given = trees.leaves(cotangents)
        if len(given) != len(flat) or any(g._a.shape != o._a.shape for g, o in zip(given, flat, strict=True)):
            fail(RuntimeError, f"vjp_fn: Expected cotangents like the output of the function, which is "
                               f"{describe(flat)}; got {describe(given)}")
        outside = seen or (recording() and any(g.requires_grad for g in given))
        with enable_grad():
            found = _gradients(flat, level.flat, given, outside if create_graph is None else create_graph)
        return level.leave(trees.rebuild(level.points, iter(found)), outside)

    result = level.leave(output, seen)
    return (result, pull, level.leave(aux, seen)) if has_aux else (result, pull)


def _push(level: _Level, flat: list[Any]) -> Callable[[list[Any], bool], list[Any]]:
    """The function that gives the derivatives of the outputs along tangents of the points.

    They are the gradient of ``tangent . vjp(u)`` with respect to ``u`` (Townsend, 2017, "A new trick for calculating
    Jacobian vector products").
    """
    seeds = [zeros_of(o).requires_grad_() for o in flat]
    pulled = _gradients(flat, level.flat, seeds, True)
    return lambda tangents, create_graph: _gradients(pulled, seeds, tangents, create_graph)


def jvp(func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """``func(*primals)``, and its derivative along ``tangents``.

    Args:
        primals: a tuple of the arguments.
        tangents: a tuple like it.

    Returns:
        ``(output, tangent)``, or ``(output, tangent, aux)``.

    >>> import autograd
    >>> autograd.func.jvp(autograd.sin, (autograd.tensor(0.),), (autograd.tensor(2.),))
    (tensor(0.), tensor(2.))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        fail(RuntimeError, f"jvp: Expected primals and tangents to be tuples, got {type(primals).__name__} and "
                           f"{type(tangents).__name__}")
    given = trees.leaves(tangents)
    level = _Level("jvp", primals)
    if [t._a.shape for t in given] != [p._a.shape for p in level.flat]:
        fail(RuntimeError, f"jvp: Expected tangents like the primals, which are {describe(level.flat)}; got "
                           f"{describe(given)}")
    with enable_grad():
        output, aux = _with_aux("jvp", func(*level.points), has_aux)
        flat = _outputs("jvp", output)
        seen = level.is_seen(*flat) or (level.outside and any(t.requires_grad for t in given))
        found = _push(level, flat)(given, seen)
    result = level.leave(output, seen), level.leave(trees.rebuild(output, iter(found)), seen)
    return (*result, level.leave(aux, seen)) if has_aux else result


def linearize(func: Function, *primals: Any) -> tuple[Any, Function]:
    """``func(*primals)``, and the function that gives its derivative along tangents.

    >>> import autograd
    >>> y, push = autograd.func.linearize(lambda x: x ** 2, autograd.tensor(3.))
    >>> push(autograd.tensor(1.)), push(autograd.tensor(2.))
    (tensor(6.), tensor(12.))
    """
    level = _Level("linearize", primals)
    with enable_grad():
        output = func(*level.points)
        flat = _outputs("linearize", output)
        seen = level.is_seen(*flat)
        push = _push(level, flat)

    def pushed(*tangents: Any) -> Any:
        with enable_grad():
            found = push(trees.leaves(tangents), seen)
        return level.leave(trees.rebuild(output, iter(found)), seen)

    return level.leave(output, seen), pushed


# --- Jacobians --------------------------------------------------------------------------------------------


def _basis(like: list[Any]) -> Any:
    """For each element of the tensors, tensors of zeros with a one there."""
    for i, t in enumerate(like):
        for k in range(t.numel()):
            rows = [np.zeros(u._a.shape, u._a.dtype) for u in like]
            rows[i].reshape(-1)[k] = 1
            yield i, [wrap_node(row, None) for row in rows]


def _jacobian(name: str, func: Function, argnums: Any, has_aux: bool, forward: bool) -> Function:
    @functools.wraps(func)
    def transformed(*args: Any, **kwargs: Any) -> Any:
        chosen = _Chosen(name, args, argnums)
        level = _Level(name, chosen.values)
        with enable_grad():
            output, aux = _with_aux(name, chosen.call(func, level.points, kwargs), has_aux)
            flat = _outputs(name, output)
            seen = level.is_seen(*flat)
            blocks = (_columns if forward else _rows)(level, flat, seen)
        whole = [chosen.result(trees.rebuild(level.points, iter(row))) for row in blocks]
        found = level.leave(trees.rebuild(output, iter(whole)), seen)
        return (found, level.leave(aux, seen)) if has_aux else found

    return transformed


def _rows(level: _Level, flat: list[Any], create_graph: bool) -> list[list[Any]]:
    rows: list[list[list[Any]]] = [[] for _ in flat]
    for i, seeds in _basis(flat):
        rows[i].append(_gradients([flat[i]], level.flat, [seeds[i]], create_graph))
    return [[stack_gradients([row[k] for row in rows[i]], o._a.shape + p._a.shape, p) for k, p in enumerate(level.flat)]
            for i, o in enumerate(flat)]


def _columns(level: _Level, flat: list[Any], create_graph: bool) -> list[list[Any]]:
    push = _push(level, flat)
    columns: list[list[list[Any]]] = [[] for _ in level.flat]
    for k, tangents in _basis(level.flat):
        columns[k].append(push(tangents, create_graph))
    return [[stack_gradients([c[i] for c in columns[k]], p._a.shape + o._a.shape, o).permute(
        *range(p.ndim, p.ndim + o.ndim), *range(p.ndim)) for k, p in enumerate(level.flat)]
        for i, o in enumerate(flat)]


def jacrev(func: Function, argnums: Any = 0, *, has_aux: bool = False, chunk_size: int | None = None,
           _preallocate_and_copy: bool = False) -> Function:
    """The function that gives the Jacobian of ``func``, by a backward pass for each element of the output.

    For an output of shape S and an argument of shape T it has shape S + T; containers of outputs stand outside those of
    arguments.

    Args:
        argnums, has_aux: as in `grad`.
        chunk_size: accepted for PyTorch's signature; rows are computed one by one.

    >>> import autograd
    >>> autograd.func.jacrev(lambda x: x ** 2)(autograd.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    return _jacobian("jacrev", func, argnums, has_aux, False)


def jacfwd(func: Function, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error") -> Function:
    """`jacrev`, by a product for each element of the arguments: better where these are fewer than the outputs.

    >>> import autograd
    >>> autograd.func.jacfwd(lambda x: autograd.stack([x, x ** 2]))(autograd.tensor(3.))
    tensor([1., 6.])
    """
    return _jacobian("jacfwd", func, argnums, has_aux, True)


def hessian(func: Function, argnums: Any = 0) -> Function:
    """The function that gives the second derivatives of ``func``: ``jacfwd(jacrev(func))``.

    >>> import autograd
    >>> autograd.func.hessian(lambda x: (x ** 3).sum())(autograd.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
