"""A case study as it may be printed: named only with consent, quoting only with consent. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ctg_nlp.case_text import (
    GROUP,
    MARK,
    THE_GROUP,
    BlockKind,
    blocks_of,
    possible_names,
    quoted_numbers,
    shared_runs,
    spoken,
    without_names,
)
from ctg_nlp.records import Case, CaseDraft, CaseQuote, ConsentFor, ReportKind

_SOURCES = {
    ReportKind.FINAL: ("final report", "final reports"),
    ReportKind.PLAN: ("plan", "plans"),
    ReportKind.LOG: ("learning log", "learning logs"),
    ReportKind.PRESENTATION: ("presentation", "presentations"),
    ReportKind.INTERVIEW: ("notes of an interview", "notes of {n} interviews"),
    ReportKind.VISIT: ("notes of a visit", "notes of {n} visits"),
    ReportKind.OTHER: ("further document", "further documents"),
}
_GONE = "[…]"
_AT_A_START = re.compile(rf"(?:^|[.!?]\s+){THE_GROUP}\b")


@dataclass(frozen=True, slots=True)
class PrintedBlock:
    """A paragraph, list item or quotation; `attribution` says who is quoted, empty for the others."""

    kind: BlockKind
    text: str
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class PrintedSection:
    """A section with a text."""

    title: str
    blocks: tuple[PrintedBlock, ...]


@dataclass(frozen=True, slots=True)
class CaseStudy:
    """A case study that may be printed as it is. `heading` names the group or describes it. `notes` are
    sentences for its writer and are never printed."""

    group_id: str
    heading: str
    named: bool
    sources: str
    sections: tuple[PrintedSection, ...]
    notes: tuple[str, ...]


def case_study(
    case: Case, texts: Mapping[str, Sequence[str]] | None = None, described: Mapping[str, int] | None = None
) -> CaseStudy:
    """The case as it may be printed. `texts` are the pages of its documents by report, to tell what is
    written word for word from them; without them that is not looked at. `described` counts the
    reports that the same words describe."""
    named = case.may(ConsentFor.NAME)
    sections = tuple(
        PrintedSection(d.title, tuple(_blocks(case, d, named))) for d in case.drafts if d.text.strip()
    )
    heading = case.name if named else case.described[0].upper() + case.described[1:]
    told = () if named or described is None else _alone(case, described)
    notes = (*_notes(case, named), *told, *_copied(case, texts or {}), *_names_left(sections, named))
    return CaseStudy(case.group_id, heading, named, _sources(case), sections, notes)


def _blocks(case: Case, draft: CaseDraft, named: bool) -> Iterator[PrintedBlock]:
    for block in blocks_of(draft.text):
        if block.kind is not BlockKind.QUOTE:
            yield PrintedBlock(block.kind, _sentence(case, block.text, named))
        elif (quote := _quotable(case, block.number)) is not None:
            yield PrintedBlock(block.kind, _spoken(case, quote, named), _attribution(case, quote, named))


def _sentence(case: Case, text: str, named: bool) -> str:
    """A text with its quotations put in and the group named or not."""

    def quoted(number: int) -> str:
        quote = _quotable(case, number)
        return _GONE if quote is None else f"“{_spoken(case, quote, named)}”"

    text = MARK.sub(lambda m: quoted(int(m[1])), _allowed(case, text, named))
    text = text.replace(GROUP, case.name if named else THE_GROUP)
    return _AT_A_START.sub(lambda m: m[0].replace("the", "The"), text)


def _allowed(case: Case, text: str, named: bool) -> str:
    return text if named else without_names(text, case.names, case.other_names)


def _quotable(case: Case, number: int) -> CaseQuote | None:
    """The quotation of that number if it may be printed: with consent, of a document that is still there."""
    quote = case.quotes.get(number)
    there = quote is not None and bool(quote.quote) and case.kind_of(quote.report_id) is not None
    return quote if there and case.may(ConsentFor.QUOTES) else None


def _spoken(case: Case, quote: CaseQuote, named: bool) -> str:
    return _allowed(case, " ".join(quote.quote.split()), named)


def _attribution(case: Case, quote: CaseQuote, named: bool) -> str:
    """Who is quoted: a role, else the kind of document; with the group's name where it may be named."""
    kind = case.kind_of(quote.report_id)
    role = _allowed(case, quote.speaker, named) or (_SOURCES[kind][0].capitalize() if kind else "")
    return f"{role}, {case.name}" if named else role


def _sources(case: Case) -> str:
    """What the study is written from, by kinds: names of files could name the group."""
    readable = Counter(r.kind for r in case.sources if r.readable)
    parts = [
        one
        if readable[kind] == 1
        else many.format(n=readable[kind])
        if "{n}" in many
        else f"{readable[kind]} {many}"
        for kind, (one, many) in _SOURCES.items()
        if readable[kind]
    ]
    return ", ".join(parts)


def _notes(case: Case, named: bool) -> Iterator[str]:
    if not named:
        yield f"No consent for the name stands: it is printed as “{case.described}”."
    for draft in case.drafts:
        if draft.asked and not draft.text.strip():
            yield f"“{draft.title}” has no text yet."
        if draft.asides:
            yield f"“{draft.title}”: {_texts(len(draft.asides))} to be brought in."
        if not draft.asked and draft.text.strip():
            yield f"“{draft.title}” is a section that the template has no more; it is printed last."
    yield from _quotations_left_out(case)


def _alone(case: Case, described: Mapping[str, int]) -> Iterator[str]:
    if case.final is not None and described.get(case.described, 0) < 2:
        yield "No other report is described in these words: readers may tell which group it is."


def _texts(n: int) -> str:
    return "one text written at the same time waits" if n == 1 else f"{n} texts written at the same time wait"


def _quotations_left_out(case: Case) -> Iterator[str]:
    used = [n for d in case.drafts for n in quoted_numbers(d.text)]
    if used and not case.may(ConsentFor.QUOTES):
        yield f"No consent for quotations stands: {len(used)} left out."
        return
    for number in used:
        if _quotable(case, number) is None:
            known = number in case.quotes
            why = "its document was withdrawn or erased" if known else "there is none of this number"
            yield f"Quotation q{number} is left out: {why}."


def _copied(case: Case, texts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Words of the group's documents in the text itself, where quoting is not consented to."""
    if case.may(ConsentFor.QUOTES):
        return
    said = [spoken(pages) for pages in texts.values()]
    for draft in case.drafts:
        if any(shared_runs(draft.text, words) for words in said):
            yield (
                f"“{draft.title}” has words of the group's documents in it, and no consent for quotations "
                "stands: say them in your own."
            )


def _names_left(sections: Iterable[PrintedSection], named: bool) -> Iterator[str]:
    if named:
        return
    found = [n for s in sections for b in s.blocks for n in possible_names(f"{b.text} {b.attribution}")]
    if found:
        yield f"Names may be left in the text; look at: {', '.join(dict.fromkeys(found))}."
