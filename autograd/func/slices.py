"""Functions of slices: `vmap`, and what stacks the state of modules for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import trees
from ..dispatch import is_tensor
from ..errors import fail
from ..on_first_call import RUNTIME
from ..random import default_generator

__all__ = ["stack_module_state", "vmap"]

Function = Callable[..., Any]


def vmap(func: Function, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
         chunk_size: int | None = None) -> Function:
    """The function that applies ``func`` to each slice of its arguments, and stacks the results.

    Args:
        in_dims: the dimension along which each argument is sliced, None for one that every call gets whole; an int for
            all, or a tuple with one for each, which may hold containers like theirs.
        out_dims: where the new dimension of each result stands.
        randomness: whether slices draw ``"different"`` random numbers or the ``"same"``; or ``"error"``, where none
            may be drawn.
        chunk_size: accepted for PyTorch's signature; slices are computed one by one.

    Raises:
        ValueError: nothing is sliced, sizes differ, or ``in_dims`` does not have the structure of the arguments.
        RuntimeError: random numbers were drawn under ``"error"``.

    >>> import autograd
    >>> autograd.func.vmap(autograd.dot)(autograd.ones(2, 3), autograd.tensor([[1., 2., 3.], [4., 5., 6.]]))
    tensor([ 6., 15.])
    """
    if randomness not in ("error", "different", "same"):
        fail(RuntimeError, f"vmap: randomness must be 'error', 'different' or 'same', got {randomness!r}")

    @functools.wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        dims = _in_dims(in_dims, args)
        values = trees.leaves(args)
        size = _size(values, dims)
        results = []
        before = default_generator.get_state()
        for i in range(size):
            if randomness == "same":
                default_generator.set_state(before)
            sliced = [v if d is None else v.select(d, i) for v, d in zip(values, dims, strict=True)]
            results.append(func(*trees.rebuild(args, iter(sliced)), **kwargs))
            if randomness == "error" and not np.array_equal(default_generator.get_state()._a, before._a):
                fail(RuntimeError, "vmap: called random operation while in randomness error mode. Please either use "
                                   "the "
                                   "'same' or 'different' randomness flags on vmap or perform the randomness operation "
                                   "out of vmap")
        return _stacked(results, out_dims)

    return mapped


def _in_dims(in_dims: Any, args: tuple[Any, ...]) -> list[int | None]:
    if not args:
        fail(ValueError, "vmap: got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
                         "function "
                         "with no inputs. The latter is unsupported.")
    if not isinstance(in_dims, int) and not isinstance(in_dims, (tuple, list)):
        fail(ValueError, f"vmap: expected `in_dims` to be int or a (potentially nested) tuple matching the structure "
                         f"of "
                         f"inputs, got: {type(in_dims).__name__}")
    try:
        found = trees.spread(in_dims, args)
    except ValueError as error:
        fail(ValueError, f"vmap: in_dims is not compatible with the structure of the inputs: {error}")
    return found


def _size(values: list[Any], dims: list[int | None]) -> int:
    sizes = set()
    for v, d in zip(values, dims, strict=True):
        if d is None:
            continue
        if not isinstance(d, int):
            fail(ValueError, f"vmap: Got in_dim={d!r} for an input: expected int or None")
        if not is_tensor(v):
            fail(ValueError, f"vmap: Got in_dim={d} for an input but the input is of type {type(v).__name__}. We "
                             f"cannot "
                             "vmap over non-Tensor arguments, please use None as the respective in_dim")
        if not -v.ndim <= d < v.ndim:
            fail(ValueError, f"vmap: Got in_dim={d} for some input, but that input is a Tensor of dimensionality "
                             f"{v.ndim} "
                             f"so expected in_dim to satisfy -{v.ndim} <= in_dim < {v.ndim}")
        sizes.add(v._a.shape[d])
    if not sizes:
        fail(ValueError, "vmap: at least one of in_dims must not be None")
    if len(sizes) > 1:
        fail(ValueError, f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
                         f"{sorted(sizes)} for the mapped dimension")
    size = sizes.pop()
    if size == 0:
        fail(ValueError, "vmap: the mapped dimension has no elements, so the shape of the result cannot be known")
    return size


def _stacked(results: list[Any], out_dims: Any) -> Any:
    rows = [trees.leaves(r) for r in results]
    for t in rows[0]:
        if not is_tensor(t):
            fail(ValueError, f"vmap: the function must only return Tensors, got type {type(t).__name__}. Did you mean "
                             f"to "
                             "set out_dims= to None for output?")
    places = trees.spread(out_dims, results[0])
    joined = [parts[0] if place is None else RUNTIME["stack"](parts, place)
              for parts, place in zip(map(list, zip(*rows, strict=True)), places, strict=True)]
    return trees.rebuild(results[0], iter(joined))


def stack_module_state(models: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters, and the buffers, of several modules of one kind, stacked along a new first dimension.

    With ``nn.func.functional_call`` and `vmap` they run as an ensemble.

    Raises:
        RuntimeError: there is no module, or they differ in type or mode.

    >>> import autograd, nn
    >>> params, buffers = autograd.func.stack_module_state([nn.Linear(2, 3) for _ in range(4)])
    >>> params["weight"].shape
    Size([4, 3, 2])
    """
    models = list(models)
    if not models:
        fail(RuntimeError, "stack_module_state: Expected at least one model, got 0.")
    if len({(type(m), m.training) for m in models}) > 1:
        fail(RuntimeError, "stack_module_state: Expected all models to be of the same class and in the same training "
                           "mode.")

    def stacked(each: list[dict[str, Any]], leaf: bool) -> dict[str, Any]:
        found = {}
        for name in each[0]:
            parts = [d[name] for d in each]
            joined = RUNTIME["stack"]([p.detach() for p in parts])
            found[name] = joined.requires_grad_(parts[0].requires_grad) if leaf else joined
        return found

    return (stacked([dict(m.named_parameters()) for m in models], True),
            stacked([dict(m.named_buffers()) for m in models], False))
