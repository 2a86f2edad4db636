"""Servers of files on this machine: one that speaks S3 (moto), and one that speaks SFTP (asyncssh)."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest


class RemotePlace(Protocol):
    """A folder at an address, as its owner sees it."""

    address: str

    def put(self, path: str, content: bytes, mtime: float | None = None) -> None: ...

    def delete(self, path: str) -> None: ...


@dataclass
class S3Place:
    address: str
    client: Any
    bucket: str
    below: str = "2026/"

    def put(self, path: str, content: bytes, mtime: float | None = None) -> None:
        self.client.put_object(Bucket=self.bucket, Key=self.below + path, Body=content)

    def delete(self, path: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self.below + path)


@dataclass
class FolderPlace:
    """A folder that a server of this machine shows, or that is shared by the system."""

    address: str
    folder: Path

    def put(self, path: str, content: bytes, mtime: float | None = 1_700_000_000) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if mtime is not None:
            os.utime(file, (mtime, mtime))

    def delete(self, path: str) -> None:
        (self.folder / path).unlink()


@pytest.fixture
def s3_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Place]:
    pytest.importorskip("s3fs", reason="needs s3fs (pip install 'ctg_nlp[s3]')")
    server_module = pytest.importorskip("moto.server", reason="needs moto")
    import boto3

    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3")
    bucket = f"submissions-{secrets.token_hex(4)}"  # servers of one process share what they hold
    client.create_bucket(Bucket=bucket)
    yield S3Place(f"s3://{bucket}/2026", client, bucket)
    server.stop()


class SftpServer:
    """Serves one folder to one user, by key or password, in a thread of its own."""

    def __init__(self, folder: Path, keys: Path, password: str) -> None:
        import asyncssh

        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        own, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        user.write_private_key(str(keys / "id_ed25519"))
        (keys / "id_ed25519").chmod(0o600)
        self._own, self._user = own, user

        class Login(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, given: str) -> bool:
                return (username, given) == ("ctg", password)

        async def start() -> Any:
            (keys / "authorized").write_bytes(user.export_public_key())
            return await asyncssh.create_server(
                Login, "127.0.0.1", 0, server_host_keys=[own], authorized_client_keys=str(keys / "authorized"),
                sftp_factory=lambda link: asyncssh.SFTPServer(link, chroot=str(folder)),
            )  # fmt: skip

        self._server = asyncio.run_coroutine_threadsafe(start(), self._loop).result(20)
        self.port: int = self._server.sockets[0].getsockname()[1]
        known = own.export_public_key().decode().strip()
        (keys / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {known}\n", encoding="utf-8")

    def stop(self) -> None:
        async def close() -> None:
            self._server.close()
            await self._server.wait_closed()

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@dataclass
class SftpPlace(FolderPlace):
    server: SftpServer
    keys: Path


@pytest.fixture
def sftp_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpPlace]:
    pytest.importorskip("sshfs", reason="needs sshfs (pip install 'ctg_nlp[sftp]')")
    keys = tmp_path / "login" / ".ssh"
    keys.mkdir(parents=True, mode=0o700)
    folder = tmp_path / "served"
    (folder / "in").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(keys.parent))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    server = SftpServer(folder, keys, "open sesame")
    yield SftpPlace(f"sftp://ctg@127.0.0.1:{server.port}/in", folder / "in", server, keys)
    server.stop()


@pytest.fixture
def folder_place(tmp_path: Path) -> FolderPlace:
    folder = tmp_path / "share"
    folder.mkdir()
    return FolderPlace(folder.as_uri(), folder)


@pytest.fixture(params=["s3", "sftp", "file"])
def remote_place(request: pytest.FixtureRequest) -> RemotePlace:
    """A folder at an address of each kind that a server can be had for."""
    fixture = {"s3": "s3_place", "sftp": "sftp_place", "file": "folder_place"}[request.param]
    place: RemotePlace = request.getfixturevalue(fixture)
    return place
