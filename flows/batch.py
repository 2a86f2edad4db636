"""The batch flow: every new submission becomes a task; then reports are settled and the run summed up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ctg_nlp.flows.naming import failed, named
from ctg_nlp.flows.train import train_flow
from prefect import flow, task
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import FailedRun
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.utilities.annotations import quote

from ctg_nlp.clock import new_run_id, utc_now
from ctg_nlp.fetching import fetch
from ctg_nlp.learning import is_due
from ctg_nlp.pipeline import Batch
from ctg_nlp.processing import Outcome
from ctg_nlp.records import VerdictKind
from ctg_nlp.run_lock import running
from ctg_nlp.settings import open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.submissions import Work
from ctg_nlp.summary import Summary, finish, sentences

Progress = Callable[[int, int], None]
PROGRESS: ContextVar[Progress | None] = ContextVar("progress", default=None)
"""Told how many reports are done, and of how many. Not a parameter: those are stored as JSON."""

MOST_SHOWN = 500
"""So many reports an artifact lists; the Prefect page does not show more well."""


@task(name="report", cache_policy=NO_CACHE, persist_result=False)
def read_report(batch: Any, work: Any, outcomes: Any) -> Any:
    """Read one report, propose its codes, store both. Failed where something unexpected went wrong.

    Takes a `Batch`, a `Work` and the list to add the `Outcome` to; Prefect hands them over quoted, so that
    it does not look into them. What `Batch.process` raises ends the flow, see `_raise_what_ended`.
    """
    outcome: Outcome = batch.process(work)
    outcomes.append(outcome)
    if outcome.report.verdict is VerdictKind.FAILED:
        # Its message may name the file; what Prefect keeps cannot be erased with a report.
        return Failed(message=f"{outcome.report.report_id[:12]}: failed; why, says ctg reports")
    return Completed(message=outcome.report.verdict_in_words)


RUNNER: Any = ThreadPoolTaskRunner(max_workers=50)  # a slice, by default; how many of it work, says the batch


@flow(name="ctg-batch", flow_run_name=named("batch"), persist_result=False, task_runner=RUNNER)
def batch_flow(home: str, raw: str = "", retry: bool = False, verify: bool = False, run_id: str = "") -> Any:
    """Read all new submissions of a home and sum up the run in its store under `run_id`.

    The final state carries the summary in a sentence, and is not green if any report failed. Ends with
    `AlreadyRunning` where another run is under way.
    """
    try:
        summary, outcomes = _run(home, raw, retry, verify, run_id)
    except Exception as error:
        return failed(error)
    _show(summary)
    _show_reports(outcomes)
    if summary.failed:
        return Failed(message=f"{len(summary.failed)} of {summary.files} files failed unexpectedly.")
    return Completed(message=sentences(summary)[0])


def _run(home: str, raw: str, retry: bool, verify: bool, run_id: str) -> tuple[Summary, list[Outcome]]:
    place = open_home(Path(home))
    outcomes: list[Outcome] = []
    store = open_store(place.database, create=True)
    try:
        with running(store, "batch", utc_now) as run:
            started, started_at = time.perf_counter(), utc_now()
            learned = train_flow(home, within=run.owner) if is_due(store, place) else ""
            folder = Path(raw) if raw else place.raw
            fetched = fetch(run.store, place, folder, verify=verify)
            with Batch(
                place, run.store, folder, utc_now, retry=retry, verify=verify, fetched=fetched
            ) as batch:
                _read_all(batch, outcomes)
                seconds = time.perf_counter() - started
                run_id = run_id or new_run_id()
                summary = finish(batch, outcomes, run_id, started_at, seconds, learned, run.took_over)
    finally:
        store.close()
    return summary, outcomes


def _read_all(batch: Batch, outcomes: list[Outcome]) -> None:
    """Submit the work so that never more than a slice of it is under way: neither Prefect nor memory holds
    all of a large batch at once. A report that takes long holds up no other."""
    progress, work, size = PROGRESS.get(), batch.plan.work, batch.home.slice
    shown: Any = create_progress_artifact(progress=0.0, key="batch-progress", description="Reports read")
    ended: SimpleQueue[PrefectFuture[Any]] = SimpleQueue()
    submitted = iter(work)
    for w in islice(submitted, size):
        _submit(batch, w, outcomes, ended)
    for count in range(1, len(work) + 1):
        _raise_what_ended(ended.get())
        for w in islice(submitted, 1):
            _submit(batch, w, outcomes, ended)
        if count % size == 0 or count == len(work):
            update_progress_artifact(shown, progress=100 * count / len(work))
        if progress is not None:
            progress(count, len(work))


def _submit(
    batch: Batch, work: Work, outcomes: list[Outcome], ended: SimpleQueue[PrefectFuture[Any]]
) -> None:
    task_run = read_report.submit(quote(batch), quote(work), quote(outcomes))
    task_run.add_done_callback(ended.put)


def _raise_what_ended(task_run: PrefectFuture[Any]) -> None:
    """Raise what a task raised: it concerns the run (the database is gone), not one report."""
    found = task_run.result(raise_on_failure=False)
    if isinstance(found, Exception) and not isinstance(found, FailedRun):
        raise found


def _show(summary: Summary) -> None:
    figures = replace(summary, problems=())  # names of files stay in the store, where they can be erased
    create_markdown_artifact(key="batch-summary", markdown="\n\n".join(sentences(figures)))
    create_table_artifact(
        key="batch-verdicts",
        table=[{"verdict": v, "reports": n} for v, n in sorted(summary.verdicts.items())],
        description=f"Verdicts of run {summary.run_id}",
    )


def _show_reports(outcomes: Sequence[Outcome]) -> None:
    """Every report of the run by its id with its verdict, those that need people first."""
    order = sorted(outcomes, key=lambda o: (o.report.verdict is VerdictKind.ACCEPTED, o.report.report_id))
    create_table_artifact(
        key="batch-reports",
        table=[
            {
                "report": o.report.report_id[:12],
                "verdict": o.report.verdict_in_words,
                "pages": o.report.pages,
                "codes suggested": o.suggested,
            }
            for o in order[:MOST_SHOWN]
        ],
        description=f"{len(outcomes)} reports, at most {MOST_SHOWN} shown; their names: ctg reports",
    )
