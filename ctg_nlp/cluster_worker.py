"""What runs on a worker of a Dask cluster: the way of one report, with what this process keeps for it.

A worker needs this package and the home at the same path: the same folder, or a copy of its settings,
framework, passwords and models. It writes into the store itself in the name of the run that holds the lock,
and no more as soon as that has lost it.
"""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from ctg_nlp.clock import SteadyClock, utc_now
from ctg_nlp.errors import CtgError, RunIncomplete, Unreachable
from ctg_nlp.processing import STOPPED, Order, Outcome, Processor
from ctg_nlp.reading_tools import tools_of
from ctg_nlp.run_lock import is_there
from ctg_nlp.settings import open_home
from ctg_nlp.store import run_lock as lock_store
from ctg_nlp.store.checking import latest_time
from ctg_nlp.store.database import open_store
from ctg_nlp.store.run_lock import HeldStore

Sameness = tuple[tuple[str, str], ...]
"""What a run and its workers must have in common: what, and which."""
_OURS = "ctg-worker-"
"""How folders begin in which workers keep what was sent to them, while they read it."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One order for a worker: of which home and run (the owner of its lock; empty for none), what must be the
    same there, and the content of the file where the worker cannot open it.

    Dask writes what it has trouble with into its log: that must not tell a name, nor a word of a report.
    """

    report: str
    home: str = field(repr=False)
    owner: str = field(repr=False)
    same: Sameness = field(repr=False)
    order: Order = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an errand, or the error that is to be raised for it; `warnings` of this worker's raters so
    far, and which worker this is."""

    outcome: Outcome | None
    error: CtgError | None
    warnings: tuple[tuple[str, str], ...]
    worker: str


@dataclass(slots=True)
class _Kept:
    """A run's processor on this worker, what closes it, and how many reports are with it now."""

    processor: Processor
    stack: ExitStack
    busy: int = 0


_TURN = threading.Lock()
_KEPT: dict[tuple[str, str], _Kept] = {}
"""Processors by home and run: loading one takes seconds."""
_ENDED: set[str] = set()
"""Runs that told this worker that they ended; what of them comes late is left."""


def sameness(processor: Processor) -> Sameness:
    """What decides how reports are read and codes proposed, in words and values that can be compared."""
    tools = processor.tools
    passwords = hashlib.sha256("\0".join(tools.passwords).encode()).hexdigest()
    return (
        ("version of ctg_nlp", version("ctg_nlp")),
        ("model", processor.model_id),
        ("framework", processor.framework_id),
        ("reader (with +ocr where there is Tesseract)", tools.extractor),
        ("settings of Tesseract", repr(tools.ocr)),
        ("limits for a report", repr(processor.limits)),
        ("list of passwords", passwords),
    )


def run_errand(errand: Errand) -> Answer:
    """Process one report on this worker.

    Errors for people come back in the answer, as `Processor.process` raises them, and `Unreachable` where
    this worker cannot work for that run: what is raised here Dask writes into its log.
    """
    outcome: Outcome | None = None
    error: CtgError | None = None
    warnings: tuple[tuple[str, str], ...] = ()
    try:
        with _processor(errand) as processor, _at_hand(errand) as order:
            outcome = processor.process(order)
            warnings = processor.warnings()
    except CtgError as told:
        error = told
    return Answer(outcome, error, warnings, f"{socket.gethostname()}:{os.getpid()}")


def forget(owner: str) -> None:
    """End what this worker kept for a run, its readers too, and take nothing of it any more."""
    if owner:
        _ENDED.add(owner)
    for key in [k for k in _KEPT if k[1] == owner]:
        _drop(key)


def _drop(key: tuple[str, str]) -> None:
    kept = _KEPT.pop(key, None)
    if kept is not None:
        kept.stack.close()
        gc.unfreeze()


@contextmanager
def _processor(errand: Errand) -> Iterator[Processor]:
    """The processor for an errand, which stays for the next one of that run."""
    key = (errand.home, errand.owner)
    with _TURN:
        if errand.owner in _ENDED:
            raise RunIncomplete(STOPPED)
        if key not in _KEPT:
            for other in [k for k, kept in _KEPT.items() if not kept.busy]:
                _drop(other)  # each takes hundreds of megabytes
            _clear_after_the_dead()
            made = _made(errand)
            if errand.owner in _ENDED:  # meanwhile
                made.stack.close()
                raise RunIncomplete(STOPPED)
            gc.freeze()  # looking again and again for garbage in what stays took a fifth of the time
            _KEPT[key] = made
        kept = _KEPT[key]
        kept.busy += 1
    try:
        yield kept.processor
    finally:
        with _TURN:
            kept.busy -= 1


def _made(errand: Errand) -> _Kept:
    try:
        with ExitStack() as stack:
            home = open_home(Path(errand.home))
            store = open_store(home.database)
            stack.callback(store.close)
            with store.reading() as db:
                held = lock_store.holder(db)
                clock = SteadyClock(utc_now, latest_time(db))
            if errand.owner and (held is None or held.owner != errand.owner):
                raise Unreachable(
                    "the database that its ctg.toml names knows nothing of this run. It must be the same one."
                )
            if errand.owner:
                store = HeldStore(store, errand.owner)
            processor = Processor(home, store, tools_of(home), clock)
            stack.callback(processor.close)
            _compare(errand, dict(sameness(processor)))
            return _Kept(processor, stack.pop_all())
    except CtgError as error:
        raise Unreachable(f"The worker on {socket.gethostname()} cannot take part: {error}") from error


def _compare(errand: Errand, there: dict[str, str]) -> None:
    for what, here in errand.same:
        if there.get(what) != here:
            shown = "" if "password" in what else f" ({there.get(what)} instead of {here})"
            raise Unreachable(
                f"its {what} is another than the run's{shown}. Give it the same home {errand.home}, the same "
                "version of ctg_nlp, and the same system packages."
            )


@contextmanager
def _at_hand(errand: Errand) -> Iterator[Order]:
    """The order with a file that can be opened here; what was sent along is gone afterwards."""
    if errand.content is None:
        yield errand.order
        return
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{_OURS}{os.getpid()}-"))
            submitted = errand.order.work.submitted
            file = Path(folder) / f"report{submitted.file.suffix[:10]}"  # for its owner alone
            file.write_bytes(errand.content)
        except OSError as error:
            raise Unreachable(
                f"The worker on {socket.gethostname()} cannot keep what is sent to it: {error.strerror}."
            ) from error
        work = replace(errand.order.work, submitted=replace(submitted, file=file))
        yield replace(errand.order, work=work)


def _clear_after_the_dead() -> None:
    """Delete what was sent to workers of this machine that were killed: reports are confidential."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_OURS}*-*"):
        process = folder.name.removeprefix(_OURS).split("-")[0]
        if os.name == "posix" and process.isdigit() and not is_there(int(process)):
            shutil.rmtree(folder, ignore_errors=True)  # another user's stays
