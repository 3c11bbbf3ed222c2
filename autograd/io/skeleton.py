"""The JSON skeleton of a saved object: its containers and plain values, with arrays by name.

Each value becomes a JSON value. Strings, booleans, None, integers and finite floats stand for themselves, a list for
itself, and everything else is an object with one key that says what it is, such as ``{"tensor": "model/weight"}``.
"""

from __future__ import annotations

import math
import re
from collections import Counter, OrderedDict
from typing import Any

import numpy as np

from ..dtypes import ALL, device, dtype, native
from ..errors import fail
from ..from_data import check_array
from ..node import wrap_node
from ..tensor import Size, Tensor
from .plain import KINDS, is_parameter, join, parameter_class, place, refuse, refuse_cycle, set_attributes

Array = np.ndarray[Any, Any]

_UNSAFE = re.compile(r'[\x00-\x1f\\:*?"<>|]|\.\.')


class Writer:
    """Turns an object into its skeleton, and gathers its arrays by name in ``arrays``."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        # The names of the arrays by the memory they lie in, so that tied weights are kept once and come back tied.
        # The arrays are held in ``arrays``, because an address is unique only while they live.
        self._names: dict[Any, str] = {}
        self._open: list[int] = []

    def node(self, value: Any, path: str = "") -> Any:
        """The JSON value that stands for ``value``, which was found at ``path``."""
        kind = type(value)
        if value is None or kind in (str, bool, int):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, (Tensor, np.ndarray, np.generic)):
            return self._array_node(value, path)
        if kind is complex:
            return {"complex": [repr(value.real), repr(value.imag)]}
        if kind in (bytes, bytearray):
            return {kind.__name__: value.hex()}
        if kind in (dtype, device):
            return {kind.__name__: value.name if kind is dtype else value.type}
        if kind in _CONTAINERS:
            return self._container_node(value, path)
        refuse(value, path, f"{KINDS}, NumPy array, NumPy number")

    def _array_node(self, value: Any, path: str) -> dict[str, Any]:
        array = np.asarray(getattr(value, "_a", value))
        if array.dtype.kind not in "biufcSU":
            fail(TypeError, f"cannot save an array of type {array.dtype} {place(path)}: "
                            "elements must be numbers, booleans or strings")
        memory: Any = id(value)
        if array.size:
            memory = (array.__array_interface__["data"], array.shape, array.strides, array.dtype)
        if memory not in self._names:
            # What zip archives and file systems take as a name; it is for reading only, the skeleton knows the keys.
            name = _UNSAFE.sub("_", path)[:200] or "value"
            while name in self.arrays:
                name += "_"
            self.arrays[name], self._names[memory] = array, name
        return {_array_kind(value): self._names[memory]}

    def _container_node(self, value: Any, path: str) -> Any:
        if id(value) in self._open:
            refuse_cycle(path)
        self._open.append(id(value))
        try:
            return self._items_node(type(value), value, path)
        finally:
            self._open.pop()

    def _items_node(self, kind: type, value: Any, path: str) -> Any:
        if kind in (list, tuple, Size, set):
            nodes = [self.node(v, join(path, i)) for i, v in enumerate(value)]
            return nodes if kind is list else {kind.__name__.lower(): nodes}
        items = [[self.node(k, f"{path}/(key {i})"), self.node(v, join(path, k))]
                 for i, (k, v) in enumerate(value.items())]
        if kind is OrderedDict and vars(value):  # a state_dict, with the versions of its modules
            return {"state_dict": [items, self.node(dict(vars(value)), join(path, "(attributes)"))]}
        if kind is dict and all(type(k) is str for k in value):
            return {"dict": {k: item[1] for k, item in zip(value, items, strict=True)}}
        return {"items" if kind is dict else "ordered" if kind is OrderedDict else "counter": items}


_CONTAINERS = (dict, OrderedDict, Counter, list, tuple, Size, set)


def _array_kind(value: Any) -> str:
    if isinstance(value, Tensor):
        if is_parameter(value):
            return "parameter" if value.requires_grad else "frozen"
        return "leaf" if value.requires_grad else "tensor"
    return "scalar" if isinstance(value, np.generic) else "array"


class Reader:
    """Rebuilds an object from its skeleton; ``arrays`` gives each array by name."""

    def __init__(self, arrays: Any) -> None:
        self._arrays = arrays
        self._read: dict[str, Array] = {}
        self._made: dict[tuple[str, str], Any] = {}

    def value(self, node: Any) -> Any:
        """The object that the JSON value ``node`` stands for."""
        if isinstance(node, list):
            return [self.value(n) for n in node]
        if not isinstance(node, dict):
            return node
        (kind, content), = node.items()
        if kind in _ARRAY_KINDS:
            if (kind, content) not in self._made:
                if content not in self._read:
                    self._read[content] = self._arrays[content]
                self._made[kind, content] = _ARRAY_KINDS[kind](self._read[content])
            return self._made[kind, content]
        return _BUILD[kind](self, content)


def _tensor(array: Array) -> Tensor:
    return wrap_node(native(check_array(array)), None)


_ARRAY_KINDS: dict[str, Any] = {
    "tensor": _tensor,
    "leaf": lambda array: _tensor(array).requires_grad_(),
    "parameter": lambda array: parameter_class()(_tensor(array), True),
    "frozen": lambda array: parameter_class()(_tensor(array), False),
    "array": lambda array: array,
    "scalar": lambda array: array[()],
}


def _pairs(reader: Reader, items: list[list[Any]]) -> list[tuple[Any, Any]]:
    return [(reader.value(k), reader.value(v)) for k, v in items]


def _state_dict(reader: Reader, items: list[list[Any]], attributes: Any) -> OrderedDict[Any, Any]:
    found = OrderedDict(_pairs(reader, items))
    set_attributes(found, reader.value(attributes))
    return found


_DTYPES = {d.name: d for d in ALL}

_BUILD: dict[str, Any] = {
    "dict": lambda r, content: {k: r.value(v) for k, v in content.items()},
    "items": lambda r, content: dict(_pairs(r, content)),
    "ordered": lambda r, content: OrderedDict(_pairs(r, content)),
    "counter": lambda r, content: Counter(dict(_pairs(r, content))),
    "state_dict": lambda r, content: _state_dict(r, *content),
    "tuple": lambda r, content: tuple(map(r.value, content)),
    "set": lambda r, content: set(map(r.value, content)),
    "size": lambda r, content: Size(map(r.value, content)),
    "float": lambda r, content: float(content),
    "complex": lambda r, content: complex(float(content[0]), float(content[1])),
    "bytes": lambda r, content: bytes.fromhex(content),
    "bytearray": lambda r, content: bytearray.fromhex(content),
    "dtype": lambda r, content: _DTYPES[content],
    "device": lambda r, content: device(content),
}
