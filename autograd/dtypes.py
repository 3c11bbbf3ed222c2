"""Element types, their promotion, and the default float type.

Promotion follows PyTorch: three ranks take part, from strong to weak: tensors with dimensions,
tensors without (0-d), and Python scalars. A weaker rank changes the result only when it brings a
higher kind (bool < integer < floating < complex), and then it brings the default type of that kind.
"""

from __future__ import annotations

import builtins
from functools import reduce
from typing import Any

import numpy as np

from .errors import DeviceError, fail

__all__ = [
    "bool", "cdouble", "cfloat", "complex128", "complex64", "device", "double", "dtype", "finfo",
    "float", "float16", "float32", "float64", "get_default_dtype", "half", "iinfo", "int", "int16",
    "int32", "int64", "int8", "long", "short", "uint8",
    "can_cast", "promote_types", "set_default_dtype",
]


class dtype:
    """The element type of a tensor, such as ``autograd.float32``.

    There is one object per type, so ``is`` compares them. NumPy takes it wherever it takes a dtype.

    >>> import autograd, numpy as np
    >>> autograd.float32.itemsize, autograd.int8.is_floating_point
    (4, False)
    >>> np.zeros(2, autograd.float32).dtype
    dtype('float32')
    """

    __slots__ = ("dtype", "name")

    def __init__(self, name: str, numpy_name: str | None = None) -> None:
        self.name = name
        # NumPy recognises any object with a ``dtype`` attribute, which makes np.zeros(2, float32) work.
        self.dtype = np.dtype(numpy_name or name)

    def __repr__(self) -> str:
        return f"autograd.{self.name}"

    def __eq__(self, other: object) -> builtins.bool:
        if self is other:
            return True
        if isinstance(other, dtype) or other is None:
            return False
        try:
            return builtins.bool(self.dtype == np.dtype(other))  # type: ignore[call-overload]
        except TypeError:
            return NotImplemented

    def __hash__(self) -> builtins.int:
        return hash(self.dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)

    @property
    def kind(self) -> str:
        return self.dtype.kind

    @property
    def itemsize(self) -> builtins.int:
        """Bytes per element."""
        return self.dtype.itemsize

    @property
    def is_floating_point(self) -> builtins.bool:
        return self.dtype.kind == "f"

    @property
    def is_complex(self) -> builtins.bool:
        return self.dtype.kind == "c"

    @property
    def is_signed(self) -> builtins.bool:
        return self.dtype.kind in "ifc"

    def to_real(self) -> dtype:
        """The type of the real part: ``complex64`` gives ``float32``."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    def to_complex(self) -> dtype:
        """The complex type with parts of this type: ``float64`` gives ``complex128``."""
        return {"float32": complex64, "float16": complex64, "float64": complex128}.get(self.name, self)


float16, float32, float64 = dtype("float16"), dtype("float32"), dtype("float64")
complex64, complex128 = dtype("complex64"), dtype("complex128")
int8, int16, int32, int64 = dtype("int8"), dtype("int16"), dtype("int32"), dtype("int64")
uint8 = dtype("uint8")
bool = dtype("bool")
half, float, double = float16, float32, float64
cfloat, cdouble = complex64, complex128
short, int, long = int16, int32, int64

ALL = (float16, float32, float64, complex64, complex128, int8, int16, int32, int64, uint8, bool)
_BY_NUMPY = {d.dtype: d for d in ALL}

_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


class _Default:
    __slots__ = ("complex", "float")

    def __init__(self) -> None:
        self.float = np.dtype("float32")
        self.complex = np.dtype("complex64")


DEFAULT = _Default()


def numpy_dtype(spec: Any) -> np.dtype[Any]:
    """The NumPy dtype meant by ``spec``: a ``dtype``, a NumPy dtype or name, or ``float``/``int``/``bool``."""
    if spec.__class__ is dtype:
        return spec.dtype
    try:
        found = np.dtype(spec)
    except TypeError:
        fail(TypeError, f"dtype must be an autograd.dtype such as autograd.float32, got {spec!r}")
    if found not in _BY_NUMPY:
        fail(TypeError, f"elements of type {found} are not supported; "
                        f"supported: {', '.join(d.name for d in ALL)}")
    return _BY_NUMPY[found].dtype


def as_dtype(spec: Any) -> dtype:
    """``spec`` as one of this module's dtype objects."""
    return _BY_NUMPY.get(spec) or _BY_NUMPY[numpy_dtype(spec)]


def from_numpy(np_dtype: np.dtype[Any]) -> dtype:
    found = _BY_NUMPY.get(np_dtype)
    if found is None:
        fail(TypeError, f"elements of type {np_dtype} are not supported; "
                        f"supported: {', '.join(d.name for d in ALL)}")
    return found


def native(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """``array`` with the one dtype object of its type, that fast paths compare by identity; unpickling makes others."""
    found = _BY_NUMPY.get(array.dtype)
    return array if found is None or array.dtype is found.dtype else array.view(found.dtype)


_SCALAR_TYPES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long", "int32": "Int", "int16": "Short",
    "int8": "Char", "uint8": "Byte", "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}


def scalar_type(spec: Any) -> str:
    """The name of an element type in PyTorch's error messages: ``Double`` for float64."""
    name = numpy_dtype(spec).name
    return _SCALAR_TYPES.get(name, name)


def get_default_dtype() -> dtype:
    """The type given to floating tensors made from Python numbers (``float32`` unless set).

    >>> import autograd
    >>> autograd.get_default_dtype()
    autograd.float32
    """
    return _BY_NUMPY[DEFAULT.float]


def set_default_dtype(d: Any) -> None:
    """Set the type of floating tensors made from Python numbers.

    Args:
        d: ``float16``, ``float32`` or ``float64``.

    Raises:
        TypeError: ``d`` is not a floating type.

    >>> import autograd
    >>> autograd.set_default_dtype(autograd.float64)
    >>> autograd.tensor(1.5).dtype
    autograd.float64
    >>> autograd.set_default_dtype(autograd.float32)
    """
    found = as_dtype(d)
    if not found.is_floating_point:
        fail(TypeError, f"only floating-point types are supported as the default type, got {found!r}")
    DEFAULT.float, DEFAULT.complex = found.dtype, found.to_complex().dtype


def _pair(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """Promotion of two types of equal standing."""
    if a is b or a == b:
        return a
    rank_a, rank_b = _RANK[a.kind], _RANK[b.kind]
    if rank_a == rank_b or max(rank_a, rank_b) < 2:
        return np.promote_types(a, b)
    # A float beside an integer keeps its own width (NumPy would widen it to hold the integers).
    high, low = (a, b) if rank_a > rank_b else (b, a)
    if high.kind == "c" and low.kind == "f":
        return np.promote_types(high, low)
    return high


def _python_scalar_dtype(value: Any) -> np.dtype[Any]:
    if isinstance(value, builtins.bool):
        return bool.dtype
    if isinstance(value, builtins.int):
        return int64.dtype
    if isinstance(value, complex):
        return DEFAULT.complex
    return DEFAULT.float


def _yield_to(strong: np.dtype[Any] | None, weak: np.dtype[Any] | None) -> np.dtype[Any] | None:
    """The type when a ``weak`` rank meets a ``strong`` one: only a higher kind counts."""
    if strong is None or weak is None:
        return weak if strong is None else strong
    if _RANK[weak.kind] <= _RANK[strong.kind]:
        return strong
    if strong.kind == "f":  # a complex 0-d tensor or number: complex, at the floats' width
        return _BY_NUMPY[strong].to_complex().dtype
    return _pair(strong, weak)


def combine(dimensioned: list[Any], zero_dim: list[Any], scalars: list[Any]) -> np.dtype[Any]:
    """The result type of NumPy dtypes of n-d tensors, of 0-d tensors, and of Python scalars."""
    strong = reduce(_pair, dimensioned) if dimensioned else None
    middle = reduce(_pair, zero_dim) if zero_dim else None
    weak = reduce(_pair, map(_python_scalar_dtype, scalars)) if scalars else None
    result = _yield_to(strong, _yield_to(middle, weak))
    assert result is not None
    return result


def promote_types(type1: Any, type2: Any) -> dtype:
    """The smallest type both types convert to without changing kind.

    >>> import autograd
    >>> autograd.promote_types(autograd.int64, autograd.float32)
    autograd.float32
    """
    return _BY_NUMPY[_pair(numpy_dtype(type1), numpy_dtype(type2))]


def can_cast(from_: Any, to: Any) -> builtins.bool:
    """Whether an in-place operation may write a ``from_`` result into a ``to`` tensor.

    >>> import autograd
    >>> autograd.can_cast(autograd.int64, autograd.float32), autograd.can_cast(autograd.float32, autograd.int64)
    (True, False)
    """
    return castable(numpy_dtype(from_), numpy_dtype(to))


def castable(source: np.dtype[Any], target: np.dtype[Any]) -> builtins.bool:
    if target.kind == "u" and source.kind == "i":
        return True
    return _RANK[source.kind] <= _RANK[target.kind] and not (target.kind == "b" and source.kind != "b")


class finfo(np.finfo):
    """Limits of a floating type, as ``autograd.finfo(autograd.float32).eps``.

    >>> import autograd
    >>> float(autograd.finfo(autograd.float32).eps)
    1.1920928955078125e-07
    """

    def __new__(cls, type: Any = None) -> Any:
        return np.finfo(DEFAULT.float if type is None else numpy_dtype(type))


class iinfo(np.iinfo):
    """Limits of an integer type, as ``autograd.iinfo(autograd.int8).max``.

    >>> import autograd
    >>> autograd.iinfo(autograd.int8).max
    127
    """

    def __new__(cls, type: Any) -> Any:
        return np.iinfo(numpy_dtype(type))


#: The kinds of device that PyTorch knows. Programs name them before they ask whether there is one.
_DEVICES = frozenset((
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy",
    "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone"))


class device:
    """Where a tensor lies. This engine computes on the CPU: other devices can be named, and not used.

    >>> import autograd
    >>> autograd.device("cpu"), autograd.device("cuda:1").index
    (device(type='cpu'), 1)
    """

    __slots__ = ("index", "type")

    def __init__(self, type: Any = "cpu", index: builtins.int | None = None) -> None:
        if isinstance(type, builtins.int):
            fail(RuntimeError, f"device({type}) counts accelerators, and there are none here; use device='cpu'")
        name, _, number = str(type).partition(":")
        if name in _SCALAR_TYPES:
            fail(RuntimeError, f"Invalid device string: {type!r} is a dtype; give autograd.{name}")
        if name not in _DEVICES or (number and not number.isdigit()):
            fail(RuntimeError, f"Expected one of {', '.join(sorted(_DEVICES))} as the type of a device, got {type!r}; "
                               "tensors live on 'cpu'")
        self.type = name
        self.index = builtins.int(number) if number else index

    def __repr__(self) -> str:
        return f"device(type={self.type!r})" if self.index is None else (
            f"device(type={self.type!r}, index={self.index})")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> builtins.bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> builtins.int:
        return hash((self.type, self.index))

    def __enter__(self) -> device:
        """New tensors lie on this device until the block ends; the CPU is the only one that is possible."""
        on_cpu(self)
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def on_cpu(spec: Any) -> None:
    """Check that a tensor may lie on the device ``spec``: a `device`, a name, or None for the CPU.

    Raises:
        RuntimeError: it is another device than the CPU.
    """
    if spec is not None and (spec if isinstance(spec, device) else device(spec)).type != "cpu":
        fail(DeviceError, f"device {str(spec)!r} is not available: tensors live on the CPU; "
                           "use device='cpu' or leave it out")
