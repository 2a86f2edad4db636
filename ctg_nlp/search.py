"""Words and phrases over all reports, in context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ctg_nlp.aggregation import last_suggestions
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Framework
from ctg_nlp.intake.register import same_name
from ctg_nlp.records import Answer, Report
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store

_APOSTROPHE = re.compile("['‘’]")  # typed one way, printed another
CONTEXT = 60  # characters on either side


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a report: `page.text[start:end]` is what was found, with some text on either side."""

    report: str
    report_id: str
    group_id: str
    page: int
    start: int
    end: int
    before: str
    found: str
    after: str


def search(
    store: Store, framework: Framework, phrase: str, *, group: str = "", code: str = ""
) -> Iterator[Hit]:
    """Where a phrase stands, in the order of arrival; in any case, `*` at the end of a word for any ending;
    one apostrophe is as good as another.

    With `group` only in the reports of that group. With `code` ("dimension.code") only in passages that
    are evidence for the code: those of coders' decisions and of suggestions made. Raises `CtgError` for a
    phrase without letters or digits and for a code that the framework does not have.
    """
    pattern = _pattern(phrase)
    spans = _evidence_spans(store, framework, code) if code else None
    with store.reading() as db:
        reports = {r.report_id: r for r in report_store.reports(db)}
        # SQLite compares without regard to case only in ASCII, so the store is asked for such letters.
        longest = max(re.findall(r"[A-Za-z0-9]+", phrase), key=len, default="")
        for report_id, page, text in report_store.texts_containing(db, longest):
            report = reports.get(report_id)
            if report is None or (group and same_name(report.group_id or "") != same_name(group)):
                continue
            for match in pattern.finditer(text):
                if spans is None or _inside(match, spans.get((report_id, page), ())):
                    yield _hit(report, page, text, match)


def _pattern(phrase: str) -> re.Pattern[str]:
    words = [w for w in phrase.split() if re.search(r"\w", w)]
    if not words:
        raise CtgError("Give a word or phrase to search for.")
    parts = [re.escape(w.rstrip("*")) + (r"\w*" if w.endswith("*") else "") for w in words]
    parts = [_APOSTROPHE.sub(_APOSTROPHE.pattern, part) for part in parts]
    first = r"(?<!\w)" if parts[0][0].isalnum() else ""
    last = r"(?!\w)" if words[-1][-1].isalnum() else ""
    return re.compile(first + r"\s+".join(parts) + last, re.IGNORECASE)


def _evidence_spans(
    store: Store, framework: Framework, code: str
) -> dict[tuple[str, int], tuple[tuple[int, int], ...]]:
    dimension_id, _, code_id = code.partition(".")
    dimension = framework.dimension(dimension_id)
    if dimension is None or (dimension.coded and dimension.code(code_id) is None):
        raise CtgError(
            f"The framework has no code {code}; write it as dimension.code, as ctg framework show does."
        )
    wanted = code_id if dimension.coded else None
    found: dict[tuple[str, int], tuple[tuple[int, int], ...]] = {}

    def add(report_id: str, page: int, start: int, end: int) -> None:
        key = (report_id, page)
        found[key] = (*found.get(key, ()), (start, end))

    with store.reading() as db:
        for d in decision_store.decisions(db):
            if (d.dimension, d.code) == (dimension_id, wanted) and d.answer in (Answer.PRESENT, Answer.VALUE):
                for span in (span for e in d.evidence for span in e.spans):
                    add(d.report_id, span.page, span.start, span.end)
    for s in last_suggestions(store, framework):
        if (s.dimension, s.code) == (dimension_id, wanted) and s.suggested:
            for e in s.evidence:
                add(s.report_id, e.page, e.start, e.end)
    return found


def _inside(match: re.Match[str], spans: tuple[tuple[int, int], ...]) -> bool:
    return any(start < match.end() and match.start() < end for start, end in spans)


def _hit(report: Report, page: int, text: str, match: re.Match[str]) -> Hit:
    start, end = match.span()
    return Hit(
        report=report.name,
        report_id=report.report_id,
        group_id=report.group_id or "",
        page=page,
        start=start,
        end=end,
        before=text[max(0, start - CONTEXT) : start].replace("\n", " "),
        found=match.group().replace("\n", " "),
        after=text[end : end + CONTEXT].replace("\n", " "),
    )
