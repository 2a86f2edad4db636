"""The scheduled flow: the batch, which trains first where that is due; the aggregation after it; a notice."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ctg_nlp.flows.aggregate import aggregate_flow
from ctg_nlp.flows.batch import batch_flow
from ctg_nlp.flows.cut_off import Killed, begin_again, end_parts
from ctg_nlp.flows.naming import failed, named, plainly, say, why_begun
from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from ctg_nlp.clock import new_run_id, utc_now
from ctg_nlp.errors import AlreadyRunning, CtgError
from ctg_nlp.logbook import log_of
from ctg_nlp.notices import Notice, notice_of, tell
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store import overview
from ctg_nlp.store.database import open_store
from ctg_nlp.submissions import Known
from ctg_nlp.watching import Watcher, wait_until_whole


def _cut_off(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """Tell of a run whose process is gone, and begin it once more; called by who had started the process."""
    if "PREFECT__FLOW_RUN_ID" in os.environ:
        return  # the process itself, which is ended in order by who stops it
    place = open_home(Path(flow_run.parameters["home"]))
    _tell(place, "", Killed())
    with get_client(sync_client=True) as client:
        end_parts(client, flow_run.id)
        again = begin_again(client, flow_run)
    say("It begins once more in a moment." if again else "The next one goes on from there.")


NAMED = named("batch and tables")


@flow(name="ctg-nightly", flow_run_name=NAMED, on_crashed=[_cut_off], persist_result=False)
def nightly_flow(home: str, why: str = "") -> Any:
    """Read what is new in the raw folder of a home, rebuild its tables, and tell what failed and what waits.
    `why` tells people why it begins, where that is not by the clock.

    Red where a report failed, the run was refused or broke off; the message says which. A notice
    that could not be delivered does not make a run red; the message tells it.
    """
    try:
        place, run_id = open_home(Path(home)), new_run_id()
        say(f"A batch of {place.root.name} begins, {why_begun()}.")
        _wait_for_files(place)
        done, error = _run(place, run_id)
    except Exception as broken:
        say(plainly(broken))
        return failed(broken)
    told = _tell(place, run_id, error)
    if error is not None or not done.is_completed():
        reason = plainly(error) if error is not None else done.message or ""
        return Failed(message=f"{reason} {told}".strip())
    return Completed(message=f"{done.message} {told}".strip())


def _run(place: Home, run_id: str) -> tuple[State[Any], Exception | None]:
    """The batch and then the tables: how the batch ended, and what ended one of them early."""
    runner: Any = ThreadPoolTaskRunner(max_workers=place.at_once)
    batch = batch_flow.with_options(task_runner=runner)
    done = batch(str(place.root), run_id=run_id, return_state=True)
    error = _error_of(done)
    if error is None:
        error = _error_of(aggregate_flow(str(place.root), return_state=True))
    return done, error


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
    """Say and show how a run ended and what waits, and send it where a webhook is set. Returns what people
    should know of the sending."""
    refused = isinstance(error, AlreadyRunning)
    kind = "" if error is None or refused else type(error).__name__
    try:
        store = open_store(place.database)
        try:
            notice = notice_of(store, place, run_id, refused=refused, error=kind)
            sent, trouble = tell(store, place, notice, utc_now())
        finally:
            store.close()
    except CtgError as broken:
        say(f"{plainly(error)} {broken}" if error is not None else str(broken))
        return f"Nobody was notified: {broken}"
    undelivered = f"The notice was not delivered: {trouble}." if trouble else ""
    say(notice.in_words(), plainly(error) if error is not None and not isinstance(error, Killed) else "")
    say(undelivered)
    if run_id:
        _show(notice, undelivered)
    _note(place, notice, sent, trouble)
    return undelivered


def _note(place: Home, notice: Notice, sent: bool, trouble: str) -> None:
    log = log_of(place)
    log.note(
        "notice",
        ended=notice.ended,
        run=notice.run_id,
        read=notice.read,
        failed=len(notice.failed) + notice.unreadable,
        without_decisions=notice.without_decisions,
        conflicts=notice.conflicts,
        sent=sent,
    )
    if trouble:
        log.note("notice not delivered", run=notice.run_id)


def _show(notice: Notice, undelivered: str) -> None:
    ids = "\n".join(f"- `{report}`" for report in notice.failed)
    failed_ones = f"Failed, tried again by the next run:\n\n{ids}" if ids else ""
    parts = (notice.in_words(), failed_ones, undelivered)
    create_markdown_artifact(key="waiting", markdown="\n\n".join(p for p in parts if p))
