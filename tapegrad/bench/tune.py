"""``tapegrad bench --tune``: measure the methods of convolution on this processor, and keep what they cost.

Each method is timed on the shapes of the benchmark's tables; from that follows what each count of its work costs
(`autograd.kernels.convolution.costs`), by least squares of relative errors without negative costs (Lawson and Hanson,
Solving least squares problems, 1974).
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .case import Array, normal
from .sections.convolutions import GROUPED, LINES, STRIDED, THREE, TRANSPOSED, Shape

#: The shapes that are measured.
SHAPES = (*THREE, *STRIDED, *GROUPED, *LINES, *TRANSPOSED)
#: Methods that take so many times as long as the best on a shape say nothing about choices.
_HOPELESS = 4
#: How often a shape that was asked for counts.
_ASKED = 10


class Timing(NamedTuple):
    """What the methods took for one convolution or gradient, in seconds.

    ``geometry`` is an `autograd.kernels.convolution.plans.Geometry`.
    """

    name: str
    kind: str
    geometry: Any
    seconds: dict[str, float]


def parse(text: str) -> Shape:
    """A shape from ``BATCH,IN,OUT,SIZE,KERNEL`` and further ``name=value``, such as ``32,64,128,56x56,3x3,padding=1``.

    Raises:
        ValueError: it is none.
    """
    numbers, *options = re.split(r",(?=[a-z])", text)
    try:
        n, c, o, size, kernel = numbers.split(",")
        given: dict[str, Any] = {name: int(value) for name, value in (option.split("=") for option in options)}
        if unknown := given.keys() - {"stride", "padding", "groups"}:
            raise ValueError(f"no option {', '.join(sorted(unknown))}")
        shape = Shape(int(n), int(c), int(o), tuple(map(int, size.split("x"))), tuple(map(int, kernel.split("x"))),
                      **given)
        positive = (shape.n, shape.c, shape.o, *shape.size, *shape.kernel, shape.stride, shape.groups)
        if min(positive) < 1 or shape.padding < 0 or len(shape.size) != len(shape.kernel) or len(shape.size) > 3:
            raise ValueError("sizes do not fit")
        if shape.c % shape.groups or shape.o % shape.groups:
            raise ValueError("groups do not divide the channels")
        if any(s + 2 * shape.padding < k for s, k in zip(shape.size, shape.kernel)):
            raise ValueError("the window is larger than the image")
    except ValueError as error:
        raise ValueError(f"{text!r} is not a shape such as 32,64,128,56x56,3x3,stride=2,padding=1,groups=1: "
                         f"{error}") from None
    return shape


def take(shapes: Sequence[Shape], rounds: int, echo: Callable[[str], object] = lambda text: None) -> list[Timing]:
    """Time all methods on all shapes, forward and both gradients, interleaved."""
    found = []
    for shape in shapes:
        for kind, geometry, calls in _calls(shape):
            seconds = _times(calls, rounds)
            found.append(Timing(str(shape), kind, geometry, seconds))
            echo(f"{shape}, {kind}: " + ", ".join(f"{m} {1e3 * s:.3g} ms" for m, s in
                                                  sorted(seconds.items(), key=lambda item: item[1])))
    return found


def _calls(shape: Shape) -> list[tuple[str, Any, dict[str, Callable[[], Any]]]]:
    """For the forward and each gradient: its geometry, and the call of each method."""
    from autograd.kernels.convolution import choice as conv_choice
    from autograd.kernels.convolution.plans import methods
    from autograd.kernels.windows import output_size
    d = len(shape.size)
    x: tuple[int, ...] = (shape.n, shape.c, *shape.size)
    if shape.transposed:  # as a gradient
        size = [(m - 1) * shape.stride - 2 * shape.padding + k for m, k in zip(shape.size, shape.kernel)]
        x = (shape.n, shape.o, *size)
    w = shape.arrays()[1].shape
    options: tuple[Any, ...] = ((shape.stride,) * d, ((shape.padding,) * 2,) * d, (1,) * d)
    out = (shape.n, w[0], *output_size(x[2:], w[2:], *options))
    geometry: Any = conv_choice.geometry(x, w, *options, shape.groups)
    inputs, weights, grad, none = normal(*x), normal(*w, seed=1), normal(*out, seed=2), np.empty(0, np.float32)
    arrays: dict[str, tuple[tuple[Array, ...], tuple[int, ...]]] = {
        "forward": ((inputs, weights, none), out), "input": ((grad, weights, none), x), "weight": ((grad, inputs), w)}

    def call(method: str, kind: str) -> Callable[[], Any]:
        return lambda: conv_choice.run(method, kind, geometry, *arrays[kind])
    lanes, rows = conv_choice.vectors(4)
    return [(kind, geometry, {m: call(m, kind) for m in methods(kind, geometry, lanes, rows, 4)}) for kind in arrays]


def _times(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """The least time of each call; of those that are much slower than another only a first one."""
    clock = time.process_time

    def once(call: Callable[[], Any], count: int) -> float:
        start = clock()
        for _ in range(count):
            call()
        return (clock() - start) / count

    for call in calls.values():
        call()  # compiles
    found = {m: max(once(call, 1), 1e-6) for m, call in calls.items()}
    limit = _HOPELESS * min(found.values())
    for _ in range(rounds):
        for m, call in calls.items():
            if found[m] <= limit:
                found[m] = max(min(found[m], once(call, max(1, int(2e-3 / found[m])))), 1e-7)
    return found


def fit(timings: Sequence[Timing], asked: int = 0) -> Any:
    """The table of costs (`autograd.kernels.convolution.costs.Costs`) that explains the timings best.

    What no timing tells is as shipped, in proportion. The last ``asked`` shapes count more than the others.
    """
    from scipy.optimize import nnls

    from autograd.kernels.convolution import choice as conv_choice
    from autograd.kernels.convolution.costs import SHIPPED, predicted, work
    lanes, rows = conv_choice.vectors(4)
    samples: dict[tuple[str, str], list[tuple[tuple[int, ...], float]]] = {}
    hopeless: dict[tuple[str, str], list[tuple[tuple[int, ...], float]]] = {}
    proportions = []
    for i, (_, kind, geometry, seconds) in enumerate(timings):
        for method, taken in seconds.items():
            found = samples if taken <= _HOPELESS * min(seconds.values()) else hopeless
            times = _ASKED if i >= len(timings) - 3 * asked else 1
            found.setdefault((kind, method), []).extend([(work(method, kind, geometry, lanes, rows), taken)] * times)
            proportions.append(taken / predicted(SHIPPED, method, kind, geometry, lanes, rows))
    proportion = statistics.median(proportions)
    table = {kind: {m: [proportion * x for x in row] for m, row in by_method.items()}
             for kind, by_method in SHIPPED.items()}
    for (kind, method), known in {**hopeless, **samples}.items():
        counts, picoseconds = np.array([c for c, _ in known], np.float64), 1e12 * np.array([s for _, s in known])
        solution, _ = nnls(counts / picoseconds[:, None], np.ones(len(known)))
        table[kind][method] = [float(f"{x:.3g}") for x in solution]
    return table


def lost(timings: Sequence[Timing], table: Any) -> float:
    """The mean ratio of what the chosen methods took to what the best ones took."""
    ratios = [taken[chosen] / min(taken.values()) for chosen, taken in _choices(timings, table)]
    return statistics.geometric_mean(ratios)


def _choices(timings: Sequence[Timing], table: Any) -> list[tuple[str, dict[str, float]]]:
    from autograd.kernels.convolution import choice as conv_choice
    from autograd.kernels.convolution.costs import predicted
    lanes, rows = conv_choice.vectors(4)
    found = []
    for _, kind, geometry, seconds in timings:
        allowed = {m: s for m, s in seconds.items() if m != "winograd4"}
        found.append((min(allowed, key=lambda m: predicted(table, m, kind, geometry, lanes, rows)), allowed))
    return found


def tune(asked: Sequence[Shape], echo: Callable[[str], object], shapes: Sequence[Shape] = SHAPES,
         rounds: int = 7) -> None:
    """Measure, say what is found, and write it to the user's cache."""
    from autograd.kernels.convolution import choice as conv_choice
    from autograd.kernels.convolution.costs import SHIPPED, write
    from autograd.kernels.vectors.ir import processor
    timings = take([*shapes, *asked], rounds, echo)
    table = fit(timings, len(asked))
    before, after = _choices(timings, SHIPPED), _choices(timings, table)
    echo("")
    for timing, (old, seconds), (new, _) in zip(timings, before, after):
        if old != new:
            echo(f"{timing.name}, {timing.kind}: {new} instead of {old}, {seconds[new] / seconds[old]:.2f} of its time")
    echo(f"\nchosen methods take {lost(timings, SHIPPED):.3f} times as long as the best ones by the table that is "
         f"shipped, and {lost(timings, table):.3f} times by the new one")
    if lost(timings, table) < lost(timings, SHIPPED):
        write(conv_choice.costs_file(), processor(), table)
        echo(f"written for this processor: {conv_choice.costs_file()}; remove it to return to what is shipped")
    else:
        echo("nothing written: the table that is shipped is as good")
