"""Switches of recording: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from .modes import MODE

F = TypeVar("F", bound=Callable[..., Any])

# inspect.CO_GENERATOR, without the 5 ms that importing inspect takes.
_CO_GENERATOR = 0x20


class _Mode:
    """A context manager that is a decorator as well, of functions and of generator functions."""

    #: What was before and what was before that, because one object may be entered again inside itself.
    _before: Any = None

    def _enter(self) -> Any:
        """Enter the mode; returns what `_leave` restores."""
        raise NotImplementedError

    def _leave(self, before: Any) -> None:
        MODE.set_grad(before)

    def __enter__(self) -> None:
        self._before = self._enter(), self._before

    def __exit__(self, *exc: object) -> None:
        before, self._before = self._before
        self._leave(before)

    def clone(self) -> _Mode:
        """A new mode object with the same settings."""
        return type(self)()

    def __call__(self, function: F) -> F:
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _CO_GENERATOR:
            return self._decorate_generator(function)

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.clone():  # type: ignore[attr-defined]
                return function(*args, **kwargs)
        return wrapper  # type: ignore[return-value]

    def _decorate_generator(self, function: F) -> F:
        """The mode holds while the generator runs, and not while its consumer does."""
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step: Callable[[], Any] = functools.partial(next, generator)
            while True:
                try:
                    with self.clone():  # type: ignore[attr-defined]
                        value = step()
                except StopIteration as stop:
                    return stop.value
                try:
                    sent = yield value
                except GeneratorExit:
                    with self.clone():  # type: ignore[attr-defined]
                        generator.close()
                    raise
                except BaseException as error:
                    step = functools.partial(generator.throw, error)
                else:
                    step = functools.partial(generator.send, sent)
        return wrapper  # type: ignore[return-value]


class no_grad(_Mode):
    """Operations inside are not recorded. Use as ``with no_grad():`` or ``@no_grad()``.

    >>> import autograd
    >>> x = autograd.ones(2, requires_grad=True)
    >>> with autograd.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __new__(cls, function: Any = None) -> Any:
        mode = object.__new__(cls)
        return mode if function is None else mode(function)

    def _enter(self) -> Any:
        return MODE.set_grad(False)


class enable_grad(no_grad):
    """Operations inside are recorded, even within `no_grad`.

    >>> import autograd
    >>> x = autograd.ones(1, requires_grad=True)
    >>> with autograd.no_grad(), autograd.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    def _enter(self) -> Any:
        return MODE.set_grad(True)


class set_grad_enabled(_Mode):
    """Set recording on or off at once; as a context manager, until the end of the block.

    >>> import autograd
    >>> x = autograd.ones(1, requires_grad=True)
    >>> with autograd.set_grad_enabled(False):
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self._before = self._enter(), None
        self._entered = False

    def _enter(self) -> Any:
        return MODE.set_grad(self.mode)

    def __enter__(self) -> None:
        if self._entered:
            super().__enter__()
        self._entered = True

    def __call__(self, function: F) -> F:
        self.__exit__()
        return super().__call__(function)

    def clone(self) -> _Mode:
        return type(self)(self.mode)


class inference_mode(_Mode):
    """Like `no_grad`, and tensors made inside can never be used in recorded operations nor track writes.

    Args:
        mode: whether to enter the mode; False leaves it.

    >>> import autograd
    >>> x = autograd.ones(1, requires_grad=True)
    >>> with autograd.inference_mode():
    ...     y = x * 2
    >>> y.requires_grad, y.is_inference()
    (False, True)
    """

    def __new__(cls, mode: Any = True) -> Any:
        made = object.__new__(cls)
        if callable(mode):
            made.mode = True
            return made(mode)
        made.mode = bool(mode)
        return made

    mode: bool

    def _enter(self) -> Any:
        return MODE.set(inference=self.mode, grad_enabled=not self.mode)

    def _leave(self, before: Any) -> None:
        MODE.set(**before)

    def clone(self) -> _Mode:
        return type(self)(self.mode)
