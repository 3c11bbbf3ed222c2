"""Zip archives whose members lie uncompressed and aligned, so that they can be mapped into memory."""

from __future__ import annotations

import mmap
import os
import struct
import zipfile
from collections.abc import Iterable
from typing import IO, Any

import numpy as np

from .faults import Refused

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

ALIGNMENT = 64
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_ZIP64_FROM = 2**31 - 1
_ENCRYPTED = 0x1
_CHUNK = 1 << 20


class ZipWriter:
    """Writes members one after the other; a context manager that ends the archive."""

    def __init__(self, file: IO[bytes]) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True)

    def __enter__(self) -> ZipWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def add(self, name: str, parts: Iterable[Any]) -> None:
        """Add a member made of ``parts``, which are bytes or arrays without gaps."""
        buffers = [memoryview(p).cast("B") if isinstance(p, bytes) else p.reshape(-1).view(np.uint8) for p in parts]
        zip64 = sum(b.nbytes for b in buffers) >= _ZIP64_FROM
        # A ZipInfo made from a name has a fixed date, so equal objects give equal files.
        info = zipfile.ZipInfo(name)
        # Padding as an extra field, of the kind that PyTorch uses; it has four bytes of its own.
        start = self._archive.start_dir + _LOCAL_HEADER.size + len(name.encode()) + (20 if zip64 else 0) + 4
        padding = -start % ALIGNMENT
        info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
        with self._archive.open(info, "w", force_zip64=zip64) as member:
            for buffer in buffers:
                member.write(buffer)

    def checksums(self) -> list[tuple[str, int]]:
        """The names and checksums of the members so far."""
        return [(info.filename, info.CRC) for info in self._archive.infolist()]


class ZipReader:
    """The members of an archive as arrays of bytes, never more of them than the file has.

    Args:
        file: open for reading.
        mapped: map the file into memory instead of reading it; checksums are not compared then.

    Raises:
        zipfile.BadZipFile, ValueError: the archive is damaged.
        Refused: its members are compressed or encrypted.
    """

    def __init__(self, file: IO[bytes], mapped: bool = False) -> None:
        self._archive = zipfile.ZipFile(file)
        self._members = {info.filename: info for info in self._archive.infolist()}
        size = file.seek(0, os.SEEK_END)
        if sum(info.file_size for info in self._archive.infolist()) > size:
            if any(info.compress_type != zipfile.ZIP_STORED for info in self._members.values()):
                raise Refused("is a compressed zip archive, which is not read: unpack it and zip it without "
                              "compression")
            raise ValueError("its members are longer than the file")
        self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) if mapped else None

    @property
    def names(self) -> list[str]:
        return list(self._members)

    def read(self, name: str) -> Bytes:
        """All bytes of a member, in memory that may be written to."""
        info = self._members.get(name)
        if info is None:
            raise ValueError(f"it has no member {name}")
        if info.flag_bits & _ENCRYPTED:
            raise Refused(f"is encrypted (its member {name}), which is not read")
        if info.compress_type != zipfile.ZIP_STORED:
            raise Refused(f"is compressed (its member {name}), which is not read: unpack it and zip it without "
                          "compression")
        if info.compress_size != info.file_size:
            raise ValueError(f"the lengths of its member {name} contradict each other")
        return self._copied(info) if self._map is None else self._mapped(info)

    def _copied(self, info: zipfile.ZipInfo) -> Bytes:
        content = np.empty(info.file_size, np.uint8)
        filled = 0
        with self._archive.open(info) as member:
            # The last read compares the checksum.
            while chunk := member.read(_CHUNK):
                content[filled:filled + len(chunk)] = np.frombuffer(chunk, np.uint8)
                filled += len(chunk)
        if filled != info.file_size:
            raise ValueError(f"its member {info.filename} is cut short")
        return content

    def _mapped(self, info: zipfile.ZipInfo) -> Bytes:
        assert self._map is not None
        # The local header says where the content begins; its extra field may differ from that in the directory.
        signature, name_length, extra_length = _LOCAL_HEADER.unpack_from(self._map, info.header_offset)
        start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        if signature != b"PK\3\4" or start + info.file_size > len(self._map):
            raise ValueError(f"its member {info.filename} is not where the directory says")
        return np.frombuffer(self._map, np.uint8, info.file_size, start)
