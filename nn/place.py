"""Where in a model an error came from, what the module there was called with, and what would put it right.

Everything here runs after something went wrong; a call that goes well pays nothing for it.
"""

from __future__ import annotations

import inspect
from itertools import pairwise
from typing import Any

from autograd.errors import describe

#: The two sizes that say most about a layer, where it has them.
_SIZES = (("in_features", "out_features"), ("in_channels", "out_channels"), ("input_size", "hidden_size"))


class Place:
    """The innermost module an error passed, the path to it from the outermost so far, and what was said of it."""

    __slots__ = ("after", "message", "module", "outermost", "path", "text", "what")

    def __init__(self, module: Any, message: Any, what: str, after: str) -> None:
        self.module = self.outermost = module
        self.message, self.what, self.after = message, what, after
        self.path = self.text = ""


def locate(error: Exception, module: Any, args: Any = (), kwargs: Any = None, what: str = "module") -> None:
    """Say in ``error`` that it passed ``module``: called on the way out, innermost module first.

    The type stays. The message gets lines such as::

          in module layers.3.linear1 (Linear 512->2048) of Net, called with float32 [8, 256]
          hint: the input has 256 features in its last dimension: make this Linear(256, 2048), or ...

    Args:
        error: the exception under way.
        module: what it passed.
        args, kwargs: what the module was called with.
        what: what of the module it was.
    """
    place: Place | None = getattr(error, "_place", None)
    if place is None:
        # Some exceptions do not print their argument as it is; those get a note instead.
        message = str(error)
        after = _called_with(args, kwargs or {}) + _hint(error, module, args, kwargs or {}) if what == "module" else ""
        place = Place(module, message if error.args == (message,) else None, what, after)
        try:
            error._place = place  # type: ignore[attr-defined]
        except AttributeError:  # an exception class with slots
            return
    elif place.outermost is not module:
        name = next((name for name, m in module.named_modules() if m is place.outermost), "?")
        place.path = f"{name}.{place.path}" if place.path else name
        place.outermost = module
    elif place.text:
        return
    short = _short(place.module)
    where = f"{place.path} ({short}) of {type(module).__name__}" if place.path else short
    text = f"in {place.what} {where}{place.after}"
    if place.message is not None and str(error) in (place.message, f"{place.message}\n  {place.text}"):
        error.args = (f"{place.message}\n  {text}",)
    else:
        notes = getattr(error, "__notes__", [])
        if place.text in notes:
            notes.remove(place.text)
        error.add_note(text)
    place.text = text


def path_of(modules: list[Any]) -> str:
    """The place of the last of ``modules`` that run inside each other, outermost first: ``layers.3 (ReLU) of Net``."""
    names = []
    for outer, inner in pairwise(modules):
        if inner is not outer:
            names.append(next((name for name, m in outer.named_modules() if m is inner), "?"))
    short = _short(modules[-1])
    return f"{'.'.join(names)} ({short}) of {type(modules[0]).__name__}" if names else short


def _short(module: Any) -> str:
    """A module in a few words: ``Linear 512->2048``."""
    name = type(module).__name__
    try:
        extra = module.extra_repr()
        for first, second in _SIZES:
            if isinstance(getattr(module, first, None), int) and isinstance(getattr(module, second, None), int):
                sizes, rest = f"{getattr(module, first)}->{getattr(module, second)}", extra.split(", ", 2)[2:]
                return ", ".join([f"{name} {sizes}", *(r for r in rest if r != "bias=True")])
    except Exception:  # a module that is half made, or its repr is wrong
        return name
    return f"{name} {extra}" if extra and not module._modules and "\n" not in extra else name


def _called_with(args: Any, kwargs: Any) -> str:
    try:
        values = [describe(v) for v in args] + [f"{k}={describe(v)}" for k, v in kwargs.items() if v is not None]
    except Exception:  # an argument whose repr raises
        return ""
    return f", called with {', '.join(values)}".replace("\n", " ") if values else ", called without arguments"


def _hint(error: Exception, module: Any, args: Any, kwargs: Any) -> str:
    try:
        found = _misuse(error, module, args, kwargs) or module._hint(*args, **kwargs)
    except Exception:  # what it was called with is not what the layer takes
        return ""
    return f"\n  hint: {found}" if found else ""


def _misuse(error: Exception, module: Any, args: Any, kwargs: Any) -> str | None:
    """What is wrong with a call whatever the module."""
    if isinstance(error, TypeError) and f"{type(module).__name__}.forward() " in str(error):
        parameters = inspect.signature(module.forward).parameters.values()
        return f"forward takes ({', '.join(str(p.replace(annotation=p.empty)) for p in parameters)})"
    if isinstance(error, NotImplementedError) and 'missing the required "forward"' in str(error):
        from difflib import get_close_matches  # loaded where something went wrong

        near = get_close_matches("forward", vars(type(module)), 1)
        return f"{type(module).__name__} defines {near[0]!r}; was forward meant?" if near else module._hint()
    first = args[0] if args else None
    if isinstance(error, TypeError) and isinstance(first, tuple) and any(hasattr(v, "_a") for v in first):
        return (f"the input is a tuple of {len(first)}: LSTM, GRU, RNN and MultiheadAttention return several values; "
                "take the first, as in output, _ = layer(x)")
    return None
