"""A folder of files at an address, through fsspec: what lies there, and taking one of them.

Files are told apart by their size and the time of their last change there; where a server tells no time, by
their size alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ctg_nlp.errors import CtgError, MissingTool, Unreachable

PASSWORD = "CTG_SOURCE_PASSWORD"
"""The environment variable of a password for SFTP, where no key opens the way. It is no setting, since those
are in a file."""
_ANSWER_SECONDS = 60
_BYTES_PER_SECOND = 20_000  # a file that comes slower than this is given up
_WHOLE_AT_ONCE = ("s3", "s3a", "gs", "gcs", "abfs", "az")
"""Kinds of addresses where a file is there only once all of it is."""
_EXTRAS = {"s3": "s3", "s3a": "s3", "sftp": "sftp", "ssh": "sftp"}


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at an address: `path` below the folder there, its size in bytes, and the time of its last change
    in nanoseconds since 1970, or None where that is not told. `whole_path` is what it is asked for by."""

    path: str
    size: int
    mtime_ns: int | None
    whole_path: str


class RemoteFolder:
    """The folder at an address. Raises `MissingTool` without the package for its kind, and `Unreachable`
    where it cannot be looked into. `is_whole_at_once`: no file there is one that is still being written."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.is_whole_at_once = urlsplit(address).scheme in _WHOLE_AT_ONCE
        with _in_words(self.address):
            self._files, self._root = _opened(self.address)

    def files(self, closed: list[tuple[str, str]]) -> Iterator[RemoteFile]:
        """Every file in it and its subfolders, by path. What cannot be looked into, or is no file (a link, a
        device), is added to `closed`, with why."""
        with _in_words(self.address):
            waiting = [self._listed(self._root)]
        while waiting:
            if not waiting[-1]:
                waiting.pop()
                continue
            entry = waiting[-1].pop()
            name = str(entry["name"])
            path = self._below(name)
            if entry["type"] == "directory":
                waiting.append(self._inside(name, path, closed))
            elif entry["type"] != "file":
                closed.append((path, "it is no regular file there; links are not followed"))
            else:
                yield RemoteFile(path, int(entry["size"] or 0), _time_of(entry), name)

    def take(self, file: RemoteFile, target: Path) -> None:
        """Copy a file to this machine. Raises `OSError` or another error of the library where that fails."""
        seconds = _ANSWER_SECONDS + file.size / _BYTES_PER_SECOND
        self._call("get_file", seconds, file.whole_path, str(target))

    def _inside(self, name: str, path: str, closed: list[tuple[str, str]]) -> list[dict[str, Any]]:
        try:
            entries = self._listed(name)
        except Exception as error:  # each library has its own
            closed.append((f"{path}/", f"the folder cannot be looked into: {reason(error)}"))
            return []
        nameless = [e for e in entries if e["type"] == "directory" and str(e["name"]) == f"{name}/"]
        if nameless:  # on S3 names may be anything
            closed.append((f"{path}//", "a folder without a name. Rename it there"))
        return [e for e in entries if e not in nameless]

    def _listed(self, name: str) -> list[dict[str, Any]]:
        """What is in a folder, first names last. What stands on S3 for the folder itself is left out."""
        found: list[dict[str, Any]] = self._call("ls", _ANSWER_SECONDS, name, detail=True)
        stands_for_it = (name, f"{name.rstrip('/')}/")
        entries = [
            e for e in found if not (e["type"] == "file" and e["name"] in stands_for_it and not e["size"])
        ]
        return sorted(entries, key=lambda e: str(e["name"]), reverse=True)

    def _below(self, name: str) -> str:
        return name.rstrip("/")[len(self._root.rstrip("/")) :].lstrip("/")

    def _call(self, what: str, seconds: float, *given: Any, **named: Any) -> Any:
        from fsspec.asyn import AsyncFileSystem, sync

        if isinstance(self._files, AsyncFileSystem):
            return sync(self._files.loop, getattr(self._files, f"_{what}"), *given, timeout=seconds, **named)
        return getattr(self._files, what)(*given, **named)


def reason(error: BaseException) -> str:
    """Why something at an address failed, in words that fit into a sentence."""
    known: dict[str, str] = {
        "FSTimeoutError": "it does not answer in time",
        "NoCredentialsError": "no key for it (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws)",
        "HostKeyNotVerifiable": "its host key is not in ~/.ssh/known_hosts",
        "FileNotFoundError": "there is nothing of that name",
        "PermissionError": "it refuses access to this user, key or password",
    }
    name = type(error).__name__
    if name in known:
        return known[name]
    if name == "OSError" and error.__cause__ is not None and type(error.__cause__).__name__ in known:
        return known[type(error.__cause__).__name__]
    said = str(error).strip().splitlines()
    return said[0][:200] if said else name


@contextmanager
def _in_words(address: str) -> Iterator[None]:
    """Turns what the libraries raise of an address into `Unreachable`."""
    try:
        yield
    except CtgError:
        raise
    except Exception as error:
        raise Unreachable(f"{address} cannot be read: {reason(error)}.") from error


def _opened(address: str) -> tuple[Any, str]:
    """The file system for an address, and the path of its folder there."""
    parts = urlsplit(address)
    try:
        if parts.scheme in ("sftp", "ssh"):
            return _sftp(parts.hostname or "", parts.port, parts.username), unquote(parts.path) or "/"
        import fsspec

        options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
        if parts.scheme in ("s3", "s3a"):
            import s3fs  # noqa: F401

            options["config_kwargs"] = {"connect_timeout": 30, "read_timeout": _ANSWER_SECONDS}
        files, root = fsspec.core.url_to_fs(unquote(address), **options)
        return files, str(root)
    except ImportError as error:
        extra = _EXTRAS.get(parts.scheme)
        cure = f"pip install 'ctg_nlp[{extra}]'" if extra else str(error)
        raise MissingTool(f"Files at {parts.scheme}:// need one more package: {cure}") from error


def _sftp(host: str, port: int | None, user: str | None) -> Any:
    from sshfs import SSHFileSystem

    options: dict[str, Any] = {
        "port": port or 22,
        "known_hosts": (),  # those of ~/.ssh/known_hosts; without this word every host would be believed
        "connect_timeout": 30,
        "login_timeout": 30,
        "keepalive_interval": 15,
        "skip_instance_cache": True,
    }
    if user:
        options["username"] = unquote(user)
    if os.environ.get(PASSWORD):
        options["password"] = os.environ[PASSWORD]
    return SSHFileSystem(host, **options)


def _time_of(entry: dict[str, Any]) -> int | None:
    said = entry.get("mtime", entry.get("LastModified"))
    if isinstance(said, datetime):
        since = (said if said.tzinfo else said.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    return int(said * 10**9) if isinstance(said, int | float) else None
