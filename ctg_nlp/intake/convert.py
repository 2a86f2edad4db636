"""Word files as PDF, through LibreOffice where it is installed.

A Word file is as hostile as a PDF. LibreOffice runs with the limits of a reader (see `sandbox`), on a profile
of its own in which macros do not run, links are not followed and the only way to the network leads nowhere.
An archive that says that it unfolds to much more than it holds is not opened at all.
"""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ctg_nlp.errors import Refusal
from ctg_nlp.intake.confined import confined
from ctg_nlp.intake.sandbox import Limits, child_environment

SUFFIXES = frozenset({".doc", ".docx", ".odt", ".rtf"})
_OWN_MB = 700  # what LibreOffice writes to for itself, before it opens a file
_MOST_PARTS = 10_000
_UNFOLDS = 100  # times the size of the file; text rarely reaches 30
_SMALL = 50 << 20  # bytes below which that does not matter
_NOWHERE = "127.0.0.1"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_word_file(path: Path) -> bool:
    """Whether the file is a Word, OpenDocument or RTF text by its suffix and its first bytes."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        return False
    if suffix in (".docx", ".odt"):
        return zipfile.is_zipfile(path)
    with path.open("rb") as file:
        head = file.read(8)
    return head.startswith(_OLE if suffix == ".doc" else b"{\\rtf")


def find_libreoffice() -> str | None:
    """The path of LibreOffice's command, or None."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def to_pdf(path: Path, target: Path, limits: Limits | None = None) -> Path:
    """Convert a Word file to PDF at `target` and return it; the original is not touched.

    Raises `Refusal` where LibreOffice is missing, fails or goes over the limits.
    """
    limits = limits or Limits()
    program = find_libreoffice()
    if program is None:
        raise Refusal(
            "not a PDF",
            "It is a Word file: send it as PDF, or install LibreOffice "
            "(Debian: apt install libreoffice-writer) and run again.",
        )
    _check_archive(path)
    with tempfile.TemporaryDirectory() as folder:
        profile = _profile(Path(folder) / "profile")
        copy = Path(folder) / f"report{path.suffix.lower()}"
        shutil.copyfile(path, copy)
        command = [
            program, f"-env:UserInstallation={profile}", "--headless", "--norestore", "--nologo",
            "--nolockcheck", "--convert-to", "pdf", "--outdir", folder, str(copy),
        ]  # fmt: skip
        try:
            _run_to_its_end(confined(limits.memory_mb + _OWN_MB, command), limits.seconds)
        except subprocess.TimeoutExpired as error:
            said = f"Converting it from Word took over {limits.seconds} seconds; send it as PDF."
            raise Refusal("too costly", said) from error
        made = Path(folder) / "report.pdf"
        if not made.exists():
            said = f"LibreOffice could not convert it (with {limits.memory_mb} MB of memory); send it as PDF."
            raise Refusal("damaged", said)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.moving__")  # on the disk of the home, then at once
        shutil.copyfile(made, unfinished)
        unfinished.replace(target)
    return target


def _check_archive(path: Path) -> None:
    """Raise `Refusal` for an archive whose parts are said to unfold to far more than an honest file holds."""
    if path.suffix.lower() not in (".docx", ".odt"):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, LookupError, NotImplementedError, struct.error) as error:
        raise Refusal("damaged", "It cannot be unpacked as a Word file; send it as PDF.") from error
    unfolded = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or unfolded > max(_SMALL, _UNFOLDS * path.stat().st_size):
        raise Refusal(
            "too costly",
            f"Its {len(parts)} parts unfold to {unfolded >> 20} MB, which no report does; send it as PDF.",
        )


def _profile(folder: Path) -> str:
    """A profile in which nothing that a file asks for is run or fetched. Returns its address."""
    rows = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    settings = (
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f"{rows}</oor:items>"
    )
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(settings, encoding="utf-8")
    return folder.as_uri()


_SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),  # never
    ("Inet/Settings", "ooInetProxyType", "2"),  # by hand: nobody listens there
    ("Inet/Settings", "ooInetHTTPProxyName", _NOWHERE),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", _NOWHERE),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
    ("Inet/Settings", "ooInetFTPProxyName", _NOWHERE),
    ("Inet/Settings", "ooInetFTPProxyPort", "9"),
)
"""Path, name and value of settings of LibreOffice."""


def _run_to_its_end(command: Sequence[str], seconds: float) -> None:
    """Run a program; where it takes too long, end it with all that it started.

    In a session of its own, so that Ctrl-C does not end it in the middle, as if the file were damaged.
    """
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, env=child_environment(),
    ) as process:  # fmt: skip
        try:
            process.wait(seconds)
        except BaseException:  # too long, or interrupted: what it started must not outlive it
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            raise
