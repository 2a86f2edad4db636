"""A case study as it may be printed: named only with consent, quoting only with consent. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

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
NOT_CLEARED = "[quotation not cleared]"
_NOT_BANKED = "It is not in the bank of quotations."
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


@dataclass(frozen=True, slots=True)
class BankedWords:
    """How the bank of quotations prints a passage that a case study quotes: its text with what was left out
    of it, and whose word it is. `why_not` says in a sentence why it may not be printed for others, empty
    where it may."""

    quote_id: int
    text: str
    attribution: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class _Printing:
    """A case with what may be printed of it: whether it is named, what the bank says of its quotations by
    their numbers, and whether it stays in the house."""

    case: Case
    named: bool
    banked: Mapping[int, BankedWords]
    internal: bool


def case_study(
    case: Case,
    texts: Mapping[str, Sequence[str]] | None = None,
    described: Mapping[str, int] | None = None,
    banked: Mapping[int, BankedWords] = MappingProxyType({}),
    *,
    internal: bool = False,
) -> CaseStudy:
    """The case as it may be printed. `texts` are the pages of its documents by report, to tell what is
    written word for word from them; without them that is not looked at. `described` counts the
    reports that the same words describe. `banked` are its quotations in the bank by their numbers in the
    case: only what is cleared there is printed, or, `internal`, with why it may not be."""
    named = case.may(ConsentFor.NAME)
    printing = _Printing(case, named, banked, internal)
    sections = tuple(
        PrintedSection(d.title, tuple(_blocks(printing, d))) for d in case.drafts if d.text.strip()
    )
    heading = case.name if named else case.described[0].upper() + case.described[1:]
    told = () if named or described is None else _alone(case, described)
    notes = (*_notes(printing), *told, *_copied(case, texts or {}), *_names_left(sections, named))
    return CaseStudy(case.group_id, heading, named, _sources(case), sections, notes)


def _blocks(printing: _Printing, draft: CaseDraft) -> Iterator[PrintedBlock]:
    for block in blocks_of(draft.text):
        if block.kind is not BlockKind.QUOTE:
            yield PrintedBlock(block.kind, _sentence(printing, block.text))
        elif (words := _printable(printing, block.number)) is not None:
            after = f" (not for print: {words.why_not})" if words.why_not else ""
            yield PrintedBlock(block.kind, words.text, f"{words.attribution}{after}")


def _sentence(printing: _Printing, text: str) -> str:
    """A text with its quotations put in and the group named or not."""

    def quoted(number: int) -> str:
        words = _printable(printing, number)
        if words is None:
            return _GONE
        return f"“{words.text}”{f' {NOT_CLEARED}' if words.why_not else ''}"

    text = MARK.sub(lambda m: quoted(int(m[1])), _allowed(printing.case, text, printing.named))
    text = text.replace(GROUP, printing.case.name if printing.named else THE_GROUP)
    return _AT_A_START.sub(lambda m: m[0].replace("the", "The"), text)


def _allowed(case: Case, text: str, named: bool) -> str:
    return text if named else without_names(text, case.names, case.other_names)


def _quotable(case: Case, number: int) -> CaseQuote | None:
    """The quotation of that number if it may be printed: with consent, of a document that is still there."""
    quote = case.quotes.get(number)
    there = quote is not None and bool(quote.quote) and case.kind_of(quote.report_id) is not None
    return quote if there and case.may(ConsentFor.QUOTES) else None


def _printable(printing: _Printing, number: int) -> BankedWords | None:
    """How the quotation of that number is printed: as the bank has it, once it is cleared there. What stays
    in the house has the others too, with why they may not be printed."""
    case, quote = printing.case, _quotable(printing.case, number)
    if quote is None:
        return None
    words = printing.banked.get(number) or _as_taken(case, quote)
    if words.why_not and not printing.internal:
        return None
    text, said = (_allowed(case, w, printing.named) for w in (words.text, words.attribution))
    return replace(words, text=text, attribution=said)


def _as_taken(case: Case, quote: CaseQuote) -> BankedWords:
    words = " ".join(quote.quote.split())
    return BankedWords(0, words, speaker_of(quote.speaker, case.kind_of(quote.report_id)), _NOT_BANKED)


def speaker_of(speaker: str, kind: ReportKind | None) -> str:
    """Whose word a quotation is: a role, else the kind of its document."""
    return speaker or (_SOURCES[kind][0].capitalize() if kind else "")


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


def _notes(printing: _Printing) -> Iterator[str]:
    case = printing.case
    if not printing.named:
        yield f"No consent for the name stands: it is printed as “{case.described}”."
    for draft in case.drafts:
        if draft.asked and not draft.text.strip():
            yield f"“{draft.title}” has no text yet."
        if draft.asides:
            yield f"“{draft.title}”: {_texts(len(draft.asides))} to be brought in."
        if not draft.asked and draft.text.strip():
            yield f"“{draft.title}” is a section that the template has no more; it is printed last."
    yield from _quotations_left_out(printing)


def _alone(case: Case, described: Mapping[str, int]) -> Iterator[str]:
    if case.final is not None and described.get(case.described, 0) < 2:
        yield "No other report is described in these words: readers may tell which group it is."


def _texts(n: int) -> str:
    return "one text written at the same time waits" if n == 1 else f"{n} texts written at the same time wait"


def _quotations_left_out(printing: _Printing) -> Iterator[str]:
    case = printing.case
    used = dict.fromkeys(n for d in case.drafts for n in quoted_numbers(d.text))
    if used and not case.may(ConsentFor.QUOTES):
        many = "1 quotation is" if len(used) == 1 else f"{len(used)} quotations are"
        yield f"No consent for quotations stands: {many} left out."
        return
    for number in used:
        if _quotable(case, number) is None:
            known = number in case.quotes
            why = "its document was withdrawn or erased" if known else "there is none of this number"
            yield f"Quotation q{number} is left out: {why}."
        elif number not in printing.banked:
            yield f"Quotation q{number} is left out: {_NOT_BANKED} Take it once more on the page of the case."
        elif (words := printing.banked[number]).why_not:
            until = f"until quotation {words.quote_id} of the bank is cleared"
            yield f"Quotation q{number} is left out {until}: {words.why_not}"


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
