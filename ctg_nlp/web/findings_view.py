"""Findings as their page shows them: counts, passages by code, statements, problems with solutions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ctg_nlp.carried_findings import findings_now
from ctg_nlp.dataset import read_dataset
from ctg_nlp.desk import Desk
from ctg_nlp.enquiry import Enquiry, enquiries
from ctg_nlp.errors import UnknownReport
from ctg_nlp.framework import Dimension
from ctg_nlp.independence import Sight
from ctg_nlp.records import BankedQuote, Finding, FindingKind, FindingSource, Report
from ctg_nlp.solutions import tables_of
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.themes import CAUTION, CodeCount, counted, said, said_compared, said_in_full
from ctg_nlp.tallies import refresh
from ctg_nlp.themes import VALUE, Passages, passages_of
from ctg_nlp.web.findings_sight import sight_of
from ctg_nlp.whereabouts import where_now

Plain = dict[str, Any]
AT_ONCE = 25
"""Passages of one code that are shown at first."""


def findings_page(desk: Desk, question_id: str, everything_of: str = "") -> Plain:
    """One question of the enquiry with all that belongs to it; the first where none is named.
    `everything_of`: the code ("dimension.code") of which all passages are shown.

    Raises `UnknownReport` for a question that there is not, and `NotYours`.
    """
    refresh(desk.store, desk.framework)
    asked = enquiries(desk.framework)
    question = next((q for q in asked if q.id == (question_id or asked[0].id)), None)
    if question is None:
        raise UnknownReport(f"The framework has no question {question_id}.")
    with desk.store.reading() as db:
        seen = sight_of(desk, db)
        columns = Columns(desk.framework, read_dataset(db, desk.framework))
        passages = {d.id: passages_of(db, columns, d, seen.may_see_evidence) for d in question.dimensions}
        written = findings_now(db, desk.framework, retired=True)
        named = {s.report_id for f in written for s in f.sources}
        named |= {s.report_id for p in passages.values() for s in _shown(p, everything_of)}
        reports = {r.report_id: r for r in report_store.reports(db, named)}
        in_bank = [q for q in quote_store.quotations(db) if q.texts]
        places = where_now(db, [q.source for q in in_bank])
        banked = {places[q.source]: q for q in in_bank}
        places |= where_now(db, {s for f in written if f.question == question.id for s in f.sources})
    listing = _Listing(desk, seen, reports, banked, places, everything_of)
    findings = [f for f in written if not f.retired]
    mine = [f for f in findings if f.question == question.id]
    dimensions = [listing.dimension(columns, d, passages[d.id]) for d in question.dimensions]
    return {
        "questions": [_asked(q, findings) for q in asked],
        "question": question,
        "dimensions": dimensions,
        "findings": [listing.finding(f) for f in mine],
        "tables": tables_of(columns, question.dimensions, mine, reports),
        "retired": [f for f in written if f.retired and f.question == question.id],
        "kinds": tuple(FindingKind),
        "caution": CAUTION,
        "reports": sorted({s["report_id"] for d in dimensions for c in d["codes"] for s in c["passages"]}),
        "hidden": seen.only is not None,
    }


def _shown(found: Passages, everything_of: str) -> Iterator[FindingSource]:
    """The passages that may be shown, of each code the first or all."""
    for quotes in (*found.by_code.values(), *found.by_label.values()):
        yield from quotes if everything_of else quotes[:AT_ONCE]


def _asked(question: Enquiry, findings: Iterable[Finding]) -> Plain:
    written = sum(f.question == question.id for f in findings)
    return {"id": question.id, "label": question.label, "written": written}


class _Listing:
    """Turns what is known into plain values for one visitor."""

    def __init__(
        self,
        desk: Desk,
        seen: Sight,
        reports: Mapping[str, Report],
        banked: Mapping[FindingSource, BankedQuote],
        places: Mapping[FindingSource, FindingSource],
        everything_of: str,
    ) -> None:
        self.framework, self.unit = desk.framework, desk.framework.unit
        self.seen, self.reports, self.banked = seen, reports, banked
        self.places, self.everything_of = places, everything_of

    def name(self, report_id: str) -> str:
        """What a report is called in lists."""
        report = self.reports.get(report_id)
        return (report.group_id or report.name) if report else "(erased)"

    def dimension(self, columns: Columns, dimension: Dimension, found: Passages) -> Plain:
        """A dimension with its codes: counts, comparisons and passages."""
        counts = counted(columns, dimension)
        codes = [self.code(c, found.by_code.get(c.code, ())) for c in counts.codes]
        if VALUE in found.by_code:
            told = self.listed(dimension.id, "", found.by_code[VALUE])
            codes.append({"code": "", "label": "What was told", "said": "", **told})
        labels = [
            {
                "code": None,
                "label": f"Inductive: {label}",
                "said": "",
                **self.listed(dimension.id, None, quotes),
            }
            for label, quotes in found.by_label.items()
        ]
        return {"dimension": dimension, "table": counts.table, "codes": [*codes, *labels]}

    def code(self, count: CodeCount, quotes: tuple[FindingSource, ...]) -> Plain:
        """A code with its count in words."""
        return {
            "code": count.code,
            "label": count.label,
            "said": said(count.row, count.of, self.unit),
            "row": count.row,
            "others": [said_in_full(row, of, self.unit) for of, row in count.others],
            "compared": [
                {"said": said_compared(count, c, self.unit), "inside": c.in_sample} for c in count.compared
            ],
            **self.listed(count.dimension, count.code, quotes),
        }

    def listed(self, dimension: str, code: str | None, quotes: tuple[FindingSource, ...]) -> Plain:
        """Passages of a code, the first of them or all."""
        everything = self.everything_of == f"{dimension}.{code or ''}"
        shown = quotes if everything else quotes[:AT_ONCE]
        return {"passages": [self.passage(s) for s in shown], "of": len(quotes), "everything": everything}

    def passage(self, source: FindingSource) -> Plain:
        """A passage with where it stands, and its number in the bank."""
        source = self.places.get(source, source)
        banked = self.banked.get(source)
        return {
            "report_id": source.report_id,
            "page": source.page,
            "start": source.start,
            "end": source.end,
            "quote": " ".join(source.quote.split()),
            "name": self.name(source.report_id),
            "banked": banked.quote_id if banked else None,
            "state": str(banked.state) if banked else "",
        }

    def finding(self, f: Finding) -> Plain:
        """A statement with its passages; those of reports that are not open to the visitor are counted
        only."""
        open_ = [s for s in f.sources if self.seen.may_see_evidence(s.report_id)]
        return {
            "finding": f,
            "on": self.on(f),
            "sources": [self.passage(s) | {"gone": self._gone(s.report_id)} for s in open_],
            "closed": len(f.sources) - len(open_),
            "reports": len({s.report_id for s in f.sources}),
            "data": {
                "finding_id": f.finding_id, "dimension": f.dimension, "code": f.code, "kind": str(f.kind),
                "text": f.text, "version": f.version, "closed": len(f.sources) - len(open_),
                "sources": [self.passage(s) for s in open_],
            },
        }  # fmt: skip

    def on(self, f: Finding) -> str:
        """What a statement is on, in words."""
        dimension = self.framework.dimension(f.dimension)
        code = dimension.code(f.code) if dimension and f.code else None
        return code.label if code else f.code or (dimension.title if dimension else f.dimension)

    def _gone(self, report_id: str) -> str:
        report = self.reports.get(report_id)
        if report is None or report.withdrawn_at:
            return "withdrawn since"
        return "" if report.counted else "counts no more"
