"""Writes docs/codes/: how each dimension is detected, its limits, and its measured figures.

    python bench/code_pages.py

Figures are those that `bench/learning.py --json bench/results/learning.json` kept; the text on detection is
made from the framework itself, so it cannot tell of cues or examples that are not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ctg_nlp.framework import Code, Cues, Dimension, Example, Framework
from ctg_nlp.framework_file import load_examples, load_framework

FRAMEWORK = "ctg"
FOLDER = Path(__file__).parent.parent / "docs" / "codes"
RESULTS = Path(__file__).parent / "results" / "learning.json"
_FEW = 10  # reports with a code, below which its figures follow chance

FACTS = {
    "school_count": "The number is taken where the report says it (in words, figures or a form), else counted from "
    "lists of names of schools. Where neither is found it is left open.",
    "school_phase": "Phases are told by the names and kinds of schools that take part and by the pupils spoken of; "
    "schools mentioned in passing (other projects, feeders) weigh little.",
    "local_authority": "Names are looked up in a gazetteer of the authorities of September 2009, with other names "
    "and main towns; a name that is also a person's, a school's or a word needs a sign beside it.",
}
LIMITS = {
    "group_size": "A group that only names some of its schools is counted too small; partners that are no schools "
    "(a university, a club) are left out by name, which fails for unusual names.",
    "characteristics": "Other signs of disadvantage are many and rare, and most reports say nothing: absence is the "
    "most frequent code and rests on finding none of the others.",
    "phase": "A report that speaks of year groups and names no kind of school can be read wrongly.",
    "location": "Authorities reorganised after 2009 are not in the gazetteer.",
    "partnership": "Working together by staff or pupils of several schools is told in as many ways as there are "
    "projects, and is confused with training together. Handing on an earlier approach is too rare to be learned.",
    "stakeholders": "People who are only mentioned, or came to nothing, are the usual mistake: parents, mentors, "
    "pupils who were merely taught.",
    "target_group": "It is one question answered from the whole report; a report that picked pupils for one strand "
    "and worked with whole classes in another is hard for coders as well.",
    "problem": "What the project set out to tackle is hard to tell from what it met on the way. `other` is a "
    "collection of unlike aims and is found worst.",
    "outcomes": "The hardest dimension: each writer words a change in their own way, and an activity without a "
    "change looks alike. Rare outcomes have too few decisions to be learned well.",
    "evidence": "That something was collected, and that it was evidence of impact, stand often in different places.",
    "project_type": "It follows from the number of kinds of evidence found, so that a mistake there is a mistake "
    "here; whether evidence was made for the project, or checked against other, is only in part in the words.",
}
_INDEPTH = (
    "A dimension of the second stage. It is coded for few reports, so it is mostly carried by cues; its figures "
    "could not be measured on reports not seen. Treat what is suggested as a way to passages."
)


def page(dimension: Dimension, examples: Sequence[Example], figures: Mapping[str, Any]) -> Iterator[str]:
    """The lines of one page."""
    yield f"# {dimension.title} (`{dimension.id}`)"
    yield ""
    yield "Made by `bench/code_pages.py`; do not edit."
    if dimension.definition or dimension.question:
        yield ""
        yield dimension.question or dimension.definition
    yield ""
    yield "## How it is detected"
    yield ""
    yield from _detection(dimension, examples)
    yield ""
    yield "## Limits"
    yield ""
    yield LIMITS.get(dimension.id, _INDEPTH)
    yield ""
    yield "## Measured"
    yield ""
    yield from _measured(dimension, figures)


def _detection(dimension: Dimension, examples: Sequence[Example]) -> Iterator[str]:
    if dimension.fact:
        yield FACTS[dimension.fact] + " The finder is `ctg_nlp/suggest/` (`" + dimension.fact + "`)."
        return
    if not dimension.coded:
        yield "Not suggested: coders write it."
        return
    yield (
        f"What counts: `{dimension.counts}`. A passage is judged by its words, its cues and their assertion status, "
        "and a report by its best passages; see [learning](../learning.md)."
    )
    yield ""
    yield "| code | cues | examples | near misses | besides |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for code in dimension.codes:
        cues = sum(len(getattr(code.cues, s)) for s in ("strong", "medium", "weak"))
        mine = [e for e in examples if e.dimension == dimension.id]
        shows, near = sum(code.id in e.codes for e in mine), sum(code.id in e.near for e in mine)
        yield f"| `{code.id}` | {cues} | {shows} | {near} | {_besides(code)} |"


def _besides(code: Code) -> str:
    said = []
    for rule in code.follows:
        most = f" to {rule.max}" if rule.max is not None else " or more"
        said.append(f"follows from {rule.min}{most} codes of `{rule.dimension}`, by the chance that it is so")
    if code.missing and code.cues == Cues():
        said.append("suggested as far as nothing else is")
    if code.exclusive:
        said.append("stands alone")
    return "; ".join(said)


def _measured(dimension: Dimension, figures: Mapping[str, Any]) -> Iterator[str]:
    accuracy = figures.get(f"{dimension.id}_accuracy")
    total = figures["by_dimension_micro_f1"].get(dimension.id)
    if accuracy is not None:
        yield f"Right in {100 * accuracy:.0f} % of {figures['reports']} reports."
    elif total is None:
        yield "Not measured: too few reports are coded for the second stage."
    else:
        yield (
            f"Micro-F1 {total:.2f} on {figures['reports']} reports, each judged by a model that did not see it "
            "(`bench/learning.py`)."
        )
        yield ""
        yield "| code | reports | precision | recall | F1 | average precision | |"
        yield "| --- | ---: | ---: | ---: | ---: | ---: | --- |"
        for code in dimension.codes:
            yield _row(figures["codes_detail"].get(f"{dimension.id}.{code.id}"), code)


def _row(detail: Mapping[str, Any] | None, code: Code) -> str:
    d = detail or {"tp": 0, "fp": 0, "fn": 0, "f1": 0.0, "ap": None}
    n, said = d["tp"] + d["fn"], d["tp"] + d["fp"]
    precision = f"{d['tp'] / said:.2f}" if said else "–"
    recall = f"{d['tp'] / n:.2f}" if n else "–"
    ap = f"{d['ap']:.2f}" if d["ap"] is not None else "–"
    f1 = f"{d['f1']:.2f}" if n or said else "–"
    note = "few reports: chance" if n < _FEW else ""
    return f"| `{code.id}` | {n} | {precision} | {recall} | {f1} | {ap} | {note} |"


def write(framework: Framework, examples: Sequence[Example], figures: Mapping[str, Any]) -> None:
    """One page for each dimension, and their index."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for dimension in framework.dimensions:
        lines = page(dimension, examples, figures)
        (FOLDER / f"{dimension.id}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index = ["# The dimensions, how they are detected and how well", ""]
    index += [f"- [{d.title}]({d.id}.md)" for d in framework.dimensions]
    (FOLDER / "README.md").write_text("\n".join(index) + "\n", encoding="utf-8")


def main() -> None:
    """Write the pages."""
    framework = load_framework(FRAMEWORK)
    figures = json.loads(RESULTS.read_text(encoding="utf-8"))["all"]
    write(framework, load_examples(FRAMEWORK, framework), figures)


if __name__ == "__main__":
    main()
