"""MNIST and FashionMNIST, from files in the IDX format.

LeCun, Cortes, Burges: The MNIST database of handwritten digits; Xiao, Rasul, Vollgraf: Fashion-MNIST (2017).
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import fail
from .files import Files, Resource
from .images import Array, Images


def _resource(name: str, size: int, md5: str) -> Resource:
    """Published compressed; the unpacked file serves as well."""
    return Resource(f"{name}.gz", size, md5, also=(name, name.replace("-idx", ".idx")))


class MNIST(Images):
    """70,000 handwritten digits, 28 x 28 pixels: 60,000 to train on and 10,000 to test on.

    The files are searched in ``root``, in the folder that the environment variable TAPEGRAD_DATA names, and in the
    user's cache; in each in ``MNIST/raw`` (where torchvision puts them) and ``MNIST``, unpacked or as ``.gz``.

    Args:
        root: a folder to search first, and to download into.
        train: the training set, or the test set.
        transform: called on each image, a float32 tensor [1, 28, 28] with values in [0, 1].
        target_transform: called on each label, an int.
        download: fetch files that are not found.
        mirrors: addresses to download from, instead of the class's.

    Raises:
        DatasetNotFound: files are missing; the message lists where was searched, names, sizes, MD5 sums, what to do.
        RuntimeError: a file is not what it should be.
    """

    mirrors: Sequence[str] = ("https://ossci-datasets.s3.amazonaws.com/mnist/",
                              "https://storage.googleapis.com/cvdf-datasets/mnist/")
    resources = (
        _resource("train-images-idx3-ubyte", 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        _resource("train-labels-idx1-ubyte", 28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
        _resource("t10k-images-idx3-ubyte", 1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
        _resource("t10k-labels-idx1-ubyte", 4_542, "ec29112dd5afa0611ce80d1b7f02629c"),
    )
    classes: tuple[str, ...] = tuple("0123456789")

    def __init__(self, root: str | os.PathLike[str] | None = None, train: bool = True,
                 transform: Callable[[Any], Any] | None = None,
                 target_transform: Callable[[Any], Any] | None = None, download: bool = False, *,
                 mirrors: Sequence[str] | None = None) -> None:
        self.train, name = train, type(self).__name__
        files = Files(name, root, (f"{name}/raw", name), self.mirrors if mirrors is None else mirrors)
        paths = files.get(self.resources[:2] if train else self.resources[2:], download)
        images, labels = read_idx(paths[0], ndim=3), read_idx(paths[1], ndim=1)
        if images.shape[1:] != (28, 28) or len(images) != len(labels):
            fail(RuntimeError, f"{paths[0]} has images {list(images.shape)} and {paths[1]} {len(labels)} labels; "
                               "expected images of 28 x 28 and as many labels")
        if labels.size and labels.max() >= len(self.classes):
            fail(RuntimeError, f"{paths[1]} has a label {labels.max()}, and labels are 0 ... {len(self.classes) - 1}")
        super().__init__(images[:, None], labels, transform, target_transform)


class FashionMNIST(MNIST):
    """70,000 pictures of clothes, in the same format and sizes as `MNIST`, whose page explains the arguments."""

    mirrors = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
               "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/")
    resources = (
        _resource("train-images-idx3-ubyte", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        _resource("train-labels-idx1-ubyte", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
        _resource("t10k-images-idx3-ubyte", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
        _resource("t10k-labels-idx1-ubyte", 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
    )
    classes = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def read_idx(path: Path, ndim: int) -> Array:
    """The bytes of an IDX file as uint8 [...]: magic number, one big-endian size for each dimension, then the values.

    Raises:
        RuntimeError: the magic number is another, or there are fewer or more bytes than the header says.
    """
    content = _content(path)
    header = 4 + 4 * ndim
    if content[:4] != bytes((0, 0, 8, ndim)):
        fail(RuntimeError, f"{path} starts with {content[:4]!r}, and not with the magic number "
                           f"{bytes((0, 0, 8, ndim))!r} of an IDX file of bytes with {ndim} dimension(s): it is "
                           "another file or damaged; replace it")
    if len(content) < header:
        fail(RuntimeError, f"{path} is cut short within its header: replace it")
    shape = struct.unpack(f">{ndim}I", content[4:header])
    expected = header + int(np.prod(shape, dtype=object))
    if len(content) != expected:
        fail(RuntimeError, f"{path} has {len(content):,} bytes where its header, for {list(shape)} values, says "
                           f"{expected:,}: replace it")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if content[:2] != b"\x1f\x8b":  # gzip's magic number; the name may say otherwise
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        fail(RuntimeError, f"{path} cannot be unpacked ({error}): replace it")
