"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import IO

#: What a write to a file that is open can fail with.
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}


def write_atomically(path: str | os.PathLike[str], write: Callable[[IO[bytes]], object]) -> None:
    """Call ``write(file)`` on a temporary file beside ``path``, sync it, and rename it to ``path``.

    Whatever happens, ``path`` is either what it was or all of the new file. No temporary file stays, unless the process
    is killed.

    Raises:
        OSError: it cannot be written; the error names ``path``.
    """
    # The real path: through a symbolic link, the file it names is replaced and not the link.
    target = os.path.realpath(os.fspath(path))
    if os.path.exists(target) and not os.path.isfile(target):  # /dev/null, a pipe: nothing there could be replaced
        with open(target, "wb") as file:
            write(file)
        return
    try:
        with _temporary(target) as temporary:
            with open(temporary, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
    except OSError as error:
        ours = isinstance(error.filename, str) and error.filename.startswith(_prefix(target))
        if not ours and error.errno not in _FULL:  # of another file, which ``write`` reads
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None
    _sync_directory(os.path.dirname(target))


def _prefix(target: str) -> str:
    """What the names of temporary files begin with."""
    directory, name = os.path.split(target)
    return os.path.join(directory, f".{name[:40]}.")


@contextlib.contextmanager
def _temporary(target: str) -> Iterator[str]:
    directory, start = os.path.split(_prefix(target))
    descriptor, temporary = tempfile.mkstemp(prefix=start, suffix=".tmp", dir=directory)
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
