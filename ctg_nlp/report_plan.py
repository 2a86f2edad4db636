"""Which tables a report of the synthesis has, section by section, before anything is withheld in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ctg_nlp.behind import CountedColumn, CountedTable
from ctg_nlp.errors import CtgError
from ctg_nlp.export.editions import Edition
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.synthesis.breakdown import CrossTable, Named, breakdown, by_dimension
from ctg_nlp.synthesis.cells import Columns, RowKind
from ctg_nlp.synthesis.publishable import publishable
from ctg_nlp.synthesis.shown import ShownTable, shown
from ctg_nlp.synthesis.tables import SynthesisTable, denominator_of, sample_of, table_of

GAP_MAPS = "gap maps"
Pair = tuple[str, str]
"""The dimensions of a gap map: its rows and its columns."""
Breakdowns = Mapping[str, tuple[Named, ...]]
"""The parts of the reports by the name of what tables are broken down by."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A table of the report: its section (the stage of its dimension, `GAP_MAPS`, or what it is broken down
    by), its dimension, and its columns if it is broken down."""

    section: str
    dimension: Dimension
    table: SynthesisTable | CrossTable
    parts: tuple[Named, ...] = ()
    by: Dimension | None = None

    def is_given(self, tables: Collection[str] | None) -> bool:
        """Whether the table is among those that are given out, by their ids; None: all are."""
        return tables is None or shown(self.table).id in tables

    def counted(self, columns: Columns, table: ShownTable) -> CountedTable:
        """The same with what is behind its columns."""
        sample = sample_of(columns, self.dimension, denominator_of(self.dimension))
        everything = CountedColumn("", sample)
        if isinstance(self.table, SynthesisTable):
            return CountedTable(table, self.dimension, (everything,))
        parts = (
            CountedColumn(part.label, np.asarray(mask & sample, bool), self._question(part.id))
            for part, mask in self.parts
        )
        return CountedTable(table, self.dimension, (everything, *parts))

    def _question(self, part_id: str) -> tuple[str, str | None] | None:
        if self.by is None:
            return None
        return self.by.id, part_id if self.by.coded else None


def planned(
    columns: Columns, edition: Edition, maps: Sequence[Pair], breakdowns: Breakdowns, *, every: bool
) -> Iterator[Planned]:
    """The tables of a report in its order. `every`: all tables are broken down, not only those of the map."""
    framework = columns.framework
    chosen = tuple(_pair(framework, pair) for pair in maps) or default_maps(framework)
    tabulated = [d for d in framework.dimensions if _tabulated(columns, d, edition)]
    for d in tabulated:
        yield Planned(d.stage, d, table_of(columns, d))
    drawn = {(rows.id, by.id) for rows, by in chosen}
    for name, parts in breakdowns.items():
        for d in tabulated if every else _begun(columns):
            if d.id != name and (d.id, name) not in drawn:
                by = framework.dimension(name)
                yield Planned(name, d, breakdown(columns, d, name, parts), parts, by)
    for rows, by in chosen:
        yield _mapped(columns, rows, by)


def _begun(columns: Columns) -> Iterator[Dimension]:
    """The dimensions of the map of codes or numbers on which anything was decided."""
    coded = (d for d in columns.framework.stage("map") if d.coded or d.bands)
    return (d for d in coded if columns.touched(d).any())


def _tabulated(columns: Columns, d: Dimension, edition: Edition) -> bool:
    """Tables of the map always; those of the second stage once it has begun. Free text may name anybody, so
    only places are published."""
    if d.stage != "map" or d.kind == "text":
        told = bool(columns.touched(d).any())
        may_be = publishable(d) or edition is Edition.INTERNAL
        return told and d.tabulated and may_be
    return d.coded or bool(d.bands)


def pairs_of(said: str) -> tuple[Pair, ...]:
    """Gap maps as people name them: "problem/evidence, phase/outcomes". Raises `CtgError`."""
    pairs = []
    for text in filter(None, map(str.strip, said.split(","))):
        rows, _, by = (part.strip() for part in text.partition("/"))
        if not rows or not by:
            raise CtgError(f"A gap map is of two dimensions, as problem/evidence, not {text!r}.")
        pairs.append((rows, by))
    return tuple(pairs)


def default_maps(framework: Framework) -> tuple[tuple[Dimension, Dimension], ...]:
    """The two dimensions of the map with several codes at a time that have most codes: many small cells are
    where gaps show. The one with the shorter labels makes the columns. None where there are not two."""
    several = [d for d in framework.stage("map") if d.kind == "multi"]
    chosen = sorted(several, key=lambda d: -len(_telling(d)))[:2]
    chosen.sort(key=lambda d: -sum(len(c.label) for c in d.codes) / len(d.codes))
    return ((chosen[0], chosen[1]),) if len(chosen) == 2 else ()


def _telling(d: Dimension) -> tuple[str, ...]:
    return tuple(c.id for c in d.codes if not c.missing)


def _pair(framework: Framework, pair: Pair) -> tuple[Dimension, Dimension]:
    found = [framework.dimension(name) for name in pair]
    for name, dimension in zip(pair, found, strict=True):
        if dimension is None or not dimension.coded:
            known = ", ".join(d.id for d in framework.dimensions if d.coded)
            raise CtgError(f"A gap map has two dimensions with codes; {name} is none. There are {known}.")
    rows, by = found
    assert rows is not None and by is not None
    return rows, by


def _mapped(columns: Columns, rows: Dimension, by: Dimension) -> Planned:
    """A gap map. Codes that tell nothing are left out: what is together with them is no evidence."""
    telling = frozenset(_telling(by))
    parts = tuple((p, mask) for p, mask in by_dimension(columns, by, (RowKind.CODE,)) if p.id in telling)
    table = breakdown(columns, rows, by.id, parts)
    kept = tuple(r for r in table.rows if r.kind is RowKind.CODE and r.id in _telling(rows))
    named = replace(table, title=f"{rows.title} by {lower(by.title)}", rows=kept)
    return Planned(GAP_MAPS, rows, named, parts, by)


def lower(title: str) -> str:
    """A title as it is said within a sentence; of abbreviations the letters stay."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
