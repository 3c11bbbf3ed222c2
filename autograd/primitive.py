"""What an operation is: `@primitive`, its rules, and the registry.

An operation is a function on arrays with a derivative rule for each differentiable input. The parameters of a rule
say what it needs, and so what the tape keeps:

- ``g``: the gradient of the output (for several outputs a tuple, with None where nothing flowed);
- ``out``: the output (a tuple for several outputs); ``out_0``, ``out_1``, ...: one of several, the others not kept;
- the name of an input or an option: its value; ``NAME_shape`` and ``NAME_dtype``: without keeping the value alive;
- a name listed in ``aux``: an extra value the forward returned after its outputs. It must be locally
  constant (indices, masks), because no derivative flows through it;
- ``needs`` (joint rules only): a tuple of booleans, one for each input.

Rules use operators, ``np.*`` functions and other primitives. On arrays they run at NumPy's speed; on Tensors
(``create_graph=True``) the same rule is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from . import codegen
from .errors import CALLS, fail
from .tape import Node, output_node, wrap_node

F = TypeVar("F", bound=Callable[..., Any])
Rule = Callable[..., Any]

#: Every operation by name, in order of definition.
REGISTRY: dict[str, Primitive] = {}

_PROMOTIONS = (None, "common", "float")


def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the parameters; read from the code object because ``inspect`` is slow at import."""
    code = function.__code__
    return code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]


class Primitive:
    """An operation, as declared by `primitive`, which explains the fields."""

    def __init__(
        self, forward: Callable[..., Any], vjp: Mapping[str, Rule] | Rule | None, *, inputs: Sequence[str] | None,
        variadic: bool, aux: Sequence[str], outputs: int | str, broadcasts: bool, promote: str | None, view: bool,
        varargs: str | None, ufunc: np.ufunc | None, fast: codegen.Inline | None, common: codegen.Inline | None,
        holomorphic: bool, method: bool, inplace: bool, numpy: Sequence[Any], name: str | None, node_name: str | None,
        numbers: str | None, blas: bool, at_once: Rule | None,
    ) -> None:
        self.forward, self.name = forward, name or forward.__name__
        self.variadic, self.aux, self.outputs, self.broadcasts = variadic, tuple(aux), outputs, broadcasts
        self.promote, self.view, self.varargs, self.ufunc = promote, view, varargs, ufunc
        self.fast, self.common = fast, common
        self.blas, self.at_once = blas, at_once
        self.rest: Callable[..., Any] | None = None
        self.holomorphic, self.method, self.inplace, self.numpy = holomorphic, method, inplace, tuple(numpy)
        self.node_name = node_name or "".join(map(str.title, self.name.split("_"))) + "Backward0"
        self.params = parameters(forward)
        self.differentiable = vjp is not None
        self.joint = vjp if callable(vjp) else None
        self.rules: dict[str, Rule] = dict(vjp) if isinstance(vjp, Mapping) else {}
        if inputs is None:
            inputs = tuple(self.rules) or self.params[:1]
        self.inputs = tuple(p for p in self.params if p in inputs)
        #: The inputs for which a caller may give a Python number, and whether for all of them at once.
        self.numbers, self.numbers_alone = self.inputs[numbers == "second":] if numbers else (), numbers == "all"
        rules = {"": self.joint} if self.joint is not None else self.rules
        #: The names each rule takes, by input ("" for a joint rule).
        self.rule_params = {k: parameters(r) for k, r in rules.items()}
        #: What a rule need not have saved: the shape of its own input is that of the node where its gradient goes.
        self.given = {k: ("g", "needs", f"{k}_shape") for k in rules}
        #: The names that nodes of this operation save, in order.
        self.kept = tuple(dict.fromkeys(
            p for k, ps in self.rule_params.items() for p in ps if p not in self.given[k]))
        #: The names by which a rule asks for one of several outputs, and its index.
        self.single_outputs = {} if outputs in (1, "many") else {f"out_{i}": i for i in range(int(outputs))}
        self._validate(inputs)
        self.saved_names = codegen.saved_names(self)
        self.saves_tensors = len(self.saved_names) > len(self.kept)
        self.vjp: Callable[..., Sequence[Any]] = codegen.lazy_vjp(self)
        self.core: Callable[..., Any] = codegen.lazy_core(self)
        self.function: Callable[..., Any] = codegen.lazy_function(self)
        self.function.op = self

    def _validate(self, inputs: Sequence[str]) -> None:
        """A rule that names an unknown parameter is an error at import, not at the first backward."""
        for p in (*inputs, *self.rules):
            if p not in self.params or p not in inputs:
                fail(TypeError, f"{self.name}: {p!r} is not an input; parameters are {', '.join(self.params)}")
        if self.promote not in _PROMOTIONS:
            fail(TypeError, f"{self.name}: promote must be one of {_PROMOTIONS}, got {self.promote!r}")
        if self.numbers and (self.promote is None or len(self.inputs) != 2):
            fail(TypeError, f"{self.name}: numbers is for operations that promote two inputs")
        known = {"out", *self.params, *self.aux, *self.single_outputs}
        known |= {f"{p}_{what}" for p in self.inputs for what in ("shape", "dtype")}
        if self.at_once is not None and (more := {*parameters(self.at_once)} - {*self.kept, "g", "shapes"}):
            fail(TypeError, f"{self.name}: at_once names {', '.join(sorted(more))}, which no rule has saved")
        for name in self.kept:
            if name not in known:
                fail(TypeError, f"{self.name}: a derivative rule names {name!r}, which is neither an input, an "
                                f"option, an aux value nor 'out'; known: {', '.join(sorted(known))}")

    def is_array_name(self, name: str) -> bool:
        """Whether ``name`` is saved as an array that somebody else could write to."""
        return name in self.inputs or name == "out" or name in self.single_outputs

    def lift(self, node: Node, saved: Sequence[Any]) -> tuple[Any, ...]:
        """The saved values as Tensors tied to the graph, so that running the rules on them records."""
        return tuple([self._lift(name, value, node) for name, value in zip(self.saved_names, saved, strict=True)])

    def _lift(self, name: str, value: Any, node: Node) -> Any:
        if name == "out":
            if self.outputs == 1:
                return wrap_node(value, node)
            return tuple(wrap_node(a, output_node(node, i, a)) for i, a in enumerate(value))
        if name in self.single_outputs:
            return wrap_node(value, output_node(node, self.single_outputs[name], value))
        if self.variadic and name in self.inputs:
            return tuple(map(wrap_node, value, node.edges))
        if isinstance(value, np.ndarray) and (name in self.inputs or name in self.aux):
            return wrap_node(value, node.edges[self.inputs.index(name)] if name in self.inputs else None)
        return value

    def saved_arrays(self, node: Node) -> list[tuple[str, np.ndarray[Any, Any], list[int]]]:
        """(what it is, array, version counter) of each array that ``node`` saved and others could write to."""
        assert node.saved is not None
        by_name = dict(zip(self.saved_names, node.saved, strict=True))
        found: list[tuple[str, Any, Any]] = []
        for name in self.kept:
            if not self.is_array_name(name) or by_name[name] is None:
                continue
            what = "the output" if name == "out" else f"input {name!r}"
            if name in self.single_outputs:
                what = f"the output [{self.single_outputs[name]}]"
            value, version = by_name[name], by_name[f"v_{name}"]
            if isinstance(value, np.ndarray):
                found.append((what, value, version))
            else:
                found += [(f"{what} [{i}]", a, v) for i, (a, v) in enumerate(zip(value, version, strict=True))]
        return found

    def __repr__(self) -> str:
        return f"<primitive {self.name}({', '.join(self.params)})>"


def primitive(
    vjp: Mapping[str, Rule] | Rule | None = None, *, inputs: Sequence[str] | None = None, variadic: bool = False,
    aux: Sequence[str] = (), outputs: int | str = 1, broadcasts: bool = False, promote: str | None = None,
    view: bool = False, varargs: str | None = None, ufunc: np.ufunc | None = None,
    fast: codegen.Inline | None = None, common: codegen.Inline | None = None, holomorphic: bool = False,
    method: bool = True, inplace: bool = False, numpy: Sequence[Any] = (), name: str | None = None,
    node_name: str | None = None, numbers: str | None = None, blas: bool = False, at_once: Rule | None = None,
) -> Callable[[F], F]:
    """Declare a function on arrays to be a differentiable operation on Tensors.

    Args:
        vjp: a rule for each differentiable input by name, or one joint rule that returns a gradient for each input
            (for each tensor of the sequence, where ``variadic``), or None for an operation without a derivative.
        inputs: the parameters that are tensors. Default: those with a rule; without rules, the first parameter.
            A parameter with default None may be left out by the caller.
        variadic: the (only) input is a sequence of tensors, as in ``cat``.
        aux: names of extra values that the forward returns after its outputs, for the rules.
        outputs: how many outputs, or ``"many"`` where the forward returns a list of varying length.
        broadcasts: inputs broadcast; the engine sums each gradient back to its input's shape.
        promote: ``"common"``: bring inputs to PyTorch's result type and let Python numbers be weak;
            ``"float"``: likewise, and integers become the default float type.
        view: the output may share the first input's memory.
        varargs: an option that callers may also spread, as in ``permute(x, 0, 2, 1)``.
        ufunc: computes the same as the forward when all options have their defaults; in-place forms write through it.
        fast: likewise, by an expression (see `inline`) that is written into the generated functions, which saves them
            the call of the forward; where it raises or is None, the forward runs.
        common: an expression (see `inline`) that holds for the calls the operation itself answers; ``rest`` of the
            `Primitive`, set where that function is defined, gets the others, with the same arguments.
        holomorphic: the rules are written for real numbers and hold for complex ones by analytic continuation; the
        engine
            then conjugates the gradient on the way in and out, which is PyTorch's convention for complex gradients.
            Not needed where a rule is linear with real coefficients (sum, reshape, ...).
        method: make it a method of Tensor.
        inplace: make the in-place form ``name_``.
        numpy: the NumPy functions that this operation answers when they are called on Tensors.
        name, node_name: where the name of the function, or of its node, should be another.
        numbers: of the two inputs of an operation that promotes, ``"second"`` may be a Python number where users call
            it, ``"either"`` of them, or even ``"all"``. Default: none, as in PyTorch. Among themselves operations are
            not so strict.
        blas: the forward or the rules call BLAS or LAPACK other than by `kernels.matmul`, which then have one thread
            (see `kernels.machine.blas`).
        at_once: computes what the rules give, of arrays of single or double precision, in fewer calls: a function of
            ``g``, saved values and ``shapes``, a tuple with the shape of each input, or None where its gradient is not
            wanted (what only its rule names is then None, too). It returns a gradient for each input, or None where
            the rules shall do it.

    Returns:
        The decorator. The decorated name becomes a function on Tensors; called on bare arrays it just computes.

    Raises:
        TypeError: at import, where a rule names something the operation does not have.

    >>> import numpy as np, autograd
    >>> from autograd.primitive import primitive
    >>> @primitive(vjp={"x": lambda g, x: g * 3 * x**2}, name="cube_example", method=False)
    ... def cube(x):
    ...     return x**3
    >>> x = autograd.tensor([1., 2.], requires_grad=True)
    >>> cube(x).sum().backward()
    >>> x.grad
    tensor([ 3., 12.])
    """
    def declare(forward: F) -> F:
        op = Primitive(
            forward, vjp, inputs=inputs, variadic=variadic, aux=aux, outputs=outputs, broadcasts=broadcasts,
            promote=promote, view=view, varargs=varargs, ufunc=ufunc, fast=fast, common=common,
            holomorphic=holomorphic,
            method=method, inplace=inplace, numpy=numpy, name=name, node_name=node_name, numbers=numbers, blas=blas,
            at_once=at_once)
        REGISTRY[op.name] = op
        return op.function  # type: ignore[return-value]
    return declare


class Composite:
    """A plain function of operations that is public beside them."""

    def __init__(self, function: Callable[..., Any], name: str, method: bool, inplace: bool, numpy: Sequence[Any],
                 public: bool) -> None:
        self.function, self.name = function, name
        self.method, self.inplace, self.numpy, self.public = method, inplace, tuple(numpy), public


#: Every composite by name, in order of definition.
COMPOSITES: dict[str, Composite] = {}


def composite(*, method: bool = True, inplace: bool = False, numpy: Sequence[Any] = (), public: bool = True,
              name: str | None = None) -> Callable[[F], F]:
    """Declare a plain function of operations to be public like them.

    Args:
        method: make it a method of Tensor.
        inplace: make the in-place form ``name_``.
        numpy: the NumPy functions it answers when they are called on Tensors.
        public: make it a function of the package; False for what is a method only.
        name: where its name should be another than the function's.
    """
    def declare(function: F) -> F:
        found = Composite(function, name or function.__name__, method, inplace, numpy, public)
        COMPOSITES[found.name] = function.composite = found  # type: ignore[attr-defined]
        if function.__code__.co_name != found.name:  # functions from one factory share their code
            function.__code__ = function.__code__.replace(co_name=found.name)
        CALLS[function.__code__] = found.name, function
        return function
    return declare


def alias(name: str, function: F, *, method: bool = True, inplace: bool = False) -> F:
    """Make the function of an operation, or of a composite, public under a second name too."""
    COMPOSITES[name] = Composite(function, name, method, inplace, (), True)
    return function
