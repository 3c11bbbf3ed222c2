"""The ``.safetensors`` format: tensors by name and nothing else. Read and written by the library of that name."""

from __future__ import annotations

from typing import IO, Any

import numpy as np

from .. import dtypes
from ..errors import fail
from ..node import wrap_node
from ..tensor import Tensor
from .faults import Refused
from .storages import BFLOAT16, elements

# Element types as the format names them.
_TYPES = {"F16": dtypes.float16, "F32": dtypes.float32, "F64": dtypes.float64, "I8": dtypes.int8, "I16": dtypes.int16,
          "I32": dtypes.int32, "I64": dtypes.int64, "U8": dtypes.uint8, "BOOL": dtypes.bool, "C64": dtypes.complex64}


def write(obj: Any, file: IO[bytes]) -> None:
    """Write a dictionary of tensors. Each is written out in full: what shared memory comes back apart."""
    if not isinstance(obj, dict):
        fail(TypeError, f"a safetensors file keeps a dict of tensors by name, such as a state_dict, and no "
                        f"{type(obj).__name__}: save other things in a file whose name ends in .pt or .npz")
    arrays = {}
    for name, t in obj.items():
        if type(name) is not str or name == "__metadata__":
            fail(TypeError, f"a safetensors file keeps tensors by names, which are strings other than '__metadata__', "
                            f"and one is {name!r}")
        if not isinstance(t, Tensor):
            fail(TypeError, f"a safetensors file keeps tensors only, and {name!r} is a {type(t).__name__}: save it in "
                            "a file whose name ends in .pt or .npz")
        if dtypes.from_numpy(t._a.dtype) not in _TYPES.values():
            fail(TypeError, f"a safetensors file keeps no tensors of {t._a.dtype}, as {name!r} is: save it in a file "
                            "whose name ends in .pt or .npz")
        arrays[name] = np.ascontiguousarray(t._a).reshape(t._a.shape)  # the library reads memory as it lies
    # The metadata is what programs that read such files look for.
    file.write(_library().numpy.save(arrays, metadata={"format": "pt"}))


def read(content: bytes) -> dict[str, Tensor]:
    """The tensors in the bytes of a file, in the order of their names."""
    library = _library()
    try:
        found = library.deserialize(content)
    except library.SafetensorError as error:
        raise ValueError(str(error)) from None
    return {name: _tensor(name, t["dtype"], t["shape"], t["data"]) for name, t in sorted(found)}


def _tensor(name: str, kind: str, shape: list[int], data: Any) -> Tensor:
    if kind not in _TYPES and kind != "BF16":
        raise Refused(f"has elements of type {kind} in {name!r}, which tensors here do not have")
    content = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    if not content.flags.writeable:
        content = content.copy()
    values = elements(content, BFLOAT16 if kind == "BF16" else _TYPES[kind].dtype)
    return wrap_node(values.reshape(shape), None)


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError("safetensors files need the library of that name: pip install safetensors, or Tapegrad with "
                          "its extra 'safetensors'") from error
    return safetensors
