"""What all optimizers share: parameter groups, state, hooks, saving and loading."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from autograd import Tensor
from autograd.dtypes import DEFAULT
from autograd.errors import describe, fail
from autograd.tape import Handle, Leaf, tick, wrap_node

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
StateDict: TypeAlias = dict[str, Any]


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


#: A default that says: every group must give this option.
required = _Required()

def _module_of(params: Any) -> Any:
    """The module whose ``parameters()`` made the generator ``params``; None where it is no such thing, or used up."""
    frame = getattr(params, "gi_frame", None)
    module = None if frame is None else frame.f_locals.get("self")
    return module if hasattr(module, "_unregistered") else None


def _why_empty(params: Any, module: Any) -> str:
    if module is not None:
        found = module._unregistered()
        if found:
            return (f": {'; '.join(found)} holds modules or parameters without registering them. Make it an "
                    "nn.ModuleList, nn.ModuleDict, nn.ParameterList or nn.ParameterDict")
        return f": the module {type(module).__name__} has no parameters"
    if hasattr(params, "gi_frame"):
        return ": the generator was used up, or yields nothing; call parameters() anew for each use"
    return ""


def _instead_of(value: Any) -> str:
    """What to give instead of ``value``, which is no Tensor."""
    if isinstance(value, str):
        return f" ({value!r}): give the tensors, as in model.parameters(), and not names or a state_dict"
    if hasattr(value, "gi_frame"):
        return ": join the parameters of several modules, as in [*a.parameters(), *b.parameters()]"
    if hasattr(value, "parameters"):
        return ": give its parameters()"
    return ""


_PRE_HOOKS: dict[int, Callable[..., Any]] = {}
_POST_HOOKS: dict[int, Callable[..., Any]] = {}

# Hooks of one optimizer, by when they run.
_KINDS = ("step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_state_dict_pre", "load_state_dict_post")


def scalar_type() -> np.dtype[Any]:
    """The type of state such as ``step``."""
    return DEFAULT.float if DEFAULT.float.itemsize == 8 else np.dtype("float32")


def kept(value: Any) -> float:
    """A number as it comes back from state such as ``step``."""
    return float(scalar_type().type(value))


class Optimizer:
    """The base of optimizers.

    A subclass defines ``step``. (Those of this package give a rule on arrays instead; see `RuleOptimizer`.)

    Args:
        params: parameters, pairs (name, parameter), or dictionaries ``{"params": [...], "lr": ...}``, one a group.
        defaults: the options of groups that do not give them.

    Raises:
        ValueError: there are no parameters, one is not a leaf, or one stands in two groups.
        TypeError: something is not a Tensor.

    >>> import autograd, nn, optim
    >>> class SignDescent(optim.Optimizer):
    ...     @autograd.no_grad()
    ...     def step(self):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 p -= group["lr"] * p.grad.sign()
    >>> p = nn.Parameter(autograd.tensor([1., -2.]))
    >>> (p ** 2).sum().backward()
    >>> SignDescent([p], {"lr": 0.1}).step()
    >>> p
    Parameter containing:
    tensor([ 0.9000, -1.9000], requires_grad=True)
    """

    # Whether a scheduler is attached, and whether `step` ran since.
    _scheduled = _opt_called = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            fail(TypeError, "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                            f"{type(params).__name__}; give [tensor]")
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._init_hidden()
        if hasattr(params, "parameters"):
            fail(TypeError, "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                            f"the module {type(params).__name__}; give it module.parameters()")
        if not isinstance(params, Iterable):
            hint = "; call it, as in model.parameters()" if callable(params) else ""
            fail(TypeError, "params argument given to the optimizer should be an iterable of Tensors or dicts, but "
                            f"{type(params).__name__!r} object is not iterable{hint}")
        source = params
        module = _module_of(source)
        groups = list(params)
        if not groups:
            fail(ValueError, "optimizer got an empty parameter list" + _why_empty(source, module))
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _init_hidden(self) -> None:
        for kind in _KINDS:
            vars(self).setdefault(f"_optimizer_{kind}_hooks", {})

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._init_hidden()
        # A state saved before an option existed has none; it means what it meant then.
        for name, argument in inspect.signature(type(self).__init__).parameters.items():
            if argument.default is not argument.empty and name in self.defaults:
                for group in self.param_groups:
                    group.setdefault(name, argument.default)

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    # --- groups -------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own, as when layers are unfrozen during training.

        Args:
            param_group: ``"params"``, and any options that differ from the defaults.
        """
        if not isinstance(param_group, dict):
            fail(TypeError, f"param_group must be a dict, but got {type(param_group)}")
        if "params" not in param_group:
            fail(KeyError, f"params: a parameter group is a dict with 'params', this one has {sorted(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            fail(TypeError, "optimizer parameters need to be organized in ordered collections, but the ordering of "
                            "tensors in sets will change between runs. Please use a list instead.")
        params = [params] if isinstance(params, Tensor) else list(params)
        names = [p[0] for p in params if isinstance(p, tuple)]
        if names and len(names) != len(params):
            fail(ValueError, "all optimizer params should be with/without names. Some param names are missing")
        if names:
            param_group["param_names"] = names
        param_group["params"] = params = [p[1] if isinstance(p, tuple) else p for p in params]
        for p in params:
            if not isinstance(p, Tensor):
                fail(TypeError, f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}"
                                + _instead_of(p))
            if not (self.defaults.get("differentiable") or p.is_leaf or p.retains_grad):
                fail(ValueError, f"can't optimize a non-leaf Tensor: {describe(p)} is the result of "
                                 f"{p.grad_fn.name() if p.grad_fn else 'an operation'}; make the leaf with "
                                 "requires_grad_() after the last operation on it, or detach() it")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                fail(ValueError, f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len(params) != len(set(map(id, params))):
            warnings.warn("optimizer contains a parameter group with duplicate parameters; in future, this will cause "
                          "an error", stacklevel=3)
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                kind = "with" if "param_names" in param_group else "without"
                fail(ValueError, "all optimizer param groups should be with/without names. cannot add param group "
                                 f"{kind} names to the optimizer")
        twice = [describe(p) for p in params if id(p) in known]
        if twice:
            fail(ValueError, f"some parameters appear in more than one parameter group: of the {len(params)} of the "
                             f"group added last, {', '.join(twice[:3])} stand in an earlier one")
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Take away the gradients of all parameters, or with ``set_to_none=False`` set them to zero."""
        for group in self.param_groups:
            for p in group["params"]:
                if not set_to_none:
                    grad = p.grad
                    if grad is not None:
                        p.grad = grad.detach()
                        p.grad.zero_()
                elif p._node.__class__ is Leaf:
                    p._node.grad = None
                else:
                    p.grad = None

    # --- the step -----------------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew; optional for most optimizers.

        Returns:
            What ``closure`` returned, or None.
        """
        fail(NotImplementedError, f"{type(self).__name__} does not define step")

    @staticmethod
    def profile_hook_step(func: Callable[..., Any]) -> Callable[..., Any]:
        """A ``step`` with the hooks around it. That of a subclass of Optimizer gets them by itself."""
        return _with_hooks(func)

    # --- hooks --------------------------------------------------------------------------------------------

    def _add_hook(self, kind: str, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        table = getattr(self, f"_optimizer_{kind}_hooks")
        later = dict(table) if prepend else {}
        if prepend:
            table.clear()
        key = tick()
        table[key] = hook
        table.update(later)
        return Handle(table, key)

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return other ``(args, kwargs)``.

        ``args`` are those of ``step`` with the optimizer before them.
        """
        return self._add_hook("step_pre", hook)

    def register_step_post_hook(self, hook: Callable[..., None]) -> Handle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return self._add_hook("step_post", hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., None], prepend: bool = False) -> Handle:
        """Call ``hook(optimizer)`` before `state_dict`."""
        return self._add_hook("state_dict_pre", hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call ``hook(optimizer, state_dict)`` after `state_dict`; it may return another."""
        return self._add_hook("state_dict_post", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call ``hook(optimizer, state_dict)`` before `load_state_dict`; it may return another."""
        return self._add_hook("load_state_dict_pre", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., None], prepend: bool = False) -> Handle:
        """Call ``hook(optimizer)`` after `load_state_dict`."""
        return self._add_hook("load_state_dict_post", hook, prepend)

    # --- saving and loading -------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The state by number of the parameter, and the groups with those numbers in place of parameters."""
        for hook in self._optimizer_state_dict_pre_hooks.values():  # type: ignore[attr-defined]
            hook(self)
        numbers: dict[int, int] = {}
        start = 0
        groups = []
        for group in self.param_groups:
            for i, p in enumerate(group["params"], start):
                numbers.setdefault(id(p), i)
            start += len(group["params"])
            groups.append({**{k: v for k, v in group.items() if k != "params"},
                           "params": [numbers[id(p)] for p in group["params"]]})
        state = {(numbers[id(k)] if isinstance(k, Tensor) else k): v for k, v in self.state.items()}
        result: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():  # type: ignore[attr-defined]
            new = hook(self, result)
            result = result if new is None else new
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take state and options from what `state_dict` gave; where it does not fit, nothing changes.

        Raises:
            ValueError: the groups, or their numbers of parameters, differ.
        """
        state_dict = dict(state_dict)
        for hook in self._optimizer_load_state_dict_pre_hooks.values():  # type: ignore[attr-defined]
            new = hook(self, state_dict)
            state_dict = state_dict if new is None else new
        groups, saved = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            fail(ValueError, "loaded state dict has a different number of parameter groups")
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(groups, saved, strict=True)):
            fail(ValueError, "loaded state dict contains a parameter group that doesn't match the size of optimizer's "
                             "group")
        params = dict(zip(chain.from_iterable(g["params"] for g in saved),
                          chain.from_iterable(g["params"] for g in groups), strict=True))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                state[params[key]] = self._load_value(params[key], None, value)
            else:
                state[key] = value
        for group, new in zip(groups, saved, strict=True):
            new["params"] = group["params"]
            if "param_names" in group:
                new.setdefault("param_names", group["param_names"])
        before = dict(vars(self))
        try:
            self.__setstate__({"state": state, "param_groups": saved})
            for hook in self._optimizer_load_state_dict_post_hooks.values():  # type: ignore[attr-defined]
                hook(self)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    def _load_value(self, param: Tensor, key: Any, value: Any) -> Any:
        """A copy of loaded state of ``param``, its tensors in the parameter's type."""
        if isinstance(value, Tensor):
            kind = param._a.dtype if key != "step" and param._a.dtype.kind == "f" else value._a.dtype
            return wrap_node(value._a.astype(kind), None)
        if isinstance(value, dict):
            return {k: self._load_value(param, k, v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self._load_value(param, None, v) for v in value)
        return value


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """``step`` with the hooks around it, and a note that it ran (which schedulers look at)."""
    if hasattr(step, "hooked"):
        return step

    @functools.wraps(step)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        self._opt_called = True
        if not (_PRE_HOOKS or _POST_HOOKS or self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks):
            return step(self, *args, **kwargs)
        args = (self, *args)  # PyTorch's hooks see the optimizer among the arguments, too
        for hook in (*_PRE_HOOKS.values(), *self._optimizer_step_pre_hooks.values()):
            new = hook(self, args, kwargs)
            if new is not None:
                if not (isinstance(new, tuple) and len(new) == 2):
                    fail(RuntimeError, f"{hook} must return None or a tuple of (new_args, new_kwargs), but got {new}.")
                args, kwargs = new
        result = step(*args, **kwargs)
        for hook in (*self._optimizer_step_post_hooks.values(), *_POST_HOOKS.values()):
            hook(self, args, kwargs)
        return result

    wrapper.hooked = True  # type: ignore[attr-defined]
    return wrapper


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> Handle:
    """Call ``hook(optimizer, args, kwargs)`` before the step of every optimizer."""
    _PRE_HOOKS[key := tick()] = hook
    return Handle(_PRE_HOOKS, key)


def register_optimizer_step_post_hook(hook: Callable[..., None]) -> Handle:
    """Call ``hook(optimizer, args, kwargs)`` after the step of every optimizer."""
    _POST_HOOKS[key := tick()] = hook
    return Handle(_POST_HOOKS, key)
