"""What a file in another form does not carry, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ctg_nlp.export.files import whole_file
from ctg_nlp.framework import Cues, Framework


def framework_losses(framework: Framework) -> Iterator[str]:
    """What of a framework a tree of codes cannot tell."""
    codes = [c for d in framework.dimensions for c in d.codes]
    found = {
        "cues by which codes are suggested": sum(c.cues != Cues() for c in codes),
        "rules by which codes follow from others": sum(bool(c.follows) for c in codes),
        "codes of other dimensions that codes are compared with": sum(bool(c.compare_with) for c in codes),
        "bands of number tables": sum(len(d.bands) for d in framework.dimensions),
        "rows that join codes": sum(len(d.any_of) for d in framework.dimensions),
        "rows and totals of number tables": sum(
            bool(d.missing) + bool(d.total) for d in framework.dimensions
        ),
        "finders of facts and headings to look below": sum(
            bool(d.fact or d.sections) for d in framework.dimensions
        ),
        "cohorts": len(framework.cohorts),
        "filters": len(framework.filters),
        "lists of words": len(framework.vocabulary),
        "published tables": framework.published is not None,
        "files of examples": bool(framework.examples),
        "versions of the framework's history": len(framework.history),
    }
    for what, n in found.items():
        if n:
            yield f"Not carried: {int(n)} {what}."
    yield f"The version ({framework.framework_id}) is told in words; keep the framework's own file."


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
    yield "Not carried: times spent, which suggestions were in view, assignments, the audit sample, releases."


def write_losses(path: Path, losses: tuple[str, ...]) -> Path:
    """Write the list beside a file, as NAME.lost.txt. Returns its path."""
    beside = path.with_name(f"{path.name}.lost.txt")
    with whole_file(beside) as file:
        file.write(f"What {path.name} does not carry\n\n" + "".join(f"- {line}\n" for line in losses))
    return beside
