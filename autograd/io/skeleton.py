"""The JSON skeleton of a saved object: its containers and plain values, with arrays by name.

Each value becomes a JSON value. Strings, booleans, None, integers and finite floats stand for themselves, a list for
itself, and everything else is an object with one key that says what it is, such as ``{"tensor": "model/weight"}``.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from typing import Any

import numpy as np

from ..creation import tensor
from ..dtypes import as_dtype, dtype
from ..errors import fail
from ..tensor import Size, Tensor

Array = np.ndarray[Any, Any]

_UNSAFE = re.compile(r'[\x00-\x1f\\:*?"<>|]|\.\.')

KINDS = ("dict, OrderedDict, list, tuple, set, Size, int, float, complex, bool, str, bytes, None, dtype, Tensor, "
         "NumPy array, NumPy number")


class Writer:
    """Turns an object into its skeleton, and gathers its arrays by name in ``arrays``."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        # One object that occurs twice is kept once, so tied weights come back tied. The object itself is held,
        # because an id is only unique while its object lives.
        self._seen: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._open: list[int] = []

    def node(self, value: Any, path: str = "") -> Any:
        """The JSON value that stands for ``value``, which was found at ``path``."""
        if value is None or type(value) in (str, bool, int):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, (Tensor, np.ndarray, np.generic)):
            return self._array_node(value, path)
        if isinstance(value, (dict, list, tuple, set)):
            return self._container_node(value, path)
        if type(value) is complex:
            return {"complex": [repr(value.real), repr(value.imag)]}
        if type(value) is bytes:
            return {"bytes": value.hex()}
        if isinstance(value, dtype):
            return {"dtype": value.name}
        fail(TypeError, f"cannot save a {type(value).__module__}.{type(value).__qualname__} (at {path or 'the top'}): "
                        f"files hold data only, and never objects with code. Supported: {KINDS}. "
                        "Of a module or an optimizer save its state_dict()")

    def _array_node(self, value: Any, path: str) -> dict[str, Any]:
        if id(value) in self._seen:
            return self._seen[id(value)][1]
        array = np.asarray(getattr(value, "_a", value))
        if array.dtype.hasobject or array.dtype.names is not None:
            fail(TypeError, f"cannot save an array of type {array.dtype} (at {path or 'the top'}): "
                            "elements must be numbers, booleans or strings")
        # What zip archives and file systems take as a name; it is for reading only, the skeleton knows the real keys.
        name = _UNSAFE.sub("_", path)[:200] or "value"
        while name in self.arrays:
            name += "_"
        self.arrays[name] = array
        if isinstance(value, Tensor):
            node = {"parameter" if value.requires_grad and value.is_leaf else "tensor": name}
        else:
            node = {"scalar" if isinstance(value, np.generic) else "array": name}
        self._seen[id(value)] = value, node
        return node

    def _container_node(self, value: Any, path: str) -> Any:
        if id(value) in self._open:
            fail(ValueError, f"cannot save a container that contains itself (at {path or 'the top'})")
        self._open.append(id(value))
        try:
            kind = type(value)
            if kind in (dict, OrderedDict):
                items = [[self.node(k, f"{path}/(key {i})"), self.node(v, _join(path, k))]
                         for i, (k, v) in enumerate(value.items())]
                if kind is dict and all(type(k) is str for k in value):
                    return {"dict": {k: item[1] for k, item in zip(value, items, strict=True)}}
                return {"items" if kind is dict else "ordered": items}
            if kind in (list, tuple, Size, set):
                nodes = [self.node(v, _join(path, i)) for i, v in enumerate(value)]
                return nodes if kind is list else {kind.__name__.lower(): nodes}
            fail(TypeError, f"cannot save a {kind.__module__}.{kind.__qualname__} (at {path or 'the top'}), because "
                            f"its class would be lost: make it a plain dict, list or tuple first. Supported: {KINDS}")
        finally:
            self._open.pop()


def _join(path: str, key: Any) -> str:
    return f"{path}/{key}" if path else str(key)


class Reader:
    """Rebuilds an object from its skeleton; ``arrays`` gives each array by name."""

    def __init__(self, arrays: Any) -> None:
        self._arrays = arrays
        self._made: dict[tuple[str, str], Any] = {}

    def value(self, node: Any) -> Any:
        """The object that the JSON value ``node`` stands for."""
        if isinstance(node, list):
            return [self.value(n) for n in node]
        if not isinstance(node, dict):
            return node
        (kind, content), = node.items()
        if kind in ("tensor", "parameter", "array", "scalar"):
            if (kind, content) not in self._made:
                self._made[kind, content] = self._array(kind, content)
            return self._made[kind, content]
        return _BUILD[kind](self, content)

    def _array(self, kind: str, name: str) -> Any:
        array = self._arrays[name]
        if kind in ("tensor", "parameter"):
            return tensor(array, requires_grad=kind == "parameter")
        return array[()] if kind == "scalar" else array


def _pairs(reader: Reader, items: list[list[Any]]) -> list[tuple[Any, Any]]:
    return [(reader.value(k), reader.value(v)) for k, v in items]


_BUILD: dict[str, Any] = {
    "dict": lambda r, content: {k: r.value(v) for k, v in content.items()},
    "items": lambda r, content: dict(_pairs(r, content)),
    "ordered": lambda r, content: OrderedDict(_pairs(r, content)),
    "tuple": lambda r, content: tuple(map(r.value, content)),
    "set": lambda r, content: set(map(r.value, content)),
    "size": lambda r, content: Size(map(r.value, content)),
    "float": lambda r, content: float(content),
    "complex": lambda r, content: complex(float(content[0]), float(content[1])),
    "bytes": lambda r, content: bytes.fromhex(content),
    "dtype": lambda r, content: as_dtype(content),
}
