"""What people do with quotations: bank, redact, attribute, clear, withdraw. Composition over `store`.

No quotation is cleared by a program. A clearing names every place that rules had marked and a person looked
at; it holds for the one text that was cleared. Once there are users, who wrote that text cannot clear it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from ctg_nlp.errors import CtgError, PeopleError
from ctg_nlp.findings import ChangedSince, NoFinding, checked_source
from ctg_nlp.framework import Framework
from ctg_nlp.identifying import Mark
from ctg_nlp.people import same_name
from ctg_nlp.quotations import ROLES, around_role, marks_of
from ctg_nlp.quote_consent import NEVER_ASKED, consents
from ctg_nlp.records import (
    BankedQuote,
    FindingSource,
    QuoteAct,
    QuoteActKind,
    QuoteState,
    QuoteText,
    Role,
)
from ctg_nlp.redaction import OMITTED, NotTheSource, cuts, plain
from ctg_nlp.roles import LONGEST, Around, named_in
from ctg_nlp.store import findings as finding_store
from ctg_nlp.store import people as people_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store
from ctg_nlp.whereabouts import stands_at, where_now

Place = tuple[int, int]


def bank(
    store: Store, framework: Framework, source: FindingSource, dimension: str, code: str | None, *,
    now: str, who: str, role: str = ROLES[0],
) -> BankedQuote:  # fmt: skip
    """Put a passage into the bank and return it with its number; the same passage keeps its number.

    Raises `UnknownReport`, and `CtgError` for a passage that is not in its report or an unknown code.
    """
    known = framework.dimension(dimension)
    if known is None or (code is not None and known.code(code) is None):
        raise CtgError(f"The framework has no {dimension}{f'.{code}' if code else ''}.")
    with store.transaction() as db:
        return put_in_bank(db, framework, source, dimension, code, now=now, who=who, role=role)


def put_in_bank(
    db: Connection, framework: Framework, source: FindingSource, dimension: str, code: str | None, *,
    now: str, who: str, role: str,
) -> BankedQuote:  # fmt: skip
    """The same within a transaction, on any dimension; "" for none."""
    finding_store.lock_findings(db)
    found = checked_source(db, source)
    same = banked_already(db, found)
    if same is not None:
        return same
    text = QuoteText(1, plain(found.quote), checked_role(db, role, found.report_id), False, who, now)
    number = quote_store.next_number(db)
    made = BankedQuote(number, found, dimension, code, who, now, (text,), (), framework.framework_id)
    quote_store.add_quote(db, made)
    append(db, now, who, "quotation banked", found.report_id, {"quote": made.quote_id})
    return made


def banked_already(db: Connection, source: FindingSource) -> BankedQuote | None:
    """The quotation of a passage, wherever that stood when it was banked; None where there is none."""
    mine = [q for q in quote_store.quotations(db) if q.texts and q.source.report_id == source.report_id]
    places = where_now(db, [q.source for q in mine])
    return next((q for q in mine if stands_at(places[q.source]) == stands_at(source)), None)


def rewrite(
    store: Store, quote_id: int, text: str, role: str, by_case: bool, base: int, *, now: str, who: str
) -> BankedQuote:
    """Keep another text or attribution of a quotation as a new version; what was cleared must be cleared
    again. The same again is no new version.

    Raises `CtgError` where the text is not the report's words with marks for what is left out, where the role
    names somebody, and for a withdrawn quotation; `ChangedSince` and `NoFinding`.
    """
    with store.transaction() as db:
        finding_store.lock_findings(db)
        quote = _found(db, quote_id)
        wanted, said = plain(text), checked_role(db, role, quote.source.report_id)
        if (quote.now.text, quote.now.role, quote.now.by_case) == (wanted, said, by_case):
            return quote
        _check_base(quote, base)
        if quote.state is QuoteState.WITHDRAWN:
            raise CtgError("This quotation was withdrawn. Restore it before its text is changed.")
        try:
            cuts(quote.source.quote, wanted)
        except NotTheSource as error:
            raise CtgError(str(error)) from error
        made = QuoteText(base + 1, wanted, said, by_case, who, now)
        quote_store.add_text(db, quote_id, made)
        noted: dict[str, str | int] = {"quote": quote_id, "version": made.version}
        append(db, now, who, "quotation changed", quote.source.report_id, noted)
        return _found(db, quote_id)


def clear(
    store: Store, framework: Framework, quote_id: int, base: int, kept: Collection[Place], *,
    now: str, who: str, why: str = "",
) -> BankedQuote:  # fmt: skip
    """Let one version of a quotation be printed. `kept` are the places of all that rules mark in its text:
    who clears looked at each of them.

    Raises `PeopleError` for who may not, `CtgError` where a mark was not looked at, nothing is left of the
    text, its role names somebody or consent is lacking, `ChangedSince` and `NoFinding`.
    """
    with store.transaction() as db:
        finding_store.lock_findings(db)
        quote = _found(db, quote_id)
        name = allowed_to_clear(db, who, quote)
        _check_base(quote, base)
        if quote.state is QuoteState.CLEARED:
            return quote
        if quote.state is QuoteState.WITHDRAWN:
            raise CtgError("This quotation was withdrawn. Restore it before it is cleared.")
        _check_words(quote)
        checked_role(db, quote.now.role, quote.source.report_id)
        _check_looked_at(marks_of(db, framework, quote), kept)
        _check_consent(db, quote)
        act = QuoteAct(QuoteActKind.CLEARED, base, name, now, why.strip(), tuple(sorted(kept)))
        return _acted(db, quote, act, "quotation cleared")


def allowed_to_clear(db: Connection, who: str, quote: BankedQuote) -> str:
    """The name under which somebody may clear a quotation. Raises `PeopleError` for who is no lead, and
    for who wrote the text that would be cleared. Without users there is one person, who may."""
    name = _lead(db, who)
    if people_store.any_users(db) and name == quote.now.author:
        raise PeopleError(
            f"{name} wrote this text (or banked it as it is), so another lead clears it: four eyes see more."
        )
    return name


def _lead(db: Connection, who: str) -> str:
    name = same_name(who)
    if not people_store.any_users(db):
        return name
    user = people_store.user(db, name)
    if user is None or not user.active or user.role is not Role.LEAD:
        raise PeopleError(f"{name} is no lead of this project; leads clear and restore quotations.")
    return user.name


def withdraw(store: Store, quote_id: int, *, now: str, who: str, why: str) -> BankedQuote:
    """Let a quotation be printed no more, with a reason; it stays in the bank. Raises `CtgError`,
    `NoFinding`."""
    if not why.strip():
        raise CtgError("Say why the quotation is withdrawn.")
    with store.transaction() as db:
        finding_store.lock_findings(db)
        quote = _found(db, quote_id)
        if quote.state is QuoteState.WITHDRAWN:
            raise CtgError("This quotation was withdrawn already.")
        act = QuoteAct(QuoteActKind.WITHDRAWN, quote.now.version, who, now, why.strip())
        return _acted(db, quote, act, "quotation withdrawn")


def restore(store: Store, quote_id: int, *, now: str, who: str, why: str = "") -> BankedQuote:
    """Undo a withdrawal: the quotation waits to be cleared again. Raises `PeopleError`, `CtgError`,
    `NoFinding`."""
    with store.transaction() as db:
        finding_store.lock_findings(db)
        quote = _found(db, quote_id)
        name = _lead(db, who)
        if quote.state is not QuoteState.WITHDRAWN:
            raise CtgError("This quotation is not withdrawn.")
        act = QuoteAct(QuoteActKind.RESTORED, quote.now.version, name, now, why.strip())
        return _acted(db, quote, act, "quotation restored")


def _acted(db: Connection, quote: BankedQuote, act: QuoteAct, what: str) -> BankedQuote:
    quote_store.add_act(db, quote.quote_id, act)
    noted: dict[str, str | int] = {"quote": quote.quote_id, "version": act.version}
    append(db, act.time, act.who, what, quote.source.report_id, noted)
    return _found(db, quote.quote_id)


def _found(db: Connection, quote_id: int) -> BankedQuote:
    quote = quote_store.quotation(db, quote_id)
    if quote is None or not quote.texts:
        said = "Its report was erased, and the quotation with it." if quote else "There is no such quotation."
        raise NoFinding(said)
    return quote


def _check_base(quote: BankedQuote, base: int) -> None:
    if base != quote.now.version:
        raise ChangedSince(
            f"{quote.now.author} changed this quotation. Load the page again and look at it anew."
        )


def _check_words(quote: BankedQuote) -> None:
    if not quote.now.text.replace(OMITTED, "").strip(" .,;:!?"):
        raise CtgError("Nothing is left of this quotation that could be printed. Withdraw it instead.")


def _check_looked_at(found: Collection[Mark], kept: Collection[Place]) -> None:
    missed = [m for m in found if (m.start, m.end) not in set(kept)]
    if missed:
        words = "; ".join(f"“{m.words}” ({m.why})" for m in missed)
        raise CtgError(f"Not cleared: these words could tell who is meant and were not looked at: {words}.")


def _check_consent(db: Connection, quote: BankedQuote) -> None:
    report = report_store.report(db, quote.source.report_id)
    group = report.group_id or "" if report else ""
    consent = consents(db, [group]).get(group, NEVER_ASKED)
    if report is not None and report.withdrawn_at:
        raise CtgError(f"Not cleared: {report.name} was withdrawn on {report.withdrawn_at[:10]}.")
    if consent.quoted is False:
        raise CtgError("Not cleared: its group took back that it may be quoted.")
    if quote.now.by_case and not (consent.name and consent.quoted):
        raise CtgError(
            "Not cleared: a quotation can be attributed to a case study only where the group consented to be "
            "named and quoted. Attribute it by role, or record the consent first."
        )


def checked_role(db: Connection, role: str, report_id: str) -> str:
    """Whose word a quotation of a report is, as a role. Raises `CtgError` for none, for one that is too long,
    and for one that may name somebody, as far as the register and the report tell."""
    said = " ".join(role.split())
    if not said or len(said) > LONGEST:
        raise CtgError(f"Say whose word it is, as a role: {', '.join(ROLES)} (at most {LONGEST} letters).")
    report = report_store.report(db, report_id)
    named = named_in(said, around_role(db, report) if report else Around())
    if named:
        raise CtgError(f"A role names nobody: leave out “{named}”, or say the role in commoner words.")
    return said
