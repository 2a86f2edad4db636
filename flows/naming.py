"""What people read of flow runs on Prefect's page: names, and messages of states that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Failed

from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError


def named(what: str) -> Callable[[], str]:
    """What names runs of a flow: the folder of the project, what is done and why, and when it began."""

    def name() -> str:
        given = _parameters()
        project = Path(str(given.get("home") or ".")).resolve().name
        return ", ".join((f"{project}: {what}", *([why_begun()] if "why" in given else []), moment()))

    return name


def why_begun() -> str:
    """Why the present run of a flow began, in words."""
    context, given = FlowRunContext.get(), _parameters().get("why")
    run = context.flow_run if context is not None else None
    return str(given) if given else "by the clock" if run is not None and run.auto_scheduled else "as asked"


def _parameters() -> Mapping[str, Any]:
    context = FlowRunContext.get()
    return (context.parameters or {}) if context is not None else {}


def moment() -> str:
    """The time, to the minute."""
    return f"{utc_now()[:16].replace('T', ' ')} UTC"


def say(*sentences: str) -> None:
    """Say something on standard output, with the time; empty sentences are left out."""
    said = " ".join(s for s in sentences if s)
    if said:
        click.echo(f"{moment()}  {said}")


def failed(error: Exception) -> State[Any]:
    """The state of a run that an error ended: it says so plainly, and has the error for who called the flow.

    What Prefect would say itself quotes any exception; its text may be a report's, and stays there.
    """
    return Failed(message=plainly(error), data=error)


def plainly(error: Exception) -> str:
    """An error in a sentence for people."""
    if isinstance(error, CtgError):
        return str(error)
    return (
        f"An unexpected error ({type(error).__name__}) ended it. What it had finished is stored, and the "
        "next run goes on from there. Please report it; where it was says: CTG_DEBUG=1 ctg run --plain"
    )
