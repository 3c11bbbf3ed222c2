"""PyTorch's zip format: ``.pt`` and ``.pth`` files, read and written without PyTorch.

The archive holds a pickle, ``data.pkl``, and the memory of each storage, ``data/KEY``. In the pickle a tensor is a call
with its storage, offset, shape and strides, and a storage is a persistent id with its element type and key.
"""

from __future__ import annotations

import hashlib
import sys
from typing import IO, Any

import numpy as np

from .. import dtypes
from ..dtypes import scalar_type
from ..node import wrap_node
from ..tensor import Size, Tensor
from .faults import Refused
from .pickler import Pickler
from .plain import parameter_class
from .storages import BFLOAT16, elements, overlaps
from .unpickle import PLAIN, Internal, Machine, named
from .zipped import ZipReader, ZipWriter

FOLDER = "archive"
PICKLE = "data.pkl"


def write(obj: Any, file: IO[bytes]) -> None:
    """Write ``obj`` so that ``torch.load(..., weights_only=True)`` reads it."""
    pickler = Pickler(obj)
    with ZipWriter(file) as archive:
        archive.add(f"{FOLDER}/{PICKLE}", [pickler.code])
        archive.add(f"{FOLDER}/.format_version", [b"1"])
        archive.add(f"{FOLDER}/.storage_alignment", [b"64"])
        archive.add(f"{FOLDER}/byteorder", [sys.byteorder.encode()])
        for key, parts in enumerate(pickler.storages.parts):
            archive.add(f"{FOLDER}/data/{key}", parts)
        archive.add(f"{FOLDER}/version", [b"3\n"])
        digest = hashlib.sha256(repr(archive.checksums()).encode()).hexdigest()
        archive.add(f"{FOLDER}/.data/serialization_id", [f"{int(digest, 16) % 10**40:040}".encode()])


def folder(names: list[str]) -> str | None:
    """The folder of an archive in this format, as ``"name/"``; None where it is another."""
    for name in names:
        start, slash, rest = name.rpartition("/")
        if rest == PICKLE and "/" not in start:
            return start + slash
    return None


def read(archive: ZipReader, start: str) -> Any:
    """The object in the archive whose members lie in the folder ``start``."""
    if f"{start}constants.pkl" in archive.names:
        raise Refused("is a TorchScript program and no saved object: load it with torch.jit.load where PyTorch is "
                      "installed, and save its state_dict()")
    order = "little"
    if f"{start}byteorder" in archive.names:
        order = archive.read(f"{start}byteorder").tobytes().decode()
        if order not in ("little", "big"):
            raise ValueError(f"it has {order!r} as its order of bytes")
    return _Reader(archive, start, order).run(archive.read(start + PICKLE).tobytes())


class _Type(Internal):
    """The class of a storage: its element type as it lies in the file."""

    __slots__ = ("dtype",)

    def __init__(self, name: str, dtype: Any) -> None:
        self.name, self.dtype = name, np.dtype(dtype)


class _Storage(Internal):
    """The memory that tensors share."""

    __slots__ = ("elements", "type")

    def __init__(self, kind: _Type, elements: np.ndarray[Any, Any]) -> None:
        self.name, self.type, self.elements = "a bare storage", kind, elements


class _Class(Internal):
    """A class of tensors, as an argument."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        self.name = name


class _Reader:
    """Reads one archive."""

    def __init__(self, archive: ZipReader, start: str, order: str) -> None:
        self._archive, self._start, self._order = archive, start, order
        self._storages: dict[str, _Storage] = {}

    def run(self, code: bytes) -> Any:
        return Machine(code, NAMES, self._storage, (Tensor,)).run()

    def _storage(self, name: Any) -> _Storage:
        """The storage of a persistent id ``("storage", class, key, location, number of elements)``."""
        tag, kind, key, _, count = name
        if tag != "storage" or type(key) is not str or type(count) is not int:
            raise ValueError("a storage in its pickle is not named as it should be")
        if type(kind) is not _Type:
            raise ValueError(f"a storage in its pickle has a {type(kind).__name__} for its class")
        found = self._storages.get(key)
        if found is None:
            content = self._archive.read(f"{self._start}data/{key}")
            found = self._storages[key] = _Storage(kind, elements(content, kind.dtype, self._order))
        if found.type is not kind or len(found.elements) != count:
            raise ValueError(f"storage {key} has {len(found.elements)} elements of {found.type.name}, and its pickle "
                             f"says {count} of {kind.name}")
        return found


def _tensor(machine: Machine, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False,
            hooks: Any = None, metadata: Any = None) -> Tensor:
    if type(storage) is not _Storage:
        raise ValueError(f"a tensor in its pickle has a {type(storage).__name__} for its memory")
    for numbers in (size, stride, (offset,)):
        if not isinstance(numbers, tuple) or not all(type(n) is int and n >= 0 for n in numbers):
            raise ValueError(f"a tensor in its pickle has size {size!r}, stride {stride!r} and offset {offset!r}")
    memory = storage.elements
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if all(size) and last >= len(memory):
        raise ValueError(f"a tensor of size {size}, stride {stride} and offset {offset} reaches beyond its storage of "
                         f"{len(memory)} elements")
    width = memory.itemsize
    if all(size):
        array = np.ndarray(size, memory.dtype, memory, offset * width, tuple([s * width for s in stride]))
    else:
        array = np.empty(size, memory.dtype)
    if overlaps(array.shape, stride):
        array.flags.writeable = False
    t = wrap_node(array, None)
    return t.requires_grad_() if _flag(requires_grad) else t


def _tensor_v1(machine: Machine, storage: Any, offset: Any, size: Any, stride: Any) -> Tensor:
    return _tensor(machine, storage, offset, size, stride)


def _parameter(machine: Machine, data: Any, requires_grad: Any = True, hooks: Any = None) -> Tensor:
    if type(data) is not Tensor:
        raise ValueError(f"a parameter in its pickle is made of a {type(data).__name__}")
    kind = parameter_class()
    if kind not in machine.with_attributes:
        machine.with_attributes += (kind,)
    found: Tensor = kind(data, _flag(requires_grad))
    return found


def _parameter_with_state(machine: Machine, data: Any, requires_grad: Any, hooks: Any, state: Any) -> Tensor:
    found = _parameter(machine, data, requires_grad)
    machine.set_attributes(found, state)
    return found


def _with_attributes(machine: Machine, function: Any, kind: Any, arguments: Any, state: Any) -> Any:
    """A tensor or parameter that has attributes."""
    found = machine.call(function, arguments)
    if type(kind) is not _Class:
        raise ValueError(f"its pickle has a {type(kind).__name__} for the class of a tensor")
    if type(state) is tuple and len(state) == 2 and state[1] is None:  # attributes, and slots that it does not have
        state = state[0]
    machine.set_attributes(found, state)
    return found


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"a tensor in its pickle has {type(value).__name__} for requires_grad")
    return value


def _size(machine: Machine, sizes: Any = ()) -> Size:
    if type(sizes) not in (tuple, list) or not all(type(n) is int for n in sizes):
        raise ValueError("a size in its pickle is not made of integers")
    machine.copying(len(sizes))
    return Size(sizes)


def _device(machine: Machine, kind: Any, index: Any = None) -> dtypes.device:
    """The one device there is: what lay on others is on the CPU now."""
    return dtypes.device("cpu")


def _storage_types() -> dict[str, _Type]:
    found = {f"{scalar_type(d)}Storage": d.name for d in dtypes.ALL} | {"BFloat16Storage": BFLOAT16}
    return {f"torch.{name}": _Type(f"torch.{name}", kind) for name, kind in found.items()}


#: What the names in a pickle stand for.
NAMES: dict[str, Any] = {
    **PLAIN,
    **_storage_types(),
    **{f"torch.{d.name}": d for d in dtypes.ALL},
    **{name: _Class(name) for name in ("torch.Tensor", "torch.nn.parameter.Parameter")},
    **named({
        "torch._utils._rebuild_tensor": _tensor_v1, "torch._utils._rebuild_tensor_v2": _tensor,
        "torch._utils._rebuild_parameter": _parameter,
        "torch._utils._rebuild_parameter_with_state": _parameter_with_state,
        "torch._tensor._rebuild_from_type_v2": _with_attributes,
        "torch.Size": _size, "torch.device": _device,
    }),
}
