"""Settings that name other machines: what is wrong with them, in words."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

LOCAL = "local"
"""The value of the setting `dask` for processes of this machine."""
OWN_HOSTS = ("127.0.0.1", "localhost", "::1")
"""Names by which a machine calls itself."""
S3, SFTP, FOLDER = "s3", "sftp", "file"
"""Kinds of addresses where submitted files may lie."""


def wrong_with_dask(said: str, unencrypted: bool) -> str:
    """What is wrong with a setting `dask`; empty where nothing is. It never holds a password."""
    if said in ("", LOCAL):
        return ""
    try:
        parts = urlsplit(said)
        plain = f"{parts.scheme}://{parts.netloc}" == said and "@" not in parts.netloc
        whole = bool(plain and parts.hostname and parts.port)
    except ValueError:
        whole = False
    if not whole or parts.scheme not in ("tls", "tcp"):
        return "it must be empty, local, or an address with its port and nothing else, as tls://host:8786"
    if parts.scheme == "tcp" and parts.hostname not in OWN_HOSTS and not unencrypted:
        return (
            "reports would go over the network unencrypted. Use tls:// (docs/distributed.md tells how), or "
            "allow it with dask_unencrypted = true"
        )
    return ""


def wrong_with_source(said: str, root: Path) -> str:
    """What is wrong with a setting `source` of the project in the folder `root`; empty where nothing is. It
    never holds a password."""
    if not said:
        return ""
    if said != said.strip():
        return "it begins or ends with a blank"
    try:
        parts = urlsplit(said)
        port, host = parts.port, parts.hostname
    except ValueError:
        return "its host or port is not written as in sftp://user@host:22/folder"
    if parts.scheme not in (S3, SFTP, FOLDER) or "://" not in said:
        return "it must be an address as s3://bucket/folder, sftp://user@host/folder or file:///folder"
    if bool(host) is (parts.scheme == FOLDER):
        return "it must be written as s3://bucket/folder, sftp://user@host/folder or, with three /, file:///folder"
    return _wrong_with_parts(parts, port, root)


def _wrong_with_parts(parts: SplitResult, port: int | None, root: Path) -> str:
    if parts.password is not None or "@" in parts.path:
        return (
            "it holds a password (CTG_SOURCE_PASSWORD tells that of SFTP, AWS_SECRET_ACCESS_KEY that of S3), "
            "or a sign (/, @, #, ?) that must be written as %2F, %40, %23, %3F"
        )
    if parts.query or parts.fragment:
        return "it must end with a folder; what stands after ? or # is not used"
    folder = Path(unquote(parts.path)) if parts.scheme == FOLDER else None
    if folder is not None and (root.is_relative_to(folder) or folder.is_relative_to(root)):
        return "that folder holds the project, or lies in it. What lies in data/raw is read as it is"
    if parts.scheme == S3 and port is not None:
        return "the host of an S3 service is told by AWS_ENDPOINT_URL; the address begins with the bucket"
    return ""
