"""The batch without Prefect: the same work, in the same order of settling, by the same functions."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path

from ctg_nlp.fetching import fetch
from ctg_nlp.learning import retrain_if_due
from ctg_nlp.pipeline import Batch, Clock
from ctg_nlp.processing import Outcome
from ctg_nlp.run_lock import running
from ctg_nlp.settings import Home
from ctg_nlp.store.database import open_store
from ctg_nlp.summary import Summary, finish

Progress = Callable[[int, int], None]


def run_plain(
    home: Home,
    raw: Path,
    *,
    run_id: str,
    clock: Clock,
    retry: bool = False,
    verify: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Read all new submissions; returns the summary, which is also kept in the store.

    Raises `AlreadyRunning` where another run is under way, of this program or elsewhere.
    """
    store = open_store(home.database, create=True)
    try:
        with running(store, "batch", clock) as run:
            started, started_at = time.perf_counter(), clock()
            learned = retrain_if_due(run.store, home, now=clock())
            fetched = fetch(run.store, home, raw, verify=verify)
            with Batch(home, run.store, raw, clock, retry=retry, verify=verify, fetched=fetched) as batch:
                outcomes = read_all(batch, progress)
                seconds = time.perf_counter() - started
                return finish(batch, outcomes, run_id, started_at, seconds, learned, run.took_over)
    finally:
        store.close()


def read_all(batch: Batch, progress: Progress | None) -> list[Outcome]:
    """Process all that a batch plans, never more than a slice of it at once. Returns what became of each."""
    outcomes: list[Outcome] = []
    pool = ThreadPoolExecutor(max_workers=batch.home.at_once)
    waiting, under_way = iter(batch.plan.work), set[Future[Outcome]]()
    try:
        while True:  # never more than a slice under way, so that memory does not grow with the batch
            for work in islice(waiting, batch.home.slice - len(under_way)):
                under_way.add(pool.submit(batch.process, work))
            if not under_way:
                return outcomes
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            outcomes += [future.result() for future in done]
            if progress is not None:
                progress(len(outcomes), len(batch.plan.work))
    except BaseException:  # interrupted, too: the pool waits for its threads, and they for the workers
        batch.stop_workers()
        raise
    finally:
        pool.shutdown(cancel_futures=True)  # interrupted, only what has begun is waited for
