"""A scheduled run whose process was killed: its parts end on Prefect's page too, and it begins once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Crashed, Scheduled

AGAIN = "again after it was killed"
GONE = "The process that ran it is gone. The next run does what is left."
UNDER_WAY = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
_WAIT = timedelta(seconds=10)


class Killed(Exception):
    """The process of a run is gone, without any word of its own."""


def end_parts(client: SyncPrefectClient, run_id: UUID) -> None:
    """Have a run say plainly what became of it, and let the runs that were parts of it end as it did."""
    parts = FlowRunFilter(
        parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[run_id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=UNDER_WAY)),
    )
    for part in client.read_flow_runs(flow_run_filter=parts):
        end_parts(client, part.id)
    gone: State[Any] = Crashed(message=GONE)
    client.set_flow_run_state(run_id, gone, force=True)


def begin_again(client: SyncPrefectClient, run: FlowRun) -> bool:
    """Plan a killed run once more, unless it was that already: what kills it may kill it every time. Returns
    whether it was planned."""
    if run.deployment_id is None or run.parameters.get("why") == AGAIN:
        return False
    at: State[Any] = Scheduled(scheduled_time=datetime.now(UTC) + _WAIT)
    parameters = {**run.parameters, "why": AGAIN}
    client.create_flow_run_from_deployment(run.deployment_id, parameters=parameters, name=AGAIN, state=at)
    return True
