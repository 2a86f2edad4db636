"""Repository of groups, submissions and reports with their pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from ctg_nlp.records import Group, Page, Passage, Report, ReportKind, Submission, VerdictKind
from ctg_nlp.store import schema as s
from ctg_nlp.store.packing import (
    blocks_from_json,
    blocks_to_json,
    pack_words,
    passages_from_json,
    passages_to_json,
    unpack_words,
)

_FIELDS = tuple(name for name in Report.__dataclass_fields__)
_COLUMNS = tuple(s.report.c[name] for name in _FIELDS)
KINDS = {str(kind): kind for kind in ReportKind}
VERDICTS = {str(verdict): verdict for verdict in VerdictKind}
_AT_ONCE = 500  # ids that are named in one query: databases take some ten thousands


def put_groups(db: Connection, groups: Sequence[Group]) -> None:
    """Make the register of groups what it is now."""
    db.execute(delete(s.report_group))
    if groups:
        db.execute(
            insert(s.report_group),
            [
                {
                    "group_id": g.group_id,
                    "position": g.position,
                    "cohort": g.cohort,
                    "expected": g.expected,
                    "files": list(g.files),
                    "columns": [list(pair) for pair in g.columns],
                }
                for g in groups
            ],
        )


def groups(db: Connection) -> tuple[Group, ...]:
    """The register of groups, in its order."""
    return groups_where(db)


def groups_where(db: Connection, *wanted: ColumnElement[bool]) -> tuple[Group, ...]:
    """The groups of the register of which all of this holds, in its order."""
    rows = db.execute(select(s.report_group).where(*wanted).order_by(s.report_group.c.position))
    return tuple(
        Group(
            r.group_id,
            r.position,
            r.cohort,
            r.expected,
            tuple(r.files),
            tuple((name, value) for name, value in r._mapping["columns"]),
        )
        for r in rows
    )


def groups_named(db: Connection, group_ids: Iterable[str]) -> tuple[Group, ...]:
    """Those of these groups, any number, that the register knows, in its order."""
    ids, found = sorted(set(group_ids)), list[Group]()
    for start in range(0, len(ids), _AT_ONCE):
        found += groups_where(db, s.report_group.c.group_id.in_(ids[start : start + _AT_ONCE]))
    return tuple(sorted(found, key=lambda g: g.position))


def cohort_of_group(db: Connection, group_id: str) -> str:
    """The cohort that the register gives a group, or an empty text."""
    query = select(s.report_group.c.cohort).where(s.report_group.c.group_id == group_id)
    return db.execute(query).scalar_one_or_none() or ""


def cohorts(db: Connection) -> tuple[str, ...]:
    """The cohorts that there are, as the register or the reports tell them."""
    registered = select(s.report_group.c.cohort).where(s.report_group.c.cohort != "")
    said = select(s.report.c.cohort_said).where(s.report.c.cohort_said != "", s.report.c.counted)
    return tuple(sorted(set(db.execute(registered.union(said)).scalars())))


def cohorts_of(db: Connection, group_ids: Iterable[str]) -> dict[str, str]:
    """The cohort of each of these groups that the register knows."""
    columns = (s.report_group.c.group_id, s.report_group.c.cohort)
    rows = db.execute(select(*columns).where(s.report_group.c.group_id.in_(list(group_ids))))
    return {r.group_id: r.cohort for r in rows}


def put_submission(db: Connection, submission: Submission) -> None:
    """Remember that this content was seen at this path; a newer size or time replaces the older."""
    key = (s.submission.c.path == submission.path) & (s.submission.c.sha256 == submission.sha256)
    values = {"size": submission.size, "mtime_ns": submission.mtime_ns}
    if db.execute(update(s.submission).where(key).values(**values)).rowcount == 0:
        db.execute(
            insert(s.submission).values(
                path=submission.path, sha256=submission.sha256, received_at=submission.received_at, **values
            )
        )


def submissions(db: Connection) -> tuple[Submission, ...]:
    """All files ever seen, by path."""
    rows = db.execute(select(s.submission).order_by(s.submission.c.path, s.submission.c.received_at))
    return tuple(Submission(r.path, r.sha256, r.size, r.mtime_ns, r.received_at) for r in rows)


def submitted_paths(db: Connection, sha256: str) -> tuple[str, ...]:
    """The paths at which a content was seen, latest first."""
    query = select(s.submission.c.path).where(s.submission.c.sha256 == sha256)
    return tuple(db.execute(query.order_by(s.submission.c.received_at.desc(), s.submission.c.path)).scalars())


def latest_submissions(db: Connection, count: int) -> tuple[tuple[str, str], ...]:
    """(path, sha256) of the files that were received last, latest first."""
    columns = (s.submission.c.path, s.submission.c.sha256)
    query = select(*columns).order_by(s.submission.c.received_at.desc(), s.submission.c.path)
    return tuple((r.path, r.sha256) for r in db.execute(query.limit(count)))


def next_sequence(db: Connection) -> int:
    """The next number in the order of arrival."""
    return int(db.execute(select(func.coalesce(func.max(s.report.c.sequence), 0))).scalar_one()) + 1


def free_sequence(db: Connection, report_id: str, wanted: int) -> int:
    """The place of a report in the order of arrival: the one it has; else the one wanted, or the next one
    where another run has given that away meanwhile."""
    rows = db.execute(
        select(s.report.c.report_id, s.report.c.sequence).where(
            (s.report.c.report_id == report_id) | (s.report.c.sequence == wanted)
        )
    )
    taken = {r.report_id: r.sequence for r in rows}
    return int(taken[report_id]) if report_id in taken else next_sequence(db) if taken else wanted


def put_report(db: Connection, report: Report) -> None:
    """Store a report, or replace what is known of it; its pages and decisions are left alone."""
    values = {name: getattr(report, name) for name in _FIELDS}
    values |= {
        "kind": str(report.kind),
        "verdict": str(report.verdict),
        "signature": report.signature or None,
    }
    values |= {name: values[name] or None for name in ("withdrawn_at", "withdrawn_by", "withdrawn_why")}
    changed = {k: v for k, v in values.items() if k != "report_id"}
    key = s.report.c.report_id == report.report_id
    if db.execute(update(s.report).where(key).values(**changed)).rowcount == 0:
        db.execute(insert(s.report).values(**values))


def reports(db: Connection, report_ids: Iterable[str] | None = None) -> tuple[Report, ...]:
    """All reports (or those named, any number) in the order of arrival, erased ones left out."""
    if report_ids is None:
        return reports_where(db)
    ids, found = sorted(set(report_ids)), list[Report]()
    for start in range(0, len(ids), _AT_ONCE):
        found += reports_where(db, s.report.c.report_id.in_(ids[start : start + _AT_ONCE]))
    return tuple(sorted(found, key=lambda r: r.sequence))


def reports_where(db: Connection, *wanted: ColumnElement[bool]) -> tuple[Report, ...]:
    """The reports of which all of this holds, in the order of arrival, erased ones left out."""
    query = select(*_COLUMNS).where(s.report.c.verdict != "erased", *wanted).order_by(s.report.c.sequence)
    return tuple(_report(row) for row in db.execute(query))


def reports_of_group(db: Connection, group_id: str) -> tuple[Report, ...]:
    """The reports of one group that are not withdrawn, in the order of arrival."""
    query = select(*_COLUMNS).where(
        s.report.c.group_id == group_id, s.report.c.verdict != "erased", s.report.c.withdrawn_at.is_(None)
    )
    return tuple(_report(row) for row in db.execute(query.order_by(s.report.c.sequence)))


def lock_report(db: Connection, report_id: str) -> None:
    """Let nobody else change what hangs on this report until the transaction ends. SQLite has one writer
    at a time anyhow; PostgreSQL locks the row."""
    db.execute(select(s.report.c.report_id).where(s.report.c.report_id == report_id).with_for_update())


def report(db: Connection, report_id: str) -> Report | None:
    """One report by its id, or None (also where it was erased)."""
    found = reports(db, [report_id])
    return found[0] if found else None


def _report(row: Row[Any]) -> Report:
    values: list[Any] = list(row)  # in the order of the fields
    values[5:7] = KINDS[row.kind], VERDICTS[row.verdict]
    values[-4:] = row.signature or b"", *(said or "" for said in values[-3:])
    return Report(*values)


def put_pages(db: Connection, report_id: str, pages: Sequence[Page], passages: Sequence[Passage]) -> None:
    """Make these the pages and passages of a report."""
    db.execute(delete(s.page).where(s.page.c.report_id == report_id))
    of_page: dict[int, list[Passage]] = {}
    for passage in passages:
        of_page.setdefault(passage.page, []).append(passage)
    rows = [
        {
            "report_id": report_id,
            "number": p.number,
            "width": p.width,
            "height": p.height,
            "rotation": p.rotation,
            "source": p.source,
            "text": p.text,
            "furniture": list(p.furniture),
            "blocks": blocks_to_json(p.blocks),
            "passages": passages_to_json(of_page.get(p.number, [])),
            "words": pack_words(p.words),
        }
        for p in pages
    ]
    if rows:
        db.execute(insert(s.page), rows)


def page_sizes(db: Connection, report_id: str) -> tuple[Page, ...]:
    """The pages of a report without their text: number, size and where the text came from."""
    c = s.page.c
    query = select(c.number, c.width, c.height, c.source).where(c.report_id == report_id).order_by(c.number)
    return tuple(Page(r.number, r.width, r.height, "", source=r.source) for r in db.execute(query))


def pages(db: Connection, report_id: str, number: int | None = None) -> tuple[Page, ...]:
    """The pages of a report (or the one of that number) with words and boxes, in order."""
    query = select(s.page).where(s.page.c.report_id == report_id).order_by(s.page.c.number)
    if number is not None:
        query = query.where(s.page.c.number == number)
    return tuple(
        Page(
            number=r.number,
            width=r.width,
            height=r.height,
            text=r.text,
            words=unpack_words(r.words),
            blocks=blocks_from_json(r.blocks),
            furniture=tuple(r.furniture),
            source=r.source,
            rotation=r.rotation,
        )
        for r in db.execute(query)
    )


def page_texts(db: Connection, report_id: str, numbers: Iterable[int] | None = None) -> dict[int, str]:
    """The text of each page (or of those named), by number: all that anchoring a quote needs."""
    query = select(s.page.c.number, s.page.c.text).where(s.page.c.report_id == report_id)
    if numbers is not None:
        query = query.where(s.page.c.number.in_(list(numbers)))
    return {r.number: r.text for r in db.execute(query.order_by(s.page.c.number))}


def page_sources(db: Connection, report_id: str) -> tuple[str, ...]:
    """Where the text of each page came from ("text", "ocr" or "none"), in order."""
    query = select(s.page.c.source).where(s.page.c.report_id == report_id).order_by(s.page.c.number)
    return tuple(db.execute(query).scalars())


def passages(db: Connection, report_id: str, number: int | None = None) -> tuple[Passage, ...]:
    """The passages of a report (or of one page), in order."""
    columns = (s.page.c.number, s.page.c.text, s.page.c.passages)
    query = select(*columns).where(s.page.c.report_id == report_id).order_by(s.page.c.number)
    if number is not None:
        query = query.where(s.page.c.number == number)
    return tuple(p for r in db.execute(query) for p in passages_from_json(r.number, r.text, r.passages))


@dataclass(frozen=True, slots=True)
class Named:
    """A report by what people call it."""

    report_id: str
    name: str
    group_id: str


def named(db: Connection, withdrawn: bool = False) -> tuple[Named, ...]:
    """All reports that are not erased (and, unless `withdrawn`, not withdrawn), in the order of arrival:
    little of each, quickly."""
    c = s.report.c
    query = select(c.report_id, c.name, func.coalesce(c.group_id, "")).where(c.verdict != "erased")
    if not withdrawn:
        query = query.where(c.withdrawn_at.is_(None))
    return tuple(Named(*row) for row in db.execute(query.order_by(c.sequence)))


def texts_containing(db: Connection, words: Iterable[str]) -> Iterator[tuple[Named, int, str]]:
    """(report, page number, text) of pages that contain all words in any case, in the order of arrival.

    Words are looked for anywhere in the text; the caller decides what is a match.
    """
    text = s.page.c.text
    # SQLite's LIKE takes no notice of case; lowering each text first costs half as much again
    like = text.like if db.dialect.name == "sqlite" else text.ilike
    r, page = s.report.c, s.page.c
    query = (
        select(r.report_id, r.name, func.coalesce(r.group_id, ""), page.number, text)
        .join(s.report, r.report_id == page.report_id)
        .where(r.withdrawn_at.is_(None), *(like(_anywhere(word), escape="\\") for word in words))
        .order_by(r.sequence, page.number)
        .execution_options(yield_per=100)  # who shows the first of many hits asks for no more
    )
    for report_id, name, group_id, number, said in db.execute(query):
        yield Named(report_id, name, group_id), number, said


def _anywhere(word: str) -> str:
    return "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def put_fingerprint(db: Connection, report_id: str, bands: Sequence[str]) -> None:
    """Make these the bands by which similar reports are found."""
    db.execute(delete(s.fingerprint).where(s.fingerprint.c.report_id == report_id))
    rows = [{"report_id": report_id, "band": i, "value": value} for i, value in enumerate(bands)]
    if rows:
        db.execute(insert(s.fingerprint), rows)


def share_a_band(db: Connection, report_id: str) -> tuple[str, ...]:
    """The ids of other reports that agree with this one in at least one band."""
    mine, other = s.fingerprint.alias("mine"), s.fingerprint.alias("other")
    query = (
        select(other.c.report_id)
        .join(mine, (mine.c.band == other.c.band) & (mine.c.value == other.c.value))
        .where(mine.c.report_id == report_id, other.c.report_id != report_id)
        .distinct()
    )
    return tuple(db.execute(query).scalars())
