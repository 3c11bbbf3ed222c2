"""Finding the files of a data set, and downloading them when asked."""

from __future__ import annotations

import functools
import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ...errors import fail
from ...io.atomic import write_atomically

#: The environment variable that names a folder with data sets.
VARIABLE = "TAPEGRAD_DATA"

_CHUNK = 1 << 18


class DatasetNotFound(FileNotFoundError):
    """The files of a data set are nowhere; the message says where was looked, for what, and what to do."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


@dataclass(frozen=True)
class Resource:
    """A published file: its name, size in bytes and MD5 sum; ``also`` are other names under which it may lie."""

    name: str
    size: int
    md5: str
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = " or ".join((self.name, *self.also))
        return f"{names} ({self.name}: {self.size:,} bytes, md5 {self.md5})"


def user_cache() -> Path:
    """The folder for this user's downloaded data sets."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "tapegrad"


def roots(root: str | os.PathLike[str] | None) -> list[Path]:
    """The folders to search, in order: ``root``, the one the environment names, the user's cache."""
    named = os.environ.get(VARIABLE)
    return [*([Path(root)] if root is not None else []), *([Path(named)] if named else []), user_cache()]


class Files:
    """The files of one data set: where they may lie and where they come from.

    Args:
        title: what the data set is called.
        root: where to look first, or None.
        folders: subfolders of a root in which the files may lie; the first one is where downloads go.
        mirrors: addresses of folders that hold the files.
        timeout: seconds to wait for a server to send something.
    """

    def __init__(self, title: str, root: str | os.PathLike[str] | None, folders: Sequence[str],
                 mirrors: Iterable[str], timeout: float = 20.0) -> None:
        self.title, self.mirrors, self.timeout = title, tuple(mirrors), timeout
        searched = roots(root)
        self.folders = [r / f for r in searched for f in folders]
        if root is not None:
            self.folders.append(Path(root))  # only a root that was named: others may hold files of another set
        self.target = searched[0] / folders[0]

    def find(self, resource: Resource) -> Path | None:
        """The first place where ``resource`` lies, or None."""
        for folder in self.folders:
            for name in (*resource.also, resource.name):
                if (folder / name).is_file():
                    return folder / name
        return None

    def get(self, resources: Sequence[Resource], download: bool) -> list[Path]:
        """Paths of the resources; missing ones are downloaded if ``download``.

        Raises:
            DatasetNotFound: one is missing and was not downloaded, or no mirror had it.
        """
        found = [self.find(r) for r in resources]
        missing = [r for r, path in zip(resources, found, strict=True) if path is None]
        if missing and not download:
            fail(DatasetNotFound, self._not_found(missing))
        return [path or self.download(r) for r, path in zip(resources, found, strict=True)]

    def _not_found(self, missing: Sequence[Resource]) -> str:
        lines = [f"the files of {self.title} were not found. Missing:", *(f"  {r}" for r in missing),
                 "Searched:", *(f"  {folder}" for folder in self.folders),
                 f"Put them into one of these folders, or name their root with the root argument or {VARIABLE}, or "
                 f"pass download=True to fetch them into {self.target} from", *(f"  {m}" for m in self.mirrors)]
        return "\n".join(lines)

    def download(self, resource: Resource) -> Path:
        """Fetch ``resource`` from the first mirror that has it whole.

        It is written to a temporary file, compared with the published size and MD5 sum, and only then put in place.

        Raises:
            DatasetNotFound: none has; the message gives each mirror's reason.
        """
        target = self.target / resource.name
        target.parent.mkdir(parents=True, exist_ok=True)
        reasons = []
        for mirror in self.mirrors:
            url = f"{mirror.rstrip('/')}/{resource.name}"
            try:
                write_atomically(target, functools.partial(_fetch, url, resource, self.timeout))
                return target
            except (OSError, http.client.HTTPException, ValueError) as error:
                reasons.append(f"  {url}: {_reason(error)}")
        fail(DatasetNotFound, "\n".join([
            f"{resource.name} of {self.title} could not be downloaded:", *(reasons or ["  there is no mirror to ask"]),
            f"Check the connection, or bring the file ({resource.size:,} bytes, md5 {resource.md5}) from elsewhere and "
            f"put it at {target}"]))


def _fetch(url: str, resource: Resource, timeout: float, file: IO[bytes]) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "tapegrad"})
    digest, received = hashlib.md5(usedforsecurity=False), 0
    with urllib.request.urlopen(request, timeout=timeout) as response:
        while chunk := response.read(_CHUNK):
            if received == 0 and chunk.lstrip()[:1] == b"<":
                fail(ValueError, "it sent a web page instead of the file")
            received += len(chunk)
            if received > resource.size:
                fail(ValueError, f"it sent more than the {resource.size:,} bytes of the file")
            digest.update(chunk)
            file.write(chunk)
    if received < resource.size:
        fail(ValueError, f"it sent {received:,} of {resource.size:,} bytes")
    if digest.hexdigest() != resource.md5:
        fail(ValueError, f"what it sent has md5 {digest.hexdigest()} instead of {resource.md5}")


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return f"it cannot be reached ({error.reason})"
    return str(error) or type(error).__name__
