"""What every run, the state of a project and its doctor ask of all reports, files and groups: little of each,
counted by the database where counting is all, since there may be very many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, case, func, select

from ctg_nlp.records import READABLE, Group, Report, ReportKind, Submission, VerdictKind
from ctg_nlp.store import schema as s
from ctg_nlp.store.reports import KINDS, VERDICTS, Named, groups_where, reports_where

_OUTLINE = (
    "report_id", "sequence", "name", "path", "group_id", "kind", "verdict", "cause", "message", "warnings",
    "extractor", "received_at", "counted", "settled", "chosen", "withdrawn_at",
)  # fmt: skip
_AT_ONCE = 500  # ids that are named in one query
_AT_A_TIME = 5000  # rows that are in memory before they are taken


def seen_files(db: Connection) -> Iterator[Submission]:
    """All files ever seen, in no order, one after the other."""
    query = select(*(s.submission.c[name] for name in Submission.__dataclass_fields__))
    return (Submission(*row) for row in db.execute(query.execution_options(yield_per=_AT_A_TIME)))


def outlines(db: Connection) -> Iterator[Report]:
    """All reports but erased ones, in no order, without what their texts are compared by: quickly, and little
    of each, since all of them are looked at by every run."""
    c = s.report.c
    query = select(*(c[name] for name in _OUTLINE)).where(c.verdict != "erased")
    shared: dict[str, str] = {}  # what many reports say is kept once
    for row in db.execute(query.execution_options(yield_per=_AT_A_TIME)):
        yield Report(
            row[0], row[1], row[2], row[3], row[4], KINDS[row[5]], VERDICTS[row[6]], row[7], row[8], row[9],
            shared.setdefault(row[10], row[10]), received_at=row[11], counted=row[12], settled=row[13],
            chosen=row[14], withdrawn_at=row[15] or "",
        )  # fmt: skip


def unsettled(db: Connection) -> tuple[str, ...]:
    """The ids of the reports that are still to be settled, in the order of arrival."""
    c = s.report.c
    query = select(c.report_id).where(~c.settled, c.verdict != "erased").order_by(c.sequence)
    return tuple(db.execute(query).scalars())


def known_among(db: Connection, report_ids: Iterable[str], *, withdrawn: bool = True) -> frozenset[str]:
    """Those of some ids (any number) that are of reports which are stored, not erased and, unless
    `withdrawn`, not withdrawn."""
    ids, found, c = sorted(report_ids), set[str](), s.report.c
    query = select(c.report_id).where(c.verdict != "erased")
    query = query if withdrawn else query.where(c.withdrawn_at.is_(None))
    for start in range(0, len(ids), _AT_ONCE):
        some = c.report_id.in_(ids[start : start + _AT_ONCE])
        found.update(db.execute(query.where(some)).scalars())
    return frozenset(found)


def with_verdict(db: Connection, *verdicts: VerdictKind) -> tuple[Named, ...]:
    """The reports of which intake said this, in the order of arrival."""
    c = s.report.c
    query = select(c.report_id, c.name, func.coalesce(c.group_id, "")).where(
        c.verdict.in_(map(str, verdicts))
    )
    return tuple(Named(*row) for row in db.execute(query.order_by(c.sequence)))


def counts_of_files(db: Connection) -> dict[str, int]:
    """How many files were received, by what is said of each: of reports their verdict with its cause, or
    "withdrawn"; of further files of the same content "duplicate"."""
    r = s.report.c
    withdrawn = r.withdrawn_at.is_not(None)
    query = select(r.verdict, r.cause, withdrawn, func.count()).where(r.verdict != "erased")
    found: dict[str, int] = {}
    for verdict, cause, gone, count in db.execute(query.group_by(r.verdict, r.cause, withdrawn)):
        said = "withdrawn" if gone else f"{verdict}: {cause}" if cause else verdict
        found[said] = found.get(said, 0) + count
    duplicates = found.get(str(VerdictKind.DUPLICATE), 0) + copies(db)
    return found | ({str(VerdictKind.DUPLICATE): duplicates} if duplicates else {})


def copies(db: Connection) -> int:
    """How many files were received of which another is the report, erased ones left out."""
    r, f = s.report.c, s.submission.c
    query = select(func.count()).select_from(s.submission.join(s.report, r.report_id == f.sha256))
    return int(db.execute(query.where(f.path != r.path, r.verdict != "erased")).scalar_one())


def counts_of_reports(db: Connection) -> tuple[int, int]:
    """How many reports are stored, erased ones left out; and how many of these are still to be settled."""
    c = s.report.c
    query = select(func.count(), func.coalesce(func.sum(case((~c.settled, 1), else_=0)), 0))
    stored, waiting = db.execute(query.where(c.verdict != "erased")).one()
    return int(stored), int(waiting)


def expected_groups(db: Connection) -> int:
    """How many groups of the register are expected to report."""
    query = select(func.count()).select_from(s.report_group).where(s.report_group.c.expected)
    return int(db.execute(query).scalar_one())


def has_groups(db: Connection) -> bool:
    """Whether there is a register."""
    return db.execute(select(s.report_group.c.group_id).limit(1)).first() is not None


def unanswering(db: Connection) -> tuple[tuple[Group, ...], tuple[Report, ...]]:
    """The expected groups of which no final report was received that can be read, in the register's order,
    and all reports of theirs."""
    c, g = s.report.c, s.report_group.c
    usable = select(c.group_id).where(
        c.verdict.in_([str(v) for v in READABLE]), c.kind == str(ReportKind.FINAL), c.withdrawn_at.is_(None),
        c.group_id.is_not(None),
    )  # fmt: skip
    silent = g.expected, g.group_id.not_in(usable)
    return groups_where(db, *silent), reports_where(db, c.group_id.in_(select(g.group_id).where(*silent)))
