"""Words that say how many, with the bounds in per cent that each stands for, and numbers in running text.

The bounds are ours, as no standard gives any; a project can set its own. They are percentages of what a
table's row is of. A word's bounds hold where the percentage lies between them; `open_low` and `open_high`
leave the bound itself out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low` to `high` per cent."""

    low: Fraction
    high: Fraction
    open_low: bool = False
    open_high: bool = False

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{plain(self.low)} %"
        start = f"{'over' if self.open_low else 'from'} {plain(self.low)}"
        return f"{start} {'to under' if self.open_high else 'to'} {plain(self.high)} %"


def plain(value: Fraction) -> str:
    """A number of per cent without needless zeros."""
    return f"{float(value):.10g}"


def _b(low: str, high: str, marks: str = "[]") -> Bounds:
    return Bounds(Fraction(low), Fraction(high), marks[0] == "(", marks[1] == ")")


QUANTIFIERS: Mapping[str, Bounds] = {
    "all": _b("100", "100"),
    "nearly all": _b("90", "100", "[)"),
    "the vast majority": _b("80", "100"),
    "most": _b("60", "100"),
    "majority": _b("50", "100", "(]"),
    "more than half": _b("50", "100", "(]"),
    "just over half": _b("50", "55", "(]"),
    "about half": _b("45", "55"),
    "half": _b("47.5", "52.5"),
    "almost half": _b("45", "50", "[)"),
    "less than half": _b("0", "50", "[)"),
    "three quarters": _b("72.5", "77.5"),
    "about three quarters": _b("70", "80"),
    "two thirds": _b("64", "69"),
    "about two thirds": _b("61.5", "71.5"),
    "a third": _b("31", "36"),
    "about a third": _b("28.5", "38.5"),
    "a quarter": _b("22.5", "27.5"),
    "about a quarter": _b("20", "30"),
    "a fifth": _b("18", "22"),
    "about a fifth": _b("16", "24"),
    "a tenth": _b("9", "11"),
    "about a tenth": _b("7.5", "12.5"),
    "many": _b("25", "100"),
    "some": _b("0", "50", "()"),
    "several": _b("5", "50", "[)"),
    "a minority": _b("0", "50", "()"),
    "a significant minority": _b("20", "50", "[)"),
    "a small minority": _b("0", "15", "(]"),
    "few": _b("0", "15"),
    "a few": _b("0", "15", "(]"),
    "very few": _b("0", "5"),
    "none": _b("0", "0"),
}
"""The words as they are named in queries and settings."""

_ABOUT = r"(?:about|around|roughly|approximately|some|circa)\s+"
_ALMOST = r"(?:almost|nearly|just\s+under|just\s+below|close\s+to|not\s+quite)\s+"
_NEAR = rf"(?:{_ABOUT}|{_ALMOST}|(?:just\s+)?over\s+)"
_HALF = r"half(?![-\s]?(?:terms?|days?|years?|hours?|way)\b)"
_PART = {
    "three quarters": r"three[-\s]quarters",
    "two thirds": r"two[-\s]thirds",
    "a third": r"(?:a|one)[-\s]third",
    "a quarter": r"(?:a|one)[-\s]quarter",
    "a fifth": r"(?:a|one)[-\s]fifth",
    "a tenth": r"(?:a|one)[-\s]tenth",
}
# The longer wording first: "almost half" is not "half".
_WORDINGS: tuple[tuple[str, str], ...] = (
    ("nearly all", r"(?:nearly|almost|virtually|practically)\s+(?:all|every)"),
    ("the vast majority", r"(?:vast|great|large|overwhelming)\s+majority"),
    ("a significant minority", r"(?:significant|substantial|sizeable|large)\s+minority"),
    ("a small minority", r"small\s+minority"),
    ("a minority", r"minority"),
    ("majority", r"majority"),
    ("just over half", r"(?:just|slightly|a\s+little)\s+over\s+half"),
    ("more than half", r"(?:more\s+than|over|above)\s+half"),
    ("almost half", _ALMOST + _HALF),
    ("less than half", r"(?:less|fewer)\s+than\s+half|(?:under|below)\s+half"),
    ("about half", _ABOUT + _HALF),
    ("half", r"(?<!first )(?<!second )" + _HALF),
    *((f"about {name}", f"{_NEAR}{part}") for name, part in _PART.items()),
    *_PART.items(),
    ("very few", r"very\s+few|hardly\s+any"),
    ("a few", r"a\s+few"),
    ("few", r"few"),
    ("several", r"several"),
    ("many", r"many"),
    ("most", r"most(?!\s+(?:\w+ly|recent|likely|important|effective|useful|of\s+all)\b)"),
    ("some", r"some(?=\s+(?:of|groups?|reports?|schools?|projects?|cases?|respondents?|participants?)\b)"),
    ("none", r"none"),
    ("all", r"all(?=\s+(?:of|the|but|\w+s)\b)|every(?=\s+\w)"),
)  # fmt: skip
_RANKED = (
    r"(?:most|least)\s+(?:frequent(?:ly)?|common(?:ly)?|often|widely|popular|cited|reported|mentioned|used|"
    r"widespread|prevalent)|main|commonest|rarest|(?:largest|smallest|highest|lowest)\s+\w+"
)
_NAMED = (f"(?P<q{n}>\\b(?:{wording}))\\b" for n, (_, wording) in enumerate(_WORDINGS))
_QUANTIFIER = re.compile("|".join([f"(?P<rank>\\b(?:{_RANKED})\\b)", *_NAMED]), re.IGNORECASE)

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS: Mapping[str, int] = {
    **{word: n for n, word in enumerate(_UNITS)},
    **{word: 10 * n for n, word in enumerate(_TENS, start=2)},
    **{f"{t}-{u}": 10 * n + k for n, t in enumerate(_TENS, 2) for k, u in enumerate(_UNITS[1:10], 1)},
}
_WORD = "|".join(sorted((w for w in NUMBER_WORDS if w != "one"), key=len, reverse=True))
_COUNTED = "of|in|groups?|reports?|schools?|projects?|cases?|respondents?|participants?|per"
_OF = re.compile(r"\bof(?:\s+(?:the|all|these|those))*\s+$", re.IGNORECASE)
_PERCENT = r"\s*(?:%|per\s?cent\b|percent\b)"
_NUMBER = re.compile(
    rf"(?<![\w.,/-])(?P<digits>\d{{1,3}}(?:[,\u202f]\d{{3}})+|\d+)(?P<decimals>\.\d+)?(?![\w]|[.,/]\d)(?P<unit>{_PERCENT})?"
    rf"|\b(?P<word>{_WORD}|one(?=\s+(?:{_COUNTED})\b))\b(?P<unit2>{_PERCENT})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A number or quantifier in a text, from `start` to `end`. A number has a `value` and perhaps `decimals`
    and is in `percent` or of something (`after_of`); a quantifier has a `name`, "rank" for words like "most
    frequently"."""

    text: str
    start: int
    end: int
    value: Decimal | None = None
    decimals: int = 0
    percent: bool = False
    after_of: bool = False
    name: str = ""


def quantifiers_in(text: str) -> Iterator[Said]:
    """The quantifiers of a text, in order."""
    for found in _QUANTIFIER.finditer(text):
        group = found.lastgroup or "rank"
        name = "rank" if group == "rank" else _WORDINGS[int(group[1:])][0]
        yield Said(found.group(), found.start(), found.end(), name=name)


def numbers_in(text: str) -> Iterator[Said]:
    """The numbers of a text, in digits or words, in order. Digits that are part of a name are none. A number
    is `after_of` another or a quantifier, as in "60 of 129"; in "a total of 60" it is not."""
    parts = min((q.start for q in quantifiers_in(text)), default=len(text))
    for found in _NUMBER.finditer(text):
        word = found["word"]
        value = Decimal(NUMBER_WORDS[word.lower()]) if word else _value(found)
        percent = bool(found["unit"] or found["unit2"])
        of = _OF.search(text, 0, found.start()) is not None and parts < found.start()
        decimals = len(found["decimals"] or ".") - 1
        yield Said(found.group(), found.start(), found.end(), value, decimals, percent, of)
        parts = min(parts, found.start())


def _value(found: re.Match[str]) -> Decimal:
    return Decimal(re.sub(r"[,\u202f]", "", found["digits"]) + (found["decimals"] or ""))


def bounds_from(setting: str) -> dict[str, Bounds]:
    """The bounds of all words, those of a setting like "most = 70..100; few = 0..10" instead of ours.

    Raises `ValueError` saying what cannot be read.
    """
    found = dict(QUANTIFIERS)
    for part in filter(None, (p.strip() for p in setting.split(";"))):
        read = re.fullmatch(r"(?P<name>[a-z ]+?)\s*=\s*(?P<low>[\d.]+)\s*\.\.\s*(?P<high>[\d.]+)", part, re.I)
        if read is None or read["name"].lower() not in QUANTIFIERS:
            known = ", ".join(QUANTIFIERS)
            raise ValueError(f"“{part}” is not of the form “most = 70..100” with one of the words {known}.")
        low, high = Fraction(read["low"].rstrip(".")), Fraction(read["high"])
        if not 0 <= low <= high <= 100:
            raise ValueError(f"“{part}”: bounds are percentages from 0 to 100, the lower one first.")
        found[read["name"].lower()] = Bounds(low, high)
    return found
