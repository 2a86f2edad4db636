"""Whom a report is for, and the words of others that it prints. Light, for the page that asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Edition(StrEnum):
    """Whom a report is for. Only the internal edition opens reports and names coders."""

    INTERNAL = "internal"
    PUBLISHABLE = "publishable"


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a report. Only cleared ones reach the publishable edition."""

    text: str
    attribution: str
