"""Comparisons, and choosing by a condition."""

from __future__ import annotations

import numpy as np

from ..dispatch import cast, constant, is_tensor
from ..errors import describe, fail
from ..kernels import maps
from ..primitive import alias, composite, primitive
from ..tape import as_tensor, wrap_node
from .checks import common_type, is_number, refuse


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="second",
    ufunc=np.equal, inplace=True, numpy=(np.equal,),
)
def eq(input, other):
    """Where ``input == other``.

    >>> import autograd
    >>> autograd.eq(autograd.tensor([1, 2]), 2)
    tensor([False,  True])
    """
    return np.equal(input, other)


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="second", ufunc=np.not_equal, inplace=True,
    numpy=(np.not_equal,),
)
def ne(input, other):
    """Where ``input != other``.

    >>> import autograd
    >>> autograd.ne(autograd.tensor([1, 2]), 2)
    tensor([ True, False])
    """
    return np.not_equal(input, other)


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="second",
    inplace=True, numpy=(np.less,),
)
def lt(input, other):
    """Where ``input < other``.

    >>> import autograd
    >>> autograd.lt(autograd.tensor([1, 2]), 2)
    tensor([ True, False])
    """
    refuse("lt", input, "c")
    return np.less(input, other)


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="second",
    inplace=True, numpy=(np.less_equal,),
)
def le(input, other):
    """Where ``input <= other``.

    >>> import autograd
    >>> autograd.le(autograd.tensor([1, 2]), 1)
    tensor([ True, False])
    """
    refuse("le", input, "c")
    return np.less_equal(input, other)


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="second",
    inplace=True, numpy=(np.greater,),
)
def gt(input, other):
    """Where ``input > other``.

    >>> import autograd
    >>> autograd.gt(autograd.tensor([1, 2]), 1)
    tensor([False,  True])
    """
    refuse("gt", input, "c")
    return np.greater(input, other)


@primitive(
    inputs=("input", "other"), broadcasts=True, promote="common", numbers="second",
    inplace=True, numpy=(np.greater_equal,),
)
def ge(input, other):
    """Where ``input >= other``.

    >>> import autograd
    >>> autograd.ge(autograd.tensor([1, 2]), 2)
    tensor([False,  True])
    """
    refuse("ge", input, "c")
    return np.greater_equal(input, other)


not_equal = alias("not_equal", ne, inplace=True)
less = alias("less", lt, inplace=True)
less_equal = alias("less_equal", le, inplace=True)
greater = alias("greater", gt, inplace=True)
greater_equal = alias("greater_equal", ge, inplace=True)


# --- of whole tensors -------------------------------------------------------------------------------------


@composite(numpy=(np.array_equal,))
def equal(input, other):
    """Whether two tensors have the same shape and the same elements; a bool.

    >>> import autograd
    >>> autograd.equal(autograd.tensor([1, 2]), autograd.tensor([1, 2]))
    True
    """
    for position, (name, value) in enumerate((("input", input), ("other", other)), 1):
        if not is_tensor(value):
            fail(TypeError, f"equal(): argument '{name}' (position {position}) must be Tensor, "
                            f"not {type(value).__name__}")
    return bool(np.array_equal(input._a, other._a))


@primitive(inputs=("input", "other"), broadcasts=True, numpy=(np.isclose,))
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Where ``abs(input - other) <= atol + rtol * abs(other)``.

    Infinities are close where they are equal, nans where ``equal_nan``.

    Raises:
        RuntimeError: the dtypes differ, or a tolerance is negative.

    >>> import autograd
    >>> autograd.isclose(autograd.tensor([1., 2.]), autograd.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    if input.dtype != other.dtype:
        fail(RuntimeError, f"isclose needs tensors of one dtype: {input.dtype} did not match {other.dtype}")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if not value >= 0:
            fail(RuntimeError, f"{name} must be greater than or equal to zero, but got {value}")
    close = input == other
    if equal_nan and input.dtype.kind in "fc":
        close = close | (np.isnan(input) & np.isnan(other))
    if rtol == 0 and atol == 0:
        return close
    if input.dtype.kind == "b":
        input, other = input.astype(np.int64), other.astype(np.int64)
    allowed = atol + np.abs(rtol * other)
    distance = np.abs(input - other)
    return close | (np.isfinite(distance) & (distance <= allowed))


@composite(numpy=(np.allclose,))
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close, as `isclose` says; a bool.

    >>> import autograd
    >>> autograd.allclose(autograd.tensor([1., 2.]), autograd.tensor([1.000001, 2.]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._a.all())


# --- choosing ---------------------------------------------------------------------------------------------


def _given_to(form, g, condition):
    found = maps.masked(form, condition, g) if g.__class__ is np.ndarray else None
    if found is not None:
        return found
    return np.where(condition, g, 0) if form is maps.kept else np.where(condition, 0, g)


@primitive(
    vjp={"input": lambda g, condition: _given_to(maps.kept, g, condition),
         "other": lambda g, condition: _given_to(maps.dropped, g, condition)},
    inputs=("condition", "input", "other"), broadcasts=True, method=False, node_name="WhereBackward0",
)
def choose(condition, input, other):
    """`where` on tensors of one dtype."""
    return maps.where(condition, input, other)


@composite(method=False, numpy=(np.where,))
def where(condition, input=None, other=None):
    """``input`` where ``condition`` holds, ``other`` elsewhere, with broadcasting.

    Args:
        condition: a bool tensor.
        input, other: tensors or numbers. Without them: the indices at which ``condition`` holds, a tuple with one
            int64 tensor for each dimension.

    Raises:
        RuntimeError: ``condition`` is not bool.

    >>> import autograd
    >>> x = autograd.tensor([-1., 2.])
    >>> autograd.where(x > 0, x, 0)
    tensor([0., 2.])
    >>> autograd.where(x > 0)
    (tensor([1]),)
    """
    if not is_tensor(condition):
        if not isinstance(condition, np.ndarray):
            fail(TypeError, f"where(): argument 'condition' (position 1) must be Tensor, "
                            f"not {type(condition).__name__}")
        if not (is_tensor(input) or is_tensor(other)):
            return np.where(condition, input, other)
        condition = as_tensor(condition)
    if input is None or other is None:
        if input is not other:
            fail(TypeError, "where() takes both 'input' and 'other', or neither")
        return tuple(wrap_node(np.asarray(i), None) for i in np.nonzero(np.atleast_1d(condition._a)))
    if condition._a.dtype.kind != "b":
        if condition._a.dtype != np.uint8:
            fail(RuntimeError, f"where expected condition to be a boolean tensor, but got {describe(condition)}; "
                               "write a comparison, such as condition != 0")
        condition = condition != 0
    if other.__class__ is float or other.__class__ is int:
        other = constant(other, input)
    if not (is_tensor(input) and is_tensor(other) and input._a.dtype is other._a.dtype):
        target = common_type(input, other)
        input, other = (as_tensor(np.array(x).astype(target)) if is_number(x) else cast(as_tensor(x), target)
                        for x in (input, other))
    return choose(condition, input, other)


@composite(method=False, numpy=(np.isin,))
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Where an element is one of ``test_elements``.

    Args:
        elements: a tensor, or a number.
        test_elements: a tensor, or a number.
        assume_unique: that neither has an element twice: it may be faster.
        invert: where it is not one of them, instead.

    >>> import autograd
    >>> autograd.isin(autograd.tensor([1, 2, 3]), autograd.tensor([2, 3]))
    tensor([False,  True,  True])
    """
    if is_number(elements) and is_number(test_elements):
        fail(TypeError, "isin(): at least one of 'elements' and 'test_elements' must be Tensor")
    target = common_type(elements, test_elements)
    a, b = (np.asarray(getattr(x, "_a", x)).astype(target) for x in (elements, test_elements))
    # NumPy's flag changes how it sorts a small set, and may give wrong answers where the promise is broken.
    found = np.isin(a, b, invert=invert)
    return wrap_node(np.asarray(found), None)


# --- kinds of numbers -------------------------------------------------------------------------------------


@primitive(ufunc=np.isnan, numpy=(np.isnan,))
def isnan(input):
    """Where an element is not a number.

    >>> import autograd
    >>> autograd.isnan(autograd.tensor([1., float("nan")]))
    tensor([False,  True])
    """
    return np.isnan(input)


@primitive(ufunc=np.isinf, numpy=(np.isinf,))
def isinf(input):
    """Where an element is infinite.

    >>> import autograd
    >>> autograd.isinf(autograd.tensor([1., -float("inf")]))
    tensor([False,  True])
    """
    return np.isinf(input)


@primitive(ufunc=np.isfinite, numpy=(np.isfinite,))
def isfinite(input):
    """Where an element is neither infinite nor nan.

    >>> import autograd
    >>> autograd.isfinite(autograd.tensor([1., float("inf")]))
    tensor([ True, False])
    """
    return np.isfinite(input)


@primitive(numpy=(np.isposinf,))
def isposinf(input):
    """Where an element is positive infinity.

    >>> import autograd
    >>> autograd.isposinf(autograd.tensor([-float("inf"), float("inf")]))
    tensor([False,  True])
    """
    if input.dtype.kind == "c":
        fail(RuntimeError, "isposinf does not support complex inputs.")
    return input == np.inf


@primitive(numpy=(np.isneginf,))
def isneginf(input):
    """Where an element is negative infinity.

    >>> import autograd
    >>> autograd.isneginf(autograd.tensor([-float("inf"), float("inf")]))
    tensor([ True, False])
    """
    if input.dtype.kind == "c":
        fail(RuntimeError, "isneginf does not support complex inputs.")
    return input == -np.inf
