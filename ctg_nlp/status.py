"""What is new, what failed, who is waited for, and whom to chase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ctg_nlp.framework import Framework
from ctg_nlp.records import (
    CodedValue,
    CodeState,
    Group,
    RecordState,
    Report,
    ReportKind,
    Submission,
    VerdictKind,
)
from ctg_nlp.settings import Home
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import overview
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import runs as run_store
from ctg_nlp.store.coded import Row
from ctg_nlp.store.counting import Candidate
from ctg_nlp.store.database import Store
from ctg_nlp.submissions import scan
from ctg_nlp.tallies import refresh

_DECIDED = bytes((CodeState.ABSENT, CodeState.PRESENT))


@dataclass(frozen=True, slots=True)
class Chase:
    """A group that was expected and of which nothing usable was received, with the reason to send back."""

    group_id: str
    cohort: str
    reason: str


def chase_list(store: Store) -> tuple[Chase, ...]:
    """Whom to chase, in the register's order; empty without a register."""
    with store.reading() as db:
        return chase(*overview.unanswering(db))


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
        known = tuple(overview.seen_files(db))
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


def counted_reports(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The reports that enter tables: for each group its final report, as settled or chosen.

    A final report that could not be read counts once a coder has decided on it: people can read a scan
    that no program here could.
    """
    counted = []
    groups: set[str] = set()
    for c in candidates:
        if c.settled or c.group_id not in groups:
            counted.append(c)
        if c.group_id:
            groups.add(c.group_id)
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
    refresh(store, framework)
    with store.reading() as db:
        reports, unsettled = overview.counts_of_reports(db)
        files, expected = overview.counts_of_files(db), overview.expected_groups(db)
        chased = chase(*overview.unanswering(db))
        failed = overview.with_verdict(db, VerdictKind.FAILED)
        counted = [c.report_id for c in counted_reports(counting_store.candidates(db))]
        coded = coded_store.coded_rows(db, framework.framework_id)
        last = run_store.last_run(db, "batch")
    rows = [coded[report_id] for report_id in counted if report_id in coded]
    return Status(
        files=files,
        reports=reports,
        counted=len(counted),
        decided_reports=sum(any(states) or any(_said(values)) for states, values in rows),
        undecided=_undecided(framework, rows, len(counted)),
        conflicts=sum(states.count(CodeState.CONFLICT) + _conflicts(values) for states, values in rows),
        groups=expected,
        responded=expected - len(chased),
        chase=len(chased),
        unsettled=unsettled,
        failed=tuple(r.name for r in failed),
        last_run=last[0] if last else "",
        last_summary=last[1] if last else {},
    )


def _said(values: Sequence[CodedValue]) -> Iterator[bool]:
    return (v.state is not RecordState.UNDECIDED for v in values)


def _conflicts(values: Sequence[CodedValue]) -> int:
    return sum(v.state is RecordState.CONFLICT for v in values)


def _undecided(framework: Framework, rows: Sequence[Row], counted: int) -> dict[str, int]:
    """For each dimension of the map how many of the counted reports are not wholly decided."""
    places = {d.id: i for i, d in enumerate(framework.valued)}
    found, start = {}, 0
    for d in framework.dimensions:
        end = start + len(d.codes)
        if d.coded:
            done = sum(not states[start:end].strip(_DECIDED) for states, _ in rows)
        else:
            done = sum(values[places[d.id]].state is RecordState.DECIDED for _, values in rows)
        start = end
        if d.stage == "map":
            found[d.id] = counted - done
    return found
