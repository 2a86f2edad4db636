"""The small language in which a claim says which figure it is about. `docs/claims.md` describes it.

A query is one of
- `none`: deliberately tied to nothing;
- a value: `group.row`, `percent group.row`, `response`, `median size`, with `by cohort = 1` for a part;
- a comparison: a value, then `>`, `<`, `>=`, `<=` or `=` with numbers, percentages or further values;
- a quantifier and a row: `majority group.row`;
- ranks: `top 2 outcomes in leadership except other = first, second`, or `bottom`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ctg_nlp.synthesis.quantifiers import Bounds

OF_A_ROW = ("n", "percent", "of", "undecided")
OF_A_TABLE = ("total", "median")
OF_ALL = ("reports", "response", "expected", "silent")
COMPARISONS = (">", "<", ">=", "<=", "=")

_TOKEN = re.compile(
    r'\s*(?:(?P<op>>=|<=|>|<|=|,)|(?P<number>\d+(?:\.\d+)?)(?P<percent>%?)(?=[\s<>=,]|$)'
    r'|(?P<word>[^\s"<>=,]*(?:"[^"]*")?[^\s"<>=,]*))'
)  # fmt: skip


class QueryError(ValueError):
    """A query that cannot be read or asks for what there is not; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Value:
    """One figure: `what` of a row, a table or everything. "cell" is a row with all its figures; `by` and
    `part` are empty for all reports."""

    what: str
    dimension: str = ""
    row: str = ""
    by: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A number to compare with; `decimals` are those it was written with."""

    value: Fraction
    percent: bool
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Free:
    """Tied to nothing on purpose."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Values in a row with what must hold between each and the next. A bare value has no comparisons."""

    first: Value
    steps: tuple[tuple[str, Value | Limit], ...] = ()


@dataclass(frozen=True, slots=True)
class Quantified:
    """A row whose percentage lies within the bounds of a word."""

    name: str
    bounds: Bounds
    value: Value


@dataclass(frozen=True, slots=True)
class Ranked:
    """The `count` rows with the most reports (with the fewest: `bottom`), of a table or one of its groups."""

    bottom: bool
    count: int
    dimension: str
    rows: tuple[str, ...]
    group: str = ""
    without: tuple[str, ...] = ()
    by: str = ""
    part: str = ""


Query = Free | Comparison | Quantified | Ranked


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    kind: str  # "op", "number", "percent" or "word"


def query_of(text: str, words: Mapping[str, Bounds]) -> Query:
    """The query that a text says. `words` are the quantifiers. Raises `QueryError`."""
    return _Reader(_tokens(text), words).query()


def _tokens(text: str) -> list[_Token]:
    found, place, text = [], 0, text.strip()
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None or token.end() == place:
            raise QueryError(f"“{text[place:]}” cannot be read.")
        place = token.end()
        if token["op"]:
            found.append(_Token(token["op"], "op"))
        elif token["number"]:
            found.append(_Token(token["number"], "percent" if token["percent"] else "number"))
        else:
            found.append(_Token(token["word"], "word"))
    return found


class _Reader:
    """Reads tokens one after the other."""

    def __init__(self, tokens: list[_Token], words: Mapping[str, Bounds]) -> None:
        self.tokens = tokens
        self.words = words

    def query(self) -> Query:
        found = self._query()
        if self.tokens:
            raise QueryError(f"“{self.tokens[0].text}” is not expected here.")
        return found

    def _query(self) -> Query:
        if not self.tokens:
            raise QueryError("It is empty: name a row as dimension.row, or write none.")
        if self._next() == "none" and len(self.tokens) == 1:
            self._take()
            return Free()
        if self._next() in ("top", "bottom"):
            return self._ranked()
        name = self._quantifier()
        if name:
            return Quantified(name, self.words[name], self._value())
        first, steps = self._value(), []
        while self._next() in COMPARISONS:
            steps.append((self._take().text, self._compared()))
        return Comparison(first, tuple(steps))

    def _next(self) -> str:
        return self.tokens[0].text if self.tokens else ""

    def _take(self, kind: str = "") -> _Token:
        if not self.tokens:
            raise QueryError("It ends too early.")
        token = self.tokens.pop(0)
        if kind and token.kind != kind:
            raise QueryError(f"“{token.text}” is not expected here.")
        return token

    def _quantifier(self) -> str:
        """The quantifier that the query begins with, taken away; empty where it begins with a value."""
        for length in range(min(4, len(self.tokens)), 0, -1):
            said = " ".join(t.text.lower() for t in self.tokens[:length])
            for name in (said, f"a {said}", f"the {said}", said.removeprefix("the ")):
                if name in self.words:
                    del self.tokens[:length]
                    return name
        return ""

    def _compared(self) -> Value | Limit:
        if self.tokens and self.tokens[0].kind in ("number", "percent"):
            token = self._take()
            decimals = len(token.text.partition(".")[2])
            return Limit(Fraction(token.text), token.kind == "percent", decimals)
        return self._value()

    def _value(self) -> Value:
        word = self._take("word").text
        if word in OF_ALL:
            return Value(word)
        if word in OF_A_TABLE:
            return Value(word, self._take("word").text, *self._no_row())
        what = word if word in OF_A_ROW else "cell"
        dimension, row = _row(self._take("word").text if word in OF_A_ROW else word)
        return Value(what, dimension, row, *self._part())

    def _no_row(self) -> tuple[str, str, str]:
        return ("", *self._part())

    def _part(self) -> tuple[str, str]:
        if self._next() != "by":
            return "", ""
        self._take()
        by = _bare(self._take("word").text)
        if self._take("op").text != "=":
            raise QueryError(f"A part is named as by {by} = ….")
        token = self._take()
        if token.kind == "op":
            raise QueryError(f"A part is named as by {by} = ….")
        return by, _bare(token.text)

    def _ranked(self) -> Ranked:
        bottom = self._take().text == "bottom"
        count = int(Fraction(self._take("number").text))
        dimension, group, without = _bare(self._take("word").text), "", []
        if self._next() == "in":
            self._take()
            group = _bare(self._take("word").text)
        if self._next() == "except":
            self._take()
            without = self._list()
        by, part = self._part()
        if self._take("op").text != "=":
            raise QueryError("After what is ranked comes = and the rows, with commas between them.")
        rows = self._list()
        if len(rows) != count:
            raise QueryError(f"It says {count} and names {len(rows)} rows.")
        return Ranked(bottom, count, dimension, tuple(rows), group, tuple(without), by, part)

    def _list(self) -> list[str]:
        found = [_bare(self._take().text)]
        while self._next() == ",":
            self._take()
            found.append(_bare(self._take().text))
        return found


def _row(text: str) -> tuple[str, str]:
    dimension, dot, row = text.partition(".")
    if not dot or not dimension:
        raise QueryError(f"“{text}” names no row: write dimension.row, or one of {', '.join(OF_ALL)}.")
    return _bare(dimension), _bare(row)


def _bare(text: str) -> str:
    return text.strip('"')
