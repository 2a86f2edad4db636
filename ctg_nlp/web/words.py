"""Scores, times and acts in words for people."""

from __future__ import annotations

from ctg_nlp.framework import Framework
from ctg_nlp.records import Act

_LIKELY = (
    (0.99, "virtually certain"),
    (0.9, "very likely"),
    (0.66, "likely"),
    (0.33, "about as likely as not"),
    (0.1, "unlikely"),
    (0.01, "very unlikely"),
)
"""The likelihood scale of the IPCC's guidance note on uncertainties (Mastrandrea et al. 2010)."""


def score_in_words(score: float, threshold: float, *, calibrated: bool) -> str:
    """A score in words. One that is no probability is told by how strong a sign it is."""
    if calibrated:
        return next((words for least, words in _LIKELY if score >= least), "exceptionally unlikely")
    if score >= threshold:
        return "a strong sign" if score >= (1 + threshold) / 2 else "a sign"
    return "a weak sign" if score >= threshold / 4 else "no sign"


def undo_in_words(act: Act, framework: Framework) -> str:
    """What undoing an act would take back, as "present for “Pupils”"."""
    dimension = framework.dimension(act.dimension)
    title = dimension.title if dimension else act.dimension
    if act.kind == "rest absent":
        return f"the rest of “{title}” as absent"
    code = dimension.code(act.code or "") if dimension else None
    what = "inductive code" if act.kind == "inductive code" else "answer"
    return f"the {what} on “{code.label if code else title}”"


def minute(time: str) -> str:
    """A time of the store, to the minute."""
    return f"{time[:16].replace('T', ' ')} UTC" if time else ""
