"""Which report of each group counts, and which are copies or revisions of an earlier one.

Reports of a batch are read in parallel; this is done afterwards, in the order of arrival, so that the
result does not depend on which was read first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ctg_nlp.intake.similar import NEAR_DUPLICATE, REVISION, resemblance
from ctg_nlp.records import Report, ReportKind, VerdictKind


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What must be known of the other reports: those of its group, and those with a similar text.

    `listed`: the register names this very file. `register`: there is a register at all. `doubtful`: the ids
    of those, this report among them, that may be notes by their names and that nobody said are final reports.
    """

    of_group: Sequence[Report]
    similar: Sequence[Report]
    listed: bool
    register: bool
    doubtful: frozenset[str] = frozenset()

    def gives_way(self, other: Report, report: Report) -> bool:
        """Whether another report that counts for the group counts no more once this one does."""
        return self.listed or (other.report_id in self.doubtful and report.report_id not in self.doubtful)


def settle(report: Report, around: Neighbourhood) -> Report:
    """The report with its final verdict, relation and whether it is counted.

    A report that resembles an earlier one by at least 0.85 is a near-duplicate; one of the same group (or
    of none) by at least 0.35 is a revision. Both are kept, linked and not counted until a person says so.
    Of several final reports of one group the first counts, or the one that the register names; one that
    may be notes by its name counts only while there is no other.
    """
    if not report.readable:
        return replace(report, settled=True)
    report = _as_read(report)
    earlier = _earlier_alike(report, around)
    if earlier is not None:
        return _linked(report, *earlier)
    if report.kind is not ReportKind.FINAL:
        kind = str(report.kind).capitalize()
        message = _with(report.message, f"{kind}: kept beside the final report; not counted in tables.")
        return replace(report, settled=True, counted=False, message=message)
    other = next((r for r in around.of_group if r.counted and r.report_id != report.report_id), None)
    if other is not None and not around.gives_way(other, report):
        return replace(superseded(report, other, "already counts"), settled=True)
    if report.group_id is None and around.register:
        message = _with(
            report.message,
            "Its group cannot be told; name the file in the register's file column. Counted alone.",
        )
        return replace(report, settled=True, counted=True, verdict=VerdictKind.WARNING, message=message)
    return replace(report, settled=True, counted=True)


def superseded(report: Report, other: Report, how: str = "counts") -> Report:
    """The report, as it is while another one counts for its group."""
    message = _with(
        report.message,
        f"{other.name} {how} as the final report of {report.group_id}; "
        f"to count this one instead: ctg reports use {report.report_id[:12]}",
    )
    return replace(report, counted=False, verdict=VerdictKind.WARNING, message=message)


def _as_read(report: Report) -> Report:
    """The report as reading left it: what an earlier settling said of it may no longer hold."""
    verdict = VerdictKind.WARNING if report.warnings else VerdictKind.ACCEPTED
    return replace(report, verdict=verdict, message=report.warnings, related_to=None)


def _earlier_alike(report: Report, around: Neighbourhood) -> tuple[Report, float] | None:
    pool = {r.report_id: r for r in (*around.similar, *around.of_group)}
    scored = [
        (r, resemblance(report.signature, r.signature))
        for r in pool.values()
        if r.sequence < report.sequence and r.readable and not r.withdrawn_at and r.kind is report.kind
    ]
    alike = [(r, share) for r, share in scored if share >= _limit(report, r)]
    return max(alike, key=lambda pair: (pair[1], -pair[0].sequence), default=None)


def _limit(report: Report, other: Report) -> float:
    return REVISION if report.group_id == other.group_id else NEAR_DUPLICATE


def _linked(report: Report, earlier: Report, share: float) -> Report:
    near = share >= NEAR_DUPLICATE
    verdict = VerdictKind.NEAR_DUPLICATE if near else VerdictKind.REVISION
    what = "Nearly the same text as" if near else "A revision of"
    message = _with(
        report.message,
        f"{what} {earlier.name} ({share:.0%} of its runs of words); kept and linked, not counted. "
        f"To count this one instead: ctg reports use {report.report_id[:12]}",
    )
    return replace(
        report, settled=True, counted=False, verdict=verdict, related_to=earlier.report_id, message=message
    )


def _with(first: str, second: str) -> str:
    return f"{first} {second}".strip()
