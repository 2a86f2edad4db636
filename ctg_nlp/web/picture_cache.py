"""Pictures of pages on the disk: whole or not there, bounded, and gone with their report."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from pathlib import Path

_ROOM = 0.9  # of the bound is what stays after making room


class PictureCache:
    """One folder for each report in `folder`. Threads may share it. `most_mb` bounds the whole."""

    def __init__(self, folder: Path, most_mb: int) -> None:
        self.folder = folder
        self._most = most_mb * 1024 * 1024
        self._size: int | None = None
        self._lock = threading.Lock()

    def get(self, report_id: str, number: int, width: int, *, newer_than: float = 0) -> bytes | None:
        """A picture, or None where it was not made yet or is older than `newer_than` (seconds)."""
        path = self._path(report_id, number, width)
        try:
            if path.stat().st_mtime < newer_than:
                return None
            content = path.read_bytes()
            os.utime(path.parent)  # a report that is looked at is not old
        except OSError:
            return None
        return content or None  # a power cut can leave an empty file

    def put(self, report_id: str, number: int, width: int, content: bytes) -> None:
        """Keep a picture; then make room if need be. Raises `OSError` where it cannot be written."""
        path = self._path(report_id, number, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
        self._count(len(content))

    def drop(self, report_id: str) -> None:
        """Delete all pictures of a report."""
        shutil.rmtree(self.folder / report_id, ignore_errors=True)

    def _path(self, report_id: str, number: int, width: int) -> Path:
        return self.folder / report_id / f"{number}-{width}.webp"

    def _count(self, size: int) -> None:
        with self._lock:
            if self._size is None:
                self._size = sum(size for _, size, _ in self._folders())
            else:
                self._size += size
            if self._size > self._most:
                self._size = self._make_room()

    def _make_room(self) -> int:
        """Delete the folders looked at longest ago, never the latest; returns the bytes that are left."""
        folders = sorted(self._folders(), key=lambda found: found[0])
        total = sum(size for _, size, _ in folders)
        for _, size, folder in folders[:-1]:
            if total <= self._most * _ROOM:
                break
            shutil.rmtree(folder, ignore_errors=True)
            total -= size
        return total

    def _folders(self) -> list[tuple[int, int, Path]]:
        """(time of the last use, bytes, folder) of each report."""
        found = []
        with contextlib.suppress(OSError):
            for folder in self.folder.iterdir():
                with contextlib.suppress(OSError):  # deleted meanwhile
                    size = sum(file.stat().st_size for file in folder.iterdir())
                    found.append((folder.stat().st_mtime_ns, size, folder))
        return found
