"""What a file in another form does not carry, in sentences for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path

from ctg_nlp.export.files import whole_file
from ctg_nlp.framework import Code, Dimension, Framework

LOST = ".lost.txt"
"""The ending of the list beside a file."""
_TOLD = {
    Framework: {"id", "version", "title", "dimensions", "framework_id"},
    Dimension: {"id", "title", "kind", "stage", "counts", "table", "question", "definition", "note",
                "denominator", "codes", "groups", "reported"},
    Code: {"id", "label", "definition", "exclusive", "missing", "otherwise", "group"},
}  # fmt: skip
"""What of each part of a framework a tree of codes tells."""


def framework_losses(framework: Framework) -> Iterator[str]:
    """What of a framework a tree of codes cannot tell, by the keys of its file."""
    codes = [c for d in framework.dimensions for c in d.codes]
    for parts, of in (
        ((framework,), "the framework"),
        (framework.dimensions, "dimensions"),
        (codes, "codes"),
    ):
        found = Counter(name for part in parts for name in _set(part))
        for name, n in found.items():
            yield f"Not carried: `{name}` of {of if of == 'the framework' else f'{n} {of}'}."
    yield f"The version ({framework.framework_id}) is told in words; keep the framework's own file."


def _set(part: Framework | Dimension | Code) -> Iterator[str]:
    """The keys of a part that are set and not told."""
    for f in fields(part):
        default = f.default_factory() if f.default_factory is not MISSING else f.default
        if f.name not in _TOLD[type(part)] and getattr(part, f.name) != default:
            yield f.name


def decision_losses(counts: Mapping[str, int]) -> Iterator[str]:
    """What of decisions a project of codings cannot tell, by the counts that were made while writing it."""
    n = counts.get
    yield (
        "That a code is absent, or a coder unsure, is no coding: it stands in the note of each coder on each "
        f"report ({n('answers absent', 0)} absent, {n('answers unsure', 0)} unsure), which this tool reads "
        "back and others show; and what all coders come to in the variables of cases (no value: undecided)."
    )
    if n("replaced"):
        yield f"{n('replaced')} earlier decisions that the same coders replaced later are left out."
    if n("foreign"):
        yield f"{n('foreign')} decisions on codes that the framework does not have any more are left out."
    if n("quotes not in the text"):
        yield f"{n('quotes not in the text')} quotes that are not in the text as they are stand in notes."
    if n("without PDF"):
        yield f"{n('without PDF')} reports are given without PDF: it was left out, is gone or too large."
    if n("without text"):
        yield f"{n('without text')} reports have no text."
    yield (
        "Not carried: times spent, which suggestions were in view, assignments, the audit sample, filter "
        "decisions and samples of the second stage (ctg select export has them), releases, and what was "
        "written over the coding."
    )


def write_losses(path: Path, losses: tuple[str, ...]) -> Path:
    """Write the list beside a file, as NAME.lost.txt. Returns its path."""
    beside = path.with_name(path.name + LOST)
    with whole_file(beside) as file:
        file.write(f"What {path.name} does not carry\n\n" + "".join(f"- {line}\n" for line in losses))
    return beside
