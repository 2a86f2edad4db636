"""Every file below a folder, in linked folders too: the one way in which submissions and backups look."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

Note = Callable[[OSError], None]


def folders_below(folder: Path, note: Note) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The folder and all below it, linked ones too, each once and with the names of its files, in order.

    `note` is told of each that cannot be opened.
    """
    seen: set[str] = set()
    for here, below, names in os.walk(folder, onerror=note, followlinks=True):
        real = os.path.realpath(here)
        if real in seen:  # links can go in circles
            below.clear()
            continue
        seen.add(real)
        below.sort()
        yield Path(here), tuple(sorted(names))


def files_below(folder: Path, note: Note) -> Iterator[Path]:
    """Every file in a folder and its subfolders, linked ones too; `note` as in `folders_below`."""
    for here, names in folders_below(folder, note):
        yield from (here / name for name in names)
