"""What the report of the synthesis holds in either edition. Composition of `synthesis`, `store`, `export`.

The internal edition opens every number; the publishable one holds figures alone, after disclosure control,
and names no report, group or coder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version

import numpy as np

from ctg_nlp.behind import Counted, Part, behind
from ctg_nlp.claims import ledger_section, narrative_checked, paragraphs
from ctg_nlp.dataset import COHORT, dataset
from ctg_nlp.errors import CtgError
from ctg_nlp.export.charts import bar_chart, gap_map, grouped_chart
from ctg_nlp.export.contents import Chart, Contents, Edition, Section, said_once
from ctg_nlp.export.drilldown import Behind
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.methods import methods_section
from ctg_nlp.records import Dataset
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.breakdown import CrossTable, Named, breakdown, by_attribute, by_dimension
from ctg_nlp.synthesis.cells import Columns, RowKind
from ctg_nlp.synthesis.response import response
from ctg_nlp.synthesis.shown import ShownTable, shown, withheld
from ctg_nlp.synthesis.tables import SynthesisTable, denominator_of, sample_of, table_of

DRAFT = "DRAFT"
PICTURES = 15_000_000  # bytes; they take a third more in the page
Pair = tuple[str, str]
"""The dimensions of a gap map: its rows and its columns."""


@dataclass(frozen=True, slots=True)
class GivenOut:
    """As what a publishable report is given out.

    `tables`: how each table is shown, by its id, and no other is; None: all, with all their figures. `rules`
    says in a sentence what is withheld, `quality` of each table how far it can be relied on, and `facts` are
    (name, value) pairs by which the release is known. `framework` and `data`: other than those of now.
    """

    status: str = DRAFT
    tables: Mapping[str, ShownTable] | None = None
    rules: str = ""
    quality: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facts: tuple[tuple[str, str], ...] = ()
    framework: Framework | None = None
    data: Dataset | None = None

    def control(self, tables: Sequence[SynthesisTable | CrossTable]) -> Iterator[ShownTable]:
        """Each table as it may be shown; of one that is not given out every figure is withheld."""
        for table in map(shown, tables):
            known = None if self.tables is None else self.tables.get(table.id)
            yield table if self.tables is None else known or withheld(table)


WHOLE = GivenOut()


@dataclass(frozen=True, slots=True)
class Made:
    """A report with the tables that its numbers come from, by which they can be opened.

    `sound`: every claim of its narrative holds, if it has one.
    """

    contents: Contents
    columns: Columns
    counted: tuple[Counted, ...]
    sound: bool


def contents(
    store: Store, home: Home, edition: Edition, maps: Sequence[Pair] = (), given: GivenOut = WHOLE
) -> Contents:
    """What a report of an edition holds."""
    return made(store, home, edition, maps, given).contents


def what_is_behind(store: Store, home: Home, report: Made, pictures: int = PICTURES) -> Behind:
    """What is behind the numbers of an internal report."""
    assert report.contents.edition is Edition.INTERNAL
    return behind(store, home, report.columns, report.counted, pictures)


def made(
    store: Store, home: Home, edition: Edition, maps: Sequence[Pair] = (), given: GivenOut = WHOLE
) -> Made:
    """A report of an edition. `maps`: the gap maps, by default that of `default_maps`. `given` bears on the
    publishable edition; the internal one shows all figures.

    Raises `CtgError` where a gap map names no coded dimension of the framework.
    """
    given = given if edition is Edition.PUBLISHABLE else WHOLE
    framework = given.framework or home.framework
    data = given.data or dataset(store, framework)
    columns = Columns(framework, data)
    planned = tuple(p for p in _planned(columns, edition, maps) if p.is_given(given))
    tables = tuple(map(_as_read, planned, given.control([p.table for p in planned])))
    counted = tuple(p.counted(columns, t) for p, t in zip(planned, tables, strict=True))
    found = narrative_checked(home, data, given.control)
    text = paragraphs(found, framework) if found is not None else {}
    sections = (
        *said_once(
            [
                replace(s, quality=given.quality.get(s.id, ()))
                for s in told(tuple(_sections(framework, data, planned, tables)), text)
            ],
            "reports",
        ),
        methods_section(store, home, edition, rules=given.rules),
        *((ledger_section(found),) if found is not None else ()),
    )
    title = framework.title
    subtitle = f"{_count(len(data.reports), 'report')} of groups, synthesised"
    facts = given.facts or tuple(_facts(store, framework, data))
    composed = Contents(title, subtitle, edition, given.status, facts, sections)
    return Made(composed, columns, counted, found is None or found.sound)


def plain_tables(columns: Columns, maps: Sequence[Pair] = ()) -> tuple[SynthesisTable | CrossTable, ...]:
    """All tables of the publishable edition before anything is withheld."""
    return tuple(p.table for p in _planned(columns, Edition.PUBLISHABLE, maps))


def _as_read(planned: _Planned, table: ShownTable) -> ShownTable:
    """A gap map shows no percentages and says nothing of them."""
    if planned.section != "gap maps":
        return table
    return replace(table, notes=tuple(n for n in table.notes if not n.startswith("Of: ")))


@dataclass(frozen=True, slots=True)
class _Planned:
    """A table of the report: its section, its dimension, and its columns if it is broken down."""

    section: str
    dimension: Dimension
    table: SynthesisTable | CrossTable
    parts: tuple[Named, ...] = ()
    by: Dimension | None = None

    def is_given(self, given: GivenOut) -> bool:
        """Whether the table is among those that are given out."""
        return given.tables is None or shown(self.table).id in given.tables

    def counted(self, columns: Columns, table: ShownTable) -> Counted:
        """The same with what is behind its columns."""
        sample = sample_of(columns, self.dimension, denominator_of(self.dimension))
        everything = Part("", sample)
        if isinstance(self.table, SynthesisTable):
            return Counted(table, self.dimension, (everything,))
        parts = (
            Part(part.label, np.asarray(mask & sample, bool), self._question(part.id))
            for part, mask in self.parts
        )
        return Counted(table, self.dimension, (everything, *parts))

    def _question(self, part_id: str) -> tuple[str, str | None] | None:
        if self.by is None:
            return None
        return self.by.id, part_id if self.by.coded else None


def _planned(columns: Columns, edition: Edition, maps: Sequence[Pair]) -> Iterator[_Planned]:
    framework = columns.framework
    chosen = tuple(_pair(framework, pair) for pair in maps) or default_maps(framework)
    cohorts = by_attribute(columns, COHORT)
    for d in framework.dimensions:
        if _tabulated(columns, d, edition):
            yield _Planned(d.stage, d, table_of(columns, d))
    if len(cohorts) > 1:
        for d in framework.stage("map"):
            if (d.coded or d.bands) and columns.touched(d).any():
                yield _Planned("cohorts", d, breakdown(columns, d, COHORT, cohorts), cohorts)
    for rows, by in chosen:
        yield _mapped(columns, rows, by)


def _tabulated(columns: Columns, d: Dimension, edition: Edition) -> bool:
    """Tables of the map always; those of the second stage once it has begun. Free text may name anybody, so
    only places are published."""
    if d.stage != "map" or d.kind == "text":
        told = bool(columns.touched(d).any())
        free = d.kind == "text" and d.fact != "local_authority"
        return (
            told
            and (d.coded or bool(d.bands) or d.kind == "text")
            and not (free and edition is Edition.PUBLISHABLE)
        )
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


def _mapped(columns: Columns, rows: Dimension, by: Dimension) -> _Planned:
    """A gap map. Codes that tell nothing are left out: what is together with them is no evidence."""
    telling = frozenset(_telling(by))
    parts = tuple((p, mask) for p, mask in by_dimension(columns, by, (RowKind.CODE,)) if p.id in telling)
    table = breakdown(columns, rows, by.id, parts)
    kept = tuple(r for r in table.rows if r.kind is RowKind.CODE and r.id in _telling(rows))
    named = replace(table, title=f"{rows.title} by {_lower(by.title)}", rows=kept)
    return _Planned("gap maps", rows, named, parts, by)


def _lower(title: str) -> str:
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def _sections(
    framework: Framework, data: Dataset, planned: Sequence[_Planned], tables: Sequence[ShownTable]
) -> Iterator[Section]:
    yield Section("reports", "The reports", tuple(_about(data)))
    for p, t in zip(planned, tables, strict=True):
        if p.section in ("map", "indepth"):
            d = p.dimension
            said = tuple(text for text in (d.question, d.definition) if text)
            yield Section(d.id, d.title, said, (t,), _some(bar_chart(t)))
    of = {
        name: [t for p, t in zip(planned, tables, strict=True) if p.section == name]
        for name in ("cohorts", "gap maps")
    }
    if of["cohorts"]:
        yield Section(
            "cohorts",
            "Cohorts compared",
            _COHORTS,
            tuple(of["cohorts"]),
            _some(*map(grouped_chart, of["cohorts"])),
        )
    if of["gap maps"]:
        yield Section(
            "gap-maps",
            "Where evidence is, and where it is not",
            _GAPS,
            (),
            _some(*map(gap_map, of["gap maps"])),
        )


def told(sections: Sequence[Section], text: Mapping[str, tuple[str, ...]]) -> Iterator[Section]:
    """The sections with the narrative: what is said under a dimension takes the place of its definition, what
    is under no dimension's heading comes first, each under its own heading."""
    known = {s.id for s in sections}
    for heading, said in text.items():
        if heading not in known and said:
            name = "".join(c if c.isalnum() else "-" for c in heading.casefold())
            yield Section(f"text-{name}", heading or "Summary", said)
    for s in sections:
        kept = s.paragraphs if s.id in _OURS else ()
        yield replace(s, paragraphs=(*text[s.id], *kept)) if text.get(s.id) else s


_OURS = ("reports", "cohorts", "gap-maps")  # sections whose own sentences stay


_COHORTS = ("The same tables for each cohort. Percentages are of the cohort's own reports.",)
_GAPS = (
    "Each cell counts the reports that have both codes. A gap says that no report was coded with both; it "
    "does not say that nothing was done.",
)


def _some(*charts: Chart | None) -> tuple[Chart, ...]:
    return tuple(c for c in charts if c is not None)


def _about(data: Dataset) -> Iterator[str]:
    n = len(data.reports)
    yield f"{_count(n, 'report')} count in these tables; {data.decided} of them have decisions of coders."
    for part in response(data, COHORT):
        rate = (
            f"{part.responded} of {part.expected} groups sent a report that counts ({part.percent} per cent)"
        )
        yield f"{rate}." if part.part == "All" else f"Cohort {part.part}: {rate}."


def _facts(store: Store, framework: Framework, data: Dataset) -> Iterator[tuple[str, str]]:
    yield "Framework", framework.framework_id
    yield "Reports", str(len(data.reports))
    with store.reading() as db:
        model = suggestion_store.last_model(db, framework.framework_id)
        last = decision_store.last_decided_at(db)
    if model:
        yield "Model that suggested", model
    yield "Code version", f"ctg_nlp {version('ctg_nlp')}"
    if last:
        yield "Decisions until", f"{last[:16].replace('T', ' ')} UTC"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
