"""A batch: what is new in the raw folder is registered, processed report by report, and settled.

Composition: Prefect (in `flows/`) and the plain run call the same functions.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection

from ctg_nlp import submissions as sub
from ctg_nlp.clock import SteadyClock
from ctg_nlp.cluster import Cluster, NotAtHand, WorkerLost, opened
from ctg_nlp.cluster_worker import sameness
from ctg_nlp.fetching import NOTHING, Fetched
from ctg_nlp.framework_file import framework_text
from ctg_nlp.intake.belonging import Belonging
from ctg_nlp.intake.extract import EXTRACTOR
from ctg_nlp.intake.register import kind_of, read_register
from ctg_nlp.processing import Order, Outcome, Processor, submission_of
from ctg_nlp.reaching import record_cut_offs
from ctg_nlp.reading_tools import tools_of
from ctg_nlp.records import Report, ReportKind
from ctg_nlp.settings import Home
from ctg_nlp.settling import settle_all
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import overview
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import runs as run_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.checking import latest_time
from ctg_nlp.store.database import Store
from ctg_nlp.store.run_lock import HeldStore

Clock = Callable[[], str]


class Batch:
    """One run over the raw folder, after what was `fetched` into it. Use as a context manager; `process` may
    be called from several threads.

    Raises `HomeError`, `RegisterError`, `StoreError` or `ModelError` on entry, before anything is changed;
    with Dask `MissingTool` and `Unreachable` too.
    """

    def __init__(self, home: Home, store: Store, raw: Path, clock: Clock, *, retry: bool = False,
                 verify: bool = False, fetched: Fetched = NOTHING) -> None:  # fmt: skip
        self.home, self.store, self.fetched = home, store, fetched
        self.groups = read_register(home.register) if home.register.is_file() else ()
        self.belonging = Belonging(self.groups)
        tools = tools_of(home)
        with store.reading() as db:
            self.clock = SteadyClock(clock, latest_time(db))
        self.processor = Processor(home, store, tools, self.clock)
        self.log = self.processor.log
        means = sub.Means(
            extractor=EXTRACTOR,
            ocr=tools.ocr.enabled,
            passwords=bool(tools.passwords),
            word=tools.word,
            retry=retry,
        )
        with store.reading() as db:
            found = sub.scan(home.root, raw, overview.seen_files(db), verify=verify)
            progress = self._progress(db)
        found = replace(
            found,
            unreadable=found.unreadable + fetched.failed,
            passed_over=found.passed_over + fetched.passed_over,
        )
        self.plan = sub.plan(found, progress, means)
        self._moved = tuple(f for f in self.plan.known if self._has_moved(f, progress.reports[f.sha256]))
        self._stack = ExitStack()
        self._here = threading.Semaphore(home.workers)
        self._cluster: Cluster | None = None

    def _progress(self, db: Connection) -> sub.Progress:
        return sub.Progress(
            reports={r.report_id: r for r in overview.outlines(db)},
            erased=decision_store.erased(db),
            proposed=suggestion_store.proposed(db, self.model_id, self.framework_id),
            next_sequence=report_store.next_sequence(db),
            begun=run_store.begun(db),
        )

    @property
    def model_id(self) -> str:
        """What proposes the codes."""
        return self.processor.model_id

    @property
    def framework_id(self) -> str:
        """The framework they are of."""
        return self.processor.framework_id

    def __enter__(self) -> Batch:
        with ExitStack() as begun:  # where it cannot begin, nothing of it stays open
            begun.callback(self.processor.close)
            if self.home.dask and self.plan.work:
                owner = self.store.owner if isinstance(self.store, HeldStore) else ""
                self._cluster = begun.enter_context(opened(self.home, owner, sameness(self.processor)))
            begun.callback(gc.unfreeze)
            self._begin()
            self._stack = begun.pop_all()
        return self

    def _begin(self) -> None:
        with self.store.transaction() as db:
            source = framework_text(self.home.framework_source)
            suggestion_store.put_framework(db, self.framework_id, source, self.clock())
            if report_store.groups(db) != self.groups:
                report_store.put_groups(db, self.groups)
            self._remember(db)
            run_store.put_begun(db, self.clock(), self._new_places())
            before = suggestion_store.last_model(db, self.framework_id)
        gc.freeze()  # looking again and again for garbage in what stays took a fifth of the time
        if self.plan.work and before not in (None, self.model_id):
            record_cut_offs(self.store, self.home, now=self.clock(), who="the batch")
        plan = self.plan
        self.log.note(
            "batch began",
            work=len(plan.work),
            known=len(plan.known),
            copies=len(plan.copies),
            unreadable=len(plan.unreadable),
        )

    def _new_places(self) -> dict[str, int]:
        return {w.submitted.sha256: w.sequence for w in self.plan.work if w.before is None}

    def end(self, db: Connection) -> None:
        """Note that all of this batch was read: what it kept for the case that it is cut off may go."""
        begun = set(run_store.begun(db))
        if begun:
            settled = overview.known_among(db, begun)
            gone = begun - {w.submitted.sha256 for w in self.plan.work}
            run_store.end_begun(db, settled | gone)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _remember(self, db: Connection) -> None:
        """Note the files that need no reading: copies, and reports under a new name or group."""
        again = [f for f in self.plan.known if not f.noted]
        for file in (*(f for f, _ in self.plan.copies if not f.noted), *again):
            report_store.put_submission(db, submission_of(file, self.clock()))
        reports = {r.report_id: r for r in report_store.reports(db, [f.sha256 for f in self._moved])}
        for file in self._moved:
            group, kind = self._placing(file)
            placed = replace(
                reports[file.sha256], path=file.path, name=file.name, group_id=group, kind=kind, settled=False
            )
            report_store.put_report(db, placed)

    def _has_moved(self, file: sub.Submitted, report: Report) -> bool:
        """Whether a report that was read before has another name, path, group or kind by now."""
        said = (report.path, report.name, report.group_id, report.kind)
        return said != (file.path, file.name, *self._placing(file))

    def _placing(self, file: sub.Submitted) -> tuple[str | None, ReportKind]:
        group = self.belonging.group_of(file.folder_path)
        listed = self.belonging.is_listed(file.folder_path, group)
        return group, ReportKind.FINAL if listed else kind_of(file.name)

    def process(self, work: sub.Work) -> Outcome:
        """Have one report read, its codes proposed and all of it stored in one transaction, here or by a
        worker of the cluster. Raises as `Processor.process` does, and `Unreachable`."""
        order = Order(work, *self._placing(work.submitted))
        if self._cluster is None or not self._cluster.takes(order):
            return self._process_here(order)
        try:
            return self._cluster.process(order, with_file=self.processor.has_to_read(order))
        except WorkerLost as lost:
            return self.processor.failed(order, str(lost))
        except NotAtHand:  # what that means is told in one place
            return self._process_here(order)

    def _process_here(self, order: Order) -> Outcome:
        with self._here:  # of many that are under way at a cluster, some may come here at once
            return self.processor.process(order)

    def stop_workers(self) -> None:
        """Have the workers of a cluster leave what they were given; nothing else is ended yet."""
        if self._cluster is not None:
            self._cluster.close()

    def warnings(self) -> tuple[tuple[str, str], ...]:
        """What people should know of how the raters did, as (what, why)."""
        of_workers = self._cluster.warnings() if self._cluster is not None else ()
        return tuple(dict.fromkeys((*self.processor.warnings(), *of_workers)))

    def settle(self) -> tuple[Report, ...]:
        """Say which reports are copies or revisions and which count; returns those settled now."""
        return settle_all(self.store, self.belonging)
