"""When batches begin: the schedule and its time zone, checked, and the next and the last time by it.

Prefect decides when a scheduled batch begins; what is said here is asked of the same code.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from ctg_nlp.errors import HomeError
from ctg_nlp.settings import FILE, Home

_LOOK_BACK = (
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(days=8),
    timedelta(days=32),
    timedelta(days=367),
)
_MOST = 4000  # more than there are in the shortest stretch with any


def check_schedule(home: Home) -> None:
    """Raises `HomeError` where the schedule is no cron or its time zone is unknown."""
    if home.schedule_timezone not in available_timezones():
        raise HomeError(
            f"{home.root / FILE}: schedule_timezone is {home.schedule_timezone!r}, which is no time zone; "
            "write one such as UTC or Europe/London."
        )
    if home.schedule:
        _times(home, datetime.now(UTC), 1)


def next_time(home: Home, now: datetime) -> datetime | None:
    """When the next batch begins by the schedule, in its time zone; None without a schedule."""
    if not home.schedule:
        return None
    return next((t for t in _times(home, now, 2) if t > now), None)


def last_time(home: Home, now: datetime) -> datetime | None:
    """When a batch was due last by the schedule; None without one, or where that is more than a year ago."""
    if not home.schedule:
        return None
    for back in _LOOK_BACK:
        found = [t for t in _times(home, now - back, _MOST, now) if t <= now]
        if found:
            return found[-1]
    return None


def missed(home: Home, last_run: str, now: datetime, since: datetime | None = None) -> datetime | None:
    """The time at which a batch was due and none began, since nothing served then; None where none was
    missed. `last_run`: when the last one ended, in UTC. Where none ever ran only a time after `since` counts,
    which is when serving began: Prefect plans only what comes after it is told."""
    due, after = last_time(home, now), datetime.fromisoformat(last_run) if last_run else since
    return due if due is not None and after is not None and after < due else None


def said(time: datetime) -> str:
    """A time as people read it, with its zone."""
    return time.strftime("%a %d %b %Y %H:%M %Z")


def _times(home: Home, start: datetime, count: int, end: datetime | None = None) -> list[datetime]:
    from prefect.server.schemas.schedules import CronSchedule

    try:
        schedule = CronSchedule(cron=home.schedule, timezone=home.schedule_timezone)
        times = asyncio.run(schedule.get_dates(count, start=start, end=end))
    except ValueError as error:
        raise HomeError(
            f"{home.root / FILE}: schedule is {home.schedule!r}, which is no cron; write minute, hour, day, "
            "month and weekday, such as '0 2 * * *' for two o'clock every night."
        ) from error
    zone = ZoneInfo(home.schedule_timezone)
    return [datetime.fromtimestamp(t.timestamp(), zone) for t in times]
