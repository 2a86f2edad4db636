"""What of coded reports and decisions is given out under pseudonyms, and what of the risk remains.

Composition of `pseudonyms` and the gazetteer of places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ctg_nlp.dataset import COHORT, YEAR
from ctg_nlp.dataset_rows import Coding, Whose
from ctg_nlp.export.variables import in_utc
from ctg_nlp.framework import Dimension
from ctg_nlp.name_words import Told, names_in, parts_of_login
from ctg_nlp.pseudonyms import Pseudonyms
from ctg_nlp.records import CodedReport, CodedValue, FilterDecision, Suggestion
from ctg_nlp.store.coding_rows import DecisionRow
from ctg_nlp.suggest.local_authority import authority_of, place_names


def pseudonyms(
    key: bytes, reports: Collection[Whose], coders: Collection[str], kept: Collection[str], told: Told
) -> Pseudonyms:
    """Pseudonyms that know the groups, the coders with the parts of their logins, what the register has in
    columns that are not `kept`, what any report has `told`, and all places of the gazetteer."""
    known = {w.group: "group" for w in reports if len(w.group) > 1}
    known |= {c: "coder" for c in coders if len(c) > 2 and c not in known}
    pairs = (pair for w in reports if w.coded for pair in w.coded.attributes)
    cells = sorted({value for name, value in pairs if name not in kept})
    found = told.names()
    for name in (*names_in(cells), *found.values(), *(p for p in place_names() if len(p) > 2)):
        known.setdefault(name, "name")
    also = {part: w.group for w in reports for part in names_in((w.group,))}
    also |= {part: c for c in coders if known.get(c) == "coder" for part in parts_of_login(c)}
    return Pseudonyms(key, known, found | also, told.common)


@dataclass(slots=True)
class Disguise:
    """Reports and decisions under other names.

    `with_texts`: quotes, notes and free texts are given, with the names that are known taken out; else they
    are left out. `kept`: columns of the register that are given as they are.
    """

    names: Pseudonyms
    coding: Coding
    with_texts: bool
    kept: frozenset[str]
    given: int = 0
    sifted: int = 0

    def whose(self, whose: Whose) -> Whose:
        """A report under another name."""
        coded = whose.coded and replace(
            whose.coded,
            attributes=tuple((n, self._attribute(n, v)) for n, v in whose.coded.attributes),
            values=tuple(self._values(whose.coded)),
        )
        return Whose(
            whose.report_id,
            self.names.of("report", whose.report_id),
            "",
            self.names.of("group", whose.group),
            coded,
        )

    def _attribute(self, name: str, value: str) -> str:
        if name in self.kept:
            return value
        parts = (p.strip() for p in value.split(";"))
        return "; ".join(self.names.of(self.names.known.get(p, "name"), p) for p in parts if p)

    def _values(self, coded: CodedReport) -> Iterator[CodedValue]:
        for dimension, said in zip(self.coding.framework.valued, coded.values, strict=True):
            yield replace(said, value=self.value(said.value, dimension))

    def text(self, text: str) -> str:
        """A text of or on a report as it is given out: nothing, or without names."""
        return self.names.without_names(text) if self.with_texts and text else ""

    def value(self, value: int | str | None, dimension: Dimension | None) -> int | str | None:
        """A value as it is given out: numbers, and of a text that is counted in tables the places of the
        gazetteer by their plain names. All else is a text like any other: it may say anything."""
        if not isinstance(value, str):
            return value
        if dimension is None or is_free(dimension):
            return self.text(value)
        if dimension.kind == "number" and value.isdecimal():
            return value
        places = (authority_of(part) or part for part in value.split(";") if part.strip())
        said = (self.text(p.strip()) if isinstance(p, str) else p.name for p in places)
        return "; ".join(s for s in said if s)

    def suggestion(self, s: Suggestion) -> Suggestion:
        """A suggestion under other names; its score in two digits, by more of which it could be found."""
        dimension = self.coding.framework.dimension(s.dimension)
        return replace(s, value=self.value(s.value, dimension), score=round(s.score, 2))

    def decision(self, row: DecisionRow) -> DecisionRow:
        """A decision under other names, with a number of this dataset alone.

        Its time is the day, its seconds are tens, its score has two digits, and its quotes have pages but no
        places in the text: by these it could be found in a dataset that is not pseudonymised.
        """
        self.given += 1
        key = self.coding.key_now(row)
        dimension = self.coding.framework.dimension(key[0]) if key else None
        return row._replace(
            sequence=self.given,
            coder=self.names.of("coder", row.coder),
            import_id=self.names.of("import", row.import_id or "") or None,
            note=self.text(row.note),
            quotes=tuple(
                (self.text(q), tuple((p, None, None) for p, _, _ in spans)) for q, spans in row.quotes
            ),
            value=self.value(row.value, dimension),
            time=_day(row.time),
            seconds=None if row.seconds is None else round(row.seconds, -1),
            score=None if row.score is None else round(row.score, 2),
        )

    def filter_decision(self, d: FilterDecision) -> FilterDecision:
        """A filter decision under other names, with a number of this dataset alone and its day alone."""
        self.sifted += 1
        return replace(
            d,
            sequence=self.sifted,
            coder=self.names.of("coder", d.coder),
            reason=self.text(d.reason),
            time=_day(d.time),
        )


def _day(time: str) -> str:
    """The beginning of the day of a time, in UTC; empty for an empty one."""
    return f"{in_utc(time)[:10]}T00:00:00+00:00" if time else ""


def is_free(dimension: Dimension) -> bool:
    """Whether its texts are in somebody's own words, and no names out of a list."""
    return dimension.kind == "text" and not dimension.tabulated


def kept_columns(asked: Iterable[str]) -> frozenset[str]:
    """The columns of the register that are given as they are: cohort, project year, and those asked for."""
    return frozenset((COHORT, YEAR, *asked))


def risk(coding: Coding, reports: Sequence[CodedReport], kept: Collection[str]) -> tuple[str, ...]:
    """What can still tell groups from each other in a pseudonymised dataset, in sentences."""
    telling = [d for d in coding.dimensions if d.fact or d.kind == "number" or _shared(d)]
    columns = [a for a in coding.attributes if a in kept]
    seen = Counter(_told(coding, r, telling, columns) for r in reports)
    alone = sum(n == 1 for n in seen.values())
    few = sum(n for n in seen.values() if n < 5)
    by = ", ".join([d.title for d in telling] + columns) or "nothing of the kind"
    return (
        "Pseudonyms are not anonymity: who knows a group can find it again by what it says of itself.",
        f"By {by} together, {alone} of {len(reports)} reports are the only ones of their kind, and {few} are "
        "among fewer than five. Authority, phase and size are public of every school.",
        "By all codes together nearly every report is unique: give these data only to people who may know "
        "the groups, or publish tables (ctg release) instead.",
        "Whoever also has a dataset of this project that is not pseudonymised can join the two by codes and "
        "pages, without the key: never give the same person both. Times are given by the day only.",
    )


def _shared(dimension: Dimension) -> bool:
    return dimension.kind == "text" and dimension.tabulated


def _told(
    coding: Coding, r: CodedReport, telling: Sequence[Dimension], columns: Sequence[str]
) -> tuple[object, ...]:
    said: list[object] = [r.values_of(a) for a in columns]
    for d in telling:
        if d.coded:
            said.append(tuple(r.states[coding.places[d.id, c.id]] for c in d.codes))
        else:
            said.append(r.values[coding.valued[d.id]].value)
    return tuple(said)
