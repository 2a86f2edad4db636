"""Sending JSON over HTTP to the one host that a setting names, within a time limit for the whole of it.

What is sent may be confidential: no proxy is used and no redirect followed.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import SplitResult

_PIECE = 1 << 16
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}


def is_this_computer(host: str) -> bool:
    """Whether a host is a loopback address, or `localhost`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def post(
    place: SplitResult, path: str, body: bytes, headers: Mapping[str, str], *, seconds: float, most: int = 0
) -> tuple[int, bytes]:
    """The status of the answer to `body`, and its content: at most the first `most` bytes and some more, so
    that one that is too long can be told; with 0 it is not waited for.

    Raises `TimeoutError` after `seconds`, also where the other side says a little at a time or its name is
    not found; else `OSError`, `HTTPException` or `ValueError` where it could not be reached.
    """
    asking = _Asking(place, path, body, headers, seconds, most)
    # A thread, since a socket's own limit begins anew with each byte, and looking up a name has none.
    threading.Thread(target=asking.ask, daemon=True).start()
    try:
        return asking.answer.result(seconds)
    finally:
        asking.cut()


class _Asking:
    """One question to a server, asked in one thread and cut off by another."""

    def __init__(
        self,
        place: SplitResult,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        seconds: float,
        most: int,
    ) -> None:
        kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
        self._connection = kind(place.hostname or "", place.port, timeout=seconds)
        self._path, self._body, self._most = path, body, most
        self._headers = {**_HEADERS, **headers}
        self._over = threading.Event()
        self._socket: socket.socket | None = None
        self.answer: Future[tuple[int, bytes]] = Future()

    def ask(self) -> None:
        """Ask, and keep the answer or what went wrong."""
        try:
            self.answer.set_result(self._ask())
        except Exception as error:
            self.answer.set_exception(error)
        finally:
            self._connection.close()

    def cut(self) -> None:
        """Have it end: nothing more is sent, and what is being read ends."""
        self._over.set()
        held = self._socket
        if held is not None:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def _ask(self) -> tuple[int, bytes]:
        self._connection.connect()
        self._socket = self._connection.sock
        if self._over.is_set():
            raise TimeoutError
        self._connection.request("POST", self._path, self._body, self._headers)
        response = self._connection.getresponse()
        answer = b""
        while len(answer) <= self._most > 0 and (piece := response.read1(_PIECE)):
            answer += piece
        return response.status, answer
