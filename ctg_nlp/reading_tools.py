"""What a machine has to read reports with, by the settings of a home and what is installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ctg_nlp.errors import HomeError
from ctg_nlp.intake.convert import find_libreoffice
from ctg_nlp.intake.extract import EXTRACTOR
from ctg_nlp.intake.ocr import OcrSettings, find_tesseract
from ctg_nlp.settings import Home


@dataclass(frozen=True, slots=True)
class Tools:
    """What a machine has to read reports with: Tesseract, passwords to try, and whether LibreOffice."""

    ocr: OcrSettings
    passwords: tuple[str, ...]
    word: bool

    @property
    def extractor(self) -> str:
        """What reads the reports, as the store keeps it."""
        return EXTRACTOR + ("+ocr" if self.ocr.enabled else "")


def tools_of(home: Home) -> Tools:
    """What there is on this machine by the settings of a home. Raises `HomeError` for passwords that cannot
    be read."""
    ocr = OcrSettings(
        language=home.ocr_language,
        enabled=home.ocr and find_tesseract() is not None,
        seconds_per_page=home.seconds_per_scanned_page,
        seconds_in_all=home.seconds_for_scans,
    )
    return Tools(ocr, _passwords(home.passwords), find_libreoffice() is not None)


def _passwords(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    try:
        return tuple(line for line in path.read_text(encoding="utf-8-sig").splitlines() if line)
    except (OSError, UnicodeDecodeError) as error:
        raise HomeError(
            f"The passwords in {path} cannot be read ({error}). Save them in UTF-8, one a line."
        ) from error
