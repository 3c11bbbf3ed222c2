"""Tensor: an array with a place on the tape.

This file holds what a tensor is: construction, its type and shape, its gradient, and Python's protocols. What one can
compute with it stands in ``ops``; the methods are bound here from the registry.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes, methods, node
from .attributes import Attributes, Size as Size
from .backward import backward
from .errors import describe, fail
from .on_first_call import RUNTIME
from .place import Place
from .protocols import Protocols
from .tape import INFERENCE, Handle, Leaf, Node, Output, extra_of, new_leaf, wrap_node
from .views import Meta, base_of, has_history, meta_of, node_of


class Tensor(Attributes, Place, Protocols):
    """A multi-dimensional array of one element type that records what is computed from it.

    Make one with `tensor`, `zeros`, `randn`, ... Operations on tensors with ``requires_grad`` are recorded, and
    ``backward()`` on a result adds the derivatives to the ``grad`` of the tensors it came from.

    >>> import autograd
    >>> x = autograd.tensor([1., 2., 3.], requires_grad=True)
    >>> (x ** 2).sum().backward()
    >>> x.grad
    tensor([2., 4., 6.])
    """

    # _a: the array.  _node: what made it, a Leaf, or None.  _vc: version counter [writes, clock of the last], shared by
    # everything that shares the memory.  _meta: None, the recipe of a view, or a Meta.
    __slots__ = ("__dict__", "__weakref__", "_a", "_meta", "_node", "_vc")

    _a: np.ndarray[Any, Any]
    _node: Node | None
    _vc: list[int]
    _meta: Any

    def __init__(self, *data: Any) -> None:
        """``Tensor(2, 3)`` makes an uninitialised tensor of that shape, ``Tensor([..])`` one with these values."""
        if all(isinstance(n, int) for n in data) and data:
            array = np.zeros(data, dtypes.DEFAULT.float)
        else:
            array = np.array(getattr(data[0], "_a", data[0]), dtypes.DEFAULT.float) if data else np.zeros(
                0, dtypes.DEFAULT.float)
        self._a, self._node, self._vc, self._meta = array, None, [0, 0], None

    # Operators and named methods, bound from the registry.
    vars().update(methods.table())

    if TYPE_CHECKING:  # the bound methods, which a type checker cannot see
        def __getattr__(self, name: str) -> Any: ...

    # --- its place on the tape ----------------------------------------------------------------------------

    @property
    def data(self) -> Tensor:
        """A tensor on the same memory, off the tape and with a version counter of its own: writes to it go unnoticed.

        Assigning a tensor to it gives this one that tensor's memory.
        """
        return wrap_node(self._a, None)

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            fail(TypeError, f"Variable data has to be a tensor, but got {type(value).__name__}")
        node = self._node
        if node is not None and value._a.dtype.kind not in "fc":
            fail(RuntimeError, "data set to a tensor that requires gradients must be floating point or complex dtype, "
                               f"got {describe(value)}")
        self._a = value._a
        if isinstance(node, Leaf):
            node.shape = value._a.shape

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that made it; None for leaves."""
        node = self._node if self._meta is None else node_of(self)
        if isinstance(node, Leaf):
            return None
        return node.edges[0] if isinstance(node, Output) else node

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self.grad_fn is None

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded."""
        return self._node is not None if self._meta is None else has_history(self)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad`` of a leaf; returns the tensor.

        Raises:
            RuntimeError: it is not a leaf, or its elements are neither floating nor complex.

        >>> import autograd
        >>> autograd.zeros(2).requires_grad_()
        tensor([0., 0.], requires_grad=True)
        """
        node = self._node if self._meta is None else node_of(self)
        if node is not None and not isinstance(node, Leaf):
            if not requires_grad:
                fail(RuntimeError, "you can only change requires_grad flags of leaf variables. If you want to use a "
                                   "computed variable in a subgraph that doesn't require differentiation use "
                                   "var_no_grad = var.detach()")
            return self
        if requires_grad and node is None:
            if self._a.dtype.kind not in "fc":
                fail(RuntimeError, "only Tensors of floating point and complex dtype can require gradients, and this "
                                   f"one is {describe(self)}; convert it with .float()")
            meta = self._meta
            leaf = meta.leaf if isinstance(meta, Meta) else None
            self._node = leaf or new_leaf(self._a)
            if isinstance(meta, Meta):
                if leaf is None:
                    self._node.grad, meta.grad = meta.grad, None
                meta.leaf = meta.recipe = None
                meta.made = ""
            else:
                self._meta = None  # a view keeps its memory, but a leaf has no history that writes could change
        elif not requires_grad and node is not None:
            meta_of(self).leaf, self._node = node, None
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient gathered by backward, a tensor of this one's shape and dtype; None before, and for non-leaves.

        Backward adds to it: set it to None (an optimizer's ``zero_grad`` does) before the next step.
        """
        node = self._node
        if node.__class__ is Leaf:
            g = node.grad
            if g.__class__ is np.ndarray:
                g = node.grad = wrap_node(g, None)
            return g
        meta = self._meta
        if isinstance(meta, Meta):
            holder = meta.leaf if meta.leaf is not None else meta
            if holder.grad.__class__ is np.ndarray:
                holder.grad = wrap_node(holder.grad, None)
            return holder.grad
        return None

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                fail(TypeError, f"assigned grad expected to be a Tensor or None but got grad of type "
                                f"{type(value).__name__}")
            if value is self:
                fail(RuntimeError, "can't assign Variable as its own grad")
            if value._a.shape != self._a.shape or value._a.dtype != self._a.dtype:
                fail(RuntimeError, f"assigned grad has data of a different size or type: the tensor is "
                                   f"{describe(self)}, the gradient {describe(value)}")
        node = self._node
        if node.__class__ is Leaf:
            node.grad = value
        elif value is not None or isinstance(self._meta, Meta):
            meta = meta_of(self)
            (meta if meta.leaf is None else meta.leaf).grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    def backward(self, gradient: Tensor | None = None, retain_graph: bool | None = None,
                 create_graph: bool = False, inputs: Any = None) -> None:
        """Add the gradient of this tensor to the ``grad`` of the leaves it was computed from.

        Args:
            gradient: the gradient at this tensor, of its shape; None where it has one element.
            retain_graph, create_graph, inputs: as in `autograd.backward`, which also says what it raises.

        >>> import autograd
        >>> x = autograd.tensor([1., 2.], requires_grad=True)
        >>> (x * x).backward(autograd.tensor([1., 10.]))
        >>> x.grad
        tensor([ 2., 40.])
        """
        backward(self, gradient, retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Call ``hook(grad)`` when this tensor's gradient is computed; it may return another gradient.

        Returns:
            A handle whose ``remove()`` takes the hook away.

        Raises:
            RuntimeError: the tensor does not require a gradient.

        >>> import autograd
        >>> x = autograd.ones(2, requires_grad=True)
        >>> handle = x.register_hook(lambda grad: grad * 10)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        node = self._node if self._meta is None else node_of(self)
        if node is None:
            fail(RuntimeError, "cannot register a hook on a tensor that doesn't require gradient")
        return extra_of(node).add("tensor", hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Handle:
        """Call ``hook(tensor)`` after backward added to this leaf's ``grad``."""
        node = self._node
        if not isinstance(node, Leaf):
            fail(RuntimeError, "post accumulate grad hooks cannot be registered on non-leaf tensors")
        reference = weakref.ref(self)
        return extra_of(node).add("accumulated", lambda: hook(reference()))  # type: ignore[arg-type]

    def retain_grad(self) -> None:
        """Keep this non-leaf's gradient in ``grad`` when backward computes it.

        Raises:
            RuntimeError: the tensor does not require a gradient.

        >>> import autograd
        >>> y = autograd.ones(2, requires_grad=True) * 3
        >>> y.retain_grad()
        >>> (y * y).sum().backward()
        >>> y.grad
        tensor([6., 6.])
        """
        node = self._node if self._meta is None else node_of(self)
        if node is None:
            fail(RuntimeError, "can't retain_grad on Tensor that has requires_grad=False")
        if isinstance(node, Leaf):
            return
        meta = meta_of(self)
        meta.retains = True
        reference = weakref.ref(meta)

        def keep(g: Any) -> None:
            kept = reference()
            if kept is None:
                return
            if kept.grad is None:
                kept.grad = g.clone() if isinstance(g, Tensor) else wrap_node(np.array(g), None)
            else:
                kept.grad = kept.grad + (g if isinstance(g, Tensor) else wrap_node(np.asarray(g), None))
        extra_of(node).retain = keep

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on this non-leaf."""
        return isinstance(self._meta, Meta) and self._meta.retains

    @property
    def _version(self) -> int:
        if self._vc is INFERENCE:
            fail(RuntimeError, "Inference tensors do not track version counter.")
        return self._vc[0]

    @property
    def _base(self) -> Tensor | None:
        return base_of(self)

    def _is_view(self) -> bool:
        return base_of(self) is not None

    @property
    def output_nr(self) -> int:
        """Which output of its ``grad_fn`` this is."""
        return self._node.index if isinstance(self._node, Output) else 0

    # --- Python's protocols -------------------------------------------------------------------------------

    __hash__ = object.__hash__

    def __len__(self) -> int:
        if self._a.ndim == 0:
            fail(TypeError, "len() of a 0-d tensor")
        return len(self._a)

    def __iter__(self) -> Iterator[Tensor]:
        if self._a.ndim == 0:
            fail(TypeError, "iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __bool__(self) -> bool:
        a = self._a
        if a.size != 1:
            fail(RuntimeError, f"Boolean value of Tensor with {'no values' if a.size == 0 else 'more than one value'} "
                               f"is ambiguous ({describe(self)}); use .any() or .all()")
        return bool(a.item())

    def item(self) -> Any:
        """The value of a tensor of one element, as a Python number.

        Raises:
            RuntimeError: it has no element, or more than one.

        >>> import autograd
        >>> autograd.tensor([1.5, 2.]).sum().item()
        3.5
        """
        if self._a.size != 1:
            fail(RuntimeError, f"a Tensor with {self._a.size} elements cannot be converted to Scalar "
                               f"({describe(self)}); reduce it first, or use .tolist()")
        return self._a.item()

    def _number(self, kind: str) -> Any:
        a = self._a
        if a.size != 1:
            fail(ValueError, "only one element tensors can be converted to Python scalars, and this one is "
                             f"{describe(self)}; reduce it first, or use .tolist()")
        value = a.item()
        if isinstance(value, complex) and kind != "complex":
            if value.imag:
                fail(RuntimeError, f"value cannot be converted to {kind} without overflow: {value} is complex; "
                                   "take .real or .abs()")
            value = value.real
        return value

    def __int__(self) -> int:
        return int(self._number("int64_t"))

    def __float__(self) -> float:
        return float(self._number("double"))

    def __complex__(self) -> complex:
        return complex(self._number("complex"))

    def __index__(self) -> int:
        if self._a.dtype.kind not in "iub" or self._a.size != 1:
            fail(TypeError, "only integer tensors of a single element can be converted to an index, got "
                            f"{describe(self)}")
        return int(self._a.item())

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers, or as a number where it is 0-d."""
        return self._a.tolist()

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __repr__(self) -> str:
        return RUNTIME["format_tensor"](self)

    def _repr_html_(self) -> str:
        return RUNTIME["html_tensor"](self)

    def __format__(self, spec: str) -> str:
        return format(self._a.item(), spec) if self._a.ndim == 0 and spec else format(repr(self), spec)


RUNTIME["retain_grad"], RUNTIME["Size"] = Tensor.retain_grad, Size
node.new_tensor = RUNTIME["new"] = functools.partial(object.__new__, Tensor)
