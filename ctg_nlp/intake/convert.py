"""Word files as PDF, through LibreOffice where it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ctg_nlp.errors import Refusal

SUFFIXES = frozenset({".doc", ".docx", ".odt", ".rtf"})
_SECONDS = 120
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


def to_pdf(path: Path, target: Path) -> Path:
    """Convert a Word file to PDF at `target` and return it; the original is not touched.

    Raises `Refusal` where LibreOffice is missing, fails or takes longer than two minutes.
    """
    program = find_libreoffice()
    if program is None:
        raise Refusal(
            "not a PDF",
            "It is a Word file: send it as PDF, or install LibreOffice "
            "(Debian: apt install libreoffice-writer) and run again.",
        )
    with tempfile.TemporaryDirectory() as folder:
        profile = (Path(folder) / "profile").as_uri()
        copy = Path(folder) / f"report{path.suffix.lower()}"
        shutil.copyfile(path, copy)
        command = [
            program, f"-env:UserInstallation={profile}", "--headless", "--norestore",
            "--convert-to", "pdf", "--outdir", folder, str(copy),
        ]  # fmt: skip
        try:
            _run_to_its_end(command)
        except subprocess.TimeoutExpired as error:
            raise Refusal(
                "too costly", "Converting it from Word took over two minutes; send it as PDF."
            ) from error
        made = Path(folder) / "report.pdf"
        if not made.exists():
            raise Refusal("damaged", "LibreOffice could not convert it; send it as PDF.")
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.moving__")  # on the disk of the home, then at once
        shutil.copyfile(made, unfinished)
        unfinished.replace(target)
    return target


def _run_to_its_end(command: Sequence[str]) -> None:
    """Run a program; where it takes too long, end it with all that it started.

    In a session of its own, so that Ctrl-C does not end it in the middle, as if the file were damaged.
    """
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.wait(_SECONDS)
        except BaseException:  # too long, or interrupted: what it started must not outlive it
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            raise
