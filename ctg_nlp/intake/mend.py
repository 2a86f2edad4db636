"""Files that pdfium will not open, mended by pikepdf (qpdf): broken tables of contents, cut-off uploads."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pikepdf


def mended(path: Path) -> bytes | None:
    """The file written anew with what could be recovered of it, or None where nothing could."""
    logging.getLogger("pikepdf").setLevel(logging.CRITICAL)
    target = io.BytesIO()
    try:
        with pikepdf.open(path) as document:
            document.save(target)
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, RuntimeError, OSError):
        return None  # qpdf has given up too
    return target.getvalue()
