"""What a file of another tool brings, in one form whatever the tool."""

from __future__ import annotations

from dataclasses import dataclass, field

from ctg_nlp.given_values import NO_TEXT
from ctg_nlp.records import Answer

Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Whose:
    """By what a report can be found: its name or group, the SHA-256 of its file, our own GUID of it.

    `text` is the SHA-256 of its text as the tool has it, by which we know whether positions in it are ours;
    `others` are further names that it may have.
    """

    name: str = ""
    group: str = ""
    sha256: str = ""
    source: str = ""
    text: str = ""
    others: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """What people call it."""
        return self.name or self.group or self.source or "a document without a name"


@dataclass(frozen=True, slots=True)
class BroughtQuote:
    """A quote.

    `share` tells how far into the document it stands (0 to 1), `around` the text before and after it, `page`
    its page (from 1), `places` where it stands in the tool's text, in code points; all may be unknown. `area`
    is a rectangle on its page in points of the file (x and y of two corners), where no words are told.
    """

    text: str
    share: float | None = None
    page: int | None = None
    places: tuple[tuple[int, int], ...] = ()
    area: tuple[int, int, int, int] | None = None
    around: tuple[str, str] = ("", "")


_AROUND = 60  # characters: more than words that come again and again


def quote_at(text: str, start: int, end: int, said: str = "") -> BroughtQuote:
    """A stretch of a tool's text as a quote, in the words that were said where these are told."""
    around = text[max(start - _AROUND, 0) : start], text[end : end + _AROUND]
    share = start / max(len(text), 1)
    return BroughtQuote(said or text[start:end], share, None, ((start, end),), None, around)


@dataclass(frozen=True, slots=True)
class Brought:
    """One code that one person gave to one report; `where` says in words where it was in the file."""

    whose: Whose
    key: Key
    coder: str
    where: str
    answer: Answer = Answer.PRESENT
    value: int | str | None = None
    time: str = ""
    quotes: tuple[BroughtQuote, ...] = ()
    note: str = ""
    role: str = "coder"
    framework: str = ""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Something that could not be taken: what it is, where it was in the file, and why."""

    what: str
    where: str
    why: str
    quote: str = ""

    def __post_init__(self) -> None:
        """Signs that no terminal or file can hold are replaced: these words are for people to read."""
        for name in ("where", "why", "quote"):
            object.__setattr__(self, name, NO_TEXT.sub("\ufffd", getattr(self, name)))


@dataclass
class Bringing:
    """All that a file brings. `origin` is the tool that wrote it, as it calls itself."""

    format: str
    origin: str
    brought: list[Brought] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    codes: int = 0
    matched_codes: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def leave(self, what: str, where: str, why: str, quote: str = "") -> None:
        """Note what cannot be taken."""
        self.unmatched.append(Unmatched(what, where, why, quote))

    def count(self, what: str, n: int = 1) -> None:
        """Count what was seen."""
        self.counts[what] = self.counts.get(what, 0) + n
