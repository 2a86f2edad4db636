"""A folder of files that appears whole: written beside its place, and put there at once."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ctg_nlp.errors import HomeError

MANIFEST = "manifest.json"
FORMAT = "ctg_nlp dataset 1"
_EXCHANGE = 2  # of renameat2: the two names change places in one step
_HERE = -100  # AT_FDCWD: paths are as they are
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})  # of systems that show folders: nobody's work


@contextmanager
def whole_set(folder: Path) -> Iterator[Path]:
    """A hidden folder to write to, which takes the place of `folder` once the block ends well.

    A dataset that was there is replaced; nothing else ever is. Where the folder is a link, what it names is
    replaced. Who may read the set is left to the umask. Raises `HomeError` where the folder holds something
    else, or cannot be written.
    """
    check_place(folder)
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        hidden = folder.with_name(f"{_prefix(folder)}{secrets.token_hex(4)}")
        hidden.mkdir()
    except OSError as error:
        raise HomeError(f"{folder} cannot be written: {error.strerror}.") from error
    try:
        with _held(hidden):
            yield hidden
            _to_disk(hidden)
            check_place(folder)  # again: somebody may have put a file there meanwhile
            put_in_place(hidden, folder)
    except OSError as error:
        raise HomeError(f"{folder} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def check_place(folder: Path) -> None:
    """Raises `HomeError` where a folder holds anything but a dataset, or files that are none of its own."""
    if not folder.exists():
        return
    if not folder.is_dir() or not (is_dataset(folder) or not any(folder.iterdir())):
        raise HomeError(
            f"{folder} is there and is no dataset of ours; it is left as it is. Name another folder."
        )
    others = others_files(folder)
    if others:
        said = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        raise HomeError(
            f"{folder} holds files that are not of the dataset and would be lost: {said}. Move them "
            "elsewhere, or name another folder."
        )


def others_files(folder: Path) -> tuple[str, ...]:
    """The names of what stands in a dataset's folder and is not in its manifest."""
    try:
        listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("files", ())
        own = {MANIFEST, *_LITTER, *(str(f["file"]) for f in listed)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        own = {*_LITTER}
    return tuple(sorted(p.name for p in folder.iterdir() if p.name not in own))


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a dataset as this module writes it."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("format") == FORMAT


def put_in_place(hidden: Path, folder: Path) -> None:
    """Give a folder its name. What had it gets the hidden one, in the same step where the system can do that
    (Linux), else a moment before."""
    if not folder.exists():
        hidden.rename(folder)
    elif not _exchanged(hidden, folder):
        aside = hidden.with_name(f"{hidden.name}.old")
        folder.rename(aside)
        hidden.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # an old or another C library
        return False
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def _prefix(folder: Path) -> str:
    return f".{folder.name}.being-written-"


@contextmanager
def _held(hidden: Path) -> Iterator[None]:
    """Hold a lock on a hidden folder, by which others see that somebody is still writing it."""
    if os.name != "posix":
        yield
        return
    import fcntl

    handle = os.open(hidden, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Take away what writers left that were stopped half-way."""
    if os.name != "posix":
        return
    import fcntl

    for left in folder.parent.glob(f"{_prefix(folder)}*"):
        try:
            handle = os.open(left, os.O_RDONLY)
        except FileNotFoundError:  # its writer ended just now
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if any(left.iterdir()):  # an empty one was made just now, and its writer is about to hold it
                shutil.rmtree(left, ignore_errors=True)
        except (BlockingIOError, FileNotFoundError):
            pass  # somebody is writing it now, or ended
        finally:
            os.close(handle)


def _to_disk(folder: Path) -> None:
    for path in (*sorted(folder.rglob("*")), folder):
        if path.is_file() or os.name == "posix":
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def write_manifest(folder: Path, said: Mapping[str, Any], rows: Mapping[str, int]) -> None:
    """Write what the set is, with size and checksum of every file, and the rows of those that have `rows`."""
    files = [
        {"file": p.name, "bytes": p.stat().st_size, "sha256": sha256_of_file(p)}
        | ({"rows": rows[p.name]} if p.name in rows else {})
        for p in sorted(folder.iterdir())
        if p.name != MANIFEST
    ]
    text = json.dumps({"format": FORMAT, **said, "files": files}, ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def sha256_of_file(path: Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
