"""Saving and loading: an ``.npz`` file, whose arrays NumPy can read too, with a JSON skeleton of what held them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np

from ..dtypes import on_cpu
from ..errors import fail
from .skeleton import Reader, Writer

FORMAT, VERSION = "tapegrad", 1
SKELETON = "skeleton.json"


def save(obj: Any, f: str | os.PathLike[str] | IO[bytes]) -> None:
    """Save nested containers of tensors, arrays and plain values in one file.

    The file is an ``.npz`` archive (``numpy.load`` reads its arrays) with a JSON skeleton, and holds data only: no
    pickle, so loading a file never runs code from it. It is written beside its place, synced to the disk and then
    renamed, so a crash leaves either the old file or the new one, never half of one.

    Args:
        obj: a dict, list, tuple, set, number, string, bytes, None, dtype, Tensor or NumPy array, nested as you like;
            such as ``{"model": model.state_dict(), "epoch": 3}``. A tensor that occurs twice is kept once.
        f: a path, or a file object open for writing in binary.

    Raises:
        TypeError: something inside is of another kind; the message says where.
        ValueError: a container contains itself.

    >>> import autograd, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "state.npz")
    >>> autograd.io.save({"weight": autograd.tensor([1., 2.]), "epoch": 3}, path)
    >>> autograd.io.load(path)
    {'weight': tensor([1., 2.]), 'epoch': 3}
    """
    writer = Writer()
    root = writer.node(obj)
    text = json.dumps({"format": FORMAT, "version": VERSION, "root": root}, allow_nan=False)

    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            # A ZipInfo made from a name has a fixed date, so equal objects give equal files.
            archive.writestr(zipfile.ZipInfo(SKELETON), text)
            for name, array in writer.arrays.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    if isinstance(f, (str, os.PathLike)):
        write_atomically(f, write)
    else:
        write(f)


def load(f: str | os.PathLike[str] | IO[bytes], map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Load what `save` saved.

    Args:
        f: a path, or a file object open for reading in binary.
        map_location: the device for the tensors, of which there is one, ``"cpu"``.
        weights_only: makes no difference, because the files hold nothing but data. It is here so that calls written
            for PyTorch work.

    Returns:
        The same containers and values; tensors and arrays are new ones.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: the file is damaged, or was not written by `save`; the message says which.

    >>> import autograd, io
    >>> file = io.BytesIO()
    >>> autograd.io.save([autograd.ones(2), "done"], file)
    >>> _ = file.seek(0)
    >>> autograd.io.load(file)
    [tensor([1., 1.]), 'done']
    """
    if map_location is not None and not callable(map_location) and not isinstance(map_location, dict):
        on_cpu(map_location)
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return _read(file, os.fspath(f))
    return _read(f, getattr(f, "name", "the file object"))


def _read(file: IO[bytes], name: Any) -> Any:
    start = file.read(8)
    file.seek(-len(start), io.SEEK_CUR)
    try:
        with zipfile.ZipFile(file) as archive:
            skeleton = _skeleton(archive, name)
            return Reader(_Members(archive)).value(skeleton["root"])
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, LookupError, TypeError, NotImplementedError) as error:
        if start.startswith(b"PK") or not start:
            fail(RuntimeError, f"{name} is damaged ({error or type(error).__name__}): it was cut short or changed "
                               "after it was saved. Load an older checkpoint, or make it again")
        fail(RuntimeError, f"{name} was not written by autograd.io.save: {_guess(start)}")


def _skeleton(archive: zipfile.ZipFile, name: Any) -> dict[str, Any]:
    members = archive.namelist()
    if SKELETON not in members:
        if any(m.endswith("data.pkl") for m in members):
            fail(RuntimeError, f"{name} is a PyTorch file, which is a pickle inside and is not loaded here. Where "
                               "PyTorch is installed, convert it: "
                               "autograd.io.save({k: v.numpy() for k, v in torch.load(f).items()}, ...)")
        if members and all(m.endswith(".npy") for m in members):
            fail(RuntimeError, f"{name} is a plain NumPy archive; read it with numpy.load")
        fail(RuntimeError, f"{name} is a zip archive, but was not written by autograd.io.save")
    skeleton = json.loads(archive.read(SKELETON))
    if not isinstance(skeleton, dict) or skeleton.get("format") != FORMAT:
        fail(RuntimeError, f"{name} is a zip archive, but was not written by autograd.io.save")
    if skeleton.get("version") != VERSION:
        fail(RuntimeError, f"{name} has format version {skeleton.get('version')}, and this Tapegrad reads version "
                           f"{VERSION}: load it with the version that saved it, or a newer one")
    return skeleton


def _guess(start: bytes) -> str:
    if start[:1] == b"\x80":
        return "it looks like a pickle, which could run code when loaded and is refused"
    if start.startswith(b"\x93NUMPY"):
        return "it is a NumPy array; read it with numpy.load"
    if start.startswith(b"\x89HDF"):
        return "it is an HDF5 file"
    if start.startswith(b"\x1f\x8b"):
        return "it is gzip-compressed"
    return f"it starts with {start!r}, and not as an .npz archive does"


class _Members:
    """The arrays of an archive by name."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        # All bytes first, because that compares the checksum before anything believes the header.
        content = io.BytesIO(self._archive.read(f"{name}.npy"))
        return np.lib.format.read_array(content, allow_pickle=False)


def write_atomically(path: str | os.PathLike[str], write: Callable[[IO[bytes]], object]) -> None:
    """Call ``write(file)`` on a temporary file beside ``path``, sync it, and rename it to ``path``.

    Whatever happens, ``path`` is either what it was or all of the new file, and no temporary file stays.
    """
    # The real path: through a symbolic link, the file it names is replaced and not the link.
    target = os.path.realpath(os.fspath(path))
    with _temporary(target) as temporary:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    _sync_directory(os.path.dirname(target))


@contextlib.contextmanager
def _temporary(target: str) -> Iterator[str]:
    directory, name = os.path.split(target)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=directory)
    os.close(descriptor)
    try:
        os.chmod(temporary, _mode(target))
        yield temporary
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _mode(target: str) -> int:
    """The permissions ``target`` has, or those a new file gets (mkstemp's are for the owner only)."""
    try:
        return os.stat(target).st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sync_directory(directory: str) -> None:
    """Make a rename last through a crash, where the system can (not on Windows)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
