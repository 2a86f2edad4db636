"""Names in texts: by what stands beside them, and however they are spelt. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

DIRECT = (
    (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[e-mail]"),
    (re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE), "[address]"),
    (re.compile(r"(?<!\w)(?:\+44|0)(?:[\s()-]?\d){9,10}(?!\w)"), "[telephone]"),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b"), "[postcode]"),
)
"""What tells who it is by its form, and what stands for it."""
TITLED = re.compile(
    r"\b(?:Mrs?|Ms|Miss|Mx|Dr|Prof(?:essor)?|Sir|Dame|Rev(?:erend)?|Father|Sister|Canon|Cllr|Councillor)\.?\s+"
    r"(?:[A-Z]\.?\s+)*([A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+){0,2})"
)
SCHOOL = re.compile(
    r"\b((?:[A-Z][\w'’.&-]*\s+(?:of\s+|the\s+|and\s+|on\s+|upon\s+)*){1,6})"
    r"((?:(?i:School|Academy|College|Nursery|Infant|Junior|Primary|Federation|Children['’]s Centre|"
    r"High(?=\s+school))|High|HIGH)[sS]?\b)"
)
WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")
"""A word of letters and digits: signs between them part words, for names stand with and without."""
_POSSESSIVE = re.compile(r"['’]s?$", re.IGNORECASE)
_COMMON = frozenset(
    "a all an and at both by each every for from in its my of on one or other our several some that the "
    "their these this those to two three four five six seven eight nine ten we when with your he she they "
    "it was primary secondary infant infants junior juniors high special nursery middle first upper lower "
    "sixth form centre centres community church catholic c.e ce rc england head heads lead local partner "
    "feeder teaching training national year years key stage reception school schools academy academies "
    "college colleges nurseries primaries federation federations children children's autumn spring summer "
    "winter term january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday english maths science network networked "
    "learning project voluntary aided controlled foundation trust grammar girls boys girls' boys' yes no "
    "none known unknown not n/a any many most more few such whole entire another same different "
    "neighbouring individual single own state independent private public good outstanding successful small "
    "large big new old rural urban inner city as if so but what which who how why where while after before "
    "during since through within across between into out over under also only then there here his her them "
    "us i you me is are were be been has have had do did can will would should could as parents pupils "
    "teachers staff children’s governors teacher headteacher headteachers deputy assistant principal "
    "coordinator leader adviser working using visiting moving starting leaving per via than".split()
)


def plain(word: str) -> str:
    """A word as it is compared: in small letters, without accents and ligatures."""
    if word.isascii():
        return word.lower()
    letters = unicodedata.normalize("NFKD", word)
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared; "Oak-Hill's" gives oak, hill, s."""
    return tuple(plain(w) for w in WORD.findall(text))


def without_possessive(name: str) -> str:
    """A name without 's at its end: "Jane Smith's" is Jane Smith."""
    return _POSSESSIVE.sub("", name)


def is_common(word: str) -> bool:
    """Whether a word is of everyday speech on schools, and so tells no name by itself."""
    return word.casefold().strip(".,") in _COMMON


def own_words(before: str) -> str:
    """Of the capitalised words before "School" those that are its name, as they stand there."""
    start, end = own_span(before)
    return before[start:end]


def own_span(before: str) -> tuple[int, int]:
    """Where they begin and end; (0, 0) where there are none."""
    words = list(re.finditer(r"\S+", before))
    while words and is_common(words[0][0]):
        words.pop(0)
    while words and is_common(words[-1][0]):
        words.pop()
    return (words[0].start(), words[-1].end()) if words else (0, 0)


def school_named(match: re.Match[str], common: frozenset[str] = frozenset()) -> str:
    """The school's own name in a match of `SCHOOL`; empty where the words before it are no name. Before
    "school" in small letters one word that is `common` is none: "Whole school"."""
    own = without_possessive(own_words(match[1]))
    alone = words_of(own)
    small = match[2][0].islower() and len(alone) == 1 and alone[0] in common
    return "" if small else own


def person_named(match: re.Match[str]) -> str:
    """The name in a match of `TITLED`, as it stands there, without words that follow it and are no name: what
    comes after 's, and everyday words."""
    words = list(re.finditer(r"\S+", match[1]))
    ends = (n for n, w in enumerate(words, start=1) if _POSSESSIVE.search(w[0]))
    del words[next(ends, len(words)) :]
    while len(words) > 1 and is_common(words[-1][0]):
        words.pop()
    return without_possessive(match[1][: words[-1].end()])


def names_in(values: Iterable[str]) -> tuple[str, ...]:
    """The names in cells of a register, which may hold several, separated by a comma or semicolon. Numbers,
    everyday words, and what is too short to be one, are left out."""
    parts = {p.strip() for v in values for p in (v, *re.split(r"[;,]", v))}
    return tuple(
        sorted(
            p
            for p in parts
            if len(p) > 2 and any(c.isalpha() for c in p) and not all(map(is_common, p.split()))
        )
    )


def parts_of_login(login: str) -> Iterator[str]:
    """The words of a login that may be somebody's name: of "maria.gomez@x.org" maria and gomez."""
    for part in re.split(r"[\W\d_]+", login.partition("@")[0]):
        if len(part) > 2 and not is_common(part):
            yield part


class Told:
    """The names that texts tell by what stands beside them, gathered from one text after another."""

    def __init__(self) -> None:
        self._schools: set[tuple[str, bool]] = set()
        self._persons: set[str] = set()
        self._small: Counter[str] = Counter()
        self._large: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Take in a text."""
        for match in SCHOOL.finditer(text):
            self._schools.add((" ".join(school_named(match).split()), match[2][0].islower()))
        self._persons.update(" ".join(person_named(m).split()) for m in TITLED.finditer(text))
        for word in WORD.findall(text):
            (self._small if word[0].islower() else self._large)[plain(word)] += 1

    @property
    def common(self) -> frozenset[str]:
        """The words that these texts write in small letters more often than not."""
        return frozenset(w for w, n in self._small.items() if n > self._large[w])

    def names(self) -> dict[str, str]:
        """The names, each with the full name that it is of: schools, and people with the parts of their
        names, who may stand elsewhere without the others."""
        common, found = self.common, dict[str, str]()
        for name in sorted(self._persons):
            found |= {p: name for p in name.split() if len(p) > 1 and not is_common(p)}
        for name in self._persons:
            found[name] = name
        for name, small in self._schools:
            if len(name) > 1 and not (small and name.casefold() in common):
                found[name] = name
        return found
