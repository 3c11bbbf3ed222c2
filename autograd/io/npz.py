"""The ``.npz`` format: arrays that NumPy can read too, with a JSON skeleton of what held them."""

from __future__ import annotations

import ast
import io
import json
import math
import re
from typing import IO, Any

import numpy as np

from .faults import Refused
from .skeleton import Array, Reader, Writer
from .zipped import Bytes, ZipReader, ZipWriter

FORMAT, VERSION = "tapegrad", 1
SKELETON = "skeleton.json"

_ELEMENTS = re.compile(r"[<>=|][biufcSU]\d{1,9}")


def write(obj: Any, file: IO[bytes]) -> None:
    """Write ``obj``: a member for each array, and the skeleton."""
    writer = Writer()
    root = writer.node(obj)
    text = json.dumps({"format": FORMAT, "version": VERSION, "root": root}, allow_nan=False)
    with ZipWriter(file) as archive:
        archive.add(SKELETON, [text.encode()])
        for name, array in writer.arrays.items():
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
            content = array.T if array.flags.f_contiguous and not array.flags.c_contiguous else array
            archive.add(f"{name}.npy", [header.getvalue(), np.ascontiguousarray(content)])


def read(archive: ZipReader) -> Any:
    """The object in an archive that has a skeleton."""
    skeleton = json.loads(archive.read(SKELETON).tobytes())
    if not isinstance(skeleton, dict) or skeleton.get("format") != FORMAT:
        raise Refused("was not written by autograd.save: it is a zip archive of something else")
    if skeleton.get("version") != VERSION:
        raise Refused(f"has format version {skeleton.get('version')}, and this Tapegrad reads version {VERSION}: load "
                      "it with the version that saved it, or a newer one")
    return Reader(_Members(archive)).value(skeleton["root"])


class _Members:
    """The arrays of an archive by name."""

    def __init__(self, archive: ZipReader) -> None:
        self._archive = archive

    def __getitem__(self, name: str) -> Array:
        return _array(self._archive.read(f"{name}.npy"))


def _array(content: Bytes) -> Array:
    """The array in the bytes of an ``.npy`` file.

    ``numpy.load`` makes room for as much as the header says; here the header must say what there is.
    """
    if content[:8].tobytes() != b"\x93NUMPY\1\0":
        raise ValueError("an array has another format")
    start = 10 + int.from_bytes(content[8:10].tobytes(), "little")
    header = _literal(content[10:start].tobytes().decode("latin-1").strip())
    elements, shape, fortran = header["descr"], header["shape"], header["fortran_order"]
    if type(elements) is not str or not _ELEMENTS.fullmatch(elements):
        raise ValueError(f"an array has elements of type {elements!r}")
    if type(shape) is not tuple or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"an array has shape {shape!r}")
    kind = np.dtype(elements)
    values = content[start:]
    if math.prod(shape) * kind.itemsize != values.size:
        raise ValueError(f"an array of shape {shape} and type {kind} has {values.size} bytes")
    if not values.size:
        return np.empty(shape, kind)
    array = values.view(kind).reshape(shape[::-1] if fortran else shape)
    return array.T if fortran else array


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, MemoryError) as error:  # too deep a nesting is a MemoryError
        raise ValueError("the header of an array cannot be read") from error
