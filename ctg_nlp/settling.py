"""After the reading: which reports are copies or revisions, and which count.

Composition of intake and store.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from ctg_nlp.intake.belonging import Belonging
from ctg_nlp.intake.register import is_doubtful
from ctg_nlp.intake.settle import Neighbourhood, settle, superseded
from ctg_nlp.records import Report
from ctg_nlp.store import overview
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store

_SETTLED_AT_ONCE = 50  # reports to a transaction, so that others can write in between


def settle_all(store: Store, belonging: Belonging) -> tuple[Report, ...]:
    """Say which reports are copies or revisions and which count, in the order of arrival.

    Returns the reports that were settled now, without what their texts are compared by.
    """
    done: list[Report] = []
    with store.reading() as db:
        waiting = overview.unsettled(db)
    for start in range(0, len(waiting), _SETTLED_AT_ONCE):
        some = waiting[start : start + _SETTLED_AT_ONCE]
        with store.transaction() as db:
            for report in report_store.reports(db, some):
                done.append(replace(_settle_one(db, report, belonging), signature=b""))
    return tuple(done)


def _settle_one(db: Connection, report: Report, belonging: Belonging) -> Report:
    if report.chosen:
        settled = replace(report, settled=True)
    else:
        alike = report_store.share_a_band(db, report.report_id)
        of_group = report_store.reports_of_group(db, report.group_id) if report.group_id else ()
        around = Neighbourhood(
            of_group=of_group,
            similar=report_store.reports(db, alike),
            listed=belonging.is_listed(report.path, report.group_id),
            register=belonging.any,
            doubtful=frozenset(r.report_id for r in (*of_group, report) if _is_doubtful(r, belonging)),
        )
        settled = settle(report, around)
        if settled.counted:  # the register's own file, or one that is no notes, takes the place of another
            for other in (r for r in of_group if r.counted and r.report_id != report.report_id):
                if around.gives_way(other, report) and not other.chosen:
                    report_store.put_report(db, superseded(other, report))
    report_store.put_report(db, settled)
    return settled


def _is_doubtful(report: Report, belonging: Belonging) -> bool:
    """Whether a report may be notes by its name, and nobody, nor the register, said that it counts."""
    return (
        is_doubtful(report.name)
        and not report.chosen
        and not belonging.is_listed(report.path, report.group_id)
    )
