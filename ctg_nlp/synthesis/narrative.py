"""A narrative in Markdown: its sections, the claims in it, and what is said in it without a claim.

A claim is a link whose address is a query: `[half of the groups](claim: characteristics.not_specified)`.
Whatever else holds a number or a quantifier is found and listed, save what is no finding: years and dates,
numbers of tables, pages and the like, what stands in quotation marks or code, and names with digits in them.

`[[quote 12]]` stands for a quotation of the bank: on a line of its own, or within a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ctg_nlp.synthesis.claims import Checked, Tied, Verdict
from ctg_nlp.synthesis.narrative_parts import QUOTED, parts_of
from ctg_nlp.synthesis.quantifiers import numbers_in, quantifiers_in
from ctg_nlp.synthesis.shown import WITHHELD

CLAIM = re.compile(r'\[(?P<text>[^\[\]]*)\]\(\s*claim:(?P<query>(?:"[^"]*"|[^()"])*)\)')
_LOOSE_CLAIM = re.compile(r"\(\s*claim\b", re.IGNORECASE)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_PLACES = (
    "tables?|figures?|charts?|sections?|chapters?|pages?|pp?\\.|appendix|appendices|annex(?:es)?|parts?|"
    "questions?|cohorts?|waves?|rounds?|stages?|years?|grades?|levels?|class|steps?|notes?|volumes?|versions?"
)
_COUNTED = r"%|per\s?cent|groups?|reports?|schools?|projects?"
_EXEMPT = re.compile(
    "|".join(
        (
            r"<!--.*?-->",
            r"`[^`]*`",
            QUOTED.pattern,
            r"“[^”]*”", r"‘[^’]*’(?!\w)", r'"[^"]*"', r"(?<!\w)'[^']*'(?!\w)",  # quoted
            r"https?://\S+", r"\]\([^)]*\)", r"\[\^[^\]]*\]",  # addresses, other links, footnotes
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})(?:\s+\d{{4}})?",
            rf"\b(?:{_MONTHS})\s+\d{{1,4}}(?:,\s*\d{{4}})?",
            rf"\b(?:1[89]|20)\d\d(?:\s?[-–/]\s?\d{{2,4}})?\b(?!\s*(?:{_COUNTED}))",  # years
            rf"\b(?:{_PLACES})\s+\d+(?:\.\d+)*(?:\s*(?:,|and|to|or|[-–])\s*\d+(?:\.\d+)*)*(?!\w|\.\d)",
            r"\b[A-Za-z]+[-–]?\d[\w-]*",  # G017, KS2
            r"^\s*\d+[.)]\s",  # the number of a list item
        )
    ),
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Untied:
    """A number or quantifier of the text that hangs on no claim, with the words around it."""

    text: str
    kind: str  # "number", "quantifier" or "rank"
    section: str
    line: int
    around: str


def claims_in(markdown: str) -> Iterator[Tied]:
    """All claims, in order."""
    for part in parts_of(markdown):
        for start, paragraph in part.paragraphs:
            for found in CLAIM.finditer(paragraph):
                line = start + paragraph[: found.start()].count("\n")
                text, query = (" ".join(found[name].split()) for name in ("text", "query"))
                yield Tied(text, query, part.heading, line)


def untied_in(markdown: str) -> Iterator[Untied]:
    """All numbers and quantifiers that hang on no claim and are not exempt, in order. Something that looks
    like a claim and cannot be read as one is listed too."""
    for part in parts_of(markdown):
        for start, paragraph in part.paragraphs:
            for text, kind, at, end in _said(paragraph):
                line = start + paragraph[:at].count("\n")
                around = " ".join(paragraph[max(0, at - 40) : end + 40].split())
                yield Untied(text, kind, part.heading, line, around)


def _said(paragraph: str) -> Iterator[tuple[str, str, int, int]]:
    rest = _blanked(paragraph, CLAIM)
    for loose in _LOOSE_CLAIM.finditer(rest):
        yield loose.group(), "claim that cannot be read", loose.start(), loose.end()
    rest = _blanked(rest, _EXEMPT)
    kinds = {"rank": "rank"}
    found = [(q.text, kinds.get(q.name, "quantifier"), q.start, q.end) for q in quantifiers_in(rest)]
    found += [(n.text, "number", n.start, n.end) for n in numbers_in(rest)]
    yield from sorted(found, key=lambda item: item[2])


def _blanked(text: str, pattern: re.Pattern[str]) -> str:
    """The text with all that fits the pattern made blank, so that places stay. A mark in the middle keeps
    words on both sides apart."""
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()[:-1]) + "¦", text)


def as_read(
    paragraph: str,
    verdicts: Mapping[tuple[str, str], Checked],
    hidden: Collection[Verdict] = (Verdict.WITHHELD,),
) -> str:
    """A paragraph as a report prints it: claims as their text, those with a `hidden` verdict as "[c]".
    `verdicts` are by (text, query)."""

    def shown(found: re.Match[str]) -> str:
        text, query = (" ".join(found[name].split()) for name in ("text", "query"))
        checked = verdicts.get((text, query))
        return WITHHELD if checked is not None and checked.verdict in hidden else text

    plain = CLAIM.sub(shown, paragraph)
    plain = re.sub(r"^\s*[-*+]\s+", "", plain)
    plain = re.sub(r"(\*\*|__)(.+?)\1", r"\2", plain)
    return " ".join(re.sub(r"(?<!\w)[*_](\S(?:.*?\S)?)[*_](?!\w)", r"\1", plain).split())
