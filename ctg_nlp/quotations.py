"""The bank of quotations as it is read: what of a text could tell who is meant, whose word it is, where it is
used, and whether it may be printed. Composition of `review`, `synthesis` and `store`.

What people do with quotations stands in `banking`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.carried_findings import quote_now
from ctg_nlp.case_study import NOT_CLEARED as NOT_CLEARED
from ctg_nlp.export.editions import Edition, Quote
from ctg_nlp.framework import Framework
from ctg_nlp.identifying import Known, Mark, marks, small_words
from ctg_nlp.quote_consent import NEVER_ASKED, GroupConsent, consents
from ctg_nlp.records import BankedQuote, CaseQuote, FindingSource, Group, QuoteState, Report
from ctg_nlp.redaction import Cut, cuts, is_mended
from ctg_nlp.review.resolution import resolve
from ctg_nlp.roles import Around
from ctg_nlp.settings import Home
from ctg_nlp.store import cases as case_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import findings as finding_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.synthesis.narrative_parts import QUOTED, parts_of
from ctg_nlp.whereabouts import where_now

ROLES = ("Group leader", "Group member")
"""The usual attributions; others may be written, as long as they name nobody."""
_NAMES = ("name", "school", "schools", "lead school", "leader", "group leader", "contact")


@dataclass(frozen=True, slots=True)
class Use:
    """Where a quotation is used: in the "narrative", a "finding" or a "case study", with which one."""

    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A quotation with all that a person needs to judge it. `why_not` says in a sentence why it may not be
    printed now, empty where it may. `no_case`: no consent stands to attribute it to a case study."""

    quote: BankedQuote
    report: Report
    marks: tuple[Mark, ...]
    cuts: tuple[Cut, ...]
    attribution: str
    why_not: str
    uses: tuple[Use, ...] = ()
    no_case: bool = False

    @property
    def mended(self) -> bool:
        """Whether its text is the report's with corrected typography."""
        return is_mended(self.quote.source.quote, self.quote.now.text)


def known_around(db: Connection, framework: Framework, report: Report) -> Known:
    """What is known around the quotations of a report: names of the register, decided places, ordinary
    words."""
    around = around_role(db, report)
    labels = (label for d in framework.dimensions for label in (d.title, *(c.label for c in d.codes)))
    terms = small_words(label.casefold() for label in (framework.title, *labels))
    return Known((*around.own, *around.names), _places(db, framework, report), around.ordinary, terms)


def around_role(db: Connection, report: Report) -> Around:
    """The names of the register and the ordinary words that the role of who speaks is held against."""
    groups = report_store.groups(db)
    mine = next((g for g in groups if g.group_id == report.group_id), None)
    own = [*(v for _, v in mine.columns), mine.group_id] if mine else [report.group_id or ""]
    names = [v for g in groups for v in _names(g)]
    ordinary = small_words(report_store.page_texts(db, report.report_id).values())
    return Around(_called(own), _called(names), ordinary)


def _called(values: Iterable[str]) -> tuple[str, ...]:
    parts = (part.strip() for value in values for part in value.split(";"))
    return tuple(p for p in parts if _names_somebody(p))


def _names(group: Group) -> Iterator[str]:
    yield from (v for name, v in group.columns if name.strip().casefold().replace("_", " ") in _NAMES)


def _names_somebody(value: str) -> bool:
    return len(value) > 2 and any(c.isupper() for c in value) and value.casefold() not in ("yes", "no")


def _places(db: Connection, framework: Framework, report: Report) -> tuple[str, ...]:
    of_places = {d.id for d in framework.dimensions if d.kind == "text" and d.fact}
    records = resolve(decision_store.decisions(db, [report.report_id]), framework)
    said = (str(r.value) for r in records if r.dimension in of_places and r.value)
    return tuple(part.strip() for value in said for part in value.split(";") if part.strip())


def marks_of(db: Connection, framework: Framework, quote: BankedQuote) -> tuple[Mark, ...]:
    """What of the text that would be printed could tell who is meant."""
    report = report_store.report(db, quote.source.report_id)
    if report is None or not quote.texts:
        return ()
    return marks(quote.now.text, known_around(db, framework, report))


def shown(
    db: Connection, framework: Framework, quotes: Sequence[BankedQuote], home: Home
) -> tuple[Shown, ...]:
    """Quotations with their marks, uses and whether they may be printed; those of erased reports are left
    out."""
    kept = [quote_now(q, framework) for q in quotes if q.texts]
    reports = {r.report_id: r for r in report_store.reports(db, {q.source.report_id for q in kept})}
    known = {r: known_around(db, framework, report) for r, report in reports.items()}
    given = consents(db, {r.group_id for r in reports.values() if r.group_id})
    used = uses(db, home, kept)
    return tuple(
        Shown(
            q,
            reports[q.source.report_id],
            marks(q.now.text, known[q.source.report_id]),
            cuts(q.source.quote, q.now.text),
            attribution(q, consent),
            why_not(q, reports[q.source.report_id], consent),
            used.get(q.quote_id, ()),
            not (consent.name and consent.quoted),
        )
        for q in kept
        for consent in (given.get(reports[q.source.report_id].group_id or "", NEVER_ASKED),)
    )


def attribution(quote: BankedQuote, consent: GroupConsent) -> str:
    """Whose word it is: the role, and where the group consented to be named, the case study of that name."""
    if quote.now.by_case and consent.name and consent.quoted:
        return ", ".join(filter(None, (quote.now.role, f"{consent.name} case study")))
    return quote.now.role


def why_not(quote: BankedQuote, report: Report, consent: GroupConsent) -> str:
    """Why a quotation may not be printed now, in a sentence; empty where it may."""
    if report.withdrawn_at:
        return f"Its report was withdrawn on {report.withdrawn_at[:10]}."
    if quote.state is QuoteState.WITHDRAWN:
        return f"It was withdrawn by {quote.acts[-1].who}: {quote.acts[-1].why}"
    if consent.quoted is False:
        return "Its group took back that it may be quoted."
    if quote.now.by_case and not (consent.name and consent.quoted):
        return "It is attributed to a case study, and no consent of the group to be named and quoted stands."
    if quote.state is QuoteState.WAITING:
        changed = any(str(a.kind) == "cleared" for a in quote.acts)
        return "Its text was changed since it was cleared." if changed else "It was not cleared yet."
    return ""


def uses(db: Connection, home: Home, quotes: Sequence[BankedQuote]) -> dict[int, tuple[Use, ...]]:
    """Where each quotation is used, by its number."""
    found: dict[int, list[Use]] = {}
    for number, where in _in_narrative(home):
        found.setdefault(number, []).append(Use("narrative", where))
    findings = finding_store.findings(db)
    reports = sorted({q.source.report_id for q in quotes})
    taken = [(place_of(c), c.group_id) for r in reports for c in case_store.quotes_of_report(db, r)]
    kept = [*(q.source for q in quotes), *(s for f in findings for s in f.sources), *(s for s, _ in taken)]
    places = where_now(db, (s for s in kept if s.report_id in reports))
    for q in quotes:
        for f in findings:
            if _meets(q.source, f.sources, places):
                found.setdefault(q.quote_id, []).append(Use(str(f.kind), _shortly(f.text)))
        for source, group_id in taken:
            if _meets(q.source, [source], places):
                found.setdefault(q.quote_id, []).append(Use("case study", group_id))
    return {number: tuple(dict.fromkeys(said)) for number, said in found.items()}


def place_of(quote: CaseQuote) -> FindingSource:
    """The passage that a case study quotes."""
    return FindingSource(quote.report_id, quote.page, quote.start, quote.end, quote.quote)


def _meets(
    passage: FindingSource, others: Iterable[FindingSource], places: Mapping[FindingSource, FindingSource]
) -> bool:
    """Whether a passage is one of others or shares words of a page with one, by `places` where they stand
    now."""
    a = places[passage]
    for b in (places[other] for other in others if other.report_id == a.report_id):
        placed = a.end and b.end and a.page == b.page
        if (placed and a.start < b.end and b.start < a.end) or a.quote == b.quote:
            return True
    return False


def _in_narrative(home: Home) -> Iterator[tuple[int, str]]:
    try:
        text = home.narrative.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):  # what is wrong with it is told where it is checked
        return
    for part in parts_of(text):
        for _, paragraph in part.paragraphs:
            yield from ((int(m[1]), part.heading or "Summary") for m in QUOTED.finditer(paragraph))


def _shortly(words: str, most: int = 80) -> str:
    return words if len(words) <= most else f"{words[:most].rstrip()} …"


def printable(db: Connection, edition: Edition) -> dict[int, Quote]:
    """The quotations that an edition may print, by number."""
    return {banked.quote_id: quote for banked, quote in printable_quotes(db, edition)}


def printable_with(db: Connection, edition: Edition) -> dict[str, tuple[Quote, ...]]:
    """The quotations that an edition may print with each finding (by its id): those of passages it rests
    on."""
    quotes, findings = printable_quotes(db, edition), finding_store.findings(db)
    kept = [*(banked.source for banked, _ in quotes), *(s for f in findings for s in f.sources)]
    quoted = {banked.source.report_id for banked, _ in quotes}
    places = where_now(db, (s for s in kept if s.report_id in quoted))
    return {
        f.finding_id: tuple(q for banked, q in quotes if _meets(banked.source, f.sources, places))
        for f in findings
    }


def printable_quotes(db: Connection, edition: Edition) -> tuple[tuple[BankedQuote, Quote], ...]:
    """The quotations that an edition may print, each with how it is printed, by number. The publishable
    one prints only what is cleared, for the very text and attribution that were cleared; the internal one
    says where each comes from and stands."""
    banked = [q for q in quote_store.quotations(db) if q.texts]
    reports = {r.report_id: r for r in report_store.reports(db, {q.source.report_id for q in banked})}
    given = consents(db, {r.group_id for r in reports.values() if r.group_id})
    found = []
    for q in banked:
        report = reports[q.source.report_id]
        consent = given.get(report.group_id or "", NEVER_ASKED)
        said, kept_back = attribution(q, consent), why_not(q, report, consent)
        if edition is Edition.INTERNAL:
            page = f", page {q.source.page}" if q.source.page else ""
            state = f"; not for print: {kept_back}" if kept_back else "; cleared"
            said = f"{said} ({report.group_id or report.name}{page}{state})"
        if not kept_back or (edition is Edition.INTERNAL and not report.withdrawn_at):
            found.append((q, Quote(q.now.text, said)))
    return tuple(found)


def with_quotes(
    text: Mapping[str, Iterable[str]], known: Mapping[int, Quote]
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[Quote, ...]]]:
    """The narrative by heading with its quotations put in, and those that stand by themselves, by heading.
    In a sentence one that may not be printed leaves a mark; by itself it is left out."""
    kept: dict[str, tuple[str, ...]] = {}
    alone: dict[str, tuple[Quote, ...]] = {}
    for heading, paragraphs in text.items():
        for paragraph in paragraphs:
            by_itself = QUOTED.fullmatch(paragraph.strip())
            if by_itself is None:
                kept[heading] = (*kept.get(heading, ()), _put_in(paragraph, known))
            elif int(by_itself[1]) in known:
                alone[heading] = (*alone.get(heading, ()), known[int(by_itself[1])])
        kept.setdefault(heading, ())
    return kept, alone


def _put_in(paragraph: str, known: Mapping[int, Quote]) -> str:
    def said(number: int) -> str:
        return f"“{known[number].text}” ({known[number].attribution})" if number in known else NOT_CLEARED

    return QUOTED.sub(lambda m: said(int(m[1])), paragraph)
