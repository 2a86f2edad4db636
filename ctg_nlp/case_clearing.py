"""Which quotations of case studies the bank lets print: there is one gate for all words of groups.
Composition over `store`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from ctg_nlp.case_study import BankedWords, CaseStudy
from ctg_nlp.cases import core_groups, printed_studies
from ctg_nlp.export.editions import Edition
from ctg_nlp.framework import Framework
from ctg_nlp.quotations import attribution, place_of, why_not
from ctg_nlp.quote_consent import NEVER_ASKED, consents
from ctg_nlp.store import cases as case_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.whereabouts import stands_at, where_now


def studies_for(
    db: Connection, framework: Framework, edition: Edition, groups: Sequence[str] = ()
) -> tuple[CaseStudy, ...]:
    """The case studies of all core groups, or of some, as an edition may print them: what leaves the house
    has the quotations that are cleared in the bank, with their text there, and no others.

    Raises `UnknownReport` for a group that is no core group.
    """
    asked = tuple(groups) or core_groups(db)
    banked = {(g, number): words for g in asked for number, words in banked_words(db, g).items()}
    return printed_studies(db, framework, asked, banked, internal=edition is Edition.INTERNAL)


def banked_words(db: Connection, group_id: str) -> dict[int, BankedWords]:
    """How the bank prints the quotations of a case, by their numbers there: those of the very place that a
    quotation of the bank has, wherever both stand now."""
    taken = {q.number: place_of(q) for q in case_store.quotes(db, group_id) if q.quote}
    of = {s.report_id for s in taken.values()}
    banked = [q for q in quote_store.quotations(db) if q.texts and q.source.report_id in of]
    places = where_now(db, [*taken.values(), *(q.source for q in banked)])
    by_place = {stands_at(places[q.source]): q for q in banked}
    reports = {r.report_id: r for r in report_store.reports(db, of)}
    given = consents(db, {r.group_id for r in reports.values() if r.group_id})
    found = {}
    for number, source in taken.items():
        quote, report = by_place.get(stands_at(places[source])), reports[source.report_id]
        if quote is not None:
            consent = given.get(report.group_id or "", NEVER_ASKED)
            said, kept_back = attribution(quote, consent), why_not(quote, report, consent)
            found[number] = BankedWords(quote.quote_id, quote.now.text, said, kept_back)
    return found
