"""Words and phrases over all reports, in context."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Framework
from ctg_nlp.history import names_of
from ctg_nlp.intake.register import same_name
from ctg_nlp.records import Answer, Decision
from ctg_nlp.review.carrying import carried
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store
from ctg_nlp.store.reports import Named

_APOSTROPHE = re.compile("['‘’]")  # typed one way, printed another
_MOST_WORDS = 20  # that the database looks for; it takes no condition of a thousand parts
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
    store: Store,
    framework: Framework,
    phrase: str,
    *,
    group: str = "",
    code: str = "",
    shown: Callable[[str], bool] = lambda report_id: True,
) -> Iterator[Hit]:
    """Where a phrase stands, in the order of arrival; in any case, `*` at the end of a word for any ending;
    one apostrophe is as good as another.

    With `group` only in the reports of that group. With `code` ("dimension.code") only in passages that
    are evidence for the code: those of coders' decisions and of suggestions made; without a phrase, all of
    these. Only in reports for whose id `shown` is true. Raises `CtgError` for a phrase without letters or
    digits and for a code that the framework does not have.
    """
    key = _key(framework, code) if code else None
    pattern = None if key and not phrase.strip() else _pattern(phrase)

    def asked_for(report: Named) -> bool:
        return (not group or same_name(report.group_id) == same_name(group)) and shown(report.report_id)

    with store.reading() as db:
        spans = _evidence_spans(db, framework, key) if key else None
        if pattern is None:
            yield from _all_evidence(db, filter(asked_for, report_store.named(db)), spans or {})
            return
        # SQLite compares without regard to case only in ASCII, so the store is asked for such letters; the
        # longest first, as the rarest in most phrases: where it is not, no other is looked for.
        words = sorted(set(re.findall(r"[A-Za-z0-9]+", phrase)), key=lambda word: (-len(word), word))
        for report, page, text in report_store.texts_containing(db, words[:_MOST_WORDS]):
            if not asked_for(report):
                continue
            for match in pattern.finditer(text):
                if spans is None or _inside(match, spans.get((report.report_id, page), ())):
                    yield _hit(report, page, text, *match.span())


def _pattern(phrase: str) -> re.Pattern[str]:
    words = [w for w in phrase.split() if re.search(r"\w", w)]
    if not words:
        raise CtgError("Give a word or phrase to search for.")
    parts = [re.escape(w.rstrip("*")) + (r"\w*" if w.endswith("*") else "") for w in words]
    parts = [_APOSTROPHE.sub(_APOSTROPHE.pattern, part) for part in parts]
    first = r"(?<!\w)" if parts[0][0].isalnum() else ""
    last = r"(?!\w)" if words[-1][-1].isalnum() else ""
    return re.compile(first + r"\s+".join(parts) + last, re.IGNORECASE)


def _key(framework: Framework, code: str) -> tuple[str, str | None]:
    dimension_id, _, code_id = code.partition(".")
    dimension = framework.dimension(dimension_id)
    if dimension is None or (dimension.coded and dimension.code(code_id) is None):
        raise CtgError(
            f"The framework has no code {code}; write it as dimension.code, as ctg framework show does."
        )
    return dimension_id, code_id if dimension.coded else None


Spans = dict[tuple[str, int], tuple[tuple[int, int], ...]]


def _evidence_spans(db: Connection, framework: Framework, key: tuple[str, str | None]) -> Spans:
    """The evidence of one code, by report and page: of decisions, and of what the last model suggests."""
    found: dict[tuple[str, int], dict[tuple[int, int], None]] = {}
    for d in _decisions(db, framework, key):
        if d.answer in (Answer.PRESENT, Answer.VALUE):
            for span in (span for e in d.evidence for span in e.spans):
                found.setdefault((d.report_id, span.page), {})[span.start, span.end] = None
    model = suggestion_store.last_model(db, framework.framework_id)
    named = (framework.framework_id, None, key[0], key[1] or "")
    for s in suggestion_store.suggestions(db, model, *named) if model is not None else ():
        for e in s.evidence if s.suggested else ():
            found.setdefault((s.report_id, e.page), {})[e.start, e.end] = None
    return {place: tuple(sorted(spans)) for place, spans in found.items()}


def _decisions(db: Connection, framework: Framework, key: tuple[str, str | None]) -> Iterator[Decision]:
    """The decisions on one code, also those under a name that it had in older versions of the framework."""
    if not framework.history:
        return decision_store.decisions(db, code=key)
    names = names_of(framework, (key[0], key[1] or ""))
    stored = (d for then in names for d in decision_store.decisions(db, code=(then[0], then[1] or None)))
    return (d for d in carried(stored, framework) if (d.dimension, d.code) == key)


def _all_evidence(db: Connection, reports: Iterable[Named], spans: Spans) -> Iterator[Hit]:
    pages: dict[str, list[int]] = {}
    for report_id, page in sorted(spans):
        pages.setdefault(report_id, []).append(page)
    for report in reports:
        for page in pages.get(report.report_id, ()):
            text = report_store.page_texts(db, report.report_id, [page]).get(page, "")
            for start, end in spans[report.report_id, page]:
                yield _hit(report, page, text, start, end)


def _inside(match: re.Match[str], spans: tuple[tuple[int, int], ...]) -> bool:
    return any(start < match.end() and match.start() < end for start, end in spans)


def _hit(report: Named, page: int, text: str, start: int, end: int) -> Hit:
    return Hit(
        report=report.name,
        report_id=report.report_id,
        group_id=report.group_id,
        page=page,
        start=start,
        end=end,
        before=text[max(0, start - CONTEXT) : start].replace("\n", " "),
        found=text[start:end].replace("\n", " "),
        after=text[end : end + CONTEXT].replace("\n", " "),
    )
