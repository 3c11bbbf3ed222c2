"""`Function`: operations that users write themselves, forward and backward."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .dispatch import cast, is_tensor, pack_array, unbroadcast, unusual, unusual_all
from .errors import describe, fail
from .grad_mode import no_grad
from .inplace import check_writable, rebase
from .modes import MODE, recording
from .on_first_call import RUNTIME
from .tape import UNWRITTEN, Node, Packed, Parts, as_tensor, output_node, tick, wrap_node, written
from .views import meta_of, node_of, recipe_of, refresh


class FunctionCtx:
    """What a `Function`'s forward leaves for its backward.

    Attributes:
        needs_input_grad: for each argument of the forward, whether its gradient is wanted.
    """

    needs_input_grad: tuple[bool, ...] = ()

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._saved: list[Any] = []
        self._non_differentiable: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._materialize = True
        self._seq = 0

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs or outputs for the backward, which finds them in ``saved_tensors``.

        Raises:
            TypeError: an argument is neither a Tensor nor None.
        """
        for t in tensors:
            if t is not None and not is_tensor(t):
                fail(TypeError, f"save_for_backward can only save variables, but argument is of type "
                                f"{type(t).__name__}; keep other things as attributes of ctx")
        self._to_save = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say that these outputs have no gradient (indices, masks)."""
        self._non_differentiable = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Say that the forward wrote to these inputs, and returns them."""
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether missing output gradients come to the backward as zeros (the default) or as None."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors given to `save_for_backward`.

        Raises:
            RuntimeError: one was written to since.
        """
        for t, version in self._saved:
            if t is not None and version[1] < self._seq:
                fail(RuntimeError, f"{type(self).__name__}: one of the variables needed for gradient computation has "
                                   f"been modified by an inplace operation: {describe(t)} is at version {version[0]}")
        return tuple([t for t, _ in self._saved])


class _FunctionOp:
    """Stands where a Primitive stands in a node made by a user's `Function`."""

    saves_tensors = True
    kept: tuple[str, ...] = ()

    def __init__(self, function: type[Function]) -> None:
        self.function = function
        self.name = function.__name__
        self.node_name = function.__name__ + "Backward"

    def lift(self, node: Node, saved: Sequence[Any]) -> tuple[Any, ...]:
        return (*saved[:-1], node)

    def saved_arrays(self, node: Node) -> list[Any]:
        return []

    def vjp(self, g: Any, saved: tuple[Any, ...], edges: Sequence[Any], seq: int) -> Sequence[Any]:
        ctx, shapes, single, tensors, count, node = saved
        create_graph = node is not None
        grads = [g] if single else [g.by_index.get(i) for i in range(len(shapes))]
        if ctx._materialize:
            grads = [np.zeros(*shape) if x is None else x for x, shape in zip(grads, shapes)]
        grads = [None if x is None else as_tensor(x) for x in grads]
        restored = ctx._saved
        ctx._saved = [_restore(item, node, single) for item in restored]
        try:
            if create_graph:
                result = self.function.backward(ctx, *grads)
            else:
                with no_grad():
                    result = self.function.backward(ctx, *grads)
        finally:
            ctx._saved = restored
        result = result if isinstance(result, (tuple, list)) else (result,)
        if len(result) < count or any(r is not None for r in result[count:]):
            fail(RuntimeError, f"function {self.node_name} returned an incorrect number of gradients "
                               f"(expected {count}, got {len(result)}): backward must return one for each argument of "
                               "forward, None for those that are not Tensors")
        return [self._contribution(result[p], p, dtype, e, create_graph) for (p, dtype), e in zip(tensors, edges)]

    def _contribution(self, r: Any, position: int, dtype: np.dtype[Any], edge: Any, create_graph: bool) -> Any:
        if r is None or edge is None:
            return None
        if not is_tensor(r):
            fail(RuntimeError, f"function {self.node_name} must return Tensors or None, got {type(r).__name__} at "
                               f"{position}")
        r = cast(r, dtype)
        value = r if create_graph else r._a
        if r._a.shape != edge.shape:
            try:
                value = unbroadcast(value, edge.shape)
            except Exception:
                fail(RuntimeError, f"Function {self.node_name} returned an invalid gradient at index {position} - got "
                                   f"{list(r._a.shape)} but expected shape compatible with {list(edge.shape)}")
        return value


def _restore(item: Any, node: Node | None, single: bool) -> tuple[Any, list[int]]:
    """A saved entry as (tensor, version counter). Saved outputs are kept without their node, which would be a cycle."""
    what, version, index, source = item
    if isinstance(what, Packed):
        what = what.array()
        if index is None:
            return wrap_node(what, None if node is None else source), version
    if index is None:
        return what, version
    if node is None:
        return wrap_node(what, None), version
    return wrap_node(what, node if single else output_node(node, index, what)), version


class _FunctionMeta(type):
    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        cls._op = _FunctionOp(cls)  # type: ignore[arg-type]


class Function(metaclass=_FunctionMeta):
    """Base of operations with a backward of their own.

    Subclasses define static methods ``forward(ctx, *args)`` and ``backward(ctx, *grad_outputs)``, or
    ``forward(*args)`` with
    ``setup_context(ctx, inputs, output)``, and are called through ``apply``. The backward returns one gradient for each
    argument of the forward. Written in differentiable operations, it can be differentiated again.

    >>> import autograd
    >>> class Cube(autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         x, = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> x = autograd.tensor(2., requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    _op: _FunctionOp

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; runs without recording."""
        fail(NotImplementedError, "You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Compute the gradient for each argument of the forward."""
        fail(NotImplementedError, "You must implement the backward function for custom autograd.Function "
                                  "to use it where a gradient is needed.")

    setup_context: Callable[..., Any] | None = None

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run the forward on ``args`` and record the operation."""
        nodes = [(a._node if a._meta is None else node_of(a)) if is_tensor(a) else None for a in args]
        ctx = type(cls.__name__ + "Ctx", (FunctionCtx,), {})()
        record = recording() and any(n is not None for n in nodes)
        ctx.needs_input_grad = tuple([record and n is not None for n in nodes])
        with no_grad():
            if cls.setup_context is None:
                outputs = cls.forward(ctx, *args)
            else:
                outputs = cls.forward(*args)
                cls.setup_context(ctx, args, outputs)
        single = not isinstance(outputs, tuple)
        outs = (outputs,) if single else outputs
        for t in ctx._dirty:
            written(t._vc)
            check_writable(t, cls.__name__)
        if not record:
            return outputs
        returned, outs = outs, tuple([_alias(o, args, ctx) for o in outs])
        _record(cls, ctx, args, nodes, outs, single, returned)
        return outs[0] if single else outs

    @classmethod
    def name(cls) -> str:
        return cls._op.node_name


def _alias(output: Any, args: tuple[Any, ...], ctx: FunctionCtx) -> Any:
    """An input returned as it is becomes a view of itself, unless it was marked dirty."""
    if any(output is a for a in args) and is_tensor(output) and not any(output is d for d in ctx._dirty):
        alias = wrap_node(output._a, None)
        alias._vc = output._vc
        alias._meta = output, RUNTIME["view_shape"].op, (output._a.shape,), output._vc[1]
        return alias
    return output


def _record(cls: type[Function], ctx: FunctionCtx, args: tuple[Any, ...], nodes: list[Any], outs: tuple[Any, ...],
            single: bool, returned: tuple[Any, ...]) -> None:
    tensors = [(i, a._a.dtype) for i, a in enumerate(args) if is_tensor(a)]
    n = Node()
    n.op = cls._op  # type: ignore[assignment]
    n.seq = ctx._seq = tick()
    n.edges = tuple([nodes[i] for i, _ in tensors])
    n.extra = None
    shapes = [(o._a.shape, o._a.dtype) if is_tensor(o) else ((), np.dtype("float32")) for o in outs]
    n.shape = outs[0]._a.shape if single and is_tensor(outs[0]) else [s for s, _ in shapes]  # type: ignore[assignment]
    n.saved = (ctx, shapes, single, tensors, len(args), None)
    hooks = () if MODE.plain else MODE.state.saved_hooks
    for t in ctx._to_save:
        if t is None:
            ctx._saved.append((None, UNWRITTEN, None, None))
            continue
        index = next((i for i, o in enumerate(outs) if o is t), None)
        if hooks:
            # What the hooks keep is theirs: later writes to the tensor are none of this node's business.
            source = None if index is not None else t._node if t._meta is None else node_of(t)
            ctx._saved.append((pack_array(t._a, t._vc, *hooks[-1]), UNWRITTEN, index, source))
        else:
            ctx._saved.append((t if index is None else t._a, t._vc, index, None))
    ctx._to_save = ()
    differentiable = [is_tensor(o) and o._a.dtype.kind in "fc" and not any(r is d for d in ctx._non_differentiable)
                      for o, r in zip(outs, returned)]
    dirty, ctx._non_differentiable, ctx._dirty = ctx._dirty, (), ()
    for i, (o, wanted) in enumerate(zip(outs, differentiable)):
        if wanted:
            made = n if single else output_node(n, i, o._a)
            if any(o is d for d in dirty):
                rebase(o, made)  # also where it is a view, whose base was written to
            else:
                o._node = made
                if recipe_of(o) is not None:
                    meta_of(o).made = "function"
                    refresh(o)
        elif o is not returned[i]:
            o._meta = None  # no view: writes to the input shall give it no history
    if single:
        if differentiable[0]:
            unusual(outs[0])
    else:
        unusual_all(tuple(o for o, wanted in zip(outs, differentiable) if wanted))


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Declare a `Function`'s backward to be not differentiable itself: differentiating it raises.

    For backwards that leave the engine, for instance to compute with NumPy.

    >>> import autograd
    >>> class Square(autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     @autograd.once_differentiable
    ...     def backward(ctx, g):
    ...         x, = ctx.saved_tensors
    ...         return autograd.from_numpy(2 * x.detach().numpy() * g.numpy())
    >>> x = autograd.tensor([3.], requires_grad=True)
    >>> Square.apply(x).sum().backward()
    >>> x.grad
    tensor([6.])
    """
    @functools.wraps(backward)
    def wrapper(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            result = backward(ctx, *grads)
        if not recording() or not any(is_tensor(g) and g.requires_grad for g in grads):
            return result
        single = not isinstance(result, tuple)
        outs = [r if r is None else wrap_node(r._a, None) for r in ((result,) if single else result)]
        n = Node()
        n.op, n.seq, n.extra, n.saved = _ONCE, tick(), None, ()
        n.edges = tuple([g._node for g in grads if is_tensor(g)])
        n.shape = ()
        for i, o in enumerate(outs):
            if o is not None:
                o._node = output_node(n, i, o._a)
        return outs[0] if single else tuple(outs)
    return wrapper


class _OnceOp:
    name, node_name, saves_tensors = "once_differentiable", "Error", False

    @staticmethod
    def vjp(g: Parts, saved: Any, edges: Any, seq: int) -> Any:
        fail(RuntimeError, "trying to differentiate twice a function that was marked with @once_differentiable")

    @staticmethod
    def lift(node: Node, saved: Any) -> tuple[Any, ...]:
        return ()


_ONCE: Any = _OnceOp()
