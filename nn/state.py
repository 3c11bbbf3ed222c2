"""The state of a module as a dictionary: saving it, and loading it whole or not at all."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any, NamedTuple

from autograd import Tensor, no_grad
from autograd.errors import fail
from autograd.tape import Handle, written

from .hooks import Registry
from .parameter import Parameter, Uninitialized


class IncompatibleKeys(NamedTuple):
    """What `Module.load_state_dict` did not find, and what it found and could not use."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


EXTRA_STATE = "_extra_state"


class Undo:
    """What is needed to take back a load that failed half way."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], None]] = []

    def note(self, step: Callable[[], None]) -> None:
        self._steps.append(step)

    def note_values(self, t: Tensor) -> None:
        """Remember the values of ``t``, which is about to be written to."""
        array, before = t._a, t._a.copy()

        def restore() -> None:
            array[...] = before
            written(t._vc)
        self._steps.append(restore)

    def run(self) -> None:
        while self._steps:
            self._steps.pop()()


class Stateful:
    """The part of `Module` that saves and loads state."""

    _version = 1

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _state_dict_hooks: Registry
    _state_dict_pre_hooks: Registry
    _load_state_dict_pre_hooks: Registry
    _load_state_dict_post_hooks: Registry

    def _init_state_hooks(self) -> None:
        vars(self).update(_state_dict_hooks=Registry(), _state_dict_pre_hooks=Registry(),
                          _load_state_dict_pre_hooks=Registry(), _load_state_dict_post_hooks=Registry())

    # --- saving -------------------------------------------------------------------------------------------

    def get_extra_state(self) -> Any:
        """What else belongs in the state_dict; define it together with `set_extra_state`."""
        fail(RuntimeError, f"{type(self).__name__} has no extra state: define get_extra_state and set_extra_state")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` gave."""
        fail(RuntimeError, f"{type(self).__name__} has no extra state: define get_extra_state and set_extra_state")

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """The parameters and persistent buffers of the module and its descendants, by dotted name.

        Args:
            destination: a dictionary to fill. Default: a new one.
            prefix: what to put before each name.
            keep_vars: give the tensors themselves; by default they are detached, and share memory with the module.

        >>> import nn
        >>> list(nn.Sequential(nn.Linear(2, 1), nn.Tanh()).state_dict())
        ['0.weight', '0.bias']
        """
        if args:
            warnings.warn("Positional args are being deprecated, use kwargs instead.", FutureWarning, stacklevel=2)
            given = dict(zip(("destination", "prefix", "keep_vars"), args))
            destination = given.get("destination") if destination is None else destination
            prefix, keep_vars = prefix or given.get("prefix", ""), keep_vars or given.get("keep_vars", False)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook, public in self._state_dict_hooks.pairs():
            result = hook(self, destination, prefix, metadata)
            if result is not None:
                if public:
                    fail(RuntimeError, "state_dict post-hook must return None")
                destination = result
        return destination

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Put the state of this module alone into ``destination``."""
        for name, t in (*self._parameters.items(), *self._persistent_buffers()):
            if t is not None:
                destination[prefix + name] = t if keep_vars or isinstance(t, Uninitialized) else t.detach()
        if type(self).get_extra_state is not Stateful.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def _persistent_buffers(self) -> list[tuple[str, Any]]:
        return [(k, t) for k, t in self._buffers.items() if k not in self._non_persistent_buffers_set]

    def register_state_dict_pre_hook(self, hook: Callable[..., None]) -> Handle:
        """Call ``hook(module, prefix, keep_vars)`` before `state_dict` collects."""
        return self._state_dict_pre_hooks.add(hook)

    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> Handle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after `state_dict`; it may change the dict."""
        return self._state_dict_hooks.add(hook, way=True)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> Handle:
        """Like `register_state_dict_post_hook`, for hooks that may return another dict."""
        return self._state_dict_hooks.add(hook, way=False)

    # --- loading ------------------------------------------------------------------------------------------

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True,
                        assign: bool = False) -> IncompatibleKeys:
        """Take the parameters and buffers of the module and its descendants from a dictionary.

        The values are copied into the module's tensors. Where anything is wrong the module stays as it was.

        Args:
            state_dict: tensors by dotted name, as `state_dict` gives them.
            strict: whether the names must be exactly the module's.
            assign: make the tensors themselves the module's, rather than copying their values.

        Returns:
            The names that were missing and those that were unexpected.

        Raises:
            RuntimeError: names are missing or unexpected under ``strict``, or a shape does not fit.

        >>> import nn
        >>> a, b = nn.Linear(2, 1), nn.Linear(2, 1)
        >>> b.load_state_dict(a.state_dict())
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            hint = ""
            if hasattr(state_dict, "state_dict"):
                hint = " Give what its state_dict() returns."
            elif isinstance(state_dict, (str, PathLike)):
                hint = " Read the file first, with autograd.load(path)."
            fail(TypeError, f"Expected state_dict to be dict-like, got {type(state_dict)}.{hint}")
        metadata = getattr(state_dict, "_metadata", None) or {}
        keys = IncompatibleKeys([], [])
        errors: list[str] = []
        undo = Undo()
        try:
            self._load(dict(state_dict), "", metadata, assign, undo, keys, errors)
            if strict and keys.unexpected_keys:
                errors.insert(0, f"Unexpected key(s) in state_dict: {_quoted(keys.unexpected_keys)}. ")
            if strict and keys.missing_keys:
                errors.insert(0, f"Missing key(s) in state_dict: {_quoted(keys.missing_keys)}. ")
            if errors:
                lines = "\n\t".join(errors) + _hint(keys, state_dict)
                fail(RuntimeError, f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{lines}")
        except BaseException:
            undo.run()
            raise
        return keys

    def _load(self, state: dict[str, Any], prefix: str, metadata: Any, assign: bool, undo: Undo,
              keys: IncompatibleKeys, errors: list[str]) -> None:
        """Load this module, then its children."""
        local = {**metadata.get(prefix[:-1], {}), "undo": undo}
        if assign:
            local["assign_to_params_buffers"] = True
        self._load_from_state_dict(state, prefix, local, True, keys.missing_keys, keys.unexpected_keys, errors)
        for name, child in self._modules.items():
            if child is not None:
                start = f"{prefix}{name}."
                child._load({k: v for k, v in state.items() if k.startswith(start)}, start, metadata, assign, undo,
                            keys, errors)
        for hook in self._load_state_dict_post_hooks.values():
            if hook(self, keys) is not None:
                fail(AssertionError, "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to "
                                     "return new values, if incompatible_keys need to be modified, it should be done "
                                     "inplace.")

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool,
        missing_keys: list[str], unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:
        """Load this module alone; subclasses override it to read older forms of their state."""
        for hook, with_module in self._load_state_dict_pre_hooks.pairs():
            hook(*((self,) if with_module else ()), state_dict, prefix, local_metadata, strict, missing_keys,
                 unexpected_keys, error_msgs)
        own = {k: t for k, t in (*self._parameters.items(), *self._persistent_buffers()) if t is not None}
        for name, t in own.items():
            key = prefix + name
            if key in state_dict:
                error = self._take(name, t, key, state_dict[key], local_metadata)
                if error:
                    error_msgs.append(error)
            elif strict:
                missing_keys.append(key)
        extra = prefix + EXTRA_STATE
        if type(self).set_extra_state is not Stateful.set_extra_state:
            if extra in state_dict:
                self._take_extra_state(state_dict[extra], local_metadata)
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra:
                    name, dot, _ = key[len(prefix):].partition(".")
                    if name not in (self._modules if dot else own):
                        unexpected_keys.append(key)

    def _take(self, name: str, t: Any, key: str, value: Any, local_metadata: dict[str, Any]) -> str | None:
        """Take ``value`` for the parameter or buffer ``t``; returns what is wrong with it, or None."""
        if not isinstance(value, Tensor):
            return (f'While copying the parameter named "{key}", expected a Tensor from checkpoint but received '
                    f"{type(value)}")
        if isinstance(value, Uninitialized):
            return None if isinstance(t, Uninitialized) else f"{key}: the checkpoint has a parameter without a shape."
        array = value._a
        if t._a.ndim == 0 and array.shape == (1,):
            array = array[0:1].reshape(())
        if array.shape != t._a.shape:
            return (f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, "
                    f"the shape in current model is {t.shape}.")
        undo = local_metadata.get("undo")
        try:
            if not local_metadata.get("assign_to_params_buffers", False):
                if undo is not None:
                    undo.note_values(t)
                with no_grad():
                    t.copy_(value.reshape(t.shape))
                return None
            if undo is not None:
                undo.note(lambda: setattr(self, name, t))
            if isinstance(t, Parameter):
                if isinstance(value, Parameter):
                    value.requires_grad_(t.requires_grad)
                else:
                    value = Parameter(value, t.requires_grad)
            setattr(self, name, value)
        except Exception as error:
            return (f'While copying the parameter named "{key}", whose dimensions in the model are {t.shape} and whose '
                    f"dimensions in the checkpoint are {value.shape}, an exception occurred : {error.args}.")
        return None

    def _take_extra_state(self, state: Any, local_metadata: dict[str, Any]) -> None:
        undo = local_metadata.get("undo")
        if undo is not None and type(self).get_extra_state is not Stateful.get_extra_state:
            before = self.get_extra_state()
            undo.note(lambda: self.set_extra_state(before))
        self.set_extra_state(state)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> Handle:
        """Call ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)``
        before this module takes its state.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook: Callable[..., None], with_module: bool = False) -> Handle:
        return self._load_state_dict_pre_hooks.add(hook, way=with_module)

    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> Handle:
        """Call ``hook(module, incompatible_keys)`` after this module and its descendants took their state."""
        return self._load_state_dict_post_hooks.add(hook)


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _hint(keys: IncompatibleKeys, state: Mapping[str, Any]) -> str:
    """The likely fix where no name fits, as an end of the message."""
    missing, unexpected = set(keys.missing_keys), keys.unexpected_keys
    if not missing or not unexpected:
        return ""
    inner = next((k for k, v in state.items() if isinstance(v, Mapping) and missing & set(v)), None)
    if inner is not None:
        return f"\n  hint: the state_dict is inside, under {inner!r}: give load_state_dict(checkpoint[{inner!r}])"
    for key in unexpected:
        prefix = next((key[:-len(name)] for name in missing if key.endswith("." + name)), "")
        if prefix and all(k.startswith(prefix) for k in unexpected):
            return (f"\n  hint: the names in the checkpoint begin with {prefix!r}: take it away, as in "
                    f"{{k.removeprefix({prefix!r}): v for k, v in state_dict.items()}}")
    prefix = next((name[:-len(key)] for name in missing for key in unexpected if name.endswith("." + key)), "")
    if prefix and all(name.startswith(prefix) for name in missing):
        return (f"\n  hint: the names in the module begin with {prefix!r}: load into that submodule, with "
                f"get_submodule({prefix[:-1]!r}).load_state_dict(...)")
    return ""
