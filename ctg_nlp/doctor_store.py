"""What the doctor looks at in the store: rows, the audit log, models, and what is derived from decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ctg_nlp.doctor_files import Finding
from ctg_nlp.errors import CtgError, FrameworkError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_examples
from ctg_nlp.kept_frameworks import kept_framework
from ctg_nlp.learning import unfinished_models
from ctg_nlp.settings import Home
from ctg_nlp.store import checking, log_checking, overview
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import models as model_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import runs as run_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.audit_log import append, walk
from ctg_nlp.store.database import Store
from ctg_nlp.tallies import reckoned, retally

_SLICE = 100  # reports to a transaction, so that others can write in between
_TAMPERED = (
    "Compare with the heads that you kept (ctg audit verify --head), find the last backup that is whole, "
    "and ask who could write to the database."
)
_COUNT_ANEW = (
    "If it is not known why, compare the decisions on these reports with the last backup first: somebody may "
    "have changed some in the database. Then count anew: ctg doctor --mend"
)
_AHEAD = timedelta(minutes=5)  # clocks of two machines may differ by so much


def look_at_rows(store: Store, home: Home, now: str) -> Iterator[Finding]:
    """Runs that were cut off, what counts twice, frameworks whose text is gone or was changed, the clock."""
    with store.reading() as db:
        waiting = len(overview.unsettled(db))
        if waiting or run_store.begun(db):
            what = f"A run was cut off; reports that are read but not settled: {waiting}."
            yield Finding("reports", what, "Run it again, which goes on where it was: ctg run")
        for group, count in checking.counted_twice(db):
            yield Finding(
                "reports",
                f"{count} reports of the group {group} count.",
                "Say which does: ctg reports use REPORT",
            )
        yield from _frameworks(db, home)
        latest = checking.latest_time(db)
    if latest and datetime.fromisoformat(latest) > datetime.fromisoformat(now) + _AHEAD:
        yield Finding(
            "clock",
            f"The database holds things of {latest[:19]}, and this machine says it is {now[:19]} (UTC).",
            "Set the clock of this machine. Nothing in the database need be changed: what counts is the "
            "order in which things were stored, not their time.",
        )


def _frameworks(db: Connection, home: Home) -> Iterator[Finding]:
    for table, unknown in checking.unknown_frameworks(db):
        what = f"Rows of {table} are of {unknown}, whose text is not in the database."
        cure = (
            f"Run once with that version of the framework (`version` in its file): ctg run; it is {unknown}."
        )
        yield Finding("framework", what, cure)
    for known in suggestion_store.framework_ids(db):
        cure = "Restore it from a backup, or open what was made under it with the ctg_nlp that kept it."
        try:
            kept = kept_framework(db, known)
        except CtgError as error:
            yield Finding("framework", f"The kept text of {known} cannot be read: {error}", cure)
            continue
        if known != kept.framework_id:
            yield Finding("framework", f"The kept text of {known} was changed in the database.", cure)
    try:
        load_examples(home.framework_source, home.framework)
    except FrameworkError as error:
        yield Finding("framework", str(error), "Put its examples back from a backup, beside the framework.")


def look_at_log(store: Store) -> Iterator[Finding]:
    """Whether the log is whole, and tells of what is there."""
    with store.reading() as db:
        for what in _wrong_in_log(db):
            yield Finding("audit log", what, _TAMPERED)


def _wrong_in_log(db: Connection) -> Iterator[str]:
    walked = walk(db)
    if walked.broken_at is not None:
        yield f"It is broken at entry {walked.broken_at}: {walked.why}."
    for sequence, what, subject in log_checking.told_but_gone(db):
        yield f"Entry {sequence} tells of “{what}” of {subject[:12]}, which the database does not hold."
    untold: dict[str, list[str]] = {}
    for what, of in log_checking.there_but_untold(db):
        untold.setdefault(what, []).append(of)
    for what, ids in untold.items():
        yield f"No entry tells of {len(ids)} “{what}” that the database holds, as of {ids[0][:36]}."
    for told, held in log_checking.told_otherwise(db):
        same = held == told.decisions
        now = "what they say was changed since" if same else f"the database holds {held}"
        yield f"Entry {told.sequence} tells of {told.decisions} decisions of {told.of[:36]}; {now}."
    loose = log_checking.belonging_to_nothing(db)
    if loose:
        yield f"{loose} decisions are of no import and of nothing that a coder did."


def look_at_models(store: Store, home: Home) -> Iterator[Finding]:
    """Whether models that may propose are as they were made, and trainings that were cut off."""
    from ctg_nlp.suggest import model_files  # here: it loads scikit-learn

    with store.reading() as db:
        known = {e.model_id: e for e in model_store.events(db)}
        proposes = model_store.champion(db, home.framework.framework_id)
    for model_id, event in known.items():
        if event.state == model_store.RETIRED:
            continue
        try:
            if model_id == proposes:
                model_files.load(home.models / model_id, home.framework.framework_id)
            else:
                model_files.out_of_fold(home.models / model_id)
        except CtgError as error:
            cure = f"Put models/{model_id} back from a backup, or train anew: ctg train"
            yield Finding("models", str(error), f"{cure}; until then: ctg models retire {model_id}")
    for model_id in unfinished_models(home, known):
        what = f"The training of {model_id} was cut off: its files are there, but it was never noted."
        cure = f"Train once more, which takes it up: ctg train; if it stays, delete models/{model_id}"
        yield Finding("models", what, cure)


def look_at_derived(store: Store, home: Home, now: str, who: str, mend: bool) -> Iterator[Finding]:
    """Whether tallies and coded rows are what decisions and suggestions come to. What is mended is noted in
    the audit log: the difference may be all that tells of a decision that was changed."""
    framework = home.framework
    with store.reading() as db:
        ids = [r.report_id for r in report_store.named(db, withdrawn=True)]
    wrong: list[str] = []
    for start in range(0, len(ids), _SLICE):
        with store.reading() as db:
            wrong += _wrong(db, framework, ids[start : start + _SLICE])
    if not wrong:
        return
    for report_id in wrong if mend else ():
        with store.transaction() as db:
            retally(db, framework, report_id)
            append(db, now, who, "counted anew", report_id)
    what = (
        f"What is counted of {len(wrong)} reports ({', '.join(r[:12] for r in wrong[:5])}) is not what their "
    )
    cure = "It was counted anew, which the audit log notes." if mend else _COUNT_ANEW
    yield Finding("tables", f"{what}decisions come to.", cure, mended=mend)


def _wrong(db: Connection, framework: Framework, ids: Sequence[str]) -> Iterator[str]:
    """Reports whose rows are not what they should be; those without any are counted when needed."""
    coded = coded_store.coded_rows(db, framework.framework_id, ids)
    for report_id in ids:
        stored = queue_store.tally_of(db, report_id, framework.framework_id)
        if stored is None and report_id not in coded:
            continue
        standing = tuple(decision_store.decisions(db, [report_id]))
        model_id = suggestion_store.last_model(db, framework.framework_id, report_id) or ""
        if (coded.get(report_id), stored) != reckoned(db, framework, report_id, standing, model_id):
            yield report_id
