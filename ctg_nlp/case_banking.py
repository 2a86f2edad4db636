"""Quotations that are taken on the page of a case: they go into the bank too and wait there to be cleared."""

from __future__ import annotations

from ctg_nlp.banking import checked_role, put_in_bank
from ctg_nlp.case_study import speaker_of
from ctg_nlp.casework import take_within
from ctg_nlp.framework import Framework
from ctg_nlp.quotations import place_of
from ctg_nlp.records import BankedQuote, CaseQuote, Span
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store


def quote_in_case(
    store: Store, framework: Framework, group_id: str, report_id: str, place: Span, speaker: str, *,
    now: str, who: str,
) -> tuple[CaseQuote, BankedQuote]:  # fmt: skip
    """Make a passage a quotation of a case and put it into the bank; both keep their numbers for the same
    passage. It is on no dimension there, and said by `speaker`, or else by the kind of its document.

    Raises `UnknownReport`, and `CtgError` for a place outside the text and a speaker that is no role.
    """
    with store.transaction() as db:
        if speaker:
            speaker = checked_role(db, speaker, report_id)  # also of a passage that the bank has already
        taken = take_within(db, group_id, report_id, place, speaker, now=now, who=who)
        report = report_store.report(db, report_id)
        role = speaker_of(speaker, report.kind if report else None)
        banked = put_in_bank(db, framework, place_of(taken), "", None, now=now, who=who, role=role)
        return taken, banked
