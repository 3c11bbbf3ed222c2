"""Writes the functions that run an operation: its call on Tensors, and its rules on gradients.

A general wrapper that loops over inputs and options costs more than a small operation itself, so each operation
gets functions written for it, as ``namedtuple`` and ``dataclass`` do. They are written on first use: importing
costs nothing (`on_first_call`).
``print(autograd.codegen.function_text(autograd.exp.op))`` shows the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .kernels.compiled.late import LATE
from .kernels.large import COMPILED
from .kernels.machine.blas import in_one_thread
from .on_first_call import lazy

if TYPE_CHECKING:
    from .forms import Form
    from .primitive import Primitive


def lazy_function(op: Primitive) -> Any:
    """The public function of ``op``: signature, checks of types, then the core."""
    f = lazy(op.name, op, function_text, names_of)
    f.__doc__, f.__qualname__, f.__module__ = op.forward.__doc__, op.name, op.forward.__module__
    f.__wrapped__ = op.forward  # for signatures and source links
    return f


def lazy_core(op: Primitive) -> Any:
    """``op`` on Tensors that already have the right types, all parameters by position."""
    return lazy("core", op, core_text, names_of)


def lazy_vjp(op: Primitive) -> Any:
    """``vjp(g, saved, edges, seq)``: the gradient for each edge that is not None.

    Raises `Modified` where a saved array was written to after ``seq``.
    """
    return lazy("vjp", op, vjp_text, names_of)


def names_of(op: Primitive) -> dict[str, Any]:
    held = in_one_thread if op.blas else lambda function: function
    names: dict[str, Any] = {"op": op, "core": op.core, "forward": held(op.forward), "quick": op.ufunc,
                             "joint": op.joint and held(op.joint), "at_once": op.at_once and held(op.at_once)}
    names.update({f"rule_{k}": LATE[rule].twin if rule in LATE else held(rule) for k, rule in op.rules.items()})
    names.update({f"fused_{k}": rule for k, rule in op.rules.items() if rule in LATE})
    for expression in (op.fast, op.common):
        if expression is not None:
            names.update({f"fast_{name}": value for name, value in expression.names.items()})
    for p, value in defaults_of(op.forward).items():
        names[f"default_{p}"] = value
    return names


def defaults_of(f: Callable[..., Any]) -> dict[str, Any]:
    """The defaults of a function's parameters."""
    code = f.__code__
    positional = code.co_varnames[:code.co_argcount]
    values = f.__defaults__ or ()
    found = dict(zip(positional[len(positional) - len(values):], values, strict=True))
    found.update(f.__kwdefaults__ or {})
    return found


def _signature(op: Primitive) -> str:
    code = op.forward.__code__
    defaults = defaults_of(op.forward)
    parts = []
    for i, p in enumerate(op.params):
        if i == code.co_argcount and op.varargs not in op.params[:i]:
            parts.append("*")
        if p == op.varargs:
            parts.append("*spread_")
        else:
            parts.append(f"{p}=default_{p}" if p in defaults else p)
    if op.varargs:
        parts.append(f"{op.varargs}=None")
    return ", ".join(parts)


def _call(op: Primitive, arrays: bool) -> str:
    """The arguments of the forward, with ``a_`` before inputs."""
    n_positional = op.forward.__code__.co_argcount
    return ", ".join(("" if i < n_positional else f"{p}=") + (f"a_{p}" if arrays and p in op.inputs else p)
                     for i, p in enumerate(op.params))


def function_text(op: Primitive, form: Form | None = None) -> str:
    """The text of a function on Tensors: the common call, with everything else handed on.

    Args:
        form: what callers may write beside the operation's own parameters; see `forms`.
    """
    lines = [f"def {op.name}({_signature(op) if form is None else form.signature}):"]
    flat = f"({', '.join(op.params)},)"
    other = f"general(op, {flat})" if form is None else f"foreign(form, {flat})"
    if form is not None:
        lines += form.guard
    if op.varargs:
        lines += [f"    if {op.varargs} is not None or len(spread_) == 1:",
                  f"        {op.varargs} = spread(op, spread_, {op.varargs})",
                  f"    else: {op.varargs} = spread_"]
    if not (op.method or op.common):  # mostly called by rules, on arrays
        lines += [f"    if {_is_raw(op)}:", f"        return {_raw(op)}"]
    if op.numbers:  # an AttributeError, which a number would raise, costs half of an operation
        first, second = op.inputs
        lines += [f"    if {second}.__class__ is float or {second}.__class__ is int:",
                  f"        {second} = constant({second}, {first}{', True' if op.promote == 'float' else ''})"]
    lines.append("    try:")
    lines += [f"        {line}" for line in _unwrap(op)]
    lines.append("    except AttributeError:")
    if (op.method or op.common) and not op.variadic:
        lines += [f"        if {_is_raw(op)}:", f"            return {_raw(op)}"]
    if op.numbers and form is not None:
        lines += [f"        if {second}.__class__ is float or {second}.__class__ is int:",
                  f"            return general(op, {flat})"]
    lines.append(f"        return {other}")
    if op.common:
        lines += [f"    if not ({_inlined(op, op.common)}):", f"        return op.rest({', '.join(op.params)})"]
    guard = _guard(op)
    if guard:
        lines += [f"    if {guard}:", f"        return general(op, {flat})"]
    lines += ["    if not MODE.plain:", f"        return core({', '.join(op.params)})"]
    lines += [f"    {line}" for line in _body(op, plain=True)]
    return "\n".join(lines)


def _is_raw(op: Primitive) -> str:
    """Whether all tensors of the call are bare arrays."""
    if op.variadic:
        return f"{op.inputs[0]} and {op.inputs[0]}[0].__class__ is ndarray"
    return " and ".join(f"({p} is None or {p}.__class__ is ndarray)" if _optional(op, p) else
                        f"{p}.__class__ is ndarray" for p in op.inputs)


def _raw(op: Primitive) -> str:
    return f"forward({_call(op, arrays=False)})" + ("[0]" if op.aux else "")


def core_text(op: Primitive) -> str:
    """The text of the core: no checks of types, in any mode."""
    lines = [f"def core({', '.join(op.params)}):"]
    lines += [f"    {line}" for line in _unwrap(op) + _body(op, plain=False)]
    return "\n".join(lines)


def _optional(op: Primitive, p: str) -> bool:
    return p in defaults_of(op.forward)


def _unwrap(op: Primitive) -> list[str]:
    if op.variadic:
        p = op.inputs[0]
        return [f"a_{p} = [t._a for t in {p}]"]
    return [f"a_{p} = None if {p} is None else {p}._a" if _optional(op, p) else f"a_{p} = {p}._a"
            for p in op.inputs]


def _guard(op: Primitive) -> str:
    """When the arguments need promotion first."""
    if op.promote is None:
        return ""
    first = op.inputs[0]
    if op.variadic:
        return f"mixed(a_{first}, {op.promote == 'float'})"
    parts = [f"a_{p}.dtype is not d" for p in op.inputs[1:]]
    if op.promote == "float":
        return " or ".join([f"(d := a_{first}.dtype) is not float32 and d is not float64", *parts])
    if not parts:
        return ""
    parts[0] = f"a_{op.inputs[1]}.dtype is not (d := a_{first}.dtype)"
    return " or ".join(parts)


def _body(op: Primitive, plain: bool) -> list[str]:
    lines = ["try:", *[f"    {line}" for line in _compute(op)], "except Exception as error:",
             f"    raise explain(op, error, dict(zip(op.params, ({', '.join(op.params)},))))"]
    if op.outputs != 1:
        return lines + _many_outputs(op, plain)
    lines += ["if out.__class__ is not ndarray:", "    out = asarray(out)",
              "t = new()", "t._a = out", "t._meta = None"]
    if op.view:
        x = op.inputs[0]
        options = ", ".join(p for p in op.params if p != x)
        lines += [
            "base = out.base",
            f"if base is a_{x} or out is a_{x} or (base is not None and base is a_{x}.base):",
            f"    t._vc = vc = {x}._vc",
            f"    t._meta = ({x}, op, ({options}{',' if options else ''}), vc[1])",
            "else:", "    t._vc = [0, 0]",
        ]
    else:
        lines.append("t._vc = [0, 0]")
    if op.differentiable:
        lines += [*_record(op, "out.shape", "t._vc", plain), "    t._node = node", "else:", "    t._node = None"]
    else:
        lines.append("t._node = None")
    return [*lines, "return t" if plain else "return t if MODE.plain else unusual(t)"]


def _compute(op: Primitive) -> list[str]:
    call = f"forward({_call(op, arrays=True)})"
    if op.ufunc is None and op.fast is None:
        return [f"{', '.join(['out', *op.aux])} = {call}"]
    defaults = defaults_of(op.forward)
    given = [p for p in op.params if p not in op.inputs and p in defaults]
    ordinary = " and ".join(f"{p} is default_{p}" for p in given)
    if op.ufunc is not None:
        args = ", ".join(f"a_{p}" if p in op.inputs else p for p in op.params if p not in given)
        fast = f"quick({args})"
        if op.ufunc in COMPILED:
            fast = f"({fast} if a_{op.inputs[0]}.size < LARGE else elementwise(quick, {args}))"
        return [f"out = {fast} if {ordinary} else {call}" if given else f"out = {fast}"]
    assert op.fast is not None
    fast = _inlined(op, op.fast)
    return ["try:", f"    out = ({fast}) if {ordinary} else None" if given else f"    out = {fast}",
            "except Exception:", "    out = None", "if out is None:", f"    out = {call}"]


class Inline(NamedTuple):
    """A Python expression of an operation's inputs (as arrays) and options, and what its other names stand for."""

    text: str
    names: dict[str, Any]


def inline(text: str, **names: Any) -> Inline:
    """Say by an expression what an operation computes in the common case."""
    return Inline(text, names)


def _inlined(op: Primitive, expression: Inline) -> str:
    new = {p: f"a_{p}" for p in op.inputs} | {name: f"fast_{name}" for name in expression.names}
    return re.sub(rf"(?<![.\w])({'|'.join(new)})\b(?!=)", lambda found: new[found[1]], expression.text)


def _many_outputs(op: Primitive, plain: bool) -> list[str]:
    lines = ["out = [asarray(o) for o in out]", "ts = wrap_all(out)"]
    if op.differentiable:
        lines += [*_record(op, "[o.shape for o in out]", "[t_._vc for t_ in ts]", plain),
                  "    attach_outputs(node, ts)"]
    return [*lines, "return ts" if plain else "return ts if MODE.plain else unusual_all(ts)"]


def _record(op: Primitive, shape: str, out_version: str, plain: bool) -> list[str]:
    """Lines that end inside the ``if`` where a ``node`` has been made."""
    if op.variadic:
        p = op.inputs[0]
        lines = [f"edges = tuple([t_._node if t_._meta is None else node_of(t_) for t_ in {p}])"]
        test, edges = "any(edges)", "edges"
    else:
        lines = []
        for p in op.inputs:
            if op.rules and p not in op.rules:
                lines.append(f"n_{p} = None")
            elif _optional(op, p):
                lines.append(f"n_{p} = None if {p} is None else {p}._node if {p}._meta is None else node_of({p})")
            else:
                lines.append(f"n_{p} = {p}._node if {p}._meta is None else node_of({p})")
        differentiable = [p for p in op.inputs if not op.rules or p in op.rules]
        test = " or ".join(f"n_{p} is not None" for p in differentiable)
        edges = f"({', '.join(f'n_{p}' for p in op.inputs)},)"
    saved = _saved(op, out_version)
    return [
        *lines,
        f"if {test}:" if plain else f"if ({test}) and (MODE.plain or recording()):",
        "    node = Node()",
        "    node.op = op",
        "    node.seq = next(clock)",
        f"    node.edges = {edges}",
        f"    node.saved = ({', '.join(saved)}{',' if saved else ''})",
        f"    node.shape = {shape}",
        "    node.extra = None",
    ]


def _saved(op: Primitive, out_version: str) -> list[str]:
    """Expressions for the saved values, followed by the version counter of each saved array (see `saved_names`)."""
    saved, versions = [], []
    for name in op.kept:
        if name == "out":
            saved.append("out" if op.outputs == 1 else "tuple(out)")
            versions.append(out_version)
        elif name in op.single_outputs:
            saved.append(f"out[{op.single_outputs[name]}]")
            versions.append(f"ts[{op.single_outputs[name]}]._vc")
        elif name in op.inputs and op.variadic:
            saved.append(f"a_{name}")
            versions.append(f"[t_._vc for t_ in {name}]")
        elif name in op.inputs:
            users = [k for k, ps in op.rule_params.items() if name in ps]
            version = f"UNWRITTEN if {name} is None else {name}._vc" if _optional(op, name) else f"{name}._vc"
            if not op.rules or len(users) == len(op.rules):
                saved.append(f"a_{name}")
                versions.append(version)
            else:  # keep it only where a rule that wants it will run
                test = " or ".join(f"n_{k} is not None" for k in users)
                saved.append(f"a_{name} if {test} else None")
                versions.append(f"({version}) if {test} else UNWRITTEN")
        elif name[-6:] in ("_shape", "_dtype") and name[:-6] in op.inputs:
            saved.append(_meta(op, name[:-6], name[-5:]))
        else:
            saved.append(name)
    return saved + versions + ([] if op.outputs == 1 else ["len(out)"])


def saved_names(op: Primitive) -> list[str]:
    """What stands where in ``Node.saved``: the names the rules take, then ``v_NAME`` for each saved array's version
    counter (a list of counters where the saved value is a sequence), then the number of outputs if not one.
    """
    versions = [f"v_{name}" for name in op.kept if op.is_array_name(name)]
    return [*op.kept, *versions, *([] if op.outputs == 1 else ["n_outputs"])]


def _meta(op: Primitive, p: str, what: str) -> str:
    if op.variadic:
        return f"[a.{what} for a in a_{p}]"
    return f"None if a_{p} is None else a_{p}.{what}" if _optional(op, p) else f"a_{p}.{what}"


#: The code of a rule that passes the gradient on.
_PASS_ON = (lambda g: g).__code__.co_code


def vjp_text(op: Primitive) -> str:
    """The text that runs the rules."""
    lines = ["def vjp(g, saved, edges, seq):"]
    names = saved_names(op)
    if names:
        lines.append(f"    {', '.join(names)}, = saved")
    stale = []
    for name in names[len(op.kept):]:
        many = (op.outputs != 1 and name == "v_out") or op.variadic
        if name.startswith("v_"):
            stale.append(f"any([v[1] < seq for v in {name}])" if many else f"{name}[1] < seq")
    if stale:
        lines.append(f"    if {' or '.join(stale)}: raise Modified")
    if op.outputs != 1:
        lines.append("    g = tuple([g.by_index.get(i) for i in range(n_outputs)])")
    fused = [p for p in op.rules if op.rules[p] in LATE]
    conj = op.holomorphic and op.outputs == 1
    if fused or conj or op.at_once:
        # Not every array's dtype is NumPy's one object of that type: those that were unpickled have their own.
        lines.append("    real = (d := g.dtype) is float32 or d is float64")
    if conj:
        lines += ["    conj = not real and d.kind == 'c'", "    if conj: g = conjugate(g)"]
    if fused or op.at_once:
        lines.append("    real = real and g.__class__ is ndarray")
    if fused and len(op.inputs) == 1:
        lines.append(f"    if real: return (fused_{fused[0]}({', '.join(op.rule_params[fused[0]])}),)")
    if op.joint is not None:
        args = ", ".join("tuple([e is not None for e in edges])" if p == "needs" else p
                         for p in op.rule_params[""])
        lines.append(f"    result = joint({args})")
        lines += ["    if conj: result = conjugate_all(result)"] if conj else []
        return "\n".join([*lines, "    return result"])
    results = []
    if op.broadcasts and op.ufunc is not None:
        lines.append("    shape = g.shape")
    single = len(op.inputs) == 1
    if not single or f"{op.inputs[0]}_shape" in op.rule_params.get(op.inputs[0], ()):
        lines.append(f"    {', '.join(f'e_{p}' for p in op.inputs)}, = edges")
    if op.at_once is not None:
        shapes = ", ".join(f"None if e_{p} is None else e_{p}.shape" for p in op.inputs)
        args = ", ".join(f"({shapes},)" if name == "shapes" else name
                         for name in op.at_once.__code__.co_varnames[:op.at_once.__code__.co_argcount])
        lines.append(f"    if real and (found := at_once({args})) is not None: return found")
    for p in op.inputs:
        if p not in op.rules:
            results.append("None")
            continue
        args = ", ".join(f"e_{p}.shape" if name == f"{p}_shape" else name for name in op.rule_params[p])
        if op.rules[p].__code__.co_code == _PASS_ON and args == "g":
            call = "g"
        else:
            call = f"rule_{p}({args})"
            call = f"fused_{p}({args}) if real else {call}" if p in fused and not single else call
        results.append(f"g_{p}")
        if single:
            lines.append(f"    g_{p} = {call}")
            continue
        lines += [f"    if e_{p} is None: g_{p} = None", "    else:", f"        g_{p} = {call}"]
        if op.broadcasts:  # each rule of an elementwise operation gives the shape of g
            shape = "shape" if op.ufunc is not None else f"g_{p}.shape"
            lines.append(f"        if {shape} != e_{p}.shape: g_{p} = unbroadcast(g_{p}, e_{p}.shape)")
    if conj:
        lines.append(f"    if conj: return conjugate_all(({', '.join(results)},))")
    lines.append(f"    return ({', '.join(results)},)")
    return "\n".join(lines)
