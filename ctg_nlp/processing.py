"""One report end to end: read it, propose its codes, store both in one transaction.

Composition of the rooms for a single report. A batch has one `Processor`; with Dask each worker has its own.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from ctg_nlp import submissions as sub
from ctg_nlp.boxes import boxes_of
from ctg_nlp.errors import CtgError, Refusal, RunIncomplete
from ctg_nlp.intake.convert import is_word_file, to_pdf
from ctg_nlp.intake.extract import EXTRACTOR
from ctg_nlp.intake.passages import passages
from ctg_nlp.intake.sandbox import Limits, Reader, ReadingFailed
from ctg_nlp.intake.similar import bands_of, signature_of
from ctg_nlp.learning import champion
from ctg_nlp.logbook import log_of
from ctg_nlp.raters import raters_of, silences, warnings_of, without_silences
from ctg_nlp.reading_tools import Tools
from ctg_nlp.records import (
    Extraction,
    Page,
    Passage,
    Report,
    ReportKind,
    Submission,
    Suggestion,
    VerdictKind,
)
from ctg_nlp.review.anchoring import anchor, fold_pages
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store
from ctg_nlp.suggest.facts import cohort
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.tallies import retally

Clock = Callable[[], str]

CHANGED = "Its file was changed while it was read, so nothing of it was stored. The next run reads it."
STOPPED = "The run was stopped before this report was read."


@dataclass(frozen=True, slots=True)
class Order:
    """One report to be processed, and where the register places it."""

    work: sub.Work
    group_id: str | None
    kind: ReportKind


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one report: its record after the run, and how many codes are suggested.

    `read` is false where its text was in the store and codes were only proposed again.
    """

    report: Report
    suggested: int = 0
    read: bool = True


@dataclass(frozen=True, slots=True)
class _Result:
    """All that one report gave, before anything is stored. `complete`: no rater was silent."""

    report: Report
    pages: tuple[Page, ...] = ()
    passages: tuple[Passage, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    read: bool = True
    complete: bool = True


class Processor:
    """Processes reports of a home, in several threads at once if asked to. Raises `HomeError` or `ModelError`
    where it cannot begin. `close` ends its readers; what is asked after it raises `RunIncomplete`."""

    def __init__(self, home: Home, store: Store, tools: Tools, clock: Clock) -> None:
        self.home, self.store, self.tools, self.clock = home, store, tools, clock
        self.log = log_of(home)
        self.proposer = Proposer(home.framework, champion(store, home), raters_of(home))
        self._idle: queue.LifoQueue[Reader] = queue.LifoQueue()
        self._readers: list[Reader] = []
        self._turn = threading.Lock()
        self._stopped = False

    @property
    def model_id(self) -> str:
        """What proposes the codes."""
        return self.proposer.model_id

    @property
    def framework_id(self) -> str:
        """The framework they are of."""
        return self.home.framework.framework_id

    @property
    def limits(self) -> Limits:
        """What one report may cost."""
        home = self.home
        return Limits(seconds=home.seconds_per_report, memory_mb=home.memory_mb, pages=home.pages_per_report)

    def warnings(self) -> tuple[tuple[str, str], ...]:
        """What people should know of how the raters did, as (what, why)."""
        return warnings_of(self.proposer.raters)

    def close(self) -> None:
        """End all readers, those in the middle of a report too."""
        self._stopped = True
        with self._turn:
            for reader in self._readers:
                reader.close()

    def process(self, order: Order) -> Outcome:
        """Read one report, propose its codes and store it all in one transaction.

        Whatever is wrong with the file becomes its verdict. Only `CtgError` is raised: `StoreError`, and
        `RunIncomplete` once this was closed: a reader that was ended by us says nothing of its file.
        """
        begun = time.perf_counter()
        result = None if self._stopped else self._result(order)
        if result is None or (self._stopped and not result.report.readable):
            raise RunIncomplete(STOPPED)
        if result.read and not _is_unchanged(order.work.submitted):
            return Outcome(replace(result.report, verdict=VerdictKind.FAILED, message=CHANGED))
        return self._kept(order, result, begun)

    def failed(self, order: Order, message: str) -> Outcome:
        """Store that a report failed, for a reason that lies outside it."""
        report = replace(self._registered(order), verdict=VerdictKind.FAILED, message=message)
        return self._kept(order, _Result(report), time.perf_counter())

    def _kept(self, order: Order, result: _Result, begun: float) -> Outcome:
        with self.store.transaction() as db:
            self._keep(db, order.work, result)
        suggested = sum(s.suggested for s in result.suggestions)
        self._note(result.report, suggested, time.perf_counter() - begun)
        kept = replace(result.report, signature=b"")  # outcomes stay until the run ends
        return Outcome(kept, suggested, result.read)

    def _note(self, report: Report, suggested: int, seconds: float) -> None:
        self.log.note(
            "report read",
            report=report.report_id,
            verdict=report.verdict,
            cause=report.cause,
            pages=report.pages,
            suggested=suggested,
            seconds=seconds,
        )

    def _result(self, order: Order) -> _Result:
        work, report = order.work, self._registered(order)
        try:
            stored = self._read_before(order)
            proposed = self._proposed(report, stored or self._extract(work.submitted))
            return replace(proposed, read=stored is None)
        except Refusal as refusal:
            return _Result(
                replace(report, verdict=VerdictKind.REFUSED, cause=refusal.cause, message=refusal.advice)
            )
        except CtgError:
            raise
        except OSError as error:
            self.log.note("report failed", report=report.report_id, error=error, place=error)
            return _Result(
                replace(report, verdict=VerdictKind.FAILED, message=f"It cannot be read: {error}.")
            )
        except Exception as error:  # a defect of ours costs this one report, never the run
            self.log.note("report failed", report=report.report_id, error=error, place=error)
            place = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
            said = str(error) if isinstance(error, ReadingFailed) else said
            message = f"An unexpected error ({said}). The other reports are not touched; please report it."
            return _Result(replace(report, verdict=VerdictKind.FAILED, message=message))

    def _registered(self, order: Order) -> Report:
        work = order.work
        file, before = work.submitted, work.before
        report = Report(
            report_id=file.sha256,
            sequence=work.sequence,
            name=file.name,
            path=file.path,
            group_id=order.group_id,
            kind=order.kind,
            verdict=VerdictKind.ACCEPTED,
            extractor=self.tools.extractor,
            received_at=before.received_at if before else self.clock(),
        )
        if before is not None and before.chosen:
            report = replace(report, chosen=True, counted=before.counted)
        return report

    def has_to_read(self, order: Order) -> bool:
        """Whether the file is read, and not only its codes proposed again: a new model or framework needs no
        new reading."""
        before = order.work.before
        return before is None or not before.readable or before.extractor != self.tools.extractor

    def _read_before(self, order: Order) -> Extraction | None:
        """The pages in the store, where the file has not to be read."""
        before = order.work.before
        if before is None or self.has_to_read(order):
            return None
        with self.store.reading() as db:
            pages = report_store.pages(db, before.report_id)
        warnings = without_silences(before.warnings)
        return Extraction(pages, EXTRACTOR, (warnings,) if warnings else ()) if pages else None

    def _extract(self, submitted: sub.Submitted) -> Extraction:
        file = submitted.file
        notes: tuple[str, ...] = ()
        if is_word_file(file):
            file = to_pdf(file, self.home.converted / f"{submitted.sha256}.pdf", self.limits)
            notes = ("Converted from a Word file; pages and boxes are those of the PDF made from it.",)
        reader = self._reader()
        try:
            extraction = reader.read(file, passwords=self.tools.passwords, ocr=self.tools.ocr)
        finally:
            self._idle.put(reader)
        return replace(extraction, warnings=notes + extraction.warnings)

    def _reader(self) -> Reader:
        """A reader that has nothing to do: as many are made as work at the same time."""
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            with self._turn:
                if self._stopped:
                    raise RunIncomplete(STOPPED) from None
                self._readers.append(Reader(self.limits))
                return self._readers[-1]

    def _proposed(self, report: Report, extraction: Extraction) -> _Result:
        found = passages(extraction.pages)
        suggestions = self.proposer.propose(report.report_id, found)
        silent = silences(self.proposer.raters, suggestions) if found else ()
        said = (*extraction.warnings, *silent)
        by_number = {p.number: p for p in extraction.pages}
        read = replace(
            report,
            verdict=VerdictKind.WARNING if said else VerdictKind.ACCEPTED,
            message=" ".join(said),
            warnings=" ".join(said),
            pages=len(extraction.pages),
            words=sum(len(p.text.split()) for p in extraction.pages),
            cohort_said=str(cohort(found, self.home.framework.cohorts).value or ""),
            signature=signature_of(p.text for p in extraction.pages),
        )
        placed = tuple(_with_boxes(s, by_number) for s in suggestions)
        return _Result(read, extraction.pages, found, placed, complete=not silent)

    def _keep(self, db: Connection, work: sub.Work, result: _Result) -> None:
        report = result.report
        place = report_store.free_sequence(db, report.report_id, report.sequence)
        report_store.put_report(db, replace(report, sequence=place))
        report_store.put_submission(db, submission_of(work.submitted, self.clock()))
        if report.verdict is VerdictKind.FAILED and work.before is not None:
            return  # what was read of it before stays
        report_store.put_pages(db, report.report_id, result.pages, result.passages)
        report_store.put_fingerprint(db, report.report_id, bands_of(report.signature))
        if report.readable:
            key = (report.report_id, self.model_id, self.framework_id)
            suggestion_store.put_suggestions(db, *key, result.suggestions)
            # Where a rater was silent no reading is noted, so that the next run proposes again.
            of = report.extractor if result.complete else ""
            suggestion_store.put_proposed(db, *key, of, self.clock())
        if work.before is not None:
            _anchor_again(db, report.report_id)
        retally(db, self.home.framework, report.report_id)


def submission_of(file: sub.Submitted, now: str) -> Submission:
    """What the store notes of a file."""
    return Submission(file.path, file.sha256, file.size, file.mtime_ns, now)


def _is_unchanged(submitted: sub.Submitted) -> bool:
    """Whether a file is still what it was when its content was hashed."""
    try:
        return sub.hash_of(submitted.file) == submitted.sha256
    except OSError:
        return False


def _with_boxes(suggestion: Suggestion, pages: dict[int, Page]) -> Suggestion:
    if not suggestion.evidence and not suggestion.held_back:  # most, of some hundred for each report
        return suggestion
    return replace(
        suggestion,
        evidence=tuple(
            replace(e, boxes=boxes_of(pages[e.page], e.start, e.end)) for e in suggestion.evidence
        ),
        held_back=tuple(
            replace(e, boxes=boxes_of(pages[e.page], e.start, e.end)) for e in suggestion.held_back
        ),
    )


def _anchor_again(db: Connection, report_id: str) -> None:
    """Find the quotes of all decisions on a report in its new pages; what is lost becomes a worklist."""
    pages = fold_pages(report_store.page_texts(db, report_id))
    for decision in decision_store.decisions(db, [report_id]):
        evidence = tuple(replace(e, spans=anchor(e.quote, pages)) for e in decision.evidence)
        decision_store.put_anchors(db, replace(decision, evidence=evidence))
