"""Zip files of other people, opened without trusting them: nothing is ever unpacked to the disk."""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ctg_nlp.errors import ExchangeError

MOST_FILES = 100_000
MOST_BYTES = 20 << 30  # of all files together
MOST_XML = 300 << 20
MOST_TEXT = 200 << 20
_RATIO = 200  # how far a file may unfold; texts and XML rarely reach 30
_SMALL = 20 << 20  # below which the ratio does not matter
_BLOCK = 1 << 20
_BAD = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
        LookupError, OverflowError, struct.error)  # fmt: skip


class Archive:
    """The files of a zip by name, whatever case or slashes its writer used."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive, self._name = archive, name
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._by_tail: dict[str, list[str]] = {}
        for info in archive.infolist():
            if info.is_dir():
                continue
            path = info.filename.replace("\\", "/")
            if path.casefold() in self._entries:
                raise ExchangeError(f"{name} is refused: it holds {path} twice.")
            self._entries[path.casefold()] = info
            self._by_tail.setdefault(path.rsplit("/", 1)[-1].casefold(), []).append(path.casefold())

    def find(self, path: str) -> str | None:
        """The file that an internal path means (its name is enough where it is the only one), or None."""
        wanted = path.strip("/").replace("\\", "/").casefold()
        for known in (f"sources/{wanted}", wanted):
            if known in self._entries:
                return known
        found = self._by_tail.get(wanted.rsplit("/", 1)[-1], [])
        return found[0] if len(found) == 1 else None

    def ending(self, end: str) -> list[str]:
        """The files whose names end so."""
        return [n for n in self._entries if n.endswith(end) and not n.startswith("__macosx/")]

    def read(self, name: str, most: int) -> bytes:
        """The content of a file. Raises `ExchangeError` where it is longer than `most` bytes or damaged."""
        return b"".join(self._blocks(name, most))

    def sha256(self, name: str) -> str:
        """The hash of a file's content."""
        digest = hashlib.sha256()
        for block in self._blocks(name, MOST_BYTES):
            digest.update(block)
        return digest.hexdigest()

    def _blocks(self, name: str, most: int) -> Iterator[bytes]:
        info = self._entries[name]
        read = 0
        try:
            with self._archive.open(info) as file:
                while block := file.read(_BLOCK):
                    read += len(block)
                    if read > most or _unfolds(read, info.compress_size):
                        raise ExchangeError(
                            f"{self._name} is refused: {info.filename} unfolds to more than can be of use "
                            f"({read >> 20} MB and more out of {max(info.compress_size >> 10, 1)} KB)."
                        )
                    yield block
        except _BAD as error:
            raise ExchangeError(
                f"{self._name} is damaged: {info.filename} cannot be read ({error})."
            ) from error


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """A zip file, looked at before anything of it is read.

    Raises `ExchangeError` where it is no zip or damaged, and for what no honest tool writes: names that lead
    out of it, links, passwords, one name twice, or far more content than the file can hold.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _BAD as error:
        raise ExchangeError(f"{path.name} cannot be opened as a zip file: {error}.") from error
    with archive:
        _check(archive, path)
        yield Archive(archive, path.name)


def _check(archive: zipfile.ZipFile, path: Path) -> None:
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise ExchangeError(f"{path.name} is refused: it holds {len(entries)} files, more than {MOST_FILES}.")
    for info in entries:
        problem = _problem(info)
        if problem:
            raise ExchangeError(f"{path.name} is refused: {info.filename[:200]!r} {problem}.")
    total = sum(info.file_size for info in entries)
    if total > MOST_BYTES or _unfolds(total, path.stat().st_size):
        raise ExchangeError(
            f"{path.name} is refused: its {len(entries)} files unfold to {total >> 20} MB, far more than "
            f"{max(path.stat().st_size >> 10, 1)} KB can honestly hold."
        )


def _problem(info: zipfile.ZipInfo) -> str:
    name = info.filename.replace("\\", "/")
    if not name:
        return "is a file without a name"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/") or "\0" in name:
        return "leads out of the file"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link, not a file"
    if info.flag_bits & 1:
        return "is locked by a password; write the project without one"
    if _unfolds(info.file_size, info.compress_size):
        return f"unfolds from {info.compress_size >> 10} KB to {info.file_size >> 20} MB"
    return ""


def _unfolds(size: int, packed: int) -> bool:
    return size > _SMALL and size > _RATIO * max(packed, 1)
