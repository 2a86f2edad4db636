"""The text of a case study: its paragraphs, lists and quotations; names kept out of it. Pure.

A writer leaves an empty line between paragraphs, begins the lines of a list with "- ", puts a quotation by
its number (`[[q3]]`) on a line of its own or into a sentence, and writes `{group}` for the group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

MARK = re.compile(r"\[\[q(\d{1,6})\]\]")
GROUP = "{group}"
THE_GROUP = "the group"
LEFT_OUT = "[name left out]"
ERASED = "[words of an erased report]"
SHARED_WORDS = 8
"""So many words in a row, in a text and in a report, are the report's."""
_PHRASE = 3  # words of a quotation that is looked for where its document is quoted

_BULLET = re.compile(r"^\s*[-*•]\s+")
_ONE_WORD = re.compile(r"\w+(?:['’]\w+)*")
_NAME = r"[A-Z][\w'’&.-]*"
_KIND = (
    "Academy|Academies|Centre|Church|College|Colleges|Council|Federation|Hospital|Infants?|Juniors?|Nursery|"
    "Primary|Primaries|School|Schools|Secondary|Trust|University"
)
_OF_A_PLACE = re.compile(rf"\b(?:{_NAME}\s+)+(?:{_KIND})\b(?:\s+(?:{_KIND})\b)*")
_OF_A_PERSON = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Father|Sister)\.?\s+[A-Z][\w'’-]+")
_OPENING = re.compile(r"^(?:The|Our|This|That|Each|One|All|Both|In|At|A|An)\s+(?=\S)")


class BlockKind(StrEnum):
    """What a stretch of a case study's text is."""

    PARAGRAPH = "paragraph"
    ITEM = "list item"
    QUOTE = "quotation"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph, a list item or a quotation that stands by itself (`number` then names it)."""

    kind: BlockKind
    text: str
    number: int = 0


def blocks_of(text: str) -> tuple[TextBlock, ...]:
    """The blocks of a text in order. Lines of one paragraph are joined by a space."""
    found: list[TextBlock] = []
    lines: list[str] = []

    def close() -> None:
        if lines:
            found.append(TextBlock(BlockKind.PARAGRAPH, " ".join(lines)))
            lines.clear()

    for line in (raw.strip() for raw in text.splitlines()):
        alone = MARK.fullmatch(line)
        if alone or not line or _BULLET.match(line):
            close()
        if alone:
            found.append(TextBlock(BlockKind.QUOTE, line, int(alone[1])))
        elif _BULLET.match(line):
            found.append(TextBlock(BlockKind.ITEM, _BULLET.sub("", line)))
        elif line:
            lines.append(line)
    close()
    return tuple(found)


def quoted_numbers(text: str) -> tuple[int, ...]:
    """The numbers of the quotations that a text uses, in order."""
    return tuple(dict.fromkeys(int(n) for n in MARK.findall(text)))


def without_names(text: str, group_names: Sequence[str], others: Sequence[str] = ()) -> str:
    """A text in which the group's names are "the group" and other names are left out, whatever their case."""
    for names, instead in ((group_names, THE_GROUP), (others, LEFT_OUT)):
        for name in sorted({n for n in names if n.strip()}, key=len, reverse=True):
            text = _whole(name).sub(instead, text)
    return text


def _whole(name: str) -> re.Pattern[str]:
    parts = r"\s+".join(re.escape(part) for part in name.split())
    return re.compile(rf"(?<!\w){parts}(?!\w)", re.IGNORECASE)


def possible_names(text: str) -> tuple[str, ...]:
    """What looks like the name of a school, another body or a person, for a writer to look at. A rule finds
    neither all names nor only names."""
    found = [m[0] for m in (*_OF_A_PLACE.finditer(text), *_OF_A_PERSON.finditer(text))]
    names = (_OPENING.sub("", " ".join(name.split())) for name in found)
    return tuple(dict.fromkeys(n for n in names if " " in n))


def without_words_of(text: str, sources: Iterable[str], phrases: Iterable[str] = ()) -> str:
    """A text without what stands in `sources` word for word, in runs of `SHARED_WORDS` or more, and without
    `phrases` of several words; each such place becomes a mark that says so. What is shorter may be anybody's
    words."""
    for start, end in reversed(shared_runs(text, spoken(sources))):
        text = f"{text[:start]}{ERASED}{text[end:]}"
    for phrase in phrases:
        text = _whole(phrase).sub(ERASED, text) if len(phrase.split()) >= _PHRASE else text
    return text


def spoken(sources: Iterable[str]) -> str:
    """The words of texts that follow each other, as `shared_runs` looks them up."""
    return f" {' '.join(_form(m) for source in sources for m in _words(source))} "


def shared_runs(text: str, said: str) -> tuple[tuple[int, int], ...]:
    """Where a text has at least `SHARED_WORDS` words in a row of what was `spoken`, in any case and however
    spaced or punctuated, as (start, end) in order."""
    words = _words(text)
    forms = [_form(m) for m in words]
    found: list[tuple[int, int]] = []
    for i in range(len(words) - SHARED_WORDS + 1):
        if f" {' '.join(forms[i : i + SHARED_WORDS])} " in said:
            start, end = words[i].start(), words[i + SHARED_WORDS - 1].end()
            if found and start <= found[-1][1]:
                start = found.pop()[0]
            found.append((start, end))
    return tuple(found)


def _words(text: str) -> list[re.Match[str]]:
    return list(_ONE_WORD.finditer(text))


def _form(word: re.Match[str]) -> str:
    return word[0].replace("’", "'").casefold()
