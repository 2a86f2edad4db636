"""What a REFI-QDA project brings for a framework: codings as decisions, and what cannot be one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ctg_nlp.exchange.carried_in import given_out, of_line, placed, roles, written_ids
from ctg_nlp.exchange.carry import carried_lines
from ctg_nlp.exchange.code_nodes import walk
from ctg_nlp.exchange.codes_read import matched, paths
from ctg_nlp.exchange.foreign import Bringing, Brought, BroughtQuote, Key, Whose, quote_at
from ctg_nlp.exchange.guids import MACHINE
from ctg_nlp.exchange.offsets import OUTSIDE, Counted, Counting, counting_of, place_of
from ctg_nlp.exchange.qdpx_read import ForeignProject, ForeignSource, GivenCode, Place
from ctg_nlp.framework import Framework
from ctg_nlp.records import Answer
from ctg_nlp.review.anchoring import fold

NOBODY = "unknown coder"
_TAKEN_AWAY = "its codings were taken away in the other tool"


def brought_by(
    project: ForeignProject,
    framework: Framework,
    own: Mapping[str, str],
    *,
    known: Callable[[Whose], bool] = lambda whose: False,
    coder: str = "",
    given: Mapping[str, Key] | None = None,
) -> Bringing:
    """All codings of a project.

    `own` are the ids of our reports by the GUIDs that they have outside, `known` tells whether we have a
    document; `coder` is who is taken to have coded everything, where that is to be one person; `given` are
    codes matched by hand.
    """
    found = Bringing("REFI-QDA", project.origin)
    keys = matched(project.codes, framework, given)
    names = paths(project.codes)
    codable = [n for n in walk(project.codes) if n.codable or not n.children]
    found.codes = len(codable)
    found.matched_codes = sum(n.guid in keys for n in codable)
    for node in codable:
        if node.guid not in keys:
            found.leave("code", names[node.guid], "the framework has no such code")
    for what, n in project.ignored.items():
        found.count(what.lower(), n)
    reader = _Reader(project, _Known(framework, keys, names, own, known, coder), found)
    for source in project.sources:
        reader.read(source)
    return found


@dataclass(frozen=True, slots=True)
class _Coded:
    """A coding with the place that was coded, and its quote; none for the document as a whole."""

    given: GivenCode
    key: Key
    coder: str
    where: str
    quote: BroughtQuote | None
    comment: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What we know: our framework, which codes of it theirs are and what they call them, our reports by their
    GUIDs, whether we have a document, and who is to have coded (empty: as the file says)."""

    framework: Framework
    keys: Mapping[str, Key]
    names: Mapping[str, str]
    own: Mapping[str, str]
    has: Callable[[Whose], bool]
    coder: str


class _Reader:
    def __init__(self, project: ForeignProject, known: _Known, found: Bringing) -> None:
        self._project, self._known, self._found = project, known, found
        # A byte order mark is counted by some tools, and only where there is one.
        self._usual = {m: counting_of(list(_counted(project.sources, m))) for m in (False, True)}
        self._counting: Counting = self._usual[False]

    def read(self, source: ForeignSource) -> None:
        """Add what was coded in one document."""
        self._counting = counting_of(list(_counted([source], source.mark)), self._usual[source.mark])
        whose = Whose(source.name, "", source.sha256, source.guid, source.text_sha)
        coded = list(self._coded(source))
        lines = [(n, line) for n in source.notes for line in carried_lines(n) or ()]
        exact = self._own_coding_ids(source, [line for _, line in lines])
        there = {c.given.guid for c in coded}
        if exact & there:
            self._found.brought += self._as_carried(whose, source, [x for _, x in lines], coded)
            coded = [c for c in coded if c.given.guid not in exact]
            self._add(whose, coded, {})
        else:
            told = roles([line for _, line in lines])
            self._found.brought += self._without_codings(whose, [line for _, line in lines])
            if source.text is not None:  # else its selections are told already
                self._tell_missing(source, told, {(c.coder, c.key) for c in coded})
            self._add(whose, coded, told)

    def _tell_missing(
        self,
        source: ForeignSource,
        told: Mapping[tuple[str, Key], Mapping[str, Any]],
        there: set[tuple[str, Key]],
    ) -> None:
        """Codes that our notes say were given out as codings, and that nobody is given any more."""
        for (coder, key), line in told.items():
            here = (self._known.coder or coder, key)
            if (key[1] or "value") in given_out(line) and here not in there:
                where = f"{source.name}: {key[0]}.{key[1] or 'value'} by {coder}"
                self._found.leave("decision", where, _TAKEN_AWAY)

    def _add(
        self, whose: Whose, coded: Sequence[_Coded], roles: Mapping[tuple[str, Key], Mapping[str, Any]]
    ) -> None:
        values = {(c.coder, c.key): v for c in coded if (v := _value_told(c.given.note))}
        for c in coded:
            line = roles.get((c.coder, c.key), {})
            note = "\n".join(dict.fromkeys(n for n in (c.comment, c.given.note) if n))
            made = Brought(
                whose, c.key, c.coder, c.where, time=c.given.time,
                quotes=(c.quote,) if c.quote else (), note=note, role=str(line.get("role", "coder")),
            )  # fmt: skip
            dimension = self._known.framework.dimension(c.key[0])
            if dimension is not None and not dimension.coded:
                self._value(made, dimension.kind, values.get((c.coder, c.key), ""))
            elif c.key[1] is None:
                self._found.leave(
                    "coding", c.where, f"{c.key[0]} is a heading; say which of its codes is meant"
                )
            else:
                self._found.brought.append(made)

    def _value(self, made: Brought, kind: str, said: str) -> None:
        """A coding of a number or a text: its value is told by a note, or is the text that was coded."""
        if kind == "text":
            said = said or " ".join(q.text for q in made.quotes)
        value: int | str | None = int(said) if kind == "number" and said.isdecimal() else said or None
        if value is None or (kind == "number" and not isinstance(value, int)):
            self._found.leave(
                "coding", made.where, f"no value of {made.key[0]} is told (by a note: Value: 3)"
            )
        else:
            self._found.brought.append(replace(made, answer=Answer.VALUE, value=value))

    def _coded(self, source: ForeignSource) -> Iterator[_Coded]:
        """All codings of a document whose code and coder are known; the others are left."""
        quotes = [(place, self._quote(source, place)) for place in source.texts]
        for place, found in quotes:
            yield from self._codes_of(source, place, found)
        texts = _Texts([(place, None if isinstance(found, str) else found) for place, found in quotes])
        for place in source.pages:
            if not texts.tell(place):
                yield from self._codes_of(source, place, self._page_quote(place))
        for place in source.others:
            self._leave_place(source, place, source.why)
        for given in source.codes:
            yield from self._given(given, f"{source.name} as a whole", None, "")

    def _codes_of(self, source: ForeignSource, place: Place, quote: BroughtQuote | str) -> Iterator[_Coded]:
        if not place.codes:
            self._found.count("selections without a code")
        elif isinstance(quote, str):
            self._leave_place(source, place, quote)
        else:
            for given in place.codes:
                yield from self._given(given, f"{source.name}: {_shown(place)}", quote, place.comment)

    def _given(
        self, given: GivenCode, where: str, quote: BroughtQuote | None, comment: str
    ) -> Iterator[_Coded]:
        name = self._project.users.get(given.user) or self._project.users.get(self._project.user) or NOBODY
        if name.startswith(MACHINE):
            self._found.count("codings of machines")
            return
        key = self._known.keys.get(given.code)
        if key is None:
            said = self._known.names.get(given.code, "a code that the codebook does not have")
            self._found.leave(
                "coding", where, f"no code of the framework is {said}", quote.text if quote else ""
            )
            return
        yield _Coded(given, key, self._known.coder or name, where, quote, comment)

    def _leave_place(self, source: ForeignSource, place: Place, why: str) -> None:
        if place.codes:
            codes = ", ".join(self._known.names.get(g.code, g.code) for g in place.codes)
            self._found.leave(
                "selection", f"{source.name}: {_shown(place)} ({codes})", why, place.text or place.name
            )

    def _quote(self, source: ForeignSource, place: Place) -> BroughtQuote | str:
        """What was selected, or why that cannot be told."""
        if source.text is None:
            # Many tools name a selection by its words; a name as long as the selection is one of these.
            words = abs(len(place.name) - (place.end - place.start)) <= 1 and bool(place.name.strip())
            there = words and self._known.has(Whose(source.name, "", source.sha256, source.guid))
            return BroughtQuote(place.name) if there else source.why or OUTSIDE
        selection = Counted(source.text, place.start, place.end, place.name)
        found = place_of(selection, self._counting)
        return found if isinstance(found, str) else quote_at(source.text, *found)

    def _page_quote(self, place: Place) -> BroughtQuote:
        page = (
            None if place.page is None or place.page < 0 else place.page + 1
        )  # counted from 0, as ATLAS.ti does
        return BroughtQuote(place.text, None, page, (), place.area)

    def _own_coding_ids(self, source: ForeignSource, lines: Sequence[Mapping[str, Any]]) -> set[str]:
        report = self._known.own.get(source.guid)
        if report is None:
            return set()
        return {g for line in lines for code in given_out(line) for _, g in written_ids(report, line, code)}

    def _as_carried(
        self, whose: Whose, source: ForeignSource, lines: Sequence[Mapping[str, Any]], coded: Sequence[_Coded]
    ) -> Iterator[Brought]:
        """What the notes say, but for what somebody took away in the other tool since."""
        places = {c.given.guid: c.quote for c in coded}
        report = self._known.own[source.guid]
        for line in lines:
            gone = {}
            kept = {}
            for code in given_out(line):
                ids = list(written_ids(report, line, code))
                if not any(g in places for _, g in ids):
                    gone[code] = True
                kept[code] = {n: [g for m, g in ids if m == n] for n, _ in ids}
            for made in of_line(whose, line, self._known.coder):
                code = made.key[1] or "value"
                if code in gone:
                    where = f"{source.name}: {made.key[0]}.{code} by {made.coder}"
                    self._found.leave("decision", where, _TAKEN_AWAY)
                    continue
                yield replace(made, quotes=tuple(placed(made.quotes, kept.get(code, {}), places)))

    def _without_codings(self, whose: Whose, lines: Sequence[Mapping[str, Any]]) -> Iterator[Brought]:
        """What the notes say of codes that are not present: the rest is told by codings."""
        for line in lines:
            for made in of_line(whose, line, self._known.coder):
                told = made.answer is Answer.PRESENT or (
                    made.answer is Answer.VALUE and made.value is not None
                )
                if not told:
                    yield made


def _value_told(note: str) -> str:
    """What a note tells as a value, in a line that begins with "Value:"; else an empty text."""
    return next((x[6:].strip() for x in note.splitlines() if x.startswith("Value:")), "")


def _counted(sources: Sequence[ForeignSource], mark: bool) -> Iterator[Counted]:
    """The selections of those whose texts begin with a byte order mark, or of the others."""
    for s in sources:
        if s.text is not None and s.mark == mark:
            yield from (Counted(s.text, p.start, p.end, p.name) for p in s.texts)


class _Texts:
    """The texts that were coded in one document."""

    def __init__(self, quotes: Sequence[tuple[Place, BroughtQuote | None]]) -> None:
        self._guids = {place.guid for place, _ in quotes}
        self._said = [
            ({g.code for g in place.codes}, place.name, fold(quote.text)[0] if quote else None)
            for place, quote in quotes
        ]

    def tell(self, place: Place) -> bool:
        """Whether a rectangle only shows where one of these texts stands on the page."""
        if place.guid in self._guids:
            return True
        codes, words = {g.code for g in place.codes}, fold(place.text)[0]
        return any(
            codes <= others and (words in text if text is not None and words else place.name == name != "")
            for others, name, text in self._said
        )


def _shown(place: Place) -> str:
    if place.page is not None:
        where = f"page {place.page}"
    else:
        where = f"characters {place.start} to {place.end}" if place.start >= 0 else "a place"
    name = " ".join(place.name.split())
    return f"{where}, {name[:60]!r}" if name else where
