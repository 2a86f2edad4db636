"""Codes that coders named themselves, where the framework had none."""

from __future__ import annotations

from dataclasses import dataclass

from ctg_nlp.records.decisions import Memo


@dataclass(frozen=True, slots=True)
class InductiveCode:
    """What coders gave one name in one dimension. `label` is its most frequent spelling, `spellings` are all;
    `reports` counts reports, `memos` holds each use, oldest first. `dimension` is "" for one on none."""

    dimension: str
    label: str
    spellings: tuple[str, ...]
    reports: int
    memos: tuple[Memo, ...]
