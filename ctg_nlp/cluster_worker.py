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
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from ctg_nlp.clock import SteadyClock, utc_now
from ctg_nlp.errors import CtgError, RunIncomplete, Unreachable
from ctg_nlp.processing import Order, Outcome, Processor, tools_of
from ctg_nlp.run_lock import is_there
from ctg_nlp.settings import open_home
from ctg_nlp.store import run_lock as lock_store
from ctg_nlp.store.checking import latest_time
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.store.run_lock import HeldStore

Sameness = tuple[tuple[str, str], ...]
"""What a run and its workers must have in common: what, and which."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One order for a worker: of which home and run (the owner of its lock; empty for none), what must be the
    same there, and the content of the file where the worker cannot open it."""

    home: str
    owner: str
    same: Sameness
    order: Order
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an errand; `warnings` of this worker's raters so far, and which worker this is."""

    outcome: Outcome
    warnings: tuple[tuple[str, str], ...]
    worker: str


@dataclass(frozen=True, slots=True)
class _Kept:
    key: tuple[str, str]
    processor: Processor
    store: Store


_TURN = threading.Lock()
_KEPT: list[_Kept] = []
"""The processor of the run that this worker works for, if any: loading it takes seconds."""
_ENDED: set[str] = set()
"""Runs that told this worker that they ended; what of them comes late is left."""


_OURS = "ctg-worker-"


def sameness(processor: Processor) -> Sameness:
    """What decides how reports are read and codes proposed, in words and values that can be compared."""
    home, tools = processor.home, processor.tools
    passwords = hashlib.sha256("\0".join(tools.passwords).encode()).hexdigest()
    return (
        ("version of ctg_nlp", version("ctg_nlp")),
        ("model", processor.model_id),
        ("framework", processor.framework_id),
        ("reader (with +ocr where there is Tesseract)", tools.extractor),
        ("settings of Tesseract", repr(tools.ocr)),
        ("limits for a report", repr(processor.limits)),
        ("setting language_model", f"{home.language_model} {home.language_model_name}".strip()),
        ("list of passwords", passwords),
    )


def run_errand(errand: Errand) -> Answer:
    """Process one report on this worker.

    Raises as `Processor.process` does, and `Unreachable` where this worker cannot work for that run.
    """
    with _TURN:
        if errand.owner in _ENDED:
            raise RunIncomplete("The run was stopped before this report was read.")
        processor = _processor(errand)
    with _at_hand(errand) as order:
        outcome = processor.process(order)
    return Answer(outcome, processor.warnings(), f"{socket.gethostname()}:{os.getpid()}")


def forget(owner: str) -> None:
    """End what this worker kept for a run, its readers too, and take nothing of it any more."""
    if owner:
        _ENDED.add(owner)
    for kept in [k for k in _KEPT if k.key[1] == owner]:
        kept.processor.close()
        kept.store.close()
        _KEPT.remove(kept)


def _processor(errand: Errand) -> Processor:
    key = (errand.home, errand.owner)
    for kept in _KEPT:
        if kept.key == key:
            return kept.processor
    for kept in tuple(_KEPT):
        forget(kept.key[1])  # a run at a time
    _clear_after_the_dead()
    try:
        kept = _made(errand, key)
    except CtgError as error:
        raise Unreachable(f"The worker on {socket.gethostname()} cannot take part: {error}") from error
    gc.freeze()  # looking again and again for garbage in what stays took a fifth of the time
    _KEPT.append(kept)
    return kept.processor


def _made(errand: Errand, key: tuple[str, str]) -> _Kept:
    home = open_home(Path(errand.home))
    store = open_store(home.database)
    with store.reading() as db:
        held = lock_store.holder(db)
        clock = SteadyClock(utc_now, latest_time(db))
    if errand.owner:
        if held is None or held.owner != errand.owner:
            store.close()
            raise Unreachable(
                "the database that its ctg.toml names knows nothing of this run. It must be the same one."
            )
        store = HeldStore(store, errand.owner)
    processor = Processor(home, store, tools_of(home), clock)
    there = dict(sameness(processor))
    for what, here in errand.same:
        if there.get(what) != here:
            store.close()
            shown = "" if "password" in what else f" ({there.get(what)} instead of {here})"
            raise Unreachable(
                f"its {what} is another than the run's{shown}. Give it the same home {errand.home}, the same "
                "version of ctg_nlp, and the same system packages."
            )
    return _Kept(key, processor, store)


@contextmanager
def _at_hand(errand: Errand) -> Iterator[Order]:
    """The order with a file that can be opened here; what was sent along is gone afterwards."""
    if errand.content is None:
        yield errand.order
        return
    with tempfile.TemporaryDirectory(prefix=f"{_OURS}{os.getpid()}-") as folder:  # for its owner alone
        submitted = errand.order.work.submitted
        file = Path(folder) / f"report{submitted.file.suffix[:10]}"
        file.write_bytes(errand.content)
        work = replace(errand.order.work, submitted=replace(submitted, file=file))
        yield replace(errand.order, work=work)


def _clear_after_the_dead() -> None:
    """Delete what was sent to workers of this machine that were killed: reports are confidential."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_OURS}*-*"):
        process = folder.name.removeprefix(_OURS).split("-")[0]
        if os.name == "posix" and process.isdigit() and not is_there(int(process)):
            shutil.rmtree(folder, ignore_errors=True)  # another user's stays
