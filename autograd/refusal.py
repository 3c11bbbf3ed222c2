"""What stands for something that is not here: it can be imported and passed around, and raises when it is used."""

from __future__ import annotations

from typing import Any, NoReturn


class Refusal:
    """Raises ``error(message)`` when it is called, when a class is derived from it, or when it is asked for attributes.

    Programs import more than they use, and name types in annotations and ``isinstance``; nothing is an instance of it.

    >>> import autograd
    >>> isinstance(autograd.ones(2), autograd.cuda.FloatTensor)
    False
    """

    def __init__(self, message: str, error: type[Exception]) -> None:
        self._message, self._error = message, error

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self._error(self._message)

    def __mro_entries__(self, bases: Any) -> NoReturn:
        raise self._error(self._message)

    def __getattr__(self, name: str) -> Any:
        # Tools look for names with underscores, and NumPy for `dtype`, to find out what a thing is.
        if name.startswith("_") or name == "dtype":
            raise AttributeError(f"{self!r} has no attribute {name!r}")
        raise self._error(self._message)

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __subclasscheck__(self, cls: Any) -> bool:
        return False

    def __or__(self, other: Any) -> Any:
        return self

    __ror__ = __getitem__ = __or__

    def __repr__(self) -> str:
        return f"<{self._message}>"
