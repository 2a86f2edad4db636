"""The scheduled flow: the batch, which trains first where that is due; the aggregation after it; a notice."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ctg_nlp.flows.aggregate import aggregate_flow
from ctg_nlp.flows.batch import batch_flow
from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from ctg_nlp.clock import new_run_id
from ctg_nlp.errors import AlreadyRunning, CtgError
from ctg_nlp.logbook import log_of
from ctg_nlp.notices import Notice, notice_of, send
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store import overview
from ctg_nlp.store.database import open_store
from ctg_nlp.submissions import Known
from ctg_nlp.watching import Watcher, wait_until_whole


@flow(name="ctg-nightly", persist_result=False)
def nightly_flow(home: str) -> Any:
    """Read what is new in the raw folder of a home, rebuild its tables, and tell what failed and what waits.

    Red where a report failed, the run was refused or ended before its end; the message says which. A notice
    that could not be delivered does not make a run red; the message tells it.
    """
    place, run_id = open_home(Path(home)), new_run_id()
    _wait_for_files(place)
    runner: Any = ThreadPoolTaskRunner(max_workers=place.workers)
    batch = batch_flow.with_options(task_runner=runner)
    done = batch(str(place.root), run_id=run_id, return_state=True)
    error = _error_of(done)
    if error is None:
        rebuilt = aggregate_flow(str(place.root), return_state=True)
        error = _error_of(rebuilt)
    said = _tell(place, run_id, error)
    if error is not None or not done.is_completed():
        return Failed(
            message=f"{error if isinstance(error, CtgError) else done.message or ''} {said}".strip()
        )
    return Completed(message=f"{done.message} {said}".strip())


def _wait_for_files(place: Home) -> None:
    """A file that is being copied just now would be read as a broken one."""
    if not place.raw.is_dir():
        return
    store = open_store(place.database, create=True)
    try:
        with store.reading() as db:
            known = Known(place.root, overview.seen_files(db))
    finally:
        store.close()
    wait_until_whole(Watcher(place.raw, place.watch_seconds, time.monotonic), known, time.sleep)


def _error_of(state: State[Any]) -> Exception | None:
    """What ended a flow before its end, or None; failed reports do not."""
    if state.is_completed():
        return None
    found = state.result(raise_on_failure=False) if state.data is not None else None
    return found if isinstance(found, Exception) and not _only_reports(found) else None


def _only_reports(error: Exception) -> bool:
    return type(error).__name__ == "FailedRun"  # Prefect's, of a state that was returned as failed


def _tell(place: Home, run_id: str, error: Exception | None) -> str:
    """Show what waits, and send it where a webhook is set. Returns what people should know of the sending."""
    refused = isinstance(error, AlreadyRunning)
    kind = "" if error is None or refused else type(error).__name__
    try:
        store = open_store(place.database)
        try:
            notice = notice_of(store, place.framework, run_id, refused=refused, error=kind)
        finally:
            store.close()
        trouble = send(place.notify_webhook, notice) if place.notify_webhook else ""
    except CtgError as broken:
        return f"Nobody was notified: {broken}"
    _show(notice, trouble)
    _note(place, notice, trouble)
    return f"The notice was not delivered: {trouble}." if trouble else ""


def _note(place: Home, notice: Notice, trouble: str) -> None:
    log = log_of(place)
    log.note(
        "notice",
        ended=notice.ended,
        run=notice.run_id,
        read=notice.read,
        failed=len(notice.failed) + notice.unreadable,
        without_decisions=notice.without_decisions,
        conflicts=notice.conflicts,
        sent=bool(place.notify_webhook) and not trouble,
    )
    if trouble:
        log.note("notice not delivered", run=notice.run_id)


def _show(notice: Notice, trouble: str) -> None:
    ids = "\n".join(f"- `{report}`" for report in notice.failed)
    failed = f"\n\nFailed, tried again by the next run:\n\n{ids}" if ids else ""
    sent = f"\n\nThe notice was not delivered: {trouble}." if trouble else ""
    create_markdown_artifact(key="waiting", markdown=notice.in_words() + failed + sent)
