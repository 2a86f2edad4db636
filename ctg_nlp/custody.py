"""What people may do with a report that was received: choose it, withdraw it, erase it."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from ctg_nlp.aggregation import LINES
from ctg_nlp.casework import forgetting
from ctg_nlp.errors import CtgError
from ctg_nlp.exchange.losses import LOST
from ctg_nlp.export.cases import APPENDIX
from ctg_nlp.export.dataset_set import MANIFEST, is_dataset
from ctg_nlp.export.editions import Edition
from ctg_nlp.export.release import REPORT
from ctg_nlp.logbook import log_of
from ctg_nlp.lookup import Lookup
from ctg_nlp.records import Report, Submission
from ctg_nlp.release_erasing import erase_words, own_words
from ctg_nlp.release_files import write_files
from ctg_nlp.release_told import told_of
from ctg_nlp.settings import Home
from ctg_nlp.store import cases as case_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import findings as finding_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import FILE, append, entries
from ctg_nlp.store.database import Store
from ctg_nlp.submissions import files_below, hash_of, stored_file, stored_path

CODES_ALONE = (".qdc", ".csv")
"""Endings of files for other tools that hold codes and nothing of reports."""


def use_report(store: Store, name: str, *, now: str, who: str) -> tuple[Report, tuple[Report, ...]]:
    """Count this report for its group instead of any other. Returns it, and those counted before.

    Raises `UnknownReport` or `AmbiguousReport`, and `CtgError` for a report that was withdrawn.
    """
    with store.transaction() as db:
        reports = report_store.reports(db)
        report = Lookup(reports, report_store.submissions(db)).find(name)
        if report.withdrawn_at:
            raise CtgError(f"{report.name} was withdrawn on {report.withdrawn_at[:10]} and cannot count.")
        rivals = tuple(
            r
            for r in reports
            if r.counted and r.report_id != report.report_id and _stands_for_the_same(report, r)
        )
        for rival in rivals:
            report_store.put_report(db, replace(rival, counted=False, chosen=False))
        report_store.put_report(db, replace(report, counted=True, chosen=True, settled=True))
        append(db, now, who, "report chosen", report.report_id)
    return report, rivals


def _stands_for_the_same(report: Report, other: Report) -> bool:
    same_group = report.group_id is not None and report.group_id == other.group_id
    return same_group or report.related_to == other.report_id or other.related_to == report.report_id


def withdraw_report(store: Store, name: str, *, now: str, who: str, why: str) -> Report:
    """Take a report out of tables and worklists; all that is known of it stays. Returns it.

    Raises `UnknownReport` or `AmbiguousReport`, and `CtgError` where it was withdrawn before.
    """
    with store.transaction() as db:
        report = Lookup(report_store.reports(db), report_store.submissions(db)).find(name)
        if report.withdrawn_at:
            raise CtgError(f"{report.name} was withdrawn on {report.withdrawn_at[:10]} already.")
        report_store.put_report(db, replace(report, withdrawn_at=now, withdrawn_by=who, withdrawn_why=why))
        if report.group_id:
            _settle_again(db, report_store.reports_of_group(db, report.group_id))
        append(db, now, who, "withdrawal", report.report_id)
    return report


def restore_report(store: Store, name: str, *, now: str, who: str) -> Report:
    """Undo a withdrawal. Returns the report. Raises `CtgError` where it is not withdrawn."""
    with store.transaction() as db:
        report = Lookup(report_store.reports(db), report_store.submissions(db)).find(name)
        if not report.withdrawn_at:
            raise CtgError(f"{report.name} is not withdrawn.")
        report_store.put_report(
            db,
            replace(report, withdrawn_at="", withdrawn_by="", withdrawn_why="", settled=False, counted=False),
        )
        append(db, now, who, "withdrawal undone", report.report_id)
    return report


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed. The submitted file itself is never touched: it lies at `path`, and others of
    its content, also in the watched folder, at `copies`. `case_texts`: versions of texts on its group that
    lost words of it; `findings`: versions of findings that lost a source or words of it; `quotations`: those
    of the bank that are gone. `elsewhere`: what was written outside data/coded, may hold its words and is
    still there."""

    report_id: str
    path: str
    decisions: int
    case_texts: int = 0
    findings: int = 0
    quotations: int = 0
    elsewhere: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()


def erase_report(store: Store, home: Home, name: str, *, now: str, who: str, why: str) -> Erased:
    """Delete a withdrawn report's text, suggestions and decisions for good; a tombstone with counts remains.

    A PDF that was made of a Word file goes too, the pictures of its pages, what the case study of its group
    quotes of it, in all versions, its quotations in the bank, its passages and words in findings, and the
    report of the synthesis, the appendix of case studies, lines, datasets and files for other tools anywhere
    below data/coded, which quote it and are made again by their commands. In releases the numbers stay, its
    words go.

    Raises `CtgError` where it was not withdrawn first: erasing is a second, deliberate step.
    """
    with store.transaction() as db:
        report = _erasable(db, name)
        submitted = [s for s in report_store.submissions(db) if s.sha256 == report.report_id]
        own, without = own_words(db, report.report_id), forgetting(db, report)
        of_cases = forgetting(db, report, quoting=True)
        count = decision_store.erase_report(db, report.report_id, now, who, why)
        findings = finding_store.forget_report(db, report.report_id, without)
        quotations = quote_store.forget_report(db, report.report_id)
        releases = erase_words(db, own)
        texts = case_store.forget_report(db, report.report_id, report.group_id or "", of_cases)
        noted: dict[str, str | int] = {
            "decisions": count,
            "case texts": texts,
            "findings": findings,
            "quotations": quotations,
        }
        append(db, now, who, "erasure", report.report_id, noted)
    (home.converted / f"{report.report_id}.pdf").unlink(missing_ok=True)
    shutil.rmtree(home.pictures / report.report_id, ignore_errors=True)
    _clear(home)
    for release_id in releases:
        write_files(store, home, told_of(store, release_id), now)
    with store.reading() as db:
        elsewhere = _elsewhere(db, home)
    log_of(home).note("report erased", report=report.report_id, decisions=count)
    copies = _copies(home, report.path, submitted)
    return Erased(report.report_id, report.path, count, texts, findings, quotations, elsewhere, copies)


def _copies(home: Home, path: str, submitted: Sequence[Submission]) -> tuple[str, ...]:
    """The files beside the one at `path` that hold what was submitted: further ones that runs have seen, and
    those of the watched folder."""
    watched = home.watch if home.watch is not None and home.watch.is_dir() else None
    sizes, hashes = {s.size for s in submitted}, {s.sha256 for s in submitted}
    seen = {s.path: stored_file(home.root, s.path) for s in submitted}
    files = {stored_path(home.root, f): f for f in (files_below(watched, []) if watched else ())}
    found = {p for p, f in {**files, **seen}.items() if f is not None and _holds(f, sizes, hashes)}
    return tuple(sorted(found - {path}))


def _holds(file: Path, sizes: Collection[int], hashes: Collection[str]) -> bool:
    try:
        return file.is_file() and file.stat().st_size in sizes and hash_of(file) in hashes
    except OSError:
        return False


def _clear(home: Home) -> None:
    """Delete the files that may quote a report that is gone; all of them can be made again."""
    held = [p for kind in Edition for p in (home.coded / REPORT).glob(f"{kind}.*")]
    for path in (*held, *home.coded.glob(f"{APPENDIX}.*"), *(home.coded / name for name in LINES)):
        path.unlink(missing_ok=True)
    for folder in {p.parent for p in _below(home, MANIFEST)}:
        if is_dataset(folder):
            shutil.rmtree(folder.resolve(), ignore_errors=True)
    for told in _below(home, f"*{LOST}"):
        given = told.with_name(told.name.removesuffix(LOST))
        if given.suffix.lower() not in CODES_ALONE:
            given.unlink(missing_ok=True)
            told.unlink(missing_ok=True)


def _below(home: Home, name: str) -> list[Path]:
    """The files of that name below data/coded, also in folders that are links."""
    linked = (p for p in home.coded.glob("*") if p.is_symlink() and p.is_dir())
    return sorted({path for folder in (home.coded, *linked) for path in folder.rglob(name)})


def _elsewhere(db: Connection, home: Home) -> tuple[str, ...]:
    """Where else datasets and files for other tools were written that are still there."""
    noted = dict.fromkeys(str(e.detail[FILE]) for e in entries(db, what="export") if FILE in e.detail)
    coded = home.coded.resolve()
    return tuple(p for p in noted if coded not in Path(p).parents and Path(p).exists())


def check_erasable(store: Store, name: str) -> Report:
    """The report that `erase_report` would erase. Raises `CtgError` as that does."""
    with store.reading() as db:
        return _erasable(db, name)


def _erasable(db: Connection, name: str) -> Report:
    report = Lookup(report_store.reports(db), report_store.submissions(db)).find(name)
    if not report.withdrawn_at:
        raise CtgError(
            f"{report.name} is not withdrawn. Erasing cannot be undone; withdraw it first: "
            f"ctg reports withdraw {report.report_id[:12]} --why ..."
        )
    return report


def _settle_again(db: Connection, reports: Sequence[Report]) -> None:
    """Where the counted report of a group goes, the next run says which other counts."""
    for report in reports:
        if not report.chosen:
            report_store.put_report(db, replace(report, settled=False, counted=False))
