"""Where in a model an error came from."""

from __future__ import annotations

from typing import Any


class Place:
    """The innermost module an error passed, and the path to it from the outermost so far."""

    __slots__ = ("message", "module", "outermost", "path", "text")

    def __init__(self, module: Any, message: Any) -> None:
        self.module = self.outermost = module
        self.message = message
        self.path = self.text = ""


def locate(error: Exception, module: Any) -> None:
    """Say in ``error`` that it passed ``module``: called on the way out, innermost module first.

    The type stays. The message gets a line such as ``in module layers.3.linear1 of Net: Linear(in_features=8, ...)``.
    """
    place: Place | None = getattr(error, "_place", None)
    if place is None:
        # Some exceptions do not print their argument as it is; those get a note instead.
        message = str(error)
        place = Place(module, message if error.args == (message,) else None)
        try:
            error._place = place  # type: ignore[attr-defined]
        except AttributeError:  # an exception class with slots
            return
    elif place.outermost is not module:
        name = next((name for name, m in module.named_modules() if m is place.outermost), "?")
        place.path = f"{name}.{place.path}" if place.path else name
        place.outermost = module
    where = f"{place.path} of {type(module).__name__}: " if place.path else ""
    text = f"in module {where}{_one_line(place.module)}"
    if place.message is not None and str(error) in (place.message, f"{place.message}\n  {place.text}"):
        error.args = (f"{place.message}\n  {text}",)
    else:
        notes = getattr(error, "__notes__", [])
        if place.text in notes:
            notes.remove(place.text)
        error.add_note(text)
    place.text = text


def _one_line(module: Any) -> str:
    try:
        extra = module.extra_repr()
    except Exception:
        extra = ""
    name = type(module).__name__
    return f"{name}({extra})" if extra and not module._modules and "\n" not in extra else name
