"""How a module comes by its parameters, buffers and submodules: by assignment to attributes."""

from __future__ import annotations

import weakref
from typing import Any, NoReturn

from autograd import Tensor
from autograd.errors import fail

from .parameter import Buffer, Parameter


def _name_of(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else type(value).__name__


def _instead_of(value: Any) -> str:
    """What to give instead of ``value``, which is no module."""
    if isinstance(value, type):
        return f": it is the class; make a module of it, as in {value.__name__}()"
    if isinstance(value, (list, tuple)) and any(isinstance(v, Registering) for v in value):
        return "; give the modules one by one, as in Sequential(*modules), or make it a ModuleList"
    if callable(value):
        name = getattr(value, "__name__", "")
        known = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "gelu": "GELU", "softmax": "Softmax",
                 "log_softmax": "LogSoftmax", "flatten": "Flatten", "dropout": "Dropout"}.get(name)
        return f"; for this function there is the module nn.{known}" if known else (
            "; call a function in forward, or write a module whose forward calls it")
    return ""


class Members(dict[str, Any]):
    """Parameters, buffers or submodules by name; each stands in the module's ``__dict__`` too.

    So ``self.weight`` is a plain attribute: falling back to ``__getattr__`` costs 15 times as much.
    """

    __slots__ = ("_owner",)

    def __init__(self, owner: Any) -> None:
        # Weak, because a cycle would leave the module's memory to the garbage collector.
        self._owner = weakref.ref(owner)

    def _attributes(self) -> dict[str, Any]:
        owner = self._owner()
        return {} if owner is None else vars(owner)

    def __setitem__(self, name: str, value: Any) -> None:
        dict.__setitem__(self, name, value)
        self._attributes()[name] = value

    def __delitem__(self, name: str) -> None:
        dict.__delitem__(self, name)
        self._attributes().pop(name, None)

    def pop(self, name: str, *default: Any) -> Any:
        value = dict.pop(self, name, *default)
        self._attributes().pop(name, None)
        return value

    def popitem(self) -> tuple[str, Any]:
        name = next(reversed(self))
        return name, self.pop(name)

    def clear(self) -> None:
        for name in list(self):
            del self[name]

    def update(self, *args: Any, **kwargs: Any) -> None:
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def __ior__(self, other: Any) -> Members:  # type: ignore[override,misc]
        self.update(other)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # the module puts it back into a Members


class Registering:
    """The part of `Module` that registers what is assigned to it."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]

    def _init_members(self) -> None:
        vars(self).update(_parameters=Members(self), _buffers=Members(self), _modules=Members(self),
                          _non_persistent_buffers_set=set())

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or None to reserve its name."""
        if "_parameters" not in vars(self):
            self._not_made("parameter", name)
        self._check_name("parameter", name, self._parameters)
        if param is not None:
            if not isinstance(param, Parameter):
                fail(TypeError, f"cannot assign '{type(param).__name__}' object to parameter '{name}' "
                                "(nn.Parameter or None required)")
            if param.grad_fn is not None:
                fail(ValueError, f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                                 f"created explicitly. To express '{name}' as a function of another Tensor, compute "
                                 "the value in the forward() method.")
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but not a parameter, such as a running mean.

        Args:
            name: the attribute under which it can be read.
            tensor: the buffer, or None to reserve its name.
            persistent: whether it is part of the ``state_dict``.

        Raises:
            KeyError, TypeError: the name or the tensor cannot be.

        >>> import autograd, nn
        >>> m = nn.Module()
        >>> m.register_buffer("mean", autograd.zeros(2))
        >>> m.mean, list(m.state_dict())
        (tensor([0., 0.]), ['mean'])
        """
        if "_buffers" not in vars(self):
            self._not_made("buffer", name)
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            fail(TypeError, f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' "
                            "(Tensor or None required)")
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Any) -> None:
        """Add a submodule under a name."""
        if not isinstance(module, Registering) and module is not None:
            fail(TypeError, f"{_name_of(module)} is not a Module subclass{_instead_of(module)}")
        if "_modules" not in vars(self):
            self._not_made("module", name)
        self._check_name("module", name, self._modules)
        self._modules[name] = module

    register_module = add_module

    def _not_made(self, what: str, name: str) -> NoReturn:
        fail(AttributeError, f"cannot assign {what} before Module.__init__() call: {type(self).__name__}.__init__ must "
                             f"call super().__init__() before it assigns {name!r}")

    def _unregistered(self) -> list[str]:
        """What holds modules or parameters that are not registered, as in ``Net.layers, a list``; for error messages.

        A plain list, tuple, set or dict of modules is only a value to its module.
        """
        found = []
        modules: Any = self.named_modules()  # type: ignore[attr-defined]
        for path, module in modules:
            for name, value in vars(module).items():
                if name in ("_parameters", "_buffers", "_modules"):
                    continue
                held = list(value.values()) if isinstance(value, dict) else value
                if isinstance(held, (list, tuple, set)) and any(isinstance(v, (Registering, Parameter)) for v in held):
                    where = ".".join([type(self).__name__, *filter(None, [path]), name])
                    found.append(f"{where}, a {type(value).__name__}")
        return found

    def _check_name(self, kind: str, name: str, members: dict[str, Any]) -> None:
        if not isinstance(name, str):
            fail(TypeError, f"{kind} name should be a string. Got {type(name).__name__}")
        if hasattr(self, name) and name not in members:
            fail(KeyError, f"attribute '{name}' already exists")
        if "." in name:
            fail(KeyError, f"{kind} name can't contain \".\", got: {name}")
        if name == "":
            fail(KeyError, f'{kind} name can\'t be empty string ""')

    def __setattr__(self, name: str, value: Any) -> None:
        own = vars(self)
        kind: type[Any] | None = None
        if isinstance(value, (Parameter, Registering, Buffer)):
            kind = next(k for k in (Parameter, Registering, Buffer) if isinstance(value, k))
        if "_modules" not in own:
            if kind is not None:
                self._not_made({Parameter: "parameters", Registering: "module", Buffer: "buffer"}[kind], name)
            object.__setattr__(self, name, value)
        elif kind is Parameter or (kind is None and name in self._parameters):
            self._assign(name, value, self._parameters, "parameter", Parameter, "nn.Parameter or None expected")
        elif kind is Registering or (kind is None and name in self._modules):
            self._assign(name, value, self._modules, "child module", Registering, "nn.Module or None expected")
        elif kind is Buffer or name in self._buffers:
            persistent = value.persistent if kind is Buffer else name not in self._non_persistent_buffers_set
            self._assign(name, value, self._buffers, "buffer", Tensor, "nn.Buffer, Tensor or None expected")
            self._non_persistent_buffers_set.discard(name)
            if not persistent:
                self._non_persistent_buffers_set.add(name)
        else:
            object.__setattr__(self, name, value)

    def _assign(self, name: str, value: Any, members: dict[str, Any], what: str, kind: Any, expected: str) -> None:
        """Register what was assigned to an attribute, in place of whatever stood there."""
        if value is not None and not isinstance(value, kind):
            fail(TypeError, f"cannot assign '{type(value).__name__}' as {what} '{name}' ({expected})")
        if name not in members:
            self._forget(name)
        if members is self._parameters:
            self.register_parameter(name, value)
        else:
            members[name] = value

    def _forget(self, name: str) -> None:
        for members in (self._parameters, self._buffers, self._modules):
            if name in members:
                del members[name]
        self._non_persistent_buffers_set.discard(name)
        vars(self).pop(name, None)

    def __delattr__(self, name: str) -> None:
        for members in (self._parameters, self._buffers, self._modules):
            if name in members:
                self._forget(name)
                return
        object.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        own = vars(self)
        if "_modules" not in own:
            fail(AttributeError, f"'{type(self).__name__}' object has no attribute '{name}': its __init__ did not call "
                                 "super().__init__()")
        for members in (own["_parameters"], own["_buffers"], own["_modules"]):
            if name in members:
                return members[name]
        fail(AttributeError, f"'{type(self).__name__}' object has no attribute '{name}'")

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *vars(self), *self._parameters, *self._buffers, *self._modules}
        return sorted(n for n in names if not n[0].isdigit())

    def __getstate__(self) -> dict[str, Any]:
        own = dict(vars(self))
        for members in (self._parameters, self._buffers, self._modules):
            for name in members:
                own.pop(name, None)
        return own

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        for kind in ("_parameters", "_buffers", "_modules"):
            members = Members(self)
            members.update(state[kind])
            vars(self)[kind] = members
