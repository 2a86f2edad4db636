"""What a file of another tool brings, in one form whatever the tool."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    """A quote. `share` tells how far into the document it stands (0 to 1), `page` its page (from 1); both may
    be unknown. `places` are where it stands in the tool's text, in code points. `area` is a rectangle on its
    page in points of the file (x and y of two corners), for a quote whose words are not told."""

    text: str
    share: float | None = None
    page: int | None = None
    places: tuple[tuple[int, int], ...] = ()
    area: tuple[int, int, int, int] | None = None


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
