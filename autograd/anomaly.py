"""Anomaly mode: find the forward line of the operation whose backward made a NaN."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import fail
from .modes import MODE
from .tape import Node, Parts
from .where import forward_lines, note_forward

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


class _Watch:
    """The observer behind anomaly mode."""

    def __init__(self, check_nan: bool) -> None:
        self.check_nan = check_nan

    def after_forward(self, node: Node, t: Any) -> None:
        note_forward(node, (_PACKAGE, "<autograd"))

    def around_backward(self, node: Node, g: Any, run: Callable[[], Any]) -> Any:
        contributions = run()
        if self.check_nan:
            for i, c in enumerate(contributions):
                if _has_nan(c):
                    fail(RuntimeError, f"Function '{node.name()}' returned nan values in its {i}th output. The forward "
                                       f"call that it belongs to:\n{forward_lines(node)}")
        return contributions


def _has_nan(value: Any) -> bool:
    if isinstance(value, Parts):
        return any(map(_has_nan, value.by_index.values()))
    array = getattr(value, "_a", value)
    return array is not None and np.asarray(array).dtype.kind in "fc" and bool(np.isnan(array).any())


class detect_anomaly:
    """Inside the block, a backward that produces a NaN raises and shows the forward line it comes from.

    Run the forward inside the block too, so that the line is known. Costs time: for debugging.

    Args:
        check_nan: whether to look for NaN in every gradient; otherwise only errors get the forward line.

    >>> import autograd
    >>> x = autograd.tensor(0., requires_grad=True)
    >>> with autograd.detect_anomaly():
    ...     y = x.sqrt() * 0
    ...     y.backward()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output. ...
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._watch = _Watch(check_nan)
        self._before: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        self._before.append(MODE.set(observers=(*MODE.state.observers, self._watch)))

    def __exit__(self, *exc: object) -> None:
        MODE.set(**self._before.pop())


class set_detect_anomaly:
    """Turn anomaly mode on or off in this thread; as a context manager, until the end of the block.

    >>> import autograd
    >>> with autograd.set_detect_anomaly(True):
    ...     autograd.is_anomaly_enabled()
    True
    >>> autograd.is_anomaly_enabled()
    False
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        others = tuple(o for o in MODE.state.observers if not isinstance(o, _Watch))
        self._before = MODE.set(observers=(*others, _Watch(check_nan)) if mode else others)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        MODE.set(**self._before)


def is_anomaly_enabled() -> bool:
    """Whether this thread is in anomaly mode.

    >>> import autograd
    >>> with autograd.detect_anomaly():
    ...     autograd.is_anomaly_enabled()
    True
    """
    return any(isinstance(o, _Watch) for o in MODE.state.observers)
