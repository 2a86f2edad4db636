"""The log of what the program does, for who runs it: JSON lines in the home, of ids and counts alone.

Text of reports, names of files, of groups and of people cannot get in: `EVENTS` says which events there are
and what kind of value each of their fields has; a value of another kind is left out. There is no free text.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ctg_nlp.clock import utc_now
from ctg_nlp.log_file import LogFile
from ctg_nlp.records import REFUSALS, VerdictKind

if TYPE_CHECKING:
    from ctg_nlp.settings import Home

LEVELS = ("debug", "info", "warning", "error", "none")
"""From all to nothing; the setting `log_level` is one of them."""
STDERR = "CTG_LOG"
"""With this variable of the environment set to `stderr` lines go there too."""
Kind = Callable[[Any], Any]
Note = Callable[..., None]
"""What takes an event by its name and its fields, as `Log.note` does."""


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int) else None


def _seconds(value: Any) -> float | None:
    return round(float(value), 3) if isinstance(value, int | float) else None


def _shaped(pattern: str, most: int = 200) -> Kind:
    shape = re.compile(pattern)
    return lambda value: value[:most] if isinstance(value, str) and shape.fullmatch(value) else None


def _one_of(*known: str) -> Kind:
    return lambda value: str(value) if isinstance(value, str) and str(value) in known else None


def _error(value: Any) -> str | None:
    """The kind of an exception: its message may quote anything."""
    return type(value).__name__ if isinstance(value, BaseException) else None


def _place(value: Any) -> str | None:
    """Where in the program an exception was raised."""
    trace = value.__traceback__ if isinstance(value, BaseException) else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else None


_report = _shaped(r"[0-9a-f]{64}", 12)
_run = _shaped(r"[0-9a-f]{32}")
_model = _shaped(r"[a-z]+-[0-9]+\+[0-9a-f]{8}")
_route = _shaped(r"/[A-Za-z0-9_{}:/.-]*|none")
_word = _shaped(r"[a-z]{2,20}")
_what = _one_of("batch", "training")
_part = _one_of("Prefect server", "runner of the schedule", "review page")
_ended = _one_of("finished", "incomplete", "refused", "broken")
_method = _one_of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other")
_REQUEST = {"method": _method, "route": _route, "status": _count, "ms": _seconds}
_FAULT = {"error": _error, "place": _place}


@dataclass(frozen=True, slots=True)
class Event:
    """One event that there is: its level, its fields with the kind of each, and what it means."""

    level: str
    fields: Mapping[str, Kind]
    meaning: str


EVENTS: Mapping[str, Event] = MappingProxyType(
    {
        "batch began": Event(
            "info",
            {"work": _count, "known": _count, "copies": _count, "unreadable": _count},
            "A run planned its work: files to read, read before, copies, and files that cannot be opened.",
        ),
        "source read": Event(
            "info",
            {"fetched": _count, "failed": _count, "seconds": _seconds},
            "A run looked for new files at the address of submitted files, before it planned.",
        ),
        "report read": Event(
            "info",
            {
                "report": _report, "verdict": _one_of(*VerdictKind), "cause": _one_of(*REFUSALS),
                "pages": _count, "suggested": _count, "seconds": _seconds,
            },
            "One report is stored, with its verdict.",
        ),
        "report failed": Event(
            "error", {"report": _report, **_FAULT}, "A defect or a disk cost this report; the next run tries."
        ),
        "batch ended": Event(
            "info",
            {"run": _run, "read": _count, "failed": _count, "suggested": _count, "seconds": _seconds},
            "A run came to its end.",
        ),
        "run taken over": Event("warning", {"what": _what}, "A run before had ended without notice."),
        "training ended": Event(
            "info",
            {"model": _model, "proposes": _count, "reports": _count, "seconds": _seconds},
            "A model was trained; whether it proposes from now on.",
        ),
        "tables rebuilt": Event(
            "info", {"files": _count, "seconds": _seconds}, "Tables and exports were written to data/coded."
        ),
        "notice": Event(
            "info",
            {
                "ended": _ended, "run": _run, "read": _count, "failed": _count,
                "without_decisions": _count, "conflicts": _count, "sent": _count,
            },
            "What a scheduled run came to, and whether a webhook took it.",
        ),
        "notice not delivered": Event("warning", {"run": _run}, "The webhook did not take it."),
        "files arrived": Event("info", {}, "New files are whole; a batch begins."),
        "serve began": Event("info", {"parts": _count}, "`ctg serve` started its parts."),
        "serve ended": Event("info", {}, "`ctg serve` stopped all."),
        "part began": Event("info", {"part": _part}, "A part of `ctg serve` runs."),
        "part died": Event(
            "error", {"part": _part, "code": _count, "wait": _seconds},
            "A part ended by itself and begins again."
        ),
        "review page began": Event("info", {"users": _count, "tls": _count}, "The page is served."),
        "review page ended": Event("info", {}, "The page is closed."),
        "request": Event("debug", _REQUEST, "One request was answered."),
        "request failed": Event(
            "error", {"method": _method, "route": _route, **_FAULT}, "A defect; nothing was stored."
        ),
        "command failed": Event(
            "error", {"command": _word, "code": _count, **_FAULT}, "A command ended with an error."
        ),
        "backup made": Event(
            "info", {"files": _count, "rows": _count, "bytes": _count, "left_out": _count},
            "A backup is whole."
        ),
        "report erased": Event("info", {"report": _report, "decisions": _count}, "A tombstone remains."),
        "retention": Event(
            "info",
            {"withdrawn": _count, "exports": _count, "logs": _count, "backups": _count},
            "What was past its time was erased.",
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Log:
    """Where events of one home go. Writing never fails: work is not to stop for want of a log."""

    file: LogFile
    level: str = "info"
    to_stderr: bool = False
    clock: Callable[[], str] = field(default=utc_now, repr=False)

    def note(self, event: str, **values: Any) -> None:
        """Write an event of `EVENTS` with the values of its fields. Raises `KeyError` for an unknown one."""
        known = EVENTS[event]
        if LEVELS.index(known.level) < LEVELS.index(self.level):
            return
        line = line_of(event, known, values, self.clock())
        with suppress(OSError):
            self.file.write(line)
        if self.to_stderr:
            with suppress(OSError, ValueError):
                print(line, file=sys.stderr, flush=True)  # noqa: T201


def line_of(event: str, known: Event, values: Mapping[str, Any], now: str) -> str:
    """The line of an event; what is not of its field's kind, or of no field, is left out."""
    said = {name: kind(values[name]) for name, kind in known.fields.items() if name in values}
    told = {name: value for name, value in said.items() if value is not None}
    head = {"time": now, "level": known.level, "event": event, "process": os.getpid()}
    return json.dumps({**head, **told}, ensure_ascii=True, separators=(",", ":"))


def log_of(home: Home) -> Log:
    """The log of a home, as its settings have it."""
    file = LogFile(home.logs, home.log_mb * 1_000_000, home.log_files)
    return Log(file, home.log_level, os.environ.get(STDERR) == "stderr")
