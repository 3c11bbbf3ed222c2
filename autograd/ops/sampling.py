"""New tensors of random numbers. What was drawn is constant: its gradient by the parameters is zero."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from ..creation import finish
from ..dispatch import is_tensor
from ..dtypes import DEFAULT, numpy_dtype, scalar_type
from ..errors import describe, fail
from ..filled import shape_from
from ..kernels import counts, sampling as kernel
from ..primitive import composite
from ..strides import like
from .random_fill import (
    Array,
    Draw,
    bernoulli_draw,
    bounds_of,
    checked_probabilities,
    drawn_with,
    engine_of,
    fill,
    integer_draw,
    normal_draw,
    uniform_draw,
)


def _sized(name: str, size: tuple[Any, ...], named: dict[str, Any]) -> tuple[int, ...]:
    if named:
        size = (*size, named.pop("size", ()))
        if named:
            fail(TypeError, f"{name}() got an unexpected keyword argument {next(iter(named))!r}")
    return shape_from(name, size)


def _new(shape: tuple[int, ...], dtype: np.dtype[Any], draw: Draw, requires_grad: bool, device: Any) -> Any:
    return finish(draw(int(np.prod(shape)), True).reshape(shape), requires_grad, device)


def _like(name: str, input: Any, dtype: Any, make: Any, requires_grad: bool, device: Any) -> Any:
    """A tensor like ``input``, its strides too, filled with ``make(dtype)``."""
    template = getattr(input, "_a", None)
    if template is None:
        fail(TypeError, f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    target = template.dtype if dtype is None else numpy_dtype(dtype)
    array = like(np.empty, template, target)
    fill(array, make(target))
    return finish(array, requires_grad, device)


def _float_type(dtype: Any) -> np.dtype[Any]:
    return DEFAULT.float if dtype is None else numpy_dtype(dtype)


@composite(method=False)
def rand(*size, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, **named):
    """Numbers uniform in [0, 1), in a tensor of the given size.

    Args:
        size: ints, or one sequence of ints.
        generator: where to draw from. Default: the default generator, which `manual_seed` seeds.
        dtype: floating or complex. Default: the default float type.

    Raises:
        NotImplementedError: ``dtype`` is an integer type.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.rand(2)
    tensor([0.4963, 0.7682])
    """
    target = _float_type(dtype)
    draw = uniform_draw(engine_of(generator), target, 0.0, 1.0)
    return _new(_sized("rand", size, named), target, draw, requires_grad, device)


@composite(method=False)
def randn(*size, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, **named):
    """Standard normal numbers, in a tensor of the given size; the arguments of `rand`.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.randn(2, 2)
    tensor([[ 1.5410, -0.2934],
            [-2.1788,  0.5684]])
    """
    target = _float_type(dtype)
    draw = normal_draw(engine_of(generator), target, 0.0, 1.0)
    return _new(_sized("randn", size, named), target, draw, requires_grad, device)


def _limits(name: str, bounds: tuple[Any, ...], low: Any, high: Any) -> tuple[int, int]:
    """``(low, high)`` from one or two positional bounds and the keywords."""
    if len(bounds) == 1:
        if high is None:
            high, = bounds
        else:
            low, = bounds
    elif bounds:
        low, high = bounds
    for what, value in (("low", low), ("high", high)):
        if is_tensor(value) and value._a.ndim == 0:
            continue
        if isinstance(value, float) or not hasattr(value, "__index__"):
            fail(TypeError, f"{name}(): argument '{what}' must be int, not {type(value).__name__}")
        if not -(1 << 63) <= index(value) < 1 << 63:
            fail(ValueError, f"Overflow when unpacking long long: {what}={value} does not fit in 64 bits")
    return index(low), index(high)


@composite(method=False)
def randint(*bounds, low=0, high=None, size=None, generator=None, dtype=None, layout=None, device=None,
            requires_grad=False, pin_memory=False):
    """Integers equally likely in [low, high): ``randint(high, size)`` or ``randint(low, high, size)``.

    Args:
        low: the least, 0 unless given.
        high: one above the greatest.
        size: the shape, a sequence of ints.
        generator: where to draw from.
        dtype: of the result. Default: int64.

    Raises:
        RuntimeError: the range is empty, or does not fit ``dtype``.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.randint(10, (4,))
    tensor([4, 9, 3, 0])
    """
    if size is None:
        if len(bounds) < (2 if high is None else 1):
            fail(TypeError, "randint() missing 1 required positional arguments: \"size\"")
        bounds, size = bounds[:-1], bounds[-1]
    low, high = _limits("randint", bounds, low, high)
    target = np.dtype(np.int64) if dtype is None else numpy_dtype(dtype)
    if not isinstance(size, (tuple, list)):
        fail(TypeError, f"randint(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    shape = shape_from("randint", (size,))
    return _new(shape, target, integer_draw(engine_of(generator), target, low, high), requires_grad, device)


@composite(method=False)
def rand_like(input, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
              memory_format=None):
    """Numbers uniform in [0, 1), in a tensor of the shape and dtype of ``input``.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.rand_like(autograd.zeros(2))
    tensor([0.4963, 0.7682])
    """
    engine = engine_of(generator)
    return _like("rand_like", input, dtype, lambda d: uniform_draw(engine, d, 0.0, 1.0), requires_grad, device)


@composite(method=False)
def randn_like(input, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
               memory_format=None):
    """Standard normal numbers, in a tensor of the shape and dtype of ``input``.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.randn_like(autograd.zeros(2))
    tensor([ 1.5410, -0.2934])
    """
    engine = engine_of(generator)
    return _like("randn_like", input, dtype, lambda d: normal_draw(engine, d, 0.0, 1.0), requires_grad, device)


@composite(method=False)
def randint_like(input, *bounds, low=0, high=None, generator=None, dtype=None, layout=None, device=None,
                 requires_grad=False, pin_memory=False, memory_format=None):
    """Integers equally likely in [low, high), in a tensor of the shape and dtype of ``input``.

    Called as ``randint_like(input, high)`` or ``randint_like(input, low, high)``.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.randint_like(autograd.zeros(4), 10)
    tensor([4., 9., 3., 0.])
    """
    low, high = _limits("randint_like", bounds, low, high)
    engine = engine_of(generator)
    return _like("randint_like", input, dtype, lambda d: integer_draw(engine, d, low, high), requires_grad, device)


@composite(method=False)
def randperm(n, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The integers from 0 to n - 1 in random order.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.randperm(5)
    tensor([4, 0, 1, 3, 2])
    """
    n = index(n)
    if n < 0:
        fail(RuntimeError, f"Trying to create tensor with negative dimension {n}: [{n}]")
    target = np.dtype(np.int64) if dtype is None else numpy_dtype(dtype)
    if n - 1 > bounds_of(target)[1]:
        fail(RuntimeError, f"value cannot be converted to type {target} without overflow: n = {n}")
    return finish(kernel.permutation(engine_of(generator), n).astype(target, copy=False), requires_grad, device)


@composite(method=False)
def normal(mean=0.0, std=1.0, size=None, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False,
           pin_memory=False):
    """Normal numbers; mean and standard deviation are numbers, or tensors with a value for each place.

    Args:
        mean, std: numbers or tensors that broadcast.
        size: the shape, where both are numbers.
        generator: where to draw from.

    Raises:
        RuntimeError: a standard deviation is negative.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.normal(autograd.tensor([0., 100.]), 1.)
    tensor([ 1.5410, 99.7066])
    """
    engine = engine_of(generator)
    if not is_tensor(mean) and not is_tensor(std):
        if size is None:
            fail(TypeError, "normal() received an invalid combination of arguments: with two numbers, give 'size' too")
        target = _float_type(dtype)
        shape = shape_from("normal", (size,))
        return _new(shape, target, normal_draw(engine, target, mean, std), requires_grad, device)
    m, s = getattr(mean, "_a", mean), getattr(std, "_a", std)
    shape = np.broadcast_shapes(np.shape(m), np.shape(s))
    target = m.dtype if is_tensor(mean) else s.dtype
    if is_tensor(std) and s.size and s.min() < 0:
        fail(RuntimeError, "normal expects all elements of std >= 0.0")
    if not is_tensor(std):
        out = normal_draw(engine, target, 0.0, s)(int(np.prod(shape)), True).reshape(shape)
        return drawn_with(mean, values=out + m)
    out = normal_draw(engine, target, 0.0, 1.0)(int(np.prod(shape)), True).reshape(shape)
    values = (out * s.astype(target) + m).astype(target, copy=False)
    return drawn_with(std, values=values) if not is_tensor(mean) else drawn_with(mean, std, values=values)


@composite()
def bernoulli(input, p=None, *, generator=None):
    """1 with the probability that stands at each place of ``input``, else 0; with ``p``, with that probability at each.

    The result is constant: the gradient by the probabilities is zero.

    Raises:
        RuntimeError: a probability is not in [0, 1].

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.bernoulli(autograd.tensor([0.4, 0.6, 0.8]))
    tensor([0., 0., 1.])
    """
    a, engine = input._a, engine_of(generator)
    if p is not None:
        return _new(a.shape, a.dtype, lambda n, contiguous: bernoulli_draw(engine, p)(n, contiguous).astype(a.dtype),
                    False, None)
    return drawn_with(input, values=kernel.bernoulli_each(engine, checked_probabilities(a)).astype(a.dtype))


@composite(method=False)
def poisson(input, generator=None):
    """Poisson numbers whose mean stands at each place of ``input``.

    The result is constant: the gradient by the means is zero.

    Raises:
        RuntimeError: a mean is negative.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.poisson(autograd.tensor([1., 20.]))
    tensor([ 2., 28.])
    """
    a = input._a
    if a.dtype.kind != "f":
        fail(NotImplementedError, f"\"poisson_cpu\" not implemented for '{a.dtype}'; convert with .float()")
    if not (a >= 0).all():
        fail(RuntimeError, "invalid Poisson rate, expected rate to be non-negative")
    return drawn_with(input, values=counts.poisson(engine_of(generator), a.astype(np.float64)).astype(a.dtype))


@composite(method=False)
def binomial(count, prob, generator=None):
    """Numbers of successes in ``count`` trials with probability ``prob``; tensors that broadcast, of one float type.

    The result is constant: its gradients are zero.

    Raises:
        ValueError: they are not of a float type.
        RuntimeError: their types differ.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.binomial(autograd.tensor([10., 100.]), autograd.tensor([0.5, 0.1]))
    tensor([ 7., 11.])
    """
    n, p = count._a, prob._a
    if n.dtype.kind != "f":
        fail(ValueError, f"binomial only supports floating-point dtypes for count, got: {scalar_type(n.dtype)}")
    if n.dtype != p.dtype:
        fail(RuntimeError, f"binomial: Found dtype {scalar_type(p.dtype)} but expected {scalar_type(n.dtype)}")
    both = [a.astype(np.float64) for a in np.broadcast_arrays(n, p)]
    return drawn_with(count, prob, values=counts.binomial(engine_of(generator), *both).astype(n.dtype))


@composite()
def multinomial(input, num_samples, replacement=False, *, generator=None):
    """Indices drawn with probabilities in proportion to the weights in ``input``.

    Args:
        input: non-negative weights, one row or a matrix of rows.
        num_samples: how many to draw from each row.
        replacement: whether an index may be drawn again.
        generator: where to draw from.

    Returns:
        int64 indices, ``num_samples`` for each row.

    Raises:
        RuntimeError: a weight is negative or not finite, all are zero, or there are too few to draw.

    Without replacement the indices are those of the greatest ``weight / e`` with exponential ``e`` (P. Efraimidis,
    P. Spirakis, "Weighted random sampling with a reservoir", 2006).

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.multinomial(autograd.tensor([0., 1., 0.]), 1)
    tensor([1])
    """
    a = input._a
    _check_weights(a, num_samples, replacement)
    rows = a.reshape(-1, a.shape[-1])
    engine = engine_of(generator)
    if replacement and num_samples > 1:
        if not (rows >= 0).all():
            fail(RuntimeError, "invalid multinomial distribution (encountering probability entry < 0)")
        if not np.isfinite(rows).all():
            fail(RuntimeError, "invalid multinomial distribution (encountering probability entry = infinity or NaN)")
        if not (rows.sum(1) > 0).all():
            fail(RuntimeError, "invalid multinomial distribution (sum of probabilities <= 0)")
        found = kernel.with_replacement(engine, rows, num_samples)
    else:
        if not (np.isfinite(rows).all() and (rows >= 0).all()):
            fail(RuntimeError, "probability tensor contains either `inf`, `nan` or element < 0")
        if not (rows.sum(1) > 0).all():
            fail(RuntimeError, "invalid multinomial distribution (sum of probabilities <= 0)")
        draws = like(np.empty, a, a.dtype)
        fill(draws, lambda n, contiguous: kernel.to_dtype(kernel.exponential(engine, n, 1.0), a.dtype))
        found = _greatest((a / draws).reshape(rows.shape), num_samples)
    return finish(found.reshape(*a.shape[:-1], num_samples))


def _check_weights(a: Array, num_samples: int, replacement: bool) -> None:
    if not 0 < a.ndim <= 2:
        fail(RuntimeError, "prob_dist must be 1 or 2 dim")
    if a.dtype.kind != "f":
        fail(RuntimeError, f"multinomial only supports floating-point dtypes for input, got: {describe(a)}")
    if num_samples <= 0:
        fail(RuntimeError, "cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > a.shape[-1]:
        fail(RuntimeError, "cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if a.shape[-1] > 1 << 24:
        fail(RuntimeError, "number of categories cannot exceed 2^24")


def _greatest(scores: Array, count: int) -> Array:
    """Indices of the ``count`` greatest elements of each row, the greatest first."""
    if count == 1:
        return np.argmax(scores, axis=1, keepdims=True)  # type: ignore[no-any-return]
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]
