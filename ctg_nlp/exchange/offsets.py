"""How a tool counts characters: found out from what it says, since the standard is read in several ways.

The standard counts code points from 0. Some tools count UTF-16 units, some take CR LF as one character, some
count the byte order mark, and some name the last character where others name the one after it. Most name a
selection by its words, so the way of counting under which names and texts agree is the tool's.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

OUTSIDE = "it is outside the text"
DISAGREE = "its words do not stand at its positions, nor at one other place alone"
_SENTENCE = 2  # spaces in a name of which titles that stand in the text by chance have fewer
_NAMED = 12  # how much more it says that a selection is its name than that it ends where words end


@dataclass(frozen=True, slots=True)
class Counting:
    """A way of counting. The default is the standard's, with ends that are not included."""

    inclusive: bool = False
    utf16: bool = False
    one_newline: bool = False
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """A selection as given: positions, and its name, perhaps cut off (empty: it has none)."""

    text: str
    start: int
    end: int
    name: str = ""


STANDARD = Counting()
_ORDER = sorted((Counting(*flags) for flags in product((False, True), repeat=4)), key=lambda c: sum(
    (c.inclusive, c.utf16, c.one_newline, c.mark)))  # fmt: skip


def stretch(text: str, start: int, end: int, counting: Counting = STANDARD) -> tuple[int, int] | None:
    """Where a selection stands in a text, in code points (end not included); None where it is outside."""
    shift = 1 if counting.mark else 0
    a, b = start - shift, end - shift + counting.inclusive
    offsets = _offsets(text, counting.utf16, counting.one_newline)
    size = len(offsets) - 1 if offsets is not None else len(text)
    if not 0 <= a < b or a >= size or b > size + 1:
        return None
    b = min(b, size)  # some tools end one behind the last character
    return (a, b) if offsets is None else (offsets[a], offsets[b])


@lru_cache(maxsize=16)
def _offsets(text: str, utf16: bool, one_newline: bool) -> tuple[int, ...] | None:
    """For each counted character where it begins in code points, and the end; None where all count alike."""
    plain = not (utf16 and any(c > "\uffff" for c in text)) and not (one_newline and "\r\n" in text)
    if plain:
        return None
    found = []
    for i, character in enumerate(text):
        if one_newline and character == "\n" and i and text[i - 1] == "\r":
            continue
        found += [i] * (2 if utf16 and character > "\uffff" else 1)
    return (*found, len(text))


def counting_of(selections: Sequence[Counted], prefer: Counting = STANDARD) -> Counting:
    """The way of counting under which most selections agree with their names, or end where words end.

    Where several agree as well, the one that is preferred, else the simpler way.
    """
    sample = list(selections)[:2000]
    return max((prefer, *_ORDER), key=lambda c: sum(_agrees(s, c) for s in sample), default=STANDARD)


def place_of(selection: Counted, counting: Counting, *, words: bool = False) -> tuple[int, int] | str:
    """Where a selection stands in its text, in code points; else why that cannot be told.

    Its name may be its words; with `words` it is. Where these stand elsewhere than its positions say, another
    way of counting under which both agree is taken, else the only place where the words stand.
    """
    text, name = selection.text, _plain(selection.name)
    found = stretch(text, selection.start, selection.end, counting)
    if found is not None and not _disagree(text[slice(*found)], name, text, words):
        return found
    others = [stretch(text, selection.start, selection.end, c) for c in _ORDER]
    agreed = next((p for p in others if p is not None and is_named(text[slice(*p)], name)), None)
    if agreed is not None or found is None:
        return agreed or OUTSIDE
    places = _stands_at(text, name)
    whole = _uncut(name) == name
    return places[0] if len(places) == 1 and whole else DISAGREE


def _disagree(said: str, name: str, text: str, words: bool) -> bool:
    """Whether a name is other words of the text than those at the positions. A title that somebody gave is
    none: it stands nowhere, or is short beside what was selected."""
    said, wanted = _plain(said), _uncut(name)
    if not wanted or wanted in said:
        return False
    near = abs(len(wanted) - len(said)) <= 2 + len(said) // 10
    like_words = near or wanted != name or wanted.count(" ") >= _SENTENCE
    return words or (like_words and bool(_stands_at(text, wanted)))


def _stands_at(text: str, name: str) -> list[tuple[int, int]]:
    """The first two places where words stand, whatever spaces are between them."""
    pattern = re.compile(r"\s+".join(map(re.escape, _uncut(name).split())))
    return [found.span() for found in islice(pattern.finditer(text), 2)] if name else []


def _uncut(name: str) -> str:
    """A name without the dots that say that it was cut off."""
    return name.removesuffix("…").removesuffix("...").rstrip()


def _agrees(selection: Counted, counting: Counting) -> int:
    place = stretch(selection.text, selection.start, selection.end, counting)
    if place is None:
        return -1
    start, end = place
    said = selection.text[start:end]
    points = _NAMED if is_named(said, selection.name) else 0
    return points + _at_words(selection.text, start) + _at_words(selection.text, end)


def _at_words(text: str, at: int) -> int:
    """1 where no word is cut in two there."""
    return int(not (0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()))


def is_named(text: str, name: str) -> bool:
    """Whether a name is a selection's words, or their beginning with dots after it. Spaces do not matter."""
    said, wanted = _plain(text), _plain(name)
    if not wanted:
        return False
    for dots in ("…", "..."):
        if wanted.endswith(dots):
            return said.startswith(wanted.removesuffix(dots).rstrip())
    return said == wanted


def _plain(text: str) -> str:
    return " ".join(text.split())


MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(content: bytes) -> str:
    """A text file in UTF-8 or UTF-16, its byte order mark taken off. Raises `UnicodeDecodeError`."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding)
    return content.decode("utf-8-sig")
