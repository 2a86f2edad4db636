"""The summary of a batch: figures for programs, sentences for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ctg_nlp.pipeline import Batch
from ctg_nlp.processing import Outcome
from ctg_nlp.records import Report, VerdictKind
from ctg_nlp.store import runs as run_store

_SHOWN = 5
"""So many files with the same verdict are named where many lines would hide what else is said."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a batch did. `verdicts` count the reports of this run; `problems` name those that need people.

    `learned` says in a sentence what came of a training that was due, and is empty where none was;
    `proposed_again` counts reports that were read before and for which only codes were proposed anew;
    `fetched` counts files that came from the address of submitted files, `not_fetched` what is amiss there;
    `took_over` tells of a run before that ended without notice, whose place this one took.
    """

    run_id: str
    files: int
    read: int
    known: int
    copies: int
    verdicts: dict[str, int]
    suggested: int
    problems: tuple[tuple[str, str], ...]
    failed: tuple[str, ...]
    passed_over: int
    erased: int
    model_id: str
    framework_id: str
    seconds: float
    learned: str = ""
    proposed_again: int = 0
    took_over: str = ""
    fetched: int = 0
    not_fetched: int = 0

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Summary:
        """The summary of `to_json`."""
        problems = tuple((name, why) for name, why in values["problems"])
        return cls(**{**values, "problems": problems, "failed": tuple(values["failed"])})


def finish(
    batch: Batch,
    outcomes: Sequence[Outcome],
    run_id: str,
    started_at: str,
    seconds: float,
    learned: str = "",
    took_over: str = "",
) -> Summary:
    """Settle what the batch read, and keep its summary in the store."""
    settled = batch.settle()
    summary = summarise(run_id, batch, outcomes, settled, seconds)
    summary = replace(summary, learned=learned, took_over=took_over)
    with batch.store.transaction() as db:
        batch.end(db)
        run_store.add_run(db, run_id, "batch", started_at, batch.clock(), summary.to_json())
    _note(batch, summary)
    return summary


def _note(batch: Batch, summary: Summary) -> None:
    if summary.took_over:
        batch.log.note("run taken over", what="batch")
    batch.log.note(
        "batch ended",
        run=summary.run_id,
        read=summary.read,
        failed=len(summary.failed),
        suggested=summary.suggested,
        seconds=summary.seconds,
    )


def summarise(
    run_id: str, batch: Batch, outcomes: Sequence[Outcome], settled: Sequence[Report], seconds: float
) -> Summary:
    """Sum up a batch after it was settled."""
    after = {r.report_id: r for r in settled}
    reports = [after.get(o.report.report_id, o.report) for o in outcomes if o.read]
    again = [o for o in outcomes if not o.read]
    plan = batch.plan
    problems = [(r.name, f"{r.verdict_in_words}. {r.message}") for r in reports if r.message]
    problems += [(path, why) for path, why in plan.unreadable]
    fetched, source = batch.fetched, batch.home.source
    unreachable = ((source, fetched.unreachable),) if fetched.unreachable else ()
    problems += [*unreachable, *fetched.told, *batch.warnings()]
    copies = len(plan.copies)
    verdicts = Counter(r.verdict_in_words for r in reports)
    new_copies = [(f.name, f"duplicate. The same content as {of}; kept once.") for f, of in plan.copies]
    return Summary(
        run_id=run_id,
        files=len(plan.work) + len(plan.known) + copies + len(plan.erased) + len(plan.unreadable),
        read=len(reports),
        known=len(plan.known),
        copies=copies,
        verdicts=dict(verdicts),
        suggested=sum(o.suggested for o in outcomes),
        problems=tuple(problems + (new_copies if reports else [])),
        failed=tuple(r.name for r in reports if r.verdict is VerdictKind.FAILED)
        + tuple(path for path, _ in (*plan.unreadable, *unreachable)),
        passed_over=len(plan.passed_over),
        erased=len(plan.erased),
        model_id=batch.model_id,
        framework_id=batch.framework_id,
        seconds=round(seconds, 2),
        proposed_again=len(again),
        fetched=fetched.count,
        not_fetched=len((*unreachable, *fetched.failed, *fetched.told)),
    )


def sentences(summary: Summary, see_all: str = "") -> list[str]:
    """The summary in words, a sentence a line. Of many files with the same verdict the first are named, where
    `see_all` tells what to type to see the others; all of them where it is empty."""
    lines = [said for said in (summary.took_over, summary.learned) if said]
    if summary.fetched:
        lines.append(f"{_count(summary.fetched, 'new file')} fetched into data/raw.")
    if summary.proposed_again:
        lines.append(
            f"Codes were proposed again for {_count(summary.proposed_again, 'report')} read before: "
            f"{summary.suggested} suggested, each with its passage."
        )
    if summary.read == 0 and summary.proposed_again:
        lines.append("Nothing new to read.")
    elif summary.read == 0 and not summary.failed:
        lines.append(
            f"Nothing new: all {summary.files} files were read before."
            + ("" if summary.fetched else " Nothing was changed.")
            if summary.files
            else "No report was found: the folder holds no files to read."
        )
    else:
        accepted = sum(
            n for v, n in summary.verdicts.items() if v in (VerdictKind.ACCEPTED, VerdictKind.WARNING)
        )
        lines.append(
            f"{_count(summary.read, 'report')} read now, {accepted} of them accepted; "
            f"{_count(summary.known, 'file')} read before."
        )
        if set(summary.verdicts) != {str(VerdictKind.ACCEPTED)} or summary.copies:
            lines += [f"  {n} {verdict}" for verdict, n in sorted(summary.verdicts.items())]
            lines += [f"  {summary.copies} duplicate"] if summary.copies else []
        if not summary.proposed_again:
            lines.append(f"{_count(summary.suggested, 'code')} suggested, each with its passage.")
    if summary.problems:
        lines.append("What needs a look:")
        lines += _problems(summary.problems, see_all)
    if summary.erased:
        lines.append(f"{_count(summary.erased, 'file')} of erased reports left alone.")
    if summary.passed_over:
        lines.append(f"{_count(summary.passed_over, 'hidden, unfinished, system or own file')} passed over.")
    return lines


def _problems(problems: Sequence[tuple[str, str]], see_all: str) -> list[str]:
    """A line for each problem; the kinds with few first, so that many of one do not hide another."""
    if not see_all:
        return [f"  {name}: {why}" for name, why in problems]
    kinds: dict[str, list[str]] = {}
    for name, why in problems:
        kinds.setdefault(why.partition(". ")[0], []).append(f"  {name}: {why}")
    lines = []
    for kind, found in sorted(kinds.items(), key=lambda of: len(of[1])):
        shown = len(found) if len(found) == _SHOWN + 1 else _SHOWN  # a line that hides one line saves none
        lines += found[:shown]
        lines += [f"  … and {len(found) - shown} more: {kind}"] if len(found) > shown else []
    return [*lines, f"  All of them: {see_all}"] if len(lines) < len(problems) else lines


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
