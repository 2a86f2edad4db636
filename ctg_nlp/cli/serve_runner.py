"""The runner of `ctg serve`: begins the scheduled flow by the clock, and when new files are whole."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner
from prefect.states import Crashed
from prefect.types.entrypoint import EntrypointType

from ctg_nlp.cli.inbox import Inbox
from ctg_nlp.errors import CtgError
from ctg_nlp.flows.cut_off import GONE, UNDER_WAY
from ctg_nlp.flows.nightly import nightly_flow
from ctg_nlp.logbook import log_of
from ctg_nlp.schedule import missed
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.store.runs import last_run

FLOW, NAME = "ctg-nightly", "nightly"
_POLL_SECONDS = 3.0
_STOP_SECONDS = 8.0
MISSED, ARRIVED = "missed while nothing served", "new files in the watched folder"
"""Why a batch begins that does not by the clock."""
_log = logging.getLogger(__name__)


def run(root: Path, *, since: datetime, ready: Path) -> None:
    """Serve the schedule of a home until SIGTERM; writes the file `ready` once it does.

    A batch that was missed begins at once, also one that was due after `since`, while the parts were
    starting. What runs is ended in order: reports that it had finished are stored.
    """
    home, ended = open_home(root), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    loop = asyncio.new_event_loop()
    # A thread of its own: Prefect's runner would take over the signal, and end without waiting for the run.
    runner = Runner(name="ctg", limit=1, query_seconds=_POLL_SECONDS, pause_on_shutdown=False)
    serving = threading.Thread(
        target=lambda: loop.run_until_complete(_serve(runner, home, since, ready)), daemon=True
    )
    serving.start()
    while serving.is_alive() and not ended.wait(0.2):
        pass
    if not ended.is_set():
        raise SystemExit(1)  # the runner died; the supervisor begins another
    with suppress(TookTooLong, RuntimeError):
        asyncio.run_coroutine_threadsafe(runner.astop(), loop).result(_STOP_SECONDS)
    serving.join(1.0)
    _end_group()


def _end_group() -> None:
    """End a run that did not end in order, as without Prefect's server: it is not to outlive us. What it had
    finished is stored, and the next run takes its place."""
    if os.getpgid(0) == os.getpid():  # a group of our own, as `ctg serve` makes it
        os.killpg(0, signal.SIGKILL)


async def _serve(runner: Runner, home: Home, since: datetime, ready: Path) -> None:
    async with get_client() as client:
        await _clear(client)
        added = runner.add_deployment(await _deployment(home))
        deployment = await added if asyncio.iscoroutine(added) else added
        assert isinstance(deployment, UUID)
        if await asyncio.to_thread(_missed, home, since):
            await _begin(client, deployment, home, MISSED)
        watching = asyncio.create_task(_watch(client, deployment, home)) if home.watch else None
        ready.write_text("", encoding="utf-8")
        try:
            await runner.start()
        finally:
            if watching is not None:
                watching.cancel()


async def _begin(client: PrefectClient, deployment: UUID, home: Home, why: str) -> None:
    given = {"home": str(home.root), "why": why}
    await client.create_flow_run_from_deployment(deployment, parameters=given, name=why)


def _missed(home: Home, since: datetime) -> bool:
    store = open_store(home.database)
    try:
        with store.reading() as db:
            last = last_run(db, "batch")
    finally:
        store.close()
    return missed(home, last[0] if last else "", datetime.now(UTC), since) is not None


async def _deployment(home: Home) -> Any:
    from prefect.schedules import Cron

    when = Cron(home.schedule, timezone=home.schedule_timezone) if home.schedule else None
    made = nightly_flow.to_deployment(
        name=NAME,
        schedule=when,
        parameters={"home": str(home.root)},
        description="The batch, training where it is due, the aggregation, and a notice.",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return await made if asyncio.iscoroutine(made) else made


async def _clear(client: PrefectClient) -> None:
    """Forget what an earlier runner was to do: its schedule, and runs that ended with its machine."""
    with suppress(ObjectNotFound):
        earlier = await client.read_deployment_by_name(f"{FLOW}/{NAME}")
        await client.delete_deployment(earlier.id)  # with the runs that were planned
    of_ours = FlowFilter(name=FlowFilterName(any_=[FLOW, "ctg-batch", "ctg-aggregate", "ctg-train"]))
    under_way = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=UNDER_WAY)))
    for left in await client.read_flow_runs(flow_filter=of_ours, flow_run_filter=under_way):
        gone: State[Any] = Crashed(message=GONE)
        await client.set_flow_run_state(left.id, gone, force=True)


async def _watch(client: PrefectClient, deployment: UUID, home: Home) -> None:
    """Begin a batch whenever files in the watched folder are whole and were never read; one at a time."""
    inbox, said = None, ""
    while True:
        await asyncio.sleep(max(0.5, min(5.0, home.watch_seconds / 3)))
        try:
            inbox = inbox or Inbox(home, time.monotonic, _say_of_watching)
            if await asyncio.to_thread(inbox.anything_new) and not await _waits(client, deployment):
                await _begin(client, deployment, home, ARRIVED)
                inbox.begun()
                log_of(home).note("files arrived")
            said = ""
        except (CtgError, OSError) as error:
            if str(error) != said:  # once, not with every look
                said = str(error)
                _say_of_watching(said)
        except Exception as error:  # the server is away for a moment: the next look tries again
            _log.debug("looking into the watched folder: %s", type(error).__name__)


async def _waits(client: PrefectClient, deployment: UUID) -> bool:
    """Whether a run is under way, or begins within the moment, which will read the new files too."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

    states = FlowRunFilterStateType(any_=UNDER_WAY)
    found = await client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])),
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=states)),
        limit=1,
    )
    return bool(found)


def _say_of_watching(line: str) -> None:
    import click

    click.echo(f"The watched folder: {line}", err=True)
