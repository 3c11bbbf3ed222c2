"""Checks for tests: derivatives against finite differences, and closeness of results.

A derivative rule is right when the gradient it gives agrees with the slope of the function itself. `gradcheck` compares
the two; `gradgradcheck` does the same for the gradient as a function, so it checks second derivatives.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from . import dtypes
from .backward import grad
from .creation import tensor
from .errors import fail
from .tensor import Tensor

__all__ = ["GradcheckError", "assert_close", "gradcheck", "gradgradcheck"]

Array = np.ndarray[Any, Any]


class GradcheckError(RuntimeError):
    """A gradient does not agree with finite differences.

    >>> import autograd
    >>> x = autograd.tensor([1.], dtype=autograd.float64, requires_grad=True)
    >>> try:
    ...     autograd.testing.gradcheck(lambda t: t.detach() * t, (x,))
    ... except autograd.testing.GradcheckError as error:
    ...     print(str(error).partition(" (")[0])
    Jacobian mismatch for output 0 with respect to input 0
    """


# --- gradients --------------------------------------------------------------------------------------------


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for v in value:
            yield from _tensors(v)


def _replaced(value: Any, arrays: dict[int, Array]) -> Any:
    """``value`` with each tensor that requires grad made anew from the array listed for it."""
    if isinstance(value, Tensor):
        return tensor(arrays[id(value)], requires_grad=True) if id(value) in arrays else value
    if isinstance(value, (tuple, list)):
        return [_replaced(v, arrays) for v in value]
    return value


def _real(a: Array) -> Array:
    """The elements as one vector of real numbers, a complex one as two."""
    return np.ravel(a).view(a.real.dtype)


class _Function:
    """``func`` at ``inputs`` as a function between vectors of real numbers.

    In real coordinates a complex gradient, which is dL/dx + i dL/dy, is just the gradient.
    """

    def __init__(self, func: Callable[..., Any], inputs: Any, nondet_tol: float) -> None:
        self.func, self.nondet_tol = func, nondet_tol
        self.inputs = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
        self.wanted = [t for t in dict.fromkeys(_tensors(self.inputs)) if t.requires_grad]
        if not self.wanted:
            fail(ValueError, "gradcheck expects at least one input tensor to require gradient, but none of the them "
                             "have requires_grad=True.")
        for i, t in enumerate(self.wanted):
            if t._a.dtype not in (np.float64, np.complex128):
                warnings.warn(f"Input #{i} requires gradient and is not a double precision floating point or complex "
                              "tensor, so finite differences are hardly precise enough: this check will likely fail",
                              stacklevel=4)
        self.outputs = self._outputs(func(*self.inputs))

    @staticmethod
    def _outputs(result: Any) -> list[Tensor]:
        return [t for t in _tensors(result) if t._a.dtype.kind in "fc"]

    def at(self, arrays: dict[int, Array]) -> list[Array]:
        """The outputs at other values of the inputs that require grad."""
        copies = {id(t): np.array(t._a) for t in self.wanted} | arrays
        return [_real(t._a) for t in self._outputs(self.func(*_replaced(self.inputs, copies)))]

    def slope(self, t: Tensor, direction: Array, eps: float) -> list[Array]:
        """The derivative of each output along ``direction``, by a central difference."""
        step = eps * direction.view(t._a.dtype).reshape(t._a.shape)
        above, below = self.at({id(t): t._a + step}), self.at({id(t): t._a - step})
        return [(a - b) / (2 * eps) for a, b in zip(above, below, strict=True)]

    def gradients(self, output: Tensor, direction: Array) -> list[Array]:
        """The gradient by each input of the product of ``output`` with ``direction``, from the derivative rules."""
        if not output.requires_grad:
            return [np.zeros_like(_real(t._a)) for t in self.wanted]
        g = tensor(direction.view(output._a.dtype).reshape(output._a.shape))
        runs = [grad(output, self.wanted, g, retain_graph=True, allow_unused=True) for _ in range(2)]
        found = []
        for i, (t, first, again) in enumerate(zip(self.wanted, *runs, strict=True)):
            if first is None:
                found.append(np.zeros_like(_real(t._a)))
                continue
            if first.shape != t.shape:
                fail(GradcheckError, f"Analytical gradient has incorrect size: input {i} has {list(t.shape)}, its "
                                     f"gradient {list(first.shape)}")
            if first.dtype != t.dtype:
                fail(GradcheckError, f"Gradient has dtype mismatch: input {i} is {t.dtype}, its gradient {first.dtype}")
            if not np.allclose(first._a, again._a, rtol=0, atol=self.nondet_tol, equal_nan=True):
                fail(GradcheckError, "Backward is not reentrant, i.e., running backward with same input and "
                                     "grad_output multiple times gives different values. The tolerance for "
                                     f"nondeterminism was {self.nondet_tol}.")
            found.append(_real(first._a))
        return found

    def check_fast(self, eps: float, atol: float, rtol: float) -> bool:
        """Compare v'Ju for random unit vectors u, v: an error in J cancels only by chance of measure zero."""
        rng = np.random.default_rng(0)

        def unit(a: Array) -> Array:
            u = rng.uniform(0.1, 1, _real(a).shape).astype(a.real.dtype)
            return u / max(np.linalg.norm(u), 1e-30)

        us, vs = [unit(t._a) for t in self.wanted], [unit(o._a) for o in self.outputs]
        analytical = [self.gradients(o, v) for o, v in zip(self.outputs, vs, strict=True)]
        for i, (t, u) in enumerate(zip(self.wanted, us, strict=True)):
            for j, (column, v) in enumerate(zip(self.slope(t, u, eps), vs, strict=True)):
                # An error of atol in each element of J adds up to this.
                allowed = atol * u.sum() * v.sum()
                if not np.allclose(analytical[j][i] @ u, v @ column, rtol=rtol, atol=allowed):
                    return False
        return True

    def check_slow(self, eps: float, atol: float, rtol: float) -> None:
        """Compare all of the Jacobian of each output by each input."""
        rows = [[self.gradients(o, e) for e in np.eye(_real(o._a).size, dtype=o._a.real.dtype)] for o in self.outputs]
        for i, t in enumerate(self.wanted):
            basis = np.eye(_real(t._a).size, dtype=t._a.real.dtype)
            columns = [self.slope(t, e, eps) for e in basis]
            for j, output in enumerate(self.outputs):
                shape = (len(basis), _real(output._a).size)
                numerical = np.array([c[j] for c in columns]).reshape(shape)
                analytical = np.array([r[i] for r in rows[j]]).reshape(shape[::-1]).T
                if not np.allclose(analytical, numerical, rtol=rtol, atol=atol, equal_nan=True):
                    worst = float(np.nanmax(np.abs(analytical - numerical)))
                    fail(GradcheckError, f"Jacobian mismatch for output {j} with respect to input {i} (largest "
                                         f"difference {worst:.3g}; a row for each element of the input),\n"
                                         f"numerical:{numerical}\nanalytical:{analytical}\n")


def gradcheck(
    func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
    raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False, check_batched_grad: bool = False, check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False, check_backward_ad: bool = True, fast_mode: bool = False, masked: bool | None = None,
) -> bool:
    """Check the gradients of ``func`` against central differences.

    Args:
        func: takes ``inputs`` and returns a tensor or a sequence of them.
        inputs: a tensor or a tuple; those with ``requires_grad`` are checked, and should be float64 or complex128.
        eps: the step of the differences. Their error is of the order ``eps**2``, plus rounding over ``eps``.
        atol, rtol: how far the gradients may be from the differences.
        raise_exception: raise where they differ, instead of returning False.
        nondet_tol: how far two backward runs may differ.
        fast_mode: compare one random projection of each Jacobian instead of all its elements.
        check_undefined_grad, check_grad_dtypes, check_batched_grad, check_batched_forward_grad, check_forward_ad,
        check_backward_ad, masked: taken for compatibility. Gradient dtypes are always checked, each output of several
            is always also differentiated alone, and there is no other mode to check.

    Returns:
        Whether all gradients agree.

    Raises:
        GradcheckError: a gradient is wrong, and both Jacobians.
        ValueError: no input requires grad.

    >>> import autograd
    >>> from autograd.testing import gradcheck
    >>> x = autograd.tensor([1., 2.], dtype=autograd.float64, requires_grad=True)
    >>> gradcheck(lambda x: x.exp() * x, x)
    True
    """
    function = _Function(func, inputs, nondet_tol)
    try:
        if not (fast_mode and function.check_fast(eps, atol, rtol)):
            function.check_slow(eps, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6, atol: float = 1e-5,
    rtol: float = 1e-3, gen_non_contig_grad_outputs: bool = False, raise_exception: bool = True,
    nondet_tol: float = 0.0, check_undefined_grad: bool = True, check_grad_dtypes: bool = False,
    check_batched_grad: bool = False, check_fwd_over_rev: bool = False, check_rev_over_rev: bool = True,
    fast_mode: bool = False, masked: bool = False,
) -> bool:
    """Check the second derivatives of ``func``: the gradients of its gradient, against central differences.

    Args:
        func, inputs, eps, atol, rtol, raise_exception, nondet_tol, fast_mode: as in `gradcheck`.
        grad_outputs: the gradients to start from, one for each output; random ones where None.
        gen_non_contig_grad_outputs: let the random ones have strides.

    Returns:
        Whether all second derivatives agree.

    Raises:
        GradcheckError: one is wrong.

    >>> import autograd
    >>> from autograd.testing import gradgradcheck
    >>> x = autograd.tensor([1., 2.], dtype=autograd.float64, requires_grad=True)
    >>> gradgradcheck(lambda x: x.exp() * x, x)
    True
    """
    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    if grad_outputs is None:
        rng = np.random.default_rng(1)
        grad_outputs = []
        for t in _tensors(func(*inputs)):
            if t.requires_grad:
                shape = (*t.shape, 2) if gen_non_contig_grad_outputs else t.shape
                values = rng.uniform(-1, 1, shape)
                if t.is_complex():
                    values = values + 1j * rng.uniform(-1, 1, shape)
                values = values.astype(t._a.dtype)
                g = tensor(values, requires_grad=True)
                grad_outputs.append(g[..., 0].detach().requires_grad_() if gen_non_contig_grad_outputs else g)
    else:
        grad_outputs = [g.detach().requires_grad_() for g in _tensors(grad_outputs)]
    count = len(inputs)

    def gradient(*args: Any) -> list[Tensor]:
        outputs = [t for t in _tensors(func(*args[:count])) if t.requires_grad]
        wanted = [t for t in dict.fromkeys(_tensors(args[:count])) if t.requires_grad]
        found = grad(outputs, wanted, args[count:], create_graph=True, allow_unused=True)
        return [g for g in found if g is not None]

    return gradcheck(gradient, (*inputs, *grad_outputs), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
                     nondet_tol=nondet_tol, fast_mode=fast_mode)


# --- closeness --------------------------------------------------------------------------------------------

#: (rtol, atol) by element type; everything else must be equal.
_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7),
               "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7)}


def _not_comparable(actual: Any, expected: Any) -> NoReturn:
    fail(TypeError, f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.")


class _Comparison:
    """The options of one call of `assert_close`."""

    def __init__(
        self, rtol: float | None, atol: float | None, equal_nan: bool, check_dtype: bool, check_stride: bool,
    ) -> None:
        if (rtol is None) != (atol is None):
            missing = "atol" if atol is None else "rtol"
            fail(ValueError, f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
        self.rtol, self.atol, self.equal_nan = rtol, atol, equal_nan
        self.check_dtype, self.check_stride = check_dtype, check_stride

    def compare(self, actual: Any, expected: Any) -> tuple[str, str] | None:
        """What differs and at which item, or None."""
        if isinstance(actual, Sequence) and isinstance(expected, Sequence) and not isinstance(actual, str):
            if len(actual) != len(expected):
                return f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", ""
            return self._items(range(len(actual)), actual, expected)
        if isinstance(actual, Mapping) and isinstance(expected, Mapping):
            missing, additional = set(expected) - set(actual), set(actual) - set(expected)
            if missing or additional:
                return ("The keys of the mappings do not match:\n"
                        f"Missing keys in the actual mapping: {sorted(missing)}\n"
                        f"Additional keys in the actual mapping: {sorted(additional)}"), ""
            return self._items(actual, actual, expected)
        message = self._leaf(actual, expected)
        return None if message is None else (message, "")

    def _items(self, keys: Any, actual: Any, expected: Any) -> tuple[str, str] | None:
        for key in keys:
            found = self.compare(actual[key], expected[key])
            if found is not None:
                return found[0], f"[{key!r}]{found[1]}"
        return None

    def _leaf(self, actual: Any, expected: Any) -> str | None:
        if actual is None or expected is None:
            return None if actual is expected else f"None mismatch: {actual} is not {expected}"
        boolean, number = (bool, np.bool_), (int, float, complex)
        if isinstance(actual, boolean) and isinstance(expected, boolean):
            return None if bool(actual) is bool(expected) else f"Booleans mismatch: {actual} is not {expected}"
        if isinstance(actual, number) and isinstance(expected, number):
            if self.check_dtype and type(actual) is not type(expected):
                return f"The (d)types do not match: {type(actual)} != {type(expected)}."
            return self._arrays(np.asarray(actual), np.asarray(expected))
        a, b = getattr(actual, "_a", actual), getattr(expected, "_a", expected)
        if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)) or (a is actual) != (b is expected):
            _not_comparable(actual, expected)
        if a.shape != b.shape:
            return f"The values for attribute 'shape' do not match: {_size(a)} != {_size(b)}."
        if self.check_stride and tensor(a).stride() != tensor(b).stride():
            return f"The values for attribute 'stride()' do not match: {actual.stride()} != {expected.stride()}."
        if self.check_dtype and a.dtype != b.dtype:
            return ("The values for attribute 'dtype' do not match: "
                    f"{dtypes.from_numpy(a.dtype)} != {dtypes.from_numpy(b.dtype)}.")
        return self._arrays(a, b)

    def _arrays(self, a: Array, b: Array) -> str | None:
        rtol, atol = self.rtol, self.atol
        if rtol is None or atol is None:
            known = [_TOLERANCES.get(x.dtype.name, (0.0, 0.0)) for x in (a, b)]
            rtol, atol = max(k[0] for k in known), max(k[1] for k in known)
        if a.dtype != b.dtype:
            common = np.promote_types(a.dtype, b.dtype)
            a, b = a.astype(common), b.astype(common)
        with np.errstate(all="ignore"):
            close = np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=self.equal_nan)
            if close.all():
                return None
            exact = a.astype(np.int64) if a.dtype.kind in "bu" else a
            difference = np.abs(exact - b)
            relative = difference / np.abs(b)
        difference, relative = np.where(close, 0, difference), np.where(close, 0, relative)
        equal = rtol == 0 and atol == 0
        kind = "Scalars" if a.ndim == 0 else "Tensor-likes"
        lines = [f"{kind} are not {'equal' if equal else 'close'}!", ""]
        if a.ndim == 0:
            lines += [f"Expected {b.item()} but got {a.item()}."]
        else:
            wrong = int((~close).sum())
            lines += [f"Mismatched elements: {wrong} / {a.size} ({wrong / a.size:.1%})"]
        for name, errors, allowed in (("absolute", difference, atol), ("relative", relative, rtol)):
            at = np.unravel_index(int(errors.argmax()), errors.shape)
            where = f" at index {tuple(int(i) for i in at)}" if a.ndim else ""
            title = f"Greatest {name} difference" if a.ndim else f"{name.capitalize()} difference"
            lines.append(f"{title}: {errors[at].item()}{where}" + ("" if equal else f" (up to {allowed} allowed)"))
        return "\n".join(lines)


def _size(a: Array) -> str:
    return f"Size({list(a.shape)})"


def assert_close(
    actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None, atol: float | None = None,
    equal_nan: bool = False, check_device: bool = True, check_dtype: bool = True, check_layout: bool = True,
    check_stride: bool = False, msg: str | Callable[[str], str] | None = None,
) -> None:
    """Assert ``|actual - expected| <= atol + rtol * |expected|`` for all elements.

    Args:
        actual, expected: tensors, arrays, numbers, or sequences or mappings of them.
        allow_subclasses: compare an instance of a subclass with one of its base class.
        rtol, atol: give both or neither. Default by element type: float64 1e-7 and 1e-7, float32 1.3e-6 and 1e-5,
            float16 1e-3 and 1e-5, the larger ones where types differ; integers and booleans must be equal.
        equal_nan: let NaN equal NaN.
        check_dtype, check_stride: also compare these.
        check_device, check_layout: taken for compatibility: there is one of each.
        msg: the message to raise with, or a function that makes it from the usual one.

    Raises:
        AssertionError: they are not close; the message says where and by how much.
        TypeError: they cannot be compared.
        ValueError: only one of ``rtol`` and ``atol`` is given.

    >>> import autograd
    >>> from autograd.testing import assert_close
    >>> assert_close(autograd.tensor([1., 2.]), autograd.tensor([1., 2.000001]))
    >>> assert_close(autograd.tensor([1., 2.]), autograd.tensor([1., 3.]))
    Traceback (most recent call last):
    AssertionError: Tensor-likes are not close!
    <BLANKLINE>
    Mismatched elements: 1 / 2 (50.0%)
    Greatest absolute difference: 1.0 at index (1,) (up to 1e-05 allowed)
    Greatest relative difference: 0.3333333432674408 at index (1,) (up to 1.3e-06 allowed)
    """
    if not allow_subclasses and type(actual) is not type(expected):
        _not_comparable(actual, expected)
    found = _Comparison(rtol, atol, equal_nan, check_dtype, check_stride).compare(actual, expected)
    if found is not None:
        message, item = found
        message += f"\n\nThe failure occurred for item {item}" if item else ""
        fail(AssertionError, msg(message) if callable(msg) else msg or message)
