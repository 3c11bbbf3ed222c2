"""`health`: what is wrong with a model, from a few steps of its training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..modes import MODE
from ..node import Node, Output
from .module_paths import ModulePaths
from .table import number

#: Share of a layer's units that never were above zero from which it is said.
DEAD = 0.5
#: Share of a hidden layer's outputs at the ends of their range from which it is said.
SATURATED = 0.8
#: A layer's gradient this many times smaller than the largest one vanishes; this many times larger than the last
#: layer's, it explodes.
VANISHING, EXPLODING = 1e-5, 1e4
#: Fewer samples than this say nothing about a unit.
LEAST_SAMPLES = 32

_RECTIFIERS = ("relu", "threshold", "hardtanh")
#: Operations whose outputs stop at bounds, and the bounds.
_BOUNDED = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
_ENDS = 0.01  # of the range
_SHAPES = ("reshape", "view_shape", "transpose", "permute", "squeeze", "unsqueeze", "clone", "slice_view",
           "select", "narrow")
_LOSSES = ("cross_entropy_batch", "cross_entropy_rows", "cross_entropy")


class Finding(NamedTuple):
    """One thing that is wrong: what kind, where, in a sentence, and what to do about it.

    >>> from autograd import viz
    >>> print(viz.Finding("dead ReLU", "1 (relu)", "all units are 0", "Try leaky_relu"))
    1 (relu): all units are 0. Try leaky_relu.
    """

    kind: str
    where: str
    message: str
    advice: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}. {self.advice}."


class _Units:
    """What the units of one activation did: how many samples they saw, and which were ever active or not at an end."""

    def __init__(self) -> None:
        self.samples = 0
        self.active: Any = None
        self.ends = self.elements = 0

    def rectified(self, a: Any) -> None:
        axes = (0, *range(2, a.ndim)) if a.ndim > 2 else (0,) if a.ndim == 2 else ()
        active = (a > 0).any(axis=axes)
        self.samples += a.size // max(active.size, 1)
        if self.active is None or self.active.shape != active.shape:
            self.active = active
        else:
            self.active |= active

    def bounded(self, a: Any, low: float, high: float) -> None:
        gap = _ENDS * (high - low)
        self.ends += int(((a < low + gap) | (a > high - gap)).sum())
        self.elements += a.size
        self.samples += len(a) if a.ndim else 1


class Health:
    """Watches a model while it trains; made by `health`.

    Attributes:
        steps: how many forward passes in training mode were seen.

    >>> import autograd, nn
    >>> from autograd import viz
    >>> model = nn.Linear(2, 1)
    >>> with viz.health(model) as check:
    ...     model(autograd.rand(4, 2)).sum().backward()
    >>> check
    health of 1 step of Linear: nothing is wrong
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.steps = 0
        self._paths = ModulePaths()
        self._handles: list[Any] = []
        self._calls: dict[str, int] = {}
        self._rectifiers: dict[str, _Units] = {}
        self._bounded: dict[str, _Units] = {}
        self._wrong_losses: dict[str, Finding] = {}
        self._not_finite: dict[str, str] = {}
        #: The root mean squares of each parameter's gradients, and of itself, step by step.
        self._gradients: dict[str, list[float]] = {name: [] for name, _ in model.named_parameters()}

    # --- watching ----------------------------------------------------------------------------------------

    def __enter__(self) -> Health:
        self._handles.append(self.model.register_forward_pre_hook(self._begin))
        for name, p in self.model.named_parameters():
            if p.requires_grad:
                self._handles.append(p.register_post_accumulate_grad_hook(self._gradient_of(name)))
        self._before = MODE.set(observers=(*MODE.state.observers, self))
        return self

    def __exit__(self, *exc: object) -> None:
        MODE.set(**self._before)
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._paths.clear()

    def _begin(self, module: Any, args: Any) -> None:
        if self.model.training:
            self.steps += 1
            self._calls.clear()

    def _gradient_of(self, name: str) -> Callable[[Any], None]:
        def note(p: Any) -> None:
            g = p.grad._a
            with np.errstate(all="ignore"):
                size = float(np.sqrt(np.mean(np.square(np.abs(g), dtype=np.float64)))) if g.size else 0.0
            if not np.isfinite(size) and name not in self._not_finite:
                self._not_finite[name] = f"its gradient is {size:g} in step {self.steps}"
            self._gradients[name].append(size)
        return note

    def after_forward(self, node: Node, t: Any) -> None:
        op = node.op.name
        if op in _LOSSES:
            self._check_scores(node)
        elif op == "logistic_error":
            self._check_logits(node)
        if not (op in _RECTIFIERS or op in _BOUNDED) or not self.model.training:
            return
        path = self._paths.running()
        if not path:
            return
        key = ".".join(path[1:]) or path[0]
        count = self._calls[f"{key} {op}"] = self._calls.get(f"{key} {op}", 0) + 1
        where = f"{key} ({op})" if count == 1 else f"{key} ({op} no. {count})"
        if op in _RECTIFIERS:
            self._rectifiers.setdefault(where, _Units()).rectified(t._a)
        else:
            self._bounded.setdefault(where, _Units()).bounded(t._a, *_BOUNDED[op])

    def around_backward(self, node: Node, g: Any, run: Callable[[], Any]) -> Any:
        return run()

    def _check_scores(self, node: Node) -> None:
        maker = _maker(node)
        if maker is not None and maker.op.name == "softmax":
            self._wrong_losses["softmax"] = Finding(
                "softmax before cross-entropy", "loss", "cross_entropy gets the result of a softmax, and applies "
                "another one to it, so that no prediction can come near certainty and gradients are small",
                "Leave the softmax out: cross_entropy takes the scores as they are")
        elif maker is not None and maker.op.name == "sigmoid":
            self._wrong_losses["sigmoid"] = Finding(
                "sigmoid before cross-entropy", "loss", "cross_entropy gets the result of a sigmoid, and applies a "
                "softmax to it", "Leave the sigmoid out, or use binary_cross_entropy for independent answers")

    def _check_logits(self, node: Node) -> None:
        maker = _maker(node)
        if maker is not None and maker.op.name == "sigmoid":
            self._wrong_losses["logits"] = Finding(
                "sigmoid before cross-entropy", "loss", "binary_cross_entropy_with_logits gets the result of a "
                "sigmoid, and applies another one to it", "Leave the sigmoid out, or use binary_cross_entropy")

    # --- findings ----------------------------------------------------------------------------------------

    def findings(self) -> list[Finding]:
        """All that was found; an empty list says that the model is well, as far as was seen."""
        found = list(self._wrong_losses.values())
        found += [Finding("not finite", name, what,
                          "Find where it comes from with viz.explain_nan, and try a smaller learning rate or "
                          "clip_grad_norm_") for name, what in self._not_finite.items()]
        for where, units in self._rectifiers.items():
            dead = 0 if units.active is None else int((~units.active).sum())
            if units.samples >= LEAST_SAMPLES and dead and dead >= DEAD * units.active.size:
                found.append(Finding(
                    "dead ReLU", where, f"{dead} of {units.active.size} units were 0 for each of "
                    f"{units.samples:,} samples, and so learn nothing",
                    "Try a smaller learning rate, biases that begin at 0 or above, "
                    "normalised inputs, or leaky_relu"))
        for where, units in self._bounded.items():
            if (where not in self._outputs() and units.samples >= LEAST_SAMPLES
                    and units.ends >= SATURATED * units.elements):
                found.append(Finding(
                    "saturated", where, f"{units.ends / units.elements:.0%} of its outputs are within 1 % of the ends "
                    "of their range, where the slope is nearly 0",
                    "Try smaller initial weights (nn.init.xavier_uniform_), "
                    "normalised inputs, a smaller learning rate, or a normalisation layer before it"))
        return found + self._unused() + self._sizes()

    def _outputs(self) -> set[str]:
        """The last bounded activation: an answer may well be sure."""
        last = list(self._bounded)[-1:]
        return set(last)

    def _unused(self) -> list[Finding]:
        if not any(self._gradients.values()):
            return []
        trained = {name for name, p in self.model.named_parameters() if p.requires_grad}
        without = [name for name, sizes in self._gradients.items() if name in trained and not sizes]
        zero = [name for name, sizes in self._gradients.items()
                if len(sizes) > 1 and not any(sizes) and not self._explained(name)]
        found = [Finding("unused parameter", name, f"no gradient reached it in {self.steps} steps",
                         "Use it in forward, or take it out of the model; where it is meant to stay as it is, "
                         "requires_grad_(False) says so") for name in without]
        return found + [Finding(
            "zero gradient", name, f"its gradient was 0 in each of {len(self._gradients[name])} steps",
            "Look for a factor of 0, a detach(), or an activation that is always flat after it") for name in zero]

    def _explained(self, name: str) -> bool:
        """Whether dead units of a rectifier already say why a gradient is zero."""
        return any(u.active is not None and not u.active.any() for u in self._rectifiers.values())

    def _sizes(self) -> list[Finding]:
        sizes = {}
        for name, p in self.model.named_parameters():
            seen = [s for s in self._gradients[name] if np.isfinite(s)]
            if p.ndim > 1 and seen and any(seen):
                sizes[name] = float(np.median(seen))
        if len(sizes) < 3:
            return []
        largest, last = max(sizes.values()), list(sizes.values())[-1]
        found = []
        for name, size in sizes.items():
            if 0 < size < VANISHING * largest:
                found.append(Finding(
                    "vanishing gradient", name, f"its gradient is {number(size)} on average, where that of another "
                    f"layer is {number(largest)}",
                    "Try relu or gelu in place of sigmoid or tanh, another initialisation, "
                    "normalisation layers, or connections that skip layers"))
            elif last > 0 and size > EXPLODING * last:
                found.append(Finding(
                    "exploding gradient", name, f"its gradient is {number(size)} on average, where that of the last "
                    f"layer is {number(last)}",
                    "Try clip_grad_norm_, smaller initial weights, or normalisation layers"))
        return found

    def __bool__(self) -> bool:
        """Whether a step was seen, and nothing is wrong."""
        return self.steps > 0 and not self.findings()

    def __repr__(self) -> str:
        found = self.findings()
        if not self.steps and not found:
            return (f"health of {type(self.model).__name__}: no step was seen. Give health() a function that does one "
                    "training step, or train inside `with viz.health(model) as check:`, in training mode")
        seen = f"{self.steps} step{'s' * (self.steps != 1)} of {type(self.model).__name__}"
        if not found:
            return f"health of {seen}: nothing is wrong"
        return f"health of {seen}:\n" + "\n".join(f"  [{f.kind}] {f}" for f in found)


def _maker(node: Node) -> Node | None:
    """The operation that made the first input, seen through changes of shape."""
    maker: Any = node.edges[0]
    while maker is not None:
        if not isinstance(maker, Output) and maker.op.name not in _SHAPES:
            return maker
        maker = maker.edges[0]
    return None


def health(model: Any, step: Callable[[], Any] | None = None, steps: int = 5) -> Health:
    """Look after a model for a few training steps, and say what is wrong, each with a sentence of advice.

    Found are dead ReLUs, units that are saturated, parameters that get no gradient, gradients that vanish, explode or
    are not finite, and a softmax before cross-entropy. Parameters, gradients and random numbers are as without.

    Args:
        model: the module.
        step: one training step, which is then called ``steps`` times. Without it, train inside a ``with`` block.
        steps: how often.

    Returns:
        A `Health`: ``print`` shows what was found, ``findings()`` is the list, and it is true where steps were seen and
        nothing is wrong.

    >>> import autograd, nn, optim
    >>> from autograd import viz
    >>> model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    >>> _ = nn.init.constant_(model[0].bias, -10.)
    >>> check = viz.health(model, lambda: model(autograd.rand(64, 2)).mean().backward(), steps=3)
    >>> [(f.kind, f.where) for f in check.findings()]
    [('dead ReLU', '1 (relu)')]
    >>> check.findings()[0].message
    '4 of 4 units were 0 for each of 192 samples, and so learn nothing'
    """
    check = Health(model)
    if step is not None:
        with check:
            for _ in range(steps):
                step()
    return check
