"""Functions that run when a module runs: before and after its forward, and around its backward."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd import Tensor, is_grad_enabled
from autograd.errors import fail
from autograd.primitive import primitive
from autograd.tape import Handle, as_tensor, tick

from .place import locate


class Way(NamedTuple):
    """How a hook is to be called."""

    with_kwargs: bool = False
    always_call: bool = False


class Registry(dict[int, Any]):
    """Hooks in the order in which they run; programs look for theirs among the values, so those are the hooks alone."""

    def __init__(self) -> None:
        super().__init__()
        self.ways: dict[int, Any] = {}

    def add(self, hook: Any, prepend: bool = False, way: Any = None) -> Handle:
        """Note ``hook`` and how to call it; the handle takes it away again."""
        key = tick()
        self.ways[key] = way
        if prepend:
            later = dict(self)
            self.clear()
            self[key] = hook
            self.update(later)
        else:
            self[key] = hook
        return Handle(self, key)

    def pairs(self) -> list[tuple[Any, Any]]:
        """Each hook with how to call it."""
        return [(hook, self.ways[key]) for key, hook in self.items()]


#: Hooks of every module.
FORWARD, FORWARD_PRE, BACKWARD, BACKWARD_PRE = Registry(), Registry(), Registry(), Registry()


@primitive(vjp=lambda g, on_backward: on_backward(g), inputs=("tensors",), variadic=True, outputs="many",
           method=False, name="module_boundary", node_name="BackwardHookFunctionBackward")
def _boundary(tensors, on_backward):
    """The tensors themselves; in backward, ``on_backward`` sees their gradients and may replace them."""
    return list(tensors)


def _at_boundary(values: tuple[Any, ...], on_backward: Callable[..., Any]) -> tuple[tuple[Any, ...], bool]:
    """``values`` with the Tensors among them passed through `_boundary`, and whether that was recorded."""
    where = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
    if not is_grad_enabled() or not any(values[i].requires_grad for i in where):
        return values, False

    def rule(g: Any) -> tuple[Any, ...]:
        full = [None] * len(values)
        for i, one in zip(where, g, strict=True):
            full[i] = one
        new = on_backward(tuple(None if one is None else as_tensor(one) for one in full))
        recorded = any(isinstance(one, Tensor) for one in g)
        return tuple(one if recorded or one is None else one._a for one in (new[i] for i in where))

    changed = list(values)
    for i, t in zip(where, _boundary([values[i] for i in where], rule), strict=True):
        t._vc = values[i]._vc  # it is the same memory
        changed[i] = t
    return tuple(changed), True


class BackwardBoundary:
    """Calls a module's backward hooks once, when the gradients of its outputs and of its inputs are there."""

    def __init__(self, module: Any, hooks: list[Any], pre_hooks: list[Any]) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_outputs: tuple[Any, ...] | None = None
        self.inputs_recorded = False
        self.n_inputs = 0

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Watch the inputs."""
        self.n_inputs = len(args)
        args, self.inputs_recorded = _at_boundary(args, self._on_grad_inputs)
        return args

    def leave(self, result: Any) -> Any:
        """Watch the outputs."""
        single = not isinstance(result, tuple)
        if single and not isinstance(result, Tensor):
            warnings.warn("For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
                          f"but received {type(result)}", stacklevel=5)
            return result
        values, _ = _at_boundary((result,) if single else result, self._on_grad_outputs)
        return values[0] if single else _like(result, values)

    def _on_grad_outputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.pre_hooks:
            grads = self._run("backward pre-hook", hook, grads, grads)
        self.grad_outputs = grads
        if not self.inputs_recorded:
            for hook in self.hooks:
                self._run("backward hook", hook, None, (None,) * self.n_inputs, grads)
            self.grad_outputs = None
        return grads

    def _on_grad_inputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        # In a double backward gradients reach the inputs without passing the outputs.
        if self.grad_outputs is None:
            return grads
        for hook in self.hooks:
            grads = self._run("backward hook", hook, grads, grads, self.grad_outputs)
        self.grad_outputs = None
        return grads

    def _run(self, kind: str, hook: Any, old: Any, *args: Any) -> Any:
        """What ``hook`` makes of the gradients ``old``; None where it may not replace them."""
        try:
            new = hook(self.module, *args)
            if new is None:
                return old
            if old is not None:
                return _checked(new, old, "grad_output" if kind == "backward pre-hook" else "grad_input")
            if any(g is not None for g in new):
                fail(RuntimeError, "Backward hook for Modules where no input requires gradient should always return "
                                   "None or None for all gradients")
        except Exception as error:
            locate(error, self.module, what=f"{kind} {_name(hook)} of module")
            raise
        return old


def _name(hook: Any) -> str:
    return repr(getattr(hook, "__name__", type(hook).__name__))


def _like(result: tuple[Any, ...], values: tuple[Any, ...]) -> Any:
    return values if type(result) is tuple else type(result)(*values)


def _checked(new: Any, old: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    new = new if isinstance(new, tuple) else (new,)
    if len(new) != len(old):
        fail(RuntimeError, f"Backward hook returned an invalid number of {what}, got {len(new)}, "
                           f"but expected {len(old)}")
    for i, (a, b) in enumerate(zip(new, old, strict=True)):
        if isinstance(a, Tensor) and isinstance(b, Tensor) and a.shape != b.shape:
            fail(RuntimeError, f"Backward hook has changed the size of {what}[{i}]: expected {list(b.shape)}, got "
                               f"{list(a.shape)}")
    return new


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The forward of ``module`` with all its hooks and the global ones."""
    after = [*FORWARD.pairs(), *module._forward_hooks.pairs()]
    started = 0
    result = None
    try:
        for hook, way in (*FORWARD_PRE.pairs(), *module._forward_pre_hooks.pairs()):
            args, kwargs = _run_pre_hook(hook, way, module, args, kwargs)
        boundary = None
        backward_hooks = [*BACKWARD.values(), *module._backward_hooks.values()]
        backward_pre_hooks = [*BACKWARD_PRE.values(), *module._backward_pre_hooks.values()]
        if backward_hooks or backward_pre_hooks:
            boundary = BackwardBoundary(module, backward_hooks, backward_pre_hooks)
            args = boundary.enter(args)
        result = module.forward(*args, **kwargs)
        for hook, way in after:
            started += 1
            result = _run_hook(hook, way, module, args, kwargs, result)
        return result if boundary is None else boundary.leave(result)
    except Exception:
        for hook, way in after[started:]:
            if way.always_call:
                try:
                    result = _run_hook(hook, way, module, args, kwargs, result)
                except Exception as error:
                    warnings.warn("module forward hook with ``always_call=True`` raised an exception that was silenced "
                                  f"as another error was raised in forward: {error}", stacklevel=3)
        raise


def _call(kind: str, hook: Any, module: Any, *args: Any) -> Any:
    try:
        return hook(module, *args)
    except Exception as error:
        if not getattr(hook, "is_own", False):  # our own hooks are part of the module
            locate(error, module, what=f"{kind} {_name(hook)} of module")
        raise


def _run_pre_hook(hook: Any, way: Way, module: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
    if not way.with_kwargs:
        new = _call("forward pre-hook", hook, module, args)
        if new is not None:
            args = new if isinstance(new, tuple) else (new,)
        return args, kwargs
    new = _call("forward pre-hook", hook, module, args, kwargs)
    if new is None:
        return args, kwargs
    if not (isinstance(new, tuple) and len(new) == 2):
        fail(RuntimeError, f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {new}.")
    return new


def _run_hook(hook: Any, way: Way, module: Any, args: Any, kwargs: Any, result: Any) -> Any:
    given = (args, kwargs, result) if way.with_kwargs else (args, result)
    new = _call("forward hook", hook, module, *given)
    return result if new is None else new


class _EveryModule:
    """Stands on `Hookable` as ``_hooked`` once there are hooks of every module."""

    def __get__(self, module: Any, cls: Any = None) -> bool:
        return True

    def __set__(self, module: Any, value: bool) -> None:  # only with it does this come before a module's own flag
        vars(module)["_hooked"] = value


class Hookable:
    """The part of `Module` that registers hooks."""

    # Whether any hook was ever registered. Asking one flag keeps the common call lean. Each module has its own, which
    # `_EveryModule` on the class overrules; where __init__ did not run there is none, and the first call says so.
    _hooked: bool

    _forward_hooks: Registry
    _forward_pre_hooks: Registry
    _backward_hooks: Registry
    _backward_pre_hooks: Registry

    def _init_hooks(self) -> None:
        vars(self).update(_hooked=False, _forward_hooks=Registry(), _forward_pre_hooks=Registry(),
                          _backward_hooks=Registry(), _backward_pre_hooks=Registry())

    def register_forward_pre_hook(self, hook: Callable[..., Any], *, prepend: bool = False,
                                  with_kwargs: bool = False) -> Handle:
        """Call ``hook(module, args)`` before each forward; it may return other arguments.

        Args:
            hook: the function; with ``with_kwargs`` it is called as ``hook(module, args, kwargs)`` and returns
                None or ``(args, kwargs)``.
            prepend: run it before the hooks that are there.
            with_kwargs: pass keyword arguments too.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        vars(self)["_hooked"] = True
        return self._forward_pre_hooks.add(hook, prepend, Way(with_kwargs))

    def register_forward_hook(self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False,
                              always_call: bool = False) -> Handle:
        """Call ``hook(module, args, output)`` after each forward; it may return another output.

        Args:
            hook: the function; with ``with_kwargs`` it is called as ``hook(module, args, kwargs, output)``.
            prepend: run it before the hooks that are there.
            with_kwargs: pass keyword arguments too.
            always_call: run it even where the forward raises.

        Returns:
            A handle whose ``remove()`` takes the hook away.

        >>> import autograd, nn
        >>> layer, shapes = nn.Linear(3, 2), []
        >>> handle = layer.register_forward_hook(lambda module, args, output: shapes.append(list(output.shape)))
        >>> _ = layer(autograd.zeros(5, 3))
        >>> shapes
        [[5, 2]]
        """
        vars(self)["_hooked"] = True
        return self._forward_hooks.add(hook, prepend, Way(with_kwargs, always_call))

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call ``hook(module, grad_output)`` when the outputs' gradients are there; it may return others."""
        vars(self)["_hooked"] = True
        return self._backward_pre_hooks.add(hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call ``hook(module, grad_input, grad_output)`` when the inputs' gradients are there; it may return others."""
        vars(self)["_hooked"] = True
        return self._backward_hooks.add(hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """The older name of `register_full_backward_hook`; here, too, the hook sees the whole module."""
        return self.register_full_backward_hook(hook)


def _watch_every_module() -> None:
    Hookable._hooked = _EveryModule()  # type: ignore[assignment]


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> Handle:
    """Call ``hook(module, args)`` before the forward of every module."""
    _watch_every_module()
    return FORWARD_PRE.add(hook, way=Way())


def register_module_forward_hook(hook: Callable[..., Any], *, with_kwargs: bool = False,
                                 always_call: bool = False) -> Handle:
    """Call ``hook(module, args, output)`` after the forward of every module."""
    _watch_every_module()
    return FORWARD.add(hook, way=Way(with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> Handle:
    """Call ``hook(module, grad_output)`` before the backward of every module."""
    _watch_every_module()
    return BACKWARD_PRE.add(hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> Handle:
    """Call ``hook(module, grad_input, grad_output)`` after the backward of every module."""
    _watch_every_module()
    return BACKWARD.add(hook)
