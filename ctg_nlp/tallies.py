"""Keeping true to decisions and suggestions what the store derives from them: a report's tally for the queue,
and its coded row for the tables. Composition of `review` and `store`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import framework_text
from ctg_nlp.records import Decision, Tally
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.review.queue import tally
from ctg_nlp.review.resolution import resolve
from ctg_nlp.settings import Home
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store

_SLICE = 200  # reports to a transaction, so that others can write in between


def retally(db: Connection, framework: Framework, report_id: str) -> Tally:
    """Count anew what is left to do in a report and what its decisions come to, and store both."""
    report_store.lock_report(db, report_id)  # else two coders at once would each miss what the other said
    standing = tuple(decision_store.decisions(db, [report_id]))
    model_id = suggestion_store.last_model(db, framework.framework_id, report_id) or ""
    return put_tally(db, framework, report_id, standing, model_id)


def put_tally(
    db: Connection, framework: Framework, report_id: str, standing: Sequence[Decision], model_id: str
) -> Tally:
    """The same where the report is locked and the decisions that stand, read since, are at hand; so is the
    model that proposed last."""
    coded, counted = reckoned(db, framework, report_id, standing, model_id)
    coded_store.put_coded(db, report_id, framework.framework_id, *coded)
    queue_store.put_tally(db, counted)
    return counted


def reckoned(
    db: Connection, framework: Framework, report_id: str, standing: Sequence[Decision], model_id: str
) -> tuple[coded_store.Row, Tally]:
    """What the decisions that stand come to, and the tally, without storing either."""
    records = resolve(standing, framework)
    counted = tally(
        report_id,
        framework,
        records,
        queue_store.scores(db, report_id, model_id, framework.framework_id),
        model_id=model_id,
        decided_at=max((d.time for d in standing), default=""),
    )
    return (states_of(framework, records), values_of(framework, records)), counted


def refresh(
    store: Store, framework: Framework, progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Tally the reports that have no tally under this framework: after an upgrade of the database, or where
    the framework is new. Returns how many those were."""
    with store.reading() as db:
        missing = queue_store.without_tally(db, framework.framework_id)
    for start in range(0, len(missing), _SLICE):
        progress(start, len(missing))
        with store.transaction() as db:
            _retally_all(db, framework, missing[start : start + _SLICE])
    return len(missing)


def _retally_all(db: Connection, framework: Framework, report_ids: Sequence[str]) -> None:
    """As `retally`, with the decisions on all of these read at once, for what was undone is looked up anew
    each time."""
    standing: dict[str, list[Decision]] = {report_id: [] for report_id in report_ids}
    for report_id in sorted(report_ids):  # in one order, so that two who do this wait for each other
        report_store.lock_report(db, report_id)
    for d in decision_store.decisions(db, report_ids):
        standing[d.report_id].append(d)
    for report_id, decisions in standing.items():
        model_id = suggestion_store.last_model(db, framework.framework_id, report_id) or ""
        put_tally(db, framework, report_id, decisions, model_id)


def prepare(
    store: Store, home: Home, now: str, progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Make a store ready for reviewing: its framework is kept in it, and every report has a tally. Returns
    the number of reports that count."""
    framework = home.framework
    with store.transaction() as db:
        source = framework_text(home.framework_source)
        suggestion_store.put_framework(db, framework.framework_id, source, now)
    refresh(store, framework, progress)
    with store.reading() as db:
        return queue_store.left(db, framework.framework_id).reports
