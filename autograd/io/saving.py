"""`save` and `load`: which format, and which file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import IO, Any

from ..dtypes import on_cpu
from ..errors import fail
from . import npz, pt, safe_tensors
from .atomic import write_atomically
from .faults import Refused, explained
from .zipped import ZipReader

File = str | os.PathLike[str] | IO[bytes]

_FORMATS: dict[str, Callable[[Any, IO[bytes]], None]] = {
    "pt": pt.write, "npz": npz.write, "safetensors": safe_tensors.write}


def save(obj: Any, f: File, *, format: str | None = None) -> None:
    """Save tensors, or nested containers of tensors and plain values, in one file.

    The end of the name says which format it gets. None of them runs code when it is loaded.

    - ``.npz``: an archive of arrays that ``numpy.load`` reads too. It also keeps NumPy arrays.
    - ``.safetensors``: a dict of tensors by name and nothing else, for other programs. Needs the library safetensors.
    - ``.pt``, ``.pth`` and all others: PyTorch's format; ``torch.load`` reads it. Tensors that share memory share it
      again when they are loaded.

    The file is written beside its place, synced to the disk and then renamed, so that a crash or a full disk leaves
    either the old file or the new one, never half of one.

    Args:
        obj: a dict, OrderedDict, Counter, list, tuple, set, number, string, bytes, None, dtype, Tensor or Parameter,
            nested as you like; such as ``{"model": model.state_dict(), "epoch": 3}``.
        f: a path, or a file object open for writing in binary.
        format: ``"pt"``, ``"npz"`` or ``"safetensors"``, whatever the name is.

    Raises:
        TypeError: something inside is of another kind; the message says where.
        ValueError: a container contains itself, or there is no such format.
        RuntimeError: in PyTorch's format, tensors of different types share memory.

    >>> import autograd, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "state.pt")
    >>> autograd.save({"weight": autograd.tensor([1., 2.]), "epoch": 3}, path)
    >>> autograd.load(path)
    {'weight': tensor([1., 2.]), 'epoch': 3}
    """
    if format is None:
        end = os.path.splitext(str(_name(f)))[1][1:]
        format = end if end in _FORMATS else "pt"
    if format not in _FORMATS:
        fail(ValueError, f"there is no format {format!r}; give one of {', '.join(map(repr, _FORMATS))}")
    write = _FORMATS[format]
    try:
        if isinstance(f, (str, os.PathLike)):
            write_atomically(f, lambda file: write(obj, file))
        elif hasattr(f, "write"):
            write(obj, f)
        else:
            fail(AttributeError, "expected 'f' to be string, path, or a file-like object with a 'write' attribute, got "
                                 f"{type(f).__name__}")
    except RecursionError:
        fail(ValueError, "cannot save containers that are nested so deep")


def load(f: File, map_location: Any = None, *, weights_only: bool = True, mmap: bool | None = None) -> Any:
    """Load what `save` saved, or PyTorch, or another program that writes safetensors.

    The format is seen from the content. No code from the file runs: a PyTorch file that holds other objects than
    tensors, parameters and plain containers is refused, and so is one that wants more memory than it has bytes.

    Args:
        f: a path, or a file object open for reading in binary, which can seek.
        map_location: the device for the tensors, of which there is one, ``"cpu"``. What was saved on others comes to
            it in any case.
        weights_only: makes no difference, because nothing but data is ever loaded.
        mmap: map the file into memory, so that values are read when they are first used; writing to them does not
            change the file. For paths to ``.pt`` and ``.npz`` files. Checksums are not compared then.

    Returns:
        The same containers and values; tensors and arrays are new ones. ``bfloat16`` becomes ``float32``.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: the file is damaged, or is of another kind, or holds something that is not loaded; the message
            says which.

    >>> import autograd, io
    >>> file = io.BytesIO()
    >>> autograd.save([autograd.ones(2), "done"], file)
    >>> _ = file.seek(0)
    >>> autograd.load(file)
    [tensor([1., 1.]), 'done']
    """
    if map_location is not None and not callable(map_location) and not isinstance(map_location, dict):
        on_cpu(map_location)
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file, explained(os.fspath(f)):
            return _read(file, str(f), bool(mmap))
    if mmap:
        fail(ValueError, "f must be a file path in order to use the mmap argument")
    if not hasattr(f, "read") or not hasattr(f, "seek"):
        fail(AttributeError, "expected 'f' to be string, path, or a file-like object with 'read' and 'seek', got "
                             f"{type(f).__name__}")
    if hasattr(f, "seekable") and not f.seekable():
        fail(io.UnsupportedOperation, "load needs a file that can seek; read it into an io.BytesIO first")
    name = _name(f) or "the file object"
    with explained(name):
        return _read(f, str(name), False)


def _name(f: Any) -> Any:
    return f if isinstance(f, (str, os.PathLike)) else getattr(f, "name", "")


def _read(file: IO[bytes], name: str, mapped: bool) -> Any:
    start = file.read(16)
    file.seek(-len(start), io.SEEK_CUR)
    if not start:
        raise EOFError("it is empty")
    if start.startswith(b"PK"):
        return _from_zip(ZipReader(file, mapped))
    if start[8:9] == b"{" or name.endswith(".safetensors"):
        if mapped:
            raise Refused("is a safetensors file, which is not mapped into memory: leave mmap out")
        return safe_tensors.read(file.read())
    raise Refused(_guess(start))


def _from_zip(archive: ZipReader) -> Any:
    names = archive.names
    if npz.SKELETON in names:
        return npz.read(archive)
    folder = pt.folder(names)
    if folder is not None:
        return pt.read(archive, folder)
    if names and all(name.endswith(".npy") for name in names):
        raise Refused("was not written by autograd.save: it is a plain NumPy archive; read it with numpy.load")
    raise Refused("was not written by autograd.save: it is a zip archive of something else")


# How pickles begin that PyTorch wrote before it took to zip archives.
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


def _guess(start: bytes) -> str:
    """Why a file that begins so is not loaded."""
    if start.startswith(_LEGACY):
        return ("is in the format that PyTorch wrote before version 1.6, which is not read: where PyTorch is "
                "installed, load it with torch.load and save it again with torch.save")
    for magic, words in {
        b"\x80": "it looks like a pickle, which could run code when loaded and is refused",
        b"\x93NUMPY": "it is a NumPy array; read it with numpy.load", b"\x89HDF": "it is an HDF5 file",
        b"\x1f\x8b": "it is gzip-compressed",
    }.items():
        if start.startswith(magic):
            return f"was not written by autograd.save: {words}"
    return f"was not written by autograd.save: it begins with {start[:8]!r}, as no format that is read does"
