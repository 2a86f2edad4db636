"""The bank of quotations as its pages show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.banking import allowed_to_clear
from ctg_nlp.desk import Desk
from ctg_nlp.errors import PeopleError
from ctg_nlp.findings import NoFinding
from ctg_nlp.framework import Framework
from ctg_nlp.identifying import Mark
from ctg_nlp.quotations import ROLES, Shown, shown
from ctg_nlp.records import BankedQuote, QuoteState
from ctg_nlp.store import overview
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.web.findings_sight import require_evidence, sight_of
from ctg_nlp.whereabouts import where_now

Plain = dict[str, Any]
AT_ONCE = 40
_AROUND = 320
"""Letters of the page that are shown before and after a quotation."""


def bank_page(desk: Desk, state: str, page: int) -> Plain:
    """The quotations in one state, or all, that the coder may see; none of withdrawn reports, whose
    text is open to nobody. Raises `NotYours`."""
    with desk.store.reading() as db:
        seen = sight_of(desk, db)
        banked = [q for q in quote_store.quotations(db) if q.texts]
        there = overview.known_among(db, {q.source.report_id for q in banked}, withdrawn=False)
        mine = [q for q in banked if seen.may_see_evidence(q.source.report_id)]
        closed, mine = len(banked) - len(mine), [q for q in mine if q.source.report_id in there]
        found = [q for q in mine if state in ("", str(q.state))]
        start = (page - 1) * AT_ONCE
        lines = shown(db, desk.framework, found[start : start + AT_ONCE], desk.home)
    states = Counter(str(q.state) for q in mine)
    return {
        "lines": [_line(desk.framework, x) for x in lines],
        "states": [(str(s), states[str(s)]) for s in QuoteState if s is not QuoteState.ERASED],
        "all": len(mine),
        "closed": closed,
        "asked": state,
        "page": page,
        "more": len(found) > start + AT_ONCE,
        "reports": sorted({x.report.report_id for x in lines}),
    }


def _line(framework: Framework, x: Shown) -> Plain:
    return {"shown": x, "quote": x.quote, "code": _code(framework, x.quote), "parts": parts_of(x)}


def _code(framework: Framework, quote: BankedQuote) -> str:
    dimension = framework.dimension(quote.dimension)
    code = dimension.code(quote.code) if dimension and quote.code else None
    return code.label if code else dimension.title if dimension else "on no dimension"


def parts_of(x: Shown) -> list[tuple[str, Mark | None]]:
    """The text as stretches, each with its mark or None."""
    return list(_parts(x.quote.now.text, x.marks))


def _parts(text: str, marks: Sequence[Mark]) -> Iterator[tuple[str, Mark | None]]:
    at = 0
    for mark in marks:
        if mark.start > at:
            yield text[at : mark.start], None
        yield text[mark.start : mark.end], mark
        at = mark.end
    if at < len(text):
        yield text[at:], None


def quote_page(desk: Desk, number: int, leads: bool) -> Plain:
    """One quotation with its surroundings, marks, versions and acts. Raises `NoFinding`, `NotYours`, and
    `UnknownReport` where its report was withdrawn."""
    with desk.store.reading() as db:
        quote = quote_store.quotation(db, number)
        if quote is None or not quote.texts:
            raise NoFinding("Its report was erased." if quote else f"There is no quotation {number}.")
        require_evidence(desk, db, [quote.source.report_id])
        desk.open_report(db, quote.source.report_id)
        (line,) = shown(db, desk.framework, [quote], desk.home)
        place = where_now(db, [quote.source])[quote.source]
        page = report_store.page_texts(db, place.report_id, [place.page])
        waiting = _waiting(db)
        hindered = _hindered(desk, leads, quote) if leads else "A lead clears quotations."
    text = page.get(place.page, "")
    before, after = text[: place.start], text[place.end :]
    placed = place.end > 0
    return {
        **_line(desk.framework, line),
        "before": _whole_words(before[-_AROUND:], len(before) > _AROUND, first=False) if placed else "",
        "after": _whole_words(after[:_AROUND], len(after) > _AROUND, first=True) if placed else "",
        "placed": placed,
        "place": place,
        "hindered": hindered,
        "roles": ROLES,
        "next": next((n for n in (*[w for w in waiting if w > number], *waiting) if n != number), None),
        "history": _history(quote),
    }


def _waiting(db: Connection) -> list[int]:
    """The numbers of the quotations that wait to be cleared and can be."""
    found = [q for q in quote_store.quotations(db) if q.state is QuoteState.WAITING]
    there = overview.known_among(db, {q.source.report_id for q in found}, withdrawn=False)
    return [q.quote_id for q in found if q.source.report_id in there]


def _whole_words(text: str, cut: bool, *, first: bool) -> str:
    """A stretch beside a quotation without the part of a word at its far end."""
    if not cut:
        return text
    return f"{text.rpartition(' ')[0]} …" if first else f"… {text.partition(' ')[2]}"


def _hindered(desk: Desk, leads: bool, quote: BankedQuote) -> str:
    """Why this visitor may not clear a quotation, in a sentence, or empty."""
    with desk.store.reading() as db:
        try:
            allowed_to_clear(db, desk.coder, quote)
        except PeopleError as error:
            return str(error)
    return ""


def _history(quote: BankedQuote) -> list[Plain]:
    """Versions and acts together, newest first."""
    texts = [
        {
            "time": t.time,
            "who": t.author,
            "what": f"version {t.version}",
            "text": f"{t.text} — {t.role}",
            "why": "",
        }
        for t in quote.texts
    ]
    acts = [
        {"time": a.time, "who": a.who, "what": f"{a.kind} (version {a.version})", "text": "", "why": a.why}
        for a in quote.acts
    ]
    return sorted([*texts, *acts], key=lambda x: str(x["time"]), reverse=True)
