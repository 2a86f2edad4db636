"""One report end to end, and a batch of them: register, read, suggest, store, settle.

Composition: here the rooms are joined. Prefect (in `flows/`) and the plain run call the same functions.
"""

from __future__ import annotations

import gc
import queue
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection

from ctg_nlp import submissions as sub
from ctg_nlp.boxes import boxes_of
from ctg_nlp.clock import SteadyClock
from ctg_nlp.errors import CtgError, HomeError, Refusal, RunIncomplete
from ctg_nlp.framework_file import framework_text
from ctg_nlp.intake.belonging import Belonging
from ctg_nlp.intake.convert import find_libreoffice, is_word_file, to_pdf
from ctg_nlp.intake.extract import EXTRACTOR
from ctg_nlp.intake.ocr import OcrSettings, find_tesseract
from ctg_nlp.intake.passages import passages
from ctg_nlp.intake.register import is_doubtful, kind_of, read_register
from ctg_nlp.intake.sandbox import Limits, Reader, ReadingFailed
from ctg_nlp.intake.settle import Neighbourhood, settle, superseded
from ctg_nlp.intake.similar import bands_of, signature_of
from ctg_nlp.learning import champion
from ctg_nlp.logbook import log_of
from ctg_nlp.raters import raters_of, silences, without_silences
from ctg_nlp.reaching import record_cut_offs
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
from ctg_nlp.store import overview
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import runs as run_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.checking import latest_time
from ctg_nlp.store.database import Store
from ctg_nlp.suggest.facts import cohort
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.tallies import retally

Clock = Callable[[], str]

_SETTLED_AT_ONCE = 50  # reports to a transaction, so that others can write in between
CHANGED = "Its file was changed while it was read, so nothing of it was stored. The next run reads it."


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


class Batch:
    """One run over the raw folder. Use as a context manager; `process` may be called from several threads.

    Raises `HomeError`, `RegisterError`, `StoreError` or `ModelError` on entry, before anything is changed.
    """

    def __init__(self, home: Home, store: Store, raw: Path, clock: Clock, *, retry: bool = False,
                 verify: bool = False) -> None:  # fmt: skip
        self.home, self.store, self.log = home, store, log_of(home)
        self.groups = read_register(home.register) if home.register.is_file() else ()
        self.belonging = Belonging(self.groups)
        self.proposer = Proposer(home.framework, champion(store, home), raters_of(home))
        self.ocr = OcrSettings(
            language=home.ocr_language,
            enabled=home.ocr and find_tesseract() is not None,
            seconds_per_page=home.seconds_per_scanned_page,
            seconds_in_all=home.seconds_for_scans,
        )
        self.passwords = _passwords(home.passwords)
        means = sub.Means(
            extractor=EXTRACTOR,
            ocr=self.ocr.enabled,
            passwords=bool(self.passwords),
            word=find_libreoffice() is not None,
            retry=retry,
        )
        with store.reading() as db:
            found = sub.scan(home.root, raw, overview.seen_files(db), verify=verify)
            progress = self._progress(db)
            self.clock = SteadyClock(clock, latest_time(db))
        self.plan = sub.plan(found, progress, means)
        self._moved = tuple(f for f in self.plan.known if self._has_moved(f, progress.reports[f.sha256]))
        self._readers: queue.SimpleQueue[Reader] = queue.SimpleQueue()
        self._stack = ExitStack()
        self._stopped = False

    def _progress(self, db: Connection) -> sub.Progress:
        return sub.Progress(
            reports={r.report_id: r for r in overview.outlines(db)},
            erased=decision_store.erased(db),
            proposed=suggestion_store.proposed(db, self.model_id, self.framework_id),
            next_sequence=report_store.next_sequence(db),
            begun=run_store.begun(db),
        )

    @property
    def model_id(self) -> str:
        """What proposes the codes."""
        return self.proposer.model_id

    @property
    def framework_id(self) -> str:
        """The framework they are of."""
        return self.home.framework.framework_id

    def __enter__(self) -> Batch:
        for _ in range(min(self.home.workers, len(self.plan.work))):
            self._readers.put(self._stack.enter_context(Reader(self._limits)))
        with self.store.transaction() as db:
            source = framework_text(self.home.framework_source)
            suggestion_store.put_framework(db, self.framework_id, source, self.clock())
            if report_store.groups(db) != self.groups:
                report_store.put_groups(db, self.groups)
            self._remember(db)
            run_store.put_begun(db, self.clock(), self._new_places())
            before = suggestion_store.last_model(db, self.framework_id)
        gc.freeze()  # looking again and again for garbage in what stays took a fifth of the time
        self._stack.callback(gc.unfreeze)
        if self.plan.work and before not in (None, self.model_id):
            record_cut_offs(self.store, self.home, now=self.clock(), who="the batch")
        plan = self.plan
        self.log.note(
            "batch began",
            work=len(plan.work),
            known=len(plan.known),
            copies=len(plan.copies),
            unreadable=len(plan.unreadable),
        )
        return self

    @property
    def _limits(self) -> Limits:
        """What one report may cost."""
        home = self.home
        return Limits(seconds=home.seconds_per_report, memory_mb=home.memory_mb, pages=home.pages_per_report)

    def _new_places(self) -> dict[str, int]:
        return {w.submitted.sha256: w.sequence for w in self.plan.work if w.before is None}

    def end(self, db: Connection) -> None:
        """Note that all of this batch was read: what it kept for the case that it is cut off may go."""
        begun = set(run_store.begun(db))
        if begun:
            settled = overview.known_among(db, begun)
            gone = begun - {w.submitted.sha256 for w in self.plan.work}
            run_store.end_begun(db, settled | gone)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped = True
        self._stack.close()

    def _remember(self, db: Connection) -> None:
        """Note the files that need no reading: copies, and reports under a new name or group."""
        again = [f for f in self.plan.known if not f.noted]
        for file in (*(f for f, _ in self.plan.copies if not f.noted), *again):
            report_store.put_submission(db, self._submission(file))
        reports = {r.report_id: r for r in report_store.reports(db, [f.sha256 for f in self._moved])}
        for file in self._moved:
            group, kind = self._placing(file)
            placed = replace(
                reports[file.sha256], path=file.path, name=file.name, group_id=group, kind=kind, settled=False
            )
            report_store.put_report(db, placed)

    def _has_moved(self, file: sub.Submitted, report: Report) -> bool:
        """Whether a report that was read before has another name, path, group or kind by now."""
        said = (report.path, report.name, report.group_id, report.kind)
        return said != (file.path, file.name, *self._placing(file))

    def _placing(self, file: sub.Submitted) -> tuple[str | None, ReportKind]:
        group = self.belonging.group_of(file.folder_path)
        listed = self.belonging.is_listed(file.folder_path, group)
        return group, ReportKind.FINAL if listed else kind_of(file.name)

    def _submission(self, file: sub.Submitted) -> Submission:
        return Submission(file.path, file.sha256, file.size, file.mtime_ns, self.clock())

    def process(self, work: sub.Work) -> Outcome:
        """Read one report, propose its codes and store it all in one transaction.

        Whatever is wrong with the file becomes its verdict. Only `StoreError` is raised, and `RunIncomplete`
        once the batch was left: a reader that was ended by us says nothing of its file.
        """
        begun = time.perf_counter()
        result = None if self._stopped else self._result(work)
        if result is None or (self._stopped and not result.report.readable):
            raise RunIncomplete("The run was stopped before this report was read.")
        if result.read and not _is_unchanged(work.submitted):
            return Outcome(replace(result.report, verdict=VerdictKind.FAILED, message=CHANGED))
        with self.store.transaction() as db:
            self._keep(db, work, result)
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

    def _result(self, work: sub.Work) -> _Result:
        report = self._registered(work)
        try:
            stored = self._read_before(work.before, report)
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

    def _registered(self, work: sub.Work) -> Report:
        file, before = work.submitted, work.before
        group, kind = self._placing(file)
        report = Report(
            report_id=file.sha256,
            sequence=work.sequence,
            name=file.name,
            path=file.path,
            group_id=group,
            kind=kind,
            verdict=VerdictKind.ACCEPTED,
            extractor=EXTRACTOR + ("+ocr" if self.ocr.enabled else ""),
            received_at=before.received_at if before else self.clock(),
        )
        if before is not None and before.chosen:
            report = replace(report, chosen=True, counted=before.counted)
        return report

    def _read_before(self, before: Report | None, report: Report) -> Extraction | None:
        """The pages in the store, where only the model or framework is new since they were read."""
        if before is None or not before.readable or before.extractor != report.extractor:
            return None
        with self.store.reading() as db:
            pages = report_store.pages(db, before.report_id)
        warnings = without_silences(before.warnings)
        return Extraction(pages, EXTRACTOR, (warnings,) if warnings else ()) if pages else None

    def _extract(self, submitted: sub.Submitted) -> Extraction:
        file = submitted.file
        notes: tuple[str, ...] = ()
        if is_word_file(file):
            file = to_pdf(file, self.home.converted / f"{submitted.sha256}.pdf", self._limits)
            notes = ("Converted from a Word file; pages and boxes are those of the PDF made from it.",)
        reader = self._readers.get()
        try:
            extraction = reader.read(file, passwords=self.passwords, ocr=self.ocr)
        finally:
            self._readers.put(reader)
        return replace(extraction, warnings=notes + extraction.warnings)

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
        report_store.put_submission(db, self._submission(work.submitted))
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

    def settle(self) -> tuple[Report, ...]:
        """Say which reports are copies or revisions and which count, in the order of arrival.

        Returns the reports that were settled now, without what their texts are compared by.
        """
        done: list[Report] = []
        with self.store.reading() as db:
            waiting = overview.unsettled(db)
        for start in range(0, len(waiting), _SETTLED_AT_ONCE):
            some = waiting[start : start + _SETTLED_AT_ONCE]
            with self.store.transaction() as db:
                for report in report_store.reports(db, some):
                    done.append(replace(_settle_one(db, report, self.belonging), signature=b""))
        return tuple(done)


def _settle_one(db: Connection, report: Report, belonging: Belonging) -> Report:
    if report.chosen:
        settled = replace(report, settled=True)
    else:
        alike = report_store.share_a_band(db, report.report_id)
        of_group = report_store.reports_of_group(db, report.group_id) if report.group_id else ()
        around = Neighbourhood(
            of_group=of_group,
            similar=report_store.reports(db, alike),
            listed=belonging.is_listed(report.path, report.group_id),
            register=belonging.any,
            doubtful=frozenset(r.report_id for r in (*of_group, report) if _is_doubtful(r, belonging)),
        )
        settled = settle(report, around)
        if settled.counted:  # the register's own file, or one that is no notes, takes the place of another
            for other in (r for r in of_group if r.counted and r.report_id != report.report_id):
                if around.gives_way(other, report) and not other.chosen:
                    report_store.put_report(db, superseded(other, report))
    report_store.put_report(db, settled)
    return settled


def _is_doubtful(report: Report, belonging: Belonging) -> bool:
    """Whether a report may be notes by its name, and nobody, nor the register, said that it counts."""
    return (
        is_doubtful(report.name)
        and not report.chosen
        and not belonging.is_listed(report.path, report.group_id)
    )


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


def _passwords(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    try:
        return tuple(line for line in path.read_text(encoding="utf-8-sig").splitlines() if line)
    except (OSError, UnicodeDecodeError) as error:
        raise HomeError(
            f"The passwords in {path} cannot be read ({error}). Save them in UTF-8, one a line."
        ) from error
