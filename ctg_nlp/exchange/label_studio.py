"""Label Studio's JSON: reports as tasks with their text, coders' answers as annotations.

Labels mark the places, named `dimension.code`; choices, numbers and text areas (one for each dimension) hold
what is said of the report as a whole, and what is absent or unsure. Positions count code points, as Label
Studio stores them. Who coded stands in each region's information, since a user of ours is none of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from ctg_nlp.exchange.code_nodes import code_nodes, walk
from ctg_nlp.exchange.gathering import ReportToGive, gather, reports_to_give
from ctg_nlp.exchange.guids import code_guid, guid, source_guid
from ctg_nlp.exchange.joined import Joined, joined
from ctg_nlp.exchange.json_files import write_list
from ctg_nlp.exchange.xml_text import clean
from ctg_nlp.export.files import whole_file
from ctg_nlp.framework import Framework
from ctg_nlp.records import Answer, Decision, Evidence, Span, Suggestion
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store

ABSENT, UNSURE, CANNOT_TELL = "__absent", "__unsure", "cannot be told"
Region = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tags:
    """What the tag of the text and that of the labels are called: not as any dimension, for Label Studio
    refuses a set-up in which a name comes twice."""

    text: str
    labels: str

    @classmethod
    def of(cls, framework: Framework) -> Tags:
        """The names that are free beside the dimensions of a framework."""
        taken = {d.id + ending for d in framework.dimensions for ending in ("", ABSENT, UNSURE)}
        free = (
            next(n for i in count() if (n := name + "_tag" * i) not in taken) for name in ("text", "codes")
        )
        return cls(*free)


def label_config(framework: Framework) -> str:
    """The labelling set-up of a project that the tasks fit."""
    names, tags = {n.guid: n.name for n in walk(code_nodes(framework))}, Tags.of(framework)
    lines = ["<View>", f'  <Text name="{tags.text}" value="$text"/>']
    lines.append(f'  <Labels name="{tags.labels}" toName="{tags.text}">')
    for d in framework.dimensions:
        keys: list[str | None] = [c.id for c in d.codes] if d.coded else [None]
        for code in keys:
            shown = quoteattr(clean(names[code_guid(framework, d.id, code)]))
            lines.append(f"    <Label value={shown} alias={quoteattr(_alias(d.id, code))}/>")
    lines.append("  </Labels>")
    for d in framework.dimensions:
        lines.append(f"  <Header value={quoteattr(clean(d.title or d.id))}/>")
        if d.coded:
            lines += _choices(d.id, tags, [(c.id, c.label or c.id) for c in d.codes], d.kind == "single")
            for ending, word in ((ABSENT, "absent"), (UNSURE, "unsure")):
                codes = [(c.id, f"{word}: {c.label or c.id}") for c in d.codes]
                lines += _choices(d.id + ending, tags, codes)
            continue
        tag = "Number" if d.kind == "number" else "TextArea"
        lines.append(f'  <{tag} name="{d.id}" toName="{tags.text}"/>')
        lines += _choices(d.id + ABSENT, tags, [(CANNOT_TELL, CANNOT_TELL)])
        lines += _choices(d.id + UNSURE, tags, [("value", "unsure")])
    return "\n".join([*lines, "</View>", ""])


def _choices(name: str, tags: Tags, codes: Sequence[tuple[str, str]], single: bool = False) -> Iterator[str]:
    yield f'  <Choices name="{name}" toName="{tags.text}" choice="{"single" if single else "multiple"}">'
    for key, label in codes:
        yield f"    <Choice value={quoteattr(clean(label))} alias={quoteattr(key)}/>"
    yield "  </Choices>"


def _alias(dimension: str, code: str | None) -> str:
    return f"{dimension}.{code}" if code is not None else dimension


def write_label_studio(
    path: Path, store: Store, home: Home, *, suggestions: bool = False
) -> tuple[int, Path]:
    """Write the tasks, and beside them the set-up as NAME.config.xml. Returns how many tasks there are, and
    where the set-up is. Suggestions are predictions, and only there where asked for."""
    framework = home.framework
    with store.reading() as db:
        reports = reports_to_give(db)
    given = gather(store, framework, reports, suggestions=suggestions)
    tags = Tags.of(framework)
    tasks = write_list(path, (task(g, tags) for g in given))
    beside = path.with_name(f"{path.name}.config.xml")
    with whole_file(beside) as file:
        file.write(label_config(framework))
    return tasks, beside


def task(given: ReportToGive, tags: Tags) -> dict[str, Any]:
    """A report as a task."""
    text = joined({p.number: p.text for p in given.pages})
    r = given.report
    data = {"text": text.text, "report": r.name, "group": r.group_id or "", "report_id": r.report_id,
            "source": source_guid(r.report_id)}  # fmt: skip
    people = dict.fromkeys((d.coder, d.role) for d in given.decisions)
    return {
        "id": r.sequence,
        "data": data,
        "annotations": [_annotation(given, who, text, tags) for who in people],
        "predictions": list(_predictions(given.suggestions, text, tags)),
    }


def _annotation(given: ReportToGive, who: tuple[str, str], text: Joined, tags: Tags) -> dict[str, Any]:
    mine = [d for d in given.decisions if (d.coder, d.role) == who]
    regions = [region for d in mine for region in _regions(d, text, tags)]
    return {
        "created_at": max(d.time for d in mine),
        "result": regions,
        "was_cancelled": False,
        "ground_truth": False,
    }


def _regions(d: Decision, text: Joined, tags: Tags) -> Iterator[Region]:
    about = [f"coder: {d.coder}", *([f"role: {d.role}"] if d.role != "coder" else [])]
    if d.time:
        about.append(f"time: {d.time}")
    note = [f"note: {d.note}"] if d.note else []
    alias = _alias(d.dimension, d.code)
    if d.answer in (Answer.PRESENT, Answer.VALUE):
        for e in d.evidence:
            for k, span in enumerate(e.spans):
                key = guid("label", d.report_id, d.coder, d.role, alias, e.quote, str(k))
                yield _marked(key, span, alias, text, [*about, f"quote: {e.quote}"], tags)
    loose = [
        f"quote: {e.quote}"
        for e in d.evidence
        if not e.spans or d.answer not in (Answer.PRESENT, Answer.VALUE)
    ]
    key = guid("choice", d.report_id, d.coder, d.role, alias)
    yield {"id": key[:10], "to_name": tags.text, "meta": {"text": [*about, *note, *loose]}, **_whole(d)}


def _marked(key: str, span: Span, alias: str, text: Joined, about: list[str], tags: Tags) -> Region:
    start, end = text.place(span)
    value = {"start": start, "end": end, "text": text.text[start:end], "labels": [alias]}
    return {"id": key[:10], "from_name": tags.labels, "to_name": tags.text, "type": "labels", "value": value,
            "meta": {"text": about}}  # fmt: skip


def _whole(d: Decision) -> Region:
    """What is said of the report as a whole."""
    if d.answer is Answer.VALUE and isinstance(d.value, int):
        return {"from_name": d.dimension, "type": "number", "value": {"number": d.value}}
    if d.answer is Answer.VALUE and d.value is not None:
        return {"from_name": d.dimension, "type": "textarea", "value": {"text": [d.value]}}
    if d.answer is Answer.VALUE:
        return {"from_name": d.dimension + ABSENT, "type": "choices", "value": {"choices": [CANNOT_TELL]}}
    ending = {Answer.ABSENT: ABSENT, Answer.UNSURE: UNSURE}.get(d.answer, "")
    return {"from_name": d.dimension + ending, "type": "choices", "value": {"choices": [d.code or "value"]}}


def _predictions(suggestions: Sequence[Suggestion], text: Joined, tags: Tags) -> Iterator[dict[str, Any]]:
    for model in dict.fromkeys(s.model_id for s in suggestions):
        mine = [s for s in suggestions if s.model_id == model and s.code is not None]
        regions = [
            {**_suggested(s, n, e, text, tags), "score": s.score}
            for s in mine
            for n, e in enumerate(s.evidence)
        ]
        yield {"model_version": model, "result": regions}


def _suggested(s: Suggestion, number: int, e: Evidence, text: Joined, tags: Tags) -> Region:
    alias = _alias(s.dimension, s.code)
    key = guid("suggested", s.report_id, s.model_id, alias, str(number))[:10]
    return _marked(key, Span(e.page, e.start, e.end), alias, text, [], tags)
