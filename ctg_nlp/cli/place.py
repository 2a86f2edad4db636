"""Where the review page is served, and under which conditions that is safe."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctg_nlp.cli.output import again
from ctg_nlp.errors import CtgError

if TYPE_CHECKING:
    from ctg_nlp.web.guard import Serving

LOCAL = "127.0.0.1"
_ANY = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens and how it is reached."""

    host: str
    port: int
    names: tuple[str, ...]
    certificate: Path | None
    key: Path | None
    behind_proxy: bool

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over TLS."""
        return self.certificate is not None or self.behind_proxy

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def serving(self) -> Serving:
        """As the guard of the application knows it."""
        from ctg_nlp.web.guard import LOOPBACK, Serving

        own = () if self.host in _ANY else (self.host,)
        return Serving(LOOPBACK | {n.lower() for n in (*own, *self.names)}, self.secure)

    def check(self, users: bool) -> None:
        """Raises `CtgError` where serving in this way would show reports to whoever asks."""
        if (self.certificate is None) != (self.key is None):
            raise CtgError("--certificate and --key belong together: give both files.")
        if self.certificate is not None and self.behind_proxy:
            raise CtgError("With --behind-proxy the proxy has the certificate; give one of the two.")
        if self.loopback and not self.behind_proxy:
            return
        if not users:
            raise CtgError(
                "Others can reach the page in this way, and nobody has to log in yet. Add a user first: "
                f"{again()} users add NAME --role lead"
            )
        if not self.secure:
            raise CtgError(
                "Passwords and reports would cross the network readable. Give --certificate and --key, or "
                "--behind-proxy where a proxy speaks TLS before this server."
            )
        if not self.names and (self.behind_proxy or self.host in _ANY):
            raise CtgError("Say under which name browsers reach the page: --name coding.example.org")


def address_of(place: Place, port: int | str) -> str:
    """The address as browsers open it, where that is served at this port."""
    if place.behind_proxy:
        return f"https://{place.names[0]}/"
    name = place.names[0] if place.names else place.host
    named = f"[{name}]" if ":" in name else name
    return f"{'https' if place.secure else 'http'}://{named}:{port}/"


def listening(place: Place) -> socket.socket:
    """A socket of the place. Raises `CtgError` where the port is taken, or the address not this machine's."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    # The protocol is named because asyncio sends at once (TCP_NODELAY) only where it is: without it the body
    # of an answer may wait 40 ms for its headers to be acknowledged.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((place.host, place.port))
    except OSError as error:
        listener.close()
        raise CtgError(
            f"{place.host}, port {place.port}, cannot be used ({error.strerror}). Is the review page "
            "open already? Else: --port 0"
        ) from error
    listener.listen(128)
    return listener
