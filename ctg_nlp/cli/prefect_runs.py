"""Calling the flows in this process. Imported only after `quiet.prepare_prefect`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.exceptions import FailedRun
from prefect.task_runners import ThreadPoolTaskRunner

from ctg_nlp.flows.aggregate import aggregate_flow
from ctg_nlp.flows.batch import PROGRESS, batch_flow
from ctg_nlp.interrupts import deaf_to_interrupts
from ctg_nlp.settings import Home


def run_batch_flow(
    home: Home, raw: Path, run_id: str, retry: bool, verify: bool, progress: Callable[[int, int], None]
) -> None:
    """Run the batch flow. A red end because of failed reports is told by the stored summary, not here."""
    _start_server()
    PROGRESS.set(progress)
    flow = batch_flow.with_options(task_runner=ThreadPoolTaskRunner(max_workers=home.at_once))
    state = flow(str(home.root), str(raw), retry, verify, run_id, return_state=True)
    _raise_own_errors(state)


def run_aggregate_flow(home: Home) -> None:
    """Run the aggregation flow. Raises what went wrong in it."""
    _raise_own_errors(aggregate_flow(str(home.root), return_state=True))


def _start_server() -> None:
    """Have Prefect start its server, if it will need its own, such that Ctrl-C does not reach it.

    A terminal sends that to every process it started. Without its server Prefect would try for a minute to
    tell it that the flow was interrupted.
    """
    with deaf_to_interrupts(), get_client(sync_client=True):
        pass


def _raise_own_errors(state: Any) -> None:
    """Raise the exception that ended a flow; a `Failed` state without one is left to the summary."""
    if state.is_completed():
        return
    if isinstance(state.data, BaseException):
        raise state.data
    result = state.result(raise_on_failure=False) if state.data is not None else None
    if isinstance(result, BaseException) and not isinstance(result, FailedRun):
        raise result
