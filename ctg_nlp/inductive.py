"""Codes that coders named under "Other": listed with counts and quotes, merged, made decisions on a code that
the framework took in (`promoting` writes that). Composition of `review` and `store`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.errors import DecisionsError
from ctg_nlp.framework import Framework
from ctg_nlp.records import InductiveCode, Memo, Report
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store
from ctg_nlp.tallies import retally


def inductive_codes(store: Store, unseen: Collection[str] = ()) -> tuple[InductiveCode, ...]:
    """All inductive codes by dimension, the most frequent first; names that differ in capitals or spaces are
    one. What was named in training is none; `unseen` are ids of reports that are left out."""
    with store.reading() as db:
        return _codes(db, unseen)


def _codes(db: Connection, unseen: Collection[str] = ()) -> tuple[InductiveCode, ...]:
    memos = [m for m in act_store.labelled_memos(db) if m.report_id not in unseen]
    counted = {r.report_id for r in report_store.reports(db, {m.report_id for m in memos}) if r.counted}
    by_name: dict[tuple[str, str], list[Memo]] = defaultdict(list)
    for memo in memos:
        by_name[memo.dimension or "", folded(memo.label)].append(memo)
    found = [_code(dimension, uses, counted) for (dimension, _), uses in by_name.items()]
    return tuple(sorted(found, key=lambda c: (c.dimension, -c.reports, -len(c.memos), c.label)))


def folded(label: str) -> str:
    """A name without what differs between spellings of the same."""
    return " ".join(label.split()).casefold()


def _code(dimension: str, uses: Sequence[Memo], counted: Collection[str]) -> InductiveCode:
    spellings = Counter(" ".join(m.label.split()) for m in uses)
    reports = {m.report_id for m in uses if m.report_id in counted}
    return InductiveCode(
        dimension, spellings.most_common(1)[0][0], tuple(sorted(spellings)), len(reports), tuple(uses)
    )


def find(store: Store, dimension: str, label: str) -> InductiveCode:
    """The inductive code of that name. Raises `DecisionsError` where there is none."""
    with store.reading() as db:
        return _find(db, dimension, label)


def _find(db: Connection, dimension: str, label: str) -> InductiveCode:
    of_it = [c for c in _codes(db) if c.dimension == dimension]
    for code in of_it:
        if folded(code.label) == folded(label):
            return code
    known = ", ".join(f"“{c.label}”" for c in of_it) or "none"
    raise DecisionsError(f"{dimension} has no inductive code “{label}”; it has {known}.")


def merge(
    store: Store,
    framework: Framework,
    dimension: str,
    labels: Sequence[str],
    into: str,
    *,
    now: str,
    who: str,
) -> int:
    """Give all uses of some inductive codes of a dimension one name. Returns how many were renamed.

    What a use was called before is kept in its text. Raises `DecisionsError` for a name that no use has, and
    for an empty one.
    """
    name = " ".join(into.split())
    if not name:
        raise DecisionsError("The merged code needs a name.")
    with store.transaction() as db:
        uses = [m for label in dict.fromkeys(labels) for m in _find(db, dimension, label).memos]
        renamed = [m for m in uses if m.label != name]
        for memo in renamed:
            was = f"(named “{memo.label}” by {memo.coder})"
            act_store.put_memo(db, replace(memo, label=name, text=f"{memo.text} {was}".strip()))
        for report_id in sorted({m.report_id for m in renamed}):
            retally(db, framework, report_id)
        append(db, now, who, "inductive codes merged", dimension, {"memos": len(renamed)})
    return len(renamed)


def as_decisions(store: Store, code: InductiveCode, new: str, framework_id: str) -> Iterator[dict[str, Any]]:
    """The uses of an inductive code as lines of decisions on the code `new` that it became: each coder said
    "present" of each report, with their quotes. They say nothing of the other codes."""
    with store.reading() as db:
        reports = {r.report_id: r for r in report_store.reports(db, {m.report_id for m in code.memos})}
    uses: dict[tuple[str, str], list[Memo]] = defaultdict(list)
    for memo in code.memos:
        uses[memo.report_id, memo.coder].append(memo)
    for (report_id, coder), memos in uses.items():
        yield _line(reports[report_id], coder, memos, code, new, framework_id)


def _line(
    report: Report, coder: str, memos: Sequence[Memo], code: InductiveCode, new: str, framework_id: str
) -> dict[str, Any]:
    return {
        "report": report.report_id,
        "group": report.group_id or "",
        "coder": coder,
        "framework": framework_id,
        "dimension": code.dimension,
        "codes": [new],
        "absent": [],
        "evidence": {new: list(dict.fromkeys(m.quote for m in memos if m.quote))},
        "note": f"named “{code.label}” before it was a code",
    }
