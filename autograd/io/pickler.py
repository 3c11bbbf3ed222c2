"""A writer of pickles that hold data, in the instructions that PyTorch's restricted reader knows."""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import device, dtype, scalar_type
from ..errors import fail
from ..tensor import Size, Tensor
from .plain import is_parameter, join, place, refuse, refuse_cycle
from .storages import Array, Storages


class Name(NamedTuple):
    """A global."""

    module: str
    name: str


class Call(NamedTuple):
    """An object as the call that makes it."""

    function: Name
    arguments: tuple[Any, ...]


class Persistent(NamedTuple):
    """An object that lies elsewhere."""

    name: tuple[Any, ...]


class Pickler:
    """The pickle of an object.

    Attributes:
        code: the pickle.
        storages: the memory of its tensors.
    """

    def __init__(self, obj: Any) -> None:
        self.storages = Storages(t._a for t in _tensors(obj, set()))
        self._out = bytearray(b"\x80\x02")
        # What was written so far by id, or by value for names and strings. The objects are held, because an id is
        # unique only while its object lives.
        self._memo: dict[Any, tuple[int, Any]] = {}
        self._open: set[int] = set()
        self._write(obj, "")
        self.code = bytes(self._out + b".")

    def _write(self, value: Any, path: str) -> None:
        kind = type(value)
        if kind in _IMMEDIATE:
            self._out += _IMMEDIATE[kind](value)
            return
        if kind is Persistent:
            self._tuple(value.name, path)
            self._out += b"Q"
            return
        known = value if kind in (str, Name) else id(value)
        if known in self._open:
            refuse_cycle(path)
        if known in self._memo:
            self._out += _numbered(b"h", b"j", self._memo[known][0])
            return
        self._open.add(known)
        self._begin(kind, value, path)
        index = len(self._memo)
        self._memo[known] = index, value
        self._out += _numbered(b"q", b"r", index)
        if kind is list and value:
            self._out += b"("
            for i, item in enumerate(value):
                self._write(item, join(path, i))
            self._out += b"e"
        if kind in (dict, OrderedDict) and value:
            self._items(value, path)
        if kind is OrderedDict and vars(value):
            self._write(dict(vars(value)), path)
            self._out += b"b"
        self._open.remove(known)

    def _begin(self, kind: type, value: Any, path: str) -> None:
        """All of an object but what lists and dictionaries contain."""
        if kind is str:
            content = value.encode("utf-8", "surrogatepass")
            self._out += b"X" + struct.pack("<I", len(content)) + content
        elif kind is Name:
            self._out += f"c{value.module}\n{value.name}\n".encode()
        elif kind is tuple:
            self._tuple(value, path)
        elif kind is list:
            self._out += b"]"
        elif kind is dict:
            self._out += b"}"
        else:
            self._object(value, path)

    def _tuple(self, items: tuple[Any, ...], path: str) -> None:
        self._out += b"(" if len(items) > 3 else b""
        for i, item in enumerate(items):
            self._write(item, join(path, i))
        self._out += {0: b")", 1: b"\x85", 2: b"\x86", 3: b"\x87"}.get(len(items), b"t")

    def _items(self, items: dict[Any, Any], path: str) -> None:
        self._out += b"("
        for k, v in items.items():
            self._write(k, f"{path}/(key {k!r})")
            self._write(v, join(path, k))
        self._out += b"u"

    def _object(self, value: Any, path: str) -> None:
        """An object as a global or as the call of one."""
        reduced = self._reduced(value, path)
        if isinstance(reduced, Name):
            self._write(reduced, path)
            return
        self._write(reduced.function, path)
        self._tuple(reduced.arguments, path)
        self._out += b"R"

    def _reduced(self, value: Any, path: str) -> Name | Call:
        reduce = _REDUCE.get(type(value))
        if reduce is not None:
            return reduce(value)
        if is_parameter(value):
            return Call(Name("torch._utils", "_rebuild_parameter"),
                        (_Values(value._a, False), value.requires_grad, OrderedDict()))
        if isinstance(value, Tensor):
            return self._tensor(value._a, value.requires_grad)
        if isinstance(value, _Values):
            return self._tensor(*value)
        if isinstance(value, (np.ndarray, np.generic)):
            fail(TypeError, f"cannot save a {type(value).__module__}.{type(value).__qualname__} {place(path)} in "
                            "PyTorch's format, which keeps tensors only: make it one with autograd.tensor(...), or "
                            "save in a file whose name ends in .npz")
        refuse(value, path)

    def _tensor(self, array: Array, requires_grad: bool) -> Call:
        lies = self.storages[array]
        storage = Persistent(("storage", Name("torch", f"{scalar_type(array.dtype)}Storage"), str(lies.storage), "cpu",
                              lies.length))
        return Call(Name("torch._utils", "_rebuild_tensor_v2"),
                    (storage, lies.offset, array.shape, lies.strides, requires_grad, OrderedDict()))


class _Values(NamedTuple):
    """A tensor inside a parameter."""

    array: Array
    requires_grad: bool


def _tensors(value: Any, seen: set[int]) -> Iterator[Tensor]:
    """The tensors in nested containers."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (dict, list, tuple, set)) and id(value) not in seen:
        seen.add(id(value))
        more = (value.values(), getattr(value, "__dict__", {}).values()) if isinstance(value, dict) else ()
        for item in chain(value, *more):
            yield from _tensors(item, seen)


def _numbered(short: bytes, long: bytes, index: int) -> bytes:
    """An instruction with the number of an object."""
    return short + struct.pack("<B", index) if index < 256 else long + struct.pack("<I", index)


def _integer(n: int) -> bytes:
    if 0 <= n < 256:
        return b"K" + struct.pack("<B", n)
    if 0 <= n < 65536:
        return b"M" + struct.pack("<H", n)
    if -2**31 <= n < 2**31:
        return b"J" + struct.pack("<i", n)
    content = n.to_bytes(n.bit_length() // 8 + 1, "little", signed=True)
    return _numbered(b"\x8a", b"\x8b", len(content)) + content


# Objects that are written anew each time.
_IMMEDIATE: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"N", bool: lambda value: b"\x88" if value else b"\x89", int: _integer,
    float: lambda value: b"G" + struct.pack(">d", value),
}


def _bytes(content: bytes) -> Call:
    return Call(Name("_codecs", "encode"), (content.decode("latin-1"), "latin1"))


# Built-in names are those of Python 2, as in all pickles of this version.
_REDUCE: dict[type, Callable[[Any], Name | Call]] = {
    OrderedDict: lambda value: Call(Name("collections", "OrderedDict"), ()),
    Counter: lambda value: Call(Name("collections", "Counter"), (dict(value),)),
    set: lambda value: Call(Name("__builtin__", "set"), (list(value),)),
    complex: lambda value: Call(Name("__builtin__", "complex"), (value.real, value.imag)),
    bytes: _bytes,
    bytearray: lambda value: Call(Name("__builtin__", "bytearray"), (bytes(value),)),
    Size: lambda value: Call(Name("torch", "Size"), (tuple(value),)),
    device: lambda value: Call(Name("torch", "device"), (value.type,)),
    dtype: lambda value: Name("torch", value.name),
}
