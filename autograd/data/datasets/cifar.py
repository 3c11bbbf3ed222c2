"""CIFAR10, from its binary version. Krizhevsky: Learning multiple layers of features from tiny images (2009)."""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import fail
from .files import DatasetNotFound, Files, Resource
from .images import Images

_SIZE = 3 * 32 * 32
_FOLDER = "cifar-10-batches-bin"


class CIFAR10(Images):
    """60,000 colour pictures of 10 kinds of things, 32 x 32 pixels: 50,000 to train on and 10,000 to test on.

    The files ``data_batch_1.bin`` ... ``data_batch_5.bin`` and ``test_batch.bin``, or the archive
    ``cifar-10-binary.tar.gz`` that holds them, are searched in ``root``, in the folder that the environment variable
    TAPEGRAD_DATA names, and in the user's cache; in each also in ``cifar-10-batches-bin``.

    Args:
        root: a folder to search first, and to download into.
        train: the training set, or the test set.
        transform: called on each image, a float32 tensor [3, 32, 32] with values in [0, 1].
        target_transform: called on each label, an int.
        download: fetch the archive (170 MB) where the files are not found.
        mirrors: addresses to download from, instead of the class's.

    Raises:
        DatasetNotFound: files are missing; the message lists where was searched, names, sizes, MD5 sums, what to do.
        RuntimeError: a file is not what it should be.
    """

    mirrors: Sequence[str] = ("https://www.cs.toronto.edu/~kriz/",)
    archive = Resource("cifar-10-binary.tar.gz", 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530")
    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

    def __init__(self, root: str | os.PathLike[str] | None = None, train: bool = True,
                 transform: Callable[[Any], Any] | None = None,
                 target_transform: Callable[[Any], Any] | None = None, download: bool = False, *,
                 mirrors: Sequence[str] | None = None) -> None:
        self.train = train
        names = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
        files = Files("CIFAR10", root, (".", _FOLDER), self.mirrors if mirrors is None else mirrors)
        batches = [_records(content, name) for name, content in self._contents(files, names, download)]
        records = np.concatenate(batches)
        super().__init__(records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0], transform, target_transform)

    def _contents(self, files: Files, names: list[str], download: bool) -> list[tuple[str, bytes]]:
        """(what it is, bytes) of each batch file."""
        for folder in files.folders:
            if all((folder / name).is_file() for name in names):
                return [(str(folder / name), (folder / name).read_bytes()) for name in names]
        try:
            path, = files.get([self.archive], download)
        except DatasetNotFound as error:
            fail(DatasetNotFound, f"{error}\nThe unpacked files serve as well: {', '.join(names)} "
                                  "(30,730,000 bytes each)")
        return _unpack(path, names)


def _unpack(path: Path, names: list[str]) -> list[tuple[str, bytes]]:
    """The named members of the archive, read in memory: nothing is written where a damaged archive might say."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.rsplit("/", 1)[-1]
                if name in names and member.isfile():
                    file = archive.extractfile(member)
                    assert file is not None
                    found[name] = file.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        fail(RuntimeError, f"{path} cannot be unpacked ({error}): replace it")
    absent = [name for name in names if name not in found]
    if absent:
        fail(RuntimeError, f"{path} does not hold {', '.join(absent)}: replace it")
    return [(f"{path}:{name}", found[name]) for name in names]


def _records(content: bytes, name: str) -> np.ndarray[Any, Any]:
    """Records of a batch file, uint8 [N, 3073]: a label, then 1024 red, 1024 green and 1024 blue values."""
    if not content or len(content) % (1 + _SIZE):
        fail(RuntimeError, f"{name} has {len(content):,} bytes, which is not a whole number of records of {1 + _SIZE} "
                           "bytes: replace it")
    records = np.frombuffer(content, np.uint8).reshape(-1, 1 + _SIZE)
    if records[:, 0].max() > 9:
        fail(RuntimeError, f"{name} has a label {records[:, 0].max()}, and labels are 0 ... 9: replace it")
    return records
