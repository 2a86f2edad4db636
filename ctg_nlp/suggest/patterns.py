"""The language of patterns, for cues and for assertion rules.

A pattern is written as the words would be, separated by spaces, in any case:

    free school meals        these words one after the other
    improv*                  any word that begins so
    boys|girls               one of several words (each may end in *)
    $pupils                  one of the words of the framework's vocabulary of that name
    ..4                      up to four words of any kind between
    very?                    may be there or not (also after $name and a|b)
    #                        a number, in digits or in words up to twelve

Words are spaCy's tokens: "half-termly" is three of them (half - termly), "didn't" is did n't, "children's"
is children 's; a pattern is cut the same way, so it can be written naturally. Nothing matches across the
end of a passage.

spaCy's own Matcher takes about forty times as long for the 1,300 patterns of the bundled framework
(`bench/patterns.py`: 352 ms a report against 9), which is more than the rest of the pipeline. Here every
pattern has one word that must be there (its anchor), patterns are looked up by the words of a passage, and
only those found are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from ctg_nlp.suggest.language import Flat, english

_GAP = re.compile(r"^\.\.(\d{1,2})$")
_STEM = 3  # letters by which prefixes are looked up
_COMMON = frozenset(
    """
    . , : ; ? ' - ( the of and to in a an is was are were be been has have had do did not no n't 's for on at
    by with from as that this it they we our i you will would could can there all more one their so or but if
    what which who
    """.split()
)
"""Words of most passages: a pattern looked up by one of these is tried nearly every time."""
_WORDS_KEPT = 50_000
_COMMON_COST = 30  # rare alternatives that cost about as much as a common one
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()

Vocabulary = Mapping[str, Sequence[str]]
Owner = TypeVar("Owner")


class PatternError(ValueError):
    """A pattern that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Match(Generic[Owner]):
    """Where a pattern stands: tokens `start` to `end` (not included) of a flat passage."""

    owner: Owner
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Element:
    """One place of a pattern: alternative words, or a gap."""

    words: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()  # alternatives of several tokens
    gap: int = 0
    optional: bool = False
    number: bool = False

    @property
    def anchors(self) -> bool:
        """Whether it can be looked up: words that must be there."""
        return not (self.optional or self.gap or self.number)

    def regex(self) -> str:
        """The element over a flat text, each token followed by its space."""
        if self.gap:
            return rf"(?:\S+ ){{0,{self.gap}}}"
        options = [re.escape(w) + " " for w in (*self.phrases, *self.words)]
        options += [re.escape(p) + r"\S* " for p in self.prefixes]
        if self.number:
            options += [r"\d[\d,.]* ", *(f"{n} " for n in _NUMBERS)]
        return f"(?:{'|'.join(options)})" + ("?" if self.optional else "")

    def tokens(self) -> tuple[int, int]:
        """For how many tokens it stands, at least and at most."""
        if self.gap:
            return 0, self.gap
        lengths = {1 + option.count(" ") for option in (*self.phrases, *self.words, *self.prefixes)} or {1}
        return 0 if self.optional else min(lengths | ({1} if self.number else set())), max(lengths)

    def heads(self) -> tuple[tuple[str, bool], ...]:
        """The first token of each alternative, and whether it is a prefix."""
        first = [(w.split(" ")[0], False) for w in (*self.phrases, *self.words)]
        return (*first, *((p.split(" ")[0], " " not in p) for p in self.prefixes))


@dataclass(frozen=True, slots=True)
class _Compiled(Generic[Owner]):
    """A pattern made ready: at least and at most so many tokens stand before its anchor."""

    owner: Owner
    regex: re.Pattern[str]
    least: int
    most: int


class Patterns(Generic[Owner]):
    """Many patterns, each with an owner, found together."""

    def __init__(self, patterns: Iterable[tuple[Owner, str]], vocabulary: Vocabulary) -> None:
        self._compiled: list[_Compiled[Owner]] = []
        self._by_word: dict[str, list[int]] = {}
        self._by_stem: dict[str, list[tuple[str, int]]] = {}
        self._of_word: dict[str, tuple[int, ...]] = {}  # which patterns a word looked up before calls for
        for owner, pattern in patterns:
            self._add(owner, pattern, vocabulary)

    def _add(self, owner: Owner, pattern: str, vocabulary: Vocabulary) -> None:
        elements = parse_pattern(pattern, vocabulary)
        number = len(self._compiled)
        anchor = min((e for e in elements if e.anchors), key=_cost)
        leading = elements[: next(i for i, e in enumerate(elements) if e is anchor)]
        least, most = (sum(t) for t in zip((0, 0), *(e.tokens() for e in leading), strict=True))
        regex = re.compile("".join(e.regex() for e in elements))
        self._compiled.append(_Compiled(owner, regex, least, most))
        for head, is_prefix in anchor.heads():
            if is_prefix:
                self._by_stem.setdefault(head[:_STEM], []).append((head, number))
            else:
                self._by_word.setdefault(head, []).append(number)

    def find(self, flat: Flat) -> Iterator[Match[Owner]]:
        """All matches in a passage; those of one pattern do not overlap."""
        candidates = self._candidates(flat)
        for number in sorted(candidates):
            pattern, token = self._compiled[number], 0  # the next at which it may begin
            for anchor in candidates[number]:
                token = max(token, anchor - pattern.most)
                while token <= anchor - pattern.least:
                    match = pattern.regex.match(flat.text, flat.starts[token])
                    token, begun = token + 1, token
                    if match:
                        token = flat.token_at(match.end() - 1) + 1
                        yield Match(pattern.owner, begun, token)

    def _candidates(self, flat: Flat) -> dict[int, list[int]]:
        """The patterns whose anchors are there, each with the tokens at which its anchor stands."""
        found: dict[int, list[int]] = {}
        known = self._of_word.get
        for token, word in enumerate(flat.text.split()):
            numbers = known(word)
            for number in self._called_for(word) if numbers is None else numbers:
                found.setdefault(number, []).append(token)
        return found

    def _called_for(self, word: str) -> tuple[int, ...]:
        """The patterns of which a word may be the anchor, looked up and kept."""
        stems = self._by_stem.get(word[:_STEM], ())
        numbers = {number for prefix, number in stems if word.startswith(prefix)}
        if len(self._of_word) > _WORDS_KEPT:  # reports without end must not fill memory
            self._of_word.clear()
        self._of_word[word] = found = tuple(sorted(numbers.union(self._by_word.get(word, ()))))
        return found  # not looked up again: another thread may have cleared it


def _cost(element: _Element) -> int:
    """How many passages, roughly, hold one of its alternatives: the lowest makes the anchor."""
    return sum(_COMMON_COST if head in _COMMON else 1 for head, _ in element.heads())


def parse_pattern(pattern: str, vocabulary: Vocabulary) -> tuple[_Element, ...]:
    """The elements of a pattern. Raises `PatternError` for one that is too vague or wrongly written."""
    elements: list[_Element] = []
    for part in pattern.split():
        elements.extend(_elements(part, vocabulary))
    if not any(e.anchors for e in elements):
        raise PatternError(f"{pattern!r} needs at least one word that must be there")
    if elements[0].gap or elements[-1].gap:
        raise PatternError(f"{pattern!r} begins or ends with a gap")
    return tuple(elements)


def _elements(part: str, vocabulary: Vocabulary) -> Iterator[_Element]:
    gap = _GAP.match(part)
    if gap:
        yield _Element(gap=int(gap.group(1)))
        return
    optional = part.endswith("?") and len(part) > 1
    part = part.removesuffix("?") if optional else part
    if part == "#":
        yield _Element(number=True, optional=optional)
    elif "|" in part or part.startswith("$"):
        yield _alternatives(part, vocabulary, optional)
    else:
        tokens = _tokens(part.removesuffix("*"))
        for token in tokens[:-1]:
            yield _Element(words=(token,), optional=optional)
        last = tokens[-1]
        yield (
            _Element(prefixes=(last,), optional=optional)
            if part.endswith("*")
            else _Element(words=(last,), optional=optional)
        )


def _alternatives(part: str, vocabulary: Vocabulary, optional: bool) -> _Element:
    words: list[str] = []
    prefixes: list[str] = []
    phrases: list[str] = []
    for option in _options(part, vocabulary):
        tokens = _tokens(option.removesuffix("*"))
        if option.endswith("*"):
            prefixes.append(" ".join(tokens))
        elif len(tokens) > 1:
            phrases.append(" ".join(tokens))
        else:
            words.append(tokens[0])
    return _Element(tuple(words), tuple(prefixes), tuple(phrases), optional=optional)


def _options(part: str, vocabulary: Vocabulary) -> Iterator[str]:
    for option in part.split("|"):
        if option.startswith("$"):
            if option[1:] not in vocabulary:
                known = ", ".join(sorted(vocabulary)) or "none"
                raise PatternError(f"there is no vocabulary {option[1:]!r}; there are {known}")
            yield from vocabulary[option[1:]]
        elif option:
            yield option
        else:
            raise PatternError(f"{part!r} has an empty alternative")


@lru_cache(maxsize=10_000)  # vocabularies come back in many patterns
def _tokens(text: str) -> tuple[str, ...]:
    tokens = tuple(t.lower_ for t in english().make_doc(text) if not t.is_space)
    if not tokens:
        raise PatternError("a * needs letters before it")
    return tokens
