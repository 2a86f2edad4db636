"""The one place that asks what time it is; everything below takes the time as an argument."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime


def utc_now() -> str:
    """The time in UTC, ISO 8601 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def new_run_id() -> str:
    """A new, unique id for a run."""
    return uuid.uuid4().hex
