"""Identifiers in exchange files: the same thing has the same one in every export."""

from __future__ import annotations

import uuid

from ctg_nlp.framework import Framework

_SPACE = uuid.UUID("6d1f7a0e-4c0b-5d2c-9a53-0b6f3d0f7c1e")

MACHINE = "machine: "
"""What the names of users begin with that are no people."""


def guid(*parts: str) -> str:
    """The GUID of what these words name, always the same."""
    return str(uuid.uuid5(_SPACE, "\x1f".join(parts)))


def bare(text: str | None) -> str:
    """A GUID as tools write it, in small letters and without braces; other ids only in small letters."""
    return (text or "").strip().strip("{}").strip().lower()


def code_guid(framework: Framework, dimension: str, code: str | None) -> str:
    """The GUID of a code, or of a dimension (code None), in all versions of a framework."""
    return guid("code", framework.id, dimension, code or "")


def user_guid(name: str) -> str:
    """The GUID of a coder or rater."""
    return guid("user", name)


def source_guid(report_id: str) -> str:
    """The GUID of a report."""
    return guid("source", report_id)


def coding_guid(report_id: str, who: tuple[str, str], key: tuple[str, str | None], *place: int) -> str:
    """The GUID of a coding: of a report by somebody (name, role) with a code. `place` are the number of the
    quote and of its stretch; none for the report as a whole."""
    return guid("coding", report_id, *who, key[0], key[1] or "", *map(str, place))
