"""What people do to case studies: choose core groups, write, quote, record consent. Composition over `store`.

Each is one transaction with an entry in the audit log, which never holds a text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from ctg_nlp.case_sections import sections_of
from ctg_nlp.case_text import MARK, without_words_of
from ctg_nlp.cases import asides_of, current_of, require_core, require_known
from ctg_nlp.constraints import QUOTE_MARK
from ctg_nlp.errors import CtgError, UnknownReport
from ctg_nlp.framework import Framework
from ctg_nlp.records import CaseQuote, CaseText, Consent, ConsentFor, CoreChoice, Report, Span
from ctg_nlp.store import cases as case_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store

_OF = {ConsentFor.NAME: "its name", ConsentFor.QUOTES: "quotations"}


def choose(store: Store, group_id: str, core: bool, *, now: str, who: str) -> None:
    """Make a group a core group, or none any more; what was written on it stays.

    Raises `UnknownReport` where neither the register nor a report names it; but a group that was chosen once
    can be given up also when nothing names it any more.
    """
    with store.transaction() as db:
        if core or group_id not in case_store.choices(db):
            require_known(db, group_id)
        case_store.add_choice(db, CoreChoice(group_id, core, now, who))
        append(db, now, who, "core group", group_id, {"core": int(core)})


@dataclass(frozen=True, slots=True)
class Writing:
    """A text that somebody wants to save: `base` is the version they had before them, 0 for none; `settles`
    the versions aside that it brings in."""

    group_id: str
    section: str
    text: str
    base: int
    settles: tuple[int, ...] = ()


def save_text(store: Store, framework: Framework, writing: Writing, *, now: str, who: str) -> CaseText:
    """Keep a text as a new version and return it; nothing is ever written over.

    Where somebody else saved since `base`, it is kept `aside`. The same text again is no new version. Raises
    `UnknownReport`, and `CtgError` for a section that the template does not have and for a mark of a
    quotation that is not written as in a case study.
    """
    _check_marks(writing.text)
    with store.transaction() as db:
        case_store.lock_group(db, writing.group_id)
        require_core(db, writing.group_id)
        versions = case_store.texts(db, writing.group_id, writing.section)
        if not versions and writing.section not in {s.id for s in sections_of(framework)}:
            known = ", ".join(s.id for s in sections_of(framework))
            raise CtgError(f"The template of case studies has no section {writing.section}; it has: {known}.")
        current = current_of(versions)
        aside = writing.base != (current.version if current else 0)
        again = _again(writing, versions, aside, who)
        if again is not None:
            return again
        settles = tuple(n for n in writing.settles if not aside and n in {v.version for v in versions})
        made = CaseText(
            group_id=writing.group_id,
            section=writing.section,
            version=len(versions) + 1,
            base=writing.base,
            text=writing.text,
            author=who,
            time=now,
            aside=aside,
            settles=settles,
        )
        case_store.add_text(db, made)
        noted: dict[str, str | int] = {"section": made.section, "version": made.version, "aside": int(aside)}
        append(db, now, who, "case text", made.group_id, noted)
        return made


def _check_marks(text: str) -> None:
    mark = next((m[0] for m in QUOTE_MARK.finditer(text) if not MARK.fullmatch(m[0])), "")
    if mark:
        raise CtgError(
            f"{mark} would be printed as it stands. In a case study quotations go by their number in the "
            "case, as [[q1]]; ctg cases quote, or s on the page of the case, makes one. ([[quote 1]], by the "
            "number of the bank, is for the narrative.)"
        )


def _again(writing: Writing, versions: Sequence[CaseText], aside: bool, who: str) -> CaseText | None:
    """The version that holds this very text already: sent twice, or nothing was changed."""
    current = current_of(versions)
    if current is not None and current.text == writing.text and not writing.settles:
        return current
    mine = [v for v in asides_of(versions) if v.author == who and v.text == writing.text]
    return mine[-1] if aside and mine else None


def take_quote(
    store: Store, group_id: str, report_id: str, place: Span, speaker: str, *, now: str, who: str
) -> CaseQuote:
    """Make a passage of one of the group's documents a quotation of its case, and return it with its number.

    The same passage by the same speaker keeps its number. Raises `UnknownReport` for a document that is not
    the group's (any more), and `CtgError` for a place outside its text. On the page of a case it goes into
    the bank with that (`case_banking`): only from there is it printed.
    """
    with store.transaction() as db:
        return take_within(db, group_id, report_id, place, speaker, now=now, who=who)


def take_within(
    db: Connection, group_id: str, report_id: str, place: Span, speaker: str, *, now: str, who: str
) -> CaseQuote:
    """The same within a transaction."""
    case_store.lock_group(db, group_id)
    require_core(db, group_id)
    if all(r.report_id != report_id for r in report_store.reports_of_group(db, group_id)):
        raise UnknownReport(f"{group_id} has no such document; it may have been withdrawn.")
    text = report_store.page_texts(db, report_id, [place.page]).get(place.page, "")
    quote = text[place.start : place.end]
    if not quote.strip() or place.end > len(text):
        raise CtgError(f"Page {place.page} has no text at this place; mark the passage again.")
    known = case_store.quotes(db, group_id)
    span = (report_id, place.page, place.start, place.end, speaker)
    same = next((q for q in known if (q.report_id, q.page, q.start, q.end, q.speaker) == span), None)
    if same is not None:
        return same
    made = CaseQuote(group_id, len(known) + 1, *span[:4], quote, speaker, who, now)
    case_store.add_quote(db, made)
    append(db, now, who, "case quotation", report_id, {"group": group_id, "number": made.number})
    return made


def record_consent(store: Store, consent: Consent) -> None:
    """Note what a group consented to, or that it took it back; what was noted before stays.

    Raises `UnknownReport`, and `CtgError` where it is not told who said it and how, for a date that is none
    or lies ahead, and for taking back what was not given.
    """
    if not consent.person.strip() or not consent.how.strip():
        raise CtgError("Say who consented (or took it back), and how: a signed form, a letter, a call.")
    try:
        ahead = date.fromisoformat(consent.said_on) > date.fromisoformat(consent.time[:10])
    except ValueError as error:
        raise CtgError(f"{consent.said_on} is no date; write it as 2010-05-31.") from error
    if ahead:
        raise CtgError(f"{consent.said_on} has not come yet.")
    with store.transaction() as db:
        case_store.lock_group(db, consent.group_id)
        require_core(db, consent.group_id)
        before = [c for c in case_store.consents(db, consent.group_id) if c.scope is consent.scope]
        if not consent.given and not (before and before[-1].given):
            raise CtgError(
                f"{consent.group_id} has no consent for {_OF[consent.scope]} that could be taken back."
            )
        case_store.add_consent(db, consent)
        noted: dict[str, str | int] = {"scope": str(consent.scope), "given": int(consent.given)}
        append(db, consent.time, consent.who, "case consent", consent.group_id, noted)


def forgetting(db: Connection, report: Report, *, quoting: bool = False) -> Callable[[str], str]:
    """What takes a report's words out of a text: made while its pages are still there. `quoting`: out of a
    text that quotes it, where shorter quotations go too."""
    pages = tuple(report_store.page_texts(db, report.report_id).values())
    quotes = case_store.quotes_of_report(db, report.report_id) if quoting else ()
    return lambda text: without_words_of(text, pages, [q.quote for q in quotes])
