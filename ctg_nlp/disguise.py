"""What of coded reports and decisions is given out under pseudonyms, and what of the risk remains.

Composition of `pseudonyms` and the gazetteer of places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ctg_nlp.dataset import COHORT, YEAR
from ctg_nlp.dataset_rows import Coding, Whose
from ctg_nlp.framework import Dimension
from ctg_nlp.pseudonyms import Pseudonyms, names_in
from ctg_nlp.records import CodedReport, CodedValue
from ctg_nlp.store.coding_rows import DecisionRow
from ctg_nlp.suggest.local_authority import place_names


def pseudonyms(
    key: bytes, reports: Iterable[Whose], coders: Iterable[str], kept: Collection[str]
) -> Pseudonyms:
    """Pseudonyms that know the groups, what the register has in columns that are not `kept`, the coders, and
    all places of the gazetteer."""
    known = dict.fromkeys(place_names(), "place")
    for whose in reports:
        known |= dict.fromkeys(names_in((whose.group,)), "group")
        pairs = whose.coded.attributes if whose.coded else ()
        for name, value in pairs:
            if name not in kept:
                known |= dict.fromkeys(names_in((value,)), "name")
    known |= {name: "coder" for name in coders if len(name) > 2}
    return Pseudonyms(key, known)


@dataclass(slots=True)
class Disguise:
    """Reports and decisions under other names.

    `with_texts`: quotes, notes and free texts are given, with the names that are known taken out; else they
    are left out. `kept`: columns of the register that are given as they are. `found`: the names that each
    report's own text tells, by its id.
    """

    names: Pseudonyms
    coding: Coding
    with_texts: bool
    kept: frozenset[str]
    found: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    given: int = 0
    _last: tuple[str, Pseudonyms] | None = None

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
        return value if name in self.kept else self.names.of("name", value)

    def _values(self, coded: CodedReport) -> Iterator[CodedValue]:
        for dimension, said in zip(self.coding.framework.valued, coded.values, strict=True):
            free = is_free(dimension) and isinstance(said.value, str)
            yield replace(said, value=self.text(str(said.value), coded.report_id)) if free else said

    def text(self, text: str, report_id: str) -> str:
        """A text of or on a report as it is given out: nothing, or without names."""
        if not self.with_texts or not text:
            return ""
        if self._last is None or self._last[0] != report_id:  # texts of one report stand together
            self._last = report_id, self.names.knowing(self.found.get(report_id, {}))
        return self._last[1].without_names(text)

    def decision(self, row: DecisionRow) -> DecisionRow:
        """A decision under other names, with a number of this dataset alone."""
        self.given += 1
        value = row.value
        key = self.coding.key_now(row)
        dimension = self.coding.framework.dimension(key[0]) if key else None
        if isinstance(value, str) and (dimension is None or is_free(dimension)):
            value = self.text(value, row.report_id)
        return row._replace(
            sequence=self.given,
            coder=self.names.of("coder", row.coder),
            import_id=self.names.of("import", row.import_id or "") or None,
            note=self.text(row.note, row.report_id),
            quotes=tuple((self.text(quote, row.report_id), spans) for quote, spans in row.quotes),
            value=value,
        )


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
