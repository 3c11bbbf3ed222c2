"""Checkpointing: let go of intermediate values in the forward, and compute them again in the backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .errors import fail
from .grad_mode import enable_grad
from .modes import recording
from .random import fork_rng, get_rng_state, set_rng_state
from .saved_hooks import saved_tensors_hooks


class _Segment:
    """A function call whose saved values are numbered in the forward and recomputed all at once in the backward."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], rng: bool) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.rng_state = get_rng_state() if rng else None
        self.count = 0
        self.values: dict[int, Any] = {}

    def pack(self, t: Any) -> int:
        self.count += 1
        return self.count - 1

    def unpack(self, index: int) -> Any:
        if index not in self.values:
            self._recompute()
        return self.values.pop(index)

    def _recompute(self) -> None:
        found: list[Any] = []

        def keep(t: Any) -> Any:
            found.append(t.clone().detach() if t._version else t.detach())
            return t

        def run() -> None:
            with enable_grad(), saved_tensors_hooks(keep, lambda t: t):
                self.function(*self.args, **self.kwargs)

        if self.rng_state is None:
            run()
        else:
            with fork_rng():
                set_rng_state(self.rng_state)
                run()
        if len(found) != self.count:
            fail(RuntimeError, "checkpoint: A different number of tensors was saved during the original forward and "
                               f"recomputation: {self.count} and {len(found)}. The function must do the same each time "
                               "it is called")
        self.values = dict(enumerate(found))


def checkpoint(
    function: Callable[..., Any], *args: Any, use_reentrant: bool | None = None, preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Call ``function(*args, **kwargs)``, keeping none of its intermediate values: the backward computes them again.

    Trades one more forward for memory (Chen et al., 2016, "Training Deep Nets with Sublinear Memory Cost").

    Args:
        function: what to run; it must compute the same when called again with the same random state.
        use_reentrant: accepted for PyTorch's signature; there is one implementation, which has the restrictions of
            neither of PyTorch's two.
        preserve_rng_state: whether the second run sees the random state of the first (for dropout).

    >>> import autograd
    >>> x = autograd.tensor([1., 2.], requires_grad=True)
    >>> autograd.checkpoint(lambda t: t.exp().sin().exp(), x).sum().backward()
    >>> x.grad
    tensor([-3.7373,  8.0986])
    """
    if not recording():
        return function(*args, **kwargs)
    segment = _Segment(function, args, kwargs, preserve_rng_state)
    with saved_tensors_hooks(segment.pack, segment.unpack):
        return function(*args, **kwargs)


def checkpoint_sequential(functions: Any, segments: int, input: Any, use_reentrant: bool | None = None,
                          **kwargs: Any) -> Any:
    """Run a sequence of functions, checkpointing it in ``segments`` parts; the last part keeps its values.

    >>> import autograd
    >>> x = autograd.tensor([1., 2.], requires_grad=True)
    >>> autograd.checkpoint_sequential([autograd.exp, autograd.sin, autograd.exp], 2, x).sum().backward()
    >>> x.grad
    tensor([-3.7373,  8.0986])
    """
    functions = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(functions) // segments

    def chain(part: Sequence[Callable[..., Any]]) -> Callable[[Any], Any]:
        def run(x: Any) -> Any:
            for f in part:
                x = f(x)
            return x
        return run

    end = size * (segments - 1)
    for start in range(0, end, size):
        input = checkpoint(chain(functions[start:start + size]), input, use_reentrant=use_reentrant, **kwargs)
    return chain(functions[end:])(input)
