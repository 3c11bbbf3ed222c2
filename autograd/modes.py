"""Modes of recording, each per thread: gradient mode, inference mode, saved-tensor hooks, observers.

Operations read one flag, ``MODE.plain``: true while every thread is in the default state. Only when it is
false do they ask for the state of their own thread, so the common case costs one attribute.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any


class _State(threading.local):
    grad_enabled = True
    inference = False
    saved_hooks: tuple[tuple[Callable[..., Any], Callable[..., Any]], ...] = ()
    observers: tuple[Any, ...] = ()
    absence: _Absence | None = None


class _Absence:
    """Whether a thread is away from the default state. It counts while it lives, no longer than the thread."""

    __slots__ = ("_modes", "away")

    def __init__(self, modes: Modes) -> None:
        self._modes, self.away = modes, False

    def __del__(self) -> None:
        if self.away:
            self._modes.count(-1)


class Modes:
    """The state of the current thread, whether all threads are in the default state, and whether any ever inferred."""

    __slots__ = ("_absent", "_lock", "inferred", "plain", "state")

    def __init__(self) -> None:
        self.state = _State()
        self.plain = True
        self._absent = 0
        self.inferred = False
        self._lock = threading.RLock()

    def set(self, **changes: Any) -> dict[str, Any]:
        """Change fields of this thread's state; returns the values they had."""
        state = self.state
        before = {name: getattr(state, name) for name in changes}
        for name, value in changes.items():
            setattr(state, name, value)
        self.inferred |= state.inference
        self._note(state)
        return before

    def set_grad(self, enabled: bool) -> bool:
        """`set` for the field that is set most often; returns the value it had."""
        state = self.state
        before = state.grad_enabled
        if before is not enabled:
            state.grad_enabled = enabled
            self._note(state)
        return before

    def _note(self, s: _State) -> None:
        away = not s.grad_enabled or bool(s.inference or s.saved_hooks or s.observers)
        absence = s.absence
        if absence is None:
            absence = s.absence = _Absence(self)
        if absence.away is not away:
            absence.away = away
            self.count(1 if away else -1)

    def count(self, more: int) -> None:
        """Note that one thread more, or less, is away from the default state."""
        with self._lock:
            self._absent += more
            self.plain = self._absent == 0

    @property
    def observers(self) -> tuple[Any, ...]:
        return self.state.observers

    def observe(self, node: Any, g: Any, saved: Any, edges: Any) -> Any:
        """Run a node's rules under this thread's observers, the first one outermost."""
        def run() -> Any:
            return node.op.vjp(g, saved, edges, node.seq)

        observers = self.state.observers
        if len(observers) == 1:
            return observers[0].around_backward(node, g, run)
        for observer in reversed(observers):
            run = functools.partial(observer.around_backward, node, g, run)
        return run()


MODE = Modes()


def recording() -> bool:
    """Whether operations of this thread are recorded.

    >>> import autograd
    >>> with autograd.no_grad():
    ...     autograd.is_grad_enabled()
    False
    >>> autograd.is_grad_enabled()
    True
    """
    return MODE.plain or MODE.state.grad_enabled


is_grad_enabled = recording


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`.

    >>> import autograd
    >>> with autograd.inference_mode():
    ...     autograd.is_inference_mode_enabled()
    True
    """
    return not MODE.plain and MODE.state.inference
