"""A cell that changed, with what each cause did to it; the causes add up to the difference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ctg_nlp.causes import Cause, Why
from ctg_nlp.records import Dataset, Report
from ctg_nlp.synthesis.changes import Addends, CellKey, Count, Move, moves
from ctg_nlp.synthesis.percent import percent_text


@dataclass(frozen=True, slots=True)
class MovedReport:
    """What one report added to a cell's count and denominator; `coder` and `time` of the last decision that
    led to it, empty where it was none."""

    report_id: str
    name: str
    group_id: str
    n: int
    denominator: int
    coder: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one cause did to a cell: over `reports` reports `n` to its count and `denominator` to that.

    `moved` tells them one by one, but not those that were erased, of which only the figures are left, nor the
    `blind` ones, which somebody still codes without knowing what others said."""

    cause: Cause
    reports: int
    n: int
    denominator: int
    moved: tuple[MovedReport, ...] = ()
    blind: int = 0


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell that changed, `before` and `after`; None on the side of the framework that does not have it. The
    contributions add up to the difference."""

    table: str
    title: str
    row: str
    part: str
    label: str
    before: Count | None
    after: Count | None
    contributions: tuple[Contribution, ...]


def percent(figures: Count | None) -> str:
    """The percentage as printed, or empty."""
    return percent_text(figures.n, figures.denominator) if figures and figures.denominator else ""


Side = tuple[Dataset, dict[CellKey, Addends]]


class Moved:
    """The moves of all cells with their causes."""

    def __init__(self) -> None:
        self.moves: dict[CellKey, list[tuple[Move, Why]]] = {}
        self.labels: dict[CellKey, str] = {}

    def add(self, before: Side, after: Side, why: Callable[[Addends, Move], Why]) -> None:
        """The moves between two datasets."""
        for key in (*before[1], *after[1]):
            self.labels[key] = (after[1].get(key) or before[1][key]).label
        for key, found in moves(before, after).items():
            cell = after[1].get(key) or before[1][key]
            self.moves.setdefault(key, []).extend((move, why(cell, move)) for move in found)

    @property
    def reports(self) -> frozenset[str]:
        """The ids of all reports that moved anything."""
        return frozenset(move.report_id for found in self.moves.values() for move, _ in found)

    def cells(
        self,
        kept: Mapping[CellKey, Count],
        then: Mapping[CellKey, Count],
        now: Mapping[CellKey, Count],
    ) -> dict[CellKey, tuple[Count | None, Count | None, Count]]:
        """What every cell that moved was and is, and what reports erased since added to it. `kept`: as it was
        when the rebuild was kept, `then` what is left of that."""
        found = {}
        for key in sorted(dict.fromkeys((*now, *kept, *then)), key=_place(now, then)):
            was, left = kept.get(key, then.get(key)), then.get(key)
            gap = _gap(was, left)
            if key in self.moves or gap != _NONE:
                found[key] = (was, now.get(key), gap)
        return found


_NONE = Count(0, 0)


def _gap(was: Count | None, left: Count | None) -> Count:
    """What the reports that were erased since had added."""
    was, left = was or _NONE, left or _NONE
    return Count(was.n - left.n, (was.denominator or 0) - (left.denominator or 0))


def _place(*orders: Iterable[CellKey]) -> Callable[[CellKey], tuple[int, int]]:
    """Tables in the order of the framework of now, what is no more at their end."""
    tables: dict[str, int] = {}
    rows: dict[CellKey, int] = {}
    for order in orders:
        for key in order:
            tables.setdefault(key.table, len(tables))
            rows.setdefault(key, len(rows))
    return lambda key: (tables.get(key.table, len(tables)), rows.get(key, len(rows)))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the reports that moved something, of tables' titles, and which reports somebody still
    codes blind."""

    reports: Mapping[str, Report]
    titles: Mapping[str, str]
    blind: Collection[str]


def cell_change(
    key: CellKey, was: Count | None, now: Count | None, gap: Count, moved: Moved, known: Known
) -> CellChange:
    """A cell that changed with its causes, in their usual order."""
    by_cause: dict[Cause, list[MovedReport]] = {}
    for move, why in moved.moves.get(key, ()):
        by_cause.setdefault(why.cause, []).append(_moved_report(move, why, known.reports))
    found = [_contribution(cause, reports, known.blind) for cause, reports in by_cause.items()]
    if gap != _NONE:
        count = abs(gap.denominator or 0) or abs(gap.n)
        found.append(Contribution(Cause.ERASED, count, -gap.n, -(gap.denominator or 0)))
    found.sort(key=lambda c: list(Cause).index(c.cause))
    title, label = known.titles.get(key.table, key.table), moved.labels.get(key, key.row)
    return CellChange(key.table, title, key.row, key.part, label, was, now, tuple(found))


def _contribution(cause: Cause, reports: Sequence[MovedReport], blind: Collection[str]) -> Contribution:
    ids = {m.report_id for m in reports}
    told = tuple(m for m in reports if m.report_id not in blind)
    hidden = len(ids.intersection(blind))
    n, of = sum(m.n for m in reports), sum(m.denominator for m in reports)
    return Contribution(cause, len(ids), n, of, told, hidden)


def _moved_report(move: Move, why: Why, known: Mapping[str, Report]) -> MovedReport:
    report = known.get(move.report_id)
    name, group = (report.name, report.group_id or "") if report else ("", "")
    return MovedReport(move.report_id, name, group, move.n, move.denominator, why.coder, why.time)
