"""Writes the functions that run an operation: its call on Tensors, and its rules on gradients.

A general wrapper that loops over inputs and options costs more than a small operation itself, so each operation
gets functions written for it, as ``namedtuple`` and ``dataclass`` do. They are written on first use: importing
costs nothing.
``print(autograd.codegen.function_text(autograd.exp.op))`` shows the text.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .primitive import Primitive

#: Names the written functions may use. The modules that own these things put them here.
RUNTIME: dict[str, Any] = {}


def _lazy(name: str, write: Callable[[], str], names: Callable[[], dict[str, Any]]) -> types.FunctionType:
    """A function that, on its first call, takes on the code of the text that ``write`` gives.

    The function object stays the same, so every reference to it, taken before or after, gets the final code.
    """
    namespace: dict[str, Any] = {"__name__": __name__}

    def become() -> Any:
        # Threads may meet here. All write the same, so none has to wait; a lock might stay locked in a forked child.
        namespace.update({**RUNTIME, **names()})
        made: dict[str, Any] = {}
        exec(compile(write(), f"<autograd {name}>", "exec"), namespace, made)
        written = made[name]
        # The code comes last: the stub does without the defaults, the code does not.
        function.__defaults__, function.__kwdefaults__ = written.__defaults__, written.__kwdefaults__
        function.__code__ = written.__code__
        return function

    namespace["become"] = become
    function = types.FunctionType(_stub.__code__, namespace, name)
    return function


def _stub(*args, **kwargs):  # type: ignore[no-untyped-def]
    return become()(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821


def lazy_function(op: Primitive) -> Any:
    """The public function of ``op``: signature, checks of types, then the core."""
    f = _lazy(op.name, lambda: function_text(op), lambda: _names(op))
    f.__doc__, f.__qualname__, f.__module__ = op.forward.__doc__, op.name, op.forward.__module__
    f.__wrapped__ = op.forward  # type: ignore[attr-defined] # for signatures and source links
    return f


def lazy_core(op: Primitive) -> Any:
    """``op`` on Tensors that already have the right types, all parameters by position."""
    return _lazy("core", lambda: core_text(op), lambda: _names(op))


def lazy_vjp(op: Primitive) -> Any:
    """``vjp(g, saved, edges, seq)``: the gradient for each edge that is not None.

    Raises `Modified` where a saved array was written to after ``seq``.
    """
    return _lazy("vjp", lambda: vjp_text(op), lambda: _names(op))


def _names(op: Primitive) -> dict[str, Any]:
    names: dict[str, Any] = {"op": op, "core": op.core, "forward": op.forward, "joint": op.joint,
                             "quick": op.ufunc or op.fast}
    names.update({f"rule_{k}": rule for k, rule in op.rules.items()})
    for p, value in _defaults(op).items():
        names[f"default_{p}"] = value
    return names


def _defaults(op: Primitive) -> dict[str, Any]:
    f = op.forward
    code = f.__code__
    positional = code.co_varnames[:code.co_argcount]
    values = f.__defaults__ or ()
    found = dict(zip(positional[len(positional) - len(values):], values, strict=True))
    found.update(f.__kwdefaults__ or {})
    return found


def _signature(op: Primitive) -> str:
    code = op.forward.__code__
    defaults = _defaults(op)
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


def function_text(op: Primitive) -> str:
    """The text of the public function: the common call, with everything else handed on."""
    lines = [f"def {op.name}({_signature(op)}):"]
    flat = f"({', '.join(op.params)},)"
    if op.varargs:
        lines += [f"    if {op.varargs} is not None or len(spread_) == 1:",
                  f"        {op.varargs} = spread(op, spread_, {op.varargs})",
                  f"    else: {op.varargs} = spread_"]
    if not op.method:  # mostly called by rules, on arrays
        lines += [f"    if {_is_raw(op)}:", f"        return {_raw(op)}"]
    lines.append("    try:")
    lines += [f"        {line}" for line in _unwrap(op)]
    lines.append("    except AttributeError:")
    if op.method and not op.variadic:
        lines += [f"        if {_is_raw(op)}:", f"            return {_raw(op)}"]
    lines.append(f"        return general(op, {flat})")
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
    return p in _defaults(op)


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
             f"    raise explain(op, error, dict(zip(op.params, ({', '.join(op.params)},)))) from error"]
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
    target = ", ".join(["out", *op.aux])
    quick = op.ufunc or op.fast
    if quick is None:
        return [f"{target} = {call}"]
    defaults = _defaults(op)
    given = [p for p in op.params if p not in op.inputs and p in defaults]
    fast = f"quick({', '.join(f'a_{p}' if p in op.inputs else p for p in op.params if p not in given)})"
    line = f"out = {fast}"
    if given:
        line += f" if {' and '.join(f'{p} is default_{p}' for p in given)} else {call}"
    if op.ufunc is not None:
        return [line]
    # Where the fast form raises or gives a bare number, the forward explains or gives a view.
    lines = ["try:", f"    {line}", "except Exception:", f"    out = {call}"]
    return [*lines, "if out.__class__ is not ndarray:", f"    out = {call}"] if op.view else lines


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
    conj = op.holomorphic and op.outputs == 1
    if conj:
        lines += ["    d = g.dtype",
                  # Not every array's dtype is NumPy's one object of that type: those that were unpickled have their
                  # own.
                  "    conj = d is not float32 and d is not float64 and d.kind == 'c'",
                  "    if conj: g = conjugate(g)"]
    if op.joint is not None:
        args = ", ".join("tuple([e is not None for e in edges])" if p == "needs" else p
                         for p in op.rule_params[""])
        lines.append(f"    result = joint({args})")
        lines += ["    if conj: result = conjugate_all(result)"] if conj else []
        return "\n".join([*lines, "    return result"])
    results = []
    single = len(op.inputs) == 1
    if not single:
        lines.append(f"    {', '.join(f'e_{p}' for p in op.inputs)}, = edges")
    for p in op.inputs:
        if p not in op.rules:
            results.append("None")
            continue
        call = f"rule_{p}({', '.join(op.rule_params[p])})"
        results.append(f"g_{p}")
        if single:
            lines.append(f"    g_{p} = {call}")
            continue
        lines += [f"    if e_{p} is None: g_{p} = None", "    else:", f"        g_{p} = {call}"]
        if op.broadcasts:
            lines.append(f"        if g_{p}.shape != e_{p}.shape: g_{p} = unbroadcast(g_{p}, e_{p}.shape)")
    if conj:
        lines.append(f"    if conj: return conjugate_all(({', '.join(results)},))")
    lines.append(f"    return ({', '.join(results)},)")
    return "\n".join(lines)

