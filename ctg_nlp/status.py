"""What is new, what failed, who is waited for, and whom to chase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ctg_nlp.framework import Framework
from ctg_nlp.records import CodedRecord, Group, RecordState, Report, ReportKind, Submission, VerdictKind
from ctg_nlp.review.resolution import resolve
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import runs as run_store
from ctg_nlp.store.database import Store
from ctg_nlp.submissions import scan


@dataclass(frozen=True, slots=True)
class Chase:
    """A group that was expected and of which nothing usable was received, with the reason to send back."""

    group_id: str
    cohort: str
    reason: str


def chase_list(store: Store) -> tuple[Chase, ...]:
    """Whom to chase, in the register's order; empty without a register."""
    with store.reading() as db:
        return chase(report_store.groups(db), report_store.reports(db))


def chase(groups: Sequence[Group], reports: Sequence[Report]) -> tuple[Chase, ...]:
    """The expected groups without a readable final report, and why."""
    by_group: dict[str, list[Report]] = {}
    for r in reports:
        if r.group_id is not None:
            by_group.setdefault(r.group_id, []).append(r)
    found = []
    for g in groups:
        mine = by_group.get(g.group_id, [])
        usable = any(r.readable and r.kind is ReportKind.FINAL and not r.withdrawn_at for r in mine)
        if g.expected and not usable:
            found.append(Chase(g.group_id, g.cohort, why_nothing_counts(mine)))
    return tuple(found)


def why_nothing_counts(reports: Sequence[Report]) -> str:
    """Why none of a group's documents counts as its final report, in words."""
    if not reports:
        return "nothing was received"
    said = []
    for r in reports:
        if r.withdrawn_at:
            said.append(f"{r.name} was withdrawn")
        elif r.readable:
            said.append(f"{r.name} is a {r.kind}, not the final report")
        else:
            said.append(f"{r.name} was {r.verdict_in_words}. {r.message}".strip())
    return "; ".join(said)


def new_files(store: Store, home: Home) -> tuple[str, ...]:
    """Files of data/raw whose content was never taken in, by path; none where there is no such folder."""
    if not home.raw.is_dir():
        return ()
    with store.reading() as db:
        known = report_store.submissions(db)
        erased = decision_store.erased(db)
    seen = {s.sha256 for s in known} | erased
    return tuple(f.folder_path for f in scan(home.root, home.raw, known).files if f.sha256 not in seen)


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file as received, with its verdict in words."""

    path: str
    report_id: str
    group_id: str
    kind: str
    verdict: str
    message: str
    pages: int
    counted: bool
    cohort: str


def file_lines(store: Store) -> tuple[FileLine, ...]:
    """Every file ever received, in the order of arrival, copies after their original."""
    with store.reading() as db:
        reports = report_store.reports(db)
        copies = _copies(report_store.submissions(db), {r.report_id: r for r in reports})
        cohorts = {g.group_id: g.cohort for g in report_store.groups(db)}
    lines = []
    for r in reports:
        lines.append(_line(r, cohorts))
        lines.extend(_copy_line(path, r, cohorts) for path in copies.get(r.report_id, ()))
    return tuple(lines)


def latest_files(store: Store, count: int) -> tuple[FileLine, ...]:
    """The files that were received last, latest first."""
    with store.reading() as db:
        files = report_store.latest_submissions(db, count)
    lines = lines_of(store, files)
    return tuple(lines[f] for f in files if f in lines)


def lines_of(store: Store, files: Sequence[tuple[str, str]]) -> dict[tuple[str, str], FileLine]:
    """The lines of some files, each given by its path and sha256; those not read yet are left out."""
    with store.reading() as db:
        reports = {r.report_id: r for r in report_store.reports(db, {sha256 for _, sha256 in files})}
        cohorts = report_store.cohorts_of(db, {r.group_id for r in reports.values() if r.group_id})
    found = ((path, reports.get(sha256)) for path, sha256 in files)
    return {
        (path, r.report_id): _line(r, cohorts) if path == r.path else _copy_line(path, r, cohorts)
        for path, r in found
        if r is not None
    }


def _copies(submissions: Sequence[Submission], reports: dict[str, Report]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for s in submissions:
        report = reports.get(s.sha256)
        if report is not None and s.path != report.path:
            found.setdefault(s.sha256, []).append(s.path)
    return found


def _line(r: Report, cohorts: dict[str, str]) -> FileLine:
    verdict, message = r.verdict_in_words, r.message
    if r.withdrawn_at:
        verdict, message = "withdrawn", f"On {r.withdrawn_at[:10]} by {r.withdrawn_by}: {r.withdrawn_why}"
    cohort = cohorts.get(r.group_id or "", "") or r.cohort_said
    counted = r.counted and not r.withdrawn_at
    return FileLine(
        r.path, r.report_id, r.group_id or "", str(r.kind), verdict, message, r.pages, counted, cohort
    )


def _copy_line(path: str, r: Report, cohorts: dict[str, str]) -> FileLine:
    message = f"The same content as {r.path}; kept once."
    return FileLine(
        path, r.report_id, r.group_id or "", str(r.kind), str(VerdictKind.DUPLICATE), message, r.pages,
        False, cohorts.get(r.group_id or "", ""),
    )  # fmt: skip


def counted_reports(reports: Sequence[Report], decided: Collection[str]) -> tuple[Report, ...]:
    """The reports that enter tables: for each group its final report, as settled or chosen.

    A final report that could not be read counts once a coder has decided on it: people can read a scan
    that no program here could.
    """
    counted = [r for r in reports if r.counted and not r.withdrawn_at]
    groups = {r.group_id for r in counted if r.group_id}
    for r in reports:
        read_by_people = r.verdict is VerdictKind.REFUSED and r.report_id in decided and not r.withdrawn_at
        if read_by_people and r.kind is ReportKind.FINAL and r.group_id not in groups:
            counted.append(r)
            if r.group_id:
                groups.add(r.group_id)
    return tuple(counted)


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a project in figures. `coders_wait` counts report and dimension pairs of the map."""

    files: dict[str, int]
    reports: int
    counted: int
    decided_reports: int
    undecided: dict[str, int]
    conflicts: int
    groups: int
    responded: int
    chase: int
    unsettled: int
    failed: tuple[str, ...]
    last_run: str
    last_summary: dict[str, Any]


def status(store: Store, framework: Framework) -> Status:
    """The state of the project as the store is now."""
    with store.reading() as db:
        reports = report_store.reports(db)
        groups = report_store.groups(db)
        records = resolve(decision_store.decisions(db), framework)
        last = run_store.last_run(db, "batch")
    lines = file_lines(store)
    counted = counted_reports(reports, {r.report_id for r in records})
    counted_ids = {r.report_id for r in counted}
    chased = chase(groups, reports)
    return Status(
        files=dict(Counter(line.verdict for line in lines)),
        reports=len(reports),
        counted=len(counted),
        decided_reports=len({r.report_id for r in records} & counted_ids),
        undecided=_undecided(framework, records, counted_ids),
        conflicts=sum(len(r.conflicts) for r in records if r.report_id in counted_ids),
        groups=sum(g.expected for g in groups),
        responded=sum(g.expected for g in groups) - len(chased),
        chase=len(chased),
        unsettled=sum(not r.settled for r in reports),
        failed=tuple(r.name for r in reports if r.verdict is VerdictKind.FAILED),
        last_run=last[0] if last else "",
        last_summary=last[1] if last else {},
    )


def _undecided(framework: Framework, records: Sequence[CodedRecord], counted: set[str]) -> dict[str, int]:
    done = Counter(r.dimension for r in records if r.state is RecordState.DECIDED and r.report_id in counted)
    return {d.id: len(counted) - done[d.id] for d in framework.stage("map")}
