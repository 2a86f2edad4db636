"""Taking decisions in, giving them out, undoing an import. Composition of `review` and `store`."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.errors import DecisionsError, UnknownReport
from ctg_nlp.framework import Framework
from ctg_nlp.history import framework_at
from ctg_nlp.line_files import json_line
from ctg_nlp.lookup import Lookup
from ctg_nlp.records import Decision, Report
from ctg_nlp.review.anchoring import Pages, anchor, fold_pages
from ctg_nlp.review.decisions import parse_line, to_decisions, to_lines
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.content_sums import CONTENT, content_sum
from ctg_nlp.store.database import Store
from ctg_nlp.store.decisions import DecisionImport
from ctg_nlp.tallies import retally


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `unanchored` are quotes not found in the text: (line, report, code, quote)."""

    import_id: str
    lines: int
    decisions: int
    reports: int
    quotes: int
    unanchored: tuple[tuple[int, str, str, str], ...]
    refused: tuple[RefusedLine, ...]
    already: bool = False


def import_decisions(
    store: Store, framework: Framework, path: Path, *, now: str, who: str, again: bool = False
) -> Imported:
    """Take in a file of decisions, one JSON object a line, in one transaction.

    A line that breaks a rule is refused with its number and the reason; the others are taken. A file
    whose very content was imported before, and not undone, is not taken again unless `again`. Raises
    `DecisionsError` where the file cannot be read or no line of it can be taken.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DecisionsError(f"{path} cannot be read as JSON lines in UTF-8: {error}.") from error
    sha256 = hashlib.sha256(content).hexdigest()
    with store.transaction() as db:
        standing = next(
            (i for i in decision_store.imports(db) if i.sha256 == sha256 and not i.undone_at), None
        )
        if standing is not None and not again:
            return Imported(standing.import_id, 0, 0, 0, 0, (), (), already=True)
        count = len(decision_store.imports(db))
        import_id = f"{now[:10]}-{count + 1}-{sha256[:8]}"
        taken = _Taker(db, framework, import_id, now).take(text)
        if not taken.decisions:
            reasons = "; ".join(f"line {r.line}: {r.reason}" for r in taken.refused[:5]) or "it has no lines"
            raise DecisionsError(f"No line of {path.name} could be taken: {reasons}.")
        decision_store.add_import(
            db, DecisionImport(import_id, path.name, sha256, now, who, len(taken.decisions))
        )
        decision_store.add_decisions(db, taken.decisions)
        for report_id in sorted({d.report_id for d in taken.decisions}):
            retally(db, framework, report_id)
        noted: dict[str, str | int] = {
            "decisions": len(taken.decisions),
            CONTENT: content_sum(taken.decisions),
        }
        append(db, now, who, "import", import_id, noted)
    quotes = sum(len(d.evidence) for d in taken.decisions)
    return Imported(
        import_id=import_id,
        lines=taken.lines,
        decisions=len(taken.decisions),
        reports=len({d.report_id for d in taken.decisions}),
        quotes=quotes,
        unanchored=tuple(taken.unanchored),
        refused=tuple(taken.refused),
    )


class _Taker:
    """Turns lines into decisions, and remembers what was refused and what could not be anchored."""

    def __init__(self, db: Connection, framework: Framework, import_id: str, now: str) -> None:
        self.framework, self.import_id, self.now = framework, import_id, now
        self.lookup = Lookup(report_store.reports(db), report_store.submissions(db))
        self.decisions: list[Decision] = []
        self.refused: list[RefusedLine] = []
        self.unanchored: list[tuple[int, str, str, str]] = []
        self.lines = 0

        @lru_cache(maxsize=4)  # lines of one report stand together
        def pages(report_id: str) -> Pages:
            return fold_pages(report_store.page_texts(db, report_id))

        self.pages: Callable[[str], Pages] = pages

    def take(self, text: str) -> _Taker:
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                try:
                    self._take_line(number, line)
                    self.lines += 1
                except (DecisionsError, UnknownReport) as error:
                    self.refused.append(RefusedLine(number, str(error)))
        return self

    def _take_line(self, number: int, text: str) -> None:
        try:
            line = parse_line(json_line(text))
        except json.JSONDecodeError as error:
            raise DecisionsError(f"it is not JSON: {error.msg} at character {error.pos}") from error
        except ValueError as error:  # a number of thousands of digits
            raise DecisionsError(f"it cannot be read as JSON: {error}") from error
        report = self._report(line.report, line.group)
        pages = self.pages(report.report_id)
        framework = framework_at(self.framework, line.framework)  # whose codes the line names
        made = to_decisions(line, framework, report.report_id, lambda quote: anchor(quote, pages))
        for d in made:
            self.decisions.append(replace(d, import_id=self.import_id, time=d.time or self.now))
            for e in d.evidence:
                if not e.spans:
                    self.unanchored.append(
                        (number, report.name, f"{d.dimension}.{d.code or 'value'}", e.quote)
                    )

    def _report(self, name: str, group: str) -> Report:
        report = self.lookup.find(name, group)
        if report.withdrawn_at:
            raise UnknownReport(f"{report.name} was withdrawn on {report.withdrawn_at[:10]}")
        return report


def undo_import(store: Store, framework: Framework, import_id: str, *, now: str, who: str) -> DecisionImport:
    """Make the decisions of one import count no more; they are kept. Returns the import as it was.

    Raises `DecisionsError` where there is no such import or it was undone before.
    """
    with store.transaction() as db:
        found = next((i for i in decision_store.imports(db) if i.import_id == import_id), None)
        if found is None:
            known = ", ".join(i.import_id for i in decision_store.imports(db)) or "none"
            raise DecisionsError(f"There is no import {import_id}; the imports are: {known}.")
        if found.undone_at:
            raise DecisionsError(f"The import {import_id} was undone on {found.undone_at[:10]} already.")
        decision_store.undo_import(db, import_id, now, who)
        for report_id in decision_store.reports_of_import(db, import_id):
            retally(db, framework, report_id)
        append(db, now, who, "import undone", import_id)
    return found


def exported_lines(store: Store) -> Iterator[dict[str, Any]]:
    """All decisions that stand, as lines that import again without loss."""
    with store.reading() as db:
        reports = report_store.named(db, withdrawn=True)
        shared = Counter(r.name for r in reports)
        names = {r.report_id: (r.report_id if shared[r.name] > 1 else r.name, r.group_id) for r in reports}
        yield from to_lines(decision_store.decisions(db), names)
