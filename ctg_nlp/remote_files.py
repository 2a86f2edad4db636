"""A folder of files at an address, through fsspec: what lies there, and taking one of them.

Files are told apart by their size and the time of their last change there; where a server tells no time, by
their size alone.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ctg_nlp.addresses import S3, SFTP
from ctg_nlp.errors import CtgError, MissingTool, Unreachable
from ctg_nlp.submissions import shown

PASSWORD = "CTG_SOURCE_PASSWORD"
"""The environment variable of a password for SFTP, where no key opens the way. It is no setting, since those
are in a file."""
_ANSWER_SECONDS = 60.0
"""So long a server may say nothing; of a file that is on its way, so long no byte may come."""
_LOOK_SECONDS = 1.0

Named = tuple[str, str]
"""A path as shown to people, and in words what is the matter with it."""


class Stopped(Exception):
    """Files were on their way when the run was ended."""


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
        self.is_whole_at_once = urlsplit(address).scheme == S3
        self._stopped = False
        with _in_words(self.address):
            self._files, self._root = _opened(self.address)

    def files(self, closed: list[Named], odd: list[Named]) -> Iterator[RemoteFile]:
        """Every file in it and its subfolders, by path. Folders that cannot be looked into are added to
        `closed`; what is no file (a link, a device), and folders without a name, to `odd`."""
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
                waiting.append(self._inside(name, shown(path), closed, odd))
            elif entry["type"] != "file":
                odd.append((shown(path), "no regular file there; links are not followed."))
            else:
                yield RemoteFile(path, int(entry["size"] or 0), _time_of(entry), name)

    def take(self, file: RemoteFile, target: Path) -> None:
        """Copy a file to this machine. Raises `Stopped`, or what the library raises where that fails."""

        def come() -> int:
            with suppress(OSError):
                return target.stat().st_size
            return 0

        self._call("get_file", file.whole_path, str(target), progress=come)

    def stop(self) -> None:
        """Give up what is on its way."""
        self._stopped = True

    def _inside(self, name: str, path: str, closed: list[Named], odd: list[Named]) -> list[dict[str, Any]]:
        try:
            entries = self._listed(name)
        except Exception as error:  # each library has its own
            closed.append((f"{path}/", f"the folder cannot be looked into: {reason(error)}"))
            return []
        nameless = [e for e in entries if e["type"] == "directory" and str(e["name"]) == f"{name}/"]
        if nameless:  # on S3 names may be anything
            odd.append((f"{path}//", "a folder without a name. Rename it there."))
        return [e for e in entries if e not in nameless]

    def _listed(self, name: str) -> list[dict[str, Any]]:
        """What is in a folder, first names last. What stands on S3 for the folder itself is left out."""
        found: list[dict[str, Any]] = self._call("ls", name, detail=True)
        stands_for_it = (name, f"{name.rstrip('/')}/")
        entries = [
            e for e in found if not (e["type"] == "file" and e["name"] in stands_for_it and not e["size"])
        ]
        return sorted(entries, key=lambda e: str(e["name"]), reverse=True)

    def _below(self, name: str) -> str:
        return name.rstrip("/")[len(self._root.rstrip("/")) :].lstrip("/")

    def _call(self, what: str, *given: Any, progress: Callable[[], int] = int, **named: Any) -> Any:
        """Ask the library, which has a loop of its own for servers; for folders there is no time limit."""
        from fsspec.asyn import AsyncFileSystem

        if not isinstance(self._files, AsyncFileSystem):
            return getattr(self._files, what)(*given, **named)
        asked = getattr(self._files, f"_{what}")(*given, **named)
        answer = asyncio.run_coroutine_threadsafe(asked, self._files.loop)
        come, since = 0, time.monotonic()
        try:
            while True:
                done, _ = futures.wait([answer], timeout=_LOOK_SECONDS)
                if done:
                    return answer.result()
                if self._stopped:
                    raise Stopped
                if (now := progress()) != come:
                    come, since = now, time.monotonic()
                if time.monotonic() - since > _ANSWER_SECONDS:
                    raise TimeoutError("it does not answer in time")
        finally:
            answer.cancel()


_REASONS = {
    "NoCredentialsError": "no key for it (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws)",
    "HostKeyNotVerifiable": (
        "~/.ssh/known_hosts has no host key for it, or another than it shows. Ask its owner which is "
        "right; ssh-keyscan tells the one that it shows"
    ),
    "ConnectionRefusedError": "nothing answers there",
    "gaierror": "there is no host of that name",
    "EndpointConnectionError": "no S3 service answers (AWS_ENDPOINT_URL tells where it is)",
    "ConnectTimeoutError": "no S3 service answers (AWS_ENDPOINT_URL tells where it is)",
    "SSLError": "its service speaks no https, or its certificate is not trusted",
    "FileNotFoundError": "there is nothing of that name",
    "PermissionError": "it refuses access to this user, key or password",
}
"""What exceptions of the libraries mean, by their names: each library has its own."""


def reason(error: BaseException) -> str:
    """Why something at an address failed, in words that fit into a sentence."""
    name = type(error).__name__
    if name in _REASONS:
        return _REASONS[name]
    if name == "OSError" and type(error.__cause__).__name__ in _REASONS:
        return _REASONS[type(error.__cause__).__name__]
    if isinstance(error, ValueError) and "endpoint" in str(error):
        return "AWS_ENDPOINT_URL must be an address as https://host:9000"
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
    path = unquote(parts.path)
    options: dict[str, Any] = {"skip_instance_cache": True}
    try:
        if parts.scheme == S3:
            from s3fs import S3FileSystem

            options["config_kwargs"] = {"connect_timeout": 30, "read_timeout": _ANSWER_SECONDS}
            return S3FileSystem(use_listings_cache=False, **options), f"{parts.netloc}{path}"
        if parts.scheme == SFTP:
            return _sftp(parts.hostname or "", parts.port, parts.username, options), path or "/"
    except ImportError as error:
        raise MissingTool(
            f"Files at {parts.scheme}:// need one more package: pip install 'ctg_nlp[{parts.scheme}]'"
        ) from error
    from fsspec.implementations.local import LocalFileSystem

    return LocalFileSystem(**options), path


def _sftp(host: str, port: int | None, user: str | None, options: dict[str, Any]) -> Any:
    from sshfs import SSHFileSystem

    options |= {
        "port": port or 22,
        "known_hosts": (),  # those of ~/.ssh/known_hosts; without this word every host would be believed
        "connect_timeout": 30,
        "login_timeout": 30,
        "keepalive_interval": 15,
        "sftp_client_kwargs": {"path_errors": "surrogateescape"},  # names need not be text
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
